//! The file picker: a query, and the project's files that match it, best first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::line_edit::LineEdit;
use crate::text::RepoPath;

/// Most rows kept; nobody scrolls further than that instead of typing one more letter.
const ROWS: usize = 200;

#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Picker {
    pub query: LineEdit,
    /// Indices into the files, best first.
    matches: Vec<usize>,
    pub chosen: usize,
    /// How many files match altogether.
    pub total: usize,
}

impl Picker {
    /// Matches anew. Call when the query or the files changed.
    pub fn refresh(&mut self, files: &[RepoPath]) {
        let pattern = Pattern::parse(self.query.text(), CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, usize)> = files
            .iter()
            .enumerate()
            .filter_map(|(at, path)| {
                let score = pattern.score(Utf32Str::new(path.as_str(), &mut buffer), &mut matcher)?;
                Some((score, at))
            })
            .collect();
        self.total = scored.len();
        scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        self.matches = scored.into_iter().take(ROWS).map(|(_, at)| at).collect();
        self.chosen = self.chosen.min(self.matches.len().saturating_sub(1));
    }

    pub fn matches<'a>(&'a self, files: &'a [RepoPath]) -> impl Iterator<Item = &'a RepoPath> {
        self.matches.iter().filter_map(|at| files.get(*at))
    }

    pub fn choice<'a>(&self, files: &'a [RepoPath]) -> Option<&'a RepoPath> {
        self.matches.get(self.chosen).and_then(|at| files.get(*at))
    }

    /// `:120` asks for a line of the open file.
    pub fn line_number(&self) -> Option<usize> {
        self.query.text().strip_prefix(':')?.trim().parse().ok()
    }

    pub fn go(&mut self, by: isize) {
        let last = self.matches.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(by).min(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_comes_first() {
        let files: Vec<_> = ["src/provider/sse.rs", "src/ui/session_view.rs", "src/session/mod.rs"]
            .map(|p| RepoPath::parse(p).unwrap())
            .into();
        let mut picker = Picker::default();
        picker.refresh(&files);
        assert_eq!(picker.total, 3);
        picker.query.insert("sessmod");
        picker.refresh(&files);
        assert_eq!(picker.choice(&files).unwrap().as_str(), "src/session/mod.rs");
        picker.query.set(":120");
        assert_eq!(picker.line_number(), Some(120));
    }
}
