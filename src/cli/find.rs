//! `citekeep find`: the pure half.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::{collections::BTreeMap, thread};

use clap::Args;
use url::Url;

use super::print::{Printable, Printer};
use super::{Global, worst};
use crate::article::Hints;
use crate::capture::input::{self, Input};
use crate::citation::{Document, Findings};
use crate::config::Config;
use crate::error::{Error, ExitCode, Result};

/// Arguments of `citekeep find`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files (pages or plain text, told by content), or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// The address the input came from; relative links are resolved against it
    #[arg(long)]
    url: Option<Url>,
}

/// Prints the citations of each input, in the order given; inputs are read on all cores.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let config = global.settings()?;
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(arguments.inputs.len());
    let mut codes = Vec::new();
    thread::scope(|scope| {
        let (sender, results) = mpsc::sync_channel(2 * workers);
        for _ in 0..workers {
            let (sender, next, config) = (sender.clone(), &next, &config);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(name) = arguments.inputs.get(index) else { break };
                    let found = find(name, arguments.url.clone(), config);
                    if sender.send((index, found)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        // Results come in any order and are printed in the order of the arguments.
        let mut waiting = BTreeMap::new();
        let mut printed = 0;
        for (index, found) in results {
            waiting.insert(index, found);
            while let Some(found) = waiting.remove(&printed) {
                codes.push(print(&arguments.inputs[printed], found, printer));
                printed += 1;
            }
        }
    });
    Ok(worst(codes))
}

fn find(name: &str, url: Option<Url>, config: &Config) -> Result<Findings> {
    match Input::parse(name) {
        Input::Url(_) => Err(Error::BadInput {
            input: name.to_owned(),
            why: "is an address, and `find` uses no network".into(),
            hint: Some("save the page and name the file, or use `citekeep archive`"),
        }),
        local => {
            let bytes = input::read(&local, config.limit.article)?;
            input::find(
                name,
                &bytes,
                &Hints {
                    url,
                    content_type: None,
                },
            )
        }
    }
}

fn print(name: &str, found: Result<Findings>, printer: &Printer) -> ExitCode {
    let findings = match found {
        Ok(findings) => findings,
        Err(error) => {
            printer.error(&error);
            return error.exit_code();
        }
    };
    if printer.json() {
        printer.object(&Document::new(name, &findings));
        return ExitCode::Done;
    }
    let title = findings
        .reading
        .title
        .as_ref()
        .map_or("(no title)", |t| t.value.as_str());
    printer.line(format_args!("{}: {}", Printable(name), Printable(title)));
    for citation in &findings.citations {
        printer.line(format_args!(
            "  {:<10} {}",
            citation.form.word(),
            Printable(&citation.label())
        ));
        match findings.sentence(citation) {
            Some(sentence) => printer.line(format_args!("             “{}”", Printable(sentence))),
            None => printer.line("             (no sentence refers to it)"),
        }
        if printer.verbose() {
            for reference in &citation.references {
                let sentence = findings
                    .reading
                    .slice(findings.reading.sentences[reference.sentence].span);
                let (relation, confidence) = (reference.relation.word(), f64::from(reference.confidence) / 1000.0);
                let start: String = sentence.chars().take(60).collect();
                printer.line(format_args!(
                    "             {relation} {confidence:.2} {}: {}",
                    reference.reason,
                    Printable(&start)
                ));
            }
        }
    }
    if printer.verbose() {
        for refusal in &findings.refused {
            printer.line(format_args!(
                "  refused    {} ({})",
                Printable(&refusal.url),
                refusal.reason
            ));
        }
        for notice in &findings.reading.notices {
            printer.line(format_args!("  notice     {}", Printable(notice)));
        }
    }
    ExitCode::Done
}
