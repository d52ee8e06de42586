//! Targets: their state, their captures, what was asked about them elsewhere, what belongs to them.

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use super::Reader;
use crate::error::Result;
use crate::platform::wayback;
use crate::store::context::{self, Near};
use crate::store::exchange::read_header_lines;
use crate::store::known::TARGETS;
use crate::store::named::spellings;

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
    pub(in crate::store) fn read(row: &Row<'_>) -> rusqlite::Result<InquiryView> {
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

impl Reader {
    /// The target of this key or address in any spelling (of a post: also any address that a citation of it had).
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn target_by_url(&self, url: &str) -> Result<Option<TargetView>> {
        self.ask(|connection| {
            let mut cited = connection.prepare_cached(
                "SELECT id FROM target WHERE kind = 'post' AND url = ?1
                 UNION ALL SELECT target FROM citation WHERE raw_url = ?1
                 LIMIT 1",
            )?;
            for url in spellings(url, "target") {
                let target = match TARGETS.find(connection, &&*url)? {
                    Some(target) => Some(target),
                    None => cited.query_row([url], |row| row.get(0)).optional()?,
                };
                if let Some(target) = target {
                    return target_with_context(connection, target).map(Some);
                }
            }
            Ok(None)
        })
    }

    /// A target and its state.
    ///
    /// # Errors
    /// If the archive cannot be read, or has no such row.
    pub fn target(&self, target: i64) -> Result<TargetView> {
        self.ask(|connection| target_with_context(connection, target))
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
}

fn target_with_context(connection: &Connection, target: i64) -> rusqlite::Result<TargetView> {
    let deepest = context::deepest(connection, i64::MAX)?;
    with_context(connection, target_view(connection, target)?, deepest)
}

/// Adds the context of a target, at most `deepest` steps away.
pub(super) fn with_context(
    connection: &Connection,
    mut view: TargetView,
    deepest: i64,
) -> rusqlite::Result<TargetView> {
    for Near { of, relation, target } in context::around(connection, view.means, deepest, "1")? {
        view.context.push(ContextView {
            of,
            relation,
            target: target_view(connection, target)?,
        });
    }
    Ok(view)
}

pub(super) fn target_view(connection: &Connection, target: i64) -> rusqlite::Result<TargetView> {
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
