//! `citekeep show`.

use clap::Args;
use serde_json::json;

use super::print::{Printable, Printer};
use super::{Global, summary};
use crate::error::{Error, ExitCode, Result};
use crate::store::Reader;
use crate::store::page::PageFacts;
use crate::store::query::OtherCapture;
use crate::store::record::About;

/// Arguments of `citekeep show`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The article: its number in `citekeep list`, or its address; or the address of a post or page that is cited
    #[arg(value_name = "ARTICLE")]
    name: String,
}

/// Prints an article with its citations, or a target with its captures.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let reader = Reader::open(&global.archive)?;
    if let Some(article) = reader.find_article(&arguments.name)? {
        summary::print(&reader, article, printer)?;
        if printer.verbose() && !printer.json() {
            print_text(&reader, article, printer)?;
        }
        print_other_tags(&reader, article, printer)?;
        print_notes(&reader, About::Article(article), printer)?;
        return Ok(ExitCode::Done);
    }
    let Some(target) = reader.target_by_url(&arguments.name)? else {
        let others = reader.others_named(&arguments.name)?;
        if !others.is_empty() {
            print_others(others, printer);
            return Ok(ExitCode::Done);
        }
        return Err(Error::BadInput {
            input: arguments.name.clone(),
            why: "is no article or target of this archive".into(),
            hint: Some("`citekeep list` numbers the articles"),
        });
    };
    summary::print_target(&target, printer);
    if let Some(facts) = reader.page_of_target(target.means)? {
        print_page(&facts, printer);
    }
    for capture in reader.captures(target.means)? {
        if printer.json() {
            printer.object(&capture);
            continue;
        }
        let digest = capture.body_sha256.as_deref().unwrap_or("-");
        printer.line(format_args!(
            "  {:>6}  {}  {:<13} {} ({})  {}  sha256 {digest}",
            capture.capture,
            capture.ended,
            capture.outcome,
            Printable(&capture.source),
            Printable(&capture.reason),
            capture.changed
        ));
    }
    print_others(reader.others(target.means)?, printer);
    print_notes(&reader, About::Target(target.means), printer)?;
    Ok(ExitCode::Done)
}

/// What a page says of itself.
fn print_page(facts: &PageFacts, printer: &Printer) {
    if printer.json() {
        printer.object(&json!({"page": facts}));
        return;
    }
    for (name, value) in [
        ("title", &facts.title),
        ("author", &facts.byline),
        ("published", &facts.published),
        ("canonical", &facts.canonical),
    ] {
        if let Some(value) = value {
            printer.line(format_args!("  {name}: {}", Printable(value)));
        }
    }
    if printer.verbose() {
        for block in facts.text.lines() {
            printer.line(format_args!("    {}", Printable(block)));
        }
    }
}

/// What archives of others say that they captured.
fn print_others(others: Vec<OtherCapture>, printer: &Printer) {
    for capture in others {
        if printer.json() {
            printer.object(&capture);
            continue;
        }
        let digest = capture.body_sha256.as_deref().unwrap_or("-");
        let mut more = match capture.sealed {
            true => String::new(),
            false => ", without its line".to_owned(),
        };
        if let Some(time) = capture.stamped_at {
            more += &format!(", time stamp of {time}");
        }
        printer.line(format_args!(
            "  {}  {:<13} {} ({})  sha256 {digest}  in another archive: {}, entry {}{}",
            Printable(&capture.ended),
            Printable(&capture.outcome),
            Printable(&capture.source),
            Printable(&capture.reason),
            Printable(&capture.archive),
            capture.entry,
            Printable(&more)
        ));
    }
}

/// The case tags that archives of others had for an article.
fn print_other_tags(reader: &Reader, article: i64, printer: &Printer) -> Result<()> {
    for tag in reader.other_tags(article)? {
        if printer.json() {
            printer.object(&tag);
            continue;
        }
        printer.line(format_args!(
            "  tagged {} in another archive: {}",
            Printable(&tag.tag),
            Printable(&tag.archive)
        ));
    }
    Ok(())
}

/// What persons added.
fn print_notes(reader: &Reader, about: About, printer: &Printer) -> Result<()> {
    for note in reader.notes(about)? {
        if printer.json() {
            printer.object(&note);
            continue;
        }
        let file = match (&note.file_name, &note.sha256) {
            (Some(name), Some(sha256)) => format!(" [{name}, sha256 {sha256}]"),
            _ => String::new(),
        };
        printer.line(format_args!(
            "  {}  note by {}: {}{}",
            note.at,
            Printable(&note.by),
            Printable(&note.text),
            Printable(&file)
        ));
    }
    Ok(())
}

/// The sentences, each with its number and the citations that it refers to.
fn print_text(reader: &Reader, article: i64, printer: &Printer) -> Result<()> {
    let Some(detail) = reader.article(article)? else {
        return Ok(());
    };
    for sentence in &detail.sentences {
        let marks: Vec<String> = detail
            .citations
            .iter()
            .flat_map(|c| {
                c.sentences
                    .iter()
                    .filter(|r| r.sentence == sentence.ordinal)
                    .map(move |r| (c, r))
            })
            .map(|(c, r)| format!("[{} {}]", c.ordinal, r.relation))
            .collect();
        let text = sentence.text.as_deref().unwrap_or("(redacted)");
        printer.line(format_args!(
            "  {:>4}  {} {}",
            sentence.ordinal,
            Printable(text),
            marks.join(" ")
        ));
    }
    Ok(())
}
