//! ioctl: terminals, pending bytes, close-on-exec.
//!
//! Neighbours: `tty/ioctl.rs` knows the numbers; `flash.rs`, `watchdog.rs` and `socket_ioctl.rs` have those of their
//! files. ioctl_tty(2); a request that a file does not know is
//! ENOTTY.
use super::{
    call::{Call, CallError, CallResult},
    flash, hardware_ioctl, socket_ioctl, watchdog,
};
use crate::{
    abi::Numbering,
    dev::Device,
    errno::Errno,
    file::{FileKind, flag, host::HostStream},
    signal::Signal,
    task::waiting::WaitKey,
    tty::{Flow, Flush, Layout, PacketMode, Termios, TtyId, TtyRequest, WindowSize},
    vfs::Kind,
};

/// Requests that every file knows: generic number, number on MIPS.
mod request {
    pub(super) const FIONREAD: [u32; 2] = [0x541b, 0x467f];
    pub(super) const FIONBIO: [u32; 2] = [0x5421, 0x667e];
    pub(super) const FIOCLEX: [u32; 2] = [0x5451, 0x6601];
    pub(super) const FIONCLEX: [u32; 2] = [0x5450, 0x6602];
    pub(super) const FIOASYNC: [u32; 2] = [0x5452, 0x667d];
}

pub(super) fn ioctl(call: &mut Call<'_>) -> CallResult {
    let file = call.file(0)?;
    if file.flags & flag::PATH != 0 {
        return Err(Errno::EBADF.into());
    }
    let number = call.unsigned(1);
    let column = usize::from(call.abi().numbering == Numbering::Mips);
    let is = |row: [u32; 2]| row.get(column) == Some(&number);
    if is(request::FIONBIO) || is(request::FIOASYNC) {
        let on = call.read_u32(call.word(2))? != 0;
        let bit = if is(request::FIONBIO) { flag::NON_BLOCKING } else { flag::ASYNC };
        let file = call.file_mut(0)?;
        file.flags = if on { file.flags | bit } else { file.flags & !bit };
        return Ok(0);
    }
    if is(request::FIOCLEX) || is(request::FIONCLEX) {
        let (tid, descriptor) = (call.tid, call.int(0));
        call.core().table_of_mut(tid)?.get_mut(descriptor)?.close_on_exec = is(request::FIOCLEX);
        return Ok(0);
    }
    match &call.file(0)?.kind {
        FileKind::Tty(id) => {
            let id = *id;
            terminal(call, id, number)
        }
        FileKind::TtyMaster(id) => {
            let id = *id;
            terminal(call, id, number)
        }
        FileKind::Device(Device::Watchdog) => watchdog::ioctl(call, number),
        FileKind::Device(Device::Clock) => hardware_ioctl::clock(call, number),
        FileKind::Device(Device::Input(index)) => {
            let index = *index;
            hardware_ioctl::input(call, index, number)
        }
        FileKind::Device(Device::Flash { index, .. }) => {
            let index = *index;
            flash::ioctl(call, index, number)
        }
        FileKind::Socket(_) if !is(request::FIONREAD) => socket_ioctl::ioctl(call, number),
        _ if is(request::FIONREAD) => waiting_bytes(call),
        _ => Err(Errno::ENOTTY.into()),
    }
}

/// FIONREAD of what is no terminal.
fn waiting_bytes(call: &mut Call<'_>) -> CallResult {
    let file = call.file(0)?;
    let waiting = match (&file.kind, file.node) {
        (FileKind::Pipe(pipe, _), _) => call.kernel.core.pipes.available(*pipe) as u64,
        (FileKind::Socket(id), _) => {
            let id = *id;
            let kernel = &mut *call.kernel;
            kernel.core.sockets.available(id, &mut *kernel.outside)? as u64
        }
        (FileKind::Watch(watches), _) => watches.waiting_bytes(call.abi()) as u64,
        (FileKind::Host(HostStream::Input), _) => call.kernel.core.host.waiting_input() as u64,
        (FileKind::Node, Some(node)) if call.kernel.vfs.kind(node) == Ok(Kind::File) => {
            let (tid, offset) = (call.tid, file.offset);
            let size = call.kernel.with_files(tid, |vfs, context| vfs.stat(context, node))?.size;
            size.saturating_sub(offset)
        }
        _ => return Err(Errno::ENOTTY.into()),
    };
    call.write_u32(call.word(2), u32::try_from(waiting).unwrap_or(u32::MAX))?;
    Ok(0)
}

fn terminal(call: &mut Call<'_>, id: TtyId, number: u32) -> CallResult {
    let request = TtyRequest::from_number(number, call.abi().numbering).ok_or(Errno::ENOTTY)?;
    let address = call.word(2);
    match request {
        TtyRequest::Get => get_termios(call, id, Layout::Termios),
        TtyRequest::GetOld => get_termios(call, id, Layout::Termio),
        TtyRequest::SetOld | TtyRequest::SetOldDrain => set_termios(call, id, Layout::Termio, Flush::Nothing),
        TtyRequest::SetOldFlush => set_termios(call, id, Layout::Termio, Flush::Input),
        TtyRequest::Get2 => get_termios(call, id, Layout::Termios2),
        TtyRequest::Set | TtyRequest::SetDrain => set_termios(call, id, Layout::Termios, Flush::Nothing),
        TtyRequest::SetFlush => set_termios(call, id, Layout::Termios, Flush::Input),
        TtyRequest::Set2 | TtyRequest::SetDrain2 => set_termios(call, id, Layout::Termios2, Flush::Nothing),
        TtyRequest::SetFlush2 => set_termios(call, id, Layout::Termios2, Flush::Input),
        TtyRequest::GetSize => {
            let bytes = call.core().ttys.size(id)?.encode(call.endian());
            call.write(address, &bytes)?;
            Ok(0)
        }
        TtyRequest::SetSize => set_size(call, id),
        TtyRequest::Flush => {
            let which = [Flush::Input, Flush::Output, Flush::Both];
            let which = *which.get(address as usize).ok_or(Errno::EINVAL)?;
            call.core().ttys.flush(id, which)?;
            Ok(0)
        }
        TtyRequest::Flow => {
            match address {
                0 => call.core().ttys.set_stopped(id, Flow::Stop)?,
                1 => call.core().ttys.set_stopped(id, Flow::Start)?,
                _ => {}
            }
            call.core().wake(WaitKey::Tty(id));
            Ok(0)
        }
        TtyRequest::MakeControlling => make_controlling(call, id),
        TtyRequest::GiveUpControlling => give_up_controlling(call, id),
        TtyRequest::GetGroup | TtyRequest::SetGroup | TtyRequest::GetSession => group(call, id, request),
        TtyRequest::InputQueue => give(call, call.kernel.core.ttys.input_queue(id) as u32),
        TtyRequest::OutputQueue => give(call, call.kernel.core.ttys.output_queue(id) as u32),
        TtyRequest::GetNumber => give(call, id.0),
        TtyRequest::GetModem => give(call, 0x126),
        TtyRequest::GetDiscipline => give(call, 0),
        TtyRequest::Simulate => {
            let mut byte = [0];
            call.read(address, &mut byte)?;
            call.core().ttys.master_write(id, &byte)?;
            call.core().raise_terminal_signals();
            call.core().wake(WaitKey::Tty(id));
            Ok(0)
        }
        TtyRequest::HangUp => {
            call.core().hang_up(id);
            Ok(0)
        }
        TtyRequest::SetPacketMode => {
            let mode = if call.read_u32(address)? == 0 { PacketMode::Off } else { PacketMode::On };
            call.core().ttys.set_packet_mode(id, mode)?;
            Ok(0)
        }
        TtyRequest::GetPacketMode => {
            let mode = call.kernel.core.ttys.packet_mode(id)?;
            give(call, u32::from(mode == PacketMode::On))
        }
        TtyRequest::Drain | TtyRequest::Exclusive | TtyRequest::SetLock => Ok(0),
    }
}

fn set_size(call: &mut Call<'_>, id: TtyId) -> CallResult {
    let mut bytes = [0; 8];
    call.read(call.word(2), &mut bytes)?;
    let size = WindowSize::decode(bytes, call.endian());
    call.core().ttys.set_size(id, size)?;
    call.core().raise_terminal_signals();
    Ok(0)
}

fn give(call: &mut Call<'_>, value: u32) -> CallResult {
    call.write_u32(call.word(2), value)?;
    Ok(0)
}

fn get_termios(call: &mut Call<'_>, id: TtyId, layout: Layout) -> CallResult {
    let (numbering, endian) = (call.abi().numbering, call.endian());
    let bytes = call.core().ttys.termios(id)?.encode(layout, numbering, endian);
    call.write(call.word(2), &bytes)?;
    Ok(0)
}
fn set_termios(call: &mut Call<'_>, id: TtyId, layout: Layout, flush: Flush) -> CallResult {
    in_front(call, id)?;
    let (numbering, endian) = (call.abi().numbering, call.endian());
    let bytes = call.read_bytes(call.word(2), layout.size(numbering))?;
    let termios = match layout {
        Layout::Termio => call.core().ttys.termios(id)?.with_old(&bytes, numbering, endian),
        Layout::Termios | Layout::Termios2 => Termios::decode(&bytes, numbering, endian),
    };
    let termios = termios.ok_or(Errno::EINVAL)?;
    call.core().ttys.set_termios(id, termios, flush)?;
    call.core().wake(WaitKey::Tty(id));
    Ok(0)
}

/// Changes from the background stop the group (SIGTTOU) or are refused.
fn in_front(call: &mut Call<'_>, id: TtyId) -> Result<(), CallError> {
    let tid = call.tid;
    match call.core().check_background(tid, id, Signal::TTOU) {
        Err(Errno::EINTR) => {
            Err(call.wait(alloc::vec![WaitKey::Tty(id)], crate::task::waiting::Restart::WithFlag))
        }
        other => Ok(other?),
    }
}

fn make_controlling(call: &mut Call<'_>, id: TtyId) -> CallResult {
    let pid = call.pid;
    let process = call.process()?;
    let (session, leads, has) = (process.session, process.leads_session(), process.terminal);
    if has == Some(id) && call.kernel.core.ttys.session(id) == Some(session) {
        return Ok(0);
    }
    if !leads || has.is_some() || call.kernel.core.ttys.session(id).is_some() {
        return Err(Errno::EPERM.into());
    }
    call.core().adopt_terminal(pid, id);
    Ok(0)
}
fn give_up_controlling(call: &mut Call<'_>, id: TtyId) -> CallResult {
    let pid = call.pid;
    let process = call.process()?;
    if process.terminal != Some(id) {
        return Err(Errno::ENOTTY.into());
    }
    match process.leads_session() {
        true => call.core().lose_terminal(pid, id),
        false => call.process()?.terminal = None,
    }
    Ok(0)
}
fn group(call: &mut Call<'_>, id: TtyId, request: TtyRequest) -> CallResult {
    let process = call.process()?;
    let session = process.session;
    let is_master = matches!(call.file(0)?.kind, FileKind::TtyMaster(_));
    if call.process()?.terminal != Some(id) && !is_master {
        return Err(Errno::ENOTTY.into());
    }
    match request {
        TtyRequest::GetGroup => {
            let front = call.core().ttys.foreground(id).unwrap_or(0);
            give(call, front)
        }
        TtyRequest::GetSession => {
            let owner = call.core().ttys.session(id).ok_or(Errno::ENOTTY)?;
            give(call, owner)
        }
        _ => {
            in_front(call, id)?;
            let wanted = call.read_u32(call.word(2))?;
            let members = call.core().group_members(wanted);
            let first = members.first().ok_or(Errno::ESRCH)?;
            if call.core().process(*first)?.session != session {
                return Err(Errno::EPERM.into());
            }
            call.core().ttys.set_foreground(id, wanted)?;
            call.core().wake(WaitKey::Tty(id));
            Ok(0)
        }
    }
}
