//! A request as it will be sent, and the pieces it is made of.

use crate::context::{Pack, Segment, Source};
use crate::model::{Ask, Message, Speaker, Tokens};

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
    pub(super) fn new(segments: Vec<Segment>, max_output: Option<Tokens>) -> Self {
        let mut system = String::new();
        let mut messages: Vec<Message> = Vec::new();
        for segment in &segments {
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
                None => messages.push(Message::of(speaker, segment.text.as_str())),
            }
        }
        let steady = segments.iter().filter(|one| !one.source.is_system()).map_while(|one| {
            let is_steady = one.source.is_steady();
            is_steady.then_some(one.text.len())
        });
        let ask = Ask { steady: steady.sum(), system, messages, max_output, ..Ask::default() };
        Self { pack: Pack::new(segments), ask }
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
