//! The tour without a terminal: keys in, frames nowhere, files checked.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tokio::sync::mpsc::Receiver;

use super::super::setup::{Place, Setup};
use super::super::{Exit, stop};
use super::sample;
use crate::orchestrator::Orchestrator;
use crate::session::{Event, Phase, Session};
use crate::text::RepoPath;
use crate::ui::{App, Facts, Guide, Input, Out};
use crate::workspace::{Source, Workspace};

/// How long a step may take; the model on the loopback needs milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// A key or what has to happen before the next one.
#[derive(Clone, Copy, Debug)]
enum Act {
    Type(&'static str),
    Key(KeyCode, KeyModifiers),
    /// Ghost text stands at the cursor.
    Ghost,
    /// The answer has ended and there are hunks.
    Hunks,
    /// The guide stands at this step, from 0.
    Step(usize),
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;
const ENTER: Act = Act::Key(KeyCode::Enter, NONE);

const fn key(c: char) -> Act {
    Act::Key(KeyCode::Char(c), NONE)
}

const fn with(mods: KeyModifiers, c: char) -> Act {
    Act::Key(KeyCode::Char(c), mods)
}

/// A step: what it shows, the keys, and texts that the files hold afterwards (`true`) or not.
struct Scene {
    name: &'static str,
    acts: &'static [Act],
    promises: &'static [(&'static str, &'static str, bool)],
}

const SCENES: &[Scene] = &[
    Scene {
        name: "complete: ghost text is taken with Tab and saved by hand",
        acts: &[
            Act::Step(0),
            Act::Type(sample::TYPED),
            Act::Ghost,
            Act::Key(KeyCode::Tab, NONE),
            with(CTRL, 's'),
            Act::Step(1),
        ],
        promises: &[("src/cart.rs", "pub fn is_empty(&self) -> bool {", true)],
    },
    Scene {
        name: "selection: five lines become one, nothing else changes",
        acts: &[with(CTRL, 'k'), ENTER, Act::Hunks, key('y'), ENTER, Act::Step(2)],
        promises: &[
            ("src/cart.rs", "item.cents * item.count).sum()", true),
            ("src/cart.rs", "let mut sum = 0;", false),
        ],
    },
    Scene {
        name: "file: two hunks are accepted, one is rejected",
        acts: &[with(CTRL, 'l'), ENTER, Act::Hunks, key('y'), key('y'), key('n'), ENTER, Act::Step(3)],
        promises: &[
            ("src/cart.rs", "/// Puts an item into the cart.", true),
            ("src/cart.rs", "It is a very simple sum.", false),
        ],
    },
    Scene {
        name: "repo: one change in three files lands as one; a protected file is refused",
        acts: &[with(ALT, 'i'), ENTER, Act::Hunks, key('Y'), key('Y'), key('Y'), ENTER, Act::Step(4)],
        promises: &[
            ("src/cart.rs", "unit_price", true),
            ("src/receipt.rs", "unit_price", true),
            ("src/main.rs", "cents", false),
            (".github/workflows/ci.yml", "", false),
        ],
    },
    Scene {
        name: "undo: the landing is taken back in every file",
        acts: &[key('u'), Act::Step(5)],
        promises: &[
            ("src/cart.rs", "unit_price", false),
            ("src/receipt.rs", "item.cents", true),
            ("src/main.rs", "unit_price", false),
        ],
    },
];

/// Plays every scene and says how it went, a line each.
pub async fn play(setup: Setup, place: Place) -> Exit {
    let workspace = place.workspace.clone();
    let mut stage = Stage::set(&setup, &place);
    for (number, scene) in SCENES.iter().enumerate() {
        let result = stage.scene(scene).await.and_then(|()| kept(&workspace, scene));
        match result {
            Ok(()) => println!("{}/{}  ok  {}", number + 1, SCENES.len(), scene.name),
            Err(why) => {
                println!("{}/{}  FAILED  {}", number + 1, SCENES.len(), scene.name);
                return stop(Exit::No, why);
            }
        }
    }
    Exit::Done
}

/// Are the files what the scene promises?
fn kept(workspace: &Workspace, scene: &Scene) -> Result<(), String> {
    for (name, text, there) in scene.promises {
        let path = RepoPath::parse(name).map_err(|why| why.to_string())?;
        let file = workspace.read(&path).map_err(|why| why.to_string())?;
        let holds = file.is_some_and(|file| String::from_utf8_lossy(file.lines.bytes()).contains(text));
        if holds != *there {
            let word = if *there { "should hold" } else { "should not hold" };
            return Err(format!("{name} {word} `{text}`"));
        }
    }
    Ok(())
}

/// The screen's state with hands but without eyes.
struct Stage {
    app: App,
    orchestrator: Orchestrator,
    events: Receiver<Event>,
    began: Instant,
}

impl Stage {
    fn set(setup: &Setup, place: &Place) -> Self {
        let facts = Facts { workspace: place.name(), models: setup.lists(), ..Facts::default() };
        let session = Session::new(setup.terms(Source::Tour));
        let mut app =
            App::new(session, facts, setup.limits(), setup.theme(), setup.level(), setup.tab_width());
        app.set_guide(Guide::new(sample::steps()));
        let (orchestrator, events) = setup.orchestrator(place.workspace.clone());
        let mut stage = Self { app, orchestrator, events, began: Instant::now() };
        stage.input(Input::Resize(100, 30));
        let outs = stage.app.begin();
        stage.carry_out(outs);
        stage
    }

    async fn scene(&mut self, scene: &Scene) -> Result<(), String> {
        for act in scene.acts {
            match act {
                Act::Type(text) => text.chars().for_each(|c| self.press(KeyCode::Char(c), NONE)),
                Act::Key(code, mods) => self.press(*code, *mods),
                until => self.until(*until).await?,
            }
        }
        Ok(())
    }

    fn press(&mut self, code: KeyCode, mods: KeyModifiers) {
        self.input(Input::Key(KeyEvent::new(code, mods)));
    }

    fn has_come(&self, act: Act) -> bool {
        match act {
            Act::Ghost => self.app.shows_ghost(),
            Act::Hunks => self.app.session().phase() == Some(Phase::Reviewing),
            Act::Step(step) => self.app.guided().is_some_and(|(at, _)| at == step) && self.app.is_settled(),
            Act::Type(_) | Act::Key(..) => true,
        }
    }

    async fn until(&mut self, act: Act) -> Result<(), String> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !self.has_come(act) {
            let wake = self.app.wake_at().map_or(PATIENCE, |at| at.saturating_sub(self.began.elapsed()));
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(event) => self.input(Input::Event(event)),
                    None => return Err("nothing runs any more".into()),
                },
                () = tokio::time::sleep(wake) => self.input(Input::Tick),
                () = tokio::time::sleep_until(deadline) => {
                    return Err(format!("waited in vain: {}", self.app.status()));
                }
            }
        }
        Ok(())
    }

    fn input(&mut self, input: Input) {
        let outs = self.app.update(self.began.elapsed(), input);
        self.carry_out(outs);
        // Nobody looks here, but whoever plays has read the script.
        self.app.drawn();
    }

    fn carry_out(&mut self, outs: Vec<Out>) {
        for out in outs {
            if let Out::Do(effect) = out {
                self.orchestrator.run(effect);
            }
        }
    }
}
