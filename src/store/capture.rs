//! Finished captures and resolutions: all their rows, their ledger entry and their job, written together or not at all.

use rusqlite::params;

use super::exchange::Owner;
use super::failure::Fault;
use super::ledger::{ExchangeSeal, Field};
use super::record::{AnswerRecord, CaptureRecord, HelperRecord, MediaRecord, ResolutionRecord};
use super::row::{
    ANSWER, CANARY, CAPTURE, HELPER, HELPER_FILE, POST_MEDIA, RESOLUTION, RESOLUTION_CANDIDATE, TARGET, count, integer,
    integer_or_null, text, text_or_null,
};
use super::session::{Session, take};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::platform::Candidate;

/// What became of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion<T> {
    /// It is in the archive for good.
    Stored(T),
    /// Somebody else has the job by now, or it is done: nothing was written.
    Stale,
}

/// A capture that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its row.
    pub capture: i64,
    /// Targets of its context that were queued with it.
    pub queued: Vec<i64>,
}

/// Rows written for answers: what the ledger's line says of them.
#[derive(Default)]
struct Written<'a> {
    exchanges: Vec<ExchangeSeal<'a>>,
    posts: Vec<[u8; 32]>,
    files: Vec<[u8; 32]>,
}

/// What an answer belongs to.
#[derive(Clone, Copy)]
enum Whole {
    Capture(i64),
    Resolution(i64),
}

impl Session {
    /// Stores a capture made under a lease; with `retry_at` its job stays and is due again then.
    pub(super) fn complete(
        &mut self,
        job: i64,
        fence: i64,
        record: &CaptureRecord,
        retry_at: Option<Timestamp>,
    ) -> Result<Completion<Stored>, Fault> {
        if !self.settle(job, fence, retry_at)? {
            return Ok(Completion::Stale);
        }
        if let (None, Some(due)) = (retry_at, record.recheck_at) {
            // Cited since its lease began: not as late as context is.
            let is_late = record.context.is_context && !self.is_context(job)?;
            self.recheck(job, if is_late { record.ended } else { due })?;
        }
        for (service, since) in &record.inquire {
            self.note_inquiry(job, service, *since)?;
        }
        let best = record.answers.get(record.best).ok_or_else(|| {
            Fault::Refused(Error::Internal(
                "a capture must have answers, the best among them".to_owned(),
            ))
        })?;
        let id = self.next_entry;
        let (started, ended) = (record.started.to_string(), record.ended.to_string());
        let values = [
            integer(id),
            integer(job),
            integer(fence),
            integer(self.run),
            text(&started),
            text(&ended),
            text(best.outcome.word()),
            text(&best.reason),
            text(&best.source),
            integer(count(record.best)),
        ];
        CAPTURE.insert(&self.connection, &values)?;
        CAPTURE.encode(&values, &mut self.evidence);
        let target = self.encode_target(job)?;
        let mut written = Written::default();
        for (ordinal, answer) in record.answers.iter().enumerate() {
            self.put_answer(Whole::Capture(id), count(ordinal), answer, &mut written)?;
        }
        for (ordinal, (url, answer)) in (record.answers.len()..).zip(&record.canaries) {
            let said = self.put_answer(Whole::Capture(id), count(ordinal), answer, &mut written)?;
            let values = [integer(said), text(url.as_str()), text(&ended)];
            CANARY.insert(&self.connection, &values)?;
            CANARY.encode(&values, &mut self.evidence);
        }
        let first_helper = self.next.helper;
        for helper in &record.helpers {
            self.put_helper(id, helper)?;
        }
        for media in &record.media {
            self.put_media(id, first_helper, media, &mut written)?;
        }
        let queued = self.put_context(id, job, &record.context)?;
        let mut fields = vec![
            ("exchanges", Field::Exchanges(written.exchanges)),
            ("outcome", Field::Text(best.outcome.word().into())),
            ("posts", Field::Digests(written.posts)),
            ("run", Field::Integer(self.run)),
            ("source", Field::Text(best.source.as_str().into())),
            ("target", Field::Text(target.into())),
        ];
        if !written.files.is_empty() {
            fields.push(("files", Field::Digests(written.files)));
        }
        self.seal("capture", fields)?;
        Ok(Completion::Stored(Stored { capture: id, queued }))
    }

    /// Stores an attempt to identify a post made under a lease. If it is identified, its target is made where there is
    /// none, queued unless it was captured, and given back.
    pub(super) fn complete_resolution(
        &mut self,
        job: i64,
        fence: i64,
        record: &ResolutionRecord,
        retry_at: Option<Timestamp>,
    ) -> Result<Completion<Option<i64>>, Fault> {
        if !self.settle(job, fence, retry_at)? {
            return Ok(Completion::Stale);
        }
        let (_, identified) = self.put_resolution(job, fence, record)?;
        Ok(Completion::Stored(identified))
    }

    /// Writes a resolution of `target` and its ledger entry. If it is identified, its target is made where there is none
    /// and queued unless it was captured. Gives the resolution's row and that target.
    pub(super) fn put_resolution(
        &mut self,
        target: i64,
        fence: i64,
        record: &ResolutionRecord,
    ) -> Result<(i64, Option<i64>), Fault> {
        let identified = match &record.identified {
            Some(post) => Some(self.put_post_target(post)?),
            None => None,
        };
        let id = self.next_entry;
        let (started, ended) = (record.started.to_string(), record.ended.to_string());
        let values = [
            integer(id),
            integer(target),
            integer(fence),
            integer(self.run),
            text(&started),
            text(&ended),
            text(record.outcome.word()),
            text(&record.reason),
            integer_or_null(identified),
        ];
        RESOLUTION.insert(&self.connection, &values)?;
        RESOLUTION.encode(&values, &mut self.evidence);
        let key = self.encode_target(target)?;
        let identified_key = match identified {
            Some(identified) => Some(self.encode_target(identified)?),
            None => None,
        };
        for (rank, candidate) in record.candidates.iter().enumerate() {
            self.put_candidate(id, count(rank), candidate)?;
        }
        let mut written = Written::default();
        for (ordinal, step) in record.steps.iter().enumerate() {
            self.put_answer(Whole::Resolution(id), count(ordinal), step, &mut written)?;
        }
        let mut fields = vec![
            ("exchanges", Field::Exchanges(written.exchanges)),
            ("outcome", Field::Text(record.outcome.word().into())),
            ("posts", Field::Digests(written.posts)),
            ("run", Field::Integer(self.run)),
            ("target", Field::Text(key.into())),
        ];
        if let Some(key) = identified_key {
            fields.push(("identified", Field::Text(key.into())));
        }
        self.seal("resolution", fields)?;
        if let Some(identified) = identified {
            self.enqueue(&[identified], false)?;
        }
        Ok((id, identified))
    }

    /// Writes a target's row into the digest and gives its key.
    pub(super) fn encode_target(&mut self, target: i64) -> Result<String, Fault> {
        let mut key = String::new();
        TARGET.encode_rows(&self.connection, "id = ?1", target, &mut self.evidence, |row, _| {
            key = row.get(1)?;
            Ok::<_, Fault>(())
        })?;
        Ok(key)
    }

    fn put_answer<'a>(
        &mut self,
        whole: Whole,
        ordinal: i64,
        answer: &'a AnswerRecord,
        written: &mut Written<'a>,
    ) -> Result<i64, Fault> {
        let id = take(&mut self.next.answer);
        let (capture, resolution) = match whole {
            Whole::Capture(id) => (Some(id), None),
            Whole::Resolution(id) => (None, Some(id)),
        };
        let values = [
            integer(id),
            integer_or_null(capture),
            integer_or_null(resolution),
            integer(ordinal),
            text(&answer.source),
            text(answer.outcome.word()),
            text(&answer.reason),
            text_or_null(answer.detail.as_deref()),
        ];
        ANSWER.insert(&self.connection, &values)?;
        ANSWER.encode(&values, &mut self.evidence);
        let mut post_exchange = None;
        for (index, exchange) in answer.exchanges.iter().enumerate() {
            let stored = self.put_exchange(Owner::Answer(id), count(index), exchange)?;
            if answer.post.as_ref().is_some_and(|(_, from)| *from == index) {
                post_exchange = Some(stored.id);
            }
            written.exchanges.push(stored.seal);
        }
        if let Some((post, _)) = &answer.post {
            let exchange = post_exchange.ok_or_else(|| {
                Fault::Refused(Error::Internal(
                    "a post must name the exchange it was read from".to_owned(),
                ))
            })?;
            written.posts.push(self.put_post(id, exchange, post)?);
        }
        Ok(id)
    }

    fn put_helper(&mut self, capture: i64, helper: &HelperRecord) -> Result<(), Fault> {
        let id = take(&mut self.next.helper);
        let arguments = serde_json::json!(helper.arguments).to_string();
        let (started, ended) = (helper.started.to_string(), helper.ended.to_string());
        let values = [
            integer(id),
            integer(capture),
            text(helper.program),
            text_or_null(helper.version.as_deref()),
            text(&arguments),
            text(&started),
            text(&ended),
            integer_or_null(helper.exit.map(i64::from)),
            text(helper.reason),
            text_or_null(helper.detail.as_deref()),
        ];
        HELPER.insert(&self.connection, &values)?;
        HELPER.encode(&values, &mut self.evidence);
        Ok(())
    }

    /// Whether an earlier capture of a target has the pieces of its film, and left none out.
    pub(super) fn has_pieces(&self, target: i64) -> Result<bool, Fault> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT 1 FROM capture c JOIN post_media m ON m.capture = c.id WHERE c.target = ?1 AND m.kind = 'segment'
                 GROUP BY c.id HAVING sum(m.outcome = 'captured') > 0 AND sum(m.outcome = 'refused') = 0",
            )?
            .exists([target])?)
    }

    /// Whether a capture has the picture of an author that stands at this address.
    pub(super) fn has_avatar(&self, url: &str) -> Result<bool, Fault> {
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM post_media WHERE kind = 'avatar' AND url = ?1 AND outcome = 'captured'")?
            .exists([url])?)
    }

    /// Whether a helper got what there is of a target already, or was called for it after `since`.
    pub(super) fn was_helped(&self, target: i64, program: &str, since: &str) -> Result<bool, Fault> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT 1 FROM capture c JOIN helper h ON h.capture = c.id
                 WHERE c.target = ?1 AND h.program = ?2 AND (h.reason = 'done' OR h.started > ?3)",
            )?
            .exists(params![target, program, since])?)
    }

    fn put_media<'a>(
        &mut self,
        capture: i64,
        first_helper: i64,
        media: &'a MediaRecord,
        written: &mut Written<'a>,
    ) -> Result<(), Fault> {
        let id = take(&mut self.next.post_media);
        let values = [
            integer(id),
            integer(capture),
            integer(media.position),
            text(&media.kind),
            text(&media.url),
            text_or_null(media.alt.as_deref()),
            text(media.outcome.word()),
            text(&media.reason),
        ];
        POST_MEDIA.insert(&self.connection, &values)?;
        POST_MEDIA.encode(&values, &mut self.evidence);
        for (index, exchange) in media.exchanges.iter().enumerate() {
            let stored = self.put_exchange(Owner::Media(id), count(index), exchange)?;
            written.exchanges.push(stored.seal);
        }
        if let Some((call, file)) = &media.helped {
            let body = self.seal_upload(file.upload, &file.sha256, file.length)?;
            let values = [
                integer(id),
                integer(first_helper + count(*call)),
                text(&file.name),
                integer(body),
            ];
            HELPER_FILE.insert(&self.connection, &values)?;
            HELPER_FILE.encode(&values, &mut self.evidence);
            written.files.push(file.sha256);
        }
        Ok(())
    }

    fn put_candidate(&mut self, resolution: i64, rank: i64, candidate: &Candidate) -> Result<(), Fault> {
        let values = [
            integer(resolution),
            integer(rank),
            text(candidate.post.platform),
            text(&candidate.post.id),
            text(candidate.post.url.as_str()),
            integer_or_null(candidate.score.map(i64::from)),
            text(&candidate.evidence),
        ];
        RESOLUTION_CANDIDATE.insert(&self.connection, &values)?;
        RESOLUTION_CANDIDATE.encode(&values, &mut self.evidence);
        Ok(())
    }
}
