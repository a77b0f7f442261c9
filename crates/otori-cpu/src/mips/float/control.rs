//! The floating point control registers: FCSR, its partial views, condition codes, exceptions.
//! MIPS32 volume I-A, section 5.6.

use super::super::cpu::{Cpu, FCSR_2008};
use crate::soft::{Environment, NanRules, Rounding};
use crate::stop::Stop;

/// FIR of a MIPS 24Kf: 64-bit registers; long, word, double, single formats; processor 0x93.
const IMPLEMENTATION: u32 = 0x0073_9300;
/// FIR: FCSR has NAN2008 and ABS2008.
const HAS_2008: u32 = 1 << 23;
/// Bits of FCSR that can be written.
const WRITABLE: u32 = 0xff83_ffff & !FCSR_2008;
/// The cause bit that cannot be masked: unimplemented operation.
const UNIMPLEMENTED: u32 = 32;
const CAUSE_SHIFT: u32 = 12;
const ENABLE_SHIFT: u32 = 7;
const FLAG_SHIFT: u32 = 2;
/// Flush to zero.
const FLUSH: u32 = 1 << 24;

/// The bit in FCSR of a condition code: 23 for code 0, 25 to 31 for the others.
fn condition_bit(code: u8) -> u32 {
    match code & 7 {
        0 => 1 << 23,
        code => 1 << (24 + u32::from(code)),
    }
}

impl Cpu {
    /// A condition code.
    #[inline]
    pub(in super::super) fn condition(&self, code: u8) -> bool {
        self.fcsr & condition_bit(code) != 0
    }

    pub(super) fn set_condition(&mut self, code: u8, value: bool) {
        self.fcsr = self.fcsr & !condition_bit(code) | if value { condition_bit(code) } else { 0 };
    }

    /// What operations are done under now.
    pub(super) fn environment(&self) -> Environment {
        let rounding = match self.fcsr & 3 {
            0 => Rounding::NearestEven,
            1 => Rounding::Zero,
            2 => Rounding::Up,
            _ => Rounding::Down,
        };
        let nan = if self.has_2008_nans() { NanRules::Mips2008 } else { NanRules::MipsLegacy };
        Environment { rounding, flushing: self.fcsr & FLUSH != 0, nan, flags: 0 }
    }

    /// Sets the cause bits after an operation; fails if one of them is enabled to trap.
    pub(super) fn settle(&mut self, environment: &Environment) -> Result<(), Stop> {
        let flags = environment.flags;
        self.fcsr = self.fcsr & !(63 << CAUSE_SHIFT) | flags << CAUSE_SHIFT;
        if self.fcsr >> ENABLE_SHIFT & flags & 31 != 0 {
            return Err(Stop::FloatingPoint(flags));
        }
        self.fcsr |= flags << FLAG_SHIFT;
        Ok(())
    }

    /// Sets FCSR but for the bits that no program can change; nothing traps.
    pub fn set_fcsr(&mut self, value: u32) {
        self.fcsr = self.fcsr & !WRITABLE | value & WRITABLE;
    }

    /// `cfc1`.
    pub(in super::super) fn float_control(&self, control: u8) -> u32 {
        match control {
            0 if self.has_2008_nans() => IMPLEMENTATION | HAS_2008,
            0 => IMPLEMENTATION,
            25 => self.fcsr >> 24 & 0xfe | self.fcsr >> 23 & 1,
            26 => self.fcsr & 0x0003_f07c,
            28 => self.fcsr & 0x0000_0f83 | self.fcsr >> 22 & 4,
            _ => self.fcsr,
        }
    }

    /// `ctc1`; fails if a cause bit is written whose exception is enabled.
    pub(in super::super) fn set_float_control(&mut self, control: u8, value: u32) -> Result<(), Stop> {
        self.fcsr = match control {
            25 => self.fcsr & 0x017f_ffff | (value & 0xfe) << 24 | (value & 1) << 23,
            26 => self.fcsr & !0x0003_f07c | value & 0x0003_f07c,
            28 => self.fcsr & !0x0100_0f83 | value & 0x0000_0f83 | (value & 4) << 22,
            31 => {
                self.set_fcsr(value);
                self.fcsr
            }
            _ => return Ok(()),
        };
        let cause = self.fcsr >> CAUSE_SHIFT & 63;
        let enabled = self.fcsr >> ENABLE_SHIFT & 31 | UNIMPLEMENTED;
        if cause & enabled != 0 { Err(Stop::FloatingPoint(cause)) } else { Ok(()) }
    }
}
