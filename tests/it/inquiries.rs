//! What the Internet Archive is asked about captured targets, where that is wanted: its copies, and to make one as well.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use crate::run::running;
use crate::scene::{POST, Scene, article, text};
use crate::web::Reply;

const KEY: &str = "AKeyOfOurs:AndItsSecretPart";

/// A world in which the post and the page that the article cites are to be had.
fn world() -> (Scene, String) {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    scene.web.on(
        "river.example",
        "/report",
        [Reply::page("<title>Report</title><p>The bridge is old.</p>".repeat(20))],
    );
    let credentials = scene.file("credentials", format!("http://save.test authorization: LOW {KEY}\n"));
    fs::set_permissions(&credentials, fs::Permissions::from_mode(0o600)).unwrap();
    let input = scene.file("story.html", article(POST));
    (scene, input)
}

/// What turns inquiries on, quick enough for a test.
fn settings(scene: &Scene) -> Vec<String> {
    let credentials = format!("credentials={}", scene.path("credentials").display());
    ["submit.on=true", "submit.delay=0.05", &credentials]
        .iter()
        .flat_map(|setting| ["--set".to_owned(), (*setting).to_owned()])
        .collect()
}

fn archive(scene: &Scene, input: &str) -> Output {
    scene.archiving().args(settings(scene)).arg(input).output().unwrap()
}

fn accepted(job: &str) -> Reply {
    Reply::json(format!(r#"{{"url":"x","job_id":"{job}"}}"#))
}

fn archived(original: &str) -> Reply {
    Reply::json(format!(
        r#"{{"status":"success","timestamp":"20240503080910","original_url":"{original}","duration_sec":6.5}}"#
    ))
}

fn pending() -> Reply {
    Reply::json(r#"{"status":"pending","resources":[]}"#)
}

/// The addresses that were submitted, in order.
fn submitted(scene: &Scene) -> Vec<String> {
    let asked = scene.web.log();
    let posts = asked
        .iter()
        .filter(|asked| asked.host == "save.test" && asked.method == "POST");
    posts
        .map(|asked| {
            let form: std::collections::HashMap<_, _> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
            form["url"].clone()
        })
        .collect()
}

#[test]
fn what_was_captured_is_submitted_once_and_where_it_was_archived_is_told() {
    let (scene, input) = world();
    scene
        .web
        .on("save.test", "/", [accepted("spn2-post"), accepted("spn2-page")]);
    scene.web.on(
        "save.test",
        "/status/spn2-post",
        [
            pending(),
            pending(),
            archived("https://x.com/ada_b/status/1785600110366674944"),
        ],
    );
    scene.web.on(
        "save.test",
        "/status/spn2-page",
        [Reply::json(
            r#"{"status":"error","status_ext":"error:blocked-url","message":"This URL is blocked."}"#,
        )],
    );
    let output = archive(&scene, &input);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let mut urls = submitted(&scene);
    urls.sort();
    assert_eq!(
        urls,
        [
            "http://river.example/report",
            "https://x.com/ada_b/status/1785600110366674944"
        ]
    );
    scene.is_sound();

    // What it said is told to people and programs.
    let said = text(&output.stdout);
    assert_eq!(said.matches("submitted to the Internet Archive").count(), 2, "{said}");
    let words = "archived at https://web.archive.org/web/20240503080910/https://x.com/ada_b/status/1785600110366674944";
    assert!(
        said.contains(words) && said.contains("in vain: server_error (blocked_url)"),
        "{said}"
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM inquiries WHERE outcome = 'captured'"),
        1
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM inquire"), 0);
    // The key went to the service, and is kept nowhere.
    let sent = scene.web.sent("save.test", "/", "authorization");
    assert!(
        sent.iter().all(|sent| sent.as_deref() == Some(&format!("LOW {KEY}"))),
        "{sent:?}"
    );
    let bytes = fs::read(scene.archive()).unwrap();
    assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()));

    // Asked for again, or captured again within those days, nothing is submitted a second time.
    let output = scene
        .archiving()
        .args(settings(&scene))
        .args([&input, "--again"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM capture"), 4);
    assert_eq!(submitted(&scene).len(), 2);

    // A bundle has the answers, and agrees with the ledger about them.
    let export = scene.bare().args(["export", "--all", "-o", "bundle"]).output().unwrap();
    assert_eq!(export.status.code(), Some(0), "{}", text(&export.stderr));
    let verified = scene.bare().args(["verify", "bundle"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
    let report = fs::read_to_string(scene.path("bundle/data/report.html")).unwrap();
    assert!(report.contains("Submitted to the Internet Archive"), "{report}");
    assert!(report.contains("web/20240503080910/https://x.com/ada_b/status/1785600110366674944"));
    let table = fs::read_to_string(scene.path("bundle/data/inquiries.jsonl")).unwrap();
    assert_eq!(table.lines().count(), 6, "two inquiries, four questions: {table}");
}

#[test]
fn a_service_that_fails_harms_no_capture_and_a_job_that_is_not_done_is_asked_about_by_a_later_run() {
    let (scene, input) = world();
    scene.web.on(
        "save.test",
        "/",
        [accepted("spn2-1"), Reply::status(429).with("retry-after", "1")],
    );
    scene.web.on("save.test", "/status/spn2-1", [Reply::status(503)]);
    let output = archive(&scene, &input);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("rate_limited (http_429)"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM capture WHERE outcome = 'captured'"),
        2
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM inquire"), 2);
    scene.is_sound();

    // Nothing is due but these; the one that was refused waits longer than the job.
    scene
        .web
        .on("save.test", "/status/spn2-1", [archived("https://a.example/")]);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let output = running(&scene).args(settings(&scene)).arg("--json").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (
            &summary["attempts"],
            &summary["submitted"],
            &summary["submitted_archived"]
        ),
        (&0.into(), &0.into(), &1.into())
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM inquire WHERE inquiry IS NULL"),
        1
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM inquire"), 1);
    scene.is_sound();
}

#[test]
fn nothing_is_submitted_unless_it_is_wanted_there_is_a_key_and_everybody_can_see_the_page() {
    let (scene, input) = world();
    scene.web.on("save.test", "/", [accepted("spn2-1")]);
    scene.archives(0, &[&input]);
    assert_eq!(submitted(&scene).len(), 0);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM inquire"), 0);

    // Turned on without a key: said, and left for a run that has one.
    let output = scene.run(&[&input, "--again", "--set", "submit.on=true"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stderr).contains("no credential"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(
        (
            submitted(&scene).len(),
            scene.value::<i64>("SELECT count(*) FROM inquire")
        ),
        (0, 2)
    );

    // Nor is what only our own network can see.
    scene.web.on(
        "office.local",
        "/",
        [Reply::page("<p>For the office alone.</p>".repeat(20))],
    );
    scene.archives(0, &["--target", "http://office.local/", "--set", "submit.on=true"]);
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM capture WHERE outcome = 'captured'"),
        5
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM inquire"), 2);

    // What is gone, and what only we can see, is not submitted.
    let (scene, input) = world();
    scene.web.on("save.test", "/", [accepted("spn2-1")]);
    scene.syndication(POST, Reply::status(404));
    let credentials =
        format!("http://save.test authorization: LOW {KEY}\nhttp://river.example cookie: session=0123456789abcdef\n");
    fs::write(scene.path("credentials"), credentials).unwrap();
    let output = archive(&scene, &input);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM capture WHERE outcome = 'captured'"),
        1
    );
    assert_eq!(submitted(&scene).len(), 0);
}

#[test]
fn copies_that_the_archive_has_are_noted_once_and_told() {
    let (scene, input) = world();
    let rows = |rows: &str| Reply::json(format!(r#"[["timestamp","original","mimetype","statuscode"]{rows}]"#));
    scene.web.on(
        "index.test",
        "/cdx?url=http%3A%2F%2Friver.example%2Freport*",
        [rows("")],
    );
    scene.web.on("index.test", "/cdx?url=https%3A%2F%2Fx.com*", [rows("")]);
    let copy = r#",["20240502080910","https://twitter.com/ada_b/status/1785600110366674944","text/html","200"]"#;
    scene
        .web
        .on("index.test", "/cdx?url=https%3A%2F%2Ftwitter.com*", [rows(copy)]);
    let copies = ["--set", "copies.on=true", "--set", "copies.delay=0"];
    let said = scene.archives(0, &[&copies[..], &[&input]].concat());
    assert!(
        said.contains("the Internet Archive had copies of 1 month, the first of 2024-05-02T08:09:10Z"),
        "{said}"
    );
    assert!(
        said.contains("https://web.archive.org/web/20240502080910/https://twitter.com/ada_b/status/"),
        "{said}"
    );
    assert!(said.contains("the Internet Archive had no copy"), "{said}");
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM inquiry"), 3);
    assert_eq!(
        scene.value::<String>(
            "SELECT group_concat(outcome || ' ' || reason, ', ') FROM (SELECT * FROM inquiries ORDER BY kind)"
        ),
        "not_found not_archived, captured copies"
    );
    scene.is_sound();
    scene.archives(0, &[&copies[..], &[&input, "--again"]].concat());
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM inquiry"), 3, "once is enough");

    let export = scene.bare().args(["export", "--all", "-o", "bundle"]).output().unwrap();
    assert_eq!(export.status.code(), Some(0), "{}", text(&export.stderr));
    let verified = scene.bare().args(["verify", "bundle"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
    let report = fs::read_to_string(scene.path("bundle/data/report.html")).unwrap();
    assert!(
        report.contains("asked for its copies") && report.contains("it had none"),
        "{report}"
    );
}

#[test]
fn an_index_that_fails_under_one_name_is_asked_again_later_and_one_that_answers_the_second_time_is_heard() {
    let asked = |of_page: Vec<Reply>, of_post: Reply| {
        let (scene, input) = world();
        scene
            .web
            .on("index.test", "/cdx?url=http%3A%2F%2Friver.example%2Freport*", of_page);
        scene
            .web
            .on("index.test", "/cdx?url=https%3A%2F%2Fx.com*", [Reply::json("[]")]);
        scene
            .web
            .on("index.test", "/cdx?url=https%3A%2F%2Ftwitter.com*", [of_post]);
        let settings = ["copies.on=true", "copies.delay=0", "limit.retries=1"].map(|setting| ["--set", setting]);
        let output = scene.run(&[&settings.concat()[..], &[&input]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        scene.is_sound();
        (scene, text(&output.stderr))
    };
    let none = || Reply::json("[]");
    let (scene, said) = asked(vec![Reply::status(503), none()], none());
    assert_eq!(said, "");
    assert_eq!(
        scene.value::<String>(
            "SELECT group_concat(kind || ' ' || reason, ', ') FROM (SELECT * FROM inquiries ORDER BY kind, inquiry)"
        ),
        "link http_503, link not_archived, post not_archived"
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM inquire"), 0);

    let (scene, said) = asked(vec![none()], Reply::status(403));
    assert!(said.contains("walled (http_403)"), "{said}");
    let waiting = "SELECT count(*) FROM inquire w JOIN target t ON t.id = w.target WHERE t.kind = 'post'";
    assert_eq!(scene.value::<i64>(waiting), 1);
}
