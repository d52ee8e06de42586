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

pub fn run(scene: &Scene, arguments: &[&str]) -> Output {
    running(scene).args(arguments).output().unwrap()
}

/// Leaves an archive whose targets all wait: a run killed while the first page had not answered.
pub fn left_by_a_killed_run(scene: &Scene) {
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
    let readme = include_str!("../../README.md");
    let told = readme.split_once("`run --json` prints one object").unwrap().1;
    let told = told.split_once("}`;").unwrap().0;
    for name in summary.as_object().unwrap().keys() {
        assert!(told.contains(&format!("\"{name}\"")), "README does not name {name}");
    }
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
fn of_many_runs_at_once_each_turn_is_taken_by_one_and_the_others_leave() {
    for round in 0..6 {
        let scene = Scene::new();
        left_by_a_killed_run(&scene);
        let silent = || {
            let mut command = running(&scene);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let runs: Vec<_> = (0..8).map(|_| silent().spawn().unwrap()).collect();
        let codes: Vec<_> = runs
            .into_iter()
            .map(|mut run| run.wait().unwrap().code().unwrap())
            .collect();
        assert!(
            codes.iter().all(|code| matches!(code, 0 | 75)),
            "round {round}: {codes:?}"
        );
        assert!(codes.contains(&0), "round {round}: {codes:?}");
        assert_eq!(captures(&scene), LINKS as i64, "round {round}: {codes:?}");
        let targets: i64 = scene.value("SELECT count(DISTINCT target) FROM capture");
        assert_eq!(targets, LINKS as i64, "round {round}: {codes:?}");
        scene.is_sound();
    }
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
    let asked = || -> Vec<String> {
        let log = scene.web.log().into_iter();
        log.filter(|asked| asked.host == "monitor.example")
            .map(|asked| asked.path)
            .collect()
    };
    assert_eq!(
        asked(),
        ["/abc"],
        "a run that finds nothing due has no beginning to tell"
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
    let due = "UPDATE recheck SET due = '2020-01-01T00:00:00.000Z' WHERE target = 1";
    Connection::open(scene.archive()).unwrap().execute_batch(due).unwrap();
    scene.web.on("monitor.example", "/abc*", [Reply::page("OK")]);
    // Long enough that the monitor hears of the beginning before the end.
    let slow = Reply::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n".to_vec(), 500);
    scene.web.on("office.example", "/page/0", [slow]);
    run(&scene, &["--ping-url", "http://monitor.example/abc"]);
    assert_eq!(asked()[1..], ["/abc/start", "/abc"]);
    std::fs::remove_file(scene.archive()).unwrap();
    let output = run(&scene, &["--ping-url", "http://monitor.example/abc"]);
    assert_eq!(output.status.code(), Some(66), "{output:?}");
    assert_eq!(asked()[3..], ["/abc/fail?exit_code=66"]);
}

#[test]
fn a_monitor_that_does_not_answer_is_not_waited_for_long() {
    let scene = Scene::new();
    let input = story_of(&scene, 1);
    scene.archives(0, &[&input]);
    let silent = Reply::Stall(Vec::new(), 60_000);
    scene.web.on("monitor.example", "/abc", [silent]);
    let start = std::time::Instant::now();
    let patience = ["--set", "limit.headers=60", "--set", "limit.idle=60"];
    let output = run(
        &scene,
        &[&["--ping-url", "http://monitor.example/abc"][..], &patience].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        text(&output.stderr).contains("was not told: no answer within 5 seconds"),
        "{output:?}"
    );
    assert_eq!(scene.web.asked("monitor.example", "/abc"), 3);
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

#[test]
fn what_failed_is_told_in_some_lines_and_kept_with_the_summary_which_a_failed_run_leaves_too() {
    let scene = Scene::new();
    let links = 30;
    let input = story_of(&scene, links);
    for n in 0..links {
        scene
            .web
            .on("office.example", &format!("/page/{n}"), [Reply::status(429)]);
    }
    let mut child = scene.archiving();
    let mut child = child.args(["-q", &input, "--set", "pace.delay=5"]).spawn().unwrap();
    scene.wait_until_asked("office.example", "/robots", 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let log = scene.path("runs.jsonl");
    let log = log.to_str().unwrap();
    let output = run(
        &scene,
        &["--set", "limit.free=1000000000000000", "--json", "--log", log],
    );
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&summary["exit"], &summary["status"]),
        (&74.into(), &"input_output".into())
    );
    let kept: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(log).unwrap()).unwrap();
    assert_eq!(kept, summary);
    // Every page is asked for once before the first answer says that the host wants rest.
    let output = run(
        &scene,
        &["--json", "--set", "pace.per_host=30", "--set", "pace.total=30"],
    );
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let failed = summary["failures"].as_u64().unwrap();
    assert!(failed > 20, "{summary}");
    let told = text(&output.stderr);
    assert_eq!(told.lines().count(), 21, "{told}");
    assert!(
        told.ends_with(&format!("and {} more (`citekeep status` names them)\n", failed - 20)),
        "{told}"
    );
    assert!(told.contains("rate_limited (http_429); it is tried again"), "{told}");
    assert_eq!(summary["warnings"].as_array().unwrap().len() as u64, failed);
    assert!(summary["hosts_waiting"]["office.example"].is_string(), "{summary}");
    assert!(summary["free"].as_u64() > Some(0), "{summary}");
    let status = text(&scene.bare().arg("status").output().unwrap().stdout);
    assert_eq!(status.matches("  failed  ").count() as u64, failed, "{status}");
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

#[test]
fn a_host_that_fails_is_left_alone_across_runs_then_tried_once_and_costs_no_turn() {
    let scene = Scene::new();
    let input = story(&scene);
    let answers = |reply: Reply| {
        for n in 0..LINKS {
            scene.web.on("office.example", &format!("/page/{n}"), [reply.clone()]);
        }
    };
    answers(Reply::status(500));
    let alone = ["--set", "pace.per_host=1"];
    scene.archives(3, &[&[&*input], &alone[..]].concat());
    let asked = || scene.web.asked("office.example", "/page");
    assert_eq!(asked(), 5, "five failures in a row");
    assert_eq!(captures(&scene), 5, "what was not asked is no attempt");
    let change = |sql: &str| Connection::open(scene.archive()).unwrap().execute_batch(sql).unwrap();
    let due = "UPDATE job SET not_before = '2026-01-01T00:00:00.000Z'";
    change(due);
    // Another run within the hour asks nothing, and nothing is lost.
    let output = run(&scene, &alone);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!((asked(), captures(&scene)), (5, 5));
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM job WHERE done = 0"),
        LINKS as i64
    );
    // After it, one more failure is enough.
    let over = "UPDATE host_penalty SET until = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 minute')";
    change(over);
    assert_eq!(run(&scene, &alone).status.code(), Some(3));
    assert_eq!((asked(), captures(&scene)), (6, 6));
    answers(Reply::page("<p>A page that is there again.</p>".repeat(40)));
    change(over);
    change(due);
    assert_eq!(run(&scene, &alone).status.code(), Some(0));
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM job WHERE done = 0"), 0);
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM host_penalty WHERE failures > 0"),
        0
    );
    scene.is_sound();
}

#[test]
fn a_run_stops_before_the_disk_is_full_and_the_next_with_room_goes_on() {
    let scene = Scene::new();
    left_by_a_killed_run(&scene);
    let before = captures(&scene);
    let output = run(&scene, &["--set", "limit.free=1000000000000000", "--json"]);
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    let told = text(&output.stderr);
    assert!(told.contains("limit.free") && told.contains("archive.db"), "{told}");
    assert_eq!(captures(&scene), before);
    assert_eq!(
        scene.value::<i64>("SELECT exit FROM run_end ORDER BY id DESC LIMIT 1"),
        74
    );
    scene.is_sound();
    assert_eq!(run(&scene, &[]).status.code(), Some(0));
    assert_eq!(captures(&scene), LINKS as i64);
    let space = scene.bare().args(["status", "--space", "--json"]).output().unwrap();
    let space: serde_json::Value = serde_json::from_slice(&space.stdout).unwrap();
    let length = std::fs::metadata(scene.archive()).unwrap().len();
    assert_eq!((&space["file"], &space["log"]), (&length.into(), &0.into()), "{space}");
    assert!(
        space["free"].as_u64() > Some(0) && space["body_bytes"].as_u64() > Some(0),
        "{space}"
    );
}

#[test]
fn each_post_page_and_article_is_captured_as_often_as_settings_and_persons_say() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let page = Reply::page("<p>The report of that year.</p>".repeat(50));
    scene.web.on("river.example", "/report", [page]);
    let input = scene.file("story.html", article(POST));
    scene.archives(
        0,
        &[&input, "--set", "schedule.pages=1d:5h 10d", "--set", "schedule.x=2h"],
    );
    let hours = |kind: &str| -> i64 {
        scene.value(&format!(
            "SELECT CAST(round((julianday(r.due) - julianday('now')) * 24) AS INTEGER) FROM recheck r JOIN target t ON t.id = r.target
             WHERE t.kind = '{kind}'"
        ))
    };
    assert_eq!((hours("link"), hours("post")), (5, 2));
    // An article stands for what it cites; what is set for the target itself comes before.
    scene.does(0, &["schedule", "article:1", "30d:3h 7d"]);
    scene.does(0, &["schedule", "http://river.example/report", "9h"]);
    assert_eq!(scene.does(0, &["schedule"]).0.lines().count(), 2);
    assert_eq!(run(&scene, &[]).status.code(), Some(0));
    assert_eq!(
        (hours("link"), hours("post")),
        (9, 3),
        "both were due with the next run"
    );
    scene.does(0, &["schedule", "http://river.example/report", "--default"]);
    assert_eq!(run(&scene, &[]).status.code(), Some(0));
    assert_eq!(hours("link"), 3, "the article's holds again");
    for wrong in [
        &["schedule", "article:1"][..],
        &["schedule", "article:1", "often"],
        &["schedule", "article:1", "1h", "--default"],
    ] {
        scene.does(64, wrong);
    }
    scene.does(78, &["--set", "schedule.nowhere=1d", "config", "check"]);
    scene.is_sound();
}
