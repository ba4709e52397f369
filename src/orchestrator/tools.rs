//! Carries the calls of a model out. It reads only, and only what the project shows to anybody: files that
//! ignore rules do not hide, no file that holds secrets, commits of this history. What is open on screen
//! is as it stands there. Each result is bounded, says what of it was left out, and names what was shown,
//! so that a source can be compared with it.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::gather::Ground;
use super::history;
use crate::context::citation::{Evidence, ShownCommit};
use crate::context::{holds_key, is_secret};
use crate::index::{Callee, Index, PatternError, excerpts, matched_lines, uses};
use crate::model::Tokens;
use crate::session::{Given, Outcome, Question};
use crate::text::highlight::Language;
use crate::text::symbols::definitions;
use crate::text::{Lines, RepoPath, Span};
use crate::tool::Call;
use crate::workspace::Commit;

/// Most bytes of one result.
const RESULT: usize = 16 * 1024;

/// Most tokens of excerpts for one search.
const FOUND: Tokens = Tokens(3_000);

/// Most lines that match, and most bytes of one that are shown.
const MATCHES: usize = 120;
const LINE: usize = 240;

/// Most commits of a log, and most bytes of a message in it.
const COMMITS: usize = 20;
const MESSAGE: usize = 1_200;

/// Most lines whose commits are looked for at once.
const BLAMED: usize = 400;

/// Everything that calls of one answer look at.
struct Bench<'a> {
    ground: &'a Ground<'a>,
    question: &'a Question,
    stop: &'a dyn Fn() -> bool,
    /// The project's files, read once they are needed.
    files: OnceCell<BTreeSet<RepoPath>>,
}

/// What each call gives, in order. Blocking.
pub fn carry_out(
    ground: &Ground<'_>,
    question: &Question,
    calls: &[Call],
    stop: &dyn Fn() -> bool,
) -> Vec<Outcome> {
    let bench = Bench { ground, question, stop, files: OnceCell::new() };
    calls.iter().map(|call| bench.carry_out(call)).collect()
}

type Gave = Result<Outcome, String>;

fn gave(text: String, shown: Evidence) -> Gave {
    Ok(Outcome::words(text, shown))
}

impl Bench<'_> {
    fn carry_out(&self, call: &Call) -> Outcome {
        let outcome = match call {
            Call::Search { query } => self.search(query),
            Call::Read { path, lines } => self.read(path, *lines),
            Call::List { path } => self.list(path.as_ref()),
            Call::Outline { path } => self.outline(path),
            Call::Grep { pattern, path } => self.grep(pattern, path.as_ref()),
            Call::Uses { name } => self.uses(name),
            Call::Log { path, words } => self.log(path.as_ref(), words),
            Call::Blame { path, lines } => self.blame(path, *lines),
            Call::Show { commit, path } => self.show(commit, path.as_ref()),
        };
        outcome.unwrap_or_else(|why| Outcome::refused(&why))
    }

    fn files(&self) -> &BTreeSet<RepoPath> {
        self.files.get_or_init(|| self.ground.workspace.files(self.stop).into_iter().collect())
    }

    /// A file of the project as the person has it.
    fn text(&self, path: &RepoPath) -> Result<Lines, String> {
        if is_secret(path) {
            return Err(format!("`{path}` usually holds secrets and is not shown"));
        }
        let open = self.question.open.get(path).cloned();
        let text = match open {
            Some(text) => text,
            None if !self.files().contains(path) => {
                return Err(format!(
                    "there is no file `{path}` in the project; `list` names those there are"
                ));
            }
            None => {
                let read = self.ground.workspace.read(path).map_err(|why| why.to_string())?;
                let read = read.ok_or_else(|| format!("there is no file `{path}`"))?;
                // Where a link leads is what counts.
                if is_secret(&read.path) || !self.files().contains(&read.path) {
                    return Err(format!("`{path}` leads to a file that is not shown"));
                }
                read.lines
            }
        };
        if holds_key(text.bytes()) { Err(format!("`{path}` holds a key and is not shown")) } else { Ok(text) }
    }

    fn search(&self, query: &str) -> Gave {
        let desk = self.ground.desk.ok_or("there is no search index here")?;
        let find = |index: &Index| excerpts(&index.under(&self.question.open), query, FOUND, &|_| false);
        let drawn = desk.ask(None, self.stop, find).map_err(|why| why.to_string())?;
        let (mut parts, mut shown) = (Vec::new(), Evidence::default());
        for one in drawn {
            let excerpt = one.excerpt;
            parts.push(lines_of(&excerpt.path, excerpt.span, one.file.len(), excerpt.text.bytes()));
            shown.add_file(excerpt.path, one.file);
        }
        if parts.is_empty() {
            return Err("nothing fits these words; try a name, or `grep`".into());
        }
        Ok(Outcome { gave: Ok(parts), shown })
    }

    fn read(&self, path: &RepoPath, lines: Option<Span>) -> Gave {
        let text = self.text(path)?;
        let all = text.span();
        let wanted = lines.unwrap_or(all);
        let span = Span::new(wanted.start().min(all.end()), wanted.end().min(all.end()));
        if span.is_empty() && !all.is_empty() {
            return Err(format!("`{path}` has {} line(s)", all.end()));
        }
        let end = fitting(&text, span);
        let part = Span::new(span.start(), end);
        let mut parts = vec![lines_of(path, part, text.len(), text.slice(part))];
        if end < span.end() {
            let more = format!("({} more line(s); read on from line {})\n", span.end() - end, end + 1);
            parts.push(Given::Words(more));
        }
        let mut shown = Evidence::default();
        shown.add_file(path.clone(), text);
        Ok(Outcome { gave: Ok(parts), shown })
    }

    fn list(&self, folder: Option<&RepoPath>) -> Gave {
        let mut text = String::new();
        let inside = |path: &&RepoPath| folder.is_none_or(|folder| is_below(path, folder));
        let files: Vec<&RepoPath> = self.files().iter().filter(inside).collect();
        if files.is_empty() {
            return Err("there are no files there".into());
        }
        for (at, path) in files.iter().enumerate() {
            if text.len() + path.as_str().len() >= RESULT {
                text.push_str(&format!("and {} more; name a folder\n", files.len() - at));
                break;
            }
            text.push_str(path.as_str());
            text.push('\n');
        }
        gave(text, Evidence::default())
    }

    fn outline(&self, path: &RepoPath) -> Gave {
        let text = self.text(path)?;
        let language = Language::of(path).ok_or("the language of this file is not known; read it")?;
        let mut said = String::new();
        let mut shown = Evidence::default();
        for found in definitions(language, text.bytes()) {
            let inner = "  ".repeat(found.depth);
            let line = format!("{}: {inner}{}\n", found.span, cut(&found.name, LINE));
            if said.len() + line.len() >= RESULT {
                said.push_str("and more; read the file\n");
                break;
            }
            said.push_str(&line);
        }
        if said.is_empty() {
            return Err("it defines nothing; read it".into());
        }
        shown.add_file(path.clone(), text);
        gave(said, shown)
    }

    fn grep(&self, pattern: &str, folder: Option<&RepoPath>) -> Gave {
        let desk = self.ground.desk.ok_or("there is no search index here")?;
        let wanted = |path: &RepoPath| folder.is_none_or(|folder| is_below(path, folder));
        let as_seen = |path: &RepoPath| self.question.open.get(path).cloned();
        // Read without holding the index up: others ask it meanwhile.
        let corpus = desk.ask(None, self.stop, |index| index.corpus()).map_err(|why| why.to_string())?;
        let workspace = self.ground.workspace;
        let found = matched_lines(workspace, &corpus, pattern, &wanted, &as_seen, MATCHES + 1, self.stop);
        let wrong = |why: PatternError| format!("`{pattern}` is no regular expression: {}", why.why());
        let (lines, texts) = found.map_err(wrong)?;
        let mut shown = Evidence::default();
        texts.into_iter().for_each(|(path, text)| shown.add_file(path, text));
        let mut said = String::new();
        for (at, one) in lines.iter().enumerate() {
            let line = shown.file(&one.path).and_then(|text| text.text(one.line)).map(read_aloud);
            let line = format!("{}:{}: {}\n", one.path, one.line + 1, cut(&line.unwrap_or_default(), LINE));
            if at == MATCHES || said.len() + line.len() >= RESULT {
                said.push_str("and more; narrow the pattern or the path\n");
                break;
            }
            said.push_str(&line);
        }
        if said.is_empty() { Err("no line matches".into()) } else { gave(said, shown) }
    }

    fn uses(&self, name: &str) -> Gave {
        let desk = self.ground.desk.ok_or("there is no search index here")?;
        let callee = Callee::parse(name).ok_or("that is no name")?;
        let hits = desk.ask(None, self.stop, |index| uses(index, &callee, self.stop));
        let (mut said, mut shown, mut lines) = (String::new(), Evidence::default(), 0);
        for hit in hits.map_err(|why| why.to_string())? {
            let Ok(text) = self.text(&hit.path) else { continue };
            let within = hit.why.iter().find_map(|why| why.strip_prefix("in:"));
            let within = within.map_or_else(String::new, |name| format!(" (in {name})"));
            for line in hit.span.as_range() {
                let read = text.text(line).map(read_aloud).unwrap_or_default();
                if !read.contains(callee.name()) {
                    continue;
                }
                lines += 1;
                said.push_str(&format!("{}:{}{within}: {}\n", hit.path, line + 1, cut(&read, LINE)));
            }
            shown.add_file(hit.path, text);
            if lines >= MATCHES || said.len() >= RESULT {
                said.push_str("and more; `grep` below a path for the rest\n");
                break;
            }
        }
        if said.is_empty() { Err("nothing uses this name".into()) } else { gave(said, shown) }
    }

    fn log(&self, path: Option<&RepoPath>, words: &str) -> Gave {
        let found = history::log(self.ground.workspace, path, words, COMMITS, self.stop);
        let found = found.map_err(|why| why.to_string())?;
        if found.is_empty() {
            return Err("no commit does so".into());
        }
        gave(
            found.iter().map(|commit| ended(cut(&history::words(commit), MESSAGE)) + "\n").collect(),
            told(&found),
        )
    }

    fn blame(&self, path: &RepoPath, lines: Span) -> Gave {
        let text = self.text(path)?;
        if lines.start() >= text.len() {
            return Err(format!("`{path}` has {} line(s)", text.len()));
        }
        let span = Span::new(lines.start(), lines.end().min(text.len()).min(lines.start() + BLAMED));
        let blamed = self.ground.workspace.blame(path, text.bytes(), span, self.stop);
        let blamed = blamed.map_err(|why| why.to_string())?;
        let mut commits: Vec<Commit> = Vec::new();
        let mut said = String::new();
        for one in &blamed {
            let by =
                one.commit.as_ref().map_or("not committed", |commit| commit.id.get(..12).unwrap_or_default());
            said.push_str(&format!("lines {}: {by}\n", one.span));
            commits.extend(
                one.commit.iter().filter(|commit| !commits.contains(commit)).cloned().collect::<Vec<_>>(),
            );
        }
        for commit in &commits {
            let words = format!("\n{}", ended(cut(&history::words(commit), MESSAGE)));
            if said.len() + words.len() >= RESULT {
                said.push_str("\n(more commits are not shown; ask for fewer lines)\n");
                break;
            }
            said.push_str(&words);
        }
        let mut shown = told(&commits);
        shown.add_file(path.clone(), text);
        gave(said, shown)
    }

    fn show(&self, commit: &str, path: Option<&RepoPath>) -> Gave {
        let recorded = self.ground.workspace.commit(commit, path).map_err(|why| why.to_string())?;
        let commit = history::with_changes(&recorded);
        let (said, more) = shown_of(&commit, RESULT);
        let mut shown = Evidence::default();
        shown.add_commit(commit);
        let more = if more { "(more of it is not shown; name a path)\n" } else { "" };
        gave(said + more, shown)
    }
}

/// A commit as far as it fits, and whether there is more.
pub fn shown_of(commit: &ShownCommit, most: usize) -> (String, bool) {
    let text = read_aloud(commit.text().bytes());
    let part = cut(&text, most);
    (ended(part), part.len() < text.len())
}

fn told(commits: &[Commit]) -> Evidence {
    let mut shown = Evidence::default();
    commits.iter().for_each(|commit| shown.add_commit(history::told(commit)));
    shown
}

/// Up to which line of `span` the text fits into a result; at least one line does.
fn fitting(text: &Lines, span: Span) -> usize {
    let mut room = RESULT;
    let fits = |line: &usize| {
        let bytes = text.get(*line).map_or(0, <[u8]>::len);
        let fits = room >= bytes;
        room = room.saturating_sub(bytes);
        fits
    };
    let lines = span.as_range().take_while(fits).count();
    (span.start() + lines.max(1)).min(span.end())
}

/// Lines of a file of `of` lines.
fn lines_of(path: &RepoPath, span: Span, of: usize, bytes: &[u8]) -> Given {
    Given::Lines { path: path.clone(), span, of, text: read_aloud(bytes) }
}

fn is_below(path: &RepoPath, folder: &RepoPath) -> bool {
    let rest = path.as_str().strip_prefix(folder.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// As a model reads it.
fn read_aloud(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

fn ended(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// At most `most` bytes of a text, cut after a whole character.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
