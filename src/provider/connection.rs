//! Connections: one pool for each way of reaching servers, the headers of a request, the bytes of a
//! response. Owns the rule that a key goes to the address it is configured for and nowhere else: no
//! redirect is followed, this machine is never reached through a proxy, and certificates are always
//! checked. Reads no answer and tries nothing twice.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, Url};
use tokio::time::{Instant, timeout, timeout_at};

use super::Endpoint;
use super::exchange::{Ending, Response, Sent, Watch, Witness};
use super::refusal::{Refusal, one_line, retry_after};
use super::tape::{Tape, unanswered};
use super::wire::Post;
use crate::model::{Failure, Phase};

/// Most bytes of an error's body that are read.
const REFUSAL_LIMIT: usize = 64 * 1024;

/// Most bytes of an answer that is one document of figures.
const DOCUMENT_LIMIT: usize = 64 * 1024 * 1024;

/// Shared connections to every server. Cheap to clone; nothing is set up before the first request.
#[derive(Clone, Default, Debug)]
pub(super) struct Connections {
    pools: Arc<Mutex<HashMap<Pool, reqwest::Client>>>,
    /// Are shown all that leaves.
    pub witnesses: Vec<Arc<dyn Witness>>,
    /// Answers come from it, and nothing leaves.
    pub tape: Option<Arc<Tape>>,
}

/// What a connection pool is set up with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Pool {
    /// This machine is never reached through a proxy.
    loopback: bool,
    connect: Duration,
}

impl Connections {
    /// The head of the response to a request, once it is there; any status.
    pub async fn post(
        &self,
        endpoint: &Endpoint,
        post: Post,
        deadline: Instant,
    ) -> Result<Response, Failure> {
        self.send(endpoint, Method::POST, post, deadline).await
    }

    /// As [`Connections::post`], by another method.
    pub async fn send(
        &self,
        endpoint: &Endpoint,
        method: Method,
        post: Post,
        deadline: Instant,
    ) -> Result<Response, Failure> {
        let body = if post.body.is_null() { Vec::new() } else { post.body.to_string().into_bytes() };
        match timeout_at(deadline, self.request(endpoint, method, post.url, body)).await {
            Ok(response) => response,
            Err(_) => {
                let (server, waited) = (endpoint.shown(), endpoint.timeouts.first_byte);
                Err(Failure::Silent { server, waited, phase: Phase::BeforeFirstByte })
            }
        }
    }

    /// The body of a short `GET`, for looking around; empty if the server answers with an error.
    pub async fn get(&self, endpoint: &Endpoint, url: Url) -> Result<Vec<u8>, Failure> {
        let mut response = self.request(endpoint, Method::GET, url, Vec::new()).await?;
        let mut body = Vec::new();
        if response.status().is_success() {
            head(&mut response, &mut body).await;
        }
        Ok(body)
    }

    /// The one way out. Witnesses see it first.
    async fn request(
        &self,
        endpoint: &Endpoint,
        method: Method,
        url: Url,
        body: Vec<u8>,
    ) -> Result<Response, Failure> {
        let server = endpoint.shown();
        let headers = headers(endpoint);
        let key = endpoint.key.as_ref().map(super::Key::expose);
        let (sent, mut watch) = if self.witnesses.is_empty() && self.tape.is_none() {
            (None, None)
        } else {
            let sent = shown(&method, &url, &headers, &body).without(key);
            self.witnesses.iter().for_each(|witness| witness.sends(&endpoint.name, &sent));
            let watch = Watch::begin(&sent, &self.witnesses, key);
            (Some(sent), watch)
        };
        if let (Some(tape), Some(sent)) = (&self.tape, &sent) {
            return played(tape, sent, server).await;
        }
        let request = self.pool(endpoint)?.request(method, url).headers(headers).body(body);
        match request.send().await {
            Ok(response) => Ok(Response::live(response, watch)),
            Err(error) => {
                let why = cause(&error, endpoint);
                if let Some(watch) = &mut watch {
                    watch.ends(Ending::Broken(why.clone()));
                }
                Err(Failure::Unreachable { server, why })
            }
        }
    }

    fn pool(&self, endpoint: &Endpoint) -> Result<reqwest::Client, Failure> {
        let pool = Pool { loopback: endpoint.base_url.is_loopback(), connect: endpoint.timeouts.connect };
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = pools.get(&pool) {
            return Ok(client.clone());
        }
        let client = set_up(pool).map_err(|error| Failure::Unreachable {
            server: endpoint.shown(),
            why: format!("no secure connection can be set up here ({})", root(&error)),
        })?;
        pools.insert(pool, client.clone());
        Ok(client)
    }
}

/// The answer that was recorded.
async fn played(tape: &Tape, sent: &Sent, server: String) -> Result<Response, Failure> {
    let exchange = match tape.take(sent) {
        Ok(exchange) => exchange,
        Err(difference) => return Err(Failure::NotRecorded { server, difference }),
    };
    if let (None, Some(why)) = (exchange.status, unanswered(&exchange)) {
        return Err(Failure::Unreachable { server, why: why.to_owned() });
    }
    match Response::played(exchange) {
        Some(response) => Ok(response),
        // Nobody had waited for its answer.
        None => std::future::pending().await,
    }
}

/// A request as it is shown: all but the key's value.
pub(super) fn shown(method: &Method, url: &Url, headers: &HeaderMap, body: &[u8]) -> Sent {
    let text = |value: &HeaderValue| match value.is_sensitive() {
        true => "[key]".to_owned(),
        false => String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    Sent {
        method: method.to_string(),
        url: url.to_string(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.to_vec(),
    }
}

fn set_up(pool: Pool) -> reqwest::Result<reqwest::Client> {
    // Without a process-wide provider of cryptography the builder panics. A second one is refused,
    // which is as good: the first is in place.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("rein/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(pool.connect)
        // Servers close idle connections after a minute or less; one closed in our hands is an error.
        .pool_idle_timeout(Duration::from_secs(20))
        .tcp_nodelay(true);
    if pool.loopback { builder.no_proxy() } else { builder }.build()
}

fn headers(endpoint: &Endpoint) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
    let format = endpoint.wire.format();
    for (name, value) in format.headers() {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let (name, prefix) = format.key();
    // A `Key` holds only what a header can, so no key is left out here.
    let value = endpoint.key.as_ref().map(|key| HeaderValue::from_str(&format!("{prefix}{}", key.expose())));
    if let Some(Ok(mut value)) = value {
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(name), value);
    }
    headers
}

/// The whole body of a response that is no stream.
pub(super) async fn document(mut response: Response, endpoint: &Endpoint) -> Result<Vec<u8>, Failure> {
    let server = endpoint.shown();
    let mut body = Vec::new();
    loop {
        match timeout(endpoint.timeouts.idle, response.chunk()).await {
            Ok(Ok(Some(bytes))) if body.len() + bytes.len() <= DOCUMENT_LIMIT => {
                body.extend_from_slice(&bytes);
            }
            Ok(Ok(Some(_))) => {
                let why = format!("a document of more than {} MiB", DOCUMENT_LIMIT >> 20);
                return Err(Failure::Unreadable { server, why });
            }
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(_)) => return Err(Failure::Cut { server }),
            Err(_) => {
                let (waited, phase) = (endpoint.timeouts.idle, Phase::MidAnswer);
                return Err(Failure::Silent { server, waited, phase });
            }
        }
    }
}

/// What a response with an error status is about.
pub(super) async fn refused(mut response: Response, endpoint: &Endpoint, model: &str) -> Failure {
    let status = response.status();
    if status.is_redirection() {
        return redirected(&response, endpoint);
    }
    let retry_after = retry_after(response.headers());
    let mut body = Vec::new();
    // What has come until then is enough to say what is wrong.
    let _ = timeout(endpoint.timeouts.idle, head(&mut response, &mut body)).await;
    Refusal { status: status.as_u16(), retry_after, body: &body }.into_failure(endpoint, model)
}

/// A request with code and a key in it goes where the user said, and nowhere else.
fn redirected(response: &Response, endpoint: &Endpoint) -> Failure {
    let place = response.headers().get(LOCATION).map(|place| String::from_utf8_lossy(place.as_bytes()));
    let place = one_line(&place.unwrap_or_default(), 200);
    Failure::Refused {
        server: endpoint.shown(),
        status: response.status().as_u16(),
        said: format!("it redirects to `{place}`, which is not followed"),
    }
}

/// The first bytes of a body, as far as they come.
async fn head(response: &mut Response, body: &mut Vec<u8>) {
    while let Ok(Some(bytes)) = response.chunk().await {
        body.extend_from_slice(&bytes);
        if body.len() >= REFUSAL_LIMIT {
            return body.truncate(REFUSAL_LIMIT);
        }
    }
}

fn cause(error: &reqwest::Error, endpoint: &Endpoint) -> String {
    if error.is_timeout() {
        return format!("no connection within {} s", endpoint.timeouts.connect.as_secs_f32().ceil());
    }
    if error.is_connect() { root(error) } else { format!("it gave no answer ({})", root(error)) }
}

/// What kept a request from being answered, in a line.
pub(super) fn one_cause(error: &reqwest::Error) -> String {
    if error.is_timeout() { "it did not answer in time".to_owned() } else { root(error) }
}

/// The innermost cause: those around it only say that sending failed, and repeat the address.
fn root(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    one_line(&cause.to_string(), 200)
}
