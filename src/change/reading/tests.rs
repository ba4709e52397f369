//! Traps: changes that look like a move, a reformatting or a renaming and are none; and plain ones
//! that are.

use super::*;
use crate::text::{Lines, RepoPath};

fn path(path: &str) -> RepoPath {
    RepoPath::parse(path).unwrap()
}

/// Files as (path, before, after).
fn diffs(files: &[(&str, &str, &str)]) -> Vec<FileDiff> {
    let mut first = 0;
    let diff = |(name, old, new): &(&str, &str, &str)| {
        let text = |text: &str| (!text.is_empty()).then(|| Lines::from(text));
        let diff = FileDiff::between(path(name), text(old), text(new), HunkId(first));
        first += u32::try_from(diff.hunks.len()).unwrap();
        diff
    };
    files.iter().map(diff).collect()
}

fn read(files: &[(&str, &str, &str)]) -> (Vec<FileDiff>, Reading) {
    let files = diffs(files);
    let reading = Reading::of_files(&files);
    (files, reading)
}

/// The words of all folds, in order.
fn folds(files: &[(&str, &str, &str)]) -> Vec<String> {
    let (files, reading) = read(files);
    let ids = files.iter().flat_map(|file| &file.hunks).map(|cut| cut.id);
    ids.flat_map(|id| reading.folds(id).to_vec()).map(|fold| fold.words()).collect()
}

fn left(files: &[(&str, &str, &str)]) -> usize {
    let (files, reading) = read(files);
    reading.lines_to_read(files.iter().flat_map(|file| &file.hunks).map(|cut| cut.id))
}

const ONE: &str = "fn one(a: u32) -> u32 {\n    let b = a + 1;\n    b * 2\n}\n";
const TWO: &str = "fn two(list: &[u32]) -> u32 {\n    list.iter().sum::<u32>() + 7\n}\n";
const LONG: &str = "fn long() {\n    first();\n    second();\n    third();\n    fourth();\n    fifth();\n}\n";

#[test]
fn a_definition_that_moved_says_where_from_and_where_to() {
    let (old, new) = (format!("{ONE}\n{LONG}\n{TWO}"), format!("{LONG}\n{TWO}\n{ONE}"));
    let words = folds(&[("a.rs", &old, &new)]);
    assert_eq!(words, ["5 lines moved unchanged to a.rs:13", "5 lines moved unchanged from a.rs:1"]);
    assert_eq!(left(&[("a.rs", &old, &new)]), 0, "the same scope: nothing to read");
}

#[test]
fn a_definition_from_another_file_is_one_line_to_read() {
    let files = [("a.rs", &*format!("{ONE}\n{TWO}"), TWO), ("b.rs", LONG, &*format!("{LONG}\n{ONE}"))];
    assert!(folds(&files)[1].ends_with("lines moved unchanged from a.rs:1"), "{:?}", folds(&files));
    assert_eq!(left(&files), 1, "the fold itself");
}

#[test]
fn a_definition_that_changed_on_the_way_is_read() {
    let changed = ONE.replace("a + 1", "a - 1");
    assert_eq!(folds(&[("a.rs", &format!("{ONE}\n{LONG}"), &format!("{LONG}\n{changed}"))]), [""; 0]);
    let commented = format!("/// Adds.\n{ONE}");
    let bare = format!("{LONG}\n{ONE}");
    assert_eq!(
        folds(&[("a.rs", &format!("{commented}\n{LONG}"), &bare)]),
        [""; 0],
        "its comment stayed behind"
    );
}

#[test]
fn statements_that_change_places_are_read() {
    let body = |inner: &str| format!("fn f() {{\n{inner}}}\n");
    let check =
        "    if !allowed(user, resource, action) {\n        return Err(Denied::new(user, action));\n    }\n";
    let act = "    perform_the_action(user, resource, action)?;\n    record_the_action(user, resource);\n    notify();\n";
    let files = [("a.rs", &*body(&format!("{check}{act}")), &*body(&format!("{act}{check}")))];
    assert_eq!(folds(&files), [""; 0]);
}

#[test]
fn definitions_that_trade_places_between_scopes_are_read() {
    let ok =
        |value: &str| format!("    fn allowed(&self, user: &User) -> bool {{\n        {value}\n    }}\n");
    let impls = |a: &str, b: &str| format!("impl A {{\n{}}}\n\nimpl B {{\n{}}}\n", ok(a), ok(b));
    let (strict, lax) = ("self.check(user.id(), user.role())", "self.trust(user.id(), true)");
    assert_eq!(folds(&[("a.rs", &impls(strict, lax), &impls(lax, strict))]), [""; 0]);
    let file = |value: &str| ok(value).replace("    fn", "fn").replace("\n    }", "\n}");
    let (one, two) = (file(strict), file(lax));
    assert_eq!(folds(&[("a.rs", &one, &two), ("b.rs", &two, &one)]), [""; 0], "across files");
}

#[test]
fn an_attribute_left_behind_is_seen() {
    let test = format!("#[cfg(test)]\n{ONE}");
    let (old, new) = (format!("{test}\n{LONG}"), format!("#[cfg(test)]\n{LONG}\n{ONE}"));
    assert_eq!(folds(&[("a.rs", &old, &new)]), [""; 0]);
}

#[test]
fn a_method_that_went_into_another_type_says_so() {
    let method = "    fn area(&self) -> u32 {\n        self.width * self.height + 1\n    }\n";
    let old = format!("impl A {{\n{method}}}\n\nimpl B {{\n    fn b() {{}}\n}}\n");
    let new = format!("impl A {{\n}}\n\nimpl B {{\n    fn b() {{}}\n{method}}}\n");
    let words = folds(&[("a.rs", &old, &new)]);
    assert!(words[0].ends_with("moved unchanged to a.rs:6, out of `impl A` into `impl B`"), "{words:?}");
    assert_eq!(left(&[("a.rs", &old, &new)]), 1);
}

#[test]
fn a_definition_that_is_indented_as_a_whole_says_by_how_much() {
    let shifted: String = ONE.lines().map(|line| format!("    {line}\n")).collect();
    let (old, new) = (format!("{ONE}\n{LONG}"), format!("{LONG}\nmod inner {{\n{shifted}}}\n"));
    let words = folds(&[("a.rs", &old, &new)]);
    assert!(words.iter().any(|words| words.contains("indented 4 more from a.rs:1")), "{words:?}");
    // The content of a string over several lines would be another.
    let text = ONE.replace("a + 1", "len(\"x\n  y\")");
    let shifted: String = text.lines().map(|line| format!("    {line}\n")).collect();
    let (old, new) = (format!("{text}\n{LONG}"), format!("{LONG}\nmod inner {{\n{shifted}}}\n"));
    assert_eq!(folds(&[("a.rs", &old, &new)]), [""; 0]);
}

#[test]
fn a_definition_that_would_override_another_is_read() {
    let first = "def check(user):\n    return user.is_admin and user.is_active\n";
    let second = "def check(user):\n    return user.is_known or user.is_active\n";
    let (old, new) = (format!("{first}\n\n{second}"), format!("{second}\n\n{first}"));
    assert_eq!(folds(&[("a.py", &old, &new)]), [""; 0]);
}

#[test]
fn a_copy_is_no_move() {
    assert_eq!(folds(&[("a.rs", LONG, &format!("{LONG}\n{ONE}"))]), [""; 0]);
    let (old, new) = (format!("{ONE}\n{LONG}"), format!("{LONG}\n{ONE}\nmod m {{}}\n\n{ONE}"));
    assert_eq!(folds(&[("a.rs", &old, &new)]), [""; 0], "gone once, come twice");
}

#[test]
fn a_file_under_a_new_name_is_folded_at_both_ends() {
    let text = format!("{ONE}\n{LONG}\n{TWO}");
    let words = folds(&[("a.rs", &text, ""), ("b.rs", "", &text)]);
    assert_eq!(words, ["16 lines moved unchanged to b.rs:1", "16 lines moved unchanged from a.rs:1"]);
}

#[test]
fn wrapped_calls_are_reformatted() {
    let old = "fn f() {\n    call(first, second, third);\n}\n";
    let new = "fn f() {\n    call(\n        first,\n        second, third);\n}\n";
    assert_eq!(folds(&[("a.rs", old, new)]), ["4 lines reformatted: the same tokens, other blanks"]);
    assert_eq!(left(&[("a.rs", old, new)]), 0);
    assert_eq!(folds(&[("a.rs", old, &new.replace("second", "other"))]), [""; 0]);
    assert_eq!(folds(&[("a.unknown", old, new)]), [""; 0], "in a language nobody knows here");
}

#[test]
fn blanks_that_are_content_or_structure_are_read() {
    for (name, old, new) in [
        ("a.rs", "fn f() {\n    log(\"a b\");\n}\n", "fn f() {\n    log(\"a  b\");\n}\n"),
        ("a.rs", "fn f() {\n    log(\"\n x\");\n}\n", "fn f() {\n    log(\"\n  x\");\n}\n"),
        ("a.rs", "// a b\nfn f() {}\n", "// a  b\nfn f() {}\n"),
        ("a.rs", "macro_rules! m { () => { a - > b } }\n", "macro_rules! m { () => { a -> b } }\n"),
        ("a.py", "if a:\n    b()\n    c()\n", "if a:\n    b()\nc()\n"),
        (
            "a.py",
            "for a in b:\n    if a:\n        c()\n    d()\n",
            "for a in b:\n    if a:\n        c()\n        d()\n",
        ),
        ("a.js", "function f() {\n  return a\n}\n", "function f() {\n  return\n  a\n}\n"),
        ("a.js", "let x = a\nb\n", "let x = a b\n"),
        ("a.js", "x = `a b`\n", "x = `a  b`\n"),
        ("a.ts", "// @ts-ignore\nf(a, b)\n", "// @ts-ignore\nf(a,\n  b)\n"),
        ("a.py", "f(a, b)  # noqa\n", "f(a,\n  b)  # noqa\n"),
        ("a.sh", "echo a b\n", "echo a  b\n"),
        ("a.md", "a\n    b\n", "a\nb\n"),
        ("a.rs", "fn f() {}\n", "fn f() {}\r\n"),
        ("a.rs", "fn f() {}\n", "fn f() {\u{a0}}\n"),
        ("a.rs", "fn f() { g(a, b) }\n", "fn f() { g(a, // c\n b) }\n"),
        ("a.c", "#define A (1)\n#define B\n", "#define A(1)\n#define B\n"),
        ("a.c", "#define A 1\nint b;\n", "#define A 1 int\nb;\n"),
        (
            "a.go",
            "package p\n\nfunc f() int {\n\treturn 1\n}\n",
            "package p\n\nfunc f() int {\n\treturn\n\t1\n}\n",
        ),
        ("a.toml", "a = \"x\"\n[b]\n", "a = \"x \"\n[b]\n"),
    ] {
        assert_eq!(folds(&[(name, old, new)]), [""; 0], "{name}: {old:?} to {new:?}");
    }
}

#[test]
fn code_that_is_nested_deeper_is_folded_where_brackets_make_the_structure() {
    let old = "fn f() {\n    first();\n    second();\n    third();\n}\n";
    let new = "fn f() {\n    if a {\n        first();\n        second();\n        third();\n    }\n}\n";
    // The brackets are part of the same change here, so it is read as a whole.
    assert_eq!(folds(&[("a.rs", old, new)]), [""; 0]);
    let python = "def f():\n    first()\n    second()\n";
    let deeper = "def f():\n    if a:\n        first()\n        second()\n";
    assert_eq!(folds(&[("a.py", python, deeper)]), [""; 0]);
}

#[test]
fn blank_lines_between_code_are_folded() {
    let old = "fn a() {}\nfn b() {}\n";
    assert_eq!(folds(&[("a.rs", old, "fn a() {}\n\n\nfn b() {}\n")]).len(), 1);
    let text = "const A: &str = \"a\nb\";\n";
    assert_eq!(folds(&[("a.rs", text, "const A: &str = \"a\n\nb\";\n")]), [""; 0], "a line of a string");
}

#[test]
fn a_variable_under_a_new_name_is_folded() {
    let old = "fn f(width: u32) -> u32 {\n    let total = width + 1;\n    total * total\n}\n";
    let new = old.replace("total", "sum");
    assert_eq!(folds(&[("a.rs", old, &new)]), ["4 lines: `total` is now `sum` in 3 places"]);
    assert_eq!(left(&[("a.rs", old, &new)]), 1, "the fold that holds the definition");
}

#[test]
fn what_is_no_renaming_is_read() {
    let f = "fn f(width: u32) -> u32 {\n    let total = width + 1;\n    total * total\n}\n";
    for (name, old, new) in [
        // Not fresh, not complete, not the same everywhere, or something else changed as well.
        ("a.rs", f.to_owned(), f.replace("total", "width")),
        ("a.rs", f.to_owned(), f.replace("total *", "other *").replace("let total", "let other")),
        ("a.rs", f.to_owned(), f.replace("total * total", "sum * add").replace("let total", "let sum")),
        ("a.rs", f.to_owned(), f.replace("total", "sum").replace('*', "+")),
        // Not bound here: other functions under other names.
        ("a.rs", "fn f() {\n    debug(a)\n}\n".into(), "fn f() {\n    info(a)\n}\n".into()),
        ("a.py", "x = min(a)\ny = min(b)\n".into(), "x = max(a)\ny = max(b)\n".into()),
        // Bound here, but not everywhere: the one outside is the built-in.
        (
            "a.py",
            "def f():\n    min = 3\n    return min\n\n\ndef g(a):\n    return min(a)\n".into(),
            "def f():\n    max = 3\n    return max\n\n\ndef g(a):\n    return max(a)\n".into(),
        ),
        // Defined here and used nowhere: what it is called is for others to rely on.
        ("a.py", "if size == 2:\n    uint16 = kind\n".into(), "if size == 2:\n    uint26 = kind\n".into()),
        // Members, keys, strings and imports have names for others.
        ("a.rs", "fn f() {\n    a.len()\n}\n".into(), "fn f() {\n    a.size()\n}\n".into()),
        ("a.rs", "use a::first;\n".into(), "use a::second;\n".into()),
        ("a.rs", "fn f() {\n    log(\"count\");\n}\n".into(), "fn f() {\n    log(\"total\");\n}\n".into()),
        ("a.js", "const a = {first: 1}\n".into(), "const a = {other: 1}\n".into()),
        ("a.rs", "fn f() {\n    json!({ a: 1 })\n}\n".into(), "fn f() {\n    json!({ b: 1 })\n}\n".into()),
    ] {
        let words = folds(&[(name, &old, &new)]);
        assert!(left(&[(name, &old, &new)]) >= 2, "{old:?} to {new:?}: {words:?}");
    }
}

#[test]
fn a_builtin_that_becomes_another_is_read_even_beside_a_renaming() {
    let old = "def f():\n    min = 3\n    return min\n\n\ndef g(a):\n    return min(a)\n";
    let (files, reading) = read(&[("a.py", old, &old.replace("min", "max"))]);
    let builtin = files[0].hunks.iter().find(|cut| cut.old.as_range().contains(&6)).unwrap();
    let row = 6 - builtin.old.start();
    assert!(reading.folds(builtin.id).iter().all(|fold| !fold.gone.as_range().contains(&row)));
}

#[test]
fn a_format_string_that_may_capture_the_old_name_keeps_the_renaming_open() {
    let old = "fn f() {\n    let total = 1;\n    println!(\"{total}\");\n    g(total);\n}\n";
    let new = old.replace("let total", "let sum").replace("g(total", "g(sum");
    assert_eq!(folds(&[("a.rs", old, &new)]), [""; 0]);
}

#[test]
fn lock_files_are_folded_while_they_name_the_same_hosts() {
    let package = |name: &str, version: &str, host: &str, sum: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry+https://{host}/index\"\nchecksum = \"{sum}\"\n\n"
        )
    };
    let old = package("a", "1.0.0", "github.com", "aa") + &package("b", "1.0.0", "github.com", "bb");
    let lock = |new: &str| folds(&[("Cargo.lock", &old, new)]);
    assert_eq!(
        lock(&old.replace("\"1.0.0\"", "\"1.0.1\"").replace("\"aa\"", "\"cc\"").replace("\"bb\"", "\"dd\""))
            .len(),
        4
    );
    assert_eq!(lock(&old.replacen("github.com", "evil.example", 1)), [""; 0]);
    assert_eq!(lock(&old.replacen("https", "http", 1)), [""; 0]);
    assert_eq!(lock(&old.replacen("\"aa\"", "\"ee\"", 1)), [""; 0], "another package under the same version");
    assert_eq!(folds(&[("Cargo.lock", "", &old)]), [""; 0], "a new lock file");
}

#[test]
fn a_number_in_a_packages_name_is_no_version() {
    let lock = |name: &str, version: &str, sum: &str| {
        format!(
            "{{\n  \"node_modules/x\": {{\n    \"version\": \"{version}\",\n    \"resolved\": \"https://registry.npmjs.org/{name}/-/{name}-{version}.tgz\",\n    \"integrity\": \"sha512-{sum}\"\n  }}\n}}\n"
        )
    };
    let to = |from: &str, name: &str, version: &str| {
        folds(&[("package-lock.json", &lock(from, "6.9.1", "aa"), &lock(name, version, "bb"))]).len()
    };
    assert_eq!(to("log4js", "log4js", "7.0.0"), 1);
    assert_eq!(to("gtk-3", "gtk-3", "10.1.0"), 1);
    for (from, name) in [("log4js", "log5js"), ("base64-js", "base46-js"), ("gtk-3", "gtk-4"), ("h3", "h33")]
    {
        assert_eq!(to(from, name, "6.9.2"), 0, "{from} is {name} now");
    }
}

#[test]
fn a_generated_mark_counts_only_if_it_stood_there_before() {
    let (old, new) = ("// @generated by x\nfn a() {}\n", "// @generated by x\nfn b() {}\n");
    assert_eq!(folds(&[("a.rs", old, new)]), ["2 lines of a generated file (`@generated` in line 1)"]);
    assert_eq!(folds(&[("a.rs", "fn a() {}\n", old)]), [""; 0]);
    assert_eq!(folds(&[("a.rs", "", old)]), [""; 0]);
    let said = "fn a() { log(\"DO NOT EDIT\") }\n";
    assert_eq!(folds(&[("a.rs", said, &said.replace("log", "tell"))]), [""; 0], "no comment");
}

#[test]
fn the_order_puts_definitions_before_uses() {
    let files = [
        ("a.rs", "fn main() {}\n", "fn main() {\n    compute_total();\n}\n"),
        ("z.rs", "fn other() {}\n", "fn other() {}\n\nfn compute_total() {}\n"),
    ];
    let (_, reading) = read(&files);
    assert_eq!(reading.order(Order::File), [HunkId(0), HunkId(1)]);
    assert_eq!(reading.order(Order::Reading), [HunkId(1), HunkId(0)]);
    assert_eq!(reading.order_after(&[HunkId(0)], Order::Reading), [HunkId(0), HunkId(1)], "nothing moves");
}

/// The words of all marks, without those about the file.
fn risks(name: &str, old: &str, new: &str) -> Vec<String> {
    let (files, reading) = read(&[(name, old, new)]);
    let ids = files.iter().flat_map(|file| &file.hunks).map(|cut| cut.id);
    ids.flat_map(|id| reading.risks(id).to_vec()).map(|risk| risk.words()).collect()
}

#[test]
fn every_mark_says_why() {
    for (name, old, new, words) in [
        ("a.py", "a\n", "a\neval(x)\n", "runs text as code: eval"),
        ("a.rs", "a\n", "a\nCommand::new(x)\n", "starts a program: Command::new"),
        ("a.py", "a\n", "a\nos.system(x)\n", "starts a program: system"),
        ("a.rs", "a\n", "a\nunsafe { x }\n", "steps out of memory safety: unsafe"),
        ("a.js", "a\n", "a\nfetch(x)\n", "reaches the network: fetch"),
        ("a.js", "a\n", "a\nget('https://evil.io/x')\n", "reaches the network: evil.io"),
        ("a.rs", "a\n", "a\nencrypt_block(x)\n", "touches cryptography: encrypt"),
        ("a.rs", "a\n", "a\nlet userPassword = x;\n", "touches credentials or permissions: password"),
        ("a.sh", "a\n", "a\nrm -rf $x\n", "removes files: rm -"),
        ("a.py", "a\n", "a  # noqa\n", "switches a check off: # noqa"),
        ("a.rs", "a\n", "#[allow(dead_code)]\na\n", "switches a check off: #[allow"),
        ("a.rs", "a\n", "let _ = a;\n", "drops an error: `let _ =`"),
        ("a.js", "a\n", "try { a() } catch (e) {}\n", "drops an error: an empty `catch`"),
        (
            "a.py",
            "a\n",
            "db(\"SELECT x FROM t WHERE a = '\" + a)\n",
            "puts a query together from strings: SELECT",
        ),
        ("a.py", "a\n", "k = 'ghp_abcdefghijklmnopqrstuvwx'\n", "holds a secret: `ghp_…`"),
        ("a.rs", "a\n", "a // \u{202e}x\n", "is not what it looks like: it holds ‹U+202E›"),
        (
            "a.rs",
            "a\n",
            "let p\u{0430}ss = a;\n",
            "is not what it looks like: letters that look like others in p\u{0430}ss",
        ),
        (
            "a.rs",
            "pub fn go(a: u8) {}\n",
            "pub fn go(a: u16) {}\n",
            "changes what others may call: the definition of `go`",
        ),
        ("a.py", "def go(a):\n    pass\nb = 1\n", "b = 1\n", "changes what others may call: `go` goes"),
        ("tests/a.rs", "assert_eq!(a, 1);\n", "b();\n", "weakens a test: an assertion goes"),
        (
            "tests/a.rs",
            "assert_eq!(a, 1);\n",
            "assert!(a);\n",
            "weakens a test: an assertion of a value asks for less",
        ),
        ("a.test.ts", "it('a', f)\n", "it.skip('a', f)\n", "weakens a test: `.skip`"),
        (
            "test_a.py",
            "assert abs(a) < 1e-9\n",
            "assert abs(a) < 1e-3\n",
            "weakens a test: the tolerance grows",
        ),
        (
            "a.rs",
            "#[cfg(test)]\nmod t {\n#[test]\nfn a() {}\n}\n",
            "#[cfg(test)]\nmod t {\n}\n",
            "weakens a test: a test goes",
        ),
        ("Cargo.toml", "a = 1\n", "a = 2\n", "changes what the project depends on: Cargo.toml"),
        (".github/workflows/ci.yml", "a: 1\n", "a: 2\n", "runs without being asked: runs in CI"),
        ("build.rs", "a\n", "b\n", "runs without being asked: when it is built or tested"),
        ("a.rs", "fn a() {}\n", "", "deletes the file"),
    ] {
        let found = risks(name, old, new);
        assert!(found.iter().any(|risk| risk == words), "{name}: {new:?} shows {found:?}, not {words:?}");
    }
}

#[test]
fn what_is_ordinary_is_not_marked() {
    for (name, old, new) in [
        ("a.rs", "a\n", "let total = width + 1;\n"),
        ("a.rs", "a\n", "// eval(x), unsafe, encrypt\n"),
        ("a.rs", "a\n", "log(\"eval(x) unsafe\");\n"),
        ("a.py", "eval(x)\n", "y = eval(x)\n"),
        ("a.rs", "unsafe { a() }\n", "unsafe { b() }\n"),
        ("a.js", "a\n", "get('http://localhost/x')\nget('https://example.com/')\n"),
        ("a.rs", "a\n", "let naïve = \"ünïcödé — ok\";\n"),
        ("a.rs", "a\n", "let Δx = 1;\n"),
        ("a.rs", "fn private(a: u8) {}\n", "fn private(a: u16) {}\n"),
        ("tests/a.rs", "assert_eq!(a, 1);\n", "assert_eq!(a, 2);\n"),
        ("a.py", "a\n", "tokens = line.split()\n"),
    ] {
        assert_eq!(risks(name, old, new), [""; 0], "{name}: {new:?}");
    }
}

#[test]
fn a_mode_that_changes_is_marked_and_a_mark_leads_the_order() {
    let mut files =
        diffs(&[("a.sh", "a\n", "b\n"), ("b.rs", "a\n", "unsafe { a }\n"), ("c.rs", "a\n", "b\n")]);
    files[2].modes = Some((0o100_644, 0o100_755));
    let reading = Reading::of_files(&files);
    assert_eq!(
        reading.risks(HunkId(2))[0].words(),
        "changes the file's mode: it becomes executable (100644 to 100755)"
    );
    assert_eq!(reading.order(Order::Risk), [HunkId(1), HunkId(2), HunkId(0)]);
    assert_eq!(reading.order(Order::Reading), [HunkId(1), HunkId(2), HunkId(0)]);
}

#[test]
fn what_moved_unchanged_is_not_marked_and_a_moved_test_is_not_gone() {
    let test = "    #[test]\n    fn adds_up() {\n        assert_eq!(unsafe { add(1, 2) }, 3);\n    }\n";
    let module = |inner: &str| format!("#[cfg(test)]\nmod tests {{\n{inner}}}\n");
    let other: String =
        (0..9).map(|n| format!("    fn helper_{n}() {{\n        call({n});\n    }}\n\n")).collect();
    let (old, new) = (module(&format!("{test}\n{other}")), module(&format!("{other}{test}")));
    assert_eq!(risks("a.rs", &old, &new), [""; 0]);
}

#[test]
fn a_generated_file_that_shows_something_grave_is_read() {
    let old = "// @generated\nfn a() {}\n";
    assert_eq!(folds(&[("a.py", "# @generated\na = 1\n", "# @generated\na = eval(x)\n")]), [""; 0]);
    assert_eq!(folds(&[("a.rs", old, "// @generated\nfn b() {}\n")]).len(), 1);
}

#[test]
fn folds_let_go_when_a_hunk_they_rest_on_is_rejected() {
    use crate::change::{Base, Edit, EditOp, Focus, Leash, Level, Scope, Verdict};
    let file = path("a.rs");
    let focus = Focus { file: Some(file.clone()), lines: None };
    let mut review = Review::new(Scope::of(Level::File, &focus, Leash::default()).unwrap());
    let (old, new) = (format!("{ONE}\n{LONG}\n{TWO}"), format!("{LONG}\n{TWO}\n{ONE}"));
    let edit = Edit { path: "a.rs".into(), op: EditOp::Whole(new), reason: None };
    review.offer(&edit, Base { path: file, text: Some(Lines::from(&*old)) });
    let ids: Vec<HunkId> = review.hunks().map(|hunk| hunk.id).collect();
    let mut reading = Reading::of(&review);
    let folds = |reading: &Reading| ids.iter().map(|id| reading.folds(*id).len()).sum::<usize>();
    assert_eq!((ids.len(), folds(&reading), reading.lines_to_read(ids.clone())), (2, 2, 0));
    review.decide(&ids[..1], Verdict::Rejected);
    reading.heed(&review);
    assert_eq!((folds(&reading), reading.lines_to_read(ids.clone())), (0, 10));
    review.undo();
    reading.heed(&review);
    assert_eq!(folds(&reading), 2, "and hold again");
}
