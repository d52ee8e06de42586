//! Clocks that jump or were never set: no turn is lost or taken twice, and the archive says that the clock was doubted.

use std::process::{Output, Stdio};

use crate::run::{running, story_of};
use crate::scene::{Scene, text};
use crate::shim;
use crate::web::Reply;

const LINKS: usize = 8;
const DAY: i64 = 86_400;

/// `citekeep run` while the clock is wrong by so many seconds; `None` without the shim.
fn run_at(scene: &Scene, seconds: i64) -> Option<Output> {
    let clock = scene.file("clock", seconds.to_string());
    let mut command = running(scene);
    shim::under(&mut command, &[("FAULT_CLOCK", &clock)]).then(|| command.arg("--json").output().unwrap())
}

/// How many captures there are, and how many of them each target has at most and at least.
fn captures(scene: &Scene) -> (i64, i64, i64) {
    let each = "SELECT count(*) AS n FROM capture GROUP BY target";
    (
        scene.value("SELECT count(*) FROM capture"),
        scene.value(&format!("SELECT max(n) FROM ({each})")),
        scene.value(&format!("SELECT min(n) FROM ({each})")),
    )
}

fn summary(output: &Output) -> serde_json::Value {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_clock_years_ahead_takes_each_turn_once_and_when_it_is_right_again_none_is_lost() {
    let scene = Scene::new();
    let input = story_of(&scene, LINKS);
    scene.archives(0, &[&input]);
    let links = LINKS as i64;
    let Some(ahead) = run_at(&scene, 3650 * DAY) else {
        return;
    };
    assert_eq!(
        captures(&scene),
        (2 * links, 2, 2),
        "each once, however many turns were missed"
    );
    let told = summary(&ahead)["clock"][0].as_str().unwrap().to_owned();
    assert!(told.contains("after the archive's last entry"), "{told}");
    assert!(text(&ahead.stderr).contains(&told), "{ahead:?}");
    // What was put off until ten years from now is due now, and once only.
    let right = run_at(&scene, 0).unwrap();
    assert_eq!(captures(&scene), (3 * links, 3, 3));
    let told = summary(&right)["clock"][0].as_str().unwrap().to_owned();
    assert!(told.contains("set back: it is 36"), "{told}");
    let status = scene.bare().arg("status").output().unwrap();
    assert!(text(&status.stdout).contains("set back"), "{status:?}");
    let again = run_at(&scene, 0).unwrap();
    assert_eq!(
        (summary(&again)["clock"].clone(), text(&again.stderr)),
        (serde_json::json!([]), String::new())
    );
    assert_eq!(captures(&scene), (3 * links, 3, 3));
    assert_eq!(scene.value::<i64>("SELECT max(slot) FROM job"), 3);
    scene.is_sound();
}

#[test]
fn a_clock_that_was_never_set_changes_no_turn_and_is_told() {
    let scene = Scene::new();
    let input = story_of(&scene, LINKS);
    scene.archives(0, &[&input]);
    let due: String = scene.value("SELECT group_concat(due) FROM recheck");
    // A month before now, and 1970.
    for (seconds, said) in [
        (-30 * DAY, "set back"),
        (-1_790_000_000, "before this program was made"),
    ] {
        let Some(output) = run_at(&scene, seconds) else { return };
        assert!(
            summary(&output)["clock"][0].as_str().unwrap().contains(said),
            "{output:?}"
        );
        assert_eq!(captures(&scene).0, LINKS as i64);
        assert_eq!(scene.value::<String>("SELECT group_concat(due) FROM recheck"), due);
    }
    assert_eq!(run_at(&scene, 0).unwrap().status.code(), Some(0));
    assert_eq!(captures(&scene).0, LINKS as i64);
    scene.is_sound();
}

#[test]
fn a_host_that_asked_for_rest_while_the_clock_was_ahead_is_not_left_alone_for_years() {
    let scene = Scene::new();
    let page = "<!DOCTYPE html><article><p>The office tells more about it in <a href='http://office.example/a'>its page</a> of that week.</p></article>";
    let busy = Reply::status(429).with("retry-after", "3600");
    scene.web.on(
        "office.example",
        "/a",
        [busy, Reply::page("<p>It is back.</p>".repeat(50))],
    );
    let input = scene.file("story.html", page);
    let clock = scene.file("clock", (3650 * DAY).to_string());
    let mut command = scene.archiving();
    if !shim::under(&mut command, &[("FAULT_CLOCK", &clock)]) {
        return;
    }
    assert_eq!(command.arg(&input).output().unwrap().status.code(), Some(3));
    assert_eq!(run_at(&scene, 0).unwrap().status.code(), Some(0));
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM capture WHERE outcome = 'captured'"),
        1
    );
    scene.is_sound();
}

#[test]
fn a_clock_that_jumps_during_a_run_loses_and_doubles_nothing_and_is_told() {
    // Forward beyond every lease, back by years, and the hour of a summer-time change.
    for (seconds, said) in [
        (3 * 3600, "set forward"),
        (-2000 * DAY, "set back"),
        (3600, "set forward"),
    ] {
        let scene = Scene::new();
        let input = story_of(&scene, LINKS);
        let clock = scene.file("clock", "0");
        let mut command = scene.archiving();
        if !shim::under(&mut command, &[("FAULT_CLOCK", &clock)]) {
            return;
        }
        command.env("TZ", "Europe/Berlin");
        command.args([&input, "--set", "pace.delay=0.05", "--set", "pace.per_host=1"]);
        let child = command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        scene.wait_until_asked("office.example", "/page", 2);
        scene.file("clock", seconds.to_string());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{seconds}: {output:?}");
        assert!(text(&output.stderr).contains(said), "{seconds}: {output:?}");
        assert_eq!(captures(&scene), (LINKS as i64, 1, 1), "{seconds}");
        assert_eq!(
            scene.value::<i64>("SELECT count(*) FROM capture WHERE started NOT LIKE '____-__-__T__:__:__.___Z'"),
            0
        );
        scene.is_sound();
    }
}

#[test]
fn a_run_that_holds_the_archive_for_hours_is_told_as_stuck() {
    let scene = Scene::new();
    let input = story_of(&scene, LINKS);
    let slow = Reply::Stall(Vec::new(), 10_000);
    scene.web.on("office.example", "/page/0", [slow]);
    let mut holder = scene.archiving();
    holder.args(["-q", &input, "--set", "limit.headers=10", "--set", "limit.idle=10"]);
    let mut holder = holder.stderr(Stdio::null()).spawn().unwrap();
    scene.wait_until_asked("office.example", "/page/0", 1);
    let told = [0, 5 * 3600 + 60].map(|seconds| run_at(&scene, seconds));
    holder.kill().unwrap();
    holder.wait().unwrap();
    let [Some(soon), Some(late)] = told else { return };
    assert_eq!((soon.status.code(), late.status.code()), (Some(75), Some(75)));
    let (soon, late) = (text(&soon.stderr), text(&late.stderr));
    let holder = format!("process {}", holder.id());
    assert!(soon.contains(&holder) && !soon.contains("HOURS"), "{soon}");
    assert!(late.contains(&holder) && late.contains("AT WORK FOR 5 HOURS"), "{late}");
}

#[test]
fn servers_whose_clocks_agree_against_ours_are_told_of() {
    let scene = Scene::new();
    let input = story_of(&scene, LINKS);
    for n in 0..LINKS {
        let page = Reply::page(format!("<p>Page {n}</p>").repeat(50)).with("date", "Sat, 01 Jan 2000 00:00:00 GMT");
        scene.web.on("office.example", &format!("/page/{n}"), [page]);
    }
    let output = scene.run(&[&input]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stderr).contains("ahead of the clocks of 1 hosts"),
        "{output:?}"
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM exchange WHERE server_date LIKE '%2000%'"),
        LINKS as i64
    );
}

#[test]
fn a_night_in_which_summer_time_begins_or_ends_takes_each_turn_once() {
    let now = citekeep::clock::Clock::System.now().millis() / 1000;
    // 01:00 UTC of the last Sundays of March and October 2027, when clocks of Berlin change.
    for change in [1_806_195_600, 1_824_944_400] {
        let scene = Scene::new();
        let input = story_of(&scene, LINKS);
        let at = |seconds: i64| {
            let clock = scene.file("clock", (change + seconds - now).to_string());
            let mut command = if seconds < -7000 {
                scene.archiving()
            } else {
                running(&scene)
            };
            if !shim::under(&mut command, &[("FAULT_CLOCK", &clock)]) {
                return false;
            }
            command.env("TZ", "Europe/Berlin").args(["--set", "schedule.pages=1h"]);
            if seconds < -7000 {
                command.arg(&input);
            }
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            true
        };
        if !at(-7200) {
            return;
        }
        // Cron wakes us twice in the hour that comes twice, and not at all in the one that is left out: a turn is an hour of UTC.
        let mut taken = vec![captures(&scene).0];
        for minutes in [-55, -50, 5, 10, 66, 70, 200] {
            at(minutes * 60);
            taken.push(captures(&scene).0);
        }
        let links = LINKS as i64;
        assert_eq!(taken, [1, 2, 2, 3, 3, 4, 4, 5].map(|turns| turns * links), "{change}");
        assert_eq!(scene.value::<i64>("SELECT count(*) FROM recheck"), links);
        scene.is_sound();
    }
}
