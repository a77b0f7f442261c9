//! Real programs on the engine and on qemu-user, CPU seconds side by side:
//! `OTORI_BUSYBOX=PATH cargo bench -p otori-linux --bench shell`, PATH a static busybox for mipsel.

#![allow(clippy::unwrap_used, clippy::precedence, clippy::print_stdout, reason = "a measuring program")]

use otori_linux::net::{Network, NoOutside, Sockets};
use otori_linux::vfs::{BaseBuilder, Limits, MountSpec, Node, Vfs};
use otori_linux::{Isa, Machine, MachineConfig, Run, Spawn, Stdio};
use std::process::Command;
use std::sync::Arc;

const LOOP: &str = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $i";
const HASH: &str = "sha256sum /data";
const FORKS: &str = "i=0; while [ $i -lt 300 ]; do (true); i=$((i+1)); done; echo $i";
const DATA_BYTES: usize = 8 << 20;

/// A machine with busybox, /data and /proc.
fn machine(busybox: &Arc<[u8]>) -> Machine {
    let mut tree = BaseBuilder::new(0);
    tree.file("busybox", busybox.clone(), tree.root_owned(0o755)).unwrap();
    tree.file("data", Arc::from(vec![b'o'; DATA_BYTES]), tree.root_owned(0o644)).unwrap();
    let proc = tree.directory("proc", tree.root_owned(0o755)).unwrap();
    let mut vfs = Vfs::new(MountSpec::tmpfs(Arc::new(tree.finish()), 0, 1), Limits::default());
    vfs.mount(Node { mount: 0, number: u64::from(proc) }, MountSpec::proc(2)).unwrap();
    let config = MachineConfig::new(Isa::Mips32El);
    Machine::new(config, vfs, Sockets::new(Network::default()), Box::new(NoOutside))
}

fn ours(machine: &mut Machine, script: &str) -> (f64, u64, Vec<u8>) {
    let arguments = ["busybox", "sh", "-c", script].map(|text| text.as_bytes().to_vec()).to_vec();
    let begin = own_cpu_ns();
    let pid = machine
        .spawn(Spawn {
            path: b"/busybox".to_vec(),
            arguments,
            environment: Vec::new(),
            cwd: b"/".to_vec(),
            uid: 0,
            gid: 0,
            stdio: Stdio::Host,
        })
        .unwrap();
    while machine.exit_status(pid).is_none() {
        if let Run::Idle { wake_ns } = machine.run(10_000_000) {
            machine.advance_to(wake_ns.expect("the script waits for nothing else"));
        }
    }
    let seconds = (own_cpu_ns() - begin) as f64 / 1e9;
    (seconds, machine.stats().instructions, machine.take_stdout())
}

/// CPU time of this thread so far (proc(5), schedstat).
fn own_cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// CPU time of the children so far, seconds (proc_pid_stat(5), fields 16 and 17 in hundredths).
fn children_cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[13].parse::<f64>().unwrap() + fields[14].parse::<f64>().unwrap()) / 100.0
}

fn main() {
    let Some(path) = std::env::var_os("OTORI_BUSYBOX") else {
        println!("set OTORI_BUSYBOX to a static busybox for mipsel");
        return;
    };
    let busybox: Arc<[u8]> = Arc::from(std::fs::read(&path).unwrap());
    let data = std::env::temp_dir().join("otori-bench-data");
    std::fs::write(&data, vec![b'o'; DATA_BYTES]).unwrap();
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, script) in [("counting loop", LOOP), ("sha256sum", HASH), ("forks", FORKS)] {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let (ours, instructions, output) = ours(&mut machine(&busybox), script);
        let before = children_cpu();
        let native = script.replace("/data", data.to_str().unwrap());
        let qemu = Command::new("qemu-mipsel-static").arg(&path).args(["sh", "-c", &native]).output();
        let theirs = children_cpu() - before;
        let rate = instructions as f64 / ours / 1e6;
        println!(
            "{name:14} ours {ours:6.2} s ({rate:.0} million instructions a second), qemu-user {theirs:6.2} s, {:.2}x",
            ours / theirs
        );
        let same = qemu.is_ok_and(|qemu| {
            qemu.stdout.split(|byte| *byte == b' ').next() == output.split(|byte| *byte == b' ').next()
        });
        assert!(same, "{name}: the results differ: {}", String::from_utf8_lossy(&output));
    }
    std::fs::remove_file(&data).unwrap();
}
