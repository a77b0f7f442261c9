//! What a machine has written to its flash: NOR partitions behind `/dev/mtdN` and `/dev/mtdblockN`.
//!
//! Key type: [`Flash`]. Only blocks that differ from erased ones are kept; copies of a machine share them. Neighbours:
//! `syscall/flash.rs` has the requests, `proc/identity.rs` the partitions. include/uapi/mtd/mtd-abi.h, mtd(4).
use crate::{errno::Errno, proc::MtdPartition};
use alloc::{collections::BTreeMap, sync::Arc, vec, vec::Vec};

/// Bytes of blocks that one machine keeps; then EIO, as from worn flash.
const KEPT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Smallest erase block that is believed.
const BLOCK_BYTES_MIN: u32 = 4096;
/// What erased flash reads as.
const ERASED: u8 = 0xff;

/// How bytes get into flash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// the character device: bits only become 0
    Program,
    /// the block device: its driver erases where it must
    Replace,
}

/// Blocks by partition and place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flash {
    blocks: BTreeMap<(u32, u32), Arc<Vec<u8>>>,
    kept_bytes: usize,
}

/// Bytes of one erase block of a partition.
pub(crate) fn block_bytes(part: &MtdPartition) -> u32 {
    part.erase_size.max(BLOCK_BYTES_MIN)
}

impl Flash {
    /// Reads; 0 behind the end.
    pub(crate) fn read(&self, index: u32, part: &MtdPartition, offset: u64, into: &mut [u8]) -> usize {
        let count = within(part, offset, into.len());
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..count).filter(|rest| !rest.is_empty()) {
            let (block, at) = split(part, offset + done as u64);
            let length = rest.len().min(block_bytes(part) as usize - at);
            let kept = self.blocks.get(&(index, block)).and_then(|bytes| bytes.get(at..at + length));
            match (rest.get_mut(..length), kept) {
                (Some(target), Some(kept)) => target.copy_from_slice(kept),
                (Some(target), None) => target.fill(ERASED),
                (None, _) => break,
            }
            done += length;
        }
        count
    }

    /// Writes: ENOSPC behind the end.
    pub(crate) fn write(
        &mut self,
        index: u32,
        part: &MtdPartition,
        offset: u64,
        bytes: &[u8],
        way: Way,
    ) -> Result<usize, Errno> {
        let count = within(part, offset, bytes.len());
        if count == 0 && !bytes.is_empty() {
            return Err(Errno::ENOSPC);
        }
        let mut done = 0;
        while let Some(rest) = bytes.get(done..count).filter(|rest| !rest.is_empty()) {
            let (block, at) = split(part, offset + done as u64);
            let held = self.block(index, block, part)?.get_mut(at..).unwrap_or_default();
            let length = rest.len().min(block_bytes(part) as usize - at);
            for (target, byte) in held.iter_mut().zip(rest.iter().take(length)) {
                *target = if way == Way::Program { *target & *byte } else { *byte };
            }
            done += length;
        }
        Ok(count)
    }

    fn block(&mut self, index: u32, block: u32, part: &MtdPartition) -> Result<&mut Vec<u8>, Errno> {
        let size = block_bytes(part) as usize;
        if !self.blocks.contains_key(&(index, block)) {
            if self.kept_bytes + size > KEPT_BYTES_MAX {
                return Err(Errno::EIO);
            }
            self.kept_bytes += size;
        }
        let kept = self.blocks.entry((index, block)).or_insert_with(|| Arc::new(vec![ERASED; size]));
        Ok(Arc::make_mut(kept))
    }

    /// MEMERASE: whole blocks within the partition.
    pub(crate) fn erase(
        &mut self,
        index: u32,
        part: &MtdPartition,
        start: u64,
        length: u64,
    ) -> Result<(), Errno> {
        let block = u64::from(block_bytes(part));
        let end =
            start.checked_add(length).filter(|end| *end <= u64::from(part.size)).ok_or(Errno::EINVAL)?;
        if !start.is_multiple_of(block) || !length.is_multiple_of(block) {
            return Err(Errno::EINVAL);
        }
        let (first, last) = ((start / block) as u32, (end / block) as u32);
        let gone: Vec<(u32, u32)> =
            self.blocks.range((index, first)..(index, last)).map(|(key, _)| *key).collect();
        for key in gone {
            if let Some(bytes) = self.blocks.remove(&key) {
                self.kept_bytes = self.kept_bytes.saturating_sub(bytes.len());
            }
        }
        Ok(())
    }
}

/// How many of `length` bytes from there on lie in a partition.
fn within(part: &MtdPartition, offset: u64, length: usize) -> usize {
    let rest = u64::from(part.size).saturating_sub(offset);
    length.min(usize::try_from(rest).unwrap_or(usize::MAX))
}

/// Block and place in it.
fn split(part: &MtdPartition, place: u64) -> (u32, usize) {
    let block = u64::from(block_bytes(part));
    ((place / block) as u32, (place % block) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> MtdPartition {
        MtdPartition { name: "nvram".into(), size: 0x3000, erase_size: 0x1000 }
    }

    #[test]
    fn programming_clears_bits_and_erasing_sets_whole_blocks() {
        let (mut flash, part) = (Flash::default(), part());
        assert_eq!(flash.write(0, &part, 0xfff, &[0xf0, 0x0f], Way::Program), Ok(2));
        assert_eq!(flash.write(0, &part, 0xfff, &[0x33], Way::Program), Ok(1));
        let mut bytes = [0; 4];
        assert_eq!(flash.read(0, &part, 0xffe, &mut bytes), 4);
        assert_eq!(bytes, [0xff, 0x30, 0x0f, 0xff]);
        assert_eq!(flash.erase(0, &part, 0x800, 0x1000), Err(Errno::EINVAL));
        assert_eq!(flash.erase(0, &part, 0x2000, 0x2000), Err(Errno::EINVAL));
        assert_eq!(flash.erase(0, &part, 0, 0x1000), Ok(()));
        flash.read(0, &part, 0xffe, &mut bytes);
        assert_eq!(bytes, [0xff, 0xff, 0x0f, 0xff]);
        assert_eq!(flash.write(0, &part, 0x1000, &[0x55], Way::Replace), Ok(1));
        flash.read(0, &part, 0x1000, &mut bytes);
        assert_eq!(bytes[0], 0x55);
    }

    #[test]
    fn the_end_of_a_partition_and_the_limit_of_the_machine_are_kept() {
        let (mut flash, part) = (Flash::default(), part());
        let mut bytes = [0; 8];
        assert_eq!(flash.read(0, &part, 0x2ffc, &mut bytes), 4);
        assert_eq!(flash.read(0, &part, 0x3000, &mut bytes), 0);
        assert_eq!(flash.write(0, &part, 0x2fff, &[1, 2], Way::Program), Ok(1));
        assert_eq!(flash.write(0, &part, 0x3000, &[1], Way::Program), Err(Errno::ENOSPC));
        let large = MtdPartition { name: "large".into(), size: 0x1000_0000, erase_size: 0x10_0000 };
        let mut last = Ok(0);
        for block in 0..64 {
            last = flash.write(1, &large, block * 0x10_0000, &[0], Way::Program);
        }
        assert_eq!(last, Err(Errno::EIO));
        assert!(flash.kept_bytes <= KEPT_BYTES_MAX);
    }
}
