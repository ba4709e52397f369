//! The page that says why a hunk is there: what was asked, the model's own reason, how its place was
//! found, whether the file still parses, what is risky about it, who uses what it changes, and what was
//! done to it since.

use super::app::App;
use super::page::{Kind, Page};
use super::review::Parses;
use super::theme::Paint;
use crate::change::locate::{Kept, Tier};
use crate::change::{Hunk, Purpose};
use crate::session::{Callers, How, Subject, Touched};
use crate::text::diff::changes;
use crate::text::{Lines, safe, trim_ending};

/// Most lines of an earlier wording that are shown.
const EARLIER: usize = 60;

fn tier_in_words(tier: Tier) -> &'static str {
    match tier {
        Tier::Exact => "its lines stand there to the byte",
        Tier::Blanks => "its lines stand there but for blanks at their ends",
        Tier::Unicode => "its lines stand there but for look-alike characters",
        Tier::Indent => "its lines stand there with another indentation",
        Tier::BaseMerge => "found in the text the model saw, then merged with what the file is now",
        Tier::Lazy => "a snippet that leaves code out, laid over the file",
        Tier::Aligned => "its lines stand there but for blank lines, comments or a line that drifted",
        Tier::Tokens => "the same tokens stand there, wrapped differently",
    }
}

fn kept_in_words(kept: Kept) -> &'static str {
    match kept {
        Kept::Eol => "line endings",
        Kept::Indent => "indentation",
        Kept::TrailingBlanks => "blanks at the end of lines",
        Kept::InnerBlanks => "blanks inside of lines",
        Kept::BlankLines => "blank lines",
        Kept::Unicode => "typographic characters",
        Kept::Quotes => "quotes",
        Kept::Comment => "comments",
        Kept::Wrapping => "how lines are wrapped",
        Kept::Context => "lines around it",
    }
}

impl App {
    /// Where the hunk under review comes from and what is known of it.
    pub(super) fn why(&self) -> Option<Page> {
        let turn = self.session.turn()?;
        let hunk = turn.review().hunk(self.review.at?)?;
        let mut page = Page::new(Kind::Why, "why this hunk");
        page.text(Paint::Title, &format!("{}  {}", hunk.path, hunk.replaces));
        let asked = match turn.subject() {
            Subject::Instruction => "the instruction",
            Subject::Difference => "the difference",
            Subject::Reply => "the change",
        };
        page.gap().text(Paint::Title, asked).text(Paint::Text, &turn.instruct().text);
        if let Some(reason) = &hunk.reason {
            page.gap().text(Paint::Title, "the model's own reason").text(Paint::Text, reason);
        }
        if let Some(model) = turn.model() {
            page.text(Paint::Dim, &format!("proposed by {model}"));
        }
        if let Some(note) = turn.review().note(hunk.id) {
            page.gap().text(Paint::Title, "what was done to it since");
            if note.by_hand {
                page.text(Paint::Text, "edited by hand");
            }
            if note.revised > 0 {
                page.text(Paint::Text, &format!("revised by the model {} time(s)", note.revised));
            }
            if let Some(comment) = &note.comment {
                page.text(Paint::Text, &format!("comment: {comment}"));
            }
        }
        if let Some(before) = self.review.marks.before(hunk.id) {
            tell_revision(&mut page, before, &hunk.with);
        }
        self.tell_checks(&mut page, hunk);
        self.tell_risks(&mut page, hunk);
        self.tell_callers(&mut page, hunk);
        if turn.review().purpose() == Purpose::Propose {
            page.gap().text(Paint::Title, "how its place was found");
            let sure = hunk.matched_by.confidence() * 100.0;
            page.text(Paint::Text, &format!("{}: {sure:.0} % sure", tier_in_words(hunk.matched_by)));
            if !hunk.kept.is_empty() {
                let kept: Vec<&str> = hunk.kept.iter().map(|kept| kept_in_words(*kept)).collect();
                page.text(Paint::Text, &format!("kept as the file has it: {}", kept.join(", ")));
            }
        }
        Some(page)
    }

    /// What was found out about it without a person.
    fn tell_checks(&self, page: &mut Page, hunk: &Hunk) {
        page.gap().text(Paint::Title, "checks");
        let (paint, words) = match self.review.marks.parses(hunk) {
            Parses::Yes => (Paint::Good, "✓ the file still parses, or did not before"),
            Parses::Breaks => (Paint::Bad, "⚠ with it the file does not parse any more; before it did"),
            Parses::Awaited => (Paint::Dim, "whether the file still parses is being looked at"),
            Parses::NoGrammar => (Paint::Dim, "the file is in no language that is parsed here"),
        };
        page.text(paint, words);
        if self.review.marks.is_lost(hunk.id) {
            page.text(Paint::Warn, "⚠ it changed after you decided it; that verdict counts no more");
        }
    }

    fn tell_risks(&self, page: &mut Page, hunk: &Hunk) {
        let Some(reading) = &self.review.reading else { return };
        let (risks, folds) = (reading.risks(hunk.id), reading.folds(hunk.id));
        if !risks.is_empty() {
            page.gap().text(Paint::Title, "to be read with care");
            for risk in risks {
                page.text(Paint::Warn, &format!("⚠ {}", risk.words()));
            }
        }
        if !folds.is_empty() {
            page.gap().text(Paint::Title, "verified, and need no reading");
            for fold in folds {
                page.text(Paint::Text, &format!("≡ {}", fold.words()));
            }
        }
    }

    fn tell_callers(&self, page: &mut Page, hunk: &Hunk) {
        let Some(found) = self.review.marks.callers(hunk) else { return };
        page.gap().text(Paint::Title, "who uses what it changes");
        match found {
            None => page.text(Paint::Dim, "being looked for"),
            Some(callers) => {
                callers.names.iter().for_each(|name| tell_uses(page, name));
                tell_extent(page, callers);
                page
            }
        };
    }
}

fn tell_uses(page: &mut Page, Touched { name, how, uses, count, files }: &Touched) {
    let becomes = match how {
        How::Goes => "goes",
        How::Head => "changes in the line that names it",
        How::Body => "changes inside",
        How::Comes => "is new",
    };
    let still = if *how == How::Goes { "still " } else { "" };
    let used = match (count, files) {
        (0, _) => "and is named nowhere else".to_owned(),
        (1, _) => format!("and is {still}named in 1 line"),
        (count, 1) => format!("and is {still}named in {count} lines of 1 file"),
        (count, files) => format!("and is {still}named in {count} lines of {files} files"),
    };
    let paint = if *how == How::Goes && *count > 0 { Paint::Warn } else { Paint::Text };
    page.text(paint, &format!("`{name}` {becomes} {used}"));
    for one in uses {
        let within = one.within.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
        page.text(Paint::Dim, &format!("  {}:{}{within}  {}", one.path, one.line + 1, one.text));
    }
    if *count > uses.len() {
        page.text(Paint::Dim, &format!("  and {} more", count - uses.len()));
    }
}

/// How far the list may be trusted.
fn tell_extent(page: &mut Page, callers: &Callers) {
    if callers.names.is_empty() {
        page.text(Paint::Dim, "its lines lie in no definition that has a name");
        return;
    }
    page.text(Paint::Dim, "found by name: others of the same name count too");
    if let Some(why) = &callers.short_of {
        page.text(Paint::Warn, &format!("not every file was looked through: {why}"));
    }
}

/// What the last revision made of the lines that the hunk brings.
fn tell_revision(page: &mut Page, before: &Lines, now: &Lines) {
    page.gap().text(Paint::Title, "what the last revision changed of the lines that come");
    let mut left = EARLIER;
    for change in changes(before, now) {
        let gone = change.old.as_range().filter_map(|line| before.get(line)).map(|line| ('-', line));
        let come = change.new.as_range().filter_map(|line| now.get(line)).map(|line| ('+', line));
        for (sign, line) in gone.chain(come) {
            let paint = if sign == '-' { Paint::Bad } else { Paint::Good };
            if left > 0 {
                page.text(paint, &format!("{sign} {}", safe::bytes(trim_ending(line))));
            }
            left = left.saturating_sub(1);
        }
    }
    if left == 0 {
        page.text(Paint::Dim, "and more");
    }
}
