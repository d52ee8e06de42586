//! A selection of which something is not to be told: copies of the selected rows, under the names of their tables, in which other
//! words stand. SQLite finds a temporary table before one of the archive, so everything that is written of a selection is
//! written of these copies, and nothing has to remember that. Every text goes through [`Pseudonyms`] unless it is emptied.

use std::collections::{HashMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use sha2::{Digest, Sha256};
use url::Url;

use super::Profile;
use super::persons::{Named, Persons, Pseudonyms};
use super::slim::ROWS;
use crate::platform::{self, Recognised};

/// Stands where an address is left out.
const NO_ADDRESS: &str = "'urn:redacted'";
/// Begins the address of what has a pseudonym.
const OWN_ADDRESS: &str = "urn:redacted:";

/// What is emptied without a look at it: markup, headers and lists that say in other words who somebody is.
const EMPTIED: [(&str, &str, &str); 31] = [
    ("run", "command", "'redacted'"),
    ("run", "host", "NULL"),
    ("run_end", "summary", "NULL"),
    ("reading", "notices", "'[]'"),
    ("citation", "raw", "''"),
    ("citation", "media", "'[]'"),
    ("answer", "detail", "NULL"),
    ("post_media", "url", NO_ADDRESS),
    ("exchange", "url", NO_ADDRESS),
    ("exchange", "request_headers", "''"),
    ("exchange", "remote", "NULL"),
    ("exchange", "response_headers", "NULL"),
    ("exchange", "certificate", "NULL"),
    ("exchange", "failure_detail", "NULL"),
    ("post", "media", "'[]'"),
    ("post", "edit_ids", "'[]'"),
    ("post_detail", "url", "NULL"),
    ("post_detail", "entities", "'[]'"),
    ("post_detail", "card", "NULL"),
    ("post_detail", "related", "'[]'"),
    ("page", "url", NO_ADDRESS),
    ("note", "file_name", "NULL"),
    ("note", "body", "NULL"),
    ("inquiry", "job", "NULL"),
    ("inquiry", "detail", "NULL"),
    ("inquiry", "archived_url", "NULL"),
    ("inquiry", "url", NO_ADDRESS),
    ("inquiry", "request_headers", "''"),
    ("inquiry", "remote", "NULL"),
    ("inquiry", "response_headers", "NULL"),
    ("inquiry", "certificate", "NULL"),
];

/// Columns that have nothing but words, codes and times of this program: no name is looked for in them, or one that is also such a word
/// would take its place.
const OURS: [(&str, &[&str]); 20] = [
    ("run", &["started", "version", "clock"]),
    ("run_end", &["ended"]),
    (
        "reading",
        &[
            "read_at",
            "origin",
            "claimed_retrieved",
            "url_source",
            "format",
            "charset",
            "charset_source",
            "title_source",
            "byline_source",
            "published_source",
            "language_source",
            "reader",
        ],
    ),
    ("block", &["kind"]),
    ("target", &["kind", "platform"]),
    ("citation", &["form", "date"]),
    ("citation_sentence", &["relation", "reason"]),
    ("capture", &["started", "ended", "outcome", "reason", "source"]),
    ("context", &["relation"]),
    ("resolution", &["started", "ended", "outcome", "reason"]),
    ("answer", &["source", "outcome", "reason"]),
    ("post_media", &["kind", "outcome", "reason"]),
    (
        "exchange",
        &[
            "purpose",
            "started",
            "ended",
            "http_version",
            "truncated",
            "failure_outcome",
            "failure_reason",
        ],
    ),
    ("reparse", &["at"]),
    ("post", &["parser", "posted_at", "counts"]),
    ("post_detail", &["edited_at"]),
    (
        "page",
        &[
            "reader",
            "title_source",
            "byline_source",
            "published_source",
            "canonical_source",
        ],
    ),
    ("verdict", &["state", "reason", "evidence", "last_live", "program"]),
    ("note", &["at"]),
    (
        "inquiry",
        &[
            "service",
            "outcome",
            "reason",
            "archived_at",
            "started",
            "ended",
            "http_version",
        ],
    ),
];

/// Columns whose texts have a way of their own to what stands for them.
const BY_THEMSELVES: [(&str, &str); 13] = [
    ("reading", "text"),
    ("article", "key"),
    ("target", "key"),
    ("post", "author_handle"),
    ("post", "author_id"),
    ("post", "author_name"),
    ("post", "native_id"),
    ("post", "quoted_id"),
    ("post", "parent_id"),
    ("post_detail", "reposted_id"),
    ("post_detail", "conversation_id"),
    ("citation", "author_handle"),
    ("citation", "author_name"),
];

/// What of a value of a copy, and so of the slim archive, may come from somebody else; `None`: all of it is ours.
pub(super) fn foreign<'t>(table: &str, column: &str, text: &'t str) -> Option<&'t str> {
    let is_ours = OURS
        .iter()
        .any(|(of, columns)| *of == table && columns.contains(&column))
        || EMPTIED
            .iter()
            .any(|(of, emptied, _)| (*of, *emptied) == (table, column))
        || table == "outcome";
    match (table, column) {
        _ if is_ours => None,
        ("target", "url") | ("article", "key") if text.starts_with(OWN_ADDRESS) => None,
        // The platform comes before what names the target there.
        ("target", "key") => text.split_once(':').map(|(_, name)| name),
        _ => Some(text),
    }
}

/// Tables of which no row is told: records and archives of others, files of helpers, posts that were only asked about or listed.
const DROPPED: [&str; 12] = [
    "canary",
    "helper",
    "helper_file",
    "resolution_candidate",
    "web_archive",
    "import",
    "record",
    "reading_record",
    "exchange_record",
    "other_archive",
    "other_stamp",
    "redaction",
];

/// By these columns the copies are looked up.
const INDEXED: [(&str, &str); 31] = [
    ("run", "id"),
    ("run_end", "run"),
    ("article", "id"),
    ("reading", "id"),
    ("reading", "article"),
    ("block", "reading"),
    ("sentence", "reading, ordinal"),
    ("target", "id"),
    ("citation", "id"),
    ("citation", "reading"),
    ("citation", "target"),
    ("citation_sentence", "citation"),
    ("capture", "id"),
    ("capture", "target"),
    ("context", "capture"),
    ("context", "target"),
    ("resolution", "id"),
    ("resolution", "target"),
    ("answer", "id"),
    ("answer", "capture"),
    ("answer", "resolution"),
    ("post_media", "capture"),
    ("exchange", "id"),
    ("exchange", "answer"),
    ("exchange", "media"),
    ("post", "answer"),
    ("post_detail", "post"),
    ("page", "exchange"),
    ("page", "body"),
    ("verdict", "target"),
    ("inquiry", "id"),
];

/// Where numbers of likes and the like stand.
const COUNTED: [(&str, &str, &str); 3] = [
    ("post", "counts", "'[]'"),
    ("post_detail", "poll", "NULL"),
    ("post_detail", "related", "'[]'"),
];

/// Names of the copied tables; `ledger` is a view.
fn copied() -> impl Iterator<Item = &'static str> {
    ROWS.iter()
        .map(|(table, _)| *table)
        .filter(|table| !table.contains(' ') && *table != "blob")
}

/// Forgets the copies of an earlier selection.
pub(super) fn forget(connection: &Connection) -> rusqlite::Result<()> {
    let tables: String = copied()
        .map(|table| format!("DROP TABLE IF EXISTS temp.{table};"))
        .collect();
    connection.execute_batch(&format!("DROP VIEW IF EXISTS temp.ledger; {tables}"))
}

/// Copies what is selected so that it tells nothing that `without` leaves out; gives who is not named.
pub(super) fn copy(
    connection: &Connection,
    without: &[Profile],
    kept: &[String],
) -> rusqlite::Result<Result<Option<Pseudonyms>, &'static str>> {
    let wants = |profile: Profile| without.contains(&profile);
    if !without.iter().any(|profile| profile.is_in_words()) {
        return Ok(Ok(None));
    }
    for (table, rows) in ROWS.iter().filter(|(table, _)| copied().any(|known| known == *table)) {
        connection.execute_batch(&format!(
            "CREATE TEMP TABLE {table} AS SELECT * FROM main.{table} {rows}"
        ))?;
    }
    for (index, (table, columns)) in INDEXED.iter().enumerate() {
        connection.execute_batch(&format!("CREATE INDEX temp.copy_{index} ON {table} ({columns})"))?;
    }
    // A line names digests of rows as they were, by which a guess could be proved.
    let entries = match wants(Profile::Handles) {
        true => "SELECT seq FROM export_entry",
        false => "SELECT id FROM export_capture UNION SELECT id FROM export_resolution UNION SELECT id FROM reparse",
    };
    connection.execute_batch(&format!(
        "DROP TABLE IF EXISTS temp.export_withheld; CREATE TEMP TABLE export_withheld (seq INTEGER PRIMARY KEY);
         INSERT INTO export_withheld {entries};
         CREATE TEMP VIEW ledger AS SELECT seq, CASE WHEN seq NOT IN (SELECT seq FROM temp.export_withheld) THEN body END AS body, leaf, head
           FROM main.ledger;"
    ))?;
    if wants(Profile::Counts) {
        empty(connection, &COUNTED)?;
    }
    if !wants(Profile::Handles) {
        return Ok(Ok(None));
    }
    let found = Found::within(connection, kept)?;
    let Ok(pseudonyms) = found.persons.pseudonyms(&found.posts) else {
        return Ok(Err("the selection names too many persons; choose less"));
    };
    let posts: HashMap<String, String> = found.posts.into_iter().collect();
    for table in DROPPED {
        connection.execute_batch(&format!("DELETE FROM temp.{table}"))?;
    }
    empty(connection, &EMPTIED)?;
    Copies {
        connection,
        pseudonyms: &pseudonyms,
        posts,
    }
    .rename(&found.targets)?;
    Ok(Ok(Some(pseudonyms)))
}

fn empty(connection: &Connection, columns: &[(&str, &str, &str)]) -> rusqlite::Result<()> {
    columns.iter().try_for_each(|(table, column, value)| {
        connection.execute_batch(&format!("UPDATE temp.{table} SET {column} = {value}"))
    })
}

/// Who and what is named in the copies.
struct Found {
    persons: Persons,
    /// Ids of posts that are not to be known, and what stands for each.
    posts: Vec<(String, String)>,
    /// Rows of these posts, and of what is only claimed, with the same.
    targets: Vec<(i64, String)>,
}

impl Found {
    fn within(connection: &Connection, kept: &[String]) -> rusqlite::Result<Found> {
        let mut persons = Persons::new(kept);
        let mut authors: HashMap<i64, Vec<[Option<String>; 3]>> = HashMap::new();
        let mut ids = HashSet::new();
        // What a post's own words say of its author comes before what others say.
        let mut statement = connection.prepare(
            "SELECT coalesce(c.target, n.identified), p.author_handle, p.author_id, p.author_name, p.quoted_id, p.parent_id, d.reposted_id, d.conversation_id
             FROM post p JOIN answer a ON a.id = p.answer LEFT JOIN capture c ON c.id = a.capture
             LEFT JOIN resolution n ON n.id = a.resolution LEFT JOIN post_detail d ON d.post = p.id ORDER BY p.id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let author: [Option<String>; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
            persons.add(named(&author));
            if let Some(target) = row.get::<_, Option<i64>>(0)? {
                authors.entry(target).or_default().push(author);
            }
            for column in [4, 5, 6, 7] {
                ids.extend(row.get::<_, Option<String>>(column)?);
            }
        }
        let mut by_address = |target: i64, url: &str| {
            let Some((_, Recognised::Post(post))) = Url::parse(url).ok().as_ref().and_then(platform::recognise) else {
                return;
            };
            if let Some(handle) = post.handle {
                let author = [Some(handle), None, None];
                persons.add(named(&author));
                authors.entry(target).or_default().push(author);
            }
        };
        let mut statement = connection.prepare("SELECT id, handle, url FROM target ORDER BY id")?;
        let mut rows = statement.query([])?;
        let mut handles = Vec::new();
        while let Some(row) = rows.next()? {
            let target: i64 = row.get(0)?;
            handles.push((target, [row.get::<_, Option<String>>(1)?, None, None]));
            if let Some(url) = row.get::<_, Option<String>>(2)? {
                by_address(target, &url);
            }
        }
        let mut statement =
            connection.prepare("SELECT target, author_handle, author_name, raw_url FROM citation ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let target: i64 = row.get(0)?;
            if let Some(url) = row.get::<_, Option<String>>(3)? {
                by_address(target, &url);
            }
            handles.push((target, [row.get(1)?, None, row.get(2)?]));
        }
        for (target, author) in handles {
            persons.add(named(&author));
            if author.iter().any(Option::is_some) {
                authors.entry(target).or_default().push(author);
            }
        }
        for (table, column) in [
            ("post", "text"),
            ("post_detail", "title"),
            ("citation", "text"),
            ("reading", "text"),
            ("note", "text"),
        ] {
            let mut statement =
                connection.prepare(&format!("SELECT coalesce({column}, '') FROM {table} ORDER BY rowid"))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                persons.add_mentioned(&row.get::<_, String>(0)?);
            }
        }
        let mut found = Found {
            persons,
            posts: Vec::new(),
            targets: Vec::new(),
        };
        let mut statement =
            connection.prepare("SELECT id, kind, native_id FROM target WHERE kind <> 'link' ORDER BY id")?;
        let mut rows = statement.query([])?;
        let mut kept_ids = HashSet::new();
        while let Some(row) = rows.next()? {
            let (target, kind, id): (i64, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let of = authors.get(&target).map(Vec::as_slice).unwrap_or_default();
            if of.iter().any(|author| found.persons.keeps(named(author))) {
                kept_ids.extend(id);
                continue;
            }
            let what = if kind == "post" { "post" } else { "claim" };
            let pseudonym = format!("{what}-{}", found.targets.len() + 1);
            found.posts.extend(id.map(|id| (id, pseudonym.clone())));
            found.targets.push((target, pseudonym));
        }
        // Posts that others only name.
        let known: HashSet<String> = found.posts.iter().map(|(id, _)| id.clone()).collect();
        let mut more: Vec<String> = ids
            .into_iter()
            .filter(|id| !known.contains(id) && !kept_ids.contains(id))
            .collect();
        more.sort_unstable();
        for id in more {
            let pseudonym = format!("post-{}", found.targets.len() + 1 + found.posts.len());
            found.posts.push((id, pseudonym));
        }
        Ok(found)
    }
}

fn named(author: &[Option<String>; 3]) -> Named<'_> {
    Named {
        handle: author[0].as_deref(),
        id: author[1].as_deref(),
        name: author[2].as_deref(),
    }
}

/// The copies, and what stands for whom in them.
struct Copies<'c> {
    connection: &'c Connection,
    pseudonyms: &'c Pseudonyms,
    posts: HashMap<String, String>,
}

impl Copies<'_> {
    fn rename(&self, targets: &[(i64, String)]) -> rusqlite::Result<()> {
        // Each text goes this way once: what stands in the place of a name may itself be somebody's name.
        self.texts_of_readings()?;
        self.authors("post", ["author_handle", "author_id", "author_name"])?;
        self.authors("citation", ["author_handle", "NULL", "author_name"])?;
        for (table, column) in [
            ("post", "native_id"),
            ("post", "quoted_id"),
            ("post", "parent_id"),
            ("post_detail", "reposted_id"),
            ("post_detail", "conversation_id"),
        ] {
            self.each(table, column, |_, id| {
                self.posts.get(id).cloned().or_else(|| self.renamed(id))
            })?;
        }
        // Two that become the same are still two, and the digest of a text would prove a guess at it.
        self.each("target", "key", |row, key| {
            Some(format!("{}#{row}", self.renamed(key)?))
        })?;
        self.each("article", "key", |row, key| match key.starts_with("sha256:") {
            true => Some(format!("{OWN_ADDRESS}article-{row}")),
            false => Some(format!("{}#{row}", self.renamed(key)?)),
        })?;
        for table in copied() {
            let mut columns = self
                .connection
                .prepare("SELECT name FROM pragma_table_info(?1, 'main') WHERE type = 'TEXT'")?;
            let columns = columns.query_map([table], |row| row.get::<_, String>(0))?;
            for column in columns.collect::<rusqlite::Result<Vec<_>>>()? {
                if !BY_THEMSELVES.contains(&(table, &column)) {
                    self.each(table, &column, |_, text| match foreign(table, &column, text) {
                        Some(text) if (table, &*column) == ("post_detail", "poll") => self.poll(text),
                        Some(text) => self.renamed(text),
                        None => None,
                    })?;
                }
            }
        }
        for (target, pseudonym) in targets {
            self.connection
                .prepare_cached(&format!(
                    "UPDATE temp.target SET key = platform || ':' || ?2, native_id = CASE WHEN native_id IS NOT NULL THEN ?2 END,
                       handle = NULL, url = CASE WHEN url IS NOT NULL THEN '{OWN_ADDRESS}' || platform || ':' || ?2 END,
                       claim = CASE WHEN claim IS NOT NULL THEN '{{}}' END WHERE id = ?1"
                ))?
                .execute(params![target, pseudonym])?;
            self.connection
                .prepare_cached("UPDATE temp.citation SET raw_url = NULL WHERE target = ?1")?
                .execute([target])?;
        }
        Ok(())
    }

    fn renamed(&self, text: &str) -> Option<String> {
        Some(self.pseudonyms.replaced(text)?.text)
    }

    /// A poll in JSON, whose names of fields are ours.
    fn poll(&self, text: &str) -> Option<String> {
        let mut poll: serde_json::Value = serde_json::from_str(text).ok()?;
        let mut open = vec![&mut poll];
        while let Some(value) = open.pop() {
            match value {
                serde_json::Value::String(text) => {
                    if let Some(new) = self.renamed(text) {
                        *text = new;
                    }
                }
                serde_json::Value::Array(items) => open.extend(items),
                serde_json::Value::Object(fields) => open.extend(fields.values_mut()),
                _ => {}
            }
        }
        Some(poll.to_string())
    }

    /// Texts of articles, and every place in them.
    fn texts_of_readings(&self) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare("SELECT id FROM temp.reading ORDER BY id")?;
        let readings = statement.query_map([], |row| row.get::<_, i64>(0))?;
        for reading in readings.collect::<rusqlite::Result<Vec<_>>>()? {
            let text: Option<String> = self
                .connection
                .prepare_cached("SELECT text FROM temp.reading WHERE id = ?1")?
                .query_row([reading], |row| row.get(0))
                .optional()?
                .flatten();
            if let Some(new) = text.as_deref().and_then(|text| self.pseudonyms.replaced(text)) {
                self.connection
                    .prepare_cached("UPDATE temp.reading SET text = ?2 WHERE id = ?1")?
                    .execute(params![reading, new.text])?;
                for table in ["block", "sentence", "citation"] {
                    self.move_places(table, reading, |offset| new.moved(offset))?;
                }
            }
            let digest = |text: &str| Sha256::digest(text).to_vec();
            self.connection
                .prepare_cached("UPDATE temp.reading SET findings_sha256 = ?2, text_sha256 = ?3 WHERE id = ?1")?
                .execute(params![
                    reading,
                    digest(&format!("redacted {reading}")),
                    self.connection
                        .prepare_cached("SELECT coalesce(text, '') FROM temp.reading WHERE id = ?1")?
                        .query_row([reading], |row| row.get::<_, String>(0))
                        .map(|text| digest(&text))?
                ])?;
        }
        Ok(())
    }

    fn move_places(&self, table: &str, reading: i64, moved: impl Fn(usize) -> usize) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT rowid, start, stop FROM temp.{table} WHERE reading = ?1"
        ))?;
        let places = statement.query_map([reading], |row| Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?]))?;
        let moved = |offset: i64| moved(usize::try_from(offset).unwrap_or_default()) as i64;
        for [row, start, stop] in places.collect::<rusqlite::Result<Vec<_>>>()? {
            self.connection
                .prepare_cached(&format!(
                    "UPDATE temp.{table} SET start = ?2, stop = ?3 WHERE rowid = ?1"
                ))?
                .execute([row, moved(start), moved(stop)])?;
        }
        Ok(())
    }

    /// Who wrote it, in the columns for handle, id and name.
    fn authors(&self, table: &str, columns: [&str; 3]) -> rusqlite::Result<()> {
        let mut statement = self
            .connection
            .prepare(&format!("SELECT rowid, {} FROM temp.{table}", columns.join(", ")))?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                [row.get::<_, Option<String>>(1)?, row.get(2)?, row.get(3)?],
            ))
        })?;
        for (row, author) in rows.collect::<rusqlite::Result<Vec<_>>>()? {
            let pseudonym = self.pseudonyms.of(named(&author));
            for (column, value) in columns.iter().zip(&author) {
                let new = value.as_deref().and_then(|value| match pseudonym {
                    Some(pseudonym) => Some(pseudonym.to_owned()),
                    None => self.renamed(value),
                });
                if let Some(new) = new {
                    self.connection
                        .prepare_cached(&format!("UPDATE temp.{table} SET {column} = ?2 WHERE rowid = ?1"))?
                        .execute(params![row, new])?;
                }
            }
        }
        Ok(())
    }

    /// Puts what `new` gives in the place of each text of a column; `new` is told the row's number in the copy as well.
    fn each(&self, table: &str, column: &str, new: impl Fn(i64, &str) -> Option<String>) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT rowid, {column} FROM temp.{table} WHERE {column} IS NOT NULL"
        ))?;
        let mut changed: Vec<[Value; 2]> = Vec::new();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            if let Some(text) = new(number, row.get_ref(1)?.as_str()?) {
                changed.push([number.into(), text.into()]);
            }
        }
        let mut update = self
            .connection
            .prepare(&format!("UPDATE temp.{table} SET {column} = ?2 WHERE rowid = ?1"))?;
        for row in changed {
            update.execute(params_from_iter(row))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::SCHEMA;

    #[test]
    fn what_is_emptied_dropped_or_indexed_is_in_the_schema_and_no_bytes_are_copied() {
        let fresh = Connection::open_in_memory().unwrap();
        fresh.execute_batch(SCHEMA).unwrap();
        let has = |table: &str, column: &str| {
            fresh
                .prepare("SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2")
                .unwrap()
                .exists([table, column])
                .unwrap()
        };
        for (table, column, _) in EMPTIED.iter().chain(&COUNTED) {
            assert!(
                has(table, column) && copied().any(|known| known == *table),
                "{table}.{column}"
            );
        }
        for (table, columns) in OURS {
            for column in columns {
                assert!(has(table, column), "{table}.{column}");
            }
        }
        for (table, column) in BY_THEMSELVES {
            assert!(has(table, column), "{table}.{column}");
        }
        for (table, columns) in INDEXED {
            for column in columns.split(", ") {
                assert!(has(table, column), "{table}.{column}");
            }
        }
        // Bytes pass no pseudonym: a table with some is dropped, or they are digests that are made anew.
        for table in copied().filter(|table| !DROPPED.contains(table)) {
            let mut blobs = fresh
                .prepare("SELECT name FROM pragma_table_info(?1) WHERE type = 'BLOB'")
                .unwrap();
            let blobs = blobs.query_map([table], |row| row.get::<_, String>(0)).unwrap();
            for blob in blobs.map(Result::unwrap) {
                assert!(table == "reading" && blob.ends_with("_sha256"), "{table}.{blob}");
            }
        }
    }
}
