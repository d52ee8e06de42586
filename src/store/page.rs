//! What captured pages say of themselves: title, author, date, canonical address, main text. Derived from their stored bytes after
//! they were kept, in rows that name the exchange and the reader; no evidence, but readable with nothing but SQL.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::change::page_of;
use super::failure::Fault;
use super::query::Reader;
use super::row::count;
use super::session::{PROGRAM, Session};
use crate::article::{Format, Found};
use crate::error::Result;

/// What a page says of itself. Unknown is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PageFacts {
    /// Title.
    pub title: Option<String>,
    /// Where it stood: json-ld, og, h1 …
    pub title_source: Option<String>,
    /// Who wrote it, as printed.
    pub byline: Option<String>,
    /// Where that stood.
    pub byline_source: Option<String>,
    /// When it says it was published, as printed.
    pub published: Option<String>,
    /// Where that stood.
    pub published_source: Option<String>,
    /// The canonical address that it names.
    pub canonical: Option<String>,
    /// Where that stood.
    pub canonical_source: Option<String>,
    /// ISO 639 code.
    pub language: Option<String>,
    /// The text of its story, blocks joined by one line feed.
    #[serde(skip)]
    pub text: String,
}

/// A captured page and what it says of itself.
#[derive(Debug, Clone)]
pub struct ReadPage {
    /// The exchange that brought it.
    pub exchange: i64,
    /// What it says.
    pub facts: PageFacts,
}

/// Some captured pages that were read.
#[derive(Debug, Default)]
pub struct ReadPages {
    /// Those in which something was found.
    pub pages: Vec<ReadPage>,
    /// All up to this capture are read.
    pub upto: i64,
    /// Whether that is all that there is.
    pub is_all: bool,
}

/// Text of pages that is held at once, in bytes, beyond the last page.
const HELD: usize = 4 << 20;

/// Exchanges that brought a page: the last of the best answer, if that holds no post. What is longer than 2 MiB as received is no
/// page that anybody reads.
const PAGES: &str = "
  FROM capture c JOIN answer a ON a.capture = c.id AND a.ordinal = c.best AND a.outcome = 'captured'
  JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = a.id)
  WHERE x.body IS NOT NULL AND x.body_length <= 2097152 AND x.truncated IS NULL AND x.response_headers LIKE '%content-type: %html%'
    AND NOT EXISTS (SELECT 1 FROM post p WHERE p.answer = a.id)";

/// The columns of [`PageFacts`] in table page.
pub(super) const FACTS: &str =
    "title, title_source, byline, byline_source, published, published_source, canonical, canonical_source, language";

impl Reader {
    /// How many captures of pages wait to be read, counted up to `most`.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn pages_to_read(&self, most: usize) -> Result<usize> {
        self.ask(|connection| {
            let sql = format!("SELECT count(*) FROM (SELECT 1 {PAGES} AND c.id > {READ} LIMIT ?1)");
            let waiting: i64 = connection
                .prepare_cached(&sql)?
                .query_row([count(most)], |row| row.get(0))?;
            Ok(usize::try_from(waiting).unwrap_or_default())
        })
    }

    /// Reads at most so many captured pages that were not read yet, oldest first; the same bytes at the same address once.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn read_pages(&self, most: usize) -> Result<ReadPages> {
        self.ask(|connection| {
            let sql = format!(
                "SELECT c.id, x.id, EXISTS (SELECT 1 FROM page p WHERE p.body = x.body AND p.url = x.url)
                 {PAGES} AND c.id > {READ} ORDER BY c.id LIMIT ?1"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([count(most)])?;
            let mut read = ReadPages::default();
            let (mut looked_at, mut held) = (0, 0);
            while let Some(row) = rows.next()? {
                if held > HELD {
                    return Ok(read);
                }
                read.upto = row.get(0)?;
                looked_at += 1;
                let exchange = row.get(1)?;
                if row.get(2)? {
                    continue;
                }
                if let Some(facts) = facts(connection, exchange)? {
                    held += facts.text.len();
                    read.pages.push(ReadPage { exchange, facts });
                }
            }
            if looked_at < most {
                read.is_all = true;
                read.upto = connection.query_row("SELECT coalesce(max(id), -1) FROM capture", [], |row| row.get(0))?;
            }
            Ok(read)
        })
    }

    /// Every capture of a page, or of the page `target`, by the exchange that brought it.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn captured_pages(&self, target: Option<i64>) -> Result<Vec<i64>> {
        self.ask(|connection| {
            let sql = format!("SELECT x.id {PAGES} AND (?1 IS NULL OR c.target = ?1) ORDER BY c.id");
            connection
                .prepare_cached(&sql)?
                .query_map([target], |row| row.get(0))?
                .collect()
        })
    }

    /// What the page that an exchange brought says of itself, read now, if that is otherwise than it was read before.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn page_read_otherwise(&self, exchange: i64) -> Result<Option<PageFacts>> {
        self.ask(|connection| {
            let known = stored(connection, exchange)?;
            Ok(facts(connection, exchange)?.filter(|facts| known.as_ref() != Some(facts)))
        })
    }

    /// What the newest captured page of a target says of itself, as it was read, or read now where it was not yet.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn page_of_target(&self, target: i64) -> Result<Option<PageFacts>> {
        self.ask(|connection| {
            let sql = format!("SELECT x.id {PAGES} AND c.target = ?1 ORDER BY c.fence DESC LIMIT 1");
            let exchange: Option<i64> = connection
                .prepare_cached(&sql)?
                .query_row([target], |row| row.get(0))
                .optional()?;
            match exchange {
                None => Ok(None),
                Some(exchange) => Ok(match stored(connection, exchange)? {
                    Some(known) => Some(known),
                    None => facts(connection, exchange)?,
                }),
            }
        })
    }
}

/// Up to which capture pages are read.
const READ: &str = "coalesce((SELECT capture FROM pages_read), -1)";

/// What the page that an exchange brought says of itself, as it was read last.
pub(super) fn stored(connection: &Connection, exchange: i64) -> rusqlite::Result<Option<PageFacts>> {
    let sql = format!(
        "SELECT {FACTS}, text FROM page WHERE (body, url) = (SELECT body, url FROM exchange WHERE id = ?1) ORDER BY id DESC LIMIT 1"
    );
    connection
        .prepare_cached(&sql)?
        .query_row([exchange], |row| PageFacts::read(row, 0))
        .optional()
}

/// What the page that an exchange brought says of itself; `None` if that is no page, too large, or was redacted.
fn facts(connection: &Connection, exchange: i64) -> rusqlite::Result<Option<PageFacts>> {
    // Pages are foreign: one that stops a reader of ours costs only itself.
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| page_of(connection, exchange)));
    let Some(page) = read.unwrap_or(Ok(None))? else {
        return Ok(None);
    };
    Ok(page
        .findings
        .filter(|found| found.reading.format == Format::Html)
        .map(|found| {
            let page = found.reading;
            let (title, title_source) = parted(page.title);
            let (byline, byline_source) = parted(page.byline);
            let (published, published_source) = parted(page.published);
            // The address that it came from is not its own word.
            let (canonical, canonical_source) = parted(page.url.filter(|url| url.source != "hint"));
            PageFacts {
                title,
                title_source,
                byline,
                byline_source,
                published,
                published_source,
                canonical,
                canonical_source,
                language: page.language.map(|language| language.value),
                text: page.text,
            }
        }))
}

fn parted(found: Option<Found<impl ToString>>) -> (Option<String>, Option<String>) {
    found
        .map(|found| (found.value.to_string(), found.source.to_owned()))
        .unzip()
}

impl PageFacts {
    /// From the columns [`FACTS`] and the text.
    pub(in crate::store) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<PageFacts> {
        Ok(PageFacts {
            title: row.get(first)?,
            title_source: row.get(first + 1)?,
            byline: row.get(first + 2)?,
            byline_source: row.get(first + 3)?,
            published: row.get(first + 4)?,
            published_source: row.get(first + 5)?,
            canonical: row.get(first + 6)?,
            canonical_source: row.get(first + 7)?,
            language: row.get(first + 8)?,
            text: row.get(first + 9)?,
        })
    }
}

impl Session {
    /// Adds what pages say of themselves; those up to the capture `upto` are read then.
    pub(super) fn add_pages(&mut self, pages: &[ReadPage], upto: Option<i64>) -> std::result::Result<(), Fault> {
        let sql = format!(
            "INSERT INTO page (entry, exchange, body, url, reader, {FACTS}, text)
             SELECT ?1, x.id, x.body, x.url, ?2, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 FROM exchange x WHERE x.id = ?3
               AND NOT EXISTS (SELECT 1 FROM redaction d WHERE d.kind = 'blob' AND d.item = x.body)"
        );
        for ReadPage { exchange, facts } in pages {
            self.connection.prepare_cached(&sql)?.execute(params![
                self.next_entry,
                PROGRAM,
                exchange,
                facts.title,
                facts.title_source,
                facts.byline,
                facts.byline_source,
                facts.published,
                facts.published_source,
                facts.canonical,
                facts.canonical_source,
                facts.language,
                facts.text
            ])?;
        }
        if let Some(upto) = upto {
            self.connection
                .prepare_cached(
                    "INSERT INTO pages_read (one, capture) VALUES (1, ?1) ON CONFLICT DO UPDATE SET capture = ?1",
                )?
                .execute([upto])?;
        }
        Ok(())
    }
}
