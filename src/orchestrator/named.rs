//! What the user pinned, and what an instruction or a question names, as pieces: files and lines as they
//! stand on screen, definitions by the index, what is not committed, what does not parse, pages that the
//! user let be fetched. What cannot be had is said; a secret is never had.

use std::collections::BTreeMap;
use std::time::Duration;

use super::gather::{Ground, on_screen};
use super::shelf::{NotReady, Patience};
use crate::context::{self, Dropped, Excerpt, Mention, Segment, Source, Trust, visible};
use crate::index::{Drawn, defined};
use crate::model::Tokens;
use crate::session::Wants;
use crate::text::highlight::Language;
use crate::text::syntax::faults;
use crate::text::{Lines, RepoPath, Span, patch};
use crate::workspace::{Comparison, Found, Trees};

/// Who names a symbol wants it, and waits longer than who names nothing.
const PATIENCE: Patience = Patience { known: Duration::from_secs(2), new: Duration::from_secs(10) };

/// Most definitions of one name.
const DEFINITIONS: usize = 3;

/// Most bytes of `@diff`.
const DIFF: usize = 24_000;

/// Most faults of one file in `@diagnostics`.
const FAULTS: usize = 12;

/// Why what a check said is in a request that does not name it.
const ALONG: &str = "comes along";

/// What a request is put together from.
#[derive(Clone, Copy)]
pub struct About<'a> {
    pub ground: &'a Ground<'a>,
    /// Buffers as they stand on screen.
    pub open: &'a BTreeMap<RepoPath, Lines>,
    pub file: Option<&'a RepoPath>,
    pub wants: &'a Wants,
    /// Are whole files that are named offered for change?
    pub may_change: bool,
    pub stop: &'a dyn Fn() -> bool,
}

/// What came of it.
#[derive(Default)]
pub struct Named {
    pub pieces: Vec<Segment>,
    /// The files that the pieces are of, whole, under their own names.
    pub files: Vec<(RepoPath, Lines)>,
    pub notes: Vec<String>,
    pub dropped: Vec<Dropped>,
}

/// Finds all that is pinned, then all that is named.
pub fn named(about: &About<'_>) -> Named {
    let mut all = Named::default();
    let pinned = about.wants.wishes.pinned();
    for mention in pinned {
        let before = all.pieces.len();
        about.find(mention, "pinned by you", &mut all);
        all.pieces.iter_mut().skip(before).for_each(|piece| piece.pinned = Some(mention.clone()));
    }
    for mention in about.wants.named.iter().filter(|mention| !pinned.contains(mention)) {
        about.find(mention, "named by you", &mut all);
    }
    about.along(&mut all);
    all
}

impl About<'_> {
    fn find(&self, mention: &Mention, why: &str, all: &mut Named) {
        if (self.stop)() {
            return;
        }
        match mention {
            Mention::Name { name, .. } => self.name(mention, name, why, all),
            Mention::Diff => self.diff(why, all),
            Mention::Diagnostics => self.diagnostics(why, all),
            Mention::Page(url) => self.page(url, why, all),
        }
    }

    fn name(&self, mention: &Mention, name: &str, why: &str, all: &mut Named) {
        let path = RepoPath::parse(name.trim_start_matches("./")).ok();
        let text = path.as_ref().and_then(|path| on_screen(self.ground.workspace, self.open, path));
        match (path, text) {
            (Some(path), Some(text)) => self.file(path, text, mention.span(), why, all),
            _ => self.found(mention, name, why, all),
        }
    }

    /// A file, or lines of it.
    fn file(&self, path: RepoPath, text: Lines, span: Option<Span>, why: &str, all: &mut Named) {
        // A link is read under the name of the file it leads to, which is the one that would change.
        let path = self.ground.workspace.real(&path).unwrap_or(path);
        if context::is_secret(&path) || context::holds_key(text.bytes()) {
            let why = "may hold secrets: nothing of it is sent";
            all.dropped.push(Dropped::file(&path, why));
            return;
        }
        let whole = text.span();
        let wanted = span.unwrap_or(whole);
        if wanted.start() >= whole.end() && !whole.is_empty() {
            all.notes.push(format!("{path} has {} line(s): there is no line {wanted}", whole.end()));
            return;
        }
        let span = Span::new(wanted.start(), wanted.end().min(whole.end()));
        let unsaved = self.open.get(&path).is_some_and(|screen| {
            let disk = self.ground.workspace.read(&path).ok().flatten();
            disk.is_none_or(|disk| disk.lines.bytes() != screen.bytes())
        });
        let why = if unsaved { format!("{why}, unsaved") } else { why.to_owned() };
        let lines = Lines::new(text.slice(span).to_vec());
        let excerpt = Excerpt { whole: span == whole, path: path.clone(), span, text: lines, why };
        all.pieces.push(excerpt.piece(self.may_change && excerpt.whole));
        all.files.push((path, text));
    }

    /// A file by the end of its path, or a symbol.
    fn found(&self, mention: &Mention, name: &str, why: &str, all: &mut Named) {
        let Some(desk) = self.ground.desk else {
            all.notes.push(format!("`{mention}` is no file, and without a search index no symbol is known"));
            return;
        };
        let ending = format!("/{name}");
        let asked = desk.ask(Some(PATIENCE), self.stop, |index| {
            let layered = index.under(self.open);
            let paths = layered.corpus().files().iter().map(|file| file.path());
            let paths: Vec<RepoPath> =
                paths.filter(|path| path.as_str().ends_with(&ending)).cloned().collect();
            (paths, defined(&layered, name, DEFINITIONS))
        });
        match asked {
            Ok((paths, (drawn, count))) => match (paths.as_slice(), drawn.is_empty()) {
                ([path], _) => match on_screen(self.ground.workspace, self.open, path) {
                    Some(text) => self.file(path.clone(), text, mention.span(), why, all),
                    None => all.notes.push(format!("{path} cannot be read")),
                },
                (_, false) => self.definitions(name, drawn, count, why, all),
                ([], true) => {
                    all.notes.push(format!(
                        "`{mention}` names no file and no symbol here: nothing comes along for it"
                    ));
                }
                (many, true) => {
                    all.notes.push(format!("`{mention}` names {} files; write more of the path", many.len()));
                }
            },
            Err(NotReady::Stopped) => {}
            Err(not) => all.notes.push(format!("`{mention}` is no file, and no symbol is known: {not}")),
        }
    }

    fn definitions(&self, name: &str, drawn: Vec<Drawn>, count: usize, why: &str, all: &mut Named) {
        if count > drawn.len() {
            all.notes.push(format!("`{name}` has {count} definitions; {} of them are there", drawn.len()));
        }
        for Drawn { excerpt, file } in drawn {
            let excerpt = Excerpt { why: format!("{why}: {}", excerpt.why), ..excerpt };
            all.pieces.push(excerpt.piece(false));
            all.files.push((excerpt.path, file));
        }
    }

    /// What is not committed, as it stands on screen.
    fn diff(&self, why: &str, all: &mut Named) {
        let workspace = self.ground.workspace;
        let since = Comparison::Git(Trees::Since("HEAD".into()));
        // Before the first commit everything is new.
        let what =
            if workspace.can_compare(&since).is_ok() { since } else { Comparison::Git(Trees::Unstaged) };
        let mut changed: BTreeMap<RepoPath, Option<Lines>> = BTreeMap::new();
        let compared = workspace.compare(&what, &[], &mut |found| {
            match found {
                Found::Text(compared) => {
                    let base = compared.base().clone();
                    changed.insert(base.path, base.text);
                }
                Found::Remark(remark) => all.notes.push(format!("@diff: {}: {}", remark.name, remark.words)),
            }
            !(self.stop)()
        });
        if let Err(why) = compared {
            all.dropped.push(Dropped::new("diff", Tokens(0), why.to_string()));
            return;
        }
        // A buffer that is not saved differs from a file that may not.
        for path in self.open.keys().filter(|path| !changed.contains_key(*path)).cloned().collect::<Vec<_>>()
        {
            let disk = workspace.read(&path).ok().flatten().map(|file| file.lines);
            changed.insert(path, disk);
        }
        let mut text = String::new();
        for (path, old) in changed {
            let new = on_screen(workspace, self.open, &path);
            let secret =
                |text: &Option<Lines>| text.as_ref().is_some_and(|text| context::holds_key(text.bytes()));
            let one = patch::unified(&path, old.as_ref(), new.as_ref(), false);
            let one = String::from_utf8_lossy(&one).replace("\r\n", "\n");
            let dropped = |why: &str| Dropped::new(format!("diff of {path}"), Tokens::estimate(&one), why);
            if one.is_empty() {
                continue;
            } else if context::is_secret(&path) || secret(&old) || secret(&new) {
                all.dropped.push(dropped("may hold secrets: nothing of it is sent"));
            } else if text.len() + one.len() > DIFF {
                all.dropped.push(dropped("the difference is too large; name the file, or lines of it"));
            } else {
                text.push_str(&visible(&one));
            }
        }
        if text.is_empty() {
            all.notes.push("@diff: nothing differs from the last commit".into());
            return;
        }
        let why = format!("{why}: what is not committed");
        all.pieces.push(Segment::new(Source::Diff, why, text, Trust::Repository));
    }

    /// What a check said comes along with every request, also where nobody names it; not all of it then.
    fn along(&self, all: &mut Named) {
        let there = |piece: &Segment| piece.source == Source::Diagnostics;
        let named = all.pieces.iter().any(there);
        let Some(told) = self.wants.told.as_ref().filter(|told| told.along && !named) else { return };
        let (piece, retold) = told.piece(self.file, false, ALONG);
        all.pieces.extend(piece);
        all.dropped.extend(retold.dropped);
        all.notes.extend(retold.notes);
    }

    /// What a check said, and where open files do not parse, as they stand on screen.
    fn diagnostics(&self, why: &str, all: &mut Named) {
        let said = self.wants.told.as_ref().map(|told| told.retold(self.file, true)).unwrap_or_default();
        all.dropped.extend(said.dropped);
        all.notes.extend(said.notes);
        let mut paths: Vec<&RepoPath> = self.file.into_iter().chain(self.open.keys()).collect();
        paths.sort_unstable();
        paths.dedup();
        let mut told = String::new();
        let mut parsed = 0;
        for path in paths {
            let Some(language) = Language::of(path) else { continue };
            let Some(text) = on_screen(self.ground.workspace, self.open, path) else { continue };
            let Some(faults) = faults(language, text.bytes(), FAULTS) else { continue };
            parsed += usize::from(faults.is_empty());
            for fault in faults {
                let (line, column) = (fault.line + 1, fault.column + 1);
                told.push_str(&format!("{path}:{line}:{column}: {}\n", fault.what));
            }
        }
        if !said.text.is_empty() {
            let more = if told.is_empty() { "" } else { "; where open files do not parse" };
            let text = said.text + &visible(&told);
            let why = format!("{why}: {}{more}", said.why);
            all.pieces.push(Segment::new(Source::Diagnostics, why, text, Trust::Tool));
            return;
        }
        match (told.is_empty(), parsed) {
            (false, _) => {
                let why = format!("{why}: where open files do not parse");
                all.pieces.push(Segment::new(Source::Diagnostics, why, visible(&told), Trust::Repository));
            }
            // A check has looked at them.
            (true, _) if self.wants.told.is_some() => {}
            (true, 0) => all.notes.push("@diagnostics: no open file is in a language that is parsed".into()),
            (true, files) => {
                all.notes.push(format!("@diagnostics: {files} open file(s) parse; no check was run"));
            }
        }
    }

    /// A page that was fetched for this request, or why it was not.
    fn page(&self, url: &str, why: &str, all: &mut Named) {
        match self.ground.pages.get(url) {
            Some(Ok(page)) => {
                let source = Source::Page { url: url.to_owned() };
                let why = format!("{why}: fetched with your consent{}", page.note);
                all.pieces.push(Segment::new(source, why, visible(&page.text), Trust::Network));
            }
            Some(Err(why)) => all.dropped.push(Dropped::new(url, Tokens(0), why)),
            None => {
                let why = "not fetched: each page needs your consent, each time";
                all.dropped.push(Dropped::new(url, Tokens(0), why));
            }
        }
    }
}
