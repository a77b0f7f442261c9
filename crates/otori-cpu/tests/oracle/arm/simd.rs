//! Random VFP and Advanced SIMD instructions, as A32 words.

use super::{Code, Kind};
use crate::random::Random;

/// A double register's number in the low field and the extra bit.
fn double(random: &mut Random, low: u32, extra: u32) -> u32 {
    let number = random.below(32);
    (number & 15) << low | (number >> 4) << extra
}

fn registers(random: &mut Random) -> u32 {
    double(random, 12, 22) | double(random, 16, 7) | double(random, 0, 5)
}

/// Sets some of the registers, and what the arithmetic is done under.
pub fn seed(code: &mut Code, random: &mut Random, kind: Kind, first: bool) {
    if matches!(kind, Kind::Data | Kind::Products | Kind::Media | Kind::Memory) {
        return;
    }
    for number in 0..32u32 {
        if first || random.below(4) == 0 {
            let value = if random.below(4) == 0 { random.next() } else { random.float() };
            code.constant(0, value as u32);
            code.constant(1, (value >> 32) as u32);
            code.word(0xec41_0b10 | number & 15 | (number >> 4) << 5);
        }
    }
    // Rounding, flushing, default NaNs, alternative halves; the flags begin as they are or cleared.
    let control = random.next() as u32 & 0xf7c0_009f;
    let control = if random.below(2) == 0 { control & 0xf000_0010 } else { control };
    code.constant(0, control);
    code.word(0xeee1_0a10);
}

pub fn step(code: &mut Code, random: &mut Random, kind: Kind) {
    match kind {
        Kind::Vfp => vfp(code, random),
        Kind::VfpMemory => vfp_memory(code, random),
        Kind::NeonSame => same(code, random),
        Kind::NeonOther => other(code, random),
        _ => neon_memory(code, random),
    }
}

fn vfp(code: &mut Code, random: &mut Random) {
    let top = 14 << 28;
    let size = random.below(2) << 8;
    let operands = registers(random);
    match random.below(12) {
        0..=5 => {
            let opcode = random.pick(&[0, 1, 2, 3, 4, 5, 6]);
            let second = if opcode == 4 { 0 } else { random.below(2) << 6 };
            let opcode = (opcode & 4) << 21 | (opcode & 3) << 20;
            code.word(top | 0x0e00_0a00 | opcode | second | size | operands);
        }
        6 => {
            let kind = random.pick(&[0x0040, 0x00c0, 0x1_0040, 0x1_00c0]);
            code.word(top | 0x0eb0_0a00 | kind | size | operands & 0x0040_f02f);
        }
        7 => {
            let kind = random.pick(&[0x4_0040, 0x4_00c0]);
            code.word(top | 0x0eb0_0a00 | kind | size | operands & 0x0040_f02f);
            let zero = random.pick(&[0x5_0040, 0x5_00c0]);
            code.word(top | 0x0eb0_0a00 | zero | size | operands & 0x0040_f000);
            code.word(0xeef1_fa10);
        }
        8 => {
            let kind = random.pick(&[0x7_00c0, 0x8_0040, 0x8_00c0, 0xc_0040, 0xc_00c0, 0xd_0040, 0xd_00c0]);
            code.word(top | 0x0eb0_0a00 | kind | size | operands & 0x0040_f02f);
        }
        9 => {
            let kind = random.pick(&[0xa_0040, 0xb_0040, 0xe_0040, 0xf_0040]) | random.below(2) << 7;
            let constant = random.below(if kind & 0x80 == 0 { 17 } else { 32 });
            let field = constant >> 1 | (constant & 1) << 5;
            code.word(top | 0x0eb0_0a00 | kind | size | operands & 0x0040_f000 | field);
        }
        10 => match random.below(3) {
            0 => code.word(
                top | 0x0eb0_0a00 | size | operands & 0x0040_f000 | random.below(16) << 16 | random.below(16),
            ),
            _ => {
                let kind = random.pick(&[0x2_0040, 0x2_00c0, 0x3_0040, 0x3_00c0]);
                code.word(top | 0x0eb0_0a00 | kind | operands & 0x0040_f02f);
            }
        },
        _ => moves(code, random),
    }
}

/// Between core registers and the others.
fn moves(code: &mut Code, random: &mut Random) {
    let t = random.below(13) << 12;
    let n = double(random, 16, 7);
    match random.below(6) {
        0 => code.word(0xee00_0a10 | random.below(2) << 20 | n | t),
        1 => code.word(0xee00_0b10 | random.below(2) << 20 | random.below(2) << 21 | n | t),
        2 => {
            let high = random.below(2) << 21;
            let (lane, word) = match random.below(3) {
                0 => (high | 0x0040_0000 | random.below(4) << 5, random.pick(&[0, 0x0010_0000, 0x0090_0000])),
                1 => (high | 0x20 | random.below(2) << 6, random.pick(&[0, 0x0010_0000, 0x0090_0000])),
                _ => (high, random.pick(&[0, 0x0010_0000])),
            };
            code.word(0xee00_0b10 | word | lane | n | t);
        }
        3 => {
            let width = random.pick(&[0x0040_0000, 0x20, 0]);
            let quad = random.below(2) << 21;
            let n = if quad != 0 { n & !0x1_0000 } else { n };
            code.word(0xee80_0b10 | width | quad | n | t);
        }
        4 => {
            let (low, high) = (random.below(13), random.below(12));
            let high = if high >= low { high + 1 } else { high };
            code.word(0xec40_0b10 | random.below(2) << 20 | low << 12 | high << 16 | double(random, 0, 5));
        }
        _ => {
            let (low, high) = (random.below(13), random.below(12));
            let high = if high >= low { high + 1 } else { high };
            let m = random.below(31);
            let m = m >> 1 | (m & 1) << 5;
            code.word(0xec40_0a10 | random.below(2) << 20 | low << 12 | high << 16 | m);
        }
    }
}

/// A base register in the middle of the data, a multiple of four.
fn base(code: &mut Code, random: &mut Random, alignment: u32) -> u32 {
    let n = random.below(13);
    let offset = (256 + random.below(512)) / alignment * alignment;
    if code.thumb {
        code.word(0xf20d_0000 | (offset >> 11) << 26 | (offset >> 8 & 7) << 12 | n << 8 | offset & 0xff);
    } else {
        code.word(0xe28d_0f00 | n << 12 | offset >> 2);
        code.word(0xe280_0000 | n << 16 | n << 12 | offset & 3);
    }
    n
}

fn vfp_memory(code: &mut Code, random: &mut Random) {
    let n = base(code, random, 4) << 16;
    let load = random.below(2) << 20;
    if random.below(2) == 0 {
        let size = random.below(2) << 8;
        let word = random.below(2) << 23 | random.below(60);
        code.word(0xed00_0a00 | load | size | n | double(random, 12, 22) | word);
    } else {
        let mode = random.pick(&[0x0080_0000, 0x00a0_0000, 0x0120_0000]);
        let count = 1 + random.below(12);
        let first = random.below(32 - count);
        if random.below(2) == 0 {
            let d = (first & 15) << 12 | (first >> 4) << 22;
            code.word(0xec00_0b00 | mode | load | n | d | 2 * count);
        } else {
            let d = (first >> 1) << 12 | (first & 1) << 22;
            code.word(0xec00_0a00 | mode | load | n | d | count);
        }
    }
}

/// Of quad registers the numbers are even.
fn quad(word: u32) -> u32 {
    if word & 0x40 != 0 { word & !0x0001_1001 } else { word }
}

/// As [`quad`] of an instruction with two registers.
fn quad_of_two(word: u32) -> u32 {
    if word & 0x40 != 0 { word & !0x1001 } else { word }
}

/// Three registers of the same length.
fn same(code: &mut Code, random: &mut Random) {
    let (opcode, b, u) = (random.below(16), random.below(2), random.below(2));
    let quad_bit = random.below(2);
    let pairs = matches!((opcode, b, u), (10, _, _) | (11, 1, 0) | (13, 0, 1) | (15, 0, 1));
    let q = if pairs { 0 } else { quad_bit };
    let size = match (opcode, b, u) {
        // Logical: the size is an opcode.
        (1, 1, _) => random.below(4),
        (0 | 2, 1, _) | (2 | 0, _, _) if b == 1 || opcode == 4 => random.below(4),
        (4 | 5, _, _) => random.below(4),
        (8, 0, _) => random.below(4),
        (9, 1, 1) => 0,
        (11, 0, _) => 1 + random.below(2),
        (11, 1, 1) => return,
        (12, 1, 0) => random.pick(&[0, 2]),
        (12, ..) => return,
        (13, 0, 0) | (13, 0, 1) => random.pick(&[0, 2]),
        (13, 1, 0) => random.pick(&[0, 2]),
        (13, 1, 1) => 0,
        (14, 0, 0) => 0,
        (14, 0, 1) => random.pick(&[0, 2]),
        (14, 1, 0) => return,
        (14, 1, 1) => random.pick(&[0, 2]),
        (15, 0, _) => random.pick(&[0, 2]),
        (15, 1, 0) => random.pick(&[0, 2]),
        (15, 1, 1) => return,
        _ => random.below(3),
    };
    let word = 0xf200_0000 | u << 24 | size << 20 | opcode << 8 | q << 6 | b << 4;
    code.simd(quad(word | registers(random)));
}

fn other(code: &mut Code, random: &mut Random) {
    match random.below(8) {
        0 | 1 => shift(code, random),
        2 => immediate(code, random),
        3 => long(code, random),
        4 => scalar(code, random),
        5 | 6 => two(code, random),
        _ => match random.below(3) {
            0 => {
                // vext
                let q = random.below(2);
                let place = random.below(if q == 1 { 16 } else { 8 });
                code.simd(quad(0xf2b0_0000 | place << 8 | q << 6 | registers(random)));
            }
            1 => {
                // vtbl, vtbx
                let count = random.below(4);
                let n = random.below(32 - count);
                let n = (n & 15) << 16 | (n >> 4) << 7;
                let word = 0xf3b0_0800 | count << 8 | random.below(2) << 6 | n;
                code.simd(word | double(random, 12, 22) | double(random, 0, 5));
            }
            _ => {
                // vdup of a lane
                let place = random.pick(&[1, 3, 5, 7, 9, 11, 13, 15, 2, 6, 10, 14, 4, 12]);
                let word = 0xf3b0_0c00 | place << 16 | random.below(2) << 6;
                let d = double(random, 12, 22);
                let d = if word & 0x40 != 0 { d & !0x1000 } else { d };
                code.simd(word | d | double(random, 0, 5));
            }
        },
    }
}

fn shift(code: &mut Code, random: &mut Random) {
    let (opcode, u) = (random.below(16), random.below(2));
    let operands = double(random, 12, 22) | double(random, 0, 5);
    let q = random.below(2) << 6;
    let word = 0xf280_0010 | u << 24 | opcode << 8;
    match opcode {
        0..=3 | 7 => {
            // The highest bit set of the seven says how wide a lane is.
            let amount = 8 + random.below(120);
            let word = word | (amount & 63) << 16 | (amount >> 6) << 7 | q;
            code.simd(quad_of_two(word | operands));
        }
        4 if u == 0 => {}
        4..=6 => {
            if opcode == 6 && u == 0 {
                return;
            }
            let amount = 8 + random.below(120);
            code.simd(quad_of_two(word | (amount & 63) << 16 | (amount >> 6) << 7 | q | operands));
        }
        8 | 9 => {
            let amount = 8 + random.below(56);
            let round = random.below(2) << 6;
            code.simd((word | amount << 16 | round | operands) & !1);
        }
        10 => {
            let amount = 8 + random.below(56);
            code.simd((word | amount << 16 | operands) & !0x1000);
        }
        14 | 15 => {
            let amount = 32 + random.below(32);
            code.simd(quad_of_two(word | amount << 16 | q | operands));
        }
        _ => {}
    }
}

fn immediate(code: &mut Code, random: &mut Random) {
    let (mode, op) = (random.below(16), random.below(2));
    if mode == 15 && op == 1 {
        return;
    }
    let byte = random.below(256);
    let bits = (byte >> 7) << 24 | (byte >> 4 & 7) << 16 | byte & 15;
    let q = random.below(2) << 6;
    let d = double(random, 12, 22);
    let d = if q != 0 { d & !0x1000 } else { d };
    code.simd(0xf280_0010 | mode << 8 | op << 5 | q | bits | d);
}

/// Operands and results of different length.
fn long(code: &mut Code, random: &mut Random) {
    let (opcode, u) = (random.below(15), random.below(2));
    let size = match (opcode, u) {
        (9 | 11 | 13, 0) => 1 + random.below(2),
        (9 | 11 | 13, 1) => return,
        (14, 0) => 0,
        (14, 1) => return,
        _ => random.below(3),
    };
    let word = 0xf280_0000 | u << 24 | size << 20 | opcode << 8 | registers(random);
    let word = match opcode {
        1 | 3 => word & !0x0001_1000,
        4 | 6 => word & !0x0001_0001,
        _ => word & !0x1000,
    };
    code.simd(word);
}

/// By one lane of the second operand.
fn scalar(code: &mut Code, random: &mut Random) {
    let (opcode, u) = (random.below(14), random.below(2));
    let size = match opcode {
        1 | 5 | 9 => 2,
        3 | 7 | 11 if u == 1 => return,
        _ => 1 + random.below(2),
    };
    let word = 0xf280_0040 | u << 24 | size << 20 | opcode << 8 | registers(random);
    let is_long = matches!(opcode, 2 | 3 | 6 | 7 | 10 | 11);
    let word = match (is_long, u) {
        (true, _) => word & !0x1000,
        (false, 1) => word & !0x0001_1000,
        _ => word,
    };
    code.simd(word);
}

/// Two registers, the rest of the bits are opcode.
fn two(code: &mut Code, random: &mut Random) {
    let operands = double(random, 12, 22) | double(random, 0, 5);
    let (a, b, size) = (random.below(4), random.below(32), random.below(4));
    // Both change: they have to be two.
    let alone = (operands >> 12 & 14, operands >> 22 & 1) == (operands & 14, operands >> 5 & 1);
    let base = 0xf3b0_0000 | size << 18 | a << 16 | (b >> 1) << 7 | operands;
    let q_bit = (b & 1) << 6;
    let opcode = b >> 1;
    let valid = match (a, opcode) {
        (0, 0) => size < 3,
        (0, 1) => size < 2,
        (0, 2) => size < 1,
        (0, 4 | 5 | 12 | 13) => size < 3,
        (0, 8 | 9) => size < 3,
        (0, 10 | 11) => size == 0,
        (0, 14 | 15) => size < 3,
        (1, 0..=4 | 6 | 7) => size < 3,
        (1, 8..=12 | 14 | 15) => size == 2,
        (2, 0..=3) if alone => false,
        (2, 0) => size == 0,
        (2, 1) => size < 3,
        (2, 2 | 3) => size < 3 && (b & 1 == 1 || size < 2),
        (3, 8..=11) => size == 2,
        (3, 12..=15) => size == 2,
        _ => false,
    };
    if valid {
        code.simd(quad_of_two(base | q_bit));
        return;
    }
    match (a, b) {
        // vmovn, vqmovun, vqmovn; vshll; halves to singles and back
        (2, 8..=11) if size < 3 => code.simd((base | q_bit) & !1),
        (2, 12) if size < 3 => code.simd(base & !0x1000),
        (2, 24) if size == 1 => code.simd(base & !1),
        (2, 28) if size == 1 => code.simd(base & !0x1000),
        _ => {}
    }
}

fn neon_memory(code: &mut Code, random: &mut Random) {
    let n = base(code, random, 1) << 16;
    let load = random.below(2) << 21;
    let m = random.pick(&[15, 15, 13]);
    let m = match random.below(3) {
        // A register to add.
        0 => {
            let m = (n >> 16) + 1;
            let m = if m > 12 { 0 } else { m };
            code.constant(m, random.below(64));
            m
        }
        _ => m,
    };
    let d = random.below(25);
    let d = (d & 15) << 12 | (d >> 4) << 22;
    match random.below(3) {
        0 => {
            let kind = random.pick(&[7, 10, 6, 2, 8, 9, 3, 4, 5, 0, 1]);
            let size = if matches!(kind, 7 | 10 | 6 | 2) { random.below(4) } else { random.below(3) };
            code.simd(0xf400_0000 | load | n | d | kind << 8 | size << 6 | m);
        }
        1 => {
            // One lane.
            let (size, count) = (random.below(3), random.below(4));
            let place = match size {
                0 => random.below(8) << 1,
                1 => random.below(4) << 2 | if count > 0 { random.below(2) << 1 } else { 0 },
                _ => random.below(2) << 3 | if count > 0 { random.below(2) << 2 } else { 0 },
            };
            code.simd(0xf480_0000 | load | n | d | size << 10 | count << 8 | place << 4 | m);
        }
        _ => {
            // To all lanes.
            let (size, count) = (random.below(3), random.below(4));
            code.simd(0xf4a0_0c00 | n | d | count << 8 | size << 6 | random.below(2) << 5 | m);
        }
    }
}
