//! A turn under review as it outlives the program: what was asked, the review, what was said to it.
//! Where it is kept is not known here.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Effect, End, Instruct, Phase, Session, Subject, Turn};
use crate::change::{Focus, KeptFile, KeptReview, Level, Review, Verdict};
use crate::model::ModelId;
use crate::text::{Digest, RepoPath};

/// A turn as it is written down.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Kept {
    subject: Subject,
    instruction: String,
    level: Level,
    model: Option<String>,
    prose: String,
    review: KeptReview,
}

/// Under which name a turn is kept: one proposal, one reply, and every difference by what it is of.
pub fn kept_name(subject: Subject, title: &str) -> String {
    match subject {
        Subject::Instruction => "turn".into(),
        Subject::Reply => "reply".into(),
        Subject::Difference => {
            let digest = Digest::of(title.as_bytes()).to_string();
            format!("diff-{}", digest.chars().take(16).collect::<String>())
        }
    }
}

impl Kept {
    /// The files of a difference that something was decided in.
    pub fn into_files(self) -> BTreeMap<RepoPath, KeptFile> {
        self.review.into_files()
    }
}

impl Session {
    /// The turn as it should be kept now, with its name. `None` in place of the turn: nothing of it is
    /// open any more. Nothing while the answer, or the difference, is still coming.
    pub fn keep(&self) -> Option<(String, Option<Kept>)> {
        let turn =
            self.turn.as_ref().filter(|turn| matches!(turn.phase(), Phase::Reviewing | Phase::Done))?;
        let name = kept_name(turn.subject, &turn.instruct().text);
        let review = turn.review.keep();
        let decided = || turn.review.hunks().any(|hunk| hunk.verdict != Verdict::Undecided);
        let over = match turn.subject {
            Subject::Difference => review.is_empty(),
            Subject::Instruction | Subject::Reply => turn.open_hunks() == 0 && !decided(),
        };
        if over || (turn.phase() == Phase::Done && turn.open_hunks() == 0) {
            return Some((name, None));
        }
        let kept = Kept {
            subject: turn.subject,
            instruction: turn.instruct().text.clone(),
            level: turn.instruct().level,
            model: turn.model().map(ToString::to_string),
            prose: turn.prose().to_owned(),
            review,
        };
        Some((name, Some(kept)))
    }

    /// Brings a proposal back that was kept. What the files are now is looked up, and hunks whose place
    /// has changed since are in conflict.
    pub fn bring_back(&mut self, kept: Kept) -> Vec<Effect> {
        if self.turn.is_some() {
            return Vec::new();
        }
        let Some(review) = Review::bring_back_kept(kept.review, self.terms.leash.clone()) else {
            return Vec::new();
        };
        let paths: std::collections::BTreeSet<RepoPath> =
            review.hunks().map(|hunk| hunk.path.clone()).collect();
        let instruct = Instruct {
            text: kept.instruction,
            level: kept.level,
            focus: Focus { file: review.scope().file().cloned(), lines: review.scope().lines() },
            open: BTreeMap::new(),
            wants: Default::default(),
        };
        let id = self.next_id();
        let mut turn = Turn::about(id, kept.subject, Arc::new(instruct), review);
        turn.came_back(kept.model.and_then(|model| model.parse::<ModelId>().ok()), kept.prose);
        self.turn = Some(turn);
        paths.into_iter().map(|path| Effect::Look { turn: id, path }).collect()
    }

    /// What was decided of a difference in an earlier run; each file recalls it when it comes.
    pub fn recall(&mut self, files: BTreeMap<RepoPath, KeptFile>) {
        if let Some(turn) = self.turn.as_mut() {
            turn.kept_files = files;
        }
    }
}

impl Turn {
    fn came_back(&mut self, model: Option<ModelId>, prose: String) {
        self.model = model;
        self.prose = prose;
        self.end = Some(End::Finished);
        self.revision += 1;
        self.rest();
    }

    /// What was decided of a file in an earlier run.
    pub(super) fn remember(&mut self, path: &RepoPath) {
        if let Some(file) = self.kept_files.remove(path) {
            self.review.recall(&file);
        }
    }
}
