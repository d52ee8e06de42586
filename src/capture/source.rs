//! One source driven to its answer about one post.

use bytes::Bytes;
use url::Url;

use super::MAX_STEPS;
use crate::error::Result;
use crate::exchange::{Exchange, Request, Unfinished};
use crate::fetch::{Fetcher, Staging};
use crate::outcome::Outcome;
use crate::platform::{Answer, PostRef, Source, Step, Upstreams};

/// Reason code where a login is asked for although a credential was sent: it is not valid (any more).
pub(super) const SESSION_EXPIRED: &str = "session_expired";

/// Asks `source` until it answers, in a bounded number of questions; with every exchange that this took.
pub(super) async fn ask(
    fetcher: &Fetcher,
    staging: &mut impl Staging,
    upstreams: &Upstreams,
    post: &PostRef,
    source: &dyn Source,
) -> (Answer, Vec<Exchange>) {
    let mut asked = Vec::new();
    // The last question's answer is read, too.
    loop {
        let Some(step) = contained(|| source.next(post, upstreams, &asked)) else {
            return (
                Answer::without_post(Outcome::Unreadable, PARSER_STOPPED),
                asked.concat(),
            );
        };
        match step {
            Step::Ask(_) if asked.len() == MAX_STEPS => break,
            Step::Ask(request) => asked.push(fetcher.fetch(&request, staging).await),
            Step::Answer(mut answer) => {
                let with_credential = asked
                    .last()
                    .is_some_and(|hops| hops.iter().any(Exchange::has_credential));
                if with_credential && answer.outcome == Outcome::LoginRequired {
                    SESSION_EXPIRED.clone_into(&mut answer.reason);
                }
                return (*answer, asked.concat());
            }
        }
    }
    (
        Answer::without_post(Outcome::Unreadable, "too_many_steps"),
        asked.concat(),
    )
}

/// What `source` makes of the exchanges that it once asked for; `None` if it would ask for others today.
#[must_use]
pub fn replay(source: &dyn Source, upstreams: &Upstreams, post: &PostRef, stored: &[Exchange]) -> Option<Answer> {
    let mut asked: Vec<Vec<Exchange>> = Vec::new();
    let mut rest = stored;
    while asked.len() <= MAX_STEPS {
        match contained(|| source.next(post, upstreams, &asked))? {
            Step::Answer(answer) => return rest.is_empty().then_some(*answer),
            Step::Ask(request) => {
                let count = hops(&request, rest);
                if count == 0 {
                    return None;
                }
                let (now, later) = rest.split_at(count);
                asked.push(now.to_vec());
                rest = later;
            }
        }
    }
    None
}

/// How many of the exchanges came of one request: its redirects where it follows them, and every try of the same address.
fn hops(request: &Request, exchanges: &[Exchange]) -> usize {
    let goes_on = |pair: &[Exchange]| {
        let (this, next) = (&pair[0], &pair[1]);
        next.url == this.url || (request.follow && this.location().is_some_and(|to| to == next.url))
    };
    exchanges
        .windows(2)
        .position(|pair| !goes_on(pair))
        .map_or(exchanges.len(), |last| last + 1)
}

/// What a parser of ours makes of foreign bytes; `None` if it panicked, which is a fault of ours but must cost neither the bytes
/// nor the rest of the run, or the next run would meet it again.
pub(crate) fn contained<T>(parse: impl FnOnce() -> T) -> Option<T> {
    // Parsers are pure: nothing is left half-done behind them.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(parse)).ok()
}

/// Reason code of what a parser of ours could not read because it panicked.
pub(super) const PARSER_STOPPED: &str = "parser_stopped";

/// What a source answered when nothing of it was to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What it amounts to.
    pub outcome: Outcome,
    /// Reason code.
    pub reason: String,
    /// Whether anything answered at all.
    pub reached: bool,
}

/// Asks `source` for `post` and keeps nothing.
pub async fn probe(fetcher: &Fetcher, upstreams: &Upstreams, post: &PostRef, source: &dyn Source) -> Probe {
    let (answer, exchanges) = ask(fetcher, &mut Nowhere, upstreams, post, source).await;
    Probe {
        outcome: answer.outcome,
        reason: answer.reason,
        reached: exchanges.iter().any(|exchange| exchange.status.is_some()),
    }
}

/// Large bodies are let go as they arrive.
pub struct Nowhere;

impl Staging for Nowhere {
    async fn begin(&mut self, _: &Url, _: Option<(&str, u64)>) -> Result<i64> {
        Ok(0)
    }

    async fn push(&mut self, _: i64, _: Bytes) -> Result<()> {
        Ok(())
    }

    async fn resume(&mut self, _: &Url) -> Result<Option<Unfinished>> {
        Ok(None)
    }

    async fn piece(&mut self, _: i64, _: u64) -> Result<Bytes> {
        Ok(Bytes::new())
    }

    async fn leave(&mut self, _: i64) -> Result<()> {
        Ok(())
    }

    async fn discard(&mut self, _: i64) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parser_that_stops_costs_only_what_it_would_have_read() {
        assert_eq!(contained(|| 7), Some(7));
        assert_eq!(contained(|| [7][std::hint::black_box(1)]), None);
    }
}
