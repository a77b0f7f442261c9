//! Quarantine: what is done to a subscriber whose device attacks or is attacked.
//!
//! Key types: [`Desk`], which follows the [`Policy`] and keeps the cases, and the trait [`Adapter`], behind
//! which a platform stands. Propose by default; act alone only where the policy says so; never on a protected
//! device; at most so many an hour; idempotent by case; done only after the platform verifies it.
//! To add a platform: a file in `adapter/` and a row in `adapter/mod.rs`.
#![forbid(unsafe_code)]

pub mod adapter;
pub mod desk;
pub mod policy;

pub use adapter::{Adapter, AdapterError, Found, Order};
pub use desk::{Desk, DeskError, Record};
pub use policy::Policy;
