//! signalfd: blocked signals that are read instead of handled.
//!
//! Key function: [`Core::read_signals`]. signalfd(2); `struct signalfd_siginfo` is the same everywhere.
use crate::{
    errno::Errno,
    kernel::Core,
    record::Record,
    signal::{Detail, Information, Signal, SignalSet},
    task::Tid,
};

/// Bytes of `struct signalfd_siginfo`.
const RECORD_BYTES: usize = 128;

impl Core {
    /// Does the task whose call is made have one of those signals waiting?
    pub(crate) fn has_pending(&self, set: SignalSet) -> bool {
        let Ok(task) = self.task(self.current) else { return false };
        let shared = self.process(task.pid).map_or(SignalSet::EMPTY, |process| process.pending.set());
        task.pending.set().union(shared).intersection(set).next().is_some()
    }

    /// Takes a signal out of a set that waits for a thread or its process.
    pub(crate) fn take_signal(&mut self, tid: Tid, set: SignalSet) -> Option<(Signal, Information)> {
        let task = self.tasks.get_mut(&tid)?;
        if let Some(signal) = task.pending.set().intersection(set).next() {
            return task.pending.take(signal).map(|information| (signal, information));
        }
        let process = self.processes.get_mut(&task.pid)?;
        let signal = process.pending.set().intersection(set).next()?;
        process.pending.take(signal).map(|information| (signal, information))
    }

    /// Reads as many signals as fit: EINVAL when not one does, EAGAIN when none waits.
    pub(super) fn read_signals(&mut self, tid: Tid, set: SignalSet, into: &mut [u8]) -> Result<usize, Errno> {
        if into.len() < RECORD_BYTES {
            return Err(Errno::EINVAL);
        }
        let mut count = 0;
        for place in into.chunks_exact_mut(RECORD_BYTES) {
            let Some((signal, information)) = self.take_signal(tid, set) else { break };
            place.copy_from_slice(self.signal_record(signal, information).as_bytes());
            count += RECORD_BYTES;
        }
        if count == 0 { Err(Errno::EAGAIN) } else { Ok(count) }
    }

    /// signo, errno, code, pid, uid, fd, tid, band, overrun, trapno, status, int, ptr, utime, stime, addr.
    fn signal_record(&self, signal: Signal, information: Information) -> Record {
        let (mut pid, mut uid, mut timer, mut overrun, mut status) = (0, 0, 0, 0, 0);
        let (mut value, mut address) = (0, 0);
        match information.detail {
            Detail::Nothing => {}
            Detail::Sender { pid: sender, uid: user, value: given } => {
                (pid, uid, value) = (sender, user, given)
            }
            Detail::Child { pid: child, uid: user, status: ended } => {
                (pid, uid, status) = (child, user, ended)
            }
            Detail::Fault { address: at } | Detail::Call { address: at, .. } => address = at,
            Detail::Timer { timer: id, overrun: missed, value: given } => {
                (timer, overrun, value) = (id, missed, given);
            }
        }
        let mut record = Record::new(self.abi);
        record
            .u32(u32::from(self.abi.signal_to_guest(signal)))
            .u32(0)
            .u32(information.code_for(self.abi) as u32);
        record.u32(pid).u32(uid).u32(0).u32(timer).u32(0).u32(overrun).u32(0).u32(status);
        record.u32(value as u32).u64(value).u64(0).u64(0).u64(address);
        record.pad_to(RECORD_BYTES);
        record
    }
}
