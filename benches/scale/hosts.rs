//! Much that is due on many hosts, against what politeness alone allows.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::archive::Filling;
use super::{citekeep, kept, time};

const HOSTS: usize = 200;
const PAGES: usize = 50;

/// Seconds between two requests to one host: as the settings have it, or `DELAY`.
fn delay() -> f64 {
    std::env::var("DELAY").map_or(1.0, |delay| delay.parse().expect("DELAY is a number"))
}

/// What the server saw of its hosts: how many requests, how many too early, and when the last one came.
type Seen = Arc<Mutex<HashMap<String, (usize, usize, Instant)>>>;

pub fn run() {
    let path = kept("hosts.db");
    let _ = fs::remove_file(&path);
    let filling = Filling::open(&path);
    // The worst order: each host's are in one row.
    let urls = (0..HOSTS * PAGES).map(|n| format!("http://h{}.example/page/{}", n / PAGES, n % PAGES));
    filling.queue(urls.map(|url| Url::parse(&url).expect("an address")));
    filling.close();
    let seen = Seen::default();
    let address = serve(Arc::clone(&seen));
    let mut command = citekeep(&path);
    command
        .args(["run", "--json", "--allow-net", "127.0.0.0/8"])
        .args(["--set", &format!("hosts.*={address}")])
        .args(["--set", &format!("pace.delay={}", delay())]);
    let mut output = None;
    let (took, used) = time(|| output = command.output().ok());
    let output = output.expect("it can be run");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{}{}",
        said(&output.stdout),
        said(&output.stderr)
    );
    let seen = seen.lock().expect("whole");
    let most = seen.values().map(|(requests, ..)| *requests).max().unwrap_or(0);
    let requests: usize = seen.values().map(|(requests, ..)| requests).sum();
    let early: usize = seen.values().map(|(_, early, _)| early).sum();
    let least = (most - 1) as f64 * delay();
    println!(
        "hosts: {} due on {HOSTS} hosts, {} s between requests",
        HOSTS * PAGES,
        delay()
    );
    println!(
        "time / politeness alone       {:>7.2} ({took:.1} s, {least:.1} s)",
        took / least
    );
    println!("processor, with the server    {used:>7.2} s");
    println!(
        "answers 429                   {:>7.2} % of {requests}",
        early as f64 * 100.0 / requests as f64
    );
    let _ = fs::remove_file(path);
}

/// Serves pages on loopback; what comes sooner than the delay allows is answered with 429.
fn serve(seen: Seen) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    listener.set_nonblocking(true).expect("not blocking");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).expect("taken");
            while let Ok((stream, _)) = listener.accept().await {
                let seen = Arc::clone(&seen);
                tokio::spawn(async move { answer(stream, &seen).await });
            }
        });
    });
    address
}

/// Answers one request after the other, until the other side closes.
async fn answer(mut stream: TcpStream, seen: &Seen) -> std::io::Result<()> {
    let mut head = Vec::new();
    loop {
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut head).await? == 0 {
                return Ok(());
            }
        }
        let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let host = text
            .split("\r\nhost: ")
            .nth(1)
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        let path = text.split(' ').nth(1).unwrap_or_default();
        let response = if is_early(host, seen) {
            "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n".to_owned()
        } else if path == "/robots.txt" {
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned()
        } else {
            let body = format!(
                "<!doctype html><title>{host}{path}</title><p>{}",
                "It is here. ".repeat(160)
            );
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: ";
            format!("{head}{}\r\n\r\n{body}", body.len())
        };
        head.clear();
        stream.write_all(response.as_bytes()).await?;
    }
}

/// Whether a request comes before its time; a tenth is granted to the network and to a busy machine.
fn is_early(host: &str, seen: &Seen) -> bool {
    let now = Instant::now();
    let mut seen = seen.lock().expect("whole");
    let Some((requests, early, last)) = seen.get_mut(host) else {
        seen.insert(host.to_owned(), (1, 0, now));
        return false;
    };
    let is_early = now - *last < Duration::from_secs_f64(delay() * 0.9);
    (*requests, *early, *last) = (*requests + 1, *early + usize::from(is_early), now);
    is_early
}
