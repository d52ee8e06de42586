//! What the ledger keeps of a bundle, once that has its name: what was asked for, and the digest that the bundle is known by.

use super::Profile;
use crate::error::{Error, ExitCode};
use crate::store::failure::Fault;
use crate::store::ledger::Field;
use crate::store::row::{EXPORT, integer, text};
use crate::store::session::Session;

/// The entry that a bundle is as of where none is named: the last that no export wrote, so that one after the other gives the same.
pub(super) const LAST_BEFORE_EXPORTS: &str = "
  SELECT l.seq FROM ledger l WHERE NOT EXISTS (SELECT 1 FROM export e WHERE e.id = l.seq)
    AND NOT EXISTS (SELECT 1 FROM export e WHERE e.run = l.seq)
    AND NOT EXISTS (SELECT 1 FROM run_end n JOIN export e ON e.run = n.run WHERE n.id = l.seq)
  ORDER BY l.seq DESC LIMIT 1";

/// A bundle that has its name.
#[derive(Debug, Clone)]
pub struct NewExport {
    /// What was asked for and how it was written, as JSON.
    pub selection: String,
    /// What was left out.
    pub left_out: Vec<Profile>,
    /// The ledger entry that it is as of.
    pub as_of: i64,
    /// Name of the folder or file, without folders.
    pub name: String,
    /// `folder`, `zip` or `wacz`.
    pub format: &'static str,
    /// `urn:uuid:` of the selection as of that entry.
    pub identifier: String,
    /// Digest of its tag manifest; of a WACZ by itself, of its `datapackage.json`.
    pub sha256: String,
}

impl Session {
    /// Keeps that a bundle was made, as a run of its own in one transaction; gives the row. Refused behind a run that was killed: what
    /// that left is the next run's to tell, and so must stay the end of the ledger.
    pub(in crate::store) fn record_export(&mut self, command: &str, new: &NewExport) -> Result<i64, Fault> {
        if self.last_end()? + 1 != self.next_entry {
            return Err(Fault::Refused(Error::Archive {
                path: self.path.clone(),
                why: "the last run was killed".to_owned(),
                hint: Some("the next `citekeep run` completes what it left"),
                code: ExitCode::Locked,
            }));
        }
        self.execute("BEGIN IMMEDIATE")?;
        self.put_run(command)?;
        let entry = self.add_export(new)?;
        self.end_run(0, None)?;
        self.execute("COMMIT")?;
        Ok(entry)
    }

    fn add_export(&mut self, new: &NewExport) -> Result<i64, Fault> {
        let id = self.next_entry;
        let at = self.now();
        let left_out: Vec<&str> = new.left_out.iter().map(|profile| profile.word()).collect();
        let left_out = serde_json::Value::from(left_out).to_string();
        let values = [
            integer(id),
            integer(self.run),
            text(&at),
            text(&new.selection),
            text(&left_out),
            integer(new.as_of),
            text(&new.name),
            text(new.format),
            text(&new.identifier),
            text(&new.sha256),
        ];
        EXPORT.insert(&self.connection, &values)?;
        EXPORT.encode(&values, &mut self.evidence);
        self.seal(
            "export",
            vec![
                ("as_of", Field::Integer(new.as_of)),
                ("format", Field::Text(new.format.into())),
                ("identifier", Field::Text(new.identifier.as_str().into())),
                ("run", Field::Integer(self.run)),
                ("sha256", Field::Text(new.sha256.as_str().into())),
            ],
        )?;
        Ok(id)
    }
}
