//! An answer as rows: the question, how far it is, what was looked up, the statements with what is known
//! of each, the sources with their quotes. Everything foreign in them has been made printable.

use super::super::page::fold;
use super::super::theme::Paint;
use super::Row;
use super::earlier::time;
use crate::context::citation::Checked;
use crate::session::{CitedSource, End, Finding, Inquiry, Since, Step};
use crate::text::safe;

/// Lookups that are shown while they go on.
const STEPS: usize = 8;

/// The question, how far it is, the answer sentence by sentence, the sources.
pub(super) fn rows(inquiry: &Inquiry, width: usize) -> Vec<Row> {
    let mut rows = Rows { rows: Vec::new(), width };
    rows.text(Paint::Title, &inquiry.question().text, None);
    if inquiry.goes_on() {
        rows.text(Paint::Dim, "goes on from the answer before", None);
    }
    if let Some(recalled) = inquiry.of_earlier() {
        let told = format!("answered {}; what changed since is marked at its source", time(recalled.time()));
        rows.text(Paint::Dim, &told, None);
    }
    let (paint, standing) = standing(inquiry);
    rows.text(paint, &standing, None);
    inquiry.notes().iter().for_each(|note| rows.text(Paint::Warn, note, None));
    rows.on_the_way(inquiry);
    let proof = inquiry.proof();
    if !proof.findings.is_empty() {
        rows.gap();
    }
    for finding in &proof.findings {
        rows.finding(finding);
    }
    for (at, source) in proof.sources.iter().enumerate() {
        if at == 0 {
            rows.gap();
        }
        rows.source(at, source, inquiry.since(at));
    }
    rows.rows
}

struct Rows {
    rows: Vec<Row>,
    width: usize,
}

impl Rows {
    /// A stranger's text, made printable and folded.
    fn text(&mut self, paint: Paint, text: &str, source: Option<usize>) {
        for line in text.lines() {
            let folded = fold(&safe::line(line), self.width).into_iter();
            self.rows.extend(folded.map(|text| Row { paint, text, source }));
        }
    }

    /// What was looked up, and which parts of the question are answered: until there is an answer to read,
    /// and in a word from then on.
    fn on_the_way(&mut self, inquiry: &Inquiry) {
        if !inquiry.is_running() {
            return;
        }
        for (question, answered) in inquiry.parts() {
            let (paint, mark) = if answered { (Paint::Good, "✓") } else { (Paint::Dim, "·") };
            self.text(paint, &format!("  {mark} {question}"), None);
        }
        let steps: Vec<&Step> = inquiry.steps().collect();
        let hidden = steps.len().saturating_sub(STEPS);
        if hidden > 0 {
            self.text(Paint::Dim, &format!("  … {hidden} more before"), None);
        }
        for step in steps.iter().skip(hidden) {
            let asked = step.asked.lines().next().unwrap_or_default();
            match &step.failed {
                None => self.text(Paint::Dim, &format!("  {asked}"), None),
                Some(why) => {
                    let why = why.lines().next().unwrap_or_default();
                    self.text(Paint::Warn, &format!("  {asked}: {why}"), None);
                }
            }
        }
    }

    fn gap(&mut self) {
        self.rows.push(Row { paint: Paint::Text, text: String::new(), source: None });
    }

    fn finding(&mut self, finding: &Finding) {
        if finding.lead == "\n\n" {
            self.gap();
        }
        let sure = finding.is_verified() && finding.doubt.is_none();
        let paint = if sure { Paint::Text } else { Paint::Warn };
        self.text(paint, &finding.marked(), None);
    }

    fn source(&mut self, at: usize, source: &CitedSource, since: Since) {
        let paint = match (&source.checked, since) {
            (Checked::Unverified(_), _) | (_, Since::Gone | Since::NoFile) => Paint::Warn,
            (Checked::Verified { .. } | Checked::Corrected { .. }, _) => Paint::Good,
        };
        self.text(paint, &format!("[{}] {}", source.number, source.told()), Some(at));
        self.text(Paint::Warn, &indented(&since.told()), None);
        self.text(Paint::Dim, &indented(&source.quote), None);
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// How far the answer is, or how it ended.
fn standing(inquiry: &Inquiry) -> (Paint, String) {
    let (verified, all) = inquiry.proof().verified();
    let of = format!("{verified} of {all} sentence(s) verified");
    let used = inquiry.used();
    let with_used = |text: String| std::iter::once(text).chain(used.clone()).collect::<Vec<_>>().join(" · ");
    match inquiry.end() {
        None if all > 0 => (Paint::Dim, format!("{}… {of} · Esc stops", inquiry.progress())),
        None => (Paint::Dim, format!("{}… Esc stops", inquiry.progress())),
        Some(End::Finished) if verified == all && all > 0 => (Paint::Good, with_used(of)),
        Some(End::Finished) => (Paint::Warn, with_used(format!("{of}; [?] marks the others"))),
        Some(End::Cancelled) => (Paint::Warn, with_used(format!("stopped; {of}"))),
        Some(End::OutOfRoom) => (Paint::Warn, format!("the answer reached its length limit; {of}")),
        Some(End::OutOfRounds) => {
            (Paint::Warn, with_used("the model went on looking things up and gave no answer".into()))
        }
        Some(End::Spent(limit)) => {
            (Paint::Warn, with_used(format!("the budget of {limit} is used up: this is part of it; {of}")))
        }
        Some(End::Declined(words)) => (Paint::Warn, format!("the model declined: {words}")),
        Some(End::NotAsked(why)) => (Paint::Bad, why.clone()),
        Some(End::Failed(why)) => (Paint::Bad, format!("{why}; {}", why.next_step())),
    }
}
