//! What the person sees and the model does not, and the other way round: a comparison of a pack with the
//! screen.

use std::collections::BTreeSet;

use crate::change::Level;
use crate::context::{Pack, Source, Trust, but_for_its_line};
use crate::text::{RepoPath, Span};

/// Most names in one sentence.
const NAMES: usize = 4;

/// What is on screen.
#[derive(Clone, Debug)]
pub(super) struct Screen<'a> {
    pub level: Level,
    /// Open files, and whether each has text that is not saved.
    pub files: Vec<(&'a RepoPath, bool)>,
    pub current: Option<&'a RepoPath>,
    pub selection: Option<Span>,
    /// Open files whose text is another now than the one that was sent.
    pub changed: Vec<&'a RepoPath>,
    /// What the check said, a line each, in the words of a request; none: there was no check.
    pub problems: Option<Vec<String>>,
}

/// What the person should know. `unseen`: what the model does not see; `beyond`: what it sees and the
/// person has not open.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Parity {
    pub unseen: Vec<String>,
    pub beyond: Option<String>,
}

pub(super) fn parity(pack: &Pack, screen: &Screen<'_>) -> Parity {
    let shown: Vec<&str> = pack
        .segments()
        .iter()
        .filter(|one| is_text(&one.source))
        .filter_map(|one| one.source.place().0)
        .collect();
    let is_shown = |path: &RepoPath| shown.contains(&path.as_str());
    let mut unseen = Vec::new();
    let missing = screen.files.iter().filter(|(path, _)| !is_shown(path));
    let name = |(path, dirty): &(&RepoPath, bool)| {
        if *dirty { format!("{path} (unsaved)") } else { path.to_string() }
    };
    let missing: Vec<String> = missing.map(name).collect();
    if !missing.is_empty() {
        unseen.push(format!("open here, and the model does not see it: {}", listed(&missing)));
    }
    if let (Some(span), Some(current)) = (screen.selection, screen.current) {
        let told = pack.segments().iter().any(|one| matches!(one.source, Source::Selection { .. }));
        if !told && screen.level != Level::Selection {
            let which = if is_shown(current) { "does not know that" } else { "sees nothing of it:" };
            unseen.push(format!(
                "the model {which} lines {span} of {current} are selected (Ctrl-K asks about them)"
            ));
        }
    }
    if !screen.changed.is_empty() {
        let names: Vec<String> = screen.changed.iter().map(ToString::to_string).collect();
        unseen.push(format!("changed since it was sent: {}", listed(&names)));
    }
    unseen.extend(problems(pack, screen));
    let mut others: Vec<String> = Vec::new();
    for segment in pack.segments().iter().filter(|one| is_text(&one.source)) {
        let Some(path) = segment.source.place().0 else { continue };
        let open = screen.files.iter().any(|(file, _)| file.as_str() == path);
        if !open && !others.iter().any(|other| other == path) {
            others.push(path.to_owned());
        }
    }
    let beyond =
        (!others.is_empty()).then(|| format!("the model sees and you have not open: {}", listed(&others)));
    Parity { unseen, beyond }
}

/// Of what the check said, what one of the two does not see.
fn problems(pack: &Pack, screen: &Screen<'_>) -> Vec<String> {
    let told = pack.segments().iter().filter(|one| one.source == Source::Diagnostics);
    let told: BTreeSet<String> = told.flat_map(|one| one.text.lines()).filter_map(but_for_its_line).collect();
    let mut said = Vec::new();
    // Lines move while one types; a problem stays the same one.
    let shown = screen.problems.iter().flatten().filter_map(|line| but_for_its_line(line));
    let shown: BTreeSet<String> = shown.collect();
    let missing = shown.difference(&told).count();
    if missing > 0 {
        said.push(format!(
            "the check's problems: {missing} of {} that you see are not in it (F6, @diagnostics)",
            shown.len()
        ));
    }
    let from_check =
        pack.segments().iter().any(|one| one.source == Source::Diagnostics && one.trust == Trust::Tool);
    let old = told.difference(&shown).count();
    if from_check && old > 0 {
        said.push(format!("the check's problems: {old} that were told are not what it says now"));
    }
    said
}

/// Does a piece show text of its file?
fn is_text(source: &Source) -> bool {
    !matches!(source, Source::Omission { .. } | Source::Outline { .. } | Source::Refusal { .. })
}

fn listed(names: &[String]) -> String {
    let shown = names.get(..NAMES.min(names.len())).unwrap_or_default().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Segment;

    fn path(name: &str) -> RepoPath {
        RepoPath::parse(name).unwrap()
    }

    fn pack(sources: Vec<Source>) -> Pack {
        Pack::new(
            sources.into_iter().map(|source| Segment::new(source, "", "x", Trust::Repository)).collect(),
        )
    }

    #[test]
    fn the_person_hears_of_what_the_model_does_not_see_and_of_what_only_the_model_sees() {
        let (a, b, c) = (path("a.rs"), path("b.rs"), path("c.rs"));
        let span = Span::new(0, 3);
        let sources = vec![
            Source::File { path: a.clone(), span },
            Source::Excerpt { path: c.clone(), span },
            Source::Omission { path: b.clone(), span },
        ];
        let screen = Screen {
            level: Level::File,
            files: vec![(&a, false), (&b, true)],
            current: Some(&a),
            selection: Some(Span::new(1, 2)),
            changed: vec![&a],
            problems: None,
        };
        let found = parity(&pack(sources), &screen);
        assert_eq!(
            found.unseen,
            [
                "open here, and the model does not see it: b.rs (unsaved)",
                "the model does not know that lines 2 of a.rs are selected (Ctrl-K asks about them)",
                "changed since it was sent: a.rs",
            ]
        );
        assert_eq!(found.beyond.unwrap(), "the model sees and you have not open: c.rs");
    }

    #[test]
    fn where_both_see_the_same_nothing_is_said() {
        let a = path("a.rs");
        let span = Span::new(0, 3);
        let screen = Screen {
            level: Level::Selection,
            files: vec![(&a, true)],
            current: Some(&a),
            selection: Some(span),
            changed: vec![],
            problems: None,
        };
        let sources = vec![Source::Selection { path: a.clone(), span }];
        assert_eq!(parity(&pack(sources), &screen), Parity::default());
    }
}
