//! One turn: from an instruction to landed hunks. Private state with named transitions; which
//! transition is allowed when is [`super::Session::update`]'s to know. Here is what a turn holds and tells;
//! `reply` and `verdict` are what happens to it.

mod phase;
mod reply;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use phase::{End, Notice, Phase};

use super::merging::Merging;
use super::refusal::Refusal;
use super::supply::Supply;
use super::{Instruct, Rework, Subject, TurnId};
use crate::change::{Author, Base, Edit, HunkId, KeptFile, Receipt, Review, Scope, Uncut, Verdict};
use crate::context::Pack;
use crate::model::{Finish, ModelId, Usage};
use crate::prompt::Said;
use crate::prompt::dialect::Reader;
use crate::text::{Digest, Lines, RepoPath};
use crate::workspace::Remark;

#[derive(Debug)]
pub struct Turn {
    id: TurnId,
    pub(super) subject: Subject,
    pub(super) phase: Phase,
    instruct: Arc<Instruct>,
    pub(super) review: Review,
    /// Files as they were read for the request: what the model saw, whatever the disk holds now.
    seen: BTreeMap<RepoPath, Base>,
    said: Option<Said>,
    pub(super) model: Option<ModelId>,
    reader: Option<Reader>,
    /// The reply being read, as it came; the repair turn shows it to the model again.
    reply: String,
    pub(super) prose: String,
    reasoning: usize,
    /// Of the requests before this one.
    used_before: Option<Usage>,
    usage: Option<Usage>,
    finish: Option<Finish>,
    pub(super) end: Option<End>,
    /// The file whose edit is being written right now.
    opened: Option<String>,
    /// Closed edits whose file is still being looked at.
    pending: BTreeMap<RepoPath, Vec<Edit>>,
    pub(super) refusals: Vec<Refusal>,
    /// Edits that the apply model is asked to merge.
    pub(super) merging: Merging,
    pub(super) remarks: Vec<Remark>,
    /// What was decided of files in an earlier run, until they come.
    pub(super) kept_files: BTreeMap<RepoPath, KeptFile>,
    /// Edits that went back to the model, once in a turn.
    mended: usize,
    /// What the model was told could not be used, until its second answer has ended.
    told: Vec<Refusal>,
    /// The files of the second answer's edits, one for each edit.
    answered: Vec<String>,
    pub(super) notice: Option<Notice>,
    pub(super) supply: Supply,
    receipts: Vec<Receipt>,
    /// The digest of what was proposed, once all of it had come.
    pub(super) proposed: Option<Digest>,
    /// Landings that do not stand any more, by the journal's name.
    taken_back: BTreeSet<String>,
    pub(super) revision: u64,
}

impl Turn {
    pub(super) fn new(id: TurnId, instruct: Arc<Instruct>, scope: Scope) -> Self {
        Self {
            id,
            subject: Subject::Instruction,
            phase: Phase::Gathering,
            instruct,
            review: Review::new(scope),
            seen: BTreeMap::new(),
            said: None,
            model: None,
            reader: None,
            reply: String::new(),
            prose: String::new(),
            reasoning: 0,
            used_before: None,
            usage: None,
            finish: None,
            end: None,
            opened: None,
            pending: BTreeMap::new(),
            refusals: Vec::new(),
            merging: Merging::default(),
            remarks: Vec::new(),
            kept_files: BTreeMap::new(),
            mended: 0,
            told: Vec::new(),
            answered: Vec::new(),
            notice: None,
            supply: Supply::default(),
            receipts: Vec::new(),
            proposed: None,
            taken_back: BTreeSet::new(),
            revision: 0,
        }
    }

    pub fn id(&self) -> TurnId {
        self.id
    }

    pub fn phase(&self) -> Phase {
        self.phase
    }

    pub fn instruct(&self) -> Arc<Instruct> {
        Arc::clone(&self.instruct)
    }

    pub fn review(&self) -> &Review {
        &self.review
    }

    /// What was sent to the model, by segment.
    pub fn pack(&self) -> Option<&Pack> {
        self.said.as_ref().map(Said::pack)
    }

    /// A file's text as the model saw it.
    pub fn sent_text(&self, path: &RepoPath) -> Option<&Lines> {
        self.seen.get(path)?.text.as_ref()
    }

    pub fn model(&self) -> Option<&ModelId> {
        self.model.as_ref()
    }

    /// What the model said beside its edits.
    pub fn prose(&self) -> &str {
        &self.prose
    }

    /// Bytes of hidden thinking that were streamed.
    pub fn reasoning(&self) -> usize {
        self.reasoning
    }

    /// Bytes of the reply so far.
    pub fn reply_len(&self) -> usize {
        self.reply.len()
    }

    /// All requests of the turn together.
    pub fn usage(&self) -> Option<Usage> {
        match (self.used_before, self.usage) {
            (Some(before), Some(now)) => Some(before + now),
            (before, now) => now.or(before),
        }
    }

    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// The file (as the model wrote it) whose edit is being written.
    pub fn opened(&self) -> Option<&str> {
        self.opened.as_deref()
    }

    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// How many edits went back to the model, once, because they could not be used.
    pub fn mended(&self) -> usize {
        self.mended
    }

    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// Landings of this turn, oldest first.
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// Does a landing of this turn still stand, or was it taken back?
    pub fn stands(&self, receipt: &Receipt) -> bool {
        !self.taken_back.contains(receipt.id())
    }

    /// Every landing of this turn was taken back again (`false` when nothing has landed).
    pub fn taken_back(&self) -> bool {
        !self.receipts.is_empty() && !self.receipts.iter().any(|receipt| self.stands(receipt))
    }

    /// Grows whenever a hunk came, went, moved or was decided.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Hunks that are undecided, or decided and not written yet.
    pub fn open_hunks(&self) -> usize {
        self.review.hunks().filter(|hunk| self.review.is_open(hunk)).count()
    }

    /// Why hunks were rejected, where a person said so, a line for each.
    pub(super) fn reasons(&self) -> Vec<String> {
        let rejected = self.review.comments().filter(|(hunk, _)| hunk.verdict == Verdict::Rejected);
        rejected.map(|(hunk, why)| format!("- {}, line {}: {why}", hunk.path, hunk.replaces)).collect()
    }

    pub(super) fn rework(&mut self, id: HunkId, how: &Rework) -> Result<HunkId, Uncut> {
        if self.phase == Phase::Landing {
            return Err(Uncut::NoHunk);
        }
        let now = match how {
            Rework::Split => self.review.split(id)?.first().copied().unwrap_or(id),
            Rework::Pick { lines, verdict } => self.review.pick(id, lines.clone(), *verdict)?,
            Rework::Rewrite(with) => self.review.rewrite(id, with, Author::Person).map(|()| id)?,
            Rework::TakeUp => self.review.take_up(id).map(|()| id)?,
            Rework::Comment(words) => {
                self.review.comment(id, words.clone());
                id
            }
        };
        self.revision += 1;
        self.rest();
        Ok(now)
    }

    pub(super) fn changed(&mut self, now: Base) {
        if self.phase != Phase::Landing && self.review.base(&now.path).is_some() {
            self.revision += 1;
            self.review.rebase(now);
            self.rest();
        }
    }
}
