//! Random T32 instructions: registers 0 to 12; 13 is the data, 14 the dump.

use super::{Code, Kind};
use crate::random::Random;

fn register(random: &mut Random) -> u32 {
    random.below(13)
}

fn low(random: &mut Random) -> u32 {
    random.below(8)
}

pub fn step(code: &mut Code, random: &mut Random, kind: Kind) {
    match kind {
        Kind::Data if random.below(6) == 0 => if_then(code, random),
        Kind::Data => data(code, random),
        Kind::Products => products(code, random),
        Kind::Media => media(code, random),
        _ => memory(code, random),
    }
}

/// An IT block of one to four simple instructions.
fn if_then(code: &mut Code, random: &mut Random) {
    let count = 1 + random.below(4);
    let mask = (random.next() as u32 & 0xf & (0xf << (5 - count)) | 1 << (4 - count)) & 0xf;
    code.narrow(0xbf00 | random.below(14) << 4 | mask);
    for _ in 0..count {
        match random.below(3) {
            0 => narrow(code, random),
            1 => wide_register(code, random),
            _ => wide_immediate(code, random),
        }
    }
}

fn data(code: &mut Code, random: &mut Random) {
    match random.below(8) {
        0..=2 => narrow(code, random),
        3 | 4 => wide_register(code, random),
        5 => wide_immediate(code, random),
        6 => {
            let (d, n, m) = (register(random), register(random), register(random));
            let bits = random.below(8) << 20;
            code.word(0xfa00_f000 | bits | n << 16 | d << 8 | m);
        }
        _ => match random.below(5) {
            0 => {
                code.narrow(0x4280 | low(random) << 3 | low(random));
                code.narrow(0xd000 | random.below(14) << 8 | random.below(2));
                // Two half words that may be jumped over.
                narrow(code, random);
                narrow(code, random);
            }
            1 => {
                code.narrow(0xb100 | random.below(2) << 11 | random.below(2) << 3 | low(random));
                narrow(code, random);
                narrow(code, random);
            }
            2 => code.word(0xf3ef_8000 | register(random) << 8),
            3 => code.word(0xf380_8800 | register(random) << 16),
            _ => code.narrow(0xa000 | random.below(8) << 8 | random.below(256)),
        },
    }
}

fn narrow(code: &mut Code, random: &mut Random) {
    let bits = random.next() as u32;
    match random.below(6) {
        0 => code.narrow(bits & 0x1fff),
        1 => code.narrow(0x2000 | bits & 0x1fff),
        2 | 3 => {
            let opcode = random.below(16);
            code.narrow(0x4000 | opcode << 6 | low(random) << 3 | low(random));
        }
        4 => {
            let (d, m, kind) = (register(random), register(random), random.below(3));
            // A comparison of two low registers has its own encoding.
            let d = if kind == 1 && d < 8 && m < 8 { 8 } else { d };
            code.narrow(0x4400 | kind << 8 | (d >> 3) << 7 | m << 3 | d & 7);
        }
        _ => {
            let word = random.pick(&[0xb200, 0xb240, 0xb280, 0xb2c0, 0xba00, 0xba40, 0xbac0]);
            code.narrow(word | low(random) << 3 | low(random));
        }
    }
}

/// An opcode with destination and first operand, and S.
fn opcode(random: &mut Random) -> u32 {
    let opcode = random.pick(&[0, 1, 2, 3, 4, 8, 10, 11, 13, 14]);
    let (mut d, mut n, mut flags) = (register(random), register(random), random.below(2));
    if matches!(opcode, 0 | 4 | 8 | 13) && random.below(4) == 0 {
        (d, flags) = (15, 1);
    }
    if matches!(opcode, 2 | 3) && random.below(3) == 0 {
        n = 15;
    }
    opcode << 21 | flags << 20 | n << 16 | d << 8
}

fn wide_register(code: &mut Code, random: &mut Random) {
    let bits = random.below(8) << 12 | random.below(16) << 4;
    code.word(0xea00_0000 | opcode(random) | bits | register(random));
}

fn wide_immediate(code: &mut Code, random: &mut Random) {
    let (d, n) = (register(random), register(random));
    let bits = random.below(2) << 26 | random.below(8) << 12 | random.below(256);
    match random.below(4) {
        0..=1 => {
            // A zero byte repeated is unpredictable.
            let bits = if bits & 0xff == 0 { bits | 1 } else { bits };
            code.word(0xf000_0000 | opcode(random) | bits);
        }
        2 => code.word(random.pick(&[0xf200_0000, 0xf2a0_0000]) | bits | n << 16 | d << 8),
        _ => code.word(random.pick(&[0xf240_0000, 0xf2c0_0000]) | bits | random.below(16) << 16 | d << 8),
    }
}

fn products(code: &mut Code, random: &mut Random) {
    let (d, a, m, n) = (register(random), register(random), register(random), register(random));
    let a_or_none = if random.below(3) == 0 { 15 } else { a };
    let operands = n << 16 | d << 8 | m;
    match random.below(8) {
        0 => code.word(0xfb00_0000 | a_or_none << 12 | operands),
        1 => code.word(0xfb00_0010 | a << 12 | operands),
        2 => code.word(0xfb10_0000 | random.below(4) << 4 | a_or_none << 12 | operands),
        3 => {
            let word = random.pick(&[0xfb20_0000, 0xfb30_0000, 0xfb40_0000, 0xfb50_0000]);
            code.word(word | random.below(2) << 4 | a_or_none << 12 | operands);
        }
        4 => code.word(0xfb60_0000 | random.below(2) << 4 | a << 12 | operands),
        5 => code.word(random.pick(&[0xfb90_f0f0, 0xfbb0_f0f0]) | operands),
        6 if a != d => {
            let word = random.pick(&[0xfb80_0000, 0xfba0_0000, 0xfbc0_0000, 0xfbe0_0000, 0xfbe0_0060]);
            code.word(word | a << 12 | operands);
        }
        7 if a != d => {
            let word = random.pick(&[
                0xfbc0_0080,
                0xfbc0_0090,
                0xfbc0_00a0,
                0xfbc0_00b0,
                0xfbc0_00c0,
                0xfbc0_00d0,
                0xfbd0_00c0,
                0xfbd0_00d0,
            ]);
            code.word(word | a << 12 | operands);
        }
        _ => code.word(0xfb70_0000 | a_or_none << 12 | operands),
    }
}

fn media(code: &mut Code, random: &mut Random) {
    let (d, m, n) = (register(random), register(random), register(random));
    let operands = n << 16 | d << 8 | m;
    let shift = random.below(8) << 12 | random.below(4) << 6;
    match random.below(10) {
        0..=2 => {
            let op1 = random.pick(&[0, 1, 2, 4, 5, 6]);
            let op2 = random.pick(&[0, 1, 2, 4, 5, 6]);
            code.word(0xfa80_f000 | op1 << 20 | op2 << 4 | operands);
        }
        3 => {
            let n = if random.below(2) == 0 { 15 } else { n };
            code.word(0xfa00_f080 | random.below(6) << 20 | random.below(4) << 4 | n << 16 | d << 8 | m);
        }
        4 => code.word(0xfa80_f080 | random.below(4) << 4 | operands),
        5 => {
            let m = n;
            code.word(0xfa90_f080 | random.below(4) << 4 | n << 16 | d << 8 | m);
            code.word(0xfab0_f080 | n << 16 | d << 8 | m);
        }
        6 => code.word(0xfaa0_f080 | operands),
        7 => code.word(0xeac0_0000 | random.below(2) << 5 | shift | operands),
        8 => {
            let word = random.pick(&[0xf300_0000, 0xf320_0000, 0xf380_0000, 0xf3a0_0000]);
            let size =
                if word & 0x0020_0000 != 0 && shift == 0 { random.below(16) } else { random.below(32) };
            code.word(word | n << 16 | d << 8 | shift | size);
        }
        _ => {
            let lowest = random.below(32);
            let width = random.below(32 - lowest);
            let place = (lowest >> 2) << 12 | (lowest & 3) << 6;
            code.word(random.pick(&[0xf340_0000, 0xf3c0_0000]) | n << 16 | d << 8 | place | width);
            let n = if random.below(3) == 0 { 15 } else { n };
            code.word(0xf360_0000 | n << 16 | d << 8 | place | (lowest + width));
        }
    }
}

/// A base register in the middle of the data.
fn base(code: &mut Code, random: &mut Random, n: u32, alignment: u32) {
    let offset = (256 + random.below(512)) / alignment * alignment;
    // addw n, sp, #offset
    code.word(0xf20d_0000 | (offset >> 11) << 26 | (offset >> 8 & 7) << 12 | n << 8 | offset & 0xff);
}

fn other(random: &mut Random, n: u32) -> u32 {
    let t = register(random);
    if t == n { (n + 1) % 13 } else { t }
}

fn memory(code: &mut Code, random: &mut Random) {
    match random.below(10) {
        0 => {
            let n = low(random);
            base(code, random, n, 1);
            // str, strb, strh, ldr and so on with a constant.
            code.narrow(0x6000 + random.below(6) * 0x800 | random.below(32) << 6 | n << 3 | low(random));
        }
        1 => {
            let (n, m) = (low(random), low(random));
            if n != m {
                base(code, random, n, 1);
                code.narrow(0x2000 | m << 8 | random.below(128));
                code.narrow(0x5000 | random.below(8) << 9 | m << 6 | n << 3 | low(random));
            }
        }
        2 => code.narrow(0x9000 | random.below(2) << 11 | low(random) << 8 | random.below(256)),
        3 => {
            // add sp, #508; push, pop; sub sp, #508.
            let (list, other) = (1 + random.below(255), 1 + random.below(255));
            code.narrow(0xb07f);
            code.narrow(0xb400 | list);
            code.narrow(0xbc00 | other);
            // What is left over comes off again.
            code.word(0xf20d_0d00 | 4 * list.count_ones());
            code.word(0xf2ad_0d00 | 4 * other.count_ones());
            code.narrow(0xb0ff);
        }
        4 => {
            let n = low(random);
            base(code, random, n, 4);
            let list = (1 + random.below(255)) & !(1 << n);
            if list != 0 {
                code.narrow(0xc000 | random.below(2) << 11 | n << 8 | list);
            }
        }
        5 | 6 => single(code, random),
        7 => {
            let n = register(random);
            base(code, random, n, 4);
            let list = random.next() as u32 & 0x1fff & !(1 << n);
            if list.count_ones() > 1 {
                let direction = random.pick(&[0x0080_0000, 0x0100_0000]);
                code.word(
                    0xe800_0000 | direction | random.below(2) << 21 | random.below(2) << 20 | n << 16 | list,
                );
            }
        }
        8 => {
            let n = register(random);
            base(code, random, n, 8);
            let (t, u) = ((n + 1 + random.below(5)) % 13, (n + 6 + random.below(5)) % 13);
            let index = random.pick(&[0x0100_0000, 0x0120_0000, 0x0020_0000]);
            let bits = random.below(2) << 23 | random.below(2) << 20 | random.below(25) * 2;
            code.word(0xe840_0000 | index | bits | n << 16 | t << 12 | u << 8);
        }
        _ => exclusive(code, random),
    }
}

fn single(code: &mut Code, random: &mut Random) {
    let n = register(random);
    base(code, random, n, 1);
    let t = other(random, n);
    let word = random.pick(&[
        0xf800_0000,
        0xf820_0000,
        0xf840_0000,
        0xf810_0000,
        0xf830_0000,
        0xf850_0000,
        0xf910_0000,
        0xf930_0000,
    ]);
    match random.below(3) {
        0 => code.word(word | 0x0080_0000 | n << 16 | t << 12 | random.below(200)),
        1 => {
            let index = random.pick(&[0xc00, 0xd00, 0xf00, 0x900, 0xb00]);
            code.word(word | index | n << 16 | t << 12 | random.below(200));
        }
        _ => {
            let m = other(random, n);
            code.word(0xf240_0000 | m << 8 | random.below(30));
            code.word(word | n << 16 | t << 12 | random.below(4) << 4 | m);
        }
    }
}

fn exclusive(code: &mut Code, random: &mut Random) {
    let n = register(random);
    base(code, random, n, 8);
    let (t, d, m, u) = ((n + 1) % 13, (n + 2) % 13, (n + 3) % 13, (n + 4) % 13);
    let operands = n << 16 | t << 12;
    match random.below(5) {
        0 | 1 => {
            let offset = random.below(30);
            code.word(0xe850_0f00 | operands | offset);
            if random.below(3) == 0 {
                code.word(0xf3bf_8f2f);
            }
            code.word(0xe840_0000 | n << 16 | m << 12 | d << 8 | offset);
        }
        2 => {
            code.word(0xe8d0_0f4f | operands);
            code.word(0xe8c0_0f40 | n << 16 | m << 12 | d);
        }
        3 => {
            code.word(0xe8d0_0f5f | operands);
            code.word(0xe8c0_0f50 | n << 16 | m << 12 | d);
        }
        _ => {
            code.word(0xe8d0_007f | operands | u << 8);
            code.word(0xe8c0_0070 | n << 16 | m << 12 | u << 8 | d);
        }
    }
}
