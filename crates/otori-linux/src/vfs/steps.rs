//! What work on files was worth, for the budget of the task that asked for it. Key type: [`Steps`].
//!
//! Looking up is done through shared references, so the count is an atomic number; nothing waits for it.
use super::Vfs;
use core::sync::atomic::{AtomicU64, Ordering};

/// Instructions that one component of a path costs, and one entry of a folder.
pub(super) const COMPONENT: u64 = 30;
pub(super) const ENTRY: u64 = 10;
/// Characters of a generated file, and bytes of a copied one, that cost one.
pub(super) const CHARACTERS: u64 = 2;
pub(super) const BYTES: u64 = 16;

/// Instructions that wait to be paid for.
#[derive(Debug, Default)]
pub(super) struct Steps(AtomicU64);

impl Clone for Steps {
    /// What the original owes, the copy does not.
    fn clone(&self) -> Steps {
        Steps::default()
    }
}

impl Vfs {
    pub(super) fn step(&self, instructions: u64) {
        self.steps.0.fetch_add(instructions, Ordering::Relaxed);
    }
    /// Takes what is owed since the last time, instructions.
    pub(crate) fn take_steps(&mut self) -> u64 {
        core::mem::take(self.steps.0.get_mut())
    }
}
