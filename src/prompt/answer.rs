//! Reads the answer to a question as `prompts/ask.md` teaches it: sources with their quotes, and
//! statements with the numbers of the sources they rest on. It believes nothing: whether a quote is
//! true is for `context::citation` to say, and what follows from that for `session`.
//!
//! Models keep to a form more or less, so that sources may also come last, or without their heading.
//! What is no source is a statement, however it is set: no form lets a claim go without being one.

/// An answer, as far as it has been read.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Answer {
    pub sources: Vec<Quoted>,
    pub statements: Vec<Statement>,
}

/// A source as the model wrote it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quoted {
    pub number: u32,
    /// `src/a.rs:12-14`, if it kept to the form.
    pub place: String,
    pub quote: String,
}

/// A sentence, or a block of code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// What parts it from the one before: nothing, a blank, one line break or two.
    pub lead: &'static str,
    pub text: String,
    /// The numbers of its sources, in order, each once.
    pub cites: Vec<u32>,
}

/// Words that end in a full stop and end no sentence.
const ABBREVIATED: [&str; 5] = ["e.g.", "i.e.", "vs.", "cf.", "approx."];

/// Reads what there is of an answer. Until it has `ended` the last source and the last statement may
/// still grow, and are left out.
pub fn read(text: &str, ended: bool) -> Answer {
    let mut reader = Reader::default();
    text.lines().for_each(|line| reader.line(line));
    let in_sources = reader.part == Part::Sources;
    let mut answer = reader.finish();
    if ended {
        return answer;
    }
    if in_sources {
        answer.sources.pop();
    } else if answer.statements.pop().is_some_and(|last| last.text.starts_with('[')) {
        // Numbers that are still being written belong to the sentence before.
        answer.statements.pop();
    }
    answer
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Part {
    #[default]
    Answer,
    Sources,
}

#[derive(Default)]
struct Reader {
    part: Part,
    /// Inside a fence of the answer.
    fenced: bool,
    answer: Answer,
    /// The paragraph or the block of code that is being read.
    block: String,
    /// Was an empty line read since the last block?
    parted: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let bare = line.trim();
        if !self.fenced {
            if let Some(part) = heading(bare) {
                self.close();
                self.part = part;
                return;
            }
            if let Some(source) = source(bare) {
                self.close();
                self.part = Part::Sources;
                self.answer.sources.push(source);
                return;
            }
        }
        match self.part {
            Part::Sources => self.in_sources(line),
            Part::Answer => self.in_answer(line),
        }
    }

    fn in_sources(&mut self, line: &str) {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with("```") {
            return;
        }
        match (bare.strip_prefix('>'), self.answer.sources.last_mut()) {
            (Some(quoted), Some(source)) => {
                source.quote.push_str(quoted.strip_prefix(' ').unwrap_or(quoted));
                source.quote.push('\n');
            }
            // What is neither a source nor a quote is said.
            _ => {
                self.part = Part::Answer;
                self.in_answer(line);
            }
        }
    }

    fn in_answer(&mut self, line: &str) {
        let bare = line.trim();
        let fence = bare.starts_with("```");
        if self.fenced {
            self.block.push_str(line);
            self.block.push('\n');
            if fence {
                self.close();
            }
        } else if bare.is_empty() {
            self.close();
            self.parted = true;
        } else if fence {
            self.close();
            self.fenced = true;
            self.block = format!("{line}\n");
        } else {
            if is_item(bare) || bare.starts_with('#') || bare.starts_with('|') {
                self.close();
            }
            if !self.block.is_empty() {
                self.block.push(' ');
            }
            self.block.push_str(bare);
        }
    }

    /// Ends the block that is being read.
    fn close(&mut self) {
        let block = std::mem::take(&mut self.block);
        let code = std::mem::take(&mut self.fenced);
        if block.is_empty() {
            return;
        }
        let parted = std::mem::take(&mut self.parted);
        let first = match (self.answer.statements.is_empty(), parted) {
            (true, _) => "",
            (false, true) => "\n\n",
            (false, false) => "\n",
        };
        if code {
            let text = block.trim_end().to_owned();
            self.answer.statements.push(Statement { lead: first, text, cites: Vec::new() });
            return;
        }
        let sentences = sentences(&block).into_iter().enumerate();
        self.answer.statements.extend(sentences.map(|(at, text)| Statement {
            lead: if at == 0 { first } else { " " },
            text: text.to_owned(),
            cites: cites(text),
        }));
    }

    fn finish(mut self) -> Answer {
        self.close();
        self.answer
    }
}

/// `SOURCES`, `**Answer:**`, `## Sources`.
fn heading(line: &str) -> Option<Part> {
    let word = line.trim_matches(['#', '*', ':', ' ']);
    if word.eq_ignore_ascii_case("sources") {
        Some(Part::Sources)
    } else if word.eq_ignore_ascii_case("answer") {
        Some(Part::Answer)
    } else {
        None
    }
}

/// `[1] src/a.rs:12-14` or `[1] commit 1a2b3c4`, and nothing behind it.
fn source(line: &str) -> Option<Quoted> {
    let line = line.strip_prefix("- ").unwrap_or(line);
    let (number, place) = line.strip_prefix('[')?.split_once(']')?;
    let place = place.trim_start_matches(':').trim().trim_matches('`');
    (is_lines(place) || is_commit(place)).then(|| {
        Some(Quoted { number: number.parse().ok()?, place: place.to_owned(), quote: String::new() })
    })?
}

fn is_lines(place: &str) -> bool {
    let lines = place.rsplit_once(':').map_or("", |(_, lines)| lines);
    !lines.is_empty()
        && !place.contains(char::is_whitespace)
        && lines.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '–'))
}

fn is_commit(place: &str) -> bool {
    let named = place.split_once(' ').filter(|(word, _)| word.eq_ignore_ascii_case("commit"));
    named.is_some_and(|(_, id)| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_item(line: &str) -> bool {
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ")
        || line.starts_with("* ")
        || (digits.len() < line.len() && (digits.starts_with(". ") || digits.starts_with(") ")))
}

/// A paragraph in sentences, each with the numbers that stand behind its full stop.
fn sentences(paragraph: &str) -> Vec<&str> {
    let code = in_code(paragraph);
    let mut out = Vec::new();
    let mut start = 0;
    let mut at = 0;
    // The number of a list item ends no sentence.
    if is_item(paragraph) {
        at = paragraph.find(' ').unwrap_or(0);
    }
    while let Some(c) = paragraph.get(at..).and_then(|rest| rest.chars().next()) {
        at += c.len_utf8();
        if !matches!(c, '.' | '!' | '?') || code.iter().any(|code| code.contains(&(at - 1))) {
            continue;
        }
        let so_far = paragraph.get(start..at).unwrap_or_default();
        let word = so_far.rsplit([' ', '(']).next().unwrap_or_default();
        if ABBREVIATED.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            continue;
        }
        let end = after_markers(paragraph, at);
        let rest = paragraph.get(end..).unwrap_or_default();
        if rest.is_empty() || rest.starts_with(char::is_whitespace) || end > at {
            out.extend(paragraph.get(start..end).map(str::trim));
            start = end;
            at = end;
        }
    }
    out.extend(paragraph.get(start..).map(str::trim));
    out.retain(|sentence| !sentence.is_empty());
    out
}

/// Where the numbers end that follow `at`, closing quotes and brackets before them left out.
fn after_markers(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let closed = rest.trim_start_matches([')', '"', '\'', '*', '_', '”', '’']);
    let mut end = at + (rest.len() - closed.len());
    loop {
        let rest = text.get(end..).unwrap_or_default();
        let marker = rest.trim_start_matches(' ');
        let Some(length) = marker_at(marker).map(|(_, length)| length) else { return end };
        end += rest.len() - marker.len() + length;
    }
}

/// The numbers of the marker that `text` begins with, and its length: `[1]`, `[1, 2]`.
fn marker_at(text: &str) -> Option<(Vec<u32>, usize)> {
    let (inner, _) = text.strip_prefix('[')?.split_once(']')?;
    let numbers: Option<Vec<u32>> = inner.split(',').map(|one| one.trim().parse().ok()).collect();
    Some((numbers?, inner.len() + 2))
}

/// A sentence without the numbers that it carries outside of code, and with these in their place.
pub fn renumbered(sentence: &str, numbers: &[u32]) -> String {
    let code = in_code(sentence);
    let mut bare = String::new();
    let mut at = 0;
    for (found, _) in sentence.match_indices('[') {
        if found < at || code.iter().any(|code| code.contains(&found)) {
            continue;
        }
        let Some((_, length)) = sentence.get(found..).and_then(marker_at) else { continue };
        bare.push_str(sentence.get(at..found).unwrap_or_default().trim_end());
        at = found + length;
    }
    bare.push_str(sentence.get(at..).unwrap_or_default());
    let marks: String = numbers.iter().map(|number| format!("[{number}]")).collect();
    let bare = bare.trim_end();
    let (words, end) = match bare.char_indices().next_back() {
        Some((at, '.' | '!' | '?')) => bare.split_at(at),
        _ => (bare, ""),
    };
    if marks.is_empty() { bare.to_owned() } else { format!("{words} {marks}{end}") }
}

/// The numbers that a sentence carries, outside of code.
fn cites(sentence: &str) -> Vec<u32> {
    let code = in_code(sentence);
    let mut out = Vec::new();
    for (at, _) in sentence.match_indices('[').filter(|(at, _)| !code.iter().any(|code| code.contains(at))) {
        let numbers = sentence.get(at..).and_then(marker_at).map(|(numbers, _)| numbers);
        for number in numbers.into_iter().flatten() {
            if !out.contains(&number) {
                out.push(number);
            }
        }
    }
    out
}

/// The places between backticks; none where one is left open, so that it hides nothing.
fn in_code(text: &str) -> Vec<std::ops::Range<usize>> {
    let ticks: Vec<usize> = text.match_indices('`').map(|(at, _)| at).collect();
    if ticks.len() % 2 == 1 {
        return Vec::new();
    }
    let pairs = ticks.chunks_exact(2).filter_map(|pair| Some(*pair.first()?..*pair.last()?));
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TAUGHT: &str = "SOURCES\n[1] src/a.rs:12-13\n> fn a() {\n>     b();\n[2] docs/b.md:4\n> B is b.\n\nANSWER\n\
        `a` calls `b` [1]. It does so once, e.g. at the start. [1][2] Nothing shows more.\n\n- An item [2].\n";

    fn said(answer: &Answer) -> Vec<(&str, &[u32])> {
        answer.statements.iter().map(|one| (one.text.as_str(), one.cites.as_slice())).collect()
    }

    #[test]
    fn the_form_that_is_taught_is_read() {
        let answer = read(TAUGHT, true);
        assert_eq!(answer.sources.len(), 2);
        assert_eq!(answer.sources[0].place, "src/a.rs:12-13");
        assert_eq!(answer.sources[0].quote, "fn a() {\n    b();\n");
        assert_eq!(
            said(&answer),
            [
                ("`a` calls `b` [1].", &[1][..]),
                ("It does so once, e.g. at the start. [1][2]", &[1, 2]),
                ("Nothing shows more.", &[]),
                ("- An item [2].", &[2]),
            ]
        );
        assert_eq!(answer.statements[3].lead, "\n\n");
    }

    #[test]
    fn a_sentence_takes_other_numbers() {
        for (text, numbered) in [
            ("It is `a[1]` so [1][2].", "It is `a[1]` so [7]."),
            ("It is so. [1, 2]", "It is so [7]."),
            ("First [1], then [2] that", "First, then that [7]"),
        ] {
            assert_eq!(renumbered(text, &[7]), numbered);
        }
        assert_eq!(renumbered("It is so [1].", &[]), "It is so.");
    }

    #[test]
    fn a_commit_is_a_source_and_a_sentence_about_one_is_none() {
        let answer =
            read("[1] commit 1a2b3c4\n> Count from one\n\nIt was changed [1].\n[2] commit by Ada\n", true);
        assert_eq!(answer.sources[0].place, "commit 1a2b3c4");
        assert_eq!(said(&answer), [("It was changed [1]. [2]", &[1, 2][..]), ("commit by Ada", &[])]);
    }

    #[test]
    fn sources_may_come_last_or_without_their_heading() {
        for text in [
            "It is so [1].\n\n## Sources:\n[1] a.rs:1\n> fn a() {}\n",
            "It is so [1].\n[1]: `a.rs:1`\n> fn a() {}\n",
            "[1] a.rs:1\n> fn a() {}\n\nIt is so [1].\n",
            "**SOURCES**\n- [1] a.rs:1\n```\n> fn a() {}\n```\n**ANSWER**\nIt is so [1].\n",
        ] {
            let answer = read(text, true);
            assert_eq!(said(&answer), [("It is so [1].", &[1][..])], "{text}");
            assert_eq!(answer.sources.len(), 1, "{text}");
            assert_eq!(
                (answer.sources[0].place.as_str(), answer.sources[0].quote.as_str()),
                ("a.rs:1", "fn a() {}\n")
            );
        }
    }

    #[test]
    fn no_setting_hides_a_claim_or_lends_it_a_source() {
        let lent =
            read("An open ` tick. A claim [1].\n# A heading\n```\ncode [1]\n```\n| a | b [2] |\n", true);
        assert_eq!(
            said(&lent),
            [
                ("An open ` tick.", &[][..]),
                ("A claim [1].", &[1]),
                ("# A heading", &[]),
                ("```\ncode [1]\n```", &[]),
                ("| a | b [2] |", &[2]),
            ]
        );
        assert_eq!(
            said(&read("It reads `items[0].x. y` [3].", true)),
            [("It reads `items[0].x. y` [3].", &[3][..])]
        );
        assert_eq!(said(&read("1. First. 2. second [1].", true)).len(), 3);
    }

    proptest! {
        #[test]
        fn what_has_been_read_of_a_stream_stays_as_it_was_read(cut in 0..TAUGHT.len()) {
            prop_assume!(TAUGHT.is_char_boundary(cut));
            let (early, late) = (read(&TAUGHT[..cut], false), read(TAUGHT, true));
            prop_assert!(late.sources.starts_with(&early.sources), "{:?}", early.sources);
            prop_assert!(late.statements.starts_with(&early.statements), "{:?}", early.statements);
        }

        #[test]
        fn every_word_of_any_text_is_in_a_source_or_a_statement(text in "([a-z`.\\[\\]0-9>#:\n -]|SOURCES\n|\\[1\\] a:1\n|```\n){0,60}") {
            let answer = read(&text, true);
            let mut kept: String = answer.statements.iter().map(|one| one.text.as_str()).collect();
            answer.sources.iter().for_each(|one| kept.push_str(&format!("{}{}", one.place, one.quote)));
            for word in text.split(|c: char| !c.is_ascii_lowercase()).filter(|word| word.len() > 2) {
                prop_assert!(kept.contains(word), "{:?} of {:?}", word, answer);
            }
        }
    }
}
