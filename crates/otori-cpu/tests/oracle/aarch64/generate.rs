//! Random programs and the ELF file around them. Registers 26 to 30 are the harness's: 26 base of an access, 27 dump,
//! 28 data, 29 between, 30 link.

use super::template::{Kind, Templates};
use crate::random::Random;

/// Where the program's only segment is loaded.
pub const BASE: u64 = 0x40_0000;
/// Bytes of ELF header and program header, in front of the code.
pub const CODE_OFFSET: u64 = 0x78;
const CHUNKS: usize = 2000;
/// Random instructions in a chunk, about.
const CHUNK_WORDS: usize = 24;
/// Bytes of data that loads and stores go to; the middle is the boundary of a page.
pub const DATA_BYTES: u64 = 768;
/// Registers that are dumped: `x0` to `x26`.
const SAVED: u32 = 27;
/// Constants of a chunk: `x0` to `x25`, flags, FPCR, FPSR, `v0` to `v31`.
const POOL_WORDS: usize = 2 * (26 + 4) + 4 * 32;

/// What is dumped.
pub fn dump_names() -> Vec<(String, usize)> {
    let general = (0..=SAVED).map(|number| match number {
        SAVED => (String::from("pad"), 8),
        number => (format!("x{number}"), 8),
    });
    let vectors = (0..32).map(|number| (format!("v{number}"), 16));
    let data = (0..DATA_BYTES / 16).map(|line| (format!("data+{}", line * 16), 16));
    let flags = [(String::from("nzcv"), 8), (String::from("fpsr"), 8)];
    general.chain(flags).chain(vectors).chain(data).collect()
}

fn dump_bytes() -> u64 {
    dump_names().iter().map(|(_, bytes)| *bytes as u64).sum()
}

pub struct Program {
    /// Everything behind the headers.
    words: Vec<u32>,
    /// The random instructions of each chunk, for telling what went wrong.
    pub chunks: Vec<Vec<u32>>,
}

/// A word of code or a place that is filled in once the pools stand.
struct Code {
    words: Vec<u32>,
    /// Where a chunk loads the address of its pool.
    pools: Vec<usize>,
}

fn pair(load: bool, vector: bool, first: u32, second: u32, base: u32, place: u32) -> u32 {
    let (kind, scale) = if vector { (0xad00_0000, 4) } else { (0xa900_0000, 3) };
    kind | u32::from(load) << 22 | (place >> scale & 127) << 15 | second << 10 | base << 5 | first
}

fn add(d: u32, n: u32, imm: u32) -> u32 {
    0x9100_0000 | imm << 10 | n << 5 | d
}

/// `mrs` or `msr`.
fn system(read: bool, register: u32, t: u32) -> u32 {
    (if read { 0xd520_0000 } else { 0xd500_0000 }) | register | t
}
const NZCV: u32 = 0x1b_4200;
const FPCR: u32 = 0x1b_4400;
const FPSR: u32 = 0x1b_4420;

/// Loads all registers from the pool at `x26`.
fn load_all() -> Vec<u32> {
    let mut code = Vec::new();
    for register in (0..32).step_by(2) {
        code.push(pair(true, true, register, register + 1, 26, 240 + 16 * register));
    }
    for (register, place) in [(NZCV, 208), (FPCR, 216), (FPSR, 224)] {
        // ldr x29, [x26, #place]
        code.push(0xf940_0000 | place / 8 << 10 | 26 << 5 | 29);
        code.push(system(false, register, 29));
    }
    for register in (0..26).step_by(2) {
        code.push(pair(true, false, register, register + 1, 26, 8 * register));
    }
    code.push(0xd65f_03c0);
    code
}

/// Stores all registers and the data to the dump at `x27`, which moves on.
fn dump_all() -> Vec<u32> {
    let mut code = Vec::new();
    for register in (0..28).step_by(2) {
        let second = if register == 26 { 31 } else { register + 1 };
        code.push(pair(false, false, register, second, 27, 8 * register));
    }
    for (register, t) in [(NZCV, 29), (FPSR, 26)] {
        code.push(system(true, register, t));
    }
    code.push(pair(false, false, 29, 26, 27, 224));
    code.push(add(27, 27, 240));
    for register in (0..32).step_by(2) {
        code.push(pair(false, true, register, register + 1, 27, 16 * register));
    }
    code.push(add(27, 27, 512));
    for place in (0..DATA_BYTES as u32).step_by(32) {
        code.push(pair(true, true, 0, 1, 28, place));
        code.push(pair(false, true, 0, 1, 27, place));
    }
    code.push(add(27, 27, DATA_BYTES as u32));
    code.push(0xd65f_03c0);
    code
}

fn branch_and_link(from: usize, to: usize) -> u32 {
    0x9400_0000 | (to as i32 - from as i32) as u32 & 0x03ff_ffff
}

/// `movz` and `movk` of an address below 2^32.
fn set_address(register: u32, address: u64) -> [u32; 2] {
    let halves = [address as u32 & 0xffff, (address >> 16) as u32];
    [0xd280_0000 | halves[0] << 5 | register, 0xf2a0_0000 | halves[1] << 5 | register]
}

fn pool(random: &mut Random, kind: Kind) -> Vec<u32> {
    let mut words = Vec::with_capacity(POOL_WORDS);
    let mut long = |value: u64| words.extend([value as u32, (value >> 32) as u32]);
    for _ in 0..26 {
        let (low, high) = (u64::from(random.word()), u64::from(random.word()));
        long(match random.below(3) {
            0 => low as i32 as u64,
            _ => high << 32 | low,
        });
    }
    let plain = kind != Kind::Float && kind != Kind::VectorFloat || random.below(3) == 0;
    long(random.next() & 0xf000_0000);
    long(if plain { 0 } else { random.next() & 0x07c0_0000 });
    long(if random.below(2) == 0 { 0 } else { random.next() & 0x0800_009f });
    long(0);
    for _ in 0..64 {
        long(match random.below(5) {
            0 => random.next(),
            1 => u64::from(random.word()) << 32 | u64::from(random.word()),
            // Halves as numbers of half precision with all exponents.
            2 => random.next() & random.next(),
            _ => random.float(),
        });
    }
    words
}

impl Program {
    pub fn new(kind: Kind, seed: u64) -> Program {
        let mut random = Random::new(seed.wrapping_mul(16) + kind as u64 + 1);
        let mut code = Code { words: Vec::new(), pools: Vec::new() };
        // Addresses are known once the size of everything is; the size does not depend on them.
        let start = set_address(28, 0).len() * 2;
        let (load, dump) = (load_all(), dump_all());
        code.words.resize(start, 0);
        // mov sp, x28
        code.words.push(add(31, 28, 0));
        code.words.push(0x1400_0000 | (1 + load.len() + dump.len()) as u32);
        let load_at = code.words.len();
        code.words.extend(&load);
        let dump_at = code.words.len();
        code.words.extend(&dump);
        let mut templates = Templates::new(kind);
        let mut chunks = Vec::new();
        for _ in 0..CHUNKS {
            code.pools.push(code.words.len());
            code.words.extend([0, 0, branch_and_link(code.words.len() + 2, load_at)]);
            let chunk = templates.chunk(&mut random, CHUNK_WORDS);
            code.words.extend(&chunk);
            code.words.push(branch_and_link(code.words.len(), dump_at));
            chunks.push(chunk);
        }
        let total = dump_bytes() * CHUNKS as u64;
        // write(1, dump, total), exit(0)
        let end = code.words.len();
        code.words.extend([0; 10]);
        let pools: Vec<Vec<u32>> = (0..CHUNKS).map(|_| pool(&mut random, kind)).collect();
        if code.words.len() % 4 != 2 {
            code.words.resize(code.words.len().next_multiple_of(4) + 2, 0);
        }
        let first_pool = code.words.len();
        code.words.extend(pools.iter().flatten());
        let mut program = Program { words: code.words, chunks };
        program.link(start, end, &code.pools, first_pool, total);
        program
    }

    /// Fills the addresses in.
    fn link(&mut self, start: usize, end: usize, pools: &[usize], first_pool: usize, total: u64) {
        let (data, dump) = (self.data_address(), self.dump_address());
        let begin = [set_address(28, data), set_address(27, dump)];
        self.words[..start].copy_from_slice(begin.as_flattened());
        for (number, place) in pools.iter().enumerate() {
            let address = BASE + CODE_OFFSET + 4 * (first_pool + number * POOL_WORDS) as u64;
            self.words[*place..place + 2].copy_from_slice(&set_address(26, address));
        }
        let mut tail = vec![0xd280_0020];
        tail.extend(set_address(1, dump));
        tail.extend(set_address(2, total));
        // mov x8, #64; svc; mov x0, #0; mov x8, #93; svc
        tail.extend([0xd280_0808, 0xd400_0001, 0xd280_0000, 0xd280_0ba8, 0xd400_0001]);
        self.words[end..end + tail.len()].copy_from_slice(&tail);
    }

    fn data_address(&self) -> u64 {
        let end = BASE + CODE_OFFSET + 4 * self.words.len() as u64;
        (end + DATA_BYTES).next_multiple_of(0x1000) + 0x1000 - DATA_BYTES / 2
    }
    pub fn dump_address(&self) -> u64 {
        (self.data_address() + DATA_BYTES).next_multiple_of(0x1000)
    }
    pub fn memory_bytes(&self) -> usize {
        (self.dump_address() + dump_bytes() * CHUNKS as u64 - BASE) as usize
    }

    /// The segment from [`BASE`] on: headers, code, constants, room for data and dump.
    pub fn image(&self) -> Vec<u8> {
        let mut out = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        out.extend([2u16, 183].map(u16::to_le_bytes).as_flattened());
        out.extend(1u32.to_le_bytes());
        out.extend([BASE + CODE_OFFSET, 64, 0].map(u64::to_le_bytes).as_flattened());
        out.extend(0u32.to_le_bytes());
        out.extend([64u16, 56, 1, 64, 0, 0].map(u16::to_le_bytes).as_flattened());
        let file_bytes = CODE_OFFSET + 4 * self.words.len() as u64;
        out.extend([1u32, 7].map(u32::to_le_bytes).as_flattened());
        let end = self.memory_bytes() as u64;
        out.extend([0, BASE, BASE, file_bytes, end, 0x1000].map(u64::to_le_bytes).as_flattened());
        for word in &self.words {
            out.extend(word.to_le_bytes());
        }
        out
    }
}
