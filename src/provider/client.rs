//! One request and its streamed answer. Owns patience: how long to wait for the first byte and for
//! the next one. Retries nothing, keeps nothing of what was said. Cancelling is dropping the future,
//! which closes the connection.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode, Url};
use tokio::time::{Instant, timeout_at};

use super::answer::Flaw;
use super::connection::{Connections, document, refused};
use super::exchange::{Response, Witness};
use super::keys::{KeyStore, heed, keyed};
use super::reader::Reader;
use super::refusal::{Refusal, said};
use super::report::Report;
use super::tape::Tape;
use super::wire::{Post, Read};
use super::{Endpoint, Timeouts, apply, canary, embed};
use crate::model::{Ask, Delta, EmbedAs, Failure, Fim, Finish, Merge, Phase, Suffix, Vectors};

/// After the finish was seen only counts can be missing: they are not waited for longer than this.
const GRACE: Duration = Duration::from_secs(1);

/// Speaks to every server. Cheap to clone; nothing is set up before the first request.
#[derive(Clone, Default, Debug)]
pub struct Client {
    pub(super) connections: Connections,
    keys: Option<Arc<dyn KeyStore>>,
}

/// The exact body that [`Client::stream`] sends; none if the wire takes no conversation.
pub fn body(endpoint: &Endpoint, model: &str, ask: &Ask) -> Vec<u8> {
    let body = endpoint.wire.format().request(model, ask);
    body.map(|body| body.to_string().into_bytes()).unwrap_or_default()
}

impl Client {
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with somebody who is shown all that leaves.
    #[must_use]
    pub fn shown_to(mut self, witness: Arc<dyn Witness>) -> Self {
        self.connections.witnesses.push(witness);
        self
    }

    /// The same, with keys that a program gives.
    #[must_use]
    pub fn with_keys(self, keys: Arc<dyn KeyStore>) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// The same, with answers from a recording and no network.
    #[must_use]
    pub fn played_from(mut self, tape: Arc<Tape>) -> Self {
        self.connections.tape = Some(tape);
        self
    }

    /// What has kept a witness from its work, each trouble once.
    pub fn trouble(&self) -> Option<String> {
        self.connections.witnesses.iter().find_map(|witness| witness.trouble())
    }

    /// Sends `ask` and hands each delta to `on`, in order. `Ok` only when the server said that the
    /// answer has ended; otherwise the deltas so far are all there is, and the failure says why.
    ///
    /// Dropping the future cancels: the connection is closed.
    pub async fn stream(
        &self,
        endpoint: &Endpoint,
        model: &str,
        ask: &Ask,
        mut on: impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let endpoint = &self.keyed(endpoint).await?;
        if !ask.tools.is_empty() && !endpoint.wire.offers_tools() {
            return Err(cannot(endpoint, "offer tools to a model"));
        }
        let format = endpoint.wire.format();
        let Some(body) = format.request(model, ask) else {
            return Err(cannot(endpoint, "take a conversation"));
        };
        let post = Post { url: format.url(&endpoint.base_url, model), body };
        self.converse(endpoint, model, post, format.reader(), &mut on).await
    }

    /// Asks `model` to fill in between a prefix and a suffix, as [`Client::stream`] asks for an answer.
    ///
    /// # Errors
    /// Also if the wire knows no fill-in: [`super::Wire::fills_in`] says so beforehand.
    pub async fn complete(
        &self,
        endpoint: &Endpoint,
        model: &str,
        fim: &Fim,
        mut on: impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let endpoint = &self.keyed(endpoint).await?;
        let format = endpoint.wire.format();
        let Some(body) = format.fim(model, fim) else {
            return Err(cannot(endpoint, "fill in between a prefix and a suffix"));
        };
        let post = Post { url: format.fim_url(&endpoint.base_url, model), body };
        self.converse(endpoint, model, post, format.reader(), &mut on).await
    }

    /// What the server makes of the suffix of a fill-in, found out by one small request with a suffix
    /// whose traces can be told. Worth asking once for a model of a wire that others imitate.
    ///
    /// # Errors
    /// As for [`Client::complete`]; that the server refuses a suffix is an answer.
    pub async fn suffix(
        &self,
        endpoint: &Endpoint,
        model: &str,
        mut on: impl FnMut(&Delta),
    ) -> Result<Suffix, Failure> {
        let mut seen = canary::Seen::default();
        let hear = |delta| {
            on(&delta);
            seen.note(delta);
        };
        let result = self.complete(endpoint, model, &canary::fim(), hear).await;
        canary::verdict(result, &seen)
    }

    /// The text with the change worked into it; `on` hears what comes of it on the way. What the model
    /// made of it is a proposal like any other, and has to be checked.
    ///
    /// # Errors
    /// As for [`Client::stream`]; also a text that was cut off at the model's limit.
    pub async fn merge(
        &self,
        endpoint: &Endpoint,
        model: &str,
        merge: &Merge,
        mut on: impl FnMut(&Delta),
    ) -> Result<String, Failure> {
        let (mut reply, mut finish) = (String::new(), None);
        let hear = |delta| {
            on(&delta);
            match delta {
                Delta::Text(more) => reply.push_str(&more),
                Delta::Finish(end) => finish = Some(end),
                _ => {}
            }
        };
        let ask = apply::ask(merge);
        self.stream(endpoint, model, &ask, hear).await?;
        match finish {
            Some(Finish::Stop) => Ok(apply::text(&reply, merge).to_owned()),
            end => {
                let why = format!("a merged text that is not whole ({end:?})");
                Err(Failure::Unreadable { server: endpoint.shown(), why })
            }
        }
    }

    /// The vectors of `texts`, in one request: how many a server takes is the caller's to know.
    ///
    /// # Errors
    /// As for [`Client::stream`]; also an answer that does not fit the texts.
    pub async fn embed(
        &self,
        endpoint: &Endpoint,
        model: &str,
        texts: &[String],
        of: EmbedAs,
    ) -> Result<Vectors, Failure> {
        let endpoint = &self.keyed(endpoint).await?;
        let Some(wire) = endpoint.wire.format().embedding() else {
            return Err(cannot(endpoint, "turn texts into vectors"));
        };
        let post = Post { url: wire.url(&endpoint.base_url, model), body: wire.request(model, texts, of) };
        let deadline = Instant::now() + endpoint.timeouts.first_byte;
        let response = self.connections.post(endpoint, post, deadline).await?;
        if !response.status().is_success() {
            return Err(self.refused(response, endpoint, model).await);
        }
        let body = document(response, endpoint).await?;
        let unreadable = |why: String| Failure::Unreadable { server: endpoint.shown(), why };
        let value: serde_json::Value =
            serde_json::from_slice(&body).map_err(|error| unreadable(format!("malformed JSON ({error})")))?;
        if let Some(report) = Report::within("", &value) {
            let status = report.status().unwrap_or(StatusCode::OK.as_u16());
            return Err(Refusal { status, retry_after: None, body: &body }.into_failure(endpoint, model));
        }
        embed::read(wire, &value, texts.len()).map_err(unreadable)
    }

    /// A document for a document, with a server that is no model. `None`: there is nothing under this
    /// address.
    pub(super) async fn document(
        &self,
        endpoint: &Endpoint,
        method: Method,
        url: Url,
        body: serde_json::Value,
    ) -> Result<Option<serde_json::Value>, Failure> {
        let endpoint = &self.keyed(endpoint).await?;
        let deadline = Instant::now() + endpoint.timeouts.first_byte;
        let response = self.connections.send(endpoint, method, Post { url, body }, deadline).await?;
        match response.status() {
            StatusCode::NOT_FOUND => return Ok(None),
            status if !status.is_success() => return Err(self.refused(response, endpoint, "").await),
            _ => {}
        }
        let body = document(response, endpoint).await?;
        let unreadable = |error| Failure::Unreadable {
            server: endpoint.shown(),
            why: format!("malformed JSON ({error})"),
        };
        serde_json::from_slice(&body).map(Some).map_err(unreadable)
    }

    /// The endpoint with its key at hand; a recording needs none.
    async fn keyed(&self, endpoint: &Endpoint) -> Result<Endpoint, Failure> {
        if self.connections.tape.is_some() {
            return Ok(endpoint.clone());
        }
        keyed(endpoint, self.keys.as_deref()).await
    }

    async fn refused(&self, response: Response, endpoint: &Endpoint, model: &str) -> Failure {
        let failure = refused(response, endpoint, model).await;
        heed(endpoint, self.keys.as_deref(), &failure);
        failure
    }

    async fn converse(
        &self,
        endpoint: &Endpoint,
        model: &str,
        post: Post,
        read: Box<dyn Read>,
        on: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let first_byte = Instant::now() + endpoint.timeouts.first_byte;
        let response = self.connections.post(endpoint, post, first_byte).await?;
        if !response.status().is_success() {
            return Err(self.refused(response, endpoint, model).await);
        }
        receive(response, endpoint, model, read, first_byte, on).await
    }

    /// The body of a short `GET`, for looking around; empty if the server answers with an error.
    pub(super) async fn get(&self, endpoint: &Endpoint, url: Url) -> Result<Vec<u8>, Failure> {
        // Some list their models without one.
        let keyed = self.keyed(endpoint).await;
        self.connections.get(keyed.as_ref().unwrap_or(endpoint), url).await
    }
}

/// Something that the wire cannot do; the configuration says so before it comes to this.
fn cannot(endpoint: &Endpoint, what: &'static str) -> Failure {
    Failure::CannotServe { server: endpoint.shown(), wire: endpoint.wire.name(), what }
}

async fn receive(
    mut response: Response,
    endpoint: &Endpoint,
    model: &str,
    read: Box<dyn Read>,
    first_byte: Instant,
    on: &mut impl FnMut(Delta),
) -> Result<(), Failure> {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let mut reader = Reader::with(read, endpoint.wire, content_type.unwrap_or_default());
    let heard = listen(&mut response, &mut reader, &endpoint.timeouts, first_byte, on).await;
    reader.take().into_iter().for_each(&mut *on);
    match heard.and_then(|()| reader.close()) {
        Ok(last) => {
            last.into_iter().for_each(on);
            Ok(())
        }
        Err(flaw) => Err(failure(flaw, &reader, endpoint, model)),
    }
}

/// Reads until the end: the one that was said, or that of the body, or of our patience.
async fn listen(
    response: &mut Response,
    reader: &mut Reader,
    timeouts: &Timeouts,
    first_byte: Instant,
    on: &mut impl FnMut(Delta),
) -> Result<(), Flaw> {
    let (mut deadline, mut waited) = (first_byte, timeouts.first_byte);
    loop {
        let was_finished = reader.answer().is_finished();
        let step = match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(bytes))) => reader.push(&bytes),
            Ok(Ok(None)) => return reader.end(),
            // What is missing after the finish is not part of the answer.
            Ok(Err(_)) | Err(_) if was_finished => return Ok(()),
            Ok(Err(_)) => return Err(Flaw::Cut),
            Err(_) => return Err(Flaw::Silent(waited)),
        };
        reader.take().into_iter().for_each(&mut *on);
        step?;
        if reader.answer().is_done() || reader.answer().has_failed() {
            return Ok(());
        }
        if !was_finished {
            waited = if reader.answer().is_finished() { GRACE.min(timeouts.idle) } else { timeouts.idle };
            deadline = Instant::now() + waited;
        }
    }
}

fn phase(reader: &Reader) -> Phase {
    if reader.answer().has_spoken() { Phase::MidAnswer } else { Phase::BeforeFirstByte }
}

fn failure(flaw: Flaw, reader: &Reader, endpoint: &Endpoint, model: &str) -> Failure {
    let server = endpoint.shown();
    match flaw {
        Flaw::Cut if !reader.answer().has_spoken() => {
            Failure::Unreachable { server, why: "it closed the connection without an answer".into() }
        }
        Flaw::Cut => Failure::Cut { server },
        Flaw::Silent(waited) => Failure::Silent { server, waited, phase: phase(reader) },
        Flaw::Unreadable(why) => Failure::Unreadable { server, why },
        Flaw::Reported { body, .. } if reader.answer().has_spoken() => {
            Failure::MidStream { server, said: said(&body, endpoint) }
        }
        Flaw::Reported { status, body } => {
            let status = status.unwrap_or(StatusCode::OK.as_u16());
            Refusal { status, retry_after: None, body: &body }.into_failure(endpoint, model)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use super::super::scripted::{Fault, Gate, Reply, Requests, Script, Server};
    use super::super::{BaseUrl, Key, Wire, discover};
    use super::*;
    use crate::model::{Counted, Finish, Message, Tokens};

    const REPLY: &str = "The first line.\nAnd 🦀 the second.\n";

    fn ask(text: &str) -> Ask {
        Ask { system: "be brief".into(), messages: vec![Message::user(text)], ..Ask::default() }
    }

    /// The wires that answer in words.
    fn talking() -> impl Iterator<Item = Wire> {
        Wire::ALL.into_iter().filter(|wire| wire.chats() || wire.fills_in())
    }

    fn endpoint(wire: Wire, base: &str) -> Endpoint {
        Endpoint::new("test", wire, BaseUrl::parse(base, false).unwrap())
    }

    /// For the faults that patience has to run out for: at the start, or within the answer.
    fn impatient(wire: Wire, base: &str, fault: Option<&Fault>) -> Endpoint {
        let usual = Timeouts::default();
        let timeouts = match fault {
            Some(Fault::Silent | Fault::HeadersOnly) => {
                Timeouts { first_byte: Duration::from_millis(250), ..usual }
            }
            Some(Fault::StallAfter(_) | Fault::Linger) => {
                Timeouts { idle: Duration::from_millis(250), ..usual }
            }
            _ => usual,
        };
        Endpoint { timeouts, ..endpoint(wire, base) }
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    /// Runs `test` against a server with this script.
    fn serving<T, F: Future<Output = T>>(
        replies: impl IntoIterator<Item = Reply>,
        test: impl FnOnce(String, Requests) -> F,
    ) -> T {
        run(async {
            let (server, address) = Server::bind(Script::new(replies)).await.unwrap();
            let requests = server.requests();
            tokio::select! {
                () = server.serve() => unreachable!("a server serves until it is dropped"),
                result = test(format!("http://{address}/v1"), requests) => result,
            }
        })
    }

    async fn stream(endpoint: &Endpoint) -> (Vec<Delta>, Result<(), Failure>) {
        let mut deltas = Vec::new();
        let (client, hear) = (Client::new(), |delta| deltas.push(delta));
        let result = if endpoint.wire.chats() {
            client.stream(endpoint, "m", &ask("hi"), hear).await
        } else {
            let (prefix, suffix) = ("hi".into(), "ho".into());
            let fim = Fim { prefix, suffix, max_output: Tokens(64), stop: vec![] };
            client.complete(endpoint, "m", &fim, hear).await
        };
        (deltas, result)
    }

    fn text(deltas: &[Delta]) -> String {
        let texts = deltas.iter().filter_map(|delta| match delta {
            Delta::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// What a person reads when the server does this, and the text that arrived before.
    fn failing(wire: Wire, reply: Reply) -> (String, Failure, String) {
        let fault = reply.fault.clone();
        serving([reply], |base, _| async move {
            let endpoint = impatient(wire, &base, fault.as_ref());
            let (deltas, result) = stream(&endpoint).await;
            let failure = result.unwrap_err();
            let host = format!("({})", endpoint.base_url.host());
            (text(&deltas), failure.clone(), failure.to_string().replace(&host, "(host)"))
        })
    }

    #[test]
    fn every_wire_streams_the_same_answer_with_counts_and_an_end() {
        for wire in talking() {
            let (deltas, result) =
                serving([Reply::text(REPLY)], |base, _| async move { stream(&endpoint(wire, &base)).await });
            assert_eq!(result, Ok(()), "{wire}");
            assert_eq!(text(&deltas), REPLY);
            assert!(deltas.len() > 4, "it comes in pieces");
            assert_eq!(deltas.last(), Some(&Delta::Finish(Finish::Stop)));
            let usage = deltas.iter().rev().find_map(|delta| match delta {
                Delta::Usage(usage) => Some(*usage),
                _ => None,
            });
            let usage = usage.unwrap();
            assert_eq!(usage.counted, Counted::Provider);
            assert!(usage.input.0 > 0 && usage.output.0 > 0);
        }
    }

    #[test]
    fn what_is_sent_is_what_the_context_screen_shows_with_the_key_in_one_header_only() {
        for (wire, header, value) in [
            (Wire::OpenAiChat, "authorization", "Bearer sk-sesame-12345"),
            (Wire::Anthropic, "x-api-key", "sk-sesame-12345"),
            (Wire::Gemini, "x-goog-api-key", "sk-sesame-12345"),
            (Wire::Ollama, "authorization", "Bearer sk-sesame-12345"),
        ] {
            serving([Reply::text("ok")], |base, requests| async move {
                let key = Key::parse("sk-sesame-12345").ok();
                let endpoint = Endpoint { key, ..endpoint(wire, &base) };
                stream(&endpoint).await.1.unwrap();
                let request = requests.nth(0).await.unwrap();
                assert_eq!(request.body.as_bytes(), body(&endpoint, "m", &ask("hi")));
                let holders = request.headers.iter().filter(|(_, value)| value.contains("sesame"));
                let holders: Vec<_> = holders.map(|(name, value)| (name.as_str(), value.as_str())).collect();
                assert_eq!(holders, [(header, value)]);
                assert!(!request.body.contains("sesame"));
            });
        }
    }

    #[test]
    fn each_way_to_fail_before_the_answer_says_what_happened() {
        let status = |status, retry_after: Option<&str>, message: &str| Fault::Status {
            status,
            retry_after: retry_after.map(str::to_owned),
            body: format!(r#"{{"error":{{"message":"{message}"}}}}"#),
        };
        for (fault, expected) in [
            (
                status(429, Some("7"), "slow down"),
                "test (host) is busy (HTTP 429); it asks to wait 7 s: slow down",
            ),
            (status(529, None, "overloaded"), "test (host) is busy (HTTP 529): overloaded"),
            (status(500, None, "oops"), "test (host) failed (HTTP 500): oops"),
            (status(401, None, "bad key"), "test (host) did not accept the key (HTTP 401): bad key"),
            (status(404, None, "no model m"), "test (host) does not know the model `m`: no model m"),
            (status(413, None, "too big"), "the request is too long for `m` at test (host): too big"),
            (status(418, None, "teapot"), "test (host) refused the request (HTTP 418): teapot"),
            (
                Fault::Redirect("https://evil.example/".into()),
                "test (host) refused the request (HTTP 307): it redirects to `https://evil.example/`, which is not followed",
            ),
            (Fault::Silent, "test (host) said nothing for 1 s"),
            (Fault::HeadersOnly, "test (host) said nothing for 1 s"),
            (
                Fault::Garbage,
                "test (host) sent something that is not an answer: `text/html`, beginning with `<!doctype html> <title>Welcome</title>`",
            ),
            (
                Fault::Empty,
                "test (host) sent something that is not an answer: `text/event-stream`, and it is empty",
            ),
        ] {
            for wire in talking() {
                let (text, failure, said) = failing(wire, Reply::fault(fault.clone()));
                assert_eq!(said.replace("application/x-ndjson", "text/event-stream"), expected);
                assert_eq!(text, "");
                assert!(!failure.next_step().is_empty());
            }
        }
        let (_, failure, _) = failing(Wire::OpenAiChat, Reply::fault(Fault::HangUp));
        assert!(matches!(failure, Failure::Unreachable { .. }), "{failure:?}");
    }

    #[test]
    fn each_way_to_fail_in_mid_answer_keeps_what_arrived() {
        for (fault, expected) in [
            (Fault::StallAfter(16), "test (host) said nothing for 1 s in the middle of the answer"),
            (Fault::CutAfter(16), "the connection to test (host) ended in the middle of the answer"),
            (Fault::EndAfter(16), "the connection to test (host) ended in the middle of the answer"),
            (
                Fault::ErrorAfter(16),
                "test (host) reported an error in the middle of the answer: the script says so",
            ),
        ] {
            for wire in talking() {
                let (text, _, said) = failing(wire, Reply::text(REPLY).with(fault.clone()));
                assert_eq!((text.as_str(), said.as_str()), ("The first line.\n", expected), "{wire}");
            }
        }
        let (text, failure, _) = failing(Wire::OpenAiChat, Reply::text(REPLY).with(Fault::Malformed));
        assert_eq!(text, REPLY);
        assert!(matches!(failure, Failure::Unreadable { .. }), "{failure:?}");
    }

    #[test]
    fn an_overloaded_server_that_says_so_inside_its_answer_is_busy() {
        // HTTP 200 and an error as the first event.
        let (_, failure, _) = failing(Wire::Anthropic, Reply::fault(Fault::ErrorAfter(0)));
        assert!(matches!(failure, Failure::Busy { status: 529, .. }), "{failure:?}");
    }

    #[test]
    fn a_document_or_another_end_than_usual_is_an_answer_too() {
        let (deltas, result) = serving([Reply::text(REPLY).with(Fault::Unstreamed)], |base, _| async move {
            stream(&endpoint(Wire::OpenAiChat, &base)).await
        });
        assert_eq!((text(&deltas).as_str(), result), (REPLY, Ok(())));
        let cut_off = Reply::text(REPLY).with(Fault::Finish("max_tokens".into()));
        let (deltas, result) =
            serving([cut_off], |base, _| async move { stream(&endpoint(Wire::Anthropic, &base)).await });
        assert_eq!((deltas.last(), result), (Some(&Delta::Finish(Finish::Length)), Ok(())));
    }

    #[test]
    fn a_server_that_has_finished_and_does_not_hang_up_is_not_waited_for() {
        for wire in talking() {
            let reply = Reply::text(REPLY).with(Fault::Linger);
            let (deltas, result) = serving([reply], |base, _| async move {
                stream(&impatient(wire, &base, Some(&Fault::Linger))).await
            });
            assert_eq!((text(&deltas).as_str(), result), (REPLY, Ok(())));
            assert_eq!(deltas.last(), Some(&Delta::Finish(Finish::Stop)));
        }
    }

    #[test]
    fn a_server_that_cannot_encrypt_is_unreachable_by_https() {
        let (failure, requests) = serving([Reply::text(REPLY)], |base, requests| async move {
            let endpoint = endpoint(Wire::OpenAiChat, &base.replace("http:", "https:"));
            (stream(&endpoint).await.1.unwrap_err(), requests.all())
        });
        assert!(matches!(failure, Failure::Unreachable { .. }), "{failure:?}");
        assert_eq!(requests, [], "and nothing was said to it");
    }

    #[test]
    fn nobody_listening_is_unreachable_and_not_a_wait() {
        let failure = run(async {
            let (server, address) = Server::bind(Script::default()).await.unwrap();
            drop(server);
            stream(&endpoint(Wire::OpenAiChat, &format!("http://{address}/v1"))).await.1.unwrap_err()
        });
        assert!(
            matches!(&failure, Failure::Unreachable { why, .. } if why.contains("refused")),
            "{failure:?}"
        );
        assert!(failure.is_transient());
    }

    #[test]
    fn text_is_there_while_the_model_still_talks_and_dropping_closes_the_connection() {
        let gate = Gate::after(16);
        let reply = Reply::text(REPLY).gate(&gate);
        serving([reply], |base, requests| async move {
            let endpoint = endpoint(Wire::OpenAiChat, &base);
            let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
            let (client, ask) = (Client::new(), ask("hi"));
            let talk = client.stream(&endpoint, "m", &ask, |delta| drop(sender.send(delta)));
            tokio::select! {
                _ = talk => unreachable!("the gate is shut"),
                first = receiver.recv() => assert_eq!(first, Some(Delta::Text("The first line.\n".into()))),
            }
            requests.closed().await;
        });
    }

    #[test]
    fn dropping_before_the_answer_closes_the_connection_too() {
        serving([Reply::fault(Fault::Silent)], |base, requests| async move {
            let endpoint = endpoint(Wire::OpenAiChat, &base);
            tokio::select! {
                _ = stream(&endpoint) => unreachable!("the server is silent"),
                request = requests.nth(0) => assert!(request.is_some()),
            }
            requests.closed().await;
        });
    }

    #[test]
    fn a_gate_lets_the_rest_through_once_it_is_opened() {
        let gate = Gate::after(16);
        let reply = Reply::text(REPLY).gate(&gate);
        let (deltas, result) = serving([reply], |base, _| async move {
            let endpoint = endpoint(Wire::OpenAiChat, &base);
            let open = async {
                gate.reached().await;
                gate.open();
            };
            tokio::join!(stream(&endpoint), open).0
        });
        assert_eq!((text(&deltas).as_str(), result), (REPLY, Ok(())));
    }

    #[test]
    fn replies_come_by_what_was_asked_and_otherwise_in_order() {
        let replies = [Reply::text("one"), Reply::text("rename").when("say \"rename\""), Reply::text("two")];
        let answers = serving(replies, |base, requests| async move {
            let endpoint = endpoint(Wire::OpenAiChat, &base);
            let client = Client::new();
            let mut answers = Vec::new();
            for question in ["a", "say \"rename\"", "say \"rename\" again", "b", "c"] {
                let mut answer = String::new();
                let heard = |delta| {
                    if let Delta::Text(text) = delta {
                        answer.push_str(&text);
                    }
                };
                let result = client.stream(&endpoint, "m", &ask(question), heard).await;
                answers.push(result.map_or_else(|failure| failure.to_string(), |()| answer));
            }
            assert_eq!(requests.all().len(), 5);
            answers
        });
        assert_eq!(answers[..4], ["one", "rename", "rename", "two"]);
        assert!(answers[4].ends_with("the script has no reply to this request"));
    }

    #[test]
    fn a_server_on_this_machine_is_found_with_its_models() {
        let found = serving([], |base, _| async move {
            let dead = endpoint(Wire::OpenAiChat, "http://127.0.0.1:9/v1");
            let here = endpoint(Wire::OpenAiChat, &base);
            discover(&Client::new(), &[dead, here], Duration::from_secs(5)).await
        });
        let found: Vec<_> = found.into_iter().map(|one| (one.endpoint.name, one.models)).collect();
        assert_eq!(found, [("test".to_owned(), vec!["scripted".to_owned()])]);
    }

    #[test]
    fn a_client_can_be_shared_by_threads_and_its_future_sent_to_one() {
        fn sendable(_: impl Send) {}
        let endpoint = endpoint(Wire::OpenAiChat, "http://127.0.0.1:9/v1");
        sendable(Client::new().stream(&endpoint, "m", &ask("hi"), |_| {}));
    }
}
