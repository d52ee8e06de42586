//! `citekeep key`: the local signing key.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::Global;
use super::print::{Printable, Printer};
use crate::config::Config;
use crate::error::{Error, ExitCode, Result};
use crate::key::Key;

/// Arguments of `citekeep key`.
#[derive(Debug, Subcommand)]
pub enum Arguments {
    /// Make a new key, in the file that `export.key` names
    Create,
    /// Say where the key is and what names it to others
    Show,
    /// Print the public part, which others check signatures with
    ExportPublic {
        /// Write it to this new file instead
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Makes or shows the key; never its secret part.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let path = global.settings()?.key_file().ok_or_else(|| Error::Config {
        what: "export.key".to_owned(),
        why: "is not set, and there is no configuration folder of the user's".to_owned(),
    })?;
    let key = match arguments {
        Arguments::Create => Key::create(&path)?,
        Arguments::Show | Arguments::ExportPublic { .. } => Key::read(&path)?,
    };
    let public = key.public();
    if let Arguments::ExportPublic { output } = arguments {
        let pem = public.pem()?;
        return match output {
            None => {
                printer.line(pem.trim_end());
                if printer.json() {
                    printer.object(&json!({"fingerprint": public.to_string(), "public_key": pem}));
                }
                Ok(ExitCode::Done)
            }
            Some(file) => write_new(file, &pem).map(|()| ExitCode::Done),
        };
    }
    let shown = path.display().to_string();
    printer.line(format_args!("{}: P-384, {public}", Printable(&shown)));
    if printer.json() {
        printer.object(&json!({"path": shown, "kind": "P-384", "fingerprint": public.to_string()}));
    }
    Ok(ExitCode::Done)
}

/// The key that exports are signed with; `None` where there is none and the settings name none.
pub fn signing(config: &Config) -> Result<Option<Key>> {
    match config.key_file() {
        Some(path) if !config.export.key.is_empty() || path.symlink_metadata().is_ok() => Key::read(&path).map(Some),
        _ => Ok(None),
    }
}

fn write_new(path: &std::path::Path, text: &str) -> Result<()> {
    std::fs::File::create_new(path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|source| Error::Io {
            what: "cannot write",
            path: path.to_owned(),
            source,
        })
}
