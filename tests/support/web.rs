//! A small web on loopback for tests and examples: hosts and paths with scripted replies, and a log of what was asked.
//! Real sockets, so that whoever asks needs no seam.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a server does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Status, headers and body; the length is added.
    Answer(u16, Vec<(String, String)>, Vec<u8>),
    /// These bytes as they are, then the connection closes.
    Raw(Vec<u8>),
    /// These bytes, then nothing for so many milliseconds.
    Stall(Vec<u8>, u64),
    /// A file, in parts where they are asked for.
    File(File),
}

/// A file on a server that knows ranges (RFC 9110 §14) and may break off.
#[derive(Clone, Debug)]
pub struct File {
    /// Its media type.
    pub kind: &'static str,
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// Names their state: an ETag with its quotes.
    pub tag: &'static str,
    /// The connection breaks before this byte of the file.
    pub breaks_at: usize,
    /// Instead of breaking it stays open so many milliseconds.
    pub stalls: u64,
}

impl File {
    /// What is sent to whoever asks with these headers: the head, and the bytes as far as they go.
    fn answer(&self, asked: &Asked) -> (String, &[u8]) {
        let header = |name: &str| asked.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let is_same = header("if-range").is_none_or(|tag| tag == self.tag);
        let first = header("range")
            .filter(|_| is_same)
            .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
        let (kind, tag, total) = (self.kind, self.tag, self.bytes.len());
        let common = format!("content-type: {kind}\r\netag: {tag}\r\naccept-ranges: bytes\r\n");
        let from = first.unwrap_or(0);
        let head = match first {
            None => format!("HTTP/1.1 200 Scripted\r\ncontent-length: {total}\r\n{common}\r\n"),
            Some(first) if first < total => format!(
                "HTTP/1.1 206 Scripted\r\ncontent-length: {}\r\ncontent-range: bytes {first}-{}/{total}\r\n{common}\r\n",
                total - first,
                total - 1
            ),
            Some(_) => {
                let head = "HTTP/1.1 416 Scripted\r\ncontent-length: 0\r\n";
                return (format!("{head}content-range: bytes */{total}\r\n\r\n"), &[]);
            }
        };
        (head, &self.bytes[from.min(self.breaks_at)..self.breaks_at])
    }
}

impl Reply {
    /// A 200 with this type and body.
    pub fn ok(kind: &str, body: impl Into<Vec<u8>>) -> Reply {
        Reply::Answer(200, vec![("content-type".into(), kind.into())], body.into())
    }

    /// A page.
    pub fn page(body: impl Into<Vec<u8>>) -> Reply {
        Reply::ok("text/html; charset=utf-8", body)
    }

    /// JSON.
    pub fn json(body: impl Into<Vec<u8>>) -> Reply {
        Reply::ok("application/json", body)
    }

    /// A status without a body.
    pub fn status(status: u16) -> Reply {
        Reply::Answer(status, Vec::new(), Vec::new())
    }

    /// A redirect.
    pub fn redirect(status: u16, to: &str) -> Reply {
        Reply::Answer(status, vec![("location".into(), to.into())], Vec::new())
    }

    /// The same with one more header.
    pub fn with(self, name: &str, value: &str) -> Reply {
        match self {
            Reply::Answer(status, mut headers, body) => {
                headers.push((name.into(), value.into()));
                Reply::Answer(status, headers, body)
            }
            other => other,
        }
    }
}

/// One request that came in: host and path with query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The Host header, without port.
    pub host: String,
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// What was sent.
    pub body: Vec<u8>,
}

type Script = Arc<Mutex<HashMap<(String, String), Vec<Reply>>>>;

/// The web. It lives as long as the process.
#[derive(Clone)]
pub struct Web {
    address: SocketAddr,
    script: Script,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl Web {
    /// Starts a web in which every host answers 404 to everything.
    pub fn start() -> Web {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let web = Web {
            address,
            script: Script::default(),
            log: Arc::default(),
        };
        let serving = web.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let web = serving.clone();
                // A client that goes away ends its connection and nothing else.
                thread::spawn(move || web.serve(stream));
            }
        });
        web
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on `host` answers so at `path`; a path that ends with `*` stands for all that begin so. Several replies
    /// are given one after the other, the last one for ever.
    pub fn on(&self, host: &str, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let replies: Vec<Reply> = replies.into_iter().collect();
        self.script.lock().unwrap().insert((host.into(), path.into()), replies);
    }

    /// What was asked so far.
    pub fn log(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    /// The header of this name that `host` was sent, one for each request to a path that begins so.
    pub fn sent(&self, host: &str, path: &str, header: &str) -> Vec<Option<String>> {
        let asked = self.log();
        let asked = asked.iter().filter(|a| a.host == host && a.path.starts_with(path));
        asked
            .map(|a| a.headers.iter().find(|(n, _)| n == header).map(|(_, v)| v.clone()))
            .collect()
    }

    /// How often `host` was asked for paths that begin so.
    pub fn asked(&self, host: &str, path: &str) -> usize {
        self.log()
            .iter()
            .filter(|a| a.host == host && a.path.starts_with(path))
            .count()
    }

    fn reply(&self, host: &str, path: &str) -> Reply {
        let mut script = self.script.lock().unwrap();
        let exact = (host.to_owned(), path.to_owned());
        let key = if script.contains_key(&exact) {
            Some(exact)
        } else {
            let fits = |(h, p): &&(String, String)| {
                h == host && p.strip_suffix('*').is_some_and(|start| path.starts_with(start))
            };
            script.keys().filter(fits).max_by_key(|(_, p)| p.len()).cloned()
        };
        match key.and_then(|key| script.get_mut(&key)) {
            Some(replies) if replies.len() > 1 => replies.remove(0),
            Some(replies) => replies.first().cloned().unwrap_or(Reply::status(404)),
            None => Reply::status(404),
        }
    }

    fn serve(&self, stream: TcpStream) {
        let Ok(mut out) = stream.try_clone() else { return };
        let mut reader = BufReader::new(stream);
        while let Some(asked) = read_request(&mut reader) {
            let reply = self.reply(&asked.host, &asked.path);
            self.log.lock().unwrap().push(asked.clone());
            let goes_on = match reply {
                Reply::File(file) => {
                    let (head, bytes) = file.answer(&asked);
                    let sent = out.write_all(head.as_bytes()).and_then(|()| out.write_all(bytes));
                    let is_whole = file.breaks_at == file.bytes.len();
                    if !is_whole {
                        thread::sleep(Duration::from_millis(file.stalls));
                    }
                    sent.is_ok() && is_whole
                }
                Reply::Answer(status, headers, body) => {
                    let mut head = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n", body.len());
                    for (name, value) in headers {
                        head += &format!("{name}: {value}\r\n");
                    }
                    head += "\r\n";
                    out.write_all(head.as_bytes())
                        .and_then(|()| out.write_all(&body))
                        .is_ok()
                }
                Reply::Raw(bytes) => {
                    let _ = out.write_all(&bytes);
                    false
                }
                Reply::Stall(bytes, millis) => {
                    let _ = out.write_all(&bytes);
                    thread::sleep(Duration::from_millis(millis));
                    false
                }
            };
            if !goes_on {
                let _ = out.shutdown(std::net::Shutdown::Both);
                return;
            }
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader
        .by_ref()
        .take(64 << 10)
        .read_line(&mut line)
        .ok()
        .filter(|n| *n > 0)?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader
            .by_ref()
            .take(64 << 10)
            .read_line(&mut header)
            .ok()
            .filter(|n| *n > 0)?;
        match header.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let host = headers
        .iter()
        .find(|(n, _)| n == "host")
        .map(|(_, v)| v.split(':').next().unwrap_or("").to_owned());
    let length = headers.iter().find(|(n, _)| n == "content-length");
    let length = length.and_then(|(_, v)| v.parse::<usize>().ok()).unwrap_or(0);
    let mut body = vec![0; length.min(64 << 10)];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        host: host.unwrap_or_default(),
        method,
        path,
        headers,
        body,
    })
}
