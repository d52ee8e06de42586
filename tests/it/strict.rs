//! `citekeep verify` against whoever changes a bundle or a WACZ, and redoes what stands around the change.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::scene::{POST, Scene, article, files, text};

const WACZ: &str = "data/captures/captures.wacz";
const WARC: &str = "archive/data.warc.gz";
const INDEX: &str = "indexes/index.cdxj";
const PAGES: &str = "pages/pages.jsonl";
const PACKAGE: &str = "datapackage.json";
const DIGEST: &str = "datapackage-digest.json";

/// Entries of a ZIP in their order.
pub type Entries = Vec<(String, Vec<u8>)>;

pub fn exported() -> Scene {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let file = scene.file("story.html", article(POST));
    scene.run(&[&file]);
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    scene
}

/// The first thing that is wrong, or nothing.
pub fn first_fault(scene: &Scene, path: &str) -> String {
    let output = scene.bare().args(["verify", path]).output().unwrap();
    let said = text(&output.stderr);
    let code = if said.is_empty() { 0 } else { 65 };
    assert_eq!(output.status.code(), Some(code), "{said}");
    said.lines().next().unwrap_or_default().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub fn unzipped(bytes: &[u8]) -> Entries {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut entry = zip.by_index(index).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect()
}

pub fn zipped(entries: &Entries) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn entry<'e>(entries: &'e mut Entries, name: &str) -> &'e mut Vec<u8> {
    &mut entries.iter_mut().find(|entry| entry.0 == name).unwrap().1
}

fn edited(entries: &mut Entries, name: &str, edit: impl FnOnce(String) -> String) {
    let content = entry(entries, name);
    *content = edit(String::from_utf8(std::mem::take(content)).unwrap()).into_bytes();
}

/// Redoes the digests of the data package, as who changed something in the WACZ would.
fn redo_package(entries: &mut Entries) {
    let resources: Vec<Value> = entries
        .iter()
        .filter(|(name, _)| ![PACKAGE, DIGEST].contains(&name.as_str()))
        .map(|(name, content)| {
            let file = name.rsplit('/').next();
            json!({"name": file, "path": name, "bytes": content.len(), "hash": format!("sha256:{}", sha256(content))})
        })
        .collect();
    let mut package: Value = serde_json::from_slice(entry(entries, PACKAGE)).unwrap();
    package["resources"] = resources.into();
    let package = package.to_string().into_bytes();
    let digest = json!({"path": PACKAGE, "hash": format!("sha256:{}", sha256(&package))});
    *entry(entries, PACKAGE) = package;
    *entry(entries, DIGEST) = digest.to_string().into_bytes();
}

/// The records of the WARC, each inflated.
fn records(warc: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = warc;
    let mut records = Vec::new();
    while !rest.is_empty() {
        let mut member = flate2::bufread::GzDecoder::new(&mut rest);
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        records.push(bytes);
    }
    records
}

fn packed(record: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(record).unwrap();
    out.finish().unwrap()
}

/// A WARC of these records, and an index that fits it.
fn redo_warc(entries: &mut Entries, records: &[Vec<u8>]) {
    let field = |record: &str, name: &str| {
        let line = record.lines().find_map(|line| line.strip_prefix(name));
        line.map(|value| value.trim().to_owned())
    };
    let (mut warc, mut index) = (Vec::new(), Vec::new());
    for record in records {
        let member = packed(record);
        let record = &text(record);
        let kind = field(record, "WARC-Type:").unwrap();
        if ["response", "resource", "revisit"].contains(&kind.as_str()) {
            let time: String = field(record, "WARC-Date:").unwrap();
            let time: String = time.chars().filter(char::is_ascii_digit).collect();
            let url = field(record, "WARC-Target-URI:").unwrap();
            let line = json!({
                "url": url, "digest": field(record, "WARC-Payload-Digest:"), "mime": "text/plain", "status": "200",
                "offset": warc.len().to_string(), "length": member.len().to_string(), "filename": "data.warc.gz",
            });
            index.push(format!("{url} {time} {line}\n"));
        }
        warc.extend(member);
    }
    index.sort();
    *entry(entries, WARC) = warc;
    *entry(entries, INDEX) = index.concat().into_bytes();
}

/// Redoes the manifests and what the crate and bag-info say, as who changed something in the bundle would.
pub fn redo_bag(folder: &Path) {
    let files = files(folder);
    let manifests = |prefix: &str, files: &[&String]| {
        let (mut first, mut second) = (String::new(), String::new());
        for file in files {
            let bytes = fs::read(folder.join(file)).unwrap();
            first += &format!("{}  {file}\n", sha256(&bytes));
            second += &format!("{}  {file}\n", hex(&Sha512::digest(&bytes)));
        }
        fs::write(folder.join(format!("{prefix}manifest-sha256.txt")), first).unwrap();
        fs::write(folder.join(format!("{prefix}manifest-sha512.txt")), second).unwrap();
    };
    let (payload, tags): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.starts_with("data/"));
    manifests("", &payload);
    let octets: u64 = payload
        .iter()
        .map(|file| fs::metadata(folder.join(file)).unwrap().len())
        .sum();
    let info = fs::read_to_string(folder.join("bag-info.txt")).unwrap();
    let kept = info.lines().filter(|line| !line.starts_with("Payload-Oxum"));
    let kept: String = kept.map(|line| format!("{line}\n")).collect();
    let info = format!("{kept}Payload-Oxum: {octets}.{}\n", payload.len());
    fs::write(folder.join("bag-info.txt"), info).unwrap();
    let tags: Vec<_> = tags
        .into_iter()
        .filter(|file| !file.starts_with("tagmanifest"))
        .collect();
    manifests("tag", &tags);
}

/// Redoes what the crate says of the files.
pub fn redo_crate(folder: &Path) {
    let path = folder.join("data/ro-crate-metadata.json");
    let lines = fs::read_to_string(&path).unwrap();
    let redone: Vec<String> = lines
        .lines()
        .map(|line| {
            let comma = if line.ends_with(',') { "," } else { "" };
            match serde_json::from_str::<Value>(line.trim_end_matches(',')) {
                Ok(mut entity) if entity["@type"] == "File" => {
                    let bytes = fs::read(folder.join("data").join(entity["@id"].as_str().unwrap())).unwrap();
                    entity["sha256"] = sha256(&bytes).into();
                    entity["contentSize"] = bytes.len().to_string().into();
                    format!("{entity}{comma}\n")
                }
                _ => format!("{line}\n"),
            }
        })
        .collect();
    fs::write(path, redone.concat()).unwrap();
}

#[test]
fn any_two_files_of_a_bundle_that_change_places_are_found() {
    let scene = exported();
    let folder = scene.path("bundle");
    let names = [
        "bagit.txt",
        "bag-info.txt",
        "VERIFY.md",
        "manifest-sha256.txt",
        "manifest-sha512.txt",
        "tagmanifest-sha256.txt",
        "tagmanifest-sha512.txt",
        "data/posts.csv",
        "data/posts.jsonl",
        "data/datapackage.json",
        "data/ro-crate-metadata.json",
        "data/ledger/chain.txt",
        "data/ledger/lines.jsonl",
        "data/archive.db",
        WACZ,
    ];
    for (position, one) in names.iter().enumerate() {
        let other = names[(position + 1) % names.len()];
        let swap = || {
            let [first, second] = [one, other].map(|name| fs::read(folder.join(name)).unwrap());
            fs::write(folder.join(one), second).unwrap();
            fs::write(folder.join(other), first).unwrap();
        };
        swap();
        assert_ne!(first_fault(&scene, "bundle"), "", "{one} and {other}");
        swap();
    }
    assert_eq!(first_fault(&scene, "bundle"), "");
}

#[test]
fn a_part_of_a_bundle_that_was_changed_with_its_manifests_redone_does_not_fit_the_others() {
    type Edit = fn(&Path);
    fn edit(path: &Path, from: &str, to: &str) {
        let content = fs::read_to_string(path).unwrap();
        assert!(content.contains(from), "{from} in {content}");
        fs::write(path, content.replacen(from, to, 1)).unwrap();
    }
    let cases: [(&str, Edit); 15] = [
        ("data/posts.csv: its first line does not name the columns", |data| {
            edit(&data.join("posts.csv"), "author_handle,", "author_name,")
        }),
        ("data/posts.jsonl: row 1 does not have each column once", |data| {
            edit(&data.join("posts.jsonl"), "\"edited_at\":null", "\"edited_by\":null")
        }),
        ("data/posts.jsonl: row 1 does not have each column once", |data| {
            edit(&data.join("posts.jsonl"), "{", "{\"text\":\"The bridge is falling.\",")
        }),
        (
            "data/datapackage.json: does not describe the columns of posts",
            |data| {
                edit(
                    &data.join("datapackage.json"),
                    "\"author_handle\"",
                    "\"author_heritage\"",
                )
            },
        ),
        ("data/posts.csv: row 1 is not that of the .jsonl file", |data| {
            edit(&data.join("posts.csv"), "standing", "falling")
        }),
        ("data/posts.csv: has rows that the .jsonl file lacks", |data| {
            fs::write(data.join("posts.jsonl"), "").unwrap()
        }),
        ("data/articles.jsonl: a text is not that of its text_sha256", |data| {
            for name in ["articles.csv", "articles.jsonl"] {
                edit(&data.join(name), "was standing", "was falling");
            }
        }),
        ("data/ledger/chain.txt: entry 1 breaks the chain", |data| {
            edit(&data.join("ledger/chain.txt"), "\n1 ", "\n1 0")
        }),
        ("data/ledger/lines.jsonl: line 1 is not in the chain", |data| {
            edit(&data.join("ledger/lines.jsonl"), "\"seq\":0", "\"seq\":00")
        }),
        ("captures.wacz: no ledger entry names its body ", |data| {
            fs::write(data.join("ledger/lines.jsonl"), "").unwrap()
        }),
        (
            "data/ro-crate-metadata.json: does not describe data/added.txt",
            |data| fs::write(data.join("added.txt"), "x").unwrap(),
        ),
        ("data/media.csv: missing", |data| {
            fs::remove_file(data.join("media.csv")).unwrap()
        }),
        ("data/captures/captures.wacz: missing", |data| {
            fs::remove_file(data.join("captures/captures.wacz")).unwrap()
        }),
        ("data/ro-crate-metadata.json: missing", |data| {
            fs::remove_file(data.join("ro-crate-metadata.json")).unwrap()
        }),
        ("data/ledger/chain.txt: missing", |data| {
            fs::remove_file(data.join("ledger/chain.txt")).unwrap()
        }),
    ];
    let scene = exported();
    for (number, (fault, change)) in cases.into_iter().enumerate() {
        let name = format!("copy{number}");
        copy(&scene.path("bundle"), &scene.path(&name));
        change(&scene.path(&name).join("data"));
        if !fault.contains("missing") {
            redo_crate(&scene.path(&name));
        }
        redo_bag(&scene.path(&name));
        let found = first_fault(&scene, &name);
        assert!(found.contains(fault), "{found:?} is not {fault:?}");
    }
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, copied).unwrap();
        }
    }
}

#[test]
fn a_file_in_a_wacz_that_was_changed_removed_added_or_swapped_is_found() {
    let scene = exported();
    let good = fs::read(scene.path("bundle").join(WACZ)).unwrap();
    let check = |entries: &Entries| {
        fs::write(scene.path("x.wacz"), zipped(entries)).unwrap();
        first_fault(&scene, "x.wacz")
    };
    let entries = unzipped(&good);
    assert_eq!(entries.len(), 5);
    assert_eq!(check(&entries), "");
    for (position, (name, _)) in entries.iter().enumerate() {
        let mut changed = entries.clone();
        let middle = changed[position].1.len() / 2;
        changed[position].1[middle] ^= 1;
        assert_ne!(check(&changed), "", "{name} changed");
        let mut removed = entries.clone();
        removed.remove(position);
        assert_ne!(check(&removed), "", "{name} removed");
        let mut swapped = entries.clone();
        let other = (position + 1) % entries.len();
        let content = std::mem::replace(&mut swapped[position].1, entries[other].1.clone());
        swapped[other].1 = content;
        assert_ne!(check(&swapped), "", "{name} swapped");
    }
    let mut added = entries.clone();
    added.push(("archive/more.warc.gz".to_owned(), Vec::new()));
    assert!(check(&added).contains("archive/more.warc.gz: added"));
}

#[test]
fn what_a_wacz_says_of_itself_is_checked_when_all_its_digests_were_redone() {
    type Edit = fn(&mut Entries);
    fn record(entries: &mut Entries, edit: impl Fn(&str) -> String) {
        let mut all = records(entry(entries, WARC));
        let found = all
            .iter()
            .position(|record| text(record).contains("\"text\":\"The bridge is"))
            .unwrap();
        all[found] = edit(&text(&all[found])).into_bytes();
        redo_warc(entries, &all);
    }
    let cases: [(&str, Edit); 12] = [
        ("", |_| {}),
        ("its address is the digest of other bytes", |entries| {
            let mut all = records(entry(entries, WARC));
            let is_named = |record: &Vec<u8>| text(record).contains("\r\nWARC-Target-URI: ni:///sha-256;");
            let found = all.iter().position(is_named).unwrap();
            let other = text(&all[found]).replace("ni:///sha-256;", "ni:///sha-256;AAAA");
            all[found] = other.into_bytes();
            redo_warc(entries, &all);
            edited(entries, PAGES, |pages| {
                pages.replace("ni:///sha-256;", "ni:///sha-256;AAAA")
            });
        }),
        ("the bundle does not hold its body ", |entries| {
            let mut all = records(entry(entries, WARC));
            all.retain(|record| !text(record).contains("tweet-result"));
            redo_warc(entries, &all);
            edited(entries, PAGES, |pages| {
                let kept = pages.lines().filter(|page| !page.contains("tweet-result"));
                kept.map(|page| format!("{page}\n")).collect()
            });
        }),
        ("its bytes are not those of its WARC-Block-Digest", |entries| {
            record(entries, |record| record.replace("standing", "STANDING"))
        }),
        ("its payload is not that of its WARC-Payload-Digest", |entries| {
            record(entries, |record| {
                with_block_digest(&record.replace("standing", "STANDING"))
            })
        }),
        ("no ledger entry names its body ", |entries| {
            record(entries, |record| {
                let changed = record.replace("standing", "STANDING");
                let (head, block) = changed.split_once("\r\n\r\n").unwrap();
                let body = block.split_once("\r\n\r\n").unwrap().1;
                let body = sha256(body.strip_suffix("\r\n\r\n").unwrap().as_bytes());
                let lines: Vec<String> = head
                    .lines()
                    .map(|line| match line.starts_with("WARC-Payload-Digest") {
                        true => format!("WARC-Payload-Digest: sha256:{body}"),
                        false => line.to_owned(),
                    })
                    .collect();
                with_block_digest(&format!("{}\r\n\r\n{block}", lines.join("\r\n")))
            })
        }),
        ("no index lists it", |entries| {
            edited(entries, INDEX, |index| index.split_once('\n').unwrap().1.to_owned())
        }),
        ("line 1: does not state the address and time of its record", |entries| {
            edited(entries, INDEX, |index| index.replacen("\"url\":\"", "\"url\":\"x", 1))
        }),
        ("points where no record begins", |entries| {
            edited(entries, INDEX, |index| {
                index.replacen("\"offset\":\"", "\"offset\":\"1", 1)
            })
        }),
        ("does not state the length of its record", |entries| {
            edited(entries, INDEX, |index| {
                index.replacen("\"length\":\"", "\"length\":\"1", 1)
            })
        }),
        ("the page http://added.example/ is in no index", |entries| {
            edited(entries, PAGES, |pages| {
                format!("{pages}{{\"url\":\"http://added.example/\",\"ts\":\"2024-05-01T00:00:00Z\"}}\n")
            })
        }),
        ("more than one record in a gzip member", |entries| {
            let all = records(entry(entries, WARC)).concat();
            *entry(entries, WARC) = packed(&all);
        }),
    ];
    let scene = exported();
    let path = scene.path("bundle").join(WACZ);
    let good = unzipped(&fs::read(&path).unwrap());
    for (fault, change) in cases {
        let mut entries = good.clone();
        change(&mut entries);
        redo_package(&mut entries);
        fs::write(&path, zipped(&entries)).unwrap();
        redo_crate(&scene.path("bundle"));
        redo_bag(&scene.path("bundle"));
        let found = first_fault(&scene, "bundle");
        assert!(
            found.contains(fault) && found.is_empty() == fault.is_empty(),
            "{found:?} is not {fault:?}"
        );
    }
}

/// The record with the digest of its block redone.
fn with_block_digest(record: &str) -> String {
    let (head, block) = record.split_once("\r\n\r\n").unwrap();
    let digest = sha256(block.strip_suffix("\r\n\r\n").unwrap().as_bytes());
    let lines: Vec<String> = head
        .lines()
        .map(|line| match line.starts_with("WARC-Block-Digest") {
            true => format!("WARC-Block-Digest: sha256:{digest}"),
            false => line.to_owned(),
        })
        .collect();
    format!("{}\r\n\r\n{block}", lines.join("\r\n"))
}

#[test]
fn a_hostile_zip_is_refused_and_nothing_of_it_is_written() {
    let scene = exported();
    let good = unzipped(&fs::read(scene.path("bundle").join(WACZ)).unwrap());
    let before = fs::read_dir(scene.folder.path()).unwrap().count();
    let named = |name: &str| {
        let mut entries = good.clone();
        entries.push((name.to_owned(), b"x".to_vec()));
        zipped(&entries)
    };
    let many = (0..60_000)
        .map(|number| (format!("archive/{number:060}"), Vec::new()))
        .collect();
    let mut twice = zipped(&vec![
        ("archive/a".to_owned(), b"1".to_vec()),
        ("archive/b".to_owned(), b"2".to_vec()),
    ]);
    while let Some(at) = twice.windows(9).position(|bytes| bytes == b"archive/b") {
        twice[at + 8] = b'a';
    }
    let mut cut = zipped(&good);
    cut.truncate(cut.len() - 30);
    let cases = [
        (named("../../out.txt"), "a name that leads out of the file"),
        (named("/etc/out.txt"), "a name that leads out of the file"),
        (named("archive\\..\\out.txt"), "a name that leads out of the file"),
        (named("c:out.txt"), "a name that leads out of the file"),
        (
            named("Archive/Data.warc.gz"),
            "a name that some systems take for that of another entry",
        ),
        (named("pages/\u{fb01}le"), "pages/\u{fb01}le: added"),
        (named("a\0b"), "a name that leads out of the file"),
        (named(&"x/".repeat(30_000)), "a name that leads out of the file"),
        (linked(), "a link"),
        (zipped(&many), "its list of contents is absurdly long"),
        (twice, "duplicate file name"),
        (overlapping(), "overlapping entries"),
        (cut, "not a sound ZIP"),
        (
            [&zipped(&good), &b"<html>"[..]].concat(),
            "ends with bytes that belong to no entry",
        ),
        (b"PK\x03\x04 no ZIP at all".to_vec(), "not a sound ZIP"),
        // What is nested is bytes like any other.
        (named("archive/nested.wacz"), "archive/nested.wacz: added"),
    ];
    for (bytes, fault) in cases {
        fs::write(scene.path("x.wacz"), bytes).unwrap();
        let found = first_fault(&scene, "x.wacz");
        assert!(found.contains(fault), "{found:?} is not {fault:?}");
    }
    assert_eq!(fs::read_dir(scene.folder.path()).unwrap().count(), before + 1);
}

/// A ZIP whose second entry lies inside its first, so that few bytes could stand for many files.
fn overlapping() -> Vec<u8> {
    let begins = |bytes: &[u8], magic: &[u8]| bytes.windows(4).rposition(|window| window == magic).unwrap();
    let inner = zipped(&vec![("archive/b".to_owned(), b"2".to_vec())]);
    let inner = inner[..begins(&inner, b"PK\x01\x02")].to_vec();
    let mut zip = zipped(&vec![
        ("archive/a".to_owned(), inner),
        ("archive/b".to_owned(), b"2".to_vec()),
    ]);
    let inside = zip
        .windows(4)
        .skip(1)
        .position(|window| window == b"PK\x03\x04")
        .unwrap()
        + 1;
    let offset = begins(&zip, b"PK\x01\x02") + 42;
    zip[offset..offset + 4].copy_from_slice(&u32::try_from(inside).unwrap().to_le_bytes());
    zip
}

pub fn linked() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("archive/a.warc", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn all_that_is_wrong_is_named_only_when_that_is_asked_for() {
    let scene = exported();
    for name in ["data/posts.csv", "data/media.csv"] {
        fs::write(scene.path("bundle").join(name), "x").unwrap();
    }
    let said = |arguments: &[&str]| text(&scene.bare().args(arguments).output().unwrap().stderr);
    let first = said(&["verify", "bundle"]);
    assert_eq!(first.lines().count(), 2, "{first}");
    assert!(first.contains("more; --all names them"), "{first}");
    let all = said(&["verify", "bundle", "--all"]);
    assert!(
        all.contains("data/posts.csv: changed") && all.contains("data/media.csv: changed"),
        "{all}"
    );
}

#[test]
fn the_pages_of_a_wacz_are_the_article_the_post_and_the_linked_page_with_their_words() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let report = "<title>Inspection</title><article><p>The north gate is beyond repair.</p></article>";
    scene
        .web
        .on("river.example", "/report", [crate::web::Reply::page(report)]);
    let file = scene.file("story.html", article(POST));
    scene.run(&[&file]);
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    let mut entries = unzipped(&fs::read(scene.path("bundle").join(WACZ)).unwrap());
    let pages = text(entry(&mut entries, PAGES));
    let pages: Vec<Value> = pages.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(pages[0]["format"], "json-pages-1.0");
    let story = fs::read(scene.path("story.html")).unwrap();
    let (named, body) = (URL_SAFE_NO_PAD.encode(Sha256::digest(&story)), sha256(&story));
    // Players resolve links against the first address, and fail to against the second.
    assert_eq!(pages[1]["url"], format!("ni:///sha-256;{named}"));
    assert_eq!(pages[1]["title"], "The bridge at Orsay");
    assert_eq!(pages[2]["url"], format!("urn:sha256:{body}"));
    for page in &pages[1..3] {
        assert!(page["text"].as_str().unwrap().contains("the bridge was standing"));
    }
    let package: Value = serde_json::from_slice(entry(&mut entries, PACKAGE)).unwrap();
    assert_eq!(package["mainPageUrl"], pages[1]["url"]);
    assert!(pages.iter().any(|page| page["text"] == "The bridge is standing."));
    let linked = pages
        .iter()
        .find(|page| page["url"] == "http://river.example/report")
        .unwrap();
    assert_eq!(linked["title"], "Inspection");
    assert_eq!(linked["text"], "The north gate is beyond repair.");
    let all = records(entry(&mut entries, WARC));
    assert!(text(&all[0]).contains("WARC-Type: warcinfo"));
    // Once each: the bytes, and the record that names them again.
    assert_eq!(memchr::memmem::find_iter(&all.concat(), &story).count(), 1);
    let field = |start: &str, name: &str| {
        let record = all
            .iter()
            .map(|record| text(record))
            .find(|record| record.contains(start));
        let value = record
            .unwrap()
            .lines()
            .find_map(|line| line.strip_prefix(name).map(str::to_owned));
        value.unwrap()
    };
    let again = format!("WARC-Target-URI: ni:///sha-256;{named}");
    assert_eq!(field(&again, "WARC-Type: "), "revisit");
    assert_eq!(field(&again, "Content-Length: "), "0");
    assert_eq!(
        field(&again, "WARC-Refers-To: "),
        field(&format!("\r\nWARC-Target-URI: urn:sha256:{body}"), "WARC-Record-ID: ")
    );
}

#[test]
fn an_article_that_stands_twice_in_a_wacz_of_ours_is_read_from_it_once() {
    let scene = exported();
    let wacz = scene.path("bundle").join(WACZ);
    let other = Scene::new();
    let output = other.run(&["--from", wacz.to_str().unwrap()]);
    assert_eq!(text(&output.stdout).matches("The bridge at Orsay").count(), 1);
    assert!(!text(&output.stderr).contains("ni:///"), "{}", text(&output.stderr));
}

#[test]
fn an_article_of_plain_text_has_one_page() {
    let scene = Scene::new();
    let file = scene.file("story.txt", "The mayor of Orsay wrote that the bridge was standing.\n");
    scene.run(&[&file]);
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    let mut entries = unzipped(&fs::read(scene.path("bundle").join(WACZ)).unwrap());
    let pages = text(entry(&mut entries, PAGES));
    let urls: Vec<Value> = pages
        .lines()
        .skip(1)
        .map(|page| serde_json::from_str::<Value>(page).unwrap()["url"].clone())
        .collect();
    let body = sha256(&fs::read(scene.path("story.txt")).unwrap());
    assert_eq!(urls, [format!("urn:sha256:{body}")]);
}

#[test]
fn a_selection_that_does_not_fit_one_wacz_stands_in_several_and_a_lost_one_is_found() {
    let scene = exported();
    scene.does(0, &["export", "--all", "-o", "parts", "--wacz-bytes", "1"]);
    assert_eq!(first_fault(&scene, "parts"), "");
    let folder = scene.path("parts/data/captures");
    let parts = fs::read_dir(&folder).unwrap().count();
    assert!(parts > 2, "{parts}");
    let mut found = 0;
    for number in 1..=parts {
        let name = if number == 1 {
            "captures.wacz".to_owned()
        } else {
            format!("captures-{number}.wacz")
        };
        let mut entries = unzipped(&fs::read(folder.join(name)).unwrap());
        found += records(entry(&mut entries, WARC)).len() - 1;
    }
    let mut whole = unzipped(&fs::read(scene.path("bundle").join(WACZ)).unwrap());
    assert_eq!(found, records(entry(&mut whole, WARC)).len() - 1);
    fs::remove_file(folder.join("captures-2.wacz")).unwrap();
    assert!(first_fault(&scene, "parts").contains("captures-2.wacz: missing"));
}

#[test]
fn an_answer_that_came_twice_is_kept_once_and_revisited() {
    let scene = exported();
    let file = scene.path("story.html");
    scene.run(&[file.to_str().unwrap(), "--again"]);
    scene.does(0, &["export", "--all", "-o", "twice"]);
    let mut entries = unzipped(&fs::read(scene.path("twice").join(WACZ)).unwrap());
    let all = records(entry(&mut entries, WARC));
    let about_post = |kind: &str| {
        let about = |record: &&Vec<u8>| {
            let record = text(record);
            record.contains(&format!("WARC-Type: {kind}\r\n")) && record.contains("tweet-result")
        };
        all.iter().filter(about).count()
    };
    assert_eq!(
        [about_post("response"), about_post("revisit"), about_post("request")],
        [1, 1, 2]
    );
    assert_eq!(first_fault(&scene, "twice"), "");
    // A revisit alone is no body.
    let kept: Vec<Vec<u8>> = all
        .into_iter()
        .filter(|record| !text(record).contains("WARC-Type: response\r\n") || !text(record).contains("tweet-result"))
        .collect();
    redo_warc(&mut entries, &kept);
    redo_package(&mut entries);
    fs::write(scene.path("twice").join(WACZ), zipped(&entries)).unwrap();
    redo_crate(&scene.path("twice"));
    redo_bag(&scene.path("twice"));
    assert!(first_fault(&scene, "twice").contains("revisits a body that is not here"));
}

#[tokio::test]
async fn what_was_redacted_is_not_in_the_bundle_and_the_rest_still_agrees() {
    use citekeep::store::{Redactable, RunOptions, Store};
    let scene = exported();
    let mut entries = unzipped(&fs::read(scene.path("bundle").join(WACZ)).unwrap());
    let index = text(entry(&mut entries, INDEX));
    let answer = index.lines().find(|line| line.contains("tweet-result")).unwrap();
    let answer: Value = serde_json::from_str(answer.splitn(3, ' ').nth(2).unwrap()).unwrap();
    let story = fs::read(scene.path("story.html")).unwrap();
    let answer = answer["digest"]
        .as_str()
        .unwrap()
        .strip_prefix("sha256:")
        .unwrap()
        .to_owned();
    let bytes: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&answer[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    let options = RunOptions {
        spacing: Duration::ZERO,
        create: false,
        wait: std::time::Duration::ZERO,
        command: "redact".to_owned(),
        clock: citekeep::clock::Clock::System,
        free: 0,
    };
    let store = Store::open(&scene.archive(), &options).unwrap();
    for item in [
        Redactable::Blob(bytes.try_into().unwrap()),
        Redactable::Blob(Sha256::digest(&story).into()),
        Redactable::ReadingText(1),
        Redactable::Post(1),
        Redactable::LedgerLine(1),
    ] {
        store
            .redact(item, "desk".to_owned(), "court order".to_owned())
            .await
            .unwrap();
    }
    store.close(0, None).await.unwrap();
    scene.does(0, &["export", "--all", "-o", "redacted"]);
    assert_eq!(first_fault(&scene, "redacted"), "");
    let mut entries = unzipped(&fs::read(scene.path("redacted").join(WACZ)).unwrap());
    for name in [PAGES, INDEX] {
        let content = text(entry(&mut entries, name));
        assert!(
            !content.contains("bridge was standing") && !content.contains("ni:"),
            "{content}"
        );
    }
    let all = records(entry(&mut entries, WARC));
    for gone in [answer, sha256(&story)] {
        let told = format!("redacted-body-sha256: {gone}");
        assert_eq!(all.iter().filter(|record| text(record).contains(&told)).count(), 1);
    }
    let words = text(&all.concat());
    assert!(
        !words.contains("bridge was standing") && !words.contains("\"text\":\"The bridge is"),
        "{words}"
    );
    assert_eq!(
        fs::read_to_string(scene.path("redacted/data/ledger/withheld.txt")).unwrap(),
        "1\n"
    );
}
