//! The one error type of the edges: what failed, on which thing, what to do next, and the exit code it amounts to.

use std::path::PathBuf;

use serde::Serialize;
use thiserror::Error;

use crate::outcome::Outcome;

/// Exit codes of the program; part of its contract (see README).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ExitCode {
    /// All done.
    Done = 0,
    /// Done, and changes or deletions were found; only where that was asked for.
    Changed = 2,
    /// Done, but some items failed and are scheduled again, or a witness did not stamp a bundle.
    SomeFailed = 3,
    /// Wrong usage.
    Usage = 64,
    /// Bad input, or a failed verification.
    BadInput = 65,
    /// An input is missing.
    NoInput = 66,
    /// The network was wholly unusable: of several hosts that were asked none answered. One alone may be away itself.
    NoNetwork = 69,
    /// A fault of ours.
    Internal = 70,
    /// Input or output failed, or the disk is full.
    InputOutput = 74,
    /// Another run holds the archive.
    Locked = 75,
    /// Not permitted, e.g. a read-only archive.
    Permission = 77,
    /// The configuration is wrong, or the archive is newer than this program.
    Configuration = 78,
    /// Stopped by SIGINT after committing what was done.
    Interrupted = 130,
    /// Stopped by SIGTERM after committing what was done.
    Terminated = 143,
}

/// What can stop a command.
#[derive(Debug, Error)]
pub enum Error {
    /// An input does not exist.
    #[error("{path}: no such file")]
    Missing { path: String },
    /// An input could be opened but not used.
    #[error("{input}: {why}")]
    BadInput {
        input: String,
        why: String,
        hint: Option<&'static str>,
    },
    /// The operating system refused to read an input.
    #[error("{input}: {source}")]
    Input { input: String, source: std::io::Error },
    /// An article's address gave no article.
    #[error("{url}: {outcome} ({reason}){sep}{detail}", outcome = outcome.word(), sep = if detail.is_empty() { "" } else { ": " })]
    NotFetched {
        url: String,
        outcome: Outcome,
        reason: String,
        detail: String,
    },
    /// The operating system refused to read or write.
    #[error("{what} {path}: {source}", path = path.display())]
    Io {
        what: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    /// The archive file is not one of ours, damaged, or of a newer program.
    #[error("{path}: {why}", path = path.display())]
    Archive {
        path: PathBuf,
        why: String,
        hint: Option<&'static str>,
        code: ExitCode,
    },
    /// A setting is wrong.
    #[error("{what}: {why}")]
    Config { what: String, why: String },
    /// A signal asked to stop; what was not whole yet is gone.
    #[error("stopped before it was done")]
    Stopped(ExitCode),
    /// A fault of ours; please report.
    #[error("internal error: {0}")]
    Internal(String),
}

/// Result of an edge.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The exit code this error amounts to.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Error::Missing { .. } => ExitCode::NoInput,
            Error::BadInput { .. } => ExitCode::BadInput,
            Error::NotFetched { outcome, .. } if outcome.is_transient() => ExitCode::SomeFailed,
            Error::NotFetched { .. } => ExitCode::BadInput,
            Error::Io { source, .. } | Error::Input { source, .. } => match source.kind() {
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => ExitCode::Permission,
                std::io::ErrorKind::NotFound => ExitCode::NoInput,
                _ => ExitCode::InputOutput,
            },
            Error::Archive { code, .. } | Error::Stopped(code) => *code,
            Error::Config { .. } => ExitCode::Configuration,
            Error::Internal(_) => ExitCode::Internal,
        }
    }

    /// Whether it concerns one input only, so that the others can go on.
    #[must_use]
    pub fn is_about_input(&self) -> bool {
        matches!(
            self,
            Error::Missing { .. } | Error::BadInput { .. } | Error::NotFetched { .. }
        ) || matches!(self, Error::Input { .. })
    }

    /// What to do about it, where that is not plain from the message.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Error::BadInput { hint, .. } | Error::Archive { hint, .. } => *hint,
            Error::NotFetched { reason, .. } if matches!(reason.as_str(), "refused_address" | "refused_name") => {
                Some("private and reserved addresses are not asked; `--allow-net` lets a range pass")
            }
            Error::NotFetched { .. } => Some("a page saved from a browser can be given as a file with `--url`"),
            Error::Internal(_) => Some("this is a fault of citekeep; what was committed is safe"),
            _ => None,
        }
    }
}
