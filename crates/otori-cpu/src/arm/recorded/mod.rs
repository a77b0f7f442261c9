//! Rows of operations that often follow each other, for [`super::join`]: by what they begin with. Counted while busybox's
//! shell, hashes, compressors and text tools ran in A32 and in T32, by how often each block was entered: those that save
//! most jumps. Order does not matter.

pub(super) mod data;
pub(super) mod flow;
pub(super) mod memory;
pub(super) mod register;
