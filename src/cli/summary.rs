//! What became of an article's citations, as a table for people and as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::print::{Printable, Printer};
use crate::error::Result;
use crate::outcome::Outcome;
use crate::platform::wayback::copies;
use crate::store::Reader;
use crate::store::query::{ArticleDetail, CitationView, InquiryView, TargetView};

/// Groups of outcomes as a reader thinks of them, in the order printed.
const GROUPS: [&str; 6] = [
    "captured",
    "gone",
    "not visible",
    "unresolved",
    "unreachable",
    "not tried yet",
];

/// The group of a target's state.
pub fn group(target: &TargetView) -> &'static str {
    if target.platform_says.is_some() && target.state.as_deref() == Some("captured") {
        // An archive had it, but the platform says that it is gone: the copy is old, and that is the news.
        return "gone";
    }
    match target.state.as_deref().and_then(Outcome::from_word) {
        None => GROUPS[5],
        Some(Outcome::Captured) => GROUPS[0],
        Some(Outcome::Deleted | Outcome::AccountGone | Outcome::Suspended) => GROUPS[1],
        Some(Outcome::Unresolved) => GROUPS[3],
        Some(Outcome::Unreachable | Outcome::ServerError | Outcome::RateLimited) => GROUPS[4],
        Some(_) => GROUPS[2],
    }
}

/// Prints one article with what became of each of its citations.
pub fn print(reader: &Reader, article: i64, printer: &Printer) -> Result<()> {
    let Some(detail) = reader.article(article)? else {
        return Ok(());
    };
    if printer.json() {
        printer.object(&Line {
            kind: "article",
            article: &detail,
        });
        return Ok(());
    }
    let title = detail.summary.title.as_deref().unwrap_or("(no title)");
    printer.line(format_args!(
        "{}  [{}]",
        Printable(title),
        Printable(&detail.summary.key)
    ));
    printer.line(format_args!("  {}", counts(&detail)));
    for citation in &detail.citations {
        print_citation(citation, printer);
    }
    Ok(())
}

/// A line of JSON says what it is about.
#[derive(Serialize)]
struct Line<'a> {
    kind: &'static str,
    #[serde(flatten)]
    article: &'a ArticleDetail,
}

/// "5 citations: 3 captured, 1 gone, 1 unresolved".
fn counts(detail: &ArticleDetail) -> String {
    let mut by_group: BTreeMap<usize, usize> = BTreeMap::new();
    for citation in &detail.citations {
        let place = GROUPS
            .iter()
            .position(|g| *g == group(&citation.target))
            .unwrap_or(GROUPS.len() - 1);
        *by_group.entry(place).or_default() += 1;
    }
    let parts: Vec<String> = by_group
        .iter()
        .map(|(place, count)| format!("{count} {}", GROUPS[*place]))
        .collect();
    match detail.citations.len() {
        0 => "no citations found".to_owned(),
        1 => format!("1 citation: {}", parts.join(", ")),
        n => format!("{n} citations: {}", parts.join(", ")),
    }
}

fn print_citation(citation: &CitationView, printer: &Printer) {
    printer.line(format_args!(
        "  {:<14}{}",
        group(&citation.target),
        Printable(&name(citation))
    ));
    printer.line(format_args!("  {:<14}{}", "", Printable(&state(&citation.target))));
    if let Some(title) = &citation.target.page_title {
        printer.line(format_args!("  {:<14}title: {}", "", Printable(title)));
    }
    for inquiry in &citation.target.inquiries {
        printer.line(format_args!("  {:<14}{}", "", Printable(&elsewhere(inquiry))));
    }
    print_context(&citation.target, printer);
    match citation.sentences.first().and_then(|s| s.text.as_deref()) {
        Some(sentence) => printer.line(format_args!("  {:<14}“{}”", "", Printable(sentence))),
        None => printer.line(format_args!("  {:<14}(no sentence refers to it)", "")),
    }
}

/// The posts that belong to a post, one line each.
fn print_context(target: &TargetView, printer: &Printer) {
    for near in &target.context {
        let what = match near.relation.as_str() {
            "quotes" => "quotes",
            "replies_to" => "answers",
            "reposts" => "repeats",
            "thread" => "same thread",
            other => other,
        };
        // Whose it is, where it is not this post's own.
        let of = match near.of == target.means {
            true => None,
            false => target.context.iter().find(|other| other.target.target == near.of),
        };
        let of = of.and_then(|of| of.target.url.as_deref());
        printer.line(format_args!(
            "  {:<14}└ {}{what} {}: {}",
            "",
            Printable(&of.map(|of| format!("{of} ")).unwrap_or_default()),
            Printable(near.target.url.as_deref().unwrap_or_default()),
            Printable(&state(&near.target))
        ));
    }
}

/// The address, else what the article says about the post.
fn name(citation: &CitationView) -> String {
    if let Some(url) = &citation.target.url {
        return url.clone();
    }
    let claim = [
        citation.claimed_handle.as_ref().map(|h| format!("@{h}")),
        citation.claimed_date.clone(),
    ];
    let words: String = citation.claimed_text.iter().flat_map(|t| t.chars().take(60)).collect();
    let parts: Vec<String> = claim.into_iter().flatten().collect();
    format!("{} “{words}…”", parts.join(" ")).trim().to_owned()
}

/// `captured from x.syndication (post)`, `deleted (x.syndication: tombstone_deleted)`: the word, the source, the reason.
fn state(target: &TargetView) -> String {
    let source = target.source.as_deref();
    let reason = target.reason.as_deref().unwrap_or_default();
    let state = match (target.platform_says.as_deref(), target.state.as_deref(), source) {
        (Some(said), Some("captured"), Some(source)) => {
            format!("{said}, says the platform; captured from {source} ({reason})")
        }
        (_, Some("captured"), Some(source)) => format!("captured from {source} ({reason})"),
        (_, Some(state), Some(source)) => format!("{state} ({source}: {reason})"),
        (_, Some(state), None) => format!("{state} ({reason})"),
        (_, None, _) => "waits for its capture".to_owned(),
    };
    match &target.taken_from {
        Some(file) => format!("{state}; recorded by others, in {file}"),
        None => state,
    }
}

/// What the Internet Archive says of a target: which copies it has, or what became of the submission.
fn elsewhere(inquiry: &InquiryView) -> String {
    let at = &inquiry.asked_at;
    let shown = inquiry.shown_at();
    let detail = inquiry.detail.as_deref().unwrap_or_default();
    match (inquiry.service == copies::SERVICE, inquiry.outcome.as_deref(), shown) {
        (true, Some("captured"), Some(shown)) => format!("the Internet Archive had {detail}, a late one at {shown}"),
        (true, Some("not_found"), _) => format!("the Internet Archive had no copy {at}"),
        (true, ..) => format!(
            "the Internet Archive was asked for copies {at} in vain ({})",
            inquiry.reason
        ),
        (_, Some("captured"), Some(shown)) => format!("submitted to the Internet Archive {at}, archived at {shown}"),
        (_, Some("captured"), None) => format!("submitted to the Internet Archive {at}, which says that it has it"),
        (_, Some(outcome), _) => format!(
            "submitted to the Internet Archive {at} in vain: {outcome} ({})",
            inquiry.reason
        ),
        (_, None, _) => format!("submitted to the Internet Archive {at}, which works on it"),
    }
}

/// Prints a target that was asked for without an article.
pub fn print_target(target: &TargetView, printer: &Printer) {
    if printer.json() {
        printer.object(target);
        return;
    }
    let url = target.url.as_deref().unwrap_or_default();
    printer.line(format_args!("{:<14}{}", group(target), Printable(url)));
    printer.line(format_args!("{:<14}{}", "", Printable(&state(target))));
    if let Some(verdict) = &target.verdict {
        let last = verdict.last_live.as_deref().unwrap_or("never");
        let captures: Vec<String> = verdict.evidence.iter().map(i64::to_string).collect();
        printer.line(format_args!(
            "{:<14}verdict: {} ({}, by captures {}; last seen {last})",
            "",
            verdict.state,
            verdict.reason,
            captures.join(", ")
        ));
    }
    for inquiry in &target.inquiries {
        printer.line(format_args!("{:<14}{}", "", Printable(&elsewhere(inquiry))));
    }
    if let Some(text) = &target.post_text {
        printer.line(format_args!("{:<14}{}", "", Printable(text)));
    }
    print_context(target, printer);
}
