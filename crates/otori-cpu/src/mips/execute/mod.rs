//! What MIPS operations do: one function for each, of type [`crate::op::Run`]. [`super::lower`] tells the fields.
//!
//! [`plain`]: registers only; [`memory`]: loads and stores; [`branch`]: what leaves a block; [`rare`]: the others;
//! [`family`]: several at once, for joins.

pub(super) mod branch;
pub(super) mod family;
pub(super) mod memory;
pub(super) mod plain;
pub(super) mod rare;

use super::cpu::{Cpu, Endian};
use super::mips16;
use crate::block::{Block, Code, Table};
use crate::memory::{Access, Fault, FaultKind};
use crate::op::{Interrupt, Op};
use crate::run::{Frame, Set, Source};
use crate::slot::Slot;
use crate::stop::Stop;
use crate::{Memory, run};

/// log2 of the instruction size.
const UNIT: u32 = 2;
const MIPS16_UNIT: u32 = 1;

/// A value of the guest's byte order, from or to one with the first byte least significant.
#[inline(always)]
pub(super) fn order_u32<const BIG: bool>(value: u32) -> u32 {
    if BIG { value.swap_bytes() } else { value }
}

#[inline(always)]
pub(super) fn order_u16<const BIG: bool>(value: u16) -> u16 {
    if BIG { value.swap_bytes() } else { value }
}

/// Fails unless the address is a multiple of the size.
pub(super) fn aligned(address: u64, size: u64, access: Access) -> Result<(), Interrupt> {
    if address & (size - 1) == 0 { Ok(()) } else { Err(Interrupt::Stop(unaligned(address, access))) }
}

/// An address error.
fn unaligned(address: u64, access: Access) -> Stop {
    Stop::Fault(Fault { address, access, kind: FaultKind::Unaligned })
}

impl Set for Cpu {
    const UNIT: u32 = UNIT;

    #[inline(always)]
    fn frame(&mut self) -> &mut Frame<Self> {
        &mut self.frame
    }

    fn key(&self) -> u64 {
        u64::from(self.pc)
    }

    fn set_key(&mut self, key: u64) {
        self.pc = key as u32;
    }

    #[inline(always)]
    fn address(key: u64) -> u64 {
        key & !u64::from(mips16::MODE)
    }

    fn unit(key: u64) -> u32 {
        if key as u32 & mips16::MODE == 0 { UNIT } else { MIPS16_UNIT }
    }

    #[inline(always)]
    fn key_at(key: u64, distance: i32) -> u64 {
        u64::from((key as u32).wrapping_add_signed(distance))
    }

    fn table<'a>(&self, key: u64, code: &'a Code) -> &'a Table<Self> {
        let mode = (key as u32 & mips16::MODE) as usize;
        match self.endian {
            Endian::Little => &code.mips_little[mode],
            Endian::Big => &code.mips_big[mode],
        }
    }

    fn assemble(&self, key: u64, limit: u32, source: &Source) -> Block<Self> {
        if key as u32 & mips16::MODE != 0 {
            return mips16::assemble(self.endian, (key as u32, limit), |distance| {
                let half = source.u16(distance as i32)?;
                Some(if self.endian == Endian::Big { half.swap_bytes() } else { half })
            });
        }
        super::assemble::assemble(self.endian, limit, |distance| {
            let word = source.u32(distance as i32)?;
            Some(if self.endian == Endian::Big { word.swap_bytes() } else { word })
        })
    }

    fn join(&self, ops: &mut [Op<Self>]) {
        super::join::join(ops, self.endian);
    }
}

impl Cpu {
    /// Runs until something stops it or `budget` instructions are executed: [`crate::run::run`].
    pub fn run<M: Memory>(&mut self, memory: &mut M, budget: u64) -> (Stop, u64) {
        run(self, memory, budget)
    }

    #[inline(always)]
    pub(super) fn get(&self, register: Slot) -> u32 {
        self.gpr[register as usize]
    }

    #[inline(always)]
    pub(super) fn set(&mut self, register: Slot, value: u32) {
        self.gpr[register as usize] = value;
    }

    /// Sets hi and lo.
    #[inline(always)]
    fn set_product(&mut self, product: u64) {
        self.hi = (product >> 32) as u32;
        self.lo = product as u32;
    }

    /// The address of a load or store: base `b`, displacement `imm`.
    #[inline(always)]
    fn address(&self, base: Slot, displacement: u64) -> u64 {
        u64::from(self.get(base).wrapping_add(displacement as u32))
    }
}
