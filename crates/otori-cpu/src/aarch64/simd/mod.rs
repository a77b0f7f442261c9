//! Floating point and Advanced SIMD: registers only, no memory. Entrance: [`lower`], the operation of an instruction.
//! ARM ARM C4.1.69, C7.2.
//!
//! The scalar forms of Advanced SIMD are vectors of one lane: [`Form`] tells them apart.

mod arithmetic;
mod constant;
mod conversion;
mod different;
mod element;
mod float;
mod lanes;
mod misc;
mod permute;
mod quick;
mod same;
mod scalar;
mod shift;

use super::Cpu;
use super::execute::{Done, ILLEGAL};
use super::word::Word;
use crate::block::BlockCache;
use crate::maps::Maps;
use crate::op::{Next, Op, Run, end, settle};
use crate::vector::Shape;

/// Does an instruction, given its word.
type Execute = fn(&mut Cpu, Word) -> Done;

/// The lanes that an instruction works on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One lane.
    Scalar,
    /// A whole register, or its lower half.
    Vector,
}

impl Form {
    fn of(word: Word) -> Form {
        if word.bit(28) { Form::Scalar } else { Form::Vector }
    }

    /// Lanes of `8 << size` bits. Vectors of a single one are reserved.
    fn shape(self, word: Word, size: u32) -> Result<Shape, crate::op::Interrupt> {
        match self {
            Form::Scalar => Ok(Shape { bits: 8 << size, count: 1 }),
            Form::Vector if size == 3 && !word.bit(30) => Err(ILLEGAL),
            Form::Vector => Ok(Shape::of(size, if word.bit(30) { 16 } else { 8 })),
        }
    }
}

/// An encoding must be so, or the instruction is illegal.
fn require(condition: bool) -> Done {
    if condition { Ok(()) } else { Err(ILLEGAL) }
}

fn in_one_piece<'a>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
    execute: Execute,
) -> Next {
    let [op, ..] = ops else { return end() };
    let done = execute(cpu, Word(op.imm as u32));
    settle(cpu, maps, blocks, ops, done)
}

/// Functions of type [`Run`] around those of type [`Execute`].
macro_rules! runs {
    ($($name:ident: $execute:path;)*) => {$(
        fn $name<'a>(
            cpu: &mut Cpu,
            maps: &'a Maps,
            blocks: &'a BlockCache<Cpu>,
            ops: &'a [Op<Cpu>],
        ) -> Next {
            in_one_piece(cpu, maps, blocks, ops, $execute)
        }
    )*};
}

runs! {
    run_fixed: scalar::fixed;
    run_integer: scalar::integer;
    run_one: scalar::one_source;
    run_compare: scalar::compare;
    run_constant: scalar::constant;
    run_compare_if: scalar::compare_if;
    run_two: scalar::two_sources;
    run_select: scalar::select;
    run_three: scalar::three_sources;
    run_same: same::execute;
    run_different: different::execute;
    run_misc: misc::execute;
    run_lanes: lanes::execute;
    run_copy: permute::copy;
    run_table: permute::table;
    run_permute: permute::permute;
    run_extract: permute::extract;
    run_element: element::execute;
    run_shift: shift::execute;
    run_modified: constant::execute;
    run_illegal: illegal;
}

fn illegal(_cpu: &mut Cpu, _word: Word) -> Done {
    Err(ILLEGAL)
}

/// The operation of an instruction in the group of floating point and Advanced SIMD.
pub(super) fn lower(word: Word) -> Op<Cpu> {
    quick::lower(word).unwrap_or(Op { imm: u64::from(word.0), ..Op::new(run(word)) })
}

/// The function of an instruction that is done in one piece. The word goes to `imm`.
fn run(word: Word) -> Run<Cpu> {
    match (word.bits(30, 2), word.bits(28, 1)) {
        (0 | 2, 1) if !word.bit(29) => {
            if word.bit(24) {
                if word.bit(31) { run_illegal } else { run_three }
            } else {
                scalar_float(word)
            }
        }
        (1, 1) | (0 | 1, 0) => advanced(word),
        _ => run_illegal,
    }
}

fn scalar_float(word: Word) -> Run<Cpu> {
    if !word.bit(21) {
        return run_fixed;
    }
    if word.bits(10, 6) == 0 {
        return run_integer;
    }
    if word.bit(31) {
        return run_illegal;
    }
    match word.bits(10, 2) {
        1 => run_compare_if,
        2 => run_two,
        3 => run_select,
        _ if word.bit(12) => run_constant,
        _ if word.bit(13) => run_compare,
        _ if word.bit(14) => run_one,
        _ => run_illegal,
    }
}

fn advanced(word: Word) -> Run<Cpu> {
    let vector = Form::of(word) == Form::Vector;
    if word.bit(24) {
        return match (word.bit(10), word.bit(23)) {
            (false, _) => run_element,
            (true, true) => run_illegal,
            (true, false) if word.bits(19, 4) != 0 => run_shift,
            (true, false) if vector => run_modified,
            _ => run_illegal,
        };
    }
    if word.bit(21) {
        return match (word.bits(10, 2), word.bits(17, 4)) {
            (1 | 3, _) => run_same,
            (0, _) => run_different,
            (_, 0) => run_misc,
            (_, 8) => run_lanes,
            _ => run_illegal,
        };
    }
    if word.bit(15) {
        return run_illegal;
    }
    match (word.bit(29), word.bits(22, 2), word.bits(10, 2)) {
        (_, 0, 1 | 3) => run_copy,
        (true, 0, 0 | 2) if vector => run_extract,
        (false, 0, 0) if vector => run_table,
        (false, _, 2) if vector => run_permute,
        _ => run_illegal,
    }
}
