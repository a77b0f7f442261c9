//! What the owner decides about blocking. Read from the configuration's `[intel]` table.
//!
//! Key type: [`Policy`]. Neighbour: [`crate::guard`], which applies the network and name lists.
use otori_event::Network;
use serde::{Deserialize, Serialize};

/// Bounds and lists. Every field has a default, so an empty table is a valid policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// score from which an indicator may be blocked, 0 to 100
    pub block_score: f64,
    /// documentation ranges (192.0.2.0/24 …, `.example`) count as public: for tests and demonstrations
    pub treat_documentation_as_public: bool,
    /// demonstration events make rules too
    pub enforce_demo: bool,
    /// the owner's networks, never blocked
    pub own_networks: Vec<Network>,
    /// the owner's names and update hosts, with everything below them, never blocked
    pub own_names: Vec<String>,
    /// further networks that are never blocked
    pub never_networks: Vec<Network>,
    /// further names that are never blocked
    pub never_names: Vec<String>,
    /// further networks that are never blocked as bare addresses
    pub shared_networks: Vec<Network>,
    /// further names that are never blocked alone
    pub shared_names: Vec<String>,
    /// indicators kept; beyond it the lowest score goes
    pub max_indicators: usize,
    /// live rules; beyond it indicators wait as candidates
    pub max_rules: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            block_score: 70.0,
            treat_documentation_as_public: false,
            enforce_demo: false,
            own_networks: Vec::new(),
            own_names: Vec::new(),
            never_networks: Vec::new(),
            never_names: Vec::new(),
            shared_networks: Vec::new(),
            shared_names: Vec::new(),
            max_indicators: 50_000,
            max_rules: 20_000,
        }
    }
}
