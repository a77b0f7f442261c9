//! The multiplexer `ipc`, which MIPS and i386 have, and what the three families of System V IPC have in common.
//!
//! Neighbours: `shared_memory.rs`, `semaphore.rs`, `message.rs`; `crate::ipc` keeps the objects. ipc(2), svipc(7).
use super::{
    call::{Call, CallResult},
    layout::ipc::{PERMISSION_BYTES, parse_permission},
    message, semaphore, shared_memory,
};
use crate::{
    errno::Errno,
    ipc::{Asked, Permission},
    vfs::Credentials,
};

/// Commands of the ctl calls, without IPC_64.
pub(super) mod command {
    pub(in crate::syscall) const REMOVE: u32 = 0;
    pub(in crate::syscall) const SET: u32 = 1;
    pub(in crate::syscall) const STAT: u32 = 2;
    pub(in crate::syscall) const INFO: u32 = 3;
}

/// "The new structures, please": the only ones that there are.
const IPC_64: u32 = 0x100;

impl Call<'_> {
    /// A command argument.
    pub(super) fn ipc_command(&self, index: usize) -> u32 {
        self.unsigned(index) & !IPC_64
    }
    pub(super) fn ipc_credentials(&mut self) -> Result<Credentials, Errno> {
        Ok(self.process()?.identity.effective.clone())
    }
    /// Seconds since 1970, as the structures have them.
    pub(super) fn wall_seconds(&self) -> u64 {
        u64::try_from(self.kernel.core.wall_ns()).unwrap_or(0) / 1_000_000_000
    }
    /// What IPC_SET changes of an owner.
    pub(super) fn ipc_change(&mut self, address: u64, before: Permission) -> Result<Permission, Errno> {
        let bytes = self.read_bytes(address, PERMISSION_BYTES)?;
        let (uid, gid, mode) = parse_permission(self.abi(), &bytes).ok_or(Errno::EFAULT)?;
        Ok(Permission { uid, gid, mode, ..before })
    }
}

/// Key and flags of a get call.
pub(super) fn asked<'a>(call: &Call<'_>, flags: usize, credentials: &'a Credentials) -> Asked<'a> {
    Asked { key: call.int(0), flags: call.unsigned(flags), credentials }
}

/// ipc(call, first, second, third, ptr, fifth).
pub(super) fn ipc(call: &mut Call<'_>) -> CallResult {
    let number = call.unsigned(0);
    let (version, number) = (number >> 16, number & 0xffff);
    let [first, second, third, pointer, fifth] = [1, 2, 3, 4, 5].map(|index| call.word(index));
    let mut set = |arguments: &[u64]| {
        call.arguments = [0; 8];
        call.arguments.iter_mut().zip(arguments).for_each(|(slot, argument)| *slot = *argument);
    };
    match number {
        1 | 4 => set(&[first, pointer, second, if number == 4 { fifth } else { 0 }]),
        2 | 23 => set(&[first, second, third]),
        3 => {
            // the fourth argument of semctl stands at the pointer
            let argument = call.read_word(pointer)?;
            call.arguments = [first, second, third, argument, 0, 0, 0, 0];
        }
        11 => set(&[first, pointer, second, third]),
        12 if version == 0 => {
            let word = call.abi().word_bytes as u64;
            let (buffer, kind) = (call.read_word(pointer)?, call.read_word(pointer.wrapping_add(word))?);
            call.arguments = [first, buffer, second, kind, third, 0, 0, 0];
        }
        12 => set(&[first, pointer, second, fifth, third]),
        13 => set(&[first, second]),
        14 | 24 => set(&[first, second, pointer]),
        21 if version == 1 => return Err(Errno::EINVAL.into()),
        21 => {
            set(&[first, pointer, second]);
            let address = shared_memory::shmat(call)?;
            let mut record = call.record();
            record.word(address);
            call.write(third, record.as_bytes())?;
            return Ok(0);
        }
        22 => set(&[pointer]),
        _ => return Err(Errno::ENOSYS.into()),
    }
    match number {
        1 => semaphore::semop(call),
        2 => semaphore::semget(call),
        3 => semaphore::semctl(call),
        4 => semaphore::semtimedop(call),
        11 => message::msgsnd(call),
        12 => message::msgrcv(call),
        13 => message::msgget(call),
        14 => message::msgctl(call),
        22 => shared_memory::shmdt(call),
        23 => shared_memory::shmget(call),
        _ => shared_memory::shmctl(call),
    }
}
