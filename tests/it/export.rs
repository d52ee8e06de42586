//! `citekeep export`, and `citekeep verify` of what it wrote.

use std::fs;
use std::path::Path;

use crate::scene::{POST, Scene, article, files, text};
use crate::strict::unzipped;
use crate::web::Reply;

pub fn archived() -> Scene {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "=The bridge is standing.");
    let file = scene.file("story.html", article(POST));
    scene.run(&[&file, "--tag", "flood"]);
    scene
}

pub fn export(scene: &Scene, code: i32, arguments: &[&str]) -> String {
    scene.does(code, &[&["export"], arguments].concat()).1
}

pub fn verify(scene: &Scene, folder: &str) -> (Option<i32>, String) {
    let output = scene.bare().args(["verify", folder]).output().unwrap();
    (output.status.code(), text(&output.stderr))
}

#[test]
fn a_bundle_verifies_and_a_byte_changed_a_file_removed_or_added_is_found() {
    let scene = archived();
    export(&scene, 0, &["--all", "-o", "bundle"]);
    assert_eq!(verify(&scene, "bundle"), (Some(0), String::new()));
    let folder = scene.path("bundle");
    for name in files(&folder) {
        let path = folder.join(&name);
        let bytes = fs::read(&path).unwrap();
        let mut changed = bytes.clone();
        match changed.first_mut() {
            Some(byte) => *byte ^= 1,
            None => changed.push(b'x'),
        }
        fs::write(&path, changed).unwrap();
        assert_eq!(verify(&scene, "bundle").0, Some(65), "{name} changed");
        fs::remove_file(&path).unwrap();
        assert_eq!(verify(&scene, "bundle").0, Some(65), "{name} removed");
        fs::write(&path, bytes).unwrap();
    }
    for added in [
        "added.txt",
        "data/added.txt",
        "tagmanifest-md5.txt",
        "tagmanifest-notes.html",
    ] {
        let path = folder.join(added);
        fs::write(&path, "x").unwrap();
        assert!(verify(&scene, "bundle").1.contains(added));
        fs::remove_file(&path).unwrap();
    }
    fs::create_dir(folder.join("data/more")).unwrap();
    assert!(verify(&scene, "bundle").1.contains("data/more/: an empty folder"));
    fs::remove_dir(folder.join("data/more")).unwrap();
    assert_eq!(verify(&scene, "bundle").0, Some(0));
}

#[cfg(unix)]
#[test]
fn a_link_in_a_bundle_is_refused() {
    let scene = archived();
    export(&scene, 0, &["--all", "-o", "bundle"]);
    let path = scene.path("bundle/data/posts.csv");
    fs::rename(&path, scene.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(scene.path("elsewhere"), &path).unwrap();
    let (code, said) = verify(&scene, "bundle");
    assert_eq!(code, Some(65));
    assert!(said.contains("data/posts.csv: neither file nor folder"), "{said}");
}

#[test]
fn the_same_selection_at_the_same_entry_gives_the_same_bytes_after_later_captures() {
    let scene = archived();
    let last: i64 = scene.value("SELECT max(seq) FROM ledger");
    export(&scene, 0, &["--tag", "flood", "-o", "before"]);
    let file = scene.path("story.html");
    scene.run(&[file.to_str().unwrap(), "--again"]);
    export(
        &scene,
        0,
        &["--tag", "flood", "-o", "after", "--as-of", &last.to_string()],
    );
    for name in files(&scene.path("before")) {
        let [before, after] = ["before", "after"].map(|side| fs::read(scene.path(side).join(&name)).unwrap());
        assert!(before == after, "{name}");
    }
}

#[test]
fn what_is_exported_may_be_named_by_any_spelling_of_its_address_and_by_its_row() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let file = scene.file("story.html", article(POST));
    scene.run(&[&file, "--url", "https://news.example/%D0%BC%D0%BE%D1%81%D1%82"]);
    let article = "https://News.example/мост?utm_source=letter";
    let post = format!("https://mobile.twitter.com/someone/status/{POST}?s=20");
    for (number, (by, name, also)) in [("--article", article, "article:1"), ("--target", &post, "target:1")]
        .into_iter()
        .enumerate()
    {
        let folders = [format!("address{number}"), format!("row{number}")];
        export(&scene, 0, &[by, name, "-o", &folders[0]]);
        export(&scene, 0, &[by, also, "-o", &folders[1]]);
        let [one, other] = folders.map(|folder| fs::read(scene.path(&folder).join("data/report.html")).unwrap());
        assert!(one == other);
    }
}

#[test]
fn a_formula_in_a_post_is_guarded_in_csv_and_whole_in_json() {
    let scene = archived();
    export(&scene, 0, &["--all", "-o", "bundle"]);
    let csv = fs::read_to_string(scene.path("bundle/data/posts.csv")).unwrap();
    assert!(csv.contains(",'=The bridge is standing.,"), "{csv}");
    let json = fs::read_to_string(scene.path("bundle/data/posts.jsonl")).unwrap();
    assert!(json.contains(r#""text":"=The bridge is standing.""#), "{json}");
    export(&scene, 0, &["--all", "-o", "raw", "--csv-raw"]);
    let csv = fs::read_to_string(scene.path("raw/data/posts.csv")).unwrap();
    assert!(csv.contains(",=The bridge is standing.,"), "{csv}");
}

#[test]
fn a_bundle_names_the_organisation_and_the_collector_where_the_settings_do() {
    let scene = archived();
    let named = [
        "--set",
        "export.organization=Orsay Courier",
        "--set",
        "export.collector=Ann Ee",
        "--set",
        "export.email=ann@courier.example",
    ];
    export(&scene, 0, &[&["--all", "-o", "named"][..], &named].concat());
    export(&scene, 0, &["--all", "-o", "unnamed"]);
    for (file, words) in [
        (
            "bag-info.txt",
            "Source-Organization: Orsay Courier\nContact-Name: Ann Ee\nContact-Email: ann@courier.example\n",
        ),
        ("data/ro-crate-metadata.json", "\"agent\":{\"@id\":\"#collector\"}"),
        (
            "data/ro-crate-metadata.json",
            "\"affiliation\":{\"@id\":\"#organization\"}",
        ),
        (
            "data/report.html",
            "<dt>Collected by</dt><dd><bdi>Ann Ee</bdi>, <bdi>Orsay Courier</bdi>, <bdi>ann@courier.example</bdi></dd>",
        ),
    ] {
        let [named, unnamed] =
            ["named", "unnamed"].map(|folder| fs::read_to_string(scene.path(folder).join(file)).unwrap());
        assert!(named.contains(words), "{words} in {named}");
        assert!(!unnamed.contains(words) && !unnamed.contains("Courier"), "{unnamed}");
    }
    let forged = export(
        &scene,
        78,
        &[
            "--all",
            "-o",
            "forged",
            "--set",
            "export.organization=\"a\\nPayload-Oxum: 0.0\"",
        ],
    );
    assert!(forged.contains("export.organization"), "{forged}");
}

#[cfg(unix)]
#[test]
fn the_steps_of_verify_md_find_nothing_as_they_are_written_and_a_changed_digest_if_there_is_one() {
    use std::process::Command;
    if Command::new("unzip").arg("-v").output().is_err() {
        eprintln!("skipped: this machine has no unzip");
        return;
    }
    let scene = archived();
    export(&scene, 0, &["--all", "-o", "bundle"]);
    let folder = scene.path("bundle");
    let guide = fs::read_to_string(folder.join("VERIFY.md")).unwrap();
    let steps: Vec<&str> = guide
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(steps.len(), 9);
    let says = |step: &str| {
        let output = Command::new("sh")
            .arg("-c")
            .arg(step)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert_eq!(text(&output.stderr), "", "{step}");
        text(&output.stdout)
    };
    assert!(says(steps[0]).starts_with("sound\n"));
    assert_eq!(says(steps[1]).lines().count(), 1);
    // Without a key and time stamps the last steps have nothing to say.
    for step in &steps[2..] {
        assert_eq!(says(step), "", "{step}");
    }
    let lines = folder.join("data/ledger/lines.jsonl");
    let changed = fs::read_to_string(&lines)
        .unwrap()
        .replace("\"body\":\"", "\"body\":\"0");
    fs::write(lines, changed).unwrap();
    assert!(says(steps[2]).contains("BAD"));
    assert!(says(steps[4]).contains("BAD"));
}

#[test]
fn an_unknown_article_or_an_existing_folder_stops_the_export_and_leaves_nothing() {
    let scene = archived();
    export(&scene, 65, &["--article", "https://nowhere.example/", "-o", "bundle"]);
    fs::create_dir(scene.path("taken")).unwrap();
    export(&scene, 65, &["--all", "-o", "taken"]);
    let left = fs::read_dir(scene.folder.path()).unwrap();
    let names: Vec<_> = left.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(
        !names.iter().any(|n| n == "bundle" || n.starts_with(".citekeep")),
        "{names:?}"
    );
}

/// What a post may hold to break out of a page, a line or a field.
const HOSTILE: &str = r#"<script>alert(1)</script></blockquote><img src=x onerror=alert(2)> \u202egnp.exe\u0007 \"}} @misc{x,\r\nER  - \\input{x} & 橋 עברית"#;

fn hostile() -> Scene {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", HOSTILE);
    let page = article(POST).replace("The mayor of Orsay", "The &lt;script&gt; of \u{202e}Orsay & 𝔸");
    let file = scene.file("story.html", page);
    scene.run(&[&file]);
    scene
}

#[test]
fn the_report_shows_hostile_text_as_text_beside_its_marked_sentence() {
    let scene = hostile();
    export(&scene, 0, &["--all", "-o", "bundle"]);
    let report = fs::read_to_string(scene.path("bundle/data/report.html")).unwrap();
    for shown in [
        "&lt;script&gt;alert(1)&lt;/script&gt;&lt;/blockquote&gt;&lt;img src=x onerror=alert(2)&gt;",
        "<span class=code>U+202E</span>gnp.exe<span class=code>U+0007</span>",
        ">The &lt;script&gt; of <span class=code>U+202E</span>Orsay &amp; 𝔸 wrote that the bridge was standing after the flood:<sup",
        "<bdi>@ada_b</bdi>",
        "橋 עברית",
        "<code>x.syndication</code> gave the post",
        "Content-Security-Policy content=\"default-src 'none';",
        // the picture, inline
        "<img src=\"data:image/jpeg;base64,",
    ] {
        assert!(report.contains(shown), "{shown}\n{report}");
    }
    let head: String = scene.value("SELECT as_of_head FROM exports");
    assert!(report.contains(&head));
    let body: String = scene.value("SELECT lower(hex(b.sha256)) FROM reading r JOIN blob b ON b.id = r.body");
    assert!(report.contains(&body));
    // Every `<` begins an element of ours, and nothing is loaded.
    for element in [
        "<script",
        "<img src=x",
        "<link",
        "<iframe",
        "<object",
        "@import",
        "url(",
    ] {
        assert!(!report.contains(element), "{element}");
    }
    let loaded = report
        .match_indices(" src=\"")
        .all(|(at, _)| report[at..].starts_with(" src=\"data:"));
    assert!(loaded);
    assert!(!report.contains(['\u{202e}', '\u{7}', '\r']));
    assert_eq!(verify(&scene, "bundle"), (Some(0), String::new()));
}

#[test]
fn the_report_says_of_media_and_of_later_captures_no_more_than_there_is() {
    let scene = Scene::new();
    let seen = |likes: u32| {
        let post = format!(
            r#"{{"__typename":"Tweet","id_str":"{POST}","lang":"en","created_at":"2024-05-01T10:00:00.000Z","text":"No picture here.",
            "favorite_count":{likes},"user":{{"id_str":"7","name":"Ada","screen_name":"ada_b","profile_image_url_https":"https://pbs.twimg.com/profile_images/7/a.jpg"}}}}"#
        );
        scene.syndication(POST, crate::web::Reply::json(post));
    };
    let picture = crate::web::Reply::ok("image/jpeg", b"\xff\xd8\xff a face".to_vec());
    scene.web.on("images.test", "/profile_images/7/*", [picture]);
    seen(1);
    let files =
        ["Orsay", "Lozère"].map(|town| scene.file(&format!("{town}.html"), article(POST).replace("Orsay", town)));
    scene.run(&[&files[0], &files[1]]);
    export(&scene, 0, &["--all", "-o", "first"]);
    let report = fs::read_to_string(scene.path("first/data/report.html")).unwrap();
    assert!(report.contains("Picture of its author"), "{report}");
    assert!(!report.contains("Its media stand"), "{report}");
    seen(2);
    scene.run(&[&files[0], "--again"]);
    export(&scene, 0, &["--all", "-o", "second"]);
    let report = fs::read_to_string(scene.path("second/data/report.html")).unwrap();
    assert!(
        report.contains("1 later capture found the same text, the last"),
        "{report}"
    );
    // When it was judged to be there is not when it was seen last.
    assert!(report.contains("<b>live</b> (seen).</p>"), "{report}");
}

#[test]
fn json_lines_are_one_line_to_readers_that_end_lines_where_unicode_does() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "One\u{2028}two\u{85}three\u{2029}four.");
    let file = scene.file("story.html", article(POST));
    scene.run(&[&file]);
    export(&scene, 0, &["--all", "-o", "bundle"]);
    let posts = fs::read_to_string(scene.path("bundle/data/posts.jsonl")).unwrap();
    let wacz = unzipped(&fs::read(scene.path("bundle/data/captures/captures.wacz")).unwrap());
    let (_, pages) = wacz.iter().find(|(name, _)| name == "pages/pages.jsonl").unwrap();
    for lines in [&posts, &text(pages)] {
        assert!(lines.contains("One\\u2028two\\u0085three\\u2029four."), "{lines}");
        assert!(!lines.contains(['\u{2028}', '\u{85}', '\u{2029}']), "{lines}");
    }
    assert_eq!(verify(&scene, "bundle"), (Some(0), String::new()));
}

#[test]
fn every_link_inside_the_report_leads_to_a_place_of_it_and_no_place_has_a_name_twice() {
    let scene = hostile();
    let picture = format!("https://twitter.com/ada_b/status/{POST}/photo/1");
    scene.web.on(
        "short.test",
        "/Q7sBridge1",
        [crate::web::Reply::redirect(301, &picture)],
    );
    let flattened = "The mayor wrote that the bridge was standing.\n\nThe bridge is standing. pic.twitter.com/Q7sBridge1\n\n\
                     — Ada Bridgewater (@ada_b) May 1, 2024\n\nTrains run again.";
    let [again, file] = [article(POST).replace("Orsay", "Lozère"), flattened.to_owned()]
        .map(|content| scene.file(&format!("{}.txt", content.len()), content));
    scene.run(&[&again, &file]);
    export(&scene, 0, &["--all", "-o", "bundle"]);
    let report = fs::read_to_string(scene.path("bundle/data/report.html")).unwrap();
    assert!(report.contains("identified as <a href="), "{report}");
    let places: Vec<&str> = report
        .split(" id=")
        .skip(1)
        .map(|rest| rest.split(['>', ' ']).next().unwrap())
        .collect();
    let mut once = places.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), places.len(), "{places:?}");
    let links: Vec<&str> = report
        .split("href=\"#")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(links.len() > 5);
    for link in links {
        assert!(places.contains(&link), "{link}");
    }
}

#[test]
fn two_exports_of_the_same_entry_are_the_same_byte_for_byte() {
    let scene = hostile();
    export(&scene, 0, &["--all", "-o", "one"]);
    export(&scene, 0, &["--all", "-o", "two"]);
    assert_eq!(files(&scene.path("one")), files(&scene.path("two")));
    for name in files(&scene.path("one")) {
        let [one, two] = ["one", "two"].map(|side| fs::read(scene.path(side).join(&name)).unwrap());
        assert!(one == two, "{name}");
    }
}

#[test]
fn annotations_tie_the_post_to_its_sentence_by_quote_and_position() {
    let scene = hostile();
    export(&scene, 0, &["--all", "-o", "bundle"]);
    let file = fs::read_to_string(scene.path("bundle/data/annotations.jsonld")).unwrap();
    let collection: serde_json::Value = serde_json::from_str(&file).unwrap();
    let items = collection["first"]["items"].as_array().unwrap();
    assert_eq!(collection["total"], items.len());
    let text: String = scene.value("SELECT text FROM reading");
    let characters: Vec<char> = text.chars().collect();
    for item in items {
        let [quote, position] = &item["target"]["selector"].as_array().unwrap()[..] else {
            panic!("{item}");
        };
        let [start, end] = ["start", "end"].map(|side| usize::try_from(position[side].as_u64().unwrap()).unwrap());
        let slice: String = characters[start..end].iter().collect();
        assert_eq!(quote["exact"], slice);
    }
    let post = format!("https://x.com/ada_b/status/{POST}");
    let item = items
        .iter()
        .find(|item| item["body"][0]["source"] == post.as_str())
        .unwrap();
    assert!(
        item["target"]["selector"][0]["exact"]
            .as_str()
            .unwrap()
            .contains("wrote that the bridge")
    );
    assert!(
        item["body"][1]["value"]
            .as_str()
            .unwrap()
            .starts_with("<script>alert(1)")
    );
}

#[test]
fn references_name_the_article_and_the_post_in_each_format() {
    let scene = hostile();
    export(&scene, 0, &["--all", "-o", "bundle"]);
    let read = |name: &str| fs::read_to_string(scene.path("bundle/data").join(name)).unwrap();
    let csl: serde_json::Value = serde_json::from_str(&read("references.csl.json")).unwrap();
    assert_eq!(csl[0]["title"], "The bridge at Orsay");
    assert_eq!(csl[1]["type"], "post");
    assert_eq!(csl[1]["author"][0]["literal"], "Somebody [@ada_b]");
    assert_eq!(csl[1]["issued"]["date-parts"][0], serde_json::json!([2024, 5, 1]));
    let ris = read("references.ris");
    assert_eq!(ris.matches("\r\nER  - ").count(), 2, "{ris}");
    let bib = read("references.bib");
    assert_eq!(bib.matches("\n@misc{").count() + 1, 2, "{bib}");
    let depth = |text: &str| text.matches('{').count() == text.matches('}').count();
    assert!(depth(&bib) && bib.contains("date = {2024-05-01}"), "{bib}");
}

/// What `sqlite3`, the program of others, says of the slim archive; nothing where this machine has none.
fn sqlite3(path: &Path, sql: &str) -> Option<String> {
    let output = std::process::Command::new("sqlite3")
        .arg("-readonly")
        .arg(path)
        .arg(sql)
        .output()
        .ok()?;
    assert_eq!(text(&output.stderr), "", "{sql}");
    Some(text(&output.stdout))
}

#[test]
fn the_archive_is_sound_to_others_sqlite_also_to_one_older_than_ours() {
    let scene = archived();
    for (sql, expected) in [("PRAGMA integrity_check", "ok\n"), ("PRAGMA foreign_key_check", "")] {
        match sqlite3(&scene.path("archive.db"), sql) {
            Some(said) => assert_eq!(said, expected, "{sql}"),
            None => eprintln!("skipped: this machine has no sqlite3"),
        }
    }
}

#[test]
fn the_slim_archive_answers_in_others_sqlite_as_the_tables_say_and_holds_no_body() {
    let scene = archived();
    export(&scene, 0, &["--all", "-o", "bundle"]);
    let path = scene.path("bundle/data/archive.db");
    let asked = [
        ("PRAGMA integrity_check", "ok\n"),
        ("PRAGMA foreign_key_check", ""),
        ("PRAGMA journal_mode", "delete\n"),
        ("SELECT text FROM posts", "=The bridge is standing.\n"),
        (
            "SELECT count(*) > 0 AND count(sentence) = count(*) FROM citations",
            "1\n",
        ),
        ("SELECT count(*) > 0 AND count(bytes) = 0 FROM bodies", "1\n"),
        ("SELECT count(*) FROM blob_chunk", "0\n"),
        ("SELECT count(*) FROM unresolved", "0\n"),
        ("SELECT count(*) FROM gone", "0\n"),
    ];
    for (sql, expected) in asked {
        match sqlite3(&path, sql) {
            Some(said) => assert_eq!(said, expected, "{sql}"),
            None => eprintln!("skipped: this machine has no sqlite3"),
        }
    }
    let output = scene.bare_of("bundle/data/archive.db").arg("list").output().unwrap();
    assert_eq!(output.status.code(), Some(65), "{}", text(&output.stderr));
}

#[test]
fn a_bundle_as_one_zip_holds_the_folder_verifies_and_is_the_same_byte_for_byte_under_any_name() {
    let scene = archived();
    for path in ["bundle", "one.zip", "two.ZIP"] {
        export(&scene, 0, &["--all", "-o", path]);
        assert_eq!(verify(&scene, path), (Some(0), String::new()));
    }
    let [one, two] = ["one.zip", "two.ZIP"].map(|name| fs::read(scene.path(name)).unwrap());
    assert!(one == two);
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&one)).unwrap();
    let mut unpacked = Vec::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        let (top, name) = name.split_once('/').unwrap();
        assert!(top.starts_with("citekeep-2"), "{top}");
        assert_eq!(
            name.ends_with(".wacz"),
            entry.compression() == zip::CompressionMethod::Stored
        );
        assert!(bytes == fs::read(scene.path("bundle").join(name)).unwrap(), "{name}");
        unpacked.push(name.to_owned());
    }
    assert_eq!(unpacked, files(&scene.path("bundle")));
    export(&scene, 65, &["--all", "-o", "one.zip"]);
    let left = fs::read_dir(scene.folder.path()).unwrap();
    let mut names = left.map(|e| e.unwrap().file_name().into_string().unwrap());
    assert!(!names.any(|name| name.starts_with(".citekeep")));
}

#[test]
fn a_byte_changed_in_the_files_of_a_zip_and_a_zip_cut_short_are_found() {
    let scene = archived();
    export(&scene, 0, &["--all", "-o", "bundle.zip"]);
    let bytes = fs::read(scene.path("bundle.zip")).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let directory = usize::try_from(zip.central_directory_start()).unwrap();
    let mut places = Vec::new();
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index).unwrap();
        if entry.size() > 0 {
            let place = entry.data_start().unwrap() + entry.compressed_size() / 2;
            places.push(usize::try_from(place).unwrap());
        }
    }
    drop(zip);
    assert!(places.len() > 20);
    for at in places {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(scene.path("changed.zip"), changed).unwrap();
        let (code, said) = verify(&scene, "changed.zip");
        assert_eq!(code, Some(65), "byte {at}: {said}");
    }
    for length in [bytes.len() - 1, directory, directory / 2, 30] {
        fs::write(scene.path("cut.zip"), &bytes[..length]).unwrap();
        assert_eq!(verify(&scene, "cut.zip").0, Some(65), "{length}");
    }
}

#[test]
fn a_bundle_without_media_keeps_their_digests_says_so_and_verifies() {
    let scene = Scene::new();
    let picture = b"\xff\xd8\xff a picture that is to stay here";
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let path = format!("/media/{POST}.jpg?name=orig");
    scene.web.on("images.test", &path, [Reply::ok("image/jpeg", *picture)]);
    scene.web.on("river.example", "/report", [Reply::page("<p>Report")]);
    let story = scene.file("story.html", article(POST));
    scene.archives(0, &[&story]);
    let supplied = scene.file("screenshot.png", b"\x89PNG what only I could see");
    let noted = scene
        .bare()
        .args([
            "attach",
            &format!("x:{POST}"),
            &supplied,
            "--note",
            "Seen",
            "--by",
            "Bo",
        ])
        .output()
        .unwrap();
    assert!(noted.status.success(), "{}", text(&noted.stderr));
    export(&scene, 0, &["--all", "-o", "whole"]);
    export(&scene, 0, &["--all", "--redact", "media", "-o", "without"]);
    export(&scene, 0, &["--all", "--redact", "media", "-o", "without.wacz"]);
    let of = |folder: &str, file: &str| fs::read_to_string(scene.path(folder).join(file)).unwrap();
    let left_out = of("without", "data/left-out.jsonl");
    let digests: Vec<String> = left_out
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["sha256"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(digests.len(), 2, "{left_out}");
    for digest in &digests {
        let tables = of("without", "data/media.jsonl") + &of("without", "data/notes.jsonl");
        assert!(tables.contains(digest), "{digest} in {tables}");
    }
    for folder in ["whole", "without"] {
        let held: Vec<String> = files(&scene.path(folder))
            .into_iter()
            .filter(|name| {
                let path = scene.path(folder).join(name);
                let bytes = crate::credentials::unpacked(&path);
                let held = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
                held(b"a picture that is to stay here") || held(b"what only I could see")
            })
            .collect();
        assert_eq!(held.is_empty(), folder == "without", "{held:?}");
    }
    for (file, words) in [
        ("bag-info.txt", ", without media\n"),
        ("VERIFY.md", "a redacted edition, without media"),
        ("data/report.html", "a redacted edition, without media"),
        ("data/ro-crate-metadata.json", "\"isBasedOn\":{\"@id\":\"#whole\"}"),
    ] {
        assert!(of("without", file).contains(words), "{file}");
        assert!(!of("whole", file).contains(words), "{file}");
    }
    let identifier = |folder: &str| {
        let info = of(folder, "bag-info.txt");
        let line = info.lines().find_map(|line| line.strip_prefix("External-Identifier: "));
        line.unwrap().to_owned()
    };
    assert_ne!(identifier("whole"), identifier("without"));
    assert!(of("without", "data/ro-crate-metadata.json").contains(&identifier("whole")));
    let (code, said) = verify(&scene, "without");
    assert_eq!(code, Some(0), "{said}");
    let shown = scene.bare().args(["verify", "without"]).output().unwrap();
    let shown = text(&shown.stdout) + &text(&shown.stderr);
    assert!(shown.contains("bodies left out of it: 2;"), "{shown}");
    assert_eq!(verify(&scene, "without.wacz").0, Some(0));
    assert_eq!(verify(&scene, "whole").0, Some(0));
}
