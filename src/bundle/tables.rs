//! The tables as JSON lines (the record) and CSV (the convenience), and their description as a Frictionless data package.
//!
//! A CSV cell that a spreadsheet could take for a formula gets a leading `'`, and so does one that begins with `'`: taking
//! one leading `'` away always gives the text back.

use serde_json::{Value, json};

use super::bag::Bag;
use super::{Options, json_lines};
use crate::error::{Error, Result};
use crate::store::export::{Cell, Extract, Kind, TABLES};

/// Writes every table and `datapackage.json`.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, options: &Options) -> Result<()> {
    let mut resources = Vec::new();
    for table in &TABLES {
        let mut lines = bag.payload(&format!("{}.jsonl", table.name))?;
        let mut cells = bag.payload(&format!("{}.csv", table.name))?;
        let names: Vec<&str> = table.columns.iter().map(|column| column.0).collect();
        cells.write(&csv_row(names.iter().copied())?)?;
        extract.rows(table, |row| {
            let values: Vec<Value> = row.iter().map(value).collect();
            let line = line(names.iter().copied().zip(&values));
            lines.write(json_lines::line(&line).as_bytes())?;
            lines.write(b"\n")?;
            let texts: Vec<String> = row.iter().map(|cell| csv_text(cell, options.csv_raw)).collect();
            cells.write(&csv_row(texts.iter().map(String::as_str))?)
        })?;
        lines.close()?;
        cells.close()?;
        let fields: Vec<Value> = table
            .columns
            .iter()
            .map(|(name, kind, meaning, _)| {
                let kind = if *kind == Kind::Integer { "integer" } else { "string" };
                json!({"name": name, "type": kind, "description": meaning})
            })
            .collect();
        resources.push(json!({
            "name": table.name, "path": format!("{}.csv", table.name), "profile": "tabular-data-resource",
            "description": table.meaning, "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
            "schema": {"fields": fields, "missingValues": [""]},
        }));
    }
    let guard = if options.csv_raw {
        "CSV cells stand as they are: a spreadsheet may take one for a formula."
    } else {
        "A CSV cell that begins with ' = + - @ (or their fullwidth forms), TAB, CR or LF has a ' put before it; take one \
         leading ' away to get the text. The .jsonl files hold the same rows unchanged."
    };
    let package = json!({
        "profile": "tabular-data-package", "name": "tables", "created": extract.at, "description": guard,
        "csvGuard": !options.csv_raw, "resources": resources,
    });
    let mut file = bag.payload("datapackage.json")?;
    file.write(format!("{package:#}\n").as_bytes())?;
    file.close()
}

/// A row as JSON, its columns in their order.
pub(super) fn line<'v>(row: impl Iterator<Item = (&'v str, &'v Value)>) -> String {
    let mut line = String::from("{");
    for (name, value) in row {
        if line.len() > 1 {
            line.push(',');
        }
        line += &format!("{}:{value}", json!(name));
    }
    line + "}"
}

/// A cell as the JSON lines have it.
pub(super) fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => json!(number),
        Cell::Text(text) => json!(text),
    }
}

fn csv_text(cell: &Cell, raw: bool) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Integer(number) => number.to_string(),
        Cell::Text(text) if raw => text.clone(),
        Cell::Text(text) => guarded(text),
    }
}

/// The text with a leading `'` where a spreadsheet could take it for a formula (OWASP, CSV injection), or where it begins
/// with one.
fn guarded(text: &str) -> String {
    let dangerous = ['\'', '=', '+', '-', '@', '\t', '\r', '\n', '＇', '＝', '＋', '－', '＠'];
    match text.starts_with(dangerous) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

/// The JSON values of a row as the CSV of the same bundle writes them.
pub(super) fn expected(value: &Value, raw: bool) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if raw => text.clone(),
        Value::String(text) => guarded(text),
        other => other.to_string(),
    }
}

fn csv_row<'a>(cells: impl Iterator<Item = &'a str>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(cells).map_err(|e| Error::Internal(e.to_string()))?;
    writer.into_inner().map_err(|e| Error::Internal(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_could_run_is_guarded_and_the_guard_can_be_taken_away() {
        for text in [
            "=HYPERLINK(1)",
            "@SUM",
            "\t=1",
            "＝1",
            "-1",
            "+1",
            "\r",
            "\n",
            "'=1",
            "'",
        ] {
            let cell = guarded(text);
            assert_eq!(cell.strip_prefix('\''), Some(text));
        }
        for text in ["", "a=1", " =1", "漢字", "\"quoted\""] {
            assert_eq!(guarded(text), text);
        }
    }
}
