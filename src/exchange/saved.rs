//! Exchanges that others saved: a bare body, or requests with their responses as test cassettes (VCR and its kin, YAML
//! or JSON) hold them. Bounded; YAML is read without aliases, so that nothing unfolds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};
use url::Url;

use super::{Body, DECODED_LIMIT, Exchange, Purpose, decode};
use crate::clock::Timestamp;

/// How deep a cassette may nest.
const DEPTH: usize = 64;

/// Most events of YAML that are read.
const EVENTS: usize = 2_000_000;

/// Most exchanges of one file.
const EXCHANGES: usize = 1_000;

/// Key that marks text which is Base64 by its YAML tag.
const BINARY: &str = "!!binary";

/// Reads a saved file: the exchanges it holds, oldest first, or the one whose body it is, with this status.
///
/// # Errors
/// If it says that it is a cassette and is not, or holds no exchange.
pub fn read(bytes: &[u8], name: &str, status: Option<u16>) -> Result<Vec<Exchange>, String> {
    let text = std::str::from_utf8(bytes).ok();
    let start = text.map(str::trim_start).unwrap_or_default();
    let is_yaml_name = [".yaml", ".yml"]
        .iter()
        .any(|end| name.to_ascii_lowercase().ends_with(end));
    let is_yaml = is_yaml_name
        || ["http_interactions:", "interactions:", "---\n", "- request:", "request:"]
            .iter()
            .any(|head| start.starts_with(head));
    let tree = if start.starts_with('{') || start.starts_with('[') {
        serde_json::from_str::<Value>(start).ok()
    } else if is_yaml {
        Some(yaml(text.ok_or("is no text")?)?)
    } else {
        None
    };
    let exchanges: Vec<Exchange> = tree.as_ref().map(exchanges).unwrap_or_default();
    if !exchanges.is_empty() {
        return Ok(exchanges);
    }
    if is_yaml && !start.starts_with('{') {
        return Err("holds no exchange".to_owned());
    }
    Ok(vec![exchange(None, status.unwrap_or(200), Vec::new(), bytes.to_vec())])
}

fn exchanges(tree: &Value) -> Vec<Exchange> {
    let listed = [
        &tree["http_interactions"],
        &tree["interactions"],
        &tree["log"]["entries"],
        tree,
    ]
    .into_iter()
    .find_map(Value::as_array);
    match listed {
        Some(list) => list.iter().take(EXCHANGES).filter_map(one).collect(),
        None => one(tree).into_iter().collect(),
    }
}

/// One exchange: `{request, response}` or, without a frame, `{url, status, headers, body}`.
fn one(value: &Value) -> Option<Exchange> {
    let (request, response) = match value["response"].is_object() {
        true => (&value["request"], &value["response"]),
        false if value["body"].is_string() || value["body"].is_object() => (value, value),
        false => return None,
    };
    let status = [
        &response["status"]["code"],
        &response["status"],
        &response["status_code"],
    ]
    .into_iter()
    .find_map(|s| s.as_u64().or_else(|| s.as_str()?.parse().ok()))?;
    let url = [&request["uri"], &request["url"], &response["url"]]
        .into_iter()
        .find_map(Value::as_str);
    let mut headers = headers(&response["headers"]);
    let body = body(&response["body"])
        .or_else(|| body(&response["content"]))
        .unwrap_or_default();
    // Many cassettes keep the header of a coding that they undid.
    let coding = headers
        .iter()
        .find(|(n, _)| n == "content-encoding")
        .map(|(_, v)| v.clone());
    let body = coding
        .and_then(|c| decode(&body, &c, DECODED_LIMIT).ok())
        .unwrap_or(body);
    headers.retain(|(name, _)| name != "content-encoding");
    Some(exchange(
        url.and_then(|u| Url::parse(u).ok()),
        u16::try_from(status).ok()?,
        headers,
        body,
    ))
}

fn headers(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut add = |name: &str, value: &Value| {
        let texts = match value {
            Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
            value => value.as_str().into_iter().collect::<Vec<_>>(),
        };
        found.extend(texts.into_iter().map(|t| (name.to_ascii_lowercase(), t.to_owned())));
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| add(name, value)),
        Value::Array(list) => {
            for header in list {
                if let Some(name) = header["name"].as_str() {
                    add(name, &header["value"]);
                }
            }
        }
        _ => {}
    }
    found
}

fn body(value: &Value) -> Option<Vec<u8>> {
    let base64 = |text: &str| {
        let clean: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        STANDARD.decode(clean).ok()
    };
    match value {
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Object(map) => {
            if let Some(text) = map.get(BINARY).or(map.get("base64_string")).and_then(Value::as_str) {
                return base64(text);
            }
            if let Some(text) = map.get("text").and_then(Value::as_str) {
                return match map.get("encoding").and_then(Value::as_str) {
                    Some("base64") => base64(text),
                    _ => Some(text.as_bytes().to_vec()),
                };
            }
            match map.get("string") {
                Some(Value::String(text)) => Some(text.clone().into_bytes()),
                Some(Value::Object(inner)) => base64(inner.get(BINARY)?.as_str()?),
                _ => None,
            }
        }
        _ => None,
    }
}

/// An exchange of which no more is known than this.
pub(crate) fn exchange(
    url: Option<Url>,
    status: u16,
    response_headers: Vec<(String, String)>,
    body: Vec<u8>,
) -> Exchange {
    Exchange {
        url: url.unwrap_or_else(|| Url::parse("about:blank").expect("an address")),
        purpose: Purpose::Api,
        request_headers: Vec::new(),
        started: Timestamp::from_millis(0),
        ended: Timestamp::from_millis(0),
        remote: None,
        http_version: None,
        status: Some(status),
        response_headers,
        certificate: None,
        body_length: body.len() as u64,
        body: Body::Inline(Bytes::from(body)),
        body_sha256: None,
        truncated: None,
        failure: None,
        recorded: None,
    }
}

/// A list or mapping that is being read.
enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

/// The first document of a YAML text as JSON; scalars that are not quoted become numbers, booleans or null where they
/// are written so.
fn yaml(text: &str) -> Result<Value, String> {
    let mut stack: Vec<Open> = Vec::new();
    for (count, event) in Parser::new_from_str(text).enumerate() {
        let (event, _) = event.map_err(|e| format!("is no YAML: {e}"))?;
        if count > EVENTS || stack.len() > DEPTH {
            return Err("is too large or nests too deep".to_owned());
        }
        let value = match event {
            Event::SequenceStart(..) => {
                stack.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                stack.push(Open::Map(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some(Open::List(list)) => Value::Array(list),
                Some(Open::Map(map, _)) => Value::Object(map),
                None => continue,
            },
            Event::Scalar(text, style, _, tag) => match tag {
                Some(tag) if tag.suffix == "binary" => {
                    Value::Object(Map::from_iter([(BINARY.to_owned(), Value::String(text.into_owned()))]))
                }
                _ if style == ScalarStyle::Plain => plain(&text),
                _ => Value::String(text.into_owned()),
            },
            Event::Alias(_) => Value::Null,
            Event::DocumentEnd => break,
            _ => continue,
        };
        match stack.last_mut() {
            None => return Ok(value),
            Some(Open::List(list)) => list.push(value),
            Some(Open::Map(map, key)) => match key.take() {
                Some(key) => {
                    map.insert(key, value);
                }
                None => {
                    *key = Some(match value {
                        Value::String(text) => text,
                        other => other.to_string(),
                    });
                }
            },
        }
    }
    Err("is empty".to_owned())
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        text => text
            .parse::<i64>()
            .map_or_else(|_| Value::String(text.to_owned()), Value::from),
    }
}
