//! Killed or stopped at any moment, the archive is sound, and the next run completes it.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::scene::{POST, Scene, article, files, text};
use crate::shim;
use crate::web::Reply;

/// An article with so many linked pages.
fn with_links(scene: &Scene, count: usize) -> String {
    let mut page = String::from("<!DOCTYPE html><body><article><h1>Pages</h1>");
    for n in 0..count {
        page += &format!(
            "<p>The office tells more about it in <a href='http://office.example/page/{n}'>its page number {n}</a> of that week.</p>"
        );
        scene.web.on(
            "office.example",
            &format!("/page/{n}"),
            [Reply::page(format!("<p>Page {n}</p>").repeat(500))],
        );
    }
    scene.file("story.html", page + "</article>")
}

/// How often to kill; `scripts/kills.sh` asks for more.
fn rounds(default: u32) -> u32 {
    std::env::var("CITEKEEP_KILLS").map_or(default, |rounds| rounds.parse().unwrap())
}

/// Whether a command under the shim was killed at this write of it to files with `files` in their path; `None` without the shim.
fn killed_at_write(command: &mut Command, files: &str, number: u32) -> Option<bool> {
    let number = number.to_string();
    let settings = [
        ("FAULT_WRITE", number.as_str()),
        ("FAULT_KILL", "1"),
        ("FAULT_FILES", files),
    ];
    if !shim::under(command, &settings) {
        return None;
    }
    let output = command.output().unwrap();
    match output.status.code() {
        None => Some(true),
        Some(0) => Some(false),
        Some(_) => panic!("{output:?}"),
    }
}

#[test]
fn killed_at_any_write_of_a_migration_the_next_run_completes_it() {
    for (version, kept) in [
        (1, &include_bytes!("../archives/schema-1.db.gz")[..]),
        (2, include_bytes!("../archives/schema-2.db.gz")),
        (3, include_bytes!("../archives/schema-3.db.gz")),
        (4, include_bytes!("../archives/schema-4.db.gz")),
    ] {
        let mut old = Vec::new();
        flate2::read::GzDecoder::new(kept).read_to_end(&mut old).unwrap();
        let migrating = |scene: &Scene| {
            scene.file(
                "note.txt",
                "A sentence that stands here by itself and cites nothing at all.\n",
            );
            let mut command = scene.archiving();
            command.args(["-q", "note.txt"]);
            command
        };
        let undisturbed = {
            let scene = Scene::new();
            fs::write(scene.archive(), &old).unwrap();
            assert_eq!(migrating(&scene).output().unwrap().status.code(), Some(0));
            scene.dump("archive.db")
        };
        let step = usize::try_from((120 / rounds(10)).max(1)).unwrap();
        for write in (1..).step_by(step) {
            let scene = Scene::new();
            fs::write(scene.archive(), &old).unwrap();
            match killed_at_write(&mut migrating(&scene), "archive.db", write) {
                None => return,
                Some(false) => {
                    assert!(
                        write > 10,
                        "the migration of schema {version} wrote too little to be tested"
                    );
                    break;
                }
                Some(true) => {}
            }
            let output = migrating(&scene).output().unwrap();
            assert_eq!(
                output.status.code(),
                Some(0),
                "schema {version}, write {write}: {output:?}"
            );
            scene.is_sound();
            assert_eq!(scene.dump("archive.db"), undisturbed, "schema {version}, write {write}");
        }
    }
}

/// Every file below a folder with what is in it.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let content = |name: String| {
        let bytes = fs::read(folder.join(&name)).unwrap();
        (name, bytes)
    };
    files(folder).into_iter().map(content).collect()
}

#[test]
fn killed_at_any_write_of_an_export_it_leaves_no_half_bundle_and_the_next_is_as_the_undisturbed() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    let export = |to: &str| {
        let mut command = scene.bare();
        command.args(["export", "--all", "-q", "-o"]).arg(scene.path(to));
        command
    };
    assert_eq!(export("undisturbed").output().unwrap().status.code(), Some(0));
    let undisturbed = contents(&scene.path("undisturbed"));
    let mut before = fs::read(scene.archive()).unwrap();
    let step = usize::try_from((300 / rounds(12)).max(1)).unwrap();
    // Its drafts stand in this folder; the archive itself is only read until the bundle has its name.
    fs::create_dir(scene.path("bundles")).unwrap();
    for write in (1..).step_by(step) {
        match killed_at_write(&mut export("bundles/bundle"), "/bundles/", write) {
            None => return,
            Some(false) => {
                assert!(write > 30, "an export wrote too little to be tested");
                break;
            }
            Some(true) => {}
        }
        assert!(!scene.path("bundles/bundle").exists(), "write {write}");
        assert!(fs::read(scene.archive()).unwrap() == before, "write {write}");
        let output = export("bundles/bundle").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "write {write}: {}", text(&output.stderr));
        assert!(contents(&scene.path("bundles/bundle")) == undisturbed, "write {write}");
        before = fs::read(scene.archive()).unwrap();
        fs::remove_dir_all(scene.path("bundles")).unwrap();
        fs::create_dir(scene.path("bundles")).unwrap();
    }
    scene.is_sound();
}

#[test]
fn killed_at_any_write_of_its_record_an_export_is_recorded_wholly_or_not_at_all() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    let recorded = || scene.value::<i64>("SELECT count(*) FROM exports");
    let runs = || scene.value::<i64>("SELECT count(*) FROM run WHERE command LIKE '%export%'");
    let mut first = None;
    for write in 1.. {
        let bundle = scene.path("bundle");
        let mut export = scene.bare();
        export.args(["export", "--all", "-q", "-o"]).arg(&bundle);
        let Some(killed) = killed_at_write(&mut export, scene.archive().to_str().unwrap(), write) else {
            return;
        };
        let made = contents(&bundle);
        assert!(*first.get_or_insert_with(|| made.clone()) == made, "write {write}");
        fs::remove_dir_all(&bundle).unwrap();
        let verified = scene.bare().arg("verify").output().unwrap();
        assert_eq!(verified.status.code(), Some(0), "write {write}: {verified:?}");
        assert_eq!(runs(), recorded(), "write {write}");
        if !killed {
            assert!(write > 3, "a record wrote too little to be tested");
            break;
        }
    }
    scene.is_sound();
}

#[test]
fn an_export_that_is_told_to_stop_leaves_nothing_behind_and_says_so() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    fs::create_dir(scene.path("bundles")).unwrap();
    for name in ["bundle", "bundle.zip", "bundle.wacz"] {
        for (write, signal, code) in [("1", "2", 130), ("2", "15", 143)] {
            let mut command = scene.bare();
            command.args(["export", "--all", "-o", &format!("bundles/{name}")]);
            let settings = [
                ("FAULT_WRITE", write),
                ("FAULT_SIGNAL", signal),
                ("FAULT_FILES", "/bundles/"),
            ];
            if !shim::under(&mut command, &settings) {
                return;
            }
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(code), "{name}: {output:?}");
            assert_eq!(text(&output.stderr), "citekeep: stopped before it was done\n");
            assert_eq!(fs::read_dir(scene.path("bundles")).unwrap().count(), 0, "{name}");
        }
    }
}

#[test]
fn an_export_that_cannot_be_written_on_says_so_once_and_leaves_nothing_behind() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    fs::create_dir(scene.path("bundles")).unwrap();
    for (name, files) in [
        ("bundle", ".wacz"),
        ("bundle.wacz", ".wacz"),
        ("bundle.zip", ".zip"),
        ("bundle", "report.html"),
    ] {
        let mut command = scene.bare();
        command.args(["export", "--all", "-o", &format!("bundles/{name}")]);
        let no_space = "28";
        let settings = [("FAULT_WRITE", "1"), ("FAULT_ERRNO", no_space), ("FAULT_FILES", files)];
        if !shim::under(&mut command, &settings) {
            return;
        }
        let output = command.output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(74), "{name}: {said}");
        assert!(
            said.starts_with("citekeep: cannot write ") && said.lines().count() == 1,
            "{said}"
        );
        assert_eq!(fs::read_dir(scene.path("bundles")).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn killed_at_any_moment_it_loses_nothing_and_doubles_nothing() {
    const LINKS: usize = 60;
    let rounds = rounds(50);
    let (undisturbed, takes) = {
        let scene = Scene::new();
        with_links(&scene, LINKS);
        let start = Instant::now();
        scene.archives(0, &["story.html"]);
        (scene.dump("archive.db"), start.elapsed())
    };
    let mut acknowledged = 0;
    for round in 0..rounds {
        let scene = Scene::new();
        with_links(&scene, LINKS);
        // With -v it names each capture once that is kept: this is what it acknowledges.
        let mut child = scene
            .archiving()
            .args(["-v", "story.html"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Moments from the very start to about the end, never twice the same.
        thread::sleep(takes * (round + 1) / rounds);
        child.kill().unwrap();
        let said = text(&child.wait_with_output().unwrap().stderr);
        let named: Vec<&str> = said
            .lines()
            .filter_map(|line| line.strip_prefix("captured ")?.split_whitespace().next())
            .collect();
        if !named.is_empty() {
            acknowledged += named.len();
            // In a copy, so that the program itself finds what the kill left.
            for end in ["", "-wal"] {
                let left = scene.path(&format!("archive.db{end}"));
                if left.exists() {
                    fs::copy(left, scene.path(&format!("copy.db{end}"))).unwrap();
                }
            }
            let copy = rusqlite::Connection::open(scene.path("copy.db")).unwrap();
            let mut kept = copy
                .prepare("SELECT count(*) FROM captures WHERE url = ?1 AND outcome = 'captured'")
                .unwrap();
            for url in named {
                let kept: i64 = kept.query_row([url], |row| row.get(0)).unwrap();
                assert_eq!(kept, 1, "round {round}: {url} was acknowledged");
            }
        }
        if scene.archive().exists() {
            let verify = scene.bare().arg("verify").output().unwrap();
            assert_eq!(
                verify.status.code(),
                Some(0),
                "round {round}: {}",
                String::from_utf8_lossy(&verify.stderr)
            );
        }
        scene.archives(0, &["story.html"]);
        assert_eq!(
            scene.value::<i64>("SELECT count(*) FROM capture WHERE outcome = 'captured'"),
            LINKS as i64,
            "round {round}"
        );
        assert_eq!(
            scene.value::<i64>("SELECT count(DISTINCT target) FROM capture"),
            LINKS as i64,
            "round {round}"
        );
        let resumed = scene.dump("archive.db");
        let difference = resumed.lines().zip(undisturbed.lines()).find(|(a, b)| a != b);
        assert_eq!(difference, None, "round {round}");
        assert_eq!(resumed.lines().count(), undisturbed.lines().count(), "round {round}");
        scene.is_sound();
    }
    assert!(acknowledged > 0, "it was always killed before the first");
}

#[test]
fn ctrl_c_finishes_what_is_in_flight_and_says_what_is_left() {
    let scene = Scene::new();
    let input = with_links(&scene, 30);
    let mut command = scene.archiving();
    command.args([&input, "--set", "pace.delay=0.2", "--set", "pace.per_host=1"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    scene.wait_until_asked("office.example", "/page", 2);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    // A second one gives up what still waits for its turn.
    thread::sleep(Duration::from_millis(300));
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("the same command goes on"),
        "{output:?}"
    );
    scene.is_sound();
    let before = scene.value::<i64>("SELECT count(*) FROM capture");
    assert!((1..30).contains(&before), "{before}");
    scene.archives(0, &[&input]);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM capture"), 30);
}

#[test]
fn sigterm_ends_a_run_with_its_code_after_committing_what_was_done_and_the_next_goes_on() {
    let scene = Scene::new();
    let input = with_links(&scene, 12);
    let mut command = scene.archiving();
    command.args(["-q", &input, "--set", "pace.delay=0.1", "--set", "pace.per_host=1"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    scene.wait_until_asked("office.example", "/page", 2);
    let pid = child.id().to_string();
    for _ in 0..2 {
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
    scene.is_sound();
    scene.archives(0, &[&input]);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM capture"), 12);
}
