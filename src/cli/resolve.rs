//! `citekeep resolve`: citations whose post could not be identified, and a person's decision about one.

use clap::Args;
use serde_json::json;
use url::Url;

use super::Global;
use super::person::change;
use super::print::{Printable, Printer};
use crate::error::{Error, ExitCode, Result};
use crate::platform::{PostRef, Recognised, recognise};
use crate::store::record::Decision;
use crate::store::{Reader, UnresolvedView};

/// Arguments of `citekeep resolve`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The citation's target, target:N; without it, all that wait are listed
    #[arg(value_name = "TARGET", value_parser = target, requires_all = ["decision", "why", "by"])]
    target: Option<i64>,
    /// Address of the post that it is
    #[arg(value_name = "URL", group = "decision")]
    url: Option<Url>,
    /// No post can be named: it stays unresolved
    #[arg(long, requires = "target", group = "decision")]
    none: bool,
    /// Why; stands in the archive for good
    #[arg(long, value_name = "TEXT", requires = "target")]
    why: Option<String>,
    /// Who says so (default: the name of the user)
    #[arg(long, value_name = "NAME", env = "USER", hide_env = true)]
    by: Option<String>,
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

fn target(text: &str) -> std::result::Result<i64, String> {
    text.strip_prefix("target:")
        .and_then(|row| row.parse().ok())
        .ok_or_else(|| "is not target:N".to_owned())
}

/// Lists what could not be identified, or records a person's decision about one.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let (Some(target), Some(by), Some(why)) = (arguments.target, &arguments.by, &arguments.why) else {
        return list(global, printer);
    };
    let decision = Decision {
        target,
        post: arguments.url.as_ref().map(post_at).transpose()?,
        by: by.clone(),
        why: why.clone(),
    };
    settle(global, decision, arguments.wait, printer)
}

fn settle(global: &Global, decision: Decision, wait: u64, printer: &Printer) -> Result<ExitCode> {
    if decision.why.trim().is_empty() {
        return Err(Error::BadInput {
            input: "--why".into(),
            why: "is empty".into(),
            hint: Some("say how you know: nobody can ask the archive later"),
        });
    }
    let (target, by) = (decision.target, decision.by.clone());
    let url = decision.post.as_ref().map(|post| post.url.to_string());
    let settled = change(global, wait, async |store| store.settle_by_person(decision).await)?;
    match &url {
        Some(url) => printer.line(format_args!(
            "target:{target} is {}, says {}",
            Printable(url),
            Printable(&by)
        )),
        None => printer.line(format_args!(
            "target:{target} stays unresolved, says {}",
            Printable(&by)
        )),
    }
    if printer.json() {
        printer.object(&json!({
            "target": target,
            "identified": settled.identified,
            "url": url,
            "resolution": settled.resolution,
            "note": settled.note,
        }));
    }
    Ok(ExitCode::Done)
}

/// The post that an address names.
fn post_at(url: &Url) -> Result<PostRef> {
    match recognise(url) {
        Some((_, Recognised::Post(post))) => Ok(post),
        _ => Err(Error::BadInput {
            input: url.to_string(),
            why: "is not the address of a post".into(),
            hint: Some("give the post's own address, not that of a profile, a search or a short link"),
        }),
    }
}

fn list(global: &Global, printer: &Printer) -> Result<ExitCode> {
    let unresolved = Reader::open(&global.archive)?.unresolved()?;
    for citation in &unresolved {
        if printer.json() {
            printer.object(citation);
        } else {
            tell(citation, printer);
        }
    }
    if unresolved.is_empty() {
        printer.line("nothing is unresolved");
    }
    Ok(ExitCode::Done)
}

fn tell(citation: &UnresolvedView, printer: &Printer) {
    let or = |value: &Option<String>, otherwise: &str| value.clone().unwrap_or_else(|| otherwise.to_owned());
    printer.line(format_args!(
        "target:{}  {}  {} ({})",
        citation.target,
        or(&citation.platform, ""),
        or(&citation.outcome, "not tried yet"),
        or(&citation.reason, "waiting")
    ));
    let article = citation.title.as_deref().unwrap_or(&citation.article_key);
    printer.line(format_args!("    in: {}", Printable(article)));
    for (what, value) in [
        ("sentence", &citation.sentence),
        ("author", &citation.claimed_author),
        ("handle", &citation.claimed_handle),
        ("date", &citation.claimed_date),
        ("text", &citation.claimed_text),
    ] {
        if let Some(value) = value {
            printer.line(format_args!("    {what}: {}", Printable(value)));
        }
    }
    for candidate in &citation.candidates {
        let score = candidate
            .score
            .map_or_else(|| "no score".to_owned(), |score| format!("{score}/1000"));
        printer.line(format_args!(
            "    {score}  {}  {}",
            Printable(&candidate.url),
            Printable(&candidate.evidence)
        ));
    }
}
