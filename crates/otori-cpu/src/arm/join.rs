//! Which neighbours are joined to one operation: [`join`]. Chosen by how often they follow each other when busybox runs
//! sha256sum, gzip, awk and shell loops, as qemu-user's traces tell.
//!
//! Operations are told apart by their functions. Two that the compiler made one do the same.

use super::cpu::Cpu;
use super::execute::data::{AddAddress, Data, IMMEDIATE, LEFT, Op, REGISTER, RIGHT, ROTATE, Run};
use super::execute::flow::{Branch, BranchZero, Call, CompareBranch, Exchange, Jump, Unless};
use super::execute::memory::{BYTE, HALF, Load, OFFSET, OFFSET_REGISTER, POST, PRE, Store, WORD};
use super::execute::product::Bits;
use super::instruction::code::{ADD, AND, BIC, CMP, EOR, MOV, ORR, SUB, TST};
use crate::chain::{Dispatch, Known, one, place};
use core::ptr::fn_addr_eq;

place! { Cpu; joined }

/// Conditions.
const EQUAL: u8 = 0;
const NOT_EQUAL: u8 = 1;
const HIGHER_OR_SAME: u8 = 2;
const LOWER: u8 = 3;
const HIGHER: u8 = 8;
const LOWER_OR_SAME: u8 = 9;
const LESS: u8 = 11;
const GREATER: u8 = 12;
const LESS_OR_EQUAL: u8 = 13;

type Register<const CODE: u8> = Data<CODE, false, REGISTER>;
type Constant<const CODE: u8> = Data<CODE, false, IMMEDIATE>;
/// Sets flags.
type Flagged<const CODE: u8, const FORM: u8> = Data<CODE, true, FORM>;
type LoadAt<const WIDTH: u8, const MODE: u8> = Load<WIDTH, MODE, false>;
type StoreAt<const WIDTH: u8, const MODE: u8> = Store<WIDTH, MODE, false>;

/// Operations that are joined when one of the first is followed by one of the second.
struct Pairs {
    first: &'static [Run],
    second: &'static [Run],
    /// By the places in both.
    runs: &'static [&'static [Run]],
}

/// As [`Pairs`].
struct Triples {
    first: &'static [Run],
    second: &'static [Run],
    third: &'static [Run],
    runs: &'static [&'static [&'static [Run]]],
}

macro_rules! ones {
    ([$($link:ty),* $(,)?]) => { &[$(one::<Cpu, $link>()),*] };
}
macro_rules! twos {
    ($first:ty, [$($second:ty),* $(,)?]) => { &[$(joined::<$first, Known<$second, Dispatch>> as Run),*] };
}
macro_rules! threes {
    ($first:ty, $second:ty, [$($third:ty),* $(,)?]) => { &[$(joined::<$first, Known<$second, Known<$third, Dispatch>>> as Run),*] };
}
macro_rules! planes {
    ($first:ty, [$($second:ty),* $(,)?], $third:tt) => { &[$(threes!($first, $second, $third)),*] };
}
macro_rules! pairs {
    ([$($first:ty),* $(,)?] $second:tt) => {
        Pairs { first: ones!([$($first),*]), second: ones!($second), runs: &[$(twos!($first, $second)),*] }
    };
}
macro_rules! triples {
    ([$($first:ty),* $(,)?] $second:tt $third:tt) => {
        Triples {
            first: ones!([$($first),*]),
            second: ones!($second),
            third: ones!($third),
            runs: &[$(planes!($first, $second, $third)),*],
        }
    };
}

static PAIRS: Pairs = pairs! {
    [
        Register<MOV>, Constant<MOV>, Register<ADD>, Constant<ADD>, Register<SUB>, Constant<SUB>,
        Register<EOR>, Register<AND>, Register<ORR>, Register<BIC>, Constant<AND>,
        Data<EOR, false, ROTATE>, Data<EOR, false, RIGHT>, Data<MOV, false, ROTATE>, Data<MOV, false, LEFT>,
        Data<ADD, false, LEFT>, Data<ORR, false, LEFT>, Flagged<ADD, IMMEDIATE>, Flagged<SUB, IMMEDIATE>,
        Bits<false>, AddAddress,
        LoadAt<WORD, OFFSET>, LoadAt<WORD, PRE>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<HALF, OFFSET_REGISTER>,
        LoadAt<BYTE, OFFSET>, LoadAt<BYTE, POST>, LoadAt<BYTE, OFFSET_REGISTER>,
        StoreAt<WORD, OFFSET>, StoreAt<BYTE, OFFSET>, Flagged<CMP, IMMEDIATE>, Flagged<CMP, REGISTER>,
    ]
    [
        Register<MOV>, Constant<MOV>, Register<ADD>, Constant<ADD>, Register<SUB>, Constant<SUB>,
        Register<EOR>, Register<AND>, Register<ORR>, Register<BIC>,
        Data<EOR, false, ROTATE>, Data<EOR, false, RIGHT>, Data<MOV, false, ROTATE>, Data<MOV, false, LEFT>,
        Data<ADD, false, LEFT>, Flagged<ADD, IMMEDIATE>, Flagged<SUB, IMMEDIATE>, Flagged<CMP, IMMEDIATE>,
        Bits<false>,
        LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<HALF, OFFSET_REGISTER>,
        LoadAt<BYTE, OFFSET>, LoadAt<BYTE, POST>, LoadAt<BYTE, OFFSET_REGISTER>,
        StoreAt<WORD, OFFSET>, StoreAt<WORD, POST>, StoreAt<BYTE, OFFSET>,
        CompareBranch<EQUAL, CMP, IMMEDIATE>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>,
        CompareBranch<HIGHER, CMP, IMMEDIATE>, CompareBranch<LOWER_OR_SAME, CMP, IMMEDIATE>,
        CompareBranch<GREATER, CMP, IMMEDIATE>, CompareBranch<LESS_OR_EQUAL, CMP, IMMEDIATE>,
        CompareBranch<EQUAL, CMP, REGISTER>, CompareBranch<NOT_EQUAL, CMP, REGISTER>,
        CompareBranch<HIGHER_OR_SAME, CMP, REGISTER>, CompareBranch<LOWER, CMP, REGISTER>,
        CompareBranch<NOT_EQUAL, SUB, IMMEDIATE>, CompareBranch<EQUAL, TST, IMMEDIATE>,
        Branch<EQUAL>, Branch<NOT_EQUAL>, BranchZero<false>, BranchZero<true>,
        Unless<EQUAL>, Unless<NOT_EQUAL>, Jump, Call, Exchange,
    ]
};

/// What is done under a condition, when that is one instruction or the first of some.
static CONDITIONAL: Pairs = pairs! {
    [
        Unless<EQUAL>, Unless<NOT_EQUAL>, Unless<HIGHER_OR_SAME>, Unless<LOWER>, Unless<HIGHER>, Unless<LESS>,
        Unless<GREATER>, Unless<LESS_OR_EQUAL>,
    ]
    [
        Register<MOV>, Constant<MOV>, Constant<ADD>, Constant<SUB>, Flagged<SUB, IMMEDIATE>, LoadAt<WORD, OFFSET>,
        LoadAt<BYTE, POST>, StoreAt<WORD, OFFSET>, StoreAt<BYTE, POST>, Exchange,
    ]
};

static TRIPLES: Triples = triples! {
    [
        Register<MOV>, Register<ADD>, Constant<ADD>, Register<EOR>, Register<AND>, Data<EOR, false, ROTATE>,
        Data<MOV, false, ROTATE>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>,
    ]
    [
        Register<MOV>, Register<ADD>, Constant<ADD>, Register<EOR>, Register<AND>, Register<BIC>,
        Data<EOR, false, ROTATE>, Data<MOV, false, ROTATE>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>,
    ]
    [
        Register<MOV>, Register<ADD>, Register<EOR>, Register<AND>, Register<BIC>, Data<EOR, false, ROTATE>,
        Data<EOR, false, RIGHT>, Data<MOV, false, ROTATE>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>,
        StoreAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>,
    ]
};

fn place(runs: &[Run], op: &Op) -> Option<usize> {
    runs.iter().position(|run| fn_addr_eq(*run, op.run))
}

impl Pairs {
    fn find(&self, first: &Op, second: &Op) -> Option<Run> {
        let (first, second) = (place(self.first, first)?, place(self.second, second)?);
        self.runs.get(first)?.get(second).copied()
    }
}

impl Triples {
    fn find(&self, first: &Op, second: &Op, third: &Op) -> Option<Run> {
        let (first, second) = (place(self.first, first)?, place(self.second, second)?);
        self.runs.get(first)?.get(second)?.get(place(self.third, third)?).copied()
    }
}

/// A function that does the first two or three operations, if there is one.
fn find(operations: &[Op]) -> Option<Run> {
    if let [first, second, third, ..] = operations
        && let Some(run) = TRIPLES.find(first, second, third)
    {
        return Some(run);
    }
    let [first, second, ..] = operations else { return None };
    PAIRS.find(first, second).or_else(|| CONDITIONAL.find(first, second))
}

/// Joins all operations of a block to what comes behind them.
pub(super) fn join(operations: &mut [Op]) {
    for index in 0..operations.len() {
        // Those behind still have their own functions.
        let run = operations.get(index..).and_then(find);
        if let (Some(run), Some(op)) = (run, operations.get_mut(index)) {
            op.run = run;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_the_tables_are_joined_and_others_stay() {
        let op = |run| Op::new(run);
        let (copy, add) = (one::<Cpu, Register<MOV>>(), one::<Cpu, Register<ADD>>());
        let branch = one::<Cpu, Branch<EQUAL>>();
        let mut block = [op(copy), op(add), op(copy), op(branch), op(copy)];
        join(&mut block);
        assert!(!fn_addr_eq(block[0].run, copy) && !fn_addr_eq(block[1].run, add));
        assert!(!fn_addr_eq(block[2].run, copy) && !fn_addr_eq(block[2].run, block[0].run));
        assert!(fn_addr_eq(block[3].run, branch) && fn_addr_eq(block[4].run, copy));
    }
}
