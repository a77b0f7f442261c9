//! Sockets on a virtual network; key type [`Sockets`], the way out is [`outside::Outside`].
pub mod outside;

/// All sockets of a machine.
#[derive(Clone, Debug, Default)]
pub struct Sockets {}
