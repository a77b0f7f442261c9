//! Between formats, and the rounding modes that instructions name. Key items: [`RoundingMode`], [`convert_format`].

use super::super::Cpu;
use super::ILLEGAL;
use super::arithmetic::computing;
use crate::op::Interrupt;
use crate::soft::{
    DOUBLE, Environment, HALF, Rounding, SINGLE, convert, from_alternative_half, to_alternative_half,
};

/// How an instruction rounds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RoundingMode {
    /// Ties to even.
    Nearest,
    /// Ties away from zero.
    Away,
    Up,
    Down,
    Zero,
    /// As FPCR says.
    Current,
}

impl RoundingMode {
    pub fn under(self, environment: &Environment) -> Rounding {
        match self {
            RoundingMode::Nearest => Rounding::NearestEven,
            RoundingMode::Away => Rounding::NearestAway,
            RoundingMode::Up => Rounding::Up,
            RoundingMode::Down => Rounding::Down,
            RoundingMode::Zero => Rounding::Zero,
            RoundingMode::Current => environment.rounding,
        }
    }
}

/// A number in another format; both as the instructions number them: 0 single, 1 double, 3 half.
pub(super) fn convert_format(cpu: &mut Cpu, from: u32, to: u32, value: u64) -> Result<u64, Interrupt> {
    computing(cpu, |cpu, environment| {
        let alternative = cpu.halves_are_alternative();
        let result = match (from, to) {
            (0, 1) => convert(SINGLE, DOUBLE, environment, value & 0xffff_ffff),
            (1, 0) => convert(DOUBLE, SINGLE, environment, value),
            (3, 0 | 1) => {
                let to = if to == 0 { SINGLE } else { DOUBLE };
                match alternative {
                    true => from_alternative_half(to, environment, value & 0xffff),
                    false => convert(HALF, to, environment, value & 0xffff),
                }
            }
            (0 | 1, 3) => {
                let (from, value) = if from == 0 { (SINGLE, value & 0xffff_ffff) } else { (DOUBLE, value) };
                match alternative {
                    true => to_alternative_half(from, environment, value),
                    false => convert(from, HALF, environment, value),
                }
            }
            _ => return Err(ILLEGAL),
        };
        Ok(result)
    })
}

/// A double as a single that can be rounded again (`fcvtxn`).
pub(super) fn narrow_to_odd(environment: &mut Environment, value: u64) -> u64 {
    let rounding = environment.rounding;
    environment.rounding = Rounding::Odd;
    let result = convert(DOUBLE, SINGLE, environment, value);
    environment.rounding = rounding;
    result
}
