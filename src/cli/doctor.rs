//! `citekeep doctor`: whether a run could work here, and which sources can be used. Asks each for the posts that the settings say are
//! live; keeps nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::print::{Printable, Printer};
use super::{Global, runtime};
use crate::capture::source::{Probe, probe};
use crate::clock::Clock;
use crate::error::{ExitCode, Result};
use crate::fetch::Fetcher;
use crate::outcome::Outcome;
use crate::platform::{PLATFORMS, Platform, PostRef};
use crate::store::health::{Check, checks};

/// What one source answered to one post.
#[derive(Serialize)]
struct Line<'a> {
    source: &'a str,
    canary: Option<&'a str>,
    outcome: Option<Outcome>,
    /// Reason code, also of not having asked: `no_canary`, `skipped`, `no_credential`.
    reason: Option<&'a str>,
    /// Whether anything answered.
    reached: bool,
    works: bool,
}

/// Something of this machine that was looked at.
#[derive(Serialize)]
struct Looked<'a> {
    check: &'a str,
    ok: bool,
    said: &'a str,
}

/// Looks at the archive and its surroundings and probes every source; exit code 3 if something is wrong or a source that was asked does
/// not work, 69 if nothing answered at all.
pub fn run(global: &Global, printer: &Printer) -> Result<ExitCode> {
    let config = global.settings()?;
    let canaries = config.canaries()?;
    let fetcher = Fetcher::new(&config, Clock::System)?;
    let upstreams = config.upstreams()?;
    let runtime = runtime()?;
    let mut looked = checks(&global.archive, Clock::System.now(), config.limit.free);
    for check in &looked {
        tell_check(printer, check);
    }
    printer.line(format_args!("{:<20} {:<8} {}", "source", "works", "what it said"));
    let mut asked: Vec<Probe> = Vec::new();
    for (platform, source) in PLATFORMS.iter().flat_map(|p| p.sources.iter().map(move |s| (p, *s))) {
        let posts = of(platform, &canaries);
        let credential = source.needs_credential(&upstreams);
        let not_asked = if upstreams.skips(source.name()) {
            Some("skipped")
        } else if credential.is_some_and(|origin| !fetcher.has_credential(&origin)) {
            Some("no_credential")
        } else if posts.is_empty() {
            Some("no_canary")
        } else {
            None
        };
        if let Some(reason) = not_asked {
            tell(printer, &untested(source.name(), reason));
            continue;
        }
        for post in posts {
            let answer = runtime.block_on(probe(&fetcher, &upstreams, post, source));
            tell(
                printer,
                &Line {
                    source: source.name(),
                    canary: Some(post.url.as_str()),
                    outcome: Some(answer.outcome),
                    reason: Some(&answer.reason),
                    reached: answer.reached,
                    works: answer.outcome == Outcome::Captured,
                },
            );
            asked.push(answer);
        }
    }
    if let Some(doubt) = fetcher.clock_doubt() {
        let check = ("clock", Err(doubt));
        tell_check(printer, &check);
        looked.push(check);
    }
    Ok(match () {
        () if !asked.is_empty() && asked.iter().all(|answer| !answer.reached) => ExitCode::NoNetwork,
        () if looked.iter().any(|(_, said)| said.is_err()) => ExitCode::SomeFailed,
        () if asked.iter().any(|answer| answer.outcome != Outcome::Captured) => ExitCode::SomeFailed,
        () => ExitCode::Done,
    })
}

fn tell_check(printer: &Printer, (check, said): &Check) {
    let ok = said.is_ok();
    let said = said.as_ref().unwrap_or_else(|why| why);
    if printer.json() {
        printer.object(&Looked { check, ok, said });
        return;
    }
    let works = if ok { "ok" } else { "no" };
    printer.line(format_args!("{check:<20} {works:<8} {}", Printable(said)));
}

fn of<'a>(platform: &Platform, canaries: &'a BTreeMap<String, Vec<PostRef>>) -> &'a [PostRef] {
    canaries.get(platform.name).map_or(&[], Vec::as_slice)
}

fn untested<'a>(source: &'a str, reason: &'a str) -> Line<'a> {
    Line {
        source,
        canary: None,
        outcome: None,
        reason: Some(reason),
        reached: false,
        works: false,
    }
}

fn tell(printer: &Printer, line: &Line<'_>) {
    if printer.json() {
        printer.object(line);
        return;
    }
    let (works, said) = match (line.outcome, line.canary) {
        (Some(outcome), Some(canary)) => (
            if line.works { "yes" } else { "no" },
            format!("{} ({}) of {canary}", outcome.word(), line.reason.unwrap_or_default()),
        ),
        _ => (
            "?",
            match line.reason {
                Some("skipped") => "not asked: the settings leave it out (`skip`)",
                Some("no_credential") => "not asked: there is no credential for it",
                _ => "not asked: no canary of its platform is set",
            }
            .to_owned(),
        ),
    };
    printer.line(format_args!("{:<20} {:<8} {}", line.source, works, Printable(&said)));
}
