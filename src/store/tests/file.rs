//! The file: what is one, what an earlier version left, how it is brought up to date.

use std::path::{Path, PathBuf};
use std::process::Command as Process;

use rusqlite::Connection;

use super::fixtures::*;
use crate::error::ExitCode;
use crate::outcome::Outcome;
use crate::store::*;

#[test]
fn what_is_not_an_archive_is_refused_and_left_alone() {
    let (folder, path) = scratch();
    let exit = |path: &Path, create| {
        let error = Store::open(path, &RunOptions { create, ..options() })
            .map(drop)
            .unwrap_err();
        let reading = Reader::open(path).map(drop);
        (error.exit_code(), reading.map_err(|e| e.exit_code()))
    };
    assert_eq!(exit(&path, false), (ExitCode::NoInput, Err(ExitCode::NoInput)));
    std::fs::write(
        &path,
        "Dear diary, this is no database but long enough to have a header of its own.\n".repeat(9),
    )
    .unwrap();
    assert_eq!(exit(&path, true), (ExitCode::BadInput, Err(ExitCode::BadInput)));
    std::fs::write(&path, "").unwrap();
    assert_eq!(exit(&path, true), (ExitCode::BadInput, Err(ExitCode::BadInput)));
    std::fs::remove_file(&path).unwrap();
    tamper(&path, "CREATE TABLE diary (entry TEXT)");
    let before = std::fs::read(&path).unwrap();
    assert_eq!(exit(&path, true), (ExitCode::BadInput, Err(ExitCode::BadInput)));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    std::fs::remove_file(&path).unwrap();
    drop(open(&path));
    let (link, twin) = (folder.path().join("link.db"), folder.path().join("twin.db"));
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_eq!(exit(&link, true), (ExitCode::BadInput, Err(ExitCode::BadInput)));
    std::fs::hard_link(&path, &twin).unwrap();
    assert_eq!(exit(&path, true), (ExitCode::BadInput, Err(ExitCode::BadInput)));
    std::fs::remove_file(&twin).unwrap();
    tamper(&path, "PRAGMA user_version = 99");
    let before = std::fs::read(&path).unwrap();
    assert_eq!(
        exit(&path, true),
        (ExitCode::Configuration, Err(ExitCode::Configuration))
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(exit(folder.path(), true).0, ExitCode::BadInput);
}

#[test]
fn what_was_half_written_in_place_is_rolled_back_before_it_is_read() {
    let (folder, path) = scratch();
    drop(open(&path));
    let killed = folder.path().join("killed.db");
    let journal = |path: &Path| PathBuf::from(format!("{}-journal", path.display()));
    let connection = Connection::open(&path).unwrap();
    let count = "SELECT count(*) FROM host_penalty";
    // The cache holds so little that changed pages reach the file before the commit, as a kill could leave them.
    connection
        .execute_batch(
            "PRAGMA cache_size = 1; BEGIN;
             WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
             INSERT INTO host_penalty SELECT 'host ' || i, '2026-01-01T00:00:00.000Z', 0 FROM n",
        )
        .unwrap();
    std::fs::copy(&path, &killed).unwrap();
    std::fs::copy(journal(&path), journal(&killed)).unwrap();
    drop(connection);
    let mut raw = Connection::open_with_flags(&killed, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert!(raw.query_row(count, [], |row| row.get::<_, i64>(0)).is_err());
    sound(&killed);
    assert!(!journal(&killed).exists());
    raw = Connection::open(&killed).unwrap();
    assert_eq!(raw.query_row(count, [], |row| row.get::<_, i64>(0)), Ok(0));
}

#[test]
fn a_migrated_archive_has_the_schema_of_a_new_one() {
    let schema = |path: &Path| -> Vec<(String, Option<String>)> {
        let connection = Connection::open(path).unwrap();
        let mut statement = connection
            .prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(|row| row.unwrap()).collect()
    };
    let (_new_folder, new) = scratch();
    drop(open(&new));
    for kept in KEPT {
        let (_folder, path) = scratch();
        unpack(kept, &path);
        drop(open(&path));
        assert_eq!(schema(&path), schema(&new));
    }
}

/// An archive of each earlier schema.
const KEPT: [&[u8]; 4] = [
    include_bytes!("../../../tests/archives/schema-1.db.gz"),
    include_bytes!("../../../tests/archives/schema-2.db.gz"),
    include_bytes!("../../../tests/archives/schema-3.db.gz"),
    include_bytes!("../../../tests/archives/schema-4.db.gz"),
];

fn unpack(kept: &[u8], path: &Path) {
    let mut archive = std::fs::File::create(path).unwrap();
    std::io::copy(&mut flate2::read::GzDecoder::new(kept), &mut archive).unwrap();
}

#[test]
fn archives_of_earlier_schemas_are_brought_up_to_date_stay_sound_and_are_judged() {
    for (kept, told) in KEPT
        .into_iter()
        .zip([("live", 2), ("deleted", 2), ("unknown", 1), ("unknown", 1)])
    {
        let (_folder, path) = scratch();
        unpack(kept, &path);
        assert_eq!(
            Reader::open(&path).unwrap_err().exit_code(),
            ExitCode::Configuration,
            "who only reads changes nothing"
        );
        open(&path).close_blocking(0, None).unwrap();
        sound(&path);
        let now: (String, i64, String) = Connection::open(&path)
            .unwrap()
            .query_row(
                "SELECT p.text, (SELECT count(*) FROM recheck), v.state FROM posts p JOIN verdicts v ON v.target = p.target",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        let (verdict, due) = told;
        assert_eq!(now, ("The weir at Veyle holds.".to_owned(), due, verdict.to_owned()));
    }
}

#[test]
fn an_archive_is_not_brought_up_to_date_where_there_is_no_room_for_it() {
    for kept in KEPT {
        let (_folder, path) = scratch();
        unpack(kept, &path);
        let before = std::fs::read(&path).unwrap();
        let without_room = RunOptions {
            free: u64::MAX,
            ..options()
        };
        let error = Store::open(&path, &without_room).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::InputOutput, "{error}");
        assert!(std::fs::read(&path).unwrap() == before);
        open(&path).close_blocking(0, None).unwrap();
        sound(&path);
    }
}

#[test]
fn a_migration_that_fails_leaves_the_version_before_it() {
    let (_folder, path) = scratch();
    drop(open(&path));
    let mut connection = Connection::open(&path).unwrap();
    let with = |step| [file::MIGRATIONS, &[step]].concat();
    let failing = with("CREATE TABLE extra (id INTEGER); CREATE TABLE extra (id INTEGER)");
    assert!(file::migrate(&mut connection, &failing).is_err());
    let working = with("CREATE TABLE extra (id INTEGER)");
    file::migrate(&mut connection, &working).unwrap();
    assert_eq!(
        connection
            .query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0))
            .unwrap(),
        working.len() as i64
    );
    file::migrate(&mut connection, &working).unwrap();
}

#[test]
fn the_outcome_words_of_the_schema_are_those_of_the_program() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(file::SCHEMA).unwrap();
    let mut statement = connection.prepare("SELECT word FROM outcome").unwrap();
    let mut words: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(|word| word.unwrap())
        .collect();
    let mut ours: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.word()).collect();
    words.sort();
    ours.sort();
    assert_eq!(words, ours);
    for table in row::TABLES {
        let sql = format!(
            "SELECT group_concat(name, ', ') FROM pragma_table_info('{}')",
            table.name
        );
        let columns: String = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        let ours: Vec<&str> = table.columns.split_whitespace().collect();
        assert_eq!(columns, ours.join(" "), "{}", table.name);
    }
    let version: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, file::MIGRATIONS.len() as i64);
}

#[test]
fn a_distributions_sqlite_loads_the_schema_and_its_views() {
    let (_folder, path) = scratch();
    let views = "sentences targets posts citations captures bodies gone unresolved";
    let script = views
        .split(' ')
        .map(|view| format!("SELECT '{view}', count(*) FROM {view};\n"));
    let script = format!("{}\n{}", file::SCHEMA, script.collect::<String>());
    let Ok(mut sqlite) = Process::new("sqlite3")
        .arg(&path)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
    else {
        return;
    };
    std::io::Write::write_all(&mut sqlite.stdin.take().unwrap(), script.as_bytes()).unwrap();
    let output = sqlite.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 8);
}
