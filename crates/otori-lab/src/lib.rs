//! The lab: captured file to class to detonation to report.
//!
//! Key functions: [`classify()`] (what it is). Synchronous, on the caller's thread; never panics on input.
#![forbid(unsafe_code)]

pub mod classify;
pub mod submit;

pub use classify::classify;
pub use submit::submitted;
