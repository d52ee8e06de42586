//! The archive: one SQLite file. All SQL lives below this folder.

pub mod record;
