//! The contents that are compared: posts as they were read, pages and articles read again from their stored bytes.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use url::Url;

use super::{Before, Content, Sql};
use crate::article::Hints;
use crate::change::{Difference, MediaVersion, Page, PostVersion, compare_pages, compare_posts, is_replaced};
use crate::citation::{self, Findings};
use crate::exchange::{DECODED_LIMIT, decode, saved};
use crate::platform::{link, readers};
use crate::store::blob::each_chunk;
use crate::store::exchange::read_header_lines;

/// Largest body that is read to be compared, in bytes as received.
const BODY_LIMIT: i64 = 16 << 20;

/// A page whose body is this many times as long or short as the one before may be a wall before it.
const LENGTHS: i64 = 2;

/// The newest content of each source of one target.
#[derive(Default)]
pub(super) struct Contents(HashMap<String, Known>);

/// What of a difference is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Nothing: only that the content is known.
    Nothing,
    /// What makes an edit.
    Content,
    /// Counts, too.
    All,
}

struct Known {
    content: Content,
    /// The capture after it may have seen a wall.
    doubted: bool,
}

impl Contents {
    /// Takes in the next content; gives the one before of the same source and what differs, as far as it is wanted. Where
    /// nothing of a page stayed that may be the page, or a wall that answers like a page: it counts when the next capture
    /// says so too.
    pub(super) fn follow(
        &mut self,
        connection: &Connection,
        of: &str,
        content: Content,
        wanted: Wanted,
    ) -> Sql<Option<(Content, Difference)>> {
        let Some(known) = self.0.get_mut(&content.source) else {
            let source = content.source.clone();
            let doubted = false;
            self.0.insert(source, Known { content, doubted });
            return Ok(None);
        };
        if of == "link" && !known.doubted && may_be_wall(connection, &known.content, &content)? {
            known.doubted = true;
            return Ok(None);
        }
        known.doubted = false;
        let last = std::mem::replace(&mut known.content, content);
        let is_known = match wanted {
            Wanted::Nothing => true,
            Wanted::Content => of != "link" && is_same_post(connection, last.row, known.content.row)?,
            Wanted::All => false,
        };
        if is_known {
            return Ok(None);
        }
        let compared = compare(connection, of, &last, &known.content)?;
        Ok(compared.map(|difference| (last, difference)))
    }
}

fn may_be_wall(connection: &Connection, before: &Content, after: &Content) -> Sql<bool> {
    let (Some(old), Some(new)) = (page_row(connection, before.row)?, page_row(connection, after.row)?) else {
        return Ok(false);
    };
    if old.length.min(new.length) * LENGTHS > old.length.max(new.length) {
        return Ok(false);
    }
    let pages = old.read(connection)?.zip(new.read(connection)?);
    Ok(pages.is_some_and(|(old, new)| is_replaced(&old, &new)))
}

/// What differs between two contents of one source; `None` where one of them cannot be read any more.
pub(super) fn compare(connection: &Connection, of: &str, before: &Content, after: &Content) -> Sql<Option<Difference>> {
    if of == "link" {
        let (Some(old), Some(new)) = (page_row(connection, before.row)?, page_row(connection, after.row)?) else {
            return Ok(None);
        };
        if (old.body, old.status, &old.url) == (new.body, new.status, &new.url) {
            return Ok(Some(Difference::default()));
        }
        let pages = old.read(connection)?.zip(new.read(connection)?);
        return Ok(pages.map(|(old, new)| compare_pages(&old, &new)));
    }
    let (Some((was_read_by, old)), Some((read_by, new))) = (
        post_version(connection, before.row)?,
        post_version(connection, after.row)?,
    ) else {
        return Ok(None);
    };
    if was_read_by == read_by {
        return Ok(Some(compare_posts(&old, &new)));
    }
    // Another version of the program may read more or less of the same answer, so both are read by this one.
    let again = read_again(connection, before, &old)?.zip(read_again(connection, after, &new)?);
    Ok(again.map(|(old, new)| compare_posts(&old, &new)))
}

/// Whether a content can be compared with a later one: a page that came whole and is not too large.
pub(super) fn is_comparable(connection: &Connection, of: &str, content: &Content) -> Sql<bool> {
    Ok(of != "link" || page_row(connection, content.row)?.is_some())
}

/// Whether two rows say the same of a post but for its counts: most do, and need not be read further.
fn is_same_post(connection: &Connection, before: i64, after: i64) -> Sql<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM post a JOIN post b LEFT JOIN post_detail d ON d.post = a.id LEFT JOIN post_detail e ON e.post = b.id
             WHERE a.id = ?1 AND b.id = ?2 AND a.parser = b.parser AND a.text IS b.text AND a.text_cut IS b.text_cut
               AND a.author_handle IS b.author_handle AND a.author_name IS b.author_name AND a.edit_ids = b.edit_ids
               AND a.media = b.media AND d.title IS e.title AND d.content_warning IS e.content_warning
               AND d.edited_at IS e.edited_at",
        )?
        .exists([before, after])
}

/// A post read from its stored answer by this program, with the digests of its files as they were saved; `None` where no
/// reader of saved answers is known, or it reads another post in it.
fn read_again(connection: &Connection, content: &Content, stored: &PostVersion) -> Sql<Option<PostVersion>> {
    let Some(reader) = readers::by_name(&content.source.replacen('.', "/", 1)) else {
        return Ok(None);
    };
    let found = connection
        .prepare_cached(
            "SELECT x.url, x.status, coalesce(x.response_headers, ''), x.body, p.native_id
             FROM post p JOIN exchange x ON x.id = p.exchange WHERE p.id = ?1 AND x.body IS NOT NULL",
        )?
        .query_row([content.row], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, Option<u16>>(1)?.unwrap_or_default(),
                read_header_lines(&row.get::<_, String>(2)?),
                row.get::<_, i64>(3)?,
                row.get::<_, String>(4)?,
            ))
        })
        .optional()?;
    let Some((url, status, headers, body, native_id)) = found else {
        return Ok(None);
    };
    let Some(bytes) = unpacked(connection, body, &headers)? else {
        return Ok(None);
    };
    let plain = headers
        .into_iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("content-encoding"))
        .collect();
    let told = reader.read(&[saved::exchange(Url::parse(&url).ok(), status, plain, bytes)]);
    Ok(told.post.filter(|post| post.id == native_id).map(|post| {
        let mut version = PostVersion::from(post);
        for file in &mut version.media {
            let saved = stored.media.iter().find(|saved| saved.url == file.url);
            file.sha256 = saved.and_then(|saved| saved.sha256.clone());
        }
        version
    }))
}

/// A post as a capture has it, and the program that read it; `None` once redacted.
fn post_version(connection: &Connection, post: i64) -> Sql<Option<(String, PostVersion)>> {
    let strings = |json: &str| serde_json::from_str::<Vec<String>>(json).unwrap_or_default();
    let found = connection
        .prepare_cached(
            "SELECT p.parser, p.text, p.text_cut, d.title, d.content_warning, p.author_handle, p.author_name, d.edited_at,
                    p.edit_ids, p.counts, p.media, a.capture
             FROM post p JOIN answer a ON a.id = p.answer LEFT JOIN post_detail d ON d.post = p.id WHERE p.id = ?1",
        )?
        .query_row([post], |row| {
            let version = PostVersion {
                text: row.get(1)?,
                text_cut: row.get(2)?,
                title: row.get(3)?,
                content_warning: row.get(4)?,
                author_handle: row.get(5)?,
                author_name: row.get(6)?,
                edited_at: row.get(7)?,
                edit_ids: strings(&row.get::<_, String>(8)?),
                counts: serde_json::from_str(&row.get::<_, String>(9)?).unwrap_or_default(),
                media: media(&row.get::<_, String>(10)?),
            };
            Ok((row.get::<_, String>(0)?, version, row.get::<_, Option<i64>>(11)?))
        })
        .optional()?;
    let Some((parser, mut version, capture)) = found else {
        return Ok(None);
    };
    let mut saved = connection.prepare_cached(
        "SELECT m.position, lower(hex(b.sha256)) FROM post_media m
         JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.media = m.id)
         JOIN blob b ON b.id = x.body
         WHERE m.capture = ?1 AND m.outcome = 'captured'",
    )?;
    let mut rows = saved.query([capture])?;
    while let Some(row) = rows.next()? {
        let position = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX);
        if let Some(file) = version.media.get_mut(position) {
            file.sha256 = row.get(1)?;
        }
    }
    Ok(Some((parser, version)))
}

/// The files of a post, from the column's JSON.
fn media(json: &str) -> Vec<MediaVersion> {
    let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let files = value.as_array().map(Vec::as_slice).unwrap_or_default();
    files
        .iter()
        .map(|file| {
            let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
            MediaVersion {
                kind: text("kind"),
                url: text("url"),
                sha256: None,
            }
        })
        .collect()
}

/// A linked page's last exchange.
struct PageRow {
    body: i64,
    length: i64,
    status: Option<u16>,
    url: String,
    sha256: String,
    headers: Vec<(String, String)>,
}

/// The exchange, if it brought a whole body that is small enough to be compared.
fn page_row(connection: &Connection, exchange: i64) -> Sql<Option<PageRow>> {
    connection
        .prepare_cached(
            "SELECT b.id, x.status, x.url, lower(hex(b.sha256)), coalesce(x.response_headers, ''), b.length
             FROM exchange x JOIN blob b ON b.id = x.body
             WHERE x.id = ?1 AND x.truncated IS NULL AND b.length <= ?2",
        )?
        .query_row(params![exchange, BODY_LIMIT], |row| {
            Ok(PageRow {
                body: row.get(0)?,
                status: row.get(1)?,
                url: row.get(2)?,
                sha256: row.get(3)?,
                headers: read_header_lines(&row.get::<_, String>(4)?),
                length: row.get(5)?,
            })
        })
        .optional()
}

/// The page that an exchange brought; `None` if it did not come whole, is too large to be read here, or was redacted.
pub fn page_of(connection: &Connection, exchange: i64) -> Sql<Option<Page>> {
    match page_row(connection, exchange)? {
        Some(row) => row.read(connection),
        None => Ok(None),
    }
}

/// The body that an exchange brought, unpacked, and what is known of it; `None` as at [`page_of`].
pub fn body_of(connection: &Connection, exchange: i64) -> Sql<Option<(Vec<u8>, Hints)>> {
    let Some(row) = page_row(connection, exchange)? else {
        return Ok(None);
    };
    let bytes = unpacked(connection, row.body, &row.headers)?;
    Ok(bytes.map(|bytes| (bytes, hints(&row.url, &row.headers))))
}

impl PageRow {
    /// The page; `None` if its body was redacted or cannot be unpacked.
    fn read(self, connection: &Connection) -> Sql<Option<Page>> {
        let Some(bytes) = unpacked(connection, self.body, &self.headers)? else {
            return Ok(None);
        };
        let hints = hints(&self.url, &self.headers);
        Ok(Some(Page {
            status: self.status,
            findings: citation::find(&bytes, &hints).ok(),
            // Parameters that only track whoever asks differ from one capture to the next.
            url: Url::parse(&self.url).map_or(self.url, |url| link::clean(&url).into()),
            sha256: self.sha256,
        }))
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

fn hints(url: &str, headers: &[(String, String)]) -> Hints {
    Hints {
        url: Url::parse(url).ok(),
        content_type: header(headers, "content-type").map(str::to_owned),
    }
}

/// A body with its content codings undone; `None` if it was redacted or cannot be unpacked.
fn unpacked(connection: &Connection, blob: i64, headers: &[(String, String)]) -> Sql<Option<Vec<u8>>> {
    let chunks: i64 = connection
        .prepare_cached("SELECT chunks FROM blob WHERE id = ?1")?
        .query_row([blob], |row| row.get(0))?;
    let mut body = Vec::new();
    let found = each_chunk(connection, blob, |bytes| {
        body.extend_from_slice(bytes);
        Ok::<(), rusqlite::Error>(())
    })?;
    let coding = header(headers, "content-encoding").unwrap_or("");
    Ok((found == chunks)
        .then(|| decode(&body, coding, DECODED_LIMIT).ok())
        .flatten())
}

/// One reading of an article.
pub(super) struct ReadingRow {
    pub seq: i64,
    pub at: String,
    pub body: i64,
    length: i64,
    claimed_url: Option<String>,
    exchange: Option<i64>,
}

pub(super) fn readings(connection: &Connection, article: i64) -> Sql<Vec<ReadingRow>> {
    connection
        .prepare_cached(
            "SELECT r.id, r.read_at, r.body, b.length, r.claimed_url,
                    (SELECT max(x.id) FROM exchange x WHERE x.reading = r.id)
             FROM reading r JOIN blob b ON b.id = r.body WHERE r.article = ?1 ORDER BY r.id",
        )?
        .query_map([article], |row| {
            Ok(ReadingRow {
                seq: row.get(0)?,
                at: row.get(1)?,
                body: row.get(2)?,
                length: row.get(3)?,
                claimed_url: row.get(4)?,
                exchange: row.get(5)?,
            })
        })?
        .collect()
}

impl ReadingRow {
    pub(super) fn place(&self) -> Before {
        Before {
            seq: self.seq,
            at: self.at.clone(),
        }
    }

    /// What stands in its bytes, read by this program, so that two readings are always read the same way; `None` if they
    /// were redacted or are too large to be compared.
    pub(super) fn findings(&self, connection: &Connection) -> Sql<Option<Findings>> {
        if self.length > BODY_LIMIT {
            return Ok(None);
        }
        let answered = match self.exchange {
            Some(exchange) => connection
                .prepare_cached("SELECT url, coalesce(response_headers, '') FROM exchange WHERE id = ?1")?
                .query_row([exchange], |row| {
                    Ok((row.get::<_, String>(0)?, read_header_lines(&row.get::<_, String>(1)?)))
                })
                .optional()?,
            None => self.claimed_url.clone().map(|url| (url, Vec::new())),
        };
        let (url, headers) = answered.unwrap_or_default();
        let bytes = unpacked(connection, self.body, &headers)?;
        Ok(bytes.and_then(|bytes| citation::find(&bytes, &hints(&url, &headers)).ok()))
    }
}
