//! What a test sees of the scripted server, by waiting for events and never for time: the requests
//! so far, the connections given up by the client, and gates that hold a reply.

use std::sync::Arc;

use tokio::sync::watch;

/// A request as received.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

#[derive(Default, Debug)]
pub(super) struct Seen {
    pub requests: Vec<Request>,
    pub given_up: usize,
}

/// The server's visitors' book. Cloneable, and readable while and after it serves.
#[derive(Clone, Debug)]
pub struct Requests(pub(super) watch::Receiver<Seen>);

impl Requests {
    /// Every request with a body so far, in order of arrival.
    pub fn all(&self) -> Vec<Request> {
        self.0.borrow().requests.clone()
    }

    /// Waits for the `n`-th request, counted from 0; `None` if the server ends before.
    pub async fn nth(&self, n: usize) -> Option<Request> {
        let mut seen = self.0.clone();
        let seen = seen.wait_for(|seen| seen.requests.len() > n).await.ok()?;
        seen.requests.get(n).cloned()
    }

    /// Waits until a client has closed a connection before its reply was complete.
    pub async fn closed(&self) {
        let mut seen = self.0.clone();
        // An error is the end of the server, and with it of every connection.
        let _ = seen.wait_for(|seen| seen.given_up > 0).await;
    }
}

/// Holds a reply after a number of its bytes until the test opens it.
#[derive(Clone, Debug)]
pub struct Gate {
    at: usize,
    state: Arc<watch::Sender<State>>,
}

#[derive(Clone, Copy, Default, Debug)]
struct State {
    reached: bool,
    open: bool,
}

impl Gate {
    /// A closed gate after `bytes` of the reply's text.
    pub fn after(bytes: usize) -> Self {
        Self { at: bytes, state: Arc::default() }
    }

    /// Lets the reply go on, now or when it gets here.
    pub fn open(&self) {
        self.state.send_modify(|state| state.open = true);
    }

    /// Waits until everything before the gate has been sent.
    pub async fn reached(&self) {
        let _ = self.state.subscribe().wait_for(|state| state.reached).await;
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) async fn pass(&self) {
        self.state.send_modify(|state| state.reached = true);
        let _ = self.state.subscribe().wait_for(|state| state.open).await;
    }
}
