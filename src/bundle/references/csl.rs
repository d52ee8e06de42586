//! `references.csl.json`: CSL-JSON, as citation processors read it.

use serde_json::{Map, Value, json};

use super::super::Options;
use super::super::bag::Bag;
use super::{Date, Reference};
use crate::error::Result;
use crate::store::export::Extract;

/// Writes `references.csl.json`.
pub(in crate::bundle) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    let mut file = bag.payload("references.csl.json")?;
    file.write(b"[")?;
    let mut comma = "\n";
    super::each(extract, |reference| {
        file.write(format!("{comma}{}", item(&reference)).as_bytes())?;
        comma = ",\n";
        Ok(())
    })?;
    file.write(b"\n]\n")?;
    file.close()
}

fn item(reference: &Reference) -> Value {
    let day = |date: Date| json!({"date-parts": [[date.year, date.month, date.day]]});
    let kind = if reference.is_post { "post" } else { "webpage" };
    let fields = [
        ("id", Some(json!(reference.id))),
        ("type", Some(json!(kind))),
        (
            "author",
            reference.author.as_ref().map(|author| json!([{"literal": author}])),
        ),
        ("title", reference.title.as_ref().map(|title| json!(title))),
        (
            "container-title",
            reference.container.as_ref().map(|container| json!(container)),
        ),
        ("issued", reference.date.map(day)),
        ("URL", reference.url.as_ref().map(|url| json!(url))),
        ("accessed", Date::of(&reference.seen).map(day)),
        ("language", reference.language.as_ref().map(|language| json!(language))),
        ("note", Some(json!(reference.note))),
    ];
    let known = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(known.collect::<Map<_, _>>())
}
