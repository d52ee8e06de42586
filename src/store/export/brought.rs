//! What of a selection came in other ways than by an exchange of ours: records of web archives of others, articles that were
//! given as files, files that helpers got. Where names are left out there is none of it: it cannot be told in other words.

use super::{Blob, Extract};
use crate::error::Result;

/// A record of a web archive of others, as it stood there.
#[derive(Debug, Clone)]
pub struct OthersRecord {
    /// WARC-Type.
    pub kind: String,
    /// WARC-Target-URI.
    pub url: Option<String>,
    /// WARC-Date, as said.
    pub date: Option<String>,
    /// WARC-Payload-Digest, as said.
    pub payload: Option<String>,
    /// Status of the response in it.
    pub status: Option<i64>,
    /// Media type of its body.
    pub media_type: Option<String>,
    /// Its header with the empty line.
    pub header: Vec<u8>,
    /// Head of the message in it with the empty line.
    pub head: Vec<u8>,
    /// The rest.
    pub body: Option<Blob>,
    /// Whether that was redacted since, or is left out.
    pub redacted: bool,
    /// Its digest.
    pub sha256: [u8; 32],
    /// Title of the page that a reader may open at it.
    pub title: Option<String>,
    /// Text of that page.
    pub text: Option<String>,
}

/// An article that was given as a file.
#[derive(Debug, Clone)]
pub struct GivenArticle {
    /// Ledger entry.
    pub entry: i64,
    /// When it was read.
    pub read_at: String,
    /// Its bytes.
    pub body: Blob,
    /// Whether the bytes were redacted since, or are left out.
    pub redacted: bool,
    /// `html` or `text`.
    pub format: String,
    /// Encoding by which the bytes were read.
    pub charset: String,
    /// Name of the file.
    pub name: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Text.
    pub text: Option<String>,
}

/// A file of a post that a helper got.
#[derive(Debug, Clone)]
pub struct HelpedFile {
    /// Ledger entry.
    pub entry: i64,
    /// Row of the medium.
    pub media: i64,
    /// When the helper ended.
    pub at: String,
    /// The helper and its version.
    pub helper: String,
    /// As the helper named it.
    pub name: String,
    /// The address that it was called for.
    pub url: String,
    /// Its bytes.
    pub body: Blob,
    /// Whether it was redacted since.
    pub redacted: bool,
}

impl Extract<'_> {
    /// Shows every record of web archives of others that the selection was taken from, or that was imported.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn records(&self, each: impl FnMut(OthersRecord) -> Result<()>) -> Result<()> {
        if self.unnamed.is_some() {
            return Ok(());
        }
        self.each(
            "SELECT o.kind, o.url, o.date, o.payload, o.status, o.media_type, o.header, o.head, b.id, b.sha256, b.length,
                    b.left_out IS TRUE, o.sha256,
                    CASE WHEN r.id IS NOT NULL THEN coalesce(r.title, o.url)
                         WHEN p.id IS NOT NULL THEN
                           coalesce('@' || p.author_handle, p.author_name, o.url) || ': ' || substr(coalesce(p.text, ''), 1, 80)
                         WHEN o.kind <> 'request' AND o.status = 200 AND o.media_type LIKE 'text/html%' THEN o.url END,
                    coalesce(r.text, p.text)
             FROM slim_record e JOIN record o ON o.id = e.id LEFT JOIN export_body b ON b.id = o.body
             LEFT JOIN reading r ON r.id = (SELECT max(n.reading) FROM reading_record n WHERE n.record = o.id
                                            AND n.reading IN (SELECT id FROM export_reading))
             LEFT JOIN post p ON p.id = (SELECT max(q.id) FROM exchange_record n JOIN post q ON q.exchange = n.exchange
                                         WHERE n.record = o.id AND n.exchange IN (SELECT id FROM slim_exchange)
                                         AND q.entry <= (SELECT seq FROM export_at))
             ORDER BY o.id",
            |row| {
                Ok(OthersRecord {
                    kind: row.get(0)?,
                    url: row.get(1)?,
                    date: row.get(2)?,
                    payload: row.get(3)?,
                    status: row.get(4)?,
                    media_type: row.get(5)?,
                    header: row.get(6)?,
                    head: row.get(7)?,
                    body: Blob::if_any(row, 8)?,
                    redacted: row.get(11)?,
                    sha256: row.get(12)?,
                    title: row.get(13)?,
                    text: row.get(14)?,
                })
            },
            each,
        )
    }

    /// Shows every selected reading that was given as a file or stream.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn given(&self, each: impl FnMut(GivenArticle) -> Result<()>) -> Result<()> {
        if self.unnamed.is_some() {
            return Ok(());
        }
        self.each(
            "SELECT r.id, r.read_at, b.id, b.sha256, b.length, b.left_out, r.format, r.charset, r.given_name, r.title, r.text
             FROM export_reading e JOIN reading r ON r.id = e.id JOIN export_body b ON b.id = r.body
             WHERE r.origin = 'given' ORDER BY r.id",
            |row| {
                Ok(GivenArticle {
                    entry: row.get(0)?,
                    read_at: row.get(1)?,
                    body: Blob::of(row, 2)?,
                    redacted: row.get(5)?,
                    format: row.get(6)?,
                    charset: row.get(7)?,
                    name: row.get(8)?,
                    title: row.get(9)?,
                    text: row.get(10)?,
                })
            },
            each,
        )
    }

    /// Shows every file that a helper got for a selected capture.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn helped(&self, each: impl FnMut(HelpedFile) -> Result<()>) -> Result<()> {
        if self.unnamed.is_some() {
            return Ok(());
        }
        self.each(
            "SELECT m.capture, m.id, h.ended, h.program || coalesce(' ' || h.version, ''), f.name, m.url, b.id, b.sha256, b.length, b.left_out
             FROM export_capture e JOIN post_media m ON m.capture = e.id JOIN helper_file f ON f.media = m.id
             JOIN helper h ON h.id = f.helper JOIN export_body b ON b.id = f.body ORDER BY m.id",
            |row| {
                Ok(HelpedFile {
                    entry: row.get(0)?,
                    media: row.get(1)?,
                    at: row.get(2)?,
                    helper: row.get(3)?,
                    name: row.get(4)?,
                    url: row.get(5)?,
                    body: Blob::of(row, 6)?,
                    redacted: row.get(9)?,
                })
            },
            each,
        )
    }
}
