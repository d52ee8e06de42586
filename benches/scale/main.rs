//! How the program does where much is to be done, as ratios against limits in the same run, by the built binary and the store:
//!
//! - `due`: `citekeep run` over an archive of very many targets of which none is due, against a minimal program that takes the lock,
//!   looks by an index, keeps one row durably and ends;
//! - `hosts`: ten thousand due targets on two hundred hosts of a server of our own, against the time that politeness alone takes;
//! - `flat`: captures into an archive that holds very many, against captures into one that holds ten thousand.
//!
//! `cargo bench --bench scale -- due hosts flat`; `COUNT=100000` makes the large archive smaller than a million. It is made once, through
//! the store, which takes minutes, and kept below `target/tmp`. Nothing here fails by being slow.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

mod archive;
mod due;
mod flat;
mod hosts;

/// Captures of the small archive.
const SMALL: usize = 10_000;

/// Captures of the large archive.
fn large() -> usize {
    std::env::var("COUNT").map_or(1_000_000, |count| count.parse().expect("COUNT is a number"))
}

/// Where archives are kept from one bench to the next.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// The built program over an archive, with nothing of the user's around it.
fn citekeep(archive: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_citekeep"));
    command.env_clear().arg("--archive").arg(archive);
    command
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Seconds that the work takes by the wall clock, and of the processor by this process and the children that it waited for.
fn time(work: impl FnOnce()) -> (f64, f64) {
    let (start, used) = (Instant::now(), processor());
    work();
    (start.elapsed().as_secs_f64(), (processor() - used).as_secs_f64())
}

/// Processor time of this process and of the children that it waited for (proc_pid_stat(5), in ticks of 10 ms).
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks: u64 = fields
        .skip(11)
        .take(4)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// Bytes that this process had written to disks so far (proc_pid_io(5)).
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let bytes = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    bytes.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let parts: Vec<String> = match arguments.next() {
        Some(part) if part == "minimal" => {
            return due::minimal(Path::new(&arguments.next().expect("the path of an archive")));
        }
        Some(part) => std::iter::once(part).chain(arguments).collect(),
        None => ["due", "hosts", "flat"].map(str::to_owned).to_vec(),
    };
    for part in parts {
        match part.as_str() {
            "due" => due::run(),
            "hosts" => hosts::run(),
            "flat" => flat::run(),
            other => panic!("no part `{other}`"),
        }
    }
}
