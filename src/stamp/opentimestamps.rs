//! Proofs of OpenTimestamps: operations that lead from a digest to what a calendar promises to anchor, and from there to the
//! Merkle root of a Bitcoin block. The format is that of its Python library (`core/timestamp.py`, `core/op.py`,
//! `core/notary.py`). Whether a block has that root is for others to say: it needs the block chain.

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Most bytes of an answer of a calendar; the library's own limit.
pub const REPLY_LIMIT: u64 = 10_000;
/// Most bytes of a message on the way (`Op.MAX_RESULT_LENGTH`).
const MESSAGE_LIMIT: usize = 4096;
/// Most bytes that the operations of one proof may work on; real ones need a hundredth of it.
const WORK_LIMIT: usize = 1 << 20;
/// Most branches that are open at once.
const DEPTH_LIMIT: usize = 256;
/// An answer of a calendar may use one part in so many of these two limits: what several said must fit one file.
const SHARE: usize = 16;
/// Most bytes of an attestation.
const PAYLOAD_LIMIT: u64 = 8192;

/// What a file begins with (`DetachedTimestampFile.HEADER_MAGIC`), the version, and that the digest is SHA-256.
const MAGIC: &[u8] = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x08";
const FORK: u8 = 0xff;
const ATTESTATION: u8 = 0x00;
const PENDING: [u8; 8] = [0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e];
const BITCOIN: [u8; 8] = [0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01];

/// Who attests to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A calendar that promises to have it anchored, by its address.
    Calendar(String),
    /// The Bitcoin block at this height, whose Merkle root the message is.
    Bitcoin(u64),
    /// Somebody else.
    Other,
}

/// A message that somebody attests to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// Who.
    pub by: By,
    /// What the operations made of the digest.
    pub message: Vec<u8>,
    /// Where the attestation stands, if it is the last of its branch, so that the way can go on there.
    end: Option<usize>,
}

impl Attestation {
    /// The Merkle root as block explorers print it: its bytes in reverse.
    #[must_use]
    pub fn root(&self) -> String {
        digits(self.message.iter().rev())
    }
}

/// Bytes that are read from the front.
struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Source<'a> {
    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..length)?;
        self.at += length;
        Some(taken)
    }

    /// A number in LEB128.
    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn text(&mut self, most: u64) -> Option<&'a [u8]> {
        let length = self.number().filter(|length| *length <= most)?;
        self.take(usize::try_from(length).ok()?)
    }
}

/// Follows the operations from `digest` to everything that is attested.
///
/// # Errors
/// What is wrong with them, in one line.
pub fn attestations(operations: &[u8], digest: &[u8]) -> Result<Vec<Attestation>, String> {
    walk(operations, digest, 1).map(|(found, _)| found)
}

/// The same within one part in `share` of the limits, and where the last of the branches at the digest itself begins.
fn walk(operations: &[u8], digest: &[u8], share: usize) -> Result<(Vec<Attestation>, usize), String> {
    let cut = || "the proof is cut off, or not one".to_owned();
    let mut source = Source {
        bytes: operations,
        at: 0,
    };
    let (mut found, mut open, mut work) = (Vec::new(), Vec::new(), 0);
    let (mut message, mut last) = (digest.to_vec(), None);
    loop {
        let start = source.at;
        let mut tag = source.byte().ok_or_else(cut)?;
        let is_fork = tag == FORK;
        if open.is_empty() && !is_fork {
            last.get_or_insert(start);
        }
        if is_fork {
            if open.len() == DEPTH_LIMIT / share {
                return Err("the proof branches too often".to_owned());
            }
            open.push(message.clone());
            tag = source.byte().ok_or_else(cut)?;
        }
        if tag != ATTESTATION {
            work += message.len() + 1;
            message = apply(tag, message, &mut source)?;
            if work > WORK_LIMIT / share {
                return Err("the proof is absurdly long".to_owned());
            }
            continue;
        }
        let kind = source.take(8).ok_or_else(cut)?;
        let payload = source.text(PAYLOAD_LIMIT).ok_or_else(cut)?;
        let mut inside = Source { bytes: payload, at: 0 };
        let by = if kind == PENDING {
            let address = inside.text(1000).ok_or_else(cut)?;
            let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._/:".contains(byte);
            if !address.iter().all(is_plain) {
                return Err("the proof names no calendar".to_owned());
            }
            By::Calendar(String::from_utf8_lossy(address).into_owned())
        } else if kind == BITCOIN {
            By::Bitcoin(inside.number().ok_or_else(cut)?)
        } else {
            By::Other
        };
        if matches!(by, By::Bitcoin(_)) && message.len() != 32 {
            return Err("what is anchored is no Merkle root".to_owned());
        }
        let done = open.pop();
        found.push(Attestation {
            by,
            message,
            end: (!is_fork).then_some(start),
        });
        match done {
            Some(before) => message = before,
            None if source.at == operations.len() => return Ok((found, last.unwrap_or(start))),
            None => return Err("something follows the proof".to_owned()),
        }
    }
}

/// Lower-case hex digits.
fn digits<'b>(bytes: impl IntoIterator<Item = &'b u8>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn apply(operation: u8, mut message: Vec<u8>, source: &mut Source<'_>) -> Result<Vec<u8>, String> {
    let result = match operation {
        0xf0 | 0xf1 => {
            let given = source.text(MESSAGE_LIMIT as u64).filter(|given| !given.is_empty());
            let given = given.ok_or("the proof is cut off, or not one")?;
            match operation {
                0xf0 => [&message, given].concat(),
                _ => [given, &message].concat(),
            }
        }
        0xf2 => {
            message.reverse();
            message
        }
        0xf3 => digits(&message).into_bytes(),
        0x02 => Sha1::digest(&message).to_vec(),
        0x08 => Sha256::digest(&message).to_vec(),
        other => {
            return Err(format!(
                "the proof has an operation that is not known here ({other:#04x})"
            ));
        }
    };
    match result.len() {
        1..=MESSAGE_LIMIT => Ok(result),
        _ => Err("the proof makes too much of a message".to_owned()),
    }
}

/// What a calendar promised for a digest: the commitment that it will have anchored, and its address. The last in the answer
/// that a proof can go on from.
///
/// # Errors
/// What is wrong with its answer, in one line.
pub fn promise(answer: &[u8], digest: &[u8; 32]) -> Result<(Vec<u8>, String), String> {
    let (found, _) = walk(answer, digest, SHARE)?;
    let open = found.into_iter().rev().find_map(|attestation| match attestation {
        Attestation {
            by: By::Calendar(address),
            message,
            end: Some(_),
        } => Some((message, address)),
        _ => None,
    });
    open.ok_or_else(|| "it promises nothing".to_owned())
}

/// The block that a calendar's later answer anchors its commitment in.
///
/// # Errors
/// What is wrong with the answer, in one line; also that there is no block yet.
pub fn block(answer: &[u8], commitment: &[u8]) -> Result<u64, String> {
    let (found, _) = walk(answer, commitment, SHARE)?;
    let blocks = found.iter().filter_map(|attestation| match attestation.by {
        By::Bitcoin(height) => Some(height),
        By::Calendar(_) | By::Other => None,
    });
    blocks.min().ok_or_else(|| "it names no block".to_owned())
}

/// The file of a proof over `digest`: promises of one calendar or more, each gone on with its later answer if there is one.
///
/// # Errors
/// What is wrong with them, in one line.
pub fn file(digest: &[u8; 32], said: &[(&[u8], Option<&[u8]>)]) -> Result<Vec<u8>, String> {
    let mut out = [MAGIC, digest].concat();
    for (number, (promised, completed)) in said.iter().enumerate() {
        let way = way(digest, promised, *completed)?;
        // All branches at the digest but the last of the file begin with the mark of a fork.
        let (_, last) = walk(&way, digest, 1)?;
        out.extend_from_slice(&way[..last]);
        if number + 1 < said.len() {
            out.push(FORK);
        }
        out.extend_from_slice(&way[last..]);
    }
    Ok(out)
}

/// The way from the digest over a calendar's promise, gone on with its later answer.
fn way(digest: &[u8; 32], promised: &[u8], completed: Option<&[u8]>) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let found = attestations(promised, digest)?;
    let open = found.iter().rev().find_map(|attestation| match attestation.by {
        By::Calendar(_) => attestation.end,
        By::Bitcoin(_) | By::Other => None,
    });
    match (completed, open) {
        (None, _) => out.extend_from_slice(promised),
        (Some(completed), Some(end)) => {
            // The promise stays, as one branch beside the way that goes on.
            out.extend_from_slice(&promised[..end]);
            let mut promise = Source {
                bytes: promised,
                at: end + 9,
            };
            promise.text(PAYLOAD_LIMIT).ok_or("the promise is cut off")?;
            out.push(FORK);
            out.extend_from_slice(&promised[end..promise.at]);
            out.extend_from_slice(completed);
            out.extend_from_slice(&promised[promise.at..]);
        }
        (Some(_), None) => return Err("the promise cannot be gone on with".to_owned()),
    }
    Ok(out)
}

/// Reads the file of a proof over `digest`.
///
/// # Errors
/// What is wrong with it, in one line.
pub fn read(file: &[u8], digest: &[u8; 32]) -> Result<Vec<Attestation>, String> {
    attestations(operations(file, digest)?, digest)
}

/// The operations of the file of a proof over `digest`: all of it but its beginning, which is the same in each.
///
/// # Errors
/// What is wrong with it, in one line.
pub fn operations<'f>(file: &'f [u8], digest: &[u8; 32]) -> Result<&'f [u8], String> {
    let rest = file
        .strip_prefix(MAGIC)
        .ok_or("no proof of OpenTimestamps by SHA-256")?;
    rest.strip_prefix(digest)
        .ok_or_else(|| "it is about something else".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: [u8; 32] = [7; 32];

    fn pending(address: &str) -> Vec<u8> {
        let length = u8::try_from(address.len()).unwrap();
        [&[ATTESTATION][..], &PENDING, &[length + 1, length], address.as_bytes()].concat()
    }

    fn bitcoin(height: &[u8]) -> Vec<u8> {
        [
            &[ATTESTATION][..],
            &BITCOIN,
            &[u8::try_from(height.len()).unwrap()],
            height,
        ]
        .concat()
    }

    /// Appends two bytes, hashes, and is promised an anchor.
    fn promised() -> Vec<u8> {
        [&[0xf0, 2, 1, 2, 0x08][..], &pending("https://calendar.example")].concat()
    }

    /// Prepends a byte, hashes twice, and is the root of block 500,000.
    fn completed() -> Vec<u8> {
        [&[0xf1, 1, 9, 0x08, 0x08][..], &bitcoin(&[0xa0, 0xc2, 0x1e])].concat()
    }

    fn commitment() -> Vec<u8> {
        Sha256::digest([&HEAD[..], &[1, 2]].concat()).to_vec()
    }

    #[test]
    fn a_promise_is_gone_on_with_to_a_block_and_stays_in_the_file() {
        let (message, address) = promise(&promised(), &HEAD).unwrap();
        assert_eq!((message, address.as_str()), (commitment(), "https://calendar.example"));
        assert_eq!(block(&completed(), &commitment()).unwrap(), 500_000);
        let whole = file(&HEAD, &[(&promised(), Some(&completed()))]).unwrap();
        let found = read(&whole, &HEAD).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].by, By::Calendar("https://calendar.example".into()));
        assert_eq!(found[1].by, By::Bitcoin(500_000));
        let root = Sha256::digest(Sha256::digest([&[9][..], &commitment()].concat()));
        assert_eq!(found[1].message, root.to_vec());
        assert!(found[1].root().ends_with(&format!("{:02x}", root[0])));
        let alone = file(&HEAD, &[(&promised(), None)]).unwrap();
        assert_eq!(read(&alone, &HEAD).unwrap().len(), 1);
    }

    #[test]
    fn what_several_calendars_promised_for_a_digest_stands_in_one_file() {
        // Branches at the digest itself, and is promised an anchor on both ways.
        let twofold = [
            &[FORK, 0x08][..],
            &pending("https://b.example"),
            &[0xf0, 1, 5],
            &pending("https://c.example"),
        ]
        .concat();
        let calendars = |said: &[(&[u8], Option<&[u8]>)]| {
            let found = read(&file(&HEAD, said).unwrap(), &HEAD).unwrap();
            let by = found.into_iter().map(|attestation| match attestation.by {
                By::Calendar(address) => address.replace("https://", ""),
                By::Bitcoin(height) => height.to_string(),
                By::Other => String::new(),
            });
            by.collect::<Vec<_>>().join(" ")
        };
        let (one, done) = (promised(), completed());
        // Nearly all that one answer may make us do.
        let laborious = [&[0xf3; 6][..], &[0xf2; 29], &[0x08], &pending("https://d.example")].concat();
        assert!(promise(&laborious, &HEAD).is_ok());
        assert!(promise(&[&[0xf3; 6][..], &[0xf2; 60], &laborious[35..]].concat(), &HEAD).is_err());
        let many = vec![(&*laborious, None); SHARE];
        assert_eq!(read(&file(&HEAD, &many).unwrap(), &HEAD).unwrap().len(), SHARE);
        for (said, expected) in [
            (
                &[(&*one, None), (&*twofold, None)][..],
                "calendar.example b.example c.example",
            ),
            (
                &[(&*twofold, None), (&*one, None)],
                "b.example c.example calendar.example",
            ),
            (
                &[(&*twofold, None), (&*one, Some(&*done)), (&*twofold, None)],
                "b.example c.example calendar.example 500000 b.example c.example",
            ),
        ] {
            assert_eq!(calendars(said), expected);
        }
    }

    #[test]
    fn another_digest_a_cut_and_a_tail_are_refused() {
        let whole = file(&HEAD, &[(&promised(), Some(&completed()))]).unwrap();
        assert_eq!(read(&whole, &[8; 32]).unwrap_err(), "it is about something else");
        for length in 0..whole.len() {
            assert!(read(&whole[..length], &HEAD).is_err(), "{length}");
        }
        assert!(read(&[&whole[..], &[0]].concat(), &HEAD).is_err());
    }

    #[test]
    fn what_is_hostile_is_refused_at_a_bounded_cost() {
        let forks = [&[FORK, 0x08].repeat(1000)[..], &pending("https://a.example")].concat();
        assert!(attestations(&forks, &HEAD).unwrap_err().contains("branches too often"));
        let doubled = [&[0xf3; 100][..], &pending("https://a.example")].concat();
        assert!(attestations(&doubled, &HEAD).unwrap_err().contains("too much"));
        let long = [&[0xf3, 0xf3, 0xf3, 0xf3][..], &[0xf2; 100_000]].concat();
        assert!(attestations(&long, &HEAD).unwrap_err().contains("absurdly long"));
        for broken in [
            &[0x67][..],
            &[0xf0, 0],
            &[0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            &pending("https://a.example/?q"),
            &[&[0xf0, 1, 1][..], &bitcoin(&[1])].concat(),
            &[],
        ] {
            assert!(attestations(broken, &HEAD).is_err(), "{broken:?}");
        }
        assert_eq!(promise(&bitcoin(&[1]), &HEAD).unwrap_err(), "it promises nothing");
        assert_eq!(
            block(&pending("https://a.example"), &HEAD).unwrap_err(),
            "it names no block"
        );
    }
}
