//! Texts to measure with: the same ones in every run, made up here.

use rein::change::{EditHunk, EditLine};

/// Lines of the file that is called long.
pub const LONG: usize = 50_000;

/// Rust-looking text of about `lines` lines, no two functions of it alike.
pub fn code(lines: usize) -> String {
    code_from(0, lines)
}

/// The same, beginning with another function.
pub fn code_from(first: usize, lines: usize) -> String {
    (first..first + lines.div_ceil(6)).map(function).collect()
}

/// Six lines.
fn function(n: usize) -> String {
    let name = ["parse", "merge", "emit", "score", "split", "trace"][n % 6];
    format!(
        "/// Takes part {n} of the input and says how much of it was of use.\n\
         fn {name}_{n}(input: &str, limit: usize) -> usize {{\n    \
             let part = input.len().min(limit + {n});\n    \
             part * {}\n\
         }}\n\n",
        n % 97 + 1
    )
}

/// An edit that keeps a line above and below `number` and replaces the line itself.
pub fn replace_line(text: &str, number: usize, with: &str) -> EditHunk {
    let mut around = text.lines().skip(number - 1).map(str::to_owned);
    let mut next = || around.next().unwrap_or_default();
    let lines = vec![
        EditLine::Keep(next()),
        EditLine::Remove(next()),
        EditLine::Add(with.to_owned()),
        EditLine::Keep(next()),
    ];
    EditHunk { lines, ..EditHunk::default() }
}

/// A search/replace block for the body of function `n`.
pub fn block(n: usize) -> String {
    let line = format!("    let part = input.len().min(limit + {n});");
    format!("code.rs\n<<<<<<< SEARCH\n{line}\n=======\n{line}\n    assert!(part > 0);\n>>>>>>> REPLACE\n\n")
}
