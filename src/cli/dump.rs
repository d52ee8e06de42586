//! `citekeep dump`.

use clap::Args;

use super::Global;
use super::print::Printer;
use crate::error::{ExitCode, Result};
use crate::store::Reader;

/// Arguments of `citekeep dump`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Without times, nonces, runs and heads, and in one order, so that two archives can be compared with `diff`
    #[arg(long, required = true)]
    canonical: bool,
}

/// Prints the content of the archive, one JSON object a line.
pub fn run(global: &Global, _: &Arguments, printer: &Printer) -> Result<ExitCode> {
    Reader::open(&global.archive)?.dump(|line| printer.object(line))?;
    Ok(ExitCode::Done)
}
