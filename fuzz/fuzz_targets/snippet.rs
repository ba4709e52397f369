//! Replies read as texts of a file: whole ones, and ones that leave unchanged code out.

#![no_main]

use rein::prompt::dialect::Format;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    laws::reply(Format::Lazy, data);
    laws::reply(Format::Whole, data);
});
