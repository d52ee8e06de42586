//! Archives and bundles of another citekeep, taken in: bodies once, their ledger and their rows as they stand, their word as theirs.

use std::fs;
use std::os::unix::fs::symlink;

use rusqlite::Connection;

use crate::scene::{POST, Scene, article, text};
use crate::sealed::rewrite;
use crate::strict::{copy, redo_bag, redo_crate};
use crate::web::Reply;

/// A world whose archive keeps a post and a page that an article cites.
fn newsroom(words: &str) -> Scene {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", words);
    scene
        .web
        .on("river.example", "/report", [Reply::page(format!("<p>{words} Report"))]);
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    scene
}

/// `citekeep import` of a file that stands in the world's folder.
fn import(scene: &Scene, code: i32, file: &str) -> String {
    let output = scene.bare().args(["import", file]).output().unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

fn counts(scene: &Scene) -> Vec<i64> {
    [
        "blob",
        "other_archive",
        "other_reading",
        "other_citation",
        "other_capture",
        "capture",
        "reading",
        "target",
    ]
    .map(|table| scene.value(&format!("SELECT count(*) FROM {table}")))
    .to_vec()
}

#[test]
fn an_archive_of_another_is_taken_in_once_with_its_bodies_and_its_ledger_and_stays_anothers_word() {
    let theirs = newsroom("The bridge is closed.");
    let ours = newsroom("The bridge is standing.");
    fs::copy(theirs.archive(), ours.path("theirs.db")).unwrap();
    let before = counts(&ours);
    let verdicts: String = ours.value("SELECT json_group_array(state || reason) FROM verdicts");
    let said = import(&ours, 0, "theirs.db");
    assert!(
        said.contains("1 readings, 2 citations and 2 captures of another archive taken in"),
        "{said}"
    );
    let after = counts(&ours);
    assert!(after[0] > before[0]);
    assert_eq!(after[1..5], [1, 1, 2, 2]);
    assert_eq!(after[5..], before[5..], "nothing of it passes for ours");
    assert_eq!(
        ours.value::<String>("SELECT json_group_array(state || reason) FROM verdicts"),
        verdicts,
        "another's word changes no verdict"
    );
    // Their capture stands beside our target, with the words that they saw and a body that is here.
    assert_eq!(
        ours.value::<String>(
            "SELECT o.text || ' ' || o.name FROM others o JOIN target t ON t.id = o.target WHERE t.kind = 'post'"
        ),
        "The bridge is closed. theirs.db"
    );
    assert_eq!(
        ours.value::<i64>(
            "SELECT count(*) FROM others o JOIN blob b ON lower(hex(b.sha256)) = o.body_sha256
             JOIN blob_chunk k ON k.id = b.id << 16"
        ),
        2
    );
    let shown = ours
        .bare()
        .args(["show", &format!("https://x.com/ada_b/status/{POST}")])
        .output()
        .unwrap();
    assert!(
        text(&shown.stdout).contains("in another archive: theirs.db, entry "),
        "{}",
        text(&shown.stdout)
    );
    ours.is_sound();
    assert!(import(&ours, 0, "theirs.db").contains("here already, nothing added"));
    assert_eq!(counts(&ours), after);
    assert!(
        import(&ours, 0, "archive.db").contains("here already"),
        "its own archive"
    );
    // It leaves in a bundle as it came, and from there goes on to a third.
    let output = ours.bare().args(["export", "--all", "-o", "bundle"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let entry: i64 = ours.value("SELECT id FROM other_archive");
    let kept = ours.path(&format!("bundle/data/others/{entry}.db"));
    let rows = Connection::open(&kept).unwrap();
    let words: String = rows.query_row("SELECT text FROM posts", [], |row| row.get(0)).unwrap();
    assert_eq!(words, "The bridge is closed.");
    let line: String = rows
        .query_row(
            "SELECT body FROM ledger WHERE body LIKE '%\"event\":\"capture\"%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let original = Connection::open(theirs.archive()).unwrap();
    assert!(
        original
            .prepare("SELECT 1 FROM ledger WHERE body = ?1")
            .unwrap()
            .exists([&line])
            .unwrap()
    );
    drop(rows);
    let third = Scene::new();
    fs::rename(ours.path("bundle"), third.path("bundle")).unwrap();
    import(&third, 0, "bundle");
    assert_eq!(
        third.value::<i64>(
            "SELECT count(*) FROM blob WHERE NOT EXISTS (SELECT 1 FROM blob_chunk k WHERE k.id >> 16 = blob.id)"
        ),
        0
    );
    third.is_sound();
    // A body that nothing names, and one byte changed in what was taken in, are found.
    let stray = third.path(&format!("bundle/data/others/bodies/{}", "ab".repeat(32)));
    fs::write(&stray, "x").unwrap();
    assert!(import(&third, 65, "bundle").contains("added"));
    fs::remove_file(&stray).unwrap();
    let chain = third.path(&format!("bundle/data/others/{entry}-chain.txt"));
    fs::write(&chain, fs::read_to_string(&chain).unwrap().replacen('a', "b", 1)).unwrap();
    assert!(import(&third, 65, "bundle").contains("changed"));
}

#[test]
fn a_bundle_gives_an_archive_what_the_archive_it_is_of_would() {
    let theirs = newsroom("The bridge is closed.");
    for name in ["bundle", "bundle.zip"] {
        let output = theirs.bare().args(["export", "--all", "-o", name]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let ours = Scene::new();
    let path = theirs.path("bundle");
    import(&ours, 0, path.to_str().unwrap());
    let after = counts(&ours);
    assert_eq!(after[1..5], [1, 1, 2, 2]);
    let digests = "SELECT json_group_array(h) FROM (SELECT hex(sha256) AS h FROM blob WHERE id IN (SELECT blob FROM bodies) ORDER BY 1)";
    let theirs_have: String = theirs.value(digests);
    for digest in serde_json::from_str::<Vec<String>>(&theirs_have).unwrap() {
        assert_eq!(
            ours.value::<i64>(&format!("SELECT count(*) FROM blob WHERE hex(sha256) = '{digest}'")),
            1
        );
    }
    for again in [theirs.path("bundle"), theirs.path("bundle.zip")] {
        assert!(import(&ours, 0, again.to_str().unwrap()).contains("here already"));
        assert_eq!(counts(&ours), after);
    }
    ours.is_sound();
}

#[test]
fn archives_of_earlier_schemas_are_taken_in_and_the_files_stay_as_they_were() {
    let ours = Scene::new();
    for version in 1..=4 {
        let kept = format!("{}/tests/archives/schema-{version}.db.gz", env!("CARGO_MANIFEST_DIR"));
        let mut bytes = Vec::new();
        let mut source = flate2::read::GzDecoder::new(fs::File::open(kept).unwrap());
        std::io::Read::read_to_end(&mut source, &mut bytes).unwrap();
        let file = ours.file(&format!("{version}.db"), &bytes);
        import(&ours, 0, &file);
        assert_eq!(fs::read(&file).unwrap(), bytes);
        assert_eq!(ours.value::<i64>("SELECT count(*) FROM other_archive"), version);
        assert!(import(&ours, 0, &file).contains("here already"));
    }
    ours.is_sound();
}

#[test]
fn a_later_state_of_an_archive_is_taken_in_beside_the_earlier_and_another_history_of_it_is_refused() {
    let theirs = newsroom("The bridge is closed.");
    let ours = Scene::new();
    fs::copy(theirs.archive(), ours.path("first.db")).unwrap();
    fs::copy(theirs.archive(), ours.path("fork.db")).unwrap();
    import(&ours, 0, "first.db");
    // The archive goes on in two places, each with its own entries behind the same beginning.
    for archive in [theirs.archive(), ours.path("fork.db")] {
        let story = theirs.file("other.html", article(POST).replace("the mayor", "our mayor"));
        let mut command = theirs.archiving();
        let output = command.arg("--archive").arg(&archive).arg(&story).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    fs::copy(theirs.archive(), ours.path("later.db")).unwrap();
    import(&ours, 0, "later.db");
    assert_eq!(ours.value::<i64>("SELECT count(*) FROM other_archive"), 2);
    assert_eq!(
        ours.value::<i64>("SELECT count(*) FROM others"),
        ours.value::<i64>(
            "SELECT count(*) FROM other_capture WHERE other_archive = (SELECT max(id) FROM other_archive)"
        ),
        "each entry once"
    );
    assert!(import(&ours, 65, "fork.db").contains("its ledger is another"));
    ours.is_sound();
    // To the archive that it was copied from, the other history is another archive.
    let fork = ours.path("fork.db");
    assert!(import(&theirs, 0, fork.to_str().unwrap()).contains("of another archive taken in"));
    theirs.is_sound();
}

#[test]
fn a_hostile_archive_is_refused_and_nothing_of_it_runs() {
    let theirs = newsroom("The bridge is closed.");
    let ours = newsroom("The bridge is standing.");
    let before = counts(&ours);
    let with = |name: &str, sql: &str| {
        fs::copy(theirs.archive(), ours.path(name)).unwrap();
        let connection = Connection::open(ours.path(name)).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        name.to_owned()
    };
    let cut = ours.path("cut.db");
    let bytes = fs::read(theirs.archive()).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    fs::copy(theirs.archive(), ours.path("theirs.db")).unwrap();
    symlink(ours.path("theirs.db"), ours.path("link.db")).unwrap();
    fs::copy(theirs.archive(), ours.path("one.db")).unwrap();
    fs::hard_link(ours.path("one.db"), ours.path("two.db")).unwrap();
    fs::write(
        ours.path("none.db"),
        [b"SQLite format 3\0".as_slice(), &[0; 4096]].concat(),
    )
    .unwrap();
    for (name, code, said) in [
        (
            with("trigger.db", "CREATE TRIGGER evil AFTER INSERT ON run BEGIN DELETE FROM tag; END"),
            65,
            "trigger evil: not of this schema",
        ),
        (
            with("view.db", "CREATE VIEW evil AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"),
            65,
            "view evil: not of this schema",
        ),
        (
            with(
                "masked.db",
                "ALTER TABLE blob_chunk RENAME TO hidden; CREATE VIEW blob_chunk AS SELECT id, zeroblob(900000000) AS bytes FROM hidden",
            ),
            65,
            "blob_chunk",
        ),
        (with("newer.db", "PRAGMA user_version = 99"), 78, "schema 99"),
        (
            with(
                "changed.db",
                "DROP TRIGGER capture_no_update; UPDATE capture SET outcome = 'deleted';
                 CREATE TRIGGER capture_no_update BEFORE UPDATE ON capture BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END",
            ),
            65,
            "the rows say otherwise than the ledger",
        ),
        ("cut.db".to_owned(), 65, ""),
        ("none.db".to_owned(), 65, ""),
        ("link.db".to_owned(), 65, "a symbolic link"),
        ("two.db".to_owned(), 65, "one file under several names"),
    ] {
        let output = import(&ours, code, &name);
        assert!(output.contains(said), "{name}: {output}");
        assert_eq!(counts(&ours), before, "{name}");
    }
    ours.is_sound();
}

#[test]
fn an_edition_that_leaves_something_out_is_taken_in_and_hides_nothing_that_its_ledger_covers() {
    let theirs = newsroom("The bridge is closed.");
    let export = |path: &str, more: &[&str]| {
        let output = theirs
            .bare()
            .args(["export", "--all", "-o", path])
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        theirs.path(path).to_str().unwrap().to_owned()
    };
    let whole = export("whole", &[]);
    for profile in ["media", "handles", "counts"] {
        let ours = Scene::new();
        let [folder, zip] =
            ["folder", "packed.zip"].map(|end| export(&format!("{profile}-{end}"), &["--redact", profile]));
        let said = import(&ours, 0, &folder);
        let missing = said.split(", ").nth(3).unwrap_or_default();
        assert!(!missing.starts_with("0 it does not hold"), "{said}");
        assert_eq!(said.contains("is withheld"), profile != "media", "{said}");
        let after = counts(&ours);
        for again in [&folder, &zip] {
            assert!(import(&ours, 0, again).contains("here already, nothing added"));
            assert_eq!(counts(&ours), after);
        }
        ours.is_sound();
        // Nothing of it takes the place of what the whole says, whichever comes last.
        let other = Scene::new();
        for bundle in [&whole, &folder] {
            import(&other, 0, bundle);
        }
        import(&ours, 0, &whole);
        for scene in [&ours, &other] {
            assert_eq!(
                scene.value::<String>(
                    "SELECT group_concat(DISTINCT text) || min(sealed) || count(*) FROM others WHERE text IS NOT NULL"
                ),
                "The bridge is closed.11",
                "{profile}"
            );
            assert_eq!(
                scene.value::<i64>(
                    "SELECT count(*) FROM blob WHERE length > 0 AND NOT EXISTS (SELECT 1 FROM blob_chunk k WHERE k.id >> 16 = blob.id)"
                ),
                0
            );
            scene.is_sound();
        }
        let output = ours
            .bare()
            .args(["export", "--all", "-o", "handed-on"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
}

#[test]
fn a_bundle_whose_parts_disagree_is_not_taken_in_and_nothing_of_it_stays() {
    let [theirs, elsewhere] = ["closed", "open"].map(|state| newsroom(&format!("The bridge is {state}.")));
    for scene in [&theirs, &elsewhere] {
        scene.does(0, &["export", "--all", "-o", "bundle"]);
    }
    let ours = newsroom("The bridge is standing.");
    let before = counts(&ours);
    let entries: i64 = ours.value("SELECT count(*) FROM ledger WHERE body ->> '$.event' NOT IN ('run', 'run_end')");
    let other = elsewhere.path("bundle/data");
    type Edit<'e> = Box<dyn Fn(&std::path::Path) + 'e>;
    let cases: [(&str, Edit<'_>); 5] = [
        (
            "data/archive.db",
            Box::new(|data| rewrite(data, "UPDATE post SET text = 'The bridge was never closed.'")),
        ),
        (
            "data/captures/captures.wacz",
            Box::new(|data| {
                fs::copy(
                    other.join("captures/captures.wacz"),
                    data.join("captures/captures.wacz"),
                )
                .unwrap();
            }),
        ),
        (
            "data/archive.db",
            Box::new(|data| {
                fs::copy(other.join("archive.db"), data.join("archive.db")).unwrap();
            }),
        ),
        (
            "data/ledger/lines.jsonl",
            Box::new(|data| {
                fs::copy(other.join("ledger/chain.txt"), data.join("ledger/chain.txt")).unwrap();
            }),
        ),
        (
            "data/captures/captures.wacz",
            Box::new(|data| fs::remove_file(data.join("captures/captures.wacz")).unwrap()),
        ),
    ];
    for (number, (item, change)) in cases.into_iter().enumerate() {
        let folder = ours.path(&format!("changed{number}"));
        copy(&theirs.path("bundle"), &folder);
        change(&folder.join("data"));
        if folder.join("data/captures/captures.wacz").exists() {
            redo_crate(&folder);
        }
        redo_bag(&folder);
        let output = ours
            .bare()
            .args(["import", "--json", folder.to_str().unwrap()])
            .output()
            .unwrap();
        let said = text(&output.stderr);
        assert_eq!(
            (output.status.code(), text(&output.stdout).as_str()),
            (Some(65), ""),
            "{said}"
        );
        assert!(said.contains("not taken in: ") && said.contains(item), "{item}: {said}");
        assert_eq!(counts(&ours), before, "{item}");
    }
    assert_eq!(
        ours.value::<i64>("SELECT count(*) FROM ledger WHERE body ->> '$.event' NOT IN ('run', 'run_end')"),
        entries
    );
    ours.is_sound();
}

#[test]
fn archives_that_took_each_other_in_stay_sound_and_a_state_that_is_here_adds_nothing() {
    let one = newsroom("The bridge is closed.");
    let two = newsroom("The bridge is standing.");
    for round in 0..3 {
        for (from, to) in [(&one, &two), (&two, &one)] {
            let name = format!("round{round}.db");
            fs::copy(from.archive(), to.path(&name)).unwrap();
            let report = |file: &str| {
                let output = to.bare().args(["import", "--json", file]).output().unwrap();
                assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
                serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["archive"].clone()
            };
            let said = report(&name);
            let told = ["captures", "readings", "missing"].map(|field| said[field].as_u64().unwrap());
            assert_eq!((said["known"].as_bool(), told), (Some(false), [2, 1, 0]));
            let after = counts(to);
            assert_eq!(report(&name)["known"], true);
            assert_eq!(counts(to), after);
            // Each capture of the other once, and none of our own by way of the other.
            assert_eq!(to.value::<i64>("SELECT count(*) FROM others"), 2);
            to.is_sound();
        }
    }
    let output = one.bare().args(["export", "--all", "-o", "bundle"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let bundle = one.path("bundle");
    assert!(import(&one, 0, bundle.to_str().unwrap()).contains("here already, nothing added"));
    // Who has nothing of their own can still look at what others have.
    let third = Scene::new();
    import(&third, 0, bundle.to_str().unwrap());
    third.is_sound();
    let post = format!("https://x.com/ada_b/status/{POST}");
    let output = third.bare().args(["show", &post]).output().unwrap();
    assert!(
        text(&output.stdout).contains("in another archive: bundle, entry "),
        "{}",
        text(&output.stdout)
    );
    let nothing = Scene::new();
    import(&nothing, 66, "missing.db");
    fs::copy(nothing.archive(), third.path("empty.db")).unwrap();
    let said = import(&third, 65, "empty.db");
    assert!(said.contains("not taken in: nothing in the archive fits"), "{said}");
}
