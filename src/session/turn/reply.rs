//! A reply as it comes: it is read into edits, each edit is offered once its file is known, and what could
//! not be used goes back to the model once.

use std::sync::Arc;
use std::time::Duration;

use super::{End, Notice, Phase, Turn};
use crate::change::{Base, Edit, Offered, Why};
use crate::model::{Failure, Finish, ModelId, Tokens, Usage};
use crate::prompt::dialect::{Flaw, Format, MAX_REPLY, Read, Reader};
use crate::prompt::{self, Prompts, Said};
use crate::session::refusal::{Refusal, as_written, for_the_model, unanswered};
use crate::session::{Effect, Gathered, Subject};
use crate::text::RepoPath;

impl Turn {
    /// The answer has not ended yet, as far as this turn wants to hear of it.
    pub(in crate::session) fn is_listening(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Streaming) && self.end.is_none()
    }

    /// What the model is about to see.
    pub(in crate::session) fn saw(&mut self, gathered: &Gathered) {
        self.seen = gathered.read.clone();
    }

    /// The request is ready: the effect that sends it.
    pub(in crate::session) fn send(&mut self, said: Said, max_output: Option<Tokens>) -> Effect {
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

    pub(in crate::session) fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    pub(in crate::session) fn reply(&self) -> &str {
        &self.reply
    }

    /// What the reader still holds of an answer that will not go on.
    pub(in crate::session) fn drain_reader(&mut self) -> Vec<Read> {
        self.opened = None;
        self.reader.take().map(|reader| reader.finish(false)).unwrap_or_default()
    }

    /// The counts so far are of requests before the next one.
    pub(in crate::session) fn forget_usage(&mut self) {
        self.used_before = self.usage();
        self.usage = None;
    }

    pub(in crate::session) fn asking(&mut self, model: ModelId) {
        self.model = Some(model);
    }

    pub(in crate::session) fn retrying(&mut self, failure: Failure, wait: Duration) {
        self.notice = Some(Notice::Retrying { why: failure.to_string(), wait });
    }

    /// More of the answer. An answer past all bounds is stopped.
    pub(in crate::session) fn read(&mut self, text: &str) -> Vec<Effect> {
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

    pub(in crate::session) fn reasoned(&mut self, text: &str) {
        self.phase = Phase::Streaming;
        self.notice = None;
        self.reasoning += text.len();
    }

    pub(in crate::session) fn used(&mut self, usage: Usage) {
        self.usage = Some(usage);
    }

    pub(in crate::session) fn finished(&mut self, finish: Finish) {
        self.finish = Some(finish);
    }

    /// The end that the model itself announced.
    pub(in crate::session) fn own_end(&self) -> End {
        End::announced(self.finish.as_ref())
    }

    /// The answer is over. Text that was still open is dropped with a reason unless the model came
    /// to its own end.
    pub(in crate::session) fn close(&mut self, end: End) -> Vec<Effect> {
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
    pub(in crate::session) fn rest(&mut self) {
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

    pub(in crate::session) fn take_one(&mut self, read: Read) -> Option<Effect> {
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

    pub(in crate::session) fn offer(&mut self, edit: &Edit, base: Base) {
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

    pub(in crate::session) fn looked(&mut self, path: &RepoPath, read: Result<Base, String>) {
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

    pub(in crate::session) fn wants_repair(&self) -> bool {
        self.end == Some(End::Finished)
            && self.pending.is_empty()
            && !self.is_merging()
            && self.mended == 0
            && matches!(self.phase, Phase::Reviewing | Phase::Done)
            && self.refusals.iter().any(Refusal::is_repairable)
    }

    /// The one repair: what was refused goes back with the reason and the real text. `None` when the
    /// user's own prompt for it cannot be rendered; the refusals then stay as they are.
    pub(in crate::session) fn repair(&mut self, prompts: &Prompts) -> Option<Said> {
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
}
