//! The process: its arguments in, its exit code out. Everything else is `cli`'s and `front`'s.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_macros))]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

fn main() -> std::process::ExitCode {
    rein::cli::run().into()
}
