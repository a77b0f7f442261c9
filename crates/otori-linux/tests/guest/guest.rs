//! A machine with busybox and the mounts of a small device, for tests.
use otori_linux::{
    Isa, Machine, MachineConfig, Notice, Pid, Resident, Run, Spawn, Stdio, dev,
    net::{Interface, Network, NoOutside, Sockets},
    proc::DeviceIdentity,
    tty::TtyId,
    vfs::{self, BaseBuilder, BaseTree, Context, Follow, MountSpec, Vfs},
};
use std::{
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Instant,
};

/// 2026-03-01T12:00:00Z
pub const WALL_NS: i64 = 1_772_366_400_000_000_000;

/// Real seconds after which a run counts as stuck.
const PATIENCE_SECONDS: u64 = 60;

/// busybox, if it is on this machine; says so if not.
pub fn busybox() -> Option<Arc<[u8]>> {
    static BYTES: OnceLock<Option<Arc<[u8]>>> = OnceLock::new();
    let found = BYTES.get_or_init(|| {
        let own = std::env::var_os("OTORI_MIPSEL_ROOT").map(PathBuf::from);
        let cache = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.cache/userland/mipsel");
        let folders = own.into_iter().chain([cache]);
        let bytes =
            folders.map(|folder| folder.join("bin/busybox")).find_map(|path| std::fs::read(path).ok());
        if bytes.is_none() {
            eprintln!(
                "skipped: no busybox for mipsel; `cargo xtask test` fetches it, or set OTORI_MIPSEL_ROOT"
            );
        }
        bytes.map(Arc::from)
    });
    found.clone()
}

/// Names that busybox answers to, asked of itself.
pub fn applets() -> &'static [String] {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let Some(program) = busybox() else { return Vec::new() };
        let mut guest = Guest::start(root_tree(&program, &[]), |_| {});
        let done = guest.run_program("/bin/busybox", &["busybox", "--list"], b"");
        String::from_utf8(done.output).unwrap().lines().map(String::from).collect()
    })
}

fn root_tree(program: &Arc<[u8]>, applets: &[String]) -> BaseTree {
    let mut builder = BaseBuilder::new(WALL_NS);
    let program_mode = builder.root_owned(0o755);
    let text_mode = builder.root_owned(0o644);
    for folder in ["dev", "proc", "sys", "tmp", "etc", "root", "mnt", "home", "usr", "var"] {
        builder.directory(folder, program_mode).unwrap();
    }
    builder.file("bin/busybox", program.clone(), program_mode).unwrap();
    for applet in applets.iter().filter(|name| *name != "busybox") {
        builder.link(&format!("bin/{applet}"), b"busybox", program_mode).unwrap();
    }
    let files = [
        ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
        ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
        ("etc/hostname", "camera\n"),
        ("etc/resolv.conf", "nameserver 192.0.2.53\n"),
    ];
    for (path, text) in files {
        builder.file(path, Arc::from(text.as_bytes()), text_mode).unwrap();
    }
    builder.finish()
}

/// A root with a tmpfs on /tmp, /proc, /sys, /dev and /dev/pts.
fn file_systems(root: BaseTree, identity: &DeviceIdentity) -> Vfs {
    let mut spec = MountSpec::tmpfs(Arc::new(root), 0, 1);
    spec.source = "/dev/root".into();
    spec.fstype = "ext4".into();
    let mut files = Vfs::new(spec, vfs::Limits::default());
    let mut devices = BaseBuilder::new(WALL_NS);
    dev::populate(&mut devices, identity).unwrap();
    let mut system = BaseBuilder::new(WALL_NS);
    dev::populate_sysfs(&mut system, identity).unwrap();
    let empty = || Arc::new(BaseTree::empty());
    let mut mount = |path: &str, spec: MountSpec| {
        let view = otori_linux::proc::NoProcesses::default();
        let credentials = vfs::Credentials::ROOT;
        let context = Context { credentials: &credentials, root: files.root(), now_ns: WALL_NS, view: &view };
        let at = files.lookup(&context, files.root(), path.as_bytes(), Follow::Yes).unwrap();
        files.mount(at, spec).unwrap();
    };
    mount("/proc", MountSpec::proc(2));
    mount("/sys", MountSpec::sysfs(Arc::new(system.finish()), 3));
    mount("/dev", MountSpec::tmpfs(Arc::new(devices.finish()), 0, 4));
    mount("/dev/pts", MountSpec::devpts(5));
    mount("/tmp", MountSpec::tmpfs(empty(), 16 << 20, 6));
    let flash = MountSpec::tmpfs(empty(), 0, 7);
    let flash =
        MountSpec { source: "/dev/mtdblock3".into(), fstype: "squashfs".into(), read_only: true, ..flash };
    mount("/mnt", flash);
    files
}

/// What a finished program left.
#[derive(Debug)]
pub struct Done {
    pub output: Vec<u8>,
    pub error: Vec<u8>,
    pub status: Option<u32>,
    pub notices: Vec<Notice>,
    pub run: Run,
}

/// A machine under test.
pub struct Guest {
    pub machine: Machine,
}

impl Guest {
    /// A machine with busybox and a link for every applet; `None` when there is no busybox here.
    pub fn with_busybox() -> Option<Guest> {
        Guest::with_busybox_and(|_| {})
    }
    /// The same, with other settings.
    pub fn with_busybox_and(change: impl FnOnce(&mut MachineConfig)) -> Option<Guest> {
        let program = busybox()?;
        Some(Guest::start(root_tree(&program, applets()), change))
    }
    /// A machine without any program.
    pub fn bare(change: impl FnOnce(&mut MachineConfig)) -> Guest {
        Guest::start(root_tree(&Arc::from(&b""[..]), &[]), change)
    }
    fn start(root: BaseTree, change: impl FnOnce(&mut MachineConfig)) -> Guest {
        let mut config = MachineConfig::new(Isa::Mips32El);
        config.wall_ns = WALL_NS;
        config.hostname = "camera".into();
        config.identity.cpuinfo = "system type\t\t: Camera\ncpu model\t\t: MIPS 24KEc V5.0\n".into();
        change(&mut config);
        let files = file_systems(root, &config.identity);
        let ethernet =
            Interface::ethernet("eth0", [0, 0x11, 0x22, 0x33, 0x44, 0x55], Ipv4Addr::new(192, 0, 2, 10), 24);
        let sockets = Sockets::new(Network::with_ethernet(ethernet, None));
        let mut machine = Machine::new(config, files, sockets, Box::new(NoOutside));
        machine.spawn_resident(Resident {
            pid: 1,
            parent: 0,
            comm: b"init".to_vec(),
            arguments: vec![b"init".to_vec()],
            virtual_bytes: 1_200_000,
            start_ns: 1_000_000_000,
        });
        Guest { machine }
    }

    /// Starts a program with terminal or host streams.
    pub fn spawn(&mut self, path: &str, arguments: &[&str], stdio: Stdio) -> Pid {
        let words = |words: &[&str]| words.iter().map(|word| word.as_bytes().to_vec()).collect();
        let environment = words(&["PATH=/bin", "HOME=/root", "USER=root", "TERM=vt100", "PS1=\\w \\$ "]);
        let spawn = Spawn {
            path: path.into(),
            arguments: words(arguments),
            environment,
            cwd: b"/".to_vec(),
            uid: 0,
            gid: 0,
            stdio,
        };
        self.machine.spawn(spawn).unwrap()
    }

    /// Runs a program to its end, in virtual time, with that input.
    pub fn run_program(&mut self, path: &str, arguments: &[&str], input: &[u8]) -> Done {
        let pid = self.spawn(path, arguments, Stdio::Host);
        self.machine.host_stdin(input);
        self.machine.host_stdin_close();
        let (mut output, mut error, mut notices) = (Vec::new(), Vec::new(), Vec::new());
        let start = Instant::now();
        let run = loop {
            let run = self.machine.run(20_000_000);
            output.extend(self.machine.take_stdout());
            error.extend(self.machine.take_stderr());
            notices.extend(self.machine.take_notices());
            match run {
                Run::Idle { wake_ns: Some(wake_ns) } => self.machine.advance_to(wake_ns),
                Run::Idle { wake_ns: None } | Run::Finished => break run,
                Run::Budget => {}
            }
            if start.elapsed().as_secs() > PATIENCE_SECONDS {
                eprintln!("stuck: {arguments:?}");
                break run;
            }
        };
        Done { output, error, status: self.machine.exit_status(pid), notices, run }
    }

    /// `sh -c` with that text.
    pub fn shell(&mut self, text: &str) -> Done {
        self.run_program("/bin/sh", &["sh", "-c", text], b"")
    }

    /// Lets everything happen that happens within that virtual time.
    pub fn settle(&mut self, virtual_ms: u64) {
        let end = self.machine.now_ns() + virtual_ms * 1_000_000;
        loop {
            match self.machine.run(10_000_000) {
                Run::Idle { wake_ns: Some(wake_ns) } if wake_ns <= end => self.machine.advance_to(wake_ns),
                Run::Budget if self.machine.now_ns() < end => {}
                _ => return,
            }
        }
    }

    /// An interactive shell on a new terminal, after its first prompt.
    pub fn terminal(&mut self) -> (TtyId, Pid) {
        let id = self.machine.tty_open().unwrap();
        self.machine.tty_resize(id, 24, 80);
        let pid = self.spawn("/bin/sh", &["-sh"], Stdio::Tty(id));
        self.settle(100);
        (id, pid)
    }

    /// Types and gives what the terminal shows.
    pub fn type_in(&mut self, id: TtyId, text: &str) -> String {
        self.machine.tty_write(id, text.as_bytes());
        self.settle(1000);
        let mut shown = Vec::new();
        self.machine.tty_read(id, &mut shown);
        String::from_utf8_lossy(&shown).into_owned()
    }
}

impl Done {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}
