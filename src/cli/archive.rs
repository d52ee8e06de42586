//! `citekeep archive`: the main job.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use url::Url;

use super::capturing::{Tally, doubts_since, helpers, listen, warn_of_clock, warn_of_inquiries};
use super::print::{Printable, Printer};
use super::{Global, command_line, runtime, summary, worst};
use crate::article::list;
use crate::capture::input::Input;
use crate::capture::{self, Article, Capturer, Claims, Done, Stop};
use crate::clock::{Clock, Timestamp, Watch};
use crate::config::Config;
use crate::error::{Error, ExitCode, Result};
use crate::fetch::Fetcher;
use crate::fetch::replay::{Page, Replay};
use crate::store::record::{NewReading, Queueing, Wanted};
use crate::store::{Reader, RunOptions, Store};

/// Captured pages of which it is read at once what they say of themselves; of more, `run` reads it.
const READ_AT_ONCE: usize = 100;

/// Arguments of `citekeep archive`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Articles: addresses, files (pages or plain text, told by content), or - for standard input
    #[arg(value_name = "INPUT", required_unless_present_any = ["target", "target_list", "list", "from"])]
    inputs: Vec<String>,
    /// A list of addresses of articles: plain lines, CSV or JSON lines with a `url` or `link`, or a browser's bookmarks
    #[arg(long, value_name = "FILE")]
    list: Vec<String>,
    /// Read articles from a web archive (WARC, WACZ): the addresses given, else every page in it
    #[arg(long, value_name = "FILE")]
    from: Vec<PathBuf>,
    /// Have every answer from this web archive (WARC, WACZ), and ask nobody on the network
    #[arg(long, value_name = "FILE")]
    replay: Vec<PathBuf>,
    /// Address of a post or page to capture by itself, without an article
    #[arg(long, value_name = "URL")]
    target: Vec<Url>,
    /// A list of such addresses: plain lines, CSV with a `url` or `link` (an auto-archiver table, say), JSON lines, bookmarks
    #[arg(long, value_name = "FILE")]
    target_list: Vec<String>,
    /// The address that the file or standard input came from (kept as your claim)
    #[arg(long)]
    url: Option<Url>,
    /// When it was retrieved from there, RFC 3339 (kept as your claim)
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    retrieved: Option<Timestamp>,
    /// File the articles under a case
    #[arg(long, value_name = "CASE")]
    tag: Vec<String>,
    /// Capture again what has been captured before
    #[arg(long)]
    again: bool,
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

fn timestamp(text: &str) -> std::result::Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "is not a time such as 2024-05-02T08:00:00Z".into())
}

/// Reads the articles, captures what they cite, prints what became of it.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let config = global.settings()?;
    let clock = Clock::System;
    let options = RunOptions {
        spacing: crate::config::seconds(config.verdict.spacing),
        free: config.limit.free,
        create: true,
        wait: Duration::from_secs(arguments.wait),
        command: command_line(),
        clock,
    };
    // One thread for the network: the archive's writer sets the pace, and measured, a second costs more than it brings.
    let runtime = runtime()?;
    let mut listed = ExitCode::Done;
    let mut inputs = arguments.inputs.clone();
    inputs.extend(
        addresses(&arguments.list, printer, &mut listed)?
            .iter()
            .map(Url::to_string),
    );
    let mut targets = arguments.target.clone();
    targets.extend(addresses(&arguments.target_list, printer, &mut listed)?);
    let from = open_archives(&arguments.from, &config, clock, printer)?;
    let replay = open_archives(&arguments.replay, &config, clock, printer)?;
    let inputs = match &from {
        Some(from) => recorded_pages(from, inputs, printer)?,
        None => inputs.into_iter().map(Item::Named).collect(),
    };
    let claims = Claims {
        url: arguments.url.clone(),
        retrieved: arguments.retrieved,
        tags: arguments.tag.clone(),
    };
    let limit = config.limit.article;
    // Reading an article takes about as long as opening the archive.
    let first = inputs.first().and_then(|item| {
        let _inside = runtime.enter();
        let Item::Named(name) = item else { return None };
        let input = Input::parse(name);
        (!matches!(input, Input::Url(_))).then(|| begin_local(name, input, &claims, limit, clock))
    });
    let watch_over_clock = Watch::start(clock);
    let code = Store::open(&global.archive, &options).and_then(|store| {
        runtime.block_on(async {
            let store = Arc::new(store);
            warn_of_clock(store.clock_doubt().map(str::to_owned).as_slice(), printer);
            let finished = async {
                let fetcher = match replay.clone() {
                    Some(replay) => Fetcher::replaying(&config, clock, replay)?,
                    None => Fetcher::new(&config, clock)?,
                };
                fetcher.leave_alone(store.host_penalties().await?);
                let mut capturer = Capturer::new(fetcher.clone(), store.clone(), config.upstreams()?, clock)
                    .with_requisites(config.requisites)
                    .with_schedule(config.schedule.clone())
                    .with_context(config.context)
                    .with_streams(config.streams);
                if replay.is_none() {
                    capturer = capturer
                        .with_canaries(&config.canaries()?)
                        .with_inquiries(config.copies, config.submit)
                        .with_helpers(helpers(&config, printer));
                }
                let work = Work {
                    global,
                    arguments,
                    inputs: &inputs,
                    targets: &targets,
                    listed,
                    printer,
                    capturer,
                    store: &store,
                    clock,
                    claims,
                    limit,
                };
                let code = work.run(first).await;
                doubts_since(&watch_over_clock, &fetcher, printer);
                code
            }
            .await;
            let code = finished.as_ref().map_or_else(Error::exit_code, |code| *code);
            // The first failure is the one to tell: after it, closing fails for the same reason.
            let closed = store.close(code as u8, None).await;
            finished.and_then(|code| closed.map(|()| code))
        })
    });
    // Somebody may have stopped us while we waited for standard input, which goes on waiting.
    runtime.shutdown_background();
    code
}

/// What the lists name; a line that names no address is told, tells in the exit code, and costs nothing else.
fn addresses(lists: &[String], printer: &Printer, code: &mut ExitCode) -> Result<Vec<Url>> {
    /// Most bytes of a list.
    const LONGEST: u64 = 64 << 20;
    let mut urls = Vec::new();
    for name in lists {
        let addresses = list::read(&capture::input::read(&Input::parse(name), LONGEST)?);
        for (line, said) in &addresses.bad {
            let error = Error::BadInput {
                input: format!("{name}, line {line}"),
                why: format!("`{said}` is no address of a page"),
                hint: None,
            };
            printer.error(&error);
            *code = error.exit_code();
        }
        if addresses.left_out > 0 {
            let (read, more) = (addresses.urls.len(), addresses.left_out);
            let error = Error::BadInput {
                input: name.clone(),
                why: format!("{read} addresses of it are read, and {more} more are left out"),
                hint: Some("give them in several lists"),
            };
            printer.error(&error);
            *code = error.exit_code();
        }
        urls.extend(addresses.urls);
    }
    Ok(urls)
}

/// The web archives of these names, looked through; what cannot be read in them is told.
fn open_archives(paths: &[PathBuf], config: &Config, clock: Clock, printer: &Printer) -> Result<Option<Arc<Replay>>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let replay = Replay::open(paths.iter().map(PathBuf::as_path), config, clock)?;
    for problem in &replay.problems {
        printer.warn(format_args!("{}", Printable(problem)));
    }
    Ok(Some(Arc::new(replay)))
}

/// The pages of web archives that are to be read: those of the addresses given, or all. Files are read as ever.
fn recorded_pages(from: &Arc<Replay>, inputs: Vec<String>, printer: &Printer) -> Result<Vec<Item>> {
    if inputs.is_empty() {
        for unread in &from.unread {
            printer.warn(format_args!("{}", Printable(unread)));
        }
        return Ok(from.pages().iter().map(|page| Item::recorded(from, page)).collect());
    }
    let mut items = Vec::new();
    for name in inputs {
        let Input::Url(mut url) = Input::parse(&name) else {
            items.push(Item::Named(name));
            continue;
        };
        url.set_fragment(None);
        let before = items.len();
        items.extend(from.pages_at(&url).map(|page| Item::recorded(from, page)));
        if items.len() == before {
            return Err(Error::BadInput {
                input: name,
                why: "no web archive that was given has this page".to_owned(),
                hint: Some("without an address every page in it is read"),
            });
        }
    }
    Ok(items)
}

/// What is to be read.
#[derive(Clone)]
enum Item {
    /// A word of the command line or of a list.
    Named(String),
    /// A page of a web archive of others.
    Recorded(Arc<Replay>, Page),
}

impl Item {
    fn recorded(from: &Arc<Replay>, page: &Page) -> Item {
        Item::Recorded(Arc::clone(from), page.clone())
    }

    fn name(&self) -> &str {
        match self {
            Item::Named(name) => name,
            Item::Recorded(_, page) => page.url.as_str(),
        }
    }
}

/// Begins to read a file or standard input.
fn begin_local(name: &str, input: Input, claims: &Claims, limit: u64, clock: Clock) -> Begun {
    let (name, claims) = (name.to_owned(), claims.clone());
    tokio::task::spawn_blocking(move || capture::read_local(&name, &input, &claims, limit, clock))
}

/// An article that is being read.
type Begun = JoinHandle<Result<NewReading>>;

/// What became of the inputs.
#[derive(Default)]
struct Taken {
    articles: Vec<Article>,
    /// Targets that were named without an article.
    named: Vec<i64>,
    /// How those ended that could not be taken in.
    codes: Vec<ExitCode>,
}

impl Taken {
    /// Sends queued targets to those who capture them; they stop listening only when the archive fails, which they tell.
    fn tell(wanted: &UnboundedSender<Wanted>, targets: Vec<i64>, bar: Option<&ProgressBar>) {
        if let Some(bar) = bar {
            bar.inc_length(targets.len() as u64);
        }
        let _ = wanted.send(Wanted::Targets(targets));
    }
}

/// One run of the command.
struct Work<'a> {
    global: &'a Global,
    arguments: &'a Arguments,
    inputs: &'a [Item],
    targets: &'a [Url],
    /// How the lists could be read.
    listed: ExitCode,
    printer: &'a Printer,
    capturer: Capturer,
    store: &'a Store,
    clock: Clock,
    claims: Claims,
    limit: u64,
}

impl Work<'_> {
    /// `begun`: the first input, if it is being read already.
    async fn run(&self, begun: Option<Begun>) -> Result<ExitCode> {
        let (stop, signalled) = listen()?;
        let bar = self.printer.progress().then(|| progress_bar(0));
        let (wanted, more) = unbounded_channel();
        // What one article cites is fetched while the next is read.
        let (taken, tally) = tokio::try_join!(
            self.take_in(begun, &stop, wanted, bar.as_ref()),
            self.capture(more, &stop, bar.as_ref())
        )?;
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        if !self.printer.quiet() {
            // What is told is to be of now.
            self.store.judge().await?;
            let reader = Reader::open(&self.global.archive)?;
            for article in &taken.articles {
                summary::print(&reader, article.article, self.printer)?;
            }
            for target in taken.named {
                summary::print_target(&reader.target(target)?, self.printer);
            }
        }
        if let Some(code) = signalled.code() {
            let left = Reader::open(&self.global.archive)?.totals()?.pending;
            self.printer.warn(format_args!(
                "stopped; {left} targets wait, the same command goes on with them"
            ));
            return Ok(code);
        }
        Ok(worst(taken.codes.into_iter().chain([self.listed, tally.code()])))
    }

    /// Reads and keeps the inputs, one after another, and sends what they cite to those who capture it.
    async fn take_in(
        &self,
        mut begun: Option<Begun>,
        stop: &Stop,
        wanted: UnboundedSender<Wanted>,
        bar: Option<&ProgressBar>,
    ) -> Result<Taken> {
        let mut taken = Taken::default();
        let mut targets = BTreeSet::new();
        let mut inputs = self.inputs.iter().peekable();
        let mut first = Some(Capturer::hand_out(wanted.clone()));
        while let Some(item) = inputs.next() {
            if stop.is_asked() {
                break;
            }
            let name = item.name();
            let reading = begun.take().unwrap_or_else(|| self.begin(item));
            let reading = tokio::select! {
                reading = reading => reading.map_err(|e| Error::Internal(format!("reading {name}: {e}")))?,
                () = stop.given_up() => break,
            };
            // The next is read while this one is kept.
            begun = inputs.peek().map(|next| self.begin(next));
            let kept = match reading {
                Ok(reading) => {
                    let queueing = Queueing {
                        again: self.arguments.again,
                        curve: None,
                        hand_out: first.take(),
                    };
                    self.capturer.keep(name, reading, queueing).await
                }
                Err(error) => Err(error),
            };
            match kept {
                Ok(article) => {
                    let new = article.targets.iter().copied().filter(|target| targets.insert(*target));
                    Taken::tell(&wanted, new.collect(), bar);
                    taken.articles.push(article);
                }
                // An input that cannot be read loses nothing of the rest; an archive that cannot be written does.
                Err(error) if error.is_about_input() => {
                    self.printer.error(&error);
                    taken.codes.push(error.exit_code());
                }
                Err(error) => return Err(error),
            }
        }
        for url in self.targets {
            taken.named.push(self.capturer.target(url).await?);
        }
        let named = taken.named.clone();
        self.store.enqueue(named.clone(), self.arguments.again).await?;
        Taken::tell(&wanted, named, bar);
        Ok(taken)
    }

    /// Begins to read an input.
    fn begin(&self, item: &Item) -> Begun {
        let name = match item {
            Item::Named(name) => name,
            Item::Recorded(from, page) => {
                let (capturer, tags) = (self.capturer.clone(), self.claims.tags.clone());
                let (from, page) = (Arc::clone(from), page.clone());
                return tokio::spawn(async move { capturer.recorded_reading(&from, &page, tags).await });
            }
        };
        match Input::parse(name) {
            Input::Url(url) => {
                let (capturer, tags) = (self.capturer.clone(), self.claims.tags.clone());
                tokio::spawn(async move { capturer.fetch_reading(&url, tags).await })
            }
            local => begin_local(name, local, &self.claims, self.limit, self.clock),
        }
    }

    async fn capture(
        &self,
        wanted: UnboundedReceiver<Wanted>,
        stop: &Stop,
        bar: Option<&ProgressBar>,
    ) -> Result<Tally> {
        let mut tally = Tally::default();
        let mut watch = |done: &Done| {
            tally.count(done);
            if let Some(bar) = bar {
                bar.inc(1);
                bar.set_message(Printable(&done.url).to_string());
            }
            let what = if done.url.is_empty() {
                "a post to identify"
            } else {
                &done.url
            };
            self.printer.remark(format_args!(
                "{:<14} {} ({})",
                done.outcome.word(),
                Printable(what),
                done.reason
            ));
        };
        self.capturer.capture_all(wanted, stop, &mut watch).await?;
        self.capturer.read_pages(READ_AT_ONCE, stop).await?;
        warn_of_inquiries(&self.capturer.inquire(stop).await?, self.printer);
        Ok(tally)
    }
}

fn progress_bar(targets: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(targets as u64).with_style(style)
}
