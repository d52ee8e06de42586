//! The bytes of a WARC on their way from who reads or makes it: a second thread writes them, and computes the digests that nobody
//! waits for: of each gzip member that an index lists, of the whole file, and whether each body is that of its name.

use std::io::{self, Write};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};

use crate::sha256::update_both;

/// Bytes after which a batch is handed over: few enough that a few of them do not count, so many that handing over does not.
const BATCH: usize = 256 << 10;
/// Batches that may wait.
const WAITING: usize = 2;

/// What was read and written since the last batch was handed over.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Bodies, one after another.
    pub bodies: Vec<u8>,
    /// Where in `bodies` one ends, and its digest by its name.
    named: Vec<(usize, [u8; 32])>,
    /// Gzip members, one after another.
    pub members: Vec<u8>,
    /// Where in `members` one ends, and whether its digest is wanted.
    ends: Vec<(usize, bool)>,
}

impl Batch {
    /// The body that ends here has this name.
    pub(super) fn end_body(&mut self, sha256: [u8; 32]) {
        self.named.push((self.bodies.len(), sha256));
    }

    /// A member ends here, whose digest may be wanted.
    pub(super) fn end_member(&mut self, wanted: bool) {
        self.ends.push((self.members.len(), wanted));
    }

    /// Whether there is enough of it to be handed over.
    pub(super) fn is_full(&self) -> bool {
        self.bodies.len() + self.members.len() >= BATCH
    }

    /// Of what is in it, what it holds no more once it is handed over.
    fn clear(&mut self) {
        self.bodies.clear();
        self.named.clear();
        self.members.clear();
        self.ends.clear();
    }
}

/// What was computed.
#[derive(Debug)]
pub(super) struct Digests {
    /// Of each gzip member of which it was wanted, in order.
    pub members: Vec<[u8; 32]>,
    /// Of the file.
    pub file: [u8; 32],
    /// The name of the first body whose bytes have another digest.
    pub damaged: Option<[u8; 32]>,
}

/// The second thread.
#[derive(Debug)]
pub(super) struct Digester<W> {
    batches: SyncSender<Batch>,
    emptied: Receiver<Batch>,
    thread: JoinHandle<io::Result<(W, Digests)>>,
}

impl<W: Write + Send + 'static> Digester<W> {
    /// Begins a file that is written to `out`.
    pub(super) fn start(mut out: W) -> Digester<W> {
        let (batches, work) = sync_channel::<Batch>(WAITING);
        let (back, emptied) = channel();
        let thread = thread::spawn(move || {
            let (mut members, mut damaged) = (Vec::new(), None);
            let (mut body, mut member, mut file) = (Sha256::new(), Sha256::new(), Sha256::new());
            for mut batch in work {
                out.write_all(&batch.members)?;
                let mut start = 0;
                for (end, name) in batch.named.drain(..) {
                    body.update(&batch.bodies[start..end]);
                    start = end;
                    if body.finalize_reset()[..] != name {
                        damaged.get_or_insert(name);
                    }
                }
                body.update(&batch.bodies[start..]);
                start = 0;
                for (end, wanted) in batch.ends.drain(..) {
                    let bytes = &batch.members[start..end];
                    start = end;
                    match wanted {
                        true => {
                            update_both(&mut member, bytes, &mut file, bytes);
                            members.push(member.finalize_reset().into());
                        }
                        false => {
                            file.update(bytes);
                            Digest::reset(&mut member);
                        }
                    }
                }
                let begun = &batch.members[start..];
                update_both(&mut member, begun, &mut file, begun);
                batch.clear();
                // Nobody takes the last ones back.
                let _ = back.send(batch);
            }
            let file = file.finalize().into();
            Ok((out, Digests { members, file, damaged }))
        });
        Digester {
            batches,
            emptied,
            thread,
        }
    }

    /// Hands over what is in `batch`, which is empty afterwards. Where nothing is taken any more, gives `false`, and
    /// [`Digester::finish`] says why.
    pub(super) fn hand_over(&mut self, batch: &mut Batch) -> bool {
        let full = std::mem::replace(batch, self.emptied.try_recv().unwrap_or_default());
        self.batches.send(full).is_ok()
    }

    /// What it was written to, and everything that was computed.
    pub(super) fn finish(self) -> io::Result<(W, Digests)> {
        drop(self.batches);
        self.thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_and_its_digests_are_those_of_the_bytes_wherever_a_batch_ends() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(n) >> 5) as u8).collect();
        let name: [u8; 32] = Sha256::digest(&bytes).into();
        for piece in [1_000, 33_333, 100_000] {
            let (mut digester, mut batch) = (Digester::start(Vec::new()), Batch::default());
            for round in 0..3 {
                for piece in bytes.chunks(piece) {
                    batch.bodies.extend_from_slice(piece);
                    batch.members.extend_from_slice(piece);
                    assert!(digester.hand_over(&mut batch));
                }
                batch.end_body(name);
                batch.end_member(round != 1);
            }
            assert!(digester.hand_over(&mut batch));
            let (written, digests) = digester.finish().unwrap();
            assert!(written == bytes.repeat(3), "{piece}");
            assert_eq!(digests.members, [name; 2]);
            assert_eq!(digests.file[..], Sha256::digest(&written)[..]);
            assert_eq!(digests.damaged, None);
        }
    }

    #[test]
    fn a_body_that_is_not_of_its_name_is_told_though_others_follow() {
        let (mut digester, mut batch) = (Digester::start(io::sink()), Batch::default());
        for (body, name) in [("a", "a"), ("b", "c"), ("d", "d")] {
            batch.bodies.extend_from_slice(body.as_bytes());
            batch.end_body(Sha256::digest(name).into());
        }
        assert!(digester.hand_over(&mut batch));
        let (_, digests) = digester.finish().unwrap();
        assert_eq!(digests.damaged, Some(Sha256::digest("c").into()));
    }

    #[test]
    fn what_cannot_be_written_ends_the_taking_and_is_told() {
        let full: &mut [u8] = Box::leak(Box::new([0; 3]));
        let (mut digester, mut batch) = (Digester::start(full), Batch::default());
        let taken = (0..100).take_while(|_| {
            batch.members.extend_from_slice(b"ab");
            digester.hand_over(&mut batch)
        });
        assert!(taken.count() < 100);
        let error = digester.finish().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    }
}
