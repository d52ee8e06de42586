//! `citekeep export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::print::{Printable, Printer};
use super::{Global, command_line, runtime, without_password};
use crate::bundle;
use crate::capture::Stamped;
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, ExitCode, Result};
use crate::fetch::{Fetcher, credentials};
use crate::search::Query;
use crate::store::export::made::NewExport;
use crate::store::export::{Profile, Selection};
use crate::store::{Reader, Store};

/// Bytes of WARC beyond which another WACZ begins, where nothing else is said.
const WACZ_BYTES: u64 = 1 << 30;

/// Arguments of `citekeep export`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["all", "article", "target", "tag", "follow", "query", "since", "until"]))]
pub struct Arguments {
    /// The folder to make; one ZIP if the name ends in .zip; nothing but the captures if it ends in .wacz
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
    /// Everything
    #[arg(long, conflicts_with_all = ["article", "target", "tag", "follow", "query"])]
    all: bool,
    /// An article: its row, address or key (may be given again)
    #[arg(long, value_name = "ARTICLE")]
    article: Vec<String>,
    /// What is cited: its row, address or key (may be given again)
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// The articles of a case (may be given again)
    #[arg(long, value_name = "CASE")]
    tag: Vec<String>,
    /// The articles that a followed list led to: its address or row (may be given again)
    #[arg(long, value_name = "LIST")]
    follow: Vec<String>,
    /// What has all of these words, as `search` finds them, in any reading: articles, posts, notes (may be given again)
    #[arg(long, value_name = "WORDS")]
    query: Vec<String>,
    /// Nothing captured or read before this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Nothing captured or read at this time or later (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// The archive as it stood at this entry of the ledger (default: the last that no export wrote)
    #[arg(long, value_name = "SEQ")]
    as_of: Option<i64>,
    /// CSV without the guard against spreadsheet formulas
    #[arg(long)]
    csv_raw: bool,
    /// One WACZ for the selection, or one for each capture and each reading
    #[arg(long, value_enum, value_name = "PARTS", default_value_t = Wacz::Selection)]
    wacz: Wacz,
    /// Do not sign it, although there is a key
    #[arg(long)]
    unsigned: bool,
    /// Ask the time stamping authorities and calendars of the settings about it: what they give goes into the bundle alone. Of
    /// whom does not give it is told, the bundle is made all the same, and the exit code is 3. Without it nobody is asked
    #[arg(long)]
    stamp: bool,
    /// Leave something out of it, and say so; of bodies the digests stay (may be given again)
    #[arg(long, value_enum, value_name = "PROFILE")]
    redact: Vec<Redact>,
    /// Name who has this handle nevertheless, e.g. an organisation (may be given again)
    #[arg(long, value_name = "HANDLE", requires = "redact")]
    keep_handle: Vec<String>,
    /// Begin another WACZ beyond so many bytes of WARC
    #[arg(long, value_name = "BYTES", default_value_t = WACZ_BYTES)]
    wacz_bytes: u64,
}

/// How the captures are parted.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wacz {
    Selection,
    PerCapture,
}

/// What is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Redact {
    /// Pictures, films and sounds, and the files that persons supplied
    Media,
    /// Who wrote posts or is mentioned with an @: pseudonyms stand for them; no body as it was received is in the bundle
    Handles,
    /// Numbers of likes and the like, with the answers that hold them
    Counts,
}

impl Redact {
    fn profile(self) -> Profile {
        match self {
            Redact::Media => Profile::Media,
            Redact::Handles => Profile::Handles,
            Redact::Counts => Profile::Counts,
        }
    }
}

fn time(text: &str) -> std::result::Result<Timestamp, String> {
    Timestamp::parse(text)
        .or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
        .ok_or_else(|| "not a time such as 2024-05-01 or 2024-05-01T08:00:00Z".to_owned())
}

fn query(words: &str) -> Result<Query> {
    Query::new(words.split_whitespace()).ok_or_else(|| Error::BadInput {
        input: words.to_owned(),
        why: "has no letter or digit to look for".to_owned(),
        hint: None,
    })
}

/// All that the same bytes need besides the archive, the entry and what is left out, as JSON under the names of the options and settings:
/// what is asked for, how it is written, who answers for it, and the fingerprint of the key that signs it.
fn words(arguments: &Arguments, named: &[String], options: &bundle::Options) -> String {
    let mut words = serde_json::Map::new();
    if arguments.all {
        words.insert("all".to_owned(), true.into());
    }
    for (name, given) in [
        ("article", &arguments.article),
        ("target", &arguments.target),
        ("tag", &arguments.tag),
        ("follow", &arguments.follow),
        ("query", &arguments.query),
    ] {
        if !given.is_empty() {
            let given: Vec<String> = given.iter().map(|word| without_password(word)).collect();
            words.insert(name.to_owned(), given.into());
        }
    }
    for (name, time) in [("since", arguments.since), ("until", arguments.until)] {
        words.extend(time.map(|time| (name.to_owned(), time.to_string().into())));
    }
    if arguments.redact.contains(&Redact::Handles) && !named.is_empty() {
        words.insert("keep_handle".to_owned(), named.into());
    }
    if options.csv_raw {
        words.insert("csv_raw".to_owned(), true.into());
    }
    if options.parting == bundle::Parting::Capture {
        words.insert("wacz".to_owned(), "per-capture".into());
    }
    if options.wacz_bytes != WACZ_BYTES {
        words.insert("wacz_bytes".to_owned(), options.wacz_bytes.into());
    }
    for (name, value) in [
        ("export.organization", &options.who.organization),
        ("export.collector", &options.who.collector),
        ("export.email", &options.who.email),
    ] {
        if !value.is_empty() {
            words.insert(name.to_owned(), value.as_str().into());
        }
    }
    if let Some(key) = &options.key {
        words.insert("key".to_owned(), key.public().to_string().into());
    }
    serde_json::Value::Object(words).to_string()
}

/// Keeps in the archive that the bundle was made, and gives the ledger entry; says why where that cannot be.
fn record(global: &Global, new: &NewExport, printer: &Printer) -> Option<i64> {
    Store::record_export(&global.archive, &command_line(), Clock::System, new)
        .inspect_err(|error| {
            printer.warn(format_args!(
                "the ledger does not record this export: {}",
                Printable(&error.to_string())
            ));
        })
        .ok()
}

/// Writes the bundle, says what is in it, and has the archive record it.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let settings = global.settings()?;
    let witnesses = arguments
        .stamp
        .then(|| super::stamp::witnesses(&settings))
        .transpose()?;
    let reader = Reader::open(&global.archive)?;
    let mut without: Vec<Profile> = arguments.redact.iter().map(|redact| redact.profile()).collect();
    // The same whatever the order in which they were given.
    without.sort_unstable();
    without.dedup();
    let named = [&settings.export.named[..], &arguments.keep_handle].concat();
    let extract = reader.extract(&Selection {
        all: arguments.all,
        articles: arguments.article.clone(),
        targets: arguments.target.clone(),
        tags: arguments.tag.clone(),
        follows: arguments.follow.clone(),
        queries: arguments
            .query
            .iter()
            .map(|words| query(words))
            .collect::<Result<_>>()?,
        since: arguments.since,
        until: arguments.until,
        as_of: arguments.as_of,
        without,
        named: named.clone(),
    })?;
    let key = match arguments.unsigned {
        true => None,
        false => super::key::signing(&settings)?,
    };
    let secrets = credentials(&settings)?.forms();
    let who = settings.export.clone();
    let stop = bundle::Stop::default();
    super::stop_on_signals(&stop.signal())?;
    let options = bundle::Options {
        csv_raw: arguments.csv_raw,
        who: bundle::Who {
            organization: who.organization,
            collector: who.collector,
            email: who.email,
        },
        parting: match arguments.wacz {
            Wacz::Selection => bundle::Parting::Selection,
            Wacz::PerCapture => bundle::Parting::Capture,
        },
        key,
        wacz_bytes: arguments.wacz_bytes,
        secrets,
        stop,
    };
    let mut said = None;
    let made = match witnesses {
        None => bundle::write(&arguments.output, &extract, &options, None)?,
        Some(witnesses) => {
            let (fetcher, runtime) = (Fetcher::new(&settings, Clock::System)?, runtime()?);
            fetcher.leave_alone(reader.host_penalties()?);
            let mut ask = |digest: &[u8; 32]| {
                let (words, given) = runtime.block_on(witnesses.confirm(digest, &fetcher, Clock::System))?;
                said = Some(words);
                Ok(given)
            };
            bundle::write(&arguments.output, &extract, &options, Some(&mut ask))?
        }
    };
    let (as_of, head) = (extract.seq, extract.head);
    let (readings, captures, left_out) = (extract.readings, extract.captures, extract.without);
    // Whoever still looked at the archive would keep its log from going.
    drop(reader);
    let new = NewExport {
        selection: words(arguments, &named, &options),
        left_out,
        as_of,
        name: arguments
            .output
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        format: made.format,
        identifier: made.identifier.clone(),
        sha256: made.sha256.clone(),
    };
    let entry = record(global, &new, printer);
    if printer.json() {
        let mut done = serde_json::json!({
            "path": arguments.output.to_string_lossy(), "as_of": as_of, "head": head,
            "readings": readings, "captures": captures, "identifier": made.identifier, "sha256": made.sha256,
            "entry": entry,
        });
        if let Some(said) = &said {
            done["stamps"] = serde_json::json!(said);
        }
        printer.object(&done);
    }
    printer.line(format_args!(
        "{}: {readings} readings and {captures} captures as of ledger entry {as_of}, head {head}",
        Printable(&arguments.output.display().to_string()),
    ));
    Ok(tell(&said.unwrap_or_default(), printer))
}

/// Says what each witness said of the bundle.
fn tell(said: &[Stamped], printer: &Printer) -> ExitCode {
    for stamped in said {
        let name = Printable(&stamped.authority);
        match (stamped.is_good(), stamped.time) {
            (true, Some(time)) => printer.line(format_args!("{name}: the bundle existed at {time}")),
            (true, None) => printer.line(format_args!("{name}: will have the bundle anchored")),
            (false, _) => {}
        }
        super::stamp::warn(stamped, printer);
    }
    match said.iter().any(Stamped::is_failure) {
        true => ExitCode::SomeFailed,
        false => ExitCode::Done,
    }
}
