//! When a bundle existed: time stamps of an authority that `openssl ts` plays, in the archive, in a bundle, and checked as
//! `VERIFY.md` says.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::proofs::{shell, step};
use crate::scene::{Scene, text};
use crate::strict::{copy, exported, first_fault, redo_bag, redo_crate};

/// What an authority does with a query.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Grants,
    /// It grants no algorithm.
    Refuses,
    /// It gives again what it gave first.
    Repeats,
    Fails,
}

/// A time stamping authority on loopback, with a certificate authority of its own.
struct Authority {
    folder: PathBuf,
    port: u16,
    mood: Arc<Mutex<Mood>>,
}

const SETTINGS: &str = "
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Root of Invented Clocks
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[tsa_cert]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = one
[one]
serial = serial
default_policy = 1.2.3.4.1
digests = DIGESTS
clock_precision_digits = 3
ess_cert_id_alg = sha256
signer_digest = sha256
";

impl Authority {
    fn start(folder: PathBuf) -> Authority {
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("tsa.cnf"), SETTINGS.replace("DIGESTS", "sha256")).unwrap();
        fs::write(folder.join("refuse.cnf"), SETTINGS.replace("DIGESTS", "sha512")).unwrap();
        fs::write(folder.join("serial"), "01\n").unwrap();
        let made = Command::new("sh")
            .arg("-ec")
            .arg(
                "key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1 2>/dev/null ||
                   openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1; }
                 key root.key; key tsa.key
                 openssl req -x509 -new -key root.key -config tsa.cnf -extensions root -days 30 -out root.pem
                 openssl req -new -key tsa.key -config tsa.cnf -subj '/CN=Clock No. 9' -out tsa.csr
                 openssl x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -extfile tsa.cnf \
                   -extensions tsa_cert -days 20 -out tsa.pem",
            )
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", text(&made.stderr));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = Authority {
            port: listener.local_addr().unwrap().port(),
            folder,
            mood: Arc::new(Mutex::new(Mood::Grants)),
        };
        let (folder, mood) = (authority.folder.clone(), Arc::clone(&authority.mood));
        serve(listener, move |head, query| {
            reply(head, &query, &folder, *mood.lock().unwrap())
        });
        authority
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// The settings under which it is asked, by this name.
    fn settings(&self, name: &str) -> Vec<String> {
        [
            format!("timestamp.{name}=http://{name}.test/tsr"),
            format!("timestamp_roots.{name}={}", self.folder.join("root.pem").display()),
            format!("hosts.{name}.test=127.0.0.1:{}", self.port),
        ]
        .into_iter()
        .flat_map(|setting| ["--set".to_owned(), setting])
        .collect()
    }
}

/// Answers requests, one after the other, with the status and body that are made of head and body.
fn serve(listener: TcpListener, mut answer: impl FnMut(&str, Vec<u8>) -> (u16, Vec<u8>) + Send + 'static) {
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (head, body) = request(&stream);
            let (status, body) = answer(&head, body);
            let head = format!(
                "HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
}

fn request(stream: &TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let (mut length, mut head) = (0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some((_, value)) = line.to_ascii_lowercase().split_once("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, body)
}

fn reply(head: &str, query: &[u8], folder: &Path, mood: Mood) -> (u16, Vec<u8>) {
    assert!(head.starts_with("POST /tsr HTTP/1.1\r\n"), "{head}");
    assert!(
        head.to_ascii_lowercase()
            .contains("content-type: application/timestamp-query\r\n"),
        "{head}"
    );
    match mood {
        Mood::Fails => (500, b"out of order".to_vec()),
        Mood::Repeats => (200, fs::read(folder.join("first.tsr")).unwrap()),
        Mood::Grants | Mood::Refuses => {
            fs::write(folder.join("query.tsq"), query).unwrap();
            let settings = if mood == Mood::Grants { "tsa.cnf" } else { "refuse.cnf" };
            Command::new("openssl")
                .args(["ts", "-reply", "-config", settings, "-queryfile", "query.tsq"])
                .args(["-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "reply.tsr"])
                .current_dir(folder)
                .output()
                .unwrap();
            let reply = fs::read(folder.join("reply.tsr")).unwrap();
            if mood == Mood::Grants && !folder.join("first.tsr").exists() {
                fs::write(folder.join("first.tsr"), &reply).unwrap();
            }
            (200, reply)
        }
    }
}

const LOCAL: [&str; 6] = [
    "--allow-net",
    "127.0.0.0/8",
    "--set",
    "pace.delay=0",
    "--set",
    "limit.retries=0",
];

/// `citekeep stamp` with these witnesses.
fn stamps(scene: &Scene, code: i32, settings: &[Vec<String>]) -> (String, String) {
    let mut arguments = vec!["stamp"];
    arguments.extend(LOCAL);
    arguments.extend(settings.iter().flatten().map(String::as_str));
    scene.does(code, &arguments)
}

/// A world with a bundle's worth of evidence, and an authority.
fn scene() -> (Scene, Authority) {
    let scene = exported();
    fs::remove_dir_all(scene.path("bundle")).unwrap();
    let authority = Authority::start(scene.path("authority"));
    (scene, authority)
}

/// Adds a piece of evidence.
fn note(scene: &Scene) {
    scene.does(0, &["note", "article:1", "seen", "--by", "desk"]);
}

#[test]
fn a_head_is_stamped_once_by_each_authority_and_again_when_there_is_new_evidence() {
    let (scene, one) = scene();
    let two = Authority::start(scene.path("other"));
    let both = [one.settings("one"), two.settings("two")];
    let (said, _) = stamps(&scene, 0, &both);
    assert!(
        said.contains("one: ledger entry ") && said.contains("two: ledger entry "),
        "{said}"
    );
    // Nor is a bundle new evidence.
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    let (said, _) = stamps(&scene, 0, &both);
    assert_eq!(said, "nothing is new since the last time stamp\n");
    note(&scene);
    stamps(&scene, 0, &both[..1]);
    stamps(&scene, 0, &both);
    let rows: String =
        scene.value("SELECT group_concat(authority || ' ' || outcome || ' ' || reason, ', ') FROM stamp");
    assert_eq!(
        rows,
        "one captured granted, two captured granted, one captured granted, two captured granted"
    );
    assert_eq!(
        scene.value::<i64>(
            "SELECT count(*) FROM stamp s JOIN ledger l ON l.seq = s.entry AND l.head = s.head
             WHERE s.query IS NOT NULL AND s.reply IS NOT NULL AND s.roots IS NOT NULL AND s.status = 200 AND s.time IS NOT NULL"
        ),
        4
    );
    scene.is_sound();
}

#[test]
fn openssl_finds_the_time_stamps_of_a_bundle_good_as_verify_md_says() {
    let (scene, one) = scene();
    let two = Authority::start(scene.path("other"));
    stamps(&scene, 0, &[one.settings("one"), two.settings("two")]);
    let entry: i64 = scene.value("SELECT entry FROM stamp LIMIT 1");
    let last: i64 = scene.value("SELECT max(id) FROM capture");
    scene.does(0, &["export", "--all", "-o", "now"]);
    let as_of = last.to_string();
    scene.does(0, &["export", "--all", "-o", "then", "--as-of", &as_of]);
    for (bundle, leads_on) in [("now", false), ("then", true)] {
        let folder = scene.path(bundle);
        let said = shell(&folder, &step(&folder, "openssl ts -verify"));
        let good = format!("proofs/heads/entry-{entry}.txt.one.tsr: proofs/heads/entry-{entry}.txt existed at ");
        assert!(said.starts_with(&good), "{said}");
        assert_eq!(said.matches("Verification: OK").count(), 2, "{said}");
        assert_eq!(said.lines().count(), 4, "{said}");
        assert_eq!(folder.join("proofs/chain.txt").exists(), leads_on);
        assert_eq!(shell(&folder, &step(&folder, "proofs/heads/entry-*.txt")), "");
        let (said, _) = scene.does(0, &["verify", bundle]);
        let good = format!("ledger entry {entry} and all before it existed at ");
        assert!(
            said.contains(&good) && said.contains("says Clock No. 9 (nothing but"),
            "{said}"
        );
        let (said, _) = scene.does(0, &["verify", bundle, "--tsa-root", "authority/root.pem"]);
        assert!(said.contains("says Clock No. 9 (trusted)"), "{said}");
    }
    // A root of somebody else, in the place of the right one.
    let folder = scene.path("now");
    fs::copy(
        two.folder.join("root.pem"),
        folder.join(format!("proofs/heads/entry-{entry}.txt.one.pem")),
    )
    .unwrap();
    let said = shell(&folder, &step(&folder, "openssl ts -verify"));
    assert_eq!(said.matches("Verification: OK").count(), 1, "{said}");
}

#[test]
fn a_stamp_that_is_got_later_changes_nothing_of_a_bundle_but_its_proofs() {
    let (scene, one) = scene();
    let last: i64 = scene.value("SELECT max(seq) FROM ledger");
    let last = last.to_string();
    scene.does(0, &["export", "--all", "-o", "before", "--as-of", &last]);
    stamps(&scene, 0, &[one.settings("one")]);
    scene.does(0, &["export", "--all", "-o", "after", "--as-of", &last]);
    assert_eq!(
        shell(scene.folder.path(), "diff -rq before after"),
        "Only in after/proofs: chain.txt\nOnly in after/proofs: heads\nFiles before/proofs/list.txt and after/proofs/list.txt differ\n"
    );
    scene.does(0, &["export", "--all", "-o", "after.zip", "--as-of", &last]);
    let (said, _) = scene.does(0, &["verify", "after.zip"]);
    assert!(said.contains("says Clock No. 9"), "{said}");
}

#[test]
fn whoever_does_not_give_a_good_stamp_is_named_kept_and_asked_again() {
    let (scene, one) = scene();
    let settings = [one.settings("one")];
    for (mood, reason, words) in [
        (Mood::Fails, "status", "status 500"),
        (Mood::Refuses, "rejected", "not granted"),
        (Mood::Grants, "granted", ""),
        (Mood::Repeats, "token_invalid", "about something else"),
    ] {
        one.is(mood);
        note(&scene);
        let (_, said) = stamps(&scene, if mood == Mood::Grants { 0 } else { 3 }, &settings);
        assert!(said.contains(words), "{said}");
        assert_eq!(
            scene.value::<String>("SELECT reason FROM stamp ORDER BY id DESC LIMIT 1"),
            reason
        );
    }
    // Nobody is there.
    let gone = [vec![
        "--set".to_owned(),
        "timestamp.two=http://two.test/".to_owned(),
        "--set".to_owned(),
        "hosts.two.test=127.0.0.1:1".to_owned(),
    ]];
    let (_, said) = stamps(&scene, 3, &gone);
    assert!(said.contains("two: no time stamp: unreachable (connect)"), "{said}");
    // Whose certificate leads to another root.
    let two = Authority::start(scene.path("other"));
    one.is(Mood::Grants);
    let mut crossed = one.settings("one");
    crossed.extend([
        "--set".to_owned(),
        format!("timestamp_roots.one={}", two.folder.join("root.pem").display()),
    ]);
    let (_, said) = stamps(&scene, 3, &[crossed]);
    assert!(said.contains("leads to no root that is trusted"), "{said}");
    let (_, said) = scene.does(78, &["stamp"]);
    assert!(said.contains("names nobody to ask"), "{said}");
    scene.is_sound();
    stamps(&scene, 0, &settings);
    // What failed is no proof.
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    let (said, _) = scene.does(0, &["verify", "bundle"]);
    assert_eq!(said.matches("says Clock No. 9").count(), 2, "{said}");
}

#[test]
fn a_run_asks_the_authorities_where_that_is_wanted_and_not_too_often() {
    let (scene, one) = scene();
    let run = |every: &str, code: i32| {
        let settings = one.settings("one");
        let mut arguments = vec!["run", "--set", "stamp.runs=true", "--set", every];
        arguments.extend(LOCAL);
        arguments.extend(settings.iter().map(String::as_str));
        scene.does(code, &arguments);
        scene.value::<i64>("SELECT count(*) FROM stamp")
    };
    assert_eq!(run("stamp.every=3600", 0), 1);
    note(&scene);
    assert_eq!(run("stamp.every=3600", 0), 1);
    assert_eq!(run("stamp.every=0", 0), 2);
    assert_eq!(run("stamp.every=0", 0), 2);
    one.is(Mood::Fails);
    note(&scene);
    assert_eq!(run("stamp.every=0", 3), 3);
    let failed: i64 = scene.value("SELECT summary ->> '$.stamps_failed' FROM run_end ORDER BY id DESC LIMIT 1");
    assert_eq!(failed, 1);
    scene.is_sound();
}

#[test]
fn a_time_stamp_of_a_bundle_that_was_changed_or_moved_is_found() {
    let (scene, one) = scene();
    stamps(&scene, 0, &[one.settings("one")]);
    let entry: i64 = scene.value("SELECT entry FROM stamp");
    note(&scene);
    stamps(&scene, 0, &[one.settings("one")]);
    let second: i64 = scene.value("SELECT max(entry) FROM stamp");
    let last: i64 = scene.value("SELECT max(id) FROM capture");
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    scene.does(0, &["export", "--all", "-o", "then", "--as-of", &last.to_string()]);
    let named = |entry: i64, end: &str| format!("proofs/heads/entry-{entry}.txt.one.{end}");
    let (reply, query, root) = (named(entry, "tsr"), named(entry, "tsq"), named(entry, "pem"));
    let other = named(second, "tsr");
    let (words, others) = (
        format!("proofs/heads/entry-{entry}.txt"),
        format!("proofs/heads/entry-{second}.txt"),
    );
    type Edit<'e> = Box<dyn Fn(&Path) + 'e>;
    let cases: [(&str, &str, Edit<'_>); 13] = [
        (
            "bundle",
            "it is about something else",
            Box::new(|bundle| {
                fs::copy(bundle.join(&other), bundle.join(&reply)).unwrap();
            }),
        ),
        (
            "bundle",
            "it answers another query",
            Box::new(|bundle| {
                fs::copy(bundle.join(named(second, "tsq")), bundle.join(&query)).unwrap();
            }),
        ),
        (
            "bundle",
            "its signature ",
            Box::new(|bundle| {
                let mut bytes = fs::read(bundle.join(&reply)).unwrap();
                let at = bytes.len() - 5;
                bytes[at] ^= 1;
                fs::write(bundle.join(&reply), bytes).unwrap();
            }),
        ),
        (
            "bundle",
            "not a reply",
            Box::new(|bundle| fs::write(bundle.join(&reply), "<html>").unwrap()),
        ),
        (
            "bundle",
            "no certificate in PEM",
            Box::new(|bundle| fs::write(bundle.join(&root), "none").unwrap()),
        ),
        (
            "bundle",
            "tells of no entry",
            Box::new(|bundle| {
                fs::rename(bundle.join(&reply), bundle.join("proofs/heads/entry-99999.txt.one.tsr")).unwrap();
                fs::rename(bundle.join(&words), bundle.join("proofs/heads/entry-99999.txt")).unwrap();
                fs::remove_file(bundle.join(&query)).unwrap();
                fs::remove_file(bundle.join(&root)).unwrap();
            }),
        ),
        (
            "bundle",
            "not the text that the head at this entry",
            Box::new(|bundle| {
                fs::copy(bundle.join(&others), bundle.join(&words)).unwrap();
            }),
        ),
        (
            "bundle",
            "missing; there are proofs over it",
            Box::new(|bundle| fs::remove_file(bundle.join(&words)).unwrap()),
        ),
        (
            "bundle",
            "added: no proof of a kind that is known",
            Box::new(|bundle| fs::write(bundle.join("proofs/heads/entry-0.txt"), "of what?").unwrap()),
        ),
        (
            "bundle",
            "added: no proof of a kind that is known",
            Box::new(|bundle| fs::remove_file(bundle.join(&reply)).unwrap()),
        ),
        (
            "bundle",
            "missing; proofs/list.txt names it",
            Box::new(|bundle| {
                for name in [&words, &reply, &query, &root] {
                    fs::remove_file(bundle.join(name)).unwrap();
                }
            }),
        ),
        (
            "bundle",
            "proofs/list.txt: missing; bag-info.txt names it",
            Box::new(|bundle| fs::remove_dir_all(bundle.join("proofs")).unwrap()),
        ),
        (
            "then",
            "proofs/chain.txt: entry ",
            Box::new(|bundle| {
                let chain = fs::read_to_string(bundle.join("proofs/chain.txt")).unwrap();
                fs::write(bundle.join("proofs/chain.txt"), chain.replacen(' ', " 0", 1)).unwrap();
            }),
        ),
    ];
    for (number, (bundle, fault, change)) in cases.into_iter().enumerate() {
        let name = format!("copy{number}");
        copy(&scene.path(bundle), &scene.path(&name));
        change(&scene.path(&name));
        let found = first_fault(&scene, &name);
        assert!(found.contains(fault), "{found:?} is not {fault:?}");
    }
    note(&scene);
    scene.does(0, &["export", "--all", "-o", "later"]);
    let (_, said) = scene.does(0, &["-v", "verify", "later"]);
    assert!(
        said.contains(&format!("no time stamp covers what is behind entry {second}")),
        "{said}"
    );
    let two = Authority::start(scene.path("other"));
    let root = two.folder.join("root.pem");
    let (_, said) = scene.does(65, &["verify", "bundle", "--tsa-root", root.to_str().unwrap()]);
    assert!(said.contains("no time stamp by an authority"), "{said}");
}

#[test]
fn proofs_under_the_names_that_earlier_programs_gave_them_verify_and_a_change_is_found() {
    let (scene, one) = scene();
    let calendar = calendar("alice", Arc::default());
    stamps(&scene, 0, &[one.settings("one"), calendar]);
    let entry: i64 = scene.value("SELECT max(entry) FROM stamp");
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    let proofs = scene.path("bundle/proofs");
    for (end, by) in [
        ("one.tsq", "one"),
        ("one.tsr", "one"),
        ("one.pem", "one"),
        ("ots", "alice"),
    ] {
        let old = format!("{by}-{entry}.{}", &end[end.len() - 3..]);
        fs::rename(proofs.join(format!("heads/entry-{entry}.txt.{end}")), proofs.join(old)).unwrap();
    }
    fs::remove_dir_all(proofs.join("heads")).unwrap();
    // They wrote no list either.
    fs::remove_file(proofs.join("list.txt")).unwrap();
    let info = scene.path("bundle/bag-info.txt");
    let before = fs::read_to_string(&info)
        .unwrap()
        .replace("Proofs-List: proofs/list.txt\n", "");
    fs::write(info, before).unwrap();
    fs::rename(&proofs, scene.path("proofs")).unwrap();
    redo_bag(&scene.path("bundle"));
    fs::rename(scene.path("proofs"), &proofs).unwrap();
    let (said, _) = scene.does(0, &["verify", "bundle", "--tsa-root", "authority/root.pem"]);
    let covered = format!("ledger entry {entry} and all before it");
    assert!(
        said.contains(&format!("{covered} existed at ")) && said.contains(&format!("{covered}: an anchor is promised")),
        "{said}"
    );
    for (end, by) in [("tsr", "one"), ("ots", "alice")] {
        let before = format!("{by}-{}.{end}", entry - 1);
        fs::rename(proofs.join(format!("{by}-{entry}.{end}")), proofs.join(&before)).unwrap();
        let found = first_fault(&scene, "bundle");
        assert!(
            found.contains("it is about something else") || found.contains("added"),
            "{found}"
        );
    }
}

/// `citekeep export --all -o PATH --stamp` with these witnesses, and what more is given.
fn sealed(scene: &Scene, code: i32, path: &str, settings: &[Vec<String>], more: &[&str]) -> (String, String) {
    let mut arguments = vec!["export", "--all", "--stamp", "-o", path];
    arguments.extend(LOCAL);
    arguments.extend(settings.iter().flatten().map(String::as_str));
    arguments.extend(more);
    scene.does(code, &arguments)
}

#[test]
fn a_bundle_is_stamped_as_it_is_sealed_by_each_authority_and_openssl_finds_that_good() {
    let (scene, one) = scene();
    let two = Authority::start(scene.path("other"));
    let both = [
        one.settings("one"),
        two.settings("two"),
        calendar("alice", Arc::default()),
    ];
    scene.does(0, &["export", "--all", "-o", "before"]);
    let (said, _) = sealed(&scene, 0, "bundle", &both, &[]);
    assert!(
        said.contains("one: the bundle existed at ")
            && said.contains("two: the bundle existed at ")
            && said.contains("alice: will have the bundle anchored"),
        "{said}"
    );
    // Nothing else of it changes, and the archive keeps nothing of it.
    assert_eq!(
        shell(
            scene.folder.path(),
            "diff -rq before bundle | grep -v '^Only in bundle/proofs: '"
        ),
        "Files before/proofs/list.txt and bundle/proofs/list.txt differ\n"
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM stamp"), 0);
    sealed(&scene, 0, "bundle.zip", &both, &[]);
    assert!(shell(scene.folder.path(), "unzip -q bundle.zip -d unzipped").is_empty());
    let top = fs::read_dir(scene.path("unzipped")).unwrap().next().unwrap().unwrap();
    for folder in [scene.path("bundle"), top.path()] {
        for by in ["one", "two"] {
            let root = if by == "one" { "authority" } else { "other" };
            let said = shell(
                &folder,
                &format!(
                    "openssl ts -verify -data tagmanifest-sha256.txt -in proofs/tagmanifest-sha256.txt.{by}.tsr -CAfile {}",
                    scene.path(root).join("root.pem").display()
                ),
            );
            assert!(said.contains("Verification: OK"), "{said}");
        }
        let said = shell(&folder, &step(&folder, "openssl ts -verify"));
        assert_eq!(
            said.matches(": tagmanifest-sha256.txt existed at ").count(),
            2,
            "{said}"
        );
        assert_eq!(said.matches("Verification: OK").count(), 2, "{said}");
        let said = shell(&folder, &step(&folder, "ots --no-bitcoin"));
        assert!(
            said.starts_with("proofs/tagmanifest-sha256.txt.ots: tagmanifest-sha256.txt\n"),
            "{said}"
        );
    }
    for path in ["bundle", "bundle.zip"] {
        let (said, _) = scene.does(0, &["-v", "verify", path, "--tsa-root", "other/root.pem"]);
        let good = "the bundle as it was sealed existed at ";
        assert_eq!(said.matches(good).count(), 2, "{said}");
        assert_eq!(said.matches("says Clock No. 9 (trusted)").count(), 1, "{said}");
        assert!(
            said.contains("the bundle as it was sealed: an anchor is promised"),
            "{said}"
        );
    }
    // With stamps of the ledger's head beside, and in an edition.
    stamps(&scene, 0, &both[..1]);
    sealed(&scene, 0, "without", &both, &["--redact", "media"]);
    let (said, _) = scene.does(0, &["verify", "without"]);
    assert_eq!(said.matches("existed at ").count(), 3, "{said}");
}

#[test]
fn a_stamp_of_the_seal_that_was_changed_or_is_of_another_bundle_is_named() {
    let (scene, one) = scene();
    let settings = [one.settings("one"), calendar("alice", Arc::default())];
    sealed(&scene, 0, "bundle", &settings, &[]);
    note(&scene);
    sealed(&scene, 0, "later", &settings, &[]);
    let name = |end: &str| format!("proofs/tagmanifest-sha256.txt.{end}");
    for (number, (end, fault)) in [
        ("one.tsr", "it is about something else"),
        ("one.tsq", "it answers another query"),
        ("ots", "it is about something else"),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = format!("copy{number}");
        copy(&scene.path("bundle"), &scene.path(&folder));
        fs::copy(scene.path("later").join(name(end)), scene.path(&folder).join(name(end))).unwrap();
        let found = first_fault(&scene, &folder);
        let item = if end == "ots" { name("ots") } else { name("one.tsr") };
        assert!(found.contains(&format!("{item}: {fault}")), "{found}");
    }
    copy(&scene.path("bundle"), &scene.path("rooted"));
    let root = scene.path("rooted").join(name("one.pem"));
    let pem = fs::read_to_string(&root).unwrap();
    // In base 64 the last letter but some of the root's own signature.
    let at = pem.find("-----END").unwrap() - 12;
    let other = if pem.as_bytes()[at] == b'A' { "B" } else { "A" };
    let changed = [&pem[..at], other, &pem[at + 1..]].concat();
    for (text, fault) in [("none", "no certificate"), (&changed, "not as it was signed")] {
        fs::write(&root, text).unwrap();
        let found = first_fault(&scene, "rooted");
        assert!(found.contains(&name("one.pem")) && found.contains(fault), "{found}");
    }
    fs::write(&root, pem).unwrap();
    fs::remove_file(scene.path("rooted").join(name("one.tsq"))).unwrap();
    let found = first_fault(&scene, "rooted");
    assert!(found.contains(&format!("{}: missing", name("one.tsq"))), "{found}");
    let mut bytes = fs::read(scene.path("bundle").join(name("one.tsr"))).unwrap();
    let at = bytes.len() - 5;
    bytes[at] ^= 1;
    fs::write(scene.path("bundle").join(name("one.tsr")), bytes).unwrap();
    assert!(first_fault(&scene, "bundle").contains(&format!("{}: its signature ", name("one.tsr"))));
}

#[test]
fn who_does_not_stamp_a_bundle_is_told_and_the_bundle_is_made_all_the_same() {
    let (scene, one) = scene();
    let gone = vec![
        "--set".to_owned(),
        "timestamp.two=http://two.test/".to_owned(),
        "--set".to_owned(),
        "hosts.two.test=127.0.0.1:1".to_owned(),
    ];
    let both = [one.settings("one"), gone];
    let (said, told) = sealed(&scene, 3, "half", &both, &[]);
    assert!(said.contains("one: the bundle existed at "), "{said}");
    assert!(told.contains("two: no time stamp: unreachable (connect)"), "{told}");
    let (said, _) = scene.does(0, &["verify", "half"]);
    assert_eq!(said.matches("existed at ").count(), 1, "{said}");
    for (mood, reason, words) in [
        (Mood::Fails, "status", "status 500"),
        (Mood::Refuses, "rejected", "not granted"),
        (Mood::Repeats, "token_invalid", "about something else"),
    ] {
        one.is(mood);
        note(&scene);
        let (said, told) = sealed(&scene, 3, reason, &both[..1], &["--json"]);
        assert!(told.contains(words), "{told}");
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["stamps"][0]["authority"], "one");
        assert_eq!(said["stamps"][0]["reason"], reason);
        assert_eq!(fs::read_dir(scene.path(reason).join("proofs")).unwrap().count(), 1);
        scene.does(0, &["verify", reason]);
    }
    // Nobody is asked where that is not wanted.
    let query = one.folder.join("query.tsq");
    fs::remove_file(&query).unwrap();
    one.is(Mood::Grants);
    let mut arguments = vec!["export", "--all", "-o", "alone", "--json"];
    arguments.extend(LOCAL);
    arguments.extend(both[0].iter().map(String::as_str));
    let (said, _) = scene.does(0, &arguments);
    assert!(!query.exists() && !said.contains("stamps"), "{said}");
    // Nor where there is nobody, or nothing to put it in.
    let (_, told) = sealed(&scene, 78, "nobody", &[], &[]);
    assert!(told.contains("names nobody to ask"), "{told}");
    let (_, told) = sealed(&scene, 65, "x.wacz", &both[..1], &[]);
    assert!(told.contains("no place for time stamps") && !query.exists(), "{told}");
    assert!(!scene.path("nobody").exists() && !scene.path("x.wacz").exists());
}

#[test]
fn a_stamp_that_was_changed_in_the_archive_is_found() {
    let (scene, one) = scene();
    stamps(&scene, 0, &[one.settings("one")]);
    let archive = rusqlite::Connection::open(scene.archive()).unwrap();
    assert!(archive.execute("UPDATE stamp SET entry = 0", []).is_err());
    assert!(archive.execute("DELETE FROM stamp", []).is_err());
    let (trigger, sql): (String, String) = archive
        .query_row(
            "SELECT name, sql FROM sqlite_schema WHERE name = 'stamp_no_update'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    archive
        .execute_batch(&format!(
            "DROP TRIGGER {trigger}; UPDATE stamp SET time = '1999-01-01T00:00:00.000Z'; {sql}"
        ))
        .unwrap();
    drop(archive);
    let (_, said) = scene.does(65, &["verify"]);
    assert!(
        said.contains("stamp") && said.contains("the rows say otherwise"),
        "{said}"
    );
}

/// A calendar that promises at once, and keeps it once `kept` is set: its later answer is a block at height 500,000.
fn calendar(name: &'static str, kept: Arc<Mutex<bool>>) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    serve(listener, move |head, body| {
        if head.starts_with("POST /digest HTTP/1.1\r\n") {
            assert_eq!(body.len(), 32);
            let uri = format!("http://{name}.test");
            let length = u8::try_from(uri.len()).unwrap();
            let pending = [0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e, length + 1, length];
            // Appended to, hashed, promised.
            return (
                200,
                [&[0xf0, 4, 1, 2, 3, 4, 0x08, 0x00][..], &pending, uri.as_bytes()].concat(),
            );
        }
        let commitment = head
            .strip_prefix("GET /timestamp/")
            .and_then(|rest| rest.split_once(' '));
        assert_eq!(commitment.unwrap().0.len(), 64, "{head}");
        match *kept.lock().unwrap() {
            false => (404, b"Pending confirmation in Bitcoin blockchain".to_vec()),
            true => {
                let bitcoin = [0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01, 3, 0xa0, 0xc2, 0x1e];
                (200, [&[0xf1, 2, 8, 9, 0x08, 0x08, 0x00][..], &bitcoin].concat())
            }
        }
    });
    [
        format!("opentimestamps.{name}=http://{name}.test/"),
        format!("hosts.{name}.test=127.0.0.1:{port}"),
    ]
    .into_iter()
    .flat_map(|setting| ["--set".to_owned(), setting])
    .collect()
}

#[test]
fn a_calendar_promises_an_anchor_and_is_asked_until_it_tells_where_that_is() {
    let (scene, _) = scene();
    let kept = Arc::default();
    let settings = [calendar("alice", Arc::clone(&kept))];
    let (said, _) = stamps(&scene, 0, &settings);
    let entry: i64 = scene.value("SELECT entry FROM stamp");
    assert_eq!(said, format!("alice: will have ledger entry {entry} anchored\n"));
    scene.does(0, &["export", "--all", "-o", "early"]);
    let (said, _) = scene.does(0, &["verify", "early"]);
    assert!(
        said.contains("an anchor is promised, which proves nothing yet"),
        "{said}"
    );
    let (said, _) = stamps(&scene, 0, &settings);
    assert_eq!(said, format!("alice: ledger entry {entry} is not anchored yet\n"));
    *kept.lock().unwrap() = true;
    let (said, _) = stamps(&scene, 0, &settings);
    assert_eq!(
        said,
        format!("alice: ledger entry {entry} is anchored in Bitcoin block 500000\n")
    );
    let (said, _) = stamps(&scene, 0, &settings);
    assert_eq!(said, "nothing is new since the last time stamp\n");
    assert_eq!(
        scene.value::<String>("SELECT group_concat(reason, ' ') FROM stamp"),
        "promised pending anchored"
    );
    scene.is_sound();
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    let (said, _) = scene.does(0, &["verify", "bundle"]);
    assert!(
        said.contains("existed when Bitcoin block 500000 was made, if that has the Merkle root "),
        "{said}"
    );
    let proof = format!("proofs/heads/entry-{entry}.txt.ots");
    let said = shell(&scene.path("bundle"), &step(&scene.path("bundle"), "ots --no-bitcoin"));
    assert!(
        said.starts_with(&format!("{proof}: proofs/heads/entry-{entry}.txt\n")),
        "{said}"
    );
    let good = fs::read(scene.path("bundle").join(&proof)).unwrap();
    // The last is another kind of attestation than that of Bitcoin, which shows nothing, and is not said to.
    for (at, fault) in [
        (3, "no proof of OpenTimestamps"),
        (40, "it is about something else"),
        (good.len() - 12, ""),
    ] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(scene.path("bundle").join(&proof), bytes).unwrap();
        match fault {
            "" => assert!(scene.does(0, &["verify", "bundle"]).0.contains("proves nothing yet")),
            fault => assert!(first_fault(&scene, "bundle").contains(fault)),
        }
    }
    // What others say of it is in the guide; what is kept for that is a proof that their client reads.
    fs::write(scene.path("bundle").join(&proof), good).unwrap();
    if Command::new("ots").arg("--version").output().is_ok() {
        let said = shell(&scene.path("bundle"), &format!("ots info {proof}"));
        assert!(said.contains("BitcoinBlockHeaderAttestation(500000)"), "{said}");
    }
}

#[test]
fn a_run_asks_a_calendar_for_what_it_promised_to_a_stamp_even_if_runs_stamp_nothing() {
    let (scene, one) = scene();
    let kept = Arc::default();
    let settings = [calendar("alice", Arc::clone(&kept)), one.settings("one")];
    stamps(&scene, 0, &settings[..1]);
    note(&scene);
    let run = |every: &str| {
        let mut arguments = vec!["run", "--set", every];
        arguments.extend(LOCAL);
        arguments.extend(settings.iter().flatten().map(String::as_str));
        scene.does(0, &arguments);
        scene.value::<String>("SELECT group_concat(reason, ' ') FROM stamp")
    };
    assert_eq!(run("stamp.every=3600"), "promised", "an anchor takes its time");
    assert_eq!(run("stamp.every=0"), "promised pending");
    *kept.lock().unwrap() = true;
    assert_eq!(run("stamp.every=0"), "promised pending anchored");
    assert_eq!(run("stamp.every=0"), "promised pending anchored");
    scene.is_sound();
}

/// `citekeep import` of a file or folder of another world.
fn imports(scene: &Scene, path: &Path) -> (String, String) {
    scene.does(0, &["import", path.to_str().unwrap()])
}

#[test]
fn what_witnesses_said_of_another_archive_is_taken_in_once_with_its_tags_and_shown_as_its_own() {
    let (theirs, one) = scene();
    let kept = Arc::default();
    let settings = [one.settings("one"), calendar("alice", Arc::clone(&kept))];
    stamps(&theirs, 0, &settings);
    theirs.archives(
        0,
        &[theirs.path("story.html").to_str().unwrap(), "--tag", "bridge case"],
    );
    let ours = exported();
    fs::remove_dir_all(ours.path("bundle")).unwrap();
    let (said, _) = imports(&ours, &theirs.archive());
    assert!(
        said.contains("; 2 time stamps of its ledger taken in; 1 case tags"),
        "{said}"
    );
    let (said, _) = imports(&ours, &theirs.archive());
    assert!(said.ends_with("here already, nothing added\n"), "{said}");
    let kinds = "SELECT group_concat(kind || ' ' || authority || ' ' || (time IS NOT NULL) || ' ' || coalesce(block, '-'), ', ')
                 FROM other_stamp";
    assert_eq!(ours.value::<String>(kinds), "rfc3161 one 1 -, opentimestamps alice 0 -");
    // The promise is kept later: that is another state of their archive, and what was known of it stays.
    *kept.lock().unwrap() = true;
    stamps(&theirs, 0, &settings[1..]);
    imports(&ours, &theirs.archive());
    assert_eq!(
        ours.value::<String>(kinds),
        "rfc3161 one 1 -, opentimestamps alice 0 -, opentimestamps alice 0 500000"
    );
    ours.is_sound();
    // Beside the capture that it is over, and beside the article.
    let url: String =
        ours.value("SELECT url FROM others WHERE stamped_at IS NOT NULL AND outcome = 'captured' LIMIT 1");
    let (shown, _) = ours.does(0, &["show", &url]);
    assert!(shown.contains(", time stamp of 20"), "{shown}");
    let (shown, _) = ours.does(0, &["show", "1"]);
    assert!(
        shown.contains("tagged bridge case in another archive: archive.db"),
        "{shown}"
    );
    let (shown, _) = ours.does(0, &["show", "1", "--json"]);
    assert!(shown.contains("\"tag\":\"bridge case\""), "{shown}");
    // A bundle hands all of it on, and a stranger checks it as what is over the bundle's own ledger.
    ours.does(0, &["export", "--all", "-o", "bundle"]);
    let folder = ours.path("bundle");
    ours.does(0, &["verify", "bundle"]);
    assert_eq!(shell(&folder, &step(&folder, "proofs/heads/entry-*.txt")), "");
    let said = shell(&folder, &step(&folder, "openssl ts -verify"));
    assert!(
        said.starts_with("data/others/") && said.contains("Verification: OK"),
        "{said}"
    );
    let said = shell(&folder, &step(&folder, "ots --no-bitcoin"));
    assert!(said.starts_with("data/others/"), "{said}");
    let third = exported();
    imports(&third, &folder);
    third.is_sound();
    for (end, fault) in [
        ("tsr", "its signature "),
        ("ots", "no proof of OpenTimestamps"),
        ("txt", "not the text"),
    ] {
        let name = shell(&folder, &format!("ls data/others/*-heads/*.{end} | head -n 1"));
        copy(&folder, &ours.path(end));
        let path = ours.path(end).join(name.trim());
        let mut bytes = fs::read(&path).unwrap();
        let at = if end == "tsr" { bytes.len() - 5 } else { 3 };
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        redo_crate(&ours.path(end));
        redo_bag(&ours.path(end));
        let (_, said) = ours.does(65, &["verify", end, "--all"]);
        assert!(
            said.contains(&format!("{}: ", name.trim())) && said.contains(fault),
            "{said}"
        );
    }
}

#[test]
fn what_the_proofs_of_a_bundle_say_of_its_ledger_is_taken_in_with_it_or_after_it() {
    let (theirs, one) = scene();
    let last: i64 = theirs.value("SELECT max(id) FROM capture");
    let as_of = last.to_string();
    theirs.does(0, &["export", "--all", "-o", "before", "--as-of", &as_of]);
    let settings = [one.settings("one"), calendar("alice", Arc::default())];
    stamps(&theirs, 0, &settings);
    theirs.does(0, &["export", "--all", "-o", "after", "--as-of", &as_of]);
    theirs.does(0, &["export", "--all", "-o", "after.zip", "--as-of", &as_of]);
    let ours = Scene::new();
    let (said, _) = imports(&ours, &theirs.path("before"));
    assert!(!said.contains("time stamps"), "{said}");
    let (said, _) = imports(&ours, &theirs.path("after"));
    assert!(said.contains("; 2 time stamps of its ledger taken in"), "{said}");
    for again in ["before", "after", "after.zip"] {
        let (said, _) = imports(&ours, &theirs.path(again));
        assert!(said.ends_with("here already, nothing added\n"), "{said}");
    }
    assert_eq!(ours.value::<i64>("SELECT count(*) FROM other_stamp"), 2);
    let entry: i64 = theirs.value("SELECT entry FROM stamp LIMIT 1");
    assert!(entry > last);
    assert_eq!(ours.value::<i64>("SELECT DISTINCT entry FROM other_stamp"), entry);
    // The archive itself says no more of them.
    let (said, _) = imports(&ours, &theirs.archive());
    assert!(said.contains("taken in"), "{said}");
    assert_eq!(ours.value::<i64>("SELECT count(*) FROM other_stamp"), 2);
    ours.is_sound();
}
