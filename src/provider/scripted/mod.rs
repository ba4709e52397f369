//! A model server whose model reads from a script: loopback HTTP/1.1 and the real wires, streamed.
//! `rein tour` talks to it through the same client as to any server, and tests use it to be slow,
//! broken, silent or cut off at a given byte.
//!
//! It also turns texts into vectors and keeps some, without a script: see `meaning` and `store`.
//!
//! What it will say is a value ([`Script`]); [`Server`] says it and records who asked. It spawns
//! nothing: whoever binds it runs [`Server::serve`], and dropping that closes every connection.

mod http;
mod meaning;
mod mishap;
mod score;
mod server;
mod store;
mod watch;

pub use mishap::{Mishap, Place};
pub use server::Server;
pub use watch::{Gate, Request, Requests};

use std::time::Duration;

/// What the server will say. A request takes the first unused reply whose `when` it contains, else
/// a used one whose `when` it contains, else the next unused reply without a `when`. When the
/// script has nothing left the server answers with HTTP 500 and says so.
#[derive(Clone, Default, Debug)]
pub struct Script {
    pub replies: Vec<Reply>,
}

impl Script {
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self { replies: replies.into_iter().collect() }
    }
}

/// One reply, and how it is delivered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Only for requests with this text in a message (decoded) or in the raw body.
    pub when: Option<String>,
    pub text: String,
    /// Bytes per delta, rounded down to whole characters (at least one); 0 sends all in one.
    pub chunk: usize,
    /// Between two deltas; zero is full speed.
    pub pace: Duration,
    /// Points at which the reply waits for the test.
    pub gates: Vec<Gate>,
    /// Tools that it calls behind its text.
    pub calls: Vec<Called>,
    pub fault: Option<Fault>,
}

/// A call of a tool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Called {
    pub name: String,
    /// JSON, if it is what it should be.
    pub arguments: String,
}

impl Default for Reply {
    fn default() -> Self {
        let (when, text, fault) = (None, String::new(), None);
        let (gates, calls) = (Vec::new(), Vec::new());
        Self { when, text, chunk: 16, pace: Duration::ZERO, gates, calls, fault }
    }
}

impl Reply {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub fn fault(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    /// One that calls a tool, or one more.
    #[must_use]
    pub fn calling(mut self, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        self.calls.push(Called { name: name.into(), arguments: arguments.into() });
        self
    }

    #[must_use]
    pub fn when(self, part: impl Into<String>) -> Self {
        Self { when: Some(part.into()), ..self }
    }

    #[must_use]
    pub fn gate(mut self, gate: &Gate) -> Self {
        self.gates.push(gate.clone());
        self
    }

    #[must_use]
    pub fn with(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }
}

/// How a server can fail. Numbers are bytes of the reply's text.
#[derive(Clone, Debug)]
pub enum Fault {
    /// An HTTP error.
    Status { status: u16, retry_after: Option<String>, body: String },
    /// HTTP 307 to this address.
    Redirect(String),
    /// Takes the request and says nothing.
    Silent,
    /// Sends the response's head and nothing more.
    HeadersOnly,
    /// Closes the connection without a byte.
    HangUp,
    /// Stops talking in mid-answer, with the connection open.
    StallAfter(usize),
    /// Closes the connection in mid-answer, against the rules of HTTP.
    CutAfter(usize),
    /// Ends the body properly, but without having said that the answer ended.
    EndAfter(usize),
    /// Reports an error inside the stream.
    ErrorAfter(usize),
    /// HTTP 200 and an HTML page.
    Garbage,
    /// HTTP 200 and an event that is not JSON.
    Malformed,
    /// HTTP 200 and no body.
    Empty,
    /// Answers in one JSON document although a stream was asked for.
    Unstreamed,
    /// Says that the answer has ended, and then keeps the connection.
    Linger,
    /// An accident at a place in the stream, to the byte.
    At(Place, Mishap),
    /// Sends the whole answer compressed, as gzip.
    Gzipped,
    /// Ends with this finish reason (in the wire's own words) instead of an ordinary stop.
    Finish(String),
}
