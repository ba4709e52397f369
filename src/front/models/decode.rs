//! `rein models decode`: the body of a model server's answer, from stdin, as the result that a client
//! must reach, in one JSON document that is the same for every API. Sends nothing. For bug reports.

use std::io::Read as _;

use crate::front::{Exit, print, stop};
use crate::provider::{Response, Wire, decode as read};

/// Most bytes of a body: more than any answer that rein itself would read.
const LIMIT: u64 = 256 * 1024 * 1024;

/// What is to be decoded.
#[derive(Clone, Debug)]
pub struct DecodeRequest {
    pub api: Wire,
    /// The HTTP status that the body came with.
    pub status: u16,
    /// Its `content-type`, where it is known.
    pub content_type: String,
}

/// Prints the result on stdout; what keeps the body from being a whole answer is said on stderr too.
pub fn decode(request: &DecodeRequest) -> Exit {
    let mut body = Vec::new();
    match std::io::stdin().lock().take(LIMIT + 1).read_to_end(&mut body) {
        Err(why) => return stop(Exit::NotHere, format!("the body cannot be read from stdin: {why}")),
        Ok(_) if body.len() as u64 > LIMIT => {
            return stop(Exit::NotHere, format!("the body is longer than {} MiB", LIMIT >> 20));
        }
        Ok(_) => {}
    }
    let DecodeRequest { api, status, content_type } = request;
    let response = Response { wire: *api, status: *status, content_type };
    let decoded = read(response, [body.as_slice()]);
    let exit = match &decoded.complaint {
        Some(why) => stop(Exit::Done, format!("not a whole answer: {why}")),
        None => Exit::Done,
    };
    print(format!("{}\n", decoded.to_json()).as_bytes(), exit)
}
