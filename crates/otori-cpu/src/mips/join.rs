//! Which neighbours are joined to one operation: [`join`]. The rows are in [`super::recorded`] and [`super::families`].

use super::cpu::{Cpu, Endian};
use super::execute::branch::*;
use super::execute::family::*;
use super::execute::memory::*;
use super::execute::plain::*;
use super::families::families;
use super::recorded::recorded;
use crate::chain::{self, Joins, one};
use crate::op::{Op, Run};
use alloc::boxed::Box;
use alloc::vec::Vec;
use once_cell::race::OnceBox;

/// The places of one byte order.
macro_rules! places {
    ($ordered:ident) => {
        mod $ordered {
            use super::Cpu;
            use crate::chain::place;

            place! { Cpu; often }
            place! { Cpu; joined }
        }
    };
}

places!(little);
places!(big);

/// The rows of one byte order.
macro_rules! rows {
    ($ordered:ident) => {{
        use self::$ordered::{joined, often};
        use super::execute::memory::$ordered::*;
        let mut rows = Vec::new();
        recorded!(rows);
        families!(rows);
        Box::new(Joins::new(rows, FAMILIES))
    }};
}

/// The functions of several operations each, with those operations' own.
const FAMILIES: &[(Run<Cpu>, &[Run<Cpu>])] = {
    const fn of<A: chain::Link<Cpu>>() -> Run<Cpu> {
        one::<Cpu, A>()
    }
    &[
        (of::<Sum>(), &[of::<Addu>(), of::<Addiu>(), of::<Copy>(), of::<Constant>()]),
        (of::<Mask>(), &[of::<And>(), of::<Andi>()]),
        (of::<Union>(), &[of::<Or>(), of::<Ori>()]),
        (of::<Difference>(), &[of::<Xor>(), of::<Xori>()]),
        (of::<Compare>(), &[of::<Slt>(), of::<Slti>(), of::<Sltu>(), of::<Sltiu>()]),
        (of::<Shift>(), &[of::<Sll>(), of::<Srl>(), of::<Sra>()]),
        (of::<Byte>(), &[of::<Lb>(), of::<Lbu>()]),
        (of::<Branch>(), &[of::<Equal>(), of::<NotEqual>()]),
        (of::<Remember>(), &[of::<RememberEqual>(), of::<RememberNotEqual>()]),
    ]
};

/// Gives neighbours that can be joined one function.
pub(super) fn join(ops: &mut [Op<Cpu>], endian: Endian) {
    static LITTLE: OnceBox<Joins<Cpu>> = OnceBox::new();
    static BIG: OnceBox<Joins<Cpu>> = OnceBox::new();
    match endian {
        Endian::Little => LITTLE.get_or_init(|| rows!(little)),
        Endian::Big => BIG.get_or_init(|| rows!(big)),
    }
    .join(ops);
}
