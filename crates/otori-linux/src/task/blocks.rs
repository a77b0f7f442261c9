//! Who holds the decoded blocks: whoever runs; those of the others wait here, by what their memory has in common.
//!
//! Key type: [`KeptBlocks`]. Blocks are found once by a process and the children that it forks, and by the threads of a
//! process: their memory is of one generation ([`crate::mm::AddressSpace::generation`]), and one of them runs at a time.
//! Nothing but time depends on it.
use super::{Space, Tid};
use crate::{arena::Arena, kernel::Core};
use alloc::collections::{BTreeMap, BTreeSet};
use otori_cpu::Blocks;

/// Blocks of tasks that do not run.
#[derive(Debug, Default)]
pub(crate) struct KeptBlocks {
    /// by generation
    kept: BTreeMap<u64, Blocks>,
    /// who ran last; its processor still has its blocks
    last: Option<Holder>,
}

/// Who has blocks, and whose they are besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Holder {
    tid: Tid,
    generation: u64,
    /// other spaces are of the same generation
    has_kin: bool,
}

/// A copy of a machine finds its blocks again by itself.
impl Clone for KeptBlocks {
    fn clone(&self) -> Self {
        KeptBlocks::default()
    }
}

impl KeptBlocks {
    /// Does that task have the blocks of this generation?
    pub(crate) fn are_at(&self, tid: Tid, generation: u64) -> bool {
        self.last.is_some_and(|last| last.tid == tid && last.generation == generation)
    }

    /// The task has run, and its memory is now of this generation.
    pub(crate) fn note(&mut self, tid: Tid, generation: u64, has_kin: bool) {
        self.last = Some(Holder { tid, generation, has_kin });
    }

    /// Nobody has memory of that generation any more.
    pub(crate) fn forget(&mut self, generation: u64) {
        self.kept.remove(&generation);
    }

    fn keep(&mut self, generation: u64, blocks: Blocks, spaces: &Arena<Space>) {
        self.kept.insert(generation, blocks);
        // Each that is of use is that of a space; others are left when a debugger changes code.
        if self.kept.len() > spaces.len() {
            let used: BTreeSet<u64> = spaces.iter().map(|(_, space)| space.memory.generation()).collect();
            self.kept.retain(|generation, _| used.contains(generation));
        }
    }
}

impl Core {
    /// Gives a task that is to run the blocks of its memory's generation, as far as there are any.
    pub(crate) fn bring_blocks(&mut self, tid: Tid, generation: u64) {
        // Blocks that were for this task alone and stand no longer are of use to nobody: their room is used again.
        let is_room = |last: &Holder| last.tid == tid && !last.has_kin;
        if let Some(last) = self.blocks.last
            && !is_room(&last)
        {
            self.put_blocks_down(last.tid);
        }
        if let Some(blocks) = self.blocks.kept.remove(&generation)
            && let Some(task) = self.tasks.get_mut(&tid)
        {
            task.cpu.take_blocks(blocks);
        }
    }

    /// Keeps the blocks that a task holds for others: before it ends, or has another processor.
    pub(crate) fn put_blocks_down(&mut self, tid: Tid) {
        let Some(last) = self.blocks.last.take_if(|last| last.tid == tid) else { return };
        if let Some(blocks) = self.tasks.get_mut(&tid).and_then(|task| task.cpu.give_blocks()) {
            self.blocks.keep(last.generation, blocks, &self.spaces);
        }
    }

    /// Gives back all memory that blocks take.
    pub(crate) fn drop_blocks(&mut self) {
        if let Some(last) = self.blocks.last {
            self.put_blocks_down(last.tid);
        }
        self.blocks = KeptBlocks::default();
    }
}
