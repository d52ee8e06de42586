//! Looking for words in what the archive holds: articles, linked pages, posts, notes. An index of words (`store/words.rs`) says
//! where they may stand; whether they do is seen in the text itself, and what the index lacks is looked through whole.

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::change::page_of;
use super::page::stored;
use super::query::Reader;
use super::words::Words;
use crate::citation::Findings;
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

/// What is looked through.
#[derive(Debug)]
pub(super) struct Kind {
    /// What it is to a reader.
    pub name: &'static str,
    /// The table whose rows are looked through, and which of them.
    pub table: &'static str,
    rows: &'static str,
    /// Of such a row, if it is the newest of its article, page or post: row to tell, address, who or what, when, text, and what
    /// else has words.
    one: &'static str,
    /// How long it takes to look through one of them, in microseconds; of pages at worst, where they are read from their bytes.
    pub cost: i64,
}

pub(super) const KINDS: [Kind; 4] = [
    Kind {
        name: "article",
        table: "reading",
        rows: "1",
        one: "SELECT r.article, coalesce(r.url, w.key), r.title, r.read_at, r.text, coalesce(r.byline, '')
              FROM reading r JOIN article w ON w.id = r.article
              WHERE r.id = ?1 AND r.text IS NOT NULL AND r.id = (SELECT max(n.id) FROM reading n WHERE n.article = r.article)",
        cost: 50,
    },
    Kind {
        name: "page",
        table: "exchange",
        rows: "purpose = 'page'",
        one: "SELECT t.id, t.url, NULL, c.started, '', ''
              FROM exchange x JOIN answer a ON a.id = x.answer JOIN capture c ON c.id = a.capture JOIN target t ON t.id = c.target
              WHERE x.id = ?1 AND a.outcome = 'captured' AND t.kind = 'link'
                AND x.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = a.id)
                AND c.id = (SELECT max(n.id) FROM capture n WHERE n.target = t.id AND n.outcome = 'captured')",
        cost: 1_500,
    },
    Kind {
        name: "post",
        table: "post",
        rows: "1",
        one: "SELECT target, url, coalesce('@' || author_handle, author_name), posted_at,
                     coalesce(title || char(10), '') || coalesce(text, ''), coalesce(author_name, '')
              FROM posts WHERE post = ?1 AND target = (SELECT c.target FROM post p JOIN answer a ON a.id = p.answer
                                                       JOIN capture c ON c.id = a.capture WHERE p.id = ?1)",
        cost: 10,
    },
    Kind {
        name: "note",
        table: "note",
        rows: "1",
        one: "SELECT n.id, coalesce(t.url, w.key), n.by, n.at, n.text, coalesce(n.file_name, '') FROM note n
              LEFT JOIN target t ON t.id = n.target LEFT JOIN article w ON w.id = n.article WHERE n.id = ?1",
        cost: 10,
    },
];

/// A text with what it is.
pub(super) struct Found {
    hit: Hit,
    text: String,
    beside: String,
    /// What was read in a page just now.
    findings: Option<Findings>,
}

impl Kind {
    /// Query for the rows after one, oldest first.
    pub(super) fn after(&self) -> String {
        format!(
            "SELECT id FROM {} WHERE id > ?1 AND {} ORDER BY id",
            self.table, self.rows
        )
    }

    /// What stands in the row of this id; `None` if it is not the newest any more, or was redacted.
    pub(super) fn read(&self, connection: &Connection, id: i64) -> rusqlite::Result<Option<Found>> {
        let found = connection
            .prepare_cached(self.one)?
            .query_row([id], |row| {
                Ok(Found {
                    hit: Hit {
                        kind: self.name,
                        row: row.get(0)?,
                        url: row.get(1)?,
                        by: row.get(2)?,
                        at: row.get(3)?,
                        text: Vec::new(),
                    },
                    text: row.get(4)?,
                    beside: row.get(5)?,
                    findings: None,
                })
            })
            .optional()?;
        let Some(mut found) = found else {
            return Ok(None);
        };
        if self.name != "page" {
            return Ok(Some(found));
        }
        if let Some(known) = stored(connection, id)? {
            found.hit.by = known.title;
            found.beside = known.byline.unwrap_or_default();
            found.text = known.text;
            return Ok(Some(found));
        }
        // No run has read the page yet: there is nothing of it but its bytes.
        let Some(findings) = page_of(connection, id)?.and_then(|page| page.findings) else {
            return Ok(None);
        };
        let page = &findings.reading;
        found.hit.by = page.title.as_ref().map(|title| title.value.clone());
        found.beside = page
            .byline
            .as_ref()
            .map(|byline| byline.value.clone())
            .unwrap_or_default();
        found.text.clone_from(&page.text);
        found.findings = Some(findings);
        Ok(Some(found))
    }
}

impl Found {
    /// All of it that has words.
    pub(super) fn words(&self) -> String {
        let by = self.hit.by.as_deref().unwrap_or_default();
        format!("{by}\n{}\n{}", self.beside, self.text)
    }

    /// What is told of it: the first sentences with any of the words, or the whole of a short text. `id` is the row it stands in.
    fn shown(self, connection: &Connection, id: i64, query: &Query) -> rusqlite::Result<Hit> {
        let mut hit = self.hit;
        let findings = match (hit.kind, self.findings) {
            ("page", None) => page_of(connection, id)?.and_then(|page| page.findings),
            (_, known) => known,
        };
        match (hit.kind, &findings) {
            ("article", _) => {
                let mut sentences =
                    connection.prepare_cached("SELECT text FROM sentences WHERE reading = ?1 ORDER BY ordinal")?;
                let mut rows = sentences.query([id])?;
                while let (true, Some(row)) = (hit.text.len() < SENTENCES, rows.next()?) {
                    let sentence: String = row.get(0)?;
                    if query.touches(&sentence) {
                        hit.text.push(sentence);
                    }
                }
            }
            (_, Some(findings)) => {
                let page = &findings.reading;
                let sentences = page.sentences.iter().map(|sentence| page.slice(sentence.span));
                let some = sentences.filter(|sentence| query.touches(sentence)).take(SENTENCES);
                hit.text.extend(some.map(str::to_owned));
            }
            _ => hit.text.push(self.text),
        }
        Ok(hit)
    }
}

impl Reader {
    /// Shows what has all the words of `query`: newest readings of articles, linked pages as they were captured last, newest
    /// texts of posts, notes.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn search(&self, query: &Query, mut each: impl FnMut(Hit)) -> Result<()> {
        self.ask(|connection| {
            let words = Words::of(connection)?;
            for (place, kind) in KINDS.iter().enumerate() {
                let mut ids = words.may_have(connection, place, query)?;
                let mut after = connection.prepare_cached(&kind.after())?;
                for id in after.query_map([words.until[place]], |row| row.get(0))? {
                    ids.push(id?);
                }
                for id in ids {
                    if let Some(found) = kind.read(connection, id)?
                        && query.is_in(&found.words())
                    {
                        each(found.shown(connection, id, query)?);
                    }
                }
            }
            Ok(())
        })
    }
}
