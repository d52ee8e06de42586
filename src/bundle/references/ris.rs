//! `references.ris`: RIS, as reference managers exchange it. One tag a line, so no value may hold a line end.

use super::super::Options;
use super::super::bag::Bag;
use super::{Reference, folded};
use crate::error::Result;
use crate::store::export::Extract;

/// Writes `references.ris`.
pub(in crate::bundle) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    let mut file = bag.payload("references.ris")?;
    super::each(extract, |reference| file.write(entry(&reference).as_bytes()))?;
    file.close()
}

fn entry(reference: &Reference) -> String {
    let day = |date: super::Date| format!("{}/{:02}/{:02}", date.year, date.month, date.day);
    let tags = [
        ("TY", Some("ELEC".to_owned())),
        ("ID", Some(reference.id.clone())),
        ("AU", reference.author.clone()),
        ("TI", reference.title.clone()),
        ("T2", reference.container.clone()),
        ("PY", reference.date.map(|date| date.year.to_string())),
        ("DA", reference.date.map(day)),
        ("UR", reference.url.clone()),
        ("Y2", super::Date::of(&reference.seen).map(day)),
        ("LA", reference.language.clone()),
        ("N1", Some(reference.note.clone())),
    ];
    let mut entry = String::new();
    for (tag, value) in tags {
        if let Some(value) = value {
            entry += &format!("{tag}  - {}\r\n", folded(&value));
        }
    }
    entry + "ER  - \r\n\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_end_in_a_value_begins_no_tag() {
        let reference = Reference {
            id: "post-1".into(),
            is_post: true,
            author: Some("Ada\r\nER  - ".into()),
            title: None,
            container: Some("x".into()),
            date: Some(super::super::Date {
                year: 2024,
                month: 5,
                day: 1,
            }),
            url: Some("https://x.com/ada_b/status/1".into()),
            seen: "2026-11-23T07:23:15.042Z".into(),
            language: None,
            note: "n".into(),
        };
        assert_eq!(
            entry(&reference),
            "TY  - ELEC\r\nID  - post-1\r\nAU  - Ada ER -\r\nT2  - x\r\nPY  - 2024\r\nDA  - 2024/05/01\r\n\
             UR  - https://x.com/ada_b/status/1\r\nY2  - 2026/11/23\r\nN1  - n\r\nER  - \r\n\r\n"
        );
    }
}
