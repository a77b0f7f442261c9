//! Why a CPU stopped running. Key type: [`Stop`]; the personality in `otori-linux` answers it.

use crate::memory::Fault;

/// Why `run` returned. Except after [`Stop::Budget`] and [`Stop::Syscall`], `pc` stands at the instruction that
/// did not complete (for one in a delay slot: at its branch), so that running again tries it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The budget is used up; `pc` is the next instruction, never one in a delay slot.
    Budget,
    /// A system call; `pc` already points behind it.
    Syscall,
    /// A memory access failed.
    Fault(Fault),
    /// Not an instruction of this set, or a privileged one.
    Illegal,
    /// A breakpoint instruction, with its code field.
    Breakpoint(u32),
    /// A conditional trap that held, with its code field.
    Trap(u32),
    /// A trapping addition or subtraction overflowed.
    Overflow,
    /// A division by zero, or one whose quotient does not fit.
    DivideError,
    /// An instruction that user code may not execute (x86: general protection).
    Privileged,
    /// An enabled floating point exception, with the set's cause bits (MIPS: FCSR bits 17..12, shifted down).
    FloatingPoint(u32),
}
