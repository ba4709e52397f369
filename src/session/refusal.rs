//! What of a reply could not be used: as a person reads it, as the model is told of it, and whether a
//! second answer has dealt with it. It decides nothing about files.

use std::collections::BTreeMap;

use crate::change::locate::Unplaced;
use crate::change::{Edit, EditLine, EditOp, Rejected, Why};
use crate::prompt;
use crate::prompt::dialect::Unreadable;
use crate::text::RepoPath;

/// Part of a reply that did not become hunks, with the reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// A closed edit that was not admitted or not placed, and the edit as the model meant it.
    Edit { rejected: Rejected, wrote: String },
    /// Text that looks like an edit but is none.
    Text(Unreadable),
}

impl Refusal {
    /// Could the model mend it if it were told why? A breach it must not.
    pub(super) fn is_repairable(&self) -> bool {
        match self {
            Self::Edit { rejected, .. } => matches!(rejected.why, Why::Unplaced(_) | Why::NoSuchFile),
            Self::Text(_) => true,
        }
    }

    /// The file a corrected edit must name again; `None` where the name itself may have been wrong.
    fn place(&self) -> Option<&str> {
        match self {
            Self::Edit { rejected: Rejected { why: Why::Unplaced(_), path, .. }, .. } => Some(path),
            Self::Edit { .. } | Self::Text(_) => None,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Edit { rejected: Rejected { path, why, .. }, .. } => {
                let why = why.to_string();
                if why.contains(path) { f.write_str(&why) } else { write!(f, "{path}: {why}") }
            }
            Self::Text(unreadable) => write!(f, "{unreadable}"),
        }
    }
}

/// Of the refusals that the model was told of, those that its second answer did not deal with.
/// `answered`: the files its edits were for, one for each edit. When in doubt a refusal stays: a
/// change that is silently short of an edit is worse than one that is refused.
pub(super) fn unanswered(told: Vec<Refusal>, answered: &[String]) -> Vec<Refusal> {
    let enough = answered.len() >= told.len();
    let mut edits: BTreeMap<&str, usize> = BTreeMap::new();
    answered.iter().for_each(|path| *edits.entry(path).or_default() += 1);
    let mut stays = |refusal: &Refusal| match refusal.place() {
        None => !enough,
        Some(path) => match edits.get_mut(path).filter(|left| **left > 0) {
            Some(left) => {
                *left -= 1;
                false
            }
            None => true,
        },
    };
    told.into_iter().filter(|refusal| stays(refusal)).collect()
}

/// A refusal as the model is told of it.
pub(super) fn for_the_model(refusal: &Refusal) -> prompt::Refusal {
    match refusal {
        Refusal::Text(what) => prompt::Refusal {
            path: String::new(),
            wrote: what.excerpt.clone(),
            why: what.why.to_string(),
            real: None,
        },
        Refusal::Edit { rejected, wrote } => prompt::Refusal {
            path: rejected.path.clone(),
            wrote: wrote.clone(),
            why: rejected.why.to_string(),
            real: real_text(rejected),
        },
    }
}

/// The file's own text where the edit came nearest.
fn real_text(rejected: &Rejected) -> Option<(RepoPath, usize, String)> {
    match &rejected.why {
        Why::Unplaced(Unplaced::Nowhere { nearest: Some((line, text)) }) => {
            Some((RepoPath::parse(&rejected.path).ok()?, *line, text.clone()))
        }
        _ => None,
    }
}

/// The lines an edit spoke of, marked as in a diff.
pub(super) fn as_written(edit: &Edit) -> String {
    match &edit.op {
        EditOp::Whole(text) | EditOp::Lazy(text) => text.clone(),
        EditOp::Fenced(fenced) => fenced.text.clone(),
        EditOp::Bytes(text) => String::from_utf8_lossy(text.bytes()).into_owned(),
        EditOp::Delete => format!("delete {}", edit.path),
        EditOp::Hunk(hunk) => marked(&hunk.lines),
        EditOp::OneOf(readings) => readings.first().map(|hunk| marked(&hunk.lines)).unwrap_or_default(),
        EditOp::Move { to, hunks } => {
            let lines = hunks.iter().map(|hunk| marked(&hunk.lines));
            format!("move to {to}\n{}", lines.collect::<String>())
        }
    }
}

fn marked(lines: &[EditLine]) -> String {
    let marked = lines.iter().map(|line| match line {
        EditLine::Keep(text) => format!(" {text}\n"),
        EditLine::Remove(text) => format!("-{text}\n"),
        EditLine::Add(text) => format!("+{text}\n"),
    });
    marked.collect()
}
