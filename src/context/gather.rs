//! From what the user looks at to the pieces a model is shown, within a budget. What does not fit is
//! left out at line borders, and the pack says so; what must fit and does not is an error.
//!
//! The order is fixed: what is the same from request to request comes first, so that a provider can keep
//! what it made of it; what was found follows, the best of it last; then what the user named, what may be
//! changed, and what is to be done.

use super::dedupe::{covered, shows};
use super::file::{around_cursor, named_file, of_file, of_selection, omission};
use super::pack::{Dropped, Pack, Segment, Source, Trust};
use super::room::Room;
use super::visible::{hidden, visible};
use super::wishes::Wishes;
use crate::change::Level;
use crate::model::Tokens;
use crate::text::{Lines, RepoPath, Span};

/// Most bytes of the list of files, at `repo`.
const MAX_LIST: usize = 1_500;

/// Of a piece that does not fit, its first lines are shown if at least so many of them fit.
const HEAD: usize = 8;

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

impl Excerpt {
    /// As a piece: of a file that may be changed if `may_change`, else to be read, with what is hidden in
    /// it written out.
    pub fn piece(&self, may_change: bool) -> Segment {
        let (path, span) = (self.path.clone(), self.span);
        let text = decoded(self.text.bytes());
        if may_change {
            return Segment::new(Source::File { path, span }, self.why.clone(), text, Trust::Repository);
        }
        Segment::new(Source::Excerpt { path, span }, self.why.clone(), visible(&text), Trust::Repository)
    }
}

/// What a turn is about.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub level: Level,
    /// What the user typed; ignored at `complete`.
    pub instruction: &'a str,
    pub open: Option<Open<'a>>,
    /// What holds for every request of the session: rules.
    pub steady: &'a [Segment],
    /// What the user pinned, then what the instruction names.
    pub named: &'a [Segment],
    /// What was found, best first.
    pub candidates: &'a [Excerpt],
    /// Names of the workspace's files, likeliest first; used at `repo`.
    pub files: &'a [RepoPath],
    pub wishes: &'a Wishes,
}

impl<'a> Request<'a> {
    /// One about the open file and nothing else.
    pub fn new(level: Level, instruction: &'a str, open: Option<Open<'a>>) -> Self {
        const NONE: &Wishes = &Wishes::NONE;
        let (steady, named, candidates, files) = (&[][..], &[][..], &[][..], &[][..]);
        Self { level, instruction, open, steady, named, candidates, files, wishes: NONE }
    }
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

/// The pieces of a request, of at most `budget` tokens by estimate once they are put into words.
///
/// # Errors
/// What must be shown does not fit, or there is nothing to show.
pub fn gather(request: &Request<'_>, budget: Tokens) -> Result<Pack, DoesNotFit> {
    let mut room = Room::new(budget);
    if request.level == Level::Complete {
        let open = request.open.ok_or(DoesNotFit::NoFile)?;
        return Ok(Pack::new(around_cursor(&open, &room)));
    }
    let said = instruction(request.instruction, &mut room)?;
    let (core, left_out) = core(request, &mut room)?;
    let mut fitting = Fitting { room, wishes: request.wishes, taken: core, dropped: left_out };
    // Room goes to what was named before it goes to what was found; they are read in another order.
    let named = fitting.all(request.named.iter().cloned());
    let steady = fitting.all(request.steady.iter().cloned());
    let list = fitting.list(request);
    let mut found = fitting.found(request);
    found.reverse();
    let Fitting { taken: core, dropped, .. } = fitting;
    let (diagnostics, named): (Vec<_>, Vec<_>) =
        named.into_iter().partition(|piece| piece.source == Source::Diagnostics);
    let notes = deceptive(core.iter().chain(&found).chain(&named));
    let parts = [steady, list, found, named, core, diagnostics, vec![said]];
    let evicted = evictions(request.wishes, &dropped);
    Ok(Pack::new(parts.into_iter().flatten().collect()).with_notes(notes).dropping(dropped).dropping(evicted))
}

/// What was evicted and so not even looked for.
fn evictions(wishes: &Wishes, dropped: &[Dropped]) -> Vec<Dropped> {
    let unsaid = wishes.evicted().iter().filter(|what| dropped.iter().all(|one| one.what != **what));
    unsaid.map(|what| Dropped::new(what.as_str(), Tokens(0), "evicted by you")).collect()
}

/// The pieces of a question, of at most `budget` tokens by estimate: what holds for all of them, the
/// excerpts, of which the best comes last, what was named, and the question. `excerpts` are best first.
///
/// # Errors
/// The question does not fit.
pub fn evidence(question: &str, excerpts: &[Excerpt], budget: Tokens) -> Result<Pack, DoesNotFit> {
    evidence_with(question, excerpts, &[], &Wishes::NONE, budget)
}

/// As [`evidence`], with what the user pinned and named.
///
/// # Errors
/// As there.
pub fn evidence_with(
    question: &str,
    excerpts: &[Excerpt],
    named: &[Segment],
    wishes: &Wishes,
    budget: Tokens,
) -> Result<Pack, DoesNotFit> {
    let mut room = Room::new(budget);
    let said = instruction(question, &mut room)?;
    let mut fitting = Fitting { room, wishes, taken: Vec::new(), dropped: Vec::new() };
    let named = fitting.all(named.iter().cloned());
    fitting.taken.clone_from(&named);
    // A quote is compared with the file to the byte, so nothing of these is written out otherwise.
    let plain = |one: &Excerpt| {
        let (path, span) = (one.path.clone(), one.span);
        Segment::new(
            Source::Excerpt { path, span },
            one.why.clone(),
            decoded(one.text.bytes()),
            Trust::Repository,
        )
    };
    let mut found = fitting.all(excerpts.iter().map(plain));
    found.reverse();
    let segments = found.into_iter().chain(named).chain([said]).collect();
    let evicted = evictions(wishes, &fitting.dropped);
    Ok(Pack::new(segments).dropping(fitting.dropped).dropping(evicted))
}

fn instruction(text: &str, room: &mut Room) -> Result<Segment, DoesNotFit> {
    let said = Segment::new(Source::Instruction, "typed by the user", text, Trust::User);
    let (needs, budget) = (said.tokens, room.budget());
    if room.take(&said) { Ok(said) } else { Err(DoesNotFit::Instruction { needs, budget }) }
}

/// What the request is about.
fn core(request: &Request<'_>, room: &mut Room) -> Result<(Vec<Segment>, Vec<Dropped>), DoesNotFit> {
    let nothing = Ok((Vec::new(), Vec::new()));
    match (request.level, &request.open) {
        (Level::Selection, Some(open)) => of_selection(open, room),
        (Level::Repo, None) => nothing,
        (Level::Repo, Some(open)) if request.wishes.evicts_file(open.path.as_str()) => nothing,
        (Level::Repo, Some(open)) => {
            let piece = named_file(open);
            Ok(match room.take(&piece) {
                true => (vec![piece], Vec::new()),
                false => {
                    let said = omission(open, open.text.span()).filter(|said| room.take(said));
                    (said.into_iter().collect(), vec![Dropped::piece(&piece, "the open file does not fit")])
                }
            })
        }
        (_, Some(open)) => Ok((vec![of_file(open, room)?], Vec::new())),
        (_, None) => Err(DoesNotFit::NoFile),
    }
}

/// Pieces as they find room.
struct Fitting<'a> {
    room: Room,
    wishes: &'a Wishes,
    /// What is in the request already: lines are not shown twice.
    taken: Vec<Segment>,
    dropped: Vec<Dropped>,
}

impl Fitting<'_> {
    fn all(&mut self, pieces: impl Iterator<Item = Segment>) -> Vec<Segment> {
        let mut fitting: Vec<Segment> = Vec::new();
        for piece in pieces {
            let before = fitting.iter().chain(&self.taken);
            if covered(&piece, before) {
                continue;
            }
            fitting.extend(self.one(piece));
        }
        fitting
    }

    /// The piece, or its first lines, or nothing and word of it.
    fn one(&mut self, piece: Segment) -> Option<Segment> {
        if self.wishes.evicts(&piece.source) {
            self.dropped.push(Dropped::piece(&piece, "evicted by you"));
            return None;
        }
        if self.room.take(&piece) {
            return Some(piece);
        }
        let head = head(&piece, self.room.left_for(&piece)).filter(|head| self.room.take(head));
        let why = match &head {
            Some(head) => format!("does not fit; its first {} lines are there", head.text.lines().count()),
            None => format!("does not fit: ~{} tokens are left", self.room.left()),
        };
        self.dropped.push(Dropped::piece(&piece, why));
        head
    }

    /// The names of files, as many as fit.
    fn list(&mut self, request: &Request<'_>) -> Vec<Segment> {
        if request.level != Level::Repo {
            return Vec::new();
        }
        let piece = |text| Segment::new(Source::FileList, "what there is", text, Trust::Repository);
        let room = self.room.left_for(&piece(String::new()));
        let piece = piece(file_list(request.files, MAX_LIST.min(room)));
        self.one(piece).into_iter().collect()
    }

    /// What was found, best first.
    fn found(&mut self, request: &Request<'_>) -> Vec<Segment> {
        let open = request.open.as_ref().map(|open| open.path);
        let mut found: Vec<Segment> = Vec::new();
        for candidate in request.candidates.iter().filter(|other| Some(&other.path) != open) {
            let whole = request.level == Level::Repo && candidate.whole;
            let piece = candidate.piece(whole);
            if covered(&piece, request.named.iter().chain(&found)) {
                continue;
            }
            if self.wishes.evicts(&piece.source) {
                self.dropped.push(Dropped::piece(&piece, "evicted by you"));
            } else if self.room.take(&piece) {
                found.push(piece);
            } else {
                let left = self.room.left();
                self.dropped.push(Dropped::piece(&piece, format!("does not fit: ~{left} tokens are left")));
                // A file that should have come whole is named: the model must not guess at it.
                found.extend(whole.then(|| missing(candidate)).filter(|said| self.room.take(said)));
            }
        }
        found
    }
}

/// Word of a file that does not fit.
fn missing(other: &Excerpt) -> Segment {
    let source = Source::Omission { path: other.path.clone(), span: other.span };
    let text = format!("{} does not fit and is omitted\n", other.path);
    Segment::new(source, other.why.clone(), text, Trust::Rein)
}

/// The first lines of a piece that is only read, of at most `room` bytes.
fn head(piece: &Segment, room: usize) -> Option<Segment> {
    if !shows(&piece.source) {
        return None;
    }
    let mut end = 0;
    let mut lines = 0;
    for line in piece.text.split_inclusive('\n') {
        if end + line.len() > room {
            break;
        }
        end += line.len();
        lines += 1;
    }
    let source = match &piece.source {
        Source::Excerpt { path, span } => {
            let end = (span.start() + lines).min(span.end());
            Source::Excerpt { path: path.clone(), span: Span::new(span.start(), end) }
        }
        other => other.clone(),
    };
    let text = piece.text.get(..end)?;
    (lines >= HEAD).then(|| Segment::new(source, piece.why.clone(), text, piece.trust))
}

/// The names of files, one a line, as many as fit, and how many are not named.
fn file_list(files: &[RepoPath], max: usize) -> String {
    /// Room for `and … more`.
    const MORE: usize = 30;
    let mut list = String::new();
    for (at, file) in files.iter().enumerate() {
        if list.len() + file.as_str().len() + 1 + MORE > max {
            list.push_str(&format!("and {} more\n", files.len() - at));
            break;
        }
        list.push_str(file.as_str());
        list.push('\n');
    }
    list
}

/// Files that hold characters which a person does not see and the model reads.
fn deceptive<'a>(pieces: impl Iterator<Item = &'a Segment>) -> Vec<String> {
    let note = |piece: &Segment| {
        let count = hidden(&piece.text);
        let path = piece.source.place().0?;
        (count > 0).then(|| format!("{path} holds {count} hidden character(s), which the model reads"))
    };
    pieces.filter_map(note).collect()
}

/// As the model reads it: LF only, and U+FFFD for bytes that are not UTF-8. An edit is matched line
/// by line, and only its changed lines reach the file, so neither costs the file a byte.
pub(super) fn decoded(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::super::file::{MAX_PREFIX, MAX_SUFFIX};
    use super::*;

    fn path(path: &str) -> RepoPath {
        RepoPath::parse(path).unwrap()
    }

    fn numbered(count: usize) -> Lines {
        Lines::new((1..=count).map(|n| format!("fn line_{n}() {{}}\n")).collect::<String>().into_bytes())
    }

    fn request<'a>(level: Level, open: Option<Open<'a>>) -> Request<'a> {
        Request::new(level, "make it so", open)
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
        let candidates = [whole("src/a.rs", 3), whole("src/big.rs", 5_000), whole("src/b.rs", 4)];
        let request = Request { candidates: &candidates, files: &names, ..request(Level::Repo, None) };
        let pack = gather(&request, Tokens(3_000)).unwrap();
        assert_eq!(
            sources(&pack),
            ["file list", "src/b.rs 1-4", "src/big.rs 1-5000, left out", "src/a.rs 1-3", "instruction"],
            "the best comes last"
        );
        let dropped: Vec<&str> = pack.dropped().iter().map(|one| one.what.as_str()).collect();
        assert_eq!(dropped, ["src/big.rs"]);
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

    fn excerpt(name: &str, start: usize, count: usize, why: &str) -> Excerpt {
        let text = numbered(count);
        Excerpt {
            path: path(name),
            span: Span::new(start, start + count),
            text,
            whole: false,
            why: why.into(),
        }
    }

    fn rules(text: &str) -> Segment {
        Segment::new(Source::Rules { path: path("AGENTS.md") }, "rules", text, Trust::Repository)
    }

    #[test]
    fn what_is_steady_comes_first_and_what_matters_most_comes_last() {
        let (file, text) = (path("a.rs"), numbered(3));
        let open = Open { path: &file, text: &text, selection: None, cursor: None };
        let named = [
            excerpt("pinned.rs", 0, 2, "pinned by you").piece(false),
            Segment::new(Source::Diagnostics, "named", "a.rs:1:1: x\n", Trust::Repository),
            Segment::new(Source::Diff, "named", "+x\n", Trust::Repository),
        ];
        let request = Request {
            steady: &[rules("Use tabs.\n")],
            named: &named,
            candidates: &[excerpt("best.rs", 0, 2, "best"), excerpt("good.rs", 4, 2, "good")],
            ..request(Level::File, Some(open))
        };
        let pack = gather(&request, Tokens(4_000)).unwrap();
        let expected = [
            "AGENTS.md, rules",
            "good.rs 5-6, excerpt",
            "best.rs 1-2, excerpt",
            "pinned.rs 1-2, excerpt",
            "diff",
            "a.rs 1-3",
            "diagnostics",
            "instruction",
        ];
        assert_eq!(sources(&pack), expected);
        assert!(pack.dropped().is_empty());
    }

    #[test]
    fn lines_are_shown_once_and_what_was_named_goes_before_what_was_found() {
        let (file, text) = (path("a.rs"), numbered(9));
        let open = Open { path: &file, text: &text, selection: None, cursor: None };
        let named =
            [excerpt("b.rs", 0, 9, "named").piece(false), excerpt("a.rs", 1, 2, "named").piece(false)];
        let candidates = [excerpt("b.rs", 2, 3, "found"), excerpt("c.rs", 0, 200, "found")];
        let request = Request { named: &named, candidates: &candidates, ..request(Level::File, Some(open)) };
        let pack = gather(&request, Tokens(400)).unwrap();
        assert_eq!(sources(&pack), ["b.rs 1-9, excerpt", "a.rs 1-9", "instruction"]);
        let dropped = &pack.dropped()[0];
        assert_eq!((dropped.what.as_str(), dropped.span), ("c.rs", Some(Span::new(0, 200))));
        assert!(dropped.why.starts_with("does not fit: ~"), "{}", dropped.why);
    }

    #[test]
    fn what_is_evicted_stays_out_and_is_said_and_what_is_asked_about_stays() {
        let (file, text) = (path("a.rs"), numbered(3));
        let open = Open { path: &file, text: &text, selection: None, cursor: None };
        let mut wishes = Wishes::default();
        ["b.rs", "rules", "a.rs", "gone.rs"].into_iter().for_each(|what| wishes.evict(what));
        let request = Request {
            steady: &[rules("Use tabs.\n")],
            candidates: &[excerpt("b.rs", 0, 2, "found")],
            wishes: &wishes,
            ..request(Level::File, Some(open))
        };
        let pack = gather(&request, Tokens(4_000)).unwrap();
        assert_eq!(sources(&pack), ["a.rs 1-3", "instruction"]);
        let dropped: Vec<&str> = pack.dropped().iter().map(|one| one.what.as_str()).collect();
        assert_eq!(dropped, ["AGENTS.md", "b.rs", "rules", "a.rs", "gone.rs"]);
        let at_repo = Request { level: Level::Repo, ..request };
        assert_eq!(sources(&gather(&at_repo, Tokens(4_000)).unwrap()), ["file list", "instruction"]);
    }

    #[test]
    fn of_what_is_only_read_the_first_lines_are_shown_where_not_all_of_it_fits() {
        let (file, text) = (path("a.rs"), numbered(3));
        let open = Open { path: &file, text: &text, selection: None, cursor: None };
        let named = [excerpt("long.rs", 10, 900, "named").piece(false)];
        let request = Request { named: &named, ..request(Level::File, Some(open)) };
        let pack = gather(&request, Tokens(900)).unwrap();
        let [long, ..] = pack.segments() else { panic!() };
        let lines = long.text.lines().count();
        assert!((100..200).contains(&lines) && long.source.to_string().starts_with("long.rs 11-"), "{lines}");
        assert_eq!(pack.dropped()[0].why, format!("does not fit; its first {lines} lines are there"));
    }

    #[test]
    fn hidden_characters_are_written_out_where_they_are_only_read_and_counted_where_they_may_change() {
        let (file, text) = (path("a.rs"), Lines::from("let a\u{202e} = 1;\n"));
        let open = Open { path: &file, text: &text, selection: None, cursor: None };
        let hidden = Excerpt { text: text.clone(), span: Span::new(0, 1), ..excerpt("b.rs", 0, 1, "found") };
        let request = Request { candidates: &[hidden], ..request(Level::File, Some(open)) };
        let pack = gather(&request, Tokens(900)).unwrap();
        assert_eq!(pack.segments()[0].text, "let a‹U+202E› = 1;\n");
        assert_eq!(pack.segments()[1].text.as_bytes(), text.bytes());
        assert_eq!(pack.notes(), ["a.rs holds 1 hidden character(s), which the model reads"]);
    }
}
