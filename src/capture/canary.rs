//! Canaries: posts known to be live, asked of a source that has just said that another post cannot be had. If it does not
//! give them either, the source is at fault, or we are blocked.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::Mutex;
use url::Url;

use super::Capturer;
use crate::clock::Timestamp;
use crate::outcome::Outcome;
use crate::platform::{PostRef, Source};
use crate::store::record::AnswerRecord;

/// For how long an answer to a canary counts for other posts, in milliseconds. Verdicts look a quarter of an hour around.
const VALID: i64 = 10 * 60_000;

/// Most canaries asked of one source in one go.
const MOST: usize = 3;

/// The posts known to be live, and when each source was last asked for one of its host.
#[derive(Clone, Default)]
pub(super) struct Canaries {
    posts: Arc<Vec<PostRef>>,
    asked: Arc<Mutex<HashMap<(&'static str, String), Timestamp>>>,
}

impl Canaries {
    pub(super) fn new(posts: &BTreeMap<String, Vec<PostRef>>) -> Canaries {
        Canaries {
            posts: Arc::new(posts.values().flatten().cloned().collect()),
            asked: Arc::default(),
        }
    }

    /// Those that the sources of `post` must know: of the same platform and server, but not the post itself.
    fn beside<'a>(&'a self, post: &'a PostRef) -> impl Iterator<Item = &'a PostRef> {
        self.posts
            .iter()
            .filter(|canary| {
                canary.platform == post.platform && canary.url.host() == post.url.host() && canary.id != post.id
            })
            .take(MOST)
    }
}

/// Whether an answer says something that a source at fault may say of every post.
fn needs_proof(outcome: Outcome) -> bool {
    outcome == Outcome::NotFound || outcome == Outcome::Protected || outcome.is_gone()
}

impl Capturer {
    /// Asks `source` for a post that is known to be live, where its answer about `post` needs that and none was asked for lately.
    pub(super) async fn canaries_of(
        &self,
        post: &PostRef,
        source: &'static dyn Source,
        said: Outcome,
    ) -> Vec<(Url, AnswerRecord)> {
        let mut answers = Vec::new();
        if !needs_proof(said) || self.canaries.beside(post).next().is_none() {
            return answers;
        }
        // Held while asking, so that of many posts only the first asks.
        let mut asked = self.canaries.asked.lock().await;
        let key = (source.name(), post.url.host_str().unwrap_or_default().to_owned());
        let now = self.clock.now();
        if asked
            .get(&key)
            .is_some_and(|at| (0..VALID).contains(&now.millis().saturating_sub(at.millis())))
        {
            return answers;
        }
        for canary in self.canaries.beside(post) {
            let mut answer = self.answer_of(canary, source).await;
            // What it says of another post is not what this capture is about; its bytes are kept.
            answer.post = None;
            let is_live = answer.outcome == Outcome::Captured;
            answers.push((canary.url.clone(), answer));
            if is_live {
                break;
            }
        }
        asked.insert(key, now);
        answers
    }
}
