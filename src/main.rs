//! Parses the arguments, runs the command, ends with its exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    citekeep::cli::run()
}
