//! Whether a capture costs the same in a large archive as in a small one: of pages that are new to it, and of pages that it has and
//! that give the same bytes again. These were captured one after the other, as what falls due together was. (Of pages picked from all
//! over a large archive each changes pages of its file that no other does: a fifth of the small archive's captures a second.)

use std::fs::{self, File};

use super::archive::{self, Filling};
use super::{SMALL, kept, large, median, time, written};

const PAIRS: usize = 7;

/// Captures timed at once.
const CAPTURES: usize = 2_000;

pub fn run() {
    let sizes = [SMALL, large()];
    let copies = sizes.map(|size| {
        let copy = kept(&format!("flat-{size}.db"));
        fs::copy(archive::of(size), &copy).expect("copied");
        // Else the system is still busy with that when the first captures are timed.
        File::open(&copy).and_then(|file| file.sync_all()).expect("on the disk");
        copy
    });
    let fillings = [Filling::open(&copies[0]), Filling::open(&copies[1])];
    println!(
        "flat: {} captures stored against {SMALL}, {PAIRS} pairs of {CAPTURES}",
        sizes[1]
    );
    compare("new pages", |which, pair| {
        let from = sizes[which] + pair * CAPTURES;
        fillings[which].capture(from..from + CAPTURES);
    });
    compare("pages that it has", |which, pair| {
        let from = (sizes[which] / 2 + pair * CAPTURES) % sizes[which];
        fillings[which].capture(from..from + CAPTURES);
    });
    let ends = fillings.map(|filling| time(|| filling.close()).0);
    println!(
        "end of the run                {:>7.2} s against {:.2} s",
        ends[1], ends[0]
    );
    for copy in copies {
        let _ = fs::remove_file(copy);
    }
}

/// Has [`CAPTURES`] captured in the small archive (0) and in the large one (1), pair by pair.
fn compare(what: &str, capture: impl Fn(usize, usize)) {
    // Neither is measured while it is opened, or while it learns what it knows.
    (0..2).for_each(|which| capture(which, 0));
    let (mut walls, mut processor) = (Vec::new(), [0.0, 0.0]);
    let (mut rate, mut bytes) = (0.0, [0, 0]);
    for pair in 1..=PAIRS {
        let [small, large] = [0, 1].map(|which| {
            let before = written();
            let took = time(|| capture(which, pair));
            bytes[which] += written() - before;
            // By the sum: one round takes few of the ticks that it is counted in.
            processor[which] += took.1;
            took
        });
        rate = CAPTURES as f64 / large.0;
        walls.push(small.0 / large.0);
    }
    println!("{what}:");
    println!(
        "  captures a second, wall     {:>7.2} of the small archive's ({rate:.0}/s)",
        median(walls)
    );
    println!(
        "  captures a second, processor{:>7.2} of the small archive's",
        processor[0] / processor[1]
    );
    let each = bytes.map(|bytes| bytes as f64 / (PAIRS * CAPTURES) as f64 / 1024.0);
    println!(
        "  written for a capture       {:>7.2} of what the small archive takes ({:.1} KB)",
        each[1] / each[0],
        each[1]
    );
}
