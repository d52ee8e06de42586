//! Reading the values of foreign JSON: what is not of the shape expected is `None`, never an error.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use crate::exchange::Exchange;
use crate::outcome::Outcome;
use crate::platform::Answer;
use crate::platform::post::Entity;
use crate::platform::status::from_status;

/// Text that is not empty.
pub(super) fn string(value: &Value) -> Option<String> {
    value.as_str().filter(|s| !s.is_empty()).map(str::to_owned)
}

/// The first of these that is text and not empty.
pub(super) fn first(values: &[&Value]) -> Option<String> {
    values.iter().copied().find_map(string)
}

/// An id, as text or as a whole number.
pub(super) fn id(value: &Value) -> Option<String> {
    string(value).or_else(|| Some(value.as_u64()?.to_string()))
}

/// A whole number, also where it stands as text.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A width or height.
pub(super) fn pixels(value: &Value) -> Option<u32> {
    u32::try_from(number(value)?).ok().filter(|n| *n > 0)
}

/// The members of a list; none if it is not one.
pub(super) fn list(value: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The texts of a list.
pub(super) fn strings(value: &Value) -> Vec<String> {
    list(value).filter_map(string).collect()
}

/// A time of RFC 3339 in UTC: as it stands if it is in UTC already.
pub(super) fn utc(text: &str) -> Option<String> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    if text.ends_with('Z') {
        return Some(text.to_owned());
    }
    Some(time.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// The time that a value holds in RFC 3339.
pub(super) fn time(value: &Value) -> Option<String> {
    utc(value.as_str()?)
}

/// Milliseconds of a number of seconds that may have a fraction.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn milliseconds(value: &Value) -> Option<u64> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    (seconds > 0.0 && seconds < 1e9).then(|| (seconds * 1000.0).round() as u64)
}

/// The tags in a list of texts.
pub(super) fn hashtags(value: &Value) -> Vec<Entity> {
    strings(value).into_iter().map(Entity::hashtag).collect()
}

/// The JSON of an answer whose status was looked at already.
pub(super) fn json(exchange: &Exchange) -> Result<Value, Box<Answer>> {
    serde_json::from_slice(&body(exchange)?)
        .map_err(|_| Box::new(Answer::without_post(Outcome::Unreadable, "not_json")))
}

/// The text of a page that an answer is, whose status is looked at first.
pub(super) fn page(exchange: &Exchange) -> Result<String, Box<Answer>> {
    if let Some(failed) = from_status(exchange) {
        return Err(Box::new(failed));
    }
    body(exchange).map(|body| String::from_utf8_lossy(&body).into_owned())
}

fn body(exchange: &Exchange) -> Result<Vec<u8>, Box<Answer>> {
    exchange
        .decoded()
        .map_err(|_| Box::new(Answer::without_post(Outcome::Unreadable, "coding")))
}
