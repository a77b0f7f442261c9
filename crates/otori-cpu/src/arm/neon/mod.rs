//! Advanced SIMD, by A32 word. Entrance: [`execute`]; key type: [`Vectors`], the registers of an instruction. Neighbours:
//! the other files of the folder, one per group of the manual; [`crate::vector`] has the arithmetic of lanes. ARMv7-A reference
//! manual, A7.4 and A7.7.

mod imm;
mod long;
mod memory;
mod misc;
mod same;
mod shift;

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::whole::{Context, Done, ILLEGAL};
use crate::vector::{self, Shape};

/// The flag QC of FPSCR: something saturated.
const FPSCR_SATURATED: u32 = 1 << 27;

/// Numbers of the double registers, and whether each is the first of a quad.
#[derive(Clone, Copy)]
pub(in crate::arm) struct Vectors {
    pub d: u32,
    pub n: u32,
    pub m: u32,
    pub quad: bool,
}

impl Vectors {
    /// From the fields of a word; `None` if a quad register has an odd number.
    pub(in crate::arm) fn of(word: u32) -> Vectors {
        Vectors {
            d: field(word, 22, 1) << 4 | field(word, 12, 4),
            n: field(word, 7, 1) << 4 | field(word, 16, 4),
            m: field(word, 5, 1) << 4 | field(word, 0, 4),
            quad: bit(word, 6),
        }
    }

    /// Is one of these registers odd, though all are quads?
    pub(in crate::arm) fn is_odd(&self, registers: u32) -> bool {
        self.quad && registers & 1 != 0
    }

    /// The lanes of `1 << size` bytes in a register.
    pub(in crate::arm) fn shape(&self, size: u32) -> Shape {
        Shape::of(size, if self.quad { 16 } else { 8 })
    }

    pub(in crate::arm) fn get(&self, cpu: &Cpu, number: u32) -> u128 {
        if self.quad { cpu.quad(number) } else { cpu.double(number).into() }
    }

    pub(in crate::arm) fn set(&self, cpu: &mut Cpu, value: u128) {
        if self.quad {
            cpu.set_quad(self.d, value);
        } else {
            cpu.set_double(self.d, value as u64);
        }
    }
}

impl Cpu {
    pub(in crate::arm) fn quad(&self, number: u32) -> u128 {
        u128::from(self.double(number)) | u128::from(self.double(number + 1)) << 64
    }

    pub(in crate::arm) fn set_quad(&mut self, number: u32, value: u128) {
        self.set_double(number, value as u64);
        self.set_double(number + 1, (value >> 64) as u64);
    }

    pub(in crate::arm) fn note_saturation(&mut self, saturated: bool) {
        if saturated {
            self.fpscr |= FPSCR_SATURATED;
        }
    }
}

/// Any Advanced SIMD instruction with condition 15.
pub(in crate::arm) fn execute(cpu: &mut Cpu, context: &Context, word: u32) -> Done {
    if field(word, 24, 4) == 4 {
        return memory::execute(cpu, context, word);
    }
    match (bit(word, 23), bit(word, 4)) {
        (false, _) => same::execute(cpu, word),
        (true, true) if word & 0x0038_0080 == 0 => imm::execute(cpu, word),
        (true, true) => shift::execute(cpu, word),
        (true, false) if field(word, 20, 2) != 3 && bit(word, 6) => long::scalar(cpu, word),
        (true, false) if field(word, 20, 2) != 3 => long::execute(cpu, word),
        (true, false) if !bit(word, 24) => extract(cpu, word),
        (true, false) if !bit(word, 11) => misc::execute(cpu, word),
        (true, false) if !bit(word, 10) => table(cpu, word),
        _ if field(word, 7, 5) == 0x18 => duplicate(cpu, word),
        _ => ILLEGAL,
    }
}

/// vext: bytes from the end of one register and the beginning of another.
fn extract(cpu: &mut Cpu, word: u32) -> Done {
    let vectors = Vectors::of(word);
    let place = field(word, 8, 4);
    if vectors.is_odd(vectors.d | vectors.n | vectors.m) || !vectors.quad && place > 7 {
        return ILLEGAL;
    }
    let (n, m) = (vectors.get(cpu, vectors.n), vectors.get(cpu, vectors.m));
    let width = if vectors.quad { 128 } else { 64 };
    let shift = 8 * place;
    let above = if shift == 0 { 0 } else { m << (width - shift) };
    vectors.set(cpu, n >> shift | above);
    Ok(())
}

/// vtbl, vtbx.
fn table(cpu: &mut Cpu, word: u32) -> Done {
    let vectors = Vectors::of(word);
    let count = field(word, 8, 2) as usize + 1;
    let first = vectors.n as usize;
    let Some(registers) = cpu.doubles.get(first..first + count) else { return ILLEGAL };
    let otherwise = if bit(word, 6) { cpu.double(vectors.d) } else { 0 };
    let indices = cpu.double(vectors.m);
    let result = vector::table_lookup(registers, indices.into(), otherwise.into());
    cpu.set_double(vectors.d, result as u64);
    Ok(())
}

/// vdup of a lane.
fn duplicate(cpu: &mut Cpu, word: u32) -> Done {
    let vectors = Vectors::of(word);
    let place = field(word, 16, 4);
    let size = place.trailing_zeros();
    if size > 2 || vectors.is_odd(vectors.d) {
        return ILLEGAL;
    }
    let value = vector::lane(cpu.double(vectors.m).into(), 8 << size, place >> (size + 1));
    vectors.set(cpu, vector::splat(vectors.shape(size), value));
    Ok(())
}
