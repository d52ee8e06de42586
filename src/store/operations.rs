//! What a run may ask of the archive: each an operation that the writer does whole or not at all.

use std::collections::HashSet;

use super::other::stamps::{Confirmed, TakenStamps};
use super::other::{NewOther, Taken};
use super::record::{
    About, CaptureRecord, Decision, Follow, Following, Imported, Job, Listed, NewInquiry, NewNote, NewReading,
    NewRecords, NewStamp, Origin, Promise, Queueing, ReadingReceipt, Reread, ResolutionRecord, ToInquire,
};
use super::session::Session;
use super::{Completion, Due, Enqueued, Redactable, Settled, Store, Stored, page, reparse, writer};
use crate::article::Hints;
use crate::citation::{Cited, Claim};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::exchange::{Body, Unfinished};
use crate::penalty::Penalty;
use crate::schedule::Curve;
use crate::stamp::Kind;

impl Store {
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

    /// Judges every target that was captured since that was done last, as the end of a run does.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn judge(&self) -> Result<()> {
        self.call(0, Session::judge).await
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

    /// Appends bytes to a staged body; best in pieces of [`CHUNK_BYTES`](super::CHUNK_BYTES).
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
}

fn body_bytes(body: &Body) -> usize {
    match body {
        Body::Inline(bytes) => bytes.len(),
        Body::None | Body::Staged(_) => 0,
    }
}
