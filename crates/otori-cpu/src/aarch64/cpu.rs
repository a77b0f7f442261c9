//! The registers of an AArch64 CPU. Key type: [`Cpu`].

use crate::block::{Block, Code, Table};
use crate::op::Op;
use crate::run::{Frame, Set, Source};
use crate::slot::{SLOTS, Slot};
use crate::soft::{Environment, INEXACT, NanRules, Rounding, SUBNORMAL_OPERAND};

/// The stack pointer's slot.
pub(super) const SP: Slot = Slot::R31;
/// A slot that always reads as zero.
pub(super) const ZERO: Slot = Slot::R32;
/// A slot that nobody reads: where results for `xzr` go.
pub(super) const SINK: Slot = Slot::R33;
/// A value between two operations of one instruction.
pub(super) const BETWEEN: Slot = Slot::R34;

/// What an exclusive load read, until the exclusive store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it was read.
    pub address: u64,
    /// What was read, of a pair both halves; the store fails if memory holds something else by then.
    pub value: u128,
    /// Bytes that were read.
    pub bytes: u32,
}

/// Bits of FPCR that mean something: AHP, DN, FZ, RMode.
const FPCR_WRITABLE: u32 = 0x07c0_0000;
/// Bits of FPSR that mean something: QC, IDC and the five flags of IEEE 754.
const FPSR_WRITABLE: u32 = 0x0800_009f;
const FPCR_ALTERNATIVE_HALF: u32 = 1 << 26;
const FPCR_DEFAULT_NAN: u32 = 1 << 25;
const FPCR_FLUSH: u32 = 1 << 24;
/// FPSR: something was saturated.
const FPSR_SATURATED: u32 = 1 << 27;
/// FPSR: a subnormal operand was taken for zero.
const FPSR_INPUT_DENORMAL: u32 = 1 << 7;
const FPSR_INEXACT: u32 = 1 << 4;

/// A user-mode Armv8.0-A CPU in AArch64 state.
#[derive(Clone, Debug)]
#[repr(C)] // Registers first: host instructions that reach them are shorter by half.
pub struct Cpu {
    /// `x0` to `x30`, the stack pointer, and slots of the engine's own.
    pub x: [u64; SLOTS],
    /// The engine's part.
    pub frame: Frame<Cpu>,
    /// Address of the next instruction.
    pub pc: u64,
    /// Bit 63 is the N flag.
    pub(super) negative: u64,
    /// Zero if the Z flag is set.
    pub(super) zero: u64,
    /// The C flag.
    pub(super) carry: bool,
    /// Bit 63 is the V flag.
    pub(super) overflow: u64,
    /// The SIMD and floating point registers.
    pub v: [u128; 32],
    fpcr: u32,
    fpsr: u32,
    /// TPIDR_EL0: the thread pointer.
    pub thread_pointer: u64,
    /// What an exclusive load read, until the store. The kernel clears it when another task of the address space has
    /// run.
    pub link: Option<Link>,
}

impl Default for Cpu {
    fn default() -> Self {
        Cpu::new()
    }
}

impl Cpu {
    /// A CPU with all registers zero.
    #[must_use]
    pub fn new() -> Cpu {
        Cpu {
            x: [0; SLOTS],
            pc: 0,
            negative: 0,
            zero: 1,
            carry: false,
            overflow: 0,
            v: [0; 32],
            fpcr: 0,
            fpsr: 0,
            thread_pointer: 0,
            link: None,
            frame: Frame::default(),
        }
    }

    #[inline(always)]
    pub(super) fn get(&self, slot: Slot) -> u64 {
        self.x[slot as usize]
    }

    #[inline(always)]
    pub(super) fn set(&mut self, slot: Slot, value: u64) {
        self.x[slot as usize] = value;
    }

    /// A SIMD register by the low five bits of a number.
    #[inline(always)]
    pub(super) fn vector(&self, number: u32) -> u128 {
        self.v[(number & 31) as usize]
    }

    /// Sets a SIMD register, all of it.
    #[inline(always)]
    pub(super) fn set_vector(&mut self, number: u32, value: u128) {
        self.v[(number & 31) as usize] = value;
    }

    /// The stack pointer.
    #[must_use]
    pub fn stack_pointer(&self) -> u64 {
        self.get(SP)
    }

    /// Sets the stack pointer.
    pub fn set_stack_pointer(&mut self, value: u64) {
        self.set(SP, value);
    }

    /// FPCR, the floating point control register.
    #[must_use]
    pub fn fpcr(&self) -> u32 {
        self.fpcr
    }

    /// Sets FPCR; bits without meaning stay zero.
    pub fn set_fpcr(&mut self, value: u32) {
        self.fpcr = value & FPCR_WRITABLE;
    }

    /// FPSR, the floating point status register.
    #[must_use]
    pub fn fpsr(&self) -> u32 {
        self.fpsr
    }

    /// Sets FPSR; bits without meaning stay zero.
    pub fn set_fpsr(&mut self, value: u32) {
        self.fpsr = value & FPSR_WRITABLE;
    }

    /// Are halves in the alternative format, without infinities and NaNs?
    pub(super) fn halves_are_alternative(&self) -> bool {
        self.fpcr & FPCR_ALTERNATIVE_HALF != 0
    }

    /// What floating point operations are done under now.
    #[inline]
    pub(super) fn environment(&self) -> Environment {
        let rounding = match self.fpcr >> 22 & 3 {
            0 => Rounding::NearestEven,
            1 => Rounding::Up,
            2 => Rounding::Down,
            _ => Rounding::Zero,
        };
        let nan = if self.fpcr & FPCR_DEFAULT_NAN == 0 { NanRules::Arm } else { NanRules::ArmDefault };
        // Flags stay until they are cleared, so one that is set needs no finding out again.
        let flags = if self.fpsr & FPSR_INEXACT == 0 { 0 } else { INEXACT };
        Environment { rounding, flushing: self.fpcr & FPCR_FLUSH != 0, nan, flags }
    }

    /// Adds the flags that operations raised to FPSR.
    #[inline]
    pub(super) fn settle(&mut self, environment: &Environment) {
        if environment.flags == INEXACT {
            self.fpsr |= FPSR_INEXACT;
        } else if environment.flags != 0 {
            // FPSR has the five flags of IEEE 754 in the other order.
            let reversed = (environment.flags & 31).reverse_bits() >> 27;
            let input = environment.flags & SUBNORMAL_OPERAND != 0;
            self.fpsr |= reversed | if input { FPSR_INPUT_DENORMAL } else { 0 };
        }
    }

    /// Notes in FPSR that something was saturated.
    pub(super) fn note_saturation(&mut self, saturated: bool) {
        if saturated {
            self.fpsr |= FPSR_SATURATED;
        }
    }
}

impl Set for Cpu {
    const UNIT: u32 = 2;

    #[inline(always)]
    fn frame(&mut self) -> &mut Frame<Self> {
        &mut self.frame
    }

    fn key(&self) -> u64 {
        self.pc
    }

    fn set_key(&mut self, key: u64) {
        self.pc = key;
    }

    fn table<'a>(&self, _key: u64, code: &'a Code) -> &'a Table<Self> {
        &code.aarch64
    }

    fn assemble(&self, key: u64, limit: u32, source: &Source) -> Block<Self> {
        super::assemble::assemble(key, limit, source)
    }

    fn join(&self, ops: &mut [Op<Self>]) {
        super::join::join(ops);
    }
}
