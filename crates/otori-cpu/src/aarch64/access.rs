//! Loads and stores of one register or two, in every addressing mode. Fields: `a` the register (of a pair also `c`),
//! `b` the base, `imm` the displacement, or `c` the index and `d` its shift. SIMD registers are numbers 0 to 31.
//!
//! Each comes in two versions, as [`crate::chain::Link`] tells: the fast one reaches its page by one look into the cache.

use super::Cpu;
use crate::chain::{links, one, slow};
use crate::maps::Maps;
use crate::memory::Access;
use crate::op::{Next, Op, Run, miss, miss_second};
use crate::page::{PAGE_MASK, Page};
use crate::slot::Slot;

/// What is loaded or stored. The numbers are constant parameters of functions.
pub(super) mod kind {
    pub(in super::super) const U8: u8 = 0;
    pub(in super::super) const U16: u8 = 1;
    pub(in super::super) const U32: u8 = 2;
    pub(in super::super) const U64: u8 = 3;
    /// Sign-extended to 64 bits.
    pub(in super::super) const I8: u8 = 4;
    pub(in super::super) const I16: u8 = 5;
    pub(in super::super) const I32: u8 = 6;
    /// Sign-extended to 32 bits.
    pub(in super::super) const I8_WORD: u8 = 7;
    pub(in super::super) const I16_WORD: u8 = 8;
    /// SIMD registers.
    pub(in super::super) const B: u8 = 9;
    pub(in super::super) const H: u8 = 10;
    pub(in super::super) const S: u8 = 11;
    pub(in super::super) const D: u8 = 12;
    pub(in super::super) const Q: u8 = 13;
}
use kind::*;

/// How the address is made.
pub(super) mod mode {
    /// Base and displacement.
    pub(in super::super) const OFFSET: u8 = 0;
    /// The same, and the base becomes the address.
    pub(in super::super) const PRE: u8 = 1;
    /// The base, which is then moved by the displacement.
    pub(in super::super) const POST: u8 = 2;
    /// Base and shifted index.
    pub(in super::super) const INDEX: u8 = 3;
    /// A distance from the start of the block.
    pub(in super::super) const LITERAL: u8 = 4;
    /// `adrp` of the base and the access in one operation: the distance of the page from that of the block, and in
    /// the lower twelve bits the displacement.
    pub(in super::super) const PAGE: u8 = 5;
}
use mode::*;

const fn bytes(kind: u8) -> u64 {
    match kind {
        U8 | I8 | I8_WORD | B => 1,
        U16 | I16 | I16_WORD | H => 2,
        U32 | I32 | S => 4,
        U64 | D => 8,
        _ => 16,
    }
}

#[inline(always)]
fn from_page<const KIND: u8>(page: &Page, address: u64) -> u128 {
    match bytes(KIND) {
        1 => page.load_u8(address).into(),
        2 => page.load_u16(address).into(),
        4 => page.load_u32(address).into(),
        8 => page.load_u64(address).into(),
        _ => u128::from(page.load_u64(address)) | u128::from(page.load_u64(address + 8)) << 64,
    }
}

#[inline(always)]
fn to_page<const KIND: u8>(page: &Page, address: u64, value: u128) {
    match bytes(KIND) {
        1 => page.store_u8(address, value as u8),
        2 => page.store_u16(address, value as u16),
        4 => page.store_u32(address, value as u32),
        8 => page.store_u64(address, value as u64),
        _ => {
            page.store_u64(address, value as u64);
            page.store_u64(address + 8, (value >> 64) as u64);
        }
    }
}

/// From wherever it lies, if all of it is cached.
#[inline(never)]
pub(super) fn load_anywhere(maps: &Maps, address: u64, size: u64) -> Option<u128> {
    if on_one_page(address, size) {
        let page = maps.readable(address, 0)?;
        let low = gather(page, address);
        return Some(match size {
            16 => u128::from(low) | u128::from(gather(page, address + 8)) << 64,
            _ => u128::from(low & u64::MAX >> (64 - 8 * size)),
        });
    }
    match size {
        1 => maps.load_u8(address).map(u128::from),
        2 => maps.load_u16(address).map(u128::from),
        4 => maps.load_u32(address).map(u128::from),
        8 => maps.load_u64(address).map(u128::from),
        _ => maps.get_u128(address).ok(),
    }
}

/// To wherever it belongs, if all of it is cached.
#[inline(never)]
pub(super) fn store_anywhere(maps: &Maps, address: u64, size: u64, value: u128) -> Option<()> {
    if on_one_page(address, size) {
        let page = maps.writable(address, 0)?;
        scatter(page, address, size.min(8), value as u64);
        if size == 16 {
            scatter(page, address + 8, 8, (value >> 64) as u64);
        }
        return Some(());
    }
    match size {
        1 => maps.store_u8(address, value as u8),
        2 => maps.store_u16(address, value as u16),
        4 => maps.store_u32(address, value as u32),
        8 => maps.store_u64(address, value as u64),
        _ => maps.set_u128(address, value).ok(),
    }
}

/// Eight bytes of a page at any address in it; those beyond its end have no meaning.
#[inline(always)]
fn gather(page: &Page, address: u64) -> u64 {
    let (base, shift) = (address & !3, 8 * (address & 3));
    let low = u64::from(page.load_u32(base)) | u64::from(page.load_u32(base.wrapping_add(4))) << 32;
    match shift {
        0 => low,
        _ => low >> shift | u64::from(page.load_u32(base.wrapping_add(8))) << (64 - shift),
    }
}

/// Stores eight bytes at an address that is no multiple of four, of a page that holds them all.
#[inline(always)]
fn scatter_eight(page: &Page, address: u64, value: u64) {
    let (base, shift) = (address & !3, 8 * (address & 3) as u32);
    let (first, last) = (page.load_u32(base), page.load_u32(base + 8));
    let kept = u32::MAX << shift;
    page.store_u32(base, first & !kept | (value as u32) << shift);
    page.store_u32(base + 4, (value >> (32 - shift)) as u32);
    page.store_u32(base + 8, last & kept | (value >> (64 - shift)) as u32);
}

/// Stores the low `size` bytes at any address of a page that holds them all.
fn scatter(page: &Page, mut address: u64, mut size: u64, mut value: u64) {
    if size == 8 && address & 3 != 0 {
        return scatter_eight(page, address, value);
    }
    while size > 0 {
        let step = match address & 3 {
            0 if size >= 4 => {
                page.store_u32(address, value as u32);
                4
            }
            0 | 2 if size >= 2 => {
                page.store_u16(address, value as u16);
                2
            }
            _ => {
                page.store_u8(address, value as u8);
                1
            }
        };
        (address, size, value) = (address.wrapping_add(step), size - step, value >> (8 * step));
    }
}

/// Do so many bytes lie on one page?
#[inline(always)]
fn on_one_page(address: u64, size: u64) -> bool {
    (address & PAGE_MASK) + size <= PAGE_MASK + 1
}

/// The bits of an address that must be clear for one look at a page: 16 bytes are two times eight.
const fn alignment(size: u64) -> u64 {
    if size == 16 { 7 } else { size - 1 }
}

#[inline(always)]
fn put<const KIND: u8>(cpu: &mut Cpu, slot: Slot, value: u128) {
    let low = value as u64;
    let extended = match KIND {
        I8 => i64::from(low as i8) as u64,
        I16 => i64::from(low as i16) as u64,
        I32 => i64::from(low as i32) as u64,
        I8_WORD => u64::from(i32::from(low as i8) as u32),
        I16_WORD => u64::from(i32::from(low as i16) as u32),
        B | H | S | D | Q => {
            cpu.set_vector(slot as u32, value);
            return;
        }
        _ => low,
    };
    cpu.set(slot, extended);
}

#[inline(always)]
fn take<const KIND: u8>(cpu: &Cpu, slot: Slot) -> u128 {
    match KIND {
        B | H | S | D | Q => cpu.vector(slot as u32),
        _ => u128::from(cpu.get(slot)),
    }
}

#[inline(always)]
fn address<const MODE: u8>(cpu: &Cpu, op: &Op<Cpu>) -> u64 {
    match MODE {
        OFFSET | PRE => cpu.get(op.b).wrapping_add(op.imm),
        INDEX => cpu.get(op.b).wrapping_add(cpu.get(op.c) << (op.d & 63)),
        LITERAL => cpu.frame.start.wrapping_add(op.imm),
        PAGE => cpu.get(op.b).wrapping_add(op.imm & PAGE_MASK),
        _ => cpu.get(op.b),
    }
}

/// Does the first of two instructions: what comes back for a page or fails is then the second.
#[inline(always)]
fn prepare<const MODE: u8>(cpu: &mut Cpu, op: &Op<Cpu>) {
    if MODE == PAGE {
        cpu.set(op.b, (cpu.frame.start & !PAGE_MASK).wrapping_add(op.imm & !PAGE_MASK));
    }
}

/// Comes back for a page.
#[cold]
#[inline(never)]
fn missing<const MODE: u8>(cpu: &mut Cpu, ops: &[Op<Cpu>], address: u64, size: u32, access: Access) -> Next {
    match MODE {
        PAGE => miss_second(cpu, ops, address, size, access),
        _ => miss(cpu, ops, address, size, access),
    }
}

/// The base after the access, if it moves.
#[inline(always)]
fn move_base<const MODE: u8>(cpu: &mut Cpu, op: &Op<Cpu>, base: u64) {
    if matches!(MODE, PRE | POST) {
        cpu.set(op.b, base.wrapping_add(op.imm));
    }
}

links! { Cpu;
    Load<const KIND: u8, const MODE: u8>(cpu, op, maps, blocks, ops) {
        prepare::<MODE>(cpu, op);
        let (size, base, address) = (const { bytes(KIND) }, cpu.get(op.b), address::<MODE>(cpu, op));
        let value = match maps.readable(address, const { alignment(bytes(KIND)) }) {
            Some(page) if size < 16 || on_one_page(address, size) => from_page::<KIND>(page, address),
            _ if FAST => return slow::<_, Self>(cpu, maps, blocks, ops),
            _ => match load_anywhere(maps, address, size) {
                Some(value) => value,
                None => return missing::<MODE>(cpu, ops, address, size as u32, Access::Read),
            },
        };
        put::<KIND>(cpu, op.a, value);
        move_base::<MODE>(cpu, op, base);
    }
}

links! { Cpu;
    Store<const KIND: u8, const MODE: u8>(cpu, op, maps, blocks, ops) {
        prepare::<MODE>(cpu, op);
        let (size, base, address) = (const { bytes(KIND) }, cpu.get(op.b), address::<MODE>(cpu, op));
        let value = take::<KIND>(cpu, op.a);
        match maps.writable(address, const { alignment(bytes(KIND)) }) {
            Some(page) if size < 16 || on_one_page(address, size) => to_page::<KIND>(page, address, value),
            _ if FAST => return slow::<_, Self>(cpu, maps, blocks, ops),
            _ => match store_anywhere(maps, address, size, value) {
                Some(()) => {}
                None => return missing::<MODE>(cpu, ops, address, size as u32, Access::Write),
            },
        }
        move_base::<MODE>(cpu, op, base);
    }
}

links! { Cpu;
    /// `ldp`: both lie on one page, aligned, or the second version does it.
    LoadPair<const KIND: u8, const MODE: u8>(cpu, op, maps, blocks, ops) {
        let (size, base, first) = (const { bytes(KIND) }, cpu.get(op.b), address::<MODE>(cpu, op));
        let second = first.wrapping_add(size);
        let (x, y) = match maps.readable(first, const { alignment(bytes(KIND)) }) {
            Some(page) if on_one_page(first, 2 * size) => {
                (from_page::<KIND>(page, first), from_page::<KIND>(page, second))
            }
            _ if FAST => return slow::<_, Self>(cpu, maps, blocks, ops),
            _ => match (load_anywhere(maps, first, size), load_anywhere(maps, second, size)) {
                (Some(x), Some(y)) => (x, y),
                _ => return miss(cpu, ops, first, 2 * size as u32, Access::Read),
            },
        };
        put::<KIND>(cpu, op.a, x);
        put::<KIND>(cpu, op.c, y);
        move_base::<MODE>(cpu, op, base);
    }
}

links! { Cpu;
    StorePair<const KIND: u8, const MODE: u8>(cpu, op, maps, blocks, ops) {
        let (size, base, first) = (const { bytes(KIND) }, cpu.get(op.b), address::<MODE>(cpu, op));
        let second = first.wrapping_add(size);
        let (x, y) = (take::<KIND>(cpu, op.a), take::<KIND>(cpu, op.c));
        match maps.writable(first, const { alignment(bytes(KIND)) }) {
            Some(page) if on_one_page(first, 2 * size) => {
                to_page::<KIND>(page, first, x);
                to_page::<KIND>(page, second, y);
            }
            _ if FAST => return slow::<_, Self>(cpu, maps, blocks, ops),
            _ => {
                let reached = maps.reach(first, 2 * size as u32, Access::Write).ok();
                let stored = reached
                    .and_then(|()| store_anywhere(maps, first, size, x))
                    .and_then(|()| store_anywhere(maps, second, size, y));
                if stored.is_none() {
                    return miss(cpu, ops, first, 2 * size as u32, Access::Write);
                }
            }
        }
        move_base::<MODE>(cpu, op, base);
    }
}

/// An array of a function for each addressing mode of one kind.
macro_rules! by_mode {
    ($name:ident, $kind:expr) => {
        [
            one::<Cpu, $name<{ $kind }, OFFSET>>(),
            one::<Cpu, $name<{ $kind }, PRE>>(),
            one::<Cpu, $name<{ $kind }, POST>>(),
            one::<Cpu, $name<{ $kind }, INDEX>>(),
            one::<Cpu, $name<{ $kind }, LITERAL>>(),
            one::<Cpu, $name<{ $kind }, PAGE>>(),
        ]
    };
}

/// An array of arrays for the kinds.
macro_rules! by_kind {
    ($name:ident: $($kind:expr),*) => { [$(by_mode!($name, $kind)),*] };
}

fn choose(table: &[[Run<Cpu>; 6]; 14], kind: u8, mode: u8) -> Run<Cpu> {
    table[usize::from(kind % 14)][usize::from(mode % 6)]
}

/// The function of a load.
pub(super) fn loader(kind: u8, mode: u8) -> Run<Cpu> {
    static ALL: [[Run<Cpu>; 6]; 14] =
        by_kind!(Load: U8, U16, U32, U64, I8, I16, I32, I8_WORD, I16_WORD, B, H, S, D, Q);
    choose(&ALL, kind, mode)
}

/// The function of a store.
pub(super) fn storer(kind: u8, mode: u8) -> Run<Cpu> {
    static ALL: [[Run<Cpu>; 6]; 14] =
        by_kind!(Store: U8, U16, U32, U64, U8, U16, U32, U8, U16, B, H, S, D, Q);
    choose(&ALL, kind, mode)
}

/// The function of a load of two registers.
pub(super) fn pair_loader(kind: u8, mode: u8) -> Run<Cpu> {
    static ALL: [[Run<Cpu>; 6]; 14] =
        by_kind!(LoadPair: U32, U32, U32, U64, I32, I32, I32, U32, U32, S, S, S, D, Q);
    choose(&ALL, kind, mode)
}

/// The function of a store of two registers.
pub(super) fn pair_storer(kind: u8, mode: u8) -> Run<Cpu> {
    static ALL: [[Run<Cpu>; 6]; 14] =
        by_kind!(StorePair: U32, U32, U32, U64, U32, U32, U32, U32, U32, S, S, S, D, Q);
    choose(&ALL, kind, mode)
}
