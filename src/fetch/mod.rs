//! HTTP: guarded, paced, bounded, every hop and every try an exchange with its bytes as received. The only place that
//! opens sockets; it knows nothing of posts and nothing of the archive.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::OnceCell;
use tokio::time::sleep;
use url::Url;

use crate::clock::{self, Clock, Timestamp};
use crate::config::{Config, Robots as RobotsSetting};
use crate::error::Result;
use crate::exchange::{Exchange, Failure, Purpose, Request, Unfinished};
use crate::outcome::Outcome;
use crate::penalty::Penalty;
use crate::retry::{self, Tried};
pub use credential::Credentials;
use guard::{Guard, classify};
use pace::{Pace, Resting};
use replay::Replay;
use robots::Robots;
use wire::Wire;

mod credential;
pub mod guard;
mod pace;
pub mod replay;
mod resume;
pub mod robots;
mod wire;

/// Most hosts whose clocks are looked at in a run.
const MAX_CLOCKS: usize = 1000;

/// Longest Location header that is followed, in bytes.
const MAX_LOCATION: usize = 8 << 10;

/// Redirects followed for a robots.txt (RFC 9309 §2.3.1.2).
const ROBOTS_REDIRECTS: usize = 5;

/// Request headers that go along to another host: none that could carry a secret.
const HEADERS_FOR_OTHERS: [&str; 3] = ["accept", "accept-language", "range"];

/// Reasons of requests that are not sent because their host rests: it asked for that, or failed too often.
const RESTING: [&str; 2] = ["host_paused", "circuit_open"];

/// Where large bodies go while they arrive, so that memory stays bounded.
pub trait Staging: Send {
    /// Begins a body; its id goes into [`Body::Staged`](crate::exchange::Body::Staged). `resumable`: what names the state of the
    /// file, and its whole length, where another try may go on with it.
    fn begin(&mut self, url: &Url, resumable: Option<(&str, u64)>) -> impl Future<Output = Result<i64>> + Send;
    /// Appends to it.
    fn push(&mut self, id: i64, bytes: Bytes) -> impl Future<Output = Result<()>> + Send;
    /// Takes up the body of `url` that an earlier try left unfinished; nobody else gets it meanwhile.
    fn resume(&mut self, url: &Url) -> impl Future<Output = Result<Option<Unfinished>>> + Send;
    /// One of its pieces, by number from 0.
    fn piece(&mut self, id: i64, number: u64) -> impl Future<Output = Result<Bytes>> + Send;
    /// Leaves a body for another try.
    fn leave(&mut self, id: i64) -> impl Future<Output = Result<()>> + Send;
    /// Throws a body away.
    fn discard(&mut self, id: i64) -> impl Future<Output = Result<()>> + Send;
}

/// Fetches. Cheap to clone; all clones share pace, robots.txt and connections.
#[derive(Clone)]
pub struct Fetcher(Arc<Inner>);

struct Inner {
    wire: Wire,
    guard: Arc<Guard>,
    pace: Pace,
    credentials: Credentials,
    clock: Clock,
    robots: Option<RobotsCache>,
    redirects: usize,
    retries: u32,
    /// Web archives that answer instead of the network.
    replay: Option<Arc<Replay>>,
    /// How far each host's clock lies after ours, in milliseconds.
    ahead: Mutex<HashMap<String, i64>>,
}

/// What is sent with one hop.
#[derive(Clone)]
struct Sent {
    purpose: Purpose,
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
    /// Whether no hop led to another origin yet: credentials go no further.
    is_at_home: bool,
}

/// What each origin asks us to leave alone; asked once a run.
struct RobotsCache {
    ignored: HashSet<String>,
    origins: Mutex<HashMap<String, Arc<OnceCell<Policy>>>>,
}

/// What came of asking for a robots.txt.
enum Policy {
    Rules(Robots),
    /// The site could not tell; it is not asked for pages either.
    Unknown(Failure),
}

/// The credentials of the file that the settings name and of the environment.
///
/// # Errors
/// If others may read the file, or a line is malformed.
pub fn credentials(config: &Config) -> Result<Credentials> {
    let variables =
        std::env::vars_os().filter_map(|(name, line)| Some((name.into_string().ok()?, line.into_string().ok()?)));
    Credentials::load(&config.credentials, variables)
}

impl Fetcher {
    /// A fetcher for these settings.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up, or the credentials cannot be used.
    pub fn new(config: &Config, clock: Clock) -> Result<Fetcher> {
        Fetcher::with(config, clock, None)
    }

    /// A fetcher that has all its answers from web archives and never asks the network.
    ///
    /// # Errors
    /// As [`Fetcher::new`].
    pub fn replaying(config: &Config, clock: Clock, replay: Arc<Replay>) -> Result<Fetcher> {
        Fetcher::with(config, clock, Some(replay))
    }

    fn with(config: &Config, clock: Clock, replay: Option<Arc<Replay>>) -> Result<Fetcher> {
        let credentials = credentials(config)?;
        let guard = Arc::new(Guard::new(config));
        let robots = (config.robots == RobotsSetting::Respect).then(|| RobotsCache {
            ignored: config.robots_ignore.iter().cloned().collect(),
            origins: Mutex::default(),
        });
        Ok(Fetcher(Arc::new(Inner {
            wire: Wire::new(config, Arc::clone(&guard), clock)?,
            guard,
            pace: Pace::new(&config.pace, clock),
            credentials,
            clock,
            robots,
            redirects: config.limit.redirects,
            retries: config.limit.retries,
            replay,
            ahead: Mutex::default(),
        })))
    }

    /// Leaves hosts alone as earlier runs were told to, or found out.
    pub fn leave_alone(&self, penalties: Vec<(String, Penalty)>) {
        self.0.pace.leave_alone(penalties);
    }

    /// Whether there is a credential for the origin of `url`.
    #[must_use]
    pub fn has_credential(&self, url: &Url) -> bool {
        self.0.credentials.are_for(url)
    }

    /// Whether an answer came from where anybody could have it from: a public address, unless the settings give the name one.
    #[must_use]
    pub fn is_of_the_web(&self, answer: &Exchange) -> bool {
        let is_set = answer
            .url
            .domain()
            .is_some_and(|name| self.0.guard.host(name).is_some());
        let is_public = answer.remote.is_none_or(|peer| classify(peer.ip()).is_ok());
        Guard::new(&Config::default()).check_url(&answer.url).is_ok() && (is_set || is_public)
    }

    /// Performs the request with its redirects and tries, oldest first; the last exchange says how it ended. Never
    /// empty. A robots.txt that had to be asked first comes before.
    pub async fn fetch(&self, request: &Request, staging: &mut impl Staging) -> Vec<Exchange> {
        let mut exchanges = Vec::new();
        let mut seen = HashSet::new();
        let mut url = without_fragment(&request.url);
        let mut sent = Sent {
            purpose: request.purpose,
            headers: request.headers.clone(),
            body: request.body.clone(),
            is_at_home: true,
        };
        loop {
            if let Some(replay) = &self.0.replay {
                exchanges.push(replay.answer(&url, request.purpose, staging).await);
            } else if request.purpose == Purpose::Page
                && let Some(failure) = self.forbidden(&url, &mut exchanges, staging).await
            {
                exchanges.push(self.0.wire.not_sent(&url, request.purpose, failure));
                return exchanges;
            } else {
                self.with_tries(&url, &sent, staging, &mut exchanges).await;
            }
            let Some(last) = exchanges.last_mut() else {
                return exchanges;
            };
            if !request.follow || last.failure.is_some() || !is_redirect(last) {
                return exchanges;
            }
            seen.insert(url.clone());
            match next_hop(last, seen.len() > self.0.redirects) {
                Ok(next) if seen.contains(&next) => {
                    last.failure = Some(failure(
                        Outcome::Unreadable,
                        "redirect_loop",
                        format!("{url} leads back to {next}"),
                    ));
                    return exchanges;
                }
                Ok(next) => {
                    if next.origin() != url.origin() {
                        sent.headers
                            .retain(|(name, _)| HEADERS_FOR_OTHERS.contains(&name.as_str()));
                        sent.is_at_home = false;
                    }
                    url = next;
                }
                Err(failure) => {
                    last.failure = Some(failure);
                    return exchanges;
                }
            }
        }
    }

    /// What changed since the last call of what later runs are to know of hosts.
    #[must_use]
    pub fn take_penalties(&self) -> Vec<(String, Penalty)> {
        self.0.pace.take_penalties()
    }

    /// Hosts, with the port where one is named, that rest for longer than a request waits, and until when.
    #[must_use]
    pub fn resting(&self) -> BTreeMap<String, Timestamp> {
        self.0.pace.resting()
    }

    /// Until when an exchange that was not sent because its host rests is to wait; `None` if it was sent, or not sent for another
    /// reason, or the host does not rest any more.
    #[must_use]
    pub fn put_off(&self, exchange: &Exchange) -> Option<Timestamp> {
        let failure = exchange.failure.as_ref()?;
        let rests = || self.0.pace.rests_until(&host_key(&exchange.url));
        RESTING.contains(&failure.reason).then(rests).flatten()
    }

    /// One hop, tried again where that may help.
    async fn with_tries(&self, url: &Url, sent: &Sent, staging: &mut impl Staging, exchanges: &mut Vec<Exchange>) {
        let mut tries = 0;
        loop {
            let exchange = self.once(url, sent, staging).await;
            tries += 1;
            let tried = Tried::Request {
                exchange: &exchange,
                most: self.0.retries,
            };
            let wait = retry::wait(tried, tries, || self.0.clock.nonce(0)[0]);
            exchanges.push(exchange);
            match wait {
                Some(wait) => sleep(wait).await,
                None => return,
            }
        }
    }

    async fn once(&self, url: &Url, sent: &Sent, staging: &mut impl Staging) -> Exchange {
        let purpose = sent.purpose;
        if let Err(refusal) = self.0.guard.check_url(url) {
            let failure = failure(Outcome::Refused, refusal.reason(), refusal.to_string());
            return self.0.wire.not_sent(url, purpose, failure);
        }
        let host = host_key(url);
        let _permit = match self.0.pace.admit(&host).await {
            Ok(permit) => permit,
            Err(Resting { until, failing }) => {
                let failure = if failing {
                    let detail = format!("{host} failed too often in a row and is left alone until {until}");
                    failure(Outcome::Unreachable, RESTING[1], detail)
                } else {
                    let detail = format!("{host} asked to be left alone until {until}");
                    failure(Outcome::RateLimited, RESTING[0], detail)
                };
                return self.0.wire.not_sent(url, purpose, failure);
            }
        };
        let is_ours = sent.is_at_home && credential::may_go_with(purpose) && self.0.credentials.are_for(url);
        let exchange = if is_ours {
            let sent = Sent {
                headers: self.0.credentials.headers(url, &sent.headers),
                ..sent.clone()
            };
            let mut exchange = self.0.wire.send(url, &sent, true, staging).await;
            self.0.credentials.withhold(&mut exchange);
            exchange
        } else {
            self.0.wire.send(url, sent, false, staging).await
        };
        if exchange.failure.as_ref().is_none_or(|f| f.outcome != Outcome::Refused) {
            self.0.pace.learn(&host, &exchange);
        }
        if let Some(millis) = ahead(&exchange) {
            let mut hosts = self.0.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            if hosts.len() < MAX_CLOCKS || hosts.contains_key(&host) {
                hosts.insert(host, millis);
            }
        }
        exchange
    }

    /// Why our clock is doubted, by the clocks of the hosts that answered.
    #[must_use]
    pub fn clock_doubt(&self) -> Option<String> {
        let hosts = self.0.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        clock::doubt_by_servers(hosts.values().copied().collect())
    }

    /// Why robots.txt keeps us from a page, if it does. The first asker's exchanges hold the robots.txt.
    async fn forbidden(&self, url: &Url, exchanges: &mut Vec<Exchange>, staging: &mut impl Staging) -> Option<Failure> {
        let cache = self.0.robots.as_ref()?;
        if url.host_str().is_some_and(|host| cache.ignored.contains(host)) || self.0.guard.check_url(url).is_err() {
            return None;
        }
        let cell = {
            let mut origins = cache.origins.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(origins.entry(url.origin().ascii_serialization()).or_default())
        };
        let policy = cell.get_or_init(|| async {
            let asked = self.robots(url, staging).await;
            let policy = policy(asked.last());
            exchanges.extend(asked);
            policy
        });
        match policy.await {
            Policy::Unknown(failure) => Some(failure.clone()),
            Policy::Rules(robots) => {
                let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
                let forbidden = || {
                    failure(
                        Outcome::Refused,
                        "robots",
                        format!("robots.txt of {} forbids it", host_key(url)),
                    )
                };
                (!robots.allows(path)).then(forbidden)
            }
        }
    }

    async fn robots(&self, url: &Url, staging: &mut impl Staging) -> Vec<Exchange> {
        let mut exchanges = Vec::new();
        let Ok(mut next) = url.join("/robots.txt") else {
            return exchanges;
        };
        let sent = Sent {
            purpose: Purpose::Robots,
            headers: Vec::new(),
            body: None,
            is_at_home: false,
        };
        for _ in 0..=ROBOTS_REDIRECTS {
            let exchange = self.once(&next, &sent, staging).await;
            let target = exchange.location();
            exchanges.push(exchange);
            match target {
                Some(target) => next = target,
                None => break,
            }
        }
        exchanges
    }
}

/// What an answer to the question for robots.txt says (RFC 9309 §2.3.1): rules, everything allowed, or nothing known.
fn policy(answer: Option<&Exchange>) -> Policy {
    let Some(answer) = answer else {
        return Policy::Rules(Robots::default());
    };
    match (&answer.failure, answer.status) {
        (Some(failure), _) if failure.outcome != Outcome::Refused => Policy::Unknown(failure.clone()),
        (None, Some(200..=299)) => Policy::Rules(Robots::parse(&answer.decoded().unwrap_or_default())),
        (None, Some(status @ 500..=599)) => {
            let detail = format!("robots.txt answered {status}, so pages are not asked now");
            Policy::Unknown(failure(Outcome::ServerError, "robots_server_error", detail))
        }
        _ => Policy::Rules(Robots::default()),
    }
}

fn failure(outcome: Outcome, reason: &'static str, detail: String) -> Failure {
    Failure {
        outcome,
        reason,
        detail,
    }
}

/// How far the clock of the host that gave this answer lies after ours, in milliseconds; `None` if it did not say, or the answer is
/// a copy that some cache had for a while.
fn ahead(answer: &Exchange) -> Option<i64> {
    if answer.header("age").is_some_and(|age| age.trim() != "0") {
        return None;
    }
    let date = Timestamp::parse_http(answer.header("date")?)?;
    // The head came at some moment between the two.
    Some(if date < answer.started {
        date.millis() - answer.started.millis()
    } else {
        (date.millis() - answer.ended.millis()).max(0)
    })
}

/// Host and port: what is paced as one.
fn host_key(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    }
}

fn without_fragment(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

fn is_redirect(exchange: &Exchange) -> bool {
    matches!(exchange.status, Some(301 | 302 | 303 | 307 | 308)) && exchange.header("location").is_some()
}

/// Where a redirect leads, or why it is not followed.
fn next_hop(exchange: &Exchange, too_many: bool) -> std::result::Result<Url, Failure> {
    if too_many {
        return Err(failure(
            Outcome::Unreadable,
            "too_many_redirects",
            "gave up after the limit of redirects".into(),
        ));
    }
    let location = exchange.header("location").unwrap_or_default();
    if location.len() > MAX_LOCATION {
        return Err(failure(
            Outcome::Unreadable,
            "location_too_long",
            format!("Location of {} bytes", location.len()),
        ));
    }
    let unreadable = || {
        failure(
            Outcome::Unreadable,
            "location_unreadable",
            "Location is not an address".into(),
        )
    };
    exchange
        .location()
        .map(|url| without_fragment(&url))
        .ok_or_else(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    #[test]
    fn a_missing_robots_file_allows_and_a_failing_one_does_not() {
        let allows = |status: u16| match policy(Some(&answered(status, b"User-agent: *\nDisallow: /"))) {
            Policy::Rules(robots) => Some(robots.allows("/x")),
            Policy::Unknown(_) => None,
        };
        assert_eq!(
            (allows(200), allows(404), allows(403), allows(503)),
            (Some(false), Some(true), Some(true), None)
        );
    }

    #[test]
    fn a_location_that_is_too_long_or_none_is_an_outcome() {
        let redirect = |to: &str| {
            let mut exchange = answered(302, b"");
            exchange.response_headers.push(("location".into(), to.into()));
            exchange
        };
        assert_eq!(
            next_hop(&redirect("/next#part"), false).unwrap().as_str(),
            "https://upstream.example/next"
        );
        assert_eq!(
            next_hop(&redirect(&"a".repeat(1 << 20)), false).unwrap_err().reason,
            "location_too_long"
        );
        assert_eq!(
            next_hop(&redirect("http://[bad"), false).unwrap_err().reason,
            "location_unreadable"
        );
        assert_eq!(
            next_hop(&redirect("/next"), true).unwrap_err().reason,
            "too_many_redirects"
        );
    }

    #[test]
    fn a_servers_clock_is_compared_with_ours_unless_a_cache_answered() {
        let mut exchange = answered(200, b"");
        exchange.started = Timestamp::parse("2026-05-04T12:00:00Z").unwrap();
        exchange.ended = exchange.started.plus_millis(2_000);
        assert_eq!(ahead(&exchange), None);
        for (date, millis) in [
            ("Mon, 04 May 2026 12:00:01 GMT", 0),
            ("Mon, 04 May 2026 13:00:02 GMT", 3_600_000),
            ("Mon, 04 May 2026 11:59:59 GMT", -1_000),
        ] {
            exchange.response_headers = vec![("date".into(), date.into())];
            assert_eq!(ahead(&exchange), Some(millis), "{date}");
        }
        exchange.response_headers.push(("age".into(), "86400".into()));
        assert_eq!(ahead(&exchange), None);
        exchange.response_headers = vec![("date".into(), "yesterday".into())];
        assert_eq!(ahead(&exchange), None);
    }

    #[test]
    fn requests_to_one_host_at_two_ports_are_paced_apart() {
        assert_eq!(
            host_key(&Url::parse("http://a.example:8080/x").unwrap()),
            "a.example:8080"
        );
        assert_eq!(host_key(&Url::parse("http://a.example:80/x").unwrap()), "a.example");
    }
}
