//! Two processes at one archive, and one that is killed.

use std::path::Path;
use std::process::Command as Process;
use std::time::Duration;

use url::Url;

use super::fixtures::*;
use crate::citation::Cited;
use crate::error::ExitCode;
use crate::store::*;

/// Name of the variable that tells a child process which archive to work on.
const CHILD: &str = "CITEKEEP_STORE_TEST_ARCHIVE";

fn child(path: &Path) -> std::process::Child {
    Process::new(std::env::current_exe().unwrap())
        .args([
            "store::tests::processes::child_process",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(CHILD, path)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the child has said `word` on a line by itself, and gives the lines before it.
fn wait_for(child: &mut std::process::Child, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
    use std::io::BufRead;
    let mut lines = Vec::new();
    for line in std::io::BufReader::new(child.stdout.as_mut().unwrap()).lines() {
        lines.push(line.unwrap());
        if enough(&lines) {
            break;
        }
    }
    lines
}

#[tokio::test]
#[ignore = "run by other tests in a process of its own"]
async fn child_process() {
    let Ok(path) = std::env::var(CHILD) else {
        return;
    };
    let store = Store::open(
        Path::new(&path),
        &RunOptions {
            clock: Clock::System,
            ..options()
        },
    )
    .unwrap();
    println!("\nopened");
    for n in 0..100_000 {
        let url = Url::parse(&format!("https://example.org/{}/{n}", std::process::id())).unwrap();
        let target = store.target(Cited::Link(url)).await.unwrap();
        store.enqueue(vec![target], false).await.unwrap();
        let job = lease_one(&store, target).await;
        let body = format!("page {n} ").repeat(5000);
        let done = store
            .complete(job.id, job.fence, page_capture(body.as_bytes()), None)
            .await
            .unwrap();
        let Completion::Stored(capture) = done else {
            panic!("stale")
        };
        println!("stored {}", capture.capture);
    }
}

#[test]
fn a_killed_run_loses_nothing_acknowledged_and_leaves_no_half_capture() {
    let (_folder, path) = scratch();
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let mut child = child(&path);
        let lines = wait_for(&mut child, |lines| lines.len() > 8 + round * 3);
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(
            lines
                .iter()
                .filter_map(|line| line.strip_prefix("stored ")?.parse::<i64>().ok()),
        );
        sound(&path);
    }
    assert!(acknowledged.len() > 10);
    // The lock went with the process, and the next run cleans up.
    drop(open(&path));
    sound(&path);
    let reader = Reader::open(&path).unwrap();
    for capture in acknowledged {
        assert_eq!(reader.exchanges(capture).unwrap().len(), 1);
    }
    assert!(!path.with_file_name("citekeep.db-wal").exists());
}

#[test]
fn a_second_run_is_told_who_holds_the_archive_and_readers_are_not_disturbed() {
    let (_folder, path) = scratch();
    let mut child = child(&path);
    wait_for(&mut child, |lines| lines.iter().any(|line| line.starts_with("stored")));
    let error = Store::open(&path, &options()).map(drop).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Locked);
    let message = error.to_string();
    assert!(message.contains(&format!("process {}", child.id())), "{message}");
    assert!(message.contains("citekeep archive story.html"), "{message}");
    let reader = Reader::open(&path).unwrap();
    assert!(reader.totals().unwrap().captures >= 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let waited = Store::open(
        &path,
        &RunOptions {
            wait: Duration::from_secs(5),
            ..options()
        },
    )
    .unwrap();
    drop(reader);
    drop(waited);
}
