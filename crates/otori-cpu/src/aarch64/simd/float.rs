//! Vectors of floating point numbers, three registers the same. ARM ARM C7.2 (FADD and others, vector).

use super::arithmetic::{
    Pair, absolute_difference, absolute_greater, absolute_greater_equal, equal, format_of, greater,
    greater_equal,
};
use super::{Done, Form, ILLEGAL};
use crate::aarch64::Cpu;
use crate::aarch64::word::Word;
use crate::soft::{
    Environment, Format, add, divide, maximum, maximum_number, minimum, minimum_number, multiply,
    multiply_add, multiply_extended, reciprocal_root_step, reciprocal_step, subtract,
};
use crate::vector::{Shape, map2, map3, pairwise};

/// How lanes meet.
enum Meeting {
    LaneByLane(Pair),
    Pairwise(Pair),
    /// The destination plus (or minus) the product.
    Fused {
        minus: bool,
    },
}

/// The operation by U, the upper bit of the size field and the opcode; and whether there is a scalar form.
fn operation(word: Word) -> Option<(Meeting, bool)> {
    use Meeting::{Fused, LaneByLane, Pairwise};
    let operation = match (word.bit(29), word.bit(23), word.bits(11, 5)) {
        (false, false, 0b11000) => (LaneByLane(maximum_number), false),
        (false, false, 0b11001) => (Fused { minus: false }, false),
        (false, false, 0b11010) => (LaneByLane(add), false),
        (false, false, 0b11011) => (LaneByLane(multiply_extended), true),
        (false, false, 0b11100) => (LaneByLane(equal), true),
        (false, false, 0b11110) => (LaneByLane(maximum), false),
        (false, false, 0b11111) => (LaneByLane(reciprocal_step), true),
        (false, true, 0b11000) => (LaneByLane(minimum_number), false),
        (false, true, 0b11001) => (Fused { minus: true }, false),
        (false, true, 0b11010) => (LaneByLane(subtract), false),
        (false, true, 0b11110) => (LaneByLane(minimum), false),
        (false, true, 0b11111) => (LaneByLane(reciprocal_root_step), true),
        (true, false, 0b11000) => (Pairwise(maximum_number), false),
        (true, false, 0b11010) => (Pairwise(add), false),
        (true, false, 0b11011) => (LaneByLane(multiply), false),
        (true, false, 0b11100) => (LaneByLane(greater_equal), true),
        (true, false, 0b11101) => (LaneByLane(absolute_greater_equal), true),
        (true, false, 0b11110) => (Pairwise(maximum), false),
        (true, false, 0b11111) => (LaneByLane(divide), false),
        (true, true, 0b11000) => (Pairwise(minimum_number), false),
        (true, true, 0b11010) => (LaneByLane(absolute_difference), true),
        (true, true, 0b11100) => (LaneByLane(greater), true),
        (true, true, 0b11101) => (LaneByLane(absolute_greater), true),
        (true, true, 0b11110) => (Pairwise(minimum), false),
        _ => return None,
    };
    Some(operation)
}

pub(super) fn execute(cpu: &mut Cpu, word: Word) -> Done {
    let (meeting, has_scalar) = operation(word).ok_or(ILLEGAL)?;
    let form = Form::of(word);
    if form == Form::Scalar && !has_scalar {
        return Err(ILLEGAL);
    }
    let shape = form.shape(word, 2 + word.bits(22, 1))?;
    let format = format_of(shape);
    let (n, m) = (cpu.vector(word.n()), cpu.vector(word.m()));
    let mut environment = cpu.environment();
    let result = match meeting {
        Meeting::LaneByLane(work) => map2(shape, n, m, |a, b| work(format, &mut environment, a, b)),
        Meeting::Pairwise(work) => pairwise(shape, n, m, |a, b| work(format, &mut environment, a, b)),
        Meeting::Fused { minus } => {
            fused(&mut environment, shape, format, (cpu.vector(word.d()), n, m), minus)
        }
    };
    cpu.settle(&environment);
    cpu.set_vector(word.d(), result);
    Ok(())
}

/// `addend` plus or minus the products of lanes.
pub(super) fn fused(
    environment: &mut Environment,
    shape: Shape,
    format: Format,
    (addend, n, m): (u128, u128, u128),
    minus: bool,
) -> u128 {
    let sign = if minus { format.sign_mask() } else { 0 };
    map3(shape, addend, n, m, |addend, a, b| multiply_add(format, environment, addend, a ^ sign, b))
}
