//! A request and its answer as bytes, without the key: what a witness is shown, what a recording
//! holds and what is played back. Whether the bytes come from a server or from a recording is decided
//! here and nowhere else: everything after reads a [`Response`].

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

/// In the place of a key.
const KEY: &str = "[key]";

/// No provider's key is shorter, in bytes.
const SHORTEST: usize = 8;

/// A request as it leaves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sent {
    pub method: String,
    pub url: String,
    /// Those that say something to the server; the key's value is left out.
    pub headers: Vec<(String, String)>,
    /// Exactly what is sent.
    #[serde(with = "text_or_bytes")]
    pub body: Vec<u8>,
}

impl Sent {
    /// As text: the request line, the headers that say something, an empty line and the body.
    pub fn as_http(&self) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.url).into_bytes();
        for (name, value) in &self.headers {
            out.extend(format!("{name}: {value}\r\n").bytes());
        }
        out.extend(b"\r\n");
        out.extend(&self.body);
        out
    }

    /// The same without `key`, wherever it stands. What is shorter than any key is left where it is in
    /// the text: taking it out would take out more.
    pub(super) fn without(mut self, key: Option<&str>) -> Self {
        if let Some(key) = key.filter(|key| key.len() >= SHORTEST) {
            self.url = self.url.replace(key, KEY);
            self.headers.iter_mut().for_each(|(_, value)| *value = value.replace(key, KEY));
            self.body = without(self.body, key);
        }
        self
    }
}

/// A text without a key that somebody may have put into it.
fn without(bytes: Vec<u8>, key: &str) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) if text.contains(key) => text.replace(key, KEY).into_bytes(),
        Ok(text) => text.into_bytes(),
        Err(other) => other.into_bytes(),
    }
}

/// How an answer ended, as far as it was waited for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Its body came to its end.
    Whole,
    /// The connection broke; there may have been no answer at all.
    Broken(String),
    /// Nobody waited any longer, with the connection open.
    Open,
}

/// A request and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Exchange {
    pub request: Sent,
    /// `None` if no answer came.
    pub status: Option<u16>,
    pub headers: Vec<(String, String)>,
    #[serde(with = "text_or_bytes")]
    pub body: Vec<u8>,
    pub ending: Ending,
}

/// Is shown what leaves, and what came of it. It is called on the way and must be quick.
pub trait Witness: Send + Sync + fmt::Debug {
    /// A request to the provider called `provider` is about to leave.
    fn sends(&self, _provider: &str, _sent: &Sent) {}

    /// Does it want to see answers?
    fn wants_answers(&self) -> bool {
        false
    }

    /// A request has been answered, or will not be.
    fn exchanged(&self, _exchange: Exchange) {}

    /// What has kept it from its work, in words: once.
    fn trouble(&self) -> Option<String> {
        None
    }
}

/// An exchange while it goes on. However it ends, those who want to know are told.
#[derive(Debug)]
pub(super) struct Watch {
    exchange: Exchange,
    witnesses: Vec<Arc<dyn Witness>>,
    key: Option<String>,
}

impl Watch {
    /// `None` if nobody wants to know.
    pub fn begin(request: &Sent, witnesses: &[Arc<dyn Witness>], key: Option<&str>) -> Option<Self> {
        let witnesses: Vec<_> = witnesses.iter().filter(|one| one.wants_answers()).cloned().collect();
        let request = request.clone();
        let exchange =
            Exchange { request, status: None, headers: vec![], body: vec![], ending: Ending::Open };
        (!witnesses.is_empty()).then(|| Self {
            exchange,
            witnesses,
            key: key.filter(|key| key.len() >= SHORTEST).map(str::to_owned),
        })
    }

    pub fn ends(&mut self, ending: Ending) {
        self.exchange.ending = ending;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Exchange { body, .. } = &mut self.exchange;
        if let Some(key) = &self.key {
            *body = without(std::mem::take(body), key);
        }
        self.witnesses.iter().for_each(|witness| witness.exchanged(self.exchange.clone()));
    }
}

/// The connection broke.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Broken;

#[derive(Debug)]
enum Body {
    Live(reqwest::Response),
    Played { pieces: VecDeque<Vec<u8>>, ending: Ending },
}

/// An answer whose head is there.
#[derive(Debug)]
pub(super) struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
    watch: Option<Watch>,
}

impl Response {
    pub fn live(response: reqwest::Response, mut watch: Option<Watch>) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        if let Some(watch) = &mut watch {
            watch.exchange.status = Some(status.as_u16());
            watch.exchange.headers = worth_keeping(&headers);
        }
        Self { status, headers, body: Body::Live(response), watch }
    }

    /// A recorded answer, event by event; `None` if none had come.
    pub fn played(exchange: Exchange) -> Option<Self> {
        let status = StatusCode::from_u16(exchange.status?).ok()?;
        let named = |(name, value): &(String, String)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        let headers = exchange.headers.iter().filter_map(named).collect();
        let pieces = exchange.body.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let body = Body::Played { pieces, ending: exchange.ending };
        Some(Self { status, headers, body, watch: None })
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The next piece of the body; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        let piece = match &mut self.body {
            Body::Live(response) => {
                response.chunk().await.map(|piece| piece.map(Vec::from)).map_err(|_| Broken)
            }
            Body::Played { pieces, ending } => match (pieces.pop_front(), &*ending) {
                (Some(piece), _) => Ok(Some(piece)),
                (None, Ending::Whole) => Ok(None),
                (None, Ending::Broken(_)) => Err(Broken),
                (None, Ending::Open) => std::future::pending().await,
            },
        };
        if let Some(watch) = &mut self.watch {
            match &piece {
                Ok(Some(piece)) => watch.exchange.body.extend(piece),
                Ok(None) => watch.ends(Ending::Whole),
                Err(Broken) => watch.ends(Ending::Broken("in the middle of the answer".into())),
            }
        }
        piece
    }
}

/// Headers that bear on how an answer is read.
fn worth_keeping(headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = ["content-type", "retry-after", "retry-after-ms", "location"];
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    kept.iter().filter_map(|name| Some(((*name).to_owned(), text(headers.get(*name)?)))).collect()
}

/// Bytes as the text they are, or as a list of numbers where they are none.
mod text_or_bytes {
    use serde::{Deserialize, Deserializer, Serialize as _, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => bytes.serialize(serializer),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Text(text) => text.into_bytes(),
            Written::Bytes(bytes) => bytes,
        })
    }
}
