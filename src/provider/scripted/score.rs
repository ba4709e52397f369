//! A reply laid out in time, as a value: what is sent, where it is held, how it ends. And each of
//! its deltas in the words of a wire.

use super::{Fault, Gate, Reply};

/// One step of a reply.
#[derive(Clone, Debug)]
pub(super) enum Beat {
    Delta(String),
    Hold(Gate),
    /// Says nothing more and keeps the connection.
    Stall,
    /// Closes the connection as it is.
    Cut,
    /// Ends the body without ending the answer.
    End,
    /// Sends this instead of what was to come, and ends the body.
    Instead(String),
    /// Reports an error instead of what was to come, and ends the body.
    Report,
    /// Ends the answer, with this reason if it is not the ordinary one.
    Finish(Option<String>),
    /// Ends the answer without its usual last words, and keeps the connection.
    Linger,
}

/// The deltas of a reply, whatever else is to happen to it.
pub(super) fn deltas(reply: &Reply) -> Vec<String> {
    let mut beats = Vec::new();
    pieces(&reply.text, 0, reply.text.len(), reply.chunk, &mut beats);
    let text = |beat| if let Beat::Delta(text) = beat { Some(text) } else { None };
    beats.into_iter().filter_map(text).collect()
}

/// The steps of a streamed reply.
pub(super) fn score(reply: &Reply) -> Vec<Beat> {
    let mut gates = reply.gates.clone();
    gates.sort_by_key(Gate::at);
    let (end, last) = ending(reply);
    let mut beats = Vec::new();
    let mut sent = 0;
    for gate in gates.into_iter().filter(|gate| gate.at() <= end) {
        pieces(&reply.text, sent, gate.at(), reply.chunk, &mut beats);
        sent = sent.max(gate.at());
        beats.push(Beat::Hold(gate));
    }
    pieces(&reply.text, sent, end, reply.chunk, &mut beats);
    beats.push(last);
    beats
}

/// How many bytes are said, and what comes then.
fn ending(reply: &Reply) -> (usize, Beat) {
    match &reply.fault {
        Some(Fault::StallAfter(bytes)) => (*bytes, Beat::Stall),
        Some(Fault::CutAfter(bytes)) => (*bytes, Beat::Cut),
        Some(Fault::EndAfter(bytes)) => (*bytes, Beat::End),
        Some(Fault::ErrorAfter(bytes)) => (*bytes, Beat::Report),
        Some(Fault::Malformed) => (reply.text.len(), Beat::Instead("data: {\"choices\":[{\"de\n\n".into())),
        Some(Fault::HeadersOnly) => (0, Beat::Stall),
        Some(Fault::Empty) => (0, Beat::End),
        Some(Fault::Linger) => (reply.text.len(), Beat::Linger),
        Some(Fault::Finish(reason)) => (reply.text.len(), Beat::Finish(Some(reason.clone()))),
        _ => (reply.text.len(), Beat::Finish(None)),
    }
}

fn pieces(text: &str, from: usize, to: usize, chunk: usize, beats: &mut Vec<Beat>) {
    let (from, to) = (floor(text, from), floor(text, to));
    let mut rest = text.get(from..to).unwrap_or_default();
    while let Some(first) = rest.chars().next() {
        let wanted = if chunk == 0 { rest.len() } else { floor(rest, chunk) };
        let (piece, more) = rest.split_at(wanted.max(first.len_utf8()));
        beats.push(Beat::Delta(piece.to_owned()));
        rest = more;
    }
}

/// The last start of a character at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(reply: &Reply) -> Vec<String> {
        let show = |beat: &Beat| match beat {
            Beat::Delta(text) => text.clone(),
            Beat::Hold(_) => "<hold>".into(),
            other => format!("<{other:?}>"),
        };
        score(reply).iter().map(show).collect()
    }

    #[test]
    fn a_reply_is_cut_at_characters_and_held_at_its_gates() {
        let reply = Reply { chunk: 4, ..Reply::text("abé🦀cdefg") }.gate(&Gate::after(9));
        assert_eq!(shown(&reply), ["abé", "🦀", "c", "<hold>", "defg", "<Finish(None)>"]);
        let reply = Reply { chunk: 0, ..Reply::text("abcdef") };
        assert_eq!(shown(&reply.clone().with(Fault::CutAfter(4))), ["abcd", "<Cut>"]);
        assert_eq!(shown(&reply.gate(&Gate::after(5)).with(Fault::StallAfter(4))), ["abcd", "<Stall>"]);
    }
}
