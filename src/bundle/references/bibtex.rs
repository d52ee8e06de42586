//! `references.bib`: BibTeX, in entries that classic BibTeX and biblatex both read.

use super::super::Options;
use super::super::bag::Bag;
use super::Reference;
use crate::error::Result;
use crate::store::export::Extract;

/// Writes `references.bib`.
pub(in crate::bundle) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    let mut file = bag.payload("references.bib")?;
    super::each(extract, |reference| file.write(entry(&reference).as_bytes()))?;
    file.close()
}

fn entry(reference: &Reference) -> String {
    let mut entry = format!("@misc{{{},\n", reference.id);
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            entry += &format!("  {name} = {{{value}}},\n");
        }
    };
    // Braces around the whole name: it is not to be taken apart.
    field(
        "author",
        reference
            .author
            .as_deref()
            .map(|author| format!("{{{}}}", escaped(author))),
    );
    field(
        "title",
        reference
            .title
            .as_deref()
            .map(|title| format!("{{{}}}", escaped(title))),
    );
    field("howpublished", reference.container.as_deref().map(escaped));
    if let Some(date) = reference.date {
        field("year", Some(date.year.to_string()));
        field("month", Some(date.month.to_string()));
        field(
            "date",
            Some(format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)),
        );
    }
    field("url", reference.url.as_deref().map(address));
    field("urldate", reference.seen.get(..10).map(str::to_owned));
    field("language", reference.language.as_deref().map(escaped));
    field("note", Some(escaped(&reference.note)));
    entry + "}\n\n"
}

/// Text that TeX prints as it is. A brace inside a field counts for BibTeX even behind a backslash, so it is named.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => out += "\\textbackslash{}",
            '{' => out += "\\textbraceleft{}",
            '}' => out += "\\textbraceright{}",
            '^' => out += "\\textasciicircum{}",
            '~' => out += "\\textasciitilde{}",
            '#' | '$' | '%' | '&' | '_' => {
                out.push('\\');
                out.push(character);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// An address as it stands, but for what would end the field.
fn address(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for character in url.chars() {
        match character {
            '{' => out += "%7B",
            '}' => out += "%7D",
            '\\' => out += "%5C",
            c if c.is_control() || c.is_whitespace() => out += "%20",
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_neither_ends_a_field_nor_commands_tex() {
        for (text, shown) in [
            (
                "}} @misc{x,",
                "\\textbraceright{}\\textbraceright{} @misc\\textbraceleft{}x,",
            ),
            (
                "\\input{/etc/passwd}",
                "\\textbackslash{}input\\textbraceleft{}/etc/passwd\\textbraceright{}",
            ),
            (
                "50 % of #veyle & $x_1^2$ ~",
                "50 \\% of \\#veyle \\& \\$x\\_1\\textasciicircum{}2\\$ \\textasciitilde{}",
            ),
            ("a\nb", "a b"),
            ("橋は無事", "橋は無事"),
        ] {
            assert_eq!(escaped(text), shown);
            let depth = escaped(text).chars().fold(0, |depth, c| match c {
                '{' => depth + 1,
                '}' => depth - 1,
                _ => depth,
            });
            assert_eq!(depth, 0);
        }
        assert_eq!(
            address("https://a.example/{x}\\ %20_y"),
            "https://a.example/%7Bx%7D%5C%20%20_y"
        );
    }
}
