//! What is said to models: the prompts of `prompts/` ([`Prompts`]), how a [`Pack`] is put into an
//! [`Ask`] ([`edit`], [`ask`](ask()), [`complete`], [`repair`], [`resume`] and what follows from them), the
//! edit formats ([`dialect`]), and how the answer to a question is read ([`answer`], [`parts`]).
//!
//! An ask is made by joining the texts of a pack, so the pack is all that the model sees. This room
//! knows no wire format and no disk; the prompts are embedded, and overrides come in as texts.
//!
//! [`Pack`]: crate::context::Pack
//! [`Ask`]: crate::model::Ask

pub mod answer;
mod asking;
pub mod dialect;
mod frame;
mod library;
mod mark;
pub mod parts;
mod said;
mod tasks;

pub use asking::{Means, after_answer, after_calls, ask, check, report, split};
pub use library::{Prompt, PromptError, Prompts};
pub use said::Said;
pub use tasks::{COMPLETION, OVERHEAD, Refusal, complete, edit, read_completion, repair, resume};
