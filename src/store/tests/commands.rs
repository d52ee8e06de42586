//! Commands of the writer, as a run gives them.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use bytes::Bytes;
use rusqlite::Connection;
use url::Url;

use super::fixtures::*;
use crate::citation::Cited;
use crate::error::ExitCode;
use crate::exchange::{Body, Exchange, Purpose};
use crate::outcome::Outcome;
use crate::penalty::Penalty;
use crate::store::record::{Origin, Queueing, TargetKind};
use crate::store::*;

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
