//! Random programs of i386 and x86-64 instructions, on our engine and on qemu-user. Key type: [`Program`].
//!
//! A program is chunks of random instructions; behind each the registers, flags and (for the kinds that use them) the
//! image of `fxsave` are stored. What an instruction leaves undefined is hidden in the chunk itself.

mod code;
mod floating;
mod integer;
mod machine;
mod prefix;
mod vector;

use crate::harness::{find_qemu, programs_per_kind};
use crate::random::Random;
use code::{Code, DATA_BYTES, DATA_MIDDLE};
use otori_cpu::x86::Mode;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the only segment is loaded.
pub const BASE: u32 = 0x40_0000;
/// Headers in front of the code.
pub const CODE_OFFSET: u32 = 0x1000;
/// Where the data begins, behind all code.
const DATA: u32 = 0x80_0000;
/// The stack's upper end.
const STACK: u32 = DATA + DATA_BYTES + 0x2000;
const DUMP: u32 = STACK + 0x1000;
const CHUNKS: u32 = 800;
/// Random instructions in a chunk, about.
const CHUNK_INSTRUCTIONS: u64 = 20;
/// Registers and flags.
const REGISTERS_BYTES: u32 = 144;
const IMAGE_BYTES: u32 = 512;

/// Which instructions a program is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Arithmetic,
    Shifts,
    Products,
    Moves,
    Strings,
    Branches,
    X87,
    Mmx,
    Scalar,
    Packed,
    PackedInteger,
    Mixed,
}

/// Those that can be mixed under qemu. MMX would leave the x87 stack full.
const QEMU_KINDS: [Kind; 8] = [
    Kind::Arithmetic,
    Kind::Shifts,
    Kind::Products,
    Kind::Moves,
    Kind::Strings,
    Kind::Branches,
    Kind::X87,
    Kind::PackedInteger,
];

impl Kind {
    /// Is the host's processor the oracle? qemu 7.2 does not tell subnormal operands, and of two NaNs it lets
    /// x87's rule choose in SSE too.
    fn asks_processor(self) -> bool {
        matches!(self, Kind::Scalar | Kind::Packed | Kind::X87)
            || std::env::var_os("OTORI_ORACLE_NATIVE").is_some()
    }

    /// Has the state a picture of x87 and SSE?
    fn has_image(self) -> bool {
        matches!(
            self,
            Kind::X87 | Kind::Mmx | Kind::Scalar | Kind::Packed | Kind::PackedInteger | Kind::Mixed
        )
    }
}

pub struct Program {
    pub mode: Mode,
    pub kind: Kind,
    pub bytes: Vec<u8>,
    /// Instructions that the generator wrote.
    pub instructions: u64,
    /// Where in `bytes` each chunk begins and its dump begins.
    pub chunks: Vec<(usize, usize)>,
}

impl Program {
    fn dump_bytes(&self) -> u32 {
        REGISTERS_BYTES + if self.kind.has_image() { IMAGE_BYTES + 16 } else { 0 }
    }
    pub fn end(&self) -> u32 {
        DUMP + CHUNKS * self.dump_bytes()
    }

    /// A dump without what qemu 7.2 does not keep as processors do: the flag of subnormal operands, condition bit C1,
    /// and the upper part of registers that MMX wrote.
    fn comparable(&self, mut output: Vec<u8>) -> Vec<u8> {
        if !self.kind.has_image() {
            return output;
        }
        let chunks = output.get_mut((DUMP - DATA) as usize..).unwrap_or_default();
        for chunk in chunks.chunks_mut(self.dump_bytes() as usize) {
            let Some(image) = chunk.get_mut(REGISTERS_BYTES as usize..) else { continue };
            if image.len() < IMAGE_BYTES as usize {
                continue;
            }
            image[3] &= !2;
            if !self.kind.asks_processor() {
                image[2] &= !2;
            }
            // Which lane's invalid operation hides another one's subnormal operand is not settled yet.
            if !self.kind.asks_processor() || self.kind == Kind::Packed {
                image[24] &= !2;
            }
            if !self.kind.asks_processor() || !host_tells_pointers() {
                image[8..16].fill(0);
            }
            // Opcode and operand: newer processors tell them at an exception only.
            image[6..8].fill(0);
            image[16..24].fill(0);
            // Which bits of MXCSR there are.
            image[28..32].fill(0);
            if self.kind == Kind::Mmx {
                (0..8).for_each(|number| image[32 + 16 * number + 8..][..2].fill(0));
            }
        }
        output
    }

    /// The executable: one segment.
    pub fn elf(&self) -> Vec<u8> {
        let mut out = vec![0x7f, b'E', b'L', b'F', if self.mode == Mode::I386 { 1 } else { 2 }, 1, 1];
        out.resize(16, 0);
        out.extend([2, 0, if self.mode == Mode::I386 { 3 } else { 62 }, 0, 1, 0, 0, 0]);
        let file_bytes = CODE_OFFSET + self.bytes.len() as u32;
        let memory_bytes = self.end() - BASE;
        if self.mode == Mode::I386 {
            for word in [BASE + CODE_OFFSET, 52, 0, 0] {
                out.extend(word.to_le_bytes());
            }
            for half in [52u16, 32, 1, 0, 0, 0] {
                out.extend(half.to_le_bytes());
            }
            for word in [1, 0, BASE, BASE, file_bytes, memory_bytes, 7, 0x1000] {
                out.extend(word.to_le_bytes());
            }
        } else {
            for long in [u64::from(BASE + CODE_OFFSET), 64, 0] {
                out.extend(long.to_le_bytes());
            }
            out.extend([0; 4]);
            for half in [64u16, 56, 1, 0, 0, 0] {
                out.extend(half.to_le_bytes());
            }
            out.extend([1, 0, 0, 0, 7, 0, 0, 0]);
            for word in [0, BASE, BASE, file_bytes, memory_bytes, 0x1000] {
                out.extend(u64::from(word).to_le_bytes());
            }
        }
        out.resize(CODE_OFFSET as usize, 0);
        out.extend(&self.bytes);
        out
    }
}

/// Makes a program; the same arguments make the same one.
pub fn program(mode: Mode, kind: Kind, seed: u64) -> Program {
    let mut random = Random::new(seed * 31 + kind as u64 * 7 + u64::from(mode == Mode::I386) + 1);
    let mut code = Code { random: &mut random, mode, bytes: Vec::new(), count: 0, before: Vec::new() };
    let mut program = Program { mode, kind, bytes: Vec::new(), instructions: 0, chunks: Vec::new() };
    code.load(4, STACK.into());
    code.load(5, (DATA + DATA_MIDDLE).into());
    // A clean slate for floating point: fninit, and an MXCSR with everything masked.
    if kind.has_image() {
        code.emit(&[0xdb, 0xe3]);
    }
    for number in 0..CHUNKS {
        let begin = code.bytes.len();
        seed_registers(&mut code, number == 0);
        if kind.has_image() {
            floating::seed(&mut code, kind, number == 0);
        }
        let from = code.count;
        while code.count < from + CHUNK_INSTRUCTIONS {
            step(&mut code, kind);
        }
        program.chunks.push((begin, code.bytes.len()));
        dump(&mut code, &program, number);
        if kind == Kind::Mmx {
            // emms: whatever was in the MMX registers, the next chunk may use x87.
            code.emit(&[0x0f, 0x77]);
        }
    }
    finish(&mut code, &program);
    program.instructions = code.count;
    program.bytes = code.bytes;
    assert!(program.bytes.len() < (DATA - BASE - CODE_OFFSET) as usize, "the code is too long");
    program
}

fn step(code: &mut Code, kind: Kind) {
    let kind = match kind {
        Kind::Mixed => code.random.pick(&QEMU_KINDS),
        kind => kind,
    };
    match kind {
        Kind::X87 => floating::step(code),
        Kind::Mmx => vector::mmx(code),
        Kind::Scalar => vector::scalar(code),
        Kind::Packed => vector::packed(code),
        Kind::PackedInteger => vector::packed_integer(code),
        _ => integer::step(code, kind),
    }
}

fn seed_registers(code: &mut Code, all: bool) {
    let count = if code.long() { 16 } else { 8 };
    for register in (0..count).filter(|register| *register != 4 && *register != 5) {
        if all || code.random.below(6) == 0 {
            let value = u64::from(code.random.word()) << 32 | u64::from(code.random.word());
            code.load(register, value);
        }
    }
}

/// Code that stores all registers.
fn dump(code: &mut Code, program: &Program, number: u32) {
    let base = DUMP + number * program.dump_bytes();
    let long = code.long();
    // An absolute address in the r/m field.
    let absolute = |code: &mut Code, bytes: &[u8], reg: u8, address: u32| {
        code.bytes.extend(bytes);
        if long {
            code.bytes.extend([0x04 | (reg & 7) << 3, 0x25]);
        } else {
            code.bytes.push(0x05 | (reg & 7) << 3);
        }
        code.bytes.extend(address.to_le_bytes());
        code.count += 1;
    };
    for register in 0..if long { 16u8 } else { 8 } {
        let bytes: &[u8] = if long { &[0x48 | register >> 3 << 2, 0x89] } else { &[0x89] };
        absolute(code, bytes, register, base + 8 * u32::from(register));
    }
    code.emit(&[0x9c]);
    absolute(code, &[0x8f], 0, base + 128);
    if program.kind.has_image() {
        absolute(code, &[0x0f, 0xae], 0, base + REGISTERS_BYTES);
    }
}

/// Writes everything from the data on to standard output, and exits.
fn finish(code: &mut Code, program: &Program) {
    let (write, exit) = if code.long() { (1, 60) } else { (4, 1) };
    let (number, first, second, third) = if code.long() { (0, 7, 6, 2) } else { (0, 3, 1, 2) };
    let call: &[u8] = if code.long() { &[0x0f, 0x05] } else { &[0xcd, 0x80] };
    code.load(number, write);
    code.load(first, 1);
    code.load(second, DATA.into());
    code.load(third, (program.end() - DATA).into());
    code.emit(call);
    code.load(number, exit);
    code.load(first, 0);
    code.emit(call);
}

/// Names of the 64-bit (or 32-bit) words of a chunk's dump.
fn name(program: &Program, offset: usize) -> String {
    match offset {
        0..128 => format!("r{}", offset / 8),
        128..144 => "flags".into(),
        _ => match offset - 144 {
            0..32 => format!("control+{}", offset - 144),
            at @ 32..160 => format!("st{}+{}", (at - 32) / 16, at % 16),
            at @ 160..416 => format!("xmm{}+{}", (at - 160) / 16, at % 16),
            _ => format!("{}+{offset}", program.kind.has_image()),
        },
    }
}

/// Runs a program on both; panics where they differ.
fn check(mode: Mode, kind: Kind, seed: u64) -> u64 {
    let program = program(mode, kind, seed);
    let expected = program.comparable(machine::oracle(&program));
    for is_joined in [false, true] {
        let ours = program.comparable(machine::ours(&program, is_joined));
        if expected != ours {
            let differs = (0..expected.len().max(ours.len())).find(|at| expected.get(*at) != ours.get(*at));
            let text = explain(&program, differs.unwrap_or(0), &expected, &ours);
            panic!("{mode:?} {kind:?} seed {seed}, joined {is_joined}: {text}");
        }
    }
    program.instructions
}

fn explain(program: &Program, at: usize, expected: &[u8], ours: &[u8]) -> String {
    let dump = (DUMP - DATA) as usize;
    let size = program.dump_bytes() as usize;
    // The data comes first in the dump but is stored last: what differs there is told if nothing else does.
    let first = (dump..expected.len()).find(|at| expected.get(*at) != ours.get(*at)).unwrap_or(at);
    let Some(offset) = first.checked_sub(dump) else {
        return format!("data differs at {at:#x}");
    };
    let (chunk, place) = (offset / size, offset % size);
    let window = |bytes: &[u8], at: usize| {
        let bytes = bytes.get(at & !7..(at & !7) + 8).unwrap_or_default();
        bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let (begin, end) = program.chunks[chunk];
    let path = std::env::temp_dir().join("otori-x86-chunk.bin");
    _ = std::fs::write(&path, &program.bytes[begin..end]);
    let mut text = format!("chunk {chunk} (code in {})\n", path.display());
    for word in (0..size).step_by(8) {
        let at = dump + chunk * size + word;
        let (theirs, our) = (window(expected, at), window(ours, at));
        if theirs != our {
            text += &format!(
                "{} should be {theirs} is {our}, was {}\n",
                name(program, word),
                window(expected, at.wrapping_sub(size))
            );
        }
    }
    let hex: Vec<_> = program.bytes[begin..end].iter().map(|byte| format!("{byte:02x}")).collect();
    text + &format!("first at {place}\n{}", hex.join(" "))
}

/// Instructions that agreed in this process, by mode.
static COMPARED: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];

/// Does FXSAVE tell the last x87 instruction? Intel's processors do, AMD's only at an exception.
fn host_tells_pointers() -> bool {
    std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| text.contains("GenuineIntel"))
}

/// As many programs as asked for, in both modes.
fn check_both(kind: Kind) {
    for (mode, qemu) in [(Mode::I386, "qemu-i386-static"), (Mode::X86_64, "qemu-x86_64-static")] {
        let possible = match kind.asks_processor() {
            true => host_runs(mode),
            false => find_qemu(qemu).is_some(),
        };
        if !possible {
            continue;
        }
        let instructions: u64 = (0..programs_per_kind()).map(|seed| check(mode, kind, seed)).sum();
        let before = COMPARED[usize::from(mode == Mode::X86_64)].fetch_add(instructions, Ordering::Relaxed);
        let all = before + instructions;
        eprintln!("{mode:?} {kind:?}: {instructions} instructions agree, {all} of {mode:?} up to now");
    }
}

/// Does this host run programs of that mode itself?
fn host_runs(mode: Mode) -> bool {
    #[cfg(target_arch = "x86_64")]
    let runs = std::arch::is_x86_feature_detected!("sse4.1")
        && machine::oracle(&program(mode, Kind::Scalar, 0)).len() > DATA_BYTES as usize;
    #[cfg(not(target_arch = "x86_64"))]
    let runs = false;
    if !runs {
        eprintln!("SKIPPED: this host does not run programs of {mode:?} itself; nothing was compared");
    }
    runs
}

#[test]
fn arithmetic_agrees_with_qemu() {
    check_both(Kind::Arithmetic);
}

#[test]
fn shifts_and_bits_agree_with_qemu() {
    check_both(Kind::Shifts);
}

#[test]
fn products_and_quotients_agree_with_qemu() {
    check_both(Kind::Products);
}

#[test]
fn moves_agree_with_qemu() {
    check_both(Kind::Moves);
}

#[test]
fn strings_agree_with_qemu() {
    check_both(Kind::Strings);
}

#[test]
fn branches_agree_with_qemu() {
    check_both(Kind::Branches);
}

#[test]
fn x87_agrees_with_qemu() {
    check_both(Kind::X87);
}

#[test]
fn mmx_agrees_with_qemu() {
    check_both(Kind::Mmx);
}

#[test]
fn sse_on_one_number_agrees_with_qemu() {
    check_both(Kind::Scalar);
}

#[test]
fn sse_on_several_numbers_agrees_with_qemu() {
    check_both(Kind::Packed);
}

#[test]
fn sse_on_integers_agrees_with_qemu() {
    check_both(Kind::PackedInteger);
}

#[test]
fn everything_mixed_agrees_with_qemu() {
    check_both(Kind::Mixed);
}
