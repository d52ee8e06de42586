//! A safe copy of the archive, also while a run writes to it: made under another name, checked, and only then named.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde::Serialize;
use tempfile::NamedTempFile;

use super::failure::sql_error;
use super::file::{self, connect, io_error};
use crate::error::{Error, ExitCode, Result};

/// Pages copied in one step, between which progress is told.
const STEP_PAGES: i32 = 1024;

/// How the name of a copy begins and ends while it is made.
const DRAFT: (&str, &str) = (".citekeep-", ".backup");

/// How long to wait where another program holds the file for a moment.
const PAUSE: Duration = Duration::from_millis(20);

/// How a copy is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Write it anew without the room that deleted rows left, rather than page by page.
    pub compact: bool,
    /// Let it take the place of a file that is there.
    pub force: bool,
}

/// A copy that was made and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Where it is.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// Ledger entries in it.
    pub entries: i64,
    /// Head of its ledger; `None` if it has no entry.
    pub head: Option<String>,
}

/// Copies the archive at `archive` to `to`, as it stands between two commits. The copy is checked (SQLite's quick check, the
/// end of its ledger against the archive's) before it gets its name, so under that name there is a whole copy or what was
/// there before. An archive of an earlier version is copied as it is. `progress` hears of pages done and all pages; a compact copy tells none.
///
/// # Errors
/// If the archive cannot be read, `to` is there already (and `force` not given) or is the archive itself, the copy cannot be
/// written (74, 77), or does not stand its check (65).
pub fn backup(archive: &Path, to: &Path, options: Options, mut progress: impl FnMut(u64, u64)) -> Result<Copied> {
    let (original, _) = file::open_of_any_version(archive)?;
    let (archive, to) = (file::plain_path(archive)?, file::plain_path(to)?);
    check_name(&archive, &to, options.force)?;
    let folder = to.parent().unwrap_or(Path::new("."));
    clear_drafts(folder);
    let draft = tempfile::Builder::new()
        .prefix(DRAFT.0)
        .suffix(DRAFT.1)
        .tempfile_in(folder)
        .map_err(|source| io_error("cannot write beside", &to, source))?;
    // Says that somebody works on it, for as long as we live.
    draft
        .as_file()
        .try_lock()
        .map_err(|error| io_error("cannot write beside", &to, error.into()))?;
    if options.compact {
        vacuum(&original, draft.path())
    } else {
        copy(&original, draft.path(), &mut progress)
    }
    // What is wrong with the copy's file is said of the name that the user gave.
    .map_err(|error| sql_error(&to, &error))?;
    keep(draft, &original, &to, options.force)
}

/// Takes away what copies left that were killed. What cannot be taken away stays, and harms nobody.
fn clear_drafts(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_draft = name
            .to_str()
            .is_some_and(|name| name.starts_with(DRAFT.0) && name.ends_with(DRAFT.1));
        if is_draft && File::open(entry.path()).is_ok_and(|draft| draft.try_lock().is_ok()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn check_name(archive: &Path, to: &Path, force: bool) -> Result<()> {
    if archive == to {
        return Err(Error::BadInput {
            input: to.display().to_string(),
            why: "is the archive itself".to_owned(),
            hint: Some("name another file, best on another disk"),
        });
    }
    if to.exists() && !force {
        return Err(is_there(to));
    }
    file::refuse_beside_a_log(to)
}

fn is_there(to: &Path) -> Error {
    Error::BadInput {
        input: to.display().to_string(),
        why: "is there already".to_owned(),
        hint: Some("name another file, or give --force to put the new copy in its place"),
    }
}

/// Page by page. The transaction holds one state of the archive, so a run that commits meanwhile does not make SQLite begin
/// anew. <https://sqlite.org/backup.html>
fn copy(archive: &Connection, draft: &Path, progress: &mut dyn FnMut(u64, u64)) -> rusqlite::Result<()> {
    let mut copy = Connection::open_with_flags(draft, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Nobody else sees it yet, and a failed copy is thrown away.
    copy.execute_batch("PRAGMA synchronous = OFF")?;
    let snapshot = archive.unchecked_transaction()?;
    snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    {
        let backup = Backup::new(&snapshot, &mut copy)?;
        loop {
            match backup.step(STEP_PAGES)? {
                StepResult::Done => break,
                StepResult::Busy | StepResult::Locked => std::thread::sleep(PAUSE),
                _ => {
                    let at = backup.progress();
                    let pages = |count: i32| u64::try_from(count).unwrap_or(0);
                    progress(pages(at.pagecount - at.remaining), pages(at.pagecount));
                }
            }
        }
    }
    file::leave(copy)
}

/// Written anew. <https://sqlite.org/lang_vacuum.html#vacuuminto>
fn vacuum(archive: &Connection, draft: &Path) -> rusqlite::Result<()> {
    archive.execute("VACUUM INTO ?1", [draft.to_string_lossy()])?;
    Ok(())
}

/// Has the disk keep the copy, checks it, and gives it its name.
fn keep(draft: NamedTempFile, archive: &Connection, to: &Path, force: bool) -> Result<Copied> {
    let cannot_write = |source| io_error("cannot write", to, source);
    draft.as_file().sync_all().map_err(cannot_write)?;
    let (entries, head) = check(draft.path(), archive, to)?;
    let bytes = draft.as_file().metadata().map_err(cannot_write)?.len();
    let named = if force {
        draft.persist(to)
    } else {
        draft.persist_noclobber(to)
    };
    named.map_err(|failure| match failure.error.kind() {
        io::ErrorKind::AlreadyExists => is_there(to),
        _ => cannot_write(failure.error),
    })?;
    File::open(to.parent().unwrap_or(Path::new(".")))
        .and_then(|folder| folder.sync_all())
        .map_err(cannot_write)?;
    // Opened under its name as anyone will open it.
    file::open_of_any_version(to)?;
    let path = to.to_owned();
    Ok(Copied {
        path,
        bytes,
        entries,
        head,
    })
}

/// Number of entries and head of the copy's ledger, if SQLite finds nothing wrong with the file and the archive has that
/// head at that entry.
fn check(draft: &Path, archive: &Connection, to: &Path) -> Result<(i64, Option<String>)> {
    let failed = |why: String| Error::Archive {
        path: to.to_owned(),
        why: format!("the copy is not whole ({why}), so it was thrown away"),
        hint: Some("run `citekeep verify` on the archive, and try another disk"),
        code: ExitCode::BadInput,
    };
    let copy = connect(draft, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let read = || -> rusqlite::Result<(String, i64, Option<String>)> {
        let verdict = copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        let (entries, head) = copy.query_row(
            "SELECT count(*), (SELECT head FROM ledger ORDER BY seq DESC LIMIT 1) FROM ledger",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok((verdict, entries, head))
    };
    let (verdict, entries, head) = read().map_err(|error| failed(error.to_string()))?;
    if verdict != "ok" {
        return Err(failed(verdict));
    }
    let expected: Option<String> = archive
        .query_row("SELECT head FROM ledger WHERE seq = ?1", [entries - 1], |row| {
            row.get(0)
        })
        .optional()
        .map_err(|error| failed(error.to_string()))?;
    if expected != head {
        return Err(failed("its ledger ends otherwise than the archive's".to_owned()));
    }
    Ok((entries, head))
}
