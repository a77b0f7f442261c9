//! Random MMX and SSE instructions. Entrances: one per kind.

use super::code::{Code, Form, Target};

/// Opcodes behind 0F that MMX and SSE2 share.
const SHARED: [u8; 60] = [
    0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x74, 0x75, 0x76, 0xd1, 0xd2,
    0xd3, 0xd4, 0xd5, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5,
    0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf8, 0xf9, 0xfa,
    0xfb, 0xfc, 0xfd, 0xfe, 0x6f, 0x7f, 0x74, 0xeb, 0xef,
];
/// Opcodes behind 0F 38 of SSSE3.
const SSSE3: [u8; 15] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x1c, 0x1d, 0x1e];
/// And of SSE4, in SSE only.
const SSE4: [u8; 30] = [
    0x10, 0x14, 0x15, 0x17, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x28, 0x29, 0x2b, 0x30, 0x31, 0x32, 0x33,
    0x34, 0x35, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x41,
];

const VECTOR: Form<'static> = Form { vector: true, vector_target: true, alignment: 16, ..Form::PLAIN };

/// MMX, with registers of three bits.
pub fn mmx(code: &mut Code) {
    let narrow = Form { alignment: 8, mmx: true, ..VECTOR };
    match code.random.below(10) {
        0 => {
            let (opcode, group) = code.random.pick(&[
                (0x71, 2),
                (0x71, 4),
                (0x71, 6),
                (0x72, 2),
                (0x72, 4),
                (0x72, 6),
                (0x73, 2),
                (0x73, 6),
            ]);
            code.form(Form {
                opcode: &[0x0f, opcode],
                group: Some(group),
                target: Target::Register,
                ..narrow
            });
            code.constant(1);
        }
        1 => {
            code.form(Form { opcode: &[0x0f, 0x70], ..narrow });
            code.constant(1);
        }
        2 => {
            let opcode = code.random.pick(&[0x6e, 0x7e]);
            let wide = code.long() && code.random.below(2) == 0;
            code.form(Form { opcode: &[0x0f, opcode], vector_target: false, wide, ..narrow });
        }
        3 => {
            let opcode = code.random.pick(&SSSE3);
            code.form(Form { opcode: &[0x0f, 0x38, opcode], ..narrow });
        }
        4 => match code.random.below(4) {
            0 => {
                code.form(Form {
                    opcode: &[0x0f, 0xc4],
                    vector_target: false,
                    target: Target::Register,
                    ..narrow
                });
                code.constant(1);
            }
            1 => {
                code.form(Form { opcode: &[0x0f, 0xc5], vector: false, target: Target::Register, ..narrow });
                code.constant(1);
            }
            2 => {
                code.form(Form { opcode: &[0x0f, 0xd7], vector: false, target: Target::Register, ..narrow });
            }
            _ => {
                code.form(Form { opcode: &[0x0f, 0x3a, 0x0f], ..narrow });
                code.constant(1);
            }
        },
        _ => {
            let opcode = code.random.pick(&SHARED);
            code.form(Form { opcode: &[0x0f, opcode], ..narrow });
        }
    }
}

/// SSE on integers.
pub fn packed_integer(code: &mut Code) {
    let wide = Form { prefix: 0x66, ..VECTOR };
    match code.random.below(15) {
        14 => texts(code, wide),
        0 => {
            let (opcode, group) = code.random.pick(&[
                (0x71, 2),
                (0x71, 4),
                (0x71, 6),
                (0x72, 2),
                (0x72, 4),
                (0x72, 6),
                (0x73, 2),
                (0x73, 3),
                (0x73, 6),
                (0x73, 7),
            ]);
            code.form(Form { opcode: &[0x0f, opcode], group: Some(group), target: Target::Register, ..wide });
            let amount = code.random.below(70) as u8;
            code.bytes.push(amount);
        }
        1 => {
            let prefix = code.random.pick(&[0x66, 0xf2, 0xf3]);
            code.form(Form { opcode: &[0x0f, 0x70], prefix, ..wide });
            code.constant(1);
        }
        2 => {
            let opcode = code.random.pick(&[0x6e, 0x7e]);
            let rex = code.long() && code.random.below(2) == 0;
            code.form(Form { opcode: &[0x0f, opcode], vector_target: false, wide: rex, ..wide });
        }
        3 | 4 => {
            let opcode = code.random.pick(&SSSE3);
            code.form(Form { opcode: &[0x0f, 0x38, opcode], ..wide });
        }
        5 | 6 => {
            let opcode = code.random.pick(&SSE4);
            code.form(Form { opcode: &[0x0f, 0x38, opcode], ..wide });
        }
        7 => lanes(code, wide),
        8 => moves(code),
        9 => {
            let opcode = code.random.pick(&[0x6c, 0x6d]);
            code.form(Form { opcode: &[0x0f, opcode], ..wide });
        }
        10 => {
            let opcode = code.random.pick(&[0x0c, 0x0d, 0x0e, 0x0f, 0x42]);
            code.form(Form { opcode: &[0x0f, 0x3a, opcode], ..wide });
            code.constant(1);
        }
        _ => {
            let opcode = code.random.pick(&SHARED);
            code.form(Form { opcode: &[0x0f, opcode], ..wide });
        }
    }
}

/// Comparisons of strings: of few different bytes, and of lengths about those of a register.
fn texts(code: &mut Code, wide: Form) {
    let opcode = code.random.pick(&[0x60, 0x61, 0x62, 0x63]);
    let rex = code.long() && opcode < 0x62 && code.random.below(2) == 0;
    for register in [0, 2] {
        let length = code.random.below(24) as i64 - 12;
        // qemu 7.2 looks at 32 bits of a length whatever REX.W says.
        let length = if !rex && code.random.below(8) == 0 { length << 30 } else { length };
        code.load(register, length as u64);
    }
    let vector = code.vector();
    if code.random.below(2) == 0 {
        // pand with itself and a register: more bytes that are zero or the same
        let other = code.vector();
        for opcode in [0xdb, 0x64] {
            code.bytes.push(0x66);
            if code.long() {
                code.bytes.push(0x40 | vector >> 3 << 2 | other >> 3);
            }
            code.emit(&[0x0f, opcode, 0xc0 | (vector & 7) << 3 | other & 7]);
        }
    }
    code.form(Form { opcode: &[0x0f, 0x3a, opcode], wide: rex, alignment: 1, ..wide });
    let control = code.random.below(128) as u8;
    code.bytes.push(control);
}

/// Between lanes and general registers.
fn lanes(code: &mut Code, wide: Form) {
    let rex = code.long() && code.random.below(2) == 0;
    match code.random.below(6) {
        0 => {
            code.form(Form { opcode: &[0x0f, 0xc4], vector_target: false, target: Target::Register, ..wide });
        }
        1 => {
            code.form(Form { opcode: &[0x0f, 0xc5], vector: false, target: Target::Register, ..wide });
        }
        2 => {
            code.form(Form { opcode: &[0x0f, 0xd7], vector: false, target: Target::Register, ..wide });
            return;
        }
        3 => {
            let prefix = code.random.pick(&[0, 0x66]);
            code.form(Form {
                opcode: &[0x0f, 0x50],
                prefix,
                vector: false,
                target: Target::Register,
                ..wide
            });
            return;
        }
        4 => {
            let opcode = code.random.pick(&[0x14, 0x15, 0x16, 0x17]);
            let rex = rex && opcode == 0x16;
            code.form(Form { opcode: &[0x0f, 0x3a, opcode], vector_target: false, wide: rex, ..wide });
        }
        _ => {
            let opcode = code.random.pick(&[0x20, 0x22]);
            let rex = rex && opcode == 0x22;
            code.form(Form { opcode: &[0x0f, 0x3a, opcode], vector_target: false, wide: rex, ..wide });
        }
    }
    code.constant(1);
}

/// Moves of whole and half vectors.
fn moves(code: &mut Code) {
    let (prefix, opcode, target) = code.random.pick(&[
        (0, 0x10, Target::Any),
        (0, 0x11, Target::Any),
        (0x66, 0x10, Target::Any),
        (0xf3, 0x10, Target::Any),
        (0xf3, 0x11, Target::Any),
        (0xf2, 0x10, Target::Any),
        (0xf2, 0x11, Target::Any),
        (0, 0x12, Target::Any),
        (0, 0x13, Target::Memory),
        (0, 0x16, Target::Any),
        (0, 0x17, Target::Memory),
        (0xf2, 0x12, Target::Any),
        (0xf3, 0x12, Target::Any),
        (0xf3, 0x16, Target::Any),
        (0, 0x28, Target::Any),
        (0, 0x29, Target::Any),
        (0x66, 0xe7, Target::Memory),
        (0xf3, 0x6f, Target::Any),
        (0xf3, 0x7f, Target::Any),
        (0xf3, 0x7e, Target::Any),
        (0x66, 0xd6, Target::Any),
        (0xf2, 0xf0, Target::Memory),
    ]);
    let alignment = if matches!(opcode, 0x28 | 0x29 | 0xe7)
        || (prefix, opcode) == (0xf3, 0x12)
        || (prefix, opcode) == (0xf3, 0x16)
    {
        16
    } else {
        1
    };
    code.form(Form { prefix, opcode: &[0x0f, opcode], target, alignment, ..VECTOR });
}

const ARITHMETIC: [u8; 9] = [0x51, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f, 0x58, 0x59];

/// SSE on one number.
pub fn scalar(code: &mut Code) {
    let prefix = code.random.pick(&[0xf2, 0xf3]);
    let one = Form { prefix, alignment: 1, ..VECTOR };
    match code.random.below(10) {
        0 => {
            let wide = code.long() && code.random.below(2) == 0;
            code.form(Form { opcode: &[0x0f, 0x2a], vector_target: false, wide, ..one });
        }
        1 => {
            let wide = code.long() && code.random.below(2) == 0;
            let opcode = code.random.pick(&[0x2c, 0x2d]);
            code.form(Form { opcode: &[0x0f, opcode], vector: false, wide, ..one });
        }
        2 => {
            let (prefix, opcode) = (code.random.pick(&[0, 0x66]), code.random.pick(&[0x2e, 0x2f]));
            code.form(Form { prefix, opcode: &[0x0f, opcode], ..one });
        }
        3 => {
            code.form(Form { opcode: &[0x0f, 0x5a], ..one });
        }
        4 => {
            code.form(Form { opcode: &[0x0f, 0xc2], ..one });
            let predicate = code.random.below(8) as u8;
            code.bytes.push(predicate);
        }
        5 => {
            let opcode = code.random.pick(&[0x0a, 0x0b]);
            code.form(Form { prefix: 0x66, opcode: &[0x0f, 0x3a, opcode], ..one });
            let mode = code.random.below(16) as u8;
            code.bytes.push(mode);
        }
        _ => {
            let opcode = code.random.pick(&ARITHMETIC);
            code.form(Form { opcode: &[0x0f, opcode], ..one });
        }
    }
}

/// SSE on several numbers.
pub fn packed(code: &mut Code) {
    let prefix = code.random.pick(&[0, 0x66]);
    let all = Form { prefix, ..VECTOR };
    match code.random.below(12) {
        0 => {
            let (prefix, opcode) = code.random.pick(&[
                (0, 0x5a),
                (0x66, 0x5a),
                (0, 0x5b),
                (0x66, 0x5b),
                (0xf3, 0x5b),
                (0xf3, 0xe6),
                (0xf2, 0xe6),
                (0x66, 0xe6),
            ]);
            code.form(Form { prefix, opcode: &[0x0f, opcode], ..all });
        }
        1 => {
            code.form(Form { opcode: &[0x0f, 0xc2], ..all });
            let predicate = code.random.below(8) as u8;
            code.bytes.push(predicate);
        }
        2 => {
            code.form(Form { opcode: &[0x0f, 0xc6], ..all });
            code.constant(1);
        }
        3 => {
            let opcode = code.random.pick(&[0x14, 0x15, 0x54, 0x55, 0x56, 0x57]);
            code.form(Form { opcode: &[0x0f, opcode], ..all });
        }
        4 => {
            let prefix = code.random.pick(&[0x66, 0xf2]);
            let opcode = code.random.pick(&[0x7c, 0x7d, 0xd0]);
            code.form(Form { prefix, opcode: &[0x0f, opcode], ..all });
        }
        5 => {
            let opcode = code.random.pick(&[0x08, 0x09]);
            code.form(Form { prefix: 0x66, opcode: &[0x0f, 0x3a, opcode], ..all });
            let mode = code.random.below(16) as u8;
            code.bytes.push(mode);
        }
        6 => {
            code.form(Form { prefix: 0x66, opcode: &[0x0f, 0x3a, 0x21], alignment: 1, ..all });
            code.constant(1);
        }
        _ => {
            let opcode = code.random.pick(&ARITHMETIC);
            code.form(Form { opcode: &[0x0f, opcode], ..all });
        }
    }
}
