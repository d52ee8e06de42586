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
    let mut key = match url.host() {
        Some(url::Host::Domain(_)) => host.rsplit('.').collect::<Vec<_>>().join(","),
        _ => host.to_owned(),
    };
    if let Some(port) = url.port() {
        key += &format!(":{port}");
    }
    let path = url.path().trim_end_matches('/');
    key += &format!("){}", if path.is_empty() { "/" } else { path });
    if let Some(query) = url.query().filter(|query| !query.is_empty()) {
        let mut parameters: Vec<String> = query.split('&').map(str::to_lowercase).collect();
        parameters.sort_unstable();
        key += &format!("?{}", parameters.join("&"));
    }
    // A space would end the key.
    key.to_lowercase().replace(' ', "%20")
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
            ("http://127.0.0.1/x", "127.0.0.1)/x"),
            ("http://www1/x", "www1)/x"),
            ("urn:sha256:00ff", "urn:sha256:00ff"),
        ] {
            assert_eq!(surt(address), key, "{address}");
        }
    }
}
