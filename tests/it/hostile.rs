//! Pages, feeds and words made to hurt who reads them: little time, little memory, what was found so far is kept, and
//! what is printed stays on its line.

use std::process::Command;

use serde_json::Value;

use crate::scene::{POST, Scene, article, text, watched};
use crate::web::Reply;

/// CPU seconds that one page may take in a debug build beside other tests; what is quadratic takes minutes.
const CPU_SECONDS: u32 = 20;

/// What `find` makes of a page, with bounded CPU time and memory.
fn found(scene: &Scene, name: &str, page: &str) -> Value {
    let input = scene.file("page.html", page);
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            &format!("ulimit -t {CPU_SECONDS}; exec \"$0\" find --json \"$1\""),
        ])
        .arg(env!("CARGO_BIN_EXE_citekeep"))
        .arg(&input)
        .env_clear()
        .env("HOME", scene.folder.path());
    let (output, peak) = watched(&mut command);
    assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output.stderr));
    assert!(peak < 400 << 10, "{name}: {peak} KiB");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn no_page_takes_long_or_much_and_what_stands_before_the_trap_is_found() {
    let scene = Scene::new();
    let before = format!(
        "<!DOCTYPE html><html><body><article><p>The mayor of Orsay wrote that <a href='https://x.com/ada_b/status/{POST}'>the bridge was standing</a> after the flood.</p>"
    );
    let attributes: String = (0..60_000).map(|n| format!(" a{n}=1")).collect();
    let links: String = (0..1_000_000).map(|n| format!("<a href=/{n}>x</a>")).collect();
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let told: String = (0..200_000)
        .map(|n| format!("<p>The office says it in <a href=http://a.example/{n}>its report</a> again.</p>"))
        .collect();
    // What was cut short says so.
    for (name, notice, trap) in [
        ("32,000 div", "nesting_cut", "<div>".repeat(32_000)),
        ("32,000 lists", "nesting_cut", "<ul><li>".repeat(32_000)),
        ("60,000 attributes", "attributes_cut", format!("<p{attributes}>x</p>")),
        (
            "a table with 30,000 links",
            "",
            format!("<table>{}", "<a>x".repeat(30_000)),
        ),
        (
            "adoption agency",
            "nesting_cut",
            format!("{}{}</a>", "<a>".repeat(40_000), "<i>".repeat(40_000)),
        ),
        ("200,000 cited pages", "input_cut", told),
        (
            "an address of 2 MB",
            "",
            format!(
                "<p>It is <a href='http://a.example/{}'>here</a>.</p>",
                "a".repeat(2_000_000)
            ),
        ),
        ("1,000,000 links", "input_cut", links),
        (
            "odd hosts",
            "",
            "<p>It is <a href='http://a%00b.example/'>here</a>, <a href='http://\u{202e}live.example/'>there</a> and \
             <a href='http://раураl.example/'>there again</a> today.</p>"
                .to_owned(),
        ),
        (
            "JSON-LD",
            "",
            format!(
                "<script type='application/ld+json'>{nested}</script><script type='application/ld+json'>\
                 {{\"@type\":\"NewsArticle\",\"wordCount\":1e400,\"headline\":\"a\",\"headline\":\"b\",\"name\":\"\\ud800\"}}</script>"
            ),
        ),
    ] {
        let document = found(&scene, name, &format!("{before}{trap}"));
        assert_eq!(document["citations"][0]["id"], POST, "{name}");
        assert_eq!(document["citations"].as_array().unwrap().len(), 1, "{name}");
        let notices = document["notices"].as_array().unwrap();
        assert!(
            notice.is_empty() || notices.contains(&notice.into()),
            "{name}: {notices:?}"
        );
        if name == "200,000 cited pages" {
            let links = document["links"].as_array().unwrap().len();
            assert!((10_000..=20_000).contains(&links), "{links} before the bound");
        }
        if name == "odd hosts" {
            let links = document["links"].as_array().unwrap();
            assert!(
                links.iter().all(|link| link["url"].as_str().unwrap().is_ascii()),
                "{links:?}"
            );
        }
    }
}

#[test]
fn a_base_that_is_no_address_of_the_web_moves_no_link() {
    let scene = Scene::new();
    for base in ["javascript:alert(1)//", "file:///etc/", "data:text/html,"] {
        let page = format!(
            "<!DOCTYPE html><base href='{base}'><article><p>The office tells more in <a href='report'>its report</a> and on <a href='https://office.example/'>its page</a> of that week.</p></article>"
        );
        let document = found(&scene, base, &page);
        let links: Vec<&str> = document["links"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|link| link["url"].as_str())
            .collect();
        assert_eq!(links, ["https://office.example/"], "{base}");
    }
}

#[test]
fn a_body_that_is_not_what_its_header_says_is_kept_and_costs_nothing_else() {
    let scene = Scene::new();
    let png = [b"\x89PNG\r\n\x1a\n".to_vec(), vec![0x41; 4000]].concat();
    let words = "<p>The report of that year says that the bridge was old and had been mended.</p>".repeat(20);
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(words.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let mut page = String::from("<!DOCTYPE html><body><article>");
    for (n, (kind, body)) in [
        ("text/html", png),
        ("text/html; charset=utf-7", words.clone().into_bytes()),
        ("text/html; charset=utf-8", utf16),
        (
            "text/html; charset=iso-8859-1",
            ["\u{feff}", &words].concat().into_bytes(),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        scene.web.on("odd.example", &format!("/{n}"), [Reply::ok(kind, body)]);
        page += &format!(
            "<p>The office tells more in <a href='http://odd.example/{n}'>its report number {n}</a> of that week.</p>"
        );
    }
    // A frame that wants a window of 2 GiB, in a coding that nobody asked for.
    let frame = Reply::ok("text/html", b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00".to_vec()).with("content-encoding", "zstd");
    scene.web.on("odd.example", "/zstd", [frame]);
    page += "<p>The office tells more in <a href='http://odd.example/zstd'>its last report</a> of that week.</p>";
    let input = scene.file("story.html", page);
    assert!(matches!(scene.run(&[&input]).status.code(), Some(0 | 3)));
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM capture"), 5);
    assert_eq!(
        scene.value::<i64>("SELECT count(body) FROM exchange WHERE purpose = 'page' AND truncated IS NULL"),
        5
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM verdict WHERE state IN ('gone', 'deleted')"),
        0
    );
    scene.is_sound();
}

#[test]
fn hostile_lists_are_refused_in_words_and_the_next_list_is_looked_at() {
    let scene = Scene::new();
    let laughs = "<!DOCTYPE rss [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><rss version='2.0'><channel><title>&b;</title></channel></rss>";
    let outside = "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss version='2.0'><channel><title>&x;</title></channel></rss>";
    let deep = format!("<rss version='2.0'><channel>{}", "<item>".repeat(100_000));
    let good = "<rss version='2.0'><channel><title>Good</title></channel></rss>";
    let utf16: Vec<u8> = format!("<?xml version='1.0' encoding='utf-8'?>{good}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, body) in [
        ("laughs", laughs.as_bytes().to_vec()),
        ("outside", outside.as_bytes().to_vec()),
        ("deep", deep.into_bytes()),
        ("utf16", utf16),
        ("good", good.as_bytes().to_vec()),
    ] {
        scene.web.on(
            "lists.example",
            &format!("/{name}.xml"),
            [Reply::ok("application/rss+xml", body)],
        );
        let followed = scene
            .bare()
            .args(["follow", &format!("http://lists.example/{name}.xml")])
            .output()
            .unwrap();
        assert_eq!(followed.status.code(), Some(0), "{followed:?}");
    }
    let (output, peak) = watched(&mut crate::run::running(&scene));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(peak < 300 << 10, "{peak} KiB");
    for bad in ["laughs", "outside", "deep"] {
        assert_eq!(said.matches(&format!("/{bad}.xml: it is no feed")).count(), 1, "{said}");
    }
    assert!(!said.contains("good.xml") && !said.contains("root:"), "{said}");
    assert_eq!(scene.web.asked("lists.example", "/good.xml"), 1);
    scene.is_sound();
}

#[test]
fn words_of_strangers_stay_on_their_line_and_move_no_cursor() {
    let scene = Scene::new();
    let evil =
        "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}31m\u{202e}live\n{\"level\":\"info\",\"exit\":0}\r\nciteKeep: all is well";
    let page = article(POST)
        .replace("<title>The bridge at Orsay</title>", &format!("<title>{evil}</title>"))
        .replace("the bridge was standing", &format!("the bridge {evil} was standing"));
    scene.has_post(POST, "ada_b", "The bridge\\u001b[2J\\u202e is\\u009b standing.");
    let input = scene.file("story.html", page);
    scene
        .web
        .on("river.example", "/report", [Reply::status(500).with("x-said", "a")]);
    let archived = scene.run(&["-v", &input]);
    let mut streams = vec![archived.stdout, archived.stderr];
    for arguments in [
        &["list"][..],
        &["show", "article:1"],
        &["list", "--json"],
        &["search", "bridge"],
        &["find", &input],
        &["find", "--json", &input],
    ] {
        let output = scene.bare().args(arguments).output().unwrap();
        streams.extend([output.stdout, output.stderr]);
    }
    // What failed is told by a run, in its log and by status.
    let broken = Reply::ok("text/xml", "<rss><a\u{9b}\u{202e}></b></rss>");
    scene.web.on("lists.example", "/feed", [broken]);
    for arguments in [&["follow", "http://lists.example/feed"][..], &["status"]] {
        streams.push(scene.bare().args(arguments).output().unwrap().stdout);
    }
    let log = scene.path("runs.jsonl");
    let ran = crate::run::running(&scene)
        .args(["--json", "--log"])
        .arg(&log)
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    assert!(text(&ran.stderr).contains("\\u{9b}"), "{ran:?}");
    streams.extend([ran.stdout, ran.stderr, std::fs::read(&log).unwrap()]);
    streams.push(scene.bare().arg("status").output().unwrap().stdout);
    assert!(streams.iter().any(|stream| text(stream).contains("\\u{202e}")));
    for stream in streams {
        let stream = String::from_utf8(stream).unwrap();
        let unsafe_one = stream
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
        assert_eq!(unsafe_one, None, "{stream:?}");
        assert!(
            !stream
                .lines()
                .any(|line| line.starts_with("{\"level\"") || line.starts_with("citeKeep")),
            "{stream}"
        );
    }
}

#[test]
fn what_came_in_place_of_an_article_is_kept_although_nothing_can_be_read_in_it() {
    let scene = Scene::new();
    let pdf = b"%PDF-1.7\n1 0 obj".to_vec();
    scene
        .web
        .on("news.example", "/story", [Reply::ok("application/pdf", pdf.clone())]);
    let output = scene.run(&["http://news.example/story"]);
    assert_eq!(output.status.code(), Some(65));
    assert!(text(&output.stderr).contains("PDF"), "{output:?}");
    assert_eq!(
        scene.value::<String>("SELECT c.outcome || ' ' || a.reason FROM capture c JOIN answer a ON a.capture = c.id"),
        "unreadable no_article"
    );
    assert_eq!(
        scene.value::<Vec<u8>>("SELECT bytes FROM blob_chunk WHERE substr(bytes, 1, 4) = CAST('%PDF' AS BLOB)"),
        pdf
    );
    scene.is_sound();
}

#[test]
fn a_cookie_that_a_server_sets_is_neither_sent_back_nor_kept_in_archive_or_bundle() {
    let scene = Scene::new();
    let secret = "s3cr3t-session";
    let hop = Reply::redirect(302, "/there").with("set-cookie", &format!("id={secret}; Path=/"));
    scene.web.on("river.example", "/", [hop]);
    let page = Reply::page("<p>The report of that year.</p>".repeat(50)).with("set-cookie", &format!("id={secret}"));
    scene.web.on("river.example", "/there", [page]);
    scene.archives(0, &["--target", "http://river.example/"]);
    let asked = scene.web.log();
    let sent = asked
        .iter()
        .flat_map(|asked| &asked.headers)
        .find(|(name, _)| matches!(name.as_str(), "cookie" | "authorization"));
    assert_eq!(sent, None);
    let headers: String = scene.value("SELECT group_concat(response_headers) FROM exchange");
    assert_eq!(
        (headers.matches("set-cookie: ").count(), headers.contains(secret)),
        (2, false),
        "{headers}"
    );
    let bundle = scene.path("bundle.zip");
    let export = scene
        .bare()
        .args(["export", "--all", "-o"])
        .arg(&bundle)
        .output()
        .unwrap();
    assert_eq!(export.status.code(), Some(0), "{export:?}");
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&bundle).unwrap()).unwrap();
    for index in 0..zip.len() {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut zip.by_index(index).unwrap(), &mut bytes).unwrap();
        let mut unpacked = Vec::new();
        let _ = std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes.as_slice()), &mut unpacked);
        for place in [bytes, unpacked] {
            assert!(
                !place.windows(secret.len()).any(|window| window == secret.as_bytes()),
                "file {index}"
            );
        }
    }
}
