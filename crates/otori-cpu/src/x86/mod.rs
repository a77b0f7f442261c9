//! i386 and x86-64, user mode. Key types: [`Cpu`], [`Mode`]. Intel 64 and IA-32 Architectures Software Developer's
//! Manual, volumes 1 and 2.
//!
//! `decode` takes an instruction apart, `assemble` makes operations of it, `execute` (integers), `vector` (MMX, SSE) and
//! `float` (x87) do them. What CPUID promises is in `execute/identify.rs`.

mod assemble;
mod cpu;
mod decode;
pub(crate) mod execute;
pub mod flags;
pub mod float;
pub mod image;
#[cfg(test)]
mod tests;
mod vector;

pub use cpu::{
    AX, BP, BX, CX, Cpu, DI, DX, FS, FS_BASE, GS, GS_BASE, MXCSR_DEFAULT, Mode, SEGMENTS, SI, SP,
    TLS_ENTRIES, TLS_FIRST,
};
pub use execute::identify::{FEATURES, cpuid};
pub use float::Extended;
