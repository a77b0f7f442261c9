//! Intelligence: events in, indicators and rules out.
//!
//! Key type: [`Intel`]. No input or output and no clock: time comes with the events, so the same events give
//! the same indicators and rules. Read in this order: [`extract`] (what an event says), [`score`] (how much it
//! weighs), [`guard`] (what is never blocked), [`engine`] (the life of an indicator), `rules` (what is enforced).
//! Bounds: [`Policy::max_indicators`], [`Policy::max_rules`], sessions and artifacts remembered (`extract`).
#![forbid(unsafe_code)]

pub mod engine;
pub mod extract;
pub mod guard;
pub mod normalise;
pub mod policy;
pub mod prefix;
mod recent;
mod rules;
pub mod sandbox;
pub mod score;
mod sids;

pub use engine::{Intel, IntelError, Stats};
pub use guard::{Guard, Ruling};
pub use policy::Policy;
pub use prefix::PrefixTable;
