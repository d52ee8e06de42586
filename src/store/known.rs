//! What is in the archive already, by its digest or key, at a cost that hardly grows with the archive.
//!
//! Digests and most keys come in no order: in one index over all rows, each new one changes another page, and the larger the index,
//! the fewer of these pages a transaction has in common. So the rows are indexed by generation, 8,192 ids each (`id >> 13`): what is
//! added changes the few pages of the newest generation. Whether an earlier one has a digest is told by a filter (Bloom 1970) for each,
//! which says "surely not", or "look". The filters are derived, and kept in the table `known` so that a run need not make them; in memory
//! they are turned over, so that one look at six words asks 64 of them.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use sha2::{Digest, Sha256};

use super::row::count;

/// Bits of a filter: 16 for each row of its generation, so that one look in a thousand is in vain.
const BITS: u32 = 16 << 13;

/// Bits that a digest sets.
const SET: usize = 6;

/// A table whose rows are known by one column.
pub(super) struct Family {
    /// Its name.
    name: &'static str,
    /// Rows that were ever made, by their last id.
    last: &'static str,
    /// The row of a key within one generation.
    find: &'static str,
    /// The keys of one generation.
    keys: &'static str,
    /// Every row and its key.
    all: &'static str,
}

/// Bodies by their digest.
pub(super) const BLOBS: Family = Family {
    name: "blob",
    last: "SELECT max(id) FROM blob",
    find: "SELECT id FROM blob WHERE id >> 13 = ?1 AND sha256 = ?2",
    keys: "SELECT sha256 FROM blob WHERE id >> 13 = ?1",
    all: "SELECT id, sha256 FROM blob ORDER BY id",
};

/// Targets by their key.
pub(super) const TARGETS: Family = Family {
    name: "target",
    last: "SELECT max(id) FROM target",
    find: "SELECT id FROM target WHERE id >> 13 = ?1 AND key = ?2",
    keys: "SELECT key FROM target WHERE id >> 13 = ?1",
    all: "SELECT id, key FROM target ORDER BY id",
};

/// What a row is known by.
pub(super) trait Key: ToSql {
    /// Bytes that are as good as random.
    fn digest(&self) -> [u8; 32];
}

impl Key for [u8; 32] {
    fn digest(&self) -> [u8; 32] {
        *self
    }
}

impl Key for str {
    fn digest(&self) -> [u8; 32] {
        Sha256::digest(self).into()
    }
}

/// The same of a column.
fn digest(column: ValueRef<'_>) -> rusqlite::Result<[u8; 32]> {
    Ok(match column {
        ValueRef::Blob(digest) => digest.try_into().unwrap_or_default(),
        text => text.as_str()?.digest(),
    })
}

/// The generation of a row.
fn generation(id: i64) -> i64 {
    id >> 13
}

impl Family {
    fn find_in(&self, connection: &Connection, generation: i64, key: &dyn ToSql) -> rusqlite::Result<Option<i64>> {
        connection
            .prepare_cached(self.find)?
            .query_row(params![generation, key], |row| row.get(0))
            .optional()
    }

    /// The row of this key, without filters: for whoever asks a few times only.
    pub(super) fn find(&self, connection: &Connection, key: &dyn ToSql) -> rusqlite::Result<Option<i64>> {
        let last: Option<i64> = connection.prepare_cached(self.last)?.query_row([], |row| row.get(0))?;
        for number in (0..=last.map_or(-1, generation)).rev() {
            if let Some(id) = self.find_in(connection, number, key)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}

/// The writer's knowledge of one table.
pub(super) struct Known {
    family: Family,
    /// Of each generation that is over, from the first on. Those after them are looked into.
    filters: Filters,
}

impl Known {
    /// Knows nothing yet; before it is asked it needs [`Known::reload`].
    pub(super) fn of(family: Family) -> Known {
        Known {
            family,
            filters: Filters::default(),
        }
    }

    /// Reads the filters that are kept.
    pub(super) fn reload(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.filters = Filters::default();
        let mut statement =
            connection.prepare_cached("SELECT generation, filter FROM known WHERE what = ?1 ORDER BY generation")?;
        let mut rows = statement.query([self.family.name])?;
        let mut read = Vec::with_capacity(TOGETHER);
        while let Some(row) = rows.next()? {
            let filter = Filter(row.get(1)?);
            // What is no filter was changed by other hands: its generation is looked into like the newest.
            if row.get::<_, i64>(0)? != self.filters.next + count(read.len()) || filter.0.len() != BITS as usize / 8 {
                break;
            }
            read.push(filter);
            if read.len() == TOGETHER {
                self.filters.extend(&read);
                read.clear();
            }
        }
        self.filters.extend(&read);
        Ok(())
    }

    /// The row of this key, where rows up to before `next_id` were made.
    pub(super) fn find<K: Key + ?Sized>(
        &self,
        connection: &Connection,
        key: &K,
        next_id: i64,
    ) -> rusqlite::Result<Option<i64>>
    where
        for<'a> &'a K: ToSql,
    {
        let newest = (self.filters.next..=generation(next_id - 1)).rev();
        for number in newest.chain(self.filters.that_may_have(&places(&key.digest()))) {
            if let Some(id) = self.family.find_in(connection, number, &key)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// A row was added: one of a generation that is over is entered into its filter, and with the first row of a new generation the
    /// one before gets its filter.
    pub(super) fn add<K: Key + ?Sized>(&mut self, connection: &Connection, id: i64, key: &K) -> rusqlite::Result<()> {
        while self.filters.next < generation(id) {
            let mut filter = Filter::empty();
            let mut statement = connection.prepare_cached(self.family.keys)?;
            let mut rows = statement.query([self.filters.next])?;
            while let Some(row) = rows.next()? {
                filter.enter(&places(&digest(row.get_ref(0)?)?));
            }
            self.keep(connection, self.filters.next, &filter)?;
            self.filters.extend(&[filter]);
        }
        let number = generation(id);
        if number < self.filters.next {
            let places = places(&key.digest());
            let mut filter = Filter(
                connection
                    .prepare_cached("SELECT filter FROM known WHERE what = ?1 AND generation = ?2")?
                    .query_row(params![self.family.name, number], |row| row.get(0))?,
            );
            filter.enter(&places);
            self.keep(connection, number, &filter)?;
            self.filters.enter(number, &places);
        }
        Ok(())
    }

    fn keep(&self, connection: &Connection, number: i64, filter: &Filter) -> rusqlite::Result<()> {
        connection
            .prepare_cached("INSERT OR REPLACE INTO known (what, generation, filter) VALUES (?1, ?2, ?3)")?
            .execute(params![self.family.name, number, filter.0])
            .map(drop)
    }
}

/// Tells of each row whose key an earlier row has, and of each generation whose filter denies one of its rows; in two bytes for each row.
pub(super) fn check(
    connection: &Connection,
    family: Family,
    mut twice: impl FnMut(i64, i64),
    mut denied: impl FnMut(i64),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT filter FROM known WHERE what = ?1 AND generation = ?2")?;
    let mut kept = |generation: i64| -> rusqlite::Result<Option<Vec<u8>>> {
        statement
            .query_row(params![family.name, generation], |row| row.get(0))
            .optional()
    };
    // Nothing rests on those that are kept: filters of the generations before, and that of the one which is looked at.
    let mut before = Filters::default();
    let mut now = Filter::empty();
    let mut statement = connection.prepare(family.all)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let places = places(&digest(row.get_ref(1)?)?);
        while before.next < generation(id) {
            let over = std::mem::replace(&mut now, Filter::empty());
            if kept(before.next)?.is_some_and(|kept| !Filter(kept).has_all_of(&over)) {
                denied(before.next);
            }
            before.extend(&[over]);
        }
        for number in before.that_may_have(&places) {
            let key = ToSqlOutput::Borrowed(row.get_ref(1)?);
            if let Some(first) = family.find_in(connection, number, &key)? {
                twice(first, id);
            }
        }
        now.enter(&places);
    }
    Ok(())
}

/// The filter of one generation: which bits its digests set.
struct Filter(Vec<u8>);

impl Filter {
    fn empty() -> Filter {
        Filter(vec![0; BITS as usize / 8])
    }

    fn has_all_of(&self, other: &Filter) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .all(|(ours, theirs)| ours & theirs == *theirs)
    }

    fn enter(&mut self, places: &[u32; SET]) {
        for place in places {
            self.0[(place / 8) as usize] |= 1 << (place % 8);
        }
    }
}

/// Generations whose filters are asked together: as many as a word has bits.
const TOGETHER: usize = 64;

/// Filters of the first generations, turned over: a word for each place, with a bit for each of 64 generations.
#[derive(Default)]
struct Filters {
    /// The first generation without one.
    next: i64,
    words: Vec<Vec<u64>>,
}

impl Filters {
    /// Adds the filters of the next generations, at most [`TOGETHER`].
    fn extend(&mut self, filters: &[Filter]) {
        if filters.len() == 1 || self.next % count(TOGETHER) != 0 {
            filters.iter().for_each(|filter| self.extend_by_one(filter));
        } else if !filters.is_empty() {
            // Those that are not here yet have no bits.
            let mut words = vec![0; BITS as usize];
            for (number, square) in words.as_chunks_mut::<TOGETHER>().0.iter_mut().enumerate() {
                for (row, filter) in square.iter_mut().zip(filters) {
                    *row = u64::from_le_bytes(filter.0.as_chunks().0[number]);
                }
                turn_over(square);
            }
            self.words.push(words);
            self.next += count(filters.len());
        }
    }

    fn extend_by_one(&mut self, filter: &Filter) {
        if self.next % count(TOGETHER) == 0 {
            self.words.push(vec![0; BITS as usize]);
        }
        let bit = 1 << (self.next % count(TOGETHER));
        if let Some(words) = self.words.last_mut() {
            for (places, byte) in words.as_chunks_mut::<8>().0.iter_mut().zip(&filter.0) {
                for (place, word) in places.iter_mut().enumerate() {
                    if byte & (1 << place) != 0 {
                        *word |= bit;
                    }
                }
            }
        }
        self.next += 1;
    }

    /// Enters a digest into the filter of a generation that has one.
    fn enter(&mut self, generation: i64, places: &[u32; SET]) {
        let generation = usize::try_from(generation).unwrap_or(usize::MAX);
        if let Some(words) = self.words.get_mut(generation / TOGETHER) {
            for place in places {
                words[*place as usize] |= 1 << (generation % TOGETHER);
            }
        }
    }

    /// The generations that may have a digest.
    fn that_may_have(&self, places: &[u32; SET]) -> impl Iterator<Item = i64> {
        (0..).zip(&self.words).flat_map(|(number, words)| {
            let all = places.iter().fold(u64::MAX, |all, place| all & words[*place as usize]);
            (0..count(TOGETHER))
                .filter(move |bit| all >> bit & 1 != 0)
                .map(move |bit| number * count(TOGETHER) + bit)
        })
    }
}

/// Makes rows of bits columns. Warren, Hacker's Delight, 7-3
fn turn_over(square: &mut [u64; TOGETHER]) {
    let (mut step, mut mask) = (TOGETHER / 2, u64::MAX >> (TOGETHER / 2));
    while step > 0 {
        let mut row = 0;
        while row < TOGETHER {
            let swapped = (square[row] >> step ^ square[row + step]) & mask;
            square[row] ^= swapped << step;
            square[row + step] ^= swapped;
            row = (row + step + 1) & !step;
        }
        step /= 2;
        mask ^= mask << step;
    }
}

/// The bits of a digest.
fn places(digest: &[u8; 32]) -> [u32; SET] {
    let mut places = [0; SET];
    for (place, bytes) in places.iter_mut().zip(digest.chunks_exact(4)) {
        *place = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) % BITS;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::SCHEMA;
    use crate::store::tests::fixtures::plan;

    /// Rows of more than two generations, one of which is left for later.
    const ROWS: i64 = 20_000;
    const LATE: i64 = 4_711;

    fn body(number: i64) -> [u8; 32] {
        Sha256::digest(number.to_le_bytes()).into()
    }

    fn insert(connection: &Connection, known: &mut Known, id: i64, sha256: &[u8; 32]) {
        let sql = "INSERT INTO blob (id, sha256, length, chunks) VALUES (?1, ?2, 0, 0)";
        connection.execute(sql, params![id, sha256]).unwrap();
        known.add(connection, id, sha256).unwrap();
    }

    fn filled() -> (Connection, Known) {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        let mut known = Known::of(BLOBS);
        for id in (1..=ROWS).filter(|id| *id != LATE) {
            insert(&connection, &mut known, id, &body(id));
        }
        (connection, known)
    }

    fn wrong(connection: &Connection) -> (Vec<(i64, i64)>, Vec<i64>) {
        let (mut twice, mut denied) = (Vec::new(), Vec::new());
        check(
            connection,
            BLOBS,
            |a, b| twice.push((a, b)),
            |generation| denied.push(generation),
        )
        .unwrap();
        (twice, denied)
    }

    #[test]
    fn what_is_here_is_found_in_every_generation_and_what_came_late_to_one_that_is_over_as_well() {
        let (connection, mut known) = filled();
        assert_eq!(known.find(&connection, &body(LATE), ROWS + 1), Ok(None));
        insert(&connection, &mut known, LATE, &body(LATE));
        let mut of_another_run = Known::of(BLOBS);
        of_another_run.reload(&connection).unwrap();
        let without_filters = Known::of(BLOBS);
        for known in [&known, &of_another_run, &without_filters] {
            for id in (1..=ROWS).step_by(97).chain([LATE, 8_191, 8_192, ROWS]) {
                assert_eq!(known.find(&connection, &body(id), ROWS + 1), Ok(Some(id)));
            }
            assert_eq!(known.find(&connection, &body(-1), ROWS + 1), Ok(None));
        }
        assert_eq!((known.filters.next, of_another_run.filters.next), (2, 2));
        assert_eq!(BLOBS.find(&connection, &body(5)), Ok(Some(5)));
        assert_eq!(wrong(&connection), (Vec::new(), Vec::new()));
    }

    #[test]
    fn few_looks_are_in_vain() {
        let (connection, known) = filled();
        let vain: usize = (ROWS..2 * ROWS)
            .map(|number| known.filters.that_may_have(&places(&body(-number))).count())
            .sum();
        assert!(vain < 2 * 20_000 / 500, "{vain}");
        drop(connection);
    }

    #[test]
    fn a_body_that_is_here_twice_and_a_filter_that_denies_one_are_told() {
        let (connection, mut known) = filled();
        insert(&connection, &mut known, ROWS + 1, &body(17));
        connection
            .execute("UPDATE known SET filter = zeroblob(16384) WHERE generation = 1", [])
            .unwrap();
        assert_eq!(wrong(&connection), (vec![(17, ROWS + 1)], vec![1]));
    }

    #[test]
    fn filters_that_are_read_together_say_what_each_says() {
        let numbers = 0..150_i64;
        let filters: Vec<Filter> = numbers
            .clone()
            .map(|number| {
                let mut filter = Filter::empty();
                (0..40).for_each(|digest| filter.enter(&places(&body(number * 1000 + digest))));
                filter
            })
            .collect();
        let (mut together, mut one_by_one) = (Filters::default(), Filters::default());
        filters.chunks(TOGETHER).for_each(|chunk| together.extend(chunk));
        filters.iter().for_each(|filter| one_by_one.extend_by_one(filter));
        assert!(together.words == one_by_one.words && together.next == one_by_one.next);
        for number in numbers {
            let found: Vec<i64> = together.that_may_have(&places(&body(number * 1000 + 7))).collect();
            assert_eq!(found, [number]);
        }
    }

    #[test]
    fn a_key_is_looked_for_by_the_index() {
        for (family, index) in [(BLOBS, "blob_sha256"), (TARGETS, "target_key")] {
            for (sql, terms) in [(family.find, " (<expr>=? AND"), (family.keys, " (<expr>=?)")] {
                let plan = plan(sql);
                assert!(plan.contains(index) && plan.contains(terms), "{plan}");
            }
        }
    }
}
