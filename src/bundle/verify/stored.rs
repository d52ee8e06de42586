//! The bytes of WARCs as they stand, on their way to whoever reads them as records: a second thread computes the digests of
//! each file and each record meanwhile.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

use super::wacz::Sum;
use crate::bundle::digests::{Batch, Digester};

/// Most records of one WACZ.
const RECORDS_LIMIT: usize = 1_000_000;

/// What was read so far.
#[derive(Debug)]
pub(super) struct Stored {
    digester: Digester,
    batch: Batch,
    /// Bytes of the file that is being read.
    length: u64,
    records: usize,
    /// Files that were read, with their lengths.
    files: Vec<(String, u64)>,
}

impl Stored {
    pub(super) fn begin() -> Stored {
        Stored {
            digester: Digester::start(),
            batch: Batch::default(),
            length: 0,
            records: 0,
            files: Vec::new(),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.batch.members.extend_from_slice(bytes);
        if self.batch.is_full() {
            self.digester.hand_over(&mut self.batch);
        }
    }

    /// A record ends here; gives the number of its digest, unless there are too many.
    pub(super) fn end_record(&mut self) -> Option<usize> {
        let number = self.records;
        let is_one_more = number < RECORDS_LIMIT;
        self.batch.end_member(is_one_more);
        self.records += usize::from(is_one_more);
        is_one_more.then_some(number)
    }

    /// The file of this name ends here.
    pub(super) fn end_file(&mut self, name: &str) {
        self.files.push((name.to_owned(), std::mem::take(&mut self.length)));
        self.digester.end_file(&mut self.batch);
    }

    /// What each file is by its bytes, and the digests of the records.
    pub(super) fn finish(self) -> (BTreeMap<String, Sum>, Vec<[u8; 32]>) {
        let digests = self.digester.finish();
        let sums = self.files.into_iter().zip(&digests.files);
        let sums = sums.map(|((name, length), sha256)| (name, Sum::of(length, sha256)));
        (sums.collect(), digests.members)
    }
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
