//! Coprocessor 1, the floating point unit. Entrance: [`Cpu::run_float`]. MIPS32 volume I-A chapter 5.
//!
//! [`arithmetic`]: the computing instructions; [`control`]: FCSR and its relatives; here: moves, loads and stores.

mod arithmetic;
mod control;

use super::cpu::{Cpu, FloatRegisters};
use super::execute::{order_u32, readable, writable};
use super::op::Op;
use super::register::Reg;
use crate::memory::Memory;
use crate::stop::Stop;

/// An instruction that this CPU refuses in the present register mode.
#[derive(Clone, Copy, Debug)]
struct Refused;

fn illegal_at(at: u8) -> impl Fn(Refused) -> (u8, Stop) {
    move |Refused| (at, Stop::Illegal)
}

/// Eight bytes in the guest's order, from or to first byte least significant.
fn order_u64<const BIG: bool>(value: u64) -> u64 {
    if BIG { value.swap_bytes() } else { value }
}

/// A load or store that moves four or eight bytes between memory and a floating point register.
#[derive(Clone, Copy)]
enum Transfer {
    LoadSingle,
    LoadDouble,
    StoreSingle,
    StoreDouble,
}

impl Cpu {
    /// Runs one floating point operation. Fails with the position in the block where to stop.
    pub(super) fn run_float<M: Memory, const BIG: bool>(
        &mut self,
        op: Op,
        memory: &mut M,
    ) -> Result<(), (u8, Stop)> {
        let address = |cpu: &Cpu, s: Reg, displacement: u32| cpu.gpr[s as usize].wrapping_add(displacement);
        match op {
            Op::Lwc1 { f, s, at, displacement } => {
                let address = address(self, s, displacement);
                return self.transfer::<M, BIG>(memory, Transfer::LoadSingle, f, address, at);
            }
            Op::Ldc1 { f, s, at, displacement } => {
                let address = address(self, s, displacement);
                return self.transfer::<M, BIG>(memory, Transfer::LoadDouble, f, address, at);
            }
            Op::Swc1 { f, s, at, displacement } => {
                let address = address(self, s, displacement);
                return self.transfer::<M, BIG>(memory, Transfer::StoreSingle, f, address, at);
            }
            Op::Sdc1 { f, s, at, displacement } => {
                let address = address(self, s, displacement);
                return self.transfer::<M, BIG>(memory, Transfer::StoreDouble, f, address, at);
            }
            Op::Mfc1 { t, f } => self.gpr[t as usize] = self.single(f),
            Op::Mtc1 { t, f } => self.set_single(f, self.gpr[t as usize]),
            Op::Mfhc1 { t, f } => self.gpr[t as usize] = self.high_half(f),
            Op::Mthc1 { t, f } => self.set_high_half(f, self.gpr[t as usize]),
            Op::Cfc1 { t, control } => self.gpr[t as usize] = self.float_control(control),
            Op::Ctc1 { t, control, at } => {
                self.set_float_control(control, self.gpr[t as usize]).map_err(|stop| (at, stop))?;
            }
            Op::Movci { d, s, code, when } => {
                if self.condition(code) == when {
                    self.gpr[d as usize] = self.gpr[s as usize];
                }
            }
            Op::Float { at, word } => self.compute(word, at)?,
            Op::FloatExtended { at, word } => return self.run_extended::<M, BIG>(memory, word, at),
            _ => return Err((0, Stop::Illegal)),
        }
        Ok(())
    }

    /// COP1X: indexed loads and stores here, multiply-add in [`arithmetic`].
    fn run_extended<M: Memory, const BIG: bool>(
        &mut self,
        memory: &mut M,
        word: u32,
        at: u8,
    ) -> Result<(), (u8, Stop)> {
        let register = |shift: u32| Reg::from_field(word >> shift);
        let address = self.gpr[register(21) as usize].wrapping_add(self.gpr[register(16) as usize]);
        let (transfer, f, address) = match word & 63 {
            0 => (Transfer::LoadSingle, register(6), address),
            1 => (Transfer::LoadDouble, register(6), address),
            8 => (Transfer::StoreSingle, register(11), address),
            9 => (Transfer::StoreDouble, register(11), address),
            5 | 13 if self.float_registers == FloatRegisters::Pairs => return Err((at, Stop::Illegal)),
            5 => (Transfer::LoadDouble, register(6), address & !7),
            13 => (Transfer::StoreDouble, register(11), address & !7),
            _ => return self.multiply_add(word, at),
        };
        self.transfer::<M, BIG>(memory, transfer, f, address, at)
    }

    fn transfer<M: Memory, const BIG: bool>(
        &mut self,
        memory: &mut M,
        transfer: Transfer,
        f: Reg,
        address: u32,
        at: u8,
    ) -> Result<(), (u8, Stop)> {
        let offset = u64::from(address);
        match transfer {
            Transfer::LoadSingle => {
                let page = readable(memory, address, 3, at)?;
                self.set_single(f, order_u32::<BIG>(page.load_u32(offset)));
            }
            Transfer::StoreSingle => {
                let page = writable(memory, address, 3, at)?;
                page.store_u32(offset, order_u32::<BIG>(self.single(f)));
            }
            Transfer::LoadDouble => {
                self.double(f).map_err(illegal_at(at))?;
                let page = readable(memory, address, 7, at)?;
                let value = order_u64::<BIG>(page.load_u64(offset));
                self.set_double(f, value).map_err(illegal_at(at))?;
            }
            Transfer::StoreDouble => {
                let value = self.double(f).map_err(illegal_at(at))?;
                let page = writable(memory, address, 7, at)?;
                page.store_u64(offset, order_u64::<BIG>(value));
            }
        }
        Ok(())
    }

    fn single(&self, f: Reg) -> u32 {
        self.fpr[f as usize] as u32
    }

    fn set_single(&mut self, f: Reg, value: u32) {
        let register = &mut self.fpr[f as usize];
        *register = *register & !0xffff_ffff | u64::from(value);
    }

    /// The even-odd pair that begins at `f`.
    fn pair(f: Reg) -> Result<(usize, usize), Refused> {
        let even = f as usize;
        if even & 1 == 0 { Ok((even, even | 1)) } else { Err(Refused) }
    }

    fn double(&self, f: Reg) -> Result<u64, Refused> {
        if self.float_registers == FloatRegisters::Wide {
            return Ok(self.fpr[f as usize]);
        }
        let (even, odd) = Self::pair(f)?;
        Ok(self.fpr[even] & 0xffff_ffff | self.fpr[odd] << 32)
    }

    fn set_double(&mut self, f: Reg, value: u64) -> Result<(), Refused> {
        if self.float_registers == FloatRegisters::Wide {
            self.fpr[f as usize] = value;
            return Ok(());
        }
        let (even, odd) = Self::pair(f)?;
        self.fpr[even] = value & 0xffff_ffff;
        self.fpr[odd] = value >> 32;
        Ok(())
    }

    fn high_half(&self, f: Reg) -> u32 {
        match self.float_registers {
            FloatRegisters::Wide => (self.fpr[f as usize] >> 32) as u32,
            FloatRegisters::Pairs => self.fpr[f as usize | 1] as u32,
        }
    }

    fn set_high_half(&mut self, f: Reg, value: u32) {
        match self.float_registers {
            FloatRegisters::Wide => {
                let register = &mut self.fpr[f as usize];
                *register = *register & 0xffff_ffff | u64::from(value) << 32;
            }
            FloatRegisters::Pairs => self.fpr[f as usize | 1] = u64::from(value),
        }
    }
}
