//! A record of somebody else's web archive, as it stood there: what they received, at the time that they say.

use std::sync::Arc;

use bytes::Bytes;

use super::Body;

/// A web archive file of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOfOthers {
    /// Its name, without folders.
    pub name: String,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub length: u64,
}

/// Whether the digests that a record states are those of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digests {
    /// It states none.
    None,
    /// Only of kinds that are not computed here.
    Unchecked,
    /// They are.
    Agree,
    /// At least one is not.
    Differ,
}

impl Digests {
    /// The word that stands in the archive.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Digests::None => "none",
            Digests::Unchecked => "unchecked",
            Digests::Agree => "agree",
            Digests::Differ => "differ",
        }
    }
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The file that it stands in.
    pub file: Arc<FileOfOthers>,
    /// Name of the WARC inside a WACZ.
    pub warc: Option<String>,
    /// Bytes before it in that WARC, as stored.
    pub place: u64,
    /// SHA-256 of header, head and body.
    pub sha256: [u8; 32],
    /// WARC-Type.
    pub kind: String,
    /// WARC-Record-ID.
    pub record_id: Option<String>,
    /// WARC-Target-URI.
    pub url: Option<String>,
    /// WARC-Date, as said.
    pub date: Option<String>,
    /// WARC-Payload-Digest, as said.
    pub payload: Option<String>,
    /// Whether the digests that it states are those of its bytes.
    pub digests: Digests,
    /// Status of the HTTP response in it.
    pub status: Option<u16>,
    /// What that says its body is, else the record.
    pub media_type: Option<String>,
    /// Its own header with the empty line.
    pub header: Bytes,
    /// Head of the HTTP message in it with the empty line; empty if there is none.
    pub head: Bytes,
    /// The rest of it, with chunks and codings as they stood.
    pub body: Body,
    /// Bytes of that.
    pub body_length: u64,
    /// SHA-256 of that, if there is any.
    pub body_sha256: Option<[u8; 32]>,
    /// The record whose body it names, where it is a revisit and that was found.
    pub revisits: Option<Box<Recorded>>,
}
