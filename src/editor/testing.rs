//! Tests written as pictures: the text with the cursor drawn in it as `|`, and the selection as
//! `[text|]` or `[|text]`.

use super::{Buffer, Command, Motion, Outcome, Position};
use crate::text::RepoPath;

pub fn buffer(picture: &str) -> Buffer {
    let head = picture.find('|').map(|at| at - picture[..at].matches('[').count());
    let anchor = match (picture.find("[|"), picture.find('['), picture.find(']')) {
        (Some(_), _, Some(right)) => Some(right - 2),
        (None, Some(left), _) => Some(left),
        _ => head,
    };
    let text = picture.replace(['|', '[', ']'], "");
    let position = |offset: usize| {
        let line = text[..offset].matches('\n').count();
        Position::new(line, offset - text[..offset].rfind('\n').map_or(0, |at| at + 1))
    };
    let mut buffer = Buffer::open(RepoPath::parse("a.rs").unwrap(), text.as_bytes());
    if let (Some(anchor), Some(head)) = (anchor, head) {
        let _ = buffer.run(Command::Select(position(anchor), position(head)));
    }
    buffer
}

pub fn picture(buffer: &Buffer) -> String {
    let mut text = String::from_utf8(buffer.bytes()).unwrap();
    let head = buffer.offset(buffer.cursor());
    match buffer.selection().map(|(start, end)| (buffer.offset(start), buffer.offset(end))) {
        None => text.insert(head, '|'),
        Some((start, end)) if head == end => {
            text.insert_str(end, "|]");
            text.insert(start, '[');
        }
        Some((start, end)) => {
            text.insert(end, ']');
            text.insert_str(start, "[|");
        }
    }
    text
}

#[track_caller]
pub fn check(before: &str, commands: impl IntoIterator<Item = Command>, after: &str) {
    let mut buffer = buffer(before);
    for command in commands {
        let _ = buffer.run(command);
    }
    assert_eq!(picture(&buffer), after);
}

pub fn typed(text: &str) -> impl Iterator<Item = Command> + '_ {
    text.chars().map(|c| match c {
        '\n' => Command::Newline,
        c => Command::Insert(c.to_string()),
    })
}

pub fn left(extend: bool) -> Command {
    Command::Move(Motion::Left, extend)
}

pub fn right(extend: bool) -> Command {
    Command::Move(Motion::Right, extend)
}

/// Runs it and says whether the text changed.
pub fn edits(buffer: &mut Buffer, command: Command) -> bool {
    let outcome = buffer.run(command);
    matches!(outcome, Outcome::Edited | Outcome::Cut(_))
}
