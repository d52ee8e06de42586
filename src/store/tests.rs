//! The store as its callers see it, and as someone with another SQLite program sees it.

mod commands;
mod evidence;
mod file;
pub(super) mod fixtures;
mod processes;
mod search;
