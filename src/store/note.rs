//! What persons add to the archive: remarks, and files that only they could see. Never part of a capture.

use rusqlite::params;

use super::failure::Fault;
use super::ledger::Field;
use super::record::{About, NewNote};
use super::row::{ARTICLE, NOTE, TARGET, integer, integer_or_null, text, text_or_null};
use super::session::Session;

impl Session {
    /// Keeps a note and gives its row.
    pub(super) fn add_note(&mut self, note: &NewNote) -> Result<i64, Fault> {
        let body = match &note.file {
            Some(file) => Some(self.seal_upload(file.upload, &file.sha256, file.length)?),
            None => None,
        };
        let id = self.next_entry;
        let at = self.now();
        let (target, article) = match note.about {
            About::Target(id) => (Some(id), None),
            About::Article(id) => (None, Some(id)),
        };
        let values = [
            integer(id),
            integer(self.run),
            text(&at),
            text(&note.by),
            integer_or_null(target),
            integer_or_null(article),
            text(&note.text),
            text_or_null(note.file.as_ref().map(|file| file.name.as_str())),
            integer_or_null(body),
        ];
        NOTE.insert(&self.connection, &values)?;
        NOTE.encode(&values, &mut self.evidence);
        let (table, row) = match note.about {
            About::Target(id) => (TARGET, id),
            About::Article(id) => (ARTICLE, id),
        };
        let mut key = String::new();
        table.encode_rows(&self.connection, "id = ?1", row, &mut self.evidence, |row, _| {
            key = row.get(1)?;
            Ok::<_, Fault>(())
        })?;
        let mut fields = vec![
            ("about", Field::Text(key.into())),
            ("by", Field::Text(note.by.as_str().into())),
            ("run", Field::Integer(self.run)),
        ];
        if let Some(file) = &note.file {
            fields.push(("body", Field::Digest(file.sha256)));
        }
        self.seal("note", fields)?;
        Ok(id)
    }

    /// Stops capturing a target, or reading an article again, of its own accord; false if it was paused already.
    pub(super) fn pause(&mut self, what: About, why: Option<&str>) -> Result<bool, Fault> {
        let target = match what {
            About::Target(target) => target,
            About::Article(article) => return self.set_paused(article, None),
        };
        let now = self.now();
        let paused = self
            .connection
            .prepare_cached("INSERT INTO pause (target, since, why) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
            .execute(params![target, now, why])?;
        self.connection
            .prepare_cached("DELETE FROM recheck WHERE target = ?1")?
            .execute([target])?;
        self.connection
            .prepare_cached("UPDATE job SET done = 1 WHERE target = ?1")?
            .execute([target])?;
        Ok(paused > 0)
    }

    /// Lets what is paused go on, from now on; false if it was not paused.
    pub(super) fn resume(&mut self, what: About) -> Result<bool, Fault> {
        let target = match what {
            About::Target(target) => target,
            About::Article(article) => {
                let now = self.now();
                return self.set_paused(article, Some(&now));
            }
        };
        let resumed = self
            .connection
            .prepare_cached("DELETE FROM pause WHERE target = ?1")?
            .execute([target])?
            > 0;
        if resumed {
            self.recheck(target, self.clock.now())?;
        }
        Ok(resumed)
    }

    /// Sets when a fetched article is due; false if that was so already, or it was given as a file.
    fn set_paused(&mut self, article: i64, due: Option<&str>) -> Result<bool, Fault> {
        Ok(self
            .connection
            .prepare_cached("UPDATE reread SET due = ?2 WHERE article = ?1 AND (due IS NULL) <> (?2 IS NULL)")?
            .execute(params![article, due])?
            > 0)
    }
}
