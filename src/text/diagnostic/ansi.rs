//! Takes a terminal's control sequences out of a line: colours, links, and what a progress bar overwrote. What is
//! left may hold other controls; whoever shows it makes them visible.

use std::borrow::Cow;

/// The line as it would be seen at last.
pub fn plain(line: &str) -> Cow<'_, str> {
    let line = line.trim_end_matches('\r');
    let line = line.rsplit('\r').next().unwrap_or(line);
    if !line.contains(['\u{1b}', '\u{9b}']) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['\u{1b}', '\u{9b}']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = after_sequence(from);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What follows the sequence that `text` begins with (ECMA-48: CSI, strings, two-character escapes).
fn after_sequence(text: &str) -> &str {
    let mut chars = text.char_indices();
    let first = chars.next().map(|(_, c)| c);
    let kind = if first == Some('\u{9b}') { Some('[') } else { chars.next().map(|(_, c)| c) };
    match kind {
        Some('[') => {
            let end = chars.find(|(_, c)| ('@'..='~').contains(c));
            end.and_then(|(at, c)| text.get(at + c.len_utf8()..)).unwrap_or_default()
        }
        Some(']' | 'P' | '_' | '^' | 'X') => {
            let end = chars.find(|(_, c)| matches!(c, '\u{7}' | '\u{1b}' | '\u{9c}'));
            let rest = end.and_then(|(at, c)| text.get(at + c.len_utf8()..)).unwrap_or_default();
            // A string may end with two characters.
            if end.is_some_and(|(_, c)| c == '\u{1b}') {
                rest.strip_prefix('\\').unwrap_or(rest)
            } else {
                rest
            }
        }
        // A set of characters is chosen with intermediate characters and a last one.
        Some(' '..='/') => {
            let end = chars.find(|(_, c)| !(' '..='/').contains(c));
            end.and_then(|(at, c)| text.get(at + c.len_utf8()..)).unwrap_or_default()
        }
        Some(_) => chars.as_str(),
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_links_and_overwritten_progress_are_gone() {
        for (line, seen) in [
            ("\u{1b}[1m\u{1b}[38;5;9merror\u{1b}[0m: no", "error: no"),
            ("\u{1b}]8;;file:///a.rs\u{1b}\\a.rs\u{1b}]8;;\u{7}:3", "a.rs:3"),
            ("  10%\r  90%\rsrc/a.rs:1:1: error: x\r", "src/a.rs:1:1: error: x"),
            ("\u{9b}31mred\u{1b}(B", "red"),
            ("cut \u{1b}[3", "cut "),
            ("\u{1b}", ""),
            ("plain", "plain"),
        ] {
            assert_eq!(plain(line), seen, "{line:?}");
        }
    }
}
