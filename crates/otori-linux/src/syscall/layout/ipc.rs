//! `struct ipc64_perm`, `shmid64_ds`, `semid64_ds`, `msqid64_ds`, a way per family of architectures.
//!
//! asm-generic/{ipcbuf,shmbuf,sembuf,msgbuf}.h; MIPS and x86 have their own. Times of 32-bit architectures have an
//! upper half of zeros.
use crate::{
    abi::{Endian, Numbering},
    arch::{Abi, Column},
    ipc::Permission,
    record::{Record, View},
};

/// `struct ipc64_perm`: 36 bytes, or 48 where `long` has 64 bits.
fn permission(record: &mut Record, abi: &Abi, owner: &Permission) {
    record.u32(owner.key as u32).u32(owner.uid).u32(owner.gid).u32(owner.creator_uid).u32(owner.creator_gid);
    match abi.column {
        // mode_t has 16 bits here
        Column::Arm | Column::I386 => record.u16(owner.mode).u16(0),
        _ => record.u32(u32::from(owner.mode)),
    };
    record.u16(owner.sequence).u16(0);
    if abi.word_bytes == 8 {
        record.u32(0);
    }
    record.word(0).word(0);
}

/// uid, gid and mode of a structure that IPC_SET hands over.
pub(crate) fn parse_permission(abi: &Abi, bytes: &[u8]) -> Option<(u32, u32, u16)> {
    let view = View::new(abi, bytes);
    let mode = match abi.column {
        Column::Arm | Column::I386 => view.u16(20)?,
        _ => view.u32(20)? as u16,
    };
    Some((view.u32(4)?, view.u32(8)?, mode & 0o777))
}
/// Bytes that [`parse_permission`] needs.
pub(crate) const PERMISSION_BYTES: usize = 24;

/// Seconds, with an upper half of zeros behind it where `long` has 32 bits.
fn time(record: &mut Record, abi: &Abi, seconds: u64) {
    record.word(seconds);
    if abi.word_bytes == 4 {
        record.u32(0);
    }
}

/// What shmctl tells.
pub(crate) struct SegmentState {
    pub(crate) bytes: u64,
    /// attached, detached, changed; seconds
    pub(crate) times: [u64; 3],
    pub(crate) creator: u32,
    pub(crate) last: u32,
    pub(crate) attached: u64,
}

/// `struct shmid64_ds`.
pub(crate) fn segment(abi: &Abi, owner: &Permission, state: &SegmentState) -> Record {
    let mut record = Record::new(abi);
    permission(&mut record, abi, owner);
    record.word(state.bytes);
    for seconds in state.times {
        match abi.numbering {
            Numbering::Mips => _ = record.word(seconds),
            Numbering::Generic => time(&mut record, abi, seconds),
        }
    }
    record.u32(state.creator).u32(state.last).word(state.attached).word(0).word(0);
    record
}

/// `struct semid64_ds`; `times` are of the last operation and the last change.
pub(crate) fn set(abi: &Abi, owner: &Permission, times: [u64; 2], count: usize) -> Record {
    let mut record = Record::new(abi);
    permission(&mut record, abi, owner);
    for seconds in times {
        match abi.column {
            Column::MipsO32 | Column::Aarch64 => record.word(seconds),
            _ => record.word(seconds).word(0),
        };
    }
    record.word(count as u64).word(0).word(0);
    record
}

/// What msgctl tells.
pub(crate) struct QueueState {
    /// sent, received, changed; seconds
    pub(crate) times: [u64; 3],
    pub(crate) bytes: u64,
    pub(crate) messages: u64,
    pub(crate) bytes_max: u64,
    pub(crate) sender: u32,
    pub(crate) receiver: u32,
}

/// `struct msqid64_ds`.
pub(crate) fn queue(abi: &Abi, owner: &Permission, state: &QueueState) -> Record {
    let mut record = Record::new(abi);
    permission(&mut record, abi, owner);
    for seconds in state.times {
        match (abi.numbering, abi.endian) {
            // one 64-bit value in two members
            (Numbering::Mips, Endian::Big) => _ = record.u32(0).u32(seconds as u32),
            _ => time(&mut record, abi, seconds),
        }
    }
    record.word(state.bytes).word(state.messages).word(state.bytes_max);
    record.u32(state.sender).u32(state.receiver).word(0).word(0);
    record
}

/// Where msg_qbytes stands, which IPC_SET changes.
pub(crate) fn queue_bytes_offset(abi: &Abi) -> usize {
    if abi.word_bytes == 8 { 88 } else { 68 }
}

#[cfg(test)]
mod tests {
    use super::super::tests::abis;
    use super::*;

    #[test]
    fn sizes_and_offsets_are_those_of_the_compilers() {
        let owner =
            Permission { key: 1, uid: 2, gid: 3, creator_uid: 4, creator_gid: 5, mode: 0o640, sequence: 6 };
        let shm = SegmentState { bytes: 77, times: [10, 11, 12], creator: 13, last: 14, attached: 15 };
        let msg = QueueState {
            times: [10, 11, 12],
            bytes: 20,
            messages: 21,
            bytes_max: 22,
            sender: 23,
            receiver: 24,
        };
        // shm: shm_ctime, shm_cpid, shm_nattch, sizeof; sem: sem_ctime, sem_nsems, sizeof;
        // msg: msg_ctime, msg_qnum, msg_lspid, sizeof; gcc of each architecture
        let expect = [
            [48, 52, 60, 72, 40, 44, 56, 52, 64, 72, 88],
            [56, 64, 72, 84, 44, 52, 64, 52, 64, 72, 88],
            [72, 80, 88, 112, 56, 64, 88, 64, 80, 96, 120],
            [56, 64, 72, 84, 44, 52, 64, 52, 64, 72, 88],
            [72, 80, 88, 112, 64, 80, 104, 64, 80, 96, 120],
        ];
        for (abi, expect) in abis().iter().zip(expect) {
            let at = |record: &Record, offset: usize| View::new(abi, record.as_bytes()).u32(offset);
            let record = segment(abi, &owner, &shm);
            assert_eq!([0, 1, 2].map(|place| at(&record, expect[place])), [Some(12), Some(13), Some(15)]);
            assert_eq!(record.len(), expect[3]);
            assert_eq!(parse_permission(abi, record.as_bytes()), Some((2, 3, 0o640)));
            let record = set(abi, &owner, [30, 31], 32);
            assert_eq!([4, 5].map(|place| at(&record, expect[place])), [Some(31), Some(32)]);
            assert_eq!(record.len(), expect[6]);
            let record = queue(abi, &owner, &msg);
            assert_eq!([7, 8, 9].map(|place| at(&record, expect[place])), [Some(12), Some(21), Some(23)]);
            assert_eq!(at(&record, queue_bytes_offset(abi)), Some(22));
            assert_eq!(record.len(), expect[10]);
        }
    }
}
