//! The archive as a file: what may be opened, how SQLite is told to treat it, the lock that keeps runs apart, the
//! versions of the schema, and how the file is left behind.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME, ErrorCode, OpenFlags, OptionalExtension};

use super::disk;
use super::failure::{not_an_archive, sql_error};
use super::row::time;
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, ExitCode, Result};

/// The schema, which is also the public description of the archive.
pub(super) const SCHEMA: &str = include_str!("../../schema.sql");

/// `application_id` of an archive: the letters `ctkp`.
const APPLICATION: u32 = 0x6374_6b70;

/// Oldest SQLite without the WAL-reset fault, as `sqlite3_libversion_number` tells it.
const SQLITE_MINIMUM: i32 = 3_051_003;

/// Page size of new archives, in bytes: measured, bodies of 16 KB are written fastest so.
pub(super) const PAGE_SIZE: u32 = 8192;

/// The first makes an empty file an archive of the newest version; the others lead from each version to the next, from 1 on.
/// Those are never edited, only added to.
pub(super) const MIGRATIONS: &[&str] = &[
    SCHEMA,
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
    include_str!("migrations/5.sql"),
];

/// Version of the schema that this program writes.
pub(crate) const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// How long a statement waits for a lock of another program, in milliseconds.
const BUSY_MILLIS: u64 = 10_000;

/// Beyond this many bytes the write-ahead log is copied into the archive during a run, and written again from its
/// start: measured, that is cheaper than a log that grows, whose every page the system must find room for.
const WAL_BYTES: u32 = 8 << 20;

/// Page cache of the writer in KiB: measured, what stays small is used again while the processor still has it.
const CACHE_KIB: u32 = 4096;

/// An archive opened for writing, and the lock on it.
pub(super) struct Opened {
    pub connection: Connection,
    pub log: Log,
    pub lock: Lock,
}

/// After so many hours another run that holds the archive is told as stuck: twice the time after which `citekeep run` ends where
/// nothing is said.
const STUCK_HOURS: i64 = 4;

const HOUR_MILLIS: i64 = 3_600_000;

/// The write-ahead log beside an archive that is open in WAL mode.
pub(super) struct Log {
    /// It stays the same file until the last connection closes. Unlike those of the archive itself, descriptors of it may
    /// be closed: SQLite holds no locks on it.
    file: File,
    /// Its folder, until the disk keeps the name of the log as well.
    folder: Option<File>,
    path: PathBuf,
    /// A connection of its own; a run that finds little to do needs none.
    archive: Option<Connection>,
}

impl Log {
    fn open(path: &Path) -> Result<Log> {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        // A log that is not there is no missing input: SQLite could not make it.
        let file =
            File::open(&name).map_err(|source| io_error("cannot open the log of", path, io::Error::other(source)))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let folder = File::open(folder).map_err(|source| io_error("cannot open the folder of", path, source))?;
        Ok(Log {
            file,
            folder: Some(folder),
            path: path.to_owned(),
            archive: None,
        })
    }

    /// A log in this file, of no archive.
    #[cfg(test)]
    pub(super) fn over(file: File) -> Log {
        let path = PathBuf::from("a.db");
        Log {
            file,
            folder: None,
            path,
            archive: None,
        }
    }

    /// Returns when the disk has what was committed.
    pub(super) fn keep(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        match self.folder.take() {
            Some(folder) => folder.sync_all(),
            None => Ok(()),
        }
    }

    /// Copies what it can of the log into the archive while the writer goes on, so that the writer, who must do so before
    /// the log grows beyond its limit, finds little left to do.
    pub(super) fn copy(&mut self) -> Result<()> {
        let archive = match self.archive.take() {
            Some(connection) => connection,
            None => {
                let archive = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
                // A connection knows of the log once it has read; this needs no schema, and neither does copying.
                identity(&archive).map_err(|e| sql_error(&self.path, &e))?;
                archive
            }
        };
        let copied = archive.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE);
        self.archive = Some(archive);
        match copied {
            // The writer does so at this moment.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(()),
            other => other.map(drop).map_err(|e| sql_error(&self.path, &e)),
        }
    }
}

/// The lock that keeps a second run away. The kernel drops it when the process ends, however that happens.
pub(super) struct Lock(Option<File>);

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(file) = self.0.take() {
            // Closing any descriptor of the file would drop the locks that SQLite holds on it for readers in this
            // process, so it is unlocked but stays open until the process ends.
            let _ = file.unlock();
            std::mem::forget(file);
        }
    }
}

/// An archive that no other run may write to, as it was left.
pub(super) struct Held {
    path: PathBuf,
    pub connection: Connection,
    lock: Lock,
}

impl Held {
    /// Takes the archive; with `create`, makes it if there is none. Waits at most `wait` for another run.
    ///
    /// # Errors
    /// If it is missing, not an archive, newer than this program, a link, on a disk of another machine, held by another run, or not
    /// writable.
    pub(super) fn take(path: &Path, create: bool, wait: Duration, clock: Clock) -> Result<Held> {
        check_sqlite()?;
        let path = plain_path(path)?;
        disk::refuse_remote(&path)?;
        let lock = lock(&path, create, wait, clock)?;
        let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        Ok(Held { path, connection, lock })
    }

    /// Whether it was left in order by a program that knows this schema: then it can be changed as it is, in one file.
    pub(super) fn is_in_order(&self) -> Result<bool> {
        let look = || {
            let (application, version) = identity(&self.connection)?;
            let is_newest = application == APPLICATION && version == SCHEMA_VERSION;
            Ok(is_newest && journal_mode(&self.connection)? == "delete")
        };
        look().map_err(|error| sql_error(&self.path, &error))
    }

    /// Whether it will be brought up to date before any work.
    pub(super) fn is_of_an_earlier_schema(&self) -> bool {
        identity(&self.connection).is_ok_and(|(_, version)| version < SCHEMA_VERSION)
    }

    /// Prepares it for work.
    ///
    /// # Errors
    /// If it is not an archive, newer than this program, or cannot be written.
    pub(super) fn open(mut self) -> Result<Opened> {
        let path = &self.path;
        prepare(path, &mut self.connection)?;
        let log = Log::open(path)?;
        Ok(Opened {
            connection: self.connection,
            log,
            lock: self.lock,
        })
    }
}

/// Opens the archive for reading only; works during a run.
///
/// # Errors
/// If it is missing, not an archive, newer than this program, or a link.
pub(super) fn open_for_reading(path: &Path) -> Result<Connection> {
    let (connection, version) = open_of_any_version(path)?;
    if version < SCHEMA_VERSION {
        return Err(Error::Archive {
            path: path.to_owned(),
            why: format!("an archive of schema {version}, which must be brought up to date first"),
            hint: Some("any command that writes does so; `citekeep backup` copies it as it is before"),
            code: ExitCode::Configuration,
        });
    }
    Ok(connection)
}

/// As [`open_for_reading`], but takes archives of earlier versions, too; gives the version.
///
/// # Errors
/// If it is missing, not an archive, newer than this program, or a link.
pub(super) fn open_of_any_version(path: &Path) -> Result<(Connection, u32)> {
    let path = &existing(path)?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut identified = identity(&connection);
    if matches!(&identified, Err(error) if is_half_written(error)) {
        roll_back(path)?;
        connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        identified = identity(&connection);
    }
    let version = known_version(path, identified.map_err(|e| sql_error(path, &e))?)?;
    Ok((connection, version))
}

/// Opens an archive of somebody else, of any schema that this program knows: read only, and nothing is done to it. One of an
/// earlier schema is copied and the copy brought up to date; the copy is gone with the connection.
///
/// # Errors
/// If it is missing, not an archive, newer than this program, a link, or its tables are damaged.
pub(super) fn open_foreign(path: &Path) -> Result<Connection> {
    let path = &existing(path)?;
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let failed = |error: rusqlite::Error| sql_error(path, &error);
    let version = known_version(path, identity(&connection).map_err(failed)?)?;
    let sound: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    if sound != "ok" {
        return Err(Error::BadInput {
            input: path.display().to_string(),
            why: format!("a damaged file: {sound}"),
            hint: None,
        });
    }
    if version == SCHEMA_VERSION {
        return Ok(connection);
    }
    // Without a name of its own, SQLite takes the file away when the connection closes.
    let mut copy = Connection::open("").map_err(failed)?;
    secure(&copy).map_err(failed)?;
    rusqlite::backup::Backup::new(&connection, &mut copy)
        .and_then(|backup| backup.run_to_completion(1024, Duration::ZERO, None))
        .and_then(|()| migrate(&mut copy, MIGRATIONS))
        .map_err(failed)?;
    Ok(copy)
}

/// Whether a run was killed while it changed the file in place, so that its journal must be rolled back before anyone
/// reads. <https://sqlite.org/rescode.html#readonly_rollback>
fn is_half_written(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(failure, _)
        if failure.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK)
}

/// Lets SQLite roll back what a killed run left half written.
fn roll_back(path: &Path) -> Result<()> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .execute_batch("BEGIN IMMEDIATE; ROLLBACK")
        .map_err(|e| sql_error(path, &e))
}

/// Brings everything into the one file and leaves no other behind, unless a reader still looks at it.
pub(super) fn leave(connection: Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(1))?;
    // Not a mode that the file remembers: the next program finds it with a rollback journal, as any new file is.
    if set_journal_mode(&connection, "MEMORY").as_deref() != Ok("memory") {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    connection.close().map_err(|(_, error)| error)
}

/// Refuses an SQLite that may lose data.
pub(super) fn check_sqlite() -> Result<()> {
    if rusqlite::version_number() < SQLITE_MINIMUM {
        return Err(Error::Internal(format!(
            "built with SQLite {}, which may lose data in WAL mode; 3.51.3 is needed",
            rusqlite::version()
        )));
    }
    Ok(())
}

/// As [`plain_path`], of a file that is there.
fn existing(path: &Path) -> Result<PathBuf> {
    check_sqlite()?;
    let path = plain_path(path)?;
    match path.exists() {
        true => Ok(path),
        false => Err(missing(&path)),
    }
}

/// The path with its folder's links resolved, if the file itself is a plain file with one name or does not exist.
pub(super) fn plain_path(path: &Path) -> Result<PathBuf> {
    let folder = disk::folder_of(path);
    let name = path.file_name().ok_or_else(|| not_an_archive(path))?;
    let path = fs::canonicalize(folder)
        .map_err(|source| io_error("cannot open the folder of", path, source))?
        .join(name);
    let metadata = match fs::symlink_metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path),
        Err(source) => return Err(io_error("cannot open", &path, source)),
    };
    let why = if metadata.is_symlink() {
        "a symbolic link; SQLite would look for its log beside the wrong name"
    } else if !metadata.is_file() {
        return Err(not_an_archive(&path));
    } else if metadata.nlink() > 1 {
        "one file under several names; SQLite would lose what was written under another"
    } else {
        return Ok(path);
    };
    Err(Error::Archive {
        path,
        why: why.to_owned(),
        hint: Some("name the archive itself, and let it have one name only"),
        code: ExitCode::BadInput,
    })
}

fn lock(path: &Path, create: bool, wait: Duration, clock: Clock) -> Result<Lock> {
    let open = || OpenOptions::new().read(true).write(true).open(path);
    let mut file = match open() {
        Err(error) if create && error.kind() == io::ErrorKind::NotFound => {
            make(path)?;
            open()
        }
        other => other,
    }
    .map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => missing(path),
        _ => io_error("cannot open", path, source),
    })?;
    let deadline = Instant::now() + wait;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(50).min(wait));
            }
            Err(TryLockError::WouldBlock) => {
                // Kept open for the reason given at `Lock`.
                std::mem::forget(file);
                return Err(held(path, clock.now()));
            }
            Err(TryLockError::Error(source)) => return Err(io_error("cannot lock", path, source)),
        }
    }
    // What is not ours, or newer, is found before SQLite touches it.
    let mut header = [0; 100];
    let length = read_up_to(&mut file, &mut header).map_err(|source| io_error("cannot read", path, source))?;
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let lock = Lock(Some(file));
    if length < header.len() || !header.starts_with(b"SQLite format 3\0") {
        return Err(not_an_archive(path));
    }
    known_version(path, (number(68), number(60))).map(|_| lock)
}

/// Refuses to put a new file under a name beside which the log or journal of another stands: SQLite would take what is in it for part
/// of the new one. <https://sqlite.org/howtocorrupt.html#unlinking_or_renaming_a_database_file_while_in_use>
pub(super) fn refuse_beside_a_log(path: &Path) -> Result<()> {
    for end in ["-wal", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        let name = PathBuf::from(name);
        if fs::symlink_metadata(&name).is_ok_and(|found| !found.is_file() || found.len() > 0) {
            return Err(Error::Archive {
                path: path.to_owned(),
                why: format!(
                    "the log of another archive of that name stands there: {}",
                    name.display()
                ),
                hint: Some(
                    "a run is at work with it or was killed: let one end it, or move the log to where its archive is",
                ),
                code: ExitCode::BadInput,
            });
        }
    }
    Ok(())
}

/// Makes a new archive: whole under another name first, so that whatever happens, nothing but an archive ever stands
/// under its name. If another run was quicker, its file stays.
fn make(path: &Path) -> Result<()> {
    refuse_beside_a_log(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let cannot_make = |source| io_error("cannot make", path, source);
    let draft = tempfile::Builder::new()
        .prefix(".citekeep-")
        .suffix(".new")
        .tempfile_in(folder)
        .map_err(cannot_make)?;
    let mut connection = connect(draft.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let settings = format!("PRAGMA page_size = {PAGE_SIZE}; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
    connection
        .execute_batch(&settings)
        .and_then(|()| migrate(&mut connection, MIGRATIONS))
        // Whoever opens it next writes to it.
        .and_then(|()| into_wal(&connection).map(drop))
        .and_then(|()| connection.close().map_err(|(_, error)| error))
        .map_err(|e| sql_error(path, &e))?;
    draft.as_file().sync_all().map_err(cannot_make)?;
    match draft.persist_noclobber(path) {
        Err(failure) if failure.error.kind() != io::ErrorKind::AlreadyExists => Err(cannot_make(failure.error)),
        _ => File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(cannot_make),
    }
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| sql_error(path, &e))?;
    secure(&connection).map_err(|e| sql_error(path, &e))?;
    Ok(connection)
}

/// How every connection is set, whoever made its file.
fn secure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_millis(BUSY_MILLIS))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Otherwise a statement over a table with a partial index is prepared again whenever a parameter is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.execute_batch("PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON")
}

/// Has SQLite treat an archive as a run that writes to it needs, and brings it up to date.
fn prepare(path: &Path, connection: &mut Connection) -> Result<()> {
    let failed = |error: rusqlite::Error| sql_error(path, &error);
    known_version(path, identity(connection).map_err(failed)?)?;
    if into_wal(connection).map_err(failed)? != "wal" {
        return Err(Error::Archive {
            path: path.to_owned(),
            why: "SQLite cannot keep a write-ahead log there".to_owned(),
            hint: Some("keep the archive on a local disk"),
            code: ExitCode::InputOutput,
        });
    }
    // In the log, so that a reader never meets a half migrated file.
    migrate(connection, MIGRATIONS)
        .and_then(|()| set_up(connection))
        .map_err(failed)
}

/// How the connection of the writer is set.
fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "PRAGMA synchronous = NORMAL; PRAGMA recursive_triggers = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -{CACHE_KIB}"
    ))?;
    let page_size: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    connection.query_row(
        &format!("PRAGMA wal_autocheckpoint = {}", WAL_BYTES / page_size),
        [],
        |_| Ok(()),
    )
}

/// Has SQLite write to a log from now on; gives the mode that it is in then.
fn into_wal(connection: &Connection) -> rusqlite::Result<String> {
    let mode = journal_mode(connection)?;
    if mode == "wal" {
        return Ok(mode);
    }
    set_journal_mode(connection, "MEMORY")?;
    set_journal_mode(connection, "WAL")
}

/// The journal mode that it is in.
fn journal_mode(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))
}

/// Sets the journal mode; gives the one that it is in then. To WAL and from it SQLite changes bytes 18 to 27 and 92 to 99 of the
/// file, in one write to one sector: it is done or not, whatever happens, so a journal on the disk would protect nothing, and
/// cost more than all else. <https://sqlite.org/fileformat2.html#the_database_header>
fn set_journal_mode(connection: &Connection, mode: &str) -> rusqlite::Result<String> {
    connection.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |row| row.get(0))
}

/// Applies the steps that the archive has not seen yet, each in one transaction together with its version.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    let (_, version) = identity(connection)?;
    if version as usize >= steps.len() {
        return Ok(());
    }
    // A step may mend the text of a check, which is all that it would have to write a table anew for.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    // The schema itself is of the newest version already.
    let steps_left = if version == 0 { 1 } else { steps.len() };
    for (index, step) in steps.iter().enumerate().take(steps_left).skip(version as usize) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        let reached = if index == 0 { steps.len() } else { index + 1 };
        transaction.execute_batch(&format!("PRAGMA user_version = {reached}"))?;
        transaction.commit()?;
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    Ok(())
}

/// `application_id` and `user_version`.
fn identity(connection: &Connection) -> rusqlite::Result<(u32, u32)> {
    let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    Ok((
        u32::try_from(number("application_id")?).unwrap_or(0),
        u32::try_from(number("user_version")?).unwrap_or(u32::MAX),
    ))
}

/// The version of the schema, if a file of this identity is an archive and this program knows it.
fn known_version(path: &Path, (application, version): (u32, u32)) -> Result<u32> {
    if application != APPLICATION || version == 0 {
        return Err(not_an_archive(path));
    }
    match version > SCHEMA_VERSION {
        false => Ok(version),
        true => Err(Error::Archive {
            path: path.to_owned(),
            why: format!("an archive of schema {version}, and this program knows {SCHEMA_VERSION} at most"),
            hint: Some("use a newer citekeep; nothing was written"),
            code: ExitCode::Configuration,
        }),
    }
}

fn missing(path: &Path) -> Error {
    Error::Missing {
        path: path.display().to_string(),
    }
}

pub(super) fn io_error(what: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io {
        what,
        path: path.to_owned(),
        source,
    }
}

/// Another run holds the archive: says which, as its `run` row tells, and louder where it should have ended long ago.
fn held(path: &Path, now: Timestamp) -> Error {
    let holder = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .ok()
        .and_then(|connection| {
            connection
                .query_row(
                    "SELECT pid, started, coalesce(host, 'an unknown host'), command FROM run
                     WHERE NOT EXISTS (SELECT 1 FROM run_end WHERE run_end.run = run.id) ORDER BY id DESC LIMIT 1",
                    [],
                    |row| {
                        let (pid, started, host, command): (i64, String, String, String) =
                            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                        Ok((
                            format!(": process {pid} on {host}, since {started} (`{command}`)"),
                            time(&started),
                        ))
                    },
                )
                .optional()
                .ok()
                .flatten()
        });
    let hours = holder
        .as_ref()
        .map_or(0, |(_, since)| (now.millis() - since.millis()) / HOUR_MILLIS);
    let holder = holder.map(|(who, _)| who).unwrap_or_default();
    let (holder, hint) = match hours {
        hours if hours >= STUCK_HOURS => (
            format!("{holder}. IT HAS BEEN AT WORK FOR {hours} HOURS"),
            "look whether it is stuck; it may be killed, which loses nothing",
        ),
        _ => (holder, "wait for it, or give more time with --wait"),
    };
    Error::Archive {
        path: path.to_owned(),
        why: format!("another run holds the archive{holder}"),
        hint: Some(hint),
        code: ExitCode::Locked,
    }
}
