//! What a failed statement means: the program's error, its exit code, and whether the writer may go on after it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::{Error, ExitCode};

/// Why an operation on the archive failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite refused.
    Sql(rusqlite::Error),
    /// We refused.
    Refused(Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Refused(error)
    }
}

impl Fault {
    /// The program's error.
    pub(super) fn into_error(self, path: &Path) -> Error {
        match self {
            Fault::Sql(error) => sql_error(path, &error),
            Fault::Refused(error) => error,
        }
    }

    /// Whether nothing may be written after it: the disk is full, reading or writing failed, the file is damaged.
    pub(super) fn is_fatal(&self) -> bool {
        match self {
            Fault::Refused(_) => false,
            Fault::Sql(error) => matches!(
                error.sqlite_error_code(),
                Some(
                    ErrorCode::DiskFull
                        | ErrorCode::SystemIoFailure
                        | ErrorCode::ReadOnly
                        | ErrorCode::DatabaseCorrupt
                        | ErrorCode::NotADatabase
                        | ErrorCode::OutOfMemory
                        | ErrorCode::CannotOpen
                        | ErrorCode::DatabaseBusy
                )
            ),
        }
    }
}

/// What a failed statement is to the user.
pub(super) fn sql_error(path: &Path, error: &rusqlite::Error) -> Error {
    let damaged = |why: String| Error::Archive {
        path: path.to_owned(),
        why,
        hint: Some("run `citekeep verify` on it, and go back to a backup if it is damaged"),
        code: ExitCode::BadInput,
    };
    let io = |what, kind| Error::Io {
        what,
        path: path.to_owned(),
        source: io::Error::new(kind, error.to_string()),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => io("no space left to write", io::ErrorKind::StorageFull),
        Some(ErrorCode::SystemIoFailure) => io("cannot read or write", io::ErrorKind::Other),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            io("not permitted to open or write", io::ErrorKind::PermissionDenied)
        }
        Some(ErrorCode::NotADatabase) => not_an_archive(path),
        // SQLite takes some of what it could not read for damage.
        Some(ErrorCode::DatabaseCorrupt) => match unreadable(path) {
            Some(source) => Error::Io {
                what: "cannot read",
                path: path.to_owned(),
                source,
            },
            None => damaged(format!("the archive is damaged: {error}")),
        },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Archive {
            path: path.to_owned(),
            why: "another program holds the archive".to_owned(),
            hint: Some("close it, or give more time with --wait"),
            code: ExitCode::Locked,
        },
        _ => Error::Internal(format!("{}: {error}", path.display())),
    }
}

/// Why the disk does not give the whole file, if it does not.
pub(super) fn unreadable(path: &Path) -> Option<io::Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return Some(error),
    };
    let mut piece = vec![0; 1 << 20];
    let mut at = 0;
    let failed = loop {
        match file.read_at(&mut piece, at) {
            Ok(0) => break None,
            Ok(length) => at += length as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Some(error),
        }
    };
    // Closing it would drop the locks that SQLite holds on it for readers in this process.
    std::mem::forget(file);
    failed
}

/// The file is something else.
pub(super) fn not_an_archive(path: &Path) -> Error {
    Error::Archive {
        path: path.to_owned(),
        why: "not a citekeep archive".to_owned(),
        hint: None,
        code: ExitCode::BadInput,
    }
}
