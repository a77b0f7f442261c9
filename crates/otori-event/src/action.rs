//! What is done to a subscriber: notify, throttle, restrict, suspend.
use crate::EventId;
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// How hard an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionLevel {
    /// tell the owner and tag the SIM
    Notify,
    /// slow it down
    Throttle,
    /// move it to a restricted group
    Restrict,
    /// suspend the SIM
    Suspend,
}

/// Where an action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// a person is asked
    Proposed,
    /// the platform was told
    Applied,
    /// the platform says it is so
    Verified,
    /// taken back
    Reverted,
    /// the platform refused or did not answer
    Failed,
}

/// One action on one device, idempotent by `case`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// its name; the same case is never applied twice
    pub case: String,
    /// adapter (`webhook`, `nftables` …)
    pub adapter: String,
    /// device or SIM
    pub device: String,
    /// how hard
    pub level: ActionLevel,
    /// where it stands
    pub state: ActionState,
    /// one sentence for a person
    pub reason: String,
    /// what it rests on
    pub events: Vec<EventId>,
}
