//! Finds out, while a run goes on, what its captures changed: on a thread of its own, so that reading pages and comparing
//! them holds up neither the network nor the writer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::store::Reader;
use crate::store::change::Change;

/// Hears of finished captures and gathers what they changed.
pub struct Noticer {
    targets: mpsc::Sender<i64>,
    thread: JoinHandle<Result<Vec<Change>>>,
}

impl Noticer {
    /// Begins to notice what changes in the archive at `path` after ledger entry `since`; what was captured since then
    /// already (by runs that were killed) counts.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn start(path: &Path, since: i64, spacing: Duration) -> Result<Noticer> {
        let (targets, heard) = mpsc::channel();
        let path = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("changes".to_owned())
            .spawn(move || notice(&path, since, spacing, &heard))
            .map_err(|source| Error::Io {
                what: "cannot compare the captures of",
                path: PathBuf::new(),
                source,
            })?;
        Ok(Noticer { targets, thread })
    }

    /// A capture of this target was kept.
    pub fn tell(&self, target: i64) {
        // If it stopped, `finish` says why.
        let _ = self.targets.send(target);
    }

    /// What changed, in the order of the ledger.
    ///
    /// # Errors
    /// If the archive could not be read.
    pub fn finish(self) -> Result<Vec<Change>> {
        drop(self.targets);
        self.thread
            .join()
            .map_err(|_| Error::Internal("comparing the captures stopped".to_owned()))?
    }
}

fn notice(path: &Path, since: i64, spacing: Duration, heard: &mpsc::Receiver<i64>) -> Result<Vec<Change>> {
    let reader = Reader::open(path)?;
    let mut found: BTreeMap<i64, Vec<Change>> = BTreeMap::new();
    let before = reader.captured_since(since)?;
    for target in before.into_iter().chain(heard) {
        let changes = reader.changes_of_target(target, since, false, spacing)?;
        if !changes.is_empty() {
            found.insert(target, changes);
        }
    }
    let mut changes = reader.changes_of_articles(since)?;
    changes.extend(found.into_values().flatten());
    changes.sort_by_key(|change| change.seq);
    Ok(changes)
}
