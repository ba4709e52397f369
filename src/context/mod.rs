//! What a model is shown, before it is put into words: the budgeted [`Pack`] of a request, made by
//! [`gather`] from what the user looks at, the choice of files an instruction is about ([`rank`],
//! [`words`], [`mentions`]), [`search`] over the whole project, which files hold secrets and are never
//! shown ([`is_secret`]), what a person names ([`Mention`]), pins and evicts ([`Wishes`]), what a
//! conversation holds already ([`Transcript`]), and whether what a model cites is there ([`citation`]).
//!
//! Values in, values out: whoever calls has read the files. This room knows no prompt, no wire and
//! no disk; how a piece is framed for the model is for `prompt` to say.

pub mod citation;
mod dedupe;
mod evidence;
mod file;
mod fitting;
mod gather;
mod mention;
mod outline;
mod pack;
mod page;
mod presence;
mod rank;
mod request;
mod room;
pub mod search;
mod secret;
mod told;
mod transcript;
mod visible;
mod window;
mod wishes;

pub use evidence::{Asked, evidence, evidence_for};
pub use gather::gather;
pub use mention::{Mention, being_typed, mentioned};
pub use pack::{Dropped, Pack, Segment, Source, Trust};
pub use page::readable;
pub use presence::Presence;
pub use rank::{mentions, rank, words};
pub use request::{DoesNotFit, Excerpt, Open, Request};
pub use secret::{holds_key, is_secret, secret_lines, shows_secret};
pub use told::{Told, but_for_its_line, edited_since, in_words};
pub use transcript::{Changed, Transcript};
pub use visible::{hidden, visible};
pub use wishes::{Target, Wishes};
