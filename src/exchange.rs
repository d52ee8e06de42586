//! One HTTP request and its response as they crossed the wire. Pure data: `fetch` fills it, `platform`
//! reads it, `store` keeps it.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use url::Url;

use crate::clock::Timestamp;
use crate::outcome::Outcome;

mod decode;
mod recorded;
pub mod saved;
#[cfg(test)]
pub mod testing;

use decode::beginning;
pub use decode::{DECODED_LIMIT, DecodeError, RATIO_LIMIT, decode};
pub use recorded::{Digests, FileOfOthers, Recorded};

/// What a request is for; chooses limits, headers and whether robots.txt is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The article itself.
    Article,
    /// A page that an article links to.
    Page,
    /// A platform's or web archive's endpoint; robots.txt is not asked.
    Api,
    /// A photo, video or other file of a post.
    Media,
    /// robots.txt itself.
    Robots,
}

impl Purpose {
    /// The word that stands in the archive.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Purpose::Article => "article",
            Purpose::Page => "page",
            Purpose::Api => "api",
            Purpose::Media => "media",
            Purpose::Robots => "robots",
        }
    }

    /// The purpose of this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Purpose> {
        use Purpose::{Api, Article, Media, Page, Robots};
        [Article, Page, Api, Media, Robots]
            .into_iter()
            .find(|purpose| purpose.word() == word)
    }
}

/// Request headers that carry secrets: their values are never kept, whoever set them.
pub const SECRET_HEADERS: [&str; 5] = ["authorization", "cookie", "x-csrf-token", "x-guest-token", "x-api-key"];

/// One way in which a secret may be written, to be looked for.
#[derive(Clone)]
pub struct SecretForm {
    /// The origin that it is for.
    pub origin: String,
    /// The header that it goes with.
    pub header: &'static str,
    /// What must not be found.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for SecretForm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}: ***", self.origin, self.header)
    }
}

/// What stands in the place of a value that is not kept.
pub const NOT_KEPT: &str = "[not kept]";

/// What stands in the place of a credential of ours that was sent and is not kept.
pub const CREDENTIAL: &str = "[credential, not kept]";

/// What to ask for: a GET, or a POST where there is something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The address, without fragment.
    pub url: Url,
    /// Why it is asked.
    pub purpose: Purpose,
    /// Extra headers, lower-case names; `fetch` adds its own (user-agent, accept-encoding …).
    pub headers: Vec<(String, String)>,
    /// Whether redirects are followed (each hop is an exchange of its own) or left to the caller to read.
    pub follow: bool,
    /// The body of a POST; it is sent to the address itself and along no redirect.
    pub body: Option<Bytes>,
}

impl Request {
    /// A plain request that follows redirects.
    #[must_use]
    pub fn new(url: Url, purpose: Purpose) -> Request {
        Request {
            url,
            purpose,
            headers: Vec::new(),
            follow: true,
            body: None,
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Request {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same as a POST of this body, whose redirects are not followed.
    #[must_use]
    pub fn posting(mut self, body: impl Into<Bytes>) -> Request {
        self.body = Some(body.into());
        self.without_redirects()
    }

    /// The same, but a redirect is the answer.
    #[must_use]
    pub fn without_redirects(mut self) -> Request {
        self.follow = false;
        self
    }
}

/// Why a body is not whole; the words are those of WARC 1.1 `WARC-Truncated`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truncated {
    /// Our limit of size was reached.
    Length,
    /// Our limit of time was reached.
    Time,
    /// The connection broke, or the length did not match what was announced.
    Disconnect,
}

impl Truncated {
    /// The word that stands in the archive.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Truncated::Length => "length",
            Truncated::Time => "time",
            Truncated::Disconnect => "disconnect",
        }
    }

    /// The reason of this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Truncated> {
        [Truncated::Length, Truncated::Time, Truncated::Disconnect]
            .into_iter()
            .find(|truncated| truncated.word() == word)
    }
}

/// Why there is no response, or no whole one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it amounts to.
    pub outcome: Outcome,
    /// Reason code: a few fixed words joined by `_`, e.g. `refused_address`, `dns`, `connect`, `tls`, `timeout_headers`.
    pub reason: &'static str,
    /// One line for a person.
    pub detail: String,
}

/// Where the bytes of a body are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// There is none (no response, or an answer that has no body).
    None,
    /// In memory, as received (still content-encoded).
    Inline(Bytes),
    /// Staged in the archive under this upload id.
    Staged(i64),
}

/// The part of a whole that a 206 brings (RFC 9110 §14.4), in bytes from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRange {
    /// First byte.
    pub first: u64,
    /// Last byte, within `total`.
    pub last: u64,
    /// Bytes of the whole.
    pub total: u64,
}

/// A body that broke off, staged in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Its upload id.
    pub id: i64,
    /// What the server calls this state of the file: its strong ETag, else its Last-Modified.
    pub validator: String,
    /// Bytes of the whole, as the server announced them.
    pub total: u64,
    /// Bytes staged so far, at most `total`.
    pub length: u64,
    /// Pieces staged so far.
    pub pieces: u64,
}

/// One request and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The address asked, without credentials and fragment.
    pub url: Url,
    /// Why it was asked.
    pub purpose: Purpose,
    /// Request headers as sent, secrets replaced by a marker. Before those of a POST stand `:method` and,
    /// if it is one line of text, `:body`.
    pub request_headers: Vec<(String, String)>,
    /// Our clock when the request was sent.
    pub started: Timestamp,
    /// Our clock when the last byte came, or the attempt was given up.
    pub ended: Timestamp,
    /// The connected peer.
    pub remote: Option<SocketAddr>,
    /// `HTTP/1.1` or `HTTP/2.0`, if there was a response.
    pub http_version: Option<&'static str>,
    /// Status code, if there was a response.
    pub status: Option<u16>,
    /// Response headers in the order received, names lower-case; values as bytes turned into text by Latin-1.
    pub response_headers: Vec<(String, String)>,
    /// Leaf certificate (DER) of the server, over TLS.
    pub certificate: Option<Bytes>,
    /// The body as received. Of a part (206) that went on with what earlier tries had received it is the whole file, of which
    /// this exchange brought the `body_length` bytes from the first of its `Content-Range` on. Of a media transfer that broke
    /// off and may be taken up again there is none.
    pub body: Body,
    /// Bytes of the body that this exchange brought.
    pub body_length: u64,
    /// SHA-256 of `body`, if there is one.
    pub body_sha256: Option<[u8; 32]>,
    /// Why the body is not whole.
    pub truncated: Option<Truncated>,
    /// Why there is no response, or no whole one.
    pub failure: Option<Failure>,
    /// The record of somebody else's web archive that it was taken from; `None`: we made it ourselves.
    pub recorded: Option<Box<Recorded>>,
}

impl Exchange {
    /// What came of a request without a response, at this moment of our clock.
    #[must_use]
    pub fn without_response(url: &Url, purpose: Purpose, at: Timestamp, failure: Failure) -> Exchange {
        let mut url = url.clone();
        // Credentials are not kept; these cannot fail on an address with a host, and others have none.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Exchange {
            url,
            purpose,
            request_headers: Vec::new(),
            started: at,
            ended: at,
            remote: None,
            http_version: None,
            status: None,
            response_headers: Vec::new(),
            certificate: None,
            body: Body::None,
            body_length: 0,
            body_sha256: None,
            truncated: None,
            failure: Some(failure),
            recorded: None,
        }
    }

    /// The first response header of this (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response_headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// The body with its content codings undone, bounded in size and ratio; empty if the body is not in memory.
    ///
    /// # Errors
    /// If the coding is unknown, broken, or unpacks beyond the limits.
    pub fn decoded(&self) -> Result<Vec<u8>, DecodeError> {
        match &self.body {
            Body::Inline(bytes) => decode(bytes, self.header("content-encoding").unwrap_or(""), DECODED_LIMIT),
            Body::None | Body::Staged(_) => Ok(Vec::new()),
        }
    }

    /// The first bytes of the body with its content coding undone, at most so many, or until they are `enough`; what cannot be
    /// unpacked is missing.
    #[must_use]
    pub fn beginning(&self, most: usize, enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        match &self.body {
            Body::Inline(bytes) => beginning(bytes, self.header("content-encoding").unwrap_or(""), most, enough),
            Body::None | Body::Staged(_) => Vec::new(),
        }
    }

    /// Where a redirect points, resolved against the address asked.
    #[must_use]
    pub fn location(&self) -> Option<Url> {
        matches!(self.status, Some(301 | 302 | 303 | 307 | 308))
            .then(|| self.header("location"))
            .flatten()
            .and_then(|l| self.url.join(l).ok())
    }

    /// Which part of the whole an answer says it is; `None` if it does not say so in bytes and in full.
    #[must_use]
    pub fn content_range(&self) -> Option<ContentRange> {
        let (range, total) = self.header("content-range")?.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last, total) = (first.parse().ok()?, last.parse().ok()?, total.parse().ok()?);
        (first <= last && last < total).then_some(ContentRange { first, last, total })
    }

    /// The first byte of the part that this exchange brought of a body that earlier ones began; `None` if it brought a body by
    /// itself.
    #[must_use]
    pub fn went_on_from(&self) -> Option<u64> {
        let asked = self.request_headers.iter().any(|(name, _)| name == "range");
        let part = self.content_range().filter(|_| asked && self.status == Some(206))?;
        Some(part.first)
    }

    /// Whether the server says that the body is a web page.
    #[must_use]
    pub fn is_html(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        ["text/html", "application/xhtml+xml"]
            .iter()
            .any(|html| kind.eq_ignore_ascii_case(html))
    }

    /// Whether its body broke off and is staged for another try.
    #[must_use]
    pub fn is_left_unfinished(&self) -> bool {
        let broke = |failure: &Failure| matches!(failure.reason, "body_cut" | "timeout_body" | "too_slow");
        self.failure.as_ref().is_some_and(broke) && self.body == Body::None && self.body_length > 0
    }

    /// Whether a credential of ours was sent.
    #[must_use]
    pub fn has_credential(&self) -> bool {
        self.request_headers.iter().any(|(_, value)| value == CREDENTIAL)
    }

    /// Whether a whole response came.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.status.is_some() && self.failure.is_none() && self.truncated.is_none()
    }
}
