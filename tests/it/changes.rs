//! What changed and what vanished: found between two captures or readings, listed, shown word by word, told to the operator.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;

use crate::run::running;
use crate::scene::{POST, Scene, article, text};
use crate::web::Reply;

const DELETED: &str = r#"{"__typename":"TweetTombstone","tombstone":{"text":{"text":"This Post was deleted by the Post author. Learn more"}}}"#;

const REPORT: &str = "<!DOCTYPE html><html lang='en'><title>The report</title><body><article>
    <p>The river authority looked at every bridge of the valley in that year.</p>
    <p>The bridge at Orsay is old, but it stands on firm ground and is safe.</p>
    <p>Nothing more needs to be done before the autumn, the authority says.</p></article>";

/// A scene with an archived article that cites a post and a page.
fn archived() -> Scene {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    page(&scene, Reply::page(REPORT));
    scene.file("story.html", article(POST));
    scene.archives(0, &["story.html", "--url", "http://news.example/bridge"]);
    scene
}

fn page(scene: &Scene, reply: Reply) {
    scene.web.on("river.example", "/report", [reply]);
}

/// `citekeep run` with everything due.
fn run(scene: &Scene, arguments: &[&str]) -> Output {
    due(scene);
    running(scene).args(arguments).output().unwrap()
}

/// Makes everything due.
fn due(scene: &Scene) {
    let archive = Connection::open(scene.archive()).unwrap();
    for due in [
        "UPDATE recheck SET due = '2020-01-01T00:00:00.000Z'",
        "UPDATE job SET not_before = '2020-01-01T00:00:00.000Z'",
        "DELETE FROM host_penalty",
    ] {
        archive.execute(due, []).unwrap();
    }
}

fn changes(scene: &Scene, arguments: &[&str]) -> Vec<Value> {
    let output = scene
        .bare()
        .args(["changes", "--json", "--set", "verdict.spacing=0.001"])
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn events(scene: &Scene) -> Vec<String> {
    changes(scene, &[])
        .iter()
        .map(|change| {
            format!(
                "{} {}",
                change["of"].as_str().unwrap(),
                change["event"].as_str().unwrap()
            )
        })
        .collect()
}

fn diff(scene: &Scene, arguments: &[&str]) -> String {
    let output = scene.bare().arg("diff").args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    text(&output.stdout)
}

#[test]
fn a_post_edited_deleted_and_restored_is_told_at_each_step() {
    let scene = archived();
    assert_eq!(run(&scene, &["--exit-code"]).status.code(), Some(0), "nothing changed");
    scene.has_post(POST, "ada_b", "The bridge is closed.");
    assert_eq!(run(&scene, &["--exit-code"]).status.code(), Some(2));
    scene.syndication(POST, Reply::json(DELETED));
    assert_eq!(run(&scene, &["--exit-code"]).status.code(), Some(2));
    assert_eq!(
        run(&scene, &["--exit-code"]).status.code(),
        Some(0),
        "it is told once that it is gone"
    );
    scene.has_post(POST, "ada_b", "The bridge is closed.");
    let output = run(&scene, &["--json"]);
    assert_eq!(output.status.code(), Some(0), "only where it is asked for");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["changes"], serde_json::json!({"restored": 1}));
    assert_eq!(events(&scene), ["post edited", "post deleted", "post restored"]);
    let told = changes(&scene, &[]);
    assert_eq!(told[0]["fields"][0]["before"], "The bridge is standing.");
    assert_eq!(told[0]["fields"][0]["after"], "The bridge is closed.");
    assert_eq!(told[0]["cited_by"], serde_json::json!(["http://news.example/bridge"]));
    assert_eq!(told[1]["reason"], "tombstone_deleted");
    let address = format!("https://x.com/ada_b/status/{POST}");
    let shown = diff(&scene, &[&address]);
    assert!(shown.contains("text: The bridge is [-standing-]{+closed+}."), "{shown}");
    assert!(
        shown.contains("\ndeleted: ") && shown.contains("\nrestored: "),
        "{shown}"
    );
    let since = told[1]["seq"].to_string();
    assert_eq!(changes(&scene, &["--since", &since]).len(), 1);
    assert_eq!(changes(&scene, &["--since", "2999-01-01"]).len(), 0);
    scene.is_sound();
}

#[test]
fn a_wall_or_an_error_between_two_good_captures_is_no_change() {
    let scene = archived();
    for reply in [
        Reply::status(403),
        Reply::status(502),
        Reply::status(429),
        Reply::status(404),
    ] {
        scene.syndication(POST, reply.clone());
        page(&scene, reply);
        run(&scene, &[]);
    }
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    page(&scene, Reply::page(REPORT));
    let output = run(&scene, &["--exit-code"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(scene.value::<i64>("SELECT count(DISTINCT outcome) FROM capture") > 1);
    assert_eq!(events(&scene), Vec::<String>::new());
    scene.is_sound();
}

#[test]
fn a_wall_that_answers_like_a_page_is_no_change_until_a_second_capture_says_so() {
    const WALL: &str =
        "<!DOCTYPE html><title>Before you go on</title><p>We and our partners care for your privacy.</p>";
    let scene = archived();
    for reply in [WALL, REPORT, WALL, REPORT] {
        page(&scene, Reply::page(reply));
        assert_eq!(run(&scene, &["--exit-code"]).status.code(), Some(0));
    }
    assert_eq!(events(&scene), Vec::<String>::new());
    page(&scene, Reply::page(WALL));
    assert_eq!(run(&scene, &["--exit-code"]).status.code(), Some(0));
    assert_eq!(run(&scene, &["--exit-code"]).status.code(), Some(2));
    assert_eq!(events(&scene), ["link changed"]);
    assert_eq!(run(&scene, &["--exit-code"]).status.code(), Some(0));
}

#[test]
fn an_edit_is_found_across_two_versions_of_the_program() {
    let scene = archived();
    scene.has_post(POST, "ada_b", "The bridge is closed.");
    run(&scene, &[]);
    let archive = Connection::open(scene.archive()).unwrap();
    // As an older citekeep left it, which read less.
    archive
        .execute_batch(
            "DROP TRIGGER post_no_update;
             UPDATE post SET parser = 'citekeep 0.0.1', author_name = 'Some Body' WHERE id = (SELECT min(id) FROM post)",
        )
        .unwrap();
    drop(archive);
    let told = changes(&scene, &[]);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["fields"].as_array().unwrap().len(), 1, "{}", told[0]);
    assert_eq!(told[0]["fields"][0]["after"], "The bridge is closed.");
}

#[test]
fn a_page_that_nobody_finds_twice_is_told_as_gone_and_never_as_deleted() {
    let scene = archived();
    page(&scene, Reply::status(404));
    run(&scene, &[]);
    assert_eq!(events(&scene), Vec::<String>::new());
    run(&scene, &[]);
    assert_eq!(events(&scene), ["link gone"]);
}

#[test]
fn a_page_whose_main_text_changed_is_told_by_sentences_and_what_surrounds_it_is_not() {
    let scene = archived();
    let around = REPORT.replace("<body>", "<body><nav><a href='/7'>Today's weather</a></nav>");
    page(&scene, Reply::page(around));
    assert_eq!(run(&scene, &["--exit-code"]).status.code(), Some(0));
    let reworded = REPORT.replace("and is safe", "and is not safe any more");
    page(&scene, Reply::page(reworded));
    assert_eq!(run(&scene, &["--exit-code"]).status.code(), Some(2));
    assert_eq!(events(&scene), ["link changed"]);
    let shown = diff(&scene, &["http://river.example/report"]);
    assert!(shown.contains("and is {+not +}safe{+ any more+}."), "{shown}");
}

#[test]
fn an_article_read_again_tells_reworded_sentences_and_citations_added_and_dropped() {
    let scene = archived();
    let after = article(POST)
        .replace(
            "The mayor of Orsay wrote that the bridge was standing after the flood:",
            "The mayor of Orsay wrote on Friday that the bridge was standing after the flood:",
        )
        .replace("http://river.example/report", "http://river.example/other");
    scene.file("story.html", after);
    scene.archives(0, &["story.html", "--url", "http://news.example/bridge"]);
    let told = changes(&scene, &[]);
    assert_eq!(events(&scene), ["article revised"]);
    assert_eq!(told[0]["sentences"].as_array().unwrap().len(), 1, "{}", told[0]);
    assert_eq!(told[0]["sentences"][0]["change"], "reworded");
    let citations: Vec<&str> = told[0]["citations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["change"].as_str().unwrap())
        .collect();
    assert_eq!(citations, ["dropped", "added"]);
    assert_eq!(told[0]["anchors"][0]["cites"], format!("x:{POST}"));
    let shown = diff(&scene, &["http://news.example/bridge"]);
    assert!(shown.contains("wrote {+on Friday +}that"), "{shown}");
    scene.is_sound();
}

#[test]
fn a_citation_that_is_dropped_and_comes_back_is_told_both_times_and_its_bytes_are_here_once() {
    let scene = archived();
    let url = "http://news.example/story";
    let whole = article(POST);
    let before = whole.find("<p>The river authority").unwrap();
    let without = format!("{}</article></body></html>", &whole[..before]);
    let states = [&whole, &whole, &without, &without, &whole].map(|state| Reply::page(state.as_str()));
    scene.web.on("news.example", "/story", states);
    for _ in 0..5 {
        scene.archives(0, &[url]);
    }
    let told = changes(&scene, &[]);
    let citations: Vec<_> = told
        .iter()
        .filter(|change| change["url"] == url)
        .map(|change| {
            let citations = change["citations"].as_array().unwrap();
            assert_eq!(citations.len(), 1, "{change}");
            format!("{} {}", citations[0]["change"], citations[0]["cites"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        citations,
        [
            "dropped http://river.example/report",
            "added http://river.example/report"
        ]
    );
    let readings = "FROM reading r JOIN article a ON a.id = r.article WHERE r.origin = 'fetched'";
    assert_eq!(scene.value::<i64>(&format!("SELECT count(*) {readings}")), 3);
    assert_eq!(
        scene.value::<i64>(&format!("SELECT count(DISTINCT body) {readings}")),
        2
    );
    scene.is_sound();
}

#[test]
fn the_operators_command_hears_of_changes_and_its_failure_loses_nothing() {
    let scene = archived();
    scene.has_post(POST, "ada_b", "The bridge is closed.");
    let output = run(
        &scene,
        &["--on-change", "cat > heard.jsonl; echo \"$CITEKEEP_ARCHIVE\""],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(text(&output.stdout), "");
    let heard = fs::read_to_string(scene.path("heard.jsonl")).unwrap();
    assert_eq!(heard.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Value>(&heard).unwrap(), changes(&scene, &[])[0]);
    assert!(text(&output.stderr).contains("archive.db"), "{output:?}");
    // Nothing changed: it is not called.
    fs::remove_file(scene.path("heard.jsonl")).unwrap();
    run(&scene, &["--on-change", "cat > heard.jsonl"]);
    assert!(!scene.path("heard.jsonl").exists());
    scene.syndication(POST, Reply::json(DELETED));
    let output = run(&scene, &["--on-change", "exit 7", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stderr).contains("citekeep changes --since"), "{output:?}");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(summary["on_change"].as_str().unwrap().contains('7'), "{summary}");
    assert_eq!(events(&scene), ["post edited", "post deleted"]);
    scene.is_sound();
}

#[test]
fn the_operators_address_hears_of_changes_is_tried_again_and_its_failure_loses_nothing() {
    let scene = archived();
    scene.has_post(POST, "ada_b", "The bridge is closed.");
    let accepts = [Reply::status(503), Reply::status(204)];
    scene.web.on("127.0.0.1", "/hook", accepts);
    let url = format!("http://{}/hook", scene.web.address());
    let output = run(&scene, &["--on-change-url", &url, "--set", "limit.retries=1", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["on_change_url"], "done");
    let posts: Vec<_> = scene
        .web
        .log()
        .into_iter()
        .filter(|asked| asked.path == "/hook")
        .collect();
    assert_eq!(posts.len(), 2, "once more after a failure");
    for post in posts {
        assert_eq!(post.method, "POST");
        let kind = ("content-type".to_owned(), "application/x-ndjson".to_owned());
        assert!(post.headers.contains(&kind), "{:?}", post.headers);
        assert_eq!(
            serde_json::from_slice::<Value>(&post.body).unwrap(),
            changes(&scene, &[])[0]
        );
    }
    // Nothing changed: it is not asked. It leads elsewhere: that is not followed, and told.
    run(&scene, &["--on-change-url", &url]);
    assert_eq!(scene.web.asked("127.0.0.1", "/hook"), 2);
    scene.syndication(POST, Reply::json(DELETED));
    scene.web.on("127.0.0.1", "/hook", [Reply::redirect(302, "/elsewhere")]);
    let output = run(&scene, &["--on-change-url", &url]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stderr).contains("citekeep changes --since"), "{output:?}");
    assert_eq!(scene.web.asked("127.0.0.1", "/elsewhere"), 0);
    assert_eq!(events(&scene), ["post edited", "post deleted"]);
    scene.is_sound();
}

#[test]
fn a_command_that_hangs_does_not_keep_a_run_that_is_told_to_stop_and_ends_with_all_that_it_began() {
    let scene = archived();
    scene.has_post(POST, "ada_b", "The bridge is closed.");
    due(&scene);
    let command = "sleep 600 & echo $! > begun.new; mv begun.new begun; wait";
    let child = running(&scene)
        .args(["--on-change", command])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !scene.path("begun").exists() {
        assert!(start.elapsed().as_secs() < 60, "it was never called");
        thread::sleep(Duration::from_millis(5));
    }
    for _ in 0..2 {
        let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(told.unwrap().success());
        thread::sleep(Duration::from_millis(200));
    }
    let start = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed().as_secs() < 10, "{output:?}");
    assert_eq!(output.status.code(), Some(143), "{output:?}");
    assert!(text(&output.stderr).contains("citekeep changes --since"), "{output:?}");
    let begun = fs::read_to_string(scene.path("begun")).unwrap();
    let state = fs::read_to_string(format!("/proc/{}/stat", begun.trim()));
    assert!(
        state.as_ref().is_err() || state.unwrap().contains(") Z"),
        "what the command began goes on"
    );
    assert_eq!(events(&scene), ["post edited"]);
    scene.is_sound();
}

#[test]
fn the_archive_of_a_killed_run_is_free_at_once_though_its_command_goes_on() {
    let scene = archived();
    scene.has_post(POST, "ada_b", "The bridge is closed.");
    due(&scene);
    let command = "echo $$ > begun.new; mv begun.new begun; exec sleep 600";
    let mut child = running(&scene).args(["--on-change", command]).spawn().unwrap();
    let start = Instant::now();
    while !scene.path("begun").exists() {
        assert!(start.elapsed().as_secs() < 60, "it was never called");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let output = running(&scene)
        .args(["--on-change", "cat > heard.jsonl"])
        .output()
        .unwrap();
    let begun = fs::read_to_string(scene.path("begun")).unwrap();
    assert!(
        Command::new("kill").arg(begun.trim()).status().unwrap().success(),
        "it went on"
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(scene.path("heard.jsonl").exists(), "what the killed run found is told");
    scene.is_sound();
}

#[test]
fn what_a_killed_run_found_the_next_one_tells() {
    let scene = archived();
    scene.has_post(POST, "ada_b", "The bridge is closed.");
    // As if it had been killed after its captures: how it ended is taken out, and with it what the ledger says of that.
    let before: i64 = scene.value("SELECT max(seq) FROM ledger");
    let mut slow = running(&scene);
    due(&scene);
    let mut child = slow.args(["--on-change", "sleep 60"]).spawn().unwrap();
    let start = Instant::now();
    loop {
        let captured: i64 = scene.value(&format!("SELECT count(*) FROM capture WHERE id > {before}"));
        if captured == 2 {
            break;
        }
        assert!(start.elapsed().as_secs() < 60, "it never captured");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let output = running(&scene)
        .args(["--exit-code", "--on-change", "cat > heard.jsonl"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        fs::read_to_string(scene.path("heard.jsonl"))
            .unwrap()
            .contains("The bridge is closed."),
    );
    scene.is_sound();
}

#[test]
fn changes_are_listed_since_a_time_a_day_an_age_or_an_entry() {
    let scene = archived();
    scene.has_post(POST, "ada_b", "The bridge is closed.");
    run(&scene, &[]);
    let seq = changes(&scene, &[])[0]["seq"].as_i64().unwrap();
    for (since, listed) in [
        ("2024-05-02", 1),
        ("2024-05-02T08:00:00+02:00", 1),
        ("2100-01-01", 0),
        ("1h", 1),
        ("7d", 1),
        (&(seq - 1).to_string(), 1),
        (&seq.to_string(), 0),
    ] {
        assert_eq!(changes(&scene, &["--since", since]).len(), listed, "{since}");
    }
    for wrong in ["2024-13-01", "2023-02-29", "yesterday", "d", "7w", ""] {
        let output = scene.bare().args(["changes", "--since", wrong]).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{wrong}: {output:?}");
    }
}

#[test]
fn the_feed_is_the_same_for_the_same_changes_and_holds_no_markup_of_strangers() {
    let scene = archived();
    scene.has_post(POST, "ada_b", "<b>The bridge</b> is closed.");
    run(&scene, &[]);
    for name in ["a.xml", "b.xml"] {
        let output = scene.bare().args(["changes", "--feed", name]).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{output:?}");
    }
    let feed = fs::read_to_string(scene.path("a.xml")).unwrap();
    assert_eq!(feed, fs::read_to_string(scene.path("b.xml")).unwrap());
    assert_eq!(feed.matches("<entry>").count(), 1);
    assert!(feed.contains("&lt;b&gt;") && !feed.contains("<b>"), "{feed}");
    assert!(feed.contains("<id>ni:///sha-256;"), "{feed}");
}
