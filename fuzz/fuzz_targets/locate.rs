//! A file and a hunk that speaks about it more or less truly.

#![no_main]

use laws::Case;

libfuzzer_sys::fuzz_target!(|case: Case| case.check());
