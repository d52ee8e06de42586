//! What archives of others that were taken in say.

use rusqlite::ToSql;
use serde::Serialize;

use super::Reader;
use crate::error::Result;

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

impl Reader {
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
}
