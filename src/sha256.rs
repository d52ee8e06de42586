//! SHA-256 of two runs of bytes at a time. A block can be computed only when that before it is known, and a processor has little
//! else to do meanwhile: it gets through a block of each in not much more than the time of one.

use sha2::Sha256;
use sha2::digest::Update;
use sha2::digest::array::Array;
use sha2::digest::block_api::{Block, Buffer, CoreProxy, UpdateCore};

/// Bytes that are worth the trouble.
const SOME: usize = 512;

/// Takes `bytes` into one digest and `others` into the other.
pub(crate) fn update_both(one: &mut Sha256, bytes: &[u8], other: &mut Sha256, others: &[u8]) {
    if bytes.len().min(others.len()) < SOME {
        one.update(bytes);
        other.update(others);
        return;
    }
    let (mut ours, mut theirs) = (Run::begin(one, bytes), Run::begin(other, others));
    for (block, others) in ours.blocks.iter().zip(theirs.blocks) {
        ours.core.update_blocks(std::slice::from_ref(block));
        theirs.core.update_blocks(std::slice::from_ref(others));
    }
    let both = ours.blocks.len().min(theirs.blocks.len());
    *one = ours.end(both);
    *other = theirs.end(both);
}

type Core = <Sha256 as CoreProxy>::Core;

/// Bytes on their way into a digest.
struct Run<'b> {
    core: Core,
    buffer: Buffer<Core>,
    blocks: &'b [Block<Core>],
    rest: &'b [u8],
}

impl<'b> Run<'b> {
    /// Completes the block that the digest was at.
    fn begin(digest: &mut Sha256, bytes: &'b [u8]) -> Run<'b> {
        let (mut core, mut buffer) = std::mem::take(digest).decompose();
        let missing = buffer.remaining() % buffer.size();
        let (first, bytes) = bytes.split_at(missing);
        buffer.digest_blocks(first, |blocks| core.update_blocks(blocks));
        let (blocks, rest) = Array::slice_as_chunks(bytes);
        Run {
            core,
            buffer,
            blocks,
            rest,
        }
    }

    /// Takes in what is left behind so many blocks.
    fn end(mut self, blocks: usize) -> Sha256 {
        self.core.update_blocks(&self.blocks[blocks..]);
        self.buffer
            .digest_blocks(self.rest, |blocks| self.core.update_blocks(blocks));
        Sha256::compose(self.core, self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use super::*;

    proptest::proptest! {
        #[test]
        fn two_digests_at_a_time_are_those_of_one_after_the_other(
            pieces in proptest::collection::vec((0..3000_usize, 0..3000_usize), 0..8),
        ) {
            let bytes: Vec<u8> = (0..3000_u32).map(|n| (n.wrapping_mul(n) >> 3) as u8).collect();
            let mut at_a_time = [Sha256::new(), Sha256::new()];
            let mut alone = at_a_time.clone();
            for (length, others) in pieces {
                let (bytes, others) = (&bytes[..length], &bytes[3000 - others..]);
                let [one, other] = &mut at_a_time;
                update_both(one, bytes, other, others);
                Digest::update(&mut alone[0], bytes);
                Digest::update(&mut alone[1], others);
            }
            proptest::prop_assert_eq!(at_a_time.map(Digest::finalize), alone.map(Digest::finalize));
        }
    }
}
