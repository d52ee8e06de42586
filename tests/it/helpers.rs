//! Programs of others that get what no source gives: a script plays yt-dlp.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::scene::{Scene, text};
use crate::web::Reply;

const VIDEO: &str = "a1B2c3D4-_e";

/// A world with a video whose file no source names, and a yt-dlp on the path that does `this` when it is called for it.
fn world(this: &str) -> (Scene, String) {
    let scene = Scene::new();
    let player = format!(
        r#"{{"videoDetails":{{"videoId":"{VIDEO}","title":"The bridge","author":"Ada","shortDescription":"It stands.",
        "thumbnail":{{"thumbnails":[{{"url":"http://stills.example/1.jpg","width":8,"height":8}}]}}}},"playabilityStatus":{{"status":"OK"}}}}"#
    );
    let page = format!("<title>The bridge</title><script>var ytInitialPlayerResponse = {player};</script>");
    scene.web.on("youtube.test", "/watch*", [Reply::page(page)]);
    scene.web.on(
        "stills.example",
        "/1.jpg",
        [Reply::ok("image/jpeg", b"\xff\xd8\xff a still".to_vec())],
    );
    let here = scene.folder.path().display().to_string();
    let script = format!(
        "#!/bin/sh\ncase $1 in --version) echo 2099.01.02; exit;; esac\nhere={here}\nprintf '%s\\n' \"$@\" > $here/words\n{this}\n"
    );
    fs::create_dir(scene.path("bin")).unwrap();
    fs::create_dir(scene.path("temporary")).unwrap();
    let program = scene.file("bin/yt-dlp", script);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let input = scene.file(
        "story.html",
        format!(
            "<!DOCTYPE html><title>Bridge</title><article><h1>Bridge</h1><p>The mayor shows in <a \
             href='https://www.youtube.com/watch?v={VIDEO}'>her video of the flood</a> that the bridge stands.</p></article>"
        ),
    );
    (scene, input)
}

fn archiving(scene: &Scene, input: &str) -> Command {
    let mut command = scene.archiving();
    let path = format!("{}:/usr/bin:/bin", scene.path("bin").display());
    command
        .env("PATH", path)
        .env("TMPDIR", scene.path("temporary"))
        .env("SECRET_OF_OURS", "1")
        .args(["--set", "helpers.yt_dlp=true", input]);
    command
}

fn archive(scene: &Scene, input: &str, more: &[&str]) -> Output {
    let output = archiving(scene, input).args(more).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    scene.is_sound();
    output
}

/// What became of the call.
fn call(scene: &Scene) -> String {
    scene.value("SELECT program || ' ' || version || ' ' || reason || ' ' || coalesce(exit, '-') FROM helper")
}

/// Whether a process is gone, or soon is.
fn is_gone(process: &str) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        let state = fs::read_to_string(format!("/proc/{}/stat", process.trim()));
        if state.is_err() || state.is_ok_and(|state| state.contains(") Z ")) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn a_helper_gets_the_video_that_no_source_gives_and_it_is_kept_as_the_helpers() {
    let (scene, input) = world(
        "env > $here/environment; printf 'a film' > the.film.mp4; : > empty.mp4; mkdir folder.mp4; ln -s /etc/passwd link.mp4
         echo called >> $here/calls",
    );
    archive(&scene, &input, &[]);
    assert_eq!(call(&scene), "yt-dlp 2099.01.02 done 0");
    let media = "SELECT m.kind || ' ' || m.reason || ' ' || f.name || ' ' || m.url || ' ' || CAST(b.bytes AS TEXT)
                 FROM post_media m JOIN helper_file f ON f.media = m.id JOIN bodies b ON b.blob = f.body WHERE b.role = 'helper'";
    assert_eq!(
        scene.value::<String>(media),
        format!("video by_helper the.film.mp4 https://www.youtube.com/watch?v={VIDEO} a film")
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM helper_file"),
        1,
        "what is no plain file is left"
    );
    assert_eq!(
        scene
            .value::<i64>("SELECT count(*) FROM exchange x JOIN post_media m ON m.id = x.media WHERE m.kind = 'video'"),
        0
    );
    // Without a shell, and with nothing of ours.
    let words = fs::read_to_string(scene.path("words")).unwrap();
    assert!(
        words.ends_with(&format!("\n--\nhttps://www.youtube.com/watch?v={VIDEO}\n")),
        "{words}"
    );
    let arguments: Vec<String> = serde_json::from_str(&scene.value::<String>("SELECT arguments FROM helper")).unwrap();
    assert_eq!(arguments[1..].join("\n") + "\n", words);
    let environment = fs::read_to_string(scene.path("environment")).unwrap();
    assert!(!environment.contains("SECRET_OF_OURS"), "{environment}");
    assert!(is_empty(&scene.path("temporary")));

    // What it got once it is not asked for again.
    archive(&scene, &input, &["--again"]);
    assert_eq!(fs::read_to_string(scene.path("calls")).unwrap(), "called\n");

    let export = scene.bare().args(["export", "--all", "-o", "bundle"]).output().unwrap();
    assert_eq!(export.status.code(), Some(0), "{}", text(&export.stderr));
    let verified = scene.bare().args(["verify", "bundle"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
    let table = fs::read_to_string(scene.path("bundle/data/media.jsonl")).unwrap();
    assert!(table.contains("yt-dlp 2099.01.02"), "{table}");
    // Shown although the newest capture did not get it again.
    let report = fs::read_to_string(scene.path("bundle/data/report.html")).unwrap();
    assert_eq!(report.matches("got by a program of others").count(), 1, "{report}");
    // The helper took part in the capture, under its own name and at no address that nobody knows.
    let crate_text = fs::read_to_string(scene.path("bundle/data/ro-crate-metadata.json")).unwrap();
    let crate_of: serde_json::Value = serde_json::from_str(&crate_text).unwrap();
    let entities = crate_of["@graph"].as_array().unwrap();
    let by_id = |id: &serde_json::Value| entities.iter().find(|entity| entity["@id"] == *id).unwrap();
    let instruments: Vec<_> = entities
        .iter()
        .filter_map(|entity| entity["instrument"].as_array())
        .flatten()
        .map(|reference| by_id(&reference["@id"]))
        .map(|program| {
            (
                program["name"].as_str().unwrap(),
                program["version"].as_str().unwrap(),
                &program["url"],
            )
        })
        .collect();
    let none = &serde_json::Value::Null;
    assert_eq!(
        instruments,
        [
            ("citekeep", env!("CARGO_PKG_VERSION"), none),
            ("yt-dlp", "2099.01.02", none)
        ]
    );
}

#[test]
fn a_helper_that_fails_takes_too_long_or_writes_too_much_is_ended_with_all_it_began_and_costs_no_capture() {
    for (this, became, more) in [
        (
            "echo 'ERROR: no video here' >&2; printf half > half.mp4; exit 3",
            "failed 3",
            &[][..],
        ),
        (
            "sleep 600 & echo $! > $here/child; sleep 600",
            "over_time -",
            &["--set", "helpers.seconds=1"][..],
        ),
        (
            "i=0; while [ $i -lt 400 ]; do i=$((i+1)); head -c 100000 /dev/zero > $i.mp4; done; sleep 600 & echo $! > $here/child; wait",
            "over_bytes -",
            &["--set", "limit.media=1000000"][..],
        ),
        ("exit 0", "nothing 0", &[][..]),
    ] {
        let (scene, input) = world(this);
        archive(&scene, &input, more);
        assert_eq!(call(&scene), format!("yt-dlp 2099.01.02 {became}"));
        assert_eq!(scene.value::<String>("SELECT outcome FROM capture"), "captured");
        assert_eq!(scene.value::<i64>("SELECT count(*) FROM helper_file"), 0);
        if became.starts_with("failed") {
            assert_eq!(
                scene.value::<String>("SELECT detail FROM helper"),
                "ERROR: no video here"
            );
        }
        if let Ok(child) = fs::read_to_string(scene.path("child")) {
            assert!(is_gone(&child), "{this}");
        }
        assert!(is_empty(&scene.path("temporary")));
    }
}

#[test]
fn a_helper_ends_with_the_run_even_if_that_is_killed() {
    let (scene, input) = world("echo $$ > $here/helper.new; mv $here/helper.new $here/helper; exec sleep 600");
    let mut run = archiving(&scene, &input)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !scene.path("helper").exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "it was never called");
        std::thread::sleep(Duration::from_millis(10));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(is_gone(&fs::read_to_string(scene.path("helper")).unwrap()));
}

#[test]
fn no_helper_is_called_unless_the_settings_say_so_and_one_that_is_not_there_is_told() {
    let (scene, input) = world("echo called >> $here/calls");
    let path = format!("{}:/usr/bin:/bin", scene.path("bin").display());
    let output = scene.archiving().env("PATH", &path).arg(&input).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(
        (scene.path("calls").exists(), scene.path("words").exists()),
        (false, false)
    );

    let (scene, input) = world("exit 0");
    fs::remove_file(scene.path("bin/yt-dlp")).unwrap();
    let path = scene.path("bin").display().to_string();
    let output = archiving(&scene, &input).env("PATH", &path).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stderr).contains("yt-dlp is not on the path"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM helper"), 0);
}
