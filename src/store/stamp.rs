//! What outside witnesses were asked about heads of the ledger, and what they answered.

use rusqlite::params;

use super::blob::each_chunk;
use super::exchange::Wire;
use super::failure::Fault;
use super::ledger::Field;
use super::record::{NewStamp, Promise};
use super::row::{STAMP, integer, integer_or_null, text, text_or_null, time};
use super::session::Session;
use crate::stamp::Kind;

/// Promises `s` that were not kept yet.
const OPEN: &str = "
    FROM stamp s
    WHERE s.kind = 'opentimestamps' AND s.outcome = 'captured' AND s.of IS NULL AND s.reply IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM stamp u WHERE u.of = s.id AND u.outcome = 'captured')";

impl Session {
    /// The last entry of the chain, and its head.
    pub(super) fn chain_end(&self) -> (i64, String) {
        (self.next_entry - 1, self.head().to_owned())
    }

    /// Whether a witness has something to confirm: evidence that no word of theirs covers yet. Not if they were asked after
    /// `since`.
    pub(super) fn stamp_due(&self, kind: Kind, authority: &str, since: Option<&str>) -> Result<bool, Fault> {
        // Runs and stamps are no evidence of their own: without this there would be no end. Nor is it one that a bundle was made.
        let sql = "
            SELECT EXISTS (SELECT 1 FROM ledger
                           WHERE seq > (SELECT coalesce(max(entry), -1) FROM stamp
                                        WHERE kind = ?1 AND authority = ?2 AND outcome = 'captured' AND of IS NULL)
                             AND coalesce(body ->> '$.event', '') NOT IN ('run', 'run_end', 'stamp', 'export'))
               AND NOT EXISTS (SELECT 1 FROM stamp WHERE kind = ?1 AND authority = ?2 AND of IS NULL AND started > ?3)";
        Ok(self
            .connection
            .prepare_cached(sql)?
            .query_row(params![kind.word(), authority, since], |row| row.get(0))?)
    }

    /// Whether a calendar has promised what it has not kept yet.
    pub(super) fn has_promise(&self) -> rusqlite::Result<bool> {
        let sql = format!("SELECT EXISTS (SELECT 1 {OPEN})");
        self.connection.query_row(&sql, [], |row| row.get(0))
    }

    /// What calendars promised and have not kept yet, oldest first.
    pub(super) fn promises(&self) -> Result<Vec<Promise>, Fault> {
        let sql = format!(
            "SELECT s.id, s.authority, s.entry, s.head, s.reply, s.ended, (SELECT max(u.started) FROM stamp u WHERE u.of = s.id)
             {OPEN} ORDER BY s.id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        let mut promises = Vec::new();
        while let Some(row) = rows.next()? {
            let mut reply = Vec::new();
            each_chunk(&self.connection, row.get(4)?, |chunk| {
                reply.extend_from_slice(chunk);
                Ok::<_, Fault>(())
            })?;
            promises.push(Promise {
                stamp: row.get(0)?,
                authority: row.get(1)?,
                entry: row.get(2)?,
                head: row.get(3)?,
                reply,
                made: time(&row.get::<_, String>(5)?),
                asked: row.get::<_, Option<String>>(6)?.as_deref().map(time),
            });
        }
        Ok(promises)
    }

    /// Keeps what a witness was asked and answered; gives its row.
    pub(super) fn add_stamp(&mut self, stamp: &NewStamp) -> Result<i64, Fault> {
        let wire = Wire::put(self, &stamp.exchange)?;
        let mut kept = [None, None];
        for (kept, bytes) in kept.iter_mut().zip([&stamp.query, &stamp.roots]) {
            *kept = match bytes {
                Some(bytes) => Some(self.put_new_blob(bytes)?),
                None => None,
            };
        }
        let [query, roots] = kept;
        let id = self.next_entry;
        let stated = stamp.time.map(|time| time.to_string());
        let mut values = vec![
            integer(id),
            integer(self.run),
            text(stamp.kind.word()),
            text(&stamp.authority),
            integer(stamp.entry),
            text(&stamp.head),
            integer_or_null(stamp.of),
            text(stamp.outcome.word()),
            text(&stamp.reason),
            text_or_null(stamp.detail.as_deref()),
            text_or_null(stated.as_deref()),
        ];
        values.extend(wire.request());
        values.push(integer_or_null(query.map(|(blob, _)| blob)));
        values.extend(wire.response());
        values.push(integer_or_null(roots.map(|(blob, _)| blob)));
        STAMP.insert(&self.connection, &values)?;
        STAMP.encode(&values, &mut self.evidence);
        let mut fields = vec![
            ("authority", Field::Text(stamp.authority.as_str().into())),
            ("entry", Field::Integer(stamp.entry)),
            ("head", Field::Text(stamp.head.as_str().into())),
            ("kind", Field::Text(stamp.kind.word().into())),
            ("outcome", Field::Text(stamp.outcome.word().into())),
            ("run", Field::Integer(self.run)),
            ("url", Field::Text(stamp.exchange.url.as_str().into())),
        ];
        for (name, sha256) in [
            ("query", query.map(|(_, sha256)| sha256)),
            ("reply", wire.body_sha256()),
        ] {
            fields.extend(sha256.map(|sha256| (name, Field::Digest(sha256))));
        }
        self.seal("stamp", fields)?;
        Ok(id)
    }
}
