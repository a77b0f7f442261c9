//! The opcodes behind 0F that are not for vectors, and those few behind 0F 38. Intel SDM volume 2, table A-3.

use super::super::cpu::{AX, Mode, NOTHING, OTHER, VALUE};
use super::super::decode::{AddressBits, Instruction, Operand, Place, Repeat};
use super::super::execute::{arithmetic, bit, branch, identify, moves, multiply, shift, stack, system};
use super::super::flags::{ARITHMETIC, Flags};
use super::choose::{self, width};
use super::effect::Effect;
use super::{ADDRESS, Assembly, Cpu, Illegal, LONG, Translated, WORD, op};
use crate::op::{Op, Run};
use crate::slot::Slot;

impl Assembly {
    /// Opcodes of two bytes.
    pub(super) fn two(&mut self, i: &Instruction) -> Translated {
        let opcode = i.opcode;
        let bits = if opcode & 1 == 0 { 8 } else { i.bits() };
        match opcode {
            0x05 if self.mode == Mode::X86_64 => {
                self.push(Op { imm: i64::from(self.next) as u64, ..op(branch::fast_system_call) });
                self.finished = true;
                Ok(())
            }
            0x06 | 0x08 | 0x09 | 0x20..=0x23 | 0x30 | 0x32 | 0x33 => self.privileged(),
            0x00 | 0x01 => self.of_system(i),
            // Hints.
            0x0d | 0x18..=0x1f => Ok(()),
            0x31 => self.read_counter(identify::read_counter),
            0x40..=0x4f => {
                let b = self.source(i, i.bits());
                let (a, bits) = (Slot::of(i.register.into()), i.bits());
                let effect = Effect::fields(bits, bits, bits).reading(Flags::of_condition(opcode));
                let run = choose::conditional_copy(opcode & 15, bits);
                self.append(Op { a, b: a, c: b, ..op(run) }, effect);
                Ok(())
            }
            0x80..=0x8f => self.branch_if(i, opcode & 15),
            0x90..=0x9f => self.conditional_set(i),
            0xa0 | 0xa8 => {
                self.plain(Op { a: VALUE, d: opcode >> 3 & 7, ..op(system::read_segment::<64>) });
                self.push(Op { a: VALUE, ..op(width!(i.stack_bits(), stack::push)) });
                Ok(())
            }
            0xa1 | 0xa9 => {
                self.pop_to_segment(i, opcode >> 3 & 7);
                Ok(())
            }
            0xa2 => {
                self.push(op(identify::identify));
                Ok(())
            }
            0xa3 | 0xab | 0xb3 | 0xbb => self.bit_by_register(i, opcode >> 3 & 3),
            0xa4 | 0xa5 | 0xac | 0xad => self.double_shift(i),
            0xaf => self.multiply(i),
            0xb0 | 0xb1 => self.compare_exchange(i, bits),
            0xb2 | 0xb4 | 0xb5 => self.load_far(i, opcode & 7),
            0xb6 | 0xb7 | 0xbe | 0xbf => {
                self.extend(i, if opcode & 1 == 0 { 8 } else { 16 }, opcode & 8 != 0);
                Ok(())
            }
            0xb8 if i.repeat == Repeat::Equal => self.scan(i, width!(i.bits(), bit::count)),
            0xba => self.bit_by_constant(i),
            0xbc => self.scan(i, width!(i.bits(), bit::scan_forward)),
            0xbd => self.scan(i, width!(i.bits(), bit::scan_backward)),
            0xc0 | 0xc1 => self.exchange_add(i, bits),
            0xc3 if i.in_memory() => self.store_past(i),
            0xc7 => self.compare_exchange_pair(i),
            0xc8..=0xcf => {
                let a = Slot::of((opcode & 7 | (i.rex & 1) << 3).into());
                let (bits, run) = (i.bits(), width!(i.bits(), moves::swap_bytes));
                self.append(Op { a, b: a, ..op(run) }, Effect::fields(bits, bits, 0));
                Ok(())
            }
            _ => self.vector(i),
        }
    }

    /// Groups 6 and 7: tables, RDTSCP, and what is not for user code.
    fn of_system(&mut self, i: &Instruction) -> Translated {
        match (self.tell_tables(i), i.modrm) {
            (Some(told), _) => told,
            (None, 0xf9) if i.opcode == 1 => self.read_counter(identify::read_counter_and_processor),
            (None, 0xc0..) if i.opcode == 1 => Err(Illegal),
            _ => self.privileged(),
        }
    }

    /// IMUL of two registers.
    fn multiply(&mut self, i: &Instruction) -> Translated {
        let b = self.source(i, i.bits());
        let (a, bits) = (Slot::of(i.register.into()), i.bits());
        let run = width!(bits, multiply::by_register; true);
        let quiet = width!(bits, multiply::by_register; false);
        let effect = Effect::fields(bits, bits, bits).setting(ARITHMETIC).or_quietly(quiet);
        self.append(Op { a, b: a, c: b, ..op(run) }, effect);
        Ok(())
    }

    /// RDTSC, RDTSCP. Ends its block, so that the count is exact.
    fn read_counter(&mut self, run: Run<Cpu>) -> Translated {
        self.push(op(run));
        self.leave_to(self.next);
        Ok(())
    }

    /// MOVZX, MOVSX, MOVSXD.
    pub(super) fn extend(&mut self, i: &Instruction, from: u32, signed: bool) {
        let (a, to) = (Slot::of(i.register.into()), i.bits());
        if let (Operand::Memory(place), 32 | 64) = (i.operand, to) {
            let (fields, kind) = self.reach_closely(i, place);
            let run = if signed { choose::load_sign(from, to, kind) } else { choose::load_zero(from, kind) };
            self.push(Op { a, run, ..fields });
            return;
        }
        let b = self.source(i, from);
        let run: Run<Cpu> = match (signed, from, to) {
            (false, 8, 16) => {
                self.append(Op { a: VALUE, b, ..op(moves::zero_extend::<8>) }, Effect::fields(64, 8, 0));
                return self.copy_slot(a, VALUE, 16);
            }
            (_, 16, 16) | (true, 32, 16 | 32) => return self.copy_slot(a, b, to),
            (false, 8, _) => moves::zero_extend::<8>,
            (false, ..) => moves::zero_extend::<16>,
            (true, 8, 16) => moves::sign_extend::<8, 16>,
            (true, 8, 32) => moves::sign_extend::<8, 32>,
            (true, 8, _) => moves::sign_extend::<8, 64>,
            (true, 16, 32) => moves::sign_extend::<16, 32>,
            (true, 16, _) => moves::sign_extend::<16, 64>,
            (true, ..) => moves::sign_extend::<32, 64>,
        };
        self.append(Op { a, b, ..op(run) }, Effect::fields(to, from, 0));
    }

    fn conditional_set(&mut self, i: &Instruction) -> Translated {
        let run = choose::conditional_set(i.opcode & 15);
        let effect = Effect::fields(8, 0, 0).reading(Flags::of_condition(i.opcode));
        match i.operand {
            Operand::Register(number) => {
                let a = self.register_slot(i, number, 8, VALUE);
                self.append(Op { a, ..op(run) }, effect);
                self.put_register(i, number, 8, VALUE);
            }
            Operand::Memory(place) => {
                self.append(Op { a: VALUE, ..op(run) }, effect);
                let (fields, kind) = self.reach_closely(i, place);
                self.push(Op { a: VALUE, run: choose::store_register(8, kind), ..fields });
            }
        }
        Ok(())
    }

    /// The address of the word that a bit string in memory has the bit in, as the operand.
    fn word_of_bit(&mut self, i: &Instruction, place: Place) -> Instruction {
        let bare = Instruction { segment: NOTHING, ..*i };
        let (fields, kind) = match i.address {
            AddressBits::Half => {
                self.address_of(&bare, place);
                (Op { b: ADDRESS, c: NOTHING, ..op(branch::idle) }, LONG)
            }
            _ => self.reach(&bare, place),
        };
        let run: Run<Cpu> = match (i.bits(), kind) {
            (16, LONG) => bit::word_address::<16, LONG>,
            (32, LONG) => bit::word_address::<32, LONG>,
            (_, LONG) => bit::word_address::<64, LONG>,
            (16, WORD) => bit::word_address::<16, WORD>,
            (32, WORD) => bit::word_address::<32, WORD>,
            (_, WORD) => bit::word_address::<64, WORD>,
            (16, _) => bit::word_address::<16, 2>,
            (32, _) => bit::word_address::<32, 2>,
            (..) => bit::word_address::<64, 2>,
        };
        self.plain(Op { a: Slot::of(i.register.into()), run, ..fields });
        if i.segment != NOTHING {
            self.plain(Op { b: i.segment, ..op(moves::add_segment) });
        }
        Instruction { operand: Operand::Memory(Place::COMPUTED), ..self.computed(i) }
    }

    fn bit_by_register(&mut self, i: &Instruction, kind: u8) -> Translated {
        let found = match i.operand {
            Operand::Memory(place) => self.word_of_bit(i, place),
            Operand::Register(_) => *i,
        };
        let b = Slot::of(i.register.into());
        let run = match kind {
            bit::TEST => width!(i.bits(), bit::by_register<0>),
            bit::SET => width!(i.bits(), bit::by_register<1>),
            bit::RESET => width!(i.bits(), bit::by_register<2>),
            _ => width!(i.bits(), bit::by_register<3>),
        };
        self.bit_operation(&found, kind, Op { b, ..op(run) });
        Ok(())
    }

    fn bit_by_constant(&mut self, i: &Instruction) -> Translated {
        let kind = i.group().checked_sub(4).ok_or(Illegal)?;
        let run = match kind {
            bit::TEST => width!(i.bits(), bit::by_constant<0>),
            bit::SET => width!(i.bits(), bit::by_constant<1>),
            bit::RESET => width!(i.bits(), bit::by_constant<2>),
            _ => width!(i.bits(), bit::by_constant<3>),
        };
        self.bit_operation(i, kind, Op { imm: i.immediate as u64, ..op(run) });
        Ok(())
    }

    fn bit_operation(&mut self, i: &Instruction, kind: u8, operation: Op<Cpu>) {
        if kind == bit::TEST {
            let a = self.source(i, i.bits());
            self.push(Op { a, ..operation });
        } else {
            let a = self.target(i, i.bits());
            self.push(Op { a, ..operation });
            self.put_back(i, i.bits());
        }
    }

    /// SHLD, SHRD.
    fn double_shift(&mut self, i: &Instruction) -> Translated {
        let a = self.target(i, i.bits());
        let b = Slot::of(i.register.into());
        let run = match i.opcode & 8 {
            0 => width!(i.bits(), shift::double_left),
            _ => width!(i.bits(), shift::double_right),
        };
        self.push(Op { a, b, e: i.opcode & 1, imm: i.immediate as u64, ..op(run) });
        self.put_back(i, i.bits());
        Ok(())
    }

    fn compare_exchange(&mut self, i: &Instruction, bits: u32) -> Translated {
        let i = &self.pin(i);
        let a = self.target(i, bits);
        let b = self.register_slot(i, i.register, bits, OTHER);
        self.sets(Op { a, b, ..op(width!(bits, moves::compare_exchange)) });
        self.put_back(i, bits);
        Ok(())
    }

    fn exchange_add(&mut self, i: &Instruction, bits: u32) -> Translated {
        let i = &self.pin(i);
        let a = self.target(i, bits);
        let b = self.register_slot(i, i.register, bits, OTHER);
        self.sets(Op { a, b, ..op(width!(bits, arithmetic::exchange_add)) });
        self.put_register(i, i.register, bits, OTHER);
        self.put_back(i, bits);
        Ok(())
    }

    /// BSF, BSR, POPCNT.
    fn scan(&mut self, i: &Instruction, run: Run<Cpu>) -> Translated {
        let b = self.source(i, i.bits());
        self.sets(Op { a: Slot::of(i.register.into()), b, ..op(run) });
        Ok(())
    }

    /// MOVNTI.
    fn store_past(&mut self, i: &Instruction) -> Translated {
        let Operand::Memory(place) = i.operand else { return Err(Illegal) };
        let (fields, kind) = self.reach(i, place);
        let a = Slot::of(i.register.into());
        self.push(Op { a, run: choose::store_register(i.bits().max(32), kind), ..fields });
        Ok(())
    }

    fn compare_exchange_pair(&mut self, i: &Instruction) -> Translated {
        let Operand::Memory(place) = i.operand else { return Err(Illegal) };
        if i.group() != 1 {
            return Err(Illegal);
        }
        self.address_of(i, place);
        let run: Run<Cpu> = match i.bits() {
            64 => moves::compare_exchange_pair::<64>,
            _ => moves::compare_exchange_pair::<32>,
        };
        self.push(Op { a: AX, ..op(run) });
        Ok(())
    }

    /// CRC32.
    pub(super) fn checksum(&mut self, i: &Instruction) -> Translated {
        if i.repeat != Repeat::NotEqual {
            return Err(Illegal);
        }
        let from = if i.opcode == 0xf0 { 8 } else { i.bits() };
        let b = self.source(i, from);
        let a = Slot::of(i.register.into());
        self.plain(Op { a, b, ..op(width!(from, bit::add_to_checksum)) });
        Ok(())
    }
}
