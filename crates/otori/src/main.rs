//! The binary: command line, configuration, and the loop that joins the engines.
//!
//! Read [`verb`] for what the commands do, `pipeline.rs` for the loop.
#![forbid(unsafe_code)]

mod config;
mod demo;
mod lab;
mod link;
mod pipeline;
mod subscriber;
mod verb;

use clap::Parser;
use std::process::ExitCode;

/// Otori (囮): decoys for connected products; what they catch is a block in the network within seconds.
#[derive(Parser)]
#[command(name = "otori", version, propagate_version = true, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    verb: verb::Verb,
}

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    match command_line.verb.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("otori: {error:#}");
            ExitCode::from(verb::exit_code(&error))
        }
    }
}
