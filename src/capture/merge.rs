//! Takes an archive of another in: its bodies first, each once, then what it says as one event of the ledger, so that an import that
//! was broken off goes on where it was.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::import::Incoming;
use crate::error::{Error, Result};
use crate::exchange::Body;
use crate::store::other::Other;
use crate::store::other::stamps::Confirmed;
use crate::store::{CHUNK_BYTES, Store};
use crate::warc::archive::Archive;
use crate::warc::events::{self, Event};

/// What a body is called while it comes in.
const NAME: &str = "archive of another";

/// How many testimonies are kept at once.
const STAMPS: usize = 16;

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Whether it was here already, just so, or is a state of this very archive.
    pub known: bool,
    /// Its readings.
    pub readings: u64,
    /// Its citations.
    pub citations: u64,
    /// Its captures.
    pub captures: u64,
    /// Its case tags.
    pub tags: u64,
    /// Readings and captures of it that no line of its ledger covers, as that was withheld.
    pub unsealed: u64,
    /// What witnesses said of its ledger and was not here before.
    pub stamps: u64,
    /// What they said and does not hold; nothing of it is kept.
    pub stamps_wrong: u64,
    /// Bodies that were not here before.
    pub bodies: u64,
    /// Bodies that it names and does not hold: redacted there, or left out.
    pub missing: u64,
}

/// Takes in an archive.
///
/// # Errors
/// If it is none, or not sound, or ours cannot be written.
pub async fn archive(store: &Store, path: &Path) -> Result<Report> {
    let other = Other::archive(path)?;
    let mut merge = Merge::of(store, &other)?;
    let mut wanted: Vec<[u8; 32]> = merge.wanted.iter().copied().collect();
    wanted.sort_unstable();
    for sha256 in wanted {
        if store.knows_body(sha256).await? {
            merge.wanted.remove(&sha256);
            continue;
        }
        let mut body = Incoming::default();
        let mut number = 0;
        while let Some(piece) = other.piece(&sha256, number)? {
            body.take(store, NAME, Bytes::from(piece)).await?;
            number += 1;
        }
        merge.keep(body).await?;
    }
    merge.end(&other, other.stamps()?).await
}

/// Takes in what a bundle in a folder, which was checked before, holds of an archive, and what witnesses said of that by its proofs.
///
/// # Errors
/// If it cannot be read, or ours cannot be written.
pub async fn bundle(store: &Store, folder: &Path, stamps: impl Iterator<Item = Result<Confirmed>>) -> Result<Report> {
    let other = Other::bundle(folder)?;
    let mut merge = Merge::of(store, &other)?;
    for path in files(&folder.join("data/captures"))? {
        let archive = Arc::new(Archive::open(&path)?);
        let mut body = Incoming::default();
        let mut events = events::each(&archive);
        while let Some(event) = events.recv().await {
            match event {
                Event::Body(bytes) => body.take(store, NAME, bytes).await?,
                Event::Record(..) => merge.keep(std::mem::take(&mut body)).await?,
                Event::Problem(..) => std::mem::take(&mut body).discard(store).await?,
                Event::Failed(source) => {
                    return Err(Error::Input {
                        input: path.display().to_string(),
                        source,
                    });
                }
            }
        }
    }
    for kept in ["data/supplied", "data/others", "data/others/bodies"] {
        for path in files(&folder.join(kept))? {
            let body = incoming(store, NAME, &path).await?;
            merge.keep(body).await?;
        }
    }
    merge.end(&other, stamps).await
}

struct Merge<'s> {
    store: &'s Store,
    /// Bodies that are still to come.
    wanted: HashSet<[u8; 32]>,
    report: Report,
}

impl<'s> Merge<'s> {
    fn of(store: &'s Store, other: &Other) -> Result<Merge<'s>> {
        Ok(Merge {
            store,
            wanted: other.bodies()?,
            report: Report::default(),
        })
    }

    /// Keeps a body that is wanted.
    async fn keep(&mut self, body: Incoming) -> Result<()> {
        let length = body.length();
        let (body, sha256) = body.end_with_digest(self.store).await?;
        let is_new = self.wanted.remove(&sha256) && !self.store.knows_body(sha256).await?;
        match (is_new, &body) {
            (true, _) => {
                self.store.keep_body(body, sha256, length).await?;
                self.report.bodies += 1;
            }
            (false, Body::Staged(upload)) => self.store.discard_upload(*upload).await?,
            (false, _) => {}
        }
        Ok(())
    }

    async fn end(mut self, other: &Other, stamps: impl Iterator<Item = Result<Confirmed>>) -> Result<Report> {
        let mut parts = Vec::new();
        for path in other.files() {
            let body = incoming(self.store, NAME, path).await?;
            let length = body.length();
            let (body, sha256) = body.end_with_digest(self.store).await?;
            parts.push((body, sha256, length));
        }
        let (Some(chain), Some(content)) = (parts.pop(), parts.pop()) else {
            return Err(Error::Internal("an archive of another has two files".to_owned()));
        };
        for sha256 in std::mem::take(&mut self.wanted) {
            self.report.missing += u64::from(!self.store.knows_body(sha256).await?);
        }
        let taken = self.store.take_other(other.to_keep(content, chain)).await?;
        if let Some(archive) = taken.row {
            self.stamps(archive, stamps).await?;
        }
        Ok(Report {
            known: taken.known,
            readings: taken.readings,
            citations: taken.citations,
            captures: taken.captures,
            tags: taken.tags,
            unsealed: taken.unsealed,
            ..self.report
        })
    }

    /// Keeps what witnesses said of an archive that is here, some at a time.
    async fn stamps(&mut self, archive: i64, stamps: impl Iterator<Item = Result<Confirmed>>) -> Result<()> {
        let mut stamps = stamps.peekable();
        while stamps.peek().is_some() {
            let some = stamps.by_ref().take(STAMPS).collect::<Result<_>>()?;
            let taken = self.store.take_other_stamps(archive, some).await?;
            self.report.stamps += taken.new;
            self.report.stamps_wrong += taken.wrong;
        }
        Ok(())
    }
}

/// A file on its way in.
async fn incoming(store: &Store, name: &str, path: &Path) -> Result<Incoming> {
    let failed = |source| Error::Io {
        what: "cannot read",
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(failed)?;
    let mut body = Incoming::default();
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            return Ok(body);
        }
        body.take(store, name, Bytes::copy_from_slice(&buffer[..read])).await?;
    }
}

/// The files of a folder, if there is one, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::Io {
        what: "cannot read",
        path: folder.to_owned(),
        source,
    };
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort_unstable();
    Ok(files)
}
