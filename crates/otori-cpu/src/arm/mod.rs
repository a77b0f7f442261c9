//! ARM, user mode: A32 and T32 of ARMv7-A with VFPv4 and Advanced SIMD, little endian, BE8 and BE32. Key type: [`Cpu`].
//!
//! Both encodings are decoded to one [`instruction::Instruction`], which [`assemble`] lowers to operations. What is
//! rare is done in one piece from its A32 word ([`whole`]); T32 instructions become the A32 word that means the same.
//! Source: ARM Architecture Reference Manual, ARMv7-A and ARMv7-R edition (DDI 0406C), part A.

mod assemble;
mod cpu;
mod decode;
mod execute;
mod flags;
mod instruction;
mod join;
mod lower;
mod neon;
mod recorded;
mod thumb;
mod vfp;
mod whole;

#[cfg(test)]
mod tests;

pub use cpu::{Cpu, Order};
