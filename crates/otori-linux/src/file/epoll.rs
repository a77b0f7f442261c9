//! The watched descriptors of an epoll instance: epoll(7).
//!
//! Key types: [`Epoll`], [`Watch`]. Readiness is asked of the files when epoll_wait runs; edge-triggered watches
//! report again what was not ready meanwhile: after each call on such a file [`Epoll::observe`] looks.
use super::OpenFile;
use crate::{arena::Index, errno::Errno, poll::PollMask};
use alloc::{collections::BTreeMap, vec::Vec};

/// EPOLLET and EPOLLONESHOT.
pub(crate) const EDGE: u32 = 1 << 31;
pub(crate) const ONE_SHOT: u32 = 1 << 30;

/// One watched file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watch {
    pub(crate) events: u32,
    pub(crate) data: u64,
    pub(crate) reported: PollMask,
    pub(crate) disabled: bool,
}

/// Watches by descriptor number and open file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Epoll {
    watches: BTreeMap<(i32, Index<OpenFile>), Watch>,
}

impl Epoll {
    pub(crate) fn add(
        &mut self,
        key: (i32, Index<OpenFile>),
        events: u32,
        data: u64,
        limit: usize,
    ) -> Result<(), Errno> {
        if self.watches.contains_key(&key) {
            return Err(Errno::EEXIST);
        }
        if self.watches.len() >= limit {
            return Err(Errno::ENOSPC);
        }
        self.watches.insert(key, Watch { events, data, reported: PollMask::NONE, disabled: false });
        Ok(())
    }
    pub(crate) fn change(
        &mut self,
        key: (i32, Index<OpenFile>),
        events: u32,
        data: u64,
    ) -> Result<(), Errno> {
        let watch = self.watches.get_mut(&key).ok_or(Errno::ENOENT)?;
        *watch = Watch { events, data, reported: PollMask::NONE, disabled: false };
        Ok(())
    }
    pub(crate) fn remove(&mut self, key: (i32, Index<OpenFile>)) -> Result<(), Errno> {
        self.watches.remove(&key).map(|_| ()).ok_or(Errno::ENOENT)
    }
    /// Who used the file saw how far it was ready: what it is not ready for any more is news when it comes again.
    pub(crate) fn observe(&mut self, file: Index<OpenFile>, ready: PollMask) {
        for (_, watch) in self.watches.iter_mut().filter(|((_, watched), _)| *watched == file) {
            watch.reported = watch.reported & ready;
        }
    }
    /// The file is closed: nobody watches it any more.
    pub(crate) fn forget(&mut self, file: Index<OpenFile>) {
        self.watches.retain(|(_, watched), _| *watched != file);
    }
    pub(crate) fn files(&self) -> Vec<Index<OpenFile>> {
        self.watches.keys().map(|(_, file)| *file).collect()
    }
    /// What is to be reported, given the readiness of each file; at most `limit`.
    pub(crate) fn collect(
        &mut self,
        limit: usize,
        mut readiness: impl FnMut(Index<OpenFile>) -> PollMask,
    ) -> Vec<(u32, u64)> {
        let mut found = Vec::new();
        for ((_, file), watch) in &mut self.watches {
            let wanted = PollMask(watch.events as u16) | PollMask::ERR | PollMask::HUP;
            let ready = readiness(*file) & wanted;
            let news = if watch.events & EDGE != 0 { PollMask(ready.0 & !watch.reported.0) } else { ready };
            if watch.disabled || found.len() >= limit {
                continue;
            }
            watch.reported = ready;
            if news != PollMask::NONE {
                watch.disabled = watch.events & ONE_SHOT != 0;
                found.push((u32::from(ready.0), watch.data));
            }
        }
        found
    }
}
