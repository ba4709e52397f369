//! From what was found for a question to the pieces that a model is asked about, within a budget: what holds
//! for all of them, the excerpts, of which the best comes last, what was named, the commits, and the question.

use super::fitting::Fitting;
use super::gather::instruction;
use super::pack::{Pack, Segment};
use super::request::{DoesNotFit, Excerpt};
use super::room::Room;
use super::transcript::Transcript;
use super::wishes::Wishes;
use crate::model::Tokens;

/// What a question is about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub question: &'a str,
    /// What was found, best first.
    pub excerpts: &'a [Excerpt],
    /// What the user pinned, then what the question names.
    pub named: &'a [Segment],
    /// The commits that it is about, oldest first.
    pub past: &'a [Segment],
    pub wishes: &'a Wishes,
    /// What the conversation that it goes on holds already: none of it is sent again.
    pub above: &'a Transcript,
}

impl<'a> Asked<'a> {
    /// A question about nothing but these excerpts, which begins a conversation.
    pub fn of(question: &'a str, excerpts: &'a [Excerpt], above: &'a Transcript) -> Self {
        const NONE: &Wishes = &Wishes::NONE;
        Self { question, excerpts, named: &[], past: &[], wishes: NONE, above }
    }
}

/// The pieces of a question that begins a conversation about `excerpts`, best first.
///
/// # Errors
/// As [`evidence_for`].
pub fn evidence(question: &str, excerpts: &[Excerpt], budget: Tokens) -> Result<Pack, DoesNotFit> {
    evidence_for(&Asked::of(question, excerpts, &Transcript::default()), budget)
}

/// The pieces of a question, of at most `budget` tokens by estimate once they are put into words.
///
/// # Errors
/// The question does not fit.
pub fn evidence_for(asked: &Asked<'_>, budget: Tokens) -> Result<Pack, DoesNotFit> {
    let mut room = Room::new(budget);
    let said = instruction(asked.question, &mut room)?;
    let mut fitting = Fitting::new(room, asked.wishes, asked.above);
    let named = fitting.all(asked.named.iter().cloned());
    fitting.taken.clone_from(&named);
    let past = fitting.all(asked.past.iter().cloned());
    let mut found = fitting.all(asked.excerpts.iter().map(super::Excerpt::quotable));
    found.reverse();
    Ok(fitting.pack(found.into_iter().chain(named).chain(past).chain([said]).collect()))
}

#[cfg(test)]
mod tests {
    use super::super::pack::{Source, Trust};
    use super::super::presence::Presence;
    use super::*;
    use crate::text::{Lines, RepoPath, Span};

    fn excerpt(name: &str, start: usize, count: usize) -> Excerpt {
        let text: String = (start..start + count).map(|n| format!("fn line_{n}() {{}}\n")).collect();
        let (path, span) = (RepoPath::parse(name).unwrap(), Span::new(start, start + count));
        Excerpt { path, span, text: Lines::from(text.as_str()), whole: false, why: "found".into() }
    }

    fn told(pack: &Pack) -> Vec<String> {
        pack.segments().iter().map(|one| format!("{}: {}", one.source, one.told())).collect()
    }

    #[test]
    fn what_the_conversation_holds_takes_no_room_from_what_is_new() {
        let all = [excerpt("a.rs", 0, 40), excerpt("b.rs", 0, 40)];
        let first = evidence("what?", &all[..1], Tokens(400)).unwrap();
        let mut above = Transcript::default();
        above.add_pack(&first, 1);
        let without = evidence("and?", &all, Tokens(400)).unwrap();
        assert_eq!(without.dropped()[0].what, "b.rs");
        let pack = evidence_for(&Asked::of("and?", &all, &above), Tokens(400)).unwrap();
        let expected = [
            "b.rs 1-40, excerpt: found",
            "a.rs 1-40, excerpt: found · already above (request 1)",
            "instruction: typed by the user",
        ];
        assert_eq!(told(&pack), expected);
        assert_eq!(pack.segments()[1].tokens, Tokens(0));
        assert!(pack.dropped().is_empty() && pack.tokens() <= Tokens(400));
    }

    #[test]
    fn the_commits_of_a_question_keep_its_budget_too() {
        let commit = |text: &str| {
            let source = Source::Commit { id: "1a2b3c4d5e6f".into() };
            Segment::new(source, "last changed it", text, Trust::Repository)
        };
        let (none, long) = (Transcript::default(), commit(&"word ".repeat(900)));
        let asked = |past| Asked { past, ..Asked::of("why?", &[], &none) };
        let short = [commit("Three is enough\n")];
        let pack = evidence_for(&asked(&short), Tokens(300)).unwrap();
        assert_eq!(told(&pack)[0], "commit 1a2b3c4d5e6f: last changed it");
        let pack = evidence_for(&asked(&[long]), Tokens(300)).unwrap();
        assert_eq!(pack.segments().len(), 1);
        assert!(pack.dropped()[0].why.starts_with("does not fit"), "{:?}", pack.dropped());
        let mut above = Transcript::default();
        above.add_pack(&Pack::new(short.to_vec()), 1);
        let again =
            evidence_for(&Asked { past: &short, ..Asked::of("why?", &[], &above) }, Tokens(300)).unwrap();
        assert_eq!(again.segments()[0].presence, Presence::Above(1));
    }
}
