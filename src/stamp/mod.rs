//! What outside witnesses say of when a head of the ledger existed: the formats of their answers, and the check of each. Pure:
//! `capture` asks them, `store` keeps what they answered.

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
