//! Whether a run could work with an archive: what a person would look at before anything is asked of anybody.

use std::path::Path;

use rustix::fs::{Access, access};

use super::file::{self, open_of_any_version};
use super::{disk, session};
use crate::clock::{Timestamp, doubt};
use crate::error::Result;

/// One thing that was looked at: its name, and what there is to say of it; an error where a run would fail by it or go wrong.
pub type Check = (&'static str, std::result::Result<String, String>);

/// Looks at the archive, its file system, SQLite and the clock that says `now`, of which `least` bytes are to stay free; writes nothing.
#[must_use]
pub fn checks(archive: &Path, now: Timestamp, least: u64) -> Vec<Check> {
    let sqlite = file::check_sqlite().map(|()| format!("SQLite {}", rusqlite::version()));
    let mut checks = vec![("sqlite", sqlite.map_err(|error| error.to_string()))];
    let folder = disk::folder_of(archive);
    let last = match archive.exists() {
        true => {
            let looked = schema_and_end(archive);
            let last = looked.as_ref().ok().and_then(|(_, last)| *last);
            checks.push((
                "schema",
                looked.map(|(said, _)| said).map_err(|error| error.to_string()),
            ));
            last
        }
        false => {
            checks.push(("schema", Ok("there is no archive yet".to_owned())));
            None
        }
    };
    checks.push(("write access", may_write(archive, folder)));
    let remote = disk::refuse_remote(archive).map_err(|error| error.to_string());
    checks.push(("space", remote.and_then(|()| room(folder, least))));
    checks.push(("clock", doubt(now, last).map_or_else(|| Ok(now.to_string()), Err)));
    checks
}

/// What there is to say of the schema, and when the archive was written to last.
fn schema_and_end(archive: &Path) -> Result<(String, Option<Timestamp>)> {
    let (connection, version) = open_of_any_version(archive)?;
    let last = session::last_entry(&connection).map_err(|error| super::failure::sql_error(archive, &error))?;
    let newest = file::MIGRATIONS.len();
    let said = match newest > version as usize {
        true => format!("schema {version}; the next run brings it up to {newest}"),
        false => format!("schema {version}"),
    };
    Ok((said, last))
}

/// SQLite keeps a log beside the archive, so both must let us.
fn may_write(archive: &Path, folder: &Path) -> std::result::Result<String, String> {
    for path in [Some(archive).filter(|path| path.exists()), Some(folder)]
        .into_iter()
        .flatten()
    {
        access(path, Access::WRITE_OK).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok("the archive and its folder may be written to".to_owned())
}

fn room(folder: &Path, least: u64) -> std::result::Result<String, String> {
    let free = disk::free(folder).ok_or_else(|| format!("{} does not say what is free", folder.display()))?;
    let said = format!("{free} bytes are free, and {least} are to stay so (limit.free)");
    if free < least { Err(said) } else { Ok(said) }
}
