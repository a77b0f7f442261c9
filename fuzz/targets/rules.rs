//! Rule files as text.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_rule::{RuleSet, Variables};

fuzz_target!(|input: &[u8]| {
    let mut set = RuleSet::new(Variables::default());
    set.load("fuzz", &String::from_utf8_lossy(input));
});
