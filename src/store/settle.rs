//! What a person decides about a citation whose post could not be identified, and the list of what waits for such a
//! decision. A decision is a resolution without steps, reason `settled_by_person`, beside that person's note saying why.

use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::failure::{Fault, sql_error};
use super::query::Reader;
use super::record::{About, Decision, NewNote, ResolutionRecord};
use super::session::Session;
use crate::error::{self, Error};
use crate::outcome::Outcome;

/// Reason code of a resolution that a person made.
const REASON: &str = "settled_by_person";

/// What a decision became in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Row of the resolution.
    pub resolution: i64,
    /// Row of the note that says who and why.
    pub note: i64,
    /// Row of the post's target, queued unless it was captured already; `None`: it stays unresolved.
    pub identified: Option<i64>,
}

/// A citation of a post that could not be identified yet. What it claims is the article's word, not checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnresolvedView {
    /// Row of the citation.
    pub citation: i64,
    /// Row of the target, to be named as `target:N`.
    pub target: i64,
    /// Key of the article.
    pub article_key: String,
    /// Title of the article.
    pub title: Option<String>,
    /// The main sentence that cites it.
    pub sentence: Option<String>,
    /// Name of the platform.
    pub platform: Option<String>,
    /// Name of the author, as the article has it.
    pub claimed_author: Option<String>,
    /// Handle of the author, as the article has it.
    pub claimed_handle: Option<String>,
    /// Date, as the article has it.
    pub claimed_date: Option<String>,
    /// Text, as the article has it.
    pub claimed_text: Option<String>,
    /// How the newest attempt ended; `None`: it was not tried yet.
    pub outcome: Option<String>,
    /// Its reason code.
    pub reason: Option<String>,
    /// When it ended.
    pub tried_at: Option<String>,
    /// Number of attempts.
    pub tries: i64,
    /// Posts that it may be, by the newest attempt, best first.
    pub candidates: Vec<CandidateView>,
}

/// A post that an unidentified citation may mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CandidateView {
    /// Its address.
    pub url: String,
    /// Likeness in thousandths, where it could be told.
    pub score: Option<i64>,
    /// Where it was listed.
    pub evidence: String,
}

impl Session {
    /// Records a person's decision and why they made it. A lease that another holds on the target becomes stale.
    pub(super) fn settle_by_person(&mut self, decision: &Decision) -> Result<Settled, Fault> {
        let target = decision.target;
        let refused = |why: String, hint| {
            Err(Fault::Refused(Error::BadInput {
                input: format!("target:{target}"),
                why,
                hint: Some(hint),
            }))
        };
        let found: Option<(String, Option<String>, bool)> = self
            .connection
            .prepare_cached(
                "SELECT kind, platform, EXISTS (SELECT 1 FROM resolution WHERE target = ?1 AND identified IS NOT NULL)
                 FROM target WHERE id = ?1",
            )?
            .query_row([target], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let (platform, is_identified) = match found {
            Some((kind, Some(platform), is_identified)) if kind == "unidentified" => (platform, is_identified),
            _ => {
                return refused(
                    "is no citation of an unidentified post in this archive".into(),
                    "`citekeep resolve` lists them",
                );
            }
        };
        match &decision.post {
            Some(post) if post.platform != platform => {
                return refused(
                    format!("was cited as a post of {platform}, not of {}", post.platform),
                    "give the address of a post of that platform",
                );
            }
            None if is_identified => {
                return refused(
                    "was identified already; that stays in the archive".into(),
                    "if that is wrong, name the post that it is; else add a note",
                );
            }
            _ => {}
        }
        let fence = self.take_over(target)?;
        let now = self.clock.now();
        let record = ResolutionRecord {
            started: now,
            ended: now,
            outcome: match decision.post {
                Some(_) => Outcome::Captured,
                None => Outcome::Unresolved,
            },
            reason: REASON.to_owned(),
            identified: decision.post.clone(),
            candidates: Vec::new(),
            steps: Vec::new(),
        };
        let (resolution, identified) = self.put_resolution(target, fence, &record)?;
        let note = self.add_note(&NewNote {
            about: About::Target(target),
            by: decision.by.clone(),
            text: match &decision.post {
                Some(post) => format!("Settled as {}: {}", post.url, decision.why),
                None => format!("Settled as unresolved: {}", decision.why),
            },
            file: None,
        })?;
        Ok(Settled {
            resolution,
            note,
            identified,
        })
    }

    /// Ends the work on a target, and gives the fence under which its result is written.
    fn take_over(&mut self, target: i64) -> rusqlite::Result<i64> {
        let (now, host) = (self.now(), self.host_of(target)?);
        self.connection
            .prepare_cached(
                "INSERT INTO job (target, slot, fence, attempts, not_before, done, host) VALUES (?1, 1, 1, 0, ?2, 1, ?3)
                 ON CONFLICT (target) DO UPDATE SET fence = fence + 1, done = 1, leased_until = NULL, leased_by = NULL
                 RETURNING fence",
            )?
            .query_row(params![target, now, host], |row| row.get(0))
    }
}

impl Reader {
    /// Every citation of a post that could not be identified yet, in the order of the citations.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn unresolved(&self) -> error::Result<Vec<UnresolvedView>> {
        self.list_unresolved().map_err(|error| sql_error(self.path(), &error))
    }

    fn list_unresolved(&self) -> rusqlite::Result<Vec<UnresolvedView>> {
        let transaction = self.connection().unchecked_transaction()?;
        let mut candidates = transaction.prepare(
            "SELECT url, score, evidence FROM resolution_candidate WHERE resolution =
               (SELECT id FROM resolution WHERE target = ?1 ORDER BY fence DESC LIMIT 1) ORDER BY rank",
        )?;
        let mut statement = transaction.prepare(
            "SELECT citation, target, article_key, title, sentence, platform, claimed_author, claimed_handle,
                    claimed_date, claimed_text, outcome, reason, tried_at, tries
             FROM unresolved ORDER BY citation",
        )?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let target = row.get(1)?;
            found.push(UnresolvedView {
                citation: row.get(0)?,
                target,
                article_key: row.get(2)?,
                title: row.get(3)?,
                sentence: row.get(4)?,
                platform: row.get(5)?,
                claimed_author: row.get(6)?,
                claimed_handle: row.get(7)?,
                claimed_date: row.get(8)?,
                claimed_text: row.get(9)?,
                outcome: row.get(10)?,
                reason: row.get(11)?,
                tried_at: row.get(12)?,
                tries: row.get(13)?,
                candidates: candidates
                    .query_map([target], |row| {
                        Ok(CandidateView {
                            url: row.get(0)?,
                            score: row.get(1)?,
                            evidence: row.get(2)?,
                        })
                    })?
                    .collect::<rusqlite::Result<_>>()?,
            });
        }
        Ok(found)
    }
}
