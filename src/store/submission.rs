//! What web archives of others were asked to capture as well, what they said, and what is still to be asked.

use rusqlite::{OptionalExtension, params};

use super::exchange::Wire;
use super::failure::Fault;
use super::ledger::Field;
use super::record::{NewSubmission, ToSubmit};
use super::row::{SUBMISSION, integer, integer_or_null, text, text_or_null, time};
use super::session::Session;
use crate::clock::Timestamp;
use crate::outcome::Outcome;

impl Session {
    /// Notes that a target is to be submitted, unless it was after `since`, is noted already, or is paused.
    pub(super) fn to_submit(&mut self, target: i64, since: Timestamp) -> Result<(), Fault> {
        self.connection
            .prepare_cached(
                "INSERT INTO submit (target, due) SELECT ?1, ?2
                 WHERE NOT EXISTS (SELECT 1 FROM submission WHERE target = ?1 AND of IS NULL AND started > ?3)
                   AND NOT EXISTS (SELECT 1 FROM pause WHERE target = ?1)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![target, self.now(), since.to_string()])?;
        Ok(())
    }

    /// What is to be asked first; with `new` that may be a target that was not submitted yet.
    pub(super) fn next_to_submit(&mut self, new: bool) -> Result<Option<ToSubmit>, Fault> {
        let next = self
            .connection
            .prepare_cached(
                "SELECT w.target, t.url, w.due, s.id, s.job, s.started FROM submit w JOIN target t ON t.id = w.target
                 LEFT JOIN submission s ON s.id = w.submission WHERE ?1 OR s.id IS NOT NULL ORDER BY w.due LIMIT 1",
            )?
            .query_row([new], |row| {
                let job = match (row.get(3)?, row.get(4)?, row.get::<_, Option<String>>(5)?) {
                    (Some(id), Some(job), Some(started)) => Some((id, job, time(&started))),
                    _ => None,
                };
                Ok(ToSubmit {
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
    pub(super) fn add_submission(&mut self, new: &NewSubmission, again: Option<Timestamp>) -> Result<i64, Fault> {
        let wire = Wire::put(self, &new.exchange)?;
        let id = self.next_entry;
        let archived_at = new.archived_at.map(|at| at.to_string());
        let mut values = vec![
            integer(id),
            integer(self.run),
            integer(new.target),
            text(&new.service),
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
        SUBMISSION.insert(&self.connection, &values)?;
        SUBMISSION.encode(&values, &mut self.evidence);
        let target = self.encode_target(new.target)?;
        let mut fields = vec![
            ("exchanges", Field::Exchanges(vec![wire.seal()])),
            ("run", Field::Integer(self.run)),
            ("service", Field::Text(new.service.as_str().into())),
            ("target", Field::Text(target.into())),
        ];
        fields.extend(
            new.outcome
                .map(|outcome| ("outcome", Field::Text(outcome.word().into()))),
        );
        self.seal("submission", fields)?;
        match again {
            None => self
                .connection
                .prepare_cached("DELETE FROM submit WHERE target = ?1")?
                .execute([new.target])?,
            Some(due) => {
                // One that was not taken on is made anew.
                let of = new.of.or(new.outcome.is_none().then_some(id));
                self.connection
                    .prepare_cached("UPDATE submit SET due = ?2, submission = ?3 WHERE target = ?1")?
                    .execute(params![new.target, due.to_string(), of])?
            }
        };
        Ok(id)
    }
}
