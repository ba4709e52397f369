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
        let mut out = format!("# {}\n\n_{}_\n\n", heading(&self.question().text), about.join(" · "));
        for finding in &proof.findings {
            out.push_str(finding.lead);
            out.push_str(&prose(&finding.marked()));
        }
        out.push('\n');
        for note in self.notes() {
            out.push_str(&format!("\n_{}_\n", prose(note)));
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

/// A question on one line.
fn heading(question: &str) -> String {
    prose(&question.split_whitespace().collect::<Vec<_>>().join(" "))
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
        Checked::Corrected { .. } => format!("verified; the answer said {}", prose(&source.place)),
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

/// A stranger's prose. Where backticks come in pairs, what stands between them is code and shown as it is;
/// anywhere else what would be more than text is escaped.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for (at, line) in text.lines().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let line = safe::line(line);
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            out.push_str(&line);
        } else if fenced {
            out.push_str(&line);
        } else {
            out.push_str(&inline(&line));
        }
    }
    if fenced {
        out.push_str("\n```");
    }
    out
}

fn inline(line: &str) -> String {
    let pairs = line.matches('`').count().is_multiple_of(2);
    let piece = |(at, piece): (usize, &str)| match at % 2 {
        1 if pairs => piece.to_owned(),
        _ => escaped(piece),
    };
    let tick = if pairs { "`" } else { "\\`" };
    line.split('`').enumerate().map(piece).collect::<Vec<_>>().join(tick)
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace("](", "]\\(")
        .replace("![", "!\\[")
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
        ] {
            assert_eq!(prose(said), written);
        }
        assert_eq!(longest_run("a``` b ````` c", '`'), 5);
    }
}
