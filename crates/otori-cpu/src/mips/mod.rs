//! MIPS32 release 2, user mode, both byte orders. Key type: [`Cpu`].
//! Specification: MIPS Architecture For Programmers, volumes I-A and II-A, revision 2.
//!
//! [`decode`] turns words into operations ([`op`]), [`assemble`] joins them to blocks, [`execute`] runs those.

mod assemble;
mod cpu;
mod decode;
mod execute;
mod float;
mod op;
mod register;
#[cfg(test)]
mod tests;

pub use cpu::{Cpu, Endian, FloatRegisters, Link};
pub use op::Op;
