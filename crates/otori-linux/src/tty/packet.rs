//! Packet mode of a pseudo-terminal's master side: every read starts with a byte that says what happened to the other
//! side. Key type: [`Packet`]. telnetd, rlogind and screen use it. Specification: TIOCPKT in ioctl_tty(2).
use super::termios::{self as t, Termios, control};
use super::{Flow, Flush};

/// Bits of the byte; 0 before data.
const FLUSH_READ: u8 = 1;
const FLUSH_WRITE: u8 = 2;
const STOP: u8 = 4;
const START: u8 = 8;
const NO_STOP: u8 = 16;
const DO_STOP: u8 = 32;

/// Whether a master is in packet mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PacketMode {
    /// reads give data alone
    #[default]
    Off,
    /// a byte goes before
    On,
}

/// The mode, and what has not been told yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Packet {
    pub(super) mode: PacketMode,
    events: u8,
}

impl Packet {
    /// What happened before the mode was turned on is not told.
    pub(super) fn set(&mut self, mode: PacketMode) {
        if mode != self.mode {
            *self = Packet { mode, events: 0 };
        }
    }

    /// Whether something waits to be told.
    pub(super) fn has_event(&self) -> bool {
        self.events != 0
    }

    /// Takes what waits to be told.
    pub(super) fn take_event(&mut self) -> Option<u8> {
        self.has_event().then(|| core::mem::take(&mut self.events))
    }

    fn tell(&mut self, event: u8, instead_of: u8) {
        if self.mode == PacketMode::On {
            self.events = (self.events & !instead_of) | event;
        }
    }

    /// The other side threw away what waited.
    pub(super) fn flushed(&mut self, flush: Flush) {
        let event = match flush {
            Flush::Nothing => 0,
            Flush::Input => FLUSH_READ,
            Flush::Output => FLUSH_WRITE,
            Flush::Both => FLUSH_READ | FLUSH_WRITE,
        };
        self.tell(event, 0);
    }

    /// Output was stopped or started.
    pub(super) fn flow(&mut self, flow: Flow) {
        match flow {
            Flow::Stop => self.tell(STOP, START),
            Flow::Start => self.tell(START, STOP),
        }
    }

    /// The settings changed: whether ^S and ^Q stop and start output.
    pub(super) fn settings(&mut self, before: &Termios, after: &Termios) {
        match (has_usual_flow(before), has_usual_flow(after)) {
            (false, true) => self.tell(DO_STOP, NO_STOP),
            (true, false) => self.tell(NO_STOP, DO_STOP),
            _ => {}
        }
    }
}

/// IXON with the usual characters ^S and ^Q.
fn has_usual_flow(termios: &Termios) -> bool {
    let usual = termios.character(control::STOP) == 0x13 && termios.character(control::START) == 0x11;
    termios.has_input(t::IXON) && usual
}
