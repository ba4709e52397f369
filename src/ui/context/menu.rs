//! The names that fit a mention while it is typed: in the instruction, in a question, and where something is
//! added on the panel. Files are matched here; symbols are asked for.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::context::{Mention, being_typed};
use crate::session::Effect;
use crate::text::RepoPath;
use crate::ui::app::{App, Focus, Out, Overlay};
use crate::ui::keymap::Action;

/// Most names on offer.
const MOST: usize = 8;

/// From this many letters on symbols are looked for.
const LETTERS: usize = 2;

/// What else can be named.
const WORDS: [&str; 2] = ["diff", "diagnostics"];

/// What is on offer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Menu {
    /// As it was typed, without the `@`.
    pub typed: String,
    files: Vec<String>,
    symbols: Vec<String>,
    pub chosen: usize,
    /// Esc was pressed: nothing is offered until something else is typed.
    closed: bool,
}

impl Menu {
    /// The names, in the order they are offered.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let known = |name: &&String| !self.files.contains(*name);
        self.files.iter().chain(self.symbols.iter().filter(known)).map(String::as_str).take(MOST)
    }

    pub fn is_open(&self) -> bool {
        !self.closed && self.names().next().is_some()
    }
}

impl App {
    /// Whether names are offered right now.
    pub(in crate::ui) fn offers_names(&self) -> bool {
        let writing = match &self.overlay {
            Some(Overlay::Context(page)) => page.adding.is_some(),
            Some(Overlay::Ask(_)) => true,
            Some(_) => false,
            None => self.focus == Focus::Prompt,
        };
        writing && self.panelling.menu.as_ref().is_some_and(Menu::is_open)
    }

    /// The text before the cursor of the line in which names are offered, from its `@` on.
    fn typing(&self) -> Option<String> {
        match &self.overlay {
            // On the panel everything that is typed is a name.
            Some(Overlay::Context(page)) => {
                let before = page.adding.as_ref()?.before();
                Some(before.strip_prefix('@').unwrap_or(before).to_owned())
            }
            Some(Overlay::Ask(_)) => being_typed(self.asking.question.before()).map(ToOwned::to_owned),
            None if self.focus == Focus::Prompt => being_typed(self.prompt.before()).map(ToOwned::to_owned),
            _ => None,
        }
    }

    /// To be called when the line has changed: offers what fits.
    pub(in crate::ui) fn offer_names(&mut self) -> Vec<Out> {
        let Some(typed) = self.typing() else {
            self.panelling.menu = None;
            return Vec::new();
        };
        if self.panelling.menu.as_ref().is_some_and(|menu| menu.typed == typed) {
            return Vec::new();
        }
        let query = typed.trim_matches('"').to_owned();
        let mut files: Vec<String> =
            WORDS.iter().filter(|word| word.starts_with(query.as_str())).map(ToString::to_string).collect();
        files.extend(fitting(&query, self.listing.as_deref().unwrap_or_default()));
        let symbols = Vec::new();
        self.panelling.menu = Some(Menu { typed, files, symbols, chosen: 0, closed: false });
        let is_name =
            query.chars().count() >= LETTERS && query.chars().all(|c| c.is_alphanumeric() || c == '_');
        if is_name { vec![Out::Do(Effect::FindSymbols { typed: query })] } else { Vec::new() }
    }

    /// The index has answered.
    pub(in crate::ui) fn symbols_found(&mut self, typed: &str, names: Vec<String>) {
        if let Some(menu) = self.panelling.menu.as_mut().filter(|menu| menu.typed == typed) {
            menu.symbols = names;
        }
    }

    /// Moves or takes the choice; `false` where no names are offered.
    pub(in crate::ui) fn act_in_menu(&mut self, action: Action) -> bool {
        let Some(menu) = self.panelling.menu.as_mut() else { return false };
        let count = menu.names().count();
        match action {
            Action::Down => menu.chosen = (menu.chosen + 1) % count.max(1),
            Action::Up => menu.chosen = (menu.chosen + count.max(1) - 1) % count.max(1),
            Action::TakeName => self.take_name(),
            Action::Stop => menu.closed = true,
            _ => return false,
        }
        true
    }

    fn take_name(&mut self) {
        let Some(menu) = self.panelling.menu.take() else { return };
        let Some(name) = menu.names().nth(menu.chosen) else { return };
        let shown = match Mention::parse(&format!("\"{name}\"")) {
            Some(mention) => mention.to_string(),
            None => return,
        };
        let (line, at) = match &mut self.overlay {
            Some(Overlay::Context(page)) => {
                let Some(line) = page.adding.as_mut() else { return };
                let typed = line.before().to_owned();
                (line, typed)
            }
            Some(Overlay::Ask(_)) => (&mut self.asking.question, format!("@{}", menu.typed)),
            _ => (&mut self.prompt, format!("@{}", menu.typed)),
        };
        for _ in at.chars() {
            line.backspace();
        }
        // A blank ends the name, so that the next letter begins another word.
        line.insert(&format!("{shown} "));
    }
}

/// The files that fit, best first.
fn fitting(query: &str, files: &[RepoPath]) -> Vec<String> {
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, &RepoPath)> = files
        .iter()
        .filter_map(|path| {
            Some((pattern.score(Utf32Str::new(path.as_str(), &mut buffer), &mut matcher)?, path))
        })
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(MOST).map(|(_, path)| as_file(path)).collect()
}

/// A file's name as it is typed; one that would mean something else says that it is a file.
fn as_file(path: &RepoPath) -> String {
    match Mention::parse(path.as_str()) {
        Some(Mention::Name { .. }) => path.to_string(),
        _ => format!("./{path}"),
    }
}
