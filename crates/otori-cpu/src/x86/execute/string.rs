//! String instructions. Intel SDM volume 2: MOVS, STOS, LODS, SCAS, CMPS and their repeat prefixes.
//!
//! A repeated instruction is done in pieces: a piece of MOVS, STOS and SCAS ends where a page does and after
//! [`PIECE_BYTES`] or [`SCANNED_MAX`], one of CMPS and LODS is one element. The registers are up to date after each piece, so that a fault or the end of a budget
//! leaves an instruction to be taken up again. Each piece counts as one executed instruction: a repeated instruction
//! with a count of zero counts as one.
//!
//! Fields: `b` segment of the source, `e` bits of addresses, `d` the repeat prefix, `imm` the instruction's distance.

use super::super::cpu::{AX, CX, Cpu, DI, SI, VALUE};
use super::super::flags::cut;
use super::branch::address_mask;
use super::{get, key, leavers, load, read, set, write};
use crate::block::BlockCache;
use crate::maps::Maps;
use crate::memory::Access;
use crate::op::{Next, Op, end, leave, miss, skip, step};
use crate::page::{PAGE_MASK, PAGE_SIZE};
use crate::slot::Slot;

/// In `d`: no repeat prefix.
pub(in super::super) const ONCE: u8 = 0;
/// In `d`: F3, for comparisons "while equal".
pub(in super::super) const WHILE_EQUAL: u8 = 1;
/// In `d`: F2, for comparisons "while not equal".
pub(in super::super) const WHILE_DIFFERENT: u8 = 2;

/// An index or count register, as addresses of the operation have it.
#[inline(always)]
fn index(cpu: &Cpu, op: &Op<Cpu>, slot: Slot) -> u64 {
    get(cpu, slot) & address_mask(op.e)
}

/// Writes such a register back.
#[inline(always)]
fn put(cpu: &mut Cpu, op: &Op<Cpu>, slot: Slot, value: u64) {
    let mask = address_mask(op.e);
    let kept = if op.e == 16 { get(cpu, slot) & !mask } else { 0 };
    set::<64>(cpu, slot, kept | value & mask);
}

/// Moves such a register by `count` elements, up or down.
#[inline(always)]
fn advance<const W: u32>(cpu: &mut Cpu, op: &Op<Cpu>, slot: Slot, count: u64) {
    let bytes = count.wrapping_mul((W / 8).into());
    let by = if cpu.down { bytes.wrapping_neg() } else { bytes };
    let value = index(cpu, op, slot).wrapping_add(by);
    put(cpu, op, slot, value);
}

#[inline(always)]
fn source(cpu: &Cpu, op: &Op<Cpu>) -> u64 {
    get(cpu, op.b).wrapping_add(index(cpu, op, SI)) & cpu.mask
}

#[inline(always)]
fn destination(cpu: &Cpu, op: &Op<Cpu>) -> u64 {
    index(cpu, op, DI) & cpu.mask
}

/// Bytes that a piece moves or stores at most, and elements that it compares: what counts as one instruction shall not
/// take the time of hundreds.
const PIECE_BYTES: u64 = 128;
const SCANNED_MAX: u64 = 16;

/// Elements of a piece from an address on, in the direction of the strings, before its page ends; at least one.
fn until_page_ends<const W: u32>(cpu: &Cpu, address: u64) -> u64 {
    let size = u64::from(W / 8);
    let inside = address & PAGE_MASK;
    let elements = match cpu.down {
        false => (PAGE_SIZE as u64 - inside) / size,
        // An element that crosses the end of the page stands alone.
        true if inside + size > PAGE_SIZE as u64 => 1,
        true => inside / size + 1,
    };
    elements.clamp(1, PIECE_BYTES / size)
}

/// Bytes copied at a time.
const BUFFER_BYTES: usize = 256;

/// Copies `bytes` upward within a page each; the pages are cached. Ranges that overlap go byte by byte.
fn copy(maps: &Maps, from: u64, to: u64, bytes: u64) -> Option<()> {
    let (source, target) = (maps.readable(from, 0)?, maps.writable(to, 0)?);
    let overlap = to.wrapping_sub(from) < bytes && to != from;
    let (from, to, bytes) = ((from & PAGE_MASK) as usize, (to & PAGE_MASK) as usize, bytes as usize);
    let mut done = 0;
    if overlap {
        for at in 0..bytes as u64 {
            target.store_u8(to as u64 + at, source.load_u8(from as u64 + at));
        }
        done = bytes;
    }
    let mut buffer = [0; BUFFER_BYTES];
    while done < bytes {
        let part = buffer.get_mut(..(bytes - done).min(BUFFER_BYTES)).unwrap_or_default();
        source.read(from + done, part);
        done += target.write(to + done, part).max(1);
    }
    Some(())
}

/// Stores an element again and again within a page; the page is cached.
fn fill<const W: u32>(maps: &Maps, to: u64, value: u64, count: u64) -> Option<()> {
    let page = maps.writable(to, 0)?;
    let size = W as usize / 8;
    let mut buffer = [0; BUFFER_BYTES];
    for (at, byte) in buffer.iter_mut().enumerate() {
        *byte = (value >> (8 * (at % size))) as u8;
    }
    let (mut at, mut rest) = ((to & PAGE_MASK) as usize, count as usize * size);
    while rest > 0 {
        let part = buffer.get(..rest.min(BUFFER_BYTES)).unwrap_or_default();
        at += page.write(at, part).max(1);
        rest -= part.len();
    }
    Some(())
}

/// A piece of `count` of `counter` elements is done: goes on behind the instruction, or with its next piece.
#[inline(always)]
fn count_down<'a>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
    (counter, count): (u64, u64),
) -> Next {
    let [op, ..] = ops else { return end() };
    if op.d == ONCE {
        return step(cpu, maps, blocks, ops);
    }
    put(cpu, op, CX, counter - count);
    if counter == count {
        return step(cpu, maps, blocks, ops);
    }
    let again = key(cpu, op.imm);
    leave(cpu, maps, blocks, op, again)
}

leavers! {
    /// MOVS, repeated or not.
    fn move_string<const W: u32>(cpu, maps, blocks, ops, op) {
        let counter = if op.d == ONCE { 1 } else { index(cpu, op, CX) };
        if counter == 0 {
            return step(cpu, maps, blocks, ops);
        }
        let (from, to) = (source(cpu, op), destination(cpu, op));
        let mut count = 1;
        if counter > 1 {
            count = counter.min(until_page_ends::<W>(cpu, from)).min(until_page_ends::<W>(cpu, to));
        }
        // An element that changes part of the next one is a piece of its own.
        let tangled = to.wrapping_sub(from).wrapping_sub(1) < u64::from(W / 8) - 1;
        if count == 1 || cpu.down || tangled {
            count = 1;
            let value = read!(cpu, maps, blocks, ops, W, from);
            write!(cpu, maps, blocks, ops, W, to, value);
        } else if maps.readable(from, 0).is_none() {
            return miss(cpu, ops, from, 1, Access::Read);
        } else if copy(maps, from, to, count * u64::from(W / 8)).is_none() {
            return miss(cpu, ops, to, 1, Access::Write);
        }
        advance::<W>(cpu, op, SI, count);
        advance::<W>(cpu, op, DI, count);
        count_down(cpu, maps, blocks, ops, (counter, count))
    }

    /// STOS, repeated or not.
    fn store_string<const W: u32>(cpu, maps, blocks, ops, op) {
        let counter = if op.d == ONCE { 1 } else { index(cpu, op, CX) };
        if counter == 0 {
            return step(cpu, maps, blocks, ops);
        }
        let to = destination(cpu, op);
        let mut count = 1;
        if counter > 1 && !cpu.down {
            count = counter.min(until_page_ends::<W>(cpu, to));
        }
        let value = get(cpu, AX);
        if count == 1 {
            write!(cpu, maps, blocks, ops, W, to, value);
        } else if fill::<W>(maps, to, value, count).is_none() {
            return miss(cpu, ops, to, 1, Access::Write);
        }
        advance::<W>(cpu, op, DI, count);
        count_down(cpu, maps, blocks, ops, (counter, count))
    }

    /// LODS, repeated or not.
    fn load_string<const W: u32>(cpu, maps, blocks, ops, op) {
        let counter = if op.d == ONCE { 1 } else { index(cpu, op, CX) };
        if counter == 0 {
            return step(cpu, maps, blocks, ops);
        }
        let from = source(cpu, op);
        let value = read!(cpu, maps, blocks, ops, W, from);
        set::<W>(cpu, AX, value);
        advance::<W>(cpu, op, SI, 1);
        count_down(cpu, maps, blocks, ops, (counter, 1))
    }

    /// SCAS, repeated or not.
    fn scan_string<const W: u32>(cpu, maps, blocks, ops, op) {
        let counter = if op.d == ONCE { 1 } else { index(cpu, op, CX) };
        if counter == 0 {
            return step(cpu, maps, blocks, ops);
        }
        let wanted = cut::<W>(get(cpu, AX));
        let mut count = 1;
        let to = destination(cpu, op);
        let mut value = read!(cpu, maps, blocks, ops, W, to);
        if op.d != ONCE {
            let most = counter.min(until_page_ends::<W>(cpu, to)).min(SCANNED_MAX);
            let size = u64::from(W / 8);
            while count < most && (value == wanted) == (op.d == WHILE_EQUAL) {
                let by = if cpu.down { (count * size).wrapping_neg() } else { count * size };
                let Some(next) = load::<W>(maps, to.wrapping_add(by)) else { break };
                value = next;
                count += 1;
            }
        }
        cpu.flags.subtract::<W>(wanted, value, false);
        advance::<W>(cpu, op, DI, count);
        if op.d == ONCE {
            return step(cpu, maps, blocks, ops);
        }
        put(cpu, op, CX, counter - count);
        if counter == count || (value == wanted) != (op.d == WHILE_EQUAL) {
            return step(cpu, maps, blocks, ops);
        }
        let again = key(cpu, op.imm);
        leave(cpu, maps, blocks, op, again)
    }

    /// CMPS, first half: loads the element of the source; skips the second half if nothing is to be compared.
    fn compare_string_source<const W: u32>(cpu, maps, blocks, ops, op) {
        if op.d != ONCE && index(cpu, op, CX) == 0 {
            return skip(cpu, maps, blocks, ops, 1);
        }
        let from = source(cpu, op);
        let value = read!(cpu, maps, blocks, ops, W, from);
        set::<64>(cpu, VALUE, value);
        step(cpu, maps, blocks, ops)
    }

    /// CMPS, second half.
    fn compare_string<const W: u32>(cpu, maps, blocks, ops, op) {
        let to = destination(cpu, op);
        let second = read!(cpu, maps, blocks, ops, W, to);
        let first = get(cpu, VALUE);
        cpu.flags.subtract::<W>(first, second, false);
        advance::<W>(cpu, op, SI, 1);
        advance::<W>(cpu, op, DI, 1);
        if op.d == ONCE {
            return step(cpu, maps, blocks, ops);
        }
        let counter = index(cpu, op, CX).wrapping_sub(1);
        put(cpu, op, CX, counter);
        if counter == 0 || (first == second) != (op.d == WHILE_EQUAL) {
            return step(cpu, maps, blocks, ops);
        }
        let again = key(cpu, op.imm);
        leave(cpu, maps, blocks, op, again)
    }
}
