//! Keeps with a linked page what it shows besides its own bytes: style sheets and what they name, pictures, fonts, icons, so
//! many, so many bytes and so long. They are asked for one after the other, what a page looks worst without first, each under
//! the same guard, pace and robots.txt as the page.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Capturer;
use super::post::media_outcome;
use crate::article::Hints;
use crate::article::requisites::{Kind, Requisite, of_page, of_style};
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::store::record::{AnswerRecord, MediaRecord};

/// Most files that were left out which are named one by one.
const NAMED: usize = 100;

/// Most files of one page that are remembered, asked for or not.
const REMEMBERED: usize = 4_000;

impl Capturer {
    /// The files of the page that the web gave, and how many were left out. Those are named after the others, up to a bound,
    /// `refused` for the reason `over_count`, `over_bytes`, `over_time` or `stopped`.
    pub(super) async fn capture_requisites(&self, answer: &AnswerRecord) -> (Vec<MediaRecord>, usize) {
        let bounds = self.requisites;
        let page = answer.exchanges.last().filter(|last| last.is_html());
        let (Outcome::Captured, Some(page), true) = (answer.outcome, page, bounds.count > 0) else {
            return (Vec::new(), 0);
        };
        let mut waiting = Waiting::default();
        waiting.add(named_by_page(page));
        let deadline = Instant::now() + Duration::from_secs_f64(bounds.seconds);
        let (mut records, mut bytes) = (Vec::new(), 0);
        let mut over = "over_count";
        while records.len() < bounds.count
            && let Some(file) = waiting.next()
        {
            let stop = match () {
                () if bytes >= bounds.bytes => Some("over_bytes"),
                () if self.asked_to_stop.load(Ordering::Relaxed) > 0 => Some("stopped"),
                () => None,
            };
            let request = Request::new(self.upstreams.route(&file.url), Purpose::Page);
            let fetched = match stop {
                Some(_) => None,
                None => timeout_at(deadline, self.fetch(&request)).await.ok(),
            };
            let Some(exchanges) = fetched else {
                over = stop.unwrap_or("over_time");
                waiting.put_back(file);
                break;
            };
            bytes += exchanges.iter().map(|exchange| exchange.body_length).sum::<u64>();
            let (outcome, reason) = media_outcome(&exchanges);
            if let (Outcome::Captured, Kind::Style, Some(last)) = (outcome, file.kind, exchanges.last()) {
                waiting.add(last.decoded().map_or(Vec::new(), |css| of_style(&css, &last.url)));
            }
            records.push(record(records.len(), &file, outcome, reason, exchanges));
        }
        let left_out = waiting.files.len();
        while let Some(file) = waiting.next().filter(|_| records.len() < bounds.count + NAMED) {
            records.push(record(
                records.len(),
                &file,
                Outcome::Refused,
                over.to_owned(),
                Vec::new(),
            ));
        }
        (records, left_out)
    }
}

fn named_by_page(page: &Exchange) -> Vec<Requisite> {
    let hints = Hints {
        url: Some(page.url.clone()),
        content_type: page.header("content-type").map(str::to_owned),
    };
    page.decoded().map_or(Vec::new(), |bytes| of_page(&bytes, &hints))
}

fn record(
    position: usize,
    file: &Requisite,
    outcome: Outcome,
    reason: String,
    exchanges: Vec<Exchange>,
) -> MediaRecord {
    MediaRecord {
        position: i64::try_from(position).unwrap_or(i64::MAX),
        kind: file.kind.word().to_owned(),
        url: file.url.to_string(),
        alt: None,
        outcome,
        reason,
        exchanges,
        helped: None,
    }
}

/// Files still to be asked for, by what they are and then in the order in which they were named.
#[derive(Default)]
struct Waiting {
    files: BTreeMap<(Kind, usize), Requisite>,
    seen: HashSet<url::Url>,
}

impl Waiting {
    fn add(&mut self, files: Vec<Requisite>) {
        for file in files {
            let number = self.seen.len();
            if number < REMEMBERED && self.seen.insert(file.url.clone()) {
                self.files.insert((file.kind, number), file);
            }
        }
    }

    fn next(&mut self) -> Option<Requisite> {
        self.files.pop_first().map(|(_, file)| file)
    }

    fn put_back(&mut self, file: Requisite) {
        self.files.insert((file.kind, 0), file);
    }
}
