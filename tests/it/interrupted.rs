//! Killed or stopped at any moment, the archive is sound, and the next run completes it.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::scene::Scene;
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

#[test]
fn killed_at_any_moment_it_loses_nothing_and_doubles_nothing() {
    const LINKS: usize = 60;
    // `scripts/kills.sh` asks for more.
    let rounds: u32 = std::env::var("CITEKEEP_KILLS").map_or(50, |rounds| rounds.parse().unwrap());
    let (undisturbed, takes) = {
        let scene = Scene::new();
        with_links(&scene, LINKS);
        let start = Instant::now();
        scene.archives(0, &["story.html"]);
        (scene.dump("archive.db"), start.elapsed())
    };
    for round in 0..rounds {
        let scene = Scene::new();
        with_links(&scene, LINKS);
        let mut child = scene
            .archiving()
            .args(["-q", "story.html"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Moments from the very start to about the end, never twice the same.
        thread::sleep(takes * (round + 1) / rounds);
        child.kill().unwrap();
        child.wait().unwrap();
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
