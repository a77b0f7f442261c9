//! Operations on pairs of floating point numbers, and which numbers they are. Key types: [`Pair`], [`Numbers`].

use super::super::Cpu;
use crate::op::Interrupt;
use crate::soft::{
    DOUBLE, Environment, Format, Relation, SINGLE, add, compare, divide, maximum, maximum_number, minimum,
    minimum_number, multiply, subtract,
};
use crate::vector::{Shape, ones_if};

/// An operation on two numbers of a format.
pub(super) type Pair = fn(Format, &mut Environment, u64, u64) -> u64;

/// Single or double.
pub(super) const fn format(double: bool) -> Format {
    if double { DOUBLE } else { SINGLE }
}

/// The format of the lanes.
pub(super) fn format_of(shape: Shape) -> Format {
    format(shape.bits == 64)
}

/// Does something under the current environment, whose flags are kept.
#[inline]
pub(super) fn computing<T>(
    cpu: &mut Cpu,
    work: impl FnOnce(&Cpu, &mut Environment) -> Result<T, Interrupt>,
) -> Result<T, Interrupt> {
    let mut environment = cpu.environment();
    let result = work(cpu, &mut environment)?;
    cpu.settle(&environment);
    Ok(result)
}

/// `-(a * b)`.
pub(super) fn multiply_negate(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    multiply(format, environment, a, b) ^ format.sign_mask()
}

/// `|a - b|`.
pub(super) fn absolute_difference(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    subtract(format, environment, a, b) & !format.sign_mask()
}

/// All ones if `a == b`; quiet NaNs are no error.
pub(super) fn equal(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    ones_if(compare(format, environment, a, b, false) == Relation::Equal)
}

/// All ones if `a >= b`.
pub(super) fn greater_equal(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    ones_if(matches!(compare(format, environment, a, b, true), Relation::Greater | Relation::Equal))
}

/// All ones if `a > b`.
pub(super) fn greater(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    ones_if(compare(format, environment, a, b, true) == Relation::Greater)
}

/// All ones if `|a| >= |b|`.
pub(super) fn absolute_greater_equal(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    let magnitude = !format.sign_mask();
    greater_equal(format, environment, a & magnitude, b & magnitude)
}

/// All ones if `|a| > |b|`.
pub(super) fn absolute_greater(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    let magnitude = !format.sign_mask();
    greater(format, environment, a & magnitude, b & magnitude)
}

/// The operation of a scalar instruction with two sources, by its opcode.
pub(super) fn scalar_pair(opcode: u32) -> Option<Pair> {
    let all: [Pair; 9] =
        [multiply, divide, add, subtract, maximum, minimum, maximum_number, minimum_number, multiply_negate];
    all.get(opcode as usize).copied()
}
