//! What outside witnesses say of when a digest existed, that of a head of the ledger or of a bundle's seal: the formats of their
//! answers, and the check of each. Pure: `capture` asks them, `store` and bundles keep what they answered.

mod der;
pub mod opentimestamps;
pub mod rfc3161;

use opentimestamps::By;
use rfc3161::Token;

use crate::clock::Timestamp;

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

    /// The kind that has this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Kind> {
        [Kind::Rfc3161, Kind::OpenTimestamps]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// What a witness gave its word about a digest with, as it came.
#[derive(Debug, Clone)]
pub struct Testimony {
    /// What kind of witness.
    pub kind: Kind,
    /// Its name in the settings; empty: not told.
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

/// What a testimony states, if that is to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// The time of a time stamping authority.
    pub time: Option<Timestamp>,
    /// The height of the Bitcoin block that must have the Merkle root; `None`: only promised, or not of a calendar.
    pub block: Option<i64>,
}

impl Testimony {
    /// Checks that it is about this digest and holds in itself: as answer to what was asked, and down to the certificates that were
    /// trusted for it. Gives what it states.
    ///
    /// # Errors
    /// What is wrong, in one line.
    pub fn stated(&self, digest: &[u8; 32]) -> Result<Stated, String> {
        match self.kind {
            Kind::Rfc3161 => {
                let token = Token::read(&self.reply)?;
                token.is_about(digest)?;
                self.query.as_deref().map_or(Ok(()), |query| token.answers(query))?;
                let roots = self.roots.as_deref().map(rfc3161::certificates);
                roots.map_or(Ok(()), |roots| token.leads_to(&roots))?;
                Ok(Stated {
                    time: Some(token.time),
                    block: None,
                })
            }
            Kind::OpenTimestamps => {
                let file = opentimestamps::file(digest, &[(&self.reply, self.completed.as_deref())])?;
                let blocks =
                    opentimestamps::read(&file, digest)?
                        .into_iter()
                        .filter_map(|attestation| match attestation.by {
                            By::Bitcoin(height) => i64::try_from(height).ok(),
                            By::Calendar(_) | By::Other => None,
                        });
                Ok(Stated {
                    time: None,
                    block: blocks.min(),
                })
            }
        }
    }
}
