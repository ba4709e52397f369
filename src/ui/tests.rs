//! The screen as a user meets it: keys in, pictures out. The world behind it is a map of files and a
//! model whose words the test says, so that every moment in between can be looked at.

mod checks;
mod journal;
mod panel;
mod review;
mod verify;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::theme::{Depth, Ground, Paint, Theme};
use super::*;
use crate::change::{Base, Landed, Leash, Level};
use crate::context::{self, Open, Request};
use crate::model::{Delta, Failure, Finish, ModelId, Phase, Role, Tokens};
use crate::prompt::Prompts;
use crate::session::{Callers, Effect, Event, Gathered, Mentions, Session, Terms, TurnId};
use crate::text::{Digest, Lines, RepoPath};
use crate::workspace::{ApplyError, FileText, SaveError, Source};

const RS: &str = "src/stack.rs";
const TEXT: &str = "\
use std::fmt;

pub struct Stack {
    items: Vec<u32>,
}

impl Stack {
    pub fn pop(&mut self) -> Option<u32> {
        let n = self.items.len();
        if n == 0 {
            return None;
        }
        let last = self.items[n - 1];
        self.items.truncate(n - 1);
        Some(last)
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }
}
";

/// One edit of `src/stack.rs` as a model writes it.
fn block(why: &str, search: &str, replace: &str) -> String {
    format!("Why: {why}\n{RS}\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n\n")
}

fn documented() -> String {
    let line = "    pub fn len(&self) -> usize {";
    block("it is public", line, &format!("    /// Documented.\n{line}"))
}

/// Two edits, far apart: `pop` becomes shorter, `len` gets documentation.
fn two_edits() -> String {
    let old =
        "        let last = self.items[n - 1];\n        self.items.truncate(n - 1);\n        Some(last)";
    let new = "        let last = self.items.swap_remove(n - 1);\n        Some(last)";
    block("swap_remove does both", old, new)
        + &block(
            "it is public",
            "    pub fn len(&self) -> usize {",
            "    /// How many there are.\n    pub fn len(&self) -> usize {",
        )
}

/// The app, a map for a disk, and the effects that nobody has answered yet.
struct Stage {
    app: App,
    disk: BTreeMap<RepoPath, Lines>,
    now: Duration,
    /// Colours are not there at once.
    slow: bool,
    unanswered: Vec<Effect>,
    outs: Vec<Out>,
    screen: Terminal<TestBackend>,
}

fn id(model: &str) -> ModelId {
    model.parse().unwrap()
}

fn path(name: &str) -> RepoPath {
    RepoPath::parse(name).unwrap()
}

impl Stage {
    fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, Theme { depth: Depth::None, ground: Ground::Dark })
    }

    fn with(width: u16, height: u16, theme: Theme) -> Self {
        let terms = Terms {
            prompts: Prompts::embedded().unwrap().into(),
            leash: Leash::default(),
            max_output: None,
            source: Source::Tui,
        };
        let facts = Facts {
            workspace: "shop".into(),
            models: Role::ALL.map(|role| (role, vec![id("local/qwen")])).into(),
            ..Facts::default()
        };
        let limits = Limits { first_byte: Duration::from_secs(30), idle: Duration::from_secs(20) };
        let app = App::new(Session::new(terms), facts, limits, theme, Level::Selection, 4);
        let mut stage = Self {
            app,
            disk: BTreeMap::from([(path(RS), Lines::from(TEXT))]),
            now: Duration::ZERO,
            slow: false,
            unanswered: Vec::new(),
            outs: Vec::new(),
            screen: Terminal::new(TestBackend::new(width, height)).unwrap(),
        };
        stage.input(Input::Resize(width, height));
        let outs = stage.app.begin();
        stage.follow(outs);
        stage.draw();
        stage
    }

    /// With `src/stack.rs` open at a line, from 1.
    fn open(width: u16, height: u16, line: usize) -> Self {
        let mut stage = Self::new(width, height);
        stage.open_file(RS, line);
        stage
    }

    fn open_file(&mut self, name: &str, line: usize) {
        let outs = self.app.open(path(name), line - 1, 0);
        self.follow(outs);
        self.draw();
    }

    fn input(&mut self, input: Input) {
        let outs = self.app.update(self.now, input);
        self.follow(outs);
    }

    fn follow(&mut self, outs: Vec<Out>) {
        for out in outs {
            match out {
                Out::Do(effect) => self.answer(effect),
                other => self.outs.push(other),
            }
        }
    }

    /// What needs no model is answered at once.
    fn answer(&mut self, effect: Effect) {
        let event = match effect {
            Effect::Gather { turn, instruct } => {
                let file = instruct.focus.file.clone();
                let seen = file.as_ref().and_then(|file| instruct.open.get(file)).cloned();
                let text = file.is_some().then(|| seen.clone().unwrap_or_else(|| Lines::from("")));
                let open = file.as_ref().zip(text.as_ref()).map(|(path, text)| Open {
                    path,
                    text,
                    selection: instruct.focus.lines,
                    cursor: None,
                });
                let request = Request::new(instruct.level, &instruct.text, open);
                let read = file.clone().map(|path| (path.clone(), Base { path, text: seen }));
                let gathered = |pack| Gathered { pack, read: read.into_iter().collect() };
                let packed = context::gather(&request, Tokens(20_000)).map(gathered).map_err(Into::into);
                Event::Gathered { turn, packed }
            }
            Effect::Look { turn, path } => {
                let text = self.disk.get(&path).cloned();
                Event::Looked { turn, read: Ok(Base { path: path.clone(), text }), path }
            }
            Effect::Open { path } => {
                let read = Ok(self.disk.get(&path).map(|lines| FileText {
                    path: path.clone(),
                    digest: Digest::of(lines.bytes()),
                    lines: lines.clone(),
                    executable: false,
                }));
                Event::Opened { path, read }
            }
            Effect::Save { path, text, expected } => {
                let held = self.disk.get(&path).map(|text| Digest::of(text.bytes()));
                let result = if held == expected {
                    self.disk.insert(path.clone(), text.clone());
                    Ok(Digest::of(text.bytes()))
                } else {
                    Err(SaveError::Changed(path.clone()))
                };
                Event::Saved { path, text, result }
            }
            Effect::Land { turn, approved, .. } => Event::Landed { turn, result: self.land(approved) },
            Effect::Read { turn, review } => {
                let reading = crate::change::reading::Reading::of(&review).into();
                Event::Read { turn, reading }
            }
            Effect::Parse { turn, review, files } => {
                let found = files.into_iter().map(|(path, key)| {
                    let file = crate::change::reading::FileDiff::hoped_for(&review, &path);
                    let hunks = file.map(|file| crate::change::unparsed(&file)).unwrap_or_default();
                    (path, key, hunks)
                });
                Event::Parsed { turn, found: found.collect(), done: true }
            }
            Effect::Trace { turn, hunk, review } => {
                let files = || self.disk.iter().map(|(path, text)| (path.clone(), text.clone())).collect();
                let project = |_: &[&str]| Mentions { files: files(), short_of: None };
                Event::Traced { turn, hunk, callers: Callers::of(&review, hunk, project).into() }
            }
            Effect::Polish { key, rough } if !self.slow => {
                let polish = rough.polish().into();
                Event::Polished { key, path: rough.path, polish }
            }
            Effect::ListFiles => Event::Files(self.disk.keys().cloned().collect()),
            Effect::AskBranch => Event::Branch(Some("main".into())),
            other => return self.unanswered.push(other),
        };
        self.input(Input::Event(event));
    }

    fn land(&mut self, approved: crate::change::Approved) -> Result<crate::change::Receipt, ApplyError> {
        let mut landed = Vec::new();
        for file in approved.files() {
            let now = self.disk.get(file.path()).cloned();
            let text = file.onto(now.as_ref()).map_err(|hunks| {
                let base = Base { path: file.path().clone(), text: now.clone() };
                ApplyError::Conflict { files: vec![(base, hunks)] }
            })?;
            landed.push(Landed {
                path: file.path().clone(),
                op: file.op(),
                before: now.as_ref().map(|text| Digest::of(text.bytes())),
                after: text.as_ref().map(|text| Digest::of(text.bytes())),
                merged: false,
                text,
            });
        }
        for file in &landed {
            match &file.text {
                Some(text) => self.disk.insert(file.path.clone(), text.clone()),
                None => self.disk.remove(&file.path),
            };
        }
        Ok(approved.landed("1a2b3c4d".into(), landed))
    }

    /// Presses keys: characters, or names in angle brackets as in `<C-k>`, `<A-i>`, `<Esc>`. The
    /// screen is drawn after each.
    fn keys(&mut self, script: &str) -> &mut Self {
        let mut rest = script;
        while let Some(c) = rest.chars().next() {
            let (name, after) = match rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
                Some((name, after)) if !name.is_empty() => (name.to_owned(), after),
                _ => (c.to_string(), &rest[c.len_utf8()..]),
            };
            self.input(Input::Key(parse_key(&name)));
            self.draw();
            rest = after;
        }
        self
    }

    fn event(&mut self, event: impl FnOnce(TurnId) -> Event) -> &mut Self {
        let turn = self.app.session().turn().expect("a turn").id();
        self.input(Input::Event(event(turn)));
        self.draw();
        self
    }

    /// The model says this much.
    fn says(&mut self, text: &str) -> &mut Self {
        self.event(|turn| Event::Delta { turn, delta: Delta::Text(text.to_owned()) })
    }

    fn asking(&mut self) -> &mut Self {
        let model = ModelId { provider: "local".into(), model: "qwen".into() };
        self.event(|turn| Event::Asking { turn, model, window: None })
    }

    /// The model comes to its end.
    fn ends(&mut self) -> &mut Self {
        self.event(|turn| Event::Delta { turn, delta: Delta::Finish(Finish::Stop) });
        self.event(|turn| Event::Ended { turn, result: Ok(()) })
    }

    fn fails(&mut self, failure: Failure) -> &mut Self {
        self.event(|turn| Event::Ended { turn, result: Err(failure) })
    }

    fn tick(&mut self, millis: u64) -> &mut Self {
        self.now += Duration::from_millis(millis);
        self.input(Input::Tick);
        self.draw();
        self
    }

    fn draw(&mut self) {
        let app = &self.app;
        self.screen.draw(|frame| view::view(app, frame)).unwrap();
        self.app.drawn();
    }

    /// The picture, blanks at the end of rows left out.
    fn shot(&mut self) -> String {
        self.draw();
        let buffer = self.screen.backend().buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let row: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
            let _ = writeln!(out, "{}", row.trim_end());
        }
        out
    }

    fn row(&mut self, containing: &str) -> String {
        let shot = self.shot();
        let row = shot.lines().find(|row| row.contains(containing));
        row.unwrap_or_else(|| panic!("`{containing}` is not on screen:\n{shot}")).to_owned()
    }

    fn on_disk(&self, name: &str) -> String {
        String::from_utf8(self.disk[&path(name)].bytes().to_vec()).unwrap()
    }

    fn buffer(&self) -> String {
        String::from_utf8(self.app.file().unwrap().buffer.bytes()).unwrap()
    }
}

fn parse_key(name: &str) -> KeyEvent {
    let (mut mods, mut rest) = (KeyModifiers::NONE, name);
    while let Some((modifier, after)) =
        rest.split_once('-').filter(|(m, after)| m.len() == 1 && !after.is_empty())
    {
        mods |= match modifier {
            "C" => KeyModifiers::CONTROL,
            "A" => KeyModifiers::ALT,
            "S" => KeyModifiers::SHIFT,
            other => panic!("`{other}` is no modifier"),
        };
        rest = after;
    }
    let code = match rest {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "BackTab" => KeyCode::BackTab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "Bs" => KeyCode::Backspace,
        "PageDown" => KeyCode::PageDown,
        f if f.len() > 1 && f.starts_with('F') => KeyCode::F(f[1..].parse().unwrap()),
        c => KeyCode::Char(c.chars().next().unwrap()),
    };
    KeyEvent::new(code, mods)
}

const SIZES: [(u16, u16); 3] = [(80, 24), (40, 12), (200, 60)];

/// A picture at each size, under one name.
fn at_every_size(name: &str, scene: impl Fn(&mut Stage)) {
    for (width, height) in SIZES {
        let mut stage = Stage::new(width, height);
        scene(&mut stage);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), stage.shot());
    }
}

fn ask_at_file(stage: &mut Stage) {
    stage.open_file(RS, 8);
    stage.keys("<C-l>simplify pop<Enter>").asking();
}

#[test]
fn the_first_frame_says_what_can_be_done() {
    at_every_size("first_frame", |_| {});
}

#[test]
fn an_open_file_with_the_notch_in_words() {
    at_every_size("open_file", |stage| {
        stage.open_file(RS, 9);
        stage.keys("<S-Down><S-Down><C-k>make it iterative");
    });
}

#[test]
fn the_first_hunk_is_there_while_the_model_still_talks() {
    at_every_size("streaming", |stage| {
        ask_at_file(stage);
        let reply = two_edits();
        let second = reply.find("Why: it is public").unwrap();
        stage.says(&reply[..second + 80]);
        stage.tick(4_000);
    });
}

#[test]
fn however_fast_hunks_come_one_piece_of_work_for_a_file_is_under_way() {
    let mut stage = Stage::new(80, 24);
    stage.slow = true;
    ask_at_file(&mut stage);
    let reply = two_edits();
    let (first, second) = reply.split_at(reply.find("Why: it is public").unwrap());
    let work = |stage: &mut Stage| {
        let taken = std::mem::take(&mut stage.unanswered).into_iter();
        Vec::from_iter(taken.filter(|effect| matches!(effect, Effect::Polish { .. })))
    };
    let done = |stage: &mut Stage, effect: Effect| {
        let Effect::Polish { key, rough } = effect else { panic!("another effect") };
        let polish = rough.polish().into();
        stage.input(Input::Event(Event::Polished { key, path: rough.path, polish }));
    };
    stage.says(first);
    let early = work(&mut stage).pop().unwrap();
    stage.says(second).ends();
    assert!(work(&mut stage).is_empty(), "the first is not done");
    done(&mut stage, early);
    let [late] = <[Effect; 1]>::try_from(work(&mut stage)).unwrap();
    let words = |stage: &Stage| {
        let review = stage.app.session().turn().unwrap().review();
        let polish = stage.app.review.polish(&path(RS)).unwrap();
        Vec::from_iter(review.hunks().map(|hunk| polish.words(hunk.id).is_some()))
    };
    assert_eq!(words(&stage), [true, false], "what is known serves meanwhile");
    done(&mut stage, late);
    assert_eq!(words(&stage), [true, true]);
    assert!(work(&mut stage).is_empty(), "nothing is left to do");
}

#[test]
fn a_review_with_one_hunk_accepted() {
    at_every_size("review", |stage| {
        ask_at_file(stage);
        stage.says(&two_edits()).ends().keys("y");
    });
}

#[test]
fn accepted_hunks_land_and_rejected_ones_do_not() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends().keys("yn");
    assert_eq!(stage.on_disk(RS), TEXT, "nothing is written before Enter");
    stage.keys("<Enter>");
    let landed = stage.on_disk(RS);
    assert!(landed.contains("swap_remove") && !landed.contains("How many"));
    assert_eq!(stage.buffer(), landed, "the buffer shows what landed");
    assert!(stage.row("landed").contains("landed 1 hunk(s) as 1a2b3c4d"));
}

#[test]
fn a_decision_can_be_undone_and_done_again() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends().keys("Y");
    assert!(stage.row("accepted").contains("2 accepted"));
    stage.keys("u");
    assert!(stage.row("accepted").contains("0 accepted"));
    stage.keys("<C-r>");
    assert!(stage.row("accepted").contains("2 accepted"));
    stage.keys("N");
    assert!(stage.row("rejected").contains("✗ 1 rejected"));
}

#[test]
fn esc_stops_the_model_and_keeps_what_is_whole() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    let reply = two_edits();
    stage.says(&reply[..reply.find("Why: it is public").unwrap() + 60]).keys("<Esc>");
    assert!(stage.unanswered.iter().any(|effect| matches!(effect, Effect::Abort { .. })));
    assert!(stage.row("stopped").contains("the finished hunk is kept"));
    // What arrives late concerns nobody.
    stage.says(&documented()).ends().keys("y<Enter>");
    let landed = stage.on_disk(RS);
    assert!(landed.contains("swap_remove") && !landed.contains("Documented"));
}

#[test]
fn what_lies_outside_the_selection_is_refused_with_the_notch_that_would_admit_it() {
    let mut stage = Stage::open(120, 24, 9);
    stage.keys("<S-Down><C-k>document it<Enter>").asking().says(&documented()).ends();
    assert!(stage.row("refused").contains("of src/stack.rs, outside the selection"));
    stage.keys("<F4>");
    insta::assert_snapshot!("breach_120x24", stage.shot());
}

#[test]
fn what_cannot_be_placed_goes_back_to_the_model_once() {
    let mut stage = Stage::open(100, 24, 8);
    ask_at_file(&mut stage);
    let nowhere = block("a typo", "    pub fn lenght(&self) -> usize {", "    pub fn size(&self) -> usize {");
    stage.says(&nowhere).ends();
    assert!(stage.row("once more").contains("1 edit(s) could not be placed; asked local/qwen once more"));
    let asked: Vec<_> =
        stage.unanswered.iter().filter(|effect| matches!(effect, Effect::Send { .. })).collect();
    assert!(matches!(asked.as_slice(), [_, Effect::Send { ask, .. }] if ask.messages.len() == 3));
    stage.says(&nowhere).ends();
    assert!(stage.row("refused").contains("no place in the file fits"));
}

#[test]
fn a_failure_says_what_happened_and_what_to_do_and_keeps_the_instruction() {
    let mut stage = Stage::open(120, 24, 8);
    ask_at_file(&mut stage);
    let server = "local (127.0.0.1:8080)".to_owned();
    let waited = Duration::from_secs(20);
    stage.says(&two_edits()).fails(Failure::Silent { server, waited, phase: Phase::MidAnswer });
    let shot = stage.shot();
    assert!(shot.contains("said nothing for 20 s") && shot.contains("or ask again"), "{shot}");
    stage.keys("y<Enter><Esc><C-l><Up>");
    assert!(stage.row("❯").contains("simplify pop"));
    assert!(stage.on_disk(RS).contains("swap_remove"));
}

#[test]
fn silence_is_shown_counting() {
    let mut stage = Stage::open(100, 24, 8);
    ask_at_file(&mut stage);
    stage.tick(7_000);
    assert!(stage.row("asked").contains("silent for 7 s of 30"));
    stage.says("Well").tick(5_000);
    assert!(stage.row("local/qwen").contains("silent for 5 s of 20"));
}

#[test]
fn a_verdict_counts_only_for_a_hunk_that_has_been_on_screen() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    let turn = stage.app.session().turn().unwrap().id();
    // The hunk arrives and the key is pressed before the next frame.
    stage.input(Input::Event(Event::Delta { turn, delta: Delta::Text(two_edits()) }));
    stage.input(Input::Key(parse_key("y")));
    assert!(stage.row("accepted").contains("0 accepted") || stage.row("hunk 1").contains('·'));
    stage.draw();
    stage.keys("y").ends();
    assert!(stage.row("accepted").contains("1 accepted"));
}

#[test]
fn a_paste_decides_nothing() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends();
    stage.input(Input::Paste("yyyy\nq".into()));
    assert!(stage.row("accepted").contains("0 accepted"));
    assert!(stage.row("paste").contains("a paste decides nothing"));
}

#[test]
fn hunks_land_around_what_the_user_has_typed_and_not_saved() {
    let mut stage = Stage::open(80, 24, 1);
    stage.keys("// mine<Enter>");
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends().keys("Y<Enter>");
    assert!(stage.on_disk(RS).contains("swap_remove"));
    assert!(!stage.on_disk(RS).contains("// mine"), "what is unsaved stays the user's to save");
    assert!(stage.buffer().starts_with("// mine\nuse std::fmt;") && stage.buffer().contains("swap_remove"));
    stage.keys("q<C-s>");
    assert!(stage.on_disk(RS).starts_with("// mine\n"));
}

#[test]
fn typing_while_hunks_are_open_moves_them() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends().keys("q<A-r>q");
    stage.open_file(RS, 1);
    stage.keys("// one<Enter>// two<Enter>");
    assert!(stage.row("-         let last").contains("15 -"));
    stage.keys("<A-r>Y<Enter>");
    assert!(stage.on_disk(RS).contains("swap_remove"));
}

#[test]
fn a_file_that_changed_at_the_hunks_place_sends_the_hunk_back() {
    let mut stage = Stage::open(120, 24, 8);
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends().keys("Y");
    let theirs = TEXT.replace("let last = self.items[n - 1];", "let last = self.items[n.max(1) - 1];");
    stage.disk.insert(path(RS), Lines::from(theirs.as_str()));
    stage.keys("<Enter>");
    assert_eq!(stage.on_disk(RS), theirs, "all or nothing");
    assert!(stage.row("nothing was written").contains("1 hunk(s) changed underneath"));
    assert!(stage.row("hunk 1 of 2").starts_with('!'));
}

#[test]
fn a_save_over_another_programs_change_merges_first() {
    let mut stage = Stage::open(100, 24, 1);
    stage.keys("// mine<Enter>");
    stage.disk.insert(path(RS), Lines::from(TEXT.replace("u32", "u64").as_str()));
    stage.keys("<C-s>");
    assert!(stage.row("had changed on disk").contains("both changes are in the buffer"));
    assert!(!stage.on_disk(RS).contains("// mine"));
    stage.keys("<C-s>");
    assert!(stage.on_disk(RS).starts_with("// mine\n") && stage.on_disk(RS).contains("u64"));
}

#[test]
fn leaving_with_something_to_lose_asks_once() {
    let mut stage = Stage::open(80, 24, 1);
    stage.keys("x<C-q>");
    assert!(stage.outs.is_empty());
    assert!(stage.row("Ctrl-Q again").contains("1 unsaved file(s) would be lost"));
    stage.keys("<C-q>");
    assert!(matches!(stage.outs.as_slice(), [Out::Quit]));

    let mut stage = Stage::open(80, 24, 1);
    stage.keys("<C-q>");
    assert!(matches!(stage.outs.as_slice(), [Out::Quit]), "with nothing to lose it leaves at once");
}

#[test]
fn the_picker_opens_files_and_goes_to_lines() {
    let mut stage = Stage::new(80, 24);
    stage.disk.insert(path("src/main.rs"), Lines::from("fn main() {}\n"));
    stage.keys("<C-p>stck");
    insta::assert_snapshot!("picker_80x24", stage.shot());
    stage.keys("<Enter>");
    assert!(stage.row("rein").contains(RS));
    stage.keys("<C-p>:18<Enter>x");
    assert!(stage.buffer().contains("\nx    pub fn len"));
}

#[test]
fn find_goes_from_match_to_match() {
    let mut stage = Stage::open(80, 24, 1);
    stage.keys("<C-f>items");
    assert!(stage.row("find").contains("1 of 5"));
    stage.keys("<Enter><Enter>");
    assert!(stage.row("find").contains("3 of 5"));
    stage.keys("<Esc>");
    assert_eq!(stage.app.file().unwrap().buffer.cursor().line, 12);
}

#[test]
fn ghost_text_comes_after_a_pause_and_tab_takes_it() {
    let mut stage = Stage::open(80, 24, 19);
    stage.keys("<BackTab><BackTab><BackTab>");
    assert_eq!(stage.app.level(), Level::Complete);
    stage.keys("<End>").keys(".max(");
    assert!(stage.unanswered.iter().all(|effect| !matches!(effect, Effect::Complete { .. })));
    stage.tick(200);
    let id = stage.unanswered.iter().find_map(|effect| match effect {
        Effect::Complete { id, ask, .. } => {
            assert!(ask.messages.iter().any(|message| message.text.contains("self.items.len().max(")));
            Some(*id)
        }
        _ => None,
    });
    stage.input(Input::Event(Event::Completed { id: id.expect("a request"), result: Ok("1)".into()) }));
    assert!(stage.row("self.items.len().max(1)").starts_with(" 19"));
    assert!(!stage.buffer().contains("max(1)"), "it is not part of the text yet");
    stage.keys("<Tab>");
    assert!(stage.buffer().contains("self.items.len().max(1)\n"));
}

#[test]
fn a_late_completion_is_never_shown() {
    let mut stage = Stage::open(80, 24, 19);
    stage.keys("<BackTab><BackTab><BackTab>").keys("<End>").keys(".m").tick(200).keys("x");
    stage.input(Input::Event(Event::Completed { id: 1, result: Ok("GHOST".into()) }));
    assert!(!stage.shot().contains("GHOST"));
}

#[test]
fn the_context_page_shows_every_byte_that_is_sent() {
    let mut stage = Stage::open(100, 40, 8);
    ask_at_file(&mut stage);
    let sent = stage.unanswered.iter().find_map(|effect| match effect {
        Effect::Send { ask, .. } => Some(ask.clone()),
        _ => None,
    });
    let sent = sent.expect("a request");
    let pack = stage.app.session().turn().unwrap().pack().unwrap();
    let shown: String = pack.segments().iter().map(|segment| segment.text.as_str()).collect();
    let messages: String = sent.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(shown, format!("{}{messages}", sent.system));
    stage.keys("<F3>z");
    let text = stage.shot();
    assert!(text.contains("what the model sees") && text.contains("You edit code."), "{text}");
}

#[test]
fn the_help_lists_every_key() {
    let mut stage = Stage::new(100, 400);
    stage.keys("<F1>");
    let text = stage.shot();
    for row in keymap::KEYS {
        assert!(text.contains(row.says), "{} is missing", row.says);
    }
}

#[test]
fn a_terminal_that_is_too_small_says_so_and_loses_nothing() {
    let mut stage = Stage::open(80, 24, 1);
    stage.keys("x");
    for (width, height) in [(10, 3), (1, 1), (23, 5), (0, 0)] {
        stage.screen = Terminal::new(TestBackend::new(width, height)).unwrap();
        stage.input(Input::Resize(width, height));
        let text = stage.shot();
        assert!(width < 9 || text.contains("too small"), "{text}");
    }
    stage.screen = Terminal::new(TestBackend::new(80, 24)).unwrap();
    stage.input(Input::Resize(80, 24));
    assert!(stage.row("use std::fmt;").contains("xuse std::fmt;"));
}

#[test]
fn what_a_file_or_a_model_holds_cannot_reach_the_terminal() {
    let hostile = "a\u{1b}[31mred\u{1b}]0;title\u{7}\n// \u{202e}evil\u{2066} \u{200b}zero\n\u{9b}31m\tz\n";
    let mut stage = Stage::new(100, 24);
    stage.disk.insert(path("evil.rs"), Lines::from(hostile));
    stage.open_file("evil.rs", 1);
    stage.keys("<C-l>go\u{202e}on<Enter>").asking();
    let reply = "Look \u{1b}[2Jhere\nWhy: \u{1b}]52;c;aGk=\u{7} \u{202e}because\nevil.rs\n<<<<<<< SEARCH\n// \u{202e}evil\u{2066} \u{200b}zero\n=======\n// \u{1b}[1mgood\n>>>>>>> REPLACE\n";
    stage.says(reply).ends();
    for keys in ["", "<F4>", "<Esc><F3>", "<Esc>y<Enter>"] {
        stage.keys(keys);
        let bad = |c: char| {
            c.is_control() && c != '\n'
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}')
        };
        let text = stage.shot();
        assert!(!text.contains(bad), "{text:?}");
    }
    stage.keys("q");
    insta::assert_snapshot!("hostile_100x24", stage.shot());
}

#[test]
fn without_colour_signs_tell_added_from_removed() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends();
    assert!(stage.row("self.items.truncate").contains("- "));
    assert!(stage.row("items.swap_remove").contains("+ "));
}

#[test]
fn colours_mark_lines_and_the_words_that_differ() {
    let theme = Theme { depth: Depth::True, ground: Ground::Dark };
    let mut stage = Stage::with(80, 24, theme);
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends();
    let shot = stage.shot();
    let y = shot.lines().position(|row| row.contains("swap_remove(n - 1);")).unwrap();
    let buffer = stage.screen.backend().buffer();
    let column = |text: &str| {
        let row: Vec<&str> = (0..80).map(|x| buffer[(x, y as u16)].symbol()).collect();
        (0..80).find(|x| row[*x..].concat().starts_with(text)).unwrap() as u16
    };
    let ground = |x: u16| buffer[(x, y as u16)].style().bg;
    assert_eq!(ground(column("let last")), theme.style(Paint::Added).bg);
    assert_eq!(ground(column("swap_remove")), theme.style(Paint::AddedWord).bg);
}

#[test]
fn an_instruction_is_kept_until_it_can_be_asked() {
    let mut stage = Stage::new(80, 24);
    stage.keys("<C-l>do it<Enter>");
    assert!(stage.shot().lines().last().unwrap().contains("no file is open; open one, or raise the slider"));
    assert!(stage.row("❯").contains("do it"));

    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    stage.keys("<C-l>and this<Enter>");
    assert!(stage.row("still running").contains("Esc stops it"));
    assert!(stage.row("❯").contains("and this"));
}

#[test]
fn a_repo_change_is_reviewed_file_by_file_and_creates_files() {
    let mut stage = Stage::open(120, 30, 1);
    stage.keys("<A-i>split it<Enter>").asking();
    let created =
        "Why: a module of its own\nsrc/len.rs\n<<<<<<< SEARCH\n=======\npub fn len() {}\n>>>>>>> REPLACE\n";
    stage.says(&(two_edits() + created)).ends().keys("YJ");
    assert!(stage.row("rein").contains("src/len.rs (new)"));
    insta::assert_snapshot!("new_file_120x30", stage.shot());
    stage.keys("y<Enter>");
    assert_eq!(stage.on_disk("src/len.rs"), "pub fn len() {}\n");
}

#[test]
fn a_file_that_does_not_exist_yet_can_be_asked_for() {
    let mut stage = Stage::new(100, 24);
    stage.open_file("src/new.rs", 1);
    assert!(stage.row("rein").contains("src/new.rs (new)"));
    stage.keys("<C-l>a main function<Enter>").asking();
    stage.says("Why: asked for\nsrc/new.rs\n<<<<<<< SEARCH\n=======\nfn main() {}\n>>>>>>> REPLACE\n").ends();
    stage.keys("y<Enter>");
    assert_eq!(stage.on_disk("src/new.rs"), "fn main() {}\n");
    assert_eq!(stage.buffer(), "fn main() {}\n");
    assert!(!stage.row("rein").contains("(new)"));
}

#[test]
fn unsaved_text_of_a_file_that_does_not_exist_is_saved_before_a_model_changes_it() {
    let mut stage = Stage::new(100, 24);
    stage.open_file("src/new.rs", 1);
    stage.keys("fn<C-l>finish it<Enter>");
    assert!(stage.row("Ctrl-S").contains("src/new.rs does not exist on disk yet; save it first (Ctrl-S)"));
    assert!(stage.row("❯").contains("finish it"));
}

#[test]
fn a_hunk_is_accepted_only_when_all_of_it_has_been_on_screen() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    let long: String = (0..40).map(|n| format!("// line {n}\n")).collect();
    let line = "    pub fn len(&self) -> usize {";
    stage.says(&block("much to read", line, &format!("{long}{line}"))).ends();
    stage.keys("y");
    assert!(stage.row("accepted").contains("0 accepted"));
    assert!(stage.row("goes on").contains("read it to its end"));
    stage.keys("y");
    assert!(stage.row("accepted").contains("0 accepted"), "there is a third page");
    stage.keys("yy");
    assert!(stage.row("accepted").contains("1 accepted"));
    // Rejecting needs no reading.
    stage.keys("un");
    assert!(stage.row("rejected").contains("all hunks rejected"));
}

#[test]
fn a_hunk_whose_place_was_edited_by_hand_is_not_accepted_unseen() {
    let mut stage = Stage::open(80, 24, 18);
    ask_at_file(&mut stage);
    stage.says(&documented()).ends().keys("q");
    stage.open_file(RS, 18);
    stage.keys("x<A-r>y");
    assert!(stage.row("edited the text").contains("undo that (Ctrl-Z), or reject the hunk"));
    assert!(stage.row("accepted").contains("0 accepted"));
}

#[test]
fn a_line_that_goes_on_says_so_and_can_be_read_to_its_end() {
    let mut stage = Stage::open(60, 24, 8);
    ask_at_file(&mut stage);
    let line = "    pub fn len(&self) -> usize {";
    let far = format!("{line}{}evil()", " ".repeat(60));
    stage.says(&block("one word", line, &far)).ends();
    assert!(stage.row("+     pub fn len").ends_with('…'));
    assert!(!stage.shot().contains("evil()"));
    stage.keys("ll");
    assert!(stage.shot().contains("evil()"));
    stage.keys("hh");
    assert!(stage.row("+     pub fn len").ends_with('…'));
}

#[test]
fn a_verdict_given_while_another_file_is_shown_shows_the_hunk_first() {
    let mut stage = Stage::open(80, 24, 8);
    stage.disk.insert(path("src/main.rs"), Lines::from("fn main() {}\n"));
    ask_at_file(&mut stage);
    stage.says(&documented()).ends().keys("<C-p>main<Enter><A-r>");
    assert!(stage.row("rein").contains(RS), "going to the review shows the hunk");
    stage.keys("<C-t>y");
    assert!(stage.row("rein").contains(RS));
}
