//! One request on the wire: the client as we need it (nothing followed, retried or unpacked by itself), the body as it
//! arrives under its limits, and a name for every way to fail.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::{Client, ClientBuilder, Response, Version};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use super::guard::{Guard, GuardedResolver, Refusal};
use super::resume::{self, Reply};
use super::{Sent, Staging, failure};
use crate::clock::Clock;
use crate::config::{Config, Limit, seconds};
use crate::error::{Error, Result};
use crate::exchange::{Body, CREDENTIAL, Exchange, Failure, NOT_KEPT, Purpose, SECRET_HEADERS, Truncated, Unfinished};
use crate::outcome::Outcome;

/// Bytes of a body kept in memory before the rest goes to staging.
const INLINE: usize = 2 << 20;

/// Bytes handed to staging at a time.
const PIECE: usize = 1 << 20;

/// A media file must come at this rate, in bytes a second, over this time.
const LEAST_RATE: (u64, Duration) = (10_000, Duration::from_secs(60));

/// Codings that we can undo; what is not offered does not come.
const ACCEPT_ENCODING: &str = "gzip, br";

/// The client and its limits.
pub struct Wire {
    /// For `http`; it knows no certificates.
    plain: Client,
    /// For `https`: made when first asked for, since reading the machine's certificates costs as much as a whole small run.
    secure: OnceCell<Client>,
    per_host: usize,
    guard: Arc<Guard>,
    clock: Clock,
    limit: Limit,
    user_agent: String,
}

impl Wire {
    /// A client for these settings.
    pub fn new(config: &Config, guard: Arc<Guard>, clock: Clock) -> Result<Wire> {
        let plain = builder(&config.limit, config.pace.per_host, &guard)
            .tls_certs_only([])
            .build()
            .map_err(|e| Error::Internal(format!("the HTTP client cannot be set up: {e}")))?;
        Ok(Wire {
            plain,
            secure: OnceCell::new(),
            per_host: config.pace.per_host,
            guard,
            clock,
            limit: config.limit.clone(),
            user_agent: config.user_agent(),
        })
    }

    /// The client for an address.
    async fn client(&self, url: &Url) -> std::result::Result<&Client, Failure> {
        if url.scheme() != "https" {
            return Ok(&self.plain);
        }
        let made = self.secure.get_or_try_init(|| async {
            let builder = builder(&self.limit, self.per_host, &self.guard);
            let built = tokio::task::spawn_blocking(|| builder.build()).await;
            let client = built.map_err(|e| e.to_string())?;
            client.map_err(|e| chain(&e))
        });
        made.await
            .map_err(|why| failure(Outcome::Unreachable, "tls", format!("TLS cannot be set up: {why}")))
    }

    /// The exchange of a request that was never sent.
    pub fn not_sent(&self, url: &Url, purpose: Purpose, failure: Failure) -> Exchange {
        Exchange::without_response(url, purpose, self.clock.now(), failure)
    }

    /// Sends one request and reads its response. `is_ours`: its secret headers are credentials of ours.
    pub async fn send(&self, url: &Url, sent: &Sent, is_ours: bool, staging: &mut impl Staging) -> Exchange {
        let purpose = sent.purpose;
        let mut exchange = Exchange {
            failure: None,
            ..self.not_sent(url, purpose, failure(Outcome::Unreachable, "", String::new()))
        };
        let client = match self.client(url).await {
            Ok(client) => client,
            Err(failure) => return self.not_sent(url, purpose, failure),
        };
        let mut left = None;
        if purpose == Purpose::Media {
            match take_up(&exchange.url, staging).await {
                Ok(taken) => left = taken,
                Err(error) => return self.not_sent(url, purpose, not_staged(&error)),
            }
        }
        let mut headers = self.headers(purpose, &sent.headers);
        if let Some((left, _)) = &left {
            headers.extend(resume::headers(left));
        }
        let mut request = match &sent.body {
            None => client.get(url.clone()),
            Some(body) => client.post(url.clone()).body(body.clone()),
        };
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        exchange.request_headers = kept(headers, sent.body.as_deref(), is_ours);
        let deadline = Instant::now() + seconds(self.limit.total);
        let patience = seconds(self.limit.connect) + seconds(self.limit.headers);
        match timeout(patience, request.send()).await {
            Err(_) => {
                exchange.failure = Some(failure(
                    Outcome::Unreachable,
                    "timeout_headers",
                    "no answer in time".into(),
                ))
            }
            Ok(Err(error)) => exchange.failure = Some(classify(&error)),
            Ok(Ok(response)) => {
                self.receive(response, &mut exchange, &mut left, deadline, staging)
                    .await
            }
        }
        if let Some((left, _)) = left {
            // Best effort: what is not given back now is free for the next run.
            let _ = staging.leave(left.id).await;
        }
        exchange.ended = self.clock.now();
        exchange
    }

    fn headers(&self, purpose: Purpose, extra: &[(String, String)]) -> Vec<(String, String)> {
        let accept = match purpose {
            Purpose::Article | Purpose::Page => "text/html,application/xhtml+xml,*/*;q=0.8",
            Purpose::Api | Purpose::Media | Purpose::Robots => "*/*",
        };
        let encoding = if purpose == Purpose::Media {
            "identity"
        } else {
            ACCEPT_ENCODING
        };
        let mut headers = Vec::with_capacity(3 + extra.len());
        for (name, value) in [
            ("accept", accept),
            ("accept-encoding", encoding),
            ("user-agent", &self.user_agent),
        ] {
            if !extra.iter().any(|(n, _)| n == name) {
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
        headers.extend_from_slice(extra);
        headers
    }

    async fn receive(
        &self,
        response: Response,
        exchange: &mut Exchange,
        left: &mut Option<(Unfinished, Sha256)>,
        deadline: Instant,
        staging: &mut impl Staging,
    ) {
        exchange.remote = response.remote_addr();
        if let Some(refusal) = self.refused_peer(exchange.remote) {
            exchange.failure = Some(failure(Outcome::Refused, refusal.reason(), refusal.to_string()));
            return;
        }
        exchange.status = Some(response.status().as_u16());
        exchange.http_version = Some(match response.version() {
            Version::HTTP_2 => "HTTP/2.0",
            Version::HTTP_10 => "HTTP/1.0",
            _ => "HTTP/1.1",
        });
        exchange.response_headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), kept_value(name.as_str(), value.as_bytes())))
            .collect();
        exchange.certificate = response
            .extensions()
            .get::<reqwest::tls::TlsInfo>()
            .and_then(|tls| tls.peer_certificate())
            .map(Bytes::copy_from_slice);
        match incoming(exchange, left, staging).await {
            Ok(body) => self.read_body(response, exchange, body, deadline, staging).await,
            Err(failure) => {
                exchange.truncated = Some(Truncated::Disconnect);
                exchange.failure = Some(failure);
            }
        }
    }

    fn refused_peer(&self, peer: Option<SocketAddr>) -> Option<Refusal> {
        peer.and_then(|peer| self.guard.check_ip(peer.ip()).err())
    }

    async fn read_body(
        &self,
        mut response: Response,
        exchange: &mut Exchange,
        mut body: Incoming,
        deadline: Instant,
        staging: &mut impl Staging,
    ) {
        let is_media = exchange.purpose == Purpose::Media;
        let limit = if is_media { self.limit.media } else { self.limit.page };
        let mut window = (Instant::now(), body.length);
        if exchange
            .header("content-length")
            .and_then(|l| l.parse::<u64>().ok())
            .is_some_and(|length| length > limit)
        {
            exchange.truncated = Some(Truncated::Length);
            exchange.failure = Some(too_large(limit));
            return;
        }
        loop {
            let idle = Instant::now() + seconds(self.limit.idle);
            let until = if is_media { idle } else { idle.min(deadline) };
            let chunk = match timeout_at(until, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => break,
                Ok(Err(error)) => {
                    exchange.truncated = Some(Truncated::Disconnect);
                    exchange.failure = Some(failure(Outcome::Unreachable, "body_cut", chain(&error)));
                    break;
                }
                Err(_) => {
                    exchange.truncated = Some(Truncated::Time);
                    exchange.failure = Some(failure(
                        Outcome::Unreachable,
                        "timeout_body",
                        "the body did not come in time".into(),
                    ));
                    break;
                }
            };
            let room = usize::try_from(limit.saturating_sub(body.length - body.known)).unwrap_or(usize::MAX);
            let too_much = chunk.len() > room;
            let kept = body
                .take(chunk.slice(..chunk.len().min(room)), &exchange.url, staging)
                .await;
            if let Err(error) = kept {
                exchange.truncated = Some(Truncated::Disconnect);
                exchange.failure = Some(not_staged(&error));
                break;
            }
            if too_much {
                exchange.truncated = Some(Truncated::Length);
                exchange.failure = Some(too_large(limit));
                break;
            }
            if is_media && window.0.elapsed() >= LEAST_RATE.1 {
                if body.length - window.1 < LEAST_RATE.0 * LEAST_RATE.1.as_secs() {
                    exchange.truncated = Some(Truncated::Time);
                    exchange.failure = Some(failure(
                        Outcome::Unreachable,
                        "too_slow",
                        "less than 10 KB a second".into(),
                    ));
                    break;
                }
                window = (Instant::now(), body.length);
            }
        }
        if exchange.failure.is_none() && body.is_short() {
            exchange.truncated = Some(Truncated::Disconnect);
            exchange.failure = Some(failure(
                Outcome::Unreachable,
                "body_cut",
                "less than was announced".into(),
            ));
        }
        exchange.body_length = body.received;
        if body.is_long() {
            exchange.truncated = Some(Truncated::Disconnect);
            exchange.failure = Some(misfit());
            if let Some(upload) = body.upload {
                // Best effort: what stays is thrown away after a day.
                let _ = staging.discard(upload).await;
            }
            return;
        }
        match body.end(exchange.truncated, staging).await {
            Ok((kept, sha256)) => (exchange.body, exchange.body_sha256) = (kept, sha256),
            Err(error) => {
                exchange.truncated = Some(Truncated::Disconnect);
                exchange.failure = Some(not_staged(&error));
            }
        }
    }
}

/// The body of `url` that an earlier try left, with the digest of what is there.
async fn take_up(url: &Url, staging: &mut impl Staging) -> Result<Option<(Unfinished, Sha256)>> {
    let Some(left) = staging.resume(url).await? else {
        return Ok(None);
    };
    let mut hash = Sha256::new();
    for number in 0..left.pieces {
        hash.update(staging.piece(left.id, number).await?);
    }
    Ok(Some((left, hash)))
}

/// What takes in the body of an answer: goes on with what was `left` if it brings the rest of it, else begins anew.
async fn incoming(
    answer: &Exchange,
    left: &mut Option<(Unfinished, Sha256)>,
    staging: &mut impl Staging,
) -> std::result::Result<Incoming, Failure> {
    let reply = left.as_ref().map(|(left, _)| resume::reply(answer, left));
    match (reply, left.take()) {
        (Some(Reply::Rest), Some((left, hash))) => Ok(Incoming::go_on(&left, hash)),
        (Some(reply @ (Reply::Whole | Reply::Misfit)), Some((left, _))) => {
            staging.discard(left.id).await.map_err(|error| not_staged(&error))?;
            match reply {
                Reply::Misfit => Err(misfit()),
                _ => Ok(Incoming::new(answer)),
            }
        }
        (_, kept) => {
            *left = kept;
            Ok(Incoming::new(answer))
        }
    }
}

fn misfit() -> Failure {
    failure(
        Outcome::Unreachable,
        "range_misfit",
        "the answer does not go on with what was received before".into(),
    )
}

fn not_staged(error: &Error) -> Failure {
    failure(Outcome::Unreachable, "staging", error.to_string())
}

fn too_large(limit: u64) -> Failure {
    failure(
        Outcome::TooLarge,
        "limit",
        format!("more than the limit of {limit} bytes"),
    )
}

/// A body on its way in: hashed as it comes, in memory while it is small, staged piece by piece once it is not.
pub(super) struct Incoming {
    hash: Sha256,
    /// Bytes of the body so far, with those of earlier tries.
    length: u64,
    /// Bytes that this exchange brought.
    received: u64,
    /// Bytes still to come that are staged already.
    known: u64,
    chunks: Vec<Bytes>,
    held: usize,
    upload: Option<i64>,
    may_stage: bool,
    /// What lets another try go on with it: the validator and the whole length.
    resumable: Option<(String, u64)>,
}

impl Incoming {
    /// The whole body of an answer.
    pub(super) fn new(answer: &Exchange) -> Incoming {
        let is_media = answer.purpose == Purpose::Media;
        Incoming {
            hash: Sha256::new(),
            length: 0,
            received: 0,
            known: 0,
            chunks: Vec::new(),
            held: 0,
            upload: None,
            // What a parser will read, or what may repeat a secret, stays in memory; its limit bounds it.
            may_stage: is_media || (answer.purpose == Purpose::Page && !answer.has_credential()),
            resumable: resume::validator(answer)
                .filter(|_| is_media)
                .map(|(validator, total)| (validator.to_owned(), total)),
        }
    }

    /// The rest of a body.
    fn go_on(left: &Unfinished, hash: Sha256) -> Incoming {
        Incoming {
            hash,
            length: left.length,
            received: 0,
            known: left.length - resume::from(left),
            chunks: Vec::new(),
            held: 0,
            upload: Some(left.id),
            may_stage: true,
            resumable: Some((left.validator.clone(), left.total)),
        }
    }

    /// Bytes so far.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Throws away what is staged of it.
    pub(super) async fn discard(self, staging: &mut impl Staging) {
        if let Some(upload) = self.upload {
            // Best effort: what stays is thrown away after a day.
            let _ = staging.discard(upload).await;
        }
    }

    /// Whether a body that ended lacks some of what was announced: a server may send less than the rest.
    fn is_short(&self) -> bool {
        self.resumable.as_ref().is_some_and(|(_, total)| self.length < *total)
    }

    /// Whether more came than the file has: what is staged cannot be told apart from it any more.
    fn is_long(&self) -> bool {
        self.resumable.as_ref().is_some_and(|(_, total)| self.length > *total)
    }

    pub(super) async fn take(&mut self, mut chunk: Bytes, url: &Url, staging: &mut impl Staging) -> Result<()> {
        self.received += chunk.len() as u64;
        let known = usize::try_from(self.known).unwrap_or(usize::MAX).min(chunk.len());
        self.known -= known as u64;
        let chunk = chunk.split_off(known);
        if chunk.is_empty() {
            return Ok(());
        }
        self.hash.update(&chunk);
        self.length += chunk.len() as u64;
        self.held += chunk.len();
        self.chunks.push(chunk);
        if self.may_stage && self.upload.is_none() && self.held > INLINE {
            let resumable = self
                .resumable
                .as_ref()
                .map(|(validator, total)| (validator.as_str(), *total));
            self.upload = Some(staging.begin(url, resumable).await?);
        }
        match self.upload {
            Some(upload) if self.held >= PIECE => self.flush(upload, staging).await,
            _ => Ok(()),
        }
    }

    async fn flush(&mut self, upload: i64, staging: &mut impl Staging) -> Result<()> {
        let mut held = self.joined();
        while !held.is_empty() {
            let piece = held.split_to(held.len().min(PIECE));
            staging.push(upload, piece).await?;
        }
        Ok(())
    }

    /// The chunks held as one; a single one is not copied.
    fn joined(&mut self) -> Bytes {
        let held = std::mem::take(&mut self.held);
        if self.chunks.len() == 1 {
            return self.chunks.remove(0);
        }
        let mut whole = BytesMut::with_capacity(held);
        for chunk in self.chunks.drain(..) {
            whole.extend_from_slice(&chunk);
        }
        whole.freeze()
    }

    /// Where the body is now, and its digest. One that broke off is left for another try if that can go on with it.
    pub(super) async fn end(
        mut self,
        truncated: Option<Truncated>,
        staging: &mut impl Staging,
    ) -> Result<(Body, Option<[u8; 32]>)> {
        if self.length == 0 {
            return Ok((Body::None, None));
        }
        let broke_off = matches!(truncated, Some(Truncated::Disconnect | Truncated::Time));
        let body = match self.upload {
            Some(upload) if broke_off && self.resumable.is_some() => {
                self.flush(upload, staging).await?;
                staging.leave(upload).await?;
                return Ok((Body::None, None));
            }
            Some(upload) => {
                self.flush(upload, staging).await?;
                Body::Staged(upload)
            }
            None => Body::Inline(self.joined()),
        };
        Ok((body, Some(self.hash.finalize().into())))
    }
}

/// A client that follows, retries and unpacks nothing by itself, and connects only where the guard lets it.
fn builder(limit: &Limit, per_host: usize, guard: &Arc<Guard>) -> ClientBuilder {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .tls_info(true)
        .tcp_nodelay(true)
        .connect_timeout(seconds(limit.connect))
        .pool_max_idle_per_host(per_host)
        .dns_resolver(Arc::new(GuardedResolver(Arc::clone(guard))))
}

/// What is kept of a request's headers: all but secrets, and the method of a POST before them, and its body if that is one
/// line of text; whoever sends another keeps it.
fn kept(mut headers: Vec<(String, String)>, body: Option<&[u8]>, is_ours: bool) -> Vec<(String, String)> {
    for (name, value) in &mut headers {
        if SECRET_HEADERS.contains(&name.as_str()) {
            let marker = if is_ours { CREDENTIAL } else { NOT_KEPT };
            marker.clone_into(value);
        }
    }
    let Some(body) = body else { return headers };
    let mut lines = vec![(":method".to_owned(), "POST".to_owned())];
    if let Ok(body) = std::str::from_utf8(body)
        && !body.is_empty()
        && !body.contains(['\r', '\n'])
    {
        lines.push((":body".to_owned(), body.to_owned()));
    }
    lines.extend(headers);
    lines
}

/// Stands in place of a cookie.
const COOKIE: &str = "(cookie not kept)";

/// A header's value as it is kept. A cookie that a server sets lets whoever has it speak as us: it is not sent again, and neither
/// an archive nor a bundle holds it.
fn kept_value(name: &str, value: &[u8]) -> String {
    match name {
        "set-cookie" | "set-cookie2" => COOKIE.to_owned(),
        _ => latin1(value),
    }
}

/// Header values are bytes; as Latin-1 none is lost.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| char::from(b)).collect()
}

/// A name for a request that got no response.
fn classify(error: &reqwest::Error) -> Failure {
    let mut source: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = source {
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return failure(Outcome::Refused, refusal.reason(), refusal.to_string());
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return failure(Outcome::Unreachable, "tls", tls.to_string());
        }
        // The reason of an I/O error made from another error is inside it, not behind it.
        source = match cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    let reason = if error.is_dns() {
        "dns"
    } else if error.is_timeout() {
        "timeout_connect"
    } else if error.is_connect() {
        "connect"
    } else if error.is_builder() {
        return failure(Outcome::Refused, "request_invalid", chain(error));
    } else if chain(error).contains("head is too large") {
        // More than a hundred headers, or more than about 400 KB of them: hyper's limits.
        return failure(Outcome::Unreadable, "headers_too_large", chain(error));
    } else if chain(error).contains("parse") || chain(error).contains("header") {
        return failure(Outcome::Unreadable, "bad_response", chain(error));
    } else {
        "reset"
    };
    failure(Outcome::Unreachable, reason, chain(error))
}

/// An error and its causes in one line, without the address (it stands in the exchange).
fn chain(error: &dyn StdError) -> String {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    causes.dedup();
    if causes.is_empty() {
        error.to_string()
    } else {
        causes.join(": ")
    }
}
