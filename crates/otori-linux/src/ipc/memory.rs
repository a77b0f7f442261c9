//! Shared memory segments. Key type: [`Segment`]. shmget(2), shmop(2).
use crate::{
    arena::Arena,
    mm::{Backing, SharedPages},
    task::Space,
};
use alloc::sync::Arc;

/// One segment.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) pages: Arc<SharedPages>,
    pub(crate) bytes: u64,
    pub(crate) creator: u32,
    /// last process that attached or detached
    pub(crate) last: u32,
    /// seconds since 1970
    pub(crate) attach_time: u64,
    pub(crate) detach_time: u64,
    pub(crate) change_time: u64,
    /// IPC_RMID was asked: goes with the last mapping, nobody finds it by key any more
    pub(crate) removed: bool,
}

impl Segment {
    /// How often it is mapped, in all address spaces.
    pub(crate) fn attached(&self, spaces: &Arena<Space>) -> u64 {
        spaces.iter().map(|(_, space)| self.attached_in(space)).sum()
    }
    fn attached_in(&self, space: &Space) -> u64 {
        let maps = |backing: &Backing| match backing {
            Backing::Shared { pages, .. } => Arc::ptr_eq(pages, &self.pages),
            _ => false,
        };
        space.memory.regions().filter(|region| maps(&region.backing)).count() as u64
    }
}
