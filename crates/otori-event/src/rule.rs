//! What is enforced: rules in Suricata's language that the loop generates.
use crate::{IndicatorKind, Timestamp};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// One rule made from one indicator. `sid` is its identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// signature id, in Otori's own range from 9,000,000 on
    pub sid: u32,
    /// one line of Suricata 7 syntax
    pub text: String,
    /// indicator it comes from
    pub indicator_kind: IndicatorKind,
    /// indicator's value
    pub indicator: String,
    /// end of its time to live
    pub expires_at: Option<Timestamp>,
    /// when the loop made it
    pub made_at: Timestamp,
}

/// A change to the live rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum RuleChange {
    /// add, or replace the one with the same `sid`
    Add {
        /// the rule
        rule: Rule,
    },
    /// take it out
    Remove {
        /// which
        sid: u32,
        /// why, for a person
        reason: String,
    },
    /// take out every rule of this kind that is not named: ends the list that a guard is sent when it connects
    Keep {
        /// those that stay
        sids: Vec<u32>,
    },
}
