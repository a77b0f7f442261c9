//! Random bytes as code, in memory that may be written and executed, on a processor without a kernel: never more than
//! the budget, and twice the same. Key function: [`code()`].
use super::{Choices, Set, set::Order};
use crate::{
    arch::{Abi, Column, Cpu},
    mm::{AddressSpace, Backing, Prot},
};
use alloc::{format, string::String, vec, vec::Vec};
use otori_cpu::Stop;

const BASE: u64 = 0x1_0000;
const PAGES: u64 = 4;
const BYTES: u64 = PAGES * 4096;
/// Instructions a program may use in all.
const BUDGET: u64 = 20_000;
/// Stops after which it ends.
const STOPS_MAX: usize = 2_000;
/// Bytes of input that place a processor and its slices; the rest is code.
const CONTROL_BYTES: usize = 16 << 10;

fn address(choices: &mut Choices<'_>) -> u64 {
    (BASE + choices.number(2) % BYTES) & !7
}

/// Four bytes of code: anything, or something that gets the program somewhere.
fn word(set: &Set, choices: &mut Choices<'_>) -> [u8; 4] {
    let how = choices.byte();
    let any = choices.number(4) as u32;
    if how.is_multiple_of(8) {
        return any.to_le_bytes();
    }
    let how = usize::from(how / 8);
    let ordered = |word: u32| if set.order == Order::Big { word.to_be_bytes() } else { word.to_le_bytes() };
    match set.isa.row().name {
        // Halves: any, and one that is often extended.
        "mips" | "mipsel" if set.halves => {
            let half = |any: u32| match set.order {
                Order::Big => (any as u16).to_be_bytes(),
                Order::Little => (any as u16).to_le_bytes(),
            };
            let first = if how.is_multiple_of(4) { 0xf000 | any & 0x7ff } else { any };
            let (first, second) = (half(first), half(any >> 16));
            [first[0], first[1], second[0], second[1]]
        }
        "mips" | "mipsel" => {
            const OPCODES: [u32; 26] = [
                0, 0, 1, 4, 5, 6, 7, 9, 9, 12, 13, 15, 17, 17, 19, 20, 21, 28, 31, 32, 35, 36, 40, 43, 49, 57,
            ];
            let low = [0x0000_ffff, 0x0000_003c, 0x0000_f83f][choices.below(3)];
            ordered(OPCODES[how % OPCODES.len()] << 26 | any & 0x03ff_0000 | any & low)
        }
        // Half words: narrow ones, and pairs that are one wide instruction.
        "arm" | "armeb" if set.halves => {
            let first = match how % 4 {
                0 => any >> 16 & 0x1fff | 0xe800,
                _ => any >> 16 & 0xdfff,
            };
            ordered(any << 16 | first)
        }
        // Mostly executed always; NEON and what follows it now and then.
        "arm" | "armeb" => {
            let condition = [0xe, 0xe, 0xe, 0xe, 0xe, 0x0, 0x1, 0xf][how % 8];
            ordered(any & 0x0fff_ffff | condition << 28)
        }
        // The second to fifth bits from the top are the class.
        "aarch64" => {
            let class = [8, 9, 10, 11, 4, 6, 12, 14, 5, 13, 7, 15][how % 12];
            ordered(any & 0xe1ff_ffff | class << 25)
        }
        _ => {
            const OPCODES: [u8; 32] = [
                0x01, 0x03, 0x29, 0x31, 0x39, 0x50, 0x58, 0x66, 0x70, 0x74, 0x83, 0x85, 0x89, 0x8b, 0x8d,
                0xb8, 0xc1, 0xd8, 0xdb, 0xdd, 0xe8, 0xeb, 0xf2, 0xf3, 0xf7, 0x0f, 0x0f, 0x48, 0xff, 0xa4,
                0xab, 0xc5,
            ];
            let mut bytes = any.to_le_bytes();
            bytes[choices.below(4)] = OPCODES[how % OPCODES.len()];
            bytes
        }
    }
}

/// A processor somewhere in the code, with its stack there too.
fn somewhere(set: &Set, abi: &Abi, choices: &mut Choices<'_>) -> Cpu {
    let mut cpu = (abi.start)(set.entry(address(choices)), address(choices));
    if matches!(abi.column, Column::Arm) {
        cpu.take_mode(set.flags);
    }
    let arguments = core::array::from_fn(|_| address(choices));
    let stack = address(choices);
    cpu.set_call(arguments, stack);
    cpu
}

/// What a run has come to: instructions, stops and places, and the memory at its end.
#[derive(PartialEq, Eq, Debug)]
pub struct Executed {
    /// how many were executed
    pub instructions: u64,
    trace: Vec<(String, u64, u64, u64)>,
    memory: Vec<u8>,
}

/// Runs to the end of the budget, going on elsewhere after what stops it.
pub fn code(set: &Set, choices: &mut Choices<'_>) -> Executed {
    let abi = Abi::of(set.isa);
    let mut control = Choices::new(choices.take(CONTROL_BYTES));
    let mut space = AddressSpace::new(abi.task_end, 64);
    space.map(BASE, BYTES, Prot::ALL, Backing::Zero, "").expect("the space is empty");
    for at in (BASE..BASE + BYTES).step_by(4) {
        if choices.is_over() {
            break;
        }
        space.write(at, &word(set, choices)).expect("it was mapped");
    }
    let mut cpu = somewhere(set, abi, &mut control);
    let (mut total, mut trace) = (0, Vec::new());
    while total < BUDGET && trace.len() < STOPS_MAX {
        let slice = 1 + control.number(2) % 500;
        let (stop, executed) = cpu.run(&mut space, slice);
        assert!(executed <= slice + 1, "{}: {executed} instructions for a budget of {slice}", set.name);
        total += executed;
        trace.push((format!("{stop:?}"), executed, cpu.program_counter(), cpu.stack_pointer()));
        match stop {
            Stop::Budget => assert!(executed >= slice, "{}: stopped early", set.name),
            Stop::Syscall => {}
            _ if control.is_over() => break,
            _ => cpu = somewhere(set, abi, &mut control),
        }
    }
    let mut memory = vec![0; BYTES as usize];
    space.read(BASE, &mut memory).expect("it was mapped");
    Executed { instructions: total, trace, memory }
}
