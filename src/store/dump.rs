//! The content of an archive as lines that two archives of the same inputs share: keys and digests in the place of row
//! numbers, without times of ours, nonces, runs and heads, each section in the order of its keys.

use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

use super::query::Reader;
use super::row::hex;
use crate::error::Result;

/// What a line is of, and the query that gives the lines in their order. A column's name that ends in `!` holds JSON.
///
/// Left out beside the above: robots.txt, which is asked once in a run, with whichever page comes first; headers, and what
/// the system said of a failure, which tell of server and machine; programs' versions.
const SECTIONS: &[(&str, &str)] = &[
    (
        "article",
        "SELECT a.key, (SELECT json_group_array(name) FROM (SELECT name FROM tag WHERE article = a.id ORDER BY name)) AS \"tags!\"
         FROM article a ORDER BY a.key",
    ),
    (
        "reading",
        "SELECT n.article, n.reading, r.origin, lower(hex(b.sha256)) AS body, r.given_name, r.claimed_url, r.claimed_retrieved,
                r.url, r.url_source, r.format, r.charset, r.charset_source, r.title, r.title_source, r.byline, r.byline_source,
                r.published, r.published_source, r.language, r.language_source, r.notices AS \"notices!\",
                lower(hex(r.text_sha256)) AS text_sha256, r.text
         FROM numbered_reading n JOIN reading r ON r.id = n.id JOIN blob b ON b.id = r.body
         ORDER BY n.article, n.reading",
    ),
    (
        "block",
        "SELECT n.article, n.reading, b.ordinal, b.kind, b.start, b.stop FROM numbered_reading n JOIN block b ON b.reading = n.id
         ORDER BY n.article, n.reading, b.ordinal",
    ),
    (
        "sentence",
        "SELECT n.article, n.reading, s.ordinal, s.block, s.start, s.stop
         FROM numbered_reading n JOIN sentence s ON s.reading = n.id ORDER BY n.article, n.reading, s.ordinal",
    ),
    (
        "citation",
        "SELECT n.article, n.reading, c.ordinal, t.key AS target, c.form, c.raw_url, c.raw, c.anchor, c.author_name,
                c.author_handle, c.date_text, c.date, c.text, c.media AS \"media!\", c.start, c.stop,
                (SELECT json_group_array(json_array(sentence, relation, confidence, reason))
                 FROM (SELECT * FROM citation_sentence WHERE citation = c.id ORDER BY rank)) AS \"sentences!\"
         FROM numbered_reading n JOIN citation c ON c.reading = n.id JOIN target t ON t.id = c.target
         ORDER BY n.article, n.reading, c.ordinal",
    ),
    (
        "target",
        "SELECT t.key, t.kind, t.platform, t.native_id, t.handle, t.url, t.claim AS \"claim!\", j.slot, j.done, j.attempts,
                EXISTS (SELECT 1 FROM recheck r WHERE r.target = t.id) AS rechecked
         FROM target t LEFT JOIN job j ON j.target = t.id ORDER BY t.key",
    ),
    (
        "capture",
        "SELECT n.target, n.attempt, c.outcome, c.reason, c.source, c.best
         FROM numbered_capture n JOIN capture c ON c.id = n.id ORDER BY n.target, n.attempt",
    ),
    (
        "resolution",
        "SELECT n.target, n.attempt, r.outcome, r.reason, i.key AS identified
         FROM numbered_resolution n JOIN resolution r ON r.id = n.id LEFT JOIN target i ON i.id = r.identified
         ORDER BY n.target, n.attempt",
    ),
    (
        "candidate",
        "SELECT n.target, n.attempt, c.rank, c.platform, c.native_id, c.url, c.score, c.evidence
         FROM numbered_resolution n JOIN resolution_candidate c ON c.resolution = n.id ORDER BY n.target, n.attempt, c.rank",
    ),
    (
        "answer",
        "SELECT n.target, n.of, n.attempt, a.ordinal, a.source, a.outcome, a.reason
         FROM numbered_answer n JOIN answer a ON a.id = n.id ORDER BY n.target, n.of, n.attempt, a.ordinal",
    ),
    (
        "post",
        "SELECT n.target, n.of, n.attempt, a.ordinal, p.native_id, p.author_id, p.author_handle, p.author_name, p.posted_at,
                p.text, p.text_cut, p.language, p.quoted_id, p.parent_id, p.media AS \"media!\", p.edit_ids AS \"edit_ids!\",
                p.counts AS \"counts!\", d.url, d.title, d.edited_at, d.reposted_id, d.conversation_id, d.media_expected,
                d.sensitive, d.content_warning, d.visibility, d.labels AS \"labels!\", d.withheld_in AS \"withheld_in!\",
                d.entities AS \"entities!\", d.poll AS \"poll!\", d.card AS \"card!\", d.related AS \"related!\"
         FROM numbered_answer n JOIN answer a ON a.id = n.id JOIN post p ON p.answer = a.id
         LEFT JOIN post_detail d ON d.post = p.id ORDER BY n.target, n.of, n.attempt, a.ordinal, p.id",
    ),
    (
        "media",
        "SELECT n.target, n.attempt, m.position, m.kind, m.url, m.alt, m.outcome, m.reason
         FROM numbered_capture n JOIN post_media m ON m.capture = n.id ORDER BY n.target, n.attempt, m.position",
    ),
    (
        "context",
        "SELECT n.target AS of, n.attempt, x.ordinal, x.relation, t.key AS target
         FROM numbered_capture n JOIN context x ON x.capture = n.id JOIN target t ON t.id = x.target
         ORDER BY n.target, n.attempt, x.ordinal",
    ),
    (
        "exchange",
        "SELECT e.owner, e.of, e.attempt, e.part,
                row_number() OVER (PARTITION BY e.owner, e.of, e.attempt, e.part ORDER BY x.ordinal, x.id) AS hop, x.url, x.purpose, x.status,
                lower(hex(b.sha256)) AS body, x.body_length, x.truncated, x.failure_outcome, x.failure_reason
         FROM (
           SELECT n.article AS owner, 'reading' AS of, n.reading AS attempt, 0 AS part, x.id
           FROM numbered_reading n JOIN exchange x ON x.reading = n.id
           UNION ALL
           SELECT n.target, n.of, n.attempt, a.ordinal, x.id
           FROM numbered_answer n JOIN answer a ON a.id = n.id JOIN exchange x ON x.answer = n.id
           UNION ALL
           SELECT n.target, 'media', n.attempt, m.position, x.id
           FROM numbered_capture n JOIN post_media m ON m.capture = n.id JOIN exchange x ON x.media = m.id
         ) e JOIN exchange x ON x.id = e.id LEFT JOIN blob b ON b.id = x.body
         WHERE x.purpose <> 'robots'
         ORDER BY e.owner, e.of, e.attempt, e.part, hop",
    ),
    ("body", "SELECT lower(hex(sha256)) AS sha256, length FROM blob ORDER BY sha256"),
    (
        "redaction",
        "SELECT kind, sha256, by, why FROM redaction ORDER BY kind, sha256",
    ),
];

/// What gives readings and attempts numbers of their own: how many there were of the same article or target before.
const NUMBERED: &str = "
CREATE TEMP VIEW numbered_reading AS
  SELECT r.id, a.key AS article, row_number() OVER (PARTITION BY r.article ORDER BY r.id) AS reading
  FROM reading r JOIN article a ON a.id = r.article;
CREATE TEMP VIEW numbered_capture AS
  SELECT c.id, t.key AS target, row_number() OVER (PARTITION BY c.target ORDER BY c.id) AS attempt
  FROM capture c JOIN target t ON t.id = c.target;
CREATE TEMP VIEW numbered_resolution AS
  SELECT r.id, t.key AS target, row_number() OVER (PARTITION BY r.target ORDER BY r.id) AS attempt
  FROM resolution r JOIN target t ON t.id = r.target;
CREATE TEMP VIEW numbered_answer AS
  SELECT a.id, 'capture' AS of, n.target, n.attempt FROM answer a JOIN numbered_capture n ON n.id = a.capture
  UNION ALL
  SELECT a.id, 'resolution', n.target, n.attempt FROM answer a JOIN numbered_resolution n ON n.id = a.resolution;";

impl Reader {
    /// Shows the archive's content line by line; each line says of what it is in `line`.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn dump(&self, mut each: impl FnMut(&Value)) -> Result<()> {
        self.ask(|connection| {
            connection.execute_batch(NUMBERED)?;
            for (section, sql) in SECTIONS {
                let mut statement = connection.prepare(sql)?;
                let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let mut line = Map::new();
                    line.insert("line".to_owned(), Value::from(*section));
                    for (index, column) in columns.iter().enumerate() {
                        let (name, value) = member(column, row.get_ref(index)?);
                        line.insert(name.to_owned(), value);
                    }
                    each(&Value::Object(line));
                }
            }
            Ok(())
        })
    }
}

/// Name and value of a column.
fn member<'a>(column: &'a str, value: ValueRef<'_>) -> (&'a str, Value) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let plain = match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::from(number),
        ValueRef::Real(number) => Value::from(number),
        ValueRef::Text(bytes) => Value::String(text(bytes)),
        ValueRef::Blob(bytes) => Value::String(hex(bytes)),
    };
    match (column.strip_suffix('!'), plain) {
        (Some(name), Value::String(json)) => {
            let value = serde_json::from_str(&json).unwrap_or(Value::String(json));
            (name, value)
        }
        (Some(name), other) => (name, other),
        (None, other) => (column, other),
    }
}
