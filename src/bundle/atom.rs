//! Changes as an Atom feed (RFC 4287): one file, the same bytes for the same changes, put in place at once.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::named_information;
use crate::error::{Error, Result};
use crate::store::Reader;
use crate::store::change::Change;

/// Most entries; a reader of feeds asks often enough.
const ENTRIES: usize = 500;

/// Longest text of one entry, in bytes.
const TEXT: usize = 64 << 10;

/// Writes the newest of `changes` (oldest first) to `path`; `describe` gives the lines that say what differs.
///
/// # Errors
/// If the archive cannot be read or the file not be written; then what was there stays.
pub fn write(
    reader: &Reader,
    changes: &[Change],
    path: &Path,
    describe: impl Fn(&Change) -> Vec<String>,
) -> Result<()> {
    let newest = &changes[changes.len().saturating_sub(ENTRIES)..];
    let mut entries = String::new();
    for change in newest.iter().rev() {
        entries += &entry(change, &id(reader, change.seq)?, &describe(change));
    }
    let updated = match newest.last() {
        Some(change) => change.at.clone(),
        None => reader.began()?.unwrap_or_else(|| "1970-01-01T00:00:00.000Z".to_owned()),
    };
    let feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <id>{}</id>\n<title>Changes in what is cited</title>\n<updated>{updated}</updated>\n\
         <author><name>citekeep</name></author>\n<generator>citekeep</generator>\n{entries}</feed>\n",
        id(reader, 0)?
    );
    put(path, feed.as_bytes()).map_err(|source| Error::Io {
        what: "cannot write",
        path: path.to_owned(),
        source,
    })
}

fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut draft = tempfile::Builder::new()
        .prefix(".citekeep-")
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    draft.persist(path).map_err(|failure| failure.error)?;
    Ok(())
}

/// A name that nothing else in the world has: the digest of a ledger entry.
fn id(reader: &Reader, seq: i64) -> Result<String> {
    let leaf = reader.leaf(seq)?.unwrap_or_default();
    let bytes: Vec<u8> = leaf
        .as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    Ok(named_information(&bytes))
}

fn entry(change: &Change, id: &str, lines: &[String]) -> String {
    let word = change.event.word();
    let name = change.url.as_deref().unwrap_or(&change.key);
    let mut text = String::new();
    if let Some(before) = &change.before {
        text += &format!("Compared with {} (entry {}).\n", before.at, before.seq);
    }
    if let (Some(source), Some(reason)) = (&change.source, &change.reason) {
        text += &format!("Told by {source}: {reason}.\n");
    }
    for line in lines.iter().map(String::as_str) {
        text += line;
        text.push('\n');
    }
    for article in &change.cited_by {
        text += &format!("Cited by {article}\n");
    }
    for of in &change.context_of {
        let name = of.url.as_deref().unwrap_or(&of.key);
        text += &format!(
            "Belongs to {name} ({}), cited by {}\n",
            of.relation,
            of.cited_by.join(", ")
        );
    }
    if text.len() > TEXT {
        text.truncate(text.floor_char_boundary(TEXT));
        text.push('…');
    }
    let link = match &change.url {
        Some(url) => format!("<link rel=\"alternate\" href=\"{}\"/>\n", escape(url)),
        None => String::new(),
    };
    format!(
        "<entry>\n<id>{id}?event={word}</id>\n<title>{}</title>\n<updated>{}</updated>\n<category term=\"{word}\"/>\n{link}\
         <content type=\"text\">{}</content>\n</entry>\n",
        escape(&format!("{} {word}: {name}", change.of)),
        change.at,
        escape(&text)
    )
}

/// Text as XML 1.0 has it; characters that it cannot hold are replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_strangers_cannot_leave_its_element() {
        assert_eq!(
            escape("</content>&\"\u{1b}\u{ffff}é🌊"),
            "&lt;/content&gt;&amp;&quot;\u{fffd}\u{fffd}é🌊"
        );
    }
}
