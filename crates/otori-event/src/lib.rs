//! The vocabulary of Otori: what the rooms say to each other.
//!
//! Plain data, no input or output, no clock. One line joins them:
//! `Packet | Connection -> Session -> Event -> Artifact -> Report -> Indicator -> Verdict -> Action`.
//! Every value here serialises with serde; the JSON form is the stable form (docs/schema/).
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod action;
pub mod artifact;
pub mod class;
pub mod event;
pub mod id;
pub mod indicator;
pub mod intake;
pub mod net;
pub mod network;
pub mod report;
pub mod rule;
pub mod special;
pub mod text;
pub mod time;
pub mod url;
pub mod verdict;

pub use action::{Action, ActionLevel, ActionState};
pub use artifact::{Artifact, CaptureMethod};
pub use class::{Classification, Evidenced};
pub use event::{Event, EventKind, Stage};
pub use id::{EventId, IdError, ProductId, SessionId, Sha256};
pub use indicator::{Evidence, EvidenceKind, Indicator, IndicatorKind, IndicatorState};
pub use intake::Intake;
pub use net::{Endpoint, Transport};
pub use network::{Network, NetworkError};
pub use report::Report;
pub use rule::{Rule, RuleChange};
pub use special::{Special, special_range};
pub use text::RawText;
pub use time::Timestamp;
pub use url::find_urls;
pub use verdict::{Verdict, VerdictAction};
