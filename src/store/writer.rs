//! The thread that owns the write connection: takes commands from a bounded channel, commits what is queued together,
//! and answers only after the commit. After a failed write nothing more is accepted.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::failure::Fault;
use super::file::{self, Lock};
use super::session::Session;
use crate::error::{Error, ExitCode, Result};

/// Commands that may wait.
pub(super) const QUEUE: usize = 256;

/// Most commands in one transaction.
const BATCH_COMMANDS: usize = 128;

/// How long the first of a transaction waits for others, how often, and how many it waits for.
const GATHERING: Duration = Duration::from_micros(250);
const GATHERINGS: usize = 6;
const ENOUGH: usize = 32;

/// Most bytes of bodies in one transaction.
const BATCH_BYTES: usize = 8 << 20;

/// What the work came to, and how to tell the one who asked.
pub(super) enum Attempt {
    /// To be told once committed.
    Done(Box<dyn FnOnce() + Send>),
    /// Nothing of it may stay.
    Failed(Fault, Box<dyn FnOnce(Error) + Send>),
}

type Work = Box<dyn FnOnce(&mut Session) -> Attempt + Send>;

/// What the thread is asked.
pub(super) enum Command {
    /// One operation, which writes all or nothing.
    Work {
        /// About how many bytes it writes.
        weight: usize,
        /// The operation.
        work: Work,
    },
    /// The run ends.
    Close(Closing),
}

/// How the run ends, and who wants to know that it did.
pub(super) struct Closing {
    pub exit: i64,
    pub summary: Option<String>,
    pub reply: oneshot::Sender<Result<()>>,
}

/// Why the thread stopped accepting, once it did.
pub(super) type Stop = OnceLock<(String, ExitCode)>;

/// An operation as a command, and where its answer will come. The channel closes without one if the writer stops.
pub(super) fn command<T: Send + 'static>(
    weight: usize,
    operation: impl FnOnce(&mut Session) -> std::result::Result<T, Fault> + Send + 'static,
) -> (Command, oneshot::Receiver<Result<T>>) {
    let (sender, receiver) = oneshot::channel();
    // Nobody may be waiting any more; the work counts all the same, so a failed `send` is no failure.
    let work = Box::new(move |session: &mut Session| match operation(session) {
        Ok(value) => Attempt::Done(Box::new(move || {
            let _ = sender.send(Ok(value));
        })),
        Err(fault) => Attempt::Failed(
            fault,
            Box::new(move |error| {
                let _ = sender.send(Err(error));
            }),
        ),
    });
    (Command::Work { weight, work }, receiver)
}

/// Runs until the run is closed or the last sender is gone, then leaves one file behind.
pub(super) fn run(mut session: Session, lock: Lock, mut commands: mpsc::Receiver<Command>, stop: &Stop) {
    let mut closing = None;
    while closing.is_none()
        && let Some(first) = commands.blocking_recv()
    {
        if matches!(&first, Command::Work { weight, .. } if *weight > 0) {
            // Where one capture is done others are about to be, and the disk's answer costs the same for all of them.
            for _ in 0..GATHERINGS {
                if commands.len() >= ENOUGH {
                    break;
                }
                std::thread::sleep(GATHERING);
            }
        }
        let works;
        (works, closing) = gather(first, &mut commands);
        // After a stop, works are dropped, which tells those who wait.
        if stop.get().is_none()
            && !works.is_empty()
            && let Err(fault) = commit(&mut session, works)
        {
            halt(stop, fault.into_error(&session.path));
        }
    }
    commands.close();
    let ended = match (&closing, stop.get()) {
        (Some(closing), None) => end(&mut session, closing),
        _ => Ok(()),
    };
    let path = session.path.clone();
    let left = file::leave(session.connection).map_err(Fault::Sql);
    drop(lock);
    let result = ended.and(left).map_err(|fault| fault.into_error(&path));
    if let Some(closing) = closing {
        let _ = closing.reply.send(result);
    }
}

/// Notes why nothing more is accepted.
fn halt(stop: &Stop, error: Error) {
    let _ = stop.set((error.to_string(), error.exit_code()));
}

/// The first command and what is queued behind it, up to the limits of one transaction.
fn gather(first: Command, commands: &mut mpsc::Receiver<Command>) -> (Vec<Work>, Option<Closing>) {
    let mut works = Vec::new();
    let mut bytes = 0;
    let mut next = Some(first);
    while let Some(command) = next {
        match command {
            Command::Work { weight, work } => {
                works.push(work);
                bytes += weight;
            }
            Command::Close(closing) => return (works, Some(closing)),
        }
        next = if works.len() < BATCH_COMMANDS && bytes < BATCH_BYTES {
            commands.try_recv().ok()
        } else {
            None
        };
    }
    (works, None)
}

/// Does the works in one transaction and answers after the commit. Fails only if nothing may be written any more; then
/// nothing of the transaction stays.
fn commit(session: &mut Session, works: Vec<Work>) -> std::result::Result<(), Fault> {
    let done = together(session, works);
    if done.is_err() && !session.connection.is_autocommit() {
        // The first failure is what counts; SQLite rolls back by itself when the file is next opened.
        let _ = session.execute("ROLLBACK");
    }
    let done = done?;
    if std::mem::take(&mut session.scrub) {
        session
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    for tell in done {
        tell();
    }
    Ok(())
}

fn together(session: &mut Session, works: Vec<Work>) -> std::result::Result<Vec<Box<dyn FnOnce() + Send>>, Fault> {
    let mut replies = Vec::with_capacity(works.len());
    session.execute("BEGIN IMMEDIATE")?;
    for work in works {
        session.execute("SAVEPOINT command")?;
        match work(session) {
            Attempt::Done(reply) => replies.push(reply),
            Attempt::Failed(fault, _) if fault.is_fatal() => return Err(fault),
            Attempt::Failed(fault, reply) => {
                session.execute("ROLLBACK TO command")?;
                session.reload()?;
                reply(fault.into_error(&session.path));
            }
        }
        session.execute("RELEASE command")?;
    }
    session.execute("COMMIT")?;
    Ok(replies)
}

fn end(session: &mut Session, closing: &Closing) -> std::result::Result<(), Fault> {
    session.execute("BEGIN IMMEDIATE")?;
    session.end_run(closing.exit, closing.summary.as_deref())?;
    session.execute("COMMIT")?;
    Ok(())
}
