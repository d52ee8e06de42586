//! Rows of evidence: one definition of each table's columns serves inserting, digesting and verifying, so that
//! what the ledger covers can never differ from what is stored. The encoding is described at the top of `schema.sql`.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;

/// A table of evidence.
pub(super) struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns in the order of the schema, separated by commas.
    pub columns: &'static str,
    insert: &'static str,
    /// Leading columns that the digest leaves out.
    skip: usize,
    /// Trailing columns that the digest leaves out.
    omit: usize,
}

macro_rules! placeholder {
    ($column:ident) => {
        ", ?"
    };
}

macro_rules! tables {
    ($($constant:ident = $name:ident [skip $skip:literal, omit $omit:literal] ($first:ident $(, $column:ident)* $(,)?);)+) => {
        $(pub(super) const $constant: Table = Table {
            name: stringify!($name),
            columns: stringify!($first $(, $column)*),
            insert: concat!(
                "INSERT INTO ", stringify!($name), " (", stringify!($first $(, $column)*), ") VALUES (?",
                $(placeholder!($column),)* ")"
            ),
            skip: $skip,
            omit: $omit,
        };)+
        /// Every table above.
        #[cfg(test)]
        pub(super) const TABLES: &[&Table] = &[$(&$constant),+];
    };
}

tables! {
    RUN = run [skip 0, omit 0] (id, started, command, version, host, pid, clock);
    RUN_END = run_end [skip 0, omit 0] (id, run, ended, exit, summary);
    ARTICLE = article [skip 0, omit 0] (id, key);
    READING = reading [skip 0, omit 1] (
        id, article, run, read_at, origin, body, given_name, claimed_url, claimed_retrieved, url, url_source, format, charset,
        charset_source, title, title_source, byline, byline_source, published, published_source, language, language_source,
        notices, reader, findings_sha256, text_sha256, text,
    );
    BLOCK = block [skip 1, omit 0] (reading, ordinal, kind, start, stop);
    SENTENCE = sentence [skip 1, omit 0] (reading, ordinal, block, start, stop);
    TARGET = target [skip 0, omit 0] (id, key, kind, platform, native_id, handle, url, claim);
    CITATION = citation [skip 2, omit 0] (
        id, reading, ordinal, target, form, raw_url, raw, anchor, author_name, author_handle, date_text, date, text, media,
        start, stop,
    );
    CITATION_SENTENCE = citation_sentence [skip 1, omit 0] (
        citation, rank, sentence, relation, confidence, reason,
    );
    CAPTURE = capture [skip 0, omit 0] (id, target, fence, run, started, ended, outcome, reason, source, best);
    RESOLUTION = resolution [skip 0, omit 0] (id, target, fence, run, started, ended, outcome, reason, identified);
    RESOLUTION_CANDIDATE = resolution_candidate [skip 0, omit 0] (
        resolution, rank, platform, native_id, url, score, evidence,
    );
    ANSWER = answer [skip 0, omit 0] (id, capture, resolution, ordinal, source, outcome, reason, detail);
    CANARY = canary [skip 0, omit 0] (answer, url, asked);
    POST_MEDIA = post_media [skip 0, omit 0] (id, capture, position, kind, url, alt, outcome, reason);
    HELPER = helper [skip 0, omit 0] (id, capture, program, version, arguments, started, ended, exit, reason, detail);
    HELPER_FILE = helper_file [skip 0, omit 0] (media, helper, name, body);
    EXCHANGE = exchange [skip 0, omit 0] (
        id, reading, answer, media, ordinal, url, purpose, request_headers, started, ended, remote, http_version, status,
        response_headers, server_date, certificate, body, body_length, truncated, failure_outcome, failure_reason,
        failure_detail,
    );
    POST = post [skip 0, omit 0] (
        id, entry, answer, exchange, parser, native_id, author_id, author_handle, author_name, posted_at, text, text_cut, language,
        quoted_id, parent_id, media, edit_ids, counts,
    );
    POST_DETAIL = post_detail [skip 0, omit 0] (
        post, url, title, edited_at, reposted_id, conversation_id, media_expected, sensitive, content_warning, visibility,
        labels, withheld_in, entities, poll, card, related,
    );
    CONTEXT = context [skip 0, omit 0] (capture, ordinal, relation, target, depth, reparse);
    REPARSE = reparse [skip 0, omit 0] (id, run, at, capture);
    WEB_ARCHIVE = web_archive [skip 0, omit 0] (id, sha256, length, name);
    RECORD = record [skip 0, omit 0] (
        id, entry, web_archive, warc, place, sha256, kind, record_id, url, date, payload, digests, status, media_type, header,
        head, body, revisits,
    );
    READING_RECORD = reading_record [skip 0, omit 0] (reading, record);
    EXCHANGE_RECORD = exchange_record [skip 0, omit 0] (exchange, record);
    IMPORT = import [skip 0, omit 0] (id, run, at, web_archive);
    NOTE = note [skip 0, omit 0] (id, run, at, by, target, article, text, file_name, body);
    STAMP = stamp [skip 0, omit 0] (
        id, run, kind, authority, entry, head, of, outcome, reason, detail, time, url, request_headers, query, started, ended,
        remote, http_version, status, response_headers, server_date, certificate, reply, roots,
    );
    INQUIRY = inquiry [skip 0, omit 0] (
        id, run, target, service, of, job, outcome, reason, detail, archived_at, archived_url, url, request_headers, started, ended,
        remote, http_version, status, response_headers, server_date, certificate, reply,
    );
    OTHER_ARCHIVE = other_archive [skip 0, omit 0] (id, run, at, name, origin, entries, head, content, chain);
    OTHER_STAMP = other_stamp [skip 0, omit 0] (
        id, run, at, other_archive, kind, authority, entry, head, time, block, query, reply, completed, roots,
    );
    EXPORT = export [skip 0, omit 0] (id, run, at, selection, left_out, as_of, name, format, identifier, sha256);
    REDACTION = redaction [skip 0, omit 0] (id, run, at, by, why, kind, item, sha256);
}

impl Table {
    /// Adds one row.
    pub(super) fn insert(&self, connection: &Connection, values: &[ValueRef<'_>]) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(self.insert)?;
        for (index, value) in values.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, ToSqlOutput::Borrowed(*value))?;
        }
        statement.raw_execute()?;
        Ok(())
    }

    /// Writes one row into a digest.
    pub(super) fn encode(&self, values: &[ValueRef<'_>], evidence: &mut Evidence) {
        evidence.value(ValueRef::Text(self.name.as_bytes()));
        for value in &values[self.skip..values.len() - self.omit] {
            evidence.value(*value);
        }
    }

    /// Reads every row that `condition` (with the one parameter `key`) selects, writes it into the digest and shows it.
    pub(super) fn encode_rows<E: From<rusqlite::Error>>(
        &self,
        connection: &Connection,
        condition: &str,
        key: i64,
        evidence: &mut Evidence,
        mut each: impl FnMut(&Row<'_>, &mut Evidence) -> Result<(), E>,
    ) -> Result<usize, E> {
        let sql = format!("SELECT {} FROM {} WHERE {condition}", self.columns, self.name);
        let mut statement = connection.prepare_cached(&sql)?;
        let last = statement.column_count() - self.omit;
        let mut rows = statement.query([key])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            evidence.value(ValueRef::Text(self.name.as_bytes()));
            for index in self.skip..last {
                evidence.value(row.get_ref(index)?);
            }
            each(row, evidence)?;
            count += 1;
        }
        Ok(count)
    }
}

/// Encoded rows on their way into a digest.
#[derive(Default)]
pub(super) struct Evidence(Vec<u8>);

impl Evidence {
    /// Appends one column.
    fn value(&mut self, value: ValueRef<'_>) {
        let (tag, bytes) = match value {
            ValueRef::Null => return self.0.extend_from_slice(b"n,"),
            ValueRef::Integer(number) => return self.number(b'i', number, b','),
            // No column of evidence is REAL (STRICT tables); were one altered so, its bits would not match.
            ValueRef::Real(number) => return self.number(b'r', number.to_bits().cast_signed(), b','),
            ValueRef::Text(bytes) => (b't', bytes),
            ValueRef::Blob(bytes) => (b'b', bytes),
        };
        self.number(tag, bytes.len().try_into().unwrap_or(i64::MAX), b':');
        self.0.extend_from_slice(bytes);
        self.0.push(b',');
    }

    fn number(&mut self, tag: u8, number: i64, end: u8) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = number.unsigned_abs();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.0.push(tag);
        if number < 0 {
            self.0.push(b'-');
        }
        self.0.extend_from_slice(&digits[at..]);
        self.0.push(end);
    }

    /// The digest over all that was written, and begins anew.
    pub(super) fn take_digest(&mut self) -> [u8; 32] {
        let digest = Sha256::digest(&self.0).into();
        self.0.clear();
        digest
    }
}

/// A text column.
pub(super) fn text(value: &str) -> ValueRef<'_> {
    ValueRef::Text(value.as_bytes())
}

/// A text column that may be unknown.
pub(super) fn text_or_null(value: Option<&str>) -> ValueRef<'_> {
    value.map_or(ValueRef::Null, text)
}

/// An integer column.
pub(super) fn integer(value: i64) -> ValueRef<'static> {
    ValueRef::Integer(value)
}

/// An integer column that may be unknown.
pub(super) fn integer_or_null(value: Option<i64>) -> ValueRef<'static> {
    value.map_or(ValueRef::Null, ValueRef::Integer)
}

/// A count or offset as SQLite keeps it.
pub(super) fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Lower-case hex digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    push_hex(&mut text, bytes);
    text
}

/// Appends lower-case hex digits of `bytes`.
pub(crate) fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// The 32 bytes that 64 hex digits name.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    Some(bytes)
}

/// A time column; unreadable text counts as the beginning of time.
pub(super) fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or(Timestamp::from_millis(0))
}
