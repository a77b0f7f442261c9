//! What operations do: registers, memory, flags. One file per family; this one has what they are written with.
//!
//! Fields of an operation with a memory operand: `b` base, `c` index, `e` shift of the index, displacement in the low
//! half of `imm` and an immediate operand in the high half; `a` is the register operand. See [`address`].

pub(super) mod arithmetic;
pub(super) mod bit;
pub(super) mod branch;
pub(super) mod decimal;
pub(super) mod divide;
pub(super) mod far;
pub(super) mod identify;
pub(super) mod moves;
pub(super) mod multiply;
pub(super) mod shift;
pub(super) mod stack;
pub(super) mod string;
pub(super) mod system;

use super::cpu::Cpu;
use crate::maps::Maps;
use crate::memory::{Access, Miss};
use crate::op::{Interrupt, Op};
use crate::slot::Slot;

/// How an address is computed: 64 bits of base, index and displacement.
pub(super) const LONG: u8 = 0;
/// The same, cut to 32 bits.
pub(super) const WORD: u8 = 1;
/// A distance from the beginning of the block.
pub(super) const RELATIVE: u8 = 2;
/// As [`LONG`], without an index.
pub(super) const LONG_BASE: u8 = 3;
/// As [`WORD`], without an index.
pub(super) const WORD_BASE: u8 = 4;

/// The address of an operation's memory operand.
#[inline(always)]
pub(super) fn address<const A: u8>(cpu: &Cpu, op: &Op<Cpu>) -> u64 {
    let displacement = op.imm as i32 as u64;
    if A == RELATIVE {
        return cpu.frame.start.wrapping_add(displacement);
    }
    let index = match A {
        LONG | WORD => cpu.registers[op.c as usize] << (op.e & 3),
        _ => 0,
    };
    let sum = cpu.registers[op.b as usize].wrapping_add(index).wrapping_add(displacement);
    if A == WORD || A == WORD_BASE { sum & 0xffff_ffff } else { sum }
}

/// The immediate operand beside a memory operand.
#[inline(always)]
pub(super) fn immediate(op: &Op<Cpu>) -> u64 {
    ((op.imm as i64) >> 32) as u64
}

#[inline(always)]
pub(super) fn get(cpu: &Cpu, slot: Slot) -> u64 {
    cpu.registers[slot as usize]
}

/// Writes a register as operations of `W` bits do: 32 clear the upper half, 16 and 8 keep what is above.
#[inline(always)]
pub(super) fn set<const W: u32>(cpu: &mut Cpu, slot: Slot, value: u64) {
    let register = &mut cpu.registers[slot as usize];
    *register = match W {
        8 => *register & !0xff | value & 0xff,
        16 => *register & !0xffff | value & 0xffff,
        32 => value & 0xffff_ffff,
        _ => value,
    };
}

/// Loads `W` bits; `None` if a page is missing.
#[inline(always)]
pub(super) fn load<const W: u32>(maps: &Maps, address: u64) -> Option<u64> {
    match W {
        8 => maps.load_u8(address).map(u64::from),
        16 => maps.load_u16(address).map(u64::from),
        32 => maps.load_u32(address).map(u64::from),
        _ => maps.load_u64(address),
    }
}

/// Stores `W` bits; `None`, and nothing changed, if a page is missing.
#[inline(always)]
pub(super) fn store<const W: u32>(maps: &Maps, address: u64, value: u64) -> Option<()> {
    match W {
        8 => maps.store_u8(address, value as u8),
        16 => maps.store_u16(address, value as u16),
        32 => maps.store_u32(address, value as u32),
        _ => maps.store_u64(address, value),
    }
}

/// Loads `W` bits.
pub(super) fn load_or<const W: u32>(maps: &Maps, address: u64) -> Result<u64, Interrupt> {
    let missing = Miss { address, size: W / 8, access: Access::Read, step: 0 };
    load::<W>(maps, address).ok_or(Interrupt::Miss(missing))
}

/// Stores `W` bits.
pub(super) fn store_or<const W: u32>(maps: &Maps, address: u64, value: u64) -> Result<(), Interrupt> {
    let missing = Miss { address, size: W / 8, access: Access::Write, step: 0 };
    store::<W>(maps, address, value).ok_or(Interrupt::Miss(missing))
}

/// The key of the instruction at a distance from the beginning of the block.
#[inline(always)]
pub(super) fn key(cpu: &Cpu, distance: u64) -> u64 {
    cpu.frame.start.wrapping_add(distance) & cpu.mask
}

pub(super) use crate::op::end as nothing;

/// Loads `W` bits by one look into the cache.
#[inline(always)]
pub(super) fn load_quickly<const W: u32>(maps: &Maps, address: u64) -> Option<u64> {
    let page = maps.readable(address, u64::from(W / 8) - 1)?;
    Some(match W {
        8 => page.load_u8(address).into(),
        16 => page.load_u16(address).into(),
        32 => page.load_u32(address).into(),
        _ => page.load_u64(address),
    })
}

/// Stores `W` bits by one look into the cache.
#[inline(always)]
pub(super) fn store_quickly<const W: u32>(maps: &Maps, address: u64, value: u64) -> Option<()> {
    let page = maps.writable(address, u64::from(W / 8) - 1)?;
    match W {
        8 => page.store_u8(address, value as u8),
        16 => page.store_u16(address, value as u16),
        32 => page.store_u32(address, value as u32),
        _ => page.store_u64(address, value),
    }
    Some(())
}

/// Loads, or on to the slow version, or comes back for the page.
macro_rules! read {
    ($cpu:ident, $maps:ident, $blocks:ident, $ops:ident, $bits:expr, $address:expr) => {
        match $crate::x86::execute::load_quickly::<{ $bits }>($maps, $address) {
            Some(value) => value,
            None if QUICKLY => return $crate::chain::slow::<_, Self>($cpu, $maps, $blocks, $ops),
            None => match $crate::x86::execute::load::<{ $bits }>($maps, $address) {
                Some(value) => value,
                None => return $crate::op::miss($cpu, $ops, $address, $bits / 8, $crate::Access::Read),
            },
        }
    };
}

/// Stores, or on to the slow version, or comes back for the page.
macro_rules! write {
    ($cpu:ident, $maps:ident, $blocks:ident, $ops:ident, $bits:expr, $address:expr, $value:expr) => {
        match $crate::x86::execute::store_quickly::<{ $bits }>($maps, $address, $value) {
            Some(()) => {}
            None if QUICKLY => return $crate::chain::slow::<_, Self>($cpu, $maps, $blocks, $ops),
            None => match $crate::x86::execute::store::<{ $bits }>($maps, $address, $value) {
                Some(()) => {}
                None => return $crate::op::miss($cpu, $ops, $address, $bits / 8, $crate::Access::Write),
            },
        }
    };
}

/// Operations that go on with the next one: each a type that can be joined with others, and a function for blocks.
macro_rules! handlers {
    ($($(#[$meta:meta])* fn $name:ident $(<$(const $generic:ident: $type:ty),+>)?
        ($cpu:ident, $maps:ident, $blocks:ident, $ops:ident, $op:ident) $body:block)*) => {$(
        $crate::x86::execute::operation! {
            $(#[$meta])* $name [$($(const $generic: $type),+)?] [$($($generic),+)?] true
            ($cpu, $maps, $blocks, $ops) {
                let [$op, rest @ ..] = $ops else { return $crate::op::end() };
                $body
                AndThen::then($cpu, $maps, $blocks, rest)
            }
        }
    )*};
}

/// Operations that say themselves how it goes on.
macro_rules! leavers {
    ($($(#[$meta:meta])* fn $name:ident $(<$(const $generic:ident: $type:ty),+>)?
        ($cpu:ident, $maps:ident, $blocks:ident, $ops:ident, $op:ident) $body:block)*) => {$(
        $crate::x86::execute::operation! {
            $(#[$meta])* $name [$($(const $generic: $type),+)?] [$($($generic),+)?] false
            ($cpu, $maps, $blocks, $ops) {
                let [$op, ..] = $ops else { return $crate::op::end() };
                $body
            }
        }
    )*};
}

/// One operation: a link, and a function of the same name.
macro_rules! operation {
    ($(#[$meta:meta])* $name:ident [$($parameters:tt)*] [$($arguments:tt)*] $goes_on:literal
        ($cpu:ident, $maps:ident, $blocks:ident, $ops:ident) $body:block) => {
        #[allow(non_camel_case_types, reason = "named like the function")]
        pub(in crate::x86) enum $name<$($parameters)*> {}

        impl<$($parameters)*> $crate::chain::Link<$crate::x86::Cpu> for $name<$($arguments)*> {
            const GOES_ON: bool = $goes_on;

            #[inline(always)]
            #[allow(unused_variables, reason = "not every operation looks at everything")]
            fn run<'a, AndThen: $crate::chain::Then<$crate::x86::Cpu>, const QUICKLY: bool>(
                $cpu: &mut $crate::x86::Cpu,
                $maps: &'a $crate::Maps,
                $blocks: &'a $crate::block::BlockCache<$crate::x86::Cpu>,
                $ops: &'a [$crate::op::Op<$crate::x86::Cpu>],
            ) -> $crate::op::Next $body
        }

        $(#[$meta])*
        pub(in crate::x86) fn $name<'a, $($parameters)*>(
            cpu: &mut $crate::x86::Cpu,
            maps: &'a $crate::Maps,
            blocks: &'a $crate::block::BlockCache<$crate::x86::Cpu>,
            ops: &'a [$crate::op::Op<$crate::x86::Cpu>],
        ) -> $crate::op::Next {
            use $crate::chain::Link;
            $name::<$($arguments)*>::run::<$crate::chain::Dispatch, true>(cpu, maps, blocks, ops)
        }
    };
}

/// Instructions that are done in one piece and may be interrupted before they change anything.
macro_rules! pieces {
    ($($(#[$meta:meta])* fn $name:ident $(<$(const $generic:ident: $type:ty),+>)?
        ($cpu:ident, $maps:ident, $op:ident) $body:block)*) => {$(
        $(#[$meta])*
        pub(in crate::x86) fn $name<'a $($(, const $generic: $type)+)?>(
            cpu: &mut $crate::x86::Cpu,
            maps: &'a $crate::Maps,
            blocks: &'a $crate::block::BlockCache<$crate::x86::Cpu>,
            ops: &'a [$crate::op::Op<$crate::x86::Cpu>],
        ) -> $crate::op::Next {
            #[allow(unused_variables, reason = "not every instruction looks at everything")]
            fn work $(<$(const $generic: $type),+>)? (
                $cpu: &mut $crate::x86::Cpu,
                $maps: &$crate::Maps,
                $op: &$crate::op::Op<$crate::x86::Cpu>,
            ) -> Result<(), $crate::op::Interrupt> $body
            let [op, ..] = ops else { return $crate::x86::execute::nothing() };
            let done = work $(::<$($generic),+>)? (cpu, maps, op);
            $crate::op::settle(cpu, maps, blocks, ops, done)
        }
    )*};
}

pub(super) use {handlers, leavers, operation, pieces, read, write};
