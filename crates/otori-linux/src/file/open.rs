//! Opening: from a path to an open file description with a descriptor.
//!
//! Key functions: [`Kernel::open_path`], [`Kernel::install`]. open(2), fifo(7), tty(4) for controlling terminals.
use super::{FileKind, OpenFile, flag, table::Descriptor};
use crate::{
    arena::Index,
    dev::Device,
    errno::Errno,
    kernel::Kernel,
    notice::NoticeKind,
    pipe::End,
    task::{Tid, limit::Resource},
    tty::TtyId,
    vfs::{Access, Create, Follow, Kind, Naming, Node, OpenRequest, Opened, Scope, change::event},
};

/// What open(2) was asked for, flags in the generic numbering.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening<'a> {
    pub(crate) at: Node,
    pub(crate) path: &'a [u8],
    pub(crate) flags: u32,
    pub(crate) mode: u16,
    /// where the path may not lead
    pub(crate) scope: Scope,
}

/// Flags that open(2) acts on and that F_GETFL does not show.
const NOT_KEPT: u32 =
    flag::CREATE | flag::EXCLUSIVE | flag::NO_TERMINAL | flag::TRUNCATE | flag::CLOSE_ON_EXEC;
/// What stays of an open with O_PATH.
const KEPT_WITH_PATH: u32 = flag::PATH | flag::DIRECTORY | flag::NO_FOLLOW;

/// The end of a pipe that an access mode opens.
fn end_of(flags: u32) -> End {
    match flags & flag::ACCESS {
        0 => End::Read,
        flag::WRITE_ONLY => End::Write,
        _ => End::Both,
    }
}

impl Opening<'_> {
    fn access(&self) -> Access {
        match self.flags & flag::ACCESS {
            _ if self.flags & flag::PATH != 0 => Access::Path,
            0 => Access::Read,
            flag::WRITE_ONLY => Access::Write,
            _ => Access::ReadWrite,
        }
    }
    fn request(&self, umask: u16) -> OpenRequest {
        let mode = self.mode & 0o7777 & !umask;
        let create = match (self.flags & flag::CREATE != 0, self.flags & flag::EXCLUSIVE != 0) {
            (false, _) => Create::No,
            (true, false) => Create::Mode(mode),
            (true, true) => Create::Exclusive(mode),
        };
        OpenRequest {
            access: self.access(),
            create,
            truncate: self.flags & flag::TRUNCATE != 0,
            directory: self.flags & flag::DIRECTORY != 0,
            follow: if self.flags & flag::NO_FOLLOW != 0 { Follow::No } else { Follow::Yes },
            scope: self.scope,
        }
    }
}

impl Kernel {
    /// Opens a path; gives the open file, which no descriptor has yet.
    pub(crate) fn open_path(&mut self, tid: Tid, opening: Opening<'_>) -> Result<Index<OpenFile>, Errno> {
        let pid = self.core.task(tid)?.pid;
        if self.core.files.len() >= self.core.config.limits.open_files {
            self.core.notify(pid, NoticeKind::Limit { limit: "open_files" });
            return Err(Errno::ENFILE);
        }
        if opening.flags & flag::UNNAMED != 0 {
            return self.open_new_unnamed(tid, opening);
        }
        let request = opening.request(self.core.process(pid)?.place.umask);
        let opened =
            self.with_files(tid, |vfs, context| vfs.open(context, opening.at, opening.path, request));
        let writes = request.access.writes();
        let opened = opened.inspect_err(|&error| {
            let path = opening.path.to_vec();
            self.core.notify(pid, NoticeKind::Open { path, write: writes, error: Some(error) });
        })?;
        if request.truncate && !opened.created {
            self.truncate_mapped(opened.node, 0);
        }
        if let Some((owner, number)) = opened.reopen {
            return self.open_again(owner, number, opening.flags);
        }
        if let Some(other) = opened.mounts_of {
            let root = self.core.process(other)?.place.root;
            let top = self.vfs.top_of(root);
            self.vfs.hold(top);
            let file = OpenFile::new(FileKind::Mounts(top), opening.flags & !NOT_KEPT);
            return Ok(self.core.files.insert(file));
        }
        let path = self.path_of(pid, opened.node);
        self.core.notify(pid, NoticeKind::Open { path: path.clone(), write: writes, error: None });
        let kind = if request.access == Access::Path {
            FileKind::Node
        } else {
            self.kind_of(tid, opened, opening.flags)?
        };
        let kept = if request.access == Access::Path { KEPT_WITH_PATH } else { !NOT_KEPT };
        let mut file = OpenFile::new(kind, opening.flags & kept);
        file.node = Some(opened.node);
        file.path = path;
        file.written = opened.created || request.truncate;
        self.vfs.hold(opened.node);
        if request.access != Access::Path {
            self.vfs.note(opened.node, event::OPEN);
        }
        Ok(self.core.files.insert(file))
    }

    /// O_TMPFILE: a file in that folder that has no name.
    fn open_new_unnamed(&mut self, tid: Tid, opening: Opening<'_>) -> Result<Index<OpenFile>, Errno> {
        let writes = matches!(opening.flags & flag::ACCESS, flag::WRITE_ONLY | flag::READ_WRITE);
        if !writes || opening.flags & flag::DIRECTORY == 0 || opening.flags & flag::CREATE != 0 {
            return Err(Errno::EINVAL);
        }
        let pid = self.core.task(tid)?.pid;
        let mode = opening.mode & 0o7777 & !self.core.process(pid)?.place.umask;
        let naming = if opening.flags & flag::EXCLUSIVE != 0 { Naming::Never } else { Naming::Allowed };
        let node = self.with_files(tid, |vfs, context| {
            let folder = vfs.lookup_within(context, opening.at, opening.path, Follow::Yes, opening.scope)?;
            vfs.make_unnamed(context, folder, mode, naming)
        })?;
        let path = self.path_of(pid, node);
        self.open_unnamed(pid, node, opening.flags & !NOT_KEPT, path)
    }

    /// An open file for a node that was just made.
    pub(crate) fn open_unnamed(
        &mut self,
        pid: u32,
        node: Node,
        flags: u32,
        path: alloc::vec::Vec<u8>,
    ) -> Result<Index<OpenFile>, Errno> {
        self.vfs.hold(node);
        if self.core.files.len() >= self.core.config.limits.open_files {
            self.vfs.release(node);
            return Err(Errno::ENFILE);
        }
        self.core.notify(pid, NoticeKind::Open { path: path.clone(), write: true, error: None });
        let mut file = OpenFile::new(FileKind::Node, flags);
        (file.node, file.path, file.written) = (Some(node), path, true);
        Ok(self.core.files.insert(file))
    }

    /// `/proc/PID/fd/N` of something without a name: a pipe is opened once more, at the end that `flags` ask for;
    /// anything else is the same description once more.
    fn open_again(&mut self, pid: u32, number: u32, flags: u32) -> Result<Index<OpenFile>, Errno> {
        let tid = *self.core.process(pid)?.threads.first().ok_or(Errno::ENOENT)?;
        let number = i32::try_from(number).map_err(|_| Errno::ENOENT)?;
        let descriptor = self.core.table_of(tid)?.get(number).map_err(|_| Errno::ENOENT)?;
        if let Some(OpenFile { kind: FileKind::Pipe(pipe, _), .. }) = self.core.files.get(descriptor.file) {
            let (pipe, end) = (*pipe, end_of(flags));
            self.core.pipes.open(pipe, end);
            return Ok(self.core.files.insert(OpenFile::new(FileKind::Pipe(pipe, end), flags & !NOT_KEPT)));
        }
        self.core.files.hold(descriptor.file);
        Ok(descriptor.file)
    }

    fn kind_of(&mut self, tid: Tid, opened: Opened, flags: u32) -> Result<FileKind, Errno> {
        match opened.kind {
            Kind::Character | Kind::Block => self.open_device(tid, opened, flags),
            Kind::Fifo => {
                let end = end_of(flags);
                Ok(FileKind::Pipe(self.core.pipes.open_named(self.vfs.identity(opened.node), end)?, end))
            }
            _ => Ok(FileKind::Node),
        }
    }

    fn open_device(&mut self, tid: Tid, opened: Opened, flags: u32) -> Result<FileKind, Errno> {
        let device = Device::from_number(opened.kind, opened.device).ok_or(Errno::ENXIO)?;
        let writes = flags & flag::ACCESS != 0;
        device.check_open(&self.core.config.identity, writes)?;
        let pid = self.core.task(tid)?.pid;
        let terminal = match device {
            Device::ControllingTty => self.core.process(pid)?.terminal.ok_or(Errno::ENXIO)?,
            Device::Console => match self.core.process(pid)?.terminal {
                Some(terminal) => terminal,
                None => return Ok(FileKind::Device(Device::Null)),
            },
            Device::TtySlave(number) => TtyId(number),
            Device::Watchdog => {
                self.core.open_watchdog(pid)?;
                return Ok(FileKind::Device(device));
            }
            Device::TtyMultiplexer => return Ok(FileKind::TtyMaster(self.open_terminal()?)),
            other => return Ok(FileKind::Device(other)),
        };
        self.core.ttys.open_slave(terminal)?;
        if flags & flag::NO_TERMINAL == 0 && device != Device::ControllingTty {
            self.core.adopt_terminal(pid, terminal);
        }
        Ok(FileKind::Tty(terminal))
    }

    /// Gives an open file the lowest free descriptor; on an error the file is released.
    pub(crate) fn install(
        &mut self,
        tid: Tid,
        file: Index<OpenFile>,
        close_on_exec: bool,
    ) -> Result<u64, Errno> {
        self.install_from(tid, file, close_on_exec, 0)
    }

    /// The same, from that number on.
    pub(crate) fn install_from(
        &mut self,
        tid: Tid,
        file: Index<OpenFile>,
        close_on_exec: bool,
        lowest: usize,
    ) -> Result<u64, Errno> {
        let pid = self.core.task(tid)?.pid;
        let (limit, _) = self.core.process(pid)?.limits.get(Resource::DESCRIPTORS);
        let limit =
            usize::try_from(limit).unwrap_or(usize::MAX).min(self.core.config.limits.descriptors_max());
        match self.core.table_of(tid)?.lowest_free(lowest, limit) {
            Ok(place) => {
                self.core.table_of_mut(tid)?.put(place, Descriptor { file, close_on_exec });
                Ok(place as u64)
            }
            Err(error) => {
                self.release_file(pid, file);
                Err(error)
            }
        }
    }

    /// Puts a new description of that kind into the table.
    pub(crate) fn install_new(&mut self, tid: Tid, kind: FileKind, flags: u32) -> Result<u64, Errno> {
        if self.core.files.len() >= self.core.config.limits.open_files {
            return Err(Errno::ENFILE);
        }
        let file = OpenFile::new(kind, flags & !flag::CLOSE_ON_EXEC);
        let file = self.core.files.insert(file);
        self.install(tid, file, flags & flag::CLOSE_ON_EXEC != 0)
    }

    /// The open file behind a descriptor; EBADF.
    pub(crate) fn file_index(&self, tid: Tid, number: i32) -> Result<Index<OpenFile>, Errno> {
        Ok(self.core.table_of(tid)?.get(number)?.file)
    }
    pub(crate) fn file(&self, tid: Tid, number: i32) -> Result<&OpenFile, Errno> {
        self.core.files.get(self.file_index(tid, number)?).ok_or(Errno::EBADF)
    }
    pub(crate) fn file_mut(&mut self, tid: Tid, number: i32) -> Result<&mut OpenFile, Errno> {
        let file = self.file_index(tid, number)?;
        self.core.files.get_mut(file).ok_or(Errno::EBADF)
    }
}

impl crate::kernel::Core {
    /// A session leader without a terminal gets the first one it opens.
    pub(crate) fn adopt_terminal(&mut self, pid: u32, terminal: TtyId) {
        let Ok(process) = self.process(pid) else { return };
        let (session, group) = (process.session, process.group);
        let free = self.ttys.session(terminal).is_none();
        if process.leads_session() && process.terminal.is_none() && free {
            self.ttys.set_session(terminal, Some(session), Some(group));
            for member in self.processes.values_mut().filter(|member| member.session == session) {
                member.terminal = Some(terminal);
            }
        }
    }
}
