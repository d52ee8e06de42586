//! Disks that are full, fail or lose power: each ends in its documented exit code and an archive that opens and verifies,
//! and the next run completes what was left.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::scene::{Scene, text};
use crate::shim;
use crate::web::Reply;

const LINKS: usize = 16;

/// The file of an article that cites so many pages.
fn story(scene: &Scene) -> String {
    let mut page = String::from("<!DOCTYPE html><body><article><h1>Pages</h1>");
    for n in 0..LINKS {
        page += &format!(
            "<p>The office tells more about it in <a href='http://office.example/page/{n}'>its page number {n}</a> of that week.</p>"
        );
        // Words that do not repeat, so that a disk notices each page.
        let body: String = (0..4000)
            .map(|word| format!("<p>{}</p>", (word * 7919 + n * 104_729) ^ 0x5a5a))
            .collect();
        scene
            .web
            .on("office.example", &format!("/page/{n}"), [Reply::page(body)]);
    }
    scene.file("story.html", page + "</article>")
}

fn verifies(scene: &Scene, when: &str) {
    let output = scene.bare().arg("verify").output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{when}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

/// What a run that met a fault must have been: it says so once and ends with this code, not by a signal.
fn ended(output: &Output, code: i32, when: &str) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{when}: {said}");
    assert_eq!(said.matches("citekeep: ").count(), 1, "{when}: {said}");
}

/// Completes the archive and expects each page in it once.
fn completes(scene: &Scene, input: &str, when: &str) {
    scene.archives(0, &[input]);
    for count in ["count(*)", "count(DISTINCT target)"] {
        let captures: i64 = scene.value(&format!("SELECT {count} FROM capture WHERE outcome = 'captured'"));
        assert_eq!(captures, LINKS as i64, "{when}: {count}");
    }
    scene.is_sound();
}

#[test]
fn whichever_write_the_disk_refuses_the_run_ends_with_74_and_the_next_completes_it() {
    // EIO and ENOSPC.
    for (errno, step) in [("5", 23), ("28", 31)] {
        for from in (1..160).step_by(step) {
            let scene = Scene::new();
            let input = story(&scene);
            let when = format!("errno {errno} from write {from} on");
            let from = from.to_string();
            let mut command = scene.archiving();
            if !shim::under(&mut command, &[("FAULT_WRITE", &from), ("FAULT_ERRNO", errno)]) {
                return;
            }
            let output = command.args(["-q", &input]).output().unwrap();
            ended(&output, 74, &when);
            if scene.archive().exists() {
                verifies(&scene, &when);
            }
            completes(&scene, &input, &when);
        }
    }
}

#[test]
fn whichever_sync_the_disk_refuses_nothing_after_it_is_acknowledged_and_the_next_run_completes_it() {
    for only in ["0", "1"] {
        for from in 1..8 {
            let scene = Scene::new();
            let input = story(&scene);
            let when = format!("sync {from} fails (only that one: {only})");
            let from = from.to_string();
            let mut command = scene.archiving();
            if !shim::under(&mut command, &[("FAULT_SYNC", &from), ("FAULT_ONLY", only)]) {
                return;
            }
            let output = command.args(["-q", &input]).output().unwrap();
            if output.status.code() != Some(0) {
                ended(&output, 74, &when);
            } else {
                // So few syncs were needed that this one never came.
                assert!(from.parse::<u32>().unwrap() > 2, "{when}");
            }
            if scene.archive().exists() {
                verifies(&scene, &when);
            }
            completes(&scene, &input, &when);
        }
    }
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_not_the_end_by_a_signal() {
    let scene = Scene::new();
    let input = story(&scene);
    for blocks in ["300", "900", "1600"] {
        let archiving = scene.archiving();
        let mut limited = Command::new("sh");
        limited
            .env_clear()
            .envs(archiving.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .current_dir(scene.folder.path())
            .args(["-c", &format!("ulimit -f {blocks}; exec \"$0\" \"$@\"")])
            .arg(archiving.get_program())
            .args(archiving.get_args())
            .args(["-q", &input]);
        let output = limited.output().unwrap();
        ended(&output, 74, &format!("{blocks} blocks"));
        if scene.archive().exists() {
            verifies(&scene, blocks);
        }
    }
    completes(&scene, &input, "without the limit");
}

/// A file system in memory of so many KiB, as long as it lives; `None` where mounting is not permitted.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn new(at: &'a Path, kib: u32) -> Option<Mounted<'a>> {
        fs::create_dir_all(at).unwrap();
        let options = format!("size={kib}k");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "citekeep-test"])
            .arg(at)
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Mounted(at));
        }
        println!("skipped: mounting a file system is not permitted");
        None
    }

    fn remount(&self, options: &str) {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,{options}")])
            .arg(self.0)
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_stops_the_run_with_74_and_with_room_again_the_next_completes_it() {
    let scene = Scene::new();
    let input = story(&scene);
    let disk = scene.path("disk");
    let Some(mounted) = Mounted::new(&disk, 1100) else {
        return;
    };
    let run = |code: i32, when: &str| {
        let archiving = scene.archiving();
        let mut command = Command::new(archiving.get_program());
        command.env_clear().current_dir(scene.folder.path());
        command.arg("--archive").arg(disk.join("archive.db"));
        command.args(archiving.get_args().skip(2)).args(["-q", &input]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{when}: {}", text(&output.stderr));
        text(&output.stderr)
    };
    let verifies = || {
        let verify = scene.bare_of("disk/archive.db").arg("verify").output().unwrap();
        assert_eq!(verify.status.code(), Some(0), "{verify:?}");
    };
    let said = run(74, "full");
    assert!(said.contains("disk/archive.db"), "{said}");
    verifies();
    // Still full: nothing changes for the worse.
    run(74, "still full");
    mounted.remount("size=20m");
    verifies();
    run(0, "with room");
    verifies();
    let archive = rusqlite::Connection::open(disk.join("archive.db")).unwrap();
    let captured: i64 = archive
        .query_row("SELECT count(*) FROM capture WHERE outcome = 'captured'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(captured, LINKS as i64);
    drop(archive);
    mounted.remount("ro");
    let said = run(77, "read-only");
    assert!(said.contains("disk/archive.db"), "{said}");
    verifies();
    let list = scene.bare_of("disk/archive.db").arg("list").output().unwrap();
    assert_eq!(list.status.code(), Some(0), "{list:?}");
    let export = ["export", "--all", "-o", "bundle"];
    let export = scene.bare_of("disk/archive.db").args(export).output().unwrap();
    let said = text(&export.stderr);
    assert_eq!(export.status.code(), Some(0), "{said}");
    assert!(said.contains("the ledger does not record this export: "), "{said}");
}

#[test]
fn whatever_part_of_the_log_a_power_cut_left_the_archive_verifies_and_is_completed() {
    let scene = Scene::new();
    let input = story(&scene);
    let mut child = scene
        .archiving()
        .args(["-q", &input, "--set", "pace.delay=0.05", "--set", "pace.per_host=1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    scene.wait_until_asked("office.example", "/page", LINKS / 2);
    child.kill().unwrap();
    child.wait().unwrap();
    let (file, log) = (
        fs::read(scene.archive()).unwrap(),
        fs::read(scene.path("archive.db-wal")).unwrap(),
    );
    assert!(log.len() > 100_000, "{}", log.len());
    let captured = || scene.value::<i64>("SELECT count(*) FROM capture");
    let whole = captured();
    let mut seen = Vec::new();
    // The log in part, and what a disk that wrote its sectors out of order left of it.
    for (cut, hole) in [
        0,
        1,
        31,
        32,
        4096,
        9000,
        100_000,
        200_001,
        log.len() / 2,
        log.len() - 1,
        log.len(),
    ]
    .into_iter()
    .map(|cut| (cut, None))
    .chain([
        (log.len(), Some(512)),
        (log.len(), Some(50_176)),
        (log.len(), Some(log.len() / 1024 * 512)),
    ]) {
        let cut = cut.min(log.len());
        let when = format!("{cut} of {} bytes, a hole at {hole:?}", log.len());
        let mut left = log[..cut].to_vec();
        if let Some(at) = hole {
            let end = (at + 512).min(left.len());
            left[at..end].fill(0);
        }
        let _ = fs::remove_file(scene.path("archive.db-shm"));
        fs::write(scene.archive(), &file).unwrap();
        fs::write(scene.path("archive.db-wal"), &left).unwrap();
        verifies(&scene, &when);
        let now = captured();
        assert!(now <= whole, "{when}");
        seen.push(now);
        if cut % 2 == 1 || hole.is_some() {
            completes(&scene, &input, &when);
        }
    }
    assert_eq!((seen[0] < whole, seen[10]), (true, whole), "{seen:?}");
}

#[test]
fn the_disk_keeps_the_log_and_its_name_before_anything_is_acknowledged() {
    let scene = Scene::new();
    let input = story(&scene);
    let syncs = scene.path("syncs");
    let mut command = scene.archiving();
    if !shim::under(&mut command, &[("FAULT_SYNCS", syncs.to_str().unwrap())]) {
        return;
    }
    assert_eq!(command.args(["-q", &input]).output().unwrap().status.code(), Some(0));
    let folder = fs::canonicalize(scene.folder.path()).unwrap();
    let synced = fs::read_to_string(syncs).unwrap();
    let mut after_log = synced
        .lines()
        .skip_while(|name| !name.ends_with("/archive.db-wal"))
        .skip(1);
    assert_eq!(after_log.next(), folder.to_str(), "{synced}");
}

#[test]
fn an_archive_that_cannot_be_read_is_said_so_with_74_and_never_taken_for_a_bad_one() {
    let scene = Scene::new();
    let input = story(&scene);
    scene.archives(0, &[&input]);
    let bundle = scene.path("bundle");
    let bundle = bundle.to_str().unwrap();
    for arguments in [
        &["verify"][..],
        &["list"],
        &["search", "office"],
        &["status"],
        &["export", "--all", "-o", bundle],
        &["run"],
    ] {
        for from in [1, 4, 40] {
            let from = from.to_string();
            let mut command = scene.bare();
            if !shim::under(command.args(arguments), &[("FAULT_READ", &from)]) {
                return;
            }
            let output = command.output().unwrap();
            if output.status.code() != Some(0) {
                ended(&output, 74, &format!("{arguments:?}, read {from}"));
            } else {
                assert_ne!(from, "1", "{arguments:?}");
            }
            let _ = fs::remove_dir_all(bundle);
        }
    }
    verifies(&scene, "readable again");
    // The next run tidies up behind one that could not.
    scene.archives(0, &[&input]);
    scene.is_sound();
}

#[test]
fn an_export_or_a_copy_that_the_disk_refuses_leaves_nothing_under_its_name() {
    let scene = Scene::new();
    let input = story(&scene);
    scene.archives(0, &[&input]);
    fs::create_dir(scene.path("out")).unwrap();
    let to = scene.path("out/result");
    for arguments in [&["export", "--all", "-o"][..], &["backup"], &["backup", "--compact"]] {
        for (from, errno) in [(1, "28"), (7, "28"), (20, "5")] {
            let from = from.to_string();
            let when = format!("{arguments:?}, write {from}");
            let mut command = scene.bare();
            let settings = [
                ("FAULT_WRITE", from.as_str()),
                ("FAULT_ERRNO", errno),
                ("FAULT_FILES", "/out/"),
            ];
            if !shim::under(command.args(arguments).arg(&to), &settings) {
                return;
            }
            let output = command.output().unwrap();
            if output.status.code() == Some(0) {
                assert_eq!((arguments[0], from.as_str()), ("backup", "20"), "{when}");
                fs::remove_file(&to).unwrap();
                continue;
            }
            ended(&output, 74, &when);
            assert_eq!(fs::read_dir(scene.path("out")).unwrap().count(), 0, "{when}");
        }
    }
    scene.is_sound();
}

#[test]
fn a_migration_that_the_disk_refuses_leaves_the_version_before_and_the_next_run_completes_it() {
    let newest = {
        let scene = Scene::new();
        scene.archives(0, &[&scene.file("note.txt", "A sentence that cites nothing at all.\n")]);
        scene.value::<i64>("PRAGMA user_version")
    };
    let kept = [
        (3, &include_bytes!("../archives/schema-3.db.gz")[..]),
        (4, include_bytes!("../archives/schema-4.db.gz")),
    ];
    for (version, kept, from) in kept
        .into_iter()
        .flat_map(|(version, kept)| [1, 3, 6, 12, 20].map(|from| (version, kept, from)))
    {
        let mut old = Vec::new();
        flate2::read::GzDecoder::new(kept).read_to_end(&mut old).unwrap();
        let scene = Scene::new();
        fs::write(scene.archive(), &old).unwrap();
        let input = scene.file(
            "note.txt",
            "A sentence that stands here by itself and cites nothing at all.\n",
        );
        let from = from.to_string();
        let mut command = scene.archiving();
        if !shim::under(&mut command, &[("FAULT_WRITE", &from), ("FAULT_ERRNO", "28")]) {
            return;
        }
        let output = command.args(["-q", &input]).output().unwrap();
        let when = format!("schema {version}, write {from}");
        ended(&output, 74, &when);
        // Of several steps those before it may be done; of none only a part.
        let left = scene.value::<i64>("PRAGMA user_version");
        assert!((version..newest).contains(&left), "{when}: {left}");
        assert_eq!(scene.value::<String>("PRAGMA integrity_check"), "ok", "{when}");
        scene.archives(0, &[&input]);
        scene.is_sound();
    }
}

#[test]
fn too_few_open_files_are_an_error_or_outcomes_and_never_a_deletion() {
    let scene = Scene::new();
    let input = story(&scene);
    for files in ["6", "9", "12", "14", "18", "24"] {
        let archiving = scene.archiving();
        let mut limited = Command::new("sh");
        limited
            .env_clear()
            .current_dir(scene.folder.path())
            .args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")])
            .arg(archiving.get_program())
            .args(archiving.get_args())
            .args(["-q", &input]);
        let output = limited.output().unwrap();
        assert!(
            matches!(output.status.code(), Some(0 | 3 | 69 | 70 | 74 | 77)),
            "{files}: {output:?}"
        );
        if scene.archive().exists() {
            verifies(&scene, files);
            let gone =
                "SELECT count(*) FROM capture WHERE outcome IN ('deleted', 'account_gone', 'suspended', 'not_found')";
            assert_eq!(scene.value::<i64>(gone), 0, "{files}");
        }
    }
}
