//! Archives of any size, made through the store.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use citekeep::citation::Cited;
use citekeep::clock::Clock;
use citekeep::exchange::{Body, Exchange, Failure, Purpose};
use citekeep::outcome::Outcome;
use citekeep::store::record::{AnswerRecord, CaptureRecord, Surroundings};
use citekeep::store::{Completion, RunOptions, Store};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use url::Url;

/// Captures under way at once.
const TOGETHER: usize = 200;

/// When all is captured again.
const LATER: i64 = 300 * 86_400_000;

/// A store, and what drives it.
pub struct Filling {
    store: Arc<Store>,
    runtime: Runtime,
}

impl Filling {
    pub fn open(path: &Path) -> Filling {
        let options = RunOptions {
            create: true,
            wait: Duration::ZERO,
            command: "bench".to_owned(),
            clock: Clock::System,
            spacing: Duration::ZERO,
            free: 0,
        };
        Filling {
            store: Arc::new(Store::open(path, &options).expect("the archive can be opened")),
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime"),
        }
    }

    /// Has the pages of these numbers captured, as a run would: named, queued, leased, completed. Gives the last capture.
    pub fn capture(&self, pages: impl Iterator<Item = usize>) -> i64 {
        let (mut pages, mut last) = (pages.peekable(), 0);
        while pages.peek().is_some() {
            let some: Vec<usize> = pages.by_ref().take(TOGETHER).collect();
            self.runtime.block_on(async {
                let targets = self.targets(some.iter().copied().map(page)).await;
                self.store.enqueue(targets.clone(), true).await.expect("queued");
                let jobs = self.store.lease("bench".into(), TOGETHER, 60_000, targets).await;
                let mut tasks = JoinSet::new();
                for (job, number) in jobs.expect("leased").into_iter().zip(some) {
                    let store = Arc::clone(&self.store);
                    tasks.spawn(async move { store.complete(job.id, job.fence, captured(number), None).await });
                }
                while let Some(stored) = tasks.join_next().await {
                    match stored.expect("it goes on").expect("kept") {
                        Completion::Stored(stored) => last = stored.capture.max(last),
                        Completion::Stale => panic!("nobody else has the job"),
                    }
                }
            });
        }
        last
    }

    /// Queues these addresses for now.
    pub fn queue(&self, urls: impl Iterator<Item = Url>) {
        self.runtime.block_on(async {
            let targets = self.targets(urls).await;
            self.store.enqueue(targets, false).await.expect("queued");
        });
    }

    async fn targets(&self, urls: impl Iterator<Item = Url>) -> Vec<i64> {
        let mut tasks = JoinSet::new();
        for (place, url) in urls.enumerate() {
            let store = Arc::clone(&self.store);
            tasks.spawn(async move { (place, store.target(Cited::Link(url)).await.expect("kept")) });
        }
        let mut targets = tasks.join_all().await;
        targets.sort_unstable();
        targets.into_iter().map(|(_, target)| target).collect()
    }

    pub fn close(self) {
        self.store.close_blocking(0, None).expect("closed");
    }
}

/// An archive of so many captured pages, none due; made once and kept.
pub fn of(count: usize) -> std::path::PathBuf {
    let path = super::kept(&format!("scale-{count}.db"));
    if !path.exists() {
        let draft = path.with_extension("part");
        let _ = fs::remove_file(&draft);
        let filling = Filling::open(&draft);
        let last = filling.capture(0..count);
        // What pages say of themselves is read after the captures; else that would be due.
        let read = filling.store.add_pages(Vec::new(), Some(last));
        filling.runtime.block_on(read).expect("noted");
        filling.close();
        fs::rename(&draft, &path).expect("renamed");
    }
    path
}

fn page(number: usize) -> Url {
    let host = number % 997;
    Url::parse(&format!("https://h{host}.example/page/{number}")).expect("an address")
}

/// What a page of two kilobytes is captured as.
fn captured(number: usize) -> CaptureRecord {
    let now = Clock::System.now();
    let none = Failure {
        outcome: Outcome::Unreachable,
        reason: "",
        detail: String::new(),
    };
    let body = format!(
        "<!doctype html><title>Page {number}</title><p>{}",
        "It is here. ".repeat(160)
    );
    let exchange = Exchange {
        status: Some(200),
        http_version: Some("HTTP/1.1"),
        response_headers: [("content-type", "text/html"), ("server", "bench"), ("etag", "\"4711\"")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body_length: body.len() as u64,
        body: Body::Inline(Bytes::from(body)),
        failure: None,
        ..Exchange::without_response(&page(number), Purpose::Page, now, none)
    };
    CaptureRecord {
        context: Surroundings::default(),
        helpers: Vec::new(),
        inquire: Vec::new(),
        started: now,
        ended: now,
        best: 0,
        answers: vec![AnswerRecord {
            source: "web".to_owned(),
            outcome: Outcome::Captured,
            reason: "http_200".to_owned(),
            detail: None,
            exchanges: vec![exchange],
            post: None,
        }],
        canaries: Vec::new(),
        media: Vec::new(),
        recheck_at: Some(now.plus_millis(LATER)),
    }
}
