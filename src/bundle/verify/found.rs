//! What the check of a bundle found.

use serde::Serialize;

use crate::bundle::draft::Stop;
use crate::clock::Timestamp;

/// Most problems that are listed.
const PROBLEMS_LIMIT: usize = 1000;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Which item.
    pub item: String,
    /// What is wrong with it.
    pub what: String,
}

/// A signature that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// The file that it stands in.
    pub item: String,
    /// Fingerprint of the key: `sha256:` and the digest of its SubjectPublicKeyInfo.
    pub key: String,
}

/// A time stamp that holds: what it is over existed at that time, if its authority is to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stamp {
    /// The file that it stands in.
    pub item: String,
    /// The last entry of the chain that it covers; `None`: it is over the tag manifest, and so over all that is sealed.
    pub entry: Option<u64>,
    /// The time that it states.
    pub time: Timestamp,
    /// Who says so, as the certificate has it.
    pub authority: String,
    /// Whether its certificate leads to one that the one who checks trusts.
    pub trusted: bool,
}

/// A proof of OpenTimestamps whose operations hold. That the block has this root was not looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Anchor {
    /// The file that it stands in.
    pub item: String,
    /// The last entry of the chain that it covers; `None`: it is over the tag manifest, and so over all that is sealed.
    pub entry: Option<u64>,
    /// The height of the Bitcoin block, and the Merkle root that it must have; `None`: only promised as yet.
    pub block: Option<(u64, String)>,
}

/// What was checked and found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Files whose digests were computed.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Records of WARCs.
    pub records: u64,
    /// Entries of the chain.
    pub entries: u64,
    /// Bodies of which the bundle says that it leaves them out; only their digests are there.
    pub left_out: u64,
    /// Head of the chain.
    pub head: Option<String>,
    /// Signatures that hold. Whose keys these are must be known from elsewhere.
    pub signatures: Vec<Signature>,
    /// Time stamps that hold.
    pub stamps: Vec<Stamp>,
    /// Proofs of OpenTimestamps.
    pub anchors: Vec<Anchor>,
    /// What is wrong, at most the first thousand.
    pub problems: Vec<Problem>,
    /// How much is wrong in all.
    pub problem_count: u64,
    /// What was not checked, or may be missed; at most the first thousand.
    pub notes: Vec<Problem>,
    /// Asked to stop, the check ends with an error.
    #[serde(skip)]
    pub(super) stop: Stop,
}

impl Report {
    /// One of nothing yet.
    pub(super) fn until(stop: &Stop) -> Report {
        Report {
            stop: stop.clone(),
            ..Report::default()
        }
    }

    pub(super) fn problem(&mut self, item: &str, what: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_LIMIT {
            self.problems.push(Problem {
                item: item.to_owned(),
                what: what.into(),
            });
        }
    }

    /// Takes in what was found beside it.
    pub(super) fn append(&mut self, other: Report) {
        self.records += other.records;
        self.problem_count += other.problem_count;
        let room = PROBLEMS_LIMIT.saturating_sub(self.problems.len());
        self.problems.extend(other.problems.into_iter().take(room));
        for note in other.notes {
            self.note(&note.item, &note.what);
        }
    }

    pub(super) fn note(&mut self, item: &str, what: &str) {
        let note = Problem {
            item: item.to_owned(),
            what: what.to_owned(),
        };
        if self.notes.len() < PROBLEMS_LIMIT && self.notes.last() != Some(&note) {
            self.notes.push(note);
        }
    }
}
