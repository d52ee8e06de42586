//! Bodies in the archive: stored once under their digest in pieces of at most 1 MiB, staged piece by piece when large,
//! read back piece by piece.

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::failure::Fault;
use super::known::BLOBS;
use super::row::count;
use super::session::{Session, take};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::exchange::Unfinished;

/// Most bytes in one piece.
pub const CHUNK_BYTES: usize = 1 << 20;

/// Pieces that one blob may have: the id of a piece is the blob's id in the upper and its number in the lower 16 bits.
const CHUNKS_LIMIT: usize = 1 << 16;

impl Session {
    /// Stores `bytes` under their digest unless they are there; gives the blob's row.
    pub(super) fn put_blob(&mut self, sha256: &[u8; 32], bytes: &[u8]) -> Result<i64, Fault> {
        if let Some(id) = self.known_blob(sha256)? {
            return Ok(id);
        }
        let id = take(&mut self.next.blob);
        let mut chunks = 0;
        for chunk in bytes.chunks(CHUNK_BYTES) {
            self.put_chunk(id, chunks, chunk)?;
            chunks += 1;
        }
        self.put_blob_row(id, sha256, count(bytes.len()), chunks)?;
        Ok(id)
    }

    /// Stores bytes whose digest nobody computed yet.
    pub(super) fn put_new_blob(&mut self, bytes: &[u8]) -> Result<(i64, [u8; 32]), Fault> {
        let sha256 = Sha256::digest(bytes).into();
        Ok((self.put_blob(&sha256, bytes)?, sha256))
    }

    /// The row of a body, if it is here or was before it was redacted.
    pub(super) fn known_blob(&self, sha256: &[u8; 32]) -> rusqlite::Result<Option<i64>> {
        self.blobs.find(&self.connection, sha256, self.next.blob)
    }

    fn put_blob_row(&mut self, id: i64, sha256: &[u8; 32], length: i64, chunks: i64) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("INSERT INTO blob (id, sha256, length, chunks) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id, sha256, length, chunks])?;
        self.blobs.add(&self.connection, id, sha256)
    }

    fn put_chunk(&self, blob: i64, ordinal: i64, bytes: &[u8]) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("INSERT OR FAIL INTO blob_chunk (id, bytes) VALUES (?1, ?2)")?
            .execute(params![blob << 16 | ordinal, bytes])
            .map(drop)
    }

    /// Begins to stage a body. What names its state and its whole length, where the server told both, lets another try go
    /// on with it.
    pub(super) fn begin_upload(&mut self, url: &str, resumable: Option<(&str, u64)>) -> Result<i64, Fault> {
        let id = take(&mut self.next.blob);
        let (validator, total) = resumable.unzip();
        let total = total.map(|total| i64::try_from(total).unwrap_or(i64::MAX));
        self.connection
            .prepare_cached(
                "INSERT INTO upload (id, url, validator, started, length, chunks, total, run)
                 VALUES (?1, ?2, ?3, ?4, 0, 0, ?5, ?6)",
            )?
            .execute(params![id, url, validator, self.now(), total, self.run])?;
        Ok(id)
    }

    /// Takes up the staged body of `url` that a try left unfinished, the longest if there are several; nobody else gets it
    /// during this run unless it is left again.
    pub(super) fn resume_upload(&mut self, url: &str) -> Result<Option<Unfinished>, Fault> {
        let left = self
            .connection
            .prepare_cached(
                "SELECT id, validator, total, length, chunks FROM upload
                 WHERE url = ?1 AND run IS NOT ?2 AND validator IS NOT NULL AND length BETWEEN 1 AND total
                 ORDER BY length DESC LIMIT 1",
            )?
            .query_row(params![url, self.run], |row| {
                Ok(Unfinished {
                    id: row.get(0)?,
                    validator: row.get(1)?,
                    total: row.get::<_, i64>(2)?.unsigned_abs(),
                    length: row.get::<_, i64>(3)?.unsigned_abs(),
                    pieces: row.get::<_, i64>(4)?.unsigned_abs(),
                })
            })
            .optional()?;
        if let Some(left) = &left {
            self.hand_over(left.id, Some(self.run))?;
        }
        Ok(left)
    }

    /// Leaves a staged body for another try.
    pub(super) fn leave_upload(&mut self, upload: i64) -> Result<(), Fault> {
        self.hand_over(upload, None)
    }

    fn hand_over(&self, upload: i64, run: Option<i64>) -> Result<(), Fault> {
        self.connection
            .prepare_cached("UPDATE upload SET run = ?2 WHERE id = ?1")?
            .execute(params![upload, run])?;
        Ok(())
    }

    /// Piece `number` (from 0) of a staged body.
    pub(super) fn staged_piece(&self, upload: i64, number: i64) -> Result<Vec<u8>, Fault> {
        self.connection
            .prepare_cached("SELECT bytes FROM blob_chunk WHERE id = ?1")?
            .query_row([upload << 16 | number], |row| row.get(0))
            .optional()?
            .ok_or_else(|| refused(upload, "a piece is missing"))
    }

    /// Appends bytes to a staged body.
    pub(super) fn push_chunk(&mut self, upload: i64, bytes: &[u8]) -> Result<(), Fault> {
        let (_, mut chunks) = self.staged(upload)?;
        for chunk in bytes.chunks(CHUNK_BYTES) {
            if count(CHUNKS_LIMIT) - 1 <= chunks {
                return Err(refused(upload, "longer than an archive can hold"));
            }
            self.put_chunk(upload, chunks, chunk)?;
            chunks += 1;
        }
        self.connection
            .prepare_cached("UPDATE upload SET length = length + ?2, chunks = ?3 WHERE id = ?1")?
            .execute(params![upload, count(bytes.len()), chunks])?;
        Ok(())
    }

    /// Makes a staged body a blob; its pieces stay where they are.
    pub(super) fn seal_upload(&mut self, upload: i64, sha256: &[u8; 32], expected: u64) -> Result<i64, Fault> {
        let (length, chunks) = self.staged(upload)?;
        if u64::try_from(length) != Ok(expected) {
            return Err(refused(upload, "not as long as the exchange says"));
        }
        self.connection
            .prepare_cached("DELETE FROM upload WHERE id = ?1")?
            .execute([upload])?;
        if let Some(known) = self.known_blob(sha256)? {
            self.drop_chunks(upload)?;
            return Ok(known);
        }
        self.put_blob_row(upload, sha256, length, chunks)?;
        Ok(upload)
    }

    /// Throws away staged bodies begun before `before`; gives their number.
    pub(super) fn discard_uploads(&mut self, before: Timestamp) -> Result<usize, Fault> {
        let before = before.to_string();
        let stale: Vec<i64> = self
            .connection
            .prepare_cached("SELECT id FROM upload WHERE started < ?1")?
            .query_map([&before], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for upload in &stale {
            self.drop_upload(*upload)?;
        }
        Ok(stale.len())
    }

    /// Throws away a staged body.
    pub(super) fn drop_upload(&self, upload: i64) -> Result<(), Fault> {
        self.drop_chunks(upload)?;
        self.connection
            .prepare_cached("DELETE FROM upload WHERE id = ?1")?
            .execute([upload])?;
        Ok(())
    }

    /// Deletes the pieces of a blob or upload; the triggers refuse if they are evidence.
    pub(super) fn drop_chunks(&self, blob: i64) -> rusqlite::Result<usize> {
        self.connection
            .prepare_cached("DELETE FROM blob_chunk WHERE id BETWEEN ?1 AND ?2")?
            .execute([blob << 16, blob << 16 | 0xffff])
    }

    fn staged(&self, upload: i64) -> Result<(i64, i64), Fault> {
        self.connection
            .prepare_cached("SELECT length, chunks FROM upload WHERE id = ?1")?
            .query_row([upload], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .ok_or_else(|| refused(upload, "not staged, or sealed or discarded already"))
    }
}

fn refused(upload: i64, why: &str) -> Fault {
    Fault::Refused(Error::BadInput {
        input: format!("staged body {upload}"),
        why: why.to_owned(),
        hint: None,
    })
}

/// The row of a body, for who does not write.
pub(super) fn find_blob(connection: &Connection, sha256: &[u8; 32]) -> rusqlite::Result<Option<i64>> {
    BLOBS.find(connection, sha256)
}

/// Shows the pieces of a blob in order, one at a time, as far as they are numbered without a gap; gives their number.
pub(super) fn each_chunk<E: From<rusqlite::Error>>(
    connection: &Connection,
    blob: i64,
    mut each: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<i64, E> {
    let mut statement =
        connection.prepare_cached("SELECT id, bytes FROM blob_chunk WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?;
    let mut rows = statement.query([blob << 16, blob << 16 | 0xffff])?;
    let mut chunks = 0;
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(0)? != blob << 16 | chunks {
            break;
        }
        each(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        chunks += 1;
    }
    Ok(chunks)
}
