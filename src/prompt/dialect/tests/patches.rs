//! `*** Begin Patch` replies.

use super::*;

const HEAD: &str = "*** Begin Patch\n*** Update File: src/a.rs\n";

#[test]
fn hunks_are_found_by_the_lines_above_them() {
    check(
        Format::Auto,
        &format!(
            "Why: digits\n{HEAD}@@ class A\n@@ def f():\n one\n-two\n+2\n@@\n-c\n+d\n*** End of File\n*** End Patch\nDone.\n"
        ),
        r#"opened src/a.rs
           edit src/a.rs (digits) [class A/def f():] =one|-two|+2
           edit src/a.rs (digits) -c|+d EOF
           prose "Done.\n""#,
    );
}

#[test]
fn the_first_hunk_may_come_without_its_header() {
    check(
        Format::ApplyPatch,
        &format!("{HEAD} one\n\n-two\n+2\n\n*** End Patch"),
        "opened src/a.rs\nedit src/a.rs =one|=|-two|+2",
    );
}

#[test]
fn files_come_go_and_move() {
    check(
        Format::Auto,
        "*** Begin Patch\n*** Add File: n.rs\n+a\n\n+b\n\n*** Delete File: o.rs\n*** Update File: p.rs\n*** Move to: q.rs\n@@\n-c\n+d\n*** Update File: r.rs\n*** Move to: s.rs\n*** End Patch\n",
        r#"opened n.rs
           edit n.rs is "a\n\nb\n"
           opened o.rs
           edit o.rs deleted
           opened p.rs
           edit p.rs moves to q.rs -c|+d
           opened r.rs
           edit r.rs moves to s.rs"#,
    );
}

#[test]
fn wrappings_are_words() {
    let patch = format!("{HEAD}@@\n-a\n+b\n*** End Patch\n");
    let wrappings = [("apply_patch <<'EOF'\n", "EOF\n"), ("```patch\n", "```\n"), ("Here:\n\n", "So.\n")];
    for (before, after) in wrappings {
        for format in [Format::Auto, Format::ApplyPatch] {
            let reads = read(format, None, &format!("{before}{patch}{after}"));
            let shown: Vec<String> = edits(&reads).into_iter().map(|edit| op(&edit.op)).collect();
            assert_eq!(shown, ["-a|+b"], "{before}");
            assert!(!is_flawed(&reads), "{before}");
        }
    }
}

#[test]
fn a_hunk_is_closed_by_the_next_and_a_patch_by_its_end_alone() {
    let mut reader = Reader::new(Format::Auto, None);
    assert_eq!(reader.feed(&format!("{HEAD}@@\n-a\n+b\n")).len(), 1);
    assert!(matches!(reader.feed("@@\n").as_slice(), [Read::Edit(_)]));
    reader.feed("-c\n+d\n");
    assert!(matches!(reader.finish(true).as_slice(), [Read::Unreadable(_)]));
    check(
        Format::Auto,
        &format!("```\n{HEAD}@@\n-a\n+b\n```\n"),
        "opened src/a.rs\nline 4: Unclosed(\"patch\")",
    );
    check(Format::Auto, "*** Begin Patch\n*** Delete File: a\n", "opened a\nline 2: Unclosed(\"patch\")");
}

#[test]
fn context_that_lost_its_blank_is_read_in_two_ways() {
    check(
        Format::Auto,
        &format!("{HEAD}@@\nfn a() {{\n    x\n-    y\n+    z\n*** End Patch\n"),
        "opened src/a.rs
         edit src/a.rs =fn a() {|=    x|-    y|+    z OR =fn a() {|=   x|-    y|+    z",
    );
    // No line begins without a blank, but the context stands at an odd depth.
    check(
        Format::Auto,
        &format!("{HEAD}@@\n    x\n-    y\n+    z\n*** End Patch\n"),
        "opened src/a.rs
         edit src/a.rs =   x|-    y|+    z OR =    x|-    y|+    z",
    );
}

#[test]
fn what_is_no_patch_is_refused() {
    check(Format::Auto, "*** Begin Patch\n*** End Patch\n", "line 1: Nothing");
    check(Format::Auto, "*** End Patch\n", "line 1: StrayMarker(\"*** End Patch\")");
    check(Format::Auto, &format!("{HEAD}*** End Patch\n"), "opened src/a.rs\nline 2: Nothing");
    for body in [
        "*** Add File: n.rs\n+a\nb",
        "*** Update File:\n-a\n+b",
        "*** Move to: b.rs",
        "*** Delete File: a.rs\n*** Move to: b.rs",
        "*** Delete File: a.rs\n-a",
        "words",
        "*** Update File: a.rs\n@@\n a\n+// ... existing code ...",
    ] {
        let reads = read(Format::Auto, None, &format!("*** Begin Patch\n{body}\n*** End Patch\n"));
        assert!(edits(&reads).is_empty() && is_flawed(&reads), "{body} {reads:?}");
    }
}
