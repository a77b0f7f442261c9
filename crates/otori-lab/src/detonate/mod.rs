//! Detonation: run a captured file on the engine, in virtual time, with a fake Internet, and report what it did.
//!
//! Key function: [`detonate`]. The same file, seed and settings give the same report, byte for byte: there is no
//! clock and no randomness but the seed, and nothing leaves this process. The monitor stands outside the guest.
//! Neighbours: [`internet`] (the world), [`watch`] (what was seen), [`behaviour`] (what it means).
mod behaviour;
mod dns;
mod drive;
mod dropped;
mod internet;
mod ledger;
mod root;
mod watch;

pub use root::RootError;

use crate::classify;
use behaviour::{Seen, behaviours};
use drive::{Bounds, Ended};
use internet::FakeInternet;
use ledger::Ledger;
use otori_device::linux::net::Outside;
use otori_device::linux::{Isa, Limits, Machine, MachineConfig, Spawn, SpawnError, Stdio, isa_of};
use otori_device::{Device, SessionSetup};
use otori_event::report::{End, Process, Report};
use otori_event::{Artifact, Classification, RawText};
use std::sync::{Arc, Mutex, PoisonError};
use watch::Watch;

/// Bounds, seed and device of one detonation.
#[derive(Clone)]
pub struct Settings {
    /// the product to run it on, when its instruction set fits; else a plain device without programs. Scripts run
    /// on a product only
    pub device: Option<Arc<Device>>,
    /// virtual seconds after which it ends
    pub virtual_seconds: u64,
    /// guest instructions after which it ends
    pub instructions: u64,
    /// processes at a time (a product has its own limits)
    pub processes: usize,
    /// memory of all processes together, pages of 4 KiB (a product has its own limits)
    pub pages: usize,
    /// seed of the guest's randomness and first port
    pub seed: u64,
    /// the guest's wall clock at the start, nanoseconds since 1970
    pub wall_ns: i64,
}

impl Default for Settings {
    /// Two virtual minutes on a device with 64 MiB, on the first day of 2026.
    fn default() -> Self {
        Settings {
            device: None,
            virtual_seconds: 120,
            instructions: 2_000_000_000,
            processes: 512,
            pages: 16_384,
            seed: 1,
            wall_ns: 1_767_225_600_000_000_000,
        }
    }
}

/// A report and the files that the artifact left, with their bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// everything seen
    pub report: Report,
    /// the files of `report.dropped`, in its order
    pub dropped: Vec<(Artifact, Vec<u8>)>,
}

/// Runs a file and says what it did. Never panics on input; what cannot run gives a report with
/// [`End::NotRun`].
pub fn detonate(artifact: &Artifact, bytes: &[u8], settings: &Settings) -> Outcome {
    let class = classify(bytes, &artifact.name.to_lossy());
    let is_script = class.format.as_ref().is_some_and(|format| format.value == "shell-script");
    let isa = match (class.runnable, is_script) {
        (true, true) => settings.device.as_ref().map(|device| device.profile().isa),
        (true, false) => isa_of(bytes),
        (false, _) => None,
    };
    let Some(isa) = isa else {
        let reason = why_not(&class, is_script);
        return not_run(artifact, class, reason);
    };
    let (internet, ledger) = FakeInternet::new();
    match machine(isa, settings, Box::new(internet)) {
        Ok(machine) => run(artifact, bytes, class, machine, &ledger, settings),
        Err(error) => not_run(artifact, class, error.to_string()),
    }
}

fn why_not(class: &Classification, is_script: bool) -> String {
    let why =
        class.notes.iter().find(|note| note.starts_with("not runnable") || note.starts_with("truncated"));
    why.cloned().unwrap_or_else(|| match &class.format {
        _ if is_script => "a shell script needs a device with a shell".into(),
        Some(format) => format!("not runnable: format {}", format.value),
        None => "not runnable".into(),
    })
}

/// A session of the product if it has that instruction set, else a plain device.
fn machine(isa: Isa, settings: &Settings, outside: Box<dyn Outside>) -> Result<Machine, RootError> {
    match settings.device.as_ref().filter(|device| device.profile().isa == isa) {
        Some(device) => Ok(device.session(SessionSetup {
            seed: settings.seed,
            wall_ns: settings.wall_ns,
            peer: None,
            local: None,
            outside,
        })),
        None => root::plain_machine(machine_config(isa, settings), outside),
    }
}

fn machine_config(isa: Isa, settings: &Settings) -> MachineConfig {
    let limits = Limits {
        processes: settings.processes,
        pages: settings.pages,
        total_pages: settings.pages,
        ..Limits::default()
    };
    MachineConfig {
        seed: settings.seed,
        wall_ns: settings.wall_ns,
        limits,
        trace: true,
        ..MachineConfig::new(isa)
    }
}

/// Drives a machine that has the device's files from the start of the sample to the report.
fn run(
    artifact: &Artifact,
    bytes: &[u8],
    class: Classification,
    mut machine: Machine,
    ledger: &Mutex<Ledger>,
    settings: &Settings,
) -> Outcome {
    let Some(path) = place(&mut machine, artifact, bytes) else {
        return not_run(artifact, class, "the file does not fit on the device".into());
    };
    machine.set_trace(true);
    machine.host_stdin_close();
    let base_ns = machine.now_ns();
    let (pid, arguments) = match start(&mut machine, &path, settings) {
        Ok(started) => started,
        Err(error) => return not_run(artifact, class, format!("not started: {error}")),
    };
    let first = Process {
        pid,
        parent: 0,
        path: RawText::new(&path),
        comm: RawText::default(),
        arguments: arguments.iter().map(RawText::new).collect(),
        started_ns: 0,
        ended_ns: None,
        status: None,
    };
    let mut watch = Watch::new(base_ns, first);
    let bounds = Bounds::new(settings, &machine);
    let ended = drive::drive(&mut machine, &mut watch, &bounds, artifact);
    let end = match (&ended.limit, machine.exit_status(pid)) {
        (Some(limit), _) => End::Limit { limit: limit.clone() },
        (None, Some(status)) if ended.all_processes_ended => End::Exited { status },
        _ => End::TimeUp,
    };
    finish(artifact, class, end, &path, &machine, watch, ledger, ended, base_ns)
}

/// Starts the sample as root, as a bot's loader does; what the kernel does not execute goes to the shell.
fn start(machine: &mut Machine, path: &[u8], settings: &Settings) -> Result<(u32, Vec<Vec<u8>>), SpawnError> {
    let environment = vec![b"PATH=/bin:/sbin:/usr/bin:/usr/sbin".to_vec(), b"HOME=/root".to_vec()];
    let cwd = folder_of(path).to_vec();
    let direct = Spawn {
        path: path.to_vec(),
        arguments: vec![path.to_vec()],
        environment,
        cwd,
        uid: 0,
        gid: 0,
        stdio: Stdio::Host,
    };
    let refused = match machine.spawn(direct.clone()) {
        Ok(pid) => return Ok((pid, direct.arguments)),
        Err(error) => error,
    };
    let Some(device) = &settings.device else { return Err(refused) };
    let shell = device.profile().table.shell.path.clone().into_bytes();
    let arguments = vec![b"sh".to_vec(), path.to_vec()];
    let by_shell = Spawn { path: shell, arguments: arguments.clone(), ..direct };
    machine.spawn(by_shell).map(|pid| (pid, arguments)).map_err(|_| refused)
}

#[allow(clippy::too_many_arguments, reason = "the parts of a report meet here once")]
fn finish(
    artifact: &Artifact,
    class: Classification,
    end: End,
    path: &[u8],
    machine: &Machine,
    watch: Watch,
    ledger: &Mutex<Ledger>,
    ended: Ended,
    base_ns: u64,
) -> Outcome {
    let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    let contacts = ledger.contacts(|transport, remote| watch.first_contact_ns(transport, remote));
    let scans = ledger.scans();
    let seen = Seen {
        watch: &watch,
        contacts: &contacts,
        scans: &scans,
        own_path: path,
        dropped: ended.dropped.len(),
    };
    let behaviours = behaviours(&seen);
    let names = ledger.book.names.clone();
    drop(ledger);
    let report = Report {
        sha256: artifact.sha256,
        class,
        end,
        virtual_ns: machine.now_ns().saturating_sub(base_ns),
        instructions: machine.stats().instructions,
        syscalls: watch.syscalls,
        unsupported: watch.unsupported,
        processes: watch.processes,
        files: watch.files,
        contacts,
        names,
        dropped: ended.dropped.iter().map(|(artifact, _)| artifact.clone()).collect(),
        behaviours,
        output: RawText::new(&ended.output),
        trace: watch.trace,
        trace_omitted: watch.trace_omitted.saturating_add(machine.notices_omitted()),
    };
    Outcome { report, dropped: ended.dropped }
}

/// Writes the sample where it was captured, else into /tmp under its own name, else as `/tmp/sample`.
fn place(machine: &mut Machine, artifact: &Artifact, bytes: &[u8]) -> Option<Vec<u8>> {
    let name = artifact.name.as_bytes();
    let base = name.rsplit(|byte| *byte == b'/').next().unwrap_or(name);
    let in_tmp = [b"/tmp/", base].concat();
    let candidates = [name.to_vec(), in_tmp, b"/tmp/sample".to_vec()];
    let fits = |path: &&Vec<u8>| {
        let parts = path.split(|byte| *byte == b'/');
        let guest =
            !path.starts_with(b"/proc/") && !path.starts_with(b"/sys/") && !path.starts_with(b"/dev/");
        path.starts_with(b"/")
            && !path.ends_with(b"/")
            && !path.contains(&0)
            && path.len() < 1024
            && guest
            && parts.into_iter().all(|part| part != b".." && part.len() < 256)
    };
    candidates.iter().filter(fits).find(|path| machine.write_file(path, bytes, 0o755).is_ok()).cloned()
}

fn folder_of(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) | None => b"/",
        Some(at) => path.get(..at).unwrap_or(b"/"),
    }
}

fn not_run(artifact: &Artifact, class: Classification, reason: String) -> Outcome {
    let report = Report {
        sha256: artifact.sha256,
        class,
        end: End::NotRun { reason },
        virtual_ns: 0,
        instructions: 0,
        syscalls: Default::default(),
        unsupported: Default::default(),
        processes: Vec::new(),
        files: Vec::new(),
        contacts: Vec::new(),
        names: Vec::new(),
        dropped: Vec::new(),
        behaviours: Vec::new(),
        output: RawText::default(),
        trace: Vec::new(),
        trace_omitted: 0,
    };
    Outcome { report, dropped: Vec::new() }
}
