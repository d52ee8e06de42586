//! A folder, an archive, a web, and the program's hands on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::types::FromSql;
use tempfile::TempDir;

use crate::web::Web;

/// Id of a post of 1 May 2024.
pub const POST: &str = "1785600110366674944";

/// One test's world.
pub struct Scene {
    pub web: Web,
    pub folder: TempDir,
}

impl Scene {
    pub fn new() -> Scene {
        Scene {
            web: Web::start(),
            folder: TempDir::new().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn archive(&self) -> PathBuf {
        self.path("archive.db")
    }

    /// Writes a file into the folder and gives its name.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The program with nothing of the user's around it.
    pub fn bare(&self) -> Command {
        self.bare_of("archive.db")
    }

    /// The same with another archive of the folder.
    pub fn bare_of(&self, archive: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_citekeep"));
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path());
        command.arg("--archive").arg(self.path(archive));
        command
    }

    /// `citekeep archive` in this world: every name leads to the web, every upstream is a host of it.
    pub fn archiving(&self) -> Command {
        let mut command = self.bare();
        command.arg("archive");
        let hosts = format!("hosts.*={}", self.web.address());
        for setting in [
            "pace.delay=0",
            "pace.per_host=8",
            "limit.connect=2",
            "limit.headers=1",
            "limit.idle=1",
            "limit.retries=0",
            "limit.free=0",
            "verdict.spacing=0.001",
            "upstream.x.syndication=http://syndication.test",
            "upstream.x.oembed=http://oembed.test",
            "upstream.x.graphql=http://graphql.test",
            "upstream.x.session=http://session.test",
            "upstream.x.api=http://api.test",
            "upstream.x.fx=http://fx.test",
            "upstream.x.vx=http://vx.test",
            "upstream.x.short=http://short.test",
            "upstream.x.images=http://images.test",
            "upstream.x.videos=http://videos.test",
            "upstream.bluesky.appview=http://bluesky.test",
            "upstream.bluesky.plc=http://plc.test",
            "upstream.lemmy.server=http://lemmy.test",
            "upstream.mastodon.server=http://mastodon.test",
            "upstream.misskey.server=http://misskey.test",
            "upstream.peertube.server=http://peertube.test",
            "upstream.pixelfed.server=http://pixelfed.test",
            "upstream.telegram.embed=http://telegram.test",
            "upstream.youtube.page=http://youtube.test",
            "upstream.youtube.oembed=http://youtube.test",
            "upstream.reddit.json=http://reddit-api.test",
            "upstream.reddit.oembed=http://reddit.test",
            "upstream.reddit.rss=http://reddit.test",
            "upstream.tiktok.oembed=http://tiktok.test",
            "upstream.tiktok.page=http://tiktok.test",
            "upstream.linkedin.page=http://linkedin.test",
            "upstream.weibo.status=http://weibo.test",
            "upstream.vimeo.oembed=http://vimeo.test",
            "upstream.wayback.cdx=http://index.test/cdx",
            "upstream.wayback.save=http://save.test",
            "upstream.wayback.web=http://playback.test/web",
            &hosts,
        ] {
            command.args(["--set", setting]);
        }
        command.args(["--allow-net", "127.0.0.0/8"]);
        command
    }

    /// Runs the program and expects this exit code; gives what it wrote to standard output and to standard error.
    pub fn does(&self, code: i32, arguments: &[&str]) -> (String, String) {
        let output = self.bare().args(arguments).output().unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {out}{err}");
        (out, err)
    }

    /// Archives inputs; gives the whole outcome of the process.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.archiving().args(arguments).output().unwrap()
    }

    /// Archives inputs and expects this exit code; gives standard output.
    pub fn archives(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{}\n{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// Waits until the web was asked so often; a program that never asks fails the test.
    pub fn wait_until_asked(&self, host: &str, path: &str, times: usize) {
        let start = Instant::now();
        while self.web.asked(host, path) < times {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "{host}{path} was never asked"
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// One value out of the archive, read with nothing of the program's.
    pub fn value<T: FromSql>(&self, sql: &str) -> T {
        Connection::open(self.archive())
            .unwrap()
            .query_row(sql, [], |row| row.get(0))
            .unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// Expects that `citekeep verify` finds nothing wrong, and that the archive is one file.
    pub fn is_sound(&self) {
        let output = self.bare().arg("verify").output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        for leftover in ["archive.db-wal", "archive.db-shm", "archive.db-journal"] {
            assert!(!self.path(leftover).exists(), "{leftover}");
        }
    }

    /// The lines of `citekeep dump --canonical` of an archive in the folder.
    pub fn dump(&self, archive: &str) -> String {
        let output = self.bare_of(archive).args(["dump", "--canonical"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        text(&output.stdout)
    }

    /// Lets X's syndication answer with a post.
    pub fn has_post(&self, id: &str, handle: &str, words: &str) {
        let body = format!(
            r#"{{"__typename":"Tweet","id_str":"{id}","lang":"en","created_at":"2024-05-01T10:00:00.000Z","text":"{words}",
            "user":{{"id_str":"7","name":"Somebody","screen_name":"{handle}"}},"edit_control":{{"edit_tweet_ids":["{id}"]}},
            "mediaDetails":[{{"type":"photo","media_url_https":"https://pbs.twimg.com/media/{id}.jpg"}}]}}"#
        );
        self.syndication(id, crate::web::Reply::json(body));
        self.web.on(
            "images.test",
            &format!("/media/{id}.jpg?name=orig"),
            [crate::web::Reply::ok("image/jpeg", b"\xff\xd8\xff a picture".to_vec())],
        );
    }

    /// Lets X's syndication answer so about a post.
    pub fn syndication(&self, id: &str, reply: crate::web::Reply) {
        self.web
            .on("syndication.test", &format!("/tweet-result?id={id}&*"), [reply]);
    }
}

/// How a command ended, and the most memory that it held, in KiB.
pub fn watched(command: &mut Command) -> (Output, u64) {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let watching = std::thread::spawn(move || {
        let mut most = 0;
        while let Ok(status) = fs::read_to_string(&status) {
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let Some(peak) = peak else { break };
            most = peak.trim().trim_end_matches(" kB").parse().unwrap_or(most);
            std::thread::sleep(Duration::from_millis(5));
        }
        most
    });
    let output = child.wait_with_output().unwrap();
    (output, watching.join().unwrap())
}

/// Every file below a folder, by its path in it, in order.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A page that cites one post by an embed and one page by a link.
pub fn article(id: &str) -> String {
    format!(
        r#"<!DOCTYPE html><html lang="en"><head><title>The bridge at Orsay</title></head><body><article><h1>The bridge at Orsay</h1>
        <p>The mayor of Orsay wrote that the bridge was standing after the flood:</p>
        <blockquote class="twitter-tweet"><p lang="en">The bridge is standing.</p>&mdash; Ada Bridgewater (@ada_b)
        <a href="https://twitter.com/ada_b/status/{id}?ref_src=twsrc%5Etfw">May 1, 2024</a></blockquote>
        <p>The river authority had warned in <a href="http://river.example/report">its report of the year before</a> that it was old.</p>
        </article></body></html>"#
    )
}
