//! The line discipline of one terminal (`N_TTY`); key type [`Line`]. Neighbour: mod.rs owns terminals and
//! sessions. Specification: termios(3).
use super::termios::{self as t, Termios, control};
use super::{Flush, TtySignalKind};
use crate::errno::Errno;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Most bytes that wait for a reader, as in Linux (`N_TTY_BUF_SIZE`).
pub const INPUT_MAX: usize = 4_096;
/// Most bytes that wait for the master side.
pub const OUTPUT_MAX: usize = 65_536;
/// Columns between tab stops.
const TAB_COLUMNS: usize = 8;

/// State of one line discipline.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) termios: Termios,
    /// the line that is being typed, canonical mode
    edit: Vec<u8>,
    /// column where the edited line began
    edit_column: usize,
    /// bytes that can be read
    ready: VecDeque<u8>,
    /// lengths of the lines in `ready`, canonical mode; 0 is an end of file
    lines: VecDeque<usize>,
    /// bytes that the master has not fetched
    output: VecDeque<u8>,
    column: usize,
    literal_next: bool,
    pub(super) stopped: bool,
}

impl Line {
    fn canonical(&self) -> bool {
        self.termios.has_local(t::ICANON)
    }

    /// New settings; what was typed stays readable when the mode changes.
    pub(super) fn set(&mut self, termios: Termios) {
        let was = self.canonical();
        self.termios = termios;
        if was && !self.canonical() {
            self.ready.extend(self.edit.drain(..));
            self.lines.clear();
        } else if !was && self.canonical() {
            self.lines.clear();
            if !self.ready.is_empty() {
                self.lines.push_back(self.ready.len());
            }
        }
        if !self.termios.has_input(t::IXON) {
            self.stopped = false;
        }
    }

    pub(super) fn discard_all(&mut self) {
        flush(self, Flush::Input);
    }

    pub(super) fn readable_bytes(&self) -> usize {
        self.ready.len()
    }

    pub(super) fn output_bytes(&self) -> usize {
        self.output.len()
    }

    pub(super) fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    pub(super) fn is_readable(&self) -> bool {
        if self.canonical() {
            return !self.lines.is_empty();
        }
        let least =
            if self.termios.character(control::TIME) == 0 { self.termios.character(control::MIN) } else { 1 };
        self.ready.len() >= usize::from(least).max(1)
    }

    pub(super) fn is_writable(&self) -> bool {
        !self.stopped && self.output.len() + 16 <= OUTPUT_MAX
    }

    pub(super) fn can_receive(&self) -> bool {
        self.ready.len() + self.edit.len() < INPUT_MAX
    }

    pub(super) fn read_timeout_ns(&self) -> Option<u64> {
        let tenths = self.termios.character(control::TIME);
        let waits = !self.canonical() && tenths > 0 && self.termios.character(control::MIN) == 0;
        waits.then(|| u64::from(tenths) * 100_000_000)
    }

    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        if into.is_empty() {
            return Ok(0);
        }
        let limit = if self.canonical() {
            match self.lines.front_mut() {
                None => return Err(Errno::EAGAIN),
                Some(length) => {
                    let count = (*length).min(into.len());
                    *length -= count;
                    if *length == 0 {
                        self.lines.pop_front();
                    }
                    count
                }
            }
        } else {
            let least = usize::from(self.termios.character(control::MIN));
            let tenths = self.termios.character(control::TIME);
            if self.ready.is_empty() && least == 0 && tenths == 0 {
                return Ok(0);
            }
            let wanted = if tenths > 0 { 1 } else { least.max(1).min(into.len()) };
            if self.ready.len() < wanted {
                return Err(Errno::EAGAIN);
            }
            into.len()
        };
        let count = limit.min(self.ready.len());
        for (to, from) in into.iter_mut().zip(self.ready.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }

    /// Takes typed bytes until the input is full; says how many.
    pub(super) fn receive(&mut self, bytes: &[u8], raised: &mut Vec<TtySignalKind>) -> usize {
        for (index, byte) in bytes.iter().enumerate() {
            // a full canonical line still takes what can end or shorten it
            if !self.can_receive() && (!self.canonical() || !self.lines.is_empty()) {
                return index;
            }
            self.receive_one(*byte, raised);
        }
        bytes.len()
    }

    fn receive_one(&mut self, mut byte: u8, raised: &mut Vec<TtySignalKind>) {
        let termios = self.termios;
        if self.literal_next {
            self.literal_next = false;
            self.store(byte);
            return;
        }
        if termios.has_input(t::ISTRIP) {
            byte &= 0x7f;
        }
        if termios.has_input(t::IUCLC) && termios.has_local(t::IEXTEN) {
            byte = byte.to_ascii_lowercase();
        }
        if termios.has_input(t::IXON) {
            if termios.is(control::STOP, byte) {
                self.stopped = true;
                return;
            }
            if termios.is(control::START, byte) || (self.stopped && termios.has_input(t::IXANY)) {
                self.stopped = false;
                if termios.is(control::START, byte) {
                    return;
                }
            }
        }
        if termios.has_local(t::ISIG) && self.signal(byte, raised) {
            return;
        }
        match byte {
            b'\r' if termios.has_input(t::IGNCR) => return,
            b'\r' if termios.has_input(t::ICRNL) => byte = b'\n',
            b'\n' if termios.has_input(t::INLCR) => byte = b'\r',
            _ => {}
        }
        if !self.canonical() || !self.edit_key(byte) {
            self.store(byte);
        }
    }

    fn signal(&mut self, byte: u8, raised: &mut Vec<TtySignalKind>) -> bool {
        let kind = if self.termios.is(control::INTR, byte) {
            TtySignalKind::Interrupt
        } else if self.termios.is(control::QUIT, byte) {
            TtySignalKind::Quit
        } else if self.termios.is(control::SUSP, byte) {
            TtySignalKind::Suspend
        } else {
            return false;
        };
        if !self.termios.has_local(t::NOFLSH) {
            flush(self, Flush::Both);
        }
        self.stopped = false;
        self.echo(byte);
        raised.push(kind);
        true
    }

    /// Keys of canonical editing; true when the byte was one.
    fn edit_key(&mut self, byte: u8) -> bool {
        let termios = self.termios;
        let extended = termios.has_local(t::IEXTEN);
        if termios.is(control::ERASE, byte) {
            self.erase_one();
        } else if termios.is(control::KILL, byte) {
            self.kill(byte);
        } else if extended && termios.is(control::WERASE, byte) {
            self.erase_word();
        } else if extended && termios.is(control::LNEXT, byte) {
            self.literal_next = true;
            if termios.has_local(t::ECHO) && termios.has_local(t::ECHOCTL) {
                self.put_raw(b"^\x08");
            }
        } else if extended && termios.is(control::REPRINT, byte) {
            self.echo(byte);
            self.put(b'\n');
            for index in 0..self.edit.len() {
                self.echo(self.edit.get(index).copied().unwrap_or(0));
            }
        } else if termios.is(control::EOF, byte) {
            self.finish_line();
        } else if byte == b'\n'
            || termios.is(control::EOL, byte)
            || (extended && termios.is(control::EOL2, byte))
        {
            if byte == b'\n' && (termios.has_local(t::ECHO) || termios.has_local(t::ECHONL)) {
                self.put(b'\n');
            } else {
                self.echo(byte);
            }
            self.edit.push(byte);
            self.finish_line();
        } else {
            return false;
        }
        true
    }

    fn store(&mut self, byte: u8) {
        if self.canonical() {
            // one place is kept for the line end
            if self.ready.len() + self.edit.len() + 1 >= INPUT_MAX {
                return;
            }
            if self.edit.is_empty() {
                self.edit_column = self.column;
            }
            self.echo(byte);
            self.edit.push(byte);
        } else {
            if byte == b'\n' && self.termios.has_local(t::ECHO) {
                self.put(b'\n');
            } else {
                self.echo(byte);
            }
            self.ready.push_back(byte);
        }
    }

    fn finish_line(&mut self) {
        self.lines.push_back(self.edit.len());
        self.ready.extend(self.edit.drain(..));
    }

    fn echo(&mut self, byte: u8) {
        if !self.termios.has_local(t::ECHO) {
            return;
        }
        if self.termios.has_local(t::ECHOCTL) && is_control(byte) && byte != b'\t' {
            self.put(b'^');
            self.put(byte ^ 0x40);
        } else {
            self.put(byte);
        }
    }

    fn erase_one(&mut self) {
        let Some(byte) = self.edit.pop() else { return };
        if !self.termios.has_local(t::ECHO) {
            return;
        }
        if !self.termios.has_local(t::ECHOE) {
            let character = self.termios.character(control::ERASE);
            self.echo(character);
            return;
        }
        let columns = if byte == b'\t' {
            let end =
                self.edit.iter().fold(self.edit_column, |column, byte| column + self.width(*byte, column));
            TAB_COLUMNS - end % TAB_COLUMNS
        } else {
            self.width(byte, 0)
        };
        for _ in 0..columns {
            if byte == b'\t' {
                self.put_raw(b"\x08");
            } else {
                self.put_raw(b"\x08 \x08");
            }
        }
    }

    fn erase_word(&mut self) {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let mut seen = false;
        while let Some(last) = self.edit.last().copied() {
            if seen && !is_word(last) {
                break;
            }
            seen |= is_word(last);
            self.erase_one();
        }
    }

    fn kill(&mut self, byte: u8) {
        let termios = self.termios;
        if termios.has_local(t::ECHOE) && termios.has_local(t::ECHOK) && termios.has_local(t::ECHOKE) {
            while !self.edit.is_empty() {
                self.erase_one();
            }
            return;
        }
        self.edit.clear();
        self.echo(byte);
        if termios.has_local(t::ECHO) && termios.has_local(t::ECHOK) {
            self.put(b'\n');
        }
    }

    /// Columns that the echo of a byte takes.
    fn width(&self, byte: u8, column: usize) -> usize {
        match byte {
            b'\t' => TAB_COLUMNS - column % TAB_COLUMNS,
            byte if is_control(byte) => 2 * usize::from(self.termios.has_local(t::ECHOCTL)),
            // a UTF-8 continuation byte takes no column of its own
            0x80..=0xbf if self.termios.has_input(0x4000) => 0,
            _ => 1,
        }
    }

    /// Writes bytes of the slave; at least one is taken or `EAGAIN`.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let mut count = 0;
        for byte in bytes {
            if !self.is_writable() {
                break;
            }
            self.put(*byte);
            count += 1;
        }
        if count == 0 { Err(Errno::EAGAIN) } else { Ok(count) }
    }

    /// One byte through output processing. Echo into a full buffer is lost, as on a real line.
    fn put(&mut self, byte: u8) {
        let flags = self.termios.output;
        let on = |flag: u32| flags & flag != 0;
        if !on(t::OPOST) {
            self.put_raw(&[byte]);
            return;
        }
        match byte {
            b'\n' if on(t::ONLCR) => {
                self.put_raw(b"\r\n");
                self.column = 0;
            }
            b'\n' => {
                self.put_raw(b"\n");
                if on(t::ONLRET) {
                    self.column = 0;
                }
            }
            b'\r' if on(t::ONOCR) && self.column == 0 => {}
            b'\r' if on(t::OCRNL) => self.put_raw(b"\n"),
            b'\r' => {
                self.put_raw(b"\r");
                self.column = 0;
            }
            b'\t' => {
                let spaces = TAB_COLUMNS - self.column % TAB_COLUMNS;
                self.column += spaces;
                if flags & t::TABDLY == t::TABDLY {
                    self.put_raw(b"        ".get(..spaces).unwrap_or_default());
                } else {
                    self.put_raw(b"\t");
                }
            }
            8 => {
                self.column = self.column.saturating_sub(1);
                self.put_raw(&[8]);
            }
            byte => {
                let shown = if on(t::OLCUC) { byte.to_ascii_uppercase() } else { byte };
                self.column = self.column.wrapping_add(usize::from(!is_control(byte)));
                self.put_raw(&[shown]);
            }
        }
    }

    fn put_raw(&mut self, bytes: &[u8]) {
        if self.output.len() + bytes.len() <= OUTPUT_MAX {
            self.output.extend(bytes);
        }
    }

    pub(super) fn take_output(&mut self, into: &mut [u8]) -> usize {
        if self.stopped {
            return 0;
        }
        let count = into.len().min(self.output.len());
        for (to, from) in into.iter_mut().zip(self.output.drain(..count)) {
            *to = from;
        }
        count
    }
}

/// Throws away what waits.
pub(super) fn flush(line: &mut Line, what: Flush) {
    if matches!(what, Flush::Input | Flush::Both) {
        line.edit.clear();
        line.ready.clear();
        line.lines.clear();
        line.literal_next = false;
    }
    if matches!(what, Flush::Output | Flush::Both) {
        line.output.clear();
    }
}

fn is_control(byte: u8) -> bool {
    byte < 32 || byte == 127
}
