//! The tables of a bundle: what each is called, what its columns mean, and the rows that a selection gives them.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::Extract;
use crate::error::Result;
use crate::store::failure::sql_error;

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
             "(SELECT v.state FROM export_verdict v WHERE v.target = m.id ORDER BY v.id DESC LIMIT 1)"),
            ("verdict_reason", Text, "Reason code of the verdict",
             "(SELECT v.reason FROM export_verdict v WHERE v.target = m.id ORDER BY v.id DESC LIMIT 1)"),
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
}

/// Shows the rows of a table from a connection that has the tables of a selection, until `each` says no.
pub(super) fn rows_of(
    connection: &Connection,
    table: &Table,
    mut each: impl FnMut(&[Cell]) -> bool,
) -> rusqlite::Result<()> {
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
