//! `citekeep run` as cron starts it: what is due, by the very path of `archive`, and silent where all went well.

use std::process::{Command, Output, Stdio};

use rusqlite::Connection;

use crate::scene::{POST, Scene, article, text};
use crate::web::Reply;

const LINKS: usize = 12;

fn story(scene: &Scene) -> String {
    story_of(scene, LINKS)
}

/// The file of an article that cites so many pages of one host, each with its own answer ready.
pub fn story_of(scene: &Scene, links: usize) -> String {
    let mut page = String::from("<!DOCTYPE html><body><article><h1>Pages</h1>");
    for n in 0..links {
        page += &format!(
            "<p>The office tells more about it in <a href='http://office.example/page/{n}'>its page number {n}</a> of that week.</p>"
        );
        scene.web.on(
            "office.example",
            &format!("/page/{n}"),
            [Reply::page(format!("<p>Page {n}</p>").repeat(50))],
        );
    }
    scene.file("story.html", page + "</article>")
}

/// `citekeep run` in the world of `scene`.
pub fn running(scene: &Scene) -> Command {
    let archiving = scene.archiving();
    let mut command = scene.bare();
    command.arg("run");
    // What stands behind `archive` are the settings of this world.
    let settings = archiving
        .get_args()
        .skip_while(|argument| *argument != "archive")
        .skip(1);
    command.args(settings);
    command
}

fn run(scene: &Scene, arguments: &[&str]) -> Output {
    running(scene).args(arguments).output().unwrap()
}

/// Leaves an archive whose targets all wait: a run killed while the first page had not answered.
fn left_by_a_killed_run(scene: &Scene) {
    let input = story(scene);
    let mut child = scene
        .archiving()
        .args(["-q", &input, "--set", "pace.delay=0.5", "--set", "pace.per_host=1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    scene.wait_until_asked("office.example", "/page", 1);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn captures(scene: &Scene) -> i64 {
    scene.value("SELECT count(*) FROM capture")
}

#[test]
fn a_run_takes_over_what_a_killed_run_left_and_says_nothing() {
    let scene = Scene::new();
    left_by_a_killed_run(&scene);
    assert!(captures(&scene) < LINKS as i64);
    let output = run(&scene, &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        (String::new(), String::new())
    );
    assert_eq!(captures(&scene), LINKS as i64);
    assert_eq!(
        scene.value::<i64>("SELECT count(DISTINCT target) FROM capture"),
        LINKS as i64
    );
    scene.is_sound();
}

#[test]
fn a_run_with_nothing_due_asks_nobody_and_keeps_its_summary() {
    let scene = Scene::new();
    let input = story(&scene);
    scene.archives(0, &[&input]);
    let asked = scene.web.asked("office.example", "/page");
    let output = run(&scene, &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["due"], &summary["attempts"]), (&0.into(), &0.into()));
    assert_eq!(scene.web.asked("office.example", "/page"), asked);
    let status = scene.bare().args(["status", "--json"]).output().unwrap();
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["summary"], summary);
    assert_eq!(status["last_run"]["exit"], 0);
    scene.is_sound();
}

#[test]
fn limits_stop_a_run_cleanly_and_the_next_goes_on() {
    let scene = Scene::new();
    left_by_a_killed_run(&scene);
    let before = captures(&scene);
    let dry = text(&run(&scene, &["--dry-run"]).stdout);
    assert!(dry.ends_with(" due\n") || dry.contains(" due, "), "{dry}");
    assert_eq!(captures(&scene), before);
    let output = run(&scene, &["--max-captures", "3", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["stopped_by"], "max_captures");
    assert_eq!(summary["outcomes"]["captured"], 3);
    assert_eq!(captures(&scene), before + 3);
    scene.is_sound();
    assert_eq!(run(&scene, &[]).status.code(), Some(0));
    assert_eq!(captures(&scene), LINKS as i64);
}

#[test]
fn a_page_that_cannot_be_reached_is_tried_again_only_when_it_is_due() {
    let scene = Scene::new();
    let page = "<!DOCTYPE html><article><p>The office tells more about it in <a href='http://office.example/a'>its page</a> of that week.</p></article>";
    scene.web.on(
        "office.example",
        "/a",
        [Reply::status(502), Reply::page("<p>The page is back.</p>".repeat(50))],
    );
    let input = scene.file("story.html", page);
    scene.archives(3, &[&input]);
    assert_eq!(run(&scene, &[]).status.code(), Some(0));
    assert_eq!(captures(&scene), 1, "it is not due yet");
    let archive = Connection::open(scene.archive()).unwrap();
    archive
        .execute("UPDATE job SET not_before = '2020-01-01T00:00:00.000Z'", [])
        .unwrap();
    drop(archive);
    assert_eq!(run(&scene, &[]).status.code(), Some(0));
    assert_eq!(captures(&scene), 2);
    assert_eq!(
        scene.value::<String>("SELECT outcome FROM capture ORDER BY id DESC"),
        "captured"
    );
    scene.is_sound();
}

#[test]
fn of_two_runs_at_once_one_works_and_one_says_who_holds_the_archive() {
    let scene = Scene::new();
    left_by_a_killed_run(&scene);
    let asked = scene.web.asked("office.example", "/page");
    let mut slow = running(&scene)
        .args(["--set", "pace.delay=0.2", "--set", "pace.per_host=1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    scene.wait_until_asked("office.example", "/page", asked + 1);
    let second = run(&scene, &[]);
    assert_eq!(second.status.code(), Some(75), "{second:?}");
    assert!(
        text(&second.stderr).contains(&format!("process {}", slow.id())),
        "{second:?}"
    );
    assert_eq!(slow.wait().unwrap().code(), Some(0));
    assert_eq!(captures(&scene), LINKS as i64);
    scene.is_sound();
}

#[test]
fn a_run_without_an_archive_makes_none() {
    let scene = Scene::new();
    assert_eq!(run(&scene, &[]).status.code(), Some(66));
    assert!(!scene.archive().exists());
}

#[test]
fn a_run_captures_again_what_was_captured_and_finds_that_it_was_deleted() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    scene.web.on(
        "river.example",
        "/report",
        [Reply::page("<p>The report of that year.</p>".repeat(50))],
    );
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    let before = captures(&scene);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM recheck"), before);
    scene.archives(0, &[&input]);
    assert_eq!(captures(&scene), before, "the same input captures nothing again");
    scene.syndication(
        POST,
        Reply::json(r#"{"__typename":"TweetTombstone","tombstone":{"text":{"text":"This Post was deleted by the Post author. Learn more"}}}"#),
    );
    let archive = Connection::open(scene.archive()).unwrap();
    archive
        .execute("UPDATE recheck SET due = '2020-01-01T00:00:00.000Z'", [])
        .unwrap();
    drop(archive);
    let output = run(&scene, &["--json"]);
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["due"], before, "{summary}");
    assert_eq!(captures(&scene), 2 * before);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM gone"), 1);
    assert_eq!(scene.value::<i64>("SELECT max(slot) FROM job"), 2);
    assert_eq!(run(&scene, &[]).status.code(), Some(0));
    assert_eq!(captures(&scene), 2 * before, "each slot is captured once");
    scene.is_sound();
}

#[test]
fn the_monitor_hears_how_a_run_ended_and_its_silence_costs_nothing() {
    let scene = Scene::new();
    let input = story(&scene);
    scene.archives(0, &[&input]);
    scene.web.on("monitor.example", "/abc", [Reply::page("OK")]);
    let log = scene.path("runs.jsonl");
    let log = log.to_str().unwrap();
    let output = run(&scene, &["--ping-url", "http://monitor.example/abc", "--log", log]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    assert_eq!(
        (
            scene.web.asked("monitor.example", "/abc"),
            scene.web.asked("monitor.example", "/abc/fail")
        ),
        (1, 0)
    );
    let output = run(&scene, &["--ping-url", "http://nobody.example/abc", "--log", log]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stderr).contains("the monitor at http://nobody.example/abc was not told"),
        "{output:?}"
    );
    let lines = std::fs::read_to_string(log).unwrap();
    assert_eq!(
        lines.lines().filter(|line| line.contains("\"exit\":0")).count(),
        2,
        "{lines}"
    );
    std::fs::remove_file(scene.archive()).unwrap();
    let output = run(&scene, &["--ping-url", "http://monitor.example/abc"]);
    assert_eq!(output.status.code(), Some(66), "{output:?}");
    assert_eq!(scene.web.asked("monitor.example", "/abc/fail"), 1);
}

#[test]
fn a_run_whose_time_is_over_begins_nothing_more_and_the_next_goes_on() {
    let scene = Scene::new();
    left_by_a_killed_run(&scene);
    let output = run(
        &scene,
        &[
            "--max-duration",
            "0",
            "--set",
            "pace.delay=0.1",
            "--set",
            "pace.per_host=1",
            "--json",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["stopped_by"], "max_duration");
    scene.is_sound();
    assert_eq!(run(&scene, &[]).status.code(), Some(0));
    assert_eq!(captures(&scene), LINKS as i64);
}
