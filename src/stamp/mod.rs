//! What outside witnesses say of when a digest existed, that of a head of the ledger or of a bundle's seal: the formats of their
//! answers, and the check of each. Pure: `capture` asks them, `store` and bundles keep what they answered.

mod der;
pub mod opentimestamps;
pub mod rfc3161;

/// A kind of witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A time stamping authority (RFC 3161), which signs digest and time.
    Rfc3161,
    /// A calendar of OpenTimestamps, which promises to anchor the digest in the Bitcoin block chain, and later tells where.
    OpenTimestamps,
}

impl Kind {
    /// The word that stands in the archive.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Rfc3161 => "rfc3161",
            Kind::OpenTimestamps => "opentimestamps",
        }
    }
}

/// What a witness gave its word about a digest with, as it came.
#[derive(Debug, Clone)]
pub struct Testimony {
    /// What kind of witness.
    pub kind: Kind,
    /// Its name in the settings.
    pub authority: String,
    /// What it was asked; `None`: not kept.
    pub query: Option<Vec<u8>>,
    /// What it answered.
    pub reply: Vec<u8>,
    /// The certificates (PEM) that were trusted for it.
    pub roots: Option<Vec<u8>>,
    /// The later answer of a calendar, which completes its promise.
    pub completed: Option<Vec<u8>>,
}
