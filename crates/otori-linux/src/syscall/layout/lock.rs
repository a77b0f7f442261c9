//! `struct flock` and `struct flock64`: what fcntl(2) is told of record locks.
//!
//! Key type: [`Flock`]. asm-generic/fcntl.h; members of 64 bits stand at multiples of 8 everywhere but on i386
//! and in the old ABI of ARM.
use crate::{
    abi::Numbering,
    arch::{Abi, Members},
    record::{Record, View},
};

/// A record lock as a program writes it down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Flock {
    /// F_RDLCK 0, F_WRLCK 1, F_UNLCK 2
    pub(crate) kind: u16,
    /// SEEK_SET, SEEK_CUR, SEEK_END
    pub(crate) whence: u16,
    pub(crate) start: i64,
    /// 0 is to the end
    pub(crate) length: i64,
    pub(crate) pid: u32,
}

/// Where l_start, l_len and l_pid stand, how wide the first two are, and bytes in all.
struct Layout {
    start: usize,
    length: usize,
    pid: usize,
    width: usize,
    bytes: usize,
}

fn layout(abi: &Abi, wide: Width) -> Layout {
    let mips = abi.numbering == Numbering::Mips;
    match (abi.word_bytes, wide) {
        (4, Width::Long) if mips => Layout { start: 4, length: 8, pid: 16, width: 4, bytes: 36 },
        (4, Width::Long) => Layout { start: 4, length: 8, pid: 12, width: 4, bytes: 16 },
        (4, Width::Wide) if abi.members != Members::Natural => {
            Layout { start: 4, length: 12, pid: 20, width: 8, bytes: 24 }
        }
        _ => Layout { start: 8, length: 16, pid: 24, width: 8, bytes: 32 },
    }
}

/// Which of the two structures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Width {
    /// `struct flock`: off_t
    Long,
    /// `struct flock64`: loff_t
    Wide,
}

impl Flock {
    /// Bytes of the structure.
    pub(crate) fn size(abi: &Abi, width: Width) -> usize {
        layout(abi, width).bytes
    }
    pub(crate) fn parse(abi: &Abi, width: Width, bytes: &[u8]) -> Option<Flock> {
        let (layout, view) = (layout(abi, width), View::new(abi, bytes));
        let long = |offset: usize| match layout.width {
            8 => view.u64(offset).map(|value| value as i64),
            _ => view.u32(offset).map(|value| i64::from(value as i32)),
        };
        Some(Flock {
            kind: view.u16(0)?,
            whence: view.u16(2)?,
            start: long(layout.start)?,
            length: long(layout.length)?,
            pid: view.u32(layout.pid)?,
        })
    }
    pub(crate) fn bytes(&self, abi: &Abi, width: Width) -> Record {
        let layout = layout(abi, width);
        let mut record = Record::new(abi);
        record.u16(self.kind).u16(self.whence).pad_to(layout.start);
        record.number(self.start as u64, layout.width).number(self.length as u64, layout.width);
        record.pad_to(layout.pid).u32(self.pid).pad_to(layout.bytes);
        record
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::abis;
    use super::*;

    #[test]
    fn a_lock_goes_there_and_back() {
        let lock = Flock { kind: 1, whence: 2, start: -5, length: 7, pid: 99 };
        let sizes = [[36, 32], [16, 32], [32, 32], [16, 24], [32, 32]];
        for (abi, sizes) in abis().iter().zip(sizes) {
            for (width, size) in [Width::Long, Width::Wide].into_iter().zip(sizes) {
                let bytes = lock.bytes(abi, width);
                assert_eq!((bytes.len(), Flock::size(abi, width)), (size, size), "{:?}", abi.column);
                assert_eq!(Flock::parse(abi, width, bytes.as_bytes()), Some(lock));
            }
        }
    }
}
