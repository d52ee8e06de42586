//! The newest copy of the page at a post's address in the web archive, for platforms whose archived pages we do not read:
//! the bytes are kept, and when they were archived.

use super::status::from_status;
use super::wayback;
use super::{Answer, Hops, PostRef, Source, SourceKind, Step, Upstreams};
use crate::outcome::Outcome;

/// The source.
pub struct PageCopy;

impl Source for PageCopy {
    fn name(&self) -> &'static str {
        "wayback"
    }

    fn kind(&self) -> SourceKind {
        SourceKind::Archive
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        let mut asked = so_far.iter().filter_map(|hops| hops.last());
        let answer = match (asked.next(), asked.next()) {
            (None, _) => return Step::Ask(wayback::newest(upstreams, post.url.as_str())),
            (Some(listing), None) => match (from_status(listing), wayback::rows(listing)) {
                (Some(failed), _) => failed,
                (None, None) => Answer::without_post(Outcome::Unreadable, "cdx_unreadable"),
                (None, Some(rows)) => match rows.last() {
                    Some(row) => return Step::Ask(row.raw(upstreams)),
                    None => Answer::without_post(Outcome::NotFound, "not_archived"),
                },
            },
            (Some(listing), Some(page)) => match wayback::refused(page).or_else(|| from_status(page)) {
                Some(failed) => failed,
                None => Answer {
                    archived_at: wayback::archived_at(page).or_else(|| wayback::rows(listing)?.last()?.archived_at()),
                    ..Answer::without_post(Outcome::Captured, "archived_page")
                },
            },
        };
        Step::Answer(Box::new(answer))
    }
}
