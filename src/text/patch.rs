//! Unified diffs as git writes and takes them: the extended headers and C-style quoting of
//! git-diff(1) and git-apply(1). Nothing is decoded: a Latin-1 line comes out as it went in.

use super::diff::{Change, changes};
use super::{LineEnding, Lines, RepoPath, Span};

/// Common lines shown around a change, as git does by default.
const CONTEXT: usize = 3;

/// One file's part of a patch (`diff --git …`), byte-exact, accepted by `git apply`. `old` is `None`
/// for a file that is created, `new` for one that is deleted; empty when nothing changed.
/// `executable`: the file's mode is 100755.
pub fn unified(path: &RepoPath, old: Option<&Lines>, new: Option<&Lines>, executable: bool) -> Vec<u8> {
    if old == new {
        return Vec::new();
    }
    let mode = if executable { "100755" } else { "100644" };
    let (a, b) = (quoted("a/", path), quoted("b/", path));
    let mut patch = format!("diff --git {a} {b}\n");
    match (old, new) {
        (None, _) => patch.push_str(&format!("new file mode {mode}\n")),
        (_, None) => patch.push_str(&format!("deleted file mode {mode}\n")),
        _ => {}
    }
    let empty = Lines::from("");
    let changes = changes(old.unwrap_or(&empty), new.unwrap_or(&empty));
    if !changes.is_empty() {
        let name = |side: Option<&Lines>, name: String| side.map_or("/dev/null".to_owned(), |_| ended(name));
        patch.push_str(&format!("--- {}\n+++ {}\n", name(old, a), name(new, b)));
    }
    let mut patch = patch.into_bytes();
    for group in changes.chunk_by(|one, next| next.old.start() - one.old.end() <= 2 * CONTEXT) {
        write_hunk(&mut patch, group, old.unwrap_or(&empty), new.unwrap_or(&empty));
    }
    patch
}

fn write_hunk(patch: &mut Vec<u8>, group: &[Change], old: &Lines, new: &Lines) {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return };
    let above = first.old.start().min(CONTEXT);
    let below = (old.len() - last.old.end()).min(CONTEXT);
    let whole = |first: Span, last: Span| Span::new(first.start() - above, last.end() + below);
    let (olds, news) = (whole(first.old, last.old), whole(first.new, last.new));
    patch.extend_from_slice(format!("@@ -{} +{} @@\n", range(olds), range(news)).as_bytes());
    let mut at = olds.start();
    for change in group {
        write_lines(patch, b' ', old, Span::new(at, change.old.start()));
        write_lines(patch, b'-', old, change.old);
        write_lines(patch, b'+', new, change.new);
        at = change.old.end();
    }
    write_lines(patch, b' ', old, Span::new(at, olds.end()));
}

/// `start,count` as hunk headers have it: a count of one is left out, and an empty range names the
/// line before it.
fn range(span: Span) -> String {
    match span.len() {
        0 => format!("{},0", span.start()),
        1 => format!("{}", span.start() + 1),
        len => format!("{},{len}", span.start() + 1),
    }
}

fn write_lines(patch: &mut Vec<u8>, sign: u8, lines: &Lines, span: Span) {
    for line in span.as_range().filter_map(|at| lines.get(at)) {
        patch.push(sign);
        patch.extend_from_slice(line);
        if LineEnding::of(line) == LineEnding::None {
            patch.extend_from_slice(b"\n\\ No newline at end of file\n");
        }
    }
}

/// A name with a blank in it is ended by a tab on `---` and `+++` lines, where a time could follow.
fn ended(name: String) -> String {
    if name.contains(' ') { name + "\t" } else { name }
}

/// As git quotes a path with `core.quotePath` at its default: in double quotes, with C escapes, when
/// it has a quote, a backslash, a control character or a byte outside ASCII.
fn quoted(prefix: &str, path: &RepoPath) -> String {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if path.as_str().bytes().all(plain) {
        return format!("{prefix}{path}");
    }
    let mut name = format!("\"{prefix}");
    for byte in path.as_str().bytes() {
        match byte {
            b'"' | b'\\' => name.extend(['\\', char::from(byte)]),
            _ if plain(byte) => name.push(char::from(byte)),
            _ => name.push_str(&format!("\\{byte:03o}")),
        }
    }
    name.push('"');
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    fn path(path: &str) -> RepoPath {
        RepoPath::parse(path).unwrap()
    }

    fn shown(old: &str, new: &str) -> String {
        let patch = unified(&path("a.rs"), Some(&old.into()), Some(&new.into()), false);
        String::from_utf8(patch).unwrap()
    }

    /// What lies at `name` after the real `git apply` took the patch from `old` to `new`.
    fn git_applied(name: &str, old: Option<&[u8]>, new: Option<&[u8]>) -> Option<Vec<u8>> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(name);
        if let Some(old) = old {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, old).unwrap();
        }
        let lines = |bytes: &[u8]| Lines::new(bytes);
        let patch = unified(&path(name), old.map(lines).as_ref(), new.map(lines).as_ref(), false);
        let mut git = Command::new("git")
            .args(["apply", "--whitespace=nowarn", "-"])
            .current_dir(dir.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", dir.path().parent().unwrap())
            .env_remove("GIT_DIR")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin.take().unwrap().write_all(&patch).unwrap();
        let output = git.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&patch));
        std::fs::read(&file).ok()
    }

    #[test]
    fn a_patch_reads_as_git_writes_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n";
        let expected = "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n@@ -2,11 +2,10 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n 10\n 11\n-12\n";
        assert_eq!(shown(old, new), expected);
        assert_eq!(
            shown("a\n", "a"),
            "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n"
        );
        assert_eq!(shown("a\n", "a\n"), "");
    }

    #[test]
    fn a_created_file_has_its_mode() {
        let patch = unified(&path("run.sh"), None, Some(&"x\n".into()), true);
        assert_eq!(
            String::from_utf8(patch).unwrap(),
            "diff --git a/run.sh b/run.sh\nnew file mode 100755\n--- /dev/null\n+++ b/run.sh\n@@ -0,0 +1 @@\n+x\n"
        );
    }

    #[test]
    fn git_takes_files_that_come_and_go() {
        for text in [&b""[..], b"a", b"a\n", b"a\r\nb\r\n", b"\xe9\n"] {
            assert_eq!(git_applied("d/new.txt", None, Some(text)).as_deref(), Some(text));
            assert_eq!(git_applied("d/old.txt", Some(text), None), None);
            assert_eq!(git_applied("e.txt", Some(b"x\ny\n"), Some(text)).as_deref(), Some(text));
            assert_eq!(git_applied("e.txt", Some(text), Some(b"x\ny\n")).as_deref(), Some(&b"x\ny\n"[..]));
        }
    }

    #[test]
    fn git_takes_odd_names() {
        for name in ["a b.txt", "naïve.txt", "q\"uote", " lead", "trail ", "файл/日本", "a\u{202e}b", "-x"]
        {
            let (old, new) = (&b"1\n2\n"[..], &b"1\ntwo\n"[..]);
            assert_eq!(git_applied(name, Some(old), Some(new)).as_deref(), Some(new), "{name}");
            assert_eq!(git_applied(name, None, Some(new)).as_deref(), Some(new), "{name}");
        }
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let byte =
            prop_oneof![6 => Just(b'\n'), 2 => Just(b'\r'), 6 => b'a'..b'd', 1 => 1u8.., 1 => Just(b'\\')];
        proptest::collection::vec(byte, 0..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn git_applying_the_patch_gives_the_new_bytes(old in text(), new in text()) {
            // git takes a patch without a change for an error.
            prop_assume!(old != new);
            prop_assert_eq!(git_applied("f", Some(&old), Some(&new)), Some(new));
        }
    }
}
