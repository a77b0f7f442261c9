//! Instruction sets: decode and execute against the trait [`Memory`].
//!
//! Bytes of the guest live in physical [`Page`]s; a [`Memory`] translates a guest address to a page; a CPU
//! (today [`mips::Cpu`]) decodes basic blocks once per physical page and runs them with an exact instruction
//! count. Nothing here knows an operating system: a system call is a [`Stop`] that `otori-linux` answers.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod aarch64;
pub mod arm;
pub mod block;
mod chain;
pub mod isa;
pub mod maps;
pub mod memory;
pub mod mips;
pub mod op;
pub mod page;
pub mod run;
pub mod slot;
pub mod soft;
pub mod stop;
pub mod vector;
pub mod x86;

pub use isa::{Isa, IsaRow};
pub use maps::Maps;
pub use memory::{Access, Fault, FaultKind, Fetched, Memory, Miss};
pub use page::{PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, Page};
pub use run::{Blocks, Frame, Set, run};
pub use slot::{SLOTS, Slot};
pub use stop::Stop;
