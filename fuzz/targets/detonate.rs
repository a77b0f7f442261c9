//! Any bytes are run, or refused, without a panic and within the given bounds.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_lab::{Settings, detonate, submitted};

fuzz_target!(|bytes: &[u8]| {
    let settings = Settings { instructions: 200_000, virtual_seconds: 10, ..Settings::default() };
    let outcome = detonate(&submitted("sample", bytes), bytes, &settings);
    assert!(outcome.report.virtual_ns <= 11_000_000_000);
});
