//! Rows of operations that often follow each other, for [`super::join`]: by what they begin with. Counted while busybox's
//! shell, hashes, compressors and text tools ran, by how often each block was entered: those that save most jumps. Order
//! does not matter.

pub(super) mod arithmetic;
pub(super) mod memory;
pub(super) mod moves;
pub(super) mod stack;
