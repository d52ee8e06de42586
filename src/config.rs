//! Settings: a TOML file, then `--set`, then `--allow-net`; read, checked, and printed as such a file again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use toml::{Table, Value};
use url::Url;

use crate::error::{Error, Result};
use crate::platform::x::Queries;
use crate::platform::{self, PostRef, Recognised, Upstreams};

mod settings;

pub use settings::{
    Config, Context, Copies, EVERYWHERE, Export, Helpers, HostAddress, Limit, Net, Pace, Requisites, Robots, Stamp,
    Streams, Submit, Verdict,
};

/// Where settings come from.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The file that the user names; `None` looks in the user's configuration folder.
    pub file: Option<PathBuf>,
    /// `key=value` overrides, in order.
    pub set: Vec<String>,
    /// Ranges that the guard lets pass, added to those of the file.
    pub allow_net: Vec<String>,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// If the file cannot be read, or a setting is unknown or wrong; the error names it.
    pub fn load(source: &Source) -> Result<Config> {
        let table = match &source.file {
            Some(file) => read(file)?,
            None => match default_folder().map(|f| f.join("config.toml")).filter(|f| f.exists()) {
                Some(file) => read(&file)?,
                None => Table::new(),
            },
        };
        Config::of(table, source)
    }

    /// The settings of a file's table with what `source` adds to them.
    fn of(mut table: Table, source: &Source) -> Result<Config> {
        // Most runs find nothing due: those read no more of this program than they must.
        if table.is_empty() && source.set.is_empty() && source.allow_net.is_empty() {
            return Ok(Config::default());
        }
        for setting in &source.set {
            set(&mut table, setting)?;
        }
        let mut config: Config = Value::Table(table)
            .try_into()
            .map_err(|e: toml::de::Error| wrong("configuration", e.message().to_owned()))?;
        for range in &source.allow_net {
            let range = range
                .parse::<IpNet>()
                .or_else(|_| range.parse::<IpAddr>().map(IpNet::from));
            config
                .net
                .allow
                .push(range.map_err(|_| wrong("--allow-net", "is not a range such as 127.0.0.0/8".into()))?);
        }
        config.schedule = config.schedule.completed();
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        for (name, seconds, least) in [
            ("pace.delay", self.pace.delay, 0.0),
            ("pace.patience", self.pace.patience, 0.0),
            ("verdict.spacing", self.verdict.spacing, 0.0),
            ("stamp.every", self.stamp.every, 0.0),
            ("copies.delay", self.copies.delay, 0.0),
            ("submit.delay", self.submit.delay, 0.0),
            ("requisites.seconds", self.requisites.seconds, 0.0),
            ("limit.connect", self.limit.connect, 0.001),
            ("limit.headers", self.limit.headers, 0.001),
            ("limit.idle", self.limit.idle, 0.001),
            ("limit.total", self.limit.total, 0.001),
        ] {
            if !(least..=86_400.0).contains(&seconds) {
                return Err(wrong(
                    name,
                    format!("{seconds} seconds are not between {least} and 86400"),
                ));
            }
        }
        for (name, count) in [("pace.per_host", self.pace.per_host), ("pace.total", self.pace.total)] {
            if !(1..=1024).contains(&count) {
                return Err(wrong(name, format!("{count} is not between 1 and 1024")));
            }
        }
        if self.streams.count > 10_000 || !(0.0..=2_400.0).contains(&self.streams.seconds) {
            let bounds = "count is more than 10000, or seconds are not between 0 and 2400";
            return Err(wrong("streams", bounds.to_owned()));
        }
        if !(1.0..=1_200.0).contains(&self.helpers.seconds) {
            let seconds = self.helpers.seconds;
            return Err(wrong(
                "helpers.seconds",
                format!("{seconds} seconds are not between 1 and 1200"),
            ));
        }
        if self.requisites.count > 1_000 {
            let count = self.requisites.count;
            return Err(wrong("requisites.count", format!("{count} is more than 1000")));
        }
        for (name, count, most) in [
            ("context.depth", self.context.depth, 10),
            ("context.posts", self.context.posts, 200),
        ] {
            if count > most {
                return Err(wrong(name, format!("{count} is more than {most}")));
            }
        }
        self.canaries()?;
        self.witnesses()?;
        let is_known = |name: &str| {
            matches!(name, "posts" | "pages" | "articles" | "context") || platform::by_name(name).is_some()
        };
        if let Some(name) = self.schedule.names().find(|name| !is_known(name)) {
            return Err(wrong(
                &format!("schedule.{name}"),
                "is neither posts, pages, articles, context nor a platform".into(),
            ));
        }
        for (name, line) in [
            ("export.organization", &self.export.organization),
            ("export.collector", &self.export.collector),
            ("export.email", &self.export.email),
        ] {
            if line.chars().count() > 200 || line.contains(char::is_control) {
                return Err(wrong(name, "is not one line of at most 200 characters".to_owned()));
            }
        }
        self.upstreams().map(drop)
    }

    /// Names of witnesses become names of files.
    fn witnesses(&self) -> Result<()> {
        let of = |section: &'static str, named| std::iter::repeat(section).zip::<&BTreeMap<String, Url>>(named);
        for (section, (name, url)) in of("timestamp", &self.timestamp).chain(of("opentimestamps", &self.opentimestamps))
        {
            let setting = format!("{section}.{name}");
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if !(1..=40).contains(&name.len()) || !name.bytes().all(is_plain) {
                return Err(wrong(&setting, "is not a name of small letters, digits and _".into()));
            }
            if !matches!(url.scheme(), "http" | "https") {
                return Err(wrong(&setting, "is not an http or https address".into()));
            }
        }
        match self
            .timestamp_roots
            .keys()
            .find(|name| !self.timestamp.contains_key(*name))
        {
            Some(name) => Err(wrong(
                &format!("timestamp_roots.{name}"),
                "there is no authority of this name in [timestamp]".into(),
            )),
            None => Ok(()),
        }
    }

    /// These settings toward an address of the operator's own: it may be private or local, at any port.
    #[must_use]
    pub fn toward_own(&self, url: &Url) -> Config {
        let mut config = self.clone();
        config.net.allow = EVERYWHERE.to_vec();
        config.net.ports.extend(url.port());
        config
    }

    /// The posts that are known to be live, by platform.
    ///
    /// # Errors
    /// If an address of theirs is not that of a post of its platform.
    pub fn canaries(&self) -> Result<BTreeMap<String, Vec<PostRef>>> {
        let mut posts: BTreeMap<String, Vec<PostRef>> = BTreeMap::new();
        for (name, addresses) in &self.canary {
            for address in addresses {
                match platform::recognise(address) {
                    Some((platform, Recognised::Post(post))) if platform.name == name => {
                        posts.entry(name.clone()).or_default().push(post);
                    }
                    _ => {
                        return Err(wrong(
                            &format!("canary.{name}"),
                            format!("{address} is no post of that platform"),
                        ));
                    }
                }
            }
        }
        Ok(posts)
    }

    /// Base addresses of all upstreams.
    ///
    /// # Errors
    /// If a setting names an upstream or source that there is not, or X's queries cannot be read.
    pub fn upstreams(&self) -> Result<Upstreams> {
        let mut upstreams = Upstreams::defaults();
        for name in &self.skip {
            if platform::source_kind(name).is_none() {
                return Err(wrong("skip", format!("there is no source {name}")));
            }
        }
        upstreams.skip(self.skip.clone());
        if !self.x_queries.as_os_str().is_empty() {
            let queries = Queries::of(read(&self.x_queries)?).map_err(|why| wrong("x_queries", why))?;
            upstreams.set_queries(queries);
        }
        for (name, url) in &self.upstream {
            if !matches!(url.scheme(), "http" | "https") {
                return Err(wrong(
                    &format!("upstream.{name}"),
                    "is not an http or https address".into(),
                ));
            }
            if !upstreams.set(name, url.clone()) {
                let known: Vec<&str> = upstreams.iter().map(|(name, _)| name).collect();
                return Err(wrong(
                    &format!("upstream.{name}"),
                    format!("there is no such upstream; there are {}", known.join(", ")),
                ));
            }
        }
        Ok(upstreams)
    }

    /// Where the signing key is, or would be; `None` if no setting says so and the user has no configuration folder.
    #[must_use]
    pub fn key_file(&self) -> Option<PathBuf> {
        match self.export.key.as_str() {
            "" => default_folder().map(|folder| folder.join("key.pem")),
            path => Some(PathBuf::from(path)),
        }
    }

    /// The User-Agent that is sent.
    #[must_use]
    pub fn user_agent(&self) -> String {
        const PROGRAM: &str = concat!("citekeep/", env!("CARGO_PKG_VERSION"));
        match (self.user_agent.as_str(), self.contact.as_str()) {
            ("", "") => PROGRAM.to_owned(),
            ("", contact) => format!("{PROGRAM} (+{contact})"),
            (whole, _) => whole.to_owned(),
        }
    }

    /// The settings as a configuration file would hold them, upstreams' addresses included.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(settings)) => render_table("", &settings),
            _ => String::new(),
        };
        out.push_str("\n# upstreams in use\n");
        for (name, url) in self.upstreams().iter().flat_map(Upstreams::iter) {
            let _ = writeln!(out, "# upstream.{name} = \"{url}\"");
        }
        out
    }
}

/// The settings of a configuration file's text.
impl FromStr for Config {
    type Err = Error;

    fn from_str(text: &str) -> Result<Config> {
        Config::of(table(text, "configuration")?, &Source::default())
    }
}

/// Plain settings first, then tables, as TOML wants them.
fn render_table(name: &str, table: &serde_json::Map<String, serde_json::Value>) -> String {
    let mut out = String::new();
    for (key, value) in table.iter().filter(|(_, v)| !v.is_object()) {
        let key = if key.is_empty() || key.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            literal(&serde_json::Value::from(key.as_str()))
        } else {
            key.clone()
        };
        let _ = writeln!(out, "{key} = {}", literal(value));
    }
    for (key, value) in table {
        if let serde_json::Value::Object(inner) = value {
            let name = if name.is_empty() {
                key.clone()
            } else {
                format!("{name}.{key}")
            };
            let _ = write!(out, "\n[{name}]\n{}", render_table(&name, inner));
        }
    }
    out
}

/// A text, number or list in TOML: JSON's, but that TOML wants one more character escaped.
fn literal(value: &serde_json::Value) -> String {
    value.to_string().replace('\u{7f}', "\\u007f")
}

/// Seconds of a setting as a duration; settings were checked to be small and not negative.
#[must_use]
pub fn seconds(value: f64) -> Duration {
    Duration::from_secs_f64(value.clamp(0.0, 86_400.0))
}

fn wrong(what: &str, why: String) -> Error {
    Error::Config {
        what: what.to_owned(),
        why,
    }
}

fn read(file: &Path) -> Result<Table> {
    let name = file.display().to_string();
    // That it is missing is no missing input: whoever named it is to name another.
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&name, format!("cannot be read: {error}")))?;
    table(&text, &name)
}

/// The table in a file's text. What nests is read and dropped by recursion, and each dot of a key nests.
fn table(text: &str, name: &str) -> Result<Table> {
    const LONGEST: usize = 64 << 10;
    const DOTS: usize = 500;
    if text.len() > LONGEST {
        return Err(wrong(name, format!("is larger than {LONGEST} bytes")));
    }
    if let Some(line) = text.lines().position(|line| line.matches('.').count() > DOTS) {
        return Err(wrong(name, format!("line {} has more than {DOTS} dots", line + 1)));
    }
    text.parse()
        .map_err(|e: toml::de::Error| wrong(name, e.to_string().trim_end().to_owned()))
}

/// The folder of the user's that holds our configuration.
fn default_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(folder.join("citekeep"))
}

/// Puts one `key=value` into the table. What follows `hosts.` and `upstream.` is one name, dots and all.
fn set(table: &mut Table, setting: &str) -> Result<()> {
    let (key, text) = setting
        .split_once('=')
        .ok_or_else(|| wrong("--set", format!("`{setting}` is not KEY=VALUE")))?;
    let value = format!("v = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| Value::String(text.to_owned()));
    let (path, last) = match key.split_once('.') {
        Some((section @ ("hosts" | "upstream"), name)) => (Some(section), name),
        Some((section, name)) => (Some(section), name),
        None => (None, key),
    };
    let place = match path {
        None => table,
        Some(section) => table
            .entry(section)
            .or_insert_with(|| Value::Table(Table::new()))
            .as_table_mut()
            .ok_or_else(|| wrong(key, "is not a group of settings".into()))?,
    };
    place.insert(last.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(set: &[&str]) -> Result<Config> {
        // A file of its own, so that the user's is not read.
        let file = tempfile::NamedTempFile::new().unwrap();
        let set = set.iter().map(|s| (*s).to_owned()).collect();
        Config::load(&Source {
            file: Some(file.path().to_owned()),
            set,
            allow_net: vec!["127.0.0.0/8".into()],
        })
    }

    #[test]
    fn where_nothing_is_set_the_settings_are_those_that_would_be_read_of_an_empty_file() {
        let one_that_is_the_default = Source {
            set: vec!["pace.delay=1".to_owned()],
            ..Source::default()
        };
        let read = Config::of(Table::new(), &one_that_is_the_default).unwrap();
        assert_eq!(Config::of(Table::new(), &Source::default()).unwrap(), read);
    }

    #[test]
    fn the_sample_file_holds_exactly_the_defaults() {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/config.toml");
        let config = Config::load(&Source {
            file: Some(sample.clone()),
            ..Source::default()
        })
        .unwrap();
        assert_eq!(config, Config::default());
        let text = std::fs::read_to_string(sample).unwrap();
        for (name, url) in Upstreams::defaults().iter() {
            assert!(
                text.contains(name) && text.contains(url.as_str().trim_end_matches('/')),
                "{name} is not explained"
            );
        }
    }

    #[test]
    fn settings_override_the_file_and_names_keep_their_dots() {
        let config = with(&[
            "pace.delay=0",
            "pace.per_host=64",
            "robots=ignore",
            "hosts.news.example=127.0.0.1:8080",
            "upstream.x.syndication=http://127.0.0.1:9/s",
            "contact=desk@news.example",
        ])
        .unwrap();
        assert_eq!(
            (config.pace.delay, config.pace.per_host, config.robots),
            (0.0, 64, Robots::Ignore)
        );
        assert_eq!(config.hosts["news.example"].port, 8080);
        assert_eq!(
            config.upstreams().unwrap().join("x.syndication", "a").as_str(),
            "http://127.0.0.1:9/s/a"
        );
        assert_eq!(config.net.allow.len(), 1);
        assert!(config.user_agent().ends_with("(+desk@news.example)"));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (setting, named) in [
            ("pace.dlay=0", "dlay"),
            ("pace.delay=often", "often"),
            ("pace.per_host=0", "pace.per_host"),
            ("pace.delay=-1", "pace.delay"),
            ("upstream.x.nothing=http://a.example/", "upstream.x.nothing"),
            ("upstream.x.oembed=ftp://a.example/", "upstream.x.oembed"),
            ("hosts.a=nowhere", "nowhere"),
            ("nonsense", "nonsense"),
            ("timestamp.A-1=https://a.example/", "timestamp.A-1"),
            ("opentimestamps.a/b=https://a.example/", "opentimestamps.a/b"),
            ("timestamp.one=ftp://a.example/", "timestamp.one"),
            ("timestamp_roots.one=root.pem", "timestamp_roots.one"),
        ] {
            let error = with(&[setting]).unwrap_err();
            assert!(error.to_string().contains(named), "{setting}: {error}");
        }
    }

    #[test]
    fn a_key_nested_without_end_is_refused() {
        let error = |text: String| text.parse::<Config>().unwrap_err().to_string();
        assert!(error(format!("contact = \"a\"\n{}a = 1", "a.".repeat(30_000))).contains("line 2"));
        assert!(error("a={b {c".repeat(60_000)).contains("65536"));
    }

    #[test]
    fn odd_characters_in_settings_are_printed_as_toml_reads_them() {
        let text = "contact = \"a\\u007fb\\u0000\"\n[hosts]\n\"\" = \"::1\"\n\"caf\u{e9}\u{200b}\\u007f'\" = \"::1\"\n";
        let config: Config = text.parse().unwrap();
        assert_eq!(config.render().parse::<Config>().unwrap(), config);
    }

    #[test]
    fn what_config_check_prints_can_be_read_back() {
        let config = with(&[
            "hosts.news.example=127.0.0.1:8080",
            "upstream.x.short=http://127.0.0.1:9/",
        ])
        .unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), config.render()).unwrap();
        let again = Config::load(&Source {
            file: Some(file.path().to_owned()),
            ..Source::default()
        })
        .unwrap();
        assert_eq!(again, config);
    }
}
