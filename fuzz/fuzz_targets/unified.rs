//! Replies read as unified diffs.

#![no_main]

use rein::prompt::dialect::Format;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::reply(Format::Unified, data));
