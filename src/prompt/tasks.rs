//! The things that are asked of models, each from typed values to a [`Said`].

use super::frame::{framed, real_text};
use super::library::{PromptError, Prompts};
use super::mark::unforged;
use super::{Said, dialect};
use crate::change::Level;
use crate::context::{Pack, Segment, Source, Trust};
use crate::model::Tokens;
use crate::text::RepoPath;

/// What an ask weighs beyond its pack: leave that much of the model's limit free when gathering.
pub const OVERHEAD: Tokens = Tokens(1_200);

/// Most tokens of a completion.
pub const COMPLETION: Tokens = Tokens(256);

/// Asks for edits at `level`. `pack` is what [`crate::context::gather`] made.
///
/// # Errors
/// An overridden prompt cannot be rendered.
pub fn edit(prompts: &Prompts, level: Level, pack: &Pack) -> Result<Said, PromptError> {
    let mark = unforged(texts(pack.segments()));
    let taught = prompts.get(dialect::TEACH)?;
    let prompt = prompts.get("edit")?;
    let level = ("level", level.name().to_owned());
    let dialect = ("dialect", taught.render(std::slice::from_ref(&level))?);
    let fields = [level, ("mark", mark.clone()), dialect];
    let why = format!("prompts {}, {}", prompt.label(), taught.label());
    let system = Segment::new(Source::System, why, prompt.render(&fields)?, Trust::Rein);
    Ok(Said::new(join(system, framed(pack.segments(), &mark)), None).knowing(pack))
}

/// Asks a chat model for the text at the cursor. `pack` was gathered at [`Level::Complete`].
///
/// # Errors
/// An overridden prompt cannot be rendered.
pub fn complete(prompts: &Prompts, pack: &Pack) -> Result<Said, PromptError> {
    let mark = unforged(texts(pack.segments()));
    let prompt = prompts.get("complete")?;
    let text = prompt.render(&[("mark", mark.clone())])?;
    let system = Segment::new(Source::System, format!("prompt {}", prompt.label()), text, Trust::Rein);
    Ok(Said::new(join(system, framed(pack.segments(), &mark)), Some(COMPLETION)))
}

/// An edit that could not be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The file as the model wrote its name.
    pub path: String,
    /// What the model wrote: the edit, or as much of it as is known.
    pub wrote: String,
    /// Why it was refused, for the model to read.
    pub why: String,
    /// The file's real text where the edit likely belongs, from this one-based line on.
    pub real: Option<(RepoPath, usize, String)>,
}

/// Asks once more for edits that were refused, in the same conversation.
///
/// # Errors
/// An overridden prompt cannot be rendered.
pub fn repair(
    prompts: &Prompts,
    first: &Said,
    answer: &str,
    refused: &[Refusal],
) -> Result<Said, PromptError> {
    let real = refused.iter().filter_map(|refusal| Some(refusal.real.as_ref()?.2.as_str()));
    let wrote = refused.iter().flat_map(|refusal| [refusal.wrote.as_str(), refusal.why.as_str()]);
    let mark = unforged(real.chain(wrote));
    let prompt = prompts.get("repair")?;
    let text = prompt.render(&[("count", refused.len().to_string()), ("mark", mark.clone())])?;
    let mut segments = first.pack().segments().to_vec();
    segments.push(Segment::new(Source::Answer, "the model's answer", answer, Trust::Model));
    segments.push(Segment::new(Source::Request, format!("prompt {}", prompt.label()), text, Trust::Rein));
    // The lines stand above, in the file. Who misread them once reads them better beside their edit: the one
    // text that a request holds twice on purpose.
    for refusal in refused {
        segments.extend(framed(&[refused_edit(refusal)], &mark));
        segments.extend(refusal.real.iter().map(|(path, first, text)| real_text(path, *first, text, &mark)));
    }
    Ok(Said::new(segments, None).knowing(first.pack()))
}

/// Asks for the rest of an answer that broke off, in the same conversation: whoever goes on sees what
/// was said so far.
///
/// # Errors
/// An overridden prompt cannot be rendered.
pub fn resume(prompts: &Prompts, first: &Said, answer: &str) -> Result<Said, PromptError> {
    let prompt = prompts.get("resume")?;
    let mut segments = first.pack().segments().to_vec();
    segments.push(Segment::new(Source::Answer, "the answer until it broke off", answer, Trust::Model));
    let why = format!("prompt {}", prompt.label());
    segments.push(Segment::new(Source::Request, why, prompt.render(&[])?, Trust::Rein));
    Ok(Said::new(segments, None).knowing(first.pack()))
}

fn refused_edit(refusal: &Refusal) -> Segment {
    let text = format!("{}\nRefused: {}\n", refusal.wrote.trim_end(), refusal.why);
    Segment::new(Source::Refusal { path: refusal.path.clone() }, "refused", text, Trust::Model)
}

/// The text to insert from the answer to [`complete`]: without a fence around it, and without the
/// part of the cursor's line that the model repeated.
pub fn read_completion(answer: &str, line_before: &str, line_after: &str) -> String {
    let text = unfenced(answer).trim_end_matches('\n');
    let before = line_before.trim_start();
    let text = if before.trim().is_empty() {
        text
    } else {
        text.trim_start_matches(' ').strip_prefix(before).unwrap_or(text)
    };
    let after = line_after.trim_end();
    let text = if after.is_empty() { text } else { text.strip_suffix(after).unwrap_or(text) };
    text.to_owned()
}

fn unfenced(answer: &str) -> &str {
    let trimmed = answer.trim();
    let inner = trimmed.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    let inner = inner.and_then(|rest| rest.split_once('\n')).map(|(_, text)| text);
    inner.unwrap_or(answer)
}

pub(super) fn texts(segments: &[Segment]) -> impl Iterator<Item = &str> {
    segments.iter().map(|segment| segment.text.as_str())
}

pub(super) fn join(system: Segment, mut rest: Vec<Segment>) -> Vec<Segment> {
    rest.insert(0, system);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_completion_is_freed_from_fences_and_repetition() {
        assert_eq!(read_completion("a + b", "let x = ", ";"), "a + b");
        assert_eq!(read_completion("```rust\na + b;\n```", "let x = ", ""), "a + b;");
        assert_eq!(read_completion("let x = a + b;\n", "    let x = ", ";"), "a + b");
        assert_eq!(read_completion("", "", ""), "");
    }
}
