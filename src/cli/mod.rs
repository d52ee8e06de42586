//! The command line: one file per command. It prints, it never decides.

use std::path::PathBuf;
use std::process::ExitCode as ProcessExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use clap::{Args, Parser, Subcommand};
use url::Url;

use crate::config::{Config, Source};
use crate::error::{Error, ExitCode, Result};

mod archive;
mod backup;
mod become_helper;
mod capturing;
mod changes;
mod config;
mod diff;
mod docs;
mod doctor;
mod dump;
mod export;
mod find;
mod follow;
mod hook;
mod import;
mod key;
mod list;
mod note;
mod pause;
mod person;
mod ping;
mod print;
mod redact;
mod reparse;
mod report;
mod resolve;
mod run;
mod schedule;
mod search;
mod show;
mod sources;
mod stamp;
mod status;
mod summary;
mod verify;
mod words;

use print::Printer;

/// Keeps the social-media posts that news articles cite, each tied to the sentence that cited it.
#[derive(Debug, Parser)]
#[command(name = "citekeep", version, about, max_term_width = 100, disable_help_subcommand = true, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// [`Cli`] with `run` alone.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true)]
struct OnlyRun {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: OnlyCommand,
}

#[derive(Debug, Subcommand)]
enum OnlyCommand {
    Run(run::Arguments),
}

const AFTER_HELP: &str = "\
Exit codes: 0 done; 2 (`run --exit-code`) done, and something changed or vanished; 3 done, but some items failed and are
scheduled again, or a witness gave a bundle no stamp (`export --stamp`); 64 usage; 65 bad input or failed verification;
66 input missing; 69 network unusable; 70 internal error; 74 I/O error or disk full; 75 another run holds the archive;
77 not permitted; 78 configuration, or an archive of a newer version; 130/143 stopped by a signal after committing what
was done.";

/// Options of every command.
#[derive(Debug, Args)]
struct Global {
    /// The archive file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "CITEKEEP_ARCHIVE",
        default_value = "citekeep.db"
    )]
    archive: PathBuf,
    /// Print JSON (one object a line where there are several)
    #[arg(long, global = true)]
    json: bool,
    /// Print nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print more: reasons, refusals, every source's answer
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Configuration file (default: citekeep/config.toml in the user's configuration folder, if it is there)
    #[arg(long, global = true, value_name = "FILE", env = "CITEKEEP_CONFIG")]
    config: Option<PathBuf>,
    /// Override a setting, e.g. pace.delay=0.5 (several: all before or all after the name of the command)
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Let the guard pass a private range, any port there, e.g. 127.0.0.0/8
    #[arg(long, global = true, value_name = "CIDR")]
    allow_net: Vec<String>,
}

impl Global {
    fn settings(&self) -> Result<Config> {
        Config::load(&Source {
            file: self.config.clone(),
            set: self.set.clone(),
            allow_net: self.allow_net.clone(),
        })
    }

    fn printer(&self) -> Printer {
        Printer::new(self.json, self.quiet, self.verbose)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Become a helper program within bounds
    #[command(hide = true)]
    Become(become_helper::Arguments),
    /// Read articles, find what they cite, capture it, tie it to the sentence, and keep it all
    Archive(archive::Arguments),
    /// Print what articles cite, with the sentences; no network, no archive
    Find(find::Arguments),
    /// Take in the records of web archives of others (WARC, WACZ) as they stand
    Import(import::Arguments),
    /// Capture whatever is due: cron's command, silent on success
    Run(run::Arguments),
    /// Look at a feed or sitemap in every run, and read its new articles
    Follow(follow::FollowArguments),
    /// Do not look at a list any more
    Unfollow(follow::UnfollowArguments),
    /// List what is followed
    Follows,
    /// Tell how the last run went and what is due, or what room the archive takes
    Status(status::Arguments),
    /// List the articles in the archive
    List(list::Arguments),
    /// Show one article with its sentences and what became of the posts it cites
    Show(show::Arguments),
    /// Look for words in articles, posts and notes, in any script
    Search(search::Arguments),
    /// Read posts again from their stored answers, and add what this program reads otherwise
    Reparse(reparse::Arguments),
    /// Add a remark about an article or a target
    Note(note::NoteArguments),
    /// Add a file that only a person could get, e.g. a screenshot behind a login; it is no capture
    Attach(note::AttachArguments),
    /// Do not capture a target, or read an article again, of its own accord any more
    Pause(pause::PauseArguments),
    /// Let what is paused go on
    Resume(pause::ResumeArguments),
    /// Set how often one post, page or article is captured, or list what is set
    Schedule(schedule::Arguments),
    /// List citations whose post could not be identified, or settle one by hand
    Resolve(resolve::Arguments),
    /// Take something out for good, leaving a tombstone and its digest
    Redact(redact::Arguments),
    /// Write an evidence bundle: a folder of plain files that ordinary tools can check
    Export(export::Arguments),
    /// Have time stamping authorities and calendars confirm that the ledger stands as it does now
    Stamp(stamp::Arguments),
    /// The key that bundles are signed with
    #[command(subcommand)]
    Key(key::Arguments),
    /// Check every hash, the ledger and every reference of the archive, or of a bundle
    Verify(verify::Arguments),
    /// Tell whether a run could work here, and ask every source for a post known to be live
    Doctor,
    /// Show what changed in a post, a linked page or an article, word by word
    Diff(diff::Arguments),
    /// List what changed or vanished, newest last
    Changes(changes::Arguments),
    /// Write a checked copy of the archive, also during a run
    Backup(backup::Arguments),
    /// Print the content of the archive as lines of JSON that can be compared
    Dump(dump::Arguments),
    /// List the sources of the platforms, or read a saved answer of one
    Sources(sources::Arguments),
    /// Configuration
    #[command(subcommand)]
    Config(config::Arguments),
    /// Print the man page
    Man,
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Parses the arguments, runs the command, and returns the process's exit code. Errors are printed here.
pub fn run() -> ProcessExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() {
                ExitCode::Usage
            } else {
                ExitCode::Done
            };
            // Help that nobody reads to its end is no failure.
            let _ = error.print();
            return (code as u8).into();
        }
    };
    let printer = cli.global.printer();
    std::panic::set_hook(Box::new(print::panic));
    let code = or_internal(|| match outlive_file_limits().and_then(|()| dispatch(&cli, &printer)) {
        Ok(code) => code,
        Err(error) => {
            printer.error(&error);
            error.exit_code()
        }
    });
    (code as u8).into()
}

/// What cron asks most often is understood without all that the other commands could be asked: that takes as long as the rest of a run
/// that finds nothing due. Whatever is no such thing, or is wrong, is told by the whole.
fn parse() -> std::result::Result<Cli, clap::Error> {
    let is_run = std::env::args_os().any(|argument| argument == "run");
    match is_run.then(OnlyRun::try_parse) {
        Some(Ok(OnlyRun { global, command })) => {
            let OnlyCommand::Run(arguments) = command;
            Ok(Cli {
                global,
                command: Command::Run(arguments),
            })
        }
        Some(Err(_)) | None => Cli::try_parse(),
    }
}

/// A panic is a fault of ours; its message was printed where it came up.
fn or_internal(command: impl FnOnce() -> ExitCode) -> ExitCode {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(command)).unwrap_or(ExitCode::Internal)
}

/// A limit on the size of files ends a process by SIGXFSZ unless the signal is taken; then the write that went too far
/// fails, and that is an error like any other (exit 74).
fn outlive_file_limits() -> Result<()> {
    // The number on Linux and macOS, but for MIPS.
    const SIGXFSZ: i32 = 25;
    // Nobody looks at the flag: that the signal is taken is all that counts.
    signal_hook::flag::register(SIGXFSZ, Arc::default())
        .map(drop)
        .map_err(internal)
}

/// Has Ctrl-C and SIGTERM noted here by their numbers instead of ending the process; a second one ends it.
fn stop_on_signals(noted: &Arc<AtomicUsize>) -> Result<()> {
    let again = Arc::new(AtomicBool::new(false));
    for signal in [2, 15] {
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, again.clone())
            .and_then(|_| signal_hook::flag::register(signal, again.clone()))
            .and_then(|_| signal_hook::flag::register_usize(signal, noted.clone(), signal.unsigned_abs() as usize))
            .map_err(internal)?;
    }
    Ok(())
}

fn dispatch(cli: &Cli, printer: &Printer) -> Result<ExitCode> {
    match &cli.command {
        Command::Become(arguments) => become_helper::run(arguments),
        Command::Archive(arguments) => archive::run(&cli.global, arguments, printer),
        Command::Find(arguments) => find::run(&cli.global, arguments, printer),
        Command::Import(arguments) => import::run(&cli.global, arguments, printer),
        Command::Run(arguments) => run::run(&cli.global, arguments, printer),
        Command::Follow(arguments) => follow::follow(&cli.global, arguments, printer),
        Command::Unfollow(arguments) => follow::unfollow(&cli.global, arguments, printer),
        Command::Follows => follow::follows(&cli.global, printer),
        Command::Status(arguments) => status::run(&cli.global, arguments, printer),
        Command::List(arguments) => list::run(&cli.global, arguments, printer),
        Command::Show(arguments) => show::run(&cli.global, arguments, printer),
        Command::Search(arguments) => search::run(&cli.global, arguments, printer),
        Command::Reparse(arguments) => reparse::run(&cli.global, arguments, printer),
        Command::Note(arguments) => note::note(&cli.global, arguments, printer),
        Command::Attach(arguments) => note::attach(&cli.global, arguments, printer),
        Command::Pause(arguments) => pause::pause(&cli.global, arguments, printer),
        Command::Resume(arguments) => pause::resume(&cli.global, arguments, printer),
        Command::Schedule(arguments) => schedule::run(&cli.global, arguments, printer),
        Command::Resolve(arguments) => resolve::run(&cli.global, arguments, printer),
        Command::Redact(arguments) => redact::run(&cli.global, arguments, printer),
        Command::Export(arguments) => export::run(&cli.global, arguments, printer),
        Command::Stamp(arguments) => stamp::run(&cli.global, arguments, printer),
        Command::Key(arguments) => key::run(&cli.global, arguments, printer),
        Command::Verify(arguments) => verify::run(&cli.global, arguments, printer),
        Command::Doctor => doctor::run(&cli.global, printer),
        Command::Diff(arguments) => diff::run(&cli.global, arguments, printer),
        Command::Changes(arguments) => changes::run(&cli.global, arguments, printer),
        Command::Backup(arguments) => backup::run(&cli.global, arguments, printer),
        Command::Dump(arguments) => dump::run(&cli.global, arguments, printer),
        Command::Sources(arguments) => sources::run(arguments, printer),
        Command::Config(arguments) => config::run(&cli.global, arguments, printer),
        Command::Man => docs::man(printer),
        Command::Completions { shell } => docs::completions(*shell, printer),
    }
}

/// The exit code of several inputs: one that could not be read at all outranks items that failed.
fn worst(codes: impl IntoIterator<Item = ExitCode>) -> ExitCode {
    codes
        .into_iter()
        .max_by_key(|code| match code {
            ExitCode::Done => 0,
            ExitCode::SomeFailed => 1,
            ExitCode::NoNetwork => 2,
            ExitCode::BadInput => 3,
            ExitCode::NoInput => 4,
            _ => 5,
        })
        .unwrap_or(ExitCode::Done)
}

/// The command as it was typed; a password in an address is left out.
fn command_line() -> String {
    let words = std::env::args_os().map(|argument| without_password(&argument.to_string_lossy()));
    words.collect::<Vec<_>>().join(" ")
}

/// A word of the command line; of an address that has a password, without that.
fn without_password(word: &str) -> String {
    match Url::parse(word) {
        Ok(mut url) if url.password().is_some() => {
            // An address that has a password has a host, so this cannot fail.
            let _ = url.set_password(None);
            url.to_string()
        }
        _ => word.to_owned(),
    }
}

/// What drives the network: one thread, which the archive's writer and a host's pace keep waiting anyway.
fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(internal)
}

/// `Error::Internal` of something that the types say cannot happen.
fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_panic_ends_with_the_code_of_an_internal_error() {
        assert_eq!(
            or_internal(|| [ExitCode::Done][std::hint::black_box(1)]),
            ExitCode::Internal
        );
        assert_eq!(or_internal(|| ExitCode::SomeFailed), ExitCode::SomeFailed);
    }

    #[test]
    fn an_input_that_could_not_be_read_outranks_items_that_failed() {
        assert_eq!(
            worst([ExitCode::Done, ExitCode::SomeFailed, ExitCode::BadInput]),
            ExitCode::BadInput
        );
        assert_eq!(worst([]), ExitCode::Done);
    }
}
