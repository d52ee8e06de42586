//! `citekeep schedule`: how often one post, page or article is captured, other than the settings say.

use clap::Args;
use serde_json::json;

use super::Global;
use super::person::{change, named};
use super::print::{Printable, Printer};
use crate::error::{ExitCode, Result};
use crate::schedule::Curve;
use crate::store::Reader;

/// Arguments of `citekeep schedule`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The post, page or article: an address, target:N or article:N; of an article it holds for what it cites as well
    #[arg(value_name = "WHAT", requires = "how")]
    what: Option<String>,
    /// How often by age, e.g. "1d:6h 7d:1d 30d": every six hours in the first day, daily in the first week, then every thirty days
    #[arg(group = "how")]
    curve: Option<Curve>,
    /// As the settings say, again
    #[arg(long, group = "how")]
    default: bool,
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

/// Sets a curve, or lists those that are set.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let Some(what) = &arguments.what else {
        return list(global, printer);
    };
    change(global, arguments.wait, async |store| {
        store.set_schedule(named(global, what)?, arguments.curve.clone()).await
    })?;
    let how = arguments.curve.as_ref().map(ToString::to_string);
    printer.line(format_args!(
        "{} is captured with the next run, and then {}",
        Printable(what),
        how.as_deref().unwrap_or("as the settings say")
    ));
    if printer.json() {
        printer.object(&json!({"what": what, "curve": how}));
    }
    Ok(ExitCode::Done)
}

fn list(global: &Global, printer: &Printer) -> Result<ExitCode> {
    for set in Reader::open(&global.archive)?.schedules()? {
        if printer.json() {
            printer.object(&set);
        } else {
            printer.line(format_args!("{}  {}", Printable(&set.what), Printable(&set.curve)));
        }
    }
    Ok(ExitCode::Done)
}
