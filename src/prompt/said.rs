//! A request as it will be sent, and the pieces it is made of.

use std::collections::BTreeMap;

use super::frame::in_place;
use crate::context::{Dropped, Pack, Presence, Segment, Source, Trust};
use crate::model::{Ask, Message, Seal, Speaker, Tokens, Tool, ToolCall, ToolResult};

/// An ask that is made of the pieces of its pack and of nothing else: that is what the context panel
/// relies on. Only this file joins them.
///
/// ```
/// # use rein::{change::Level, context::{Pack, Segment, Source, Trust}, prompt::{Prompts, edit}};
/// let typed = Segment::new(Source::Instruction, "typed by the user", "tidy it", Trust::User);
/// let said = edit(&Prompts::embedded().unwrap(), Level::Repo, &Pack::new(vec![typed])).unwrap();
/// assert_eq!(said.ask().system, said.pack().segments()[0].text);
/// assert_eq!(said.ask().messages[0].text, said.pack().segments()[1].text);
/// ```
///
/// ```compile_fail
/// # use rein::{context::Pack, model::Ask, prompt::Said};
/// fn forged(pack: Pack, ask: Ask) -> Said {
///     Said { pack, ask } // an ask cannot be put beside a pack that it is not made of
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "it has not been sent yet"]
pub struct Said {
    pack: Pack,
    ask: Ask,
}

impl Said {
    /// Joins the pieces: system texts, then turns by speaker.
    pub(super) fn new(mut segments: Vec<Segment>, max_output: Option<Tokens>) -> Self {
        let mut system = String::new();
        let mut messages: Vec<Message> = Vec::new();
        let mut request = 1;
        for segment in &mut segments {
            let speaker = match segment.source {
                Source::System => {
                    system.push_str(&segment.text);
                    continue;
                }
                Source::Answer => Speaker::Assistant,
                _ => Speaker::User,
            };
            match messages.last_mut().filter(|message| message.speaker == speaker) {
                Some(message) => message.text.push_str(&segment.text),
                None => {
                    request += u32::from(speaker == Speaker::Assistant);
                    messages.push(Message::of(speaker, segment.text.as_str()));
                }
            }
            segment.request = request;
        }
        let steady = segments.iter().filter(|one| !one.source.is_system()).map_while(|one| {
            let is_steady = one.source.is_steady();
            is_steady.then_some(one.text.len())
        });
        let ask = Ask { steady: steady.sum(), system, messages, max_output, ..Ask::default() };
        Self { pack: Pack::new(segments), ask }
    }

    /// A conversation that was written down: its pieces, and the request that was made of them. `None` where
    /// the one is not made of the other.
    pub fn written_down(segments: Vec<Segment>, ask: Ask) -> Option<Self> {
        let text_of = |is: fn(&Source) -> bool| -> String {
            segments.iter().filter(|one| is(&one.source)).map(|one| one.text.as_str()).collect()
        };
        let system = text_of(Source::is_system);
        let tools = text_of(|source| *source == Source::Tools);
        let spoken = text_of(|source| !source.is_system() && *source != Source::Tools);
        let mut said = String::new();
        for message in &ask.messages {
            said.push_str(&message.text);
            message.calls().iter().for_each(|call| said.push_str(&call.arguments));
            message.tool_results().iter().for_each(|result| said.push_str(&result.text));
        }
        let same = system == ask.system && tools == told(&ask.tools) && spoken == said;
        same.then(|| Self { pack: Pack::new(segments), ask })
    }

    /// With tools that the model may call.
    pub(super) fn offering(mut self, tools: Vec<Tool>) -> Self {
        let text = told(&tools);
        let mut segments = self.pack.segments().to_vec();
        let after_system = segments.iter().take_while(|segment| segment.source.is_system()).count();
        segments.insert(after_system, Segment::new(Source::Tools, "it may call these", text, Trust::Rein));
        self.pack = self.pack.clone().reworded(segments);
        self.ask.tools = tools;
        self
    }

    /// The conversation, gone on with after an answer that called tools: everything before it stays as it
    /// was, so that a provider can have kept it.
    pub(super) fn after_calls(
        &self,
        answer: &str,
        calls: &[ToolCall],
        seals: &[Seal],
        results: Vec<ToolResult>,
    ) -> Self {
        let mut more = Vec::new();
        if !answer.is_empty() {
            more.push(Segment::new(Source::Answer, "said beside its calls", answer, Trust::Model));
        }
        more.extend(calls.iter().map(|call| {
            let source = Source::Call { tool: call.name.clone() };
            Segment::new(source, "asked for by the model", call.arguments.as_str(), Trust::Model)
        }));
        more.extend(results.iter().map(|result| {
            let (tool, why) =
                (result.name.clone(), if result.failed { "why not" } else { "what it asked for" });
            Segment::new(Source::Outcome { tool }, why, result.text.as_str(), Trust::Repository)
        }));
        let calling = Message::calling(answer, calls.to_vec(), seals.to_vec());
        self.and(more, [calling, Message::results(results)])
    }

    /// The conversation, gone on with after an answer by what the user asks next.
    pub(super) fn after_answer(&self, answer: &str, next: Vec<Segment>) -> Self {
        let text: String = next.iter().map(|segment| segment.text.as_str()).collect();
        let mut more = vec![Segment::new(Source::Answer, "the answer before", answer, Trust::Model)];
        more.extend(next);
        self.and(more, [Message::assistant(answer), Message::user(text)])
    }

    /// With another request behind it: pieces, and the messages that are made of them.
    fn and(&self, more: Vec<Segment>, messages: [Message; 2]) -> Self {
        let mut said = self.clone();
        let request = self.next_request();
        let mut segments = self.pack.segments().to_vec();
        segments.extend(more.into_iter().map(|piece| Segment { request, ..piece }));
        said.pack = self.pack.clone().reworded(segments);
        said.ask.messages.extend(messages);
        said
    }

    /// The number of the request that would go on from this one, the first being 1.
    pub fn next_request(&self) -> u32 {
        self.pack.requests() + 1
    }

    /// The results of tools as they stand in it, oldest first.
    pub fn results(&self) -> impl Iterator<Item = &Segment> {
        self.pack.segments().iter().filter(|piece| matches!(piece.source, Source::Outcome { .. }))
    }

    /// The same with results of tools taken out, and in place of each a word about it: by its number among
    /// [`Said::results`], the word and how many lines are gone. Every call keeps its result.
    pub fn masking(&self, words: &BTreeMap<usize, (String, usize)>) -> Self {
        let mut said = self.clone();
        let mut nth = 0..;
        for message in &mut said.ask.messages {
            if message.tool_results().is_empty() {
                continue;
            }
            let results = message.tool_results().iter().zip(&mut nth).map(|(result, nth)| {
                let masked = words.get(&nth).and_then(|(word, _)| in_place(&result.text, word));
                ToolResult { text: masked.unwrap_or_else(|| result.text.clone()), ..result.clone() }
            });
            *message = Message::results(results.collect());
        }
        let mut nth = 0..;
        let pieces = self.pack.segments().iter().map(|piece| {
            let number = matches!(piece.source, Source::Outcome { .. }).then(|| nth.next()).flatten();
            let masked = number.and_then(|nth| words.get(&nth));
            let Some((text, lines)) =
                masked.and_then(|(word, lines)| Some((in_place(&piece.text, word)?, *lines)))
            else {
                return piece.clone();
            };
            let weighs = Tokens::estimate(&text);
            let presence = Presence::Masked { lines, tokens: piece.tokens.saturating_sub(weighs) };
            Segment { text, tokens: weighs, presence, ..piece.clone() }
        });
        let pieces = pieces.collect();
        said.pack = self.pack.clone().reworded(pieces);
        said
    }

    /// The same, with what became of pieces for a person to know; nothing that is sent changes. `of` is asked
    /// for each piece, with its number among [`Said::results`] if it is one of them.
    pub fn standing(&self, mut of: impl FnMut(&Segment, Option<usize>) -> Option<Presence>) -> Self {
        let mut nth = 0..;
        let pieces = self.pack.segments().iter().map(|piece| {
            let number = matches!(piece.source, Source::Outcome { .. }).then(|| nth.next()).flatten();
            Segment { presence: of(piece, number).unwrap_or(piece.presence), ..piece.clone() }
        });
        let pieces = pieces.collect();
        Self { pack: self.pack.clone().reworded(pieces), ask: self.ask.clone() }
    }

    /// The same with more for a person to know.
    pub fn noting(mut self, notes: &[String], dropped: &[Dropped]) -> Self {
        for note in notes.iter().filter(|note| !self.pack.notes().contains(note)).cloned().collect::<Vec<_>>()
        {
            self.pack = self.pack.noting(Some(note));
        }
        self.pack = self.pack.dropping(dropped.iter().cloned());
        self
    }

    /// With what a person should know of the pack it is made of: what is missing, and how it weighs.
    pub(super) fn knowing(mut self, of: &Pack) -> Self {
        self.pack = of.clone().reworded(self.pack.into_segments());
        self
    }

    /// Every piece of the ask, in order, tags included.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    pub fn into_ask(self) -> Ask {
        self.ask
    }
}

/// Tools as they are told of on the panel.
fn told(tools: &[Tool]) -> String {
    tools.iter().map(|tool| format!("{}: {}\n{}\n", tool.name, tool.purpose, tool.schema)).collect()
}
