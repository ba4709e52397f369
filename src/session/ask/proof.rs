//! What of an answer is shown to be so: each source compared with what was shown, each statement with
//! the sources whose numbers it carries. A source that holds proves that its lines stand there, not that
//! the sentence follows from them: that is for a person to judge, who can now.

use crate::context::citation::{Checked, Citation, Doubt, Evidence, Place};
use crate::prompt::answer::{Answer, Quoted};
use crate::text::{RepoPath, Span};

/// An answer, checked.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Proof {
    pub sources: Vec<Source>,
    pub findings: Vec<Finding>,
}

/// A source, and what came of comparing it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Source {
    pub number: u32,
    /// As the model wrote it.
    pub place: String,
    pub quote: String,
    /// What it names, if that can be a place. It follows from `place`, and is not written down.
    #[serde(skip)]
    pub at: Option<Place>,
    pub checked: Checked,
}

/// A statement of the answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What parts it from the one before.
    pub lead: &'static str,
    pub text: String,
    /// The sources that it names.
    pub cites: Vec<u32>,
    /// Those of them that hold; where there is none the statement is unverified.
    pub holds: Vec<u32>,
    /// What a check found against it although its sources hold; a model's words.
    pub doubt: Option<String>,
}

impl Source {
    /// Where the quote really stands: lines of the file, or of the commit as it was shown.
    pub fn lines(&self) -> Option<Span> {
        match self.checked {
            Checked::Verified { span, .. } | Checked::Corrected { span, .. } => Some(span),
            Checked::Unverified(_) => None,
        }
    }

    pub fn path(&self) -> Option<&RepoPath> {
        self.at.as_ref().and_then(Place::path)
    }

    /// With the place that its words name: for one that was written down.
    pub(super) fn placed(self) -> Self {
        Self { at: Place::parse(&self.place), ..self }
    }

    /// The same as words: `src/a.rs:12-14`, `commit 1a2b3c4`; as the model wrote it where it is none.
    pub fn stands_at(&self) -> String {
        match (&self.at, self.lines()) {
            (Some(Place::Lines { path, .. }), Some(span)) => format!("{path}:{span}"),
            (Some(at @ Place::Commit { .. }), Some(_)) => at.to_string(),
            _ => self.place.clone(),
        }
    }

    /// For a person: where it stands, and whether it does. A stranger's text.
    pub fn told(&self) -> String {
        let place = self.stands_at();
        match &self.checked {
            Checked::Verified { .. } => format!("{place}  verified"),
            Checked::Corrected { .. } => format!("{place}  verified; the answer said {}", self.place),
            Checked::Unverified(doubt) => format!("{place}  not verified: {doubt}"),
        }
    }
}

impl Finding {
    /// For a person: marked where no source of it holds, for each that does not, and where a check found
    /// something against it. A stranger's text.
    pub fn marked(&self) -> String {
        if !self.is_verified() {
            return format!("{} [?]", self.text);
        }
        let fails = self.cites.iter().filter(|number| !self.holds.contains(number));
        let text = fails.fold(self.text.clone(), |text, number| format!("{text} [{number}✗]"));
        match &self.doubt {
            Some(why) if why.is_empty() => format!("{text} [!]"),
            Some(why) => format!("{text} [! {why}]"),
            None => text,
        }
    }

    pub fn is_verified(&self) -> bool {
        !self.holds.is_empty()
    }
}

impl Proof {
    /// `given`: sources that hold and may be named by their numbers. `before`: an earlier reading of the
    /// same answer, whose sources need not be compared again.
    pub(super) fn of(answer: Answer, shown: &Evidence, given: &[Source], before: &Self) -> Self {
        let compared = |quoted: &Quoted| {
            let same = |known: &&Source| known.place == quoted.place && known.quote == quoted.quote;
            before.sources.iter().chain(given).find(same).cloned()
        };
        let written = answer.sources.into_iter().map(|quoted| match compared(&quoted) {
            Some(known) => Source { number: quoted.number, ..known },
            None => check(quoted, shown),
        });
        let sources: Vec<Source> = written.collect();
        let named = |number: u32| answer.statements.iter().any(|said| said.cites.contains(&number));
        let more = given.iter().filter(|one| named(one.number) && !sources.contains(one)).cloned();
        let sources = sources.iter().cloned().chain(more).collect();
        let proof = Self { sources, findings: Vec::new() };
        let findings = answer.statements.into_iter().map(|said| Finding {
            holds: said.cites.iter().copied().filter(|number| proof.holds(*number)).collect(),
            lead: said.lead,
            text: said.text,
            cites: said.cites,
            doubt: None,
        });
        Self { findings: findings.collect(), ..proof }
    }

    /// Does the source of this number stand up to what was shown? One that is given twice must do so
    /// twice.
    pub fn holds(&self, number: u32) -> bool {
        let mut named = self.sources.iter().filter(|source| source.number == number).peekable();
        named.peek().is_some() && named.all(|source| source.lines().is_some())
    }

    /// Has the source of this number been written?
    pub fn knows(&self, number: u32) -> bool {
        self.sources.iter().any(|source| source.number == number)
    }

    /// Statements with a source that holds, and all.
    pub fn verified(&self) -> (usize, usize) {
        (self.findings.iter().filter(|one| one.is_verified()).count(), self.findings.len())
    }

    /// In how many different places the sources of a statement stand that hold: two are better than one.
    pub fn places(&self, finding: &Finding) -> usize {
        let mut apart: Vec<&Source> = Vec::new();
        for source in self.sources.iter().filter(|source| finding.holds.contains(&source.number)) {
            if !apart.iter().any(|other| same_place(other, source)) {
                apart.push(source);
            }
        }
        apart.len()
    }
}

/// Are two sources one in truth: lines of one file that overlap, or one commit?
fn same_place(a: &Source, b: &Source) -> bool {
    match (&a.at, &b.at) {
        (Some(Place::Lines { path, .. }), Some(Place::Lines { path: other, .. })) => {
            path == other && a.lines().zip(b.lines()).is_some_and(|(a, b)| a.overlaps(b))
        }
        (Some(Place::Commit { id }), Some(Place::Commit { id: other })) => {
            id.starts_with(other.as_str()) || other.starts_with(id.as_str())
        }
        _ => false,
    }
}

fn check(quoted: Quoted, shown: &Evidence) -> Source {
    let Quoted { number, place, quote } = quoted;
    let citation = Citation::parse(&place, quote.as_str());
    let checked = match &citation {
        Some(citation) => citation.check(shown),
        None => Checked::Unverified(Doubt::NoPlace),
    };
    Source { number, place, quote, at: citation.map(|citation| citation.place), checked }
}
