//! The shim of `tests/support/faults.c`, compiled once, and the program under it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where the shim is, or `None` where there is no C compiler; that is printed, and the test ends there.
fn shim() -> Option<&'static Path> {
    static SHIM: OnceLock<Option<PathBuf>> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/faults.c");
        let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("faults-{}.so", std::process::id()));
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&made, &source])
            .arg("-ldl")
            .output();
        match compiled {
            Ok(output) if output.status.success() => Some(made),
            Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => {
                println!("skipped: no C compiler ({error})");
                None
            }
        }
    })
    .as_deref()
}

/// Puts the shim under a command with these settings of it; false where there is none.
pub fn under(command: &mut Command, settings: &[(&str, &str)]) -> bool {
    let Some(shim) = shim() else { return false };
    command.env("LD_PRELOAD", shim).envs(settings.iter().copied());
    true
}
