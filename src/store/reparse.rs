//! Reading posts again from stored answers: the answers as they came, and the posts that are added because a parser of today reads
//! more or better. What was read before stays beside them.

use rusqlite::{Connection, OptionalExtension, Row, params};
use url::Url;

use super::blob::each_chunk;
use super::context::is_tied;
use super::exchange::read_header_lines;
use super::failure::Fault;
use super::ledger::Field;
use super::post::is_known;
use super::query::Reader;
use super::record::Surroundings;
use super::row::{REPARSE, integer, text, time};
use super::session::Session;
use crate::error::{Error, Result};
use crate::exchange::{Body, DECODED_LIMIT, Exchange, Failure, Purpose, Truncated};
use crate::outcome::Outcome;
use crate::platform::context::Around;
use crate::platform::{self, Post, PostRef};

/// A post read again.
#[derive(Debug, Clone)]
pub struct Again {
    /// Row of the answer.
    pub answer: i64,
    /// Row of the exchange that it was read from.
    pub exchange: i64,
    /// What it says.
    pub post: Post,
}

/// What reading a capture's answers again adds.
#[derive(Debug, Clone, Default)]
pub struct Reread {
    /// Posts that are read otherwise.
    pub posts: Vec<Again>,
    /// Posts that belong to the best of what its answers say today.
    pub context: Surroundings,
}

/// What was added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Posts that were read otherwise.
    pub posts: usize,
    /// Posts that belong to the captured one and were not known to.
    pub context: usize,
    /// Whether the target is captured again with the next run, because what was read names files that no capture of it asked for.
    pub is_due: bool,
}

/// What a source answered about a post, as it was stored.
#[derive(Debug)]
pub struct StoredAnswer {
    /// Row of the answer.
    pub id: i64,
    /// Name of the source.
    pub source: String,
    /// The exchanges in the order in which they were made.
    pub exchanges: Vec<Exchange>,
    /// Row of the last of them.
    pub last: i64,
    /// Whether a post was read from it.
    pub has_post: bool,
    /// Whether it is the best of its capture.
    pub is_best: bool,
}

/// A capture of a post with the answers that its sources gave.
#[derive(Debug)]
pub struct StoredCapture {
    /// Row of the capture.
    pub id: i64,
    /// Row of its target.
    pub target: i64,
    /// The post.
    pub post: PostRef,
    /// Its answers; those whose bytes were redacted are not among them.
    pub answers: Vec<StoredAnswer>,
    /// How many were left out because they, or what was read from them, were redacted.
    pub redacted: usize,
}

/// What stays of the reason of a failed exchange, which is not read again.
const FAILED: &str = "failed";

impl Reader {
    /// Every capture of a post, or of the one `target`, in the order in which they were made.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn captures_of_posts(&self, target: Option<i64>) -> Result<Vec<i64>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT c.id FROM capture c JOIN target t ON t.id = c.target
                     WHERE t.kind = 'post' AND (?1 IS NULL OR t.id = ?1) ORDER BY c.id",
                )?
                .query_map([target], |row| row.get(0))?
                .collect()
        })
    }

    /// A capture with the answers about its own post (those of canaries are about others); `None` if its platform or address
    /// is not known to this program.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn stored_capture(&self, capture: i64) -> Result<Option<StoredCapture>> {
        self.ask(|connection| stored_capture(connection, capture))
    }

    /// Whether the newest post that was read from `answer` says exactly what `post` does.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn is_known(&self, answer: i64, post: &Post) -> Result<bool> {
        is_known(self.connection(), answer, post).map_err(|fault| fault.into_error(self.path()))
    }

    /// Those of the posts around the post `target` that no capture of it named so far for what they are to it.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn not_tied(&self, target: i64, around: Vec<Around>) -> Result<Vec<Around>> {
        let mut found = Vec::new();
        for next in around {
            if !self.ask(|connection| is_tied(connection, target, &next))? {
                found.push(next);
            }
        }
        Ok(found)
    }
}

fn stored_capture(connection: &Connection, id: i64) -> rusqlite::Result<Option<StoredCapture>> {
    type Columns = (Option<String>, Option<String>, Option<String>, Option<String>, i64, i64);
    let (platform, native_id, url, handle, target, best): Columns = connection
        .prepare_cached(
            "SELECT t.platform, t.native_id, t.url, t.handle, t.id, c.best FROM capture c JOIN target t ON t.id = c.target
             WHERE c.id = ?1",
        )?
        .query_row([id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?;
    let (Some(platform), Some(url)) = (
        platform.as_deref().and_then(platform::by_name),
        url.and_then(|url| Url::parse(&url).ok()),
    ) else {
        return Ok(None);
    };
    let mut capture = StoredCapture {
        id,
        target,
        post: PostRef {
            platform: platform.name,
            id: native_id.unwrap_or_default(),
            url,
            handle,
        },
        answers: Vec::new(),
        redacted: 0,
    };
    // A post that was redacted must not come back from bytes that were not.
    let is_withheld = connection
        .prepare_cached(
            "SELECT 1 FROM redaction d, ledger l, json_each(l.body, '$.posts') p
             WHERE d.kind = 'post' AND d.sha256 = p.value
               AND (l.seq = ?1 OR l.seq IN (SELECT r.id FROM reparse r WHERE r.capture = ?1))",
        )?
        .exists([id])?;
    let mut statement = connection.prepare_cached(
        "SELECT a.id, a.source, EXISTS (SELECT 1 FROM post p WHERE p.answer = a.id), a.ordinal = ?2 FROM answer a
         WHERE a.capture = ?1 AND a.id NOT IN (SELECT answer FROM canary) ORDER BY a.ordinal",
    )?;
    let mut rows = statement.query([id, best])?;
    while let Some(row) = rows.next()? {
        match exchanges(connection, row.get(0)?)? {
            Some((exchanges, last)) if !is_withheld => capture.answers.push(StoredAnswer {
                id: row.get(0)?,
                source: row.get(1)?,
                exchanges,
                last,
                has_post: row.get(2)?,
                is_best: row.get(3)?,
            }),
            _ => capture.redacted += 1,
        }
    }
    Ok(Some(capture))
}

/// The exchanges of an answer and the row of the last; `None` if there are none, or one of them lost its bytes.
fn exchanges(connection: &Connection, answer: i64) -> rusqlite::Result<Option<(Vec<Exchange>, i64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, url, purpose, request_headers, started, ended, remote, http_version, status, response_headers, body,
                body_length, truncated, failure_outcome, failure_detail
         FROM exchange WHERE answer = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([answer])?;
    let mut exchanges = Vec::new();
    let mut last = None;
    while let Some(row) = rows.next()? {
        let body = match row.get::<_, Option<i64>>(10)? {
            None => Body::None,
            Some(blob) => match bytes(connection, blob)? {
                Some(bytes) => Body::Inline(bytes.into()),
                None => return Ok(None),
            },
        };
        let Some(exchange) = exchange(row, body)? else {
            return Ok(None);
        };
        exchanges.push(exchange);
        last = Some(row.get(0)?);
    }
    Ok(last.map(|last| (exchanges, last)))
}

fn exchange(row: &Row<'_>, body: Body) -> rusqlite::Result<Option<Exchange>> {
    let (url, purpose, headers): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let (Ok(url), Some(purpose)) = (Url::parse(&url), Purpose::of_word(&purpose)) else {
        return Ok(None);
    };
    let text = |index: usize| row.get::<_, Option<String>>(index).map(Option::unwrap_or_default);
    let outcome = text(13)?;
    let failure = Outcome::ALL.iter().find(|known| known.word() == outcome);
    Ok(Some(Exchange {
        url,
        purpose,
        request_headers: read_header_lines(&headers),
        started: time(&text(4)?),
        ended: time(&text(5)?),
        remote: text(6)?.parse().ok(),
        http_version: match text(7)?.as_str() {
            "" => None,
            "HTTP/2.0" => Some("HTTP/2.0"),
            _ => Some("HTTP/1.1"),
        },
        status: row.get(8)?,
        response_headers: read_header_lines(&text(9)?),
        certificate: None,
        recorded: None,
        body,
        body_length: row.get::<_, i64>(11)?.unsigned_abs(),
        body_sha256: None,
        truncated: Truncated::of_word(&text(12)?),
        failure: match failure {
            Some(outcome) => Some(Failure {
                outcome: *outcome,
                reason: FAILED,
                detail: text(14)?,
            }),
            None => None,
        },
    }))
}

/// The bytes of a body; `None` if they were redacted, or are more than any answer has.
fn bytes(connection: &Connection, blob: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    let length: Option<i64> = connection
        .prepare_cached("SELECT length FROM blob WHERE id = ?1")?
        .query_row([blob], |row| row.get(0))
        .optional()?;
    let length = length.and_then(|length| usize::try_from(length).ok());
    let Some(length) = length.filter(|length| *length <= DECODED_LIMIT) else {
        return Ok(None);
    };
    let mut bytes = Vec::with_capacity(length);
    each_chunk(connection, blob, |chunk| {
        bytes.extend_from_slice(chunk);
        Ok::<_, rusqlite::Error>(())
    })?;
    Ok((bytes.len() == length).then_some(bytes))
}

impl Session {
    /// Adds what differs from the newest posts of a capture, and the posts that belong to it and were not known to; what these
    /// are is queued as it is at a capture.
    pub(super) fn reparse(&mut self, capture: i64, again: &Reread) -> std::result::Result<Added, Fault> {
        let target: i64 = self
            .connection
            .prepare_cached("SELECT target FROM capture WHERE id = ?1")?
            .query_row([capture], |row| row.get(0))?;
        let mut digests = Vec::new();
        let mut added = Added::default();
        for again in &again.posts {
            let belongs = self
                .connection
                .prepare_cached(
                    "SELECT 1 FROM answer a JOIN exchange x ON x.answer = a.id WHERE a.id = ?1 AND a.capture = ?2 AND x.id = ?3",
                )?
                .exists(params![again.answer, capture, again.exchange])?;
            if !belongs {
                return Err(Fault::Refused(Error::Internal(format!(
                    "answer {} is not of capture {capture}",
                    again.answer
                ))));
            }
            if !is_known(&self.connection, again.answer, &again.post)? {
                digests.push(self.put_post(again.answer, again.exchange, &again.post)?);
                added.is_due |= self.names_other_files(target, &again.post)?;
            }
        }
        added.posts = digests.len();
        added.context = self.add_context(capture, target, &again.context)?;
        if added.posts + added.context > 0 {
            let at = self.now();
            let values = [integer(self.next_entry), integer(self.run), text(&at), integer(capture)];
            REPARSE.insert(&self.connection, &values)?;
            REPARSE.encode(&values, &mut self.evidence);
            self.seal(
                "reparse",
                vec![
                    ("capture", Field::Integer(capture)),
                    ("posts", Field::Digests(digests)),
                    ("run", Field::Integer(self.run)),
                ],
            )?;
        }
        if added.is_due {
            self.is_due_now(target)?;
        }
        Ok(added)
    }

    /// Whether the post has a file that no capture of its target asked for.
    fn names_other_files(&self, target: i64, post: &Post) -> rusqlite::Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM capture c JOIN post_media m ON m.capture = c.id WHERE c.target = ?1 AND m.url = ?2",
        )?;
        for file in &post.media {
            if !statement.exists(params![target, file.url])? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
