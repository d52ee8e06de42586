//! The context of a post: those that it quotes, answers or repeats, and the other parts of its author's own thread, as far as
//! an answer names them by an address that the platform's own grammar takes for a post.

use url::Url;

use super::post::{Post, Related, Relation};
use super::{Platform, PostRef, Recognised, fediverse};

#[cfg(test)]
mod tests;

/// Longest address of a post that is followed, in bytes.
const LONGEST: usize = 2048;

/// What a captured post is to a post of its context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// It quotes it.
    Quotes,
    /// It answers it.
    RepliesTo,
    /// It repeats it.
    Reposts,
    /// Both are parts of one author's thread.
    Thread,
}

impl Tie {
    /// The word that stands in the archive.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Tie::Quotes => "quotes",
            Tie::RepliesTo => "replies_to",
            Tie::Reposts => "reposts",
            Tie::Thread => "thread",
        }
    }
}

/// A post of the context of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// What the other is to it.
    pub tie: Tie,
    /// Which post it is.
    pub post: PostRef,
}

/// The posts that `post`, which was asked for as `at`, names.
#[must_use]
pub fn named(platform: &Platform, at: &PostRef, post: &Post) -> Vec<Around> {
    let mut found: Vec<Around> = Vec::new();
    for related in &post.related {
        let Some(other) = refers_to(platform, at, related) else {
            continue;
        };
        let tie = match related.relation {
            Relation::Quoted => Tie::Quotes,
            Relation::Reposted => Tie::Reposts,
            Relation::Parent if is_of_the_same_author(post, related) => Tie::Thread,
            Relation::Parent => Tie::RepliesTo,
        };
        let is_itself = other.platform == at.platform && [&at.id, &post.id].contains(&&other.id);
        if !is_itself {
            found.push(Around { tie, post: other });
        }
    }
    found
}

/// Adds the other parts of the thread to what the post names.
pub fn add_thread(found: &mut Vec<Around>, at: &PostRef, parts: Vec<PostRef>) {
    for post in parts {
        let is_known = found.iter().any(|known| is_same(&known.post, &post));
        if !is_known && !is_same(at, &post) {
            found.push(Around { tie: Tie::Thread, post });
        }
    }
}

/// Whether a thread may be found around the post: it is said that it was answered, or it answers its own author.
#[must_use]
pub fn may_have_thread(post: &Post) -> bool {
    let replies = post.counts.iter().find(|(name, _)| name == "replies");
    replies.is_some_and(|(_, number)| *number > 0)
        || post
            .related(Relation::Parent)
            .is_some_and(|parent| is_of_the_same_author(post, parent))
}

fn is_same(one: &PostRef, other: &PostRef) -> bool {
    (one.platform, &one.id) == (other.platform, &other.id)
}

/// The post that is meant: by its address, else by its id beside that of the post that names it. A post of another platform is
/// none of this one's; but a server of the fediverse may be of any kind.
fn refers_to(platform: &Platform, at: &PostRef, related: &Related) -> Option<PostRef> {
    let beside = related.id.as_deref().and_then(|id| (platform.beside)(at, id));
    let means = |address: String| match super::recognise(&Url::parse(&address).ok()?)? {
        (of, Recognised::Post(post))
            if of.name == at.platform || (fediverse::is_kind(of.name) && fediverse::is_kind(at.platform)) =>
        {
            Some(post)
        }
        _ => None,
    };
    let addresses = related.url.clone().into_iter().chain(beside);
    addresses.filter(|address| address.len() <= LONGEST).find_map(means)
}

fn is_of_the_same_author(post: &Post, related: &Related) -> bool {
    let same = |a: &Option<String>, b: &Option<String>| match (a, b) {
        (Some(a), Some(b)) => Some(a.eq_ignore_ascii_case(b)),
        _ => None,
    };
    same(&post.author_id, &related.author_id)
        .or_else(|| same(&post.author_handle, &related.author_handle))
        .unwrap_or(false)
}
