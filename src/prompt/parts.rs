//! Reads what is said for an answer in depth, as `prompts/ask-split.md` and `prompts/ask-check.md` teach
//! it. What cannot be read is left out: a plan without a line is no plan, and a statement without a
//! verdict was not checked.

/// Longest question that is taken up, in bytes.
const LONG: usize = 600;

/// What a check says of one statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The statement's number.
    pub of: u32,
    pub ruling: Ruling,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ruling {
    Holds,
    /// Why not, in the model's words.
    DoesNotFollow(String),
    Contradicts {
        other: u32,
        why: String,
    },
}

/// The questions of a plan, each once, at most `most`.
pub fn questions(text: &str, most: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let numbered = (digits.len() < line.len()).then(|| digits.strip_prefix(['.', ')'])).flatten();
        let Some(question) = line.strip_prefix(['-', '*', '•']).or(numbered).map(str::trim) else {
            continue;
        };
        let known = found.iter().any(|one| one.eq_ignore_ascii_case(question));
        if found.len() < most && !known && !question.is_empty() && question.len() <= LONG {
            found.push(question.to_owned());
        }
    }
    found
}

/// The verdicts of a check; of two on the same statement the worse one counts, whichever came first.
pub fn verdicts(text: &str) -> Vec<Verdict> {
    let mut found: Vec<Verdict> = Vec::new();
    for verdict in text.lines().filter_map(verdict) {
        match found.iter_mut().find(|known| known.of == verdict.of) {
            Some(known) if known.ruling == Ruling::Holds => *known = verdict,
            Some(_) => {}
            None => found.push(verdict),
        }
    }
    found
}

fn verdict(line: &str) -> Option<Verdict> {
    let line = line.trim().trim_start_matches(['-', '*', '[', ' ']);
    let end = line.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = line.split_at(end);
    let of = number.parse().ok()?;
    let rest = rest.trim_start_matches([']', '.', ':', ')', ' ']);
    let why = |rest: &str| rest.trim_start_matches([':', ',', '.', ' ', '—', '–', '-']).trim().to_owned();
    let ruling = if let Some(more) = rest.strip_prefix("contradicts") {
        let more = more.trim_start_matches([' ', '[']);
        let end = more.find(|c: char| !c.is_ascii_digit()).unwrap_or(more.len());
        let (other, more) = more.split_at(end);
        Ruling::Contradicts { other: other.parse().ok()?, why: why(more.trim_start_matches(']')) }
    } else if let Some(more) = rest.strip_prefix("does not follow") {
        Ruling::DoesNotFollow(why(more))
    } else if rest.starts_with("holds") {
        Ruling::Holds
    } else {
        return None;
    };
    Some(Verdict { of, ruling })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_lines_of_a_list_and_nothing_else() {
        let text = "Here is my plan:\n- Where is `a` called?\n* where is `a` CALLED?\n2. Who reads `b`?\n\n- \nDone.\n- Third?\n";
        assert_eq!(questions(text, 5), ["Where is `a` called?", "Who reads `b`?", "Third?"]);
        assert_eq!(questions(text, 2).len(), 2);
        assert!(questions("It is one question.", 5).is_empty());
        assert!(questions(&format!("- {}", "x".repeat(LONG + 1)), 5).is_empty());
    }

    #[test]
    fn a_verdict_is_read_as_it_is_taught_and_a_doubt_is_not_talked_away() {
        let text = "1 holds\n- 2 does not follow: it is the default\n[3] contradicts [1]: five there\n3 holds\n4 is fine\nholds\n2. holds.\n";
        let of = |of, ruling| Verdict { of, ruling };
        assert_eq!(
            verdicts(text),
            [
                of(1, Ruling::Holds),
                of(2, Ruling::DoesNotFollow("it is the default".into())),
                of(3, Ruling::Contradicts { other: 1, why: "five there".into() }),
            ]
        );
        assert_eq!(verdicts("7 holds\n7 does not follow\n"), [of(7, Ruling::DoesNotFollow(String::new()))]);
    }
}
