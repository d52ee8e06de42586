//! The tables: those that a bundle must have, CSV and JSON lines against each other, and their digests against the ledger.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::bag::is_plain;
use super::{Bodies, Report, lines, slim};
use crate::bundle::{failed, json_lines, tables};
use crate::error::Result;
use crate::store::export::TABLES;
use crate::store::{SCHEMA_VERSION, hex};

/// Describes the tables.
pub(super) const PACKAGE: &str = "data/datapackage.json";

/// A table of the bundle: its name and its columns.
#[derive(PartialEq)]
pub(super) struct Stated {
    pub name: String,
    pub columns: Vec<String>,
}

/// The tables that a bundle must have: those of this program, or where its archive is of another schema, those that it describes
/// itself. That it is of another is said when the archive is opened.
pub(super) fn stated(folder: &Path, files: &BTreeSet<String>) -> Result<Vec<Stated>> {
    let archive = format!("data/{}", crate::bundle::slim::NAME);
    let version = match files.contains(&archive) {
        true => slim::schema_version(&folder.join(archive))?,
        false => None,
    };
    if version.is_none_or(|version| version == SCHEMA_VERSION) {
        let own = TABLES.iter().map(|table| Stated {
            name: table.name.to_owned(),
            columns: table.columns.iter().map(|column| column.0.to_owned()).collect(),
        });
        return Ok(own.collect());
    }
    let package = match files.contains(PACKAGE) {
        true => fs::read(folder.join(PACKAGE)).map_err(failed("cannot read", &folder.join(PACKAGE)))?,
        false => Vec::new(),
    };
    let mut described = described(&serde_json::from_slice(&package).unwrap_or_default());
    described.retain(|table| is_plain(&table.name));
    Ok(described)
}

/// The tables that a data package describes.
fn described(package: &Value) -> Vec<Stated> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resources = package["resources"].as_array().into_iter().flatten();
    resources
        .map(|resource| Stated {
            name: text(&resource["name"]),
            columns: resource["schema"]["fields"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|field| text(&field["name"]))
                .collect(),
        })
        .collect()
}

/// CSV and JSON lines must say the same, and every digest in them must be the ledger's.
pub(super) fn check(folder: &Path, tables: &[Stated], bodies: &Bodies, report: &mut Report) -> Result<()> {
    let path = folder.join(PACKAGE);
    let package = fs::read_to_string(&path).map_err(failed("cannot read", &path))?;
    let package: Value = serde_json::from_str(&package).unwrap_or_default();
    let raw = package["csvGuard"] == false;
    let described = described(&package);
    for table in tables {
        if !described.contains(table) {
            report.problem(PACKAGE, format!("does not describe the columns of {}", table.name));
        }
        let name = format!("data/{}.csv", table.name);
        let path = folder.join(&name);
        let file = File::open(&path).map_err(failed("cannot read", &path))?;
        let mut cells = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(BufReader::new(file))
            .into_records();
        let header = cells.next().and_then(std::result::Result::ok);
        if header.is_none_or(|header| !header.iter().eq(&table.columns)) {
            report.problem(&name, "its first line does not name the columns");
        }
        let of_lines = format!("data/{}.jsonl", table.name);
        for (number, line) in lines(folder, &of_lines)?.enumerate() {
            report.stop.check()?;
            let line = line?;
            let row: Value = serde_json::from_str(&line).unwrap_or_default();
            // Another name for what is unknown, or one name twice, would mean something else to others.
            let written = tables::line(
                table
                    .columns
                    .iter()
                    .map(|column| (column.as_str(), &row[column.as_str()])),
            );
            if line != written && line != json_lines::line(&written) {
                report.problem(
                    &of_lines,
                    format!("row {} does not have each column once, in its order", number + 1),
                );
                break;
            }
            let agrees = cells.next().and_then(std::result::Result::ok).is_some_and(|record| {
                record.len() == table.columns.len()
                    && table
                        .columns
                        .iter()
                        .zip(record.iter())
                        .all(|(column, cell)| tables::expected(&row[column.as_str()], raw) == cell)
            });
            check_digests(&row, &of_lines, bodies, report);
            if !agrees {
                report.problem(&name, format!("row {} is not that of the .jsonl file", number + 1));
                break;
            }
        }
        if cells.next().is_some() {
            report.problem(&name, "has rows that the .jsonl file lacks");
        }
    }
    Ok(())
}

/// The text of a row has the digest that stands beside it; every body of it is named by the ledger and in the bundle.
fn check_digests(row: &Value, item: &str, bodies: &Bodies, report: &mut Report) {
    for column in ["body_sha256", "exchange_sha256", "sha256"] {
        if let Some(sha256) = row[column].as_str() {
            bodies.check_named(sha256, item, report);
            if !bodies.kept.contains(sha256) {
                report.problem(item, format!("the bundle does not hold its body {sha256}"));
            }
        }
    }
    if let Some(sha256) = row["text_sha256"].as_str() {
        bodies.check_named(sha256, item, report);
    }
    if let (Some(text), Some(stated)) = (row["text"].as_str(), row["text_sha256"].as_str())
        && hex(&Sha256::digest(text)) != stated
    {
        report.problem(item, "a text is not that of its text_sha256");
    }
}
