//! Locks on files: record locks of processes and of open descriptions, and whole-file locks of flock.
//!
//! Key types: [`RecordLocks`], [`Range`]. A pure table; `syscall/lock.rs` waits where it must. fcntl(2) "Advisory
//! record locking", flock(2).
use super::OpenFile;
use crate::{arena::Index, config::Pid, errno::Errno, vfs::Node};
use alloc::vec::Vec;

/// Record locks of one machine; then ENOLCK.
const RECORDS_MAX: usize = 4_096;

/// Shared or exclusive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Strength {
    /// F_RDLCK, LOCK_SH
    Shared,
    /// F_WRLCK, LOCK_EX
    Exclusive,
}

impl Strength {
    pub(crate) fn conflicts(self, other: Strength) -> bool {
        self == Strength::Exclusive || other == Strength::Exclusive
    }
}

/// Who holds a record lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Holder {
    /// F_SETLK: the process, until it closes any descriptor of the file
    Process(Pid),
    /// F_OFD_SETLK: the open file description
    Description(Index<OpenFile>),
}

/// Bytes `start..end`; the last possible end stands for "to the end, however far it grows".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Range {
    /// The end of a lock that goes to the end of the file.
    pub(crate) const TO_THE_END: u64 = 1 << 63;

    fn overlaps(self, other: Range) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// A record lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RecordLock {
    pub(crate) node: Node,
    pub(crate) holder: Holder,
    pub(crate) range: Range,
    pub(crate) strength: Strength,
}

/// Every record lock, and which process waits for which.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordLocks {
    locks: Vec<RecordLock>,
    waits: Vec<(Pid, Pid)>,
}

impl RecordLocks {
    /// All of them, in the order in which they were set.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &RecordLock> {
        self.locks.iter()
    }
    /// The first lock of another holder that keeps this one from being set.
    pub(crate) fn conflict(&self, wanted: &RecordLock) -> Option<RecordLock> {
        let conflicts = |lock: &&RecordLock| {
            lock.node == wanted.node
                && lock.holder != wanted.holder
                && lock.range.overlaps(wanted.range)
                && lock.strength.conflicts(wanted.strength)
        };
        self.locks.iter().find(conflicts).copied()
    }

    /// Sets a lock in place of what its holder has in that range.
    ///
    /// # Errors
    /// ENOLCK at the limit.
    pub(crate) fn set(&mut self, wanted: RecordLock) -> Result<(), Errno> {
        // cutting a hole may add one
        if self.locks.len() + 2 > RECORDS_MAX {
            return Err(Errno::ENOLCK);
        }
        self.cut(wanted.node, wanted.holder, wanted.range);
        self.locks.push(wanted);
        Ok(())
    }

    /// Takes the holder's locks in that range away; what reaches beyond it stays.
    ///
    /// # Errors
    /// ENOLCK when a hole would need a lock more than there may be.
    pub(crate) fn clear(&mut self, node: Node, holder: Holder, range: Range) -> Result<(), Errno> {
        if self.locks.len() + 1 > RECORDS_MAX {
            return Err(Errno::ENOLCK);
        }
        self.cut(node, holder, range);
        Ok(())
    }

    fn cut(&mut self, node: Node, holder: Holder, range: Range) {
        let mut kept = Vec::with_capacity(self.locks.len());
        for lock in self.locks.drain(..) {
            if lock.node != node || lock.holder != holder || !lock.range.overlaps(range) {
                kept.push(lock);
                continue;
            }
            let before = Range { start: lock.range.start, end: range.start };
            let after = Range { start: range.end, end: lock.range.end };
            let rest = [before, after].into_iter().filter(|rest| rest.start < rest.end);
            kept.extend(rest.map(|range| RecordLock { range, ..lock }));
        }
        self.locks = kept;
    }

    /// Takes every lock of a holder on a file away; says whether there was one.
    pub(crate) fn release(&mut self, node: Node, holder: Holder) -> bool {
        let before = self.locks.len();
        self.locks.retain(|lock| lock.node != node || lock.holder != holder);
        self.locks.len() < before
    }

    /// Notes that a process waits for another one.
    ///
    /// # Errors
    /// EDEADLK when that one waits, over others perhaps, for the first.
    pub(crate) fn begin_wait(
        &mut self,
        waiter: Pid,
        holder: Pid,
        is_waiting: impl Fn(Pid) -> bool,
    ) -> Result<(), Errno> {
        self.end_wait(waiter);
        self.waits.retain(|(waiter, _)| is_waiting(*waiter));
        let mut at = holder;
        // no process stands twice in the list, so this ends
        for _ in 0..=self.waits.len() {
            if at == waiter {
                return Err(Errno::EDEADLK);
            }
            match self.waits.iter().find(|(from, _)| *from == at) {
                Some((_, next)) => at = *next,
                None => break,
            }
        }
        self.waits.push((waiter, holder));
        Ok(())
    }
    /// The process does not wait for a lock any more.
    pub(crate) fn end_wait(&mut self, waiter: Pid) {
        self.waits.retain(|(waits, _)| *waits != waiter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(pid: Pid, start: u64, end: u64, strength: Strength) -> RecordLock {
        let node = Node { mount: 0, number: 5 };
        RecordLock { node, holder: Holder::Process(pid), range: Range { start, end }, strength }
    }

    #[test]
    fn writers_exclude_and_readers_share() {
        let mut locks = RecordLocks::default();
        locks.set(lock(1, 0, 100, Strength::Shared)).unwrap();
        assert_eq!(locks.conflict(&lock(2, 50, 60, Strength::Shared)), None);
        let found = locks.conflict(&lock(2, 99, 200, Strength::Exclusive)).unwrap();
        assert_eq!(found.holder, Holder::Process(1));
        assert_eq!(locks.conflict(&lock(2, 100, 200, Strength::Exclusive)), None);
        assert_eq!(locks.conflict(&lock(1, 0, 100, Strength::Exclusive)), None);
    }

    #[test]
    fn unlocking_the_middle_leaves_both_ends() {
        let mut locks = RecordLocks::default();
        let whole = lock(1, 0, Range::TO_THE_END, Strength::Exclusive);
        locks.set(whole).unwrap();
        locks.clear(whole.node, whole.holder, Range { start: 10, end: 20 }).unwrap();
        let free = |start, end| locks.conflict(&lock(2, start, end, Strength::Shared)).is_none();
        assert!(free(10, 20) && !free(9, 10) && !free(20, 21) && !free(1 << 40, 1 << 41));
        assert!(locks.release(whole.node, whole.holder));
        assert!(locks.conflict(&lock(2, 0, 5, Strength::Exclusive)).is_none());
    }

    #[test]
    fn a_ring_of_waiters_is_a_deadlock() {
        let mut locks = RecordLocks::default();
        let all = |_| true;
        locks.begin_wait(1, 2, all).unwrap();
        locks.begin_wait(2, 3, all).unwrap();
        assert_eq!(locks.begin_wait(3, 1, all), Err(Errno::EDEADLK));
        // who was interrupted meanwhile does not count
        assert_eq!(locks.begin_wait(3, 1, |pid| pid != 1), Ok(()));
    }

    #[test]
    fn the_table_is_bounded() {
        let mut locks = RecordLocks::default();
        let mut made = 0;
        while locks.set(lock(1, made * 2, made * 2 + 1, Strength::Shared)).is_ok() {
            made += 1;
        }
        assert!(made as usize <= RECORDS_MAX);
    }
}
