//! What outside witnesses said of the ledgers of others: read in an archive of another, or handed on by a bundle, and kept as
//! another's evidence, each once.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use super::Other;
use crate::error::Result;
use crate::stamp::{Kind, Testimony};
use crate::store::blob::each_chunk;
use crate::store::failure::{Fault, sql_error};
use crate::store::ledger::Field;
use crate::store::row::{OTHER_STAMP, integer, integer_or_null, text, text_or_null, unhex};
use crate::store::session::Session;

/// Most bytes of one part of a testimony: a file of many certificates has a third of it.
const PART_LIMIT: usize = 1 << 20;

/// What a witness said of one head of another's ledger.
#[derive(Debug, Clone)]
pub struct Confirmed {
    /// Number of the entry there.
    pub entry: i64,
    /// The head at it.
    pub head: String,
    /// What was said, as it came.
    pub by: Testimony,
}

/// How many of them are new here, and how many do not hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenStamps {
    /// New here.
    pub new: u64,
    /// Of those that do not hold nothing is kept.
    pub wrong: u64,
}

impl Other {
    /// What witnesses said of heads of an archive's ledger, oldest first, unless it was redacted there; nothing of a bundle, which keeps
    /// that elsewhere.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn stamps(&self) -> Result<impl Iterator<Item = Result<Confirmed>>> {
        let stamps: Vec<i64> = self.read(|connection| {
            connection
                .prepare(
                    "SELECT id FROM stamp WHERE outcome = 'captured' AND of IS NULL AND reply IS NOT NULL ORDER BY id",
                )?
                .query_map([], |row| row.get(0))?
                .collect()
        })?;
        Ok(stamps
            .into_iter()
            .filter_map(|stamp| self.read(|connection| confirmed(connection, stamp)).transpose()))
    }

    /// What is asked of the archive; of a bundle nothing.
    fn read<T: Default>(&self, ask: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        self.archive.as_ref().map_or(Ok(T::default()), |reader| {
            ask(reader.connection()).map_err(|error| sql_error(reader.path(), &error))
        })
    }
}

fn confirmed(connection: &Connection, stamp: i64) -> rusqlite::Result<Option<Confirmed>> {
    let (entry, head, authority, kind, parts) = connection
        .prepare_cached(
            "SELECT s.entry, s.head, s.authority, s.kind, s.query, s.reply,
                    (SELECT u.reply FROM stamp u WHERE u.of = s.id AND u.outcome = 'captured' ORDER BY u.id LIMIT 1), s.roots
             FROM stamp s WHERE s.id = ?1",
        )?
        .query_row([stamp], |row| {
            let parts = [row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?];
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?, parts))
        })?;
    Ok(testimony(connection, &kind, authority, parts)?.map(|by| Confirmed { entry, head, by }))
}

/// A testimony by the bodies of its parts: query, reply, completion, roots. What was redacted of it is missing; without a reply there is none.
pub(in crate::store) fn testimony(
    connection: &Connection,
    kind: &str,
    authority: String,
    parts: [Option<i64>; 4],
) -> rusqlite::Result<Option<Testimony>> {
    let read = |part: Option<i64>| -> rusqlite::Result<Option<Vec<u8>>> {
        Ok(part.map(|blob| bytes(connection, blob)).transpose()?.flatten())
    };
    let [query, reply, completed, roots] = parts;
    let (Some(kind), Some(reply)) = (Kind::of_word(kind), read(reply)?) else {
        return Ok(None);
    };
    Ok(Some(Testimony {
        kind,
        authority,
        query: read(query)?,
        reply,
        roots: read(roots)?,
        completed: read(completed)?,
    }))
}

/// The bytes of a body, no more than a part may have; `None`: redacted.
fn bytes(connection: &Connection, blob: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let pieces = each_chunk(connection, blob, |piece| {
        let room = (PART_LIMIT + 1).saturating_sub(bytes.len());
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        Ok::<_, rusqlite::Error>(())
    })?;
    Ok((pieces > 0).then_some(bytes))
}

impl Session {
    /// Keeps what was said of heads of an archive of another, each as one event of the ledger, unless it is here.
    pub(in crate::store) fn take_other_stamps(
        &mut self,
        archive: i64,
        said: &[Confirmed],
    ) -> std::result::Result<TakenStamps, Fault> {
        let mut taken = TakenStamps::default();
        for confirmed in said {
            match self.take_other_stamp(archive, confirmed)? {
                Ok(is_new) => taken.new += u64::from(is_new),
                Err(_) => taken.wrong += 1,
            }
        }
        Ok(taken)
    }

    /// The inner error says why it does not hold.
    fn take_other_stamp(
        &mut self,
        archive: i64,
        said: &Confirmed,
    ) -> std::result::Result<std::result::Result<bool, String>, Fault> {
        let by = &said.by;
        let parts = [
            ("query", by.query.as_deref()),
            ("reply", Some(&*by.reply)),
            ("completed", by.completed.as_deref()),
            ("roots", by.roots.as_deref()),
        ];
        if parts.iter().flat_map(|part| part.1).any(|part| part.len() > PART_LIMIT) {
            return Ok(Err("too large".to_owned()));
        }
        let stated = match by.stated(&unhex(&said.head).unwrap_or_default()) {
            Ok(stated) => stated,
            Err(why) => return Ok(Err(why)),
        };
        if self.has_other_stamp(archive, said)? {
            return Ok(Ok(false));
        }
        let mut rows = [None; 4];
        let mut fields = vec![
            ("entry", Field::Integer(said.entry)),
            ("head", Field::Text(said.head.as_str().into())),
            ("kind", Field::Text(by.kind.word().into())),
            ("other_archive", Field::Integer(archive)),
            ("run", Field::Integer(self.run)),
        ];
        for (row, (name, part)) in rows.iter_mut().zip(parts) {
            if let Some(part) = part {
                let (blob, sha256) = self.put_new_blob(part)?;
                *row = Some(blob);
                fields.push((name, Field::Digest(sha256)));
            }
        }
        let [query, reply, completed, roots] = rows;
        let (at, time) = (self.now(), stated.time.map(|time| time.to_string()));
        let values = [
            integer(self.next_entry),
            integer(self.run),
            text(&at),
            integer(archive),
            text(by.kind.word()),
            text_or_null(Some(&*by.authority).filter(|name| !name.is_empty())),
            integer(said.entry),
            text(&said.head),
            text_or_null(time.as_deref()),
            integer_or_null(stated.block),
            integer_or_null(query),
            integer_or_null(reply),
            integer_or_null(completed),
            integer_or_null(roots),
        ];
        OTHER_STAMP.insert(&self.connection, &values)?;
        OTHER_STAMP.encode(&values, &mut self.evidence);
        self.seal("other_stamp", fields)?;
        Ok(Ok(true))
    }

    /// Whether this is here, of any state of that archive.
    fn has_other_stamp(&self, archive: i64, said: &Confirmed) -> std::result::Result<bool, Fault> {
        let row = |part: &[u8]| self.known_blob(&Sha256::digest(part).into());
        let Some(reply) = row(&said.by.reply)? else {
            return Ok(false);
        };
        let completed = match &said.by.completed {
            None => None,
            Some(part) => match row(part)? {
                None => return Ok(false),
                known => known,
            },
        };
        Ok(self
            .connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM other_archive a JOIN other_archive o ON o.origin = a.origin
                                JOIN other_stamp s ON s.other_archive = o.id
                                WHERE a.id = ?1 AND s.entry = ?2 AND s.reply = ?3 AND s.completed IS ?4)",
            )?
            .query_row(params![archive, said.entry, reply, completed], |row| row.get(0))?)
    }
}

/// Everything that is wrong with the heads that testimonies about an archive of another are about: each must stand in its chain.
pub(super) fn faults(connection: &Connection, archive: i64, chain: &Path) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare("SELECT id, entry, head FROM other_stamp WHERE other_archive = ?1 ORDER BY entry, id")?;
    let mut rows = statement.query([archive])?;
    let mut heads = heads(chain);
    let (mut last, mut faults) = (None, Vec::new());
    while let Some(row) = rows.next()? {
        let (id, entry, stated): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        while last.as_ref().is_none_or(|(number, _)| *number < entry) {
            match heads.next() {
                Some(next) => last = Some(next),
                None => break,
            }
        }
        if last
            .as_ref()
            .is_none_or(|(number, head)| (*number, head) != (entry, &stated))
        {
            faults.push(format!("time stamp {id} is about no head of its chain"));
        }
    }
    Ok(faults)
}

/// The heads of a chain, which was checked before, with the numbers of their entries.
fn heads(chain: &Path) -> impl Iterator<Item = (i64, String)> {
    let lines = File::open(chain).ok().map(|file| BufReader::new(file).lines());
    (0..)
        .zip(lines.into_iter().flatten().map_while(std::result::Result::ok))
        .map(|(number, line)| {
            let head = line.rsplit(' ').next().unwrap_or_default().to_owned();
            (number, head)
        })
}
