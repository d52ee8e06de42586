//! A linked page on its card: its title, where it was in the end, what was received.

use super::markup::{Address, Name, Text};
use super::{Report, words};
use crate::article::{self, Hints};
use crate::error::Result;
use crate::exchange::decode;
use crate::store::export::subject::{Attempt, Subject};

/// Longest page, as received, that is read for its title.
const LONGEST: i64 = 2 << 20;

/// Longest page, unpacked.
const LONGEST_UNPACKED: usize = 8 << 20;

impl Report<'_> {
    /// The page that the newest successful capture got.
    pub(super) fn linked(&mut self, subject: &Subject, attempts: &[Attempt]) -> Result<()> {
        let Some(attempt) = attempts.iter().rev().find(|attempt| attempt.outcome == "captured") else {
            return Ok(());
        };
        let facts = self.extract.page(attempt.capture)?;
        let title = match &facts {
            Some(facts) => facts.title.clone(),
            None => self.title_of(attempt)?,
        };
        if let Some(title) = title {
            self.put(format_args!("<p class=who dir=auto><b>{}</b></p>\n", Text(&title)))?;
        }
        if let Some(facts) = &facts {
            let said = [&facts.byline, &facts.published].into_iter().flatten();
            for said in said {
                self.put(format_args!("<p class=small>{}</p>\n", Name(said)))?;
            }
        }
        if let (Some(sha256), Some(length)) = (&attempt.body_sha256, attempt.body_length) {
            let (size, sha256) = (words::size(length), Text(sha256));
            self.put(format_args!(
                "<p class=small>{size}, SHA-256 <code>{sha256}</code></p>\n"
            ))?;
        }
        match attempt.final_url.as_deref() {
            Some(url) if subject.url.as_deref() != Some(url) => {
                self.put(format_args!("<p class=small>In the end at {}</p>\n", Address(url)))
            }
            _ => Ok(()),
        }
    }

    /// Title of the page in its own words; `None` if it is no page, has none, or is longer than is read for it.
    fn title_of(&self, attempt: &Attempt) -> Result<Option<String>> {
        let is_page = attempt
            .content_type
            .as_deref()
            .is_some_and(|kind| kind.contains("html"));
        let (Some(sha256), true) = (&attempt.body_sha256, is_page) else {
            return Ok(None);
        };
        let Some(bytes) = self.extract.short_body(sha256, LONGEST)? else {
            return Ok(None);
        };
        let coding = attempt.content_encoding.as_deref().unwrap_or_default();
        let Ok(page) = decode(&bytes, coding, LONGEST_UNPACKED) else {
            return Ok(None);
        };
        let hints = Hints {
            url: None,
            content_type: attempt.content_type.clone(),
        };
        let title = article::title(&page, &hints).map(|title| title.trim().to_owned());
        Ok(title.filter(|title| !title.is_empty()))
    }
}
