//! Descriptors that stand for a process: pidfd_open, pidfd_send_signal, pidfd_getfd, and CLONE_PIDFD.
//!
//! Key type: [`ProcessFile`], what such a descriptor keeps. A number may be used again by another process, the
//! descriptor may not: it goes by the start of the process, too. pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2).
use super::{
    call::{Call, CallResult},
    ptrace::check_access,
    signal::signal_argument,
};
use crate::{
    arena::Index,
    config::Pid,
    errno::Errno,
    file::{FileKind, OpenFile, ProcessFile, flag},
    kernel::Core,
    signal::{INFORMATION_BYTES, Information, code},
};

impl Core {
    /// The process behind such a descriptor, zombies included; ESRCH once it was waited for.
    pub(crate) fn process_of(&self, file: ProcessFile) -> Result<Pid, Errno> {
        let process = self.process(file.pid)?;
        if process.start_ns == file.start_ns { Ok(process.pid) } else { Err(Errno::ESRCH) }
    }
    /// Has it ended?
    pub(crate) fn has_ended(&self, file: ProcessFile) -> bool {
        let ended = |pid| self.process(pid).is_ok_and(crate::task::Process::is_zombie);
        self.process_of(file).map_or(true, ended)
    }
}

impl Call<'_> {
    /// The process that the descriptor of an argument stands for; EBADF for one that stands for something else.
    pub(super) fn process_file(&self, index: usize) -> Result<(ProcessFile, bool), Errno> {
        let file = self.file(index)?;
        match &file.kind {
            FileKind::Process(process) => Ok((*process, file.non_blocking())),
            _ => Err(Errno::EBADF),
        }
    }
    /// A new descriptor for a process; it is closed by execve.
    pub(super) fn install_process(&mut self, pid: Pid, flags: u32) -> CallResult {
        let start_ns = self.kernel.core.process(pid)?.start_ns;
        let kind = FileKind::Process(ProcessFile { pid, start_ns });
        let flags = flags | flag::READ_WRITE | flag::CLOSE_ON_EXEC;
        Ok(self.kernel.install_new(self.tid, kind, flags)?)
    }
}

pub(super) fn pidfd_open(call: &mut Call<'_>) -> CallResult {
    let non_blocking = call.abi().open_to_guest(flag::NON_BLOCKING);
    let flags = call.unsigned(1);
    if flags & !non_blocking != 0 || call.int(0) <= 0 {
        return Err(Errno::EINVAL.into());
    }
    let id = call.unsigned(0);
    let core = &call.kernel.core;
    match (core.process(id), core.task(id)) {
        (Ok(_), _) => {}
        // a thread that does not lead its group
        (Err(_), Ok(_)) => return Err(Errno::EINVAL.into()),
        (Err(error), Err(_)) => return Err(error.into()),
    }
    call.install_process(id, if flags != 0 { flag::NON_BLOCKING } else { 0 })
}

pub(super) fn pidfd_send_signal(call: &mut Call<'_>) -> CallResult {
    if call.unsigned(3) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (file, _) = call.process_file(0)?;
    let signal = signal_argument(call, 1)?;
    let own = call.pid;
    let target = call.kernel.core.process_of(file)?;
    let information = match call.word(2) {
        0 => {
            let uid = call.process()?.identity.uid;
            Information::from_process(code::USER, own, uid)
        }
        address => {
            let bytes = call.read_bytes(address, INFORMATION_BYTES)?;
            let number = crate::record::View::new(call.abi(), &bytes).u32(0);
            if number != Some(call.unsigned(1)) {
                return Err(Errno::EINVAL.into());
            }
            let information = Information::parse(call.abi(), &bytes).ok_or(Errno::EFAULT)?;
            // only the kernel says that it was the kernel, and only kill that it was kill
            if target != own && (information.code >= 0 || information.code == code::TKILL) {
                return Err(Errno::EPERM.into());
            }
            information
        }
    };
    if !call.kernel.core.may_signal(own, target, signal) {
        return Err(Errno::EPERM.into());
    }
    if let Some(signal) = signal {
        call.core().send_to_process(target, signal, information);
    }
    Ok(0)
}

/// A descriptor of another process becomes one of the caller, as if it had been sent over a socket.
pub(super) fn pidfd_getfd(call: &mut Call<'_>) -> CallResult {
    if call.unsigned(2) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (file, _) = call.process_file(0)?;
    let target = call.kernel.core.process_of(file)?;
    let tid = *call.kernel.core.process(target)?.threads.first().ok_or(Errno::ESRCH)?;
    if target != call.pid {
        check_access(call, tid)?;
    }
    let wanted: Index<OpenFile> = call.kernel.core.table_of(tid)?.get(call.int(1))?.file;
    call.core().files.hold(wanted);
    Ok(call.install(wanted, true)?)
}
