//! Runs one program from a host folder on the engine: `run --root DIR [--trace] -- PROGRAM ARGUMENT...`.
//!
//! What `otori exec` does, without the rest of the product: it links in seconds, for who works on the engine and for
//! `cargo xtask oracle run --engine target/debug/examples/run`. Standard input is empty.
#![allow(clippy::print_stdout, reason = "a program of its own")]

use otori_linux::net::{Network, NoOutside, Sockets};
use otori_linux::vfs::{Attributes, BaseBuilder, BaseTree, Limits, MountSpec, Node, Vfs};
use otori_linux::{Isa, Machine, MachineConfig, NoticeKind, Run, Spawn, Stdio, dev};
use std::error::Error;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

type Failure = Box<dyn Error>;

/// Instructions between two looks at the output.
const SLICE: u64 = 2_000_000;
const ENVIRONMENT: [&str; 4] = ["PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/", "USER=root", "SHELL=/bin/sh"];
const WRITABLE: Limits = Limits { file_bytes: 256 << 20, machine_bytes: 512 << 20, inodes: 65_536 };
/// Scripts that name a script as their interpreter are followed this far.
const INTERPRETERS_MAX: usize = 5;

fn main() -> ExitCode {
    match run() {
        Ok(status) => ExitCode::from(u8::try_from(status).unwrap_or(u8::MAX)),
        Err(error) => {
            eprintln!("run: {error}");
            ExitCode::from(126)
        }
    }
}

struct Call {
    root: PathBuf,
    trace: bool,
    arguments: Vec<Vec<u8>>,
}

fn call() -> Result<Call, Failure> {
    let mut words = std::env::args_os().skip(1);
    let mut call = Call { root: PathBuf::new(), trace: false, arguments: vec![] };
    while let Some(word) = words.next() {
        match word.as_bytes() {
            b"--root" => call.root = words.next().ok_or("--root needs a folder")?.into(),
            b"--trace" => call.trace = true,
            b"--" => call.arguments = words.by_ref().map(|word| word.as_bytes().to_vec()).collect(),
            _ => return Err("run --root DIR [--trace] -- PROGRAM ARGUMENT...".into()),
        }
    }
    Ok(call)
}

fn run() -> Result<u32, Failure> {
    let call = call()?;
    let path = call.arguments.first().ok_or("no program is named")?.clone();
    let mut config = MachineConfig::new(instruction_set(&call.root, &path)?);
    config.trace = call.trace;
    let mut tree = BaseBuilder::new(0);
    import(&mut tree, &call.root, "")?;
    let vfs = mounted(tree, &config)?;
    let mut machine = Machine::new(config, vfs, Sockets::new(Network::default()), Box::new(NoOutside));
    let pid = machine.spawn(Spawn {
        path,
        arguments: call.arguments,
        environment: ENVIRONMENT.map(|row| row.as_bytes().to_vec()).to_vec(),
        cwd: b"/".to_vec(),
        uid: 0,
        gid: 0,
        stdio: Stdio::Host,
    })?;
    machine.host_stdin_close();
    loop {
        let ran = machine.run(SLICE);
        show(&mut machine)?;
        if let Some(status) = machine.exit_status(pid) {
            return Ok(status);
        }
        match ran {
            Run::Budget => {}
            Run::Idle { wake_ns: Some(wake_ns) } => machine.advance_to(wake_ns),
            Run::Idle { wake_ns: None } | Run::Finished => return Err("every process waits for ever".into()),
        }
    }
}

fn show(machine: &mut Machine) -> Result<(), Failure> {
    for notice in machine.take_notices() {
        if let NoticeKind::Call { line } = notice.kind {
            eprintln!("[{}] {line}", notice.pid);
        }
    }
    std::io::stderr().write_all(&machine.take_stderr())?;
    Ok(std::io::stdout().write_all(&machine.take_stdout())?)
}

/// Copies a folder of the host into the tree.
fn import(tree: &mut BaseBuilder, folder: &Path, below: &str) -> Result<(), Failure> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| "a name is not UTF-8")?;
        let place = if below.is_empty() { name } else { format!("{below}/{name}") };
        let found = entry.metadata()?;
        let attributes = Attributes {
            mode: (found.mode() & 0o7777) as u16,
            uid: found.uid(),
            gid: found.gid(),
            time_ns: found.mtime() * 1_000_000_000,
        };
        if found.is_dir() {
            tree.directory(&place, attributes)?;
            import(tree, &entry.path(), &place)?;
        } else if found.is_symlink() {
            tree.link(&place, std::fs::read_link(entry.path())?.as_os_str().as_bytes(), attributes)?;
        } else if found.is_file() {
            tree.file(&place, Arc::from(std::fs::read(entry.path())?), attributes)?;
        }
    }
    Ok(())
}

/// The tree with /proc, /sys, /dev and /tmp.
fn mounted(mut tree: BaseBuilder, config: &MachineConfig) -> Result<Vfs, Failure> {
    let mut mount_point = |name, mode| tree.directory(name, tree.root_owned(mode));
    let (proc, sys) = (mount_point("proc", 0o555)?, mount_point("sys", 0o555)?);
    let devices = mount_point("dev", 0o755)?;
    mount_point("tmp", 0o1777)?;
    let mut content = BaseBuilder::new(0);
    dev::populate(&mut content, &config.identity)?;
    let terminals = content.directory("pts", content.root_owned(0o755))?;
    let mut vfs = Vfs::new(MountSpec::tmpfs(Arc::new(tree.finish()), 0, 1), WRITABLE);
    let specs = [
        (proc, MountSpec::proc(2)),
        (sys, MountSpec::sysfs(Arc::new(BaseTree::empty()), 3)),
        (devices, MountSpec::tmpfs(Arc::new(content.finish()), 0, 4)),
    ];
    for (number, spec) in specs {
        vfs.mount(Node { mount: 0, number: u64::from(number) }, spec).map_err(|error| error.name())?;
    }
    let place = Node { mount: 3, number: u64::from(terminals) };
    vfs.mount(place, MountSpec::devpts(5)).map_err(|error| error.name())?;
    Ok(vfs)
}

/// The instruction set of a program below the root, or of its interpreter.
fn instruction_set(root: &Path, path: &[u8]) -> Result<Isa, Failure> {
    let mut path = std::ffi::OsStr::from_bytes(path).to_owned();
    for _ in 0..INTERPRETERS_MAX {
        let below = Path::new(&path).strip_prefix("/")?;
        let bytes = std::fs::read(root.join(below))?;
        if let Some(line) = bytes.strip_prefix(b"#!") {
            let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
            let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
            path = std::ffi::OsStr::from_bytes(word).to_owned();
            continue;
        }
        let [0x7f, b'E', b'L', b'F', class, data, ..] = bytes[..] else {
            return Err("not an ELF program".into());
        };
        let two = [bytes.get(18).copied().unwrap_or(0), bytes.get(19).copied().unwrap_or(0)];
        let machine = if data == 2 { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) };
        return Isa::of_elf(machine, class, data).ok_or_else(|| "its instruction set is not emulated".into());
    }
    Err("its interpreters are scripts".into())
}
