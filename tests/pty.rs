//! rein as a person meets it: the real program in a real terminal, keys in, picture out. What is tried
//! here is what no other test can see: that the terminal is taken over and given back, that keys get
//! through, that the bytes written are few and harmless.

#[path = "pty/ask.rs"]
mod ask;
#[path = "pty/checks.rs"]
mod checks;
#[path = "pty/cost.rs"]
mod cost;
#[path = "pty/hostile.rs"]
mod hostile;
#[path = "pty/life.rs"]
mod life;
#[path = "pty/meaning.rs"]
mod meaning;
#[path = "pty/model.rs"]
mod model;
#[path = "pty/review.rs"]
mod review;
#[path = "pty/rounds.rs"]
mod rounds;
#[path = "pty/term.rs"]
mod term;
#[path = "pty/work.rs"]
mod work;
