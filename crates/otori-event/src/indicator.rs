//! What is known: indicators with provenance, score and time to live.
use crate::{EventId, Sha256, Timestamp};
use alloc::{string::String, vec::Vec};
use core::fmt;
use serde::{Deserialize, Serialize};

/// The kind of thing an indicator names (STIX 2.1 object types in brackets).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorKind {
    /// full URL (`url`)
    Url,
    /// address without a port (`ipv4-addr`, `ipv6-addr`)
    Address,
    /// address and port with transport, as `tcp/192.0.2.1:4444` (`network-traffic`)
    Service,
    /// host name (`domain-name`)
    Domain,
    /// hash of a file (`file`)
    Sha256,
}

/// Life of an indicator (shared/notes: intel).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorState {
    /// seen, too little to say more
    Observed,
    /// the score is high enough for a block, the guard has not looked yet
    Candidate,
    /// the guard forbids a block (a name or network that must never be blocked)
    Guarded,
    /// enforced
    Active,
    /// its time to live has passed
    Stale,
    /// taken back by a person or a false-positive signal
    Revoked,
    /// vetoed by a person, until lifted
    Vetoed,
}

/// One kind of evidence; its weight is the chance that it alone is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// connected or scanned: .05
    Scan,
    /// tried to log in: .15
    Login,
    /// exploit of a known vulnerability: .45
    Exploit,
    /// a payload was fetched from it, or a session fetched or dropped it: .60
    PayloadSource,
    /// contacted by a detonated artifact: .70
    SandboxContact,
    /// malicious behaviour of the file: .75
    SandboxBehaviour,
    /// seen at a further site: .40
    FurtherSite,
    /// named by an external feed: .20
    Feed,
    /// confirmed by a person: 1.0
    Person,
}

impl EvidenceKind {
    /// Weight 0.0 to 1.0 in `score = 100 (1 - product of (1 - w))`.
    pub const fn weight(self) -> f64 {
        match self {
            EvidenceKind::Scan => 0.05,
            EvidenceKind::Login => 0.15,
            EvidenceKind::Exploit => 0.45,
            EvidenceKind::PayloadSource => 0.60,
            EvidenceKind::SandboxContact => 0.70,
            EvidenceKind::SandboxBehaviour => 0.75,
            EvidenceKind::FurtherSite => 0.40,
            EvidenceKind::Feed => 0.20,
            EvidenceKind::Person => 1.0,
        }
    }
}

/// Why we think so, down to the events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// what kind
    pub kind: EvidenceKind,
    /// events it rests on; the first 16
    pub events: Vec<EventId>,
    /// artifact it rests on
    pub artifact: Option<Sha256>,
    /// first seen
    pub at: Timestamp,
    /// one sentence for a person
    pub note: String,
}

/// One indicator. Its identity is `(kind, value)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Indicator {
    /// what it names
    pub kind: IndicatorKind,
    /// normalised value (lower-case host, no default port)
    pub value: String,
    /// where it stands
    pub state: IndicatorState,
    /// 0 to 100, after decay at `updated_at`
    pub score: f64,
    /// first evidence
    pub first_seen: Timestamp,
    /// last evidence
    pub last_seen: Timestamp,
    /// when this value was computed
    pub updated_at: Timestamp,
    /// end of its time to live; `None` for hashes
    pub expires_at: Option<Timestamp>,
    /// provenance; at most 16 pieces
    pub evidence: Vec<Evidence>,
    /// why the guard forbids a block, if it does
    pub guard_reason: Option<String>,
    /// rests on demonstration events only
    pub demo: bool,
}

impl fmt::Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.value)
    }
}
