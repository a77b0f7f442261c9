//! The memory of a process as a file: `/proc/PID/mem` and `/proc/PID/pagemap`.
//!
//! Key functions: [`Kernel::read_memory_file`], [`Kernel::write_memory_file`]. Neighbour: `syscall/ptrace.rs` looks at
//! the same memory by words. proc_pid_mem(5), Documentation/admin-guide/mm/pagemap.rst.
use crate::{
    arena::Index,
    config::Pid,
    errno::Errno,
    kernel::Kernel,
    mm::AddressSpace,
    proc::MemoryFile,
    task::{Space, Tid},
    vfs::Capability,
};

const PAGE_BYTES: u64 = 4096;
/// Bytes of one entry of pagemap.
const ENTRY_BYTES: u64 = 8;
/// Present, and of a file or shared.
const PRESENT: u64 = 1 << 63;
const OF_FILE: u64 = 1 << 61;

impl Kernel {
    /// Reads from there: EIO where nothing is mapped, 0 when the process has ended.
    pub(crate) fn read_memory_file(
        &mut self,
        tid: Tid,
        (pid, which): (Pid, MemoryFile),
        offset: u64,
        into: &mut [u8],
    ) -> Result<usize, Errno> {
        let Some(space) = self.space_behind(tid, pid)? else { return Ok(0) };
        let word_bytes = self.core.abi.word_bytes;
        let endian = self.core.abi.endian;
        let Some(space) = self.core.spaces.get(space) else { return Ok(0) };
        let count = match which {
            MemoryFile::Bytes => {
                let bytes = space.memory.peek(offset, into.len());
                into.iter_mut().zip(&bytes).for_each(|(target, byte)| *target = *byte);
                if bytes.is_empty() && !into.is_empty() {
                    return Err(Errno::EIO);
                }
                bytes.len()
            }
            MemoryFile::Pages => {
                if !offset.is_multiple_of(ENTRY_BYTES) || !(into.len() as u64).is_multiple_of(ENTRY_BYTES) {
                    return Err(Errno::EINVAL);
                }
                let pages = (1 << if word_bytes == 4 { 32 } else { 47 }) / PAGE_BYTES;
                let mut count = 0;
                for (page, entry) in (offset / ENTRY_BYTES..pages).zip(into.chunks_exact_mut(8)) {
                    let value = entry_of(&space.memory, page * PAGE_BYTES);
                    let (high, low) = (endian.u32((value >> 32) as u32), endian.u32(value as u32));
                    let halves = match endian {
                        crate::abi::Endian::Big => [high, low],
                        crate::abi::Endian::Little => [low, high],
                    };
                    entry.copy_from_slice(halves.as_flattened());
                    count += entry.len();
                }
                count
            }
        };
        self.core.charge_bytes(count);
        Ok(count)
    }

    /// Writes there, whatever the protection says, as a debugger does.
    pub(crate) fn write_memory_file(
        &mut self,
        tid: Tid,
        (pid, which): (Pid, MemoryFile),
        offset: u64,
        bytes: &[u8],
    ) -> Result<usize, Errno> {
        if which == MemoryFile::Pages {
            return Err(Errno::EINVAL);
        }
        let Some(space) = self.space_behind(tid, pid)? else { return Ok(0) };
        self.core.charge_bytes(bytes.len());
        let Some(space) = self.core.spaces.get_mut(space) else { return Ok(0) };
        space.memory.write_anyway(offset, bytes).map_err(|_| Errno::EIO)?;
        Ok(bytes.len())
    }

    /// The memory of a process or thread, if the caller may look at it.
    fn space_behind(&self, tid: Tid, pid: Pid) -> Result<Option<Index<Space>>, Errno> {
        let core = &self.core;
        let own = core.process(core.task(tid)?.pid)?;
        let thread = match core.process(pid) {
            Ok(process) => process.threads.first().copied(),
            Err(_) => Some(pid),
        };
        let Some(task) = thread.and_then(|thread| core.task(thread).ok()) else { return Ok(None) };
        let other = core.process(task.pid)?;
        let same = other.identity.uid == own.identity.uid && !other.attributes.undumpable;
        if own.pid == other.pid || same || own.identity.can(Capability::SYS_PTRACE) {
            Ok(Some(task.space))
        } else {
            Err(Errno::EACCES)
        }
    }
}

/// The entry of one page; frame numbers are hidden, as from everyone without a privilege.
fn entry_of(memory: &AddressSpace, address: u64) -> u64 {
    let Some(region) = memory.region_at(address) else { return 0 };
    if memory.peek(address, 1).is_empty() {
        return 0;
    }
    let of_file = region.is_shared() || region.name.starts_with('/');
    PRESENT | if of_file { OF_FILE } else { 0 }
}
