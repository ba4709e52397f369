//! Characters that a person does not see and a model reads: controls, marks of direction, what has no
//! width, tags. A piece that is only read is sent with them written out; one that may be changed has to
//! be sent as it is, and is counted.

use std::borrow::Cow;

use crate::text::safe;

/// Columns of a tab, which is kept as it is.
const TAB: usize = 4;

/// As the model reads it: LF only, and U+FFFD for bytes that are not UTF-8. An edit is matched line
/// by line, and only its changed lines reach the file, so neither costs the file a byte.
pub(super) fn decoded(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

/// The text with every hidden character written out, as in `‹U+202E›`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if hidden(text) == 0 {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        let (body, ending) = parts(line);
        for cell in safe::cells(body, TAB) {
            let own = body.get(cell.bytes.clone()).unwrap_or_default();
            shown.push_str(if cell.mark { &cell.shown } else { own });
        }
        shown.push_str(ending);
    }
    Cow::Owned(shown)
}

/// How many characters of `text` would not be seen as they are.
pub fn hidden(text: &str) -> usize {
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    if text.bytes().all(plain) {
        return 0;
    }
    text.split_inclusive('\n')
        .map(|line| safe::cells(parts(line).0, TAB).filter(|cell| cell.mark).count())
        .sum()
}

/// A line and its ending.
fn parts(line: &str) -> (&str, &str) {
    let body = line.strip_suffix('\n').map_or(line, |body| body.strip_suffix('\r').unwrap_or(body));
    line.split_at(body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_written_out_and_the_rest_is_kept_to_the_byte() {
        let text = "a\tb\r\nif x\u{202e} {\u{200b}}\n\u{e0041}é漢\n";
        assert_eq!(hidden(text), 3);
        let shown = visible(text);
        assert!(shown.starts_with("a\tb\r\nif x‹U+202E› {‹U+200B›}\n"), "{shown}");
        assert!(shown.ends_with("é漢\n") && hidden(&shown) == 0, "{shown}");
        assert_eq!(visible("plain\ttext\r\n"), "plain\ttext\r\n");
    }
}
