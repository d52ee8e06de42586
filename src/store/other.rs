//! Archives of other citekeeps, taken in as they stand. What is opened is foreign: read only, nothing of it runs, and it is taken
//! only if it is sound. Its rows stay in a file of their own under their own numbers, with the lines of its ledger; its bodies
//! are kept once with ours. What it says of readings, citations and captures is derived from that file into tables that say whose
//! word it is.

pub mod stamps;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OptionalExtension};
use tempfile::NamedTempFile;

use super::blob::{each_chunk, find_blob};
use super::export::Selection;
use super::export::slim::{Opened, Slim};
use super::failure::{Fault, sql_error};
use super::file::{io_error, open_foreign};
use super::ledger::{FIRST_HEAD, Field, head};
use super::query::Reader;
use super::row::{OTHER_ARCHIVE, integer, text};
use super::session::Session;
use super::verify;
use crate::error::{Error, Result};
use crate::exchange::Body;

/// Most bytes of a line of a chain.
const LINE_LIMIT: u64 = 256;

/// What is derived from the rows of another archive: the table, and the query that gives its columns after the first.
const DERIVED: [(&str, &str); 4] = [
    (
        "other_reading",
        "SELECT r.id, w.key, r.url, r.title, r.byline, r.published, r.language, r.read_at, lower(hex(b.sha256)),
                EXISTS (SELECT 1 FROM ledger l WHERE l.seq = r.id AND l.body IS NOT NULL)
         FROM reading r JOIN article w ON w.id = r.article JOIN blob b ON b.id = r.body ORDER BY r.id",
    ),
    (
        "other_citation",
        "SELECT c.reading, c.ordinal, coalesce(m.key, t.key), c.form, substr(r.text, s.start + 1, s.stop - s.start), c.raw_url,
                c.author_name, c.author_handle, c.date, c.text
         FROM citation c JOIN reading r ON r.id = c.reading JOIN target t ON t.id = c.target
         LEFT JOIN selected e ON e.target = c.target LEFT JOIN target m ON m.id = e.means
         LEFT JOIN citation_sentence n ON n.citation = c.id AND n.rank = 0
         LEFT JOIN sentence s ON s.reading = c.reading AND s.ordinal = n.sentence
         ORDER BY c.reading, c.ordinal",
    ),
    (
        "other_capture",
        "SELECT c.id, t.key, t.url, c.started, c.ended, c.outcome, c.reason, c.source, nullif(lower(hex(b.sha256)), ''),
                p.author_handle, p.author_name, p.posted_at, p.text,
                EXISTS (SELECT 1 FROM ledger l WHERE l.seq = c.id AND l.body IS NOT NULL)
         FROM capture c JOIN target t ON t.id = c.target LEFT JOIN answer a ON a.capture = c.id AND a.ordinal = c.best
         LEFT JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = a.id) LEFT JOIN blob b ON b.id = x.body
         LEFT JOIN post p ON p.id = (SELECT max(n.id) FROM post n WHERE n.answer = a.id)
         ORDER BY c.id",
    ),
    (
        "other_tag",
        "SELECT w.key, t.name, t.added FROM tag t JOIN article w ON w.id = t.article ORDER BY w.key, t.name",
    ),
];

/// An archive of another, or the part of one that a bundle holds.
#[derive(Debug)]
pub struct Other {
    name: String,
    /// Its rows without bodies, as they stand.
    content: NamedTempFile,
    /// The same brought to the schema of this program.
    current: NamedTempFile,
    chain: NamedTempFile,
    facts: Chain,
    /// The archive itself; a bundle has its bodies elsewhere.
    archive: Option<Reader>,
}

/// What a chain of leaves and heads is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chain {
    origin: String,
    entries: i64,
    head: String,
}

/// What is to be kept of one, once its bodies are.
#[derive(Debug)]
pub struct NewOther {
    /// Name of the file or folder.
    pub name: String,
    /// Its rows and lines, with digest and length.
    pub content: (Body, [u8; 32], u64),
    /// Its chain.
    pub chain: (Body, [u8; 32], u64),
    current: PathBuf,
    entries: PathBuf,
    facts: Chain,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Whether it was here already, just so, or is a state of this very archive.
    pub known: bool,
    /// Its row; `None`: it is a state of this very archive.
    pub row: Option<i64>,
    /// Its readings.
    pub readings: u64,
    /// Its citations.
    pub citations: u64,
    /// Its captures.
    pub captures: u64,
    /// Its case tags.
    pub tags: u64,
    /// Readings and captures of it that no line of its ledger covers, as that was withheld.
    pub unsealed: u64,
}

impl Other {
    /// Opens an archive; one of an earlier schema is copied and brought up to date for that.
    ///
    /// # Errors
    /// If it is none, a link, newer than this program, or not sound.
    pub fn archive(path: &Path) -> Result<Other> {
        let foreign = open_foreign(path)?;
        let unsound = |what: String| refused(path, what);
        let report = verify::of_foreign(&foreign).map_err(|error| unsound(error.to_string()))?;
        if let Some(problem) = report.problems.first() {
            return Err(unsound(format!("{}: {}", problem.item, problem.what)));
        }
        let last = foreign.query_row("SELECT max(seq) FROM ledger", [], |row| row.get(0));
        let all = Selection {
            all: true,
            // What witnesses said may be of the entry of an export.
            as_of: last.map_err(|error| sql_error(path, &error))?,
            ..Selection::default()
        };
        let reader = Reader::of(path.to_owned(), foreign);
        let extract = reader.extract(&all).map_err(|error| match error {
            Error::BadInput { why, .. } => unsound(why),
            error => error,
        })?;
        let content = temporary()?;
        extract.slim_with_tags(content.path())?;
        let mut chain = temporary()?;
        extract.chain(|seq, leaf, head| {
            writeln!(chain, "{seq} {leaf} {head}").map_err(|source| io_error("cannot write", path, source))
        })?;
        Other::new(path, content, chain, Some(reader))
    }

    /// Opens what a bundle, which was checked before, holds of one. Its chain is the longer by what its proofs need of it.
    ///
    /// # Errors
    /// If it lacks its parts, or they are of a newer program.
    pub fn bundle(folder: &Path) -> Result<Other> {
        let append = |name: &str, file: &mut NamedTempFile| {
            let path = folder.join(name);
            File::open(&path)
                .and_then(|mut part| io::copy(&mut part, file))
                .map_err(|source| io_error("cannot read", &path, source))
        };
        let (mut content, mut chain) = (temporary()?, temporary()?);
        append("data/archive.db", &mut content)?;
        append("data/ledger/chain.txt", &mut chain)?;
        let proofs = "proofs/chain.txt";
        if folder.join(proofs).is_file() {
            append(proofs, &mut chain)?;
        }
        Other::new(folder, content, chain, None)
    }

    fn new(path: &Path, content: NamedTempFile, chain: NamedTempFile, archive: Option<Reader>) -> Result<Other> {
        let current = temporary()?;
        fs::copy(content.path(), current.path()).map_err(|source| io_error("cannot copy", path, source))?;
        let (_, facts) = check(current.path(), chain.path())?.map_err(|what| refused(path, what))?;
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        Ok(Other {
            name,
            content,
            current,
            chain,
            facts,
            archive,
        })
    }

    /// The files of its rows and of its chain.
    #[must_use]
    pub fn files(&self) -> [&Path; 2] {
        [self.content.path(), self.chain.path()]
    }

    /// Digests of the bodies that its rows name.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn bodies(&self) -> Result<HashSet<[u8; 32]>> {
        bodies(self.current.path())
    }

    /// Piece `number` (from 0) of a body of the archive; `None` behind the last, or if it has none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn piece(&self, sha256: &[u8; 32], number: i64) -> Result<Option<Vec<u8>>> {
        let Some(reader) = &self.archive else {
            return Ok(None);
        };
        let read = || -> rusqlite::Result<Option<Vec<u8>>> {
            let Some(blob) = find_blob(reader.connection(), sha256)? else {
                return Ok(None);
            };
            reader
                .connection()
                .prepare_cached("SELECT bytes FROM blob_chunk WHERE id = ?1 AND id BETWEEN ?2 AND ?2 + 65535")?
                .query_row([blob << 16 | number, blob << 16], |row| row.get(0))
                .optional()
        };
        read().map_err(|error| sql_error(reader.path(), &error))
    }

    /// What is to be kept, with its two files on their way in.
    #[must_use]
    pub fn to_keep(&self, content: (Body, [u8; 32], u64), chain: (Body, [u8; 32], u64)) -> NewOther {
        NewOther {
            name: self.name.clone(),
            content,
            chain,
            current: self.current.path().to_owned(),
            entries: self.chain.path().to_owned(),
            facts: self.facts.clone(),
        }
    }
}

impl Session {
    /// Whether a body is here, or was before it was redacted.
    pub(super) fn knows_body(&self, sha256: &[u8; 32]) -> std::result::Result<bool, Fault> {
        Ok(self.known_blob(sha256)?.is_some())
    }

    /// Keeps a body that no row names yet; gives its row.
    pub(super) fn keep_body(&mut self, body: &Body, sha256: &[u8; 32], length: u64) -> std::result::Result<i64, Fault> {
        match body {
            Body::None => self.put_blob(sha256, b""),
            Body::Inline(bytes) => self.put_blob(sha256, bytes),
            Body::Staged(upload) => self.seal_upload(*upload, sha256, length),
        }
    }

    /// Keeps an archive of another as one event of the ledger, unless it is here just so, or is a state of this very archive.
    pub(super) fn take_other(&mut self, new: &NewOther) -> std::result::Result<Taken, Fault> {
        let is_ours: bool = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM ledger WHERE seq = ?1 - 1 AND head = ?2)")?
            .query_row((new.facts.entries, &new.facts.head), |row| row.get(0))?;
        let here: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT a.id FROM other_archive a JOIN blob b ON b.id = a.content JOIN blob c ON c.id = a.chain
                 WHERE b.sha256 = ?1 AND c.sha256 = ?2",
            )?
            .query_row([&new.content.1, &new.chain.1], |row| row.get(0))
            .optional()?;
        if is_ours || here.is_some() {
            for (body, ..) in [&new.content, &new.chain] {
                if let Body::Staged(upload) = body {
                    self.drop_upload(*upload)?;
                }
            }
            return Ok(Taken {
                known: true,
                row: here,
                ..Taken::default()
            });
        }
        self.refuse_fork(new)?;
        let mut blob = |(body, sha256, length): &(Body, [u8; 32], u64)| self.keep_body(body, sha256, *length);
        let (content, chain) = (blob(&new.content)?, blob(&new.chain)?);
        let id = self.next_entry;
        let at = self.now();
        let values = [
            integer(id),
            integer(self.run),
            text(&at),
            text(&new.name),
            text(&new.facts.origin),
            integer(new.facts.entries),
            text(&new.facts.head),
            integer(content),
            integer(chain),
        ];
        OTHER_ARCHIVE.insert(&self.connection, &values)?;
        OTHER_ARCHIVE.encode(&values, &mut self.evidence);
        let taken = self.derive(id, &new.current)?;
        self.seal(
            "other_archive",
            vec![
                ("chain", Field::Digest(new.chain.1)),
                ("content", Field::Digest(new.content.1)),
                ("entries", Field::Integer(new.facts.entries)),
                ("head", Field::Text(new.facts.head.as_str().into())),
                ("origin", Field::Text(new.facts.origin.as_str().into())),
                ("run", Field::Integer(self.run)),
            ],
        )?;
        Ok(taken)
    }

    /// Two states of one archive agree as far as the shorter goes.
    fn refuse_fork(&self, new: &NewOther) -> std::result::Result<(), Fault> {
        let chains: Vec<i64> = self
            .connection
            .prepare_cached("SELECT chain FROM other_archive WHERE origin = ?1 ORDER BY id")?
            .query_map([&new.facts.origin], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for chain in chains {
            let failed = |source| Fault::from(io_error("cannot read", &new.entries, source));
            let mut file = BufReader::new(File::open(&new.entries).map_err(failed)?);
            each_chunk(&self.connection, chain, |piece| {
                let mut same = vec![0; piece.len()];
                let mut read = 0;
                while read < same.len() {
                    match file.read(&mut same[read..]).map_err(failed)? {
                        0 => break,
                        more => read += more,
                    }
                }
                match same[..read] == piece[..read] {
                    true => Ok(()),
                    false => Err(Fault::from(refused(
                        Path::new(&new.name),
                        "its ledger is another than that of the archive with the same beginning that was taken in before".to_owned(),
                    ))),
                }
            })?;
        }
        Ok(())
    }

    fn derive(&self, id: i64, current: &Path) -> std::result::Result<Taken, Fault> {
        let source = opened(current)?.map_err(|what| refused(current, what))?;
        let mut counts = [0; 4];
        for ((table, sql), count) in DERIVED.iter().zip(&mut counts) {
            let mut select = source.connection().prepare(sql)?;
            let columns = select.column_count();
            let mut insert = self
                .connection
                .prepare(&format!("INSERT INTO {table} VALUES (?{})", ", ?".repeat(columns)))?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                insert.raw_bind_parameter(1, id)?;
                for index in 0..columns {
                    insert.raw_bind_parameter(index + 2, ToSqlOutput::Borrowed(row.get_ref(index)?))?;
                }
                insert.raw_execute()?;
                *count += 1;
            }
        }
        let [readings, citations, captures, tags] = counts;
        let unsealed = self.connection.query_row(
            "SELECT (SELECT count(*) FROM other_reading WHERE other_archive = ?1 AND sealed = 0)
                  + (SELECT count(*) FROM other_capture WHERE other_archive = ?1 AND sealed = 0)",
            [id],
            |row| row.get::<_, i64>(0),
        )?;
        Ok(Taken {
            known: false,
            row: Some(id),
            readings,
            citations,
            captures,
            tags,
            unsealed: unsealed.unsigned_abs(),
        })
    }
}

/// Everything that is wrong with what was kept of another archive: its chain, its lines, its rows, and what was derived from them.
pub(super) fn faults(connection: &Connection, id: i64) -> rusqlite::Result<Vec<String>> {
    let file = |column: &str| -> std::result::Result<Option<NamedTempFile>, Fault> {
        let blob = connection.query_row(
            &format!("SELECT {column} FROM other_archive WHERE id = ?1"),
            [id],
            |row| row.get(0),
        )?;
        let mut file = temporary()?;
        let pieces = each_chunk(connection, blob, |piece| {
            let written = file.write_all(piece);
            written.map_err(|source| Fault::from(io_error("cannot write", Path::new("a temporary file"), source)))
        })?;
        Ok((pieces > 0).then_some(file))
    };
    let kept = file("content").and_then(|content| Ok((content, file("chain")?)));
    let (content, chain) = match kept {
        // Redacted, or missing, which the check of the bodies tells.
        Ok((None, _) | (_, None)) => return Ok(Vec::new()),
        Ok((Some(content), Some(chain))) => (content, chain),
        Err(fault) => return Ok(vec![fault.into_error(Path::new("a temporary file")).to_string()]),
    };
    let (source, facts) = match check(content.path(), chain.path()) {
        Ok(Ok(sound)) => sound,
        Ok(Err(what)) => return Ok(vec![what]),
        Err(error) => return Ok(vec![error.to_string()]),
    };
    let mut faults = Vec::new();
    let stated = connection.query_row(
        "SELECT origin, entries, head FROM other_archive WHERE id = ?1",
        [id],
        |row| {
            Ok(Chain {
                origin: row.get(0)?,
                entries: row.get(1)?,
                head: row.get(2)?,
            })
        },
    )?;
    if stated != facts {
        faults.push("its origin, entries or head are not those of its chain".to_owned());
    }
    for (table, sql) in DERIVED {
        if !agrees(source.connection(), sql, connection, table, id)? {
            faults.push(format!("the rows of {table} are not those that its content gives"));
        }
    }
    faults.extend(stamps::faults(connection, id, chain.path())?);
    Ok(faults)
}

fn agrees(source: &Connection, sql: &str, connection: &Connection, table: &str, id: i64) -> rusqlite::Result<bool> {
    let mut select = source.prepare(sql)?;
    let columns = select.column_count();
    let mut kept = connection.prepare(&format!(
        "SELECT * FROM {table} WHERE other_archive = ?1 ORDER BY 1, 2, 3"
    ))?;
    let (mut expected, mut found) = (select.query([])?, kept.query([id])?);
    loop {
        match (expected.next()?, found.next()?) {
            (None, None) => return Ok(true),
            (Some(one), Some(other)) => {
                for index in 0..columns {
                    if one.get_ref(index)? != other.get_ref(index + 1)? {
                        return Ok(false);
                    }
                }
            }
            _ => return Ok(false),
        }
    }
}

/// Checks the rows and lines of another archive against its chain; gives the digests of the bodies that the rows name. `content`
/// is a copy that may be written.
///
/// # Errors
/// If a file cannot be read; what is wrong is the inner error.
pub fn check_files(content: &Path, chain: &Path) -> Result<std::result::Result<HashSet<[u8; 32]>, String>> {
    let (slim, _) = match check(content, chain)? {
        Ok(sound) => sound,
        Err(what) => return Ok(Err(what)),
    };
    named(&slim).map(Ok).map_err(|error| sql_error(content, &error))
}

fn check(content: &Path, chain: &Path) -> Result<std::result::Result<(Slim, Chain), String>> {
    let slim = match opened(content)? {
        Ok(slim) => slim,
        Err(what) => return Ok(Err(what)),
    };
    let lines = File::open(chain).map_err(|source| io_error("cannot read", chain, source))?;
    let facts = match fits(&slim, BufReader::new(lines)) {
        Ok(facts) => facts,
        Err(what) => return Ok(Err(what)),
    };
    Ok(match slim.differences() {
        Err(what) => Err(what),
        Ok(differences) => match differences.first() {
            Some((item, what)) => Err(format!("{item}: {what}")),
            None => Ok((slim, facts)),
        },
    })
}

/// The chain must hold, and every entry of the rows stand in it, each line under its own leaf.
fn fits(slim: &Slim, mut lines: impl BufRead) -> std::result::Result<Chain, String> {
    let mut facts = Chain {
        origin: String::new(),
        entries: 0,
        head: FIRST_HEAD.to_owned(),
    };
    // Gives leaf and head of the next entry.
    let mut next = |facts: &mut Chain| -> std::result::Result<Option<(String, String)>, String> {
        let mut line = String::new();
        let read = (&mut lines).take(LINE_LIMIT).read_line(&mut line);
        if read.map_err(|error| error.to_string())? == 0 {
            return Ok(None);
        }
        let number = facts.entries;
        match line.trim_end().split(' ').collect::<Vec<_>>()[..] {
            [seq, leaf, stated] if seq == number.to_string() && stated == head(&facts.head, leaf) => {
                stated.clone_into(&mut facts.head);
                facts.entries += 1;
                if number == 0 {
                    facts.origin.clone_from(&facts.head);
                }
                Ok(Some((leaf.to_owned(), stated.to_owned())))
            }
            _ => Err(format!("entry {number} breaks its chain")),
        }
    };
    let mut wrong = None;
    let mut at: Option<(String, String)> = None;
    slim.ledger(|seq, body, leaf, head| {
        while facts.entries <= seq {
            match next(&mut facts) {
                Ok(Some(entry)) => at = Some(entry),
                // The word of a later redaction, of which there is no line.
                Ok(None) if body.is_none() => return true,
                Ok(None) => wrong = Some(format!("entry {seq} is not in its chain")),
                Err(what) => wrong = Some(what),
            }
            if wrong.is_some() {
                return false;
            }
        }
        let is_its = at
            .as_ref()
            .is_some_and(|(l, h)| (l.as_str(), h.as_str()) == (leaf, head));
        if !is_its || body.is_some_and(|body| super::ledger::leaf(body) != leaf) {
            wrong = Some(format!("entry {seq} is not that of its chain"));
        }
        wrong.is_none()
    })?;
    if let Some(what) = wrong {
        return Err(what);
    }
    while next(&mut facts)?.is_some() {}
    match facts.entries {
        0 => Err("its chain has no entry".to_owned()),
        _ => Ok(facts),
    }
}

/// Digests of the bodies that the rows of another archive name; the file may be written.
///
/// # Errors
/// If it cannot be read.
pub fn bodies(content: &Path) -> Result<HashSet<[u8; 32]>> {
    let slim = opened(content)?.map_err(|what| refused(content, what))?;
    named(&slim).map_err(|error| sql_error(content, &error))
}

fn named(slim: &Slim) -> rusqlite::Result<HashSet<[u8; 32]>> {
    slim.connection()
        .prepare("SELECT sha256 FROM blob")?
        .query_map([], |row| row.get(0))?
        .collect()
}

fn opened(path: &Path) -> Result<std::result::Result<Slim, String>> {
    Ok(match Slim::open_copy(path)? {
        Opened::Slim(slim) => Ok(slim),
        Opened::OfVersion(version) => Err(format!("of schema {version}, which this citekeep does not know")),
        Opened::Not(why) => Err(why),
    })
}

fn temporary() -> Result<NamedTempFile> {
    NamedTempFile::with_prefix(".citekeep-")
        .map_err(|source| io_error("cannot write a file in", &std::env::temp_dir(), source))
}

fn refused(path: &Path, why: String) -> Error {
    Error::BadInput {
        input: path.display().to_string(),
        why: format!("not taken in: {why}"),
        hint: Some("`citekeep verify` of it tells more"),
    }
}
