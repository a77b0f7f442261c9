//! Instructions to operations. Called by [`super::assemble`], which knows of conditions.

use super::assemble::Assembly;
use super::cpu::Cpu;
use super::execute::data::{
    self, ARITHMETIC, IMMEDIATE, LEFT, Op, REGISTER, RIGHT, ROTATE, SHIFT_CARRY, SHIFT_FLAGS, SHIFT_ONLY,
};
use super::execute::{flow, memory, multiple, product};
use super::instruction::{ALWAYS, Instruction, Offset, Operand, Shift, Width, code};
use super::thumb::Decoded;
use super::whole::{simd, whole};
use crate::chain::one;
use crate::slot::Slot;

/// Holds a value between two operations of one instruction.
const SPARE: Slot = Slot::R16;

fn slot(register: u8) -> Slot {
    Slot::of(u32::from(register))
}

impl Assembly<'_> {
    /// Appends a branch that needs no skip in front. Says whether it was one.
    pub(super) fn branch(&mut self, decoded: Decoded) -> bool {
        let Instruction::Branch { distance } = decoded.instruction else { return false };
        if decoded.condition >= ALWAYS {
            self.follow(distance);
            return true;
        }
        let target = u64::from(self.target(distance));
        if !self.fuse_branch(decoded.condition, target) {
            self.push(flow::branch_if(decoded.condition)).imm = target;
        }
        true
    }

    /// Appends the operations of an instruction. Says whether it always leaves.
    pub(super) fn lower(&mut self, instruction: Instruction) -> bool {
        let big = self.is_big();
        if self.address_sum(instruction) {
            return false;
        }
        self.provide_pc(instruction);
        match instruction {
            Instruction::Nop => {}
            Instruction::Data { code, flags, d, n, operand } => {
                return self.data(code, flags, (d, n), operand);
            }
            Instruction::Address { d, distance } => {
                let imm = u64::from(self.flat(distance));
                let op = self.push(data::address);
                (op.a, op.imm) = (slot(d), imm);
                return d == 15 && self.jump_to_pc();
            }
            Instruction::Top { d, value } => {
                let op = self.push(data::top);
                (op.a, op.imm) = (slot(d), u64::from(value));
            }
            Instruction::Load { width, t, n, offset, index } => {
                let run = memory::load(width, index, self.offset(offset), big);
                self.transfer(run, (t, n), offset);
                return t == 15 && self.exchange(Slot::R15);
            }
            Instruction::Store { width, t, n, offset, index } => {
                let run = memory::store(width, index, self.offset(offset), big);
                self.transfer(run, (t, n), offset);
            }
            Instruction::Literal { width, t, distance } => return self.literal(width, t, distance),
            Instruction::LoadDouble { t, u, n, offset, index } => {
                let run = memory::load_double(index, self.offset(offset), big);
                self.transfer(run, (t, n), offset).e = u;
            }
            Instruction::StoreDouble { t, u, n, offset, index } => {
                let run = memory::store_double(index, self.offset(offset), big);
                self.transfer(run, (t, n), offset).e = u;
            }
            Instruction::LoadMultiple { list: 0, .. } | Instruction::StoreMultiple { list: 0, .. } => {
                self.push(flow::illegal);
                return true;
            }
            Instruction::LoadMultiple { n, list, up, before, writeback } => {
                let op = self.push(multiple::load(big));
                (op.b, op.d) = (slot(n), list.count_ones() as u8);
                op.imm = multiple::constant(list, up, before, writeback);
                return list >> 15 != 0 && self.exchange(Slot::R15);
            }
            Instruction::StoreMultiple { n, list, up, before, writeback } => {
                let op = self.push(multiple::store(big));
                (op.b, op.d) = (slot(n), list.count_ones() as u8);
                op.imm = multiple::constant(list, up, before, writeback);
            }
            Instruction::IfThen { state } if state >> 4 == 15 => {
                self.push(flow::illegal);
                return true;
            }
            Instruction::IfThen { state } => self.begin_it(state),
            Instruction::Whole { word, extra } => self.whole(word, extra),
            Instruction::Simd { word } => self.push(simd(big)).imm = u64::from(word),
            _ => return self.leaving(instruction),
        }
        false
    }

    /// Those that mostly leave the block.
    fn leaving(&mut self, instruction: Instruction) -> bool {
        let behind = self.target(self.bytes as u32);
        match instruction {
            Instruction::Branch { distance } => {
                let target = self.target(distance);
                self.push(one::<Cpu, flow::Jump>()).imm = u64::from(target);
            }
            Instruction::BranchLink { distance, exchange } => {
                let target = match (exchange, self.is_thumb()) {
                    (false, _) => self.target(distance),
                    (true, false) => self.target(distance).wrapping_add(1),
                    (true, true) => self.target(distance).wrapping_sub(1),
                };
                self.push(one::<Cpu, flow::Call>()).imm = u64::from(target) | u64::from(behind) << 32;
            }
            Instruction::BranchRegister { m } => {
                self.exchange(slot(m));
            }
            Instruction::BranchLinkRegister { m } => {
                let op = self.push(one::<Cpu, flow::ExchangeLink>());
                (op.b, op.imm) = (slot(m), u64::from(behind));
            }
            Instruction::BranchZero { n, nonzero, distance } => {
                let target = u64::from(self.target(distance));
                let op = self.push(match nonzero {
                    true => one::<Cpu, flow::BranchZero<true>>(),
                    false => one::<Cpu, flow::BranchZero<false>>(),
                });
                (op.b, op.imm) = (slot(n), target);
                return false;
            }
            Instruction::BranchTable { n, m, half } => {
                let pc = u64::from(self.target(4));
                let op = self.push(match (half, self.is_big()) {
                    (false, _) => flow::table::<false, false>,
                    (true, false) => flow::table::<true, false>,
                    (true, true) => flow::table::<true, true>,
                });
                (op.b, op.c, op.imm) = (slot(n), slot(m), pc);
            }
            Instruction::SetEndian { big } if !self.big_code => {
                let op = self.push(flow::set_endian);
                (op.d, op.imm) = (u8::from(big), u64::from(behind));
            }
            Instruction::Syscall { comment } => {
                let it = self.it_behind();
                let op = self.push(flow::syscall);
                (op.d, op.imm) = (it, u64::from(behind) | u64::from(comment) << 32);
            }
            Instruction::Breakpoint { comment } => {
                self.push(flow::breakpoint).imm = u64::from(comment);
            }
            _ => {
                self.push(flow::illegal);
            }
        }
        true
    }

    /// Puts into slot 15 what the instruction reads as pc, if it does.
    fn provide_pc(&mut self, instruction: Instruction) {
        let (reads, rounded) = match instruction {
            Instruction::Data { code, n, operand, .. } => {
                let first = n == 15 && !matches!(code, code::MOV | code::MVN);
                let second = match operand {
                    Operand::Immediate { .. } => false,
                    Operand::Register { m, .. } => m == 15,
                    Operand::Shifted { m, s, .. } => m == 15 || s == 15,
                };
                (first || second, false)
            }
            Instruction::Load { n, offset, .. } | Instruction::LoadDouble { n, offset, .. } => {
                (n == 15 || matches!(offset, Offset::Register { m: 15, .. }), true)
            }
            Instruction::Store { n, t, .. } | Instruction::StoreDouble { n, t, .. } => {
                (n == 15 || t == 15, true)
            }
            Instruction::StoreMultiple { n, list, .. } => (n == 15 || list >> 15 != 0, true),
            Instruction::LoadMultiple { n, .. } => (n == 15, true),
            Instruction::BranchRegister { m } | Instruction::BranchLinkRegister { m } => (m == 15, false),
            Instruction::BranchTable { n, .. } => (n == 15, false),
            Instruction::Simd { word } => (word >> 16 & 15 == 15 && word >> 25 & 7 == 6, true),
            _ => (false, false),
        };
        if reads {
            let imm = u64::from(self.flat(self.pc(rounded)));
            self.push(flow::set_pc).imm = imm;
        }
    }

    fn exchange(&mut self, target: Slot) -> bool {
        self.push(one::<Cpu, flow::Exchange>()).b = target;
        true
    }

    /// What a result in r15 does: A32 changes the mode with it, T32 does not.
    fn jump_to_pc(&mut self) -> bool {
        let run = if self.is_thumb() { flow::jump_register } else { one::<Cpu, flow::Exchange>() };
        self.push(run).b = Slot::R15;
        true
    }

    /// Appends the sum of pc and a register, in one operation. Says whether it was that.
    fn address_sum(&mut self, instruction: Instruction) -> bool {
        let Instruction::Data { code: code::ADD, flags: false, d, n, operand } = instruction else {
            return false;
        };
        let Operand::Register { m, shift: Shift::Left, amount: 0 } = operand else { return false };
        if d == 15 || (n == 15) == (m == 15) {
            return false;
        }
        let imm = u64::from(self.flat(self.pc(false)));
        let op = self.push(one::<Cpu, data::AddAddress>());
        (op.a, op.b, op.imm) = (slot(d), slot(if n == 15 { m } else { n }), imm);
        true
    }

    fn data(&mut self, code: u8, flags: bool, (d, n): (u8, u8), operand: Operand) -> bool {
        let (compares, carries) = (code::is_comparison(code), flags && code::is_logical(code));
        if d == 15 && flags && !compares {
            self.push(flow::illegal);
            return true;
        }
        if let Operand::Immediate { carry: Some(carry), .. } = operand
            && carries
        {
            self.push(one::<Cpu, data::SetCarry>()).d = u8::from(carry);
        }
        if code == code::MOV && flags && self.shift_with_flags(d, operand) {
            return false;
        }
        let (form, c, amount, imm) = self.operand(operand, carries);
        if flags {
            self.drop_flags(code);
        }
        let op = self.push(data::process(code, flags, form));
        (op.a, op.b, op.c, op.d, op.imm) = (slot(d), slot(n), c, amount, u64::from(imm));
        if flags {
            self.note_flags(code, form);
        }
        d == 15 && !compares && self.jump_to_pc()
    }

    /// A move of a shifted register that sets flags, in one operation.
    fn shift_with_flags(&mut self, d: u8, operand: Operand) -> bool {
        let op = match operand {
            Operand::Register { amount: 0, .. } | Operand::Immediate { .. } => return false,
            Operand::Register { m, shift, amount } => {
                let op = self.push(data::shift(shift, false, SHIFT_FLAGS));
                (op.b, op.d) = (slot(m), amount);
                op
            }
            Operand::Shifted { m, shift, s } => {
                let op = self.push(data::shift(shift, true, SHIFT_FLAGS));
                (op.b, op.c) = (slot(m), slot(s));
                op
            }
        };
        op.a = slot(d);
        true
    }

    /// Form, slot, amount and constant of an operand; one that needs an operation of its own goes to the spare slot.
    fn operand(&mut self, operand: Operand, carries: bool) -> (u8, Slot, u8, u32) {
        let flags = if carries { SHIFT_CARRY } else { SHIFT_ONLY };
        match operand {
            Operand::Immediate { value, .. } => (IMMEDIATE, Slot::R0, 0, value),
            Operand::Register { m, shift: Shift::Left, amount: 0 } => (REGISTER, slot(m), 0, 0),
            Operand::Register { m, shift, amount } => {
                let form = match shift {
                    Shift::Left => LEFT,
                    Shift::Right => RIGHT,
                    Shift::Arithmetic => ARITHMETIC,
                    Shift::Rotate => ROTATE,
                    Shift::Extend => REGISTER,
                };
                if !carries && amount < 32 && form != REGISTER {
                    return (form, slot(m), amount, 0);
                }
                let op = self.push(data::shift(shift, false, flags));
                (op.a, op.b, op.d) = (SPARE, slot(m), amount);
                (REGISTER, SPARE, 0, 0)
            }
            Operand::Shifted { m, shift, s } => {
                let op = self.push(data::shift(shift, true, flags));
                (op.a, op.b, op.c) = (SPARE, slot(m), slot(s));
                (REGISTER, SPARE, 0, 0)
            }
        }
    }

    /// Says whether an offset is in a register; brings one that is not just shifted left to the spare slot.
    fn offset(&mut self, offset: Offset) -> bool {
        let Offset::Register { m, shift, amount, subtract } = offset else { return false };
        let simple = shift == Shift::Left;
        if !simple || subtract && amount != 0 {
            let op = self.push(data::shift(shift, false, SHIFT_ONLY));
            (op.a, op.b, op.d) = (SPARE, slot(m), amount);
        }
        if subtract {
            let shifted = !simple || amount != 0;
            let op = self.push(data::negate);
            (op.a, op.b) = (SPARE, if shifted { SPARE } else { slot(m) });
        }
        true
    }

    /// Appends a load or store whose offset was seen to.
    fn transfer(&mut self, run: data::Run, (t, n): (u8, u8), offset: Offset) -> &mut Op {
        let op = self.push(run);
        (op.a, op.b) = (slot(t), slot(n));
        match offset {
            Offset::Immediate(value) => op.imm = u64::from(value),
            Offset::Register { m, shift: Shift::Left, amount, subtract: false } => {
                (op.c, op.d) = (slot(m), amount);
            }
            Offset::Register { .. } => op.c = SPARE,
        }
        op
    }

    /// A constant beside the code is part of the block: a store to the page leaves it to a copy without blocks.
    fn literal(&mut self, width: Width, t: u8, distance: u32) -> bool {
        let place = self.here.wrapping_add_unsigned(distance);
        let value = if width == Width::Word { self.source.u32(place) } else { None };
        let op = match value {
            Some(value) => {
                let value = if self.is_big() { value.swap_bytes() } else { value };
                let op = self.push(data::process(code::MOV, false, IMMEDIATE));
                op.imm = u64::from(value);
                op
            }
            None => {
                let imm = u64::from(self.flat(distance));
                let op = self.push(memory::load_literal(width, self.is_big()));
                op.imm = imm;
                op
            }
        };
        op.a = slot(t);
        t == 15 && self.exchange(Slot::R15)
    }

    fn whole(&mut self, word: u32, extra: u32) {
        if let Some(product) = product::of(word) {
            let op = self.push(product.run);
            *op = Op { at: op.at, ..product };
            return;
        }
        let run = whole(self.is_big());
        self.push(run).imm = u64::from(word) | u64::from(extra) << 32;
    }
}
