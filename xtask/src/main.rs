//! The project's only automation: `cargo xtask check | test | docs | bench | eve | benign | oracle | fuzz | setup`.
//!
//! Every command says what it is doing and how far it is; see [`step`].
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "progress is what this program is for")]

mod bench;
mod check;
mod docs;
mod eve;
mod fuzz;
mod oracle;
mod rooms;
mod setup;
mod shell;
mod source;
mod step;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  check          formatting, lints, rooms, file rules, licences
  test           set up all that the tests need, then run every test, browser tests included
  test --quick   the same without browser and namespace tests
  docs [--check] write the generated documentation, or compare it with what is committed
  bench [NAME]   run the benchmarks and write the figures to docs/bench/
  eve [--tier T] the packet engine over the shared cases of EVE events, per tier
  benign         nothing of the shared benign captures is blocked with all rules and lists on
  oracle COMMAND compare programs on the device engine with qemu-user: fetch, build, run, show
  fuzz [TARGET]  run a target of fuzz/ with libFuzzer (needs cargo-fuzz); --minutes N, --input FILE
  setup          install what the tests need (Debian packages, npm packages, the camera's user land)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["check"] => check::run(),
        ["test"] => test::run(test::Extent::Everything),
        ["test", "--quick"] => test::run(test::Extent::Quick),
        ["docs"] => docs::run(docs::Mode::Write),
        ["docs", "--check"] => docs::run(docs::Mode::Check),
        ["bench"] => bench::run(None),
        ["bench", name] => bench::run(Some(name)),
        ["eve", ..] => eve::run(&arguments[1..]),
        ["benign"] => {
            shell::run("cargo", &["test", "-q", "-p", "otori", "--test", "benign", "--", "--nocapture"])
        }
        ["oracle", ..] => oracle::run(&arguments[1..]),
        ["fuzz", arguments @ ..] => fuzz::run(arguments),
        ["setup"] => setup::run(),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
