//! All lanes of a vector to one value, and pairs to a scalar. ARM ARM C4.1.69 "Advanced SIMD across lanes", "scalar
//! pairwise".

use super::arithmetic::{Pair, format};
use super::{Done, Form, ILLEGAL, require};
use crate::aarch64::Cpu;
use crate::aarch64::word::Word;
use crate::soft::{add, maximum, maximum_number, minimum, minimum_number};
use crate::vector::{Element, Shape, Sign, lane, reduce};

pub(super) fn execute(cpu: &mut Cpu, word: Word) -> Done {
    match Form::of(word) {
        Form::Scalar => pair(cpu, word),
        Form::Vector if matches!(word.bits(12, 5), 12 | 15) => float_across(cpu, word),
        Form::Vector => across(cpu, word),
    }
}

fn across(cpu: &mut Cpu, word: Word) -> Done {
    let (size, u) = (word.bits(22, 2), word.bit(29));
    require(size < 2 || size == 2 && word.bit(30))?;
    let shape = Shape::of(size, if word.bit(30) { 16 } else { 8 });
    let element = Element::new(shape.bits, Sign::unsigned_if(u));
    let n = cpu.vector(word.n());
    let mask = u64::MAX >> (64 - shape.bits);
    let result = match (word.bits(12, 5), u) {
        // SADDLV, UADDLV: twice the width.
        (3, _) => {
            let sum: i128 = (0..shape.count).map(|index| element.value(lane(n, shape.bits, index))).sum();
            sum as u64 & (u64::MAX >> (64 - 2 * shape.bits))
        }
        (10, _) => reduce(shape, n, |a, b| element.maximum(a, b)),
        (26, _) => reduce(shape, n, |a, b| element.minimum(a, b)),
        (27, false) => reduce(shape, n, u64::wrapping_add) & mask,
        _ => return Err(ILLEGAL),
    };
    cpu.set_vector(word.d(), result.into());
    Ok(())
}

/// The operation of `fmaxnmv`, `fmaxv`, `fminnmv`, `fminv`, and of their pairwise forms; 13 is addition.
fn float_operation(word: Word) -> Option<Pair> {
    match (word.bits(12, 5), word.bit(23)) {
        (12, false) => Some(maximum_number),
        (12, true) => Some(minimum_number),
        (13, false) => Some(add),
        (15, false) => Some(maximum),
        (15, true) => Some(minimum),
        _ => None,
    }
}

fn float_across(cpu: &mut Cpu, word: Word) -> Done {
    // Four singles; half precision is not promised.
    require(word.bit(29) && word.bit(30) && !word.bit(22))?;
    let work = float_operation(word).ok_or(ILLEGAL)?;
    let (n, single) = (cpu.vector(word.n()), format(false));
    let mut environment = cpu.environment();
    let mut join = |a, b| work(single, &mut environment, a, b);
    let low = join(lane(n, 32, 0), lane(n, 32, 1));
    let high = join(lane(n, 32, 2), lane(n, 32, 3));
    let result = join(low, high);
    cpu.settle(&environment);
    cpu.set_vector(word.d(), result.into());
    Ok(())
}

fn pair(cpu: &mut Cpu, word: Word) -> Done {
    let n = cpu.vector(word.n());
    if !word.bit(29) {
        require(word.bits(12, 5) == 27 && word.bits(22, 2) == 3)?;
        let sum = lane(n, 64, 0).wrapping_add(lane(n, 64, 1));
        cpu.set_vector(word.d(), sum.into());
        return Ok(());
    }
    let work = float_operation(word).ok_or(ILLEGAL)?;
    let (format, bits) = (format(word.bit(22)), 32 << word.bits(22, 1));
    let mut environment = cpu.environment();
    let result = work(format, &mut environment, lane(n, bits, 0), lane(n, bits, 1));
    cpu.settle(&environment);
    cpu.set_vector(word.d(), result.into());
    Ok(())
}
