//! ptrace: requests of a tracer, and PTRACE_TRACEME.
//!
//! Neighbours: `task/tracee.rs` keeps the stops, `arch/registers.rs` and `arch/float_registers.rs` the layout of registers.
//! ptrace(2).
use super::{
    call::{Call, CallResult},
    ptrace_thread,
    signal::{read_set, set_bytes},
};
use crate::{
    arch::{
        float_registers::FloatSet,
        registers::{Shape, shape},
    },
    errno::Errno,
    record::View,
    signal::{Information, Signal, code},
    task::{
        Life, Tid,
        tracee::{Stop, StopKind, Tracee, Until, event, option},
    },
    vfs::Capability,
};
use alloc::{vec, vec::Vec};

/// PTRACE_*
mod request {
    pub(super) const TRACE_ME: u32 = 0;
    pub(super) const PEEK_TEXT: u32 = 1;
    pub(super) const PEEK_DATA: u32 = 2;
    pub(super) const PEEK_USER: u32 = 3;
    pub(super) const POKE_TEXT: u32 = 4;
    pub(super) const POKE_DATA: u32 = 5;
    pub(super) const POKE_USER: u32 = 6;
    pub(super) const CONTINUE: u32 = 7;
    pub(super) const KILL: u32 = 8;
    pub(super) const SINGLE_STEP: u32 = 9;
    pub(super) const GET_REGISTERS: u32 = 12;
    pub(super) const SET_REGISTERS: u32 = 13;
    pub(super) const ATTACH: u32 = 16;
    pub(super) const DETACH: u32 = 17;
    pub(super) const CALL: u32 = 24;
    pub(super) const SET_OPTIONS: u32 = 0x4200;
    pub(super) const GET_MESSAGE: u32 = 0x4201;
    pub(super) const GET_INFORMATION: u32 = 0x4202;
    pub(super) const SET_INFORMATION: u32 = 0x4203;
    pub(super) const GET_REGISTER_SET: u32 = 0x4204;
    pub(super) const SET_REGISTER_SET: u32 = 0x4205;
    pub(super) const SEIZE: u32 = 0x4206;
    pub(super) const INTERRUPT: u32 = 0x4207;
    pub(super) const LISTEN: u32 = 0x4208;
    pub(super) const GET_MASK: u32 = 0x420a;
    pub(super) const SET_MASK: u32 = 0x420b;
    pub(super) const GET_CALL: u32 = 0x420e;
}

/// The kernel that brought PTRACE_GET_SYSCALL_INFO.
const GET_CALL_SINCE: (u8, u8) = (5, 3);

/// NT_PRSTATUS: the general registers.
const GENERAL_REGISTERS: u64 = 1;

pub(super) fn ptrace(call: &mut Call<'_>) -> CallResult {
    let (which, tid) = (call.unsigned(0), call.unsigned(1));
    match which {
        request::TRACE_ME => return trace_me(call),
        request::ATTACH | request::SEIZE => return attach(call, tid, which == request::SEIZE),
        _ => {}
    }
    let own = call.pid;
    let tracee = call.kernel.core.tracee(tid).filter(|tracee| tracee.tracer == own).ok_or(Errno::ESRCH)?;
    let (seized, stop) = (tracee.seized, tracee.stop);
    match which {
        request::KILL => {
            call.core().send_to_task(tid, Signal::KILL, Information::from_process(code::USER, own, 0));
            return Ok(0);
        }
        request::INTERRUPT if !seized => return Err(Errno::EIO.into()),
        request::INTERRUPT => {
            if stop.is_none() {
                call.core().trace_event(tid, event::STOP, 0);
            }
            return Ok(0);
        }
        _ => {}
    }
    // everything else is asked of a thread that stands still
    let stop = stop.ok_or(Errno::ESRCH)?;
    match which {
        request::CONTINUE | request::CALL | request::SINGLE_STEP | request::DETACH => go_on(call, tid, which),
        request::LISTEN if seized && matches!(stop.kind, StopKind::Group | StopKind::Event) => {
            call.core().listen(tid);
            Ok(0)
        }
        request::SET_OPTIONS => {
            let options = call.word(3) as u32;
            set_options(call, tid, options)
        }
        request::GET_MESSAGE => {
            let message = call.kernel.core.tracee(tid).map_or(0, |tracee| tracee.message);
            let mut record = call.record();
            record.word(message);
            give(call, record.as_bytes())
        }
        request::GET_INFORMATION if stop.kind == StopKind::Group => Err(Errno::EINVAL.into()),
        request::GET_INFORMATION => {
            let bytes = stop.information.layout(call.abi(), stop.signal);
            give(call, &bytes)
        }
        request::SET_INFORMATION => set_information(call, tid),
        request::GET_CALL if call.kernel.core.kernel >= GET_CALL_SINCE => call_information(call, tid, stop),
        request::GET_MASK | request::SET_MASK => mask(call, tid, which),
        _ => memory_or_registers(call, tid, which, stop),
    }
}

fn give(call: &mut Call<'_>, bytes: &[u8]) -> CallResult {
    call.write(call.word(3), bytes)?;
    Ok(0)
}

fn trace_me(call: &mut Call<'_>) -> CallResult {
    let (tid, parent) = (call.tid, call.process()?.parent);
    if call.kernel.core.tracee(tid).is_some() {
        return Err(Errno::EPERM.into());
    }
    call.core().attach(tid, Tracee::new(parent, 0, false));
    Ok(0)
}

/// May the caller trace that thread? The same user may, unless the other does not want to be looked at.
pub(super) fn check_access(call: &mut Call<'_>, tid: Tid) -> Result<(), Errno> {
    let target = call.kernel.core.task(tid)?.pid;
    let other = call.kernel.core.process(target)?;
    let ids = &other.identity;
    let users = [ids.uid, ids.effective.uid, ids.saved_uid];
    let groups = [ids.gid, ids.effective.gid, ids.saved_gid];
    let (dumpable, permitted) = (!other.attributes.undumpable, ids.capabilities.permitted);
    let caller = &call.process()?.identity;
    if caller.can(Capability::SYS_PTRACE) {
        return Ok(());
    }
    let same = users.iter().all(|uid| *uid == caller.uid) && groups.iter().all(|gid| *gid == caller.gid);
    if same && dumpable && permitted.within(caller.capabilities.permitted) {
        Ok(())
    } else {
        Err(Errno::EPERM)
    }
}

fn attach(call: &mut Call<'_>, tid: Tid, seizes: bool) -> CallResult {
    let own = call.pid;
    let options = if seizes { call.word(3) as u32 } else { 0 };
    if seizes && (call.word(2) != 0 || options & !option::KNOWN != 0) {
        return Err(Errno::EIO.into());
    }
    if call.kernel.core.process(tid).is_ok_and(|process| process.threads.is_empty()) {
        // it only stands in the table, or is a zombie
        return Err(Errno::EPERM.into());
    }
    check_access(call, tid)?;
    let core = call.core();
    let pid = core.task(tid)?.pid;
    if pid == own || core.tracee(tid).is_some() {
        return Err(Errno::EPERM.into());
    }
    core.attach(tid, Tracee::new(own, options, seizes));
    let stopped = match core.process(pid)?.life {
        Life::Stopped(signal) => Some(signal),
        _ => None,
    };
    if let Some(signal) = stopped {
        let process = core.process_mut(pid)?;
        (process.life, process.unreported) = (Life::Alive, None);
        core.stops_with_group(tid, signal);
    } else if !seizes {
        core.send_to_task(tid, Signal::STOP, Information::from_process(code::USER, own, 0));
    }
    Ok(0)
}

/// The signal in the last argument; EIO for a number that is none.
fn signal(call: &Call<'_>) -> Result<Option<Signal>, Errno> {
    match call.word(3) {
        0 => Ok(None),
        number => call.abi().signal_from_guest(number).map(Some).ok_or(Errno::EIO),
    }
}

fn go_on(call: &mut Call<'_>, tid: Tid, which: u32) -> CallResult {
    let signal = signal(call)?;
    let until = match which {
        request::DETACH => {
            call.core().detach(tid, signal);
            return Ok(0);
        }
        request::CALL => Until::Call,
        request::SINGLE_STEP if !shape(call.abi().column).steps => return Err(Errno::EIO.into()),
        request::SINGLE_STEP => Until::Step,
        _ => Until::Signal,
    };
    call.core().resume(tid, until, signal);
    Ok(0)
}

fn set_options(call: &mut Call<'_>, tid: Tid, options: u32) -> CallResult {
    if options & !option::KNOWN != 0 {
        return Err(Errno::EINVAL.into());
    }
    call.core().tracee_mut(tid).ok_or(Errno::ESRCH)?.options = options;
    Ok(0)
}

fn set_information(call: &mut Call<'_>, tid: Tid) -> CallResult {
    let bytes = call.read_bytes(call.word(3), crate::signal::INFORMATION_BYTES)?;
    let information = Information::parse(call.abi(), &bytes).ok_or(Errno::EINVAL)?;
    let stop = call.core().tracee_mut(tid).and_then(|tracee| tracee.stop.as_mut()).ok_or(Errno::ESRCH)?;
    stop.information = information;
    Ok(0)
}

/// PTRACE_GET_SYSCALL_INFO: `struct ptrace_syscall_info`, of which `addr` bytes are wanted; gives what there would be.
fn call_information(call: &mut Call<'_>, tid: Tid, stop: Stop) -> CallResult {
    const NONE: u8 = 0;
    const ENTRY: u8 = 1;
    const EXIT: u8 = 2;
    /// errors are the last numbers
    const ERRORS: u64 = 4095;
    let abi = call.abi();
    let (registers, ip, sp, arguments) = {
        let core = &mut call.kernel.core;
        let task = core.tasks.get(&tid).ok_or(Errno::ESRCH)?;
        let space = core.spaces.get_mut(task.space).ok_or(Errno::ESRCH)?;
        let arguments = task.cpu.arguments(abi, &mut space.memory, 6);
        (task.cpu.registers(), task.cpu.program_counter(), task.cpu.stack_pointer(), arguments)
    };
    let kind = match stop.kind {
        StopKind::Entry => ENTRY,
        StopKind::Exit => EXIT,
        _ => NONE,
    };
    let mut record = call.record();
    record.u8(kind).zeros(3).u32(super::seccomp::architecture(abi)).u64(ip).u64(sp);
    match stop.kind {
        StopKind::Entry => {
            let number = call.kernel.core.tracee(tid).and_then(|tracee| tracee.call);
            record.u64(number.map_or(0, |call| call.number));
            arguments.iter().take(6).for_each(|argument| _ = record.u64(*argument));
        }
        StopKind::Exit => {
            let register = |place: usize| registers.get(place).copied().unwrap_or(0);
            let wide = |value: u64| if abi.word_bytes == 4 { value as i32 as i64 as u64 } else { value };
            let (value, failed) = match abi.numbering {
                // MIPS says in a register of its own whether a call failed
                crate::abi::Numbering::Mips if register(7) != 0 => (register(2).wrapping_neg(), true),
                crate::abi::Numbering::Mips => (register(2), false),
                crate::abi::Numbering::Generic => {
                    let value = wide(register(shape(abi.column).result.unwrap_or(0)));
                    (value, value >= ERRORS.wrapping_neg())
                }
            };
            record.u64(wide(value)).u8(u8::from(failed));
        }
        _ => {}
    }
    let bytes = record.finish();
    let wanted = usize::try_from(call.word(2)).unwrap_or(usize::MAX).min(bytes.len());
    call.write(call.word(3), bytes.get(..wanted).unwrap_or_default())?;
    Ok(bytes.len() as u64)
}

/// PTRACE_GETSIGMASK and SETSIGMASK: `addr` is the size of the set.
fn mask(call: &mut Call<'_>, tid: Tid, which: u32) -> CallResult {
    let size = call.abi().signal_set_bytes;
    if call.word(2) != size as u64 {
        return Err(Errno::EINVAL.into());
    }
    let address = call.word(3);
    if which == request::GET_MASK {
        let set = call.kernel.core.task(tid)?.blocked;
        let bytes = set_bytes(call, set, size);
        call.write(address, &bytes)?;
    } else {
        let set = read_set(call, address, size)?.blockable();
        call.core().task_mut(tid)?.blocked = set;
    }
    Ok(0)
}

/// The registers as the tracer sees them: with what tells the begin of a call from its end.
fn registers(call: &Call<'_>, tid: Tid, stop: Stop) -> Result<Vec<u64>, Errno> {
    let shape = shape(call.abi().column);
    let mut values = call.kernel.core.task(tid)?.cpu.registers();
    let traced = call.kernel.core.tracee(tid).and_then(|tracee| tracee.call);
    let (begins, ends) = (stop.kind == StopKind::Entry, stop.kind == StopKind::Exit);
    let mut put = |slot: usize, value: u64| {
        if let Some(place) = values.get_mut(slot) {
            *place = value;
        }
    };
    if let (Some((slot, outside)), traced) = (shape.original, traced) {
        let within = |call: crate::task::tracee::TracedCall| match shape.result {
            Some(_) => call.number,
            None => call.first,
        };
        put(slot, traced.map_or(outside, within));
    }
    if let (Some(slot), true) = (shape.result, begins) {
        put(slot, i64::from(Errno::ENOSYS.number(call.abi().numbering)).wrapping_neg() as u64);
    }
    if let (Some(slot), true) = (shape.direction, begins || ends) {
        put(slot, u64::from(ends));
    }
    Ok(values)
}

/// Takes what the tracer changed; what only tells of the stop is not put into the processor.
fn set_registers(call: &mut Call<'_>, tid: Tid, stop: Stop, mut values: Vec<u64>) -> Result<(), Errno> {
    let Shape { original, result, direction, .. } = shape(call.abi().column);
    let before = call.kernel.core.task(tid)?.cpu.registers();
    let (begins, ends) = (stop.kind == StopKind::Entry, stop.kind == StopKind::Exit);
    let asked = original.and_then(|(slot, _)| values.get(slot).copied());
    let mut keep = |slot: usize| {
        if let (Some(place), Some(value)) = (values.get_mut(slot), before.get(slot)) {
            *place = *value;
        }
    };
    if let (Some(slot), true) = (direction, begins || ends) {
        keep(slot);
    }
    if let (Some(slot), true) = (result, begins) {
        keep(slot);
        if let (Some(place), Some(number)) = (values.get_mut(slot), asked) {
            *place = number;
        }
        if let (Some(tracee), Some(number)) = (call.core().tracee_mut(tid), asked) {
            tracee.call = tracee.call.map(|call| crate::task::tracee::TracedCall { number, ..call });
        }
    }
    call.core().task_mut(tid)?.cpu.set_registers(&values);
    Ok(())
}

fn laid_out(call: &Call<'_>, values: &[u64]) -> Vec<u8> {
    let mut record = call.record();
    let bytes = shape(call.abi().column).bytes;
    values.iter().for_each(|value| _ = record.number(*value, bytes));
    record.finish()
}
/// Registers from bytes; those that are not there stay as they are.
fn parsed(call: &Call<'_>, bytes: &[u8], mut values: Vec<u64>) -> Vec<u64> {
    let width = shape(call.abi().column).bytes;
    let view = View::new(call.abi(), bytes);
    for (place, value) in values.iter_mut().enumerate() {
        let read = match width {
            4 => view.u32(place * 4).map(u64::from),
            _ => view.u64(place * 8),
        };
        *value = read.unwrap_or(*value);
    }
    values
}

fn memory_or_registers(call: &mut Call<'_>, tid: Tid, which: u32, stop: Stop) -> CallResult {
    let (address, data) = (call.word(2), call.word(3));
    match which {
        request::PEEK_TEXT | request::PEEK_DATA => {
            let width = call.abi().word_bytes;
            let bytes = call.kernel.core.space_of(tid)?.memory.peek(address, width);
            if bytes.len() < width {
                return Err(Errno::EIO.into());
            }
            give(call, &bytes)
        }
        request::POKE_TEXT | request::POKE_DATA => {
            let mut record = call.record();
            record.word(data);
            let memory = &mut call.core().space_of_mut(tid)?.memory;
            memory.write_anyway(address, record.as_bytes()).map_err(|_| Errno::EIO)?;
            Ok(0)
        }
        request::PEEK_USER | request::POKE_USER => user_word(call, tid, which, stop),
        request::GET_REGISTERS if shape(call.abi().column).old_requests => {
            let values = registers(call, tid, stop)?;
            let bytes = laid_out(call, &values);
            give(call, &bytes)
        }
        request::SET_REGISTERS if shape(call.abi().column).old_requests => {
            let values = registers(call, tid, stop)?;
            let bytes = call.read_bytes(data, values.len() * shape(call.abi().column).bytes)?;
            let values = parsed(call, &bytes, values);
            set_registers(call, tid, stop, values)?;
            Ok(0)
        }
        request::GET_REGISTER_SET | request::SET_REGISTER_SET => register_set(call, tid, which, stop),
        _ => match FloatSet::of_request(call.abi().column, which) {
            Some((set, sets)) => float_registers(call, tid, set, sets),
            None => ptrace_thread::request(call, tid, which).unwrap_or(Err(Errno::EIO.into())),
        },
    }
}

/// One word of `struct user`: a register by its place; MIPS numbers its registers itself.
fn user_word(call: &mut Call<'_>, tid: Tid, which: u32, stop: Stop) -> CallResult {
    /// numbers of pc, cause, badvaddr, hi, lo on MIPS, and their places in the structure
    const MIPS: [(u64, usize); 5] = [(64, 34), (65, 37), (66, 35), (67, 33), (68, 32)];
    let shape = shape(call.abi().column);
    let address = call.word(2);
    let word = call.abi().word_bytes as u64;
    if !shape.old_requests {
        return Err(Errno::EIO.into());
    }
    let place = match call.abi().numbering {
        crate::abi::Numbering::Mips => match MIPS.iter().find(|(number, _)| *number == address) {
            Some((_, place)) => *place,
            None if address < 32 => address as usize,
            None => return Err(Errno::EIO.into()),
        },
        _ if !address.is_multiple_of(word) => return Err(Errno::EIO.into()),
        _ => usize::try_from(address / word).map_err(|_| Errno::EIO)?,
    };
    let mut values = registers(call, tid, stop)?;
    if which == request::PEEK_USER {
        let mut record = call.record();
        record.word(values.get(place).copied().unwrap_or(0));
        return give(call, record.as_bytes());
    }
    *values.get_mut(place).ok_or(Errno::EIO)? = call.word(3);
    set_registers(call, tid, stop, values)?;
    Ok(0)
}

/// PTRACE_GETREGSET and SETREGSET: `data` is a `struct iovec` whose length becomes what was moved.
fn register_set(call: &mut Call<'_>, tid: Tid, which: u32, stop: Stop) -> CallResult {
    if let Some(set) = FloatSet::of_note(call.abi().column, call.word(2)) {
        return float_note(call, tid, which, set);
    }
    if let (Some(bytes), request::GET_REGISTER_SET) = (ptrace_thread::note(call, tid, call.word(2)), which) {
        return show_note(call, &bytes?);
    }
    if call.word(2) != GENERAL_REGISTERS {
        return Err(Errno::EINVAL.into());
    }
    let (vector, word) = (call.word(3), call.abi().word_bytes as u64);
    let buffer = call.read_word(vector)?;
    let room = usize::try_from(call.read_word(vector.wrapping_add(word))?).unwrap_or(usize::MAX);
    let values = registers(call, tid, stop)?;
    if call.abi().numbering == crate::abi::Numbering::Mips {
        return note_of_mips(call, which, values, buffer, room);
    }
    let mut bytes = laid_out(call, &values);
    bytes.truncate(room);
    if which == request::GET_REGISTER_SET {
        call.write(buffer, &bytes)?;
    } else {
        let given = call.read_bytes(buffer, bytes.len())?;
        let values = parsed(call, &given, values);
        set_registers(call, tid, stop, values)?;
    }
    let mut record = call.record();
    record.word(bytes.len() as u64);
    call.write(vector.wrapping_add(word), record.as_bytes())?;
    Ok(0)
}

/// Gives a register set to a `struct iovec`, whose length becomes what was given.
fn show_note(call: &mut Call<'_>, bytes: &[u8]) -> CallResult {
    let (vector, word) = (call.word(3), call.abi().word_bytes as u64);
    let buffer = call.read_word(vector)?;
    let room = usize::try_from(call.read_word(vector.wrapping_add(word))?).unwrap_or(usize::MAX);
    let shown = bytes.get(..room.min(bytes.len())).unwrap_or_default();
    call.write(buffer, shown)?;
    let mut record = call.record();
    record.word(shown.len() as u64);
    call.write(vector.wrapping_add(word), record.as_bytes())?;
    Ok(0)
}

/// PTRACE_GETFPREGS and its like: `data` is the structure itself.
fn float_registers(call: &mut Call<'_>, tid: Tid, set: FloatSet, sets: bool) -> CallResult {
    let abi = call.abi();
    let before = call.kernel.core.task(tid)?.cpu.float_bytes(abi, set).ok_or(Errno::EIO)?;
    if !sets {
        return give(call, &before);
    }
    let bytes = call.read_bytes(call.word(3), before.len())?;
    call.core().task_mut(tid)?.cpu.set_float_bytes(abi, set, &bytes).ok_or(Errno::EINVAL)?;
    Ok(0)
}

/// The same by its note: what is not given stays as it is.
fn float_note(call: &mut Call<'_>, tid: Tid, which: u32, set: FloatSet) -> CallResult {
    let (abi, vector) = (call.abi(), call.word(3));
    let word = abi.word_bytes as u64;
    let buffer = call.read_word(vector)?;
    let room = usize::try_from(call.read_word(vector.wrapping_add(word))?).unwrap_or(usize::MAX);
    let mut bytes = call.kernel.core.task(tid)?.cpu.float_bytes(abi, set).ok_or(Errno::EINVAL)?;
    let count = bytes.len().min(room);
    if which == request::GET_REGISTER_SET {
        let shown = bytes.get(..count).unwrap_or_default();
        call.write(buffer, shown)?;
    } else {
        let given = call.read_bytes(buffer, count)?;
        bytes.iter_mut().zip(&given).for_each(|(target, byte)| *target = *byte);
        call.core().task_mut(tid)?.cpu.set_float_bytes(abi, set, &bytes).ok_or(Errno::EINVAL)?;
    }
    let mut record = call.record();
    record.word(count as u64);
    call.write(vector.wrapping_add(word), record.as_bytes())?;
    Ok(0)
}

/// The register set of o32 is that of core files: 45 words, the general registers from the sixth on (`MIPS32_EF_R0`).
/// It is only shown.
fn note_of_mips(call: &mut Call<'_>, which: u32, values: Vec<u64>, buffer: u64, room: usize) -> CallResult {
    const WORDS_BEFORE: usize = 6;
    const WORDS: usize = 45;
    if which != request::GET_REGISTER_SET {
        return Err(Errno::EINVAL.into());
    }
    let mut record = call.record();
    record.zeros(WORDS_BEFORE * 4);
    values.iter().for_each(|value| _ = record.u32(*value as u32));
    record.pad_to(WORDS * 4);
    let mut bytes = record.finish();
    bytes.truncate(room);
    call.write(buffer, &bytes)?;
    let length_at = call.word(3).wrapping_add(call.abi().word_bytes as u64);
    call.write_u32(length_at, bytes.len() as u32)?;
    Ok(0)
}

/// Bytes of another process: process_vm_readv and process_vm_writev.
const PROCESS_VM_VECTORS: usize = 1024;

fn process_vm(call: &mut Call<'_>, writes: bool) -> CallResult {
    // a number of a thread means its process too
    let tid = call.unsigned(0);
    let pid = match call.kernel.core.task(tid) {
        Ok(task) => task.pid,
        Err(_) => tid,
    };
    let tid = *call.kernel.core.process(pid)?.threads.first().ok_or(Errno::ESRCH)?;
    if call.word(5) != 0 || call.word(2).max(call.word(4)) > PROCESS_VM_VECTORS as u64 {
        return Err(Errno::EINVAL.into());
    }
    if pid != call.pid {
        check_access(call, tid)?;
    }
    let local = super::transfer::vectors(call, call.word(1), call.length(2))?;
    let remote = super::transfer::vectors(call, call.word(3), call.length(4))?;
    if !writes {
        let mut found = vec![];
        for (address, length) in remote {
            let bytes = call.kernel.core.space_of(tid)?.memory.peek(address, length);
            let cut = bytes.len() < length;
            found.extend(bytes);
            if cut {
                break;
            }
        }
        let room: usize = local.iter().map(|(_, length)| length).sum();
        if found.is_empty() && room > 0 {
            return Err(Errno::EFAULT.into());
        }
        found.truncate(room);
        super::transfer::scatter(call, &local, &found)?;
        return Ok(found.len() as u64);
    }
    let bytes = super::transfer::gather(call, &local)?;
    let (mut rest, mut done) = (&bytes[..], 0);
    for (address, length) in remote {
        let (now, later) = rest.split_at(length.min(rest.len()));
        let memory = &mut call.kernel.core.space_of_mut(tid)?.memory;
        match memory.write(address, now) {
            Ok(()) => done += now.len(),
            Err(_) if done > 0 => break,
            Err(_) => return Err(Errno::EFAULT.into()),
        }
        rest = later;
    }
    Ok(done as u64)
}
pub(super) fn process_vm_readv(call: &mut Call<'_>) -> CallResult {
    process_vm(call, false)
}
pub(super) fn process_vm_writev(call: &mut Call<'_>) -> CallResult {
    process_vm(call, true)
}
