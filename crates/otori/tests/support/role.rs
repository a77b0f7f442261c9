//! A test's own ignored functions `role_NAME`, run as programs in the hosts of a network.
use super::{namespace::Network, process::Process};
use std::process::Command;

/// What runs a role in a host.
pub fn command(network: &Network, host: &str, role: &str) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut command = network.command(host, &this.to_string_lossy());
    command.args(["--exact", role, "--ignored", "--nocapture"]).env("OTORI_ROLE", role);
    command
}

/// Runs a role in a host.
pub fn role(network: &Network, host: &str, role: &str) -> Process {
    Process::start(role, &mut command(network, host, role))
}

/// Was the test started as that role? Else it was asked for by hand and has nothing to do.
pub fn is_role(name: &str) -> bool {
    std::env::var("OTORI_ROLE").is_ok_and(|role| role == name)
}
