//! What is on screen, as plain data, and what crosses the border to `front`.

use std::time::Duration;

use crossterm::event::KeyEvent;

use super::ask::{AskPage, Asking};
use super::checks::Checking;
use super::context::{Consent, ContextPage, Panelling};
use super::guide::Guide;
use super::keymap::Place;
use super::line_edit::{History, LineEdit};
use super::models::Models;
use super::open_file::OpenFile;
use super::page::Page;
use super::picker::Picker;
use super::review::{Reviewing, Wish};
use super::sight::Sight;
use super::theme::{Paint, Theme};
use crate::change::{self, HunkId, Level, NoScope, Scope};
use crate::editor::{Count, Ghost, Search};
use crate::model::{Bill, ModelId, Price, Role};
use crate::session::{Effect, Event, Kept, Ready, Session, TurnId, Vectors};
use crate::text::{Lines, RepoPath, Span, safe};
use crate::workspace::Comparison;

/// Something that happened to the screen. Each comes with the time since the start.
#[derive(Debug)]
pub enum Input {
    Key(KeyEvent),
    /// A bracketed paste: text, never keys.
    Paste(String),
    /// Columns, rows.
    Resize(u16, u16),
    /// [`App::wake_at`] has come.
    Tick,
    Event(Event),
}

/// Something for `front` to do.
#[derive(Debug)]
pub enum Out {
    /// For the orchestrator.
    Do(Effect),
    /// For the terminal's clipboard.
    Clipboard(String),
    /// The user's own editor on the lines of a hunk; [`App::edited_outside`] takes them back.
    EditOutside {
        hunk: HunkId,
        path: RepoPath,
        text: Lines,
    },
    Redraw,
    Quit,
}

/// What changes little while the program runs.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Facts {
    /// The workspace folder's name.
    pub workspace: String,
    /// For each role the models that serve it, first choice first.
    pub models: Vec<(Role, Vec<ModelId>)>,
    /// What models take for their tokens, as far as it is known.
    pub prices: Vec<(ModelId, Price)>,
    /// A sentence that must stay in sight, as "the model is scripted".
    pub banner: Option<String>,
    /// Are requests found by meaning too, and vectors made for it, as the user's configuration says?
    pub meaning: bool,
}

impl Facts {
    pub(super) fn models(&self, role: Role) -> &[ModelId] {
        let list = self.models.iter().find(|(known, _)| *known == role);
        list.map(|(_, models)| models.as_slice()).unwrap_or_default()
    }

    /// The model that is asked first.
    pub(super) fn first(&self, role: Role) -> Option<&ModelId> {
        self.models(role).first()
    }

    /// What `model` takes, if it is known.
    pub(super) fn price(&self, model: &ModelId) -> Option<Price> {
        self.prices.iter().find(|(known, _)| known == model).map(|(_, price)| *price)
    }

    /// `model` is asked first from now on.
    pub(super) fn prefer(&mut self, role: Role, model: ModelId) {
        let mut list = self.models(role).to_vec();
        list.retain(|known| *known != model);
        list.insert(0, model);
        self.models.retain(|(known, _)| *known != role);
        self.models.push((role, list));
    }
}

/// How long the model may be silent, to be shown counting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    pub first_byte: Duration,
    pub idle: Duration,
}

/// Which part of the screen takes the keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Focus {
    Editor,
    Prompt,
    Review,
}

/// What lies over the screen.
#[derive(Debug)]
pub(super) enum Overlay {
    Picker(Picker),
    Find(LineEdit),
    /// A line that is typed for the review.
    Line(Wish, LineEdit),
    Page(Page),
    Models(Models),
    Ask(AskPage),
    Context(ContextPage),
    Consent(Consent),
}

/// A message that goes away by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Toast {
    pub paint: Paint,
    /// Printable.
    pub text: String,
    pub until: Duration,
}

/// Ghost text: when it is wanted, which answer is awaited, what stands there.
#[derive(Debug, Default)]
pub(super) struct Ghosting {
    pub due: Option<Duration>,
    pub awaited: Option<Awaited>,
    pub last_id: u64,
    pub ghost: Option<Ghost>,
}

/// A completion that was asked for: it belongs to this version of this file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Awaited {
    pub id: u64,
    pub path: RepoPath,
    pub version: u64,
}

/// Everything the screen shows.
#[derive(Debug)]
pub struct App {
    pub(super) facts: Facts,
    pub(super) limits: Limits,
    pub(super) theme: Theme,
    pub(super) tab: usize,
    pub(super) size: (u16, u16),
    pub(super) now: Duration,
    pub(super) level: Level,
    pub(super) focus: Focus,
    pub(super) overlay: Option<Overlay>,
    pub(super) files: Vec<OpenFile>,
    pub(super) current: usize,
    /// A line to go to when the file that is being opened arrives, from 0.
    pub(super) awaited_file: Option<(RepoPath, usize, usize)>,
    pub(super) listing: Option<Vec<RepoPath>>,
    pub(super) branch: Option<String>,
    pub(super) session: Session,
    pub(super) prompt: LineEdit,
    pub(super) history: History,
    pub(super) panelling: Panelling,
    pub(super) review: Reviewing,
    /// There is nothing else to do here than to review.
    pub(super) only_review: bool,
    /// Is a review kept so that it comes back at the next start?
    pub(super) keeps: bool,
    /// When the review is to be kept, and what of it is kept already.
    pub(super) keep_due: Option<Duration>,
    pub(super) kept: Option<(TurnId, u64)>,
    /// A key was pressed that gives the next one its meaning.
    pub(super) prefix: Option<Place>,
    pub(super) sight: Sight,
    pub(super) search: Option<Search>,
    /// Of the search, at the last match that was gone to.
    pub(super) matches: Count,
    pub(super) toast: Option<Toast>,
    pub(super) ghosting: Ghosting,
    pub(super) highlight_due: Option<Duration>,
    /// When the turn was last heard of.
    pub(super) heard: Duration,
    /// Leaving was asked for once, at this time.
    pub(super) leaving: Option<Duration>,
    pub(super) guide: Option<Guide>,
    pub(super) asking: Asking,
    /// How the making of vectors stands, or why there is none.
    pub(super) vectors: Option<Result<Vectors, String>>,
    pub(super) checking: Checking,
    /// By this session's requests.
    pub(super) spent: Bill,
    /// By all of today's requests, as far as it is known.
    pub(super) today: Option<Bill>,
}

/// How long a review waits to be kept: keys come in bursts, and a large one is not written at each.
const KEEP: Duration = Duration::from_millis(200);

/// How long a message stays.
const TOAST: Duration = Duration::from_secs(6);

impl App {
    /// `tab`: columns of a tab.
    pub fn new(
        session: Session,
        facts: Facts,
        limits: Limits,
        theme: Theme,
        level: Level,
        tab: usize,
    ) -> Self {
        Self {
            facts,
            limits,
            theme,
            tab,
            size: (80, 24),
            now: Duration::ZERO,
            level,
            focus: Focus::Editor,
            overlay: None,
            files: Vec::new(),
            current: 0,
            awaited_file: None,
            listing: None,
            branch: None,
            session,
            prompt: LineEdit::default(),
            history: History::default(),
            panelling: Panelling::default(),
            review: Reviewing::default(),
            only_review: false,
            keeps: false,
            keep_due: None,
            kept: None,
            prefix: None,
            sight: Sight::default(),
            search: None,
            matches: Count::default(),
            toast: None,
            ghosting: Ghosting::default(),
            highlight_due: None,
            heard: Duration::ZERO,
            leaving: None,
            guide: None,
            asking: Asking::default(),
            vectors: None,
            checking: Checking::default(),
            spent: Bill::default(),
            today: None,
        }
    }

    /// Reviews a difference of the repository, and nothing else.
    pub fn compare(
        &mut self,
        what: Comparison,
        paths: Vec<RepoPath>,
        title: String,
        before: Option<Kept>,
    ) -> Vec<Out> {
        self.only_review = true;
        let effects = self.session.compare(what, paths, title);
        self.session.recall(before.map(Kept::into_files).unwrap_or_default());
        self.enter_review();
        self.follow(effects.unwrap_or_default())
    }

    /// From now on reviews outlive the program.
    pub fn keep_reviews(&mut self) {
        self.keeps = true;
    }

    /// Brings a review back that an earlier run left open.
    pub fn bring_review_back(&mut self, kept: Kept) -> Vec<Out> {
        let effects = self.session.bring_back(kept);
        let open = self.session.turn().map_or(0, |turn| turn.review().hunks().count());
        if open > 0 {
            self.review.at = None;
            self.say(
                Paint::Warn,
                format!("back from an earlier run: a review of {open} hunk(s); Alt-R goes to it"),
            );
        }
        self.follow(effects)
    }

    /// Keeps the review a moment after it changed; at once when `now`.
    pub(super) fn keep_what_changed(&mut self, now: bool) -> Vec<Out> {
        let Some(stamp) = self.session.turn().map(|turn| (turn.id(), turn.revision())) else {
            return Vec::new();
        };
        if !self.keeps || self.kept == Some(stamp) {
            return Vec::new();
        }
        let due = *self.keep_due.get_or_insert(self.now + KEEP);
        if !now && self.now < due {
            return Vec::new();
        }
        self.keep_due = None;
        match self.session.keep() {
            Some((name, kept)) => {
                self.kept = Some(stamp);
                vec![Out::Do(Effect::Keep { name, kept })]
            }
            None => Vec::new(),
        }
    }

    /// Reviews what is complete already, and nothing else.
    pub fn review(&mut self, ready: Ready) -> Vec<Out> {
        self.only_review = true;
        self.session.review(ready);
        self.enter_review();
        self.polish_what_is_seen()
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    pub fn focus(&self) -> Focus {
        self.focus
    }

    pub fn level(&self) -> Level {
        self.level
    }

    /// A server was found after the start: names its models, and says so.
    pub fn set_models(
        &mut self,
        models: Vec<(Role, Vec<ModelId>)>,
        prices: Vec<(ModelId, Price)>,
        note: &str,
    ) {
        (self.facts.models, self.facts.prices) = (models, prices);
        self.say(Paint::Good, note);
    }

    /// Is there a model for ghost text?
    pub(super) fn completes(&self) -> bool {
        self.facts.first(Role::Complete).is_some()
    }

    /// A request was metered.
    pub(super) fn metered(&mut self, bill: Bill, today: Option<Bill>) {
        self.spent += bill;
        self.today = today.or(self.today);
    }

    pub(super) fn file(&self) -> Option<&OpenFile> {
        self.files.get(self.current)
    }

    pub(super) fn file_mut(&mut self) -> Option<&mut OpenFile> {
        self.files.get_mut(self.current)
    }

    pub(super) fn index_of(&self, path: &RepoPath) -> Option<usize> {
        self.files.iter().position(|file| file.buffer.path() == path)
    }

    /// What the user is looking at.
    pub(super) fn looking_at(&self) -> change::Focus {
        let buffer = self.file().map(|file| &file.buffer);
        change::Focus {
            file: buffer.map(|buffer| buffer.path().clone()),
            lines: buffer.and_then(|buffer| buffer.selected_lines()),
        }
    }

    /// What the notch permits right now, in words.
    pub(super) fn scope_in_words(&self) -> Result<String, NoScope> {
        if self.level == Level::Complete {
            let words = if self.completes() {
                "may change: only what Tab takes"
            } else {
                "no ghost text: no model is configured as `roles.complete`"
            };
            return Ok(words.into());
        }
        let scope = Scope::of(self.level, &self.looking_at(), self.session.leash().clone())?;
        Ok(scope.in_words())
    }

    /// Shows a message for a while. `text` may be a stranger's.
    pub(super) fn say(&mut self, paint: Paint, text: impl AsRef<str>) {
        let text = safe::line(text.as_ref());
        self.toast = Some(Toast { paint, text, until: self.now + TOAST });
    }

    /// When the screen wants to be woken, if nothing happens before.
    pub fn wake_at(&self) -> Option<Duration> {
        let answering = self.session.inquiry().is_some_and(crate::session::Inquiry::is_running);
        let spinner = (self.session.is_running() || answering).then(|| self.now + Duration::from_millis(100));
        let toast = self.toast.as_ref().map(|toast| toast.until);
        let due = [self.ghosting.due, self.highlight_due, self.keep_due, self.check_wakes()];
        [spinner, toast].into_iter().chain(due).flatten().min()
    }

    /// Does ghost text stand at the cursor?
    pub fn shows_ghost(&self) -> bool {
        self.ghosting.ghost.is_some()
    }

    /// Has every file that was asked for arrived?
    pub fn is_settled(&self) -> bool {
        self.awaited_file.is_none()
    }

    /// The message of the moment and the turn's phase, for whoever has no screen.
    pub fn status(&self) -> String {
        let toast = self.toast.as_ref().map_or("", |toast| toast.text.as_str());
        format!("{toast} ({:?})", self.session.phase())
    }

    /// The lines of the selection, for the first frame's words.
    pub fn selected(&self) -> Option<Span> {
        self.looking_at().lines
    }

    pub(super) fn unsaved(&self) -> usize {
        self.files.iter().filter(|file| file.buffer.is_dirty()).count()
    }

    pub(super) fn open_hunks(&self) -> usize {
        self.session.turn().map_or(0, crate::session::Turn::open_hunks)
    }
}
