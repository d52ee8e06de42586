//! The store as its callers see it, and as someone with another SQLite program sees it.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::time::Duration;

use bytes::Bytes;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use url::Url;

use super::record::{
    About, AnswerRecord, HelperRecord, MediaRecord, NewInquiry, NewNote, NewStamp, Queueing, SuppliedFile,
    Surroundings, TargetKind,
};
use super::verify::{Extent, Place, ProblemKind, Report, verify};
use super::*;
use crate::article::{Block, BlockKind, Format, Found, Reading, Sentence, Span};
use crate::citation::{Citation, Findings, Form, Reference, Relation};
use crate::error::ExitCode;
use crate::exchange::testing::answered;
use crate::exchange::{Digests, Exchange, FileOfOthers, Purpose, Recorded};
use crate::outcome::Outcome;
use crate::platform::context::{Around, Tie};
use crate::platform::{Candidate, Media, Post, PostRef};
use crate::stamp::Testimony;

const NOON: i64 = 1_795_608_000_000;

fn noon() -> Timestamp {
    Timestamp::from_millis(NOON)
}

fn options() -> RunOptions {
    RunOptions {
        create: true,
        wait: Duration::ZERO,
        command: "citekeep archive story.html".into(),
        clock: Clock::Fixed(noon()),
        spacing: Duration::ZERO,
        free: 0,
    }
}

/// A folder that goes away, and the path of an archive in it.
fn scratch() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("citekeep.db");
    (folder, path)
}

fn open(path: &Path) -> Store {
    Store::open(path, &options()).unwrap()
}

fn sha(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn exchange(url: &str, purpose: Purpose, body: &[u8]) -> Exchange {
    Exchange {
        url: Url::parse(url).unwrap(),
        purpose,
        request_headers: vec![("user-agent".into(), "citekeep/0.1".into())],
        started: noon(),
        ended: noon().plus_millis(250),
        remote: Some("192.0.2.7:443".parse().unwrap()),
        http_version: Some("HTTP/2.0"),
        status: Some(200),
        response_headers: vec![
            ("content-type".into(), "text/html".into()),
            ("date".into(), "Mon, 23 Nov 2026 12:00:00 GMT".into()),
        ],
        certificate: Some(Bytes::from_static(b"a certificate")),
        body: Body::Inline(Bytes::copy_from_slice(body)),
        body_length: body.len() as u64,
        body_sha256: Some(sha(body)),
        truncated: None,
        failure: None,
        recorded: None,
    }
}

fn answer(source: &str, outcome: Outcome, exchanges: Vec<Exchange>) -> AnswerRecord {
    AnswerRecord {
        source: source.into(),
        outcome,
        reason: "http_200".into(),
        detail: None,
        exchanges,
        post: None,
    }
}

fn capture_of(answers: Vec<AnswerRecord>) -> CaptureRecord {
    CaptureRecord {
        canaries: Vec::new(),
        recheck_at: None,
        inquire: Vec::new(),
        helpers: Vec::new(),
        started: noon(),
        ended: noon().plus_millis(300),
        best: 0,
        answers,
        media: Vec::new(),
        context: Surroundings::default(),
    }
}

fn page_capture(body: &[u8]) -> CaptureRecord {
    let exchange = exchange("https://example.org/page", Purpose::Page, body);
    capture_of(vec![answer("web", Outcome::Captured, vec![exchange])])
}

fn post_capture(text: &str) -> CaptureRecord {
    let json = format!("{{\"text\":{text:?}}}");
    let mut best = answer(
        "x.syndication",
        Outcome::Captured,
        vec![exchange("https://api.example/1", Purpose::Api, json.as_bytes())],
    );
    best.post = Some((
        Post {
            id: "1433000000000000001".into(),
            author_handle: Some("ada_example".into()),
            text: Some(text.into()),
            text_cut: Some(false),
            media: vec![Media {
                kind: "photo".into(),
                url: "https://img.example/1.jpg".into(),
                ..Media::default()
            }],
            counts: vec![("likes".into(), 3)],
            ..Post::default()
        },
        0,
    ));
    let mut capture = capture_of(vec![best]);
    capture.canaries = vec![(
        Url::parse("https://x.com/ada_example/status/2").unwrap(),
        answer("x.syndication", Outcome::Captured, vec![]),
    )];
    capture.media = vec![MediaRecord {
        position: 0,
        kind: "photo".into(),
        url: "https://img.example/1.jpg".into(),
        alt: Some("a cat".into()),
        outcome: Outcome::Captured,
        reason: "http_200".into(),
        exchanges: vec![exchange(
            "https://img.example/1.jpg",
            Purpose::Media,
            b"\xff\xd8 picture",
        )],
        helped: None,
    }];
    capture
}

/// Posts that belong to a captured one, within the default bounds.
fn surroundings(posts: &[(Tie, &str)]) -> Surroundings {
    Surroundings {
        posts: posts
            .iter()
            .map(|(tie, id)| Around {
                tie: *tie,
                post: post_ref(id),
            })
            .collect(),
        depth: 2,
        most: 20,
        is_context: false,
    }
}

fn post_ref(id: &str) -> PostRef {
    PostRef {
        platform: "x",
        id: id.into(),
        url: Url::parse(&format!("https://x.com/ada_example/status/{id}")).unwrap(),
        handle: Some("ada_example".into()),
    }
}

fn span(text: &str, part: &str) -> Span {
    let start_byte = text.find(part).unwrap();
    let start = text[..start_byte].chars().count();
    Span {
        start_byte,
        end_byte: start_byte + part.len(),
        start,
        end: start + part.chars().count(),
    }
}

/// A reading that cites a post, a page and a post that it does not identify.
fn new_reading(bytes: &'static [u8]) -> NewReading {
    let text = "Größe zählt. \u{1f600} Ada wrote it first.\nSecond paragraph.";
    let lines: Vec<&str> = text.lines().collect();
    let claim = Claim {
        author_handle: Some("ada_example".into()),
        text: Some("It works".into()),
        ..Claim::default()
    };
    let citation = |cited, form, claim: Claim, references| Citation {
        cited,
        form,
        raw_url: Some("https://twitter.com/ada_example/status/1433000000000000001?s=20".into()),
        raw: "<blockquote>…</blockquote>".into(),
        anchor: None,
        claim,
        place: span(text, "wrote"),
        references,
    };
    let main = Reference {
        sentence: 1,
        relation: Relation::Contains,
        confidence: 900,
        reason: "anchor".into(),
    };
    NewReading {
        origin: Origin::Given {
            name: "story.html".into(),
            bytes: Bytes::from_static(bytes),
            claimed_url: Some("https://news.example/story".into()),
            claimed_retrieved: Some(noon()),
            record: None,
        },
        findings: Findings {
            reading: Reading {
                format: Format::Html,
                charset: Found {
                    value: "UTF-8",
                    source: "meta",
                },
                title: Some(Found {
                    value: "A story".into(),
                    source: "og",
                }),
                byline: None,
                published: None,
                url: Some(Found {
                    value: Url::parse("https://news.example/story").unwrap(),
                    source: "link-canonical",
                }),
                language: Some(Found {
                    value: "en".into(),
                    source: "html-lang",
                }),
                text: text.into(),
                blocks: lines
                    .iter()
                    .map(|l| Block {
                        kind: BlockKind::Paragraph,
                        span: span(text, l),
                    })
                    .collect(),
                sentences: vec![
                    Sentence {
                        block: 0,
                        span: span(text, "Größe zählt."),
                    },
                    Sentence {
                        block: 0,
                        span: span(text, "\u{1f600} Ada wrote it first."),
                    },
                    Sentence {
                        block: 1,
                        span: span(text, "Second paragraph."),
                    },
                ],
                notices: vec!["nesting_cut".into()],
            },
            citations: vec![
                citation(
                    Cited::Post(post_ref("1433000000000000001")),
                    Form::Embed,
                    Claim::default(),
                    vec![main.clone()],
                ),
                citation(
                    Cited::Link(Url::parse("https://example.org/page").unwrap()),
                    Form::Link,
                    Claim::default(),
                    vec![main],
                ),
                citation(
                    Cited::UnidentifiedPost { platform: "x" },
                    Form::Flattened,
                    claim,
                    vec![],
                ),
            ],
            refused: Vec::new(),
        },
        read_at: noon(),
        tags: vec!["case17".into()],
    }
}

fn resolution(identified: Option<PostRef>) -> ResolutionRecord {
    ResolutionRecord {
        started: noon(),
        ended: noon(),
        outcome: if identified.is_some() {
            Outcome::Captured
        } else {
            Outcome::Unresolved
        },
        reason: "listing_single".into(),
        candidates: vec![Candidate {
            post: post_ref("1433000000000000002"),
            score: Some(870),
            evidence: "20210901".into(),
        }],
        identified,
        steps: vec![answer(
            "x.listing",
            Outcome::Captured,
            vec![exchange("https://web.example/cdx", Purpose::Api, b"a list")],
        )],
    }
}

async fn lease_one(store: &Store, target: i64) -> Job {
    let mut jobs = store.lease("test".into(), 1, 60_000, vec![target]).await.unwrap();
    assert_eq!(jobs.len(), 1);
    jobs.remove(0)
}

/// An archive with one event of each kind that holds evidence, closed.
async fn full_archive(path: &Path) -> ReadingReceipt {
    let store = open(path);
    let receipt = store
        .add_reading(new_reading(b"<p>story</p>"), Queueing::default())
        .await
        .unwrap();
    let mut post = post_capture("It works");
    post.context = surroundings(&[(Tie::Quotes, "1433000000000000003")]);
    for (target, record) in [
        (receipt.targets[0], post),
        (receipt.targets[1], page_capture(b"a page")),
    ] {
        let job = lease_one(&store, target).await;
        let done = store.complete(job.id, job.fence, record, None).await.unwrap();
        assert!(matches!(done, Completion::Stored(_)));
    }
    let job = lease_one(&store, receipt.targets[2]).await;
    let resolved = resolution(Some(post_ref("1433000000000000002")));
    store
        .complete_resolution(job.id, job.fence, resolved, None)
        .await
        .unwrap();
    store.close(0, Some("{}".into())).await.unwrap();
    receipt
}

/// Adds, in a run of its own, a post read otherwise from the stored answer.
async fn add_a_post_read_again(path: &Path) {
    let ids = "SELECT min(id) FROM";
    let again = super::reparse::Again {
        answer: value(path, &format!("{ids} answer WHERE capture IS NOT NULL")),
        exchange: value(path, &format!("{ids} exchange WHERE answer IS NOT NULL")),
        post: post_capture("It works again").answers[0].post.clone().unwrap().0,
    };
    let reread = super::reparse::Reread {
        posts: vec![again],
        context: surroundings(&[
            (Tie::Quotes, "1433000000000000003"),
            (Tie::RepliesTo, "1433000000000000004"),
        ]),
    };
    let store = open(path);
    let capture: i64 = value(path, &format!("{ids} capture"));
    let added = store.reparse(capture, reread.clone()).await.unwrap();
    assert_eq!(
        (added.posts, added.context),
        (1, 1),
        "one of the ties is of the capture"
    );
    let added = store.reparse(capture, reread.clone()).await.unwrap();
    assert_eq!((added.posts, added.context), (0, 0), "it is known by now");
    assert!(
        store.reparse(capture + 1, reread).await.is_err(),
        "it is of another capture"
    );
    store.close(0, None).await.unwrap();
}

/// A record of a web archive of others with this body.
fn recorded(body: &'static [u8]) -> Recorded {
    let (header, head) = ("WARC/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n");
    Recorded {
        file: Arc::new(FileOfOthers {
            name: "crawl.wacz".into(),
            sha256: [7; 32],
            length: 4096,
        }),
        warc: Some("data.warc.gz".into()),
        place: 512,
        sha256: sha(&[header.as_bytes(), head.as_bytes(), body].concat()),
        kind: "response".into(),
        record_id: Some("<urn:uuid:1>".into()),
        url: Some("https://example.org/page".into()),
        date: Some("2023-03-04T05:06:07Z".into()),
        payload: Some("sha1:AAAA".into()),
        digests: Digests::Agree,
        status: Some(200),
        media_type: Some("text/html".into()),
        header: header.into(),
        head: head.into(),
        body: Body::Inline(Bytes::from_static(body)),
        body_length: body.len() as u64,
        body_sha256: Some(sha(body)),
        revisits: None,
    }
}

/// Adds, in a run of its own, what was taken from web archives of others: an import, a reading and a capture.
async fn add_what_others_recorded(path: &Path, target: i64) {
    let store = open(path);
    let mut reading = new_reading(b"<p>theirs</p>");
    if let Origin::Given { record, .. } = &mut reading.origin {
        *record = Some(Box::new(recorded(b"theirs")));
    }
    store.add_reading(reading, Queueing::default()).await.unwrap();
    store.enqueue(vec![target], true).await.unwrap();
    let job = lease_one(&store, target).await;
    let mut capture = page_capture(b"their page");
    capture.answers[0].exchanges[0].recorded = Some(Box::new(recorded(b"their page")));
    store.complete(job.id, job.fence, capture, None).await.unwrap();
    let revisit = Recorded {
        kind: "revisit".into(),
        sha256: sha(b"WARC/1.1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        body: Body::None,
        body_length: 0,
        body_sha256: None,
        ..recorded(b"")
    };
    let batch = NewRecords {
        file: Arc::clone(&revisit.file),
        records: vec![recorded(b"a picture of theirs"), revisit],
    };
    let again = batch.clone();
    let imported = store.import(batch).await.unwrap();
    assert_eq!((imported.new, imported.known), (2, 0));
    let imported = store.import(again).await.unwrap();
    assert_eq!((imported.new, imported.known), (0, 2));
    store.close(0, None).await.unwrap();
}

async fn staged(store: &Store, bytes: &'static [u8]) -> SuppliedFile {
    let upload = store.begin_upload("file".into(), None).await.unwrap();
    store.push_chunk(upload, Bytes::from_static(bytes)).await.unwrap();
    SuppliedFile {
        name: "file".into(),
        upload,
        length: bytes.len() as u64,
        sha256: sha(bytes),
    }
}

/// Adds, in a run of its own, a capture of a post with a file that a helper got.
async fn add_what_a_helper_got(path: &Path, target: i64) {
    let store = open(path);
    store.enqueue(vec![target], true).await.unwrap();
    let job = lease_one(&store, target).await;
    let mut capture = post_capture("It works");
    capture.helpers = vec![HelperRecord {
        program: "yt-dlp",
        version: Some("1".into()),
        arguments: vec!["/usr/bin/yt-dlp".into()],
        started: Timestamp::from_millis(0),
        ended: Timestamp::from_millis(1),
        exit: Some(0),
        reason: "done",
        detail: Some("words".into()),
    }];
    capture.media[0].helped = Some((0, staged(&store, b"a film").await));
    store.complete(job.id, job.fence, capture, None).await.unwrap();
    store.close(0, None).await.unwrap();
}

/// Adds, in a run of its own, what a person supplies.
async fn add_a_note(path: &Path, about: About) {
    let store = open(path);
    let note = NewNote {
        about,
        by: "desk".into(),
        text: "Seen with an account".into(),
        file: Some(staged(&store, b"a screenshot").await),
    };
    store.add_note(note).await.unwrap();
    store.close(0, None).await.unwrap();
}

async fn add_a_stamp(path: &Path) {
    let store = open(path);
    let (entry, head) = store.chain_end().await.unwrap();
    let stamp = NewStamp {
        kind: Kind::Rfc3161,
        authority: "one".into(),
        entry,
        head,
        of: None,
        outcome: Outcome::ServerError,
        reason: "rejected".into(),
        detail: Some("not granted".into()),
        time: None,
        query: Some(Bytes::from_static(b"a query")),
        exchange: answered(200, b"a refusal"),
        roots: Some(Bytes::from_static(b"roots")),
    };
    store.add_stamp(stamp).await.unwrap();
    store.close(0, None).await.unwrap();
}

async fn add_an_inquiry(path: &Path, target: i64) {
    let store = open(path);
    let inquiry = NewInquiry {
        target,
        service: "wayback.save",
        of: None,
        job: Some("spn2-1".into()),
        outcome: None,
        reason: "accepted".into(),
        detail: Some("words".into()),
        archived_at: None,
        archived_url: None,
        exchange: answered(200, b"{\"job_id\":\"spn2-1\"}"),
    };
    let of = store.add_inquiry(inquiry.clone(), None).await.unwrap();
    let inquiry = NewInquiry {
        of: Some(of),
        outcome: Some(Outcome::Captured),
        archived_at: Timestamp::parse("2024-05-02T08:00:00Z"),
        archived_url: Some("https://news.example/".into()),
        ..inquiry
    };
    store.add_inquiry(inquiry, None).await.unwrap();
    store.close(0, None).await.unwrap();
}

async fn take_another_archive(path: &Path) {
    let (_folder, other) = scratch();
    // Its entry 0 is another than that of an archive made with the same clock.
    let mut options = options();
    options.command = "somebody else's".into();
    Store::open(&other, &options).unwrap().close(0, None).await.unwrap();
    full_archive(&other).await;
    let other = other::Other::archive(&other).unwrap();
    let file = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        let (sha256, length) = (Sha256::digest(&bytes).into(), bytes.len() as u64);
        (Body::Inline(bytes.into()), sha256, length)
    };
    let [content, chain] = other.files().map(file);
    let store = open(path);
    let taken = store.take_other(other.to_keep(content, chain)).await.unwrap();
    assert!(
        taken.readings > 0 && taken.citations > 0 && taken.captures > 0 && taken.tags > 0,
        "{taken:?}"
    );
    store.close(0, None).await.unwrap();
    let archive = taken.row.unwrap();
    let (entries, head): (i64, String) = Connection::open(path)
        .unwrap()
        .query_row("SELECT entries, head FROM other_archive", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let said = Confirmed {
        entry: entries - 1,
        head,
        by: anchored(),
    };
    let of_nothing = Confirmed {
        by: Testimony {
            reply: b"a promise of nothing".to_vec(),
            ..anchored()
        },
        ..said.clone()
    };
    let store = open(path);
    for new in [1, 0] {
        let taken = store
            .take_other_stamps(archive, vec![said.clone(), of_nothing.clone()])
            .await
            .unwrap();
        assert_eq!(taken, TakenStamps { new, wrong: 1 });
    }
    store.close(0, None).await.unwrap();
}

/// What a calendar promised, and where it anchored that.
fn anchored() -> Testimony {
    let pending = b"\x00\x83\xdf\xe3\x0d\x2e\xf9\x0c\x8e\x12\x11http://alice.test";
    Testimony {
        kind: Kind::OpenTimestamps,
        authority: "alice".into(),
        query: Some(b"what was sent".to_vec()),
        reply: [&b"\xf0\x02\x01\x02\x08"[..], pending].concat(),
        roots: Some(b"certificates".to_vec()),
        completed: Some(b"\xf1\x01\x09\x08\x00\x05\x88\x96\x0d\x73\xd7\x19\x01\x03\xa0\xc2\x1e".to_vec()),
    }
}

fn sound(path: &Path) -> Report {
    let report = verify(path, &Extent::default(), |_| {}).unwrap();
    assert_eq!(report.problems, []);
    report
}

/// Runs SQL as someone would who has only the file.
fn tamper(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    // No disk is waited for: the tests that tamper most do so hundreds of times.
    connection
        .execute_batch(&format!("PRAGMA synchronous = OFF; {sql}"))
        .unwrap_or_else(|e| panic!("{sql}: {e}"));
}

fn value<T: rusqlite::types::FromSql>(path: &Path, sql: &str) -> T {
    Connection::open(path)
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap_or_else(|e| panic!("{sql}: {e}"))
}

#[tokio::test]
async fn a_whole_archive_is_sound_is_one_file_and_answers_its_views() {
    let (folder, path) = scratch();
    let receipt = full_archive(&path).await;
    let report = sound(&path);
    assert_eq!(report.entries, 6);
    assert_eq!(report.bodies, 6);
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["citekeep.db"]);
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let reader = Reader::open(&path).unwrap();
    let articles = reader.articles(Some("case17")).unwrap();
    assert_eq!(articles.len(), 1);
    // One is captured; the other is identified, and waits for its capture.
    assert_eq!(
        articles[0].posts,
        [("captured".to_owned(), 1), ("pending".to_owned(), 1)].into()
    );
    assert_eq!(articles[0].links, [("captured".to_owned(), 1)].into());
    assert_eq!(reader.articles(Some("other")).unwrap(), []);
    assert_eq!(
        reader.find_article("https://news.example/story").unwrap(),
        Some(receipt.article)
    );
    let article = reader.article(receipt.article).unwrap().unwrap();
    assert_eq!(
        article.sentences[1].text.as_deref(),
        Some("\u{1f600} Ada wrote it first.")
    );
    assert_eq!(article.citations[0].sentences[0].text, article.sentences[1].text);
    assert_eq!(article.citations[0].target.post_text.as_deref(), Some("It works"));
    assert_eq!(
        article.citations[2].target.native_id.as_deref(),
        Some("1433000000000000002")
    );
    let target = reader
        .target_by_url("https://x.com/ada_example/status/1433000000000000001")
        .unwrap()
        .unwrap();
    assert_eq!(target.target, receipt.targets[0]);
    let captures = reader.captures(target.target).unwrap();
    assert_eq!((captures.len(), captures[0].changed.as_str()), (1, "first"));
    let exchanges = reader.exchanges(captures[0].capture).unwrap();
    assert_eq!(exchanges.len(), 2);
    assert_eq!(
        exchanges[0].response_headers[0],
        ("content-type".into(), "text/html".into())
    );
    let pieces: Vec<_> = reader
        .read_blob(&sha(b"a page"))
        .unwrap()
        .unwrap()
        .map(|piece| piece.unwrap())
        .collect();
    assert_eq!(pieces.concat(), b"a page");
    assert!(reader.read_blob(&sha(b"nothing")).unwrap().is_none());
    drop(reader);

    // Offsets agree with SQLite's own.
    let sql = "SELECT text FROM sentences WHERE ordinal = 1";
    assert_eq!(value::<String>(&path, sql), "\u{1f600} Ada wrote it first.");
    assert_eq!(
        value::<i64>(
            &path,
            "SELECT count(*) FROM citations WHERE sentence LIKE '%Ada wrote%'"
        ),
        2
    );
    assert_eq!(value::<i64>(&path, "SELECT count(*) FROM unresolved"), 0);
    assert_eq!(value::<i64>(&path, "SELECT count(*) FROM bodies"), 5);
    assert_eq!(
        value::<Vec<u8>>(&path, "SELECT bytes FROM bodies WHERE role = 'media'"),
        b"\xff\xd8 picture"
    );
}

#[tokio::test]
async fn the_ledger_is_recomputed_with_nothing_but_sha256_and_by_the_documented_shell_loop() {
    let (_folder, path) = scratch();
    full_archive(&path).await;
    let connection = Connection::open(&path).unwrap();
    let mut statement = connection
        .prepare("SELECT seq, body, leaf, head FROM ledger ORDER BY seq")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut previous = "0".repeat(64);
    let hexadecimal = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        let (seq, body, leaf, head): (i64, String, String, String) = (
            row.get(0).unwrap(),
            row.get(1).unwrap(),
            row.get(2).unwrap(),
            row.get(3).unwrap(),
        );
        assert_eq!(seq, count);
        assert_eq!(hexadecimal(&Sha256::digest([b"\0", body.as_bytes()].concat())), leaf);
        assert_eq!(hexadecimal(&Sha256::digest(format!("{previous} {leaf}\n"))), head);
        let line: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(line.to_string(), body, "canonical: sorted keys, no white space");
        assert_eq!(line["seq"], seq);
        assert_eq!(line["nonce"], format!("{seq:032x}"));
        previous = head;
        count += 1;
    }
    assert_eq!(count, 6);
    let script = r#"
        prev=$(printf '%064d' 0); sqlite3 -separator ' ' "$1" 'SELECT seq, leaf, head FROM ledger ORDER BY seq' |
        while read n leaf head; do
          [ "$(printf '%s %s\n' "$prev" "$leaf" | sha256sum | cut -c1-64)" = "$head" ] || echo BAD $n; prev=$head; echo $n
        done"#;
    if let Ok(output) = Process::new("sh").args(["-c", script, "sh"]).arg(&path).output()
        && Process::new("sqlite3").arg("-version").output().is_ok()
    {
        assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n1\n2\n3\n4\n5\n");
    }
}

#[tokio::test]
async fn evidence_refuses_update_and_delete() {
    let (_folder, path) = scratch();
    let receipt = full_archive(&path).await;
    add_a_note(&path, About::Target(receipt.targets[0])).await;
    add_a_post_read_again(&path).await;
    add_a_stamp(&path).await;
    add_an_inquiry(&path, receipt.targets[0]).await;
    add_what_a_helper_got(&path, receipt.targets[0]).await;
    add_what_others_recorded(&path, receipt.targets[1]).await;
    take_another_archive(&path).await;
    let connection = Connection::open(&path).unwrap();
    let tables: Vec<&str> = row::TABLES
        .iter()
        .map(|table| table.name)
        .chain(["ledger", "blob", "blob_chunk", "outcome"])
        .collect();
    for table in tables {
        if table != "redaction" {
            let rows: i64 = connection
                .query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0))
                .unwrap();
            assert!(rows > 0, "{table} has a row to try");
        } else {
            continue;
        }
        let mut columns = connection
            .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
            .unwrap();
        let columns: Vec<String> = columns
            .query_map([], |r| r.get(0))
            .unwrap()
            .map(|c| c.unwrap())
            .collect();
        for column in columns {
            let sql = format!("UPDATE {table} SET {column} = {column}");
            let error = connection.execute_batch(&sql).unwrap_err().to_string();
            assert!(error.contains("append-only"), "{sql}: {error}");
        }
        let error = connection
            .execute_batch(&format!("DELETE FROM {table}"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("append-only"), "{table}: {error}");
    }
    let error = connection
        .execute_batch("INSERT INTO blob_chunk (id, bytes) VALUES (65536 + 9, x'00')")
        .unwrap_err();
    assert!(error.to_string().contains("sealed"), "{error}");
}

/// Changes each column of these tables, in a row of each, and expects the change to be found; gives the SQL that takes the triggers
/// away and puts them back, and the number of changes.
fn tamper_with_each_column(path: &Path, folder: &TempDir, tables: &[&str]) -> (String, String, usize) {
    let connection = Connection::open(path).unwrap();
    let mut triggers = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap();
    let triggers: Vec<(String, String)> = triggers
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap()
        .map(|t| t.unwrap())
        .collect();
    let off: String = triggers
        .iter()
        .map(|(name, _)| format!("DROP TRIGGER {name};"))
        .collect();
    let on: String = triggers.iter().map(|(_, sql)| format!("{sql};")).collect();
    let copy = folder.path().join("copy.db");
    let mut tried = 0;
    for table in tables.iter().copied().filter(|table| *table != "redaction") {
        let mut columns = connection
            .prepare(&format!("SELECT name, type FROM pragma_table_info('{table}')"))
            .unwrap();
        let columns: Vec<(String, String)> = columns
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
            .unwrap()
            .map(|c| c.unwrap())
            .collect();
        for (column, kind) in columns {
            // A mere handle: what refers to it is found to have lost it.
            if (table, column.as_str()) == ("citation", "id") {
                continue;
            }
            let change = match kind.as_str() {
                "INTEGER" => format!("coalesce({column}, 0) + 1000"),
                "TEXT" => format!("coalesce({column}, '') || 'x'"),
                _ => format!("zeroblob(length({column}))"),
            };
            std::fs::copy(path, &copy).unwrap();
            let pick = format!("rowid = (SELECT max(rowid) FROM {table})");
            let pick = match table {
                "other_reading" | "other_citation" | "other_capture" => "seq > 0",
                "other_tag" => "added > ''",
                "block" | "sentence" => "ordinal = 1",
                "citation_sentence" | "resolution_candidate" => "rank = 0",
                "context" => "ordinal = 0",
                _ => pick.as_str(),
            };
            let sql = format!(
                "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; {off}
                 UPDATE {table} SET {column} = {change} WHERE {pick}; {on}"
            );
            tamper(&copy, &sql);
            let report = verify(&copy, &Extent::default(), |_| {}).unwrap();
            assert!(!report.is_sound(), "a change of {table}.{column} was not found");
            tried += 1;
        }
    }
    (off, on, tried)
}

#[tokio::test]
async fn one_change_in_what_was_taken_from_another_archive_is_found() {
    let (folder, path) = scratch();
    full_archive(&path).await;
    take_another_archive(&path).await;
    sound(&path);
    let tables = [
        "other_archive",
        "other_stamp",
        "other_reading",
        "other_citation",
        "other_capture",
        "other_tag",
    ];
    let (.., tried) = tamper_with_each_column(&path, &folder, &tables);
    assert!(tried > 55, "{tried}");
    // Nor does what is said of a head count that stands elsewhere in the chain.
    let store = open(&path);
    let said = Confirmed {
        entry: 0,
        head: value(&path, "SELECT head FROM other_archive"),
        by: anchored(),
    };
    let archive = value(&path, "SELECT id FROM other_archive");
    let taken = store.take_other_stamps(archive, vec![said]).await.unwrap();
    assert_eq!((taken.new, taken.wrong), (1, 0));
    store.close(0, None).await.unwrap();
    let report = verify(&path, &Extent::default(), |_| {}).unwrap();
    assert!(
        report.problems[0].what.contains("about no head of its chain"),
        "{report:?}"
    );
}

#[tokio::test]
async fn one_change_anywhere_in_the_evidence_is_found() {
    let (folder, path) = scratch();
    let receipt = full_archive(&path).await;
    add_a_note(&path, About::Target(receipt.targets[0])).await;
    add_a_post_read_again(&path).await;
    add_a_stamp(&path).await;
    add_an_inquiry(&path, receipt.targets[0]).await;
    add_what_a_helper_got(&path, receipt.targets[0]).await;
    add_what_others_recorded(&path, receipt.targets[1]).await;
    assert!(verify(&path, &Extent::default(), |_| {}).unwrap().is_sound());
    // What is taken from another archive costs more to check, and has a test of its own.
    let tables = row::TABLES.iter().map(|t| t.name).filter(|t| !t.starts_with("other_"));
    let tables: Vec<&str> = tables.chain(["blob", "blob_chunk", "ledger"]).collect();
    let (off, on, tried) = tamper_with_each_column(&path, &folder, &tables);
    let copy = folder.path().join("copy.db");
    assert!(tried > 120, "{tried}");
    // Rows slipped in, or taken out.
    for sql in [
        "DELETE FROM answer WHERE id = 1",
        "DELETE FROM post",
        "DELETE FROM ledger WHERE seq = (SELECT max(seq) FROM ledger); DELETE FROM run_end WHERE id = (SELECT max(id) FROM run_end)",
        "DELETE FROM capture WHERE id = 3",
        "DELETE FROM citation_sentence",
        "INSERT INTO answer SELECT 99, capture, resolution, 9, source, outcome, reason, detail FROM answer WHERE id = 1",
        "INSERT INTO capture SELECT 0, target, 99, run, started, ended, outcome, reason, source, best FROM capture LIMIT 1",
        "INSERT INTO post SELECT 99, 0, answer, exchange, parser, native_id, author_id, author_handle, author_name, posted_at,
         text, text_cut, language, quoted_id, parent_id, media, edit_ids, counts FROM post LIMIT 1",
        "INSERT INTO blob_chunk VALUES (99 << 16, x'00')",
        "UPDATE ledger SET body = NULL WHERE seq = 2",
    ] {
        std::fs::copy(&path, &copy).unwrap();
        let cut_end = sql.contains("DELETE FROM run_end");
        tamper(&copy, &format!("PRAGMA foreign_keys = OFF; {off} {sql}; {on}"));
        let report = verify(&copy, &Extent::default(), |_| {}).unwrap();
        // A chain cut at its end is a shorter chain: only a head kept elsewhere shows it.
        assert_eq!(report.is_sound(), cut_end, "{sql}: {:?}", report.problems);
    }
    std::fs::copy(&path, &copy).unwrap();
    tamper(&copy, "DROP TRIGGER capture_no_update");
    assert_eq!(
        verify(&copy, &Extent::default(), |_| {}).unwrap().problems[0].kind,
        ProblemKind::Schema
    );
}

#[tokio::test]
async fn a_fetched_reading_keeps_every_hop_and_one_without_an_address_is_known_by_its_text() {
    let (_folder, path) = scratch();
    let store = open(&path);
    let mut hop = exchange("https://news.example/s", Purpose::Article, b"");
    (hop.status, hop.body, hop.body_sha256) = (Some(301), Body::None, None);
    let failed = Exchange {
        status: None,
        http_version: None,
        response_headers: Vec::new(),
        certificate: None,
        remote: None,
        failure: Some(crate::exchange::Failure {
            outcome: Outcome::Unreachable,
            reason: "timeout_headers",
            detail: "no headers within 20 s".into(),
        }),
        ..hop.clone()
    };
    let last = exchange("https://news.example/story", Purpose::Article, b"<p>story</p>");
    let mut new = new_reading(b"");
    new.origin = Origin::Fetched(vec![failed, hop.clone(), last]);
    new.findings.reading.url = None;
    let receipt = store.add_reading(new, Queueing::default()).await.unwrap();
    let mut broken = new_reading(b"");
    broken.origin = Origin::Fetched(vec![hop]);
    assert!(
        store.add_reading(broken, Queueing::default()).await.is_err(),
        "there are no bytes to keep"
    );
    store.close(0, None).await.unwrap();
    sound(&path);
    let reader = Reader::open(&path).unwrap();
    let article = reader.article(receipt.article).unwrap().unwrap();
    assert!(article.summary.key.starts_with("sha256:"));
    assert_eq!(article.body_sha256, row::hex(&sha(b"<p>story</p>")));
    let hops = "SELECT group_concat(coalesce(status, failure_reason)) FROM (SELECT * FROM exchange ORDER BY ordinal)";
    assert_eq!(value::<String>(&path, hops), "timeout_headers,301,200");
    assert_eq!(value::<i64>(&path, "SELECT count(*) FROM article"), 1);
}

#[tokio::test]
async fn an_equal_reading_is_kept_once() {
    let (_folder, path) = scratch();
    let store = open(&path);
    let first = store
        .add_reading(new_reading(b"<p>story</p>"), Queueing::default())
        .await
        .unwrap();
    let second = store
        .add_reading(new_reading(b"<p>story</p>"), Queueing::default())
        .await
        .unwrap();
    assert!(first.new && !second.new);
    assert_eq!(
        (first.article, first.reading, &first.targets),
        (second.article, second.reading, &second.targets)
    );
    let other = store
        .add_reading(new_reading(b"<p>story!</p>"), Queueing::default())
        .await
        .unwrap();
    assert!(other.new);
    assert_eq!((other.article, &other.targets), (first.article, &first.targets));
    // The same bytes read better are another reading, over the same body.
    let mut better = new_reading(b"<p>story</p>");
    better.findings.citations.pop();
    let better = store.add_reading(better, Queueing::default()).await.unwrap();
    assert!(better.new && better.targets == first.targets[..2]);
    store.close(0, None).await.unwrap();
    assert_eq!(sound(&path).bodies, 2);
    assert_eq!(value::<i64>(&path, "SELECT count(*) FROM tag"), 1);
}

#[tokio::test]
async fn a_lease_is_exclusive_and_a_stale_result_writes_nothing() {
    let (_folder, path) = scratch();
    let store = open(&path);
    let receipt = store.add_reading(new_reading(b"x"), Queueing::default()).await.unwrap();
    let targets = receipt.targets;
    let queued = store.enqueue(targets.clone(), true).await.unwrap();
    assert_eq!(
        queued,
        Enqueued {
            queued: 0,
            pending: 3,
            settled: 0
        },
        "they are queued with the reading that names them"
    );

    let jobs = store.lease_due("a".into(), 10, 0, HashSet::new()).await.unwrap();
    assert_eq!(jobs.len(), 3);
    assert!(matches!(&jobs[0].kind, TargetKind::Post { platform, .. } if platform == "x"));
    assert_eq!(jobs[1].url, "https://example.org/page");
    assert!(
        matches!(&jobs[2].kind, TargetKind::Unidentified { claim, .. } if claim.text.as_deref() == Some("It works"))
    );
    // A lease of no length has run out at once: it is taken over, and its result is stale.
    let again = store.lease_due("b".into(), 10, 60_000, HashSet::new()).await.unwrap();
    assert_eq!(again.iter().map(|j| j.fence).collect::<Vec<_>>(), [2, 2, 2]);
    assert_eq!(
        store
            .lease_due("c".into(), 10, 60_000, HashSet::new())
            .await
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        store
            .lease("c".into(), 10, 60_000, targets.clone())
            .await
            .unwrap()
            .len(),
        0
    );
    let page = &jobs[1];
    assert_eq!(
        store
            .complete(page.id, page.fence, page_capture(b"late"), None)
            .await
            .unwrap(),
        Completion::Stale
    );
    assert!(!store.renew(page.id, page.fence, 1000).await.unwrap());
    assert!(store.renew(page.id, again[1].fence, 60_000).await.unwrap());

    // An outcome that settles nothing keeps the job for later, and whoever asks for it by name gets it at once.
    let retry = Some(noon().plus_millis(3_600_000));
    let stored = store.complete(page.id, 2, page_capture(b"busy"), retry).await.unwrap();
    assert!(matches!(stored, Completion::Stored(_)));
    assert_eq!(
        store
            .lease_due("c".into(), 10, 60_000, HashSet::new())
            .await
            .unwrap()
            .len(),
        0
    );
    let retried = lease_one(&store, page.id).await;
    assert_eq!((retried.fence, retried.attempts), (3, 1));
    store.complete(page.id, 3, page_capture(b"now"), None).await.unwrap();
    assert_eq!(
        store.complete(page.id, 3, page_capture(b"twice"), None).await.unwrap(),
        Completion::Stale
    );
    assert_eq!(store.enqueue(vec![page.id], false).await.unwrap().settled, 1);
    assert_eq!(store.enqueue(vec![page.id], true).await.unwrap().queued, 1);

    let post = &again[0];
    assert!(store.give_back(post.id, post.fence, None).await.unwrap());
    assert_eq!(
        store
            .complete(post.id, post.fence, page_capture(b"x"), None)
            .await
            .unwrap(),
        Completion::Stale
    );
    assert_eq!(
        store
            .lease_due("d".into(), 10, 60_000, HashSet::new())
            .await
            .unwrap()
            .len(),
        2
    );
    store.close(0, None).await.unwrap();
    sound(&path);
    let changed =
        "SELECT group_concat(changed) FROM (SELECT changed FROM captures WHERE kind = 'link' ORDER BY capture)";
    assert_eq!(value::<String>(&path, changed), "first,body");

    // Leases of a run that is gone are free for the next.
    let store = open(&path);
    assert_eq!(
        store
            .lease_due("e".into(), 10, 60_000, HashSet::new())
            .await
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn hosts_take_turns_and_none_waits_for_the_backlog_of_another() {
    let (_folder, path) = scratch();
    let store = open(&path);
    let queue = async |host: &str, pages: usize| {
        for page in 0..pages {
            let url = Url::parse(&format!("https://{host}/{page}")).unwrap();
            let target = store.target(Cited::Link(url)).await.unwrap();
            store.enqueue(vec![target], false).await.unwrap();
        }
    };
    // More than is looked through for the longest overdue.
    queue("slow.example", 1500).await;
    for host in 0..30 {
        queue(&format!("h{host:02}.example:8080"), 3).await;
    }
    queue("z.example", 1).await;
    let taken = async |limit: usize, resting: &[&str]| {
        let resting = resting.iter().map(|host| (*host).to_owned()).collect();
        let jobs = store.lease_due("a".into(), limit, 60_000, resting).await.unwrap();
        let mut hosts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for job in jobs {
            let url = Url::parse(&job.url).unwrap();
            let host = url.host_str().unwrap().to_owned();
            hosts.entry(host).or_default().push(url.path().to_owned());
        }
        hosts
    };
    let mut first = taken(2, &[]).await;
    assert_eq!(first["slow.example"], ["/0"], "the longest overdue of each");
    // While others have nothing under way, who has gets no second, however few there may be at a time.
    for _ in 0..9 {
        first.extend(taken(2, &[]).await);
    }
    assert!(
        first.len() == 20 && first.values().all(|paths| paths.len() == 1),
        "{first:?}"
    );
    // Those that had no turn yet come first.
    let second = taken(20, &[]).await;
    let new = second.keys().filter(|host| !first.contains_key(*host));
    assert_eq!(new.count(), 12, "{second:?}");
    assert_eq!(second["slow.example"], ["/1"]);
    // A host that rests is left where it is; the others are taken to the end.
    let third = taken(500, &["slow.example"]).await;
    assert_eq!(third.values().flatten().count(), 30 * 3 + 1 - 38);
    assert!(!third.contains_key("slow.example"));
    // Who is alone gets all there is room for.
    assert_eq!(taken(300, &[]).await["slow.example"].len(), 300);
    assert_eq!(taken(5000, &[]).await["slow.example"].len(), 1500 - 302);
    assert!(taken(10, &[]).await.is_empty());
}

#[tokio::test]
async fn an_identified_post_takes_the_place_of_its_claim() {
    let (_folder, path) = scratch();
    let store = open(&path);
    let receipt = store.add_reading(new_reading(b"x"), Queueing::default()).await.unwrap();
    let claim = receipt.targets[2];
    store.enqueue(vec![claim], false).await.unwrap();
    let job = lease_one(&store, claim).await;
    let stored = store
        .complete_resolution(job.id, job.fence, resolution(None), None)
        .await
        .unwrap();
    assert_eq!(stored, Completion::Stored(None));
    assert_eq!(store.enqueue(vec![claim], false).await.unwrap().settled, 1);
    store.enqueue(vec![claim], true).await.unwrap();
    let job = lease_one(&store, claim).await;
    let found = resolution(Some(post_ref("1433000000000000002")));
    let Completion::Stored(Some(post)) = store.complete_resolution(job.id, job.fence, found, None).await.unwrap()
    else {
        panic!("it was identified");
    };
    // Asked for by its claim, the post itself is handed out.
    assert_eq!(store.enqueue(vec![claim], false).await.unwrap().pending, 1);
    let job = lease_one(&store, claim).await;
    assert_eq!(job.target, post);
    assert!(matches!(job.kind, TargetKind::Post { .. }));
    store
        .complete(job.id, job.fence, post_capture("It works"), None)
        .await
        .unwrap();
    assert_eq!(store.enqueue(vec![claim], false).await.unwrap().settled, 1);
    store.close(0, None).await.unwrap();
    sound(&path);
}

#[tokio::test]
async fn a_deleted_post_is_gone_with_what_was_kept_of_it() {
    let (_folder, path) = scratch();
    let receipt = full_archive(&path).await;
    let store = open(&path);
    store.enqueue(vec![receipt.targets[0]], true).await.unwrap();
    let job = lease_one(&store, receipt.targets[0]).await;
    let tombstone = exchange("https://api.example/1", Purpose::Api, b"{\"tombstone\":true}");
    let mut deleted = capture_of(vec![answer("x.syndication", Outcome::Deleted, vec![tombstone])]);
    deleted.answers[0].reason = "tombstone_deleted".into();
    store.complete(job.id, job.fence, deleted, None).await.unwrap();
    store.close(0, None).await.unwrap();
    let gone = "SELECT outcome || ' ' || said_by || ' ' || text FROM gone";
    assert_eq!(value::<String>(&path, gone), "deleted x.syndication It works");
    let changed = "SELECT changed || ' ' || outcome_before FROM captures ORDER BY capture DESC LIMIT 1";
    assert_eq!(value::<String>(&path, changed), "outcome captured");
}

#[tokio::test]
async fn a_failing_command_costs_the_others_of_its_group_nothing() {
    let (_folder, path) = scratch();
    let store = open(&path);
    let mut targets = Vec::new();
    for n in 0..20 {
        let url = Url::parse(&format!("https://example.org/{n}")).unwrap();
        targets.push(store.target(Cited::Link(url)).await.unwrap());
    }
    store.enqueue(targets, false).await.unwrap();
    let jobs = store.lease_due("a".into(), 20, 60_000, HashSet::new()).await.unwrap();
    let completions = jobs.iter().map(|job| {
        let mut record = page_capture(format!("page {}", job.id).as_bytes());
        match job.id % 4 {
            0 => record.best = 7,
            1 => record.answers[0].exchanges[0].body = Body::Staged(4711),
            _ => {}
        }
        store.complete(job.id, job.fence, record, None)
    });
    // All are sent before any is answered, so that they share transactions.
    let mut waiting: Vec<_> = completions.map(Box::pin).collect();
    let mut outcomes = Vec::new();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(outcome) => {
                outcomes.push(outcome.is_ok());
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|ok| **ok).count(), 10);
    store.close(0, None).await.unwrap();
    sound(&path);
    assert_eq!(value::<i64>(&path, "SELECT count(*) FROM capture"), 10);
    assert_eq!(value::<i64>(&path, "SELECT count(*) FROM blob"), 11);
}

#[tokio::test]
async fn a_staged_body_is_sealed_by_its_capture_or_thrown_away() {
    let (_folder, path) = scratch();
    let store = open(&path);
    let film: Vec<u8> = (0..CHUNK_BYTES * 2 + 77).map(|n| (n % 251) as u8).collect();
    let mut captures = Vec::new();
    for _ in 0..2 {
        let other = store
            .begin_upload("https://img.example/other.mp4".into(), None)
            .await
            .unwrap();
        let upload = store
            .begin_upload("https://img.example/film.mp4".into(), Some(("\"e1\"".into(), 9)))
            .await
            .unwrap();
        for piece in film.chunks(CHUNK_BYTES) {
            store.push_chunk(upload, Bytes::copy_from_slice(piece)).await.unwrap();
            store
                .push_chunk(other, Bytes::from_static(b"never finished"))
                .await
                .unwrap();
        }
        let target = store.target(Cited::Post(post_ref(&upload.to_string()))).await.unwrap();
        store.enqueue(vec![target], false).await.unwrap();
        let job = lease_one(&store, target).await;
        let mut record = post_capture("film");
        let exchange = &mut record.media[0].exchanges[0];
        (exchange.body, exchange.body_length) = (Body::Staged(upload), film.len() as u64);
        exchange.body_sha256 = Some(sha(&film));
        captures.push(store.complete(job.id, job.fence, record, None).await.unwrap());
    }
    assert!(captures.iter().all(|c| matches!(c, Completion::Stored(_))));
    assert_eq!(store.discard_stale_uploads(noon()).await.unwrap(), 0);
    assert_eq!(store.discard_stale_uploads(noon().plus_millis(1)).await.unwrap(), 2);
    assert!(store.push_chunk(1, Bytes::from_static(b"gone")).await.is_err());
    store.close(0, None).await.unwrap();
    sound(&path);
    let reader = Reader::open(&path).unwrap();
    let pieces: Vec<_> = reader
        .read_blob(&sha(&film))
        .unwrap()
        .unwrap()
        .map(|piece| piece.unwrap())
        .collect();
    assert!(pieces.len() == 3 && pieces.concat() == film);
    assert_eq!(value::<i64>(&path, "SELECT count(*) FROM blob_chunk"), 5);
}

#[tokio::test]
async fn a_redaction_takes_out_what_it_names_and_nothing_else() {
    let (_folder, path) = scratch();
    let receipt = full_archive(&path).await;
    let store = open(&path);
    let redact = |item| store.redact(item, "desk".into(), "court order".into());
    redact(Redactable::Blob(sha(b"a page"))).await.unwrap();
    redact(Redactable::ReadingText(receipt.reading)).await.unwrap();
    redact(Redactable::Post(1)).await.unwrap();
    redact(Redactable::LedgerLine(4)).await.unwrap();
    let again = redact(Redactable::Blob(sha(b"a page"))).await.unwrap_err();
    assert_eq!(again.exit_code(), ExitCode::BadInput);
    assert!(redact(Redactable::Post(99)).await.is_err());
    store.close(0, None).await.unwrap();
    let report = sound(&path);
    assert_eq!(report.redacted, 4);
    let file = std::fs::read(&path).unwrap();
    assert!(
        !file.windows(6).any(|window| window == b"a page"),
        "its bytes are gone from the file"
    );
    let reader = Reader::open(&path).unwrap();
    assert!(
        reader
            .read_blob(&sha(b"a page"))
            .unwrap()
            .unwrap()
            .next()
            .unwrap()
            .is_err()
    );
    drop(reader);
    // The door is shut again once the tombstone has its ledger entry.
    let connection = Connection::open(&path).unwrap();
    let tombstone = "INSERT INTO redaction SELECT 0, run, at, by, why, 'blob', 1, sha256 FROM redaction LIMIT 1";
    connection.execute_batch(tombstone).unwrap();
    assert!(
        connection
            .execute_batch("DELETE FROM blob_chunk WHERE id >> 16 = 1")
            .is_err()
    );
}

#[tokio::test]
async fn a_check_goes_on_where_it_stopped_and_a_quick_one_leaves_out_bodies_and_derivation() {
    let (_folder, path) = scratch();
    let store = open(&path);
    let mut targets = Vec::new();
    for n in 0..6 {
        let url = Url::parse(&format!("https://example.org/{n}")).unwrap();
        targets.push(store.target(Cited::Link(url)).await.unwrap());
    }
    store.enqueue(targets.clone(), false).await.unwrap();
    for job in store.lease("a".into(), 6, 60_000, targets).await.unwrap() {
        let record = page_capture(format!("page {}", job.id).as_bytes());
        store.complete(job.id, job.fence, record, None).await.unwrap();
    }
    store.close(0, None).await.unwrap();
    let whole = verify(&path, &Extent::default(), |_| {}).unwrap();
    // One step at a time: time is always over.
    let mut extent = Extent {
        until: Some(std::time::Instant::now()),
        ..Extent::default()
    };
    let mut places = Vec::new();
    let (mut bodies, mut entries) = (0, 0);
    loop {
        let part = verify(&path, &extent, |_| {}).unwrap();
        assert!(part.is_sound(), "{part:?}");
        (bodies, entries) = (bodies + part.bodies, entries + part.entries);
        let Some(next) = part.next else {
            assert_eq!(part.head, whole.head);
            break;
        };
        assert_eq!(next.to_string().parse(), Ok(next));
        places.push(next);
        extent.from = next;
    }
    assert!(places.is_sorted() && places.len() > 10, "{places:?}");
    assert_eq!((bodies, entries), (whole.bodies, whole.entries));

    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("DROP TRIGGER capture_no_update; UPDATE capture SET outcome = 'deleted' WHERE id = 5")
        .unwrap();
    let trigger: String = Connection::open_in_memory()
        .and_then(|fresh| {
            fresh.execute_batch(file::SCHEMA)?;
            fresh.query_row(
                "SELECT sql FROM sqlite_schema WHERE name = 'capture_no_update'",
                [],
                |row| row.get(0),
            )
        })
        .unwrap();
    connection.execute_batch(&trigger).unwrap();
    let check = |quick, from| {
        let extent = Extent {
            quick,
            from,
            until: None,
        };
        verify(&path, &extent, |_| {}).unwrap().is_sound()
    };
    assert!(!check(false, Place::Beginning));
    assert!(!check(false, Place::Entry(3)));
    assert!(
        check(false, Place::Entry(6)),
        "what stands before is not looked at again"
    );
    assert!(check(true, Place::Beginning));
    let sql = "DROP TRIGGER ledger_no_update; UPDATE ledger SET leaf = replace(leaf, 'a', 'b') WHERE seq = 3";
    connection.execute_batch(sql).unwrap();
    assert!(!check(true, Place::Beginning));
}

#[tokio::test]
async fn a_run_that_finds_nothing_due_is_kept_and_whatever_waits_makes_it_a_run() {
    let (_folder, path) = scratch();
    drop(open(&path));
    let idle = |path: &Path| {
        let store = Store::open_if_due(path, &options(), false, |run, _| Ok(format!("{{\"run\":{run}}}"))).unwrap();
        store.is_none()
    };
    assert!(!idle(&path), "the run before did not end");
    open(&path).close(0, None).await.unwrap();
    assert!(idle(&path));
    assert_eq!(
        value::<String>(&path, "SELECT summary FROM run_end ORDER BY id DESC LIMIT 1"),
        value::<String>(&path, "SELECT '{\"run\":' || max(id) || '}' FROM run")
    );
    assert!(idle(&path));
    sound(&path);
    let store = open(&path);
    let url = Url::parse("https://example.org/").unwrap();
    store.target(Cited::Link(url)).await.unwrap();
    store.close(0, None).await.unwrap();
    assert!(idle(&path));
    for (waits, over) in [
        (
            "INSERT INTO job VALUES (1, 1, 1, 0, '2026-11-25T00:00:00.000Z', NULL, NULL, 0, 'h')",
            "DELETE FROM job",
        ),
        (
            "INSERT INTO job VALUES (1, 1, 1, 0, '2027-11-25T00:00:00.000Z', NULL, NULL, 0, 'h')",
            "DELETE FROM job",
        ),
        (
            "INSERT INTO job VALUES (1, 1, 1, 0, '2026-11-26T00:00:00.000Z', '2027-01-01', 'a', 0, 'h')",
            "DELETE FROM job",
        ),
        (
            "INSERT INTO recheck VALUES (1, '2026-11-25T00:00:00.000Z')",
            "DELETE FROM recheck",
        ),
        (
            "INSERT INTO recheck VALUES (1, '2036-11-25T00:00:00.000Z')",
            "DELETE FROM recheck",
        ),
        (
            "INSERT INTO host_penalty VALUES ('h', '2036-11-25T00:00:00.000Z', 0)",
            "DELETE FROM host_penalty",
        ),
    ] {
        let change = |sql: &str| {
            let connection = Connection::open(&path).unwrap();
            connection
                .execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}"))
                .unwrap();
        };
        change(waits);
        assert!(!idle(&path), "{waits}");
        change(over);
        open(&path).close(0, None).await.unwrap();
        assert!(idle(&path), "{over}");
    }
    sound(&path);
}

#[tokio::test]
async fn host_penalties_outlive_the_run_and_the_longer_one_counts() {
    let (_folder, path) = scratch();
    let store = open(&path);
    let penalty = |millis, failures| Penalty {
        until: noon().plus_millis(millis),
        failures,
    };
    for (host, penalty) in [
        ("a.example", penalty(5000, 0)),
        ("a.example", penalty(1000, 0)),
        ("b.example", penalty(0, 0)),
        // Over, but one more failure is enough; not for ever.
        ("c.example", penalty(0, 5)),
        ("d.example", penalty(-7 * 86_400_000, 5)),
        // It answered since.
        ("e.example", penalty(-1000, 5)),
        ("e.example", penalty(0, 0)),
    ] {
        store.host_penalty(host.into(), penalty).await.unwrap();
    }
    store.close(0, None).await.unwrap();
    let store = open(&path);
    let penalties = store.host_penalties().await.unwrap();
    assert_eq!(
        penalties,
        [
            ("a.example".to_owned(), penalty(5000, 0)),
            ("c.example".to_owned(), penalty(0, 5))
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_written_stops_the_writer_with_exit_74_and_leaves_a_sound_archive() {
    let (_folder, path) = scratch();
    let store = open(&path);
    let target = store
        .target(Cited::Link(Url::parse("https://example.org/").unwrap()))
        .await
        .unwrap();
    store.enqueue(vec![target], false).await.unwrap();
    let job = lease_one(&store, target).await;
    // As on a full disk, the file may not grow any more.
    store
        .call(0, |session| {
            let limit = "PRAGMA max_page_count = 1";
            Ok(session.connection.query_row(limit, [], |_| Ok(()))?)
        })
        .await
        .unwrap();
    let body = vec![7; 1 << 20];
    let error = store
        .complete(job.id, job.fence, page_capture(&body), None)
        .await
        .unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::InputOutput, "{error}");
    let later = store.give_back(job.id, job.fence, None).await.unwrap_err();
    assert_eq!(later.exit_code(), ExitCode::InputOutput, "{later}");
    assert_eq!(
        store.close(0, None).await.unwrap_err().exit_code(),
        ExitCode::InputOutput
    );
    drop(store);
    sound(&path);
    // The next run takes up the work.
    let store = open(&path);
    let job = lease_one(&store, target).await;
    let done = store
        .complete(job.id, job.fence, page_capture(&body), None)
        .await
        .unwrap();
    assert!(matches!(done, Completion::Stored(_)));
    store.close(0, None).await.unwrap();
    sound(&path);
}

#[test]
fn what_is_not_an_archive_is_refused_and_left_alone() {
    let (folder, path) = scratch();
    let exit = |path: &Path, create| {
        let error = Store::open(path, &RunOptions { create, ..options() })
            .map(drop)
            .unwrap_err();
        let reading = Reader::open(path).map(drop);
        (error.exit_code(), reading.map_err(|e| e.exit_code()))
    };
    assert_eq!(exit(&path, false), (ExitCode::NoInput, Err(ExitCode::NoInput)));
    std::fs::write(
        &path,
        "Dear diary, this is no database but long enough to have a header of its own.\n".repeat(9),
    )
    .unwrap();
    assert_eq!(exit(&path, true), (ExitCode::BadInput, Err(ExitCode::BadInput)));
    std::fs::write(&path, "").unwrap();
    assert_eq!(exit(&path, true), (ExitCode::BadInput, Err(ExitCode::BadInput)));
    std::fs::remove_file(&path).unwrap();
    tamper(&path, "CREATE TABLE diary (entry TEXT)");
    let before = std::fs::read(&path).unwrap();
    assert_eq!(exit(&path, true), (ExitCode::BadInput, Err(ExitCode::BadInput)));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    std::fs::remove_file(&path).unwrap();
    drop(open(&path));
    let (link, twin) = (folder.path().join("link.db"), folder.path().join("twin.db"));
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_eq!(exit(&link, true), (ExitCode::BadInput, Err(ExitCode::BadInput)));
    std::fs::hard_link(&path, &twin).unwrap();
    assert_eq!(exit(&path, true), (ExitCode::BadInput, Err(ExitCode::BadInput)));
    std::fs::remove_file(&twin).unwrap();
    tamper(&path, "PRAGMA user_version = 99");
    let before = std::fs::read(&path).unwrap();
    assert_eq!(
        exit(&path, true),
        (ExitCode::Configuration, Err(ExitCode::Configuration))
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(exit(folder.path(), true).0, ExitCode::BadInput);
}

#[test]
fn what_was_half_written_in_place_is_rolled_back_before_it_is_read() {
    let (folder, path) = scratch();
    drop(open(&path));
    let killed = folder.path().join("killed.db");
    let journal = |path: &Path| PathBuf::from(format!("{}-journal", path.display()));
    let connection = Connection::open(&path).unwrap();
    let count = "SELECT count(*) FROM host_penalty";
    // The cache holds so little that changed pages reach the file before the commit, as a kill could leave them.
    connection
        .execute_batch(
            "PRAGMA cache_size = 1; BEGIN;
             WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
             INSERT INTO host_penalty SELECT 'host ' || i, '2026-01-01T00:00:00.000Z', 0 FROM n",
        )
        .unwrap();
    std::fs::copy(&path, &killed).unwrap();
    std::fs::copy(journal(&path), journal(&killed)).unwrap();
    drop(connection);
    let mut raw = Connection::open_with_flags(&killed, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert!(raw.query_row(count, [], |row| row.get::<_, i64>(0)).is_err());
    sound(&killed);
    assert!(!journal(&killed).exists());
    raw = Connection::open(&killed).unwrap();
    assert_eq!(raw.query_row(count, [], |row| row.get::<_, i64>(0)), Ok(0));
}

#[test]
fn a_migrated_archive_has_the_schema_of_a_new_one() {
    let schema = |path: &Path| -> Vec<(String, Option<String>)> {
        let connection = Connection::open(path).unwrap();
        let mut statement = connection
            .prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(|row| row.unwrap()).collect()
    };
    let (_new_folder, new) = scratch();
    drop(open(&new));
    for kept in KEPT {
        let (_folder, path) = scratch();
        unpack(kept, &path);
        drop(open(&path));
        assert_eq!(schema(&path), schema(&new));
    }
}

/// An archive of each earlier schema.
const KEPT: [&[u8]; 4] = [
    include_bytes!("../../tests/archives/schema-1.db.gz"),
    include_bytes!("../../tests/archives/schema-2.db.gz"),
    include_bytes!("../../tests/archives/schema-3.db.gz"),
    include_bytes!("../../tests/archives/schema-4.db.gz"),
];

fn unpack(kept: &[u8], path: &Path) {
    let mut archive = std::fs::File::create(path).unwrap();
    std::io::copy(&mut flate2::read::GzDecoder::new(kept), &mut archive).unwrap();
}

#[test]
fn archives_of_earlier_schemas_are_brought_up_to_date_stay_sound_and_are_judged() {
    for (kept, told) in KEPT
        .into_iter()
        .zip([("live", 2), ("deleted", 2), ("unknown", 1), ("unknown", 1)])
    {
        let (_folder, path) = scratch();
        unpack(kept, &path);
        assert_eq!(
            Reader::open(&path).unwrap_err().exit_code(),
            ExitCode::Configuration,
            "who only reads changes nothing"
        );
        open(&path).close_blocking(0, None).unwrap();
        sound(&path);
        let now: (String, i64, String) = Connection::open(&path)
            .unwrap()
            .query_row(
                "SELECT p.text, (SELECT count(*) FROM recheck), v.state FROM posts p JOIN verdicts v ON v.target = p.target",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        let (verdict, due) = told;
        assert_eq!(now, ("The weir at Veyle holds.".to_owned(), due, verdict.to_owned()));
    }
}

#[test]
fn an_archive_is_not_brought_up_to_date_where_there_is_no_room_for_it() {
    for kept in KEPT {
        let (_folder, path) = scratch();
        unpack(kept, &path);
        let before = std::fs::read(&path).unwrap();
        let without_room = RunOptions {
            free: u64::MAX,
            ..options()
        };
        let error = Store::open(&path, &without_room).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::InputOutput, "{error}");
        assert!(std::fs::read(&path).unwrap() == before);
        open(&path).close_blocking(0, None).unwrap();
        sound(&path);
    }
}

#[test]
fn a_migration_that_fails_leaves_the_version_before_it() {
    let (_folder, path) = scratch();
    drop(open(&path));
    let mut connection = Connection::open(&path).unwrap();
    let with = |step| [file::MIGRATIONS, &[step]].concat();
    let failing = with("CREATE TABLE extra (id INTEGER); CREATE TABLE extra (id INTEGER)");
    assert!(file::migrate(&mut connection, &failing).is_err());
    let working = with("CREATE TABLE extra (id INTEGER)");
    file::migrate(&mut connection, &working).unwrap();
    assert_eq!(
        connection
            .query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0))
            .unwrap(),
        working.len() as i64
    );
    file::migrate(&mut connection, &working).unwrap();
}

#[test]
fn the_outcome_words_of_the_schema_are_those_of_the_program() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(file::SCHEMA).unwrap();
    let mut statement = connection.prepare("SELECT word FROM outcome").unwrap();
    let mut words: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(|word| word.unwrap())
        .collect();
    let mut ours: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.word()).collect();
    words.sort();
    ours.sort();
    assert_eq!(words, ours);
    for table in row::TABLES {
        let sql = format!(
            "SELECT group_concat(name, ', ') FROM pragma_table_info('{}')",
            table.name
        );
        let columns: String = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        let ours: Vec<&str> = table.columns.split_whitespace().collect();
        assert_eq!(columns, ours.join(" "), "{}", table.name);
    }
    let version: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, file::MIGRATIONS.len() as i64);
}

#[test]
fn a_distributions_sqlite_loads_the_schema_and_its_views() {
    let (_folder, path) = scratch();
    let views = "sentences targets posts citations captures bodies gone unresolved";
    let script = views
        .split(' ')
        .map(|view| format!("SELECT '{view}', count(*) FROM {view};\n"));
    let script = format!("{}\n{}", file::SCHEMA, script.collect::<String>());
    let Ok(mut sqlite) = Process::new("sqlite3")
        .arg(&path)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
    else {
        return;
    };
    std::io::Write::write_all(&mut sqlite.stdin.take().unwrap(), script.as_bytes()).unwrap();
    let output = sqlite.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 8);
}

/// Name of the variable that tells a child process which archive to work on.
const CHILD: &str = "CITEKEEP_STORE_TEST_ARCHIVE";

fn child(path: &Path) -> std::process::Child {
    Process::new(std::env::current_exe().unwrap())
        .args(["store::tests::child_process", "--exact", "--ignored", "--nocapture"])
        .env(CHILD, path)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the child has said `word` on a line by itself, and gives the lines before it.
fn wait_for(child: &mut std::process::Child, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
    use std::io::BufRead;
    let mut lines = Vec::new();
    for line in std::io::BufReader::new(child.stdout.as_mut().unwrap()).lines() {
        lines.push(line.unwrap());
        if enough(&lines) {
            break;
        }
    }
    lines
}

#[tokio::test]
#[ignore = "run by other tests in a process of its own"]
async fn child_process() {
    let Ok(path) = std::env::var(CHILD) else {
        return;
    };
    let store = Store::open(
        Path::new(&path),
        &RunOptions {
            clock: Clock::System,
            ..options()
        },
    )
    .unwrap();
    println!("\nopened");
    for n in 0..100_000 {
        let url = Url::parse(&format!("https://example.org/{}/{n}", std::process::id())).unwrap();
        let target = store.target(Cited::Link(url)).await.unwrap();
        store.enqueue(vec![target], false).await.unwrap();
        let job = lease_one(&store, target).await;
        let body = format!("page {n} ").repeat(5000);
        let done = store
            .complete(job.id, job.fence, page_capture(body.as_bytes()), None)
            .await
            .unwrap();
        let Completion::Stored(capture) = done else {
            panic!("stale")
        };
        println!("stored {}", capture.capture);
    }
}

#[test]
fn a_killed_run_loses_nothing_acknowledged_and_leaves_no_half_capture() {
    let (_folder, path) = scratch();
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let mut child = child(&path);
        let lines = wait_for(&mut child, |lines| lines.len() > 8 + round * 3);
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(
            lines
                .iter()
                .filter_map(|line| line.strip_prefix("stored ")?.parse::<i64>().ok()),
        );
        sound(&path);
    }
    assert!(acknowledged.len() > 10);
    // The lock went with the process, and the next run cleans up.
    drop(open(&path));
    sound(&path);
    let reader = Reader::open(&path).unwrap();
    for capture in acknowledged {
        assert_eq!(reader.exchanges(capture).unwrap().len(), 1);
    }
    assert!(!path.with_file_name("citekeep.db-wal").exists());
}

#[test]
fn a_second_run_is_told_who_holds_the_archive_and_readers_are_not_disturbed() {
    let (_folder, path) = scratch();
    let mut child = child(&path);
    wait_for(&mut child, |lines| lines.iter().any(|line| line.starts_with("stored")));
    let error = Store::open(&path, &options()).map(drop).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Locked);
    let message = error.to_string();
    assert!(message.contains(&format!("process {}", child.id())), "{message}");
    assert!(message.contains("citekeep archive story.html"), "{message}");
    let reader = Reader::open(&path).unwrap();
    assert!(reader.totals().unwrap().captures >= 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let waited = Store::open(
        &path,
        &RunOptions {
            wait: Duration::from_secs(5),
            ..options()
        },
    )
    .unwrap();
    drop(reader);
    drop(waited);
}

/// What a search finds, in the order found.
fn found(path: &Path, words: &[&str]) -> Vec<(&'static str, i64)> {
    let query = crate::search::Query::new(words.iter().copied()).unwrap();
    let mut found = Vec::new();
    let reader = Reader::open(path).unwrap();
    reader.search(&query, |hit| found.push((hit.kind, hit.row))).unwrap();
    found
}

#[tokio::test]
async fn the_index_of_words_finds_what_looking_through_everything_finds_and_what_came_after_it() {
    let (_folder, path) = scratch();
    let receipt = full_archive(&path).await;
    add_a_note(&path, About::Target(receipt.targets[0])).await;
    let queries: [&[&str]; 7] = [
        &["größe"],
        &["wrote it", "second"],
        &["it works"],
        &["a page"],
        &["seen with"],
        &["desk"],
        &["nowhere"],
    ];
    let before: Vec<_> = queries.iter().map(|words| found(&path, words)).collect();
    assert!(before.iter().take(6).all(|found| !found.is_empty()), "{before:?}");
    {
        let _run = open(&path);
        assert_eq!(add_words(&path).unwrap_err().exit_code(), ExitCode::Locked);
        assert_eq!(found(&path, &["größe"]), before[0]);
    }
    add_words(&path).unwrap();
    for (words, before) in queries.iter().zip(&before) {
        assert_eq!(found(&path, words), *before, "{words:?}");
    }
    assert_eq!(value::<i64>(&path, "SELECT count(*) FROM words_until"), 4);
    sound(&path);
    // What is newer than the index is looked through, and a text that was read otherwise takes the place of the one before.
    add_a_post_read_again(&path).await;
    add_a_note(&path, About::Article(receipt.article)).await;
    for _ in 0..2 {
        assert_eq!(found(&path, &["works again"]), [("post", receipt.targets[0])]);
        assert_eq!(found(&path, &["seen"]).len(), 2);
        add_words(&path).unwrap();
    }
    // An index of another version of the program counts for nothing, and is made anew.
    tamper(
        &path,
        "UPDATE words_until SET program = 'citekeep 0.0.1'; DELETE FROM words_until WHERE kind = 0",
    );
    assert_eq!(found(&path, &["größe"]), before[0]);
    add_words(&path).unwrap();
    assert_eq!(found(&path, &["größe"]), before[0]);
    assert_eq!(
        value::<i64>(
            &path,
            "SELECT count(*) FROM words_until WHERE program = 'citekeep 0.0.1'"
        ),
        0
    );
}

#[tokio::test]
async fn what_is_redacted_stands_nowhere_in_the_file_nor_in_the_index_of_words() {
    let (_folder, path) = scratch();
    let has = || {
        let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
        bytes.windows(9).any(|part| part == b"quagmires")
    };
    let store = open(&path);
    let receipt = store
        .add_reading(new_reading(b"story"), Queueing::default())
        .await
        .unwrap();
    let job = lease_one(&store, receipt.targets[0]).await;
    let record = post_capture("Quagmires");
    let body = record.answers[0].exchanges[0].body_sha256.unwrap();
    store.complete(job.id, job.fence, record, None).await.unwrap();
    store.close(0, None).await.unwrap();
    add_words(&path).unwrap();
    assert!(has());
    assert_eq!(found(&path, &["quagmires"]).len(), 1);
    let store = open(&path);
    for item in [
        Redactable::Blob(body),
        Redactable::Post(value(&path, "SELECT max(id) FROM post")),
    ] {
        store.redact(item, "desk".into(), "a name".into()).await.unwrap();
    }
    store.close(0, None).await.unwrap();
    assert!(!has());
    assert_eq!(found(&path, &["quagmires"]), []);
    add_words(&path).unwrap();
    assert!(!has());
    assert_eq!(found(&path, &["größe"]).len(), 1);
    sound(&path);
}
