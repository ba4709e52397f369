//! Answers of real servers, recorded by others: each must be read to the expected result under every
//! way of cutting its bytes, with other line ends, and, when it stops early, to no call that could be
//! run. The folder is named by `REIN_WIRE_VECTORS`; without it there is nothing to check.

use std::fs;
use std::path::{Path, PathBuf};

use rein::provider::{Decoded, Response, Wire, decode};
use serde_json::Value;

/// Bodies up to this many bytes are cut at every place, longer ones at this many.
const EVERY_PLACE: usize = 2048;

struct Case {
    name: String,
    wire: Wire,
    status: u16,
    content_type: String,
    body: Vec<u8>,
    is_events: bool,
    expected: Value,
}

fn folder() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("REIN_WIRE_VECTORS").filter(|folder| !folder.is_empty()) else {
        eprintln!("REIN_WIRE_VECTORS is not set: no recorded answers are checked");
        return None;
    };
    let folder = PathBuf::from(folder);
    assert!(
        folder.join("index.json").is_file(),
        "REIN_WIRE_VECTORS names `{}`, which holds no index.json",
        folder.display()
    );
    Some(folder)
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn cases() -> Vec<Case> {
    let Some(folder) = folder() else { return Vec::new() };
    let index = json(&folder.join("index.json"));
    let cases: Vec<Case> = index.as_array().unwrap().iter().map(|entry| case(&folder, entry)).collect();
    assert!(!cases.is_empty());
    cases
}

fn case(folder: &Path, entry: &Value) -> Case {
    let name = entry["case"].as_str().unwrap().to_owned();
    let body = entry["body"].as_str().unwrap();
    Case {
        wire: entry["api"].as_str().unwrap().parse().unwrap(),
        status: u16::try_from(entry["http_status"].as_u64().unwrap()).unwrap(),
        content_type: entry["headers"]["content-type"].as_str().unwrap_or_default().to_owned(),
        body: fs::read(folder.join(&name).join(body)).unwrap(),
        is_events: Path::new(body).extension().is_some_and(|kind| kind == "sse"),
        expected: json(&folder.join(&name).join("expected.json")),
        name,
    }
}

impl Case {
    fn decode<'a>(&self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
        let response = Response { wire: self.wire, status: self.status, content_type: &self.content_type };
        decode(response, pieces)
    }
}

fn value(decoded: &Decoded) -> Value {
    serde_json::from_str(&decoded.to_json()).unwrap()
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

fn places(body: &[u8], dice: &mut Dice) -> Vec<usize> {
    if body.len() <= EVERY_PLACE {
        return (0..=body.len()).collect();
    }
    (0..200).map(|_| dice.below(body.len())).collect()
}

#[test]
fn every_recorded_answer_is_read_to_its_expected_result() {
    let mut wrong = Vec::new();
    for case in cases() {
        let found = value(&case.decode([case.body.as_slice()]));
        if found != case.expected {
            wrong.push(format!("{}\n  expected {}\n  found    {found}", case.name, case.expected));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_way_of_cutting_the_bytes_changes_an_answer() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for case in cases() {
        let whole = case.decode([case.body.as_slice()]);
        for place in places(&case.body, &mut dice) {
            let (head, rest) = case.body.split_at(place);
            assert_eq!(case.decode([head, rest]), whole, "{} cut at {place}", case.name);
        }
        for size in [1, 2, 3, 7, 64] {
            assert_eq!(case.decode(case.body.chunks(size)), whole, "{} in pieces of {size}", case.name);
        }
        for _ in 0..20 {
            let mut cuts: Vec<usize> = (0..16).map(|_| dice.below(case.body.len())).collect();
            cuts.extend([0, case.body.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|cut| &case.body[cut[0]..cut[1]]);
            assert_eq!(case.decode(pieces), whole, "{} cut at {cuts:?}", case.name);
        }
    }
}

#[test]
fn other_line_ends_change_nothing() {
    for case in cases().into_iter().filter(|case| case.is_events) {
        let whole = case.decode([case.body.as_slice()]);
        let text = String::from_utf8(case.body.clone()).unwrap().replace("\r\n", "\n");
        for end in ["\r\n", "\r"] {
            let other = text.replace('\n', end).into_bytes();
            assert_eq!(case.decode([other.as_slice()]), whole, "{} with {end:?}", case.name);
            assert_eq!(case.decode(other.chunks(1)), whole, "{} with {end:?}, in bytes", case.name);
        }
    }
}

#[test]
fn an_answer_that_stops_early_has_no_call_to_run_and_says_so() {
    let mut dice = Dice(0x0dd0_5eed);
    for case in cases().into_iter().filter(|case| case.status < 400) {
        let whole = value(&case.decode([case.body.as_slice()]));
        for place in places(&case.body, &mut dice) {
            let decoded = case.decode([&case.body[..place]]);
            let found = value(&decoded);
            if found["terminal"] == true {
                continue; // The end was said already; what is cut off are counts.
            }
            let calls = found["tool_calls"].as_array().unwrap();
            let run = calls.iter().filter(|call| call["runnable"] != "no").count();
            assert_eq!(run, 0, "{} cut at {place}", case.name);
            let visible =
                decoded.complaint.is_some() || !found["error"].is_null() || !found["finish"].is_null();
            assert!(visible, "{} cut at {place}", case.name);
            let text = whole["text"].as_str().unwrap();
            assert!(text.starts_with(found["text"].as_str().unwrap()), "{} cut at {place}", case.name);
        }
    }
}
