//! Random programs. Registers 26 to 29 are the harness's: 26 and 27 loop counter and jump target, 28 data, 29 dump.

use super::elf::CODE_OFFSET;
use super::mips16;
use crate::random::Random;
use otori_cpu::mips::{Endian, FloatRegisters};

/// Where the program's only segment is loaded.
pub const BASE: u32 = 0x40_0000;
/// The call prctl and one of its options.
pub const PRCTL: u32 = 4192;
const PR_SET_FP_MODE: u32 = 45;
const CHUNKS: usize = 400;
/// Random instructions in a chunk, about.
const CHUNK_WORDS: usize = 20;
/// Bytes of data that loads and stores go to.
const DATA_BYTES: u32 = 1024;
/// General registers 1 to 25, 30, 31.
pub const SAVED: [u32; 27] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 30, 31];
/// Bytes dumped after a chunk: the saved registers, hi, lo, FCSR, 32 doubles (or 16 pairs).
pub const DUMP_BYTES: usize = 4 * (SAVED.len() + 3) + 256;

/// What the dumped words are.
pub fn dump_names() -> impl Iterator<Item = String> {
    let floats = (0..64).map(|half| format!("f{}.{}", half / 2, half % 2));
    SAVED
        .iter()
        .map(|number| format!("r{number}"))
        .chain(["hi", "lo", "fcsr"].map(String::from))
        .chain(floats)
}

/// The view of the floating point registers and the kind of NaN that a program expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    pub registers: FloatRegisters,
    pub nan_2008: bool,
}

/// FR=0 and FR=1 with the old NaNs, then with those of IEEE 754-2008.
pub const MODES: [Mode; 4] = [
    Mode { registers: FloatRegisters::Pairs, nan_2008: false },
    Mode { registers: FloatRegisters::Wide, nan_2008: false },
    Mode { registers: FloatRegisters::Pairs, nan_2008: true },
    Mode { registers: FloatRegisters::Wide, nan_2008: true },
];

/// Which instructions a program is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Arithmetic,
    Products,
    Memory,
    Branches,
    Float,
    Mixed,
    Mips16,
}

pub struct Program {
    /// Everything behind the headers.
    pub words: Vec<u32>,
    /// The random instructions of each chunk, for telling what went wrong.
    pub chunks: Vec<Vec<u32>>,
}

impl Program {
    fn data_address(&self) -> u32 {
        (BASE + CODE_OFFSET + 4 * self.words.len() as u32).next_multiple_of(0x1000) + 0x1000
    }
    pub fn dump_address(&self) -> u32 {
        self.data_address() + DATA_BYTES
    }
    pub fn dump_bytes(&self) -> u32 {
        (DUMP_BYTES * CHUNKS) as u32
    }
    pub fn memory_bytes(&self) -> u32 {
        self.dump_address() + self.dump_bytes() - BASE
    }
}

pub fn immediate(opcode: u32, s: u32, t: u32, value: u32) -> u32 {
    opcode << 26 | s << 21 | t << 16 | value & 0xffff
}
pub fn register(function: u32, s: u32, t: u32, d: u32) -> u32 {
    s << 21 | t << 16 | d << 11 | function
}
fn load_word(words: &mut Vec<u32>, t: u32, value: u32) {
    words.extend([immediate(15, 0, t, value >> 16), immediate(13, t, t, value)]);
}
fn float(format: u32, t: u32, s: u32, d: u32, function: u32) -> u32 {
    17 << 26 | format << 21 | t << 16 | s << 11 | d << 6 | function
}

/// Makes a program; the same arguments make the same one.
pub fn program(kind: Kind, mode: Mode, endian: Endian, seed: u64) -> Program {
    let float_registers = mode.registers;
    let mut random = Random::new(seed * 31 + kind as u64 + 1);
    let mut program = Program { words: Vec::new(), chunks: Vec::new() };
    // The addresses depend on the length, which does not depend on them.
    let begin = |words: &mut Vec<u32>, data: u32, dump: u32| {
        load_word(words, 28, data);
        load_word(words, 29, dump);
    };
    begin(&mut program.words, 0, 0);
    if mode.nan_2008 && mode.registers == FloatRegisters::Pairs {
        // Whatever the headers say, qemu 7.2 starts this processor with FR=1.
        for (t, value) in [(4, PR_SET_FP_MODE), (5, 0), (2, PRCTL)] {
            load_word(&mut program.words, t, value);
        }
        program.words.push(12);
    }
    for number in 0..CHUNKS {
        let mut generator = Generator { random: &mut random, mode, words: Vec::new() };
        generator.seed(number == 0, kind);
        let seeds = generator.words.len();
        if kind == Kind::Mips16 {
            program.words.extend(generator.words);
            let address = BASE + CODE_OFFSET + 4 * program.words.len() as u32;
            let (words, chunk) = mips16::chunk(&mut random, endian, address);
            program.words.extend(words);
            program.chunks.push(chunk);
        } else {
            while generator.words.len() < seeds + CHUNK_WORDS {
                generator.step(kind);
            }
            // A branch at the end may skip over up to this many.
            let mut words = generator.words;
            words.extend([0; 8]);
            program.words.extend(&words);
            program.chunks.push(words);
        }
        dump(&mut program.words, float_registers);
    }
    let (data, dump, bytes) =
        (program.data_address() + 0x1000, program.dump_address() + 0x1000, program.dump_bytes());
    load_word(&mut program.words, 4, 1);
    load_word(&mut program.words, 5, dump);
    load_word(&mut program.words, 6, bytes);
    load_word(&mut program.words, 2, 4004);
    program.words.push(12);
    load_word(&mut program.words, 4, 0);
    load_word(&mut program.words, 2, 4001);
    program.words.push(12);
    // Settle on addresses a page further than the shortest program would have.
    while program.data_address() < data {
        program.words.push(0);
    }
    assert_eq!(program.data_address(), data);
    let mut first = Vec::new();
    begin(&mut first, data, dump);
    program.words[..first.len()].copy_from_slice(&first);
    program
}

/// Code that appends all registers to the dump.
fn dump(words: &mut Vec<u32>, float_registers: FloatRegisters) {
    let mut at = 0;
    for t in SAVED {
        words.push(immediate(43, 29, t, at));
        at += 4;
    }
    for read in [register(16, 0, 0, 26), register(18, 0, 0, 26), 17 << 26 | 2 << 21 | 26 << 16 | 31 << 11] {
        words.extend([read, immediate(43, 29, 26, at)]);
        at += 4;
    }
    for f in 0..32 {
        match float_registers {
            // The dump of 376 bytes keeps doubles on multiples of eight.
            FloatRegisters::Wide | FloatRegisters::Hybrid => words.push(immediate(61, 29, f, at + 8 * f)),
            FloatRegisters::Pairs => words.push(immediate(57, 29, f, at + 8 * f)),
        }
    }
    words.push(immediate(9, 29, 29, DUMP_BYTES as u32));
}

struct Generator<'a> {
    random: &'a mut Random,
    mode: Mode,
    words: Vec<u32>,
}

impl Generator<'_> {
    fn any(&mut self) -> u32 {
        if self.random.below(12) == 0 { 0 } else { self.random.pick(&SAVED) }
    }

    /// A floating point register that can hold a double.
    fn any_float(&mut self) -> u32 {
        match self.mode.registers {
            FloatRegisters::Pairs => self.random.below(16) * 2,
            FloatRegisters::Wide | FloatRegisters::Hybrid => self.random.below(32),
        }
    }

    /// Fresh values in some registers, or in all.
    fn seed(&mut self, all: bool, kind: Kind) {
        for t in SAVED {
            if all || self.random.below(6) == 0 {
                let value = self.random.word();
                load_word(&mut self.words, t, value);
            }
        }
        if !matches!(kind, Kind::Float | Kind::Mixed) {
            return;
        }
        for f in 0..32 {
            if all || self.random.below(4) == 0 {
                let bits = self.random.float();
                load_word(&mut self.words, 26, bits as u32);
                load_word(&mut self.words, 27, (bits >> 32) as u32);
                let (low, high) = match self.mode.registers {
                    FloatRegisters::Wide | FloatRegisters::Hybrid => (f, 7 << 21 | f << 11),
                    FloatRegisters::Pairs => (f & !1, 4 << 21 | (f | 1) << 11),
                };
                self.words.extend([17 << 26 | 4 << 21 | 26 << 16 | low << 11, 17 << 26 | high | 27 << 16]);
            }
        }
        // Rounding mode, condition codes, flags. Nothing traps. No flush to zero: there qemu raises no underflow.
        let control = self.random.below(4) | self.random.next() as u32 & 0xfe80_007c;
        load_word(&mut self.words, 26, control);
        self.words.push(17 << 26 | 6 << 21 | 26 << 16 | 31 << 11);
    }

    /// One more instruction, or a few that belong together.
    fn step(&mut self, kind: Kind) {
        let kind = match kind {
            Kind::Mixed => self.random.pick(&[
                Kind::Arithmetic,
                Kind::Products,
                Kind::Memory,
                Kind::Branches,
                Kind::Float,
            ]),
            Kind::Branches if self.random.below(2) == 0 => Kind::Arithmetic,
            kind => kind,
        };
        match kind {
            Kind::Memory => self.memory(),
            Kind::Branches => self.branch(),
            _ => {
                let word = self.plain(kind);
                self.words.push(word);
            }
        }
    }

    /// An instruction that may stand in a delay slot.
    fn plain(&mut self, kind: Kind) -> u32 {
        match kind {
            Kind::Products => self.product(),
            Kind::Float => self.float(),
            _ => self.arithmetic(),
        }
    }

    fn arithmetic(&mut self) -> u32 {
        let (s, t, d) = (self.any(), self.any(), self.any());
        let (amount, value) = (self.random.below(32), self.random.word());
        match self.random.below(40) {
            0..=10 => register(self.random.pick(&[33, 35, 36, 37, 38, 39, 42, 43, 10, 11]), s, t, d),
            11..=19 => immediate(self.random.pick(&[9, 10, 11, 12, 13, 14]), s, t, value),
            20 => immediate(15, 0, t, value),
            21..=24 => register(self.random.pick(&[0, 2, 3]) | amount << 6, 0, t, d),
            25 => register(2 | amount << 6, 1, t, d),
            26..=28 => register(self.random.pick(&[4, 6, 7]), s, t, d),
            29 => register(6 | 1 << 6, s, t, d),
            30 | 31 => {
                let size = self.random.below(32 - amount);
                31 << 26 | register(amount << 6, s, t, size)
            }
            32 | 33 => {
                let high = amount + self.random.below(32 - amount);
                31 << 26 | register(4 | amount << 6, s, t, high)
            }
            34 => 31 << 26 | register(32 | self.random.pick(&[2, 16, 24]) << 6, 0, t, d),
            35 => 28 << 26 | register(self.random.pick(&[32, 33]), s, d, d),
            36 => 31 << 26 | register(59, 0, t, self.random.pick(&[0, 1, 3])),
            // Traps that do not hold; additions that cannot overflow.
            37 => register(self.random.pick(&[50, 51, 54]), s, s, 0),
            // teqi $0, 1; tlti $0, 0; tltiu $0, 0; tnei $0, 0
            38 => self.random.pick(&[0x040c_0001, 0x040a_0000, 0x040b_0000, 0x040e_0000]),
            _ => register(32, 0, t, d),
        }
    }

    fn product(&mut self) -> u32 {
        let (s, t, d) = (self.any(), self.any(), self.any());
        match self.random.below(16) {
            0..=3 => register(self.random.pick(&[24, 25]), s, t, 0),
            4..=6 => register(self.random.pick(&[26, 27]), s, t, 0),
            7..=9 => 28 << 26 | register(self.random.pick(&[0, 1, 4, 5]), s, t, 0),
            10 => 28 << 26 | register(2, s, t, d),
            11 | 12 => register(self.random.pick(&[16, 18]), 0, 0, d),
            13 => register(self.random.pick(&[17, 19]), s, 0, 0),
            _ => self.arithmetic(),
        }
    }

    fn memory(&mut self) {
        let t = self.any();
        let at = self.random.below(DATA_BYTES - 8);
        let word = match self.random.below(20) {
            0..=3 => immediate(self.random.pick(&[32, 36, 40]), 28, t, at),
            4..=6 => immediate(self.random.pick(&[33, 37, 41]), 28, t, at & !1),
            7..=9 => {
                // Neighbours, as prologues and copies have them.
                let (opcode, t) = (self.random.pick(&[35, 43]), self.any());
                let near = (at & !3).saturating_sub(4 * self.random.below(3));
                self.words.push(immediate(opcode, 28, t, near));
                immediate(opcode, 28, self.any(), at & !3)
            }
            10..=15 => immediate(self.random.pick(&[34, 38, 42, 46]), 28, t, at),
            16 => {
                self.words.push(immediate(48, 28, t, at & !3));
                let (change, s) = (self.arithmetic(), self.any());
                self.words.push(change);
                immediate(56, 28, s, at & !3)
            }
            17 => {
                let f = self.any_float();
                immediate(self.random.pick(&[49, 57]), 28, f, at & !3)
            }
            18 => {
                let f = self.any_float();
                immediate(self.random.pick(&[53, 61]), 28, f, at & !7)
            }
            _ => {
                self.words.push(immediate(9, 0, 26, at & !7));
                let f = self.any_float();
                match self.random.below(4) {
                    0 => 19 << 26 | register(f << 6, 28, 26, 0),
                    1 => 19 << 26 | register(f << 6 | 1, 28, 26, 0),
                    2 => 19 << 26 | register(8, 28, 26, f),
                    _ => 19 << 26 | register(9, 28, 26, f),
                }
            }
        };
        self.words.push(word);
    }

    fn branch(&mut self) {
        let (s, t, distance) = (self.any(), self.any(), self.random.below(6) + 1);
        let condition = self.random.pick(&[Kind::Arithmetic, Kind::Float, Kind::Products]);
        let slot = self.plain(condition);
        match self.random.below(12) {
            0..=5 => {
                let same = if self.random.below(3) == 0 { s } else { t };
                let word = match self.random.below(5) {
                    0 => immediate(self.random.pick(&[4, 5, 20, 21]), s, same, distance),
                    1 => immediate(self.random.pick(&[6, 7, 22, 23]), s, 0, distance),
                    2 => immediate(1, s, self.random.pick(&[0, 1, 2, 3]), distance),
                    // The linking kind must not look at register 31.
                    3 => immediate(1, s.min(30), self.random.pick(&[16, 17, 18, 19]), distance),
                    _ => {
                        let code = self.random.below(8) << 18 | self.random.below(4) << 16;
                        17 << 26 | 8 << 21 | code | distance
                    }
                };
                self.words.extend([word, slot]);
                for _ in 0..distance {
                    let word = self.plain(Kind::Arithmetic);
                    self.words.push(word);
                }
            }
            6 | 7 => {
                // A loop of a few rounds.
                let rounds = self.random.below(4) + 1;
                self.words.push(immediate(9, 0, 26, rounds));
                for _ in 0..distance {
                    let word = self.plain(condition);
                    self.words.push(word);
                }
                self.words.push(immediate(9, 26, 26, 0xffff));
                let back = (distance + 2).wrapping_neg();
                self.words.push(match self.random.below(3) {
                    0 => immediate(5, 26, 0, back),
                    1 => immediate(7, 26, 0, back),
                    _ => immediate(21, 26, 0, back),
                });
                self.words.push(slot);
            }
            _ => {
                // bal behind the next three, jump back by register, with slots; then on.
                let link = self.random.pick(&[31, 31, 25, 16]);
                self.words.extend([immediate(1, 0, 17, 1), 0]);
                self.words.push(immediate(9, 31, 27, 16));
                self.words.push(register(9, 27, 0, link));
                self.words.push(slot);
                // Here 27 points: the address that `bal` left plus 16 is this word.
                self.words.push(0);
                self.words.push(0);
            }
        }
    }

    fn float(&mut self) -> u32 {
        let (s, t, d, general) = (self.any_float(), self.any_float(), self.any_float(), self.any());
        let format = self.random.pick(&[16, 17]);
        let wide = self.mode.registers == FloatRegisters::Wide;
        match self.random.below(32) {
            0..=8 => float(format, t, s, d, self.random.pick(&[0, 1, 2, 3])),
            9 => float(format, 0, s, d, 4),
            10 => float(format, 0, s, d, self.random.pick(&[5, 6, 7])),
            11 | 12 => float(format, 0, s, d, self.random.pick(&[12, 13, 14, 15, 36])),
            13 if wide => float(format, 0, s, d, self.random.pick(&[8, 9, 10, 11, 37])),
            13 | 14 => float(20, 0, s, d, self.random.pick(&[32, 33])),
            15 if wide => float(21, 0, s, d, self.random.pick(&[32, 33])),
            15 | 16 => float(16, 0, s, d, 33),
            17 => float(17, 0, s, d, 32),
            18..=20 => float(format, t, s, self.random.below(8) << 2, 48 + self.random.below(16)),
            21 => register(1, general, self.random.below(8) << 2 | self.random.below(2), self.any()),
            22 => float(format, self.random.below(8) << 2 | self.random.below(2), s, d, 17),
            23 => float(format, general, s, d, self.random.pick(&[18, 19])),
            24 => 17 << 26 | self.random.pick(&[0, 4]) << 21 | general << 16 | self.random.below(32) << 11,
            25 => 17 << 26 | self.random.pick(&[3, 7]) << 21 | general << 16 | s << 11,
            // What qemu's processor with the new NaNs says of itself is not what ours says.
            26 => {
                let controls: &[u32] =
                    if self.mode.nan_2008 { &[25, 26, 28, 31] } else { &[0, 25, 26, 28, 31] };
                17 << 26 | 2 << 21 | general << 16 | self.random.pick(controls) << 11
            }
            27 => float(format, 0, s, d, self.random.pick(&[21, 22])),
            28..=30 => {
                let function = self.random.pick(&[32, 40, 48, 56]) | (format - 16);
                19 << 26 | self.any_float() << 21 | t << 16 | s << 11 | d << 6 | function
            }
            _ => 17 << 26 | 6 << 21 | self.random.pick(&[25, 25]) << 11,
        }
    }
}
