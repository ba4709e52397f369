//! How a file indents, read off its own lines.

use crate::text::RepoPath;

/// How many lines are looked at.
const SAMPLE: usize = 2000;

/// One level of indentation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Indent {
    Tab,
    /// This many, at least 1.
    Spaces(usize),
}

impl Indent {
    /// What most indented lines of `text` do; for a text that does not say, what is usual for the
    /// file's name.
    pub(super) fn of(text: &str, path: &RepoPath) -> Self {
        let mut tabs = 0;
        let mut deepened = [0; 9];
        let mut above = 0;
        for line in text.lines().take(SAMPLE).filter(|line| !line.trim().is_empty()) {
            let spaces = line.bytes().take_while(|byte| *byte == b' ').count();
            tabs += usize::from(line.starts_with('\t'));
            if let Some(count) = deepened.get_mut(spaces.saturating_sub(above)) {
                *count += 1;
            }
            above = spaces;
        }
        // A step of one space is the continuation of a block comment, not a level.
        let (width, spaced) = (2..deepened.len())
            .rev()
            .map(|width| (width, deepened[width]))
            .max_by_key(|d| d.1)
            .unwrap_or((4, 0));
        match (tabs, spaced) {
            (0, 0) => Self::usual(path),
            (tabs, spaced) if tabs > spaced => Self::Tab,
            _ => Self::Spaces(width),
        }
    }

    fn usual(path: &RepoPath) -> Self {
        let name = path.as_str().rsplit('/').next().unwrap_or_default();
        match name.rsplit_once('.').map_or(name, |(_, extension)| extension) {
            "go" | "Makefile" | "makefile" | "mk" | "gitconfig" => Self::Tab,
            "js" | "jsx" | "ts" | "tsx" | "mjs" | "json" | "yaml" | "yml" | "html" | "css" | "scss"
            | "vue" | "svelte" | "rb" | "md" | "nix" | "lua" | "xml" => Self::Spaces(2),
            _ => Self::Spaces(4),
        }
    }

    /// One level as text.
    pub(super) fn unit(self) -> String {
        self.up_to_next_stop(0)
    }

    /// What leads from a column of the screen to the next level.
    pub(super) fn up_to_next_stop(self, column: usize) -> String {
        match self {
            Self::Tab => "\t".to_owned(),
            Self::Spaces(width) => " ".repeat(width - column % width),
        }
    }

    /// How many bytes of `blanks`, a line's indentation, are its first level.
    pub(super) fn first_level(self, blanks: &str, tab: usize) -> usize {
        let width = match self {
            Self::Tab => tab,
            Self::Spaces(width) => width,
        };
        match blanks.strip_prefix('\t') {
            Some(_) => 1,
            None => blanks.bytes().take(width).take_while(|byte| *byte == b' ').count(),
        }
    }
}

/// The blanks a line starts with.
pub(super) fn blanks(line: &str) -> &str {
    line.split_at(line.len() - line.trim_start_matches([' ', '\t']).len()).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_indented_as_it_is() {
        let of = |text, path| Indent::of(text, &RepoPath::parse(path).unwrap());
        assert_eq!(of("a\n\tb\n\t\tc\n", "a.rs"), Indent::Tab);
        assert_eq!(of("a\n  b\n    c\n", "a.rs"), Indent::Spaces(2));
        assert_eq!(of("/*\n * x\n */\nf {\n    g\n}\n", "a.ts"), Indent::Spaces(4));
        assert_eq!(of("", "a.rs"), Indent::Spaces(4));
        assert_eq!(of("", "x/Makefile"), Indent::Tab);
        assert_eq!(of("a\n", "a.json"), Indent::Spaces(2));
    }
}
