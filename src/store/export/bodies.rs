//! The bodies of a selection: which of them are in its bundle, and their bytes.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::Extract;
use crate::error::{Error, ExitCode, Result};
use crate::store::blob::{each_chunk, find_blob};
use crate::store::failure::{Fault, sql_error};
use crate::store::row::{hex, unhex};

/// A body of the archive: where it stands, and what it is.
#[derive(Debug, Clone, Copy)]
pub struct Blob {
    row: i64,
    /// Its digest.
    pub sha256: [u8; 32],
    /// Its bytes.
    pub length: u64,
}

impl Blob {
    /// That of an answer without a body, which the archive need not have.
    #[must_use]
    pub fn empty() -> Blob {
        Blob::outside(Sha256::digest(b"").into(), 0)
    }

    /// Bytes that stand elsewhere than in the archive.
    #[must_use]
    pub fn outside(sha256: [u8; 32], length: u64) -> Blob {
        Blob { row: 0, sha256, length }
    }

    /// From three columns: row, digest, length.
    pub(super) fn of(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Blob> {
        Ok(Blob {
            row: row.get(first)?,
            sha256: row.get(first + 1)?,
            length: row.get::<_, i64>(first + 2)?.unsigned_abs(),
        })
    }

    /// The same, where there may be none.
    pub(super) fn if_any(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Option<Blob>> {
        match row.get_ref(first)? {
            ValueRef::Null => Ok(None),
            _ => Blob::of(row, first).map(Some),
        }
    }
}

impl Extract<'_> {
    /// The body of this digest, if it is to be in it.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn blob(&self, sha256: &[u8; 32]) -> Result<Option<Blob>> {
        let look = |connection: &Connection| {
            let Some(blob) = find_blob(connection, sha256)? else {
                return Ok(None);
            };
            connection
                .prepare_cached("SELECT id, sha256, length FROM export_body WHERE id = ?1 AND NOT left_out")?
                .query_row([blob], |row| Blob::of(row, 0))
                .optional()
        };
        look(self.reader.connection()).map_err(|error| sql_error(self.reader.path(), &error))
    }

    /// Shows every body that is left out of this bundle though the archive has it: digest, length, and the word for why.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn left_out(&self, mut each: impl FnMut([u8; 32], i64, &str) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT b.sha256, b.length, e.why FROM export_left_out e JOIN blob b ON b.id = e.body WHERE e.why IS NOT NULL ORDER BY b.sha256",
            |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)),
            |(sha256, length, why)| each(sha256, length, &why),
        )
    }

    /// Shows every selected archive of another: its ledger entry, its content and its chain.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn others(&self, mut each: impl FnMut(i64, Blob, Blob) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT o.id, b.id, b.sha256, b.length, c.id, c.sha256, c.length FROM other_archive o
             JOIN export_body b ON b.id = o.content JOIN export_body c ON c.id = o.chain
             WHERE o.id IN (SELECT seq FROM export_entry) AND NOT b.left_out AND NOT c.left_out ORDER BY o.id",
            |row| Ok((row.get(0)?, Blob::of(row, 1)?, Blob::of(row, 4)?)),
            |(entry, content, chain)| each(entry, content, chain),
        )
    }

    /// The files that persons supplied and that are to be in it, in the order of their digests.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn supplied(&self) -> Result<Vec<Blob>> {
        let mut files = Vec::new();
        self.each(
            "SELECT DISTINCT b.id, b.sha256, b.length FROM export_note e JOIN note n ON n.id = e.id JOIN export_body b ON b.id = n.body
             WHERE NOT b.left_out ORDER BY b.sha256",
            |row| Blob::of(row, 0),
            |blob| {
                files.push(blob);
                Ok(())
            },
        )?;
        Ok(files)
    }

    /// Shows the bytes of a body, in pieces of at most 1 MiB.
    ///
    /// # Errors
    /// If the archive does not have it whole, or it is not of its digest, or cannot be read, or `each` fails.
    pub fn body(&self, blob: &Blob, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut digest = Sha256::new();
        self.pieces(blob, |piece| {
            digest.update(piece);
            each(piece)
        })?;
        match digest.finalize()[..] == blob.sha256[..] {
            true => Ok(()),
            false => Err(self.damaged(&blob.sha256)),
        }
    }

    /// The same for a caller that computes the digest by itself, and says `damaged` where it is another.
    ///
    /// # Errors
    /// If the archive does not have as many bytes, or cannot be read, or `each` fails.
    pub fn pieces(&self, blob: &Blob, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut shown = 0;
        each_chunk(self.reader.connection(), blob.row, |piece| {
            shown += piece.len() as u64;
            each(piece).map_err(Fault::from)
        })
        .map_err(|fault| fault.into_error(self.reader.path()))?;
        match shown == blob.length {
            true => Ok(()),
            false => Err(self.damaged(&blob.sha256)),
        }
    }

    /// A small body, whole.
    ///
    /// # Errors
    /// If the archive does not have it whole, or cannot be read.
    pub fn whole(&self, blob: &Blob) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.body(blob, |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// The bytes of a body of at most so many, by its digest in hex; `None` if it is longer, or is not in the bundle.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn short_body(&self, sha256: &str, most: i64) -> Result<Option<Vec<u8>>> {
        let Some(digest) = unhex(sha256) else {
            return Ok(None);
        };
        match self.blob(&digest)? {
            Some(blob) if blob.length <= most.unsigned_abs() => self.whole(&blob).map(Some),
            _ => Ok(None),
        }
    }

    /// What is said where the archive has a body no more as it came.
    pub(crate) fn damaged(&self, sha256: &[u8; 32]) -> Error {
        Error::Archive {
            path: self.reader.path().to_owned(),
            why: format!("the body {} is missing or damaged", hex(sha256)),
            hint: Some("`citekeep verify` tells what is wrong"),
            code: ExitCode::BadInput,
        }
    }
}
