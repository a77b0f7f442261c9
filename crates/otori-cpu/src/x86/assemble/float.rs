//! The x87 opcodes: an address, and one operation that does the rest.

use super::super::decode::{Instruction, Operand};
use super::super::float::{execute, wait};
use super::{Assembly, Translated, op};
use crate::op::Op;

impl Assembly {
    pub(super) fn float(&mut self, i: &Instruction) -> Translated {
        if let Operand::Memory(place) = i.operand {
            self.address_of(i, place);
        }
        let imm = u64::from(self.here as u32) << 32 | u64::from(i.opcode & 7) << 8 | u64::from(i.modrm);
        self.push(Op { imm, d: u8::from(i.operand_prefix), ..op(execute) });
        Ok(())
    }

    pub(super) fn wait(&mut self) -> Translated {
        self.push(op(wait));
        Ok(())
    }
}
