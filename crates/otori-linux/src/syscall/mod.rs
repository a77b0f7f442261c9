//! System calls: the table, the way from a trap to a handler and back, the trace.
//!
//! Key items: [`TABLE`], [`Kernel::system_call`], [`Kernel::resume_call`]. One file per family holds the handlers;
//! `call.rs` is what they work with. Unknown numbers are answered ENOSYS and told as a notice.
mod action;
mod ancillary;
pub(crate) mod call;
mod capability;
mod descriptor;
mod document;
mod file;
mod flash;
pub(crate) mod futex;
mod hardware_ioctl;
mod identity;
mod identity16;
mod ioctl;
mod ipc;
mod layout;
mod limit;
mod link_ioctl;
mod lock;
mod memory;
mod message;
mod mount;
mod multiplex;
mod namespace;
mod open_how;
mod path;
mod pidfd;
mod poll;
mod posix_message;
mod prctl;
mod priority;
mod process;
mod ptrace;
mod ptrace_thread;
mod schedule;
mod seccomp;
mod semaphore;
mod shared_memory;
mod signal;
mod socket;
mod socket_ioctl;
mod socket_message;
mod socket_option;
mod space;
mod splice;
mod stat;
mod sysmips;
mod system;
mod table;
mod thread;
mod time;
mod timer;
mod trace;
mod transfer;
mod watch;
mod watchdog;
mod xattr;

pub use document::call_document;
pub(crate) use futex::Futexes;
pub use table::TABLE;
pub use trace::Argument;
pub(crate) use trace::Entry;

use crate::{
    arch::Column,
    errno::Errno,
    kernel::Kernel,
    notice::NoticeKind,
    task::{Tid, tracee::TracedCall, waiting::Waiting},
};
use alloc::{format, vec, vec::Vec};
use call::{Call, CallError, CallResult, Handler};

/// In a column: the architecture does not have this call.
pub const ABSENT: u16 = u16::MAX;

/// The first private call of ARM (`__ARM_NR_BASE`), and the number under which the table has it.
const ARM_PRIVATE: u64 = 0xf_0000;
const ARM_PRIVATE_FOLDED: u64 = 0x800;

/// One system call.
pub struct Row {
    /// its name, as in the manual
    pub name: &'static str,
    pub(crate) handler: Handler,
    /// its arguments, for the trace and for 64-bit pairs
    pub arguments: &'static [Argument],
    /// its number per [`Column`], or [`ABSENT`]
    pub numbers: [u16; 5],
    /// what differs from Linux; empty when nothing does
    pub note: &'static str,
    /// the first kernel that has it; (0, 0) for what has been there since 2.6
    pub since: (u8, u8),
}

impl Row {
    /// The same call, of a kernel from that one on: an older one that a profile names answers ENOSYS.
    const fn since(self, major: u8, minor: u8) -> Row {
        Row { since: (major, minor), ..self }
    }
}

/// Major and minor number of a release such as `3.10.14` or `6.1.0-28-amd64`; one that says nothing has every call.
pub(crate) fn kernel_of_release(release: &str) -> (u8, u8) {
    let mut parts = release.split(|letter: char| !letter.is_ascii_digit()).map(str::parse);
    let mut next = || parts.next().and_then(Result::ok);
    match (next(), next()) {
        (Some(major), Some(minor)) => (major, minor),
        _ => (u8::MAX, u8::MAX),
    }
}

/// Row of each number, for one architecture.
pub(crate) struct Numbers {
    first: u16,
    rows: Vec<u16>,
}

impl Numbers {
    /// The number as the table has it: the private calls of ARM, from 0xf0000 on, are kept as 0x800 on.
    fn folded(number: u64) -> u64 {
        match number.checked_sub(ARM_PRIVATE) {
            Some(place @ 0..0x100) => ARM_PRIVATE_FOLDED + place,
            _ => number,
        }
    }
    pub(crate) fn of(column: Column) -> Numbers {
        let number = |row: &Row| row.numbers.get(column as usize).copied().filter(|&number| number != ABSENT);
        let known = || TABLE.iter().filter_map(number);
        let first = known().min().unwrap_or(0);
        let last = known().max().unwrap_or(0);
        let mut rows = vec![ABSENT; usize::from(last - first) + 1];
        for (place, row) in (0u16..).zip(TABLE) {
            if let Some(slot) = number(row).and_then(|number| rows.get_mut(usize::from(number - first))) {
                *slot = place;
            }
        }
        Numbers { first, rows }
    }
    /// The row of a number, with its place in the table.
    fn find(&self, number: u64) -> Option<(u16, &'static Row)> {
        let place = usize::try_from(Numbers::folded(number).checked_sub(u64::from(self.first))?).ok()?;
        let row = *self.rows.get(place)?;
        TABLE.get(usize::from(row)).map(|found| (row, found))
    }
}

impl Kernel {
    /// The task's processor stopped at a system call: makes it.
    pub(crate) fn system_call(&mut self, tid: Tid) {
        self.core.calls += 1;
        let Ok(task) = self.core.task(tid) else { return };
        let number = task.cpu.call_number();
        let offered = task.cpu.offers(number);
        if task.tracee.is_some() && self.stops_before_call(tid, number) {
            return;
        }
        if !self.seccomp_lets(tid, number) {
            self.core.stop_after_call(tid);
            return;
        }
        let kernel = self.core.kernel;
        match self.core.numbers.find(number).filter(|_| offered) {
            // what that kernel does not have yet is nothing that is missing here
            Some((_, row)) if row.since > kernel => {
                if let Ok(task) = self.core.task_mut(tid) {
                    task.cpu.finish(Err(Errno::ENOSYS));
                }
                self.core.stop_after_call(tid);
            }
            Some((place, row)) => self.under_call_abi(tid, |kernel| kernel.call_row(tid, place, row)),
            None => self.call_unknown(tid, number),
        }
    }

    fn stops_before_call(&mut self, tid: Tid, number: u64) -> bool {
        let abi = self.core.abi;
        let Some(task) = self.core.tasks.get(&tid) else { return false };
        let Some(space) = self.core.spaces.get_mut(task.space) else { return false };
        let [first, ..] = task.cpu.arguments(abi, &mut space.memory, 1);
        self.core.stops_before_call(tid, TracedCall { number, first })
    }

    /// Does `work` with arguments and structures laid out as the ABI of the task's call says.
    fn under_call_abi(&mut self, tid: Tid, work: impl FnOnce(&mut Self)) {
        let usual = self.core.abi;
        if let Ok(task) = self.core.task(tid) {
            self.core.abi = task.cpu.call_abi(usual);
        }
        work(self);
        self.core.abi = usual;
    }

    fn call_unknown(&mut self, tid: Tid, number: u64) {
        let name = format!("syscall_{number}");
        if let Ok(task) = self.core.task_mut(tid) {
            task.cpu.finish(Err(Errno::ENOSYS));
            let pid = task.pid;
            if self.core.config.trace {
                let line = format!("{name}() = -1 ENOSYS");
                self.core.notify(pid, NoticeKind::Call { line });
            }
            self.core.notify(pid, NoticeKind::Unsupported { call: name });
            self.core.stop_after_call(tid);
        }
    }

    pub(crate) fn call_row(&mut self, tid: Tid, place: u16, row: &'static Row) {
        let arguments = self.arguments(tid, row);
        let Ok(pid) = self.core.task(tid).map(|task| task.pid) else { return };
        let entry = self.core.config.trace.then(|| self.trace_entry(tid, row, &arguments));
        let mut call = Call {
            kernel: self,
            tid,
            pid,
            arguments,
            resumed: false,
            deadline_ns: None,
            progress: 0,
            moment_ns: 0,
        };
        call.kernel.core.current = tid;
        let result = (row.handler)(&mut call);
        let (deadline_ns, progress, moment_ns) = (call.deadline_ns, call.progress, call.moment_ns);
        let waiting = Waiting {
            row: place,
            arguments,
            keys: Vec::new(),
            deadline_ns,
            progress,
            moment_ns,
            restart: crate::task::waiting::Restart::Never,
            entry,
        };
        self.settle(tid, pid, result, waiting);
    }

    /// Makes a waiting call again.
    pub(crate) fn resume_call(&mut self, tid: Tid) {
        self.under_call_abi(tid, |kernel| kernel.resume_row(tid));
    }

    fn resume_row(&mut self, tid: Tid) {
        let Some(waiting) = self.core.end_waiting(tid) else { return };
        let Some(row) = TABLE.get(usize::from(waiting.row)) else { return };
        let Ok(pid) = self.core.task(tid).map(|task| task.pid) else { return };
        let mut call = Call {
            kernel: self,
            tid,
            pid,
            arguments: waiting.arguments,
            resumed: true,
            deadline_ns: waiting.deadline_ns,
            progress: waiting.progress,
            moment_ns: waiting.moment_ns,
        };
        call.kernel.core.current = tid;
        let result = (row.handler)(&mut call);
        let (deadline_ns, progress, moment_ns) = (call.deadline_ns, call.progress, call.moment_ns);
        self.settle(tid, pid, result, Waiting { deadline_ns, progress, moment_ns, ..waiting });
    }

    /// Puts the result into the registers, or the task to sleep.
    fn settle(&mut self, tid: Tid, pid: u32, result: CallResult, waiting: Waiting) {
        self.tell_watches();
        let result = match result {
            Err(CallError::Block(block)) => {
                let sleeping = Waiting {
                    keys: block.keys,
                    deadline_ns: block.deadline_ns,
                    restart: block.restart,
                    ..waiting
                };
                self.core.begin_waiting(tid, sleeping);
                return;
            }
            Err(CallError::Settled) => {
                self.trace_exit(tid, pid, waiting, None);
                self.core.stop_after_call(tid);
                return;
            }
            Err(CallError::Absent) => Err(Errno::ENOSYS),
            Err(CallError::Errno(error)) => {
                if let (Errno::ENOSYS, Some(row)) = (error, TABLE.get(usize::from(waiting.row))) {
                    let call = alloc::string::String::from(row.name);
                    self.core.notify(pid, NoticeKind::Unsupported { call });
                }
                Err(error)
            }
            Ok(value) => Ok(value),
        };
        if let Ok(task) = self.core.task_mut(tid) {
            task.cpu.finish(result);
        }
        if let Some(row) = TABLE.get(usize::from(waiting.row)) {
            self.observe_edges(tid, row, &waiting.arguments);
        }
        self.trace_exit(tid, pid, waiting, Some(result));
        self.core.stop_after_call(tid);
    }

    /// Arguments as the row types them: 64-bit ones are joined.
    fn arguments(&mut self, tid: Tid, row: &Row) -> [u64; 8] {
        let abi = self.core.abi;
        let Some(task) = self.core.tasks.get(&tid) else { return [0; 8] };
        let Some(space) = self.core.spaces.get_mut(task.space) else { return [0; 8] };
        let pairs = row.arguments.iter().filter(|argument| argument.is_pair()).count();
        let slots = row.arguments.len() + if abi.word_bytes == 4 { pairs * 2 } else { 0 };
        let raw = task.cpu.arguments(abi, &mut space.memory, slots.min(8));
        if pairs == 0 || abi.word_bytes == 8 {
            return raw;
        }
        let mut joined = [0; 8];
        let mut slot = 0usize;
        let at = |slot: usize| raw.get(slot).copied().unwrap_or(0);
        for (target, argument) in joined.iter_mut().zip(row.arguments) {
            if argument.is_pair() {
                slot += slot & usize::from(abi.pairs_aligned);
                *target = abi.join(at(slot), at(slot + 1));
                slot += 2;
            } else {
                *target = at(slot);
                slot += 1;
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_no_number_is_used_twice() {
        assert!(TABLE.windows(2).all(|pair| pair[0].name < pair[1].name), "sorted by name");
        for column in [Column::MipsO32, Column::Arm, Column::Aarch64, Column::I386, Column::X86_64] {
            let mut numbers: Vec<u16> = TABLE.iter().map(|row| row.numbers[column as usize]).collect();
            numbers.retain(|&number| number != ABSENT);
            let count = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), count, "{column:?}");
        }
    }

    #[test]
    fn a_release_names_a_kernel() {
        for (release, kernel) in [
            ("2.6.36.4brcmarm", (2, 6)),
            ("3.10.14", (3, 10)),
            ("6.1.0-28-amd64", (6, 1)),
            ("odd", (255, 255)),
        ] {
            assert_eq!(kernel_of_release(release), kernel);
        }
    }

    #[test]
    fn numbers_lead_to_their_rows() {
        let numbers = Numbers::of(Column::MipsO32);
        for (number, name) in [(4001, "exit"), (4003, "read"), (4210, "mmap2"), (4366, "statx")] {
            assert_eq!(numbers.find(number).map(|(_, row)| row.name), Some(name));
        }
        for number in [0, 3999, 4999, u64::MAX] {
            assert!(numbers.find(number).is_none());
        }
        let arm = Numbers::of(Column::Arm);
        assert_eq!(arm.find(0xf_0002).map(|(_, row)| row.name), Some("cacheflush"));
        assert_eq!(arm.find(262).map(|(_, row)| row.name), Some("clock_settime"));
    }
}
