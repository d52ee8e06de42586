//! Copies of the archive, and its content as lines.

use std::fs;
use std::io::Read;
use std::process::{Output, Stdio};

use flate2::read::GzDecoder;
use rusqlite::Connection;

use crate::run::running;
use crate::scene::{POST, Scene, article, text};
use crate::web::Reply;

fn backup(scene: &Scene, arguments: &[&str]) -> Output {
    scene.bare().arg("backup").args(arguments).output().unwrap()
}

fn archived(scene: &Scene) {
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    scene.web.on(
        "river.example",
        "/report",
        [Reply::page("<p>The report of that year.</p>".repeat(50))],
    );
    scene.file("story.html", article(POST));
    scene.archives(0, &["story.html"]);
}

fn verifies(scene: &Scene, archive: &str) {
    let output = scene.bare_of(archive).arg("verify").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_copy_verifies_and_has_what_the_archive_has() {
    let scene = Scene::new();
    archived(&scene);
    for arguments in [&["copy.db"][..], &["compact.db", "--compact"]] {
        let output = backup(&scene, arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        verifies(&scene, arguments[0]);
        assert_eq!(scene.dump(arguments[0]), scene.dump("archive.db"));
    }
    let names: Vec<String> = fs::read_dir(scene.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("copy") || name.contains("compact") || name.starts_with(".citekeep"))
        .collect();
    assert_eq!(names.len(), 2, "one file each, and no draft: {names:?}");
    scene.is_sound();
}

#[test]
fn nothing_that_is_there_is_overwritten_without_force() {
    let scene = Scene::new();
    archived(&scene);
    let other = scene.file("notes.txt", "mine");
    let refused = backup(&scene, &[&other]);
    assert_eq!(refused.status.code(), Some(65), "{refused:?}");
    assert!(text(&refused.stderr).contains("--force"), "{refused:?}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
    assert_eq!(backup(&scene, &[&other, "--force"]).status.code(), Some(0));
    verifies(&scene, &other);
    let itself = backup(&scene, &["archive.db", "--force"]);
    assert_eq!(itself.status.code(), Some(65), "{itself:?}");
    scene.is_sound();
}

#[test]
fn no_file_is_put_beside_the_log_of_another_archive() {
    let scene = Scene::new();
    archived(&scene);
    assert_eq!(backup(&scene, &["copy.db"]).status.code(), Some(0));
    // As a run that was killed leaves it: what was written last stands in the log.
    let other = Connection::open(scene.path("copy.db")).unwrap();
    other
        .execute_batch("PRAGMA journal_mode = WAL; UPDATE job SET attempts = attempts + 1")
        .unwrap();
    let log = fs::read(scene.path("copy.db-wal")).unwrap();
    assert!(!log.is_empty());
    std::mem::forget(other);
    let refused = backup(&scene, &["copy.db", "--force"]);
    assert_eq!(refused.status.code(), Some(65), "{refused:?}");
    assert!(text(&refused.stderr).contains("copy.db-wal"), "{refused:?}");
    verifies(&scene, "copy.db");
    // The archive of that log is gone.
    fs::write(scene.path("new.db-wal"), log).unwrap();
    assert_eq!(backup(&scene, &["new.db"]).status.code(), Some(65));
    let mut archiving = scene.bare_of("new.db");
    let made = archiving.args(["archive", "story.html"]).output().unwrap();
    assert_eq!(made.status.code(), Some(65), "{made:?}");
    assert!(!scene.path("new.db").exists());
}

#[test]
fn what_a_killed_copy_left_is_taken_away_by_the_next_and_what_one_works_on_is_not() {
    let scene = Scene::new();
    archived(&scene);
    let left = scene.file(".citekeep-abc.backup", "half a copy");
    let worked_on = scene.file(".citekeep-def.backup", "half a copy");
    let other = scene.file(".citekeep-ghi.txt", "something else");
    let held = fs::File::open(&worked_on).unwrap();
    held.lock().unwrap();
    assert_eq!(backup(&scene, &["copy.db"]).status.code(), Some(0));
    let there = [&left, &worked_on, &other].map(|name| std::path::Path::new(name).exists());
    assert_eq!(there, [false, true, true]);
}

#[test]
fn an_archive_of_an_earlier_version_is_copied_as_it_is() {
    let scene = Scene::new();
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/archives/schema-1.db.gz");
    let mut old = Vec::new();
    GzDecoder::new(fs::File::open(kept).unwrap())
        .read_to_end(&mut old)
        .unwrap();
    scene.file("archive.db", &old);
    let output = backup(&scene, &["copy.db"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let version = |name: &str| -> i64 {
        let archive = Connection::open(scene.path(name)).unwrap();
        archive.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    };
    assert_eq!((version("archive.db"), version("copy.db")), (1, 1));
}

#[test]
fn a_copy_that_cannot_be_written_leaves_nothing_and_says_where() {
    let scene = Scene::new();
    archived(&scene);
    let nowhere = backup(&scene, &["no/such/folder/copy.db"]);
    assert_eq!(nowhere.status.code(), Some(66), "{nowhere:?}");
    assert!(text(&nowhere.stderr).contains("no/such/folder"), "{nowhere:?}");
    scene.file("archive.db", "no archive at all, but text");
    let foreign = backup(&scene, &["copy.db"]);
    assert_eq!(foreign.status.code(), Some(65), "{foreign:?}");
    assert!(!scene.path("copy.db").exists());
    assert_eq!(
        fs::read_dir(scene.folder.path())
            .unwrap()
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .starts_with(".citekeep")
            })
            .count(),
        0
    );
}

#[test]
fn a_copy_made_while_a_run_writes_is_a_state_between_two_commits() {
    const LINKS: usize = 40;
    let scene = Scene::new();
    let mut page = String::from("<!DOCTYPE html><body><article><h1>Pages</h1>");
    for n in 0..LINKS {
        page += &format!(
            "<p>The office tells more about it in <a href='http://office.example/page/{n}'>its page number {n}</a> of that week.</p>"
        );
        scene.web.on(
            "office.example",
            &format!("/page/{n}"),
            [Reply::page(format!("<p>Page {n}</p>").repeat(5_000))],
        );
    }
    scene.file("story.html", page + "</article>");
    let mut child = scene
        .archiving()
        .args([
            "-q",
            "story.html",
            "--set",
            "pace.delay=0.05",
            "--set",
            "pace.per_host=1",
        ])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut copies = 0;
    scene.wait_until_asked("office.example", "/page", 3);
    while child.try_wait().unwrap().is_none() {
        let name = format!("copy-{copies}.db");
        let output = backup(&scene, &[&name]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        verifies(&scene, &name);
        copies += 1;
    }
    assert!(copies > 0);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // A copy that was being made when the run ended kept its log open; the next run leaves one file.
    assert_eq!(running(&scene).output().unwrap().status.code(), Some(0));
    scene.is_sound();
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM capture"),
        i64::try_from(LINKS).unwrap()
    );
}
