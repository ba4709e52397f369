//! An answer in words, for whoever reads it on a terminal or in a pipe: the sentences with their marks, and
//! the sources under them.

use super::super::Exit;
use super::super::print;
use crate::session::{Finding, Inquiry};

/// Prints the sentences after the first `shown` whose sources are known; says how many.
pub fn say_more(inquiry: &Inquiry, shown: usize) -> usize {
    let proof = inquiry.proof();
    let known = |one: &&Finding| !inquiry.is_running() || one.cites.iter().all(|number| proof.knows(*number));
    let more: Vec<String> = proof.findings.iter().skip(shown).take_while(known).map(told).collect();
    if !more.is_empty() {
        print(more.concat().as_bytes(), Exit::Done);
    }
    more.len()
}

/// All sentences.
pub fn sentences(inquiry: &Inquiry) -> String {
    inquiry.proof().findings.iter().map(told).collect()
}

fn told(finding: &Finding) -> String {
    format!("{}{}", finding.lead, finding.marked())
}

/// The list of sources under an answer.
pub fn sources(inquiry: &Inquiry) -> String {
    let proof = inquiry.proof();
    let (verified, all) = proof.verified();
    let mut out = if all > 0 { "\n".to_owned() } else { String::new() };
    if !proof.sources.is_empty() {
        out.push('\n');
    }
    for (at, source) in proof.sources.iter().enumerate() {
        let since = inquiry.since(at).told();
        let since = if since.is_empty() { since } else { format!("; {since}") };
        out.push_str(&format!("[{}] {}{since}\n", source.number, source.told()));
    }
    if verified < all {
        out.push_str(&format!(
            "[?] {} of {all} sentences have no source that was verified\n",
            all - verified
        ));
    }
    if proof.findings.iter().any(|one| one.doubt.is_some()) {
        out.push_str("[!] what stands there was doubted by a check of statements against their quotes\n");
    }
    out
}
