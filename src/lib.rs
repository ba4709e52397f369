//! rein: a terminal coding agent with an autonomy slider. The model generates, a human verifies.
//!
//! The one road: an instruction and a [`change::Level`] fix a [`change::Scope`]; `context` and
//! `prompt` make a request, `provider` streams the answer, `prompt::dialect` reads edits out of it
//! as they close, [`change::Review`] admits or refuses each and holds the human's verdicts, and
//! `workspace` lands what was approved, journaled and undoable.
//!
//! Rooms by floor, low to high (a room imports only from floors below; `tests/walls.rs`):
//! `text model` → `change` → `context` → `prompt tool workspace provider` → `session editor index` →
//! `ui orchestrator` → `config` → `front` → `cli` → `main`.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_macros))]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod change;
pub mod cli;
pub mod config;
pub mod context;
pub mod editor;
pub mod front;
pub mod index;
pub mod model;
pub mod orchestrator;
pub mod prompt;
pub mod provider;
pub mod session;
pub mod text;
pub mod tool;
pub mod ui;
pub mod workspace;
