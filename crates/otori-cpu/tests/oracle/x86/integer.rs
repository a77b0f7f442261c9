//! Random integer instructions. Entrance: [`step`].

use super::Kind;
use super::code::{Code, Form, Target};

/// One more instruction, or a few that belong together.
pub fn step(code: &mut Code, kind: Kind) {
    match kind {
        Kind::Arithmetic => arithmetic(code),
        Kind::Shifts => shifts(code),
        Kind::Products => products(code),
        Kind::Moves => moves(code),
        Kind::Strings => strings(code),
        Kind::Branches if code.random.below(2) == 0 => branch(code),
        _ => arithmetic(code),
    }
}

/// Width of operands: byte, 16, 32, 64 bits.
pub fn width(code: &mut Code) -> (Form<'static>, bool, u32) {
    let choices = if code.long() { 4 } else { 3 };
    match code.random.below(choices) {
        0 => (Form { bytes: true, ..Form::PLAIN }, false, 1),
        1 => (Form { prefix: 0x66, ..Form::PLAIN }, true, 2),
        2 => (Form::PLAIN, true, 4),
        _ => (Form { wide: true, ..Form::PLAIN }, true, 4),
    }
}

/// The same without bytes.
fn word_width(code: &mut Code) -> (Form<'static>, u32) {
    loop {
        if let (form, true, bytes) = width(code) {
            return (form, bytes);
        }
    }
}

fn arithmetic(code: &mut Code) {
    let (form, odd, bytes) = width(code);
    let odd = u8::from(odd);
    let kind = code.random.below(8) as u8;
    match code.random.below(12) {
        0..=3 => {
            let direction = code.random.pick(&[0, 2]);
            code.form(Form { opcode: &[kind << 3 | direction | odd], ..form });
        }
        4 | 5 => {
            code.form(Form { opcode: &[0x80 | odd], group: Some(kind), ..form });
            code.constant(bytes);
        }
        6 => {
            let (form, _) = word_width(code);
            code.form(Form { opcode: &[0x83], group: Some(kind), ..form });
            code.constant(1);
        }
        7 => {
            code.form(Form { opcode: &[0x84 | odd], ..form });
        }
        8 => {
            let group = code.random.below(2) as u8;
            code.form(Form { opcode: &[0xfe | odd], group: Some(group), ..form });
        }
        9 => {
            let group = 2 + code.random.below(2) as u8;
            code.form(Form { opcode: &[0xf6 | odd], group: Some(group), ..form });
        }
        10 => {
            code.form(Form { opcode: &[0xf6 | odd], group: Some(0), ..form });
            code.constant(bytes);
        }
        _ => rare(code),
    }
}

fn rare(code: &mut Code) {
    let (form, odd, _) = width(code);
    let odd = u8::from(odd);
    match code.random.below(12) {
        9..=11 => super::prefix::step(code),
        0 => {
            code.form(Form { opcode: &[0x0f, 0xc0 | odd], ..form });
        }
        1 => {
            code.form(Form { opcode: &[0x0f, 0xb0 | odd], ..form });
        }
        2 => {
            let byte = code.random.pick(&[0xf5, 0xf8, 0xf9, 0x9e, 0x9f, 0x98, 0x99]);
            code.emit(&[byte]);
        }
        3 if !code.long() => decimal(code),
        4 if !code.long() => {
            let register = code.register();
            let down = code.random.pick(&[0x40, 0x48]);
            code.emit(&[down | register]);
        }
        5 => {
            let (form, _) = word_width(code);
            code.form(Form {
                opcode: &[0x0f, 0xc7],
                group: Some(1),
                target: Target::Memory,
                prefix: 0,
                wide: false,
                ..form
            });
            look_at_zero(code);
        }
        6 if code.long() => {
            code.form(Form {
                opcode: &[0x0f, 0xc7],
                group: Some(1),
                target: Target::Memory,
                wide: true,
                alignment: 16,
                ..Form::PLAIN
            });
            look_at_zero(code);
        }
        7 => {
            let condition = code.random.below(16) as u8;
            code.form(Form { opcode: &[0x0f, 0x90 | condition], group: Some(0), bytes: true, ..Form::PLAIN });
        }
        _ => {
            let condition = code.random.below(16) as u8;
            let (form, _) = word_width(code);
            code.form(Form { opcode: &[0x0f, 0x40 | condition], ..form });
        }
    }
}

fn decimal(code: &mut Code) {
    match code.random.below(6) {
        0 => code.emit(&[0x27]),
        1 => code.emit(&[0x2f]),
        2 => code.emit(&[0x37]),
        3 => code.emit(&[0x3f]),
        4 => code.emit(&[0xd4, 10]),
        _ => code.emit(&[0xd5, 10]),
    }
}

fn shifts(code: &mut Code) {
    let (form, odd, _) = width(code);
    let odd = u8::from(odd);
    let group = Some(code.random.pick(&[0, 1, 2, 3, 4, 5, 6, 7]));
    match code.random.below(10) {
        0..=2 => {
            code.form(Form { opcode: &[0xc0 | odd], group, ..form });
            code.constant(1);
        }
        3 => {
            code.form(Form { opcode: &[0xd0 | odd], group, ..form });
        }
        4 | 5 => {
            code.form(Form { opcode: &[0xd2 | odd], group, ..form });
        }
        6 | 7 => double(code),
        _ => bits(code),
    }
}

fn double(code: &mut Code) {
    let (form, _) = word_width(code);
    let opcode = code.random.pick(&[0xa4, 0xac]);
    if code.random.below(2) == 0 {
        code.form(Form { opcode: &[0x0f, opcode], ..form });
        code.constant(1);
    } else {
        code.form(Form { opcode: &[0x0f, opcode | 1], ..form });
    }
    look_at_carry(code);
}

/// Bit tests leave flags undefined: their carry is looked at, then all are set anew.
fn bits(code: &mut Code) {
    let (form, _) = word_width(code);
    match code.random.below(5) {
        0 => {
            let opcode = code.random.pick(&[0xa3, 0xab, 0xb3, 0xbb]);
            code.form(Form { opcode: &[0x0f, opcode], target: Target::Register, ..form });
        }
        1 => {
            let group = Some(4 + code.random.below(4) as u8);
            code.form(Form { opcode: &[0x0f, 0xba], group, ..form });
            code.constant(1);
        }
        2 => {
            let opcode = code.random.pick(&[0xbc, 0xbd]);
            code.form(Form { opcode: &[0x0f, opcode], ..form });
            return;
        }
        3 => {
            let register = code.register();
            let wide = code.long() && code.random.below(2) == 0;
            let swap = [0x0f, 0xc8 | register & 7];
            if code.long() {
                code.bytes.push(0x40 | u8::from(wide) << 3 | register >> 3);
            }
            code.emit(&swap);
            return;
        }
        _ => {
            // A bit string: an offset of some hundred bits, of either sign.
            let register = code.register();
            code.load(register, 0);
            let value = code.random.below(2048) as i64 - 1024;
            code.load(register, value as u64);
            let opcode = code.random.pick(&[0xa3, 0xab, 0xb3, 0xbb]);
            let prefix: &[u8] = match (code.long(), code.random.below(3)) {
                (true, 0) => &[0x48],
                (_, 1) => &[0x66, 0x40],
                _ => &[0x40],
            };
            for byte in prefix {
                match byte {
                    0x66 => code.bytes.push(0x66),
                    rex if code.long() => code.bytes.push(rex | register >> 3 << 2),
                    _ => {}
                }
            }
            let displacement = code.random.below(100) as u8;
            code.emit(&[0x0f, opcode, 0x45 | (register & 7) << 3, displacement & 0x7f]);
        }
    }
    look_at_carry(code);
}

/// sete al; test al, al: qemu's CMPXCHG8B forgets the other flags of the instruction before it.
fn look_at_zero(code: &mut Code) {
    code.emit(&[0x0f, 0x94, 0xc0]);
    code.emit(&[0x84, 0xc0]);
}

/// setc al; test al, al: for instructions that leave other flags undefined.
fn look_at_carry(code: &mut Code) {
    code.emit(&[0x0f, 0x92, 0xc0]);
    code.emit(&[0x84, 0xc0]);
}

fn products(code: &mut Code) {
    let (form, odd, _) = width(code);
    let odd = u8::from(odd);
    match code.random.below(6) {
        0 | 1 => {
            let group = Some(code.random.pick(&[4, 5]));
            code.form(Form { opcode: &[0xf6 | odd], group, ..form });
        }
        2 => {
            let (form, _) = word_width(code);
            code.form(Form { opcode: &[0x0f, 0xaf], ..form });
        }
        3 => {
            let (form, bytes) = word_width(code);
            code.form(Form { opcode: &[0x69], ..form });
            code.constant(bytes);
        }
        4 => {
            let (form, _) = word_width(code);
            code.form(Form { opcode: &[0x6b], ..form });
            code.constant(1);
        }
        _ => division(code),
    }
}

/// A division that cannot fail: a small dividend and a divisor that is not zero.
fn division(code: &mut Code) {
    let (form, odd, _) = width(code);
    let group = code.random.pick(&[6, 7]);
    if !odd {
        // movzx eax, al; and al, 3f; or cl, 1
        code.emit(&[0x0f, 0xb6, 0xc0]);
        code.emit(&[0x24, 0x3f]);
        code.emit(&[0x80, 0xc9, 1]);
        code.emit(&[0xf6, 0xc0 | group << 3 | 1]);
        return;
    }
    // or ecx, 1; cdq or xor edx, edx; for signed ones the smallest number is avoided by shifting
    code.emit(&[0x83, 0xc9, 1]);
    if code.long() {
        code.emit(&[0x48, 0x83, 0xc9, 1]);
        code.emit(&[0x48, 0xc1, 0xe8, 1]);
    } else {
        code.emit(&[0xd1, 0xe8]);
    }
    if form.prefix == 0x66 {
        code.emit(&[0x25, 0xff, 0x7f, 0, 0]);
    } else if !form.wide {
        code.emit(&[0x25, 0xff, 0xff, 0xff, 0x7f]);
    }
    code.emit(&[0x31, 0xd2]);
    if form.prefix != 0 {
        code.bytes.push(form.prefix);
    }
    if form.wide {
        code.bytes.push(0x48);
    }
    code.emit(&[0xf7, 0xc0 | group << 3 | 1]);
}

fn moves(code: &mut Code) {
    let (form, odd, bytes) = width(code);
    let odd = u8::from(odd);
    match code.random.below(12) {
        0..=2 => {
            let opcode = code.random.pick(&[0x88, 0x8a]);
            code.form(Form { opcode: &[opcode | odd], ..form });
        }
        3 => {
            code.form(Form { opcode: &[0xc6 | odd], group: Some(0), ..form });
            code.constant(bytes);
        }
        4 | 5 => {
            let opcode = code.random.pick(&[0xb6, 0xb7, 0xbe, 0xbf]);
            let (form, _) = word_width(code);
            // A byte source by register could be a pointer's: memory or the wide kinds.
            let target = if opcode & 1 == 0 { Target::Memory } else { Target::Any };
            code.form(Form { opcode: &[0x0f, opcode], target, ..form });
        }
        6 => {
            let (form, _) = word_width(code);
            code.form(Form { opcode: &[0x8d], target: Target::Memory, ..form });
        }
        7 => {
            code.form(Form { opcode: &[0x86 | odd], ..form });
        }
        8 => {
            let register = code.register();
            let value = u64::from(code.random.word()) << 32 | u64::from(code.random.word());
            code.load(register, value);
        }
        9 => stack(code),
        10 if code.long() => {
            code.form(Form { opcode: &[0x63], wide: true, ..Form::PLAIN });
        }
        11 => {
            let (form, odd, _) = width(code);
            let target = match form.prefix {
                // The prefix of the operand size comes before that of the opcode.
                0x66 => Target::Register,
                _ if odd => Target::Any,
                _ => Target::Memory,
            };
            if form.prefix == 0x66 {
                code.bytes.push(0x66);
            }
            if odd && code.random.below(2) == 0 {
                // popcnt
                code.form(Form { prefix: 0xf3, opcode: &[0x0f, 0xb8], target, ..form });
            } else {
                // crc32
                let form = Form { bytes: false, target, ..form };
                code.form(Form { prefix: 0xf2, opcode: &[0x0f, 0x38, 0xf0 | u8::from(odd)], ..form });
            }
        }
        _ => rare(code),
    }
}

fn stack(code: &mut Code) {
    let (first, second) = (code.register(), code.register());
    let wide = code.long();
    let push = |code: &mut Code, opcode: u8, register: u8| {
        if wide && register >= 8 {
            code.bytes.push(0x41);
        }
        code.emit(&[opcode | register & 7]);
    };
    match code.random.below(5) {
        0 => {
            code.emit(&[0x6a]);
            code.constant(1);
            push(code, 0x58, first);
        }
        1 => {
            push(code, 0x50, first);
            push(code, 0x50, second);
            push(code, 0x58, first);
            push(code, 0x58, second);
        }
        2 => {
            code.emit(&[0x9c]);
            push(code, 0x58, first);
        }
        3 => {
            let level = code.random.below(3) as u8;
            code.emit(&[0xc8, 32, 0, level]);
            code.emit(&[0xc9]);
        }
        _ if !code.long() => {
            code.emit(&[0x60]);
            push(code, 0x50, first);
            push(code, 0x58, second);
            code.emit(&[0x61]);
        }
        _ => {
            push(code, 0x50, first);
            code.form(Form { opcode: &[0x8f], group: Some(0), target: Target::Memory, ..Form::PLAIN });
        }
    }
}

fn strings(code: &mut Code) {
    // lea esi, [ebp + d]; lea edi, [ebp + d]; mov ecx, n
    let (from, to) = (code.random.below(600) as i32 - 300, code.random.below(600) as i32 - 300);
    for (modrm, displacement) in [(0xb5, from), (0xbd, to)] {
        let code_bytes: &[u8] = if code.long() { &[0x48, 0x8d, modrm] } else { &[0x8d, modrm] };
        code.emit(code_bytes);
        code.bytes.extend(displacement.to_le_bytes());
    }
    let count = code.random.below(40);
    code.load(1, count.into());
    let down = code.random.below(4) == 0;
    code.emit(&[if down { 0xfd } else { 0xfc }]);
    let (form, odd, _) = width(code);
    let opcode = code.random.pick(&[0xa4, 0xa4, 0xa6, 0xaa, 0xac, 0xae]);
    let compares = opcode == 0xa6 || opcode == 0xae;
    if compares {
        // Equal for a while: cmp eax, eax before, as the flags of no comparison at all.
        code.emit(&[0x39, 0xc0]);
    }
    match code.random.below(3) {
        0 => {}
        1 => code.bytes.push(0xf3),
        _ if compares => code.bytes.push(0xf2),
        _ => code.bytes.push(0xf3),
    }
    if form.prefix != 0 {
        code.bytes.push(form.prefix);
    }
    if form.wide {
        code.bytes.push(0x48);
    }
    code.emit(&[opcode | u8::from(odd)]);
    code.emit(&[0xfc]);
}

fn branch(code: &mut Code) {
    match code.random.below(8) {
        // A comparison, and a jump over the next few bytes.
        0..=3 => {
            let (form, odd, bytes) = width(code);
            let odd = u8::from(odd);
            if code.random.below(2) == 0 {
                let opcode = code.random.pick(&[0x38, 0x3a, 0x84]);
                code.form(Form { opcode: &[opcode | odd], ..form });
            } else {
                code.form(Form { opcode: &[0x80 | odd], group: Some(7), ..form });
                code.constant(bytes);
            }
            over(code);
        }
        4 => over(code),
        5 => {
            // call over two bytes; what it pushed comes off again
            code.emit(&[0xe8, 2, 0, 0, 0]);
            code.emit(&[0x90, 0x90]);
            code.emit(&[0x58]);
        }
        6 => {
            // A loop of three: mov ecx, 3; inc eax; loop
            code.load(1, 3);
            code.emit(&[0xff, 0xc0]);
            code.emit(&[0xe2, 0xfc]);
        }
        _ => {
            // jecxz or jrcxz over an instruction
            code.emit(&[0xe3, 2]);
            code.emit(&[0xff, 0xc0]);
        }
    }
}

/// A conditional jump over an instruction or two.
fn over(code: &mut Code) {
    let condition = code.random.below(16) as u8;
    let at = code.bytes.len();
    code.emit(&[0x70 | condition, 0]);
    let from = code.bytes.len();
    moves(code);
    let distance = code.bytes.len() - from;
    if distance < 128 {
        code.bytes[at + 1] = distance as u8;
    }
}
