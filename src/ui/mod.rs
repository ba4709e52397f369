//! The screen as a pure machine: [`App::update`] takes an [`Input`] and gives [`Out`]s;
//! [`view`](view::view) is a function of the state. One file per part of the screen, one table of
//! keys ([`keymap`]), one file of colours ([`theme`]).
//!
//! It knows terminal types as values only: it reads no key, writes no byte, and has no clock; the
//! time comes with each input. What a request means is `session`'s; what a buffer does is `editor`'s.

mod app;
mod ask;
mod asking;
mod checks;
mod context;
mod editing;
mod ghosting;
mod guide;
mod journal;
pub mod keymap;
mod line_edit;
mod meaning;
mod models;
mod open_file;
mod opening;
mod page;
mod pages;
mod picker;
mod review;
mod sight;
#[cfg(test)]
mod tests;
pub mod theme;
mod unsaved;
mod update;
pub mod view;
mod why;
mod wire_page;

pub use app::{App, Facts, Focus, Input, Limits, Out};
pub use checks::Check;
pub use guide::{Guide, Milestone, Step};
