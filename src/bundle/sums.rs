//! Length and digests of the files of a bag, as read back from the disk: of many at a time, or of each once it is whole, while others
//! are written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use aws_lc_rs::digest::{Context, SHA512};
use sha2::{Digest, Sha256};

use super::draft::Stop;
use super::{BUFFER, failed};
use crate::error::Result;
use crate::store::hex;

/// Most files that are read at a time.
const THREADS: usize = 4;

/// Length and digests of a file.
#[derive(Debug)]
pub(super) struct Sums {
    pub length: u64,
    pub sha256: String,
    pub sha512: String,
}

impl Sums {
    /// Reads these files of the folder through, as many at a time as there are processors.
    pub(super) fn of_all<'n>(folder: &Path, names: &[&'n str], stop: &Stop) -> Result<BTreeMap<&'n str, Sums>> {
        let next = AtomicUsize::new(0);
        let work = || {
            read_back(folder, stop, || {
                names.get(next.fetch_add(1, Ordering::Relaxed)).copied()
            })
        };
        let helpers = thread::available_parallelism()
            .map_or(1, usize::from)
            .min(names.len())
            .min(THREADS)
            .saturating_sub(1);
        thread::scope(|scope| {
            let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(work)).collect();
            let mut sums: BTreeMap<_, _> = work()?.into_iter().collect();
            for helper in helpers {
                sums.extend(helper.join().unwrap_or_else(|panic| resume_unwind(panic))?);
            }
            Ok(sums)
        })
    }

    fn of(path: &Path, buffer: &mut [u8], stop: &Stop) -> Result<Sums> {
        let mut file = File::open(path).map_err(failed("cannot read", path))?;
        let (mut sha256, mut sha512, mut length) = (Sha256::new(), Context::new(&SHA512), 0);
        loop {
            stop.check()?;
            let read = file.read(buffer).map_err(failed("cannot read", path))?;
            if read == 0 {
                break;
            }
            sha256.update(&buffer[..read]);
            sha512.update(&buffer[..read]);
            length += read as u64;
        }
        Ok(Sums {
            length,
            sha256: hex(&sha256.finalize()),
            sha512: hex(sha512.finish().as_ref()),
        })
    }

    pub(super) fn list(&self, name: &str, [sha256, sha512]: &mut [String; 2]) {
        *sha256 += &format!("{}  {name}\n", self.sha256);
        *sha512 += &format!("{}  {name}\n", self.sha512);
    }
}

/// Digests of whole files, which are taken while others are written.
#[derive(Debug)]
pub(super) struct Meanwhile {
    /// To whom the name of a file is told that is whole, and to each who reads that there will be no more.
    pub whole: Sender<Option<String>>,
    names: Arc<Mutex<Receiver<Option<String>>>>,
    thread: JoinHandle<Result<Vec<(String, Sums)>>>,
}

impl Meanwhile {
    pub(super) fn begin(folder: &Path, stop: &Stop) -> Meanwhile {
        let (whole, names) = channel();
        let names = Arc::new(Mutex::new(names));
        let (folder, work, stop) = (folder.to_owned(), names.clone(), stop.clone());
        Meanwhile {
            whole,
            names,
            thread: thread::spawn(move || take_sums(&folder, &work, &stop)),
        }
    }

    /// Helps with what is left to do, and waits for its end.
    pub(super) fn end(self, folder: &Path, stop: &Stop) -> Result<Vec<(String, Sums)>> {
        for _reader in 0..2 {
            // Where the other has failed, its end says why.
            let _ = self.whole.send(None);
        }
        let mut sums = take_sums(folder, &self.names, stop)?;
        sums.extend(self.thread.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        Ok(sums)
    }
}

/// Takes whole files as they are named, until there will be no more.
fn take_sums(folder: &Path, names: &Mutex<Receiver<Option<String>>>, stop: &Stop) -> Result<Vec<(String, Sums)>> {
    // Whoever waits for a name has the lock, and gives it back with the name in hand.
    let next = || {
        names
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv()
            .ok()
            .flatten()
    };
    read_back(folder, stop, next)
}

/// Reads one file of the folder after the other through, as long as there is a next.
fn read_back<N: AsRef<str>>(folder: &Path, stop: &Stop, next: impl Fn() -> Option<N>) -> Result<Vec<(N, Sums)>> {
    let mut buffer = vec![0; BUFFER];
    let mut sums = Vec::new();
    while let Some(name) = next() {
        let of_file = Sums::of(&folder.join(name.as_ref()), &mut buffer, stop)?;
        sums.push((name, of_file));
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::error::{Error, ExitCode};

    #[test]
    fn a_stop_is_noticed_within_a_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("large"), "x").unwrap();
        let stop = Stop::default();
        assert_eq!(
            Sums::of_all(folder.path(), &["large"], &stop).unwrap()["large"].length,
            1
        );
        stop.signal().store(15, Ordering::Relaxed);
        assert!(matches!(
            Sums::of_all(folder.path(), &["large"], &stop),
            Err(Error::Stopped(ExitCode::Terminated))
        ));
    }
}
