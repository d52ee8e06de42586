//! `citekeep follow`, `unfollow`, `follows`: lists of articles that `run` looks at.

use clap::Args;
use serde_json::json;
use url::Url;

use super::Global;
use super::person::change_or_make;
use super::print::{Printable, Printer};
use crate::article::feed;
use crate::capture::input::{self, Input};
use crate::citation::Cited;
use crate::error::{Error, ExitCode, Result};
use crate::platform::link;
use crate::schedule::Curve;
use crate::store::query::FollowView;
use crate::store::record::Following;
use crate::store::{MOST, Reader};

/// Arguments of `citekeep follow`.
#[derive(Debug, Args)]
pub struct FollowArguments {
    /// Feeds (RSS, Atom, JSON) and sitemaps by their address, or an OPML file that names some
    #[arg(required = true, value_name = "URL|FILE")]
    lists: Vec<String>,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(i64).range(60..=31_536_000))]
    every: i64,
    /// A case that its articles belong to (may be given again)
    #[arg(long, value_name = "CASE")]
    tag: Vec<String>,
    /// Take what a list names at the first look as read
    #[arg(long)]
    only_new: bool,
    /// They are pages whose headlines are their articles, not feeds
    #[arg(long)]
    page: bool,
    /// Take in so many articles after one look at most; the others wait for the next
    #[arg(long, value_name = "N", default_value_t = MOST, value_parser = clap::value_parser!(i64).range(1..=MOST))]
    max_articles: i64,
    /// How often its articles, and what they cite, are captured again, e.g. "7d:6h 30d:1d 30d" (default: as the settings say)
    #[arg(long, value_name = "CURVE")]
    schedule: Option<Curve>,
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

/// Arguments of `citekeep unfollow`.
#[derive(Debug, Args)]
pub struct UnfollowArguments {
    /// The address of the list
    url: String,
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

/// Follows lists from now on.
pub fn follow(global: &Global, arguments: &FollowArguments, printer: &Printer) -> Result<ExitCode> {
    let mut urls = Vec::new();
    for name in &arguments.lists {
        match Input::parse(name) {
            Input::Url(url) => urls.push(url),
            local => urls.extend(named_in(name, &local)?),
        }
    }
    change_or_make(global, arguments.wait, async |store| {
        for url in &urls {
            let how = Following {
                every: arguments.every,
                tags: arguments.tag.clone(),
                only_new: arguments.only_new,
                page: arguments.page,
                most: arguments.max_articles,
                curve: arguments.schedule.clone(),
            };
            store
                .follow(Cited::Link(link::clean(url)), url.to_string(), how)
                .await?;
        }
        Ok(())
    })?;
    for url in &urls {
        printer.line(format_args!(
            "{} is looked at by the next `citekeep run`",
            Printable(url.as_str())
        ));
        if printer.json() {
            printer.object(&json!({"followed": url}));
        }
    }
    Ok(ExitCode::Done)
}

/// The feeds that an OPML file names.
fn named_in(name: &str, input: &Input) -> Result<Vec<Url>> {
    let bad = |why: String| Error::BadInput {
        input: name.to_owned(),
        why,
        hint: Some("give the address of a feed or sitemap, or an OPML file"),
    };
    let bytes = input::read(input, feed::LONGEST as u64)?;
    // Relative addresses in a file lead nowhere.
    let nowhere = Url::parse("http://invalid./").map_err(|error| bad(error.to_string()))?;
    let listing = feed::read(&bytes, &nowhere).map_err(|error| bad(error.to_string()))?;
    match listing.lists.is_empty() {
        true => Err(bad("names no feeds".to_owned())),
        false => Ok(listing.lists),
    }
}

/// Does not look at a list any more.
pub fn unfollow(global: &Global, arguments: &UnfollowArguments, printer: &Printer) -> Result<ExitCode> {
    let name = Url::parse(&arguments.url).map_or_else(|_| arguments.url.clone(), |url| url.to_string());
    let was = change_or_make(global, arguments.wait, async |store| store.unfollow(name.clone()).await)?;
    if !was {
        return Err(Error::BadInput {
            input: arguments.url.clone(),
            why: "is not followed".into(),
            hint: Some("`citekeep follows` lists what is"),
        });
    }
    printer.line(format_args!(
        "{} is not looked at any more; its articles stay",
        Printable(&name)
    ));
    if printer.json() {
        printer.object(&json!({"unfollowed": name}));
    }
    Ok(ExitCode::Done)
}

/// Lists what is followed.
pub fn follows(global: &Global, printer: &Printer) -> Result<ExitCode> {
    for follow in Reader::open(&global.archive)?.follows()? {
        if printer.json() {
            printer.object(&follow);
            continue;
        }
        let looked = match (&follow.looked, follow.outcome.as_deref()) {
            (None, _) => "never looked at".to_owned(),
            (Some(at), None | Some("captured")) => format!("looked at {at}"),
            (Some(at), Some(outcome)) => format!("looked at {at}: {outcome}"),
        };
        printer.line(format_args!(
            "{}  every {} s, {} articles ({} waiting), {looked}, due {}{}",
            Printable(&follow.url),
            follow.every,
            follow.entries,
            follow.waiting,
            follow.due,
            Printable(&options(&follow))
        ));
    }
    Ok(ExitCode::Done)
}

/// What is not the usual about how a list is followed.
fn options(follow: &FollowView) -> String {
    let mut options = String::new();
    for tag in &follow.tags {
        options += &format!(", tag {tag}");
    }
    if follow.page {
        options += ", a page";
    }
    if follow.max_articles != MOST {
        options += &format!(", at most {} articles a look", follow.max_articles);
    }
    if let Some(curve) = &follow.curve {
        options += &format!(", schedule {curve}");
    }
    options
}
