//! Replies read as `*** Begin Patch` patches.

#![no_main]

use rein::prompt::dialect::Format;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::reply(Format::ApplyPatch, data));
