//! A run that finds nothing to do.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::{Connection, OpenFlags};

use super::{archive, citekeep, large, median, time};

const PAIRS: usize = 30;

pub fn run() {
    let path = archive::of(large());
    let program = std::env::current_exe().expect("this program");
    let ours = || finish(citekeep(&path).arg("run"));
    let minimal = || finish(Command::new(&program).env_clear().arg("minimal").arg(&path));
    // What was written last is in the system's cache for both.
    ours();
    minimal();
    let (mut walls, mut used) = (Vec::new(), (0.0, 0.0));
    for _ in 0..PAIRS {
        let (of_ours, of_minimal) = (time(ours), time(minimal));
        walls.push(of_ours.0 / of_minimal.0);
        used = (used.0 + of_ours.1, used.1 + of_minimal.1);
    }
    let each = |seconds: f64| seconds * 1000.0 / PAIRS as f64;
    println!("due: {} targets, none due, {PAIRS} pairs", large());
    println!("run / minimal program, wall   {:>7.2}", median(walls));
    println!(
        "processor                     {:>7.2} ms ({:.2})",
        each(used.0),
        each(used.1)
    );
    if let Some(kib) = peak(citekeep(&path).arg("run")) {
        println!("memory                        {:>7.2} MB", kib / 1024.0);
    }
}

fn finish(command: &mut Command) {
    let status = command.stdin(Stdio::null()).status().expect("it can be run");
    assert!(status.success(), "{status}");
}

/// Peak of memory in KiB, by GNU time where it is installed.
fn peak(command: &Command) -> Option<f64> {
    let mut timed = Command::new("/usr/bin/time");
    timed
        .env_clear()
        .args(["-f", "%M"])
        .arg(command.get_program())
        .args(command.get_args());
    let output = timed.output().ok()?;
    String::from_utf8(output.stderr).ok()?.trim().parse().ok()
}

/// Takes the lock, looks for what is due by the index, keeps one row durably, ends. In a table of its own, so that the archive is as it
/// was.
pub fn minimal(path: &Path) {
    let lock = OpenOptions::new().read(true).write(true).open(path).expect("opened");
    lock.try_lock().expect("nobody else holds it");
    let archive = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .expect("opened");
    let due: i64 = archive
        .query_row(
            "SELECT count(*) FROM recheck WHERE due <= strftime('%Y-%m-%dT%H:%M:%fZ')",
            [],
            |row| row.get(0),
        )
        .expect("counted");
    assert_eq!(due, 0);
    let summary = Connection::open(path.with_extension("minimal")).expect("opened");
    summary
        .execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY, summary TEXT)",
        )
        .expect("made");
    summary
        .execute("INSERT INTO run (summary) VALUES ('{\"due\":0}')", [])
        .expect("kept");
    // As in ours, no log is left behind.
    drop((summary, archive));
    File::sync_all(&lock).expect("synchronised");
}
