//! The only room that knows wire formats. A request in nobody's format ([`crate::model::Ask`]) goes
//! out in the server's, and the server's answer comes back as [`crate::model::Delta`]s, or as a
//! [`crate::model::Failure`] that says what happened.
//!
//! What a server sends is read as loosely as it is trusted: any framing, any missing field, but an
//! answer counts as whole only when the server said that it ended. This room cannot name an edit, a
//! scope or a file; it keeps no conversation, tries nothing twice and spawns nothing.

mod answer;
mod apply;
mod backoff;
mod call;
mod canary;
mod client;
mod connection;
mod decode;
mod discover;
mod embed;
mod endpoint;
mod exchange;
pub mod failover;
mod json;
mod keys;
mod page;
mod prices;
mod qdrant;
mod reader;
mod refusal;
mod report;
pub mod scripted;
mod sse;
mod tape;
mod values;
mod weights;
mod wire;
mod wires;

pub use apply::ask as merge_ask;
pub use backoff::Backoff;
pub use canary::fim as canary_fim;
pub use client::{Client, body};
pub use decode::{Decoded, Response, decode};
pub use discover::{Found, discover, look};
pub use endpoint::{BaseUrl, BaseUrlError, Endpoint, Key, KeyError, Timeouts};
pub use exchange::{Ending, Exchange, Sent, Witness};
pub use keys::KeyStore;
pub use page::{Fetched, NotFetched};
pub use prices::{Card, Catalogue};
pub use qdrant::{PointId, Qdrant};
pub use tape::{NoTape, Recorder, Tape};
pub use weights::{Weights, WeightsError};
pub use wire::Wire;
