//! A program that we began as the leader of a process group, and all that it began in turn.

use std::io;
use std::process::{Child, ExitStatus};

use rustix::process::{Pid, Signal, kill_process_group};

/// Ends the whole group; gives how its leader ended, which may have done so before.
///
/// # Errors
/// If the operating system does not say how it ended.
pub fn end(child: &mut Child) -> io::Result<ExitStatus> {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // One that is gone already needs no end.
        let _ = kill_process_group(group, Signal::KILL);
    }
    child.wait()
}
