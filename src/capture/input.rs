//! Inputs of the program: what a word on the command line names, and its bytes, bounded.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use url::Url;

use crate::article::Hints;
use crate::citation::{self, Findings};
use crate::error::{Error, Result};

/// What an input is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// An address to fetch.
    Url(Url),
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl Input {
    /// `-` is standard input, what begins with `http://` or `https://` an address, all else a file.
    #[must_use]
    pub fn parse(word: &str) -> Input {
        let is_address = ["http://", "https://"]
            .iter()
            .any(|s| word.get(..s.len()).is_some_and(|w| w.eq_ignore_ascii_case(s)));
        match Url::parse(word) {
            Ok(url) if is_address => Input::Url(url),
            _ if word == "-" => Input::Stdin,
            _ => Input::File(PathBuf::from(word)),
        }
    }
}

/// The bytes of a file or of standard input, at most `limit` of them.
///
/// # Errors
/// If it is missing, unreadable, a directory, empty or larger than `limit`.
pub fn read(input: &Input, limit: u64) -> Result<Vec<u8>> {
    match input {
        Input::Stdin => read_bounded(io::stdin().lock(), "-", limit),
        Input::File(path) => read_file(path, limit),
        Input::Url(url) => Err(Error::Internal(format!("{url} is not a local input"))),
    }
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let name = path.display().to_string();
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => Error::Missing { path: name.clone() },
        _ => Error::Input {
            input: name.clone(),
            source,
        },
    };
    let metadata = path.metadata().map_err(failed)?;
    if metadata.is_dir() {
        let hint = Some("name the files in it");
        return Err(Error::BadInput {
            input: name,
            why: "is a directory".into(),
            hint,
        });
    }
    if metadata.is_file() && metadata.len() > limit {
        return Err(too_large(&name, limit));
    }
    read_bounded(File::open(path).map_err(failed)?, &name, limit)
}

fn read_bounded(reader: impl Read, name: &str, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = reader.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|source| Error::Input {
        input: name.to_owned(),
        source,
    })?;
    if bytes.len() as u64 > limit {
        return Err(too_large(name, limit));
    }
    Ok(bytes)
}

fn too_large(name: &str, limit: u64) -> Error {
    Error::BadInput {
        input: name.to_owned(),
        why: format!(
            "is larger than {} MiB, the limit of an article (limit.article)",
            limit >> 20
        ),
        hint: Some("an article is a page or a text; a collection of them goes in file by file"),
    }
}

/// What the bytes of the input `name` cite.
///
/// # Errors
/// If the bytes are neither a page nor text.
pub fn find(name: &str, bytes: &[u8], hints: &Hints) -> Result<Findings> {
    citation::find(bytes, hints).map_err(|unreadable| Error::BadInput {
        input: name.to_owned(),
        why: unreadable.to_string(),
        hint: Some("give a saved page (HTML) or plain text"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_an_address_standard_input_or_a_file() {
        assert!(matches!(Input::parse("HTTPS://example.org/a"), Input::Url(_)));
        assert_eq!(Input::parse("-"), Input::Stdin);
        assert_eq!(Input::parse("C:article.html"), Input::File("C:article.html".into()));
        assert_eq!(
            Input::parse("ftp://example.org"),
            Input::File("ftp://example.org".into())
        );
    }

    #[test]
    fn an_input_over_the_limit_is_refused_before_it_fills_memory() {
        let endless = io::repeat(b'a');
        assert!(matches!(read_bounded(endless, "-", 1000), Err(Error::BadInput { .. })));
        assert_eq!(read_bounded(&b"abc"[..], "-", 3).unwrap(), b"abc");
    }

    #[test]
    fn a_missing_file_and_a_directory_are_told_apart() {
        assert!(matches!(
            read(&Input::parse("no such file"), 9),
            Err(Error::Missing { .. })
        ));
        assert!(matches!(read(&Input::parse("/"), 9), Err(Error::BadInput { .. })));
    }
}
