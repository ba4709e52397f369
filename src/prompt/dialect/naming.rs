//! How models name the file an edit is for, in the line before it. Only recognises a name; whether
//! it is a path inside the workspace is for `text::RepoPath` to say.

/// Longest name looked at, in bytes.
const MAX_NAME: usize = 1024;

/// Most words of a line that may be a name with blanks in it.
const MAX_WORDS: usize = 6;

/// Files without a dot or a slash in their name that are named bare.
const BARE: [&str; 16] = [
    "Makefile",
    "GNUmakefile",
    "makefile",
    "Dockerfile",
    "Containerfile",
    "Justfile",
    "justfile",
    "Rakefile",
    "Gemfile",
    "Procfile",
    "Jenkinsfile",
    "Vagrantfile",
    "LICENSE",
    "README",
    "CHANGELOG",
    "CODEOWNERS",
];

/// Reads a whole line as the name of a file: `src/a.rs`, `` `src/a.rs`: ``, `**src/a.rs**`,
/// `### src/a.rs`, `File: src/a.rs`, ``2. In `src/a.rs`:``.
pub fn path_line(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_NAME {
        return None;
    }
    let unheaded = unheaded(text);
    let (said, labelled) = match label(unheaded) {
        Some(rest) => (rest, true),
        None => (unheaded, false),
    };
    let (inner, wrapped) = unwrapped(said);
    let name = inner.strip_suffix(':').unwrap_or(inner);
    if looks_like_path(name, labelled || wrapped) {
        return Some(tidy(name));
    }
    pointed_at(text)
}

/// May the line be meant as the name of a file, though it is none that [`path_line`] reads? `.git /config`
/// is neither a name nor words. Taken for words it would leave the edit below it to another file.
pub fn may_be_path(text: &str) -> bool {
    let text = unwrapped(unheaded(text.trim())).0;
    let words: Vec<&str> = text.split_whitespace().take(MAX_WORDS + 1).collect();
    if text.len() > MAX_NAME || text.contains("://") || words.len() > MAX_WORDS {
        return false;
    }
    let (first, rest) = match words[..] {
        [] => return false,
        [word] => return word.starts_with("//") && word.contains(char::is_alphanumeric),
        [first, ref rest @ ..] => (first, rest),
    };
    let slashed = first.contains(['/', '\\']) && !first.starts_with("//");
    let broken = rest.iter().any(|word| word.len() > 1 && word.starts_with(['/', '\\']));
    let named = rest.last().is_some_and(|word| has_extension(word));
    slashed && (broken || named) || broken && rest.len() == 1
}

/// Reads a comment that holds nothing but the name of a file: `// src/a.rs`, `<!-- index.html -->`.
pub fn path_comment(text: &str) -> Option<String> {
    let text = text.trim();
    let inner = match text.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->")) {
        Some(inner) => inner,
        None => ["// ", "-- ", "; ", "% "].iter().find_map(|mark| text.strip_prefix(mark))?,
    };
    path_line(inner)
}

/// Reads the info string of a fence: `rust src/a.rs`, `src/a.rs`, `rust:src/a.rs`,
/// `rust title="src/a.rs"`.
pub fn path_in_info(info: &str) -> Option<String> {
    let named = info.split_whitespace().filter_map(|word| {
        let value = word.split_once('=').map_or(word, |(_, value)| value);
        let value = value.trim_matches(['"', '\'', '`']);
        let after_language = value.split_once(':').map_or(value, |(_, path)| path);
        [after_language, value].into_iter().find(|name| looks_like_path(name, false)).map(tidy)
    });
    let mut names: Vec<String> = named.collect();
    names.pop().filter(|_| names.is_empty())
}

/// The text after a heading mark, list mark or numbering.
fn unheaded(text: &str) -> &str {
    let headed = text.trim_start_matches('#');
    let text = if headed.starts_with(' ') { headed.trim_start() } else { text };
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if digits.len() < text.len() && (digits.starts_with(". ") || digits.starts_with(") ")) {
        return digits.get(2..).unwrap_or_default().trim_start();
    }
    ["- ", "* "].iter().find_map(|mark| text.strip_prefix(mark)).unwrap_or(text).trim_start()
}

/// The text after `File:` and its kin.
fn label(text: &str) -> Option<&str> {
    let bare = text.trim_start_matches('*');
    let (word, rest) = bare.split_once(':')?;
    let word = word.trim_end_matches('*').trim().to_ascii_lowercase();
    let known = matches!(word.as_str(), "file" | "path" | "filename" | "file path" | "filepath" | "in file");
    known.then(|| rest.trim_start_matches('*').trim())
}

/// The text inside backticks, stars or quotes, and whether it was in some.
fn unwrapped(text: &str) -> (&str, bool) {
    let text = text.strip_suffix(':').unwrap_or(text).trim();
    let mut inner = text;
    for mark in ["**", "__", "*", "`", "\"", "'"] {
        let stripped = inner.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
        inner = stripped.map_or(inner, |rest| rest.strip_suffix(':').unwrap_or(rest)).trim();
    }
    (inner, inner.len() < text.len())
}

/// A sentence that ends in a colon and has just one path in backticks points at what follows.
fn pointed_at(text: &str) -> Option<String> {
    let sentence = text.trim_end_matches('*').strip_suffix(':')?;
    let mut quoted = sentence.split('`').skip(1).step_by(2).filter(|name| looks_like_path(name, true));
    let name = quoted.next()?;
    quoted.next().is_none().then(|| tidy(name))
}

/// `sure`: something besides its looks says that it is a name.
fn looks_like_path(name: &str, sure: bool) -> bool {
    if !name.contains(char::is_alphanumeric)
        || name.len() > MAX_NAME
        || name.contains("://")
        || name.starts_with("//")
    {
        return false;
    }
    if name.chars().any(|c| c.is_control() || "<>{};=|!?`\"".contains(c)) {
        return false;
    }
    if BARE.contains(&name) {
        return true;
    }
    let slash = name.contains('/');
    if name.contains(char::is_whitespace) && !(sure && (slash || has_extension(name))) {
        return false;
    }
    let code = name.contains(['(', ')', ',', '*', '#', '$', '[', ']', '@', ':', '\'', '&', '+', '%']);
    (slash && !name.ends_with('/'))
        || (has_extension(name) && !code)
        || (name.starts_with('.') && !code && name.len() > 2)
}

/// A dot with a few letters or digits after it, and something before.
fn has_extension(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && (1..=12).contains(&extension.len())
            && extension.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    })
}

/// `./src/a.rs` is `src/a.rs`; everything else is kept as written.
fn tidy(name: &str) -> String {
    name.strip_prefix("./").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_seen_in_the_wild_name_a_file() {
        for line in [
            "src/a.rs",
            "./src/a.rs",
            "src/a.rs:",
            "`src/a.rs`",
            "`src/a.rs`:",
            "**src/a.rs**",
            "**`src/a.rs`**:",
            "### src/a.rs",
            "## `src/a.rs`",
            "File: src/a.rs",
            "**File:** `src/a.rs`",
            "Filename: src/a.rs",
            "1. `src/a.rs`",
            "- src/a.rs",
            "In `src/a.rs`:",
            "2. **Update `src/a.rs`:**",
        ] {
            assert_eq!(path_line(line).as_deref(), Some("src/a.rs"), "{line:?}");
        }
        assert_eq!(path_line("Makefile").as_deref(), Some("Makefile"));
        assert_eq!(path_line(".gitignore").as_deref(), Some(".gitignore"));
        assert_eq!(path_line("`docs/my notes.md`").as_deref(), Some("docs/my notes.md"));
        assert_eq!(path_line("app/(group)/[id]/page.tsx").as_deref(), Some("app/(group)/[id]/page.tsx"));
    }

    #[test]
    fn sentences_and_code_name_nothing() {
        for line in [
            "",
            "Change:",
            "Here is the change.",
            "Update src/a.rs to use it.",
            "Why: `a.rs` no longer needs it.",
            "Both `a.rs` and `b.rs` change:",
            "#!/bin/bash",
            "// src/a.rs",
            "https://example.org/a.rs",
            "foo.bar()",
            "</div>",
            "e.g.",
            "...",
            "let x = a/b;",
        ] {
            assert_eq!(path_line(line), None, "{line:?}");
        }
    }

    #[test]
    fn what_may_be_a_name_is_told_from_words() {
        for line in [
            ".git /config",
            "//etc/passwd",
            "docs/my notes.md",
            "src/a.rs and src/b.rs",
            "./src /a.rs",
            "src\\ a.rs",
        ] {
            assert_eq!(path_line(line), None, "{line:?}");
            assert!(may_be_path(line), "{line:?}");
        }
        for line in [
            "",
            "Change:",
            "and / or",
            "// src/a.rs",
            "// a comment",
            "https://example.org/a.rs",
            "Update src/a.rs to use it.",
            "Use TCP/IP.",
            "A and/or B, as in a.rs",
        ] {
            assert!(!may_be_path(line), "{line:?}");
        }
    }

    #[test]
    fn a_comment_may_hold_nothing_but_a_name() {
        assert_eq!(path_comment("// src/a.rs").as_deref(), Some("src/a.rs"));
        assert_eq!(path_comment("<!-- web/index.html -->").as_deref(), Some("web/index.html"));
        assert_eq!(path_comment("// see src/a.rs for it"), None);
        assert_eq!(path_comment("src/a.rs"), None);
    }

    #[test]
    fn a_fence_may_carry_the_name() {
        for info in ["src/a.rs", "rust src/a.rs", "rust:src/a.rs", "rust title=\"src/a.rs\""] {
            assert_eq!(path_in_info(info).as_deref(), Some("src/a.rs"), "{info:?}");
        }
        for info in ["rust", "", "c++", "rust,ignore", "a.rs b.rs"] {
            assert_eq!(path_in_info(info), None, "{info:?}");
        }
    }
}
