//! Random chunks of MIPS16e, entered and left by `jalx`. Registers as in [`super::generate`], but 29 is a stack in the data:
//! 27 keeps the place in the dump meanwhile, and 8 gets what the stack pointer came to.

use super::generate::{SAVED, immediate, register};
use crate::random::Random;
use otori_cpu::mips::Endian;

/// Instructions in a chunk, about.
const CHUNK_INSTRUCTIONS: usize = 40;
/// The stack begins so far below the data.
const STACK_BELOW: u32 = 1024;
/// Bytes by which the stack pointer may be moved in a chunk, all ways added.
const DRIFT_MAX: u32 = 700;
const NOP: u32 = 0x6500;
const EXTEND: u32 = 30 << 11;
/// What a register number of three bits stands for.
const NAMED: [u32; 8] = [16, 17, 2, 3, 4, 5, 6, 7];
/// The counter of a loop: register 16.
const COUNTER: u32 = 0;

/// Words that run a random chunk, for the address they stand at, and the chunk's instructions for a reader.
pub fn chunk(random: &mut Random, endian: Endian, address: u32) -> (Vec<u32>, Vec<u32>) {
    let mut words = vec![
        register(37, 29, 0, 27),
        immediate(9, 28, 29, STACK_BELOW.wrapping_neg()),
        29 << 26 | (address + 16) >> 2 & 0x03ff_ffff,
        0,
    ];
    let mut chunk =
        Chunk { random, endian, address: address + 16, halves: Vec::new(), told: Vec::new(), drift: 0 };
    while chunk.told.len() < CHUNK_INSTRUCTIONS {
        chunk.step();
    }
    chunk.align();
    let behind = chunk.here() + 8;
    chunk.jump(1, behind);
    chunk.push(NOP);
    chunk.push(NOP);
    let told = chunk.told;
    words.extend(chunk.halves.chunks(2).map(|pair| match endian {
        Endian::Little => pair[0] | pair[1] << 16,
        Endian::Big => pair[0] << 16 | pair[1],
    }));
    words.extend([register(37, 29, 0, 8), register(37, 27, 0, 29)]);
    (words, told)
}

struct Chunk<'a> {
    random: &'a mut Random,
    endian: Endian,
    address: u32,
    halves: Vec<u32>,
    told: Vec<u32>,
    drift: u32,
}

/// May the instruction be extended, write the counter of a loop?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    DelaySlot,
    Loop,
}

fn extension(value: u32) -> u32 {
    EXTEND | value & 0x7e0 | value >> 11 & 0x1f
}

impl Chunk<'_> {
    fn here(&self) -> u32 {
        self.address + 2 * self.halves.len() as u32
    }

    fn push(&mut self, half: u32) {
        self.halves.push(half & 0xffff);
        self.told.push(half & 0xffff);
    }

    /// With an immediate of 16 bits.
    fn push_extended(&mut self, half: u32, value: u32) {
        self.push_pair(extension(value), half & !0x1f | value & 0x1f);
    }

    fn push_pair(&mut self, first: u32, second: u32) {
        self.halves.extend([first & 0xffff, second & 0xffff]);
        self.told.push(first << 16 | second & 0xffff);
    }

    fn align(&mut self) {
        if self.halves.len() % 2 == 1 {
            self.push(NOP);
        }
    }

    /// JAL, or JALX with `exchange` 1.
    fn jump(&mut self, exchange: u32, target: u32) {
        let target = target >> 2 & 0x03ff_ffff;
        let first = 3 << 11 | exchange << 10 | (target >> 16 & 0x1f) << 5 | target >> 21;
        self.push_pair(first, target & 0xffff);
    }

    /// A register number of three bits that may be written.
    fn written(&mut self, place: Place) -> u32 {
        match place {
            Place::Loop => 1 + self.random.below(7),
            _ => self.random.below(8),
        }
    }

    fn step(&mut self) {
        match self.random.below(16) {
            0 | 1 => self.branch(),
            2 => self.repeat(),
            3 => self.call(),
            4 => self.call_words(),
            5 => self.jump_register(),
            6 | 7 => self.frame(),
            _ => self.plain(Place::Anywhere),
        }
    }

    /// One instruction that goes on with the next.
    fn plain(&mut self, place: Place) {
        match self.random.below(10) {
            0..=3 => self.two_registers(place),
            4..=6 => self.constant(place),
            _ => self.memory(place),
        }
    }

    fn two_registers(&mut self, place: Place) {
        let (x, y, z) = (self.written(place), self.written(place), self.written(place));
        let word = match self.random.below(20) {
            0..=2 => 28 << 11 | x << 8 | y << 5 | z << 2 | self.random.pick(&[1, 3]),
            3..=7 => {
                let function = self.random.pick(&[2, 3, 4, 6, 7, 10, 11, 12, 13, 14, 15]);
                29 << 11 | x << 8 | y << 5 | function
            }
            8..=10 => 29 << 11 | x << 8 | y << 5 | self.random.pick(&[24, 25, 26, 27]),
            11 | 12 => 29 << 11 | x << 8 | self.random.pick(&[16, 18]),
            13 | 14 => 29 << 11 | x << 8 | self.random.pick(&[0, 1, 4, 5]) << 5 | 17,
            15 => {
                let from = self.random.below(32);
                // Where the dump is depends on nothing, and what is in 26 on the harness.
                let from = if matches!(from, 26..=28) { 0 } else { from };
                12 << 11 | 7 << 8 | y << 5 | from
            }
            16 => {
                let to = self.random.pick(&SAVED);
                // A loop keeps its counter, a slot where the called come back to.
                let kept = match place {
                    Place::Loop => NAMED[COUNTER as usize],
                    Place::DelaySlot => 31,
                    Place::Anywhere => 0,
                };
                let to = if to == kept { 0 } else { to };
                12 << 11 | 5 << 8 | (to & 7) << 5 | to & 0x18 | self.random.below(8)
            }
            17 if place != Place::DelaySlot => {
                let amount = self.random.below(32);
                let shift = 6 << 11 | x << 8 | y << 5 | self.random.pick(&[0, 2, 3]);
                return self.push_pair(EXTEND | amount << 6, shift);
            }
            _ => 6 << 11 | x << 8 | y << 5 | self.random.below(8) << 2 | self.random.pick(&[0, 2, 3]),
        };
        self.push(word);
    }

    fn constant(&mut self, place: Place) {
        let (x, y, value) = (self.written(place), self.written(place), self.random.word());
        let extends = place != Place::DelaySlot && self.random.below(3) == 0;
        let opcode = self.random.pick(&[0, 1, 8, 9, 9, 10, 11, 13, 13, 14]);
        match opcode {
            8 if extends => {
                let first = EXTEND | value & 0x7f0 | value >> 11 & 15;
                self.push_pair(first, 8 << 11 | x << 8 | y << 5 | value & 15);
            }
            8 => self.push(8 << 11 | x << 8 | y << 5 | value & 15),
            _ if extends => self.push_extended(opcode << 11 | x << 8, value),
            _ => self.push(opcode << 11 | x << 8 | value & 0xff),
        }
    }

    fn memory(&mut self, place: Place) {
        let (x, y) = (self.written(place), self.written(place));
        let extends = place != Place::DelaySlot && self.random.below(3) == 0;
        let near = self.random.below(128);
        match self.random.below(8) {
            0 => {
                let at = self.random.below(64);
                match extends {
                    true => self.push_extended(22 << 11 | x << 8, (4 * at).wrapping_sub(60)),
                    false => self.push(22 << 11 | x << 8 | at),
                }
            }
            1 | 2 => {
                // On the stack.
                let opcode = self.random.pick(&[18, 26]);
                match extends {
                    true => self.push_extended(opcode << 11 | x << 8, (4 * near).wrapping_sub(256)),
                    false => self.push(opcode << 11 | x << 8 | near),
                }
            }
            3 => match extends {
                true => self.push_extended(0x6200, (4 * near).wrapping_sub(256)),
                false => self.push(0x6200 | near),
            },
            _ if place == Place::DelaySlot => self.push(18 << 11 | x << 8 | near),
            _ => {
                // From a register that gets the stack pointer first.
                self.push(12 << 11 | 7 << 8 | x << 5 | 29);
                let (opcode, size) = self.random.pick(&[
                    (16, 0),
                    (17, 1),
                    (19, 2),
                    (20, 0),
                    (21, 1),
                    (24, 0),
                    (25, 1),
                    (27, 2),
                ]);
                let half = opcode << 11 | x << 8 | y << 5;
                match extends {
                    true => self.push_extended(half, (near << size).wrapping_sub(256)),
                    false => self.push(half | near & 31),
                }
            }
        }
    }

    /// What moves the stack pointer: ADJSP, SAVE, RESTORE.
    fn frame(&mut self) {
        let extends = self.random.below(2) == 0;
        let (size, any) = (self.random.below(16), self.random.next() as u32);
        let bytes = if size == 0 { 128 } else { size * 8 };
        if self.drift + bytes > DRIFT_MAX {
            return self.plain(Place::Anywhere);
        }
        self.drift += bytes;
        match self.random.below(4) {
            0 => {
                let steps = self.random.below(2 * size + 1).wrapping_sub(size);
                match extends {
                    true => self.push_extended(0x6300, steps << 3),
                    false => self.push(0x6300 | steps & 0xff),
                }
            }
            _ if extends => {
                // All register lists but the reserved one.
                let arguments = self.random.below(15);
                let first = EXTEND | any & 0x700 | arguments;
                self.push_pair(first, 0x6400 | any & 0xf0 | size);
            }
            _ => self.push(0x6400 | any & 0xf0 | size),
        }
    }

    /// A few instructions as they would stand here, made apart.
    fn apart(&mut self, count: u32, place: Place) -> (Vec<u32>, Vec<u32>) {
        let (halves, told) = (self.halves.len(), self.told.len());
        for _ in 0..count {
            self.plain(place);
        }
        (self.halves.split_off(halves), self.told.split_off(told))
    }

    fn append(&mut self, (halves, told): (Vec<u32>, Vec<u32>)) {
        self.halves.extend(halves);
        self.told.extend(told);
    }

    /// A branch forward over a few.
    fn branch(&mut self) {
        let count = self.random.below(5);
        let over = self.apart(count, Place::Anywhere);
        let (x, halves) = (self.random.below(8), over.0.len() as u32);
        let branch = match self.random.below(5) {
            0 => 2 << 11,
            1 => 4 << 11 | x << 8,
            2 => 5 << 11 | x << 8,
            3 => 0x6000,
            _ => 0x6100,
        };
        match self.random.below(3) {
            0 => self.push_extended(branch, halves),
            _ => self.push(branch | halves),
        }
        self.append(over);
    }

    /// A loop of a few rounds.
    fn repeat(&mut self) {
        let (rounds, count) = (1 + self.random.below(4), self.random.below(5));
        self.push(13 << 11 | COUNTER << 8 | rounds);
        let begin = self.halves.len();
        for _ in 0..count {
            self.plain(Place::Loop);
        }
        self.push(9 << 11 | COUNTER << 8 | 0xff);
        let back = |halves: usize, bytes: usize| (begin.wrapping_sub(halves).wrapping_sub(bytes)) as u32;
        match self.random.below(2) {
            0 => self.push(5 << 11 | COUNTER << 8 | back(self.halves.len(), 1) & 0xff),
            _ => self.push_extended(5 << 11 | COUNTER << 8, back(self.halves.len(), 2)),
        }
    }

    /// JAL over a few, with its slot. On a word: where it is not, qemu 7.2 takes the second half of JAL for the place that
    /// its slot's addresses are relative to.
    fn call(&mut self) {
        let count = self.random.below(4);
        self.align();
        let over = self.apart(count, Place::Anywhere);
        let behind = self.here() + 6 + 2 * over.0.len() as u32;
        self.jump(0, behind.next_multiple_of(4));
        self.slot();
        self.append(over);
        self.align();
    }

    fn slot(&mut self) {
        let before = self.halves.len();
        self.plain(Place::DelaySlot);
        assert_eq!(self.halves.len(), before + 1, "no slot holds an extended instruction");
    }

    /// JALX to words that come back.
    fn call_words(&mut self) {
        self.align();
        let words = self.here() + 8;
        self.jump(1, words);
        self.slot();
        // Behind the return, over the words.
        self.push(2 << 11 | 6);
        let (t, value) = (self.random.pick(&SAVED[..25]), self.random.word());
        for word in [immediate(9, t, t, value), 31 << 21 | 8, 0] {
            let (first, second) = match self.endian {
                Endian::Little => (word & 0xffff, word >> 16),
                Endian::Big => (word >> 16, word & 0xffff),
            };
            self.halves.extend([first, second]);
            self.told.push(word);
        }
    }

    /// JR, JALR, JRC, JALRC over a few, to an address that is made from pc.
    fn jump_register(&mut self) {
        let count = self.random.below(4);
        let over = self.apart(count, Place::Anywhere);
        let (x, kind) = (self.random.below(8), self.random.pick(&[0, 2, 4, 6]));
        let slot = u32::from(kind < 4);
        let pc = self.here();
        let target = pc + 6 + 2 * slot + 2 * over.0.len() as u32;
        self.push_extended(1 << 11 | x << 8, (target | 1).wrapping_sub(pc & !3));
        self.push(29 << 11 | x << 8 | kind << 5);
        if slot == 1 {
            self.slot();
        }
        self.append(over);
    }
}
