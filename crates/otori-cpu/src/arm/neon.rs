//! Advanced SIMD, by A32 word. Entrance: [`execute`]. ARMv7-A reference manual, A7.4 and A7.7.

use super::cpu::Cpu;
use super::execute::{Context, Done, ILLEGAL};

/// Any Advanced SIMD instruction with condition 15.
pub(super) fn execute(_cpu: &mut Cpu, _context: &Context, _word: u32) -> Done {
    ILLEGAL
}
