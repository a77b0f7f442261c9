//! Fronts: what listens.
pub mod http;
pub mod telnet;
