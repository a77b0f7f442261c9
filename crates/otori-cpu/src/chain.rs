//! Operations joined to one: what two or three neighbours do, without a jump between. Key traits: [`Link`], [`Then`].
//!
//! A [`Link`] is what an operation does, as a type; what comes behind is a parameter. [`one`] makes a function for
//! blocks of it, [`two`] one that does the next operation as well. The operations stay in the block as they were: only
//! the first one's function is another, and who comes back to the second (after a miss) finds its own.

use crate::block::BlockCache;
use crate::maps::Maps;
use crate::op::{Next, Op, Run, end};
use core::marker::PhantomData;

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
pub(crate) const fn one<S, A: Link<S>>() -> Run<S> {
    alone::<S, A>
}

/// There is only one of it, so that its address tells the operation.
#[inline(never)]
fn alone<'a, S, A: Link<S>>(
    cpu: &mut S,
    maps: &'a Maps,
    blocks: &'a BlockCache<S>,
    ops: &'a [Op<S>],
) -> Next {
    A::run::<Dispatch, true>(cpu, maps, blocks, ops)
}

/// `A`, then `K`. Looks once whether there are as many operations, so that none of them has to.
pub(crate) fn joined<'a, S, A: Link<S>, K: Then<S>>(
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

/// The function of an operation that is followed by a `B`.
pub(crate) const fn two<S, A: Link<S>, B: Link<S>>() -> Run<S> {
    joined::<S, A, Known<B, Dispatch>>
}

/// The function of an operation that is followed by a `B` and a `C`.
pub(crate) const fn three<S, A: Link<S>, B: Link<S>, C: Link<S>>() -> Run<S> {
    joined::<S, A, Known<B, Known<C, Dispatch>>>
}

/// The version of `A` that does what one look into the cache does not.
#[inline(never)]
pub(crate) fn slow<'a, S, A: Link<S>>(
    cpu: &mut S,
    maps: &'a Maps,
    blocks: &'a BlockCache<S>,
    ops: &'a [Op<S>],
) -> Next {
    A::run::<Dispatch, false>(cpu, maps, blocks, ops)
}

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

/// Links whose body says where to go.
macro_rules! last_links {
    ($cpu_type:ty; $($(#[$doc:meta])* $name:ident $(<$(const $generic:ident: $type:ty),+>)?
        ($cpu:ident, $op:ident, $maps:ident, $blocks:ident, $ops:ident, $rest:ident) $body:block)*) => {$(
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
                let [$op, $rest @ ..] = $ops else { return $crate::op::end() };
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
