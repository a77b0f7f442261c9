//! Operations joined to one: what a few neighbours do, without a jump between. Key traits: [`Link`], [`Then`]; key
//! type: [`Joins`], the neighbours that a set joins.
//!
//! A [`Link`] is what an operation does, as a type; what comes behind is a parameter. [`one`] makes a function for
//! blocks of it, [`joins`] rows of functions that do the operations behind as well. The operations stay in the block as
//! they were: only the first one's function is another, and who comes back to the second (after a miss) finds its own.

use crate::block::BlockCache;
use crate::maps::Maps;
use crate::op::{Next, Op, Run, end};
use crate::{aarch64, arm, mips, x86};
use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ops::Range;

/// What an operation does.
pub(crate) trait Link<S> {
    /// Does it go on with what comes behind, or say itself where to go?
    const GOES_ON: bool;

    /// Does the first of `ops` and goes on as `K` says. `FAST`: jumps to the version that is not where a page is not
    /// reached by one look into the cache.
    fn run<'a, K: Then<S>, const FAST: bool>(
        cpu: &mut S,
        maps: &'a Maps,
        blocks: &'a BlockCache<S>,
        ops: &'a [Op<S>],
    ) -> Next;
}

/// What comes behind.
pub(crate) trait Then<S> {
    /// Operations that are looked at.
    const OPS: usize;

    /// `ops` begins with the next operation.
    fn then<'a>(cpu: &mut S, maps: &'a Maps, blocks: &'a BlockCache<S>, ops: &'a [Op<S>]) -> Next;
}

/// The next operation's own function.
pub(crate) enum Dispatch {}

impl<S> Then<S> for Dispatch {
    const OPS: usize = 1;

    #[inline(always)]
    fn then<'a>(cpu: &mut S, maps: &'a Maps, blocks: &'a BlockCache<S>, ops: &'a [Op<S>]) -> Next {
        match ops {
            [next, ..] => (next.run)(cpu, maps, blocks, ops),
            [] => end(),
        }
    }
}

/// The next operation is known to be `A`; then `K`.
pub(crate) struct Known<A, K>(PhantomData<(A, K)>);

impl<S, A: Link<S>, K: Then<S>> Then<S> for Known<A, K> {
    const OPS: usize = if A::GOES_ON { 1 + K::OPS } else { 1 };

    #[inline(always)]
    fn then<'a>(cpu: &mut S, maps: &'a Maps, blocks: &'a BlockCache<S>, ops: &'a [Op<S>]) -> Next {
        A::run::<K, true>(cpu, maps, blocks, ops)
    }
}

/// The function of one operation.
pub(crate) const fn one<S: Alone, A: Link<S>>() -> Run<S> {
    S::alone::<A>
}

/// Functions of one operation each; those of each set lie together, as [`place`] has it.
pub(crate) trait Alone: Sized {
    /// Does `A`. There is only one of it, so that its address tells the operation.
    fn alone<'a, A: Link<Self>>(
        cpu: &mut Self,
        maps: &'a Maps,
        blocks: &'a BlockCache<Self>,
        ops: &'a [Op<Self>],
    ) -> Next;
}

macro_rules! alone {
    ($($cpu_type:ty),*) => {$(
        impl Alone for $cpu_type {
            #[inline(never)]
            fn alone<'a, A: Link<Self>>(
                cpu: &mut Self,
                maps: &'a Maps,
                blocks: &'a BlockCache<Self>,
                ops: &'a [Op<Self>],
            ) -> Next {
                A::run::<Dispatch, true>(cpu, maps, blocks, ops)
            }
        }
    )*};
}

alone!(aarch64::Cpu, arm::Cpu, mips::Cpu, x86::Cpu);

/// `A`, then `K`. Looks once whether there are as many operations, so that none of them has to.
#[inline(always)]
pub(crate) fn both<'a, S, A: Link<S>, K: Then<S>>(
    cpu: &mut S,
    maps: &'a Maps,
    blocks: &'a BlockCache<S>,
    ops: &'a [Op<S>],
) -> Next {
    if ops.len() <= K::OPS {
        return end();
    }
    A::run::<K, true>(cpu, maps, blocks, ops)
}

/// A function of rows, which lie in a place of their own: `place! { Cpu; name }`.
///
/// The compiler lays out what one generic function becomes side by side, and in no order of use. What a set runs often
/// is spread over hundreds of pages that way, more than a host's cache of instruction addresses holds; with a function
/// for what is run often, and one for the rest, it lies on a few dozen.
macro_rules! place {
    ($cpu_type:ty; $(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub(super) fn $name<'a, A: $crate::chain::Link<$cpu_type>, K: $crate::chain::Then<$cpu_type>>(
            cpu: &mut $cpu_type,
            maps: &'a $crate::maps::Maps,
            blocks: &'a $crate::block::BlockCache<$cpu_type>,
            ops: &'a [$crate::op::Op<$cpu_type>],
        ) -> $crate::op::Next {
            $crate::chain::both::<$cpu_type, A, K>(cpu, maps, blocks, ops)
        }
    };
}
pub(crate) use place;

/// The version of `A` that does what one look into the cache does not. Cold: away from the code that runs.
#[cold]
#[inline(never)]
pub(crate) fn slow<'a, S, A: Link<S>>(
    cpu: &mut S,
    maps: &'a Maps,
    blocks: &'a BlockCache<S>,
    ops: &'a [Op<S>],
) -> Next {
    A::run::<Dispatch, false>(cpu, maps, blocks, ops)
}

/// Are they the same function? Two that the compiler made one do the same.
pub(crate) fn is<S>(run: Run<S>, known: Run<S>) -> bool {
    core::ptr::fn_addr_eq(run, known)
}

/// Neighbours that one function does.
pub(crate) struct Join<S: 'static> {
    /// Each one's own function.
    pub parts: &'static [Run<S>],
    /// Does them all.
    pub run: Run<S>,
}

/// Operations in a row at most: as many as bytes in its key.
const LONGEST: usize = 8;
/// What a jump to another function costs, in the operations of a family that may be done instead of their own.
const JUMP: usize = 8;

/// A function that rows have, by address.
struct Numbered {
    address: usize,
    /// Its number in keys; 0 is none.
    own: u8,
    /// That of its family, or its own.
    family: u8,
}

/// What a set joins.
pub(crate) struct Joins<S: 'static> {
    /// By address.
    functions: Vec<Numbered>,
    /// For each row the numbers of its parts, the first one most significant; in order.
    keys: Vec<u64>,
    /// In the order of the keys.
    rows: Vec<&'static Join<S>>,
    /// Where the rows are that begin with two functions, by the two numbers.
    pairs: Vec<Range<u16>>,
}

impl<S: 'static> Joins<S> {
    /// All of these rows, of equal ones the first; one of a single function joins nothing. `families`: functions that do the same with fields of
    /// some operations as the operations' own functions; rows of them join those operations too.
    pub(crate) fn new(mut rows: Vec<&'static Join<S>>, families: &[(Run<S>, &[Run<S>])]) -> Self {
        rows.retain(|row| (2..=LONGEST).contains(&row.parts.len()));
        let members = families.iter().flat_map(|(family, own)| own.iter().map(|own| (*own, *family)));
        let all =
            rows.iter().flat_map(|row| row.parts.iter().copied()).chain(members.clone().map(|(own, _)| own));
        let mut functions: Vec<Numbered> =
            all.map(|run| Numbered { address: run as usize, own: 0, family: 0 }).collect();
        functions.sort_by_key(|function| function.address);
        functions.dedup_by_key(|function| function.address);
        functions.truncate(usize::from(u8::MAX));
        for (number, function) in (1..).zip(&mut functions) {
            (function.own, function.family) = (number, number);
        }
        for (own, family) in members {
            let family = numbers(&functions, family).0;
            if let Ok(place) = functions.binary_search_by_key(&(own as usize), |function| function.address) {
                functions[place].family = family;
            }
        }
        let mut keyed: Vec<(u64, &'static Join<S>)> = rows
            .into_iter()
            .map(|row| {
                let parts: Vec<u8> = row.parts.iter().map(|part| numbers(&functions, *part).0).collect();
                (key(&parts), row)
            })
            .collect();
        keyed.sort_by_key(|(key, _)| *key);
        keyed.dedup_by_key(|(key, _)| *key);
        keyed.truncate(usize::from(u16::MAX));
        let (keys, rows): (Vec<u64>, _) = keyed.into_iter().unzip();
        let mut pairs = vec![0..0; (functions.len() + 1).pow(2)];
        for (place, key) in (0..).zip(&keys) {
            let pair = &mut pairs[pair(functions.len(), (key >> 56) as u8, (key >> 48) as u8)];
            *pair = if pair.start == pair.end { place..place + 1 } else { pair.start..place + 1 };
        }
        Joins { functions, keys, rows, pairs }
    }

    /// Calls with the rows that these numbers begin with, the shortest first.
    #[inline]
    fn fitting(&self, numbers: &[u8], mut with: impl FnMut(&'static Join<S>)) {
        let [first, second, ..] = *numbers else { return };
        let Range { start, end } = self.pairs[pair(self.functions.len(), first, second)].clone();
        let (mut from, end) = (usize::from(start), usize::from(end));
        if from == end {
            return;
        }
        let whole = key(numbers);
        for length in 2..=numbers.len().min(LONGEST) {
            let mask = u64::MAX << (8 * (LONGEST - length));
            from += self.keys[from..end].partition_point(|key| *key < whole & mask);
            match self.keys.get(from) {
                Some(key) if *key == whole & mask => with(self.rows[from]),
                Some(key) if key & mask == whole & mask => {}
                _ => return,
            }
        }
    }

    /// Gives the operations of a block their joined functions, so that there are as few jumps as can be.
    pub(crate) fn join(&self, ops: &mut [Op<S>]) {
        let (own, families): (Vec<u8>, Vec<u8>) =
            ops.iter().map(|op| numbers(&self.functions, op.run)).unzip();
        // The cost from each operation to the block's end, and the join to begin there with.
        let mut best: Vec<(usize, Option<&'static Join<S>>)> = vec![(0, None); ops.len() + 1];
        for at in (0..ops.len()).rev() {
            let mut chosen = (best[at + 1].0 + JUMP, None);
            let mut choose = |row: &'static Join<S>, extra| {
                let cost = best[at + row.parts.len()].0 + JUMP + extra;
                if cost < chosen.0 {
                    chosen = (cost, Some(row));
                }
            };
            self.fitting(&own[at..], |row| choose(row, 0));
            self.fitting(&families[at..], |row| choose(row, row.parts.len()));
            best[at] = chosen;
        }
        // Each one: what skips some operations comes to the middle of a row, and goes on with the row from there.
        for (op, (_, row)) in ops.iter_mut().zip(best) {
            op.run = row.map_or(op.run, |row| row.run);
        }
    }
}

/// The numbers of a function and of its family; 0 if no row has it.
fn numbers<S>(functions: &[Numbered], run: Run<S>) -> (u8, u8) {
    let found = functions.binary_search_by_key(&(run as usize), |function| function.address);
    found.map_or((0, 0), |place| (functions[place].own, functions[place].family))
}

/// Place of two numbers, with so many functions.
fn pair(functions: usize, first: u8, second: u8) -> usize {
    usize::from(first) * (functions + 1) + usize::from(second)
}

/// At most [`LONGEST`] numbers, the first one most significant.
fn key(numbers: &[u8]) -> u64 {
    let mut bytes = [0; LONGEST];
    bytes.iter_mut().zip(numbers).for_each(|(byte, number)| *byte = *number);
    u64::from_be_bytes(bytes)
}

/// Appends rows to a `Vec<&'static Join<Cpu>>`: `joins! { Cpu, rows, joined; (A, B, C) { [A, B] [C, D] } }` joins an `A` with
/// a `B` and a `C` behind it, and each of `A` and `B` with a `C` or `D`. The third name is the function that does them,
/// one of [`place`].
macro_rules! joins {
    ($cpu_type:ty, $rows:ident, $function:ident; $($row:tt)*) => {
        $($crate::chain::joins!(@row ($cpu_type, $rows, $function); $row);)*
    };
    (@row $to:tt; ($($part:ty),+)) => {
        $crate::chain::joins!(@cross $to, ($($part,)+); ());
    };
    (@row $to:tt; { $($list:tt)+ }) => {
        $crate::chain::joins!(@cross $to, (); ($($list)+));
    };
    (@cross ($cpu_type:ty, $rows:ident, $function:ident), ($($done:ty,)+); ()) => {
        $rows.push(const {
            &$crate::chain::Join {
                parts: &[$($crate::chain::one::<$cpu_type, $done>()),+],
                run: $function::<
                    $crate::chain::joins!(@link $($done,)+),
                    $crate::chain::joins!(@then $($done,)+),
                >,
            }
        });
    };
    (@cross $to:tt, $done:tt; ($list:tt $($rest:tt)*)) => {
        $crate::chain::joins!(@list $to, $done; $list; ($($rest)*));
    };
    (@list $to:tt, $done:tt; [$($item:ty),* $(,)?]; $rest:tt) => {
        $($crate::chain::joins!(@add $to, $done, $item; $rest);)*
    };
    (@add $to:tt, ($($done:ty,)*), $item:ty; $rest:tt) => {
        $crate::chain::joins!(@cross $to, ($($done,)* $item,); $rest);
    };
    (@link $first:ty, $($more:ty,)*) => { $first };
    (@then $first:ty,) => { $crate::chain::Dispatch };
    (@then $first:ty, $second:ty, $($more:ty,)*) => {
        $crate::chain::Known<$second, $crate::chain::joins!(@then $second, $($more,)*)>
    };
}
pub(crate) use joins;

/// Links that go on with the next operation: `links! { Cpu; Name(cpu, op) { … } }`; further names in the parentheses, as
/// far as needed: `maps`, `blocks`, `ops`; constants as parameters, `Name<const WIDTH: u8>(…)`. In the body
/// [`load`](crate::chain::load) and [`store`](crate::chain::store) access memory.
macro_rules! links {
    ($cpu_type:ty; $($(#[$doc:meta])* $name:ident $(<$(const $generic:ident: $type:ty),+>)?
        ($cpu:ident, $op:ident $(, $maps:ident $(, $blocks:ident $(, $ops:ident)?)?)?) $body:block)*) => {$(
        $(#[$doc])*
        pub(crate) enum $name $(<$(const $generic: $type),+>)? {}

        impl $(<$(const $generic: $type),+>)? $crate::chain::Link<$cpu_type> for $name $(<$($generic),+>)? {
            const GOES_ON: bool = true;

            #[inline(always)]
            fn run<'a, K: $crate::chain::Then<$cpu_type>, const FAST: bool>(
                $cpu: &mut $cpu_type,
                maps: &'a $crate::maps::Maps,
                blocks: &'a $crate::block::BlockCache<$cpu_type>,
                ops: &'a [$crate::op::Op<$cpu_type>],
            ) -> $crate::op::Next {
                let [$op, rest @ ..] = ops else { return $crate::op::end() };
                $(let $maps = maps; $(let $blocks = blocks; $(let $ops = ops;)?)?)?
                $body
                K::then($cpu, maps, blocks, rest)
            }
        }
    )*};
}
pub(crate) use links;

/// Links that leave the block at a distance from its start if something is true:
/// `branches! { Cpu; Name(cpu, op, distance) { what is done in either case } condition; }`.
macro_rules! branches {
    ($cpu_type:ty; $($(#[$doc:meta])* $name:ident $(<$(const $generic:ident: $type:ty),+>)?
        ($cpu:ident, $op:ident, $distance:expr) $before:block $taken:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) enum $name $(<$(const $generic: $type),+>)? {}

        impl $(<$(const $generic: $type),+>)? $crate::chain::Link<$cpu_type> for $name $(<$($generic),+>)? {
            const GOES_ON: bool = true;

            #[inline(always)]
            fn run<'a, K: $crate::chain::Then<$cpu_type>, const FAST: bool>(
                $cpu: &mut $cpu_type,
                maps: &'a $crate::maps::Maps,
                blocks: &'a $crate::block::BlockCache<$cpu_type>,
                ops: &'a [$crate::op::Op<$cpu_type>],
            ) -> $crate::op::Next {
                let [$op, rest @ ..] = ops else { return $crate::op::end() };
                let taken = $taken;
                $before
                if taken {
                    let key = <$cpu_type as $crate::run::Set>::key_at($cpu.frame.start, $distance);
                    return $crate::op::leave($cpu, maps, blocks, $op, key);
                }
                K::then($cpu, maps, blocks, rest)
            }
        }
    )*};
}
pub(crate) use branches;

/// Links whose body says where to go; a sixth name is the operations behind.
macro_rules! last_links {
    ($cpu_type:ty; $($(#[$doc:meta])* $name:ident $(<$(const $generic:ident: $type:ty),+>)?
        ($cpu:ident, $op:ident, $maps:ident, $blocks:ident, $ops:ident $(, $rest:ident)?) $body:block)*) => {$(
        $(#[$doc])*
        pub(crate) enum $name $(<$(const $generic: $type),+>)? {}

        impl $(<$(const $generic: $type),+>)? $crate::chain::Link<$cpu_type> for $name $(<$($generic),+>)? {
            const GOES_ON: bool = false;

            #[inline(always)]
            fn run<'a, K: $crate::chain::Then<$cpu_type>, const FAST: bool>(
                $cpu: &mut $cpu_type,
                $maps: &'a $crate::maps::Maps,
                $blocks: &'a $crate::block::BlockCache<$cpu_type>,
                $ops: &'a [$crate::op::Op<$cpu_type>],
            ) -> $crate::op::Next {
                let [$op, $($rest @)? ..] = $ops else { return $crate::op::end() };
                $body
            }
        }
    )*};
}
pub(crate) use last_links;

/// A value from memory, or on to the slow version, or back for the page.
macro_rules! load {
    ($load:ident, $size:literal, $address:expr, ($cpu:ident, $maps:ident, $blocks:ident, $ops:ident)) => {{
        let address: u64 = $address;
        match $maps.readable(address, $size - 1) {
            Some(page) => page.$load(address),
            None if FAST => return $crate::chain::slow::<_, Self>($cpu, $maps, $blocks, $ops),
            None => match $maps.$load(address) {
                Some(value) => value,
                None => return $crate::op::miss($cpu, $ops, address, $size, $crate::memory::Access::Read),
            },
        }
    }};
}
pub(crate) use load;

/// A value to memory; as [`load`].
macro_rules! store {
    ($store:ident, $size:literal, $address:expr, $value:expr, ($cpu:ident, $maps:ident, $blocks:ident, $ops:ident)) => {{
        let address: u64 = $address;
        match $maps.writable(address, $size - 1) {
            Some(page) => page.$store(address, $value),
            None if FAST => return $crate::chain::slow::<_, Self>($cpu, $maps, $blocks, $ops),
            None => match $maps.$store(address, $value) {
                Some(()) => {}
                None => return $crate::op::miss($cpu, $ops, address, $size, $crate::memory::Access::Write),
            },
        }
    }};
}
pub(crate) use store;
