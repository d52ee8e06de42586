//! What is cited, and what became of it: the post or page as it was kept, each attempt with what every source said, and how
//! an unidentified post was looked for. The second time that something is cited the card is short and leads to the first.

use serde_json::Value;

use super::markup::{Address, Name, Text, Time, language};
use super::{Report, words};
use crate::error::Result;
use crate::store::export::story::{Attempt, Kept, Said, Search, Subject};

/// Attempts that are shown at the beginning and at the end of a long timeline.
const SHOWN: (usize, usize) = (5, 20);

/// Candidates shown of a search.
const CANDIDATES: usize = 10;

/// A target and where it is cited.
pub(super) struct Cited {
    /// The target, or what it turned out to be.
    pub means: i64,
    /// Unidentified targets that turned out to be this one.
    pub claims: Vec<i64>,
    /// Markup: a line for each place that cites it.
    pub lines: Vec<String>,
}

impl Report<'_> {
    /// The card of a target.
    pub(super) fn card(&mut self, cited: &Cited) -> Result<()> {
        let extract = self.extract;
        let Some(subject) = extract.subject(cited.means)? else {
            return Ok(());
        };
        let attempts = extract.attempts(cited.means)?;
        let searches = extract.searches(cited.means)?;
        let kept = match subject.kind.as_str() {
            "link" => None,
            _ => extract.kept(cited.means)?,
        };
        let again = !self.shown.insert(cited.means);
        let (state, kind) = state(&subject, &attempts, &searches);
        let id = if again {
            String::new()
        } else {
            format!(" id=t{}", cited.means)
        };
        self.put(format_args!("<div class=\"card {kind}\"{id}>\n"))?;
        for line in &cited.lines {
            self.put(line)?;
        }
        self.put(format_args!("<p class=state>{state}</p>\n"))?;
        match (&kept, subject.kind.as_str()) {
            (Some(kept), _) => self.post(&subject, kept, &attempts, again)?,
            (None, "unidentified") => self.claim(&subject)?,
            (None, "post") => self.put(format_args!(
                "<p class=who>{}</p>\n<p class=note>Nothing of its content was obtained.</p>\n",
                platform(&subject)
            ))?,
            (None, _) => self.page_of(&attempts)?,
        }
        if let Some(url) = subject.url.as_deref() {
            self.put(format_args!("<p class=small>{}</p>\n", Address(url)))?;
        }
        if again {
            return self.put(format_args!(
                "<p class=small><a href=\"#t{}\">All that is known of it stands where it is first cited.</a></p>\n</div>\n",
                cited.means
            ));
        }
        for claim in &cited.claims {
            for search in extract.searches(*claim)? {
                self.search(&search)?;
            }
        }
        for search in &searches {
            self.search(search)?;
        }
        self.timeline(&subject, &attempts, kept.as_ref())?;
        self.put("</div>\n")
    }

    fn post(&mut self, subject: &Subject, kept: &Kept, attempts: &[Attempt], again: bool) -> Result<()> {
        let mut who = String::new();
        if let Some(name) = &kept.author_name {
            who += &format!("<b>{}</b> ", Name(name));
        }
        if let Some(handle) = &kept.author_handle {
            who += &format!("{} ", Name(&format!("@{handle}")));
        }
        if who.is_empty() {
            who += "Author not told ";
        }
        who += &format!("<span class=small>{}</span>", platform(subject));
        let when = match kept.posted_at.as_deref() {
            Some(at) => format!("posted {}", Time(at)),
            None => "time of posting not told".to_owned(),
        };
        self.put(format_args!("<p class=who>{who}<br><span class=small>{when}"))?;
        if let Some(edited) = kept.edited_at.as_deref() {
            self.put(format_args!(", edited {}", Time(edited)))?;
        }
        self.put("</span></p>\n")?;
        let last = attempts.last();
        if last.is_some_and(|last| last.capture != kept.capture) {
            self.put(format_args!(
                "<p class=note>As it was captured {}:</p>\n",
                Time(&kept.captured_at)
            ))?;
        }
        if let Some(warning) = kept.content_warning.as_deref().filter(|warning| !warning.is_empty()) {
            self.put(format_args!(
                "<p class=note>Its author's warning: {}</p>\n",
                Name(warning)
            ))?;
        }
        let said = language(kept.language.as_deref()).replace("dir=ltr", "dir=auto");
        if let Some(title) = kept.title.as_deref() {
            self.put(format_args!("<p class=words {said}><b>{}</b></p>\n", Text(title)))?;
        }
        match kept.text.as_deref() {
            Some("") => self.put("<p class=note>A post without words.</p>\n")?,
            Some(text) => self.put(format_args!(
                "<blockquote class=words {said}>{}</blockquote>\n",
                Text(text)
            ))?,
            None => self.put("<p class=note>Its text was not told.</p>\n")?,
        }
        if again {
            return Ok(());
        }
        let media = self.extract.media(kept.capture)?;
        self.media(&media, kept.sensitive == Some(true))?;
        self.parts(kept)?;
        let saved = media.iter().filter(|medium| medium.outcome == "captured").count();
        self.completeness(kept, media.len(), saved)?;
        self.put(format_args!(
            "<p class=small>Read in the answer of <code>{}</code>",
            Text(&kept.source)
        ))?;
        if let Some(sha256) = &kept.body_sha256 {
            self.put(format_args!(" (SHA-256 <code>{}</code>)", Text(sha256)))?;
        }
        self.put(format_args!(
            " by {}, ledger entry {}.</p>\n",
            Text(&kept.parser),
            kept.capture
        ))
    }

    /// The post that it quotes, answers or repeats; poll, preview of a link, labels, counts.
    fn parts(&mut self, kept: &Kept) -> Result<()> {
        for related in list(kept.related.as_deref()) {
            let what = match related["relation"].as_str() {
                Some("quoted") => "Quotes",
                Some("parent") => "Answers",
                Some("reposted") => "Repeats",
                _ => continue,
            };
            let mut markup = format!("<div class=related><p class=small>{what} ");
            let text = |key: &str| related[key].as_str().filter(|text| !text.is_empty());
            match (text("author_name"), text("author_handle")) {
                (Some(name), Some(handle)) => {
                    markup += &format!("<b>{}</b> {}", Name(name), Name(&format!("@{handle}")))
                }
                (Some(name), None) => markup += &format!("<b>{}</b>", Name(name)),
                (None, Some(handle)) => markup += &Name(&format!("@{handle}")).to_string(),
                (None, None) => markup += "a post",
            }
            if let Some(at) = text("posted_at") {
                markup += &format!(", {}", Time(at));
            }
            match (text("url"), text("id")) {
                (Some(url), _) => markup += &format!(", {}", Address(url)),
                (None, Some(id)) => markup += &format!(", id {}", Name(id)),
                (None, None) => {}
            }
            markup += "</p>";
            match (text("text"), text("reason")) {
                (Some(text), _) => markup += &format!("<blockquote class=words dir=auto>{}</blockquote>", Text(text)),
                (None, Some(reason)) => {
                    markup += &format!(
                        "<p class=note>The answer does not hold it: <code>{}</code></p>",
                        Text(reason)
                    );
                }
                (None, None) => markup += "<p class=note>The answer does not hold its text.</p>",
            }
            self.put(format_args!("{markup}</div>\n"))?;
        }
        if let Some(poll) = json(kept.poll.as_deref()) {
            self.put("<div class=related><p class=small>Poll</p>")?;
            if let Some(question) = poll["question"].as_str() {
                self.put(format_args!("<p dir=auto>{}</p>", Text(question)))?;
            }
            self.put("<ul>")?;
            for option in poll["options"].as_array().into_iter().flatten() {
                let votes = option["votes"]
                    .as_i64()
                    .map(|votes| format!(": {votes}"))
                    .unwrap_or_default();
                self.put(format_args!(
                    "<li>{}{votes}</li>",
                    Name(option["text"].as_str().unwrap_or_default())
                ))?;
            }
            self.put("</ul></div>\n")?;
        }
        if let Some(card) = json(kept.card.as_deref()) {
            self.put("<div class=related><p class=small>Preview of a link ")?;
            if let Some(url) = card["url"].as_str() {
                self.put(Address(url))?;
            }
            self.put("</p>")?;
            for key in ["title", "description"] {
                if let Some(text) = card[key].as_str().filter(|text| !text.is_empty()) {
                    self.put(format_args!("<p dir=auto>{}</p>", Text(text)))?;
                }
            }
            self.put("</div>\n")?;
        }
        let labels: Vec<String> = list(kept.labels.as_deref())
            .iter()
            .filter_map(Value::as_str)
            .map(|label| Name(label).to_string())
            .collect();
        if !labels.is_empty() {
            self.put(format_args!("<p class=small>Labels: {}</p>\n", labels.join(", ")))?;
        }
        let counts: Vec<String> = list(Some(&kept.counts))
            .iter()
            .filter_map(|count| Some(format!("{} {}", count[1].as_i64()?, Text(count[0].as_str()?))))
            .collect();
        if !counts.is_empty() {
            self.put(format_args!(
                "<p class=small>Counts as seen: {}</p>\n",
                counts.join(", ")
            ))?;
        }
        Ok(())
    }

    fn completeness(&mut self, kept: &Kept, listed: usize, saved: usize) -> Result<()> {
        let text = match kept.text_cut {
            Some(true) => "text cut by the source",
            Some(false) => "text whole",
            None => "the source does not say whether the text is whole",
        };
        let mut line = format!("<p class=small>How complete: {text}; ");
        let expected = kept.media_expected.and_then(|number| usize::try_from(number).ok());
        line += &match expected.unwrap_or(listed).max(listed) {
            0 if expected.is_none() => "no media told of".to_owned(),
            0 => "no media".to_owned(),
            expected => format!("{saved} of {expected} media saved"),
        };
        for (id, relation, what) in [
            (&kept.quoted_id, "quoted", "quoted post"),
            (&kept.parent_id, "parent", "answered post"),
            (&kept.reposted_id, "reposted", "repeated post"),
        ] {
            let related = list(kept.related.as_deref());
            let held = related
                .iter()
                .any(|other| other["relation"] == relation && other["present"] == Value::Bool(true));
            if held {
                line += &format!("; {what} in the answer");
            } else if id.is_some() {
                line += &format!("; {what} only named");
            }
        }
        self.put(format_args!("{line}.</p>\n"))
    }

    /// What the article claims of a post that was not identified.
    fn claim(&mut self, subject: &Subject) -> Result<()> {
        let claim = json(subject.claim.as_deref()).unwrap_or_default();
        let text = |key: &str| claim[key].as_str().filter(|text| !text.is_empty());
        let mut who = String::new();
        if let Some(name) = text("author_name") {
            who += &format!("<b>{}</b> ", Name(name));
        }
        if let Some(handle) = text("author_handle") {
            who += &format!("{} ", Name(&format!("@{handle}")));
        }
        who += &format!("<span class=small>{}", platform(subject));
        if let Some(date) = text("date_text").or(text("date")) {
            who += &format!(", dated {}", Name(date));
        }
        self.put(format_args!(
            "<p class=note>Only what the article shows of it; nothing of it is checked:</p>\n<p class=who>{who}</span></p>\n"
        ))?;
        match text("text") {
            Some(text) => self.put(format_args!(
                "<blockquote class=words dir=auto>{}</blockquote>\n",
                Text(text)
            )),
            None => Ok(()),
        }
    }

    /// The page that the newest successful capture got.
    fn page_of(&mut self, attempts: &[Attempt]) -> Result<()> {
        let Some(attempt) = attempts.iter().rev().find(|attempt| attempt.outcome == "captured") else {
            return Ok(());
        };
        if let (Some(sha256), Some(length)) = (&attempt.body_sha256, attempt.body_length) {
            self.put(format_args!(
                "<p class=small>{}, SHA-256 <code>{}</code></p>\n",
                words::size(length),
                Text(sha256)
            ))?;
        }
        match attempt.final_url.as_deref() {
            Some(url) => self.put(format_args!("<p class=small>In the end at {}</p>\n", Address(url))),
            None => Ok(()),
        }
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
        let mut markup = format!("<li><code>{}</code> {does}", Text(&said.source));
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
        self.put("<p class=small><b>What each source said</b></p>\n<ol class=timeline>\n")?;
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
            self.said(answer, words::says(&answer.outcome, of_post))?;
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
                "; {} found the same, the last {} (ledger entry {})",
                words::count(
                    i64::try_from(later.len()).unwrap_or(i64::MAX),
                    "later capture",
                    "later captures"
                ),
                Time(&last.ended),
                last.capture
            );
        }
        self.put(format_args!("{proof}.</p>\n</li>\n"))
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

/// What became of it, in words, and its kind for the eye.
fn state(subject: &Subject, attempts: &[Attempt], searches: &[Search]) -> (String, &'static str) {
    let Some(last) = attempts.last() else {
        return match searches.last() {
            Some(search) => (
                format!("Not identified <span class=small>{}</span>", Time(&search.ended)),
                "unseen",
            ),
            None if subject.kind == "unidentified" => ("Not looked for within this selection".to_owned(), "unseen"),
            None => ("No attempt within this selection".to_owned(), "unseen"),
        };
    };
    let at = Time(&last.ended);
    // What a platform itself says outweighs that a copy was found elsewhere.
    let gone = last
        .answers
        .iter()
        .find(|answer| words::headline(&answer.outcome).1 == "gone");
    let (headline, kind) = words::headline(gone.map_or(&last.outcome, |answer| &answer.outcome));
    let who = gone.map_or(&last.source, |answer| &answer.source);
    let verb = if kind == "gone" { ", says" } else { " by" };
    let mut words = match kind {
        "unseen" => format!("{} <span class=small>{at}</span>", Text(headline)),
        _ => format!(
            "{}{verb} <code>{}</code> <span class=small>{at}</span>",
            Text(headline),
            Text(who)
        ),
    };
    if gone.is_some() && last.outcome == "captured" {
        words += &format!("<br>Content from <code>{}</code>", Text(&last.source));
    } else if last.outcome != "captured"
        && let Some(earlier) = attempts.iter().rev().find(|attempt| attempt.outcome == "captured")
    {
        words += &format!("<br>Captured before <span class=small>{}</span>", Time(&earlier.ended));
    }
    (words, kind)
}

/// Platform and id.
fn platform(subject: &Subject) -> String {
    match (&subject.platform, &subject.native_id) {
        (Some(platform), Some(id)) => format!("on {}, id {}", Text(platform), Name(id)),
        (Some(platform), None) => format!("on {}", Text(platform)),
        (None, _) => String::new(),
    }
}

fn json(text: Option<&str>) -> Option<Value> {
    serde_json::from_str(text?)
        .ok()
        .filter(|value: &Value| !value.is_null())
}

fn list(text: Option<&str>) -> Vec<Value> {
    match json(text) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}
