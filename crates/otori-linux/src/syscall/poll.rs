//! Waiting for several descriptors: poll, select, epoll.
//!
//! Readiness is asked of every file, then the task waits for the keys of all of them. poll(2), select(2), epoll(7).
use super::{
    Argument, Row,
    call::{Call, CallError, CallResult},
    file::readiness,
    time::timespec,
};
use crate::{
    abi::Numbering,
    arch::{Abi, Column, Members},
    arena::Index,
    errno::Errno,
    file::{
        FileKind, OpenFile,
        epoll::{EDGE, Epoll},
        flag,
    },
    kernel::{Core, Kernel},
    poll::PollMask,
    record::View,
    task::{
        Tid,
        waiting::{Restart, WaitKey},
    },
};
use alloc::{boxed::Box, collections::BTreeSet, vec, vec::Vec};

/// Entries of one poll.
const POLLED_MAX: usize = 4096;
/// Bits of one fd_set.
const SELECTED_MAX: usize = 1024;

/// Waits for any of those descriptors, or until the call gives up.
fn wait_for(call: &mut Call<'_>, numbers: &[i32]) -> CallError {
    let mut keys: Vec<WaitKey> = Vec::new();
    let mut earliest = call.deadline_ns;
    for number in numbers {
        let Ok(index) = call.kernel.file_index(call.tid, *number) else { continue };
        keys.extend(call.kernel.core.wait_keys(index));
        earliest = [earliest, call.kernel.core.ready_at(index)].into_iter().flatten().min();
    }
    keys.sort_unstable();
    keys.dedup();
    let CallError::Block(mut block) = call.wait(keys, Restart::Never) else { return CallError::Settled };
    block.deadline_ns = earliest;
    CallError::Block(block)
}

/// A timeout of nothing never waits; its deadline is kept apart from the one of a timer that gets ready.
fn expired(call: &Call<'_>) -> bool {
    let end = call.progress;
    end != 0 && call.kernel.core.now_ns >= end - 1
}
/// Keeps when the call gives up in its progress: one more than the moment, 0 for never.
fn set_timeout(call: &mut Call<'_>, timeout_ns: Option<u64>) {
    if !call.resumed {
        let now_ns = call.kernel.core.now_ns;
        call.progress = timeout_ns.map_or(0, |timeout| now_ns.saturating_add(timeout).saturating_add(1));
    }
    call.deadline_ns = call.progress.checked_sub(1);
}

pub(super) fn poll(call: &mut Call<'_>) -> CallResult {
    let timeout = u64::try_from(call.int(2)).ok().map(|ms| ms * 1_000_000);
    poll_with(call, timeout)
}
pub(super) fn ppoll(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    ppoll_with(call, width)
}
pub(super) fn ppoll_time64(call: &mut Call<'_>) -> CallResult {
    ppoll_with(call, 8)
}
fn ppoll_with(call: &mut Call<'_>, width: usize) -> CallResult {
    let timeout = timespec(call, call.word(2), width)?;
    if call.word(3) != 0 {
        let size = usize::try_from(call.word(4)).unwrap_or(usize::MAX);
        if size != call.abi().signal_set_bytes {
            return Err(Errno::EINVAL.into());
        }
        call.mask_for_now(call.word(3), size)?;
    }
    poll_with(call, timeout)
}

fn poll_with(call: &mut Call<'_>, timeout_ns: Option<u64>) -> CallResult {
    let (address, count) = (call.word(0), usize::try_from(call.word(1)).unwrap_or(usize::MAX));
    if count > POLLED_MAX {
        return Err(Errno::EINVAL.into());
    }
    set_timeout(call, timeout_ns);
    let bytes = call.read_bytes(address, count * 8)?;
    let view = View::new(call.abi(), &bytes);
    let mut numbers = Vec::new();
    let mut found = 0;
    let mut record = call.record();
    for place in (0..bytes.len()).step_by(8) {
        let number = view.u32(place).unwrap_or(0) as i32;
        let events = view.u16(place + 4).unwrap_or(0);
        let wanted = PollMask(events) | PollMask::ERR | PollMask::HUP | PollMask::NVAL;
        let mask = if number < 0 { PollMask::NONE } else { polled(call, number) };
        let ready = mask & wanted;
        found += u64::from(ready != PollMask::NONE);
        numbers.push(number);
        record.u32(number as u32).u16(events).u16(ready.0);
    }
    if found > 0 || expired(call) {
        call.write(address, record.as_bytes())?;
        return Ok(found);
    }
    Err(wait_for(call, &numbers))
}

/// Readiness in the numbers of poll(2): on MIPS POLLWRNORM is POLLOUT, and POLLWRBAND stands where it is elsewhere.
fn polled(call: &mut Call<'_>, number: i32) -> PollMask {
    let mask = readiness(call, number).with_normal();
    if call.abi().numbering == Numbering::Generic {
        return mask;
    }
    let band = mask.intersects(PollMask::WRBAND);
    PollMask(mask.0 & !(PollMask::WRNORM.0 | PollMask::WRBAND.0)).with(PollMask::WRNORM, band)
}

pub(super) fn select(call: &mut Call<'_>) -> CallResult {
    let timeout = match call.word(4) {
        0 => None,
        address => {
            let width = call.abi().word_bytes as u64;
            let (seconds, micros) = (call.read_word(address)?, call.read_word(address + width)?);
            if seconds > i64::from(i32::MAX) as u64 {
                return Err(Errno::EINVAL.into());
            }
            Some(seconds.saturating_mul(1_000_000_000).saturating_add(micros.saturating_mul(1000)))
        }
    };
    set_timeout(call, timeout);
    let result = select_with(call)?;
    if call.word(4) != 0 {
        let left = call.progress.saturating_sub(1).saturating_sub(call.kernel.core.now_ns);
        let mut record = call.record();
        record.word(left / 1_000_000_000).word(left % 1_000_000_000 / 1000);
        call.write(call.word(4), record.as_bytes())?;
    }
    Ok(result)
}
pub(super) fn pselect6(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    pselect_with(call, width)
}
pub(super) fn pselect6_time64(call: &mut Call<'_>) -> CallResult {
    pselect_with(call, 8)
}
/// The last argument points at a pair of set and size.
fn pselect_with(call: &mut Call<'_>, width: usize) -> CallResult {
    let timeout = timespec(call, call.word(4), width)?;
    if call.word(5) != 0 {
        let word = call.abi().word_bytes as u64;
        let (set, size) = (call.read_word(call.word(5))?, call.read_word(call.word(5) + word)?);
        if set != 0 {
            if size != call.abi().signal_set_bytes as u64 {
                return Err(Errno::EINVAL.into());
            }
            call.mask_for_now(set, size as usize)?;
        }
    }
    set_timeout(call, timeout);
    select_with(call)
}

/// Is that descriptor's bit set? Sets are arrays of `long`.
fn bit(view: &View<'_>, word_bytes: usize, number: usize) -> bool {
    let word = view.word(number / (word_bytes * 8) * word_bytes).unwrap_or(0);
    word >> (number % (word_bytes * 8)) & 1 != 0
}

fn select_with(call: &mut Call<'_>) -> CallResult {
    let count = usize::try_from(call.int(0)).map_err(|_| Errno::EINVAL)?.min(SELECTED_MAX);
    let word_bytes = call.abi().word_bytes;
    let length = count.div_ceil(word_bytes * 8) * word_bytes;
    let wanted = [PollMask::IN | PollMask::HUP | PollMask::ERR, PollMask::OUT | PollMask::ERR, PollMask::PRI];
    let mut numbers = Vec::new();
    let mut found = 0;
    let mut results: [Option<Vec<u64>>; 3] = [None, None, None];
    for (index, (mask, result)) in wanted.into_iter().zip(&mut results).enumerate() {
        let address = call.word(1 + index);
        if address == 0 {
            continue;
        }
        let bytes = call.read_bytes(address, length)?;
        let view = View::new(call.abi(), &bytes);
        let mut words = vec![0u64; length / word_bytes];
        for number in (0..count).filter(|number| bit(&view, word_bytes, *number)) {
            let ready = readiness(call, number as i32);
            if ready == PollMask::NVAL {
                return Err(Errno::EBADF.into());
            }
            numbers.push(number as i32);
            if ready.intersects(mask) {
                found += 1;
                if let Some(word) = words.get_mut(number / (word_bytes * 8)) {
                    *word |= 1 << (number % (word_bytes * 8));
                }
            }
        }
        *result = Some(words);
    }
    if found == 0 && !expired(call) {
        return Err(wait_for(call, &numbers));
    }
    for (index, words) in results.into_iter().enumerate() {
        let Some(words) = words else { continue };
        let mut record = call.record();
        words.iter().for_each(|word| _ = record.word(*word));
        call.write(call.word(1 + index), record.as_bytes())?;
    }
    Ok(found)
}

/// Bytes between the members of `struct epoll_event`: none where 64 bits stand at any word, and on x86-64, which
/// follows i386.
fn event_gap(abi: &Abi) -> usize {
    if abi.members != Members::Natural || abi.column == Column::X86_64 { 0 } else { 4 }
}

pub(super) fn epoll_create(call: &mut Call<'_>) -> CallResult {
    if call.int(0) <= 0 {
        return Err(Errno::EINVAL.into());
    }
    make_epoll(call, 0)
}
pub(super) fn epoll_create1(call: &mut Call<'_>) -> CallResult {
    let flags = call.abi().open_from_guest(call.unsigned(0));
    if flags & !flag::CLOSE_ON_EXEC != 0 {
        return Err(Errno::EINVAL.into());
    }
    make_epoll(call, flags)
}
fn make_epoll(call: &mut Call<'_>, flags: u32) -> CallResult {
    let tid = call.tid;
    Ok(call.kernel.install_new(tid, FileKind::Epoll(Box::default()), flag::READ_WRITE | flags)?)
}
fn epoll<'a>(call: &'a mut Call<'_>, index: Index<OpenFile>) -> Result<&'a mut Epoll, Errno> {
    match &mut call.core().files.get_mut(index).ok_or(Errno::EBADF)?.kind {
        FileKind::Epoll(epoll) => Ok(epoll),
        _ => Err(Errno::EINVAL),
    }
}
pub(super) fn epoll_ctl(call: &mut Call<'_>) -> CallResult {
    let (index, number) = (call.file_index(0)?, call.int(2));
    let watched = call.file_index(2)?;
    if index == watched {
        return Err(Errno::EINVAL.into());
    }
    let limit = call.kernel.core.config.limits.watches;
    epoll(call, index)?;
    let kind = &call.kernel.core.files.get(watched).ok_or(Errno::EBADF)?.kind;
    let null = matches!(kind, FileKind::Device(device) if !device.can_wait());
    let pollable = !null && !matches!(kind, FileKind::Node);
    let (events, data) = if call.unsigned(1) == 2 {
        (0, 0)
    } else {
        let bytes = call.read_bytes(call.word(3), 4 + event_gap(call.abi()) + 8)?;
        let view = View::new(call.abi(), &bytes);
        (view.u32(0).unwrap_or(0), view.u64(4 + event_gap(call.abi())).unwrap_or(0))
    };
    let key = (number, watched);
    match call.unsigned(1) {
        1 if !pollable => return Err(Errno::EPERM.into()),
        1 if call.kernel.core.watches_itself(index, watched) => return Err(Errno::ELOOP.into()),
        1 => {
            epoll(call, index)?.add(key, events, data, limit)?;
            call.core().files.get_mut(watched).ok_or(Errno::EBADF)?.watched = true;
        }
        2 => epoll(call, index)?.remove(key)?,
        3 => epoll(call, index)?.change(key, events, data)?,
        _ => return Err(Errno::EINVAL.into()),
    }
    if events & EDGE != 0 {
        call.core().has_edges = true;
        if let Some(file) = call.core().files.get_mut(watched) {
            file.edge_watcher = Some(index);
        }
    }
    call.core().wake(WaitKey::File(index));
    Ok(0)
}
impl Kernel {
    /// After a call on a file that is watched edge-triggered: how far it is ready now.
    pub(super) fn observe_edges(&mut self, tid: Tid, row: &Row, arguments: &[u64; 8]) {
        if !self.core.has_edges {
            return;
        }
        let [first, second, ..] = *arguments;
        let number = match row.arguments.first() {
            Some(Argument::Descriptor) => first as i32,
            // the descriptor is the first of the arguments in memory
            _ if row.name == "socketcall" => {
                let bytes =
                    self.core.space_of(tid).map(|space| space.memory.peek(second, 4)).unwrap_or_default();
                View::new(self.core.abi, &bytes).u32(0).unwrap_or(u32::MAX) as i32
            }
            _ => return,
        };
        let Ok(index) = self.file_index(tid, number) else { return };
        let Some(watcher) = self.core.files.get(index).and_then(|file| file.edge_watcher) else { return };
        let ready = self.readiness(index);
        if let Some(OpenFile { kind: FileKind::Epoll(epoll), .. }) = self.core.files.get_mut(watcher) {
            epoll.observe(index, ready);
        }
    }
}

impl Core {
    /// Would `instance` watch itself, through what `watched` watches, or be nested too deep?
    fn watches_itself(&self, instance: Index<OpenFile>, watched: Index<OpenFile>) -> bool {
        /// EP_MAX_NESTS
        const NESTS_MAX: usize = 4;
        let mut level = BTreeSet::from([watched]);
        for _ in 0..NESTS_MAX {
            if level.contains(&instance) {
                return true;
            }
            let inside = |index: &Index<OpenFile>| match &self.files.get(*index)?.kind {
                FileKind::Epoll(epoll) => Some(epoll.files()),
                _ => None,
            };
            level = level.iter().filter_map(inside).flatten().collect();
        }
        !level.is_empty()
    }
}

pub(super) fn epoll_wait(call: &mut Call<'_>) -> CallResult {
    set_timeout(call, u64::try_from(call.int(3)).ok().map(|ms| ms * 1_000_000));
    epoll_collect(call)
}
fn epoll_collect(call: &mut Call<'_>) -> CallResult {
    let (index, room) = (call.file_index(0)?, call.int(2));
    let room = usize::try_from(room).ok().filter(|room| *room > 0).ok_or(Errno::EINVAL)?;
    let mut instance = core::mem::take(epoll(call, index)?);
    let ready = instance.collect(room.min(SELECTED_MAX), |watched| call.kernel.stirred_readiness(watched));
    *epoll(call, index)? = instance;
    if ready.is_empty() && !expired(call) {
        let number = call.int(0);
        let mut error = wait_for(call, &[number]);
        if let CallError::Block(block) = &mut error {
            block.keys.push(WaitKey::File(index));
        }
        return Err(error);
    }
    let mut record = call.record();
    for (events, data) in &ready {
        record.u32(*events).zeros(event_gap(call.abi())).u64(*data);
    }
    call.write(call.word(1), record.as_bytes())?;
    Ok(ready.len() as u64)
}
pub(super) fn epoll_pwait(call: &mut Call<'_>) -> CallResult {
    epoll_mask(call)?;
    epoll_wait(call)
}
/// The timeout is a 64-bit `struct timespec` on every architecture.
pub(super) fn epoll_pwait2(call: &mut Call<'_>) -> CallResult {
    let timeout = super::time::timespec(call, call.word(3), 8)?;
    epoll_mask(call)?;
    set_timeout(call, timeout);
    epoll_collect(call)
}
fn epoll_mask(call: &mut Call<'_>) -> Result<(), Errno> {
    if call.word(4) != 0 {
        let size = usize::try_from(call.word(5)).unwrap_or(usize::MAX);
        if size != call.abi().signal_set_bytes {
            return Err(Errno::EINVAL);
        }
        call.mask_for_now(call.word(4), size)?;
    }
    Ok(())
}
