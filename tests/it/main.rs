//! The built binary against a web on loopback: what it prints, what it asks, and what stands in the SQLite file.

mod archive;
mod backup;
mod changes;
mod clock;
mod commands;
mod export;
mod follow;
mod histories;
mod hostile;
mod inputs;
mod interrupted;
mod media;
mod network;
mod persons;
mod platforms;
mod resolution;
mod rules;
mod run;
mod scene;
mod sealed;
mod settle;
mod shim;
mod storage;
mod strict;
mod tidy;
#[path = "../support/web.rs"]
mod web;
