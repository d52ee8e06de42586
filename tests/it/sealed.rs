//! `citekeep verify` against whoever changes the slim archive of a bundle, or sends a hostile ZIP for one.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::scene::{POST, Scene, article, files, text};
use crate::strict::{Entries, copy, exported, first_fault, linked, redo_bag, redo_crate, unzipped, zipped};
use crate::web::Reply;

/// Runs SQL on the slim archive, as somebody who first takes the triggers away.
pub fn rewrite(data: &Path, sql: &str) {
    let slim = Connection::open(data.join("archive.db")).unwrap();
    let triggers: Vec<(String, String)> = slim
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (name, _) in &triggers {
        slim.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    slim.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    slim.execute_batch(sql).unwrap();
    for (_, sql) in &triggers {
        slim.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        slim.execute_batch(sql).unwrap();
    }
}

#[test]
fn a_slim_archive_that_was_changed_with_its_manifests_redone_fits_neither_the_tables_nor_the_ledger() {
    type Edit = fn(&Path);
    let cases: [(&str, Edit); 12] = [
        ("row 1 of posts is not that of data/posts.jsonl", |data| {
            rewrite(data, "UPDATE post SET text = 'The bridge fell.'");
        }),
        ("the rows say otherwise than the ledger: posts", |data| {
            rewrite(data, "UPDATE post SET text = 'The bridge is falling.'");
            for name in ["posts.csv", "posts.jsonl"] {
                let rows = fs::read_to_string(data.join(name)).unwrap();
                fs::write(data.join(name), rows.replace("standing", "falling")).unwrap();
            }
        }),
        ("the rows say otherwise than the ledger: ", |data| {
            rewrite(data, "UPDATE exchange SET remote = '203.0.113.9:443'");
        }),
        ("reading 1: its blocks, sentences or citations were changed", |data| {
            rewrite(data, "UPDATE sentence SET stop = stop - 1 WHERE ordinal = 0");
        }),
        ("lacks rows of data/captures.jsonl", |data| {
            rewrite(data, "DELETE FROM capture WHERE id = (SELECT max(id) FROM capture)");
        }),
        ("is not that of the bundle", |data| {
            rewrite(data, "UPDATE ledger SET head = leaf WHERE seq = 1");
        }),
        ("lacks entries of data/ledger/lines.jsonl", |data| {
            rewrite(data, "UPDATE ledger SET body = NULL");
        }),
        ("its tables and views are not those of an archive", |data| {
            rewrite(
                data,
                "DROP VIEW gone; CREATE VIEW gone AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n",
            );
        }),
        ("its tables and views are not those of an archive", |data| {
            rewrite(data, "CREATE TABLE beside (x)");
        }),
        ("not the archive of a bundle", |data| {
            rewrite(data, "PRAGMA application_id = 1668574064");
        }),
        ("file is not a database", |data| {
            fs::write(data.join("archive.db"), "no database ".repeat(1000)).unwrap();
        }),
        ("data/archive.db: missing", |data| {
            fs::remove_file(data.join("archive.db")).unwrap();
        }),
    ];
    let scene = exported();
    for (number, (fault, change)) in cases.into_iter().enumerate() {
        let name = format!("copy{number}");
        copy(&scene.path("bundle"), &scene.path(&name));
        change(&scene.path(&name).join("data"));
        if !fault.contains("missing") {
            redo_crate(&scene.path(&name));
        }
        redo_bag(&scene.path(&name));
        let (_, said) = scene.does(65, &["verify", &name, "--all"]);
        assert!(
            said.contains("data/archive.db: ") && said.contains(fault),
            "{said:?} lacks {fault:?}"
        );
    }
}

#[test]
fn a_slim_archive_of_another_version_of_the_schema_is_not_compared_and_that_is_said() {
    let scene = exported();
    rewrite(&scene.path("bundle/data"), "PRAGMA user_version = 99");
    redo_crate(&scene.path("bundle"));
    redo_bag(&scene.path("bundle"));
    let (_, said) = scene.does(0, &["-v", "verify", "bundle"]);
    assert!(said.contains("has schema 99"), "{said}");
}

#[test]
fn who_takes_a_post_out_and_says_that_it_was_redacted_is_found() {
    let scene = exported();
    scene.does(0, &["redact", "reading:1", "--by", "desk", "--why", "court order"]);
    scene.does(0, &["export", "--all", "-o", "redacted"]);
    assert_eq!(first_fault(&scene, "redacted"), "");
    let data = scene.path("redacted/data");
    let slim = Connection::open(data.join("archive.db")).unwrap();
    let sealed: String = slim
        .query_row("SELECT body ->> '$.posts[0]' FROM ledger WHERE body ->> '$.event' = 'capture' AND body ->> '$.posts[0]' IS NOT NULL", [], |row| row.get(0))
        .unwrap();
    drop(slim);
    rewrite(
        &data,
        &format!("DELETE FROM post_detail; DELETE FROM post; UPDATE redaction SET kind = 'post', sha256 = '{sealed}'"),
    );
    let header = fs::read_to_string(data.join("posts.csv")).unwrap();
    fs::write(data.join("posts.csv"), header.split_inclusive('\n').next().unwrap()).unwrap();
    fs::write(data.join("posts.jsonl"), "").unwrap();
    redo_crate(&scene.path("redacted"));
    redo_bag(&scene.path("redacted"));
    let output = scene.bare().args(["verify", "redacted", "--all"]).output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("the rows say otherwise than the ledger: kind"), "{said}");
}

/// The folder as the entries of a ZIP.
fn entries(folder: &Path) -> Entries {
    let entry = |name: String| (format!("top/{name}"), fs::read(folder.join(name)).unwrap());
    files(folder).into_iter().map(entry).collect()
}

#[test]
fn a_hostile_zip_of_a_bundle_is_refused_and_nothing_of_it_stays() {
    let scene = exported();
    let good = entries(&scene.path("bundle"));
    fs::create_dir(scene.path("room")).unwrap();
    let before = fs::read_dir(scene.folder.path()).unwrap().count();
    let with = |name: &str| {
        let mut entries = good.clone();
        entries.push((name.to_owned(), b"x".to_vec()));
        zipped(&entries)
    };
    let without = |name: &str| zipped(&good.iter().filter(|entry| entry.0 != name).cloned().collect());
    let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    bomb.start_file("top/bagit.txt", deflated).unwrap();
    for _ in 0..300 {
        bomb.write_all(&[0; 1 << 20]).unwrap();
    }
    let many = (0..120_000).map(|number| (format!("top/{number:0160}"), Vec::new()));
    let many = [("top/bagit.txt".to_owned(), Vec::new())]
        .into_iter()
        .chain(many)
        .collect();
    let mut link = ZipWriter::new_append(Cursor::new(zipped(&good))).unwrap();
    link.add_symlink("top/data/link", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    let mut noted = ZipWriter::new_append(Cursor::new(zipped(&good))).unwrap();
    noted.set_comment("Read this first.").unwrap();
    let cases = [
        (zipped(&good), ""),
        (with("../out.txt"), "a name that leads out of the file"),
        (with("/etc/out.txt"), "a name that leads out of the file"),
        (with("top/../../out.txt"), "a name that leads out of the file"),
        (with("top\\out.txt"), "a name that leads out of the file"),
        (with("top/.hidden"), "a name that no bundle of ours has"),
        (
            with("top/BagIt.txt"),
            "a name that some systems take for that of another entry",
        ),
        (with("top/a/b/c/d/e/f/g/h/i/j"), "too deep"),
        (with("top/bagit.txt/more"), "lies in what is a file"),
        (with("other/file"), "holds more than the one folder of a bundle"),
        (with("file"), "stands beside the folder of the bundle"),
        (with("top/data/added.txt"), "data/added.txt: added"),
        ([&b"MZ"[..], &zipped(&good)].concat(), "not a citekeep archive"),
        (
            [&zipped(&good), &b"<html>"[..]].concat(),
            "ends with bytes that belong to no entry",
        ),
        (
            noted.finish().unwrap().into_inner(),
            "ends with bytes that belong to no entry",
        ),
        (without("top/data/posts.csv"), "data/posts.csv: missing"),
        (link.finish().unwrap().into_inner(), "a link"),
        (bomb.finish().unwrap().into_inner(), "absurdly much comes out"),
        (zipped(&many), "its list of contents is absurdly long"),
        // Nothing tells it from a WACZ then, and it is none.
        (linked(), "a link"),
    ];
    for (number, (bytes, fault)) in cases.into_iter().enumerate() {
        fs::write(scene.path("x.zip"), bytes).unwrap();
        let output = scene
            .bare()
            .env("TMPDIR", scene.path("room"))
            .args(["verify", "x.zip"])
            .output()
            .unwrap();
        let said = text(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(if fault.is_empty() { 0 } else { 65 }),
            "{number}: {said}"
        );
        assert!(said.contains(fault), "{number}: {said:?} is not {fault:?}");
    }
    assert_eq!(first_fault(&scene, "bundle"), "");
    assert_eq!(fs::read_dir(scene.path("room")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(scene.folder.path()).unwrap().count(), before + 1);
}

#[test]
fn an_export_to_a_zip_leaves_nothing_where_it_cannot_be_named() {
    let scene = exported();
    let output = |path: &str| {
        Scene::bare(&scene)
            .args(["export", "--all", "-o", path])
            .output()
            .unwrap()
    };
    fs::write(scene.path("taken.zip"), "mine").unwrap();
    assert_eq!(output("taken.zip").status.code(), Some(65));
    assert_eq!(fs::read(scene.path("taken.zip")).unwrap(), b"mine");
    assert_ne!(output("nowhere/x.zip").status.code(), Some(0));
    let left = fs::read_dir(scene.folder.path()).unwrap();
    let mut names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!names.any(|name| name.starts_with(".citekeep")));
}

#[test]
fn a_bundle_as_of_an_entry_before_a_redaction_lacks_what_was_redacted_and_verifies() {
    let scene = exported();
    let last: i64 = scene.value("SELECT max(seq) FROM ledger");
    for item in ["post:1", "reading:1"] {
        scene.does(0, &["redact", item, "--by", "desk", "--why", "court order"]);
    }
    let last = last.to_string();
    scene.does(0, &["export", "--all", "-o", "x.zip", "--as-of", &last]);
    let (_, said) = scene.does(0, &["-v", "verify", "x.zip"]);
    assert!(said.contains("redaction after the last entry"), "{said}");
    assert!(!fs::read(scene.path("x.zip")).unwrap().is_empty());
}

#[test]
fn a_selection_narrowed_to_a_target_and_to_times_has_a_slim_archive_that_verifies() {
    let scene = exported();
    let target: i64 = scene.value("SELECT id FROM target WHERE kind = 'post'");
    let ended: String = scene.value("SELECT max(ended) FROM capture");
    for (number, selection) in [
        vec!["--target".to_owned(), target.to_string()],
        vec!["--since".to_owned(), ended.clone()],
        vec!["--until".to_owned(), ended],
    ]
    .iter()
    .enumerate()
    {
        let name = format!("narrow{number}");
        scene.does(0, &["export", "-o", &name, &selection[0], &selection[1]]);
        assert_eq!(first_fault(&scene, &name), "");
    }
}

#[test]
fn the_captures_alone_are_one_wacz_or_none() {
    let scene = exported();
    let export = |path: &str, more: &[&str]| {
        let mut command = scene.bare();
        command
            .args(["export", "--all", "-o", path])
            .args(more)
            .output()
            .unwrap()
    };
    let output = export("alone.wacz", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(first_fault(&scene, "alone.wacz"), "");
    let in_bundle = fs::read(scene.path("bundle/data/captures/captures.wacz")).unwrap();
    assert_eq!(fs::read(scene.path("alone.wacz")).unwrap(), in_bundle);
    for (path, more) in [("alone.wacz", &[][..]), ("parts.wacz", &["--wacz-bytes", "1"])] {
        assert_eq!(export(path, more).status.code(), Some(65));
    }
    assert!(!scene.path("parts.wacz").exists());
    let left = fs::read_dir(scene.path(".")).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with(".citekeep-export")
    });
    assert_eq!(left.count(), 0);
}

#[test]
fn a_body_that_is_damaged_in_the_archive_stops_the_export_and_nothing_stands_under_its_name() {
    for damage in [
        "DROP TRIGGER blob_chunk_no_update; UPDATE blob_chunk SET bytes = zeroblob(length(bytes))",
        "DROP TRIGGER blob_chunk_no_update; UPDATE blob_chunk SET bytes = substr(bytes, 2)",
        "DROP TRIGGER blob_chunk_no_delete; DELETE FROM blob_chunk",
    ] {
        let scene = exported();
        let bodies = "WHERE id >> 16 = (SELECT max(body) FROM exchange)";
        let connection = Connection::open(scene.archive()).unwrap();
        connection.execute_batch(&format!("{damage} {bodies}")).unwrap();
        drop(connection);
        for path in ["damaged.wacz", "damaged", "damaged.zip"] {
            let output = scene.bare().args(["export", "--all", "-o", path]).output().unwrap();
            assert_eq!(output.status.code(), Some(65), "{damage}");
            assert!(
                text(&output.stderr).contains("is missing or damaged"),
                "{}",
                text(&output.stderr)
            );
            assert!(!scene.path(path).exists());
        }
    }
}

#[test]
fn each_capture_and_reading_may_have_a_wacz_of_its_own() {
    let scene = exported();
    scene.does(0, &["export", "--all", "-o", "each", "--wacz", "per-capture"]);
    assert_eq!(first_fault(&scene, "each"), "");
    let sealed: i64 = scene.value("SELECT (SELECT count(*) FROM capture) + (SELECT count(*) FROM reading)");
    let folder = scene.path("each/data/captures");
    let names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len() as i64, sealed, "{names:?}");
    for name in &names {
        assert_eq!(first_fault(&scene, &format!("each/data/captures/{name}")), "");
    }
    fs::remove_file(folder.join(&names[0])).unwrap();
    assert!(first_fault(&scene, "each").contains(&names[0]));
}

#[test]
fn a_wacz_of_what_is_gone_or_was_looked_for_opens_at_the_answer_and_an_action_of_the_crate_made_it() {
    let scene = Scene::new();
    let tombstone =
        r#"{"__typename":"TweetTombstone","tombstone":{"text":{"text":"This Post was deleted by the Post author."}}}"#;
    scene.syndication(POST, Reply::json(tombstone));
    let flattened = "The mayor wrote that the bridge was standing.\n\nThe bridge is standing. pic.twitter.com/Q7sBridge1\n\n\
                     — Ada Bridgewater (@ada_b) May 1, 2024\n\nTrains run again.";
    let [embedded, flattened] =
        [("a.html", article(POST)), ("b.txt", flattened.to_owned())].map(|(name, content)| scene.file(name, content));
    scene.run(&[&embedded, &flattened]);
    scene.does(0, &["export", "--all", "-o", "each", "--wacz", "per-capture"]);
    assert_eq!(first_fault(&scene, "each"), "");
    let metadata = fs::read(scene.path("each/data/ro-crate-metadata.json")).unwrap();
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    let actions: Vec<&Value> = metadata["@graph"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entity| entity["@type"] == "CreateAction")
        .collect();
    let mut opened = Vec::new();
    for file in fs::read_dir(scene.path("each/data/captures")).unwrap() {
        let path = file.unwrap().path();
        let name = format!("captures/{}", path.file_name().unwrap().to_str().unwrap());
        let made = actions.iter().filter(|action| {
            let result = &action["result"];
            let results = result.as_array().map_or(std::slice::from_ref(result), Vec::as_slice);
            results.contains(&json!({"@id": name}))
        });
        assert_eq!(made.count(), 1, "{name}");
        let entries = unzipped(&fs::read(&path).unwrap());
        let of = |name: &str| text(&entries.iter().find(|entry| entry.0 == name).unwrap().1);
        let pages = of("pages/pages.jsonl");
        let is_empty = of("indexes/index.cdxj").is_empty();
        assert_eq!(pages.lines().count() > 1, !is_empty, "{name}: {pages}");
        opened.push(pages);
    }
    let opened = opened.concat();
    for answer in [
        "http://syndication.test/tweet-result?id=",
        "http://short.test/Q7sBridge1",
    ] {
        assert!(opened.contains(answer), "{answer}: {opened}");
    }
}

#[test]
fn what_has_the_words_is_selected_as_of_any_entry() {
    let scene = exported();
    let export = |path: &str, more: &[&str]| {
        let output = scene.bare().args(["export", "-o", path]).args(more).output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    let as_of: i64 = scene.value("SELECT max(seq) FROM ledger");
    let posts = |path: &str| {
        fs::read_to_string(scene.path(path).join("data/posts.jsonl"))
            .unwrap()
            .lines()
            .count()
    };
    assert_eq!(export("found", &["--query", "STANDING bridge"]).0, Some(0));
    assert_eq!(first_fault(&scene, "found"), "");
    assert_eq!(posts("found"), 1);
    let (code, why) = export("nothing", &["--query", "aqueduct"]);
    assert_eq!(
        (code, why.contains("nothing in the archive fits")),
        (Some(65), true),
        "{why}"
    );
    assert_eq!(export("empty", &["--query", "…"]).0, Some(65));
    let target: i64 = scene.value("SELECT id FROM target WHERE kind = 'link'");
    scene.does(0, &["note", &format!("target:{target}"), "An aqueduct.", "--by", "Ada"]);
    assert_eq!(export("noted", &["--query", "aqueduct"]).0, Some(0));
    assert_eq!(
        export("before", &["--query", "aqueduct", "--as-of", &as_of.to_string()]).0,
        Some(65)
    );
}

#[test]
fn a_bundle_of_an_earlier_program_verifies_by_the_tables_that_it_describes_and_a_change_in_it_is_found() {
    let scene = Scene::new();
    let kept = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/archives/bundle-4.zip")).unwrap();
    scene.file("kept.zip", &kept);
    let verify = |path: &str| {
        let output = scene.bare().args(["-v", "verify", path]).output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    let (code, said) = verify("kept.zip");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("has schema 4"), "{said}");
    let entries = crate::strict::unzipped(&kept);
    for (name, content) in &entries {
        let (top, name) = name.split_once('/').unwrap();
        let path = scene.path("bundle").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        assert!(top.starts_with("citekeep-"));
    }
    let posts = scene.path("bundle/data/posts.csv");
    let changed = fs::read_to_string(&posts)
        .unwrap()
        .replace("The weir at Veyle holds.", "The weir broke.");
    fs::write(&posts, changed).unwrap();
    redo_crate(&scene.path("bundle"));
    redo_bag(&scene.path("bundle"));
    let (code, said) = verify("bundle");
    assert!(
        code == Some(65) && said.contains("row 1 is not that of the .jsonl file"),
        "{said}"
    );
    for gone in ["data/posts.csv", "data/posts.jsonl"] {
        fs::remove_file(scene.path("bundle").join(gone)).unwrap();
    }
    redo_bag(&scene.path("bundle"));
    let (code, said) = verify("bundle");
    assert!(code == Some(65) && said.contains("data/posts.csv: missing"), "{said}");
}
