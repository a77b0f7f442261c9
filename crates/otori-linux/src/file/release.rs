//! Closing: one user less of an open file, and what follows from the last one.
//!
//! Key function: [`Kernel::release_file`]. close(2), fcntl(2) about locks.
use super::{FileKind, OpenFile, flag, lock::Holder};
use crate::{
    arena::Index,
    config::Pid,
    errno::Errno,
    kernel::{Core, Kernel},
    notice::NoticeKind,
    task::waiting::WaitKey,
    tty::TtyId,
    vfs::{Kind, change::event},
};

impl Kernel {
    /// One descriptor less; `pid` is who closed it.
    pub(crate) fn release_file(&mut self, pid: Pid, index: Index<OpenFile>) {
        let node = self.core.files.get(index).and_then(|file| file.node);
        if let Some(node) = node.map(|node| self.vfs.identity(node))
            && self.core.locks.release(node, Holder::Process(pid))
        {
            self.core.wake(WaitKey::Lock);
        }
        let Some(file) = self.core.files.release(index) else {
            if !self.core.passed.is_empty() {
                self.collect_passed(pid);
            }
            return;
        };
        if file.watched {
            self.core.forget_watches(index);
        }
        match file.kind {
            FileKind::Pipe(pipe, end) => {
                self.core.pipes.close(pipe, end);
                self.core.wake(WaitKey::Pipe(pipe));
            }
            FileKind::Tty(terminal) => {
                self.core.ttys.close_slave(terminal);
                self.core.wake(WaitKey::Tty(terminal));
            }
            FileKind::TtyMaster(terminal) => self.close_terminal(terminal),
            FileKind::Socket(id) => {
                self.core.sockets.close(id, &mut *self.outside);
                self.drop_unheard(pid);
                self.core.wake(WaitKey::Sockets);
            }
            FileKind::Messages(number) => self.core.ipc.posix.release(number, pid),
            FileKind::Device(crate::dev::Device::Watchdog) => self.core.close_watchdog(),
            FileKind::Mounts(top) => {
                self.vfs.release(top);
                self.drop_space(top);
            }
            FileKind::Watch(watches) => self.vfs.count_watches(-(watches.len() as isize)),
            _ => {}
        }
        let Some(node) = file.node else { return };
        if file.flags & flag::PATH == 0 {
            let wrote = matches!(file.flags & flag::ACCESS, flag::WRITE_ONLY | flag::READ_WRITE);
            self.vfs.note(node, if wrote { event::CLOSE_WRITE } else { event::CLOSE_OTHER });
        }
        let held = self.core.locks.release(self.vfs.identity(node), Holder::Description(index));
        if held || file.flock.is_some() {
            self.core.wake(WaitKey::Lock);
        }
        let regular = self.vfs.kind(node) == Ok(Kind::File) && self.vfs.proc_node(node).is_none();
        if file.written && regular {
            self.core
                .notify(pid, NoticeKind::FileClosedAfterWrite { path: file.path, inode: node.number + 1 });
        }
        self.vfs.release(node);
    }
}

impl Kernel {
    /// A new terminal, as `/dev/pts/N` where the machine has devpts.
    pub(crate) fn open_terminal(&mut self) -> Result<TtyId, Errno> {
        let id = self.core.ttys.open()?;
        // a machine without devpts has terminals that only the driver knows
        let _ = self.vfs.add_terminal(id.0, 0, 5, self.core.wall_ns());
        Ok(id)
    }

    /// The controlling side of a terminal is gone: its name goes, who had it open hears a hang-up.
    pub(crate) fn close_terminal(&mut self, id: TtyId) {
        self.core.hang_up(id);
        let _ = self.vfs.remove_terminal(id.0, self.core.wall_ns());
    }
}

impl Core {
    fn forget_watches(&mut self, closed: Index<OpenFile>) {
        let epolls: alloc::vec::Vec<Index<OpenFile>> = self
            .files
            .iter()
            .filter(|(_, file)| matches!(file.kind, FileKind::Epoll(_)))
            .map(|(index, _)| index)
            .collect();
        for index in epolls {
            if let Some(OpenFile { kind: FileKind::Epoll(epoll), .. }) = self.files.get_mut(index) {
                epoll.forget(closed);
            }
        }
    }

    /// The far side of a terminal is gone.
    pub(crate) fn hang_up(&mut self, terminal: TtyId) {
        let session = self.ttys.session(terminal);
        self.ttys.hang_up(terminal);
        self.raise_terminal_signals();
        for process in self.processes.values_mut() {
            if session.is_some_and(|session| process.session == session) {
                process.terminal = None;
            }
        }
        self.wake(WaitKey::Tty(terminal));
    }
}
