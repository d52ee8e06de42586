//! One change of the archive by a person, as a run of its own.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::{Global, command_line, runtime};
use crate::clock::Clock;
use crate::error::{Error, ExitCode, Result};
use crate::store::record::About;
use crate::store::{Reader, RunOptions, Store};

/// Who makes the change.
#[derive(Debug, Args)]
pub struct Person {
    /// Who says so (default: the name of the user)
    #[arg(long, value_name = "NAME", env = "USER", hide_env = true)]
    pub by: String,
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait: u64,
}

/// Opens the archive, lets `change` write to it, and closes it again.
pub fn change<T>(global: &Global, wait: u64, change: impl AsyncFnOnce(&Arc<Store>) -> Result<T>) -> Result<T> {
    with_store(global, wait, false, change)
}

/// As [`change`], but makes the archive if there is none.
pub fn change_or_make<T>(global: &Global, wait: u64, change: impl AsyncFnOnce(&Arc<Store>) -> Result<T>) -> Result<T> {
    with_store(global, wait, true, change)
}

fn with_store<T>(
    global: &Global,
    wait: u64,
    create: bool,
    change: impl AsyncFnOnce(&Arc<Store>) -> Result<T>,
) -> Result<T> {
    let config = global.settings()?;
    let options = RunOptions {
        spacing: crate::config::seconds(config.verdict.spacing),
        free: config.limit.free,
        create,
        wait: Duration::from_secs(wait),
        command: command_line(),
        clock: Clock::System,
    };
    let store = Arc::new(Store::open(&global.archive, &options)?);
    let runtime = runtime()?;
    runtime.block_on(async {
        let changed = change(&store).await;
        let code = changed.as_ref().map_or_else(Error::exit_code, |_| ExitCode::Done);
        // The first failure is the one to tell.
        let closed = store.close(code as u8, None).await;
        changed.and_then(|value| closed.map(|()| value))
    })
}

/// What a person means: `article:N`, `target:N`, or the address of an article or of what is cited.
pub fn named(global: &Global, name: &str) -> Result<About> {
    let reader = Reader::open(&global.archive)?;
    let row = |prefix: &str| name.strip_prefix(prefix).and_then(|row| row.parse::<i64>().ok());
    if let Some(article) = row("article:") {
        if reader.article(article)?.is_some() {
            return Ok(About::Article(article));
        }
    } else if let Some(target) = row("target:") {
        return reader.target(target).map(|target| About::Target(target.means));
    } else if let Some(target) = reader.target_by_url(name)? {
        return Ok(About::Target(target.means));
    } else if let Some(article) = reader.find_article(name)? {
        return Ok(About::Article(article));
    }
    Err(Error::BadInput {
        input: name.to_owned(),
        why: "is no article or target of this archive".into(),
        hint: Some("give its address, article:N as in `citekeep list`, or target:N as in `citekeep show --json`"),
    })
}

/// As [`named`], of a target only.
pub fn named_target(global: &Global, name: &str) -> Result<i64> {
    match named(global, name)? {
        About::Target(target) => Ok(target),
        About::Article(_) => Err(Error::BadInput {
            input: name.to_owned(),
            why: "is an article, not a target".into(),
            hint: Some("name a post or page that an article cites"),
        }),
    }
}
