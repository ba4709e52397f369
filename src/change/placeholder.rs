//! Comments that stand for code the model left out. In a text that replaces code they would delete
//! what they stand for.

const COMMENTS: [&str; 11] = ["//", "#", "--", "/*", "<!--", "{/*", ";", "%", "*", "\"\"\"", "'''"];
const ENDS: [&str; 5] = ["*/}", "*/", "-->", "\"\"\"", "'''"];

/// Words that, with an ellipsis, say that code was left out.
const LEFT_OUT: [&str; 19] = [
    "existing",
    "unchanged",
    "rest of",
    "the rest",
    "remaining",
    "remains",
    "same as",
    "as before",
    "omitted",
    "previous",
    "unmodified",
    "other methods",
    "other functions",
    "other imports",
    "code here",
    "stays the same",
    "keep the",
    "no change",
    "your code",
];

/// Most bytes of such a comment.
const MAX_BYTES: usize = 160;

/// Does the line say that code was left out?
pub fn is_placeholder(line: &str) -> bool {
    let line = line.trim();
    if line.is_empty() || line.len() > MAX_BYTES {
        return false;
    }
    let (words, comment) = uncommented(line);
    if !comment && !line.contains("...") && !line.contains('…') {
        return false;
    }
    let bracketed = comment
        && ["()", "[]"].iter().any(|pair| words.starts_with(&pair[..1]) && words.ends_with(&pair[1..]));
    let words = words.trim_matches(['(', ')', '[', ']', '{', '}', '<', '>', ' ']).to_lowercase();
    let trimmed = words.trim_start_matches(['.', '…']).trim_end_matches(['.', '…']);
    let ellipsis = ["...", "…"].iter().any(|dots| words.starts_with(dots) || words.ends_with(dots));
    let names_code = LEFT_OUT.iter().any(|words| trimmed.contains(words));
    let says_so = comment
        && ["rest of", "the rest of", "remaining", "existing code"]
            .iter()
            .any(|start| trimmed.starts_with(start))
        && ["unchanged", "same", "as before", "here", "omitted", "stays"]
            .iter()
            .any(|end| trimmed.contains(end));
    says_so || bracketed && names_code || ellipsis && (names_code || comment && trimmed.is_empty())
}

/// May the line stand for code that was left out? A bare ellipsis may, too: that is for the file to
/// say, which may hold that very line.
pub(super) fn is_marker(line: &str) -> bool {
    matches!(line.trim(), "..." | "…" | "....") || is_placeholder(line)
}

/// The text of a comment, and whether the line is one.
fn uncommented(line: &str) -> (&str, bool) {
    let Some(rest) = COMMENTS.iter().find_map(|mark| line.strip_prefix(mark)) else {
        return (line, false);
    };
    let rest = rest.trim_start_matches(['/', '#', '*', '-', ';', '!']);
    let rest = rest.trim_end();
    (ENDS.iter().find_map(|mark| rest.strip_suffix(mark)).unwrap_or(rest).trim(), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ways_to_leave_code_out_are_known() {
        for line in [
            "// ... existing code ...",
            "    # ... rest of the code unchanged ...",
            "/* … existing code … */",
            "<!-- ... rest of the page ... -->",
            "... (rest of the file remains the same)",
            "// rest of the code remains the same",
            "# Rest of the function is unchanged",
            "-- remaining queries omitted",
            "[... existing code ...]",
            "// ...",
            "// [unchanged code]",
            "# (existing code remains the same)",
            "{/* ... existing JSX ... */}",
        ] {
            assert!(is_placeholder(line), "{line:?}");
        }
    }

    #[test]
    fn ordinary_code_and_comments_are_kept() {
        for line in [
            "...",
            "    ...",
            "let s = \"... existing code ...\";",
            "// Handles the rest of the queue first.",
            "# Wait for it...",
            "foo(...args)",
            "match x { .. }",
            "// remaining: how many are left",
            "",
        ] {
            assert!(!is_placeholder(line), "{line:?}");
        }
    }
}
