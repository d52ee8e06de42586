//! What an evidence bundle is made of: one selection of the archive as it stood at one ledger entry, read row by row and
//! body by body. Evidence is only ever added, so the same selection at the same entry gives the same rows for ever (unless
//! something was redacted since).

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use sha2::{Digest, Sha256};

use super::failure::sql_error;
use super::query::Reader;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::search::Query;
pub use bodies::Blob;
pub use brought::{GivenArticle, HelpedFile, OthersRecord};
pub use persons::Pseudonyms;
pub use tables::{Cell, Kind, TABLES, Table};
pub use wire::{TakenFrom, WireExchange};

mod bodies;
mod brought;
pub mod made;
mod persons;
pub mod proofs;
mod redacted;
mod roots;
pub mod slim;
pub mod story;
pub mod subject;
mod tables;
mod wire;

/// What is to be exported. Articles, targets, tags, followed lists and queries add up; the times narrow what they give.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Everything.
    pub all: bool,
    /// Articles, by row, address or key.
    pub articles: Vec<String>,
    /// Targets, by row, address or key; with the readings that cite them.
    pub targets: Vec<String>,
    /// Case tags.
    pub tags: Vec<String>,
    /// Addresses of followed lists: the articles that they led to.
    pub follows: Vec<String>,
    /// Words: the articles, posts and notes that have all those of one query.
    pub queries: Vec<Query>,
    /// Nothing captured or read before.
    pub since: Option<Timestamp>,
    /// Nothing captured or read at this moment or later.
    pub until: Option<Timestamp>,
    /// Nothing that the ledger says after this entry; default: the last entry now that no export wrote.
    pub as_of: Option<i64>,
    /// What is left out of it.
    pub without: Vec<Profile>,
    /// Handles of those who are named though handles are left out.
    pub named: Vec<String>,
}

/// What a bundle leaves out though the archive has it. Of bodies the digests stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// Pictures, films and sounds, and the files that persons supplied. What is part of a page's own bytes stays.
    Media,
    /// Who wrote posts or is mentioned in them: pseudonyms stand for them, and no body is in the bundle.
    Handles,
    /// Numbers of likes and the like, with the answers that hold them.
    Counts,
}

impl Profile {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Profile::Media => "media",
            Profile::Handles => "handles",
            Profile::Counts => "counts",
        }
    }

    /// Whether rows are told in other words, and not only bodies left out.
    fn is_in_words(self) -> bool {
        self != Profile::Media
    }

    /// Adds its bodies to those that are left out.
    fn bodies(self) -> &'static str {
        match self {
            Profile::Media => {
                "INSERT OR IGNORE INTO export_left_out
                   SELECT x.body, 'media' FROM slim_exchange e JOIN exchange x ON x.id = e.id
                     LEFT JOIN post_media m ON m.id = x.media JOIN blob b ON b.id = x.body
                     WHERE b.length > 0 AND (m.kind NOT IN ('style', 'font', 'icon') OR x.response_headers LIKE '%content-type: image/%'
                       OR x.response_headers LIKE '%content-type: video/%' OR x.response_headers LIKE '%content-type: audio/%')
                   UNION SELECT r.body, 'media' FROM slim_record e JOIN record r ON r.id = e.id JOIN blob b ON b.id = r.body
                     WHERE b.length > 0 AND (r.media_type LIKE 'image/%' OR r.media_type LIKE 'video/%' OR r.media_type LIKE 'audio/%')
                   UNION SELECT f.body, 'media' FROM export_capture e JOIN post_media m ON m.capture = e.id
                     JOIN helper_file f ON f.media = m.id
                   UNION SELECT n.body, 'media' FROM export_note e JOIN note n ON n.id = e.id WHERE n.body IS NOT NULL;"
            }
            Profile::Handles => "INSERT OR IGNORE INTO export_left_out SELECT id, 'handles' FROM slim_blob;",
            // Everything that sources said of posts, in records of others as well. Media hold no numbers.
            Profile::Counts => {
                "INSERT OR IGNORE INTO export_left_out
                   SELECT x.body, 'counts' FROM slim_answer e JOIN exchange x ON x.answer = e.id JOIN blob b ON b.id = x.body
                     JOIN answer a ON a.id = e.id LEFT JOIN capture c ON c.id = a.capture LEFT JOIN target t ON t.id = c.target
                     WHERE b.length > 0 AND t.kind IS NOT 'link'
                   UNION SELECT r.body, 'counts' FROM slim_exchange e JOIN exchange x ON x.id = e.id
                     JOIN exchange_record n ON n.exchange = e.id JOIN record o ON o.id = n.record
                     JOIN record r ON r.id = o.id OR r.id = o.revisits JOIN blob b ON b.id = r.body WHERE x.answer IS NOT NULL AND b.length > 0;"
            }
        }
    }
}

/// One selection of the archive as it stood at one ledger entry.
#[derive(Debug)]
pub struct Extract<'a> {
    reader: &'a Reader,
    /// The entry.
    pub seq: i64,
    /// Head of the chain there.
    pub head: String,
    /// When that entry was made.
    pub at: String,
    /// Digest over the leaves of the selected entries, the keys of the selected targets, and what is left out.
    pub digest: [u8; 32],
    /// The same with nothing left out.
    pub whole: [u8; 32],
    /// What is left out.
    pub without: Vec<Profile>,
    /// Who is not named.
    pub unnamed: Option<Pseudonyms>,
    /// Whether anything is told of what was received or given, as it came.
    pub received: bool,
    /// Readings.
    pub readings: i64,
    /// Captures.
    pub captures: i64,
}

impl Reader {
    /// Selects what is to be exported. There is one selection at a time.
    ///
    /// # Errors
    /// If something named is not in the archive (exit 65), or it cannot be read.
    pub fn extract(&self, selection: &Selection) -> Result<Extract<'_>> {
        self.select(selection)
            .map_err(|error| sql_error(self.path(), &error))?
            .map_err(|(name, why, hint)| Error::BadInput {
                input: name,
                why: why.to_owned(),
                hint,
            })
    }

    fn select(&self, selection: &Selection) -> rusqlite::Result<std::result::Result<Extract<'_>, roots::Unknown>> {
        let connection = self.connection();
        let last: Option<(i64, String)> = connection
            .prepare_cached(&format!(
                "SELECT seq, head FROM ledger WHERE seq = coalesce(?1, ({}))",
                made::LAST_BEFORE_EXPORTS
            ))?
            .query_row([selection.as_of], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((seq, head)) = last else {
            return Ok(Err((
                self.path().display().to_string(),
                "the ledger has no such entry",
                None,
            )));
        };
        // What is copied may be as long as the bundle.
        if selection.without.iter().any(|profile| profile.is_in_words()) {
            connection.execute_batch("PRAGMA temp_store = FILE")?;
        }
        redacted::forget(connection)?;
        connection.execute_batch(
            "DROP TABLE IF EXISTS temp.export_at; DROP TABLE IF EXISTS temp.export_article;
             DROP TABLE IF EXISTS temp.export_reading; DROP TABLE IF EXISTS temp.export_target;
             DROP TABLE IF EXISTS temp.export_capture; DROP TABLE IF EXISTS temp.export_resolution;
             DROP TABLE IF EXISTS temp.export_entry;
             CREATE TEMP TABLE export_at (seq INTEGER, since TEXT, until TEXT);
             CREATE TEMP TABLE export_article (id INTEGER PRIMARY KEY);
             CREATE TEMP TABLE export_reading (id INTEGER PRIMARY KEY);
             CREATE TEMP TABLE export_target (id INTEGER PRIMARY KEY, means INTEGER);
             CREATE TEMP TABLE export_capture (id INTEGER PRIMARY KEY);
             CREATE TEMP TABLE export_resolution (id INTEGER PRIMARY KEY);
             DROP TABLE IF EXISTS temp.export_note; CREATE TEMP TABLE export_note (id INTEGER PRIMARY KEY);
             DROP TABLE IF EXISTS temp.export_inquiry; CREATE TEMP TABLE export_inquiry (id INTEGER PRIMARY KEY);
             CREATE TEMP TABLE export_entry (seq INTEGER PRIMARY KEY);",
        )?;
        connection.execute(
            "INSERT INTO export_at VALUES (?1, ?2, ?3)",
            params![
                seq,
                selection.since.map(|t| t.to_string()).unwrap_or_default(),
                selection.until.map_or_else(|| "9999".to_owned(), |t| t.to_string())
            ],
        )?;
        if let Err(unknown) = roots::name(connection, selection, seq)? {
            return Ok(Err(unknown));
        }
        connection.execute_batch(FOLLOW)?;
        if selection.all {
            connection.execute_batch(IMPORTS)?;
        }
        connection.execute_batch(slim::GATHER)?;
        connection.execute_batch(LEFT_OUT)?;
        connection.execute_batch(VERDICTS)?;
        for profile in &selection.without {
            connection.execute_batch(profile.bodies())?;
        }
        let at = connection
            .prepare_cached(
                "SELECT at FROM (SELECT id, started AS at FROM run UNION ALL SELECT id, ended FROM run_end
                   UNION ALL SELECT id, read_at FROM reading UNION ALL SELECT id, ended FROM capture
                   UNION ALL SELECT id, ended FROM resolution UNION ALL SELECT id, at FROM note UNION ALL SELECT id, at FROM import
                   UNION ALL SELECT id, at FROM redaction UNION ALL SELECT id, ended FROM stamp
                   UNION ALL SELECT id, ended FROM inquiry UNION ALL SELECT id, at FROM other_archive UNION ALL SELECT id, at FROM other_stamp
                   UNION ALL SELECT id, at FROM reparse UNION ALL SELECT id, at FROM export) WHERE id = ?1",
            )?
            .query_row([seq], |row| row.get::<_, String>(0))?;
        let number = |table: &str| {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
        };
        let whole = selection_digest(connection, &[])?;
        let mut extract = Extract {
            reader: self,
            seq,
            head,
            at,
            digest: match selection.without.is_empty() {
                true => whole,
                false => selection_digest(connection, &selection.without)?,
            },
            whole,
            without: selection.without.clone(),
            unnamed: None,
            received: number("export_reading")?
                + number("slim_exchange")?
                + number("slim_record")?
                + number("export_inquiry")?
                > 0,
            readings: number("export_reading")?,
            captures: number("export_capture")?,
        };
        if number("export_target")?
            + number("slim_record")?
            + number("other_archive WHERE id IN (SELECT seq FROM export_entry)")?
            + extract.readings
            == 0
        {
            return Ok(Err((
                self.path().display().to_string(),
                "nothing in the archive fits this selection",
                Some("`citekeep list` names the articles of the archive"),
            )));
        }
        // From here on the archive is what these copies say.
        extract.unnamed = match redacted::copy(connection, &selection.without, &selection.named)? {
            Ok(unnamed) => unnamed,
            Err(why) => return Ok(Err(("--redact handles".to_owned(), why, None))),
        };
        extract.received &= extract.unnamed.is_none();
        Ok(Ok(extract))
    }
}

/// From the named articles and targets to all that belongs to them, within the times and up to the entry.
const FOLLOW: &str = "
  INSERT OR IGNORE INTO export_reading SELECT r.id FROM reading r, export_at a
    WHERE r.article IN (SELECT id FROM export_article) AND r.id <= a.seq AND r.read_at >= a.since AND r.read_at < a.until;
  -- a target that nothing up to the entry names does not exist yet
  DELETE FROM export_target WHERE NOT EXISTS (SELECT 1 FROM citation c, export_at a WHERE c.target = export_target.id AND c.reading <= a.seq)
    AND NOT EXISTS (SELECT 1 FROM capture c, export_at a WHERE c.target = export_target.id AND c.id <= a.seq)
    AND NOT EXISTS (SELECT 1 FROM resolution c, export_at a WHERE c.identified = export_target.id AND c.id <= a.seq)
    AND NOT EXISTS (SELECT 1 FROM context c, export_at a WHERE c.target = export_target.id AND coalesce(c.reparse, c.capture) <= a.seq);
  -- what was only claimed and turned out to be a named target
  INSERT OR IGNORE INTO export_target (id) SELECT n.target FROM resolution n, export_at a
    WHERE n.identified IN (SELECT id FROM export_target) AND n.id <= a.seq;
  INSERT OR IGNORE INTO export_reading SELECT c.reading FROM citation c JOIN reading r ON r.id = c.reading, export_at a
    WHERE c.target IN (SELECT id FROM export_target) AND r.id <= a.seq AND r.read_at >= a.since AND r.read_at < a.until;
  INSERT OR IGNORE INTO export_target (id) SELECT c.target FROM citation c JOIN reading r ON r.id = c.reading, export_at a
    WHERE r.article IN (SELECT id FROM export_article) AND r.id <= a.seq;
  UPDATE export_target SET means = coalesce((SELECT n.identified FROM resolution n, export_at a WHERE n.target = export_target.id
    AND n.identified IS NOT NULL AND n.id <= a.seq ORDER BY n.fence DESC LIMIT 1), id);
  INSERT OR IGNORE INTO export_target (id, means) SELECT means, means FROM export_target;
  INSERT INTO export_capture SELECT c.id FROM capture c, export_at a
    WHERE c.target IN (SELECT id FROM export_target) AND c.id <= a.seq AND c.ended >= a.since AND c.ended < a.until;
  INSERT INTO export_resolution SELECT c.id FROM resolution c, export_at a
    WHERE c.target IN (SELECT id FROM export_target) AND c.id <= a.seq AND c.ended >= a.since AND c.ended < a.until;
  -- an article read earlier still says why a capture of these times was made
  INSERT OR IGNORE INTO export_reading SELECT c.reading FROM citation c, export_at a
    WHERE c.reading <= a.seq AND c.target IN (SELECT id FROM export_target WHERE means IN
      (SELECT k.target FROM capture k WHERE k.id IN (SELECT id FROM export_capture)));
  DELETE FROM export_target WHERE id NOT IN (SELECT target FROM citation WHERE reading IN (SELECT id FROM export_reading))
    AND id NOT IN (SELECT target FROM capture WHERE id IN (SELECT id FROM export_capture))
    AND id NOT IN (SELECT means FROM export_target t JOIN citation c ON c.target = t.id WHERE c.reading IN (SELECT id FROM export_reading));
  -- the context of what was captured, as many steps as it was ever followed
  WITH RECURSIVE around (target, steps) AS (
    SELECT id, 0 FROM export_target WHERE id IN (SELECT c.target FROM context x JOIN capture c ON c.id = x.capture)
    UNION
    SELECT x.target, n.steps + (n.steps = 0 OR x.relation <> 'thread')
    FROM around n JOIN capture c ON c.target = n.target JOIN context x ON x.capture = c.id, export_at a
    WHERE c.id <= a.seq AND c.ended >= a.since AND c.ended < a.until
      AND coalesce(x.reparse, 0) <= a.seq
      AND n.steps + (n.steps = 0 OR x.relation <> 'thread') <=
        (SELECT max(k.depth) FROM context k WHERE coalesce(k.reparse, k.capture) <= a.seq))
  INSERT OR IGNORE INTO export_target (id, means) SELECT target, target FROM around;
  -- only where that was any: the others' captures are in already
  INSERT OR IGNORE INTO export_capture SELECT c.id FROM capture c, export_at a
    WHERE changes() > 0 AND c.target IN (SELECT id FROM export_target) AND c.id <= a.seq AND c.ended >= a.since AND c.ended < a.until;
  -- why what was only claimed is taken for a named target, however early that was found
  INSERT OR IGNORE INTO export_resolution SELECT max(n.id) FROM resolution n JOIN export_target t ON t.id = n.target, export_at a
    WHERE t.means <> t.id AND n.identified = t.means AND n.id <= a.seq GROUP BY t.id;
  INSERT INTO export_note SELECT n.id FROM note n, export_at a
    WHERE n.id <= a.seq AND (n.target IN (SELECT id FROM export_target)
      OR n.article IN (SELECT article FROM reading WHERE id IN (SELECT id FROM export_reading)));
  INSERT INTO export_inquiry SELECT s.id FROM inquiry s, export_at a
    WHERE s.id <= a.seq AND s.target IN (SELECT id FROM export_target);
  INSERT OR IGNORE INTO export_entry SELECT id FROM export_reading UNION SELECT id FROM export_note
    UNION SELECT run FROM note WHERE id IN (SELECT id FROM export_note) UNION SELECT id FROM export_capture
    UNION SELECT id FROM export_inquiry UNION SELECT run FROM inquiry WHERE id IN (SELECT id FROM export_inquiry)
    UNION SELECT id FROM export_resolution
    UNION SELECT p.id FROM reparse p, export_at a WHERE p.capture IN (SELECT id FROM export_capture) AND p.id <= a.seq
    UNION SELECT p.run FROM reparse p, export_at a WHERE p.capture IN (SELECT id FROM export_capture) AND p.id <= a.seq
    UNION SELECT run FROM reading WHERE id IN (SELECT id FROM export_reading)
    UNION SELECT run FROM capture WHERE id IN (SELECT id FROM export_capture)
    UNION SELECT run FROM resolution WHERE id IN (SELECT id FROM export_resolution);
";

/// What was imported belongs to no article or target.
const IMPORTS: &str = "
  INSERT OR IGNORE INTO export_entry SELECT o.id FROM other_archive o, export_at a WHERE o.id <= a.seq AND o.at >= a.since AND o.at < a.until;
  INSERT OR IGNORE INTO export_entry SELECT s.id FROM other_stamp s, export_at a
    WHERE s.other_archive IN (SELECT seq FROM export_entry) AND s.id <= a.seq;
  INSERT OR IGNORE INTO export_entry SELECT o.run FROM other_archive o WHERE o.id IN (SELECT seq FROM export_entry)
    UNION SELECT s.run FROM other_stamp s WHERE s.id IN (SELECT seq FROM export_entry);
  INSERT OR IGNORE INTO export_entry SELECT i.id FROM import i, export_at a WHERE i.id <= a.seq AND i.at >= a.since AND i.at < a.until;
  INSERT OR IGNORE INTO export_entry SELECT i.run FROM import i WHERE i.id IN (SELECT seq FROM export_entry);
";

/// Bodies that a bundle does not hold: those redacted since, and (with the word for why) those that are left out of this one. Whoever
/// names a body of the selection reads it from `export_body`, which says whether it is one of these.
const LEFT_OUT: &str = "
  DROP VIEW IF EXISTS temp.export_body;
  DROP TABLE IF EXISTS temp.export_left_out; CREATE TEMP TABLE export_left_out (body INTEGER PRIMARY KEY, why TEXT);
  CREATE TEMP VIEW export_body AS
    SELECT id, sha256, length, EXISTS (SELECT 1 FROM export_left_out d WHERE d.body = blob.id) AS left_out FROM blob;
  INSERT INTO export_left_out (body) SELECT DISTINCT item FROM redaction WHERE kind = 'blob';
";

/// The verdicts of a selection. They are judged at the end of a run: what a later one judges was not there at the entry.
const VERDICTS: &str = "
  DROP VIEW IF EXISTS temp.export_verdict;
  CREATE TEMP VIEW export_verdict AS SELECT * FROM verdict WHERE capture IN (SELECT id FROM export_capture)
    AND EXISTS (SELECT 1 FROM run_end e WHERE e.id > verdict.capture AND e.id <= (SELECT seq FROM export_at));
";

fn selection_digest(connection: &Connection, without: &[Profile]) -> rusqlite::Result<[u8; 32]> {
    let mut digest = Sha256::new();
    for sql in [
        "SELECT l.leaf FROM export_entry e JOIN ledger l ON l.seq = e.seq ORDER BY e.seq",
        "SELECT t.key FROM export_target e JOIN target t ON t.id = e.id ORDER BY e.id",
    ] {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            digest.update(row.get_ref(0)?.as_bytes()?);
            digest.update(b"\n");
        }
    }
    for profile in without {
        digest.update(format!("without {}\n", profile.word()));
    }
    Ok(digest.finalize().into())
}

impl Extract<'_> {
    /// Shows every entry of the chain up to that of the extract: number, leaf, head.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn chain(&self, mut each: impl FnMut(i64, &str, &str) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT seq, leaf, head FROM ledger WHERE seq <= (SELECT seq FROM export_at) ORDER BY seq",
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
            |(seq, leaf, head)| each(seq, &leaf, &head),
        )
    }

    /// Shows the line of every selected entry that was not redacted.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn lines(&self, mut each: impl FnMut(&str) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT l.body FROM export_entry e JOIN ledger l ON l.seq = e.seq WHERE l.body IS NOT NULL ORDER BY e.seq",
            |row| row.get::<_, String>(0),
            |line| each(&line),
        )
    }

    /// Shows the number of every selected entry whose line was redacted.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn withheld(&self, each: impl FnMut(i64) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT e.seq FROM export_entry e JOIN ledger l ON l.seq = e.seq WHERE l.body IS NULL ORDER BY e.seq",
            |row| row.get(0),
            each,
        )
    }

    /// Programs with their versions that made what is selected, in the order of their first run.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn programs(&self) -> Result<Vec<String>> {
        self.listed(
            "SELECT u.version FROM run u JOIN export_entry e ON e.seq = u.id GROUP BY u.version ORDER BY min(u.id)",
            [],
            |row| row.get(0),
        )
    }

    fn each<T>(
        &self,
        sql: &str,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
        mut each: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let failed = |error: rusqlite::Error| sql_error(self.reader.path(), &error);
        let connection = self.reader.connection();
        let mut statement = connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(read(row).map_err(failed)?)?;
        }
        Ok(())
    }

    fn listed<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.reader
            .connection()
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(values, read)?.collect())
            .map_err(|error| sql_error(self.reader.path(), &error))
    }

    fn one<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.reader
            .connection()
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(values, read).optional())
            .map_err(|error| sql_error(self.reader.path(), &error))
    }
}
