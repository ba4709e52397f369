//! rustc's messages as JSON, one a line, bare or in cargo's envelope (`--message-format=json`).

use serde::Deserialize;

use super::{Place, Raw, Severity};

/// How deep a macro's expansion is followed to the text that a person wrote.
const DEEP: usize = 16;

/// cargo's envelope.
#[derive(Deserialize)]
struct Envelope {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    message: String,
    level: String,
    #[serde(default)]
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Mark>,
    #[serde(default)]
    children: Vec<Aside>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Mark {
    file_name: String,
    line_start: usize,
    line_end: usize,
    column_start: usize,
    column_end: usize,
    #[serde(default)]
    is_primary: bool,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    expansion: Option<Box<Expansion>>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Mark,
}

#[derive(Deserialize)]
struct Aside {
    message: String,
    level: String,
    #[serde(default)]
    spans: Vec<Mark>,
}

impl Mark {
    fn place(&self) -> (String, Place) {
        let end = (self.line_end.saturating_sub(1), self.column_end.saturating_sub(1));
        let at = Place::numbered(self.line_start, Some(self.column_start));
        (self.file_name.clone(), Place { end: Some(end), ..at })
    }

    /// Its place, then that of the text it was expanded from, and so on.
    fn places(&self) -> Vec<(String, Place)> {
        let mut places = Vec::new();
        let mut mark = Some(self);
        while let (Some(one), true) = (mark, places.len() < DEEP) {
            places.push(one.place());
            mark = one.expansion.as_ref().map(|expansion| &expansion.span);
        }
        places
    }
}

/// The problem that a line tells of. Nothing for a line of another kind.
pub fn line(text: &str) -> Option<Raw> {
    let enveloped = || serde_json::from_str::<Envelope>(text).ok().map(|envelope| envelope.message);
    let message = enveloped().or_else(|| serde_json::from_str::<Message>(text).ok())?;
    let primary = message.spans.iter().find(|mark| mark.is_primary)?;
    let severity = match message.level.as_str() {
        level if level.starts_with("error") => Severity::Error,
        "warning" => Severity::Warning,
        _ => Severity::Note,
    };
    let (path, at) = primary.place();
    let mut raw = Raw::new("rustc", &path, at, severity, message.message.lines().next().unwrap_or_default());
    raw.places = primary.places();
    let asides = message.children.iter().filter(|aside| aside.spans.is_empty() || aside.level == "help");
    let asides = asides.map(|aside| aside.message.as_str()).filter(|said| !said.starts_with("`#["));
    for said in primary.label.as_deref().into_iter().chain(asides) {
        said.lines()
            .filter(|line| !line.starts_with("for further information"))
            .for_each(|line| raw.say(line));
    }
    Some(raw.coded(message.code.as_ref().map(|code| code.code.as_str())))
}
