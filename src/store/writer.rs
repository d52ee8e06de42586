//! The thread that owns the write connection: takes commands from a bounded channel and commits what is queued together.
//! A second thread makes the disk keep what was committed and only then answers, while the first goes on with the next
//! transaction. After a failed write nothing more is accepted.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::failure::Fault;
use super::file::{self, Lock, Log};
use super::session::Session;
use crate::error::{Error, ExitCode, Result};

/// Commands that may wait.
pub(super) const QUEUE: usize = 256;

/// Most commands in one transaction.
const BATCH_COMMANDS: usize = 128;

/// How long the first of a transaction waits for others, how often, and how many it waits for.
const GATHERING: Duration = Duration::from_micros(250);
const GATHERINGS: usize = 2;
const ENOUGH: usize = 64;

/// Transactions that may wait for the disk.
const COMMITS_AHEAD: usize = 4;

/// Committed bytes of bodies after which the log is copied into the archive.
const COPY_BYTES: usize = 2 << 20;

/// Most bytes of bodies in one transaction.
const BATCH_BYTES: usize = 8 << 20;

/// One operation, which writes all or nothing, and the one who waits for its result.
pub(super) trait Work: Send {
    /// Does it; done again if the transaction was rolled back meanwhile.
    fn attempt(&mut self, session: &mut Session) -> std::result::Result<(), Fault>;

    /// Whether it is answered only when the disk has it. What a killed run need not remember is answered at once.
    fn is_lasting(&self) -> bool;

    /// Tells the result of the last attempt, or why nothing of it stays.
    fn answer(self: Box<Self>, refusal: Option<Error>);
}

struct Asked<T, Operation> {
    operation: Operation,
    lasting: bool,
    value: Option<T>,
    sender: oneshot::Sender<Result<T>>,
}

impl<T, Operation> Work for Asked<T, Operation>
where
    T: Send,
    Operation: FnMut(&mut Session) -> std::result::Result<T, Fault> + Send,
{
    fn attempt(&mut self, session: &mut Session) -> std::result::Result<(), Fault> {
        self.value = Some((self.operation)(session)?);
        Ok(())
    }

    fn is_lasting(&self) -> bool {
        self.lasting
    }

    fn answer(self: Box<Self>, refusal: Option<Error>) {
        // Nobody may be waiting any more; the work counts all the same, so a failed `send` is no failure. Without a
        // result the channel just closes, which says that the writer stopped.
        if let Some(result) = refusal.map(Err).or(self.value.map(Ok)) {
            let _ = self.sender.send(result);
        }
    }
}

/// What the thread is asked.
pub(super) enum Command {
    /// One operation, which writes all or nothing.
    Work {
        /// About how many bytes it writes.
        weight: usize,
        /// The operation.
        work: Box<dyn Work>,
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
    lasting: bool,
    operation: impl FnMut(&mut Session) -> std::result::Result<T, Fault> + Send + 'static,
) -> (Command, oneshot::Receiver<Result<T>>) {
    let (sender, receiver) = oneshot::channel();
    let work = Box::new(Asked {
        operation,
        lasting,
        value: None,
        sender,
    });
    (Command::Work { weight, work }, receiver)
}

/// A work that was committed, or why it was refused.
type Committed = (Box<dyn Work>, Option<Error>);

/// Committed works that the disk is to keep.
struct Batch {
    works: Vec<Committed>,
    bytes: usize,
}

/// Runs until the run is closed or the last sender is gone, then leaves one file behind.
pub(super) fn run(mut session: Session, log: Log, lock: Lock, mut commands: mpsc::Receiver<Command>, stop: &Stop) {
    let closing = std::thread::scope(|scope| {
        let (committed, kept) = sync_channel(COMMITS_AHEAD);
        let path = session.path.clone();
        scope.spawn(move || keep(log, &path, &kept, stop));
        let mut closing = None;
        while closing.is_none()
            && let Some(first) = commands.blocking_recv()
        {
            if matches!(&first, Command::Work { weight, .. } if *weight > 0) {
                // Where one capture is done others are about to be, and a transaction costs much the same for all.
                for _ in 0..GATHERINGS {
                    if commands.len() >= ENOUGH {
                        break;
                    }
                    std::thread::sleep(GATHERING);
                }
            }
            let (mut works, bytes);
            (works, bytes, closing) = gather(first, &mut commands);
            if stop.get().is_none() && !works.is_empty() {
                match commit(&mut session, &mut works) {
                    Ok(refusals) => {
                        let refusals = refusals.into_iter().chain(std::iter::repeat_with(|| None));
                        let (lasting, passing): (Vec<_>, Vec<_>) =
                            works.into_iter().zip(refusals).partition(|(work, _)| work.is_lasting());
                        answer(passing);
                        // The receiver lives as long as the scope.
                        let _ = committed.send(Batch { works: lasting, bytes });
                    }
                    // Works are dropped only after it is known why, and that tells those who wait.
                    Err(fault) => halt(stop, fault.into_error(&session.path)),
                }
            }
        }
        closing
    });
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

/// Has the disk keep what was committed, then answers those who wait for it.
fn keep(mut log: Log, path: &Path, committed: &Receiver<Batch>, stop: &Stop) {
    let mut bytes = 0;
    while let Ok(first) = committed.recv() {
        // What was committed meanwhile is kept by the same request.
        let batches: Vec<Batch> = std::iter::once(first).chain(committed.try_iter()).collect();
        // What the disk refused once may be lost although it accepts the next request: after one, nothing is answered.
        if stop.get().is_none()
            && let Err(source) = log.keep()
        {
            let what = "cannot write";
            let path = path.to_owned();
            halt(stop, Error::Io { what, path, source });
        }
        if stop.get().is_some() {
            continue;
        }
        for batch in batches {
            bytes += batch.bytes;
            answer(batch.works);
        }
        if bytes >= COPY_BYTES {
            bytes = 0;
            if let Err(error) = log.copy() {
                halt(stop, error);
            }
        }
    }
}

/// Notes why nothing more is accepted.
fn halt(stop: &Stop, error: Error) {
    let _ = stop.set((error.to_string(), error.exit_code()));
}

/// The first command and what is queued behind it, up to the limits of one transaction.
fn gather(first: Command, commands: &mut mpsc::Receiver<Command>) -> (Vec<Box<dyn Work>>, usize, Option<Closing>) {
    let mut works = Vec::new();
    let mut bytes = 0;
    let mut next = Some(first);
    while let Some(command) = next {
        match command {
            Command::Work { weight, work } => {
                works.push(work);
                bytes += weight;
            }
            Command::Close(closing) => return (works, bytes, Some(closing)),
        }
        next = if works.len() < BATCH_COMMANDS && bytes < BATCH_BYTES {
            commands.try_recv().ok()
        } else {
            None
        };
    }
    (works, bytes, None)
}

/// Tells each work what came of it.
fn answer(works: Vec<Committed>) {
    for (work, refusal) in works {
        work.answer(refusal);
    }
}

/// Does the works in one transaction. Gives, in their order, why some of them were refused (nothing at all if none
/// was). Fails only if nothing may be written any more; then nothing of the transaction stays.
fn commit(session: &mut Session, works: &mut [Box<dyn Work>]) -> std::result::Result<Vec<Option<Error>>, Fault> {
    let done = together(session, works);
    if done.is_err() && !session.connection.is_autocommit() {
        // The first failure is what counts; SQLite rolls back by itself when the file is next opened.
        let _ = session.execute("ROLLBACK");
    }
    let refusals = done?;
    if std::mem::take(&mut session.scrub) {
        session
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(refusals)
}

fn together(session: &mut Session, works: &mut [Box<dyn Work>]) -> std::result::Result<Vec<Option<Error>>, Fault> {
    let mut refusals = Vec::new();
    session.execute("BEGIN IMMEDIATE")?;
    // A savepoint costs a copy of every page changed after it, and hardly ever is anything refused: they are set only
    // at a second attempt, once one is known to be needed.
    if let Err(fault) = works.iter_mut().try_for_each(|work| work.attempt(session)) {
        if fault.is_fatal() {
            return Err(fault);
        }
        session.execute("ROLLBACK")?;
        session.reload()?;
        session.execute("BEGIN IMMEDIATE")?;
        for work in works {
            refusals.push(by_itself(session, work.as_mut())?);
        }
    }
    session.execute("COMMIT")?;
    Ok(refusals)
}

/// Does one work so that nothing of it stays if it is refused; gives why it was.
fn by_itself(session: &mut Session, work: &mut dyn Work) -> std::result::Result<Option<Error>, Fault> {
    session.execute("SAVEPOINT command")?;
    let refusal = match work.attempt(session) {
        Ok(()) => None,
        Err(fault) if fault.is_fatal() => return Err(fault),
        Err(fault) => {
            session.execute("ROLLBACK TO command")?;
            session.reload()?;
            Some(fault.into_error(&session.path))
        }
    };
    session.execute("RELEASE command")?;
    Ok(refusal)
}

fn end(session: &mut Session, closing: &Closing) -> std::result::Result<(), Fault> {
    session.execute("BEGIN IMMEDIATE")?;
    session.judge()?;
    session.end_run(closing.exit, closing.summary.as_deref())?;
    session.execute("COMMIT")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Waiting(oneshot::Sender<bool>);

    impl Work for Waiting {
        fn attempt(&mut self, _: &mut Session) -> std::result::Result<(), Fault> {
            Ok(())
        }

        fn is_lasting(&self) -> bool {
            true
        }

        fn answer(self: Box<Self>, refusal: Option<Error>) {
            let _ = self.0.send(refusal.is_none());
        }
    }

    /// What one who waits is told if this is the log.
    fn told(log: Log) -> (Option<bool>, Option<ExitCode>) {
        let (committed, kept) = sync_channel(1);
        let (sender, receiver) = oneshot::channel();
        let works = vec![(Box::new(Waiting(sender)) as Box<dyn Work>, None)];
        assert!(committed.send(Batch { works, bytes: 0 }).is_ok());
        drop(committed);
        let stop = Stop::new();
        keep(log, Path::new("a.db"), &kept, &stop);
        (receiver.blocking_recv().ok(), stop.get().map(|(_, code)| *code))
    }

    #[test]
    fn nothing_is_acknowledged_that_the_disk_refused_to_keep() {
        assert_eq!(told(Log::over(tempfile::tempfile().unwrap())), (Some(true), None));
        // A device cannot be synchronised: fdatasync(2) answers EINVAL.
        let device = Log::over(std::fs::File::open("/dev/null").unwrap());
        assert_eq!(told(device), (None, Some(ExitCode::InputOutput)));
    }
}
