//! futex: waiting for a word of memory to change; robust lists of threads that end with a lock in hand.
//!
//! A wait reads the word and sleeps in one step: nothing else runs in between. Key type: [`Futexes`]. futex(2),
//! get_robust_list(2), Documentation/locking/robust-futex-ABI.rst of Linux.
use super::call::{Call, CallError, CallResult};
use crate::{
    errno::Errno,
    kernel::{Core, Kernel},
    mm::Backing,
    task::{
        Tid,
        waiting::{Restart, WaitKey},
    },
    vfs::Capability,
};
use alloc::{collections::BTreeMap, vec};

const PRIVATE: u32 = 0x80;
const CLOCK_REALTIME: u32 = 0x100;

/// Operations, without the two bits above.
mod operation {
    pub(super) const WAIT: u32 = 0;
    pub(super) const WAKE: u32 = 1;
    pub(super) const REQUEUE: u32 = 3;
    pub(super) const COMPARE_REQUEUE: u32 = 4;
    pub(super) const WAKE_OP: u32 = 5;
    pub(super) const LOCK_PI: u32 = 6;
    pub(super) const UNLOCK_PI: u32 = 7;
    pub(super) const TRY_LOCK_PI: u32 = 8;
    pub(super) const WAIT_BITS: u32 = 9;
    pub(super) const WAKE_BITS: u32 = 10;
}

/// The word of a lock: its owner, that somebody waits, that the owner ended.
const OWNER: u32 = 0x3fff_ffff;
const OWNER_DIED: u32 = 0x4000_0000;
const WAITERS: u32 = 0x8000_0000;

/// Entries of a robust list that are looked at (ROBUST_LIST_LIMIT).
const ROBUST_MAX: usize = 2048;

/// Progress of a wait: asleep or woken, and the bits that it sleeps for in the upper half.
const ASLEEP: u64 = 1;
const WOKEN: u64 = 2;
const STATE: u64 = 3;

/// Sleepers that were moved to another word, with where they sleep now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Futexes {
    moved: BTreeMap<Tid, WaitKey>,
}

pub(super) fn futex(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    operate(call, width)
}
pub(super) fn futex_time64(call: &mut Call<'_>) -> CallResult {
    operate(call, 8)
}

fn operate(call: &mut Call<'_>, width: usize) -> CallResult {
    let (address, asked, value) = (call.word(0), call.unsigned(1), call.unsigned(2));
    if address & 3 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let key = key(call, address, asked)?;
    match asked & !(PRIVATE | CLOCK_REALTIME) {
        operation::WAIT => wait(call, key, u32::MAX, width),
        operation::WAIT_BITS => wait(call, key, call.unsigned(5), width),
        operation::WAKE => Ok(call.core().wake_futex(key, value, u32::MAX)),
        operation::WAKE_BITS => match call.unsigned(5) {
            0 => Err(Errno::EINVAL.into()),
            bits => Ok(call.core().wake_futex(key, value, bits)),
        },
        operation::REQUEUE => requeue(call, key),
        operation::COMPARE_REQUEUE if call.read_u32(address)? != call.unsigned(5) => {
            Err(Errno::EAGAIN.into())
        }
        operation::COMPARE_REQUEUE => requeue(call, key),
        operation::WAKE_OP => wake_and_change(call, key),
        operation::LOCK_PI => lock(call, key, Some(width)),
        operation::TRY_LOCK_PI => lock(call, key, None),
        operation::UNLOCK_PI => unlock(call, key),
        _ => Err(Errno::ENOSYS.into()),
    }
}

/// What names a word: the address space and its address, or the shared pages and the place in them.
fn key(call: &Call<'_>, address: u64, asked: u32) -> Result<WaitKey, Errno> {
    let task = call.kernel.core.task(call.tid)?;
    if asked & PRIVATE != 0 {
        Ok(WaitKey::Futex(task.space, address))
    } else {
        call.kernel.core.futex_key(call.tid, address)
    }
}

fn wait(call: &mut Call<'_>, key: WaitKey, bits: u32, width: usize) -> CallResult {
    let asked = call.unsigned(1);
    if bits == 0 {
        return Err(Errno::EINVAL.into());
    }
    let tid = call.tid;
    match call.progress & STATE {
        WOKEN => {
            call.core().futexes.moved.remove(&tid);
            return Ok(0);
        }
        ASLEEP if call.timed_out() => {
            call.core().futexes.moved.remove(&tid);
            return Err(Errno::ETIMEDOUT.into());
        }
        ASLEEP => {}
        _ => {
            if call.read_u32(call.word(0))? != call.unsigned(2) {
                return Err(Errno::EAGAIN.into());
            }
            let absolute = asked & !(PRIVATE | CLOCK_REALTIME) == operation::WAIT_BITS;
            set_deadline(call, absolute, asked & CLOCK_REALTIME != 0, width)?;
            call.core().futexes.moved.remove(&tid);
            call.progress = ASLEEP | u64::from(bits) << 32;
        }
    }
    // it may have been moved while it slept
    let key = call.core().futexes.moved.get(&tid).copied().unwrap_or(key);
    Err(call.wait(vec![key], Restart::FromStart))
}

/// The fourth argument: relative for a plain wait, a moment of one of two clocks for the others.
fn set_deadline(call: &mut Call<'_>, absolute: bool, wall: bool, width: usize) -> Result<(), Errno> {
    let timeout = super::time::timespec(call, call.word(3), width)?;
    let relative = timeout.map(|ns| match (absolute, wall) {
        (false, _) => ns,
        (true, true) => ns.saturating_sub(u64::try_from(call.kernel.core.wall_ns()).unwrap_or(0)),
        (true, false) => ns.saturating_sub(call.kernel.core.uptime_ns()),
    });
    call.give_up_after(relative);
    Ok(())
}

/// Wakes some and moves others to a second word.
fn requeue(call: &mut Call<'_>, from: WaitKey) -> CallResult {
    let to = key(call, call.word(4), call.unsigned(1))?;
    let (wake, most) = (call.int(2), call.int(3));
    let (wake, most) = u32::try_from(wake).ok().zip(u32::try_from(most).ok()).ok_or(Errno::EINVAL)?;
    let core = call.core();
    let woken = core.wake_futex(from, wake, u32::MAX);
    let mut moved = 0;
    for tid in core.sleepers(from, u32::MAX).take(most as usize).collect::<alloc::vec::Vec<_>>() {
        core.waits.remove(&(from, tid));
        core.waits.insert((to, tid));
        core.futexes.moved.insert(tid, to);
        if let Some(waiting) = core.tasks.get_mut(&tid).and_then(|task| task.waiting.as_mut()) {
            waiting.keys = vec![to];
            moved += 1;
        }
    }
    Ok(woken + moved)
}

/// FUTEX_WAKE_OP: changes the second word, wakes at the first, and at the second if its old value was so.
fn wake_and_change(call: &mut Call<'_>, first: WaitKey) -> CallResult {
    let (address, code) = (call.word(4), call.unsigned(5));
    if address & 3 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let second = key(call, address, call.unsigned(1))?;
    let signed = |bits: u32| (((bits & 0xfff) << 20) as i32 >> 20) as u32;
    let (change, compare) = (code >> 28 & 0xf, code >> 24 & 0xf);
    let operand = signed(code >> 12);
    let operand = if change & 8 != 0 { 1u32.checked_shl(operand & 31).unwrap_or(0) } else { operand };
    let before = call.read_u32(address)?;
    let after = match change & 7 {
        0 => operand,
        1 => before.wrapping_add(operand),
        2 => before | operand,
        3 => before & !operand,
        4 => before ^ operand,
        _ => return Err(Errno::ENOSYS.into()),
    };
    call.write_u32(address, after)?;
    let (old, against) = (before as i32, signed(code) as i32);
    let fits = match compare {
        0 => old == against,
        1 => old != against,
        2 => old < against,
        3 => old <= against,
        4 => old > against,
        5 => old >= against,
        _ => return Err(Errno::ENOSYS.into()),
    };
    let (most, most_second) = (call.unsigned(2), if fits { call.unsigned(3) } else { 0 });
    let woken = call.core().wake_futex(first, most, u32::MAX);
    let more = call.core().wake_futex(second, most_second, u32::MAX);
    Ok(woken + more)
}

/// FUTEX_LOCK_PI without the priorities, of which there is one; `width` is `None` for the try.
fn lock(call: &mut Call<'_>, key: WaitKey, width: Option<usize>) -> CallResult {
    let (address, tid) = (call.word(0), call.tid);
    if call.progress & STATE == WOKEN {
        return Ok(0);
    }
    let word = call.read_u32(address)?;
    match word & OWNER {
        0 => {
            call.write_u32(address, word & (WAITERS | OWNER_DIED) | tid)?;
            return Ok(0);
        }
        owner if owner == tid => return Err(Errno::EDEADLK.into()),
        owner if call.kernel.core.task(owner).is_err() && word & OWNER_DIED == 0 => {
            return Err(Errno::ESRCH.into());
        }
        _ => {}
    }
    let Some(width) = width else { return Err(Errno::EAGAIN.into()) };
    if call.progress & STATE == ASLEEP && call.timed_out() {
        return Err(Errno::ETIMEDOUT.into());
    }
    if call.progress & STATE != ASLEEP {
        set_deadline(call, true, true, width)?;
        call.write_u32(address, word | WAITERS)?;
        call.progress = ASLEEP | u64::from(u32::MAX) << 32;
    }
    Err(call.wait(vec![key], Restart::FromStart))
}

/// Hands the lock to the next one who waits.
fn unlock(call: &mut Call<'_>, key: WaitKey) -> CallResult {
    let (address, tid) = (call.word(0), call.tid);
    if call.read_u32(address)? & OWNER != tid {
        return Err(Errno::EPERM.into());
    }
    let mut sleepers = call.kernel.core.sleepers(key, u32::MAX);
    let (next, more) = (sleepers.next(), sleepers.next().is_some());
    drop(sleepers);
    let word = next.map_or(0, |next| next | if more { WAITERS } else { 0 });
    call.write_u32(address, word)?;
    call.core().wake_futex(key, 1, u32::MAX);
    Ok(0)
}

impl Core {
    /// The key of a word that other processes may share.
    pub(crate) fn futex_key(&self, tid: Tid, address: u64) -> Result<WaitKey, Errno> {
        let space = self.task(tid)?.space;
        let region = self.spaces.get(space).and_then(|space| space.memory.region_at(address));
        Ok(match region.map(|region| (&region.backing, region.start)) {
            Some((Backing::Shared { pages, offset }, start)) => {
                WaitKey::SharedFutex(pages.identity(), offset + (address - start))
            }
            _ => WaitKey::Futex(space, address),
        })
    }

    /// Tasks asleep at a word for one of those bits.
    fn sleepers(&self, key: WaitKey, bits: u32) -> impl Iterator<Item = Tid> {
        self.waits.range((key, 0)..=(key, Tid::MAX)).map(|(_, tid)| *tid).filter(move |tid| {
            let waiting = self.tasks.get(tid).and_then(|task| task.waiting.as_ref());
            waiting.is_some_and(|waiting| {
                waiting.progress & STATE == ASLEEP && (waiting.progress >> 32) as u32 & bits != 0
            })
        })
    }

    /// Wakes at most `count` tasks that sleep at a word for one of those bits; gives how many.
    pub(crate) fn wake_futex(&mut self, key: WaitKey, count: u32, bits: u32) -> u64 {
        let chosen: alloc::vec::Vec<Tid> = self.sleepers(key, bits).take(count as usize).collect();
        for tid in &chosen {
            if let Some(waiting) = self.tasks.get_mut(tid).and_then(|task| task.waiting.as_mut()) {
                waiting.progress = WOKEN;
                self.enqueue(*tid);
            }
        }
        chosen.len() as u64
    }
}

pub(super) fn set_robust_list(call: &mut Call<'_>) -> CallResult {
    if call.word(1) != 3 * call.abi().word_bytes as u64 {
        return Err(Errno::EINVAL.into());
    }
    call.task()?.robust_list = call.word(0);
    Ok(0)
}
pub(super) fn get_robust_list(call: &mut Call<'_>) -> CallResult {
    let tid = if call.unsigned(0) == 0 { call.tid } else { call.unsigned(0) };
    let (pid, target) = (call.pid, call.kernel.core.task(tid)?);
    if target.pid != pid && !call.process()?.identity.can(Capability::SYS_PTRACE) {
        return Err(Errno::EPERM.into());
    }
    let head = call.kernel.core.task(tid)?.robust_list;
    let mut record = call.record();
    record.word(head);
    call.write(call.word(1), record.as_bytes())?;
    let mut record = call.record();
    record.word(3 * call.abi().word_bytes as u64);
    call.write(call.word(2), record.as_bytes())?;
    Ok(0)
}

impl Kernel {
    /// A thread ends or executes another program: locks that it holds are marked, who waits for one is woken.
    pub(crate) fn release_robust_list(&mut self, tid: Tid) {
        let Ok(task) = self.core.task_mut(tid) else { return };
        let head = core::mem::take(&mut task.robust_list);
        self.core.futexes.moved.remove(&tid);
        if head != 0 {
            // what cannot be read ends the walk
            let _ = self.walk_robust_list(tid, head);
        }
    }

    fn walk_robust_list(&mut self, tid: Tid, head: u64) -> Result<(), CallError> {
        let (word, most) = (self.core.abi.word_bytes as u64, self.core.abi.word_max());
        // the offset is a signed long: where it has 32 bits, so has the sum
        let lock_of = |entry: u64, offset: u64| entry.wrapping_add(offset) & most;
        let offset = self.core.read_long(tid, head.wrapping_add(word))?;
        let pending = self.core.read_long(tid, head.wrapping_add(2 * word))?;
        let mut entry = self.core.read_long(tid, head)?;
        for _ in 0..ROBUST_MAX {
            // the lowest bit marks a lock with priority inheritance
            let at = entry & !1;
            if at == head & !1 {
                break;
            }
            let next = self.core.read_long(tid, at)?;
            if at != pending & !1 {
                self.core.mark_owner_died(tid, lock_of(at, offset))?;
            }
            entry = next;
        }
        if pending & !1 != 0 {
            self.core.mark_owner_died(tid, lock_of(pending & !1, offset))?;
        }
        Ok(())
    }
}

impl Core {
    fn read_long(&mut self, tid: Tid, address: u64) -> Result<u64, CallError> {
        let abi = self.abi;
        let mut bytes = vec![0; abi.word_bytes];
        self.space_of_mut(tid)?.memory.read(address, &mut bytes)?;
        Ok(crate::record::View::new(abi, &bytes).word(0).ok_or(Errno::EFAULT)?)
    }

    fn mark_owner_died(&mut self, tid: Tid, address: u64) -> Result<(), CallError> {
        if address & 3 != 0 {
            return Ok(());
        }
        let endian = self.abi.endian;
        let mut bytes = [0; 4];
        self.space_of_mut(tid)?.memory.read(address, &mut bytes)?;
        let word = endian.read_u32(bytes);
        if word & OWNER != tid {
            return Ok(());
        }
        let marked = endian.u32(word & WAITERS | OWNER_DIED);
        self.space_of_mut(tid)?.memory.write(address, &marked)?;
        if word & WAITERS != 0 {
            let shared = self.futex_key(tid, address)?;
            let private = WaitKey::Futex(self.task(tid)?.space, address);
            // whoever waits named the word in one of two ways
            if self.wake_futex(shared, 1, u32::MAX) == 0 && shared != private {
                self.wake_futex(private, 1, u32::MAX);
            }
        }
        Ok(())
    }
}
