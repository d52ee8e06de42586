//! Credentials: which secret headers go to which origin, and that nothing of them is kept. Lines of a file that nobody else may
//! read, and environment variables; never arguments. They go to the very origin that a line names and never along with a
//! redirect; in what is stored a marker stands in their place.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use memchr::memmem;
use url::Url;

use crate::error::{Error, Result};
use crate::exchange::{Body, Exchange, Failure, NOT_KEPT, Purpose, SECRET_HEADERS, SecretForm};
use crate::outcome::Outcome;

/// Environment variables with this beginning hold one line each.
const VARIABLE: &str = "CITEKEEP_CREDENTIAL_";

/// Most bytes of the file.
const LONGEST: u64 = 64 << 10;

/// Shorter tokens, and shorter values of cookies, are no secret by themselves, and would be found in anything.
const SHORTEST: (usize, usize) = (8, 12);

/// The secret headers of each origin.
#[derive(Debug, Default)]
pub struct Credentials(BTreeMap<String, Vec<Secret>>);

/// A header whose value nobody gets to see.
struct Secret {
    name: &'static str,
    value: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ***", self.name)
    }
}

impl Credentials {
    /// Reads those of `file`, if one is set, and of the environment, which count more.
    ///
    /// # Errors
    /// If the file cannot be read or others may read it, or a line is malformed; the error shows no secret.
    pub fn load(file: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Credentials> {
        let mut credentials = Credentials::default();
        if !file.as_os_str().is_empty() {
            let text = private_text(file)?;
            for (number, line) in (1..).zip(text.lines()) {
                let line = line.trim();
                if !line.is_empty() && !line.starts_with('#') {
                    credentials.add(line, &format!("credentials, line {number} of {}", file.display()))?;
                }
            }
        }
        for (name, line) in environment.filter(|(name, _)| name.starts_with(VARIABLE)) {
            credentials.add(&line, &name)?;
        }
        Ok(credentials)
    }

    /// Adds `HOST HEADER: VALUE`; HOST may be a whole origin (`http://HOST:PORT`), else it is that of `https`.
    fn add(&mut self, line: &str, place: &str) -> Result<()> {
        let wrong = |why: &str| Error::Config {
            what: place.to_owned(),
            why: why.to_owned(),
        };
        let (host, header) = line
            .split_once(char::is_whitespace)
            .ok_or_else(|| wrong("is not `HOST HEADER: VALUE`"))?;
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| wrong("is not `HOST HEADER: VALUE`"))?;
        let name = name.trim().to_ascii_lowercase();
        let name = SECRET_HEADERS
            .into_iter()
            .find(|known| *known == name)
            .ok_or_else(|| wrong(&format!("the header is none of {}", SECRET_HEADERS.join(", "))))?;
        let value = value.trim();
        if value.is_empty() || value.bytes().any(|b| !(b' '..=b'~').contains(&b)) {
            return Err(wrong("the value is not plain ASCII"));
        }
        let address = match host.contains("://") {
            true => host.to_owned(),
            false => format!("https://{host}"),
        };
        let url = Url::parse(&address)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.username().is_empty())
            .ok_or_else(|| wrong("names no host"))?;
        let secrets = self.0.entry(url.origin().ascii_serialization()).or_default();
        secrets.retain(|secret| secret.name != name);
        let value = value.to_owned();
        secrets.push(Secret { name, value });
        Ok(())
    }

    /// Origins and names of headers, without any secret.
    pub fn named(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.0
            .iter()
            .flat_map(|(origin, secrets)| secrets.iter().map(move |secret| (origin.as_str(), secret.name)))
    }

    /// Every secret as it is, as JSON and HTML have it, and as it stands in an address.
    #[must_use]
    pub fn forms(&self) -> Vec<SecretForm> {
        let mut forms: Vec<SecretForm> = Vec::new();
        for (origin, secret) in self
            .0
            .iter()
            .flat_map(|(origin, secrets)| secrets.iter().map(move |s| (origin, s)))
        {
            for part in secret.parts() {
                let json = serde_json::Value::from(part).to_string();
                let written = [
                    part.to_owned(),
                    json.trim_matches('"').to_owned(),
                    part.replace('&', "&amp;")
                        .replace('<', "&lt;")
                        .replace('>', "&gt;")
                        .replace('"', "&quot;"),
                    url::form_urlencoded::byte_serialize(part.as_bytes()).collect(),
                ];
                for text in written {
                    if !forms.iter().any(|form| form.bytes == text.as_bytes()) {
                        forms.push(SecretForm {
                            origin: origin.clone(),
                            header: secret.name,
                            bytes: text.into_bytes(),
                        });
                    }
                }
            }
        }
        forms
    }

    /// Whether there are some for the origin of `url`.
    pub fn are_for(&self, url: &Url) -> bool {
        self.0.contains_key(&url.origin().ascii_serialization())
    }

    /// The headers to send to `url`: what was asked for, and the secrets of its origin in place of others of that name.
    pub fn headers(&self, url: &Url, asked: &[(String, String)]) -> Vec<(String, String)> {
        let secrets = self
            .0
            .get(&url.origin().ascii_serialization())
            .map_or(&[][..], Vec::as_slice);
        let mut headers: Vec<(String, String)> = asked.to_vec();
        headers.retain(|(name, _)| !secrets.iter().any(|secret| secret.name == name));
        headers.extend(secrets.iter().map(|s| (s.name.to_owned(), s.value.clone())));
        headers
    }

    /// Takes what was secret out of an exchange that credentials were sent with. Cookies that came back are secret as well. An
    /// answer that repeats a secret loses the header or body that holds it.
    pub fn withhold(&self, exchange: &mut Exchange) {
        let Some(secrets) = self.0.get(&exchange.url.origin().ascii_serialization()) else {
            return;
        };
        let parts: Vec<&str> = secrets.iter().flat_map(Secret::parts).collect();
        let holds = |bytes: &[u8]| parts.iter().any(|part| memmem::find(bytes, part.as_bytes()).is_some());
        let mut repeated = false;
        for (name, value) in &mut exchange.response_headers {
            if name == "set-cookie" || holds(value.as_bytes()) {
                repeated |= name == "location";
                NOT_KEPT.clone_into(value);
            }
        }
        if let Body::Inline(bytes) = &exchange.body {
            repeated |= match exchange.decoded() {
                Ok(decoded) => holds(&decoded) || holds(bytes),
                // What cannot be looked into may hold anything.
                Err(_) => true,
            };
        }
        if repeated {
            (exchange.body, exchange.body_sha256) = (Body::None, None);
            exchange.failure = Some(Failure {
                outcome: Outcome::Refused,
                reason: "secret_in_answer",
                detail: "the answer may repeat the credential that was sent, so it is not kept".to_owned(),
            });
        }
    }
}

impl Secret {
    /// What must not be found anywhere: the value, the token behind its scheme, the values of its cookies.
    fn parts(&self) -> Vec<&str> {
        let mut parts = vec![self.value.as_str()];
        if self.name == "cookie" {
            let values = self
                .value
                .split(';')
                .filter_map(|cookie| Some(cookie.split_once('=')?.1.trim()));
            parts.extend(values.filter(|value| value.len() >= SHORTEST.1));
        } else {
            parts.extend(self.value.rsplit(' ').next().filter(|token| token.len() >= SHORTEST.0));
        }
        parts
    }
}

/// Whether credentials go with a request of this purpose. Files of a post lie on open hosts, and their bodies are too large to be
/// looked through.
pub fn may_go_with(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Article | Purpose::Page | Purpose::Api)
}

/// The text of a file that only its owner may read.
fn private_text(file: &Path) -> Result<String> {
    let failed = |source| Error::Io {
        what: "cannot read the credentials",
        path: file.to_owned(),
        source,
    };
    let open = File::open(file).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = open.metadata().map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Error::Config {
                what: "credentials".to_owned(),
                why: format!(
                    "others may read {} (mode {:o}); `chmod 600` it, and change what is in it",
                    file.display(),
                    mode & 0o777
                ),
            });
        }
    }
    let mut text = String::new();
    open.take(LONGEST + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LONGEST {
        return Err(Error::Config {
            what: "credentials".to_owned(),
            why: format!("{} is larger than {LONGEST} bytes", file.display()),
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn of(lines: &[&str]) -> Result<Credentials> {
        let variables = lines
            .iter()
            .enumerate()
            .map(|(n, line)| (format!("{VARIABLE}{n}"), (*line).to_owned()));
        Credentials::load(Path::new(""), variables)
    }

    #[test]
    fn a_secret_goes_to_the_very_origin_that_its_line_names() {
        let credentials = of(&[
            "api.river.example Authorization: Bearer abcdefgh1234",
            "http://here.test:8080 cookie: session=klmnopqr5678",
        ])
        .unwrap();
        for (address, sent) in [
            ("https://api.river.example/2/x", 1),
            ("https://API.river.example:443/", 1),
            ("http://api.river.example/", 0),
            ("https://api.river.example:8443/", 0),
            ("https://river.example/", 0),
            ("https://x.api.river.example/", 0),
            ("https://api.river.example.evil.example/", 0),
            ("http://here.test:8080/a", 1),
            ("http://here.test/a", 0),
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!(credentials.headers(&url, &[]).len(), sent, "{address}");
            assert_eq!(credentials.are_for(&url), sent == 1, "{address}");
        }
        let asked = [("authorization".to_owned(), "Bearer public".to_owned())];
        let url = Url::parse("https://api.river.example/").unwrap();
        let sent = credentials.headers(&url, &asked);
        assert_eq!((sent.len(), sent[0].1.as_str()), (1, "Bearer abcdefgh1234"));
    }

    #[test]
    fn a_malformed_line_is_named_without_its_secret() {
        for line in [
            "api.river.example",
            "api.river.example abcdefgh1234",
            "api.river.example x-forwarded-for: abcdefgh1234",
            "api.river.example authorization: abcdefgh1234\u{7}",
            "api.river.example authorization:",
            "ftp://api.river.example authorization: abcdefgh1234",
            "https://ada:abcdefgh1234@api.river.example authorization: abcdefgh1234",
        ] {
            let said = of(&[line]).err().unwrap().to_string();
            assert!(said.contains("CITEKEEP_CREDENTIAL_0"), "{said}");
            assert!(!said.contains("abcdefgh"), "{said}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "# ours\n\nriver.example cookie: session=klmnopqr5678\n").unwrap();
        let load = |mode| {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            Credentials::load(file.path(), std::iter::empty()).map(|c| c.0.len())
        };
        assert_eq!(load(0o600).unwrap(), 1);
        assert_eq!(load(0o400).unwrap(), 1);
        for mode in [0o640, 0o604, 0o644, 0o660, 0o610] {
            assert!(load(mode).unwrap_err().to_string().contains("chmod 600"), "{mode:o}");
        }
    }

    #[test]
    fn an_answer_that_repeats_a_secret_is_not_kept() {
        let credentials = of(&["upstream.example cookie: session=klmnopqr5678; lang=en"]).unwrap();
        for (body, header, kept) in [
            (&b"{\"ok\":true}"[..], "text/plain", true),
            (b"{\"echo\":\"klmnopqr5678\"}", "text/plain", false),
            (b"lang=en", "x klmnopqr5678", true),
        ] {
            let mut exchange = answered(200, body);
            exchange.response_headers.push(("x-echo".into(), header.into()));
            exchange
                .response_headers
                .push(("set-cookie".into(), "session=fresh".into()));
            credentials.withhold(&mut exchange);
            assert_eq!(exchange.failure.is_none(), kept);
            assert_eq!(exchange.body != Body::None, kept);
            assert!(!format!("{exchange:?}").contains("klmnopqr"));
            assert!(!format!("{exchange:?}").contains("fresh"));
        }
    }

    #[test]
    fn nothing_that_is_printed_for_a_developer_shows_a_secret() {
        let credentials = of(&["river.example cookie: session=klmnopqr5678"]).unwrap();
        assert_eq!(format!("{:?}", credentials.0["https://river.example"]), "[cookie: ***]");
    }
}
