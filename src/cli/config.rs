//! `citekeep config`: what the settings are, and whether they make sense.

use clap::Subcommand;

use super::{Global, Printer};
use crate::error::{ExitCode, Result};
use crate::fetch::credentials;

/// Arguments of `citekeep config`.
#[derive(Debug, Subcommand)]
pub enum Arguments {
    /// Check the configuration and print the settings that would be used
    Check,
}

/// Checks the configuration. Secrets are named, never shown.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let Arguments::Check = arguments;
    let config = global.settings()?;
    let credentials = credentials(&config)?;
    if printer.json() {
        printer.object(&config);
    } else {
        printer.line(config.render().trim_end());
        for (origin, header) in credentials.named() {
            printer.line(format_args!("# credential for {origin}: {header}"));
        }
    }
    Ok(ExitCode::Done)
}
