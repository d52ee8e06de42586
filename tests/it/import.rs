//! Web archives of others: articles that lie in them, answers from them instead of the network, and their records taken in.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::scene::{POST, Scene, article, text};
use crate::web::Reply;

const DATE: &str = "2023-03-04T05:06:07Z";
const PAGE: &str = "http://news.example/bridge";

/// The bytes of a record with these fields and this block.
fn record(kind: &str, url: &str, date: &str, fields: &str, block: &[u8]) -> Vec<u8> {
    let id = hex(&Sha1::digest(
        [kind.as_bytes(), url.as_bytes(), date.as_bytes(), block].concat(),
    ));
    let mut bytes = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{}-{}-{}-{}-{}>\r\nWARC-Target-URI: {url}\r\nWARC-Date: {date}\r\n\
         {fields}Content-Length: {}\r\n\r\n",
        &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..32],
        block.len()
    )
    .into_bytes();
    bytes.extend_from_slice(block);
    bytes.extend_from_slice(b"\r\n\r\n");
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A response record as crawlers write it: SHA-1 of the payload in base 16.
fn response(url: &str, date: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let block = [head.as_bytes(), b"\r\n\r\n", body].concat();
    let fields = format!(
        "Content-Type: application/http; msgtype=response\r\nWARC-Payload-Digest: sha1:{}\r\n",
        hex(&Sha1::digest(body))
    );
    record("response", url, date, &fields, &block)
}

fn html(url: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    response(
        url,
        DATE,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8",
        body.as_ref(),
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut member = GzEncoder::new(Vec::new(), Compression::default());
    member.write_all(bytes).unwrap();
    member.finish().unwrap()
}

fn members(records: &[Vec<u8>]) -> Vec<u8> {
    records.iter().flat_map(|record| gzip(record)).collect()
}

fn in_chunks(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in body.chunks(7) {
        out.extend(format!("{:x}\r\n", chunk.len()).bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

fn wacz(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in entries {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn syndicated(words: &str) -> String {
    format!(
        r#"{{"__typename":"Tweet","id_str":"{POST}","lang":"en","created_at":"2024-05-01T10:00:00.000Z","text":"{words}",
        "user":{{"id_str":"7","name":"Ada","screen_name":"ada_b"}},"edit_control":{{"edit_tweet_ids":["{POST}"]}}}}"#
    )
}

/// The address that X's syndication is asked for the post.
fn question(scene: &Scene) -> String {
    let asked = scene.web.log();
    let (host, path) = asked
        .iter()
        .map(|asked| (asked.host.clone(), asked.path.clone()))
        .find(|(host, _)| host == "syndication.test")
        .unwrap();
    format!("http://{host}{path}")
}

#[test]
fn an_article_in_a_web_archive_is_read_with_the_records_own_date_and_named_as_others() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let packed = gzip(article(POST).as_bytes());
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked";
    for (name, page) in [
        ("plain.warc", html(PAGE, article(POST))),
        ("members.warc.gz", members(&[html(PAGE, article(POST))])),
        ("coded.warc", response(PAGE, DATE, head, &in_chunks(&packed))),
        (
            "listed.wacz",
            wacz(&[
                (
                    "archive/data.warc.gz",
                    &members(&[
                        html("http://news.example/other", "<p>Other."),
                        html(PAGE, article(POST)),
                    ]),
                ),
                (
                    "pages/pages.jsonl",
                    format!("{{\"format\":\"json-pages-1.0\"}}\n{{\"url\":\"{PAGE}\",\"ts\":\"{DATE}\"}}\n").as_bytes(),
                ),
            ]),
        ),
    ] {
        let file = scene.file(name, page);
        let archive = format!("{name}.db");
        let mut command = scene.archiving();
        command.args(["--archive", scene.path(&archive).to_str().unwrap(), "--from", &file]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {output:?}");
        assert_eq!(scene.web.asked("news.example", "/bridge"), 0, "{name}");
        let archive = rusqlite::Connection::open(scene.path(&archive)).unwrap();
        let value = |sql: &str| archive.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(
            value("SELECT origin || ' ' || claimed_url || ' ' || claimed_retrieved || ' ' || given_name FROM reading"),
            format!("given {PAGE} 2023-03-04T05:06:07.000Z {name}")
        );
        assert_eq!(value("SELECT count(*) || '' FROM reading"), "1", "{name}");
        assert_eq!(
            value(
                "SELECT r.kind || ' ' || r.digests || ' ' || r.date FROM records r WHERE r.readings = '[' || (SELECT id FROM reading) || ']'"
            ),
            format!("response agree {DATE}")
        );
        assert_eq!(value("SELECT text FROM posts"), "The bridge is standing.");
        let verified = scene.bare_of(&format!("{name}.db")).arg("verify").output().unwrap();
        assert_eq!(
            verified.status.code(),
            Some(0),
            "{name}: {}{}",
            text(&verified.stdout),
            text(&verified.stderr)
        );
    }
}

#[test]
fn a_replay_answers_from_the_web_archive_alone_and_names_what_that_lacks() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "What the web says now.");
    scene.archives(0, &[&scene.file("a.html", article(POST))]);
    let question = question(&scene);
    std::fs::remove_file(scene.archive()).unwrap();
    let asked = scene.web.log().len();

    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json";
    let warc = members(&[
        html(PAGE, article(POST)),
        response(
            &question,
            "2023-03-04T06:00:00Z",
            head,
            syndicated("What it said then.").as_bytes(),
        ),
        response(
            &question,
            "2022-01-01T00:00:00Z",
            head,
            syndicated("What it said first.").as_bytes(),
        ),
    ]);
    let file = scene.file("then.warc.gz", warc);
    let printed = scene.archives(0, &[PAGE, "--replay", &file]);
    assert!(printed.contains("recorded by others, in then.warc.gz"), "{printed}");
    assert_eq!(scene.web.log().len(), asked, "the network was asked");
    assert_eq!(scene.value::<String>("SELECT text FROM posts"), "What it said then.");
    assert_eq!(
        scene.value::<String>("SELECT started || ' ' || ended FROM capture WHERE outcome = 'captured'"),
        "2023-03-04T06:00:00.000Z 2023-03-04T06:00:00.000Z"
    );
    assert_eq!(
        scene.value::<String>("SELECT origin || ' ' || claimed_retrieved FROM reading"),
        "given 2023-03-04T05:06:07.000Z"
    );
    assert_eq!(
        scene
            .value::<String>("SELECT outcome || ' ' || reason FROM captures WHERE url = 'http://river.example/report'"),
        "refused not_in_web_archive"
    );
    // What others recorded is no ground for a verdict of ours.
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM verdict"), 0);
    assert_eq!(
        scene.value::<i64>(
            "SELECT count(*) FROM exchange x LEFT JOIN exchange_record r ON r.exchange = x.id
                            WHERE (r.record IS NULL) <> (x.failure_reason IS 'not_in_web_archive')"
        ),
        0
    );
    scene.is_sound();
}

/// What `citekeep import` says of a file, and its exit code.
fn imported(scene: &Scene, file: &str) -> (serde_json::Value, Option<i32>) {
    let output = scene.bare().args(["import", file, "--json"]).output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (said["report"].clone(), output.status.code())
}

fn counts(report: &serde_json::Value) -> [u64; 4] {
    ["new", "known", "wrong", "unreadable"].map(|name| report[name].as_u64().unwrap_or(99))
}

/// What `kind`s a crawler writes.
fn crawl() -> Vec<Vec<u8>> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked";
    let big: Vec<u8> = (0..5_000_000_u32).map(|n| (n % 251) as u8).collect();
    let revisit = format!(
        "Content-Type: application/http; msgtype=response\r\nWARC-Payload-Digest: sha1:{}\r\n\
         WARC-Profile: http://netpreserve.org/warc/1.0/revisit/identical-payload-digest\r\n",
        hex(&Sha1::digest("<p>A page."))
    );
    vec![
        record(
            "warcinfo",
            "urn:info",
            DATE,
            "Content-Type: application/warc-fields\r\n",
            b"software: somebody's\r\n",
        ),
        html("http://news.example/a", "<p>A page."),
        record(
            "request",
            "http://news.example/a",
            DATE,
            "Content-Type: application/http; msgtype=request\r\n",
            b"GET /a HTTP/1.1\r\n\r\n",
        ),
        response("http://news.example/chunked", DATE, head, &in_chunks(b"<p>In chunks.")),
        response(
            "http://news.example/big",
            DATE,
            "HTTP/1.1 200 OK\r\nContent-Type: video/mp4",
            &big,
        ),
        record(
            "revisit",
            "http://news.example/a",
            "2023-03-05T00:00:00Z",
            &revisit,
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        ),
        record(
            "resource",
            "urn:pageinfo",
            DATE,
            "Content-Type: application/json\r\n",
            b"{}",
        ),
        // As a crawler writes it that takes the digest of something else.
        record(
            "resource",
            "urn:wrong",
            DATE,
            "Content-Type: text/plain\r\nWARC-Payload-Digest: sha1:0000\r\n",
            b"x",
        ),
    ]
}

#[test]
fn records_of_others_are_kept_byte_for_byte_and_a_second_import_adds_nothing() {
    let scene = Scene::new();
    let records = crawl();
    let plain = scene.file("plain.warc", records.concat());
    let (report, code) = imported(&scene, &plain);
    assert_eq!((counts(&report), code), ([8, 0, 1, 0], Some(0)), "{report}");
    assert!(
        report["problems"][0].as_str().unwrap().contains("WARC-Payload-Digest"),
        "{report}"
    );
    scene.is_sound();
    let state = scene.value::<String>("SELECT group_concat(kind || digests, ' ') FROM record");
    assert_eq!(
        state,
        "warcinfonone responseagree requestnone responseagree responseagree revisitnone resourcenone resourcediffer"
    );
    // The revisit names the page before it, and no capture or exchange of ours came of it.
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM record r JOIN record o ON o.id = r.revisits WHERE o.url = r.url"),
        1
    );
    assert_eq!(
        scene.value::<i64>("SELECT (SELECT count(*) FROM exchange) + (SELECT count(*) FROM capture)"),
        0
    );
    for (name, bytes) in [
        ("plain.warc", records.concat()),
        ("members.warc.gz", members(&records)),
        ("all.wacz", wacz(&[("archive/data.warc.gz", &members(&records))])),
    ] {
        let file = scene.file(name, bytes);
        let (report, code) = imported(&scene, &file);
        assert_eq!((counts(&report), code), ([0, 8, 1, 0], Some(0)), "{name}");
    }
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM import"), 1);
    scene.is_sound();
}

#[test]
fn a_web_archive_cut_in_the_middle_gives_what_is_whole_and_the_rest_once_it_is_there() {
    let records = crawl();
    let big = records[..4].concat().len() + records[4].len() / 2;
    let packed = members(&records[..4]).len() + gzip(&records[4]).len() / 2;
    for (name, whole, cut) in [
        ("x.warc", records.concat(), big),
        ("x.warc.gz", members(&records), packed),
    ] {
        let scene = Scene::new();
        let file = scene.file(name, &whole[..cut]);
        for (again, expected) in [(false, [4, 0, 0, 1]), (true, [0, 4, 0, 1])] {
            let (report, code) = imported(&scene, &file);
            assert_eq!(
                (counts(&report), code),
                (expected, Some(65)),
                "{name} {again}: {report}"
            );
            let told = report["problems"][0].as_str().unwrap();
            assert!(told.starts_with("record at "), "{told}");
        }
        // Nothing of the body that broke off stays.
        assert_eq!(scene.value::<i64>("SELECT count(*) FROM upload"), 0);
        scene.is_sound();
        let file = scene.file(name, &whole);
        for expected in [[4, 4, 1, 0], [0, 8, 1, 0]] {
            let (report, code) = imported(&scene, &file);
            assert_eq!((counts(&report), code), (expected, Some(0)), "{name}: {report}");
        }
        scene.is_sound();
    }
}

#[test]
fn imported_records_leave_in_a_bundle_as_they_came_and_the_bundle_says_whose_they_are() {
    let scene = Scene::new();
    let records = crawl();
    let file = scene.file("crawl.warc.gz", members(&records));
    imported(&scene, &file);
    let bundle = scene.path("bundle");
    let output = scene
        .bare()
        .args(["export", "--all", "-o"])
        .arg(&bundle)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let mut zip =
        zip::ZipArchive::new(std::fs::File::open(bundle.join("data/captures/captures.wacz")).unwrap()).unwrap();
    let mut bytes = Vec::new();
    std::io::copy(&mut zip.by_name("archive/others.warc.gz").unwrap(), &mut bytes).unwrap();
    let mut unpacked = Vec::new();
    std::io::copy(&mut flate2::read::MultiGzDecoder::new(&bytes[..]), &mut unpacked).unwrap();
    let theirs = records.concat();
    assert_eq!(&unpacked[unpacked.len() - theirs.len()..], &theirs[..]);
    assert!(text(&unpacked[..unpacked.len() - theirs.len()]).contains("none of them was fetched by us"));
    // What left comes back as what is here already.
    std::fs::write(scene.path("others.warc.gz"), &bytes).unwrap();
    let (report, _) = imported(&scene, scene.path("others.warc.gz").to_str().unwrap());
    assert_eq!(counts(&report), [1, 8, 1, 0], "our own warcinfo record is the new one");
    for path in [bundle.clone(), bundle.join("data/captures/captures.wacz")] {
        let output = scene.bare().arg("verify").arg(&path).output().unwrap();
        // By itself a WACZ of which a record states a wrong digest is not sound; in the bundle it is known whose word that is.
        let expected = if path == bundle { 0 } else { 65 };
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
    }
}

#[test]
fn what_was_taken_from_a_web_archive_is_named_so_in_every_part_of_a_bundle() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    scene.archives(0, &[&scene.file("a.html", article(POST))]);
    let question = question(&scene);
    std::fs::remove_file(scene.archive()).unwrap();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json";
    let warc = [
        html(PAGE, article(POST)),
        response(
            &question,
            "2023-03-04T06:00:00Z",
            head,
            syndicated("What it said then.").as_bytes(),
        ),
    ];
    let file = scene.file("then.warc.gz", members(&warc));
    scene.archives(0, &["--from", &file, "--replay", &file]);
    let bundle = scene.path("bundle");
    let output = scene
        .bare()
        .args(["export", "--all", "-o"])
        .arg(&bundle)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let read = |name: &str| text(&std::fs::read(bundle.join("data").join(name)).unwrap());
    assert!(read("articles.jsonl").contains(r#""taken_from":"then.warc.gz""#));
    assert!(read("captures.jsonl").contains(r#""taken_from":"then.warc.gz""#));
    let report = read("report.html");
    assert!(report.contains("then.warc.gz"), "the report names the web archive");
    assert!(report.contains("recorded by others"), "the report says so");
    assert!(!report.contains("fetched by us"), "{report}");
}

/// I5 and I6: what is wrong with a record costs only that record.
#[test]
fn damage_and_lies_in_a_warc_are_told_and_cost_only_what_they_touch() {
    let scene = Scene::new();
    let page = |name: &str| html(&format!("http://news.example/{name}"), format!("<p>Page {name}."));
    let with_length = |length: &str| {
        let page = text(&page("b"));
        let at = page.find("Content-Length: ").unwrap() + 16;
        let end = at + page[at..].find("\r\n").unwrap();
        format!("{}{length}{}", &page[..at], &page[end..]).into_bytes()
    };
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    for (name, bytes, new) in [
        // Longer than the file, negative, missing, shorter than it is.
        (
            "huge.warc",
            [page("a"), with_length("9223372036854775808"), page("c")].concat(),
            2,
        ),
        ("negative.warc", [page("a"), with_length("-1"), page("c")].concat(), 2),
        ("none.warc", [page("a"), with_length(""), page("c")].concat(), 2),
        ("short.warc", [page("a"), with_length("3"), page("c")].concat(), 2),
        // A member cut in half, and garbage between members.
        (
            "cut.warc.gz",
            [gzip(&page("a")), cut(gzip(&page("b"))), gzip(&page("c"))].concat(),
            2,
        ),
        (
            "garbage.warc.gz",
            [gzip(&page("a")), b"\x1f\x8b\x08 garbage".to_vec(), gzip(&page("c"))].concat(),
            2,
        ),
        (
            "tail.warc.gz",
            [gzip(&page("a")), gzip(&page("b")), cut(gzip(&page("c")))].concat(),
            2,
        ),
    ] {
        let file = scene.file(name, bytes);
        let archive = format!("{name}.db");
        let output = scene
            .bare_of(&archive)
            .args(["import", &file, "--json"])
            .output()
            .unwrap();
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(counts(&said["report"]), [new, 0, 0, 1], "{name}: {said}");
        assert_eq!(output.status.code(), Some(65), "{name}");
        let verified = scene.bare_of(&archive).arg("verify").output().unwrap();
        assert_eq!(verified.status.code(), Some(0), "{name}: {}", text(&verified.stdout));
    }
}

/// I5: an address of a file, and a header that would be two.
#[test]
fn an_address_in_a_record_is_never_followed_and_stays_one_line() {
    let scene = Scene::new();
    let secret = scene.file("secret.txt", "what nobody asked for");
    let address = format!("file://{secret}");
    let records = [
        record(
            "resource",
            &address,
            DATE,
            "Content-Type: text/html\r\n",
            b"<p>A page that says it is a file of yours.",
        ),
        response(
            "http://news.example/x",
            DATE,
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX: a\rInjected: b",
            b"<p>X.",
        ),
    ];
    let file = scene.file("lies.warc", records.concat());
    let (report, code) = imported(&scene, &file);
    assert_eq!((counts(&report), code), ([2, 0, 0, 0], Some(0)), "{report}");
    let output = scene
        .bare()
        .args(["export", "--all", "-o"])
        .arg(scene.path("bundle"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    scene.archives(0, &["--from", &file]);
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM record WHERE header LIKE '%what nobody asked%'"),
        0
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM reading WHERE claimed_url LIKE 'file%'"),
        0
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM blob_chunk WHERE bytes LIKE '%what nobody asked for%'"),
        0
    );
    scene.is_sound();
}

/// I1 to I4: one odd entry, and nothing of a WACZ is taken in.
#[test]
fn a_wacz_with_any_odd_entry_is_refused_as_a_whole() {
    let scene = Scene::new();
    let warc = members(&[html(PAGE, "<p>A page.")]);
    let long = format!("{}x", "a/".repeat(600));
    for name in [
        "../../x",
        "/etc/x",
        "C:\\x",
        "a\0b",
        long.as_str(),
        "ARCHIVE/data.warc.gz",
    ] {
        let file = scene.file("odd.wacz", wacz(&[("archive/data.warc.gz", &warc), (name, b"x")]));
        let (_, code) = imported(&scene, &file);
        assert_eq!(code, Some(65), "{name:?}");
    }
    // A link, and a file through it.
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("archive/data.warc.gz", SimpleFileOptions::default())
        .unwrap();
    zip.write_all(&warc).unwrap();
    zip.add_symlink("archive/link", "/etc", SimpleFileOptions::default())
        .unwrap();
    let file = scene.file("link.wacz", zip.finish().unwrap().into_inner());
    assert_eq!(imported(&scene, &file).1, Some(65));
    // The list of contents says another name than the entry itself, and bytes before the first entry.
    let sound = wacz(&[("archive/data.warc.gz", &warc)]);
    let at = sound
        .windows(20)
        .rposition(|bytes| bytes == b"archive/data.warc.gz")
        .unwrap();
    let mut renamed = sound.clone();
    renamed[at..at + 7].copy_from_slice(b"ARCHIVE");
    for bytes in [renamed, [b"PK\x03\x04 something".to_vec(), sound.clone()].concat()] {
        let file = scene.file("odd.wacz", bytes);
        assert_eq!(imported(&scene, &file).1, Some(65));
    }
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM record"), 0);
    assert_eq!(
        scene.folder.path().read_dir().unwrap().count(),
        3,
        "nothing was unpacked"
    );
    let file = scene.file("sound.wacz", sound);
    assert_eq!(imported(&scene, &file).1, Some(0));
}

/// I3: a member that says little and brings much.
#[test]
fn a_wacz_that_is_not_as_its_own_list_says_is_taken_in_and_that_is_told() {
    let scene = Scene::new();
    let warc = members(&[html(PAGE, "<p>A page.")]);
    let digest = hex(&Sha256::digest(&warc));
    for (digest, is_told) in [(digest.clone(), false), (digest.replace(&digest[..4], "0000"), true)] {
        let package = format!(
            r#"{{"profile": "data-package", "wacz_version": "1.1.1", "resources": [{{"name": "data.warc.gz",
            "path": "archive/data.warc.gz", "hash": "sha256:{digest}", "bytes": {}}}]}}"#,
            warc.len()
        );
        let entries = [
            ("archive/data.warc.gz", &*warc),
            ("datapackage.json", package.as_bytes()),
        ];
        let file = scene.file("theirs.wacz", wacz(&entries));
        let output = scene.bare().args(["import", &file]).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let told = text(&output.stderr);
        assert_eq!(
            told.contains("archive/data.warc.gz: changed: not the digest"),
            is_told,
            "{told}"
        );
    }
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM record"), 1);
}

#[test]
fn what_unpacks_absurdly_stops_at_the_bound() {
    let scene = Scene::new();
    let nothing = vec![b' '; 1 << 20];
    let mut member = GzEncoder::new(Vec::new(), Compression::best());
    let head = format!(
        "WARC/1.1\r\nWARC-Type: resource\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
        1_u64 << 40
    );
    member.write_all(head.as_bytes()).unwrap();
    for _ in 0..64 {
        member.write_all(&nothing).unwrap();
    }
    let file = scene.file(
        "bomb.warc.gz",
        [members(&[html(PAGE, "<p>A page.")]), member.finish().unwrap()].concat(),
    );
    let (report, code) = imported(&scene, &file);
    assert_eq!((counts(&report), code), ([1, 0, 0, 1], Some(65)));
    assert!(std::fs::metadata(scene.archive()).unwrap().len() < 128 << 20);
    scene.is_sound();
}

/// V8: what is foreign in a record is text in the report, and no address of its own.
#[test]
fn markup_and_addresses_in_a_web_archive_are_text_in_the_report() {
    let scene = Scene::new();
    let page = "<title><script>alert(1)</script></title><article><p>Read <a href=\"javascript:alert(1)\">this</a> and that \
                <a href=\"http://river.example/report\">report</a>.</p></article>";
    let file = scene.file("<img src=x onerror=alert(1)>.warc", html(PAGE, page));
    scene.archives(0, &["--from", &file, "--replay", &file]);
    let output = scene
        .bare()
        .args(["export", "--all", "-o"])
        .arg(scene.path("bundle"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = text(&std::fs::read(scene.path("bundle").join("data/report.html")).unwrap());
    assert!(report.contains("onerror"), "the name of the file is told");
    for bad in ["<script", "<img src=x", "href=\"javascript", "href=javascript"] {
        assert!(!report.contains(bad), "{bad}");
    }
}

#[test]
fn a_replay_follows_redirects_and_revisits_and_the_bundle_holds_both_records() {
    let scene = Scene::new();
    let body = "<html><title>The report</title><body><p>The bridge is old.</p></body></html>";
    let digest = hex(&Sha1::digest(body));
    let fields = format!("Content-Type: application/http; msgtype=response\r\nWARC-Payload-Digest: sha1:{digest}\r\n");
    let post = record(
        "request",
        "http://river.example/now",
        "2023-03-06T00:00:00Z",
        "Content-Type: application/http; msgtype=request\r\nWARC-Concurrent-To: <urn:posted>\r\n",
        b"POST /now HTTP/1.1\r\n\r\n",
    );
    let answer_to_post = text(&html("http://river.example/now", "<p>What somebody sent."))
        .replace(DATE, "2023-03-06T00:00:00Z")
        .replacen(
            "WARC-Target-URI",
            "WARC-Concurrent-To: <urn:posted>\r\nWARC-Target-URI",
            1,
        );
    let records = [
        html(PAGE, article(POST)),
        html("http://river.example/before", body),
        response(
            "http://river.example/report",
            DATE,
            "HTTP/1.1 301 Moved\r\nLocation: https://river.example/now",
            b"",
        ),
        record(
            "revisit",
            "http://river.example/now",
            "2023-03-05T00:00:00Z",
            &fields,
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        ),
        post,
        answer_to_post.into_bytes(),
    ];
    let file = scene.file("then.warc.gz", members(&records));
    scene.archives(0, &["--from", &file, PAGE, "--replay", &file]);
    assert_eq!(scene.web.log().len(), 0);
    assert_eq!(
        scene.value::<String>(
            "SELECT outcome || ' ' || status || ' ' || final_url || ' ' || ended FROM captures
             WHERE url = 'http://river.example/report'"
        ),
        "captured 200 https://river.example/now 2023-03-05T00:00:00.000Z"
    );
    assert_eq!(
        scene.value::<String>(
            "SELECT r.kind || ' ' || o.url FROM exchange_record e JOIN record r ON r.id = e.record JOIN record o ON o.id = r.revisits"
        ),
        "revisit http://river.example/before"
    );
    scene.is_sound();
    let bundle = scene.path("bundle");
    let target = ["export", "--target", "http://river.example/report", "-o"];
    let output = scene.bare().args(target).arg(&bundle).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = scene.bare().arg("verify").arg(&bundle).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
}

#[test]
fn a_web_archive_of_our_own_is_read_back_and_what_is_no_article_in_it_gets_one_line() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    scene.web.on("news.example", "/bridge", [Reply::page(article(POST))]);
    let words = "The office of the town wrote that the bridge is closed until the summer of next year.\n";
    let mut utf16 = vec![0xff, 0xfe];
    let page = article(POST).replace("The bridge at Orsay", "The bridge at Évry");
    utf16.extend(page.encode_utf16().flat_map(u16::to_le_bytes));
    let inputs = [
        scene.file("story.html", article(POST).replace("at Orsay", "at Massy")),
        scene.file("plain.txt", words),
        scene.file("wide.html", utf16),
    ];
    scene.archives(0, &[PAGE, &inputs[0], &inputs[1], &inputs[2]]);
    let export = scene
        .bare()
        .args(["export", "--all", "-o", "ours.wacz"])
        .output()
        .unwrap();
    assert_eq!(export.status.code(), Some(0), "{export:?}");

    let mut again = scene.archiving();
    again.args(["--archive", "again.db", "--from", "ours.wacz", "--replay", "ours.wacz"]);
    let output = again.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = text(&output.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    // The answer about the post, which the bundle lists for who wants to see it.
    assert!(
        said.contains("ours.wacz: listed, but no page or text that came with status 200, so not read: http"),
        "{said}"
    );
    let texts = |archive: &str| {
        let archive = rusqlite::Connection::open(scene.path(archive)).unwrap();
        let mut asked = archive.prepare("SELECT text FROM reading").unwrap();
        let rows = asked.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    };
    assert_eq!(texts("archive.db").len(), 4);
    let read = texts("again.db");
    for text in texts("archive.db") {
        assert!(read.contains(&text), "an article of our own was not read");
    }
}

#[test]
fn a_page_that_a_web_archive_lists_and_lacks_is_told_in_one_line_for_all() {
    let scene = Scene::new();
    let lines =
        ["/a", "/b", "/bridge"].map(|path| format!("{{\"url\":\"http://news.example{path}\",\"ts\":\"{DATE}\"}}\n"));
    let pages = format!("{{\"format\":\"json-pages-1.0\"}}\n{}", lines.concat());
    let file = scene.file(
        "listed.wacz",
        wacz(&[
            (
                "archive/data.warc.gz",
                &members(&[html(PAGE, "<p>Of the bridge nothing is known to anybody here.")]),
            ),
            ("pages/pages.jsonl", pages.as_bytes()),
        ]),
    );
    let output = scene.run(&["--from", &file]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = text(&output.stderr);
    assert!(
        said.ends_with("listed.wacz: listed as a page, but not in it: http://news.example/a and 1 more\n"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM reading"), 1);
}
