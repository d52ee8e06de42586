//! `citekeep stamp`: has witnesses confirm the ledger's head.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::Global;
use super::person::change;
use super::print::{Printable, Printer};
use crate::capture::{Questions, Stamped, Witnesses};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, ExitCode, Result};
use crate::fetch::Fetcher;
use crate::store::Store;

/// Arguments of `citekeep stamp`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

/// Asks every witness that has something to confirm.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let config = global.settings()?;
    let witnesses = witnesses(&config)?;
    let clock = Clock::System;
    let said = change(global, arguments.wait, async |store| {
        let due = witnesses.due(store, clock, Duration::ZERO).await?;
        ask(&due, &config, store, clock).await
    })?;
    if said.is_empty() {
        printer.line("nothing is new since the last time stamp");
    }
    Ok(tell(&said, printer))
}

/// The witnesses of the settings, of which there must be one.
pub(super) fn witnesses(config: &Config) -> Result<Witnesses> {
    let witnesses = Witnesses::new(config)?;
    match witnesses.is_empty() {
        false => Ok(witnesses),
        true => Err(Error::Config {
            what: "timestamp".to_owned(),
            why: "names nobody to ask, nor does opentimestamps".to_owned(),
        }),
    }
}

/// Asks.
pub(super) async fn ask(due: &Questions, config: &Config, store: &Arc<Store>, clock: Clock) -> Result<Vec<Stamped>> {
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let fetcher = Fetcher::new(config, clock)?;
    fetcher.leave_alone(store.host_penalties().await?);
    due.ask(&fetcher, store, clock).await
}

/// Says what each answered.
fn tell(said: &[Stamped], printer: &Printer) -> ExitCode {
    for stamped in said {
        if printer.json() {
            printer.object(stamped);
        }
        let (name, entry) = (Printable(&stamped.authority), stamped.entry.unwrap_or_default());
        match (stamped.reason, stamped.time) {
            ("granted", Some(time)) => {
                printer.line(format_args!(
                    "{name}: ledger entry {entry} and all before it existed at {time}"
                ));
            }
            ("promised", _) => printer.line(format_args!("{name}: will have ledger entry {entry} anchored")),
            ("pending", _) => printer.line(format_args!("{name}: ledger entry {entry} is not anchored yet")),
            ("anchored", _) => printer.line(format_args!(
                "{name}: ledger entry {entry} is anchored in {}",
                Printable(stamped.detail.as_deref().unwrap_or_default())
            )),
            _ => {}
        }
        warn(stamped, printer);
    }
    match said.iter().any(Stamped::is_failure) {
        true => ExitCode::SomeFailed,
        false => ExitCode::Done,
    }
}

/// Says what went wrong, or is odd.
pub(super) fn warn(stamped: &Stamped, printer: &Printer) {
    let is_odd = stamped.reason == "granted" && stamped.detail.is_some();
    if !stamped.is_failure() && !is_odd {
        return;
    }
    let what = if is_odd { "" } else { "no time stamp: " };
    printer.warn(format_args!(
        "{}: {what}{} ({}){}",
        Printable(&stamped.authority),
        stamped.outcome,
        stamped.reason,
        stamped
            .detail
            .as_deref()
            .map(|detail| format!(": {}", Printable(detail)))
            .unwrap_or_default()
    ));
}
