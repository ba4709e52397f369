//! The scripted server itself: accepts on loopback, finds the reply to each request and delivers
//! it. All connections live in the one future that serves them.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::http::{Response, gzip, receive, whole};
use super::mishap::{Mishap, Place, until};
use super::score::{Beat, deltas, score};
use super::store::Store;
use super::watch::Seen;
use super::{Fault, Reply, Request, Requests, Script, meaning};
use crate::model::Tokens;
use crate::provider::wire::{Format, Part, Voice};
use crate::provider::{BaseUrl, Endpoint, Wire};

/// A bound server; it answers while [`Server::serve`] is polled.
pub struct Server {
    listener: TcpListener,
    replies: Mutex<Vec<Scripted>>,
    store: Mutex<Store>,
    seen: watch::Sender<Seen>,
}

struct Scripted {
    reply: Reply,
    used: bool,
}

/// How a delivery ended.
enum Delivery {
    Whole,
    GivenUp,
}

impl Server {
    /// Binds a free port on loopback.
    ///
    /// # Errors
    /// What the system says when it gives none.
    pub async fn bind(script: Script) -> io::Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let replies = script.replies.into_iter().map(|reply| Scripted { reply, used: false });
        let replies = Mutex::new(replies.collect());
        Ok((Self { listener, replies, store: Mutex::default(), seen: watch::Sender::default() }, address))
    }

    /// How a client reaches it, under this provider name.
    ///
    /// # Errors
    /// The socket has no address, which a bound one has.
    pub fn endpoint(&self, name: &str, wire: Wire) -> io::Result<Endpoint> {
        let address = format!("http://{}/v1", self.listener.local_addr()?);
        let base_url = BaseUrl::parse(&address, false).map_err(io::Error::other)?;
        Ok(Endpoint::new(name, wire, base_url))
    }

    /// What it has received. Take it before serving.
    pub fn requests(&self) -> Requests {
        Requests(self.seen.subscribe())
    }

    /// Serves until dropped, which closes every connection.
    pub async fn serve(self) {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => open.push(self.converse(stream)),
                    // Out of descriptors, most likely: the open conversations give some back.
                    Err(_) => tokio::task::yield_now().await,
                },
                Some(()) = open.next() => {}
            }
        }
    }

    async fn converse(&self, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let (mut input, mut output) = stream.split();
        let Ok(request) = receive(&mut input).await else { return };
        let delivery = tokio::select! {
            biased;
            delivered = self.answer(&request, &mut output) => delivered.map(|()| Delivery::Whole),
            () = hang_up(&mut input) => Ok(Delivery::GivenUp),
        };
        if !matches!(delivery, Ok(Delivery::Whole)) {
            self.seen.send_modify(|seen| seen.given_up += 1);
        }
    }

    async fn answer(&self, request: &Request, out: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let path = request.path.split('?').next().unwrap_or_default();
        if request.method == "GET" && path == "/v1/models" {
            return whole(out, 200, JSON, "", br#"{"object":"list","data":[{"id":"scripted"}]}"#).await;
        }
        if let Some((status, value)) = self.meant(request, path) {
            self.seen.send_modify(|seen| seen.requests.push(request.clone()));
            return whole(out, status, JSON, "", value.to_string().as_bytes()).await;
        }
        let formats = Wire::ALL.into_iter().map(Wire::format);
        let Some(format) = formats.into_iter().find(|format| request.method == "POST" && format.owns(path))
        else {
            return whole(out, 404, JSON, "", br#"{"error":{"message":"no such path"}}"#).await;
        };
        self.seen.send_modify(|seen| seen.requests.push(request.clone()));
        match self.reply(request) {
            Some(reply) => deliver(&reply, request, format, out).await,
            None => {
                let body = r#"{"error":{"message":"the script has no reply to this request"}}"#;
                whole(out, 500, JSON, "", body.as_bytes()).await
            }
        }
    }

    /// What is asked about vectors, with its status. A reply with an error that names the request goes
    /// before, once.
    fn meant(&self, request: &Request, path: &str) -> Option<(u16, Value)> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = store.answer(request);
        let answer = stored.or_else(|| Some((200, meaning::answer(path, &request.json())?)))?;
        let mut replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let named = |reply: &Reply| reply.when.as_ref().is_some_and(|when| request.body.contains(when));
        for one in replies.iter_mut().filter(|one| !one.used && named(&one.reply)) {
            if let Some(Fault::Status { status, body, .. }) = &one.reply.fault {
                one.used = true;
                return Some((*status, serde_json::from_str(body).unwrap_or_default()));
            }
        }
        Some(answer)
    }

    fn reply(&self, request: &Request) -> Option<Reply> {
        let said = said(&request.json());
        let matches = |reply: &Reply| match &reply.when {
            Some(when) => said.contains(when.as_str()) || request.body.contains(when.as_str()),
            None => false,
        };
        let mut replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = replies.iter().position(|one| !one.used && matches(&one.reply));
        let again = || replies.iter().rposition(|one| matches(&one.reply));
        let next = || replies.iter().position(|one| !one.used && one.reply.when.is_none());
        let index = fresh.or_else(again).or_else(next)?;
        let one = replies.get_mut(index)?;
        one.used = true;
        Some(one.reply.clone())
    }
}

const JSON: &str = "application/json";

/// The texts of a request, decoded and one after the other; not what only labels them.
fn said(body: &Value) -> String {
    match body {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(said).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => {
            let texts = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "role" | "model" | "type"));
            texts.map(|(_, value)| said(value)).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

async fn hang_up(input: &mut (impl AsyncRead + Unpin)) {
    let mut ignored = [0; 256];
    while let Ok(1..) = input.read(&mut ignored).await {}
}

async fn deliver(
    reply: &Reply,
    request: &Request,
    format: &dyn Format,
    out: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let body = request.json();
    let model = body["model"].as_str().unwrap_or_default();
    let voice = Voice { model, input: Tokens::estimate(&said(&body)) };
    let document = || format.say(Part::Whole(&reply.text, Tokens::estimate(&reply.text)), &voice);
    let streamed = format.streams(&body);
    match &reply.fault {
        Some(Fault::Status { status, retry_after, body }) => {
            let after = retry_after.as_ref().map(|after| format!("retry-after: {after}\r\n"));
            whole(out, *status, JSON, &after.unwrap_or_default(), body.as_bytes()).await
        }
        Some(Fault::Redirect(place)) => whole(out, 307, JSON, &format!("location: {place}\r\n"), b"").await,
        Some(Fault::Silent) => std::future::pending().await,
        Some(Fault::HangUp) => Ok(()),
        Some(Fault::Garbage) => {
            whole(out, 200, "text/html", "", b"<!doctype html>\n<title>Welcome</title>").await
        }
        Some(Fault::Unstreamed) => whole(out, 200, JSON, "", document().as_bytes()).await,
        Some(Fault::Gzipped) => {
            let said = until(Place::AfterFinish, reply, &deltas(reply), format, &voice);
            let said = String::from_utf8_lossy(&said).into_owned() + &format.say(Part::Farewell, &voice);
            let more = "content-encoding: gzip\r\n";
            whole(out, 200, format.stream_type(), more, &gzip(said.as_bytes())).await
        }
        Some(Fault::At(place, mishap)) => {
            let said = until(*place, reply, &deltas(reply), format, &voice);
            accident(*mishap, &said, format, out).await
        }
        None if !streamed => whole(out, 200, JSON, "", document().as_bytes()).await,
        _ => stream(reply, format, voice, out).await,
    }
}

/// Sends what was said before an accident, and lets it happen.
async fn accident(
    mishap: Mishap,
    said: &[u8],
    format: &dyn Format,
    out: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut response = Response::chunked(out, format.stream_type()).await?;
    response.send(said).await?;
    response.send(mishap.words(format).as_bytes()).await?;
    response.flush().await?;
    match mishap {
        Mishap::Stall => std::future::pending().await,
        Mishap::Cut => Ok(()),
        _ => response.end().await,
    }
}

async fn stream(
    reply: &Reply,
    format: &dyn Format,
    voice: Voice<'_>,
    out: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let say = |part: Part<'_>| format.say(part, &voice);
    let output = Tokens::estimate(&reply.text);
    let mut response = Response::chunked(out, format.stream_type()).await?;
    let mut unopened = true;
    for beat in score(reply) {
        let speaks = matches!(beat, Beat::Delta(_) | Beat::Finish(_) | Beat::Linger);
        if speaks && std::mem::take(&mut unopened) {
            response.send(say(Part::Opening).as_bytes()).await?;
        }
        match beat {
            Beat::Delta(text) => {
                response.send(say(Part::Delta(&text)).as_bytes()).await?;
                if !reply.pace.is_zero() {
                    response.flush().await?;
                    tokio::time::sleep(reply.pace).await;
                }
            }
            Beat::Hold(gate) => {
                response.flush().await?;
                gate.pass().await;
            }
            Beat::Stall => {
                response.flush().await?;
                std::future::pending::<()>().await;
            }
            Beat::Cut => return response.flush().await,
            Beat::End => break,
            Beat::Report => response.send(format.report("the script says so").as_bytes()).await?,
            Beat::Instead(text) => response.send(text.as_bytes()).await?,
            Beat::Finish(reason) => {
                if !reply.calls.is_empty() {
                    response.send(say(Part::Calls(&reply.calls)).as_bytes()).await?;
                }
                let waits = format.waits().filter(|_| !reply.calls.is_empty());
                let reason = reason.as_deref().or(waits);
                response.send(say(Part::Finish(reason, output)).as_bytes()).await?;
                response.send(say(Part::Farewell).as_bytes()).await?;
            }
            Beat::Linger => {
                response.send(say(Part::Finish(None, output)).as_bytes()).await?;
                response.flush().await?;
                std::future::pending::<()>().await;
            }
        }
    }
    response.end().await
}
