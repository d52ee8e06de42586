//! Reads fetched articles again when they are due: a sentence may have been reworded, a citation dropped.

use std::collections::VecDeque;

use tokio::task::JoinSet;
use url::Url;

use super::{Capturer, Stop, schedule};
use crate::error::{Error, Result};
use crate::store::record::Reread;

/// Articles read at once; the pace of each host is kept below that.
const AT_ONCE: usize = 16;

/// What came of reading articles again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Again {
    /// Articles that were due.
    pub articles: usize,
    /// Of them, those that could not be had or read: address and why; they are tried again when they are due again.
    pub unread: Vec<(String, String)>,
}

impl Capturer {
    /// Reads every article again that is due; what it cites anew is queued.
    ///
    /// # Errors
    /// If the archive fails.
    pub async fn read_again(&self, stop: &Stop) -> Result<Again> {
        let mut waiting: VecDeque<Reread> = self.store.rereads_due().await?.into();
        let mut tasks: JoinSet<Result<Option<(String, String)>>> = JoinSet::new();
        let mut again = Again::default();
        let given_up = stop.given_up();
        tokio::pin!(given_up);
        loop {
            while tasks.len() < AT_ONCE && !stop.is_asked() {
                let Some(reread) = waiting.pop_front() else { break };
                let capturer = self.clone();
                tasks.spawn(async move { capturer.read_one_again(reread).await });
            }
            let finished = tokio::select! {
                finished = tasks.join_next() => finished,
                () = &mut given_up => return Ok(again),
            };
            match finished {
                None => return Ok(again),
                Some(done) => {
                    again.articles += 1;
                    again
                        .unread
                        .extend(done.map_err(|e| Error::Internal(format!("reading an article stopped: {e}")))??);
                }
            }
        }
    }

    /// Gives the address and why, where it could not be read.
    async fn read_one_again(&self, reread: Reread) -> Result<Option<(String, String)>> {
        let read = match Url::parse(&reread.url) {
            Ok(url) => self.fetch_reading(&url, Vec::new()).await,
            Err(error) => Err(Error::Internal(format!(
                "the archive names an address `{}`: {error}",
                reread.url
            ))),
        };
        let kept = match read {
            Ok(reading) => self.keep(&reread.url, reading).await,
            Err(error) => Err(error),
        };
        self.keep_penalties().await?;
        match kept {
            Ok(article) => {
                self.store.enqueue(article.targets, false).await?;
                // Its address may lead to another article by now.
                if article.article != reread.article {
                    self.set_reread(reread).await?;
                }
                Ok(None)
            }
            Err(error) if error.is_about_input() => {
                let told = (reread.url.clone(), error.to_string());
                self.set_reread(reread).await?;
                Ok(Some(told))
            }
            Err(error) => Err(error),
        }
    }

    /// Notes when an article is to be read again.
    pub(super) async fn set_reread(&self, reread: Reread) -> Result<()> {
        let due = schedule::next_reading(reread.first_read, self.clock.now());
        self.store.set_reread(reread.article, reread.url, due).await
    }
}
