//! Decimal adjustment: AAA, AAS, AAM, AAD, DAA, DAS. Intel SDM volume 2. Undefined flags stay or are those of the result.

use super::super::cpu::AX;
use super::super::flags::{ADJUST, CARRY};
use super::{get, handlers, pieces, set};
use crate::op::Interrupt;
use crate::stop::Stop;

handlers! {
    /// AAA (`S` false) and AAS.
    fn adjust_unpacked<const S: bool>(cpu, maps, blocks, ops, op) {
        let (low, high) = (get(cpu, AX) & 0xff, get(cpu, AX) >> 8 & 0xff);
        let wrong = low & 0xf > 9 || cpu.flags.adjust();
        let (mut digit, mut above) = (low & 0xf, high);
        if wrong {
            let further = if S { low < 6 } else { low > 0xf9 };
            digit = if S { low.wrapping_sub(6) } else { low + 6 } & 0xf;
            let by = 1 + u64::from(further);
            above = if S { high.wrapping_sub(by) } else { high + by } & 0xff;
        }
        set::<16>(cpu, AX, digit | above << 8);
        cpu.flags.change(CARRY | ADJUST, if wrong { CARRY | ADJUST } else { 0 });
    }

    /// DAA (`S` false) and DAS.
    fn adjust_packed<const S: bool>(cpu, maps, blocks, ops, op) {
        let old = get(cpu, AX) & 0xff;
        let (carry, adjust) = (cpu.flags.carry(), cpu.flags.adjust());
        let mut value = old;
        let low_wrong = old & 0xf > 9 || adjust;
        let mut carried = false;
        if low_wrong {
            carried = S && (old < 6 || carry);
            value = if S { value.wrapping_sub(6) } else { value + 6 } & 0xff;
        }
        if old > 0x99 || carry {
            value = if S { value.wrapping_sub(0x60) } else { value + 0x60 } & 0xff;
            carried = true;
        }
        set::<8>(cpu, AX, value);
        cpu.flags.logic::<8>(value);
        cpu.flags.put_carry(carried, false);
        cpu.flags.adjust = if low_wrong { 0x10 } else { 0 };
    }

    /// AAD: two digits of base imm to a number.
    fn digits_to_number(cpu, maps, blocks, ops, op) {
        let (low, high) = (get(cpu, AX) & 0xff, get(cpu, AX) >> 8 & 0xff);
        let value = (high * (op.imm & 0xff) + low) & 0xff;
        set::<16>(cpu, AX, value);
        cpu.flags.logic::<8>(value);
    }
}

pieces! {
    /// AAM: a number to two digits of base imm.
    fn number_to_digits(cpu, maps, op) {
        let value = get(cpu, AX) & 0xff;
        let base = op.imm & 0xff;
        if base == 0 {
            return Err(Interrupt::Stop(Stop::DivideError));
        }
        set::<16>(cpu, AX, ((value / base) << 8) | (value % base));
        cpu.flags.logic::<8>(value % base);
        Ok(())
    }
}
