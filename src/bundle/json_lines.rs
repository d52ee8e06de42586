//! JSON lines that are one line to everybody: some readers end a line also where Unicode does (Python's `splitlines`, Node's
//! `readline`), and JSON lets these characters stand in a string as they are.

use std::borrow::Cow;

/// What ends a line besides the controls, which JSON never holds as they are, and how JSON writes it otherwise.
const ENDS: [(char, &str); 3] = [('\u{85}', "\\u0085"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];

/// A JSON text as one line of the same value.
pub(super) fn line(json: &str) -> Cow<'_, str> {
    let mut line = Cow::Borrowed(json);
    for (end, code) in ENDS {
        if line.contains(end) {
            line = Cow::Owned(line.replace(end, code));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_line_to_some_is_written_as_its_code_and_means_the_same() {
        let text = "a\u{85}b\u{2028}c\u{2029}d\n\u{b}e 漢字\\";
        let json = serde_json::json!(text).to_string();
        let line = line(&json);
        assert!(
            !line.contains(['\u{85}', '\u{2028}', '\u{2029}', '\n', '\u{b}']),
            "{line}"
        );
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        assert!(matches!(super::line("{\"a\":\"漢字\"}"), Cow::Borrowed(_)));
    }
}
