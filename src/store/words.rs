//! The index of words: an FTS5 table without texts of its own, which says in which rows words may stand. Derived, covered by no
//! ledger, and dropped with every redaction, so that nothing that was taken out stays in it. `search` fills it where it
//! lacks much; an archive that is never searched has none.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::failure::sql_error;
use super::file;
use super::query::Reader;
use super::row::count;
use super::search::KINDS;
use super::session::PROGRAM;
use crate::clock::Clock;
use crate::error::Result;
use crate::search::{Query, tokens};

/// Tables of the index: that of FTS5 with its own, and how far it goes.
pub(super) const TABLES: [&str; 5] = ["words", "words_config", "words_data", "words_idx", "words_until"];

/// `ascii` parts tokens at ASCII's spaces and marks alone: the tokens are ours.
const CREATE: &str = "
  CREATE VIRTUAL TABLE words USING fts5 (text, content = '', columnsize = 0, tokenize = 'ascii');
  CREATE TABLE words_until (kind INTEGER PRIMARY KEY, until INTEGER NOT NULL, program TEXT NOT NULL) STRICT;";

pub(super) const DROP: &str = "DROP TABLE IF EXISTS words; DROP TABLE IF EXISTS words_until;";

/// Microseconds that looking through what the index lacks may take before that is added to it.
const LONG: i64 = 200_000;

/// Rows that are added in one transaction.
const BATCH: usize = 1_000;

/// How far the index goes: for each kind the last row of which it knows whether it has words; -1: none.
pub(super) struct Words {
    pub until: [i64; KINDS.len()],
}

impl Words {
    /// The index as it is. One that another version of the program made counts for nothing: it may have folded words otherwise.
    pub(super) fn of(connection: &Connection) -> rusqlite::Result<Words> {
        let mut words = Words {
            until: [-1; KINDS.len()],
        };
        let is_there: bool = connection
            .prepare_cached("SELECT count(*) = 2 FROM sqlite_schema WHERE name IN ('words', 'words_until')")?
            .query_row([], |row| row.get(0))?;
        if is_there {
            for (kind, until) in (0_i64..).zip(&mut words.until) {
                *until = connection
                    .prepare_cached("SELECT until FROM words_until WHERE kind = ?1 AND program = ?2")?
                    .query_row(params![kind, PROGRAM], |row| row.get(0))
                    .optional()?
                    .unwrap_or(-1);
            }
        }
        Ok(words)
    }

    /// The rows of a kind that may have all the words, as far as the index goes, oldest first.
    pub(super) fn may_have(&self, connection: &Connection, kind: usize, query: &Query) -> rusqlite::Result<Vec<i64>> {
        if self.until[kind] < 0 {
            return Ok(Vec::new());
        }
        connection
            .prepare_cached("SELECT rowid / ?2 FROM words WHERE words MATCH ?1 AND rowid % ?2 = ?3 ORDER BY rowid")?
            .query_map(params![query.expression(), count(KINDS.len()), count(kind)], |row| {
                row.get(0)
            })?
            .collect()
    }

    /// Notes how far the index goes for a kind.
    fn keep(&self, connection: &Connection, kind: usize) -> rusqlite::Result<()> {
        connection
            .prepare_cached("INSERT OR REPLACE INTO words_until (kind, until, program) VALUES (?1, ?2, ?3)")?
            .execute(params![count(kind), self.until[kind], PROGRAM])
            .map(drop)
    }

    /// How long it takes to look through what the index lacks, in microseconds.
    fn lacks(&self, connection: &Connection) -> rusqlite::Result<i64> {
        let mut cost = 0;
        for (kind, until) in KINDS.iter().zip(self.until) {
            let rows: i64 = connection
                .prepare_cached(&format!("SELECT count(*) FROM ({})", kind.after()))?
                .query_row([until], |row| row.get(0))?;
            cost += rows * kind.cost;
        }
        Ok(cost)
    }
}

impl Reader {
    /// Whether so much is not in the index of words that adding it is worth the wait; see [`add_words`].
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn lacks_words(&self) -> Result<bool> {
        self.ask(|connection| Ok(Words::of(connection)?.lacks(connection)? > LONG))
    }
}

/// Adds to the index of words what it lacks.
///
/// # Errors
/// If somebody else writes to the archive (exit 75), or it cannot be written (74, 77).
pub fn add_words(path: &Path) -> Result<()> {
    let opened = file::Held::take(path, false, Duration::ZERO, Clock::System)?.open()?;
    let added = add_all(&opened.connection);
    let left = file::leave(opened.connection);
    drop(opened.lock);
    added.and(left).map_err(|error| sql_error(path, &error))
}

fn add_all(connection: &Connection) -> rusqlite::Result<()> {
    let mut words = Words::of(connection)?;
    if words.until.iter().all(|until| *until < 0) {
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {DROP} {CREATE} COMMIT"))?;
    }
    for (place, kind) in KINDS.iter().enumerate() {
        let last: i64 = connection
            .prepare_cached(&format!("SELECT coalesce(max(id), -1) FROM {}", kind.table))?
            .query_row([], |row| row.get(0))?;
        let lacking: Vec<i64> = connection
            .prepare_cached(&kind.after())?
            .query_map([words.until[place]], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for batch in lacking.chunks(BATCH) {
            let transaction = connection.unchecked_transaction()?;
            for id in batch {
                if let Some(found) = kind.read(&transaction, *id)? {
                    transaction
                        .prepare_cached("INSERT INTO words (rowid, text) VALUES (?1 * ?2 + ?3, ?4)")?
                        .execute(params![id, count(KINDS.len()), count(place), tokens(&found.words())])?;
                }
                words.until[place] = *id;
            }
            words.keep(&transaction, place)?;
            transaction.commit()?;
        }
        // Of rows between that are of no use here nobody need think again.
        words.until[place] = last;
        words.keep(connection, place)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether the index finds `text` for this query.
    fn finds(text: &str, query: &Query) -> bool {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(CREATE).unwrap();
        connection
            .execute("INSERT INTO words (rowid, text) VALUES (1, ?1)", [tokens(text)])
            .unwrap();
        connection
            .prepare("SELECT 1 FROM words WHERE words MATCH ?1")
            .unwrap()
            .exists([query.expression()])
            .unwrap()
    }

    #[test]
    fn the_index_finds_words_and_phrases_in_any_script() {
        for (phrases, text, found) in [
            (&["bridges of"][..], "The “Bridges” – of Orsay", true),
            (&["bridges off"], "The “Bridges” – of Orsay", false),
            (&["bridges o", "or"], "The “Bridges” – of Orsay", true),
            (&["ridge"], "The Bridges of Orsay", false),
            (&["大桥"], "奥赛大桥仍然矗立", true),
            (&["桥大"], "奥赛大桥仍然矗立", false),
            (&["สะพาน"], "เขาบอกว่าสะพานยังอยู่", true),
            (&["ブリッジ"], "オルセーﾌﾞﾘｯｼﾞ", true),
            (&["strasse"], "An der Straße", true),
            (&["AND", "OR"], "and or", true),
            (&["NEAR(a b)"], "near a b", true),
        ] {
            let query = Query::new(phrases.iter().copied()).unwrap();
            assert_eq!(finds(text, &query), found, "{phrases:?} in {text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn what_a_text_has_the_index_finds(text in "[a-cÀ-Å \u{4e00}-\u{4e05}\u{0e01}-\u{0e3a}\u{300}.'\"*]{0,40}", from in 0_usize..40, length in 1_usize..8) {
            let phrase: String = text.chars().skip(from).take(length).collect();
            if let Some(query) = Query::new([phrase.as_str()]) {
                prop_assert!(!query.is_in(&text) || finds(&text, &query), "{query:?}");
            }
        }
    }
}
