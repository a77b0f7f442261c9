//! Packets in and verdicts out: capture files, AF_PACKET, NFQUEUE, inline pair.
//!
//! Key types: [`engine::Engine`] joins wire and rules (packet in, [`engine::Decision`] out, EVE lines and
//! verdicts beside it); [`device::Devices`] says whose flow it is; a row of [`backend`] brings packets;
//! [`guard::Guard`] runs both and takes rule changes while packets flow; [`watchdog::Standby`] goes on when that has died.
pub mod backend;
pub mod capture;
pub mod device;
pub mod engine;
pub mod eve;
pub mod guard;
pub mod policy;
pub mod reject;
pub mod watchdog;

pub use engine::{Crew, Decision, Engine, Mode, Settings, Spread, Workers};
pub use guard::{Control, Guard};
