//! Terminal settings; key type [`Termios`], in the generic numbers and laid out per architecture. Specification:
//! termios(3), `asm/termbits.h`.
use crate::abi::{Endian, Numbering};
use alloc::vec::Vec;

// Input flags: the same on every architecture that we run.
pub(super) const ISTRIP: u32 = 0x20;
pub(super) const INLCR: u32 = 0x40;
pub(super) const IGNCR: u32 = 0x80;
pub(super) const ICRNL: u32 = 0x100;
pub(super) const IUCLC: u32 = 0x200;
pub(super) const IXON: u32 = 0x400;
pub(super) const IXANY: u32 = 0x800;
// Output flags.
pub(super) const OPOST: u32 = 0x1;
pub(super) const OLCUC: u32 = 0x2;
pub(super) const ONLCR: u32 = 0x4;
pub(super) const OCRNL: u32 = 0x8;
pub(super) const ONOCR: u32 = 0x10;
pub(super) const ONLRET: u32 = 0x20;
pub(super) const TABDLY: u32 = 0x1800;
// Local flags in the generic numbers.
pub(super) const ISIG: u32 = 0x1;
pub(super) const ICANON: u32 = 0x2;
pub(super) const ECHO: u32 = 0x8;
pub(super) const ECHOE: u32 = 0x10;
pub(super) const ECHOK: u32 = 0x20;
pub(super) const ECHONL: u32 = 0x40;
pub(super) const NOFLSH: u32 = 0x80;
const TOSTOP: u32 = 0x100;
pub(super) const ECHOCTL: u32 = 0x200;
pub(super) const ECHOKE: u32 = 0x800;
const FLUSHO: u32 = 0x1000;
pub(super) const IEXTEN: u32 = 0x8000;

/// Local flags that MIPS numbers otherwise: generic, MIPS.
const LOCAL_MIPS: [(u32, u32); 3] = [(TOSTOP, 0x8000), (FLUSHO, 0x2000), (IEXTEN, 0x100)];
/// Where MIPS keeps each control character, by the generic index.
const CONTROL_MIPS: [usize; 17] = [0, 1, 2, 3, 16, 5, 4, 7, 8, 9, 10, 17, 12, 13, 14, 15, 6];

/// Control characters by their generic index.
pub(super) mod control {
    pub(in crate::tty) const INTR: usize = 0;
    pub(in crate::tty) const QUIT: usize = 1;
    pub(in crate::tty) const ERASE: usize = 2;
    pub(in crate::tty) const KILL: usize = 3;
    pub(in crate::tty) const EOF: usize = 4;
    pub(in crate::tty) const TIME: usize = 5;
    pub(in crate::tty) const MIN: usize = 6;
    pub(in crate::tty) const START: usize = 8;
    pub(in crate::tty) const STOP: usize = 9;
    pub(in crate::tty) const SUSP: usize = 10;
    pub(in crate::tty) const EOL: usize = 11;
    pub(in crate::tty) const REPRINT: usize = 12;
    pub(in crate::tty) const WERASE: usize = 14;
    pub(in crate::tty) const LNEXT: usize = 15;
    pub(in crate::tty) const EOL2: usize = 16;
}

/// How a terminal treats what passes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Termios {
    /// `c_iflag`
    pub input: u32,
    /// `c_oflag`
    pub output: u32,
    /// `c_cflag`
    pub control: u32,
    /// `c_lflag` in the generic numbers
    pub local: u32,
    /// `c_line`
    pub line: u8,
    /// `c_cc` by the generic index; 0 switches a character off
    pub characters: [u8; 19],
}

impl Default for Termios {
    /// What a fresh pseudo terminal has: 38400 baud, cooked, echo; no hang-up on close, as a line would have.
    fn default() -> Termios {
        let mut characters = [0; 19];
        // ^C ^\ DEL ^U ^D, TIME 0, MIN 1, none, ^Q ^S ^Z, none, ^R ^O ^W ^V, none
        let standard = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0];
        for (to, from) in characters.iter_mut().zip(standard) {
            *to = from;
        }
        Termios {
            input: ICRNL | IXON,
            output: OPOST | ONLCR,
            control: 0xbf,
            local: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
            line: 0,
            characters,
        }
    }
}

/// `struct termio`: four halves, the line, and as many control characters.
const TERMIO_BYTES: usize = 17;

/// Which structure of the kernel's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `struct termio` of TCGETA: halves instead of words, fewer characters
    Termio,
    /// `struct termios` of TCGETS
    Termios,
    /// `struct termios2` of TCGETS2: two speeds behind it
    Termios2,
}

impl Layout {
    /// Size of the structure, bytes.
    pub fn size(self, numbering: Numbering) -> usize {
        let plain = 17 + character_count(numbering);
        match self {
            Layout::Termio => TERMIO_BYTES,
            Layout::Termios => plain,
            Layout::Termios2 => plain + 8,
        }
    }
}

fn character_count(numbering: Numbering) -> usize {
    match numbering {
        Numbering::Generic => 19,
        Numbering::Mips => 23,
    }
}

impl Termios {
    pub(super) fn has_local(&self, flag: u32) -> bool {
        self.local & flag != 0
    }

    pub(super) fn has_input(&self, flag: u32) -> bool {
        self.input & flag != 0
    }

    /// Whether that byte is the control character of that index.
    pub(super) fn is(&self, index: usize, byte: u8) -> bool {
        byte != 0 && self.characters.get(index) == Some(&byte)
    }

    pub(super) fn character(&self, index: usize) -> u8 {
        self.characters.get(index).copied().unwrap_or(0)
    }

    /// The bytes of the guest's structure.
    pub fn encode(&self, layout: Layout, numbering: Numbering, endian: Endian) -> Vec<u8> {
        let local = match numbering {
            Numbering::Generic => self.local,
            Numbering::Mips => translate(self.local, LOCAL_MIPS),
        };
        let mut bytes = Vec::new();
        for word in [self.input, self.output, self.control, local] {
            bytes.extend_from_slice(&endian.u32(word));
        }
        bytes.push(self.line);
        let mut characters = alloc::vec![0; character_count(numbering)];
        for (index, value) in self.characters.iter().enumerate() {
            if let Some(place) = characters.get_mut(place(index, numbering)) {
                *place = *value;
            }
        }
        bytes.extend_from_slice(&characters);
        if layout == Layout::Termio {
            let flags = [self.input, self.output, self.control, local].map(|word| endian.u16(word as u16));
            let rest = bytes.get(16..).unwrap_or_default().to_vec();
            bytes = flags.into_iter().flatten().chain(rest).take(TERMIO_BYTES).collect();
        }
        if layout == Layout::Termios2 {
            bytes.extend_from_slice(&endian.u32(38_400));
            bytes.extend_from_slice(&endian.u32(38_400));
        }
        bytes
    }

    /// These settings with what a `struct termio` says instead: the low halves of the flags, the first characters.
    pub fn with_old(&self, bytes: &[u8], numbering: Numbering, endian: Endian) -> Option<Termios> {
        let mut whole = self.encode(Layout::Termios, numbering, endian);
        let held = bytes.get(..TERMIO_BYTES)?;
        for (word, half) in whole.chunks_exact_mut(4).zip(held.chunks_exact(2)).take(4) {
            let old = endian.read_u32(word.try_into().ok()?);
            let low = u32::from(endian.read_u16(half.try_into().ok()?));
            word.copy_from_slice(&endian.u32(old & 0xffff_0000 | low));
        }
        for (to, from) in whole.iter_mut().skip(16).zip(held.iter().skip(8)) {
            *to = *from;
        }
        Termios::decode(&whole, numbering, endian)
    }

    /// Reads the guest's structure; `None` when it is too short.
    pub fn decode(bytes: &[u8], numbering: Numbering, endian: Endian) -> Option<Termios> {
        let word = |index: usize| -> Option<u32> {
            let part = bytes.get(index * 4..index * 4 + 4)?;
            Some(endian.read_u32(part.try_into().ok()?))
        };
        let local = match numbering {
            Numbering::Generic => word(3)?,
            Numbering::Mips => translate(word(3)?, LOCAL_MIPS.map(|(generic, mips)| (mips, generic))),
        };
        let held = bytes.get(17..17 + character_count(numbering))?;
        let mut characters = [0; 19];
        for (index, character) in characters.iter_mut().enumerate() {
            *character = held.get(place(index, numbering)).copied().unwrap_or(0);
        }
        let line = bytes.get(16).copied()?;
        Some(Termios { input: word(0)?, output: word(1)?, control: word(2)?, local, line, characters })
    }
}

/// Moves the listed flags from one numbering to the other.
fn translate(flags: u32, pairs: [(u32, u32); 3]) -> u32 {
    let kept = pairs.iter().fold(flags, |flags, (from, _)| flags & !from);
    pairs.iter().fold(kept, |moved, (from, to)| if flags & from != 0 { moved | to } else { moved })
}

fn place(index: usize, numbering: Numbering) -> usize {
    match numbering {
        Numbering::Generic => index,
        Numbering::Mips => CONTROL_MIPS.get(index).copied().unwrap_or(index + 4),
    }
}
