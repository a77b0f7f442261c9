//! MIPS32 release 2 with MIPS16e, user mode, both byte orders. Key type: [`Cpu`].
//! Specification: MIPS Architecture For Programmers, volumes I-A and II-A, revision 2.
//!
//! [`decode`] turns words into operations ([`op`]), [`assemble`] joins them to blocks, [`execute`] has a function for
//! each, [`lower`] gives every operation its function, and [`join`] one function to two neighbours. [`mips16`] does what
//! [`decode`] and [`assemble`] do, for instructions of 16 bits.

mod assemble;
mod cpu;
mod decode;
mod execute;
mod families;
mod float;
mod join;
mod lower;
mod mips16;
mod op;
mod recorded;
#[cfg(test)]
mod tests;

pub use cpu::{Cpu, Endian, FloatRegisters, Link};
