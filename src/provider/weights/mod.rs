//! Static embeddings: a table with a vector for each piece of a word, as model2vec distils it from a
//! model, read from the user's own folder. A text is the mean of its pieces: no server, no network, and
//! microseconds. Reads what it is given and nothing else.

mod tensors;
mod tokens;

use serde_json::Value;

use crate::text::Digest;
use tensors::Tensors;
use tokens::Vocabulary;

/// Most pieces of a text that count.
const MOST: usize = 512;

/// Why weights are not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("`tokenizer.json` {0}")]
    Tokenizer(String),
    #[error("`model.safetensors` {0}")]
    Tensors(String),
}

/// See the module.
#[derive(Clone, PartialEq, Debug)]
pub struct Weights {
    vocabulary: Vocabulary,
    /// One row after the other.
    rows: Vec<f32>,
    width: usize,
    /// For each piece its row, where that is not its own number.
    mapping: Option<Vec<usize>>,
    /// For each piece what it counts for.
    importance: Option<Vec<f32>>,
    digest: Digest,
}

impl Weights {
    /// Of the files `tokenizer.json` and `model.safetensors` of a model2vec folder.
    ///
    /// # Errors
    /// They are not what their names say, do not fit together, or hold a tokenizer of another kind than
    /// WordPiece.
    pub fn parse(tokenizer: &[u8], tensors: &[u8]) -> Result<Self, WeightsError> {
        let described: Value = serde_json::from_slice(tokenizer)
            .map_err(|why| WeightsError::Tokenizer(format!("is no JSON: {why}")))?;
        let vocabulary = Vocabulary::read(&described).map_err(WeightsError::Tokenizer)?;
        let found = Tensors::read(tensors).map_err(WeightsError::Tensors)?;
        let odd = |what: &str| WeightsError::Tensors(what.to_owned());
        let table = found.matrix("embeddings").map_err(WeightsError::Tensors)?;
        let table = table.ok_or_else(|| odd("has no matrix `embeddings`"))?;
        let height = table.numbers.len() / table.width;
        let mapping = found.vector("mapping").map_err(WeightsError::Tensors)?.map(|places| {
            places.into_iter().map(|place| if place >= 0.0 { place as usize } else { usize::MAX }).collect()
        });
        let weights = Self {
            rows: table.numbers,
            width: table.width,
            mapping,
            importance: found.vector("weights").map_err(WeightsError::Tensors)?,
            digest: Digest::of(tensors),
            vocabulary,
        };
        match weights.vocabulary.len() {
            pieces if weights.mapping.is_none() && pieces > height => {
                Err(odd(&format!("has {height} rows for the {pieces} pieces of `tokenizer.json`")))
            }
            _ => Ok(weights),
        }
    }

    /// Numbers in a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Of the table: other weights, other vectors.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The vector of a text; all zero where none of its pieces is known.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0_f32; self.width];
        let mut total = 0.0;
        for piece in self.vocabulary.pieces(text, MOST) {
            let place = self.mapping.as_ref().map_or(Some(piece), |mapping| mapping.get(piece).copied());
            let start = place.and_then(|place| place.checked_mul(self.width));
            let row = start.and_then(|start| self.rows.get(start..start.checked_add(self.width)?));
            let Some(row) = row else { continue };
            let counts = self.importance.as_ref().map_or(1.0, |all| all.get(piece).copied().unwrap_or(1.0));
            sum.iter_mut().zip(row).for_each(|(sum, number)| *sum += counts * number);
            total += 1.0;
        }
        if total > 0.0 {
            sum.iter_mut().for_each(|number| *number /= total);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOKENIZER: &str = r###"{"normalizer": {"type": "BertNormalizer", "lowercase": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "vocab": {"[UNK]": 0, "retry": 1, "##ing": 2, "again": 3}}}"###;

    /// Two numbers for each piece.
    fn table(rows: &[[f32; 2]]) -> Vec<u8> {
        let data: Vec<u8> = rows.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
        let head = format!(
            r#"{{"__metadata__": {{}}, "embeddings": {{"dtype": "F32", "shape": [{}, 2], "data_offsets": [0, {}]}}}}"#,
            rows.len(),
            data.len()
        );
        [&(head.len() as u64).to_le_bytes(), head.as_bytes(), &data].concat()
    }

    const ROWS: [[f32; 2]; 4] = [[9.0, 9.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.5]];

    #[test]
    fn a_text_is_the_mean_of_its_pieces_and_unknown_ones_do_not_count() {
        let weights = Weights::parse(TOKENIZER.as_bytes(), &table(&ROWS)).unwrap();
        assert_eq!(weights.vector("Retrying"), [0.5, 0.5]);
        assert_eq!(weights.vector("retry, again!"), [1.0, 0.25]);
        assert_eq!((weights.vector("zzz"), weights.width()), (vec![0.0, 0.0], 2));
    }

    /// A file that says `about` of its tensors, and has so many bytes of them.
    fn saying(about: &str, bytes: usize) -> Vec<u8> {
        [&(about.len() as u64).to_le_bytes(), about.as_bytes(), &vec![0; bytes]].concat()
    }

    #[test]
    fn files_that_do_not_fit_are_refused_in_words() {
        let refused = |tokenizer: &str, tensors: &[u8]| {
            Weights::parse(tokenizer.as_bytes(), tensors).unwrap_err().to_string()
        };
        assert!(refused("{", &table(&ROWS)).starts_with("`tokenizer.json` is no JSON"));
        assert!(refused(&TOKENIZER.replace("WordPiece", "Unigram"), &table(&ROWS)).contains("`Unigram`"));
        assert!(refused(TOKENIZER, &table(&ROWS[..2])).contains("2 rows for the 4 pieces"));
        let whole = table(&ROWS);
        let one = |kind: &str, shape: &str, end: u64| {
            format!(
                r#"{{"embeddings": {{"dtype": "{kind}", "shape": {shape}, "data_offsets": [0, {end}]}}}}"#
            )
        };
        let nan = [one("F32", "[4, 2]", 32).as_bytes(), &[0xff; 32]].concat();
        let nan = [&(nan.len() as u64 - 32).to_le_bytes(), nan.as_slice()].concat();
        for (file, expected) in [
            (b"no".to_vec(), "too short"),
            (u64::MAX.to_le_bytes().to_vec(), "would have 18446744073709551615 bytes"),
            (whole[..40].to_vec(), "cut off in its description"),
            (whole[..whole.len() - 1].to_vec(), "bytes 0 to 32 of 31"),
            (saying("{}", 0), "no matrix `embeddings`"),
            (saying(&one("F32", "[4, 2]", u64::MAX), 32), "is cut off"),
            (saying(&one("F32", "[4, 3]", 32), 32), "needs others"),
            (saying(&one("F32", "[9223372036854775807, 4]", 32), 32), "needs others"),
            (saying(&one("F32", "[8]", 32), 32), "in the shape [8]"),
            (saying(&one("F32", "[8, 0]", 0), 0), "in the shape [8, 0]"),
            (saying(&one("Q4", "[4, 2]", 32), 32), "of the kind `Q4`"),
            (saying(r#"{"embeddings": {"dtype": "F32"}}"#, 32), "the shape"),
            (saying(r#"{"embeddings": {"dtype": "F32", "shape": [4, 2]}}"#, 32), "where"),
            (nan, "no number"),
        ] {
            let said = refused(TOKENIZER, &file);
            assert!(said.starts_with("`model.safetensors`") && said.contains(expected), "{expected}: {said}");
        }
    }

    proptest! {
        #[test]
        fn any_files_are_survived(tensors in proptest::collection::vec(any::<u8>(), 0..80), cut in any::<prop::sample::Index>(), text in "\\PC{0,60}") {
            let _ = Weights::parse(TOKENIZER.as_bytes(), &tensors);
            let whole = table(&ROWS);
            let _ = Weights::parse(TOKENIZER.as_bytes(), &whole[..cut.index(whole.len())]);
            let weights = Weights::parse(TOKENIZER.as_bytes(), &whole).unwrap();
            prop_assert!(weights.vector(&text).iter().all(|number| number.is_finite()));
        }

        #[test]
        fn a_file_with_a_few_bytes_changed_is_refused_or_read_and_never_read_beyond_its_end(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            digits in proptest::option::of((any::<prop::sample::Index>(), "[0-9]{1,20}")),
            text in "[a-z ]{0,40}",
        ) {
            let mut file = table(&ROWS);
            for (at, byte) in changes {
                let at = at.index(file.len());
                file[at] = byte;
            }
            // A number of the description in place of another.
            if let Some((at, digits)) = digits {
                let places: Vec<usize> = (8..file.len()).filter(|at| file[*at].is_ascii_digit()).collect();
                if !places.is_empty() {
                    let at = places[at.index(places.len())];
                    file.splice(at..=at, digits.bytes());
                    let more = u64::from_le_bytes(*file.first_chunk().unwrap()).wrapping_add(digits.len() as u64 - 1);
                    file[..8].copy_from_slice(&more.to_le_bytes());
                }
            }
            match Weights::parse(TOKENIZER.as_bytes(), &file) {
                Ok(weights) => prop_assert_eq!(weights.vector(&text).len(), weights.width()),
                Err(why) => prop_assert!(!why.to_string().is_empty()),
            }
        }
    }
}
