//! Replies read as tool calls in JSON.

#![no_main]

use rein::prompt::dialect::Format;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::reply(Format::StrReplace, data));
