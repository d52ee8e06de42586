//! Evidence: that it stays, that every change of it is found, and what a person may take out.

use std::path::Path;
use std::process::Command as Process;

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use url::Url;

use super::fixtures::*;
use crate::citation::Cited;
use crate::error::ExitCode;
use crate::store::other::stamps::Confirmed;
use crate::store::record::About;
use crate::store::verify::{Extent, Place, ProblemKind, verify};
use crate::store::*;

#[tokio::test]
async fn the_ledger_is_recomputed_with_nothing_but_sha256_and_by_the_documented_shell_loop() {
    let (_folder, path) = scratch();
    full_archive(&path).await;
    let connection = Connection::open(&path).unwrap();
    let mut statement = connection
        .prepare("SELECT seq, body, leaf, head FROM ledger ORDER BY seq")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut previous = "0".repeat(64);
    let hexadecimal = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        let (seq, body, leaf, head): (i64, String, String, String) = (
            row.get(0).unwrap(),
            row.get(1).unwrap(),
            row.get(2).unwrap(),
            row.get(3).unwrap(),
        );
        assert_eq!(seq, count);
        assert_eq!(hexadecimal(&Sha256::digest([b"\0", body.as_bytes()].concat())), leaf);
        assert_eq!(hexadecimal(&Sha256::digest(format!("{previous} {leaf}\n"))), head);
        let line: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(line.to_string(), body, "canonical: sorted keys, no white space");
        assert_eq!(line["seq"], seq);
        assert_eq!(line["nonce"], format!("{seq:032x}"));
        previous = head;
        count += 1;
    }
    assert_eq!(count, 6);
    let script = r#"
        prev=$(printf '%064d' 0); sqlite3 -separator ' ' "$1" 'SELECT seq, leaf, head FROM ledger ORDER BY seq' |
        while read n leaf head; do
          [ "$(printf '%s %s\n' "$prev" "$leaf" | sha256sum | cut -c1-64)" = "$head" ] || echo BAD $n; prev=$head; echo $n
        done"#;
    if let Ok(output) = Process::new("sh").args(["-c", script, "sh"]).arg(&path).output()
        && Process::new("sqlite3").arg("-version").output().is_ok()
    {
        assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n1\n2\n3\n4\n5\n");
    }
}

#[tokio::test]
async fn evidence_refuses_update_and_delete() {
    let (_folder, path) = scratch();
    let receipt = full_archive(&path).await;
    add_a_note(&path, About::Target(receipt.targets[0])).await;
    add_a_post_read_again(&path).await;
    add_a_stamp(&path).await;
    add_an_export(&path);
    add_an_inquiry(&path, receipt.targets[0]).await;
    add_what_a_helper_got(&path, receipt.targets[0]).await;
    add_what_others_recorded(&path, receipt.targets[1]).await;
    take_another_archive(&path).await;
    let connection = Connection::open(&path).unwrap();
    let tables: Vec<&str> = row::TABLES
        .iter()
        .map(|table| table.name)
        .chain(["ledger", "blob", "blob_chunk", "outcome"])
        .collect();
    for table in tables {
        if table != "redaction" {
            let rows: i64 = connection
                .query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0))
                .unwrap();
            assert!(rows > 0, "{table} has a row to try");
        } else {
            continue;
        }
        let mut columns = connection
            .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
            .unwrap();
        let columns: Vec<String> = columns
            .query_map([], |r| r.get(0))
            .unwrap()
            .map(|c| c.unwrap())
            .collect();
        for column in columns {
            let sql = format!("UPDATE {table} SET {column} = {column}");
            let error = connection.execute_batch(&sql).unwrap_err().to_string();
            assert!(error.contains("append-only"), "{sql}: {error}");
        }
        let error = connection
            .execute_batch(&format!("DELETE FROM {table}"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("append-only"), "{table}: {error}");
    }
    let error = connection
        .execute_batch("INSERT INTO blob_chunk (id, bytes) VALUES (65536 + 9, x'00')")
        .unwrap_err();
    assert!(error.to_string().contains("sealed"), "{error}");
}

/// Changes each column of these tables, in a row of each, and expects the change to be found; gives the SQL that takes the triggers
/// away and puts them back, and the number of changes.
fn tamper_with_each_column(path: &Path, folder: &TempDir, tables: &[&str]) -> (String, String, usize) {
    let connection = Connection::open(path).unwrap();
    let mut triggers = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap();
    let triggers: Vec<(String, String)> = triggers
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap()
        .map(|t| t.unwrap())
        .collect();
    let off: String = triggers
        .iter()
        .map(|(name, _)| format!("DROP TRIGGER {name};"))
        .collect();
    let on: String = triggers.iter().map(|(_, sql)| format!("{sql};")).collect();
    let copy = folder.path().join("copy.db");
    let mut tried = 0;
    for table in tables.iter().copied().filter(|table| *table != "redaction") {
        let mut columns = connection
            .prepare(&format!("SELECT name, type FROM pragma_table_info('{table}')"))
            .unwrap();
        let columns: Vec<(String, String)> = columns
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
            .unwrap()
            .map(|c| c.unwrap())
            .collect();
        for (column, kind) in columns {
            // A mere handle: what refers to it is found to have lost it.
            if (table, column.as_str()) == ("citation", "id") {
                continue;
            }
            let change = match kind.as_str() {
                "INTEGER" => format!("coalesce({column}, 0) + 1000"),
                "TEXT" => format!("coalesce({column}, '') || 'x'"),
                _ => format!("zeroblob(length({column}))"),
            };
            std::fs::copy(path, &copy).unwrap();
            let pick = format!("rowid = (SELECT max(rowid) FROM {table})");
            let pick = match table {
                "other_reading" | "other_citation" | "other_capture" => "seq > 0",
                "other_tag" => "added > ''",
                "block" | "sentence" => "ordinal = 1",
                "citation_sentence" | "resolution_candidate" => "rank = 0",
                "context" => "ordinal = 0",
                _ => pick.as_str(),
            };
            let sql = format!(
                "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; {off}
                 UPDATE {table} SET {column} = {change} WHERE {pick}; {on}"
            );
            tamper(&copy, &sql);
            let report = verify(&copy, &Extent::default(), |_| {}).unwrap();
            assert!(!report.is_sound(), "a change of {table}.{column} was not found");
            tried += 1;
        }
    }
    (off, on, tried)
}

#[tokio::test]
async fn one_change_in_what_was_taken_from_another_archive_is_found() {
    let (folder, path) = scratch();
    full_archive(&path).await;
    take_another_archive(&path).await;
    sound(&path);
    let tables = [
        "other_archive",
        "other_stamp",
        "other_reading",
        "other_citation",
        "other_capture",
        "other_tag",
    ];
    let (.., tried) = tamper_with_each_column(&path, &folder, &tables);
    assert!(tried > 55, "{tried}");
    // Nor does what is said of a head count that stands elsewhere in the chain.
    let store = open(&path);
    let said = Confirmed {
        entry: 0,
        head: value(&path, "SELECT head FROM other_archive"),
        by: anchored(),
    };
    let archive = value(&path, "SELECT id FROM other_archive");
    let taken = store.take_other_stamps(archive, vec![said]).await.unwrap();
    assert_eq!((taken.new, taken.wrong), (1, 0));
    store.close(0, None).await.unwrap();
    let report = verify(&path, &Extent::default(), |_| {}).unwrap();
    assert!(
        report.problems[0].what.contains("about no head of its chain"),
        "{report:?}"
    );
}

#[tokio::test]
async fn one_change_anywhere_in_the_evidence_is_found() {
    let (folder, path) = scratch();
    let receipt = full_archive(&path).await;
    add_a_note(&path, About::Target(receipt.targets[0])).await;
    add_a_post_read_again(&path).await;
    add_a_stamp(&path).await;
    add_an_export(&path);
    add_an_inquiry(&path, receipt.targets[0]).await;
    add_what_a_helper_got(&path, receipt.targets[0]).await;
    add_what_others_recorded(&path, receipt.targets[1]).await;
    assert!(verify(&path, &Extent::default(), |_| {}).unwrap().is_sound());
    // What is taken from another archive costs more to check, and has a test of its own.
    let tables = row::TABLES.iter().map(|t| t.name).filter(|t| !t.starts_with("other_"));
    let tables: Vec<&str> = tables.chain(["blob", "blob_chunk", "ledger"]).collect();
    let (off, on, tried) = tamper_with_each_column(&path, &folder, &tables);
    let copy = folder.path().join("copy.db");
    assert!(tried > 120, "{tried}");
    // Rows slipped in, or taken out.
    for sql in [
        "DELETE FROM answer WHERE id = 1",
        "DELETE FROM post",
        "DELETE FROM ledger WHERE seq = (SELECT max(seq) FROM ledger); DELETE FROM run_end WHERE id = (SELECT max(id) FROM run_end)",
        "DELETE FROM capture WHERE id = 3",
        "DELETE FROM citation_sentence",
        "INSERT INTO answer SELECT 99, capture, resolution, 9, source, outcome, reason, detail FROM answer WHERE id = 1",
        "INSERT INTO capture SELECT 0, target, 99, run, started, ended, outcome, reason, source, best FROM capture LIMIT 1",
        "INSERT INTO post SELECT 99, 0, answer, exchange, parser, native_id, author_id, author_handle, author_name, posted_at,
         text, text_cut, language, quoted_id, parent_id, media, edit_ids, counts FROM post LIMIT 1",
        "INSERT INTO blob_chunk VALUES (99 << 16, x'00')",
        "UPDATE ledger SET body = NULL WHERE seq = 2",
    ] {
        std::fs::copy(&path, &copy).unwrap();
        let cut_end = sql.contains("DELETE FROM run_end");
        tamper(&copy, &format!("PRAGMA foreign_keys = OFF; {off} {sql}; {on}"));
        let report = verify(&copy, &Extent::default(), |_| {}).unwrap();
        // A chain cut at its end is a shorter chain: only a head kept elsewhere shows it.
        assert_eq!(report.is_sound(), cut_end, "{sql}: {:?}", report.problems);
    }
    std::fs::copy(&path, &copy).unwrap();
    tamper(&copy, "DROP TRIGGER capture_no_update");
    assert_eq!(
        verify(&copy, &Extent::default(), |_| {}).unwrap().problems[0].kind,
        ProblemKind::Schema
    );
}

#[tokio::test]
async fn a_redaction_takes_out_what_it_names_and_nothing_else() {
    let (_folder, path) = scratch();
    let receipt = full_archive(&path).await;
    let store = open(&path);
    let redact = |item| store.redact(item, "desk".into(), "court order".into());
    redact(Redactable::Blob(sha(b"a page"))).await.unwrap();
    redact(Redactable::ReadingText(receipt.reading)).await.unwrap();
    redact(Redactable::Post(1)).await.unwrap();
    redact(Redactable::LedgerLine(4)).await.unwrap();
    let again = redact(Redactable::Blob(sha(b"a page"))).await.unwrap_err();
    assert_eq!(again.exit_code(), ExitCode::BadInput);
    assert!(redact(Redactable::Post(99)).await.is_err());
    store.close(0, None).await.unwrap();
    let report = sound(&path);
    assert_eq!(report.redacted, 4);
    let file = std::fs::read(&path).unwrap();
    assert!(
        !file.windows(6).any(|window| window == b"a page"),
        "its bytes are gone from the file"
    );
    let reader = Reader::open(&path).unwrap();
    assert!(
        reader
            .read_blob(&sha(b"a page"))
            .unwrap()
            .unwrap()
            .next()
            .unwrap()
            .is_err()
    );
    drop(reader);
    // The door is shut again once the tombstone has its ledger entry.
    let connection = Connection::open(&path).unwrap();
    let tombstone = "INSERT INTO redaction SELECT 0, run, at, by, why, 'blob', 1, sha256 FROM redaction LIMIT 1";
    connection.execute_batch(tombstone).unwrap();
    assert!(
        connection
            .execute_batch("DELETE FROM blob_chunk WHERE id >> 16 = 1")
            .is_err()
    );
}

#[tokio::test]
async fn a_check_goes_on_where_it_stopped_and_a_quick_one_leaves_out_bodies_and_derivation() {
    let (_folder, path) = scratch();
    let store = open(&path);
    let mut targets = Vec::new();
    for n in 0..6 {
        let url = Url::parse(&format!("https://example.org/{n}")).unwrap();
        targets.push(store.target(Cited::Link(url)).await.unwrap());
    }
    store.enqueue(targets.clone(), false).await.unwrap();
    for job in store.lease("a".into(), 6, 60_000, targets).await.unwrap() {
        let record = page_capture(format!("page {}", job.id).as_bytes());
        store.complete(job.id, job.fence, record, None).await.unwrap();
    }
    store.close(0, None).await.unwrap();
    let whole = verify(&path, &Extent::default(), |_| {}).unwrap();
    // One step at a time: time is always over.
    let mut extent = Extent {
        until: Some(std::time::Instant::now()),
        ..Extent::default()
    };
    let mut places = Vec::new();
    let (mut bodies, mut entries) = (0, 0);
    loop {
        let part = verify(&path, &extent, |_| {}).unwrap();
        assert!(part.is_sound(), "{part:?}");
        (bodies, entries) = (bodies + part.bodies, entries + part.entries);
        let Some(next) = part.next else {
            assert_eq!(part.head, whole.head);
            break;
        };
        assert_eq!(next.to_string().parse(), Ok(next));
        places.push(next);
        extent.from = next;
    }
    assert!(places.is_sorted() && places.len() > 10, "{places:?}");
    assert_eq!((bodies, entries), (whole.bodies, whole.entries));

    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("DROP TRIGGER capture_no_update; UPDATE capture SET outcome = 'deleted' WHERE id = 5")
        .unwrap();
    let trigger: String = Connection::open_in_memory()
        .and_then(|fresh| {
            fresh.execute_batch(file::SCHEMA)?;
            fresh.query_row(
                "SELECT sql FROM sqlite_schema WHERE name = 'capture_no_update'",
                [],
                |row| row.get(0),
            )
        })
        .unwrap();
    connection.execute_batch(&trigger).unwrap();
    let check = |quick, from| {
        let extent = Extent {
            quick,
            from,
            until: None,
        };
        verify(&path, &extent, |_| {}).unwrap().is_sound()
    };
    assert!(!check(false, Place::Beginning));
    assert!(!check(false, Place::Entry(3)));
    assert!(
        check(false, Place::Entry(6)),
        "what stands before is not looked at again"
    );
    assert!(check(true, Place::Beginning));
    let sql = "DROP TRIGGER ledger_no_update; UPDATE ledger SET leaf = replace(leaf, 'a', 'b') WHERE seq = 3";
    connection.execute_batch(sql).unwrap();
    assert!(!check(true, Place::Beginning));
}
