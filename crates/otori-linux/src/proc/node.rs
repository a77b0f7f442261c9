//! Entries of procfs: their numbers, names, attributes and links; key type [`ProcNode`]. Neighbours: table.rs
//! lists the fixed ones, render comes from there.
use super::setting::{Settings, Written};
use super::table::{self, Body, INTERFACE, PROCESS, ROOT, Row};
use super::view::{DescriptorTarget, Magic, MemoryFile, ProcView};
use crate::errno::Errno;
use crate::net::{Interface, Ipv6};
use crate::vfs::{Capability, Context, Kind, Node, Vfs};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// One entry of procfs. Threads show as processes: `/proc/PID/task/TID` is `/proc/TID` without its `task`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcNode {
    /// a row of [`ROOT`]; row 0 is `/proc` itself
    Fixed(u16),
    /// a row of [`PROCESS`] for one process; row 0 is `/proc/PID` itself
    Process {
        /// process or thread
        pid: u32,
        /// row of the table
        row: u16,
        /// the process below whose `task` it was reached; 0 for `/proc/PID` itself
        group: u32,
    },
    /// `/proc/PID/fd/NUMBER`
    Descriptor {
        /// process
        pid: u32,
        /// descriptor
        number: u32,
    },
    /// `/proc/PID/fdinfo/NUMBER`
    DescriptorInfo {
        /// process
        pid: u32,
        /// descriptor
        number: u32,
    },
    /// `class/net/BRIDGE/brif/PORT`
    Port {
        /// number of the bridge
        bridge: u32,
        /// number of the port
        port: u32,
    },
    /// a row of [`INTERFACE`] for one network interface
    Interface {
        /// row of the table
        row: u16,
        /// its number, as the kernel counts interfaces
        interface: u32,
    },
}

/// Where a link of procfs leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// to a path, like any symbolic link
    Path(Vec<u8>),
    /// straight to a file, even an unlinked one
    Node(Node),
    /// to a pipe or socket: only opening it anew works
    Descriptor,
}

const FIELD: u64 = 0xff_ffff;

/// A thread has no `task` of its own: a walk through procfs ends.
fn shows(row: u16, group: u32) -> bool {
    group == 0 || !PROCESS.get(usize::from(row)).is_some_and(|row| matches!(row.body, Body::Tasks))
}

/// What is of IPv6 is there when the kernel knows it.
fn is_built_in(rows: &[Row], row: u16, view: &dyn ProcView) -> bool {
    let Some(path) = rows.get(usize::from(row)).map(|row| row.path) else { return false };
    let built = view.sockets().network.ipv6() == Ipv6::Present || !table::is_of_ipv6(path);
    built && path != table::SYSFS
}

impl ProcNode {
    /// The directory that sysfs shows as `class/net`.
    pub fn network_class() -> ProcNode {
        ProcNode::Fixed(table::find(ROOT, "class/net").unwrap_or(0))
    }

    /// The inode number in a [`Node`].
    pub fn number(self) -> u64 {
        let (tag, row, pid, number) = match self {
            ProcNode::Fixed(row) => (0, row, 0, 0),
            ProcNode::Process { pid, row, group } => (1, row, pid, group),
            ProcNode::Descriptor { pid, number } => (2, 0, pid, number),
            ProcNode::DescriptorInfo { pid, number } => (3, 0, pid, number),
            ProcNode::Interface { row, interface } => (4, row, 0, interface),
            ProcNode::Port { bridge, port } => (5, 0, bridge, port),
        };
        tag << 60
            | (u64::from(number) & FIELD) << 36
            | (u64::from(pid) & FIELD) << 12
            | u64::from(row) & 0xfff
    }

    /// The entry of an inode number.
    pub fn from_number(code: u64) -> Option<ProcNode> {
        let (row, pid) = ((code & 0xfff) as u16, (code >> 12 & FIELD) as u32);
        let number = (code >> 36 & FIELD) as u32;
        match code >> 60 {
            0 if usize::from(row) < ROOT.len() => Some(ProcNode::Fixed(row)),
            1 if usize::from(row) < PROCESS.len() => Some(ProcNode::Process { pid, row, group: number }),
            2 => Some(ProcNode::Descriptor { pid, number }),
            3 => Some(ProcNode::DescriptorInfo { pid, number }),
            4 if usize::from(row) < INTERFACE.len() => Some(ProcNode::Interface { row, interface: number }),
            5 => Some(ProcNode::Port { bridge: pid, port: number }),
            _ => None,
        }
    }

    /// `st_ino`: fixed entries count from where Linux numbers them.
    pub fn inode(self) -> u64 {
        match self {
            ProcNode::Fixed(0) => 1,
            ProcNode::Fixed(row) => 0xf000_0000 + u64::from(row),
            ProcNode::Process { pid, row, .. } => u64::from(pid) * 1024 + u64::from(row) + 2,
            ProcNode::Descriptor { pid, number } => u64::from(pid) * 1024 + 256 + u64::from(number),
            ProcNode::DescriptorInfo { pid, number } => u64::from(pid) * 1024 + 640 + u64::from(number),
            ProcNode::Interface { row, interface } => {
                0xf000_1000 + u64::from(interface) * 256 + u64::from(row)
            }
            ProcNode::Port { bridge, port } => 0xf100_0000 + u64::from(bridge) * 256 + u64::from(port),
        }
    }

    /// The kind of the entry.
    pub fn kind(self) -> Kind {
        match self {
            ProcNode::Descriptor { .. } | ProcNode::Port { .. } => Kind::Link,
            ProcNode::DescriptorInfo { .. } => Kind::File,
            _ => match self.row().body {
                Body::Directory | Body::Tasks | Body::Descriptors | Body::DescriptorInfos => Kind::Directory,
                Body::Text(_)
                | Body::ProcessText(_)
                | Body::Setting(_)
                | Body::Value(_)
                | Body::Memory(_)
                | Body::OfInterface(_) => Kind::File,
                Body::SelfLink
                | Body::ThreadLink
                | Body::Path(_)
                | Body::Magic(_)
                | Body::OfMaster
                | Body::Mounts => Kind::Link,
            },
        }
    }

    fn row(self) -> &'static Row {
        let row = match self {
            ProcNode::Fixed(row) => ROOT.get(usize::from(row)),
            ProcNode::Process { row, .. } => PROCESS.get(usize::from(row)),
            ProcNode::Interface { row, .. } => INTERFACE.get(usize::from(row)),
            ProcNode::Descriptor { .. } | ProcNode::DescriptorInfo { .. } | ProcNode::Port { .. } => None,
        };
        row.unwrap_or(&table::NOTHING)
    }

    /// Mode, owner and group.
    pub fn attributes(self, view: &dyn ProcView) -> (u16, u32, u32) {
        match self {
            ProcNode::Fixed(_) | ProcNode::Interface { .. } => (self.row().mode, 0, 0),
            ProcNode::Port { .. } => (0o777, 0, 0),
            ProcNode::Process { pid, .. } => {
                let (uid, gid) = view.owner(pid).unwrap_or((0, 0));
                (self.row().mode, uid, gid)
            }
            ProcNode::Descriptor { pid, number } => {
                let (uid, gid) = view.owner(pid).unwrap_or((0, 0));
                let mode = view.descriptor(pid, number).map_or(0, |open| {
                    0o100 | if open.readable { 0o400 } else { 0 } | if open.writable { 0o200 } else { 0 }
                });
                (mode, uid, gid)
            }
            ProcNode::DescriptorInfo { pid, .. } => {
                let (uid, gid) = view.owner(pid).unwrap_or((0, 0));
                (0o400, uid, gid)
            }
        }
    }

    /// `st_nlink` of a directory.
    pub fn links(self, view: &dyn ProcView) -> u32 {
        match self {
            ProcNode::Fixed(0) => 40 + view.pids().len() as u32,
            _ => {
                2 + self
                    .entries(view, 0)
                    .iter()
                    .filter(|(_, _, child)| child.kind() == Kind::Directory)
                    .count() as u32
            }
        }
    }

    /// The process whose name space of mounts it is.
    pub fn mounts_of(self) -> Option<u32> {
        match (self, self.row().body) {
            (ProcNode::Process { pid, .. }, Body::Mounts) => Some(pid),
            _ => None,
        }
    }

    /// The process whose memory it shows, and how.
    pub fn memory_file(self) -> Option<(u32, MemoryFile)> {
        match (self, self.row().body) {
            (ProcNode::Process { pid, .. }, Body::Memory(which)) => Some((pid, which)),
            _ => None,
        }
    }

    /// The entry's own name in a listing.
    pub fn listed_name(self, view: &dyn ProcView) -> Vec<u8> {
        match self {
            ProcNode::Interface { interface, .. } if self.row().path.ends_with("/*") => {
                name_of_interface(interface, view).into_bytes()
            }
            ProcNode::Port { port, .. } => name_of_interface(port, view).into_bytes(),
            _ => self.name(),
        }
    }

    /// The entry's own name; an interface is named by its number only, since the table of names is elsewhere.
    pub fn name(self) -> Vec<u8> {
        match self {
            ProcNode::Interface { interface, .. } if self.row().path.ends_with("/*") => {
                format!("if{interface}").into_bytes()
            }
            ProcNode::Port { port, .. } => format!("if{port}").into_bytes(),
            ProcNode::Process { pid, row: 0, .. } => format!("{pid}").into_bytes(),
            ProcNode::Descriptor { number, .. } | ProcNode::DescriptorInfo { number, .. } => {
                format!("{number}").into_bytes()
            }
            _ => table::last(self.row().path).as_bytes().to_vec(),
        }
    }

    /// The directory above.
    pub fn parent(self) -> ProcNode {
        match self {
            ProcNode::Fixed(_) => ProcNode::Fixed(table::parent(ROOT, self.row().path)),
            ProcNode::Process { row: 0, group: 0, .. } => ProcNode::Fixed(0),
            ProcNode::Process { row: 0, group, .. } => {
                ProcNode::Process { pid: group, row: table::find(PROCESS, "task").unwrap_or(0), group: 0 }
            }
            ProcNode::Process { pid, group, .. } => {
                ProcNode::Process { pid, row: table::parent(PROCESS, self.row().path), group }
            }
            ProcNode::Descriptor { pid, .. } => {
                ProcNode::Process { pid, row: table::find(PROCESS, "fd").unwrap_or(0), group: 0 }
            }
            ProcNode::DescriptorInfo { pid, .. } => {
                ProcNode::Process { pid, row: table::find(PROCESS, "fdinfo").unwrap_or(0), group: 0 }
            }
            ProcNode::Port { bridge, .. } => ProcNode::Interface {
                row: table::find(INTERFACE, table::PORTS).unwrap_or(0),
                interface: bridge,
            },
            ProcNode::Interface { interface, .. } => match self.row().path.strip_suffix("/*") {
                Some(above) => ProcNode::Fixed(table::find(ROOT, above).unwrap_or(0)),
                None => ProcNode::Interface { row: table::parent(INTERFACE, self.row().path), interface },
            },
        }
    }

    /// The entry under a name of this directory.
    pub fn child(self, name: &[u8], view: &dyn ProcView) -> Option<ProcNode> {
        let text = core::str::from_utf8(name).ok()?;
        let number = decimal(text);
        match self {
            ProcNode::Fixed(0) if number.is_some() => {
                let pid = number?;
                view.owner(pid).map(|_| ProcNode::Process { pid, row: 0, group: 0 })
            }
            ProcNode::Fixed(row) => {
                let path = ROOT.get(usize::from(row))?.path;
                if let Some(child) = table::child(ROOT, path, text) {
                    return is_built_in(ROOT, child, view).then_some(ProcNode::Fixed(child));
                }
                let row = table::of_interfaces(path)?;
                let (interface, _) = interfaces(view).into_iter().find(|(_, name)| name == text)?;
                Some(ProcNode::Interface { row, interface })
            }
            ProcNode::Interface { row, interface } => {
                let path = INTERFACE.get(usize::from(row))?.path;
                if path == table::PORTS {
                    let port = view.sockets().network.interface(text)?;
                    let master = port.master.filter(|(bridge, _)| *bridge == interface);
                    return master.map(|(bridge, _)| ProcNode::Port { bridge, port: port.number });
                }
                let row = table::child(INTERFACE, path, text)?;
                has_row(row, interface, view).then_some(ProcNode::Interface { row, interface })
            }
            ProcNode::Process { pid, row, group } => {
                view.owner(pid)?;
                match self.row().body {
                    Body::Tasks => {
                        let thread = number.filter(|thread| view.threads(pid).contains(thread))?;
                        Some(ProcNode::Process { pid: thread, row: 0, group: pid })
                    }
                    Body::Descriptors => view
                        .descriptor(pid, number?)
                        .map(|_| ProcNode::Descriptor { pid, number: number.unwrap_or(0) }),
                    Body::DescriptorInfos => view
                        .descriptor(pid, number?)
                        .map(|_| ProcNode::DescriptorInfo { pid, number: number.unwrap_or(0) }),
                    _ => table::child(PROCESS, PROCESS.get(usize::from(row))?.path, text)
                        .filter(|row| shows(*row, group) && is_built_in(PROCESS, *row, view))
                        .map(|row| ProcNode::Process { pid, row, group }),
                }
            }
            _ => None,
        }
    }

    /// The names of this directory from position `from` with their positions.
    pub fn entries(self, view: &dyn ProcView, from: u64) -> Vec<(u64, Vec<u8>, ProcNode)> {
        let mut found = Vec::new();
        match self {
            ProcNode::Fixed(row) => {
                let children = table::children(ROOT, usize::from(row)).into_iter();
                for child in children.filter(|row| is_built_in(ROOT, *row, view)) {
                    found.push((u64::from(child), ProcNode::Fixed(child)));
                }
                let path = ROOT.get(usize::from(row)).map_or("", |row| row.path);
                if let Some(row) = table::of_interfaces(path) {
                    let of = |(interface, _)| {
                        (2048 + u64::from(interface), ProcNode::Interface { row, interface })
                    };
                    found.extend(interfaces(view).into_iter().map(of));
                }
                if row == 0 {
                    let processes = view.pids().into_iter();
                    found.extend(
                        processes
                            .map(|pid| (4096 + u64::from(pid), ProcNode::Process { pid, row: 0, group: 0 })),
                    );
                }
            }
            ProcNode::Process { pid, row, group } => match self.row().body {
                Body::Tasks => found.extend(view.threads(pid).into_iter().map(|thread| {
                    (u64::from(thread), ProcNode::Process { pid: thread, row: 0, group: pid })
                })),
                Body::Descriptors => found.extend(
                    view.descriptors(pid)
                        .into_iter()
                        .map(|number| (u64::from(number), ProcNode::Descriptor { pid, number })),
                ),
                Body::DescriptorInfos => found.extend(
                    view.descriptors(pid)
                        .into_iter()
                        .map(|number| (u64::from(number), ProcNode::DescriptorInfo { pid, number })),
                ),
                _ => {
                    for row in table::children(PROCESS, usize::from(row))
                        .into_iter()
                        .filter(|row| shows(*row, group) && is_built_in(PROCESS, *row, view))
                    {
                        found.push((u64::from(row), ProcNode::Process { pid, row, group }));
                    }
                }
            },
            ProcNode::Interface { row, interface } => {
                let rows = table::children(INTERFACE, usize::from(row)).into_iter();
                for row in rows.filter(|row| has_row(*row, interface, view)) {
                    found.push((u64::from(row), ProcNode::Interface { row, interface }));
                }
                if self.row().path == table::PORTS {
                    let port = |port: u32| (u64::from(port), ProcNode::Port { bridge: interface, port });
                    found.extend(view.sockets().network.ports_of(interface).into_iter().map(port));
                }
            }
            _ => {}
        }
        let wanted = found.into_iter().filter(|(position, _)| *position >= from);
        wanted.map(|(position, child)| (position, child.listed_name(view), child)).collect()
    }

    /// Where a link leads; only the owner and root may follow those of a process.
    pub fn target(self, vfs: &Vfs, context: &Context) -> Result<LinkTarget, Errno> {
        let view = context.view;
        match self {
            ProcNode::Fixed(_) => match self.row().body {
                Body::SelfLink => Ok(LinkTarget::Path(format!("{}", view.caller()).into_bytes())),
                Body::ThreadLink => {
                    let path = format!("{}/task/{}", view.caller(), view.caller_thread());
                    Ok(LinkTarget::Path(path.into_bytes()))
                }
                Body::Path(path) => Ok(LinkTarget::Path(path.as_bytes().to_vec())),
                _ => Err(Errno::EINVAL),
            },
            ProcNode::Process { pid, .. } => {
                let which = match self.row().body {
                    Body::Magic(which) => which,
                    Body::Mounts => return may_inspect(pid, context).map(|()| LinkTarget::Descriptor),
                    _ => return Err(Errno::EINVAL),
                };
                may_inspect(pid, context)?;
                let node = view.magic(pid, which).or((which == Magic::Root).then(|| vfs.root()));
                node.map(LinkTarget::Node).ok_or(Errno::ENOENT)
            }
            ProcNode::Descriptor { pid, number } => {
                may_inspect(pid, context)?;
                match view.descriptor(pid, number).ok_or(Errno::ENOENT)?.target {
                    DescriptorTarget::Node(node) => Ok(LinkTarget::Node(node)),
                    _ => Ok(LinkTarget::Descriptor),
                }
            }
            ProcNode::Port { port, .. } => {
                let name = name_of_interface(port, view);
                Ok(LinkTarget::Path(format!("../../{name}/brport").into_bytes()))
            }
            ProcNode::Interface { interface, .. } if matches!(self.row().body, Body::OfMaster) => {
                let master =
                    interface_of(interface, view).and_then(|found| found.master).ok_or(Errno::ENOENT)?;
                let up = if self.row().path.contains("brport") { "../../" } else { "../" };
                Ok(LinkTarget::Path(format!("{up}{}", name_of_interface(master.0, view)).into_bytes()))
            }
            ProcNode::DescriptorInfo { .. } | ProcNode::Interface { .. } => Err(Errno::EINVAL),
        }
    }

    /// What readlink shows for a descriptor that is no file.
    pub fn descriptor_text(self, vfs: &Vfs, view: &dyn ProcView) -> Result<Vec<u8>, Errno> {
        let mounts = |root| format!("mnt:[{}]", vfs.space_number(root)).into_bytes();
        if let Some(pid) = self.mounts_of() {
            return Ok(mounts(view.magic(pid, Magic::Root).unwrap_or_else(|| vfs.root())));
        }
        let ProcNode::Descriptor { pid, number } = self else { return Err(Errno::EINVAL) };
        Ok(match view.descriptor(pid, number).ok_or(Errno::ENOENT)?.target {
            DescriptorTarget::Pipe(inode) => format!("pipe:[{inode}]").into_bytes(),
            DescriptorTarget::Socket(inode) => format!("socket:[{inode}]").into_bytes(),
            DescriptorTarget::Anonymous(name) => format!("anon_inode:{name}").into_bytes(),
            DescriptorTarget::Mounts(top) => mounts(top),
            DescriptorTarget::Node(_) => return Err(Errno::EINVAL),
        })
    }

    /// The text of a file.
    pub fn render(self, vfs: &Vfs, context: &Context) -> Result<Vec<u8>, Errno> {
        let view = context.view;
        match self {
            ProcNode::Fixed(_) => match self.row().body {
                Body::Text(render) => Ok(render(vfs, view)),
                Body::Value(text) => {
                    let first = |_: &dyn ProcView| [text.as_bytes(), b"\n"].concat();
                    Ok(vfs.settings.value(self.row().path, first, view))
                }
                Body::Setting(default) => Ok(vfs.settings.value(self.row().path, default, view)),
                _ => Err(Errno::EISDIR),
            },
            ProcNode::Process { pid, .. } => match self.row().body {
                Body::ProcessText(render) => {
                    if self.row().mode & 0o044 == 0 {
                        may_inspect(pid, context)?;
                    }
                    let process = view.process(pid).ok_or(Errno::ESRCH)?;
                    Ok(render(vfs, view, &process))
                }
                Body::Memory(_) => Err(Errno::EIO),
                _ => Err(Errno::EISDIR),
            },
            ProcNode::DescriptorInfo { pid, number } => {
                may_inspect(pid, context)?;
                let open = view.descriptor(pid, number).ok_or(Errno::ENOENT)?;
                let mount = match open.target {
                    DescriptorTarget::Node(node) => vfs.mount_of(node).map_or(0, |mount| mount.id),
                    // what has no name lies in mounts that nobody sees
                    DescriptorTarget::Pipe(_) => 8,
                    DescriptorTarget::Socket(_) => 7,
                    DescriptorTarget::Mounts(_) => 4,
                    DescriptorTarget::Anonymous(_) => 9,
                };
                let (offset, flags) = (open.offset, open.flags);
                Ok(format!("pos:\t{offset}\nflags:\t0{flags:o}\nmnt_id:\t{mount}\n").into_bytes())
            }
            ProcNode::Interface { interface, .. } => match self.row().body {
                Body::Value(text) => {
                    let path = self.row().path.replace('*', &name_of_interface(interface, view));
                    let first = |_: &dyn ProcView| [text.as_bytes(), b"\n"].concat();
                    Ok(vfs.settings.value(&path, first, view))
                }
                Body::OfInterface(render) => {
                    let found = interface_of(interface, view).ok_or(Errno::ENODEV)?;
                    let mut value = render(found, interface).ok_or(Errno::EINVAL)?;
                    value.push('\n');
                    Ok(value.into_bytes())
                }
                _ => Err(Errno::EISDIR),
            },
            ProcNode::Descriptor { .. } | ProcNode::Port { .. } => Err(Errno::EINVAL),
        }
    }

    /// Takes what is written: settings are kept, those that the kernel must act on are returned.
    pub fn write(self, settings: &mut Settings, view: &dyn ProcView, bytes: &[u8]) -> Result<Written, Errno> {
        match self {
            ProcNode::Fixed(_) => match self.row().body {
                Body::Setting(_) | Body::Value(_) => Ok(settings.write(self.row().path, bytes)),
                // files of the machine that have no way to be written
                _ => Err(Errno::EIO),
            },
            ProcNode::Process { pid, .. } => {
                view.owner(pid).ok_or(Errno::ESRCH)?;
                super::setting::write_process(self.row().path, pid, bytes)
            }
            ProcNode::Interface { interface, .. } if matches!(self.row().body, Body::OfInterface(_)) => {
                super::setting::write_interface(self.row().path, interface, bytes)
            }
            ProcNode::Interface { interface, .. } => {
                let path = self.row().path.replace('*', &name_of_interface(interface, view));
                Ok(settings.write(&path, bytes))
            }
            _ => Err(Errno::EINVAL),
        }
    }
}

/// Interfaces with their numbers; aliases have no settings of their own.
fn interfaces(view: &dyn ProcView) -> Vec<(u32, String)> {
    let own = view.sockets().network.interfaces.iter().filter(|interface| !interface.is_alias());
    own.map(|interface| (interface.number, interface.name.clone())).collect()
}
/// What only bridges and their ports have is not there on other interfaces.
fn has_row(row: u16, interface: u32, view: &dyn ProcView) -> bool {
    let path = INTERFACE.get(usize::from(row)).map_or("", |row| row.path);
    let Some(rest) = path.strip_prefix("class/net/*/") else { return true };
    let found = interface_of(interface, view);
    match rest.split('/').next() {
        Some("bridge" | "brif" | "brforward") => found.is_some_and(|found| found.bridge().is_some()),
        Some("brport" | "master") => found.is_some_and(|found| found.master.is_some()),
        _ => true,
    }
}
fn interface_of(number: u32, view: &dyn ProcView) -> Option<&Interface> {
    view.sockets().network.numbered(number)
}
fn name_of_interface(number: u32, view: &dyn ProcView) -> String {
    interface_of(number, view).map_or_else(String::new, |interface| interface.name.clone())
}

/// ptrace access as proc(5) asks for: same user, or root.
fn may_inspect(pid: u32, context: &Context) -> Result<(), Errno> {
    let (uid, _) = context.view.owner(pid).ok_or(Errno::ENOENT)?;
    if context.credentials.can(Capability::SYS_PTRACE) || context.credentials.uid == uid {
        Ok(())
    } else {
        Err(Errno::EACCES)
    }
}

/// A pid or descriptor as the kernel accepts it: digits without leading zero.
fn decimal(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok().filter(|number| u64::from(*number) <= FIELD) } else { None }
}
