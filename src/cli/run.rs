//! `citekeep run`: cron's command. Captures what is due, within limits, and says nothing where all went well.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use url::Url;

use super::archive::{Tally, command_line, listen};
use super::print::{Printable, Printer};
use super::{Global, hook, internal, ping, runtime, stamp};
use crate::capture::{Capturer, Done, Helpers, Inquired, Noticer, Witnesses};
use crate::clock::{Clock, Timestamp, Watch};
use crate::config::Config;
use crate::error::{Error, ExitCode, Result};
use crate::fetch::Fetcher;
use crate::platform::wayback::copies;
use crate::store::change::Change;
use crate::store::{Due, Reader, RunOptions, Store};

/// Arguments of `citekeep run`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Stop cleanly after this time
    #[arg(long, value_name = "SECONDS", default_value_t = 7200)]
    max_duration: u64,
    /// Stop cleanly after so many attempts
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    max_captures: usize,
    /// Stop cleanly once so many bytes were received
    #[arg(long, value_name = "N", default_value_t = u64::MAX, hide_default_value = true)]
    max_bytes: u64,
    /// Wait a random time of at most so long first, so that many machines do not ask at once; not on a terminal
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=86_400))]
    jitter: u64,
    /// Only tell what is due
    #[arg(long)]
    dry_run: bool,
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    /// Exit with 2 if something changed or vanished
    #[arg(long)]
    exit_code: bool,
    /// Where something changed or vanished, run this by the shell, with a line of JSON for each change on its standard input
    #[arg(long, value_name = "COMMAND")]
    on_change: Option<String>,
    /// Where something changed or vanished, send a line of JSON for each change to this address, by POST
    #[arg(long, value_name = "URL")]
    on_change_url: Option<Url>,
    /// Ask for this address when the run has ended, or for what stands at /fail below it where it failed
    #[arg(long, value_name = "URL")]
    ping_url: Option<Url>,
    /// Append the summary to this file, as a line of JSON
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// What a run says about itself: printed with `--json`, kept in the archive.
#[derive(Debug, Serialize)]
struct Summary {
    version: u32,
    run: i64,
    started: Timestamp,
    ended: Timestamp,
    /// Targets that were due at the start, and since when the oldest.
    due: i64,
    oldest_due: Option<String>,
    /// Followed lists that were due at the start, those looked at, and of them those that failed.
    lists_due: i64,
    /// Articles that were due to be read again at the start, and those read again or tried to.
    articles_due: i64,
    articles_again: usize,
    lists: usize,
    lists_failed: usize,
    /// Articles taken in from them, and those that could not be had or read.
    articles: usize,
    articles_unread: usize,
    attempts: usize,
    /// Attempts by outcome.
    outcomes: BTreeMap<&'static str, u64>,
    /// Witnesses that confirmed the ledger's head at the end, and those that were asked in vain.
    stamps: usize,
    stamps_failed: usize,
    /// Targets that the Internet Archive was asked for its copies of, and those that it has.
    copies_asked: usize,
    copies_found: usize,
    /// Targets that the Internet Archive was asked to capture, and those that it says it has or could not capture.
    submitted: usize,
    submitted_archived: usize,
    submitted_failed: usize,
    /// Bytes of bodies received.
    bytes: u64,
    /// What changed or vanished, by event.
    changes: BTreeMap<&'static str, u64>,
    /// What came of the command of `--on-change`: `done`, or why it failed; `None` if it was not run.
    on_change: Option<String>,
    /// The same of the address of `--on-change-url`.
    on_change_url: Option<String>,
    /// Why the clock is doubted, in words; empty where it is not.
    clock: Vec<String>,
    /// Which limit or signal stopped it, if one did.
    stopped_by: Option<&'static str>,
    exit: u8,
}

impl Summary {
    fn new(run: i64, now: Timestamp, due: Due) -> Summary {
        Summary {
            version: 1,
            run,
            started: now,
            ended: now,
            due: due.targets,
            oldest_due: due.oldest,
            lists_due: due.lists,
            articles_due: due.articles,
            articles_again: 0,
            lists: 0,
            lists_failed: 0,
            articles: 0,
            articles_unread: 0,
            attempts: 0,
            outcomes: BTreeMap::new(),
            stamps: 0,
            stamps_failed: 0,
            copies_asked: 0,
            copies_found: 0,
            submitted: 0,
            submitted_archived: 0,
            submitted_failed: 0,
            bytes: 0,
            changes: BTreeMap::new(),
            on_change: None,
            on_change_url: None,
            clock: Vec::new(),
            stopped_by: None,
            exit: 0,
        }
    }

    fn count(&mut self, done: &Done) {
        self.attempts += 1;
        self.bytes = self.bytes.saturating_add(done.bytes);
        *self.outcomes.entry(done.outcome.word()).or_default() += 1;
    }
}

/// Captures what is due, and tells the monitor how that ended. Who finds another run at work says nothing: that one will.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let config = global.settings()?;
    let ended = capture(global, &config, arguments, printer);
    let code = ended.as_ref().map_or_else(Error::exit_code, |code| *code);
    if let Some(url) = &arguments.ping_url
        && !arguments.dry_run
        && code != ExitCode::Locked
    {
        let runtime = runtime()?;
        if let Err(why) = runtime.block_on(ping::tell(&config, url, code))? {
            printer.warn(format_args!(
                "the monitor at {} was not told: {}",
                Printable(url.as_str()),
                Printable(&why)
            ));
        }
    }
    ended
}

/// Captures what is due; sets nothing up for the network where nothing is.
fn capture(global: &Global, config: &Config, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let clock = Clock::System;
    if arguments.dry_run {
        let due = Reader::open(&global.archive)?.due(clock.now())?;
        return Ok(tell_due(&due, printer));
    }
    if !std::io::stderr().is_terminal() {
        std::thread::sleep(jitter(clock, arguments.jitter));
    }
    let options = RunOptions {
        spacing: crate::config::seconds(config.verdict.spacing),
        free: config.limit.free,
        create: false,
        wait: Duration::from_secs(arguments.wait),
        command: command_line(),
        clock,
    };
    let witnesses = match config.stamp.runs {
        true => Witnesses::new(config)?,
        false => Witnesses::default(),
    };
    let mut summary = Summary::new(0, clock.now(), Due::default());
    let store = if witnesses.is_empty() {
        let idle = |run, doubt: Option<&str>| {
            summary.run = run;
            summary.clock.extend(doubt.map(str::to_owned));
            summary.ended = clock.now();
            serde_json::to_string(&summary).map_err(internal)
        };
        match Store::open_if_due(&global.archive, &options, idle)? {
            Some(store) => store,
            None => {
                warn_of_clock(&summary.clock, printer);
                return Ok(tell(&summary, ExitCode::Done, arguments, printer));
            }
        }
    } else {
        Store::open(&global.archive, &options)?
    };
    let due = store.due()?;
    let is_beside = due.pages
        || due.inquiries.keys().any(|service| match service.as_str() {
            copies::SERVICE => config.copies.on,
            _ => config.submit.on,
        });
    let mut summary = Summary::new(store.run(), clock.now(), due);
    summary.clock.extend(store.clock_doubt().map(str::to_owned));
    warn_of_clock(&summary.clock, printer);
    let every = crate::config::seconds(config.stamp.every);
    let is_idle = summary.due + summary.lists_due + summary.articles_due == 0
        && !is_beside
        && store.last_end() + 1 == store.run();
    if is_idle && (witnesses.is_empty() || runtime()?.block_on(witnesses.due(&store, clock, every))?.is_empty()) {
        return store
            .close_blocking(0, Some(serde_json::to_string(&summary).map_err(internal)?))
            .map(|()| tell(&summary, ExitCode::Done, arguments, printer));
    }
    let store = Arc::new(store);
    let runtime = runtime()?;
    runtime.block_on(async {
        let noticer = Noticer::start(store.path(), store.last_end(), options.spacing)?;
        let finished = work(&store, config, arguments, printer, &mut summary, &noticer).await;
        let finished = match finished {
            Ok(code @ (ExitCode::Done | ExitCode::SomeFailed)) if !witnesses.is_empty() => {
                witness(&witnesses, &store, config, printer, &mut summary)
                    .await
                    .map(|all| if all { code } else { ExitCode::SomeFailed })
            }
            finished => finished,
        };
        // It reads the archive, which is closed below.
        let changes = noticer.finish();
        let finished = match finished {
            Ok(code) => report(changes?, code, &store, config, arguments, printer, &mut summary).await,
            Err(error) => Err(error),
        };
        let code = finished.as_ref().map_or_else(|error| error.exit_code(), |code| *code);
        (summary.ended, summary.exit) = (clock.now(), code as u8);
        let kept = serde_json::to_string(&summary).map_err(internal)?;
        // The first failure is the one to tell: after it, closing fails for the same reason.
        let closed = store.close(code as u8, Some(kept)).await;
        finished.and_then(|code| closed.map(|()| tell(&summary, code, arguments, printer)))
    })
}

async fn work(
    store: &Arc<Store>,
    config: &Config,
    arguments: &Arguments,
    printer: &Printer,
    summary: &mut Summary,
    noticer: &Noticer,
) -> Result<ExitCode> {
    let clock = Clock::System;
    let (stop, signalled) = listen()?;
    let watch_over_clock = Watch::start(clock);
    let fetcher = Fetcher::new(config, clock)?;
    fetcher.leave_alone(store.host_penalties().await?);
    let capturer = Capturer::new(fetcher.clone(), Arc::clone(store), config.upstreams()?, clock)
        .with_canaries(&config.canaries()?)
        .with_requisites(config.requisites)
        .with_schedule(config.schedule.clone())
        .with_context(config.context)
        .with_streams(config.streams)
        .with_inquiries(config.copies, config.submit)
        .with_helpers(helpers(config, printer));
    let mut tally = Tally::default();
    let mut watch = |done: &Done| {
        tally.count(done);
        summary.count(done);
        noticer.tell(done.target);
        if summary.bytes >= arguments.max_bytes && summary.stopped_by.is_none() {
            summary.stopped_by = Some("max_bytes");
            stop.ask();
        }
        printer.remark(format_args!(
            "{:<14} {} ({})",
            done.outcome.word(),
            Printable(&done.url),
            done.reason
        ));
    };
    let ((looked, again, inquired), out_of_time) = {
        let capturing = async {
            let looked = capturer.look_at_lists(&stop).await?;
            let again = capturer.read_again(&stop).await?;
            capturer.capture_due(arguments.max_captures, &stop, &mut watch).await?;
            capturer.read_pages(usize::MAX, &stop).await?;
            let inquired = capturer.inquire(&stop).await?;
            Ok::<_, Error>((looked, again, inquired))
        };
        tokio::pin!(capturing);
        tokio::select! {
            looked = &mut capturing => (looked?, false),
            () = tokio::time::sleep(Duration::from_secs(arguments.max_duration)) => {
                stop.ask();
                (capturing.await?, true)
            }
        }
    };
    summary.clock.extend(doubts_since(&watch_over_clock, &fetcher, printer));
    let unread: Vec<_> = looked.unread.iter().chain(&again.unread).collect();
    for (url, why) in looked.failed.iter().chain(unread.iter().copied()) {
        printer.warn(format_args!(
            "{}: {}; it is tried again",
            Printable(url),
            Printable(why)
        ));
    }
    (summary.lists, summary.lists_failed) = (looked.lists, looked.failed.len());
    (summary.articles, summary.articles_unread) = (looked.articles, unread.len());
    summary.articles_again = again.articles;
    warn_of_inquiries(&inquired, printer);
    let [copies, submitted] = inquired;
    (summary.copies_asked, summary.copies_found) = (copies.new, copies.archived);
    (summary.submitted, summary.submitted_archived) = (submitted.new, submitted.archived);
    summary.submitted_failed = submitted.failed;
    if let Some(code) = signalled.code() {
        summary.stopped_by = Some("signal");
        return Ok(code);
    }
    if out_of_time {
        summary.stopped_by.get_or_insert("max_duration");
    } else if summary.attempts >= arguments.max_captures {
        summary.stopped_by.get_or_insert("max_captures");
    }
    Ok(match tally.code() {
        ExitCode::Done if looked.failed.len() + unread.len() > 0 => ExitCode::SomeFailed,
        code => code,
    })
}

/// Has what the run has done confirmed, where that is wanted; whether all who were asked did.
async fn witness(
    witnesses: &Witnesses,
    store: &Arc<Store>,
    config: &Config,
    printer: &Printer,
    summary: &mut Summary,
) -> Result<bool> {
    let clock = Clock::System;
    let every = crate::config::seconds(config.stamp.every);
    let due = witnesses.due(store, clock, every).await?;
    let said = stamp::ask(&due, config, store, clock).await?;
    for stamped in &said {
        stamp::warn(stamped, printer);
    }
    summary.stamps = said.iter().filter(|stamped| stamped.is_good()).count();
    summary.stamps_failed = said.iter().filter(|stamped| stamped.is_failure()).count();
    Ok(summary.stamps_failed == 0)
}

/// Why the clock is doubted after a run, by how it went and by what servers say; the operator is told.
pub(super) fn doubts_since(watch: &Watch, fetcher: &Fetcher, printer: &Printer) -> Vec<String> {
    let doubts: Vec<String> = watch.doubt().into_iter().chain(fetcher.clock_doubt()).collect();
    warn_of_clock(&doubts, printer);
    doubts
}

/// Tells why the clock is doubted.
pub(super) fn warn_of_clock(doubts: &[String], printer: &Printer) {
    for doubt in doubts {
        printer.warn(format_args!("{doubt}; times of this run may be wrong"));
    }
}

/// The helpers that the settings ask for; tells which are not there.
pub(super) fn helpers(config: &Config, printer: &Printer) -> Helpers {
    let (helpers, missing) = Helpers::find(config);
    for name in missing {
        printer.warn(format_args!("{name} is not on the path; what it might get is not kept"));
    }
    helpers
}

/// Tells why a web archive is not asked what is left to ask.
pub(super) fn warn_of_inquiries(inquired: &[Inquired; 2], printer: &Printer) {
    for (inquired, what) in inquired.iter().zip(["for more copies", "to capture more"]) {
        if let Some(why) = &inquired.stopped {
            printer.warn(format_args!(
                "the Internet Archive is not asked {what}: {}; a later run goes on",
                Printable(why)
            ));
        }
    }
}

/// Counts what changed and tells it to the operator's command and address. That is done before the run ends: what a run killed
/// meanwhile has found, the next one tells again.
async fn report(
    changes: Vec<Change>,
    code: ExitCode,
    store: &Store,
    config: &Config,
    arguments: &Arguments,
    printer: &Printer,
    summary: &mut Summary,
) -> Result<ExitCode> {
    for change in &changes {
        *summary.changes.entry(change.event.word()).or_default() += 1;
    }
    if changes.is_empty() {
        return Ok(code);
    }
    let heard = |who: &str, told: std::result::Result<(), String>| {
        if let Err(why) = &told {
            printer.warn(format_args!(
                "{who} failed ({}); `citekeep changes --since {}` lists what it was to hear",
                Printable(why),
                store.last_end()
            ));
        }
        Some(told.map_or_else(|why| why, |()| "done".to_owned()))
    };
    if let Some(command) = &arguments.on_change {
        summary.on_change = heard(
            "the command of --on-change",
            hook::tell(command, store.path(), &changes),
        );
    }
    if let Some(url) = &arguments.on_change_url {
        summary.on_change_url = heard(
            "the address of --on-change-url",
            hook::post(config, url, &changes).await?,
        );
    }
    Ok(match code {
        ExitCode::Done | ExitCode::SomeFailed if arguments.exit_code => ExitCode::Changed,
        code => code,
    })
}

/// A random time below `most` seconds.
fn jitter(clock: Clock, most: u64) -> Duration {
    if most == 0 {
        return Duration::ZERO;
    }
    let random = clock.nonce(0);
    let number = random[..8]
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Duration::from_millis(number % (most * 1000))
}

fn tell(summary: &Summary, code: ExitCode, arguments: &Arguments, printer: &Printer) -> ExitCode {
    if let Some(path) = &arguments.log
        && let Err(error) = append(path, summary)
    {
        printer.warn(format_args!(
            "cannot write the log {}: {error}",
            Printable(&path.display().to_string())
        ));
    }
    if printer.json() {
        printer.object(summary);
    }
    code
}

fn append(path: &Path, summary: &Summary) -> io::Result<()> {
    let mut line = serde_json::to_vec(summary)?;
    line.push(b'\n');
    // In one piece, so that the lines of several programs do not mix.
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?
        .write_all(&line)
}

#[derive(Serialize)]
struct DryRun<'a> {
    due: i64,
    lists_due: i64,
    articles_due: i64,
    oldest_due: Option<&'a str>,
}

fn tell_due(due: &Due, printer: &Printer) -> ExitCode {
    let oldest = due.oldest.as_deref();
    if printer.json() {
        printer.object(&DryRun {
            due: due.targets,
            lists_due: due.lists,
            articles_due: due.articles,
            oldest_due: oldest,
        });
    } else {
        let since = oldest
            .map(|time| format!(", the oldest since {time}"))
            .unwrap_or_default();
        printer.line(format_args!("{} due{since}", due.targets));
        if due.lists + due.articles > 0 {
            let (lists, articles) = (due.lists, due.articles);
            printer.line(format_args!(
                "{lists} lists to look at, {articles} articles to read again"
            ));
        }
    }
    ExitCode::Done
}
