//! As much of ASN.1's distinguished encoding (X.690) as time stamps need: values one after the other, each with its tag and a
//! definite length. Nothing is copied, and nothing nests but by the caller's hand.

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BITS: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag `[number]` of a value inside which others stand.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// With tag and length.
    pub whole: &'a [u8],
}

impl<'a> Value<'a> {
    /// The values inside.
    pub(super) fn inside(self) -> Values<'a> {
        Values(self.content)
    }
}

/// Values one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a>(pub &'a [u8]);

impl<'a> Values<'a> {
    /// The next one, if it has this tag; otherwise nothing is taken.
    pub(super) fn read(&mut self, tag: u8) -> Option<Value<'a>> {
        let before = *self;
        let value = self.next().filter(|value| value.tag == tag);
        if value.is_none() {
            *self = before;
        }
        value
    }
}

/// Ends at the first that is broken.
impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let [tag, short, rest @ ..] = self.0 else {
            return None;
        };
        let (length, rest) = match short {
            0..=0x7f => (usize::from(*short), rest),
            // Up to four bytes of length; none is the indefinite form, which is not distinguished.
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
                (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        let (content, after) = rest.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - after.len()];
        self.0 = after;
        Some(Value {
            tag: *tag,
            content,
            whole,
        })
    }
}

/// One value of a tag around what is inside.
pub(super) fn encode(tag: u8, inside: &[&[u8]]) -> Vec<u8> {
    let length: usize = inside.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length.to_le_bytes()[0]);
    } else {
        let digits = length.to_be_bytes();
        let first = digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len());
        out.push(0x80 | (digits.len() - first).to_le_bytes()[0]);
        out.extend_from_slice(&digits[first..]);
    }
    out.extend(inside.iter().copied().flatten());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_read_back_at_every_length() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let bytes = [encode(OCTETS, &[&content]), encode(NULL, &[])].concat();
            let mut values = Values(&bytes);
            assert_eq!(values.read(INTEGER), None);
            assert_eq!(values.read(OCTETS).unwrap().content, content);
            assert_eq!(values.read(NULL).unwrap().content, b"");
            assert_eq!(values.next(), None);
        }
    }

    #[test]
    fn what_is_cut_off_or_of_no_definite_length_is_no_value() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x80, 0, 0],
            &[0x30, 2, 0],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0],
            &[0x30, 0x82, 1],
        ] {
            assert_eq!(Values(bytes).next(), None, "{bytes:?}");
        }
    }
}
