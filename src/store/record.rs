//! What goes into the store and what comes out of it: plain values, no SQL.

use tokio::sync::mpsc::UnboundedSender;

use crate::citation::Findings;
use crate::clock::Timestamp;
use crate::exchange::{Exchange, FileOfOthers, Recorded};
use crate::outcome::Outcome;
use crate::platform::context::Around;
use crate::platform::{Candidate, Post, PostRef};
use crate::schedule::Curve;
use crate::stamp::Kind;

/// Where an article's bytes came from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// Fetched by us: every hop, oldest first; the last holds the bytes.
    Fetched(Vec<Exchange>),
    /// Given by the user (a file or standard input).
    Given {
        /// File name as given, or `-`.
        name: String,
        /// The bytes as they were.
        bytes: bytes::Bytes,
        /// The address that the user says they come from.
        claimed_url: Option<String>,
        /// When the user says they were retrieved.
        claimed_retrieved: Option<Timestamp>,
        /// The record of a web archive of others that they were taken from; then the claims are that record's.
        record: Option<Box<Recorded>>,
    },
}

impl Origin {
    /// The record of a web archive of others that the bytes were taken from.
    #[must_use]
    pub fn record(&self) -> Option<&Recorded> {
        match self {
            Origin::Fetched(_) => None,
            Origin::Given { record, .. } => record.as_deref(),
        }
    }
}

/// One article to be kept: its bytes, what was read in them, what they cite.
#[derive(Debug)]
pub struct NewReading {
    /// Where the bytes came from.
    pub origin: Origin,
    /// What was read in them.
    pub findings: Findings,
    /// When we read them.
    pub read_at: Timestamp,
    /// Case tags.
    pub tags: Vec<String>,
}

/// How what a new reading cites is queued: in its own transaction, so that no article's targets are ever forgotten.
#[derive(Debug, Default)]
pub struct Queueing {
    /// Whether targets that have their answer are queued as well, unless it is of this run.
    pub again: bool,
    /// How often the article and what it cites is captured from now on, unless a person said so of this article.
    pub curve: Option<Curve>,
    /// Who begins with the first of them right away.
    pub hand_out: Option<HandOut>,
}

/// Whom the first jobs of a reading are handed out to, before it is committed. What they bring is committed after it; should it
/// be refused, their leases are unknown to the archive, and what they bring is refused as well.
#[derive(Debug)]
pub struct HandOut {
    /// Under which name they are leased.
    pub worker: String,
    /// Most jobs.
    pub limit: usize,
    /// For how long they are leased, in milliseconds.
    pub ttl_millis: i64,
    /// Where they are sent.
    pub wanted: UnboundedSender<Wanted>,
}

/// Targets to capture, as they become known.
#[derive(Debug)]
pub enum Wanted {
    /// Jobs that were leased already.
    Jobs(Vec<Job>),
    /// Targets that are queued.
    Targets(Vec<i64>),
}

/// What the store made of a reading.
#[derive(Debug, Clone)]
pub struct ReadingReceipt {
    /// Row of the article.
    pub article: i64,
    /// Row of the reading; an equal one that was there already is used again.
    pub reading: i64,
    /// Whether the reading is new.
    pub new: bool,
    /// Target row of each citation, in the order of the findings.
    pub targets: Vec<i64>,
    /// When the article was first read.
    pub first_read: Timestamp,
}

/// An article that is to be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reread {
    /// Row of the article.
    pub article: i64,
    /// The address that was asked for it.
    pub url: String,
    /// When it was first read.
    pub first_read: Timestamp,
}

/// What a target is to those who capture it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetKind {
    /// A post with its identity.
    Post {
        /// Name of the platform.
        platform: String,
        /// Native id.
        id: String,
        /// Handle of the author where an address named it.
        handle: Option<String>,
    },
    /// A post that is only claimed (handle, date, text, picture link) and must be identified first.
    Unidentified {
        /// Name of the platform.
        platform: String,
        /// The claim.
        claim: crate::citation::Claim,
    },
    /// Any other address.
    Link,
}

/// Work taken from the queue.
#[derive(Debug, Clone)]
pub struct Job {
    /// Row of the job.
    pub id: i64,
    /// Fence: a completion with an older fence is stale.
    pub fence: i64,
    /// Row of the target.
    pub target: i64,
    /// Canonical address of the target (for an unidentified post: empty).
    pub url: String,
    /// What it is.
    pub kind: TargetKind,
    /// When the first capture of the target began, if there was one.
    pub first_captured: Option<Timestamp>,
    /// Whether it is captured only because it belongs to a cited post.
    pub is_context: bool,
    /// How often it was tried before without an answer that settles it.
    pub attempts: i64,
    /// How often persons want it captured, if they said so.
    pub curves: Vec<Curve>,
}

impl Job {
    /// Names of the curves of the [`Schedule`](crate::schedule::Schedule) for it, the first that is set counts.
    #[must_use]
    pub fn curve_names(&self) -> Vec<&str> {
        match &self.kind {
            _ if self.is_context => vec!["context"],
            TargetKind::Post { platform, .. } | TargetKind::Unidentified { platform, .. } => vec![platform, "posts"],
            TargetKind::Link => vec!["pages"],
        }
    }

    /// Whether it was first captured within a day before `now`, or never before.
    #[must_use]
    pub fn is_young(&self, now: Timestamp) -> bool {
        const DAY: i64 = 24 * 3_600_000;
        self.first_captured
            .is_none_or(|first| now.millis().saturating_sub(first.millis()) < DAY)
    }
}

/// One source's answer within a capture, ready to be stored.
#[derive(Debug, Clone)]
pub struct AnswerRecord {
    /// Name of the source, e.g. `x.syndication`, `web` for a linked page, `wayback`.
    pub source: String,
    /// What it amounts to.
    pub outcome: Outcome,
    /// Reason code.
    pub reason: String,
    /// One line for a person, if there is more to say.
    pub detail: Option<String>,
    /// Its exchanges, oldest first.
    pub exchanges: Vec<Exchange>,
    /// The post, if it gave one, with the index into `exchanges` that it was read from.
    pub post: Option<(Post, usize)>,
}

/// A media file of a post and the exchange that holds it.
#[derive(Debug, Clone)]
pub struct MediaRecord {
    /// Position in the post, from 0.
    pub position: i64,
    /// `photo`, `video` …
    pub kind: String,
    /// Its address as the source gave it.
    pub url: String,
    /// Description given by the author.
    pub alt: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Reason code.
    pub reason: String,
    /// All hops; the last holds the bytes.
    pub exchanges: Vec<Exchange>,
    /// Where a helper got it and not an exchange: the index of its call, and the file.
    pub helped: Option<(usize, SuppliedFile)>,
}

/// One call of a program of others that was to get files of a post, by connections of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelperRecord {
    /// `yt-dlp` or `gallery-dl`.
    pub program: &'static str,
    /// As it says itself.
    pub version: Option<String>,
    /// How it was called, its path first.
    pub arguments: Vec<String>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// Its exit code; `None`: it was ended, or did not begin.
    pub exit: Option<i32>,
    /// `done`, `nothing`, `failed`, `over_time`, `over_bytes`, `stopped` or `not_started`.
    pub reason: &'static str,
    /// The end of what it printed, where it did not do its work.
    pub detail: Option<String>,
}

/// One finished capture.
#[derive(Debug, Clone)]
pub struct CaptureRecord {
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// Index of the best answer, whose outcome is the capture's.
    pub best: usize,
    /// Every answer, in the order asked. Never empty.
    pub answers: Vec<AnswerRecord>,
    /// What some of the same sources said of other posts that are known to be live: their addresses and the answers.
    pub canaries: Vec<(url::Url, AnswerRecord)>,
    /// Media of the best answer's post.
    pub media: Vec<MediaRecord>,
    /// Posts that belong to the best answer's post.
    pub context: Surroundings,
    /// Programs of others that were called for further media.
    pub helpers: Vec<HelperRecord>,
    /// When to capture the target again, if nothing is left open; no evidence.
    pub recheck_at: Option<Timestamp>,
    /// Which services of web archives of others are to be asked about the target, unless they were after these times; no
    /// evidence.
    pub inquire: Vec<(&'static str, Timestamp)>,
}

impl CaptureRecord {
    /// A capture of these answers, of which that at `best` says most, with nothing beside them.
    #[must_use]
    pub fn of(answers: Vec<AnswerRecord>, best: usize, (started, ended): (Timestamp, Timestamp)) -> CaptureRecord {
        CaptureRecord {
            started,
            ended,
            best,
            answers,
            canaries: Vec::new(),
            media: Vec::new(),
            context: Surroundings::default(),
            helpers: Vec::new(),
            recheck_at: None,
            inquire: Vec::new(),
        }
    }
}

/// Posts that belong to a captured one, and how many of them are captured.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The posts, each once for what it is to the captured one.
    pub posts: Vec<Around>,
    /// Most steps from a cited post.
    pub depth: usize,
    /// Most targets that are captured as the context of one cited post.
    pub most: usize,
    /// Whether the target itself was captured as context; see [`Job::is_context`].
    pub is_context: bool,
}

/// A list of articles that is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    /// Row of the follow.
    pub id: i64,
    /// Its address as given.
    pub url: String,
    /// Row of the target whose captures are the looks at it.
    pub target: i64,
    /// Seconds between two looks.
    pub every: i64,
    /// Cases that its articles belong to.
    pub tags: Vec<String>,
    /// Whether this is the first look and what the list names counts as read.
    pub only_new: bool,
    /// Whether it is a page whose headlines are its articles.
    pub page: bool,
    /// Most articles taken in after one look.
    pub most: usize,
    /// How often its articles, and what they cite, are captured.
    pub curve: Option<Curve>,
}

/// How a list is to be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Following {
    /// Seconds between two looks.
    pub every: i64,
    /// Cases that its articles belong to.
    pub tags: Vec<String>,
    /// Whether what it names at the first look counts as read.
    pub only_new: bool,
    /// Whether it is a page whose headlines are its articles.
    pub page: bool,
    /// Most articles taken in after one look.
    pub most: i64,
    /// How often its articles, and what they cite, are captured; `None`: as the settings say.
    pub curve: Option<Curve>,
}

/// An article that a list names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its address.
    pub url: String,
    /// When it was last changed, as the list has it.
    pub updated: Option<String>,
}

/// Records of a web archive of others.
#[derive(Debug, Clone)]
pub struct NewRecords {
    /// The file.
    pub file: std::sync::Arc<FileOfOthers>,
    /// Some of its records, in order.
    pub records: Vec<Recorded>,
}

/// What became of some records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Those that are in the archive now and were not before.
    pub new: u64,
    /// Those that were there already.
    pub known: u64,
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Row of a target.
    Target(i64),
    /// Row of an article.
    Article(i64),
}

/// What a person adds about a target or an article.
#[derive(Debug, Clone)]
pub struct NewNote {
    /// What it is about.
    pub about: About,
    /// Who says so.
    pub by: String,
    /// What they say.
    pub text: String,
    /// A file that they supply.
    pub file: Option<SuppliedFile>,
}

/// A file that a person supplies, or a helper got, staged in the archive.
#[derive(Debug, Clone)]
pub struct SuppliedFile {
    /// Its name, without folders.
    pub name: String,
    /// What it was staged as.
    pub upload: i64,
    /// Its length in bytes.
    pub length: u64,
    /// Its digest.
    pub sha256: [u8; 32],
}

/// What a witness was asked about a head of the ledger, and what it answered.
#[derive(Debug, Clone)]
pub struct NewStamp {
    /// What kind of witness.
    pub kind: Kind,
    /// Its name in the settings.
    pub authority: String,
    /// The entry of the head.
    pub entry: i64,
    /// The head.
    pub head: String,
    /// Row of the promise that this completes.
    pub of: Option<i64>,
    /// `Captured` if its word was given and holds.
    pub outcome: Outcome,
    /// Reason code.
    pub reason: String,
    /// One line for a person, if there is more to say.
    pub detail: Option<String>,
    /// The time that it states.
    pub time: Option<Timestamp>,
    /// The body that was sent.
    pub query: Option<bytes::Bytes>,
    /// How it was asked and what came back.
    pub exchange: Exchange,
    /// Certificates (PEM) that the settings trust for it.
    pub roots: Option<bytes::Bytes>,
}

/// A target that a web archive of others is to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToInquire {
    /// Row of the target.
    pub target: i64,
    /// Its address.
    pub url: String,
    /// Not to be asked earlier.
    pub due: Timestamp,
    /// The job that it is to be asked about: the row in which it was given, its name, when that was; `None`: nothing was asked
    /// yet.
    pub job: Option<(i64, String, Timestamp)>,
}

/// What a web archive of others was asked about a target, and what it answered.
#[derive(Debug, Clone)]
pub struct NewInquiry {
    /// Row of the target.
    pub target: i64,
    /// Who was asked.
    pub service: &'static str,
    /// The row that this goes on with.
    pub of: Option<i64>,
    /// The service's name of the job that it took on.
    pub job: Option<String>,
    /// `Captured`: it says that it has the target; `None`: it works on it.
    pub outcome: Option<Outcome>,
    /// Reason code.
    pub reason: String,
    /// Its words for a person.
    pub detail: Option<String>,
    /// When it archived the target, as it says.
    pub archived_at: Option<Timestamp>,
    /// Which address it archived, as it says.
    pub archived_url: Option<String>,
    /// How it was asked and what came back.
    pub exchange: Exchange,
}

/// What a calendar promised to anchor, and has not yet told where.
#[derive(Debug, Clone)]
pub struct Promise {
    /// Row of the stamp.
    pub stamp: i64,
    /// The calendar, by its name in the settings.
    pub authority: String,
    /// The entry of the head.
    pub entry: i64,
    /// The head.
    pub head: String,
    /// The promise as received.
    pub reply: Vec<u8>,
    /// When it was made.
    pub made: Timestamp,
    /// When it was asked for last.
    pub asked: Option<Timestamp>,
}

/// What a person decides about a post that could not be identified.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Row of the unidentified target.
    pub target: i64,
    /// The post that it is; `None`: it stays unresolved.
    pub post: Option<PostRef>,
    /// Who says so.
    pub by: String,
    /// How they know.
    pub why: String,
}

/// One finished attempt to identify an unidentified post.
#[derive(Debug, Clone)]
pub struct ResolutionRecord {
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// `Captured` if identified; else `Unresolved`, or why it could not be told (`Unreachable` …).
    pub outcome: Outcome,
    /// Reason code of the step that decided.
    pub reason: String,
    /// The post, if identified.
    pub identified: Option<PostRef>,
    /// Posts that it could be, best first.
    pub candidates: Vec<Candidate>,
    /// Every step, in the order asked.
    pub steps: Vec<AnswerRecord>,
}
