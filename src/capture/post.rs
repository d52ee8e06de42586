//! Captures one post: asks the platform's sources in order until one gives it, then its media.

use super::Capturer;
use super::answer::{best_answer, is_cut, outcome_of};
use super::source::ask;
use super::staging::InArchive;
use crate::error::Result;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::{Media, PageCopy, Platform, PostRef, Source, SourceKind};
use crate::store::record::{AnswerRecord, CaptureRecord, MediaRecord};

impl Capturer {
    /// Captures `post` now. Every source's answer is kept; the best one is the capture's. Where no source gives the post,
    /// the page at its address is kept, of which nothing is read, or else the web archive's copy of it.
    pub(super) async fn capture_post(&self, platform: &Platform, post: &PostRef) -> CaptureRecord {
        let started = self.clock.now();
        let mut answers: Vec<AnswerRecord> = Vec::new();
        let mut kinds: Vec<SourceKind> = Vec::new();
        let mut canaries = Vec::new();
        for source in platform.sources {
            if !is_worth_asking(source.kind(), &answers) || !self.can_ask(*source) {
                continue;
            }
            // A text that was cut is sought whole, but only where it may be had.
            if is_captured(&answers) && !source.gives_whole_text() {
                continue;
            }
            let unwelcome = |a: &AnswerRecord| matches!(a.outcome, Outcome::NotFound | Outcome::RateLimited);
            if source.asks_again() && answers.iter().any(unwelcome) {
                continue;
            }
            answers.push(self.answer_of(post, *source).await);
            kinds.push(source.kind());
            if answers.iter().any(|a| a.outcome == Outcome::Captured && !is_cut(a)) {
                break;
            }
            if source.kind() == SourceKind::Live {
                let said = answers[answers.len() - 1].outcome;
                canaries.extend(self.canaries_of(post, *source, said).await);
            }
        }
        if platform.page && !is_captured(&answers) && is_worth_asking(SourceKind::Page, &answers) {
            answers.push(self.ask_web(&self.upstreams.route(&post.url)).await);
            kinds.push(SourceKind::Page);
        }
        if !kinds.contains(&SourceKind::Archive)
            && !is_captured(&answers)
            && is_worth_asking(SourceKind::Archive, &answers)
        {
            answers.push(self.answer_of(post, &PageCopy).await);
            kinds.push(SourceKind::Archive);
        }
        let best = best_answer(&answers, &kinds);
        let media = match answers[best].post.as_ref() {
            Some((post, _)) => self.capture_media(&post.media.clone()).await,
            None => Vec::new(),
        };
        CaptureRecord {
            canaries,
            media,
            ..CaptureRecord::of(answers, best, (started, self.clock.now()))
        }
    }

    /// Whether the settings let us ask a source, and there is a credential where it needs one.
    fn can_ask(&self, source: &dyn Source) -> bool {
        let credential = source.needs_credential(&self.upstreams);
        !self.upstreams.skips(source.name()) && credential.is_none_or(|origin| self.fetcher.has_credential(&origin))
    }

    /// What one source says of `post`, with its exchanges.
    pub(super) async fn answer_of(&self, post: &PostRef, source: &dyn Source) -> AnswerRecord {
        let mut staging = InArchive(&self.store);
        let (answer, exchanges) = ask(&self.fetcher, &mut staging, &self.upstreams, post, source).await;
        let read_from = exchanges.len().saturating_sub(1);
        AnswerRecord {
            source: source.name().to_owned(),
            outcome: answer.outcome,
            reason: answer.reason,
            detail: match answer.archived_at {
                Some(time) => Some(format!("as archived at {time}")),
                None => exchanges
                    .last()
                    .and_then(|e| e.failure.as_ref())
                    .map(|f| f.detail.clone()),
            },
            post: answer.post.map(|p| (p, read_from)),
            exchanges,
        }
    }

    /// The picture of the author, after the files of the post; once from each address, because a new picture has a new one.
    pub(super) async fn capture_avatar(&self, record: &mut CaptureRecord) -> Result<()> {
        let post = record.answers[record.best].post.as_ref();
        let Some(url) = post.and_then(|(post, _)| post.author_avatar.clone()) else {
            return Ok(());
        };
        if self.store.has_avatar(url.clone()).await? {
            return Ok(());
        }
        let picture = Media {
            kind: "avatar".to_owned(),
            url,
            ..Media::default()
        };
        for mut file in self.capture_media(&[picture]).await {
            file.position = i64::try_from(record.media.len()).unwrap_or(i64::MAX);
            record.media.push(file);
        }
        Ok(())
    }

    async fn capture_media(&self, media: &[Media]) -> Vec<MediaRecord> {
        let mut records = Vec::new();
        for (position, file) in (0..).zip(media) {
            let (outcome, reason, exchanges) = match url::Url::parse(&file.url) {
                Ok(url) => {
                    let request = Request::new(self.upstreams.route(&url), Purpose::Media);
                    let exchanges = self.fetch(&request).await;
                    let (outcome, reason) = media_outcome(&exchanges);
                    (outcome, reason, exchanges)
                }
                Err(_) => (Outcome::Unreadable, "address_unreadable".to_owned(), Vec::new()),
            };
            let Media { kind, url, alt, .. } = file.clone();
            records.push(MediaRecord {
                position,
                kind,
                url,
                alt,
                outcome,
                reason,
                exchanges,
                helped: None,
            });
        }
        records
    }
}

/// What came of asking for a file of a post. A web page in its place is a wall, whatever its status; a part that nobody asked for
/// is not the file.
pub(super) fn media_outcome(exchanges: &[Exchange]) -> (Outcome, String) {
    let (outcome, reason) = outcome_of(exchanges);
    match exchanges.last() {
        Some(last) if outcome == Outcome::Captured && is_page(last) => {
            (Outcome::Walled, "html_instead_of_media".to_owned())
        }
        Some(last) if outcome == Outcome::Captured && last.status == Some(206) && last.went_on_from().is_none() => {
            (Outcome::Unreadable, "part_of_media".to_owned())
        }
        _ => (outcome, reason),
    }
}

/// Whether an answer is a web page, by what the server says or by how it begins.
fn is_page(answer: &Exchange) -> bool {
    const HEAD: usize = 512;
    let head = answer.beginning(HEAD, |head| head.len() >= HEAD);
    let head = head.trim_ascii_start();
    let begins = |with: &[u8]| {
        head.get(..with.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    answer.is_html() || begins(b"<!doctype html") || begins(b"<html")
}

fn is_captured(answers: &[AnswerRecord]) -> bool {
    answers.iter().any(|a| a.outcome == Outcome::Captured)
}

/// The page is asked where no source knows anything of the post, one way or the other. A web archive is asked where the platform did not give the post for a reason that will not pass by itself; and
/// once the platform has said that a post is gone, no other live source is asked, because some are caches that
/// would pass the dead off as living.
fn is_worth_asking(kind: SourceKind, answers: &[AnswerRecord]) -> bool {
    let stated = |a: &AnswerRecord| a.outcome.is_gone() || a.outcome == Outcome::Protected;
    match kind {
        SourceKind::Live | SourceKind::Witness => !answers.iter().any(stated),
        // Where a source knows nothing of the post, many platforms still answer with some page and status 200.
        SourceKind::Page => !answers
            .iter()
            .any(|a| stated(a) || a.outcome.is_transient() || a.outcome == Outcome::NotFound),
        SourceKind::Archive => answers.iter().any(stated) || !answers.iter().any(|a| a.outcome.is_transient()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::answer::tests::answers;

    #[test]
    fn a_cache_is_not_asked_after_the_platform_said_that_the_post_is_gone() {
        assert!(!is_worth_asking(SourceKind::Live, &answers(&[Outcome::Deleted])));
        assert!(is_worth_asking(SourceKind::Archive, &answers(&[Outcome::Deleted])));
    }

    #[test]
    fn an_outage_sends_nobody_to_the_web_archive() {
        assert!(!is_worth_asking(
            SourceKind::Archive,
            &answers(&[Outcome::RateLimited, Outcome::NotFound])
        ));
        assert!(is_worth_asking(
            SourceKind::Archive,
            &answers(&[Outcome::Withheld, Outcome::NotFound])
        ));
    }
}
