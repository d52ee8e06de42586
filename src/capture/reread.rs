//! Reads fetched articles again when they are due: a sentence may have been reworded, a citation dropped.

use url::Url;

use super::{Capturer, Stop, together};
use crate::error::{Error, Result};
use crate::store::record::{Queueing, Reread};

/// What came of reading articles again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Again {
    /// Articles that were due.
    pub articles: usize,
    /// Of those that could not be had or read, which and why; they are tried again when they are due again.
    pub unread: Vec<String>,
}

impl Capturer {
    /// Reads every article again that is due; what it cites anew is queued.
    ///
    /// # Errors
    /// If the archive fails.
    pub async fn read_again(&self, stop: &Stop) -> Result<Again> {
        let mut again = Again::default();
        let work = |reread| {
            let capturer = self.clone();
            async move { capturer.read_one_again(reread).await }
        };
        together::each(self.store.rereads_due().await?, stop, work, |unread| {
            again.articles += 1;
            again.unread.extend(unread);
        })
        .await?;
        Ok(again)
    }

    /// Gives which and why, where it could not be read.
    async fn read_one_again(&self, reread: Reread) -> Result<Option<String>> {
        let url = Url::parse(&reread.url)
            .map_err(|error| Error::Internal(format!("the archive names an address `{}`: {error}", reread.url)))?;
        let taken = self.take_in_article(&url, Vec::new(), Queueing::default()).await;
        self.keep_penalties().await?;
        match taken {
            Ok(article) => {
                // Its address may lead to another article by now.
                if article.article != reread.article {
                    self.set_reread(reread).await?;
                }
                Ok(None)
            }
            Err(error) if error.is_about_input() => {
                let told = error.to_string();
                self.set_reread(reread).await?;
                Ok(Some(told))
            }
            Err(error) => Err(error),
        }
    }

    /// Notes when an article is to be read again.
    pub(super) async fn set_reread(&self, reread: Reread) -> Result<()> {
        let own = self.store.curves_of_article(reread.article).await?;
        let due = self.schedule.next_reading(&own, reread.first_read, self.clock.now());
        self.store.set_reread(reread.article, reread.url, due).await
    }
}
