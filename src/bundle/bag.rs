//! The BagIt 1.0 bag (RFC 8493) that a bundle is: files under a temporary folder, manifests over them, one rename.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::thread;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::draft::Stop;
use super::flusher::Flusher;
use super::proofs::LISTED;
use super::sums::{Meanwhile, Sums};
use super::{Options, failed, left_out};
use crate::error::Result;
use crate::store::export::Extract;
use crate::store::push_hex;

/// The declaration of RFC 8493 §2.1.1.
pub(super) const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// The manifest over all that is neither payload nor proof, and so over the manifests of the payload.
pub(super) const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";

/// The same by SHA-512.
pub(super) const TAG_MANIFEST_512: &str = "tagmanifest-sha512.txt";

/// Files that are synced one by one.
#[cfg(target_os = "linux")]
const FEW: usize = 64;

/// A bag that is being written.
pub(super) struct Bag {
    folder: TempDir,
    payload: Vec<String>,
    tags: Vec<String>,
    proofs: Vec<String>,
    sums: BTreeMap<String, Sums>,
    meanwhile: Option<Meanwhile>,
    stop: Stop,
}

/// A file of the bag that is being written.
#[derive(Debug)]
pub(super) struct BagFile {
    path: PathBuf,
    file: BufWriter<File>,
    flusher: Flusher,
    stop: Stop,
    /// Who reads it back once it is whole: its name, and to whom that is told.
    whole: Option<(String, Sender<Option<String>>)>,
}

impl BagFile {
    /// Where it stands for now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_all(bytes).map_err(failed("cannot write", &self.path))
    }

    /// Ends the file. Its bytes need not be on the disk before the bag gets its name.
    pub(super) fn close(self) -> Result<()> {
        let path = self.path;
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error);
        file.and_then(|_| self.flusher.finish())
            .map_err(failed("cannot write", &path))?;
        if let Some((name, read_back)) = self.whole {
            // Where nobody is left to do it, it is read at the end.
            let _ = read_back.send(Some(name));
        }
        Ok(())
    }
}

impl Write for BagFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stop.check_io()?;
        let written = self.file.write(bytes)?;
        self.flusher.wrote(self.file.get_ref(), written)?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for BagFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Bag {
    /// Begins a bag beside `path`, where it will stand.
    pub(super) fn begin(path: &Path, stop: &Stop) -> Result<Bag> {
        let folder = tempfile::Builder::new()
            .prefix(".citekeep-export-")
            .tempdir_in(parent(path))
            .map_err(failed("cannot write a folder in", parent(path)))?;
        Ok(Bag {
            folder,
            payload: Vec::new(),
            tags: Vec::new(),
            proofs: Vec::new(),
            sums: BTreeMap::new(),
            meanwhile: None,
            stop: stop.clone(),
        })
    }

    /// From now on the files of the payload are read back and their digests taken while others are written.
    pub(super) fn sum_meanwhile(&mut self) {
        self.meanwhile = Some(Meanwhile::begin(self.folder.path(), &self.stop));
    }

    /// Where it stands for now.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Every file of the sealed bag, in order.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.files().collect()
    }

    fn files(&self) -> impl Iterator<Item = &str> {
        [&self.payload, &self.tags, &self.proofs]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// A whole file of the bag, by its name.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.folder.path().join(name);
        fs::read(&path).map_err(failed("cannot read", &path))
    }

    /// Where the files of the payload stand for now.
    pub(super) fn payload_paths(&self) -> Vec<PathBuf> {
        self.payload.iter().map(|name| self.folder.path().join(name)).collect()
    }

    /// The files that are about the sealed bag, as far as they are written.
    pub(super) fn proofs(&self) -> &[String] {
        &self.proofs
    }

    /// Begins the file `data/<name>`.
    pub(super) fn payload(&mut self, name: &str) -> Result<BagFile> {
        let name = format!("data/{name}");
        let mut file = self.create(&name)?;
        let read_back = self.meanwhile.as_ref().map(|meanwhile| meanwhile.whole.clone());
        file.whole = read_back.map(|whole| (name.clone(), whole));
        self.payload.push(name);
        Ok(file)
    }

    /// Writes a whole file beside `data/`.
    pub(super) fn tag(&mut self, name: &str, text: &str) -> Result<()> {
        let mut file = self.create(name)?;
        file.write(text.as_bytes())?;
        file.close()?;
        self.tags.push(name.to_owned());
        Ok(())
    }

    /// Writes a whole file that is about the sealed bag, and so in none of its manifests.
    pub(super) fn proof(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut file = self.create(name)?;
        file.write(bytes)?;
        file.close()?;
        self.proofs.push(name.to_owned());
        Ok(())
    }

    /// Returns when the disk has every file and folder of it.
    pub(super) fn sync_all(&self) -> Result<()> {
        let folder = self.folder.path();
        // Of many files each would wait for the disk by itself.
        #[cfg(target_os = "linux")]
        if self.files().count() > FEW {
            return File::open(folder)
                .and_then(|folder| Ok(rustix::fs::syncfs(folder)?))
                .map_err(failed("cannot write", folder));
        }
        for file in self.files() {
            sync(&folder.join(file))?;
        }
        let folders: BTreeSet<&Path> = self
            .files()
            .flat_map(|file| Path::new(file).ancestors().skip(1))
            .collect();
        for inner in folders {
            sync(&folder.join(inner))?;
        }
        Ok(())
    }

    fn create(&self, name: &str) -> Result<BagFile> {
        let path = self.folder.path().join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed("cannot make", parent))?;
        }
        let file = File::create_new(&path).map_err(failed("cannot write", &path))?;
        Ok(BagFile {
            path,
            file: BufWriter::new(file),
            flusher: Flusher::default(),
            stop: self.stop.clone(),
            whole: None,
        })
    }

    /// Every file of the payload that is whole, by its name inside `data/`, with length and digests as read back from the
    /// disk.
    pub(super) fn sums(&mut self) -> Result<Vec<(&str, &Sums)>> {
        if let Some(meanwhile) = self.meanwhile.take() {
            self.sums.extend(meanwhile.end(self.folder.path(), &self.stop)?);
        }
        let new: Vec<&str> = self
            .payload
            .iter()
            .filter(|name| !self.sums.contains_key(*name))
            .map(String::as_str)
            .collect();
        let sums = Sums::of_all(self.folder.path(), &new, &self.stop)?;
        self.sums
            .extend(sums.into_iter().map(|(name, sums)| (name.to_owned(), sums)));
        fn inside(name: &str) -> &str {
            name.strip_prefix("data/").unwrap_or(name)
        }
        Ok(self.sums.iter().map(|(name, sums)| (inside(name), sums)).collect())
    }

    /// Length and digests of every file that a manifest of the sealed bag lists, as read back from the disk.
    pub(super) fn sealed(&self) -> &BTreeMap<String, Sums> {
        &self.sums
    }

    /// Writes bag-info and the manifests over all that was written, read back from the disk.
    pub(super) fn seal(&mut self, extract: &Extract<'_>, options: &Options) -> Result<()> {
        let mut length = 0;
        let mut manifests = [String::new(), String::new()];
        for (name, sums) in self.sums()? {
            length += sums.length;
            sums.list(&format!("data/{name}"), &mut manifests);
        }
        let [sha256, sha512] = &manifests;
        self.tag("manifest-sha256.txt", sha256)?;
        self.tag("manifest-sha512.txt", sha512)?;
        self.tag("bagit.txt", DECLARATION)?;
        let who = [
            ("Source-Organization", &options.who.organization),
            ("Contact-Name", &options.who.collector),
            ("Contact-Email", &options.who.email),
        ];
        let mut info = String::new();
        for (name, value) in who.iter().filter(|(_, value)| !value.is_empty()) {
            info += &format!("{name}: {value}\n");
        }
        info += &format!(
            "Bag-Software-Agent: citekeep {}\nBagging-Date: {}\nExternal-Description: Posts and pages that articles cite, \
             as of ledger entry {} (head {}){}\nExternal-Identifier: urn:uuid:{}\n{LISTED}\nPayload-Oxum: {length}.{}\n",
            env!("CARGO_PKG_VERSION"),
            extract.at.get(..10).unwrap_or_default(),
            extract.seq,
            extract.head,
            left_out::told(extract),
            uuid(extract),
            self.payload.len()
        );
        self.tag("bag-info.txt", &info)?;
        self.tags.sort_unstable();
        let mut manifests = [String::new(), String::new()];
        let tags: Vec<&str> = self.tags.iter().map(String::as_str).collect();
        for (name, sums) in Sums::of_all(self.folder.path(), &tags, &self.stop)? {
            sums.list(name, &mut manifests);
            self.sums.insert(name.to_owned(), sums);
        }
        let [sha256, sha512] = &manifests;
        self.tag(TAG_MANIFEST, sha256)?;
        self.tag(TAG_MANIFEST_512, sha512)
    }

    /// Gives the bag, which the disk has, its name.
    pub(super) fn finish(self, path: &Path) -> Result<()> {
        fs::rename(self.folder.path(), path).map_err(failed("cannot name", path))?;
        // Under its new name there is nothing left to clean up.
        let _ = self.folder.keep();
        Ok(())
    }
}

/// A UUID (version 8, RFC 9562) that the same selection at the same entry always gets.
pub(super) fn uuid(extract: &Extract<'_>) -> String {
    uuid_at(&extract.digest, extract)
}

/// The same of the bundle from which this one leaves something out.
pub(super) fn uuid_of_whole(extract: &Extract<'_>) -> String {
    uuid_at(&extract.whole, extract)
}

fn uuid_at(selection: &[u8; 32], extract: &Extract<'_>) -> String {
    let seed = Sha256::new()
        .chain_update(selection)
        .chain_update(&extract.head)
        .finalize();
    uuid_of(&seed)
}

/// The first sixteen bytes of a digest as a UUID of version 8.
pub(super) fn uuid_of(digest: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (number, byte) in digest.iter().enumerate().take(16) {
        let byte = match number {
            6 => byte & 0x0f | 0x80,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        if [4, 6, 8, 10].contains(&number) {
            text.push('-');
        }
        push_hex(&mut text, &[byte]);
    }
    text
}

/// The folder that something of this name stands in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Checks what was written while the disk takes it; gives what the check gives.
pub(super) fn kept<T>(sync: impl FnOnce() -> Result<()> + Send, check: impl FnOnce() -> Result<T>) -> Result<T> {
    thread::scope(|scope| {
        let disk = scope.spawn(sync);
        let checked = check()?;
        disk.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(checked)
    })
}

/// Returns when the disk has the file, or what was named or made in the folder.
pub(super) fn sync(path: &Path) -> Result<()> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(failed("cannot write", path))
}

#[cfg(test)]
mod tests {
    use sha2::Sha512;

    use super::*;
    use crate::store::hex;

    #[test]
    fn files_that_are_read_back_meanwhile_have_the_digests_of_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut bag = Bag::begin(&folder.path().join("bag"), &Stop::default()).unwrap();
        let write = |bag: &mut Bag, name: &str| {
            let mut file = bag.payload(name).unwrap();
            file.write(name.as_bytes()).unwrap();
            file
        };
        write(&mut bag, "before").close().unwrap();
        bag.sum_meanwhile();
        for number in 0..100 {
            write(&mut bag, &format!("{number:03}")).close().unwrap();
        }
        // One that is whole only later is nobody's to wait for.
        let last = write(&mut bag, "last");
        bag.sums().unwrap();
        last.close().unwrap();
        bag.sums.remove("data/last");
        let sums = bag.sums().unwrap();
        assert_eq!(sums.len(), 102);
        for (name, sums) in sums {
            assert_eq!(sums.sha256, hex(&Sha256::digest(name)), "{name}");
            assert_eq!(sums.sha512, hex(&Sha512::digest(name)), "{name}");
        }
    }
}
