//! The rule language of Suricata 7: parse, compile, match.
//!
//! The way of a rule: [`parse::parse_rule`] cuts a line into header and options, a row of [`keyword`] reads each
//! option into a [`rule::Rule`], [`set::RuleSet`] files it under its fast pattern. The way of a packet:
//! [`set::RuleSet::inspect_packet`], [`set::RuleSet::inspect_stream`] and
//! [`set::RuleSet::inspect_transaction`] give [`set::Hit`]s. Rules come and go while packets flow.
//! No I/O, no clock; every table has a bound in [`limits`].
#![forbid(unsafe_code)]

pub mod address;
mod address_table;
pub mod application;
pub mod base64;
mod class;
pub mod classification;
pub mod country;
pub mod dataset;
pub mod expression;
mod group;
mod header;
pub mod keyword;
mod lenient;
pub mod limits;
pub mod list;
pub mod parse;
pub mod port;
mod prefilter;
pub mod reputation;
pub mod rule;
pub mod selection;
pub mod set;
pub mod side;
pub mod state;
pub mod step;
pub mod suppress;
pub mod transform;

pub use parse::{RuleError, Variables, parse_rule};
pub use rule::{Action, Rule, Scope};
pub use set::{Hit, LoadReport, RuleSet};
pub use state::{FlowMarks, Globals, Tables};
