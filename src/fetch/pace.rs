//! Politeness: how often and how many at once a host is asked, and when it is left alone. The memory of a run; only
//! penalties outlive it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};

use crate::clock::{Clock, Timestamp};
use crate::config::{Pace as Settings, seconds};
use crate::exchange::{Exchange, Purpose};
use crate::penalty::{Came, Penalty, Standing, Turn};

/// Leave to send one request; given back when dropped.
pub struct Permit {
    _host: OwnedSemaphorePermit,
    _total: OwnedSemaphorePermit,
}

/// Why a host is not asked now: it rests for longer than we wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resting {
    /// Until when.
    pub until: Timestamp,
    /// Whether it failed too often; else it asked for rest.
    pub failing: bool,
}

/// Paces requests to all hosts.
pub struct Pace {
    settings: Settings,
    clock: Clock,
    total: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
    new_penalties: Mutex<HashMap<String, Penalty>>,
    /// Whether any host answered in this run.
    answered: AtomicBool,
}

struct Host {
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: Option<Instant>,
    standing: Standing,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is left half-done under these locks, so a panic elsewhere does not spoil them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pace {
    /// With no penalties yet.
    pub fn new(settings: &Settings, clock: Clock) -> Pace {
        Pace {
            settings: settings.clone(),
            clock,
            total: Arc::new(Semaphore::new(settings.total.max(settings.per_host))),
            hosts: Mutex::default(),
            new_penalties: Mutex::default(),
            answered: AtomicBool::new(false),
        }
    }

    /// Leaves hosts alone as earlier runs were told to, or found out.
    pub fn leave_alone(&self, penalties: Vec<(String, Penalty)>) {
        for (host, penalty) in penalties {
            lock(&self.host(&host).state).standing = Standing::after_run(penalty);
        }
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = lock(&self.hosts);
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        let permits = Arc::new(Semaphore::new(self.settings.per_host));
        let host = Arc::new(Host {
            permits,
            state: Mutex::default(),
        });
        hosts.insert(name.to_owned(), Arc::clone(&host));
        host
    }

    /// Waits for our turn at `name`.
    ///
    /// # Errors
    /// If the host rests for longer than we wait.
    pub async fn admit(&self, name: &str) -> Result<Permit, Resting> {
        let host = self.host(name);
        let host_permit = self.host_permit(&host).await?;
        let delay = seconds(self.settings.delay);
        if !delay.is_zero() {
            let turn = {
                let mut state = lock(&host.state);
                let turn = state.next.unwrap_or_else(Instant::now).max(Instant::now());
                state.next = Some(turn + delay);
                turn
            };
            sleep_until(turn).await;
        }
        Ok(Permit {
            _host: host_permit,
            _total: acquire(&self.total, 1).await,
        })
    }

    /// One of the host's permits, or all of them where one request is to find out whether it works again.
    async fn host_permit(&self, host: &Host) -> Result<OwnedSemaphorePermit, Resting> {
        let turn = || lock(&host.state).standing.turn(self.clock.now());
        loop {
            let is_trial = turn() == Turn::Trial;
            let permits = if is_trial { self.settings.per_host } else { 1 };
            let permit = acquire(&host.permits, permits).await;
            match turn() {
                Turn::Free => return Ok(permit),
                Turn::Trial if is_trial => return Ok(permit),
                Turn::Trial => {}
                Turn::Rest { until, failing } => match self.patience(until) {
                    Some(pause) => sleep(pause).await,
                    None => return Err(Resting { until, failing }),
                },
            }
        }
    }

    /// How long to wait for the end of a rest; `None` if we do not wait so long.
    fn patience(&self, until: Timestamp) -> Option<Duration> {
        let millis = until.millis().saturating_sub(self.clock.now().millis()).max(0);
        let pause = Duration::from_millis(millis.cast_unsigned());
        (pause <= seconds(self.settings.patience)).then_some(pause)
    }

    /// Hosts that rest for longer than we wait, and until when.
    pub fn resting(&self) -> BTreeMap<String, Timestamp> {
        let now = self.clock.now();
        let rests = |host: &Host| match lock(&host.state).standing.turn(now) {
            Turn::Rest { until, .. } => Some(until).filter(|until| self.patience(*until).is_none()),
            Turn::Free | Turn::Trial => None,
        };
        let hosts = lock(&self.hosts);
        let resting = hosts
            .iter()
            .filter_map(|(name, host)| Some((name.clone(), rests(host)?)));
        resting.collect()
    }

    /// Until when a host rests, if it does.
    pub fn rests_until(&self, name: &str) -> Option<Timestamp> {
        let host = lock(&self.hosts).get(name).map(Arc::clone)?;
        let turn = lock(&host.state).standing.turn(self.clock.now());
        match turn {
            Turn::Rest { until, .. } => Some(until),
            Turn::Free | Turn::Trial => None,
        }
    }

    /// Learns from what came back.
    pub fn learn(&self, name: &str, exchange: &Exchange) {
        let now = self.clock.now();
        let retry_after = exchange.header("retry-after");
        let came = match exchange.status {
            Some(status) if status == 429 || status == 503 && retry_after.is_some() => {
                Came::Limit(retry_after.and_then(|value| parse_retry_after(value, now)))
            }
            None | Some(500..=599) => Came::Failure,
            Some(_) => Came::Answer,
        };
        if exchange.status.is_some() {
            self.answered.store(true, Ordering::Relaxed);
        }
        // Who gives its robots.txt may still fail at everything else.
        if came == Came::Answer && exchange.purpose == Purpose::Robots {
            return;
        }
        let host = self.host(name);
        let mut state = lock(&host.state);
        let before = state.standing.penalty();
        state.standing = state.standing.after(came, now);
        let penalty = state.standing.penalty();
        if penalty != before {
            let lifted = Penalty {
                until: now,
                failures: 0,
            };
            lock(&self.new_penalties).insert(name.to_owned(), penalty.unwrap_or(lifted));
        }
    }

    /// What changed since the last call of what later runs are to know of hosts. That a host fails is told once any host has answered:
    /// before that it may be our own network.
    pub fn take_penalties(&self) -> Vec<(String, Penalty)> {
        let answered = self.answered.load(Ordering::Relaxed);
        lock(&self.new_penalties)
            .extract_if(|_, penalty| answered || penalty.failures == 0)
            .collect()
    }
}

/// Semaphores here are never closed.
async fn acquire(semaphore: &Arc<Semaphore>, permits: usize) -> OwnedSemaphorePermit {
    let permits = u32::try_from(permits).unwrap_or(u32::MAX);
    match Arc::clone(semaphore).acquire_many_owned(permits).await {
        Ok(permit) => permit,
        Err(_) => std::future::pending().await,
    }
}

/// Seconds to wait by a Retry-After header: a number, or an HTTP date (RFC 9110 §10.2.3).
fn parse_retry_after(value: &str, now: Timestamp) -> Option<i64> {
    let value = value.trim();
    if let Ok(number) = value.parse::<i64>() {
        return Some(number);
    }
    Some((Timestamp::parse_http(value)?.millis() - now.millis()) / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn pace(delay: f64, patience: f64) -> Pace {
        let settings = Settings {
            delay,
            per_host: 2,
            total: 4,
            patience,
        };
        let pace = Pace::new(&settings, Clock::Fixed(NOW));
        pace.leave_alone(vec![("paused.example".into(), wish(3600))]);
        pace
    }

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        assert_eq!(parse_retry_after("120", NOW), Some(120));
        assert_eq!(parse_retry_after("Tue, 14 Nov 2023 22:14:20 GMT", NOW), Some(60));
        assert_eq!(parse_retry_after("1e9", NOW), None);
        assert_eq!(
            parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT", NOW),
            Some(-1_700_000_000)
        );
    }

    fn limited(retry_after: &str) -> Exchange {
        let mut answer = answered(429, b"");
        answer.response_headers.push(("retry-after".into(), retry_after.into()));
        answer
    }

    fn wish(until: i64) -> Penalty {
        let until = NOW.plus_millis(until * 1000);
        Penalty { until, failures: 0 }
    }

    #[tokio::test]
    async fn a_penalty_of_an_earlier_run_is_obeyed_and_a_new_one_is_told_and_clamped() {
        let pace = pace(0.0, 1.0);
        assert!(pace.admit("paused.example").await.is_err());
        pace.learn("busy.example", &limited("99999999"));
        assert_eq!(pace.take_penalties(), [("busy.example".to_owned(), wish(86_400))]);
        assert!(pace.admit("busy.example").await.is_err());
        assert_eq!(
            pace.resting().into_keys().collect::<Vec<_>>(),
            ["busy.example", "paused.example"]
        );
        // Less than a second is a second; what is no number and no date is as if nothing were said.
        for (value, seconds) in [
            ("-1", 1),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 1),
            ("1e9", 60),
            ("9223372036854775807", 86_400),
        ] {
            let host = format!("{value}.example");
            pace.learn(&host, &limited(value));
            assert_eq!(pace.take_penalties(), [(host, wish(seconds))], "{value}");
        }
        assert!(pace.admit("other.example").await.is_ok());
    }

    #[tokio::test]
    async fn five_failures_in_a_row_close_a_host_and_a_success_between_does_not() {
        let pace = pace(0.0, 1.0);
        for status in [500, 500, 500, 500, 200, 500, 500, 500, 500] {
            pace.learn("a.example", &answered(status, b""));
        }
        assert!(pace.admit("a.example").await.is_ok());
        pace.learn("a.example", &answered(502, b""));
        assert!(pace.admit("a.example").await.is_err_and(|rest| rest.failing));
        let penalty = Penalty {
            until: NOW.plus_millis(3_600_000),
            failures: 5,
        };
        assert_eq!(pace.take_penalties(), [("a.example".to_owned(), penalty)]);
    }

    #[tokio::test]
    async fn a_host_that_failed_in_an_earlier_run_is_tried_by_one_request_and_an_answer_lifts_the_penalty() {
        let pace = pace(0.0, 1.0);
        let failing = Penalty {
            until: NOW,
            failures: 5,
        };
        pace.leave_alone(vec![("a.example".into(), failing)]);
        let trial = pace.admit("a.example").await.ok();
        let short = Duration::from_millis(50);
        assert!(trial.is_some());
        assert!(tokio::time::timeout(short, pace.admit("a.example")).await.is_err());
        pace.learn("a.example", &answered(200, b""));
        drop(trial);
        let one = pace.admit("a.example").await;
        let other = tokio::time::timeout(short, pace.admit("a.example")).await;
        assert!(one.is_ok() && other.is_ok_and(|permit| permit.is_ok()));
        assert_eq!(pace.take_penalties(), [("a.example".to_owned(), wish(0))]);
    }

    #[tokio::test]
    async fn while_nobody_answers_no_host_is_told_to_fail() {
        let pace = pace(0.0, 1.0);
        let mut silence = answered(200, b"");
        silence.status = None;
        for _ in 0..5 {
            pace.learn("a.example", &silence);
        }
        assert!(pace.admit("a.example").await.is_err());
        assert_eq!(pace.take_penalties(), []);
        pace.learn("b.example", &answered(404, b""));
        assert_eq!(pace.take_penalties().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn two_requests_to_one_host_are_a_delay_apart_and_to_two_hosts_are_not() {
        let pace = pace(2.0, 1.0);
        let start = Instant::now();
        drop(pace.admit("a.example").await);
        drop(pace.admit("b.example").await);
        assert!(start.elapsed() < Duration::from_millis(100));
        drop(pace.admit("a.example").await);
        assert!(start.elapsed() >= Duration::from_secs(2));
    }
}
