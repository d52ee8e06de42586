//! What is in the archive already, by its digest or key, at a cost that does not grow with the archive.
//!
//! Digests and most keys come in no order: in one index over all rows, each new one changes another page, and the larger the index,
//! the fewer of these pages a transaction has in common. So the rows are indexed by generation, 8,192 ids each (`id >> 13`): what is
//! added changes the few pages of the newest generation. Whether an earlier one has a digest is told by a filter (Bloom 1970) for each,
//! which says "surely not", or "look". The filters are derived, and kept in the table `known` so that a run need not make them.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use sha2::{Digest, Sha256};

/// Bits of a filter: 12 for each row of its generation, so that one look in 270 is in vain.
const BITS: u32 = 12 << 13;

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
    filters: Vec<Filter>,
}

impl Known {
    /// Knows nothing yet; before it is asked it needs [`Known::reload`].
    pub(super) fn of(family: Family) -> Known {
        Known {
            family,
            filters: Vec::new(),
        }
    }

    /// Reads the filters that are kept.
    pub(super) fn reload(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.filters.clear();
        let mut statement =
            connection.prepare_cached("SELECT generation, filter FROM known WHERE what = ?1 ORDER BY generation")?;
        let mut rows = statement.query([self.family.name])?;
        while let Some(row) = rows.next()? {
            let bits: Vec<u8> = row.get(1)?;
            // What is no filter was changed by other hands: its generation is looked into like the newest.
            if row.get::<_, i64>(0)? != self.next() || bits.len() != BITS as usize / 8 {
                break;
            }
            self.filters.push(Filter(bits));
        }
        Ok(())
    }

    /// The first generation without a filter.
    fn next(&self) -> i64 {
        i64::try_from(self.filters.len()).unwrap_or(i64::MAX)
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
        for number in (self.next()..=generation(next_id - 1)).rev() {
            if let Some(id) = self.family.find_in(connection, number, &key)? {
                return Ok(Some(id));
            }
        }
        let places = places(&key.digest());
        for (number, filter) in (0..).zip(&self.filters) {
            if filter.may_have(&places)
                && let Some(id) = self.family.find_in(connection, number, &key)?
            {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// A row was added: one of a generation that is over is entered into its filter, and with the first row of a new generation the
    /// one before gets its filter.
    pub(super) fn add<K: Key + ?Sized>(&mut self, connection: &Connection, id: i64, key: &K) -> rusqlite::Result<()> {
        while self.next() < generation(id) {
            let number = self.next();
            let mut filter = Filter::empty();
            let mut statement = connection.prepare_cached(self.family.keys)?;
            let mut rows = statement.query([number])?;
            while let Some(row) = rows.next()? {
                filter.enter(&places(&digest(row.get_ref(0)?)?));
            }
            self.keep(connection, number, &filter)?;
            self.filters.push(filter);
        }
        let number = generation(id);
        if let Some(filter) = usize::try_from(number)
            .ok()
            .and_then(|number| self.filters.get_mut(number))
        {
            filter.enter(&places(&key.digest()));
            let filter = &self.filters[usize::try_from(number).unwrap_or_default()];
            self.keep(connection, number, filter)?;
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

/// Tells of each row whose key an earlier row has, and of each generation whose filter denies one of its rows.
pub(super) fn check(
    connection: &Connection,
    family: Family,
    mut twice: impl FnMut(i64, i64),
    mut denied: impl FnMut(i64),
) -> rusqlite::Result<()> {
    let mut kept = Known::of(family);
    kept.reload(connection)?;
    let family = &kept.family;
    // Nothing rests on those that are kept: filters of the generations before, and that of the one which is looked at.
    let mut before: Vec<Filter> = Vec::new();
    let mut now = Filter::empty();
    let mut statement = connection.prepare(family.all)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let places = places(&digest(row.get_ref(1)?)?);
        while i64::try_from(before.len()).is_ok_and(|over| over < generation(id)) {
            let over = std::mem::replace(&mut now, Filter::empty());
            if kept
                .filters
                .get(before.len())
                .is_some_and(|filter| !filter.has_all_of(&over))
            {
                denied(i64::try_from(before.len()).unwrap_or(i64::MAX));
            }
            before.push(over);
        }
        for (number, filter) in (0..).zip(&before) {
            if filter.may_have(&places)
                && let Some(first) = family.find_in(connection, number, &ToSqlOutput::Borrowed(row.get_ref(1)?))?
            {
                twice(first, id);
            }
        }
        now.enter(&places);
    }
    Ok(())
}

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

    fn may_have(&self, places: &[u32; SET]) -> bool {
        places
            .iter()
            .all(|place| self.0[(place / 8) as usize] & (1 << (place % 8)) != 0)
    }

    fn enter(&mut self, places: &[u32; SET]) {
        for place in places {
            self.0[(place / 8) as usize] |= 1 << (place % 8);
        }
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
        assert_eq!((known.filters.len(), of_another_run.filters.len()), (2, 2));
        assert_eq!(BLOBS.find(&connection, &body(5)), Ok(Some(5)));
        assert_eq!(wrong(&connection), (Vec::new(), Vec::new()));
    }

    #[test]
    fn few_looks_are_in_vain() {
        let (connection, known) = filled();
        let vain = (ROWS..2 * ROWS)
            .map(|number| places(&body(-number)))
            .map(|places| known.filters.iter().filter(|filter| filter.may_have(&places)).count())
            .sum::<usize>();
        assert!(vain < 2 * 20_000 / 100, "{vain}");
        drop(connection);
    }

    #[test]
    fn a_body_that_is_here_twice_and_a_filter_that_denies_one_are_told() {
        let (connection, mut known) = filled();
        insert(&connection, &mut known, ROWS + 1, &body(17));
        connection
            .execute("UPDATE known SET filter = zeroblob(12288) WHERE generation = 1", [])
            .unwrap();
        assert_eq!(wrong(&connection), (vec![(17, ROWS + 1)], vec![1]));
    }

    #[test]
    fn a_key_is_looked_for_by_the_index() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        for (family, index) in [(BLOBS, "blob_sha256"), (TARGETS, "target_key")] {
            for (sql, terms) in [(family.find, " (<expr>=? AND"), (family.keys, " (<expr>=?)")] {
                let sql = format!("EXPLAIN QUERY PLAN {sql}");
                let mut statement = connection.prepare(&sql).unwrap();
                let values = vec![None::<i64>; statement.parameter_count()];
                let plan: String = statement
                    .query_row(rusqlite::params_from_iter(values), |row| row.get(3))
                    .unwrap();
                assert!(plan.contains(index) && plan.contains(terms), "{plan}");
            }
        }
    }
}
