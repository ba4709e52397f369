//! Fences of Markdown code blocks (CommonMark 0.31, section 4.5), read a little stricter: a closing
//! fence has the very length and indentation of the opening one. It does not know what is inside.

/// An opening fence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fence {
    mark: char,
    count: usize,
    indent: usize,
    /// What follows the marks, trimmed.
    pub info: String,
}

/// The most blanks a fence may be indented by.
const MAX_INDENT: usize = 3;

impl Fence {
    /// Reads a line without its ending as an opening fence.
    pub fn open(text: &str) -> Option<Self> {
        let inner = text.trim_start_matches(' ');
        let indent = text.len() - inner.len();
        let mark = inner.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = inner.trim_start_matches(mark);
        let count = inner.len() - info.len();
        let inline_code = mark == '`' && info.contains('`');
        if count < 3 || indent > MAX_INDENT || inline_code {
            return None;
        }
        Some(Self { mark, count, indent, info: info.trim().to_owned() })
    }

    /// Is the line this fence's closing one?
    pub fn closes(&self, text: &str) -> bool {
        Self::open(text).is_some_and(|other| other.info.is_empty() && self.same_marks(&other))
    }

    /// Does the line open a block within this one that the same marks will close?
    pub fn opens_inner(&self, text: &str) -> bool {
        Self::open(text).is_some_and(|other| !other.info.is_empty() && self.same_marks(&other))
    }

    /// The line that closes it.
    pub fn closing(&self) -> String {
        " ".repeat(self.indent) + &String::from(self.mark).repeat(self.count)
    }

    fn same_marks(&self, other: &Self) -> bool {
        (self.mark, self.count, self.indent) == (other.mark, other.count, other.indent)
    }

    /// The first word of the info string, in lower case: usually a language.
    pub fn language(&self) -> String {
        self.info.split_whitespace().next().unwrap_or_default().to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_closed_by_its_own_marks_alone() {
        let fence = Fence::open("````md x.md").unwrap();
        assert_eq!((fence.language().as_str(), fence.info.as_str()), ("md", "md x.md"));
        assert!(fence.closes("````") && fence.closes("````  "));
        for line in ["```", "`````", "~~~~", "```` x", " ````", "a ````"] {
            assert!(!fence.closes(line), "{line:?}");
        }
        assert!(fence.opens_inner("````rust"));
    }

    #[test]
    fn inline_code_is_no_fence() {
        assert_eq!(Fence::open("```a```"), None);
        assert_eq!(Fence::open("``"), None);
        assert_eq!(Fence::open("    ```"), None);
    }
}
