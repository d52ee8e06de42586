//! Undoes content codings of a body that is already kept as received, with limits against bombs.

use std::cell::RefCell;
use std::io::Read;

use flate2::{Decompress, FlushDecompress, Status};
use thiserror::Error;

/// Most bytes that a body may unpack to.
pub const DECODED_LIMIT: usize = 256 << 20;

/// Most times its own size that a body may unpack to, past the first MiB.
pub const RATIO_LIMIT: usize = 100;

/// Most codings applied one over the other.
const CODINGS_LIMIT: usize = 2;

/// Why a body could not be unpacked.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// The coding is none that we asked for.
    #[error("content coding `{0}` is not one we can undo")]
    Unknown(String),
    /// The stream is broken or cut short.
    #[error("the {0} stream is broken")]
    Broken(&'static str),
    /// It unpacks beyond the limits of size or ratio.
    #[error("the body unpacks to more than {0} bytes")]
    TooLarge(usize),
}

/// Unpacks `body` through the codings in `content_encoding` (a Content-Encoding header's value, in the order
/// applied, RFC 9110 §8.4), to at most `limit` bytes and 100 times its size past the first MiB.
///
/// # Errors
/// If a coding is unknown or doubled too often, the stream is broken, or it unpacks beyond the limits.
pub fn decode(body: &[u8], content_encoding: &str, limit: usize) -> Result<Vec<u8>, DecodeError> {
    let codings: Vec<String> = content_encoding
        .split(',')
        .map(|c| c.trim().to_ascii_lowercase())
        .filter(|c| !c.is_empty() && c != "identity")
        .collect();
    if codings.len() > CODINGS_LIMIT {
        return Err(DecodeError::Unknown(content_encoding.to_owned()));
    }
    let limit = limit.min((body.len().saturating_mul(RATIO_LIMIT)).max(1 << 20));
    let mut bytes = body.to_vec();
    for coding in codings.iter().rev() {
        bytes = match coding.as_str() {
            "gzip" | "x-gzip" => read_all(flate2::read::MultiGzDecoder::new(bytes.as_slice()), "gzip", limit)?,
            // "deflate" is zlib by the standard, but some servers send the bare stream.
            "deflate" => match read_all(flate2::read::ZlibDecoder::new(bytes.as_slice()), "deflate", limit) {
                Err(DecodeError::Broken(_)) => {
                    read_all(flate2::read::DeflateDecoder::new(bytes.as_slice()), "deflate", limit)?
                }
                other => other?,
            },
            "br" => read_all(
                brotli_decompressor::Decompressor::new(bytes.as_slice(), 16 << 10),
                "br",
                limit,
            )?,
            other => return Err(DecodeError::Unknown(other.to_owned())),
        };
    }
    Ok(bytes)
}

/// Bytes unpacked in one step when only a beginning is wanted.
const STEP: usize = 1 << 10;

/// Begins most streams of gzip (RFC 1952 §2.3.1): deflate, and none of the optional fields; six bytes follow that say nothing of
/// the content.
const PLAIN_GZIP: &[u8] = &[0x1f, 0x8b, 8, 0];
const GZIP_HEAD: usize = 10;

thread_local! {
    /// Used again for each beginning: to make one costs more than to unpack so little.
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// The first bytes of `body`, at most `most` or until they are `enough`, as far as one coding can be undone.
pub fn beginning(body: &[u8], content_encoding: &str, most: usize, enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(STEP);
    let mut read = |reader: &mut dyn Read| {
        // What came out before a break is as good as any.
        while out.len() < most && matches!(reader.take(STEP as u64).read_to_end(&mut out), Ok(1..)) && !enough(&out) {}
    };
    match content_encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => read(&mut &*body),
        "gzip" | "x-gzip" if body.len() > GZIP_HEAD && body.starts_with(PLAIN_GZIP) => {
            INFLATE.with_borrow_mut(|inflate| inflate_beginning(inflate, &body[GZIP_HEAD..], most, &enough, &mut out));
        }
        "gzip" | "x-gzip" => read(&mut flate2::bufread::GzDecoder::new(body)),
        "deflate" => read(&mut flate2::bufread::ZlibDecoder::new(body)),
        "br" => read(&mut brotli_decompressor::Decompressor::new(body, 4 << 10)),
        _ => {}
    }
    out.truncate(most);
    out
}

/// Unpacks the beginning of a bare stream of deflate into `out`.
fn inflate_beginning(
    inflate: &mut Decompress,
    body: &[u8],
    most: usize,
    enough: &impl Fn(&[u8]) -> bool,
    out: &mut Vec<u8>,
) {
    inflate.reset(false);
    while out.len() < most {
        let (read, before) = (inflate.total_in(), out.len());
        out.reserve(STEP);
        let rest = usize::try_from(read).map_or(&[][..], |read| &body[read..]);
        // What came out before a break is as good as any.
        let goes_on = matches!(inflate.decompress_vec(rest, out, FlushDecompress::None), Ok(Status::Ok));
        if !goes_on || (inflate.total_in() == read && out.len() == before) || enough(out) {
            return;
        }
    }
}

fn read_all(reader: impl Read, name: &'static str, limit: usize) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::new();
    reader
        .take(limit as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|_| DecodeError::Broken(name))?;
    if out.len() > limit {
        Err(DecodeError::TooLarge(limit))
    } else {
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_gzip_body_comes_back_as_it_was() {
        assert_eq!(decode(&gzip(b"hello"), "gzip", DECODED_LIMIT).unwrap(), b"hello");
        assert_eq!(
            decode(&gzip(&gzip(b"hello")), "gzip, gzip", DECODED_LIMIT).unwrap(),
            b"hello"
        );
        assert_eq!(decode(b"hello", "", DECODED_LIMIT).unwrap(), b"hello");
    }

    #[test]
    fn the_beginning_of_a_body_is_that_of_the_whole_whatever_its_coding_and_also_where_it_is_cut_short() {
        let page: Vec<u8> = (0..20_000_u32).flat_map(|n| format!("{n} ").into_bytes()).collect();
        let plain = gzip(&page);
        let mut named = flate2::GzBuilder::new()
            .filename("page.html")
            .write(Vec::new(), flate2::Compression::fast());
        named.write_all(&page).unwrap();
        let named = named.finish().unwrap();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&page).unwrap();
        let zlib = zlib.finish().unwrap();
        for (body, coding) in [(&page, ""), (&plain, "gzip"), (&named, "gzip"), (&zlib, "deflate")] {
            for most in [0, 10, 5_000, 40_000] {
                assert_eq!(
                    beginning(body, coding, most, |_| false),
                    page[..most],
                    "{coding} {most}"
                );
            }
            let enough = beginning(body, coding, page.len(), |out| out.len() >= 3_000);
            assert!((3_000..10_000).contains(&enough.len()) && page.starts_with(&enough));
            assert_eq!(beginning(body, coding, usize::MAX, |_| false), page);
            let cut = beginning(&body[..body.len() / 2], coding, usize::MAX, |_| false);
            assert!(!cut.is_empty() && page.starts_with(&cut));
        }
        assert_eq!(beginning(&plain[..10], "gzip", 100, |_| false), b"");
        assert_eq!(
            beginning(b"\x1f\x8b\x08\x00\0\0\0\0\0\x03\xff\xff\xff", "gzip", 100, |_| false),
            b""
        );
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(matches!(
            decode(&bomb, "gzip", DECODED_LIMIT),
            Err(DecodeError::TooLarge(_))
        ));
        // Two million zeros.
        let bomb = [
            0x9b, 0xff, 0xff, 0x1f, 0xf8, 0x27, 0x00, 0xe2, 0xb1, 0x40, 0x20, 0xf7, 0xfe, 0x03,
        ];
        assert!(matches!(
            decode(&bomb, "br", DECODED_LIMIT),
            Err(DecodeError::TooLarge(_))
        ));
    }

    #[test]
    fn a_stream_cut_short_is_broken_and_an_unknown_coding_is_named() {
        let whole = gzip(b"hello hello hello");
        assert_eq!(
            decode(&whole[..whole.len() - 9], "gzip", DECODED_LIMIT),
            Err(DecodeError::Broken("gzip"))
        );
        assert_eq!(
            decode(b"x", "zstd", DECODED_LIMIT),
            Err(DecodeError::Unknown("zstd".into()))
        );
        assert!(decode(b"x", "gzip, gzip, gzip", DECODED_LIMIT).is_err());
        assert!(decode(b"x", &"gzip,".repeat(50), DECODED_LIMIT).is_err());
    }
}
