//! The walls of the house: which room may name what. Floors, wings and wall sentences are tables
//! here; ARCHITECTURE.md says the same to people, and a test compares the two. What needs the
//! compiler to see (a method call, an alias) is banned in `.clippy.toml`; this file keeps the list
//! of the rooms that may lift those bans, and holds each of them to its own share.

#[path = "walls/source.rs"]
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use source::{Name, Source};

/// Low to high. A room names only rooms on floors below its own.
const FLOORS: &[&[&str]] = &[
    &["text", "model"],
    &["change"],
    &["context"],
    &["prompt", "tool", "workspace", "provider"],
    &["session", "editor", "index"],
    &["ui", "orchestrator"],
    &["config"],
    &["front"],
    &["cli"],
    &["main"],
];

/// The thinking wing: values in, values out.
const PURE: &[&str] = &["text", "model", "change", "context", "prompt", "tool", "session", "editor", "ui"];

/// What the thinking wing never names, since it is the world: the disk, the network, processes, the
/// clock, tasks, and the rooms of the acting wing.
const WORLD: &[&str] = &[
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::env",
    "std::thread",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::time::Instant::now",
    "std::time::SystemTime",
    "jiff::Timestamp::now",
    "jiff::ZonedDateTime::now",
    "tokio",
    "tokio_util",
    "crate::workspace::Workspace",
    "crate::provider",
];

/// Where the thinking wing does name the world, each with its excuse: (file, name, why).
const EXCUSED: &[(&str, &str, &str)] = &[(
    "text/diff.rs",
    "std::time::Instant::now",
    "a deadline bounds pathological input; past it the difference is coarser, never wrong",
)];

/// Wall sentences of the form "`room` never names …", for names that the floors would let through.
const NEVER: &[(&str, &[&str], &str)] = &[
    ("provider", &["crate::change", "crate::context"], "`provider` knows no edit: what a model says is text"),
    (
        "workspace",
        &["crate::model", "crate::context"],
        "`workspace` knows no model: it lands what was approved",
    ),
    ("change", &["crate::model"], "`change` knows no model: a reply, a patch and a person are alike to it"),
    (
        "index",
        &["crate::change", "crate::prompt", "crate::provider"],
        "`index` knows no model and no change: nothing of a project leaves the machine from there",
    ),
    (
        "editor",
        &["crate::model", "crate::context", "crate::prompt"],
        "`editor` knows no model: it is whole without one",
    ),
];

/// Wall sentences of the form "only … names …". `may` holds rooms and files.
const ONLY: &[(&[&str], &[&str], &str)] = &[
    (
        &["std::fs"],
        &["workspace", "config", "front", "index/store.rs", "index/vectors/log.rs"],
        "a path reaches the disk only through `Workspace`",
    ),
    (&["rustix"], &["workspace", "front"], "system calls are for the pen and the terminal"),
    (&["git2", "ignore"], &["workspace"], "the repository on disk is `workspace`'s"),
    (&["reqwest", "rustls", "sse_stream"], &["provider"], "only `provider` reaches a server"),
    (
        &["serde_json::Value", "serde_json::Map", "serde_json::json"],
        &["provider", "front"],
        "wire shapes stay in `provider`",
    ),
    (&["secrecy"], &["provider", "config"], "a key goes from the environment to a header, and nowhere else"),
    (
        &[
            "tokio::spawn",
            "tokio::runtime",
            "tokio::task::spawn",
            "tokio::task::spawn_blocking",
            "tokio::task::spawn_local",
            "tokio::task::JoinSet",
            "tokio_util::task",
            "std::thread::spawn",
            "std::thread::scope",
            "std::thread::Builder",
        ],
        &["orchestrator", "front"],
        "only `orchestrator` and `front` spawn",
    ),
    (&["std::process::Command"], &["front"], "only `front` starts a program"),
    (&["std::process::exit", "std::process::abort"], &["main"], "the exit code is returned, up to `main`"),
    (&["std::env"], &["front", "main"], "only `front` reads the environment"),
    (
        &["std::io::stdin", "std::io::stdout", "std::io::stderr"],
        &["front"],
        "only `front` owns the standard streams",
    ),
    (&["crossterm", "ratatui"], &["ui", "front"], "only `ui` draws and only `front` touches the terminal"),
    (
        &["crossterm::terminal", "crossterm::execute", "crossterm::queue"],
        &["front"],
        "only `front` touches the terminal",
    ),
    (
        &["ratatui::style::Color", "ratatui::style::Stylize", "ratatui::prelude", "crossterm::style"],
        &["ui/theme.rs"],
        "colours have names, and `ui/theme.rs` says what each name looks like",
    ),
    (&["tree_sitter", "tree_sitter_highlight"], &["text"], "syntax is `text::highlight`'s"),
    (&["regex"], &["index"], "only `index` looks through texts by a person's pattern"),
    (&["ropey"], &["editor"], "a rope is how `editor` keeps a text; others take `Lines`"),
    (&["minijinja"], &["prompt"], "what we say to a model is written in `prompt`"),
    (&["toml"], &["config"], "only `config` knows how a setting is written"),
    (&["clap"], &["cli", "main"], "only `cli` knows how a command is typed"),
];

/// Files that may change the level of a ban, besides `lib.rs` and `main.rs`, which switch them on.
const LIFTS: &[(&str, &[&str])] = &[
    (
        "clippy::disallowed_methods",
        &[
            "workspace/mod.rs",
            "orchestrator/mod.rs",
            "front/mod.rs",
            "config/mod.rs",
            "config/file.rs",
            "index/mod.rs",
        ],
    ),
    ("clippy::disallowed_macros", &["front/mod.rs"]),
];

/// The bans are law outside tests because of these two lines at the top of both crates.
const LAW: [&str; 2] = [
    "#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_macros))]",
    "#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]",
];

#[test]
fn every_room_imports_only_from_floors_below() {
    assert_none(complaints(floors));
}

#[test]
fn the_thinking_wing_never_names_the_world() {
    assert_none(complaints(world));
}

#[test]
fn no_room_reaches_through_a_wall() {
    assert_none(complaints(walls));
}

#[test]
fn only_the_listed_files_lift_a_ban() {
    assert_none(complaints(lifts));
    for crate_root in ["lib.rs", "main.rs"] {
        let text = fs::read_to_string(root().join("src").join(crate_root)).unwrap();
        for line in LAW {
            assert!(text.lines().any(|l| l == line), "src/{crate_root} must say `{line}`");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    assert_none(sources().iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(file, _)| {
        format!("src/{file}:1: begin with a `//!` paragraph: what it is for, what it may not know")
    }));
}

#[test]
fn the_floors_are_those_that_architecture_md_shows() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let shown = floors_shown(&page);
    let built: Vec<Vec<&str>> = FLOORS.iter().map(|floor| floor.to_vec()).collect();
    assert_eq!(shown, built, "the table under `## Floors` in ARCHITECTURE.md differs from FLOORS");
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    let mut files = vec![];
    walk(&root(), &mut files);
    assert_none(files.iter().filter_map(|path| {
        let text = fs::read_to_string(path).ok()?;
        let (line, found) = text.lines().enumerate().find_map(|(n, l)| Some((n + 1, machine_path(l)?)))?;
        let file = path.strip_prefix(root()).unwrap_or(path).display();
        Some(format!("{file}:{line}: `{found}` is a path on one machine: say it relative to the repository"))
    }));
}

// The rules, each over one file.

fn floors(file: &str, source: &Source) -> Vec<String> {
    let room = room(file);
    if room == "lib" {
        return vec![];
    }
    let Some(own) = floor(room) else {
        return vec![format!(
            "src/{file}: the room `{room}` has no floor: give it one in ARCHITECTURE.md and FLOORS"
        )];
    };
    let broken = |name: &Name| match name.path.get(1).map(String::as_str) {
        _ if name.path[0] != "crate" => None,
        None | Some("*") => Some("names the whole crate: name the room".to_owned()),
        Some(other) if other == room => None,
        Some(other) => match floor(other) {
            None => Some(format!("names `crate::{other}`, which is no room with a floor")),
            Some(theirs) if theirs < own => None,
            Some(theirs) => Some(format!(
                "`{room}` (floor {}) names `{other}` (floor {}): a room imports only from floors below",
                own + 1,
                theirs + 1
            )),
        },
    };
    report(file, source, broken)
}

fn world(file: &str, source: &Source) -> Vec<String> {
    let room = room(file);
    report(file, source, |name| {
        let excused = |part: &str| EXCUSED.iter().any(|(of, what, _)| *of == file && *what == part);
        let found = WORLD.iter().find(|part| PURE.contains(&room) && within(name, part) && !excused(part))?;
        Some(format!("`{room}` is pure and names `{found}`: take a value, or return an effect"))
    })
}

fn walls(file: &str, source: &Source) -> Vec<String> {
    let room = room(file);
    report(file, source, |name| {
        let never = NEVER.iter().filter(|(who, ..)| *who == room).map(|(_, parts, why)| (*parts, *why));
        let only = ONLY.iter().filter(|(_, may, _)| !may.contains(&room) && !may.contains(&file));
        let barred = never.chain(only.map(|(parts, _, why)| (*parts, *why)));
        let (why, found) = barred
            .filter_map(|(parts, why)| Some((why, parts.iter().find(|part| within(name, part))?)))
            .next()?;
        Some(format!("`{room}` names `{found}`: {why}"))
    })
}

fn lifts(file: &str, source: &Source) -> Vec<String> {
    let of_root = ["lib.rs", "main.rs"].contains(&file);
    let lifted = source.lints.iter().filter_map(|lint| {
        let written = lint.path.join("::");
        let (_, may) = LIFTS.iter().find(|(ban, _)| *ban == written)?;
        (!of_root && !may.contains(&file)).then(|| {
            format!("src/{file}:{}: only {} may change the level of `{written}`", lint.line, may.join(", "))
        })
    });
    lifted.collect()
}

fn report(file: &str, source: &Source, broken: impl Fn(&Name) -> Option<String>) -> Vec<String> {
    source
        .names
        .iter()
        .filter_map(|name| Some(format!("src/{file}:{}: {}", name.line, broken(name)?)))
        .collect()
}

/// `name` is `part`, or lies in it, or is a glob that takes it in.
fn within(name: &Name, part: &str) -> bool {
    let mut wanted = part.split("::");
    for have in &name.path {
        match wanted.next() {
            None => return true,
            Some(_) if have == "*" => return true,
            Some(want) if want == have => {}
            Some(_) => return false,
        }
    }
    wanted.next().is_none()
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

/// The second cells of the numbered rows under `## Floors`: the names in backticks.
fn floors_shown(page: &str) -> Vec<Vec<&str>> {
    let section = page.split("\n## ").find(|section| section.starts_with("Floors")).unwrap_or("");
    let rows = section.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|');
        cells.next()?.trim().parse::<usize>().ok()?;
        Some(cells.next()?.split('`').skip(1).step_by(2).collect())
    });
    rows.collect()
}

/// The start of an absolute path into a home or work folder, unless it is a made-up one.
fn machine_path(line: &str) -> Option<String> {
    const FOLDERS: [&str; 5] = ["root", "work", "home", "Users", "builds"];
    const NOBODY: [&str; 6] = ["you", "user", "me", "alice", "bob", "dev"];
    let own = env!("CARGO_MANIFEST_DIR");
    if line.contains(own) {
        return Some(own.to_owned());
    }
    FOLDERS.iter().find_map(|folder| {
        let start = format!("/{folder}/");
        let (at, _) = line.match_indices(&start).find(|(at, _)| {
            let before = line[..*at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || "._-~/}>".contains(c))
        })?;
        let rest = &line[at + start.len()..];
        let who = rest.split(|c: char| !c.is_alphanumeric() && !"._-".contains(c)).next()?;
        (!who.is_empty() && !NOBODY.contains(&who)).then(|| format!("{start}{who}"))
    })
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files of the repository, without what is built or fetched.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() && name != "target" && name != ".git" => walk(&entry.path(), found),
            kind if kind.is_file() && name != ".git" => found.push(entry.path()),
            _ => {}
        }
    }
}

/// Every file under `src/` with its text, test modules that are files of their own left out.
fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    let mut paths = vec![];
    walk(&src, &mut paths);
    let named = paths.iter().filter(|path| path.extension().is_some_and(|ext| ext == "rs")).map(|path| {
        let file = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
        (file, fs::read_to_string(path).unwrap())
    });
    let all: BTreeSet<(String, String)> = named.collect();
    let tests: Vec<String> = all.iter().flat_map(|(file, text)| test_files(file, text)).collect();
    all.into_iter().filter(|(file, _)| !tests.iter().any(|test| lies_in(file, test))).collect()
}

/// `#[cfg(test)] mod x;` in `a/mod.rs` or `a.rs`: the module `a/x`.
fn test_files(file: &str, text: &str) -> Vec<String> {
    let folder = file.trim_end_matches(".rs").trim_end_matches("mod").trim_end_matches("lib");
    let modules = Source::read(file, text).test_modules;
    modules.iter().map(|module| Path::new(folder).join(module).to_string_lossy().into_owned()).collect()
}

fn lies_in(file: &str, module: &str) -> bool {
    file.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn complaints(rule: fn(&str, &Source) -> Vec<String>) -> Vec<String> {
    sources().iter().flat_map(|(file, text)| rule(file, &Source::read(file, text))).collect()
}

fn assert_none(complaints: impl IntoIterator<Item = String>) {
    let complaints: Vec<String> = complaints.into_iter().collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// A check that cannot fail is worth nothing: each rule is shown a forbidden line and must see it.
mod the_checker {
    use super::*;

    fn says(rule: fn(&str, &Source) -> Vec<String>, file: &str, text: &str) -> String {
        rule(file, &Source::read(file, text)).join("\n")
    }

    #[test]
    fn sees_an_upward_arrow_however_it_is_written() {
        for line in [
            "use crate::session::Session;",
            "use crate::{text::{RepoPath, Lines}, session::{self, Event}};",
            "use super::super::session;",
            "use super::{super::session::Event, edit};",
            "pub(crate) use crate :: session as talk;",
            "fn f() { let s = crate::session::Session::new(); }",
            "impl From<crate::session::Event> for Edit {}",
            "mod inner { use super::super::super::session; }",
            "use crate as house; fn f() -> house::session::Event {}",
            "fn f<'a>(x: &'a str) { let q = '\"'; crate::session::f(\"'\") }",
            "#[cfg(not(test))] use crate::session::Session;",
        ] {
            let said = says(floors, "change/scope.rs", line);
            assert!(said.contains("`change` (floor 2) names `session` (floor 5)"), "{line}\n{said}");
        }
    }

    #[test]
    fn names_the_file_and_the_line() {
        let text =
            "//! A room.\n\n/* two\nlines */\nuse crate::{\n    text::Lines,\n    session::Event,\n};\n";
        assert!(says(floors, "change/scope.rs", text).starts_with("src/change/scope.rs:7: "));
    }

    #[test]
    fn sees_sideways_arrows_and_the_whole_crate() {
        assert!(says(floors, "ui/mod.rs", "use crate::orchestrator::X;").contains("floors below"));
        assert!(says(floors, "ui/mod.rs", "use crate::*;").contains("whole crate"));
        assert!(says(floors, "attic/mod.rs", "").contains("has no floor"));
        assert!(says(floors, "ui/mod.rs", "use crate::attic::X;").contains("no room with a floor"));
    }

    #[test]
    fn lets_pass_what_is_allowed_commented_quoted_or_a_test() {
        let text = r####"
            use crate::text::{Lines, Span};
            use super::edit::Edit;
            // use crate::session::A;
            /* use crate::session::B; /* nested */ use crate::session::C; */
            /// [`crate::session::D`]
            const X: &str = "use crate::session::E;\"; crate::session::F";
            const Y: &[u8] = br##"crate::session::G "# crate::session::H"##;
            fn precise(x: &u8) -> impl Fn() + use<'_> { move || x.crate_session() }
            #[cfg(test)]
            use crate::session::I;
            #[cfg(test)]
            #[allow(dead_code)]
            mod tests { use crate::session::J; fn f() { std::fs::read("x") } }
            struct S { #[cfg(test)] probe: crate::session::K, span: Span }
            mod inner { use super::super::edit; mod deeper { use super::super::super::edit; } }
        "####;
        assert_eq!(says(floors, "change/scope.rs", text), "");
        assert_eq!(says(world, "change/scope.rs", text), "");
        assert_eq!(says(floors, "main.rs", "fn main() { rein::cli::run(); }"), "");
    }

    #[test]
    fn sees_the_world_in_a_pure_room() {
        for line in [
            "use std::fs;",
            "use std::{collections::HashMap, fs::File};",
            "fn f() { ::std::env::var(\"HOME\") }",
            "use std::time::Instant; fn f() { Instant::now() }",
            "use std::time; fn f() { time::SystemTime::now() }",
            "async fn f() { tokio::time::sleep(d).await }",
            "use crate::workspace::Workspace;",
        ] {
            assert!(says(world, "session/mod.rs", line).contains("is pure and names"), "{line}");
            assert_eq!(says(world, "front/tui.rs", line), "", "{line}");
        }
        assert_eq!(says(world, "session/mod.rs", "use std::time::{Duration, Instant};"), "");
        let excused = "use std::{fs, time::Instant}; fn f() { Instant::now() }";
        assert_eq!(says(world, "text/diff.rs", excused).lines().count(), 1, "an excuse is for one name");
    }

    #[test]
    fn sees_what_a_room_may_not_know() {
        let caught = [
            ("provider/openai.rs", "use crate::change::Edit;", "knows no edit"),
            ("workspace/apply.rs", "use crate::model::Ask;", "knows no model"),
            ("provider/scripted.rs", "tokio::spawn(serve());", "spawn"),
            ("workspace/walk.rs", "use std::thread; fn f() { thread::scope(|s| ()) }", "spawn"),
            ("orchestrator/mod.rs", "use reqwest::Client;", "reaches a server"),
            ("orchestrator/mod.rs", "fn f() { git2::Repository::open(p) }", "repository on disk"),
            ("session/mod.rs", "use ratatui::text::Line;", "draws"),
            ("ui/view.rs", "use crossterm::terminal::enable_raw_mode;", "touches the terminal"),
            (
                "ui/view.rs",
                "use ratatui::style::{Color, Style}; const C: Color = Color::Rgb(1, 2, 3);",
                "theme.rs",
            ),
            ("ui/view.rs", "use ratatui::style; const C: style::Color = style::Color::Red;", "theme.rs"),
            ("ui/view.rs", "use ratatui::style::*;", "theme.rs"),
            ("front/once.rs", "fn f() { std::process::exit(2) }", "exit code"),
            ("config/file.rs", "use std::env;", "environment"),
        ];
        for (file, line, why) in caught {
            assert!(says(walls, file, line).contains(why), "{file}: {line}");
        }
        assert_eq!(says(walls, "ui/theme.rs", "use ratatui::style::Color;"), "");
        assert_eq!(says(walls, "ui/view.rs", "use ratatui::style::{Modifier, Style};"), "");
        assert_eq!(says(walls, "provider/mod.rs", "use std::time::Instant; fn f() { Instant::now() }"), "");
    }

    #[test]
    fn sees_a_ban_lifted_in_the_wrong_file() {
        let text = "#![expect(clippy::disallowed_methods, reason = \"quick\")]";
        assert!(says(lifts, "ui/mod.rs", text).contains("only workspace/mod.rs"));
        assert_eq!(says(lifts, "workspace/mod.rs", text), "");
    }

    #[test]
    fn sees_a_path_of_one_machine() {
        let place = |folder: &str, rest: &str| format!("see /{folder}/{rest}");
        assert_eq!(machine_path(&place("home", "jo/src/x")).as_deref(), Some(concat!("/home", "/jo")));
        assert!(machine_path(&place("root", ".cargo")).is_some());
        assert_eq!(machine_path(&place("home", "you/src")), None);
        assert_eq!(machine_path(concat!("src/wor", "k/x and /tmp/x and https://host/wor", "k/x")), None);
    }

    #[test]
    fn reads_the_real_house() {
        let all = sources();
        let (file, text) = all.iter().find(|(file, _)| file == "change/scope.rs").unwrap();
        let names = Source::read(file, text).names;
        assert!(names.iter().any(|name| name.path.starts_with(&["crate".into(), "text".into()])));
    }

    #[test]
    fn finds_test_modules_in_files_of_their_own() {
        assert_eq!(test_files("ui/mod.rs", "#[cfg(test)]\nmod tests;"), ["ui/tests"]);
        assert_eq!(test_files("ui/keymap.rs", "#[cfg(test)]\nmod tests;"), ["ui/keymap/tests"]);
        assert!(lies_in("ui/tests.rs", "ui/tests") && lies_in("ui/tests/a.rs", "ui/tests"));
        assert!(!lies_in("ui/tests_of.rs", "ui/tests"));
    }
}
