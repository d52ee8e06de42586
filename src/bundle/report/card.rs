//! What is cited, as it was kept: the card that stands beside the citing sentence. How it was obtained is told in its record
//! (`record.rs`), below the article that cites it first.

use serde_json::Value;

use super::markup::{Address, Name, Text, Time, language};
use super::{Report, words};
use crate::error::Result;
use crate::platform::wayback::copies;
use crate::store::export::story::Claim;
use crate::store::export::subject::{Attempt, Kept, Medium, Remark, Search, Subject};
use crate::store::query::InquiryView;

/// A target and where it is cited.
pub(super) struct Cited {
    /// The target, or what it turned out to be.
    pub means: i64,
    /// Unidentified targets that turned out to be this one.
    pub claims: Vec<i64>,
    /// A line of markup for each place that cites it, without its end, and the address as it stood there.
    pub places: Vec<(String, Option<String>)>,
    /// What the article shows of it.
    pub claim: Claim,
    /// Whether it stands here only because it belongs to another post.
    pub is_context: bool,
}

/// What is to be told below the article of how a target was obtained.
pub(super) struct Told {
    /// The target.
    pub means: i64,
    /// Whether all of it, or only how it was identified.
    pub whole: bool,
    /// Unidentified targets that turned out to be this one.
    pub claims: Vec<i64>,
}

impl Report<'_> {
    /// The card of a target.
    pub(super) fn card(&mut self, cited: Cited) -> Result<()> {
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
        let (state, kind) = state(&subject, &attempts, &searches);
        self.put(format_args!("<div class=\"card {kind}\">\n"))?;
        for (line, address) in &cited.places {
            self.put(line)?;
            if let Some(address) = address
                .as_deref()
                .filter(|address| subject.url.as_deref() != Some(address))
            {
                self.put(format_args!("; as it stood: {}", Address(address)))?;
            }
            self.put("</p>\n")?;
        }
        self.put(format_args!("<p class=state>{state}</p>\n"))?;
        if let Some(verdict) = extract.verdict(cited.means)? {
            // The judgement is of when it last changed: of what is there, later captures have seen it since.
            let last = match (verdict.state.as_str(), verdict.last_live.as_deref()) {
                ("live" | "edited" | "changed" | "restored", _) => String::new(),
                (_, Some(at)) => format!(", seen last {}", Time(at)),
                (_, None) => ", never seen".to_owned(),
            };
            self.put(format_args!(
                "<p class=small>All captures together: <b>{}</b> ({}){last}.</p>\n",
                Text(&verdict.state),
                Text(&verdict.reason.replace('_', " "))
            ))?;
        }
        if let Some(change) = change(&subject, &attempts) {
            self.put(format_args!(
                "<p class=note>{change}, see <a href=\"#t{}\">below</a>.</p>\n",
                subject.target
            ))?;
        }
        match (&kept, subject.kind.as_str()) {
            (Some(kept), _) => {
                self.post(&subject, kept, &attempts)?;
                if !cited.is_context {
                    self.context(&subject)?;
                }
            }
            (None, "unidentified") => {
                self.put(format_args!("<p class=who>Post {}</p>\n", platform(&subject)))?;
                match cited.claim == Claim::default() {
                    true => self.claim(&claim_of(&subject))?,
                    false => self.claim(&cited.claim)?,
                }
            }
            (None, "post") => {
                let page = attempts.iter().any(|attempt| attempt.outcome == "captured");
                let note = match page {
                    true => "Captured; the archive holds no post that was read in it.",
                    false => "Nothing of its content was obtained.",
                };
                self.put(format_args!(
                    "<p class=who>Post {}</p>\n<p class=note>{note}</p>\n",
                    platform(&subject)
                ))?;
                self.linked(&subject, &attempts)?;
                self.claim(&cited.claim)?;
            }
            (None, _) => self.linked(&subject, &attempts)?,
        }
        let remarks = extract.notes_about_target(cited.means)?;
        self.remarks(&remarks)?;
        for inquiry in extract.inquiries(cited.means)? {
            self.elsewhere(&inquiry)?;
        }
        self.put("<p class=small>")?;
        if let Some(url) = subject.url.as_deref() {
            self.put(format_args!("{}<br>", Address(url)))?;
        }
        self.put(format_args!(
            "<a href=\"#t{}\">How it was obtained</a></p>\n</div>\n",
            cited.means
        ))?;
        let means = cited.means;
        let claims: Vec<i64> = cited
            .claims
            .into_iter()
            .filter(|claim| self.shown.insert(*claim))
            .collect();
        let whole = self.shown.insert(means);
        if whole || !claims.is_empty() {
            self.to_tell.push(Told { means, whole, claims });
        }
        Ok(())
    }

    /// The cards of the posts that belong to a post, below its own.
    fn context(&mut self, subject: &Subject) -> Result<()> {
        let extract = self.extract;
        let context = extract.context(subject.target)?;
        if context.is_empty() {
            return Ok(());
        }
        self.put("<div class=context>\n<p class=small>What belongs to this post, each asked for by itself:</p>\n")?;
        for near in context {
            let of = match near.of == subject.target {
                true => "this post".to_owned(),
                false => match extract.subject(near.of)?.and_then(|of| of.url) {
                    Some(url) => format!("{}", Address(&url)),
                    None => "another".to_owned(),
                },
            };
            let line = match near.relation.as_str() {
                "quotes" => format!("Quoted by {of}"),
                "replies_to" => format!("Answered by {of}"),
                "reposts" => format!("Repeated by {of}"),
                _ => format!("Of the same thread as {of}"),
            };
            self.card(Cited {
                means: near.target,
                claims: Vec::new(),
                places: vec![(format!("<p class=place>{line}"), None)],
                claim: Claim::default(),
                is_context: true,
            })?;
        }
        self.put("</div>\n")
    }

    /// What persons added.
    pub(super) fn remarks(&mut self, remarks: &[Remark]) -> Result<()> {
        for remark in remarks {
            self.put(format_args!(
                "<p class=note>Added by {}, {}: {}",
                Name(&remark.by),
                Time(&remark.at),
                Name(&remark.text)
            ))?;
            match (&remark.file_name, &remark.sha256) {
                (Some(name), Some(sha256)) => {
                    let sha256 = Text(sha256);
                    self.put(format_args!(
                        " <a href=\"supplied/{sha256}\">{}</a>, SHA-256 <code>{sha256}</code>",
                        Name(name)
                    ))?;
                }
                (Some(name), None) => {
                    self.put(format_args!(" {} (redacted or left out of this bundle)", Name(name)))?
                }
                (None, _) => {}
            }
            self.put("</p>\n")?;
        }
        Ok(())
    }

    /// What a web archive of others says of it: which copies it has, or what became of the submission.
    fn elsewhere(&mut self, inquiry: &InquiryView) -> Result<()> {
        let is_submission = inquiry.service != copies::SERVICE;
        let what = if is_submission {
            "Submitted to the Internet Archive"
        } else {
            "The Internet Archive was asked for its copies"
        };
        self.put(format_args!("<p class=small>{what} {}: ", Time(&inquiry.asked_at)))?;
        match (inquiry.outcome.as_deref(), inquiry.shown_at(), &inquiry.archived_at) {
            (Some("captured"), Some(shown), Some(at)) => {
                if let (false, Some(detail)) = (is_submission, &inquiry.detail) {
                    self.put(format_args!("{}; ", Name(detail)))?;
                }
                self.put(format_args!("archived there {}, {}", Time(at), Address(&shown)))?;
            }
            (Some("captured"), ..) => self.put("it says that it has it")?,
            (Some("not_found"), ..) if !is_submission => self.put("it had none")?,
            (Some(outcome), ..) => self.put(format_args!(
                "it {} (<code>{}</code>)",
                Text(words::says(outcome, false)),
                Text(&inquiry.reason)
            ))?,
            (None, ..) => self.put("it had not said what came of that when it was asked last")?,
        }
        self.put(".</p>\n")
    }

    fn post(&mut self, subject: &Subject, kept: &Kept, attempts: &[Attempt]) -> Result<()> {
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
        let when = match kept.posted_at.as_deref() {
            Some(at) => format!("{}, posted {}", platform(subject), Time(at)),
            None => format!("{}, time of posting not told", platform(subject)),
        };
        self.put(format_args!("<p class=who>{who}</p>\n<p class=\"when small\">{when}"))?;
        if let Some(edited) = kept.edited_at.as_deref() {
            self.put(format_args!(", edited {}", Time(edited)))?;
        }
        self.put("</p>\n")?;
        // The line above names the newest successful capture.
        let newest = attempts.iter().rev().find(|attempt| attempt.outcome == "captured");
        if newest.is_none_or(|newest| newest.capture != kept.capture) {
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
        let (pieces, media): (Vec<Medium>, Vec<Medium>) = self
            .extract
            .media(kept.capture)?
            .into_iter()
            .partition(Medium::is_piece);
        // The picture of its author is none of its files.
        let listed = media.iter().filter(|medium| medium.kind != "avatar");
        match self.shown.contains(&subject.target) {
            true if listed.clone().count() == 0 => {}
            true => self.put(format_args!(
                "<p class=note>Its media stand where it is <a href=\"#m{}\">first cited</a>.</p>\n",
                subject.target
            ))?,
            false => self.media(subject.target, &media, kept.sensitive == Some(true))?,
        }
        if !pieces.is_empty() {
            let saved = pieces.iter().filter(|piece| piece.outcome == "captured").count();
            self.put(format_args!(
                "<p class=note>A film in {}, of which {saved} were saved; they stand in the web archive beside this report.</p>\n",
                words::count(i64::try_from(pieces.len()).unwrap_or(i64::MAX), "piece", "pieces")
            ))?;
        }
        self.parts(kept)?;
        let saved = listed.clone().filter(|medium| medium.outcome == "captured").count();
        self.completeness(subject, kept, listed.count(), saved)
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
        Ok(())
    }

    fn completeness(&mut self, subject: &Subject, kept: &Kept, listed: usize, saved: usize) -> Result<()> {
        let text = match kept.text_cut {
            Some(true) => "text cut by the source",
            Some(false) => "text whole",
            None => "the source does not say whether the text is whole",
        };
        let mut line = format!("<p class=small>How complete: {text}; ");
        let expected = kept.media_expected.and_then(|number| usize::try_from(number).ok());
        line += &match expected.unwrap_or(listed).max(listed) {
            0 => "no media".to_owned(),
            expected => format!("{saved} of {expected} media saved"),
        };
        let mut captured = Vec::new();
        for near in self.extract.context(subject.target)? {
            if near.of == subject.target && self.extract.kept(near.target)?.is_some() {
                captured.push(near.relation);
            }
        }
        for (id, relation, what, words) in [
            (&kept.quoted_id, "quoted", "quoted post", &["quotes"][..]),
            (&kept.parent_id, "parent", "answered post", &["replies_to", "thread"]),
            (&kept.reposted_id, "reposted", "repeated post", &["reposts"]),
        ] {
            let related = list(kept.related.as_deref());
            let held = related
                .iter()
                .any(|other| other["relation"] == relation && other["present"] == Value::Bool(true));
            if words.iter().any(|word| captured.iter().any(|known| known == word)) {
                line += &format!("; {what} captured");
            } else if held {
                line += &format!("; {what} in the answer");
            } else if id.is_some() {
                line += &format!("; {what} only named");
            }
        }
        self.put(format_args!("{line}.</p>\n"))
    }

    /// What the article shows of a post that was not obtained.
    fn claim(&mut self, claim: &Claim) -> Result<()> {
        if *claim == Claim::default() {
            return Ok(());
        }
        self.put("<p class=note>As the article shows it; nothing of this is checked:</p>\n<div class=related><p class=small>")?;
        if let Some(name) = &claim.author_name {
            self.put(format_args!("<b>{}</b> ", Name(name)))?;
        }
        if let Some(handle) = &claim.author_handle {
            self.put(format_args!("{} ", Name(&format!("@{handle}"))))?;
        }
        if let Some(date) = &claim.date {
            self.put(Name(date))?;
        }
        self.put("</p>")?;
        if let Some(text) = &claim.text {
            self.put(format_args!(
                "<blockquote class=words dir=auto>{}</blockquote>",
                Text(text)
            ))?;
        }
        self.put("</div>\n")
    }
}

/// What articles show of a post that was not identified.
fn claim_of(subject: &Subject) -> Claim {
    let claim = json(subject.claim.as_deref()).unwrap_or_default();
    let text = |key: &str| claim[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Claim {
        author_name: text("author_name"),
        author_handle: text("author_handle"),
        date: text("date_text").or_else(|| text("date")),
        text: text("text"),
    }
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
    let of_others = last.answers.iter().find_map(|answer| answer.taken_from.as_ref());
    if let Some(file) = of_others {
        words += &format!("<br>As recorded by others, in the web archive {}", Name(file));
    }
    if gone.is_some() && last.outcome == "captured" {
        words += &format!("<br>Content from <code>{}</code>", Text(&last.source));
    } else if last.outcome != "captured"
        && let Some(earlier) = attempts.iter().rev().find(|attempt| attempt.outcome == "captured")
    {
        words += &format!("<br>Captured before <span class=small>{}</span>", Time(&earlier.ended));
    }
    (words, kind)
}

/// What differs between the captures that got it. The bytes of a post's answer always differ: they hold counts.
fn change(subject: &Subject, attempts: &[Attempt]) -> Option<&'static str> {
    let mut captured = attempts.iter().filter(|attempt| attempt.outcome == "captured");
    let first = captured.next()?;
    match subject.kind.as_str() {
        "link" if captured.any(|other| other.body_sha256 != first.body_sha256) => {
            Some("Its bytes differ from one capture to another")
        }
        "post" if captured.any(|other| other.text.is_some() && first.text.is_some() && other.text != first.text) => {
            Some("Its text differs from one capture to another")
        }
        _ => None,
    }
}

/// Platform and id.
pub(super) fn platform(subject: &Subject) -> String {
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

pub(super) fn list(text: Option<&str>) -> Vec<Value> {
    match json(text) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::export::subject::Said;

    fn subject(kind: &str) -> Subject {
        Subject {
            target: 1,
            kind: kind.into(),
            platform: Some("x".into()),
            native_id: Some("2".into()),
            url: Some("https://x.com/i/status/2".into()),
            claim: None,
        }
    }

    /// An attempt whose sources ended so; the last is the best.
    fn attempt(capture: i64, answers: &[(&str, &str)], text: Option<&str>) -> Attempt {
        let (source, outcome) = answers[answers.len() - 1];
        Attempt {
            capture,
            ended: format!("2024-05-0{capture}T10:00:00.000Z"),
            outcome: outcome.into(),
            source: source.into(),
            program: "citekeep 0".into(),
            status: None,
            final_url: None,
            body_sha256: Some(format!("{capture}")),
            body_length: None,
            content_type: None,
            content_encoding: None,
            text: text.map(str::to_owned),
            answers: answers
                .iter()
                .map(|(source, outcome)| Said {
                    source: (*source).into(),
                    outcome: (*outcome).into(),
                    reason: "r".into(),
                    detail: None,
                    at: None,
                    url: None,
                    taken_from: None,
                })
                .collect(),
        }
    }

    fn words(attempts: &[Attempt]) -> (String, &'static str) {
        let (markup, kind) = state(&subject("post"), attempts, &[]);
        let mut words = String::new();
        for part in markup.replace("<br>", "; ").split('<') {
            words += part.split_once('>').map_or(part, |(_, text)| text);
        }
        (words, kind)
    }

    #[test]
    fn a_deleted_post_that_the_web_archive_had_is_never_passed_off_as_there() {
        let there = attempt(1, &[("x.syndication", "captured")], Some("a"));
        let gone = attempt(2, &[("x.syndication", "deleted"), ("wayback", "not_found")], None);
        let gone = Attempt {
            outcome: "deleted".into(),
            source: "x.syndication".into(),
            ..gone
        };
        let copy = attempt(3, &[("x.syndication", "deleted"), ("wayback", "captured")], Some("a"));
        let unseen = attempt(4, &[("x.syndication", "not_found")], None);
        for (attempts, shown) in [
            (
                vec![there.clone()],
                ("Captured by x.syndication 2024-05-01 10:00:00 UTC", "had"),
            ),
            (
                vec![there.clone(), gone],
                (
                    "Deleted, says x.syndication 2024-05-02 10:00:00 UTC; Captured before 2024-05-01 10:00:00 UTC",
                    "gone",
                ),
            ),
            (
                vec![there.clone(), copy],
                (
                    "Deleted, says x.syndication 2024-05-03 10:00:00 UTC; Content from wayback",
                    "gone",
                ),
            ),
            (
                vec![there, unseen.clone()],
                (
                    "Not found 2024-05-04 10:00:00 UTC; Captured before 2024-05-01 10:00:00 UTC",
                    "unseen",
                ),
            ),
            (vec![unseen], ("Not found 2024-05-04 10:00:00 UTC", "unseen")),
            (vec![], ("No attempt within this selection", "unseen")),
        ] {
            let (words, kind) = words(&attempts);
            assert_eq!((words.as_str(), kind), shown);
        }
    }

    #[test]
    fn a_changed_text_is_a_change_of_a_post_and_changed_bytes_are_one_of_a_page() {
        let attempts =
            |texts: [Option<&str>; 2]| [1, 2].map(|n| attempt(n, &[("s", "captured")], texts[usize::from(n == 2)]));
        assert_eq!(change(&subject("post"), &attempts([Some("a"), Some("a")])), None);
        assert_eq!(change(&subject("post"), &attempts([None, Some("a")])), None);
        assert!(change(&subject("post"), &attempts([Some("a"), Some("b")])).is_some());
        assert!(change(&subject("link"), &attempts([None, None])).is_some());
    }
}
