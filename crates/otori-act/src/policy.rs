//! Who may be acted on without a person. Read from the configuration's `[act]` table.
use otori_event::ActionLevel;
use serde::{Deserialize, Serialize};

/// The default proposes everything and does nothing alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// the hardest level that is applied without a person; `None`: every action is proposed
    pub alone_up_to: Option<ActionLevel>,
    /// devices acted on without a person in any hour
    pub devices_an_hour: usize,
    /// devices that are never acted on without a person
    pub protected: Vec<String>,
    /// cases kept; beyond it closed ones are forgotten first
    pub max_cases: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { alone_up_to: None, devices_an_hour: 5, protected: Vec::new(), max_cases: 10_000 }
    }
}
