//! AArch64, against an emulated Cortex-A53. Neighbours: `generate` writes the programs, `template` the
//! instructions, `probe` tells which words are any.

mod generate;
mod probe;
mod template;

use crate::harness::{Call, Case, Flat, Guest, check};
use generate::{BASE, CODE_OFFSET, Program};
use otori_cpu::aarch64::Cpu;
use otori_cpu::{Set, Stop};
use template::Kind;

impl Guest for Cpu {
    fn run(&mut self, memory: &mut Flat, budget: u64) -> Stop {
        otori_cpu::run(self, memory, budget).0
    }
    fn expect_more(&mut self) {
        self.frame().expect_more();
    }
    fn call(&self) -> Call {
        match self.x[8] {
            64 => Call::Write { address: self.x[1], bytes: self.x[2] },
            93 => Call::Exit,
            _ => Call::Other,
        }
    }
    fn program_counter(&self) -> u64 {
        self.pc
    }
}

fn case(kind: Kind, seed: u64) -> (Case, Cpu) {
    let program = Program::new(kind, seed);
    let case = Case {
        name: format!("aarch64 {kind:?} seed {seed}"),
        qemu: "qemu-aarch64-static",
        qemu_options: &["-cpu", "cortex-a53"],
        image: program.image(),
        base: BASE,
        memory_bytes: program.memory_bytes(),
        dump_address: program.dump_address(),
        registers: generate::dump_names(),
        chunks: program.chunks.iter().map(|chunk| show(chunk)).collect(),
        instructions: program.chunks.iter().map(Vec::len).sum(),
    };
    let mut cpu = Cpu::new();
    cpu.pc = BASE + CODE_OFFSET;
    (case, cpu)
}

/// As `llvm-mc --disassemble` reads it.
fn show(chunk: &[u32]) -> String {
    chunk.iter().map(|word| format!("{word:08x} ")).collect()
}

fn check_kind(kind: Kind) {
    check(|seed| case(kind, seed));
}

#[test]
fn integers_agree_with_qemu() {
    check_kind(Kind::Integer);
}

#[test]
fn loads_and_stores_agree_with_qemu() {
    check_kind(Kind::Memory);
}

#[test]
fn branches_agree_with_qemu() {
    check_kind(Kind::Branches);
}

#[test]
fn scalar_floating_point_agrees_with_qemu() {
    check_kind(Kind::Float);
}

#[test]
fn vectors_of_integers_agree_with_qemu() {
    check_kind(Kind::Vector);
}

#[test]
fn vectors_of_numbers_agree_with_qemu() {
    check_kind(Kind::VectorFloat);
}

#[test]
fn everything_mixed_agrees_with_qemu() {
    check_kind(Kind::Mixed);
}
