//! The check of a bundle's `archive.db`: it must say what the tables and the ledger's part say, row by row, and its rows must
//! be those that the ledger's lines were made of.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;

use super::{Report, lines};
use crate::bundle::{failed, slim, tables};
use crate::error::Result;
use crate::store::export::TABLES;
use crate::store::export::slim::{Opened, Slim};

/// Checks it against the other files of the folder, which were checked before.
pub(super) fn check(folder: &Path, report: &mut Report) -> Result<()> {
    let item = format!("data/{}", slim::NAME);
    let mut archive = match Slim::open(&folder.join(&item))? {
        Opened::Slim(archive) => archive,
        Opened::OfVersion(version) => {
            report.note(
                &item,
                &format!("has schema {version}, which this citekeep does not compare; its digest was checked"),
            );
            return Ok(());
        }
        Opened::Not(why) => {
            report.problem(&item, why);
            return Ok(());
        }
    };
    let stop = report.stop.clone();
    archive.until(move || stop.check().is_err());
    for table in &TABLES {
        let name = format!("data/{}.jsonl", table.name);
        let mut rows = lines(folder, &name)?;
        let (mut number, mut agrees, mut failed) = (0, true, None);
        let shown = archive.rows(table, |cells| {
            number += 1;
            let line = match rows.next() {
                Some(Ok(line)) => line,
                Some(Err(error)) => {
                    failed = Some(error);
                    return false;
                }
                None => String::new(),
            };
            let row: Value = serde_json::from_str(&line).unwrap_or_default();
            agrees = row.as_object().is_some_and(|row| row.len() == cells.len())
                && table
                    .columns
                    .iter()
                    .zip(cells)
                    .all(|(column, cell)| tables::value(cell) == row[column.0]);
            agrees
        });
        failed.map_or(Ok(()), Err)?;
        match shown {
            Err(why) => report.problem(&item, why),
            Ok(()) if !agrees => report.problem(&item, format!("row {number} of {} is not that of {name}", table.name)),
            Ok(()) if rows.next().is_some() => report.problem(&item, format!("lacks rows of {name}")),
            Ok(()) => {}
        }
    }
    check_ledger(folder, &archive, &item, report)?;
    match archive.differences() {
        Err(why) => report.problem(&item, why),
        Ok(differences) => {
            for (what, how) in differences {
                report.problem(&item, format!("{what}: {how}"));
            }
        }
    }
    Ok(())
}

/// The version of the schema by the file's own header (SQLite's file format §1.3.12), without a look at anything else of it; `None`
/// of what is too short for a header.
pub(super) fn schema_version(path: &Path) -> Result<Option<u32>> {
    let mut header = [0; 64];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Ok(()) => Ok(header.last_chunk().map(|version| u32::from_be_bytes(*version))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(failed("cannot read", path)(error)),
    }
}

/// Its entries stand in the chain, and its lines are the lines of the bundle.
fn check_ledger(folder: &Path, archive: &Slim, item: &str, report: &mut Report) -> Result<()> {
    let mut chain = lines(folder, "data/ledger/chain.txt")?;
    let mut bodies = lines(folder, "data/ledger/lines.jsonl")?;
    let mut next = 0;
    let mut agrees = true;
    let mut later = false;
    let mut failed = None;
    let shown = archive.ledger(|seq, body, leaf, head| {
        let skipped = usize::try_from(seq - next).unwrap_or(usize::MAX);
        next = seq.saturating_add(1);
        let mut is = |stated: Option<Result<String>>, own: &str| match stated {
            Some(Ok(stated)) => stated == own,
            Some(Err(error)) => {
                failed = Some(error);
                false
            }
            None => false,
        };
        let stated = chain.nth(skipped);
        // What was redacted after the bundle's last entry, its chain cannot show.
        let beyond = stated.is_none() && body.is_none();
        later |= beyond;
        agrees =
            (beyond || is(stated, &format!("{seq} {leaf} {head}"))) && body.is_none_or(|body| is(bodies.next(), body));
        agrees
    });
    failed.map_or(Ok(()), Err)?;
    if later {
        report.note(
            item,
            "tells of a redaction after the last entry of the chain; whether there was one is not checked",
        );
    }
    match shown {
        Err(why) => report.problem(item, why),
        Ok(()) if !agrees => report.problem(item, format!("ledger entry {} is not that of the bundle", next - 1)),
        Ok(()) if bodies.next().is_some() => report.problem(item, "lacks entries of data/ledger/lines.jsonl"),
        Ok(()) => {}
    }
    Ok(())
}
