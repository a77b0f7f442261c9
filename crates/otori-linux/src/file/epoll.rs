//! The watched descriptors of an epoll instance: epoll(7).
//!
//! Key types: [`Epoll`], [`Watch`]. Readiness is asked of the files when epoll_wait runs. What was reported goes to the
//! end of the line, so that nobody starves; an edge-triggered watch is reported again when bits come that were not
//! there (after each call on such a file [`Epoll::observe`] looks), or when its file was stirred in a way that it
//! watches.
use super::OpenFile;
use crate::{arena::Index, errno::Errno, poll::PollMask};
use alloc::{collections::BTreeMap, vec::Vec};

/// EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE and EPOLLWAKEUP.
pub(crate) const EDGE: u32 = 1 << 31;
pub(crate) const ONE_SHOT: u32 = 1 << 30;
pub(crate) const EXCLUSIVE: u32 = 1 << 28;
const WAKE_UP: u32 = 1 << 29;
/// What may stand beside EPOLLEXCLUSIVE: IN, OUT, ERR and HUP, and how they are told.
const BESIDE_EXCLUSIVE: u32 = 0x1d | WAKE_UP | EDGE | EXCLUSIVE;

/// What a file is ready for, and how often it was stirred: to be read, to be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Readiness {
    pub(crate) mask: PollMask,
    pub(crate) stirred: (u64, u64),
}

/// One watched file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watch {
    pub(crate) events: u32,
    pub(crate) data: u64,
    /// what it was ready for when it was last looked at
    pub(crate) seen: Readiness,
    pub(crate) disabled: bool,
    /// its place in the line
    turn: u64,
}

impl Watch {
    fn new(events: u32, data: u64, turn: u64) -> Watch {
        Watch { events, data, seen: Readiness::default(), disabled: false, turn }
    }

    /// What is news of a file that is in that state now.
    fn news(&self, now: Readiness) -> PollMask {
        let wanted = PollMask(self.events as u16) | PollMask::ERR | PollMask::HUP;
        let ready = now.mask & wanted;
        if self.events & EDGE == 0 {
            return ready;
        }
        let fresh = PollMask(ready.0 & !self.seen.mask.0);
        let reads = PollMask::IN | PollMask::RDNORM | PollMask::RDHUP | PollMask::PRI | PollMask::ERR;
        let writes = PollMask::OUT | PollMask::WRNORM | PollMask::WRBAND;
        let stirred = (now.stirred.0 != self.seen.stirred.0 && wanted.intersects(reads))
            || (now.stirred.1 != self.seen.stirred.1 && wanted.intersects(writes));
        if fresh != PollMask::NONE || stirred { ready } else { PollMask::NONE }
    }
}

/// Watches by descriptor number and open file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Epoll {
    watches: BTreeMap<(i32, Index<OpenFile>), Watch>,
    next_turn: u64,
}

impl Epoll {
    pub(crate) fn add(
        &mut self,
        key: (i32, Index<OpenFile>),
        events: u32,
        data: u64,
        limit: usize,
    ) -> Result<(), Errno> {
        if events & EXCLUSIVE != 0 && events & !BESIDE_EXCLUSIVE != 0 {
            return Err(Errno::EINVAL);
        }
        if self.watches.contains_key(&key) {
            return Err(Errno::EEXIST);
        }
        if self.watches.len() >= limit {
            return Err(Errno::ENOSPC);
        }
        let turn = self.take_turn();
        self.watches.insert(key, Watch::new(events, data, turn));
        Ok(())
    }
    pub(crate) fn change(
        &mut self,
        key: (i32, Index<OpenFile>),
        events: u32,
        data: u64,
    ) -> Result<(), Errno> {
        let turn = self.take_turn();
        let watch = self.watches.get_mut(&key).ok_or(Errno::ENOENT)?;
        if (events | watch.events) & EXCLUSIVE != 0 {
            return Err(Errno::EINVAL);
        }
        *watch = Watch::new(events, data, turn);
        Ok(())
    }
    pub(crate) fn remove(&mut self, key: (i32, Index<OpenFile>)) -> Result<(), Errno> {
        self.watches.remove(&key).map(|_| ()).ok_or(Errno::ENOENT)
    }
    /// Who used the file saw how far it was ready: what it is not ready for any more is news when it comes again.
    pub(crate) fn observe(&mut self, file: Index<OpenFile>, ready: PollMask) {
        for (_, watch) in self.watches.iter_mut().filter(|((_, watched), _)| *watched == file) {
            watch.seen.mask = watch.seen.mask & ready.with_normal();
        }
    }
    /// The file is closed: nobody watches it any more.
    pub(crate) fn forget(&mut self, file: Index<OpenFile>) {
        self.watches.retain(|(_, watched), _| *watched != file);
    }
    pub(crate) fn files(&self) -> Vec<Index<OpenFile>> {
        self.watches.keys().map(|(_, file)| *file).collect()
    }
    fn take_turn(&mut self) -> u64 {
        self.next_turn += 1;
        self.next_turn
    }
    /// What is to be reported, given the readiness of each file; at most `limit`, in turn.
    pub(crate) fn collect(
        &mut self,
        limit: usize,
        mut readiness: impl FnMut(Index<OpenFile>) -> Readiness,
    ) -> Vec<(u32, u64)> {
        let mut line: Vec<_> = self.watches.iter().map(|(key, watch)| (watch.turn, *key)).collect();
        line.sort_unstable();
        let mut found = Vec::new();
        for (_, key) in line {
            if found.len() >= limit {
                break;
            }
            let turn = self.next_turn + 1;
            let Some(watch) = self.watches.get_mut(&key).filter(|watch| !watch.disabled) else { continue };
            let now = readiness(key.1);
            let news = watch.news(now);
            watch.seen = now;
            if news != PollMask::NONE {
                watch.disabled = watch.events & ONE_SHOT != 0;
                watch.turn = turn;
                self.next_turn = turn;
                found.push((u32::from(news.0), watch.data));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::Arena;

    fn some_file() -> Index<OpenFile> {
        use crate::file::{FileKind, event::EventCounter};
        let kind = FileKind::Event(EventCounter::default());
        Arena::default().insert(OpenFile::new(kind, 0))
    }

    fn ready(mask: PollMask, reads: u64) -> Readiness {
        Readiness { mask, stirred: (reads, 0) }
    }

    #[test]
    fn edges_are_told_once_and_again_when_more_comes() {
        let (mut epoll, file) = (Epoll::default(), some_file());
        epoll.add((3, file), EDGE | 1, 7, 10).unwrap();
        assert_eq!(epoll.collect(9, |_| ready(PollMask::NONE, 0)), []);
        assert_eq!(epoll.collect(9, |_| ready(PollMask::IN, 1)), [(1, 7)]);
        assert_eq!(epoll.collect(9, |_| ready(PollMask::IN, 1)), []);
        assert_eq!(epoll.collect(9, |_| ready(PollMask::IN, 2)), [(1, 7)], "more came");
        assert_eq!(epoll.collect(9, |_| ready(PollMask::NONE, 2)), []);
        assert_eq!(epoll.change((3, file), ONE_SHOT | 1, 8), Ok(()));
        assert_eq!(epoll.collect(9, |_| ready(PollMask::IN, 2)), [(1, 8)]);
        assert_eq!(epoll.collect(9, |_| ready(PollMask::IN, 3)), [], "once");
        assert_eq!(epoll.change((3, file), EXCLUSIVE | 1, 8), Err(Errno::EINVAL));
        assert_eq!(epoll.add((4, file), EXCLUSIVE | ONE_SHOT, 8, 10), Err(Errno::EINVAL));
        assert_eq!(epoll.add((4, file), EXCLUSIVE | 1, 8, 10), Ok(()));
    }

    #[test]
    fn who_was_reported_waits_for_the_others() {
        let file = some_file();
        let mut epoll = Epoll::default();
        for number in 0..3 {
            epoll.add((number, file), 1, number as u64, 10).unwrap();
        }
        let mut told = Vec::new();
        for _ in 0..4 {
            told.extend(epoll.collect(2, |_| ready(PollMask::IN, 0)).into_iter().map(|(_, data)| data));
        }
        assert_eq!(told, [0, 1, 2, 0, 1, 2, 0, 1]);
    }
}
