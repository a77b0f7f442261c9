//! Macros that make functions of type [`crate::op::Run`] from what an operation does. Used by every set.
//!
//! `handlers! { Cpu; name(cpu, op) { … } }`: goes on with the next operation. In the body `cpu` is `&mut Cpu`, `op` the
//! operation; further names in the parentheses, as far as needed, are `maps`, `blocks`, `ops` in this order.
//! `leavers!`: the body's value is what is returned. Operations that are joined with others are links ([`crate::chain`]).

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
