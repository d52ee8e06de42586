//! This program as it calls itself to become a helper: what it may do is bounded first, which the helper inherits.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use rustix::thread::set_no_new_privs;

use crate::error::{Error, ExitCode, Result};

/// Arguments of `citekeep become`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Most bytes of a file that it may write
    bytes: u64,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    words: Vec<OsString>,
}

/// Becomes the program; returns only if that fails.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let failed = |source: std::io::Error| Error::Io {
        what: "cannot become",
        path: arguments.words[0].clone().into(),
        source,
    };
    let limit = |most| Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| failed(error.into()))?;
    set_no_new_privs(true).map_err(|error| failed(error.into()))?;
    setrlimit(Resource::Fsize, limit(arguments.bytes)).map_err(|error| failed(error.into()))?;
    setrlimit(Resource::Core, limit(0)).map_err(|error| failed(error.into()))?;
    Err(failed(
        Command::new(&arguments.words[0]).args(&arguments.words[1..]).exec(),
    ))
}
