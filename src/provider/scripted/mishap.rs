//! Accidents of a stream to the byte: a [`Place`] in it, whatever the wire, and what happens there. A
//! reply is laid out as the bytes that would have been sent, and cut at the place.

use super::Reply;
use crate::model::Tokens;
use crate::provider::wire::{Format, Part, Voice};

/// A place in a streamed answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// After the head of the response, before its first byte.
    AfterHead,
    /// In the middle of the event that holds a delta.
    InEvent,
    /// In the middle of a character of more than one byte.
    InCharacter,
    /// Between two deltas.
    BetweenDeltas,
    /// When all has been said, and not yet that it was all.
    AfterLastDelta,
    /// In the middle of the events that say the end.
    InFinish,
    /// When the end has been said, before what usually follows.
    AfterFinish,
}

impl Place {
    pub const ALL: [Self; 7] = [
        Self::AfterHead,
        Self::InEvent,
        Self::InCharacter,
        Self::BetweenDeltas,
        Self::AfterLastDelta,
        Self::InFinish,
        Self::AfterFinish,
    ];
}

/// What happens to a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mishap {
    /// Nothing more, with the connection open.
    Stall,
    /// The connection is closed, against the rules of HTTP.
    Cut,
    /// The body ends as HTTP says it should.
    End,
    /// The server reports an error in the wire's own way, and ends the body.
    Report,
    /// A gateway puts its web page in, and ends the body.
    Page,
    /// An event that is not JSON, and the end of the body.
    Junk,
    /// A line without end, of this many MiB.
    Flood(usize),
}

impl Mishap {
    /// What is said in its place, in the wire's framing.
    pub(super) fn words(self, format: &dyn Format) -> String {
        match self {
            Self::Stall | Self::Cut | Self::End => String::new(),
            Self::Report => format.report("the script says so"),
            Self::Page => "<html>\r\n<title>502 Bad Gateway</title>\r\n</html>\r\n".into(),
            Self::Junk if format.stream_type().contains("event") => "data: {\"choices\":[{\"de\n\n".into(),
            Self::Junk => "{\"message\":{\"con}\n".into(),
            Self::Flood(mebibytes) => "x".repeat(mebibytes << 20),
        }
    }
}

/// The bytes of a reply up to a place.
pub(super) fn until(
    place: Place,
    reply: &Reply,
    pieces: &[String],
    format: &dyn Format,
    voice: &Voice<'_>,
) -> Vec<u8> {
    let say = |part: Part<'_>| format.say(part, voice);
    let deltas: Vec<String> = pieces.iter().map(|text| say(Part::Delta(text))).collect();
    let finish = say(Part::Finish(None, Tokens::estimate(&reply.text)));
    let half = deltas.len() / 2;
    let (before, after) = (deltas.get(..half).unwrap_or_default(), deltas.get(half..).unwrap_or_default());
    let middle = after.first().map_or(0, String::len) / 2;
    let opened = say(Part::Opening) + &before.concat();
    let said = opened.clone() + &after.concat();
    let (bytes, end) = match place {
        Place::AfterHead => (String::new(), 0),
        Place::InEvent => (said, opened.len() + middle),
        Place::InCharacter => {
            let wide = said.char_indices().find(|(_, character)| character.len_utf8() > 1);
            let at = wide.map_or(0, |(at, _)| at + 1);
            (said, at)
        }
        Place::BetweenDeltas => (said, opened.len()),
        Place::AfterLastDelta => {
            let end = said.len();
            (said, end)
        }
        Place::InFinish => {
            let end = said.len() + finish.len() / 2;
            (said + &finish, end)
        }
        Place::AfterFinish => {
            let end = said.len() + finish.len();
            (said + &finish, end)
        }
    };
    let mut bytes = bytes.into_bytes();
    bytes.truncate(end);
    bytes
}
