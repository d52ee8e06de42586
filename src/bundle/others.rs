//! `others/`: the archives of others that were taken in, each as it stands, and the bodies that they name.

use std::collections::HashSet;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};

use sha2::{Digest, Sha256};

use super::bag::Bag;
use super::{Options, failed};
use crate::error::{Error, Result};
use crate::stamp::{Kind, opentimestamps};
use crate::store::export::Extract;
use crate::store::{FIRST_HEAD, hex, other};

/// The folder, inside `data/`.
pub(super) const FOLDER: &str = "others/";

/// The folder with what witnesses said of the ledger of the archive that was taken in with this entry, inside the bundle.
pub(super) fn heads(entry: impl Display) -> String {
    format!("data/{FOLDER}{entry}-heads/")
}

/// Writes every archive as `NUMBER.db` and `NUMBER-chain.txt`, after its entry here, and its bodies under their digests. Where
/// something is to be left out no body of them is written: what they are, only the rows there tell. What witnesses said of a head of
/// its ledger stands in `NUMBER-heads/` as in the bundle's own `proofs/heads/`, by the number of its entry here.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    let mut written = HashSet::new();
    extract.others(|entry, content, chain| {
        for (name, blob) in [(format!("{entry}.db"), content), (format!("{entry}-chain.txt"), chain)] {
            let mut file = bag.payload(&format!("{FOLDER}{name}"))?;
            extract.body(&blob, |piece| file.write(piece))?;
            file.close()?;
        }
        stamps(bag, extract, entry)?;
        if !extract.without.is_empty() {
            return Ok(());
        }
        let path = bag.folder().join(format!("data/{FOLDER}{entry}.db"));
        // To be opened it may be brought up to date.
        let copy = tempfile::NamedTempFile::new().map_err(failed("cannot copy", &path))?;
        fs::copy(&path, copy.path()).map_err(failed("cannot copy", &path))?;
        let mut bodies: Vec<[u8; 32]> = other::bodies(copy.path())?.into_iter().collect();
        bodies.sort_unstable();
        for sha256 in bodies {
            if let Some(blob) = extract.blob(&sha256)?
                && written.insert(sha256)
            {
                let mut file = bag.payload(&format!("{FOLDER}bodies/{}", hex(&sha256)))?;
                extract.body(&blob, |piece| file.write(piece))?;
                file.close()?;
            }
        }
        Ok(())
    })
}

/// Writes what witnesses said of heads of an archive whose chain is written.
fn stamps(bag: &mut Bag, extract: &Extract<'_>, archive: i64) -> Result<()> {
    let path = bag.folder().join(format!("data/{FOLDER}{archive}-chain.txt"));
    let mut lines = BufReader::new(File::open(&path).map_err(failed("cannot read", &path))?).lines();
    let (mut text, mut next, mut previous) = (String::new(), 0, FIRST_HEAD.to_owned());
    extract.other_stamps(archive, |id, said| {
        let name = format!("{FOLDER}{archive}-heads/entry-{}.txt", said.entry);
        let is_first = next <= said.entry;
        while next <= said.entry {
            let line = lines
                .next()
                .transpose()
                .map_err(failed("cannot read", &path))?
                .unwrap_or_default();
            let (leaf, head) = line
                .split_once(' ')
                .and_then(|(_, rest)| rest.split_once(' '))
                .unwrap_or_default();
            text = format!("{previous} {leaf}\n");
            head.clone_into(&mut previous);
            next += 1;
        }
        let mut write = |name: &str, bytes: &[u8]| {
            let mut file = bag.payload(name)?;
            file.write(bytes)?;
            file.close()
        };
        if is_first {
            write(&name, text.as_bytes())?;
        }
        let by = &said.by;
        let stem = format!("{name}.{id}");
        if by.kind == Kind::OpenTimestamps {
            let digest = Sha256::digest(&text).into();
            let file = opentimestamps::file(&digest, &[(&by.reply, by.completed.as_deref())]);
            let file =
                file.map_err(|why| Error::Internal(format!("a calendar's proof over {name} does not hold: {why}")))?;
            return write(&format!("{stem}.ots"), &file);
        }
        write(&format!("{stem}.tsr"), &by.reply)?;
        for (end, part) in [("tsq", &by.query), ("pem", &by.roots)] {
            if let Some(part) = part {
                write(&format!("{stem}.{end}"), part)?;
            }
        }
        Ok(())
    })
}
