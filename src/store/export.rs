//! What an evidence bundle is made of: one selection of the archive as it stood at one ledger entry, read row by row and
//! body by body. Evidence is only ever added, so the same selection at the same entry gives the same rows for ever (unless
//! something was redacted since).

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::blob::each_chunk;
use super::blob::find_blob;
use super::failure::{Fault, sql_error};
use super::query::Reader;
use super::row::hex;
use crate::clock::Timestamp;
use crate::error::{Error, ExitCode, Result};
use crate::search::Query;
pub use persons::Pseudonyms;
pub use wire::{TakenFrom, WireExchange};

pub mod made;
mod persons;
pub mod proofs;
mod redacted;
mod roots;
pub mod slim;
pub mod story;
mod wire;

/// What is to be exported. Articles, targets, tags, followed lists and queries add up; the times narrow what they give.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Everything.
    pub all: bool,
    /// Articles, by row, address or key.
    pub articles: Vec<String>,
    /// Targets, by row, address or key; with the readings that cite them.
    pub targets: Vec<String>,
    /// Case tags.
    pub tags: Vec<String>,
    /// Addresses of followed lists: the articles that they led to.
    pub follows: Vec<String>,
    /// Words: the articles, posts and notes that have all those of one query.
    pub queries: Vec<Query>,
    /// Nothing captured or read before.
    pub since: Option<Timestamp>,
    /// Nothing captured or read at this moment or later.
    pub until: Option<Timestamp>,
    /// Nothing that the ledger says after this entry; default: the last entry now that no export wrote.
    pub as_of: Option<i64>,
    /// What is left out of it.
    pub without: Vec<Profile>,
    /// Handles of those who are named though handles are left out.
    pub named: Vec<String>,
}

/// What a bundle leaves out though the archive has it. Of bodies the digests stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// Pictures, films and sounds, and the files that persons supplied. What is part of a page's own bytes stays.
    Media,
    /// Who wrote posts or is mentioned in them: pseudonyms stand for them, and no body is in the bundle.
    Handles,
    /// Numbers of likes and the like, with the answers that hold them.
    Counts,
}

impl Profile {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Profile::Media => "media",
            Profile::Handles => "handles",
            Profile::Counts => "counts",
        }
    }

    /// Whether rows are told in other words, and not only bodies left out.
    fn is_in_words(self) -> bool {
        self != Profile::Media
    }

    /// Adds its bodies to those that are left out.
    fn bodies(self) -> &'static str {
        match self {
            Profile::Media => {
                "INSERT OR IGNORE INTO export_left_out
                   SELECT x.body, 'media' FROM slim_exchange e JOIN exchange x ON x.id = e.id
                     LEFT JOIN post_media m ON m.id = x.media JOIN blob b ON b.id = x.body
                     WHERE b.length > 0 AND (m.kind NOT IN ('style', 'font', 'icon') OR x.response_headers LIKE '%content-type: image/%'
                       OR x.response_headers LIKE '%content-type: video/%' OR x.response_headers LIKE '%content-type: audio/%')
                   UNION SELECT r.body, 'media' FROM slim_record e JOIN record r ON r.id = e.id JOIN blob b ON b.id = r.body
                     WHERE b.length > 0 AND (r.media_type LIKE 'image/%' OR r.media_type LIKE 'video/%' OR r.media_type LIKE 'audio/%')
                   UNION SELECT f.body, 'media' FROM export_capture e JOIN post_media m ON m.capture = e.id
                     JOIN helper_file f ON f.media = m.id
                   UNION SELECT n.body, 'media' FROM export_note e JOIN note n ON n.id = e.id WHERE n.body IS NOT NULL;"
            }
            Profile::Handles => "INSERT OR IGNORE INTO export_left_out SELECT id, 'handles' FROM slim_blob;",
            // Everything that sources said of posts, in records of others as well. Media hold no numbers.
            Profile::Counts => {
                "INSERT OR IGNORE INTO export_left_out
                   SELECT x.body, 'counts' FROM slim_answer e JOIN exchange x ON x.answer = e.id JOIN blob b ON b.id = x.body
                     JOIN answer a ON a.id = e.id LEFT JOIN capture c ON c.id = a.capture LEFT JOIN target t ON t.id = c.target
                     WHERE b.length > 0 AND t.kind IS NOT 'link'
                   UNION SELECT r.body, 'counts' FROM slim_exchange e JOIN exchange x ON x.id = e.id
                     JOIN exchange_record n ON n.exchange = e.id JOIN record o ON o.id = n.record
                     JOIN record r ON r.id = o.id OR r.id = o.revisits JOIN blob b ON b.id = r.body WHERE x.answer IS NOT NULL AND b.length > 0;"
            }
        }
    }
}

/// One selection of the archive as it stood at one ledger entry.
#[derive(Debug)]
pub struct Extract<'a> {
    reader: &'a Reader,
    /// The entry.
    pub seq: i64,
    /// Head of the chain there.
    pub head: String,
    /// When that entry was made.
    pub at: String,
    /// Digest over the leaves of the selected entries, the keys of the selected targets, and what is left out.
    pub digest: [u8; 32],
    /// The same with nothing left out.
    pub whole: [u8; 32],
    /// What is left out.
    pub without: Vec<Profile>,
    /// Who is not named.
    pub unnamed: Option<Pseudonyms>,
    /// Whether anything is told of what was received or given, as it came.
    pub received: bool,
    /// Readings.
    pub readings: i64,
    /// Captures.
    pub captures: i64,
}

/// A value of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Unknown.
    Null,
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
}

impl Cell {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Cell::Text(text) => Some(text),
            Cell::Null | Cell::Integer(_) => None,
        }
    }
}

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Integer,
    /// A text.
    Text,
    /// A text that is JSON.
    Json,
}

/// A column: name, type, meaning, and the expression that gives it.
pub type Column = (&'static str, Kind, &'static str, &'static str);

/// A table of a bundle.
#[derive(Debug)]
pub struct Table {
    /// Its name, and that of its files.
    pub name: &'static str,
    /// What a row is.
    pub meaning: &'static str,
    /// Its columns in order.
    pub columns: &'static [Column],
    from: &'static str,
}

use Kind::{Integer, Json, Text};

/// Every table of a bundle.
pub const TABLES: [Table; 9] = [
    Table {
        name: "articles",
        meaning: "One reading of an article: the article as it stood at one time",
        columns: &[
            ("reading", Integer, "Number of the ledger entry of this reading", "r.id"),
            ("article", Text, "Canonical address of the article, or sha256: and the digest of its text", "w.key"),
            ("url", Text, "Address found in the page, or where it came from", "r.url"),
            ("title", Text, "Title", "r.title"),
            ("byline", Text, "Who wrote it, as printed", "r.byline"),
            ("published", Text, "When it says it was published, as printed", "r.published"),
            ("language", Text, "ISO 639 code", "r.language"),
            ("read_at", Text, "When we read it, UTC", "r.read_at"),
            ("origin", Text, "fetched by us, or given as a file or stream", "r.origin"),
            ("given_name", Text, "Name of the file that was given", "r.given_name"),
            ("claimed_url", Text, "Address that the user says it comes from; not checked", "r.claimed_url"),
            ("claimed_retrieved", Text, "When the user says it was retrieved; not checked", "r.claimed_retrieved"),
            ("taken_from", Text, "Name of the web archive of others that it was taken from; then the claims are those of a record there",
             "(SELECT f.name FROM reading_record y JOIN record o ON o.id = y.record JOIN web_archive f ON f.id = o.web_archive WHERE y.reading = r.id)"),
            ("body_sha256", Text, "SHA-256 of its bytes as received or given", "nullif(lower(hex(b.sha256)), '')"),
            ("text_sha256", Text, "SHA-256 of the text that was read in them", "lower(hex(r.text_sha256))"),
            ("reader", Text, "Program and version that read the bytes", "r.reader"),
            ("text", Text, "The text, blocks joined by one line feed; empty if redacted", "r.text"),
        ],
        from: "export_reading e JOIN reading r ON r.id = e.id JOIN article w ON w.id = r.article
               JOIN blob b ON b.id = r.body ORDER BY r.id",
    },
    Table {
        name: "citations",
        meaning: "One place where a reading cites a target, with the sentences that refer to it",
        columns: &[
            ("citation", Integer, "Number of the citation in the archive", "c.id"),
            ("reading", Integer, "The reading, see articles", "c.reading"),
            ("article", Text, "Key of the article", "w.key"),
            ("ordinal", Integer, "Its place in reading order, from 0", "c.ordinal"),
            ("form", Text, "embed, frame, link, flattened or media_link", "c.form"),
            ("sentence", Text, "The main sentence that refers to it", "substr(r.text, s.start + 1, s.stop - s.start)"),
            ("sentence_start", Integer, "Where that begins in the text, in Unicode code points", "s.start"),
            ("sentence_stop", Integer, "One past its last code point", "s.stop"),
            ("relation", Text, "How the sentence refers: contains, quotes, introduces, follows", "n.relation"),
            ("confidence", Integer, "Confidence in thousandths", "n.confidence"),
            ("sentence_reason", Text, "Reason codes", "n.reason"),
            ("raw_url", Text, "The address as it stood", "c.raw_url"),
            ("anchor", Text, "Words that carry the link", "c.anchor"),
            ("claimed_author", Text, "Author's name that the place claims; nothing of the claims is checked", "c.author_name"),
            ("claimed_handle", Text, "Author's handle that it claims", "c.author_handle"),
            ("claimed_date", Text, "Date that it claims", "c.date"),
            ("claimed_text", Text, "The post's text that it claims", "c.text"),
            ("raw", Text, "Markup or text of the place, as it stood", "c.raw"),
            ("target", Integer, "What is cited", "t.id"),
            ("kind", Text, "post, unidentified (a post only claimed) or link", "t.kind"),
            ("means", Integer, "The target that it turned out to be, else the same; see captures", "m.id"),
            ("platform", Text, "Platform", "m.platform"),
            ("native_id", Text, "The platform's own id", "m.native_id"),
            ("url", Text, "Canonical address of what is cited", "m.url"),
            ("verdict", Text, "What all captures of it together say: live, edited, deleted, suspended, protected, age_gated, withheld, gone, restored, unknown; empty of a page that was only ever seen",
             "(SELECT v.state FROM verdict v WHERE v.target = m.id
               AND v.capture IN (SELECT id FROM export_capture)
               AND EXISTS (SELECT 1 FROM run_end e WHERE e.id > v.capture AND e.id <= (SELECT seq FROM export_at)) ORDER BY v.id DESC LIMIT 1)"),
            ("verdict_reason", Text, "Reason code of the verdict",
             "(SELECT v.reason FROM verdict v WHERE v.target = m.id
               AND v.capture IN (SELECT id FROM export_capture)
               AND EXISTS (SELECT 1 FROM run_end e WHERE e.id > v.capture AND e.id <= (SELECT seq FROM export_at)) ORDER BY v.id DESC LIMIT 1)"),
            ("sentences", Json, "Every sentence that refers to it, best first: start, stop, relation, confidence, reason",
             "(SELECT json_group_array(json_object('start', k.start, 'stop', k.stop, 'relation', k.relation, 'confidence',
                      k.confidence, 'reason', k.reason))
               FROM (SELECT z.start, z.stop, y.relation, y.confidence, y.reason FROM citation_sentence y
                     JOIN sentence z ON z.reading = c.reading AND z.ordinal = y.sentence
                     WHERE y.citation = c.id ORDER BY y.rank) k)"),
        ],
        from: "export_reading e JOIN citation c ON c.reading = e.id JOIN export_target x ON x.id = c.target
               JOIN reading r ON r.id = c.reading JOIN article w ON w.id = r.article JOIN target t ON t.id = c.target
               JOIN target m ON m.id = x.means
               LEFT JOIN citation_sentence n ON n.citation = c.id AND n.rank = 0
               LEFT JOIN sentence s ON s.reading = c.reading AND s.ordinal = n.sentence
               ORDER BY c.reading, c.ordinal",
    },
    Table {
        name: "captures",
        meaning: "One attempt to preserve one target; failed attempts are captures too",
        columns: &[
            ("capture", Integer, "Number of the ledger entry of this capture", "c.id"),
            ("target", Integer, "What was to be preserved", "t.id"),
            ("kind", Text, "post or link", "t.kind"),
            ("platform", Text, "Platform", "t.platform"),
            ("native_id", Text, "The platform's own id", "t.native_id"),
            ("url", Text, "Canonical address", "t.url"),
            ("started", Text, "When it began, UTC", "c.started"),
            ("ended", Text, "When it ended, UTC", "c.ended"),
            ("outcome", Text, "What came of it; only deleted, account_gone, suspended, protected, withheld are the source's own word", "c.outcome"),
            ("reason", Text, "Reason code", "c.reason"),
            ("source", Text, "Who gave the best answer", "c.source"),
            ("status", Integer, "HTTP status of the best answer's last exchange", "x.status"),
            ("final_url", Text, "Address of that exchange", "x.url"),
            ("body_sha256", Text, "SHA-256 of its body as received", "nullif(lower(hex(b.sha256)), '')"),
            ("taken_from", Text, "Name of the web archive of others that it was taken from, and not from the network; then its times are theirs",
             "(SELECT f.name FROM answer n JOIN exchange z ON z.answer = n.id JOIN exchange_record y ON y.exchange = z.id
               JOIN record o ON o.id = y.record JOIN web_archive f ON f.id = o.web_archive WHERE n.capture = c.id ORDER BY z.id LIMIT 1)"),
            ("answers", Json, "Every answer in the order asked: source, outcome, reason, detail",
             "(SELECT json_group_array(json_object('source', k.source, 'outcome', k.outcome, 'reason', k.reason, 'detail', k.detail))
               FROM (SELECT * FROM answer n WHERE n.capture = c.id AND n.id NOT IN (SELECT y.answer FROM canary y) ORDER BY n.ordinal) k)"),
            ("canaries", Json, "What the same sources said of other posts, known to be live: source, url, outcome, reason",
             "(SELECT json_group_array(json_object('source', k.source, 'url', k.url, 'outcome', k.outcome, 'reason', k.reason))
               FROM (SELECT n.source, y.url, n.outcome, n.reason FROM answer n JOIN canary y ON y.answer = n.id WHERE n.capture = c.id ORDER BY n.ordinal) k)"),
            ("program", Text, "Program and version that made it", "u.version"),
        ],
        from: "export_capture e JOIN capture c ON c.id = e.id JOIN target t ON t.id = c.target JOIN run u ON u.id = c.run
               LEFT JOIN answer a ON a.capture = c.id AND a.ordinal = c.best
               LEFT JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = a.id)
               LEFT JOIN blob b ON b.id = x.body
               ORDER BY c.id",
    },
    Table {
        name: "context",
        meaning: "One post that belongs to a captured one, which quotes, answers or repeats it, or is part of the same author's thread",
        columns: &[
            ("capture", Integer, "The capture in which it was named, see captures", "x.capture"),
            ("ordinal", Integer, "Its place among those, from 0", "x.ordinal"),
            ("of", Integer, "The target of that capture", "c.target"),
            ("of_url", Text, "Canonical address of that", "o.url"),
            ("relation", Text, "What the captured post does: quotes, replies_to, reposts; or thread: both are parts of one author's thread", "x.relation"),
            ("target", Integer, "The post that belongs to it, a target of its own; see captures", "x.target"),
            ("platform", Text, "Platform", "t.platform"),
            ("native_id", Text, "The platform's own id", "t.native_id"),
            ("url", Text, "Canonical address", "t.url"),
            ("depth", Integer, "Steps from the nearest cited post as known then", "x.depth"),
            ("outcome", Text, "What came of its newest capture; empty if there is none", "n.outcome"),
            ("captured_at", Text, "When that ended, UTC", "n.ended"),
        ],
        from: "export_capture e JOIN context x ON x.capture = e.id JOIN capture c ON c.id = x.capture
               JOIN target o ON o.id = c.target JOIN target t ON t.id = x.target
               LEFT JOIN capture n ON n.target = x.target AND n.fence = (SELECT max(k.fence) FROM capture k
                 WHERE k.target = x.target AND k.id IN (SELECT id FROM export_capture))
               WHERE coalesce(x.reparse, 0) <= (SELECT seq FROM export_at) ORDER BY x.capture, x.ordinal",
    },
    Table {
        name: "posts",
        meaning: "One post as one answer of a capture told it",
        columns: &[
            ("post", Integer, "Number of this row in the archive", "p.id"),
            ("capture", Integer, "The capture, see captures", "c.id"),
            ("captured_at", Text, "When that ended, UTC", "c.ended"),
            ("source", Text, "Who said so", "a.source"),
            ("platform", Text, "Platform", "t.platform"),
            ("native_id", Text, "The platform's own id", "p.native_id"),
            ("url", Text, "Canonical address", "t.url"),
            ("author_id", Text, "Author's id", "p.author_id"),
            ("author_handle", Text, "Author's handle, without @", "p.author_handle"),
            ("author_name", Text, "Author's name", "p.author_name"),
            ("posted_at", Text, "When it was posted, as the source says", "p.posted_at"),
            ("text", Text, "Text", "p.text"),
            ("text_cut", Integer, "1 if the source cut the text; empty if it does not say", "p.text_cut"),
            ("language", Text, "Language, as the source says", "p.language"),
            ("quoted_id", Text, "Id of the post that it quotes", "p.quoted_id"),
            ("parent_id", Text, "Id of the post that it answers", "p.parent_id"),
            ("media", Json, "List of kind, url, alt", "p.media"),
            ("edit_ids", Json, "Ids of all versions, oldest first", "p.edit_ids"),
            ("counts", Json, "Likes, replies and so on as seen: list of name and number", "p.counts"),
            ("title", Text, "Title, where the platform's posts have one", "d.title"),
            ("edited_at", Text, "When it was last edited, as the source says", "d.edited_at"),
            ("reposted_id", Text, "Id of the post that it repeats", "d.reposted_id"),
            ("conversation_id", Text, "Id of the post that began the thread", "d.conversation_id"),
            ("media_expected", Integer, "How many files the source says it has", "d.media_expected"),
            ("sensitive", Integer, "1 if the platform marks it so", "d.sensitive"),
            ("content_warning", Text, "What its author set before it", "d.content_warning"),
            ("visibility", Text, "Who may see it, as the platform names that", "d.visibility"),
            ("labels", Json, "Labels put on it", "d.labels"),
            ("withheld_in", Json, "Codes of the countries where it is withheld", "d.withheld_in"),
            ("entities", Json, "List of kind, text, url, id: links, mentions, tags", "d.entities"),
            ("poll", Json, "Poll in it", "d.poll"),
            ("card", Json, "Preview of a link in it", "d.card"),
            ("related", Json, "What the source says of the posts that it quotes, answers or repeats", "d.related"),
            ("parser", Text, "Program and version that read it", "p.parser"),
            ("exchange_sha256", Text, "SHA-256 of the body it was read from, as received", "nullif(lower(hex(b.sha256)), '')"),
        ],
        from: "export_capture e JOIN capture c ON c.id = e.id JOIN target t ON t.id = c.target
               JOIN answer a ON a.capture = c.id JOIN post p ON p.answer = a.id AND p.entry <= (SELECT seq FROM export_at)
               LEFT JOIN post_detail d ON d.post = p.id
               JOIN exchange x ON x.id = p.exchange LEFT JOIN blob b ON b.id = x.body
               ORDER BY p.id",
    },
    Table {
        name: "pages",
        meaning: "What one captured page says of itself, as it was read from its stored bytes",
        columns: &[
            ("page", Integer, "Number of this row in the archive", "p.id"),
            ("capture", Integer, "The capture, see captures", "c.id"),
            ("target", Integer, "What was to be preserved", "t.id"),
            ("url", Text, "Canonical address of that", "t.url"),
            ("final_url", Text, "Address of the page, after redirects", "p.url"),
            ("title", Text, "Title", "p.title"),
            ("byline", Text, "Who wrote it, as printed", "p.byline"),
            ("published", Text, "When it says it was published, as printed", "p.published"),
            ("canonical", Text, "The canonical address that it names", "p.canonical"),
            ("language", Text, "ISO 639 code", "p.language"),
            ("reader", Text, "Program and version that read it", "p.reader"),
            ("body_sha256", Text, "SHA-256 of its bytes as received", "nullif(lower(hex(b.sha256)), '')"),
            ("text", Text, "The text of its story, blocks joined by one line feed", "p.text"),
        ],
        from: "export_capture e JOIN capture c ON c.id = e.id JOIN target t ON t.id = c.target
               JOIN answer a ON a.capture = c.id JOIN exchange x ON x.answer = a.id
               JOIN page p ON p.exchange = x.id AND p.body = x.body AND p.entry <= (SELECT seq FROM export_at)
               JOIN blob b ON b.id = p.body ORDER BY p.id",
    },
    Table {
        name: "media",
        meaning: "One photo, video or other file of a captured post",
        columns: &[
            ("capture", Integer, "The capture, see captures", "m.capture"),
            ("position", Integer, "Its place in the post, from 0", "m.position"),
            ("kind", Text, "photo, video, gif or audio; avatar: the author's picture, with the first capture that names it; of a video that is no file by itself playlist, segment or key", "m.kind"),
            ("url", Text, "Its address as the source gave it", "m.url"),
            ("alt", Text, "Description given by the author", "m.alt"),
            ("outcome", Text, "What came of it", "m.outcome"),
            ("reason", Text, "Reason code", "m.reason"),
            ("helper", Text, "Program of others that got it, by connections of its own and not by an exchange of ours; empty: we fetched it",
             "h.program || coalesce(' ' || h.version, '')"),
            ("sha256", Text, "SHA-256 of its bytes as received", "nullif(lower(hex(b.sha256)), '')"),
            ("length", Integer, "Length in bytes", "b.length"),
        ],
        from: "export_capture e JOIN post_media m ON m.capture = e.id
               LEFT JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.media = m.id)
               LEFT JOIN helper_file f ON f.media = m.id LEFT JOIN helper h ON h.id = f.helper
               LEFT JOIN blob b ON b.id = coalesce(x.body, f.body)
               ORDER BY m.capture, m.position",
    },
    Table {
        name: "notes",
        meaning: "What a person added about an article or a target: their word, and no capture",
        columns: &[
            ("note", Integer, "Number of the ledger entry of this note", "n.id"),
            ("at", Text, "When it was added, UTC", "n.at"),
            ("by", Text, "Who says so; not checked", "n.by"),
            ("article", Text, "Key of the article that it is about", "w.key"),
            ("target", Integer, "The target that it is about", "t.id"),
            ("url", Text, "Canonical address of that", "t.url"),
            ("text", Text, "What they say", "n.text"),
            ("file_name", Text, "Name of the file that they supplied", "n.file_name"),
            ("sha256", Text, "SHA-256 of that file, which stands under this name in supplied/; empty if it was redacted",
             "CASE WHEN NOT EXISTS (SELECT 1 FROM redaction d WHERE d.kind = 'blob' AND d.item = b.id) THEN nullif(lower(hex(b.sha256)), '') END"),
            ("length", Integer, "Its length in bytes", "b.length"),
        ],
        from: "export_note e JOIN note n ON n.id = e.id LEFT JOIN article w ON w.id = n.article
               LEFT JOIN target t ON t.id = n.target LEFT JOIN blob b ON b.id = n.body ORDER BY n.id",
    },
    Table {
        name: "inquiries",
        meaning: "One asking of a web archive of others about a target: which copies it has, to make one, what came of that",
        columns: &[
            ("inquiry", Integer, "Number of the ledger entry of this asking", "s.id"),
            ("of", Integer, "The row that it goes on with; empty: it is the first of its inquiry", "s.of"),
            ("target", Integer, "The target", "t.id"),
            ("target_url", Text, "Canonical address of that", "t.url"),
            ("service", Text, "Who was asked", "s.service"),
            ("asked", Text, "When, UTC", "s.started"),
            ("job", Text, "The service's name of the job that it took on", "s.job"),
            ("outcome", Text, "captured: it says that it has the target; empty: it works on it", "s.outcome"),
            ("reason", Text, "Reason code", "s.reason"),
            ("detail", Text, "Its words for a person", "s.detail"),
            ("archived_at", Text, "When it archived the target, as it says, UTC; of several copies a late one", "s.archived_at"),
            ("archived_url", Text, "Which address it archived, as it says", "s.archived_url"),
            ("status", Integer, "HTTP status of its answer", "s.status"),
            ("body_sha256", Text, "SHA-256 of the answer's body as received", "nullif(lower(hex(b.sha256)), '')"),
        ],
        from: "export_inquiry e JOIN inquiry s ON s.id = e.id JOIN target t ON t.id = s.target
               LEFT JOIN blob b ON b.id = s.reply ORDER BY s.id",
    },
];

/// A body of the archive: where it stands, and what it is.
#[derive(Debug, Clone, Copy)]
pub struct Blob {
    row: i64,
    /// Its digest.
    pub sha256: [u8; 32],
    /// Its bytes.
    pub length: u64,
}

impl Blob {
    /// That of an answer without a body, which the archive need not have.
    #[must_use]
    pub fn empty() -> Blob {
        Blob::outside(Sha256::digest(b"").into(), 0)
    }

    /// Bytes that stand elsewhere than in the archive.
    #[must_use]
    pub fn outside(sha256: [u8; 32], length: u64) -> Blob {
        Blob { row: 0, sha256, length }
    }

    /// From three columns: row, digest, length.
    fn of(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Blob> {
        Ok(Blob {
            row: row.get(first)?,
            sha256: row.get(first + 1)?,
            length: row.get::<_, i64>(first + 2)?.unsigned_abs(),
        })
    }

    /// The same, where there may be none.
    fn if_any(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Option<Blob>> {
        match row.get_ref(first)? {
            ValueRef::Null => Ok(None),
            _ => Blob::of(row, first).map(Some),
        }
    }
}

/// A record of a web archive of others, as it stood there.
#[derive(Debug, Clone)]
pub struct OthersRecord {
    /// WARC-Type.
    pub kind: String,
    /// WARC-Target-URI.
    pub url: Option<String>,
    /// WARC-Date, as said.
    pub date: Option<String>,
    /// WARC-Payload-Digest, as said.
    pub payload: Option<String>,
    /// Status of the response in it.
    pub status: Option<i64>,
    /// Media type of its body.
    pub media_type: Option<String>,
    /// Its header with the empty line.
    pub header: Vec<u8>,
    /// Head of the message in it with the empty line.
    pub head: Vec<u8>,
    /// The rest.
    pub body: Option<Blob>,
    /// Whether that was redacted since, or is left out.
    pub redacted: bool,
    /// Its digest.
    pub sha256: [u8; 32],
    /// Title of the page that a reader may open at it.
    pub title: Option<String>,
    /// Text of that page.
    pub text: Option<String>,
}

/// An article that was given as a file.
#[derive(Debug, Clone)]
pub struct GivenArticle {
    /// Ledger entry.
    pub entry: i64,
    /// When it was read.
    pub read_at: String,
    /// Its bytes.
    pub body: Blob,
    /// Whether the bytes were redacted since, or are left out.
    pub redacted: bool,
    /// `html` or `text`.
    pub format: String,
    /// Encoding by which the bytes were read.
    pub charset: String,
    /// Name of the file.
    pub name: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Text.
    pub text: Option<String>,
}

/// A file of a post that a helper got.
#[derive(Debug, Clone)]
pub struct HelpedFile {
    /// Ledger entry.
    pub entry: i64,
    /// Row of the medium.
    pub media: i64,
    /// When the helper ended.
    pub at: String,
    /// The helper and its version.
    pub helper: String,
    /// As the helper named it.
    pub name: String,
    /// The address that it was called for.
    pub url: String,
    /// Its bytes.
    pub body: Blob,
    /// Whether it was redacted since.
    pub redacted: bool,
}

impl Reader {
    /// Selects what is to be exported. There is one selection at a time.
    ///
    /// # Errors
    /// If something named is not in the archive (exit 65), or it cannot be read.
    pub fn extract(&self, selection: &Selection) -> Result<Extract<'_>> {
        self.select(selection)
            .map_err(|error| sql_error(self.path(), &error))?
            .map_err(|(name, why)| Error::BadInput {
                input: name,
                why: why.to_owned(),
                hint: Some("`citekeep list` names the articles of the archive"),
            })
    }

    #[allow(clippy::type_complexity)]
    fn select(
        &self,
        selection: &Selection,
    ) -> rusqlite::Result<std::result::Result<Extract<'_>, (String, &'static str)>> {
        let connection = self.connection();
        let last: Option<(i64, String)> = connection
            .prepare_cached(&format!(
                "SELECT seq, head FROM ledger WHERE seq = coalesce(?1, ({}))",
                made::LAST_BEFORE_EXPORTS
            ))?
            .query_row([selection.as_of], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((seq, head)) = last else {
            return Ok(Err((self.path().display().to_string(), "the ledger has no such entry")));
        };
        // What is copied may be as long as the bundle.
        if selection.without.iter().any(|profile| profile.is_in_words()) {
            connection.execute_batch("PRAGMA temp_store = FILE")?;
        }
        redacted::forget(connection)?;
        connection.execute_batch(
            "DROP TABLE IF EXISTS temp.export_at; DROP TABLE IF EXISTS temp.export_article;
             DROP TABLE IF EXISTS temp.export_reading; DROP TABLE IF EXISTS temp.export_target;
             DROP TABLE IF EXISTS temp.export_capture; DROP TABLE IF EXISTS temp.export_resolution;
             DROP TABLE IF EXISTS temp.export_entry;
             CREATE TEMP TABLE export_at (seq INTEGER, since TEXT, until TEXT);
             CREATE TEMP TABLE export_article (id INTEGER PRIMARY KEY);
             CREATE TEMP TABLE export_reading (id INTEGER PRIMARY KEY);
             CREATE TEMP TABLE export_target (id INTEGER PRIMARY KEY, means INTEGER);
             CREATE TEMP TABLE export_capture (id INTEGER PRIMARY KEY);
             CREATE TEMP TABLE export_resolution (id INTEGER PRIMARY KEY);
             DROP TABLE IF EXISTS temp.export_note; CREATE TEMP TABLE export_note (id INTEGER PRIMARY KEY);
             DROP TABLE IF EXISTS temp.export_inquiry; CREATE TEMP TABLE export_inquiry (id INTEGER PRIMARY KEY);
             CREATE TEMP TABLE export_entry (seq INTEGER PRIMARY KEY);",
        )?;
        connection.execute(
            "INSERT INTO export_at VALUES (?1, ?2, ?3)",
            params![
                seq,
                selection.since.map(|t| t.to_string()).unwrap_or_default(),
                selection.until.map_or_else(|| "9999".to_owned(), |t| t.to_string())
            ],
        )?;
        if let Err(unknown) = roots::name(connection, selection, seq)? {
            return Ok(Err(unknown));
        }
        connection.execute_batch(FOLLOW)?;
        if selection.all {
            connection.execute_batch(IMPORTS)?;
        }
        connection.execute_batch(slim::GATHER)?;
        connection.execute_batch(LEFT_OUT)?;
        for profile in &selection.without {
            connection.execute_batch(profile.bodies())?;
        }
        let at = connection
            .prepare_cached(
                "SELECT at FROM (SELECT id, started AS at FROM run UNION ALL SELECT id, ended FROM run_end
                   UNION ALL SELECT id, read_at FROM reading UNION ALL SELECT id, ended FROM capture
                   UNION ALL SELECT id, ended FROM resolution UNION ALL SELECT id, at FROM note UNION ALL SELECT id, at FROM import
                   UNION ALL SELECT id, at FROM redaction UNION ALL SELECT id, ended FROM stamp
                   UNION ALL SELECT id, ended FROM inquiry UNION ALL SELECT id, at FROM other_archive UNION ALL SELECT id, at FROM other_stamp
                   UNION ALL SELECT id, at FROM reparse UNION ALL SELECT id, at FROM export) WHERE id = ?1",
            )?
            .query_row([seq], |row| row.get::<_, String>(0))?;
        let number = |table: &str| {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
        };
        let mut extract = Extract {
            reader: self,
            seq,
            head,
            at,
            digest: selection_digest(connection, &selection.without)?,
            whole: selection_digest(connection, &[])?,
            without: selection.without.clone(),
            unnamed: None,
            received: number("export_reading")?
                + number("slim_exchange")?
                + number("slim_record")?
                + number("export_inquiry")?
                > 0,
            readings: number("export_reading")?,
            captures: number("export_capture")?,
        };
        if number("export_target")?
            + number("slim_record")?
            + number("other_archive WHERE id IN (SELECT seq FROM export_entry)")?
            + extract.readings
            == 0
        {
            return Ok(Err((
                self.path().display().to_string(),
                "nothing in the archive fits this selection",
            )));
        }
        // From here on the archive is what these copies say.
        extract.unnamed = match redacted::copy(connection, &selection.without, &selection.named)? {
            Ok(unnamed) => unnamed,
            Err(why) => return Ok(Err(("--redact handles".to_owned(), why))),
        };
        extract.received &= extract.unnamed.is_none();
        Ok(Ok(extract))
    }
}

/// From the named articles and targets to all that belongs to them, within the times and up to the entry.
const FOLLOW: &str = "
  INSERT OR IGNORE INTO export_reading SELECT r.id FROM reading r, export_at a
    WHERE r.article IN (SELECT id FROM export_article) AND r.id <= a.seq AND r.read_at >= a.since AND r.read_at < a.until;
  -- a target that nothing up to the entry names does not exist yet
  DELETE FROM export_target WHERE NOT EXISTS (SELECT 1 FROM citation c, export_at a WHERE c.target = export_target.id AND c.reading <= a.seq)
    AND NOT EXISTS (SELECT 1 FROM capture c, export_at a WHERE c.target = export_target.id AND c.id <= a.seq)
    AND NOT EXISTS (SELECT 1 FROM resolution c, export_at a WHERE c.identified = export_target.id AND c.id <= a.seq)
    AND NOT EXISTS (SELECT 1 FROM context c, export_at a WHERE c.target = export_target.id AND coalesce(c.reparse, c.capture) <= a.seq);
  -- what was only claimed and turned out to be a named target
  INSERT OR IGNORE INTO export_target (id) SELECT n.target FROM resolution n, export_at a
    WHERE n.identified IN (SELECT id FROM export_target) AND n.id <= a.seq;
  INSERT OR IGNORE INTO export_reading SELECT c.reading FROM citation c JOIN reading r ON r.id = c.reading, export_at a
    WHERE c.target IN (SELECT id FROM export_target) AND r.id <= a.seq AND r.read_at >= a.since AND r.read_at < a.until;
  INSERT OR IGNORE INTO export_target (id) SELECT c.target FROM citation c JOIN reading r ON r.id = c.reading, export_at a
    WHERE r.article IN (SELECT id FROM export_article) AND r.id <= a.seq;
  UPDATE export_target SET means = coalesce((SELECT n.identified FROM resolution n, export_at a WHERE n.target = export_target.id
    AND n.identified IS NOT NULL AND n.id <= a.seq ORDER BY n.fence DESC LIMIT 1), id);
  INSERT OR IGNORE INTO export_target (id, means) SELECT means, means FROM export_target;
  INSERT INTO export_capture SELECT c.id FROM capture c, export_at a
    WHERE c.target IN (SELECT id FROM export_target) AND c.id <= a.seq AND c.ended >= a.since AND c.ended < a.until;
  INSERT INTO export_resolution SELECT c.id FROM resolution c, export_at a
    WHERE c.target IN (SELECT id FROM export_target) AND c.id <= a.seq AND c.ended >= a.since AND c.ended < a.until;
  -- an article read earlier still says why a capture of these times was made
  INSERT OR IGNORE INTO export_reading SELECT c.reading FROM citation c, export_at a
    WHERE c.reading <= a.seq AND c.target IN (SELECT id FROM export_target WHERE means IN
      (SELECT k.target FROM capture k WHERE k.id IN (SELECT id FROM export_capture)));
  DELETE FROM export_target WHERE id NOT IN (SELECT target FROM citation WHERE reading IN (SELECT id FROM export_reading))
    AND id NOT IN (SELECT target FROM capture WHERE id IN (SELECT id FROM export_capture))
    AND id NOT IN (SELECT means FROM export_target t JOIN citation c ON c.target = t.id WHERE c.reading IN (SELECT id FROM export_reading));
  -- the context of what was captured, as many steps as it was ever followed
  WITH RECURSIVE around (target, steps) AS (
    SELECT id, 0 FROM export_target
    UNION
    SELECT x.target, n.steps + (n.steps = 0 OR x.relation <> 'thread')
    FROM around n JOIN capture c ON c.target = n.target JOIN context x ON x.capture = c.id, export_at a
    WHERE c.id <= a.seq AND c.ended >= a.since AND c.ended < a.until
      AND coalesce(x.reparse, 0) <= a.seq
      AND n.steps + (n.steps = 0 OR x.relation <> 'thread') <=
        (SELECT max(k.depth) FROM context k WHERE coalesce(k.reparse, k.capture) <= a.seq))
  INSERT OR IGNORE INTO export_target (id, means) SELECT target, target FROM around;
  INSERT OR IGNORE INTO export_capture SELECT c.id FROM capture c, export_at a
    WHERE c.target IN (SELECT id FROM export_target) AND c.id <= a.seq AND c.ended >= a.since AND c.ended < a.until;
  -- why what was only claimed is taken for a named target, however early that was found
  INSERT OR IGNORE INTO export_resolution SELECT max(n.id) FROM resolution n JOIN export_target t ON t.id = n.target, export_at a
    WHERE t.means <> t.id AND n.identified = t.means AND n.id <= a.seq GROUP BY t.id;
  INSERT INTO export_note SELECT n.id FROM note n, export_at a
    WHERE n.id <= a.seq AND (n.target IN (SELECT id FROM export_target)
      OR n.article IN (SELECT article FROM reading WHERE id IN (SELECT id FROM export_reading)));
  INSERT INTO export_inquiry SELECT s.id FROM inquiry s, export_at a
    WHERE s.id <= a.seq AND s.target IN (SELECT id FROM export_target);
  INSERT OR IGNORE INTO export_entry SELECT id FROM export_reading UNION SELECT id FROM export_note
    UNION SELECT run FROM note WHERE id IN (SELECT id FROM export_note) UNION SELECT id FROM export_capture
    UNION SELECT id FROM export_inquiry UNION SELECT run FROM inquiry WHERE id IN (SELECT id FROM export_inquiry)
    UNION SELECT id FROM export_resolution
    UNION SELECT p.id FROM reparse p, export_at a WHERE p.capture IN (SELECT id FROM export_capture) AND p.id <= a.seq
    UNION SELECT p.run FROM reparse p, export_at a WHERE p.capture IN (SELECT id FROM export_capture) AND p.id <= a.seq
    UNION SELECT run FROM reading WHERE id IN (SELECT id FROM export_reading)
    UNION SELECT run FROM capture WHERE id IN (SELECT id FROM export_capture)
    UNION SELECT run FROM resolution WHERE id IN (SELECT id FROM export_resolution);
";

/// What was imported belongs to no article or target.
const IMPORTS: &str = "
  INSERT OR IGNORE INTO export_entry SELECT o.id FROM other_archive o, export_at a WHERE o.id <= a.seq AND o.at >= a.since AND o.at < a.until;
  INSERT OR IGNORE INTO export_entry SELECT s.id FROM other_stamp s, export_at a
    WHERE s.other_archive IN (SELECT seq FROM export_entry) AND s.id <= a.seq;
  INSERT OR IGNORE INTO export_entry SELECT o.run FROM other_archive o WHERE o.id IN (SELECT seq FROM export_entry)
    UNION SELECT s.run FROM other_stamp s WHERE s.id IN (SELECT seq FROM export_entry);
  INSERT OR IGNORE INTO export_entry SELECT i.id FROM import i, export_at a WHERE i.id <= a.seq AND i.at >= a.since AND i.at < a.until;
  INSERT OR IGNORE INTO export_entry SELECT i.run FROM import i WHERE i.id IN (SELECT seq FROM export_entry);
";

/// Bodies that a bundle does not hold: those redacted since, and (with the word for why) those that are left out of this one.
const LEFT_OUT: &str = "
  DROP TABLE IF EXISTS temp.export_left_out; CREATE TEMP TABLE export_left_out (body INTEGER PRIMARY KEY, why TEXT);
  INSERT INTO export_left_out (body) SELECT DISTINCT item FROM redaction WHERE kind = 'blob';
";

fn selection_digest(connection: &Connection, without: &[Profile]) -> rusqlite::Result<[u8; 32]> {
    let mut digest = Sha256::new();
    for sql in [
        "SELECT l.leaf FROM export_entry e JOIN ledger l ON l.seq = e.seq ORDER BY e.seq",
        "SELECT t.key FROM export_target e JOIN target t ON t.id = e.id ORDER BY e.id",
    ] {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            digest.update(row.get_ref(0)?.as_bytes()?);
            digest.update(b"\n");
        }
    }
    for profile in without {
        digest.update(format!("without {}\n", profile.word()));
    }
    Ok(digest.finalize().into())
}

impl Extract<'_> {
    /// Shows every row of a table.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn rows(&self, table: &Table, mut each: impl FnMut(&[Cell]) -> Result<()>) -> Result<()> {
        let mut failed = None;
        let shown = rows_of(self.reader.connection(), table, |cells| {
            failed = each(cells).err();
            failed.is_none()
        });
        shown.map_err(|error| sql_error(self.reader.path(), &error))?;
        failed.map_or(Ok(()), Err)
    }

    /// Shows every entry of the chain up to that of the extract: number, leaf, head.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn chain(&self, mut each: impl FnMut(i64, &str, &str) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT seq, leaf, head FROM ledger WHERE seq <= (SELECT seq FROM export_at) ORDER BY seq",
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
            |(seq, leaf, head)| each(seq, &leaf, &head),
        )
    }

    /// Shows the line of every selected entry that was not redacted.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn lines(&self, mut each: impl FnMut(&str) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT l.body FROM export_entry e JOIN ledger l ON l.seq = e.seq WHERE l.body IS NOT NULL ORDER BY e.seq",
            |row| row.get::<_, String>(0),
            |line| each(&line),
        )
    }

    /// Shows the number of every selected entry whose line was redacted.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn withheld(&self, each: impl FnMut(i64) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT e.seq FROM export_entry e JOIN ledger l ON l.seq = e.seq WHERE l.body IS NULL ORDER BY e.seq",
            |row| row.get(0),
            each,
        )
    }

    /// Shows every record of web archives of others that the selection was taken from, or that was imported.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn records(&self, each: impl FnMut(OthersRecord) -> Result<()>) -> Result<()> {
        if self.unnamed.is_some() {
            return Ok(());
        }
        self.each(
            "SELECT o.kind, o.url, o.date, o.payload, o.status, o.media_type, o.header, o.head, b.id, b.sha256, b.length,
                    EXISTS (SELECT 1 FROM export_left_out d WHERE d.body = o.body), o.sha256,
                    CASE WHEN r.id IS NOT NULL THEN coalesce(r.title, o.url)
                         WHEN p.id IS NOT NULL THEN
                           coalesce('@' || p.author_handle, p.author_name, o.url) || ': ' || substr(coalesce(p.text, ''), 1, 80)
                         WHEN o.kind <> 'request' AND o.status = 200 AND o.media_type LIKE 'text/html%' THEN o.url END,
                    coalesce(r.text, p.text)
             FROM slim_record e JOIN record o ON o.id = e.id LEFT JOIN blob b ON b.id = o.body
             LEFT JOIN reading r ON r.id = (SELECT max(n.reading) FROM reading_record n WHERE n.record = o.id
                                            AND n.reading IN (SELECT id FROM export_reading))
             LEFT JOIN post p ON p.id = (SELECT max(q.id) FROM exchange_record n JOIN post q ON q.exchange = n.exchange
                                         WHERE n.record = o.id AND n.exchange IN (SELECT id FROM slim_exchange)
                                         AND q.entry <= (SELECT seq FROM export_at))
             ORDER BY o.id",
            |row| {
                Ok(OthersRecord {
                    kind: row.get(0)?,
                    url: row.get(1)?,
                    date: row.get(2)?,
                    payload: row.get(3)?,
                    status: row.get(4)?,
                    media_type: row.get(5)?,
                    header: row.get(6)?,
                    head: row.get(7)?,
                    body: Blob::if_any(row, 8)?,
                    redacted: row.get(11)?,
                    sha256: row.get(12)?,
                    title: row.get(13)?,
                    text: row.get(14)?,
                })
            },
            each,
        )
    }

    /// Shows every selected reading that was given as a file or stream.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn given(&self, each: impl FnMut(GivenArticle) -> Result<()>) -> Result<()> {
        if self.unnamed.is_some() {
            return Ok(());
        }
        self.each(
            "SELECT r.id, r.read_at, b.id, b.sha256, b.length,
                    EXISTS (SELECT 1 FROM export_left_out d WHERE d.body = r.body), r.format, r.charset,
                    r.given_name, r.title, r.text
             FROM export_reading e JOIN reading r ON r.id = e.id JOIN blob b ON b.id = r.body
             WHERE r.origin = 'given' ORDER BY r.id",
            |row| {
                Ok(GivenArticle {
                    entry: row.get(0)?,
                    read_at: row.get(1)?,
                    body: Blob::of(row, 2)?,
                    redacted: row.get(5)?,
                    format: row.get(6)?,
                    charset: row.get(7)?,
                    name: row.get(8)?,
                    title: row.get(9)?,
                    text: row.get(10)?,
                })
            },
            each,
        )
    }

    /// Shows every file that a helper got for a selected capture.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn helped(&self, each: impl FnMut(HelpedFile) -> Result<()>) -> Result<()> {
        if self.unnamed.is_some() {
            return Ok(());
        }
        self.each(
            "SELECT m.capture, m.id, h.ended, h.program || coalesce(' ' || h.version, ''), f.name, m.url, b.id, b.sha256, b.length,
                    EXISTS (SELECT 1 FROM export_left_out d WHERE d.body = f.body)
             FROM export_capture e JOIN post_media m ON m.capture = e.id JOIN helper_file f ON f.media = m.id
             JOIN helper h ON h.id = f.helper JOIN blob b ON b.id = f.body ORDER BY m.id",
            |row| {
                Ok(HelpedFile {
                    entry: row.get(0)?,
                    media: row.get(1)?,
                    at: row.get(2)?,
                    helper: row.get(3)?,
                    name: row.get(4)?,
                    url: row.get(5)?,
                    body: Blob::of(row, 6)?,
                    redacted: row.get(9)?,
                })
            },
            each,
        )
    }

    /// The body of this digest, if it is to be in it.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn blob(&self, sha256: &[u8; 32]) -> Result<Option<Blob>> {
        let look = |connection: &Connection| {
            let Some(blob) = find_blob(connection, sha256)? else {
                return Ok(None);
            };
            connection
                .prepare_cached(
                    "SELECT id, sha256, length FROM blob b WHERE id = ?1
                     AND NOT EXISTS (SELECT 1 FROM export_left_out d WHERE d.body = b.id)",
                )?
                .query_row([blob], |row| Blob::of(row, 0))
                .optional()
        };
        look(self.reader.connection()).map_err(|error| sql_error(self.reader.path(), &error))
    }

    /// Shows every body that is left out of this bundle though the archive has it: digest, length, and the word for why.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn left_out(&self, mut each: impl FnMut([u8; 32], i64, &str) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT b.sha256, b.length, e.why FROM export_left_out e JOIN blob b ON b.id = e.body WHERE e.why IS NOT NULL ORDER BY b.sha256",
            |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)),
            |(sha256, length, why)| each(sha256, length, &why),
        )
    }

    /// Shows every selected archive of another: its ledger entry, its content and its chain.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn others(&self, mut each: impl FnMut(i64, Blob, Blob) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT o.id, b.id, b.sha256, b.length, c.id, c.sha256, c.length FROM other_archive o JOIN blob b ON b.id = o.content JOIN blob c ON c.id = o.chain
             WHERE o.id IN (SELECT seq FROM export_entry)
               AND NOT EXISTS (SELECT 1 FROM export_left_out d WHERE d.body IN (o.content, o.chain)) ORDER BY o.id",
            |row| Ok((row.get(0)?, Blob::of(row, 1)?, Blob::of(row, 4)?)),
            |(entry, content, chain)| each(entry, content, chain),
        )
    }

    /// The files that persons supplied and that are to be in it, in the order of their digests.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn supplied(&self) -> Result<Vec<Blob>> {
        let mut files = Vec::new();
        self.each(
            "SELECT DISTINCT b.id, b.sha256, b.length FROM export_note e JOIN note n ON n.id = e.id JOIN blob b ON b.id = n.body
             WHERE NOT EXISTS (SELECT 1 FROM export_left_out d WHERE d.body = b.id) ORDER BY b.sha256",
            |row| Blob::of(row, 0),
            |blob| {
                files.push(blob);
                Ok(())
            },
        )?;
        Ok(files)
    }

    /// Shows the bytes of a body, in pieces of at most 1 MiB.
    ///
    /// # Errors
    /// If the archive does not have it whole, or it is not of its digest, or cannot be read, or `each` fails.
    pub fn body(&self, blob: &Blob, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut digest = Sha256::new();
        self.pieces(blob, |piece| {
            digest.update(piece);
            each(piece)
        })?;
        match digest.finalize()[..] == blob.sha256[..] {
            true => Ok(()),
            false => Err(self.damaged(&blob.sha256)),
        }
    }

    /// The same for a caller that computes the digest by itself, and says `damaged` where it is another.
    ///
    /// # Errors
    /// If the archive does not have as many bytes, or cannot be read, or `each` fails.
    pub fn pieces(&self, blob: &Blob, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut shown = 0;
        each_chunk(self.reader.connection(), blob.row, |piece| {
            shown += piece.len() as u64;
            each(piece).map_err(Fault::from)
        })
        .map_err(|fault| fault.into_error(self.reader.path()))?;
        match shown == blob.length {
            true => Ok(()),
            false => Err(self.damaged(&blob.sha256)),
        }
    }

    /// What is said where the archive has a body no more as it came.
    pub(crate) fn damaged(&self, sha256: &[u8; 32]) -> Error {
        Error::Archive {
            path: self.reader.path().to_owned(),
            why: format!("the body {} is missing or damaged", hex(sha256)),
            hint: Some("`citekeep verify` tells what is wrong"),
            code: ExitCode::BadInput,
        }
    }

    fn each<T>(
        &self,
        sql: &str,
        mut read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
        mut each: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let failed = |error: rusqlite::Error| sql_error(self.reader.path(), &error);
        let connection = self.reader.connection();
        let mut statement = connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(read(row).map_err(failed)?)?;
        }
        Ok(())
    }
}

/// Shows the rows of a table from a connection that has the tables of a selection, until `each` says no.
fn rows_of(connection: &Connection, table: &Table, mut each: impl FnMut(&[Cell]) -> bool) -> rusqlite::Result<()> {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.3).collect();
    let mut statement = connection.prepare_cached(&format!("SELECT {} FROM {}", columns.join(", "), table.from))?;
    let mut rows = statement.query([])?;
    let mut cells = Vec::with_capacity(columns.len());
    while let Some(row) = rows.next()? {
        cells.clear();
        for index in 0..columns.len() {
            cells.push(match row.get_ref(index)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(number) => Cell::Integer(number),
                other => Cell::Text(String::from_utf8_lossy(other.as_bytes()?).into_owned()),
            });
        }
        if !each(&cells) {
            break;
        }
    }
    Ok(())
}
