//! Running other programs: shown before, failed on a bad exit status.
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The workspace's root folder.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask lies in the workspace's root").to_owned()
}

/// A command in the workspace's root.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// The product's binary, built with everything else: the same features, so nothing is compiled twice.
pub fn otori() -> Result<PathBuf> {
    run("cargo", &["build", "--quiet", "--workspace", "--all-targets"])?;
    Ok(root().join("target/debug/otori"))
}

/// Runs it, its output passing through.
pub fn run(program: &str, arguments: &[&str]) -> Result<()> {
    run_command(&mut command(program, arguments))
}

/// Runs a prepared command, its output passing through.
pub fn run_command(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}").replace('"', "");
    println!("  $ {}", shown.chars().take(200).collect::<String>());
    let status = command.status().with_context(|| format!("cannot start {shown}"))?;
    ensure!(status.success(), "{shown}: {status}");
    Ok(())
}

/// Runs it and gives its standard output.
pub fn output(program: &str, arguments: &[&str]) -> Result<String> {
    let output = command(program, arguments).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot start {program}"))?;
    ensure!(output.status.success(), "{program}: {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program of this name is on the search path.
pub fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file())
}

/// Whether this process is root.
pub fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    uid.and_then(|ids| ids.split_whitespace().nth(1).map(|effective| effective == "0")).unwrap_or(false)
}
