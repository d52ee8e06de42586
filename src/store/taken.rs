//! What is taken from web archives of others: their records as they stood, each once, and what they are used for. Nothing of
//! it can be taken for an exchange of ours, which stands in another table.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};

use super::failure::Fault;
use super::ledger::Field;
use super::record::{Imported, NewRecords};
use super::row::{
    EXCHANGE_RECORD, Evidence, IMPORT, READING_RECORD, RECORD, Table, WEB_ARCHIVE, integer, integer_or_null, text,
    text_or_null,
};
use super::session::{Session, take};
use crate::error::Error;
use crate::exchange::{Body, FileOfOthers, Recorded};

impl Session {
    /// Keeps those of some records that are not here yet, as one event of the ledger.
    pub(super) fn import(&mut self, new: &NewRecords) -> Result<Imported, Fault> {
        let mut imported = Imported::default();
        let mut fresh = Vec::new();
        for record in &new.records {
            match self.known_record(&record.sha256)? {
                Some(_) => {
                    imported.known += 1;
                    self.let_go(&record.body)?;
                }
                None if fresh.iter().any(|other: &&Recorded| other.sha256 == record.sha256) => {
                    imported.known += 1;
                    self.let_go(&record.body)?;
                }
                None => fresh.push(record),
            }
        }
        if fresh.is_empty() {
            return Ok(imported);
        }
        let id = self.next_entry;
        let web_archive = self.put_web_archive(&new.file)?;
        let at = self.now();
        let values = [integer(id), integer(self.run), text(&at), integer(web_archive)];
        IMPORT.insert(&self.connection, &values)?;
        IMPORT.encode(&values, &mut self.evidence);
        encode(&self.connection, &WEB_ARCHIVE, web_archive, &mut self.evidence)?;
        let mut digests = Vec::new();
        for record in fresh {
            let row = self.put_record(record, None)?;
            encode_record(&self.connection, row, &mut self.evidence)?;
            digests.push(record.sha256);
            imported.new += 1;
        }
        self.seal(
            "import",
            vec![
                ("file", Field::Digest(new.file.sha256)),
                ("name", Field::Text(new.file.name.as_str().into())),
                ("records", Field::Digests(digests)),
                ("run", Field::Integer(self.run)),
            ],
        )?;
        Ok(imported)
    }

    /// A staged body that turns out not to be needed.
    fn let_go(&self, body: &Body) -> Result<(), Fault> {
        match body {
            Body::Staged(upload) => self.drop_upload(*upload),
            Body::None | Body::Inline(_) => Ok(()),
        }
    }

    /// Says that an exchange was taken from a record, which is kept if it is not here. `body` is the exchange's own body and
    /// the blob that it became.
    pub(super) fn put_exchange_record(
        &mut self,
        exchange: i64,
        recorded: &Recorded,
        body: (&Body, Option<i64>),
    ) -> Result<Named, Fault> {
        let record = self.put_record(recorded, Some(body))?;
        self.link(&EXCHANGE_RECORD, exchange, record)
    }

    /// Says that a reading was taken from a record, which is kept if it is not here.
    pub(super) fn put_reading_record(&mut self, reading: i64, recorded: &Recorded) -> Result<Named, Fault> {
        let record = self.put_record(recorded, None)?;
        self.link(&READING_RECORD, reading, record)
    }

    fn link(&mut self, table: &Table, row: i64, record: i64) -> Result<Named, Fault> {
        let values = [integer(row), integer(record)];
        table.insert(&self.connection, &values)?;
        table.encode(&values, &mut self.evidence);
        encode_record(&self.connection, record, &mut self.evidence)?;
        Ok(Named::of(&self.connection, record)?)
    }

    fn put_web_archive(&mut self, file: &FileOfOthers) -> Result<i64, Fault> {
        let known = self
            .connection
            .prepare_cached("SELECT id FROM web_archive WHERE sha256 = ?1")?
            .query_row([file.sha256], |row| row.get(0))
            .optional()?;
        if let Some(id) = known {
            return Ok(id);
        }
        let id = take(&mut self.next.web_archive);
        let values = [
            integer(id),
            ValueRef::Blob(&file.sha256),
            integer(i64::try_from(file.length).unwrap_or(i64::MAX)),
            text(&file.name),
        ];
        WEB_ARCHIVE.insert(&self.connection, &values)?;
        Ok(id)
    }

    fn known_record(&self, sha256: &[u8; 32]) -> Result<Option<i64>, Fault> {
        Ok(self
            .connection
            .prepare_cached("SELECT id FROM record WHERE sha256 = ?1")?
            .query_row([sha256], |row| row.get(0))
            .optional()?)
    }

    /// Keeps a record with the event that is being written, unless it is here; gives its row. `stored` is a body that has
    /// its blob already.
    fn put_record(&mut self, record: &Recorded, stored: Option<(&Body, Option<i64>)>) -> Result<i64, Fault> {
        let same = stored.filter(|(body, _)| **body == record.body).map(|(_, blob)| blob);
        if let Some(known) = self.known_record(&record.sha256)? {
            if same.is_none() {
                self.let_go(&record.body)?;
            }
            return Ok(known);
        }
        let revisits = match &record.revisits {
            Some(original) => Some(self.put_record(original, stored)?),
            None => self.revisited(record)?,
        };
        let body = match (same, &record.body, record.body_sha256) {
            (Some(blob), ..) => blob,
            (None, Body::None, _) => None,
            (None, Body::Inline(bytes), Some(sha256)) => Some(self.put_blob(&sha256, bytes)?),
            (None, Body::Staged(upload), Some(sha256)) => {
                Some(self.seal_upload(*upload, &sha256, record.body_length)?)
            }
            (None, _, None) => {
                return Err(Fault::Refused(Error::Internal(
                    "the body of a record comes without its digest".to_owned(),
                )));
            }
        };
        let web_archive = self.put_web_archive(&record.file)?;
        let id = take(&mut self.next.record);
        let values = [
            integer(id),
            integer(self.next_entry),
            integer(web_archive),
            text_or_null(record.warc.as_deref()),
            integer(i64::try_from(record.place).unwrap_or(i64::MAX)),
            ValueRef::Blob(&record.sha256),
            text(&record.kind),
            text_or_null(record.record_id.as_deref()),
            text_or_null(record.url.as_deref()),
            text_or_null(record.date.as_deref()),
            text_or_null(record.payload.as_deref()),
            text(record.digests.word()),
            integer_or_null(record.status.map(i64::from)),
            text_or_null(record.media_type.as_deref()),
            ValueRef::Blob(&record.header),
            ValueRef::Blob(&record.head),
            integer_or_null(body),
            integer_or_null(revisits),
        ];
        RECORD.insert(&self.connection, &values)?;
        Ok(id)
    }

    /// The record here that holds the body which a revisit names.
    fn revisited(&self, record: &Recorded) -> Result<Option<i64>, Fault> {
        let (true, Some(payload)) = (record.kind == "revisit", &record.payload) else {
            return Ok(None);
        };
        Ok(self
            .connection
            .prepare_cached(
                "SELECT id FROM record WHERE payload = ?1 AND kind IN ('response', 'resource') AND digests = 'agree'
                 ORDER BY id LIMIT 1",
            )?
            .query_row(params![payload], |row| row.get(0))
            .optional()?)
    }
}

/// Digests of records that a line of the ledger names.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Named {
    /// The record that something was taken from.
    pub record: Option<[u8; 32]>,
    /// The record that this one revisits.
    pub revisits: Option<[u8; 32]>,
}

impl Named {
    /// Those of a record; of one that is not there none.
    pub(super) fn of(connection: &Connection, record: i64) -> rusqlite::Result<Named> {
        let named = connection
            .prepare_cached(
                "SELECT r.sha256, o.sha256 FROM record r LEFT JOIN record o ON o.id = r.revisits WHERE r.id = ?1",
            )?
            .query_row([record], |row| {
                Ok(Named {
                    record: row.get(0).ok(),
                    revisits: row.get(1).ok().flatten(),
                })
            })
            .optional()?;
        Ok(named.unwrap_or_default())
    }
}

/// Writes a record and its web archive into a digest, and the same of the record that it revisits.
pub(super) fn encode_record(connection: &Connection, record: i64, evidence: &mut Evidence) -> rusqlite::Result<()> {
    let mut next = Some(record);
    // A revisit names a response, which names nothing more.
    for _ in 0..2 {
        let Some(record) = next.take() else { break };
        let mut web_archive = 0;
        RECORD.encode_rows(connection, "id = ?1", record, evidence, |row, _| {
            web_archive = row.get(2)?;
            next = row.get(17)?;
            Ok::<_, rusqlite::Error>(())
        })?;
        encode(connection, &WEB_ARCHIVE, web_archive, evidence)?;
    }
    Ok(())
}

fn encode(connection: &Connection, table: &Table, row: i64, evidence: &mut Evidence) -> rusqlite::Result<()> {
    table.encode_rows(
        connection,
        "id = ?1",
        row,
        evidence,
        |_, _| Ok::<_, rusqlite::Error>(()),
    )?;
    Ok(())
}
