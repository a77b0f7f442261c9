//! From numbers known when decoding to the operation made for them: width, kind of address, condition, operation.

use super::super::cpu::Cpu;
use super::super::execute::{LONG, LONG_BASE, RELATIVE, WORD, WORD_BASE, arithmetic, branch, moves, shift};
use crate::op::Run;

/// The operation for a width, 8 and the others.
macro_rules! width {
    ($bits:expr, $($name:ident)::+ $(<$($first:tt),+>)? $(; $($last:tt),+)?) => {{
        let run: $crate::op::Run<$crate::x86::Cpu> = match $bits {
            8 => $($name)::+::<$($($first,)+)? 8 $($(, $last)+)?>,
            16 => $($name)::+::<$($($first,)+)? 16 $($(, $last)+)?>,
            32 => $($name)::+::<$($($first,)+)? 32 $($(, $last)+)?>,
            _ => $($name)::+::<$($($first,)+)? 64 $($(, $last)+)?>,
        };
        run
    }};
}

/// The operation for a width and a kind of address.
macro_rules! width_and_address {
    ($bits:expr, $kind:expr, $($name:ident)::+ $(<$($first:tt),+>)? $(; $last:tt)?) => {
        match $kind {
            LONG => width!($bits, $($name)::+ $(<$($first),+>)?; LONG $(, $last)?),
            WORD => width!($bits, $($name)::+ $(<$($first),+>)?; WORD $(, $last)?),
            LONG_BASE => width!($bits, $($name)::+ $(<$($first),+>)?; LONG_BASE $(, $last)?),
            WORD_BASE => width!($bits, $($name)::+ $(<$($first),+>)?; WORD_BASE $(, $last)?),
            _ => width!($bits, $($name)::+ $(<$($first),+>)?; RELATIVE $(, $last)?),
        }
    };
}

/// The same where operands of 32 and 64 bits alone have functions for addresses without an index.
macro_rules! long_width_and_address {
    ($bits:expr, $kind:expr, $($name:ident)::+ <$first:tt> $(; $last:tt)?) => {{
        let run: $crate::op::Run<$crate::x86::Cpu> = match ($bits, $kind) {
            (32, LONG_BASE) => $($name)::+::<$first, 32, LONG_BASE $(, $last)?>,
            (32, WORD_BASE) => $($name)::+::<$first, 32, WORD_BASE $(, $last)?>,
            (64, LONG_BASE) => $($name)::+::<$first, 64, LONG_BASE $(, $last)?>,
            (_, LONG | LONG_BASE) => width!($bits, $($name)::+<$first>; LONG $(, $last)?),
            (_, WORD | WORD_BASE) => width!($bits, $($name)::+<$first>; WORD $(, $last)?),
            _ => width!($bits, $($name)::+<$first>; RELATIVE $(, $last)?),
        };
        run
    }};
}

/// The operation for a condition.
macro_rules! condition {
    ($code:expr, $($name:ident)::+ $(<$($first:tt),+>)? $(; $($last:tt),+)?) => {{
        let run: $crate::op::Run<$crate::x86::Cpu> = match $code & 15 {
            0 => $($name)::+::<$($($first,)+)? 0 $($(, $last)+)?>,
            1 => $($name)::+::<$($($first,)+)? 1 $($(, $last)+)?>,
            2 => $($name)::+::<$($($first,)+)? 2 $($(, $last)+)?>,
            3 => $($name)::+::<$($($first,)+)? 3 $($(, $last)+)?>,
            4 => $($name)::+::<$($($first,)+)? 4 $($(, $last)+)?>,
            5 => $($name)::+::<$($($first,)+)? 5 $($(, $last)+)?>,
            6 => $($name)::+::<$($($first,)+)? 6 $($(, $last)+)?>,
            7 => $($name)::+::<$($($first,)+)? 7 $($(, $last)+)?>,
            8 => $($name)::+::<$($($first,)+)? 8 $($(, $last)+)?>,
            9 => $($name)::+::<$($($first,)+)? 9 $($(, $last)+)?>,
            10 => $($name)::+::<$($($first,)+)? 10 $($(, $last)+)?>,
            11 => $($name)::+::<$($($first,)+)? 11 $($(, $last)+)?>,
            12 => $($name)::+::<$($($first,)+)? 12 $($(, $last)+)?>,
            13 => $($name)::+::<$($($first,)+)? 13 $($(, $last)+)?>,
            14 => $($name)::+::<$($($first,)+)? 14 $($(, $last)+)?>,
            _ => $($name)::+::<$($($first,)+)? 15 $($(, $last)+)?>,
        };
        run
    }};
}

pub(super) use width;

pub(super) fn copy(bits: u32) -> Run<Cpu> {
    width!(bits, moves::copy)
}

pub(super) fn constant(bits: u32) -> Run<Cpu> {
    width!(bits, moves::constant)
}

pub(super) fn load_zero(bits: u32, kind: u8) -> Run<Cpu> {
    width_and_address!(bits, kind, moves::load_zero)
}

/// A load that does what a move to a register of that width does.
pub(super) fn load(bits: u32, kind: u8) -> Run<Cpu> {
    match bits {
        8 | 16 => width_and_address!(bits, kind, moves::load_part),
        _ => load_zero(bits, kind),
    }
}

pub(super) fn load_to_change(bits: u32, kind: u8) -> Run<Cpu> {
    width_and_address!(bits, kind, moves::load_to_change)
}

pub(super) fn store_register(bits: u32, kind: u8) -> Run<Cpu> {
    width_and_address!(bits, kind, moves::store_register)
}

pub(super) fn store_constant(bits: u32, kind: u8) -> Run<Cpu> {
    width_and_address!(bits, kind, moves::store_constant)
}

pub(super) fn load_sign(from: u32, to: u32, kind: u8) -> Run<Cpu> {
    match to {
        64 => width_and_address!(from, kind, moves::load_sign_64),
        _ => width_and_address!(from, kind, moves::load_sign_32),
    }
}

pub(super) fn effective(bits: u32, kind: u8) -> Run<Cpu> {
    width_and_address!(bits, kind, moves::effective)
}

/// How an arithmetic operation gets its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Register,
    RegisterQuietly,
    Constant,
    ConstantQuietly,
    Memory(u8),
    MemoryQuietly(u8),
    ToMemory(u8),
    ConstantToMemory(u8),
}

fn form<const K: u8>(form: Form, bits: u32) -> Run<Cpu> {
    match form {
        Form::Register => width!(bits, arithmetic::with_register<K>; true),
        Form::RegisterQuietly => width!(bits, arithmetic::with_register<K>; false),
        Form::Constant => width!(bits, arithmetic::with_constant<K>; true),
        Form::ConstantQuietly => width!(bits, arithmetic::with_constant<K>; false),
        Form::Memory(kind) => {
            long_width_and_address!(bits, kind, arithmetic::with_memory<K>; true)
        }
        Form::MemoryQuietly(kind) => {
            long_width_and_address!(bits, kind, arithmetic::with_memory<K>; false)
        }
        Form::ToMemory(kind) => long_width_and_address!(bits, kind, arithmetic::to_memory<K>),
        Form::ConstantToMemory(kind) => {
            long_width_and_address!(bits, kind, arithmetic::constant_to_memory<K>)
        }
    }
}

/// An arithmetic operation by its number.
pub(super) fn arithmetic(kind: u8, how: Form, bits: u32) -> Run<Cpu> {
    match kind {
        0 => form::<0>(how, bits),
        1 => form::<1>(how, bits),
        2 => form::<2>(how, bits),
        3 => form::<3>(how, bits),
        4 => form::<4>(how, bits),
        5 => form::<5>(how, bits),
        6 => form::<6>(how, bits),
        7 => form::<7>(how, bits),
        _ => form::<8>(how, bits),
    }
}

/// How a shift gets its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    Constant,
    ConstantQuietly,
    Register,
    RegisterQuietly,
}

fn count<const K: u8>(count: Count, bits: u32) -> Run<Cpu> {
    match count {
        Count::Constant => width!(bits, shift::by_constant<K>; true),
        Count::ConstantQuietly => width!(bits, shift::by_constant<K>; false),
        Count::Register => width!(bits, shift::by_register<K>; true),
        Count::RegisterQuietly => width!(bits, shift::by_register<K>; false),
    }
}

/// A shift by its number.
pub(super) fn shift(kind: u8, how: Count, bits: u32) -> Run<Cpu> {
    match kind {
        0 => count::<0>(how, bits),
        1 => count::<1>(how, bits),
        2 => count::<2>(how, bits),
        3 => count::<3>(how, bits),
        5 => count::<5>(how, bits),
        7 => count::<7>(how, bits),
        _ => count::<4>(how, bits),
    }
}

pub(super) fn branch_if(code: u8) -> Run<Cpu> {
    condition!(code, branch::branch_if)
}

pub(super) fn conditional_set(code: u8) -> Run<Cpu> {
    condition!(code, moves::conditional_set)
}

pub(super) fn conditional_copy(code: u8, bits: u32) -> Run<Cpu> {
    match bits {
        16 => condition!(code, moves::conditional_copy; 16),
        32 => condition!(code, moves::conditional_copy; 32),
        _ => condition!(code, moves::conditional_copy; 64),
    }
}

/// A comparison of registers (`kind` CMP or TEST) with a conditional jump behind it, if there is one.
pub(super) fn compare(kind: u8, bits: u32, with_constant: bool, code: u8) -> Option<Run<Cpu>> {
    Some(match (kind, bits, with_constant) {
        (7, 8, false) => condition!(code, branch::compare_registers<7, 8>),
        (7, 32, false) => condition!(code, branch::compare_registers<7, 32>),
        (7, 64, false) => condition!(code, branch::compare_registers<7, 64>),
        (8, 8, false) => condition!(code, branch::compare_registers<8, 8>),
        (8, 32, false) => condition!(code, branch::compare_registers<8, 32>),
        (8, 64, false) => condition!(code, branch::compare_registers<8, 64>),
        (7, 8, true) => condition!(code, branch::compare_constant<7, 8>),
        (7, 32, true) => condition!(code, branch::compare_constant<7, 32>),
        (7, 64, true) => condition!(code, branch::compare_constant<7, 64>),
        (8, 8, true) => condition!(code, branch::compare_constant<8, 8>),
        (8, 32, true) => condition!(code, branch::compare_constant<8, 32>),
        (8, 64, true) => condition!(code, branch::compare_constant<8, 64>),
        _ => return None,
    })
}
