//! `archive.db` of a bundle: the selected rows under their own numbers in a fresh SQLite file with the archive's tables and
//! views. Bodies are not in it: `blob` names them, the bundle's WACZ has them.

use std::path::Path;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use super::{Extract, redacted};
use crate::error::{Error, Result};
use crate::store::failure::sql_error;
use crate::store::file::{SCHEMA, connect};
pub use opened::{Opened, Slim};

mod opened;

/// `application_id` of a slim archive: the letters `ctks`. It is no archive, so that nothing is ever added to one.
const APPLICATION: u32 = 0x6374_6b73;

/// In bytes: most selections are small, and every table and index has a page at least.
const PAGE_SIZE: u32 = 1024;

/// What a slim archive has beside the tables of an archive.
const SELECTED: &str = "
-- This file is the part of an archive that a bundle selects, as it stood at the bundle's last ledger entry, but for what was
-- redacted since. It has no pieces of bodies (blob_chunk) and no rows of the working tables. Of the entries beside the
-- selection that rows here name (ends of runs, when pages were read, later redactions) there is only the leaf and the head, and their lines are NULL
-- though nobody redacted them.

-- The targets of the selection, each with the target that it turned out to be, else itself. A selected article may cite others,
-- which are in table target alone.
CREATE TABLE selected (
  target  INTEGER PRIMARY KEY REFERENCES target (id),
  means   INTEGER NOT NULL REFERENCES target (id)
) STRICT;
";

/// From the selection to the other rows of a slim archive, and the ledger entries of what was redacted of them.
pub(super) const GATHER: &str = "
  DROP TABLE IF EXISTS temp.slim_answer; CREATE TEMP TABLE slim_answer (id INTEGER PRIMARY KEY);
  DROP TABLE IF EXISTS temp.slim_exchange; CREATE TEMP TABLE slim_exchange (id INTEGER PRIMARY KEY);
  DROP TABLE IF EXISTS temp.slim_target; CREATE TEMP TABLE slim_target (id INTEGER PRIMARY KEY);
  DROP TABLE IF EXISTS temp.slim_blob; CREATE TEMP TABLE slim_blob (id INTEGER PRIMARY KEY);
  DROP TABLE IF EXISTS temp.slim_redaction; CREATE TEMP TABLE slim_redaction (id INTEGER PRIMARY KEY);
  DROP TABLE IF EXISTS temp.slim_entry; CREATE TEMP TABLE slim_entry (id INTEGER PRIMARY KEY);
  INSERT INTO slim_answer SELECT a.id FROM export_capture e JOIN answer a ON a.capture = e.id
    UNION SELECT a.id FROM export_resolution e JOIN answer a ON a.resolution = e.id;
  INSERT INTO slim_exchange SELECT x.id FROM slim_answer e JOIN exchange x ON x.answer = e.id
    UNION SELECT x.id FROM export_reading e JOIN exchange x ON x.reading = e.id
    UNION SELECT x.id FROM export_capture e JOIN post_media m ON m.capture = e.id JOIN exchange x ON x.media = m.id;
  INSERT INTO slim_target SELECT id FROM export_target
    UNION SELECT c.target FROM export_reading e JOIN citation c ON c.reading = e.id
    UNION SELECT x.target FROM export_capture e JOIN context x ON x.capture = e.id, export_at a WHERE coalesce(x.reparse, 0) <= a.seq
    UNION SELECT n.target FROM export_resolution e JOIN resolution n ON n.id = e.id
    UNION SELECT n.identified FROM export_resolution e JOIN resolution n ON n.id = e.id WHERE n.identified IS NOT NULL;
  -- each after the entry that seals it
  DROP TABLE IF EXISTS temp.export_exchange;
  CREATE TEMP TABLE export_exchange (entry INTEGER, id INTEGER, PRIMARY KEY (entry, id)) WITHOUT ROWID;
  INSERT INTO export_exchange SELECT coalesce(x.reading, a.capture, a.resolution, m.capture), x.id
    FROM slim_exchange e JOIN exchange x ON x.id = e.id LEFT JOIN answer a ON a.id = x.answer LEFT JOIN post_media m ON m.id = x.media;
  DROP TABLE IF EXISTS temp.slim_record; CREATE TEMP TABLE slim_record (id INTEGER PRIMARY KEY);
  INSERT INTO slim_record SELECT n.record FROM slim_exchange e JOIN exchange_record n ON n.exchange = e.id
    UNION SELECT n.record FROM export_reading e JOIN reading_record n ON n.reading = e.id
    UNION SELECT r.id FROM record r JOIN export_entry e ON e.seq = r.entry JOIN import i ON i.id = r.entry;
  INSERT OR IGNORE INTO slim_record SELECT r.revisits FROM slim_record e JOIN record r ON r.id = e.id WHERE r.revisits IS NOT NULL;
  INSERT INTO slim_blob SELECT x.body FROM slim_exchange e JOIN exchange x ON x.id = e.id WHERE x.body IS NOT NULL
    UNION SELECT x.certificate FROM slim_exchange e JOIN exchange x ON x.id = e.id WHERE x.certificate IS NOT NULL
    UNION SELECT f.body FROM export_capture e JOIN post_media m ON m.capture = e.id JOIN helper_file f ON f.media = m.id
    UNION SELECT r.body FROM export_reading e JOIN reading r ON r.id = e.id
    UNION SELECT n.body FROM export_note e JOIN note n ON n.id = e.id WHERE n.body IS NOT NULL
    UNION SELECT s.reply FROM export_inquiry e JOIN inquiry s ON s.id = e.id WHERE s.reply IS NOT NULL
    UNION SELECT s.certificate FROM export_inquiry e JOIN inquiry s ON s.id = e.id WHERE s.certificate IS NOT NULL
    UNION SELECT r.body FROM slim_record e JOIN record r ON r.id = e.id WHERE r.body IS NOT NULL
    UNION SELECT o.content FROM other_archive o WHERE o.id IN (SELECT seq FROM export_entry)
    UNION SELECT o.chain FROM other_archive o WHERE o.id IN (SELECT seq FROM export_entry);
  INSERT OR IGNORE INTO slim_blob SELECT p.value FROM other_stamp s, json_each(json_array(s.query, s.reply, s.completed, s.roots)) p
    WHERE p.value IS NOT NULL AND s.id IN (SELECT seq FROM export_entry);
  INSERT INTO slim_redaction SELECT id FROM redaction
    WHERE (kind = 'blob' AND item IN (SELECT id FROM slim_blob))
       OR (kind = 'reading_text' AND item IN (SELECT id FROM export_reading))
       OR (kind = 'ledger_line' AND item IN (SELECT seq FROM export_entry))
       OR (kind = 'post' AND sha256 IN (SELECT p.value FROM export_entry e JOIN ledger l ON l.seq = e.seq, json_each(l.body, '$.posts') p));
  -- the word that something was redacted counts only with its line
  INSERT OR IGNORE INTO export_entry SELECT id FROM slim_redaction WHERE id <= (SELECT seq FROM export_at)
    UNION SELECT d.run FROM slim_redaction e JOIN redaction d ON d.id = e.id WHERE d.id <= (SELECT seq FROM export_at);
  INSERT INTO slim_entry SELECT seq FROM export_entry
    UNION SELECT id FROM run_end WHERE run IN (SELECT seq FROM export_entry) AND id <= (SELECT seq FROM export_at)
    UNION SELECT p.entry FROM slim_exchange e JOIN page p ON p.exchange = e.id WHERE p.entry <= (SELECT seq FROM export_at)
    UNION SELECT r.entry FROM slim_record e JOIN record r ON r.id = e.id
    UNION SELECT i.run FROM slim_record e JOIN record r ON r.id = e.id JOIN import i ON i.id = r.entry
    UNION SELECT id FROM slim_redaction UNION SELECT d.run FROM slim_redaction e JOIN redaction d ON d.id = e.id;
";

/// The tables in an order in which each row finds those that it names, and which of their rows are taken, in what order.
pub(super) const ROWS: [(&str, &str); 37] = [
    ("run", "WHERE id IN (SELECT id FROM slim_entry) ORDER BY id"),
    ("run_end", "WHERE id IN (SELECT id FROM slim_entry) ORDER BY id"),
    ("blob", "WHERE id IN (SELECT id FROM slim_blob) ORDER BY id"),
    (
        "article",
        "WHERE id IN (SELECT article FROM reading WHERE id IN (SELECT id FROM export_reading)) ORDER BY id",
    ),
    ("reading", "WHERE id IN (SELECT id FROM export_reading) ORDER BY id"),
    (
        "block",
        "WHERE reading IN (SELECT id FROM export_reading) ORDER BY reading, ordinal",
    ),
    (
        "sentence",
        "WHERE reading IN (SELECT id FROM export_reading) ORDER BY reading, ordinal",
    ),
    ("target", "WHERE id IN (SELECT id FROM slim_target) ORDER BY id"),
    (
        "citation",
        "WHERE reading IN (SELECT id FROM export_reading) ORDER BY id",
    ),
    (
        "citation_sentence",
        "WHERE citation IN (SELECT id FROM citation WHERE reading IN (SELECT id FROM export_reading)) ORDER BY citation, rank",
    ),
    ("capture", "WHERE id IN (SELECT id FROM export_capture) ORDER BY id"),
    (
        "context",
        "WHERE capture IN (SELECT id FROM export_capture) AND coalesce(reparse, 0) <= (SELECT seq FROM export_at)
           ORDER BY capture, ordinal",
    ),
    (
        "resolution",
        "WHERE id IN (SELECT id FROM export_resolution) ORDER BY id",
    ),
    (
        "resolution_candidate",
        "WHERE resolution IN (SELECT id FROM export_resolution) ORDER BY resolution, rank",
    ),
    ("answer", "WHERE id IN (SELECT id FROM slim_answer) ORDER BY id"),
    ("canary", "WHERE answer IN (SELECT id FROM slim_answer) ORDER BY answer"),
    (
        "post_media",
        "WHERE capture IN (SELECT id FROM export_capture) ORDER BY id",
    ),
    ("helper", "WHERE capture IN (SELECT id FROM export_capture) ORDER BY id"),
    (
        "helper_file",
        "WHERE media IN (SELECT id FROM post_media WHERE capture IN (SELECT id FROM export_capture)) ORDER BY media",
    ),
    ("exchange", "WHERE id IN (SELECT id FROM slim_exchange) ORDER BY id"),
    (
        "reparse",
        "WHERE capture IN (SELECT id FROM export_capture) AND id <= (SELECT seq FROM export_at) ORDER BY id",
    ),
    (
        "post",
        "WHERE answer IN (SELECT id FROM slim_answer) AND entry <= (SELECT seq FROM export_at) ORDER BY id",
    ),
    (
        "post_detail",
        "WHERE post IN (SELECT id FROM post WHERE answer IN (SELECT id FROM slim_answer)
           AND entry <= (SELECT seq FROM export_at)) ORDER BY post",
    ),
    (
        "page",
        "WHERE body IN (SELECT id FROM slim_blob) AND exchange IN (SELECT id FROM slim_exchange)
           AND entry <= (SELECT seq FROM export_at) ORDER BY id",
    ),
    ("verdict", "WHERE id IN (SELECT id FROM export_verdict) ORDER BY id"),
    (
        "web_archive",
        "WHERE id IN (SELECT web_archive FROM record WHERE id IN (SELECT id FROM slim_record)) ORDER BY id",
    ),
    (
        "import",
        "WHERE id IN (SELECT id FROM slim_entry) AND web_archive IN
           (SELECT web_archive FROM record WHERE id IN (SELECT id FROM slim_record)) ORDER BY id",
    ),
    ("record", "WHERE id IN (SELECT id FROM slim_record) ORDER BY id"),
    (
        "reading_record",
        "WHERE reading IN (SELECT id FROM export_reading) ORDER BY reading",
    ),
    (
        "exchange_record",
        "WHERE exchange IN (SELECT id FROM slim_exchange) ORDER BY exchange",
    ),
    ("note", "WHERE id IN (SELECT id FROM export_note) ORDER BY id"),
    ("inquiry", "WHERE id IN (SELECT id FROM export_inquiry) ORDER BY id"),
    (
        "other_archive",
        "WHERE id IN (SELECT seq FROM export_entry) ORDER BY id",
    ),
    ("other_stamp", "WHERE id IN (SELECT seq FROM export_entry) ORDER BY id"),
    ("redaction", "WHERE id IN (SELECT id FROM slim_redaction) ORDER BY id"),
    (
        "(SELECT seq, CASE WHEN seq IN (SELECT seq FROM export_entry) THEN body END AS body, leaf, head FROM ledger) AS ledger",
        "WHERE seq IN (SELECT id FROM slim_entry) ORDER BY seq",
    ),
    (
        "(SELECT id AS target, means FROM export_target) AS selected",
        "ORDER BY target",
    ),
];

/// Tags change, and are no evidence.
const TAGS: (&str, &str) = (
    "tag",
    "WHERE article IN (SELECT article FROM reading WHERE id IN (SELECT id FROM export_reading)) ORDER BY article, name",
);

impl Extract<'_> {
    /// Writes the slim archive into the empty file `path`; the same selection at the same entry gives the same bytes.
    ///
    /// # Errors
    /// If the archive cannot be read or the file not be written.
    pub fn slim(&self, path: &Path) -> Result<()> {
        self.write_slim(path, &ROWS)
    }

    /// The same with the case tags of the selected articles, which no bundle has.
    ///
    /// # Errors
    /// As [`Extract::slim`].
    pub fn slim_with_tags(&self, path: &Path) -> Result<()> {
        self.write_slim(path, ROWS.iter().chain([&TAGS]))
    }

    fn write_slim<'r>(&self, path: &Path, tables: impl IntoIterator<Item = &'r (&'r str, &'r str)>) -> Result<()> {
        let failed = |error: rusqlite::Error| sql_error(path, &error);
        let slim = connect(&absolute(path)?, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Nobody reads it before it is whole and on the disk, which the bundle sees to.
        slim.execute_batch(&format!(
            "PRAGMA page_size = {PAGE_SIZE}; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; BEGIN;
             {SCHEMA}; {SELECTED}; PRAGMA application_id = {APPLICATION}"
        ))
        .map_err(failed)?;
        for (table, rows) in tables {
            self.copy(&slim, table, rows)?;
        }
        slim.execute_batch("COMMIT; PRAGMA journal_mode = DELETE")
            .map_err(failed)?;
        slim.close().map_err(|(_, error)| failed(error))
    }

    /// The first name that stands in a value of a slim archive and is not to be told. What in it is a word of ours is none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn first_name(&self, path: &Path) -> Result<Option<String>> {
        let Some(unnamed) = &self.unnamed else {
            return Ok(None);
        };
        let search = || -> rusqlite::Result<Option<String>> {
            let slim = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let mut tables = slim.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
            let tables = tables.query_map([], |row| row.get::<_, String>(0))?;
            for table in tables.collect::<rusqlite::Result<Vec<_>>>()? {
                let mut select = slim.prepare(&format!("SELECT * FROM {table}"))?;
                let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
                let mut rows = select.query([])?;
                while let Some(row) = rows.next()? {
                    for (index, column) in columns.iter().enumerate() {
                        let ValueRef::Text(text) = row.get_ref(index)? else {
                            continue;
                        };
                        let text = String::from_utf8_lossy(text);
                        let found = redacted::foreign(&table, column, &text).and_then(|text| unnamed.first_in(text));
                        if found.is_some() {
                            return Ok(found);
                        }
                    }
                }
            }
            Ok(None)
        };
        search().map_err(|error| sql_error(path, &error))
    }

    fn copy(&self, slim: &Connection, table: &str, rows: &str) -> Result<()> {
        let copied = || -> rusqlite::Result<()> {
            let mut select = self
                .reader
                .connection()
                .prepare(&format!("SELECT * FROM {table} {rows}"))?;
            let count = select.column_count();
            let names: Vec<&str> = select.column_names().collect();
            let name = table.rsplit(' ').next().unwrap_or(table);
            let sql = format!(
                "INSERT INTO {name} ({}) VALUES ({})",
                names.join(", "),
                vec!["?"; count].join(", ")
            );
            let mut insert = slim.prepare(&sql)?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                for index in 0..count {
                    insert.raw_bind_parameter(index + 1, ToSqlOutput::Borrowed(row.get_ref(index)?))?;
                }
                insert.raw_execute()?;
            }
            Ok(())
        };
        copied().map_err(|error| sql_error(self.reader.path(), &error))
    }
}

fn absolute(path: &Path) -> Result<std::path::PathBuf> {
    path.canonicalize().map_err(|source| Error::Io {
        what: "cannot find",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that change, and the bodies.
    const LEFT_OUT: [&str; 24] = [
        "blob_chunk",
        "tag",
        "context_of",
        "job",
        "recheck",
        "reread",
        "inquire",
        "pages_read",
        "judged",
        "schedule",
        "pause",
        "follow",
        "follow_option",
        "follow_entry",
        "host_penalty",
        "upload",
        "known",
        // about the chain, not about the selection
        "stamp",
        // about bundles, and so in none
        "export",
        // derived from content that the bundle holds
        "other_reading",
        "other_citation",
        "other_capture",
        "other_tag",
        // filled by the schema
        "outcome",
    ];

    #[test]
    fn every_table_of_the_schema_is_in_the_slim_archive_or_left_out_on_purpose() {
        let fresh = Connection::open_in_memory().unwrap();
        fresh.execute_batch(&format!("{SCHEMA}; {SELECTED}")).unwrap();
        let mut statement = fresh
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .unwrap();
        let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        for name in names.map(std::result::Result::unwrap) {
            let taken = ROWS
                .iter()
                .any(|(table, _)| table.rsplit(' ').next() == Some(name.as_str()));
            assert!(taken != LEFT_OUT.contains(&name.as_str()), "{name}");
        }
    }
}
