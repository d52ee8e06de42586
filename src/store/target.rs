//! Targets: the identity of what is cited, and how a claim is kept as text.

use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension, Row};
use sha2::{Digest, Sha256};

use super::failure::Fault;
use super::record::TargetKind;
use super::row::{TARGET, hex, integer, text, text_or_null};
use super::session::{Session, take};
use crate::citation::{Cited, Claim};
use crate::platform::PostRef;

impl Session {
    /// The row of a citation's target, made if there is none.
    pub(super) fn put_cited(&mut self, cited: &Cited, claim: &Claim) -> Result<i64, Fault> {
        match cited {
            Cited::Post(post) => self.put_post_target(post),
            Cited::Link(url) => self.put_target(url.as_str(), "link", None, None, None, Some(url.as_str()), None),
            Cited::UnidentifiedPost { platform } => {
                let claim = claim_text(claim);
                let key = format!("{platform}?{}", hex(&Sha256::digest(&claim)));
                self.put_target(&key, "unidentified", Some(platform), None, None, None, Some(&claim))
            }
        }
    }

    /// The row of a post's target, if there is one.
    pub(super) fn post_target(&self, post: &PostRef) -> rusqlite::Result<Option<i64>> {
        self.known_target(&key_of(post))
    }

    fn known_target(&self, key: &str) -> rusqlite::Result<Option<i64>> {
        self.targets.find(&self.connection, key, self.next.target)
    }

    /// The row of a post's target, made if there is none.
    pub(super) fn put_post_target(&mut self, post: &PostRef) -> Result<i64, Fault> {
        self.put_target(
            &key_of(post),
            "post",
            Some(post.platform),
            Some(&post.id),
            post.handle.as_deref(),
            Some(post.url.as_str()),
            None,
        )
    }

    #[allow(clippy::too_many_arguments)] // the columns of one row
    fn put_target(
        &mut self,
        key: &str,
        kind: &str,
        platform: Option<&str>,
        native_id: Option<&str>,
        handle: Option<&str>,
        url: Option<&str>,
        claim: Option<&str>,
    ) -> Result<i64, Fault> {
        if let Some(id) = self.known_target(key)? {
            return Ok(id);
        }
        let id = take(&mut self.next.target);
        let values = [
            integer(id),
            text(key),
            text(kind),
            text_or_null(platform),
            text_or_null(native_id),
            text_or_null(handle),
            text_or_null(url),
            text_or_null(claim),
        ];
        TARGET.insert(&self.connection, &values)?;
        self.targets.add(&self.connection, id, key)?;
        Ok(id)
    }
}

pub(super) fn key_of(post: &PostRef) -> String {
    format!("{}:{}", post.platform, post.id)
}

/// What a target is, from columns `kind, platform, native_id, handle, claim` beginning at `first`.
pub(super) fn kind(row: &Row<'_>, first: usize) -> rusqlite::Result<TargetKind> {
    let word: String = row.get(first)?;
    Ok(match word.as_str() {
        "post" => TargetKind::Post {
            platform: row.get(first + 1)?,
            id: row.get(first + 2)?,
            handle: row.get(first + 3)?,
        },
        "unidentified" => TargetKind::Unidentified {
            platform: row.get(first + 1)?,
            claim: read_claim(&row.get::<_, String>(first + 4)?),
        },
        _ => TargetKind::Link,
    })
}

/// The post that an unidentified target turned out to be, else the target itself.
pub(super) fn meaning(connection: &Connection, target: i64) -> rusqlite::Result<i64> {
    let is_open: bool = connection
        .prepare_cached("SELECT kind = 'unidentified' FROM target WHERE id = ?1")?
        .query_row([target], |row| row.get(0))?;
    if !is_open {
        return Ok(target);
    }
    Ok(connection
        .prepare_cached(
            "SELECT identified FROM resolution WHERE target = ?1 AND identified IS NOT NULL ORDER BY fence DESC LIMIT 1",
        )?
        .query_row([target], |row| row.get(0))
        .optional()?
        .unwrap_or(target))
}

/// A claim as JSON with sorted keys; what is unknown is left out, so that equal claims are equal text.
fn claim_text(claim: &Claim) -> String {
    let members = [
        ("author_handle", &claim.author_handle),
        ("author_name", &claim.author_name),
        ("date", &claim.date),
        ("date_text", &claim.date_text),
    ];
    let mut out = String::from("{");
    for (key, value) in members {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _ = write!(out, "\"{key}\":{},", serde_json::Value::from(value.as_str()));
        }
    }
    let _ = write!(out, "\"media\":{}", string_list(&claim.media));
    if let Some(value) = &claim.text {
        let _ = write!(out, ",\"text\":{}", serde_json::Value::from(value.as_str()));
    }
    out.push('}');
    out
}

/// The claim that [`claim_text`] wrote; what is not there is unknown.
fn read_claim(json: &str) -> Claim {
    let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let member = |key: &str| value[key].as_str().map(str::to_owned);
    Claim {
        author_name: member("author_name"),
        author_handle: member("author_handle"),
        date_text: member("date_text"),
        date: member("date"),
        text: member("text"),
        media: read_list(&value["media"]),
    }
}

fn read_list(value: &serde_json::Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// A list of strings as JSON.
pub(super) fn string_list(items: &[String]) -> String {
    serde_json::Value::from(items).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_comes_back_from_its_text() {
        let claim = Claim {
            author_name: Some("Ada \"A\" Example".into()),
            author_handle: None,
            date_text: Some("1 September 2021".into()),
            date: Some("2021-09-01".into()),
            text: Some("line\nline".into()),
            media: vec!["https://pic.twitter.com/abc".into()],
        };
        let json = claim_text(&claim);
        assert_eq!(read_claim(&json), claim);
        let sorted: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(sorted.to_string(), json);
        assert_eq!(read_claim(&claim_text(&Claim::default())), Claim::default());
    }
}
