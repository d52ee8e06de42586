//! Bad inputs: each one clear error, an exit code, and nothing lost of the rest.

use std::fs::{self, File};
use std::io::Write;

use crate::credentials::unpacked;
use crate::scene::{Scene, text};
use crate::web::Reply;

/// Archives a bad input together with a good one; gives the exit code and what standard error said.
fn beside_a_good_one(scene: &Scene, bad: &str) -> (Option<i32>, String) {
    let good = scene.file(
        "good.txt",
        "A sentence that stands here by itself and cites nothing at all.\n",
    );
    let output = scene.run(&[bad, &good]);
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM reading WHERE given_name LIKE '%good.txt'"),
        1,
        "{bad}"
    );
    scene.is_sound();
    (output.status.code(), text(&output.stderr))
}

#[test]
fn what_is_no_article_is_named_and_the_other_inputs_go_on() {
    let scene = Scene::new();
    let sparse = scene.path("sparse.html");
    File::create(&sparse).unwrap().set_len(2 << 30).unwrap();
    let random: Vec<u8> = (0..20_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for (bad, code, said) in [
        (
            scene.path("missing.html").to_str().unwrap().to_owned(),
            66,
            "no such file",
        ),
        (scene.folder.path().to_str().unwrap().to_owned(), 65, "is a directory"),
        (scene.file("empty.html", ""), 65, "is empty"),
        (sparse.to_str().unwrap().to_owned(), 65, "larger than"),
        (scene.file("a.pdf", "%PDF-1.7\n1 0 obj"), 65, "PDF"),
        (scene.file("random.html", random), 65, "binary"),
        (
            "http://user:secret@news.example/".to_owned(),
            65,
            "user name or password",
        ),
        (
            "http://169.254.169.254/latest/meta-data".to_owned(),
            65,
            "not a public address",
        ),
        ("http://[::ffff:10.0.0.1]/".to_owned(), 65, "not a public address"),
        ("http://10.0.0.1/".to_owned(), 65, "not a public address"),
    ] {
        let (status, stderr) = beside_a_good_one(&scene, &bad);
        assert_eq!(status, Some(code), "{bad}: {stderr}");
        assert_eq!(
            stderr.lines().filter(|l| l.starts_with("citekeep:")).count(),
            1,
            "{stderr}"
        );
        assert!(stderr.contains(said) && !stderr.contains("secret"), "{stderr}");
    }
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM run WHERE command LIKE '%secret%'"),
        0
    );
}

#[test]
fn hostile_pages_are_read_as_far_as_they_go() {
    let scene = Scene::new();
    let deep = format!(
        "<!DOCTYPE html><body><p>Before the deep part a sentence stands here.</p>{}",
        "<div><b>".repeat(50_000)
    );
    let line = format!("<!DOCTYPE html><body><p>{}</p>", "a word and ".repeat(4_500_000));
    let charset = "<meta charset=euc-jp><p>Déjà vu : un café à Orsay, dit-on partout.</p>";
    for (name, page, check) in [
        (
            "deep.html",
            deep,
            "SELECT notices LIKE '%nesting_cut%' FROM reading ORDER BY id DESC LIMIT 1",
        ),
        (
            "line.html",
            line,
            "SELECT notices LIKE '%input_cut%' FROM reading ORDER BY id DESC LIMIT 1",
        ),
        (
            "charset.html",
            charset.to_owned(),
            "SELECT charset = 'UTF-8' AND notices LIKE '%charset_mismatch%' FROM reading ORDER BY id DESC LIMIT 1",
        ),
    ] {
        let input = scene.file(name, page);
        scene.archives(0, &[&input]);
        assert!(scene.value::<bool>(check), "{name}");
    }
}

#[test]
fn what_the_network_does_to_us_is_an_outcome() {
    let scene = Scene::new();
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..300 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = Reply::page(bomb.finish().unwrap()).with("content-encoding", "gzip");
    let cut = Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 9999\r\n\r\n<p>half".to_vec());
    let stall = Reply::Stall(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 9999\r\n\r\n<p>half".to_vec(),
        3000,
    );
    for (path, reply, code, said) in [
        ("/loop", Reply::redirect(302, "/loop"), 65, "redirect_loop"),
        (
            "/private",
            Reply::redirect(302, "http://10.0.0.1/"),
            65,
            "refused_address",
        ),
        (
            "/file",
            Reply::redirect(302, "file:///etc/passwd"),
            65,
            "refused_scheme",
        ),
        ("/bomb", bomb, 65, "unpacks to more than"),
        ("/cut", cut, 3, "body_cut"),
        ("/stall", stall, 3, "timeout_body"),
        ("/silent", Reply::Stall(Vec::new(), 5000), 3, "timeout_headers"),
        (
            "/garbage",
            Reply::Raw(b"\x00\x01 nonsense\r\n\r\n".to_vec()),
            65,
            "bad_response",
        ),
        ("/gone", Reply::status(404), 65, "http_404"),
    ] {
        scene.web.on("bad.example", path, [reply]);
        let url = format!("http://bad.example{path}");
        let (status, stderr) = beside_a_good_one(&scene, &url);
        assert_eq!(status, Some(code), "{path}: {stderr}");
        assert!(stderr.contains(said), "{path}: {stderr}");
        assert_eq!(
            scene.value::<i64>(&format!("SELECT count(*) FROM captures WHERE url = '{url}'")),
            1,
            "{path}"
        );
    }
    let url = format!("https://bad.example:{}/", scene.web.address().port());
    let (status, stderr) = beside_a_good_one(&scene, &url);
    assert_eq!(status, Some(3), "{stderr}");
}

#[test]
fn a_name_that_leads_to_a_private_address_is_refused_and_nothing_is_connected() {
    let scene = Scene::new();
    let hosts = format!("hosts.inside.example={}", scene.web.address());
    let output = scene
        .bare()
        .args(["archive", "http://inside.example/", "--set", &hosts])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(65));
    assert!(text(&output.stderr).contains("loopback"), "{}", text(&output.stderr));
    assert_eq!(scene.web.log(), []);
}

#[test]
fn an_archive_that_is_none_or_newer_is_left_alone() {
    let scene = Scene::new();
    let input = scene.file(
        "good.txt",
        "A sentence that stands here by itself and cites nothing at all.\n",
    );
    fs::write(scene.archive(), "not a database, but long enough to look at").unwrap();
    assert_eq!(scene.run(&[&input]).status.code(), Some(65));
    assert_eq!(
        fs::read(scene.archive()).unwrap(),
        b"not a database, but long enough to look at"
    );
    fs::remove_file(scene.archive()).unwrap();
    scene.archives(0, &[&input]);
    rusqlite::Connection::open(scene.archive())
        .unwrap()
        .pragma_update(None, "user_version", 999)
        .unwrap();
    let output = scene.run(&[&input]);
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("newer"), "{}", text(&output.stderr));
    assert_eq!(scene.bare().arg("list").output().unwrap().status.code(), Some(78));
}

#[test]
fn a_second_run_says_who_holds_the_archive_or_waits_for_it() {
    let scene = Scene::new();
    scene.web.on("news.example", "/slow", [Reply::Stall(Vec::new(), 900)]);
    let mut holder = scene
        .archiving()
        .args(["http://news.example/slow"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    scene.wait_until_asked("news.example", "/slow", 1);
    let input = scene.file(
        "good.txt",
        "A sentence that stands here by itself and cites nothing at all.\n",
    );
    let output = scene.run(&[&input]);
    assert_eq!(output.status.code(), Some(75));
    assert!(
        text(&output.stderr).contains(&holder.id().to_string()),
        "{}",
        text(&output.stderr)
    );
    scene.archives(0, &[&input, "--wait", "20"]);
    holder.wait().unwrap();
    scene.is_sound();
}

#[test]
fn a_given_page_in_utf_16_is_not_contradicted_in_the_web_archive_by_a_name_of_its_encoding() {
    // A player reads the mark, gives the page out as UTF-8, and would say by the record's word that it is UTF-16.
    let page = "<!DOCTYPE html><title>Wehr</title><article><p>Das Wehr hält, sagt die Stadt, und niemand weiß es besser.</p></article>";
    let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(page.encode_utf16());
        units.flat_map(order).collect()
    };
    for (name, bytes, kind) in [
        ("little.html", wide(u16::to_le_bytes), "text/html"),
        ("big.html", wide(u16::to_be_bytes), "text/html"),
        ("usual.html", page.as_bytes().to_vec(), "text/html; charset=UTF-8"),
    ] {
        let scene = Scene::new();
        let input = scene.file(name, bytes);
        scene.archives(0, &[&input]);
        let export = scene.bare().args(["export", "--all", "-o", "x.wacz"]).output().unwrap();
        assert_eq!(export.status.code(), Some(0), "{export:?}");
        let warc = String::from_utf8_lossy(&unpacked(&scene.path("x.wacz"))).into_owned();
        let (_, record) = warc.split_once("WARC-Type: resource\r\n").unwrap();
        let (header, _) = record.split_once("\r\n\r\n").unwrap();
        let said = header.lines().find_map(|line| line.strip_prefix("Content-Type: "));
        assert_eq!(said, Some(kind), "{name}: {header}");
    }
}
