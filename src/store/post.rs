//! Posts as rows: what a parser made of an answer. Derived, so they are read again by `reparse` when the parsers are better.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};

use super::failure::Fault;
use super::row::{Evidence, POST, POST_DETAIL, count, integer, integer_or_null, text, text_or_null};
use super::session::{PROGRAM, Session, take};
use super::target::string_list;
use crate::error::Error;
use crate::platform::Post;

/// Where a post stands: its own id, ledger entry, answer, exchange, and who read it.
struct Place<'a> {
    id: i64,
    entry: i64,
    answer: i64,
    exchange: i64,
    parser: &'a str,
}

/// The columns of a post that have to be written out before they can be bound.
struct Columns<'a> {
    post: &'a Post,
    media: String,
    edit_ids: String,
    counts: String,
    labels: String,
    withheld_in: String,
    entities: String,
    poll: Option<String>,
    card: Option<String>,
    related: String,
}

impl<'a> Columns<'a> {
    fn new(post: &'a Post) -> serde_json::Result<Columns<'a>> {
        Ok(Columns {
            post,
            media: serde_json::to_string(&post.media)?,
            edit_ids: string_list(&post.edit_ids),
            counts: serde_json::to_string(&post.counts)?,
            labels: string_list(&post.labels),
            withheld_in: string_list(&post.withheld_in),
            entities: serde_json::to_string(&post.entities)?,
            poll: post.poll.as_ref().map(serde_json::to_string).transpose()?,
            card: post.card.as_ref().map(serde_json::to_string).transpose()?,
            related: serde_json::to_string(&post.related)?,
        })
    }

    /// The row of `post`.
    fn row<'r>(&'r self, place: &Place<'r>) -> [ValueRef<'r>; 18] {
        let post = self.post;
        [
            integer(place.id),
            integer(place.entry),
            integer(place.answer),
            integer(place.exchange),
            text(place.parser),
            text(&post.id),
            text_or_null(post.author_id.as_deref()),
            text_or_null(post.author_handle.as_deref()),
            text_or_null(post.author_name.as_deref()),
            text_or_null(post.posted_at.as_deref()),
            text_or_null(post.text.as_deref()),
            integer_or_null(post.text_cut.map(i64::from)),
            text_or_null(post.language.as_deref()),
            text_or_null(post.quoted_id.as_deref()),
            text_or_null(post.parent_id.as_deref()),
            text(&self.media),
            text(&self.edit_ids),
            text(&self.counts),
        ]
    }

    /// The row of `post_detail`.
    fn detail(&self, id: i64) -> [ValueRef<'_>; 16] {
        let post = self.post;
        [
            integer(id),
            text_or_null(post.url.as_deref()),
            text_or_null(post.title.as_deref()),
            text_or_null(post.edited_at.as_deref()),
            text_or_null(post.reposted_id.as_deref()),
            text_or_null(post.conversation_id.as_deref()),
            integer_or_null(post.media_expected.map(count)),
            integer_or_null(post.sensitive.map(i64::from)),
            text_or_null(post.content_warning.as_deref()),
            text_or_null(post.visibility.as_deref()),
            text(&self.labels),
            text(&self.withheld_in),
            text(&self.entities),
            text_or_null(self.poll.as_deref()),
            text_or_null(self.card.as_deref()),
            text(&self.related),
        ]
    }

    fn digest(&self, place: &Place<'_>) -> [u8; 32] {
        let mut evidence = Evidence::default();
        POST.encode(&self.row(place), &mut evidence);
        POST_DETAIL.encode(&self.detail(place.id), &mut evidence);
        evidence.take_digest()
    }
}

fn columns(post: &Post) -> Result<Columns<'_>, Fault> {
    Columns::new(post).map_err(|error| Fault::Refused(Error::Internal(error.to_string())))
}

impl Session {
    /// Stores a derived post; its digest stands in the ledger by itself, so that it can be redacted by itself.
    pub(super) fn put_post(&mut self, answer: i64, exchange: i64, post: &Post) -> Result<[u8; 32], Fault> {
        let columns = columns(post)?;
        let place = Place {
            id: take(&mut self.next.post),
            entry: self.next_entry,
            answer,
            exchange,
            parser: PROGRAM,
        };
        POST.insert(&self.connection, &columns.row(&place))?;
        POST_DETAIL.insert(&self.connection, &columns.detail(place.id))?;
        Ok(columns.digest(&place))
    }
}

/// Whether the newest post that was read from `answer` says exactly what `post` does.
pub(super) fn is_known(connection: &Connection, answer: i64, post: &Post) -> Result<bool, Fault> {
    let newest = connection
        .prepare_cached("SELECT id, entry, exchange, parser FROM post WHERE answer = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([answer], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
        })
        .optional()?;
    let Some((id, entry, exchange, parser)) = newest else {
        return Ok(false);
    };
    let place = Place {
        id,
        entry,
        answer,
        exchange,
        parser: &parser,
    };
    Ok(stored_digest(connection, id)? == Some(columns(post)?.digest(&place)))
}

/// The digest of a stored post, as the ledger has it.
pub(super) fn stored_digest(connection: &Connection, id: i64) -> rusqlite::Result<Option<[u8; 32]>> {
    let mut evidence = Evidence::default();
    let rows = POST.encode_rows(connection, "id = ?1", id, &mut evidence, |_, _| {
        Ok::<_, rusqlite::Error>(())
    })?;
    POST_DETAIL.encode_rows(connection, "post = ?1", id, &mut evidence, |_, _| {
        Ok::<_, rusqlite::Error>(())
    })?;
    Ok((rows == 1).then(|| evidence.take_digest()))
}
