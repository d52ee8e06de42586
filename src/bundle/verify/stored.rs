//! The bytes of WARCs as they stand, while they are read as records: a second thread computes the digests of each file and each
//! record meanwhile.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Sink};

use super::wacz::Sum;
use crate::bundle::digests::{Batch, Digester};

/// Most records of one WACZ.
const RECORDS_LIMIT: usize = 1_000_000;

/// The file that is being read, and what those before it came to.
#[derive(Debug)]
pub(super) struct Stored {
    /// Who digests it, once there is something to digest.
    digester: Option<Digester<Sink>>,
    batch: Batch,
    /// Bytes so far.
    length: u64,
    /// What each file before was.
    sums: BTreeMap<String, Sum>,
    /// Digests of their records.
    records: Vec<[u8; 32]>,
    /// Records in all.
    count: usize,
}

impl Stored {
    pub(super) fn begin() -> Stored {
        Stored {
            digester: None,
            batch: Batch::default(),
            length: 0,
            sums: BTreeMap::new(),
            records: Vec::new(),
            count: 0,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.batch.members.extend_from_slice(bytes);
        if self.batch.is_full() {
            // Where it is not taken there was a panic, which the end passes on.
            self.digester.get_or_insert_with(digester).hand_over(&mut self.batch);
        }
    }

    /// A record ends here; gives the number of its digest, unless there are too many.
    pub(super) fn end_record(&mut self) -> Option<usize> {
        let number = self.count;
        let is_one_more = number < RECORDS_LIMIT;
        self.batch.end_member(is_one_more);
        self.count += usize::from(is_one_more);
        is_one_more.then_some(number)
    }

    /// The file of this name ends here.
    pub(super) fn end_file(&mut self, name: &str) -> io::Result<()> {
        let mut digester = self.digester.take().unwrap_or_else(digester);
        digester.hand_over(&mut self.batch);
        let (_, digests) = digester.finish()?;
        self.records.extend(digests.members);
        let length = std::mem::take(&mut self.length);
        self.sums.insert(name.to_owned(), Sum::of(length, &digests.file));
        Ok(())
    }

    /// What each file is by its bytes, and the digests of the records.
    pub(super) fn finish(self) -> (BTreeMap<String, Sum>, Vec<[u8; 32]>) {
        (self.sums, self.records)
    }
}

fn digester() -> Digester<Sink> {
    Digester::start(io::sink())
}

/// A reader all of whose bytes are taken down as they are read.
pub(super) struct Tap<'s, R> {
    pub source: R,
    pub stored: &'s RefCell<Stored>,
}

impl<R: BufRead> Read for Tap<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.source.read(buffer)?;
        self.stored.borrow_mut().take(&buffer[..size]);
        Ok(size)
    }
}

impl<R: BufRead> BufRead for Tap<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed stands in the buffer still.
        if let Ok(buffer) = self.source.fill_buf() {
            self.stored.borrow_mut().take(&buffer[..amount.min(buffer.len())]);
        }
        self.source.consume(amount);
    }
}
