//! MIPS32 and MIPS16e, both byte orders, both views of the floating point registers, both kinds of NaN.

mod elf;
mod generate;
mod mips16;

use crate::harness::{Call, Case, Flat, Guest, check};
use generate::{BASE, DUMP_BYTES, Kind, MODES, Mode};
use otori_cpu::mips::{Cpu, Endian};
use otori_cpu::{Set, Stop};

impl Guest for Cpu {
    fn run(&mut self, memory: &mut Flat, budget: u64) -> Stop {
        Cpu::run(self, memory, budget).0
    }
    fn expect_more(&mut self) {
        self.frame().expect_more();
    }
    fn call(&self) -> Call {
        match self.gpr[2] {
            4004 => Call::Write { address: self.gpr[5].into(), bytes: self.gpr[6].into() },
            4001 => Call::Exit,
            generate::PRCTL => Call::Idle,
            _ => Call::Other,
        }
    }
    fn program_counter(&self) -> u64 {
        self.pc.into()
    }
}

fn case(kind: Kind, endian: Endian, mode: Mode, seed: u64) -> (Case, Cpu) {
    let program = generate::program(kind, mode, endian, seed);
    let case = Case {
        name: format!("{kind:?} {endian:?} {mode:?} seed {seed}"),
        qemu: match endian {
            Endian::Little => "qemu-mipsel-static",
            Endian::Big => "qemu-mips-static",
        },
        qemu_options: &[],
        image: elf::image(&program, endian, mode),
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
    cpu.set_float_registers(mode.registers);
    if mode.nan_2008 {
        cpu.set_2008_nans();
    }
    (case, cpu)
}

/// On both byte orders.
fn check_modes(kind: Kind, modes: &[Mode]) {
    for mode in modes {
        for endian in [Endian::Little, Endian::Big] {
            check(|seed| case(kind, endian, *mode, seed));
        }
    }
}

#[test]
fn arithmetic_agrees_with_qemu() {
    check_modes(Kind::Arithmetic, &MODES[..1]);
}

#[test]
fn products_and_quotients_agree_with_qemu() {
    check_modes(Kind::Products, &MODES[..1]);
}

#[test]
fn loads_and_stores_agree_with_qemu() {
    check_modes(Kind::Memory, &MODES[..2]);
}

#[test]
fn branches_and_jumps_agree_with_qemu() {
    check_modes(Kind::Branches, &MODES[..1]);
}

#[test]
fn floating_point_agrees_with_qemu() {
    check_modes(Kind::Float, &MODES);
}

#[test]
fn everything_mixed_agrees_with_qemu() {
    check_modes(Kind::Mixed, &MODES);
}

#[test]
fn mips16_agrees_with_qemu() {
    check_modes(Kind::Mips16, &MODES[..1]);
}
