//! Bytes to facts: decode, flows, reassembly, application protocols; no I/O, no clock.
//!
//! The way of a packet: [`decode::decode`] names its headers, [`fragment::Defragmenter`] joins fragments,
//! [`flow::FlowTable`] finds the flow, [`flow::TcpSession`] puts the stream in order and
//! [`conversation::Conversation`] recognises and parses the application protocol into
//! [`transaction::Transaction`]s whose fields the rules match. Time comes from packets. Hostile bytes become
//! [`Anomalies`], never errors and never panics; every buffer has a bound in [`limits`].
#![forbid(unsafe_code)]

mod agreement;
pub mod anomaly;
pub mod conversation;
pub mod cursor;
pub mod decode;
pub mod digest;
pub mod flow;
pub mod fragment;
pub mod hash;
pub mod limits;
pub mod proto;
pub mod reused;
pub mod transaction;

pub use agreement::NAMES as RECOGNITION_EVENTS;
pub use anomaly::Anomalies;
pub use conversation::Conversation;
pub use decode::{Inner, LinkType, Packet, TunnelKind, decode, decode_inner};
pub use flow::{Direction, Flow, FlowId, FlowKey, FlowTable, Policy, Reassembly};
pub use fragment::Defragmenter;
pub use transaction::{FieldId, Progress, Transaction};
