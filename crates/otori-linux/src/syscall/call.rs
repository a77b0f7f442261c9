//! One system call on its way: its arguments, the guest's memory, what it waits for.
//!
//! Key types: [`Call`], [`CallError`]. Every handler of the table has the shape [`Handler`].
use crate::{
    abi::Endian,
    arch::Abi,
    config::Pid,
    errno::Errno,
    kernel::{Core, Kernel},
    mm::MemoryError,
    notice::NoticeKind,
    record::Record,
    task::{
        Process, Task, Tid,
        waiting::{Block, Restart, WaitKey},
    },
    vfs::{Capability, PATH_MAX},
};
use alloc::{vec, vec::Vec};

/// A system call: the result for the program, or why there is none.
pub(crate) type Handler = fn(&mut Call<'_>) -> CallResult;

/// What a handler gives back.
pub(crate) type CallResult = Result<u64, CallError>;

/// Why a call has no result now.
#[derive(Debug)]
pub(crate) enum CallError {
    /// it failed
    Errno(Errno),
    /// it cannot go on yet and is made again later
    Block(Block),
    /// kernels of such devices do not have it: ENOSYS that nobody needs to hear of
    Absent,
    /// the task is gone, or its registers were set already (exit, execve, sigreturn)
    Settled,
}

impl From<Errno> for CallError {
    fn from(error: Errno) -> Self {
        CallError::Errno(error)
    }
}
impl From<MemoryError> for CallError {
    fn from(error: MemoryError) -> Self {
        CallError::Errno(memory_error(error))
    }
}

/// EFAULT, or ENAMETOOLONG for a string without an end.
pub(crate) fn memory_error(error: MemoryError) -> Errno {
    match error {
        MemoryError::Fault(_) => Errno::EFAULT,
        MemoryError::TooLong => Errno::ENAMETOOLONG,
    }
}

/// A call that a task makes.
pub(crate) struct Call<'a> {
    pub(crate) kernel: &'a mut Kernel,
    pub(crate) tid: Tid,
    pub(crate) pid: Pid,
    /// arguments as the table types them: a 64-bit value is one argument on every architecture
    pub(crate) arguments: [u64; 8],
    /// the call was made before and waited
    pub(crate) resumed: bool,
    /// when it gives up; kept while it waits
    pub(crate) deadline_ns: Option<u64>,
    /// what it has done so far; kept while it waits
    pub(crate) progress: u64,
    /// a moment of its own, beside the one at which it gives up; kept while it waits
    pub(crate) moment_ns: u64,
}

impl Call<'_> {
    pub(crate) fn core(&mut self) -> &mut Core {
        &mut self.kernel.core
    }
    pub(crate) fn abi(&self) -> &'static Abi {
        self.kernel.core.abi
    }
    pub(crate) fn process(&mut self) -> Result<&mut Process, Errno> {
        self.kernel.core.process_mut(self.pid)
    }
    pub(crate) fn task(&mut self) -> Result<&mut Task, Errno> {
        self.kernel.core.task_mut(self.tid)
    }
    /// EPERM for who does not have that capability.
    pub(crate) fn require(&mut self, capability: Capability) -> Result<(), Errno> {
        if self.process()?.identity.can(capability) { Ok(()) } else { Err(Errno::EPERM) }
    }
    pub(crate) fn notify(&mut self, kind: NoticeKind) {
        self.kernel.core.notify(self.pid, kind);
    }

    /// Argument as an unsigned number or an address.
    pub(crate) fn word(&self, index: usize) -> u64 {
        self.arguments.get(index).copied().unwrap_or(0)
    }
    /// Argument as a C `int`.
    pub(crate) fn int(&self, index: usize) -> i32 {
        self.word(index) as i32
    }
    /// Argument as a C `unsigned int`.
    pub(crate) fn unsigned(&self, index: usize) -> u32 {
        self.word(index) as u32
    }
    /// Argument as a C `long`.
    pub(crate) fn long(&self, index: usize) -> i64 {
        match self.abi().word_bytes {
            4 => i64::from(self.int(index)),
            _ => self.word(index) as i64,
        }
    }
    /// Argument as a length, cut to what one call moves.
    pub(crate) fn length(&self, index: usize) -> usize {
        let most = self.kernel.core.config.limits.transfer_bytes;
        usize::try_from(self.word(index)).unwrap_or(usize::MAX).min(most)
    }

    pub(crate) fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), Errno> {
        self.kernel.core.charge_bytes(into.len());
        let space = self.kernel.core.space_of_mut(self.tid)?;
        space.memory.read(address, into).map_err(memory_error)
    }
    pub(crate) fn read_bytes(&mut self, address: u64, length: usize) -> Result<Vec<u8>, Errno> {
        let mut bytes = vec![0; length];
        self.read(address, &mut bytes)?;
        Ok(bytes)
    }
    pub(crate) fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Errno> {
        self.kernel.core.charge_bytes(bytes.len());
        let space = self.kernel.core.space_of_mut(self.tid)?;
        space.memory.write(address, bytes).map_err(memory_error)
    }
    /// Writes unless the address is NULL.
    pub(crate) fn write_if(&mut self, address: u64, bytes: &[u8]) -> Result<(), Errno> {
        if address == 0 { Ok(()) } else { self.write(address, bytes) }
    }
    pub(crate) fn read_u32(&mut self, address: u64) -> Result<u32, Errno> {
        let mut bytes = [0; 4];
        self.read(address, &mut bytes)?;
        Ok(self.endian().read_u32(bytes))
    }
    pub(crate) fn write_u32(&mut self, address: u64, value: u32) -> Result<(), Errno> {
        let bytes = self.endian().u32(value);
        self.write(address, &bytes)
    }
    /// A `long` or a pointer.
    pub(crate) fn read_word(&mut self, address: u64) -> Result<u64, Errno> {
        let bytes = self.read_bytes(address, self.abi().word_bytes)?;
        crate::record::View::new(self.abi(), &bytes).word(0).ok_or(Errno::EFAULT)
    }
    pub(crate) fn endian(&self) -> Endian {
        self.abi().endian
    }
    pub(crate) fn record(&self) -> Record {
        Record::new(self.abi())
    }
    /// The path at an address; ENAMETOOLONG above 4095 bytes.
    pub(crate) fn path(&mut self, index: usize) -> Result<Vec<u8>, Errno> {
        let address = self.word(index);
        self.string(address, PATH_MAX - 1)
    }
    pub(crate) fn string(&mut self, address: u64, limit: usize) -> Result<Vec<u8>, Errno> {
        let space = self.kernel.core.space_of_mut(self.tid)?;
        space.memory.read_c_string(address, limit).map_err(memory_error)
    }

    /// When a call with that timeout gives up: computed once, kept while it waits.
    pub(crate) fn give_up_after(&mut self, timeout_ns: Option<u64>) {
        if !self.resumed {
            let now_ns = self.kernel.core.now_ns;
            self.deadline_ns = timeout_ns.map(|timeout| now_ns.saturating_add(timeout));
        }
    }
    /// Has its time come?
    pub(crate) fn timed_out(&self) -> bool {
        self.deadline_ns.is_some_and(|deadline| self.kernel.core.now_ns >= deadline)
    }
    /// Waits for one of `keys`, or for the deadline.
    pub(crate) fn wait(&self, keys: Vec<WaitKey>, restart: Restart) -> CallError {
        CallError::Block(Block { keys, deadline_ns: self.deadline_ns, restart })
    }
}
