//! The things that are asked of models about a project, each from typed values to a [`Said`]: a question,
//! what comes of the tools it calls for, the next question; and for an answer in depth its plan, its
//! check and its report.

use super::Said;
use super::frame::framed;
use super::library::{PromptError, Prompts};
use super::mark::{random, unforged};
use super::tasks::{join, texts};
use crate::context::{Pack, Segment, Source, Trust};
use crate::model::{Seal, Tool, ToolCall, ToolResult};

/// What is said after the last results that a model gets.
const LAST: &str = "No more calls are possible. Answer now, in the form that was asked for.\n";

/// What a question may be answered with, beside its pack.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Means {
    /// May the model call these, or none?
    pub tools: Vec<Tool>,
    /// How many times.
    pub rounds: usize,
    /// Are there commits to be shown and cited?
    pub history: bool,
}

/// Asks a question about a project. `pack` was made by [`crate::context::evidence`]; the answer is read
/// by [`super::answer::read`].
///
/// # Errors
/// An overridden prompt cannot be rendered.
pub fn ask(prompts: &Prompts, pack: &Pack, means: &Means) -> Result<Said, PromptError> {
    let on = |flag: bool, text: String| if flag { text } else { String::new() };
    let fields = [
        ("history", on(means.history, "yes".into())),
        ("rounds", on(means.rounds > 0, means.rounds.to_string())),
    ];
    let said = about(prompts, "ask", pack, &fields)?;
    Ok(if means.tools.is_empty() { said } else { said.offering(means.tools.clone()) })
}

/// Goes on after an answer that called tools. `dice` is any number that nobody could know when the
/// results were written; `last`: the model is told to answer now.
pub fn after_calls(
    said: &Said,
    answer: &str,
    calls: &[ToolCall],
    seals: &[Seal],
    results: Vec<ToolResult>,
    dice: u64,
    last: bool,
) -> Said {
    let texts: Vec<String> = results.iter().map(|result| result.text.clone()).collect();
    let mark = random(dice, texts.iter().map(String::as_str));
    let count = results.len();
    let framed = results.into_iter().enumerate().map(|(at, result)| {
        let source = Source::Outcome { tool: result.name.clone() };
        let mut text = piece(Segment::new(source, "", result.text.as_str(), Trust::Repository), &mark);
        if last && at + 1 == count {
            text.push_str(LAST);
        }
        ToolResult { text, ..result }
    });
    let framed = framed.collect();
    said.after_calls(answer, calls, seals, framed)
}

/// Goes on with the next question; `None` where something that was found for it could pass for a tag of
/// the conversation, which then has to begin anew.
pub fn after_answer(said: &Said, answer: &str, pack: &Pack) -> Option<Said> {
    // The tags of the first request are those that its prompt explains.
    let before = said.pack().segments().iter().filter(|segment| segment.source.is_system());
    let first = before.map(|segment| segment.text.as_str()).collect::<String>();
    let mark = unforged(texts(pack.segments()));
    let told = format!("<instruction{mark}>");
    first.contains(&told).then(|| said.after_answer(answer, framed(pack.segments(), &mark)))
}

/// Asks for the questions that a question is made of; they are read by [`super::parts::questions`].
///
/// # Errors
/// An overridden prompt cannot be rendered.
pub fn split(prompts: &Prompts, pack: &Pack, most: usize) -> Result<Said, PromptError> {
    about(prompts, "ask-split", pack, &[("parts", most.to_string())])
}

/// Asks whether statements follow from their quotes; what is said is read by [`super::parts::verdicts`].
///
/// # Errors
/// An overridden prompt cannot be rendered.
pub fn check(prompts: &Prompts, claims: Vec<Segment>, question: &str) -> Result<Said, PromptError> {
    about(prompts, "ask-check", &with_question(claims, question), &[])
}

/// Asks for a report from statements that were checked; it is read by [`super::answer::read`].
///
/// # Errors
/// An overridden prompt cannot be rendered.
pub fn report(prompts: &Prompts, claims: Vec<Segment>, question: &str) -> Result<Said, PromptError> {
    about(prompts, "ask-report", &with_question(claims, question), &[])
}

fn with_question(mut claims: Vec<Segment>, question: &str) -> Pack {
    claims.push(Segment::new(Source::Instruction, "typed by the user", question, Trust::User));
    Pack::new(claims)
}

fn about(prompts: &Prompts, name: &str, pack: &Pack, fields: &[(&str, String)]) -> Result<Said, PromptError> {
    let mark = unforged(texts(pack.segments()));
    let prompt = prompts.get(name)?;
    let text = prompt.render(&[fields, &[("mark", mark.clone())]].concat())?;
    let system = Segment::new(Source::System, format!("prompt {}", prompt.label()), text, Trust::Rein);
    Ok(Said::new(join(system, framed(pack.segments(), &mark)), None).knowing(pack))
}

fn piece(segment: Segment, mark: &str) -> String {
    framed(&[segment], mark).into_iter().map(|framed| framed.text).collect()
}
