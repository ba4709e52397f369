//! Words into the pieces of a vocabulary: WordPiece, after the normalisation of BERT (Devlin et al.,
//! 2018). Marks on letters are dropped for the letters of Latin-1; other marked letters stay as they are.

use std::collections::HashMap;

use serde_json::Value;

/// Longest word that is taken to pieces, in characters.
const LONGEST: usize = 100;

/// See the module.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Vocabulary {
    pieces: HashMap<String, usize>,
    /// Stands before a piece that begins no word.
    inner: String,
    lowercase: bool,
}

impl Vocabulary {
    /// From a parsed `tokenizer.json`. What is wrong with it, in words.
    pub fn read(described: &Value) -> Result<Self, String> {
        let model = &described["model"];
        let kind = model["type"].as_str().unwrap_or("none");
        if kind != "WordPiece" {
            return Err(format!("is of the kind `{kind}`; only `WordPiece` is read"));
        }
        let vocabulary = model["vocab"].as_object().ok_or("has no vocabulary")?;
        let unknown = model["unk_token"].as_str().unwrap_or("[UNK]");
        let place =
            |(piece, place): (&String, &Value)| Some((piece.clone(), usize::try_from(place.as_u64()?).ok()?));
        let mut pieces: HashMap<String, usize> = vocabulary.iter().filter_map(place).collect();
        pieces.remove(unknown);
        let inner = model["continuing_subword_prefix"].as_str().unwrap_or("##").to_owned();
        Ok(Self { pieces, inner, lowercase: lowers(&described["normalizer"]) })
    }

    /// One more than the highest number of a piece.
    pub fn len(&self) -> usize {
        self.pieces.values().max().map_or(0, |highest| highest.saturating_add(1))
    }

    /// At most `most` pieces of a text; words that cannot be put together have none.
    pub fn pieces(&self, text: &str, most: usize) -> Vec<usize> {
        let mut out = Vec::new();
        let mut word = String::new();
        for c in text.chars().chain([' ']) {
            if out.len() >= most {
                break;
            }
            if c.is_alphanumeric() && !is_ideograph(c) {
                self.normalise(c, &mut word);
                continue;
            }
            self.take_apart(&std::mem::take(&mut word), &mut out);
            if !c.is_whitespace() && !c.is_control() {
                self.take_apart(c.encode_utf8(&mut [0; 4]), &mut out);
            }
        }
        out.truncate(most);
        out
    }

    fn normalise(&self, c: char, word: &mut String) {
        if self.lowercase { word.extend(plain(c).to_lowercase().map(plain)) } else { word.push(c) }
    }

    /// The longest piece first, then the longest of the rest.
    fn take_apart(&self, word: &str, out: &mut Vec<usize>) {
        if word.is_empty() || word.chars().count() > LONGEST {
            return;
        }
        let before = out.len();
        let mut rest = word;
        while !rest.is_empty() {
            let prefix = if rest.len() == word.len() { "" } else { self.inner.as_str() };
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
            let found = ends.into_iter().find_map(|end| {
                let place = self.pieces.get(&format!("{prefix}{}", rest.get(..end)?))?;
                Some((*place, rest.get(end..)?))
            });
            let Some((place, after)) = found else { return out.truncate(before) };
            out.push(place);
            rest = after;
        }
    }
}

fn lowers(normalizer: &Value) -> bool {
    let sequence = normalizer["normalizers"].as_array();
    normalizer["lowercase"] == true
        || normalizer["type"] == "Lowercase"
        || sequence.is_some_and(|all| all.iter().any(lowers))
}

/// Characters that are words by themselves.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

/// The letter without its mark.
fn plain(c: char) -> char {
    match c {
        'à'..='å' | 'À'..='Å' => 'a',
        'ç' | 'Ç' => 'c',
        'è'..='ë' | 'È'..='Ë' => 'e',
        'ì'..='ï' | 'Ì'..='Ï' => 'i',
        'ñ' | 'Ñ' => 'n',
        'ò'..='ö' | 'Ò'..='Ö' => 'o',
        'ù'..='ü' | 'Ù'..='Ü' => 'u',
        'ý' | 'ÿ' | 'Ý' => 'y',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn vocabulary() -> Vocabulary {
        let pieces = ["[UNK]", "un", "##aff", "##able", "cafe", "(", ")", "中", "_", "##a"];
        let vocab: serde_json::Map<String, Value> =
            pieces.iter().enumerate().map(|(at, piece)| ((*piece).to_owned(), at.into())).collect();
        let described = json!({"model": {"type": "WordPiece", "vocab": vocab}, "normalizer": {"type": "Sequence", "normalizers": [{"type": "Lowercase"}]}});
        Vocabulary::read(&described).unwrap()
    }

    #[test]
    fn words_are_taken_apart_from_the_left_by_the_longest_piece() {
        let pieces = |text: &str| vocabulary().pieces(text, 99);
        assert_eq!(pieces("Unaffable"), [1, 2, 3]);
        assert_eq!(
            pieces("un_affable"),
            [1, 8],
            "a name's parts are words of their own, and `affable` has no piece that begins one"
        );
        assert_eq!(pieces("(Café)\u{0}中中"), [5, 4, 6, 7, 7]);
        assert_eq!(pieces("unx un"), [1], "all of a word or nothing");
        assert_eq!(vocabulary().pieces("un un un", 2), [1, 1]);
        assert_eq!(pieces(&"un".repeat(51)), [0; 0]);
    }
}
