//! Tells a monitor that a run ended, so that somebody hears of a cron that does not run any more.

use url::Url;

use crate::capture::source::Nowhere;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{ExitCode, Result};
use crate::exchange::{Purpose, Request};
use crate::fetch::Fetcher;

/// Asks for `url`; where the run failed for `url/fail`, as <https://healthchecks.io/docs/http_api/> has it. The inner error
/// is the monitor's: nothing of the run depends on it.
pub async fn tell(config: &Config, url: &Url, code: ExitCode) -> Result<std::result::Result<(), String>> {
    ask_own(config, Request::new(address(url, code), Purpose::Api)).await
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

/// Where the run's end is told.
fn address(url: &Url, code: ExitCode) -> Url {
    let mut url = url.clone();
    if !matches!(code, ExitCode::Done | ExitCode::Changed | ExitCode::SomeFailed) {
        let path = format!("{}/fail", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_run_is_told_below_the_address_and_its_query_stays() {
        let url = Url::parse("https://monitor.example/abc/?rid=1").unwrap();
        for (code, told) in [
            (ExitCode::Done, "https://monitor.example/abc/?rid=1"),
            (ExitCode::Changed, "https://monitor.example/abc/?rid=1"),
            (ExitCode::SomeFailed, "https://monitor.example/abc/?rid=1"),
            (ExitCode::NoNetwork, "https://monitor.example/abc/fail?rid=1"),
            (ExitCode::InputOutput, "https://monitor.example/abc/fail?rid=1"),
        ] {
            assert_eq!(address(&url, code).as_str(), told);
        }
    }
}
