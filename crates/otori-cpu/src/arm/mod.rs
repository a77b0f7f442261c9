//! ARM, user mode: A32 and T32 of ARMv7-A with VFPv4 and Advanced SIMD, little endian, BE8 and BE32. Key type: [`Cpu`].
//!
//! Both encodings are decoded to one [`instruction::Instruction`], which [`assemble`] lowers to operations. What is
//! rare is done in one piece from its A32 word ([`execute`]); T32 instructions become the A32 word that means the same.
//! Source: ARM Architecture Reference Manual, ARMv7-A and ARMv7-R edition (DDI 0406C), part A.

mod assemble;
mod common;
mod cpu;
mod data;
mod decode;
mod decode_extra;
mod execute;
mod flow;
mod fuse;
mod instruction;
mod lower;
mod media;
mod memory;
mod multiple;
mod multiply;
mod neon;
mod neon_imm;
mod neon_long;
mod neon_memory;
mod neon_misc;
mod neon_same;
mod neon_shift;
mod status;
mod synchronize;
mod thumb;
mod thumb_data;
mod thumb_memory;
mod thumb_wide;
mod vfp;
mod vfp_convert;
mod vfp_memory;

#[cfg(test)]
mod tests;

pub use cpu::{Cpu, Order};
