//! Terminals with their line discipline; key type [`Ttys`]. Each is a pair: the master side is the kernel's
//! host side (a telnet session) or a guest's `/dev/ptmx`, the slave side is `/dev/pts/N` or the console.
//! Nothing blocks: `EAGAIN` means that the kernel puts the task to sleep. Specification: tty_ioctl(4), pty(7).
mod discipline;
mod ioctl;
mod packet;
mod termios;
#[cfg(test)]
mod tests;

pub use discipline::{INPUT_MAX, OUTPUT_MAX};
pub use ioctl::TtyRequest;
pub use packet::PacketMode;
pub use termios::{Layout, Termios};

use crate::abi::Endian;
use crate::errno::Errno;
use crate::poll::PollMask;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use discipline::Line;
use packet::Packet;

/// Most terminals of a machine.
pub const TTYS_MAX: usize = 64;
/// Most signals that wait to be fetched.
const SIGNALS_MAX: usize = 256;

/// A terminal; its number is that of `/dev/pts/N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TtyId(pub u32);

/// A signal that a terminal raises; the kernel numbers it per architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtySignalKind {
    /// SIGINT
    Interrupt,
    /// SIGQUIT
    Quit,
    /// SIGTSTP
    Suspend,
    /// SIGHUP
    HangUp,
    /// SIGCONT
    Continue,
    /// SIGWINCH
    WindowChange,
}

/// Whom a terminal signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtySignalTarget {
    /// every process of a group
    Group(u32),
    /// the leader of a session
    Leader(u32),
}

/// A signal to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TtySignal {
    /// whom
    pub target: TtySignalTarget,
    /// what
    pub kind: TtySignalKind,
}

/// Size of a window in characters and pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct WindowSize {
    /// rows
    pub rows: u16,
    /// columns
    pub columns: u16,
    /// width, pixels
    pub width: u16,
    /// height, pixels
    pub height: u16,
}

impl WindowSize {
    /// `struct winsize`.
    pub fn encode(self, endian: Endian) -> [u8; 8] {
        let mut bytes = [0; 8];
        for (to, word) in bytes.chunks_exact_mut(2).zip([self.rows, self.columns, self.width, self.height]) {
            to.copy_from_slice(&endian.u16(word));
        }
        bytes
    }

    /// Reads `struct winsize`.
    pub fn decode(bytes: [u8; 8], endian: Endian) -> WindowSize {
        let [a, b, c, d, e, f, g, h] = bytes;
        let word = |first, second| endian.read_u16([first, second]);
        WindowSize { rows: word(a, b), columns: word(c, d), width: word(e, f), height: word(g, h) }
    }
}

#[derive(Clone, Debug, Default)]
struct Tty {
    line: Line,
    packet: Packet,
    size: WindowSize,
    session: Option<u32>,
    foreground: Option<u32>,
    slaves: u32,
    had_slave: bool,
    hung_up: bool,
}

/// All terminals of a machine.
#[derive(Clone, Debug, Default)]
pub struct Ttys {
    ttys: BTreeMap<TtyId, Tty>,
    signals: Vec<TtySignal>,
}

impl Ttys {
    /// A new terminal with the lowest free number; its master side is open.
    pub fn open(&mut self) -> Result<TtyId, Errno> {
        let free = (0..TTYS_MAX as u32).map(TtyId).find(|id| !self.ttys.contains_key(id));
        let id = free.ok_or(Errno::ENOSPC)?;
        self.ttys.insert(id, Tty::default());
        Ok(id)
    }

    /// Whether there is such a terminal.
    pub fn exists(&self, id: TtyId) -> bool {
        self.ttys.contains_key(&id)
    }

    /// All terminals, ascending.
    pub fn ids(&self) -> impl Iterator<Item = TtyId> {
        self.ttys.keys().copied()
    }

    /// Opens the slave side once more.
    pub fn open_slave(&mut self, id: TtyId) -> Result<(), Errno> {
        let tty = self.ttys.get_mut(&id).filter(|tty| !tty.hung_up).ok_or(Errno::EIO)?;
        tty.slaves = tty.slaves.saturating_add(1);
        tty.had_slave = true;
        Ok(())
    }

    /// Closes the slave side once; true when the terminal went with it (master gone before).
    pub fn close_slave(&mut self, id: TtyId) -> bool {
        let Some(tty) = self.ttys.get_mut(&id) else { return false };
        tty.slaves = tty.slaves.saturating_sub(1);
        let gone = tty.slaves == 0 && tty.hung_up;
        if gone {
            self.ttys.remove(&id);
        }
        gone
    }

    /// Closes the master side: the slaves see end of file and errors, the session's leader gets SIGHUP. True
    /// when no slave was open and the terminal went.
    pub fn hang_up(&mut self, id: TtyId) -> bool {
        let Some(tty) = self.ttys.get_mut(&id) else { return false };
        let (session, foreground, first) = (tty.session.take(), tty.foreground.take(), !tty.hung_up);
        tty.hung_up = true;
        tty.line.discard_all();
        let gone = tty.slaves == 0;
        if gone {
            self.ttys.remove(&id);
        }
        if first {
            if let Some(session) = session {
                self.signal(TtySignalTarget::Leader(session), TtySignalKind::HangUp);
                self.signal(TtySignalTarget::Leader(session), TtySignalKind::Continue);
            }
            if let Some(group) = foreground {
                self.signal(TtySignalTarget::Group(group), TtySignalKind::HangUp);
                self.signal(TtySignalTarget::Group(group), TtySignalKind::Continue);
            }
        }
        gone
    }

    /// Signals that were raised since the last call.
    pub fn take_signals(&mut self) -> Vec<TtySignal> {
        core::mem::take(&mut self.signals)
    }

    /// Types bytes into the terminal from the master side; says how many were taken (0 when the input is full).
    pub fn master_write(&mut self, id: TtyId, bytes: &[u8]) -> Result<usize, Errno> {
        let tty = self.ttys.get_mut(&id).ok_or(Errno::EIO)?;
        let mut raised = Vec::new();
        let count = tty.line.receive(bytes, &mut raised);
        let foreground = tty.foreground;
        if let Some(group) = foreground {
            for kind in raised {
                self.signal(TtySignalTarget::Group(group), kind);
            }
        }
        if count == 0 && !bytes.is_empty() { Err(Errno::EAGAIN) } else { Ok(count) }
    }

    /// Takes what the terminal shows from the master side: `EAGAIN` nothing yet, `EIO` when the last slave is gone.
    pub fn master_read(&mut self, id: TtyId, into: &mut [u8]) -> Result<usize, Errno> {
        let tty = self.ttys.get_mut(&id).ok_or(Errno::EIO)?;
        let packet = usize::from(tty.packet.mode == PacketMode::On);
        if let (1, Some(first)) = (packet, into.first_mut()) {
            *first = tty.packet.take_event().unwrap_or_default();
            if *first != 0 {
                return Ok(1);
            }
        }
        let count = tty.line.take_output(into.get_mut(packet..).unwrap_or_default());
        if count > 0 || into.is_empty() {
            return Ok(packet + count);
        }
        if tty.had_slave && tty.slaves == 0 { Err(Errno::EIO) } else { Err(Errno::EAGAIN) }
    }

    /// Reads from the slave side: a line in canonical mode, what VMIN and VTIME ask for otherwise; 0 is the end
    /// of file. After `EAGAIN` the kernel may wait [`Ttys::read_timeout_ns`] and then return 0.
    pub fn slave_read(&mut self, id: TtyId, into: &mut [u8]) -> Result<usize, Errno> {
        let tty = self.ttys.get_mut(&id).ok_or(Errno::EIO)?;
        if tty.hung_up {
            return Ok(0);
        }
        tty.line.read(into)
    }

    /// How long a read waits with VMIN 0 and VTIME set before it returns 0, nanoseconds; `None` forever.
    pub fn read_timeout_ns(&self, id: TtyId) -> Option<u64> {
        self.ttys.get(&id)?.line.read_timeout_ns()
    }

    /// Writes from the slave side and says how many bytes were taken: `EAGAIN` when the output is full or
    /// stopped, `EIO` after a hang-up.
    pub fn slave_write(&mut self, id: TtyId, bytes: &[u8]) -> Result<usize, Errno> {
        let tty = self.ttys.get_mut(&id).filter(|tty| !tty.hung_up).ok_or(Errno::EIO)?;
        tty.line.write(bytes)
    }

    /// What the slave side is ready for.
    pub fn slave_poll(&self, id: TtyId) -> PollMask {
        match self.ttys.get(&id) {
            Some(tty) if !tty.hung_up => PollMask::NONE
                .with(PollMask::IN, tty.line.is_readable())
                .with(PollMask::OUT, tty.line.is_writable()),
            _ => PollMask::IN | PollMask::OUT | PollMask::ERR | PollMask::HUP,
        }
    }

    /// What the master side is ready for.
    pub fn master_poll(&self, id: TtyId) -> PollMask {
        let Some(tty) = self.ttys.get(&id) else { return PollMask::HUP };
        let told = tty.packet.has_event();
        PollMask::NONE
            .with(PollMask::IN, tty.line.has_output() || told)
            .with(PollMask::PRI, told)
            .with(PollMask::OUT, tty.line.can_receive())
            .with(PollMask::HUP, tty.had_slave && tty.slaves == 0)
    }

    /// Bytes that wait for the slave to read.
    pub fn input_queue(&self, id: TtyId) -> usize {
        self.ttys.get(&id).map_or(0, |tty| tty.line.readable_bytes())
    }

    /// Bytes that wait for the master to read.
    pub fn output_queue(&self, id: TtyId) -> usize {
        self.ttys.get(&id).map_or(0, |tty| tty.line.output_bytes())
    }

    /// The settings.
    pub fn termios(&self, id: TtyId) -> Result<Termios, Errno> {
        Ok(self.ttys.get(&id).ok_or(Errno::EIO)?.line.termios)
    }

    /// Changes the settings; `flush` throws the input away first (TCSETSF).
    pub fn set_termios(&mut self, id: TtyId, termios: Termios, flush: Flush) -> Result<(), Errno> {
        let tty = self.ttys.get_mut(&id).ok_or(Errno::EIO)?;
        self::discipline::flush(&mut tty.line, flush);
        tty.packet.flushed(flush);
        tty.packet.settings(&tty.line.termios, &termios);
        tty.line.set(termios);
        Ok(())
    }

    /// Throws away what waits (TCFLSH).
    pub fn flush(&mut self, id: TtyId, flush: Flush) -> Result<(), Errno> {
        let tty = self.ttys.get_mut(&id).ok_or(Errno::EIO)?;
        self::discipline::flush(&mut tty.line, flush);
        tty.packet.flushed(flush);
        Ok(())
    }

    /// The window size.
    pub fn size(&self, id: TtyId) -> Result<WindowSize, Errno> {
        Ok(self.ttys.get(&id).ok_or(Errno::EIO)?.size)
    }

    /// Changes the window size; the foreground group gets SIGWINCH when it differs.
    pub fn set_size(&mut self, id: TtyId, size: WindowSize) -> Result<(), Errno> {
        let tty = self.ttys.get_mut(&id).ok_or(Errno::EIO)?;
        let changed = tty.size != size;
        tty.size = size;
        if let Some(group) = tty.foreground.filter(|_| changed) {
            self.signal(TtySignalTarget::Group(group), TtySignalKind::WindowChange);
        }
        Ok(())
    }

    /// The session that this terminal controls.
    pub fn session(&self, id: TtyId) -> Option<u32> {
        self.ttys.get(&id)?.session
    }

    /// The terminal that controls a session.
    pub fn of_session(&self, session: u32) -> Option<TtyId> {
        self.ttys.iter().find(|(_, tty)| tty.session == Some(session)).map(|(id, _)| *id)
    }

    /// Makes this the controlling terminal of a session, with the leader's group in front; `None` gives it up.
    pub fn set_session(&mut self, id: TtyId, session: Option<u32>, foreground: Option<u32>) {
        if let Some(tty) = self.ttys.get_mut(&id) {
            (tty.session, tty.foreground) = (session, foreground);
        }
    }

    /// The foreground process group.
    pub fn foreground(&self, id: TtyId) -> Option<u32> {
        self.ttys.get(&id)?.foreground
    }

    /// Puts a process group in front.
    pub fn set_foreground(&mut self, id: TtyId, group: u32) -> Result<(), Errno> {
        self.ttys.get_mut(&id).ok_or(Errno::EIO)?.foreground = Some(group);
        Ok(())
    }

    /// Stops or starts output (TCXONC 0 and 1).
    pub fn set_stopped(&mut self, id: TtyId, flow: Flow) -> Result<(), Errno> {
        let tty = self.ttys.get_mut(&id).ok_or(Errno::EIO)?;
        tty.line.stopped = flow == Flow::Stop;
        tty.packet.flow(flow);
        Ok(())
    }

    /// Turns the master's packet mode on or off (TIOCPKT).
    pub fn set_packet_mode(&mut self, id: TtyId, mode: PacketMode) -> Result<(), Errno> {
        self.ttys.get_mut(&id).ok_or(Errno::EIO)?.packet.set(mode);
        Ok(())
    }

    /// The master's packet mode (TIOCGPKT).
    pub fn packet_mode(&self, id: TtyId) -> Result<PacketMode, Errno> {
        Ok(self.ttys.get(&id).ok_or(Errno::EIO)?.packet.mode)
    }

    fn signal(&mut self, target: TtySignalTarget, kind: TtySignalKind) {
        if self.signals.len() < SIGNALS_MAX {
            self.signals.push(TtySignal { target, kind });
        }
    }
}

/// What is thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// nothing
    Nothing,
    /// TCIFLUSH
    Input,
    /// TCOFLUSH
    Output,
    /// TCIOFLUSH
    Both,
}

/// Whether output runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// TCOOFF
    Stop,
    /// TCOON
    Start,
}
