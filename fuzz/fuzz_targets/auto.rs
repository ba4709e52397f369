//! Replies in whichever format they turn out to be.

#![no_main]

use rein::prompt::dialect::Format;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::reply(Format::Auto, data));
