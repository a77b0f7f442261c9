//! Random bytes as code, on both byte orders, in memory that may be written and executed: never a panic, never more
//! than the budget, and twice the same. `OTORI_HOSTILE_ROUNDS` runs more of them; `fuzz/` runs them with coverage.

extern crate std;

use super::{AddressSpace, Backing, Prot};
use otori_cpu::Stop;
use otori_cpu::mips::{Cpu, Endian, FloatRegisters};

const BASE: u64 = 0x1_0000;
const PAGES: u64 = 4;
/// Instructions a program may use in all.
const BUDGET: u64 = 20_000;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// A word: anything, or one with a frequent opcode and small numbers, so that programs get somewhere.
fn word(random: &mut Random) -> u32 {
    let any = random.next() as u32;
    let opcodes =
        [0, 0, 1, 4, 5, 6, 7, 9, 9, 12, 13, 15, 17, 17, 19, 20, 21, 28, 31, 32, 35, 36, 40, 43, 49, 57];
    match random.next() % 8 {
        0 => any,
        1 => (2 << 26) | ((BASE as u32 >> 2) + any % 4096),
        _ => {
            let opcode = opcodes[(any >> 16) as usize % opcodes.len()];
            opcode << 26 | any & 0x03ff_0000 | any & [0x0000_ffff, 0x0000_003c, 0x0000_f83f][any as usize % 3]
        }
    }
}

fn prepare(seed: u64) -> (AddressSpace, Cpu) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut space = AddressSpace::new(0x7fff_8000, 64);
    space.map(BASE, PAGES * 4096, Prot::ALL, Backing::Zero, "").unwrap();
    for at in (BASE..BASE + PAGES * 4096).step_by(4) {
        space.write(at, &word(&mut random).to_le_bytes()).unwrap();
    }
    let mut cpu = Cpu::new(if seed & 1 == 0 { Endian::Little } else { Endian::Big });
    cpu.float_registers = if seed & 2 == 0 { FloatRegisters::Pairs } else { FloatRegisters::Wide };
    cpu.fcsr = random.next() as u32 & if seed & 4 == 0 { 3 } else { 0x0100_0f83 };
    for register in 1..32 {
        cpu.gpr[register] = (BASE + random.next() % (PAGES * 4096)) as u32 & !7;
        cpu.fpr[register] = random.next();
    }
    cpu.pc = (BASE + random.next() % (PAGES * 4096)) as u32 & !3;
    (space, cpu)
}

/// Runs to the end of the budget, stepping over what stops it. Returns the last state and the count.
fn run(seed: u64) -> (Cpu, u64, [u8; 4096]) {
    let (mut space, mut cpu) = prepare(seed);
    let mut random = Random(seed | 1);
    let (mut total, mut stops) = (0, 0);
    while total < BUDGET && stops < 2_000 {
        let slice = 1 + random.next() % 500;
        let (stop, executed) = space.run(&mut cpu, slice);
        assert!(executed <= slice + 1, "{executed} instructions for a budget of {slice}");
        total += executed;
        match stop {
            Stop::Budget => assert!(executed >= slice),
            Stop::Syscall => stops += 1,
            _ => {
                stops += 1;
                // Go on somewhere, as a signal handler would.
                cpu.pc = (BASE + random.next() % (PAGES * 4096)) as u32 & !3;
                let register = 1 + random.next() as usize % 31;
                cpu.gpr[register] = (BASE + random.next() % (PAGES * 4096)) as u32 & !7;
            }
        }
        assert_eq!(cpu.gpr[0], 0);
    }
    let mut page = [0; 4096];
    space.read(BASE, &mut page).unwrap();
    (cpu, total, page)
}

#[test]
fn random_code_never_panics_and_runs_twice_the_same() {
    let rounds =
        std::env::var("OTORI_HOSTILE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(200);
    let mut instructions = 0;
    for seed in 0..rounds {
        let (first, count, memory) = run(seed);
        let (second, again, memory_again) = run(seed);
        assert_eq!(
            (first.gpr, first.pc, first.fpr, first.fcsr),
            (second.gpr, second.pc, second.fpr, second.fcsr)
        );
        assert!((count, memory) == (again, memory_again), "seed {seed}");
        instructions += count;
    }
    assert!(instructions > rounds * 1_000, "the programs hardly run: {instructions} instructions");
}
