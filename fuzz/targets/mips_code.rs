//! Any bytes as MIPS code, in memory that may be written and executed. The first byte chooses byte order, floating
//! point register mode and slice; the rest is code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use otori_cpu::Stop;
use otori_cpu::mips::{Cpu, Endian, FloatRegisters};
use otori_linux::mm::{AddressSpace, Backing, Prot};

const BASE: u64 = 0x1_0000;
const BYTES: u64 = 0x4000;

fuzz_target!(|input: &[u8]| {
    let Some((choice, code)) = input.split_first() else { return };
    let mut space = AddressSpace::new(0x7fff_8000, 64);
    space.map(BASE, BYTES, Prot::ALL, Backing::Zero, "").expect("the range is free");
    let code = &code[..code.len().min(BYTES as usize)];
    space.write(BASE, code).expect("the range is mapped");
    let mut cpu = Cpu::new(if choice & 1 == 0 { Endian::Little } else { Endian::Big });
    cpu.float_registers = if choice & 2 == 0 { FloatRegisters::Pairs } else { FloatRegisters::Wide };
    let slice = u64::from(choice >> 2) * 4 + 1;
    cpu.pc = BASE as u32;
    cpu.gpr = core::array::from_fn(|number| if number == 0 { 0 } else { BASE as u32 + 256 * number as u32 });
    for _ in 0..2_000 / slice + 8 {
        let (stop, executed) = space.run(&mut cpu, slice);
        assert!(executed <= slice + 1 && cpu.gpr[0] == 0);
        if !matches!(stop, Stop::Budget | Stop::Syscall) {
            cpu.pc = cpu.pc.wrapping_add(4) & !3;
        }
    }
});
