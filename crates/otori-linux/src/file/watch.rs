//! inotify: watches, and what they have to say. Key types: [`Watches`], [`Event`].
//!
//! Neighbours: `vfs/change.rs` notes what happens, `syscall/watch.rs` adds and removes. inotify(7).
use crate::{
    arch::Abi,
    errno::Errno,
    kernel::Kernel,
    record::Record,
    task::waiting::WaitKey,
    vfs::{Change, Node, change::event},
};
use alloc::{collections::BTreeMap, collections::VecDeque, sync::Arc, vec::Vec};

/// Events that wait in one instance (max_queued_events); then one overflow is told.
const QUEUED_MAX: usize = 1_024;

const ALL: u32 = 0xfff;
const OVERFLOW: u32 = 0x4000;
const IGNORED: u32 = 0x8000;
/// IN_EXCL_UNLINK, IN_MASK_ADD, IN_ONESHOT
const MASK_ADD: u32 = 0x2000_0000;
const ONE_SHOT: u32 = 0x8000_0000;

/// One watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Watch {
    node: Node,
    mask: u32,
}

/// `struct inotify_event`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    watch: i32,
    mask: u32,
    cookie: u32,
    name: Option<Arc<[u8]>>,
}

impl Event {
    /// Bytes with the name, which is filled up with NULs to a multiple of the head.
    fn bytes(&self, abi: &Abi) -> Vec<u8> {
        let room = self.name.as_ref().map_or(0, |name| (name.len() + 1).next_multiple_of(16));
        let mut record = Record::new(abi);
        record.u32(self.watch as u32).u32(self.mask).u32(self.cookie).u32(room as u32);
        if let Some(name) = &self.name {
            record.bytes(name);
        }
        record.pad_to(16 + room);
        record.finish()
    }
}

/// An inotify instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watches {
    watches: BTreeMap<i32, Watch>,
    last: i32,
    events: VecDeque<Event>,
}

impl Watches {
    /// Watches a file; gives the watch descriptor, and whether it is new.
    pub(crate) fn add(&mut self, node: Node, mask: u32, limit: usize) -> Result<(i32, bool), Errno> {
        let kept = mask & (ALL | ONE_SHOT);
        if let Some((number, watch)) = self.watches.iter_mut().find(|(_, watch)| watch.node == node) {
            watch.mask = if mask & MASK_ADD != 0 { watch.mask | kept } else { kept };
            return Ok((*number, false));
        }
        if self.watches.len() >= limit {
            return Err(Errno::ENOSPC);
        }
        self.last = self.last.checked_add(1).ok_or(Errno::ENOSPC)?;
        self.watches.insert(self.last, Watch { node, mask: kept });
        Ok((self.last, true))
    }
    /// Takes a watch away, which is told too; EINVAL when there is none.
    pub(crate) fn remove(&mut self, number: i32) -> Result<(), Errno> {
        self.watches.remove(&number).ok_or(Errno::EINVAL)?;
        self.push(Event { watch: number, mask: IGNORED, cookie: 0, name: None });
        Ok(())
    }
    pub(crate) fn len(&self) -> usize {
        self.watches.len()
    }
    pub(crate) fn is_ready(&self) -> bool {
        !self.events.is_empty()
    }
    /// Bytes that wait (FIONREAD).
    pub(crate) fn waiting_bytes(&self, abi: &Abi) -> usize {
        self.events.iter().map(|event| event.bytes(abi).len()).sum()
    }

    fn push(&mut self, event: Event) {
        // what is told already and not read yet is not told twice in a row
        if self.events.back() == Some(&event) {
            return;
        }
        let overflow = Event { watch: -1, mask: OVERFLOW, cookie: 0, name: None };
        match self.events.len() {
            0..QUEUED_MAX => self.events.push_back(event),
            QUEUED_MAX => self.events.push_back(overflow),
            _ => {}
        }
    }

    /// Tells the watches of a change; says how many watches ended with it.
    fn tell(&mut self, change: &Change) -> isize {
        let mut ended = Vec::new();
        let mut told = Vec::new();
        for (number, watch) in &self.watches {
            let kind = change.event & watch.mask & ALL;
            let inside = change.parent.as_ref().filter(|(folder, _)| *folder == watch.node);
            let itself = change.node == Some(watch.node);
            let gone = itself && change.event & event::DELETE_SELF != 0;
            let flags = change.event & event::DIRECTORY;
            if kind != 0
                && let Some((_, name)) = inside
            {
                let name = Some(Arc::clone(name));
                told.push(Event { watch: *number, mask: kind | flags, cookie: change.cookie, name });
            }
            if kind != 0 && itself {
                // DELETE_SELF and MOVE_SELF say nothing about the kind
                let flags = if kind & (event::DELETE_SELF | event::MOVE_SELF) != 0 { 0 } else { flags };
                told.push(Event { watch: *number, mask: kind | flags, cookie: 0, name: None });
            }
            let shot = kind != 0 && (itself || inside.is_some()) && watch.mask & ONE_SHOT != 0;
            if gone || shot {
                ended.push(*number);
            }
        }
        told.into_iter().for_each(|event| self.push(event));
        for number in &ended {
            let _ = self.remove(*number);
        }
        ended.len() as isize
    }

    /// Takes whole events as far as there is room: EINVAL when not even one fits, EAGAIN when there is none.
    pub(crate) fn read(&mut self, abi: &Abi, room: usize) -> Result<Vec<u8>, Errno> {
        let mut taken = Vec::new();
        while let Some(event) = self.events.front() {
            let bytes = event.bytes(abi);
            if taken.len() + bytes.len() > room {
                return if taken.is_empty() { Err(Errno::EINVAL) } else { Ok(taken) };
            }
            taken.extend(bytes);
            self.events.pop_front();
        }
        if taken.is_empty() { Err(Errno::EAGAIN) } else { Ok(taken) }
    }
}

impl Kernel {
    /// Tells every inotify instance what happened to files since the last time.
    pub(crate) fn tell_watches(&mut self) {
        let changes = self.vfs.take_changes();
        if changes.is_empty() {
            return;
        }
        let watching: Vec<_> = self
            .core
            .files
            .iter()
            .filter(|(_, file)| matches!(file.kind, super::FileKind::Watch(_)))
            .map(|(index, _)| index)
            .collect();
        for index in watching {
            let Some(file) = self.core.files.get_mut(index) else { continue };
            let super::FileKind::Watch(watches) = &mut file.kind else { continue };
            let ended: isize = changes.iter().map(|change| watches.tell(change)).sum();
            let ready = watches.is_ready();
            self.vfs.count_watches(-ended);
            if ready {
                self.core.wake(WaitKey::File(index));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_cpu::Isa;

    fn node(number: u64) -> Node {
        Node { mount: 0, number }
    }
    fn created(name: &[u8]) -> Change {
        Change { event: event::CREATE, node: None, parent: Some((node(1), Arc::from(name))), cookie: 0 }
    }

    #[test]
    fn a_folder_hears_of_its_names_and_a_full_queue_says_so() {
        let abi = Abi::of(Isa::Mips32El);
        let mut watches = Watches::default();
        assert_eq!(watches.add(node(1), event::CREATE, 1), Ok((1, true)));
        assert_eq!(watches.add(node(2), event::CREATE, 1), Err(Errno::ENOSPC));
        watches.tell(&created(b"a"));
        watches.tell(&created(b"a"));
        assert_eq!(watches.read(abi, 31), Err(Errno::EINVAL));
        let bytes = watches.read(abi, 100).unwrap();
        assert_eq!((bytes.len(), &bytes[16..18]), (32, &b"a\0"[..]));
        assert_eq!(watches.read(abi, 100), Err(Errno::EAGAIN));
        for number in 0..2 * QUEUED_MAX {
            watches.tell(&created(alloc::format!("{number}").as_bytes()));
        }
        assert_eq!(watches.events.len(), QUEUED_MAX + 1);
        assert_eq!(watches.events.back().map(|event| event.mask), Some(OVERFLOW));
    }
}
