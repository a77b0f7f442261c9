//! Instructions to blocks of operations. Entrance: [`assemble`]. Key type: [`Assembly`].
//!
//! Most operations work on register slots; what has a memory operand and no operation of its own becomes a load to a
//! spare slot, the operation, and a store. A block goes on behind a conditional branch and follows jumps inside its
//! page. At the end what nobody can see is left out ([`effect`]) and neighbours are joined ([`join`]).

mod choose;
mod effect;
mod far;
mod float;
mod join;
mod one;
mod recorded;
mod two;
mod vector;
mod vector_integer;

pub(super) use join::join_neighbours;

use super::cpu::{ADDRESS, Cpu, Mode, NOTHING, VALUE};
use super::decode::{AddressBits, Instruction, Map, Operand, Place, Undecoded, decode};
use super::execute::{LONG, LONG_BASE, RELATIVE, WORD, WORD_BASE, branch, moves};
use super::flags::ARITHMETIC;
use crate::block::Block;
use crate::op::{Op, Run};
use crate::run::{BLOCK_INSTRUCTIONS_MAX, Source};
use crate::slot::Slot;
use alloc::vec::Vec;
use effect::Effect;

/// Bytes from the start of a block that it may reach by following jumps.
const REACH: i32 = 4096;

/// A comparison of registers, which a conditional jump behind it can be fused with.
#[derive(Clone, Copy, Debug)]
struct Comparison {
    kind: u8,
    bits: u32,
    with_constant: bool,
}

/// A block under construction.
struct Assembly {
    mode: Mode,
    ops: Vec<Op<Cpu>>,
    effects: Vec<Effect>,
    places: Vec<i32>,
    /// Distance of the current instruction.
    here: i32,
    /// Distance behind the current instruction.
    next: i32,
    /// The last operation, if it is such and nothing came between.
    comparison: Option<Comparison>,
    /// Distances that are in the block already, from and to, run by run.
    runs: Vec<(i32, i32)>,
    finished: bool,
}

/// An operation with nothing in it.
fn op(run: Run<Cpu>) -> Op<Cpu> {
    Op::new(run)
}

/// Why an instruction was not translated: it is none.
struct Illegal;

type Translated = Result<(), Illegal>;

/// Decodes a block of at most `limit` instructions.
pub(super) fn assemble(mode: Mode, limit: u32, source: &Source) -> Block<Cpu> {
    let limit = limit.min(BLOCK_INSTRUCTIONS_MAX) as usize;
    let mut block = Assembly {
        mode,
        ops: Vec::new(),
        effects: Vec::new(),
        places: Vec::new(),
        here: 0,
        next: 0,
        comparison: None,
        runs: Vec::from([(0, 0)]),
        finished: false,
    };
    while !block.finished {
        if block.places.len() >= limit {
            block.leave_to(block.next);
            break;
        }
        block.here = block.next;
        match decode(mode, source, block.here) {
            Ok(instruction) => block.instruction(&instruction),
            Err(Undecoded::Cut) if block.places.is_empty() => break,
            Err(Undecoded::Cut) => {
                block.leave_to(block.here);
                break;
            }
            Err(Undecoded::Long) => {
                block.places.push(block.here);
                block.push(op(branch::privileged));
                block.finished = true;
            }
        }
    }
    block.finish()
}

impl Assembly {
    /// One more instruction.
    fn instruction(&mut self, instruction: &Instruction) {
        self.next = self.here.wrapping_add(instruction.length);
        self.places.push(self.here);
        if let Some((_, end)) = self.runs.last_mut() {
            *end = self.next;
        }
        let (before, count, runs) = (self.ops.len(), self.places.len(), self.runs.len());
        let translated = match instruction.map {
            Map::One => self.one(instruction),
            Map::Two => self.two(instruction),
            Map::Three38 => self.three_38(instruction),
            Map::Three3A => self.three_3a(instruction),
        };
        let lockable = !instruction.lock || is_lockable(instruction);
        if translated.is_err() || !lockable {
            self.ops.truncate(before);
            self.effects.truncate(before);
            self.places.truncate(count);
            self.runs.truncate(runs);
            self.push(op(branch::illegal));
            self.finished = true;
        }
    }

    /// Number of the current instruction.
    fn at(&self) -> u8 {
        (self.places.len().max(1) - 1) as u8
    }

    /// An operation.
    fn append(&mut self, operation: Op<Cpu>, effect: Effect) {
        let at = self.at();
        self.comparison = None;
        self.ops.push(Op { at, ..operation });
        self.effects.push(effect);
    }

    /// An operation that reads flags or may stop.
    fn push(&mut self, operation: Op<Cpu>) {
        self.append(operation, Effect::SHOWS);
    }

    /// An operation that has nothing to do with flags and cannot stop.
    fn plain(&mut self, operation: Op<Cpu>) {
        self.append(operation, Effect::PLAIN);
    }

    /// An operation that sets all flags and cannot stop.
    fn sets(&mut self, operation: Op<Cpu>) {
        self.append(operation, Effect::PLAIN.setting(ARITHMETIC));
    }

    /// a = b.
    fn copy_slot(&mut self, a: Slot, b: Slot, bits: u32) {
        let effect = if bits < 32 { Effect::fields(bits, bits, 0) } else { Effect::copy(bits) };
        self.append(Op { a, b, ..op(choose::copy(bits)) }, effect);
    }

    /// a = a constant.
    fn set_constant(&mut self, a: Slot, value: u64, bits: u32) {
        self.append(Op { a, imm: value, ..op(choose::constant(bits)) }, Effect::fields(bits, 0, 0));
    }

    /// Ends the block; goes on at a distance.
    fn leave_to(&mut self, distance: i32) {
        self.push(Op { imm: i64::from(distance) as u64, ..op(branch::jump) });
        self.finished = true;
    }

    /// Goes on at the target of an unconditional jump, inside the block if that is near and new.
    fn follow(&mut self, distance: i64) {
        let near = i32::try_from(distance).ok().filter(|near| near.unsigned_abs() < REACH as u32);
        match near {
            Some(near) if !self.runs.iter().any(|(from, to)| (*from..*to).contains(&near)) => {
                self.runs.push((near, near));
                self.next = near;
            }
            _ => {
                self.push(Op { imm: distance as u64, ..op(branch::jump) });
                self.finished = true;
            }
        }
    }

    /// Leaves out what nobody sees.
    fn finish(mut self) -> Block<Cpu> {
        effect::settle(self.mode, &mut self.ops, &self.effects);
        Block::new(self.places.len() as u32, self.ops, self.places)
    }
}

/// May the instruction have a lock prefix? One that changes memory in a way that bears it.
fn is_lockable(instruction: &Instruction) -> bool {
    let listed = match (instruction.map, instruction.opcode) {
        (Map::One, opcode @ 0..=0x33) => opcode & 7 < 2,
        (Map::One, 0x80..=0x83) => instruction.group() != 7,
        (Map::One, 0x86 | 0x87) => true,
        (Map::One, 0xf6 | 0xf7) => matches!(instruction.group(), 2 | 3),
        (Map::One, 0xfe | 0xff) => instruction.group() < 2,
        (Map::Two, 0xab | 0xb0 | 0xb1 | 0xb3 | 0xbb | 0xc0 | 0xc1 | 0xc7) => true,
        (Map::Two, 0xba) => instruction.group() > 4,
        _ => false,
    };
    listed && instruction.in_memory()
}

/// Operands.
impl Assembly {
    /// The operand's address as fields of an operation, and how it is computed. What needs more than that (a segment,
    /// 16 bits) is computed before, by an operation of its own.
    fn reach(&mut self, instruction: &Instruction, place: Place) -> (Op<Cpu>, u8) {
        let fields = |place: Place, displacement: i32| Op {
            b: place.base,
            c: place.index,
            e: place.shift,
            imm: u64::from(displacement as u32),
            ..op(branch::idle)
        };
        if place.relative {
            let distance = i64::from(place.displacement) + i64::from(self.next);
            let word = instruction.address == AddressBits::Word;
            match i32::try_from(distance) {
                Ok(near) if instruction.segment == NOTHING && !word => {
                    return (fields(place, near), RELATIVE);
                }
                _ => {
                    self.plain(Op { a: ADDRESS, imm: distance as u64, ..op(moves::place) });
                    if word {
                        self.plain(Op { a: ADDRESS, b: ADDRESS, ..op(moves::copy::<32>) });
                    }
                }
            }
        } else if instruction.address == AddressBits::Half {
            let half = Op { a: ADDRESS, run: moves::effective_half, ..fields(place, place.displacement) };
            self.plain(half);
        } else if instruction.segment == NOTHING {
            let kind = if instruction.address == AddressBits::Word { WORD } else { LONG };
            return (fields(place, place.displacement), kind);
        } else if let Some(based) = self.based_on_segment(instruction, place) {
            let kind = if instruction.address == AddressBits::Word { WORD } else { LONG };
            return (fields(based, place.displacement), kind);
        } else {
            let run: Run<Cpu> = match instruction.address {
                AddressBits::Word => moves::effective::<64, WORD>,
                _ => moves::effective::<64, LONG>,
            };
            self.plain(Op { a: ADDRESS, run, ..fields(place, place.displacement) });
        }
        if instruction.segment != NOTHING {
            self.plain(Op { b: instruction.segment, ..op(moves::add_segment) });
        }
        (fields(Place::COMPUTED, 0), LONG)
    }

    /// The place with the segment's base as one of its registers, if one is free and the sum wraps where the segment's does:
    /// most of what lies in a thread's own storage.
    fn based_on_segment(&self, instruction: &Instruction, place: Place) -> Option<Place> {
        let natural = match self.mode {
            Mode::X86_64 => AddressBits::Long,
            Mode::I386 => AddressBits::Word,
        };
        let (base, index) = (place.base == NOTHING, place.index == NOTHING);
        let segment = instruction.segment;
        match (instruction.address == natural, base, index) {
            (true, true, _) => Some(Place { base: segment, ..place }),
            (true, false, true) => Some(Place { base: segment, index: place.base, shift: 0, ..place }),
            _ => None,
        }
    }

    /// The same; the kind says too if there is no index.
    fn reach_closely(&mut self, instruction: &Instruction, place: Place) -> (Op<Cpu>, u8) {
        let (fields, kind) = self.reach(instruction, place);
        match (kind, fields.c) {
            (LONG, NOTHING) => (fields, LONG_BASE),
            (WORD, NOTHING) => (fields, WORD_BASE),
            _ => (fields, kind),
        }
    }

    /// The same instruction with its memory operand at [`ADDRESS`], computed once: for what changes registers before it
    /// stores.
    fn pin(&mut self, instruction: &Instruction) -> Instruction {
        let Operand::Memory(place) = instruction.operand else { return *instruction };
        self.address_of(instruction, place);
        Instruction { operand: Operand::Memory(Place::COMPUTED), ..self.computed(instruction) }
    }

    /// The same instruction, with an address that needs nothing more.
    fn computed(&self, instruction: &Instruction) -> Instruction {
        Instruction { segment: NOTHING, address: AddressBits::Long, ..*instruction }
    }

    /// Puts the operand's address into [`ADDRESS`].
    fn address_of(&mut self, instruction: &Instruction, place: Place) {
        let (fields, kind) = self.reach(instruction, place);
        if fields.b != ADDRESS {
            let run = match kind {
                LONG => moves::effective::<64, LONG>,
                WORD => moves::effective::<64, WORD>,
                _ => moves::effective::<64, RELATIVE> as Run<Cpu>,
            };
            self.plain(Op { a: ADDRESS, run, ..fields });
        }
    }

    /// The slot of a register as an operand of so many bits; AH, CH, DH and BH are brought to `spare` first.
    fn register_slot(&mut self, instruction: &Instruction, number: u8, bits: u32, spare: Slot) -> Slot {
        match high_byte(instruction, number, bits) {
            Some(owner) => {
                self.plain(Op { a: spare, b: owner, ..op(moves::high_byte) });
                spare
            }
            None => Slot::of(number.into()),
        }
    }

    /// The slot of the r/m operand, loaded to [`VALUE`] if it is in memory.
    fn source(&mut self, instruction: &Instruction, bits: u32) -> Slot {
        match instruction.operand {
            Operand::Register(number) => self.register_slot(instruction, number, bits, VALUE),
            Operand::Memory(place) => {
                let (fields, kind) = self.reach_closely(instruction, place);
                self.push(Op { a: VALUE, run: choose::load_zero(bits, kind), ..fields });
                VALUE
            }
        }
    }

    /// The r/m operand as one that is read and written: the slot it is in now. [`Assembly::put_back`] follows.
    fn target(&mut self, instruction: &Instruction, bits: u32) -> Slot {
        match instruction.operand {
            Operand::Register(number) => self.register_slot(instruction, number, bits, VALUE),
            Operand::Memory(place) => {
                let (fields, kind) = self.reach_closely(instruction, place);
                self.push(Op { a: VALUE, run: choose::load_to_change(bits, kind), ..fields });
                VALUE
            }
        }
    }

    /// Brings what an operation left in the slot of [`Assembly::target`] to its place.
    fn put_back(&mut self, instruction: &Instruction, bits: u32) {
        match instruction.operand {
            Operand::Register(number) => self.put_register(instruction, number, bits, VALUE),
            Operand::Memory(place) => {
                let (fields, kind) = self.reach_closely(instruction, place);
                self.push(Op { a: VALUE, run: choose::store_register(bits, kind), ..fields });
            }
        }
    }

    /// Brings a value from the spare slot to the byte register it belongs to, if it had to be taken out.
    fn put_register(&mut self, instruction: &Instruction, number: u8, bits: u32, spare: Slot) {
        if let Some(owner) = high_byte(instruction, number, bits) {
            self.plain(Op { a: owner, b: spare, ..op(moves::put_high_byte) });
        }
    }

    /// Brings a value from the spare slot to a register.
    fn set_register(&mut self, instruction: &Instruction, number: u8, bits: u32, from: Slot) {
        match high_byte(instruction, number, bits) {
            Some(owner) => self.plain(Op { a: owner, b: from, ..op(moves::put_high_byte) }),
            None => self.copy_slot(Slot::of(number.into()), from, bits),
        }
    }
}

/// The register whose second byte a byte register is.
fn high_byte(instruction: &Instruction, number: u8, bits: u32) -> Option<Slot> {
    (bits == 8 && instruction.rex == 0 && (4..8).contains(&number)).then(|| Slot::of((number - 4).into()))
}
