//! Macros that make functions of type [`crate::op::Run`] from what an operation does. Used by every set.
//!
//! `handlers! { Cpu; name(cpu, op) { … } }`: goes on with the next operation. In the body `cpu` is `&mut Cpu`, `op` the
//! operation; further names in the parentheses, as far as needed, are `maps`, `blocks`, `ops` in this order.
//! `memory_handlers!` makes two of each: the one that blocks name (`name::<true>`) reaches its page by one look into
//! the cache and otherwise jumps to the other, which does all the rest; so the first has no calls but jumps, and saves no
//! registers. In its body [`load`] and [`store`] access memory. `leavers!`: the body's value is what is returned.

/// Handlers that go on with the next operation of the block.
macro_rules! handlers {
    ($cpu_type:ty; $($(#[$doc:meta])* $name:ident $(<const $generic:ident: $type:ty>)?
        ($cpu:ident, $op:ident $(, $maps:ident $(, $blocks:ident $(, $ops:ident)?)?)?) $body:block)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name<'a $(, const $generic: $type)?>(
            $cpu: &mut $cpu_type,
            maps: &'a $crate::maps::Maps,
            blocks: &'a $crate::block::BlockCache<$cpu_type>,
            ops: &'a [$crate::op::Op<$cpu_type>],
        ) -> $crate::op::Next {
            let [$op, next, ..] = ops else { return $crate::op::end() };
            $(let $maps = maps; $(let $blocks = blocks; $(let $ops = ops;)?)?)?
            $body
            (next.run)($cpu, maps, blocks, &ops[1..])
        }
    )*};
}
pub(crate) use handlers;

/// Handlers of loads and stores, in two versions; see the file's head.
#[allow(unused_macros, reason = "for sets to come")]
macro_rules! memory_handlers {
    ($cpu_type:ty; $($(#[$doc:meta])* $name:ident
        ($cpu:ident, $op:ident, $maps:ident, $blocks:ident, $ops:ident) $body:block)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name<'a, const FAST: bool>(
            $cpu: &mut $cpu_type,
            $maps: &'a $crate::maps::Maps,
            $blocks: &'a $crate::block::BlockCache<$cpu_type>,
            $ops: &'a [$crate::op::Op<$cpu_type>],
        ) -> $crate::op::Next {
            let [$op, next, ..] = $ops else { return $crate::op::end() };
            $body
            (next.run)($cpu, $maps, $blocks, &$ops[1..])
        }
    )*};
}
#[allow(unused_imports, reason = "for sets to come")]
pub(crate) use memory_handlers;

/// A value from memory, or on to the second version, or back for the page. `step` (0 or 1): for which of two
/// instructions a fault is told.
#[allow(unused_macros, reason = "for sets to come")]
macro_rules! load {
    ($this:ident, $load:ident, $size:literal, $address:expr, ($cpu:ident, $maps:ident, $blocks:ident, $ops:ident)) => {
        $crate::handler::load!($this, $load, $size, $address, ($cpu, $maps, $blocks, $ops), miss)
    };
    ($this:ident, $load:ident, $size:literal, $address:expr, ($cpu:ident, $maps:ident, $blocks:ident, $ops:ident), $miss:ident) => {{
        let address: u64 = $address;
        match $maps.readable(address, $size - 1) {
            Some(page) => page.$load(address),
            None if FAST => return $this::<false>($cpu, $maps, $blocks, $ops),
            None => match $maps.$load(address) {
                Some(value) => value,
                None => return $crate::op::$miss($cpu, $ops, address, $size, $crate::memory::Access::Read),
            },
        }
    }};
}
#[allow(unused_imports, reason = "for sets to come")]
pub(crate) use load;

/// A value to memory; as [`load`].
#[allow(unused_macros, reason = "for sets to come")]
macro_rules! store {
    ($this:ident, $store:ident, $size:literal, $address:expr, $value:expr, ($cpu:ident, $maps:ident, $blocks:ident, $ops:ident)) => {
        $crate::handler::store!($this, $store, $size, $address, $value, ($cpu, $maps, $blocks, $ops), miss)
    };
    ($this:ident, $store:ident, $size:literal, $address:expr, $value:expr, ($cpu:ident, $maps:ident, $blocks:ident, $ops:ident), $miss:ident) => {{
        let address: u64 = $address;
        match $maps.writable(address, $size - 1) {
            Some(page) => page.$store(address, $value),
            None if FAST => return $this::<false>($cpu, $maps, $blocks, $ops),
            None => match $maps.$store(address, $value) {
                Some(()) => {}
                None => return $crate::op::$miss($cpu, $ops, address, $size, $crate::memory::Access::Write),
            },
        }
    }};
}
#[allow(unused_imports, reason = "for sets to come")]
pub(crate) use store;

/// Handlers whose body says where to go.
macro_rules! leavers {
    ($cpu_type:ty; $($(#[$doc:meta])* $name:ident $(<const $generic:ident: $type:ty>)?
        ($cpu:ident, $op:ident, $maps:ident, $blocks:ident, $ops:ident) $body:block)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name<'a $(, const $generic: $type)?>(
            $cpu: &mut $cpu_type,
            $maps: &'a $crate::maps::Maps,
            $blocks: &'a $crate::block::BlockCache<$cpu_type>,
            $ops: &'a [$crate::op::Op<$cpu_type>],
        ) -> $crate::op::Next {
            let [$op, ..] = $ops else { return $crate::op::end() };
            $body
        }
    )*};
}
pub(crate) use leavers;
