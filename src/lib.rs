//! citekeep keeps the social-media posts that news articles cite, each tied to the sentence that cited it.
//!
//! The flow, left to right; everything left of "targets" is pure (bytes in, values out):
//!
//! ```text
//! input ─► reading ─► sentences ─► citations ─► targets ─► captures ─► ledger
//! ```

pub mod article;
pub mod bundle;
pub mod capture;
pub mod change;
mod child;
pub mod citation;
pub mod cli;
pub mod clock;
pub mod config;
pub mod error;
pub mod exchange;
pub mod fetch;
pub mod key;
mod likeness;
pub mod outcome;
pub mod penalty;
pub mod platform;
pub mod retry;
pub mod schedule;
pub mod search;
mod sha256;
pub mod stamp;
pub mod store;
pub mod verdict;
pub mod warc;

pub use citation::{find, may_cite_post};
