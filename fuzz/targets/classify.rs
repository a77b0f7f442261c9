//! Any bytes are classified without a panic and within the bounds of a classification.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let class = otori_lab::classify(bytes, "sample");
    assert!(class.notes.len() <= 32 && class.urls.len() <= 64);
});
