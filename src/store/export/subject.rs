//! What was cited and what became of it, one target at a time: every attempt to preserve it, the post as it was kept with its files,
//! and what persons and web archives of others said of it.

use rusqlite::Row;

use super::{Blob, Extract};
use crate::error::Result;
use crate::store::context::{self, Near};
use crate::store::exchange::read_header_lines;
use crate::store::failure::sql_error;
use crate::store::page::{FACTS, PageFacts};
use crate::store::query::InquiryView;

/// What is cited.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Row of the target.
    pub target: i64,
    /// `post`, `unidentified` or `link`.
    pub kind: String,
    /// Name of the platform.
    pub platform: Option<String>,
    /// The platform's own id.
    pub native_id: Option<String>,
    /// Canonical address.
    pub url: Option<String>,
    /// Of an unidentified one: JSON of what the article claims.
    pub claim: Option<String>,
}

/// One attempt to preserve it.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Ledger entry.
    pub capture: i64,
    /// When it ended.
    pub ended: String,
    /// Outcome of its best answer.
    pub outcome: String,
    /// Source of its best answer.
    pub source: String,
    /// Program and version that made it.
    pub program: String,
    /// Status of the best answer's last exchange.
    pub status: Option<i64>,
    /// Address of that exchange.
    pub final_url: Option<String>,
    /// Digest of its body as received.
    pub body_sha256: Option<String>,
    /// Length of that body.
    pub body_length: Option<i64>,
    /// Content-Type of that exchange.
    pub content_type: Option<String>,
    /// Content-Encoding of that exchange.
    pub content_encoding: Option<String>,
    /// Text of the post that an answer of it told.
    pub text: Option<String>,
    /// What each source said, in the order asked.
    pub answers: Vec<Said>,
}

/// What one source said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Name of the source.
    pub source: String,
    /// Outcome.
    pub outcome: String,
    /// Reason code.
    pub reason: String,
    /// One line for a person.
    pub detail: Option<String>,
    /// When its last exchange ended.
    pub at: Option<String>,
    /// Address of its last exchange.
    pub url: Option<String>,
    /// Name of the web archive of others that it was taken from, and not from the network.
    pub taken_from: Option<String>,
}

/// A post as the newest selected capture that had it told it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The capture.
    pub capture: i64,
    /// When that ended.
    pub captured_at: String,
    /// Who said so.
    pub source: String,
    /// Program and version that read the answer.
    pub parser: String,
    /// Digest of the body that it was read from, as received.
    pub body_sha256: Option<String>,
    /// Author's handle, without `@`.
    pub author_handle: Option<String>,
    /// Author's name.
    pub author_name: Option<String>,
    /// Author's id.
    pub author_id: Option<String>,
    /// When it was posted, as the source says.
    pub posted_at: Option<String>,
    /// When it was last edited, as the source says.
    pub edited_at: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Text.
    pub text: Option<String>,
    /// Whether the source cut the text.
    pub text_cut: Option<bool>,
    /// Language, as the source says.
    pub language: Option<String>,
    /// Id of the post that it quotes.
    pub quoted_id: Option<String>,
    /// Id of the post that it answers.
    pub parent_id: Option<String>,
    /// Id of the post that it repeats.
    pub reposted_id: Option<String>,
    /// How many files the source says it has.
    pub media_expected: Option<i64>,
    /// Whether the platform marks it as sensitive.
    pub sensitive: Option<bool>,
    /// What its author set before it.
    pub content_warning: Option<String>,
    /// JSON: counts as seen.
    pub counts: String,
    /// JSON: labels put on it.
    pub labels: Option<String>,
    /// JSON: its poll.
    pub poll: Option<String>,
    /// JSON: the preview of a link in it.
    pub card: Option<String>,
    /// JSON: what the answer says of the posts that it quotes, answers or repeats.
    pub related: Option<String>,
}

/// A photo, video or other file of a post.
#[derive(Debug, Clone)]
pub struct Medium {
    /// photo, video, gif, audio …
    pub kind: String,
    /// Its address as the source gave it.
    pub url: String,
    /// Description given by the author.
    pub alt: Option<String>,
    /// What came of it.
    pub outcome: String,
    /// Reason code.
    pub reason: String,
    /// Its bytes as received.
    pub body: Option<Blob>,
    /// Whether they were redacted since.
    pub redacted: bool,
    /// The program of others that got it, and its version; `None`: we fetched it.
    pub helper: Option<String>,
}

impl Medium {
    /// Whether it is a piece of a video that is no file by itself.
    #[must_use]
    pub fn is_piece(&self) -> bool {
        matches!(self.kind.as_str(), "playlist" | "segment" | "key")
    }
}

/// One attempt to find out which post is meant.
#[derive(Debug, Clone)]
pub struct Search {
    /// Ledger entry.
    pub resolution: i64,
    /// When it ended.
    pub ended: String,
    /// Outcome.
    pub outcome: String,
    /// Reason code of the step that decided.
    pub reason: String,
    /// Address of the post that it is.
    pub identified: Option<String>,
    /// What each source said.
    pub steps: Vec<Said>,
    /// Posts that it may be, best first: address, likeness in thousandths, where it was listed.
    pub candidates: Vec<(String, Option<i64>, String)>,
}

/// What several captures together say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// `live`, `deleted` …
    pub state: String,
    /// Reason code.
    pub reason: String,
    /// When the target was seen last.
    pub last_live: Option<String>,
}

/// What a person added; their word, not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// What they say.
    pub text: String,
    /// Name of the file that they supplied.
    pub file_name: Option<String>,
    /// Its digest; `None` if it was redacted.
    pub sha256: Option<String>,
}

/// The post that an answer of capture `c` told, that of the best answer first.
const POST_OF_CAPTURE: &str =
    "(SELECT q.id FROM answer n JOIN post q ON q.answer = n.id AND q.entry <= (SELECT seq FROM export_at)
      WHERE n.capture = c.id ORDER BY n.ordinal = c.best DESC, q.id DESC LIMIT 1)";

/// Whether the selected target `x` was captured first because it belongs to another: it stands with that one.
const ONLY_CONTEXT: &str =
    "EXISTS (SELECT 1 FROM context n WHERE n.target = x.id AND n.capture IN (SELECT id FROM export_capture)
       AND NOT EXISTS (SELECT 1 FROM capture c WHERE c.target = x.id AND c.id < n.capture))";

impl Extract<'_> {
    /// Shows every selected post that is cited, or was asked for by itself, as its row.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn posts(&self, each: impl FnMut(i64) -> Result<()>) -> Result<()> {
        self.each(
            &format!(
                "SELECT x.id FROM export_target x JOIN target t ON t.id = x.id WHERE t.kind = 'post'
                   AND (x.id IN (SELECT m.means FROM citation c JOIN export_target m ON m.id = c.target
                                 WHERE c.reading IN (SELECT id FROM export_reading)) OR NOT {ONLY_CONTEXT})
                 ORDER BY x.id"
            ),
            |row| row.get(0),
            each,
        )
    }

    /// Shows every selected target that no selected reading cites, directly or by what an unidentified one turned out to be.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn uncited(&self, each: impl FnMut(i64) -> Result<()>) -> Result<()> {
        self.each(
            &format!(
                "WITH cited AS (SELECT t.id, t.means FROM export_target t
                            WHERE EXISTS (SELECT 1 FROM citation c WHERE c.target = t.id
                                            AND c.reading IN (SELECT id FROM export_reading)))
             SELECT x.id FROM export_target x WHERE x.id NOT IN (SELECT id FROM cited UNION SELECT means FROM cited)
               AND NOT {ONLY_CONTEXT}
             ORDER BY x.id"
            ),
            |row| row.get(0),
            each,
        )
    }

    /// What a target is.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn subject(&self, target: i64) -> Result<Option<Subject>> {
        self.one(
            "SELECT kind, platform, native_id, url, claim FROM target WHERE id = ?1",
            [target],
            |row| {
                Ok(Subject {
                    target,
                    kind: row.get(0)?,
                    platform: row.get(1)?,
                    native_id: row.get(2)?,
                    url: row.get(3)?,
                    claim: row.get(4)?,
                })
            },
        )
    }

    /// The selected captures of a target, oldest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn attempts(&self, target: i64) -> Result<Vec<Attempt>> {
        let mut attempts = self.listed(
            &format!(
                "SELECT c.id, c.ended, c.outcome, c.source, u.version, x.status, x.url, lower(hex(b.sha256)), b.length, p.text,
                        x.response_headers
                 FROM capture c JOIN run u ON u.id = c.run
                 LEFT JOIN answer a ON a.capture = c.id AND a.ordinal = c.best
                 LEFT JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = a.id)
                 LEFT JOIN blob b ON b.id = x.body LEFT JOIN post p ON p.id = {POST_OF_CAPTURE}
                 WHERE c.target = ?1 AND c.id IN (SELECT id FROM export_capture) ORDER BY c.fence"
            ),
            [target],
            |row| {
                let headers = row.get::<_, Option<String>>(10)?.unwrap_or_default();
                Ok(Attempt {
                    content_type: header(&headers, "content-type"),
                    content_encoding: header(&headers, "content-encoding"),
                    capture: row.get(0)?,
                    ended: row.get(1)?,
                    outcome: row.get(2)?,
                    source: row.get(3)?,
                    program: row.get(4)?,
                    status: row.get(5)?,
                    final_url: row.get(6)?,
                    body_sha256: digest(row, 7)?,
                    body_length: row.get(8)?,
                    text: row.get(9)?,
                    answers: Vec::new(),
                })
            },
        )?;
        for attempt in &mut attempts {
            attempt.answers = self.said("capture", attempt.capture)?;
        }
        Ok(attempts)
    }

    /// What each source said within a capture or resolution.
    fn said(&self, of: &str, entry: i64) -> Result<Vec<Said>> {
        self.listed(
            &format!(
                "SELECT a.source, a.outcome, a.reason, a.detail, x.ended, x.url,
                        (SELECT f.name FROM exchange z JOIN exchange_record y ON y.exchange = z.id JOIN record o ON o.id = y.record
                         JOIN web_archive f ON f.id = o.web_archive WHERE z.answer = a.id ORDER BY z.id DESC LIMIT 1)
                 FROM answer a
                 LEFT JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = a.id)
                 WHERE a.{of} = ?1 ORDER BY a.ordinal"
            ),
            [entry],
            |row| {
                Ok(Said {
                    source: row.get(0)?,
                    outcome: row.get(1)?,
                    reason: row.get(2)?,
                    detail: row.get(3)?,
                    at: row.get(4)?,
                    url: row.get(5)?,
                    taken_from: row.get(6)?,
                })
            },
        )
    }

    /// What all captures of a target together said at the extract's entry. Verdicts are judged when a run ends.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn verdict(&self, target: i64) -> Result<Option<Judged>> {
        self.one(
            "SELECT state, reason, last_live FROM export_verdict WHERE target = ?1 ORDER BY id DESC LIMIT 1",
            [target],
            |row| {
                Ok(Judged {
                    state: row.get(0)?,
                    reason: row.get(1)?,
                    last_live: row.get(2)?,
                })
            },
        )
    }

    /// What web archives of others were asked about a target, the newest of each service.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn inquiries(&self, target: i64) -> Result<Vec<InquiryView>> {
        self.listed(
            "SELECT s.service, s.started, l.outcome, l.reason, l.detail, l.archived_at, l.archived_url
             FROM (SELECT max(n.id) AS id FROM export_inquiry e JOIN inquiry n ON n.id = e.id
                   WHERE n.target = ?1 AND n.of IS NULL GROUP BY n.service) m
             JOIN inquiry s ON s.id = m.id
             JOIN inquiry l ON l.id = (SELECT max(n.id) FROM inquiry n JOIN export_inquiry f ON f.id = n.id
                                       WHERE n.id = s.id OR n.of = s.id)
             ORDER BY s.service",
            [target],
            InquiryView::read,
        )
    }

    /// What persons added about a target, oldest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn notes_about_target(&self, target: i64) -> Result<Vec<Remark>> {
        self.remarks("n.target = ?1", target)
    }

    /// What persons added about the article of a reading, oldest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn notes_about_article(&self, reading: i64) -> Result<Vec<Remark>> {
        self.remarks("n.article = (SELECT r.article FROM reading r WHERE r.id = ?1)", reading)
    }

    fn remarks(&self, about: &str, row: i64) -> Result<Vec<Remark>> {
        self.listed(
            &format!(
                "SELECT n.at, n.by, n.text, n.file_name,
                        CASE WHEN NOT b.left_out THEN lower(hex(b.sha256)) END
                 FROM export_note e JOIN note n ON n.id = e.id
                 LEFT JOIN export_body b ON b.id = n.body WHERE {about} ORDER BY n.id"
            ),
            [row],
            |row| {
                Ok(Remark {
                    at: row.get(0)?,
                    by: row.get(1)?,
                    text: row.get(2)?,
                    file_name: row.get(3)?,
                    sha256: row.get(4)?,
                })
            },
        )
    }

    /// The post as the newest selected capture that had it told it.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn kept(&self, target: i64) -> Result<Option<Kept>> {
        self.one(
            &format!(
                "SELECT c.id, c.ended, a.source, p.parser, lower(hex(b.sha256)), p.author_handle, p.author_name, p.author_id,
                        p.posted_at, d.edited_at, d.title, p.text, p.text_cut, p.language, p.quoted_id, p.parent_id,
                        d.reposted_id, d.media_expected, d.sensitive, d.content_warning, p.counts, d.labels, d.poll, d.card,
                        d.related
                 FROM capture c JOIN post p ON p.id = {POST_OF_CAPTURE} JOIN answer a ON a.id = p.answer
                 LEFT JOIN post_detail d ON d.post = p.id JOIN exchange x ON x.id = p.exchange LEFT JOIN blob b ON b.id = x.body
                 WHERE c.target = ?1 AND c.id IN (SELECT id FROM export_capture) ORDER BY c.fence DESC LIMIT 1"
            ),
            [target],
            |row| {
                Ok(Kept {
                    capture: row.get(0)?,
                    captured_at: row.get(1)?,
                    source: row.get(2)?,
                    parser: row.get(3)?,
                    body_sha256: digest(row, 4)?,
                    author_handle: row.get(5)?,
                    author_name: row.get(6)?,
                    author_id: row.get(7)?,
                    posted_at: row.get(8)?,
                    edited_at: row.get(9)?,
                    title: row.get(10)?,
                    text: row.get(11)?,
                    text_cut: row.get(12)?,
                    language: row.get(13)?,
                    quoted_id: row.get(14)?,
                    parent_id: row.get(15)?,
                    reposted_id: row.get(16)?,
                    media_expected: row.get(17)?,
                    sensitive: row.get(18)?,
                    content_warning: row.get(19)?,
                    counts: row.get(20)?,
                    labels: row.get(21)?,
                    poll: row.get(22)?,
                    card: row.get(23)?,
                    related: row.get(24)?,
                })
            },
        )
    }

    /// The posts that belong to a target, as its selected captures and theirs named them, the nearest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn context(&self, target: i64) -> Result<Vec<Near>> {
        const SELECTED: &str =
            "capture IN (SELECT id FROM export_capture) AND coalesce(reparse, 0) <= (SELECT seq FROM export_at)";
        let connection = self.reader.connection();
        context::deepest(connection, self.seq)
            .and_then(|deepest| context::around(connection, target, deepest, SELECTED))
            .map_err(|error| sql_error(self.reader.path(), &error))
    }

    /// What the page that a capture got says of itself, if it was read by then.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn page(&self, capture: i64) -> Result<Option<PageFacts>> {
        self.one(
            &format!(
                "SELECT {FACTS}, p.text FROM capture c JOIN answer a ON a.capture = c.id AND a.ordinal = c.best
                 JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = a.id)
                 JOIN page p ON p.body = x.body AND p.url = x.url AND p.entry <= (SELECT seq FROM export_at)
                 WHERE c.id = ?1 ORDER BY p.id DESC LIMIT 1"
            ),
            [capture],
            |row| PageFacts::read(row, 0),
        )
    }

    /// The files of the post that a capture had, and those that are got once and not with each capture: of helpers, and pieces of
    /// films, as the newest selected capture had them.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn media(&self, capture: i64) -> Result<Vec<Medium>> {
        self.listed(
            "SELECT m.kind, m.url, m.alt, m.outcome, m.reason, b.id, b.sha256, b.length, b.left_out IS TRUE,
                    h.program || coalesce(' ' || h.version, '')
             FROM post_media m LEFT JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.media = m.id)
             LEFT JOIN helper_file f ON f.media = m.id LEFT JOIN helper h ON h.id = f.helper
             LEFT JOIN export_body b ON b.id = coalesce(x.body, f.body)
             WHERE m.capture = ?1 OR (m.capture, f.media IS NOT NULL) IN (
               SELECT max(n.capture), y.media IS NOT NULL FROM capture c JOIN capture o ON o.target = c.target
               JOIN export_capture e ON e.id = o.id JOIN post_media n ON n.capture = o.id LEFT JOIN helper_file y ON y.media = n.id
               WHERE c.id = ?1 AND (y.media IS NOT NULL OR n.kind IN ('playlist', 'segment', 'key')) GROUP BY 2)
               AND (f.media IS NOT NULL OR m.kind IN ('playlist', 'segment', 'key'))
             ORDER BY m.capture DESC, m.position",
            [capture],
            |row| {
                Ok(Medium {
                    kind: row.get(0)?,
                    url: row.get(1)?,
                    alt: row.get(2)?,
                    outcome: row.get(3)?,
                    reason: row.get(4)?,
                    body: Blob::if_any(row, 5)?,
                    redacted: row.get(8)?,
                    helper: row.get(9)?,
                })
            },
        )
    }

    /// The selected attempts to find out which post an unidentified target means, oldest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn searches(&self, target: i64) -> Result<Vec<Search>> {
        let mut searches = self.listed(
            "SELECT n.id, n.ended, n.outcome, n.reason, t.url FROM resolution n LEFT JOIN target t ON t.id = n.identified
             WHERE n.target = ?1 AND n.id IN (SELECT id FROM export_resolution) ORDER BY n.fence",
            [target],
            |row| {
                Ok(Search {
                    resolution: row.get(0)?,
                    ended: row.get(1)?,
                    outcome: row.get(2)?,
                    reason: row.get(3)?,
                    identified: row.get(4)?,
                    steps: Vec::new(),
                    candidates: Vec::new(),
                })
            },
        )?;
        for search in &mut searches {
            search.steps = self.said("resolution", search.resolution)?;
            search.candidates = self.listed(
                "SELECT url, score, evidence FROM resolution_candidate WHERE resolution = ?1 ORDER BY rank",
                [search.resolution],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
        }
        Ok(searches)
    }
}

/// `lower(hex(NULL))` is the empty text.
fn digest(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<String>> {
    Ok(row.get::<_, Option<String>>(index)?.filter(|digits| !digits.is_empty()))
}

fn header(lines: &str, name: &str) -> Option<String> {
    let mut headers = read_header_lines(lines).into_iter();
    headers
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}
