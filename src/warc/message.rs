//! The HTTP message in a record: its head, and a body that stands in chunks as it crossed the wire (RFC 9112). Bounded; what is
//! odd is kept as it stands.

use std::mem;

/// Head of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`; `None` of any other.
    pub version: Option<&'static str>,
    /// Status code.
    pub status: u16,
    /// Headers in order, names in lower case; values as bytes turned into text by Latin-1.
    pub headers: Vec<(String, String)>,
}

impl ResponseHead {
    /// Reads the head of a response; `None` if it is none.
    #[must_use]
    pub fn parse(head: &[u8]) -> Option<ResponseHead> {
        let text = latin1(head);
        let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
        let mut words = lines.next()?.split_ascii_whitespace();
        let version = match words.next()? {
            "HTTP/1.0" => Some("HTTP/1.0"),
            "HTTP/1.1" => Some("HTTP/1.1"),
            "HTTP/2" | "HTTP/2.0" => Some("HTTP/2.0"),
            other if other.starts_with("HTTP/") => None,
            _ => return None,
        };
        let status = words
            .next()?
            .parse()
            .ok()
            .filter(|status| (100..600).contains(status))?;
        Some(ResponseHead {
            version,
            status,
            headers: fields(lines),
        })
    }

    /// The first header of this (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|header| header.0 == name)
            .map(|header| header.1.as_str())
    }
}

/// The method of the request whose head this is.
#[must_use]
pub fn method(head: &[u8]) -> &[u8] {
    head.split(|byte| *byte == b' ').next().unwrap_or_default()
}

/// Whether a message's head has a field of this (lower-case) name.
#[must_use]
pub fn has_field(head: &[u8], name: &str) -> bool {
    head.split(|byte| *byte == b'\n').skip(1).any(|line| {
        line.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
            && line.get(name.len()) == Some(&b':')
    })
}

fn fields<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        match (line.starts_with([' ', '\t']), fields.last_mut(), line.split_once(':')) {
            (true, Some(last), _) => {
                last.1.push(' ');
                last.1.push_str(line.trim());
            }
            (_, _, Some((name, value))) if is_token(name) => {
                fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            _ => {}
        }
    }
    fields
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// Most bytes of the line before a chunk.
const LINE_LIMIT: usize = 1 << 10;

/// Takes the framing of chunks off a body that comes in pieces. Some writers take it off themselves and leave the header that
/// announces it: a body that does not begin with a chunk is given as it is.
#[derive(Debug, Default)]
pub struct Dechunk {
    state: State,
    line: Vec<u8>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// In the first line, which tells whether there are chunks at all.
    #[default]
    First,
    /// In the line before a chunk.
    Size,
    /// In a chunk of which so much is to come.
    Chunk(u64),
    /// In the end of line after a chunk.
    After,
    /// After the last chunk: trailers, which are no part of the body.
    Ended,
    /// Not in chunks.
    Plain,
    /// The framing is broken.
    Broken,
}

impl Dechunk {
    /// Takes some more of the body and gives what of it is content.
    pub fn push(&mut self, mut bytes: &[u8], mut content: impl FnMut(&[u8])) {
        while !bytes.is_empty() {
            match &mut self.state {
                State::First | State::Size => {
                    let Some(at) = memchr::memchr(b'\n', bytes) else {
                        self.line.extend_from_slice(bytes);
                        bytes = &[];
                        if self.line.len() > LINE_LIMIT {
                            self.misfit(&mut content);
                        }
                        continue;
                    };
                    self.line.extend_from_slice(&bytes[..=at]);
                    bytes = &bytes[at + 1..];
                    match size(&self.line) {
                        Some(0) => self.enter(State::Ended),
                        Some(size) => self.enter(State::Chunk(size)),
                        None => self.misfit(&mut content),
                    }
                }
                State::Chunk(left) => {
                    let size = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    content(&bytes[..size]);
                    bytes = &bytes[size..];
                    *left -= size as u64;
                    if *left == 0 {
                        self.enter(State::After);
                    }
                }
                State::After => {
                    let (first, rest) = (bytes[0], &bytes[1..]);
                    bytes = rest;
                    match first {
                        b'\r' => {}
                        b'\n' => self.enter(State::Size),
                        _ => self.enter(State::Broken),
                    }
                }
                State::Plain => {
                    content(bytes);
                    return;
                }
                State::Ended | State::Broken => return,
            }
        }
    }

    /// The body is over: gives what was held back, and whether all of it came.
    pub fn end(mut self, mut content: impl FnMut(&[u8])) -> bool {
        if self.state == State::First {
            self.misfit(&mut content);
        }
        matches!(self.state, State::Ended | State::Plain)
    }

    fn enter(&mut self, state: State) {
        self.line.clear();
        self.state = state;
    }

    /// A line that should tell the size of a chunk does not.
    fn misfit(&mut self, content: &mut impl FnMut(&[u8])) {
        if self.state == State::First {
            content(&mem::take(&mut self.line));
            self.enter(State::Plain);
        } else {
            self.enter(State::Broken);
        }
    }
}

/// The size in the line before a chunk; extensions are left aside.
fn size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    let text = str::from_utf8(digits).ok().filter(|text| text.len() <= 15)?;
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dechunked(body: &[u8], piece: usize) -> (Vec<u8>, bool) {
        let (mut dechunk, mut out) = (Dechunk::default(), Vec::new());
        for piece in body.chunks(piece) {
            dechunk.push(piece, |bytes| out.extend_from_slice(bytes));
        }
        let whole = dechunk.end(|bytes| out.extend_from_slice(bytes));
        (out, whole)
    }

    #[test]
    fn chunks_come_off_however_the_body_is_cut_into_pieces() {
        for (body, content, whole) in [
            (
                &b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\n"[..],
                &b"hello world"[..],
                true,
            ),
            (b"0\r\n\r\n", b"", true),
            (b"5\nhello\n0\n\n", b"hello", true),
            // Taken off by the writer already.
            (b"<!DOCTYPE html>\n<p>5", b"<!DOCTYPE html>\n<p>5", true),
            (b"no line at all", b"no line at all", true),
            (b"", b"", true),
            // Cut short, or broken in the middle.
            (b"5\r\nhel", b"hel", false),
            (b"5\r\nhello\r\n", b"hello", false),
            (b"5\r\nhelloX", b"hello", false),
            (b"5\r\nhello\r\nzz\r\n", b"hello", false),
            (b"ffffffffffffffff\r\nhello", b"ffffffffffffffff\r\nhello", true),
        ] {
            for piece in [1, 2, 3, 1000] {
                assert_eq!(dechunked(body, piece), (content.to_vec(), whole), "{body:?} by {piece}");
            }
        }
    }

    #[test]
    fn a_head_is_read_as_it_stands_and_what_is_no_field_is_left_out() {
        let head = ResponseHead::parse(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX: a\r\n b\r\nbad line\r\nbad name: x\r\nY: \xe9\r\n\r\nZ: body",
        )
        .unwrap();
        assert_eq!((head.version, head.status), (Some("HTTP/1.1"), 200));
        let fields = [("content-type", "text/html"), ("x", "a b"), ("y", "é")];
        assert_eq!(
            head.headers,
            fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert_eq!(
            ResponseHead::parse(b"HTTP/2 404\r\n\r\n").unwrap().version,
            Some("HTTP/2.0")
        );
        for none in [
            &b""[..],
            b"GET / HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 99999 OK\r\n\r\n",
            b"HTTP/1.1 -1\r\n\r\n",
        ] {
            assert_eq!(ResponseHead::parse(none), None);
        }
        assert_eq!(method(b"POST /x HTTP/1.1\r\n\r\n"), b"POST");
        assert!(has_field(
            b"HTTP/1.1 200 OK\r\nTransfer-ENCODING: chunked\r\n\r\n",
            "transfer-encoding"
        ));
        assert!(!has_field(
            b"HTTP/1.1 200 OK\r\nX: transfer-encoding: chunked\r\n\r\n",
            "transfer-encoding"
        ));
    }
}
