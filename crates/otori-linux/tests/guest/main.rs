//! The machine runs real programs: Debian's static busybox for MIPS, and small programs of our own.
//!
//! busybox is looked for in the folder that `OTORI_MIPSEL_ROOT` names, then in `.cache/userland/mipsel` of the
//! project (`cargo xtask test` fills it); without it those tests say so and pass.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test ends where something is wrong")]
mod compiled;
mod devices;
mod exact;
mod giveaways;
mod guest;
mod limits;
mod notices;
mod programs;
mod shell;
mod terminal;
