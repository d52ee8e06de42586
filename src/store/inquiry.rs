//! What web archives of others were asked about targets, what they said, and what is still to be asked.

use rusqlite::{OptionalExtension, params};

use super::exchange::Wire;
use super::failure::Fault;
use super::ledger::Field;
use super::record::{NewInquiry, ToInquire};
use super::row::{INQUIRY, integer, integer_or_null, text, text_or_null, time};
use super::session::Session;
use crate::clock::Timestamp;
use crate::outcome::Outcome;

impl Session {
    /// Notes that a service is to be asked about a target, unless it was after `since`, that is noted already, or the target is
    /// paused.
    pub(super) fn note_inquiry(&mut self, target: i64, service: &str, since: Timestamp) -> Result<(), Fault> {
        self.connection
            .prepare_cached(
                "INSERT INTO inquire (target, service, due) SELECT ?1, ?2, ?3
                 WHERE NOT EXISTS (SELECT 1 FROM inquiry WHERE target = ?1 AND service = ?2 AND of IS NULL AND started > ?4)
                   AND NOT EXISTS (SELECT 1 FROM pause WHERE target = ?1)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![target, service, self.now(), since.to_string()])?;
        Ok(())
    }

    /// What a service is to be asked first; with `new` that may be about a target that it was not asked about yet.
    pub(super) fn next_inquiry(&mut self, service: &str, new: bool) -> Result<Option<ToInquire>, Fault> {
        let next = self
            .connection
            .prepare_cached(
                "SELECT w.target, t.url, w.due, s.id, s.job, s.started FROM inquire w JOIN target t ON t.id = w.target
                 LEFT JOIN inquiry s ON s.id = w.inquiry WHERE w.service = ?1 AND (?2 OR s.id IS NOT NULL)
                 ORDER BY w.due LIMIT 1",
            )?
            .query_row(params![service, new], |row| {
                let job = match (row.get(3)?, row.get(4)?, row.get::<_, Option<String>>(5)?) {
                    (Some(id), Some(job), Some(started)) => Some((id, job, time(&started))),
                    _ => None,
                };
                Ok(ToInquire {
                    target: row.get(0)?,
                    url: row.get(1)?,
                    due: time(&row.get::<_, String>(2)?),
                    job,
                })
            })
            .optional()?;
        Ok(next)
    }

    /// Keeps what a web archive was asked and answered, and whether and when it is to be asked again; gives its row.
    pub(super) fn add_inquiry(&mut self, new: &NewInquiry, again: Option<Timestamp>) -> Result<i64, Fault> {
        let wire = Wire::put(self, &new.exchange)?;
        let id = self.next_entry;
        let archived_at = new.archived_at.map(|at| at.to_string());
        let mut values = vec![
            integer(id),
            integer(self.run),
            integer(new.target),
            text(new.service),
            integer_or_null(new.of),
            text_or_null(new.job.as_deref()),
            text_or_null(new.outcome.map(Outcome::word)),
            text(&new.reason),
            text_or_null(new.detail.as_deref()),
            text_or_null(archived_at.as_deref()),
            text_or_null(new.archived_url.as_deref()),
        ];
        values.extend(wire.request());
        values.extend(wire.response());
        INQUIRY.insert(&self.connection, &values)?;
        INQUIRY.encode(&values, &mut self.evidence);
        let target = self.encode_target(new.target)?;
        let mut fields = vec![
            ("exchanges", Field::Exchanges(vec![wire.seal()])),
            ("run", Field::Integer(self.run)),
            ("service", Field::Text(new.service.into())),
            ("target", Field::Text(target.into())),
        ];
        fields.extend(
            new.outcome
                .map(|outcome| ("outcome", Field::Text(outcome.word().into()))),
        );
        self.seal("inquiry", fields)?;
        match again {
            None => self
                .connection
                .prepare_cached("DELETE FROM inquire WHERE target = ?1 AND service = ?2")?
                .execute(params![new.target, new.service])?,
            Some(due) => {
                // One that was not taken on is made anew.
                let of = new.job.as_ref().map(|_| id).or(new.of);
                self.connection
                    .prepare_cached("UPDATE inquire SET due = ?3, inquiry = ?4 WHERE target = ?1 AND service = ?2")?
                    .execute(params![new.target, new.service, due.to_string(), of])?
            }
        };
        Ok(id)
    }
}
