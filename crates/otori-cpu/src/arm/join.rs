//! Which neighbours are joined to one operation: [`join`]. Pairs of what is frequent everywhere here, longer rows in
//! [`super::recorded`].

use super::cpu::Cpu;
use super::execute::data::{
    AddAddress, Data, IMMEDIATE, LEFT, Op, REGISTER, RIGHT, ROTATE, SetCarry, ShiftConstant,
};
use super::execute::flow::{Branch, BranchZero, Call, CompareBranch, Exchange, ExchangeLink, Jump, Unless};
use super::execute::memory::{
    BYTE, HALF, Load, OFFSET, OFFSET_REGISTER, POST, PRE, SIGNED_BYTE, Store, WORD,
};
use super::execute::product::Bits;
use super::instruction::code::*;
use super::recorded::{data::data_rows, flow::flow_rows, memory::memory_rows, register::register_rows};
use crate::chain::{Join, Joins, joins, place};
use alloc::boxed::Box;
use alloc::vec::Vec;
use once_cell::race::OnceBox;

place! { Cpu; often }
place! { Cpu; joined }

/// Conditions.
const EQUAL: u8 = 0;
const NOT_EQUAL: u8 = 1;
const HIGHER_OR_SAME: u8 = 2;
const LOWER: u8 = 3;
const MINUS: u8 = 4;
const PLUS: u8 = 5;
const HIGHER: u8 = 8;
const LOWER_OR_SAME: u8 = 9;
const GREATER_OR_EQUAL: u8 = 10;
const LESS: u8 = 11;
const GREATER: u8 = 12;
const LESS_OR_EQUAL: u8 = 13;

type Register<const CODE: u8> = Data<CODE, false, REGISTER>;
type Constant<const CODE: u8> = Data<CODE, false, IMMEDIATE>;
type Shifted<const CODE: u8, const FORM: u8> = Data<CODE, false, FORM>;
/// Sets flags.
type Flagged<const CODE: u8, const FORM: u8> = Data<CODE, true, FORM>;
type LoadAt<const WIDTH: u8, const MODE: u8> = Load<WIDTH, MODE, false>;
type StoreAt<const WIDTH: u8, const MODE: u8> = Store<WIDTH, MODE, false>;

fn rows() -> Vec<&'static Join<Cpu>> {
    let mut rows = Vec::new();
    data_rows!(rows);
    flow_rows!(rows);
    memory_rows!(rows);
    register_rows!(rows);
    joins! { Cpu, rows, joined;
        {
            [Register<MOV>, Constant<MOV>, Register<ADD>, Constant<ADD>, Register<SUB>, Constant<SUB>, Constant<AND>,
                Shifted<MOV, LEFT>, AddAddress, Bits<false>, LoadAt<WORD, OFFSET>, LoadAt<BYTE, OFFSET>,
                LoadAt<WORD, OFFSET_REGISTER>, StoreAt<WORD, OFFSET>, StoreAt<BYTE, OFFSET>, Unless<EQUAL>,
                Unless<NOT_EQUAL>]
            [Register<MOV>, Constant<MOV>, Register<ADD>, Constant<ADD>, Register<SUB>, Constant<SUB>, Constant<AND>,
                Shifted<MOV, LEFT>, AddAddress, LoadAt<WORD, OFFSET>, LoadAt<BYTE, OFFSET>,
                LoadAt<WORD, OFFSET_REGISTER>, StoreAt<WORD, OFFSET>, StoreAt<BYTE, OFFSET>,
                CompareBranch<EQUAL, CMP, IMMEDIATE>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>,
                CompareBranch<EQUAL, CMP, REGISTER>, CompareBranch<NOT_EQUAL, CMP, REGISTER>,
                Branch<EQUAL>, Branch<NOT_EQUAL>, Jump, Call, Exchange]
        }
    }
    rows
}

/// Gives neighbours that can be joined one function.
pub(super) fn join(ops: &mut [Op]) {
    static ALL: OnceBox<Joins<Cpu>> = OnceBox::new();
    ALL.get_or_init(|| Box::new(Joins::new(rows(), &[]))).join(ops);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::one;
    use core::ptr::fn_addr_eq;

    #[test]
    fn neighbours_of_the_tables_are_joined_and_others_stay() {
        let op = |run| Op::new(run);
        let (copy, add) = (one::<Cpu, Register<MOV>>(), one::<Cpu, Register<ADD>>());
        let branch = one::<Cpu, Branch<EQUAL>>();
        let mut block = [op(copy), op(add), op(copy), op(branch), op(one::<Cpu, Branch<PLUS>>())];
        join(&mut block);
        assert!(!fn_addr_eq(block[0].run, copy) && fn_addr_eq(block[1].run, add));
        assert!(!fn_addr_eq(block[2].run, copy) && !fn_addr_eq(block[2].run, block[0].run));
        assert!(fn_addr_eq(block[3].run, branch));
    }
}
