//! Lanes moved about: copies to and from general registers, table lookup, `zip`, `uzp`, `trn`, `ext`. ARM ARM C4.1.69.

use super::{Done, Form, ILLEGAL, require};
use crate::aarch64::Cpu;
use crate::aarch64::word::{Word, destination, source};
use crate::vector::{Shape, build, lane, signed_lane, splat, table_lookup, with_lane};

fn halved(word: Word, value: u128) -> u128 {
    if word.bit(30) { value } else { value & u128::from(u64::MAX) }
}

/// `dup`, `ins`, `umov`, `smov`.
pub(super) fn copy(cpu: &mut Cpu, word: Word) -> Done {
    let imm = word.bits(16, 5);
    require(imm & 15 != 0)?;
    let size = imm.trailing_zeros();
    let (bits, index) = (8 << size, imm >> (size + 1));
    let (whole, opcode, n) = (word.bit(30), word.bits(11, 4), cpu.vector(word.n()));
    if Form::of(word) == Form::Scalar {
        require(!word.bit(29) && opcode == 0)?;
        cpu.set_vector(word.d(), lane(n, bits, index).into());
        return Ok(());
    }
    let shape = Shape::of(size, if whole { 16 } else { 8 });
    match (word.bit(29), opcode) {
        (true, _) if whole => {
            let value = lane(n, bits, opcode >> size);
            cpu.set_vector(word.d(), with_lane(cpu.vector(word.d()), bits, index, value));
        }
        (false, 0) if whole || size < 3 => cpu.set_vector(word.d(), splat(shape, lane(n, bits, index))),
        (false, 1) if whole || size < 3 => {
            cpu.set_vector(word.d(), splat(shape, cpu.get(source(word.n()))));
        }
        (false, 3) if whole => {
            let value = cpu.get(source(word.n()));
            cpu.set_vector(word.d(), with_lane(cpu.vector(word.d()), bits, index, value));
        }
        (false, 5) if size < 2 || size == 2 && whole => {
            let value = signed_lane(n, bits, index) as u64;
            cpu.set(destination(word.d()), if whole { value } else { value & 0xffff_ffff });
        }
        (false, 7) if whole == (size == 3) => cpu.set(destination(word.d()), lane(n, bits, index)),
        _ => return Err(ILLEGAL),
    }
    Ok(())
}

/// `tbl`, `tbx`.
pub(super) fn table(cpu: &mut Cpu, word: Word) -> Done {
    let registers = word.bits(13, 2) + 1;
    let mut table = [0u64; 8];
    for (number, pair) in (0..registers).zip(table.chunks_mut(2)) {
        let register = cpu.vector(word.n() + number);
        if let [low, high] = pair {
            (*low, *high) = (register as u64, (register >> 64) as u64);
        }
    }
    let otherwise = if word.bit(12) { cpu.vector(word.d()) } else { 0 };
    let used = table.get(..2 * registers as usize).unwrap_or_default();
    let result = table_lookup(used, cpu.vector(word.m()), otherwise);
    cpu.set_vector(word.d(), halved(word, result));
    Ok(())
}

/// `zip`, `uzp`, `trn`.
pub(super) fn permute(cpu: &mut Cpu, word: Word) -> Done {
    let shape = Form::Vector.shape(word, word.bits(22, 2))?;
    let (n, m, half) = (cpu.vector(word.n()), cpu.vector(word.m()), shape.count / 2);
    let part = word.bits(14, 1);
    let from = |second: bool, index| lane(if second { m } else { n }, shape.bits, index);
    let result = match word.bits(12, 2) {
        1 => build(shape, |index| from(index >= half, 2 * (index % half) + part)),
        2 => build(shape, |index| from(index & 1 == 1, (index & !1) + part)),
        3 => build(shape, |index| from(index & 1 == 1, index / 2 + part * half)),
        _ => return Err(ILLEGAL),
    };
    cpu.set_vector(word.d(), result);
    Ok(())
}

/// `ext`.
pub(super) fn extract(cpu: &mut Cpu, word: Word) -> Done {
    let (n, m, whole, first) = (cpu.vector(word.n()), cpu.vector(word.m()), word.bit(30), word.bits(11, 4));
    let by = 8 * first;
    let result = match (whole, by) {
        (true, 0) => n,
        (true, _) => n >> by | m << (128 - by),
        (false, 0..64) => (u128::from(n as u64) | m << 64) >> by,
        _ => return Err(ILLEGAL),
    };
    cpu.set_vector(word.d(), halved(word, result));
    Ok(())
}
