//! The laws of a review, over random texts (mixed endings, no final newline, repeated lines) and
//! random edits: what is accepted is what lands, what is rejected leaves no trace, and nothing
//! outside the scope can ever change.

use proptest::prelude::*;

use super::*;
use crate::text::{Digest, Lines, RepoPath, Span};

fn path() -> RepoPath {
    RepoPath::parse("src/a.rs").unwrap()
}

fn review(level: Level, lines: Option<Span>) -> Review {
    let focus = Focus { file: Some(path()), lines };
    Review::new(Scope::of(level, &focus, Leash::default()).unwrap())
}

fn edit(op: EditOp) -> Edit {
    Edit { path: "src/a.rs".into(), op, reason: None }
}

fn base(text: &[u8]) -> Base {
    Base { path: path(), text: Some(Lines::new(text)) }
}

fn ids(review: &Review) -> Vec<HunkId> {
    review.hunks().map(|hunk| hunk.id).collect()
}

/// The file with exactly the accepted hunks, made by other means than the code under test.
fn by_hand(review: &Review, text: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = Lines::new(text).iter().map(<[u8]>::to_vec).collect();
    let accepted: Vec<_> = review.hunks().filter(|hunk| hunk.verdict == Verdict::Accepted).collect();
    for hunk in accepted.iter().rev() {
        lines.splice(hunk.replaces.as_range(), [hunk.with.bytes().to_vec()]);
    }
    lines.concat()
}

fn preview(review: &Review) -> Vec<u8> {
    review.preview(&path(), false).unwrap().bytes().to_vec()
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a".to_owned()),
        Just("b".to_owned()),
        Just("c".to_owned()),
        Just(String::new()),
        Just("  a".to_owned()),
        Just("    b".to_owned()),
        Just("a ".to_owned()),
        Just("é".to_owned()),
        Just("new".to_owned()),
    ]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let lines = proptest::collection::vec((line(), prop_oneof![3 => Just("\n"), 1 => Just("\r\n")]), 0..14);
    (lines, any::<bool>(), prop_oneof![9 => Just(""), 1 => Just("\u{feff}")]).prop_map(
        |(lines, ends, mark)| {
            let mut text: String = mark.to_owned();
            text.extend(lines.iter().flat_map(|(line, ending)| [line.as_str(), ending]));
            if !ends {
                text = text.trim_end_matches(['\r', '\n']).to_owned();
            }
            text.into_bytes()
        },
    )
}

fn edit_line() -> impl Strategy<Value = EditLine> {
    prop_oneof![
        2 => line().prop_map(EditLine::Keep),
        2 => line().prop_map(EditLine::Remove),
        2 => line().prop_map(EditLine::Add),
    ]
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let hunk =
        (proptest::collection::vec(edit_line(), 0..5), proptest::option::of(1usize..15), any::<bool>());
    prop_oneof![
        6 => hunk.prop_map(|(lines, hint, at_eof)| EditOp::Hunk(EditHunk { lines, hint, header: None, at_eof, quote: Quote::Lines })),
        3 => text().prop_map(|text| EditOp::Whole(String::from_utf8(text).unwrap())),
        1 => Just(EditOp::Delete),
    ]
    .prop_map(edit)
}

/// Edits that are likely to find a place: what stands at `start`, some of it changed.
fn fitting_edit(text: &[u8], start: usize, kinds: &[u8]) -> Edit {
    let lines = Lines::new(text);
    let mut at = start.min(lines.len());
    let mut hunk = EditHunk { hint: Some(at + 1), ..EditHunk::default() };
    for kind in kinds {
        let here = lines.text(at).map(|line| String::from_utf8_lossy(line).into_owned());
        match (kind, here) {
            (0, _) | (_, None) => hunk.lines.push(EditLine::Add("new".into())),
            (1, Some(line)) => {
                hunk.lines.push(EditLine::Remove(line));
                at += 1;
            }
            (_, Some(line)) => {
                hunk.lines.push(EditLine::Keep(line));
                at += 1;
            }
        }
    }
    edit(EditOp::Hunk(hunk))
}

fn edits(text: Vec<u8>) -> impl Strategy<Value = (Vec<u8>, Vec<Edit>)> {
    let some = proptest::collection::vec(
        prop_oneof![
            any_edit().prop_map(Ok),
            (0usize..14, proptest::collection::vec(0u8..4, 1..5)).prop_map(Err),
        ],
        1..6,
    );
    some.prop_map(move |edits| {
        let made =
            edits.into_iter().map(|edit| edit.unwrap_or_else(|(at, kinds)| fitting_edit(&text, at, &kinds)));
        let made = made.filter(|edit| edit.op != EditOp::Delete).collect();
        (text.clone(), made)
    })
}

/// A review of the file, in which nothing is proposed yet.
fn opened(text: &[u8], level: Level, lines: Option<Span>) -> Review {
    let mut review = review(level, lines);
    let same = edit(EditOp::Whole(String::from_utf8(text.to_vec()).unwrap()));
    assert_eq!(review.offer(&same, base(text)), Offered::Hunks(vec![]));
    review
}

fn grown(text: &[u8], edits: &[Edit]) -> Review {
    let mut review = opened(text, Level::File, None);
    for edit in edits {
        review.offer(edit, base(text));
    }
    review
}

fn receipt(approved: Approved, now: &[u8]) -> Receipt {
    let now = Lines::new(now);
    let landed = approved.files().iter().map(|file| {
        let text = file.onto(Some(&now)).unwrap();
        let after = text.as_ref().map(|text| Digest::of(text.bytes()));
        Landed { path: file.path().clone(), op: file.op(), before: None, after, merged: false, text }
    });
    let landed = landed.collect();
    approved.landed("1".into(), landed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn accepting_a_rewrite_gives_its_lines_with_the_files_endings(old in text(), new in text()) {
        let said = String::from_utf8(new).unwrap();
        let mut review = grown(&old, &[edit(EditOp::Whole(said.clone()))]);
        review.decide(&ids(&review), Verdict::Accepted);
        let shown = |text: &[u8]| {
            let text = String::from_utf8(text.to_vec()).unwrap().replace('\r', "");
            text.trim_start_matches('\u{feff}').trim_end_matches('\n').to_owned()
        };
        let made = preview(&review);
        if !said.starts_with('\u{feff}') || old.starts_with("\u{feff}".as_bytes()) {
            prop_assert_eq!(made.starts_with("\u{feff}".as_bytes()), old.starts_with("\u{feff}".as_bytes()));
        }
        prop_assert_eq!(shown(&made), shown(said.as_bytes()));
        let plain = !old.contains(&b'\r') && !said.contains(['\r', '\u{feff}']) && !old.starts_with("\u{feff}".as_bytes());
        if plain && old.ends_with(b"\n") && said.ends_with('\n') {
            prop_assert_eq!(made, said.into_bytes());
        }
    }

    #[test]
    fn a_rewrite_that_says_what_is_there_is_no_hunk(old in text(), lf in any::<bool>(), trimmed in any::<bool>()) {
        let mut said = String::from_utf8(old.clone()).unwrap();
        if lf { said = said.replace("\r\n", "\n"); }
        if trimmed { said = said.trim_start_matches('\u{feff}').to_owned(); }
        let mut review = review(Level::File, None);
        let offered = review.offer(&edit(EditOp::Whole(said)), base(&old));
        prop_assert_eq!(offered, Offered::Hunks(vec![]));
    }

    #[test]
    fn rejecting_all_leaves_the_file_and_accepting_some_changes_only_them(
        (old, edits) in text().prop_flat_map(edits),
        picks in proptest::collection::vec(any::<bool>(), 12),
    ) {
        let mut review = grown(&old, &edits);
        let all = ids(&review);
        review.decide(&all, Verdict::Rejected);
        prop_assert_eq!(preview(&review), old.clone());
        prop_assert!(review.settle().is_none());
        let picked: Vec<_> = all.iter().zip(&picks).filter(|(_, pick)| **pick).map(|(id, _)| *id).collect();
        review.decide(&picked, Verdict::Accepted);
        let expected = by_hand(&review, &old);
        prop_assert_eq!(preview(&review), expected.clone());
        match review.settle() {
            None => prop_assert!(picked.is_empty()),
            Some(approved) => {
                let made = approved.files()[0].onto(Some(&Lines::new(&*old))).unwrap().unwrap();
                prop_assert_eq!(made.bytes(), &*expected);
            }
        }
    }

    #[test]
    fn the_order_of_decisions_does_not_matter(
        (old, edits) in text().prop_flat_map(edits),
        order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(),
        picks in proptest::collection::vec(any::<bool>(), 12),
    ) {
        let mut one = grown(&old, &edits);
        let mut other = one.clone();
        let all = ids(&one);
        let decide = |review: &mut Review, nth: usize| {
            if let Some(id) = all.get(nth) {
                review.decide(&[*id], if picks[nth] { Verdict::Accepted } else { Verdict::Rejected });
            }
        };
        (0..12).for_each(|nth| decide(&mut one, nth));
        order.iter().for_each(|nth| decide(&mut other, *nth));
        prop_assert_eq!(preview(&one), preview(&other));
    }

    #[test]
    fn undo_takes_back_and_redo_makes_again(
        (old, edits) in text().prop_flat_map(edits),
        steps in proptest::collection::vec((proptest::collection::vec(any::<prop::sample::Index>(), 1..4), 0u8..3), 1..6),
    ) {
        let mut review = grown(&old, &edits);
        let all = ids(&review);
        let verdicts = |review: &Review| review.hunks().map(|hunk| hunk.verdict).collect::<Vec<_>>();
        let mut states = vec![verdicts(&review)];
        for (picks, kind) in steps {
            let picked: Vec<_> = picks.iter().filter(|_| !all.is_empty()).map(|pick| *pick.get(&all)).collect();
            let verdict = [Verdict::Undecided, Verdict::Accepted, Verdict::Rejected][usize::from(kind)];
            if review.decide(&picked, verdict) {
                states.push(verdicts(&review));
            }
        }
        for state in states.iter().rev().skip(1) {
            prop_assert!(!review.undo().is_empty());
            prop_assert_eq!(&verdicts(&review), state);
        }
        prop_assert!(review.undo().is_empty());
        for state in states.iter().skip(1) {
            prop_assert!(!review.redo().is_empty());
            prop_assert_eq!(&verdicts(&review), state);
        }
        prop_assert!(review.redo().is_empty());
    }

    #[test]
    fn hunks_are_in_order_and_apart(edits_ in text().prop_flat_map(edits)) {
        let (old, edits) = edits_;
        let review = grown(&old, &edits);
        let hunks: Vec<_> = review.hunks().collect();
        for pair in hunks.windows(2) {
            prop_assert!(pair[0].replaces.end() <= pair[1].replaces.start());
            prop_assert!(pair[0].replaces != pair[1].replaces);
        }
        for hunk in hunks {
            prop_assert!(hunk.replaces.end() <= Lines::new(&*old).len());
        }
    }

    #[test]
    fn nothing_outside_the_selection_changes_whatever_is_offered(
        (old, edits) in text().prop_flat_map(edits),
        more in proptest::collection::vec(any_edit(), 0..4),
        start in 0usize..14,
        len in 0usize..6,
    ) {
        let lines = Lines::new(&*old);
        let span = Span::new(start.min(lines.len()), (start + len).min(lines.len()));
        let mut review = opened(&old, Level::Selection, Some(span));
        for edit in edits.iter().chain(&more) {
            review.offer(edit, base(&old));
        }
        review.decide(&ids(&review), Verdict::Accepted);
        let made = preview(&review);
        let (above, below) = (lines.slice(Span::new(0, span.start())), lines.slice(Span::new(span.end(), lines.len())));
        prop_assert!(made.starts_with(above) && made.ends_with(below) && made.len() >= above.len() + below.len());
    }

    #[test]
    fn landing_in_two_parts_gives_the_same_as_in_one(
        (old, edits) in text().prop_flat_map(edits),
        picks in proptest::collection::vec(any::<bool>(), 12),
    ) {
        let mut review = grown(&old, &edits);
        let all = ids(&review);
        let mut whole = review.clone();
        whole.decide(&all, Verdict::Accepted);
        let picked: Vec<_> = all.iter().zip(&picks).filter(|(_, pick)| **pick).map(|(id, _)| *id).collect();
        review.decide(&picked, Verdict::Accepted);
        let Some(approved) = review.settle() else { return Ok(()) };
        review.landed(&receipt(approved, &old));
        prop_assert_eq!(review.hunks().count(), all.len() - picked.len());
        prop_assert!(review.hunks().all(|hunk| hunk.standing == Standing::Good));
        review.decide(&ids(&review), Verdict::Accepted);
        prop_assert_eq!(preview(&review), preview(&whole));
    }

    #[test]
    fn what_changed_underneath_is_kept_or_the_hunk_is_in_conflict(
        (old, edits) in text().prop_flat_map(edits),
        now in text(),
        near in proptest::option::of((0usize..15, line())),
    ) {
        let now = match near {
            // One line added somewhere: most hunks can move.
            Some((at, line)) => {
                let lines = Lines::new(&*old);
                let at = at.min(lines.len());
                [lines.slice(Span::new(0, at)), line.as_bytes(), b"\n", lines.slice(Span::new(at, lines.len()))].concat()
            }
            None => now,
        };
        let mut review = grown(&old, &edits);
        review.decide(&ids(&review), Verdict::Accepted);
        let Some(approved) = review.settle() else { return Ok(()) };
        let merged = approved.files()[0].onto(Some(&Lines::new(&*now)));
        let conflicts = review.rebase(base(&now));
        match merged {
            Ok(text) => {
                prop_assert!(conflicts.is_empty());
                let made = text.unwrap();
                prop_assert_eq!(preview(&review), made.bytes());
            }
            Err(stuck) => prop_assert_eq!(&stuck, &conflicts),
        }
        for hunk in review.hunks() {
            let in_conflict = conflicts.contains(&hunk.id);
            prop_assert_eq!(hunk.standing == Standing::Conflict, in_conflict);
            prop_assert_eq!(hunk.verdict == Verdict::Undecided, in_conflict);
        }
        prop_assert_eq!(preview(&review), by_hand(&review, &now));
        review.undo();
        prop_assert!(review.hunks().all(|hunk| hunk.verdict != Verdict::Accepted));
    }
}
