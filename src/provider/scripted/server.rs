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

use super::http::{Response, receive, whole};
use super::score::{Beat, score};
use super::watch::Seen;
use super::{Fault, Reply, Request, Requests, Script};
use crate::model::Tokens;
use crate::provider::wire::{Format, Part, Voice};
use crate::provider::{BaseUrl, Endpoint, Wire};

/// A bound server; it answers while [`Server::serve`] is polled.
pub struct Server {
    listener: TcpListener,
    replies: Mutex<Vec<Scripted>>,
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
        Ok((Self { listener, replies, seen: watch::Sender::default() }, address))
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
            return whole(out, 200, JSON, "", r#"{"object":"list","data":[{"id":"scripted"}]}"#).await;
        }
        let formats = Wire::ALL.into_iter().map(Wire::format);
        let Some(format) = formats.into_iter().find(|format| request.method == "POST" && format.owns(path))
        else {
            return whole(out, 404, JSON, "", r#"{"error":{"message":"no such path"}}"#).await;
        };
        self.seen.send_modify(|seen| seen.requests.push(request.clone()));
        match self.reply(request) {
            Some(reply) => deliver(&reply, request, format, out).await,
            None => {
                let body = r#"{"error":{"message":"the script has no reply to this request"}}"#;
                whole(out, 500, JSON, "", body).await
            }
        }
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
            whole(out, *status, JSON, &after.unwrap_or_default(), body).await
        }
        Some(Fault::Redirect(place)) => whole(out, 307, JSON, &format!("location: {place}\r\n"), "").await,
        Some(Fault::Silent) => std::future::pending().await,
        Some(Fault::HangUp) => Ok(()),
        Some(Fault::Garbage) => {
            whole(out, 200, "text/html", "", "<!doctype html>\n<title>Welcome</title>").await
        }
        Some(Fault::Unstreamed) => whole(out, 200, JSON, "", &document()).await,
        None if !streamed => whole(out, 200, JSON, "", &document()).await,
        _ => stream(reply, format, voice, out).await,
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
    let mut response = Response::chunked(out, "text/event-stream").await?;
    let mut unopened = true;
    for beat in score(reply) {
        let speaks = matches!(beat, Beat::Delta(_) | Beat::Finish(_) | Beat::Linger);
        if speaks && std::mem::take(&mut unopened) {
            response.send(&say(Part::Opening)).await?;
        }
        match beat {
            Beat::Delta(text) => {
                response.send(&say(Part::Delta(&text))).await?;
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
            Beat::Report => response.send(&format.report("the script says so")).await?,
            Beat::Instead(text) => response.send(&text).await?,
            Beat::Finish(reason) => {
                response.send(&say(Part::Finish(reason.as_deref(), output))).await?;
                response.send(&say(Part::Farewell)).await?;
            }
            Beat::Linger => {
                response.send(&say(Part::Finish(None, output))).await?;
                response.flush().await?;
                std::future::pending::<()>().await;
            }
        }
    }
    response.end().await
}
