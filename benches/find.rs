//! How fast articles are read and their citations found and tied to sentences, as ratios against limits in the same
//! run: one look at every byte, and the HTML parser alone. `cargo bench --bench find`. Nothing here fails by being slow.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use citekeep::article::Hints;

const ARTICLES: usize = 100;
const PARAGRAPHS: usize = 120;
const ROUNDS: usize = 7;

/// Words of invented articles, common ones first.
const WORDS: &[&str] = &[
    "the",
    "of",
    "and",
    "a",
    "to",
    "in",
    "was",
    "weir",
    "that",
    "on",
    "council",
    "for",
    "with",
    "river",
    "keeper",
    "by",
    "bridge",
    "said",
    "from",
    "which",
    "morning",
    "water",
    "engineers",
    "had",
    "village",
    "report",
    "would",
    "flood",
    "people",
    "mayor",
    "after",
    "before",
    "barrage",
    "road",
    "piers",
    "warned",
    "office",
    "letter",
    "commission",
    "stands",
];

/// A generator of numbers, the same at every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    fn sentence(&mut self) -> String {
        let mut text = String::from("The");
        for _ in 0..8 + self.next(16) {
            let within = 1 + self.next(WORDS.len());
            let word = WORDS[self.next(within)];
            let _ = write!(text, " {word}");
        }
        text + "."
    }
}

/// About 90 KB with six embeds and twenty links, or with nothing but text.
fn article(numbers: &mut Numbers, cites: bool) -> Vec<u8> {
    let mut page = String::from(
        "<!DOCTYPE html><html lang=en><head><title>The weir</title></head><body><nav><a href='/'>Home</a></nav><article><h1>The weir</h1>",
    );
    for paragraph in 0..PARAGRAPHS {
        page += "<p>";
        for _ in 0..6 {
            page += &numbers.sentence();
            page += " ";
        }
        if cites && paragraph % 6 == 0 {
            let _ = write!(
                page,
                "<a href='https://office.example/report/{paragraph}'>The report</a> says so."
            );
        }
        page += "</p>\n";
        if cites && paragraph % 20 == 10 {
            let id = 1_785_600_110_366_674_944_u64 + numbers.next(1 << 30) as u64;
            let _ = write!(
                page,
                "<blockquote class='twitter-tweet'><p lang=en>{}</p>&mdash; Ada Lorenz (@ada_l) <a href='https://twitter.com/ada_l/status/{id}'>May 1, 2024</a></blockquote>",
                numbers.sentence()
            );
        }
    }
    (page + "</article></body></html>").into_bytes()
}

/// The median of some rounds.
fn time(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}

fn find_all(articles: &[Vec<u8>]) {
    for article in articles {
        black_box(citekeep::find(article, &Hints::default())).expect("a page is read");
    }
}

fn main() {
    let mut numbers = Numbers(7);
    let citing: Vec<Vec<u8>> = (0..ARTICLES).map(|_| article(&mut numbers, true)).collect();
    let plain: Vec<Vec<u8>> = (0..ARTICLES).map(|_| article(&mut numbers, false)).collect();
    let bytes: usize = citing.iter().map(Vec::len).sum();
    let looked = time(|| {
        for article in &citing {
            black_box(article.iter().filter(|byte| **byte == b'<').count());
        }
    });
    let parsed = time(|| {
        for article in &citing {
            black_box(scraper::Html::parse_document(&String::from_utf8_lossy(article)));
        }
    });
    let found = time(|| find_all(&citing));
    let found_none = time(|| find_all(&plain));
    let on_two = time(|| {
        let (first, second) = citing.split_at(ARTICLES / 2);
        std::thread::scope(|scope| {
            scope.spawn(|| find_all(first));
            find_all(second);
        });
    });
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    println!(
        "{ARTICLES} articles, {} KB each, median of {ROUNDS} rounds",
        bytes / ARTICLES / 1000
    );
    println!("find                     {:>9.1?}", found);
    println!("find / one look at bytes {:>9.1}", ratio(found, looked));
    println!("find / HTML parser alone {:>9.2}", ratio(found, parsed));
    println!("without any citation     {:>9.2} of the time", ratio(found_none, found));
    println!("two threads              {:>9.2} times as fast", ratio(found, on_two));
}
