//! VFPv4: arithmetic, comparison, moves between registers. Entrance: [`execute`], by A32 word. Key type: [`Operand`].
//! ARMv7-A reference manual, A2.7 and A7.5. Short vectors are refused, as processors without them do.

mod convert;
mod memory;

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::whole::status::set;
use crate::arm::whole::{Context, Done, ILLEGAL};
use crate::slot::Slot;
use crate::soft::{self, DOUBLE, Environment, Format, NanRules, Relation, Rounding, SINGLE};

/// The bits of FPSCR that can be set: no trap is ever enabled.
const FPSCR_WRITABLE: u32 = 0xfff7_009f;
/// Length and stride of short vectors.
const FPSCR_VECTOR: u32 = 0x0037_0000;

/// Which registers, and of which format.
#[derive(Clone, Copy)]
pub(in crate::arm) struct Operands {
    pub format: Format,
    pub d: u32,
    pub n: u32,
    pub m: u32,
}

impl Operands {
    /// The registers of a word; of doubles the extra bit is the highest, of singles the lowest.
    pub(in crate::arm) fn of(word: u32) -> Operands {
        let double = bit(word, 8);
        let number = |low: u32, extra: u32| {
            let (four, one) = (field(word, low, 4), field(word, extra, 1));
            if double { one << 4 | four } else { four << 1 | one }
        };
        Operands {
            format: if double { DOUBLE } else { SINGLE },
            d: number(12, 22),
            n: number(16, 7),
            m: number(0, 5),
        }
    }

    pub(in crate::arm) fn get(self, cpu: &Cpu, number: u32) -> u64 {
        if self.format == DOUBLE { cpu.double(number) } else { cpu.single(number).into() }
    }

    pub(in crate::arm) fn set(self, cpu: &mut Cpu, number: u32, value: u64) {
        if self.format == DOUBLE {
            cpu.set_double(number, value);
        } else {
            cpu.set_single(number, value as u32);
        }
    }
}

impl Cpu {
    /// Sets what a program may change of FPSCR.
    pub fn set_fpscr(&mut self, value: u32) {
        self.fpscr = value & FPSCR_WRITABLE;
    }

    pub(in crate::arm) fn double(&self, number: u32) -> u64 {
        self.doubles[number as usize & 31]
    }

    pub(in crate::arm) fn set_double(&mut self, number: u32, value: u64) {
        self.doubles[number as usize & 31] = value;
    }

    pub(in crate::arm) fn single(&self, number: u32) -> u32 {
        (self.double(number >> 1) >> (32 * (number & 1))) as u32
    }

    pub(in crate::arm) fn set_single(&mut self, number: u32, value: u32) {
        let shift = 32 * (number & 1);
        let rest = self.double(number >> 1) & !(0xffff_ffff << shift);
        self.set_double(number >> 1, rest | u64::from(value) << shift);
    }

    /// What FPSCR says of rounding, flushing and NaNs, with the flags raised so far.
    pub(in crate::arm) fn environment(&self) -> Environment {
        Environment {
            rounding: match field(self.fpscr, 22, 2) {
                0 => Rounding::NearestEven,
                1 => Rounding::Up,
                2 => Rounding::Down,
                _ => Rounding::Zero,
            },
            flushing: bit(self.fpscr, 24),
            nan: if bit(self.fpscr, 25) { NanRules::ArmDefault } else { NanRules::Arm },
            flags: self.float_flags(),
        }
    }

    /// What Advanced SIMD always calculates under.
    pub(in crate::arm) fn standard_environment(&self) -> Environment {
        Environment {
            rounding: Rounding::NearestEven,
            flushing: true,
            nan: NanRules::ArmDefault,
            flags: self.float_flags(),
        }
    }

    /// The cumulative flags of FPSCR in the order of [`soft`].
    fn float_flags(&self) -> u32 {
        (self.fpscr & 31).reverse_bits() >> 27 | (self.fpscr & 0x80) >> 2
    }

    /// Keeps the flags that were raised.
    pub(in crate::arm) fn keep_flags(&mut self, environment: &Environment) {
        let flags = environment.flags;
        self.fpscr |= (flags & 31).reverse_bits() >> 27 | (flags & soft::SUBNORMAL_OPERAND) << 2;
    }
}

/// Any VFP instruction, and the moves to and from Advanced SIMD's lanes.
pub(in crate::arm) fn execute(cpu: &mut Cpu, context: &Context, word: u32) -> Done {
    match (field(word, 25, 3), bit(word, 4)) {
        (6, _) => memory::execute(cpu, context, word),
        (7, false) if cpu.fpscr & FPSCR_VECTOR != 0 => ILLEGAL,
        (7, false) => calculate(cpu, word),
        _ => transfer(cpu, word),
    }
}

fn calculate(cpu: &mut Cpu, word: u32) -> Done {
    let operands = Operands::of(word);
    let format = operands.format;
    let (n, m) = (operands.get(cpu, operands.n), operands.get(cpu, operands.m));
    let d = operands.get(cpu, operands.d);
    let sign = format.sign_mask();
    let mut environment = cpu.environment();
    let second = bit(word, 6);
    let opcode = field(word, 23, 1) << 2 | field(word, 20, 2);
    let result = match (opcode, second) {
        (0 | 1, _) => {
            let product = soft::multiply(format, &mut environment, n, m);
            let product = if second { product ^ sign } else { product };
            let d = if opcode == 1 { d ^ sign } else { d };
            soft::add(format, &mut environment, d, product)
        }
        (2, _) => soft::multiply(format, &mut environment, n, m) ^ if second { sign } else { 0 },
        (3, false) => soft::add(format, &mut environment, n, m),
        (3, true) => soft::subtract(format, &mut environment, n, m),
        (4, false) => soft::divide(format, &mut environment, n, m),
        (5 | 6, _) => {
            let d = if opcode == 5 { d ^ sign } else { d };
            let n = if second { n ^ sign } else { n };
            soft::multiply_add(format, &mut environment, d, n, m)
        }
        (7, false) => expand(field(word, 16, 4) << 4 | field(word, 0, 4), format),
        (7, true) => return others(cpu, word, operands),
        _ => return ILLEGAL,
    };
    cpu.keep_flags(&environment);
    operands.set(cpu, operands.d, result);
    Ok(())
}

/// The number that eight bits stand for.
fn expand(byte: u32, format: Format) -> u64 {
    let (sign, low) = (u64::from(byte >> 7), u64::from(byte & 0x3f));
    let repeated = byte >> 6 & 1 != 0;
    if format == DOUBLE {
        sign << 63 | if repeated { 0x3fc0 << 48 } else { 1 << 62 } | low << 48
    } else {
        sign << 31 | if repeated { 0x3e00_0000 } else { 1 << 30 } | low << 19
    }
}

/// Those with one operand.
fn others(cpu: &mut Cpu, word: u32, operands: Operands) -> Done {
    let (format, top) = (operands.format, bit(word, 7));
    let sign = format.sign_mask();
    let m = operands.get(cpu, operands.m);
    let mut environment = cpu.environment();
    let result = match (field(word, 16, 4), top) {
        (0, false) => m,
        (0, true) => m & !sign,
        (1, false) => m ^ sign,
        (1, true) => soft::square_root(format, &mut environment, m),
        (4 | 5, _) => {
            let zero = bit(word, 16);
            let other = if zero { 0 } else { m };
            let d = operands.get(cpu, operands.d);
            let relation = soft::compare(format, &mut environment, d, other, top);
            cpu.keep_flags(&environment);
            set_comparison(cpu, relation);
            return Ok(());
        }
        _ => return convert::execute(cpu, word, operands),
    };
    cpu.keep_flags(&environment);
    operands.set(cpu, operands.d, result);
    Ok(())
}

fn set_comparison(cpu: &mut Cpu, relation: Relation) {
    let flags = match relation {
        Relation::Less => 8,
        Relation::Equal => 6,
        Relation::Greater => 2,
        Relation::Unordered => 3,
    };
    cpu.fpscr = cpu.fpscr & 0x0fff_ffff | flags << 28;
}

/// Moves between one core register and a single, a lane, or the status. A7.8.
fn transfer(cpu: &mut Cpu, word: u32) -> Done {
    let opcode = field(word, 21, 3);
    let to_core = bit(word, 20);
    match (bit(word, 8), opcode) {
        (false, 0) => {
            let number = field(word, 16, 4) << 1 | field(word, 7, 1);
            if to_core {
                let value = cpu.single(number);
                set(cpu, word, 12, value);
            } else {
                let value = cpu.registers[Slot::of(field(word, 12, 4)) as usize];
                cpu.set_single(number, value);
            }
            Ok(())
        }
        (false, 7) => move_status(cpu, word, to_core),
        (true, _) => lane(cpu, word, to_core),
        _ => ILLEGAL,
    }
}

fn move_status(cpu: &mut Cpu, word: u32, to_core: bool) -> Done {
    let (register, t) = (field(word, 16, 4), field(word, 12, 4));
    match (register, to_core) {
        (1, true) if t == 15 => {
            let flags = cpu.fpscr;
            cpu.set_flags(flags);
        }
        (1, true) => {
            let value = cpu.fpscr;
            set(cpu, word, 12, value);
        }
        (1, false) => {
            let value = cpu.registers[Slot::of(t) as usize];
            cpu.set_fpscr(value);
        }
        // The others are for privileged modes.
        _ => return ILLEGAL,
    }
    Ok(())
}

/// Which lane and of how many bits, from opc1 and opc2.
fn lane_of(word: u32) -> Option<(u32, u32)> {
    let (opc1, opc2) = (field(word, 21, 2), field(word, 5, 2));
    match (opc1 & 2 != 0, opc2) {
        (true, _) => Some((8, (opc1 & 1) << 2 | opc2)),
        (false, 1 | 3) => Some((16, (opc1 & 1) << 1 | opc2 >> 1)),
        (false, 0) => Some((32, opc1 & 1)),
        _ => None,
    }
}

fn lane(cpu: &mut Cpu, word: u32, to_core: bool) -> Done {
    let number = field(word, 7, 1) << 4 | field(word, 16, 4);
    let unsigned = bit(word, 23);
    if !to_core && unsigned {
        return duplicate(cpu, word, number);
    }
    let Some((bits, index)) = lane_of(word) else { return ILLEGAL };
    let shift = bits * index;
    let mask = (1u64 << bits) - 1;
    let value = cpu.double(number);
    if to_core {
        let lane = value >> shift & mask;
        let result = match (bits, unsigned) {
            (32, true) => return ILLEGAL,
            (8, false) => i32::from(lane as i8) as u32,
            (16, false) => i32::from(lane as i16) as u32,
            _ => lane as u32,
        };
        set(cpu, word, 12, result);
    } else {
        let core = u64::from(cpu.registers[Slot::of(field(word, 12, 4)) as usize]);
        cpu.set_double(number, value & !(mask << shift) | (core & mask) << shift);
    }
    Ok(())
}

/// vdup of a core register.
fn duplicate(cpu: &mut Cpu, word: u32, number: u32) -> Done {
    let core = u64::from(cpu.registers[Slot::of(field(word, 12, 4)) as usize]);
    let quad = bit(word, 21);
    let value = match (bit(word, 22), bit(word, 5)) {
        (true, false) => (core & 0xff) * 0x0101_0101_0101_0101,
        (false, true) => (core & 0xffff) * 0x0001_0001_0001_0001,
        (false, false) => core << 32 | core,
        _ => return ILLEGAL,
    };
    if bit(word, 6) || quad && number & 1 != 0 {
        return ILLEGAL;
    }
    cpu.set_double(number, value);
    if quad {
        cpu.set_double(number + 1, value);
    }
    Ok(())
}
