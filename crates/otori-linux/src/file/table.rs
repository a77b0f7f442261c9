//! Descriptors of a process: small numbers for open files.
//!
//! Key types: [`FileTable`], [`Descriptor`]. Shared by threads, copied by fork.
use super::OpenFile;
use crate::{arena::Index, errno::Errno};
use alloc::vec::Vec;

/// One descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Descriptor {
    pub(crate) file: Index<OpenFile>,
    pub(crate) close_on_exec: bool,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileTable {
    slots: Vec<Option<Descriptor>>,
}

impl FileTable {
    pub(crate) fn get(&self, number: i32) -> Result<Descriptor, Errno> {
        let place = usize::try_from(number).map_err(|_| Errno::EBADF)?;
        self.slots.get(place).copied().flatten().ok_or(Errno::EBADF)
    }
    pub(crate) fn get_mut(&mut self, number: i32) -> Result<&mut Descriptor, Errno> {
        let place = usize::try_from(number).map_err(|_| Errno::EBADF)?;
        self.slots.get_mut(place).and_then(Option::as_mut).ok_or(Errno::EBADF)
    }
    /// The lowest free number from `from` on, below `limit`.
    pub(crate) fn lowest_free(&self, from: usize, limit: usize) -> Result<usize, Errno> {
        let taken = |place: &usize| self.slots.get(*place).is_some_and(Option::is_some);
        (from..limit).find(|place| !taken(place)).ok_or(Errno::EMFILE)
    }
    /// Puts it at that number; gives back what stood there.
    pub(crate) fn put(&mut self, place: usize, descriptor: Descriptor) -> Option<Descriptor> {
        if self.slots.len() <= place {
            self.slots.resize(place + 1, None);
        }
        self.slots.get_mut(place).and_then(|slot| slot.replace(descriptor))
    }
    pub(crate) fn take(&mut self, number: i32) -> Result<Descriptor, Errno> {
        let place = usize::try_from(number).map_err(|_| Errno::EBADF)?;
        self.slots.get_mut(place).and_then(Option::take).ok_or(Errno::EBADF)
    }
    /// Every descriptor with its number, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, Descriptor)> {
        (0u32..).zip(&self.slots).filter_map(|(number, slot)| slot.map(|descriptor| (number, descriptor)))
    }
    /// Takes those out that execve closes.
    pub(crate) fn take_close_on_exec(&mut self) -> Vec<Descriptor> {
        let closing = |slot: &mut Option<Descriptor>| slot.take_if(|descriptor| descriptor.close_on_exec);
        self.slots.iter_mut().filter_map(closing).collect()
    }
    /// Places in use or once used, as /proc/PID/status counts them (a power of two, 64 at least on Linux).
    pub(crate) fn size(&self) -> u32 {
        self.slots.len().next_power_of_two().max(64) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{arena::Arena, file::FileKind};

    #[test]
    fn the_lowest_number_is_given_and_the_limit_is_kept() {
        let mut files = Arena::default();
        let file = files.insert(OpenFile::new(FileKind::Signals(crate::signal::SignalSet::EMPTY), 0));
        let descriptor = Descriptor { file, close_on_exec: true };
        let mut table = FileTable::default();
        for place in 0..4 {
            assert_eq!(table.lowest_free(0, 4), Ok(place));
            table.put(place, descriptor);
        }
        assert_eq!(table.lowest_free(0, 4), Err(Errno::EMFILE));
        table.take(1).unwrap();
        assert_eq!(table.lowest_free(0, 4), Ok(1));
        assert_eq!(table.get(-1), Err(Errno::EBADF));
        assert_eq!(table.take_close_on_exec().len(), 3);
        assert_eq!(table.iter().count(), 0);
    }
}
