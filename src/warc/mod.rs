//! Web archives of anybody's: WARC records one after the other in bounded memory, the HTTP messages in them, and the ZIP
//! around them (WACZ). What is foreign in them is never followed, written to the disk under its own name, or trusted to
//! say how long it is.

pub mod archive;
pub mod events;
pub mod message;
pub mod record;
mod stated;
pub mod zipped;

/// Whether the bytes are to blame, and not the disk.
pub(crate) fn is_content(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof, Unsupported};
    matches!(
        error.kind(),
        InvalidData | InvalidInput | Other | UnexpectedEof | Unsupported
    )
}
