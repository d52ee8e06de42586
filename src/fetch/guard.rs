//! Keeps us from asking private addresses, whatever an article, a redirect or a name server says. Asked three times
//! on every hop: of the address as written, of every answer of the resolver, and of the peer that was connected.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use url::{Host, Url};

use crate::config::{Config, EVERYWHERE, HostAddress};

/// Why an address is not asked. The reason code is the first word; the rest is for a person.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Neither http nor https.
    #[error("the scheme `{0}` is not fetched")]
    Scheme(String),
    /// It carries a user name or password.
    #[error("addresses with user name or password are not asked")]
    Credentials,
    /// A port that web sites do not use.
    #[error("port {0} is not asked")]
    Port(u16),
    /// A name of the local network.
    #[error("`{0}` is a local name")]
    Name(String),
    /// An address that is not public.
    #[error("{0} is not a public address ({1})")]
    Address(IpAddr, &'static str),
}

impl Refusal {
    /// The reason code.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Refusal::Scheme(_) => "refused_scheme",
            Refusal::Credentials => "refused_credentials",
            Refusal::Port(_) => "refused_port",
            Refusal::Name(_) => "refused_name",
            Refusal::Address(..) => "refused_address",
        }
    }
}

/// What the settings let pass besides public addresses on ports 80 and 443.
#[derive(Debug, Clone)]
pub struct Guard {
    allowed: Vec<IpNet>,
    ports: Vec<u16>,
    hosts: BTreeMap<String, HostAddress>,
}

impl Guard {
    /// The guard of these settings.
    #[must_use]
    pub fn new(config: &Config) -> Guard {
        Guard {
            allowed: config.net.allow.clone(),
            ports: config.net.ports.clone(),
            hosts: config.hosts.clone(),
        }
    }

    /// Checks an address as written.
    ///
    /// # Errors
    /// If it must not be asked.
    pub fn check_url(&self, url: &Url) -> Result<(), Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(Host::Domain(name)) => {
                // A local name leads anywhere, so only who lets every address pass may use one.
                if self.host(name).is_none()
                    && is_local(name)
                    && !EVERYWHERE.iter().all(|all| self.allowed.contains(all))
                {
                    return Err(Refusal::Name(name.to_owned()));
                }
                None
            }
            None => return Err(Refusal::Name(String::new())),
        };
        if let Some(ip) = literal {
            self.check_ip(ip)?;
            if self.is_allowed(ip) {
                return Ok(());
            }
        }
        match url.port() {
            None => Ok(()),
            Some(port) if matches!(port, 80 | 443) || self.ports.contains(&port) => Ok(()),
            // A name that the settings point somewhere is the operator's own affair, port and all.
            Some(_) if url.domain().is_some_and(|name| self.host(name).is_some()) => Ok(()),
            Some(port) => Err(Refusal::Port(port)),
        }
    }

    /// Checks an IP address.
    ///
    /// # Errors
    /// If it is neither public nor let pass.
    pub fn check_ip(&self, ip: IpAddr) -> Result<(), Refusal> {
        match classify(ip) {
            Err(why) if !self.is_allowed(ip) => Err(Refusal::Address(ip, why)),
            _ => Ok(()),
        }
    }

    fn is_allowed(&self, ip: IpAddr) -> bool {
        self.allowed.iter().any(|range| range.contains(&ip))
    }

    /// The address that the settings give a name.
    pub(super) fn host(&self, name: &str) -> Option<HostAddress> {
        self.hosts
            .get(name.trim_end_matches('.'))
            .or_else(|| self.hosts.get("*"))
            .copied()
    }
}

/// Names that never lead out of the local network (RFC 6761, 6762, 8375, 9476 and what networks use in practice).
fn is_local(name: &str) -> bool {
    const SUFFIXES: [&str; 8] = [
        "localhost",
        "local",
        "internal",
        "intranet",
        "lan",
        "home.arpa",
        "corp",
        "onion",
    ];
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let under = |suffix: &str| {
        name.strip_suffix(suffix)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    !name.contains('.') || SUFFIXES.iter().any(|s| under(s))
}

/// Whether an address is globally reachable (IANA's special-purpose registries, RFC 6890), or why not. Forms of IPv6
/// that carry an IPv4 address are judged by it where a gateway could follow it, and refused where only tunnels could.
///
/// # Errors
/// The kind of special address that it is.
pub fn classify(ip: IpAddr) -> Result<(), &'static str> {
    match ip {
        IpAddr::V4(ip) => classify_v4(ip),
        IpAddr::V6(ip) => classify_v6(ip),
    }
}

fn classify_v4(ip: Ipv4Addr) -> Result<(), &'static str> {
    match ip.octets() {
        [0, ..] => Err("this network"),
        [10, ..] | [192, 168, ..] => Err("private"),
        [172, b, ..] if (16..32).contains(&b) => Err("private"),
        [100, b, ..] if (64..128).contains(&b) => Err("carrier-grade NAT"),
        [127, ..] => Err("loopback"),
        [169, 254, ..] => Err("link-local"),
        [168, 63, 129, 16] => Err("cloud platform"),
        [192, 0, 0, _] => Err("protocol assignments"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Err("documentation"),
        [192, 88, 99, _] => Err("6to4 relay"),
        [198, 18 | 19, ..] => Err("benchmarking"),
        [224..=239, ..] => Err("multicast"),
        [240..=255, ..] => Err("reserved"),
        _ => Ok(()),
    }
}

fn classify_v6(ip: Ipv6Addr) -> Result<(), &'static str> {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        classify_v4(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Err("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Err("loopback"),
        [0, 0, 0, 0, 0, 0xffff, high, low] => embedded(high, low),
        [0, 0, 0, 0, 0 | 0xffff, 0, _, _] => Err("IPv4-compatible"),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x64, 0xff9b, ..] => Err("local NAT64"),
        [0x100, 0, 0, 0 | 1, ..] => Err("discard"),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Err("documentation"),
        [0x2001, 0..=0x01ff, ..] => Err("Teredo and protocol assignments"),
        [0x2002, ..] => Err("6to4"),
        [0x5f00, ..] => Err("segment routing"),
        [first, ..] if first & 0xfe00 == 0xfc00 => Err("private"),
        [first, ..] if first & 0xffc0 == 0xfe80 => Err("link-local"),
        [first, ..] if first & 0xffc0 == 0xfec0 => Err("site-local"),
        [first, ..] if first & 0xff00 == 0xff00 => Err("multicast"),
        // Only 2000::/3 is handed out as global unicast.
        [first, ..] if first & 0xe000 != 0x2000 => Err("reserved"),
        _ => Ok(()),
    }
}

/// The resolver that the HTTP client asks: one bad address among a name's refuses the name, because the next
/// connection could be to that one.
pub struct GuardedResolver(pub Arc<Guard>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = match guard.host(name.as_str()) {
                Some(HostAddress { ip, port }) => vec![SocketAddr::new(ip, port)],
                None => tokio::net::lookup_host((name.as_str(), 0)).await?.collect(),
            };
            if addresses.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
            }
            for address in &addresses {
                guard.check_ip(address.ip())?;
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(allow: &[&str], hosts: &[(&str, &str)]) -> Guard {
        let mut config = Config::default();
        config.net.allow = allow.iter().map(|r| r.parse().unwrap()).collect();
        config.hosts = hosts
            .iter()
            .map(|(n, a)| ((*n).to_owned(), HostAddress::try_from((*a).to_owned()).unwrap()))
            .collect();
        Guard::new(&config)
    }

    #[test]
    fn every_spelling_of_a_private_address_is_refused() {
        let guard = guard(&[], &[]);
        for address in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://0/",
            "http://0.0.0.0/",
            "http://2130706433/",
            "http://017700000001/",
            "http://0177.0.0.1/",
            "http://0x7f000001/",
            "http://0x7f.1/",
            "http://１２７.０.０.１/",
            "http://127。0。0。1/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::127.0.0.1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[::ffff:7f00:1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[64:ff9b:1::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:7f00:1::]/",
            "http://169.254.169.254/",
            "http://100.100.100.200/",
            "http://168.63.129.16/",
            "http://192.0.0.192/",
            "http://[fd00:ec2::254]/",
            "http://[fe80::1]/",
            "http://[fec0::1]/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://198.18.0.1/",
            "http://10.1.2.3/",
            "http://172.31.0.1/",
            "http://192.168.1.1/",
            "http://[::ffff:0:127.0.0.1]/",
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!(
                guard.check_url(&url).map_err(|r| r.reason()),
                Err("refused_address"),
                "{address}"
            );
        }
    }

    #[test]
    fn local_names_odd_ports_other_schemes_and_credentials_are_refused() {
        let guard = guard(&[], &[]);
        for (address, reason) in [
            ("http://localhost./", "refused_name"),
            ("http://x.localhost/", "refused_name"),
            ("http://metadata.google.internal/", "refused_name"),
            ("http://intranet/", "refused_name"),
            ("http://printer.local/", "refused_name"),
            ("http://a.example:25/", "refused_port"),
            ("http://a.example:22/", "refused_port"),
            ("file:///etc/passwd", "refused_scheme"),
            ("gopher://a.example/", "refused_scheme"),
            ("data:text/plain,x", "refused_scheme"),
            ("http://user:password@a.example/", "refused_credentials"),
            ("http://public.example@127.0.0.1/", "refused_credentials"),
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!(guard.check_url(&url).map_err(|r| r.reason()), Err(reason), "{address}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        let guard = guard(&[], &[]);
        for address in [
            "http://a.example/",
            "https://a.example:443/x",
            "http://93.184.216.34/",
            "https://[2606:2800:220:1::1]/",
        ] {
            assert_eq!(guard.check_url(&Url::parse(address).unwrap()), Ok(()), "{address}");
        }
    }

    #[test]
    fn an_allowed_range_passes_at_any_port_and_nothing_else_does() {
        let guard = guard(&["127.0.0.0/8"], &[("news.example", "127.0.0.1:8080")]);
        let check = |address: &str| guard.check_url(&Url::parse(address).unwrap()).map_err(|r| r.reason());
        assert_eq!(check("http://127.0.0.1:8080/"), Ok(()));
        assert_eq!(check("http://10.0.0.1:8080/"), Err("refused_address"));
        assert_eq!(check("http://news.example:8443/"), Ok(()));
        assert_eq!(check("http://other.example:8443/"), Err("refused_port"));
    }

    #[tokio::test]
    async fn a_name_with_one_private_address_is_refused() {
        let resolver = GuardedResolver(Arc::new(guard(&[], &[("bad.example", "10.0.0.5")])));
        let error = resolver.resolve("bad.example".parse().unwrap()).await.err().unwrap();
        assert_eq!(error.downcast_ref::<Refusal>().unwrap().reason(), "refused_address");
    }

    #[test]
    fn only_toward_an_address_of_the_operators_own_is_a_local_one_let_pass() {
        for address in [
            "http://localhost:9000/x",
            "http://127.0.0.1:9000/",
            "http://[fd00::1]:9000/",
            "http://monitor.lan/",
        ] {
            let url = Url::parse(address).unwrap();
            let config = Config::default();
            assert!(Guard::new(&config).check_url(&url).is_err(), "{address}");
            assert_eq!(
                Guard::new(&config.toward_own(&url)).check_url(&url),
                Ok(()),
                "{address}"
            );
        }
        let url = Url::parse("file:///etc/passwd").unwrap();
        assert!(Guard::new(&Config::default().toward_own(&url)).check_url(&url).is_err());
    }
}
