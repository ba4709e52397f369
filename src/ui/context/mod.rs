//! The instrument panel of requests: each piece that the next one would hold, or that the last one held,
//! with its source, weight, price, origin and reason; what was left out, and why; what the person sees and
//! the model does not, and the other way round. Pieces are pinned, evicted and added here, for every
//! request of the session from then on.

mod consent;
mod menu;
mod parity;
mod rows;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) use consent::Consent;
pub(super) use menu::Menu;
pub use rows::Row;
use rows::{Item, Panel};

use super::app::{App, Out, Overlay};
use super::keymap::Action;
use super::line_edit::LineEdit;
use super::theme::Paint;
use crate::change::Level;
use crate::context::{Mention, Pack, Source, Target, Wishes};
use crate::model::{ModelId, Role};
use crate::session::{Effect, Inquiry, Instruct, Turn, Wants};
use crate::text::safe;

/// Which request is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum View {
    /// The one that Enter would send.
    #[default]
    Next,
    /// The last one that was sent for the turn, or for the question.
    Sent,
}

/// What of the session's requests belongs to the person.
#[derive(Debug, Default)]
pub(super) struct Panelling {
    pub wishes: Wishes,
    /// The names that fit the mention which is being typed.
    pub menu: Option<Menu>,
}

/// The page while it is open.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ContextPage {
    pub(super) view: View,
    /// Was it opened over a question?
    of_question: bool,
    chosen: usize,
    /// Pieces whose text is shown.
    unfolded: BTreeSet<String>,
    /// What is to be added, while it is typed.
    pub(super) adding: Option<LineEdit>,
    panel: Panel,
    top: usize,
    made_of: Option<(View, u64, usize, usize)>,
    /// Grows with what is done on the page.
    touched: usize,
}

impl ContextPage {
    pub fn view(&self) -> View {
        self.view
    }

    pub fn chosen(&self) -> usize {
        self.chosen
    }

    pub fn title(&self) -> &str {
        &self.panel.title
    }

    pub fn adding(&self) -> Option<&LineEdit> {
        self.adding.as_ref()
    }

    /// The rows from the top of the window on.
    pub fn seen(&self) -> &[Row] {
        self.panel.rows.get(self.top..).unwrap_or_default()
    }

    /// How many rows there are above, and altogether.
    pub fn place(&self) -> (usize, usize) {
        (self.top, self.panel.rows.len())
    }

    fn item(&self) -> Option<&Item> {
        self.panel.items.get(self.chosen)
    }

    /// Chooses another piece and brings it into sight.
    fn choose(&mut self, by: isize, height: usize) {
        let last = self.panel.items.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(by).min(last);
        let first = self.panel.rows.iter().position(|row| row.item == Some(self.chosen)).unwrap_or(0);
        if first < self.top || first >= self.top + height {
            self.top = first.saturating_sub(height / 3);
        }
        // What stands above the first piece belongs to it.
        if self.chosen == 0 {
            self.top = 0;
        }
        self.touched += 1;
    }

    /// Scrolls by rows, until the last one is at the bottom of a window of `height` of them.
    fn scroll(&mut self, by: isize, height: usize) {
        let last = self.panel.rows.len().saturating_sub(height);
        self.top = self.top.saturating_add_signed(by).min(last);
    }
}

impl App {
    /// Opens the panel: on the next request where one is being written or none was sent, else on the last.
    /// What goes with a question is found when it is asked, so over one it is what was sent.
    pub(super) fn open_context(&mut self) -> Vec<Out> {
        let of_question = matches!(self.overlay, Some(Overlay::Ask(_)));
        let writing = !self.prompt.text().trim().is_empty();
        let mut page = ContextPage { of_question, ..ContextPage::default() };
        let is_sent = of_question || (!writing && self.sent(false).is_some());
        page.view = if is_sent { View::Sent } else { View::Next };
        self.lay_over(Overlay::Context(page));
        self.look_ahead()
    }

    /// Has the next request put together, if that is what is looked at.
    pub(super) fn look_ahead(&mut self) -> Vec<Out> {
        let next = matches!(&self.overlay, Some(Overlay::Context(page)) if page.view == View::Next);
        if !next || self.level == Level::Complete {
            return Vec::new();
        }
        let instruct = self.instruction();
        let effects = self.session.preview(instruct);
        self.follow(effects)
    }

    /// What the model of a request was or would be told beside what is found.
    pub(super) fn wants(&self, typed: &str) -> Wants {
        Wants { told: self.told(), ..Wants::of(typed, self.panelling.wishes.clone()) }
    }

    /// What was sent: for the question, else for the turn.
    fn sent(&self, of_question: bool) -> Option<Cow<'_, Pack>> {
        let asked = || self.session.inquiry().and_then(Inquiry::pack);
        if of_question {
            return asked();
        }
        self.session.turn().and_then(Turn::pack).map(Cow::Borrowed).or_else(asked)
    }

    /// The pack that the page is about.
    fn looked_at(&self, page: &ContextPage) -> Option<Cow<'_, Pack>> {
        match page.view {
            View::Next => self.session.next_request().pack().map(Cow::Borrowed),
            View::Sent => self.sent(page.of_question),
        }
    }

    /// The model that answers, or would.
    fn asked_model(&self, page: &ContextPage) -> Option<&ModelId> {
        let sent = match page.of_question {
            true => self.session.inquiry().and_then(Inquiry::model),
            false => self.session.turn().and_then(Turn::model),
        };
        let first = self.facts.first(Role::Chat);
        if page.view == View::Sent { sent.or(first) } else { first }
    }

    fn context_height(&self) -> usize {
        usize::from(self.size.1).saturating_sub(5).max(1)
    }

    pub(super) fn act_in_context(&mut self, action: Action) -> Vec<Out> {
        let height = self.context_height();
        let page_by = isize::try_from(height).unwrap_or(1);
        let Some(Overlay::Context(page)) = &mut self.overlay else { return Vec::new() };
        if page.adding.is_some() {
            return self.act_in_adding(action);
        }
        match action {
            Action::Down => page.choose(1, height),
            Action::Up => page.choose(-1, height),
            Action::Page { down: true, .. } => page.scroll(page_by, height),
            Action::Page { down: false, .. } => page.scroll(-page_by, height),
            Action::Submit => {
                let key = page.item().map(Item::key);
                page.touched += 1;
                if let Some(key) = key.filter(|key| !page.unfolded.remove(key)) {
                    page.unfolded.insert(key);
                }
            }
            Action::Fold => {
                page.touched += 1;
                let all: BTreeSet<String> = page.panel.items.iter().map(Item::key).collect();
                page.unfolded = if page.unfolded.is_empty() { all } else { BTreeSet::new() };
            }
            Action::Pin => return self.pin(),
            Action::Evict => return self.evict(),
            Action::Forget => return self.forget_wish(),
            Action::Add => page.adding = Some(LineEdit::default()),
            Action::OtherView => return self.other_view(),
            Action::Bytes => return self.show_bytes(),
            Action::Leave => return self.close_context(),
            _ => {}
        }
        Vec::new()
    }

    /// Closes the page; what was put together to be looked at is forgotten.
    pub(super) fn close_context(&mut self) -> Vec<Out> {
        self.close_overlay();
        let effects = self.session.forget_preview();
        self.follow(effects)
    }

    /// Esc on the page: the line that is typed is closed first.
    pub(super) fn stop_in_context(&mut self) -> Vec<Out> {
        if let Some(Overlay::Context(page)) = &mut self.overlay
            && page.adding.take().is_some()
        {
            self.panelling.menu = None;
            return Vec::new();
        }
        self.close_context()
    }

    fn other_view(&mut self) -> Vec<Out> {
        let Some(Overlay::Context(page)) = &mut self.overlay else { return Vec::new() };
        page.view = if page.view == View::Next { View::Sent } else { View::Next };
        (page.chosen, page.top) = (0, 0);
        page.touched += 1;
        self.look_ahead()
    }

    /// The exact bytes: as they left, or as they would.
    fn show_bytes(&mut self) -> Vec<Out> {
        let Some(Overlay::Context(page)) = &self.overlay else { return Vec::new() };
        if page.view == View::Sent {
            return vec![Out::Do(Effect::ReadWire { limit: super::wire_page::REQUESTS })];
        }
        match self.session.next_ask() {
            Some(ask) => vec![Out::Do(Effect::Draft { ask: Arc::new(ask) })],
            None => Vec::new(),
        }
    }

    fn pin(&mut self) -> Vec<Out> {
        let Some(Overlay::Context(page)) = &self.overlay else { return Vec::new() };
        let Some(item) = page.item() else { return Vec::new() };
        let (name, mention) = (item.name(), item.mention());
        match mention {
            Some(mention) => {
                self.panelling.wishes.pin(mention);
                self.wished(format!("pinned: {name}"))
            }
            None => {
                self.say(Paint::Warn, format!("{name} is not pinned: {}", item_reason(item)));
                Vec::new()
            }
        }
    }

    fn evict(&mut self) -> Vec<Out> {
        let Some(Overlay::Context(page)) = &self.overlay else { return Vec::new() };
        let Some(item) = page.item() else { return Vec::new() };
        let (name, target) = (item.name(), item.target.clone());
        let about = self.looking_at().file.is_some_and(|file| Target::file(file.as_str()) == target);
        let needed =
            about && self.level != Level::Repo && !matches!(item.source, Some(Source::Excerpt { .. }));
        if !item.may_be_evicted() || needed {
            self.say(Paint::Warn, format!("{name} stays: the request is about it, or made of it"));
            return Vec::new();
        }
        self.panelling.wishes.evict(target);
        self.wished(format!("evicted: {name}"))
    }

    fn forget_wish(&mut self) -> Vec<Out> {
        let Some(Overlay::Context(page)) = &self.overlay else { return Vec::new() };
        let Some(item) = page.item() else { return Vec::new() };
        let (name, target, pinned) = (item.name(), item.target.clone(), item.pinned.clone());
        if let Some(pinned) = pinned.filter(|pinned| self.panelling.wishes.pinned().contains(pinned)) {
            self.panelling.wishes.unpin(&pinned);
            return self.wished(format!("{pinned} is not pinned any more"));
        }
        if self.panelling.wishes.forget(&target) {
            return self.wished(format!("{name} is as it would be"));
        }
        self.say(Paint::Text, format!("{name} is neither pinned nor evicted"));
        Vec::new()
    }

    /// Something is wished for from now on.
    fn wished(&mut self, said: String) -> Vec<Out> {
        let mut said = safe::line(&said);
        if let Some(Overlay::Context(page)) = &mut self.overlay {
            page.touched += 1;
            if page.view == View::Sent {
                said.push_str(", from the next request on");
            }
        }
        self.say(Paint::Good, said);
        self.look_ahead()
    }

    fn act_in_adding(&mut self, action: Action) -> Vec<Out> {
        let Some(Overlay::Context(page)) = &mut self.overlay else { return Vec::new() };
        let Some(line) = &mut page.adding else { return Vec::new() };
        match action {
            Action::Submit => {
                let typed = line.take();
                page.adding = None;
                self.panelling.menu = None;
                return match Mention::parse(&typed) {
                    Some(mention) => {
                        let said = format!("added: {mention}");
                        self.panelling.wishes.pin(mention);
                        self.wished(said)
                    }
                    None => Vec::new(),
                };
            }
            Action::Backspace => line.backspace(),
            Action::DeleteWordBack => line.delete_word_back(),
            Action::DeleteLine => line.clear(),
            Action::Move(motion) => line.go(motion),
            _ => {}
        }
        self.offer_names()
    }

    /// Makes the rows anew when there is something else to show.
    pub(super) fn settle_context(&mut self) {
        let width = usize::from(self.size.0).saturating_sub(4).max(8);
        let Some(Overlay::Context(page)) = &self.overlay else { return };
        let revision = match page.view {
            View::Next => self.session.next_request().revision(),
            View::Sent => {
                self.session.inquiry().map_or(0, Inquiry::revision)
                    + self.session.turn().map_or(0, |turn| turn.id().0)
            }
        };
        let made_of = Some((page.view, revision + self.checking.revision, width, page.touched));
        if page.made_of == made_of {
            return;
        }
        let panel = rows::panel(self, page, width);
        let Some(Overlay::Context(page)) = &mut self.overlay else { return };
        page.made_of = made_of;
        page.chosen = page.chosen.min(panel.items.len().saturating_sub(1));
        page.panel = panel;
        page.top = page.top.min(page.panel.rows.len().saturating_sub(1));
    }

    /// The instruction as Enter would send it now.
    pub(super) fn instruction(&self) -> Instruct {
        let open = self
            .files
            .iter()
            .filter(|file| !file.is_new() || file.buffer.is_dirty())
            .map(|file| (file.buffer.path().clone(), file.buffer.snapshot()))
            .collect();
        let text = self.prompt.text().trim().to_owned();
        let wants = self.wants(&text);
        Instruct { text, level: self.level, focus: self.looking_at(), open, wants }
    }
}

/// Why a piece cannot be pinned.
fn item_reason(item: &Item) -> &'static str {
    match item.source {
        Some(Source::System | Source::Request | Source::Instruction) => "it is in every request anyway",
        _ => "it belongs to this request alone",
    }
}
