//! The ZIP around a web archive or a bundle, as far as it may be trusted: what an entry must look like, and how much may be
//! read and come out of it.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use unicode_normalization::UnicodeNormalization;
use zip::CompressionMethod;
use zip::read::ZipFile;

/// What is wrong with the form of an entry of a ZIP. `folded` has the names before it as the least particular system sees them.
pub(crate) fn wrong_form<R: Read>(
    entry: &ZipFile<'_, R>,
    name: &str,
    folded: &mut HashSet<String>,
) -> Option<&'static str> {
    if !is_plain(name.trim_end_matches('/')) {
        Some("a name that leads out of the file, or that no system takes")
    } else if !folded.insert(name.nfkc().collect::<String>().to_lowercase()) {
        Some("a name that some systems take for that of another entry")
    } else if entry.is_symlink() {
        Some("a link")
    } else if entry.encrypted() {
        Some("encrypted")
    } else if ![CompressionMethod::Stored, CompressionMethod::Deflated].contains(&entry.compression()) {
        Some("compressed in a way that no player reads")
    } else {
        None
    }
}

/// Whether each part of the name is one that any system takes as the name of a file here.
fn is_plain(name: &str) -> bool {
    let odd = |c: char| c.is_control() || "\\:*?\"<>|\u{fffd}".contains(c);
    let part = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(odd);
    name.len() <= 1024 && name.split('/').all(part)
}

/// Whether the file ends where the ZIP does: with the end of its list of contents (APPNOTE 4.3.16) and this comment. Whoever unpacks
/// it does not see what stands behind.
///
/// # Errors
/// If the file cannot be read.
pub(crate) fn ends_with_its_list(path: &Path, comment: &[u8]) -> io::Result<bool> {
    const LENGTH: i64 = 22;
    let mut file = File::open(path)?;
    let mut signature = [0; 4];
    let back = LENGTH + i64::try_from(comment.len()).unwrap_or(i64::MAX - LENGTH);
    Ok(file.seek(SeekFrom::End(-back)).is_ok()
        && file.read_exact(&mut signature).is_ok()
        && signature == *b"PK\x05\x06")
}

/// A file of which no more than so much may be read.
#[derive(Debug)]
pub(crate) struct Metered<'l> {
    pub file: File,
    pub left: &'l Cell<u64>,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "its list of contents is absurdly long",
                ));
            }
        }
        Ok(read)
    }
}

impl Seek for Metered<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// What comes out of a compressed stream, as long as there is room for it.
pub(crate) struct Inflated<'l, R> {
    pub source: R,
    pub left: &'l Cell<u64>,
}

impl<R: Read> Read for Inflated<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.source.read(buffer)?;
        let left = self.left.get().checked_sub(size as u64);
        self.left.set(left.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "absurdly much comes out of what is compressed in it",
            )
        })?);
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_out_of_the_file_is_not_plain() {
        for name in ["archive/data.warc.gz", "a/b/c.d", "pages/é.jsonl", "...x/y"] {
            assert!(is_plain(name), "{name}");
        }
        for name in [
            "", "/a", "a//b", "../a", "a/..", "./a", "a\\b", "c:a", "a\nb", "a\0", "\u{fffd}",
        ] {
            assert!(!is_plain(name), "{name}");
        }
        assert!(!is_plain(&"a/".repeat(600)));
    }
}
