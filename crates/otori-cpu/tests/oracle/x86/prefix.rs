//! Random instructions with prefixes (locks, segments, sizes of addresses), hints, and the rare ones of one byte.
//! Entrance: [`step`].

use super::code::{Code, Form, Target};
use super::integer::width;

/// One instruction, or a few that belong together.
pub fn step(code: &mut Code) {
    match code.random.below(9) {
        0 | 1 => locked(code),
        2 => segment(code),
        3 => short_address(code),
        4 => hint(code),
        5 => translate(code),
        6 => count_down(code),
        7 => flags(code),
        _ if !code.long() => bounds(code),
        _ => segment(code),
    }
}

/// What bears a lock, in memory.
fn locked(code: &mut Code) {
    let (form, odd, _) = width(code);
    let odd = u8::from(odd);
    let kind = code.random.below(7) as u8;
    let (opcode, group): (&[u8], Option<u8>) = match code.random.below(5) {
        0 => (&[kind << 3 | odd], None),
        1 => (&[0xfe | odd], Some(kind & 1)),
        2 => (&[0xf6 | odd], Some(2 | kind & 1)),
        3 => (&[0x0f, 0xc0 | odd], None),
        _ => (&[0x0f, 0xb0 | odd], None),
    };
    code.before.push(0xf0);
    code.form(Form { opcode, group, target: Target::Memory, ..form });
}

/// A load or a store by a segment: one of those without a base.
fn segment(code: &mut Code) {
    let (form, odd, _) = width(code);
    let prefixes: &[u8] =
        if code.long() { &[0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65] } else { &[0x26, 0x36, 0x3e] };
    let prefix = code.random.pick(prefixes);
    let opcode = code.random.pick(&[0x88, 0x8a, 0x02]) | u8::from(odd);
    code.before.push(prefix);
    code.form(Form { opcode: &[opcode], target: Target::Memory, ..form });
}

/// Addresses of half the size: of all instructions in 64-bit mode, of LEA in 32-bit mode, where no data is so low.
fn short_address(code: &mut Code) {
    if code.long() {
        let (form, odd, _) = width(code);
        let opcode = code.random.pick(&[0x88, 0x8a, 0x00]) | u8::from(odd);
        code.before.push(0x67);
        code.form(Form { opcode: &[opcode], target: Target::Memory, ..form });
    } else {
        let (register, place) = (code.register(), code.random.below(8) as u8);
        code.emit(&[0x67, 0x8d, 0x80 | register << 3 | place]);
        code.constant(2);
    }
}

/// Nothing at all, in all lengths.
fn hint(code: &mut Code) {
    let bytes: &[u8] = code.random.pick(&[
        &[0x90][..],
        &[0x66, 0x90],
        &[0xf3, 0x90],
        &[0x0f, 0x1f, 0x00],
        &[0x0f, 0x1f, 0x44, 0x00, 0x00],
        &[0x66, 0x0f, 0x1f, 0x84, 0x00, 0, 0, 0, 0],
        &[0xf3, 0x0f, 0x1e, 0xfa],
        &[0x0f, 0x18, 0x4d, 0x40],
        &[0x0f, 0x0d, 0x4d, 0x40],
        &[0x0f, 0xae, 0xe8],
        &[0x0f, 0xae, 0xf0],
        &[0x0f, 0xae, 0xf8],
    ]);
    code.emit(bytes);
}

/// XLAT, with a table in the data.
fn translate(code: &mut Code) {
    let displacement = code.random.below(128) as u8;
    let lea: &[u8] = if code.long() { &[0x48, 0x8d, 0x5d] } else { &[0x8d, 0x5d] };
    code.emit(lea);
    code.bytes.push(displacement.wrapping_neg());
    code.emit(&[0xd7]);
}

/// LOOPE and LOOPNE to the next instruction.
fn count_down(code: &mut Code) {
    let count = code.random.below(3);
    code.load(1, count.into());
    let opcode = code.random.pick(&[0xe0, 0xe1, 0xe2]);
    code.emit(&[opcode, 0]);
}

/// POPF of arithmetic flags, SALC, LAHF and SAHF.
fn flags(code: &mut Code) {
    match code.random.below(4) {
        0 => code.emit(&[0x9f]),
        1 => code.emit(&[0x9e]),
        2 if !code.long() => code.emit(&[0xd6]),
        _ => {
            // push constant; popf
            code.emit(&[0x68]);
            let flags = code.random.word() & 0x8d5;
            code.bytes.extend(flags.to_le_bytes());
            code.emit(&[0x9d]);
        }
    }
}

/// BOUND, with bounds that everything is in.
fn bounds(code: &mut Code) {
    for (displacement, bound) in [(0x40, i32::MIN), (0x44, i32::MAX)] {
        code.emit(&[0xc7, 0x45, displacement]);
        code.bytes.extend(bound.to_le_bytes());
    }
    let register = code.register();
    code.emit(&[0x62, 0x45 | register << 3, 0x40]);
}
