//! The registers of one ARM thread. Key types: [`Cpu`], [`Order`]. ARMv7-A reference manual, A2.3 to A2.6, B1.3.3.

use super::assemble::assemble;
use super::join::join;
use crate::block::{Block, Code, Table};
use crate::op::Op;
use crate::run::{Frame, Set, Source};
use crate::slot::SLOTS;

/// Byte order of code and data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Both little endian.
    Little,
    /// Code little, data big endian (ARMv6 on).
    Big8,
    /// Both big endian (before ARMv6).
    Big32,
}

/// In a key: the instruction is T32.
pub(super) const THUMB: u64 = 1;
/// In a key: data is big endian.
pub(super) const BIG_DATA: u64 = 1 << 32;
/// Where in a key ITSTATE begins.
pub(super) const IT_SHIFT: u32 = 33;
/// In a key: ITSTATE.
const IT_MASK: u64 = 0xff << IT_SHIFT;

const CPSR_THUMB: u32 = 1 << 5;
const CPSR_BIG: u32 = 1 << 9;
const CPSR_Q: u32 = 1 << 27;
/// User mode, and the bits that user mode cannot change.
const CPSR_USER: u32 = 0x10;

/// One ARM thread's registers.
#[derive(Clone, Debug)]
#[repr(C)] // Registers first: host instructions that reach them are shorter by half.
pub struct Cpu {
    /// r0 to r14. Slot 15 has the value that the current operation reads as pc; see [`Cpu::pc`].
    pub registers: [u32; SLOTS],
    /// The engine's part.
    pub frame: Frame<Cpu>,
    /// Bit 31 is the flag N.
    pub(super) negative: u32,
    /// Zero if the flag Z is set.
    pub(super) zero: u32,
    /// The flag C: 0 or 1.
    pub(super) carry: u32,
    /// Bit 31 is the flag V.
    pub(super) overflow: u32,
    /// The flag Q.
    pub(super) saturated: bool,
    /// The GE flags, four bits.
    pub(super) greater: u32,
    /// d0 to d31; s0 is the low half of d0.
    pub doubles: [u64; 32],
    /// Floating point status and control.
    pub fpscr: u32,
    /// TPIDRURO, the thread pointer that only the kernel sets.
    pub thread_pointer: u32,
    /// TPIDRURW, a word that the program may set.
    pub thread_word: u32,
    /// The comment field of the last `svc`: 0 for EABI calls.
    pub comment: u32,
    /// What the last load-exclusive read and where; `None` when the monitor is open.
    pub(super) exclusive: Option<(u32, u64)>,
    /// Where to go on; see [`Set`].
    key: u64,
    /// Is code big endian?
    big_code: bool,
}

impl Cpu {
    /// All registers zero, in A32.
    #[must_use]
    pub fn new(order: Order) -> Cpu {
        Cpu {
            frame: Frame::default(),
            registers: [0; SLOTS],
            negative: 0,
            zero: 1,
            carry: 0,
            overflow: 0,
            saturated: false,
            greater: 0,
            doubles: [0; 32],
            fpscr: 0,
            thread_pointer: 0,
            thread_word: 0,
            comment: 0,
            exclusive: None,
            key: if order == Order::Little { 0 } else { BIG_DATA },
            big_code: order == Order::Big32,
        }
    }

    /// The byte order that the thread began with, as far as `setend` has not changed it.
    #[must_use]
    pub fn order(&self) -> Order {
        self.order_of(self.key)
    }

    fn order_of(&self, key: u64) -> Order {
        match (self.big_code, key & BIG_DATA != 0) {
            (true, _) => Order::Big32,
            (false, true) => Order::Big8,
            (false, false) => Order::Little,
        }
    }

    /// Address of the next instruction.
    #[must_use]
    pub fn pc(&self) -> u32 {
        Cpu::address(self.key) as u32
    }

    /// Goes on at an address, in the same mode, outside any IT block.
    pub fn set_pc(&mut self, pc: u32) {
        self.key = self.key & (THUMB | BIG_DATA) | u64::from(pc & !1);
    }

    /// Goes on at an address with the mode in bit 0, as `bx` does.
    pub fn branch_exchange(&mut self, target: u32) {
        self.key = self.key & BIG_DATA | u64::from(target);
    }

    /// Is the next instruction T32?
    #[must_use]
    pub fn is_thumb(&self) -> bool {
        self.key & THUMB != 0
    }

    /// Forgets what was loaded exclusively.
    pub fn clear_exclusive(&mut self) {
        self.exclusive = None;
    }

    /// N, Z, C and V in bits 31 to 28.
    #[must_use]
    pub(super) fn flags(&self) -> u32 {
        self.negative & 1 << 31
            | u32::from(self.zero == 0) << 30
            | self.carry << 29
            | (self.overflow & 1 << 31) >> 3
    }

    /// Sets N, Z, C and V from bits 31 to 28.
    pub(super) fn set_flags(&mut self, bits: u32) {
        self.negative = bits;
        self.zero = !bits & 1 << 30;
        self.carry = bits >> 29 & 1;
        self.overflow = bits << 3;
    }

    /// The part of the status register that `mrs` shows: flags, Q, GE, and what user mode cannot change.
    #[must_use]
    pub(super) fn apsr(&self) -> u32 {
        let big = if self.frame.start & BIG_DATA != 0 && !self.big_code { CPSR_BIG } else { 0 };
        self.flags() | if self.saturated { CPSR_Q } else { 0 } | self.greater << 16 | big | CPSR_USER
    }

    /// The whole status register, as the kernel saves it.
    #[must_use]
    pub fn cpsr(&self) -> u32 {
        let it = (self.key >> IT_SHIFT) as u32 & 0xff;
        self.flags()
            | if self.saturated { CPSR_Q } else { 0 }
            | self.greater << 16
            | (it & 3) << 25
            | (it >> 2) << 10
            | if self.key & BIG_DATA != 0 && !self.big_code { CPSR_BIG } else { 0 }
            | if self.is_thumb() { CPSR_THUMB } else { 0 }
            | CPSR_USER
    }

    /// Sets what a program may change of the status register; `pc` keeps its address.
    pub fn set_cpsr(&mut self, value: u32) {
        self.set_flags(value);
        self.saturated = value & CPSR_Q != 0;
        self.greater = value >> 16 & 15;
        let it = value >> 25 & 3 | (value >> 10 & 63) << 2;
        let thumb = value & CPSR_THUMB != 0;
        let mut key = u64::from(self.pc());
        if thumb {
            key |= THUMB | u64::from(it) << IT_SHIFT;
        }
        if value & CPSR_BIG != 0 || self.big_code {
            key |= BIG_DATA;
        }
        self.key = key;
    }
}

/// `distance` from the block's start, outside any IT block.
#[inline(always)]
pub(super) fn near(start: u64, distance: u32) -> u64 {
    start & BIG_DATA | u64::from((start as u32).wrapping_add(distance))
}

/// What [`Block::places`] keeps: the distance in 16 bits, ITSTATE above.
pub(super) fn place(distance: i32, it: u8) -> i32 {
    i32::from(it) << 16 | distance & 0xffff
}

impl Set for Cpu {
    const UNIT: u32 = 1;

    fn frame(&mut self) -> &mut Frame<Self> {
        &mut self.frame
    }

    fn key(&self) -> u64 {
        self.key
    }

    fn set_key(&mut self, key: u64) {
        self.key = key;
    }

    #[inline(always)]
    fn address(key: u64) -> u64 {
        key & 0xffff_fffe
    }

    /// Distances come from [`place`].
    fn key_at(key: u64, distance: i32) -> u64 {
        near(key, i32::from(distance as i16) as u32) | u64::from((distance >> 16) as u8) << IT_SHIFT
    }

    fn table<'a>(&self, key: u64, code: &'a Code) -> &'a Table<Self> {
        let thumb = (key & THUMB) as usize;
        match self.order_of(key) {
            Order::Little => &code.arm[thumb],
            Order::Big8 => &code.arm[2 + thumb],
            Order::Big32 => &code.arm[4 + thumb],
        }
    }

    /// A block that begins inside an IT block is not the one that others find at its address.
    fn is_common(key: u64) -> bool {
        key & IT_MASK == 0
    }

    fn assemble(&self, key: u64, limit: u32, source: &Source) -> Block<Self> {
        assemble(key, self.big_code, limit, source)
    }

    fn join(&self, ops: &mut [Op<Self>]) {
        join(ops);
    }
}
