//! `citekeep reparse`: posts and pages read again from stored bytes.

use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

use super::Global;
use super::person::{change, named_target};
use super::print::{Printable, Printer};
use crate::capture::source::{contained, replay};
use crate::config::Context;
use crate::error::{ExitCode, Result};
use crate::platform::context::{Around, add_thread, named};
use crate::platform::{self, Post, PostRef, Source, SourceKind, Upstreams};
use crate::store::Reader;
use crate::store::page::ReadPage;
use crate::store::record::Surroundings;
use crate::store::reparse::{Again, Reread, StoredCapture};

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
    /// Posts that belong to captured ones and were not known to; they are captured as context, within its bounds.
    context: usize,
    /// Captures whose posts name files that were never asked for: they are captured again with the next run.
    due: usize,
    /// Captured pages that were looked at.
    pages: usize,
    /// Those of which this program reads otherwise what they say of themselves, or for the first time.
    pages_added: usize,
}

/// Reads every stored answer again and adds what is read otherwise.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let settings = global.settings()?;
    let (upstreams, bounds) = (settings.upstreams()?, settings.context);
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
        let found = read_again(&reader, &capture, &upstreams, bounds, &mut summary)?;
        if !found.posts.is_empty() || !found.context.posts.is_empty() {
            printer.remark(format_args!(
                "{}: {} of capture {} read otherwise, {} more posts belong to it",
                Printable(capture.post.url.as_str()),
                found.posts.len(),
                capture.id,
                found.context.posts.len()
            ));
            summary.context += found.context.posts.len();
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
        summary.context = 0;
        let counts = (&mut summary.context, &mut summary.due);
        change(global, arguments.wait, async |store| {
            let reader = Reader::open(&global.archive)?;
            for capture in changed {
                if let Some(capture) = reader.stored_capture(capture)? {
                    let found = read_again(&reader, &capture, &upstreams, bounds, &mut Summary::default())?;
                    let added = store.reparse(capture.id, found).await?;
                    *counts.0 += added.context;
                    *counts.1 += usize::from(added.is_due);
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
    if summary.context + summary.due > 0 {
        printer.line(format_args!(
            "{} more posts belong to them{}; {} are captured again for their files",
            summary.context,
            if arguments.dry_run {
                ", within the bounds"
            } else {
                " and are captured with the next run"
            },
            summary.due
        ));
    }
    Ok(ExitCode::Done)
}

/// What a capture's answers say otherwise today, and which posts belong to its post that no capture of it named.
fn read_again(
    reader: &Reader,
    capture: &StoredCapture,
    upstreams: &Upstreams,
    bounds: Context,
    summary: &mut Summary,
) -> Result<Reread> {
    let mut found = Vec::new();
    // What its context is told by: the post of the best answer, else the first that a source of its platform or an archive gives.
    let mut told_by: Option<(bool, Post)> = None;
    for answer in &capture.answers {
        let source = source(&capture.post, &answer.source);
        let told = source.and_then(|source| replay(source, upstreams, &capture.post, &answer.exchanges));
        match (told, source) {
            (None, _) | (_, None) => summary.unread += usize::from(answer.has_post),
            (Some(told), Some(source)) => match told.post {
                None => summary.lost += usize::from(answer.has_post),
                Some(post) => {
                    let counts = answer.is_best || (told_by.is_none() && source.kind() != SourceKind::Witness);
                    if counts && !told_by.as_ref().is_some_and(|(is_best, _)| *is_best) {
                        told_by = Some((answer.is_best, post.clone()));
                    }
                    if reader.is_known(answer.id, &post)? {
                        summary.same += 1;
                    } else {
                        summary.added += 1;
                        found.push(Again {
                            answer: answer.id,
                            exchange: answer.last,
                            post,
                        });
                    }
                }
            },
        }
    }
    let around = match &told_by {
        Some((_, post)) if bounds.depth > 0 => around(capture, post),
        _ => Vec::new(),
    };
    Ok(Reread {
        posts: found,
        context: Surroundings {
            posts: reader.not_tied(capture.target, around)?,
            depth: bounds.depth,
            most: bounds.posts,
            is_context: false,
        },
    })
}

/// The posts that belong to the post of a capture, as its stored answers tell today.
fn around(capture: &StoredCapture, post: &Post) -> Vec<Around> {
    let Some(platform) = platform::by_name(capture.post.platform) else {
        return Vec::new();
    };
    let mut found = contained(|| named(platform, &capture.post, post)).unwrap_or_default();
    if let Some(thread) = platform.thread {
        for answer in capture.answers.iter().filter(|answer| answer.source == thread.name()) {
            let last = answer.exchanges.last();
            let parts = last.and_then(|last| contained(|| thread.read(&capture.post, post, last))?.ok());
            add_thread(&mut found, &capture.post, parts.unwrap_or_default());
        }
    }
    found
}

/// The source of this name for a post.
fn source(post: &PostRef, name: &str) -> Option<&'static dyn Source> {
    let platform = platform::by_name(post.platform)?;
    platform.sources.iter().copied().find(|source| source.name() == name)
}
