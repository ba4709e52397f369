//! The first request of a conversation about a question: from what was found, behind what was said before
//! where there is something it can stand behind. Of that conversation nothing is sent again that it holds
//! already; where it has grown too heavy it is made lighter, and where that does not help it is begun anew.

use super::mask;
use super::memory::Memory;
use super::purse::Room;
use super::talk::{Around, Before, Talk, Task};
use super::{NoEvidence, Retrieved};
use crate::context;
use crate::context::citation::Evidence;
use crate::model::Tokens;
use crate::prompt::{self, Means, PromptError, Said};
use crate::session::{Effect, End, Terms};

/// The heaviest conversation that is gone on with; the next question begins another.
const HEAVY: Tokens = Tokens(60_000);

impl Talk {
    /// Can the next question go on from it?
    pub fn can_be_gone_on_from(&self) -> bool {
        self.answered().is_some_and(|said| {
            let weight = said.ask().weight();
            let spare = || mask::spare(said, &self.memory, &self.reply, self.memory.newest());
            weight < HEAVY || weight.saturating_sub(spare()) < HEAVY
        })
    }

    /// The conversation, to be gone on with; lighter where it has grown too heavy for that.
    pub fn to_go_on(&self) -> Option<Before> {
        let said = self.answered()?;
        let light = |said: &Said, _: &Memory| said.ask().weight() < HEAVY;
        let (said, memory) = match light(said, &self.memory) {
            true => (said.clone(), self.memory.clone()),
            false => mask::lighter(said, &self.memory, &self.reply, self.memory.newest(), &light)?,
        };
        let (answer, shown, means) = (self.reply.clone(), self.shown.clone(), self.means.clone());
        Some(Before { said, answer, shown, means, memory, window: self.window })
    }

    pub(super) fn retrieved(
        &mut self,
        around: &mut Around<'_>,
        found: Result<Retrieved, NoEvidence>,
    ) -> Vec<Effect> {
        let found = match found {
            // Who can look for itself, or has seen something already, begins with nothing in hand.
            Err(NoEvidence::Nothing) if self.means.rounds > 0 || self.before.is_some() => self.bare(),
            other => other,
        };
        let found = match found {
            Ok(found) => found,
            Err(why) => {
                self.found = why != NoEvidence::Nothing;
                return self.close(End::NotAsked(why.to_string()));
            }
        };
        self.means.history |= found.history;
        self.window = found.window.or(self.window);
        if let Some(before) = self.before.take() {
            self.window = self.window.or(before.window);
            return match self.go_on(around, before, &found) {
                GoesOn::Now => self.send(around),
                // What was found was found beside what the conversation held: once more, then, beside what
                // it holds now, or for another one.
                GoesOn::Lighter(before) => {
                    self.before = Some(*before);
                    vec![self.begin()]
                }
                GoesOn::No => {
                    self.goes_on = false;
                    vec![self.begin()]
                }
            };
        }
        self.shown = found.shown.clone();
        let mut said = self.first(around.terms, &found);
        if self.means.rounds > 0 && said.as_ref().is_ok_and(|said| self.is_close(around, said)) {
            // Too close to the end for looking things up: it answers from what was found.
            self.means = Means { history: self.means.history, ..Means::default() };
            self.rounds_left = 0;
            said = self.first(around.terms, &found);
        }
        match said {
            Ok(said) => {
                self.said = Some(said);
                self.memory.transcript.add_pack(&found.pack, 1);
                self.send(around)
            }
            Err(why) => self.close(End::NotAsked(why.to_string())),
        }
    }

    /// The question and nothing else.
    fn bare(&self) -> Result<Retrieved, NoEvidence> {
        let above = self.before.as_ref().map(|before| before.memory.transcript.clone()).unwrap_or_default();
        let pack = context::evidence(&self.question.text, &[], Tokens(u64::MAX))?;
        Ok(Retrieved { above, ..Retrieved::of(pack, Evidence::default()) })
    }

    fn is_close(&self, around: &Around<'_>, said: &Said) -> bool {
        around.purse.room(self.lane, said.ask()) != Room::Enough
    }

    fn first(&self, terms: &Terms, found: &Retrieved) -> Result<Said, PromptError> {
        match self.task {
            Task::Split(parts) => prompt::split(&terms.prompts, &found.pack, parts),
            Task::Answer => prompt::ask(&terms.prompts, &found.pack, &self.means),
        }
    }

    /// Puts the question behind the conversation before it, if it can stand there: what the first prompt
    /// taught is all that it knows, its tags are those that no text of it can pass for, and there is room.
    fn go_on(&mut self, around: &mut Around<'_>, before: Before, found: &Retrieved) -> GoesOn {
        let taught = before.means.tools == self.means.tools && (before.means.history || !self.means.history);
        let behind = |said: &Said| prompt::after_answer(said, &before.answer, &found.pack);
        let Some(said) = behind(&before.said).filter(|_| taught) else { return GoesOn::No };
        if !self.fits(said.ask()) {
            let fits = |said: &Said, _: &Memory| behind(said).is_some_and(|on| self.fits(on.ask()));
            let newest = before.memory.newest();
            let lighter = mask::lighter(&before.said, &before.memory, &before.answer, newest, &fits);
            return lighter.map_or(GoesOn::No, |(said, memory)| {
                GoesOn::Lighter(Box::new(Before { said, memory, ..before.clone() }))
            });
        }
        if self.means.rounds > 0 && self.is_close(around, &said) {
            return GoesOn::No;
        }
        let mut memory = before.memory;
        memory.transcript.clone_from(&found.above);
        memory.transcript.add_pack(&found.pack, before.said.next_request());
        self.means.history |= before.means.history;
        self.shown = before.shown;
        self.shown.extend(&found.shown);
        let said = said.standing(|piece, nth| memory.presence(piece, nth));
        self.said = Some(said.noting(found.pack.notes(), found.pack.dropped()));
        self.memory = memory;
        GoesOn::Now
    }
}

/// Whether a question goes on from the conversation before it.
enum GoesOn {
    Now,
    /// From this one, which was made lighter.
    Lighter(Box<Before>),
    No,
}
