//! `struct stat` and `struct stat64`, a row per architecture.
//!
//! Key functions: [`stat`], [`stat64`]. arch/*/include/uapi/asm/stat.h of Linux; sizes in the test below come from
//! compilers of the architectures.
use crate::{
    arch::{Abi, Column, Members},
    errno::Errno,
    record::Record,
    vfs::{DeviceNumber, Stat},
};

/// A member, without its width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Member {
    Device,
    Inode,
    Mode,
    Links,
    User,
    Group,
    Special,
    Size,
    BlockSize,
    Blocks,
    /// seconds, then nanoseconds, of access, modification and change, each in that width
    Times,
    Padding,
}
use Member::*;

/// Members in order, with their width in bytes.
type Layout = &'static [(Member, usize)];

#[rustfmt::skip]
const MIPS_STAT: Layout = &[
    (Device, 4), (Padding, 12), (Inode, 4), (Mode, 4), (Links, 4), (User, 4), (Group, 4), (Special, 4), (Padding, 8),
    (Size, 4), (Padding, 4), (Times, 4), (BlockSize, 4), (Blocks, 4), (Padding, 56),
];
#[rustfmt::skip]
const MIPS_STAT64: Layout = &[
    (Device, 4), (Padding, 12), (Inode, 8), (Mode, 4), (Links, 4), (User, 4), (Group, 4), (Special, 4),
    (Padding, 12), (Size, 8), (Times, 4), (BlockSize, 4), (Padding, 4), (Blocks, 8),
];
/// i386 and ARM; ids have 16 bits
#[rustfmt::skip]
const SHORT_STAT: Layout = &[
    (Device, 4), (Inode, 4), (Mode, 2), (Links, 2), (User, 2), (Group, 2), (Special, 4), (Size, 4), (BlockSize, 4),
    (Blocks, 4), (Times, 4), (Padding, 8),
];
/// members of 64 bits stand at multiples of 8 on ARM …
#[rustfmt::skip]
const ARM_STAT64: Layout = &[
    (Device, 8), (Padding, 4), (Inode, 4), (Mode, 4), (Links, 4), (User, 4), (Group, 4), (Special, 8), (Padding, 8),
    (Size, 8), (BlockSize, 4), (Padding, 4), (Blocks, 8), (Times, 4), (Inode, 8),
];
/// … and at multiples of 4 on i386 and in the old ABI of ARM
#[rustfmt::skip]
const WORDS_STAT64: Layout = &[
    (Device, 8), (Padding, 4), (Inode, 4), (Mode, 4), (Links, 4), (User, 4), (Group, 4), (Special, 8), (Padding, 4),
    (Size, 8), (BlockSize, 4), (Blocks, 8), (Times, 4), (Inode, 8),
];
/// asm-generic/stat.h
#[rustfmt::skip]
const GENERIC_STAT: Layout = &[
    (Device, 8), (Inode, 8), (Mode, 4), (Links, 4), (User, 4), (Group, 4), (Special, 8), (Padding, 8), (Size, 8),
    (BlockSize, 4), (Padding, 4), (Blocks, 8), (Times, 8), (Padding, 8),
];
#[rustfmt::skip]
const X86_64_STAT: Layout = &[
    (Device, 8), (Inode, 8), (Links, 8), (Mode, 4), (User, 4), (Group, 4), (Padding, 4), (Special, 8), (Size, 8),
    (BlockSize, 8), (Blocks, 8), (Times, 8), (Padding, 24),
];

/// The id that stands for one of more than 16 bits.
const OVERFLOW_ID: u32 = 65_534;

fn layouts(abi: &Abi) -> (Layout, Layout) {
    match abi.column {
        Column::MipsO32 => (MIPS_STAT, MIPS_STAT64),
        Column::Arm if abi.members == Members::Natural => (SHORT_STAT, ARM_STAT64),
        Column::Arm | Column::I386 => (SHORT_STAT, WORDS_STAT64),
        Column::Aarch64 => (GENERIC_STAT, GENERIC_STAT),
        Column::X86_64 => (X86_64_STAT, X86_64_STAT),
    }
}

/// The device number as `st_dev` and `st_rdev` encode it.
fn encoded(device: DeviceNumber) -> u64 {
    let (major, minor) = (u64::from(device.major), u64::from(device.minor));
    (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)
}

pub(crate) fn seconds(ns: i64) -> i64 {
    ns.div_euclid(1_000_000_000)
}
pub(crate) fn fraction(ns: i64) -> u32 {
    ns.rem_euclid(1_000_000_000) as u32
}

fn write(layout: Layout, stat: &Stat, record: &mut Record) {
    let id = |id: u32, width: usize| u64::from(if width == 2 && id > 0xffff { OVERFLOW_ID } else { id });
    for &(member, width) in layout {
        let value = match member {
            Device => encoded(stat.device),
            Inode => stat.inode,
            Mode => u64::from(stat.st_mode()),
            Links => u64::from(stat.links),
            User => id(stat.uid, width),
            Group => id(stat.gid, width),
            Special => encoded(stat.special),
            Size => stat.size,
            BlockSize => u64::from(stat.block_size),
            Blocks => stat.blocks,
            Padding => {
                record.zeros(width);
                continue;
            }
            Times => {
                for time in [stat.access_ns, stat.modify_ns, stat.change_ns] {
                    record.number(seconds(time) as u64, width).number(u64::from(fraction(time)), width);
                }
                continue;
            }
        };
        record.number(value, width);
    }
}

/// `struct stat`.
///
/// # Errors
/// EOVERFLOW for a size or inode number that does not fit.
pub(crate) fn stat(abi: &Abi, stat: &Stat) -> Result<Record, Errno> {
    if abi.word_bytes == 4 && (stat.size > 0x7fff_ffff || stat.inode > 0xffff_ffff) {
        return Err(Errno::EOVERFLOW);
    }
    let mut record = Record::new(abi);
    write(layouts(abi).0, stat, &mut record);
    Ok(record)
}

/// `struct stat64`; the same as `struct stat` where `long` has 64 bits.
pub(crate) fn stat64(abi: &Abi, stat: &Stat) -> Record {
    let mut record = Record::new(abi);
    write(layouts(abi).1, stat, &mut record);
    record
}

#[cfg(test)]
mod tests {
    use super::super::tests::abis;
    use super::*;
    use crate::{record::View, vfs::Kind};

    fn example() -> Stat {
        Stat {
            device: DeviceNumber { major: 8, minor: 1 },
            inode: 77,
            kind: Kind::File,
            mode: 0o644,
            links: 3,
            uid: 70_000,
            gid: 5,
            special: DeviceNumber { major: 4, minor: 64 },
            size: 1234,
            block_size: 4096,
            blocks: 8,
            access_ns: 1_000_000_005,
            modify_ns: 2_000_000_006,
            change_ns: 3_000_000_007,
            birth_ns: None,
            mount: 0,
            mount_root: false,
        }
    }

    #[test]
    fn sizes_and_offsets_are_those_of_the_compilers() {
        // st_size, st_blocks, st_mtime, st_rdev, st_nlink, sizeof; gcc of each architecture
        let stats = [
            [48, 84, 64, 36, 24, 144],
            [20, 28, 40, 16, 10, 64],
            [48, 64, 88, 32, 20, 128],
            [20, 28, 40, 16, 10, 64],
            [48, 64, 88, 40, 16, 144],
        ];
        let wide = [
            [56, 96, 72, 40, 28, 104],
            [48, 64, 80, 32, 20, 104],
            stats[2],
            [44, 56, 72, 32, 20, 96],
            stats[4],
        ];
        for ((abi, narrow), wide) in abis().iter().zip(stats).zip(wide) {
            for (record, expect) in
                [(stat(abi, &example()).unwrap(), narrow), (stat64(abi, &example()), wide)]
            {
                let view = View::new(abi, record.as_bytes());
                let at = |place: usize| view.u16(expect[place]).unwrap();
                assert_eq!(record.len(), expect[5], "{:?}", abi.column);
                assert_eq!(
                    [at(0), at(1), at(2), at(3), at(4)],
                    [1234, 8, 2, 4 << 8 | 64, 3],
                    "{:?}",
                    abi.column
                );
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let [_, _, _, i386, x86_64] = abis();
        let large = Stat { size: 1 << 31, ..example() };
        assert!(matches!(stat(&i386, &large), Err(Errno::EOVERFLOW)));
        assert!(stat(&x86_64, &large).is_ok());
        let short = stat(&i386, &example()).unwrap();
        assert_eq!(View::new(&i386, short.as_bytes()).u16(12), Some(65_534));
    }
}
