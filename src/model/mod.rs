//! A conversation with a model, in nobody's wire format. What is asked ([`Ask`]), what comes back
//! ([`Delta`]), what it cost ([`Usage`], [`Money`]) and how it fails ([`Failure`]).
//!
//! This room cannot name a wire format, a server or a file. `provider` translates to and from it.

mod budget;
mod call;
mod chat;
mod embed;
mod failure;
mod fim;
mod key;
mod merge;
mod money;
mod usage;

pub use budget::{Budget, Excess, Span};
pub use call::{Runnable, Seal, Tool, ToolCall, ToolResult};
pub use chat::{Ask, Delta, Effort, Finish, Message, ModelId, Role, Speaker};
pub use embed::{EmbedAs, Vectors};
pub use failure::{Failure, Overflow, Phase};
pub use fim::{Fim, Suffix};
pub use key::KeyFrom;
pub use merge::Merge;
pub use money::{Bill, Money, Price, Rate};
pub use usage::{Counted, Ratio, Tokens, Usage};
