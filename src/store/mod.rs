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
mod note;
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

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::article::Hints;
use crate::citation::{Cited, Claim};
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};
use crate::exchange::{Body, Unfinished};
use crate::penalty::Penalty;
use crate::schedule::Curve;
use crate::stamp::Kind;
use export::made::NewExport;
use failure::Fault;
use other::stamps::{Confirmed, TakenStamps};
use other::{NewOther, Taken};
use record::{
    About, CaptureRecord, Decision, Follow, Following, Imported, Job, Listed, NewInquiry, NewNote, NewReading,
    NewRecords, NewStamp, Origin, Promise, Queueing, ReadingReceipt, Reread, ResolutionRecord, ToInquire,
};
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
pub(crate) use row::{hex, unhex};
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
        let (reply, answer) = oneshot::channel();
        self.send(Command::Close(Closing {
            exit: i64::from(exit),
            summary,
            reply,
        }))
        .await?;
        let closed = answer.await.map_err(|_| self.stopped())?;
        match self.stop.get() {
            Some(_) => Err(self.stopped()),
            None => closed,
        }
    }

    /// Keeps an article: its bytes, its sentences, what it cites, and queues the latter. The same bytes with the same findings
    /// are kept once.
    ///
    /// # Errors
    /// If it cannot be written, or a fetched one ends without the exchange that holds its bytes.
    pub async fn add_reading(&self, new: NewReading, queueing: Queueing) -> Result<ReadingReceipt> {
        self.check_room()?;
        let weight = new.findings.reading.text.len()
            + match &new.origin {
                Origin::Given { bytes, .. } => bytes.len(),
                Origin::Fetched(exchanges) => exchanges.iter().map(|x| body_bytes(&x.body)).sum(),
            };
        self.call(weight, move |session| session.add_reading(&new, &queueing))
            .await
    }

    /// The row of a target that is asked for without an article, made if there is none.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn target(&self, cited: Cited) -> Result<i64> {
        self.call(0, move |session| session.put_cited(&cited, &Claim::default()))
            .await
    }

    /// Adds what was read again from the stored answers of `capture`: posts, as far as they differ from the newest, and the
    /// posts that belong to it and were not known to.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn reparse(&self, capture: i64, again: reparse::Reread) -> Result<reparse::Added> {
        self.call(0, move |session| session.reparse(capture, &again)).await
    }

    /// Queues those of `targets` that have no answer yet and do not wait already; with `again` those with one as well.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn enqueue(&self, targets: Vec<i64>, again: bool) -> Result<Enqueued> {
        self.pass(move |session| session.enqueue(&targets, again)).await
    }

    /// Leases at most `limit` jobs of `targets`, due or not, for `ttl_millis`. Leases that ran out are taken over. For a long list of
    /// targets, pass a slice of about `limit` at a time.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn lease(&self, worker: String, limit: usize, ttl_millis: i64, targets: Vec<i64>) -> Result<Vec<Job>> {
        self.check_room()?;
        self.pass(move |session| session.lease(&worker, limit, ttl_millis, &targets))
            .await
    }

    /// Leases at most `limit` of the jobs that are due, for `ttl_millis`, those that wait longest first, but hosts in turn: none waits
    /// for the backlog of another, and none is left out but those that are `resting`. Leases that ran out are taken over.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn lease_due(
        &self,
        worker: String,
        limit: usize,
        ttl_millis: i64,
        resting: HashSet<String>,
    ) -> Result<Vec<Job>> {
        self.check_room()?;
        self.pass(move |session| session.lease_due(&worker, limit, ttl_millis, &resting))
            .await
    }

    /// Prolongs a lease to `ttl_millis` from now; false if it was lost.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn renew(&self, job: i64, fence: i64, ttl_millis: i64) -> Result<bool> {
        self.pass(move |session| session.renew(job, fence, ttl_millis)).await
    }

    /// Gives a lease back without a result, due again at `not_before` or as before; false if it was lost.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn give_back(&self, job: i64, fence: i64, not_before: Option<Timestamp>) -> Result<bool> {
        self.call(0, move |session| session.give_back(job, fence, not_before))
            .await
    }

    /// Stores a capture made under a lease and gives its row. With `retry_at` (an outcome that settles nothing) the job
    /// stays and is due again then; else it is done. Posts that belong to it are queued as far as the bounds go.
    ///
    /// # Errors
    /// If it cannot be written, or the record does not hang together.
    pub async fn complete(
        &self,
        job: i64,
        fence: i64,
        record: CaptureRecord,
        retry_at: Option<Timestamp>,
    ) -> Result<Completion<Stored>> {
        let exchanges = record
            .answers
            .iter()
            .flat_map(|a| &a.exchanges)
            .chain(record.media.iter().flat_map(|m| &m.exchanges));
        let weight = exchanges.map(|x| body_bytes(&x.body)).sum();
        self.call(weight, move |session| session.complete(job, fence, &record, retry_at))
            .await
    }

    /// Whether an earlier capture of a target has the pieces of its film, and left none out.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn has_pieces(&self, target: i64) -> Result<bool> {
        self.pass(move |session| session.has_pieces(target)).await
    }

    /// Whether a capture has the picture of an author that stands at this address.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn has_avatar(&self, url: String) -> Result<bool> {
        self.pass(move |session| session.has_avatar(&url)).await
    }

    /// Whether a program of others got what there is of a target already, or was called for it after `since`.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn was_helped(&self, target: i64, program: &'static str, since: Timestamp) -> Result<bool> {
        self.pass(move |session| session.was_helped(target, program, &since.to_string()))
            .await
    }

    /// Stores an attempt to identify a post made under a lease. If it succeeded, gives the row of the post's target, which is
    /// queued unless it was captured already.
    ///
    /// # Errors
    /// If it cannot be written, or the record does not hang together.
    pub async fn complete_resolution(
        &self,
        job: i64,
        fence: i64,
        record: ResolutionRecord,
        retry_at: Option<Timestamp>,
    ) -> Result<Completion<Option<i64>>> {
        let weight = record
            .steps
            .iter()
            .flat_map(|a| &a.exchanges)
            .map(|x| body_bytes(&x.body))
            .sum();
        self.call(weight, move |session| {
            session.complete_resolution(job, fence, &record, retry_at)
        })
        .await
    }

    /// Records a person's decision about a post that could not be identified, and why they made it. The post that they
    /// name is queued unless it was captured already.
    ///
    /// # Errors
    /// If it is no unidentified post of that platform, nothing is named though it was identified before, or it cannot be
    /// written.
    pub async fn settle_by_person(&self, decision: Decision) -> Result<Settled> {
        self.call(0, move |session| session.settle_by_person(&decision)).await
    }

    /// Notes that `host` is to be left alone, also by later runs.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn host_penalty(&self, host: String, penalty: Penalty) -> Result<()> {
        self.call(0, move |session| session.host_penalty(&host, penalty)).await
    }

    /// Hosts that are left alone, and those that failed too often and were not found to work since.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn host_penalties(&self) -> Result<Vec<(String, Penalty)>> {
        self.pass(Session::host_penalties).await
    }

    /// Begins to stage a large body; the id goes into `Body::Staged`. `resumable`: what names the state of the file, and its
    /// whole length, where another try may go on with it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn begin_upload(&self, url: String, resumable: Option<(String, u64)>) -> Result<i64> {
        self.check_room()?;
        self.call(0, move |session| {
            let resumable = resumable
                .as_ref()
                .map(|(validator, total)| (validator.as_str(), *total));
            session.begin_upload(&url, resumable)
        })
        .await
    }

    /// Takes up the body of `url` that an earlier try, perhaps of a killed run, left unfinished; nobody else gets it meanwhile.
    ///
    /// # Errors
    /// If the archive fails.
    pub async fn resume_upload(&self, url: String) -> Result<Option<Unfinished>> {
        self.pass(move |session| session.resume_upload(&url)).await
    }

    /// Piece `number` (from 0) of a staged body.
    ///
    /// # Errors
    /// If it is not there.
    pub async fn staged_piece(&self, upload: i64, number: i64) -> Result<bytes::Bytes> {
        self.pass(move |session| session.staged_piece(upload, number).map(bytes::Bytes::from))
            .await
    }

    /// Leaves a staged body for another try, in this run or a later one.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn leave_upload(&self, upload: i64) -> Result<()> {
        self.call(0, move |session| session.leave_upload(upload)).await
    }

    /// Throws a staged body away.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn discard_upload(&self, upload: i64) -> Result<()> {
        self.call(0, move |session| session.drop_upload(upload)).await
    }

    /// Appends bytes to a staged body; best in pieces of [`CHUNK_BYTES`].
    ///
    /// # Errors
    /// If it cannot be written, or nothing is staged under this id.
    pub async fn push_chunk(&self, upload: i64, bytes: bytes::Bytes) -> Result<()> {
        self.check_room()?;
        self.call(bytes.len(), move |session| session.push_chunk(upload, &bytes))
            .await
    }

    /// Throws away staged bodies begun before `before` that no capture sealed; gives their number.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn discard_stale_uploads(&self, before: Timestamp) -> Result<usize> {
        self.call(0, move |session| session.discard_uploads(before)).await
    }

    /// Takes something out for good, leaving a tombstone and its digest; gives the tombstone's row.
    ///
    /// # Errors
    /// If it is not there, was taken out before, or it cannot be written.
    pub async fn redact(&self, item: Redactable, by: String, why: String) -> Result<i64> {
        self.call(0, move |session| session.redact(&item, &by, &why)).await
    }

    /// Follows the list at `url` from now on, or changes how it is followed; gives its row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn follow(&self, list: Cited, url: String, how: Following) -> Result<i64> {
        self.call(0, move |session| session.follow(&list, &url, &how)).await
    }

    /// Does not look at the list at `url` any more; false if it was not followed.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn unfollow(&self, url: String) -> Result<bool> {
        self.call(0, move |session| session.unfollow(&url)).await
    }

    /// The lists that are due, the longest overdue first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn follows_due(&self) -> Result<Vec<Follow>> {
        self.pass(Session::follows_due).await
    }

    /// Request headers that ask for a list only if it changed since it was had last; none if it was not.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn validators(&self, list: i64) -> Result<Vec<(String, String)>> {
        self.pass(move |session| session.validators(list)).await
    }

    /// A list as it was had last, and what is known of it; `None` if it was taken out or is too long.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn last_list(&self, list: i64) -> Result<Option<(Vec<u8>, Hints)>> {
        self.pass(move |session| session.last_list(list)).await
    }

    /// Notes what a list names now; gives those of its entries that are to be read, also such as it named earlier. `as_read`: what
    /// it names anew counts as read.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn enter(&self, follow: i64, entries: Vec<Listed>, as_read: bool) -> Result<Vec<String>> {
        self.call(0, move |session| session.enter(follow, &entries, as_read))
            .await
    }

    /// An entry of a list was read, or could not be.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn entered(&self, follow: i64, url: String, done: bool) -> Result<()> {
        self.pass(move |session| session.entered(follow, &url, done)).await
    }

    /// Notes when an article is to be read again, unless it is paused.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn set_reread(&self, article: i64, url: String, due: Timestamp) -> Result<()> {
        self.pass(move |session| session.set_reread(article, &url, due)).await
    }

    /// The articles that are to be read again, the longest overdue first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn rereads_due(&self) -> Result<Vec<Reread>> {
        self.pass(Session::rereads_due).await
    }

    /// A list was looked at, and is due again then.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn looked(&self, follow: i64, due: Timestamp) -> Result<()> {
        self.call(0, move |session| session.looked(follow, due)).await
    }

    /// Keeps what a person adds about a target or an article; gives its row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn add_note(&self, note: NewNote) -> Result<i64> {
        self.call(0, move |session| session.add_note(&note)).await
    }

    /// The last entry of the chain, and its head.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn chain_end(&self) -> Result<(i64, String)> {
        self.call(0, |session| Ok(session.chain_end())).await
    }

    /// Whether a witness has something to confirm: evidence that no word of theirs covers yet. Not if they were asked after
    /// `since`.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn stamp_due(&self, kind: Kind, authority: String, since: Option<Timestamp>) -> Result<bool> {
        let since = since.map(|since| since.to_string());
        self.pass(move |session| session.stamp_due(kind, &authority, since.as_deref()))
            .await
    }

    /// What calendars promised and have not kept yet, oldest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn promises(&self) -> Result<Vec<Promise>> {
        self.pass(|session| session.promises()).await
    }

    /// Keeps what a witness was asked and answered; gives its row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn add_stamp(&self, stamp: NewStamp) -> Result<i64> {
        self.call(0, move |session| session.add_stamp(&stamp)).await
    }

    /// Adds what captured pages say of themselves; those up to the capture `upto` are read then. They are no evidence.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn add_pages(&self, pages: Vec<page::ReadPage>, upto: Option<i64>) -> Result<()> {
        self.pass(move |session| session.add_pages(&pages, upto)).await
    }

    /// What a service is to be asked first; with `new` that may be about a target that it was not asked about yet.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn next_inquiry(&self, service: &'static str, new: bool) -> Result<Option<ToInquire>> {
        self.pass(move |session| session.next_inquiry(service, new)).await
    }

    /// Keeps what a service was asked about a target and answered, and whether and when it is to be asked again; gives its row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn add_inquiry(&self, new: NewInquiry, again: Option<Timestamp>) -> Result<i64> {
        self.call(0, move |session| session.add_inquiry(&new, again)).await
    }

    /// Keeps those of some records of a web archive of others that are not here yet.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn import(&self, new: NewRecords) -> Result<Imported> {
        self.check_room()?;
        let weight = new.records.iter().map(|record| body_bytes(&record.body)).sum();
        self.call(weight, move |session| session.import(&new)).await
    }

    /// Sets how often a target, or an article and what it cites, is captured (`None`: as the settings say); it is due now.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn set_schedule(&self, what: About, curve: Option<Curve>) -> Result<()> {
        self.call(0, move |session| session.set_schedule(what, curve.as_ref()))
            .await
    }

    /// How often persons want an article read, if they said so.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn curves_of_article(&self, article: i64) -> Result<Vec<Curve>> {
        self.pass(move |session| Ok(session.curves_of_article(article)?)).await
    }

    /// Whether a body is here, or was before it was redacted.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn knows_body(&self, sha256: [u8; 32]) -> Result<bool> {
        self.call(0, move |session| session.knows_body(&sha256)).await
    }

    /// Keeps a body that no row names yet, once.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn keep_body(&self, body: Body, sha256: [u8; 32], length: u64) -> Result<()> {
        let weight = body_bytes(&body);
        self.call(weight, move |session| {
            session.keep_body(&body, &sha256, length).map(drop)
        })
        .await
    }

    /// Keeps an archive of another whose bodies are here, unless it is here just so.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn take_other(&self, new: NewOther) -> Result<Taken> {
        self.call(0, move |session| session.take_other(&new)).await
    }

    /// Keeps what was said of heads of an archive of another, by its row, each unless it is here.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn take_other_stamps(&self, archive: i64, said: Vec<Confirmed>) -> Result<TakenStamps> {
        self.call(0, move |session| session.take_other_stamps(archive, &said))
            .await
    }

    /// From now on a target is captured, or a fetched article read again, only if somebody asks for it by name; false if that was
    /// so already.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn pause(&self, what: About, why: Option<String>) -> Result<bool> {
        self.call(0, move |session| session.pause(what, why.as_deref())).await
    }

    /// Ends a pause; false if there was none.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn resume(&self, what: About) -> Result<bool> {
        self.call(0, move |session| session.resume(what)).await
    }

    /// What is due now; found by an index, however large the archive. Blocks; not for async tasks.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn due(&self) -> Result<Due> {
        let (command, answer) = writer::command(0, false, Session::due);
        self.send_blocking(command)?;
        answer.blocking_recv().map_err(|_| self.stopped())?
    }

    /// As [`Store::close`], for a run that never began anything asynchronous. Blocks; not for async tasks.
    ///
    /// # Errors
    /// If something could not be written.
    pub fn close_blocking(&self, exit: u8, summary: Option<String>) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.send_blocking(Command::Close(Closing {
            exit: i64::from(exit),
            summary,
            reply,
        }))?;
        let closed = answer.blocking_recv().map_err(|_| self.stopped())?;
        match self.stop.get() {
            Some(_) => Err(self.stopped()),
            None => closed,
        }
    }

    fn send_blocking(&self, command: Command) -> Result<()> {
        match &self.commands {
            Some(commands) => commands.blocking_send(command).map_err(|_| self.stopped()),
            None => Err(self.stopped()),
        }
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
        match &self.commands {
            Some(commands) => commands.send(command).await.map_err(|_| self.stopped()),
            None => Err(self.stopped()),
        }
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

fn body_bytes(body: &Body) -> usize {
    match body {
        Body::Inline(bytes) => bytes.len(),
        Body::None | Body::Staged(_) => 0,
    }
}
