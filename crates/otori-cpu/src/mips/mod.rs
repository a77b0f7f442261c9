//! MIPS32 release 2, user mode, both byte orders. Key type: [`Cpu`].
//! Specification: MIPS Architecture For Programmers, volumes I-A and II-A, revision 2.

mod cpu;
mod op;

pub use cpu::{Cpu, Endian, FloatRegisters};
pub use op::Op;
