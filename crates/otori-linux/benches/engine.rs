//! The device engine beside qemu-user, on the same programs in the same run:
//! `cargo xtask oracle fetch` (static busybox of each set), then `cargo bench -p otori-linux --bench engine [-- NAME…]`.
//!
//! `OTORI_ORACLE_CACHE` says where `cargo xtask oracle fetch` put them. CPU seconds of this thread against those of the
//! child, the least of three turns each. NAME picks rows by set or by name. Output is the table of docs/performance.md.

#![allow(clippy::unwrap_used, clippy::precedence, clippy::print_stdout, reason = "a measuring program")]

use otori_linux::net::{Network, NoOutside, Sockets};
use otori_linux::vfs::{BaseBuilder, Limits, MountSpec, Node, Vfs};
use otori_linux::{Isa, Machine, MachineConfig, Run, Spawn, Stdio};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Debian's name of an architecture, and who else runs it.
const SETS: [(&str, &str); 7] = [
    ("mipsel", "qemu-mipsel-static"),
    ("mips", "qemu-mips-static"),
    ("armel", "qemu-arm-static"),
    ("armhf", "qemu-arm-static"),
    ("arm64", "qemu-aarch64-static"),
    ("i386", "qemu-i386-static"),
    ("amd64", "qemu-x86_64-static"),
];

/// Name, script, how often it is run, and the bound of issue 3 on ours / theirs.
const SCRIPTS: [(&str, &str, u32, f64); 4] = [
    ("echo", "", 20, 0.5),
    ("loop", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $i", 1, 5.0),
    ("sha256", "sha256sum /data | cut -c1-64", 1, 6.0),
    ("forks", "i=0; while [ $i -lt 300 ]; do (true); i=$((i+1)); done; echo $i", 1, 1.0),
];
/// Turns of each script, ours and theirs one after the other; the least counts, for both: what is more is the machine's.
const TURNS: u32 = 3;
const DATA_BYTES: usize = 64 << 20;
const IDLE_SHELLS: u64 = 1000;

struct Guest {
    isa: Isa,
    busybox: Arc<[u8]>,
    data: Arc<[u8]>,
}

impl Guest {
    fn machine(&self) -> Machine {
        let mut tree = BaseBuilder::new(0);
        tree.file("bin/busybox", self.busybox.clone(), tree.root_owned(0o755)).unwrap();
        tree.link("bin/sh", b"busybox", tree.root_owned(0o777)).unwrap();
        for applet in ["sha256sum", "cut", "true"] {
            tree.link(&format!("bin/{applet}"), b"busybox", tree.root_owned(0o777)).unwrap();
        }
        tree.file("data", self.data.clone(), tree.root_owned(0o644)).unwrap();
        let proc = tree.directory("proc", tree.root_owned(0o755)).unwrap();
        let mut vfs = Vfs::new(MountSpec::tmpfs(Arc::new(tree.finish()), 0, 1), Limits::default());
        vfs.mount(Node { mount: 0, number: u64::from(proc) }, MountSpec::proc(2)).unwrap();
        let config = MachineConfig::new(self.isa);
        Machine::new(config, vfs, Sockets::new(Network::default()), Box::new(NoOutside))
    }
}

fn spawn(arguments: &[&str], stdio: Stdio) -> Spawn {
    Spawn {
        path: b"/bin/busybox".to_vec(),
        arguments: arguments.iter().map(|text| text.as_bytes().to_vec()).collect(),
        environment: vec![b"PATH=/bin".to_vec()],
        cwd: b"/".to_vec(),
        uid: 0,
        gid: 0,
        stdio,
    }
}

/// Runs until the program has ended; virtual time jumps.
fn finish(machine: &mut Machine, arguments: &[&str]) -> Vec<u8> {
    let pid = machine.spawn(spawn(arguments, Stdio::Host)).unwrap();
    while machine.exit_status(pid).is_none() {
        if let Run::Idle { wake_ns } = machine.run(10_000_000) {
            machine.advance_to(wake_ns.expect("the script waits for nothing else"));
        }
    }
    machine.take_stdout()
}

/// CPU time of this thread so far (proc(5), schedstat).
fn own_cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// CPU seconds of a child, by bash's `times` of a subshell: milliseconds instead of the clock ticks of proc(5).
fn child_cpu(command: &mut Command) -> (f64, Vec<u8>) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let seconds = text
        .lines()
        .filter_map(|line| line.strip_prefix("cpu "))
        .flat_map(|line| line.split(' '))
        .map(|part| part.parse::<f64>().unwrap())
        .sum();
    (seconds, output.stdout)
}

/// `otori exec` of the same build as this program, if it was built.
fn engine_binary() -> Option<PathBuf> {
    let binary = std::env::current_exe().unwrap().parent()?.parent()?.join("otori");
    binary.is_file().then_some(binary)
}

/// CPU seconds of a whole process of `otori exec busybox echo`, and of qemu-user.
fn whole_process(binary: &Path, qemu: &str, root: &Path) -> (f64, f64) {
    const ROUNDS: u32 = 25;
    let engine = format!("{} exec", binary.display());
    let (mut mine, mut other) = (f64::MAX, f64::MAX);
    for _ in 0..TURNS {
        let (seconds, output) = theirs(&engine, root, "", ROUNDS);
        let (native_seconds, expected) = theirs(qemu, root, "", ROUNDS);
        assert!(output == expected, "{}", String::from_utf8_lossy(&output));
        (mine, other) = (mine.min(seconds), other.min(native_seconds));
    }
    (mine, other)
}

/// qemu-user on the same script, `rounds` times in one shell, so that the clock's grain does not matter.
fn theirs(qemu: &str, root: &Path, script: &str, rounds: u32) -> (f64, Vec<u8>) {
    let busybox = root.join("bin/busybox");
    let run = match script {
        "" => format!("{qemu} {} echo hello", busybox.display()),
        _ => format!("{qemu} {} sh -c '{script}'", busybox.display()),
    };
    let line = format!("TIMEFORMAT='cpu %3U %3S'; time for round in {{1..{rounds}}}; do {run}; done");
    let (seconds, output) = child_cpu(Command::new("bash").args(["-c", &line]));
    (seconds / f64::from(rounds), output)
}

fn ours(guest: &Guest, script: &str, rounds: u32) -> (f64, u64, Vec<u8>) {
    let (mut output, mut instructions) = (Vec::new(), 0);
    let begin = own_cpu_ns();
    for _ in 0..rounds {
        let mut machine = guest.machine();
        let arguments: &[&str] = match script {
            "" => &["busybox", "echo", "hello"],
            _ => &["busybox", "sh", "-c", script],
        };
        output.extend(finish(&mut machine, arguments));
        instructions = machine.stats().instructions;
    }
    ((own_cpu_ns() - begin) as f64 / 1e9 / f64::from(rounds), instructions, output)
}

/// Resident memory of this process, bytes (proc(5), statm).
fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// Shells at their prompts, all started from one booted machine: resident bytes of each.
fn idle_shells(guest: &Guest) -> u64 {
    // What has run once is decoded, for all that are started from it.
    let mut booted = guest.machine();
    finish(&mut booted, &["sh", "-c", "true; echo | cut -c1"]);
    let snapshot = booted.snapshot();
    let start = |seed: u64| {
        let mut machine = snapshot.start(Box::new(NoOutside), seed, 0);
        let tty = machine.tty_open().unwrap();
        machine.spawn(spawn(&["sh", "-i"], Stdio::Tty(tty))).unwrap();
        while !matches!(machine.run(1_000_000), Run::Idle { .. }) {}
        let mut prompt = Vec::new();
        machine.tty_read(tty, &mut prompt);
        assert!(prompt.windows(2).any(|two| two == b"# "), "no prompt: {}", String::from_utf8_lossy(&prompt));
        machine.trim();
        machine
    };
    let first = start(0);
    let before = resident_bytes();
    let shells: Vec<Machine> = (1..=IDLE_SHELLS).map(start).collect();
    let bytes = (resident_bytes() - before) / shells.len() as u64;
    drop(first);
    bytes
}

/// CPU seconds of an hour's sleep, start and end of the program included, on a machine that has run it before.
fn sleep_an_hour(guest: &Guest) -> f64 {
    const HOURS: u32 = 50;
    let mut machine = guest.machine();
    finish(&mut machine, &["busybox", "sleep", "1"]);
    let begin = own_cpu_ns();
    for _ in 0..HOURS {
        finish(&mut machine, &["busybox", "sleep", "3600"]);
    }
    (own_cpu_ns() - begin) as f64 / 1e9 / f64::from(HOURS)
}

fn row(set: &str, name: &str, ours: String, theirs: String, ratio: String, bound: &str) {
    println!("| {set} | {name} | {ours} | {theirs} | {ratio} | {bound} |");
}

fn measure(set: &str, qemu: &str, root: &Path, wanted: &[String]) {
    let busybox: Arc<[u8]> = Arc::from(std::fs::read(root.join("bin/busybox")).unwrap());
    let Some(isa) = Isa::of_elf(u16::from(busybox[18]) | u16::from(busybox[19]), busybox[4], busybox[5])
    else {
        println!("| {set} | not run: no such instruction set | | | | |");
        return;
    };
    let guest = Guest { isa, busybox, data: Arc::from(vec![b'o'; DATA_BYTES]) };
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));
    for (name, script, rounds, bound) in SCRIPTS.into_iter().filter(|(name, ..)| is_wanted(name)) {
        let native = script.replace("/data", root.join("bench-data").to_str().unwrap());
        let (mut mine, mut other, mut instructions) = (f64::MAX, f64::MAX, 0);
        for _ in 0..TURNS {
            let (seconds, count, output) = ours(&guest, script, rounds);
            let (native_seconds, expected) = theirs(qemu, root, &native, rounds);
            assert!(output == expected, "{set} {name}: {}", String::from_utf8_lossy(&output));
            (mine, other, instructions) = (mine.min(seconds), other.min(native_seconds), count);
        }
        let rate = instructions as f64 / mine / 1e6;
        let time = format!("{:.1} ms ({rate:.0} M/s)", mine * 1e3);
        let ratio = format!("{:.2}", mine / other);
        row(set, name, time, format!("{:.1} ms", other * 1e3), ratio, &format!("{bound}"));
        if name == "forks" {
            row(
                set,
                "one fork",
                format!("{:.0} µs", mine * 1e6 / 300.0),
                String::new(),
                String::new(),
                "300 µs",
            );
        }
    }
    if is_wanted("process") {
        match engine_binary() {
            Some(binary) => {
                let (mine, other) = whole_process(&binary, qemu, root);
                let (ours, theirs) = (format!("{:.1} ms", mine * 1e3), format!("{:.1} ms", other * 1e3));
                row(set, "echo as a process", ours, theirs, format!("{:.2}", mine / other), "0.5");
            }
            None => eprintln!("{set} process: not run; build it first: cargo build --release -p otori"),
        }
    }
    if is_wanted("sleep") {
        let time = format!("{:.2} ms", sleep_an_hour(&guest) * 1e3);
        row(set, "sleep 3600", time, String::new(), String::new(), "1 ms");
    }
    if wanted.iter().any(|part| part == "idle") {
        let bytes = format!("{} KiB", idle_shells(&guest) >> 10);
        row(set, "an idle shell of 1,000", bytes, String::new(), String::new(), "256 KiB");
    } else if is_wanted("idle") {
        // In a process of its own: what earlier rows freed would be used again and not be seen.
        let own = std::env::current_exe().unwrap();
        let output = Command::new(own).args([set, "idle"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        print!(
            "{}",
            text.lines()
                .filter(|line| line.contains("idle"))
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        );
    }
}

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let Some(cache) = std::env::var_os("OTORI_ORACLE_CACHE").map(PathBuf::from) else {
        println!("set OTORI_ORACLE_CACHE to the folder that `cargo xtask oracle fetch` filled");
        return;
    };
    let named = |part: &String| SETS.iter().any(|(set, _)| set == part);
    let (sets, wanted): (Vec<String>, Vec<String>) = wanted.into_iter().partition(named);
    println!("| set | what | Otori | qemu-user | ratio | bound |\n|---|---|---|---|---|---|");
    for (set, qemu) in SETS {
        let root = cache.join(set).join("roots/busybox");
        if !sets.is_empty() && !sets.iter().any(|part| part == set) {
            continue;
        }
        if !root.join("bin/busybox").is_file() {
            println!("| {set} | not run: no busybox | | | | |");
            continue;
        }
        std::fs::write(root.join("bench-data"), vec![b'o'; DATA_BYTES]).unwrap();
        measure(set, qemu, &root, &wanted);
        // The process for the idle shells has perhaps removed it.
        let _ = std::fs::remove_file(root.join("bench-data"));
    }
}
