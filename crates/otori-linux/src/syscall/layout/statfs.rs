//! `struct statfs` and `struct statfs64`, a row per architecture.
//!
//! Key functions: [`statfs`], [`statfs64`]. asm-generic/statfs.h; MIPS has an order of its own.
use crate::{
    abi::Numbering,
    arch::{Abi, Column},
    record::Record,
    vfs::StatFs,
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Member {
    Type,
    BlockSize,
    /// f_frsize
    Fragment,
    Blocks,
    /// f_bfree
    Free,
    /// f_bavail
    Available,
    Files,
    FilesFree,
    NameMax,
    Flags,
    Padding,
}
use Member::*;

type Layout = &'static [(Member, usize)];

#[rustfmt::skip]
const MIPS: Layout = &[
    (Type, 4), (BlockSize, 4), (Fragment, 4), (Blocks, 4), (Free, 4), (Files, 4), (FilesFree, 4), (Available, 4),
    (Padding, 8), (NameMax, 4), (Flags, 4), (Padding, 20),
];
#[rustfmt::skip]
const MIPS_WIDE: Layout = &[
    (Type, 4), (BlockSize, 4), (Fragment, 4), (Padding, 4), (Blocks, 8), (Free, 8), (Files, 8), (FilesFree, 8),
    (Available, 8), (Padding, 8), (NameMax, 4), (Flags, 4), (Padding, 24),
];
#[rustfmt::skip]
const GENERIC_32: Layout = &[
    (Type, 4), (BlockSize, 4), (Blocks, 4), (Free, 4), (Available, 4), (Files, 4), (FilesFree, 4), (Padding, 8),
    (NameMax, 4), (Fragment, 4), (Flags, 4), (Padding, 16),
];
#[rustfmt::skip]
const GENERIC_32_WIDE: Layout = &[
    (Type, 4), (BlockSize, 4), (Blocks, 8), (Free, 8), (Available, 8), (Files, 8), (FilesFree, 8), (Padding, 8),
    (NameMax, 4), (Fragment, 4), (Flags, 4), (Padding, 16),
];
#[rustfmt::skip]
const GENERIC_64: Layout = &[
    (Type, 8), (BlockSize, 8), (Blocks, 8), (Free, 8), (Available, 8), (Files, 8), (FilesFree, 8), (Padding, 8),
    (NameMax, 8), (Fragment, 8), (Flags, 8), (Padding, 32),
];

fn layouts(abi: &Abi) -> (Layout, Layout) {
    match (abi.numbering, abi.word_bytes) {
        (Numbering::Mips, _) => (MIPS, MIPS_WIDE),
        (Numbering::Generic, 4) => (GENERIC_32, GENERIC_32_WIDE),
        (Numbering::Generic, _) => (GENERIC_64, GENERIC_64),
    }
}

fn write(layout: Layout, abi: &Abi, found: &StatFs) -> Record {
    let mut record = Record::new(abi);
    for &(member, width) in layout {
        let value = match member {
            Type => u64::from(found.magic),
            BlockSize | Fragment => u64::from(found.block_size),
            Blocks => found.blocks,
            Free | Available => found.blocks_free,
            Files => found.inodes,
            FilesFree => found.inodes_free,
            NameMax => u64::from(found.name_max),
            Flags => u64::from(found.flags),
            Padding => {
                record.zeros(width);
                continue;
            }
        };
        record.number(value, width);
    }
    record
}

/// `struct statfs`.
pub(crate) fn statfs(abi: &Abi, found: &StatFs) -> Record {
    write(layouts(abi).0, abi, found)
}
/// `struct statfs64`; the same where `long` has 64 bits.
pub(crate) fn statfs64(abi: &Abi, found: &StatFs) -> Record {
    write(layouts(abi).1, abi, found)
}
/// Is that the size that a caller of statfs64 must name? ARM programs also count the padding at the end.
pub(crate) fn is_size_of_statfs64(abi: &Abi, bytes: u64) -> bool {
    let size: u64 = layouts(abi).1.iter().map(|&(_, width)| width as u64).sum();
    bytes == size || (abi.column == Column::Arm && bytes == size + 4)
}

#[cfg(test)]
mod tests {
    use super::super::tests::abis;
    use super::*;
    use crate::record::View;

    #[test]
    fn sizes_and_offsets_are_those_of_the_compilers() {
        let found = StatFs {
            magic: 0xef53,
            block_size: 4096,
            blocks: 100,
            blocks_free: 50,
            inodes: 30,
            inodes_free: 20,
            name_max: 255,
            flags: 1,
        };
        // f_bavail, f_namelen, f_frsize, sizeof; gcc of each architecture
        let narrow =
            [[28, 40, 8, 68], [16, 36, 40, 64], [32, 64, 72, 120], [16, 36, 40, 64], [32, 64, 72, 120]];
        let wide = [[48, 64, 8, 96], [24, 56, 60, 84], narrow[2], [24, 56, 60, 84], narrow[4]];
        for ((abi, narrow), wide) in abis().iter().zip(narrow).zip(wide) {
            for (record, expect) in [(statfs(abi, &found), narrow), (statfs64(abi, &found), wide)] {
                let view = View::new(abi, record.as_bytes());
                let at = |place: usize| view.u32(expect[place]);
                assert_eq!(record.len(), expect[3], "{:?}", abi.column);
                assert_eq!([at(0), at(1), at(2)], [Some(50), Some(255), Some(4096)], "{:?}", abi.column);
            }
        }
    }
}
