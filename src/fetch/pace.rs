//! Politeness: how often and how many at once a host is asked, and when it is left alone. The memory of a run; only
//! penalties outlive it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};

use crate::clock::{Clock, Timestamp};
use crate::config::{Pace as Settings, seconds};
use crate::exchange::Exchange;

/// Failures in a row after which a host is left alone for the rest of the hour.
const FAILURES_TO_CLOSE: u32 = 5;

/// How long a host stays closed.
const CLOSED: Duration = Duration::from_secs(3600);

/// Least and longest wait that a host may ask of us, in seconds.
const WAIT: (i64, i64) = (1, 86_400);

/// First pause, in seconds, of a host that limits us without saying for how long; doubled each time.
const PAUSE: i64 = 60;

/// Leave to send one request; given back when dropped.
pub struct Permit {
    _host: OwnedSemaphorePermit,
    _total: OwnedSemaphorePermit,
}

/// Why a host is not asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It asked us to wait until then, which is longer than we wait.
    Paused(Timestamp),
    /// It failed too often in a row.
    Failing,
}

/// Paces requests to all hosts.
pub struct Pace {
    settings: Settings,
    clock: Clock,
    total: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
    new_penalties: Mutex<Vec<(String, Timestamp)>>,
}

struct Host {
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: Option<Instant>,
    paused_until: Option<Timestamp>,
    failures: u32,
    limited: u32,
    closed_until: Option<Instant>,
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
        }
    }

    /// Leaves hosts alone until the times that earlier runs were told.
    pub fn leave_alone(&self, penalties: Vec<(String, Timestamp)>) {
        for (host, until) in penalties {
            lock(&self.host(&host).state).paused_until = Some(until);
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
    /// If the host is closed for longer than we wait.
    pub async fn admit(&self, name: &str) -> Result<Permit, Closed> {
        let host = self.host(name);
        // Semaphores here are never closed.
        let Ok(host_permit) = Arc::clone(&host.permits).acquire_owned().await else {
            return Err(Closed::Failing);
        };
        self.wait_for_penalty(&host).await?;
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
        let Ok(total) = Arc::clone(&self.total).acquire_owned().await else {
            return Err(Closed::Failing);
        };
        Ok(Permit {
            _host: host_permit,
            _total: total,
        })
    }

    async fn wait_for_penalty(&self, host: &Host) -> Result<(), Closed> {
        let pause = {
            let mut state = lock(&host.state);
            if state.closed_until.is_some_and(|until| Instant::now() < until) {
                return Err(Closed::Failing);
            }
            match state.paused_until {
                None => return Ok(()),
                Some(until) => {
                    let millis = until.millis() - self.clock.now().millis();
                    match u64::try_from(millis) {
                        Ok(millis) if Duration::from_millis(millis) > seconds(self.settings.patience) => {
                            return Err(Closed::Paused(until));
                        }
                        Ok(millis) => Duration::from_millis(millis),
                        Err(_) => {
                            state.paused_until = None;
                            return Ok(());
                        }
                    }
                }
            }
        };
        sleep(pause).await;
        Ok(())
    }

    /// Learns from what came back: success opens, failures in a row close, a host that limits us is left alone.
    pub fn learn(&self, name: &str, exchange: &Exchange) {
        let host = self.host(name);
        let mut state = lock(&host.state);
        let status = exchange.status.unwrap_or(0);
        match status {
            429 | 503 if status == 429 || exchange.header("retry-after").is_some() => {
                state.limited += 1;
                let now = self.clock.now();
                let wait = exchange.header("retry-after").and_then(|v| retry_after(v, now));
                let wait = wait.unwrap_or_else(|| PAUSE << (state.limited - 1).min(6));
                let until = now.plus_millis(wait.clamp(WAIT.0, WAIT.1) * 1000);
                state.paused_until = state.paused_until.max(Some(until));
                lock(&self.new_penalties).push((name.to_owned(), until));
            }
            0 | 500..=599 => {
                state.failures += 1;
                if state.failures >= FAILURES_TO_CLOSE {
                    state.failures = 0;
                    state.closed_until = Some(Instant::now() + CLOSED);
                }
            }
            _ => (state.failures, state.limited) = (0, 0),
        }
    }

    /// Penalties given since the last call.
    pub fn take_penalties(&self) -> Vec<(String, Timestamp)> {
        std::mem::take(&mut lock(&self.new_penalties))
    }
}

/// Seconds to wait by a Retry-After header: a number, or an HTTP date (RFC 9110 §10.2.3).
fn retry_after(value: &str, now: Timestamp) -> Option<i64> {
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
        pace.leave_alone(vec![("paused.example".into(), NOW.plus_millis(3_600_000))]);
        pace
    }

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        assert_eq!(retry_after("120", NOW), Some(120));
        assert_eq!(retry_after("Tue, 14 Nov 2023 22:14:20 GMT", NOW), Some(60));
        assert_eq!(retry_after("1e9", NOW), None);
        assert_eq!(retry_after("Thu, 01 Jan 1970 00:00:00 GMT", NOW), Some(-1_700_000_000));
    }

    #[tokio::test]
    async fn a_penalty_of_an_earlier_run_is_obeyed_and_a_new_one_is_told_and_clamped() {
        let pace = pace(0.0, 1.0);
        assert!(matches!(pace.admit("paused.example").await, Err(Closed::Paused(_))));
        let mut answer = answered(429, b"");
        answer.response_headers.push(("retry-after".into(), "99999999".into()));
        pace.learn("busy.example", &answer);
        assert_eq!(
            pace.take_penalties(),
            [("busy.example".to_owned(), NOW.plus_millis(86_400_000))]
        );
        assert!(matches!(pace.admit("busy.example").await, Err(Closed::Paused(_))));
        // Less than a second is a second; what is no number and no date is as if nothing were said.
        for (value, seconds) in [
            ("-1", 1),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 1),
            ("1e9", PAUSE),
            ("9223372036854775807", 86_400),
        ] {
            let host = format!("{seconds}.example");
            let mut answer = answered(429, b"");
            answer.response_headers.push(("retry-after".into(), value.into()));
            pace.learn(&host, &answer);
            assert_eq!(
                pace.take_penalties(),
                [(host, NOW.plus_millis(seconds * 1000))],
                "{value}"
            );
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
        assert!(matches!(pace.admit("a.example").await, Err(Closed::Failing)));
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
