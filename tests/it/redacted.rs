//! Bundles in which persons are not named, and such without counts.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::credentials::unpacked;
use crate::proofs::{shell, steps};
use crate::scene::{POST, Scene, files, text};
use crate::strict::unzipped;
use crate::web::Reply;

const CITY: &str = "1785600110366674950";
const QUOTED: &str = "1785600110366674960";

/// What tells who Zdeňka is, and whom she quotes and mentions: by handle, id, name in any spelling, post.
const PERSONAL: [&str; 16] = [
    "zdenka_o",
    "ZDENKA_O",
    "Zdenka_O",
    "887766554",
    "Zdeňka",
    "zdeňka",
    "Zde\\u0148ka",
    "Zde%C5%88ka",
    "Ořechová",
    POST,
    "petr_mostar",
    "Quiet Quoter",
    "quiet_quoter",
    "776655443",
    QUOTED,
    "c0ffee_picture",
];

fn tweet(id: &str, author: [&str; 3], words: &str, more: &str) -> Reply {
    let [handle, number, name] = author;
    Reply::json(format!(
        r#"{{"__typename":"Tweet","id_str":"{id}","lang":"en","created_at":"2024-05-01T10:00:00.000Z","text":"{words}","favorite_count":424242,
        "conversation_count":535353,"user":{{"id_str":"{number}","name":"{name}","screen_name":"{handle}"}},
        "edit_control":{{"edit_tweet_ids":["{id}"]}}{more}}}"#
    ))
}

/// Two posts of one private person and of one town, an article that names both, and a remark about it.
fn archived() -> Scene {
    let scene = Scene::new();
    let quoter = ["quiet_quoter", "776655443", "Quiet Quoter"];
    let quoted = format!(
        r#","quoted_tweet":{{"__typename":"Tweet","id_str":"{QUOTED}","text":"Quoted words","user":{{"id_str":"776655443","name":"Quiet Quoter","screen_name":"quiet_quoter"}}}},
        "mediaDetails":[{{"type":"photo","media_url_https":"https://pbs.twimg.com/media/c0ffee_picture.jpg"}}]"#
    );
    let zdenka = ["zdenka_o", "887766554", "Zdeňka Ořechová"];
    scene.syndication(
        POST,
        tweet(POST, zdenka, "The bridge stands, dear @petr_mostar.", &quoted),
    );
    scene.syndication(QUOTED, tweet(QUOTED, quoter, "Quoted words", ""));
    let town = ["orsay_town", "445566778", "Town of Orsay"];
    scene.syndication(CITY, tweet(CITY, town, "We thank Zdeňka Ořechová for her picture.", ""));
    scene.web.on(
        "images.test",
        "/media/c0ffee_picture.jpg?name=orig",
        [Reply::ok("image/jpeg", b"\xff\xd8\xff c0ffee_picture".to_vec())],
    );
    let page = format!(
        r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>What ZDEŇKA OŘECHOVÁ saw at Orsay</title></head><body><article><h1>The bridge at Orsay</h1>
        <p>It was zdeňka ořechová who wrote first that the bridge was standing. Her post was seen by all:</p>
        <blockquote class="twitter-tweet"><p lang="en">The bridge stands, dear @petr_mostar.</p>&mdash; Zdeňka Ořechová (@Zdenka_O)
        <a href="https://twitter.com/ZDENKA_O/status/{POST}?ref_src=twsrc%5Etfw">May 1, 2024</a></blockquote>
        <p>Nobody but @zdenka_o knew. The town thanked Zdeňka Ořechová <a href="https://x.com/orsay_town/status/{CITY}">in a post of its own</a>, and all was well.</p>
        </article></body></html>"#
    );
    let story = scene.file("story.html", page);
    scene.archives(0, &[&story, "--url", "https://news.example/zdenka_o-at-orsay"]);
    let supplied = scene.file("zdenka_o.png", b"\x89PNG c0ffee_picture");
    let about = format!("x:{POST}");
    let noted = scene
        .bare()
        .args([
            "attach",
            &about,
            &supplied,
            "--note",
            "Sent by Zdeňka Ořechová",
            "--by",
            "Bo",
        ])
        .output()
        .unwrap();
    assert!(noted.status.success(), "{}", text(&noted.stderr));
    scene
}

fn export(scene: &Scene, code: i32, arguments: &[&str]) -> String {
    crate::export::export(scene, code, &[&["--all"], arguments].concat())
}

fn is_sound(scene: &Scene, path: &str) -> String {
    let (out, err) = scene.does(0, &["verify", path]);
    out + &err
}

/// Every file of a bundle with what is packed in it.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let content = |name: String| {
        let bytes = unpacked(&folder.join(&name));
        (name, bytes)
    };
    files(folder).into_iter().map(content).collect()
}

/// The files that hold one of these.
fn holding(contents: &[(String, Vec<u8>)], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, bytes) in contents {
        for word in words {
            if memchr::memmem::find(bytes, word.as_bytes()).is_some() {
                found.push(format!("{name}: {word}"));
            }
        }
    }
    found
}

fn rows(scene: &Scene, file: &str) -> Vec<Value> {
    let lines = fs::read_to_string(scene.path(file)).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_bundle_without_handles_names_nobody_in_any_of_its_files_and_verifies() {
    let scene = archived();
    export(&scene, 0, &["-o", "whole"]);
    export(
        &scene,
        0,
        &["--redact", "handles", "--keep-handle", "@Orsay_Town", "-o", "without"],
    );
    export(
        &scene,
        0,
        &[
            "--redact",
            "handles",
            "--keep-handle",
            "orsay_town",
            "-o",
            "without.zip",
        ],
    );
    let whole = contents(&scene.path("whole"));
    for word in PERSONAL.iter().filter(|word| !word.contains(['\\', '%'])) {
        assert!(!holding(&whole, &[word]).is_empty(), "{word} should be in the whole");
    }
    let without = contents(&scene.path("without"));
    assert_eq!(holding(&without, &PERSONAL), Vec::<String>::new());
    let zip: Vec<(String, Vec<u8>)> = unzipped(&fs::read(scene.path("without.zip")).unwrap())
        .into_iter()
        .map(|(name, bytes)| {
            let path = scene.path("entry");
            fs::write(&path, bytes).unwrap();
            (name, unpacked(&path))
        })
        .collect();
    assert_eq!(holding(&zip, &PERSONAL), Vec::<String>::new());
    for path in ["whole", "without", "without.zip"] {
        let said = is_sound(&scene, path);
        assert_eq!(said.contains("bodies left out of it: "), path != "whole", "{said}");
    }
    // Whom the town is, who wrote what of whom, and when, is still told.
    let posts = rows(&scene, "without/data/posts.jsonl");
    let told: Vec<[&str; 4]> = posts
        .iter()
        .map(|post| ["author_handle", "author_name", "native_id", "text"].map(|name| post[name].as_str().unwrap()))
        .collect();
    let [who, name, post, words] = told.iter().find(|row| row[3].starts_with("The bridge")).unwrap();
    assert!(
        who == name && who.starts_with("person-") && post.starts_with("post-"),
        "{told:?}"
    );
    assert!(
        words.starts_with("The bridge stands, dear @person-") && !words.contains(*who),
        "{words}"
    );
    let thanks = format!("We thank {who} for her picture.");
    assert!(
        told.contains(&["orsay_town", "Town of Orsay", CITY, &thanks]),
        "{told:?}"
    );
    assert!(posts.iter().all(|post| post["posted_at"] == "2024-05-01T10:00:00.000Z"));
    // The places in the article's text moved with it.
    let citations = rows(&scene, "without/data/citations.jsonl");
    let sentences: Vec<&str> = citations
        .iter()
        .map(|row| row["sentence"].as_str().unwrap_or_default())
        .collect();
    assert!(
        sentences.contains(&&*format!(
            "The town thanked {who} in a post of its own, and all was well."
        )),
        "{sentences:?}"
    );
    let report = fs::read_to_string(scene.path("without/data/report.html")).unwrap();
    assert!(
        report.contains("a redacted edition, without handles") && report.contains(&format!("Nobody but @{who} knew."))
    );
    let told = fs::read_to_string(scene.path("without/VERIFY.md")).unwrap();
    assert!(told.contains("What it does not hide"), "{told}");
}

#[test]
fn a_bundle_without_handles_is_the_same_each_time_and_lists_what_it_leaves_out() {
    let scene = archived();
    for name in ["one", "two"] {
        export(&scene, 0, &["--redact", "handles", "--redact", "counts", "-o", name]);
    }
    export(&scene, 0, &["--redact", "counts", "--redact", "handles", "-o", "three"]);
    let of = |name: &str| fs::read(scene.path(name).join("manifest-sha256.txt")).unwrap();
    assert_eq!(of("one"), of("two"));
    assert_eq!(of("one"), of("three"));
    let bodies: i64 = scene.value("SELECT count(*) FROM blob");
    assert_eq!(rows(&scene, "one/data/left-out.jsonl").len() as i64, bodies);
    is_sound(&scene, "one");
    // A WACZ is what was received, of which nothing is left.
    let said = export(&scene, 65, &["--redact", "handles", "-o", "x.wacz"]);
    assert!(said.contains("has nothing in it"), "{said}");
    assert!(!scene.path("x.wacz").exists());
}

#[test]
fn a_bundle_that_would_name_somebody_through_the_settings_is_refused() {
    let scene = archived();
    let said = export(
        &scene,
        65,
        &[
            "--redact",
            "handles",
            "--set",
            "export.collector=Zdeňka Ořechová",
            "-o",
            "told",
        ],
    );
    assert!(
        said.contains("export.collector: the bundle would hold `Zdeňka Ořechová`"),
        "{said}"
    );
    assert!(!scene.path("told").exists());
    export(
        &scene,
        0,
        &[
            "--redact",
            "handles",
            "--set",
            "export.named=[\"zdenka_o\"]",
            "-o",
            "kept",
        ],
    );
    assert!(holding(&contents(&scene.path("kept")), &["petr_mostar", "quiet_quoter"]).is_empty());
    assert!(!holding(&contents(&scene.path("kept")), &["zdenka_o"]).is_empty());
}

#[test]
fn a_bundle_without_counts_holds_none_and_keeps_names_media_and_the_lines_that_name_none() {
    let scene = archived();
    export(&scene, 0, &["-o", "whole"]);
    export(&scene, 0, &["--redact", "counts", "-o", "without"]);
    let counts = ["424242", "535353"];
    assert!(!holding(&contents(&scene.path("whole")), &counts).is_empty());
    let without = contents(&scene.path("without"));
    assert_eq!(holding(&without, &counts), Vec::<String>::new());
    assert!(
        !holding(&without, &["zdenka_o"]).is_empty()
            && !holding(&without, &["\u{fffd}c0ffee_picture", " c0ffee_picture"]).is_empty()
    );
    let said = is_sound(&scene, "without");
    assert!(said.contains("bodies left out of it: 3;"), "{said}");
    let lines = fs::read_to_string(scene.path("without/data/ledger/lines.jsonl")).unwrap();
    assert!(
        lines.contains("\"event\":\"reading\"") && !lines.contains("\"event\":\"capture\""),
        "{lines}"
    );
}

#[test]
fn verify_md_says_of_each_edition_what_is_true_of_it_and_its_steps_find_it_good() {
    let scene = archived();
    let theirs = archived();
    let output = scene.bare().arg("import").arg(theirs.archive()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    export(&scene, 0, &["-o", "whole"]);
    for without in ["media", "handles", "counts"] {
        export(&scene, 0, &["--redact", without, "-o", without]);
    }
    let named = "the ledger's lines and `metadata` records of the web archive name them as well";
    for (edition, said, not_said) in [
        (
            "whole",
            vec!["`data/others/` holds"],
            vec!["redacted edition", "withheld"],
        ),
        (
            "media",
            vec![named, "`data/others/` holds", "no body is here"],
            vec!["withheld"],
        ),
        (
            "handles",
            vec![
                "holds `data/report.html` once more",
                "The lines of all entries are withheld here",
            ],
            vec![
                named,
                "others/",
                "A line names SHA-256 digests",
                "a body as it was received, or",
            ],
        ),
        (
            "counts",
            vec!["in the rows of `data/archive.db`", "with the numbers that they have"],
            vec![named],
        ),
    ] {
        let folder = scene.path(edition);
        let guide = fs::read_to_string(folder.join("VERIFY.md")).unwrap();
        for words in said {
            assert!(guide.contains(words), "{edition} lacks {words}: {guide}");
        }
        for words in not_said {
            assert!(!guide.contains(words), "{edition} says {words}: {guide}");
        }
        if std::process::Command::new("sqlite3").arg("-version").output().is_ok() {
            let said = shell(&folder, &steps(&folder).concat());
            assert!(
                said.starts_with("sound\n") && !said.contains("BAD"),
                "{edition}: {said}"
            );
        }
    }
}

#[test]
fn a_bundle_without_anything_that_was_received_has_the_report_as_its_page() {
    let scene = archived();
    export(&scene, 0, &["--redact", "handles", "-o", "without"]);
    export(
        &scene,
        0,
        &["--redact", "handles", "--wacz", "per-capture", "-o", "parted"],
    );
    let only_others = Scene::new();
    let output = only_others.bare().arg("import").arg(scene.archive()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    export(&only_others, 0, &["-o", "others"]);
    for (scene, bundle) in [(&scene, "without"), (&scene, "parted"), (&only_others, "others")] {
        let folder = scene.path(bundle);
        let report = fs::read(folder.join("data/report.html")).unwrap();
        let wacz = unzipped(&fs::read(folder.join("data/captures/captures.wacz")).unwrap());
        let entry = |name: &str| &wacz.iter().find(|entry| entry.0 == name).unwrap().1;
        let pages = text(entry("pages/pages.jsonl"));
        let page: Value = serde_json::from_str(pages.lines().nth(1).unwrap()).unwrap();
        let digest: String = sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(&report))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(page["url"], format!("urn:sha256:{digest}"));
        let warc = unpacked(&folder.join("data/captures/captures.wacz"));
        assert!(memchr::memmem::find(&warc, &report).is_some());
        // Players show nothing of a page under such an address that has relative links.
        let report = text(&report);
        let links = report.split("href=\"").skip(1);
        assert!(
            links
                .into_iter()
                .all(|link| link.starts_with('#') || link.starts_with("http")),
            "{report}"
        );
        is_sound(scene, bundle);
    }
}

#[test]
fn who_is_called_as_a_word_of_ours_stops_no_export_and_is_named_nowhere_in_what_others_wrote() {
    let words = [
        "somebody",
        "captured",
        "person",
        "post",
        "media",
        "report",
        "link",
        "embed",
        "redacted",
        "text",
        "likes",
        "live",
        "twitter",
        "syndication",
        "handles",
        "https",
        "html",
        "pages",
        "sha256",
    ];
    let scene = Scene::new();
    let mentioned: Vec<String> = words.iter().map(|word| format!("@{word}")).collect();
    scene.syndication(
        POST,
        tweet(
            POST,
            ["captured", "887766554", "Somebody"],
            &format!("Seen by {}", mentioned.join(" ")),
            "",
        ),
    );
    let story = scene.file(
        "story.html",
        crate::scene::article(POST).replace("The mayor of Orsay", "Somebody, a person,"),
    );
    scene.web.on(
        "river.example",
        "/report",
        [Reply::page("<title>Report</title><p>Old.")],
    );
    scene.archives(0, &[&story]);
    export(&scene, 0, &["--redact", "handles", "-o", "without"]);
    is_sound(&scene, "without");
    let contents = contents(&scene.path("without"));
    let at: Vec<String> = mentioned.iter().map(|word| format!(" {word} ")).collect();
    let at: Vec<&str> = at.iter().map(String::as_str).collect();
    assert_eq!(holding(&contents, &at), Vec::<String>::new());
    for post in rows(&scene, "without/data/posts.jsonl") {
        let text = post["text"].as_str().unwrap();
        assert!(text.starts_with("Seen by @person-1 @person-1 @person-"), "{text}");
        assert!(
            words.iter().all(|word| *word == "person" || !text.contains(word)),
            "{text}"
        );
        for column in ["author_handle", "author_name"] {
            assert!(post[column].as_str().unwrap().starts_with("person-"), "{post}");
        }
        assert_eq!(
            (&post["source"], &post["platform"]),
            (&"x.syndication".into(), &"x".into())
        );
        assert!(post["counts"].to_string().contains("likes"), "{post}");
    }
    for row in rows(&scene, "without/data/captures.jsonl") {
        assert_eq!(row["outcome"], "captured");
    }
    let cited = rows(&scene, "without/data/citations.jsonl");
    assert!(
        cited[0]["sentence"].as_str().unwrap().starts_with("person-"),
        "{}",
        cited[0]
    );
    assert_eq!(
        (&cited[0]["form"], &cited[1]["form"]),
        (&"embed".into(), &"link".into())
    );
}
