//! The verbs of the command line: one file each, one row here.
//!
//! Every verb has `Arguments` (its doc comments are its help) and `run`. Data goes to standard output,
//! diagnostics to standard error. Exit codes: 0 done, 1 findings, 2 usage, 3 configuration, 4 permission,
//! 5 unavailable; `exec` passes the guest's on.

pub mod classify;
pub mod config;
pub mod detonate;
pub mod devices;
pub mod docs;
pub mod doctor;
pub mod events;
pub mod exec;
pub mod guard;
pub mod inspect;
mod lists;
mod policies;
pub mod product;
pub mod rehearse;
mod reputations;
mod rules;
pub mod sign_in_link;
pub mod up;
mod watch;

use clap::Subcommand;
use std::process::ExitCode;

/// One row per verb, in the order of the help.
#[derive(Subcommand)]
pub enum Verb {
    /// Start the decoy, the lab, the store, the intelligence and the page
    Up(up::Arguments),
    /// Name the system, machine, ABI, libc and linking of files; nothing is run
    Classify(classify::Arguments),
    /// Run a file in the sandbox, in virtual time with a fake Internet, and report what it did
    Detonate(detonate::Arguments),
    /// Show or check the configuration
    Config(config::Arguments),
    /// Print a document that is made from the code
    #[command(hide = true)]
    Docs(docs::Arguments),
    /// Learn what devices do, and show what a profile lets them do
    Devices(devices::Arguments),
    /// Check that this machine has what Otori needs, and say how to mend what is missing
    Doctor(doctor::Arguments),
    /// Print the stored events; also while `otori up` runs
    Events(events::Arguments),
    /// Run one program of an emulated architecture, contained; its exit status is passed on
    Exec(exec::Arguments),
    /// Stand on the wire and enforce rules; takes new ones while packets flow
    Guard(guard::Arguments),
    /// Put a capture file through the packet engine; EVE lines come out
    Inspect(inspect::Arguments),
    /// List, show and import products that the decoy can play
    Product(product::Arguments),
    /// Say what a guard would block of captures, and by which rule, list or policy
    Rehearse(rehearse::Arguments),
    /// Print a new link to the page of a running `otori up`
    SignInLink(sign_in_link::Arguments),
}

impl Verb {
    /// Runs the verb.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Verb::Up(arguments) => up::run(arguments),
            Verb::Config(arguments) => config::run(arguments),
            Verb::Docs(arguments) => docs::run(arguments),
            Verb::SignInLink(arguments) => sign_in_link::run(arguments),
            Verb::Classify(arguments) => classify::run(arguments),
            Verb::Detonate(arguments) => detonate::run(arguments),
            Verb::Devices(arguments) => devices::run(arguments),
            Verb::Doctor(arguments) => doctor::run(arguments),
            Verb::Events(arguments) => events::run(arguments),
            Verb::Exec(arguments) => exec::run(arguments),
            Verb::Guard(arguments) => guard::run(arguments),
            Verb::Inspect(arguments) => inspect::run(arguments),
            Verb::Product(arguments) => product::run(arguments),
            Verb::Rehearse(arguments) => rehearse::run(arguments),
        }
    }
}

/// A failure that has its own exit code; anything else is 1.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// 3: the configuration is wrong
    #[error("{0}")]
    Configuration(String),
    /// 4: not allowed
    #[error("{0}")]
    Permission(String),
    /// 5: something that is needed is not there
    #[error("{0}")]
    Unavailable(String),
}

/// The exit code of an error: that of the [`Failure`] in its chain, else 1.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    match error.chain().find_map(|cause| cause.downcast_ref::<Failure>()) {
        Some(Failure::Configuration(_)) => 3,
        Some(Failure::Permission(_)) => 4,
        Some(Failure::Unavailable(_)) => 5,
        None => 1,
    }
}
