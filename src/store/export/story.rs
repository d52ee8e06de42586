//! The articles of a selection as a person reads them: each text with the places that cite something. One reading at a time, so
//! memory does not grow with the selection.

use rusqlite::Row;

use super::Extract;
use crate::error::Result;

/// An article of the selection.
#[derive(Debug, Clone)]
pub struct Heading {
    /// Row of the article.
    pub article: i64,
    /// Its canonical address, or `sha256:` and the digest of its text.
    pub key: String,
    /// Title of its newest selected reading.
    pub title: Option<String>,
    /// Name of the file that this reading was given as.
    pub given_name: Option<String>,
    /// When it says it was published, as printed.
    pub published: Option<String>,
    /// Language of that reading.
    pub language: Option<String>,
    /// Posts that its selected readings cite.
    pub posts: i64,
    /// Of these, those whose content was obtained within the selection.
    pub posts_captured: i64,
    /// Other links.
    pub links: i64,
    /// Of these, those whose content was obtained.
    pub links_captured: i64,
}

/// One text of an article with what it cites; several readings in a row may have found the same.
#[derive(Debug, Clone)]
pub struct Story {
    /// Ledger entry of the first reading that found it so.
    pub reading: i64,
    /// The article's canonical address, or `sha256:` and the digest of its text.
    pub key: String,
    /// Address found in the page, or where it came from.
    pub url: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Who wrote it, as printed.
    pub byline: Option<String>,
    /// When it says it was published, as printed.
    pub published: Option<String>,
    /// ISO 639 code.
    pub language: Option<String>,
    /// When it was read.
    pub read_at: String,
    /// `fetched` or `given`.
    pub origin: String,
    /// Name of the file that was given.
    pub given_name: Option<String>,
    /// Address that the user says it comes from.
    pub claimed_url: Option<String>,
    /// When the user says it was retrieved.
    pub claimed_retrieved: Option<String>,
    /// Name of the web archive of others that it was taken from.
    pub taken_from: Option<String>,
    /// Program and version that read it.
    pub reader: String,
    /// Digest of its bytes.
    pub body_sha256: String,
    /// Length of its bytes.
    pub body_length: i64,
    /// Digest of its text.
    pub text_sha256: String,
    /// Its text; `None` once redacted.
    pub text: Option<String>,
    /// Later selected readings that found the same text and the same citations.
    pub again: i64,
    /// When the last of these was made.
    pub again_last: Option<String>,
    /// Paragraphs, headings and so on, in reading order.
    pub blocks: Vec<Part>,
    /// Where it cites something, in reading order.
    pub places: Vec<Place>,
}

/// A block of a text.
#[derive(Debug, Clone)]
pub struct Part {
    /// paragraph, heading, list_item, quote, caption, cell, preformatted.
    pub kind: String,
    /// First code point.
    pub start: usize,
    /// One past the last code point.
    pub stop: usize,
}

/// A place that cites something.
#[derive(Debug, Clone)]
pub struct Place {
    /// Row of the citation.
    pub citation: i64,
    /// Its number in the reading, from 0.
    pub ordinal: i64,
    /// embed, frame, link, flattened, media_link.
    pub form: String,
    /// The address as it stood.
    pub raw_url: Option<String>,
    /// What the place itself shows of what it cites; nothing of it is checked.
    pub claim: Claim,
    /// First code point of the place.
    pub start: usize,
    /// What is cited.
    pub target: i64,
    /// What that turned out to be, else the same.
    pub means: i64,
    /// Sentences that refer to it, best first.
    pub mentions: Vec<Mention>,
}

/// What an article shows of a post.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// Author's name.
    pub author_name: Option<String>,
    /// Author's handle, without `@`.
    pub author_handle: Option<String>,
    /// Date as printed.
    pub date: Option<String>,
    /// Text.
    pub text: Option<String>,
}

/// A sentence that refers to a place.
#[derive(Debug, Clone)]
pub struct Mention {
    /// First code point.
    pub start: usize,
    /// One past the last code point.
    pub stop: usize,
    /// contains, quotes, introduces, follows.
    pub relation: String,
    /// Confidence in thousandths.
    pub confidence: i64,
    /// Reason codes.
    pub reason: String,
}

/// An article as a reference names it.
#[derive(Debug, Clone)]
pub struct Work {
    /// Row of the article.
    pub article: i64,
    /// Address found in the page, or where it came from or is said to come from.
    pub url: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Who wrote it, as printed.
    pub byline: Option<String>,
    /// When it says it was published, as printed.
    pub published: Option<String>,
    /// ISO 639 code.
    pub language: Option<String>,
    /// When it was read.
    pub read_at: String,
    /// Digest of its bytes.
    pub body_sha256: String,
}

impl Extract<'_> {
    /// Shows every article of the selection, oldest first.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn headings(&self, each: impl FnMut(Heading) -> Result<()>) -> Result<()> {
        self.each(
            "WITH cited AS (
               SELECT DISTINCT r.article, x.means, m.kind = 'link' AS link,
                      EXISTS (SELECT 1 FROM capture c WHERE c.target = x.means AND c.outcome = 'captured'
                                AND c.id IN (SELECT id FROM export_capture)) AS captured
               FROM export_reading e JOIN reading r ON r.id = e.id JOIN citation k ON k.reading = r.id
               JOIN export_target x ON x.id = k.target JOIN target m ON m.id = x.means),
             sums AS (
               SELECT article, sum(NOT link) AS posts, sum(NOT link AND captured) AS posts_captured, sum(link) AS links,
                      sum(link AND captured) AS links_captured FROM cited GROUP BY article)
             SELECT w.id, w.key, r.title, r.published, r.language, r.given_name, coalesce(s.posts, 0),
                    coalesce(s.posts_captured, 0), coalesce(s.links, 0), coalesce(s.links_captured, 0)
             FROM article w JOIN reading r ON r.id = (SELECT max(n.id) FROM reading n JOIN export_reading e ON e.id = n.id
                                                      WHERE n.article = w.id)
             LEFT JOIN sums s ON s.article = w.id ORDER BY w.id",
            |row| {
                Ok(Heading {
                    article: row.get(0)?,
                    key: row.get(1)?,
                    title: row.get(2)?,
                    published: row.get(3)?,
                    language: row.get(4)?,
                    given_name: row.get(5)?,
                    posts: row.get(6)?,
                    posts_captured: row.get(7)?,
                    links: row.get(8)?,
                    links_captured: row.get(9)?,
                })
            },
            each,
        )
    }

    /// Shows every text that the selected readings of an article found, oldest first.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn stories(&self, article: i64, mut each: impl FnMut(Story) -> Result<()>) -> Result<()> {
        let firsts: Vec<(i64, i64, Option<String>)> = self.listed(
            "SELECT min(r.id), count(*) - 1, CASE WHEN count(*) > 1 THEN max(r.read_at) END
             FROM reading r JOIN export_reading e ON e.id = r.id WHERE r.article = ?1
             GROUP BY r.text_sha256, r.findings_sha256 ORDER BY min(r.id)",
            [article],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        for (reading, again, again_last) in firsts {
            let found = self.one(
                "SELECT w.key, r.url, r.title, r.byline, r.published, r.language, r.read_at, r.origin, r.given_name,
                        r.claimed_url, r.claimed_retrieved, r.reader, lower(hex(b.sha256)), b.length,
                        lower(hex(r.text_sha256)), r.text,
                        (SELECT f.name FROM reading_record y JOIN record o ON o.id = y.record
                         JOIN web_archive f ON f.id = o.web_archive WHERE y.reading = r.id)
                 FROM reading r JOIN article w ON w.id = r.article JOIN blob b ON b.id = r.body WHERE r.id = ?1",
                [reading],
                |row| {
                    Ok(Story {
                        reading,
                        key: row.get(0)?,
                        url: row.get(1)?,
                        title: row.get(2)?,
                        byline: row.get(3)?,
                        published: row.get(4)?,
                        language: row.get(5)?,
                        read_at: row.get(6)?,
                        origin: row.get(7)?,
                        given_name: row.get(8)?,
                        claimed_url: row.get(9)?,
                        claimed_retrieved: row.get(10)?,
                        reader: row.get(11)?,
                        body_sha256: row.get(12)?,
                        body_length: row.get(13)?,
                        text_sha256: row.get(14)?,
                        text: row.get(15)?,
                        taken_from: row.get(16)?,
                        again,
                        again_last: again_last.clone(),
                        blocks: Vec::new(),
                        places: Vec::new(),
                    })
                },
            )?;
            if let Some(mut story) = found {
                story.blocks = self.listed(
                    "SELECT kind, start, stop FROM block WHERE reading = ?1 ORDER BY ordinal",
                    [reading],
                    |row| {
                        Ok(Part {
                            kind: row.get(0)?,
                            start: offset(row, 1)?,
                            stop: offset(row, 2)?,
                        })
                    },
                )?;
                story.places = self.places(reading)?;
                each(story)?;
            }
        }
        Ok(())
    }

    fn places(&self, reading: i64) -> Result<Vec<Place>> {
        let mut places = self.listed(
            "SELECT c.id, c.ordinal, c.form, c.raw_url, c.start, x.id, x.means, c.author_name, c.author_handle,
                    coalesce(c.date_text, c.date), c.text
             FROM citation c JOIN export_target x ON x.id = c.target WHERE c.reading = ?1 ORDER BY c.ordinal",
            [reading],
            |row| {
                Ok(Place {
                    citation: row.get(0)?,
                    ordinal: row.get(1)?,
                    form: row.get(2)?,
                    raw_url: row.get(3)?,
                    start: offset(row, 4)?,
                    target: row.get(5)?,
                    means: row.get(6)?,
                    claim: Claim {
                        author_name: row.get(7)?,
                        author_handle: row.get(8)?,
                        date: row.get(9)?,
                        text: row.get(10)?,
                    },
                    mentions: Vec::new(),
                })
            },
        )?;
        for place in &mut places {
            place.mentions = self.listed(
                "SELECT s.start, s.stop, n.relation, n.confidence, n.reason FROM citation_sentence n
                 JOIN sentence s ON s.reading = ?2 AND s.ordinal = n.sentence WHERE n.citation = ?1 ORDER BY n.rank",
                [place.citation, reading],
                |row| {
                    Ok(Mention {
                        start: offset(row, 0)?,
                        stop: offset(row, 1)?,
                        relation: row.get(2)?,
                        confidence: row.get(3)?,
                        reason: row.get(4)?,
                    })
                },
            )?;
        }
        Ok(places)
    }

    /// Shows every article of the selection as its newest selected reading tells it, oldest article first.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn works(&self, each: impl FnMut(Work) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT w.id, coalesce(r.url, r.claimed_url), r.title, r.byline, r.published, r.language, r.read_at, lower(hex(b.sha256))
             FROM article w JOIN reading r ON r.id = (SELECT max(n.id) FROM reading n JOIN export_reading e ON e.id = n.id
                                                      WHERE n.article = w.id)
             JOIN blob b ON b.id = r.body ORDER BY w.id",
            |row| {
                Ok(Work {
                    article: row.get(0)?,
                    url: row.get(1)?,
                    title: row.get(2)?,
                    byline: row.get(3)?,
                    published: row.get(4)?,
                    language: row.get(5)?,
                    read_at: row.get(6)?,
                    body_sha256: row.get(7)?,
                })
            },
            each,
        )
    }
}

fn offset(row: &Row<'_>, index: usize) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(index)?).unwrap_or_default())
}
