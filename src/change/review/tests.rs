//! A review in sentences: what is offered, decided, landed, and what becomes of it when files change.

use super::*;
use crate::change::locate::Tier;
use crate::change::{EditHunk, EditLine, EditOp, Focus, Landed, Leash, Level, Outside};
use crate::text::Span;

fn path(path: &str) -> RepoPath {
    RepoPath::parse(path).unwrap()
}

fn base(name: &str, text: Option<&str>) -> Base {
    Base { path: path(name), text: text.map(Lines::from) }
}

fn review(level: Level) -> Review {
    let focus = Focus { file: Some(path("a.rs")), lines: Some(Span::new(2, 5)) };
    Review::new(Scope::of(level, &focus, Leash::new(12, 2, &[]).unwrap()).unwrap())
}

fn whole(name: &str, text: &str) -> Edit {
    Edit { path: name.into(), op: EditOp::Whole(text.into()), reason: Some("because".into()) }
}

fn replace(name: &str, old: &str, new: &str) -> Edit {
    let lines = vec![EditLine::Remove(old.into()), EditLine::Add(new.into())];
    Edit { path: name.into(), op: EditOp::Hunk(EditHunk { lines, ..EditHunk::default() }), reason: None }
}

fn delete(name: &str) -> Edit {
    Edit { path: name.into(), op: EditOp::Delete, reason: None }
}

fn why(offered: Offered) -> Why {
    match offered {
        Offered::Rejected(rejected) => rejected.why,
        taken => panic!("{taken:?}"),
    }
}

fn ids(offered: Offered) -> Vec<HunkId> {
    match offered {
        Offered::Hunks(ids) => ids,
        not => panic!("{not:?}"),
    }
}

fn needs(why: &Why) -> Option<Level> {
    match why {
        Why::Breach(breach) => breach.needs,
        other => panic!("{other}"),
    }
}

const TEN: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";

#[test]
fn a_whole_file_reply_that_strays_outside_the_selection_is_taken_not_even_in_part() {
    let mut review = review(Level::Selection);
    let strays = TEN.replace("4\n", "four\n").replace("9\n", "nine\n");
    let refused = why(review.offer(&whole("a.rs", &strays), base("a.rs", Some(TEN))));
    assert_eq!(needs(&refused), Some(Level::File));
    assert_eq!(review.hunks().count(), 0);
    let inside = TEN.replace("4\n", "four\n");
    assert_eq!(ids(review.offer(&whole("a.rs", &inside), base("a.rs", Some(TEN)))).len(), 1);
}

#[test]
fn a_line_like_the_one_above_it_may_be_added_at_the_end_of_the_selection() {
    let text = "fn a() {\n}\n\nfn b() {\n}\n\nfn d() {\n}\n";
    let new = text.replace("fn d", "fn c() {\n}\n\nfn d");
    let mut review = review(Level::Selection);
    let id = ids(review.offer(&whole("a.rs", &new), base("a.rs", Some(text))))[0];
    review.decide(&[id], Verdict::Accepted);
    assert_eq!(review.preview(&path("a.rs"), false).unwrap().bytes(), new.as_bytes());
}

#[test]
fn another_file_needs_the_repo_notch() {
    let mut review = review(Level::File);
    let refused = why(review.offer(&whole("b.rs", "x\n"), base("b.rs", None)));
    assert_eq!(needs(&refused), Some(Level::Repo));
    let refused = review.rejected().first().unwrap();
    assert_eq!((refused.path.as_str(), refused.index), ("b.rs", 0));
}

#[test]
fn a_file_comes_or_goes_as_one_hunk() {
    let mut review = review(Level::Repo);
    let made = ids(review.offer(&whole("b.rs", "x\ny"), base("b.rs", None)));
    let gone = ids(review.offer(&delete("a.rs"), base("a.rs", Some("1\n2\n"))));
    review.decide(&[made[0], gone[0]], Verdict::Accepted);
    assert_eq!(review.preview(&path("b.rs"), false).unwrap().bytes(), b"x\ny");
    assert_eq!(review.preview(&path("a.rs"), false), None);
    assert_eq!(review.hunk(gone[0]).unwrap().replaces, Span::new(0, 2));
    let refused = why(review.offer(&replace("a.rs", "1", "x"), base("a.rs", Some("1\n2\n"))));
    assert_eq!(refused, Why::Overlap);
}

#[test]
fn lines_that_are_only_added_make_a_missing_file_and_others_need_one() {
    let mut review = review(Level::Repo);
    let lines = vec![EditLine::Add("x".into()), EditLine::Add("y\r".into())];
    let adds = EditOp::Hunk(EditHunk { lines, ..EditHunk::default() });
    let adds = Edit { path: "b.rs".into(), op: adds, reason: None };
    let made = ids(review.offer(&adds, base("b.rs", None)));
    let hunk = review.hunk(made[0]).unwrap();
    assert_eq!((hunk.op, hunk.with.bytes()), (FileOp::Create, &b"x\ny\n"[..]));
    assert_eq!(why(review.offer(&replace("c.rs", "x", "y"), base("c.rs", None))), Why::NoSuchFile);
    assert_eq!(why(review.offer(&delete("c.rs"), base("c.rs", None))), Why::NoSuchFile);
}

#[test]
fn changes_close_together_are_decided_together() {
    let mut review = review(Level::File);
    let text = TEN.replace("1\n2", "one\n2").replace("4\n", "four\n").replace("9\n", "nine\n");
    review.offer(&whole("a.rs", &text), base("a.rs", Some(TEN)));
    let hunks: Vec<_> = review.hunks().map(|h| (h.replaces, h.with.bytes().to_vec())).collect();
    assert_eq!(
        hunks,
        [(Span::new(0, 4), b"one\n2\n3\nfour\n".to_vec()), (Span::new(8, 9), b"nine\n".to_vec())]
    );
    assert_eq!(review.hunks().next().unwrap().reason.as_deref(), Some("because"));
}

#[test]
fn an_edit_said_twice_is_taken_once_and_one_that_overlaps_is_refused() {
    let mut review = review(Level::File);
    let text = || base("a.rs", Some(TEN));
    assert_eq!(ids(review.offer(&replace("a.rs", "3", "three"), text())), [HunkId(0)]);
    assert_eq!(ids(review.offer(&replace("a.rs", "3", "three"), text())), []);
    assert_eq!(why(review.offer(&replace("a.rs", "3", "drei"), text())), Why::Overlap);
    assert_eq!(ids(review.offer(&replace("a.rs", "3", "3"), text())), []);
}

#[test]
fn hunks_are_read_file_by_file_from_top_to_bottom() {
    let mut review = review(Level::Repo);
    review.offer(&replace("b.rs", "9", "x"), base("b.rs", Some(TEN)));
    review.offer(&replace("a.rs", "5", "x"), base("a.rs", Some(TEN)));
    review.offer(&replace("b.rs", "1", "x"), base("b.rs", Some(TEN)));
    let read: Vec<_> = review.hunks().map(|h| (h.id.0, h.path.as_str(), h.replaces.start())).collect();
    assert_eq!(read, [(2, "b.rs", 0), (0, "b.rs", 8), (1, "a.rs", 4)]);
}

#[test]
fn the_leash_counts_what_the_whole_turn_proposes() {
    let mut review = review(Level::Repo);
    for name in ["a.rs", "b.rs"] {
        ids(review.offer(&replace(name, "3", "x"), base(name, Some(TEN))));
    }
    let outside = |why| match why {
        Why::Breach(breach) => breach.outside,
        other => panic!("{other}"),
    };
    let leash = Outside::Leash { max_files: 2, max_lines: 12 };
    assert_eq!(outside(why(review.offer(&replace("c.rs", "3", "x"), base("c.rs", Some(TEN))))), leash);
    assert_eq!(outside(why(review.offer(&whole("a.rs", ""), base("a.rs", Some(TEN))))), leash);
    ids(review.offer(&replace("a.rs", "8", "x"), base("a.rs", Some(TEN))));
}

#[test]
fn the_first_base_of_a_file_is_the_base_of_the_turn() {
    let mut review = review(Level::File);
    review.offer(&replace("a.rs", "3", "x"), base("a.rs", Some(TEN)));
    assert_eq!(why(review.offer(&replace("a.rs", "8", "x"), base("a.rs", Some("8\n")))), Why::Moved);
}

#[test]
fn an_edit_that_comes_after_the_file_changed_is_judged_by_what_the_turn_saw() {
    let mut review = review(Level::Selection);
    ids(review.offer(&replace("a.rs", "3", "x"), base("a.rs", Some(TEN))));
    let now = format!("0\n0\n0\n{TEN}");
    assert_eq!(review.rebase(base("a.rs", Some(&now))), []);
    // Line 5 of the file the turn saw is selected; what now stands in its place is not.
    let id = ids(review.offer(&replace("a.rs", "5", "y"), base("a.rs", Some(TEN))))[0];
    assert_eq!(review.hunk(id).unwrap().replaces, Span::new(7, 8));
    assert_eq!(
        needs(&why(review.offer(&replace("a.rs", "1", "y"), base("a.rs", Some(TEN))))),
        Some(Level::File)
    );
    let now = now.replace("4\n", "four\n");
    review.rebase(base("a.rs", Some(&now)));
    assert_eq!(why(review.offer(&replace("a.rs", "4", "y"), base("a.rs", Some(TEN)))), Why::Moved);
}

#[test]
fn a_hunk_in_conflict_cannot_be_accepted_by_any_way() {
    let mut review = review(Level::File);
    let id = ids(review.offer(&replace("a.rs", "3", "x"), base("a.rs", Some(TEN))))[0];
    assert!(review.decide(&[id], Verdict::Accepted));
    assert!(!review.decide(&[id], Verdict::Accepted), "nothing changed");
    assert_eq!(review.rebase(base("a.rs", Some(&TEN.replace("3\n", "drei\n")))), [id]);
    assert_eq!(review.hunk(id).unwrap().standing, Standing::Conflict);
    assert!(!review.decide(&[id], Verdict::Accepted));
    assert_eq!((review.undo(), review.redo()), (vec![], vec![]));
    assert!(review.settle().is_none());
    assert!(review.decide(&[id], Verdict::Rejected));
    assert_eq!(review.undo(), [id]);
}

#[test]
fn a_hopeful_preview_shows_what_is_not_rejected() {
    let mut review = review(Level::File);
    let one = ids(review.offer(&replace("a.rs", "3", "x"), base("a.rs", Some("3\n4\n"))))[0];
    let two = ids(review.offer(&replace("a.rs", "4", "y"), base("a.rs", Some("3\n4\n"))))[0];
    let shown = |review: &Review, hopeful| review.preview(&path("a.rs"), hopeful).unwrap().bytes().to_vec();
    assert_eq!((shown(&review, false), shown(&review, true)), (b"3\n4\n".to_vec(), b"x\ny\n".to_vec()));
    review.decide(&[one], Verdict::Rejected);
    review.decide(&[two], Verdict::Accepted);
    assert_eq!((shown(&review, false), shown(&review, true)), (b"3\ny\n".to_vec(), b"3\ny\n".to_vec()));
}

#[test]
fn what_stays_after_a_landing_moves_with_the_lines_and_conflicts_where_they_changed() {
    let mut review = review(Level::File);
    let three = ids(review.offer(&replace("a.rs", "3", "x"), base("a.rs", Some(TEN))))[0];
    let five = ids(review.offer(&replace("a.rs", "5", "y"), base("a.rs", Some(TEN))))[0];
    let nine = ids(review.offer(&replace("a.rs", "9", "z"), base("a.rs", Some(TEN))))[0];
    review.decide(&[three], Verdict::Accepted);
    let approved = review.settle().unwrap();
    // Someone else put a line on top and changed line 5 before it landed.
    let now = Lines::from(&*format!("0\n{}", TEN.replace("5\n", "five\n")));
    let file = &approved.files()[0];
    let text = file.onto(Some(&now)).unwrap();
    let landed = Landed {
        path: path("a.rs"),
        op: file.op(),
        before: None,
        after: None,
        merged: true,
        text: text.clone(),
    };
    review.landed(&approved.landed("7".into(), vec![landed]));
    assert_eq!(review.base(&path("a.rs")).unwrap().text, text);
    let left: Vec<_> = review.hunks().map(|h| (h.id, h.replaces.start(), h.standing.clone())).collect();
    assert_eq!(left, [(five, 5, Standing::Conflict), (nine, 9, Standing::Good)]);
    assert_eq!(review.undo(), [], "what landed is not undecided by undo");
}

#[test]
fn a_landing_counts_whatever_happened_between_approval_and_receipt() {
    let mut review = review(Level::File);
    let three = ids(review.offer(&replace("a.rs", "3", "x"), base("a.rs", Some(TEN))))[0];
    let nine = ids(review.offer(&replace("a.rs", "9", "y\ny"), base("a.rs", Some(TEN))))[0];
    review.decide(&[three], Verdict::Accepted);
    let approved = review.settle().unwrap();
    let text = approved.files()[0].onto(Some(&TEN.into())).unwrap();
    let landed =
        Landed { path: path("a.rs"), op: FileOp::Update, before: None, after: None, merged: false, text };
    let receipt = approved.landed("7".into(), vec![landed]);
    // The file's watcher was faster, or the user changed their mind too late.
    let mut watched = review.clone();
    let conflicts = watched.rebase(base("a.rs", Some(&TEN.replace("3\n", "x\n"))));
    assert_eq!(conflicts, [three]);
    review.decide(&[three], Verdict::Rejected);
    for mut review in [review, watched] {
        review.landed(&receipt);
        let left: Vec<_> = review.hunks().map(|h| (h.id, h.replaces.start(), h.standing.clone())).collect();
        assert_eq!(left, [(nine, 8, Standing::Good)]);
    }
}

#[test]
fn a_file_that_came_or_went_meanwhile_is_a_conflict_unless_it_is_as_wanted() {
    let mut review = review(Level::Repo);
    let made = ids(review.offer(&whole("b.rs", "x\n"), base("b.rs", None)))[0];
    let gone = ids(review.offer(&delete("a.rs"), base("a.rs", Some("1\n"))))[0];
    review.decide(&[made, gone], Verdict::Accepted);
    let approved = review.settle().unwrap();
    let [create, delete] = approved.files() else { panic!() };
    assert_eq!(create.onto(Some(&"y\n".into())), Err(vec![made]));
    assert_eq!(create.onto(Some(&"x\n".into())), Ok(Some("x\n".into())));
    assert_eq!(delete.onto(Some(&"1\n".into())), Ok(None));
    assert_eq!(delete.onto(Some(&"2\n".into())), Err(vec![gone]));
    assert_eq!(delete.onto(None), Err(vec![gone]));
    let mut other = review.clone();
    assert_eq!(other.rebase(base("b.rs", Some("y\n"))), [made]);
    assert_eq!(review.rebase(base("b.rs", Some("x\n"))), []);
    assert_eq!(review.rebase(base("a.rs", None)), []);
    assert_eq!(review.hunks().count(), 0, "both wishes came true by other hands");
}

#[test]
fn a_file_that_is_not_utf_8_is_never_rewritten_from_what_a_model_could_see() {
    let mut review = review(Level::File);
    let text = Some(Lines::new(&b"caf\xe9\nb\nc\n"[..]));
    let latin = || Base { path: path("a.rs"), text: text.clone() };
    let refused = why(review.offer(&whole("a.rs", "caf\u{fffd}!\nb\nc\n"), latin()));
    assert!(matches!(refused, Why::Unreadable(_)));
    let id = ids(review.offer(&whole("a.rs", "caf\u{fffd}\nb\nx\n"), latin()))[0];
    review.decide(&[id], Verdict::Accepted);
    assert_eq!(review.preview(&path("a.rs"), false).unwrap().bytes(), b"caf\xe9\nb\nx\n");
}

#[test]
fn a_hunk_says_how_its_place_was_found() {
    let mut review = review(Level::File);
    let id = ids(review.offer(&replace("a.rs", "3", "x"), base("a.rs", Some("3  \n"))))[0];
    assert_eq!(review.hunk(id).unwrap().matched_by, Tier::Blanks);
}
