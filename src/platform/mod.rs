//! What is known about each platform: its URL grammar, its sources, and how to read what they answer.
//! Pure: a source says what to ask for and reads what came back; it never asks itself.
//!
//! A new platform is one file here and one line in [`PLATFORMS`].

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt};
use url::{Position, Url};

use crate::citation::Claim;
use crate::exchange::{Exchange, Request};
use crate::outcome::Outcome;

mod address;
mod bilibili;
mod bluesky;
#[cfg(test)]
mod cases;
pub mod context;
mod copy;
mod facebook;
mod fediverse;
mod hosts;
mod imgur;
mod instagram;
pub mod link;
mod linkedin;
mod livejournal;
mod odysee;
mod oembed;
pub(crate) mod part;
mod pinterest;
pub mod post;
pub mod readers;
mod reddit;
mod rich;
mod rumble;
mod soundcloud;
pub mod status;
pub mod stream;
mod substack;
mod telegram;
mod threads;
mod tiktok;
mod truth_social;
mod tumblr;
mod twitch;
mod value;
mod vimeo;
mod vk;
pub mod wall;
pub mod wayback;
mod weibo;
pub mod x;
mod youtube;

pub use copy::PageCopy;
pub use post::{Card, Completeness, Entity, Media, Poll, PollOption, Post, Related, Relation};

/// Every platform that we know, in the order of the documentation. Those that are known by their paths alone stand
/// last, so that a host that is known is never taken for one of theirs.
pub static PLATFORMS: &[&Platform] = &[
    &x::PLATFORM,
    &bluesky::PLATFORM,
    &threads::PLATFORM,
    &instagram::PLATFORM,
    &facebook::PLATFORM,
    &tiktok::PLATFORM,
    &youtube::PLATFORM,
    &reddit::PLATFORM,
    &telegram::PLATFORM,
    &truth_social::PLATFORM,
    &vk::PLATFORM,
    &linkedin::PLATFORM,
    &tumblr::PLATFORM,
    &pinterest::PLATFORM,
    &weibo::PLATFORM,
    &vimeo::PLATFORM,
    &hosts::DAILYMOTION,
    &twitch::PLATFORM,
    &substack::PLATFORM,
    &hosts::GAB,
    &hosts::GETTR,
    &rumble::PLATFORM,
    &odysee::PLATFORM,
    &hosts::BITCHUTE,
    &hosts::OK,
    &bilibili::PLATFORM,
    &livejournal::PLATFORM,
    &hosts::STREAMABLE,
    &soundcloud::PLATFORM,
    &imgur::PLATFORM,
    &fediverse::PEERTUBE,
    &fediverse::PIXELFED,
    &fediverse::MISSKEY,
    &fediverse::LEMMY,
    &fediverse::MASTODON,
];

/// How many of them are known by their paths alone.
const BY_PATH: usize = 5;

/// One platform.
pub struct Platform {
    /// Its name in the archive and on the command line, e.g. `x`.
    pub name: &'static str,
    /// What an address is to this platform (`None`: it is not one of its addresses). That of a platform which is known by
    /// its hosts says something of every address on them.
    pub recognise: fn(&Url) -> Option<Recognised>,
    /// Ways to get a post, in the order they are tried.
    pub sources: &'static [&'static dyn Source],
    /// Whether the page at a post's address shows the post to anyone who asks: then it is kept where no source gave it.
    pub page: bool,
    /// Ways to find out which post an unidentified citation means, in the order they are tried.
    pub resolvers: &'static [&'static dyn Resolver],
    /// The address of the post of this id as a post names it that was asked for as the one given.
    pub beside: fn(&PostRef, &str) -> Option<String>,
    /// How its author's own thread around a post is asked for.
    pub thread: Option<&'static dyn Thread>,
    /// Base addresses of its upstreams: setting name below `upstream.<platform>.`, default.
    pub upstreams: &'static [(&'static str, &'static str)],
}

impl Platform {
    /// A platform of which only the addresses are known so far: its posts are found, and captured as their pages.
    const fn by_address(name: &'static str, recognise: fn(&Url) -> Option<Recognised>) -> Platform {
        Platform {
            name,
            recognise,
            sources: &[],
            page: true,
            resolvers: &[],
            beside: |_, _| None,
            thread: None,
            upstreams: &[],
        }
    }
}

impl Platform {
    /// Whether its posts are on servers that anybody may run.
    #[must_use]
    pub fn is_federated(&self) -> bool {
        self.upstreams.iter().any(|(_, address)| *address == OWN_SERVER)
    }
}

/// What an address is to its platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognised {
    /// It names a post.
    Post(PostRef),
    /// A picture link or short link that leads to a post but does not name it.
    Leads,
    /// It belongs to the platform but names no post: reason code (`profile`, `share`, `hashtag`, `search` …).
    NotAPost(&'static str),
}

/// Identity of a post: platform and native id, with the canonical address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PostRef {
    /// Name of the platform.
    pub platform: &'static str,
    /// The platform's own id, as text.
    pub id: String,
    /// Canonical address.
    pub url: Url,
    /// Handle of the author where the address names it, as written.
    pub handle: Option<String>,
}

/// The platform of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Platform> {
    PLATFORMS.iter().copied().find(|p| p.name == name)
}

/// Whether the source of this name tells the present; `None`: no platform has such a source (any more).
#[must_use]
pub fn source_kind(name: &str) -> Option<SourceKind> {
    let of_platforms = PLATFORMS.iter().flat_map(|platform| platform.sources);
    of_platforms
        .chain([&(&PageCopy as &dyn Source)])
        .find(|source| source.name() == name)
        .map(|source| source.kind())
        .or((name == WEB).then_some(SourceKind::Page))
        .or_else(|| {
            let mut threads = PLATFORMS.iter().filter_map(|platform| platform.thread);
            threads
                .any(|thread| thread.name() == name)
                .then_some(SourceKind::Witness)
        })
}

/// What `url` is to the first platform that knows it.
#[must_use]
pub fn recognise(url: &Url) -> Option<(&'static Platform, Recognised)> {
    PLATFORMS
        .iter()
        .copied()
        .find_map(|p| (p.recognise)(url).map(|r| (p, r)))
}

/// [`recognise`] for the many addresses of a page: nearly all lie on few hosts, none of them a platform's, which each
/// host is asked about once.
pub(crate) struct Recogniser {
    /// By scheme, host and port: whether a platform that is known by its hosts knows it.
    known: HashMap<String, bool>,
}

impl Recogniser {
    pub(crate) fn new() -> Recogniser {
        Recogniser { known: HashMap::new() }
    }

    /// What `url` is to the first platform that knows it.
    pub(crate) fn recognise(&mut self, url: &Url) -> Option<(&'static Platform, Recognised)> {
        let site = &url[..Position::BeforePath];
        let known = self.known.get(site).copied().unwrap_or_else(|| {
            let known = is_known_site(url);
            self.known.insert(site.to_owned(), known);
            known
        });
        let platforms = if known {
            PLATFORMS
        } else if fediverse::may_be_post(url) {
            &PLATFORMS[PLATFORMS.len() - BY_PATH..]
        } else {
            return None;
        };
        platforms.iter().find_map(|p| (p.recognise)(url).map(|r| (*p, r)))
    }
}

/// Whether addresses on the host of `url` may be those of a platform that is known by its hosts.
fn is_known_site(url: &Url) -> bool {
    let Ok(home) = url.join("/") else { return true };
    let mut by_host = PLATFORMS[..PLATFORMS.len() - BY_PATH].iter();
    address::is_redirector(url) || by_host.any(|p| (p.recognise)(&home).is_some())
}

/// In the place of the address of an upstream: the server that the post is on.
const OWN_SERVER: &str = "https://server.invalid";

/// Sources that are not asked unless the settings say so: third parties that would learn what is looked up, and an interface
/// that is for X's own pages.
#[must_use]
pub fn skipped_by_default() -> BTreeSet<String> {
    ["x.fx", "x.graphql", "x.vx"].map(str::to_owned).into()
}

/// Base addresses of the upstreams of every platform, if nothing else is set.
///
/// # Panics
/// Never: they are tested to be addresses.
fn default_addresses() -> BTreeMap<String, Url> {
    let of_platforms = PLATFORMS.iter().map(|p| (p.name, p.upstreams));
    let all = of_platforms.chain([("wayback", wayback::UPSTREAMS)]);
    all.flat_map(|(owner, upstreams)| {
        upstreams
            .iter()
            .map(move |(name, url)| (format!("{owner}.{name}"), *url))
    })
    .map(|(name, url)| (name, Url::parse(url).expect("an upstream's default is an address")))
    .collect()
}

/// Where, and which, sources are asked: base addresses of all upstreams by setting name without `upstream.`, e.g.
/// `x.syndication`, the sources that are left out, and X's queries.
#[derive(Debug, Clone)]
pub struct Upstreams {
    addresses: BTreeMap<String, Url>,
    skipped: BTreeSet<String>,
    queries: x::Queries,
}

impl Upstreams {
    /// The defaults of every platform.
    #[must_use]
    pub fn defaults() -> Upstreams {
        Upstreams {
            addresses: default_addresses(),
            skipped: skipped_by_default(),
            queries: x::Queries::built_in(),
        }
    }

    /// Leaves out these sources and no others.
    pub fn skip(&mut self, sources: BTreeSet<String>) {
        self.skipped = sources;
    }

    /// Whether the source of this name is left out.
    #[must_use]
    pub fn skips(&self, source: &str) -> bool {
        self.skipped.contains(source)
    }

    /// Puts other queries in the place of those of X that are built in.
    pub fn set_queries(&mut self, queries: x::Queries) {
        self.queries = queries;
    }

    /// Points an upstream elsewhere; false if there is none of this name.
    pub fn set(&mut self, name: &str, url: Url) -> bool {
        self.addresses.get_mut(name).map(|slot| *slot = url).is_some()
    }

    /// Where to ask for `url`: the same, unless it lies on the default origin of an upstream that was pointed
    /// elsewhere (a picture's address comes from an answer, but its host is an upstream all the same).
    #[must_use]
    pub fn route(&self, url: &Url) -> Url {
        for (name, base) in &default_addresses() {
            let here = &self.addresses[name];
            if here != base && base.origin() == url.origin() && url.path().starts_with(base.path()) {
                let mut rest = url.path()[base.path().len()..].to_owned();
                if let Some(query) = url.query() {
                    rest = format!("{rest}?{query}");
                }
                return self.join(name, &rest);
            }
        }
        url.clone()
    }

    /// Where to ask for `url`, which is on the post's own server: there, or below the address that the settings give for the
    /// servers of this platform, as `BASE/HOST/PATH`.
    #[must_use]
    pub fn on_server(&self, platform: &str, url: &Url) -> Url {
        let name = format!("{platform}.server");
        match (self.addresses.get(&name), url.host_str()) {
            (Some(base), Some(host)) if base.host_str() != Some("server.invalid") => self.join(
                &name,
                &format!("{host}{}", &url[url::Position::BeforePath..url::Position::AfterQuery]),
            ),
            _ => self.route(url),
        }
    }

    /// Names and addresses, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Url)> {
        self.addresses.iter().map(|(name, url)| (name.as_str(), url))
    }

    /// `path` (may hold a query) below the base address of `name`.
    ///
    /// # Panics
    /// If no platform declares an upstream of this name, which is a mistake in the platform's file.
    #[must_use]
    pub fn join(&self, name: &str, path: &str) -> Url {
        let base = &self.addresses[name];
        Url::parse(&format!(
            "{}/{}",
            base.as_str().trim_end_matches('/'),
            path.trim_start_matches('/')
        ))
        .unwrap_or_else(|_| base.clone())
    }
}

/// What came of one question: every redirect hop and every try, oldest first. Never empty.
pub type Hops = Vec<Exchange>;

/// Name of the source of pages as they are: of links, and of posts that no source of their platform knows.
pub const WEB: &str = "web";

/// Whether a source tells the present or the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// What the platform shows now.
    Live,
    /// What a third party tells of what the platform shows, or what is told of the posts around: kept beside other answers, and
    /// nothing is concluded from it.
    Witness,
    /// The page at the post's address as it is now, of which nothing is read.
    Page,
    /// What a web archive kept.
    Archive,
}

/// A way to get a post.
pub trait Source: Sync {
    /// Its name, e.g. `x.syndication`.
    fn name(&self) -> &'static str;
    /// Whether it tells what a platform shows now, or what an archive once kept.
    fn kind(&self) -> SourceKind {
        SourceKind::Live
    }
    /// Where it cannot ask without a credential for that origin: it is not asked at all unless there is one.
    fn needs_credential(&self, _: &Upstreams) -> Option<Url> {
        None
    }
    /// Whether it gives texts whole that other sources of its platform cut.
    fn gives_whole_text(&self) -> bool {
        false
    }
    /// Whether it asks the same server as the source before it: where that one did not find the post, or was asked to wait, it is
    /// left out, because two such answers would say no more than one.
    fn asks_again(&self) -> bool {
        false
    }
    /// What to do next, given what came of each of its questions so far.
    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step;
}

/// A way to find the other parts of an author's own thread, once one of them was captured: one question.
pub trait Thread: Sync {
    /// Its name as a source.
    fn name(&self) -> &'static str;
    /// What to ask; `None` where there is nothing to be asked for this post.
    fn ask(&self, at: &PostRef, post: &Post, upstreams: &Upstreams) -> Option<Request>;
    /// The other parts, those nearest to the post first; else why they are not to be had.
    ///
    /// # Errors
    /// What the answer amounts to in their place.
    fn read(&self, at: &PostRef, post: &Post, exchange: &Exchange) -> Result<Vec<PostRef>, Box<Answer>>;
}

/// What a source wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Ask this, then call again.
    Ask(Request),
    /// It has answered.
    Answer(Box<Answer>),
}

impl Step {
    /// The step of a source that puts one question and reads what came of it.
    fn once(so_far: &[Hops], ask: impl FnOnce() -> Request, read: impl FnOnce(&Exchange) -> Answer) -> Step {
        match so_far.last().and_then(|hops| hops.last()) {
            None => Step::Ask(ask()),
            Some(exchange) => Step::Answer(Box::new(read(exchange))),
        }
    }

    /// It has answered, and gives no post.
    fn without_post(outcome: Outcome, reason: &str) -> Step {
        Step::Answer(Box::new(Answer::without_post(outcome, reason)))
    }
}

/// What one source said.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What it amounts to.
    pub outcome: Outcome,
    /// Reason code, e.g. `tombstone_deleted`, `http_404`.
    pub reason: String,
    /// The post, if the source gave it.
    pub post: Option<Post>,
    /// When an archive kept it, RFC 3339; `None` for a live source.
    pub archived_at: Option<String>,
}

/// A way to find the post that an unidentified citation means.
pub trait Resolver: Sync {
    /// Its name, e.g. `x.short_link`.
    fn name(&self) -> &'static str;
    /// What to do next, given what came of each of its questions so far.
    fn next(&self, claim: &Claim, upstreams: &Upstreams, so_far: &[Hops]) -> ResolveStep;
}

/// What a resolver wants.
#[derive(Debug, Clone, PartialEq)]
pub enum ResolveStep {
    /// Ask this, then call again.
    Ask(Request),
    /// It has an answer.
    Answer(Resolution),
}

/// What one resolver found.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// `Captured` if the post is identified (then `post` is set); else what went wrong, or `Unresolved`.
    pub outcome: Outcome,
    /// Reason code, e.g. `short_link_redirect`, `listing_single`, `no_media_link`, `below_threshold`.
    pub reason: String,
    /// The identified post.
    pub post: Option<PostRef>,
    /// Posts that it could be, best first.
    pub candidates: Vec<Candidate>,
}

/// A post that an unidentified citation may mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The post.
    pub post: PostRef,
    /// Likeness in thousandths, where it could be told.
    pub score: Option<u16>,
    /// Where it was listed, e.g. a web archive's timestamp.
    pub evidence: String,
}
