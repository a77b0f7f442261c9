//! Coprocessor 1, the floating point unit. MIPS32 volume I-A chapter 5.
//!
//! [`arithmetic`]: the computing instructions; [`control`]: FCSR and its relatives; here: moves, loads and stores.

mod arithmetic;
mod control;

use super::cpu::{Cpu, FloatRegisters};
use super::execute::{aligned, order_u32};
use crate::maps::Maps;
use crate::memory::Access;
use crate::op::Interrupt;
use crate::slot::Slot as Reg;
use crate::stop::Stop;

/// An instruction that this CPU refuses in the present register mode.
#[derive(Clone, Copy, Debug)]
struct Refused;

fn illegal(Refused: Refused) -> Interrupt {
    Interrupt::Stop(Stop::Illegal)
}

fn illegal_at(at: u8) -> impl Fn(Refused) -> (u8, Stop) {
    move |Refused| (at, Stop::Illegal)
}

/// Eight bytes in the guest's order, from or to first byte least significant.
fn order_u64<const BIG: bool>(value: u64) -> u64 {
    if BIG { value.swap_bytes() } else { value }
}

impl Cpu {
    /// Fails where the access is unaligned and the kernel was told not to mend that.
    fn check_alignment(&self, address: u64, size: u64, access: Access) -> Result<(), Interrupt> {
        if self.fixes_unaligned { Ok(()) } else { aligned(address, size, access) }
    }

    /// `lwc1`.
    pub(super) fn load_single<const BIG: bool>(
        &mut self,
        f: Reg,
        address: u64,
        maps: &Maps,
    ) -> Result<(), Interrupt> {
        self.check_alignment(address, 4, Access::Read)?;
        self.set_single(f, order_u32::<BIG>(maps.get_u32(address)?));
        Ok(())
    }

    /// `swc1`.
    pub(super) fn store_single<const BIG: bool>(
        &self,
        f: Reg,
        address: u64,
        maps: &Maps,
    ) -> Result<(), Interrupt> {
        self.check_alignment(address, 4, Access::Write)?;
        maps.set_u32(address, order_u32::<BIG>(self.single(f)))
    }

    /// `ldc1`.
    pub(super) fn load_double<const BIG: bool>(
        &mut self,
        f: Reg,
        address: u64,
        maps: &Maps,
    ) -> Result<(), Interrupt> {
        self.double(f).map_err(illegal)?;
        self.check_alignment(address, 8, Access::Read)?;
        let value = order_u64::<BIG>(maps.get_u64(address)?);
        self.set_double(f, value).map_err(illegal)
    }

    /// `sdc1`.
    pub(super) fn store_double<const BIG: bool>(
        &self,
        f: Reg,
        address: u64,
        maps: &Maps,
    ) -> Result<(), Interrupt> {
        let value = self.double(f).map_err(illegal)?;
        self.check_alignment(address, 8, Access::Write)?;
        maps.set_u64(address, order_u64::<BIG>(value))
    }

    /// COP1X: indexed loads and stores here, multiply-add in [`arithmetic`].
    pub(super) fn run_extended<const BIG: bool>(&mut self, word: u32, maps: &Maps) -> Result<(), Interrupt> {
        let register = |shift: u32| Reg::of(word >> shift & 31);
        let address = self.gpr[register(21) as usize].wrapping_add(self.gpr[register(16) as usize]);
        let (address, doubleword) = (u64::from(address), u64::from(address & !7));
        match word & 63 {
            0 => self.load_single::<BIG>(register(6), address, maps),
            1 => self.load_double::<BIG>(register(6), address, maps),
            8 => self.store_single::<BIG>(register(11), address, maps),
            9 => self.store_double::<BIG>(register(11), address, maps),
            5 | 13 if !self.has_wide_registers() => Err(Interrupt::Stop(Stop::Illegal)),
            5 => self.load_double::<BIG>(register(6), doubleword, maps),
            13 => self.store_double::<BIG>(register(11), doubleword, maps),
            _ => self.multiply_add(word, 0).map_err(|(_, stop)| Interrupt::Stop(stop)),
        }
    }

    pub(super) fn single(&self, f: Reg) -> u32 {
        match (self.float_registers, f as usize) {
            (FloatRegisters::Hybrid, odd) if odd & 1 == 1 => (self.fpr[odd & !1] >> 32) as u32,
            (_, f) => self.fpr[f] as u32,
        }
    }

    pub(super) fn set_single(&mut self, f: Reg, value: u32) {
        let (register, shift) = match (self.float_registers, f as usize) {
            (FloatRegisters::Hybrid, odd) if odd & 1 == 1 => (&mut self.fpr[odd & !1], 32),
            (_, f) => (&mut self.fpr[f], 0),
        };
        *register = *register & !(0xffff_ffff << shift) | u64::from(value) << shift;
    }

    /// The even-odd pair that begins at `f`.
    fn pair(f: Reg) -> Result<(usize, usize), Refused> {
        let even = f as usize;
        if even & 1 == 0 { Ok((even, even | 1)) } else { Err(Refused) }
    }

    /// FR=1: are there 32 registers of 64 bits?
    fn has_wide_registers(&self) -> bool {
        self.float_registers != FloatRegisters::Pairs
    }

    fn double(&self, f: Reg) -> Result<u64, Refused> {
        if self.has_wide_registers() {
            return Ok(self.fpr[f as usize]);
        }
        let (even, odd) = Self::pair(f)?;
        Ok(self.fpr[even] & 0xffff_ffff | self.fpr[odd] << 32)
    }

    fn set_double(&mut self, f: Reg, value: u64) -> Result<(), Refused> {
        if self.has_wide_registers() {
            self.fpr[f as usize] = value;
            return Ok(());
        }
        let (even, odd) = Self::pair(f)?;
        self.fpr[even] = value & 0xffff_ffff;
        self.fpr[odd] = value >> 32;
        Ok(())
    }

    pub(super) fn high_half(&self, f: Reg) -> u32 {
        match self.float_registers {
            FloatRegisters::Wide | FloatRegisters::Hybrid => (self.fpr[f as usize] >> 32) as u32,
            FloatRegisters::Pairs => self.fpr[f as usize | 1] as u32,
        }
    }

    pub(super) fn set_high_half(&mut self, f: Reg, value: u32) {
        match self.float_registers {
            FloatRegisters::Wide | FloatRegisters::Hybrid => {
                let register = &mut self.fpr[f as usize];
                *register = *register & 0xffff_ffff | u64::from(value) << 32;
            }
            FloatRegisters::Pairs => self.fpr[f as usize | 1] = u64::from(value),
        }
    }
}
