//! What witnesses said of the heads that cover a selection: of each witness the earliest word after each selected entry, which
//! leaves the least time between the event and it. The word may be younger than the entry of the extract.

use super::Extract;
use crate::error::Result;
use crate::store::FIRST_HEAD;
use crate::store::other::stamps::{Confirmed, testimony};

/// What a witness said of one head.
#[derive(Debug, Clone)]
pub struct Proof {
    /// `rfc3161` or `opentimestamps`.
    pub kind: String,
    /// The witness, by its name in the settings.
    pub authority: String,
    /// The entry of the head.
    pub entry: i64,
    /// The text whose SHA-256 the head is: the head before, the entry's leaf.
    pub text: String,
    /// Digest of what was sent.
    pub query: Option<[u8; 32]>,
    /// Digest of what was answered.
    pub reply: Option<[u8; 32]>,
    /// Digest of the certificates that were trusted for it.
    pub roots: Option<[u8; 32]>,
    /// Digest of the answer that completes a promise.
    pub completed: Option<[u8; 32]>,
}

impl Extract<'_> {
    /// Shows what every witness said of the selection.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn proofs(&self, each: impl FnMut(Proof) -> Result<()>) -> Result<()> {
        let sql = format!(
            "SELECT s.kind, s.authority, s.entry,
                    coalesce((SELECT p.head FROM ledger p WHERE p.seq = s.entry - 1), '{FIRST_HEAD}') || ' ' || l.leaf || char(10),
                    q.sha256, r.sha256, c.sha256,
                    (SELECT b.sha256 FROM stamp u JOIN blob b ON b.id = u.reply
                     WHERE u.of = s.id AND u.outcome = 'captured' ORDER BY u.id LIMIT 1)
             FROM stamp s JOIN ledger l ON l.seq = s.entry LEFT JOIN blob q ON q.id = s.query LEFT JOIN blob r ON r.id = s.reply LEFT JOIN blob c ON c.id = s.roots
             WHERE s.id IN (
               SELECT (SELECT n.id FROM stamp n WHERE n.kind = w.kind AND n.authority = w.authority AND n.entry >= e.seq
                         AND n.outcome = 'captured' AND n.of IS NULL ORDER BY n.entry, n.id LIMIT 1)
               FROM export_entry e, (SELECT DISTINCT kind, authority FROM stamp) w)
             ORDER BY s.entry, s.kind, s.authority"
        );
        self.each(
            &sql,
            |row| {
                Ok(Proof {
                    kind: row.get(0)?,
                    authority: row.get(1)?,
                    entry: row.get(2)?,
                    text: row.get(3)?,
                    query: row.get(4)?,
                    reply: row.get(5)?,
                    roots: row.get(6)?,
                    completed: row.get(7)?,
                })
            },
            each,
        )
    }

    /// Shows what witnesses said of heads of an archive of another, by the entry there, each with the number of its entry here.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn other_stamps(&self, archive: i64, mut each: impl FnMut(i64, Confirmed) -> Result<()>) -> Result<()> {
        let connection = self.reader.connection();
        let sql = format!(
            "SELECT id, entry, head, kind, coalesce(authority, ''), query, reply, completed, roots FROM other_stamp
             WHERE other_archive = {archive} AND id IN (SELECT seq FROM export_entry) ORDER BY entry, id"
        );
        self.each(
            &sql,
            |row| {
                let parts = [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?];
                let by = testimony(connection, &row.get::<_, String>(3)?, row.get(4)?, parts)?;
                let (entry, head) = (row.get(1)?, row.get(2)?);
                Ok((row.get(0)?, by.map(|by| Confirmed { entry, head, by })))
            },
            |(id, said)| said.map_or(Ok(()), |said| each(id, said)),
        )
    }

    /// Shows the chain behind the entry of the extract, up to another: number, leaf, head.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn chain_behind(&self, last: i64, mut each: impl FnMut(i64, &str, &str) -> Result<()>) -> Result<()> {
        let sql = format!(
            "SELECT seq, leaf, head FROM ledger WHERE seq > (SELECT seq FROM export_at) AND seq <= {last} ORDER BY seq"
        );
        self.each(
            &sql,
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
            |(seq, leaf, head)| each(seq, &leaf, &head),
        )
    }
}
