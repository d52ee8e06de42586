//! Reading the pieces of a foreign address: the name of a host, a number, a code, an address inside a query.
//! An id is followed by whatever copying left there (`)`, `"`, `.html`), but never by more letters or digits.

use url::Url;

use super::address::query;

/// How deep an address in the query of another is followed.
pub(super) const NESTING: usize = 4;

/// The longest id or handle that is taken for one, in bytes.
const LONGEST: usize = 200;

/// Longest name of a host, in bytes (RFC 1035, section 2.3.4, without length bytes and root).
pub(crate) const LONGEST_HOST: usize = 253;

/// Host of a web address, without the dot that may end a full name; `None` for other schemes, and where nothing is left
/// or more than a name can have.
pub(super) fn host(url: &Url) -> Option<&str> {
    matches!(url.scheme(), "http" | "https")
        .then(|| url.host_str())
        .flatten()
        .map(|host| host.trim_end_matches('.'))
        .filter(|host| (1..=LONGEST_HOST).contains(&host.len()))
}

/// What stands before `domain` in `host`, without its dot: empty for the domain itself.
pub(super) fn subdomain<'h>(host: &'h str, domain: &str) -> Option<&'h str> {
    match host.strip_suffix(domain)? {
        "" => Some(""),
        sub => sub.strip_suffix('.'),
    }
}

/// The longest beginning of `part` made of `allowed`, if it is neither empty nor cut off inside a word.
pub(super) fn run(part: &str, allowed: fn(char) -> bool) -> Option<&str> {
    let end = part.find(|c| !allowed(c)).unwrap_or(part.len());
    let complete = !part[end..].starts_with(char::is_alphanumeric);
    (complete && (1..=LONGEST).contains(&end)).then(|| &part[..end])
}

/// The number that `part` begins with: at most 20 digits, not beginning with 0.
pub(super) fn number(part: &str) -> Option<&str> {
    run(part, |c| c.is_ascii_digit()).filter(|digits| digits.len() <= 20 && !digits.starts_with('0'))
}

/// The ASCII letters and digits that `part` begins with.
pub(super) fn word(part: &str) -> Option<&str> {
    run(part, |c| c.is_ascii_alphanumeric())
}

/// The code that `part` begins with: ASCII letters, digits, `-` and `_`.
pub(super) fn code(part: &str) -> Option<&str> {
    run(part, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// The name that `part` begins with, without `@`: letters and digits of any script, `-`, `_`, `.`.
pub(super) fn name(part: &str) -> Option<&str> {
    let part = part.strip_prefix('@').unwrap_or(part);
    run(part, |c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')).filter(|name| *name != "." && *name != "..")
}

/// The address in the first of these parameters that holds one; `//host/…` and `host/…` are taken as https.
pub(super) fn inner(url: &Url, names: &[&str]) -> Option<Url> {
    names
        .iter()
        .filter_map(|name| query(url, name))
        .find_map(|value| match value.trim() {
            whole if whole.contains("://") => Url::parse(whole).ok(),
            rest => Url::parse(&format!("https://{}", rest.trim_start_matches('/'))).ok(),
        })
}
