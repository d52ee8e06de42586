//! `citekeep pause`, `citekeep resume`: which targets are captured, and which articles read again, of their own accord.

use clap::Args;

use super::Global;
use super::person::{change, named};
use super::print::{Printable, Printer};
use crate::error::{ExitCode, Result};

/// Arguments of `citekeep pause`.
#[derive(Debug, Args)]
pub struct PauseArguments {
    /// The post, page or article: an address, target:N or article:N
    target: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

/// Arguments of `citekeep resume`.
#[derive(Debug, Args)]
pub struct ResumeArguments {
    /// The post, page or article: an address, target:N or article:N
    target: String,
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

/// Stops capturing a target, or reading an article again, of its own accord.
pub fn pause(global: &Global, arguments: &PauseArguments, printer: &Printer) -> Result<ExitCode> {
    let paused = change(global, arguments.wait, async |store| {
        let target = named(global, &arguments.target)?;
        store.pause(target, arguments.why.clone()).await
    })?;
    tell(
        printer,
        &arguments.target,
        if paused { "is paused" } else { "was paused already" },
    )
}

/// Lets what is paused go on.
pub fn resume(global: &Global, arguments: &ResumeArguments, printer: &Printer) -> Result<ExitCode> {
    let resumed = change(global, arguments.wait, async |store| {
        store.resume(named(global, &arguments.target)?).await
    })?;
    tell(
        printer,
        &arguments.target,
        if resumed {
            "is due with the next run"
        } else {
            "was not paused"
        },
    )
}

fn tell(printer: &Printer, target: &str, what: &str) -> Result<ExitCode> {
    printer.line(format_args!("{} {what}", Printable(target)));
    if printer.json() {
        printer.object(&serde_json::json!({"target": target, "said": what}));
    }
    Ok(ExitCode::Done)
}
