//! A bundle while it is written and checked: it may be stopped, and a ZIP that does not become whole is left as it is.

use std::io::{self, Read, Seek, Write};
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use zip::ZipWriter;
use zip::result::ZipResult;

use crate::error::{Error, ExitCode, Result};

/// Whether a signal asked to stop.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// Where the number of the signal is put when it comes; 0 before.
    #[must_use]
    pub fn signal(&self) -> Arc<AtomicUsize> {
        self.0.clone()
    }

    /// Fails once a stop was asked for.
    pub(super) fn check(&self) -> Result<()> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            15 => Err(Error::Stopped(ExitCode::Terminated)),
            _ => Err(Error::Stopped(ExitCode::Interrupted)),
        }
    }

    /// The same for who writes by way of `std::io`.
    pub(super) fn check_io(&self) -> io::Result<()> {
        self.check().map_err(io::Error::other)
    }

    /// The same for who reads by way of `std::io`.
    pub(super) fn over<R>(&self, source: R) -> Stoppable<R> {
        Stoppable {
            source,
            stop: self.clone(),
        }
    }
}

/// What is read until a stop is asked for.
pub(super) struct Stoppable<R> {
    source: R,
    stop: Stop,
}

impl<R: Read> Read for Stoppable<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stop.check_io()?;
        self.source.read(buffer)
    }
}

/// A ZIP that is ended by `finish` and by nothing else. Dropped, its writer would try to end it even on a disk that is full, and tell of
/// that on standard error by itself.
pub(super) struct Zip<W: Write + Seek>(ManuallyDrop<ZipWriter<W>>);

impl<W: Write + Seek> Zip<W> {
    pub(super) fn new(out: W) -> Zip<W> {
        Zip(ManuallyDrop::new(ZipWriter::new(out)))
    }

    /// Writes its list of contents; gives what it was written to.
    pub(super) fn finish(self) -> ZipResult<W> {
        ManuallyDrop::into_inner(self.0).finish()
    }
}

impl<W: Write + Seek> Deref for Zip<W> {
    type Target = ZipWriter<W>;

    fn deref(&self) -> &ZipWriter<W> {
        &self.0
    }
}

impl<W: Write + Seek> DerefMut for Zip<W> {
    fn deref_mut(&mut self) -> &mut ZipWriter<W> {
        &mut self.0
    }
}

impl<W: Write + Seek> Write for Zip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
