//! Reviews that no model has a part in: a difference of the repository, which comes file by file, or a
//! change that was read from somewhere. They are turns like any other, without a request.

use std::sync::Arc;

use super::{Effect, End, Instruct, NotNow, Phase, Refusal, Session, Turn, TurnId};
use crate::change::{Focus, Level, Purpose, Review, Verdict};
use crate::text::RepoPath;
use crate::workspace::{Comparison, Found, Remark};

/// What a turn is about.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// What a model was asked for.
    #[default]
    Instruction,
    /// A difference of the repository, or of two files.
    Difference,
    /// A change from elsewhere: a pasted answer, a patch.
    Reply,
}

/// A finished difference or reply, as whoever read it hands it over.
#[derive(Debug)]
pub struct Ready {
    pub subject: Subject,
    /// What it is, for people and the journal.
    pub title: String,
    pub review: Review,
    pub refusals: Vec<Refusal>,
    pub remarks: Vec<Remark>,
}

impl Session {
    /// Begins to review a difference of the repository.
    ///
    /// # Errors
    /// Something else is under way, or would be lost.
    pub fn compare(
        &mut self,
        what: Comparison,
        paths: Vec<RepoPath>,
        title: String,
    ) -> Result<Vec<Effect>, NotNow> {
        if self.is_running() {
            return Err(NotNow::Running);
        }
        let open = self.turn.as_ref().map_or(0, Turn::unsettled);
        if open > 0 {
            return Err(NotNow::HunksOpen(open));
        }
        let purpose = if what.is_on_disk() { Purpose::TakeBack } else { Purpose::ReadOnly };
        let review = Review::of_difference(purpose)?;
        let mut turn = Turn::about(self.next_id(), Subject::Difference, titled(title), review);
        turn.begin_comparing();
        let effect = Effect::Compare { turn: turn.id(), what, paths };
        self.turn = Some(turn);
        Ok(vec![effect])
    }

    /// Reviews what is complete already.
    pub fn review(&mut self, ready: Ready) {
        let mut turn = Turn::about(self.next_id(), ready.subject, titled(ready.title), ready.review);
        turn.complete(ready.refusals, ready.remarks);
        self.turn = Some(turn);
    }
}

fn titled(title: String) -> Arc<Instruct> {
    let focus = Focus::default();
    Arc::new(Instruct {
        text: title,
        level: Level::Repo,
        focus,
        open: Default::default(),
        wants: Default::default(),
    })
}

impl Turn {
    pub(super) fn about(id: TurnId, subject: Subject, instruct: Arc<Instruct>, review: Review) -> Self {
        let scope = review.scope().clone();
        let mut turn = Self::new(id, instruct, scope);
        (turn.subject, turn.review) = (subject, review);
        turn
    }

    fn begin_comparing(&mut self) {
        self.phase = Phase::Streaming;
    }

    fn complete(&mut self, refusals: Vec<Refusal>, remarks: Vec<Remark>) {
        self.refusals = refusals;
        self.remarks = remarks;
        self.end = Some(End::Finished);
        self.revision += 1;
        self.rest();
    }

    /// More files of the difference.
    pub(super) fn compared(&mut self, found: Vec<Found>) {
        self.revision += 1;
        for one in found {
            match one {
                Found::Text(compared) => {
                    let path = compared.path().clone();
                    self.review.compare(compared);
                    self.remember(&path);
                }
                Found::Remark(remark) => self.remarks.push(remark),
            }
        }
    }

    /// Hunks that another turn must not replace. Of a difference that is only looked at nothing is lost:
    /// those count that are to be taken back and are not yet.
    pub(super) fn unsettled(&self) -> usize {
        let looked_at = self.subject == Subject::Difference;
        let open = self.review.hunks().filter(|hunk| self.review.is_open(hunk));
        open.filter(|hunk| !looked_at || hunk.verdict == Verdict::Rejected).count()
    }

    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// Differences without lines.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }
}
