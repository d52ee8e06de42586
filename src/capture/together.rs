//! Things done for many items together, a bounded number at once, until somebody asks us to stop.

use std::future::Future;

use tokio::task::JoinSet;

use super::Stop;
use crate::error::{Error, Result};

/// Items worked on at once; the pace of each host is kept below that.
const AT_ONCE: usize = 16;

/// Begins `work` for each of `items` in order and gives the results to `take` as they come. Once a stop is given up, what is in
/// flight is dropped.
///
/// # Errors
/// The first error of any work.
pub(super) async fn each<T, R, F>(
    items: Vec<T>,
    stop: &Stop,
    work: impl Fn(T) -> F,
    mut take: impl FnMut(R),
) -> Result<()>
where
    R: Send + 'static,
    F: Future<Output = Result<R>> + Send + 'static,
{
    let mut waiting = items.into_iter();
    let mut tasks: JoinSet<Result<R>> = JoinSet::new();
    let given_up = stop.given_up();
    tokio::pin!(given_up);
    loop {
        while tasks.len() < AT_ONCE && !stop.is_asked() {
            let Some(item) = waiting.next() else { break };
            tasks.spawn(work(item));
        }
        let finished = tokio::select! {
            finished = tasks.join_next() => finished,
            () = &mut given_up => return Ok(()),
        };
        match finished {
            None => return Ok(()),
            Some(done) => take(done.map_err(|e| Error::Internal(format!("a task stopped: {e}")))??),
        }
    }
}
