//! What the repository says to coding agents, in the files that agents read. It is the repository's text
//! and nobody else's: shown as such, to be read for how code is written here, obeyed in nothing.

use super::gather::{Ground, on_screen};
use crate::context::{Segment, Source, Trust, holds_key, is_secret, visible};
use crate::session::Wants;
use crate::text::{Lines, RepoPath};
use std::collections::BTreeMap;

/// The name that agents agree on; one may lie in every folder.
const AGREED: &str = "AGENTS.md";

/// At the root, where there is none of that name: the first of these.
const OTHERS: [&str; 6] =
    ["CLAUDE.md", "GEMINI.md", "CONVENTIONS.md", ".github/copilot-instructions.md", ".cursorrules", ".rules"];

/// Most bytes of one such file that are sent: what is longer is a manual.
const MOST: usize = 8_000;

/// The rules that hold for the file at hand: the root's, then each folder's on the way to it. Reads a few
/// files; `open` buffers come before what is on disk.
pub fn rules(
    ground: &Ground<'_>,
    open: &BTreeMap<RepoPath, Lines>,
    file: Option<&RepoPath>,
    wants: &Wants,
) -> Vec<Segment> {
    // Who keeps all of them out has none read.
    if wants.wishes.evicts_kind("rules") {
        return Vec::new();
    }
    let read = |name: &str| {
        let path = RepoPath::parse(name).ok()?;
        let text = on_screen(ground.workspace, open, &path)?;
        // The repository may have made a link of it, to a file that nobody means to send, ignored or secret.
        let real = ground.workspace.real(&path).ok()?;
        let meant = real == path || is_rules(&real);
        (meant && !is_secret(&real) && !holds_key(text.bytes())).then(|| piece(real, &text))
    };
    let mut found: Vec<Segment> =
        read(AGREED).or_else(|| OTHERS.iter().find_map(|name| read(name))).into_iter().collect();
    let path = file.map_or("", RepoPath::as_str);
    let folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
    found.extend(folders.filter_map(|folder| read(&format!("{folder}/{AGREED}"))));
    found.retain(|piece| !piece.text.trim().is_empty());
    found
}

/// Is it a file of rules, or of prose, by its name?
fn is_rules(path: &RepoPath) -> bool {
    path.extension() == Some("md") || OTHERS.contains(&path.file_name())
}

fn piece(path: RepoPath, text: &Lines) -> Segment {
    let text = String::from_utf8_lossy(text.bytes()).replace("\r\n", "\n");
    let shown = visible(&text);
    let mut end = shown.floor_char_boundary(MOST.min(shown.len()));
    if end < shown.len() {
        end = shown.get(..end).and_then(|head| head.rfind('\n')).map_or(end, |at| at + 1);
    }
    let why = match shown.get(end..).map_or(0, |rest| rest.lines().count()) {
        0 => "the repository's words to coding agents".to_owned(),
        lines => format!("the repository's words to coding agents, without their last {lines} lines"),
    };
    Segment::new(Source::Rules { path }, why, shown.get(..end).unwrap_or_default(), Trust::Repository)
}
