//! A review as a dialogue, one line after the other: for screen readers, for pipes, and where there is
//! no screen. The same verbs as on the screen; nothing is drawn, nothing moves.
//!
//! A hunk is accepted only after it was shown; what would be accepted unseen is shown first. The end of
//! the input lands nothing. Landing itself is the caller's.

mod show;
mod verb;

use std::collections::BTreeSet;
use std::io::{self, BufRead, Read as _, Write};

use crate::change::reading::{Order, Reading};
use crate::change::{Hunk, HunkId, Purpose, Review, Verdict};
use crate::text::safe;
use verb::Verb;

/// Most bytes of one answer.
const MAX_ANSWER: u64 = 1 << 16;

/// How a dialogue ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// What is accepted is to be made real; of changes that are made already, what is rejected is to be
    /// taken back.
    Land,
    /// Nothing is to be written.
    Leave,
    /// The input ended first; nothing is to be written.
    Ended,
}

/// Asks for every hunk what becomes of it.
///
/// # Errors
/// What reading or writing failed with. The verdicts given so far are in the review.
pub fn review(review: &mut Review, input: impl BufRead, output: impl Write) -> io::Result<Outcome> {
    let reading = Reading::of(review);
    let order = reading.order(Order::Reading);
    let dialogue =
        Dialogue { review, reading, order, by: Order::Reading, shown: BTreeSet::new(), at: None, output };
    dialogue.run(input)
}

struct Dialogue<'a, W> {
    review: &'a mut Review,
    reading: Reading,
    order: Vec<HunkId>,
    by: Order,
    /// Hunks that were shown as they are now.
    shown: BTreeSet<HunkId>,
    at: Option<HunkId>,
    output: W,
}

impl<W: Write> Dialogue<'_, W> {
    fn run(mut self, mut input: impl BufRead) -> io::Result<Outcome> {
        self.open()?;
        loop {
            write!(self.output, "y n v s c u j k i land q ?> ")?;
            self.output.flush()?;
            let mut said = Vec::new();
            if input.by_ref().take(MAX_ANSWER).read_until(b'\n', &mut said)? == 0 {
                writeln!(self.output, "\nthe input ended; nothing is written")?;
                return Ok(Outcome::Ended);
            }
            let said = String::from_utf8_lossy(&said).into_owned();
            match verb::parse(&said) {
                Some(Verb::Land) => match self.land()? {
                    Some(outcome) => return Ok(outcome),
                    None => continue,
                },
                Some(Verb::Leave) => return Ok(Outcome::Leave),
                Some(verb) => self.act(verb)?,
                None if said.trim().is_empty() => self.show(false)?,
                None => self.say(&format!("`{}` is no verb; ? lists them", safe::line(said.trim())))?,
            }
        }
    }

    fn open(&mut self) -> io::Result<()> {
        let ids = self.order.iter().copied();
        let (lines, hunks) = (self.reading.lines_to_read(ids), self.order.len());
        self.say(&format!("{hunks} hunks, {lines} lines to read, {}; ? lists the verbs", self.by.words()))?;
        match self.review.purpose() {
            Purpose::Propose => {}
            Purpose::TakeBack => self.say("all of it is made already: what is rejected is taken back")?,
            Purpose::ReadOnly => self.say("both sides are history: nothing is written")?,
        }
        self.go_to_undecided()
    }

    fn act(&mut self, verb: Verb) -> io::Result<()> {
        match verb {
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
                Some(hunk) => self.say(show::why(hunk, &self.reading).trim_end()),
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

    /// Only what was shown is accepted; what was not is shown, and asked for again.
    fn decide(&mut self, ids: &[HunkId], verdict: Verdict) -> io::Result<()> {
        let unseen: Vec<HunkId> = ids.iter().copied().filter(|id| !self.shown.contains(id)).collect();
        if verdict == Verdict::Accepted && !unseen.is_empty() {
            for id in &unseen {
                self.at = Some(*id);
                self.show(false)?;
            }
            self.at = ids.first().copied();
            return self.say(&format!("{} of them had not been shown; say it again to accept", unseen.len()));
        }
        if !self.review.decide(ids, verdict) {
            return self.say("nothing changed: it is decided so already, or in conflict");
        }
        if ids.len() > 1 {
            self.say(&format!("{} hunks decided; u takes it back", ids.len()))?;
        }
        self.reading.heed(self.review);
        self.go_to_undecided()
    }

    /// This hunk, and the undecided ones of its file that follow in the order.
    fn rest_of_file(&self) -> Vec<HunkId> {
        let Some(here) = self.hunk() else { return Vec::new() };
        let rest = self.order.iter().skip_while(|id| **id != here.id);
        let hunks = rest.filter_map(|id| self.review.hunk(*id)).filter(|hunk| {
            hunk.path == here.path && (hunk.id == here.id || hunk.verdict == Verdict::Undecided)
        });
        hunks.map(|hunk| hunk.id).collect()
    }

    fn pick(&mut self, first: usize, last: usize, accept: bool) -> io::Result<()> {
        let Some(id) = self.at else { return Ok(()) };
        if accept && !self.shown.contains(&id) {
            return self.show(false);
        }
        let verdict = if accept { Verdict::Accepted } else { Verdict::Rejected };
        match self.review.pick(id, first - 1..last, verdict) {
            Ok(_) => self.anew(),
            Err(why) => self.say(&why.to_string()),
        }
    }

    fn split(&mut self) -> io::Result<()> {
        let Some(id) = self.at else { return Ok(()) };
        match self.review.split(id) {
            Ok(parts) => {
                self.say(&format!("{} hunks now", parts.len()))?;
                self.anew()
            }
            Err(why) => self.say(&why.to_string()),
        }
    }

    fn comment(&mut self, words: String) -> io::Result<()> {
        let Some(id) = self.at else { return Ok(()) };
        let word = if words.is_empty() { "the comment is gone" } else { "noted" };
        self.review.comment(id, Some(words));
        self.say(word)
    }

    fn take_back(&mut self, undo: bool) -> io::Result<()> {
        let ids = if undo { self.review.undo() } else { self.review.redo() };
        let (word, none) = if undo { ("undone", "nothing to undo") } else { ("redone", "nothing to redo") };
        let Some(first) = ids.first().copied() else { return self.say(none) };
        self.say(word)?;
        self.at = Some(first);
        self.anew()
    }

    /// The hunks are others than before: the reading is made again, and what was shown stays where it was.
    fn anew(&mut self) -> io::Result<()> {
        let was: Vec<HunkId> = std::mem::take(&mut self.order);
        self.reading = Reading::of(self.review);
        self.order = self.reading.order(self.by);
        let hunks: BTreeSet<HunkId> = self.order.iter().copied().collect();
        self.shown.retain(|id| was.contains(id) && hunks.contains(id));
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
            let text = self
                .review
                .hunk(**id)
                .map(|hunk| show::hunk(self.review, &self.reading, &self.order, hunk, true));
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
        let open =
            |id: &&HunkId| self.review.hunk(**id).is_some_and(|hunk| hunk.verdict == Verdict::Undecided);
        match round.into_iter().find(open).copied() {
            Some(id) => self.go_to(id),
            None => {
                self.at = self.at.filter(|at| self.order.contains(at)).or(self.order.first().copied());
                self.say("every hunk is decided; `land` ends, u undoes, q leaves")
            }
        }
    }

    fn hunk(&self) -> Option<&Hunk> {
        self.review.hunk(self.at?)
    }

    fn show(&mut self, unfolded: bool) -> io::Result<()> {
        let Some(hunk) = self.hunk() else { return self.say("there is no hunk") };
        let (id, base) = (hunk.id, self.review.base(&hunk.path).and_then(|base| base.text.as_ref()));
        let text = show::hunk(self.review, &self.reading, &self.order, hunk, unfolded);
        let whole = show::is_whole(self.review, hunk, base);
        self.say(text.trim_end())?;
        if !whole {
            self.say("lines of it were cut; accepting it accepts all of them")?;
        }
        self.shown.insert(id);
        Ok(())
    }

    fn list(&mut self) -> io::Result<()> {
        let hunks: Vec<String> = self
            .order
            .iter()
            .filter_map(|id| self.review.hunk(*id))
            .map(|hunk| show::title(self.review, &self.order, hunk))
            .collect();
        self.say(&hunks.join("\n"))
    }

    fn land(&mut self) -> io::Result<Option<Outcome>> {
        let wanted = match self.review.purpose() {
            Purpose::Propose => Verdict::Accepted,
            Purpose::TakeBack => Verdict::Rejected,
            Purpose::ReadOnly => return Ok(Some(Outcome::Leave)),
        };
        if self.review.hunks().any(|hunk| hunk.verdict == wanted) {
            return Ok(Some(Outcome::Land));
        }
        let why = match wanted {
            Verdict::Rejected => "no hunk is rejected, so nothing is taken back; q leaves",
            _ => "no hunk is accepted yet; y accepts, q leaves",
        };
        self.say(why)?;
        Ok(None)
    }

    fn say(&mut self, words: &str) -> io::Result<()> {
        writeln!(self.output, "{words}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Base, Edit, EditOp, Focus, Leash, Level, Scope};
    use crate::text::{Lines, RepoPath};

    const OLD: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n";

    fn proposed(new: &str) -> Review {
        let path = RepoPath::parse("a.txt").unwrap();
        let focus = Focus { file: Some(path.clone()), lines: None };
        let mut review = Review::new(Scope::of(Level::File, &focus, Leash::default()).unwrap());
        let edit =
            Edit { path: "a.txt".into(), op: EditOp::Whole(new.into()), reason: Some("so \u{1b}[m".into()) };
        review.offer(&edit, Base { path, text: Some(Lines::from(OLD)) });
        review
    }

    /// Plays `said` and returns how it ended, what was shown, and the file with what was accepted.
    fn play(new: &str, said: &str) -> (Outcome, String, String) {
        let mut made = proposed(new);
        let mut shown = Vec::new();
        let outcome = review(&mut made, said.as_bytes(), &mut shown).unwrap();
        let file = made.preview(&RepoPath::parse("a.txt").unwrap(), false).unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (outcome, text(&shown), text(file.bytes()))
    }

    fn two_hunks() -> String {
        OLD.replace("two", "2").replace("eight", "8")
    }

    #[test]
    fn hunks_are_shown_decided_and_landed_by_lines_of_text() {
        let (outcome, shown, file) = play(&two_hunks(), "y\nn\nland\n");
        assert_eq!((outcome, file), (Outcome::Land, OLD.replace("two", "2")));
        let first = "hunk 1 of 2: a.txt, line 2, 1 lines go and 1 come, undecided\n       one\n   1 - two\n   2 + 2\n       three\n       four\n";
        assert!(shown.contains(first), "{shown}");
        assert!(shown.contains("every hunk is decided"), "{shown}");
    }

    #[test]
    fn the_end_of_the_input_and_leaving_write_nothing() {
        assert_eq!(play(&two_hunks(), "y\ny\n").0, Outcome::Ended);
        assert_eq!(play(&two_hunks(), "y\ny\nq\n").0, Outcome::Leave);
        assert_eq!(play(&two_hunks(), "").0, Outcome::Ended);
        let (outcome, shown, _) = play(&two_hunks(), "n\nn\nland\nq\n");
        assert_eq!(outcome, Outcome::Leave);
        assert!(shown.contains("no hunk is accepted yet"));
    }

    #[test]
    fn nothing_is_accepted_that_was_not_shown() {
        let (_, shown, file) = play(&two_hunks(), "Y\nq\n");
        assert_eq!(file, OLD, "the second hunk had not been shown");
        assert!(shown.contains("+ 8") && shown.contains("say it again"), "{shown}");
        assert_eq!(play(&two_hunks(), "Y\nY\nland\n").2, two_hunks());
        assert_eq!(play(&two_hunks(), "N\nland\nq\n").2, OLD);
    }

    #[test]
    fn decisions_are_undone_and_redone() {
        assert_eq!(play(&two_hunks(), "y\ny\nu\nland\n").2, OLD.replace("two", "2"));
        assert_eq!(play(&two_hunks(), "y\ny\nu\nr\nland\n").2, two_hunks());
    }

    #[test]
    fn a_hunk_is_split_and_lines_of_it_are_picked() {
        let near = OLD.replace("two", "2").replace("four", "4");
        let (_, shown, file) = play(&near, "s\nn\ny\nland\n");
        assert_eq!(file, OLD.replace("four", "4"), "{shown}");
        let (_, shown, file) = play(&near, "v 1-2 y\nn\nland\n");
        assert_eq!(file, OLD.replace("two", "2"), "{shown}");
        assert!(play(&near, "v 9 y\nq\n").1.contains("there is no such hunk"), "out of its lines");
    }

    #[test]
    fn one_goes_about_finds_comments_and_asks_why() {
        let (_, shown, _) = play(&two_hunks(), "/ 8\ng 1\ng 7\nj\nk\nk\nc too short\ni\no\nl\nwhat\n?\nq\n");
        assert!(shown.contains("there are hunks 1 to 2") && shown.contains("there is none"), "{shown}");
        assert!(shown.contains("reason: so ␛[m") && !shown.contains('\u{1b}'), "{shown}");
        assert!(shown.contains("`what` is no verb") && shown.contains("accept the rest of the file"));
        assert!(shown.contains("noted"));
    }

    #[test]
    fn long_lines_and_hostile_bytes_are_shown_as_far_as_they_can_be() {
        let long = "x".repeat(1_000_000);
        let (_, shown, _) = play(&OLD.replace("two", &format!("\u{202e}{long}")), "q\n");
        assert!(shown.contains("‹U+202E›") && shown.contains("bytes more)") && shown.len() < 10_000);
        assert!(shown.contains("is not what it looks like"), "{shown}");
    }

    #[test]
    fn the_last_line_without_a_newline_says_so() {
        let new = OLD.trim_end().to_owned() + " end";
        assert!(play(&new, "q\n").1.contains("+ nine end"), "{}", play(&new, "q\n").1);
    }
}
