//! How fast captures leave an archive and are checked, beside the peers that write and check the same formats: a WACZ beside
//! `wacz create` and `wacz validate` of py-wacz, of pictures, which nothing compresses, and of pages as a server sends them, in gzip
//! (there also beside `--detect-pages --text`, for ours has the pages and their text); a bundle of a thousand
//! files beside `bagit.py`, which makes a bag of the same files where they lie and writes nothing else, and checks the same
//! digests as `verify --quick`; and a bundle with a WACZ a capture, where `verify` looks into each. Beside them stand limits: the bare
//! copying and digesting that such a file or bag wants, on two threads, without a wait for the disk.
//! `cargo bench --bench bundle`, or `cargo bench --bench bundle -- MEGABYTES`: so much before gzip. Peers
//! are found on the PATH; what is not there is left out. In turns, so that other load meets all alike; medians. Processor
//! time and memory are told where there is `/usr/bin/time`. Nothing here fails by being slow.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use aws_lc_rs::digest::{SHA512, digest};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

#[path = "../tests/support/web.rs"]
#[allow(dead_code)] // the tests use more of it
mod web;

use web::{Reply, Web};

const ROUNDS: usize = 5;
/// Bytes of a body: a page or picture of middling size.
const BODY: usize = 48 << 10;
/// Links of an article.
const LINKS: usize = 1000;

const CITEKEEP: &str = env!("CARGO_BIN_EXE_citekeep");

/// What the words of pages are made of.
const SYLLABLES: [&str; 16] = [
    "ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "za", "the", "ing", "on", "er", "st", "qu",
];

/// Files that persons supplied, of [`BODY`] bytes each.
const SUPPLIED: usize = 1000;

/// What is measured, in the order of each round: its name, the program and its arguments.
const STEPS: [(&str, &str, &[&str]); 17] = [
    (
        "citekeep export, pictures",
        CITEKEEP,
        &["--archive", "pictures.db", "export", "--all", "-o", "pictures.wacz"],
    ),
    (
        "wacz create, pictures",
        "wacz",
        &["create", "-f", "pictures.warc.gz", "-o", "theirs.wacz"],
    ),
    ("citekeep verify, pictures", CITEKEEP, &["verify", "pictures.wacz"]),
    ("wacz validate, pictures", "wacz", &["validate", "-f", "theirs.wacz"]),
    (
        "citekeep export, pages",
        CITEKEEP,
        &["--archive", "pages.db", "export", "--all", "-o", "pages.wacz"],
    ),
    (
        "wacz create, pages",
        "wacz",
        &["create", "-f", "pages.warc.gz", "-o", "paged.wacz"],
    ),
    (
        "wacz create --detect-pages --text",
        "wacz",
        &[
            "create",
            "-f",
            "pages.warc.gz",
            "-o",
            "worded.wacz",
            "--detect-pages",
            "--text",
        ],
    ),
    ("citekeep verify, pages", CITEKEEP, &["verify", "pages.wacz"]),
    ("wacz validate, pages", "wacz", &["validate", "-f", "paged.wacz"]),
    (
        "citekeep export, a WACZ a capture",
        CITEKEEP,
        &[
            "--archive",
            "pictures.db",
            "export",
            "--all",
            "-o",
            "bundle",
            "--wacz",
            "per-capture",
        ],
    ),
    ("citekeep verify of that bundle", CITEKEEP, &["verify", "bundle"]),
    (
        "citekeep verify --quick of it",
        CITEKEEP,
        &["verify", "--quick", "bundle"],
    ),
    (
        "bagit.py --validate of it",
        "bagit.py",
        &["--validate", "--quiet", "bundle"],
    ),
    (
        "citekeep export of supplied files",
        CITEKEEP,
        &["--archive", "supplied.db", "export", "--all", "-o", "bag"],
    ),
    (
        "bagit.py, a bag of these files",
        "bagit.py",
        &["--sha256", "--sha512", "--quiet", "loose"],
    ),
    (
        "citekeep verify --quick of those",
        CITEKEEP,
        &["verify", "--quick", "bag"],
    ),
    (
        "bagit.py --validate of those",
        "bagit.py",
        &["--validate", "--quiet", "bag"],
    ),
];

/// Of these, what is compared: ours, and a peer.
const PAIRS: [(usize, usize); 9] = [
    (0, 1),
    (2, 3),
    (4, 5),
    (4, 6),
    (7, 8),
    (10, 12),
    (11, 12),
    (13, 14),
    (15, 16),
];

/// Work in the folder of the measurement.
type Work = fn(&Path);

/// What who does the same cannot do without: its name, ours that it is a limit of (the peer is the step behind it), and the work.
const LIMITS: [(&str, usize, Work); 3] = [
    ("a WARC of pictures copied, its four digests", 0, |folder| {
        whole_copied(&folder.join("pictures.warc.gz"))
    }),
    ("a WARC of pages copied, its four digests", 4, |folder| {
        whole_copied(&folder.join("pages.warc.gz"))
    }),
    ("a thousand files copied, two digests each", 13, |folder| {
        each_copied(&folder.join("bag/data/supplied"))
    }),
];

fn main() {
    let megabytes = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(50);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let bodies = (megabytes << 20) / BODY;
    archive(folder, "pictures", bodies, |seed| {
        Reply::ok("image/jpeg", picture(seed))
    });
    archive(folder, "pages", bodies, |seed| {
        Reply::page(page(seed)).with("content-encoding", "gzip")
    });
    supply(folder);
    let mut costs = STEPS.map(|_| Vec::new());
    let mut limits = LIMITS.map(|_| Vec::new());
    for round in 0..ROUNDS {
        for name in ["pictures", "theirs", "pages", "paged", "worded"] {
            let _ = fs::remove_file(folder.join(name).with_extension("wacz"));
        }
        // Not removed: some file systems are slow for minutes to make files where many were.
        for name in ["bundle", "bag", "loose", "copies"] {
            let _ = fs::rename(folder.join(name), folder.join(format!("{name}-{round}")));
        }
        for ((_, program, arguments), costs) in STEPS.iter().zip(&mut costs) {
            if arguments.contains(&"loose") {
                loosen(folder);
            }
            costs.extend(measured(folder, program, arguments));
            for name in ["pictures", "pages"].map(|name| folder.join(name)) {
                let (wacz, warc) = (name.with_extension("wacz"), name.with_extension("warc.gz"));
                if wacz.exists() && !warc.exists() {
                    unpack(&wacz, &warc);
                }
            }
        }
        for ((_, _, work), limits) in LIMITS.iter().zip(&mut limits) {
            let begin = Instant::now();
            work(folder);
            limits.push(begin.elapsed().as_secs_f64());
        }
    }
    for name in ["pictures", "pages"] {
        let length = fs::metadata(folder.join(name).with_extension("wacz")).unwrap().len();
        println!("a WACZ of {} MB, {name}", length / 1_000_000);
    }
    let medians = costs.map(|costs| median(&costs));
    let limits = limits.map(|mut limits| {
        limits.sort_by(f64::total_cmp);
        limits[ROUNDS / 2]
    });
    for ((name, ..), cost) in STEPS.iter().zip(&medians) {
        match cost {
            Some(cost) => println!(
                "{name:34} {:7.3} s  processor {:7.3} s  {:4} MB",
                cost.wall,
                cost.cpu,
                cost.memory >> 10
            ),
            None => println!("{name:34} not on the PATH, left out"),
        }
    }
    for ((name, ours, _), limit) in LIMITS.iter().zip(limits) {
        let beside = |step: usize| {
            let cost = medians[step].map(|cost| cost.wall / limit);
            cost.map_or_else(String::new, |times| {
                format!("; {} {times:.1} times as long", STEPS[step].0)
            })
        };
        println!("limit: {name} {limit:.3} s{}{}", beside(*ours), beside(ours + 1));
    }
    for (ours, peer) in PAIRS {
        if let (Some(one), Some(other)) = (medians[ours], medians[peer]) {
            println!(
                "{} beside {}: {:.1} times as fast by the clock, {:.1} by the processor",
                STEPS[ours].0,
                STEPS[peer].0,
                other.wall / one.wall,
                other.cpu / one.cpu
            );
        }
    }
}

/// Makes an archive of so many linked bodies in the folder, each as `reply` makes it from the seed.
fn archive(folder: &Path, name: &str, bodies: usize, reply: impl Fn(&mut u32) -> Reply) {
    let web = Web::start();
    let mut seed = 1_u32;
    let mut articles = Vec::new();
    for first in (0..bodies).step_by(LINKS) {
        let mut text = String::from("<!doctype html><html lang=en><title>Pages</title><article>");
        for page in first..bodies.min(first + LINKS) {
            let path = format!("/{page}");
            web.on("pages.example", &path, [reply(&mut seed)]);
            text += &format!(
                "<p>Sentence {page} says so, as <a href=\"http://pages.example{path}\">page {page}</a> shows.</p>"
            );
        }
        let article = format!("{first}.html");
        fs::write(folder.join(&article), text).unwrap();
        articles.push(article);
    }
    let hosts = format!("hosts.*={}", web.address());
    let status = Command::new(CITEKEEP)
        .args(["--archive", &format!("{name}.db"), "archive"])
        .args(articles)
        .args(["-q", "--allow-net", "127.0.0.0/8", "--set", &hosts])
        .args(["--set", "pace.delay=0", "--set", "pace.per_host=16"])
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(status.success());
}

/// The next number of a generator that is as good as random here.
fn next(seed: &mut u32) -> u32 {
    *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *seed >> 24
}

/// Bytes of nothing that could be compressed, as most of what is received.
fn picture(seed: &mut u32) -> Vec<u8> {
    let noise = (0..BODY).map(|_| next(seed) as u8);
    [0xff, 0xd8, 0xff].into_iter().chain(noise).collect()
}

/// A page of [`BODY`] bytes of words that mean nothing, in gzip: a third of them is left.
fn page(seed: &mut u32) -> Vec<u8> {
    let mut page = String::from("<!doctype html><html lang=en><meta charset=utf-8><title>Page</title><article>");
    while page.len() < BODY {
        page += "<p class=text>";
        for _ in 0..60 {
            for _ in 0..2 + next(seed) % 3 {
                page += SYLLABLES[next(seed) as usize % SYLLABLES.len()];
            }
            page.push(' ');
        }
        page += "</p>\n";
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(page.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

/// Makes another archive, of one page and many files about it.
fn supply(folder: &Path) {
    let citekeep = |arguments: &[&str]| {
        let mut command = Command::new(CITEKEEP);
        command
            .args(["--archive", "supplied.db"])
            .args(arguments)
            .current_dir(folder);
        let output = command.output().unwrap();
        // Nothing answers where the page points.
        assert!(matches!(output.status.code(), Some(0 | 69)), "{command:?}: {output:?}");
    };
    fs::write(
        folder.join("page.html"),
        "<!doctype html><title>Page</title><article><p>As <a href=http://127.0.0.1:1/>this</a> shows.</p>",
    )
    .unwrap();
    citekeep(&["archive", "page.html", "-q"]);
    let mut seed = 2;
    for number in 0..SUPPLIED {
        let name = format!("{number}.bin");
        fs::write(folder.join(&name), picture(&mut seed)).unwrap();
        citekeep(&["attach", "target:1", &name, "--note", "Seen", "--by", "Ann", "-q"]);
        fs::remove_file(folder.join(&name)).unwrap();
    }
}

/// Copies the files of the bag that was just written to where they are in none.
fn loosen(folder: &Path) {
    let loose = folder.join("loose");
    fs::create_dir(&loose).unwrap();
    for file in fs::read_dir(folder.join("bag/data/supplied")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), loose.join(file.file_name())).unwrap();
    }
}

/// Copies a file on one thread while another digests it; each takes two of the four digests that a WACZ states of such bytes: of the
/// body, of its record's block, of the record as stored, and of the file.
fn whole_copied(from: &Path) {
    let to = from.with_extension("copy");
    let twice = || {
        let (mut digests, mut buffer) = ([Sha256::new(), Sha256::new()], vec![0; 1 << 16]);
        let mut file = File::open(from).unwrap();
        while let read @ 1.. = file.read(&mut buffer).unwrap() {
            for digest in &mut digests {
                digest.update(&buffer[..read]);
            }
        }
        std::hint::black_box(digests.map(Digest::finalize));
    };
    thread::scope(|scope| {
        scope.spawn(twice);
        fs::copy(from, &to).unwrap();
        twice();
    });
    fs::remove_file(to).unwrap();
}

/// Copies the files of a folder with the digests of a bag's manifests, half of them on each of two threads.
fn each_copied(from: &Path) {
    let to = &from.ancestors().nth(3).unwrap().join("copies");
    fs::create_dir(to).unwrap();
    let files: Vec<_> = fs::read_dir(from).unwrap().map(Result::unwrap).collect();
    thread::scope(|scope| {
        for half in files.chunks(files.len().div_ceil(2)) {
            scope.spawn(move || {
                for file in half {
                    let bytes = fs::read(file.path()).unwrap();
                    fs::write(to.join(file.file_name()), &bytes).unwrap();
                    std::hint::black_box((Sha256::digest(&bytes), digest(&SHA512, &bytes)));
                }
            });
        }
    });
}

/// Takes the WARC out of a WACZ.
fn unpack(wacz: &Path, warc: &Path) {
    let mut zip = zip::ZipArchive::new(File::open(wacz).unwrap()).unwrap();
    let mut entry = zip.by_name("archive/data.warc.gz").unwrap();
    io::copy(&mut entry, &mut File::create(warc).unwrap()).unwrap();
}

/// What a program took: seconds, and KiB at most.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
    memory: u64,
}

fn median(costs: &[Cost]) -> Option<Cost> {
    let middle = |value: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    Some(Cost {
        wall: middle(|cost| cost.wall)?,
        cpu: middle(|cost| cost.cpu)?,
        memory: costs.iter().map(|cost| cost.memory).max()?,
    })
}

/// Runs the program, under `/usr/bin/time` if there is one; `None` where the program is not there.
fn measured(folder: &Path, program: &str, arguments: &[&str]) -> Option<Cost> {
    let told = tempfile::NamedTempFile::new().unwrap();
    let mut command = match Path::new("/usr/bin/time").exists() {
        true => {
            let mut timed = Command::new("/usr/bin/time");
            timed.args(["-f", "%U %S %M", "-o"]).arg(told.path()).arg(program);
            timed
        }
        false => Command::new(program),
    };
    command
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begin = Instant::now();
    let status = command.status().ok()?;
    let wall = begin.elapsed().as_secs_f64();
    if status.code() == Some(127) {
        return None;
    }
    assert!(status.success(), "{command:?}: {status}");
    let told = fs::read_to_string(told.path()).unwrap();
    let numbers: Vec<f64> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let (cpu, memory) = match numbers[..] {
        [user, system, memory] => (user + system, memory as u64),
        _ => (f64::NAN, 0),
    };
    Some(Cost { wall, cpu, memory })
}
