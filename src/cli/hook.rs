//! The operator's own command that hears of changes: their JSON lines on its standard input.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::print::escape_json;
use crate::store::change::Change;

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(300);

/// How often it is looked for whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Runs `command` by the shell; its standard output goes where errors go, so that it does not mix with ours.
///
/// # Errors
/// In words for a person, if it cannot be run, fails, or takes too long.
pub fn tell(command: &str, archive: &Path, changes: &[Change]) -> Result<(), String> {
    let mut lines = String::new();
    for change in changes {
        let json = serde_json::to_string(change).map_err(|error| error.to_string())?;
        lines += &escape_json(&json);
        lines.push('\n');
    }
    let output = io::stderr().as_fd().try_clone_to_owned();
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .env("CITEKEEP_ARCHIVE", archive)
        .stdin(Stdio::piped())
        .stdout(output.map_or_else(|_| Stdio::null(), Stdio::from))
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        // One that does not read its input is not waited for; its exit code tells.
        std::thread::spawn(move || {
            let _ = input.write_all(lines.as_bytes());
        });
    }
    let mut waited = Duration::ZERO;
    loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(status.to_string()),
            None if waited >= LIMIT => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("no end within {} seconds", LIMIT.as_secs()));
            }
            None => std::thread::sleep(LOOK),
        }
        waited += LOOK;
    }
}
