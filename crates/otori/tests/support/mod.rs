//! What the tests of the whole product share: running programs with their lines, namespaces, questions of DNS, a telnet client.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "each test uses its part; a test may unwrap"
)]

pub mod dns;
pub mod hub;
pub mod namespace;
pub mod process;
pub mod role;
pub mod telnet;
