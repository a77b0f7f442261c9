//! MIPS32, both byte orders, both views of the floating point registers.

mod elf;
mod generate;

use crate::harness::{Call, Case, Flat, Guest, check};
use generate::{BASE, DUMP_BYTES, Kind};
use otori_cpu::Stop;
use otori_cpu::mips::{Cpu, Endian, FloatRegisters};

impl Guest for Cpu {
    fn run(&mut self, memory: &mut Flat, budget: u64) -> Stop {
        Cpu::run(self, memory, budget).0
    }
    fn call(&self) -> Call {
        match self.gpr[2] {
            4004 => Call::Write { address: self.gpr[5].into(), bytes: self.gpr[6].into() },
            4001 => Call::Exit,
            _ => Call::Other,
        }
    }
    fn program_counter(&self) -> u64 {
        self.pc.into()
    }
}

fn case(kind: Kind, endian: Endian, float_registers: FloatRegisters, seed: u64) -> (Case, Cpu) {
    let program = generate::program(kind, float_registers, seed);
    let case = Case {
        name: format!("{kind:?} {endian:?} {float_registers:?} seed {seed}"),
        qemu: match endian {
            Endian::Little => "qemu-mipsel-static",
            Endian::Big => "qemu-mips-static",
        },
        qemu_options: &[],
        image: elf::image(&program, endian, float_registers),
        base: BASE.into(),
        memory_bytes: program.memory_bytes() as usize,
        dump_address: program.dump_address().into(),
        registers: generate::dump_names().map(|name| (name, 4)).collect(),
        chunks: program
            .chunks
            .iter()
            .map(|chunk| chunk.iter().map(|word| format!("{word:08x} ")).collect())
            .collect(),
        instructions: program.chunks.iter().map(Vec::len).sum(),
    };
    assert_eq!(case.registers.len() * 4, DUMP_BYTES);
    let mut cpu = Cpu::new(endian);
    cpu.pc = BASE + elf::CODE_OFFSET;
    cpu.float_registers = float_registers;
    (case, cpu)
}

fn check_one(kind: Kind, endian: Endian, float_registers: FloatRegisters) {
    check(|seed| case(kind, endian, float_registers, seed));
}

fn check_both_orders(kind: Kind) {
    check_one(kind, Endian::Little, FloatRegisters::Pairs);
    check_one(kind, Endian::Big, FloatRegisters::Pairs);
}

#[test]
fn arithmetic_agrees_with_qemu() {
    check_both_orders(Kind::Arithmetic);
}

#[test]
fn products_and_quotients_agree_with_qemu() {
    check_both_orders(Kind::Products);
}

#[test]
fn loads_and_stores_agree_with_qemu() {
    check_both_orders(Kind::Memory);
}

#[test]
fn branches_and_jumps_agree_with_qemu() {
    check_both_orders(Kind::Branches);
}

#[test]
fn floating_point_agrees_with_qemu() {
    check_both_orders(Kind::Float);
    check_one(Kind::Float, Endian::Little, FloatRegisters::Wide);
    check_one(Kind::Float, Endian::Big, FloatRegisters::Wide);
}

#[test]
fn everything_mixed_agrees_with_qemu() {
    check_both_orders(Kind::Mixed);
    check_one(Kind::Mixed, Endian::Little, FloatRegisters::Wide);
}
