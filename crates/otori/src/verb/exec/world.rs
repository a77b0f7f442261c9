//! The machine of `otori exec`: files of a host folder or of the program alone, /proc, /sys, /dev, loopback only.
//! Key function: [`start`]. What the guest changes is kept in memory and vanishes with it.
use super::Arguments;
use crate::verb::classify::bounded_size;
use anyhow::{Context as _, anyhow, bail};
use otori_device::{HostFile, import};
use otori_linux::net::{Network, NoOutside, Sockets};
use otori_linux::proc::NoProcesses;
use otori_linux::vfs::{
    BaseBuilder, BaseTree, Context, Credentials, Follow, Kind, Limits, MountSpec, Node, Vfs,
};
use otori_linux::{Isa, Machine, MachineConfig, Pid, Spawn, SpawnError, Stdio, dev, errno::Errno};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where a program without a slash is looked for.
const SEARCH: [&str; 4] = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"];
/// The environment of the program; nothing of the host's is passed on.
const ENVIRONMENT: [&str; 4] = ["PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/", "USER=root", "SHELL=/bin/sh"];
/// Scripts that name a script as their interpreter are followed this far, as Linux does.
const INTERPRETERS_MAX: usize = 5;
/// Bytes of a program that tell what it is, as Linux reads them (BINPRM_BUF_SIZE).
const START_BYTES: usize = 256;
/// Memory of the machine.
const MEMORY_KIB: u64 = 512 * 1024;
/// New bytes and files that the guest may add.
const WRITABLE: Limits = Limits { file_bytes: 256 << 20, machine_bytes: 512 << 20, inodes: 65_536 };

/// A machine with the program started.
pub(super) fn start(arguments: &Arguments) -> anyhow::Result<(Machine, Pid)> {
    let (tree, program) = match &arguments.root {
        Some(folder) => {
            let imported = import::from_folder_later(folder)?;
            for note in &imported.notes {
                eprintln!("otori: {note}");
            }
            (imported.tree()?, None)
        }
        None => {
            let (tree, path) = alone(&arguments.program)?;
            (tree, Some(path))
        }
    };
    let mut config = MachineConfig::new(Isa::Mips32El);
    // More than most devices have: who runs a program of his own wants to see it run.
    config.limits.pages = MEMORY_KIB as usize / 4;
    config.limits.total_pages = MEMORY_KIB as usize / 4;
    config.identity.memory_kib = MEMORY_KIB;
    let vfs = mounted(tree, &config)?;
    let path = match program {
        Some(path) => path,
        None => search(&vfs, arguments.program.as_os_str().as_bytes())?,
    };
    config.isa = instruction_set(&vfs, &path)?;
    config.trace = arguments.trace;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    config.wall_ns = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
    let sockets = Sockets::new(Network::default());
    let mut machine = Machine::new(config, vfs, sockets, Box::new(NoOutside));
    let mut argv = vec![arguments.program.as_os_str().as_bytes().to_vec()];
    argv.extend(arguments.arguments.iter().map(|argument| argument.as_bytes().to_vec()));
    let pid = machine.spawn(Spawn {
        path,
        arguments: argv,
        environment: ENVIRONMENT.map(|row| row.as_bytes().to_vec()).to_vec(),
        cwd: b"/".to_vec(),
        uid: 0,
        gid: 0,
        stdio: Stdio::Host,
    })?;
    Ok((machine, pid))
}

/// A tree with nothing but the program, under its own name.
fn alone(program: &Path) -> anyhow::Result<(BaseBuilder, Vec<u8>)> {
    if std::fs::metadata(program).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Err(Missing("there is no such file".into()).into());
    }
    let size = bounded_size(program)?;
    // Told here, where it can be said; later it would be a file of zeros.
    std::fs::File::open(program).with_context(|| format!("cannot read {}", program.display()))?;
    let name = program.file_name().and_then(|name| name.to_str()).context("its name is not UTF-8")?;
    let mut tree = BaseBuilder::new(0);
    tree.directory("etc", tree.root_owned(0o755))?;
    tree.deferred(name, Arc::new(HostFile::new(program, size)), tree.root_owned(0o755))?;
    Ok((tree, format!("/{name}").into_bytes()))
}

/// The tree with what every Linux has on top.
fn mounted(mut tree: BaseBuilder, config: &MachineConfig) -> anyhow::Result<Vfs> {
    let mut mount_point = |name, mode| tree.directory(name, tree.root_owned(mode));
    let (proc, sys, devices) =
        (mount_point("proc", 0o555)?, mount_point("sys", 0o555)?, mount_point("dev", 0o755)?);
    mount_point("tmp", 0o1777)?;
    let mut content = BaseBuilder::new(0);
    dev::populate(&mut content, &config.identity)?;
    let mut root = MountSpec::tmpfs(Arc::new(tree.finish()), 0, 1);
    (root.source, root.fstype) = ("rootfs".into(), "rootfs".into());
    let mut vfs = Vfs::new(root, WRITABLE);
    let specs = [
        (proc, MountSpec::proc(2)),
        (sys, MountSpec::sysfs(Arc::new(BaseTree::empty()), 3)),
        (devices, MountSpec::tmpfs(Arc::new(content.finish()), 0, 4)),
    ];
    for (number, spec) in specs {
        let at = Node { mount: 0, number: u64::from(number) };
        vfs.mount(at, spec).map_err(|error| anyhow!("cannot mount: {error}"))?;
    }
    let terminals = lookup(&vfs, b"/dev/pts").context("/dev/pts is not there")?;
    vfs.mount(terminals, MountSpec::devpts(5)).map_err(|error| anyhow!("cannot mount: {error}"))?;
    Ok(vfs)
}

fn lookup(vfs: &Vfs, path: &[u8]) -> Option<Node> {
    let nobody = NoProcesses::default();
    let context = Context { credentials: &Credentials::ROOT, root: vfs.root(), now_ns: 0, view: &nobody };
    vfs.lookup(&context, vfs.root(), path, Follow::Yes).ok()
}

fn is_file(vfs: &Vfs, path: &[u8]) -> bool {
    lookup(vfs, path).is_some_and(|node| vfs.kind(node) == Ok(Kind::File))
}

/// The absolute path of the program in the guest.
fn search(vfs: &Vfs, program: &[u8]) -> anyhow::Result<Vec<u8>> {
    let absolute = if program.starts_with(b"/") { program.to_vec() } else { [b"/", program].concat() };
    if is_file(vfs, &absolute) {
        return Ok(absolute);
    }
    let found = SEARCH.iter().map(|folder| [folder.as_bytes(), b"/", program].concat());
    let found = found.into_iter().find(|path| !program.contains(&b'/') && is_file(vfs, path));
    match found {
        Some(path) => Ok(path),
        None if lookup(vfs, &absolute).is_some() => bail!("it is not a file"),
        None => Err(Missing("there is no such file below --root".into()).into()),
    }
}

/// What is not there: the exit status tells it from what is there and cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Missing(String);

/// Whether something was missing that the program needs: itself or its dynamic loader.
pub(super) fn is_missing(error: &anyhow::Error) -> bool {
    let spawn = error.downcast_ref::<SpawnError>();
    let absent = |error: &Errno| *error == Errno::ENOENT;
    error.is::<Missing>()
        || spawn.is_some_and(|error| match error {
            SpawnError::Call { error, .. } | SpawnError::Interpreter { error, .. } => absent(error),
            SpawnError::Format(_) => false,
        })
}

/// The instruction set of a program, or of the interpreter of a script.
fn instruction_set(vfs: &Vfs, path: &[u8]) -> anyhow::Result<Isa> {
    let mut path = path.to_vec();
    for _ in 0..INTERPRETERS_MAX {
        let missing = || Missing(format!("there is no {}", path.escape_ascii()));
        let node = lookup(vfs, &path).ok_or_else(missing)?;
        let mut start = [0; START_BYTES];
        let read = vfs.read_at(node, 0, &mut start);
        let count = read.map_err(|error| anyhow!("{}: {error}", path.escape_ascii()))?;
        let bytes = start.get(..count).unwrap_or_default();
        let Some(line) = bytes.strip_prefix(b"#!") else { return of_elf(bytes) };
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        path = line.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default().to_vec();
    }
    bail!("its interpreters are scripts, more than {INTERPRETERS_MAX} deep")
}

fn of_elf(bytes: &[u8]) -> anyhow::Result<Isa> {
    let [0x7f, b'E', b'L', b'F', class, data, ..] = bytes else { bail!("it is not an ELF program") };
    let Some([low, high]) = bytes.get(18..20) else { bail!("its ELF header is cut short") };
    otori_linux::isa_of(bytes).with_context(|| {
        let machine = if *data == 2 { [*high, *low] } else { [*low, *high] };
        let machine = u16::from_le_bytes(machine);
        let known: Vec<&str> = otori_cpu::isa::ISAS.iter().map(|row| row.name).collect();
        format!(
            "its instruction set is not emulated (ELF machine {machine}, class {class}, data {data}); known: {}",
            known.join(", ")
        )
    })
}
