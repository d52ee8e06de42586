//! The archive: one SQLite file. All SQL lives below this folder, and `schema.sql` describes the file to everyone else.
//!
//! [`Store`] is a run that may write: one thread owns the write connection and commits what arrives together, and an
//! operation is answered only after its commit, so what was answered survives a crash. [`Reader`] only looks, also during
//! a run. [`verify`](verify::verify) checks every byte against the ledger.

pub mod backup;
mod blob;
mod capture;
pub mod change;
mod context;
mod disk;
mod dump;
mod exchange;
pub mod export;
mod failure;
mod file;
mod follow;
pub mod health;
mod inquiry;
mod known;
mod ledger;
mod named;
mod note;
mod operations;
pub mod other;
pub mod page;
mod post;
pub mod query;
mod queue;
mod reading;
pub mod record;
mod redact;
pub mod reparse;
mod row;
mod search;
mod session;
mod settle;
mod stamp;
mod taken;
mod target;
#[cfg(test)]
mod tests;
mod verdict;
pub mod verify;
mod words;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;
use crate::error::{Error, Result};
use export::made::NewExport;
use failure::Fault;
use session::Session;
use writer::{Closing, Command, Stop};

pub use blob::CHUNK_BYTES;
pub use capture::{Completion, Stored};
pub use context::Near;
pub use disk::free;
pub(crate) use file::SCHEMA_VERSION;
pub use follow::MOST;
pub(crate) use ledger::{FIRST_HEAD, head, leaf};
pub use query::Reader;
pub use queue::{Due, Enqueued};
pub use redact::Redactable;
pub(crate) use row::{hex, push_hex, unhex};
pub use search::Hit;
pub use settle::{CandidateView, Settled, UnresolvedView};
pub use words::add_words;

/// How an archive is opened for a run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Make the archive if there is none.
    pub create: bool,
    /// How long to wait for another run to end.
    pub wait: Duration,
    /// What was asked of the program, without secrets; stands in the archive.
    pub command: String,
    /// Time and nonces.
    pub clock: Clock,
    /// Least time between two captures that both met with "not found", before a verdict takes the target to be gone.
    pub spacing: Duration,
    /// Bytes that are to stay free on the archive's file system: where less is left, no more work or evidence is taken on.
    pub free: u64,
}

/// An archive opened by a run that may write. There is only one at a time; share it by reference or `Arc`.
///
/// Every operation is atomic and may be called from any async task. What writes evidence is durable when it is answered;
/// what only moves work about (queueing, leases) is durable with the next that writes evidence.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    run: i64,
    last_end: i64,
    clock_doubt: Option<String>,
    commands: Option<mpsc::Sender<Command>>,
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
    free: u64,
}

impl Store {
    /// Opens the archive at `path` and begins a run. Blocks for up to `options.wait`.
    ///
    /// # Errors
    /// If the file is missing (and is not to be made), is not an archive (exit 65), is newer than this program (78), is held
    /// by another run (75), or cannot be written (74, 77).
    pub fn open(path: &Path, options: &RunOptions) -> Result<Store> {
        let held = file::Held::take(path, options.create, options.wait, options.clock)?;
        Store::begin(held, path, options)
    }

    /// As [`Store::open`], but where nothing at all waits (with `promises` no calendar's word either), the run is over with that: it is kept
    /// with its summary, of exit code 0, which `summary` gives for its row, and nothing is set up that writes. `None` then.
    ///
    /// # Errors
    /// As [`Store::open`], and those of `summary`.
    pub fn open_if_due(
        path: &Path,
        options: &RunOptions,
        promises: bool,
        summary: impl FnOnce(i64, Option<&str>) -> Result<String>,
    ) -> Result<Option<Store>> {
        let mut held = file::Held::take(path, options.create, options.wait, options.clock)?;
        if held.is_in_order()? {
            let mut session =
                session(held.connection, path, options).map_err(|error| failure::sql_error(path, &error))?;
            let kept = session.idle_run(&options.command, promises, summary);
            if kept.map_err(|fault| fault.into_error(path))?.is_some() {
                // All is written. What closing would free piece by piece ends with the process: measured, a tenth of the run.
                std::mem::forget(session);
                return Ok(None);
            }
            held.connection = session.connection;
        }
        Store::begin(held, path, options).map(Some)
    }

    /// Keeps that a bundle was made of the archive at `path`, as a run of its own that is over with that; gives its ledger entry.
    /// Waits for nobody.
    ///
    /// # Errors
    /// If the archive is held by another run (75), the last was killed (75), or it cannot be written (74, 77).
    pub fn record_export(path: &Path, command: &str, clock: Clock, new: &NewExport) -> Result<i64> {
        let held = file::Held::take(path, false, Duration::ZERO, clock)?;
        let recorded = Session::new(held.connection, path.to_owned(), clock, 0)
            .map_err(Fault::from)
            .and_then(|mut session| session.record_export(command, new));
        recorded.map_err(|fault| fault.into_error(path))
    }

    fn begin(held: file::Held, path: &Path, options: &RunOptions) -> Result<Store> {
        if held.is_of_an_earlier_schema() {
            check_room(path, options.free)?;
        }
        let opened = held.open()?;
        let session = begin(opened.connection, path, options).map_err(|fault| fault.into_error(path))?;
        let (run, clock_doubt) = (session.run, session.clock_doubt.clone());
        let last_end = session.last_end().map_err(|error| failure::sql_error(path, &error))?;
        let (commands, receiver) = mpsc::channel(writer::QUEUE);
        let stop = Arc::new(Stop::new());
        let (log, lock) = (opened.log, opened.lock);
        let thread = std::thread::Builder::new()
            .name("archive writer".to_owned())
            .spawn({
                let stop = Arc::clone(&stop);
                move || writer::run(session, log, lock, receiver, &stop)
            })
            .map_err(|source| Error::Io {
                what: "cannot start the writer of",
                path: path.to_owned(),
                source,
            })?;
        Ok(Store {
            path: path.to_owned(),
            run,
            last_end,
            clock_doubt,
            commands: Some(commands),
            stop,
            thread: Some(thread),
            free: options.free,
        })
    }

    /// Row of this run.
    #[must_use]
    pub fn run(&self) -> i64 {
        self.run
    }

    /// Why the clock was doubted when this run began; stands in its row as well.
    #[must_use]
    pub fn clock_doubt(&self) -> Option<&str> {
        self.clock_doubt.as_deref()
    }

    /// Ledger entry with which the last run ended that was not killed; -1 if there was none. What came after it and before
    /// this run is of killed runs.
    #[must_use]
    pub fn last_end(&self) -> i64 {
        self.last_end
    }

    /// Path of the archive.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn check_room(&self) -> Result<()> {
        check_room(&self.path, self.free)
    }

    /// Ends the run: writes what is queued, how the run ended, and leaves one file behind. Later operations fail.
    ///
    /// # Errors
    /// If something could not be written, now or before.
    pub async fn close(&self, exit: u8, summary: Option<String>) -> Result<()> {
        let (command, answer) = closing(exit, summary);
        self.send(command).await?;
        self.closed(answer.await)
    }

    /// As [`Store::close`], for a run that never began anything asynchronous. Blocks; not for async tasks.
    ///
    /// # Errors
    /// If something could not be written.
    pub fn close_blocking(&self, exit: u8, summary: Option<String>) -> Result<()> {
        let (command, answer) = closing(exit, summary);
        self.send_blocking(command)?;
        self.closed(answer.blocking_recv())
    }

    fn closed(&self, answer: std::result::Result<Result<()>, oneshot::error::RecvError>) -> Result<()> {
        match (self.stop.get(), answer) {
            (None, Ok(closed)) => closed,
            _ => Err(self.stopped()),
        }
    }

    fn send_blocking(&self, command: Command) -> Result<()> {
        self.commands()?.blocking_send(command).map_err(|_| self.stopped())
    }

    /// An operation that is answered when the disk has it.
    async fn call<T: Send + 'static>(
        &self,
        weight: usize,
        operation: impl FnMut(&mut Session) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        self.ask(writer::command(weight, true, operation)).await
    }

    /// An operation of which a killed run need not remember anything: it is answered at once, and kept with the next
    /// that lasts.
    async fn pass<T: Send + 'static>(
        &self,
        operation: impl FnMut(&mut Session) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        self.ask(writer::command(0, false, operation)).await
    }

    async fn ask<T>(&self, (command, answer): (Command, oneshot::Receiver<Result<T>>)) -> Result<T> {
        self.send(command).await?;
        answer.await.map_err(|_| self.stopped())?
    }

    async fn send(&self, command: Command) -> Result<()> {
        self.commands()?.send(command).await.map_err(|_| self.stopped())
    }

    fn commands(&self) -> Result<&mpsc::Sender<Command>> {
        self.commands.as_ref().ok_or_else(|| self.stopped())
    }

    /// Why nothing is accepted any more.
    fn stopped(&self) -> Error {
        match self.stop.get() {
            Some((why, code)) => Error::Archive {
                path: self.path.clone(),
                why: format!("nothing more is written after this failure: {why}"),
                hint: Some("what was acknowledged before is safe; repair the cause and run again"),
                code: *code,
            },
            None => Error::Internal(format!("{}: the run was closed", self.path.display())),
        }
    }
}

/// The word that a run ends, and where it is told how that went.
fn closing(exit: u8, summary: Option<String>) -> (Command, oneshot::Receiver<Result<()>>) {
    let (reply, answer) = oneshot::channel();
    let exit = i64::from(exit);
    (Command::Close(Closing { exit, summary, reply }), answer)
}

impl Drop for Store {
    fn drop(&mut self) {
        // Without its senders the thread commits what is queued and leaves one file behind.
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Refuses to go on where less is free on the file system than is to stay so: what is under way still fits in.
fn check_room(path: &Path, least: u64) -> Result<()> {
    match free(path) {
        Some(free) if free < least => Err(Error::Io {
            what: "no room is left for",
            path: path.to_owned(),
            source: std::io::Error::new(
                std::io::ErrorKind::StorageFull,
                format!("{free} bytes are free on its file system, and {least} are to stay so (limit.free)"),
            ),
        }),
        _ => Ok(()),
    }
}

fn session(connection: rusqlite::Connection, path: &Path, options: &RunOptions) -> rusqlite::Result<Session> {
    let spacing = i64::try_from(options.spacing.as_millis()).unwrap_or(i64::MAX);
    Session::new(connection, path.to_owned(), options.clock, spacing)
}

fn begin(connection: rusqlite::Connection, path: &Path, options: &RunOptions) -> std::result::Result<Session, Fault> {
    let mut session = session(connection, path, options)?;
    session.reload()?;
    session.execute("BEGIN IMMEDIATE")?;
    session.begin_run(&options.command)?;
    session.execute("COMMIT")?;
    Ok(session)
}
