//! The only room that knows wire formats. A request in nobody's format ([`crate::model::Ask`]) goes
//! out in the server's, and the server's answer comes back as [`crate::model::Delta`]s, or as a
//! [`crate::model::Failure`] that says what happened.
//!
//! What a server sends is read as loosely as it is trusted: any framing, any missing field, but an
//! answer counts as whole only when the server said that it ended. This room cannot name an edit, a
//! scope or a file; it keeps no conversation, tries nothing twice and spawns nothing.

mod answer;
mod anthropic;
mod client;
mod discover;
mod endpoint;
mod openai_chat;
mod reader;
mod refusal;
pub mod scripted;
mod sse;

pub use client::{Client, body};
pub use discover::{Found, discover};
pub use endpoint::{BaseUrl, BaseUrlError, Endpoint, Key, KeyError, Timeouts, Wire};
