//! Guest memory: what is mapped, which physical pages stand behind it, and copy on write.
//!
//! Key type: [`AddressSpace`], which implements `otori_cpu::Memory`. Rules: `mmap(2)`, `mprotect(2)`, `fork(2)`.
//! - [`region`]: what is mapped where (a line of /proc/PID/maps);
//! - [`table`]: address to physical page, sparse;
//! - [`otori_cpu::Maps`]: the small caches the CPU hits on every access;
//! - [`image`]: pages of a file, shared by everyone who maps it, with the code decoded from them;
//! - [`shared`]: pages of a shared mapping;
//! - [`touch`]: first touch, copy on write, faults; [`access`]: reading and writing by the kernel.

mod access;
mod image;
mod map;
mod region;
mod shared;
mod space;
mod table;
#[cfg(test)]
mod tests;
mod touch;

pub use access::MemoryError;
pub use image::{FileImage, ImageCache};
pub use map::MapError;
pub use region::{Backing, Prot, Region, Resident};
pub use shared::{SharedBudget, SharedCopies, SharedPages};
pub use space::AddressSpace;
