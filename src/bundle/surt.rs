//! The key by which a CDXJ index is sorted: the address turned round (SURT), so that pages of one host stand together.

use url::Url;

/// The sort key of an address as the usual indexers write it: scheme and `www.` dropped, host reversed, lower case,
/// parameters in order. What is no web address is its own key.
pub(super) fn surt(address: &str) -> String {
    let Ok(url) = Url::parse(address) else {
        return address.to_owned();
    };
    let (true, Some(host)) = (matches!(url.scheme(), "http" | "https"), url.host_str()) else {
        return address.to_owned();
    };
    let host = without_www(host);
    let mut key = host.rsplit('.').collect::<Vec<_>>().join(",");
    if let Some(port) = url.port() {
        key += &format!(":{port}");
    }
    let path = least_escaped(url.path());
    let path = path.trim_end_matches('/');
    key += &format!("){}", if path.is_empty() { "/" } else { path });
    if let Some(query) = url.query().filter(|query| !query.is_empty()) {
        let query = least_escaped(query).to_lowercase();
        let mut parameters: Vec<&str> = query.split('&').collect();
        parameters.sort_unstable();
        key += &format!("?{}", parameters.join("&"));
    }
    key.to_lowercase()
}

/// The text with as few bytes escaped as may be: every escape undone, those in escapes too, and only `%`, `#` and what is no
/// visible ASCII escaped again. (A space would end the key.)
fn least_escaped(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    // Each round makes it shorter; nobody means more than a few.
    for _ in 0..8 {
        let undone = unescaped(&bytes);
        if undone.len() == bytes.len() {
            break;
        }
        bytes = undone;
    }
    let mut out = String::new();
    for byte in bytes {
        match byte {
            b'%' | b'#' | 0..=0x20 | 0x7f.. => out += &format!("%{byte:02X}"),
            visible => out.push(char::from(visible)),
        }
    }
    out
}

fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digit = |offset: usize| bytes.get(at + offset).and_then(|d| char::from(*d).to_digit(16));
        match (*byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

fn without_www(host: &str) -> &str {
    host.strip_prefix("www")
        .map(|rest| rest.trim_start_matches(|digit: char| digit.is_ascii_digit()))
        .and_then(|rest| rest.strip_prefix('.'))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_turned_round() {
        for (address, key) in [
            ("https://example.com/", "com,example)/"),
            ("http://www.Example.com:80/A/b/", "com,example)/a/b"),
            ("https://www2.example.co.uk/x?b=2&A=1", "uk,co,example)/x?a=1&b=2"),
            ("http://example.com:8080/?", "com,example:8080)/"),
            ("http://127.0.0.1/x", "1,0,0,127)/x"),
            ("http://www1/x", "www1)/x"),
            ("urn:sha256:00ff", "urn:sha256:00ff"),
            (
                "http://a.example/x?url=b.example%2fC&d=%C3%A9",
                "example,a)/x?d=%c3%a9&url=b.example/c",
            ),
            ("http://a.example/%2525 %23%7e", "example,a)/%25%20%23~"),
            ("http://a.example/100%", "example,a)/100%25"),
        ] {
            assert_eq!(surt(address), key, "{address}");
        }
    }
}
