//! Random x87 instructions, with the depth of the stack kept in mind. Entrances: [`seed`], [`step`].
//!
//! Hidden: condition bit C1, which qemu and we do not keep, and the elementary functions, which qemu 7.2 computes in
//! doubles; those are tested by themselves.

use super::Kind;
use super::code::Code;

/// Registers that are filled; the stack never gets empty or full.
const DEPTH: u32 = 5;

/// Fresh values: in vector registers, or on the x87 stack, and a control word.
pub fn seed(code: &mut Code, kind: Kind, all: bool) {
    match kind {
        Kind::X87 => stack(code, &[0, 2, 3, 3]),
        Kind::Mmx | Kind::Scalar | Kind::Packed | Kind::PackedInteger => vectors(code, all),
        Kind::Mixed => {
            vectors(code, all);
            // qemu rounds FPREM to the precision of the control word, processors do not.
            stack(code, &[3]);
        }
        _ => {}
    }
}

/// Pushes two words: `bits` is then at the stack pointer.
fn push_bits(code: &mut Code, bits: u64) {
    if code.long() {
        code.load(0, bits);
        code.emit(&[0x50]);
    } else {
        for half in [(bits >> 32) as u32, bits as u32] {
            code.emit(&[0x68]);
            code.bytes.extend(half.to_le_bytes());
        }
    }
}

fn drop_bits(code: &mut Code) {
    if code.long() {
        code.emit(&[0x48, 0x83, 0xc4, 8]);
    } else {
        code.emit(&[0x83, 0xc4, 8]);
    }
}

fn vectors(code: &mut Code, all: bool) {
    for number in 0..if code.long() { 16u8 } else { 8 } {
        if !all && code.random.below(4) != 0 {
            continue;
        }
        for high in [false, true] {
            let bits = code.random.float();
            push_bits(code, bits);
            // movlpd, movhpd
            let rex = 0x40 | number >> 3 << 2;
            let opcode = if high { 0x16 } else { 0x12 };
            code.bytes.push(0x66);
            if code.long() {
                code.bytes.push(rex);
            }
            code.emit(&[0x0f, opcode, 0x04 | (number & 7) << 3, 0x24]);
            drop_bits(code);
        }
    }
    // MXCSR: rounding, flags; nothing traps, nothing is flushed.
    let control = 0x1f80 | code.random.below(4) << 13 | code.random.below(64);
    push_bits(code, control.into());
    code.emit(&[0x0f, 0xae, 0x14, 0x24]);
    drop_bits(code);
}

fn stack(code: &mut Code, precisions: &[u32]) {
    // fninit; a control word with everything masked
    code.emit(&[0xdb, 0xe3]);
    for _ in 0..DEPTH {
        let bits = code.random.float();
        push_bits(code, bits);
        match code.random.below(4) {
            0 => code.emit(&[0xd9, 0x04, 0x24]),
            1 => code.emit(&[0xdf, 0x2c, 0x24]),
            _ => code.emit(&[0xdd, 0x04, 0x24]),
        }
        drop_bits(code);
    }
    let precision = code.random.pick(precisions);
    let control = 0x7f | precision << 8 | code.random.below(4) << 10;
    push_bits(code, control.into());
    code.emit(&[0xd9, 0x2c, 0x24]);
    drop_bits(code);
}

/// Displacement of a memory operand, small and free of other kinds' data.
fn at(code: &mut Code) -> u8 {
    code.random.below(12) as u8 * 8
}

pub fn step(code: &mut Code) {
    let number = code.random.below(DEPTH) as u8;
    match code.random.below(14) {
        0..=2 => {
            // Arithmetic of registers, either way.
            let opcode = code.random.pick(&[0xd8, 0xdc]);
            let group = code.random.pick(&[0u8, 1, 4, 5, 6, 7]);
            code.emit(&[opcode, 0xc0 | group << 3 | number]);
        }
        3 => {
            // With a pop: something is pushed first.
            push_copy(code);
            let group = code.random.pick(&[0u8, 1, 4, 5, 6, 7]);
            code.emit(&[0xde, 0xc0 | group << 3 | (number + 1).min(DEPTH as u8)]);
        }
        4 => {
            // Arithmetic with memory, which holds what was stored in the same format.
            let displacement = at(code);
            let (store, work) = code.random.pick(&[(0xd9u8, 0xd8u8), (0xdd, 0xdc)]);
            code.emit(&[store, 0x55, displacement]);
            code.emit(&[0xd9, 0xc8 | number]);
            let group = code.random.pick(&[0u8, 1, 4, 5, 6, 7]);
            code.emit(&[work, 0x45 | group << 3, displacement]);
        }
        5 => {
            let displacement = at(code);
            let (store, work) = code.random.pick(&[([0xdbu8, 2], 0xdau8), ([0xdf, 2], 0xde)]);
            code.emit(&[store[0], 0x45 | store[1] << 3, displacement]);
            let group = code.random.pick(&[0u8, 1, 4, 5, 6, 7]);
            code.emit(&[work, 0x45 | group << 3, displacement]);
        }
        6 => formats(code),
        7 => compare(code, number),
        8 => code.emit(&[0xd9, 0xc8 | number]),
        9 => {
            let byte = code.random.pick(&[0xe0, 0xe1, 0xfa, 0xfc]);
            if byte == 0xfa {
                // qemu's FSQRT sets C2 for negative numbers.
                code.emit(&[0xd9, 0xe1]);
            }
            code.emit(&[0xd9, byte]);
        }
        10 => {
            let constant = 0xe8 + code.random.below(7) as u8;
            code.emit(&[0xd9, constant]);
            code.emit(&[0xdd, 0xd8 | number]);
        }
        _ => rest(code, number),
    }
}

/// Remainders, scaling, conditional moves, parts of numbers.
fn rest(code: &mut Code, number: u8) {
    match code.random.below(3) {
        0 => {
            let byte = code.random.pick(&[0xf5, 0xf8, 0xfd]);
            code.emit(&[0xd9, byte]);
            // fnstsw ax; and eax, 400: is there more to do? ftst: the bits of the quotient, which qemu clears where
            // there is none.
            code.emit(&[0xdf, 0xe0]);
            code.emit(&[0x25, 0, 4, 0, 0]);
            code.emit(&[0xd9, 0xe4]);
        }
        1 => {
            // fcmov, by what cmp left
            code.emit(&[0x39, 0xc8]);
            let (opcode, group) = (code.random.pick(&[0xda, 0xdb]), code.random.below(4) as u8);
            code.emit(&[opcode, 0xc0 | group << 3 | number]);
        }
        _ => {
            // fxtract pushes one
            code.emit(&[0xd9, 0xf4]);
            code.emit(&[0xdd, 0xd8 | number]);
        }
    }
}

fn push_copy(code: &mut Code) {
    let number = code.random.below(DEPTH) as u8;
    code.emit(&[0xd9, 0xc0 | number]);
}

fn compare(code: &mut Code, number: u8) {
    match code.random.below(5) {
        0 => code.emit(&[0xd8, 0xd0 | number]),
        1 => code.emit(&[0xdd, 0xe0 | number]),
        2 => code.emit(&[0xd9, 0xe4]),
        3 => {
            let opcode = code.random.pick(&[0xe8, 0xf0]);
            // cmp first: fcomi leaves some flags alone in qemu, and clears them on processors
            code.emit(&[0x39, 0xc0]);
            code.emit(&[0xdb, opcode | number]);
            // setcc al; test al, al
            let condition = code.random.pick(&[0x92, 0x94, 0x9a]);
            code.emit(&[0x0f, condition, 0xc0]);
            code.emit(&[0x84, 0xc0]);
            return;
        }
        _ => code.emit(&[0xd9, 0xe5]),
    }
    // fnstsw ax; and eax, 4500: condition bits but C1
    code.emit(&[0xdf, 0xe0]);
    code.emit(&[0x25, 0, 0x45, 0, 0]);
}

/// A store and a load in one of all formats.
fn formats(code: &mut Code) {
    push_copy(code);
    let displacement = at(code);
    let (opcode, store, load) = code.random.pick(&[
        (0xd9u8, 3u8, 0u8),
        (0xdd, 3, 0),
        (0xdb, 7, 5),
        (0xdb, 3, 0),
        (0xdf, 3, 0),
        (0xdf, 7, 5),
        (0xdf, 6, 4),
        (0xdd, 1, 9),
        (0xdb, 1, 0),
        (0xdf, 1, 0),
    ]);
    code.emit(&[opcode, 0x45 | store << 3, displacement]);
    let (opcode, load) = if load == 9 { (0xdf, 5) } else { (opcode, load) };
    code.emit(&[opcode, 0x45 | load << 3, displacement]);
    // Back to the same depth.
    code.emit(&[0xdd, 0xd8]);
}
