//! A list whose elements are filled again: emptied, it keeps what they hold, so that the next use calls no allocator.
//!
//! Key types: [`Reused`], [`Perhaps`]. Transactions, their fields and the records of protocols are kept in such lists.
use crate::limits::EMPTY_BUFFER_BYTES;
use core::ops::{Deref, DerefMut};

/// Elements in use, as a slice; behind them those of earlier uses.
#[derive(Clone)]
pub struct Reused<T> {
    all: Vec<T>,
    used: usize,
}

impl<T> Reused<T> {
    /// Nothing in it.
    pub const fn new() -> Self {
        Reused { all: Vec::new(), used: 0 }
    }
    /// None is in use any more; what they hold stays.
    pub const fn clear(&mut self) {
        self.used = 0;
    }
    /// Takes out of use what `keep` does not want; the others stay in order.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        let mut kept = 0;
        for place in 0..self.used {
            if self.all.get(place).is_some_and(&mut keep) {
                self.all.swap(kept, place);
                kept += 1;
            }
        }
        self.used = kept;
    }
    /// The last one goes out of use.
    pub const fn drop_last(&mut self) {
        self.used = self.used.saturating_sub(1);
    }
    /// Every element, of earlier uses as well: to bound what they hold.
    pub fn all_mut(&mut self) -> &mut [T] {
        &mut self.all
    }
}

impl<T: Default> Reused<T> {
    /// Puts one more element in use, as an earlier use has left it: the caller sets all of it.
    pub fn again(&mut self) -> &mut T {
        if self.used == self.all.len() {
            self.all.push(T::default());
        }
        self.used += 1;
        &mut self.all[self.used - 1]
    }
}

impl<T> Default for Reused<T> {
    fn default() -> Self {
        Reused::new()
    }
}

impl<T> Deref for Reused<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.all.get(..self.used).unwrap_or(&[])
    }
}

impl<T> DerefMut for Reused<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.all.get_mut(..self.used).unwrap_or(&mut [])
    }
}

impl<T: core::fmt::Debug> core::fmt::Debug for Reused<T> {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}

impl<T: PartialEq> PartialEq for Reused<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Reused<T> {}

impl<T> From<Vec<T>> for Reused<T> {
    fn from(all: Vec<T>) -> Self {
        Reused { used: all.len(), all }
    }
}

impl<'a, T> IntoIterator for &'a Reused<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Replaces bytes without giving their memory back.
pub fn refill(place: &mut Vec<u8>, bytes: &[u8]) {
    place.clear();
    place.extend_from_slice(bytes);
}

/// A buffer of a flow that is empty until more comes: its memory is kept unless there is much of it.
pub fn emptied<T>(mut list: Vec<T>) -> Vec<T> {
    if list.capacity().saturating_mul(size_of::<T>()) > EMPTY_BUFFER_BYTES {
        return Vec::new();
    }
    list.clear();
    list
}

/// Bytes that may be there or not, whose memory outlives their use unless there is much of it.
#[derive(Clone, Debug, Default)]
pub struct Perhaps {
    bytes: Vec<u8>,
    there: bool,
}

impl Perhaps {
    /// They are there, or they are not.
    pub fn set(&mut self, bytes: Option<&[u8]>) {
        self.bytes = emptied(core::mem::take(&mut self.bytes));
        self.bytes.extend_from_slice(bytes.unwrap_or_default());
        self.there = bytes.is_some();
    }
    /// The bytes, if they are there.
    pub fn get(&self) -> Option<&[u8]> {
        self.there.then_some(&self.bytes)
    }
}

impl PartialEq for Perhaps {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Perhaps {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_elements_hold_outlives_their_use() {
        let mut list: Reused<Vec<u8>> = Reused::new();
        for text in ["one", "two", "three"] {
            refill(list.again(), text.as_bytes());
        }
        let before: Vec<*const u8> = list.iter().map(|bytes| bytes.as_ptr()).collect();
        list.retain(|bytes| bytes != b"two");
        assert_eq!(*list, [b"one".to_vec(), b"three".to_vec()]);
        list.clear();
        assert!(list.is_empty());
        for _ in 0..3 {
            refill(list.again(), b"x");
        }
        let mut after: Vec<*const u8> = list.iter().map(|bytes| bytes.as_ptr()).collect();
        after.sort_unstable();
        let mut before = before;
        before.sort_unstable();
        assert_eq!(before, after);
    }

    #[test]
    fn bytes_that_go_and_come_lie_where_they_lay() {
        let mut name = Perhaps::default();
        assert_eq!(name.get(), None);
        name.set(Some(b"camera"));
        let before = name.get().map(<[u8]>::as_ptr);
        name.set(None);
        assert_eq!(name, Perhaps::default());
        name.set(Some(b"lamp"));
        assert_eq!((name.get(), name.get().map(<[u8]>::as_ptr)), (Some(&b"lamp"[..]), before));
        name.set(Some(&[0; EMPTY_BUFFER_BYTES + 1]));
        name.set(Some(b""));
        assert_eq!((name.get(), name.bytes.capacity()), (Some(&b""[..]), 0));
    }
}
