//! The laws of a review over random texts and random scripts of everything a person can do to hunks:
//! decide, cut, pick lines, edit by hand, undo, redo, land in part.

use proptest::prelude::*;

use super::*;
use crate::text::{Digest, Lines, RepoPath, Span};

fn path() -> RepoPath {
    RepoPath::parse("src/a.rs").unwrap()
}

fn base(text: &[u8]) -> Base {
    Base { path: path(), text: Some(Lines::new(text)) }
}

fn compared(purpose: Purpose, old: &[u8], new: &[u8]) -> Review {
    let mut review = Review::of_difference(purpose).unwrap();
    review.compare(Compared::of(base(old), Some(&Lines::new(new))));
    review
}

/// What a person does, with numbers that are taken modulo what there is.
#[derive(Clone, Debug)]
enum Act {
    Decide(usize, Verdict),
    DecideAll(Verdict),
    Split(usize),
    Pick(usize, usize, usize, Verdict),
    Undo,
    Redo,
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![Just(Verdict::Accepted), Just(Verdict::Rejected), Just(Verdict::Undecided)]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0usize..9, verdict()).prop_map(|(at, verdict)| Act::Decide(at, verdict)),
        1 => verdict().prop_map(Act::DecideAll),
        3 => (0usize..9).prop_map(Act::Split),
        4 => (0usize..9, 0usize..6, 1usize..5, verdict()).prop_map(|(at, from, len, v)| Act::Pick(at, from, len, v)),
        2 => Just(Act::Undo),
        1 => Just(Act::Redo),
    ]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![Just("a"), Just("b"), Just("c"), Just(""), Just("\u{e9}"), Just("  a")];
    let ending = prop_oneof![4 => Just("\n"), 1 => Just("\r\n")];
    (proptest::collection::vec((line, ending), 0..16), any::<bool>()).prop_map(|(lines, ends)| {
        let text: String = lines.into_iter().flat_map(|(line, ending)| [line, ending]).collect();
        if ends { text.into_bytes() } else { text.trim_end_matches(['\r', '\n']).as_bytes().to_vec() }
    })
}

fn ids(review: &Review) -> Vec<HunkId> {
    review.hunks().map(|hunk| hunk.id).collect()
}

fn do_it(review: &mut Review, act: &Act) {
    let nth = |review: &Review, at: usize| {
        let ids = ids(review);
        (!ids.is_empty()).then(|| ids[at % ids.len()])
    };
    match act {
        Act::Decide(at, verdict) => {
            if let Some(id) = nth(review, *at) {
                review.decide(&[id], *verdict);
            }
        }
        Act::DecideAll(verdict) => {
            review.decide(&ids(review), *verdict);
        }
        Act::Split(at) => {
            if let Some(id) = nth(review, *at) {
                let _ = review.split(id);
            }
        }
        Act::Pick(at, from, len, verdict) => {
            if let Some(id) = nth(review, *at) {
                let _ = review.pick(id, *from..from + len, *verdict);
            }
        }
        Act::Undo => drop(review.undo()),
        Act::Redo => drop(review.redo()),
    }
}

/// The base with the hunks that `chosen` says, made line by line.
fn by_hand(review: &Review, old: &[u8], chosen: impl Fn(&Hunk) -> bool) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = Lines::new(old).iter().map(<[u8]>::to_vec).collect();
    let hunks: Vec<&Hunk> = review.hunks().filter(|hunk| chosen(hunk)).collect();
    for hunk in hunks.iter().rev() {
        lines.splice(hunk.replaces.as_range(), [hunk.with.bytes().to_vec()]);
    }
    lines.concat()
}

fn landed(approved: Approved, now: &[u8]) -> (Receipt, Vec<u8>) {
    let now = Lines::new(now);
    let files: Vec<Landed> = approved
        .files()
        .iter()
        .map(|file| {
            let text = file.onto(Some(&now)).unwrap();
            let after = text.as_ref().map(|text| Digest::of(text.bytes()));
            Landed { path: file.path().clone(), op: file.op(), before: None, after, merged: false, text }
        })
        .collect();
    let text = files[0].text.clone().unwrap().bytes().to_vec();
    (approved.landed("1".into(), files), text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn hunks_however_cut_make_the_new_text_together_and_nothing_alone(
        old in text(), new in text(), acts in proptest::collection::vec(act(), 0..12),
    ) {
        let mut review = compared(Purpose::Propose, &old, &new);
        for act in &acts {
            do_it(&mut review, act);
            // What is accepted is what would land, and the parts of a hunk are its lines.
            let now = review.preview(&path(), false).unwrap();
            prop_assert_eq!(now.bytes(), by_hand(&review, &old, |h| h.verdict == Verdict::Accepted));
            let hunks: Vec<&Hunk> = review.hunks().collect();
            for pair in hunks.windows(2) {
                prop_assert!(pair[0].replaces.end() <= pair[1].replaces.start());
            }
            for hunk in hunks {
                let weight: usize = review.parts(hunk).iter().map(|p| p.old.len() + p.new.len()).sum();
                prop_assert_eq!(weight, review.weight(hunk));
                prop_assert!(weight > 0);
            }
        }
        review.decide(&ids(&review), Verdict::Accepted);
        prop_assert_eq!(by_hand(&review, &old, |_| true), new.clone());
        let now = review.preview(&path(), false).unwrap();
        prop_assert_eq!(now.bytes(), new);
        review.decide(&ids(&review), Verdict::Rejected);
        let now = review.preview(&path(), false).unwrap();
        prop_assert_eq!(now.bytes(), old);
    }

    #[test]
    fn what_is_rejected_of_a_made_change_is_taken_back_and_nothing_else(
        old in text(), new in text(), acts in proptest::collection::vec(act(), 0..12),
    ) {
        prop_assume!(old != new);
        let mut review = compared(Purpose::TakeBack, &old, &new);
        acts.iter().for_each(|act| do_it(&mut review, act));
        let wanted = by_hand(&review, &old, |hunk| hunk.verdict != Verdict::Rejected);
        let Some(approved) = review.settle() else {
            prop_assert_eq!(wanted, new);
            return Ok(());
        };
        let (receipt, text) = landed(approved, &new);
        prop_assert_eq!(&text, &wanted);
        let kept: Vec<_> = review.hunks().filter(|hunk| hunk.verdict != Verdict::Rejected).map(|h| h.verdict).collect();
        review.landed(&receipt);
        prop_assert_eq!(by_hand(&review, &old, |_| true), wanted, "what is left is the difference that is left");
        if review.hunks().count() == kept.len() {
            prop_assert_eq!(review.hunks().map(|hunk| hunk.verdict).collect::<Vec<_>>(), kept);
        }
    }

    #[test]
    fn every_step_can_be_taken_back_and_made_again(
        old in text(), new in text(), acts in proptest::collection::vec(act(), 0..12),
    ) {
        let mut review = compared(Purpose::Propose, &old, &new);
        let first: Vec<Hunk> = review.hunks().cloned().collect();
        acts.iter().for_each(|act| do_it(&mut review, act));
        let last: Vec<Hunk> = review.hunks().cloned().collect();
        let mut steps = 0;
        while !review.undo().is_empty() {
            steps += 1;
        }
        prop_assert_eq!(review.hunks().cloned().collect::<Vec<_>>(), first);
        for _ in 0..steps {
            prop_assert!(!review.redo().is_empty());
        }
        // What was undone before the end can be redone beyond it.
        if !acts.iter().any(|act| matches!(act, Act::Undo)) {
            prop_assert_eq!(review.hunks().cloned().collect::<Vec<_>>(), last);
        }
    }

    #[test]
    fn parts_land_in_any_order_and_end_in_the_new_text(
        old in text(), new in text(), acts in proptest::collection::vec(act(), 0..8),
        order in proptest::collection::vec(0usize..9, 1..8),
    ) {
        let mut review = compared(Purpose::Propose, &old, &new);
        acts.iter().for_each(|act| do_it(&mut review, act));
        review.decide(&ids(&review), Verdict::Undecided);
        let mut disk = old.clone();
        for at in order {
            let left = ids(&review);
            if left.is_empty() { break; }
            review.decide(&[left[at % left.len()]], Verdict::Accepted);
            let (receipt, text) = landed(review.settle().unwrap(), &disk);
            disk = text;
            review.landed(&receipt);
        }
        prop_assert!(review.hunks().all(|hunk| hunk.standing == Standing::Good));
        review.decide(&ids(&review), Verdict::Accepted);
        if let Some(approved) = review.settle() {
            disk = landed(approved, &disk).1;
        }
        prop_assert_eq!(disk, new);
    }

    #[test]
    fn a_hand_edit_changes_the_lines_of_its_hunk_only(
        old in text(), new in text(), at in 0usize..9, typed in text(),
    ) {
        let mut review = compared(Purpose::Propose, &old, &new);
        let all = ids(&review);
        prop_assume!(!all.is_empty());
        let id = all[at % all.len()];
        let before = review.hunk(id).unwrap().clone();
        review.rewrite(id, &Lines::new(typed), Author::Person).unwrap();
        review.decide(&[id], Verdict::Accepted);
        let lines = Lines::new(old);
        let made = review.preview(&path(), false).unwrap();
        let above = lines.slice(Span::new(0, before.replaces.start()));
        let below = lines.slice(Span::new(before.replaces.end(), lines.len()));
        prop_assert!(made.bytes().starts_with(above) && made.bytes().ends_with(below));
        let inside = &made.bytes()[above.len()..made.bytes().len() - below.len()];
        prop_assert!(below.is_empty() || inside.is_empty() || inside.ends_with(b"\n"));
        prop_assert!(review.note(id).unwrap().by_hand);
        review.undo();
        review.undo();
        prop_assert_eq!(review.hunk(id).unwrap(), &before);
    }
}

#[test]
fn a_hunk_splits_where_a_line_stays() {
    let mut review = compared(Purpose::Propose, b"a\nb\nc\n", b"x\nb\ny\nz\n");
    let id = ids(&review)[0];
    assert_eq!(ids(&review).len(), 1, "close changes are decided together");
    let parts = review.split(id).unwrap();
    assert_eq!(parts.len(), 2);
    assert_eq!(review.split(parts[0]), Err(Uncut::Smallest));
    review.decide(&parts[1..], Verdict::Accepted);
    assert_eq!(review.preview(&path(), false).unwrap().bytes(), b"a\nb\ny\nz\n");
    review.undo();
    review.undo();
    assert_eq!(ids(&review), [id]);
}

#[test]
fn what_stays_keeps_its_verdict_however_else_the_difference_could_be_told() {
    let mut review = compared(Purpose::TakeBack, b"a\na\na\nb\n", b"b\n");
    let picked = review.pick(ids(&review)[0], 1..2, Verdict::Accepted).unwrap();
    let others: Vec<_> = ids(&review).into_iter().filter(|id| *id != picked).collect();
    review.decide(&others, Verdict::Rejected);
    let (receipt, text) = landed(review.settle().unwrap(), b"b\n");
    assert_eq!(text, b"a\na\nb\n");
    review.landed(&receipt);
    let left: Vec<_> = review.hunks().map(|hunk| (hunk.id, hunk.verdict)).collect();
    assert_eq!(left, [(picked, Verdict::Accepted)]);
}

#[test]
fn a_file_that_comes_or_goes_is_one_decision() {
    let mut review = Review::of_difference(Purpose::TakeBack).unwrap();
    review.compare(Compared::of(Base { path: path(), text: None }, Some(&"a\nb\n".into())));
    let id = ids(&review)[0];
    assert_eq!(review.split(id), Err(Uncut::Whole));
    review.decide(&[id], Verdict::Rejected);
    let approved = review.settle().unwrap();
    assert_eq!(approved.files()[0].op(), FileOp::Delete);
    assert_eq!(approved.files()[0].onto(Some(&"a\nb\n".into())), Ok(None));
    assert!(approved.files()[0].onto(Some(&"a\nb\nmine\n".into())).is_err(), "what was typed since stays");
}

#[test]
fn a_read_only_review_settles_to_nothing() {
    let mut review = compared(Purpose::ReadOnly, b"a\n", b"b\n");
    review.decide(&ids(&review), Verdict::Rejected);
    assert!(review.settle().is_none());
    review.decide(&ids(&review), Verdict::Accepted);
    assert!(review.settle().is_none());
}
