//! Reading and writing open files.
//!
//! Key functions: [`Kernel::read_file`], [`Kernel::write_file`]; EAGAIN means "wait for what `ready.rs` says". read(2),
//! write(2), tty_ioctl(4) for background groups.
use super::{FileKind, OpenFile, flag, host::HostStream};
use crate::{
    arena::Index,
    config::Pid,
    dev::Device,
    errno::Errno,
    flash::Way,
    kernel::{Core, Kernel},
    net::{Address, Domain, Kind as SocketKind, Peek, SocketId},
    notice::NoticeKind,
    proc::Written,
    signal::{Information, Signal, SignalSet},
    task::{Tid, limit::Resource, waiting::WaitKey},
    tty::{TtyId, TtySignalKind, TtySignalTarget},
    vfs::{Kind, change::event},
};
use core::net::SocketAddr;
use otori_event::Transport;

/// `c_lflag` bit that stops background output, in the generic numbers.
const TOSTOP: u32 = 0x100;

/// Bytes of a message that its notice keeps.
const NOTICE_BYTES: usize = 256;

/// Where in the file: at its own offset, which moves, or at a given one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Current,
    At(u64),
}

impl Kernel {
    /// Reads into `into`; 0 at the end, EAGAIN when nothing is there yet.
    pub(crate) fn read_file(
        &mut self,
        tid: Tid,
        index: Index<OpenFile>,
        place: Place,
        into: &mut [u8],
    ) -> Result<usize, Errno> {
        let file = self.core.files.get(index).ok_or(Errno::EBADF)?;
        if !file.reads() {
            return Err(Errno::EBADF);
        }
        if !matches!(file.kind, FileKind::Node | FileKind::Device(_)) && place != Place::Current {
            return Err(Errno::ESPIPE);
        }
        let offset = match place {
            Place::Current => file.offset,
            Place::At(offset) => offset,
        };
        let count = match file.kind.clone_light() {
            Light::Node => self.read_node(tid, index, offset, into)?,
            Light::Device(Device::Flash { index, .. }) => {
                let core = &mut self.core;
                let part = core.config.identity.mtd.get(index as usize).ok_or(Errno::ENODEV)?;
                let count = core.flash.read(index, part, offset, into);
                core.charge(count as u64);
                count
            }
            Light::Device(device) => {
                let random = &mut self.core.random;
                device.read(into, &mut |bytes| random.fill(bytes))?
            }
            Light::Pipe(pipe) => {
                let count = self.core.pipes.read(pipe, into)?;
                self.core.wake(WaitKey::Pipe(pipe));
                count
            }
            Light::Tty(terminal) => {
                self.core.check_background(tid, terminal, Signal::TTIN)?;
                let count = self.core.ttys.slave_read(terminal, into)?;
                self.core.wake(WaitKey::Tty(terminal));
                count
            }
            Light::TtyMaster(terminal) => {
                let count = self.core.ttys.master_read(terminal, into)?;
                self.core.wake(WaitKey::Tty(terminal));
                count
            }
            Light::Socket(id) => {
                let received = self.core.sockets.receive(id, into, Peek::No, &mut *self.outside)?;
                self.core.wake(WaitKey::Sockets);
                self.core.note_received(tid, id, received.count);
                let (pid, taken) = (self.core.task(tid)?.pid, self.core.sockets.taken(id));
                self.drop_passed(pid, id, taken);
                received.count
            }
            Light::Host(HostStream::Input) => self.core.host.read(into)?,
            Light::Host(_) | Light::Epoll | Light::Process => return Err(Errno::EINVAL),
            Light::Signals(set) => self.core.read_signals(tid, set, into)?,
            Light::Watch => self.core.read_watches(index, into)?,
            Light::Counter => self.core.read_counter(index, into)?,
            Light::Messages(number) => self.core.ipc.posix.get(number)?.read_status(offset, into),
        };
        if place == Place::Current
            && let Some(file) = self.core.files.get_mut(index)
        {
            file.offset = file.offset.saturating_add(count as u64);
        }
        Ok(count)
    }

    fn read_node(
        &mut self,
        tid: Tid,
        index: Index<OpenFile>,
        offset: u64,
        into: &mut [u8],
    ) -> Result<usize, Errno> {
        let file = self.core.files.get(index).ok_or(Errno::EBADF)?;
        let node = file.node.ok_or(Errno::EBADF)?;
        if let Some(memory) = self.vfs.memory_file(node) {
            return self.read_memory_file(tid, memory, offset, into);
        }
        if !self.vfs.is_generated(node) {
            self.refresh_mapped(node);
            let count = self.vfs.read_at(node, offset, into)?;
            if count > 0 {
                self.vfs.note(node, event::ACCESS);
            }
            return Ok(count);
        }
        if offset == 0 || file.generated.is_none() {
            let text = self.with_files(tid, |vfs, context| vfs.generate(context, node))?;
            self.core.files.get_mut(index).ok_or(Errno::EBADF)?.generated = Some(text.into_boxed_slice());
        }
        let text = self.core.files.get(index).and_then(|file| file.generated.as_deref()).unwrap_or_default();
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = text.get(start..).unwrap_or_default();
        let count = rest.len().min(into.len());
        into.iter_mut().zip(rest).for_each(|(target, byte)| *target = *byte);
        Ok(count)
    }

    /// Writes; EAGAIN when nothing fits yet, EPIPE comes with SIGPIPE.
    pub(crate) fn write_file(
        &mut self,
        tid: Tid,
        index: Index<OpenFile>,
        place: Place,
        bytes: &[u8],
    ) -> Result<usize, Errno> {
        let file = self.core.files.get(index).ok_or(Errno::EBADF)?;
        if !file.writes() {
            return Err(Errno::EBADF);
        }
        if !matches!(file.kind, FileKind::Node | FileKind::Device(_)) && place != Place::Current {
            return Err(Errno::ESPIPE);
        }
        let count = match file.kind.clone_light() {
            Light::Node => return self.write_node(tid, index, place, bytes),
            Light::Device(Device::Flash { index: part, block, .. }) => {
                let (pid, own) = (self.core.task(tid)?.pid, file.offset);
                let offset = if let Place::At(offset) = place { offset } else { own };
                let way = if block { Way::Replace } else { Way::Program };
                let count = self.core.write_flash(pid, part, offset, bytes, way)?;
                if let (Place::Current, Some(file)) = (place, self.core.files.get_mut(index)) {
                    file.offset = offset.saturating_add(count as u64);
                }
                count
            }
            Light::Device(Device::Watchdog) => self.core.write_watchdog(bytes),
            Light::Device(device) => device.write(bytes)?,
            Light::Pipe(pipe) => {
                let written = self.core.pipes.write(pipe, bytes);
                if written == Err(Errno::EPIPE) {
                    self.core.send_to_task(tid, Signal::PIPE, Information::kernel());
                }
                self.core.wake(WaitKey::Pipe(pipe));
                written?
            }
            Light::Tty(terminal) => {
                if self.core.ttys.termios(terminal).is_ok_and(|termios| termios.local & TOSTOP != 0) {
                    self.core.check_background(tid, terminal, Signal::TTOU)?;
                }
                let count = self.core.ttys.slave_write(terminal, bytes)?;
                self.core.wake(WaitKey::Tty(terminal));
                count
            }
            Light::TtyMaster(terminal) => {
                let count = self.core.ttys.master_write(terminal, bytes)?;
                self.core.raise_terminal_signals();
                self.core.wake(WaitKey::Tty(terminal));
                if count == 0 && !bytes.is_empty() { Err(Errno::EAGAIN) } else { Ok(count) }?
            }
            Light::Socket(id) => {
                self.sign_socket(tid, id)?;
                let sent = self.core.sockets.send(id, bytes, &mut *self.outside);
                if sent == Err(Errno::EPIPE) {
                    self.core.send_to_task(tid, Signal::PIPE, Information::kernel());
                }
                self.core.wake(WaitKey::Sockets);
                let count = sent?;
                self.core.note_sent(tid, id, bytes.get(..count).unwrap_or_default());
                count
            }
            Light::Host(stream) => self.core.host.write(stream, bytes)?,
            Light::Counter => self.core.write_counter(index, bytes)?,
            Light::Signals(_) | Light::Watch | Light::Epoll | Light::Messages(_) | Light::Process => {
                return Err(Errno::EINVAL);
            }
        };
        Ok(count)
    }

    fn write_node(
        &mut self,
        tid: Tid,
        index: Index<OpenFile>,
        place: Place,
        bytes: &[u8],
    ) -> Result<usize, Errno> {
        let file = self.core.files.get(index).ok_or(Errno::EBADF)?;
        let node = file.node.ok_or(Errno::EBADF)?;
        let (appends, own_offset) = (file.flags & flag::APPEND != 0, file.offset);
        if let Some(memory) = self.vfs.memory_file(node) {
            let offset = if let Place::At(offset) = place { offset } else { own_offset };
            let count = self.write_memory_file(tid, memory, offset, bytes)?;
            if let (Place::Current, Some(file)) = (place, self.core.files.get_mut(index)) {
                file.offset = offset.saturating_add(count as u64);
            }
            return Ok(count);
        }
        if self.vfs.is_generated(node) {
            let written = self.with_files(tid, |vfs, context| vfs.write_generated(context, node, bytes))?;
            self.core.apply_written(tid, written)?;
            return Ok(bytes.len());
        }
        let pid = self.core.task(tid)?.pid;
        let (most, _) = self.core.process(pid)?.limits.get(Resource::FILE_BYTES);
        let start = match place {
            Place::At(offset) => offset,
            Place::Current => own_offset,
        };
        if start >= most && !bytes.is_empty() {
            self.core.send_to_task(tid, Signal::XFSZ, Information::kernel());
            return Err(Errno::EFBIG);
        }
        // bytes up to the process's limit are written, the next write gets the signal
        let room = usize::try_from(most.saturating_sub(start)).unwrap_or(usize::MAX);
        let bytes = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        self.refresh_mapped(node);
        let (offset, count) = self.with_files(tid, |vfs, context| match appends {
            true => vfs.append(context, node, bytes),
            false => vfs.write_at(context, node, start, bytes).map(|count| (start, count)),
        })?;
        self.update_mapped(node, offset, bytes.get(..count).unwrap_or_default());
        let file = self.core.files.get_mut(index).ok_or(Errno::EBADF)?;
        file.written = true;
        if place == Place::Current {
            file.offset = offset.saturating_add(count as u64);
        }
        Ok(count)
    }

    /// Tells a UNIX socket who writes to it.
    fn sign_socket(&mut self, tid: Tid, id: SocketId) -> Result<(), Errno> {
        if matches!(self.core.sockets.description(id), Ok((Domain::Unix, ..))) {
            let pid = self.core.task(tid)?.pid;
            let identity = &self.core.process(pid)?.identity.effective;
            let credentials = (pid, identity.uid, identity.gid);
            self.core.sockets.set_sender(id, credentials);
        }
        Ok(())
    }
}

impl Core {
    /// How notices name a socket of the network, and its peer; `None` inside the machine.
    fn contact(&self, id: SocketId) -> Option<(Transport, Option<SocketAddr>)> {
        let transport = match self.sockets.description(id).ok()? {
            (Domain::Inet | Domain::Inet6, SocketKind::Stream, _) => Transport::Tcp,
            (Domain::Inet, _, 1) | (Domain::Inet6, _, 58) => Transport::Icmp,
            (Domain::Inet | Domain::Inet6, SocketKind::Datagram, _) => Transport::Udp,
            (Domain::Inet | Domain::Inet6 | Domain::Packet, _, _) => Transport::Other,
            _ => return None,
        };
        let remote = match self.sockets.remote_address(id) {
            Ok(Address::Inet(remote)) => Some(SocketAddr::new(remote.ip().to_canonical(), remote.port())),
            _ => None,
        };
        Some((transport, remote))
    }
    fn note_received(&mut self, tid: Tid, id: SocketId, length: usize) {
        if let (Some((transport, remote)), true, Ok(pid)) =
            (self.contact(id), length > 0, self.task(tid).map(|task| task.pid))
        {
            self.notify(pid, NoticeKind::Received { remote, transport, length });
        }
    }
    fn note_sent(&mut self, tid: Tid, id: SocketId, bytes: &[u8]) {
        if let (Some((transport, remote)), Ok(pid)) = (self.contact(id), self.task(tid).map(|task| task.pid))
        {
            let first_bytes = bytes.get(..bytes.len().min(NOTICE_BYTES)).unwrap_or_default().to_vec();
            self.notify(pid, NoticeKind::SendTo { remote, transport, first_bytes, length: bytes.len() });
        }
    }

    fn read_counter(&mut self, index: Index<OpenFile>, into: &mut [u8]) -> Result<usize, Errno> {
        let now_ns = self.now_ns;
        let endian = self.abi.endian;
        let target = into.get_mut(..8).ok_or(Errno::EINVAL)?;
        let value = match &mut self.files.get_mut(index).ok_or(Errno::EBADF)?.kind {
            FileKind::Event(counter) => counter.take()?,
            FileKind::Timer(timer) => timer.take(now_ns)?,
            _ => return Err(Errno::EINVAL),
        };
        let mut record = crate::record::Record::new(self.abi);
        record.u64(value);
        target.copy_from_slice(record.as_bytes());
        let _ = endian;
        self.wake(WaitKey::File(index));
        Ok(8)
    }

    /// Whole events of an inotify instance.
    fn read_watches(&mut self, index: Index<OpenFile>, into: &mut [u8]) -> Result<usize, Errno> {
        let abi = self.abi;
        let bytes = match &mut self.files.get_mut(index).ok_or(Errno::EBADF)?.kind {
            FileKind::Watch(watches) => watches.read(abi, into.len())?,
            _ => return Err(Errno::EINVAL),
        };
        into.iter_mut().zip(&bytes).for_each(|(target, byte)| *target = *byte);
        Ok(bytes.len())
    }

    fn write_counter(&mut self, index: Index<OpenFile>, bytes: &[u8]) -> Result<usize, Errno> {
        let value = crate::record::View::new(self.abi, bytes).u64(0).ok_or(Errno::EINVAL)?;
        match &mut self.files.get_mut(index).ok_or(Errno::EBADF)?.kind {
            FileKind::Event(counter) => counter.add(value)?,
            _ => return Err(Errno::EINVAL),
        }
        self.wake(WaitKey::File(index));
        Ok(8)
    }

    /// A background group that touches its terminal is stopped, or gets EIO when nobody could continue it.
    pub(crate) fn check_background(
        &mut self,
        tid: Tid,
        terminal: TtyId,
        signal: Signal,
    ) -> Result<(), Errno> {
        let task = self.task(tid)?;
        let blocked = task.blocked.contains(signal);
        let process = self.process(task.pid)?;
        let group = process.group;
        let foreground = self.ttys.foreground(terminal);
        if process.terminal != Some(terminal) || foreground.is_none_or(|front| front == group) {
            return Ok(());
        }
        let ignored = blocked || process.actions.ignores(signal);
        match (ignored, signal) {
            (true, Signal::TTOU) => return Ok(()),
            (true, _) => return Err(Errno::EIO),
            _ if self.is_orphaned(group) => return Err(Errno::EIO),
            _ => {}
        }
        self.send_to_group(group, signal, Information::kernel());
        Err(Errno::EINTR)
    }

    /// Sends what the terminals raised.
    pub(crate) fn raise_terminal_signals(&mut self) {
        for raised in self.ttys.take_signals() {
            let signal = match raised.kind {
                TtySignalKind::Interrupt => Signal::INT,
                TtySignalKind::Quit => Signal::QUIT,
                TtySignalKind::Suspend => Signal::TSTP,
                TtySignalKind::HangUp => Signal::HUP,
                TtySignalKind::Continue => Signal::CONT,
                TtySignalKind::WindowChange => Signal::WINCH,
            };
            let information = Information::kernel();
            match raised.target {
                TtySignalTarget::Group(group) => self.send_to_group(group, signal, information),
                TtySignalTarget::Leader(pid) => self.send_to_process(pid, signal, information),
            }
        }
    }

    /// What a write below /proc asks the kernel to do.
    fn apply_written(&mut self, tid: Tid, written: Written) -> Result<(), Errno> {
        let lossy = |bytes: &[u8]| alloc::string::String::from_utf8_lossy(bytes).into_owned();
        let own: Pid = self.task(tid).map_or(0, |task| task.pid);
        match written {
            Written::Kept => {}
            Written::PingGroups(first, last) => self.sockets.network.ping_groups = (first, last),
            Written::BindOnly6(on) => self.sockets.network.bind_only_6 = on,
            Written::Mtu(number, mtu) => {
                if let Some(interface) = self.sockets.network.numbered_mut(number) {
                    interface.mtu = mtu;
                }
            }
            Written::Bridge(number, setting, value) => {
                self.sockets.network.configure_bridge(number, setting, value)?;
            }
            Written::Hostname(name) => self.hostname = lossy(&name),
            Written::Domainname(name) => self.domainname = lossy(&name),
            Written::Comm(pid, name) => {
                if let Ok(task) = self.task_mut(pid) {
                    task.set_comm(&name);
                }
            }
            Written::OomScoreAdjust(pid, value) => {
                if let Ok(process) = self.process_mut(pid) {
                    process.out_of_memory_adjust = value;
                }
            }
            Written::SysRq(key) => {
                let what = alloc::format!("sysrq {}", char::from(key).escape_default());
                self.notify(own, crate::notice::NoticeKind::Refused { what });
            }
        }
        Ok(())
    }
}

/// A file's kind without what is behind it, so that the tables are free to be changed.
enum Light {
    Node,
    Device(Device),
    Pipe(crate::pipe::PipeId),
    Tty(TtyId),
    TtyMaster(TtyId),
    Host(HostStream),
    Socket(SocketId),
    /// eventfd and timerfd
    Counter,
    Epoll,
    /// signalfd
    Signals(SignalSet),
    /// inotify
    Watch,
    /// pidfd, and name spaces
    Process,
    /// POSIX message queue
    Messages(crate::ipc::posix::QueueNumber),
}

impl FileKind {
    fn clone_light(&self) -> Light {
        match self {
            FileKind::Node => Light::Node,
            FileKind::Device(device) => Light::Device(*device),
            FileKind::Pipe(pipe, _) => Light::Pipe(*pipe),
            FileKind::Tty(terminal) => Light::Tty(*terminal),
            FileKind::TtyMaster(terminal) => Light::TtyMaster(*terminal),
            FileKind::Host(stream) => Light::Host(*stream),
            FileKind::Socket(id) => Light::Socket(*id),
            FileKind::Event(_) | FileKind::Timer(_) => Light::Counter,
            FileKind::Epoll(_) => Light::Epoll,
            FileKind::Signals(set) => Light::Signals(*set),
            FileKind::Watch(_) => Light::Watch,
            FileKind::Process(_) | FileKind::Mounts(_) => Light::Process,
            FileKind::Messages(number) => Light::Messages(*number),
        }
    }
    /// Does it have an offset?
    pub(crate) fn is_seekable(&self, kind: Option<Kind>) -> bool {
        match self {
            FileKind::Node => kind.is_some(),
            FileKind::Device(_) => true,
            _ => false,
        }
    }
}
