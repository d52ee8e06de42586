//! The selection's articles and posts as references, for the programs in which people keep theirs: one value for each work,
//! written by one file for each format. Unknown is left out.

pub(super) mod bibtex;
pub(super) mod csl;
pub(super) mod ris;

use url::Url;

use crate::error::Result;
use crate::store::export::Extract;
use crate::store::export::story::Work;
use crate::store::export::subject::{Kept, Subject};

/// Most code points of a post's text that stand as its title.
const TITLE: usize = 280;

/// An article or post.
struct Reference {
    /// Its name in the file.
    id: String,
    /// Whether it is a post.
    is_post: bool,
    /// Who wrote it: byline as printed, or name and handle.
    author: Option<String>,
    /// Title, or the first words of a post.
    title: Option<String>,
    /// Platform or host.
    container: Option<String>,
    /// When it was published or posted.
    date: Option<Date>,
    /// Its address.
    url: Option<String>,
    /// When we saw it.
    seen: String,
    /// Language.
    language: Option<String>,
    /// Where it is in the archive.
    note: String,
}

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day that a text begins with, as `YYYY-MM-DD`.
    fn of(text: &str) -> Option<Date> {
        let day = text.get(..10)?;
        let mut parts = day.split('-');
        let mut part = |length: usize| {
            parts
                .next()
                .filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (year, month, day) = (part(4)?.parse().ok()?, part(2)?.parse().ok()?, part(2)?.parse().ok()?);
        let next = text.as_bytes().get(10);
        let whole = !next.is_some_and(|byte| byte.is_ascii_digit());
        (whole && (1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Date { year, month, day })
    }
}

/// Shows every article and post of the selection.
fn each(extract: &Extract<'_>, mut each: impl FnMut(Reference) -> Result<()>) -> Result<()> {
    extract.works(|work| each(of_article(work)))?;
    extract.posts(|target| match (extract.subject(target)?, extract.kept(target)?) {
        (Some(subject), Some(kept)) => each(of_post(subject, kept)),
        // Of a post that was never obtained nothing is known that a reference could say.
        _ => Ok(()),
    })
}

fn of_article(work: Work) -> Reference {
    let host = work
        .url
        .as_deref()
        .and_then(|url| Some(Url::parse(url).ok()?.host_str()?.to_owned()));
    Reference {
        id: format!("article-{}", work.article),
        is_post: false,
        author: work
            .byline
            .map(|byline| folded(&byline))
            .filter(|byline| !byline.is_empty()),
        title: work.title.map(|title| folded(&title)).filter(|title| !title.is_empty()),
        container: host,
        date: work.published.as_deref().and_then(Date::of),
        url: work.url,
        seen: work.read_at,
        language: work.language,
        note: format!("Bytes as read: SHA-256 {}", work.body_sha256),
    }
}

fn of_post(subject: Subject, kept: Kept) -> Reference {
    let author = match (kept.author_name, kept.author_handle) {
        (Some(name), Some(handle)) => Some(format!("{} [@{}]", folded(&name), folded(&handle))),
        (Some(name), None) => Some(folded(&name)),
        (None, Some(handle)) => Some(format!("@{}", folded(&handle))),
        (None, None) => None,
    };
    let words = [kept.title, kept.text]
        .into_iter()
        .flatten()
        .map(|words| folded(&words));
    let sha256 = kept
        .body_sha256
        .map(|sha256| format!(", SHA-256 {sha256}"))
        .unwrap_or_default();
    Reference {
        id: format!("post-{}", subject.target),
        is_post: true,
        author,
        title: words
            .into_iter()
            .find(|words| !words.is_empty())
            .map(|words| shortened(&words)),
        container: subject.platform,
        date: kept.posted_at.as_deref().and_then(Date::of),
        url: subject.url,
        seen: kept.captured_at,
        language: kept.language,
        note: format!("As told by {} at ledger entry {}{sha256}", kept.source, kept.capture),
    }
}

/// The text on one line: white space folded, control characters gone.
fn folded(text: &str) -> String {
    let parts = text.split(|c: char| c.is_whitespace() || c.is_control());
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TITLE) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_where_it_certainly_is_one() {
        for (text, date) in [
            ("2024-05-01", Some((2024, 5, 1))),
            ("2024-05-01T17:20:00+02:00", Some((2024, 5, 1))),
            ("2024-13-01", None),
            ("2024-05-00", None),
            ("2024-05-011", None),
            ("2024-5-1", None),
            ("1er mai 2024", None),
            ("+024-05-01", None),
            ("２０２４-05-01", None),
        ] {
            let date = date.map(|(year, month, day)| Date { year, month, day });
            assert_eq!(Date::of(text), date, "{text}");
        }
    }

    #[test]
    fn a_long_post_is_named_by_its_first_words_on_one_line() {
        assert_eq!(folded(" two\nlines\u{2028}\tand\u{7} more "), "two lines and more");
        let long = "é".repeat(300);
        assert_eq!(shortened(&long), format!("{}…", "é".repeat(280)));
        assert_eq!(shortened("short"), "short");
    }
}
