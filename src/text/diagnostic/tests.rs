//! One output of each form, written for these tests, and what no output may do.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// What is read of an output in a project at `/p` that holds `files`, with names relative to `folder` too.
fn report_in(folder: &str, files: &[&str], text: &str) -> Report {
    let files: BTreeSet<&str> = files.iter().copied().collect();
    let ending = |name: &str| {
        let mut all = files.iter().filter(|file| file.ends_with(&format!("/{name}")));
        all.next().filter(|_| all.next().is_none()).and_then(|file| RepoPath::parse(file).ok())
    };
    let resolve = |path: &RepoPath| files.contains(path.as_str()).then(|| path.clone());
    let mut reader = Reader::default();
    reader.push(text.as_bytes());
    let folders = [folder.to_owned()];
    Report::of(reader.end(), &Ground { root: "/p", folders: &folders, resolve: &resolve, ending: &ending })
}

fn lines(files: &[&str], text: &str) -> Vec<String> {
    report_in("", files, text).all().iter().map(ToString::to_string).collect()
}

#[test]
fn rustc_for_people_with_its_code_its_label_and_its_help() {
    let text = "\u{1b}[1m   Compiling\u{1b}[0m shop v0.1.0 (/p)
\u{1b}[0m\u{1b}[1m\u{1b}[38;5;9merror[E0308]\u{1b}[0m\u{1b}[0m\u{1b}[1m: mismatched types\u{1b}[0m
  --> src/cart.rs:4:18
   |
 3 | fn total() -> u64 {
   |               --- expected `u64` because of return type
 4 |     let x: u64 = \"four\";
   |            ---   ^^^^^^ expected `u64`, found `&str`
   |            |
   |            expected due to this
   |
   = help: parse it first
   = note: `#[deny(all)]` on by default

warning: unused variable: `y`
 --> /p/src/cart.rs:9:9
  |
9 |     let y = 1;
  |         ^ help: if this is intentional, prefix it with an underscore: `_y`

error: aborting due to 1 previous error; 1 warning emitted
error: could not compile `shop` (lib)
";
    let report = report_in("", &["src/cart.rs"], text);
    let said: Vec<String> = report.all().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "src/cart.rs:4:18: error[E0308]: mismatched types; expected `u64`, found `&str`; parse it first",
            "src/cart.rs:9:9: warning: unused variable: `y`; help: if this is intentional, prefix it with an underscore: `_y`",
        ]
    );
    assert_eq!(report.all()[0].at.range_in("    let x: u64 = \"four\";"), 17..23);
    assert_eq!(report.counts().to_string(), "1 error, 1 warning");
    assert_eq!(report.tail().last().unwrap(), "error: could not compile `shop` (lib)");
}

#[test]
fn rustc_short_and_as_json_say_the_same() {
    let short = "src/a.rs:2:5: error[E0425]: cannot find value `x` in this scope: not found in this scope
src/a.rs:7:1: warning: function `f` is never used
error: could not compile `shop` (lib) due to 1 previous error; 1 warning emitted
";
    let report = lines(&["src/a.rs"], short);
    assert_eq!(
        report[0],
        "src/a.rs:2:5: error[E0425]: cannot find value `x` in this scope: not found in this scope"
    );
    assert_eq!(report[1], "src/a.rs:7:1: warning: function `f` is never used");
    let span = |file: &str, more: &str| {
        format!(
            r#"{{"file_name":"{file}","byte_start":1,"byte_end":2,"line_start":2,"line_end":2,"column_start":5,"column_end":8,"is_primary":true,"text":[],"label":"not found"{more}}}"#
        )
    };
    let message = |span: &str| {
        format!(
            r#"{{"$message_type":"diagnostic","message":"cannot find value `x`","code":{{"code":"E0425","explanation":null}},"level":"error","spans":[{span}],"children":[{{"message":"consider `y`","code":null,"level":"help","spans":[],"children":[],"rendered":null}}],"rendered":"error"}}"#
        )
    };
    let plain = message(&span("src/a.rs", ""));
    let cargo = format!(
        r#"{{"reason":"compiler-message","package_id":"x","message":{}}}"#,
        message(&span(
            "/lib/std/macros.rs",
            &format!(
                r#","expansion":{{"span":{},"macro_decl_name":"m!","def_site_span":null}}"#,
                span("src/b.rs", "")
            )
        ))
    );
    let text = format!("{plain}\n{cargo}\n{{\"reason\":\"build-finished\",\"success\":false}}\n");
    let report = report_in("", &["src/a.rs", "src/b.rs"], &text);
    assert_eq!(
        report.all()[0].to_string(),
        "src/a.rs:2:5: error[E0425]: cannot find value `x`; not found; consider `y`"
    );
    assert_eq!(report.all()[1].path.as_str(), "src/b.rs", "a macro's problem is where it was written");
    assert_eq!(report.all()[0].at.end, Some((1, 7)));
    assert!(report.tail().is_empty(), "messages for programs are not for people");
}

#[test]
fn panics_of_tests() {
    let text = "running 1 test
thread 'tests::adds' panicked at src/lib.rs:12:9:
assertion `left == right` failed: sums
  left: 3
 right: 4
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
thread 'main' (7) panicked at src/main.rs:2:5:
no more

thread 'old' panicked at 'oh no', src/old.rs:3:4
test tests::adds ... FAILED
";
    assert_eq!(
        lines(&["src/lib.rs", "src/main.rs", "src/old.rs"], text),
        [
            "src/lib.rs:12:9: error: panicked: assertion `left == right` failed: sums; left: 3; right: 4",
            "src/main.rs:2:5: error: panicked: no more",
            "src/old.rs:3:4: error: oh no",
        ]
    );
}

#[test]
fn gcc_and_clang() {
    let text = "In file included from src/main.c:1:
src/cart.h:3:9: warning: unused parameter 'n' [-Wunused-parameter]
    3 | int add(int n);
      |         ^~~~~
src/main.c: In function 'main':
src/main.c:5:3: error: expected ';' before 'return'
src/main.c:9:10: fatal error: 'nope.h' file not found
src/main.c:7:1: note: declared here
/usr/include/stdio.h:3:1: error: elsewhere
make: *** [Makefile:3: all] Error 1
";
    let report = report_in("", &["src/main.c", "src/cart.h", "Makefile"], text);
    let said: Vec<String> = report.all().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "src/cart.h:3:9: warning[-Wunused-parameter]: unused parameter 'n'",
            "src/main.c:5:3: error: expected ';' before 'return'",
            "src/main.c:7:1: note: declared here",
            "src/main.c:9:10: error: 'nope.h' file not found",
        ]
    );
    assert_eq!((report.elsewhere(), report.counts().errors), (1, 2));
}

#[test]
fn tsc_plain_and_pretty_and_eslint() {
    let text = "src/a.ts(3,5): error TS2304: Cannot find name 'foo'.
src/a.ts:4:7 - error TS2322: Type 'string' is not assignable to type 'number'.

4   let n: number = 's';
        ~

src/u.js:1:10: 'x' is defined but never used. [Error/no-unused-vars]
src/u.js:2:1: Unexpected console statement. [Warning/no-console]

/p/src/s.js
   3:5   error    Missing semicolon        semi
  10:12  warning  Unexpected any value     @typescript-eslint/no-explicit-any

✖ 2 problems (1 error, 1 warning)
";
    assert_eq!(
        lines(&["src/a.ts", "src/u.js", "src/s.js"], text),
        [
            "src/a.ts:3:5: error[TS2304]: Cannot find name 'foo'.",
            "src/a.ts:4:7: error[TS2322]: Type 'string' is not assignable to type 'number'.",
            "src/s.js:3:5: error[semi]: Missing semicolon",
            "src/s.js:10:12: warning[@typescript-eslint/no-explicit-any]: Unexpected any value",
            "src/u.js:1:10: error[no-unused-vars]: 'x' is defined but never used.",
            "src/u.js:2:1: warning[no-console]: Unexpected console statement.",
        ]
    );
}

#[test]
fn go_build_vet_test_and_panics() {
    let text = "# example.org/shop/cart
cart/cart.go:5:2: undefined: price
vet: ./cart/cart.go:6:1: expected declaration, found x
--- FAIL: TestTotal (0.00s)
    cart_test.go:14: total is 3, not 4
FAIL    example.org/shop/cart   0.002s
panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
runtime.gopanic(0x1)
\t/usr/lib/go/src/runtime/panic.go:88 +0x1d
main.main()
\t/p/main.go:9 +0x1d
exit status 2
";
    assert_eq!(
        lines(&["cart/cart.go", "cart/cart_test.go", "main.go"], text),
        [
            "cart/cart.go:5:2: error: undefined: price",
            "cart/cart.go:6:1: error: expected declaration, found x",
            "cart/cart_test.go:14: error: total is 3, not 4",
            "main.go:9: error: runtime error: index out of range [3] with length 3",
        ]
    );
}

#[test]
fn python_tracebacks_pytest_and_linters() {
    let text = "Traceback (most recent call last):
  File \"/p/app.py\", line 3, in <module>
    run()
  File \"/p/shop/cart.py\", line 12, in run
    raise ValueError('no price')
  File \"/usr/lib/python3/site-packages/lib.py\", line 2, in inner
ValueError: no price
  File \"bad.py\", line 7
    def x(:
          ^
SyntaxError: invalid syntax
shop/m.py:3: error: Incompatible return value type (got \"str\", expected \"int\")  [return-value]
shop/m.py:9:1: F401 [*] `os` imported but unused
shop/m.py:10:80: E501 line too long (92 > 79 characters)
shop/m.py:11:5: E999 SyntaxError: invalid syntax
shop/m.py:1:0: C0114: Missing module docstring (missing-module-docstring)

F841 Local variable `x` is assigned to but never used
 --> shop/m.py:20:5
  |
";
    assert_eq!(
        lines(&["app.py", "shop/cart.py", "bad.py", "shop/m.py"], text),
        [
            "bad.py:7: error: SyntaxError: invalid syntax",
            "shop/cart.py:12: error: ValueError: no price",
            "shop/m.py:1: warning[C0114]: Missing module docstring (missing-module-docstring)",
            "shop/m.py:3: error[return-value]: Incompatible return value type (got \"str\", expected \"int\")",
            "shop/m.py:9:1: warning[F401]: `os` imported but unused",
            "shop/m.py:10:80: warning[E501]: line too long (92 > 79 characters)",
            "shop/m.py:11:5: error[E999]: SyntaxError: invalid syntax",
            "shop/m.py:20:5: warning[F841]: Local variable `x` is assigned to but never used",
        ]
    );
    let pytest = "_______ test_total _______

    def test_total():
>       assert total([1, 2]) == 4
E       assert 3 == 4
E        +  where 3 = total([1, 2])

tests/test_cart.py:8: AssertionError
=========== short test summary info ===========
FAILED tests/test_cart.py::test_total - assert 3 == 4
ERROR tests/test_other.py - ImportError: no module
=========== 1 failed, 1 error in 0.02s ===========
";
    assert_eq!(
        lines(&["tests/test_cart.py", "tests/test_other.py"], pytest),
        [
            "tests/test_cart.py:8: error: test_total failed: AssertionError: assert 3 == 4",
            "tests/test_other.py:1: error: ImportError: no module",
        ]
    );
}

#[test]
fn java_maven_and_stacks_of_scripts() {
    let text = "src/A.java:3: error: ';' expected
[ERROR] /p/src/B.java:[12,5] cannot find symbol
[WARNING] /p/src/B.java:[14,1] deprecated
Exception in thread \"main\" java.lang.IllegalStateException: closed
\tat shop.Cart.total(Cart.java:21)
\tat shop.Main.main(Main.java:3)

TypeError: Cannot read properties of undefined
    at inner (/p/node_modules/x/index.js:1:1)
    at total (/p/src/t.js:5:9)
    at Object.<anonymous> (/p/src/t.test.js:9:1)
";
    let files = [
        "src/A.java",
        "src/B.java",
        "src/shop/Cart.java",
        "src/shop/Main.java",
        "src/t.js",
        "node_modules/x/index.js",
    ];
    assert_eq!(
        lines(&files, text),
        [
            "src/A.java:3: error: ';' expected",
            "src/B.java:12:5: error: cannot find symbol",
            "src/B.java:14:1: warning: deprecated",
            "src/shop/Cart.java:21: error: Exception in thread \"main\" java.lang.IllegalStateException: closed",
            "src/t.js:5:9: error: TypeError: Cannot read properties of undefined",
        ]
    );
}

#[test]
fn what_is_no_problem_is_none() {
    let text = "12:30:45: started
listening at http://localhost:8080: ok
   Compiling a.b v0.1.0
test result: ok. 3 passed; 0 failed
src/gone.rs:3:5 is a place
note: see https://example.org/a.html:12
Finished `dev` profile in 0.3s (src/a.rs:12: x)
";
    let report = report_in("", &["src/a.rs", "src/gone.rs"], text);
    assert!(report.all().iter().all(|one| one.path.as_str() == "src/gone.rs"), "{:?}", report.all());
    assert_eq!(report.elsewhere(), 0);
}

#[test]
fn names_are_looked_for_where_the_tool_ran_and_never_outside() {
    let text = "lib.rs:1:1: error: here
../other/lib.rs:2:1: error: beside
../../etc/passwd:1:1: error: out
../../../../p/core/src/lib.rs:1:1: error: round about
/p/../etc/passwd:1:1: error: out too
/etc/passwd:1:1: error: outside
/pretend/lib.rs:1:1: error: a name that begins alike
.git/config:1:1: error: metadata
gone.rs:1:1: error: no such file
";
    let files = ["core/src/lib.rs", "core/other/lib.rs", "etc/passwd"];
    let report = report_in("core/src", &files, text);
    let said: Vec<String> = report.all().iter().map(ToString::to_string).collect();
    assert_eq!(said[0], "core/other/lib.rs:2:1: error: beside");
    assert_eq!(said[1], "core/src/lib.rs:1:1: error: here");
    // Two levels up from `core/src` is the root, where such a file happens to be.
    assert_eq!(said[2], "etc/passwd:1:1: error: out");
    assert_eq!((said.len(), report.elsewhere()), (3, 6), "{said:?}");
}

#[test]
fn the_same_is_said_once_and_of_very_many_the_errors_stay() {
    let twice = "a.rs:1:1: error: x\na.rs:1:1: error: x\na.rs:1:1: warning: x\n";
    assert_eq!(lines(&["a.rs"], twice).len(), 2);
    let mut many: String = (1..9_000).map(|line| format!("a.rs:{line}:1: warning: w{line}\n")).collect();
    many.push_str("a.rs:9999:1: error: the one that matters\n");
    let report = report_in("", &["a.rs"], &many);
    assert_eq!((report.all().len(), report.more()), (500, 8_500));
    assert_eq!(report.counts().errors, 1);
    assert_eq!(report.counts().to_string(), "1 error, 499 warnings");
}

#[test]
fn a_place_is_inside_of_its_line_whatever_the_tool_says() {
    let at = |column, end| Place { line: 2, column, end };
    assert_eq!(at(Some(4), None).range_in("let x_1 = 3;"), 4..7);
    assert_eq!(at(Some(0), Some((2, 3))).range_in("é漢x"), 0..6);
    assert_eq!(at(None, None).range_in("  let x; "), 2..8);
    assert_eq!(at(Some(99), None).range_in("ab"), 1..2);
    assert_eq!(at(Some(1), Some((9, 9))).range_in("abc  "), 1..3);
    assert_eq!(at(Some(2), Some((2, 1))).range_in("a{b}"), 2..3);
    assert_eq!(at(None, None).range_in(""), 0..0);
    assert_eq!(at(None, None).range_in("   "), 3..3);
}

#[test]
fn a_line_without_end_takes_bounded_room_and_what_follows_is_read() {
    let mut reader = Reader::default();
    for _ in 0..64 {
        reader.push(&vec![b'x'; 1 << 16]);
    }
    reader.push(b"\na.rs:1:1: error: x");
    let resolve = |path: &RepoPath| Some(path.clone());
    let ground = Ground { root: "/p", folders: &[], resolve: &resolve, ending: &|_| None };
    assert_eq!(Report::of(reader.end(), &ground).all().len(), 1);
}

/// Pieces of every form, in any order.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("error[E1]: ".to_owned()),
        Just(" --> ".to_owned()),
        Just("  |  ^^^ ".to_owned()),
        Just("\n".to_owned()),
        Just("  File \"".to_owned()),
        Just("\", line ".to_owned()),
        Just("panicked at ".to_owned()),
        Just("E   ".to_owned()),
        Just("FAILED ".to_owned()),
        Just("\tat (".to_owned()),
        Just("[ERROR] ".to_owned()),
        Just(":[".to_owned()),
        Just("\u{1b}[".to_owned()),
        Just("\u{1b}]8;".to_owned()),
        Just("{\"message\":{".to_owned()),
        Just("a.rs:".to_owned()),
        Just("../".to_owned()),
        Just("99999999999999999999".to_owned()),
        "[0-9]{1,3}",
        "[ -~]{0,6}",
        "\\PC{0,4}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_that_is_read_panics_or_leads_outside(text in hostile(), cut in 0usize..40, line in "[ -~é漢\t]{0,30}") {
        let mut reader = Reader::default();
        let (one, other) = text.as_bytes().split_at(cut.min(text.len()));
        reader.push(one);
        reader.push(other);
        let resolve = |path: &RepoPath| Some(path.clone());
        let ground = Ground { root: "/p", folders: &["sub".into()], resolve: &resolve, ending: &|_| None };
        let report = Report::of(reader.end(), &ground);
        for one in report.all() {
            prop_assert!(RepoPath::parse(one.path.as_str()).is_ok());
            prop_assert!(one.message.len() <= MESSAGE + 3 && !one.message.contains('\n'));
            let range = one.at.range_in(&line);
            prop_assert!(line.get(range.clone()).is_some());
            prop_assert!(!range.is_empty() || line.trim().is_empty());
        }
        prop_assert!(report.tail().len() <= 40);
    }

    #[test]
    fn where_an_output_is_cut_into_pieces_makes_no_difference(text in hostile(), cuts in proptest::collection::vec(0usize..200, 0..6)) {
        let mut whole = Reader::default();
        whole.push(text.as_bytes());
        let mut pieces = Reader::default();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            pieces.push(&text.as_bytes()[pair[0]..pair[1]]);
        }
        prop_assert_eq!(whole.end(), pieces.end());
    }
}
