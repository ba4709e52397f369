//! What is searched and what replaces it, as tools and blocks give them. It does not know the file.

use crate::change::{EditHunk, pair};

/// The hunk that turns `search` into `replace`. A search of nothing but blank lines names no place: it
/// is empty.
pub fn of_lines<S: AsRef<str>>(search: &[S], replace: &[S]) -> EditHunk {
    let search: Vec<&str> = search.iter().map(AsRef::as_ref).collect();
    let replace: Vec<&str> = replace.iter().map(AsRef::as_ref).collect();
    let blank = search.iter().all(|line| line.trim().is_empty());
    EditHunk { lines: pair(if blank { &[] } else { &search }, &replace), ..EditHunk::default() }
}

/// The hunk that turns the string `old` into `new`. A newline at the end of both, or of `old` alone,
/// ends a last line; at the end of `new` alone it makes one more.
pub fn of_texts(old: &str, new: &str) -> EditHunk {
    let ended = old.is_empty() || old.ends_with('\n');
    let new = if ended { new.strip_suffix('\n').unwrap_or(new) } else { new };
    of_lines(&lines(old.strip_suffix('\n').unwrap_or(old)), &lines(new))
}

fn lines(text: &str) -> Vec<&str> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::EditLine;

    #[test]
    fn what_both_sides_share_is_kept() {
        let hunk = of_texts("one\ntwo\r\nthree\n", "one\n2\nthree");
        let kept = |text: &str| EditLine::Keep(text.into());
        let expected =
            [kept("one"), EditLine::Remove("two".into()), EditLine::Add("2".into()), kept("three")];
        assert_eq!(hunk.lines, expected);
    }

    #[test]
    fn a_newline_that_the_new_text_alone_ends_in_is_a_line() {
        let after = |old, new| of_texts(old, new).after().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(after("a", "a\nb\n"), ["a", "b", ""]);
        assert_eq!(after("a\n", "a\nb\n"), ["a", "b"]);
        assert_eq!(after("a\n", "b"), ["b"]);
        assert_eq!(after("", "b\n"), ["b"]);
        assert!(after("a\n", "").is_empty());
    }

    #[test]
    fn a_blank_search_names_no_place() {
        assert_eq!(of_lines(&["", "  "], &["x"]).before().count(), 0);
    }
}
