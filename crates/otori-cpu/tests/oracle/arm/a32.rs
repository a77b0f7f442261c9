//! Random A32 instructions: registers 0 to 12; 13 is the data, 14 the dump.

use super::{Code, Kind};
use crate::random::Random;

fn register(random: &mut Random) -> u32 {
    random.below(13)
}

fn condition(random: &mut Random) -> u32 {
    if random.below(3) == 0 { random.below(14) << 28 } else { 14 << 28 }
}

pub fn step(code: &mut Code, random: &mut Random, kind: Kind) {
    match kind {
        Kind::Data => data(code, random),
        Kind::Products => products(code, random),
        Kind::Media => media(code, random),
        _ => memory(code, random),
    }
}

fn data(code: &mut Code, random: &mut Random) {
    let top = condition(random);
    let (d, n, m, s) = (register(random), register(random), register(random), register(random));
    let opcode = random.below(16);
    let flags = u32::from(random.below(2) == 0 || (8..12).contains(&opcode)) << 20;
    let d = if (8..12).contains(&opcode) { 0 } else { d };
    let n_field = if opcode == 13 || opcode == 15 { 0 } else { n };
    let base = top | opcode << 21 | flags | n_field << 16 | d << 12;
    match random.below(12) {
        0..=2 => code.word(base | 1 << 25 | random.next() as u32 & 0xfff),
        3..=5 => code.word(base | random.below(32) << 7 | random.below(4) << 5 | m),
        6 | 7 => code.word(base | s << 8 | random.below(4) << 5 | 1 << 4 | m),
        8 => code.word(
            top | 0x0300_0000 | random.below(2) << 22 | random.below(16) << 16 | d << 12 | random.below(4096),
        ),
        9 => {
            // A comparison and one or two branches over one to three instructions.
            code.word(0xe150_0000 | n << 16 | m);
            if random.below(2) == 0 {
                code.word(random.below(14) << 28 | 0x0a00_0000 | random.below(3));
            }
            code.word(random.below(14) << 28 | 0x0a00_0000 | random.below(3));
            // What may be jumped over.
            for opcode in [0xe080_0000, 0xe030_0000, 0xe1c0_0000] {
                let (d, n, m) = (register(random), register(random), register(random));
                code.word(opcode | n << 16 | d << 12 | m);
            }
        }
        10 => match random.below(4) {
            0 => code.word(top | 0x010f_0000 | d << 12),
            1 => code.word(top | 0x0128_f000 | m),
            2 => code.word(top | 0x0328_f000 | random.below(4096)),
            _ => code.word(top | 0x028f_0000 | d << 12 | random.below(256)),
        },
        // Shifts by small amounts in a register.
        _ => {
            code.word(0xe3a0_0000 | s << 12 | random.pick(&[0, 1, 31, 32, 33, 64, 7, 255]));
            code.word(base | s << 8 | random.below(4) << 5 | 1 << 4 | m);
        }
    }
}

fn products(code: &mut Code, random: &mut Random) {
    let top = condition(random);
    let (d, a, m, n) = (register(random), register(random), register(random), register(random));
    let operands = d << 16 | a << 12 | m << 8 | n;
    let flags = random.below(2) << 20;
    match random.below(10) {
        0 => code.word(top | 0x90 | flags | operands & !0xf000),
        1 => code.word(top | 0x0020_0090 | flags | operands),
        2 => code.word(top | 0x0060_0090 | operands),
        3 | 4 if a != d => code.word(top | 0x0080_0090 | random.below(4) << 21 | flags | operands),
        5 if a != d => code.word(top | 0x0040_0090 | operands),
        6 => {
            let opcode = random.below(4);
            let xy = random.below(4) << 5;
            let operands =
                if opcode == 3 || opcode == 1 && xy & 32 != 0 { operands & !0xf000 } else { operands };
            if opcode != 2 || a != d {
                code.word(top | 0x0100_0080 | opcode << 21 | xy | operands);
            }
        }
        7 => {
            let a = if random.below(3) == 0 { 15 } else { a };
            let word =
                random.pick(&[0x0700_0010, 0x0700_0030, 0x0700_0050, 0x0700_0070, 0x0750_0010, 0x0750_0030]);
            code.word(top | word | d << 16 | a << 12 | m << 8 | n);
        }
        8 if a != d => {
            let word = random.pick(&[0x0740_0010, 0x0740_0030, 0x0740_0050, 0x0740_0070]);
            code.word(top | word | operands);
        }
        _ => match random.below(3) {
            0 => code.word(top | 0x0710_f010 | operands & !0xf000),
            1 => code.word(top | 0x0730_f010 | operands & !0xf000),
            _ => code.word(top | random.pick(&[0x0750_00d0, 0x0750_00f0]) | operands),
        },
    }
}

fn media(code: &mut Code, random: &mut Random) {
    let top = condition(random);
    let (n, d, m) = (register(random), register(random), register(random));
    let operands = n << 16 | d << 12 | m;
    match random.below(12) {
        0..=2 => {
            let op1 = random.pick(&[1, 2, 3, 5, 6, 7]);
            let op2 = random.pick(&[0, 1, 2, 3, 4, 7]);
            code.word(top | 0x0600_0f10 | op1 << 20 | op2 << 5 | operands);
        }
        3 => code.word(top | 0x0680_0010 | random.below(64) << 6 | operands),
        4 => {
            let word = random.pick(&[0x06a0_0010, 0x06e0_0010]);
            code.word(top | word | random.below(32) << 16 | random.below(64) << 6 | d << 12 | m);
        }
        5 => {
            let word = random.pick(&[0x06a0_0f30, 0x06e0_0f30]);
            code.word(top | word | random.below(16) << 16 | d << 12 | m);
        }
        6 | 7 => {
            let word =
                random.pick(&[0x0680_0070, 0x06a0_0070, 0x06b0_0070, 0x06c0_0070, 0x06e0_0070, 0x06f0_0070]);
            let n = if random.below(2) == 0 { 15 } else { n };
            code.word(top | word | random.below(4) << 10 | n << 16 | d << 12 | m);
        }
        8 => {
            let word = random.pick(&[0x06bf_0f30, 0x06bf_0fb0, 0x06ff_0f30, 0x06ff_0fb0, 0x016f_0f10]);
            code.word(top | word | d << 12 | m);
        }
        9 => match random.below(3) {
            0 => code.word(top | 0x0680_0fb0 | operands),
            1 => code.word(top | 0x0780_f010 | d << 16 | m << 8 | n),
            _ => code.word(top | 0x0780_0010 | d << 16 | n << 12 | m << 8 | register(random)),
        },
        10 => {
            let lowest = random.below(32);
            let width = random.below(32 - lowest);
            let field = random.pick(&[0x07a0_0050, 0x07e0_0050]);
            code.word(top | field | width << 16 | d << 12 | lowest << 7 | m);
            let m = if random.below(3) == 0 { 15 } else { m };
            code.word(top | 0x07c0_0010 | (lowest + width) << 16 | d << 12 | lowest << 7 | m);
        }
        _ => code.word(top | 0x0100_0050 | random.below(4) << 21 | operands),
    }
}

/// A base register in the middle of the data.
fn base(code: &mut Code, random: &mut Random, alignment: u32) -> u32 {
    let n = register(random);
    let offset = (256 + random.below(512)) / alignment * alignment;
    // add n, sp, #offset, in two steps.
    code.word(0xe28d_0f00 | n << 12 | offset >> 2 & 0xff);
    code.word(0xe280_0000 | n << 16 | n << 12 | offset & 3);
    n
}

fn memory(code: &mut Code, random: &mut Random) {
    let top = condition(random);
    let other = |random: &mut Random, n: u32| {
        let t = register(random);
        if t == n { (n + 1) % 13 } else { t }
    };
    let index = random.pick(&[0x0100_0000, 0x0120_0000, 0]);
    let up = random.below(2) << 23;
    match random.below(11) {
        0 | 1 => {
            let n = base(code, random, 1);
            let t = other(random, n);
            let word = random.below(4) << 21 & 0x0050_0000 | random.below(2) << 20 | random.below(2) << 22;
            code.word(top | 0x0400_0000 | index | up | word | n << 16 | t << 12 | random.below(200));
        }
        2 | 3 => {
            let n = base(code, random, 1);
            let t = other(random, n);
            let value = random.below(200);
            let word = random.pick(&[0xb0, 0x0010_00b0, 0x0010_00d0, 0x0010_00f0]);
            code.word(
                top | 0x0040_0000 | index | up | word | n << 16 | t << 12 | value >> 4 << 8 | value & 15,
            );
        }
        4 => {
            let n = base(code, random, 1);
            let m = other(random, n);
            code.word(0xe3a0_0000 | m << 12 | random.below(64));
            let t = other(random, n);
            let shift =
                random.pick(&[0, 1 << 7, 2 << 7, 1 << 5 | 1 << 7, 2 << 5 | 3 << 7, 1 << 5, 3 << 5 | 31 << 7]);
            let shift = if shift == 3 << 5 | 31 << 7 { 0 } else { shift };
            let word = random.below(2) << 20 | random.below(2) << 22;
            let index = if m == t { 0x0100_0000 } else { index };
            code.word(top | 0x0600_0000 | index | up | word | n << 16 | t << 12 | shift | m);
        }
        5 => {
            let n = base(code, random, 1);
            let m = other(random, n);
            code.word(0xe3a0_0000 | m << 12 | random.below(128));
            let t = other(random, n);
            let word = random.pick(&[0xb0, 0x0010_00b0, 0x0010_00d0, 0x0010_00f0]);
            code.word(top | 0x0100_0000 | up | word | n << 16 | t << 12 | m);
        }
        6 | 7 => {
            let n = base(code, random, 4);
            let mut list = random.next() as u32 & 0x1fff;
            list &= !(1 << n);
            if list == 0 {
                list = 1 << ((n + 1) % 13);
            }
            let word = random.below(4) << 23 | random.below(2) << 21 | random.below(2) << 20;
            code.word(top | 0x0800_0000 | word | n << 16 | list);
        }
        8 => {
            let n = base(code, random, 8);
            let t = random.below(6) * 2;
            if t != n && t + 1 != n {
                let value = random.below(25) * 8;
                let word = random.pick(&[0xd0, 0xf0]);
                let field = value >> 4 << 8 | value & 15;
                code.word(top | 0x0040_0000 | index | up | word | n << 16 | t << 12 | field);
            }
        }
        9 => exclusive(code, random),
        _ => {
            let n = base(code, random, 4);
            let (t, m) = (other(random, n), other(random, n));
            code.word(top | 0x0100_0090 | random.below(2) << 22 | n << 16 | t << 12 | m);
        }
    }
}

fn exclusive(code: &mut Code, random: &mut Random) {
    let n = base(code, random, 8);
    let (t, d, m) = ((n + 1) % 13, (n + 2) % 13, (n + 3) % 13);
    match random.below(4) {
        0 => {
            code.word(0xe190_0f9f | n << 16 | t << 12);
            if random.below(3) == 0 {
                code.word(0xf57f_f01f);
            }
            code.word(0xe180_0f90 | n << 16 | d << 12 | m);
        }
        1 => {
            code.word(0xe1d0_0f9f | n << 16 | t << 12);
            code.word(0xe1c0_0f90 | n << 16 | d << 12 | m);
        }
        2 => {
            code.word(0xe1f0_0f9f | n << 16 | t << 12);
            code.word(0xe1e0_0f90 | n << 16 | d << 12 | m);
        }
        _ => {
            let n = base(code, random, 8);
            let t = if n < 6 { 8 } else { 0 };
            code.word(0xe1b0_0f9f | n << 16 | t << 12);
            let d = (t + 2) % 13;
            if d != n {
                code.word(0xe1a0_0f90 | n << 16 | d << 12 | t);
            }
        }
    }
}
