//! Code of any set, with coverage: the first byte chooses the set and whether a processor runs the bytes alone (twice,
//! the same), or a machine runs them as a program that may make any call.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_linux::hostile::{Choices, SETS, code, program};

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let (set, how) = (usize::from(*choice) % SETS.len(), usize::from(*choice) / SETS.len() % 2);
    let set = &SETS[set];
    match how {
        0 => assert!(code(set, &mut Choices::new(bytes)) == code(set, &mut Choices::new(bytes)), "not the same"),
        _ => program(set, bytes),
    }
});
