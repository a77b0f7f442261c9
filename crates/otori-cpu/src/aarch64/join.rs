//! Which neighbours are joined to one operation: [`join`]. Pairs of what is frequent everywhere here, longer rows in
//! [`super::recorded`].

use super::Cpu;
use super::access::{Load, LoadPair, Store, StorePair, kind::*, mode::*};
use super::branch::*;
use super::handler::*;
use super::recorded::recorded;
use crate::chain::{Join, Joins, joins, place};
use crate::op::Op;
use alloc::boxed::Box;
use alloc::vec::Vec;
use once_cell::race::OnceBox;

place! { Cpu; often }
place! { Cpu; joined }

fn rows() -> Vec<&'static Join<Cpu>> {
    let mut rows = Vec::new();
    recorded!(rows);
    joins! { Cpu, rows, joined;
        {
            [Copy, CopyWord, Constant, AddConstant<true>, AddConstant<false>, Add<true>, Add<false>, Eor<false>, LeftAndMask,
                SignExtract<true>, Load<U64, OFFSET>, Load<U32, OFFSET>, Load<U8, OFFSET>, Load<U64, PAGE>,
                Store<U64, OFFSET>, Store<U32, OFFSET>, LoadPair<U64, OFFSET>, StorePair<U64, OFFSET>, Zero<false>,
                NotZero<false>]
            [Copy, CopyWord, Constant, AddConstant<true>, AddConstant<false>, Add<true>, Add<false>, Eor<false>, LeftAndMask,
                SignExtract<true>, Load<U64, OFFSET>, Load<U32, OFFSET>, Load<U8, OFFSET>, Load<U8, INDEX>,
                Store<U64, OFFSET>, Store<U32, OFFSET>, LoadPair<U64, OFFSET>, LoadPair<U64, POST>,
                StorePair<U64, OFFSET>, Zero<true>, Zero<false>, NotZero<true>, NotZero<false>, Conditional<1>,
                CompareRegister<0, false>, CompareRegister<1, false>, CompareConstant<0, false>,
                CompareConstant<1, false>, Goto, Call, JumpRegister]
        }
    }
    rows
}

/// Gives neighbours that can be joined one function.
pub(super) fn join(ops: &mut [Op<Cpu>]) {
    static ALL: OnceBox<Joins<Cpu>> = OnceBox::new();
    ALL.get_or_init(|| Box::new(Joins::new(rows(), &[]))).join(ops);
}
