//! The process that stands by for the engine of an inline pair: starts it, and says what happens.
//!
//! Key function: [`run`]. Neighbour: [`otori_tap::watchdog`], which knows when the engine lives.
use super::refused;
use anyhow::Context;
use otori_tap::{
    backend::Failure,
    watchdog::{Standby, StandbyNotice},
};
use std::{
    process::{Command, ExitCode, Stdio},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

/// Runs until a signal comes, or until an engine ends that never began.
pub fn run(
    interfaces: &str,
    workers: usize,
    failure: Failure,
    patience: Duration,
) -> anyhow::Result<ExitCode> {
    let standby = Standby::open(interfaces, workers, failure, patience).map_err(refused)?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, stop.clone()).context("cannot watch for signals")?;
    }
    let program = std::env::current_exe().context("cannot tell which program this is")?;
    let mut start = |numbers: &[i32], heart: Stdio| {
        let mut command = Command::new(&program);
        let numbers: Vec<String> = numbers.iter().map(i32::to_string).collect();
        command.args(std::env::args_os().skip(1)).arg("--engine").arg(numbers.join(","));
        command.stdin(heart).spawn()
    };
    let status = standby.run(&mut start, &stop, &mut |notice| tell(&notice, failure)).map_err(refused)?;
    // Without an engine that is as it should be: there was none when the signal came.
    let code = status.map_or(Some(0), |status| status.code()).and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn tell(notice: &StandbyNotice, failure: Failure) {
    let meanwhile = match failure {
        Failure::Open => "packets pass unjudged",
        Failure::Closed => "no packet passes",
    };
    match notice {
        StandbyNotice::Started(id) => eprintln!("otori: the engine is process {id}"),
        StandbyNotice::Ended(status) => eprintln!("otori: the engine has ended: {status}"),
        StandbyNotice::NotStarted(error) => eprintln!("otori: the engine cannot be started: {error}"),
        StandbyNotice::Silent => eprintln!("otori: no engine answers: {meanwhile}"),
        StandbyNotice::Back { unjudged, silent } => eprintln!(
            "otori: the engine answers after {:.1} s; {unjudged} packets passed unjudged",
            silent.as_secs_f64()
        ),
    }
}
