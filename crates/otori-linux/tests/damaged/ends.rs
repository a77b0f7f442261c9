//! How a file ends: on the engine, and under Debian's qemu-user. Key type: [`Ends`].
use crate::set::Set;
use otori_linux::{
    Machine, MachineConfig, Run, Spawn, Stdio,
    net::{Network, NoOutside, Sockets},
    vfs::{BaseBuilder, Limits, MountSpec, Vfs},
};
use std::{
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt as _},
    path::Path,
    process::{Command, Stdio as HostStdio},
    sync::Arc,
};

/// Instructions that a damaged file may execute.
const INSTRUCTIONS: u64 = 400_000;
/// Pages that its process may have: what a header asks for beyond that is refused or kills it.
pub const PAGES_MAX: usize = 512;
/// Seconds after which a file counts as running on under qemu-user.
const QEMU_SECONDS: &str = "6";
/// What qemu-user exits with when it cannot load a file.
const QEMU_REFUSES: i32 = 255;

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// by exit(2)
    Exit(u8),
    /// by a signal, in Linux's usual numbers
    Signal(u8),
    /// it was not started: execve(2) fails, or the kernel kills what it replaces
    Refused,
    /// it runs on
    Running,
}

pub const SEGV: Ends = Ends::Signal(11);
pub const BUS: Ends = Ends::Signal(7);

/// Runs a file as `/t` of a machine that has nothing else.
pub fn on_the_engine(set: &Set, bytes: &[u8]) -> Ends {
    let mut config = MachineConfig::new(set.isa);
    (config.limits.pages, config.limits.total_pages) = (PAGES_MAX, 2 * PAGES_MAX);
    let mut tree = BaseBuilder::new(0);
    let mode = tree.root_owned(0o755);
    tree.file("t", Arc::from(bytes), mode).unwrap();
    tree.file("etc/passwd", Arc::from(&b"root:x:0:0:root:/root:/bin/sh\n"[..]), mode).unwrap();
    let limits = Limits { file_bytes: 1 << 20, machine_bytes: 1 << 20, inodes: 100 };
    let files = Vfs::new(MountSpec::tmpfs(Arc::new(tree.finish()), 0, 1), limits);
    let mut machine = Machine::new(config, files, Sockets::new(Network::default()), Box::new(NoOutside));
    let spawn = Spawn {
        path: b"/t".to_vec(),
        arguments: vec![b"/t".to_vec()],
        environment: Vec::new(),
        cwd: b"/".to_vec(),
        uid: 0,
        gid: 0,
        stdio: Stdio::Host,
    };
    let Ok(pid) = machine.spawn(spawn) else { return Ends::Refused };
    let run = machine.run(INSTRUCTIONS);
    let pages = machine.stats().pages_peak;
    assert!(pages <= PAGES_MAX as u64, "{pages} pages");
    match machine.exit_status(pid) {
        Some(status @ 0..=127) => Ends::Exit(status as u8),
        Some(status) => Ends::Signal((status - 128) as u8),
        None => {
            assert!(matches!(run, Run::Budget | Run::Idle { .. }), "{run:?}");
            Ends::Running
        }
    }
}

/// Runs a file under qemu-user; `None` without it. `name` tells it from what other tests run meanwhile.
pub fn under_qemu(set: &Set, bytes: &[u8], name: &str) -> Option<Ends> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("damaged-{name}-{}", set.name));
    std::fs::write(&path, bytes).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new("timeout")
        .args(["-s", "KILL", QEMU_SECONDS, set.qemu])
        .arg(&path)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(HostStdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    Some(match (output.status.code(), output.status.signal()) {
        (Some(127), _) => return None,
        (Some(QEMU_REFUSES), _) if !text.is_empty() => Ends::Refused,
        // timeout(1) ends by the signal that ended what it runs, and sends SIGKILL when the time is over
        (Some(137), _) | (None, Some(9)) => Ends::Running,
        (Some(status), _) => Ends::Exit(status as u8),
        (None, signal) => Ends::Signal(signal.unwrap_or(0) as u8),
    })
}
