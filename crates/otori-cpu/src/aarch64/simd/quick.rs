//! Instructions that string functions are made of, and scalar arithmetic: each a function of its own. Entrance: [`run`].
//! Fields: `a` destination, `b` and `c` sources, all numbers of SIMD registers.

use crate::aarch64::Cpu;
use crate::aarch64::word::Word;
use crate::op::Run;

/// The function of a frequent instruction.
pub(super) fn run(_word: Word) -> Option<Run<Cpu>> {
    None
}
