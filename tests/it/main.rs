//! The built binary against a web on loopback: what it prints, what it asks, and what stands in the SQLite file.

mod archive;
mod backup;
mod changes;
mod commands;
mod export;
mod follow;
mod histories;
mod inputs;
mod interrupted;
mod media;
mod pages;
mod persons;
mod platforms;
mod resolution;
mod run;
mod scene;
mod sealed;
mod settle;
mod strict;
mod tidy;
#[path = "../support/web.rs"]
mod web;
