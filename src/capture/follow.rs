//! Looks at the lists that are followed, and takes their new articles in.

use std::collections::VecDeque;

use url::Url;

use super::article::hints_of;
use super::{Capturer, Stop, link, together};
use crate::article::{feed, index};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::store::record::{Follow, Listed, Queueing};

/// Most further lists that a list may lead to: sitemaps of an index.
const FURTHER: usize = 50;

/// What came of looking at lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// Lists looked at.
    pub lists: usize,
    /// Of them, those that could not be had or read: address and why.
    pub failed: Vec<(String, String)>,
    /// Articles taken in.
    pub articles: usize,
    /// Articles that could not be had or read: address and why; they are tried again.
    pub unread: Vec<(String, String)>,
}

impl Looked {
    fn add(&mut self, other: Looked) {
        self.lists += other.lists;
        self.articles += other.articles;
        self.failed.extend(other.failed);
        self.unread.extend(other.unread);
    }
}

impl Capturer {
    /// Looks at every list that is due and takes in the articles that it names anew; what they cite is queued.
    ///
    /// # Errors
    /// If the archive fails.
    pub async fn look_at_lists(&self, stop: &Stop) -> Result<Looked> {
        let mut looked = Looked::default();
        // What is dropped on the way loses nothing: an entry counts as read only after its commit.
        let work = |follow| {
            let capturer = self.clone();
            async move { capturer.look_at(follow).await }
        };
        together::each(self.store.follows_due().await?, stop, work, |one| looked.add(one)).await?;
        Ok(looked)
    }

    async fn look_at(&self, follow: Follow) -> Result<Looked> {
        let mut looked = Looked {
            lists: 1,
            ..Looked::default()
        };
        match self.list(&follow).await? {
            Ok(None) => {}
            Ok(Some(entries)) => self.take_in(&follow, entries, &mut looked).await?,
            Err(why) => looked.failed.push((follow.url.clone(), why)),
        }
        let due: Timestamp = self.clock.now().plus_millis(follow.every.saturating_mul(1000));
        self.store.looked(follow.id, due).await?;
        Ok(looked)
    }

    /// What a list names now, with the sitemaps that it leads to; `None` if it did not change. The inner error is the list's.
    async fn list(&self, follow: &Follow) -> Result<std::result::Result<Option<Vec<Listed>>, String>> {
        let first = match Url::parse(&follow.url) {
            Ok(url) => url,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let mut waiting = VecDeque::from([(first, follow.target, follow.validators.clone())]);
        let mut entries = Vec::new();
        let mut asked = 0;
        while let Some((url, target, validators)) = waiting.pop_front() {
            let last = self.capture_list(&url, target, validators).await?;
            asked += 1;
            let listing = match last {
                Ok(None) if asked == 1 => return Ok(Ok(None)),
                Ok(None) => continue,
                Ok(Some(exchange)) => read(exchange, follow.page).await,
                Err(why) => Err(why),
            };
            match listing {
                Ok(listing) => {
                    entries.extend(listing.entries.into_iter().map(|entry| Listed {
                        url: entry.url.to_string(),
                        updated: entry.updated,
                    }));
                    // The sitemaps of an index; what those lead to is not followed.
                    for further in listing.lists.into_iter().take(if asked == 1 { FURTHER } else { 0 }) {
                        let target = self.target(&further).await?;
                        waiting.push_back((further, target, Vec::new()));
                    }
                }
                Err(why) if asked == 1 => return Ok(Err(why)),
                // One broken sitemap loses nothing of the others.
                Err(_) => {}
            }
        }
        Ok(Ok(Some(entries)))
    }

    /// Captures a list like a linked page; gives its exchange, `None` if it did not change. The inner error is the list's.
    async fn capture_list(
        &self,
        url: &Url,
        target: i64,
        validators: Vec<(String, String)>,
    ) -> Result<std::result::Result<Option<Exchange>, String>> {
        let started = self.clock.now();
        let mut request = Request::new(url.clone(), Purpose::Page);
        request.headers = validators;
        let exchanges = self.fetch(&request).await;
        let is_same = !request.headers.is_empty() && exchanges.last().is_some_and(|last| last.status == Some(304));
        let (outcome, reason) = match is_same {
            true => (Outcome::Captured, "not_modified".to_owned()),
            false => link::outcome_of(&exchanges),
        };
        let told = match (outcome, is_same) {
            (Outcome::Captured, true) => Ok(None),
            (Outcome::Captured, false) => Ok(exchanges.last().cloned()),
            (outcome, _) => Err(format!("{} ({reason})", outcome.word())),
        };
        // Its follow says when it is due.
        let answer = link::web_answer(outcome, reason, exchanges);
        self.keep_web_capture(target, (started, self.clock.now()), answer)
            .await?;
        Ok(told)
    }

    async fn take_in(&self, follow: &Follow, entries: Vec<Listed>, looked: &mut Looked) -> Result<()> {
        let open = self.store.enter(follow.id, entries, follow.only_new).await?;
        for address in open.into_iter().take(follow.most) {
            let Ok(url) = Url::parse(&address) else { continue };
            let queueing = Queueing {
                curve: follow.curve.clone(),
                ..Queueing::default()
            };
            let done = match self.take_in_article(&url, follow.tags.clone(), queueing).await {
                Ok(_) => {
                    looked.articles += 1;
                    true
                }
                Err(error) if error.is_about_input() => {
                    looked.unread.push((address.clone(), error.to_string()));
                    false
                }
                Err(error) => return Err(error),
            };
            self.store.entered(follow.id, address, done).await?;
            self.keep_penalties().await?;
        }
        Ok(())
    }
}

/// Reads a list off the thread that serves the network. Whatever happens there costs this list only.
async fn read(exchange: Exchange, is_page: bool) -> std::result::Result<feed::Listing, String> {
    tokio::task::spawn_blocking(move || {
        let bytes = exchange.decoded().map_err(|error| error.to_string())?;
        if is_page {
            let entries = index::of_page(&bytes, &hints_of(&exchange));
            return match entries.is_empty() {
                true => Err("it is a page without three headlines".to_owned()),
                false => Ok(feed::Listing {
                    entries,
                    ..feed::Listing::default()
                }),
            };
        }
        feed::read(&bytes, &exchange.url).map_err(|error| error.to_string())
    })
    .await
    .unwrap_or_else(|error| Err(format!("reading it stopped: {error}")))
}
