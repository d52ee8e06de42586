//! The other commands, as their users type them.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::scene::{POST, Scene, article, text};

#[test]
fn find_prints_one_line_a_document_in_order_and_an_error_for_what_it_cannot_read() {
    let scene = Scene::new();
    let first = scene.file("first.html", article(POST));
    let second = scene.file(
        "second.txt",
        "A sentence that stands here by itself and cites nothing at all.\n",
    );
    let output = scene
        .bare()
        .args(["find", "--json", &first, "missing.html", &second])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(66));
    assert!(text(&output.stderr).contains("missing.html"));
    let lines: Vec<serde_json::Value> = text(&output.stdout)
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    let citation = &lines[0]["citations"][0];
    assert_eq!(citation["platform"], "x");
    assert_eq!(citation["url"], format!("https://x.com/ada_b/status/{POST}"));
    assert_eq!(citation["form"], "embed");
    assert_eq!(
        (&citation["author_name"], &citation["author_handle"], &citation["date"]),
        (&"Ada Bridgewater".into(), &"ada_b".into(), &"2024-05-01".into())
    );
    assert_eq!(
        citation["sentence"],
        "The mayor of Orsay wrote that the bridge was standing after the flood:"
    );
    assert_eq!(citation["sentences"][0]["relation"], "introduces");
    assert_eq!(lines[0]["links"][0]["url"], "http://river.example/report");
    assert!(!scene.archive().exists(), "find makes no archive");
    let verbose = text(&scene.bare().args(["find", "-v", &first]).output().unwrap().stdout);
    assert!(verbose.contains("introduces"), "{verbose}");
}

#[test]
fn a_post_of_the_sidebar_is_refused_with_the_reason() {
    let scene = Scene::new();
    let page = article(POST)
        + "<aside class='sidebar'><blockquote class='twitter-tweet'><a href='https://twitter.com/paper/status/1785000000000000001'>x</a></blockquote></aside>";
    let input = scene.file("story.html", page);
    let verbose = text(&scene.bare().args(["find", "-v", &input]).output().unwrap().stdout);
    assert!(
        verbose.contains("refused") && verbose.contains("(chrome_sidebar)"),
        "{verbose}"
    );
}

#[test]
fn list_show_and_their_json_tell_what_became_of_an_article() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is \\u001b[2Jstanding.");
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input, "--tag", "flood"]);
    let list = text(&scene.bare().args(["list", "--tag", "flood"]).output().unwrap().stdout);
    assert!(
        list.contains("The bridge at Orsay") && list.contains("1 captured"),
        "{list}"
    );
    let show = text(&scene.bare().args(["show", "1", "-v"]).output().unwrap().stdout);
    assert!(show.contains("The mayor of Orsay wrote"), "{show}");
    let json = text(&scene.bare().args(["show", "1", "--json"]).output().unwrap().stdout);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["citations"][0]["target"]["state"], "captured");
    let target = text(
        &scene
            .bare()
            .args(["show", &format!("https://x.com/ada_b/status/{POST}")])
            .output()
            .unwrap()
            .stdout,
    );
    assert!(target.contains("sha256") && !target.contains('\u{1b}'), "{target:?}");
    assert_eq!(
        scene.bare().args(["show", "nothing"]).output().unwrap().status.code(),
        Some(65)
    );
}

#[test]
fn one_changed_byte_is_found_by_verify() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    let connection = rusqlite::Connection::open(scene.archive()).unwrap();
    connection
        .execute_batch("DROP TRIGGER answer_no_update; UPDATE answer SET reason = 'better' WHERE id = 1")
        .unwrap();
    drop(connection);
    let output = scene.bare().arg("verify").output().unwrap();
    assert_eq!(output.status.code(), Some(65));
    assert!(text(&output.stderr).contains("citekeep:"));
}

#[test]
fn settings_man_page_and_completions_are_printed() {
    let scene = Scene::new();
    let check = scene
        .bare()
        .args(["config", "check", "--set", "pace.delay=2"])
        .output()
        .unwrap();
    assert!(text(&check.stdout).contains("delay = 2.0"), "{}", text(&check.stdout));
    let wrong = scene
        .bare()
        .args(["config", "check", "--set", "pace.dely=2"])
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(78));
    let missing = scene
        .bare()
        .args(["config", "check", "--config", "nowhere.toml"])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(78));
    assert!(
        text(&missing.stderr).contains("nowhere.toml: cannot be read"),
        "{missing:?}"
    );
    assert!(text(&scene.bare().arg("man").output().unwrap().stdout).contains(".TH citekeep"));
    assert!(text(&scene.bare().args(["completions", "bash"]).output().unwrap().stdout).contains("citekeep"));
    assert_eq!(scene.bare().arg("nonsense").output().unwrap().status.code(), Some(64));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let scene = Scene::new();
    let mut child = scene
        .bare()
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn the_questions_of_the_examples_run() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    let queries = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/queries.sql")).unwrap();
    let connection = rusqlite::Connection::open(scene.archive()).unwrap();
    let mut asked = 0;
    for query in queries.split(";\n").filter(|q| q.contains("SELECT")) {
        let mut statement = connection.prepare(query).unwrap_or_else(|e| panic!("{query}: {e}"));
        let mut rows = statement.query([]).unwrap();
        while rows.next().unwrap().is_some() {}
        asked += 1;
    }
    assert_eq!(asked, 11);
}

#[test]
fn a_check_that_has_no_time_says_where_to_go_on_until_all_is_checked() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    let verify = |arguments: &[&str]| {
        let output = scene
            .bare()
            .args(["verify", "--json"])
            .args(arguments)
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), report)
    };
    let (code, whole) = verify(&["--full"]);
    assert_eq!((code, &whole["next"]), (Some(0), &serde_json::Value::Null));
    let mut from = "beginning".to_owned();
    let mut bodies = 0;
    for _ in 0..1000 {
        let (code, part) = verify(&["--max-duration", "0", "--from", &from]);
        bodies += part["bodies"].as_u64().unwrap();
        match part["next"].as_str() {
            Some(next) => {
                assert_eq!(code, Some(3), "{part}");
                next.clone_into(&mut from);
            }
            None => {
                assert_eq!((code, &part["head"]), (Some(0), &whole["head"]));
                break;
            }
        }
    }
    assert!(from.starts_with("entry:"), "{from}");
    assert_eq!(Some(bodies), whole["bodies"].as_u64());
    let (code, quick) = verify(&["--quick"]);
    assert_eq!(
        (code, &quick["bodies"], &quick["entries"]),
        (Some(0), &0.into(), &whole["entries"])
    );
    assert_eq!(
        scene
            .bare()
            .args(["verify", "--from", "somewhere"])
            .output()
            .unwrap()
            .status
            .code(),
        Some(64)
    );
}

#[test]
fn the_examples_for_cron_and_systemd_say_what_the_program_understands() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let read = |name: &str| fs::read_to_string(examples.join(name)).unwrap();
    let (crontab, service) = (read("crontab"), read("citekeep.service"));
    let mut calls = 0;
    for call in crontab.lines().chain(service.lines()).flat_map(|line| line.split("&&")) {
        let Some((_, call)) = call.split_once("citekeep ") else {
            continue;
        };
        let words: Vec<&str> = call.split(" || ").next().unwrap().split_whitespace().collect();
        let options = words.iter().filter(|word| word.starts_with("--"));
        if options.clone().count() == 0 {
            continue;
        }
        calls += 1;
        let help = text(&Scene::new().bare().args([words[0], "--help"]).output().unwrap().stdout);
        for option in options {
            assert!(help.contains(option), "{} {option}", words[0]);
        }
    }
    assert_eq!(calls, 6);
    let number = |name: &str| -> u64 {
        let (_, rest) = service.split_once(name).unwrap();
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    assert!(number("TimeoutStartSec=") > number("--max-duration ") + number("--wait "));
    assert!(number("TimeoutStopSec=") > 20, "what a stopped run takes at most");
    // Systemd's own judgement, where it is there: of the same units with a program that is.
    let scene = Scene::new();
    let service = service.replace("/usr/local/bin/citekeep", env!("CARGO_BIN_EXE_citekeep"));
    let units = [
        scene.file("citekeep.service", service),
        scene.file("citekeep.timer", read("citekeep.timer")),
    ];
    match Command::new("systemd-analyze").arg("verify").args(&units).output() {
        Ok(said) => assert!(
            said.status.success() && !text(&said.stderr).contains("citekeep"),
            "{said:?}"
        ),
        Err(_) => eprintln!("systemd-analyze is not here: the units are not judged"),
    }
}
