//! The one start of a product; key function [`boot`]. Its start-up script runs to its end, then its services run until
//! they listen; what is there then is kept, and every session goes on from it. Neighbours: device.rs, profile/service.rs.
use crate::device::{DeviceError, network, spawn};
use crate::entry::{Body, Entry};
use crate::profile::{Profile, ProfileError, ServiceTable};
use otori_linux::abi::Endian;
use otori_linux::net::{NoOutside, RecordService, Sockets};
use otori_linux::vfs::Vfs;
use otori_linux::{Limits, Machine, MachineConfig, Resident, Run, Snapshot, Spawn, Stdio};

/// Most instructions of the start-up script, and of each service until it listens.
const BOOT_INSTRUCTIONS_MAX: u64 = 500_000_000;
/// Longest that a service may take until it listens, nanoseconds of the device's own time.
const SERVICE_NS_MAX: u64 = 120_000_000_000;
/// Most instructions between listening and the first rest.
const SETTLE_INSTRUCTIONS_MAX: u64 = 50_000_000;
/// Instructions between two looks at the script.
const BOOT_SLICE: u64 = 1_000_000;
/// Process id after which sessions count, as on a device that has been up for a while.
const FIRST_PID: u32 = 1_160;
/// Characters of a program's output that an error shows.
const OUTPUT_SHOWN: usize = 400;

fn configuration(profile: &Profile) -> MachineConfig {
    let kernel = &profile.table.kernel;
    MachineConfig {
        hostname: kernel.hostname.clone(),
        kernel_release: kernel.release.clone(),
        kernel_version: kernel.version.clone(),
        uptime_ns: kernel.uptime_seconds.saturating_mul(1_000_000_000),
        identity: profile.identity.clone(),
        first_pid: FIRST_PID,
        limits: Limits::default(),
        ..MachineConfig::new(profile.isa)
    }
}

/// Starts a machine, plays its responders, runs the start-up script and the services, and keeps what is there then.
pub(crate) fn boot(profile: &Profile, entries: &[Entry], vfs: Vfs) -> Result<Snapshot, DeviceError> {
    let sockets = Sockets::new(network(profile, None));
    let mut machine = Machine::new(configuration(profile), vfs, sockets, Box::new(NoOutside));
    for resident in &profile.table.resident {
        machine.spawn_resident(Resident {
            pid: resident.pid,
            parent: resident.parent,
            comm: resident.comm.clone().into_bytes(),
            arguments: resident.arguments.iter().map(|argument| argument.clone().into_bytes()).collect(),
            virtual_bytes: resident.virtual_kib.saturating_mul(1024),
            start_ns: resident.start_ms.saturating_mul(1_000_000),
        });
    }
    play_responders(profile, entries, &mut machine)?;
    machine.host_stdin_close();
    if let Some(script) = &profile.table.boot.script {
        run_script(profile, script, &mut machine)?;
    }
    for service in &profile.table.service {
        start_service(profile, service, &mut machine)?;
    }
    Ok(machine.snapshot())
}

/// Runs the start-up script to its end.
fn run_script(profile: &Profile, script: &str, machine: &mut Machine) -> Result<(), DeviceError> {
    let arguments = vec![b"sh".to_vec(), script.into()];
    let pid = machine.spawn(spawn(profile, arguments, "/".into(), Stdio::Host))?;
    let mut output = Vec::new();
    let failed = |problem: String, output: &[u8]| DeviceError::Boot {
        script: script.into(),
        problem,
        output: shown(output),
    };
    while machine.exit_status(pid).is_none() {
        if machine.stats().instructions > BOOT_INSTRUCTIONS_MAX {
            return Err(failed("did not end within its budget".into(), &output));
        }
        match machine.run(BOOT_SLICE) {
            Run::Budget => {}
            Run::Idle { wake_ns: Some(wake_ns) } => machine.advance_to(wake_ns),
            Run::Idle { wake_ns: None } if machine.exit_status(pid).is_none() => {
                return Err(failed("waits for something that never comes".into(), &output));
            }
            Run::Idle { wake_ns: None } | Run::Finished => break,
        }
        output.extend(machine.take_stdout());
        output.extend(machine.take_stderr());
    }
    output.extend(machine.take_stderr());
    match machine.exit_status(pid) {
        Some(0) => Ok(()),
        status => Err(failed(format!("ended with {status:?}"), &output)),
    }
}

/// What a program said, shortened.
fn shown(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().chars().take(OUTPUT_SHOWN).collect()
}

/// Makes the sockets of the profile's responders, with the values of the image.
fn play_responders(profile: &Profile, entries: &[Entry], machine: &mut Machine) -> Result<(), DeviceError> {
    let endian = if profile.isa.is_big_endian() { Endian::Big } else { Endian::Little };
    for row in &profile.table.responder {
        let wrong = |problem: String, remedy: &str| {
            ProfileError::of_file(profile.source.path("product.toml"), problem, remedy)
        };
        let defaults: &[u8] = match &row.defaults {
            None => &[],
            Some(path) => {
                let below = path.trim_start_matches('/');
                let found = entries.iter().rev().find_map(|entry| match &entry.body {
                    Body::File(bytes) if entry.path == below => Some(bytes),
                    _ => None,
                });
                let problem = || format!("the image has no file {path} with the defaults of {}", row.path);
                found.ok_or_else(|| wrong(problem(), "correct `defaults` in [[responder]]"))?
            }
        };
        let service = RecordService::new(row.layout(), endian, row.values(defaults));
        let service = service.map_err(|error| {
            wrong(format!("the records of {} do not fit: {error:?}", row.path), "correct [[responder]]")
        })?;
        let mode = row.mode.as_deref().and_then(|text| u16::from_str_radix(text, 8).ok()).unwrap_or(0o777);
        let failed = |error| DeviceError::Responder { path: row.path.clone(), error };
        machine.serve_records(row.path.as_bytes(), mode, service).map_err(failed)?;
    }
    Ok(())
}

/// Starts a service and lets it run until it listens and rests. Time on the device passes as fast as it can.
fn start_service(
    profile: &Profile,
    service: &ServiceTable,
    machine: &mut Machine,
) -> Result<(), DeviceError> {
    let program = service.program.clone().into_bytes();
    let environment = spawn(profile, Vec::new(), "/".into(), Stdio::Host).environment;
    let (arguments, cwd) = (service.argument_list(), b"/".to_vec());
    let spawn = Spawn { path: program, arguments, environment, cwd, uid: 0, gid: 0, stdio: Stdio::Host };
    let failed = |problem: String, output: &[u8], remedy| DeviceError::Service {
        program: service.program.clone(),
        problem,
        output: shown(output),
        remedy,
    };
    let pid = machine.spawn(spawn).map_err(|error| {
        failed(format!("does not start: {error}"), b"", "correct `program` in [[service]]")
    })?;
    let (began_ns, began) = (machine.now_ns(), machine.stats().instructions);
    let mut output = Vec::new();
    let mut listened_at = None;
    loop {
        let run = machine.run(BOOT_SLICE);
        output.extend(machine.take_stdout());
        output.extend(machine.take_stderr());
        let done = machine.stats().instructions;
        let missing = missing_port(service, machine);
        if missing.is_none() {
            let since = *listened_at.get_or_insert(done);
            if run != Run::Budget || done.saturating_sub(since) > SETTLE_INSTRUCTIONS_MAX {
                return Ok(());
            }
        }
        let late = machine.now_ns().saturating_sub(began_ns) > SERVICE_NS_MAX
            || done.saturating_sub(began) > BOOT_INSTRUCTIONS_MAX;
        match run {
            Run::Budget if !late => {}
            Run::Idle { wake_ns: Some(wake_ns) } if !late => machine.advance_to(wake_ns),
            _ => {
                let port = missing.unwrap_or_default();
                let problem = match machine.exit_status(pid) {
                    Some(status) => format!("ended with {status} and nobody listens on port {port}"),
                    None => format!("does not listen on port {port}"),
                };
                return Err(failed(
                    problem,
                    &output,
                    "look at what it asks for with `otori exec --strace`: an interface, a file, a socket; \
                     then add [[interface]], [files] or [[responder]]",
                ));
            }
        }
    }
}

/// A port of the service's that nobody listens on yet.
fn missing_port(service: &ServiceTable, machine: &mut Machine) -> Option<u16> {
    let sockets = machine.sockets();
    service.listens.iter().copied().find(|port| sockets.listening_at(*port).is_none())
}
