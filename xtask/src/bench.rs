//! `cargo xtask bench [NAME]`: benchmarks against the peer, in one run.
use crate::shell;
use anyhow::Result;

/// Runs all benchmarks of the workspace, or those whose name contains `name`.
pub fn run(name: Option<&str>) -> Result<()> {
    let mut arguments = vec!["bench", "--workspace", "--benches"];
    if let Some(name) = name {
        arguments.extend(["--", name]);
    }
    shell::run("cargo", &arguments)
}
