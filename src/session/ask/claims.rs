//! What the parts of an answer in depth found, put together: statements with the sources that hold,
//! numbered through, each source once however many parts name it; and what a check made of them.

use super::proof::{Finding, Proof, Source};
use crate::context::{Segment, Source as Piece, Trust};
use crate::prompt::answer;
use crate::prompt::parts::{Ruling, Verdict};

/// A statement that has a source which holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Claim {
    number: u32,
    /// With the numbers of its sources in it.
    text: String,
    sources: Vec<u32>,
    /// The part it comes from.
    part: usize,
    ruling: Option<Ruling>,
}

/// All of them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Claims {
    claims: Vec<Claim>,
    sources: Vec<Source>,
    /// Statements without a source that holds.
    left_out: usize,
}

impl Claims {
    /// Of the answers of the parts, in order.
    pub fn of<'a>(parts: impl Iterator<Item = &'a Proof>) -> Self {
        let mut all = Self::default();
        for (part, proof) in parts.enumerate() {
            for finding in &proof.findings {
                if finding.is_verified() {
                    all.add(part, finding, proof);
                } else {
                    all.left_out += 1;
                }
            }
        }
        all
    }

    fn add(&mut self, part: usize, finding: &Finding, proof: &Proof) {
        let named = proof.sources.iter().filter(|source| finding.holds.contains(&source.number));
        let sources: Vec<u32> = named.map(|source| self.number_of(source)).collect();
        let text = answer::renumbered(&finding.text, &sources);
        let number = next(self.claims.len());
        self.claims.push(Claim { number, text, sources, part, ruling: None });
    }

    /// The number of a source; one that was named before has it already.
    fn number_of(&mut self, source: &Source) -> u32 {
        let same = |known: &&Source| known.at == source.at && known.quote == source.quote;
        if let Some(known) = self.sources.iter().find(same) {
            return known.number;
        }
        let number = next(self.sources.len());
        self.sources.push(Source { number, ..source.clone() });
        number
    }

    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    pub fn len(&self) -> usize {
        self.claims.len()
    }

    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Statements that the check found wanting.
    pub fn doubted(&self) -> usize {
        self.claims.iter().filter(|claim| matches!(claim.ruling, Some(Ruling::DoesNotFollow(_)))).count()
    }

    /// Those of which it found that another says the contrary.
    pub fn contradicted(&self) -> usize {
        self.claims.iter().filter(|claim| matches!(claim.ruling, Some(Ruling::Contradicts { .. }))).count()
    }

    /// Takes the verdicts of a check. One on a statement that there is not says nothing.
    pub fn judge(&mut self, verdicts: Vec<Verdict>) {
        for Verdict { of, ruling } in verdicts {
            self.claims.iter_mut().filter(|claim| claim.number == of).for_each(|claim| {
                claim.ruling = Some(ruling.clone());
            });
        }
    }

    /// As a model is shown them: each with its quotes; those that do not follow only while they are
    /// judged.
    pub fn segments(&self) -> Vec<Segment> {
        let kept = self.claims.iter().filter(|claim| !matches!(claim.ruling, Some(Ruling::DoesNotFollow(_))));
        kept.map(|claim| {
            let mut text = format!("{}\n", claim.text);
            for source in self.sources.iter().filter(|source| claim.sources.contains(&source.number)) {
                let place = source.stands_at();
                text.push_str(&format!("[{}] {place}\n", source.number));
                source.quote.lines().for_each(|line| text.push_str(&format!("> {line}\n")));
            }
            if let Some(Ruling::Contradicts { other, why }) = &claim.ruling {
                text.push_str(&format!("Found: it contradicts statement {other}: {why}\n"));
            }
            let source = Piece::Claim { number: claim.number };
            Segment::new(source, format!("found for part {}", claim.part + 1), text, Trust::Model)
        })
        .collect()
    }

    /// As an answer of their own, part after part: what there is where there is no report.
    pub fn proof(&self) -> Proof {
        let mut part = None;
        let findings = self.claims.iter().map(|claim| {
            let lead = match part.replace(claim.part) {
                None => "",
                Some(before) if before != claim.part => "\n\n",
                Some(_) => " ",
            };
            let doubt = match &claim.ruling {
                Some(Ruling::DoesNotFollow(why)) => Some(why.clone()),
                Some(Ruling::Contradicts { other, why }) => {
                    Some(format!("contradicts statement {other}: {why}"))
                }
                _ => None,
            };
            let (cites, holds) = (claim.sources.clone(), claim.sources.clone());
            Finding { lead, text: claim.text.clone(), cites, holds, doubt }
        });
        Proof { findings: findings.collect(), sources: self.sources.clone() }
    }
}

fn next(count: usize) -> u32 {
    u32::try_from(count + 1).unwrap_or(u32::MAX)
}
