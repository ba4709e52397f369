//! From what the user looks at to the pieces a model is shown, within a budget. What does not fit is
//! left out at line borders, and the pack says so; what must fit and does not is an error.

use super::outline::outline;
use super::pack::{Pack, Segment, Source, Trust};
use super::window;
use crate::change::Level;
use crate::model::Tokens;
use crate::text::{Lines, RepoPath, Span};

/// Most bytes of the list of files, at `repo`.
const MAX_LIST: usize = 1_500;

/// Most bytes of an outline.
const MAX_OUTLINE: usize = 1_500;

/// Most bytes before and after the cursor, at `complete`: what fast completion can afford.
const MAX_PREFIX: usize = 6_000;
const MAX_SUFFIX: usize = 2_000;

/// Bytes that a tag around a piece may take.
const TAG: usize = 160;

/// The file in the editor, as the turn saw it.
#[derive(Clone, Copy, Debug)]
pub struct Open<'a> {
    pub path: &'a RepoPath,
    pub text: &'a Lines,
    /// The selected lines. Needed at `selection`.
    pub selection: Option<Span>,
    /// The cursor, as a byte offset into `text`. Needed at `complete`.
    pub cursor: Option<usize>,
}

/// Another file, or lines of one, that may help.
#[derive(Clone, Debug)]
pub struct Excerpt {
    pub path: RepoPath,
    /// Which lines of the file `text` holds.
    pub span: Span,
    pub text: Lines,
    /// Is it all of the file? At `repo`, only whole files are offered for change.
    pub whole: bool,
    pub why: String,
}

/// What a turn is about.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub level: Level,
    /// What the user typed; ignored at `complete`.
    pub instruction: &'a str,
    pub open: Option<Open<'a>>,
    /// Best first.
    pub candidates: &'a [Excerpt],
    /// Names of the workspace's files, likeliest first; used at `repo`.
    pub files: &'a [RepoPath],
}

/// Why a pack cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DoesNotFit {
    #[error(
        "`{path}` weighs ~{needs} tokens and the request has room for {budget}; select the lines to change and ask at `selection`"
    )]
    File { path: RepoPath, needs: Tokens, budget: Tokens },
    #[error("the selection weighs ~{needs} tokens and the request has room for {budget}; select fewer lines")]
    Selection { needs: Tokens, budget: Tokens },
    #[error("the instruction weighs ~{needs} tokens and the request has room for {budget}; shorten it")]
    Instruction { needs: Tokens, budget: Tokens },
    #[error("no file is open; open one, or raise the slider to `repo`")]
    NoFile,
    #[error("nothing is selected; select lines, or raise the slider to `file`")]
    NoSelection,
}

/// The pieces of a request, of at most about `budget` tokens, in the order they are read: what helps
/// first, then the file, then the instruction.
///
/// # Errors
/// What must be shown does not fit, or there is nothing to show.
pub fn gather(request: &Request<'_>, budget: Tokens) -> Result<Pack, DoesNotFit> {
    let mut room = Room::new(budget);
    if request.level == Level::Complete {
        let open = request.open.ok_or(DoesNotFit::NoFile)?;
        return Ok(Pack::new(around_cursor(&open, &room)));
    }
    let said = Segment::new(Source::Instruction, "typed by the user", request.instruction, Trust::User);
    if !room.take(said.text.len()) {
        return Err(DoesNotFit::Instruction { needs: said.tokens, budget });
    }
    let mut segments = match request.level {
        Level::Repo => of_repo(request, &mut room),
        _ => {
            let open = request.open.ok_or(DoesNotFit::NoFile)?;
            let file = match request.level {
                Level::Selection => of_selection(&open, &mut room)?,
                _ => vec![of_file(&open, &mut room)?],
            };
            let mut all = excerpts(request.candidates, open.path, &mut room);
            all.extend(file);
            all
        }
    };
    segments.push(said);
    Ok(Pack::new(segments))
}

/// The pieces of a question, of at most about `budget` tokens: the excerpts, of which the best comes
/// last, nearest to the question, and the question. `excerpts` are best first.
///
/// # Errors
/// The question does not fit.
pub fn evidence(question: &str, excerpts: &[Excerpt], budget: Tokens) -> Result<Pack, DoesNotFit> {
    let mut room = Room::new(budget);
    let said = Segment::new(Source::Instruction, "typed by the user", question, Trust::User);
    if !room.take(said.text.len()) {
        return Err(DoesNotFit::Instruction { needs: said.tokens, budget });
    }
    let fitting = excerpts.iter().filter(|one| room.take(one.text.bytes().len()));
    let mut segments: Vec<Segment> = fitting.map(|one| excerpt(one, false)).collect();
    segments.reverse();
    segments.push(said);
    Ok(Pack::new(segments))
}

/// The bytes that are left.
struct Room {
    budget: Tokens,
    left: usize,
}

impl Room {
    fn new(budget: Tokens) -> Self {
        // The inverse of `Tokens::estimate`.
        let left = usize::try_from(budget.0.saturating_mul(7) / 2).unwrap_or(usize::MAX);
        Self { budget, left }
    }

    /// Takes room for a piece of `bytes` bytes and its tag, if there is room.
    fn take(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes.saturating_add(TAG));
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

fn of_file(open: &Open<'_>, room: &mut Room) -> Result<Segment, DoesNotFit> {
    let segment = lines_of(open, open.text.span(), "the open file");
    let (needs, budget) = (segment.tokens, room.budget);
    if room.take(segment.text.len()) {
        Ok(segment)
    } else {
        Err(DoesNotFit::File { path: open.path.clone(), needs, budget })
    }
}

/// The file in up to five pieces: what is left out, before, the selection, after, what is left out.
fn of_selection(open: &Open<'_>, room: &mut Room) -> Result<Vec<Segment>, DoesNotFit> {
    let span = open.selection.ok_or(DoesNotFit::NoSelection)?;
    let text = open.text;
    let span = Span::new(span.start().min(text.len()), span.end().min(text.len()));
    let whole = room.take(text.bytes().len() + 3 * TAG);
    let window = if whole { text.span() } else { part_around(open, span, room)? };
    let mut segments = Vec::new();
    if !whole {
        segments.extend(outline_of(open, window, room));
    }
    segments.extend(omission(open, Span::new(0, window.start())));
    segments.extend(lines_unless_none(open, Span::new(window.start(), span.start()), "above the selection"));
    let selected = decoded(text.slice(span));
    let source = Source::Selection { path: open.path.clone(), span };
    segments.push(Segment::new(source, "selected by the user", selected, Trust::Repository));
    segments.extend(lines_unless_none(open, Span::new(span.end(), window.end()), "below the selection"));
    segments.extend(omission(open, Span::new(window.end(), text.len())));
    Ok(segments)
}

/// As much around the selection as fits when an outline is to fit too.
fn part_around(open: &Open<'_>, span: Span, room: &mut Room) -> Result<Span, DoesNotFit> {
    let selected = open.text.slice(span).len();
    let spare = room.left.saturating_sub(5 * TAG);
    // The outline gives way before the selection does.
    let for_lines = spare.saturating_sub(MAX_OUTLINE).max(selected.min(spare));
    let Some(window) = window::around(span, open.text, for_lines) else {
        let needs = Tokens::estimate(&decoded(open.text.slice(span)));
        return Err(DoesNotFit::Selection { needs, budget: room.budget });
    };
    room.take(open.text.slice(window).len() + 4 * TAG);
    Ok(window)
}

fn outline_of(open: &Open<'_>, shown: Span, room: &mut Room) -> Option<Segment> {
    let text = outline(open.text, shown, MAX_OUTLINE.min(room.left.saturating_sub(TAG)));
    let source = Source::Outline { path: open.path.clone() };
    let why = "definitions in the lines left out";
    (!text.is_empty() && room.take(text.len())).then(|| Segment::new(source, why, text, Trust::Repository))
}

fn omission(open: &Open<'_>, span: Span) -> Option<Segment> {
    let source = Source::Omission { path: open.path.clone(), span };
    let what = if span.len() == 1 { "line" } else { "lines" };
    let text = format!("{what} {span} of {} omitted\n", open.text.len());
    (!span.is_empty()).then(|| Segment::new(source, "the file does not fit", text, Trust::Rein))
}

fn lines_unless_none(open: &Open<'_>, span: Span, why: &str) -> Option<Segment> {
    (!span.is_empty()).then(|| lines_of(open, span, why))
}

fn lines_of(open: &Open<'_>, span: Span, why: &str) -> Segment {
    let source = Source::File { path: open.path.clone(), span };
    Segment::new(source, why, decoded(open.text.slice(span)), Trust::Repository)
}

fn of_repo(request: &Request<'_>, room: &mut Room) -> Vec<Segment> {
    let list = file_list(request.files);
    room.take(list.len());
    let mut segments = vec![Segment::new(Source::FileList, "what there is", list, Trust::Repository)];
    let open = request.open.as_ref();
    if let Some(open) = open {
        match of_file(open, room) {
            Ok(segment) => segments.push(segment),
            Err(_) => segments.extend(omission(open, open.text.span())),
        }
    }
    let others = request.candidates.iter().filter(|other| open.is_none_or(|open| *open.path != other.path));
    for other in others {
        segments.push(candidate(other, room));
    }
    segments
}

/// A whole file, an excerpt, or word of what does not fit.
fn candidate(other: &Excerpt, room: &mut Room) -> Segment {
    if !room.take(other.text.bytes().len()) {
        let source = Source::Omission { path: other.path.clone(), span: other.span };
        let text = format!("{} does not fit and is omitted\n", other.path);
        return Segment::new(source, other.why.clone(), text, Trust::Rein);
    }
    excerpt(other, other.whole)
}

fn excerpt(other: &Excerpt, may_change: bool) -> Segment {
    let (path, span) = (other.path.clone(), other.span);
    let source = if may_change { Source::File { path, span } } else { Source::Excerpt { path, span } };
    Segment::new(source, other.why.clone(), decoded(other.text.bytes()), Trust::Repository)
}

/// Excerpts of other files, as far as they fit.
fn excerpts(candidates: &[Excerpt], open: &RepoPath, room: &mut Room) -> Vec<Segment> {
    let others = candidates.iter().filter(|other| other.path != *open);
    others.filter(|other| room.take(other.text.bytes().len())).map(|other| excerpt(other, false)).collect()
}

/// The names of files, one a line, as many as fit, and how many are not named.
fn file_list(files: &[RepoPath]) -> String {
    let mut list = String::new();
    for (at, file) in files.iter().enumerate() {
        if list.len() + file.as_str().len() + 1 > MAX_LIST {
            list.push_str(&format!("and {} more\n", files.len() - at));
            break;
        }
        list.push_str(file.as_str());
        list.push('\n');
    }
    list
}

fn around_cursor(open: &Open<'_>, room: &Room) -> Vec<Segment> {
    let bytes = open.text.bytes();
    let cursor = open.cursor.unwrap_or(0).min(bytes.len());
    let (before, after) = bytes.split_at(cursor);
    let room = room.left.saturating_sub(2 * TAG);
    let (most_before, most_after) = (MAX_PREFIX.min(room * 3 / 4), MAX_SUFFIX.min(room / 4));
    let start = before.len().saturating_sub(most_before);
    let prefix = if start == 0 { before } else { from_next_line(before.get(start..).unwrap_or_default()) };
    let end = after.len().min(most_after);
    let suffix = if end == after.len() { after } else { to_last_line(after.get(..end).unwrap_or_default()) };
    let path = open.path.clone();
    vec![
        Segment::new(
            Source::Prefix { path: path.clone() },
            "before the cursor",
            decoded(prefix),
            Trust::Repository,
        ),
        Segment::new(Source::Suffix { path }, "after the cursor", decoded(suffix), Trust::Repository),
    ]
}

/// Without the line that was cut; a single long line is kept as it is.
fn from_next_line(text: &[u8]) -> &[u8] {
    let newline = text.iter().position(|byte| *byte == b'\n');
    newline.and_then(|at| text.get(at + 1..)).filter(|rest| !rest.is_empty()).unwrap_or(text)
}

fn to_last_line(text: &[u8]) -> &[u8] {
    let newline = text.iter().rposition(|byte| *byte == b'\n');
    newline.and_then(|at| text.get(..=at)).unwrap_or(text)
}

/// As the model reads it: LF only, and U+FFFD for bytes that are not UTF-8. An edit is matched line
/// by line, and only its changed lines reach the file, so neither costs the file a byte.
fn decoded(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> RepoPath {
        RepoPath::parse(path).unwrap()
    }

    fn numbered(count: usize) -> Lines {
        Lines::new((1..=count).map(|n| format!("fn line_{n}() {{}}\n")).collect::<String>().into_bytes())
    }

    fn request<'a>(level: Level, open: Option<Open<'a>>) -> Request<'a> {
        Request { level, instruction: "make it so", open, candidates: &[], files: &[] }
    }

    fn sources(pack: &Pack) -> Vec<String> {
        pack.segments().iter().map(|segment| segment.source.to_string()).collect()
    }

    #[test]
    fn at_selection_a_file_that_fits_is_shown_whole_in_its_three_parts() {
        let (path, text) = (path("a.rs"), numbered(10));
        let open = Open { path: &path, text: &text, selection: Span::from_numbers(4, 5), cursor: None };
        let pack = gather(&request(Level::Selection, Some(open)), Tokens(4_000)).unwrap();
        assert_eq!(sources(&pack), ["a.rs 1-3", "a.rs 4-5, selected", "a.rs 6-10", "instruction"]);
        let shown: String = pack.segments()[..3].iter().map(|segment| segment.text.as_str()).collect();
        assert_eq!(shown.as_bytes(), text.bytes());
    }

    #[test]
    fn at_selection_a_long_file_is_cut_and_the_cut_is_said() {
        let (path, text) = (path("a.rs"), numbered(12_000));
        let open =
            Open { path: &path, text: &text, selection: Span::from_numbers(6_000, 6_001), cursor: None };
        let pack = gather(&request(Level::Selection, Some(open)), Tokens(2_000)).unwrap();
        assert!(pack.tokens() <= Tokens(2_000), "{}", pack.tokens());
        assert!(pack.tokens() >= Tokens(1_400), "{}", pack.tokens());
        let omitted: Vec<&str> = pack
            .segments()
            .iter()
            .filter(|s| matches!(s.source, Source::Omission { .. }))
            .map(|s| s.text.as_str())
            .collect();
        assert_eq!(omitted.len(), 2);
        assert!(
            omitted[0].starts_with("lines 1-58") && omitted[0].ends_with("of 12000 omitted\n"),
            "{omitted:?}"
        );
        assert!(sources(&pack)[0].ends_with("outline"));
    }

    #[test]
    fn what_must_fit_and_does_not_is_an_error_with_a_next_step() {
        let (path, text) = (path("a.rs"), numbered(12_000));
        let open = Open { path: &path, text: &text, selection: Some(text.span()), cursor: None };
        let error = gather(&request(Level::File, Some(open)), Tokens(2_000)).unwrap_err();
        assert!(error.to_string().contains("ask at `selection`"), "{error}");
        let error = gather(&request(Level::Selection, Some(open)), Tokens(2_000)).unwrap_err();
        assert!(matches!(error, DoesNotFit::Selection { .. }));
        assert_eq!(gather(&request(Level::File, None), Tokens(2_000)), Err(DoesNotFit::NoFile));
    }

    #[test]
    fn at_repo_files_are_listed_and_those_that_do_not_fit_are_named() {
        let names: Vec<RepoPath> = (0..900).map(|n| path(&format!("src/file_{n}.rs"))).collect();
        let whole = |name: &str, count| Excerpt {
            path: path(name),
            span: Span::new(0, count),
            text: numbered(count),
            whole: true,
            why: "named".into(),
        };
        let candidates = [whole("src/a.rs", 3), whole("src/big.rs", 5_000), whole("src/b.rs", 3)];
        let request = Request { candidates: &candidates, files: &names, ..request(Level::Repo, None) };
        let pack = gather(&request, Tokens(3_000)).unwrap();
        assert_eq!(
            sources(&pack),
            ["file list", "src/a.rs 1-3", "src/big.rs 1-5000, left out", "src/b.rs 1-3", "instruction"]
        );
        let list = &pack.segments()[0].text;
        assert!(list.len() < MAX_LIST + 30 && list.ends_with(" more\n"), "{list}");
    }

    #[test]
    fn at_complete_the_text_around_the_cursor_is_cut_at_lines() {
        let (path, text) = (path("a.rs"), numbered(2_000));
        let open = Open { path: &path, text: &text, selection: None, cursor: Some(20_005) };
        let pack = gather(&request(Level::Complete, Some(open)), Tokens(4_000)).unwrap();
        let [before, after] = pack.segments() else { panic!() };
        assert!(before.text.starts_with("fn line_") && before.text.len() <= MAX_PREFIX);
        assert!(after.text.ends_with("{}\n") && after.text.len() <= MAX_SUFFIX);
        let around = format!("{}{}", before.text, after.text);
        assert!(String::from_utf8_lossy(text.bytes()).contains(&around));
    }

    #[test]
    fn other_encodings_and_line_endings_are_shown_as_well_as_can_be() {
        let (path, text) = (path("a.txt"), Lines::new(&b"caf\xe9\r\nb\r\n"[..]));
        let open = Open { path: &path, text: &text, selection: None, cursor: None };
        let pack = gather(&request(Level::File, Some(open)), Tokens(100)).unwrap();
        assert_eq!(pack.segments()[0].text, "caf\u{fffd}\nb\n");
    }
}
