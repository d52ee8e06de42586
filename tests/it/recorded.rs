//! What the archive's ledger records of the bundles that were made of it.

use std::fs::{self, File};

use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::export::{archived, export, verify};
use crate::run::{left_by_a_killed_run, run};
use crate::scene::{Scene, files, text};
use crate::strict::unzipped;

/// What the view `exports` says of the newest bundle.
fn recorded(scene: &Scene) -> Value {
    let said: String = scene.value(
        "SELECT json_object('entry', entry, 'name', name, 'format', format, 'selection', json(selection), 'left_out', json(left_out),
                            'as_of', as_of, 'head', as_of_head, 'identifier', identifier, 'sha256', sha256)
         FROM exports ORDER BY entry DESC LIMIT 1",
    );
    serde_json::from_str(&said).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_export_is_recorded_in_the_ledger_after_it_and_not_inside_it() {
    let scene = archived();
    let last: i64 = scene.value("SELECT max(seq) FROM ledger");
    for (name, format) in [("bundle", "folder"), ("bundle.zip", "zip"), ("bundle.wacz", "wacz")] {
        let before: i64 = scene.value("SELECT max(seq) FROM ledger");
        let output = scene
            .bare()
            .args([
                "export",
                "--json",
                "--tag",
                "flood",
                "--since",
                "2024-05-01",
                "--redact",
                "media",
                "-o",
                name,
            ])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let recorded = recorded(&scene);
        for (field, expected) in [
            ("entry", json!(before + 2)),
            ("name", json!(name)),
            ("format", json!(format)),
            (
                "selection",
                json!({"since": "2024-05-01T00:00:00.000Z", "tag": ["flood"]}),
            ),
            ("left_out", json!(["media"])),
            ("as_of", json!(last)),
        ] {
            assert_eq!(recorded[field], expected, "{name}: {field}");
        }
        for field in ["entry", "as_of", "head", "identifier", "sha256"] {
            assert_eq!(told[field], recorded[field], "{name}: {field}");
        }
        let sealed = match format {
            "wacz" => {
                let entries = unzipped(&fs::read(scene.path(name)).unwrap());
                let package = entries.into_iter().find(|entry| entry.0 == "datapackage.json");
                package.unwrap().1
            }
            // The ZIP holds the same bag.
            _ => fs::read(scene.path("bundle/tagmanifest-sha256.txt")).unwrap(),
        };
        assert_eq!(recorded["sha256"], json!(sha256(&sealed)), "{name}");
    }
    let info = fs::read_to_string(scene.path("bundle/bag-info.txt")).unwrap();
    let identifier = recorded(&scene)["identifier"].as_str().unwrap().to_owned();
    assert!(info.contains(&format!("External-Identifier: {identifier}\n")), "{info}");
    // Not in a bundle that is made later, either, however late the entry that it is as of.
    let now: i64 = scene.value("SELECT max(seq) FROM ledger");
    export(&scene, 0, &["--all", "-o", "later", "--as-of", &now.to_string()]);
    let lines = fs::read_to_string(scene.path("later/data/ledger/lines.jsonl")).unwrap();
    assert!(
        lines.contains(r#""event":"capture""#) && !lines.contains(r#""event":"export""#),
        "{lines}"
    );
    let rows: i64 = Connection::open(scene.path("later/data/archive.db"))
        .unwrap()
        .query_row("SELECT count(*) FROM exports", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0);
    assert_eq!(verify(&scene, "later"), (Some(0), String::new()));
    scene.is_sound();
}

#[test]
fn two_exports_one_after_the_other_hold_the_same_data() {
    let scene = archived();
    for name in ["first", "second", "third"] {
        export(&scene, 0, &["--all", "-o", name]);
    }
    let first = files(&scene.path("first"));
    assert!(first.iter().any(|name| name == "data/ledger/chain.txt"), "{first:?}");
    for other in ["second", "third"] {
        assert_eq!(files(&scene.path(other)), first);
        for name in &first {
            let [one, two] = ["first", other].map(|side| fs::read(scene.path(side).join(name)).unwrap());
            assert!(one == two, "{other}: {name}");
        }
    }
    assert_eq!(
        scene.value::<i64>("SELECT count(DISTINCT sha256 || identifier) FROM exports"),
        1
    );
}

#[test]
fn an_archive_that_cannot_be_written_to_is_exported_all_the_same_and_it_is_said() {
    let scene = archived();
    let before = fs::read(scene.archive()).unwrap();
    // As a run holds it.
    let held = File::open(scene.archive()).unwrap();
    held.lock().unwrap();
    let said = export(&scene, 0, &["--all", "-o", "bundle"]);
    assert!(said.contains("the ledger does not record this export: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(verify(&scene, "bundle"), (Some(0), String::new()));
    let output = scene
        .bare()
        .args(["export", "--json", "--all", "-o", "other"])
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &told["entry"]), (Some(0), &Value::Null));
    held.unlock().unwrap();
    assert!(fs::read(scene.archive()).unwrap() == before);
}

#[test]
fn what_a_killed_run_left_is_still_the_next_runs_to_tell_after_an_export() {
    let scene = Scene::new();
    left_by_a_killed_run(&scene);
    let recorded = || scene.value::<i64>("SELECT count(*) FROM exports");
    let said = export(&scene, 0, &["--all", "-o", "bundle"]);
    assert!(said.contains("the last run was killed"), "{said}");
    assert_eq!(verify(&scene, "bundle"), (Some(0), String::new()));
    assert_eq!((recorded(), scene.value::<i64>("SELECT count(*) FROM run")), (0, 1));
    assert_eq!(run(&scene, &[]).status.code(), Some(0));
    assert_eq!(export(&scene, 0, &["--all", "-o", "later"]), "");
    assert_eq!(recorded(), 1);
    scene.is_sound();
}

#[test]
fn a_run_after_an_export_is_as_idle_as_one_before_it() {
    let scene = archived();
    let idle = || {
        let before: i64 = scene.value("SELECT max(seq) FROM ledger");
        let output = scene.bare().args(["run", "--json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let after: i64 = scene.value("SELECT max(seq) FROM ledger");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        (after - before, told["due"].clone())
    };
    let before = idle();
    export(&scene, 0, &["--all", "-o", "bundle"]);
    assert_eq!(idle(), before);
    assert_eq!(before, (2, json!(0)));
}

#[test]
fn the_ledger_has_all_that_the_same_bytes_need() {
    let scene = archived();
    let created = scene
        .bare()
        .args(["key", "create", "--set", "export.key=key.pem"])
        .output()
        .unwrap();
    assert_eq!(created.status.code(), Some(0), "{created:?}");
    let shown = scene
        .bare()
        .args(["key", "show", "--json", "--set", "export.key=key.pem"])
        .output()
        .unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let common = [
        "--set",
        "export.key=key.pem",
        "--set",
        "export.collector=Kit Example",
        "--set",
        "export.email=kit@desk.example",
    ];
    let plain = ["--all", "-o", "plain", "--set", "export.key=key.pem", "--unsigned"];
    export(&scene, 0, &plain);
    assert_eq!(recorded(&scene)["selection"], json!({"all": true}));
    let how = [
        "--all",
        "--csv-raw",
        "--wacz",
        "per-capture",
        "--wacz-bytes",
        "4096",
        "--redact",
        "handles",
        "--keep-handle",
        "ada_b",
    ];
    let how = [
        &how[..],
        &common,
        &["--set", "export.named=[\"courier\"]", "-o", "first"],
    ]
    .concat();
    export(&scene, 0, &how);
    let selection = recorded(&scene)["selection"].clone();
    assert_eq!(
        selection,
        json!({
            "all": true, "csv_raw": true, "wacz": "per-capture", "wacz_bytes": 4096, "keep_handle": ["courier", "ada_b"],
            "export.collector": "Kit Example", "export.email": "kit@desk.example", "key": shown["fingerprint"],
        })
    );
    // What is written there makes the same again.
    let mut again = vec![
        "--all".to_owned(),
        "--csv-raw".to_owned(),
        "--redact".to_owned(),
        "handles".to_owned(),
    ];
    for (option, name) in [("--wacz", "wacz"), ("--wacz-bytes", "wacz_bytes")] {
        again.extend([option.to_owned(), selection[name].to_string().replace('"', "")]);
    }
    for handle in selection["keep_handle"].as_array().unwrap() {
        again.extend(["--keep-handle".to_owned(), handle.as_str().unwrap().to_owned()]);
    }
    let again: Vec<&str> = again
        .iter()
        .map(String::as_str)
        .chain(common)
        .chain(["-o", "again"])
        .collect();
    export(&scene, 0, &again);
    let sealed = |name: &str| fs::read(scene.path(name).join("tagmanifest-sha256.txt")).unwrap();
    assert!(sealed("again") == sealed("first") && sealed("plain") != sealed("first"));
}

#[test]
fn status_tells_of_the_last_run_that_captured_and_names_the_bundles_beside_it() {
    let scene = archived();
    let status = || -> Value {
        let output = scene.bare().args(["status", "--json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(status()["exports"], json!([]));
    let done = run(&scene, &["--json"]);
    let summary: Value = serde_json::from_slice(&done.stdout).unwrap();
    export(&scene, 0, &["--tag", "flood", "-o", "first"]);
    export(&scene, 0, &["--all", "-o", "second.zip", "--redact", "media"]);
    let noted = scene
        .bare()
        .args(["note", "article:1", "Looked at.", "--by", "Bo"])
        .output()
        .unwrap();
    assert_eq!(noted.status.code(), Some(0), "{noted:?}");
    let told = status();
    assert_eq!(told["summary"], summary);
    assert!(
        told["last_run"]["command"].as_str().unwrap().contains(" run "),
        "{told}"
    );
    let exports = told["exports"].as_array().unwrap();
    let names: Vec<_> = exports.iter().map(|export| export["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["second.zip", "first"]);
    let recorded = recorded(&scene);
    for name in [
        "entry",
        "format",
        "selection",
        "left_out",
        "as_of",
        "identifier",
        "sha256",
    ] {
        assert_eq!(exports[0][name], recorded[name], "{name}");
    }
    let printed = text(&scene.bare().arg("status").output().unwrap().stdout);
    assert!(printed.contains("\nbundle second.zip made "), "{printed}");
    // A run that got nothing and failed is one that was to.
    let failed = scene.run(&["missing.html"]);
    assert_ne!(failed.status.code(), Some(0));
    let last = status()["last_run"].clone();
    assert!(last["command"].as_str().unwrap().ends_with(" missing.html"), "{last}");
}

#[test]
fn what_is_not_in_the_archive_is_told_with_where_to_see_what_is() {
    let scene = archived();
    for (option, hint) in [
        ("--follow", "`citekeep follows` names the lists that it follows"),
        ("--article", "`citekeep list` names the articles of the archive"),
        ("--target", "`citekeep show ARTICLE` names what an article cites"),
        ("--tag", "`citekeep list --json` names the tags of each article"),
    ] {
        let said = export(&scene, 65, &[option, "http://nowhere.example/x", "-o", "x"]);
        assert!(said.contains(hint), "{option}: {said}");
    }
}
