//! The disk takes a large file while it is written, so that at its end little of it is left to wait for.

use std::fs::File;
use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Bytes after which the disk is asked again: many, as it is asked to have them for good each time.
const EVERY: usize = 32 << 20;

/// What waits for the disk, once there is enough to wait for.
#[derive(Debug, Default)]
pub(super) struct Flusher {
    since: usize,
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    asked: SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Flusher {
    /// So many bytes more went to this file, always the same.
    pub(super) fn wrote(&mut self, file: &File, bytes: usize) -> io::Result<()> {
        self.since += bytes;
        if self.since < EVERY {
            return Ok(());
        }
        self.since = 0;
        let waiting = match &mut self.waiting {
            Some(waiting) => waiting,
            none => none.insert(Waiting::on(file.try_clone()?)),
        };
        // Where the disk is behind, or failed, which is told at the end, it is not asked once more.
        let _ = waiting.asked.try_send(());
        Ok(())
    }

    /// Fails if the disk failed to take what it was asked to. There may be more.
    pub(super) fn finish(self) -> io::Result<()> {
        let Some(Waiting { asked, thread }) = self.waiting else {
            return Ok(());
        };
        drop(asked);
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl Waiting {
    fn on(file: File) -> Waiting {
        let (asked, asks) = sync_channel(1);
        let thread = thread::spawn(move || asks.iter().try_for_each(|()| file.sync_data()));
        Waiting { asked, thread }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_disk_that_fails_to_take_a_large_file_is_told_at_its_end() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"x").unwrap();
        let mut flusher = Flusher::default();
        for _ in 0..3 {
            flusher.wrote(&file, EVERY / 2).unwrap();
        }
        assert!(flusher.waiting.is_some());
        flusher.finish().unwrap();
        // What has no disk behind it cannot be had by one.
        let (_reader, writer) = io::pipe().unwrap();
        let mut flusher = Flusher::default();
        flusher
            .wrote(&File::from(std::os::fd::OwnedFd::from(writer)), EVERY)
            .unwrap();
        assert!(flusher.finish().is_err());
    }
}
