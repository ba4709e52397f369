//! Documents read as operations on whole files.

#![no_main]

use rein::change::Base;
use rein::front::fuzzing::operations;
use rein::text::Lines;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(document) = std::str::from_utf8(data) else { return };
    let Ok(ops) = operations(document) else { return };
    for op in ops {
        let now = Base { path: op.path.clone(), text: Some(Lines::new(&b"one\ntwo\n"[..])) };
        for edit in op.edits(&now, None).into_iter().flatten() {
            laws::edit(&edit, &now);
        }
    }
});
