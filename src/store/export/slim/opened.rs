//! A slim archive of a bundle, opened to be checked.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{APPLICATION, SELECTED, absolute};
use crate::error::Result;
use crate::store::export::VERDICTS;
use crate::store::export::tables::{Cell, Table, rows_of};
use crate::store::file::{MIGRATIONS, SCHEMA, connect, migrate};
use crate::store::verify;

/// A slim archive of a bundle, opened to be checked. It is foreign: nothing of it runs, and no file beside it is looked at.
#[derive(Debug)]
pub struct Slim {
    connection: Connection,
}

/// What [`Slim::open`] found.
#[derive(Debug)]
pub enum Opened {
    /// A slim archive with the schema of this program.
    Slim(Slim),
    /// One of an earlier or a later program, of this version of the schema.
    OfVersion(i64),
    /// It is none, and why.
    Not(String),
}

impl Slim {
    /// Opens the file.
    ///
    /// # Errors
    /// If there is no such file.
    pub fn open(path: &Path) -> Result<Opened> {
        let path = absolute(path)?;
        let Ok(mut address) = url::Url::from_file_path(&path) else {
            return Ok(Opened::Not("a path that is no address".to_owned()));
        };
        // Without a log or journal that may stand beside it.
        address.set_query(Some("immutable=1"));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let opened = connect(Path::new(address.as_str()), flags).map_err(|error| error.to_string());
        Ok(opened
            .and_then(|connection| Slim::recognised(connection).map_err(|error| error.to_string()))
            .unwrap_or_else(Opened::Not))
    }

    /// Opens a copy of one that may be written: one of an earlier schema is brought up to date in place.
    ///
    /// # Errors
    /// If there is no such file.
    pub(in crate::store) fn open_copy(path: &Path) -> Result<Opened> {
        let opened = connect(&absolute(path)?, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(|error| error.to_string());
        let current = |mut connection: Connection| -> rusqlite::Result<Opened> {
            // Nobody else has the file, and rows of a part may name rows that are not in it.
            connection
                .execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF")?;
            let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            if (1..MIGRATIONS.len() as i64).contains(&version) {
                migrate(&mut connection, MIGRATIONS)?;
            }
            Slim::recognised(connection)
        };
        Ok(opened
            .and_then(|connection| current(connection).map_err(|error| error.to_string()))
            .unwrap_or_else(Opened::Not))
    }

    /// Once it `is_over`, whatever is asked of it fails.
    pub fn until(&mut self, is_over: impl FnMut() -> bool + Send + 'static) {
        /// Steps of SQLite between two looks: some hundredth of a millisecond.
        const STEPS: i32 = 1000;
        // It can be set on every connection that this program opens.
        let _ = self.connection.progress_handler(STEPS, Some(is_over));
    }

    pub(in crate::store) fn connection(&self) -> &Connection {
        &self.connection
    }

    fn recognised(connection: Connection) -> rusqlite::Result<Opened> {
        let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        if number("application_id")? != i64::from(APPLICATION) {
            return Ok(Opened::Not("not the archive of a bundle".to_owned()));
        }
        let version = number("user_version")?;
        if usize::try_from(version) != Ok(MIGRATIONS.len()) {
            return Ok(Opened::OfVersion(version));
        }
        let fresh = Connection::open_in_memory()?;
        fresh.execute_batch(&format!("{SCHEMA}; {SELECTED}"))?;
        if schema(&fresh)? != schema(&connection)? {
            return Ok(Opened::Not(
                "its tables and views are not those of an archive".to_owned(),
            ));
        }
        let sound: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            return Ok(Opened::Not(sound));
        }
        // What the selection of an export is, where everything was selected.
        connection.execute_batch(
            "CREATE TEMP TABLE export_at AS SELECT max(seq) AS seq FROM ledger;
             CREATE TEMP TABLE export_reading AS SELECT id FROM reading;
             CREATE TEMP TABLE export_capture AS SELECT id FROM capture;
             CREATE TEMP TABLE export_note AS SELECT id FROM note;
             CREATE TEMP TABLE export_inquiry AS SELECT id FROM inquiry;
             CREATE TEMP TABLE export_target (id INTEGER PRIMARY KEY, means INTEGER);
             INSERT INTO export_target SELECT target, means FROM selected;",
        )?;
        connection.execute_batch(VERDICTS)?;
        Ok(Opened::Slim(Slim { connection }))
    }

    /// Shows every row of a table of the bundle, as the slim archive has it, until `each` says no.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn rows(&self, table: &Table, each: impl FnMut(&[Cell]) -> bool) -> std::result::Result<(), String> {
        let shown = rows_of(&self.connection, table, each);
        shown.map_err(|error| error.to_string())
    }

    /// Shows every ledger entry: number, line, leaf, head; until `each` says no.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn ledger(
        &self,
        mut each: impl FnMut(i64, Option<&str>, &str, &str) -> bool,
    ) -> std::result::Result<(), String> {
        let mut shown = || -> rusqlite::Result<()> {
            let mut statement = self
                .connection
                .prepare("SELECT seq, body, leaf, head FROM ledger ORDER BY seq")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let body: Option<String> = row.get(1)?;
                if !each(
                    row.get(0)?,
                    body.as_deref(),
                    &row.get::<_, String>(2)?,
                    &row.get::<_, String>(3)?,
                ) {
                    break;
                }
            }
            Ok(())
        };
        shown().map_err(|error| error.to_string())
    }

    /// Derives the line of every entry that has one from the rows; gives what differs.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn differences(&self) -> std::result::Result<Vec<(String, String)>, String> {
        verify::differences(&self.connection).map_err(|error| error.to_string())
    }
}

fn schema(connection: &Connection) -> rusqlite::Result<Vec<(String, Option<String>)>> {
    connection
        .prepare("SELECT type || ' ' || name || ' ' || tbl_name, sql FROM sqlite_schema ORDER BY 1")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
