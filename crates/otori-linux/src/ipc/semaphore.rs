//! Semaphore sets. Key types: [`Set`], [`Operation`], [`Undo`]. semget(2), semop(2).
use super::Objects;
use crate::{config::Pid, errno::Errno, task::Tid};
use alloc::{collections::BTreeMap, vec, vec::Vec};

/// Semaphores of one set (SEMMSL).
pub(crate) const SET_MAX: usize = 250;
/// Operations of one call (SEMOPM).
pub(crate) const OPERATIONS_MAX: usize = 32;
/// Largest value (SEMVMX).
pub(crate) const VALUE_MAX: i32 = 32_767;
/// Adjustments that one process keeps for its end (SEMUME).
const UNDO_MAX: usize = 250;
/// SEM_UNDO
const UNDO: u16 = 0x1000;

/// One semaphore.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Semaphore {
    pub(crate) value: i32,
    /// who changed it last
    pub(crate) pid: Pid,
}

/// One set.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    pub(crate) semaphores: Vec<Semaphore>,
    /// seconds since 1970
    pub(crate) operation_time: u64,
    pub(crate) change_time: u64,
    /// who waits for which semaphore, for GETNCNT and GETZCNT
    waiting: BTreeMap<Tid, (u16, For)>,
}

/// What a waiter waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum For {
    Increase,
    Zero,
}

/// `struct sembuf`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Operation {
    pub(crate) number: u16,
    pub(crate) change: i16,
    pub(crate) flags: u16,
}

impl Operation {
    fn undoes(&self) -> bool {
        self.flags & UNDO != 0
    }
}

/// Why operations were not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    Errno(Errno),
    /// this one cannot be done now
    Wait(Operation),
}

impl Set {
    pub(crate) fn new(count: usize, now: u64) -> Set {
        Set {
            semaphores: vec![Semaphore::default(); count],
            operation_time: 0,
            change_time: now,
            waiting: BTreeMap::new(),
        }
    }
    /// Does all operations or none.
    pub(crate) fn operate(&mut self, operations: &[Operation], pid: Pid) -> Result<(), Refusal> {
        let mut after = self.semaphores.clone();
        for operation in operations {
            let slot = after.get_mut(usize::from(operation.number)).ok_or(Refusal::Errno(Errno::EFBIG))?;
            let value = slot.value + i32::from(operation.change);
            match operation.change {
                0 if slot.value != 0 => return Err(Refusal::Wait(*operation)),
                _ if value < 0 => return Err(Refusal::Wait(*operation)),
                _ if value > VALUE_MAX => return Err(Refusal::Errno(Errno::ERANGE)),
                _ => *slot = Semaphore { value, pid },
            }
        }
        self.semaphores = after;
        Ok(())
    }
    pub(crate) fn begin_wait(&mut self, tid: Tid, operation: Operation) {
        let reason = if operation.change == 0 { For::Zero } else { For::Increase };
        self.waiting.insert(tid, (operation.number, reason));
    }
    pub(crate) fn end_wait(&mut self, tid: Tid) {
        self.waiting.remove(&tid);
    }
    /// How many tasks wait for that; `is_waiting` leaves those out that were interrupted.
    pub(crate) fn waiters(&self, number: u16, reason: For, is_waiting: impl Fn(Tid) -> bool) -> u64 {
        let counted = |(tid, waits): &(&Tid, &(u16, For))| **waits == (number, reason) && is_waiting(**tid);
        self.waiting.iter().filter(counted).count() as u64
    }
}

/// What SEM_UNDO adds back when a process ends, by process, set and semaphore.
#[derive(Clone, Debug, Default)]
pub(crate) struct Undo {
    adjustments: BTreeMap<(Pid, u32, u16), i32>,
}

impl Undo {
    /// Notes the operations that are to be undone.
    ///
    /// # Errors
    /// ENOSPC when the process keeps too many.
    pub(crate) fn note(&mut self, pid: Pid, id: u32, operations: &[Operation]) -> Result<(), Errno> {
        let kept = self.adjustments.range((pid, 0, 0)..=(pid, u32::MAX, u16::MAX)).count();
        let undone = || operations.iter().filter(|operation| operation.undoes() && operation.change != 0);
        if kept + undone().count() > UNDO_MAX {
            return Err(Errno::ENOSPC);
        }
        for operation in undone() {
            let slot = self.adjustments.entry((pid, id, operation.number)).or_insert(0);
            *slot = slot.saturating_sub(i32::from(operation.change));
        }
        Ok(())
    }
    /// The set is gone, or one value of it was set (SETVAL): nothing to add back there.
    pub(crate) fn forget(&mut self, id: u32, number: Option<u16>) {
        self.adjustments
            .retain(|(_, set, place), _| *set != id || number.is_some_and(|number| number != *place));
    }
    /// The process has ended: its adjustments act. Says whether anything changed.
    pub(crate) fn act(&mut self, pid: Pid, sets: &mut Objects<Set>) -> bool {
        let mut any = false;
        self.adjustments.retain(|(owner, id, number), adjustment| {
            if *owner != pid {
                return true;
            }
            if let Ok((_, set)) = sets.get_mut(*id)
                && let Some(semaphore) = set.semaphores.get_mut(usize::from(*number))
            {
                let value = (semaphore.value + *adjustment).clamp(0, VALUE_MAX);
                *semaphore = Semaphore { value, pid };
                any = true;
            }
            false
        });
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ipc::Asked, vfs::Credentials};

    fn operation(number: u16, change: i16) -> Operation {
        Operation { number, change, flags: UNDO }
    }

    #[test]
    fn all_operations_are_done_or_none() {
        let mut set = Set::new(2, 0);
        set.operate(&[operation(0, 3)], 1).unwrap();
        let both = [operation(0, -1), operation(1, -1)];
        assert_eq!(set.operate(&both, 1), Err(Refusal::Wait(both[1])));
        assert_eq!(set.semaphores[0].value, 3);
        assert_eq!(set.operate(&[operation(2, 1)], 1), Err(Refusal::Errno(Errno::EFBIG)));
        let zero = operation(0, 0);
        assert_eq!(set.operate(&[zero], 1), Err(Refusal::Wait(zero)));
        set.begin_wait(9, zero);
        assert_eq!((set.waiters(0, For::Zero, |_| true), set.waiters(0, For::Increase, |_| true)), (1, 0));
        let most = [operation(0, 32_767)];
        assert_eq!(set.operate(&most, 1), Err(Refusal::Errno(Errno::ERANGE)));
    }

    #[test]
    fn the_end_of_a_process_gives_back_what_it_took() {
        let mut sets: Objects<Set> = Objects::default();
        let asked = Asked { key: 0, flags: 0o600, credentials: &Credentials::ROOT };
        let id = sets.get_or_make(asked, |_| Ok(()), || Ok(Set::new(1, 0))).unwrap();
        let mut undo = Undo::default();
        let (give, take) = ([Operation { flags: 0, ..operation(0, 5) }], [operation(0, -2)]);
        for (pid, operations) in [(1, &give), (2, &take)] {
            sets.get_mut(id).unwrap().1.operate(operations, pid).unwrap();
            undo.note(pid, id, operations).unwrap();
        }
        assert!(!undo.act(1, &mut sets));
        assert!(undo.act(2, &mut sets));
        assert_eq!(sets.get(id).unwrap().1.semaphores[0].value, 5);
    }

    #[test]
    fn adjustments_are_bounded() {
        let mut undo = Undo::default();
        let noted = (0..1000).take_while(|number| undo.note(1, 0, &[operation(*number, 1)]).is_ok()).count();
        assert!(noted <= UNDO_MAX);
    }
}
