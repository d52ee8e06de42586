//! Follows: lists of articles that are looked at again and again, and which of their entries were read.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::change::body_of;
use super::exchange::read_header_lines;
use super::failure::Fault;
use super::record::{Follow, Following, Listed};
use super::session::Session;
use super::target::string_list;
use crate::article::Hints;
use crate::citation::{Cited, Claim};
use crate::clock::Timestamp;
use crate::schedule::Curve;

/// How often an entry that could not be read is tried again, each time its list is looked at.
const TRIES: i64 = 5;

/// Most articles taken in after one look, where nothing is said.
pub const MOST: i64 = 500;

impl Session {
    /// Follows a list from now on, or changes how it is followed.
    pub(super) fn follow(&mut self, list: &Cited, url: &str, how: &Following) -> Result<i64, Fault> {
        let target = self.put_cited(list, &Claim::default())?;
        let now = self.now();
        let tags = string_list(&how.tags);
        let id = self
            .connection
            .prepare_cached(
                "INSERT INTO follow (url, target, added, every, tags, only_new, due) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?3)
                 ON CONFLICT (url) DO UPDATE SET every = excluded.every, tags = excluded.tags, due = excluded.due
                 RETURNING id",
            )?
            .query_row(params![url, target, now, how.every, tags, how.only_new], |row| row.get(0))?;
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO follow_option (follow, page, most, curve) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                id,
                how.page,
                how.most,
                how.curve.as_ref().map(Curve::to_string)
            ])?;
        Ok(id)
    }

    /// Does not look at a list any more; false if it was not followed.
    pub(super) fn unfollow(&mut self, url: &str) -> Result<bool, Fault> {
        Ok(self
            .connection
            .prepare_cached("UPDATE follow SET due = NULL WHERE url = ?1 AND due IS NOT NULL")?
            .execute([url])?
            > 0)
    }

    /// The lists that are due, the longest overdue first.
    pub(super) fn follows_due(&mut self) -> Result<Vec<Follow>, Fault> {
        let now = self.now();
        let mut statement = self.connection.prepare_cached(
            "SELECT id, url, target, every, tags, only_new AND looked IS NULL, coalesce(page, 0), coalesce(most, ?2), curve
             FROM follow LEFT JOIN follow_option ON follow = id WHERE due <= ?1 ORDER BY due",
        )?;
        let follows = statement
            .query_map(params![now, MOST], |row| {
                Ok(Follow {
                    id: row.get(0)?,
                    url: row.get(1)?,
                    target: row.get(2)?,
                    every: row.get(3)?,
                    tags: serde_json::from_str(row.get_ref(4)?.as_str()?).unwrap_or_default(),
                    only_new: row.get(5)?,
                    page: row.get(6)?,
                    most: usize::try_from(row.get::<_, i64>(7)?).unwrap_or(0),
                    // One that is not understood is none: it was changed by other hands.
                    curve: row.get::<_, Option<String>>(8)?.and_then(|curve| curve.parse().ok()),
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(follows)
    }

    /// Request headers that ask for a list only if it changed since it was had last. RFC 9110 §13.1
    pub(super) fn validators(&mut self, target: i64) -> Result<Vec<(String, String)>, Fault> {
        let headers = last_look(&self.connection, target)?.map(|(_, headers)| headers);
        let lines = read_header_lines(headers.as_deref().unwrap_or_default());
        let asked = |name: &str, condition: &str| {
            let value = lines.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
            Some((condition.to_owned(), value.1.clone()))
        };
        Ok([
            asked("etag", "if-none-match"),
            asked("last-modified", "if-modified-since"),
        ]
        .into_iter()
        .flatten()
        .collect())
    }

    /// A list as it was had last, unpacked; `None` if it was taken out or is too long.
    pub(super) fn last_list(&mut self, target: i64) -> Result<Option<(Vec<u8>, Hints)>, Fault> {
        Ok(match last_look(&self.connection, target)? {
            Some((exchange, _)) => body_of(&self.connection, exchange)?,
            None => None,
        })
    }

    /// Notes what a list names now; gives the entries to be read: new ones, those that waited already (they could not be read yet, or were
    /// left for later), also if the list does not name them any more, and then those that it says were changed since they were read. So
    /// a list that says so of all of them at every look keeps none from its turn. `as_read`: what it names anew counts as read.
    pub(super) fn enter(&mut self, follow: i64, entries: &[Listed], as_read: bool) -> Result<Vec<String>, Fault> {
        let waited: HashSet<String> = self.waiting(follow)?.into_iter().map(|(url, _)| url).collect();
        let now = self.now();
        for entry in entries {
            self.connection
                .prepare_cached(
                    "INSERT INTO follow_entry (follow, url, updated, seen, done, tries) VALUES (?1, ?2, ?3, ?4, ?5, 0)
                     ON CONFLICT (follow, url) DO UPDATE SET updated = excluded.updated, done = 0, tries = 0
                     WHERE excluded.updated IS NOT NULL AND excluded.updated IS NOT follow_entry.updated",
                )?
                .execute(params![follow, entry.url, entry.updated, now, as_read])?;
        }
        let places: HashMap<&str, usize> = entries
            .iter()
            .enumerate()
            .map(|(place, e)| (e.url.as_str(), place))
            .collect();
        let mut open = self.waiting(follow)?;
        open.sort_by_cached_key(|(url, seen)| {
            let place = places.get(url.as_str()).copied().unwrap_or(usize::MAX);
            match (*seen == now, waited.contains(url)) {
                (true, _) => (0, place),
                (false, true) => (1, 0),
                (false, false) => (2, place),
            }
        });
        Ok(open.into_iter().map(|(url, _)| url).collect())
    }

    /// The entries of a list that are to be read, and when it first named them, in this order.
    fn waiting(&self, follow: i64) -> Result<Vec<(String, String)>, Fault> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT url, seen FROM follow_entry WHERE follow = ?1 AND done = 0 AND tries < ?2 ORDER BY seen, url",
            )?
            .query_map(params![follow, TRIES], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// An entry was read, or not.
    pub(super) fn entered(&mut self, follow: i64, url: &str, done: bool) -> Result<(), Fault> {
        self.connection
            .prepare_cached("UPDATE follow_entry SET done = ?3, tries = tries + 1 WHERE follow = ?1 AND url = ?2")?
            .execute(params![follow, url, done])?;
        Ok(())
    }

    /// A list was looked at, and is due again then.
    pub(super) fn looked(&mut self, follow: i64, due: Timestamp) -> Result<(), Fault> {
        let now = self.now();
        self.connection
            .prepare_cached("UPDATE follow SET looked = ?2, due = ?3 WHERE id = ?1 AND due IS NOT NULL")?
            .execute(params![follow, now, due.to_string()])?;
        Ok(())
    }
}

/// The exchange that last brought a list whole, and the headers of its answer.
fn last_look(connection: &Connection, target: i64) -> rusqlite::Result<Option<(i64, String)>> {
    connection
        .prepare_cached(
            "SELECT x.id, coalesce(x.response_headers, '') FROM capture c
             JOIN answer a ON a.capture = c.id JOIN exchange x ON x.answer = a.id
             WHERE c.target = ?1 AND x.status = 200 AND x.truncated IS NULL ORDER BY x.id DESC LIMIT 1",
        )?
        .query_row([target], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}
