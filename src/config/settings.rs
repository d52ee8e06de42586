//! What can be set, and what it is where nobody sets it; `examples/config.toml` explains it to users.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Deserializer, Serialize};
use toml::{Table, Value};
use url::Url;

use crate::platform;
use crate::schedule::Schedule;

/// Every setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who runs this, for site owners: an address or a page; stands in the User-Agent.
    pub contact: String,
    /// The whole User-Agent; empty: `citekeep/<version>` and the contact.
    pub user_agent: String,
    /// Whether robots.txt is asked for linked pages.
    pub robots: Robots,
    /// Hosts whose robots.txt is not asked.
    pub robots_ignore: Vec<String>,
    /// File of credentials (`HOST HEADER: VALUE`, one a line) that nobody else may read; empty: none.
    pub credentials: PathBuf,
    /// Sources that are not asked, e.g. `x.fx`.
    pub skip: BTreeSet<String>,
    /// File with X's queries in place of those that are built in; empty: none.
    pub x_queries: PathBuf,
    /// Politeness.
    pub pace: Pace,
    /// Bounds of a transfer.
    pub limit: Limit,
    /// How much of what a linked page needs to look right is kept with it.
    pub requisites: Requisites,
    /// How much is captured of the context of a cited post.
    pub context: Context,
    /// How much is kept of a film that is no file by itself.
    pub streams: Streams,
    /// What the guard lets pass.
    pub net: Net,
    /// Addresses of names, instead of asking DNS; `*` is every other name.
    pub hosts: BTreeMap<String, HostAddress>,
    /// By platform: addresses of posts that are known to be live, to tell a post that is gone from a source that is at fault.
    pub canary: BTreeMap<String, Vec<Url>>,
    /// What verdicts need.
    pub verdict: Verdict,
    /// How often what has its answer is captured again.
    pub schedule: Schedule,
    /// Who stands in an evidence bundle.
    pub export: Export,
    /// When witnesses are asked about the ledger.
    pub stamp: Stamp,
    /// Whether a web archive of others is asked for the copies that it has of what was captured here.
    pub copies: Copies,
    /// Whether a web archive of others is to capture, as well, what was captured here.
    pub submit: Submit,
    /// Programs of others that may get files of posts which no source gives.
    pub helpers: Helpers,
    /// Time stamping authorities (RFC 3161), by a name of the operator's.
    pub timestamp: BTreeMap<String, Url>,
    /// Files of the certificates (PEM) that are trusted for them, by the same names.
    pub timestamp_roots: BTreeMap<String, PathBuf>,
    /// Calendars of OpenTimestamps, by a name of the operator's.
    pub opentimestamps: BTreeMap<String, Url>,
    /// Base addresses of upstreams that are not the default ones, e.g. `x.syndication`.
    #[serde(deserialize_with = "flattened")]
    pub upstream: BTreeMap<String, Url>,
}

/// Whether robots.txt is respected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Robots {
    /// A page that it forbids is `refused/robots`.
    Respect,
    /// It is not asked for.
    Ignore,
}

/// Politeness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pace {
    /// Seconds between two requests to one host.
    pub delay: f64,
    /// Requests to one host at once.
    pub per_host: usize,
    /// Requests at once in all.
    pub total: usize,
    /// Seconds that a request waits for a host that asked to be left alone, before it is given back for later.
    pub patience: f64,
}

/// Bounds of a transfer: seconds, bytes, counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limit {
    /// Seconds to connect.
    pub connect: f64,
    /// Seconds until the response's headers are there.
    pub headers: f64,
    /// Seconds without a byte.
    pub idle: f64,
    /// Seconds for a whole response (media have a least rate instead).
    pub total: f64,
    /// Bytes of a page or answer.
    pub page: u64,
    /// Bytes of a media file.
    pub media: u64,
    /// Bytes of an article given as a file.
    pub article: u64,
    /// Redirects followed.
    pub redirects: usize,
    /// Tries after the first, within a run.
    pub retries: u32,
    /// Bytes that are to stay free on the archive's file system; 0: what there is may be used up.
    pub free: u64,
}

/// How much is kept, with each linked page, of the style sheets, pictures, fonts and icons that it shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Requisites {
    /// Files; 0: none is asked for.
    pub count: usize,
    /// Bytes after which no further file is asked for.
    pub bytes: u64,
    /// Seconds after which no further file is waited for.
    pub seconds: f64,
}

impl Default for Requisites {
    fn default() -> Requisites {
        Requisites {
            count: 0,
            bytes: 32 << 20,
            seconds: 60.0,
        }
    }
}

/// How much is captured, with each cited post, of what it quotes, answers or repeats, and of its author's own thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Context {
    /// Steps from the cited post; 0: none is captured.
    pub depth: usize,
    /// Posts altogether.
    pub posts: usize,
}

impl Default for Context {
    fn default() -> Context {
        Context { depth: 2, posts: 20 }
    }
}

/// How much is kept of the films of a post that are no files by themselves but playlists and segments.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Streams {
    /// Playlists and segments; 0: none is asked for.
    pub count: usize,
    /// Bytes after which no further one is asked for.
    pub bytes: u64,
    /// Seconds after which no further one is waited for.
    pub seconds: f64,
}

impl Default for Streams {
    fn default() -> Streams {
        Streams {
            count: 2_000,
            bytes: 2 << 30,
            seconds: 1_800.0,
        }
    }
}

/// What verdicts need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Verdict {
    /// Least seconds between two captures that both met with "not found", before that means "gone".
    pub spacing: f64,
}

impl Default for Verdict {
    fn default() -> Verdict {
        Verdict { spacing: 21_600.0 }
    }
}

/// Every address there is.
pub const EVERYWHERE: [IpNet; 2] = [
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0)),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0)),
];

/// What the guard lets pass besides public addresses on ports 80 and 443.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Net {
    /// Ranges that are asked although they are private, at any port.
    pub allow: Vec<IpNet>,
    /// Ports of public addresses besides 80 and 443.
    pub ports: Vec<u16>,
}

/// Who made the captures and answers for a bundle; one line each, empty: not named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Export {
    /// The organisation.
    pub organization: String,
    /// The person who collected, or who can be asked.
    pub collector: String,
    /// Where that person is reached.
    pub email: String,
    /// Handles of those whom a bundle names although handles are left out of it, e.g. of organisations.
    pub named: Vec<String>,
    /// File of the signing key; empty: `key.pem` beside the user's configuration file, if it is there.
    pub key: String,
}

/// When witnesses are asked about the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stamp {
    /// Whether `run` has them asked when it has done its work.
    pub runs: bool,
    /// Least seconds between two runs that ask the same witness.
    pub every: f64,
}

impl Default for Stamp {
    fn default() -> Stamp {
        Stamp {
            runs: false,
            every: 3600.0,
        }
    }
}

/// Whether, and how often, the Internet Archive is asked for the copies that it has of what was captured here.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Copies {
    /// Whether it is asked at all.
    pub on: bool,
    /// Most targets that a run asks about.
    pub count: usize,
    /// Seconds between two.
    pub delay: f64,
}

impl Default for Copies {
    fn default() -> Copies {
        Copies {
            on: false,
            count: 200,
            delay: 3.0,
        }
    }
}

/// Whether, and how often, the Internet Archive is asked to capture what was captured here.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Submit {
    /// Whether it is asked at all.
    pub on: bool,
    /// Least days between two submissions of one target.
    pub days: u16,
    /// Most submissions of one run.
    pub count: usize,
    /// Seconds between two submissions.
    pub delay: f64,
}

impl Default for Submit {
    fn default() -> Submit {
        Submit {
            on: false,
            days: 30,
            count: 100,
            delay: 10.0,
        }
    }
}

/// Which programs of others get files of posts which no source gives; they make connections of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Helpers {
    /// Whether yt-dlp gets videos and sounds.
    pub yt_dlp: bool,
    /// Whether gallery-dl gets pictures.
    pub gallery_dl: bool,
    /// Seconds after which one is ended.
    pub seconds: f64,
}

impl Default for Helpers {
    fn default() -> Helpers {
        Helpers {
            yt_dlp: false,
            gallery_dl: false,
            seconds: 600.0,
        }
    }
}

/// Address of a name; the port takes the place of the scheme's usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct HostAddress {
    /// The address.
    pub ip: IpAddr,
    /// The port, 0 for the scheme's own.
    pub port: u16,
}

impl TryFrom<String> for HostAddress {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<HostAddress, String> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(HostAddress { ip, port: 0 });
        }
        let socket: SocketAddr = text
            .parse()
            .map_err(|_| format!("`{text}` is not an IP address, with or without a port"))?;
        Ok(HostAddress {
            ip: socket.ip(),
            port: socket.port(),
        })
    }
}

impl From<HostAddress> for String {
    fn from(address: HostAddress) -> String {
        match address.port {
            0 => address.ip.to_string(),
            port => SocketAddr::new(address.ip, port).to_string(),
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            contact: String::new(),
            user_agent: String::new(),
            robots: Robots::Respect,
            robots_ignore: Vec::new(),
            credentials: PathBuf::new(),
            skip: platform::skipped_by_default(),
            x_queries: PathBuf::new(),
            pace: Pace::default(),
            limit: Limit::default(),
            requisites: Requisites::default(),
            context: Context::default(),
            streams: Streams::default(),
            net: Net::default(),
            hosts: BTreeMap::new(),
            canary: BTreeMap::new(),
            verdict: Verdict::default(),
            schedule: Schedule::default(),
            export: Export::default(),
            stamp: Stamp::default(),
            copies: Copies::default(),
            submit: Submit::default(),
            helpers: Helpers::default(),
            timestamp: BTreeMap::new(),
            timestamp_roots: BTreeMap::new(),
            opentimestamps: BTreeMap::new(),
            upstream: BTreeMap::new(),
        }
    }
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            delay: 1.0,
            per_host: 1,
            total: 16,
            patience: 60.0,
        }
    }
}

impl Default for Limit {
    fn default() -> Limit {
        Limit {
            connect: 10.0,
            headers: 30.0,
            idle: 30.0,
            total: 300.0,
            page: 64 << 20,
            media: 2 << 30,
            article: 64 << 20,
            redirects: 10,
            retries: 2,
            free: 512 << 20,
        }
    }
}

/// `[upstream]` may hold `"x.syndication" = "…"` as well as `[upstream.x] syndication = "…"`.
fn flattened<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<BTreeMap<String, Url>, D::Error> {
    use serde::de::Error;
    let mut flat = BTreeMap::new();
    for (name, value) in Table::deserialize(deserializer)? {
        let entries = match value {
            Value::Table(table) => table.into_iter().map(|(key, v)| (format!("{name}.{key}"), v)).collect(),
            value => vec![(name, value)],
        };
        for (name, value) in entries {
            let text = value
                .as_str()
                .ok_or_else(|| D::Error::custom(format!("upstream.{name} is not a text")))?;
            let url = Url::parse(text).map_err(|e| D::Error::custom(format!("upstream.{name}: {e}")))?;
            flat.insert(name, url);
        }
    }
    Ok(flat)
}
