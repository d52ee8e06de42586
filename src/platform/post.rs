//! A post as one source told it: the one model for all platforms. Unknown is `None`, a list that the answer does not
//! hold is empty, and nothing is in it that the answer does not say.

use serde::Serialize;
use url::Url;

/// A post as one source told it. Unknown is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Post {
    /// The platform's own id, as text, in the form that its addresses are read into.
    pub id: String,
    /// The address that the answer gives the post, or that follows from its id.
    pub url: Option<String>,
    /// Author's id.
    pub author_id: Option<String>,
    /// Author's handle, without `@`.
    pub author_handle: Option<String>,
    /// Author's display name.
    pub author_name: Option<String>,
    /// Address of the author's picture, in its largest form where that follows from the address.
    pub author_avatar: Option<String>,
    /// When it was posted, RFC 3339 UTC; only the day (`YYYY-MM-DD`) where the source tells no more.
    pub posted_at: Option<String>,
    /// When it was last edited, RFC 3339 UTC.
    pub edited_at: Option<String>,
    /// Its title, on platforms whose posts have one (videos, links).
    pub title: Option<String>,
    /// Its text, entities undone, links expanded where the source expands them.
    pub text: Option<String>,
    /// Whether the source cut the text (`None`: it does not say).
    pub text_cut: Option<bool>,
    /// Language as the platform tells it.
    pub language: Option<String>,
    /// Links, mentions and tags of its text, in reading order.
    pub entities: Vec<Entity>,
    /// Photos, videos and other files, in order.
    pub media: Vec<Media>,
    /// How many files the answer says the post has, those without an address among them.
    pub media_expected: Option<usize>,
    /// The poll in it.
    pub poll: Option<Poll>,
    /// The preview of a link in it.
    pub card: Option<Card>,
    /// Id of the post that it quotes.
    pub quoted_id: Option<String>,
    /// Id of the post that it answers.
    pub parent_id: Option<String>,
    /// Id of the post that it repeats (repost, retweet, boost, forward).
    pub reposted_id: Option<String>,
    /// What the answer says of these posts, the quoted, answered and repeated one each at most once.
    pub related: Vec<Related>,
    /// Id of the post that began the conversation or thread.
    pub conversation_id: Option<String>,
    /// Ids of all versions, oldest first, where the platform lists them.
    pub edit_ids: Vec<String>,
    /// Counts as seen: name (`likes`, `replies`, `reposts`, `quotes`, `bookmarks`, `views` …) and number.
    pub counts: Vec<(String, i64)>,
    /// Whether the platform marks it as sensitive.
    pub sensitive: Option<bool>,
    /// The warning that its author set before it.
    pub content_warning: Option<String>,
    /// Labels that the platform or a labeller put on it, as they name them.
    pub labels: Vec<String>,
    /// Who may see it, as the platform names that (`public`, `unlisted` …).
    pub visibility: Option<String>,
    /// Codes of the countries in which it is withheld, as the platform names them.
    pub withheld_in: Vec<String>,
}

/// A link, mention or tag in the text of a post.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Entity {
    /// `link`, `mention`, `hashtag` or `cashtag`.
    pub kind: String,
    /// What a reader sees: the link's words, the handle or tag without its sign.
    pub text: Option<String>,
    /// Where it leads, expanded.
    pub url: Option<String>,
    /// Id of the account mentioned.
    pub id: Option<String>,
}

impl Entity {
    /// A tag, without its `#`.
    pub(super) fn hashtag(tag: String) -> Entity {
        Entity {
            kind: "hashtag".to_owned(),
            text: Some(tag),
            ..Entity::default()
        }
    }
}

/// A photo, video or other file of a post.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Media {
    /// `photo`, `video`, `gif`, `audio`, `file`, or `still` for the picture of a video whose file has no address.
    pub kind: String,
    /// The best address of the file itself.
    pub url: String,
    /// Description given by the author.
    pub alt: Option<String>,
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Length in milliseconds.
    pub duration_ms: Option<u64>,
    /// Address of its still picture.
    pub preview: Option<String>,
}

impl Media {
    /// Kind and address of a file: of what is known to be of this kind, else of its still. `None` if there is neither.
    pub(super) fn or_still(kind: &str, file: Option<String>, still: Option<&String>) -> Option<(String, String)> {
        match (file, still) {
            (Some(url), _) => Some((kind.to_owned(), url)),
            (None, Some(still)) => Some(("still".to_owned(), still.clone())),
            (None, None) => None,
        }
    }
}

/// A poll.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Poll {
    /// What is asked, where that is not the post's text.
    pub question: Option<String>,
    /// The answers to choose from, in order.
    pub options: Vec<PollOption>,
    /// Votes altogether.
    pub votes: Option<i64>,
    /// Who voted, where one may choose several answers.
    pub voters: Option<i64>,
    /// When it ends or ended, RFC 3339.
    pub ends_at: Option<String>,
    /// Whether it has ended.
    pub closed: Option<bool>,
    /// Whether one may choose several answers.
    pub multiple: Option<bool>,
}

/// One answer of a poll.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PollOption {
    /// Its words.
    pub text: String,
    /// Votes for it.
    pub votes: Option<i64>,
    /// Its share as the platform prints it, in hundredths.
    pub percent: Option<i64>,
}

impl PollOption {
    /// A choice with its votes, as far as they are told; `None` without words.
    pub(super) fn of(text: Option<String>, votes: Option<i64>) -> Option<PollOption> {
        let percent = None;
        text.map(|text| PollOption { text, votes, percent })
    }

    /// The votes of all options, if each tells its own.
    pub(super) fn sum(options: &[PollOption]) -> Option<i64> {
        options
            .iter()
            .try_fold(0_i64, |sum, option| sum.checked_add(option.votes?))
    }
}

/// The preview of a link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Where it leads.
    pub url: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Address of its picture.
    pub image: Option<String>,
}

/// What a related post is to the post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The post quotes it.
    Quoted,
    /// The post answers it.
    Parent,
    /// The post repeats it.
    Reposted,
}

/// What an answer says of another post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// What it is to the post.
    pub relation: Relation,
    /// Its id; `None` where the answer says only that there is one.
    pub id: Option<String>,
    /// Its address.
    pub url: Option<String>,
    /// Author's id.
    pub author_id: Option<String>,
    /// Author's handle, without `@`.
    pub author_handle: Option<String>,
    /// Author's display name.
    pub author_name: Option<String>,
    /// When it was posted.
    pub posted_at: Option<String>,
    /// Its text.
    pub text: Option<String>,
    /// Whether the answer holds its content.
    pub present: bool,
    /// Why not, where the answer says so, as a reason code (`not_found`, `blocked`, `detached`, `tombstone_deleted` …).
    pub reason: Option<String>,
}

impl Related {
    /// A post of which nothing is known but what it is.
    #[must_use]
    pub fn new(relation: Relation) -> Related {
        Related {
            relation,
            id: None,
            url: None,
            author_id: None,
            author_handle: None,
            author_name: None,
            posted_at: None,
            text: None,
            present: false,
            reason: None,
        }
    }

    /// What `post` is, whose content the answer holds.
    #[must_use]
    pub fn of(relation: Relation, post: &Post) -> Related {
        Related {
            relation,
            id: Some(post.id.clone()),
            url: post.url.clone(),
            author_id: post.author_id.clone(),
            author_handle: post.author_handle.clone(),
            author_name: post.author_name.clone(),
            posted_at: post.posted_at.clone(),
            text: post.text.clone(),
            present: true,
            reason: None,
        }
    }
}

impl Post {
    /// Notes what the answer says of another post.
    pub(super) fn relate(&mut self, related: Related) {
        let slot = match related.relation {
            Relation::Quoted => &mut self.quoted_id,
            Relation::Parent => &mut self.parent_id,
            Relation::Reposted => &mut self.reposted_id,
        };
        if slot.is_none() {
            slot.clone_from(&related.id);
        }
        if self.related(related.relation).is_none() {
            self.related.push(related);
        }
    }

    /// Notes a count, if the answer has it.
    pub(super) fn count(&mut self, name: &str, number: Option<i64>) {
        if let Some(number) = number {
            self.counts.push((name.to_owned(), number));
        }
    }

    /// What the answer says of the post that stands in this relation.
    #[must_use]
    pub fn related(&self, relation: Relation) -> Option<&Related> {
        self.related.iter().find(|r| r.relation == relation)
    }

    /// How complete it is.
    #[must_use]
    pub fn completeness(&self) -> Completeness {
        let state = |relation, id: &Option<String>| match self.related(relation) {
            Some(related) if related.present => "present",
            Some(_) => "named",
            None if id.is_some() => "named",
            None => "none",
        };
        Completeness {
            text: match self.text_cut {
                Some(true) => "cut",
                Some(false) => "whole",
                None => "unknown",
            },
            media_expected: self.media_expected,
            media_found: self.media.iter().filter(|m| Url::parse(&m.url).is_ok()).count(),
            quoted: state(Relation::Quoted, &self.quoted_id),
            parent: state(Relation::Parent, &self.parent_id),
        }
    }
}

/// How complete a post is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completeness {
    /// `whole`, `cut` or `unknown`.
    pub text: &'static str,
    /// How many files the answer says the post has; `None`: it does not say.
    pub media_expected: Option<usize>,
    /// How many of them have an address.
    pub media_found: usize,
    /// The quoted post: `present` (its content is in the answer), `named` (only that there is one), or `none` told of.
    pub quoted: &'static str,
    /// The post that it answers, in the same words.
    pub parent: &'static str,
}
