//! How fast articles are read and their citations found and tied to sentences, how fast a page is told to cite no post,
//! and how fast text is cut into sentences, as ratios against limits in the same run: one look at every byte, the HTML
//! parser alone, the segmenter that ours rests on. `cargo bench --bench find`, or `cargo bench --bench find -- FOLDER` for
//! the pages in a folder. Nothing here fails by being slow.
//!
//! Where the variable `PEER` names a Python that has trafilatura (`python3 -m venv V && V/bin/pip install trafilatura
//! lxml_html_clean`, then `PEER=V/bin/python cargo bench --bench find`), it is given the same pages in the same run
//! (`benches/peer.py`), and the ratios to it are printed. All figures are of CPU time, as far as the system tells it.
//!
//! Where the time goes, by instructions of `valgrind --tool=callgrind` over articles of 93 KB, six of ten bytes of them
//! markup and styles: the parser 24 % (its tree builder 11), the walk over its tree 18, sentences 16 (a third of it the base),
//! tying citations to sentences 15, where addresses lead 6, bytes to text 4, flattened posts 2, the look at the language 1. Over
//! the bench's own articles, nearly all of them text of few words: tying 29 %, sentences 27, the walk 11, the parser 10.

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use citekeep::article::{Hints, split};

const ARTICLES: usize = 200;
const PARAGRAPHS: usize = 120;
const ROUNDS: usize = 7;

/// The least time that one round is to take: clocks of CPU time move in steps of some milliseconds.
const LEAST: Duration = Duration::from_millis(100);

/// Bytes of hostile text; eight times as many are to take eight times as long.
const HOSTILE: usize = 128 << 10;

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
        "<!DOCTYPE html><html lang=en><head><title>The weir</title><style>@media (max-width: 600px) { nav { display: none } }</style>\
         <script type='application/ld+json'>{\"@context\":\"https://schema.org\",\"@type\":\"NewsArticle\",\"headline\":\"The weir\"}</script>\
         </head><body><nav><a href='/'>Home</a></nav><article><h1>The weir</h1>",
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

/// The pages of a folder, in the order of their names.
fn pages(folder: &str) -> std::io::Result<Vec<Vec<u8>>> {
    let mut paths = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    paths.into_iter().map(std::fs::read).collect()
}

/// CPU time of this thread, where the system tells it; else the time of day would do, and `None` says so.
fn cpu() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// The median of some rounds, of the time that `clock` shows. What takes less than the clock can tell is done often
/// enough.
fn median(clock: impl Fn() -> Duration, mut work: impl FnMut()) -> Duration {
    let mut often = |times: u32| {
        let start = clock();
        (0..times).for_each(|_| work());
        (clock() - start) / times
    };
    let mut times = 1;
    while times < 1 << 20 && often(times) * times < LEAST {
        times *= 2;
    }
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| often(times)).collect();
    times.sort();
    times[ROUNDS / 2]
}

/// The median of some rounds in CPU time of this thread.
fn time(work: impl FnMut()) -> Duration {
    let start = Instant::now();
    median(|| cpu().unwrap_or_else(|| start.elapsed()), work)
}

/// The same in time that passes, where several threads work.
fn time_passed(work: impl FnMut()) -> Duration {
    let start = Instant::now();
    median(|| start.elapsed(), work)
}

/// Pages a second of trafilatura on the same pages, if `PEER` names a Python that has it.
fn peer(articles: &[Vec<u8>]) -> Option<f64> {
    let python = std::env::var_os("PEER")?;
    let folder = tempfile::tempdir().ok()?;
    for (number, article) in articles.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number:04}.html")), article).ok()?;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

fn find_all(articles: &[Vec<u8>]) {
    for article in articles {
        let _ = black_box(citekeep::find(article, &Hints::default()));
    }
}

/// The same by two threads, each of which takes the next article.
fn find_all_on_two(articles: &[Vec<u8>]) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(article) = articles.get(next.fetch_add(1, Ordering::Relaxed)) {
            let _ = black_box(citekeep::find(article, &Hints::default()));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

fn articles(numbers: &mut Numbers) {
    let citing: Vec<Vec<u8>> = match std::env::args().skip(1).find(|argument| !argument.starts_with('-')) {
        Some(folder) => pages(&folder).expect("the folder can be read"),
        None => (0..ARTICLES).map(|_| article(numbers, true)).collect(),
    };
    let plain: Vec<Vec<u8>> = (0..ARTICLES).map(|_| article(numbers, false)).collect();
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
    let scan = |articles: &[Vec<u8>]| {
        articles
            .iter()
            .filter(|article| citekeep::may_cite_post(article, &Hints::default()))
            .count()
    };
    assert_eq!(scan(&plain), 0, "pages without citations are told");
    let told_none = time(|| {
        black_box(scan(&plain));
    });
    let on_one = time_passed(|| find_all(&citing));
    let on_two = time_passed(|| find_all_on_two(&citing));
    let rate = |count: usize, time: Duration| 1.0 / ratio(time, Duration::from_secs(1)) * count as f64;
    println!(
        "{} articles, {} KB each, median of {ROUNDS} rounds",
        citing.len(),
        bytes / citing.len().max(1) / 1000
    );
    println!("find                     {:>9.0} articles/s", rate(citing.len(), found));
    println!("find / one look at bytes {:>9.1}", ratio(found, looked));
    println!("find / HTML parser alone {:>9.2}", ratio(found, parsed));
    println!(
        "without any citation     {:>9.0} articles/s",
        rate(plain.len(), found_none)
    );
    println!(
        "told to cite no post     {:>9.0} articles/s",
        rate(plain.len(), told_none)
    );
    println!("two threads              {:>9.2} times as fast", ratio(on_one, on_two));
    if let (Some(reads), Some(reads_plain)) = (peer(&citing), peer(&plain)) {
        println!("trafilatura              {reads:>9.0} articles/s");
        println!("find / trafilatura       {:>9.1}", rate(citing.len(), found) / reads);
        println!(
            "told none / trafilatura  {:>9.1}",
            rate(plain.len(), told_none) / reads_plain
        );
    }
}

fn sentences(numbers: &mut Numbers) {
    let paragraphs: Vec<String> = (0..4_000)
        .map(|_| (0..6).map(|_| numbers.sentence() + " ").collect())
        .collect();
    let bytes: usize = paragraphs.iter().map(String::len).sum();
    let ours = time(|| {
        for paragraph in &paragraphs {
            black_box(split(paragraph, Some("en")));
        }
    });
    let base = time(|| {
        for paragraph in &paragraphs {
            black_box(sentencex::get_sentence_boundaries("en", paragraph));
        }
    });
    println!(
        "\nsentences                {:>9.1} MB/s",
        bytes as f64 / 1e6 / ours.as_secs_f64()
    );
    println!("sentences / base alone   {:>9.2}", ratio(ours, base));
    for (name, piece) in [
        ("ticks", "`"),
        ("curly marks", "\u{201c}a "),
        ("mixed marks", "\"a 'b "),
        ("parentheses", "(a "),
        ("stops", ". "),
    ] {
        let of_size = |size: usize| -> String { piece.chars().cycle().take(size).collect() };
        let (small, large) = (of_size(HOSTILE), of_size(8 * HOSTILE));
        let of_small = time(|| drop(black_box(split(&small, Some("fr")))));
        let of_large = time(|| drop(black_box(split(&large, Some("fr")))));
        println!(
            "8 times as many {name:<12} {:>5.1} times as long",
            ratio(of_large, of_small)
        );
    }
}

fn main() {
    let mut numbers = Numbers(7);
    articles(&mut numbers);
    sentences(&mut numbers);
}
