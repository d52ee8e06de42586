//! The whole loop on a machine without any network: a newsroom's cited posts are kept, one is deleted, a page changes, and
//! the archive still has the proof.
//!
//! ```sh
//! cargo run --release --example newsroom
//! ```
//!
//! A small web on loopback plays the newspaper, X, its pictures, its short links, and a web archive; people and hosts are
//! invented. Each command is the real program's, printed as you would type it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "../tests/support/web.rs"]
#[allow(dead_code)] // the tests use more of it
mod web;

use web::{Reply, Web};

/// The two posts of the example articles.
const MAYOR: (&str, &str) = ("1785600110366674944", "o_brenninkmeijer");
const DIRECTOR: (&str, &str) = ("1785611110366674945", "t_oyelaran");

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let folder = std::env::temp_dir().join(format!("citekeep-newsroom-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let newsroom = Newsroom {
        web: Web::start(),
        archive: folder.join("newsroom.db"),
        program: program()?,
    };
    newsroom.publish();

    newsroom.say("Morning: an article by its address, and a copy of it as flattened French text.");
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/barrage.fr.txt");
    let text = text.to_string_lossy().into_owned();
    newsroom.archive(&[
        "http://courier.example/2024/05/01/veyle-barrage",
        &text,
        "--tag",
        "barrage",
    ])?;

    newsroom.say("A day later: the mayor's post is deleted, and the river authority rewrites its report.");
    newsroom.a_day_later();
    newsroom.archive(&[
        "http://courier.example/2024/05/01/veyle-barrage",
        "--again",
        "--tag",
        "barrage",
    ])?;

    newsroom.say("What is in the archive?");
    newsroom.run(&["list"])?;
    newsroom.run(&["show", "https://x.com/o_brenninkmeijer/status/1785600110366674944"])?;

    newsroom.say("Is every byte as it was received, and every row as it was written?");
    newsroom.run(&["verify"])?;

    let archive = newsroom.archive.display();
    println!("\nThe archive is yours; any SQLite tool opens it:");
    println!("  sqlite3 -box {archive} \"SELECT url, outcome, said_at, text FROM gone\"");
    println!("  sqlite3 -box {archive} < examples/queries.sql");
    Ok(())
}

struct Newsroom {
    web: Web,
    archive: PathBuf,
    program: PathBuf,
}

impl Newsroom {
    /// The web as it is on the first day.
    fn publish(&self) {
        let page = include_str!("barrage.html");
        self.web
            .on("courier.example", "/2024/05/01/veyle-barrage", [Reply::page(page)]);
        self.post(MAYOR, "Odalys Brenninkmeijer", "The bridge at Saint-Orme is still standing. Please stay away from it until the engineers have looked at the piers.");
        self.post(
            DIRECTOR,
            "Tam Oyelaran",
            "2 of the 5 gates were to be replaced in June, the parts are already here.",
        );
        for (slug, (id, handle)) in [("Q7sVeyle01", MAYOR), ("W4xVeyle02", DIRECTOR)] {
            let to = format!("https://twitter.com/{handle}/status/{id}/photo/1");
            self.web
                .on("short.example", &format!("/{slug}"), [Reply::redirect(301, &to)]);
        }
        self.web.on(
            "river.example",
            "/reports/2023/veyle-inspection.html*",
            [Reply::page(
                "<title>Inspection</title><p>The north gate is beyond repair.",
            )],
        );
        self.web.on("index.example", "/cdx*", [Reply::json("[]")]);
    }

    /// X's endpoint has a post, with one picture.
    fn post(&self, (id, handle): (&str, &str), name: &str, text: &str) {
        let body = format!(
            r#"{{"__typename":"Tweet","id_str":"{id}","lang":"en","created_at":"2024-05-01T09:12:00.000Z","text":"{text}",
            "user":{{"id_str":"1","name":"{name}","screen_name":"{handle}"}},
            "mediaDetails":[{{"type":"photo","media_url_https":"https://pbs.twimg.com/media/{id}.jpg","ext_alt_text":"The river"}}]}}"#
        );
        self.web.on(
            "syndication.example",
            &format!("/tweet-result?id={id}&*"),
            [Reply::json(body)],
        );
        self.web.on(
            "images.example",
            &format!("/media/{id}.jpg*"),
            [Reply::ok("image/jpeg", b"\xff\xd8\xff\xe0 a picture".to_vec())],
        );
    }

    fn a_day_later(&self) {
        let (id, _) = MAYOR;
        let tombstone = r#"{"__typename":"TweetTombstone","tombstone":{"text":{"text":"This Post was deleted by the Post author. Learn more"}}}"#;
        self.web.on(
            "syndication.example",
            &format!("/tweet-result?id={id}&*"),
            [Reply::json(tombstone)],
        );
        self.web.on(
            "river.example",
            "/reports/2023/veyle-inspection.html*",
            [Reply::page("<title>Inspection</title><p>All gates are in order.")],
        );
    }

    fn say(&self, what: &str) {
        println!("\n=== {what}\n");
    }

    /// `citekeep archive` with every name leading to this web.
    fn archive(&self, arguments: &[&str]) -> Outcome {
        let hosts = format!("hosts.*={}", self.web.address());
        let mut all = vec!["archive"];
        all.extend(arguments);
        println!("$ citekeep {}", all.join(" "));
        let settings = [
            "pace.delay=0",
            &hosts,
            "upstream.x.syndication=http://syndication.example",
            "upstream.x.oembed=http://oembed.example",
            "upstream.x.short=http://short.example",
            "upstream.x.images=http://images.example",
            "upstream.wayback.cdx=http://index.example/cdx",
            "upstream.wayback.web=http://playback.example/web",
        ];
        let set = settings.iter().flat_map(|setting| ["--set", setting]);
        let status = Command::new(&self.program)
            .args(all)
            .args(set)
            .args(["--allow-net", "127.0.0.0/8"])
            .env("CITEKEEP_ARCHIVE", &self.archive)
            .status()?;
        println!("[exit code {}]", status.code().unwrap_or(-1));
        Ok(())
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        println!("$ citekeep {}", arguments.join(" "));
        Command::new(&self.program)
            .args(arguments)
            .env("CITEKEEP_ARCHIVE", &self.archive)
            .status()?;
        println!();
        Ok(())
    }
}

/// The program beside this example; built if it is not there.
fn program() -> Result<PathBuf, Box<dyn Error>> {
    let here = std::env::current_exe()?;
    let profile = here
        .parent()
        .and_then(Path::parent)
        .ok_or("this example lies in no target folder")?;
    let program = profile.join(format!("citekeep{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "--bin", "citekeep"])
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        if !cargo.status()?.success() {
            return Err("the program could not be built".into());
        }
    }
    Ok(program)
}
