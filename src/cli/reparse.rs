//! `citekeep reparse`: posts and pages read again from stored bytes.

use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

use super::Global;
use super::person::{change, named_target};
use super::print::{Printable, Printer};
use crate::capture::source::replay;
use crate::error::{ExitCode, Result};
use crate::platform::{self, PostRef, Source, Upstreams};
use crate::store::Reader;
use crate::store::page::ReadPage;
use crate::store::reparse::{Again, StoredCapture};

/// Arguments of `citekeep reparse`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only this post or page: its address or target:N (default: every one)
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Say what would be added, and add nothing
    #[arg(long)]
    dry_run: bool,
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
struct Summary {
    /// Captures of posts that were looked at.
    captures: usize,
    /// Posts that are read as they were before.
    same: usize,
    /// Posts that are read otherwise, or for the first time.
    added: usize,
    /// Answers from which a post was read before, and none today; what was read stays.
    lost: usize,
    /// Answers that were redacted.
    redacted: usize,
    /// Answers of sources that this program does not have, or that it would ask otherwise.
    unread: usize,
    /// Captured pages that were looked at.
    pages: usize,
    /// Those of which this program reads otherwise what they say of themselves, or for the first time.
    pages_added: usize,
}

/// Reads every stored answer again and adds what is read otherwise.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let upstreams = global.settings()?.upstreams()?;
    let target = match &arguments.target {
        Some(name) => Some(named_target(global, name)?),
        None => None,
    };
    let mut summary = Summary::default();
    let mut changed = Vec::new();
    let reader = Reader::open(&global.archive)?;
    let captures = reader.captures_of_posts(target)?;
    let bar = printer.progress().then(|| ProgressBar::new(captures.len() as u64));
    for capture in captures {
        if let Some(bar) = &bar {
            bar.inc(1);
        }
        let Some(capture) = reader.stored_capture(capture)? else {
            continue;
        };
        summary.captures += 1;
        summary.redacted += capture.redacted;
        let found = read_again(&reader, &capture, &upstreams, &mut summary)?;
        if !found.is_empty() {
            printer.remark(format_args!(
                "{}: {} of capture {} read otherwise",
                Printable(capture.post.url.as_str()),
                found.len(),
                capture.id
            ));
            changed.push(capture.id);
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let mut pages = Vec::new();
    for exchange in reader.captured_pages(target)? {
        summary.pages += 1;
        if reader.page_read_otherwise(exchange)?.is_some() {
            pages.push(exchange);
        }
    }
    summary.pages_added = pages.len();
    drop(reader);
    let is_to_add = !changed.is_empty() || !pages.is_empty();
    if is_to_add && !arguments.dry_run {
        change(global, arguments.wait, async |store| {
            let reader = Reader::open(&global.archive)?;
            for capture in changed {
                if let Some(capture) = reader.stored_capture(capture)? {
                    let found = read_again(&reader, &capture, &upstreams, &mut Summary::default())?;
                    store.reparse(capture.id, found).await?;
                }
            }
            for exchange in pages {
                if let Some(facts) = reader.page_read_otherwise(exchange)? {
                    store.add_pages(vec![ReadPage { exchange, facts }], None).await?;
                }
            }
            Ok(())
        })?;
    }
    if printer.json() {
        printer.object(&summary);
    }
    printer.line(format_args!(
        "{} captured pages: {} read otherwise than before",
        summary.pages, summary.pages_added
    ));
    printer.line(format_args!(
        "{} captures of posts: {} posts read as before, {} {}, {} not found any more, {} answers not read ({} redacted)",
        summary.captures,
        summary.same,
        summary.added,
        if arguments.dry_run { "would be added" } else { "added" },
        summary.lost,
        summary.unread + summary.redacted,
        summary.redacted
    ));
    Ok(ExitCode::Done)
}

/// The posts of a capture that are read otherwise today.
fn read_again(
    reader: &Reader,
    capture: &StoredCapture,
    upstreams: &Upstreams,
    summary: &mut Summary,
) -> Result<Vec<Again>> {
    let mut found = Vec::new();
    for answer in &capture.answers {
        let told = source(&capture.post, &answer.source)
            .and_then(|source| replay(source, upstreams, &capture.post, &answer.exchanges));
        match told {
            None => summary.unread += usize::from(answer.has_post),
            Some(told) => match told.post {
                None => summary.lost += usize::from(answer.has_post),
                Some(post) if reader.is_known(answer.id, &post)? => summary.same += 1,
                Some(post) => {
                    summary.added += 1;
                    found.push(Again {
                        answer: answer.id,
                        exchange: answer.last,
                        post,
                    });
                }
            },
        }
    }
    Ok(found)
}

/// The source of this name for a post.
fn source(post: &PostRef, name: &str) -> Option<&'static dyn Source> {
    let platform = platform::by_name(post.platform)?;
    platform.sources.iter().copied().find(|source| source.name() == name)
}
