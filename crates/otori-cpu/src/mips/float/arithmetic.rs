//! The computing instructions of coprocessor 1. Entrances: [`Cpu::compute`] (COP1), [`Cpu::multiply_add`] (COP1X).

use super::super::cpu::Cpu;
use super::{Refused, illegal_at};
use crate::slot::Slot as Reg;
use crate::soft::{
    DOUBLE, Environment, Fixed, Format, NanRules, Relation, Rounding, SINGLE, add, compare, convert, divide,
    from_integer, multiply, square_root, subtract, to_fixed, to_integer,
};
use crate::stop::Stop;

/// The register fields of an arithmetic instruction.
struct Fields {
    t: Reg,
    s: Reg,
    d: Reg,
}

impl Cpu {
    /// A computing instruction in one of the formats single (16), double (17), word (20), long (21).
    pub(in super::super) fn compute(&mut self, word: u32, at: u8) -> Result<(), (u8, Stop)> {
        let fields =
            Fields { t: Reg::of(word >> 16 & 31), s: Reg::of(word >> 11 & 31), d: Reg::of(word >> 6 & 31) };
        let (format, function) = (word >> 21 & 31, word & 63);
        match (format, function) {
            (16 | 17, 6 | 17..=19) => self.move_float(word, &fields).map_err(illegal_at(at)),
            (16, _) => self.compute_in(SINGLE, function, word, &fields, at),
            (17, _) => self.compute_in(DOUBLE, function, word, &fields, at),
            (20, 32 | 33) => {
                let value = i64::from(self.single(fields.s) as i32);
                self.integer_to_float(function, value, fields.d, at)
            }
            (21, 32 | 33) => {
                let value = self.long(fields.s).map_err(illegal_at(at))? as i64;
                self.integer_to_float(function, value, fields.d, at)
            }
            _ => Err((at, Stop::Illegal)),
        }
    }

    /// `mov`, `movf`, `movt`, `movz`, `movn`: no exceptions, no flags.
    fn move_float(&mut self, word: u32, fields: &Fields) -> Result<(), Refused> {
        let moves = match word & 63 {
            17 if word >> 17 & 1 == 1 => return Err(Refused),
            17 => self.condition((word >> 18) as u8 & 7) == (word >> 16 & 1 == 1),
            18 => self.gpr[fields.t as usize] == 0,
            19 => self.gpr[fields.t as usize] != 0,
            _ => true,
        };
        let format = if word >> 21 & 31 == 16 { SINGLE } else { DOUBLE };
        let value = self.number(format, fields.s)?;
        let old = self.number(format, fields.d)?;
        self.set_number(format, fields.d, if moves { value } else { old })
    }

    fn compute_in(
        &mut self,
        format: Format,
        function: u32,
        word: u32,
        fields: &Fields,
        at: u8,
    ) -> Result<(), (u8, Stop)> {
        let refused = illegal_at(at);
        let a = self.number(format, fields.s).map_err(&refused)?;
        let mut environment = self.environment();
        let result = match function {
            0 => add(format, &mut environment, a, self.number(format, fields.t).map_err(&refused)?),
            1 => subtract(format, &mut environment, a, self.number(format, fields.t).map_err(&refused)?),
            2 => multiply(format, &mut environment, a, self.number(format, fields.t).map_err(&refused)?),
            3 => divide(format, &mut environment, a, self.number(format, fields.t).map_err(&refused)?),
            4 => square_root(format, &mut environment, a),
            5 => return self.set_number(format, fields.d, a & !format.sign_mask()).map_err(&refused),
            7 => return self.set_number(format, fields.d, a ^ format.sign_mask()).map_err(&refused),
            8..=15 | 36 | 37 => return self.float_to_integer(format, function, a, fields.d, at),
            21 => divide(format, &mut environment, format.one(), a),
            22 => {
                let root = square_root(format, &mut environment, a);
                divide(format, &mut environment, format.one(), root)
            }
            32 if format == DOUBLE => {
                let single = convert(DOUBLE, SINGLE, &mut environment, a);
                return self.finish(&environment, SINGLE, fields.d, single, at);
            }
            33 if format == SINGLE => {
                let double = convert(SINGLE, DOUBLE, &mut environment, a);
                return self.finish(&environment, DOUBLE, fields.d, double, at);
            }
            48..=63 => {
                let b = self.number(format, fields.t).map_err(&refused)?;
                let relation = compare(format, &mut environment, a, b, function & 8 != 0);
                let holds = match relation {
                    Relation::Less => function & 4 != 0,
                    Relation::Equal => function & 2 != 0,
                    Relation::Unordered => function & 1 != 0,
                    Relation::Greater => false,
                };
                self.settle(&environment).map_err(|stop| (at, stop))?;
                self.set_condition((word >> 8) as u8 & 7, holds);
                return Ok(());
            }
            _ => return Err((at, Stop::Illegal)),
        };
        self.finish(&environment, format, fields.d, result, at)
    }

    /// `round`, `trunc`, `ceil`, `floor`, `cvt` to a word or a long.
    fn float_to_integer(
        &mut self,
        format: Format,
        function: u32,
        a: u64,
        d: Reg,
        at: u8,
    ) -> Result<(), (u8, Stop)> {
        let mut environment = self.environment();
        let rounding = match function {
            8 | 12 => Rounding::NearestEven,
            9 | 13 => Rounding::Zero,
            10 | 14 => Rounding::Up,
            11 | 15 => Rounding::Down,
            _ => environment.rounding,
        };
        let settle =
            |cpu: &mut Cpu, environment: &Environment| cpu.settle(environment).map_err(|stop| (at, stop));
        if matches!(function, 12..=15 | 36) {
            let value = whole(format, &mut environment, rounding, 32, a);
            settle(self, &environment)?;
            self.set_single(d, value as u32);
            return Ok(());
        }
        self.long(d).map_err(illegal_at(at))?;
        let value = whole(format, &mut environment, rounding, 64, a);
        settle(self, &environment)?;
        self.set_double(d, value).map_err(illegal_at(at))
    }

    fn integer_to_float(&mut self, function: u32, value: i64, d: Reg, at: u8) -> Result<(), (u8, Stop)> {
        let mut environment = self.environment();
        let format = if function == 32 { SINGLE } else { DOUBLE };
        let result = from_integer(format, &mut environment, value);
        self.finish(&environment, format, d, result, at)
    }

    /// `madd`, `msub`, `nmadd`, `nmsub`: the product is rounded before the sum, as release 2 chips do.
    pub(super) fn multiply_add(&mut self, word: u32, at: u8) -> Result<(), (u8, Stop)> {
        let refused = illegal_at(at);
        let format = match word & 7 {
            0 => SINGLE,
            1 => DOUBLE,
            _ => return Err((at, Stop::Illegal)),
        };
        let operand = |cpu: &Cpu, shift: u32| cpu.number(format, Reg::of(word >> shift & 31));
        let (r, t) = (operand(self, 21).map_err(&refused)?, operand(self, 16).map_err(&refused)?);
        let s = operand(self, 11).map_err(&refused)?;
        let mut environment = self.environment();
        let product = multiply(format, &mut environment, s, t);
        let sum = match word >> 3 & 7 {
            4 | 6 => add(format, &mut environment, product, r),
            _ => subtract(format, &mut environment, product, r),
        };
        let result = if word >> 3 & 7 >= 6 { sum ^ format.sign_mask() } else { sum };
        self.finish(&environment, format, Reg::of(word >> 6 & 31), result, at)
    }

    /// Settles the flags, then writes the result.
    fn finish(
        &mut self,
        environment: &Environment,
        format: Format,
        d: Reg,
        result: u64,
        at: u8,
    ) -> Result<(), (u8, Stop)> {
        self.number(format, d).map_err(illegal_at(at))?;
        self.settle(environment).map_err(|stop| (at, stop))?;
        self.set_number(format, d, result).map_err(illegal_at(at))
    }

    fn number(&self, format: Format, f: Reg) -> Result<u64, Refused> {
        if format == SINGLE { Ok(u64::from(self.single(f))) } else { self.double(f) }
    }

    fn set_number(&mut self, format: Format, f: Reg, bits: u64) -> Result<(), Refused> {
        if format == SINGLE {
            self.set_single(f, bits as u32);
            return Ok(());
        }
        self.set_double(f, bits)
    }

    /// A long; there are none in the mode of paired registers.
    fn long(&self, f: Reg) -> Result<u64, Refused> {
        if self.has_wide_registers() { self.double(f) } else { Err(Refused) }
    }
}

/// A number as an integer of `bits` bits. One that does not fit becomes the largest, or by IEEE 754-2008 the nearest one
/// that there is, a NaN then zero.
fn whole(format: Format, environment: &mut Environment, rounding: Rounding, bits: u32, a: u64) -> u64 {
    if environment.nan == NanRules::Mips2008 {
        return to_fixed(format, environment, rounding, Fixed { bits, signed: true, fraction_bits: 0 }, a);
    }
    let none = u64::MAX >> (65 - bits);
    to_integer(format, environment, rounding, bits, a).map_or(none, |value| value as u64)
}
