//! The trait behind which a platform stands, and the rows of those we have.
//!
//! Key trait: [`Adapter`]. An adapter does one thing at a time and knows no policy; [`crate::Desk`] decides.
pub mod nftables;
pub mod notebook;
pub mod webhook;

use otori_event::ActionLevel;
use serde::{Deserialize, Serialize};

/// What is asked of a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<'a> {
    /// the case: the same one twice is the same order
    pub case: &'a str,
    /// device or SIM, as the platform names it
    pub device: &'a str,
    /// how hard
    pub level: ActionLevel,
    /// seconds until the platform undoes it by itself, where it can
    pub seconds: u32,
    /// one sentence for a person
    pub reason: &'a str,
}

/// The state that an adapter found, in its own words, to be given back at a revert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found(pub String);

/// Why a platform did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// the platform has no such level
    #[error("{adapter} cannot {level:?}")]
    Unsupported {
        /// which adapter
        adapter: &'static str,
        /// which level
        level: ActionLevel,
    },
    /// the device's name does not fit the platform
    #[error("{0:?} is no device of this platform")]
    Device(String),
    /// the platform was not reached
    #[error("platform not reached: {0}")]
    Unreachable(String),
    /// the platform said no
    #[error("platform refused: {0}")]
    Refused(String),
}

/// One platform. Calls may block for as long as the platform takes, at most [`TIMEOUT_SECONDS`].
pub trait Adapter: Send {
    /// Short stable name (`nftables`, `webhook`).
    fn name(&self) -> &'static str;
    /// How the device stands now. Recorded before anything is done.
    fn state(&mut self, device: &str) -> Result<Found, AdapterError>;
    /// Does it. Twice is as once.
    fn apply(&mut self, order: &Order<'_>) -> Result<(), AdapterError>;
    /// Whether the platform says that it is so.
    fn verify(&mut self, order: &Order<'_>) -> Result<bool, AdapterError>;
    /// Takes back what is still ours, to the state that was found.
    fn revert(&mut self, order: &Order<'_>, found: &Found) -> Result<(), AdapterError>;
}

/// The longest that a call to a platform may take.
pub const TIMEOUT_SECONDS: u64 = 10;
