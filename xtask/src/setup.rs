//! What the tests need on a fresh Debian machine: packages, npm packages, the camera's user land.
use crate::shell::{self, has, is_root, output, root, run_command};
use anyhow::{Result, bail};
use std::process::Command;

/// Debian packages: a program each brings, and its package.
const PACKAGES: &[(&str, &str)] = &[
    ("chromium", "chromium"),
    ("qemu-mipsel-static", "qemu-user-static"),
    ("ip", "iproute2"),
    ("curl", "curl"),
    ("telnet", "telnet"),
    ("nmap", "nmap"),
    ("tftp", "tftp-hpa"),
    ("nft", "nftables"),
    ("iptables-legacy", "iptables"),
    ("dpkg-deb", "dpkg"),
];

/// Node modules below `ui/`, as locked.
fn node_modules() -> Result<()> {
    if root().join("ui/node_modules/.package-lock.json").is_file() {
        println!("  npm packages are there");
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(root().join("ui"));
    run_command(&mut npm)
}

/// Installs what is missing. Needs root, or sudo without a password, only when something is missing.
fn packages() -> Result<()> {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(program, _)| !has(program)).map(|(_, package)| *package).collect();
    let fonts_missing =
        output("fc-list", &[":lang=ja", "family"]).map(|list| list.trim().is_empty()).unwrap_or(true);
    let mut wanted = missing;
    if output("python3", &["-c", "import yaml"]).is_err() {
        wanted.push("python3-yaml");
    }
    if fonts_missing {
        wanted.push("fonts-noto-cjk");
    }
    if wanted.is_empty() {
        println!("  Debian packages are there");
        return Ok(());
    }
    println!("  to install: {}", wanted.join(" "));
    let mut install = vec!["install", "-y", "-q", "--no-install-recommends"];
    install.extend(&wanted);
    if is_root() {
        shell::run("apt-get", &["update", "-q"])?;
        return shell::run("apt-get", &install);
    }
    if has("sudo") {
        shell::run("sudo", &["-n", "apt-get", "update", "-q"])?;
        let with_sudo: Vec<&str> = ["-n", "apt-get"].into_iter().chain(install).collect();
        return shell::run("sudo", &with_sudo);
    }
    bail!("these Debian packages are missing; as root: apt-get install {}", wanted.join(" "))
}

/// Where fetched programs are kept between test runs, for `OTORI_USERLAND_CACHE`.
pub const USERLAND_CACHE: &str = ".cache/userland";
/// The camera's programs below it, for tests that read `OTORI_MIPSEL_ROOT`.
pub const MIPSEL_ROOT: &str = ".cache/userland/busybox-static-mipsel/root";

/// Debian and npm packages.
pub fn tools() -> Result<()> {
    packages()?;
    node_modules()
}

/// The camera's programs, into the cache folder that tests read. Needs the binary, as the tests build it.
pub fn userland() -> Result<()> {
    let mut fetch = Command::new(shell::otori()?);
    fetch.args(["product", "fetch", "camera-mipsel"]).current_dir(root());
    run_command(fetch.env("OTORI_USERLAND_CACHE", root().join(USERLAND_CACHE)))
}

/// Everything, each part said.
pub fn run() -> Result<()> {
    tools()?;
    userland()
}
