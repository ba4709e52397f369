//! Recordings of the wire: exchanges as lines of JSON, written as they end and played back without a
//! network, through the same reading of answers. No key is in one, and no time: two recordings of the
//! same are equal. Opens no file: it is given something to write to, and a text to read.

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::exchange::{Ending, Exchange, Sent, Witness};

const SCHEMA: &str = "rein.recording/1";

/// The first line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Head {
    schema: String,
    /// The configuration in force, without secrets, so that a recording can be played anywhere.
    config: String,
}

/// Writes exchanges down.
pub struct Recorder {
    out: Mutex<Box<dyn Write + Send>>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    /// `config`: the configuration in force, without secrets.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn new(out: Box<dyn Write + Send>, config: &str) -> std::io::Result<Self> {
        let recorder = Self { out: Mutex::new(out) };
        recorder.line(&Head { schema: SCHEMA.into(), config: config.into() })?;
        Ok(recorder)
    }

    fn line(&self, value: &impl Serialize) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(&line)?;
        out.flush()
    }
}

impl Witness for Recorder {
    fn wants_answers(&self) -> bool {
        true
    }

    fn exchanged(&self, exchange: Exchange) {
        // A recording that cannot be written to its end is shorter, and says so when it is played.
        let _ = self.line(&exchange);
    }
}

/// Why a text is no recording.
#[derive(Debug, thiserror::Error)]
pub enum NoTape {
    #[error("it is no recording of rein's; make one with `--record FILE`")]
    Head,
    #[error("line {line} is no exchange: {why}")]
    Exchange { line: usize, why: serde_json::Error },
}

/// A recording that is being played: each exchange once.
#[derive(Debug)]
pub struct Tape {
    config: String,
    left: Mutex<Vec<Exchange>>,
}

impl Tape {
    /// # Errors
    /// The text is no recording, or was changed into none.
    pub fn parse(text: &str) -> Result<Self, NoTape> {
        let mut lines = text.lines().zip(1..);
        let head = lines.next().and_then(|(line, _)| serde_json::from_str::<Head>(line).ok());
        let head = head.filter(|head| head.schema == SCHEMA).ok_or(NoTape::Head)?;
        let read = |(text, line)| serde_json::from_str(text).map_err(|why| NoTape::Exchange { line, why });
        let left = lines.map(read).collect::<Result<_, _>>()?;
        Ok(Self { config: head.config, left: Mutex::new(left) })
    }

    /// The configuration that was in force.
    pub fn config(&self) -> &str {
        &self.config
    }

    /// The first exchange that is left with this request; or what is different about it.
    pub(super) fn take(&self, sent: &Sent) -> Result<Exchange, String> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |exchange: &Exchange| {
            let Sent { method, url, body, .. } = &exchange.request;
            (method, url, body) == (&sent.method, &sent.url, &sent.body)
        };
        match left.iter().position(same) {
            Some(at) => Ok(left.remove(at)),
            None => Err(left.first().map_or_else(
                || "the recording has come to its end".to_owned(),
                |next| difference(&next.request, sent),
            )),
        }
    }
}

/// How many bytes of a difference are shown.
const SHOWN: usize = 48;

fn difference(recorded: &Sent, sent: &Sent) -> String {
    if recorded.method != sent.method || recorded.url != sent.url {
        let Sent { method, url, .. } = recorded;
        return format!("recorded was {method} {url}, asked is {} {}", sent.method, sent.url);
    }
    let common = recorded.body.iter().zip(&sent.body).take_while(|(a, b)| a == b).count();
    let from = |body: &[u8]| {
        let part = body.get(common..).unwrap_or_default();
        String::from_utf8_lossy(part.get(..SHOWN.min(part.len())).unwrap_or_default()).into_owned()
    };
    let (was, is) = (from(&recorded.body), from(&sent.body));
    format!("from byte {common} of the request on: recorded was `{was}`, asked is `{is}`")
}

/// Why no answer had come to a recorded request.
pub(super) fn unanswered(exchange: &Exchange) -> Option<&str> {
    match &exchange.ending {
        Ending::Broken(why) => Some(why),
        Ending::Whole | Ending::Open => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::scripted::{Fault, Reply, Script, Server};
    use super::super::{BaseUrl, Client, Endpoint, Key, Timeouts, Wire};
    use super::*;
    use crate::model::{Ask, Delta, Failure, Message};

    /// What was written, to be looked at.
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn ask(text: &str) -> Ask {
        Ask { messages: vec![Message::user(text)], ..Ask::default() }
    }

    async fn hear(client: &Client, endpoint: &Endpoint, text: &str) -> (Vec<Delta>, Result<(), Failure>) {
        let mut deltas = Vec::new();
        let result = client.stream(endpoint, "m", &ask(text), |delta| deltas.push(delta)).await;
        (deltas, result)
    }

    fn text(deltas: &[Delta]) -> String {
        let text = |delta: &Delta| match delta {
            Delta::Text(text) => Some(text.clone()),
            _ => None,
        };
        deltas.iter().filter_map(text).collect()
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    /// Asks each question once of a server and of the recording of that.
    fn recorded(wire: Wire, replies: Vec<Reply>, questions: &[&str]) -> (String, Endpoint) {
        run(async {
            let (server, address) = Server::bind(Script::new(replies)).await.unwrap();
            let base = BaseUrl::parse(&format!("http://{address}/v1"), false).unwrap();
            let key = Key::parse("sk-sesame-open").ok();
            let patience = Duration::from_millis(300);
            let timeouts = Timeouts { first_byte: patience, idle: patience, ..Timeouts::default() };
            let endpoint = Endpoint { key, timeouts, ..Endpoint::new("it", wire, base) };
            let out = Shared::default();
            let recorder = Recorder::new(Box::new(out.clone()), "level = \"file\"\n").unwrap();
            let client = Client::new().shown_to(Arc::new(recorder));
            let mut heard = Vec::new();
            let talk = async {
                for question in questions {
                    heard.push(hear(&client, &endpoint, question).await);
                }
            };
            tokio::select! {
                () = server.serve() => {}
                () = talk => {}
            }
            let tape = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
            let player = Client::new().played_from(Arc::new(Tape::parse(&tape).unwrap()));
            for (question, (deltas, result)) in questions.iter().zip(heard) {
                let (again, ended) = hear(&player, &endpoint, question).await;
                assert_eq!((text(&again), ended), (text(&deltas), result), "{wire}: {question}");
            }
            (tape, endpoint)
        })
    }

    #[test]
    fn what_was_recorded_plays_as_it_was_heard_on_every_wire_and_however_it_ended() {
        for wire in Wire::ALL.into_iter().filter(|wire| wire.chats()) {
            let busy = Fault::Status { status: 429, retry_after: Some("7".into()), body: "{}".into() };
            let replies = vec![
                Reply::text("whole, 🦀 and all"),
                Reply::text("breaks off").with(Fault::CutAfter(4)),
                Reply::text("falls silent").with(Fault::StallAfter(4)),
                Reply::fault(busy),
                Reply::fault(Fault::Silent),
                Reply::fault(Fault::HangUp),
            ];
            recorded(wire, replies, &["a", "b", "c", "d", "e", "f"]);
        }
    }

    #[test]
    fn a_recording_holds_no_key_and_nothing_that_differs_from_run_to_run() {
        let replies = || vec![Reply::text("your key is sk-sesame-open")];
        let (tape, endpoint) = recorded(Wire::Anthropic, replies(), &["my key is sk-sesame-open"]);
        assert!(!tape.contains("sesame"), "{tape}");
        assert!(tape.contains("my key is [key]"));
        let (again, other) = recorded(Wire::Anthropic, replies(), &["my key is sk-sesame-open"]);
        let host = |endpoint: &Endpoint| endpoint.base_url.host();
        assert_eq!(tape.replace(&host(&endpoint), "HOST"), again.replace(&host(&other), "HOST"));
    }

    #[test]
    fn a_request_that_differs_is_an_error_that_shows_the_difference() {
        let (tape, endpoint) = recorded(Wire::OpenAiChat, vec![Reply::text("hi")], &["say a"]);
        let player = Client::new().played_from(Arc::new(Tape::parse(&tape).unwrap()));
        let (other, whole, end) = run(async {
            let other = hear(&player, &endpoint, "say b").await.1.unwrap_err();
            let whole = hear(&player, &endpoint, "say a").await.1;
            (other, whole, hear(&player, &endpoint, "say a").await.1.unwrap_err())
        });
        let said = other.to_string();
        assert!(said.contains("recorded was `a\"") && said.contains("asked is `b\""), "{said}");
        assert_eq!(whole, Ok(()));
        assert!(end.to_string().contains("come to its end") && !end.is_outage());
    }

    #[test]
    fn what_is_no_recording_is_said_with_its_line() {
        for (text, part) in [("", "`--record FILE`"), ("{}\n", "`--record FILE`")] {
            assert!(Tape::parse(text).unwrap_err().to_string().contains(part));
        }
        let head = format!("{{\"schema\":\"{SCHEMA}\",\"config\":\"\"}}\n");
        assert!(Tape::parse(&head).is_ok());
        assert!(Tape::parse(&(head + "{\"x\":1}\n")).unwrap_err().to_string().starts_with("line 2"));
    }
}
