//! `citekeep run`: cron's command. Captures what is due, within limits, and says nothing where all went well.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use url::Url;

use super::capturing::{Tally, doubts_since, helpers, listen, warn_of_clock, warn_of_inquiries};
use super::ping::Told;
use super::print::{Printable, Printer};
use super::report::Summary;
use super::{Global, command_line, hook, internal, ping, runtime, stamp};
use crate::capture::{Capturer, Done, Noticer, Witnesses};
use crate::clock::{Clock, Watch};
use crate::config::Config;
use crate::error::{Error, ExitCode, Result};
use crate::fetch::Fetcher;
use crate::platform::wayback::copies;
use crate::store::change::Change;
use crate::store::{Due, Reader, RunOptions, Store, free};

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
    /// Ask for this address when the run has ended, for what stands at /start below it when it begins and at /fail where it failed
    #[arg(long, value_name = "URL")]
    ping_url: Option<Url>,
    /// Append the summary to this file, as a line of JSON
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
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
        if let Err(why) = runtime.block_on(ping::tell(&config, url, Told::End(code)))? {
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
    let witnesses = Witnesses::of_runs(config)?;
    let mut summary = Summary::new(0, clock.now(), Due::default());
    let store = if witnesses.only_promised() {
        let idle = |run, doubt: Option<&str>| {
            summary.run = run;
            summary.clock.extend(doubt.map(str::to_owned));
            summary.free = free(&global.archive);
            summary.end(clock.now(), ExitCode::Done);
            serde_json::to_string(&summary).map_err(internal)
        };
        match Store::open_if_due(&global.archive, &options, !witnesses.is_empty(), idle)? {
            Some(store) => store,
            None => {
                warn_of_clock(&summary.clock, printer);
                summary.tell(arguments.log.as_deref(), printer);
                return Ok(ExitCode::Done);
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
    summary.free = free(store.path());
    summary.clock.extend(store.clock_doubt().map(str::to_owned));
    warn_of_clock(&summary.clock, printer);
    let every = crate::config::seconds(config.stamp.every);
    let is_idle = summary.due + summary.lists_due + summary.articles_due == 0
        && !is_beside
        && store.last_end() + 1 == store.run();
    if is_idle && (witnesses.is_empty() || runtime()?.block_on(witnesses.due(&store, clock, every))?.is_empty()) {
        summary.end(clock.now(), ExitCode::Done);
        store.close_blocking(0, Some(serde_json::to_string(&summary).map_err(internal)?))?;
        summary.tell(arguments.log.as_deref(), printer);
        return Ok(ExitCode::Done);
    }
    let store = Arc::new(store);
    let runtime = runtime()?;
    runtime.block_on(async {
        if let Some(url) = arguments.ping_url.clone() {
            let config = config.clone();
            // The end tells the monitor what this could not; it is not waited for.
            tokio::spawn(async move { ping::tell(&config, &url, Told::Start).await });
        }
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
        let code = finished.as_ref().map_or_else(Error::exit_code, |code| *code);
        summary.free = free(store.path());
        summary.end(clock.now(), code);
        let kept = serde_json::to_string(&summary).map_err(internal)?;
        // The first failure is the one to tell: after it, closing fails for the same reason.
        let closed = store.close(code as u8, Some(kept)).await;
        let ended = finished.and_then(|code| closed.map(|()| code));
        summary.end(
            summary.ended,
            ended.as_ref().map_or_else(Error::exit_code, |code| *code),
        );
        summary.tell(arguments.log.as_deref(), printer);
        ended
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
        summary.count(done, printer);
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
    for (url, why) in &looked.failed {
        summary.failed(format_args!("{url}: {why}"), printer);
    }
    let unread: Vec<&String> = looked.unread.iter().chain(&again.unread).collect();
    for which in &unread {
        summary.failed(which, printer);
    }
    (summary.lists, summary.lists_failed) = (looked.lists, looked.failed.len());
    (summary.articles, summary.articles_unread) = (looked.articles, unread.len());
    summary.hosts_waiting = fetcher.resting();
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
    // From here on there is nothing to finish but this. A run that was stopped before gives it no more time than that.
    let (stop, signalled) = listen()?;
    if summary.stopped_by == Some("signal") {
        stop.ask();
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
            hook::tell(command, store.path(), &changes, stop.given_up()).await,
        );
    }
    if let Some(url) = &arguments.on_change_url {
        summary.on_change_url = heard(
            "the address of --on-change-url",
            hook::post(config, url, &changes, stop.given_up()).await?,
        );
    }
    if let Some(code) = signalled.code() {
        summary.stopped_by = Some("signal");
        return Ok(code);
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
