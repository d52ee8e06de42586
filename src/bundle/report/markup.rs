//! How foreign text gets into the page: escaped, with the characters that a reader cannot see, or that turn the order of
//! what follows, written as their code. Every value that is not ours is printed by one of these and nothing else.

use std::fmt::{self, Display, Formatter, Write as _};

/// Text inside an element.
pub(super) struct Text<'a>(pub &'a str);

/// Text inside a quoted attribute.
pub(super) struct Attribute<'a>(pub &'a str);

/// Text in an element of its own, whose direction is told by its first letter and ends with it.
pub(super) struct Name<'a>(pub &'a str);

/// An address, to be opened where it is one of the web.
pub(super) struct Address<'a>(pub &'a str);

/// A time of ours or of a source, RFC 3339 or whatever it was.
pub(super) struct Time<'a>(pub &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        escape(self.0, f, |code, f| write!(f, "<span class=code>U+{code:04X}</span>"))
    }
}

impl Display for Attribute<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        escape(self.0, f, |code, f| write!(f, "[U+{code:04X}]"))
    }
}

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "<bdi>{}</bdi>", Text(self.0))
    }
}

impl Display for Address<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let address = self.0;
        let of_web = ["http://", "https://"].iter().any(|scheme| address.starts_with(scheme));
        let text = format_args!("<bdi class=address dir=ltr>{}</bdi>", Text(address));
        match of_web && address.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => write!(
                f,
                "<a href=\"{}\" rel=\"noreferrer nofollow\">{text}</a>",
                Attribute(address)
            ),
            false => write!(f, "{text}"),
        }
    }
}

impl Display for Time<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match seconds(self.0) {
            Some((day, time)) => write!(f, "<time datetime=\"{}\">{day} {time} UTC</time>", Attribute(self.0)),
            None => write!(f, "{}", Name(self.0)),
        }
    }
}

/// Day and time of day to the second of an RFC 3339 time in UTC.
fn seconds(time: &str) -> Option<(&str, &str)> {
    let (day, clock) = time.strip_suffix('Z')?.split_once('T')?;
    let shape = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text
                .bytes()
                .zip(shape.bytes())
                .all(|(a, b)| if b == b'0' { a.is_ascii_digit() } else { a == b })
    };
    let whole = clock.get(..8)?;
    (shape(day, "0000-00-00")
        && shape(whole, "00:00:00")
        && clock[8..].bytes().all(|b| b == b'.' || b.is_ascii_digit()))
    .then_some((day, whole))
}

fn escape(text: &str, f: &mut Formatter<'_>, code: fn(u32, &mut Formatter<'_>) -> fmt::Result) -> fmt::Result {
    let mut unpaired = unpaired_isolates(text).into_iter().peekable();
    for (at, character) in text.char_indices() {
        match character {
            '&' => f.write_str("&amp;")?,
            '<' => f.write_str("&lt;")?,
            '>' => f.write_str("&gt;")?,
            '"' => f.write_str("&quot;")?,
            '\'' => f.write_str("&#39;")?,
            c if is_shown_as_code(c) || unpaired.next_if_eq(&at).is_some() => code(u32::from(c), f)?,
            c => f.write_char(c)?,
        }
    }
    Ok(())
}

/// Where directional isolates (UAX #9) are opened but not closed in their line, or closed but not opened: browsers isolate
/// an element by the same characters, so these would reach beyond it.
fn unpaired_isolates(text: &str) -> Vec<usize> {
    let (mut open, mut unpaired) = (Vec::new(), Vec::new());
    for (at, character) in text.char_indices() {
        match character {
            '\u{2066}'..='\u{2068}' => open.push(at),
            '\u{2069}' if open.pop().is_none() => unpaired.push(at),
            '\n' => unpaired.append(&mut open),
            _ => {}
        }
    }
    unpaired.append(&mut open);
    unpaired.sort_unstable();
    unpaired
}

/// Controls, characters that are none, and those that force the direction of what follows (UAX #9: embeddings and
/// overrides). Isolates that are closed and marks stay: they are used in earnest, and reach no further than their element.
fn is_shown_as_code(character: char) -> bool {
    let code = u32::from(character);
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}')
        || code & 0xfffe == 0xfffe
}

/// Direction in which a language is written (ISO 639-1 and -3 codes of the languages that are usually written from right to
/// left, by CLDR's likely scripts); `auto` where the language is not known.
pub(super) fn direction(language: Option<&str>) -> &'static str {
    const RIGHT_TO_LEFT: [&str; 26] = [
        "ar", "ara", "arb", "arz", "azb", "ckb", "dv", "div", "fa", "fas", "pes", "prs", "he", "heb", "iw", "ps",
        "pus", "pbu", "sd", "snd", "ug", "uig", "ur", "urd", "yi", "yid",
    ];
    match language.map(|code| code.split(['-', '_']).next().unwrap_or(code)) {
        None => "auto",
        Some(code) if RIGHT_TO_LEFT.contains(&code) => "rtl",
        Some(_) => "ltr",
    }
}

/// The `lang` and `dir` attributes of text in a language.
pub(super) fn language(code: Option<&str>) -> String {
    let well_formed = |code: &&str| {
        (2..=12).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    // An empty value says that the language is unknown; without it that of the page would hold.
    format!(
        "lang=\"{}\" dir={}",
        code.filter(well_formed).unwrap_or_default(),
        direction(code)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_foreign_text_is_text() {
        for (text, shown) in [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("a & b &amp; c", "a &amp; b &amp;amp; c"),
            ("\" onclick='x'", "&quot; onclick=&#39;x&#39;"),
            ("]]> --> </style>", "]]&gt; --&gt; &lt;/style&gt;"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
            ("漢字 עברית é 🏴󠁧󠁢󠁷󠁬󠁳󠁿 👩‍👧", "漢字 עברית é 🏴󠁧󠁢󠁷󠁬󠁳󠁿 👩‍👧"),
        ] {
            assert_eq!(Text(text).to_string(), shown);
            assert_eq!(Attribute(text).to_string(), shown);
        }
    }

    #[test]
    fn what_cannot_be_seen_or_turns_the_line_is_written_as_its_code() {
        for (text, shown, attribute) in [
            (
                "\u{202e}exe.gnp",
                "<span class=code>U+202E</span>exe.gnp",
                "[U+202E]exe.gnp",
            ),
            (
                "a\0b\u{7}",
                "a<span class=code>U+0000</span>b<span class=code>U+0007</span>",
                "a[U+0000]b[U+0007]",
            ),
            (
                "\r\u{85}",
                "<span class=code>U+000D</span><span class=code>U+0085</span>",
                "[U+000D][U+0085]",
            ),
            (
                "\u{2028}\u{feff}",
                "<span class=code>U+2028</span><span class=code>U+FEFF</span>",
                "[U+2028][U+FEFF]",
            ),
            ("\u{1fffe}", "<span class=code>U+1FFFE</span>", "[U+1FFFE]"),
            ("a\u{2069}b", "a<span class=code>U+2069</span>b", "a[U+2069]b"),
            (
                "\u{2067}\u{2066}a\u{2069}\nb\u{2069}",
                "<span class=code>U+2067</span>\u{2066}a\u{2069}\nb<span class=code>U+2069</span>",
                "[U+2067]\u{2066}a\u{2069}\nb[U+2069]",
            ),
            // in earnest use
            (
                "\u{2067}אב\u{2069}\u{200f}\u{200d}",
                "\u{2067}אב\u{2069}\u{200f}\u{200d}",
                "\u{2067}אב\u{2069}\u{200f}\u{200d}",
            ),
        ] {
            assert_eq!(Text(text).to_string(), shown);
            assert_eq!(Attribute(text).to_string(), attribute);
        }
    }

    #[test]
    fn only_addresses_of_the_web_can_be_opened() {
        for (address, opens) in [
            ("https://x.example/a?b=\"<'", true),
            ("http://x.example/", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("HTTPS://x.example/", false),
            ("https://x.example/\u{202e}", false),
            ("https://x.example/ \" onclick=x", false),
            ("//x.example/", false),
        ] {
            let shown = Address(address).to_string();
            assert_eq!(shown.contains("<a href="), opens, "{shown}");
            assert!(!shown.contains("\" onclick") && !shown.contains('\u{202e}'), "{shown}");
        }
    }

    #[test]
    fn times_are_shown_to_the_second_and_what_is_no_time_as_it_stands() {
        for (time, shown) in [
            (
                "2026-11-23T07:23:15.042Z",
                "<time datetime=\"2026-11-23T07:23:15.042Z\">2026-11-23 07:23:15 UTC</time>",
            ),
            ("2024-05-01", "<bdi>2024-05-01</bdi>"),
            ("1 mai <2024>", "<bdi>1 mai &lt;2024&gt;</bdi>"),
            ("2024-05-01T10:00:00+02:00", "<bdi>2024-05-01T10:00:00+02:00</bdi>"),
        ] {
            assert_eq!(Time(time).to_string(), shown);
        }
    }

    #[test]
    fn language_and_direction_are_attributes_of_their_own_whatever_the_source_says() {
        for (code, attributes) in [
            (Some("en"), "lang=\"en\" dir=ltr"),
            (Some("ar"), "lang=\"ar\" dir=rtl"),
            (Some("he-IL"), "lang=\"he-IL\" dir=rtl"),
            (Some("ckb"), "lang=\"ckb\" dir=rtl"),
            (None, "lang=\"\" dir=auto"),
            (Some("\" onload=x"), "lang=\"\" dir=ltr"),
        ] {
            assert_eq!(language(code), attributes);
        }
    }
}
