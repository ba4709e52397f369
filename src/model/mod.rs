//! A conversation with a model, in nobody's wire format. What is asked ([`Ask`]), what comes back
//! ([`Delta`]), what it cost ([`Usage`], [`Money`]) and how it fails ([`Failure`]).
//!
//! This room cannot name a wire format, a server or a file. `provider` translates to and from it.

mod chat;
mod failure;
mod usage;

pub use chat::{Ask, Delta, Finish, Message, ModelId, Role, Speaker};
pub use failure::{Failure, Phase};
pub use usage::{Counted, Money, Tokens, Usage};
