//! Context: the posts that belong to a captured one become targets of their own, tied to it, and are queued within the bounds
//! that the settings set for each cited post.

use std::collections::{HashSet, VecDeque};

use rusqlite::{Connection, OptionalExtension, params};

use super::failure::Fault;
use super::record::Surroundings;
use super::row::{CONTEXT, count, integer, integer_or_null, text};
use super::session::Session;
use super::target::key_of;
use crate::platform::PostRef;
use crate::platform::context::{Around, Tie};

/// Most posts of the context of one that are told of.
const MOST: usize = 200;

/// From a post to one that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// Target of the post that named it.
    pub of: i64,
    /// What that one does: `quotes`, `replies_to`, `reposts`; or `thread`.
    pub relation: String,
    /// Its own target.
    pub target: i64,
}

/// Where a target stands that is captured only as context.
#[derive(Clone, Copy)]
struct Place {
    /// The cited post that it was found from.
    root: i64,
    /// Steps from it.
    depth: i64,
}

impl Session {
    /// Notes the posts that belong to what `capture` captured, as far as the bounds go, and gives those that it queued.
    pub(super) fn put_context(&mut self, capture: i64, of: i64, around: &Surroundings) -> Result<Vec<i64>, Fault> {
        if around.posts.is_empty() {
            return Ok(Vec::new());
        }
        self.tie(capture, None, 0, of, &around.posts, around)
            .map(|(_, queued)| queued)
    }

    /// Notes those posts that belong to what `capture` of `of` captured and that no capture of it named so far; gives how many.
    /// It is done by the event that comes next.
    pub(super) fn add_context(&mut self, capture: i64, of: i64, around: &Surroundings) -> Result<usize, Fault> {
        let mut posts = Vec::new();
        for next in &around.posts {
            if !is_tied(&self.connection, of, next)? {
                posts.push(next.clone());
            }
        }
        if posts.is_empty() {
            return Ok(0);
        }
        let ordinal = self
            .connection
            .prepare_cached("SELECT coalesce(max(ordinal) + 1, 0) FROM context WHERE capture = ?1")?
            .query_row([capture], |row| row.get(0))?;
        let event = self.next_entry;
        self.tie(capture, Some(event), ordinal, of, &posts, around)
            .map(|(tied, _)| tied)
    }

    /// Ties posts to a capture, numbered from `ordinal`: how many, and those that were queued.
    fn tie(
        &mut self,
        capture: i64,
        reparse: Option<i64>,
        first: i64,
        of: i64,
        posts: &[Around],
        around: &Surroundings,
    ) -> Result<(usize, Vec<i64>), Fault> {
        let mut queued = Vec::new();
        let above = self.place(of)?.unwrap_or(Place { root: of, depth: 0 });
        let mut tied = 0;
        for next in posts {
            // One author's thread is one work, however many parts it has.
            let step = i64::from(next.tie != Tie::Thread || above.depth == 0);
            let place = Place {
                root: above.root,
                depth: above.depth + step,
            };
            if place.depth > count(around.depth) {
                continue;
            }
            let Some((target, is_new)) = self.take_up(&next.post, place, around.most)? else {
                continue;
            };
            if target == of {
                continue;
            }
            if is_new {
                queued.push(target);
            }
            let values = [
                integer(capture),
                integer(first + count(tied)),
                text(next.tie.word()),
                integer(target),
                integer(place.depth),
                integer_or_null(reparse),
            ];
            CONTEXT.insert(&self.connection, &values)?;
            CONTEXT.encode(&values, &mut self.evidence);
            self.encode_target(target)?;
            tied += 1;
        }
        Ok((tied, queued))
    }

    /// The target of a post of the context, and whether it was queued now; `None` where the cited post has as many as it may.
    fn take_up(&mut self, post: &PostRef, place: Place, most: usize) -> Result<Option<(i64, bool)>, Fault> {
        let known = match self.post_target(post)? {
            None => self.otherwise_known(place.root, post)?,
            known => known,
        };
        let has_turn = match known {
            Some(target) => self
                .connection
                .prepare_cached("SELECT 1 FROM job WHERE target = ?1")?
                .exists([target])?,
            None => false,
        };
        if let (Some(target), true) = (known, has_turn) {
            if self.place(target)?.is_some_and(|before| place.depth < before.depth) {
                self.set_place(target, place)?;
                self.is_due_now(target)?;
            }
            return Ok(Some((target, false)));
        }
        let taken: i64 = self
            .connection
            .prepare_cached("SELECT count(*) FROM context_of WHERE root = ?1")?
            .query_row([place.root], |row| row.get(0))?;
        if taken >= count(most) {
            return Ok(None);
        }
        let target = self.put_post_target(post)?;
        self.enqueue(&[target], false)?;
        self.set_place(target, place)?;
        Ok(Some((target, true)))
    }

    /// The cited post where it is what is meant, and only its address has another form of id: a handle in the place of a number.
    fn otherwise_known(&self, root: i64, post: &PostRef) -> rusqlite::Result<Option<i64>> {
        self.connection
            .prepare_cached(
                "SELECT c.target FROM target t JOIN capture c ON c.target = t.id JOIN answer a ON a.capture = c.id
                 JOIN post p ON p.answer = a.id WHERE t.id = ?1 AND t.platform = ?2 AND p.native_id = ?3 LIMIT 1",
            )?
            .query_row(params![root, post.platform, post.id], |row| row.get(0))
            .optional()
    }

    fn place(&self, target: i64) -> rusqlite::Result<Option<Place>> {
        self.connection
            .prepare_cached("SELECT root, depth FROM context_of WHERE target = ?1")?
            .query_row([target], |row| {
                Ok(Place {
                    root: row.get(0)?,
                    depth: row.get(1)?,
                })
            })
            .optional()
    }

    fn set_place(&self, target: i64, place: Place) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO context_of (target, root, depth) VALUES (?1, ?2, ?3)
                 ON CONFLICT (target) DO UPDATE SET root = excluded.root, depth = excluded.depth",
            )?
            .execute([target, place.root, place.depth])
            .map(drop)
    }

    /// Whether a target is captured only as context.
    pub(super) fn is_context(&self, target: i64) -> rusqlite::Result<bool> {
        Ok(self.place(target)?.is_some())
    }

    /// Somebody cites or asks for a target: it is context no more, and what was captured of it as such is soon captured again.
    pub(super) fn is_cited(&self, target: i64) -> rusqlite::Result<()> {
        let was_context = self
            .connection
            .prepare_cached("DELETE FROM context_of WHERE target = ?1")?
            .execute([target])?;
        match was_context {
            0 => Ok(()),
            _ => self.is_due_now(target),
        }
    }

    /// Puts the re-check of a target that is later than now forward to now.
    pub(super) fn is_due_now(&self, target: i64) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE recheck SET due = ?2 WHERE target = ?1 AND due > ?2")?
            .execute(params![target, self.now()])
            .map(drop)
    }
}

/// Whether a capture of the post `of` named this one already for what it is to it.
pub(super) fn is_tied(connection: &Connection, of: i64, next: &Around) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM target t JOIN context x ON x.target = t.id JOIN capture c ON c.id = x.capture
             WHERE t.key = ?1 AND x.relation = ?2 AND c.target = ?3",
        )?
        .exists(params![key_of(&next.post), next.tie.word(), of])
}

/// The most steps by which context was followed in any capture up to the ledger entry `seq`.
pub(super) fn deepest(connection: &Connection, seq: i64) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "SELECT coalesce((SELECT depth FROM context WHERE depth > 1 AND coalesce(reparse, capture) <= ?1 ORDER BY depth DESC LIMIT 1),
                             EXISTS (SELECT 1 FROM context WHERE coalesce(reparse, capture) <= ?1))",
        )?
        .query_row([seq], |row| row.get(0))
}

/// The posts that belong to `target`, and what belongs to these, at most `deepest` steps away, the nearest first and each once;
/// as named in the captures that `within` selects from `context`.
pub(super) fn around(connection: &Connection, target: i64, deepest: i64, within: &str) -> rusqlite::Result<Vec<Near>> {
    let mut found = Vec::new();
    if deepest == 0 {
        return Ok(found);
    }
    let mut statement = connection.prepare_cached(&format!(
        "SELECT relation, target FROM context WHERE capture IN (SELECT id FROM capture WHERE target = ?1) AND {within}
         GROUP BY relation, target ORDER BY min(capture), min(ordinal)"
    ))?;
    let mut seen = HashSet::from([target]);
    let mut open = VecDeque::from([(target, 0)]);
    while let Some((of, steps)) = open.pop_front() {
        let mut rows = statement.query([of])?;
        while let Some(row) = rows.next()? {
            let relation: String = row.get(0)?;
            let target = row.get(1)?;
            let steps = steps + i64::from(steps == 0 || relation != Tie::Thread.word());
            if steps <= deepest && found.len() < MOST && seen.insert(target) {
                found.push(Near { of, relation, target });
                open.push_back((target, steps));
            }
        }
    }
    Ok(found)
}
