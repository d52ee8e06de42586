//! Redaction: the one way to take something out. A tombstone row says who, when and why; the triggers let exactly what
//! it names go; the ledger keeps the digest.

use rusqlite::{OptionalExtension, params};

use super::failure::Fault;
use super::ledger::Field;
use super::post::stored_digest;
use super::row::{REDACTION, hex, integer, text};
use super::session::Session;
use crate::error::Error;

/// What is to be taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redactable {
    /// The bytes of a body or file, by their SHA-256.
    Blob([u8; 32]),
    /// The text of a reading.
    ReadingText(i64),
    /// A derived post row.
    Post(i64),
    /// The line of a ledger entry.
    LedgerLine(i64),
}

impl Session {
    /// Takes `item` out and gives the redaction's row.
    pub(super) fn redact(&mut self, item: &Redactable, by: &str, why: &str) -> Result<i64, Fault> {
        let (kind, row, digest, sql) = match item {
            Redactable::Blob(sha256) => (
                "blob",
                self.known_blob(sha256)?,
                Some(hex(sha256)),
                "DELETE FROM blob_chunk WHERE id BETWEEN ?1 << 16 AND ?1 << 16 | 65535",
            ),
            Redactable::ReadingText(id) => (
                "reading_text",
                Some(*id),
                self.digest("SELECT lower(hex(text_sha256)) FROM reading WHERE id = ?1", *id)?,
                "UPDATE reading SET text = NULL WHERE id = ?1",
            ),
            Redactable::Post(id) => (
                "post",
                Some(*id),
                stored_digest(&self.connection, *id)?.map(|digest| hex(&digest)),
                "DELETE FROM post WHERE id = ?1",
            ),
            Redactable::LedgerLine(seq) => (
                "ledger_line",
                Some(*seq),
                self.digest("SELECT leaf FROM ledger WHERE seq = ?1", *seq)?,
                "UPDATE ledger SET body = NULL WHERE seq = ?1",
            ),
        };
        let (Some(row), Some(digest)) = (row, digest) else {
            return Err(refused(item, "not in the archive"));
        };
        let known = self
            .connection
            .prepare_cached("SELECT 1 FROM redaction WHERE kind = ?1 AND item = ?2")?
            .exists(params![kind, row])?;
        if known {
            return Err(refused(item, "redacted already"));
        }
        let id = self.next_entry;
        let at = self.now();
        let values = [
            integer(id),
            integer(self.run),
            text(&at),
            text(by),
            text(why),
            text(kind),
            integer(row),
            text(&digest),
        ];
        REDACTION.insert(&self.connection, &values)?;
        REDACTION.encode(&values, &mut self.evidence);
        // The triggers let it go only now: the tombstone stands, its ledger entry does not yet.
        self.connection.prepare_cached(sql)?.execute([row])?;
        self.connection.execute_batch(super::words::DROP)?;
        if kind == "blob" {
            self.connection
                .prepare_cached("DELETE FROM page WHERE body = ?1")?
                .execute([row])?;
        }
        self.scrub = true;
        self.seal(
            "redaction",
            vec![
                ("kind", Field::Text(kind.into())),
                ("run", Field::Integer(self.run)),
                ("sha256", Field::Text(digest.into())),
            ],
        )?;
        Ok(id)
    }

    fn digest(&self, sql: &str, row: i64) -> rusqlite::Result<Option<String>> {
        self.connection
            .prepare_cached(sql)?
            .query_row([row], |row| row.get(0))
            .optional()
    }
}

fn refused(item: &Redactable, why: &str) -> Fault {
    let input = match item {
        Redactable::Blob(sha256) => format!("body {}", hex(sha256)),
        Redactable::ReadingText(id) => format!("text of reading {id}"),
        Redactable::Post(id) => format!("post {id}"),
        Redactable::LedgerLine(seq) => format!("ledger entry {seq}"),
    };
    Fault::Refused(Error::BadInput {
        input,
        why: why.to_owned(),
        hint: None,
    })
}
