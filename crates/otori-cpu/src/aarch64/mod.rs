//! AArch64 (Armv8.0-A with CRC32), user mode, little endian. Key type: [`Cpu`].
//! Specification: Arm Architecture Reference Manual for A-profile, DDI 0487, sections C3 to C7.
//!
//! [`assemble`] joins instructions to blocks; [`lower`] gives frequent instructions a function of their own
//! ([`handler`], [`access`], [`branch`], [`quick`]); all others are done in one piece by [`execute`] and [`simd`].

mod access;
mod assemble;
mod branch;
mod cpu;
mod execute;
mod flags;
mod handler;
mod join;
mod lower;
mod recorded;
mod simd;
#[cfg(test)]
mod tests;
mod word;

pub use cpu::{Cpu, Link};
