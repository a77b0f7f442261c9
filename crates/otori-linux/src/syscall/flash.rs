//! ioctl of flash: the MEM* requests of `/dev/mtdN`, the BLK* ones of `/dev/mtdblockN`.
//!
//! Neighbour: `flash.rs` keeps what was written. The direction bits of a request differ between architectures and
//! programs confuse them: only type and number count. include/uapi/mtd/mtd-abi.h, include/uapi/linux/fs.h.
use super::call::{Call, CallResult};
use crate::{errno::Errno, flash::block_bytes, kernel::Core, notice::NoticeKind};
use alloc::format;

/// MTD_NORFLASH; MTD_CAP_NORFLASH
const NOR: u8 = 3;
const NOR_FLAGS: u32 = 0xc00;
/// Types of requests.
const MEM: u32 = 0x4d;
const BLK: u32 = 0x12;

pub(super) fn ioctl(call: &mut Call<'_>, index: u32, number: u32) -> CallResult {
    let writes = call.file(0)?.writes();
    let part = call.kernel.core.config.identity.mtd.get(index as usize).ok_or(Errno::ENODEV)?.clone();
    let (size, erase_size) = (part.size, block_bytes(&part));
    match (number >> 8 & 0xff, number & 0xff) {
        // MEMGETINFO, struct mtd_info_user: type, flags, size, erasesize, writesize, oobsize, padding
        (MEM, 1) => {
            let mut record = call.record();
            record.u8(NOR).zeros(3).u32(NOR_FLAGS).u32(size).u32(erase_size).u32(1).u32(0).u64(0);
            call.write(call.word(2), record.as_bytes())?;
            Ok(0)
        }
        // MEMERASE and MEMERASE64: start and length
        (MEM, 2 | 20) => {
            if !writes {
                return Err(Errno::EPERM.into());
            }
            let wide = number & 0xff == 20;
            let bytes = call.read_bytes(call.word(2), if wide { 16 } else { 8 })?;
            let view = crate::record::View::new(call.abi(), &bytes);
            let (start, length) = match wide {
                true => (view.u64(0), view.u64(8)),
                false => (view.u32(0).map(u64::from), view.u32(4).map(u64::from)),
            };
            let (start, length) = (start.ok_or(Errno::EFAULT)?, length.ok_or(Errno::EFAULT)?);
            call.core().flash.erase(index, &part, start, length)?;
            call.notify(NoticeKind::Refused { what: format!("flash {} erased", part.name) });
            Ok(0)
        }
        // MEMWRITEOOB, MEMREADOOB: NOR has no such bytes
        (MEM, 3 | 4 | 21 | 22) => Err(Errno::EOPNOTSUPP.into()),
        // MEMLOCK, MEMUNLOCK: nothing is locked
        (MEM, 5 | 6) if writes => Ok(0),
        (MEM, 5 | 6) => Err(Errno::EPERM.into()),
        // MEMGETREGIONCOUNT: one kind of block
        (MEM, 7) => {
            call.write_u32(call.word(2), 0)?;
            Ok(0)
        }
        // MEMGETBADBLOCK, MEMISLOCKED
        (MEM, 11 | 23) => Ok(0),
        // BLKROGET, BLKGETSIZE in sectors of 512 bytes, BLKFLSBUF, BLKSSZGET, BLKGETSIZE64
        (BLK, 0x5e) => {
            call.write_u32(call.word(2), 0)?;
            Ok(0)
        }
        (BLK, 0x60) => {
            let mut record = call.record();
            record.word(u64::from(size / 512));
            call.write(call.word(2), record.as_bytes())?;
            Ok(0)
        }
        (BLK, 0x61) => Ok(0),
        (BLK, 0x68) => {
            call.write_u32(call.word(2), 512)?;
            Ok(0)
        }
        (BLK, 0x72) => {
            let mut record = call.record();
            record.u64(u64::from(size));
            call.write(call.word(2), record.as_bytes())?;
            Ok(0)
        }
        _ => Err(Errno::ENOTTY.into()),
    }
}

impl Core {
    /// Writes to flash; the first byte of a partition's every write is told.
    pub(crate) fn write_flash(
        &mut self,
        pid: u32,
        index: u32,
        offset: u64,
        bytes: &[u8],
        way: crate::flash::Way,
    ) -> Result<usize, Errno> {
        let part = self.config.identity.mtd.get(index as usize).ok_or(Errno::ENODEV)?.clone();
        let count = self.flash.write(index, &part, offset, bytes, way)?;
        self.charge(count as u64);
        if offset == 0 && count > 0 {
            self.notify(pid, NoticeKind::Refused { what: format!("flash {} written", part.name) });
        }
        Ok(count)
    }
}
