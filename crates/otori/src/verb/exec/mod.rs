//! `otori exec`: runs one program on the device engine, contained in a file system of its own.
//!
//! [`world`] makes the machine, [`pump`] drives it. Standard input, output, error and the exit status pass through;
//! nothing else of the host can be reached.
mod pump;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

/// The exit statuses of a shell for a program that cannot be run, and for one that is not there.
const CANNOT_RUN: u8 = 126;
const MISSING: u8 = 127;

/// Arguments of `otori exec`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Its file system: a folder, read and never changed; without it the program is alone in an empty one
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Print one line per system call on standard error
    #[arg(long)]
    trace: bool,
    /// Print one JSON line with figures on standard error at the end
    #[arg(long)]
    stats: bool,
    /// Stop after that many instructions, with exit status 137
    #[arg(long, value_name = "INSTRUCTIONS")]
    budget: Option<u64>,
    /// The program: a path in DIR, or a name to look for there in /bin, /sbin, /usr/bin and /usr/sbin; without
    /// --root a file of this machine
    #[arg(value_name = "PROGRAM")]
    program: PathBuf,
    /// Arguments of the program
    #[arg(value_name = "ARG", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<std::ffi::OsString>,
}

/// Runs the program; its exit status is ours, 128+N for a signal, 126 if it cannot be run, 127 if it or its
/// dynamic loader is not there.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let (mut machine, pid) = match world::start(&arguments) {
        Ok(started) => started,
        Err(error) => {
            eprintln!("otori: cannot run {}: {error:#}", arguments.program.display());
            let missing = world::is_missing(&error);
            return Ok(ExitCode::from(if missing { MISSING } else { CANNOT_RUN }));
        }
    };
    let status = pump::drive(&mut machine, pid, arguments.budget)?;
    if arguments.stats {
        let stats = machine.stats();
        let line = serde_json::json!({
            "isa": stats.isa.row().name,
            "instructions": stats.instructions,
            "syscalls": stats.syscalls,
            "processes": stats.processes,
            "virtual_ns": stats.virtual_ns,
            "pages_peak": stats.pages_peak,
        });
        eprintln!("{line}");
    }
    // The process ends: to give page after page back first would cost as much as the start did.
    std::mem::forget(machine);
    Ok(ExitCode::from(status))
}
