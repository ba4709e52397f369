//! What of an answer is shown to be so: each source compared with the files as they were found, each
//! statement with the sources whose numbers it carries. A source that holds proves that its lines
//! stand there, not that the sentence follows from them: that is for a person to judge, who can now.

use std::collections::BTreeMap;

use crate::context::citation::{Checked, Citation, Doubt};
use crate::prompt::answer::{Answer, Quoted};
use crate::text::{Lines, RepoPath, Span};

/// An answer, checked.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Proof {
    pub sources: Vec<Source>,
    pub findings: Vec<Finding>,
}

/// A source, and what came of comparing it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    pub number: u32,
    /// As the model wrote it.
    pub place: String,
    pub quote: String,
    /// The file that it names, if there can be one of that name.
    pub path: Option<RepoPath>,
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
}

impl Source {
    /// Where the quote really stands.
    pub fn lines(&self) -> Option<Span> {
        match self.checked {
            Checked::Verified { span, .. } | Checked::Corrected { span, .. } => Some(span),
            Checked::Unverified(_) => None,
        }
    }
}

impl Source {
    /// For a person: where it stands, and whether it does. A stranger's text.
    pub fn told(&self) -> String {
        let file = self.path.as_ref().map_or(self.place.as_str(), RepoPath::as_str);
        match &self.checked {
            Checked::Verified { span, .. } => format!("{file}:{span}  verified"),
            Checked::Corrected { span, .. } => {
                format!("{file}:{span}  verified; the answer said {}", self.place)
            }
            Checked::Unverified(doubt) => format!("{}  not verified: {doubt}", self.place),
        }
    }
}

impl Finding {
    /// For a person: marked where no source of it holds, and for each that does not. A stranger's text.
    pub fn marked(&self) -> String {
        if !self.is_verified() {
            return format!("{} [?]", self.text);
        }
        let fails = self.cites.iter().filter(|number| !self.holds.contains(number));
        fails.fold(self.text.clone(), |text, number| format!("{text} [{number}✗]"))
    }

    pub fn is_verified(&self) -> bool {
        !self.holds.is_empty()
    }
}

impl Proof {
    pub(super) fn of(answer: Answer, files: &BTreeMap<RepoPath, Lines>) -> Self {
        let sources: Vec<Source> = answer.sources.into_iter().map(|quoted| check(quoted, files)).collect();
        let proof = Self { sources, findings: Vec::new() };
        let findings = answer.statements.into_iter().map(|said| Finding {
            holds: said.cites.iter().copied().filter(|number| proof.holds(*number)).collect(),
            lead: said.lead,
            text: said.text,
            cites: said.cites,
        });
        Self { findings: findings.collect(), ..proof }
    }

    /// Does the source of this number stand up to the files? One that is given twice must do so twice.
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
}

fn check(quoted: Quoted, files: &BTreeMap<RepoPath, Lines>) -> Source {
    let Quoted { number, place, quote } = quoted;
    let citation = Citation::parse(&place, quote.as_str());
    let checked = match &citation {
        Some(citation) => citation.check(files.get(&citation.path)),
        None => Checked::Unverified(Doubt::NoPlace),
    };
    Source { number, place, quote, path: citation.map(|citation| citation.path), checked }
}
