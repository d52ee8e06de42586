//! Save Page Now: asking the Wayback Machine to capture an address itself, and reading what it says of that job.

use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::{Row, Upstreams, Word};
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::status::from_status;

/// The service, as settings and rows name it.
pub const SERVICE: &str = "wayback.save";

/// Longest name of a job, in bytes.
const LONGEST_JOB: usize = 128;

/// Longest word of the service for a person, in code points.
const LONGEST_DETAIL: usize = 200;

/// Asks for a capture of `url`, unless the service made one within so many days.
#[must_use]
pub fn submit(upstreams: &Upstreams, url: &Url, days: u16) -> Request {
    let form = Serializer::new(String::new())
        .append_pair("url", url.as_str())
        .append_pair("if_not_archived_within", &format!("{days}d"))
        .append_pair("skip_first_archive", "1")
        .finish();
    let mut base = upstreams.join(SERVICE, "");
    let path = base.path().trim_end_matches('/').to_owned();
    base.set_path(&path);
    Request::new(base, Purpose::Api)
        .with("accept", "application/json")
        .with("content-type", "application/x-www-form-urlencoded")
        .posting(form)
}

/// Asks what became of a job.
#[must_use]
pub fn status(upstreams: &Upstreams, job: &str) -> Request {
    Request::new(upstreams.join(SERVICE, &format!("status/{job}")), Purpose::Api)
        .with("accept", "application/json")
        .without_redirects()
}

/// What both answers hold.
#[derive(Deserialize)]
struct Said {
    job_id: Option<String>,
    status: Option<String>,
    status_ext: Option<String>,
    message: Option<String>,
    timestamp: Option<String>,
    original_url: Option<String>,
}

/// Reads the answer to [`submit`].
#[must_use]
pub fn submitted(exchange: &Exchange) -> Word {
    let said = match said(exchange) {
        Ok(said) => said,
        Err(failed) => return *failed,
    };
    if said.status.as_deref() == Some("error") {
        return refusal(&said);
    }
    let detail = line(said.message.as_deref());
    match said.job_id.filter(|job| is_job(job)) {
        Some(job) => Word {
            job: Some(job),
            detail,
            ..Word::of(None, "accepted")
        },
        // Its words for an address that it has archived lately; they have no code.
        None if detail
            .as_deref()
            .is_some_and(|words| words.contains("snapshot had been made")) =>
        {
            Word {
                detail,
                ..Word::of(Some(Outcome::Captured), "archived_before")
            }
        }
        None => Word {
            detail,
            ..Word::of(Some(Outcome::Unreadable), "no_job")
        },
    }
}

/// Reads the answer to [`status`].
#[must_use]
pub fn became(exchange: &Exchange) -> Word {
    let said = match said(exchange) {
        Ok(said) => said,
        Err(failed) => return *failed,
    };
    match said.status.as_deref() {
        Some("pending") => Word::of(None, "pending"),
        Some("error") => refusal(&said),
        Some("success") => {
            let row = Row {
                timestamp: said.timestamp.unwrap_or_default(),
                original: said.original_url.unwrap_or_default(),
                ..Row::default()
            };
            Word {
                archived_at: row.archived_at(),
                archived_url: Url::parse(&row.original).ok().map(String::from),
                ..Word::of(Some(Outcome::Captured), "archived")
            }
        }
        _ => Word::of(Some(Outcome::Unreadable), "status_unreadable"),
    }
}

fn said(exchange: &Exchange) -> Result<Said, Box<Word>> {
    if let Some(failed) = from_status(exchange) {
        let words = exchange.decoded().ok();
        let said = words.and_then(|body| serde_json::from_slice::<Said>(&body).ok());
        return Err(Box::new(Word {
            detail: said.and_then(|said| line(said.message.as_deref())),
            is_about_it: matches!(exchange.status, Some(400 | 404 | 410 | 422)),
            ..Word::of(Some(failed.outcome), failed.reason)
        }));
    }
    let body = exchange.decoded().unwrap_or_default();
    serde_json::from_slice(&body).map_err(|_| {
        Box::new(Word {
            is_about_it: false,
            ..Word::of(Some(Outcome::Unreadable), "no_json")
        })
    })
}

/// Why the service did not capture the address: its own code, `error:blocked-url` as `blocked_url`.
fn refusal(said: &Said) -> Word {
    let code = said.status_ext.as_deref().unwrap_or_default();
    let code: String = code
        .trim_start_matches("error:")
        .chars()
        .map(|c| if c == '-' { '_' } else { c })
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_')
        .take(60)
        .collect();
    let outcome = match code.as_str() {
        "user_session_limit" | "too_many_daily_captures" | "too_many_requests" => Outcome::RateLimited,
        _ => Outcome::ServerError,
    };
    Word {
        detail: line(said.message.as_deref()),
        is_about_it: outcome != Outcome::RateLimited,
        ..Word::of(Some(outcome), if code.is_empty() { "failed".to_owned() } else { code })
    }
}

/// A name that may stand in an address.
fn is_job(job: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST_JOB).contains(&job.len()) && job.bytes().all(is_plain)
}

fn line(words: Option<&str>) -> Option<String> {
    let words: String = words?
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_DETAIL)
        .collect();
    Some(words.trim().to_owned()).filter(|words| !words.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::exchange::testing::answered;
    use crate::platform::wayback::copies::heard;

    #[test]
    fn a_submission_names_the_address_as_a_form_and_the_job_is_asked_below_it() {
        let upstreams = Upstreams::defaults();
        let url = Url::parse("https://news.example/a?b=c&d=é").unwrap();
        let request = submit(&upstreams, &url, 30);
        assert_eq!(request.url.as_str(), "https://web.archive.org/save");
        assert_eq!(
            request.body.unwrap(),
            "url=https%3A%2F%2Fnews.example%2Fa%3Fb%3Dc%26d%3D%25C3%25A9&if_not_archived_within=30d&skip_first_archive=1"
        );
        assert_eq!(
            status(&upstreams, "spn2-0a").url.as_str(),
            "https://web.archive.org/save/status/spn2-0a"
        );
    }

    #[test]
    fn what_the_service_says_of_a_submission_is_told_apart() {
        let told = |status, body: &str| submitted(&answered(status, body.as_bytes()));
        let accepted = told(200, r#"{"url":"https://a.example/","job_id":"spn2-0a"}"#);
        assert_eq!((accepted.job.as_deref(), accepted.outcome), (Some("spn2-0a"), None));
        let before = told(
            200,
            r#"{"url":"https://a.example/","job_id":null,"message":"The same snapshot had been made 3 hours ago."}"#,
        );
        assert_eq!(
            (before.outcome, before.reason.as_str()),
            (Some(Outcome::Captured), "archived_before")
        );
        for (status, body, outcome, reason) in [
            (
                401,
                r#"{"message":"You need to be logged in."}"#,
                Outcome::LoginRequired,
                "http_401",
            ),
            (429, "", Outcome::RateLimited, "http_429"),
            (200, "<html>", Outcome::Unreadable, "no_json"),
            (200, r#"{"job_id":"../../x"}"#, Outcome::Unreadable, "no_job"),
            (
                200,
                r#"{"status":"error","status_ext":"error:too-many-daily-captures"}"#,
                Outcome::RateLimited,
                "too_many_daily_captures",
            ),
        ] {
            let told = told(status, body);
            assert_eq!((told.outcome, told.reason.as_str()), (Some(outcome), reason), "{body}");
        }
    }

    #[test]
    fn a_job_is_pending_archived_or_failed_by_the_services_own_code() {
        let told = |body: &str| became(&answered(200, body.as_bytes()));
        assert_eq!(told(r#"{"status":"pending","resources":[]}"#).outcome, None);
        let done = told(
            r#"{"status":"success","timestamp":"20240502080000","original_url":"https://a.example/","duration_sec":6.2}"#,
        );
        assert_eq!(done.archived_at.as_deref(), Some("2024-05-02T08:00:00Z"));
        assert_eq!(done.archived_url.as_deref(), Some("https://a.example/"));
        let odd = told(r#"{"status":"success","timestamp":"soon","original_url":"a b"}"#);
        assert_eq!(
            (odd.outcome, odd.archived_at, odd.archived_url),
            (Some(Outcome::Captured), None, None)
        );
        let failed = told(
            "{\"status\":\"error\",\"status_ext\":\"error:blocked-url\",\"message\":\"This \\u001b[2J site\\nis blocked\"}",
        );
        assert_eq!(
            (failed.outcome, failed.reason.as_str()),
            (Some(Outcome::ServerError), "blocked_url")
        );
        assert_eq!(failed.detail.as_deref(), Some("This  [2J site is blocked"));
        assert_eq!(told("{}").reason, "status_unreadable");
    }

    proptest! {
        #[test]
        fn whatever_a_service_answers_it_is_told_with_a_reason(body in proptest::collection::vec(any::<u8>(), 0..300), status in 100_u16..600) {
            let exchange = answered(status, &body);
            for word in [submitted(&exchange), became(&exchange), heard(std::slice::from_ref(&exchange))] {
                prop_assert!(!word.reason.is_empty());
                prop_assert!(word.job.is_none_or(|job| is_job(&job)));
            }
        }
    }
}
