//! Instruction sets: decode and execute against the trait [`Memory`].
//!
//! Bytes of the guest live in physical [`Page`]s; a [`Memory`] translates a guest address to a page; a CPU
//! (today [`mips::Cpu`]) decodes basic blocks once per physical page and runs them with an exact instruction
//! count. Nothing here knows an operating system: a system call is a [`Stop`] that `otori-linux` answers.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod block;
pub mod isa;
pub mod memory;
pub mod mips;
pub mod page;
pub mod soft;
pub mod stop;
pub mod vector;

pub use isa::{Isa, IsaRow};
pub use memory::{Access, Fault, FaultKind, Fetched, Memory};
pub use page::{PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, Page};
pub use stop::Stop;
