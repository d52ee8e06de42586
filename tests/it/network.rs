//! What networks and servers do wrong, done by a proxy of our own: each is a stored outcome within its deadline, the
//! other hosts go on, and memory stays bounded.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::scene::{Scene, text, watched};
use crate::web::{Reply, Web};

/// Hosts that the proxy only passes on.
const GOOD: usize = 6;

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n";

/// What becomes of a connection to a bad host once its request was read.
type Fault = fn(&mut TcpStream) -> std::io::Result<()>;

fn for_ever(stream: &mut TcpStream, piece: &[u8], pause: Duration) -> std::io::Result<()> {
    loop {
        stream.write_all(piece)?;
        thread::sleep(pause);
    }
}

fn with_headers(stream: &mut TcpStream, headers: &str, body: &[u8]) -> std::io::Result<()> {
    stream.write_all(format!("{HEAD}{headers}\r\n").as_bytes())?;
    stream.write_all(body)
}

/// Bad hosts: what they do, and the reason and the cut that are kept of it.
const FAULTS: &[(&str, Fault, &str, Option<&str>)] = &[
    ("closes", |_| Ok(()), "reset", None),
    ("half-status", |s| s.write_all(b"HTTP/1.1 20"), "reset", None),
    (
        "silent",
        |_| {
            thread::sleep(Duration::from_secs(8));
            Ok(())
        },
        "timeout_headers",
        None,
    ),
    (
        "endless-head",
        |s| {
            s.write_all(HEAD.as_bytes())?;
            for_ever(s, b"x-a: b\r\n", Duration::from_millis(200))
        },
        "timeout_headers",
        None,
    ),
    (
        "head-flood",
        |s| {
            s.write_all(HEAD.as_bytes())?;
            for_ever(
                s,
                &b"x-flood: 0123456789012345678901234567890123456789\r\n".repeat(100),
                Duration::ZERO,
            )
        },
        "headers_too_large",
        None,
    ),
    (
        "hundred-one-headers",
        |s| with_headers(s, &"x-a: b\r\n".repeat(101), b""),
        "headers_too_large",
        None,
    ),
    (
        "long-header",
        |s| with_headers(s, &format!("x-a: {}\r\n", "b".repeat(2_000_000)), b""),
        "headers_too_large",
        None,
    ),
    (
        "nul-header",
        |s| with_headers(s, "x-a: b\0c\r\n", b"<p>x"),
        "bad_response",
        None,
    ),
    (
        "garbage",
        |s| s.write_all(&[0x16, 0x03, 0x00, 0xff, 0x00].repeat(300)),
        "bad_response",
        None,
    ),
    (
        "cut",
        |s| with_headers(s, "content-length: 9999\r\n", b"<p>half"),
        "body_cut",
        Some("disconnect"),
    ),
    (
        "half-closed",
        |s| {
            with_headers(s, "content-length: 9999\r\n", b"<p>half")?;
            s.shutdown(Shutdown::Write)?;
            thread::sleep(Duration::from_secs(8));
            Ok(())
        },
        "body_cut",
        Some("disconnect"),
    ),
    (
        "two-lengths",
        |s| with_headers(s, "content-length: 7\r\ncontent-length: 9\r\n", b"<p>half--"),
        "bad_response",
        None,
    ),
    (
        "length-and-chunks",
        |s| {
            with_headers(
                s,
                "content-length: 3\r\ntransfer-encoding: chunked\r\n",
                b"9\r\n<p>half--\r\n",
            )
        },
        "body_cut",
        Some("disconnect"),
    ),
    (
        "half-chunk",
        |s| with_headers(s, "transfer-encoding: chunked\r\n", b"5\r\nab"),
        "body_cut",
        Some("disconnect"),
    ),
    (
        "endless-chunk-size",
        |s| with_headers(s, "transfer-encoding: chunked\r\n", b"FFFFFFFFFFFFFFFFF\r\nab"),
        "body_cut",
        Some("disconnect"),
    ),
    (
        "stalls",
        |s| {
            with_headers(s, "content-length: 9999\r\n", b"<p>half")?;
            thread::sleep(Duration::from_secs(8));
            Ok(())
        },
        "timeout_body",
        Some("time"),
    ),
    (
        "drips",
        |s| {
            with_headers(s, "content-length: 9999\r\n", b"")?;
            for_ever(s, b"x", Duration::from_millis(200))
        },
        "timeout_body",
        Some("time"),
    ),
    (
        "endless-body",
        |s| {
            with_headers(s, "transfer-encoding: chunked\r\n", b"")?;
            let chunk = [b"10000\r\n".to_vec(), vec![b'a'; 0x10000], b"\r\n".to_vec()].concat();
            for_ever(s, &chunk, Duration::ZERO)
        },
        "limit",
        Some("length"),
    ),
    (
        "endless-length",
        |s| with_headers(s, "content-length: 9223372036854775807\r\n", b"ab"),
        "limit",
        Some("length"),
    ),
];

/// Listens on loopback; bad hosts get their fault, all others are passed on to the web.
fn proxy(web: &Web) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let behind = web.address();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                // A client that gives up is what is tested.
                let _ = serve(stream, behind);
            });
        }
    });
    address
}

fn serve(mut stream: TcpStream, behind: SocketAddr) -> std::io::Result<()> {
    let mut head = vec![0; 2048];
    let length = stream.peek(&mut head)?;
    let head = text(&head[..length]);
    let host = head
        .split("host: ")
        .nth(1)
        .and_then(|rest| rest.lines().next())
        .unwrap_or("");
    if host == "resets.example" {
        // Closed with the request unread, the kernel answers with a reset.
        return Ok(());
    }
    if let Some((_, fault, ..)) = FAULTS
        .iter()
        .find(|(name, ..)| host.strip_suffix(".example") == Some(name))
    {
        stream.read_exact(&mut vec![0; length])?;
        return fault(&mut stream);
    }
    if host == "delays.example" {
        thread::sleep(Duration::from_millis(700));
    }
    let mut web = TcpStream::connect(behind)?;
    let (mut from, mut to) = (stream.try_clone()?, web.try_clone()?);
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut web, &mut stream).map(drop)
}

/// An article that cites a page of each of these hosts.
fn story(scene: &Scene, hosts: &[String]) -> String {
    let mut page = String::from("<!DOCTYPE html><body><article><h1>Pages</h1>");
    for host in hosts {
        page += &format!(
            "<p>The office tells more about it in <a href='http://{host}/'>the page of {host}</a> of that week.</p>"
        );
        scene
            .web
            .on(host, "/", [Reply::page("<p>A page that is there.</p>".repeat(40))]);
    }
    scene.file("story.html", page + "</article>")
}

#[test]
fn every_fault_of_the_network_is_a_stored_outcome_in_time_and_the_other_hosts_go_on() {
    let scene = Scene::new();
    let mut hosts: Vec<String> = FAULTS.iter().map(|(name, ..)| format!("{name}.example")).collect();
    hosts.push("resets.example".to_owned());
    hosts.push("delays.example".to_owned());
    hosts.extend((0..GOOD).map(|n| format!("good-{n}.example")));
    let input = story(&scene, &hosts);
    let through = format!("hosts.*={}", proxy(&scene.web));
    let begun = Instant::now();
    let (output, peak) = watched(scene.archiving().args([
        &input,
        "--set",
        &through,
        "--set",
        "robots=\"ignore\"",
        "--set",
        "limit.total=3",
        "--set",
        "limit.page=4000000",
        "--set",
        "pace.total=64",
    ]));
    let took = begun.elapsed();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert!(peak < 400 << 10, "{peak} KiB");
    let archive = Connection::open(scene.archive()).unwrap();
    let kept = |host: &str| {
        let captures: Vec<(String, String, Option<String>)> = archive
            .prepare(
                "SELECT c.outcome, x.failure_reason, x.truncated FROM capture c JOIN target t ON t.id = c.target
                 JOIN answer a ON a.capture = c.id JOIN exchange x ON x.answer = a.id WHERE t.url = ?1",
            )
            .unwrap()
            .query_map([format!("http://{host}/")], |row| {
                Ok((
                    row.get(0)?,
                    row.get::<_, Option<String>>(1)?.unwrap_or_default(),
                    row.get(2)?,
                ))
            })
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(captures.len(), 1, "{host}: {captures:?}");
        captures.into_iter().next().unwrap()
    };
    let mut wrong = Vec::new();
    for (name, _, reason, cut) in FAULTS {
        let (outcome, kept_reason, truncated) = kept(&format!("{name}.example"));
        if outcome == "captured" || kept_reason != *reason || truncated.as_deref() != *cut {
            wrong.push(format!("{name}: {outcome} {kept_reason} {truncated:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(kept("resets.example").1, "reset");
    for host in hosts
        .iter()
        .filter(|host| host.starts_with("good") || host.starts_with("delays"))
    {
        assert_eq!(kept(host).0, "captured", "{host}");
    }
    scene.is_sound();
}
