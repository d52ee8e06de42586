//! How something was obtained: each attempt with what every source said, the digests, the files, and how an unidentified post
//! was looked for. The records stand below the article whose cards lead to them, each once in the whole report.

use super::card::{Told, list, platform};
use super::markup::{Address, Name, Text, Time};
use super::{Report, words};
use crate::error::Result;
use crate::store::export::subject::{Attempt, Kept, Said, Search, Subject};
use crate::store::hex;

/// Attempts that are shown at the beginning and at the end of a long timeline.
const SHOWN: (usize, usize) = (5, 20);

/// Candidates shown of a search.
const CANDIDATES: usize = 10;

impl Report<'_> {
    /// The records of all cards since the last.
    pub(super) fn records(&mut self) -> Result<()> {
        let told = std::mem::take(&mut self.to_tell);
        if told.is_empty() {
            return Ok(());
        }
        self.put("<div class=records>\n<h3>How it was obtained</h3>\n")?;
        for told in &told {
            if let Some(subject) = self.extract.subject(told.means)? {
                self.record(&subject, told)?;
            }
        }
        self.put("</div>\n")
    }

    fn record(&mut self, subject: &Subject, told: &Told) -> Result<()> {
        let extract = self.extract;
        let attempts = extract.attempts(subject.target)?;
        let kept = match subject.kind.as_str() {
            "link" => None,
            _ => extract.kept(subject.target)?,
        };
        let what = match (subject.kind.as_str(), subject.url.as_deref()) {
            ("link", Some(url)) => format!("Page {}", Address(url)),
            (_, Some(url)) => format!("Post {}: {}", platform(subject), Address(url)),
            (_, None) => format!("Post {}, not identified", platform(subject)),
        };
        let id = match told.whole {
            true => format!(" id=t{}", subject.target),
            false => String::new(),
        };
        self.put(format_args!("<div class=record{id}>\n<p><b>{what}</b></p>\n"))?;
        for target in told.claims.iter().chain([&subject.target]) {
            for search in extract.searches(*target)? {
                self.search(&search)?;
            }
        }
        if !told.whole {
            return self.put(format_args!(
                "<p class=small><a href=\"#t{}\">All else stands where it is first cited.</a></p>\n</div>\n",
                subject.target
            ));
        }
        self.timeline(subject, &attempts, kept.as_ref())?;
        if let Some(kept) = &kept {
            self.sources_of(kept)?;
        }
        self.put("</div>\n")
    }

    /// Which bytes the card was read from, and the digests of its files.
    fn sources_of(&mut self, kept: &Kept) -> Result<()> {
        self.put(format_args!(
            "<p class=small>The post as shown was read in the answer of <code>{}</code>",
            Text(&kept.source)
        ))?;
        if let Some(sha256) = &kept.body_sha256 {
            self.put(format_args!(", SHA-256 <code>{}</code>,", Text(sha256)))?;
        }
        self.put(format_args!(
            " by {}, ledger entry {}.</p>\n",
            Text(&kept.parser),
            kept.capture
        ))?;
        let counts: Vec<String> = list(Some(&kept.counts))
            .iter()
            .filter_map(|count| Some(format!("{} {}", count[1].as_i64()?, Text(count[0].as_str()?))))
            .collect();
        if !counts.is_empty() {
            self.put(format_args!(
                "<p class=small>Counts as seen: {}.</p>\n",
                counts.join(", ")
            ))?;
        }
        for medium in self.extract.media(kept.capture)? {
            self.put(format_args!(
                "<p class=small>Its {} from {}: ",
                Text(&medium.kind),
                Address(&medium.url)
            ))?;
            match (medium.outcome.as_str(), &medium.body) {
                ("captured", Some(body)) => self.put(format_args!(
                    "{}, SHA-256 <code>{}</code>.</p>\n",
                    words::size(body.length.cast_signed()),
                    hex(&body.sha256)
                ))?,
                (outcome, _) => self.put(format_args!(
                    "{}, <code>{}</code>.</p>\n",
                    Text(&words::headline(outcome).0.to_lowercase()),
                    Text(&medium.reason)
                ))?,
            }
        }
        Ok(())
    }

    fn search(&mut self, search: &Search) -> Result<()> {
        self.put(format_args!(
            "<div class=search><p class=small><b>Which post is meant?</b> {}, ",
            Time(&search.ended)
        ))?;
        match &search.identified {
            Some(url) => self.put(format_args!("identified as {}", Address(url)))?,
            None => self.put("not identified")?,
        }
        self.put(format_args!(
            "; reason <code>{}</code>, ledger entry {}.</p>\n<ul class=answers>\n",
            Text(&search.reason),
            search.resolution
        ))?;
        for step in &search.steps {
            let does = match step.outcome.as_str() {
                "captured" => "answered",
                other => words::says(other, true),
            };
            self.said(step, does)?;
        }
        self.put("</ul>\n")?;
        if !search.candidates.is_empty() {
            self.put("<p class=small>It may be:</p><ol class=small>\n")?;
            for (url, score, evidence) in search.candidates.iter().take(CANDIDATES) {
                let likeness = score
                    .map(|score| format!(", likeness {score} of 1000"))
                    .unwrap_or_default();
                self.put(format_args!(
                    "<li>{}{likeness}, listed in <code>{}</code></li>\n",
                    Address(url),
                    Text(evidence)
                ))?;
            }
            self.put("</ol>\n")?;
        }
        self.put("</div>\n")
    }

    fn said(&mut self, said: &Said, does: &str) -> Result<()> {
        let mut markup = format!("<li><code>{}</code> {}", Text(&said.source), Text(does));
        if let Some(at) = &said.at {
            markup += &format!(", {}", Time(at));
        }
        markup += &format!("; <code>{}</code>", Text(&said.reason));
        if let Some(detail) = said.detail.as_deref().filter(|detail| !detail.is_empty()) {
            markup += &format!(": {}", Name(detail));
        }
        if let (Some(url), "captured") = (&said.url, said.outcome.as_str()) {
            markup += &format!(", from {}", Address(url));
        }
        if let Some(file) = &said.taken_from {
            markup += &format!(
                " (recorded by others at that time; taken from the web archive {})",
                Name(file)
            );
        }
        self.put(format_args!("{markup}</li>\n"))
    }

    /// Every attempt, oldest first; those in a row that found the same are one entry.
    fn timeline(&mut self, subject: &Subject, attempts: &[Attempt], kept: Option<&Kept>) -> Result<()> {
        if attempts.is_empty() {
            return Ok(());
        }
        let mut runs: Vec<&[Attempt]> = attempts.chunk_by(|a, b| found_the_same(subject, a, b)).collect();
        let (head, tail) = SHOWN;
        let hidden = runs.len().saturating_sub(head + tail);
        let after: Vec<&[Attempt]> = if hidden > 0 {
            runs.split_off(head).split_off(hidden)
        } else {
            Vec::new()
        };
        self.put("<ol class=timeline>\n")?;
        let mut before: Option<&Attempt> = None;
        for run in &runs {
            self.run(subject, run, before, kept)?;
            before = run.last();
        }
        if hidden > 0 {
            self.put(format_args!(
                "<li class=small>… {hidden} more in between: see captures.csv</li>\n"
            ))?;
            before = None;
        }
        for run in &after {
            self.run(subject, run, before, kept)?;
            before = run.last();
        }
        self.put("</ol>\n")
    }

    fn run(&mut self, subject: &Subject, run: &[Attempt], before: Option<&Attempt>, kept: Option<&Kept>) -> Result<()> {
        let [attempt, later @ ..] = run else {
            return Ok(());
        };
        self.put(format_args!(
            "<li><b>{}</b>\n<ul class=answers>\n",
            Time(&attempt.ended)
        ))?;
        let of_post = subject.kind != "link";
        for answer in &attempt.answers {
            let does = match answer.reason.as_str() {
                "thread" => "told of its author's own thread",
                _ => words::says(&answer.outcome, of_post),
            };
            self.said(answer, does)?;
        }
        self.put("</ul>\n")?;
        if let (Some(text), Some(kept)) = (&attempt.text, kept)
            && kept.text.as_deref() != Some(text)
        {
            self.put(format_args!(
                "<p class=small>Its text then:</p><blockquote class=words dir=auto>{}</blockquote>\n",
                Text(text)
            ))?;
        }
        if let (Some(before), false) = (before, of_post)
            && before.body_sha256.is_some()
            && attempt.body_sha256.is_some()
            && before.body_sha256 != attempt.body_sha256
        {
            self.put("<p class=small>The bytes differ from those of the capture before.</p>\n")?;
        }
        let mut proof = format!("<p class=small>Ledger entry {}", attempt.capture);
        if let Some(status) = attempt.status {
            proof += &format!(", HTTP {status}");
        }
        if let Some(sha256) = &attempt.body_sha256 {
            proof += &format!(", SHA-256 <code>{}</code>", Text(sha256));
        }
        if let Some(last) = later.last() {
            proof += &format!(
                "; {} {}, the last {} (ledger entry {})",
                words::count(
                    i64::try_from(later.len()).unwrap_or(i64::MAX),
                    "later capture",
                    "later captures"
                ),
                same(of_post, attempt),
                Time(&last.ended),
                last.capture
            );
        }
        self.put(format_args!("{proof}.</p>\n</li>\n"))
    }
}

/// What later attempts had in common with one, in words that claim no more than was compared.
fn same(of_post: bool, attempt: &Attempt) -> &'static str {
    match (&attempt.text, of_post, &attempt.body_sha256) {
        (Some(_), ..) => "found the same text",
        (None, false, Some(_)) => "found the same bytes",
        _ => "ended in the same way",
    }
}

/// Whether two attempts in a row got the same from the same sources. The bytes of a post's answer always differ: they hold
/// counts.
fn found_the_same(subject: &Subject, a: &Attempt, b: &Attempt) -> bool {
    let gist = |said: &Said| (said.source.clone(), said.outcome.clone(), said.reason.clone());
    a.text == b.text
        && a.answers.iter().map(gist).eq(b.answers.iter().map(gist))
        && (subject.kind != "link" || a.body_sha256 == b.body_sha256)
}
