//! Classic BPF: programs that guests hand over are checked, then run over what a [`Source`] shows. Key type:
//! [`Program`]. Neighbours: net/filter.rs (packets), task/seccomp.rs (system calls). Specification: linux/filter.h,
//! linux/bpf_common.h, the kernel's networking/filter.rst.
use crate::abi::Endian;
use alloc::vec::Vec;

/// Instructions of one program (BPF_MAXINSNS).
pub const INSTRUCTIONS_MAX: usize = 4_096;
/// Bytes of one instruction, `struct sock_filter`.
pub const INSTRUCTION_BYTES: usize = 8;
/// Words of scratch memory (BPF_MEMWORDS).
const MEMORY_WORDS: usize = 16;

/// Classes and parts of an instruction's code.
const LOAD: u16 = 0;
const LOAD_X: u16 = 1;
const STORE: u16 = 2;
const STORE_X: u16 = 3;
const ARITHMETIC: u16 = 4;
const JUMP: u16 = 5;
const RETURN: u16 = 6;
const FROM_X: u16 = 0x08;

/// One instruction: `struct sock_filter`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Instruction {
    pub(crate) code: u16,
    pub(crate) when_true: u8,
    pub(crate) when_false: u8,
    pub(crate) value: u32,
}

/// The instructions of `struct sock_filter`s; bytes behind the last whole one are left out.
pub(crate) fn read(bytes: &[u8], endian: Endian) -> Vec<Instruction> {
    let one = |part: &[u8]| {
        let [c0, c1, when_true, when_false, v0, v1, v2, v3] = *part else { return None };
        let (code, value) = (endian.read_u16([c0, c1]), endian.read_u32([v0, v1, v2, v3]));
        Some(Instruction { code, when_true, when_false, value })
    };
    bytes.chunks_exact(INSTRUCTION_BYTES).filter_map(one).collect()
}

/// What loads see.
pub(crate) trait Source {
    /// How many bytes there are (BPF_LEN).
    fn length(&self) -> u32;
    /// `size` bytes at a place as a number; `None` ends the program with 0.
    fn bytes(&self, at: u32, size: usize) -> Option<u32>;
    /// The same for absolute and indexed loads, which may reach more than bytes.
    fn load(&self, at: u32, size: usize) -> Option<u32> {
        self.bytes(at, size)
    }
}

/// A checked program: every jump leads forward inside of it and its last instruction returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    instructions: Vec<Instruction>,
}

impl Program {
    /// `None` for a program that Linux refuses.
    pub(crate) fn checked(instructions: Vec<Instruction>) -> Option<Program> {
        let length = instructions.len();
        let ends = instructions.last().is_some_and(|last| last.code & 7 == RETURN);
        let sound = |(at, step): (usize, &Instruction)| step.is_sound(length - at - 1);
        let fits = ends && length <= INSTRUCTIONS_MAX && instructions.iter().enumerate().all(sound);
        fits.then_some(Program { instructions })
    }

    /// How many instructions it has.
    pub(crate) fn length(&self) -> usize {
        self.instructions.len()
    }

    /// What it returns; 0 after a load of what is not there and a division by 0. Ends, since every jump leads forward.
    pub(crate) fn run(&self, source: &impl Source) -> u32 {
        self.execute(source).unwrap_or(0)
    }

    fn execute(&self, source: &impl Source) -> Option<u32> {
        let (mut a, mut x, mut memory) = (0_u32, 0_u32, [0_u32; MEMORY_WORDS]);
        let mut at = 0;
        loop {
            let step = self.instructions.get(at)?;
            at += 1;
            let operand = if step.code & FROM_X != 0 { x } else { step.value };
            match step.code & 7 {
                LOAD => a = step.load(source, x, &memory)?,
                LOAD_X => x = step.load(source, x, &memory)?,
                STORE => *memory.get_mut(step.value as usize)? = a,
                STORE_X => *memory.get_mut(step.value as usize)? = x,
                ARITHMETIC => a = compute(step.code & 0xf0, a, operand)?,
                JUMP => {
                    at += match step.code & 0xf0 {
                        0x00 => step.value as usize,
                        0x10 => step.choose(a == operand),
                        0x20 => step.choose(a > operand),
                        0x30 => step.choose(a >= operand),
                        _ => step.choose(a & operand != 0),
                    }
                }
                RETURN => return Some(if step.code & 0x18 == 0x10 { a } else { step.value }),
                _ if step.code & 0xf8 == 0 => x = a,
                _ => a = x,
            }
        }
    }
}

/// Shifts by a register count modulo 32, as the kernel's interpreter masks them.
fn compute(operation: u16, a: u32, operand: u32) -> Option<u32> {
    Some(match operation {
        0x00 => a.wrapping_add(operand),
        0x10 => a.wrapping_sub(operand),
        0x20 => a.wrapping_mul(operand),
        0x30 => a.checked_div(operand)?,
        0x40 => a | operand,
        0x50 => a & operand,
        0x60 => a.wrapping_shl(operand),
        0x70 => a.wrapping_shr(operand),
        0x80 => a.wrapping_neg(),
        0x90 => a.checked_rem(operand)?,
        _ => a ^ operand,
    })
}

impl Instruction {
    /// Whether Linux takes it, with that many instructions behind it.
    fn is_sound(&self, behind: usize) -> bool {
        match self.code {
            // loads: word, half, byte; absolute, indexed, immediate, memory, length; the header length into X
            0x20 | 0x28 | 0x30 | 0x40 | 0x48 | 0x50 | 0x00 | 0x80 | 0x01 | 0x81 | 0xb1 => true,
            0x60 | 0x61 | 0x02 | 0x03 => (self.value as usize) < MEMORY_WORDS,
            // arithmetic; a constant divisor must not be 0, a constant shift less than 32
            0x34 | 0x94 => self.value != 0,
            0x64 | 0x74 => self.value < 32,
            0x04 | 0x14 | 0x24 | 0x44 | 0x54 | 0xa4 | 0x84 => true,
            0x0c | 0x1c | 0x2c | 0x3c | 0x4c | 0x5c | 0x6c | 0x7c | 0x9c | 0xac => true,
            0x05 => (self.value as usize) < behind,
            0x15 | 0x25 | 0x35 | 0x45 | 0x1d | 0x2d | 0x3d | 0x4d => {
                usize::from(self.when_true.max(self.when_false)) < behind
            }
            0x06 | 0x16 | 0x07 | 0x87 => true,
            _ => false,
        }
    }

    fn choose(&self, holds: bool) -> usize {
        usize::from(if holds { self.when_true } else { self.when_false })
    }

    fn load(&self, source: &impl Source, x: u32, memory: &[u32; MEMORY_WORDS]) -> Option<u32> {
        match self.code & 0xe0 {
            0x00 => Some(self.value),
            0x60 => memory.get(self.value as usize).copied(),
            0x80 => Some(source.length()),
            // 4 * (byte & 15): the length of an IPv4 header
            0xa0 => Some((source.bytes(self.value, 1)? & 0xf) * 4),
            mode => {
                let size = [4, 2, 1].get(usize::from(self.code >> 3 & 3)).copied()?;
                source.load(if mode == 0x40 { self.value.wrapping_add(x) } else { self.value }, size)
            }
        }
    }
}
