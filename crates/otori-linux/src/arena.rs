//! Things that refer to each other by index, with a count of users: address spaces, descriptor tables, open files.
//!
//! Key types: [`Arena`], [`Index`]. Cloning an arena clones what is in it: that is a snapshot.
use alloc::vec::Vec;
use core::{fmt, marker::PhantomData};

/// The place of a `T` in its arena.
pub(crate) struct Index<T>(u32, PhantomData<fn() -> T>);

impl<T> Clone for Index<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Index<T> {}
impl<T> PartialEq for Index<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Index<T> {}
impl<T> PartialOrd for Index<T> {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Index<T> {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> fmt::Debug for Index<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
impl<T> Index<T> {
    /// A number for the guest to see (inode numbers of anonymous files).
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

#[derive(Clone, Debug)]
struct Slot<T> {
    users: u32,
    value: T,
}

/// A table of `T` with reuse of free places.
#[derive(Clone, Debug)]
pub(crate) struct Arena<T> {
    slots: Vec<Option<Slot<T>>>,
    free: Vec<u32>,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Arena { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Arena<T> {
    /// Puts it in, with one user.
    pub(crate) fn insert(&mut self, value: T) -> Index<T> {
        let slot = Some(Slot { users: 1, value });
        if let Some(place) = self.free.pop() {
            if let Some(free) = self.slots.get_mut(place as usize) {
                *free = slot;
            }
            return Index(place, PhantomData);
        }
        self.slots.push(slot);
        Index((self.slots.len() - 1) as u32, PhantomData)
    }
    /// How many are in.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
    pub(crate) fn get(&self, index: Index<T>) -> Option<&T> {
        self.slots.get(index.0 as usize)?.as_ref().map(|slot| &slot.value)
    }
    pub(crate) fn get_mut(&mut self, index: Index<T>) -> Option<&mut T> {
        self.slots.get_mut(index.0 as usize)?.as_mut().map(|slot| &mut slot.value)
    }
    /// How many users it has.
    pub(crate) fn users(&self, index: Index<T>) -> u32 {
        self.slots.get(index.0 as usize).and_then(Option::as_ref).map_or(0, |slot| slot.users)
    }
    /// One user more.
    pub(crate) fn hold(&mut self, index: Index<T>) {
        if let Some(Some(slot)) = self.slots.get_mut(index.0 as usize) {
            slot.users = slot.users.saturating_add(1);
        }
    }
    /// One user less; gives the value back with the last one.
    pub(crate) fn release(&mut self, index: Index<T>) -> Option<T> {
        let place = self.slots.get_mut(index.0 as usize)?;
        let slot = place.as_mut()?;
        slot.users = slot.users.saturating_sub(1);
        if slot.users > 0 {
            return None;
        }
        self.free.push(index.0);
        place.take().map(|slot| slot.value)
    }
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().flatten().map(|slot| &mut slot.value)
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Index<T>, &T)> {
        let filled = |(place, slot): (usize, &'_ Option<Slot<T>>)| slot.is_some().then_some(place as u32);
        let places: Vec<u32> = self.slots.iter().enumerate().filter_map(filled).collect();
        places.into_iter().filter_map(move |place| {
            let index = Index(place, PhantomData);
            self.get(index).map(|value| (index, value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_user_gets_the_value_back_and_the_place_is_reused() {
        let mut arena = Arena::default();
        let first = arena.insert("first");
        arena.hold(first);
        assert_eq!(arena.release(first), None);
        assert_eq!(arena.release(first), Some("first"));
        assert_eq!(arena.release(first), None);
        assert_eq!(arena.insert("second"), first);
        assert_eq!((arena.len(), arena.get(first)), (1, Some(&"second")));
    }
}
