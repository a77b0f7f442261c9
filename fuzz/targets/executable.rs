//! Any file as a program of any set: the loader, scripts, and what runs of it. The first byte chooses the set.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_linux::hostile::{Choices, SETS, file};

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    file(&SETS[usize::from(*choice) % SETS.len()], &mut Choices::new(bytes));
});
