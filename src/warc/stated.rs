//! The digests that a record states of its bytes, each computed anew by its own algorithm.

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::sha256::update_both;
use crate::store::hex;

/// A digest that is computed because a record states it.
pub(super) struct Hash {
    kind: Kind,
    stated: String,
}

enum Kind {
    Sha1(Box<Sha1>),
    Sha256(Box<Sha256>),
    Sha512(Box<Sha512>),
}

impl Hash {
    /// `None` if it is of a kind that is not computed here.
    pub(super) fn of(stated: &str) -> Option<Hash> {
        let (label, value) = stated.split_once(':')?;
        let kind = match label.to_ascii_lowercase().as_str() {
            "sha1" | "sha-1" => Kind::Sha1(Box::default()),
            "sha256" | "sha-256" => Kind::Sha256(Box::default()),
            "sha512" | "sha-512" => Kind::Sha512(Box::default()),
            _ => return None,
        };
        Some(Hash {
            kind,
            stated: value.to_owned(),
        })
    }

    /// Takes these bytes into the one and those into the other, as far as there are such.
    pub(super) fn update_both(one: &mut Option<Hash>, bytes: &[u8], other: &mut Option<Hash>, others: &[u8]) {
        let kinds = [&mut *one, &mut *other].map(|hash| hash.as_mut().map(|hash| &mut hash.kind));
        if let [Some(Kind::Sha256(one)), Some(Kind::Sha256(other))] = kinds {
            return update_both(one, bytes, other, others);
        }
        for (hash, bytes) in [(one, bytes), (other, others)] {
            if let Some(hash) = hash {
                hash.update(bytes);
            }
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match &mut self.kind {
            Kind::Sha1(digest) => digest.update(bytes),
            Kind::Sha256(digest) => digest.update(bytes),
            Kind::Sha512(digest) => digest.update(bytes),
        }
    }

    /// Whether it is as stated, in hexadecimal or base 32.
    pub(super) fn agrees(self) -> bool {
        let digest = match self.kind {
            Kind::Sha1(digest) => digest.finalize().to_vec(),
            Kind::Sha256(digest) => digest.finalize().to_vec(),
            Kind::Sha512(digest) => digest.finalize().to_vec(),
        };
        let stated = self.stated.trim_end_matches('=');
        stated.eq_ignore_ascii_case(&hex(&digest)) || stated.eq_ignore_ascii_case(&base32(&digest))
    }
}

/// RFC 4648 §6, without padding.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            out.push(char::from(LETTERS[(bits >> count & 31) as usize]));
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        out.push(char::from(LETTERS[(bits << (5 - count) & 31) as usize]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_32_is_that_of_rfc_4648() {
        for (text, coded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(text.as_bytes()), coded);
        }
    }
}
