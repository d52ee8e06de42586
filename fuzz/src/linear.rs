//! Whether time grows in step with size: the input repeated to a small and to a large size, in CPU time of this
//! thread, so that neither the machine's other work nor a slow build is blamed. Quadratic work takes 256 times as long
//! on the large size, linear work 16 times; far in between lies the limit, and only the best of several tries counts.

use std::time::Duration;

/// One input in so many is asked.
const EVERY: u64 = 1024;

/// Above the sizes to which the parsers bound what they cannot do in linear time.
const SMALL: usize = 32 << 10;
const LARGE: usize = 16 * SMALL;

/// How many times the time of the small size the large one may take: four times what linear work does.
const LIMIT: u32 = 64;

/// Work under this time is too short to measure and does no harm.
const NOTICEABLE: Duration = Duration::from_millis(30);

const TRIES: usize = 4;

/// Chosen by content (FNV-1a), so that a finding repeats itself.
pub fn is_due(data: &[u8]) -> bool {
    let hash = data.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    !data.is_empty() && (hash >> 20).is_multiple_of(EVERY)
}

/// Panics if `work` is not linear in the size of `data` repeated.
pub fn demand(data: &[u8], work: impl Fn(&[u8])) {
    let of_size = |size: usize| -> Vec<u8> { data.iter().copied().cycle().take(size).collect() };
    let (small, large) = (of_size(SMALL), of_size(LARGE));
    let mut least_small = Duration::MAX;
    let mut least_large = Duration::MAX;
    for _ in 0..TRIES {
        least_small = least_small.min(time(|| work(&small)));
        least_large = least_large.min(time(|| work(&large)));
        if least_large < NOTICEABLE || least_large < least_small * LIMIT {
            return;
        }
    }
    panic!("not linear: {SMALL} bytes take {least_small:?}, {LARGE} bytes take {least_large:?}");
}

fn time(work: impl FnOnce()) -> Duration {
    let before = cpu();
    work();
    cpu().saturating_sub(before)
}

/// CPU time of this thread.
fn cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills the struct that it is given.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0, "the thread's CPU clock can be read");
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}
