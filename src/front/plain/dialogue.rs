//! The dialogue as a machine: a line that was said goes in, what is answered is written out. It reads
//! nothing, and decides only through the session, so that what lands is remembered as from the screen.
//!
//! A hunk is accepted only after it was shown; what would be accepted unseen is shown first.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::time::Duration;

use super::show;
use super::verb::{self, Verb};
use crate::change::reading::{FileDiff, Order, Reading};
use crate::change::{Hunk, HunkId, Purpose, Review, Standing, Verdict, unparsed};
use crate::session::{Decision, Rework, Seen, Session, Turn};
use crate::text::safe;

/// What is asked again and again.
const PROMPT: &str = "y n v s c u j k i land q ?> ";

/// How a dialogue ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// What is accepted is to be made real; of changes that are made already, what is rejected is to be
    /// taken back.
    Land,
    /// Nothing is to be written.
    Leave,
}

/// A review in words.
pub struct Dialogue<'a, W> {
    session: &'a mut Session,
    reading: Reading,
    order: Vec<HunkId>,
    by: Order,
    /// Hunks that were shown as they are now, and how they were looked at.
    seen: &'a mut BTreeMap<HunkId, Seen>,
    /// The same of lines that were just cut out of one.
    picked: BTreeMap<HunkId, Seen>,
    at: Option<HunkId>,
    output: W,
}

impl<'a, W: Write> Dialogue<'a, W> {
    /// Says what there is to decide, and shows the first hunk of it.
    ///
    /// # Errors
    /// What writing failed with.
    pub fn open(
        session: &'a mut Session,
        seen: &'a mut BTreeMap<HunkId, Seen>,
        output: W,
    ) -> io::Result<Self> {
        let reading = session.turn().map(|turn| Reading::of(turn.review())).unwrap_or_default();
        let by = Order::Reading;
        let order = reading.order(by);
        let mut dialogue =
            Self { session, reading, order, by, seen, picked: BTreeMap::new(), at: None, output };
        dialogue.begin()?;
        Ok(dialogue)
    }

    /// Asks for the next line.
    ///
    /// # Errors
    /// What writing failed with.
    pub fn ask(&mut self) -> io::Result<()> {
        write!(self.output, "{PROMPT}")?;
        self.output.flush()
    }

    /// Takes a line, which came `after` it was asked for. `None`: the dialogue goes on.
    ///
    /// # Errors
    /// What writing failed with. The verdicts given so far are in the session.
    pub fn hear(&mut self, said: &str, after: Duration) -> io::Result<Option<Outcome>> {
        if let Some(seen) = self.at.and_then(|at| self.seen.get_mut(&at)) {
            seen.looked_at += after;
        }
        match verb::parse(said) {
            Some(Verb::Land) => return self.land(),
            Some(Verb::Leave) => return Ok(Some(Outcome::Leave)),
            Some(verb) => self.act(verb)?,
            None if said.trim().is_empty() => self.show(false)?,
            None => self.say(&format!("`{}` is no verb; ? lists them", safe::line(said.trim())))?,
        }
        Ok(None)
    }

    /// Says that there will be no more lines.
    ///
    /// # Errors
    /// What writing failed with.
    pub fn end(&mut self) -> io::Result<()> {
        self.say("\nthe input ended; nothing is written")
    }

    fn review(&self) -> Option<&Review> {
        self.session.turn().map(Turn::review)
    }

    fn begin(&mut self) -> io::Result<()> {
        let ids = self.order.iter().copied();
        let (lines, hunks) = (self.reading.lines_to_read(ids), self.order.len());
        let counted =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let (hunks, lines) = (counted(hunks, "hunk"), counted(lines, "line"));
        self.say(&format!("{hunks}, {lines} to read, {}; ? lists the verbs", self.by.words()))?;
        match self.purpose() {
            Purpose::Propose => {}
            Purpose::TakeBack => self.say("all of it is made already: what is rejected is taken back")?,
            Purpose::ReadOnly => self.say("both sides are history: nothing is written")?,
        }
        self.go_to_undecided()
    }

    fn purpose(&self) -> Purpose {
        self.review().map(Review::purpose).unwrap_or_default()
    }

    fn act(&mut self, verb: Verb) -> io::Result<()> {
        match verb {
            Verb::Accept if self.hunk().is_some_and(|hunk| hunk.standing == Standing::Conflict) => {
                self.take_up()
            }
            Verb::Accept => self.decide(&Vec::from_iter(self.at), Verdict::Accepted),
            Verb::Reject => self.decide(&Vec::from_iter(self.at), Verdict::Rejected),
            Verb::AcceptFile => self.decide(&self.rest_of_file(), Verdict::Accepted),
            Verb::RejectFile => self.decide(&self.rest_of_file(), Verdict::Rejected),
            Verb::Lines { first, last, accept } => self.pick(first, last, accept),
            Verb::Split => self.split(),
            Verb::Comment(words) => self.comment(words),
            Verb::Undo => self.take_back(true),
            Verb::Redo => self.take_back(false),
            Verb::Next => self.step(1),
            Verb::Previous => self.step(-1),
            Verb::Go(number) => match number.checked_sub(1).and_then(|at| self.order.get(at)).copied() {
                Some(id) => self.go_to(id),
                None => self.say(&format!("there are hunks 1 to {}", self.order.len())),
            },
            Verb::Find(words) => self.find(&words),
            Verb::Why => match self.hunk() {
                Some(hunk) => self.say(show::why(hunk, &self.reading, self.breaks(hunk)).trim_end()),
                None => Ok(()),
            },
            Verb::Unfold => self.show(true),
            Verb::Order => {
                self.by = self.by.next();
                self.order = self.reading.order(self.by);
                self.say(self.by.words())?;
                self.list()
            }
            Verb::List => self.list(),
            Verb::Help => self.say(verb::help().trim_end()),
            Verb::Land | Verb::Leave => Ok(()),
        }
    }

    /// Of a hunk in conflict, makes one against the text as it is now; it is shown and asked for again.
    fn take_up(&mut self) -> io::Result<()> {
        let Some(id) = self.at else { return Ok(()) };
        match self.session.rework(id, &Rework::TakeUp) {
            Ok(id) => {
                self.seen.remove(&id);
                self.at = Some(id);
                self.anew()
            }
            Err(why) => self.say(&why.to_string()),
        }
    }

    /// Only what was shown is accepted; what was not is shown, and asked for again.
    fn decide(&mut self, ids: &[HunkId], verdict: Verdict) -> io::Result<()> {
        let unseen: Vec<HunkId> = ids.iter().copied().filter(|id| !self.seen.contains_key(id)).collect();
        if verdict == Verdict::Accepted && !unseen.is_empty() {
            for id in &unseen {
                self.at = Some(*id);
                self.show(false)?;
            }
            self.at = ids.first().copied();
            return self.say(&format!("{} of them had not been shown; say it again to accept", unseen.len()));
        }
        let decision = match verdict {
            Verdict::Accepted => Decision::Accept(ids.to_vec()),
            Verdict::Rejected | Verdict::Undecided => Decision::Reject(ids.to_vec()),
        };
        if !self.session.decide(&decision) {
            return self.say("nothing changed: it is decided so already, or in conflict");
        }
        if ids.len() > 1 {
            self.say(&format!("{} hunks decided; u takes it back", ids.len()))?;
        }
        if let Some(turn) = self.session.turn() {
            self.reading.heed(turn.review());
        }
        self.go_to_undecided()
    }

    /// This hunk, and the undecided ones of its file that follow in the order.
    fn rest_of_file(&self) -> Vec<HunkId> {
        let Some(here) = self.hunk() else { return Vec::new() };
        let rest = self.order.iter().skip_while(|id| **id != here.id);
        let hunks = rest.filter_map(|id| self.review()?.hunk(*id)).filter(|hunk| {
            hunk.path == here.path && (hunk.id == here.id || hunk.verdict == Verdict::Undecided)
        });
        hunks.map(|hunk| hunk.id).collect()
    }

    fn pick(&mut self, first: usize, last: usize, accept: bool) -> io::Result<()> {
        let Some(id) = self.at else { return Ok(()) };
        if accept && !self.seen.contains_key(&id) {
            return self.show(false);
        }
        let verdict = if accept { Verdict::Accepted } else { Verdict::Rejected };
        match self.session.rework(id, &Rework::Pick { lines: first - 1..last, verdict }) {
            // Lines of a hunk that was shown were shown.
            Ok(picked) => {
                if let Some(seen) = self.seen.get(&id).copied() {
                    self.picked.insert(picked, seen);
                }
                self.anew()
            }
            Err(why) => self.say(&why.to_string()),
        }
    }

    fn split(&mut self) -> io::Result<()> {
        let Some(id) = self.at else { return Ok(()) };
        match self.session.rework(id, &Rework::Split) {
            Ok(_) => {
                self.anew()?;
                self.say(&format!("split; {} hunks now", self.order.len()))
            }
            Err(why) => self.say(&why.to_string()),
        }
    }

    fn comment(&mut self, words: String) -> io::Result<()> {
        let Some(id) = self.at else { return Ok(()) };
        let word = if words.is_empty() { "the comment is gone" } else { "noted" };
        match self.session.rework(id, &Rework::Comment(Some(words))) {
            Ok(_) => self.say(word),
            Err(why) => self.say(&why.to_string()),
        }
    }

    fn take_back(&mut self, undo: bool) -> io::Result<()> {
        let (decision, word, none) = match undo {
            true => (Decision::Undo, "undone", "nothing to undo"),
            false => (Decision::Redo, "redone", "nothing to redo"),
        };
        let before = self.shapes();
        if !self.session.decide(&decision) {
            return self.say(none);
        }
        self.say(word)?;
        let after = self.shapes();
        let other = after.iter().find(|(id, shape)| before.get(id) != Some(shape)).map(|(id, _)| *id);
        self.at = other.or(self.at);
        self.anew()
    }

    /// What a decision changes of a hunk.
    fn shapes(&self) -> BTreeMap<HunkId, (Verdict, usize)> {
        let hunks = self.review().into_iter().flat_map(Review::hunks);
        hunks.map(|hunk| (hunk.id, (hunk.verdict, hunk.with.bytes().len()))).collect()
    }

    /// The hunks are others than before: the reading is made again, and what was shown stays where it was.
    fn anew(&mut self) -> io::Result<()> {
        let was: BTreeSet<HunkId> = std::mem::take(&mut self.order).into_iter().collect();
        self.reading = self.review().map(Reading::of).unwrap_or_default();
        self.order = self.reading.order(self.by);
        let hunks: BTreeSet<HunkId> = self.order.iter().copied().collect();
        self.seen.retain(|id, _| was.contains(id) && hunks.contains(id));
        self.seen.append(&mut self.picked);
        self.go_to_undecided()
    }

    fn step(&mut self, by: isize) -> io::Result<()> {
        let at = self.at.and_then(|at| self.order.iter().position(|id| *id == at)).unwrap_or(0);
        match at.checked_add_signed(by).and_then(|to| self.order.get(to)).copied() {
            Some(id) => self.go_to(id),
            None => self.say("there is none"),
        }
    }

    fn find(&mut self, words: &str) -> io::Result<()> {
        let at = self.at.and_then(|at| self.order.iter().position(|id| *id == at)).unwrap_or(0);
        let holds = |id: &&HunkId| {
            let text = self.review().and_then(|review| {
                let hunk = review.hunk(**id)?;
                Some(show::hunk(review, &self.reading, &self.order, hunk, true))
            });
            text.is_some_and(|text| text.contains(words))
        };
        let round = self.order.iter().skip(at + 1).chain(self.order.iter().take(at + 1));
        match round.into_iter().find(holds).copied() {
            Some(id) => self.go_to(id),
            None => self.say("no hunk has these words"),
        }
    }

    fn go_to(&mut self, id: HunkId) -> io::Result<()> {
        self.at = Some(id);
        self.show(false)
    }

    /// The next undecided hunk below, else the first one above.
    fn go_to_undecided(&mut self) -> io::Result<()> {
        let at = self.at.and_then(|at| self.order.iter().position(|id| *id == at)).unwrap_or(0);
        let round = self.order.iter().skip(at).chain(self.order.iter().take(at));
        let open = |id: &&HunkId| {
            self.review().and_then(|r| r.hunk(**id)).is_some_and(|h| h.verdict == Verdict::Undecided)
        };
        match round.into_iter().find(open).copied() {
            Some(id) => self.go_to(id),
            None => {
                self.at = self.at.filter(|at| self.order.contains(at)).or(self.order.first().copied());
                self.say("every hunk is decided; `land` ends, u undoes, q leaves")
            }
        }
    }

    fn hunk(&self) -> Option<&Hunk> {
        self.review()?.hunk(self.at?)
    }

    /// Does the file stop to parse by the hunk? Takes a parse of the file.
    fn breaks(&self, hunk: &Hunk) -> bool {
        let file = self.review().and_then(|review| FileDiff::hoped_for(review, &hunk.path));
        file.is_some_and(|file| unparsed(&file).contains(&hunk.id))
    }

    fn show(&mut self, unfolded: bool) -> io::Result<()> {
        let Some((hunk, review)) = self.hunk().zip(self.review()) else {
            return self.say("there is no hunk");
        };
        let (id, base) = (hunk.id, review.base(&hunk.path).and_then(|base| base.text.as_ref()));
        let mut text = show::hunk(review, &self.reading, &self.order, hunk, unfolded);
        if self.breaks(hunk)
            && let Some(end) = text.find('\n')
        {
            text.insert_str(end + 1, &format!("mind: {}\n", show::BREAKS));
        }
        let whole = show::is_whole(review, hunk, base);
        self.say(text.trim_end())?;
        if !whole {
            self.say("lines of it were cut; accepting it accepts all of them")?;
        }
        self.seen.entry(id).or_default().whole |= whole;
        Ok(())
    }

    fn list(&mut self) -> io::Result<()> {
        let hunks: Vec<String> = self
            .order
            .iter()
            .filter_map(|id| {
                let review = self.review()?;
                Some(show::title(review, &self.order, review.hunk(*id)?))
            })
            .collect();
        self.say(&hunks.join("\n"))
    }

    fn land(&mut self) -> io::Result<Option<Outcome>> {
        let wanted = match self.purpose() {
            Purpose::Propose => Verdict::Accepted,
            Purpose::TakeBack => Verdict::Rejected,
            Purpose::ReadOnly => return Ok(Some(Outcome::Leave)),
        };
        if self.review().is_some_and(|review| review.hunks().any(|hunk| hunk.verdict == wanted)) {
            return Ok(Some(Outcome::Land));
        }
        let why = match wanted {
            Verdict::Rejected => "no hunk is rejected, so nothing is taken back; q leaves",
            _ => "no hunk is accepted yet; y accepts, q leaves",
        };
        self.say(why)?;
        Ok(None)
    }

    pub(super) fn say(&mut self, words: &str) -> io::Result<()> {
        writeln!(self.output, "{words}")
    }
}

#[cfg(test)]
mod tests;
