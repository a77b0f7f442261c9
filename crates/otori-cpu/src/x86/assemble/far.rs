//! Instructions with far pointers, and those that ask for a segment or a table of segments. Intel SDM volume 2.

use super::super::cpu::{Mode, VALUE};
use super::super::decode::{Instruction, Operand};
use super::super::execute::{branch, far};
use super::choose::{self, width};
use super::{Assembly, Illegal, Translated, op};
use crate::op::Op;
use crate::slot::Slot;

impl Assembly {
    /// LES, LDS, LSS, LFS, LGS: segment register `number`.
    pub(super) fn load_far(&mut self, i: &Instruction, number: u8) -> Translated {
        let Operand::Memory(place) = i.operand else { return Err(Illegal) };
        self.address_of(i, place);
        let a = Slot::of(i.register.into());
        self.push(Op { a, d: number, ..op(width!(i.bits(), far::load_pointer)) });
        Ok(())
    }

    /// BOUND.
    pub(super) fn bound(&mut self, i: &Instruction) -> Translated {
        let Operand::Memory(place) = i.operand else { return Err(Illegal) };
        self.address_of(i, place);
        let a = Slot::of(i.register.into());
        self.push(Op { a, ..op(width!(i.bits(), far::check_bounds)) });
        Ok(())
    }

    /// Leaves for the offset that was read.
    fn leave_far(&mut self) -> Translated {
        self.push(Op { a: far::TARGET, ..op(branch::jump_register) });
        self.finished = true;
        Ok(())
    }

    fn push_return(&mut self, i: &Instruction) {
        let imm = i64::from(self.next) as u64;
        self.push(Op { imm, ..op(width!(i.bits(), far::push_return)) });
    }

    /// CALL and JMP with the pointer in the instruction, of 32-bit mode only.
    pub(super) fn far_direct(&mut self, i: &Instruction) -> Translated {
        if self.mode == Mode::X86_64 {
            return Err(Illegal);
        }
        self.push(Op { imm: i.second.into(), ..op(far::check_selector) });
        if i.opcode == 0x9a {
            self.push_return(i);
        }
        let mask = if i.bits() == 16 { 0xffff } else { 0xffff_ffff };
        self.set_constant(VALUE, i.immediate as u64 & mask, 64);
        self.leave_far()
    }

    /// CALL (group 3) and JMP with the pointer in memory.
    pub(super) fn far_indirect(&mut self, i: &Instruction) -> Translated {
        let Operand::Memory(place) = i.operand else { return Err(Illegal) };
        self.address_of(i, place);
        self.push(op(width!(i.bits(), far::read_pointer)));
        if i.group() == 3 {
            self.push_return(i);
        }
        self.leave_far()
    }

    /// RETF and IRET.
    pub(super) fn far_return(&mut self, i: &Instruction) -> Translated {
        let operation = match i.opcode {
            0xcf => Op { d: u8::from(self.mode == Mode::X86_64), ..op(width!(i.bits(), far::pop_interrupt)) },
            0xca => Op { imm: i.immediate as u16 as u64, ..op(width!(i.bits(), far::pop_return)) },
            _ => op(width!(i.bits(), far::pop_return)),
        };
        self.push(operation);
        self.leave_far()
    }

    /// What tells about tables of segments without changing them: SLDT, STR, SGDT, SIDT, SMSW. `None`: another one.
    pub(super) fn tell_tables(&mut self, i: &Instruction) -> Option<Translated> {
        /// Machine status: protection, coprocessor, its errors, write protection, alignment checks, paging.
        const STATUS: u64 = 0x8005_0033;
        /// Selector of the task segment of a 64-bit kernel.
        const TASK: u64 = 0x40;
        let value = match (i.opcode, i.group()) {
            (0x00, 0) => 0,
            (0x00, 1) => TASK,
            (0x01, 4) => STATUS,
            (0x01, table @ 0..=1) => {
                let Operand::Memory(place) = i.operand else { return None };
                self.address_of(i, place);
                let limit = if table == 0 { 0x7f } else { 0xfff };
                self.push(Op { d: table, imm: limit, ..op(far::store_table) });
                return Some(Ok(()));
            }
            _ => return None,
        };
        match i.operand {
            Operand::Register(number) => self.set_constant(Slot::of(number.into()), value, i.bits()),
            Operand::Memory(place) => {
                self.set_constant(VALUE, value, 64);
                let (fields, kind) = self.reach(i, place);
                self.push(Op { a: VALUE, run: choose::store_register(16, kind), ..fields });
            }
        }
        Some(Ok(()))
    }
}
