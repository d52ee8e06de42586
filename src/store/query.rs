//! Looking into the archive without writing: what there is, one article, one target, the bytes of a body. Works during a
//! run; every call sees a state between two commits.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::blob::find_blob;
use super::failure::sql_error;
use super::file;
use super::record::About;
use crate::error::{Error, ExitCode, Result};

mod article;
mod other;
mod overview;
mod target;

pub use article::{ArticleDetail, ArticleSummary, CitationView, ReferenceView, SentenceView};
pub use other::{OtherCapture, OtherTag};
pub use overview::{ExportView, FollowView, OwnSchedule, RunView, Space, Totals};
pub use target::{CaptureView, ContextView, ExchangeView, InquiryView, TargetView, VerdictView};

/// An archive opened for looking.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    connection: Connection,
}

/// What a person added; their word, not checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteView {
    /// Row of the note.
    pub note: i64,
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// The remark.
    pub text: String,
    /// Name of the file that came with it.
    pub file_name: Option<String>,
    /// Its digest.
    pub sha256: Option<String>,
    /// Its length in bytes.
    pub length: Option<i64>,
}

impl Reader {
    /// Reads from a connection that was opened for that.
    pub(super) fn of(path: PathBuf, connection: Connection) -> Reader {
        Reader { path, connection }
    }

    /// Opens the archive at `path`.
    ///
    /// # Errors
    /// If it is missing (exit 66), not an archive (65), newer than this program (78), or cannot be read.
    pub fn open(path: &Path) -> Result<Reader> {
        let connection = file::open_for_reading(path)?;
        Ok(Reader {
            path: path.to_owned(),
            connection,
        })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What persons added about a target (or the citation that turned out to mean it) or an article, oldest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn notes(&self, about: About) -> Result<Vec<NoteView>> {
        let (target, article) = match about {
            About::Target(id) => (Some(id), None),
            About::Article(id) => (None, Some(id)),
        };
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT n.id, n.at, n.by, n.text, n.file_name, lower(hex(b.sha256)), b.length
                     FROM note n LEFT JOIN blob b ON b.id = n.body
                     WHERE n.target = ?1 OR n.target IN (SELECT target FROM resolution WHERE identified = ?1) OR n.article = ?2
                     ORDER BY n.id",
                )?
                .query_map([target, article], |row| {
                    Ok(NoteView {
                        note: row.get(0)?,
                        at: row.get(1)?,
                        by: row.get(2)?,
                        text: row.get(3)?,
                        file_name: row.get(4)?,
                        sha256: row.get(5)?,
                        length: row.get(6)?,
                    })
                })?
                .collect()
        })
    }

    /// The bytes of a body, piece by piece; `None` if the archive does not have them.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn read_blob(&self, sha256: &[u8; 32]) -> Result<Option<BlobReader<'_>>> {
        self.ask(|connection| {
            let Some(blob) = find_blob(connection, sha256)? else {
                return Ok(None);
            };
            let chunks: i64 = connection
                .prepare_cached("SELECT chunks FROM blob WHERE id = ?1")?
                .query_row([blob], |row| row.get(0))?;
            Ok(Some(BlobReader {
                reader: self,
                blob,
                chunks,
                next: 0,
            }))
        })
    }

    pub(super) fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let answer = || {
            // One transaction, so that several statements see one state.
            let transaction = self.connection.unchecked_transaction()?;
            question(&transaction)
        };
        answer().map_err(|error| sql_error(&self.path, &error))
    }
}

/// The pieces of a blob in order, each at most 1 MiB.
#[derive(Debug)]
pub struct BlobReader<'a> {
    reader: &'a Reader,
    blob: i64,
    chunks: i64,
    next: i64,
}

impl Iterator for BlobReader<'_> {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Result<Vec<u8>>> {
        if self.next >= self.chunks {
            return None;
        }
        let id = self.blob << 16 | self.next;
        let piece = self.reader.ask(|connection| {
            connection
                .prepare_cached("SELECT bytes FROM blob_chunk WHERE id = ?1")?
                .query_row([id], |row| row.get(0))
                .optional()
        });
        self.next += 1;
        Some(piece.and_then(|piece| {
            self.next = if piece.is_some() { self.next } else { self.chunks };
            piece.ok_or_else(|| Error::Archive {
                path: self.reader.path.clone(),
                why: "this body was redacted, or is damaged".to_owned(),
                hint: Some("`citekeep verify` tells which"),
                code: ExitCode::BadInput,
            })
        }))
    }
}
