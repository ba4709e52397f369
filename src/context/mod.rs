//! What a model is shown, before it is put into words: the budgeted [`Pack`] of a request, made by
//! [`gather`] from what the user looks at, the choice of files an instruction is about ([`rank`],
//! [`words`], [`mentions`]), [`search`] over the whole project, which files hold secrets and are never
//! shown ([`is_secret`]), and whether what a model cites is there ([`citation`]).
//!
//! Values in, values out: whoever calls has read the files. This room knows no prompt, no wire and
//! no disk; how a piece is framed for the model is for `prompt` to say.

pub mod citation;
mod gather;
mod outline;
mod pack;
mod rank;
pub mod search;
mod secret;
mod window;

pub use gather::{DoesNotFit, Excerpt, Open, Request, evidence, gather};
pub use pack::{Pack, Segment, Source, Trust};
pub use rank::{mentions, rank, words};
pub use secret::{diff_holds_key, holds_key, is_secret, secret_lines, shows_secret};
