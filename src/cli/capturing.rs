//! What the commands that capture have in common: how they are stopped, how the attempts of a run tell in its exit code, and what
//! the operator is warned of.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};

use super::internal;
use super::print::{Printable, Printer};
use crate::capture::{Done, Helpers, Inquired, Stop};
use crate::clock::Watch;
use crate::config::Config;
use crate::error::{ExitCode, Result};
use crate::fetch::Fetcher;

/// How the attempts of a run ended, as far as the exit code is concerned.
#[derive(Default)]
pub(super) struct Tally {
    attempts: usize,
    failed: usize,
    reached: usize,
    hosts: BTreeSet<String>,
}

impl Tally {
    pub(super) fn count(&mut self, done: &Done) {
        self.attempts += 1;
        self.failed += usize::from(done.outcome.is_transient());
        self.reached += usize::from(done.reached);
        self.hosts.extend(done.hosts.iter().cloned());
    }

    pub(super) fn code(&self) -> ExitCode {
        if self.failed == 0 {
            ExitCode::Done
        } else if self.reached == 0 && self.failed == self.attempts && self.hosts.len() > 1 {
            // Several hosts, and not one of them answered: it is not they who are away.
            ExitCode::NoNetwork
        } else {
            ExitCode::SomeFailed
        }
    }
}

/// Which signal asked us to stop, if any.
#[derive(Clone, Default)]
pub(super) struct Signalled(Arc<AtomicU8>);

impl Signalled {
    pub(super) fn code(&self) -> Option<ExitCode> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            15 => Some(ExitCode::Terminated),
            _ => Some(ExitCode::Interrupted),
        }
    }
}

/// Turns Ctrl-C and SIGTERM into a request to stop; a second one into giving up what is in flight.
pub(super) fn listen() -> Result<(Arc<Stop>, Signalled)> {
    let stop = Arc::new(Stop::default());
    let signalled = Signalled::default();
    let mut interrupt = signal(SignalKind::interrupt()).map_err(internal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(internal)?;
    let (told, noted) = (stop.clone(), signalled.clone());
    tokio::spawn(async move {
        loop {
            let number = tokio::select! {
                _ = interrupt.recv() => 2,
                _ = terminate.recv() => 15,
            };
            noted.0.store(number, Ordering::Relaxed);
            told.ask();
        }
    });
    Ok((stop, signalled))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;

    fn done(outcome: Outcome, reached: bool, host: &str) -> Done {
        Done {
            target: 1,
            url: String::new(),
            outcome,
            reason: String::new(),
            reached,
            bytes: 0,
            hosts: [host.into()].into(),
        }
    }

    #[test]
    fn a_post_found_deleted_is_a_result_and_one_dead_host_is_not_a_dead_network() {
        let mut tally = Tally::default();
        tally.count(&done(Outcome::Deleted, true, "a"));
        assert_eq!(tally.code(), ExitCode::Done);
        tally.count(&done(Outcome::Unreachable, false, "b"));
        assert_eq!(tally.code(), ExitCode::SomeFailed);
        let mut tally = Tally::default();
        tally.count(&done(Outcome::Unreachable, false, "a"));
        assert_eq!(tally.code(), ExitCode::SomeFailed);
        tally.count(&done(Outcome::Unreachable, false, "b"));
        assert_eq!(tally.code(), ExitCode::NoNetwork);
    }
}
