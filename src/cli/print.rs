//! The only way to print. Foreign text is escaped for the terminal, and a reader that goes away (`… | head`) is no
//! error.

use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::Serialize;

use crate::error::Error;

/// Text from strangers, safe to print: control, bidirectional and other invisible formatting characters, which can
/// rewrite what a terminal shows, appear as `\u{…}` (CWE-150). Line feeds and tabs become spaces. A password in an address, or
/// a parameter of it that is called a secret, becomes `***`: terminals and logs are seen by more people than the archive.
pub struct Printable<'a>(pub &'a str);

/// The name and password of an address, and the values of parameters that are secrets by their name.
static SECRETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let parameters = "access_token|auth_token|api_key|apikey|client_secret|password|passwd|secret";
    Regex::new(&format!(
        r"(?i)://[^/?#@\s]*:[^/?#@\s]*@|([?&](?:{parameters})=)[^&#\s]+"
    ))
    .ok()
});

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match SECRETS.as_ref().filter(|_| self.0.contains("://")) {
            Some(secrets) => secrets.replace_all(self.0, |found: &Captures<'_>| {
                found
                    .get(1)
                    .map_or("://***@".to_owned(), |name| format!("{}***", name.as_str()))
            }),
            None => self.0.into(),
        };
        for c in shown.chars() {
            match c {
                '\n' | '\t' | '\r' => f.write_char(' ')?,
                c if is_unsafe(c) => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Prints to standard output and standard error as the global options want it.
pub struct Printer {
    json: bool,
    quiet: bool,
    verbose: bool,
}

impl Printer {
    /// A printer for these global options.
    pub fn new(json: bool, quiet: bool, verbose: bool) -> Printer {
        Printer { json, quiet, verbose }
    }

    /// Whether JSON is wanted.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Whether nothing but errors is wanted.
    pub fn quiet(&self) -> bool {
        self.quiet && !self.json
    }

    /// Whether more is wanted.
    pub fn verbose(&self) -> bool {
        self.verbose
    }

    /// Whether moving progress may be shown: a person sits at the terminal and did not ask for silence.
    pub fn progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Whether colour may be used: standard output is a terminal, and nobody asked for none (<https://no-color.org>).
    pub fn colour(&self) -> bool {
        io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// One line of text for people; nothing where JSON or silence is wanted.
    pub fn line(&self, line: impl fmt::Display) {
        if !self.json && !self.quiet {
            out(format_args!("{line}\n"));
        }
    }

    /// Text that is the command's whole point, such as a man page.
    pub fn raw(&self, text: &[u8]) {
        ignore_closed(io::stdout().lock().write_all(text));
    }

    /// One JSON object on a line of its own. Control and bidirectional characters in it are escaped.
    pub fn object(&self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(json) => out(format_args!("{}\n", escape_json(&json))),
            Err(error) => self.error(&Error::Internal(error.to_string())),
        }
    }

    /// A remark on standard error, where more is wanted.
    pub fn remark(&self, remark: impl fmt::Display) {
        if self.verbose {
            let _ = writeln!(io::stderr().lock(), "{remark}");
        }
    }

    /// A warning on standard error.
    pub fn warn(&self, warning: impl fmt::Display) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "citekeep: {warning}");
        }
    }

    /// An error on standard error: what failed on which thing, and on a second line what to do about it.
    pub fn error(&self, error: &Error) {
        let mut stderr = io::stderr().lock();
        let _ = writeln!(stderr, "citekeep: {}", Printable(&error.to_string()));
        if let Some(hint) = error.hint() {
            let _ = writeln!(stderr, "hint: {hint}");
        }
    }
}

/// A fault of ours, on one line of standard error.
pub(super) fn panic(panic: &std::panic::PanicHookInfo<'_>) {
    let _ = writeln!(
        io::stderr().lock(),
        "citekeep: internal error: {}",
        Printable(&panic.to_string())
    );
}

fn out(text: fmt::Arguments<'_>) {
    ignore_closed(io::stdout().lock().write_fmt(text));
}

/// A reader that has seen enough is no failure; nothing else can be done about a broken standard output either.
fn ignore_closed(_result: io::Result<()>) {}

/// JSON text with the characters that are unsafe on a terminal as `\uXXXX`; the value stays the same.
pub(super) fn escape_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_rewrite_a_terminal_is_shown_as_its_code() {
        for (text, shown) in [
            ("a\u{1b}]52;c;x\u{7}b", "a\\u{1b}]52;c;x\\u{7}b"),
            ("\u{202e}evil", "\\u{202e}evil"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("two\nlines", "two lines"),
            ("Çaglar 🌉 שלום", "Çaglar 🌉 שלום"),
            ("https://user:pw@h.example/a?b=c", "https://***@h.example/a?b=c"),
            (
                "see https://h.example/?access_token=abc&d=e#f",
                "see https://h.example/?access_token=***&d=e#f",
            ),
            (
                "https://h.example/a?token=1&time=1:2@3",
                "https://h.example/a?token=1&time=1:2@3",
            ),
        ] {
            assert_eq!(Printable(text).to_string(), shown);
        }
    }

    #[test]
    fn escaped_json_is_still_the_same_value() {
        let value = "a\u{202e}b\u{e0041}\u{9b}";
        let json = escape_json(&serde_json::to_string(value).unwrap());
        assert!(json.is_ascii());
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), value);
    }
}
