//! `cargo xtask test`: sets up all it needs, then runs every test; what `.ci/run` calls.
use crate::shell::{self, command, is_root, root, run_command};
use crate::step::{Outcome, Steps};
use crate::{check, eve, oracle, setup};
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How much to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// all of it
    Everything,
    /// without browser and namespace tests
    Quick,
}

/// Steps besides those of `check`.
const OWN_STEPS: usize = 8;

/// Sets up and runs.
pub fn run(extent: Extent) -> Result<()> {
    let mut steps = Steps::new(OWN_STEPS + check::STEPS);
    steps.run("set-up: Debian packages, npm packages", || setup::tools().map(|()| Outcome::Passed));
    steps.run("build everything (dev profile)", || {
        shell::run("cargo", &["build", "--workspace", "--all-targets"]).map(|()| Outcome::Passed)
    });
    steps.run("set-up: the camera's user land", || setup::userland().map(|()| Outcome::Passed));
    check::add(&mut steps);
    steps.run("tests of all crates", || {
        let root_folder = root();
        let mut tests = command("cargo", &["test", "--workspace", "--no-fail-fast"]);
        tests.env("OTORI_MIPSEL_ROOT", root_folder.join(setup::MIPSEL_ROOT));
        tests.env("OTORI_USERLAND_CACHE", root_folder.join(setup::USERLAND_CACHE));
        tests.env("OTORI_SHARED", root_folder.join("../shared"));
        if extent == Extent::Quick || !is_root() {
            println!("  network namespaces: skipped ({})", if is_root() { "--quick" } else { "not root" });
            tests.env("OTORI_NO_NETNS", "1");
        }
        run_command(&mut tests).map(|()| Outcome::Passed)
    });
    steps.run("oracle: programs of every set against qemu-user (quick part)", oracle::quick);
    steps.run("packet engine: no tier of the shared EVE cases falls", eve::regression);
    if extent == Extent::Quick {
        return steps.finish();
    }
    steps.run("browser: pages against recorded answers", || {
        run_command(Command::new("npm").args(["test"]).current_dir(root().join("ui")))
            .map(|()| Outcome::Passed)
    });
    steps.run("browser: pages against otori up --demo", || against_the_product().map(|()| Outcome::Passed));
    steps.finish()
}

/// Starts the product on free ports with the demonstration and points the browser tests at it.
fn against_the_product() -> Result<()> {
    let folder = root().join("target/browser-data");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let configuration = folder.join("otori.toml");
    std::fs::write(
        &configuration,
        "[hub]\nlisten = \"127.0.0.1:0\"\n[decoy.telnet]\nlisten = [\"127.0.0.1:0\"]\n[decoy.http]\nlisten = [\"127.0.0.1:0\"]\n",
    )?;
    let mut product = Product::start(&[
        "up",
        "--demo",
        "--config",
        &configuration.to_string_lossy(),
        "--data",
        &folder.join("data").to_string_lossy(),
    ])?;
    let link = product.wait_for("sign-in link: ", Duration::from_secs(120))?;
    let mut browser = Command::new("npm");
    browser.args(["run", "test:live"]).current_dir(root().join("ui")).env("OTORI_SIGN_IN_LINK", link);
    run_command(&mut browser)
}

/// A running `otori`, ended when dropped.
struct Product {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Product {
    fn start(arguments: &[&str]) -> Result<Self> {
        let mut command = command("target/debug/otori", arguments);
        println!("  $ otori {}", arguments.join(" "));
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("target/debug/otori was built by an earlier step")?;
        let lines = BufReader::new(child.stdout.take().context("standard output is piped")?);
        Ok(Product { child, lines })
    }

    /// Reads its output until a line that contains `mark`; gives what follows the mark.
    fn wait_for(&mut self, mark: &str, patience: Duration) -> Result<String> {
        let began = Instant::now();
        let mut line = String::new();
        while began.elapsed() < patience {
            line.clear();
            anyhow::ensure!(self.lines.read_line(&mut line)? > 0, "otori ended before it printed {mark:?}");
            print!("  | {line}");
            if let Some((_, rest)) = line.split_once(mark) {
                return Ok(rest.trim().to_owned());
            }
        }
        anyhow::bail!("otori did not print {mark:?} within {} s", patience.as_secs())
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
