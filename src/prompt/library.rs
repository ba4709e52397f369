//! The prompts: texts with a front matter, strict templates over declared fields. A field that is
//! not declared, or declared and not used, is an error when the prompt is loaded, not when it is sent.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, UndefinedBehavior, Value};

use super::dialect;

/// Every prompt by name, as shipped.
const EMBEDDED: [(&str, &str); 9] = [
    ("ask", include_str!("../../prompts/ask.md")),
    ("ask-check", include_str!("../../prompts/ask-check.md")),
    ("ask-report", include_str!("../../prompts/ask-report.md")),
    ("ask-split", include_str!("../../prompts/ask-split.md")),
    ("complete", include_str!("../../prompts/complete.md")),
    (dialect::TEACH, include_str!("../../prompts/dialect/search-replace.md")),
    ("edit", include_str!("../../prompts/edit.md")),
    ("repair", include_str!("../../prompts/repair.md")),
    ("resume", include_str!("../../prompts/resume.md")),
];

/// One prompt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prompt {
    name: String,
    version: u32,
    fields: BTreeSet<String>,
    contract: String,
    body: String,
    overridden: bool,
}

/// Why a prompt cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PromptError {
    #[error("there is no prompt `{name}`; the prompts are {known}")]
    Unknown { name: String, known: String },
    #[error("prompt `{name}`: {why}; it begins with `---`, `name`, `version`, `fields`, `contract`, `---`")]
    FrontMatter { name: String, why: String },
    #[error("prompt `{name}`: the fields {odd} are used or declared but not given; it may use {known}")]
    Fields { name: String, odd: String, known: String },
    #[error("prompt `{name}` is not a valid template: {why}")]
    Template { name: String, why: String },
}

impl Prompt {
    /// Reads a prompt file.
    fn parse(name: &str, text: &str) -> Result<Self, PromptError> {
        let error = |why: &str| PromptError::FrontMatter { name: name.to_owned(), why: why.to_owned() };
        let (head, body) = front_matter(text).ok_or_else(|| error("it has no front matter"))?;
        let value = |key: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            line.map(|value| value.trim().to_owned()).ok_or_else(|| error(&format!("`{key}` is missing")))
        };
        if value("name")? != name {
            return Err(error("`name` is not its file's name"));
        }
        let version = value("version")?.parse().map_err(|_| error("`version` is not a number"))?;
        let fields = value("fields")?;
        let fields = fields
            .strip_prefix('[')
            .and_then(|fields| fields.strip_suffix(']'))
            .ok_or_else(|| error("`fields` is not a list like `[a, b]`"))?;
        let fields = fields.split(',').map(|field| field.trim().to_owned()).filter(|field| !field.is_empty());
        let prompt = Self {
            name: name.to_owned(),
            version,
            fields: fields.collect(),
            contract: value("contract")?,
            body: body.to_owned(),
            overridden: false,
        };
        prompt.check(&prompt.fields)?;
        Ok(prompt)
    }

    /// The same prompt in the user's words: a whole prompt file, or only a body.
    fn overridden(&self, text: &str) -> Result<Self, PromptError> {
        let body = front_matter(text).map_or(text, |(_, body)| body).to_owned();
        let prompt = Self { body, overridden: true, ..self.clone() };
        // A field may be left out by the user, but none can be had that is not given.
        let used = prompt.used()?;
        let prompt = Self { fields: used, ..prompt };
        prompt.check(&self.fields)?;
        Ok(prompt)
    }

    /// All fields used are declared, all declared are used, and all are among `given`.
    fn check(&self, given: &BTreeSet<String>) -> Result<(), PromptError> {
        let used = self.used()?;
        let odd: Vec<&String> =
            used.symmetric_difference(&self.fields).chain(used.difference(given)).collect();
        if odd.is_empty() {
            return Ok(());
        }
        Err(PromptError::Fields { name: self.name.clone(), odd: listed(odd), known: listed(given) })
    }

    fn used(&self) -> Result<BTreeSet<String>, PromptError> {
        let environment = strict();
        let template = environment.template_from_str(&self.body).map_err(|error| self.invalid(&error))?;
        Ok(template.undeclared_variables(false).into_iter().collect())
    }

    /// The text with its fields filled in. More fields than it uses may be given.
    ///
    /// # Errors
    /// A field it uses is not given.
    pub fn render(&self, fields: &[(&str, String)]) -> Result<String, PromptError> {
        let values = fields.iter().map(|(name, value)| (*name, Value::from(value.as_str())));
        let rendered = strict().render_str(&self.body, Value::from_pairs(values));
        Ok(rendered.map_err(|error| self.invalid(&error))?.trim_end().to_owned() + "\n")
    }

    fn invalid(&self, error: &minijinja::Error) -> PromptError {
        PromptError::Template { name: self.name.clone(), why: error.to_string() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Raised whenever the shipped body changes.
    pub fn version(&self) -> u32 {
        self.version
    }

    pub fn fields(&self) -> &BTreeSet<String> {
        &self.fields
    }

    /// What the answer is to look like, for whoever changes the prompt.
    pub fn contract(&self) -> &str {
        &self.contract
    }

    /// The template, without the front matter.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// `edit v3`, `edit (yours)`: what the log and the context panel name.
    pub fn label(&self) -> String {
        if self.overridden {
            format!("{} (yours)", self.name)
        } else {
            format!("{} v{}", self.name, self.version)
        }
    }
}

/// Templates in which a name that means nothing is an error.
fn strict() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

fn front_matter(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("---\n")?.split_once("\n---\n")
}

fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// All prompts, the user's own in place of the shipped ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prompts {
    by_name: BTreeMap<String, Prompt>,
}

impl Prompts {
    /// The prompts as shipped.
    ///
    /// # Errors
    /// Never in a tested build: one of them is not well-formed.
    pub fn embedded() -> Result<Self, PromptError> {
        let parsed = EMBEDDED.iter().map(|(name, text)| Ok(((*name).to_owned(), Prompt::parse(name, text)?)));
        Ok(Self { by_name: parsed.collect::<Result<_, PromptError>>()? })
    }

    /// The shipped prompts with some replaced: name to text, with or without a front matter.
    ///
    /// # Errors
    /// A name that no prompt has, or a text that is not a template over the prompt's fields.
    pub fn with_overrides(overrides: &BTreeMap<String, String>) -> Result<Self, PromptError> {
        let mut prompts = Self::embedded()?;
        for (name, text) in overrides {
            let own = prompts.get(name)?.overridden(text)?;
            prompts.by_name.insert(name.clone(), own);
        }
        Ok(prompts)
    }

    pub fn get(&self, name: &str) -> Result<&Prompt, PromptError> {
        let known = || listed(self.by_name.keys());
        self.by_name.get(name).ok_or_else(|| PromptError::Unknown { name: name.to_owned(), known: known() })
    }

    pub fn iter(&self) -> impl Iterator<Item = &Prompt> {
        self.by_name.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, text: &str) -> Result<Prompts, PromptError> {
        Prompts::with_overrides(&BTreeMap::from([(name.to_owned(), text.to_owned())]))
    }

    #[test]
    fn a_user_may_say_it_in_their_own_words() {
        let prompts = with("complete", "Continue at </before{{ mark }}>.").unwrap();
        let prompt = prompts.get("complete").unwrap();
        assert_eq!(prompt.render(&[("mark", "-2".into())]).unwrap(), "Continue at </before-2>.\n");
        assert_eq!(prompt.label(), "complete (yours)");
        let whole = "---\nname: complete\nversion: 9\nfields: []\ncontract: x\n---\nGo on.";
        assert_eq!(with("complete", whole).unwrap().get("complete").unwrap().body(), "Go on.");
    }

    #[test]
    fn an_override_cannot_use_what_is_not_given() {
        let error = with("complete", "{{ secret }}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "prompt `complete`: the fields `secret` are used or declared but not given; it may use `mark`"
        );
        assert!(matches!(with("complete", "{{ mark"), Err(PromptError::Template { .. })));
        assert!(matches!(with("nope", "x"), Err(PromptError::Unknown { .. })));
    }

    #[test]
    fn a_field_that_is_not_given_is_an_error_and_not_an_empty_text() {
        let prompts = Prompts::embedded().unwrap();
        assert!(prompts.get("complete").unwrap().render(&[]).is_err());
    }
}
