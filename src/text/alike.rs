//! Words that are not what they look like: letters of several scripts that look alike in one word, or a
//! whole word of another script's letters that looks like one of ours (after UTS #39, mixed-script and
//! whole-script confusables). A help for the eye, not a judgement: its silence proves nothing.

use std::ops::Range;

/// Longest text that is looked at, in bytes.
const MAX: usize = 16_000;

/// The words of a line that may deceive, as byte ranges, in order. Costs nothing for ASCII.
///
/// ```
/// use rein::text::look_alikes;
/// assert_eq!(look_alikes("let p\u{430}ypal = 1;"), [4..11]);
/// assert!(look_alikes("let paypal = 1; // платёж").is_empty());
/// ```
pub fn look_alikes(line: &str) -> Vec<Range<usize>> {
    if line.is_ascii() || line.len() > MAX {
        return Vec::new();
    }
    // Who writes in another script uses its other letters, too.
    let foreign = line.chars().any(|c| is_alike_script(c) && !looks_latin(c) && !is_symbol(c));
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match (start, is_in_word(c)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                let word = line.get(from..at).unwrap_or_default();
                if is_mixed(word) || (!foreign && is_disguised(word)) {
                    found.push(from..at);
                }
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// What stands on top of a letter does not end its word.
fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || matches!(c, '\u{300}'..='\u{36f}')
}

/// Latin letters beside those of a script that has look-alikes.
fn is_mixed(word: &str) -> bool {
    let latin = word.chars().any(|c| c.is_ascii_alphabetic());
    latin && word.chars().any(|c| is_alike_script(c) && !is_symbol(c))
}

/// Several letters, and none that would not be taken for a Latin one.
fn is_disguised(word: &str) -> bool {
    let mut letters = 0;
    word.chars().filter(|c| c.is_alphabetic()).all(|c| {
        letters += 1;
        looks_latin(c)
    }) && letters > 1
}

/// Greek, Cyrillic, Armenian, Cherokee, full-width.
fn is_alike_script(c: char) -> bool {
    c.is_alphabetic()
        && matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{530}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{ff00}'..='\u{ff5e}')
}

/// Signs of mathematics and units, at home among Latin letters.
fn is_symbol(c: char) -> bool {
    "πµμσλΔΣΩαβγδεθφω".contains(c)
}

fn looks_latin(c: char) -> bool {
    "асеорхуіјѕһԁԛԝѵАВЕКМНОРСТХУЅІЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρυ".contains(c)
        || matches!(c, '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<&str> {
        look_alikes(line).into_iter().map(|range| &line[range]).collect()
    }

    #[test]
    fn mixed_and_disguised_words_are_found() {
        assert_eq!(words("if аdmin || x"), ["аdmin"]);
        assert_eq!(words("let а\u{301}dmin = 1"), ["а\u{301}dmin"]);
        assert_eq!(words("сору(from)"), ["сору"]);
        assert_eq!(words("ｅｖａｌ(x)"), ["ｅｖａｌ"]);
    }

    #[test]
    fn honest_words_of_other_scripts_are_not() {
        for line in ["// со мной", "naïve café", "Δt = λ·x", "日本語", "// нос и ухо", "x² + µs", "a"]
        {
            assert!(words(line).is_empty(), "{line}");
        }
    }
}
