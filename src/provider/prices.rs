//! What is known of models by their names: prices and limits, from the configuration's table of name
//! patterns. The most exact pattern wins. Knows no file and asks no server; a name that no pattern
//! fits has no known price, which is not the same as none.

use crate::model::{ModelId, Price, Tokens};

/// What is known of a model.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize)]
pub struct Card {
    pub price: Option<Price>,
    /// Most tokens of a request and its answer together.
    pub context: Option<Tokens>,
    /// Most tokens of an answer.
    pub max_output: Option<Tokens>,
}

impl Card {
    /// What `self` leaves open is taken from `other`.
    fn or(self, other: Self) -> Self {
        Self {
            price: self.price.or(other.price),
            context: self.context.or(other.context),
            max_output: self.max_output.or(other.max_output),
        }
    }
}

/// A row of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Row {
    pattern: String,
    card: Card,
    /// The user's word, which comes before what rein brings along.
    own: bool,
}

/// The table.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Catalogue {
    rows: Vec<Row>,
}

impl Catalogue {
    /// `pattern`: a name in which `*` stands for anything. With a `/` it is held against
    /// `provider/model`, without against the model's own name, which a gateway's prefix is no part of.
    pub fn add(&mut self, pattern: impl Into<String>, card: Card, own: bool) {
        self.rows.push(Row { pattern: pattern.into(), card, own });
    }

    /// The user's rows.
    pub fn own(&self) -> impl Iterator<Item = (&str, &Card)> {
        self.rows.iter().filter(|row| row.own).map(|row| (row.pattern.as_str(), &row.card))
    }

    /// What is known of `model`. `local`: it is served on this machine, where it costs nothing unless
    /// the user says otherwise.
    pub fn card(&self, model: &ModelId, local: bool) -> Card {
        let full = plain(&model.to_string());
        let name = full.rsplit('/').next().unwrap_or(&full).to_owned();
        let mut fitting: Vec<&Row> = self
            .rows
            .iter()
            .filter(|row| {
                let pattern = plain(&row.pattern);
                fits(&pattern, if pattern.contains('/') { &full } else { &name })
            })
            .collect();
        fitting.sort_by_key(|row| std::cmp::Reverse((row.own, exactness(&row.pattern))));
        let free = Card { price: Some(Price::default()), ..Card::default() };
        let (own, others): (Vec<&Row>, Vec<&Row>) = fitting.into_iter().partition(|row| row.own);
        let own = own.iter().fold(Card::default(), |card, row| card.or(row.card));
        let base = if local { own.or(free) } else { own };
        others.iter().fold(base, |card, row| card.or(row.card))
    }
}

/// A name as it is compared: gateways write `4.6` where the provider writes `4-6`.
fn plain(name: &str) -> String {
    name.to_lowercase().replace('.', "-")
}

/// The more of a name is written out, the more exact it is.
fn exactness(pattern: &str) -> usize {
    pattern.chars().filter(|c| *c != '*').count()
}

/// Does `name` fit `pattern`, with `*` for anything, nothing included?
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Money, Rate};

    fn card(dollars: &str) -> Card {
        let input = Rate(dollars.parse::<Money>().unwrap());
        Card { price: Some(Price { input, ..Price::default() }), ..Card::default() }
    }

    fn input(catalogue: &Catalogue, id: &str, local: bool) -> Option<u64> {
        catalogue.card(&id.parse().unwrap(), local).price.map(|price| price.input.0.0)
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, expected) in [
            ("gpt-5*", "gpt-5.2", true),
            ("gpt-5*", "gpt-4", false),
            ("*mini*", "gpt-5-mini-x", true),
            ("a*b", "ab", true),
            ("a*b", "a", false),
            ("a*a", "a", false),
            ("exact", "exactly", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn the_most_exact_pattern_wins_and_the_users_word_before_it() {
        let mut catalogue = Catalogue::default();
        catalogue.add("gpt-5*", card("1"), false);
        catalogue.add("gpt-5-mini*", card("0.25"), false);
        assert_eq!(input(&catalogue, "openai/gpt-5-mini", false), Some(250_000));
        assert_eq!(input(&catalogue, "router/openai/GPT-5", false), Some(1_000_000));
        assert_eq!(input(&catalogue, "openai/o9", false), None);
        catalogue.add("router/*", card("9"), true);
        assert_eq!(input(&catalogue, "router/openai/gpt-5-mini", false), Some(9_000_000));
        assert_eq!(input(&catalogue, "openai/gpt-5-mini", false), Some(250_000));
    }

    #[test]
    fn a_model_on_this_machine_is_free_unless_the_user_says_otherwise() {
        let mut catalogue = Catalogue::default();
        catalogue.add("qwen*", Card { context: Some(Tokens(32_000)), ..card("1") }, false);
        let local = catalogue.card(&"local/qwen3".parse().unwrap(), true);
        assert!(local.price.unwrap().is_free() && local.context == Some(Tokens(32_000)));
        catalogue.add("local/*", card("2"), true);
        assert_eq!(input(&catalogue, "local/qwen3", true), Some(2_000_000));
    }
}
