//! System V IPC: shared memory, semaphores, message queues by key; POSIX message queues by name.
//!
//! Key types: [`Ipc`], [`Objects`] (a table of one kind), [`Permission`]. Pure tables: `syscall/{shared_memory,
//! semaphore,message}.rs` wait where they must. sysvipc(7), ipc/util.c of Linux for how ids are made.
pub(crate) mod memory;
pub(crate) mod message;
pub(crate) mod posix;
pub(crate) mod semaphore;
pub(crate) mod show;

use crate::{
    arena::Arena,
    errno::Errno,
    mm::{SharedCopies, SharedPages},
    task::Space,
    vfs::{Capability, Credentials},
};
use alloc::{sync::Arc, vec::Vec};
use memory::Segment;
use message::Queue;
use posix::PosixQueues;
use semaphore::{Set, Undo};

/// Objects of one kind in one machine; then ENOSPC. The first part of an id counts below it.
pub(crate) const OBJECTS_MAX: usize = 128;
/// Ids of one slot differ by this (IPCMNI).
const SLOTS: u32 = 32_768;

/// Flags of the get calls.
pub(crate) const CREATE: u32 = 0o1000;
pub(crate) const EXCLUSIVE: u32 = 0o2000;
/// IPC_NOWAIT
pub(crate) const NO_WAIT: u32 = 0o4000;
/// IPC_PRIVATE
const PRIVATE: i32 = 0;

/// Everything of one machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ipc {
    pub(crate) segments: Objects<Segment>,
    pub(crate) sets: Objects<Set>,
    pub(crate) queues: Objects<Queue>,
    pub(crate) undo: Undo,
    pub(crate) posix: PosixQueues,
}

/// Owner and mode of an object: `struct ipc64_perm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permission {
    pub(crate) key: i32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) creator_uid: u32,
    pub(crate) creator_gid: u32,
    pub(crate) mode: u16,
    pub(crate) sequence: u16,
}

impl Permission {
    /// May these credentials do what `wanted` (0o4 read, 0o2 write) says?
    pub(crate) fn check(&self, credentials: &Credentials, wanted: u16) -> Result<(), Errno> {
        let owner = [self.uid, self.creator_uid].contains(&credentials.uid);
        let in_group = |gid: &u32| credentials.gid == *gid || credentials.groups.contains(gid);
        let group = [self.gid, self.creator_gid].iter().any(in_group);
        let granted = match (owner, group) {
            (true, _) => self.mode >> 6,
            (_, true) => self.mode >> 3,
            _ => self.mode,
        };
        if credentials.can(Capability::IPC_OWNER) || wanted & !granted & 7 == 0 {
            Ok(())
        } else {
            Err(Errno::EACCES)
        }
    }
    /// Only the owner, the creator and root change or remove an object.
    pub(crate) fn check_owner(&self, credentials: &Credentials) -> Result<(), Errno> {
        let owns =
            credentials.can(Capability::SYS_ADMIN) || [self.uid, self.creator_uid].contains(&credentials.uid);
        if owns { Ok(()) } else { Err(Errno::EPERM) }
    }
}

/// What the get calls are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) key: i32,
    pub(crate) flags: u32,
    pub(crate) credentials: &'a Credentials,
}

#[derive(Clone, Debug)]
struct Slot<T> {
    sequence: u16,
    object: Option<(Permission, T)>,
}

/// Objects of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Objects<T> {
    slots: Vec<Slot<T>>,
}

impl<T> Default for Objects<T> {
    fn default() -> Self {
        Objects { slots: Vec::new() }
    }
}

fn id_of(place: usize, sequence: u16) -> u32 {
    // ids are positive ints: the sequence has 16 bits, of which the highest would make the sign
    (u32::from(sequence) * SLOTS + place as u32) & 0x7fff_ffff
}

impl<T> Objects<T> {
    /// The id of an object by key, made if that is asked for.
    ///
    /// # Errors
    /// EEXIST, ENOENT, EACCES, ENOSPC, and what `check` says of one that is there, `make` of a new one.
    pub(crate) fn get_or_make(
        &mut self,
        asked: Asked<'_>,
        check: impl FnOnce(&T) -> Result<(), Errno>,
        make: impl FnOnce() -> Result<T, Errno>,
    ) -> Result<u32, Errno> {
        let has_key = |slot: &Slot<T>| slot.object.as_ref().is_some_and(|(owner, _)| owner.key == asked.key);
        if asked.key != PRIVATE
            && let Some(place) = self.slots.iter().position(has_key)
            && let Some(Slot { sequence, object: Some((permission, object)) }) = self.slots.get(place)
        {
            if asked.flags & (CREATE | EXCLUSIVE) == CREATE | EXCLUSIVE {
                return Err(Errno::EEXIST);
            }
            let wanted = asked.flags as u16;
            permission.check(asked.credentials, (wanted >> 6) | (wanted >> 3) | wanted)?;
            check(object)?;
            return Ok(id_of(place, *sequence));
        }
        if asked.key != PRIVATE && asked.flags & CREATE == 0 {
            return Err(Errno::ENOENT);
        }
        let place = match self.slots.iter().position(|slot| slot.object.is_none()) {
            Some(place) => place,
            None if self.slots.len() < OBJECTS_MAX => {
                self.slots.push(Slot { sequence: 0, object: None });
                self.slots.len() - 1
            }
            None => return Err(Errno::ENOSPC),
        };
        let object = make()?;
        let slot = self.slots.get_mut(place).ok_or(Errno::ENOSPC)?;
        let Credentials { uid, gid, .. } = *asked.credentials;
        let permission = Permission {
            key: asked.key,
            uid,
            gid,
            creator_uid: uid,
            creator_gid: gid,
            mode: (asked.flags & 0o777) as u16,
            sequence: slot.sequence,
        };
        slot.object = Some((permission, object));
        Ok(id_of(place, slot.sequence))
    }

    fn slot(&self, id: u32) -> Result<usize, Errno> {
        let place = (id % SLOTS) as usize;
        let slot = self.slots.get(place).ok_or(Errno::EINVAL)?;
        let same = slot.object.is_some() && id_of(place, slot.sequence) == id;
        if same { Ok(place) } else { Err(Errno::EINVAL) }
    }
    /// EINVAL when there is none of that id.
    pub(crate) fn get(&self, id: u32) -> Result<&(Permission, T), Errno> {
        self.slots.get(self.slot(id)?).and_then(|slot| slot.object.as_ref()).ok_or(Errno::EINVAL)
    }
    pub(crate) fn get_mut(&mut self, id: u32) -> Result<&mut (Permission, T), Errno> {
        let place = self.slot(id)?;
        self.slots.get_mut(place).and_then(|slot| slot.object.as_mut()).ok_or(Errno::EINVAL)
    }
    /// The id of the object in a slot: IPC's *_STAT commands go by it.
    pub(crate) fn at(&self, place: u32) -> Result<u32, Errno> {
        let slot = self.slots.get(place as usize).filter(|slot| slot.object.is_some());
        slot.map(|slot| id_of(place as usize, slot.sequence)).ok_or(Errno::EINVAL)
    }
    pub(crate) fn remove(&mut self, id: u32) -> Result<T, Errno> {
        let place = self.slot(id)?;
        let slot = self.slots.get_mut(place).ok_or(Errno::EINVAL)?;
        slot.sequence = slot.sequence.wrapping_add(1);
        slot.object.take().map(|(_, object)| object).ok_or(Errno::EINVAL)
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Permission, T)> {
        self.slots.iter().filter_map(|slot| slot.object.as_ref())
    }
    /// Every object with its id.
    fn with_ids(&self) -> impl Iterator<Item = (u32, &(Permission, T))> {
        let numbered = self.slots.iter().enumerate();
        numbered.filter_map(|(place, slot)| Some((id_of(place, slot.sequence), slot.object.as_ref()?)))
    }
    fn iter_mut(&mut self) -> impl Iterator<Item = &mut (Permission, T)> {
        self.slots.iter_mut().filter_map(|slot| slot.object.as_mut())
    }
    /// The highest slot in use; what the *_INFO commands give.
    pub(crate) fn highest(&self) -> u32 {
        self.slots.iter().rposition(|slot| slot.object.is_some()).unwrap_or(0) as u32
    }
    /// Removes those that `gone` says.
    fn retain(&mut self, gone: impl Fn(&T) -> bool) {
        for slot in &mut self.slots {
            if slot.object.as_ref().is_some_and(|(_, object)| gone(object)) {
                slot.object = None;
                slot.sequence = slot.sequence.wrapping_add(1);
            }
        }
    }
}

impl Ipc {
    /// Removed segments go when the last mapping has gone.
    pub(crate) fn purge(&mut self, spaces: &Arena<Space>) {
        if self.segments.iter().any(|(_, segment)| segment.removed) {
            self.segments.retain(|segment| segment.removed && segment.attached(spaces) == 0);
        }
    }
    /// The segment with those pages.
    pub(crate) fn segment_of(&mut self, pages: &Arc<SharedPages>) -> Option<&mut Segment> {
        let same = |(_, segment): &&mut (Permission, Segment)| Arc::ptr_eq(&segment.pages, pages);
        self.segments.iter_mut().find(same).map(|(_, segment)| segment)
    }
    /// For a copy of the machine: pages of its own.
    pub(crate) fn detach(&mut self, copies: &mut SharedCopies) {
        for (_, segment) in self.segments.iter_mut() {
            segment.pages = copies.of(&segment.pages);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(key: i32, flags: u32, credentials: &Credentials) -> Asked<'_> {
        Asked { key, flags, credentials }
    }

    #[test]
    fn keys_lead_to_ids_and_ids_are_not_used_twice() {
        let root = Credentials::ROOT;
        let mut objects: Objects<u8> = Objects::default();
        let mut get = |key, flags| objects.get_or_make(asked(key, flags, &root), |_| Ok(()), || Ok(1));
        assert_eq!(get(5, 0o600), Err(Errno::ENOENT));
        let id = get(5, CREATE | 0o600).unwrap();
        assert_eq!(get(5, 0), Ok(id));
        assert_eq!(get(5, CREATE | EXCLUSIVE), Err(Errno::EEXIST));
        assert_ne!(get(PRIVATE, 0o600).unwrap(), get(PRIVATE, 0o600).unwrap());
        objects.remove(id).unwrap();
        assert_eq!(objects.get(id).map(|_| ()), Err(Errno::EINVAL));
        let again = objects.get_or_make(asked(5, CREATE, &root), |_| Ok(()), || Ok(1)).unwrap();
        assert!(again != id && again % SLOTS == id % SLOTS);
    }

    #[test]
    fn modes_and_the_limit_are_kept() {
        let user = Credentials::of(7, 7, Vec::new());
        let other = Credentials::of(8, 8, Vec::new());
        let mut objects: Objects<u8> = Objects::default();
        let id = objects.get_or_make(asked(1, CREATE | 0o640, &user), |_| Ok(()), || Ok(1)).unwrap();
        let (permission, _) = objects.get(id).unwrap();
        assert_eq!(permission.check(&user, 0o6), Ok(()));
        assert_eq!(permission.check(&other, 0o4), Err(Errno::EACCES));
        assert_eq!(permission.check_owner(&other), Err(Errno::EPERM));
        for _ in 1..OBJECTS_MAX {
            objects.get_or_make(asked(PRIVATE, 0, &user), |_| Ok(()), || Ok(1)).unwrap();
        }
        assert_eq!(objects.get_or_make(asked(PRIVATE, 0, &user), |_| Ok(()), || Ok(1)), Err(Errno::ENOSPC));
    }
}
