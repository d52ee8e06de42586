//! Man page and shell completions, made from the definition of the command line.

use clap::CommandFactory;

use super::{Cli, Printer, internal};
use crate::error::{ExitCode, Result};

/// Prints the man page (roff).
pub fn man(printer: &Printer) -> Result<ExitCode> {
    let command = Cli::command();
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command.clone());
    man.render(&mut page).map_err(internal)?;
    for sub in command.get_subcommands().filter(|s| !s.is_hide_set()) {
        // One page holds every command, so that `man ./citekeep.1` tells all.
        let title = format!(".SH \"COMMAND {}\"\n", sub.get_name().to_uppercase());
        let sub = clap_mangen::Man::new(sub.clone());
        page.extend_from_slice(title.as_bytes());
        sub.render_description_section(&mut page).map_err(internal)?;
        sub.render_options_section(&mut page).map_err(internal)?;
    }
    printer.raw(&page);
    Ok(ExitCode::Done)
}

/// Prints completions for `shell`.
pub fn completions(shell: clap_complete::Shell, printer: &Printer) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "citekeep", &mut script);
    printer.raw(&script);
    Ok(ExitCode::Done)
}
