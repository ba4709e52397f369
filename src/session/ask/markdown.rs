//! An answer as Markdown, to be put elsewhere: the sentences with their marks, and each source with a link to
//! its lines, what is known of it, and its quote. Whoever renders it gets text: nothing that a model or a
//! file says becomes a picture, a link or a tag of the page.

use super::{Inquiry, Since, Source};
use crate::context::citation::{Checked, Place};
use crate::text::safe;

impl Inquiry {
    /// All of it. Paths are relative to the workspace.
    pub fn markdown(&self) -> String {
        let proof = self.proof();
        let (verified, all) = proof.verified();
        let mut about = vec![format!("{verified} of {all} sentences have a source that was verified")];
        about.extend(self.model().map(|model| safe::line(&model.to_string())));
        about.push(format!("depth {}", self.question().depth));
        let mut out = format!("# {}\n\n_{}_\n\n", on_a_line(&self.question().text), about.join(" · "));
        for finding in &proof.findings {
            let text = prose(&finding.marked());
            // A fence is one at the beginning of a line, and with nothing behind it.
            let apart = text.starts_with("```") || out.ends_with("```");
            out.push_str(if apart && !finding.lead.contains('\n') { "\n" } else { finding.lead });
            out.push_str(&text);
        }
        out.push('\n');
        for note in self.notes() {
            out.push_str(&format!("\n_{}_\n", on_a_line(note)));
        }
        if !proof.sources.is_empty() {
            out.push_str("\n## Sources\n");
        }
        for (at, source) in proof.sources.iter().enumerate() {
            out.push_str(&told(source, self.since(at)));
        }
        out
    }
}

/// What stands within a line.
fn on_a_line(text: &str) -> String {
    inline(&safe::line(&text.split_whitespace().collect::<Vec<_>>().join(" ")))
}

fn told(source: &Source, since: Since) -> String {
    let place = source.stands_at();
    let shown = match (&source.at, source.lines()) {
        (Some(Place::Lines { path, .. }), Some(span)) if is_plain(path.as_str()) => {
            format!("[`{path}:{span}`]({path}#L{}-L{})", span.start() + 1, span.end())
        }
        _ => format!("`{}`", safe::line(&place).replace('`', "'")),
    };
    let standing = match &source.checked {
        Checked::Verified { .. } => "verified".to_owned(),
        Checked::Corrected { .. } => format!("verified; the answer said {}", on_a_line(&source.place)),
        Checked::Unverified(doubt) => format!("not verified: {doubt}"),
    };
    let since = Some(since.told()).filter(|told| !told.is_empty()).map(|told| format!("; {told}"));
    let fence = "`".repeat(longest_run(&source.quote, '`').max(2) + 1);
    let quote: String = source.quote.lines().map(|line| format!("{}\n", safe::line(line))).collect();
    format!(
        "\n**[{}]** {shown} {standing}{}\n\n{fence}\n{quote}{fence}\n",
        source.number,
        since.unwrap_or_default()
    )
}

/// Can it stand in a link as it is?
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}

/// A stranger's prose. What is code is shown as it is, between marks of our own that any reader takes for the same;
/// anywhere else what would be more than text is escaped.
fn prose(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut lines = text.lines().map(safe::line);
    while let Some(line) = lines.next() {
        let Some((run, language)) = fence(&line) else {
            out.push(inline(&line));
            continue;
        };
        let closes = |line: &String| fence(line).is_some_and(|(other, rest)| other >= run && rest.is_empty());
        let code: Vec<String> = lines.by_ref().take_while(|line| !closes(line)).collect();
        let longest = code.iter().map(|line| longest_run(line, '`')).max().unwrap_or(0);
        // At the beginning of the line: there it opens and closes wherever it stands.
        let mark = "`".repeat(longest.max(2) + 1);
        let word = |c: char| c.is_ascii_alphanumeric() || "+-_#".contains(c);
        let language = if language.chars().all(word) { language } else { "" };
        out.push(format!("{mark}{language}"));
        out.extend(code);
        out.push(mark);
    }
    out.join("\n")
}

/// How many backticks a line of a fence begins with, and what follows them.
fn fence(line: &str) -> Option<(usize, &str)> {
    let line = line.trim();
    let rest = line.trim_start_matches('`');
    let run = line.len() - rest.len();
    (run >= 3 && !rest.contains('`')).then(|| (run, rest.trim()))
}

/// A line outside of a fence. Code is what stands between two runs of backticks of the same length; a run that has
/// no such other is text.
fn inline(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('`') {
        let (before, from) = rest.split_at(at);
        out.push_str(&escaped(before));
        let after = from.trim_start_matches('`');
        let (run, _) = from.split_at(from.len() - after.len());
        match closed(after, run.len()) {
            // The cells of a table end within code, too.
            Some((code, _)) if code.contains('|') && escaped(code) != code => {
                out.push_str(&"\\`".repeat(run.len()));
                rest = after;
            }
            Some((code, behind)) => {
                out.push_str(&format!("{run}{code}{run}"));
                rest = behind;
            }
            None => {
                out.push_str(&"\\`".repeat(run.len()));
                rest = after;
            }
        }
    }
    out.push_str(&escaped(rest));
    out
}

/// What stands before the first run of just so many backticks, and what behind it.
fn closed(text: &str, run: usize) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find('`')?;
        let ticks = text.get(at..)?;
        let behind = ticks.trim_start_matches('`');
        if ticks.len() - behind.len() == run {
            return Some((text.get(..at)?, behind));
        }
        from = text.len() - behind.len();
    }
}

/// No tag, picture or link, and no line that says where one leads.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace("](", "]\\(")
        .replace("]:", "]\\:")
        .replace("![", "!\\[")
        .replace("~~~", "\\~~~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_says_is_text_wherever_it_is_rendered() {
        for (said, written) in [
            ("`a < b` is so, <script>x</script>.", "`a < b` is so, &lt;script>x&lt;/script>."),
            (
                "See [this](https://example.org) ![p](https://example.org/x.png)",
                "See [this]\\(https://example.org) !\\[p]\\(https://example.org/x.png)",
            ),
            ("An open ` tick <b>", "An open \\` tick &lt;b>"),
            ("It is so [1]. [?]", "It is so [1]. [?]"),
            ("a\u{202e}b\x1b[2J", "a‹U+202E›b␛[2J"),
            ("```\n<b>\n```", "```\n<b>\n```"),
            ("```\nopen", "```\nopen\n```"),
            ("~~~\n```\n~~~\n<b>", "\\~~~\n```\n~~~\n<b>\n```"),
            ("[1]: https://example.org", "[1]\\: https://example.org"),
            // Runs of backticks that none of the same length closes are no code.
            ("x ```a``![p](u)` y", "x \\`\\`\\`a\\`\\`!\\[p]\\(u)\\` y"),
            ("``a ` <b>`` <b>", "``a ` <b>`` &lt;b>"),
            ("a | `b | ![p](u)` |", "a | \\`b | !\\[p]\\(u)\\` |"),
            // What is no fence to others is none here, and what is one stands where it is one to all.
            ("``` `x`\n![p](u)", "\\`\\`\\` `x`\n!\\[p]\\(u)"),
            ("- a\n    ```rust\n<b>\n    ```\n<b>", "- a\n```rust\n<b>\n```\n&lt;b>"),
            ("````\n```\n<b>\n````\n<b>", "````\n```\n<b>\n````\n&lt;b>"),
            ("```\na\n``` no\n<b>\n```\n<b>", "````\na\n``` no\n<b>\n````\n&lt;b>"),
        ] {
            assert_eq!(prose(said), written);
        }
        assert_eq!(on_a_line("```x\n<b>"), "\\`\\`\\`x &lt;b>");
        assert_eq!(longest_run("a``` b ````` c", '`'), 5);
    }
}
