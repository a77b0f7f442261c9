//! Random instruction sequences, run by our engine and by qemu-user, compared register by register.
//!
//! Each program is a small static ELF written from bytes. It runs chunks of random instructions and after each
//! chunk appends all registers to a dump that it writes to standard output at its end. `OTORI_ORACLE_PROGRAMS`
//! sets how many programs of each kind are run (default 6, about 10,000 random instructions each). One module per set.
#![allow(clippy::unwrap_used, clippy::precedence, reason = "a test harness")]

mod aarch64;
mod arm;
mod harness;
mod mips;
mod random;
mod x86;
