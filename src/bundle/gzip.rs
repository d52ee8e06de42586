//! Gzip members (RFC 1952), one after another with one state.

use flate2::{Compress, Compression, FlushCompress, Status};

/// Magic, deflate, no flags, no time, no hint, an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// An empty last block without compression.
const END: [u8; 5] = [1, 0, 0, 0xff, 0xff];
/// Most bytes of a block without compression.
const BLOCK: usize = 0xffff;

/// Appends members to a buffer of the caller's.
pub(super) struct Gzip {
    deflate: Compress,
    crc: crc32fast::Hasher,
    length: u32,
    packed: bool,
}

impl Gzip {
    pub(super) fn new() -> Gzip {
        Gzip {
            deflate: Compress::new(Compression::default(), false),
            crc: crc32fast::Hasher::new(),
            length: 0,
            packed: false,
        }
    }

    /// Begins a member; what is `packed` already is not compressed again.
    pub(super) fn begin(&mut self, packed: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(&HEADER);
        self.crc.reset();
        self.length = 0;
        self.packed = packed;
        if !packed {
            self.deflate.reset();
        }
    }

    /// Appends to the member.
    pub(super) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), flate2::CompressError> {
        self.crc.update(bytes);
        // Modulo 2^32, as the format has it.
        self.length = self.length.wrapping_add(bytes.len() as u32);
        if !self.packed {
            return self.run(bytes, FlushCompress::None, out);
        }
        for block in bytes.chunks(BLOCK) {
            let length = block.len() as u16;
            out.push(0);
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(&(!length).to_le_bytes());
            out.extend_from_slice(block);
        }
        Ok(())
    }

    /// Ends the member.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), flate2::CompressError> {
        match self.packed {
            true => out.extend_from_slice(&END),
            false => self.run(&[], FlushCompress::Finish, out)?,
        }
        out.extend_from_slice(&self.crc.clone().finalize().to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        Ok(())
    }

    fn run(&mut self, mut bytes: &[u8], flush: FlushCompress, out: &mut Vec<u8>) -> Result<(), flate2::CompressError> {
        loop {
            out.reserve(bytes.len() / 2 + 1024);
            let before = self.deflate.total_in();
            let status = self.deflate.compress_vec(bytes, out, flush)?;
            bytes = &bytes[(self.deflate.total_in() - before) as usize..];
            // With room left in the buffer there is nothing more to come out.
            let room = out.len() < out.capacity();
            match flush {
                FlushCompress::Finish if status == Status::StreamEnd => return Ok(()),
                FlushCompress::None if bytes.is_empty() && room => return Ok(()),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn members_of_any_length_packed_or_not_give_back_their_bytes_one_by_one() {
        let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        let (mut gzip, mut out) = (Gzip::new(), Vec::new());
        let cases = [
            (0, false),
            (0, true),
            (1, false),
            (BLOCK, true),
            (BLOCK + 1, true),
            (300_000, false),
            (300_000, true),
        ];
        for (length, packed) in cases {
            gzip.begin(packed, &mut out);
            for piece in bytes[..length].chunks(70_001) {
                gzip.write(piece, &mut out).unwrap();
            }
            gzip.end(&mut out).unwrap();
        }
        let mut source = out.as_slice();
        for (length, _) in cases {
            let mut member = flate2::bufread::GzDecoder::new(&mut source);
            let mut back = Vec::new();
            member.read_to_end(&mut back).unwrap();
            assert!(back == bytes[..length], "{length}");
        }
        assert!(source.is_empty());
    }
}
