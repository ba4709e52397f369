//! Replies in, reads out. The laws at the end hold for any reply, however it is cut.

mod patches;
mod tool_calls;

use proptest::prelude::*;

use super::*;
use crate::change::{EditHunk, EditLine, EditOp, Quote};

/// Reads a whole reply; the prose is joined.
fn read(format: Format, default: Option<&str>, reply: &str) -> Vec<Read> {
    read_in(format, default, &[reply], true)
}

fn read_in(format: Format, default: Option<&str>, pieces: &[&str], complete: bool) -> Vec<Read> {
    let mut reader = Reader::new(format, default.map(str::to_owned));
    let mut reads: Vec<Read> = pieces.iter().flat_map(|piece| reader.feed(piece)).collect();
    reads.extend(reader.finish(complete));
    joined(reads)
}

fn joined(reads: Vec<Read>) -> Vec<Read> {
    let mut out: Vec<Read> = Vec::new();
    for read in reads {
        match (out.last_mut(), read) {
            (Some(Read::Prose(before)), Read::Prose(more)) => before.push_str(&more),
            (_, read) => out.push(read),
        }
    }
    out
}

/// The reads as a person would note them down, one a line.
fn shown(reads: &[Read]) -> String {
    reads.iter().map(|read| one(read) + "\n").collect()
}

fn one(read: &Read) -> String {
    match read {
        Read::Prose(text) => format!("prose {text:?}"),
        Read::Opened { path } => format!("opened {path}"),
        Read::Unreadable(unreadable) => format!("line {}: {:?}", unreadable.line, unreadable.why),
        Read::Edit(edit) => {
            let reason = edit.reason.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
            format!("edit {}{reason} {}", edit.path, op(&edit.op))
        }
    }
}

fn op(op: &EditOp) -> String {
    match op {
        EditOp::Delete => "deleted".into(),
        EditOp::Whole(text) => format!("is {text:?}"),
        EditOp::Fenced(fenced) => format!("is one of {:?}", fenced.texts().collect::<Vec<_>>()),
        EditOp::Bytes(_) => "is bytes".into(),
        EditOp::Lazy(text) => format!("is like {text:?}"),
        EditOp::Move { to, hunks } => format!("moves to {to} {}", hunks.iter().map(hunk).collect::<String>()),
        EditOp::OneOf(readings) => readings.iter().map(hunk).collect::<Vec<_>>().join(" OR "),
        EditOp::Hunk(one) => hunk(one),
    }
}

fn hunk(hunk: &EditHunk) -> String {
    let hint = hunk.hint.map_or_else(String::new, |line| format!("@{line} "));
    let header =
        hunk.header.as_ref().map_or_else(String::new, |text| format!("[{}] ", text.replace('\n', "/")));
    let eof = if hunk.at_eof { " EOF" } else { "" };
    format!(
        "{hint}{header}{}{eof}{}",
        lines(hunk),
        if hunk.quote == Quote::EveryText { " everywhere" } else { "" }
    )
}

fn is_flawed(reads: &[Read]) -> bool {
    reads.iter().any(|read| matches!(read, Read::Unreadable(_)))
}

fn lines(hunk: &EditHunk) -> String {
    let marked = hunk.lines.iter().map(|line| match line {
        EditLine::Keep(text) => format!("={text}"),
        EditLine::Remove(text) => format!("-{text}"),
        EditLine::Add(text) => format!("+{text}"),
    });
    marked.collect::<Vec<_>>().join("|")
}

#[track_caller]
fn check(format: Format, reply: &str, expected: &str) {
    let want: String = expected.lines().map(|line| line.trim().to_owned() + "\n").collect();
    let shown: String =
        shown(&read(format, None, reply)).lines().map(|line| line.trim().to_owned() + "\n").collect();
    assert_eq!(shown.trim(), want.trim());
}

const BLOCK: &str = "<<<<<<< SEARCH\none\ntwo\n=======\none\n2\n>>>>>>> REPLACE\n";

mod search_replace_blocks {
    use super::*;

    #[test]
    fn a_block_becomes_a_hunk_that_keeps_what_both_sides_share() {
        let reply = format!("I change it.\n\nWhy: two is a digit\nsrc/a.rs\n{BLOCK}Done.\n");
        check(
            Format::Auto,
            &reply,
            r#"prose "I change it.\n\n"
               opened src/a.rs
               edit src/a.rs (two is a digit) =one|-two|+2
               prose "Done.\n""#,
        );
    }

    #[test]
    fn the_edit_comes_with_the_byte_that_closes_it() {
        let mut reader = Reader::new(Format::Auto, None);
        let reply = format!("a.rs\n{BLOCK}");
        let (before, last) = reply.split_at(reply.len() - 1);
        assert_eq!(reader.feed(before), [Read::Opened { path: "a.rs".into() }]);
        assert!(matches!(reader.feed(last).as_slice(), [Read::Edit(_)]));
    }

    #[test]
    fn every_usual_way_to_name_the_file_works() {
        for lead in [
            "a/b.rs\n",
            "a/b.rs\n```rust\n",
            "```rust a/b.rs\n",
            "```a/b.rs\n",
            "```rust\na/b.rs\n",
            "`a/b.rs`\n\n```rust\n",
            "**a/b.rs**\n```\n",
            "### a/b.rs\n~~~~\n",
            "File: a/b.rs\n",
            "### a/b.rs\n\nThe second line becomes a digit.\n\n```rust\n",
        ] {
            let fence = lead.lines().find_map(|line| line.find(['`', '~']).map(|_| line)).unwrap_or_default();
            let close = if fence.starts_with("~~~~") { "~~~~\n" } else { "```\n" };
            let close = if lead.contains("```") || lead.contains("~~~~") { close } else { "" };
            let reads = read(Format::Auto, None, &format!("{lead}{BLOCK}{close}"));
            let edits: Vec<_> = reads.iter().filter(|read| matches!(read, Read::Edit(_))).map(one).collect();
            let of_words = |text: &str| text.replace(" (The second line becomes a digit.)", "");
            assert_eq!(edits.len(), 1, "{lead:?} {reads:?}");
            assert_eq!(of_words(&edits[0]), "edit a/b.rs =one|-two|+2", "{lead:?}");
            assert!(!reads.iter().any(|read| matches!(read, Read::Unreadable(_))), "{lead:?}");
        }
    }

    #[test]
    fn several_blocks_may_share_a_fence_and_a_path() {
        let reply = format!("a.rs\n```rust\n{BLOCK}\n{BLOCK}```\nb.rs\n```\n{BLOCK}```\n");
        let shown = shown(&read(Format::SearchReplace, None, &reply));
        let paths: Vec<_> = shown.lines().filter(|line| line.starts_with("edit")).collect();
        assert_eq!(paths, ["edit a.rs =one|-two|+2", "edit a.rs =one|-two|+2", "edit b.rs =one|-two|+2"]);
        assert!(!shown.contains("```"), "{shown}");
    }

    #[test]
    fn fences_in_the_content_do_not_end_a_block() {
        check(
            Format::Auto,
            "a.md\n```\n<<<<<<< SEARCH\n```sh\nold\n```\n=======\n```sh\nnew\n```\n>>>>>>> REPLACE\n```\n",
            "opened a.md
             edit a.md =```sh|-old|+new|=```",
        );
    }

    #[test]
    fn an_empty_search_makes_a_file() {
        check(
            Format::Auto,
            "a.rs\n<<<<<<< SEARCH\n=======\nfn a() {}\n>>>>>>> REPLACE",
            "opened a.rs
             edit a.rs +fn a() {}",
        );
    }

    #[test]
    fn replies_with_crlf_read_the_same() {
        let crlf = format!("a.rs\n{BLOCK}").replace('\n', "\r\n");
        check(Format::Auto, &crlf, "opened a.rs\nedit a.rs =one|-two|+2");
    }

    #[test]
    fn other_markers_seen_in_the_wild_are_taken() {
        check(
            Format::Auto,
            "a.rs\n<<<<<<<<< ORIGINAL\na\n=====\nb\n>>>>> UPDATED\n",
            "opened a.rs\nedit a.rs -a|+b",
        );
    }

    #[test]
    fn what_can_be_read_in_several_ways_is_for_the_file_to_decide() {
        check(
            Format::Auto,
            "a.md\n<<<<<<< SEARCH\nTitle\n=======\nx\n=======\nTitle\n=======\ny\n>>>>>>> REPLACE\n",
            "opened a.md
             edit a.md -Title|-=======|-x|-=======|-Title|+y OR =Title|========|-x|+y OR +x|+=======|=Title|+=======|+y",
        );
    }

    #[test]
    fn broken_blocks_are_said_to_be_broken_and_nothing_is_taken() {
        check(Format::Auto, BLOCK, "line 1: NoPath");
        check(Format::Auto, ">>>>>>> REPLACE\n", "line 1: StrayMarker(\">>>>>>> REPLACE\")");
        check(Format::Auto, "a.rs\n<<<<<<< SEARCH\nx\n>>>>>>> REPLACE\n", "opened a.rs\nline 2: NoDivider");
        check(
            Format::Auto,
            "a.rs\n<<<<<<< SEARCH\nx\n=======\ny\n",
            "opened a.rs\nline 2: Unclosed(\"block\")",
        );
        check(
            Format::Auto,
            &format!("a.rs\n<<<<<<< SEARCH\nx\n=======\ny\n{BLOCK}"),
            "opened a.rs\nline 2: Nested",
        );
        check(
            Format::Auto,
            "a.rs\n<<<<<<< SEARCH\nx\n=======\nx\n// ... existing code ...\n>>>>>>> REPLACE\n",
            "opened a.rs\nline 2: Placeholder(\"// ... existing code ...\")",
        );
        check(Format::Auto, "No change is needed.", "prose \"No change is needed.\"\nline 1: NoEdit");
    }

    #[test]
    fn a_block_below_what_may_be_another_name_is_not_left_to_the_last_file() {
        for name in [".git /config", "//etc/passwd", "docs/my notes.md"] {
            let twice = format!("a.rs\n{BLOCK}{name}\n{BLOCK}{BLOCK}");
            let line = |nth| format!("line {nth}: DoubtfulPath({name:?})\n");
            let reads = shown(&read(Format::SearchReplace, None, &twice));
            assert!(reads.ends_with(&(line(10) + &line(17))), "{reads}");
            assert_eq!(reads.matches("edit a.rs").count(), 1, "{reads}");
        }
        let reply = format!("a.rs\n{BLOCK}```\n// b.rs\n{BLOCK}```\n");
        let reads = shown(&read(Format::SearchReplace, None, &reply));
        assert!(reads.contains("edit b.rs"), "{reads}");
    }

    #[test]
    fn a_placeholder_that_the_file_already_has_is_kept() {
        check(
            Format::Auto,
            "a.rs\n<<<<<<< SEARCH\n// ... existing code ...\nx\n=======\n// ... existing code ...\ny\n>>>>>>> REPLACE\n",
            "opened a.rs\nedit a.rs =// ... existing code ...|-x|+y",
        );
    }

    #[test]
    fn a_block_for_the_given_file_needs_no_name() {
        let reads = read(Format::Auto, Some("x.rs"), BLOCK);
        assert_eq!(shown(&reads), "opened x.rs\nedit x.rs =one|-two|+2\n");
    }

    #[test]
    fn a_huge_block_is_compared_in_bounded_time() {
        let side = |seed: usize| (0..60_000).map(|n| format!("{}\n", n * seed % 60_013)).collect::<String>();
        let reply = format!("a\n<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n", side(7), side(11));
        let reads = read(Format::SearchReplace, Some("a.rs"), &reply);
        assert!(matches!(reads.last(), Some(Read::Edit(_))));
    }
}

mod unified_diffs {
    use super::*;

    const PATCH: &str = "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -3,9 +3,2 @@ fn a() {\n one\n-two\n+2\n";

    #[test]
    fn a_diff_is_read_with_wrong_counts_and_its_numbers_are_hints() {
        check(
            Format::Auto,
            &format!("Why: digits\n```diff\n{PATCH}```\nDone.\n"),
            r#"opened src/a.rs
               edit src/a.rs (digits) @3 [fn a() {] =one|-two|+2
               prose "Done.\n""#,
        );
    }

    #[test]
    fn a_hunk_is_closed_by_the_next_one() {
        let mut reader = Reader::new(Format::Auto, None);
        assert_eq!(reader.feed(PATCH).len(), 1);
        assert!(matches!(reader.feed("@@ -9 +9 @@\n").as_slice(), [Read::Edit(_)]));
        assert!(matches!(reader.finish(false).as_slice(), [Read::Unreadable(_)]));
    }

    #[test]
    fn several_files_and_hunks_are_told_apart() {
        check(
            Format::Unified,
            "diff --git a/a.rs b/a.rs\nindex 1..2 100644\n--- a/a.rs\n+++ b/a.rs\n@@ -1 +1 @@\n-a\n+b\n@@ -9,2 +9,2 @@\n x\n-c\n+d\n--- a/b.rs\n+++ b/b.rs\n@@ -1 +1 @@\n-e\n+f\n",
            "opened a.rs
             edit a.rs @1 -a|+b
             edit a.rs @9 =x|-c|+d
             opened b.rs
             edit b.rs @1 -e|+f",
        );
    }

    #[test]
    fn a_removed_line_that_looks_like_a_header_is_a_removed_line() {
        check(
            Format::Unified,
            "--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@\n--- old note\n+++ new note\n select 1;\n",
            "opened q.sql\nedit q.sql @1 --- old note|+++ new note|=select 1;",
        );
    }

    #[test]
    fn a_diff_whose_end_is_missing_is_refused() {
        let fenced = format!("```diff\n{PATCH}");
        check(Format::Auto, &fenced, "opened src/a.rs\nline 4: Unclosed(\"diff\")");
        check(
            Format::Auto,
            "--- a/a.rs\n+++ b/a.rs\n@@ -1,3 +1,3 @@\n-a\n+b\n c",
            "opened a.rs\nline 3: Unclosed(\"diff\")",
        );
        check(
            Format::Auto,
            "--- a/a.rs\n+++ b/a.rs\n@@ -1,2 +1,2 @@\n-a\n+b\n c",
            "opened a.rs\nedit a.rs @1 -a|+b|=c",
        );
    }

    #[test]
    fn a_second_file_in_the_same_fence_is_told_from_a_hunk_that_promises_more() {
        check(
            Format::Auto,
            "```diff\n--- a/a.rs\n+++ b/a.rs\n@@ -1,2 +1,2 @@\n-a\n+b\n--- a/b.rs\n+++ b/b.rs\n@@ -1 +1 @@\n-c\n+d\n```\n",
            "opened a.rs
             edit a.rs @1 -a|+b
             opened b.rs
             edit b.rs @1 -c|+d",
        );
    }

    #[test]
    fn files_come_and_go() {
        check(
            Format::Auto,
            "diff --git a/n.rs b/n.rs\nnew file mode 100644\n--- /dev/null\n+++ b/n.rs\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\ndiff --git a/o.rs b/o.rs\ndeleted file mode 100644\n--- a/o.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
            r#"opened n.rs
               edit n.rs is "a\nb"
               opened o.rs
               edit o.rs deleted"#,
        );
    }

    #[test]
    fn renames_carry_their_hunks() {
        check(
            Format::Auto,
            "diff --git a/a.rs b/b.rs\nsimilarity index 100%\nrename from a.rs\nrename to b.rs\n",
            "edit a.rs moves to b.rs",
        );
        check(
            Format::Auto,
            "diff --git a/a.rs b/b.rs\nrename from a.rs\nrename to b.rs\n--- a/a.rs\n+++ b/b.rs\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n",
            "opened a.rs
             edit a.rs moves to b.rs @1 =one|-two|+2",
        );
        check(
            Format::Auto,
            "--- a/a.rs\n+++ b/b.rs\n@@ -1 +1 @@\n-a\n+b\n",
            "line 3: Unsupported(\"renaming a file\")",
        );
    }

    #[test]
    fn blank_lines_inside_a_hunk_are_context() {
        check(
            Format::Auto,
            "--- a/a.rs\n+++ b/a.rs\n@@\n a\n\n-b\n+c\n\nThat is all.\n",
            r#"opened a.rs
               edit a.rs =a|=|-b|+c
               prose "That is all.\n""#,
        );
    }

    #[test]
    fn context_that_lost_its_blank_is_taken_as_it_stands() {
        check(
            Format::Auto,
            "```diff\n--- a/a.rs\n+++ b/a.rs\n@@\nfn a() {\n    x\n-    y\n+    z\n}\n```\n",
            "opened a.rs
             edit a.rs =fn a() {|=    x|-    y|+    z|=} OR =fn a() {|=   x|-    y|+    z|=}",
        );
    }

    #[test]
    fn a_bare_hunk_is_for_the_file_named_before_it() {
        check(
            Format::Auto,
            "`a.rs`:\n```diff\n@@ def f():\n-a\n+b\n```\n",
            "opened a.rs\nedit a.rs [def f():] -a|+b",
        );
        check(Format::Auto, "@@\n-a\n+b\n", "line 1: NoPath");
    }
}

mod whole_texts {
    use super::*;

    #[test]
    fn a_path_and_a_fence_are_a_whole_file() {
        check(
            Format::Whole,
            "src/a.rs\n```rust\nfn a() {}\n```\nRun it:\n```sh\ncargo run\n```\n",
            r#"opened src/a.rs
               edit src/a.rs is "fn a() {}\n"
               prose "Run it:\n```sh\ncargo run\n```\n""#,
        );
    }

    #[test]
    fn a_text_below_what_may_be_another_name_is_not_left_to_the_last_file() {
        for format in [Format::Whole, Format::Lazy] {
            check(
                format,
                "a.rs\n.git /config\n```\nx\n```\n",
                "prose \"a.rs\\n\"\nline 3: DoubtfulPath(\".git /config\")",
            );
        }
    }

    #[test]
    fn auto_waits_for_the_end_since_the_text_may_be_a_sample() {
        let sample = "`a.rs` has this:\n\na.rs\n```rust\nfn a() {}\n```\n";
        check(
            Format::Auto,
            sample,
            "prose \"`a.rs` has this:\\n\\n\"\nopened a.rs\nedit a.rs is \"fn a() {}\\n\"",
        );
        let reads = read(Format::Auto, None, &format!("{sample}\na.rs\n{BLOCK}"));
        let edits: Vec<_> = reads.iter().filter(|read| matches!(read, Read::Edit(_))).map(one).collect();
        assert_eq!(edits, ["edit a.rs =one|-two|+2"]);
    }

    #[test]
    fn the_given_file_needs_no_name() {
        let shown = |reply| shown(&read(Format::Whole, Some("x.py"), reply));
        assert_eq!(
            shown("Here:\n```python\na = 1\n```\n"),
            "prose \"Here:\\n\"\nopened x.py\nedit x.py is \"a = 1\\n\"\n"
        );
        assert_eq!(shown("a = 1\nb = 2"), "edit x.py is \"a = 1\\nb = 2\"\n");
        assert!(shown("```\na\n```\n```\nb\n```\n").contains("SeveralTexts(2)"));
    }

    #[test]
    fn markdown_may_hold_fences() {
        check(
            Format::Whole,
            "README.md\n```markdown\n# A\n```sh\nrun\n```\nend\n```\n",
            r##"opened README.md
               edit README.md is "# A\n```sh\nrun\n```\nend\n""##,
        );
        check(
            Format::Whole,
            "README.md\n````\n```\nrun\n```\n````\n",
            r#"opened README.md
               edit README.md is "```\nrun\n```\n""#,
        );
        check(Format::Whole, "README.md\n```\na\n```\nb\n```\n", "opened README.md\nline 2: AmbiguousFence");
    }

    #[test]
    fn a_second_file_ends_a_markdown_text() {
        check(
            Format::Whole,
            "a.md\n```\n# A\n```\n\nb.rs\n```\nfn b() {}\n```\n",
            r##"opened a.md
               edit a.md is "# A\n"
               prose "\n"
               opened b.rs
               edit b.rs is "fn b() {}\n""##,
        );
    }

    #[test]
    fn whether_code_is_left_out_is_for_the_file_to_say() {
        let reply = "a.rs\n```\nfn a() {}\n// ... rest of the code unchanged ...\n```\n";
        let text = r#""fn a() {}\n// ... rest of the code unchanged ...\n""#;
        for format in [Format::Auto, Format::Whole] {
            check(format, reply, &format!("opened a.rs\nedit a.rs is {text}"));
        }
        check(Format::Lazy, reply, &format!("opened a.rs\nedit a.rs is like {text}"));
    }

    #[test]
    fn snippets_of_one_file_may_be_several() {
        let snippet = "a.rs\n```\nfn a() {}\n// ...\n```\n";
        assert_eq!(edits(&read(Format::Lazy, None, &format!("{snippet}{snippet}"))).len(), 2);
        assert!(is_flawed(&read(Format::Whole, Some("a.rs"), "```\na\n```\n```\nb\n```\n")));
    }

    #[test]
    fn a_text_that_is_not_closed_is_never_an_edit() {
        check(Format::Whole, "a.rs\n```\nfn a() {}\n", "opened a.rs\nline 2: Unclosed(\"whole text\")");
    }
}

#[test]
fn the_example_that_is_taught_reads_as_one_edit() {
    let prompts = crate::prompt::Prompts::embedded().unwrap();
    let taught = prompts.get(TEACH).unwrap().render(&[("level", "repo".to_owned())]).unwrap();
    let reads = read(Format::SearchReplace, None, &taught);
    let edits: Vec<_> = reads.iter().filter(|read| !matches!(read, Read::Prose(_))).map(one).collect();
    assert_eq!(
        edits,
        [
            "opened src/list.rs",
            "edit src/list.rs (the loop left out the last item) \
             -    for i in 0..items.len() - 1 {|+    for i in 0..items.len() {",
        ]
    );
}

#[test]
fn a_reply_without_end_is_not_read_without_end() {
    let mut reader = Reader::new(Format::Auto, None);
    let chunk = "x".repeat(1 << 20);
    let reads: Vec<Read> = (0..20).flat_map(|_| reader.feed(&chunk)).collect();
    let too_long = reads.iter().filter(|read| matches!(read, Read::Unreadable(_))).count();
    assert_eq!(too_long, 1);
}

/// Lines that replies are made of, in any order.
fn reply() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        3 => prop::sample::select(vec![
            "src/a.rs", "`b.md`", "### c.py", "```", "```rust", "````", "~~~", "Why: it is so", "Some words here.",
            "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "--- a/x.rs", "+++ b/x.rs", "+++ /dev/null", "--- /dev/null",
            "diff --git a/x.rs b/x.rs", "new file mode 100644", "@@ -1,2 +1,2 @@", "@@", " keep", "-gone", "+new",
            "\\ No newline at end of file", "-- ",
            "*** Begin Patch", "*** Update File: a.rs", "*** Add File: n.rs", "*** Delete File: a.rs",
            "*** Move to: b.rs", "*** End of File", "*** End Patch", "@@ fn main", "  deep",
            r#"{"path":"a.rs","old_str":"x","new_str":"y"}"#, r#"[{"path":"a.rs","old_str":"x","new_str":"y"},"#,
            "{", "}", "[", "]", r#""old_str":"x","#, r#""path":"b.rs","#, r#""new_str":"y""#, "// ... existing code ...", "# Title", "```diff", "```src/d.rs",
        ]).prop_map(str::to_owned),
        1 => Just(String::new()),
        1 => "[ -~é\u{1F600}]{0,12}",
    ];
    let ending = prop::sample::select(vec!["\n", "\n", "\n", "\r\n", "\r"]);
    prop::collection::vec((line, ending), 0..40)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, ending)| [line, ending.to_owned()]).collect())
}

/// A reply of well-formed pieces, each of which closes before the next.
fn valid_reply() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Some words about it.\n\n".to_owned()),
        "[a-z]{1,3}\\.rs".prop_map(|path| format!("Why: it is so\n{path}\n{BLOCK}\n")),
        "[a-z]{1,3}\\.rs".prop_map(|path| format!("{path}\n```rust\n{BLOCK}```\n")),
        "[a-z]{1,3}\\.rs".prop_map(|path| format!(
            "```diff\n--- a/{path}\n+++ b/{path}\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n```\n"
        )),
        "[a-z]{1,3}\\.rs".prop_map(|path| format!(
            "*** Begin Patch\n*** Update File: {path}\n@@\n one\n-two\n+2\n@@ x\n-c\n*** End Patch\n"
        )),
        "[a-z]{1,3}\\.rs".prop_map(|path| format!(
            "```json\n[\n{{\"path\": \"{path}\", \"old_str\": \"one\", \"new_str\": \"1\"}}\n]\n```\n"
        )),
        "[a-z]{1,3}\\.(rs|md)".prop_map(|path| format!("{path}\n```\nwhole\ntext\n```\n")),
    ];
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

/// Lines that look like the marks of a diff.
fn tricky_lines() -> impl Strategy<Value = Vec<&'static str>> {
    let lines = vec![
        "",
        "a",
        "b",
        "  c",
        "- d",
        "+ e",
        "-- f",
        "++ g",
        "-- a/x",
        "@@",
        "@@ -1 +1 @@",
        "\\ h",
        "diff --git a/x b/x",
        "```",
        "- ",
    ];
    prop::collection::vec(prop::sample::select(lines), 0..12)
}

fn format() -> impl Strategy<Value = Format> {
    prop::sample::select(Format::ALL.to_vec())
}

fn default() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![None, Some("given.rs"), Some("given.md")])
}

fn edits(reads: &[Read]) -> Vec<&Edit> {
    reads.iter().filter_map(|read| if let Read::Edit(edit) = read { Some(edit) } else { None }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn how_a_reply_is_cut_into_pieces_makes_no_difference(
        reply in reply(), format in format(), default in default(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8), complete: bool,
    ) {
        let mut at: Vec<usize> = cuts.iter().map(|cut| head(&reply, cut.index(reply.len() + 1)).len()).collect();
        at.extend([0, reply.len()]);
        at.sort_unstable();
        let pieces: Vec<&str> = at.windows(2).map(|pair| &reply[pair[0]..pair[1]]).collect();
        let whole = read_in(format, default, &[&reply], complete);
        prop_assert_eq!(read_in(format, default, &pieces, complete), whole);
    }

    #[test]
    fn no_prefix_of_a_reply_yields_an_edit_that_the_reply_does_not(
        reply in prop_oneof![reply(), valid_reply()], format in format(), default in default(), cut: prop::sample::Index,
    ) {
        let all = read(format, default, &reply);
        let prefix = &reply[..head(&reply, cut.index(reply.len() + 1)).len()];
        let early = read_in(format, default, &[prefix], false);
        let (all, early) = (edits(&all), edits(&early));
        prop_assert!(early.len() <= all.len(), "{early:?} {all:?}");
        prop_assert_eq!(&all[..early.len()], &early[..]);
    }

    #[test]
    fn a_diff_made_by_a_tool_says_what_it_was_made_of(old in tricky_lines(), new in tricky_lines(), fenced: bool) {
        let text = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let (before, after) = (text(&old), text(&new));
        let diff = similar::TextDiff::from_lines(&before, &after);
        let patch = diff.unified_diff().context_radius(2).header("a/x.rs", "b/x.rs").to_string();
        prop_assume!(!patch.is_empty());
        let reply = if fenced { format!("```diff\n{patch}```\n") } else { patch };
        let reads = read(Format::Unified, None, &reply);
        // What may have lost its blanks is read as it stands, too.
        let marked = |edit: &Edit| match &edit.op {
            EditOp::Hunk(hunk) => hunk.clone(),
            EditOp::OneOf(readings) => readings[0].clone(),
            _ => panic!("{edit:?}"),
        };
        let mut lines: Vec<String> = old.iter().map(|line| (*line).to_owned()).collect();
        for edit in edits(&reads).into_iter().rev() {
            let hunk = marked(edit);
            let at = hunk.hint.unwrap() - 1;
            let range = at..at + hunk.before().count();
            prop_assert!(hunk.before().eq(lines[range.clone()].iter().map(String::as_str)), "{reply}\n{hunk:?}");
            lines.splice(range, hunk.after().map(str::to_owned));
        }
        prop_assert_eq!(lines, new, "{}", reply);
    }

    #[test]
    fn junk_is_survived(reply in "\\PC{0,200}", format in format(), default in default(), complete: bool) {
        read_in(format, default, &[&reply], complete);
    }

    #[test]
    fn what_is_taught_is_read(search in prop::collection::vec("[a-z(){}; ]{0,10}", 1..6), replace in prop::collection::vec("[a-z(){}; ]{0,10}", 0..6)) {
        prop_assume!(search.iter().any(|line| !line.trim().is_empty()));
        let text = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let reply = format!("a.rs\n<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n", text(&search), text(&replace));
        let reads = read(Format::SearchReplace, None, &reply);
        let [edit] = edits(&reads)[..] else { panic!("{reads:?}") };
        let EditOp::Hunk(hunk) = &edit.op else { panic!("{edit:?}") };
        prop_assert_eq!(hunk.before().collect::<Vec<_>>(), search);
        prop_assert_eq!(hunk.after().collect::<Vec<_>>(), replace);
    }
}
