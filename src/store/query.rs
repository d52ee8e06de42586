//! Looking into the archive without writing: what there is, one article, one target, the bytes of a body. Works during a
//! run; every call sees a state between two commits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use serde::Serialize;

use super::blob::find_blob;
use super::context::{self, Near};
use super::exchange::read_header_lines;
use super::failure::sql_error;
use super::file;
use super::queue::Due;
use super::record::About;
use crate::clock::Timestamp;
use crate::error::{Error, ExitCode, Result};
use crate::penalty::Penalty;
use crate::platform::wayback;

/// An archive opened for looking.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    connection: Connection,
}

/// One article and what became of what it cites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArticleSummary {
    /// Row of the article.
    pub article: i64,
    /// Its canonical address, or `sha256:…` where it has none.
    pub key: String,
    /// Title of the newest reading.
    pub title: Option<String>,
    /// When it says it was published, as printed.
    pub published: Option<String>,
    /// Row of the newest reading.
    pub reading: i64,
    /// When the newest reading was made.
    pub read_at: String,
    /// Number of readings.
    pub readings: i64,
    /// Case tags.
    pub tags: Vec<String>,
    /// Posts that the newest reading cites, by the outcome of their newest capture; `pending` where there is none.
    pub posts: BTreeMap<String, i64>,
    /// The same of its other links.
    pub links: BTreeMap<String, i64>,
}

/// A capture of which an archive of another says that it made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherCapture {
    /// Name of that archive when it was taken in.
    pub archive: String,
    /// Head of its entry 0.
    pub origin: String,
    /// Number of the capture's ledger entry there.
    pub entry: i64,
    /// When it ended, by that archive's clock.
    pub ended: String,
    /// Outcome of the best answer.
    pub outcome: String,
    /// Reason code of that.
    pub reason: String,
    /// Who gave it.
    pub source: String,
    /// The post's words, as it told them.
    pub text: Option<String>,
    /// Digest of its last body.
    pub body_sha256: Option<String>,
    /// The earliest time at which a time stamping authority says that the entry existed.
    pub stamped_at: Option<String>,
    /// Whether a line of that archive's ledger covers it; where that was withheld, it is nobody's word but of who handed it on.
    pub sealed: bool,
}

/// A case tag that an archive of another had for an article of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherTag {
    /// Name of that archive when it was taken in.
    pub archive: String,
    /// Head of its entry 0.
    pub origin: String,
    /// The tag.
    pub tag: String,
    /// When it was added there.
    pub added: String,
}

/// One article with its sentences and citations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArticleDetail {
    /// What `list` says of it.
    #[serde(flatten)]
    pub summary: ArticleSummary,
    /// Who wrote it, as printed.
    pub byline: Option<String>,
    /// Language of the newest reading.
    pub language: Option<String>,
    /// Digest of the newest reading's bytes.
    pub body_sha256: String,
    /// Text of the newest reading, unless redacted.
    pub text: Option<String>,
    /// Sentences of the newest reading.
    pub sentences: Vec<SentenceView>,
    /// What the newest reading cites, in reading order.
    pub citations: Vec<CitationView>,
}

/// A sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentenceView {
    /// Its number, from 0.
    pub ordinal: i64,
    /// First code point in the reading's text.
    pub start: i64,
    /// One past the last code point.
    pub stop: i64,
    /// Its text, unless redacted.
    pub text: Option<String>,
}

/// A citation and what became of what it cites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CitationView {
    /// Row of the citation.
    pub citation: i64,
    /// Its number in the reading, from 0.
    pub ordinal: i64,
    /// How it stands there.
    pub form: String,
    /// The address as it stood.
    pub raw_url: Option<String>,
    /// Words that carry the link.
    pub anchor: Option<String>,
    /// Handle that the place claims.
    pub claimed_handle: Option<String>,
    /// Date that the place claims.
    pub claimed_date: Option<String>,
    /// Text that the place claims.
    pub claimed_text: Option<String>,
    /// Sentences that refer to it, best first.
    pub sentences: Vec<ReferenceView>,
    /// What is cited.
    pub target: TargetView,
}

/// A sentence that refers to a citation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferenceView {
    /// Number of the sentence.
    pub sentence: i64,
    /// How it refers.
    pub relation: String,
    /// Confidence in thousandths.
    pub confidence: i64,
    /// Reason codes.
    pub reason: String,
    /// Its text, unless redacted.
    pub text: Option<String>,
}

/// A target and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetView {
    /// Row of the target.
    pub target: i64,
    /// The target that it turned out to be, else itself.
    pub means: i64,
    /// `post`, `unidentified` or `link`.
    pub kind: String,
    /// Name of the platform.
    pub platform: Option<String>,
    /// The platform's own id.
    pub native_id: Option<String>,
    /// Canonical address.
    pub url: Option<String>,
    /// Outcome of the newest capture or resolution; `None` if there is none.
    pub state: Option<String>,
    /// Reason code of the newest capture.
    pub reason: Option<String>,
    /// Source of the newest capture's best answer.
    pub source: Option<String>,
    /// Name of the web archive of others that the newest capture was taken from, and not from the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
    /// What the platform itself says at the newest capture, where it says that the post is not to be had.
    pub platform_says: Option<String>,
    /// When the newest capture ended.
    pub captured_at: Option<String>,
    /// When the content was obtained last.
    pub last_captured_at: Option<String>,
    /// Number of captures.
    pub captures: i64,
    /// Author of the newest text that was obtained.
    pub post_author: Option<String>,
    /// When it was posted.
    pub posted_at: Option<String>,
    /// The newest text that was obtained.
    pub post_text: Option<String>,
    /// What all its captures together say; `None` of a page that was only ever seen.
    pub verdict: Option<VerdictView>,
    /// Title of the newest captured page, where it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_title: Option<String>,
    /// What web archives of others were asked about it, the newest of each service.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inquiries: Vec<InquiryView>,
    /// Posts that belong to it, the nearest first; told only of what is asked for or cited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<ContextView>,
}

/// A post that belongs to another, and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContextView {
    /// Row of the target that named it.
    pub of: i64,
    /// What that one does: `quotes`, `replies_to`, `reposts`; or `thread`: both are parts of one author's thread.
    pub relation: String,
    /// Its own target.
    #[serde(flatten)]
    pub target: TargetView,
}

/// What a web archive of others was asked about a target, and said last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InquiryView {
    /// Who was asked.
    pub service: String,
    /// When.
    pub asked_at: String,
    /// `captured`: it says that it has the target; `None`: it worked on it when it was asked last.
    pub outcome: Option<String>,
    /// Reason code.
    pub reason: String,
    /// Its words for a person.
    pub detail: Option<String>,
    /// When it archived the target, as it says.
    pub archived_at: Option<String>,
    /// Which address it archived, as it says.
    pub archived_url: Option<String>,
}

impl InquiryView {
    /// From seven columns in the order of the fields.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<InquiryView> {
        Ok(InquiryView {
            service: row.get(0)?,
            asked_at: row.get(1)?,
            outcome: row.get(2)?,
            reason: row.get(3)?,
            detail: row.get(4)?,
            archived_at: row.get(5)?,
            archived_url: row.get(6)?,
        })
    }

    /// Where what it archived is shown, if it says when that was.
    #[must_use]
    pub fn shown_at(&self) -> Option<String> {
        wayback::shown_at(self.archived_at.as_deref()?, self.archived_url.as_deref()?)
    }
}

/// What all captures of a target together say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerdictView {
    /// `live`, `edited`, `deleted`, `suspended`, `protected`, `age_gated`, `withheld`, `gone`, `restored` or `unknown`.
    pub state: String,
    /// Reason code.
    pub reason: String,
    /// Rows of the captures that it rests on.
    pub evidence: Vec<i64>,
    /// When the target was seen last.
    pub last_live: Option<String>,
}

/// A list of articles that is followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FollowView {
    /// Its address.
    pub url: String,
    /// Since when.
    pub added: String,
    /// Seconds between two looks.
    pub every: i64,
    /// Cases that its articles belong to.
    pub tags: Vec<String>,
    /// Whether it is a page whose headlines are its articles.
    pub page: bool,
    /// Most articles taken in after one look.
    pub max_articles: i64,
    /// How often its articles, and what they cite, are captured; `None`: as the settings say.
    pub curve: Option<String>,
    /// When it was looked at last.
    pub looked: Option<String>,
    /// Outcome of that look.
    pub outcome: Option<String>,
    /// When it is due.
    pub due: String,
    /// Articles that it named so far.
    pub entries: i64,
    /// Of them, those that could not be read yet.
    pub waiting: i64,
}

/// What a person added; their word, not checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteView {
    /// Row of the note.
    pub note: i64,
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// The remark.
    pub text: String,
    /// Name of the file that came with it.
    pub file_name: Option<String>,
    /// Its digest.
    pub sha256: Option<String>,
    /// Its length in bytes.
    pub length: Option<i64>,
}

/// A capture and what changed since the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaptureView {
    /// Row of the capture.
    pub capture: i64,
    /// When it began.
    pub started: String,
    /// When it ended.
    pub ended: String,
    /// Outcome of its best answer.
    pub outcome: String,
    /// Reason code of its best answer.
    pub reason: String,
    /// Source of its best answer.
    pub source: String,
    /// Status of the last exchange.
    pub status: Option<i64>,
    /// Address of the last exchange.
    pub final_url: Option<String>,
    /// Digest of the last body.
    pub body_sha256: Option<String>,
    /// Length of the last body.
    pub body_length: Option<i64>,
    /// Text of the post.
    pub text: Option<String>,
    /// `first`, `same`, `outcome`, `text` or `body`.
    pub changed: String,
}

/// An exchange as the archive has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExchangeView {
    /// Row of the exchange.
    pub exchange: i64,
    /// Address asked.
    pub url: String,
    /// Our clock when the request was sent.
    pub started: String,
    /// Request headers as sent.
    pub request_headers: Vec<(String, String)>,
    /// Status, if there was a response.
    pub status: Option<i64>,
    /// Response headers as received.
    pub response_headers: Vec<(String, String)>,
    /// Digest of the body as received.
    pub body_sha256: Option<String>,
    /// Length of the body as received.
    pub body_length: i64,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Articles.
    pub articles: i64,
    /// Readings.
    pub readings: i64,
    /// Citations.
    pub citations: i64,
    /// Targets.
    pub targets: i64,
    /// Captures.
    pub captures: i64,
    /// Bodies and other files, each counted once.
    pub blobs: i64,
    /// Their bytes.
    pub bytes: i64,
    /// Targets that wait for a capture.
    pub pending: i64,
}

/// How often something is captured, as a person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnSchedule {
    /// The address of a target, or the key of an article.
    pub what: String,
    /// As [`Curve`](crate::schedule::Curve) writes it.
    pub curve: String,
}

/// What the archive takes up, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Space {
    /// The file.
    pub file: u64,
    /// Its log, while a run or a reader has it open.
    pub log: u64,
    /// Bodies, each counted once.
    pub bodies: i64,
    /// Their bytes.
    pub body_bytes: i64,
    /// Of bodies that broke off and are taken up again or thrown away after a day.
    pub unfinished: i64,
    /// Inside the file, written again before it grows; `backup --compact` leaves it out.
    pub unused: i64,
    /// On its file system; `None` if that does not say.
    pub free: Option<u64>,
}

/// One run, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunView {
    /// Row of the run.
    pub run: i64,
    /// When it began.
    pub started: String,
    /// When it ended; `None` while it goes on, or if it was killed.
    pub ended: Option<String>,
    /// What was asked of the program.
    pub command: String,
    /// Its exit code.
    pub exit: Option<i64>,
    /// Where its times came from, and why they are doubted, if they are.
    pub clock: String,
    /// What it said of itself, as JSON.
    #[serde(skip)]
    pub summary: Option<String>,
}

impl Reader {
    /// Reads from a connection that was opened for that.
    pub(super) fn of(path: PathBuf, connection: Connection) -> Reader {
        Reader { path, connection }
    }

    /// Opens the archive at `path`.
    ///
    /// # Errors
    /// If it is missing (exit 66), not an archive (65), newer than this program (78), or cannot be read.
    pub fn open(path: &Path) -> Result<Reader> {
        let connection = file::open_for_reading(path)?;
        Ok(Reader {
            path: path.to_owned(),
            connection,
        })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How the newest runs of a command went, newest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn runs(&self, most: usize) -> Result<Vec<RunView>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT r.id, r.started, e.ended, r.command, e.exit, e.summary, r.clock
                     FROM run r LEFT JOIN run_end e ON e.run = r.id ORDER BY r.id DESC LIMIT ?1",
                )?
                .query_map([super::row::count(most)], |row| {
                    Ok(RunView {
                        run: row.get(0)?,
                        started: row.get(1)?,
                        ended: row.get(2)?,
                        command: row.get(3)?,
                        exit: row.get(4)?,
                        summary: row.get(5)?,
                        clock: row.get(6)?,
                    })
                })?
                .collect()
        })
    }

    /// What is due at `now`.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn due(&self, now: Timestamp) -> Result<Due> {
        self.ask(|connection| super::queue::due(connection, &now.to_string()))
    }

    /// Hosts that runs were told to leave alone, or found to fail too often.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn host_penalties(&self) -> Result<Vec<(String, Penalty)>> {
        self.ask(super::queue::penalties)
    }

    /// How much there is.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn totals(&self) -> Result<Totals> {
        self.ask(|connection| {
            connection.query_row(
                "SELECT (SELECT count(*) FROM article), (SELECT count(*) FROM reading), (SELECT count(*) FROM citation),
                        (SELECT count(*) FROM target), (SELECT count(*) FROM capture), (SELECT count(*) FROM blob),
                        (SELECT coalesce(sum(length), 0) FROM blob), (SELECT count(*) FROM job WHERE done = 0)",
                [],
                |row| {
                    Ok(Totals {
                        articles: row.get(0)?,
                        readings: row.get(1)?,
                        citations: row.get(2)?,
                        targets: row.get(3)?,
                        captures: row.get(4)?,
                        blobs: row.get(5)?,
                        bytes: row.get(6)?,
                        pending: row.get(7)?,
                    })
                },
            )
        })
    }

    /// What is captured as often as a person said.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn schedules(&self) -> Result<Vec<OwnSchedule>> {
        self.ask(|connection| {
            connection
                .prepare(
                    "SELECT coalesce(t.url, 'target:' || s.target, a.key), s.curve FROM schedule s
                     LEFT JOIN target t ON t.id = s.target LEFT JOIN article a ON a.id = s.article ORDER BY s.rowid",
                )?
                .query_map([], |row| {
                    Ok(OwnSchedule {
                        what: row.get(0)?,
                        curve: row.get(1)?,
                    })
                })?
                .collect()
        })
    }

    /// What the archive takes up, and how much is free beside it.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn space(&self) -> Result<Space> {
        let length = |suffix: &str| {
            let mut name = self.path().as_os_str().to_owned();
            name.push(suffix);
            std::fs::metadata(name).map_or(0, |metadata| metadata.len())
        };
        let (file, log) = (length(""), length("-wal"));
        let free = super::free(self.path());
        self.ask(|connection| {
            connection.query_row(
                "SELECT (SELECT count(*) FROM blob), (SELECT coalesce(sum(length), 0) FROM blob),
                        (SELECT coalesce(sum(length), 0) FROM upload),
                        (SELECT freelist_count FROM pragma_freelist_count) * (SELECT page_size FROM pragma_page_size)",
                [],
                |row| {
                    Ok(Space {
                        file,
                        log,
                        bodies: row.get(0)?,
                        body_bytes: row.get(1)?,
                        unfinished: row.get(2)?,
                        unused: row.get(3)?,
                        free,
                    })
                },
            )
        })
    }

    /// Every article, oldest first; with `tag` those of one case.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn articles(&self, tag: Option<&str>) -> Result<Vec<ArticleSummary>> {
        self.ask(|connection| {
            let ids: Vec<i64> = connection
                .prepare_cached(
                    "SELECT id FROM article
                     WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM tag WHERE tag.article = article.id AND tag.name = ?1)
                     ORDER BY id",
                )?
                .query_map([tag], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            ids.into_iter()
                .filter_map(|id| summary(connection, id).transpose())
                .collect()
        })
    }

    /// The row of the article that `name` means: its row, its address, or its key.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn find_article(&self, name: &str) -> Result<Option<i64>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT id FROM article WHERE id = ?2 OR key = ?1
                     UNION ALL SELECT article FROM reading WHERE url = ?1 OR claimed_url = ?1
                     LIMIT 1",
                )?
                .query_row(params![name, name.parse::<i64>().ok()], |row| row.get(0))
                .optional()
        })
    }

    /// One article with its sentences and citations.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn article(&self, article: i64) -> Result<Option<ArticleDetail>> {
        self.ask(|connection| {
            let Some(summary) = summary(connection, article)? else {
                return Ok(None);
            };
            let reading = summary.reading;
            let (byline, language, text, body_sha256) = connection
                .prepare_cached(
                    "SELECT byline, language, text, lower(hex(blob.sha256)) FROM reading JOIN blob ON blob.id = body
                     WHERE reading.id = ?1",
                )?
                .query_row([reading], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })?;
            let text: Option<String> = text;
            let sentences = sentences(connection, reading, text.as_deref())?;
            let citations = citations(connection, reading, &sentences)?;
            Ok(Some(ArticleDetail {
                summary,
                byline,
                language,
                body_sha256,
                text,
                sentences,
                citations,
            }))
        })
    }

    /// The target of this key or canonical address (of a post: also any address that a citation of it had).
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn target_by_url(&self, url: &str) -> Result<Option<TargetView>> {
        self.ask(|connection| {
            let target: Option<i64> = connection
                .prepare_cached(
                    "SELECT id FROM target WHERE key = ?1
                     UNION ALL SELECT id FROM target WHERE kind = 'post' AND url = ?1
                     UNION ALL SELECT target FROM citation WHERE raw_url = ?1
                     LIMIT 1",
                )?
                .query_row([url], |row| row.get(0))
                .optional()?;
            target.map(|target| target_with_context(connection, target)).transpose()
        })
    }

    /// A target and its state.
    ///
    /// # Errors
    /// If the archive cannot be read, or has no such row.
    pub fn target(&self, target: i64) -> Result<TargetView> {
        self.ask(|connection| target_with_context(connection, target))
    }

    /// Every list of articles that is followed, in the order of their addresses.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn follows(&self) -> Result<Vec<FollowView>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT f.url, f.added, f.every, f.tags, f.looked,
                            (SELECT c.outcome FROM capture c WHERE c.target = f.target ORDER BY c.fence DESC LIMIT 1), f.due,
                            (SELECT count(*) FROM follow_entry e WHERE e.follow = f.id),
                            (SELECT count(*) FROM follow_entry e WHERE e.follow = f.id AND e.done = 0),
                            coalesce(o.page, 0), o.curve, coalesce(o.most, ?1)
                     FROM follow f LEFT JOIN follow_option o ON o.follow = f.id WHERE f.due IS NOT NULL ORDER BY f.url",
                )?
                .query_map([super::MOST], |row| {
                    Ok(FollowView {
                        url: row.get(0)?,
                        added: row.get(1)?,
                        every: row.get(2)?,
                        tags: serde_json::from_str(row.get_ref(3)?.as_str()?).unwrap_or_default(),
                        looked: row.get(4)?,
                        outcome: row.get(5)?,
                        due: row.get(6)?,
                        entries: row.get(7)?,
                        waiting: row.get(8)?,
                        page: row.get(9)?,
                        curve: row.get(10)?,
                        max_articles: row.get(11)?,
                    })
                })?
                .collect()
        })
    }

    /// What persons added about a target (or the citation that turned out to mean it) or an article, oldest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn notes(&self, about: About) -> Result<Vec<NoteView>> {
        let (target, article) = match about {
            About::Target(id) => (Some(id), None),
            About::Article(id) => (None, Some(id)),
        };
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT n.id, n.at, n.by, n.text, n.file_name, lower(hex(b.sha256)), b.length
                     FROM note n LEFT JOIN blob b ON b.id = n.body
                     WHERE n.target = ?1 OR n.target IN (SELECT target FROM resolution WHERE identified = ?1) OR n.article = ?2
                     ORDER BY n.id",
                )?
                .query_map([target, article], |row| {
                    Ok(NoteView {
                        note: row.get(0)?,
                        at: row.get(1)?,
                        by: row.get(2)?,
                        text: row.get(3)?,
                        file_name: row.get(4)?,
                        sha256: row.get(5)?,
                        length: row.get(6)?,
                    })
                })?
                .collect()
        })
    }

    /// What archives of others that were taken in say that they captured of a target, oldest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn others(&self, target: i64) -> Result<Vec<OtherCapture>> {
        self.others_where("target = ?1", target)
    }

    /// The same of what has this key or canonical address there, whether or not it is a target here.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn others_named(&self, name: &str) -> Result<Vec<OtherCapture>> {
        self.others_where("target_key = ?1 OR url = ?1", name)
    }

    fn others_where(&self, condition: &str, value: impl ToSql) -> Result<Vec<OtherCapture>> {
        let sql = format!(
            "SELECT name, origin, seq, ended, outcome, reason, source, text, body_sha256, stamped_at, sealed FROM others
             WHERE {condition} ORDER BY ended, origin, seq"
        );
        self.ask(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map([value], |row| {
                    Ok(OtherCapture {
                        archive: row.get(0)?,
                        origin: row.get(1)?,
                        entry: row.get(2)?,
                        ended: row.get(3)?,
                        outcome: row.get(4)?,
                        reason: row.get(5)?,
                        source: row.get(6)?,
                        text: row.get(7)?,
                        body_sha256: row.get(8)?,
                        stamped_at: row.get(9)?,
                        sealed: row.get(10)?,
                    })
                })?
                .collect()
        })
    }

    /// The case tags that archives of others had for an article in the state of each that was taken in last.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn other_tags(&self, article: i64) -> Result<Vec<OtherTag>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT a.name, a.origin, t.name, t.added FROM article w JOIN other_tag t ON t.article = w.key
                     JOIN other_archive a ON a.id = t.other_archive
                     WHERE w.id = ?1 AND a.id = (SELECT max(g.other_archive) FROM other_tag g JOIN other_archive o ON o.id = g.other_archive
                                                 WHERE o.origin = a.origin AND g.article = w.key)
                     ORDER BY a.origin, t.name",
                )?
                .query_map([article], |row| {
                    Ok(OtherTag {
                        archive: row.get(0)?,
                        origin: row.get(1)?,
                        tag: row.get(2)?,
                        added: row.get(3)?,
                    })
                })?
                .collect()
        })
    }

    /// Every capture of a target, oldest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn captures(&self, target: i64) -> Result<Vec<CaptureView>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT capture, started, ended, outcome, reason, source, status, final_url, body_sha256, body_length, text,
                            changed
                     FROM captures WHERE target = ?1 ORDER BY capture",
                )?
                .query_map([target], |row| {
                    Ok(CaptureView {
                        capture: row.get(0)?,
                        started: row.get(1)?,
                        ended: row.get(2)?,
                        outcome: row.get(3)?,
                        reason: row.get(4)?,
                        source: row.get(5)?,
                        status: row.get(6)?,
                        final_url: row.get(7)?,
                        body_sha256: row.get(8)?,
                        body_length: row.get(9)?,
                        text: row.get(10)?,
                        changed: row.get(11)?,
                    })
                })?
                .collect()
        })
    }

    /// Every exchange of a capture, media included, in the order stored.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn exchanges(&self, capture: i64) -> Result<Vec<ExchangeView>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT x.id, x.url, x.started, x.request_headers, x.status, x.response_headers, lower(hex(b.sha256)),
                            x.body_length
                     FROM exchange x LEFT JOIN blob b ON b.id = x.body
                     WHERE x.answer IN (SELECT id FROM answer WHERE capture = ?1)
                        OR x.media IN (SELECT id FROM post_media WHERE capture = ?1)
                     ORDER BY x.id",
                )?
                .query_map([capture], |row| {
                    Ok(ExchangeView {
                        exchange: row.get(0)?,
                        url: row.get(1)?,
                        started: row.get(2)?,
                        request_headers: read_header_lines(&row.get::<_, String>(3)?),
                        status: row.get(4)?,
                        response_headers: read_header_lines(&row.get::<_, Option<String>>(5)?.unwrap_or_default()),
                        body_sha256: row.get::<_, Option<String>>(6)?.filter(|hex| !hex.is_empty()),
                        body_length: row.get(7)?,
                    })
                })?
                .collect()
        })
    }

    /// The bytes of a body, piece by piece; `None` if the archive does not have them.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn read_blob(&self, sha256: &[u8; 32]) -> Result<Option<BlobReader<'_>>> {
        self.ask(|connection| {
            let Some(blob) = find_blob(connection, sha256)? else {
                return Ok(None);
            };
            let chunks: i64 = connection
                .prepare_cached("SELECT chunks FROM blob WHERE id = ?1")?
                .query_row([blob], |row| row.get(0))?;
            Ok(Some(BlobReader {
                reader: self,
                blob,
                chunks,
                next: 0,
            }))
        })
    }

    pub(super) fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let answer = || {
            // One transaction, so that several statements see one state.
            let transaction = self.connection.unchecked_transaction()?;
            question(&transaction)
        };
        answer().map_err(|error| sql_error(&self.path, &error))
    }
}

/// The pieces of a blob in order, each at most 1 MiB.
#[derive(Debug)]
pub struct BlobReader<'a> {
    reader: &'a Reader,
    blob: i64,
    chunks: i64,
    next: i64,
}

impl Iterator for BlobReader<'_> {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Result<Vec<u8>>> {
        if self.next >= self.chunks {
            return None;
        }
        let id = self.blob << 16 | self.next;
        let piece = self.reader.ask(|connection| {
            connection
                .prepare_cached("SELECT bytes FROM blob_chunk WHERE id = ?1")?
                .query_row([id], |row| row.get(0))
                .optional()
        });
        self.next += 1;
        Some(piece.and_then(|piece| {
            self.next = if piece.is_some() { self.next } else { self.chunks };
            piece.ok_or_else(|| Error::Archive {
                path: self.reader.path.clone(),
                why: "this body was redacted, or is damaged".to_owned(),
                hint: Some("`citekeep verify` tells which"),
                code: ExitCode::BadInput,
            })
        }))
    }
}

fn summary(connection: &Connection, article: i64) -> rusqlite::Result<Option<ArticleSummary>> {
    let found = connection
        .prepare_cached(
            "SELECT article.key, r.title, r.published, r.id, r.read_at,
                    (SELECT count(*) FROM reading n WHERE n.article = article.id)
             FROM article
             JOIN reading r ON r.id = (SELECT n.id FROM reading n WHERE n.article = article.id ORDER BY n.id DESC LIMIT 1)
             WHERE article.id = ?1",
        )?
        .query_row([article], |row| {
            Ok(ArticleSummary {
                article,
                key: row.get(0)?,
                title: row.get(1)?,
                published: row.get(2)?,
                reading: row.get(3)?,
                read_at: row.get(4)?,
                readings: row.get(5)?,
                tags: Vec::new(),
                posts: BTreeMap::new(),
                links: BTreeMap::new(),
            })
        })
        .optional()?;
    let Some(mut summary) = found else {
        return Ok(None);
    };
    summary.tags = connection
        .prepare_cached("SELECT name FROM tag WHERE article = ?1 ORDER BY name")?
        .query_map([article], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare_cached(
        "SELECT t.kind = 'link', coalesce(t.state, 'pending'), count(DISTINCT t.means)
         FROM citation c JOIN targets t ON t.target = c.target WHERE c.reading = ?1 GROUP BY 1, 2",
    )?;
    let mut rows = statement.query([summary.reading])?;
    while let Some(row) = rows.next()? {
        let counts = if row.get(0)? {
            &mut summary.links
        } else {
            &mut summary.posts
        };
        counts.insert(row.get(1)?, row.get(2)?);
    }
    Ok(Some(summary))
}

fn sentences(connection: &Connection, reading: i64, text: Option<&str>) -> rusqlite::Result<Vec<SentenceView>> {
    // The text is walked once; `substr` in SQL would start from its beginning for every sentence.
    let mut rest = text.map(|text| (0_i64, text.char_indices(), text));
    let mut statement =
        connection.prepare_cached("SELECT ordinal, start, stop FROM sentence WHERE reading = ?1 ORDER BY ordinal")?;
    let mut sentences = Vec::new();
    let mut rows = statement.query([reading])?;
    while let Some(row) = rows.next()? {
        let (ordinal, start, stop): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let text = rest.as_mut().and_then(|(at, characters, text)| {
            let mut byte_at = |offset: i64| {
                while *at < offset {
                    characters.next()?;
                    *at += 1;
                }
                Some(characters.offset())
            };
            let range = byte_at(start)?..byte_at(stop)?;
            text.get(range).map(str::to_owned)
        });
        sentences.push(SentenceView {
            ordinal,
            start,
            stop,
            text,
        });
    }
    Ok(sentences)
}

fn citations(connection: &Connection, reading: i64, sentences: &[SentenceView]) -> rusqlite::Result<Vec<CitationView>> {
    let deepest = context::deepest(connection, i64::MAX)?;
    let mut references = connection.prepare_cached(
        "SELECT sentence, relation, confidence, reason FROM citation_sentence WHERE citation = ?1 ORDER BY rank",
    )?;
    connection
        .prepare_cached(
            "SELECT id, ordinal, form, raw_url, anchor, author_handle, date, text, target FROM citation
             WHERE reading = ?1 ORDER BY ordinal",
        )?
        .query_map([reading], |row| {
            let citation = row.get(0)?;
            let sentences = references
                .query_map([citation], |row| {
                    let sentence: i64 = row.get(0)?;
                    Ok(ReferenceView {
                        sentence,
                        relation: row.get(1)?,
                        confidence: row.get(2)?,
                        reason: row.get(3)?,
                        text: usize::try_from(sentence)
                            .ok()
                            .and_then(|n| sentences.get(n))
                            .and_then(|s| s.text.clone()),
                    })
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(CitationView {
                citation,
                ordinal: row.get(1)?,
                form: row.get(2)?,
                raw_url: row.get(3)?,
                anchor: row.get(4)?,
                claimed_handle: row.get(5)?,
                claimed_date: row.get(6)?,
                claimed_text: row.get(7)?,
                sentences,
                target: with_context(connection, target_view(connection, row.get(8)?)?, deepest)?,
            })
        })?
        .collect()
}

fn target_with_context(connection: &Connection, target: i64) -> rusqlite::Result<TargetView> {
    let deepest = context::deepest(connection, i64::MAX)?;
    with_context(connection, target_view(connection, target)?, deepest)
}

/// Adds the context of a target, at most `deepest` steps away.
fn with_context(connection: &Connection, mut view: TargetView, deepest: i64) -> rusqlite::Result<TargetView> {
    for Near { of, relation, target } in context::around(connection, view.means, deepest, "1")? {
        view.context.push(ContextView {
            of,
            relation,
            target: target_view(connection, target)?,
        });
    }
    Ok(view)
}

/// What web archives of others were asked about a target, the newest of each service.
fn inquiries(connection: &Connection, target: i64) -> rusqlite::Result<Vec<InquiryView>> {
    connection
        .prepare_cached(
            "SELECT service, asked_at, outcome, reason, detail, archived_at, archived_url FROM inquiries
             WHERE inquiry IN (SELECT max(n.id) FROM inquiry n WHERE n.target = ?1 AND n.of IS NULL GROUP BY n.service)
             ORDER BY service",
        )?
        .query_map([target], InquiryView::read)?
        .collect()
}

fn target_view(connection: &Connection, target: i64) -> rusqlite::Result<TargetView> {
    connection
        .prepare_cached(
            "SELECT t.target, t.means, t.kind, t.platform, t.native_id, t.url, t.state, t.reason, t.source, t.captured_at,
                    t.last_captured_at, t.captures, p.author_handle, p.posted_at, p.text, t.platform_says,
                    v.state, v.reason, v.evidence, v.last_live,
                    (SELECT f.name FROM answer n JOIN exchange x ON x.answer = n.id JOIN exchange_record y ON y.exchange = x.id
                     JOIN record o ON o.id = y.record JOIN web_archive f ON f.id = o.web_archive
                     WHERE n.capture = t.capture ORDER BY x.id LIMIT 1),
                    (SELECT g.title FROM pages g WHERE g.target = t.means)
             FROM targets t LEFT JOIN post p ON p.id = t.post LEFT JOIN verdicts v ON v.target = t.means
             WHERE t.target = ?1",
        )?
        .query_row([target], |row: &Row<'_>| {
            Ok(TargetView {
                target: row.get(0)?,
                means: row.get(1)?,
                kind: row.get(2)?,
                platform: row.get(3)?,
                native_id: row.get(4)?,
                url: row.get(5)?,
                state: row.get(6)?,
                reason: row.get(7)?,
                source: row.get(8)?,
                captured_at: row.get(9)?,
                last_captured_at: row.get(10)?,
                captures: row.get(11)?,
                post_author: row.get(12)?,
                posted_at: row.get(13)?,
                post_text: row.get(14)?,
                platform_says: row.get(15)?,
                taken_from: row.get(20)?,
                context: Vec::new(),
                verdict: match row.get::<_, Option<String>>(16)? {
                    None => None,
                    Some(state) => Some(VerdictView {
                        state,
                        reason: row.get(17)?,
                        evidence: serde_json::from_str(row.get_ref(18)?.as_str()?).unwrap_or_default(),
                        last_live: row.get(19)?,
                    }),
                },
                inquiries: inquiries(connection, row.get(1)?)?,
                page_title: row.get(21)?,
            })
        })
}
