//! Descriptors on their way through UNIX sockets (SCM_RIGHTS). Key type: [`Passed`].
//!
//! Each bundle belongs to a place in what its receiver has to read: a byte of a stream, or a datagram. Who reads the
//! place without asking for descriptors lets them go. unix(7) "Ancillary messages".
use super::{FileKind, OpenFile};
use crate::{
    arena::Index,
    config::Pid,
    errno::Errno,
    kernel::{Core, Kernel},
    net::SocketId,
};
use alloc::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    vec::Vec,
};

/// Descriptors on their way in one machine; then ETOOMANYREFS.
const PASSED_MAX: usize = 256;
/// Descriptors of one message (SCM_MAX_FD).
pub(crate) const BUNDLE_MAX: usize = 253;

/// Open files beside one message: where it begins and ends in what its receiver has to read.
#[derive(Clone, Debug)]
struct Bundle {
    start: u64,
    end: u64,
    files: Vec<Index<OpenFile>>,
}

/// Bundles by receiver, each with its place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Passed {
    bundles: BTreeMap<SocketId, VecDeque<Bundle>>,
}

impl Passed {
    /// The end of the first message with descriptors behind that place: a stream is not read past it in one go.
    pub(crate) fn end_after(&self, socket: SocketId, place: u64) -> Option<u64> {
        let ends = self.bundles.get(&socket)?.iter().map(|bundle| bundle.end);
        ends.filter(|end| *end > place).min()
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.bundles.is_empty()
    }
    fn count(&self) -> usize {
        self.bundles.values().flatten().map(|bundle| bundle.files.len()).sum()
    }
}

impl Kernel {
    /// Sends open files along, to be read at that place.
    ///
    /// # Errors
    /// ETOOMANYREFS at the limit.
    pub(crate) fn pass_files(
        &mut self,
        to: SocketId,
        place: core::ops::Range<u64>,
        files: Vec<Index<OpenFile>>,
    ) -> Result<(), Errno> {
        if self.core.passed.count() + files.len() > PASSED_MAX {
            return Err(Errno::ETOOMANYREFS);
        }
        files.iter().for_each(|file| self.core.files.hold(*file));
        let bundle = Bundle { start: place.start, end: place.end, files };
        self.core.passed.bundles.entry(to).or_default().push_back(bundle);
        Ok(())
    }
    /// The message was not sent after all.
    pub(crate) fn unpass_files(&mut self, pid: Pid, to: SocketId) {
        let last = self.core.passed.bundles.get_mut(&to).and_then(VecDeque::pop_back);
        for file in last.map(|bundle| bundle.files).unwrap_or_default() {
            self.release_file(pid, file);
        }
    }
    /// Takes the bundles of every place before `end`.
    pub(crate) fn take_passed(&mut self, socket: SocketId, end: u64) -> Vec<Index<OpenFile>> {
        let Some(bundles) = self.core.passed.bundles.get_mut(&socket) else { return Vec::new() };
        let mut taken = Vec::new();
        while let Some(bundle) = bundles.pop_front_if(|bundle| bundle.start < end) {
            taken.extend(bundle.files);
        }
        if bundles.is_empty() {
            self.core.passed.bundles.remove(&socket);
        }
        taken
    }
    /// What was read without asking for descriptors, or will never be read.
    pub(crate) fn drop_passed(&mut self, pid: Pid, socket: SocketId, end: u64) {
        for file in self.take_passed(socket, end) {
            self.release_file(pid, file);
        }
    }

    /// Lets sockets go that only descriptors on their way still refer to: sent to themselves, or to each other in a
    /// ring. Called when a descriptor of a socket was closed; the rule is that of net/unix/garbage.c of Linux.
    pub(crate) fn collect_passed(&mut self, pid: Pid) {
        for socket in self.core.lost_sockets() {
            self.drop_passed(pid, socket, u64::MAX);
        }
    }

    /// Lets go what was sent to sockets that are gone: closed, or not accepted before their listener was.
    pub(crate) fn drop_unheard(&mut self, pid: Pid) {
        let sockets = &self.core.sockets;
        let receivers = self.core.passed.bundles.keys();
        let gone: Vec<SocketId> =
            receivers.filter(|receiver| !sockets.is_open(**receiver)).copied().collect();
        for socket in gone {
            self.drop_passed(pid, socket, u64::MAX);
        }
    }
}

impl Core {
    /// Sockets whose every user is on its way to one of them, and those that wait for such a one to accept them.
    fn lost_sockets(&self) -> BTreeSet<SocketId> {
        let socket = |file: &Index<OpenFile>| match self.files.get(*file)?.kind {
            FileKind::Socket(id) => Some(id),
            _ => None,
        };
        let files = |bundles: &VecDeque<Bundle>| -> Vec<Index<OpenFile>> {
            bundles.iter().flat_map(|bundle| bundle.files.iter().copied()).collect()
        };
        let mut on_their_way: BTreeMap<Index<OpenFile>, u32> = BTreeMap::new();
        for file in self.passed.bundles.values().flat_map(files) {
            *on_their_way.entry(file).or_default() += 1;
        }
        let only_there = |(file, count): (&Index<OpenFile>, &u32)| {
            if self.files.users(*file) == *count { socket(file) } else { None }
        };
        let mut lost: BTreeSet<SocketId> = on_their_way.iter().filter_map(only_there).collect();
        let waiting = |listener| self.sockets.waiting(listener).map(move |waits| (waits, listener));
        let listeners: BTreeMap<SocketId, SocketId> = lost.iter().copied().flat_map(waiting).collect();
        // what is on its way to a socket that somebody can read from is not lost, nor what is on its way to that
        loop {
            let is_lost = |receiver| lost.contains(listeners.get(receiver).unwrap_or(receiver));
            let kept = self.passed.bundles.iter().filter(|(receiver, _)| !is_lost(receiver));
            let kept: Vec<SocketId> =
                kept.flat_map(|(_, bundles)| files(bundles)).filter_map(|file| socket(&file)).collect();
            let before = lost.len();
            kept.iter().for_each(|socket| _ = lost.remove(socket));
            if lost.len() == before {
                let unheard = listeners.into_iter().filter(|(_, listener)| lost.contains(listener));
                let unheard: Vec<SocketId> = unheard.map(|(waits, _)| waits).collect();
                lost.extend(unheard);
                return lost;
            }
        }
    }
}
