//! What the network did with a packet or flow because of a rule.
use crate::{Endpoint, Timestamp, Transport};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictAction {
    /// let through, written down
    Alert,
    /// dropped
    Drop,
    /// dropped, both ends told (TCP RST or ICMP)
    Reject,
}

/// One decision on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// what was done
    pub action: VerdictAction,
    /// the rule
    pub sid: u32,
    /// its message
    pub message: String,
    /// who sent the packet
    pub source: Endpoint,
    /// to whom
    pub destination: Endpoint,
    /// how
    pub transport: Transport,
    /// application protocol as recognised
    pub application: String,
    /// the name or URL seen, if any
    pub subject: Option<String>,
    /// device that is guarded, as the guard names it (address today)
    pub device: String,
    /// guard that decided
    pub guard: String,
    /// when the rule was made; `at - rule_made_at` is the latency of the loop
    pub rule_made_at: Option<Timestamp>,
    /// packets of the same flow that met the same fate before this was written, without this one
    pub repeated: u64,
}
