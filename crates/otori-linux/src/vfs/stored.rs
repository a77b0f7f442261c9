//! The bytes of a file as something maps or executes them. Key type: [`Stored`]; mm/image.rs makes pages of it, exec/
//! reads headers from it. A write to the file afterwards goes to a copy: what is stored never changes.
use super::inode::Deferred;
use alloc::sync::Arc;

/// Bytes that never change, in memory or fetched part by part.
#[derive(Clone, Debug)]
pub enum Stored {
    /// in memory
    Held(Arc<[u8]>),
    /// elsewhere: what is read of them is fetched
    Deferred(Arc<dyn Deferred>),
}

impl Stored {
    /// How many bytes there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Stored::Held(bytes) => bytes.len() as u64,
            Stored::Deferred(file) => file.size(),
        }
    }

    /// Reads from `offset` on; gives the count, which is smaller than asked for only at the end.
    pub fn read(&self, offset: u64, into: &mut [u8]) -> usize {
        match self {
            Stored::Held(bytes) => copy_from(bytes, offset, into),
            Stored::Deferred(file) => file.read(offset, into),
        }
    }

    /// All of them, in memory.
    #[must_use]
    pub fn whole(&self) -> Arc<[u8]> {
        match self {
            Stored::Held(bytes) => Arc::clone(bytes),
            Stored::Deferred(file) => Arc::clone(file.bytes()),
        }
    }

    /// What tells these bytes from all others that are alive.
    pub(crate) fn identity(&self) -> usize {
        match self {
            Stored::Held(bytes) => bytes.as_ptr() as usize,
            Stored::Deferred(file) => Arc::as_ptr(file).cast::<u8>() as usize,
        }
    }

    /// The very same bytes, not equal ones.
    pub(crate) fn is_same(&self, other: &Stored) -> bool {
        match (self, other) {
            (Stored::Held(one), Stored::Held(other)) => Arc::ptr_eq(one, other),
            (Stored::Deferred(_), Stored::Deferred(_)) => self.identity() == other.identity(),
            _ => false,
        }
    }
}

impl From<Arc<[u8]>> for Stored {
    fn from(bytes: Arc<[u8]>) -> Stored {
        Stored::Held(bytes)
    }
}

/// Copies what there is from `offset` on; gives the count.
pub(super) fn copy_from(bytes: &[u8], offset: u64, into: &mut [u8]) -> usize {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let rest = bytes.get(start..).unwrap_or_default();
    let count = rest.len().min(into.len());
    if let (Some(to), Some(from)) = (into.get_mut(..count), rest.get(..count)) {
        to.copy_from_slice(from);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn reading_stops_at_the_end() {
        let stored = Stored::from(Arc::from(&b"abcdef"[..]));
        let check = |offset, length, expected: &[u8]| {
            let mut into = vec![0; length];
            let count = stored.read(offset, &mut into);
            assert_eq!(&into[..count], expected);
        };
        check(0, 3, b"abc");
        check(4, 9, b"ef");
        check(6, 1, b"");
        check(u64::MAX, 1, b"");
        assert_eq!((stored.size(), stored.is_same(&stored.clone())), (6, true));
        assert!(!stored.is_same(&Stored::from(Arc::from(&b"abcdef"[..]))));
    }
}
