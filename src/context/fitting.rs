//! Finding room for the pieces of a request: which of them are there already, which fit, which are cut at
//! a line, and which are left out and said to be.

use super::dedupe::{covered, shows};
use super::pack::{Dropped, Pack, Segment, Source, Trust};
use super::request::{Excerpt, Request};
use super::room::Room;
use super::transcript::Transcript;
use super::wishes::Wishes;
use crate::change::Level;
use crate::model::Tokens;
use crate::text::{RepoPath, Span};

/// Most bytes of the list of files, at `repo`.
pub(super) const MAX_LIST: usize = 1_500;

/// Of a piece that does not fit, its first lines are shown if at least so many of them fit.
const HEAD: usize = 8;

/// Why a piece is not shown whose lines the request shows already.
const TWICE: &str = "its lines are in the request already";

/// Pieces as they find room.
pub(super) struct Fitting<'a> {
    pub room: Room,
    pub wishes: &'a Wishes,
    /// What the conversation holds already.
    pub above: &'a Transcript,
    /// What is in the request already: lines are not shown twice.
    pub taken: Vec<Segment>,
    pub dropped: Vec<Dropped>,
}

impl<'a> Fitting<'a> {
    pub fn new(room: Room, wishes: &'a Wishes, above: &'a Transcript) -> Self {
        Self { room, wishes, above, taken: Vec::new(), dropped: Vec::new() }
    }

    /// Those that fit, and those that need no room.
    pub fn all(&mut self, pieces: impl Iterator<Item = Segment>) -> Vec<Segment> {
        let mut fitting: Vec<Segment> = Vec::new();
        for piece in pieces {
            if covered(&piece, fitting.iter().chain(&self.taken)) {
                self.dropped.push(Dropped::piece(&piece, TWICE));
                continue;
            }
            let piece = self.above.place(piece);
            fitting.extend(self.one(piece));
        }
        fitting
    }

    /// The request, of these pieces, with all that is not in it.
    pub fn pack(self, segments: Vec<Segment>) -> Pack {
        let evicted = evictions(self.wishes, &self.dropped);
        Pack::new(segments).dropping(self.dropped).dropping(evicted)
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
    pub fn list(&mut self, request: &Request<'_>) -> Vec<Segment> {
        if request.level != Level::Repo {
            return Vec::new();
        }
        let piece = |text| Segment::new(Source::FileList, "what there is", text, Trust::Repository);
        let room = self.room.left_for(&piece(String::new()));
        let piece = piece(file_list(request.files, MAX_LIST.min(room)));
        self.one(piece).into_iter().collect()
    }

    /// What was found, best first. `named`: what is in the request because somebody named it.
    pub fn found(&mut self, request: &Request<'_>, named: &[Segment]) -> Vec<Segment> {
        let open = request.open.as_ref().map(|open| open.path);
        let mut found: Vec<Segment> = Vec::new();
        for candidate in request.candidates.iter().filter(|other| Some(&other.path) != open) {
            let whole = request.level == Level::Repo && candidate.whole;
            let piece = candidate.piece(whole);
            if covered(&piece, named.iter().chain(&found)) {
                self.dropped.push(Dropped::piece(&piece, TWICE));
            } else if self.wishes.evicts(&piece.source) {
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

/// What was evicted and so not even looked for.
fn evictions(wishes: &Wishes, dropped: &[Dropped]) -> Vec<Dropped> {
    let names = wishes.evicted().iter().map(ToString::to_string);
    let unsaid = names.filter(|name| dropped.iter().all(|one| one.what != *name));
    unsaid.map(|name| Dropped::new(name, Tokens(0), "evicted by you")).collect()
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
    let head = || Segment::new(source, piece.why.clone(), text, piece.trust);
    (lines >= HEAD).then(|| Segment { presence: piece.presence, ..head() })
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
