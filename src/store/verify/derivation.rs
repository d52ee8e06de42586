//! A ledger line derived again: the rows of one event, read in the order in which they were written.

use rusqlite::{Connection, OptionalExtension, Row};
use sha2::{Digest, Sha256};

use super::{ProblemKind, Report, Sql, is_redacted};
use crate::stamp::Kind;
use crate::stamp::opentimestamps;
use crate::stamp::rfc3161::Token;
use crate::store::blob::each_chunk;
use crate::store::exchange::head_digest;
use crate::store::ledger::{ExchangeSeal, Field};
use crate::store::other::stamps::testimony;
use crate::store::post::stored_digest;
use crate::store::row::{
    ANSWER, ARTICLE, BLOCK, CANARY, CAPTURE, CITATION, CITATION_SENTENCE, CONTEXT, EXCHANGE, EXCHANGE_RECORD, EXPORT,
    Evidence, HELPER, HELPER_FILE, IMPORT, INQUIRY, NOTE, OTHER_ARCHIVE, OTHER_STAMP, POST_MEDIA, READING,
    READING_RECORD, REDACTION, REPARSE, RESOLUTION, RESOLUTION_CANDIDATE, RUN, RUN_END, SENTENCE, STAMP, TARGET, Table,
    WEB_ARCHIVE, hex, unhex,
};
use crate::store::taken::{Named, encode_record};

/// Derives the fields of the line of the event with this number.
type Derive = fn(&mut Derivation<'_>, i64) -> Sql<Fields>;

/// Tables whose rows are ledger events: the word of the event, and what derives the fields of its line.
pub(super) const EVENTS: &[(&str, Derive)] = &[
    ("run", |event, seq| event.run(seq)),
    ("run_end", |event, seq| event.run_end(seq)),
    ("reading", |event, seq| event.reading(seq)),
    ("capture", |event, seq| event.capture(seq)),
    ("resolution", |event, seq| event.resolution(seq)),
    ("reparse", |event, seq| event.reparse(seq)),
    ("note", |event, seq| event.note(seq)),
    ("stamp", |event, seq| event.stamp(seq)),
    ("inquiry", |event, seq| event.inquiry(seq)),
    ("import", |event, seq| event.import(seq)),
    ("other_archive", |event, seq| event.other_archive(seq)),
    ("other_stamp", |event, seq| event.other_stamp(seq)),
    ("export", |event, seq| event.export(seq)),
    ("redaction", |event, seq| event.redaction(seq)),
];

/// The fields of a line; `None` if the event's row is missing.
pub(super) type Fields = Option<Vec<(&'static str, Field<'static>)>>;

/// The rows of one event, read in the order in which they were written.
pub(super) struct Derivation<'a> {
    pub(super) connection: &'a Connection,
    pub(super) report: &'a mut Report,
    pub(super) evidence: Evidence,
    pub(super) item: String,
    /// The line as the ledger has it.
    pub(super) line: &'a serde_json::Value,
}

impl Derivation<'_> {
    fn run(&mut self, seq: i64) -> Sql<Fields> {
        let mut fields = None;
        RUN.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            fields = Some(vec![("command", string(row, 2)?), ("version", string(row, 3)?)]);
            Sql::Ok(())
        })?;
        Ok(fields)
    }

    fn run_end(&mut self, seq: i64) -> Sql<Fields> {
        let mut fields = None;
        RUN_END.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            fields = Some(vec![
                ("exit", Field::Integer(row.get(3)?)),
                ("run", Field::Integer(row.get(1)?)),
            ]);
            Sql::Ok(())
        })?;
        Ok(fields)
    }

    fn export(&mut self, seq: i64) -> Sql<Fields> {
        let mut fields = None;
        EXPORT.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            fields = Some(vec![
                ("as_of", Field::Integer(row.get(5)?)),
                ("format", string(row, 7)?),
                ("identifier", string(row, 8)?),
                ("run", Field::Integer(row.get(1)?)),
                ("sha256", string(row, 9)?),
            ]);
            Sql::Ok(())
        })?;
        Ok(fields)
    }

    fn other_archive(&mut self, seq: i64) -> Sql<Fields> {
        let mut found = None;
        OTHER_ARCHIVE.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            let blobs: (i64, i64) = (row.get(7)?, row.get(8)?);
            let fields = vec![
                ("entries", Field::Integer(row.get(5)?)),
                ("head", string(row, 6)?),
                ("origin", string(row, 4)?),
                ("run", Field::Integer(row.get(1)?)),
            ];
            found = Some((fields, blobs));
            Sql::Ok(())
        })?;
        let Some((mut fields, (content, chain))) = found else {
            return Ok(None);
        };
        fields.push(("content", Field::Digest(self.blob_digest(content)?)));
        fields.push(("chain", Field::Digest(self.blob_digest(chain)?)));
        Ok(Some(fields))
    }

    fn other_stamp(&mut self, seq: i64) -> Sql<Fields> {
        let mut found = None;
        OTHER_STAMP.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            let fields = vec![
                ("entry", Field::Integer(row.get(6)?)),
                ("head", string(row, 7)?),
                ("kind", string(row, 4)?),
                ("other_archive", Field::Integer(row.get(3)?)),
                ("run", Field::Integer(row.get(1)?)),
            ];
            let parts: [Option<i64>; 4] = [row.get(10)?, row.get(11)?, row.get(12)?, row.get(13)?];
            let about: (String, String) = (row.get(4)?, row.get(7)?);
            let stated: (Option<String>, Option<i64>) = (row.get(8)?, row.get(9)?);
            found = Some((fields, parts, about, stated));
            Sql::Ok(())
        })?;
        let Some((mut fields, parts, (kind, head), stated)) = found else {
            return Ok(None);
        };
        for (name, part) in ["query", "reply", "completed", "roots"].into_iter().zip(parts) {
            if let Some(blob) = part {
                fields.push((name, Field::Digest(self.blob_digest(blob)?)));
            }
        }
        // What was redacted of it is counted with the bodies, and a bundle's rows have none.
        if let Some(said) = testimony(self.connection, &kind, String::new(), parts)?
            && (parts[2].is_none() || said.completed.is_some())
        {
            let what = match said.stated(&unhex(&head).unwrap_or_default()) {
                Ok(held) if (held.time.map(|time| time.to_string()), held.block) == stated => None,
                Ok(_) => Some("its time or block is not what was said".to_owned()),
                Err(what) => Some(format!("what was said does not hold: {what}")),
            };
            if let Some(what) = what {
                self.report.problem(ProblemKind::Evidence, &self.item, what);
            }
        }
        Ok(Some(fields))
    }

    fn redaction(&mut self, seq: i64) -> Sql<Fields> {
        let mut fields = None;
        REDACTION.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            fields = Some(vec![
                ("kind", string(row, 5)?),
                ("run", Field::Integer(row.get(1)?)),
                ("sha256", string(row, 7)?),
            ]);
            Sql::Ok(())
        })?;
        Ok(fields)
    }

    fn stamp(&mut self, seq: i64) -> Sql<Fields> {
        let mut found = None;
        STAMP.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            let fields = vec![
                ("authority", string(row, 3)?),
                ("entry", Field::Integer(row.get(4)?)),
                ("head", string(row, 5)?),
                ("kind", string(row, 2)?),
                ("outcome", string(row, 7)?),
                ("run", Field::Integer(row.get(1)?)),
                ("url", string(row, 11)?),
            ];
            let blobs: [Option<i64>; 2] = [row.get(13)?, row.get(22)?];
            let is_first = row.get::<_, Option<i64>>(6)?.is_none() && row.get::<_, String>(7)? == "captured";
            let kind = is_first.then(|| row.get::<_, String>(2)).transpose()?;
            found = Some((fields, blobs, (row.get::<_, i64>(4)?, row.get::<_, String>(5)?, kind)));
            Sql::Ok(())
        })?;
        let Some((mut fields, blobs, (entry, head, kind))) = found else {
            return Ok(None);
        };
        for (name, blob) in ["query", "reply"].into_iter().zip(blobs) {
            if let Some(blob) = blob {
                fields.push((name, Field::Digest(self.blob_digest(blob)?)));
            }
        }
        let is_there = self
            .connection
            .prepare_cached("SELECT 1 FROM ledger WHERE seq = ?1 AND head = ?2")?
            .exists((entry, &head))?;
        if !is_there {
            let what = format!("the head that it is about is not that of entry {entry}");
            self.report.problem(ProblemKind::Evidence, &self.item, what);
        }
        if let ([_, Some(reply)], Some(kind)) = (blobs, kind) {
            let mut bytes = Vec::new();
            each_chunk(self.connection, reply, |chunk| {
                bytes.extend_from_slice(chunk);
                Sql::Ok(())
            })?;
            let digest = unhex(&head).unwrap_or_default();
            let held = match kind == Kind::Rfc3161.word() {
                true => Token::read(&bytes).and_then(|token| token.is_about(&digest)),
                false => opentimestamps::promise(&bytes, &digest).map(drop),
            };
            // One that was redacted is counted with the bodies.
            if let (Err(what), false) = (held, bytes.is_empty()) {
                let what = format!("what was said does not hold: {what}");
                self.report.problem(ProblemKind::Evidence, &self.item, what);
            }
        }
        Ok(Some(fields))
    }

    fn inquiry(&mut self, seq: i64) -> Sql<Fields> {
        let connection = self.connection;
        let mut found = None;
        INQUIRY.encode_rows(connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            let request: String = row.get(12)?;
            let response: Option<String> = row.get(18)?;
            let seal = ExchangeSeal {
                body: sealed_body(connection, row.get(21)?)?,
                head: head_digest(&request, response.as_deref()),
                status: row.get(17)?,
                url: row.get::<_, String>(11)?.into(),
                record: None,
                revisits: None,
            };
            let mut fields = vec![
                ("exchanges", Field::Exchanges(vec![seal])),
                ("run", Field::Integer(row.get(1)?)),
                ("service", string(row, 3)?),
            ];
            if row.get::<_, Option<String>>(6)?.is_some() {
                fields.push(("outcome", string(row, 6)?));
            }
            found = Some((row.get(2)?, fields));
            Sql::Ok(())
        })?;
        let Some((target, mut fields)) = found else {
            return Ok(None);
        };
        fields.push(("target", Field::Text(self.target(target)?.into())));
        Ok(Some(fields))
    }

    /// Digest of a body; of one that is not there, none that could match.
    fn blob_digest(&self, blob: i64) -> Sql<[u8; 32]> {
        let sha256 = self
            .connection
            .prepare_cached("SELECT sha256 FROM blob WHERE id = ?1")?
            .query_row([blob], |row| digest(row, 0))
            .optional()?;
        Ok(sha256.unwrap_or_default())
    }

    fn note(&mut self, seq: i64) -> Sql<Fields> {
        let mut found = None;
        NOTE.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            let about: (Option<i64>, Option<i64>, Option<i64>) = (row.get(4)?, row.get(5)?, row.get(8)?);
            found = Some((about, string(row, 3)?, row.get(1)?));
            Sql::Ok(())
        })?;
        let Some(((target, article, body), by, run)) = found else {
            return Ok(None);
        };
        let (table, row) = target.map_or((ARTICLE, article.unwrap_or_default()), |target| (TARGET, target));
        let mut about = String::new();
        table.encode_rows(self.connection, "id = ?1", row, &mut self.evidence, |row, _| {
            about = row.get(1)?;
            Sql::Ok(())
        })?;
        let mut fields = vec![
            ("about", Field::Text(about.into())),
            ("by", by),
            ("run", Field::Integer(run)),
        ];
        if let Some(blob) = body {
            fields.push(("body", Field::Digest(self.blob_digest(blob)?)));
        }
        Ok(Some(fields))
    }

    fn reading(&mut self, seq: i64) -> Sql<Fields> {
        let mut exchanges = Vec::new();
        self.exchanges("reading = ?1 ORDER BY id", seq, &mut exchanges)?;
        let found = self
            .connection
            .prepare_cached(
                "SELECT article, run, findings_sha256, text_sha256, text, blob.sha256 FROM reading
                 LEFT JOIN blob ON blob.id = reading.body WHERE reading.id = ?1",
            )?
            .query_row([seq], |row| {
                let text: Option<String> = row.get(4)?;
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    digest(row, 2)?,
                    digest(row, 3)?,
                    text,
                    digest(row, 5)?,
                ))
            })
            .optional()?;
        let Some((article, run, findings, text_sha256, text, body)) = found else {
            return Ok(None);
        };
        let article: i64 = article;
        let mut key = String::new();
        ARTICLE.encode_rows(self.connection, "id = ?1", article, &mut self.evidence, |row, _| {
            key = row.get(1)?;
            Sql::Ok(())
        })?;
        READING.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |_, _| Sql::Ok(()))?;
        let named = linked_record(
            self.connection,
            &READING_RECORD,
            "reading = ?1",
            seq,
            &mut self.evidence,
        )?;
        match text {
            Some(text) if Sha256::digest(&text)[..] != text_sha256 => {
                self.report
                    .problem(ProblemKind::Evidence, &self.item, "its text has another digest");
            }
            None if is_redacted(self.connection, "reading_text", seq, &hex(&text_sha256))? => self.report.redacted += 1,
            None => self.report.problem(
                ProblemKind::Evidence,
                &self.item,
                "its text is missing, and no redaction says so",
            ),
            Some(_) => {}
        }
        let derived = findings_digest(self.connection, seq)?;
        if derived != findings {
            self.report.problem(
                ProblemKind::Evidence,
                &self.item,
                "its blocks, sentences or citations were changed",
            );
        }
        let mut fields = vec![
            ("article", Field::Text(key.into())),
            ("body", Field::Digest(body)),
            ("exchanges", Field::Exchanges(exchanges)),
            ("findings", Field::Digest(findings)),
            ("run", Field::Integer(run)),
            ("text", Field::Digest(text_sha256)),
        ];
        fields.extend(named.record.map(|record| ("record", Field::Digest(record))));
        fields.extend(named.revisits.map(|record| ("revisits", Field::Digest(record))));
        Ok(Some(fields))
    }

    fn capture(&mut self, seq: i64) -> Sql<Fields> {
        let mut found = None;
        CAPTURE.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            found = Some((row.get(1)?, row.get::<_, i64>(3)?, string(row, 6)?, string(row, 8)?));
            Sql::Ok(())
        })?;
        let Some((target, run, outcome, source)) = found else {
            return Ok(None);
        };
        let target = self.target(target)?;
        let mut exchanges = Vec::new();
        self.answers(
            "SELECT id FROM answer WHERE capture = ?1 ORDER BY ordinal",
            seq,
            &mut exchanges,
        )?;
        let connection = self.connection;
        HELPER.encode_rows(
            connection,
            "capture = ?1 ORDER BY id",
            seq,
            &mut self.evidence,
            |_, _| Sql::Ok(()),
        )?;
        let mut files = Vec::new();
        for id in self.ids("SELECT id FROM post_media WHERE capture = ?1 ORDER BY id", seq)? {
            POST_MEDIA.encode_rows(connection, "id = ?1", id, &mut self.evidence, |_, _| Sql::Ok(()))?;
            self.exchanges("media = ?1 ORDER BY id", id, &mut exchanges)?;
            HELPER_FILE.encode_rows(connection, "media = ?1", id, &mut self.evidence, |row, _| {
                files.extend(sealed_body(connection, row.get(3)?)?);
                Sql::Ok(())
            })?;
        }
        self.context("capture = ?1 AND reparse IS NULL ORDER BY ordinal", seq)?;
        let posts = self.posts(seq)?;
        let mut fields = vec![
            ("exchanges", Field::Exchanges(exchanges)),
            ("outcome", outcome),
            ("posts", Field::Digests(posts)),
            ("run", Field::Integer(run)),
            ("source", source),
            ("target", Field::Text(target.into())),
        ];
        if !files.is_empty() {
            fields.push(("files", Field::Digests(files)));
        }
        Ok(Some(fields))
    }

    fn resolution(&mut self, seq: i64) -> Sql<Fields> {
        let mut found = None;
        RESOLUTION.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            found = Some((
                row.get(1)?,
                row.get::<_, i64>(3)?,
                string(row, 6)?,
                row.get::<_, Option<i64>>(8)?,
            ));
            Sql::Ok(())
        })?;
        let Some((target, run, outcome, identified)) = found else {
            return Ok(None);
        };
        let target = self.target(target)?;
        let identified = identified.map(|id| self.target(id)).transpose()?;
        RESOLUTION_CANDIDATE.encode_rows(
            self.connection,
            "resolution = ?1 ORDER BY rank",
            seq,
            &mut self.evidence,
            |_, _| Sql::Ok(()),
        )?;
        let mut exchanges = Vec::new();
        self.answers(
            "SELECT id FROM answer WHERE resolution = ?1 ORDER BY ordinal",
            seq,
            &mut exchanges,
        )?;
        let posts = self.posts(seq)?;
        let mut fields = vec![
            ("exchanges", Field::Exchanges(exchanges)),
            ("outcome", outcome),
            ("posts", Field::Digests(posts)),
            ("run", Field::Integer(run)),
            ("target", Field::Text(target.into())),
        ];
        if let Some(key) = identified {
            fields.push(("identified", Field::Text(key.into())));
        }
        Ok(Some(fields))
    }

    /// The rows of context that an event found, each followed by its target.
    fn context(&mut self, condition: &str, seq: i64) -> Sql<()> {
        let connection = self.connection;
        CONTEXT.encode_rows(connection, condition, seq, &mut self.evidence, |row, evidence| {
            TARGET.encode_rows(connection, "id = ?1", row.get(3)?, evidence, |_, _| Sql::Ok(()))?;
            Sql::Ok(())
        })?;
        Ok(())
    }

    fn reparse(&mut self, seq: i64) -> Sql<Fields> {
        self.context("reparse = ?1 ORDER BY ordinal", seq)?;
        let mut found = None;
        REPARSE.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            found = Some((row.get(1)?, row.get(3)?));
            Sql::Ok(())
        })?;
        let Some((run, capture)) = found else {
            return Ok(None);
        };
        let posts = self.posts(seq)?;
        Ok(Some(vec![
            ("capture", Field::Integer(capture)),
            ("posts", Field::Digests(posts)),
            ("run", Field::Integer(run)),
        ]))
    }

    fn ids(&self, sql: &str, key: i64) -> Sql<Vec<i64>> {
        self.connection
            .prepare_cached(sql)?
            .query_map([key], |row| row.get(0))?
            .collect()
    }

    /// Reads a target's row and gives its key.
    fn target(&mut self, target: i64) -> Sql<String> {
        let mut key = String::new();
        TARGET.encode_rows(self.connection, "id = ?1", target, &mut self.evidence, |row, _| {
            key = row.get(1)?;
            Sql::Ok(())
        })?;
        Ok(key)
    }

    fn answers(&mut self, ids: &str, key: i64, exchanges: &mut Vec<ExchangeSeal<'static>>) -> Sql<()> {
        for id in self.ids(ids, key)? {
            ANSWER.encode_rows(self.connection, "id = ?1", id, &mut self.evidence, |_, _| Sql::Ok(()))?;
            self.exchanges("answer = ?1 ORDER BY id", id, exchanges)?;
            CANARY.encode_rows(self.connection, "answer = ?1", id, &mut self.evidence, |_, _| {
                Sql::Ok(())
            })?;
        }
        Ok(())
    }

    fn exchanges(&mut self, condition: &str, key: i64, seals: &mut Vec<ExchangeSeal<'static>>) -> Sql<()> {
        let connection = self.connection;
        EXCHANGE.encode_rows(connection, condition, key, &mut self.evidence, |row, evidence| {
            let named = linked_record(connection, &EXCHANGE_RECORD, "exchange = ?1", row.get(0)?, evidence)?;
            let request: String = row.get(7)?;
            let response: Option<String> = row.get(13)?;
            seals.push(ExchangeSeal {
                body: sealed_body(connection, row.get(16)?)?,
                head: head_digest(&request, response.as_deref()),
                status: row.get(12)?,
                url: row.get::<_, String>(5)?.into(),
                record: named.record,
                revisits: named.revisits,
            });
            Sql::Ok(())
        })?;
        Ok(())
    }

    fn import(&mut self, seq: i64) -> Sql<Fields> {
        let connection = self.connection;
        let mut found = None;
        IMPORT.encode_rows(connection, "id = ?1", seq, &mut self.evidence, |row, evidence| {
            let run = row.get(1)?;
            WEB_ARCHIVE.encode_rows(connection, "id = ?1", row.get(3)?, evidence, |row, _| {
                found = Some(vec![
                    ("file", Field::Digest(digest(row, 1)?)),
                    ("name", string(row, 3)?),
                    ("run", Field::Integer(run)),
                ]);
                Sql::Ok(())
            })?;
            Sql::Ok(())
        })?;
        let mut records = Vec::new();
        for id in self.ids("SELECT id FROM record WHERE entry = ?1 ORDER BY id", seq)? {
            encode_record(connection, id, &mut self.evidence)?;
            records.extend(Named::of(connection, id)?.record);
        }
        Ok(found.map(|mut fields| {
            fields.push(("records", Field::Digests(records)));
            fields
        }))
    }

    /// Digests of the posts of this entry. One that was redacted is known by its tombstone, at its place in the line.
    fn posts(&mut self, seq: i64) -> Sql<Vec<[u8; 32]>> {
        let mut present = Vec::new();
        for id in self.ids("SELECT id FROM post WHERE entry = ?1 ORDER BY id", seq)? {
            present.extend(stored_digest(self.connection, id)?);
        }
        let mut present = present.into_iter().peekable();
        let mut posts = Vec::new();
        for sealed in self.line["posts"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|hex| unhex(hex.as_str()?))
        {
            let redacted = present.peek() != Some(&sealed)
                && self
                    .connection
                    .prepare_cached("SELECT 1 FROM redaction WHERE kind = 'post' AND sha256 = ?1")?
                    .exists([hex(&sealed)])?;
            if redacted {
                self.report.redacted += 1;
                posts.push(sealed);
            } else {
                posts.extend(present.next());
            }
        }
        posts.extend(present);
        Ok(posts)
    }
}

/// Reads the record that a reading or exchange was taken from, if it was, and gives what the line names of it.
fn linked_record(
    connection: &Connection,
    table: &Table,
    condition: &str,
    key: i64,
    evidence: &mut Evidence,
) -> Sql<Named> {
    let mut named = Named::default();
    table.encode_rows(connection, condition, key, evidence, |row, evidence| {
        let id = row.get(1)?;
        encode_record(connection, id, evidence)?;
        named = Named::of(connection, id)?;
        Sql::Ok(())
    })?;
    Ok(named)
}

/// Digest of a body as a line has it.
fn sealed_body(connection: &Connection, blob: Option<i64>) -> Sql<Option<[u8; 32]>> {
    let Some(blob) = blob else {
        return Ok(None);
    };
    connection
        .prepare_cached("SELECT sha256 FROM blob WHERE id = ?1")?
        .query_row([blob], |row| row.get(0))
        .optional()
}

/// Digest of a reading's blocks, sentences and citations, as they were written.
fn findings_digest(connection: &Connection, reading: i64) -> Sql<[u8; 32]> {
    let mut evidence = Evidence::default();
    let by_reading = "reading = ?1 ORDER BY ordinal";
    BLOCK.encode_rows(connection, by_reading, reading, &mut evidence, |_, _| Sql::Ok(()))?;
    SENTENCE.encode_rows(connection, by_reading, reading, &mut evidence, |_, _| Sql::Ok(()))?;
    CITATION.encode_rows(connection, by_reading, reading, &mut evidence, |row, evidence| {
        let (id, target): (i64, i64) = (row.get(0)?, row.get(3)?);
        TARGET.encode_rows(connection, "id = ?1", target, evidence, |_, _| Sql::Ok(()))?;
        CITATION_SENTENCE.encode_rows(connection, "citation = ?1 ORDER BY rank", id, evidence, |_, _| {
            Sql::Ok(())
        })?;
        Sql::Ok(())
    })?;
    Ok(evidence.take_digest())
}

/// A text column as a field of a line.
fn string(row: &Row<'_>, index: usize) -> Sql<Field<'static>> {
    Ok(Field::Text(row.get::<_, String>(index)?.into()))
}

/// A digest column; one of another length is none that could match.
pub(super) fn digest(row: &Row<'_>, index: usize) -> Sql<[u8; 32]> {
    Ok(row.get::<_, Option<[u8; 32]>>(index).ok().flatten().unwrap_or_default())
}
