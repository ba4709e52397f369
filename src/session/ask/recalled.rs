//! An answer of earlier, read back: as it was then, with what has become since of the lines that it cites. A
//! conversation is a tree, since one can go on from any of its answers; what was said up to one of them is
//! put together along the branch that leads to it.

use std::collections::BTreeMap;

use super::kept::{KeptAnswer, KeptAs};
use super::proof::Source;
use super::talk::{Before, Step};
use super::{Depth, Proof, Question};
use crate::change::Focus;
use crate::context::citation::{Checked, Citation, Evidence, Place};
use crate::model::{Bill, ModelId, Usage};
use crate::session::End;
use crate::text::{Digest, Lines, RepoPath, Span};

/// The answers of one conversation, in the order they were written down.
#[derive(Clone, Debug)]
pub struct Conversation {
    answers: Vec<KeptAnswer>,
}

/// What has become of the lines that a source names since the answer was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Since {
    /// Or it is a commit, which cannot change; or it never held.
    Unchanged,
    /// The file is another, and the quote stands there still, on these lines.
    StandsAt(Span),
    /// The file is another, and the quote is not in it, or in several places.
    Gone,
    /// There is no such file any more.
    NoFile,
}

impl Since {
    /// In a word; a contract with scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::StandsAt(_) => "moved",
            Self::Gone => "changed",
            Self::NoFile => "gone",
        }
    }

    /// For a person; nothing where there is nothing to say.
    pub fn told(self) -> String {
        match self {
            Self::Unchanged => String::new(),
            Self::StandsAt(span) => format!("the file changed since; it stands at {span} now"),
            Self::Gone => "the file changed since, and does not say so any more".into(),
            Self::NoFile => "the file is gone since".into(),
        }
    }
}

/// An answer, as it can be looked at and gone on from.
#[derive(Clone, Debug)]
pub struct Recalled {
    pub(super) kept: KeptAs,
    pub(super) time: i64,
    pub(super) question: Question,
    pub(super) goes_on: bool,
    pub(super) model: Option<ModelId>,
    pub(super) usage: Option<Usage>,
    pub(super) bill: Bill,
    pub(super) end: End,
    pub(super) proof: Proof,
    pub(super) since: Vec<Since>,
    pub(super) shown: Evidence,
    pub(super) notes: Vec<String>,
    pub(super) steps: Vec<Step>,
    pub(super) parts: Vec<(String, bool)>,
    /// The conversation, if it can be gone on with.
    pub(super) before: Option<Before>,
    pub(super) found: bool,
}

impl Recalled {
    /// In milliseconds since 1970.
    pub fn time(&self) -> i64 {
        self.time
    }

    /// Is what was said up to it whole?
    pub fn is_whole(&self) -> bool {
        self.before.is_some()
    }

    pub fn depth(&self) -> Depth {
        self.question.depth
    }

    pub fn kept_as(&self) -> &KeptAs {
        &self.kept
    }

    pub(super) fn can_be_gone_on_from(&self, depth: Depth) -> bool {
        depth == self.question.depth && self.is_whole()
    }
}

impl Conversation {
    pub fn of(answers: Vec<KeptAnswer>) -> Self {
        Self { answers }
    }

    pub fn answers(&self) -> &[KeptAnswer] {
        &self.answers
    }

    /// The last answer that the next question can go on from.
    pub fn last_whole(&self) -> Option<&KeptAnswer> {
        self.answers.iter().rev().find(|answer| answer.head.whole)
    }

    fn find(&self, id: &str) -> Option<&KeptAnswer> {
        self.answers.iter().find(|answer| answer.head.id == id)
    }

    /// The answers that lead to one, it included, the first first. `None` where one of them is missing.
    fn branch(&self, id: &str) -> Option<Vec<&KeptAnswer>> {
        let mut branch = vec![self.find(id)?];
        while let Some(after) = branch.last().and_then(|one| one.head.after.as_ref()) {
            let before = self.find(after)?;
            // Each goes on from one that was written down before it.
            if branch.len() > self.answers.len() {
                return None;
            }
            branch.push(before);
        }
        branch.reverse();
        Some(branch)
    }

    /// The files that an answer was shown, itself or before it: what they are now has to be known.
    pub fn files(&self, id: &str) -> Vec<RepoPath> {
        let branch = self.branch(id).or_else(|| Some(vec![self.find(id)?])).unwrap_or_default();
        let mut files: Vec<RepoPath> =
            branch.into_iter().flat_map(|answer| answer.files.iter().map(|file| file.path.clone())).collect();
        files.sort();
        files.dedup();
        files
    }

    /// An answer as it was, compared with what the files are `now`; one that is not in there is no file.
    pub fn recall(&self, id: &str, now: &BTreeMap<RepoPath, Lines>) -> Option<Recalled> {
        let answer = self.find(id)?;
        // An answer whose beginning is lost can still be read.
        let branch = self.branch(id);
        let whole = branch.is_some();
        let (mut shown, mut before): (Evidence, Option<Before>) = (Evidence::default(), None);
        let mut then: BTreeMap<RepoPath, Digest> = BTreeMap::new();
        for one in branch.unwrap_or_else(|| vec![answer]) {
            for file in &one.files {
                then.insert(file.path.clone(), file.digest);
                let same =
                    || now.get(&file.path).filter(|text| Digest::of(text.bytes()) == file.digest).cloned();
                let text = file.text.as_deref().map(Lines::from).or_else(same);
                text.into_iter().for_each(|text| shown.add_file(file.path.clone(), text));
            }
            one.commits.iter().for_each(|commit| shown.add_commit(commit.shown()));
            before = one.talk.as_ref().and_then(|talk| talk.behind(before.as_ref(), shown.clone()));
        }
        let proof = answer.proof();
        let since = proof.sources.iter().map(|source| since(source, &then, now)).collect();
        let head = &answer.head;
        let question = Question {
            focus: Focus { file: head.file.clone(), lines: head.lines },
            depth: head.depth,
            allowance: answer.allowance,
            ..Question::of(head.question.as_str())
        };
        Some(Recalled {
            kept: KeptAs { id: head.id.clone(), conversation: head.conversation.clone() },
            time: head.time,
            question,
            goes_on: head.after.is_some(),
            model: answer.model(),
            usage: answer.usage,
            bill: answer.bill,
            end: answer.end.clone().end(),
            proof,
            since,
            shown,
            notes: answer.notes.clone(),
            steps: answer.steps.clone(),
            parts: answer.parts.clone(),
            before: before.filter(|_| whole),
            found: true,
        })
    }
}

/// `then`: the files as they were shown, by their digests.
fn since(source: &Source, then: &BTreeMap<RepoPath, Digest>, now: &BTreeMap<RepoPath, Lines>) -> Since {
    let (Some(Place::Lines { path, .. }), Some(span)) = (&source.at, source.lines()) else {
        return Since::Unchanged;
    };
    let Some(text) = now.get(path) else { return Since::NoFile };
    if then.get(path).is_none_or(|digest| *digest == Digest::of(text.bytes())) {
        return Since::Unchanged;
    }
    let mut there = Evidence::default();
    there.add_file(path.clone(), text.clone());
    let place = Place::Lines { path: path.clone(), span };
    match (Citation { place, quote: source.quote.clone() }).check(&there) {
        Checked::Verified { span, .. } | Checked::Corrected { span, .. } => Since::StandsAt(span),
        Checked::Unverified(_) => Since::Gone,
    }
}
