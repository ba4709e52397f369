//! What a keystroke, a reply and a landing cost, measured without a terminal and without a network.
//! `cargo bench` runs all of it, `cargo bench -- frame` one part.
//!
//! The figures that need a process, a pty or a server are taken from outside; `docs/benchmarks.md`
//! has the commands and the results.

mod decode;
mod dialect;
mod diff;
mod frame;
mod highlight;
mod journal;
mod locate;
mod reading;
mod sample;
mod search;

fn main() {
    divan::main();
}
