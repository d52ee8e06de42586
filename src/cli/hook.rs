//! The operator's own command or address that hears of changes: their JSON lines on its standard input, or by POST.

use std::future::Future;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use url::Url;

use super::ping;
use super::print::escape_json;
use crate::child;
use crate::config::Config;
use crate::error;
use crate::exchange::{Purpose, Request};
use crate::store::change::Change;

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(300);

/// How often it is looked for whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Most bytes of one POST, unless a single line has more.
const POSTED: usize = 1 << 20;

/// The changes as lines of JSON.
fn lines(changes: &[Change]) -> Result<Vec<String>, String> {
    let line = |change| match serde_json::to_string(change) {
        Ok(json) => Ok(escape_json(&json) + "\n"),
        Err(error) => Err(error.to_string()),
    };
    changes.iter().map(line).collect()
}

/// Sends the changes to `url` in as many POSTs of `application/x-ndjson` as they need, in order, until one is not accepted; each is
/// tried again where that may help, until `given_up` is over. The inner error is in words for a person.
///
/// # Errors
/// If no request can be set up.
pub async fn post(
    config: &Config,
    url: &Url,
    changes: &[Change],
    given_up: impl Future<Output = ()>,
) -> error::Result<Result<(), String>> {
    let lines = match lines(changes) {
        Ok(lines) => lines,
        Err(why) => return Ok(Err(why)),
    };
    let sent = async {
        for body in batches(&lines, POSTED) {
            let mut request = Request::new(url.clone(), Purpose::Api).with("content-type", "application/x-ndjson");
            request.body = Some(Bytes::from(body));
            if let Err(why) = ping::ask_own(config, request).await? {
                return Ok(Err(why));
            }
        }
        Ok(Ok(()))
    };
    tokio::select! {
        sent = tokio::time::timeout(LIMIT, sent) => {
            sent.unwrap_or_else(|_| Ok(Err(format!("no end within {} seconds", LIMIT.as_secs()))))
        }
        () = given_up => Ok(Err("the run was told to stop".to_owned())),
    }
}

/// Whole lines together, at most so many bytes unless one has more.
fn batches(lines: &[String], most: usize) -> Vec<String> {
    let mut batches: Vec<String> = Vec::new();
    for line in lines {
        match batches.last_mut() {
            Some(batch) if batch.len() + line.len() <= most => *batch += line,
            _ => batches.push(line.clone()),
        }
    }
    batches
}

/// Runs `command` by the shell; its standard output goes where errors go, so that it does not mix with ours. What it began and left
/// behind ends with it where it takes too long, or once `given_up` is over.
///
/// # Errors
/// In words for a person, if it cannot be run, fails, takes too long or is given up.
pub async fn tell(
    command: &str,
    archive: &Path,
    changes: &[Change],
    given_up: impl Future<Output = ()>,
) -> Result<(), String> {
    let lines = lines(changes)?.concat();
    let output = io::stderr().as_fd().try_clone_to_owned();
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .env("CITEKEEP_ARCHIVE", archive)
        .stdin(Stdio::piped())
        .stdout(output.map_or_else(|_| Stdio::null(), Stdio::from))
        .process_group(0)
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        // One that does not read its input is not waited for; its exit code tells.
        std::thread::spawn(move || {
            let _ = input.write_all(lines.as_bytes());
        });
    }
    let ended = async {
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => tokio::time::sleep(LOOK).await,
                Err(error) => return Err(error.to_string()),
            }
        }
    };
    let ended = tokio::select! {
        ended = tokio::time::timeout(LIMIT, ended) => {
            ended.unwrap_or_else(|_| Err(format!("no end within {} seconds", LIMIT.as_secs())))
        }
        () = given_up => Err("the run was told to stop".to_owned()),
    };
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status.to_string()),
        Err(why) => {
            let _ = child::end(&mut child);
            Err(why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_posted_whole_and_in_order() {
        let lines = ["a\n", "bb\n", "cccccc\n", "d\n"].map(str::to_owned);
        assert_eq!(batches(&lines, 5), ["a\nbb\n", "cccccc\n", "d\n"]);
        assert_eq!(batches(&[], 5), Vec::<String>::new());
    }
}
