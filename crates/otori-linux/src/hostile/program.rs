//! Any bytes as a program of any set, in a small machine of its own: it may write its own code and make any call, and
//! ends at its limits. Key functions: [`program()`], [`machine`].
use super::Set;
use crate::{
    Machine, MachineConfig, Run, Spawn, Stdio, dev,
    net::{Interface, Network, NoOutside, Sockets},
    proc::NoProcesses,
    vfs::{BaseBuilder, Context, Credentials, Follow, Limits, MountSpec, Vfs},
};
use alloc::{boxed::Box, sync::Arc, vec, vec::Vec};
use core::net::Ipv4Addr;

const CODE_BYTES_MAX: usize = 0x4000;
const INSTRUCTIONS: u64 = 200_000;
/// Bytes that the machine's files may take.
pub(super) const FILE_BYTES: u64 = 2 << 20;

/// A small machine with `/t`, an executable of these bytes, and the usual file systems.
pub(super) fn machine(set: &Set, executable: Vec<u8>) -> Machine {
    let mut config = MachineConfig::new(set.isa);
    let limits = &mut config.limits;
    (limits.processes, limits.pages, limits.total_pages) = (24, 2_000, 8_000);
    (limits.open_files, limits.descriptors, limits.notices) = (200, 64, 10_000);
    (limits.watches, limits.argument_bytes) = (64, 32 << 10);
    let mut tree = BaseBuilder::new(0);
    let mode = tree.root_owned(0o755);
    tree.file("t", Arc::from(executable), mode).expect("the tree is empty");
    tree.file("s", Arc::from(&b"#!/s\n"[..]), mode).expect("a new name");
    tree.file("r", Arc::from(&b"#!/t x\n"[..]), mode).expect("a new name");
    tree.link("loop", b"loop", mode).expect("a new name");
    for folder in ["tmp", "dev", "proc", "sys", "d/d/d/d"] {
        tree.directory(folder, mode).expect("a new name");
    }
    let mut devices = BaseBuilder::new(0);
    dev::populate(&mut devices, &config.identity).expect("an empty tree takes the devices");
    let root = MountSpec::tmpfs(Arc::new(tree.finish()), FILE_BYTES / 2, 1);
    let limits = Limits { file_bytes: 1 << 20, machine_bytes: FILE_BYTES, inodes: 400 };
    let mut files = Vfs::new(root, limits);
    let view = NoProcesses::default();
    let credentials = Credentials::ROOT;
    let mounts = [
        ("/proc", MountSpec::proc(2)),
        ("/dev", MountSpec::tmpfs(Arc::new(devices.finish()), 0, 4)),
        ("/dev/pts", MountSpec::devpts(5)),
    ];
    for (path, spec) in mounts {
        let context = Context { credentials: &credentials, root: files.root(), now_ns: 0, view: &view };
        let at = files.lookup(&context, files.root(), path.as_bytes(), Follow::Yes).expect("it was made");
        files.mount(at, spec).expect("a folder");
    }
    let ethernet = Interface::ethernet("eth0", [2, 0, 0, 0, 0, 1], Ipv4Addr::new(192, 0, 2, 10), 24);
    let sockets = Sockets::new(Network::with_ethernet(ethernet, None));
    Machine::new(config, files, sockets, Box::new(NoOutside))
}

/// Starts `/t`.
pub(super) fn spawn(machine: &mut Machine) -> Option<u32> {
    let spawn = Spawn {
        path: b"/t".to_vec(),
        arguments: vec![b"t".to_vec()],
        environment: vec![b"A=1".to_vec()],
        cwd: b"/".to_vec(),
        uid: 0,
        gid: 0,
        stdio: Stdio::Host,
    };
    machine.spawn(spawn).ok()
}

/// Runs `code` for [`INSTRUCTIONS`], then ends it.
pub fn program(set: &Set, code: &[u8]) {
    let code = &code[..code.len().min(CODE_BYTES_MAX)];
    let mut machine = machine(set, set.executable(code, 0x1000));
    if spawn(&mut machine).is_some() {
        run_out(set, &mut machine);
    }
}

/// Lets a machine run for [`INSTRUCTIONS`], then ends it.
pub(super) fn run_out(set: &Set, machine: &mut Machine) {
    for _ in 0..8 {
        match machine.run(INSTRUCTIONS / 8) {
            Run::Idle { wake_ns: Some(wake_ns) } => {
                machine.advance_to(wake_ns.min(machine.now_ns() + (1 << 40)))
            }
            Run::Budget => {}
            _ => break,
        }
        machine.take_notices();
        machine.take_stdout();
    }
    machine.kill_all();
    assert_eq!(machine.run(1_000_000), Run::Finished, "{}: it outlives SIGKILL", set.name);
}
