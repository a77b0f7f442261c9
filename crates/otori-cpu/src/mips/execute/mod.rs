//! The interpreter's loop over blocks and operations. Entrance: [`Cpu::run`]. Rare operations are next door in
//! [`rare`], block look-up in [`find`].
//!
//! Counting: a block's instructions are paid for on entering it; whoever leaves early gets the rest back.

mod find;
mod rare;

use super::cpu::{Cpu, Endian};
use super::op::Op;
use super::register::Reg;
use crate::block::{Block, BlockCache};
use crate::memory::Memory;
use crate::page::{PAGE_SHIFT, Page};
use crate::stop::Stop;
use alloc::sync::Arc;

/// log2 of the instruction size.
const UNIT: u32 = 2;

/// A value of the guest's byte order, from or to one with the first byte least significant.
#[inline(always)]
pub(super) fn order_u32<const BIG: bool>(value: u32) -> u32 {
    if BIG { value.swap_bytes() } else { value }
}

#[inline(always)]
fn order_u16<const BIG: bool>(value: u16) -> u16 {
    if BIG { value.swap_bytes() } else { value }
}

/// Where a jump in the block at `start` goes: within the 256 MB region of its delay slot. All of the block is on one
/// page, or it is nothing but the jump and its slot; so the second instruction tells the region.
#[inline(always)]
fn jump_target(start: u32, target: u32) -> u32 {
    start.wrapping_add(1 << UNIT) & 0xf000_0000 | target
}

/// What the operations of one block need to know besides the registers.
#[derive(Clone, Copy)]
struct Frame {
    /// Address of the block.
    start: u32,
    /// Instructions left of the budget, the current block already paid for.
    left: i64,
    /// Condition of a branch whose delay slot might change it.
    remembered: bool,
    /// Target of a jump whose delay slot might change it.
    target: u32,
}

impl Cpu {
    /// Runs until something stops it or `budget` instructions are executed. Returns why, and the exact number of
    /// instructions executed: at most `budget`, plus one if the last would have been in a delay slot.
    pub fn run<M: Memory>(&mut self, memory: &mut M, budget: u64) -> (Stop, u64) {
        let budget = i64::try_from(budget).unwrap_or(i64::MAX);
        let mut blocks = self.blocks.take().unwrap_or_default();
        let (stop, left) = match self.endian {
            Endian::Little => self.run_blocks::<M, false>(&mut blocks, memory, budget),
            Endian::Big => self.run_blocks::<M, true>(&mut blocks, memory, budget),
        };
        self.blocks = Some(blocks);
        let executed = budget.abs_diff(left);
        self.executed = self.executed.wrapping_add(executed);
        (stop, executed)
    }

    fn run_blocks<M: Memory, const BIG: bool>(
        &mut self,
        blocks: &mut BlockCache<Op>,
        memory: &mut M,
        budget: i64,
    ) -> (Stop, i64) {
        let mut frame = Frame { start: self.pc, left: budget, remembered: false, target: 0 };
        // Keeps a block alive that the cache does not hold.
        let mut found: Arc<Block<Op>>;
        loop {
            blocks.follow(memory.generation());
            let block: &Block<Op> = match blocks.get(u64::from(frame.start), UNIT) {
                Some(block) if i64::from(block.instructions) <= frame.left => block,
                _ => match find::find::<M, BIG>(blocks, memory, frame.start, frame.left) {
                    Ok(block) => {
                        found = block;
                        &found
                    }
                    Err(stop) => {
                        self.pc = frame.start;
                        return (stop, frame.left);
                    }
                },
            };
            if let Err(stop) =
                self.run_block::<M, BIG>(block, memory, &mut frame, blocks.generation(), budget)
            {
                return (stop, frame.left);
            }
        }
    }

    /// Runs one block. `Ok`: `frame.start` is where to go on. `Err`: stopped, `pc` and the count are settled.
    #[inline(always)]
    #[expect(clippy::too_many_lines, reason = "one arm for each operation that is not rare")]
    fn run_block<M: Memory, const BIG: bool>(
        &mut self,
        block: &Block<Op>,
        memory: &mut M,
        frame: &mut Frame,
        generation: u64,
        budget: i64,
    ) -> Result<(), Stop> {
        let start = frame.start;
        let instructions = i64::from(block.instructions);
        // Stops at an instruction that did not complete.
        macro_rules! stop {
            ($at:expr, $stop:expr) => {{
                self.pc = start.wrapping_add(block.distance(u32::from($at), UNIT));
                frame.left += instructions - i64::from($at);
                return Err($stop);
            }};
        }
        macro_rules! page {
            ($found:expr, $at:expr) => {
                match $found {
                    Some(page) => page,
                    None => stop!($at, Stop::Fault(memory.fault())),
                }
            };
        }
        macro_rules! address {
            ($s:expr, $displacement:expr) => {
                u64::from(self.get($s).wrapping_add($displacement))
            };
        }
        'again: loop {
            macro_rules! leave {
                ($taken:expr, $rest:expr, $offset:expr) => {
                    if $taken {
                        frame.left += i64::from($rest);
                        // A loop: the block again, without looking it up.
                        if $offset == 0 && frame.left >= instructions && memory.generation() == generation {
                            continue 'again;
                        }
                        frame.start = start.wrapping_add($offset);
                        return Ok(());
                    }
                };
            }
            frame.left -= instructions;
            for op in &block.operations {
                match *op {
                    Op::Addu { d, s, t } => self.set(d, self.get(s).wrapping_add(self.get(t))),
                    Op::Subu { d, s, t } => self.set(d, self.get(s).wrapping_sub(self.get(t))),
                    Op::And { d, s, t } => self.set(d, self.get(s) & self.get(t)),
                    Op::Or { d, s, t } => self.set(d, self.get(s) | self.get(t)),
                    Op::Xor { d, s, t } => self.set(d, self.get(s) ^ self.get(t)),
                    Op::Nor { d, s, t } => self.set(d, !(self.get(s) | self.get(t))),
                    Op::Slt { d, s, t } => self.set(d, u32::from((self.get(s) as i32) < self.get(t) as i32)),
                    Op::Sltu { d, s, t } => self.set(d, u32::from(self.get(s) < self.get(t))),
                    Op::Movz { d, s, t } => {
                        if self.get(t) == 0 {
                            self.set(d, self.get(s));
                        }
                    }
                    Op::Movn { d, s, t } => {
                        if self.get(t) != 0 {
                            self.set(d, self.get(s));
                        }
                    }
                    Op::Mul { d, s, t } => self.set(d, self.get(s).wrapping_mul(self.get(t))),
                    Op::Move { d, s } => self.set(d, self.get(s)),
                    Op::Const { d, value } => self.set(d, value),
                    Op::Addiu { t, s, value } => self.set(t, self.get(s).wrapping_add(value)),
                    Op::Slti { t, s, value } => self.set(t, u32::from((self.get(s) as i32) < value as i32)),
                    Op::Sltiu { t, s, value } => self.set(t, u32::from(self.get(s) < value)),
                    Op::Andi { t, s, value } => self.set(t, self.get(s) & value),
                    Op::Ori { t, s, value } => self.set(t, self.get(s) | value),
                    Op::Xori { t, s, value } => self.set(t, self.get(s) ^ value),
                    Op::Sll { d, t, amount } => self.set(d, self.get(t) << (amount & 31)),
                    Op::Srl { d, t, amount } => self.set(d, self.get(t) >> (amount & 31)),
                    Op::Sra { d, t, amount } => self.set(d, (self.get(t) as i32 >> (amount & 31)) as u32),
                    Op::Rotr { d, t, amount } => self.set(d, self.get(t).rotate_right(u32::from(amount))),
                    Op::Sllv { d, t, s } => self.set(d, self.get(t) << (self.get(s) & 31)),
                    Op::Srlv { d, t, s } => self.set(d, self.get(t) >> (self.get(s) & 31)),
                    Op::Srav { d, t, s } => self.set(d, (self.get(t) as i32 >> (self.get(s) & 31)) as u32),
                    Op::Rotrv { d, t, s } => self.set(d, self.get(t).rotate_right(self.get(s) & 31)),
                    Op::Ext { t, s, lsb, mask } => self.set(t, self.get(s) >> (lsb & 31) & mask),
                    Op::Ins { t, s, lsb, mask } => {
                        self.set(t, self.get(t) & !mask | self.get(s) << (lsb & 31) & mask);
                    }
                    Op::Seb { d, t } => self.set(d, i32::from(self.get(t) as i8) as u32),
                    Op::Seh { d, t } => self.set(d, i32::from(self.get(t) as i16) as u32),
                    Op::Mult { s, t } => {
                        let product = i64::from(self.get(s) as i32) * i64::from(self.get(t) as i32);
                        self.set_product(product as u64);
                    }
                    Op::Multu { s, t } => self.set_product(u64::from(self.get(s)) * u64::from(self.get(t))),
                    Op::Mfhi { d } => self.set(d, self.hi),
                    Op::Mflo { d } => self.set(d, self.lo),
                    Op::Lb { t, s, at, displacement } => {
                        let address = address!(s, displacement);
                        let value = page!(memory.readable(address, 0), at).load_u8(address);
                        self.set(t, i32::from(value as i8) as u32);
                    }
                    Op::Lbu { t, s, at, displacement } => {
                        let address = address!(s, displacement);
                        let value = page!(memory.readable(address, 0), at).load_u8(address);
                        self.set(t, u32::from(value));
                    }
                    Op::Lh { t, s, at, displacement } => {
                        let address = address!(s, displacement);
                        let value = page!(memory.readable(address, 1), at).load_u16(address);
                        self.set(t, i32::from(order_u16::<BIG>(value) as i16) as u32);
                    }
                    Op::Lhu { t, s, at, displacement } => {
                        let address = address!(s, displacement);
                        let value = page!(memory.readable(address, 1), at).load_u16(address);
                        self.set(t, u32::from(order_u16::<BIG>(value)));
                    }
                    Op::Lw { t, s, at, displacement } => {
                        let address = address!(s, displacement);
                        let value = page!(memory.readable(address, 3), at).load_u32(address);
                        self.set(t, order_u32::<BIG>(value));
                    }
                    Op::LoadPair { t, u, s, at, step, displacement } => {
                        let (first, second) = pair_addresses(self.get(s), displacement, step);
                        let page = page!(memory.readable(u64::from(first), 3), at);
                        self.set(t, order_u32::<BIG>(page.load_u32(u64::from(first))));
                        let page = if on_one_page(first, second) {
                            page
                        } else {
                            page!(memory.readable(u64::from(second), 3), at + 1)
                        };
                        self.set(u, order_u32::<BIG>(page.load_u32(u64::from(second))));
                    }
                    Op::StorePair { t, u, s, at, step, displacement } => {
                        let (first, second) = pair_addresses(self.get(s), displacement, step);
                        let page = page!(memory.writable(u64::from(first), 3), at);
                        page.store_u32(u64::from(first), order_u32::<BIG>(self.get(t)));
                        let page = if on_one_page(first, second) {
                            page
                        } else {
                            page!(memory.writable(u64::from(second), 3), at + 1)
                        };
                        page.store_u32(u64::from(second), order_u32::<BIG>(self.get(u)));
                    }
                    Op::Lwl { t, s, at, displacement } => {
                        let address = address!(s, displacement);
                        let page = page!(memory.readable(address, 0), at);
                        self.load_left::<BIG>(t, address, page.load_u32(address & !3));
                    }
                    Op::Lwr { t, s, at, displacement } => {
                        let address = address!(s, displacement);
                        let page = page!(memory.readable(address, 0), at);
                        self.load_right::<BIG>(t, address, page.load_u32(address & !3));
                    }
                    Op::Sb { t, s, at, displacement } => {
                        let (address, value) = (address!(s, displacement), self.get(t) as u8);
                        page!(memory.writable(address, 0), at).store_u8(address, value);
                    }
                    Op::Sh { t, s, at, displacement } => {
                        let (address, value) = (address!(s, displacement), self.get(t) as u16);
                        page!(memory.writable(address, 1), at).store_u16(address, order_u16::<BIG>(value));
                    }
                    Op::Sw { t, s, at, displacement } => {
                        let (address, value) = (address!(s, displacement), self.get(t));
                        page!(memory.writable(address, 3), at).store_u32(address, order_u32::<BIG>(value));
                    }
                    Op::Swl { t, s, at, displacement } => {
                        let address = address!(s, displacement);
                        store_left::<BIG>(self.get(t), address, page!(memory.writable(address, 0), at));
                    }
                    Op::Swr { t, s, at, displacement } => {
                        let address = address!(s, displacement);
                        store_right::<BIG>(self.get(t), address, page!(memory.writable(address, 0), at));
                    }
                    Op::ClearZero => self.gpr[0] = 0,
                    Op::BranchEqual { s, t, rest, offset } => {
                        leave!(self.get(s) == self.get(t), rest, offset)
                    }
                    Op::BranchNotEqual { s, t, rest, offset } => {
                        leave!(self.get(s) != self.get(t), rest, offset)
                    }
                    Op::BranchLess { s, rest, offset } => leave!((self.get(s) as i32) < 0, rest, offset),
                    Op::BranchGreaterEqual { s, rest, offset } => {
                        leave!(self.get(s) as i32 >= 0, rest, offset)
                    }
                    Op::BranchLessEqual { s, rest, offset } => leave!(self.get(s) as i32 <= 0, rest, offset),
                    Op::BranchGreater { s, rest, offset } => leave!(self.get(s) as i32 > 0, rest, offset),
                    Op::Remember { comparison, s, t } => {
                        frame.remembered = comparison.holds(self.get(s), self.get(t));
                    }
                    Op::RememberFloat { code, when } => frame.remembered = self.condition(code) == when,
                    Op::BranchRemembered { rest, offset } => leave!(frame.remembered, rest, offset),
                    Op::BranchForgotten { rest, offset } => leave!(!frame.remembered, rest, offset),
                    Op::Goto { offset } => leave!(true, 0u8, offset),
                    Op::Jump { target } => {
                        frame.start = jump_target(start, target);
                        return Ok(());
                    }
                    Op::JumpRegister { s } => {
                        frame.start = self.get(s);
                        return Ok(());
                    }
                    Op::RememberTarget { s } => frame.target = self.get(s),
                    Op::JumpRemembered => {
                        frame.start = frame.target;
                        return Ok(());
                    }
                    Op::Link { d, distance } => self.set(d, start.wrapping_add(distance)),
                    Op::Syscall { next } => {
                        self.pc = start.wrapping_add(next);
                        return Err(Stop::Syscall);
                    }
                    Op::SyscallInSlot => {
                        self.pc = self.target_behind(op, block, *frame);
                        return Err(Stop::Syscall);
                    }
                    rare => {
                        let before = (budget - frame.left - instructions) as u64;
                        if let Err((at, stop)) = self.run_rare::<M, BIG>(rare, memory, before) {
                            stop!(at, stop);
                        }
                    }
                }
            }
            // Every block ends with an operation that leaves; an empty one stands for nothing executable.
            stop!(0u8, Stop::Illegal)
        }
    }

    #[inline(always)]
    fn get(&self, register: Reg) -> u32 {
        self.gpr[register as usize]
    }

    #[inline(always)]
    fn set(&mut self, register: Reg, value: u32) {
        self.gpr[register as usize] = value;
    }

    #[inline(always)]
    fn set_product(&mut self, product: u64) {
        self.hi = (product >> 32) as u32;
        self.lo = product as u32;
    }

    /// `lwl`: bytes from `address` to the less significant end of its word go to the more significant end of `t`.
    #[inline(always)]
    fn load_left<const BIG: bool>(&mut self, t: Reg, address: u64, word: u32) {
        let (byte, word) = (position::<BIG>(address), order_u32::<BIG>(word));
        self.set(t, self.get(t) & 0x00ff_ffff >> (8 * byte) | word << (24 - 8 * byte));
    }

    /// `lwr`: bytes from the more significant end of the word to `address` go to the less significant end of `t`.
    #[inline(always)]
    fn load_right<const BIG: bool>(&mut self, t: Reg, address: u64, word: u32) {
        let (byte, word) = (position::<BIG>(address), order_u32::<BIG>(word));
        self.set(t, self.get(t) & !(u32::MAX >> (8 * byte)) | word >> (8 * byte));
    }
}

/// The addresses of a [`Op::LoadPair`] or [`Op::StorePair`]. If one is a multiple of four, so is the other.
#[inline(always)]
fn pair_addresses(base: u32, displacement: i16, step: i8) -> (u32, u32) {
    let first = base.wrapping_add(i32::from(displacement) as u32);
    (first, first.wrapping_add(i32::from(step) as u32))
}

#[inline(always)]
fn on_one_page(first: u32, second: u32) -> bool {
    (first ^ second) >> PAGE_SHIFT == 0
}

/// Number of the byte at an address within its word, from the least significant.
#[inline(always)]
fn position<const BIG: bool>(address: u64) -> u32 {
    address as u32 & 3 ^ if BIG { 3 } else { 0 }
}

#[inline(always)]
fn store_left<const BIG: bool>(value: u32, address: u64, page: &Page) {
    let (byte, aligned) = (position::<BIG>(address), address & !3);
    let old = order_u32::<BIG>(page.load_u32(aligned));
    let new = old & 0xffff_ff00 << (8 * byte) | value >> (24 - 8 * byte);
    page.store_u32(aligned, order_u32::<BIG>(new));
}

#[inline(always)]
fn store_right<const BIG: bool>(value: u32, address: u64, page: &Page) {
    let (byte, aligned) = (position::<BIG>(address), address & !3);
    let old = order_u32::<BIG>(page.load_u32(aligned));
    let new = old & !(u32::MAX << (8 * byte)) | value << (8 * byte);
    page.store_u32(aligned, order_u32::<BIG>(new));
}

/// The page of a load or store at position `at`, or the stop.
pub(super) fn readable<M: Memory>(
    memory: &mut M,
    address: u32,
    alignment: u64,
    at: u8,
) -> Result<&Page, (u8, Stop)> {
    // Asked a second time because a page kept over the failure would still borrow the memory there.
    if memory.readable(u64::from(address), alignment).is_none() {
        return Err((at, Stop::Fault(memory.fault())));
    }
    memory.readable(u64::from(address), alignment).ok_or((at, Stop::Illegal))
}

/// As [`readable`], to store to.
pub(super) fn writable<M: Memory>(
    memory: &mut M,
    address: u32,
    alignment: u64,
    at: u8,
) -> Result<&Page, (u8, Stop)> {
    if memory.writable(u64::from(address), alignment).is_none() {
        return Err((at, Stop::Fault(memory.fault())));
    }
    memory.writable(u64::from(address), alignment).ok_or((at, Stop::Illegal))
}
