//! Calls of several processes and threads on any set: the first byte chooses the set, the others are decisions.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_linux::hostile::{Choices, SETS, calls};

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    calls(&SETS[usize::from(*choice) % SETS.len()], &mut Choices::new(bytes));
});
