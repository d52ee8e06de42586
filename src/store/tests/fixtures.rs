//! What the tests of the store fill archives with, and how they look into them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use url::Url;

use crate::article::{Block, BlockKind, Format, Found, Reading, Sentence, Span};
use crate::citation::{Citation, Cited, Claim, Findings, Form, Reference, Relation};
use crate::clock::Timestamp;
use crate::exchange::testing::answered;
use crate::exchange::{Body, Digests, Exchange, FileOfOthers, Purpose, Recorded};
use crate::outcome::Outcome;
use crate::platform::context::{Around, Tie};
use crate::platform::{Candidate, Media, Post, PostRef};
use crate::stamp::{Kind, Testimony};
use crate::store::export::Profile;
use crate::store::export::made::NewExport;
use crate::store::other::stamps::{Confirmed, TakenStamps};
use crate::store::record::{
    About, AnswerRecord, CaptureRecord, HelperRecord, Job, MediaRecord, NewInquiry, NewNote, NewReading, NewRecords,
    NewStamp, Origin, Queueing, ReadingReceipt, ResolutionRecord, SuppliedFile, Surroundings,
};
use crate::store::verify::{Extent, Report, verify};
use crate::store::*;

pub(super) const NOON: i64 = 1_795_608_000_000;

pub(super) fn noon() -> Timestamp {
    Timestamp::from_millis(NOON)
}

pub(super) fn options() -> RunOptions {
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
pub(super) fn scratch() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("citekeep.db");
    (folder, path)
}

pub(super) fn open(path: &Path) -> Store {
    Store::open(path, &options()).unwrap()
}

pub(super) fn sha(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(super) fn exchange(url: &str, purpose: Purpose, body: &[u8]) -> Exchange {
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

pub(super) fn answer(source: &str, outcome: Outcome, exchanges: Vec<Exchange>) -> AnswerRecord {
    AnswerRecord {
        source: source.into(),
        outcome,
        reason: "http_200".into(),
        detail: None,
        exchanges,
        post: None,
    }
}

pub(super) fn capture_of(answers: Vec<AnswerRecord>) -> CaptureRecord {
    CaptureRecord::of(answers, 0, (noon(), noon().plus_millis(300)))
}

pub(super) fn page_capture(body: &[u8]) -> CaptureRecord {
    let exchange = exchange("https://example.org/page", Purpose::Page, body);
    capture_of(vec![answer("web", Outcome::Captured, vec![exchange])])
}

pub(super) fn post_capture(text: &str) -> CaptureRecord {
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
pub(super) fn surroundings(posts: &[(Tie, &str)]) -> Surroundings {
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

pub(super) fn post_ref(id: &str) -> PostRef {
    PostRef {
        platform: "x",
        id: id.into(),
        url: Url::parse(&format!("https://x.com/ada_example/status/{id}")).unwrap(),
        handle: Some("ada_example".into()),
    }
}

pub(super) fn span(text: &str, part: &str) -> Span {
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
pub(super) fn new_reading(bytes: &'static [u8]) -> NewReading {
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

pub(super) fn resolution(identified: Option<PostRef>) -> ResolutionRecord {
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

pub(super) async fn lease_one(store: &Store, target: i64) -> Job {
    let mut jobs = store.lease("test".into(), 1, 60_000, vec![target]).await.unwrap();
    assert_eq!(jobs.len(), 1);
    jobs.remove(0)
}

/// An archive with one event of each kind that holds evidence, closed.
pub(super) async fn full_archive(path: &Path) -> ReadingReceipt {
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
pub(super) async fn add_a_post_read_again(path: &Path) {
    let ids = "SELECT min(id) FROM";
    let again = reparse::Again {
        answer: value(path, &format!("{ids} answer WHERE capture IS NOT NULL")),
        exchange: value(path, &format!("{ids} exchange WHERE answer IS NOT NULL")),
        post: post_capture("It works again").answers[0].post.clone().unwrap().0,
    };
    let reread = reparse::Reread {
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
pub(super) fn recorded(body: &'static [u8]) -> Recorded {
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
pub(super) async fn add_what_others_recorded(path: &Path, target: i64) {
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

pub(super) async fn staged(store: &Store, bytes: &'static [u8]) -> SuppliedFile {
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
pub(super) async fn add_what_a_helper_got(path: &Path, target: i64) {
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
pub(super) async fn add_a_note(path: &Path, about: About) {
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

pub(super) async fn add_a_stamp(path: &Path) {
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

pub(super) fn add_an_export(path: &Path) {
    let export = NewExport {
        selection: r#"{"tag":["flood"]}"#.into(),
        left_out: vec![Profile::Media],
        as_of: 2,
        name: "bundle.zip".into(),
        format: "zip",
        identifier: "urn:uuid:00000000-0000-8000-8000-000000000000".into(),
        sha256: row::hex(&sha(b"a tag manifest")),
    };
    Store::record_export(path, "citekeep export", Clock::Fixed(noon()), &export).unwrap();
}

pub(super) async fn add_an_inquiry(path: &Path, target: i64) {
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

pub(super) async fn take_another_archive(path: &Path) {
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
pub(super) fn anchored() -> Testimony {
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

pub(super) fn sound(path: &Path) -> Report {
    let report = verify(path, &Extent::default(), |_| {}).unwrap();
    assert_eq!(report.problems, []);
    report
}

/// Runs SQL as someone would who has only the file.
pub(super) fn tamper(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    // No disk is waited for: the tests that tamper most do so hundreds of times.
    connection
        .execute_batch(&format!("PRAGMA synchronous = OFF; {sql}"))
        .unwrap_or_else(|e| panic!("{sql}: {e}"));
}

pub(super) fn value<T: rusqlite::types::FromSql>(path: &Path, sql: &str) -> T {
    Connection::open(path)
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap_or_else(|e| panic!("{sql}: {e}"))
}

/// How SQLite would look for what a statement asks of a new archive: the first step.
pub(in crate::store) fn plan(sql: &str) -> String {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(file::SCHEMA).unwrap();
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let values = vec![None::<i64>; statement.parameter_count()];
    statement
        .query_row(rusqlite::params_from_iter(values), |row| row.get(3))
        .unwrap()
}
