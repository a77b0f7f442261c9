//! A device for a sample when no product fits its instruction set: a few files, /proc, /dev, one network.
//!
//! Key function: [`plain_machine`]. There are no programs in it; a sample brings itself. With a product the
//! machine comes from `otori-device` instead.
use core::net::Ipv4Addr;
use otori_device::linux::Machine;
use otori_device::linux::MachineConfig;
use otori_device::linux::dev;
use otori_device::linux::net::outside::Outside;
use otori_device::linux::net::{Interface, Network, Sockets};
use otori_device::linux::vfs::{BaseBuilder, BaseError, BaseTree, Limits, MountSpec, Node, Vfs};
use std::sync::Arc;

/// Modification time of the built-in files: the kernel's build in `MachineConfig::new`.
const BUILT_NS: i64 = 1_568_798_492_000_000_000;
/// Its own address and gateway, as a home router gives them out.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 108);
const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
const HARDWARE_ADDRESS: [u8; 6] = [0x9c, 0x8e, 0xcd, 0x21, 0x4f, 0x3a];
const GATEWAY_HARDWARE: [u8; 6] = [0x00, 0x1d, 0xaa, 0x7e, 0x10, 0x01];

const FOLDERS: [&str; 14] = [
    "bin",
    "sbin",
    "lib",
    "mnt",
    "root",
    "home",
    "opt",
    "usr/bin",
    "usr/sbin",
    "var/run",
    "var/log",
    "var/tmp",
    "etc/init.d",
    "proc",
];

const FILES: [(&str, u16, &str); 11] = [
    ("etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\nnobody:x:99:99:nobody:/:/bin/false\n"),
    ("etc/group", 0o644, "root:x:0:\nnobody:x:99:\n"),
    ("etc/shadow", 0o600, "root:*:0:0:99999:7:::\n"),
    ("etc/hosts", 0o644, "127.0.0.1\tlocalhost\n"),
    ("etc/hostname", 0o644, "device\n"),
    ("etc/resolv.conf", 0o644, "nameserver 192.168.1.1\n"),
    ("etc/nsswitch.conf", 0o644, "hosts: files dns\n"),
    ("etc/inittab", 0o644, "::sysinit:/etc/init.d/rcS\n::respawn:/sbin/getty 115200 ttyS0\n"),
    ("etc/init.d/rcS", 0o755, "#!/bin/sh\nmount -a\n/etc/rc.local\n"),
    ("etc/rc.local", 0o755, "#!/bin/sh\nexit 0\n"),
    ("etc/fstab", 0o644, "proc /proc proc defaults 0 0\ntmpfs /tmp tmpfs defaults 0 0\n"),
];

/// Why the built-in device could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// a built-in path does not fit
    #[error("built-in device: {0}")]
    Base(#[from] BaseError),
    /// a mount point is not there
    #[error("built-in device: cannot mount: {0:?}")]
    Mount(otori_device::linux::errno::Errno),
}

/// A machine without programs.
pub(crate) fn plain_machine(config: MachineConfig, outside: Box<dyn Outside>) -> Result<Machine, RootError> {
    let mut root = BaseBuilder::new(BUILT_NS);
    for folder in FOLDERS {
        root.directory(folder, root.root_owned(0o755))?;
    }
    for (path, mode, text) in FILES {
        root.file(path, Arc::from(text.as_bytes()), root.root_owned(mode))?;
    }
    let points = ["proc", "sys", "tmp", "dev"];
    let mut nodes = Vec::with_capacity(points.len());
    for point in points {
        nodes.push(root.directory(point, root.root_owned(if point == "tmp" { 0o1777 } else { 0o755 }))?);
    }
    let mut devices = BaseBuilder::new(BUILT_NS);
    dev::populate(&mut devices, &config.identity)?;
    let mut temporary = BaseBuilder::new(BUILT_NS);
    temporary.directory("/", temporary.root_owned(0o1777))?;
    let content = Arc::new(root.finish());
    let mut vfs = Vfs::new(MountSpec::tmpfs(content, 0, 1), Limits::default());
    let specs = [
        MountSpec::proc(2),
        MountSpec::sysfs(Arc::new(BaseTree::empty()), 3),
        MountSpec::tmpfs(Arc::new(temporary.finish()), 0, 4),
        MountSpec::tmpfs(Arc::new(devices.finish()), 0, 5),
    ];
    for (number, spec) in nodes.into_iter().zip(specs) {
        vfs.mount(Node { mount: 0, number: u64::from(number) }, spec).map_err(RootError::Mount)?;
    }
    let interface = Interface::ethernet("eth0", HARDWARE_ADDRESS, ADDRESS, 24);
    let mut sockets = Sockets::new(Network::with_ethernet(interface, Some((GATEWAY, GATEWAY_HARDWARE))));
    sockets.set_first_port(config.seed);
    Ok(Machine::new(config, vfs, sockets, outside))
}
