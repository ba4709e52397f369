//! The panel as rows: the request as a whole, what to be aware of, the pieces, what was left out. Made when
//! something changed, not while painting; every foreign text is printable here already.

use super::parity::{Parity, Screen, parity};
use super::{ContextPage, View};
use crate::change::Level;
use crate::context::{Dropped, Mention, Pack, Presence, Segment, Source, Target, in_words};
use crate::model::{Money, Price, Tokens, Usage};
use crate::text::safe;
use crate::ui::app::App;
use crate::ui::page::fold;
use crate::ui::theme::Paint;

/// Most rows of one piece's text.
const TEXT: usize = 4_000;

/// A row, printable. `item`: the piece that it tells of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub paint: Paint,
    pub text: String,
    pub item: Option<usize>,
    /// It is the piece's first row, which bears the mark of the choice.
    pub heads: bool,
}

/// A piece, or something that was left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Item {
    /// What a wish would keep out.
    pub target: Target,
    pub source: Option<Source>,
    /// The wish that it is there by.
    pub pinned: Option<Mention>,
    lines: Option<(usize, usize)>,
    /// Its place among the items.
    at: usize,
}

impl Item {
    /// As a wish names it.
    pub fn name(&self) -> String {
        self.target.to_string()
    }

    /// What its being unfolded is remembered by.
    pub fn key(&self) -> String {
        // In a conversation there may be several results of one tool.
        let nth = if matches!(self.source, Some(Source::Call { .. } | Source::Outcome { .. })) {
            self.at
        } else {
            0
        };
        format!("{} {:?} {nth}", self.target, self.lines)
    }

    /// The wish that would have it in every request; `None` where that means nothing.
    pub fn mention(&self) -> Option<Mention> {
        let lines = match &self.source {
            Some(Source::Diff) => return Some(Mention::Diff),
            Some(Source::Diagnostics) => return Some(Mention::Diagnostics),
            Some(Source::Page { url }) => return Some(Mention::Page(url.clone())),
            Some(Source::File { .. } | Source::Rules { .. }) => None,
            Some(Source::Excerpt { .. }) | None => self.lines,
            Some(_) => return None,
        };
        match &self.target {
            Target::File(name) => Some(Mention::Name { name: name.clone(), lines }),
            Target::Page(url) => Some(Mention::Page(url.clone())),
            // What was left out by its kind alone has no name to be pinned by.
            Target::Kind(_) => None,
        }
    }

    pub fn may_be_evicted(&self) -> bool {
        self.source.as_ref().is_none_or(Source::may_be_evicted)
    }
}

/// All of it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Panel {
    pub title: String,
    pub rows: Vec<Row>,
    pub items: Vec<Item>,
}

/// What the page shows, for `width` columns.
pub(super) fn panel(app: &App, page: &ContextPage, width: usize) -> Panel {
    let mut make = Make { panel: Panel::default(), width, app, page };
    make.panel.title = match page.view {
        View::Next if page.of_question => "the next request for a change",
        View::Next => "the next request",
        View::Sent if page.of_question => "the request of the question, as it was sent",
        View::Sent => "the last request, as it was sent",
    }
    .to_owned();
    match app.looked_at(page) {
        Some(pack) if !(page.view == View::Next && app.level == Level::Complete) => make.pack(&pack),
        _ => make.nothing(),
    }
    make.panel
}

struct Make<'a> {
    panel: Panel,
    width: usize,
    app: &'a App,
    page: &'a ContextPage,
}

impl Make<'_> {
    fn nothing(&mut self) {
        let next = self.app.session.next_request();
        let words = match self.page.view {
            View::Sent if self.page.of_question => "no question was sent yet; what goes with one is found \
                 when it is asked, and shown here from then on"
                .to_owned(),
            View::Sent => "nothing was sent yet; Tab shows the next request".to_owned(),
            View::Next if self.app.level == Level::Complete => {
                "at `complete` the text around the cursor is sent as you type; Shift-Tab moves the slider"
                    .to_owned()
            }
            View::Next => match next.why_not() {
                Some(why) => format!("nothing can be sent: {why}"),
                None => "reading what the request needs…".to_owned(),
            },
        };
        self.say(Paint::Dim, &words);
        self.wishes();
    }

    fn pack(&mut self, pack: &Pack) {
        self.whole(pack);
        let Parity { unseen, beyond } = parity(pack, &self.screen());
        unseen.iter().for_each(|words| self.say(Paint::Warn, &format!("⚠ {words}")));
        beyond.iter().for_each(|words| self.say(Paint::Dim, words));
        pack.notes().iter().for_each(|note| self.say(Paint::Warn, &format!("⚠ {note}")));
        let (masked, weight) = pack.masked();
        if masked > 0 {
            let words = format!(
                "{masked} result(s) of tools, ~{weight} tokens, were taken out to make room; the model may call for them again"
            );
            self.say(Paint::Warn, &format!("⚠ {words}"));
        }
        self.gap();
        let several = pack.requests() > 1;
        let mut before = None;
        for segment in pack.segments() {
            // Conversations that run side by side each begin with rein's own words.
            let begins = segment.source.is_system() || before != Some(segment.request);
            if several && begins {
                self.request(segment.request);
            }
            before = Some(segment.request);
            self.piece(pack, segment);
        }
        if !pack.dropped().is_empty() {
            self.gap();
            self.say(Paint::Title, "left out");
            pack.dropped().iter().for_each(|dropped| self.left_out(pack, dropped));
        }
        self.wishes();
    }

    /// From here on, what came with this request of the conversation.
    fn request(&mut self, nth: u32) {
        self.say(Paint::Title, &format!("request {nth}"));
    }

    /// The request as a whole: its weight, and what it costs.
    fn whole(&mut self, pack: &Pack) {
        let model = self.app.asked_model(self.page);
        let price = model.and_then(|model| self.app.facts.price(model));
        let at = match self.page.view {
            View::Next => format!("at `{}`, ", self.app.level),
            View::Sent => String::new(),
        };
        let money = cost(price, pack.tokens());
        let model = model.map_or_else(|| "no model is configured".to_owned(), |model| format!("for {model}"));
        let pieces = pack.segments().len();
        let words = format!("{at}~{} tokens in {pieces} pieces, {money}, {model}", pack.tokens());
        self.say(Paint::Text, &words);
        let counted = self.app.session.turn().and_then(crate::session::Turn::usage);
        if let (View::Sent, false, Some(usage)) = (self.page.view, self.page.of_question, counted)
            && usage.counted == crate::model::Counted::Provider
        {
            self.say(Paint::Dim, &format!("the provider counted {} tokens in", usage.input));
        }
        if self.page.view == View::Next && self.app.prompt.text().trim().is_empty() {
            self.say(Paint::Dim, "nothing is typed yet: what an instruction is about is found by its words");
        }
        if self.app.session.next_request().is_awaited() && self.page.view == View::Next {
            self.say(Paint::Dim, "reading what the request needs…");
        }
    }

    fn screen(&self) -> Screen<'_> {
        let app = self.app;
        let looked_at = app.file();
        let changed = app.files.iter().filter(|file| {
            let sent = app.session.turn().and_then(|turn| turn.sent_text(file.buffer.path()));
            let is_last = self.page.view == View::Sent && !self.page.of_question;
            is_last && sent.is_some_and(|sent| sent.bytes() != file.buffer.snapshot().bytes())
        });
        let level = match self.page.view {
            View::Sent if !self.page.of_question => {
                app.session.turn().map_or(app.level, |turn| turn.instruct().level)
            }
            _ => app.level,
        };
        Screen {
            level,
            files: app.files.iter().map(|file| (file.buffer.path(), file.buffer.is_dirty())).collect(),
            current: looked_at.map(|file| file.buffer.path()),
            selection: if self.page.view == View::Next { app.selected() } else { None },
            changed: changed.map(|file| file.buffer.path()).collect(),
            problems: self.app.told().map(|told| told.report.all().iter().map(in_words).collect()),
        }
    }

    fn piece(&mut self, pack: &Pack, segment: &Segment) {
        let tokens = pack.weight(segment);
        let price = self.app.asked_model(self.page).and_then(|model| self.app.facts.price(model));
        let dirty = segment.source.place().0.and_then(|path| self.dirty(path));
        let span = segment.source.place().1;
        let wishes = &self.app.panelling.wishes;
        let name_wished = wishes.pinned().iter().any(|pinned| Some(pinned) == segment.pinned.as_ref());
        let wish = match (self.page.view, &segment.pinned, wishes.evicts(&segment.source)) {
            (View::Sent, _, true) => " · evicted from the next request on",
            (View::Sent, Some(_), _) if !name_wished => " · not pinned any more",
            _ => "",
        };
        let head = Head {
            mark: match segment.presence {
                Presence::Above(_) => "↑",
                Presence::Stale | Presence::Masked { .. } => "◌",
                _ if segment.pinned.is_some() => "◆",
                _ => "•",
            },
            name: segment.source.to_string(),
            tokens,
            cost: cost(price, tokens),
            trust: segment.trust.name(),
            why: format!("{}{}{wish}", segment.told(), dirty.unwrap_or_default()),
        };
        let item = Item {
            target: Target::of(&segment.source),
            lines: span.filter(|span| !span.is_empty()).map(|span| (span.start() + 1, span.end())),
            source: Some(segment.source.clone()),
            pinned: segment.pinned.clone(),
            at: self.panel.items.len(),
        };
        self.item(item, &head, Paint::Text, Some(&segment.text));
    }

    /// A mark for text that is on screen and not on disk.
    fn dirty(&self, path: &str) -> Option<&'static str> {
        let file = self.app.files.iter().find(|file| file.buffer.path().as_str() == path)?;
        file.buffer.is_dirty().then_some(" · unsaved")
    }

    fn left_out(&mut self, pack: &Pack, dropped: &Dropped) {
        let tokens = pack.ratio().of(dropped.tokens);
        let lines = dropped.span.filter(|span| !span.is_empty());
        let name = lines.map_or_else(|| dropped.what.clone(), |span| format!("{} {span}", dropped.what));
        let head =
            Head { mark: "✗", name, tokens, cost: String::new(), trust: "", why: dropped.why.clone() };
        let item = Item {
            target: Target::parse(&dropped.what),
            source: None,
            pinned: None,
            lines: lines.map(|span| (span.start() + 1, span.end())),
            at: self.panel.items.len(),
        };
        self.item(item, &head, Paint::Dim, None);
    }

    fn item(&mut self, item: Item, head: &Head, paint: Paint, text: Option<&str>) {
        let (at, open) = (item.at, self.page.unfolded.contains(&item.key()));
        self.panel.items.push(item);
        let sign = match (text.is_some(), open) {
            (false, _) => " ",
            (true, true) => "▾",
            (true, false) => "▸",
        };
        for (nth, row) in head.rows(sign, self.width, at == self.page.chosen).into_iter().enumerate() {
            let paint = if nth == 0 { paint } else { Paint::Dim };
            self.panel.rows.push(Row { paint, text: row, item: Some(at), heads: nth == 0 });
        }
        if let (true, Some(text)) = (open, text) {
            let mut shown = 0;
            for line in text.split_terminator('\n').map(|line| format!("  │ {}", safe::line(line))) {
                for row in fold(&line, self.width) {
                    shown += 1;
                    if shown <= TEXT {
                        self.panel.rows.push(Row {
                            paint: Paint::Text,
                            text: row,
                            item: Some(at),
                            heads: false,
                        });
                    }
                }
            }
            if shown > TEXT {
                let rest = format!("  │ … {} more rows; w shows the exact bytes", shown - TEXT);
                self.panel.rows.push(Row { paint: Paint::Dim, text: rest, item: Some(at), heads: false });
            }
        }
    }

    /// Wishes that nothing above tells of.
    fn wishes(&mut self) {
        let pinned: Vec<String> =
            self.app.panelling.wishes.pinned().iter().map(ToString::to_string).collect();
        let evicted: Vec<String> =
            self.app.panelling.wishes.evicted().iter().map(ToString::to_string).collect();
        if !pinned.is_empty() || !evicted.is_empty() {
            self.gap();
        }
        for (words, names) in [("pinned for this session", pinned), ("evicted for this session", evicted)] {
            if !names.is_empty() {
                self.say(Paint::Dim, &format!("{words}: {}", names.join(", ")));
            }
        }
    }

    fn say(&mut self, paint: Paint, words: &str) {
        let rows = fold(&safe::line(words), self.width).into_iter();
        self.panel.rows.extend(rows.map(|text| Row { paint, text, item: None, heads: false }));
    }

    fn gap(&mut self) {
        self.panel.rows.push(Row { paint: Paint::Text, text: String::new(), item: None, heads: false });
    }
}

/// The first row of a piece.
struct Head {
    mark: &'static str,
    name: String,
    tokens: Tokens,
    cost: String,
    trust: &'static str,
    why: String,
}

impl Head {
    /// One row in columns; its whole reason under it where the piece is chosen or the row has no room.
    fn rows(&self, sign: &str, width: usize, chosen: bool) -> Vec<String> {
        const NAME: usize = 34;
        let name = safe::line(&self.name);
        let tokens = if self.tokens == Tokens(0) { String::new() } else { format!("~{}", self.tokens) };
        let (mark, cost, trust) = (self.mark, self.cost.as_str(), self.trust);
        let figures = format!("{tokens:>7} {cost:>8} {trust:<10}");
        let why = safe::line(&self.why);
        if width < 70 {
            // No room for columns: the figures stand under the name.
            let figures: Vec<&str> =
                [tokens.as_str(), cost, trust].into_iter().filter(|part| !part.is_empty()).collect();
            let mut rows = vec![format!("{mark} {sign} {name}")];
            let rest = format!("    {}", [&figures.join(" "), why.as_str()].join("  ").trim_start());
            rows.extend(fold(&rest, width));
            return rows;
        }
        let wide = NAME.max(width.saturating_sub(70)).min(60);
        let padding = wide.saturating_sub(safe::width(&name));
        let first = format!("{mark} {sign} {name}{} {figures} ", " ".repeat(padding));
        let room = width.saturating_sub(safe::width(&first));
        if safe::width(&why) <= room {
            return vec![format!("{first}{why}").trim_end().to_owned()];
        }
        let mut rows = vec![first.trim_end().to_owned()];
        let under = fold(&format!("      {why}"), width);
        let most = if chosen { under.len() } else { 1 };
        let cut = under.len() > most;
        rows.extend(under.into_iter().take(most));
        if let Some(last) = rows.last_mut().filter(|_| cut) {
            last.push('…');
        }
        rows
    }
}

/// What so many tokens cost to send.
fn cost(price: Option<Price>, tokens: Tokens) -> String {
    let usage = Usage { input: tokens, ..Usage::default() };
    match price {
        None => "$?".to_owned(),
        Some(price) => match price.cost(&usage) {
            Money(0) => "free".to_owned(),
            money => format!("{money}"),
        },
    }
}
