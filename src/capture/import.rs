//! Takes the records of a web archive of others in, some at a time: large bodies go into the archive while they are read, and
//! each batch is one event of the ledger, so that an import that was broken off goes on where it was.

use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::exchange::{Body, FileOfOthers, Recorded};
use crate::fetch::replay::{file_of, recorded};
use crate::store::record::NewRecords;
use crate::store::{CHUNK_BYTES, Store};
use crate::warc::archive::Archive;
use crate::warc::events::{self, Event};
use crate::warc::record::Record;

/// Most records of one event.
const RECORDS: usize = 256;
/// Bytes of small bodies and of heads that one event may hold in memory.
const BYTES: usize = 8 << 20;
/// Most that is told of one file.
const PROBLEMS_LIMIT: usize = 1000;

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Records that were not in the archive before.
    pub new: u64,
    /// Records that were.
    pub known: u64,
    /// Records that state something wrongly: a digest that is not that of their bytes, a field twice. They are kept as they are.
    pub wrong: u64,
    /// Places where no record could be read.
    pub unreadable: u64,
    /// What was wrong and where, at most the first thousand.
    pub problems: Vec<String>,
}

/// Takes every record in that is not in the archive yet.
///
/// # Errors
/// If the file is no web archive or cannot be read, or the archive cannot be written; the batches before stay.
pub async fn import(store: &Store, path: &Path) -> Result<Report> {
    let archive = Arc::new(Archive::open(path)?);
    let mut import = Import {
        store,
        file: file_of(&archive),
        body: Incoming::default(),
        batch: Vec::new(),
        bytes: 0,
        report: Report::default(),
    };
    let mut events = events::each(&archive);
    while let Some(event) = events.recv().await {
        match event {
            Event::Body(bytes) => import.body.take(store, &import.file.name, bytes).await?,
            Event::Record(warc, record) => import.record(archive.warc(warc), *record).await?,
            Event::Problem(place, what) => {
                std::mem::take(&mut import.body).discard(store).await?;
                import.report.unreadable += 1;
                import.problem(archive.warc(place.warc), place.offset, &what);
            }
            Event::Failed(source) => {
                return Err(Error::Input {
                    input: path.display().to_string(),
                    source,
                });
            }
        }
    }
    import.flush().await?;
    Ok(import.report)
}

struct Import<'s> {
    store: &'s Store,
    file: Arc<FileOfOthers>,
    /// Of the record that is being read.
    body: Incoming,
    batch: Vec<Recorded>,
    bytes: usize,
    report: Report,
}

impl Import<'_> {
    async fn record(&mut self, warc: Option<&str>, record: Record) -> Result<()> {
        self.report.wrong += u64::from(!record.wrong.is_empty());
        for wrong in &record.wrong {
            self.problem(warc, record.offset, wrong);
        }
        let body = std::mem::take(&mut self.body).end(self.store).await?;
        self.bytes += record.header.len() + record.head.len();
        if let Body::Inline(bytes) = &body.0 {
            self.bytes += bytes.len();
        }
        self.batch.push(recorded(&self.file, warc, &record, body));
        match self.batch.len() >= RECORDS || self.bytes >= BYTES {
            true => self.flush().await,
            false => Ok(()),
        }
    }

    async fn flush(&mut self) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let batch = NewRecords {
            file: Arc::clone(&self.file),
            records: std::mem::take(&mut self.batch),
        };
        let done = self.store.import(batch).await?;
        self.report.new += done.new;
        self.report.known += done.known;
        Ok(())
    }

    fn problem(&mut self, warc: Option<&str>, offset: u64, what: &str) {
        if self.report.problems.len() < PROBLEMS_LIMIT {
            let warc = warc.map(|warc| format!("{warc}: ")).unwrap_or_default();
            self.report.problems.push(format!("{warc}record at {offset}: {what}"));
        }
    }
}

/// A body on its way in: in memory while it is small.
#[derive(Default)]
pub(super) struct Incoming {
    hash: Sha256,
    length: u64,
    held: BytesMut,
    upload: Option<i64>,
}

impl Incoming {
    pub(super) async fn take(&mut self, store: &Store, name: &str, bytes: Bytes) -> Result<()> {
        self.hash.update(&bytes);
        self.length += bytes.len() as u64;
        self.held.extend_from_slice(&bytes);
        while self.held.len() > CHUNK_BYTES {
            let upload = match self.upload {
                Some(upload) => upload,
                None => store.begin_upload(name.to_owned(), None).await?,
            };
            self.upload = Some(upload);
            store
                .push_chunk(upload, self.held.split_to(CHUNK_BYTES).freeze())
                .await?;
        }
        Ok(())
    }

    /// Its bytes so far.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    async fn end(self, store: &Store) -> Result<(Body, Option<[u8; 32]>)> {
        let (body, sha256) = self.end_with_digest(store).await?;
        let sha256 = (body != Body::None).then_some(sha256);
        Ok((body, sha256))
    }

    /// The body, and its digest also where it is empty.
    pub(super) async fn end_with_digest(self, store: &Store) -> Result<(Body, [u8; 32])> {
        let sha256 = self.hash.finalize().into();
        let rest = self.held.freeze();
        Ok(match self.upload {
            Some(upload) => {
                store.push_chunk(upload, rest).await?;
                (Body::Staged(upload), sha256)
            }
            None if rest.is_empty() => (Body::None, sha256),
            None => (Body::Inline(rest), sha256),
        })
    }

    pub(super) async fn discard(self, store: &Store) -> Result<()> {
        match self.upload {
            Some(upload) => store.discard_upload(upload).await,
            None => Ok(()),
        }
    }
}
