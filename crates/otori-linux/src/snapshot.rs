//! Copies of whole machines: taken between two runs, started as often as one likes.
//!
//! Key type: [`Snapshot`]. Memory pages and files are shared by all copies until one changes them; shared memory gets
//! pages of its own in each. Everything is in memory: nothing here knows a disk format.
use crate::{
    kernel::{Core, Kernel},
    machine::Machine,
    mm::SharedCopies,
    net::outside::{NoOutside, Outside},
    random::Random,
    vfs::Vfs,
};
use alloc::{boxed::Box, vec::Vec};

/// A machine at rest, to start others from: memory and files are shared until they change.
#[derive(Clone)]
pub struct Snapshot {
    vfs: Vfs,
    core: Core,
}

impl Machine {
    /// The machine as it is now, to start others from.
    #[must_use]
    pub fn snapshot(&mut self) -> Snapshot {
        self.kernel.core.freeze_memory();
        let mut core = self.kernel.core.clone();
        // this machine goes on and stores to its shared pages
        core.detach_memory();
        Snapshot { vfs: self.kernel.vfs.clone(), core }
    }
}

impl Snapshot {
    /// The same machine once more: it goes on with the same randomness and clock, so that the same input gives the
    /// same trace as in the machine that the snapshot was taken of.
    #[must_use]
    pub fn resume(&self, outside: Box<dyn Outside>) -> Machine {
        let mut core = self.core.clone();
        core.detach_memory();
        Machine { kernel: Kernel { vfs: self.vfs.clone(), core, outside } }
    }

    /// Another machine that goes on from here, with its own way out, randomness and wall clock.
    #[must_use]
    pub fn start(&self, outside: Box<dyn Outside>, seed: u64, wall_ns: i64) -> Machine {
        let mut core = self.core.clone();
        core.detach_memory();
        core.random = Random::new(seed);
        core.config.seed = seed;
        core.config.wall_ns = wall_ns.saturating_sub(i64::try_from(core.now_ns).unwrap_or(0));
        core.notices = Vec::new();
        Machine { kernel: Kernel { vfs: self.vfs.clone(), core, outside } }
    }
}

impl Clone for Machine {
    /// A copy that goes on by itself, without a way out.
    fn clone(&self) -> Machine {
        let mut core = self.kernel.core.clone();
        core.detach_memory();
        Machine { kernel: Kernel { vfs: self.kernel.vfs.clone(), core, outside: Box::new(NoOutside) } }
    }
}

impl Core {
    fn freeze_memory(&mut self) {
        self.spaces.iter_mut().for_each(|space| space.memory.freeze());
    }
    fn detach_memory(&mut self) {
        self.shared = self.shared.fresh();
        let mut copies = SharedCopies::new(self.shared.clone());
        for space in self.spaces.iter_mut() {
            space.memory.detach_shared(&mut copies);
            space.shared_files.iter_mut().for_each(|shared| shared.pages = copies.of(&shared.pages));
        }
        self.ipc.detach(&mut copies);
        self.mapped.detach(&mut copies);
    }
}
