//! Media that break off are gone on with by range, in the same run or after a kill; what is not the file is not taken for it.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::run::running;
use crate::scene::{POST, Scene, article};
use crate::web::{File, Reply};

const PATH: &str = "/media/1785600110366674944.jpg?name=orig";
const LENGTH: usize = 9_000_000;

/// A file that breaks off before this byte.
fn file(tag: &'static str, breaks_at: usize) -> File {
    let seed = u32::from(tag.as_bytes()[1]);
    let bytes: Vec<u8> = (0..LENGTH as u32).map(|n| (n.wrapping_mul(seed) >> 7) as u8).collect();
    File {
        kind: "video/mp4",
        bytes: bytes.into(),
        tag,
        breaks_at,
        stalls: 0,
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An article that cites a post whose picture is such a file.
fn scene(replies: impl IntoIterator<Item = Reply>) -> (Scene, String) {
    let scene = Scene::new();
    let story = scene.file("story.html", article(POST));
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    scene.web.on("river.example", "/report", [Reply::page("<p>Report")]);
    scene.web.on("images.test", PATH, replies);
    (scene, story)
}

/// Digest of the body of the capture's media, computed of the pieces, after checking that it is what the row says.
fn kept(scene: &Scene) -> String {
    let connection = Connection::open(scene.archive()).unwrap();
    let (sha256, blob): (String, i64) = connection
        .query_row(
            "SELECT sha256, blob FROM bodies WHERE role = 'media' ORDER BY exchange DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let mut statement = connection
        .prepare("SELECT bytes FROM blob_chunk WHERE id BETWEEN ?1 * 65536 AND ?1 * 65536 + 65535 ORDER BY id")
        .unwrap();
    let pieces: Vec<Vec<u8>> = statement
        .query_map([blob], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(digest(&pieces.concat()), sha256);
    sha256
}

/// The Range of each request for the file.
fn ranges(scene: &Scene) -> Vec<Option<String>> {
    let header = |asked: &crate::web::Asked, name: &str| {
        asked
            .headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.clone())
    };
    let asked = scene.web.log().into_iter().filter(|asked| asked.host == "images.test");
    asked.map(|asked| header(&asked, "range")).collect()
}

/// Starts a run, and kills it once it has kept so many bytes of the file.
fn killed_after(scene: &Scene, story: &str, bytes: i64) {
    let mut command = scene.archiving();
    command.args([story, "--set", "limit.idle=600"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    scene.wait_until_asked("images.test", "/media", 1);
    let start = Instant::now();
    let connection = Connection::open(scene.archive()).unwrap();
    let length = || {
        connection.query_row("SELECT coalesce(max(length), 0) FROM upload", [], |row| {
            row.get::<_, i64>(0)
        })
    };
    while !length().is_ok_and(|length| length >= bytes) {
        assert!(start.elapsed() < Duration::from_secs(60), "never kept {bytes} bytes");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_transfer_that_broke_twice_is_put_together_by_range_within_a_run() {
    let third = LENGTH / 3;
    let (scene, story) = scene([third, 2 * third, LENGTH].map(|breaks_at| Reply::File(file("\"a\"", breaks_at))));
    scene.archives(0, &[&story, "--set", "limit.retries=2"]);
    assert_eq!(
        ranges(&scene),
        [None, Some("bytes=3000000-".into()), Some("bytes=6000000-".into())]
    );
    assert_eq!(kept(&scene), digest(&file("\"a\"", LENGTH).bytes));
    let told: String = scene.value(
        "SELECT group_concat(status || ' ' || body_length || ' ' || coalesce(truncated, 'whole') || ' ' || (body IS NOT NULL), ', ')
         FROM exchange WHERE media IS NOT NULL ORDER BY id",
    );
    assert_eq!(
        told,
        "200 3000000 disconnect 0, 206 3000000 disconnect 0, 206 3000000 whole 1"
    );
    assert_eq!(scene.value::<String>("SELECT outcome FROM post_media"), "captured");
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM upload"), 0);
    scene.is_sound();
    for arguments in [["export", "--all", "-o", "bundle"].as_slice(), &["verify", "bundle"]] {
        let output = scene.bare().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
}

#[test]
fn a_killed_run_leaves_its_bytes_to_the_next() {
    let mut stalling = file("\"a\"", 6_000_000);
    stalling.stalls = 600_000;
    let (scene, story) = scene([Reply::File(stalling), Reply::File(file("\"a\"", LENGTH))]);
    killed_after(&scene, &story, 4 << 20);
    scene.archives(0, &[&story]);
    let asked = ranges(&scene);
    let from = asked[1]
        .as_deref()
        .and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    assert!(
        from.is_some_and(|from| (4 << 20..=6_000_000).contains(&from)),
        "{asked:?}"
    );
    assert_eq!(kept(&scene), digest(&file("\"a\"", LENGTH).bytes));
    assert_eq!(
        scene.value::<i64>("SELECT body_length FROM exchange WHERE media IS NOT NULL"),
        (LENGTH - from.unwrap()) as i64
    );
    scene.is_sound();
}

#[test]
fn a_file_that_was_whole_when_the_run_was_killed_is_only_confirmed() {
    let (scene, story) = scene([Reply::File(file("\"a\"", LENGTH))]);
    let whole = file("\"a\"", LENGTH).bytes;
    scene.archives(0, &[&story]);
    // As if the run had been killed between the last byte and the capture.
    let other = scene.file("other.html", article("1785600110366674945"));
    scene.has_post("1785600110366674945", "ada_b", "It still is.");
    let address = "/media/1785600110366674945.jpg?name=orig";
    scene
        .web
        .on("images.test", address, [Reply::File(file("\"a\"", LENGTH))]);
    let connection = Connection::open(scene.archive()).unwrap();
    connection
        .execute(
            "INSERT INTO upload VALUES (1000, 'http://images.test' || ?1, '\"a\"', strftime('%FT%H:%M:%fZ'), ?2, 9, ?2, NULL)",
            (address, LENGTH as i64),
        )
        .unwrap();
    for (number, piece) in whole.chunks(1 << 20).enumerate() {
        let id = (1000 << 16) + number as i64;
        connection
            .execute("INSERT INTO blob_chunk VALUES (?1, ?2)", (id, piece))
            .unwrap();
    }
    drop(connection);
    scene.archives(0, &[&other]);
    assert_eq!(ranges(&scene), [None, Some(format!("bytes={}-", LENGTH - 1))]);
    assert_eq!(kept(&scene), digest(&whole));
    let told = "SELECT group_concat(body_length || ' ' || body) FROM exchange WHERE media IS NOT NULL ORDER BY id";
    let told: String = scene.value(told);
    assert!(
        told.starts_with(&format!("{LENGTH} ")) && told.contains(",1 "),
        "{told}"
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM upload"), 0);
    scene.is_sound();
}

#[test]
fn what_broke_off_is_asked_for_again_within_the_hour_and_thrown_away_after_a_day() {
    let (scene, story) = scene([
        Reply::File(file("\"a\"", 6_000_000)),
        Reply::File(file("\"a\"", LENGTH)),
    ]);
    scene.archives(0, &[&story]);
    assert_eq!(
        scene.value::<String>("SELECT outcome || ' ' || reason FROM post_media"),
        "unreachable body_cut"
    );
    assert_eq!(
        scene.value::<i64>("SELECT length FROM upload WHERE run IS NULL"),
        6_000_000
    );
    let soon = "SELECT count(*) FROM recheck WHERE due < strftime('%FT%H:%M:%fZ', 'now', '+61 minutes')";
    assert_eq!(scene.value::<i64>(soon), 1);
    scene.is_sound();
    let connection = Connection::open(scene.archive()).unwrap();
    connection
        .execute(
            "UPDATE upload SET started = strftime('%FT%H:%M:%fZ', 'now', '-25 hours')",
            [],
        )
        .unwrap();
    drop(connection);
    let other = scene.file("other.html", article("1785600110366674945"));
    scene.archives(0, &[&other]);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM upload"), 0);
    scene.is_sound();
}

#[test]
fn a_file_that_was_changed_meanwhile_is_had_anew() {
    let mut stalling = file("\"a\"", 6_000_000);
    stalling.stalls = 600_000;
    let (scene, story) = scene([Reply::File(stalling), Reply::File(file("\"b\"", LENGTH))]);
    killed_after(&scene, &story, 4 << 20);
    scene.archives(0, &[&story]);
    assert!(ranges(&scene)[1].is_some());
    assert_eq!(kept(&scene), digest(&file("\"b\"", LENGTH).bytes));
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM upload"), 0);
    scene.is_sound();
}

#[test]
fn a_part_of_another_file_is_not_put_together_with_ours() {
    let wrong = Arc::<[u8]>::from(vec![7; 6_000_000]);
    let liar = Reply::Answer(
        206,
        vec![
            ("content-range".into(), format!("bytes 3000000-8999999/{LENGTH}")),
            ("etag".into(), "\"b\"".into()),
        ],
        wrong.to_vec(),
    );
    let (scene, story) = scene([
        Reply::File(file("\"a\"", 3_000_000)),
        liar,
        Reply::File(file("\"a\"", LENGTH)),
    ]);
    scene.archives(0, &[&story, "--set", "limit.retries=2"]);
    assert_eq!(ranges(&scene), [None, Some("bytes=3000000-".into()), None]);
    assert_eq!(kept(&scene), digest(&file("\"a\"", LENGTH).bytes));
    scene.is_sound();
}

#[test]
fn more_than_the_file_has_is_not_put_together_with_it() {
    let head = "HTTP/1.1 206 Scripted\r\netag: \"a\"\r\ncontent-range: bytes 3000000-8999999/9000000\r\n";
    let mut long = format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n", 6_000_001).into_bytes();
    long.extend(vec![7; 6_000_001]);
    long.extend(b"\r\n0\r\n\r\n");
    let (scene, story) = scene([
        Reply::File(file("\"a\"", 3_000_000)),
        Reply::Raw(long),
        Reply::File(file("\"a\"", LENGTH)),
    ]);
    scene.archives(0, &[&story, "--set", "limit.retries=2"]);
    assert_eq!(ranges(&scene), [None, Some("bytes=3000000-".into()), None]);
    assert_eq!(kept(&scene), digest(&file("\"a\"", LENGTH).bytes));
    scene.is_sound();
}

#[test]
fn a_transfer_that_stalled_is_gone_on_with_by_the_next_run() {
    let mut stalling = file("\"a\"", 6_000_000);
    stalling.stalls = 600_000;
    let (scene, story) = scene([Reply::File(stalling), Reply::File(file("\"a\"", LENGTH))]);
    scene.archives(0, &[&story]);
    let told = "SELECT outcome || ' ' || reason FROM post_media ORDER BY id DESC LIMIT 1";
    assert_eq!(scene.value::<String>(told), "unreachable timeout_body");
    let connection = Connection::open(scene.archive()).unwrap();
    connection
        .execute(
            "UPDATE recheck SET due = strftime('%FT%H:%M:%fZ', 'now', '-1 minute')",
            [],
        )
        .unwrap();
    drop(connection);
    assert_eq!(running(&scene).output().unwrap().status.code(), Some(0));
    assert_eq!(ranges(&scene), [None, Some("bytes=6000000-".into())]);
    assert_eq!(scene.value::<String>(told), "captured http_206");
    assert_eq!(kept(&scene), digest(&file("\"a\"", LENGTH).bytes));
    scene.is_sound();
}

#[test]
fn a_web_page_in_place_of_the_file_is_a_wall_and_a_part_unasked_is_no_file() {
    for (reply, expected) in [
        (Reply::page("<p>Please log in."), "walled html_instead_of_media"),
        (
            Reply::ok("image/jpeg", "\n<!DOCTYPE html><title>Not here</title>"),
            "walled html_instead_of_media",
        ),
        (
            Reply::Answer(206, vec![("content-range".into(), "bytes 5-9/100".into())], vec![1; 5]),
            "unreadable part_of_media",
        ),
    ] {
        let (scene, story) = scene([reply]);
        scene.run(&[&story]);
        assert_eq!(
            scene.value::<String>("SELECT outcome || ' ' || reason FROM post_media"),
            expected
        );
        scene.is_sound();
    }
}

#[test]
fn the_picture_of_an_author_is_kept_in_its_original_size_and_once_from_its_address() {
    const OTHER: &str = "1785600110366674945";
    let scene = Scene::new();
    scene.web.on(
        "images.test",
        "/profile_images/9/a.jpg",
        [Reply::ok("image/jpeg", b"\xff\xd8\xff a face".to_vec())],
    );
    for id in [POST, OTHER] {
        let body = format!(
            r#"{{"__typename":"Tweet","id_str":"{id}","text":"The bridge is standing.","user":{{"id_str":"7","screen_name":"ada_b",
            "profile_image_url_https":"https://pbs.twimg.com/profile_images/9/a_normal.jpg"}}}}"#
        );
        scene.syndication(id, Reply::json(body));
        let story = scene.file(&format!("{id}.html"), article(id));
        scene.archives(0, &[&story]);
    }
    let kept = "SELECT group_concat(t.native_id || ' ' || m.position || ' ' || m.outcome) FROM post_media m
                JOIN capture c ON c.id = m.capture JOIN target t ON t.id = c.target WHERE m.kind = 'avatar'";
    assert_eq!(scene.value::<String>(kept), format!("{POST} 0 captured"));
    let asked = scene.web.log().into_iter().filter(|asked| asked.host == "images.test");
    assert_eq!(asked.count(), 1);
    scene.is_sound();
}
