//! The Linux personality: processes, copy-on-write memory, files, signals, sockets, virtual time.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod abi;
pub mod dev;
pub mod errno;
pub mod mm;
pub mod net;
pub mod pipe;
pub mod poll;
pub mod proc;
pub mod tty;
pub mod vfs;

/// Instruction sets, for who prepares machines or asks whether a program can run.
pub use otori_cpu::isa::Isa;
