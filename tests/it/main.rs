//! The built binary against a web on loopback: what it prints, what it asks, and what stands in the SQLite file.

mod archive;
mod backup;
mod changes;
mod clock;
mod commands;
mod credentials;
mod export;
mod follow;
mod histories;
mod hostile;
mod import;
mod inputs;
mod interrupted;
mod media;
mod merge;
mod network;
mod pages;
mod persons;
mod platforms;
mod proofs;
mod reparse;
mod resolution;
mod rules;
mod run;
mod scene;
mod sealed;
mod settle;
mod shim;
mod sources;
mod stamps;
mod storage;
mod strict;
mod tidy;
#[path = "../support/web.rs"]
mod web;
