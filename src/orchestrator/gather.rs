//! Reads what a request needs and packs it. What is open on screen is taken as it stands there, the
//! rest from disk; which files matter is `context`'s to say, by the index where it is ready in time
//! and by their words where it is not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::embedding::{Asked, Near};
use super::named::{About, Named, named};
use super::page::Pages;
use super::rules::rules;
use super::shelf::{Desk, NotReady, Patience};
use crate::change::{Base, Level};
use crate::context::{self, Dropped, Excerpt, Open, Request, Segment, Source, Trust};
use crate::index::{Drawn, Index, excerpts_near};
use crate::model::{Ratio, Tokens};
use crate::session::{GatherError, Gathered, Instruct};
use crate::text::diagnostic::Severity;
use crate::text::{Lines, RepoPath, Span};
use crate::workspace::{ReadError, Workspace};

/// Most files whose text goes into a request at `repo`.
const FILES: usize = 8;

/// A file larger than this is no candidate, in bytes.
const LARGE: usize = 96 * 1024;

/// Most bytes that are looked through for the instruction's words.
const LOOKED_THROUGH: usize = 24 * 1024 * 1024;

/// Most tokens of excerpts beside the file that is to change, at `selection` and `file`: what helps is
/// among the first few, and a first request stays small.
const BESIDE: Tokens = Tokens(900);

/// Most tokens of excerpts that are looked through for files, at `repo`.
const ABOUT: Tokens = Tokens(8_000);

/// Fewest tokens that a request at `repo` has room for to begin with a map: eight of it.
const ROOM_FOR_MAP: Tokens = Tokens(8_000);

/// How long a request for edits waits for the index at `selection` and `file`, where excerpts help, and
/// at `repo`, where looking through all files takes as long.
const BRIEFLY: Patience = Patience { known: Duration::from_millis(40), new: Duration::from_millis(20) };
const LOOKED_AT: Patience = Patience { known: Duration::from_secs(20), new: Duration::from_secs(120) };
const AT_REPO: Patience = Patience { known: Duration::from_millis(250), new: Duration::from_millis(20) };

/// Nothing was fetched.
const NO_PAGES: &Pages = &Pages::new();

/// Where a request's texts come from, and how they are weighed.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    pub workspace: &'a Workspace,
    pub desk: Option<&'a Desk>,
    /// Asks for what is near in meaning.
    pub asked: Option<&'a Asked>,
    /// What was fetched for the request with the user's consent.
    pub pages: &'a Pages,
    /// Of the model that will be asked.
    pub ratio: Ratio,
    /// Nobody waits for the request to leave: it is looked at, and shall show what it would hold once the
    /// index is ready.
    pub looked_at: bool,
}

impl<'a> Ground<'a> {
    /// The project and its index, and nothing else.
    pub fn plain(workspace: &'a Workspace, desk: Option<&'a Desk>) -> Self {
        Self { workspace, desk, asked: None, pages: NO_PAGES, ratio: Ratio::default(), looked_at: false }
    }
}

/// The pack for an instruction, of at most about `budget` tokens, and what was read for it. Blocking;
/// ends early, with what it has, when `stop` says so.
pub fn pack(
    ground: &Ground<'_>,
    instruct: &Instruct,
    budget: Tokens,
    stop: &dyn Fn() -> bool,
) -> Result<Gathered, GatherError> {
    let (workspace, room) = (ground.workspace, ground.ratio.back(budget));
    let with_map = wants_map(instruct, room);
    // It is made beside the search for what else the request needs.
    ground.desk.filter(|_| with_map).into_iter().for_each(Desk::begin_map);
    let mut read = BTreeMap::new();
    let text = match &instruct.focus.file {
        Some(path) => {
            let base = as_seen(workspace, &instruct.open, path)?;
            let text = base.text.clone().unwrap_or_else(|| Lines::from(""));
            within(path, &text, instruct)?;
            read.insert(path.clone(), base);
            Some((path, text))
        }
        None => None,
    };
    let open =
        text.as_ref().map(|(path, text)| Open { path, text, selection: instruct.focus.lines, cursor: None });
    let (file, wants, may_change) =
        (instruct.focus.file.as_ref(), &instruct.wants, instruct.level == Level::Repo);
    let mut steady = rules(ground, &instruct.open, file, wants);
    let Named { pieces, files: named_files, mut notes, dropped } =
        named(&About { ground, open: &instruct.open, file, wants, may_change, stop });
    let mut left_out = dropped;
    let (files, candidates) = match instruct.level {
        Level::Repo => survey(ground, instruct, stop, &mut notes, &mut left_out),
        Level::Selection | Level::File => (Vec::new(), beside(ground, instruct, stop, &mut notes)),
        Level::Complete => Default::default(),
    };
    if with_map {
        steady.extend(map(ground, stop, &mut notes));
    }
    let request = Request {
        steady: &steady,
        named: &pieces,
        candidates: &candidates,
        files: &files,
        wishes: &wants.wishes,
        ..Request::new(instruct.level, &instruct.text, open)
    };
    let pack = context::gather(&request, room)?;
    notes.extend(pack.notes().iter().cloned());
    let pack = pack.with_notes(notes).dropping(left_out).weighed(ground.ratio);
    // Part of a file is no base for an edit.
    let whole = candidates.into_iter().filter(|excerpt| excerpt.whole).map(|one| (one.path, one.text));
    for (path, text) in whole.chain(named_files) {
        let base = Base { path: path.clone(), text: Some(text) };
        read.entry(path).or_insert(base);
    }
    Ok(Gathered { pack, read })
}

/// Does the request begin with a map of the project?
fn wants_map(instruct: &Instruct, room: Tokens) -> bool {
    instruct.level == Level::Repo && room >= ROOM_FOR_MAP && !instruct.wants.wishes.evicts_kind("map")
}

/// The map of the project; without it the request goes where it is not ready in time, and says so.
fn map(ground: &Ground<'_>, stop: &dyn Fn() -> bool, notes: &mut Vec<String>) -> Option<Segment> {
    let patience = if ground.looked_at { LOOKED_AT } else { AT_REPO };
    match ground.desk?.map(patience, stop) {
        Ok(map) if map.is_empty() => None,
        Ok(map) => Some(Segment::new(Source::Map, map.why(), map.text.clone(), Trust::Repository)),
        Err(NotReady::Stopped) => None,
        Err(why) => {
            notes.push(format!("without the map: {why}"));
            None
        }
    }
}

/// Lines that were selected by number must be there.
fn within(path: &RepoPath, text: &Lines, instruct: &Instruct) -> Result<(), GatherError> {
    let (lines, first) = (text.len(), instruct.focus.lines.map_or(0, Span::start));
    if first == 0 || first <= lines {
        return Ok(());
    }
    Err(GatherError::NoSuchLines { path: path.clone(), lines, first: first + 1 })
}

/// A file's text as the user sees it, if there is one that can be read.
pub fn on_screen(workspace: &Workspace, open: &BTreeMap<RepoPath, Lines>, path: &RepoPath) -> Option<Lines> {
    as_seen(workspace, open, path).ok()?.text
}

/// A file as the user sees it.
fn as_seen(
    workspace: &Workspace,
    open: &BTreeMap<RepoPath, Lines>,
    path: &RepoPath,
) -> Result<Base, ReadError> {
    if let Some(text) = open.get(path) {
        return Ok(Base { path: path.clone(), text: Some(text.clone()) });
    }
    Ok(match workspace.read(path)? {
        Some(file) => Base { path: file.path, text: Some(file.lines) },
        None => Base { path: path.clone(), text: None },
    })
}

/// Excerpts of other files that the instruction is about.
fn beside(
    ground: &Ground<'_>,
    instruct: &Instruct,
    stop: &dyn Fn() -> bool,
    notes: &mut Vec<String>,
) -> Vec<Excerpt> {
    let drawn = draw(ground, instruct, BESIDE, stop, notes).unwrap_or_default();
    drawn.into_iter().map(|one| one.excerpt).collect()
}

/// What the index has for the instruction, with open buffers as they stand on screen; `None` where there
/// is none to ask.
fn draw(
    ground: &Ground<'_>,
    instruct: &Instruct,
    budget: Tokens,
    stop: &dyn Fn() -> bool,
    notes: &mut Vec<String>,
) -> Option<Vec<Drawn>> {
    let file = instruct.focus.file.as_ref();
    let wishes = &instruct.wants.wishes;
    let patience = match instruct.level {
        _ if ground.looked_at => LOOKED_AT,
        Level::Repo => AT_REPO,
        _ => BRIEFLY,
    };
    let skip = |path: &RepoPath| Some(path) == file || wishes.evicts_file(path.as_str());
    let desk = ground.desk?;
    // Until the vector is there the index is not to go away to be brought up to date.
    let _hurry = ground.asked.map(|_| desk.hurry());
    let mut near = near(ground.asked, desk, Some(patience), stop, notes);
    let mut said = None;
    let ask = |index: &Index| {
        let found = near.as_mut().map(|near| near.hits(index));
        let (near, note) = found.unzip();
        said = note;
        excerpts_near(&index.under(&instruct.open), &instruct.text, near.unwrap_or_default(), budget, &skip)
    };
    let asked = desk.ask_soon(patience, stop, ask);
    notes.extend(said);
    match asked {
        Ok((drawn, early)) => {
            let as_of =
                "excerpts are of the index as of its last use; what changed since is not searched yet";
            notes.extend(early.then(|| as_of.to_owned()));
            Some(drawn)
        }
        Err(NotReady::Stopped) => None,
        Err(why) => {
            notes.push(format!("without excerpts: {why}"));
            None
        }
    }
}

/// What is near in meaning, where a request asks for it; why not is noted.
pub(super) fn near(
    asked: Option<&Asked>,
    desk: &Desk,
    patience: Option<Patience>,
    stop: &dyn Fn() -> bool,
    notes: &mut Vec<String>,
) -> Option<Near> {
    match asked?.near(desk, patience, stop) {
        Ok(near) => Some(near),
        Err(why) => {
            notes.push(why);
            None
        }
    }
}

/// The workspace's files, likeliest first, and the texts of those the instruction seems to be about:
/// first those that it names, then those that the index finds or, where it is not ready, those that
/// mention its words most.
fn survey(
    ground: &Ground<'_>,
    instruct: &Instruct,
    stop: &dyn Fn() -> bool,
    notes: &mut Vec<String>,
    dropped: &mut Vec<Dropped>,
) -> (Vec<RepoPath>, Vec<Excerpt>) {
    let workspace = ground.workspace;
    let all = workspace.files(stop);
    let ranked = context::rank(&instruct.text, &all, instruct.focus.file.as_ref());
    let ranked = faulty_first(instruct, ranked);
    let mut chosen: Vec<Excerpt> = Vec::new();
    for (path, why) in ranked.iter().take(FILES) {
        match candidate(workspace, instruct, path, why.clone()) {
            Ok(excerpt) => chosen.push(excerpt),
            Err(why) => dropped.push(Dropped::file(path, why)),
        }
    }
    if chosen.len() < FILES {
        let known: BTreeSet<&RepoPath> = ranked.iter().take(FILES).map(|(path, _)| path).collect();
        let others = all.iter().filter(|path| !known.contains(path));
        let room = FILES - chosen.len();
        let found = match draw(ground, instruct, ABOUT, stop, notes) {
            Some(drawn) => found(workspace, instruct, &drawn, &known),
            None => mentioning(workspace, instruct, others, stop),
        };
        chosen.extend(found.into_iter().take(room));
    }
    let first: BTreeSet<&RepoPath> = ranked.iter().map(|(path, _)| path).collect();
    let rest = all.iter().filter(|path| !first.contains(path)).cloned();
    let files = ranked.iter().map(|(path, _)| path.clone()).chain(rest).collect();
    (files, chosen)
}

/// Files in which a check that is told of found errors come before those that are named by a word.
fn faulty_first(instruct: &Instruct, ranked: Vec<(RepoPath, String)>) -> Vec<(RepoPath, String)> {
    let mut first: Vec<(RepoPath, String)> = Vec::new();
    let wishes = &instruct.wants.wishes;
    let told = instruct.wants.told.as_ref().filter(|_| !wishes.evicts(&Source::Diagnostics));
    let report = told.map(|told| &told.report);
    let errors = report.iter().flat_map(|report| report.all()).filter(|one| one.severity == Severity::Error);
    for one in errors {
        if first.len() < FILES / 2 && instruct.focus.file.as_ref() != Some(&one.path) {
            let known = first.iter().any(|(path, _)| *path == one.path);
            first.extend((!known).then(|| (one.path.clone(), "has errors, by what was told".to_owned())));
        }
    }
    let others = ranked.into_iter().filter(|(path, _)| !first.iter().any(|(known, _)| known == path));
    let others: Vec<_> = others.collect();
    first.into_iter().chain(others).collect()
}

/// The files that the index has excerpts of, best first: at `repo` a file that may change is shown whole.
fn found(
    workspace: &Workspace,
    instruct: &Instruct,
    drawn: &[Drawn],
    known: &BTreeSet<&RepoPath>,
) -> Vec<Excerpt> {
    let mut taken = BTreeSet::new();
    let fresh = |path: &RepoPath| !known.contains(path) && instruct.focus.file.as_ref() != Some(path);
    let files = drawn.iter().map(|one| &one.excerpt);
    let files = files.filter(|excerpt| fresh(&excerpt.path) && taken.insert(&excerpt.path));
    files
        .filter_map(|excerpt| candidate(workspace, instruct, &excerpt.path, excerpt.why.clone()).ok())
        .collect()
}

/// A whole file, or why it stays out.
fn candidate(
    workspace: &Workspace,
    instruct: &Instruct,
    path: &RepoPath,
    why: String,
) -> Result<Excerpt, String> {
    let base = as_seen(workspace, &instruct.open, path).map_err(|why| why.to_string())?;
    let text = base.text.ok_or("there is no such file any more")?;
    if context::is_secret(&base.path) || context::holds_key(text.bytes()) {
        return Err("may hold secrets: nothing of it is sent".into());
    }
    if text.bytes().len() > LARGE {
        return Err(format!("larger than {} kB; open it, or name lines of it", LARGE / 1024));
    }
    // A link is read under the name of the file it leads to, which is the one that would change.
    Ok(Excerpt { path: base.path, span: Span::new(0, text.len()), text, whole: true, why })
}

/// Files that mention the instruction's words, most mentions first.
fn mentioning<'a>(
    workspace: &Workspace,
    instruct: &Instruct,
    files: impl Iterator<Item = &'a RepoPath>,
    stop: &dyn Fn() -> bool,
) -> Vec<Excerpt> {
    let words = context::words(&instruct.text);
    if words.is_empty() {
        return Vec::new();
    }
    let mut budget = LOOKED_THROUGH;
    let mut found: Vec<(usize, Excerpt)> = Vec::new();
    for path in files {
        if stop() || budget == 0 {
            break;
        }
        let Ok(excerpt) = candidate(workspace, instruct, path, String::new()) else { continue };
        budget = budget.saturating_sub(excerpt.text.bytes().len());
        let count = context::mentions(&String::from_utf8_lossy(excerpt.text.bytes()), &words);
        if count > 0 {
            let why = format!("mentions the instruction's words {count} time(s)");
            found.push((count, Excerpt { why, ..excerpt }));
        }
    }
    found.sort_by(|(a, left), (b, right)| b.cmp(a).then_with(|| left.path.cmp(&right.path)));
    found.into_iter().map(|(_, excerpt)| excerpt).collect()
}
