//! Random bytes as code, on every set, in memory that may be written and executed: never a panic, never more than the
//! budget, and twice the same. `OTORI_HOSTILE_ROUNDS` runs more of them; `fuzz/` runs them with coverage.

extern crate std;

use super::{Abi, Cpu};
use crate::mm::{AddressSpace, Backing, Prot};
use alloc::{string::String, vec, vec::Vec};
use otori_cpu::{Isa, Stop, isa::ISAS};

const BASE: u64 = 0x1_0000;
const PAGES: u64 = 4;
const BYTES: u64 = PAGES * 4096;
/// Instructions a program may use in all.
const BUDGET: u64 = 20_000;

struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.next() as usize % from.len()]
    }
    fn address(&mut self) -> u64 {
        (BASE + self.next() % BYTES) & !7
    }
}

/// Four bytes of code: anything, or something that gets the program somewhere.
fn word(isa: Isa, random: &mut Random) -> [u8; 4] {
    let any = random.next() as u32;
    if random.next().is_multiple_of(8) {
        return any.to_le_bytes();
    }
    match isa.row().name {
        "mips" | "mipsel" => {
            let opcode = random.pick(&[
                0, 0, 1, 4, 5, 6, 7, 9, 9, 12, 13, 15, 17, 17, 19, 20, 21, 28, 31, 32, 35, 36, 40, 43, 49, 57,
            ]);
            let low = random.pick(&[0x0000_ffffu32, 0x0000_003c, 0x0000_f83f]);
            let word = opcode << 26 | any & 0x03ff_0000 | any & low;
            if isa.is_big_endian() { word.to_be_bytes() } else { word.to_le_bytes() }
        }
        // Mostly executed always; NEON and what follows it now and then.
        "arm" | "armeb" => {
            let condition = random.pick(&[0xe, 0xe, 0xe, 0xe, 0xe, 0x0, 0x1, 0xf]);
            (any & 0x0fff_ffff | condition << 28).to_le_bytes()
        }
        // The second to fifth bits from the top are the class.
        "aarch64" => {
            let class = random.pick(&[8, 9, 10, 11, 4, 6, 12, 14, 5, 13, 7, 15]);
            (any & 0xe1ff_ffff | class << 25).to_le_bytes()
        }
        _ => {
            let mut bytes = any.to_le_bytes();
            let opcodes = [
                0x01, 0x03, 0x29, 0x31, 0x39, 0x50, 0x58, 0x66, 0x70, 0x74, 0x83, 0x85, 0x89, 0x8b, 0x8d,
                0xb8, 0xc1, 0xd8, 0xdb, 0xdd, 0xe8, 0xeb, 0xf2, 0xf3, 0xf7, 0x0f, 0x0f, 0x48, 0xff, 0xa4,
            ];
            bytes[random.next() as usize % 4] = random.pick(&opcodes);
            bytes
        }
    }
}

/// A processor somewhere in the code, with its stack there too.
fn somewhere(abi: &Abi, random: &mut Random) -> Cpu {
    let mut cpu = (abi.start)(random.address(), random.address());
    let arguments = core::array::from_fn(|_| random.address());
    let stack = random.address();
    cpu.set_call(arguments, stack);
    cpu
}

/// What a run has come to: counts of stops, instructions, places, and the memory at its end.
#[derive(PartialEq, Eq)]
struct Outcome {
    instructions: u64,
    trace: Vec<(String, u64, u64, u64)>,
    memory: Vec<u8>,
}

/// Runs to the end of the budget, going on elsewhere after what stops it.
fn run(isa: Isa, seed: u64) -> Outcome {
    let abi = Abi::of(isa);
    let mut random = Random::new(seed);
    let mut space = AddressSpace::new(abi.task_end, 64);
    space.map(BASE, BYTES, Prot::ALL, Backing::Zero, "").unwrap();
    for at in (BASE..BASE + BYTES).step_by(4) {
        let bytes = word(isa, &mut random);
        space.write(at, &bytes).unwrap();
    }
    let mut cpu = somewhere(abi, &mut random);
    let (mut total, mut trace) = (0, Vec::new());
    while total < BUDGET && trace.len() < 2_000 {
        let slice = 1 + random.next() % 500;
        let (stop, executed) = cpu.run(&mut space, slice);
        assert!(executed <= slice + 1, "{isa:?} {seed}: {executed} instructions for a budget of {slice}");
        total += executed;
        let told = alloc::format!("{stop:?}");
        trace.push((told, executed, cpu.program_counter(), cpu.stack_pointer()));
        match stop {
            Stop::Budget => assert!(executed >= slice, "{isa:?} {seed}: stopped early"),
            Stop::Syscall => {}
            _ => cpu = somewhere(abi, &mut random),
        }
    }
    let mut memory = vec![0; BYTES as usize];
    space.read(BASE, &mut memory).unwrap();
    Outcome { instructions: total, trace, memory }
}

fn check(isa: Isa) {
    let rounds =
        std::env::var("OTORI_HOSTILE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(12);
    let mut instructions = 0;
    for seed in 0..rounds {
        let first = run(isa, seed);
        assert!(first == run(isa, seed), "{isa:?} seed {seed}: not the same twice");
        instructions += first.instructions;
    }
    assert!(instructions > rounds * 500, "{isa:?}: the programs hardly run: {instructions} instructions");
}

#[test]
fn random_code_never_panics_and_runs_twice_the_same() {
    for row in &ISAS {
        check(row.isa);
    }
}
