//! The store as its callers see it, and as someone with another SQLite program sees it.

mod commands;
mod evidence;
mod file;
mod fixtures;
mod processes;
mod search;
