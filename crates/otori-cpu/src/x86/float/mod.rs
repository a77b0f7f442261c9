//! The x87 unit: eight registers as a stack, control, status. Key types: [`Float`], [`Extended`]. Its significands are
//! the MMX registers. Intel SDM volume 1, chapter 8.
//!
//! Not kept: the address of the last instruction and of its operand (zero, as under qemu), and the condition bit C1
//! after rounding.

mod arithmetic;
mod convert;
mod elementary;
mod environment;
mod execute;
mod extended;
mod remainder;
mod wide;

pub(super) use execute::{execute, wait};
pub use extended::Extended;
use extended::Rules;

/// Invalid operation.
pub(super) const INVALID: u16 = 1;
/// Subnormal operand.
pub(super) const SUBNORMAL: u16 = 2;
/// Division by zero.
pub(super) const ZERO_DIVIDE: u16 = 4;
/// Overflow.
pub(super) const OVERFLOW: u16 = 8;
/// Underflow.
pub(super) const UNDERFLOW: u16 = 16;
/// Inexact result.
pub(super) const INEXACT: u16 = 32;
/// Stack fault.
const STACK_FAULT: u16 = 64;
/// An exception that is not masked waits.
const SUMMARY: u16 = 0x80;
/// The copy of [`SUMMARY`] that once said "busy".
const BUSY: u16 = 0x8000;
/// Condition bits.
const C0: u16 = 0x100;
const C1: u16 = 0x200;
const C2: u16 = 0x400;
const C3: u16 = 0x4000;
/// Where the number of the top register is in the status word.
const TOP_SHIFT: u32 = 11;

/// Everything masked, round to nearest, 64 bits of precision.
const CONTROL_DEFAULT: u16 = 0x37f;

/// The registers of the unit.
#[derive(Clone, Debug)]
pub struct Float {
    /// By their physical numbers.
    registers: [Extended; 8],
    /// Number of the register that is ST(0).
    top: u8,
    /// A bit per physical register: is it empty?
    empty: u8,
    /// The control word.
    control: u16,
    /// The status word without the number of the top register.
    status: u16,
    /// Address of the last instruction that was not about the unit's own state; programs learn from it where they are.
    at: u64,
    /// Address of the last operand in memory.
    operand: u64,
}

impl Default for Float {
    fn default() -> Self {
        Float {
            registers: [Extended::default(); 8],
            top: 0,
            empty: 0xff,
            control: CONTROL_DEFAULT,
            status: 0,
            at: 0,
            operand: 0,
        }
    }
}

impl Float {
    /// As after `fninit`; the registers keep what is in them, but are empty.
    fn reset(&mut self) {
        let registers = self.registers;
        *self = Float { registers, ..Float::default() };
    }

    /// The significand of a physical register: an MMX register.
    #[inline(always)]
    pub(super) fn significand(&self, number: u8) -> u64 {
        self.registers[usize::from(number & 7)].significand
    }

    /// Sets an MMX register.
    #[inline(always)]
    pub(super) fn set_significand(&mut self, number: u8, significand: u64) {
        self.registers[usize::from(number & 7)] = Extended { significand, head: 0xffff };
    }

    /// What every MMX instruction does to the stack.
    #[inline(always)]
    pub(super) fn enter_mmx(&mut self) {
        self.top = 0;
        self.empty = 0;
    }

    /// EMMS.
    pub(super) fn leave_mmx(&mut self) {
        self.top = 0;
        self.empty = 0xff;
    }

    fn physical(&self, number: u8) -> usize {
        usize::from(self.top.wrapping_add(number) & 7)
    }

    fn is_empty(&self, number: u8) -> bool {
        self.empty >> self.physical(number) & 1 != 0
    }

    /// ST(number), whatever is in it.
    fn raw(&self, number: u8) -> Extended {
        self.registers[self.physical(number)]
    }

    fn set(&mut self, number: u8, value: Extended) {
        let physical = self.physical(number);
        self.registers[physical] = value;
        self.empty &= !(1 << physical);
    }

    fn free(&mut self, number: u8) {
        self.empty |= 1 << self.physical(number);
    }

    fn pop(&mut self) {
        self.free(0);
        self.top = self.top.wrapping_add(1) & 7;
    }

    /// The status word.
    fn status_word(&self) -> u16 {
        self.status & !(7 << TOP_SHIFT) | u16::from(self.top) << TOP_SHIFT
    }

    fn set_status_word(&mut self, value: u16) {
        self.top = (value >> TOP_SHIFT) as u8 & 7;
        self.status = value & !(7 << TOP_SHIFT);
        self.summarize();
    }

    fn set_control(&mut self, value: u16) {
        // Bits that do not exist read as they do on processors: bit 6 set, the others clear.
        self.control = value & 0x1f3f | 0x40;
        self.summarize();
    }

    /// Brings the summary bits up to date.
    fn summarize(&mut self) {
        let waits = self.status & !self.control & 0x3f != 0;
        self.status = self.status & !(SUMMARY | BUSY) | if waits { SUMMARY | BUSY } else { 0 };
    }

    /// Notes flags. Says whether the operation goes on: not if an exception that comes before it is not masked.
    fn raise(&mut self, flags: u16) -> bool {
        self.status |= flags;
        self.summarize();
        flags & !self.control & (INVALID | SUBNORMAL | ZERO_DIVIDE) == 0
    }

    fn conditions(&mut self, bits: u16) {
        self.status = self.status & !(C0 | C1 | C2 | C3) | bits;
    }

    /// A stack fault; C1 tells overflow from underflow. Says whether the answer to a masked one is to be given.
    fn stack_fault(&mut self, overflow: bool) -> bool {
        self.status = self.status & !C1 | if overflow { C1 } else { 0 };
        self.raise(INVALID | STACK_FAULT)
    }

    fn rules(&self) -> Rules {
        Rules::of(self.control)
    }

    /// Pushes a value.
    fn push(&mut self, value: Extended) {
        let below = self.physical(7);
        let mut value = value;
        if self.empty >> below & 1 == 0 {
            if !self.stack_fault(true) {
                return;
            }
            value = Extended::INDEFINITE;
        }
        self.top = below as u8;
        self.set(0, value);
    }

    /// ST(number), if it is not empty; else the fault, and what a masked one gives.
    fn operand(&mut self, number: u8) -> Option<Extended> {
        if !self.is_empty(number) {
            return Some(self.raw(number));
        }
        self.stack_fault(false).then_some(Extended::INDEFINITE)
    }
}
