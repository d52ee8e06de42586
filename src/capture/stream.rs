//! Keeps the pieces of a film that is no file by itself: the playlists that its address leads to, and the segments that they name,
//! each as it was received. Nothing is joined.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::Ordering;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::{Instant, timeout_at};

use super::Capturer;
use super::post::media_outcome;
use crate::error::Result;
use crate::exchange::{Body, Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::stream::{Piece, named_by};
use crate::store::record::{Job, MediaRecord};

/// Most pieces that were left out which are named one by one.
const NAMED: usize = 100;

impl Capturer {
    /// Adds the pieces of the films among the captured files of a post, unless an earlier capture has all that it asked for. What is beyond the bounds is named after them, up to a
    /// bound, `refused` for the reason `over_count`, `over_bytes`, `over_time` or `stopped`.
    ///
    /// # Errors
    /// If the archive fails.
    pub(super) async fn capture_pieces(&self, job: &Job, media: &mut Vec<MediaRecord>) -> Result<()> {
        let bounds = self.streams;
        let films = media.iter().filter(|file| file.outcome == Outcome::Captured);
        let mut waiting: VecDeque<Piece> = films
            .filter_map(|file| file.exchanges.last())
            .flat_map(named_by)
            .collect();
        if waiting.is_empty() || self.store.has_pieces(job.target).await? {
            return Ok(());
        }
        let mut seen: HashSet<_> = waiting.iter().map(|piece| piece.url.clone()).collect();
        let deadline = Instant::now() + Duration::from_secs_f64(bounds.seconds);
        let (mut count, mut bytes) = (0, 0);
        let mut over = None;
        while let Some(piece) = waiting.pop_front() {
            over = over.or(match () {
                () if count >= bounds.count => Some("over_count"),
                () if bytes >= bounds.bytes => Some("over_bytes"),
                () if self.asked_to_stop.load(Ordering::Relaxed) > 0 => Some("stopped"),
                () => None,
            });
            count += 1;
            let request = Request::new(self.upstreams.route(&piece.url), Purpose::Media);
            let fetched = match over {
                Some(_) => None,
                None => timeout_at(deadline, self.fetch(&request)).await.ok(),
            };
            let (outcome, reason, exchanges) = match fetched {
                Some(mut exchanges) => {
                    let (outcome, reason) = media_outcome(&exchanges);
                    if let (Outcome::Captured, "playlist", Some(last)) = (outcome, piece.kind, exchanges.last()) {
                        let named = named_by(last).into_iter().rev();
                        for piece in named.filter(|piece| seen.insert(piece.url.clone())) {
                            waiting.push_front(piece);
                        }
                    }
                    bytes += exchanges.iter().map(|exchange| exchange.body_length).sum::<u64>();
                    for exchange in &mut exchanges {
                        self.set_aside(exchange).await?;
                    }
                    (outcome, reason, exchanges)
                }
                None => {
                    let over = *over.get_or_insert("over_time");
                    (Outcome::Refused, over.to_owned(), Vec::new())
                }
            };
            media.push(MediaRecord {
                position: i64::try_from(media.len()).unwrap_or(i64::MAX),
                kind: piece.kind.to_owned(),
                url: piece.url.into(),
                alt: None,
                outcome,
                reason,
                exchanges,
                helped: None,
            });
            if count >= bounds.count.saturating_add(NAMED) {
                break;
            }
        }
        Ok(())
    }

    /// Moves a body out of memory into the archive's staging: there may be thousands before the capture is done.
    async fn set_aside(&self, exchange: &mut Exchange) -> Result<()> {
        if let Body::Inline(bytes) = &exchange.body {
            if bytes.is_empty() {
                return Ok(());
            }
            let sha256 = exchange.body_sha256.unwrap_or_else(|| Sha256::digest(bytes).into());
            let upload = self.store.begin_upload(exchange.url.to_string(), None).await?;
            self.store.push_chunk(upload, bytes.clone()).await?;
            exchange.body = Body::Staged(upload);
            exchange.body_sha256 = Some(sha256);
        }
        Ok(())
    }
}
