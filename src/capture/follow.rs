//! Looks at the lists that are followed, and takes their new articles in.

use url::Url;

use super::answer::outcome_of;
use super::article::hints_of;
use super::{Capturer, Stop, link, together};
use crate::article::{Hints, feed, index};
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
    /// Lists looked at, sitemaps of an index as well.
    pub lists: usize,
    /// Of them, those that could not be had or read: address and why.
    pub failed: Vec<(String, String)>,
    /// Articles taken in.
    pub articles: usize,
    /// Of the articles that could not be had or read, which and why; they are tried again.
    pub unread: Vec<String>,
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
        let mut looked = Looked::default();
        if let Some(entries) = self.list(&follow, &mut looked).await? {
            self.take_in(&follow, entries, &mut looked).await?;
        }
        let due: Timestamp = self.clock.now().plus_millis(follow.every.saturating_mul(1000));
        self.store.looked(follow.id, due).await?;
        Ok(looked)
    }

    /// What a list names now, with the sitemaps that it leads to; `None` if it could not be had or read.
    async fn list(&self, follow: &Follow, looked: &mut Looked) -> Result<Option<Vec<Listed>>> {
        let Some(list) = self.listing(&follow.url, follow.target, follow.page, looked).await? else {
            return Ok(None);
        };
        let mut entries = list.entries;
        // The sitemaps of an index; what those lead to is not followed. One that is broken loses nothing of the others.
        for further in list.lists.into_iter().take(FURTHER) {
            let target = self.target(&further).await?;
            if let Some(sitemap) = self.listing(further.as_str(), target, false, looked).await? {
                entries.extend(sitemap.entries);
            }
        }
        Ok(Some(entries.into_iter().map(listed).collect()))
    }

    /// Asks for one list, and reads it. One that did not change names nothing anew, but leads to the same further lists. `None` if it
    /// could not be had or read, which `looked` tells.
    async fn listing(
        &self,
        url: &str,
        target: i64,
        is_page: bool,
        looked: &mut Looked,
    ) -> Result<Option<feed::Listing>> {
        looked.lists += 1;
        let listing = match Url::parse(url) {
            Ok(url) => match self.capture_list(&url, target).await? {
                Ok(Some(exchange)) => read_exchange(exchange, is_page).await,
                Ok(None) => match self.store.last_list(target).await? {
                    Some((bytes, hints)) => read(bytes, hints, is_page).await.map(without_entries),
                    None => Ok(feed::Listing::default()),
                },
                Err(why) => Err(why),
            },
            Err(error) => Err(error.to_string()),
        };
        Ok(match listing {
            Ok(listing) => Some(listing),
            Err(why) => {
                looked.failed.push((url.to_owned(), why));
                None
            }
        })
    }

    /// Captures a list like a linked page; gives its exchange, `None` if it did not change. The inner error is the list's.
    async fn capture_list(&self, url: &Url, target: i64) -> Result<std::result::Result<Option<Exchange>, String>> {
        let started = self.clock.now();
        let mut request = Request::new(url.clone(), Purpose::Page);
        request.headers = self.store.validators(target).await?;
        let exchanges = self.fetch(&request).await;
        let is_same = !request.headers.is_empty() && exchanges.last().is_some_and(|last| last.status == Some(304));
        let (outcome, reason) = match is_same {
            true => (Outcome::Captured, "not_modified".to_owned()),
            false => outcome_of(&exchanges),
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
                    looked.unread.push(error.to_string());
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

fn listed(entry: feed::Entry) -> Listed {
    Listed {
        url: entry.url.to_string(),
        updated: entry.updated,
    }
}

fn without_entries(listing: feed::Listing) -> feed::Listing {
    feed::Listing {
        entries: Vec::new(),
        ..listing
    }
}

async fn read_exchange(exchange: Exchange, is_page: bool) -> std::result::Result<feed::Listing, String> {
    let bytes = exchange.decoded().map_err(|error| error.to_string())?;
    read(bytes, hints_of(&exchange), is_page).await
}

/// Reads a list off the thread that serves the network. Whatever happens there costs this list only.
async fn read(bytes: Vec<u8>, hints: Hints, is_page: bool) -> std::result::Result<feed::Listing, String> {
    tokio::task::spawn_blocking(move || {
        if is_page {
            let entries = index::of_page(&bytes, &hints);
            return match entries.is_empty() {
                true => Err("it is a page without three headlines".to_owned()),
                false => Ok(feed::Listing {
                    entries,
                    ..feed::Listing::default()
                }),
            };
        }
        let base = hints.url.ok_or("it has no address")?;
        feed::read(&bytes, &base).map_err(|error| error.to_string())
    })
    .await
    .unwrap_or_else(|error| Err(format!("reading it stopped: {error}")))
}
