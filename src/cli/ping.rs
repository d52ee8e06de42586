//! Tells a monitor that a run began and how it ended, so that somebody hears of a cron that does not run any more.

use std::time::Duration;

use url::Url;

use crate::capture::source::Nowhere;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{ExitCode, Result};
use crate::exchange::{Purpose, Request};
use crate::fetch::Fetcher;

/// How long a try may take. A monitor that is away is not to hold up a run.
const LIMIT: Duration = Duration::from_secs(5);

/// How often it is tried, and how long is waited between two tries.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// What of a run is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Told {
    /// It found work and began.
    Start,
    /// How it ended.
    End(ExitCode),
}

/// Asks for `url`; at the beginning for `url/start`, where the run failed for `url/fail`, as
/// <https://healthchecks.io/docs/http_api/> has it. The inner error is the monitor's: nothing of the run depends on it.
///
/// # Errors
/// If no request can be set up.
pub(super) async fn tell(config: &Config, url: &Url, told: Told) -> Result<std::result::Result<(), String>> {
    let address = address(url, told);
    let mut config = config.clone();
    // The tries are counted here.
    config.limit.retries = 0;
    let mut tries = 1;
    loop {
        let asked = ask_own(&config, Request::new(address.clone(), Purpose::Api));
        let heard = match tokio::time::timeout(LIMIT, asked).await {
            Ok(heard) => heard?,
            Err(_) => Err(format!("no answer within {} seconds", LIMIT.as_secs())),
        };
        if heard.is_ok() || tries == TRIES {
            return Ok(heard);
        }
        tries += 1;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Asks an address of the operator's own, which may be a private one; the inner error says why it was not accepted.
pub(super) async fn ask_own(config: &Config, mut request: Request) -> Result<std::result::Result<(), String>> {
    // Wherever it may lead, nobody but the operator said so.
    request.follow = false;
    let fetcher = Fetcher::new(&config.toward_own(&request.url), Clock::System)?;
    let exchanges = fetcher.fetch(&request, &mut Nowhere).await;
    Ok(match exchanges.last() {
        Some(last) if last.status.is_some_and(|status| (200..300).contains(&status)) => Ok(()),
        Some(last) => Err(match (&last.failure, last.status) {
            (Some(failure), _) => failure.detail.clone(),
            (None, status) => format!("it answered with status {}", status.unwrap_or_default()),
        }),
        None => Err("it was not asked".to_owned()),
    })
}

/// Where that is told.
fn address(url: &Url, told: Told) -> Url {
    let mut url = url.clone();
    let below = match told {
        Told::Start => "start",
        Told::End(ExitCode::Done | ExitCode::Changed | ExitCode::SomeFailed) => return url,
        Told::End(code) => {
            url.query_pairs_mut()
                .append_pair("exit_code", &(code as u8).to_string());
            "fail"
        }
    };
    url.set_path(&format!("{}/{below}", url.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_and_a_failure_are_told_below_the_address_and_its_query_stays() {
        let url = Url::parse("https://monitor.example/abc/?rid=1").unwrap();
        for (told, asked) in [
            (Told::Start, "https://monitor.example/abc/start?rid=1"),
            (Told::End(ExitCode::Done), "https://monitor.example/abc/?rid=1"),
            (Told::End(ExitCode::Changed), "https://monitor.example/abc/?rid=1"),
            (Told::End(ExitCode::SomeFailed), "https://monitor.example/abc/?rid=1"),
            (
                Told::End(ExitCode::NoNetwork),
                "https://monitor.example/abc/fail?rid=1&exit_code=69",
            ),
            (
                Told::End(ExitCode::Terminated),
                "https://monitor.example/abc/fail?rid=1&exit_code=143",
            ),
        ] {
            assert_eq!(address(&url, told).as_str(), asked);
        }
    }
}
