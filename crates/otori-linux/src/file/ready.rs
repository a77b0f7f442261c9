//! What open files are ready for, what changes that, and when it changes by itself.
//!
//! Key functions: [`Kernel::readiness`], [`Core::wait_keys`]. Neighbours: `io.rs` reads and writes, `epoll.rs` keeps what
//! is watched. poll(2), epoll(7).
use super::{FileKind, OpenFile, epoll::Readiness, host::HostStream};
use crate::{
    arena::Index,
    kernel::{Core, Kernel},
    poll::PollMask,
    task::waiting::WaitKey,
};
use alloc::{vec, vec::Vec};

/// Epoll instances that watch one another are followed this deep.
const EPOLL_DEPTH_MAX: u32 = 4;
/// Files that are asked on the way; instances beyond are not looked into (Linux bounds the paths instead).
const EPOLL_VISITS_MAX: u32 = 4_096;
/// Instructions that asking one file costs.
const READINESS_COST: u64 = 15;

impl Kernel {
    /// What a file is ready for.
    pub(crate) fn readiness(&mut self, index: Index<OpenFile>) -> PollMask {
        let mut visits = 0;
        let mask = self.readiness_within(index, 0, &mut visits);
        self.core.charge(READINESS_COST * u64::from(visits));
        mask
    }

    /// `depth` counts epoll instances inside epoll instances, `visits` the files that were asked.
    fn readiness_within(&mut self, index: Index<OpenFile>, depth: u32, visits: &mut u32) -> PollMask {
        *visits += 1;
        let Some(file) = self.core.files.get(index) else { return PollMask::NVAL };
        let core = &self.core;
        match &file.kind {
            FileKind::Node | FileKind::Device(_) | FileKind::Mounts(_) => PollMask::IN | PollMask::OUT,
            FileKind::Pipe(pipe, end) => core.pipes.poll(*pipe, *end),
            FileKind::Tty(terminal) => core.ttys.slave_poll(*terminal),
            FileKind::TtyMaster(terminal) => core.ttys.master_poll(*terminal),
            FileKind::Host(stream) => core.host.readiness(*stream),
            FileKind::Event(counter) => counter.readiness(),
            FileKind::Timer(timer) => PollMask::NONE.with(PollMask::IN, timer.is_due(core.now_ns)),
            FileKind::Signals(set) => PollMask::NONE.with(PollMask::IN, core.has_pending(*set)),
            FileKind::Process(process) => PollMask::NONE.with(PollMask::IN, core.has_ended(*process)),
            FileKind::Watch(watches) => PollMask::NONE.with(PollMask::IN, watches.is_ready()),
            FileKind::Messages(number) => match core.ipc.posix.get(*number) {
                Ok(queue) => {
                    PollMask::NONE.with(PollMask::IN, queue.len() > 0).with(PollMask::OUT, !queue.is_full())
                }
                Err(_) => PollMask::NVAL,
            },
            FileKind::Socket(id) => {
                let id = *id;
                self.core.sockets.poll(id, &mut *self.outside)
            }
            FileKind::Epoll(_) if depth >= EPOLL_DEPTH_MAX || *visits > EPOLL_VISITS_MAX => PollMask::NONE,
            FileKind::Epoll(epoll) => {
                let mut copy = epoll.as_ref().clone();
                *visits += copy.files().len() as u32;
                let any =
                    !copy.collect(1, |watched| self.stirred_within(watched, depth + 1, visits)).is_empty();
                PollMask::NONE.with(PollMask::IN, any)
            }
        }
    }

    /// What a watched file is ready for, with how often it was stirred: to be read, to be written to.
    pub(crate) fn stirred_readiness(&mut self, index: Index<OpenFile>) -> Readiness {
        let mut visits = 0;
        let readiness = self.stirred_within(index, 0, &mut visits);
        self.core.charge(READINESS_COST * u64::from(visits));
        readiness
    }

    fn stirred_within(&mut self, index: Index<OpenFile>, depth: u32, visits: &mut u32) -> Readiness {
        let mask = self.readiness_within(index, depth, visits).with_normal();
        let stirred = match self.core.files.get(index).map(|file| &file.kind) {
            Some(FileKind::Socket(id)) => self.core.sockets.stirred(*id),
            _ => (0, 0),
        };
        Readiness { mask, stirred }
    }
}

impl Core {
    /// What changes when a file gets ready.
    pub(crate) fn wait_keys(&self, index: Index<OpenFile>) -> Vec<WaitKey> {
        self.keys_within(index, &mut 0)
    }

    fn keys_within(&self, index: Index<OpenFile>, visits: &mut u32) -> Vec<WaitKey> {
        *visits += 1;
        let Some(file) = self.files.get(index) else { return Vec::new() };
        match &file.kind {
            FileKind::Pipe(pipe, _) => vec![WaitKey::Pipe(*pipe)],
            FileKind::Tty(terminal) | FileKind::TtyMaster(terminal) => vec![WaitKey::Tty(*terminal)],
            FileKind::Socket(_) => vec![WaitKey::Sockets],
            FileKind::Host(HostStream::Input) => vec![WaitKey::HostInput],
            FileKind::Host(_) => vec![WaitKey::HostOutput],
            FileKind::Event(_) | FileKind::Timer(_) | FileKind::Watch(_) => vec![WaitKey::File(index)],
            FileKind::Messages(number) => vec![WaitKey::PosixMessages(*number)],
            FileKind::Process(process) => vec![WaitKey::End(process.pid)],
            FileKind::Signals(_) => {
                let pid = self.task(self.current).map_or(0, |task| task.pid);
                vec![WaitKey::Signals(pid)]
            }
            // instances that watch one another make no ring: epoll_ctl refuses it
            FileKind::Epoll(_) if *visits > EPOLL_VISITS_MAX => vec![WaitKey::File(index)],
            FileKind::Epoll(epoll) => {
                let watched = epoll.files().into_iter().flat_map(|watched| self.keys_within(watched, visits));
                watched.chain([WaitKey::File(index)]).collect()
            }
            FileKind::Node | FileKind::Device(_) | FileKind::Mounts(_) => Vec::new(),
        }
    }

    /// When a file gets ready by itself: timers, terminals with VTIME.
    pub(crate) fn ready_at(&self, index: Index<OpenFile>) -> Option<u64> {
        match &self.files.get(index)?.kind {
            FileKind::Timer(timer) => timer.next_ns,
            FileKind::Epoll(epoll) => epoll
                .files()
                .into_iter()
                .filter_map(|watched| match &self.files.get(watched)?.kind {
                    FileKind::Timer(timer) => timer.next_ns,
                    _ => None,
                })
                .min(),
            _ => None,
        }
    }
}
