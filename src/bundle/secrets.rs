//! No file of a bundle may hold a configured credential. Files are looked through as they stand, and what is in a ZIP or in
//! gzip members also as it is inflated; a body that its server compressed only as it was received.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use memchr::memmem;
use zip::ZipArchive;

use super::failed;
use crate::error::{Error, Result};
use crate::exchange::SecretForm;

/// Bytes that are looked through at once.
const WINDOW: usize = 1 << 16;

/// Refuses the file if one of the secrets stands in it; `name` is what it is called then.
pub(super) fn refuse(path: &Path, name: &str, secrets: &[SecretForm]) -> Result<()> {
    if secrets.is_empty() {
        return Ok(());
    }
    let held = first_in(path, |source| look(source, secrets)).map_err(failed("cannot read", path))?;
    held.map_or(Ok(()), |secret| {
        Err(Error::BadInput {
            input: name.to_owned(),
            why: format!(
                "the bundle would hold the credential for {} ({})",
                secret.origin, secret.header
            ),
            hint: Some(
                "choose less, or `citekeep redact` what holds it; then change the credential: the archive has it",
            ),
        })
    })
}

/// What `look` finds first in the file as it stands, and in what is in a WACZ as it is inflated.
fn first_in<T>(path: &Path, look: impl Fn(&mut dyn Read) -> io::Result<Option<T>>) -> io::Result<Option<T>> {
    let open = || Ok::<_, io::Error>(BufReader::with_capacity(WINDOW, File::open(path)?));
    let found = look(&mut open()?)?;
    if found.is_some() || path.extension().is_none_or(|end| end != "wacz") {
        return Ok(found);
    }
    let mut zip = ZipArchive::new(open()?)?;
    for index in 0..zip.len() {
        let entry = zip.by_index(index)?;
        let packed = entry.name().is_ok_and(|name| name.ends_with(".gz"));
        let mut entry = BufReader::with_capacity(WINDOW, entry);
        let found = match packed {
            true => look(&mut MultiGzDecoder::new(entry))?,
            false => look(&mut entry)?,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn look(mut source: impl Read, secrets: &[SecretForm]) -> io::Result<Option<&SecretForm>> {
    let finders: Vec<_> = secrets
        .iter()
        .map(|secret| memmem::Finder::new(&secret.bytes))
        .collect();
    let longest = secrets.iter().map(|secret| secret.bytes.len()).max().unwrap_or(0);
    // What a window ends with may be the beginning of a secret.
    let mut window = vec![0; longest + WINDOW];
    let mut kept = 0;
    loop {
        let read = source.read(&mut window[kept..])?;
        if read == 0 {
            return Ok(None);
        }
        let end = kept + read;
        if let Some(at) = finders.iter().position(|finder| finder.find(&window[..end]).is_some()) {
            return Ok(Some(&secrets[at]));
        }
        kept = end.min(longest.saturating_sub(1));
        window.copy_within(end - kept..end, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_wherever_it_stands() {
        let secrets = [b"abcdefgh1234".to_vec(), b"xy".to_vec()].map(|bytes| SecretForm {
            origin: "https://a.example".to_owned(),
            header: "cookie",
            bytes,
        });
        for before in [0, 1, WINDOW - 7, WINDOW, WINDOW + 5, 2 * WINDOW - 3] {
            let mut bytes = vec![b'.'; before];
            assert!(look(bytes.as_slice(), &secrets).unwrap().is_none());
            bytes.extend_from_slice(b"abcdefgh1234");
            assert!(look(bytes.as_slice(), &secrets).unwrap().is_some(), "{before}");
            assert!(look(&bytes[..bytes.len() - 1], &secrets).unwrap().is_none());
        }
    }
}
