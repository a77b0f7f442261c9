//! Listening fronts on a device: telnet and HTTP.
//!
//! [`run`] listens, gives every peer a [`session::Session`] and, once it is in, a computer of its own
//! (`otori-device`) that the [`engine`] runs in slices on a few threads. Whatever happens leaves as
//! [`otori_event::Intake`] values through one bounded channel. The only way out of a guest is the
//! [`gateway`], whose only way out is the guarded [`fetch`]er, which is off by default.
#![forbid(unsafe_code)]

pub mod address;
pub mod ambient;
pub mod appliance;
pub mod capture;
pub mod config;
pub mod credential;
pub mod decoy;
pub mod demo;
pub mod engine;
pub mod fetch;
pub mod front;
pub mod gate;
pub mod gateway;
pub mod product;
pub mod recording;
mod run;
pub mod session;
pub mod typed;

pub use config::DecoyConfig;
pub use demo::DemoPeers;
pub use run::{DecoyError, Listening, World, run, run_appliance};
