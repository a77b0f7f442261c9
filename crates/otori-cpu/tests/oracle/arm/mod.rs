//! ARM: programs of random A32, T32, VFP and Advanced SIMD instructions. Key type: [`Program`]; run by our engine and
//! by qemu-user, compared after each chunk. Neighbours: `a32.rs`, `t32.rs` and `simd.rs` make the instructions.

mod a32;
mod legal;
mod simd;
mod t32;

use crate::harness::{Call, Case, Flat, Guest};
use crate::random::Random;
use otori_cpu::arm::{Cpu, Order};
use otori_cpu::{Set, Stop};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the program's only segment is loaded.
pub const BASE: u32 = 0x1_0000;
/// Bytes in front of the code.
const CODE_OFFSET: u32 = 0x100;
const CHUNKS: usize = 400;
/// Random instructions in a chunk, about.
const CHUNK_INSTRUCTIONS: usize = 20;
/// Bytes of data that loads and stores go to.
const DATA_BYTES: u32 = 1024;
/// r0 to r12, the flags, FPSCR, d0 to d31, 13 words of the data.
const DUMP_WORDS: usize = 13 + 1 + 1 + 64 + 13;

/// Which instructions a program is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Data,
    Products,
    Media,
    Memory,
    Vfp,
    VfpMemory,
    NeonSame,
    NeonOther,
    NeonMemory,
    Mixed,
}

/// Half words of T32, or words of A32, behind each other.
pub struct Code {
    pub thumb: bool,
    pub bytes: Vec<u8>,
    /// Instructions so far.
    pub count: usize,
    pub big_code: bool,
}

impl Code {
    pub fn half(&mut self, value: u32) {
        let half = value as u16;
        self.bytes.extend(if self.big_code { half.to_be_bytes() } else { half.to_le_bytes() });
    }

    /// One instruction of 32 bits: in T32 its first half on top.
    pub fn word(&mut self, word: u32) {
        self.count += 1;
        if self.thumb {
            self.half(word >> 16);
            self.half(word);
        } else {
            self.bytes.extend(if self.big_code { word.to_be_bytes() } else { word.to_le_bytes() });
        }
    }

    /// One T32 instruction of 16 bits.
    pub fn narrow(&mut self, half: u32) {
        self.count += 1;
        self.half(half);
    }

    /// movw, movt.
    pub fn constant(&mut self, d: u32, value: u32) {
        for (half, a32, t32) in
            [(value & 0xffff, 0xe300_0000, 0xf240_0000), (value >> 16, 0xe340_0000, 0xf2c0_0000)]
        {
            if self.thumb {
                let split = half >> 12 << 16 | (half >> 11 & 1) << 26 | (half >> 8 & 7) << 12 | half & 0xff;
                self.word(t32 | split | d << 8);
            } else {
                self.word(a32 | half >> 12 << 16 | d << 12 | half & 0xfff);
            }
        }
    }

    /// A VFP or Advanced SIMD instruction from its A32 word.
    pub fn simd(&mut self, word: u32) {
        if self.thumb && word >> 28 == 15 {
            match word >> 24 & 15 {
                4 => self.word(0xf900_0000 | word & 0xff_ffff),
                _ => self.word(0xef00_0000 | (word >> 24 & 1) << 28 | word & 0xff_ffff),
            }
        } else {
            self.word(word);
        }
    }

    fn either(&mut self, a32: u32, t32: u32) {
        self.word(if self.thumb { t32 } else { a32 });
    }

    /// Appends all registers and some of the data to the dump at r14.
    fn dump(&mut self, offset: u32) {
        self.either(0xe8ae_1fff, 0xe8ae_1fff);
        self.either(0xe10f_0000, 0xf3ef_8000);
        self.either(0xe48e_0004, 0xf84e_0b04);
        self.word(0xeef1_0a10);
        self.either(0xe48e_0004, 0xf84e_0b04);
        self.word(0xecae_0b20);
        self.word(0xecee_0b20);
        // add r0, sp, #offset; ldm r0, {r0-r12}; stm r14!, {r0-r12}
        let offset = offset & !3;
        let split = (offset >> 11) << 26 | (offset >> 8 & 7) << 12 | offset & 0xff;
        self.either(0xe28d_0f00 | offset >> 2, 0xf20d_0000 | split);
        self.either(0xe890_1fff, 0xe890_1fff);
        self.either(0xe8ae_1fff, 0xe8ae_1fff);
    }
}

pub struct Program {
    pub image: Vec<u8>,
    pub dump_address: u32,
    pub memory_bytes: u32,
    /// Where each chunk stands in the image.
    pub chunks: Vec<std::ops::Range<usize>>,
    pub instructions: usize,
}

fn header(order: Order, thumb: bool, file_bytes: u32, memory_bytes: u32) -> Vec<u8> {
    let big = order != Order::Little;
    let mut out = vec![0x7f, b'E', b'L', b'F', 1, if big { 2 } else { 1 }, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let half = |value: u16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let word = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    out.extend([half(2), half(40)].as_flattened());
    let flags = 0x0500_0000 | if order == Order::Big8 { 0x0080_0000 } else { 0 };
    let entry = BASE + CODE_OFFSET + u32::from(thumb);
    for value in [1, entry, 52, 0, flags] {
        out.extend(word(value));
    }
    for value in [52, 32, 1, 0, 0, 0] {
        out.extend(half(value));
    }
    for value in [1, 0, BASE, BASE, file_bytes, memory_bytes, 7, 0x1000] {
        out.extend(word(value));
    }
    out.resize(CODE_OFFSET as usize, 0);
    out
}

/// Makes a program; the same arguments make the same one.
pub fn program(kind: Kind, thumb: bool, order: Order, seed: u64) -> Program {
    let mut random = Random::new(seed * 64 + kind as u64 * 2 + u64::from(thumb) + 1);
    let mut code = Code { thumb, bytes: Vec::new(), count: 0, big_code: order == Order::Big32 };
    // Room for the code: its length does not matter to the addresses.
    let data = BASE + 0x6_0000;
    let dump = data + DATA_BYTES;
    let bytes = (DUMP_WORDS * 4 * CHUNKS) as u32;
    let mut chunks = Vec::new();
    let mut instructions = 0;
    code.constant(14, dump);
    for number in 0..CHUNKS {
        code.constant(13, data);
        for register in 0..13 {
            if number == 0 || random.below(2) == 0 {
                code.constant(register, random.word());
            }
        }
        let flags = random.next() as u32 & 0xf80f_0000;
        code.constant(12, flags);
        code.either(0xe12c_f00c, 0xf38c_8c00);
        simd::seed(&mut code, &mut random, kind, number == 0);
        let (begin, before) = (code.bytes.len(), code.count);
        while code.count < before + CHUNK_INSTRUCTIONS {
            step(&mut code, &mut random, kind);
        }
        // A skip at the end may reach over these.
        for _ in 0..4 {
            code.either(0xe1a0_0000, 0xf3af_8000);
        }
        instructions += code.count - before;
        chunks.push(begin + CODE_OFFSET as usize..code.bytes.len() + CODE_OFFSET as usize);
        code.dump(random.below(DATA_BYTES - 56));
    }
    for (register, value) in [(0, 1), (1, dump), (2, bytes), (7, 4)] {
        code.constant(register, value);
    }
    code.either(0xef00_0000, 0xdf00_bf00);
    code.constant(0, 0);
    code.constant(7, 1);
    code.either(0xef00_0000, 0xdf00_bf00);
    assert!(code.bytes.len() < 0x5_0000, "{} bytes of code", code.bytes.len());
    let memory_bytes = dump + bytes - BASE;
    let mut image = header(order, thumb, CODE_OFFSET + code.bytes.len() as u32, memory_bytes);
    image.extend(code.bytes);
    Program { image, dump_address: dump, memory_bytes, chunks, instructions }
}

fn step(code: &mut Code, random: &mut Random, kind: Kind) {
    let kind = match kind {
        Kind::Mixed => random.pick(&[
            Kind::Data,
            Kind::Data,
            Kind::Products,
            Kind::Media,
            Kind::Memory,
            Kind::Vfp,
            Kind::VfpMemory,
            Kind::NeonSame,
            Kind::NeonOther,
            Kind::NeonMemory,
        ]),
        kind => kind,
    };
    match (kind, code.thumb) {
        (Kind::Data | Kind::Products | Kind::Media | Kind::Memory, true) => t32::step(code, random, kind),
        (Kind::Data | Kind::Products | Kind::Media | Kind::Memory, false) => a32::step(code, random, kind),
        _ => simd::step(code, random, kind),
    }
}

fn names() -> impl Iterator<Item = String> {
    let doubles = (0..64).map(|half| format!("d{}.{}", half / 2, half % 2));
    (0..13)
        .map(|number| format!("r{number}"))
        .chain(["cpsr", "fpscr"].map(String::from))
        .chain(doubles)
        .chain((0..13).map(|word| format!("data{word}")))
}

impl Guest for Cpu {
    fn run(&mut self, memory: &mut Flat, budget: u64) -> Stop {
        otori_cpu::run(self, memory, budget).0
    }
    fn expect_more(&mut self) {
        self.frame().expect_more();
    }
    fn call(&self) -> Call {
        match self.registers[7] {
            4 => Call::Write { address: self.registers[1].into(), bytes: self.registers[2].into() },
            1 => Call::Exit,
            _ => Call::Other,
        }
    }
    fn program_counter(&self) -> u64 {
        self.pc().into()
    }
}

/// Instructions that agreed, of all classes.
static AGREED: AtomicUsize = AtomicUsize::new(0);

fn check(kind: Kind, thumb: bool, order: Order) {
    let agreed = crate::harness::check(|seed| {
        let program = program(kind, thumb, order, seed);
        let text = |range: &std::ops::Range<usize>| {
            let units = program.image[range.clone()].chunks(if thumb { 2 } else { 4 });
            let hexadecimal =
                |unit: &[u8]| unit.iter().rev().map(|byte| format!("{byte:02x}")).collect::<String>();
            units.map(|unit| hexadecimal(unit) + " ").collect()
        };
        let case = Case {
            name: format!("ARM {kind:?} thumb {thumb} {order:?} seed {seed}"),
            qemu: if order == Order::Little { "qemu-arm-static" } else { "qemu-armeb-static" },
            qemu_options: &["-cpu", "cortex-a7"],
            base: BASE.into(),
            memory_bytes: program.memory_bytes as usize,
            dump_address: program.dump_address.into(),
            registers: names().map(|name| (name, 4)).collect(),
            chunks: program.chunks.iter().map(text).collect(),
            instructions: program.instructions,
            image: program.image,
        };
        let mut cpu = Cpu::new(order);
        cpu.branch_exchange(BASE + CODE_OFFSET + u32::from(thumb));
        (case, cpu)
    });
    let all = AGREED.fetch_add(agreed, Ordering::Relaxed) + agreed;
    let encoding = if thumb { "T32" } else { "A32" };
    eprintln!("ARM {kind:?} {encoding} {order:?}: {agreed}; of all classes so far: {all}");
}

fn check_both_encodings(kind: Kind) {
    check(kind, false, Order::Little);
    check(kind, true, Order::Little);
}

#[test]
fn arm_data_processing_agrees_with_qemu() {
    check_both_encodings(Kind::Data);
}

#[test]
fn arm_products_agree_with_qemu() {
    check_both_encodings(Kind::Products);
}

#[test]
fn arm_media_instructions_agree_with_qemu() {
    check_both_encodings(Kind::Media);
}

#[test]
fn arm_loads_and_stores_agree_with_qemu() {
    check_both_encodings(Kind::Memory);
    check(Kind::Memory, false, Order::Big8);
    check(Kind::Memory, true, Order::Big8);
    check(Kind::Memory, false, Order::Big32);
    check(Kind::Memory, true, Order::Big32);
}

#[test]
fn arm_vfp_agrees_with_qemu() {
    check_both_encodings(Kind::Vfp);
}

#[test]
fn arm_vfp_loads_and_stores_agree_with_qemu() {
    check_both_encodings(Kind::VfpMemory);
    check(Kind::VfpMemory, false, Order::Big8);
    check(Kind::VfpMemory, true, Order::Big8);
    check(Kind::VfpMemory, false, Order::Big32);
}

#[test]
fn arm_neon_of_three_alike_agrees_with_qemu() {
    check_both_encodings(Kind::NeonSame);
}

#[test]
fn arm_other_neon_agrees_with_qemu() {
    check_both_encodings(Kind::NeonOther);
}

#[test]
fn arm_neon_loads_and_stores_agree_with_qemu() {
    check_both_encodings(Kind::NeonMemory);
    check(Kind::NeonMemory, false, Order::Big8);
    check(Kind::NeonMemory, true, Order::Big8);
    check(Kind::NeonMemory, false, Order::Big32);
}

#[test]
fn arm_everything_mixed_agrees_with_qemu() {
    check_both_encodings(Kind::Mixed);
    check(Kind::Mixed, false, Order::Big8);
    check(Kind::Mixed, true, Order::Big8);
    check(Kind::Mixed, false, Order::Big32);
    check(Kind::Mixed, true, Order::Big32);
}
