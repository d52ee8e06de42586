//! Records read by a thread of their own and handed over piece by piece, so that no body is held whole while it is put away.

use std::io;
use std::mem;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;

use super::archive::{Archive, Place};
use super::record::{Record, Take};

/// Pieces that may wait.
const WAITING: usize = 4;
/// Bytes of a piece.
const PIECE: usize = 256 << 10;

/// What a reader tells, in order.
#[derive(Debug)]
pub enum Event {
    /// Some more of the body of the record that is being read.
    Body(Bytes),
    /// The record whose body came before, with the number of its WARC.
    Record(usize, Box<Record>),
    /// No record can be read there; what came of a body before counts for nothing.
    Problem(Place, String),
    /// The file cannot be read on.
    Failed(io::Error),
}

/// Reads every record.
#[must_use]
pub fn each(archive: &Arc<Archive>) -> mpsc::Receiver<Event> {
    read(archive, |archive, to| archive.each(|warc| Sender::new(warc, to)))
}

/// Reads the record at a place.
#[must_use]
pub fn one(archive: &Arc<Archive>, place: Place) -> mpsc::Receiver<Event> {
    read(archive, move |archive, to| {
        archive.one(place, &mut Sender::new(place.warc, to))
    })
}

fn read(
    archive: &Arc<Archive>,
    work: impl FnOnce(&Archive, &mpsc::Sender<Event>) -> io::Result<()> + Send + 'static,
) -> mpsc::Receiver<Event> {
    let (to, from) = mpsc::channel(WAITING);
    let archive = Arc::clone(archive);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = work(&archive, &to) {
            // Nobody listens any more: then that was the reason.
            let _ = to.blocking_send(Event::Failed(error));
        }
    });
    from
}

struct Sender<'t> {
    warc: usize,
    to: &'t mpsc::Sender<Event>,
    held: BytesMut,
}

impl<'t> Sender<'t> {
    fn new(warc: usize, to: &'t mpsc::Sender<Event>) -> Sender<'t> {
        let held = BytesMut::new();
        Sender { warc, to, held }
    }

    fn send(&self, event: Event) -> io::Result<()> {
        self.to
            .blocking_send(event)
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

impl Take for Sender<'_> {
    const WHOLE_DIGEST: bool = true;

    fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.held.extend_from_slice(bytes);
        match self.held.len() >= PIECE {
            true => {
                let piece = mem::take(&mut self.held).freeze();
                self.send(Event::Body(piece))
            }
            false => Ok(()),
        }
    }

    fn record(&mut self, record: Record) -> io::Result<()> {
        let rest = mem::take(&mut self.held).freeze();
        if !rest.is_empty() {
            self.send(Event::Body(rest))?;
        }
        self.send(Event::Record(self.warc, Box::new(record)))
    }

    fn problem(&mut self, offset: u64, what: &str) {
        self.held.clear();
        let place = Place {
            warc: self.warc,
            offset,
        };
        // Nobody listens any more: the next piece tells.
        let _ = self.send(Event::Problem(place, what.to_owned()));
    }
}
