//! The lab: captured file to class to detonation to report.
//!
//! Key functions: [`classify()`] (what it is), [`detonate()`] (what it does). Both are synchronous, on the caller's
//! thread, and never panic on input; nothing that a sample does leaves this process.
#![forbid(unsafe_code)]

pub mod classify;
pub mod detonate;
pub mod submit;

pub use classify::classify;
pub use detonate::{Outcome, Settings, detonate};
pub use submit::submitted;
