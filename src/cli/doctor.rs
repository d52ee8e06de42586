//! `citekeep doctor`: which sources can be used from here. Asks each for the posts that the settings say are live; keeps nothing.

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

/// Probes every source; exit code 3 if one that was asked does not work, 69 if nothing answered at all.
pub fn run(global: &Global, printer: &Printer) -> Result<ExitCode> {
    let config = global.settings()?;
    let canaries = config.canaries()?;
    let fetcher = Fetcher::new(&config, Clock::System)?;
    let upstreams = config.upstreams()?;
    let runtime = runtime()?;
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
    Ok(match () {
        () if asked.is_empty() => ExitCode::Done,
        () if asked.iter().all(|answer| !answer.reached) => ExitCode::NoNetwork,
        () if asked.iter().any(|answer| answer.outcome != Outcome::Captured) => ExitCode::SomeFailed,
        () => ExitCode::Done,
    })
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
