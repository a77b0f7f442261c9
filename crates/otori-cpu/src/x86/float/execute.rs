//! The instructions D8 to DF. Entrance: [`execute`]. Intel SDM volume 2, tables.
//!
//! They are done in one piece: `imm` holds the low bits of the opcode above the ModRM byte, its upper half the distance from
//! the start of the block; `d` tells 16-bit operands, the address of a memory operand is in its slot.

use super::super::cpu::{ADDRESS, AX, Cpu};
use super::super::execute::{get, key, pieces, set};
use super::super::flags::{CARRY, PARITY, ZERO};
use super::arithmetic::{add, compare, divide, multiply, square_root, subtract};
use super::extended::Class;
use super::{
    C0, C1, C2, C3, Extended, Float, INVALID, Rules, SUBNORMAL, ZERO_DIVIDE, convert, elementary, remainder,
};
use crate::maps::Maps;
use crate::op::Interrupt;
use crate::soft::Relation;
use crate::stop::Stop;

type Done = Result<(), Interrupt>;

/// Does an exception wait that is not masked? Then the next instruction of the unit tells it.
fn check(cpu: &Cpu) -> Done {
    let waiting = cpu.float.status & !cpu.float.control & 0x3f;
    if waiting != 0 {
        return Err(Interrupt::Stop(Stop::FloatingPoint(waiting.into())));
    }
    Ok(())
}

pieces! {
    /// FWAIT.
    fn wait(cpu, maps, op) {
        check(cpu)
    }

    /// Any instruction D8 to DF.
    fn execute(cpu, maps, op) {
        let (opcode, modrm) = (op.imm as u16 >> 8 & 7, op.imm as u8);
        let operand = (modrm < 0xc0).then(|| get(cpu, ADDRESS));
        match operand {
            None => in_registers(cpu, opcode, modrm)?,
            Some(address) => with_memory(cpu, maps, (opcode, modrm >> 3 & 7), address, op.d == 0)?,
        }
        if !is_control(opcode, modrm) {
            cpu.float.at = key(cpu, (op.imm as i64 >> 32) as u64);
            cpu.float.operand = operand.unwrap_or(cpu.float.operand);
        }
        Ok(())
    }
}

/// Is it about the unit's own state? Then it leaves the addresses of the last instruction and operand (Intel SDM volume 1,
/// 8.1.8).
fn is_control(opcode: u16, modrm: u8) -> bool {
    match (opcode, modrm) {
        (3, 0xe0..=0xe4) | (7, 0xe0) => true,
        (1, 0..0xc0) => modrm >> 3 & 7 >= 4,
        (5, 0..0xc0) => matches!(modrm >> 3 & 7, 4 | 6 | 7),
        _ => false,
    }
}

/// Those with a memory operand: the low bits of the opcode, and the reg field.
fn with_memory(cpu: &mut Cpu, maps: &Maps, (opcode, group): (u16, u8), address: u64, wide: bool) -> Done {
    let float = &mut cpu.float;
    match (opcode, group) {
        (1, 6) => {
            float.store_environment(maps, address, wide)?;
            float.set_control(float.control | 0x3f);
            return Ok(());
        }
        (1, 7) => return maps.set_u16(address, float.control),
        (5, 6) => return float.save(maps, address, wide),
        (5, 7) => return maps.set_u16(address, float.status_word()),
        (1, 4) => return float.load_environment(maps, address, wide),
        (5, 4) => return float.restore(maps, address, wide),
        (1, 5) => {
            float.set_control(maps.get_u16(address)?);
            return Ok(());
        }
        _ => check(cpu)?,
    }
    let float = &mut cpu.float;
    match (opcode, group) {
        (0 | 2 | 4 | 6, _) => {
            let (value, flags) = load(float, maps, (opcode, 0), address)?;
            float.binary(group, 0, value, flags, false);
        }
        (3, 5) | (7, 4) | (1 | 3 | 5 | 7, 0) | (7, 5) => {
            let (value, flags) = load(float, maps, (opcode, group), address)?;
            // The subnormal flag does not tell loads of 80 bits and integers: there are none.
            if float.raise(flags) {
                float.push(value);
            }
        }
        (1, 1) | (3, 4 | 6) | (5, 5) => return Err(Interrupt::Stop(Stop::Illegal)),
        _ => return store(float, maps, (opcode, group), address),
    }
    Ok(())
}

/// Loads an operand, with the flags of its conversion.
fn load(
    float: &Float,
    maps: &Maps,
    (opcode, group): (u16, u8),
    address: u64,
) -> Result<(Extended, u16), Interrupt> {
    let mut rules = float.rules();
    let value = match (opcode, group) {
        (0 | 1, _) => convert::widen(&mut rules, maps.get_u32(address)?.into(), 23, 8),
        (4, _) | (5, 0) => convert::widen(&mut rules, maps.get_u64(address)?, 52, 11),
        (2, _) | (3, 0) => convert::from_integer((maps.get_u32(address)? as i32).into()),
        (6, _) | (7, 0) => convert::from_integer((maps.get_u16(address)? as i16).into()),
        (7, 5) => convert::from_integer(maps.get_u64(address)? as i64),
        _ => {
            maps.reach(address, 10, crate::memory::Access::Read)?;
            let (low, high) = (maps.get_u64(address)?, maps.get_u16(address.wrapping_add(8))?);
            match opcode {
                7 => convert::from_decimal(u128::from(low) | u128::from(high) << 64),
                _ => Extended { significand: low, head: high },
            }
        }
    };
    Ok((value, rules.flags))
}

/// Stores ST(0) in the format that the instruction says.
fn store(float: &mut Float, maps: &Maps, (opcode, group): (u16, u8), address: u64) -> Done {
    let pops = !matches!(group, 2);
    let empty = float.is_empty(0);
    let value = if empty { Extended::INDEFINITE } else { float.raw(0) };
    let mut rules = float.rules();
    let truncate = group == 1;
    let mut integer = |bits| convert::to_integer(&mut rules, value, bits, truncate) as u64;
    let (bits, size) = match (opcode, group) {
        (1, _) => (convert::narrow(&mut rules, value, 23, 8), 4),
        (5, 2 | 3) => (convert::narrow(&mut rules, value, 52, 11), 8),
        (3, 7) => (value.significand, 10),
        (3, _) => (integer(32), 4),
        (5, _) | (7, 7) => (integer(64), 8),
        (7, 6) => (0, 10),
        _ => (integer(16), 2),
    };
    let decimal = if (opcode, group) == (7, 6) { convert::to_decimal(&mut rules, value) } else { 0 };
    let masked = float.control & INVALID != 0;
    if (empty || rules.flags & INVALID != 0) && !masked {
        if empty {
            float.stack_fault(false)
        } else {
            float.raise(rules.flags)
        };
        return Ok(());
    }
    match (size, opcode) {
        (2, _) => maps.set_u16(address, bits as u16)?,
        (4, _) => maps.set_u32(address, bits as u32)?,
        (8, _) => maps.set_u64(address, bits)?,
        _ => {
            maps.reach(address, 10, crate::memory::Access::Write)?;
            let (low, high) = match opcode {
                7 => (decimal as u64, (decimal >> 64) as u16),
                _ => (bits, value.head),
            };
            maps.set_u64(address, low)?;
            maps.set_u16(address.wrapping_add(8), high)?;
        }
    }
    if empty {
        float.stack_fault(false);
    } else {
        float.raise(rules.flags);
    }
    if pops {
        float.pop();
    }
    Ok(())
}

impl Float {
    /// FADD, FMUL, FCOM, FCOMP, FSUB, FSUBR, FDIV, FDIVR by number: ST(to) with a value that has flags already.
    fn binary(&mut self, kind: u8, to: u8, value: Extended, flags: u16, reversed: bool) {
        let Some(target) = self.operand(to) else { return };
        if self.is_empty(to) {
            match kind {
                2 | 3 => self.conditions(C0 | C2 | C3),
                _ => self.set(to, Extended::INDEFINITE),
            }
            return;
        }
        // A subnormal operand from memory is not told beside what is no number.
        let other = target.unpack();
        let is_number = !other.is_nan() && other.class != Class::Unsupported;
        let flags = if is_number { flags } else { flags & !SUBNORMAL };
        if kind == 2 || kind == 3 {
            self.compare(target, value, flags, false);
            if kind == 3 {
                self.pop();
            }
            return;
        }
        let mut rules = Rules { flags, ..self.rules() };
        let kind = if reversed && kind >= 4 { kind ^ 1 } else { kind };
        let result = match kind {
            0 => add(&mut rules, target, value),
            1 => multiply(&mut rules, target, value),
            4 => subtract(&mut rules, target, value),
            5 => subtract(&mut rules, value, target),
            6 => divide(&mut rules, target, value),
            _ => divide(&mut rules, value, target),
        };
        // A division by zero comes before a subnormal operand: it has the higher priority.
        let divided_by_zero = rules.flags & ZERO_DIVIDE != 0;
        let flags = if divided_by_zero { rules.flags & !SUBNORMAL } else { rules.flags };
        if self.raise(flags) {
            self.set(to, result);
        }
    }

    fn compare(&mut self, a: Extended, b: Extended, flags: u16, quiet: bool) -> Relation {
        let mut rules = Rules { flags, ..self.rules() };
        let relation = compare(&mut rules, a, b, quiet);
        if self.raise(rules.flags) {
            self.conditions(match relation {
                Relation::Greater => 0,
                Relation::Less => C0,
                Relation::Equal => C3,
                Relation::Unordered => C0 | C2 | C3,
            });
        }
        relation
    }

    /// Compares ST(0) with ST(other); an empty one is unordered.
    fn compare_stack(&mut self, other: u8, quiet: bool) -> Relation {
        if self.is_empty(0) || self.is_empty(other) {
            self.stack_fault(false);
            self.conditions(C0 | C2 | C3);
            return Relation::Unordered;
        }
        self.compare(self.raw(0), self.raw(other), 0, quiet)
    }

    /// ST(0) = work of ST(0).
    fn unary(&mut self, work: impl FnOnce(&mut Rules, Extended) -> Extended) {
        if let Some(value) = self.operand(0) {
            let mut rules = self.rules();
            let result = if self.is_empty(0) { Extended::INDEFINITE } else { work(&mut rules, value) };
            if self.raise(rules.flags) {
                self.set(0, result);
            }
        }
    }

    /// ST(1) = work of ST(1) and ST(0), which is popped.
    fn joined(&mut self, work: impl FnOnce(&mut Rules, Extended, Extended) -> Extended) {
        if self.is_empty(0) || self.is_empty(1) {
            if self.stack_fault(false) {
                self.set(1, Extended::INDEFINITE);
                self.pop();
            }
            return;
        }
        let mut rules = self.rules();
        let result = work(&mut rules, self.raw(1), self.raw(0));
        if self.raise(rules.flags) {
            self.set(1, result);
            self.pop();
        }
    }
}

/// Those without: the low bits of the opcode, and the ModRM byte.
fn in_registers(cpu: &mut Cpu, opcode: u16, modrm: u8) -> Done {
    let (group, number) = (modrm >> 3 & 7, modrm & 7);
    match (opcode, modrm) {
        (3, 0xe3) => {
            cpu.float.reset();
            return Ok(());
        }
        (3, 0xe2) => {
            cpu.float.status &= 0x7f00;
            return Ok(());
        }
        (3, 0xe0 | 0xe1 | 0xe4) => return Ok(()),
        (7, 0xe0) => {
            let status = cpu.float.status_word();
            set::<16>(cpu, AX, status.into());
            return Ok(());
        }
        _ => check(cpu)?,
    }
    let float = &mut cpu.float;
    match (opcode, group) {
        (0, _) => float.stack_binary(group, 0, number, number),
        // FCOM and FCOMP again.
        (4, 2 | 3) => float.stack_binary(group, 0, number, number),
        (4, _) | (6, 0 | 1 | 4..=7) => {
            float.stack_binary(group, number, 0, number);
            if opcode == 6 {
                float.pop();
            }
        }
        (6, 2) => float.stack_binary(3, 0, number, number),
        (6, 3) if number == 1 => {
            float.compare_stack(1, false);
            float.pop();
            float.pop();
        }
        (1, _) => return first_group(float, modrm),
        (2 | 3, 0..=3) => {
            let holds = condition(cpu, group, opcode == 3);
            conditional_move(&mut cpu.float, number, holds);
        }
        (2, 5) if number == 1 => {
            float.compare_stack(1, true);
            float.pop();
            float.pop();
        }
        (3 | 7, 5 | 6) => compare_to_flags(cpu, number, group == 5, opcode == 7),
        (5, 0) | (7, 0) => {
            float.free(number);
            if opcode == 7 {
                float.top = float.top.wrapping_add(1) & 7;
            }
        }
        (5 | 7, 1) => float.exchange(number),
        (5, 2 | 3) | (7, 2 | 3) => float.copy_to(number, opcode == 7 || group == 3),
        (5, 4 | 5) => {
            float.compare_stack(number, true);
            if group == 5 {
                float.pop();
            }
        }
        _ => return Err(Interrupt::Stop(Stop::Illegal)),
    }
    Ok(())
}

impl Float {
    /// An operation of ST(to) with ST(from); `checked` is the register that is not ST(0).
    fn stack_binary(&mut self, kind: u8, to: u8, from: u8, checked: u8) {
        if kind == 2 || kind == 3 {
            self.compare_stack(checked, false);
            if kind == 3 {
                self.pop();
            }
            return;
        }
        match self.operand(from) {
            None => {}
            Some(_) if self.is_empty(from) => self.set(to, Extended::INDEFINITE),
            // Where the stack's top is not the target the opcodes of subtraction and division are exchanged.
            Some(value) => self.binary(kind, to, value, 0, to != 0),
        }
    }

    fn exchange(&mut self, number: u8) {
        if (self.is_empty(0) || self.is_empty(number)) && !self.stack_fault(false) {
            return;
        }
        let content =
            |float: &Float, at| if float.is_empty(at) { Extended::INDEFINITE } else { float.raw(at) };
        let (first, second) = (content(self, 0), content(self, number));
        self.set(0, second);
        self.set(number, first);
    }

    fn copy_to(&mut self, number: u8, pops: bool) {
        if let Some(value) = self.operand(0) {
            self.set(number, value);
            if pops {
                self.pop();
            }
        }
    }
}

/// Do the flags say what FCMOVcc asks: below, equal, below or equal, unordered?
fn condition(cpu: &Cpu, group: u8, negated: bool) -> bool {
    let holds = match group {
        0 => cpu.flags.carry(),
        1 => cpu.flags.zero(),
        2 => cpu.flags.carry() || cpu.flags.zero(),
        _ => cpu.flags.parity(),
    };
    holds != negated
}

fn conditional_move(float: &mut Float, number: u8, holds: bool) {
    if let Some(value) = float.operand(number)
        && holds
    {
        float.set(0, value);
    }
}

/// FCOMI, FUCOMI, with and without pop.
fn compare_to_flags(cpu: &mut Cpu, number: u8, quiet: bool, pops: bool) {
    let before = cpu.float.status & (C0 | C2 | C3);
    let relation = cpu.float.compare_stack(number, quiet);
    // The condition bits stay as they were.
    cpu.float.status = cpu.float.status & !(C0 | C2 | C3) | before;
    cpu.flags.change(
        ZERO | PARITY | CARRY,
        match relation {
            Relation::Greater => 0,
            Relation::Less => CARRY,
            Relation::Equal => ZERO,
            Relation::Unordered => ZERO | PARITY | CARRY,
        },
    );
    if pops {
        cpu.float.pop();
    }
}

/// The instructions D9 C0 to D9 FF.
fn first_group(float: &mut Float, modrm: u8) -> Done {
    let number = modrm & 7;
    match modrm {
        0xc0..=0xc7 => {
            if let Some(value) = float.operand(number) {
                float.push(value);
            }
        }
        0xc8..=0xcf => float.exchange(number),
        0xd0 => {}
        0xd8..=0xdf => float.copy_to(number, true),
        0xe0 => float.unary(|_, value| value.with_sign(!value.sign())),
        0xe1 => float.unary(|_, value| value.with_sign(false)),
        0xe4 => {
            let (value, empty) = (float.raw(0), float.is_empty(0));
            if empty {
                float.stack_fault(false);
                float.conditions(C0 | C2 | C3);
            } else {
                float.compare(value, Extended::zero(false), 0, false);
            }
        }
        0xe5 => {
            let bits = remainder::examine(float.raw(0), float.is_empty(0));
            float.conditions(bits);
        }
        0xe8..=0xee => {
            let constant = elementary::constant(number, float.rules().rounding);
            float.push(constant);
        }
        0xf6 => float.top = float.top.wrapping_sub(1) & 7,
        0xf7 => float.top = float.top.wrapping_add(1) & 7,
        0xf0..=0xff => transcendental(float, modrm),
        _ => return Err(Interrupt::Stop(Stop::Illegal)),
    }
    Ok(())
}

/// The instructions D9 F0 to D9 FF.
fn transcendental(float: &mut Float, modrm: u8) {
    match modrm {
        0xf0 => float.unary(elementary::power_minus_one),
        0xf1 => float.joined(elementary::logarithm),
        0xf3 => float.joined(elementary::arc_tangent),
        0xf4 => {
            let Some(value) = float.operand(0) else { return };
            let mut rules = float.rules();
            let (exponent, significand) = remainder::extract(&mut rules, value);
            if float.raise(rules.flags) {
                float.set(0, exponent);
                float.push(significand);
            }
        }
        0xf5 | 0xf8 => {
            if float.is_empty(0) || float.is_empty(1) {
                float.stack_fault(false);
                return;
            }
            let mut rules = float.rules();
            let (result, bits) = remainder::remainder(&mut rules, float.raw(0), float.raw(1), modrm == 0xf5);
            if float.raise(rules.flags) {
                float.set(0, result);
                match bits {
                    Some(bits) => float.conditions(bits),
                    None => float.status &= !C2,
                }
            }
        }
        0xf9 => float.joined(elementary::logarithm_of_one_more),
        0xfa => float.unary(square_root),
        0xfc => float.unary(convert::round_to_integral),
        0xfd => {
            if float.is_empty(0) || float.is_empty(1) {
                float.stack_fault(false);
                return;
            }
            let other = float.raw(1);
            float.unary(|rules, value| remainder::scale(rules, value, other));
        }
        _ => trigonometric(float, modrm),
    }
}

/// FPTAN, FSINCOS, FSIN, FCOS: C2 tells an angle that is too large.
fn trigonometric(float: &mut Float, modrm: u8) {
    let Some(value) = float.operand(0) else { return };
    let mut rules = float.rules();
    let Some((sine, cosine, tangent)) = elementary::angle(&mut rules, value, modrm) else {
        float.conditions(float.status & (C0 | C1 | C3) | C2);
        return;
    };
    if !float.raise(rules.flags) {
        return;
    }
    float.status &= !C2;
    match modrm {
        0xf2 => {
            float.set(0, tangent);
            float.push(if value.unpack().is_nan() { tangent } else { Extended::ONE });
        }
        0xfb => {
            float.set(0, sine);
            float.push(cosine);
        }
        0xfe => float.set(0, sine),
        _ => float.set(0, cosine),
    }
}
