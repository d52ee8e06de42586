//! Articles as they were read last: their sentences, and what they cite.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::Reader;
use super::target::{TargetView, target_view, with_context};
use crate::error::Result;
use crate::store::context;
use crate::store::named::spellings;

/// One article and what became of what it cites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArticleSummary {
    /// Row of the article.
    pub article: i64,
    /// Its canonical address, or `sha256:…` where it has none.
    pub key: String,
    /// Title of the newest reading.
    pub title: Option<String>,
    /// When it says it was published, as printed.
    pub published: Option<String>,
    /// Row of the newest reading.
    pub reading: i64,
    /// When the newest reading was made.
    pub read_at: String,
    /// Number of readings.
    pub readings: i64,
    /// Case tags.
    pub tags: Vec<String>,
    /// Posts that the newest reading cites, by the outcome of their newest capture; `pending` where there is none.
    pub posts: BTreeMap<String, i64>,
    /// The same of its other links.
    pub links: BTreeMap<String, i64>,
}

/// One article with its sentences and citations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArticleDetail {
    /// What `list` says of it.
    #[serde(flatten)]
    pub summary: ArticleSummary,
    /// Who wrote it, as printed.
    pub byline: Option<String>,
    /// Language of the newest reading.
    pub language: Option<String>,
    /// Digest of the newest reading's bytes.
    pub body_sha256: String,
    /// Text of the newest reading, unless redacted.
    pub text: Option<String>,
    /// Sentences of the newest reading.
    pub sentences: Vec<SentenceView>,
    /// What the newest reading cites, in reading order.
    pub citations: Vec<CitationView>,
}

/// A sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentenceView {
    /// Its number, from 0.
    pub ordinal: i64,
    /// First code point in the reading's text.
    pub start: i64,
    /// One past the last code point.
    pub stop: i64,
    /// Its text, unless redacted.
    pub text: Option<String>,
}

/// A citation and what became of what it cites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CitationView {
    /// Row of the citation.
    pub citation: i64,
    /// Its number in the reading, from 0.
    pub ordinal: i64,
    /// How it stands there.
    pub form: String,
    /// The address as it stood.
    pub raw_url: Option<String>,
    /// Words that carry the link.
    pub anchor: Option<String>,
    /// Handle that the place claims.
    pub claimed_handle: Option<String>,
    /// Date that the place claims.
    pub claimed_date: Option<String>,
    /// Text that the place claims.
    pub claimed_text: Option<String>,
    /// Sentences that refer to it, best first.
    pub sentences: Vec<ReferenceView>,
    /// What is cited.
    pub target: TargetView,
}

/// A sentence that refers to a citation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferenceView {
    /// Number of the sentence.
    pub sentence: i64,
    /// How it refers.
    pub relation: String,
    /// Confidence in thousandths.
    pub confidence: i64,
    /// Reason codes.
    pub reason: String,
    /// Its text, unless redacted.
    pub text: Option<String>,
}

impl Reader {
    /// Every article, oldest first; with `tag` those of one case.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn articles(&self, tag: Option<&str>) -> Result<Vec<ArticleSummary>> {
        self.ask(|connection| {
            let ids: Vec<i64> = connection
                .prepare_cached(
                    "SELECT id FROM article
                     WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM tag WHERE tag.article = article.id AND tag.name = ?1)
                     ORDER BY id",
                )?
                .query_map([tag], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            ids.into_iter()
                .filter_map(|id| summary(connection, id).transpose())
                .collect()
        })
    }

    /// The row of the article that `name` means: its row, its address in any spelling, or its key.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn find_article(&self, name: &str) -> Result<Option<i64>> {
        self.ask(|connection| {
            let mut found = connection.prepare_cached(
                "SELECT id FROM article WHERE id = ?2 OR key = ?1
                 UNION ALL SELECT article FROM reading WHERE url = ?1 OR claimed_url = ?1
                 LIMIT 1",
            )?;
            for name in spellings(name, "article") {
                let row = name.parse::<i64>().ok();
                if let Some(article) = found.query_row(params![name, row], |row| row.get(0)).optional()? {
                    return Ok(Some(article));
                }
            }
            Ok(None)
        })
    }

    /// One article with its sentences and citations.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn article(&self, article: i64) -> Result<Option<ArticleDetail>> {
        self.ask(|connection| {
            let Some(summary) = summary(connection, article)? else {
                return Ok(None);
            };
            let reading = summary.reading;
            let (byline, language, text, body_sha256) = connection
                .prepare_cached(
                    "SELECT byline, language, text, lower(hex(blob.sha256)) FROM reading JOIN blob ON blob.id = body
                     WHERE reading.id = ?1",
                )?
                .query_row([reading], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })?;
            let text: Option<String> = text;
            let sentences = sentences(connection, reading, text.as_deref())?;
            let citations = citations(connection, reading, &sentences)?;
            Ok(Some(ArticleDetail {
                summary,
                byline,
                language,
                body_sha256,
                text,
                sentences,
                citations,
            }))
        })
    }
}

fn summary(connection: &Connection, article: i64) -> rusqlite::Result<Option<ArticleSummary>> {
    let found = connection
        .prepare_cached(
            "SELECT article.key, r.title, r.published, r.id, r.read_at,
                    (SELECT count(*) FROM reading n WHERE n.article = article.id)
             FROM article
             JOIN reading r ON r.id = (SELECT n.id FROM reading n WHERE n.article = article.id ORDER BY n.id DESC LIMIT 1)
             WHERE article.id = ?1",
        )?
        .query_row([article], |row| {
            Ok(ArticleSummary {
                article,
                key: row.get(0)?,
                title: row.get(1)?,
                published: row.get(2)?,
                reading: row.get(3)?,
                read_at: row.get(4)?,
                readings: row.get(5)?,
                tags: Vec::new(),
                posts: BTreeMap::new(),
                links: BTreeMap::new(),
            })
        })
        .optional()?;
    let Some(mut summary) = found else {
        return Ok(None);
    };
    summary.tags = connection
        .prepare_cached("SELECT name FROM tag WHERE article = ?1 ORDER BY name")?
        .query_map([article], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare_cached(
        "SELECT t.kind = 'link', coalesce(t.state, 'pending'), count(DISTINCT t.means)
         FROM citation c JOIN targets t ON t.target = c.target WHERE c.reading = ?1 GROUP BY 1, 2",
    )?;
    let mut rows = statement.query([summary.reading])?;
    while let Some(row) = rows.next()? {
        let counts = if row.get(0)? {
            &mut summary.links
        } else {
            &mut summary.posts
        };
        counts.insert(row.get(1)?, row.get(2)?);
    }
    Ok(Some(summary))
}

fn sentences(connection: &Connection, reading: i64, text: Option<&str>) -> rusqlite::Result<Vec<SentenceView>> {
    // The text is walked once; `substr` in SQL would start from its beginning for every sentence.
    let mut rest = text.map(|text| (0_i64, text.char_indices(), text));
    let mut statement =
        connection.prepare_cached("SELECT ordinal, start, stop FROM sentence WHERE reading = ?1 ORDER BY ordinal")?;
    let mut sentences = Vec::new();
    let mut rows = statement.query([reading])?;
    while let Some(row) = rows.next()? {
        let (ordinal, start, stop): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let text = rest.as_mut().and_then(|(at, characters, text)| {
            let mut byte_at = |offset: i64| {
                while *at < offset {
                    characters.next()?;
                    *at += 1;
                }
                Some(characters.offset())
            };
            let range = byte_at(start)?..byte_at(stop)?;
            text.get(range).map(str::to_owned)
        });
        sentences.push(SentenceView {
            ordinal,
            start,
            stop,
            text,
        });
    }
    Ok(sentences)
}

fn citations(connection: &Connection, reading: i64, sentences: &[SentenceView]) -> rusqlite::Result<Vec<CitationView>> {
    let deepest = context::deepest(connection, i64::MAX)?;
    let mut references = connection.prepare_cached(
        "SELECT sentence, relation, confidence, reason FROM citation_sentence WHERE citation = ?1 ORDER BY rank",
    )?;
    connection
        .prepare_cached(
            "SELECT id, ordinal, form, raw_url, anchor, author_handle, date, text, target FROM citation
             WHERE reading = ?1 ORDER BY ordinal",
        )?
        .query_map([reading], |row| {
            let citation = row.get(0)?;
            let sentences = references
                .query_map([citation], |row| {
                    let sentence: i64 = row.get(0)?;
                    Ok(ReferenceView {
                        sentence,
                        relation: row.get(1)?,
                        confidence: row.get(2)?,
                        reason: row.get(3)?,
                        text: usize::try_from(sentence)
                            .ok()
                            .and_then(|n| sentences.get(n))
                            .and_then(|s| s.text.clone()),
                    })
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(CitationView {
                citation,
                ordinal: row.get(1)?,
                form: row.get(2)?,
                raw_url: row.get(3)?,
                anchor: row.get(4)?,
                claimed_handle: row.get(5)?,
                claimed_date: row.get(6)?,
                claimed_text: row.get(7)?,
                sentences,
                target: with_context(connection, target_view(connection, row.get(8)?)?, deepest)?,
            })
        })?
        .collect()
}
