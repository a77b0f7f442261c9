//! The engine: runs guests in slices.
pub mod wake;
