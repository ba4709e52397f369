//! One turn: from an instruction to landed hunks. Private state with named transitions; which
//! transition is allowed when is [`super::Session::update`]'s to know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::merging::Merging;
use super::refusal::{Refusal, as_written, for_the_model, unanswered};
use super::supply::Supply;
use super::{Decision, Effect, Gathered, Instruct, Limit, Rework, Subject, TurnId};
use crate::change::{
    Author, Base, Edit, HunkId, KeptFile, Offered, Receipt, Review, Scope, Standing, Uncut, Verdict, Why,
};
use crate::context::Pack;
use crate::model::{Failure, Finish, ModelId, Tokens, Usage};
use crate::prompt::dialect::{Flaw, Format, MAX_REPLY, Read, Reader};
use crate::prompt::{self, Prompts, Said};
use crate::text::{Digest, Lines, RepoPath};
use crate::workspace::{ApplyError, Remark, Undone};

/// How far a turn has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// The context is being put together.
    Gathering,
    /// The request is out; no byte of the answer has come.
    Waiting,
    /// The answer is coming.
    Streaming,
    /// The answer has ended; hunks wait for a verdict or for landing.
    Reviewing,
    /// The accepted hunks are being written.
    Landing,
    /// Nothing is left to decide.
    Done,
}

impl Phase {
    /// Something is going on that a person waits for.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Gathering | Self::Waiting | Self::Streaming | Self::Landing)
    }

    /// Something is going on that Esc stops. A landing is not: it is all or nothing already.
    pub fn is_stoppable(self) -> bool {
        matches!(self, Self::Gathering | Self::Waiting | Self::Streaming)
    }
}

/// How the model's part of a turn ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// The model came to its end.
    Finished,
    /// The output limit was reached; an edit that was open then was dropped.
    OutOfRoom,
    /// The model or its provider declined; its words.
    Declined(String),
    /// The user stopped it.
    Cancelled,
    Failed(Failure),
    /// The request never left; why.
    NotAsked(String),
    /// A question has used what it may.
    Spent(Limit),
    /// The model went on calling tools when it was to answer.
    OutOfRounds,
}

impl End {
    /// Did it end because no more may be spent?
    pub fn is_of_budget(&self) -> bool {
        matches!(self, Self::Spent(_) | Self::Failed(Failure::OverBudget { .. }))
    }

    /// The end that a model announced by `finish`.
    pub(super) fn announced(finish: Option<&Finish>) -> Self {
        match finish {
            Some(Finish::Length | Finish::Paused) => Self::OutOfRoom,
            Some(Finish::Declined(words)) => Self::Declined(words.clone()),
            Some(Finish::Filtered) => Self::Declined("the provider withheld the rest".into()),
            Some(Finish::Stop | Finish::Calls | Finish::Other(_)) | None => Self::Finished,
        }
    }
}

/// Something the user should hear of once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    Retrying {
        why: String,
        wait: Duration,
    },
    /// Hunks whose place changed underneath.
    Conflict(Vec<HunkId>),
    /// The landing failed; nothing was written.
    NotLanded(String),
    /// A comment led to nothing; why.
    NotRevised(String),
}

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

    /// The answer has not ended yet, as far as this turn wants to hear of it.
    pub(super) fn is_listening(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Streaming) && self.end.is_none()
    }

    /// What the model is about to see.
    pub(super) fn saw(&mut self, gathered: &Gathered) {
        self.seen = gathered.read.clone();
    }

    /// The request is ready: the effect that sends it.
    pub(super) fn send(&mut self, said: Said, max_output: Option<Tokens>) -> Effect {
        let mut ask = said.ask().clone();
        ask.max_output = max_output.or(ask.max_output);
        let default_path = self.review.scope().file().map(ToString::to_string);
        self.reader = Some(Reader::new(Format::Auto, default_path));
        self.reply.clear();
        self.finish = None;
        self.end = None;
        self.said = Some(said);
        self.phase = Phase::Waiting;
        Effect::Send { turn: self.id, ask: Arc::new(ask) }
    }

    pub(super) fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    pub(super) fn reply(&self) -> &str {
        &self.reply
    }

    /// What the reader still holds of an answer that will not go on.
    pub(super) fn drain_reader(&mut self) -> Vec<Read> {
        self.opened = None;
        self.reader.take().map(|reader| reader.finish(false)).unwrap_or_default()
    }

    /// The counts so far are of requests before the next one.
    pub(super) fn forget_usage(&mut self) {
        self.used_before = self.usage();
        self.usage = None;
    }

    pub(super) fn asking(&mut self, model: ModelId) {
        self.model = Some(model);
    }

    pub(super) fn retrying(&mut self, failure: Failure, wait: Duration) {
        self.notice = Some(Notice::Retrying { why: failure.to_string(), wait });
    }

    /// More of the answer. An answer past all bounds is stopped.
    pub(super) fn read(&mut self, text: &str) -> Vec<Effect> {
        self.phase = Phase::Streaming;
        self.notice = None;
        if self.reply.len() + text.len() > MAX_REPLY {
            let mut effects = vec![Effect::Abort { turn: self.id }];
            effects.extend(self.close(End::OutOfRoom));
            return effects;
        }
        self.reply.push_str(text);
        let reads = self.reader.as_mut().map(|reader| reader.feed(text)).unwrap_or_default();
        self.take(reads)
    }

    pub(super) fn reasoned(&mut self, text: &str) {
        self.phase = Phase::Streaming;
        self.notice = None;
        self.reasoning += text.len();
    }

    pub(super) fn used(&mut self, usage: Usage) {
        self.usage = Some(usage);
    }

    pub(super) fn finished(&mut self, finish: Finish) {
        self.finish = Some(finish);
    }

    /// The end that the model itself announced.
    pub(super) fn own_end(&self) -> End {
        End::announced(self.finish.as_ref())
    }

    /// The answer is over. Text that was still open is dropped with a reason unless the model came
    /// to its own end.
    pub(super) fn close(&mut self, end: End) -> Vec<Effect> {
        let complete = end == End::Finished;
        if !complete {
            self.stop_merging();
        }
        self.end = Some(end);
        self.opened = None;
        self.notice = None;
        let reads = self.reader.take().map(|reader| reader.finish(complete)).unwrap_or_default();
        let effects = self.take(reads);
        self.rest();
        effects
    }

    /// Waits for a verdict, or is done when there is nothing to decide.
    pub(super) fn rest(&mut self) {
        if self.end.is_none() || !self.pending.is_empty() || self.is_merging() {
            return;
        }
        for (edit, offered) in self.review.close() {
            self.note(&edit, offered);
        }
        let (told, answered) = (std::mem::take(&mut self.told), std::mem::take(&mut self.answered));
        self.refusals.splice(0..0, unanswered(told, &answered));
        self.phase = if self.open_hunks() > 0 { Phase::Reviewing } else { Phase::Done };
        if self.proposed.is_none() && self.subject != Subject::Difference && self.phase == Phase::Reviewing {
            self.proposed = Some(self.proposal());
        }
    }

    fn take(&mut self, reads: Vec<Read>) -> Vec<Effect> {
        reads.into_iter().filter_map(|read| self.take_one(read)).collect()
    }

    pub(super) fn take_one(&mut self, read: Read) -> Option<Effect> {
        match read {
            Read::Prose(text) => self.prose.push_str(&text),
            Read::Opened { path } => self.opened = Some(path),
            Read::Unreadable(what) if what.why == Flaw::NoEdit => {}
            Read::Unreadable(what) => {
                self.refusals.push(Refusal::Text(what));
                self.revision += 1;
            }
            Read::Edit(edit) => {
                self.opened = None;
                if self.supply.has(&edit) {
                    return None;
                }
                self.supply.whole.push(edit.clone());
                return self.place(edit);
            }
        }
        None
    }

    /// Offers the edit if its file is known, else asks for the file.
    fn place(&mut self, edit: Edit) -> Option<Effect> {
        let path = match edit.target() {
            Ok(path) => path,
            Err(why) => {
                let refused = self.review.refuse(&edit, why.into());
                self.note(&edit, refused);
                return None;
            }
        };
        if let Some(waiting) = self.pending.get_mut(&path) {
            waiting.push(edit);
            return None;
        }
        if let Some(base) = self.known(&path) {
            self.offer(&edit, base);
            return None;
        }
        self.pending.insert(path.clone(), vec![edit]);
        Some(Effect::Look { turn: self.id, path })
    }

    /// The file as the turn saw it, if it has seen it.
    fn known(&self, path: &RepoPath) -> Option<Base> {
        let seen = self.review.seen(path).cloned();
        seen.or_else(|| self.on_screen(path)).or_else(|| self.seen.get(path).cloned())
    }

    fn on_screen(&self, path: &RepoPath) -> Option<Base> {
        let text = self.instruct.open.get(path)?.clone();
        Some(Base { path: path.clone(), text: Some(text) })
    }

    pub(super) fn offer(&mut self, edit: &Edit, base: Base) {
        let offered = self.review.offer(edit, base);
        self.note(edit, offered);
    }

    fn note(&mut self, edit: &Edit, offered: Offered) {
        self.revision += 1;
        if self.mended > 0 {
            self.answered.push(edit.target().map_or_else(|_| edit.path.clone(), |path| path.to_string()));
        }
        let Offered::Rejected(rejected) = offered else { return };
        if let Some(rejected) = self.defer(edit, rejected) {
            self.refusals.push(Refusal::Edit { rejected, wrote: as_written(edit) });
        }
    }

    pub(super) fn looked(&mut self, path: &RepoPath, read: Result<Base, String>) {
        if !self.pending.contains_key(path) {
            // A review that came back: the file as it is now.
            return read.into_iter().for_each(|now| self.changed(now));
        }
        // What was named may be a link to a file that is open.
        let read = read.map(|base| self.known(&base.path).unwrap_or(base));
        for edit in self.pending.remove(path).unwrap_or_default() {
            match &read {
                Ok(base) => self.offer(&edit, base.clone()),
                Err(why) => {
                    let refused = self.review.refuse(&edit, Why::Unreadable(why.clone()));
                    self.note(&edit, refused);
                }
            }
        }
        if matches!(self.phase, Phase::Streaming | Phase::Waiting | Phase::Reviewing) {
            self.rest();
        }
    }

    pub(super) fn wants_repair(&self) -> bool {
        self.end == Some(End::Finished)
            && self.pending.is_empty()
            && !self.is_merging()
            && self.mended == 0
            && matches!(self.phase, Phase::Reviewing | Phase::Done)
            && self.refusals.iter().any(Refusal::is_repairable)
    }

    /// The one repair: what was refused goes back with the reason and the real text. `None` when the
    /// user's own prompt for it cannot be rendered; the refusals then stay as they are.
    pub(super) fn repair(&mut self, prompts: &Prompts) -> Option<Said> {
        let (mend, keep): (Vec<_>, Vec<_>) = self.refusals.iter().cloned().partition(Refusal::is_repairable);
        let refused: Vec<prompt::Refusal> = mend.iter().map(for_the_model).collect();
        let said = prompt::repair(prompts, self.said.as_ref()?, &self.reply, &refused).ok()?;
        self.refusals = keep;
        self.mended = mend.len();
        self.told = mend;
        self.supply.whole.clear();
        self.forget_usage();
        Some(said)
    }

    pub(super) fn decide(&mut self, decision: &Decision) -> bool {
        if self.phase == Phase::Landing {
            return false;
        }
        let changed = match decision {
            Decision::Accept(ids) => self.review.decide(ids, Verdict::Accepted),
            Decision::Reject(ids) => self.review.decide(ids, Verdict::Rejected),
            Decision::Undo => !self.review.undo().is_empty(),
            Decision::Redo => !self.review.redo().is_empty(),
        };
        if changed {
            self.revision += 1;
            self.rest();
        }
        changed
    }

    pub(super) fn begin_landing(&mut self) {
        self.notice = None;
        self.phase = Phase::Landing;
    }

    pub(super) fn landed(&mut self, receipt: Receipt) {
        self.revision += 1;
        self.review.landed(&receipt);
        self.receipts.push(receipt);
        self.rest();
    }

    /// Nothing was written. Hunks whose place changed go back to review against the new text.
    pub(super) fn not_landed(&mut self, why: ApplyError) {
        self.revision += 1;
        self.notice = Some(match why {
            ApplyError::Conflict { files } => {
                let moved = files.into_iter().flat_map(|(now, _)| self.review.rebase(now)).collect();
                Notice::Conflict(moved)
            }
            other => Notice::NotLanded(other.to_string()),
        });
        self.phase = Phase::Reviewing;
    }

    /// A landing, of this turn or another, was taken back (or, if it `stands`, brought forth again):
    /// hunks that are still open follow their files.
    pub(super) fn reverted(&mut self, undone: &Undone, stands: bool) {
        if stands {
            self.taken_back.remove(&undone.of);
        } else if self.receipts.iter().any(|receipt| receipt.id() == undone.of) {
            self.taken_back.insert(undone.of.clone());
        }
        self.revision += 1;
        if self.phase == Phase::Landing {
            return; // What was sent to land is merged there.
        }
        for file in &undone.files {
            self.review.rebase(Base { path: file.path.clone(), text: file.text.clone() });
        }
        self.rest();
    }

    /// Hunks in conflict.
    pub fn conflicts(&self) -> usize {
        self.review.hunks().filter(|hunk| hunk.standing == Standing::Conflict).count()
    }
}
