//! Where the program never goes, whatever an article, a server or a name server says. The C library's `connect` is
//! watched: no connection but those named here is even tried.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::scene::{Scene, text};
use crate::shim;
use crate::web::{Reply, Web};

/// Archives an article that cites these addresses; gives the outcome and reason of each capture, and where connections
/// were tried to (`None` without the shim).
fn cited(scene: &Scene, addresses: &[&str], more: &[(&str, &str)], settings: &[&str]) -> Option<(Vec<String>, String)> {
    let mut page = String::from("<!DOCTYPE html><body><article><h1>Pages</h1>");
    for (n, address) in addresses.iter().enumerate() {
        page += &format!(
            "<p>The office tells more about it in <a href=\"{address}\">its page number {n}</a> of that week.</p>"
        );
    }
    archived(scene, &(page + "</article>"), more, settings)
}

/// The same of any article.
fn archived(scene: &Scene, page: &str, more: &[(&str, &str)], settings: &[&str]) -> Option<(Vec<String>, String)> {
    let input = scene.file("story.html", page);
    let connects = scene.path("connects");
    let _ = fs::remove_file(&connects);
    let mut command = scene.bare();
    command.args([
        "archive",
        &input,
        "--set",
        "pace.delay=0",
        "--set",
        "limit.retries=0",
        "--set",
        "limit.headers=1",
    ]);
    command.args(settings);
    let mut shimmed = vec![
        ("FAULT_CONNECTS", connects.to_str().unwrap()),
        ("FAULT_NAMES", "nobody.example=1.1.1.1"),
    ];
    shimmed.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    shimmed.extend(more);
    if !shim::under(&mut command, &shimmed) {
        return None;
    }
    let output = command.output().unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 3 | 69)),
        "{}",
        text(&output.stderr)
    );
    let archive = rusqlite::Connection::open(scene.archive()).unwrap();
    let outcomes = archive
        .prepare(
            "SELECT t.url || ' ' || c.outcome || ' ' || a.reason FROM capture c JOIN target t ON t.id = c.target
             JOIN answer a ON a.capture = c.id ORDER BY t.id",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    Some((outcomes, fs::read_to_string(&connects).unwrap_or_default()))
}

#[test]
fn a_cited_address_that_is_not_public_is_refused_in_every_spelling_and_nothing_is_connected() {
    let scene = Scene::new();
    let port = scene.web.address().port();
    let canary = format!("http://127.0.0.1:{port}/");
    let addresses = [
        &canary,
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://１２７.０.０.１/a",
        "http://127。0。0。1/b",
        "http://①②⑦.0.0.1/c",
        "http://[::1]/",
        "http://[::]/",
        "http://[::127.0.0.1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[64:ff9b:1::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:7f00:1::]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://192.0.0.192/",
        "http://[fd00:ec2::254]/",
        "http://[fec0::1]/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://198.18.0.1/",
        "http://localhost./",
        "http://x.localhost/",
        "http://metadata.google.internal/",
        "http://intranet/",
        "http://printer.local/",
        "http://a.example:25/",
        "http://public.example@127.0.0.1/d",
        "http://inside\\@public.example/",
        "http://[fe80::1%25eth0]/",
        "http://[example.com]/",
    ];
    let ports = format!("net.ports=[{port}]");
    let Some((outcomes, connects)) = cited(&scene, &addresses, &[], &["--set", &ports]) else {
        return;
    };
    assert_eq!(connects, "", "{outcomes:?}");
    assert_eq!(scene.web.log(), []);
    // Two are no addresses at all; of the others each is refused as what it means, in however many spellings it stands.
    let meant: BTreeSet<String> = addresses
        .iter()
        .filter_map(|address| Some(url::Url::parse(address).ok()?.to_string()))
        .collect();
    assert_eq!(meant.len(), 32, "{meant:?}");
    let refused: BTreeSet<String> = outcomes
        .iter()
        .filter_map(|outcome| Some(outcome.split_once(" refused refused_")?.0.to_owned()))
        .collect();
    assert_eq!(refused, meant, "{outcomes:?}");
}

#[test]
fn a_base_on_this_machine_leads_no_link_there() {
    let scene = Scene::new();
    let port = scene.web.address().port();
    let ports = format!("net.ports=[{port}]");
    for base in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("//2130706433:{port}/inside/"),
        format!("http://localhost:{port}/"),
    ] {
        let page = format!(
            "<!DOCTYPE html><base href='{base}'><body><article><h1>The bridge</h1>\
             <p>The office tells more about it in <a href='report'>its report</a> of that week.</p>\
             <p>It is told as well in <a href='/of/the/year'>the report of the year</a> by others.</p></article>"
        );
        let _ = fs::remove_file(scene.archive());
        let given = ["--url", "http://public.example/story", "--set", &ports];
        let Some((outcomes, connects)) = archived(&scene, &page, &[], &given) else {
            return;
        };
        assert_eq!(connects, "", "{base}: {outcomes:?}");
        assert_eq!(scene.web.log(), [], "{base}");
        assert_eq!(outcomes.len(), 2, "{base}: {outcomes:?}");
        assert!(
            outcomes.iter().all(|outcome| outcome.contains(" refused refused_")),
            "{base}: {outcomes:?}"
        );
    }
}

#[test]
fn a_redirect_to_where_nobody_may_go_is_refused_and_nothing_is_connected() {
    let scene = Scene::new();
    let port = scene.web.address().port();
    // The canary's own web: whoever comes here was led astray.
    let canary = Web::start();
    let canary_port = canary.address().port();
    let leads = [
        "file:///etc/passwd".to_owned(),
        "gopher://public.example/".to_owned(),
        "ftp://public.example/".to_owned(),
        "data:text/html,x".to_owned(),
        "javascript:alert(1)".to_owned(),
        "http://127.0.0.1:22/".to_owned(),
        format!("http://127.0.0.1:{canary_port}/"),
        format!("http://[::ffff:127.0.0.1]:{canary_port}/"),
        "http://169.254.169.254/latest/".to_owned(),
        "http://user:secret@public.example/".to_owned(),
        "http://elsewhere.example:25/".to_owned(),
    ];
    let pages: Vec<String> = (0..leads.len()).map(|n| format!("http://public.example/{n}")).collect();
    for (n, lead) in leads.iter().enumerate() {
        scene
            .web
            .on("public.example", &format!("/{n}"), [Reply::redirect(302, lead)]);
    }
    // The web may be reached at its own address and port only as the host that the settings put there.
    let host = format!("hosts.public.example=127.9.9.9:{port}");
    let addresses: Vec<&str> = pages.iter().map(String::as_str).collect();
    let settings = [
        "--set",
        &host,
        "--allow-net",
        "127.9.9.9/32",
        "--set",
        "robots=\"ignore\"",
    ];
    // A socket bound to 127.0.0.1 does not answer at 127.9.9.9, so this web gets a listener of its own there.
    let Ok(listener) = std::net::TcpListener::bind(("127.9.9.9", port)) else {
        println!("skipped: 127.9.9.9 is not there");
        return;
    };
    let behind = scene.web.address();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut web = std::net::TcpStream::connect(behind).unwrap();
                let (mut from, mut to) = (stream.try_clone().unwrap(), web.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let _ = std::io::copy(&mut web, &mut stream);
            });
        }
    });
    let Some((outcomes, connects)) = cited(&scene, &addresses, &[], &settings) else {
        return;
    };
    assert!(connects.lines().all(|peer| peer == "127.9.9.9"), "{connects}");
    assert_eq!(canary.log(), []);
    assert_eq!(outcomes.len(), leads.len(), "{outcomes:?}");
    assert!(
        outcomes.iter().all(|outcome| outcome.contains(" refused refused_")),
        "{outcomes:?}"
    );
    assert!(!outcomes.concat().contains("secret"), "{outcomes:?}");
}

#[test]
fn a_name_with_one_private_address_and_one_that_turns_private_are_never_connected_there() {
    let scene = Scene::new();
    let names = "two.example=1.1.1.1+10.0.0.5;mapped.example=::ffff:127.0.0.1;inside.example=127.0.0.1;turns.example=1.1.1.1,127.0.0.1";
    let addresses = [
        "http://two.example/",
        "http://mapped.example/",
        "http://inside.example/",
        "http://turns.example/a",
        "http://turns.example/b",
        "http://turns.example/c",
    ];
    let more = [("FAULT_NAMES", names)];
    let settings = ["--set", "robots=\"ignore\"", "--set", "pace.per_host=1"];
    let Some((outcomes, connects)) = cited(&scene, &addresses, &more, &settings) else {
        return;
    };
    // Only what was found public was tried, once, and not the answer after it.
    assert!(connects.lines().all(|peer| peer == "1.1.1.1"), "{connects}");
    let refused = |url: &str| {
        outcomes
            .iter()
            .any(|outcome| outcome.starts_with(url) && outcome.ends_with(" refused_address"))
    };
    for url in addresses.iter().take(3) {
        assert!(refused(url), "{outcomes:?}");
    }
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| outcome.contains("turns.example") && outcome.ends_with(" refused_address"))
            .count(),
        2,
        "{outcomes:?}"
    );
}

#[test]
fn proxies_of_the_environment_are_not_asked() {
    let scene = Scene::new();
    let proxy = Web::start();
    scene.web.on(
        "river.example",
        "/",
        [Reply::page("<p>The report of that year.</p>".repeat(50))],
    );
    let mut command = scene.archiving();
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env(name, format!("http://{}", proxy.address()));
    }
    let output = command.args(["--target", "http://river.example/"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(proxy.log(), []);
}

#[test]
fn redirects_without_end_are_given_up_after_ten_and_each_hop_is_kept() {
    let scene = Scene::new();
    for n in 0..=11 {
        scene.web.on(
            "long.example",
            &format!("/{n}"),
            [Reply::redirect(302, &format!("/{}", n + 1))],
        );
        scene.web.on(
            "grows.example",
            &format!("/?q={}", "x".repeat(n)),
            [Reply::redirect(302, &format!("/?q={}", "x".repeat(n + 1)))],
        );
    }
    scene
        .web
        .on("here.example", "/", [Reply::redirect(302, "http://there.example/")]);
    scene
        .web
        .on("there.example", "/", [Reply::redirect(302, "http://here.example/")]);
    scene.web.on(
        "huge.example",
        "/",
        [Reply::redirect(302, &format!("/{}", "a".repeat(60_000)))],
    );
    for (url, reason, hops) in [
        ("http://long.example/0", "too_many_redirects", 11),
        ("http://grows.example/?q=", "too_many_redirects", 11),
        ("http://here.example/", "redirect_loop", 2),
        ("http://huge.example/", "location_too_long", 1),
    ] {
        scene.archives(0, &["--target", url, "--set", "robots=\"ignore\""]);
        let last = format!(
            "FROM exchange x JOIN answer a ON a.id = x.answer JOIN capture c ON c.id = a.capture JOIN target t ON t.id = c.target WHERE t.url = '{url}'"
        );
        assert_eq!(scene.value::<i64>(&format!("SELECT count(*) {last}")), hops, "{url}");
        assert_eq!(
            scene.value::<String>(&format!("SELECT failure_reason {last} AND failure_reason IS NOT NULL")),
            reason,
            "{url}"
        );
        assert_eq!(
            scene.value::<String>(&format!("SELECT c.outcome {last}")),
            "unreadable",
            "{url}"
        );
    }
    scene.is_sound();
}

#[test]
fn a_certificate_that_is_over_or_another_hosts_is_an_outcome_even_if_it_is_vouched_for() {
    let scene = Scene::new();
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(scene.folder.path())
            .output();
        output.is_ok_and(|output| output.status.success())
    };
    let made = openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "9",
        "-subj",
        "/CN=Root of a test",
        "-keyout",
        "root.key",
        "-out",
        "root.pem",
    ]);
    if !made {
        println!("skipped: no openssl that makes certificates");
        return;
    }
    let root = scene.path("root.pem");
    let vouched = |host: &str, name: &str, days: &str| {
        scene.file("names", format!("subjectAltName=DNS:{name}"));
        let (key, csr) = (format!("{host}.key"), format!("{host}.csr"));
        assert!(openssl(&[
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", &key, "-out", &csr
        ]));
        assert!(openssl(&[
            "x509",
            "-req",
            "-in",
            &csr,
            "-CA",
            "root.pem",
            "-CAkey",
            "root.key",
            "-CAcreateserial",
            "-days",
            days,
            "-extfile",
            "names",
            "-out",
            host,
        ]));
        TlsServer::serve(&scene, host, &[])
    };
    for (host, name, days, outcome) in [
        ("good.example", "good.example", "2", "captured http_200"),
        ("other.example", "wrong.example", "2", "unreachable tls"),
        ("over.example", "over.example", "-1", "unreachable tls"),
    ] {
        let server = vouched(host, name, days);
        let url = format!("https://{host}/");
        let here = format!("hosts.{host}=127.0.0.1:{}", server.1);
        let mut command = scene.archiving();
        command.env("SSL_CERT_FILE", &root);
        command.args([
            "--target",
            &url,
            "--set",
            &here,
            "--set",
            "robots=\"ignore\"",
            "--set",
            "limit.headers=10",
        ]);
        command.output().unwrap();
        let told = format!(
            "SELECT c.outcome || ' ' || a.reason FROM capture c JOIN target t ON t.id = c.target JOIN answer a ON a.capture = c.id
             WHERE t.url = '{url}'"
        );
        assert_eq!(scene.value::<String>(&told), outcome, "{host}");
    }
    scene.is_sound();
}

/// A TLS server of the `openssl` command with these options, as long as it lives.
struct TlsServer(std::process::Child, u16);

impl TlsServer {
    fn start(scene: &Scene, certificate: &str, options: &[&str]) -> Option<TlsServer> {
        let (key, chain) = (scene.path(&format!("{certificate}.key")), scene.path(certificate));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"])
            .arg(format!("/CN={certificate}"))
            .args(["-addext", &format!("subjectAltName=DNS:{certificate}")])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&chain)
            .output();
        if !made.is_ok_and(|output| output.status.success()) {
            println!("skipped: no openssl that makes certificates");
            return None;
        }
        Some(TlsServer::serve(scene, certificate, options))
    }

    /// With the certificate of this name, whose key stands beside it.
    fn serve(scene: &Scene, certificate: &str, options: &[&str]) -> TlsServer {
        let (key, chain) = (scene.path(&format!("{certificate}.key")), scene.path(certificate));
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new("openssl")
            .args([
                "s_server",
                "-quiet",
                "-www",
                "-accept",
                &format!("127.0.0.1:{port}"),
                "-key",
            ])
            .arg(&key)
            .arg("-cert")
            .arg(&chain)
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "openssl s_server never listened"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        TlsServer(child, port)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_an_old_protocol_and_a_stalled_handshake_are_outcomes() {
    let scene = Scene::new();
    let Some(unvouched) = TlsServer::start(&scene, "unvouched.example", &[]) else {
        return;
    };
    let Some(old) = TlsServer::start(&scene, "old.example", &["-tls1", "-cipher", "ALL:@SECLEVEL=0"]) else {
        return;
    };
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stall = silent.local_addr().unwrap().port();
    for (host, port, reason) in [
        ("unvouched.example", unvouched.1, "tls"),
        ("old.example", old.1, "tls"),
        ("plain.example", scene.web.address().port(), "connect"),
        ("silent.example", stall, "timeout_connect"),
    ] {
        let url = format!("https://{host}/");
        let here = format!("hosts.{host}=127.0.0.1:{port}");
        let begun = Instant::now();
        scene.run(&["--target", &url, "--set", &here, "--set", "robots=\"ignore\""]);
        assert!(begun.elapsed() < Duration::from_secs(10), "{host}");
        let of = format!(
            "FROM capture c JOIN target t ON t.id = c.target JOIN answer a ON a.capture = c.id WHERE t.url = '{url}'"
        );
        assert_eq!(
            scene.value::<String>(&format!("SELECT c.outcome || ' ' || a.reason {of}")),
            format!("unreachable {reason}"),
            "{host}"
        );
    }
    assert_eq!(
        scene.web.log(),
        [],
        "no request went over a connection that was not vouched for"
    );
    scene.is_sound();
}
