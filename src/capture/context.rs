//! What belongs to a captured post: the posts that it names.

use super::Capturer;
use crate::platform::context::named;
use crate::platform::{Platform, PostRef};
use crate::store::record::{CaptureRecord, Job, Surroundings};

impl Capturer {
    /// The context of the post that `record` has.
    pub(super) async fn context_of(
        &self,
        platform: &Platform,
        at: &PostRef,
        job: &Job,
        record: &mut CaptureRecord,
    ) -> Surroundings {
        let posts = match &record.answers[record.best].post {
            Some((post, _)) if self.context.depth > 0 => named(platform, at, post),
            _ => Vec::new(),
        };
        Surroundings {
            posts,
            depth: self.context.depth,
            most: self.context.posts,
            is_context: job.is_context,
        }
    }
}
