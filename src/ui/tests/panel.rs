//! The panel of requests, the names after `@` and the consent to fetch, by keyboard.

use super::*;
use crate::context::{Excerpt, Pack, Target};
use crate::model::{Money, Price, Rate};
use crate::session::Instruct;
use crate::text::Span;

const PRICE: &str = "pub fn price_of(item: u64) -> u64 {\n    item\n}\n";

/// A screen with a file open, a model that has a price and an instruction that is being written.
fn writing(width: u16, height: u16) -> Stage {
    let mut stage = Stage::open(width, height, 8);
    let rate = Rate("3".parse::<Money>().unwrap());
    stage.app.facts.prices = vec![(id("local/qwen"), Price { input: rate, ..Price::default() })];
    stage.keys("<C-l>use price_of");
    stage
}

/// The preview that is awaited, answered as the orchestrator would with one excerpt found.
fn previewed(stage: &mut Stage) -> Instruct {
    let awaited = stage.unanswered.iter().rev().find_map(|effect| match effect {
        Effect::Preview { turn, instruct } => Some((*turn, instruct.clone())),
        _ => None,
    });
    let (turn, instruct) = awaited.expect("a preview");
    let packed = Ok(Gathered { pack: pack(&instruct), read: BTreeMap::new() });
    stage.input(Input::Event(Event::Previewed { turn, packed }));
    stage.draw();
    Instruct::clone(&instruct)
}

fn pack(instruct: &Instruct) -> Pack {
    let price = path("src/price.rs");
    let text = Lines::from(PRICE);
    let found = Excerpt { path: price, span: text.span(), text, whole: true, why: "def:price_of".into() };
    let file = instruct.focus.file.clone().unwrap();
    let text = instruct.open[&file].clone();
    let open = Open { path: &file, text: &text, selection: None, cursor: None };
    let request = Request {
        candidates: &[found],
        wishes: &instruct.wants.wishes,
        ..Request::new(instruct.level, &instruct.text, Some(open))
    };
    context::gather(&request, Tokens(20_000)).unwrap()
}

#[test]
fn the_panel_shows_the_next_request_before_it_is_sent_with_what_each_piece_costs() {
    let mut stage = writing(120, 30);
    stage.keys("<F3>");
    assert!(stage.shot().contains("reading what the request needs…"));
    let instruct = previewed(&mut stage);
    assert_eq!((instruct.text.as_str(), instruct.level), ("use price_of", Level::File));
    insta::assert_snapshot!("context_next_120x30", stage.shot());
    // Enter shows the text of the chosen piece, to the byte but for what is hidden in it.
    stage.keys("j<Enter>");
    assert!(stage.shot().contains("│ pub fn price_of(item: u64) -> u64 {"), "{}", stage.shot());
    let next = stage.app.session().next_request().pack().unwrap().clone();
    stage.keys("<Esc><Enter>");
    let sent = stage.unanswered.iter().find_map(|effect| match effect {
        Effect::Send { ask, .. } => Some(ask.clone()),
        _ => None,
    });
    // The stage gathers without the excerpt, so that only the rest is the same.
    let shown: String = next
        .segments()
        .iter()
        .filter(|one| one.source.kind() != "excerpt")
        .map(|one| one.text.as_str())
        .collect();
    let sent = sent.unwrap();
    assert_eq!(shown, format!("{}{}", sent.system, sent.messages[0].text));
}

#[test]
fn a_piece_is_evicted_pinned_and_left_to_itself_again_for_the_whole_session() {
    let mut stage = writing(110, 30);
    stage.keys("<F3>");
    previewed(&mut stage);
    stage.keys("jx");
    let instruct = previewed(&mut stage);
    assert_eq!(instruct.wants.wishes.evicted(), [Target::parse("src/price.rs")]);
    assert!(
        stage.row("✗").contains("src/price.rs") && stage.row("✗").contains("evicted by you"),
        "{}",
        stage.shot()
    );
    // It is the last item now; pinning it takes the eviction back.
    stage.keys("jjjp");
    let instruct = previewed(&mut stage);
    assert!(instruct.wants.wishes.evicted().is_empty());
    assert_eq!(instruct.wants.wishes.pinned()[0].to_string(), "@src/price.rs:1-3");
    assert!(stage.shot().contains("pinned for this session: @src/price.rs:1-3"), "{}", stage.shot());
    stage.keys("u");
    stage.keys("<Esc><Enter>");
    let sent = stage.app.session().turn().unwrap().instruct();
    assert_eq!(sent.wants.wishes.pinned().len(), 1, "it holds for the request that is sent");
}

#[test]
fn what_the_request_is_about_cannot_be_evicted() {
    let mut stage = writing(110, 30);
    stage.keys("<F3>");
    previewed(&mut stage);
    for keys in ["x", "jjx", "jx"] {
        stage.keys(keys);
        assert!(stage.row("stays").contains("the request is about it, or made of it"), "{}", stage.shot());
    }
    assert!(stage.app.panelling.wishes.is_empty());
}

#[test]
fn something_is_added_by_its_name_and_names_are_offered() {
    let mut stage = writing(110, 30);
    stage.app.listing = Some(["src/price.rs", "src/stack.rs", "docs/prices.md"].map(path).into());
    stage.keys("<F3>");
    previewed(&mut stage);
    stage.keys("asrc/pri");
    assert!(stage.shot().contains("add @src/pri") && stage.row("❯ src/price.rs").contains("src/price.rs"));
    stage.keys("<Tab><Enter>");
    let instruct = previewed(&mut stage);
    assert_eq!(instruct.wants.wishes.pinned()[0].to_string(), "@src/price.rs");
    assert!(stage.shot().contains("added: @src/price.rs"), "{}", stage.shot());
    stage.keys("adiff<Enter>");
    assert_eq!(previewed(&mut stage).wants.wishes.pinned()[1].to_string(), "@diff");
    stage.keys("ax<Esc>");
    assert!(stage.shot().contains("what the model sees"), "Esc closes the line first");
    stage.keys("<Esc>");
    assert!(!stage.shot().contains("what the model sees"));
}

#[test]
fn what_only_one_of_person_and_model_sees_is_said() {
    let mut stage = writing(110, 30);
    stage.keys("<Esc>");
    stage.disk.insert(path("notes.md"), Lines::from("a\n"));
    stage.open_file("notes.md", 1);
    stage.keys("x<C-t><C-l><F3>");
    previewed(&mut stage);
    let shown = stage.shot();
    assert!(shown.contains("⚠ open here, and the model does not see it: notes.md (unsaved)"), "{shown}");
    assert!(shown.contains("the model sees and you have not open: src/price.rs"), "{shown}");
}

#[test]
fn after_a_request_the_panel_shows_what_was_sent_and_what_has_changed_since() {
    let mut stage = writing(110, 40);
    stage.keys("<Enter>");
    stage.asking().says("No.").ends();
    stage.keys("<F3>");
    let shown = stage.shot();
    assert!(shown.contains("[sent] the last request, as it was sent"), "{shown}");
    stage.keys("z");
    assert!(stage.shot().contains("You edit code."));
    stage.keys("<Esc>x<F3>");
    assert!(stage.shot().contains("⚠ changed since it was sent: src/stack.rs"), "{}", stage.shot());
    stage.keys("<Tab>");
    previewed(&mut stage);
    assert!(stage.shot().contains("[next] sent  the next request"), "{}", stage.shot());
    stage.outs.clear();
    stage.keys("w");
    let is_draft =
        |effect: &Effect| matches!(effect, Effect::Draft { ask } if ask.system.contains("You edit code."));
    assert!(stage.unanswered.iter().any(is_draft), "{:?}", stage.unanswered.last());
    stage.input(Input::Event(Event::Drafted { model: id("local/qwen"), body: b"{\"x\":1}".to_vec() }));
    let shown = stage.shot();
    assert!(
        shown.contains("7 bytes, to local/qwen; nothing of it was sent") && shown.contains("{\"x\":1}"),
        "{shown}"
    );
}

#[test]
fn a_panel_that_is_closed_stops_what_was_put_together_for_it() {
    let mut stage = writing(110, 30);
    stage.keys("<F3><Esc>");
    assert!(matches!(stage.unanswered.last(), Some(Effect::Abort { .. })));
    let turn = stage.unanswered.iter().find_map(|effect| match effect {
        Effect::Preview { turn, .. } => Some(*turn),
        _ => None,
    });
    let packed = Ok(Gathered { pack: Pack::default(), read: BTreeMap::new() });
    stage.input(Input::Event(Event::Previewed { turn: turn.unwrap(), packed }));
    assert!(stage.app.session().next_request().pack().is_none(), "what comes late falls away");
}

#[test]
fn names_are_completed_after_an_at_sign_and_enter_still_asks() {
    let mut stage = Stage::open(100, 30, 8);
    stage.app.listing = Some(["src/price.rs", "src/stack.rs", "my notes.md"].map(path).into());
    stage.keys("<C-l>use @pric");
    assert!(stage.row("❯ src/price.rs").contains("src/price.rs"), "{}", stage.shot());
    assert!(matches!(stage.unanswered.last(), Some(Effect::FindSymbols { typed }) if typed == "pric"));
    let names = vec!["price_of".to_owned()];
    stage.input(Input::Event(Event::Symbols { typed: "pric".into(), names }));
    stage.keys("<Down><Tab>");
    assert_eq!(stage.app.prompt.text(), "use @price_of ");
    stage.keys("and @note<Tab>");
    assert_eq!(stage.app.prompt.text(), "use @price_of and @\"my notes.md\" ");
    stage.keys("@sta<Esc>");
    assert!(!stage.shot().contains("❯ src/stack.rs") && stage.app.focus() == Focus::Prompt);
    stage.keys("<Enter>");
    let asked = stage.app.session().turn().unwrap().instruct();
    let named: Vec<String> = asked.wants.named.iter().map(ToString::to_string).collect();
    assert_eq!(named, ["@price_of", "@\"my notes.md\"", "@sta"]);
}

#[test]
fn names_are_completed_in_a_question_as_in_an_instruction_right_under_its_line() {
    let mut stage = Stage::open(100, 30, 8);
    stage.app.listing = Some(["src/price.rs", "src/stack.rs"].map(path).into());
    stage.keys("<C-a>who calls @pric");
    let shot = stage.shot();
    let row = |of: &str| shot.lines().position(|line| line.contains(of));
    assert_eq!(row("❯ src/price.rs"), row("who calls @pric").map(|line| line + 1), "{shot}");
    assert!(matches!(stage.unanswered.last(), Some(Effect::FindSymbols { typed }) if typed == "pric"));
    let names = vec!["price_of".to_owned()];
    stage.input(Input::Event(Event::Symbols { typed: "pric".into(), names }));
    assert!(stage.shot().contains("Tab take the name"), "{}", stage.shot());
    stage.keys("<Down><Tab>and @dif<Tab>@sta<Esc>");
    assert!(!stage.shot().contains("❯ src/stack.rs"), "Esc takes the names away and nothing else");
    stage.keys("<Enter>");
    let asked = stage.app.session().inquiry().unwrap().question();
    assert_eq!(asked.text, "who calls @price_of and @diff @sta");
    let named: Vec<String> = asked.wants.named.iter().map(ToString::to_string).collect();
    assert_eq!(named, ["@price_of", "@diff", "@sta"]);
}

#[test]
fn a_page_is_fetched_after_a_yes_each_time_and_the_request_goes_without_it_after_a_no() {
    let ask = |keys: &str| {
        let mut stage = Stage::open(100, 30, 8);
        stage.keys("<C-l>as in @https://example.org/a?b").keys("<Enter>");
        let shown = stage.shot();
        assert!(
            shown.contains("https://example.org/a?b") && shown.contains("Fetch them for this request?"),
            "{shown}"
        );
        assert!(stage.app.session().turn().is_none(), "nothing is asked before an answer");
        stage.keys(keys);
        stage
    };
    let pages = |stage: &Stage| stage.app.session().turn().unwrap().instruct().wants.pages.clone();
    let mut yes = ask("y");
    assert_eq!(pages(&yes), ["https://example.org/a?b"]);
    assert_eq!(pages(&ask("n")), [""; 0]);
    let back = ask("<Esc>");
    assert!(back.app.session().turn().is_none() && back.app.prompt.text().starts_with("as in"));
    yes.says("No.").ends();
    yes.keys("<C-l>again @https://example.org/a?b<Enter>");
    assert!(yes.shot().contains("Fetch them for this request?"), "each time");
}

#[test]
fn a_name_in_a_repository_cannot_move_the_cursor_or_be_taken_for_another() {
    let mut stage = writing(110, 30);
    stage.keys("<F3>");
    let awaited = stage.unanswered.iter().rev().find_map(|effect| match effect {
        Effect::Preview { turn, .. } => Some(*turn),
        _ => None,
    });
    let text = Lines::from("\u{1b}]0;owned\u{7}\n");
    let hostile = Excerpt {
        path: path("src/\u{202e}sr.ecirp"),
        span: Span::new(0, 1),
        text,
        whole: true,
        why: "x\u{1b}[2J".into(),
    };
    let file = path(RS);
    let open = Lines::from(TEXT);
    let open = Open { path: &file, text: &open, selection: None, cursor: None };
    let request = Request { candidates: &[hostile], ..Request::new(Level::File, "x", Some(open)) };
    let pack = context::gather(&request, Tokens(20_000)).unwrap();
    let packed = Ok(Gathered { pack, read: BTreeMap::new() });
    stage.input(Input::Event(Event::Previewed { turn: awaited.unwrap(), packed }));
    stage.keys("j<Enter>");
    let shown = stage.shot();
    assert!(shown.contains("‹U+202E›") && shown.contains("␛]0;owned␇"), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
}

#[test]
fn the_panel_fits_a_small_screen() {
    let mut stage = writing(40, 12);
    stage.keys("<F3>");
    previewed(&mut stage);
    insta::assert_snapshot!("context_next_40x12", stage.shot());
}
