//! The one-byte opcodes. Intel SDM volume 2, appendix A, table A-2.

use super::super::cpu::{AX, BX, CX, Cpu, DX, GS, Mode, NOTHING, OTHER, SP, VALUE};
use super::super::decode::{AddressBits, Instruction, Operand, Repeat};
use super::super::execute::{
    arithmetic, branch, decimal, divide, moves, multiply, shift, stack, string, system,
};
use super::super::flags::{ARITHMETIC, CARRY, OVERFLOW};
use super::choose::{self, Count, Form, width};
use super::effect::Effect;
use super::{Assembly, Comparison, Illegal, Translated, op};
use crate::op::{Op, Run};
use crate::slot::Slot;

impl Assembly {
    /// Opcodes of one byte.
    pub(super) fn one(&mut self, i: &Instruction) -> Translated {
        let opcode = i.opcode;
        let bits = if opcode & 1 == 0 { 8 } else { i.bits() };
        match opcode {
            0x00..=0x3f if opcode & 7 < 6 => self.arithmetic(i, opcode >> 3, opcode & 7, bits),
            0x06 | 0x0e | 0x16 | 0x1e => self.push_segment(i, opcode >> 3),
            0x07 | 0x17 | 0x1f => self.pop_segment(i, opcode >> 3),
            0x27 | 0x2f | 0x37 | 0x3f | 0xd4 | 0xd5 | 0xd6 => self.decimal(i),
            0x40..=0x4f => self.step_register(i),
            0x50..=0x57 | 0x68 | 0x6a => self.push_operand(i),
            0x58..=0x5f => {
                let slot = low_register(i);
                self.push(Op { a: slot, ..op(width!(i.stack_bits(), stack::pop)) });
                Ok(())
            }
            0x60 | 0x61 => self.all_registers(i),
            0x63 if self.mode == Mode::X86_64 => {
                self.extend(i, 32, true);
                Ok(())
            }
            0x69 | 0x6b => {
                let (b, bits) = (self.source(i, i.bits()), i.bits());
                let a = Slot::of(i.register.into());
                let run = width!(bits, multiply::by_constant; true);
                let quiet = width!(bits, multiply::by_constant; false);
                let effect = Effect::fields(bits, bits, 0).setting(ARITHMETIC).or_quietly(quiet);
                self.append(Op { a, b, imm: i.immediate as u64, ..op(run) }, effect);
                Ok(())
            }
            0x70..=0x7f => self.branch_if(i, opcode),
            0x80..=0x83 => self.arithmetic_group(i, bits),
            0x84 | 0x85 => self.arithmetic(i, arithmetic::TEST, opcode & 1, bits),
            0x86 | 0x87 => self.exchange(i, bits),
            0x88..=0x8b => self.copy(i, bits),
            0x8c | 0x8e => self.copy_segment(i),
            0x8d => self.effective(i),
            0x8f => self.pop_operand(i),
            0x90..=0x97 => self.exchange_accumulator(i),
            0x98 | 0x99 => self.extend_accumulator(i),
            0x9b => self.wait(),
            0x9c..=0x9f => self.flags(i),
            0xa0..=0xa3 => self.copy_absolute(i, bits),
            0xa4..=0xa7 | 0xaa..=0xaf => self.string(i, bits),
            0xa8 | 0xa9 => self.arithmetic(i, arithmetic::TEST, 4 + (opcode & 1), bits),
            0xb0..=0xb7 => self.byte_constant(i),
            0xb8..=0xbf => {
                let value = if i.bits() == 32 { i.immediate as u32 as u64 } else { i.immediate as u64 };
                self.set_constant(low_register(i), value, i.bits());
                Ok(())
            }
            0xc0 | 0xc1 | 0xd0..=0xd3 => self.shift(i, bits),
            0xc2 | 0xc3 | 0xc8 | 0xc9 => self.procedure(i),
            0xc6 | 0xc7 if i.group() == 0 => self.copy_constant(i, bits),
            0xcc | 0xcd | 0xce | 0xf1 => self.interrupt(i),
            0xd7 => self.translate_byte(i),
            0xd8..=0xdf => self.float(i),
            0xe0..=0xe3 => self.count_down(i),
            0xe8 | 0xe9 | 0xeb => self.jump(i),
            0xf4 | 0x6c..=0x6f | 0xe4..=0xe7 | 0xec..=0xef | 0xfa | 0xfb => self.privileged(),
            0x62 if self.mode == Mode::I386 => self.bound(i),
            0xc4 if self.mode == Mode::I386 => self.load_far(i, 0),
            0xc5 if self.mode == Mode::I386 => self.load_far(i, 3),
            0x9a | 0xea => self.far_direct(i),
            0xca | 0xcb | 0xcf => self.far_return(i),
            0xf5 | 0xf8 | 0xf9 | 0xfc | 0xfd => self.single_flag(i),
            0xf6 | 0xf7 => self.unary_group(i, bits),
            0xfe | 0xff => self.step_group(i, bits),
            _ => Err(Illegal),
        }
    }

    /// ADD to CMP and TEST in the six forms of opcodes.
    fn arithmetic(&mut self, i: &Instruction, kind: u8, form: u8, bits: u32) -> Translated {
        let compares = kind == arithmetic::CMP || kind == arithmetic::TEST;
        if form >= 4 {
            self.with_constant(i, kind, AX, bits);
            return Ok(());
        }
        let register_is_target = form >= 2;
        if let Operand::Memory(place) = i.operand {
            let a = self.register_slot(i, i.register, bits, OTHER);
            let (fields, address) = self.reach_closely(i, place);
            if register_is_target {
                let run = choose::arithmetic(kind, Form::Memory(address), bits);
                let quiet = choose::arithmetic(kind, Form::MemoryQuietly(address), bits);
                self.append(Op { a, run, ..fields }, Effect::SHOWS.setting(ARITHMETIC).or_quietly(quiet));
            } else {
                self.push(Op { a, run: choose::arithmetic(kind, Form::ToMemory(address), bits), ..fields });
            }
            if register_is_target && !compares {
                self.put_register(i, i.register, bits, OTHER);
            }
            return Ok(());
        }
        let (first, second) = match (i.operand, register_is_target) {
            (Operand::Register(other), true) => (i.register, other),
            (Operand::Register(other), false) => (other, i.register),
            _ => return Err(Illegal),
        };
        let a = self.register_slot(i, first, bits, VALUE);
        let b = self.register_slot(i, second, bits, OTHER);
        let run = choose::arithmetic(kind, Form::Register, bits);
        let quiet = choose::arithmetic(kind, Form::RegisterQuietly, bits);
        // A register with itself gives zero, whatever it was.
        let read = if a == b && matches!(kind, arithmetic::XOR | arithmetic::SUB) { 0 } else { bits };
        let written = if compares { 0 } else { bits };
        self.arithmetic_op(kind, Op { a, b: a, c: b, ..op(run) }, Effect::fields(written, read, read), quiet);
        self.comparison = compares.then_some(Comparison { kind, bits, with_constant: false });
        if !compares {
            self.put_register(i, first, bits, VALUE);
        }
        Ok(())
    }

    fn arithmetic_op(&mut self, kind: u8, operation: Op<Cpu>, effect: Effect, quiet: Run<Cpu>) {
        let effect = effect.setting(ARITHMETIC);
        self.append(
            operation,
            match kind {
                arithmetic::ADC | arithmetic::SBB => effect.reading(CARRY).or_quietly(quiet),
                _ => effect.or_quietly(quiet),
            },
        );
    }

    /// An operation of a slot with the immediate.
    fn with_constant(&mut self, i: &Instruction, kind: u8, a: Slot, bits: u32) {
        let run = choose::arithmetic(kind, Form::Constant, bits);
        let quiet = choose::arithmetic(kind, Form::ConstantQuietly, bits);
        let operation = Op { a, b: a, imm: i.immediate as u64, ..op(run) };
        let compares = kind == arithmetic::CMP || kind == arithmetic::TEST;
        let written = if compares { 0 } else { bits };
        self.arithmetic_op(kind, operation, Effect::fields(written, bits, 0), quiet);
        if compares {
            self.comparison = Some(Comparison { kind, bits, with_constant: true });
        }
    }

    /// Group 1: an operation with an immediate.
    fn arithmetic_group(&mut self, i: &Instruction, bits: u32) -> Translated {
        if i.opcode == 0x82 && self.mode == Mode::X86_64 {
            return Err(Illegal);
        }
        self.operation_with_constant(i, i.group(), bits);
        Ok(())
    }

    fn operation_with_constant(&mut self, i: &Instruction, kind: u8, bits: u32) {
        match i.operand {
            Operand::Memory(place) => {
                let (fields, address) = self.reach_closely(i, place);
                let run = choose::arithmetic(kind, Form::ConstantToMemory(address), bits);
                let imm = fields.imm & 0xffff_ffff | (i.immediate as u64) << 32;
                self.push(Op { run, imm, ..fields });
            }
            Operand::Register(number) => {
                let a = self.register_slot(i, number, bits, VALUE);
                self.with_constant(i, kind, a, bits);
                if kind != arithmetic::CMP && kind != arithmetic::TEST {
                    self.put_register(i, number, bits, VALUE);
                }
            }
        }
    }

    fn push_segment(&mut self, i: &Instruction, number: u8) -> Translated {
        if self.mode == Mode::X86_64 {
            return Err(Illegal);
        }
        self.plain(Op { a: VALUE, d: number, ..op(system::read_segment::<64>) });
        self.push(Op { a: VALUE, ..op(width!(i.stack_bits(), stack::push)) });
        Ok(())
    }

    fn pop_segment(&mut self, i: &Instruction, number: u8) -> Translated {
        if self.mode == Mode::X86_64 {
            return Err(Illegal);
        }
        self.pop_to_segment(i, number);
        Ok(())
    }

    pub(super) fn pop_to_segment(&mut self, i: &Instruction, number: u8) {
        let bits = i.stack_bits();
        self.push(Op { a: VALUE, ..op(width!(bits, stack::peek)) });
        self.push(Op { a: VALUE, d: number, ..op(system::write_segment) });
        self.plain(Op { imm: (bits / 8).into(), ..op(stack::move_pointer) });
    }

    fn decimal(&mut self, i: &Instruction) -> Translated {
        if self.mode == Mode::X86_64 {
            return Err(Illegal);
        }
        let run: Run<Cpu> = match i.opcode {
            0x27 => decimal::adjust_packed::<false>,
            0x2f => decimal::adjust_packed::<true>,
            0x37 => decimal::adjust_unpacked::<false>,
            0x3f => decimal::adjust_unpacked::<true>,
            0xd4 => decimal::number_to_digits,
            0xd5 => decimal::digits_to_number,
            _ => system::carry_to_register,
        };
        self.push(Op { imm: i.immediate as u64, ..op(run) });
        Ok(())
    }

    /// INC and DEC of 32-bit mode.
    fn step_register(&mut self, i: &Instruction) -> Translated {
        self.step_slot(low_register(i), i.bits(), i.opcode >> 3 & 1);
        Ok(())
    }

    fn step_slot(&mut self, a: Slot, bits: u32, down: u8) {
        let (run, quiet) = match down {
            0 => (width!(bits, arithmetic::increment; true), width!(bits, arithmetic::increment; false)),
            _ => (width!(bits, arithmetic::decrement; true), width!(bits, arithmetic::decrement; false)),
        };
        let effect = Effect::fields(bits, bits, 0).setting(ARITHMETIC & !CARRY).or_quietly(quiet);
        self.append(Op { a, b: a, ..op(run) }, effect);
    }

    fn push_operand(&mut self, i: &Instruction) -> Translated {
        let bits = i.stack_bits();
        match i.opcode {
            0x68 | 0x6a => {
                self.push(Op { imm: i.immediate as u64, ..op(width!(bits, stack::push_constant)) });
            }
            _ => self.push(Op { a: low_register(i), ..op(width!(bits, stack::push)) }),
        }
        Ok(())
    }

    fn all_registers(&mut self, i: &Instruction) -> Translated {
        if self.mode == Mode::X86_64 {
            return Err(Illegal);
        }
        let run = match i.opcode {
            0x60 => width!(i.stack_bits(), stack::push_all),
            _ => width!(i.stack_bits(), stack::pop_all),
        };
        self.push(op(run));
        Ok(())
    }

    /// XCHG with memory or a register.
    fn exchange(&mut self, i: &Instruction, bits: u32) -> Translated {
        let i = &self.pin(i);
        let a = self.target(i, bits);
        let b = self.register_slot(i, i.register, bits, OTHER);
        self.plain(Op { a, b, ..op(width!(bits, moves::exchange)) });
        self.put_back(i, bits);
        self.put_register(i, i.register, bits, OTHER);
        Ok(())
    }

    /// MOV between registers and memory.
    fn copy(&mut self, i: &Instruction, bits: u32) -> Translated {
        let to_register = i.opcode & 2 != 0;
        match i.operand {
            Operand::Memory(place) if to_register => {
                let (fields, kind) = self.reach_closely(i, place);
                if super::high_byte(i, i.register, bits).is_some() {
                    self.push(Op { a: VALUE, run: choose::load_zero(bits, kind), ..fields });
                    self.put_register(i, i.register, bits, VALUE);
                } else {
                    let a = Slot::of(i.register.into());
                    self.push(Op { a, run: choose::load(bits, kind), ..fields });
                }
            }
            Operand::Memory(place) => {
                let a = self.register_slot(i, i.register, bits, VALUE);
                let (fields, kind) = self.reach_closely(i, place);
                self.push(Op { a, run: choose::store_register(bits, kind), ..fields });
            }
            Operand::Register(number) => {
                let (to, from) = if to_register { (i.register, number) } else { (number, i.register) };
                let from = self.register_slot(i, from, bits, VALUE);
                self.set_register(i, to, bits, from);
            }
        }
        Ok(())
    }

    fn copy_segment(&mut self, i: &Instruction) -> Translated {
        let number = i.register & 7;
        if usize::from(number) > GS {
            return Err(Illegal);
        }
        if i.opcode == 0x8e {
            if number == 1 {
                return Err(Illegal);
            }
            let a = self.source(i, 16);
            self.push(Op { a, d: number, ..op(system::write_segment) });
            return Ok(());
        }
        match i.operand {
            Operand::Register(to) => {
                let a = Slot::of(to.into());
                self.plain(Op { a, d: number, ..op(width!(i.bits(), system::read_segment)) });
            }
            Operand::Memory(place) => {
                self.plain(Op { a: VALUE, d: number, ..op(system::read_segment::<64>) });
                let (fields, kind) = self.reach_closely(i, place);
                self.push(Op { a: VALUE, run: choose::store_register(16, kind), ..fields });
            }
        }
        Ok(())
    }

    /// LEA: an address without its segment.
    fn effective(&mut self, i: &Instruction) -> Translated {
        let Operand::Memory(place) = i.operand else { return Err(Illegal) };
        let bare = Instruction { segment: NOTHING, ..*i };
        let (fields, kind) = self.reach_closely(&bare, place);
        let a = Slot::of(i.register.into());
        let (base, index) = match kind {
            super::LONG => (64, 64),
            super::WORD => (32, 32),
            super::LONG_BASE => (64, 0),
            super::WORD_BASE => (32, 0),
            _ => (0, 0),
        };
        let operation = Op { a, run: choose::effective(i.bits(), kind), ..fields };
        self.append(operation, Effect::fields(i.bits(), base, index));
        Ok(())
    }

    /// POP to memory or a register by ModRM.
    fn pop_operand(&mut self, i: &Instruction) -> Translated {
        if i.group() != 0 {
            return Err(Illegal);
        }
        let bits = i.stack_bits();
        match i.operand {
            Operand::Register(number) => {
                self.push(Op { a: Slot::of(number.into()), ..op(width!(bits, stack::pop)) });
            }
            Operand::Memory(place) => {
                self.push(Op { a: VALUE, ..op(width!(bits, stack::peek)) });
                // An address by the stack pointer is that of after the pop.
                let popped = match place.base {
                    SP => super::Place {
                        displacement: place.displacement.wrapping_add(bits as i32 / 8),
                        ..place
                    },
                    _ => place,
                };
                let (fields, kind) = self.reach_closely(i, popped);
                self.push(Op { a: VALUE, run: choose::store_register(bits, kind), ..fields });
                self.plain(Op { imm: (bits / 8).into(), ..op(stack::move_pointer) });
            }
        }
        Ok(())
    }

    fn exchange_accumulator(&mut self, i: &Instruction) -> Translated {
        let b = low_register(i);
        if b == AX {
            // NOP, PAUSE.
            return Ok(());
        }
        self.plain(Op { a: AX, b, ..op(width!(i.bits(), moves::exchange)) });
        Ok(())
    }

    fn extend_accumulator(&mut self, i: &Instruction) -> Translated {
        let (run, from): (Run<Cpu>, u32) = match (i.opcode, i.bits()) {
            (0x98, 16) => (moves::sign_extend::<8, 16>, 8),
            (0x98, 32) => (moves::sign_extend::<16, 32>, 16),
            (0x98, _) => (moves::sign_extend::<32, 64>, 32),
            (_, 16) => (moves::sign_fill::<16>, 16),
            (_, 32) => (moves::sign_fill::<32>, 32),
            (_, _) => (moves::sign_fill::<64>, 64),
        };
        let a = if i.opcode == 0x98 { AX } else { DX };
        self.append(Op { a, b: AX, ..op(run) }, Effect::fields(i.bits(), from, 0));
        Ok(())
    }

    fn flags(&mut self, i: &Instruction) -> Translated {
        let bits = i.stack_bits();
        match i.opcode {
            0x9c => {
                self.push(Op { a: VALUE, ..op(stack::read_flags) });
                self.push(Op { a: VALUE, ..op(width!(bits, stack::push)) });
            }
            0x9d => {
                self.push(Op { a: VALUE, ..op(width!(bits, stack::pop)) });
                self.push(Op { a: VALUE, ..op(width!(bits, stack::write_flags)) });
            }
            0x9e => self.push(op(system::register_to_flags)),
            _ => self.push(op(system::flags_to_register)),
        }
        Ok(())
    }

    /// MOV between the accumulator and an absolute address.
    fn copy_absolute(&mut self, i: &Instruction, bits: u32) -> Translated {
        let address = match i.address {
            AddressBits::Half => i.immediate as u16 as u64,
            AddressBits::Word => i.immediate as u32 as u64,
            AddressBits::Long => i.immediate as u64,
        };
        self.set_constant(super::ADDRESS, address, 64);
        if i.segment != NOTHING {
            self.plain(Op { b: i.segment, ..op(moves::add_segment) });
        }
        let run = match i.opcode & 2 {
            0 => choose::load(bits, super::LONG),
            _ => choose::store_register(bits, super::LONG),
        };
        self.push(Op { a: AX, b: super::ADDRESS, c: NOTHING, ..op(run) });
        Ok(())
    }

    fn string(&mut self, i: &Instruction, bits: u32) -> Translated {
        let prefix = match i.repeat {
            Repeat::None => string::ONCE,
            Repeat::Equal => string::WHILE_EQUAL,
            Repeat::NotEqual => string::WHILE_DIFFERENT,
        };
        let e = match i.address {
            AddressBits::Half => 16,
            AddressBits::Word => 32,
            AddressBits::Long => 64,
        };
        let run = match i.opcode & 0xfe {
            0xa4 => width!(bits, string::move_string),
            0xa6 => width!(bits, string::compare_string_source),
            0xaa => width!(bits, string::store_string),
            0xac => width!(bits, string::load_string),
            _ => width!(bits, string::scan_string),
        };
        let operation = Op { b: i.segment, d: prefix, e, imm: i64::from(self.here) as u64, ..op(run) };
        self.push(operation.clone());
        if i.opcode & 0xfe == 0xa6 {
            self.push(Op { run: width!(bits, string::compare_string), ..operation });
        }
        Ok(())
    }

    fn byte_constant(&mut self, i: &Instruction) -> Translated {
        let number = i.opcode & 7 | (i.rex & 1) << 3;
        match super::high_byte(i, number, 8) {
            Some(owner) => {
                self.set_constant(VALUE, i.immediate as u64, 64);
                self.plain(Op { a: owner, b: VALUE, ..op(moves::put_high_byte) });
            }
            None => {
                self.set_constant(Slot::of(number.into()), i.immediate as u64, 8);
            }
        }
        Ok(())
    }

    fn shift(&mut self, i: &Instruction, bits: u32) -> Translated {
        let kind = if i.group() == 6 { shift::SHL } else { i.group() };
        let mask = if bits == 64 { 63 } else { 31 };
        let count = match i.opcode {
            0xc0 | 0xc1 => i.immediate as u64 & mask,
            _ => 1,
        };
        let a = self.target(i, bits);
        let read = match kind {
            shift::RCL | shift::RCR => CARRY,
            _ => 0,
        };
        let flags = if kind < shift::SHL { CARRY | OVERFLOW } else { ARITHMETIC };
        let effect = Effect::fields(bits, bits, 0).reading(read);
        if i.opcode >= 0xd2 {
            let quiet = choose::shift(kind, Count::RegisterQuietly, bits);
            let effect = effect.also(CX).changing(flags).or_quietly(quiet);
            self.append(Op { a, b: a, ..op(choose::shift(kind, Count::Register, bits)) }, effect);
        } else if count == 0 {
            self.copy_slot(a, a, bits);
        } else {
            let quiet = choose::shift(kind, Count::ConstantQuietly, bits);
            // Rotations through carry by whole turns change nothing.
            let effect = if read == 0 { effect.setting(flags) } else { effect.changing(flags) };
            let operation = Op { a, b: a, imm: count, ..op(choose::shift(kind, Count::Constant, bits)) };
            self.append(operation, effect.or_quietly(quiet));
        }
        self.put_back(i, bits);
        Ok(())
    }

    /// RET, ENTER, LEAVE.
    fn procedure(&mut self, i: &Instruction) -> Translated {
        let bits = i.stack_bits();
        match i.opcode {
            0xc8 => self.push(Op {
                imm: i.immediate as u16 as u64,
                d: i.second as u8,
                ..op(width!(bits, stack::enter))
            }),
            0xc9 => self.push(op(width!(bits, stack::leave_frame))),
            _ => {
                let imm = i.immediate as u16 as u64;
                self.push(Op { imm, ..op(width!(bits, branch::return_near)) });
                self.finished = true;
            }
        }
        Ok(())
    }

    fn copy_constant(&mut self, i: &Instruction, bits: u32) -> Translated {
        match i.operand {
            Operand::Memory(place) => {
                let (fields, kind) = self.reach_closely(i, place);
                let imm = fields.imm & 0xffff_ffff | (i.immediate as u64) << 32;
                self.push(Op { imm, run: choose::store_constant(bits, kind), ..fields });
            }
            Operand::Register(number) => match super::high_byte(i, number, bits) {
                Some(_) => {
                    self.set_constant(VALUE, i.immediate as u64, 64);
                    self.put_register(i, number, bits, VALUE);
                }
                None => self.set_constant(Slot::of(number.into()), i.immediate as u64, bits),
            },
        }
        Ok(())
    }

    fn interrupt(&mut self, i: &Instruction) -> Translated {
        let imm = i64::from(self.next) as u64;
        let run: Run<Cpu> = match (i.opcode, i.immediate as u8) {
            (0xcc | 0xf1, _) | (0xcd, 3) => branch::breakpoint,
            (0xce, _) if self.mode == Mode::X86_64 => return Err(Illegal),
            (0xce, _) => branch::trap_on_overflow,
            (_, 0x80) if self.mode == Mode::I386 => branch::system_call,
            _ => return self.privileged(),
        };
        self.push(Op { imm, ..op(run) });
        if i.opcode == 0xce {
            self.leave_to(self.next);
        }
        self.finished = true;
        Ok(())
    }

    pub(super) fn privileged(&mut self) -> Translated {
        self.push(op(branch::privileged));
        self.finished = true;
        Ok(())
    }

    /// XLAT: a byte of the table at BX.
    fn translate_byte(&mut self, i: &Instruction) -> Translated {
        self.plain(Op { a: VALUE, b: AX, ..op(moves::zero_extend::<8>) });
        let place = super::Place { base: BX, index: VALUE, shift: 0, displacement: 0, relative: false };
        let (fields, kind) = self.reach_closely(i, place);
        self.push(Op { a: AX, run: choose::load(8, kind), ..fields });
        Ok(())
    }

    fn count_down(&mut self, i: &Instruction) -> Translated {
        let e = match i.address {
            AddressBits::Half => 16,
            AddressBits::Word => 32,
            AddressBits::Long => 64,
        };
        let target = self.branch_target(i);
        self.push(Op { d: i.opcode & 3, e, imm: target as u64, ..op(branch::count_down) });
        self.behind_branch(target);
        Ok(())
    }

    /// Distance of a relative branch's target.
    fn branch_target(&self, i: &Instruction) -> i64 {
        i64::from(self.next) + i.immediate
    }

    /// A branch back is mostly taken, one forward mostly not: behind one back the block ends.
    fn behind_branch(&mut self, target: i64) {
        if target <= i64::from(self.here) {
            self.leave_to(self.next);
        }
    }

    pub(super) fn branch_if(&mut self, i: &Instruction, code: u8) -> Translated {
        if i.operand_prefix && self.mode == Mode::I386 {
            return Err(Illegal);
        }
        let target = self.branch_target(i);
        match self.comparison.and_then(|compared| self.fused(compared, code, target)) {
            Some((run, imm)) => {
                let at = self.at();
                if let (Some(last), Some(effect)) = (self.ops.last_mut(), self.effects.last_mut()) {
                    *last = Op { run, imm, at, ..last.clone() };
                    *effect = Effect::PLAIN.setting(ARITHMETIC);
                }
                self.comparison = None;
            }
            None => self.push(Op { imm: target as u64, ..op(choose::branch_if(code)) }),
        }
        self.behind_branch(target);
        Ok(())
    }

    /// The comparison and the branch in one: operation and immediate.
    fn fused(&self, compared: Comparison, code: u8, target: i64) -> Option<(Run<Cpu>, u64)> {
        let last = self.ops.last()?;
        let run = choose::compare(compared.kind, compared.bits, compared.with_constant, code)?;
        if !compared.with_constant {
            return Some((run, target as u64));
        }
        let near = i32::try_from(target).ok()?;
        Some((run, u64::from(near as u32) | last.imm << 32))
    }

    fn jump(&mut self, i: &Instruction) -> Translated {
        if i.operand_prefix && self.mode == Mode::I386 {
            return Err(Illegal);
        }
        let target = self.branch_target(i);
        if i.opcode != 0xe8 {
            self.follow(target);
            return Ok(());
        }
        let bits = if self.mode == Mode::I386 { 32 } else { 64 };
        match i32::try_from(target) {
            Ok(near) => {
                let imm = u64::from(near as u32) | (self.next as u64) << 32;
                self.push(Op { imm, ..op(width!(bits, branch::call)) });
            }
            Err(_) => {
                self.plain(Op { a: VALUE, imm: target as u64, ..op(moves::place) });
                let imm = i64::from(self.next) as u64;
                self.push(Op { a: VALUE, imm, ..op(width!(bits, branch::call_register)) });
            }
        }
        self.finished = true;
        Ok(())
    }

    fn single_flag(&mut self, i: &Instruction) -> Translated {
        let (run, d): (Run<Cpu>, u8) = match i.opcode {
            0xf5 => (system::change_carry, 2),
            0xf8 | 0xf9 => (system::change_carry, i.opcode & 1),
            _ => (system::change_direction, i.opcode & 1),
        };
        self.push(Op { d, ..op(run) });
        Ok(())
    }

    /// Group 3: TEST, NOT, NEG, multiplication, division.
    fn unary_group(&mut self, i: &Instruction, bits: u32) -> Translated {
        match i.group() {
            0 | 1 => self.operation_with_constant(i, arithmetic::TEST, bits),
            2 | 3 => {
                let a = self.target(i, bits);
                if i.group() == 2 {
                    let run = width!(bits, arithmetic::complement);
                    self.append(Op { a, b: a, ..op(run) }, Effect::fields(bits, bits, 0));
                } else {
                    let run = width!(bits, arithmetic::negate; true);
                    let quiet = width!(bits, arithmetic::negate; false);
                    let effect = Effect::fields(bits, bits, 0).setting(ARITHMETIC).or_quietly(quiet);
                    self.append(Op { a, b: a, ..op(run) }, effect);
                }
                self.put_back(i, bits);
            }
            group => {
                let a = self.source(i, bits);
                let run = match group {
                    4 => width!(bits, multiply::unsigned_wide),
                    5 => width!(bits, multiply::signed_wide),
                    6 => width!(bits, divide::unsigned),
                    _ => width!(bits, divide::signed),
                };
                self.push(Op { a, ..op(run) });
            }
        }
        Ok(())
    }

    /// Groups 4 and 5: INC, DEC, CALL, JMP, PUSH.
    fn step_group(&mut self, i: &Instruction, bits: u32) -> Translated {
        let group = i.group();
        if group < 2 {
            let a = self.target(i, bits);
            self.step_slot(a, bits, group);
            self.put_back(i, bits);
            return Ok(());
        }
        if i.opcode == 0xfe || group == 7 {
            return Err(Illegal);
        }
        let stack_bits =
            if group == 6 { i.stack_bits() } else { if self.mode == Mode::I386 { 32 } else { 64 } };
        match group {
            2 => {
                let a = self.source(i, stack_bits);
                let imm = i64::from(self.next) as u64;
                self.push(Op { a, imm, ..op(width!(stack_bits, branch::call_register)) });
                self.finished = true;
            }
            4 => {
                let a = self.source(i, stack_bits);
                self.push(Op { a, ..op(branch::jump_register) });
                self.finished = true;
            }
            6 => {
                let a = self.source(i, stack_bits);
                self.push(Op { a, ..op(width!(stack_bits, stack::push)) });
            }
            _ => return self.far_indirect(i),
        }
        Ok(())
    }
}

/// The register in the low bits of an opcode.
fn low_register(i: &Instruction) -> Slot {
    Slot::of((i.opcode & 7 | (i.rex & 1) << 3).into())
}
