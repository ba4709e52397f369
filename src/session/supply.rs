//! What a turn sees of its supply: who was asked in whose place, how an answer that broke off is gone
//! on with, and what it all cost. It knows no server; who stands ready is told.

use super::turn::Turn;
use super::{Effect, Terms};
use crate::change::Edit;
use crate::model::{Bill, Failure, ModelId};
use crate::prompt::dialect::Read;
use crate::prompt::{self, Said};

/// One model took the place of another within a turn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Switch {
    pub from: ModelId,
    pub to: ModelId,
    pub why: Failure,
    /// Part of the answer had come; what was whole of it is kept.
    pub midway: bool,
}

/// Who answers and what for.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Supply {
    pub switches: Vec<Switch>,
    pub bill: Bill,
    /// Whole edits of the answer that is being read.
    pub whole: Vec<Edit>,
    /// Whole edits of answers that broke off: one that comes again is there already.
    taken: Vec<Edit>,
}

impl Supply {
    pub fn has(&self, edit: &Edit) -> bool {
        self.taken.iter().any(|taken| taken.path == edit.path && taken.op == edit.op)
    }

    /// A new answer begins. Returns whether the one before had a whole edit.
    fn broke_off(&mut self) -> bool {
        let some = !self.whole.is_empty();
        self.taken.append(&mut self.whole);
        some
    }
}

impl Turn {
    /// Who took over from whom, in order.
    pub fn switches(&self) -> &[Switch] {
        &self.supply.switches
    }

    /// What the turn's requests cost, as far as they have ended.
    pub fn bill(&self) -> Bill {
        self.supply.bill
    }

    pub(super) fn metered(&mut self, bill: Bill) {
        self.supply.bill += bill;
    }

    pub(super) fn switched(&mut self, switch: Switch) {
        self.supply.switches.push(switch);
    }

    /// The answer broke off and another model goes on. Edits that were whole are offered already and
    /// stay; text that was still open is lost. If nothing was whole, the same is simply asked again.
    pub(super) fn go_on(&mut self, terms: &Terms, switch: Switch) -> Vec<Effect> {
        self.switched(switch);
        let mut effects = Vec::new();
        for read in self.drain_reader() {
            // That the rest is cut off is no refusal: it is asked for again.
            if let Read::Edit(_) = read {
                effects.extend(self.take_one(read));
            }
        }
        let Some(first) = self.said().cloned() else { return effects };
        let said = if self.supply.broke_off() { self.resumed(terms, &first) } else { first };
        self.forget_usage();
        effects.push(self.send(said, terms.max_output));
        effects
    }

    /// The rest is asked for; or all of it, where the user's own prompt for that cannot be rendered.
    fn resumed(&self, terms: &Terms, first: &Said) -> Said {
        prompt::resume(&terms.prompts, first, self.reply()).unwrap_or_else(|_| first.clone())
    }
}
