//! What belongs to a captured post: the posts that it names, and the other parts of its author's own thread where the platform
//! tells them.

use super::Capturer;
use super::source::{PARSER_STOPPED, contained};
use crate::outcome::Outcome;
use crate::platform::context::{add_thread, may_have_thread, named};
use crate::platform::{Answer, Platform, Post, PostRef, Thread};
use crate::store::record::{AnswerRecord, CaptureRecord, Job, Surroundings};

impl Capturer {
    /// The context of the post that `record` has; what was asked to find it is added to the record's answers.
    pub(super) async fn context_of(
        &self,
        platform: &Platform,
        at: &PostRef,
        job: &Job,
        record: &mut CaptureRecord,
    ) -> Surroundings {
        let mut posts = Vec::new();
        if let (Some((post, _)), 1..) = (&record.answers[record.best].post, self.context.depth) {
            posts = contained(|| named(platform, at, post)).unwrap_or_default();
            // Only around what is cited, while its thread may still grow.
            let thread = platform.thread.filter(|thread| {
                !job.is_context
                    && !self.upstreams.skips(thread.name())
                    && may_have_thread(post)
                    && job.is_young(self.clock.now())
            });
            if let Some(thread) = thread
                && let Some((parts, answer)) = self.ask_thread(thread, at, post).await
            {
                add_thread(&mut posts, at, parts);
                record.answers.push(answer);
            }
        }
        Surroundings {
            posts,
            depth: self.context.depth,
            most: self.context.posts,
            is_context: job.is_context,
        }
    }

    /// The other parts of the thread around a post, and what was answered to the question for them.
    async fn ask_thread(&self, thread: &dyn Thread, at: &PostRef, post: &Post) -> Option<(Vec<PostRef>, AnswerRecord)> {
        let request = thread.ask(at, post, &self.upstreams)?;
        let exchanges = self.fetch(&request).await;
        let last = exchanges.last()?;
        let read = contained(|| thread.read(at, post, last))
            .unwrap_or_else(|| Err(Box::new(Answer::without_post(Outcome::Unreadable, PARSER_STOPPED))));
        let (parts, outcome, reason) = match read {
            Ok(parts) => (parts, Outcome::Captured, "thread".to_owned()),
            Err(failed) => (Vec::new(), failed.outcome, failed.reason),
        };
        let answer = AnswerRecord {
            source: thread.name().to_owned(),
            outcome,
            reason,
            detail: last.failure.as_ref().map(|failure| failure.detail.clone()),
            exchanges,
            post: None,
        };
        Some((parts, answer))
    }
}
