//! seccomp: installing filters, and what becomes of a call that one refuses.
//!
//! Neighbour: `task/seccomp.rs` runs them. seccomp(2), prctl(2) PR_SET_SECCOMP; AUDIT_ARCH_* of linux/audit.h.
use super::call::{Call, CallResult};
use crate::{
    abi::Endian,
    arch::Abi,
    bpf::{self, INSTRUCTION_BYTES, INSTRUCTIONS_MAX},
    errno::Errno,
    kernel::Kernel,
    record::View,
    signal::{Detail, Information, Signal, code},
    task::{
        Ending, Tid,
        seccomp::{DATA_BYTES, Filter, Seccomp, Verdict, verdict},
    },
    vfs::Capability,
};
use alloc::{sync::Arc, vec::Vec};

/// Operations of the call, and modes of prctl.
const STRICT: u32 = 0;
const FILTER: u32 = 1;
/// SECCOMP_FILTER_FLAG_TSYNC
const ALL_THREADS: u64 = 1;

pub(super) fn seccomp(call: &mut Call<'_>) -> CallResult {
    let (flags, address) = (call.word(1), call.word(2));
    match call.unsigned(0) {
        STRICT if flags == 0 && address == 0 => strict(call),
        FILTER if flags & !ALL_THREADS == 0 => filter(call, address, flags & ALL_THREADS != 0),
        _ => Err(Errno::EINVAL.into()),
    }
}
/// PR_SET_SECCOMP: its modes are one above the call's operations.
pub(super) fn set_mode(call: &mut Call<'_>, mode: u64) -> CallResult {
    let address = call.word(2);
    match mode {
        1 => strict(call),
        2 => filter(call, address, false),
        _ => Err(Errno::EINVAL.into()),
    }
}
/// PR_GET_SECCOMP
pub(super) fn mode(call: &mut Call<'_>) -> CallResult {
    Ok(u64::from(call.task()?.seccomp.mode()))
}

fn strict(call: &mut Call<'_>) -> CallResult {
    let task = call.task()?;
    if matches!(task.seccomp, Seccomp::Filtered(_)) {
        return Err(Errno::EINVAL.into());
    }
    task.seccomp = Seccomp::Strict;
    Ok(0)
}

fn filter(call: &mut Call<'_>, address: u64, all_threads: bool) -> CallResult {
    if !call.process()?.no_new_privileges && call.require(Capability::SYS_ADMIN).is_err() {
        return Err(Errno::EACCES.into());
    }
    // struct sock_fprog: a short, then a pointer at its own boundary
    let word = call.abi().word_bytes;
    let bytes = call.read_bytes(address, 2 * word)?;
    let view = View::new(call.abi(), &bytes);
    let count = usize::from(view.u16(0).unwrap_or(0));
    let program = view.word(word).ok_or(Errno::EFAULT)?;
    if count == 0 || count > INSTRUCTIONS_MAX {
        return Err(Errno::EINVAL.into());
    }
    let bytes = call.read_bytes(program, count * INSTRUCTION_BYTES)?;
    let instructions = bpf::read(&bytes, call.endian());
    let filter = Arc::new(Filter::checked(instructions).ok_or(Errno::EINVAL)?);
    if !call.task()?.seccomp.add(filter) {
        return Err(Errno::EINVAL.into());
    }
    if all_threads {
        let (own, now) = (call.tid, call.task()?.seccomp.clone());
        for tid in call.process()?.threads.clone().into_iter().filter(|tid| *tid != own) {
            call.core().task_mut(tid)?.seccomp = now.clone();
        }
    }
    Ok(0)
}

/// AUDIT_ARCH_*: the ELF machine, with a bit for 64 bits and one for little endian.
pub(super) fn architecture(abi: &Abi) -> u32 {
    let wide = if abi.word_bytes == 8 { 0x8000_0000 } else { 0 };
    let little = if abi.endian == Endian::Little { 0x4000_0000 } else { 0 };
    u32::from(abi.elf.machine) | wide | little
}

impl Kernel {
    /// Asks what restricts the thread; false when the call is not made.
    pub(super) fn seccomp_lets(&mut self, tid: Tid, number: u64) -> bool {
        let Ok(task) = self.core.task(tid) else { return false };
        let restricted = match &task.seccomp {
            Seccomp::Off => return true,
            Seccomp::Strict => None,
            Seccomp::Filtered(filters) => Some(filters.clone()),
        };
        let verdict = match restricted {
            None => self.strict_verdict(number),
            Some(filters) => self.filtered_verdict(tid, number, &filters),
        };
        let abi = self.core.abi;
        let Ok(task) = self.core.task_mut(tid) else { return false };
        let (pid, address) = (task.pid, task.cpu.program_counter());
        match verdict {
            Verdict::Allow => return true,
            Verdict::Error(0) => task.cpu.finish(Ok(0)),
            Verdict::Error(number) => {
                let error = Errno::from_number(number, abi.numbering).unwrap_or(Errno::EPERM);
                task.cpu.finish(Err(error));
            }
            Verdict::Trace(_) => task.cpu.finish(Err(Errno::ENOSYS)),
            Verdict::Trap(reason) => {
                let detail = Detail::Call {
                    address,
                    number: number as u32,
                    architecture: architecture(abi),
                    reason: u32::from(reason),
                };
                let information = Information { code: code::SYS_SECCOMP, detail };
                self.core.force_signal(tid, Signal::SYS, information);
            }
            Verdict::Kill => {
                let strict = matches!(task.seccomp, Seccomp::Strict);
                let signal = if strict { Signal::KILL } else { Signal::SYS };
                let alone = self.core.process(pid).is_ok_and(|process| process.threads.len() == 1);
                match alone || strict {
                    true => self.end_process(pid, Ending::Killed(signal)),
                    false => self.leave(tid, Ending::Killed(signal)),
                }
            }
        }
        false
    }

    fn strict_verdict(&self, number: u64) -> Verdict {
        let row = self.core.numbers.find(number).map(|(_, row)| row.name);
        match row {
            Some("read" | "write" | "exit" | "sigreturn" | "rt_sigreturn") => Verdict::Allow,
            _ => Verdict::Kill,
        }
    }

    /// The strictest answer: the lowest in value.
    fn filtered_verdict(&mut self, tid: Tid, number: u64, filters: &[Arc<Filter>]) -> Verdict {
        let abi = self.core.abi;
        let Some(task) = self.core.tasks.get(&tid) else { return Verdict::Kill };
        let Some(space) = self.core.spaces.get_mut(task.space) else { return Verdict::Kill };
        let arguments = task.cpu.arguments(abi, &mut space.memory, 6);
        let mut data = [0u32; DATA_BYTES / 4];
        let mut words = Vec::from([number as u32, architecture(abi)]);
        let wide = core::iter::once(task.cpu.program_counter()).chain(arguments.into_iter().take(6));
        for value in wide {
            let (low, high) = (value as u32, (value >> 32) as u32);
            words.extend(if abi.endian == Endian::Little { [low, high] } else { [high, low] });
        }
        data.iter_mut().zip(words).for_each(|(place, word)| *place = word);
        let answers = filters.iter().map(|filter| filter.run(&data));
        let strictest = answers.min_by_key(|answer| (answer & 0x7fff_0000, *answer));
        strictest.map_or(Verdict::Allow, verdict)
    }
}
