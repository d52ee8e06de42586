//! Looking for words in what the archive holds: articles, posts, notes.

use rusqlite::Connection;
use serde::Serialize;

use super::change::page_of;
use super::query::Reader;
use crate::error::Result;
use crate::search::Query;

/// Something that has the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// `article`, `page`, `post` or `note`.
    pub kind: &'static str,
    /// Row of the article, target (of a page or post) or note.
    pub row: i64,
    /// Its address; of a note, that of what it is about.
    pub url: Option<String>,
    /// Title of the article or page, or who wrote the post or note.
    pub by: Option<String>,
    /// When the article was read, the page captured, the post posted (as its source says), the note added.
    pub at: Option<String>,
    /// Of an article or page the first sentences that have any of the words; else the whole text.
    pub text: Vec<String>,
}

/// Most sentences of an article or page that are shown.
const SENTENCES: usize = 3;

impl Reader {
    /// Shows what has all the words of `query`: newest readings of articles, linked pages as they were captured last (read from
    /// their stored bytes), newest texts of posts, notes.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn search(&self, query: &Query, mut each: impl FnMut(Hit)) -> Result<()> {
        self.ask(|connection| {
            let mut articles = connection.prepare_cached(
                "SELECT r.article, coalesce(r.url, w.key), r.title, r.read_at, r.text, r.id, r.byline
                 FROM article w JOIN reading r ON r.id = (SELECT max(n.id) FROM reading n WHERE n.article = w.id)
                 WHERE r.text IS NOT NULL ORDER BY r.id",
            )?;
            let mut sentences =
                connection.prepare_cached("SELECT text FROM sentences WHERE reading = ?1 ORDER BY ordinal")?;
            let mut rows = articles.query([])?;
            while let Some(row) = rows.next()? {
                let (title, byline): (Option<String>, Option<String>) = (row.get(2)?, row.get(6)?);
                let head = [title.as_deref(), byline.as_deref()].map(Option::unwrap_or_default).join("\n");
                if !query.is_in(&format!("{head}\n{}", row.get_ref(4)?.as_str()?)) {
                    continue;
                }
                let mut text = Vec::new();
                let mut lines = sentences.query([row.get::<_, i64>(5)?])?;
                while let (true, Some(line)) = (text.len() < SENTENCES, lines.next()?) {
                    let sentence: String = line.get(0)?;
                    if query.touches(&sentence) {
                        text.push(sentence);
                    }
                }
                each(Hit {
                    kind: "article",
                    row: row.get(0)?,
                    url: row.get(1)?,
                    by: title,
                    at: row.get(3)?,
                    text,
                });
            }
            pages(connection, query, &mut each)?;
            for (kind, sql) in [
                (
                    "post",
                    "SELECT target, url, coalesce('@' || author_handle, author_name), posted_at, coalesce(title || char(10), '') || coalesce(text, ''),
                            coalesce(author_name, '') FROM posts ORDER BY target",
                ),
                (
                    "note",
                    "SELECT n.id, coalesce(t.url, w.key), n.by, n.at, n.text, coalesce(n.file_name, '') FROM note n
                     LEFT JOIN target t ON t.id = n.target LEFT JOIN article w ON w.id = n.article ORDER BY n.id",
                ),
            ] {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let (by, text, beside): (Option<String>, String, String) = (row.get(2)?, row.get(4)?, row.get(5)?);
                    if query.is_in(&format!("{text}\n{}\n{beside}", by.as_deref().unwrap_or_default())) {
                        each(Hit {
                            kind,
                            row: row.get(0)?,
                            url: row.get(1)?,
                            by,
                            at: row.get(3)?,
                            text: vec![text],
                        });
                    }
                }
            }
            Ok(())
        })
    }
}

/// Shows the linked pages that have the words. Nothing of a page is stored but its bytes, so they are read again.
fn pages(connection: &Connection, query: &Query, each: &mut impl FnMut(Hit)) -> rusqlite::Result<()> {
    let mut captured = connection.prepare_cached(
        "SELECT t.id, t.url, c.started, x.id FROM target t
         JOIN capture c ON c.id = (SELECT max(n.id) FROM capture n WHERE n.target = t.id AND n.outcome = 'captured')
         JOIN answer a ON a.capture = c.id AND a.outcome = 'captured'
         JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = a.id)
         WHERE t.kind = 'link' ORDER BY t.id",
    )?;
    let mut rows = captured.query([])?;
    while let Some(row) = rows.next()? {
        let Some(findings) = page_of(connection, row.get(3)?)?.and_then(|page| page.findings) else {
            continue;
        };
        let page = &findings.reading;
        let title = page.title.as_ref().map(|title| title.value.clone());
        let byline = page.byline.as_ref().map(|byline| byline.value.as_str());
        let head = [title.as_deref(), byline].map(Option::unwrap_or_default).join("\n");
        if !query.is_in(&format!("{head}\n{}", page.text)) {
            continue;
        }
        let sentences = page.sentences.iter().map(|sentence| page.slice(sentence.span));
        each(Hit {
            kind: "page",
            row: row.get(0)?,
            url: row.get(1)?,
            by: title,
            at: row.get(2)?,
            text: sentences
                .filter(|sentence| query.touches(sentence))
                .take(SENTENCES)
                .map(str::to_owned)
                .collect(),
        });
    }
    Ok(())
}
