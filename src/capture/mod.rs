//! Which target when, which source next, what came of it: drives `fetch`, reads by `platform`, hands results to
//! the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;
use url::Url;

use crate::clock::{Clock, Timestamp};
use crate::config::{Context, Copies, Requisites, Streams, Submit};
use crate::error::{Error, Result};
use crate::exchange::{Exchange, Request};
use crate::fetch::Fetcher;
use crate::outcome::Outcome;
use crate::platform::{self, PostRef, Upstreams};
use crate::retry::{self, Tried};
use crate::schedule::Schedule;
use crate::store::record::{CaptureRecord, HandOut, Job, TargetKind, Wanted};
use crate::store::{Completion, Store};

mod answer;
mod article;
mod canary;
mod context;
mod follow;
mod helper;
mod identify;
pub mod import;
pub mod input;
mod inquiry;
mod link;
pub mod merge;
mod notice;
mod pages;
mod post;
mod requisites;
mod reread;
pub mod source;
mod staging;
mod stamp;
mod stream;
mod together;

use canary::Canaries;

pub use article::{Article, Claims, read_local};
pub use follow::Looked;
pub use helper::Helpers;
pub use inquiry::Inquired;
pub use notice::Noticer;
pub use reread::Again;
pub use staging::stage;
pub use stamp::{Questions, Stamped, Witnesses};

/// Most questions put to one source or resolver.
const MAX_STEPS: usize = 8;

const DAY_MILLIS: i64 = 86_400_000;

/// How long a job is leased, in milliseconds; longer than any capture's own limits allow.
const LEASE_MILLIS: i64 = 3_600_000;

/// How long a body that broke off waits to be taken up again, in milliseconds.
const STAGING_MILLIS: i64 = 24 * 3_600_000;

/// When a capture goes on with media that broke off, in milliseconds.
const GO_ON_MILLIS: i64 = 3_600_000;

/// The name under which this process leases jobs; there is one run at a time.
const WORKER: &str = "run";

/// Most captures in flight at once. More than may be fetched at once, so that neither a capture that waits for its commit nor one
/// that waits for its host's turn keeps a connection idle: as many hosts are asked side by side.
const IN_FLIGHT: usize = 256;

/// A lease is written, so jobs are leased once there is room for so many.
const LEASED: usize = 64;

/// How long what is in flight may take once a stop was asked for.
const GRACE: Duration = Duration::from_secs(20);

/// Whether, and how urgently, somebody asked us to stop.
#[derive(Debug, Default)]
pub struct Stop {
    asked: Arc<AtomicU8>,
    changed: Notify,
}

impl Stop {
    /// Asks once more: the first time finishes what is in flight, the second gives it up.
    pub fn ask(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_waiters();
    }

    /// Whether no new work may begin.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) > 0
    }

    /// Waits so long; gives whether a stop was asked for before that.
    pub async fn within(&self, time: Duration) -> bool {
        let changed = self.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        self.is_asked() || tokio::time::timeout(time, changed).await.is_ok()
    }

    /// Returns when what is in flight must be given up: at the second request, or some time after the first.
    pub async fn given_up(&self) {
        loop {
            let changed = self.changed.notified();
            match self.asked.load(Ordering::Relaxed) {
                0 => changed.await,
                1 => {
                    let _ = tokio::time::timeout(GRACE, changed).await;
                    return;
                }
                _ => return,
            }
        }
    }
}

/// What one finished job tells whoever watches.
#[derive(Debug, Clone)]
pub struct Done {
    /// Row of the target.
    pub target: i64,
    /// Its address; empty for a post that is not identified.
    pub url: String,
    /// How the attempt ended.
    pub outcome: Outcome,
    /// Reason code.
    pub reason: String,
    /// Whether anything answered at all.
    pub reached: bool,
    /// Bytes of the bodies received.
    pub bytes: u64,
    /// Hosts that were asked.
    pub hosts: BTreeSet<String>,
}

impl Done {
    fn new<'a>(job: &Job, outcome: Outcome, reason: &str, exchanges: impl Iterator<Item = &'a Exchange>) -> Done {
        let mut hosts = BTreeSet::new();
        let mut reached = false;
        let mut bytes = 0;
        for exchange in exchanges {
            reached |= exchange.status.is_some();
            bytes += exchange.body_length;
            hosts.extend(exchange.url.host_str().map(str::to_owned));
        }
        let (target, url, reason) = (job.target, job.url.clone(), reason.to_owned());
        Done {
            target,
            url,
            outcome,
            reason,
            reached: reached || hosts.is_empty(),
            bytes,
            hosts,
        }
    }
}

/// Where the work of a run comes from.
enum Supply {
    /// These targets, due or not, and those that become known meanwhile.
    Named {
        wanted: BTreeSet<i64>,
        /// Of them, those that came as jobs.
        begun: BTreeSet<i64>,
        more: UnboundedReceiver<Wanted>,
        /// Nobody is left to name more.
        closed: bool,
    },
    /// Whatever is due in the archive.
    Due {
        /// How many more attempts may begin.
        left: usize,
        /// Nothing more was due when last asked.
        exhausted: bool,
    },
}

impl Supply {
    fn is_empty(&self) -> bool {
        match self {
            Supply::Named { wanted, .. } => wanted.is_empty(),
            Supply::Due { left, exhausted } => *left == 0 || *exhausted,
        }
    }

    /// A target that became known on the way; the archive has queued it.
    fn add(&mut self, target: i64) {
        match self {
            Supply::Named { wanted, .. } => drop(wanted.insert(target)),
            Supply::Due { exhausted, .. } => *exhausted = false,
        }
    }

    /// Whether somebody may still name targets.
    fn may_grow(&self) -> bool {
        matches!(self, Supply::Named { closed: false, .. })
    }

    /// Waits until more targets are named; gives those of them that were leased already. `None` if nobody names more.
    async fn more(&mut self) -> Option<Vec<Job>> {
        let Supply::Named {
            wanted,
            begun,
            more,
            closed: closed @ false,
        } = self
        else {
            return None;
        };
        match more.recv().await {
            Some(Wanted::Jobs(jobs)) => {
                begun.extend(jobs.iter().map(|job| job.target));
                return Some(jobs);
            }
            Some(Wanted::Targets(targets)) => {
                wanted.extend(targets.into_iter().filter(|target| !begun.contains(target)));
            }
            None => *closed = true,
        }
        Some(Vec::new())
    }
}

/// Captures targets: holds the hands to the network and to the archive.
#[derive(Clone)]
pub struct Capturer {
    fetcher: Fetcher,
    store: Arc<Store>,
    upstreams: Arc<Upstreams>,
    canaries: Canaries,
    requisites: Requisites,
    schedule: Arc<Schedule>,
    context: Context,
    streams: Streams,
    copies: Copies,
    submit: Submit,
    helpers: Helpers,
    /// How often a stop was asked of the work that this is for.
    asked_to_stop: Arc<AtomicU8>,
    clock: Clock,
}

impl Capturer {
    /// A capturer over an open archive.
    #[must_use]
    pub fn new(fetcher: Fetcher, store: Arc<Store>, upstreams: Upstreams, clock: Clock) -> Capturer {
        Capturer {
            fetcher,
            store,
            upstreams: Arc::new(upstreams),
            canaries: Canaries::default(),
            requisites: Requisites::default(),
            schedule: Arc::default(),
            context: Context::default(),
            streams: Streams::default(),
            copies: Copies::default(),
            submit: Submit::default(),
            helpers: Helpers::default(),
            asked_to_stop: Arc::default(),
            clock,
        }
    }

    /// With posts known to be live, by platform: they tell a post that is gone from a source that is at fault.
    #[must_use]
    pub fn with_canaries(mut self, posts: &BTreeMap<String, Vec<PostRef>>) -> Capturer {
        self.canaries = Canaries::new(posts);
        self
    }

    /// With these bounds of what is kept of a linked page besides its own bytes.
    #[must_use]
    pub fn with_requisites(mut self, bounds: Requisites) -> Capturer {
        self.requisites = bounds;
        self
    }

    /// With these curves for what is captured again.
    #[must_use]
    pub fn with_schedule(mut self, schedule: Schedule) -> Capturer {
        self.schedule = Arc::new(schedule);
        self
    }

    /// With these bounds of what is captured of the context of a cited post.
    #[must_use]
    pub fn with_context(mut self, bounds: Context) -> Capturer {
        self.context = bounds;
        self
    }

    /// With programs of others that get files which no source gives.
    #[must_use]
    pub fn with_helpers(mut self, helpers: Helpers) -> Capturer {
        self.helpers = helpers;
        self
    }

    /// With these bounds of films that are kept in pieces.
    #[must_use]
    pub fn with_streams(mut self, bounds: Streams) -> Capturer {
        self.streams = bounds;
        self
    }

    /// With what a web archive of others is asked about captured targets.
    #[must_use]
    pub fn with_inquiries(mut self, copies: Copies, submit: Submit) -> Capturer {
        (self.copies, self.submit) = (copies, submit);
        self
    }

    /// Captures what is named until nobody names more, many at once, each at most once; posts identified on the way are
    /// captured as well. `watch` hears of every finished job, after its commit.
    ///
    /// # Errors
    /// If the archive fails. What was committed before stays.
    pub async fn capture_all(
        &self,
        more: UnboundedReceiver<Wanted>,
        stop: &Stop,
        watch: &mut dyn FnMut(&Done),
    ) -> Result<()> {
        let supply = Supply::Named {
            wanted: BTreeSet::new(),
            begun: BTreeSet::new(),
            more,
            closed: false,
        };
        self.work_off(supply, stop, watch).await
    }

    /// Asks that the first jobs of a reading, as many as are worked on at once, are sent to [`Capturer::capture_all`].
    #[must_use]
    pub fn hand_out(wanted: UnboundedSender<Wanted>) -> HandOut {
        HandOut {
            worker: WORKER.to_owned(),
            limit: IN_FLIGHT,
            ttl_millis: LEASE_MILLIS,
            wanted,
        }
    }

    /// Captures what is due, the longest overdue first, at most `most` attempts; otherwise as [`Capturer::capture_all`].
    ///
    /// # Errors
    /// If the archive fails. What was committed before stays.
    pub async fn capture_due(&self, most: usize, stop: &Stop, watch: &mut dyn FnMut(&Done)) -> Result<()> {
        let supply = Supply::Due {
            left: most,
            exhausted: false,
        };
        self.work_off(supply, stop, watch).await
    }

    async fn work_off(&self, mut supply: Supply, stop: &Stop, watch: &mut dyn FnMut(&Done)) -> Result<()> {
        let mut capturer = self.clone();
        capturer.asked_to_stop = Arc::clone(&stop.asked);
        let stale = self.clock.now().plus_millis(-STAGING_MILLIS);
        self.store.discard_stale_uploads(stale).await?;
        let mut tasks: JoinSet<Result<(Done, Vec<i64>)>> = JoinSet::new();
        let given_up = stop.given_up();
        tokio::pin!(given_up);
        let mut ended = Ok(());
        loop {
            while ended.is_ok() && tasks.len() <= IN_FLIGHT - LEASED && !supply.is_empty() && !stop.is_asked() {
                let room = IN_FLIGHT.saturating_sub(tasks.len());
                // Where no more may be begun, what is in flight is brought to its end.
                match self.lease(&mut supply, room).await {
                    Ok(jobs) => capturer.begin(jobs, &mut tasks),
                    Err(error) => ended = Err(error),
                }
            }
            if tasks.is_empty() && (ended.is_err() || !supply.may_grow()) {
                return ended;
            }
            let finished = tokio::select! {
                Some(finished) = tasks.join_next() => finished,
                Some(jobs) = supply.more() => {
                    // Leases that nobody works on end with the run.
                    if !stop.is_asked() {
                        capturer.begin(jobs, &mut tasks);
                    }
                    continue;
                }
                () = &mut given_up => return ended,
            };
            match finished {
                Err(panic) => return Err(Error::Internal(format!("a capture stopped: {panic}"))),
                Ok(result) => {
                    let (done, found) = result?;
                    for target in found {
                        supply.add(target);
                    }
                    watch(&done);
                }
            }
        }
    }

    fn begin(&self, jobs: Vec<Job>, tasks: &mut JoinSet<Result<(Done, Vec<i64>)>>) {
        for job in jobs {
            let capturer = self.clone();
            tasks.spawn(async move {
                let done = capturer.work(job).await;
                capturer.keep_penalties().await?;
                done
            });
        }
    }

    /// Takes up to `room` jobs of the supply.
    async fn lease(&self, supply: &mut Supply, room: usize) -> Result<Vec<Job>> {
        match supply {
            Supply::Named { wanted, .. } => {
                let asked: Vec<i64> = wanted.iter().copied().take(room).collect();
                for target in &asked {
                    wanted.remove(target);
                }
                self.store.lease(WORKER.into(), room, LEASE_MILLIS, asked).await
            }
            Supply::Due { left, exhausted } => {
                let room = room.min(*left);
                let resting = self.fetcher.resting().into_keys().collect();
                let jobs = self.store.lease_due(WORKER.into(), room, LEASE_MILLIS, resting).await?;
                *left -= jobs.len();
                *exhausted = jobs.len() < room;
                Ok(jobs)
            }
        }
    }

    /// Does one job to its end. Returns what came of it, and the targets that it led to and that are queued.
    async fn work(&self, job: Job) -> Result<(Done, Vec<i64>)> {
        let mut record = match &job.kind {
            TargetKind::Unidentified { platform, claim } => {
                let record = self.identify(known(platform)?, claim).await;
                let exchanges = record.steps.iter().flat_map(|s| &s.exchanges);
                let done = Done::new(&job, record.outcome, &record.reason, exchanges);
                let retry_at = self.retry_at(&job, record.outcome, record.outcome.is_transient());
                let identified = match self
                    .store
                    .complete_resolution(job.id, job.fence, record, retry_at)
                    .await?
                {
                    Completion::Stored(identified) => identified,
                    Completion::Stale => None,
                };
                return Ok((done, identified.into_iter().collect()));
            }
            TargetKind::Post { platform, id, handle } => {
                let platform = known(platform)?;
                let post = PostRef {
                    platform: platform.name,
                    id: id.clone(),
                    url: address(&job.url)?,
                    handle: handle.clone(),
                };
                let mut record = self.capture_post(platform, &post).await;
                record.context = self.context_of(platform, &post, &job, &mut record).await;
                self.capture_avatar(&mut record).await?;
                self.capture_pieces(&job, &mut record.media).await?;
                self.help(platform, &job, &mut record).await?;
                record
            }
            TargetKind::Link => self.capture_link(&address(&job.url)?).await,
        };
        date_as_recorded(&mut record);
        let put_off = self.put_off(&record);
        let best = &record.answers[record.best];
        let mut done = Done::new(
            &job,
            best.outcome,
            &best.reason,
            record
                .answers
                .iter()
                .chain(record.canaries.iter().map(|(_, answer)| answer))
                .flat_map(|a| &a.exchanges)
                .chain(record.media.iter().flat_map(|m| &m.exchanges)),
        );
        if let Some(until) = put_off {
            self.store.give_back(job.id, job.fence, Some(until)).await?;
            // Nothing is said of the network.
            done.reached = true;
            return Ok((done, Vec::new()));
        }
        let passing = record.answers.iter().any(|answer| answer.outcome.is_transient());
        let retry_at = self.retry_at(&job, done.outcome, passing);
        let now = self.clock.now();
        let mut recheck_at =
            self.schedule
                .next_check(&job.curve_names(), &job.curves, job.first_captured, now, done.outcome);
        if may_go_on(&record, job.first_captured.is_none()) {
            recheck_at = recheck_at.min(now.plus_millis(GO_ON_MILLIS));
        }
        record.recheck_at = Some(recheck_at);
        record.inquire = self.inquiries_after(&record);
        let queued = match self.store.complete(job.id, job.fence, record, retry_at).await? {
            Completion::Stored(stored) => stored.queued,
            Completion::Stale => Vec::new(),
        };
        Ok((done, queued))
    }

    /// When its hosts have rested, where nothing at all was asked for a capture because they do: that is no attempt.
    fn put_off(&self, record: &CaptureRecord) -> Option<Timestamp> {
        let mut exchanges = record.answers.iter().flat_map(|answer| &answer.exchanges);
        let first = self.fetcher.put_off(exchanges.next()?)?;
        exchanges.try_fold(first, |until, exchange| {
            Some(until.max(self.fetcher.put_off(exchange)?))
        })
    }

    /// When to try a job again, if it is left open.
    fn retry_at(&self, job: &Job, outcome: Outcome, passing: bool) -> Option<Timestamp> {
        let tries = u32::try_from(job.attempts).unwrap_or(u32::MAX).saturating_add(1);
        let wait = retry::wait(Tried::Whole { outcome, passing }, tries, || self.clock.nonce(0)[0])?;
        let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Some(self.clock.now().plus_millis(millis))
    }

    /// Keeps what hosts asked of us for the runs to come.
    async fn keep_penalties(&self) -> Result<()> {
        for (host, penalty) in self.fetcher.take_penalties() {
            self.store.host_penalty(host, penalty).await?;
        }
        Ok(())
    }

    /// One request with all its hops and tries.
    async fn fetch(&self, request: &Request) -> Vec<Exchange> {
        self.fetcher.fetch(request, &mut staging::InArchive(&self.store)).await
    }
}

/// A capture from web archives of others was made when its records were, whenever we took it from there.
fn date_as_recorded(record: &mut CaptureRecord) {
    let exchanges = record
        .answers
        .iter()
        .flat_map(|answer| &answer.exchanges)
        .chain(record.media.iter().flat_map(|media| &media.exchanges));
    let times = exchanges
        .filter(|exchange| exchange.recorded.is_some())
        .map(|e| e.started);
    let (first, last) = (times.clone().min(), times.max());
    if let (Some(first), Some(last)) = (first, last) {
        (record.started, record.ended) = (first, last);
    }
}

/// The address of a target, as the archive has it.
fn address(url: &str) -> Result<Url> {
    Url::parse(url).map_err(|e| Error::Internal(format!("the archive names an address `{url}`: {e}")))
}

fn known(name: &str) -> Result<&'static platform::Platform> {
    platform::by_name(name)
        .ok_or_else(|| Error::Internal(format!("the archive names a platform `{name}` that is not known")))
}

/// Whether media broke off that the next capture can go on with. Only the first break, or one that came after progress by
/// range, so that a server without ranges is not asked for the same bytes every hour.
fn may_go_on(record: &CaptureRecord, is_first: bool) -> bool {
    let ends = record.media.iter().filter_map(|media| media.exchanges.last());
    ends.filter(|end| end.is_left_unfinished())
        .any(|end| is_first || end.status == Some(206))
}
