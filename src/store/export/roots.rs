//! Where a selection begins: the articles and targets that it names in one way or another.

use rusqlite::{Connection, params};

use super::Selection;
use crate::search::Query;
use crate::store::named::spellings;

/// Something that the archive does not know or cannot give, what is wrong with it, and what to do.
pub(super) type Unknown = (String, &'static str, Option<&'static str>);

/// Puts the articles and targets that the selection names into their tables, as far as the ledger knew them at entry `seq`;
/// gives the first that is unknown.
pub(super) fn name(
    connection: &Connection,
    selection: &Selection,
    seq: i64,
) -> rusqlite::Result<std::result::Result<(), Unknown>> {
    let roots = [
        (
            &selection.articles,
            Some("article"),
            "no such article in the archive",
            "`citekeep list` names the articles of the archive",
            "INSERT OR IGNORE INTO export_article SELECT id FROM article WHERE id = ?2 OR key = ?1
             UNION SELECT article FROM reading WHERE url = ?1 OR claimed_url = ?1",
            "SELECT EXISTS (SELECT 1 FROM article WHERE id = ?2 OR key = ?1)
                 OR EXISTS (SELECT 1 FROM reading WHERE url = ?1 OR claimed_url = ?1)",
        ),
        (
            &selection.tags,
            None,
            "no article of the archive has this tag",
            "`citekeep list --json` names the tags of each article",
            "INSERT OR IGNORE INTO export_article SELECT article FROM tag WHERE name = ?1 AND ?2 IS ?2",
            "SELECT EXISTS (SELECT 1 FROM tag WHERE name = ?1 AND ?2 IS ?2)",
        ),
        (
            &selection.follows,
            None,
            "the archive follows no such list",
            "`citekeep follows` names the lists that it follows",
            "INSERT OR IGNORE INTO export_article SELECT r.article
             FROM reading r JOIN exchange x ON x.reading = r.id AND x.ordinal = 0 AND x.reading IS NOT NULL
             WHERE EXISTS (SELECT 1 FROM follow f JOIN follow_entry e ON e.follow = f.id AND e.url = x.url
                           WHERE f.id = ?2 OR f.url = ?1)",
            "SELECT EXISTS (SELECT 1 FROM follow WHERE id = ?2 OR url = ?1)",
        ),
        (
            &selection.targets,
            Some("target"),
            "no such target in the archive",
            "`citekeep show ARTICLE` names what an article cites",
            "INSERT OR IGNORE INTO export_target (id) SELECT id FROM target WHERE id = ?2 OR key = ?1 OR url = ?1
             UNION SELECT target FROM citation WHERE raw_url = ?1",
            "SELECT EXISTS (SELECT 1 FROM target WHERE id = ?2 OR key = ?1 OR url = ?1)
                 OR EXISTS (SELECT 1 FROM citation WHERE raw_url = ?1)",
        ),
    ];
    let is_named = selection.queries.len() + roots.iter().map(|(names, ..)| names.len()).sum::<usize>() > 0;
    if selection.all || !is_named {
        connection.execute_batch(
            "INSERT INTO export_article SELECT id FROM article; INSERT INTO export_target (id) SELECT id FROM target;",
        )?;
        return Ok(Ok(()));
    }
    for (names, word, why, hint, insert, known) in roots {
        for name in names {
            let mut is_known = false;
            let spellings = word.map_or_else(|| vec![name.clone()], |word| spellings(name, word));
            for spelling in spellings {
                let values = params![spelling, spelling.parse::<i64>().ok()];
                is_known = connection.query_row(known, values, |row| row.get(0))?;
                if is_known {
                    connection.execute(insert, values)?;
                    break;
                }
            }
            if !is_known {
                return Ok(Err((name.clone(), why, Some(hint))));
            }
        }
    }
    for query in &selection.queries {
        found(connection, query, seq)?;
    }
    Ok(Ok(()))
}

/// Every reading, post and note up to the entry, not only the newest: what was found once is found for ever.
fn found(connection: &Connection, query: &Query, seq: i64) -> rusqlite::Result<()> {
    let mut article = connection.prepare("INSERT OR IGNORE INTO export_article VALUES (?1)")?;
    let mut target = connection.prepare("INSERT OR IGNORE INTO export_target (id) VALUES (?1)")?;
    let sources = [
        "SELECT article, NULL, concat_ws(char(10), title, byline, text) FROM reading WHERE id <= ?1",
        "SELECT NULL, c.target, concat_ws(char(10), d.title, p.author_handle, p.author_name, p.text)
         FROM post p JOIN answer a ON a.id = p.answer JOIN capture c ON c.id = a.capture LEFT JOIN post_detail d ON d.post = p.id
         WHERE p.entry <= ?1",
        "SELECT article, target, concat_ws(char(10), by, text, file_name) FROM note WHERE id <= ?1",
    ];
    for sql in sources {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([seq])?;
        while let Some(row) = rows.next()? {
            if query.is_in(row.get_ref(2)?.as_str()?) {
                for (column, insert) in [(0, &mut article), (1, &mut target)] {
                    if let Some(id) = row.get::<_, Option<i64>>(column)? {
                        insert.execute([id])?;
                    }
                }
            }
        }
    }
    Ok(())
}
