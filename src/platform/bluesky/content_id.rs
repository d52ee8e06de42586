//! The content identifier of a record: SHA-256 over its DAG-CBOR, so that whoever holds the record can tell that it is the one
//! that was named (<https://atproto.com/specs/data-model>).

use std::collections::BTreeMap;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ipld_core::cid::Cid;
use ipld_core::cid::multihash::Multihash;
use ipld_core::ipld::Ipld;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Deepest nesting of a record.
const DEPTH: usize = 64;

/// Codec of DAG-CBOR, and number of SHA-256 (<https://github.com/multiformats/multicodec>).
const DAG_CBOR: u64 = 0x71;
const SHA_256: u64 = 0x12;

/// The identifier of a record in its JSON form; `None` if that is no form of a record.
pub(super) fn of(record: &Value) -> Option<String> {
    let bytes = serde_ipld_dagcbor::to_vec(&ipld(record, 0)?).ok()?;
    let hash = Multihash::wrap(SHA_256, &Sha256::digest(bytes)).ok()?;
    Some(Cid::new_v1(DAG_CBOR, hash).to_string())
}

fn ipld(value: &Value, depth: usize) -> Option<Ipld> {
    if depth > DEPTH {
        return None;
    }
    Some(match value {
        Value::Null => Ipld::Null,
        Value::Bool(bool) => Ipld::Bool(*bool),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Ipld::Integer(number.into()),
            (None, Some(number)) => Ipld::Integer(number.into()),
            // The data model has no fractions.
            (None, None) => return None,
        },
        Value::String(text) => Ipld::String(text.clone()),
        Value::Array(values) => {
            let values = values.iter().map(|value| ipld(value, depth + 1));
            Ipld::List(values.collect::<Option<_>>()?)
        }
        Value::Object(members) if members.len() == 1 && members.contains_key("$link") => {
            Ipld::Link(Cid::try_from(members["$link"].as_str()?).ok()?)
        }
        Value::Object(members) if members.len() == 1 && members.contains_key("$bytes") => {
            let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
            let base64 = GeneralPurpose::new(&STANDARD, lenient);
            Ipld::Bytes(base64.decode(members["$bytes"].as_str()?).ok()?)
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| Some((key.clone(), ipld(value, depth + 1)?)));
            Ipld::Map(members.collect::<Option<BTreeMap<_, _>>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_identifier_is_that_of_the_canonical_bytes() {
        // Bytes written by hand: keys in order of length, then of letters.
        let bytes = b"\xa3\x61a\x01\x61b\xf6\x62aa\x61x";
        let hash = Multihash::wrap(SHA_256, &Sha256::digest(bytes)).unwrap();
        let expected = Cid::new_v1(DAG_CBOR, hash).to_string();
        assert!(expected.starts_with("bafyrei"), "{expected}");
        assert_eq!(of(&json!({"aa": "x", "b": null, "a": 1})), Some(expected));
        // The empty map, as others print it.
        assert_eq!(
            of(&json!({})).as_deref(),
            Some("bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua")
        );
    }

    #[test]
    fn links_and_bytes_are_no_maps_and_odd_values_have_no_identifier() {
        let link = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua";
        assert_ne!(
            of(&json!({"a": {"$link": link}})),
            of(&json!({"a": {"$link": link, "b": 1}}))
        );
        assert!(of(&json!({"a": {"$bytes": "AQI"}})).is_some());
        assert_eq!(of(&json!({"a": {"$link": "nonsense"}})), None);
        assert_eq!(of(&json!({"a": 0.5})), None);
        let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(of(&deep), None);
    }
}
