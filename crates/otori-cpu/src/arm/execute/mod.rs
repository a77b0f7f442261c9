//! What operations do: a function for each, of type [`crate::op::Run`]. [`super::lower`] chooses and fills the fields.
//!
//! [`data`]: data processing; [`product`]: multiplication and bit fields; [`memory`], [`multiple`]: loads and stores;
//! [`flow`]: what leaves a block. What is rare is done in one piece, by [`super::whole`].

pub(super) mod data;
pub(super) mod flow;
pub(super) mod memory;
pub(super) mod multiple;
pub(super) mod product;
