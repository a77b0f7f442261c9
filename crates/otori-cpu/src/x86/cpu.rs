//! The registers of one x86 CPU, 32-bit or 64-bit. Key types: [`Cpu`], [`Mode`]. Intel SDM volume 1, chapter 3.
//!
//! Both modes share everything: in 32-bit mode the upper halves of the registers are zero, which is what 32-bit
//! operations of 64-bit mode leave there anyway.

use super::assemble::{assemble, join_neighbours};
use super::flags::{self, Flags};
use super::float::Float;
use crate::block::{Block, Code, Table};
use crate::op::Op;
use crate::run::{Blocks, Frame, Set, Source};
use crate::slot::{SLOTS, Slot};

/// How instructions are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// i386 and its successors in protected mode.
    I386,
    /// x86-64 in 64-bit mode.
    X86_64,
}

/// The accumulator.
pub const AX: Slot = Slot::R0;
/// The counter.
pub const CX: Slot = Slot::R1;
/// The data register.
pub const DX: Slot = Slot::R2;
/// The base register.
pub const BX: Slot = Slot::R3;
/// The stack pointer.
pub const SP: Slot = Slot::R4;
/// The frame pointer.
pub const BP: Slot = Slot::R5;
/// The source index.
pub const SI: Slot = Slot::R6;
/// The destination index.
pub const DI: Slot = Slot::R7;
/// Between operations: an address.
pub(super) const ADDRESS: Slot = Slot::R16;
/// Between operations: a value.
pub(super) const VALUE: Slot = Slot::R17;
/// Between operations: one more value.
pub(super) const OTHER: Slot = Slot::R18;
/// Always zero.
pub(super) const NOTHING: Slot = Slot::R19;
/// Base address of the segment in FS.
pub const FS_BASE: Slot = Slot::R20;
/// Base address of the segment in GS.
pub const GS_BASE: Slot = Slot::R21;

/// Index of a vector register that holds values between operations.
pub(super) const SPARE: usize = 16;

/// Places for vectors: a power of two, so that indexing needs no check.
pub(super) const VECTORS: usize = 32;

/// Selectors in the order of their numbers in instructions.
pub const SEGMENTS: usize = 6;
/// Number of the segment register CS.
pub(super) const CODE: usize = 1;
/// Number of the segment register SS.
pub(super) const STACK: usize = 2;
/// Number of the segment register FS.
pub const FS: usize = 4;
/// Number of the segment register GS.
pub const GS: usize = 5;

/// First entry of the descriptor table that `set_thread_area` sets, as on a 64-bit kernel.
pub const TLS_FIRST: usize = 12;
/// Entries that `set_thread_area` sets.
pub const TLS_ENTRIES: usize = 3;

/// Selector of user code and of user data, by mode (those of a 64-bit kernel).
const SELECTORS: [[u16; SEGMENTS]; 2] = [[0x2b, 0x23, 0x2b, 0x2b, 0, 0], [0, 0x33, 0x2b, 0, 0, 0]];

/// The trap, nested-task, alignment, and identification flags, which programs may change and nothing looks at.
const FREE_FLAGS: u32 = 0x0024_4000;

/// One CPU. The engine's part is its `frame`.
#[derive(Clone, Debug)]
#[repr(C)] // Registers first: host instructions that reach them are shorter by half.
pub struct Cpu {
    /// General registers by number, then slots for the engine; [`FS_BASE`] and [`GS_BASE`].
    pub registers: [u64; SLOTS],
    pub(super) frame: Frame<Cpu>,
    /// Arithmetic flags.
    pub flags: Flags,
    /// Do string instructions go down?
    pub down: bool,
    /// Flags without meaning for user code.
    other_flags: u32,
    /// The next instruction.
    pub ip: u64,
    /// All bits that addresses of instructions may have.
    pub(super) mask: u64,
    /// Vector registers, then one for the engine.
    pub vectors: [u128; VECTORS],
    /// Control and status of SSE.
    pub mxcsr: u32,
    /// The x87 registers; their significands are the MMX registers.
    pub float: Float,
    /// Selectors: ES, CS, SS, DS, FS, GS.
    pub selectors: [u16; SEGMENTS],
    /// Base addresses of the thread's own segments.
    pub tls: [u32; TLS_ENTRIES],
    mode: Mode,
}

/// MXCSR of a fresh program: everything masked.
pub const MXCSR_DEFAULT: u32 = 0x1f80;

impl Cpu {
    /// A CPU with all registers zero.
    #[must_use]
    pub fn new(mode: Mode) -> Cpu {
        let mut flags = Flags::default();
        flags.set_bits(0);
        Cpu {
            registers: [0; SLOTS],
            flags,
            down: false,
            other_flags: 0,
            ip: 0,
            mask: if mode == Mode::I386 { 0xffff_ffff } else { u64::MAX },
            vectors: [0; VECTORS],
            mxcsr: MXCSR_DEFAULT,
            float: Float::default(),
            selectors: SELECTORS[usize::from(mode == Mode::X86_64)],
            tls: [0; TLS_ENTRIES],
            mode,
            frame: Frame::default(),
        }
    }

    /// How it decodes.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// EFLAGS, with the interrupt flag set as user code sees it.
    #[must_use]
    pub fn eflags(&self) -> u32 {
        let down = if self.down { flags::DIRECTION } else { 0 };
        0x202 | self.flags.bits() | down | self.other_flags
    }

    /// Sets what user code may change of EFLAGS.
    pub fn set_eflags(&mut self, bits: u32) {
        self.flags.set_bits(bits);
        self.down = bits & flags::DIRECTION != 0;
        self.other_flags = bits & FREE_FLAGS;
    }

    /// Gives away the blocks that it found: [`Frame::give_blocks`].
    pub fn give_blocks(&mut self) -> Option<Blocks> {
        self.frame.give_blocks()
    }

    /// Takes blocks that another one gave: [`Frame::take_blocks`].
    pub fn take_blocks(&mut self, blocks: Blocks) {
        self.frame.take_blocks(blocks);
    }

    /// Sets what RDTSC reads: [`Frame::set_clock`].
    pub fn set_clock(&mut self, instructions: u64) {
        self.frame.set_clock(instructions);
    }

    /// x87 and SSE as in a fresh program.
    pub fn reset_float(&mut self) {
        self.float = Float::default();
        self.vectors = [0; VECTORS];
        self.mxcsr = MXCSR_DEFAULT;
    }

    /// Loads a segment register; says whether user code may use that selector.
    pub fn load_segment(&mut self, number: usize, selector: u16) -> bool {
        let index = usize::from(selector >> 3);
        let thread = index.checked_sub(TLS_FIRST).and_then(|entry| self.tls.get(entry));
        let base = match thread {
            Some(base) if selector & 7 == 3 => *base,
            _ if selector < 4 || SELECTORS.as_flattened().contains(&selector) => 0,
            _ => return false,
        };
        match number {
            // The stack is written: no code segment, and not nothing.
            STACK if selector != SELECTORS[0][STACK] => return false,
            FS => self.registers[FS_BASE as usize] = u64::from(base),
            GS => self.registers[GS_BASE as usize] = u64::from(base),
            _ => {}
        }
        if let Some(slot) = self.selectors.get_mut(number) {
            *slot = selector;
        }
        true
    }
}

impl Set for Cpu {
    const UNIT: u32 = 0;
    const SEES_OWN_STORES: bool = true;

    fn frame(&mut self) -> &mut Frame<Cpu> {
        &mut self.frame
    }

    fn key(&self) -> u64 {
        self.ip
    }

    fn set_key(&mut self, key: u64) {
        self.ip = key & self.mask;
    }

    fn table<'a>(&self, _key: u64, code: &'a Code) -> &'a Table<Cpu> {
        match self.mode {
            Mode::I386 => &code.i386,
            Mode::X86_64 => &code.x86_64,
        }
    }

    fn assemble(&self, _key: u64, limit: u32, source: &Source) -> Block<Cpu> {
        assemble(self.mode, limit, source)
    }

    fn join(&self, ops: &mut [Op<Cpu>]) {
        join_neighbours(ops);
    }
}
