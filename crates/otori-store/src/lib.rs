//! Durable inbox, sealed segments, roll-ups, queries.
#![forbid(unsafe_code)]

pub mod place;
