//! How many guest instructions a second the MIPS engine runs on an address space: `cargo bench -p otori-linux`.
//!
//! Small loops, each of one character; the loop is run until a second has passed.

#![allow(clippy::unwrap_used, clippy::precedence, clippy::print_stdout, reason = "a measuring program")]

use otori_cpu::mips::{Cpu, Endian};
use otori_linux::mm::{AddressSpace, Backing, Prot};
use std::time::Instant;

const CODE: u32 = 0x40_0000;
const DATA: u32 = 0x50_0000;
const NOP: u32 = 0;

fn immediate(opcode: u32, s: u32, t: u32, value: i32) -> u32 {
    opcode << 26 | s << 21 | t << 16 | value as u32 & 0xffff
}
fn register(function: u32, s: u32, t: u32, d: u32) -> u32 {
    s << 21 | t << 16 | d << 11 | function
}
fn jump_to(words: &[u32], target: usize) -> u32 {
    immediate(4, 0, 0, target as i32 - words.len() as i32 - 1)
}

/// Additions and shifts in registers.
fn registers() -> Vec<u32> {
    let mut words = vec![
        immediate(9, 2, 2, 1),
        register(33, 2, 3, 3),
        register(38, 3, 2, 4),
        register(4 << 6, 0, 4, 5),
        register(3 << 6 | 2, 0, 5, 6),
        register(43, 6, 3, 7),
        register(35, 3, 7, 3),
    ];
    words.extend([jump_to(&words, 0), immediate(9, 8, 8, 1)]);
    words
}

/// One load and one store for every three other instructions.
fn memory() -> Vec<u32> {
    let mut words = vec![
        immediate(15, 0, 2, (DATA >> 16) as i32),
        immediate(35, 2, 3, 16),
        immediate(9, 3, 3, 1),
        immediate(43, 2, 3, 16),
        immediate(36, 2, 4, 21),
        register(33, 4, 3, 5),
        immediate(40, 2, 5, 40),
        immediate(9, 6, 6, 1),
    ];
    words.extend([jump_to(&words, 1), NOP]);
    words
}

/// 512 blocks of four instructions, half of them skipping over another by a forward branch.
fn branches() -> Vec<u32> {
    let mut words = Vec::new();
    for _ in 0..512 {
        words.extend([
            immediate(9, 2, 2, 1),
            immediate(12, 2, 3, 1),
            immediate(4, 3, 0, 3),
            NOP,
            immediate(9, 4, 4, 1),
            register(33, 4, 2, 5),
        ]);
    }
    words.extend([jump_to(&words, 0), NOP]);
    words
}

/// A function that saves a register, called in a loop.
fn calls() -> Vec<u32> {
    vec![
        immediate(15, 0, 29, (DATA >> 16) as i32),
        3 << 26 | (CODE + 24) >> 2,
        immediate(9, 0, 4, 7),
        immediate(4, 0, 0, -3),
        register(33, 2, 16, 16),
        NOP,
        immediate(9, 29, 29, -16),
        immediate(43, 29, 31, 12),
        register(33, 4, 4, 2),
        immediate(35, 29, 31, 12),
        register(8, 31, 0, 0),
        immediate(9, 29, 29, 16),
    ]
}

/// CPU time of this thread so far (proc(5), schedstat).
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

fn measure(name: &str, words: &[u32]) {
    let mut space = AddressSpace::new(0x7fff_8000, 1000);
    space.map(CODE.into(), 0x10000, Prot::ALL, Backing::Zero, "").unwrap();
    space.map(u64::from(DATA) - 0x1000, 0x2000, Prot::READ_WRITE, Backing::Zero, "").unwrap();
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    space.write(CODE.into(), &bytes).unwrap();
    let mut cpu = Cpu::new(Endian::Little);
    cpu.pc = CODE;
    let (begin, begin_cpu, mut executed) = (Instant::now(), cpu_ns(), 0);
    while begin.elapsed().as_millis() < 1000 {
        executed += space.run(&mut cpu, 1_000_000).1;
    }
    let millions = executed as f64 * 1e3 / (cpu_ns() - begin_cpu) as f64;
    println!("{name:10} {millions:7.0} million instructions per CPU second");
}

fn main() {
    measure("registers", &registers());
    measure("memory", &memory());
    measure("branches", &branches());
    measure("calls", &calls());
}
