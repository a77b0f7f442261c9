//! A ring of version 3: the kernel writes frames into blocks that it shares with us, no call and no copy per frame.
//!
//! Key type: [`Ring`]. packet(7), Documentation/networking/packet_mmap.rst. Frames of segmentation offload come whole
//! without PACKET_VNET_HDR too; that header would only say what is missing in their sums, which who looks does not
//! need, and the kernel drops a frame whose offload it cannot put into that header.
#![allow(
    unsafe_code,
    reason = "memory shared with the kernel, which no safe crate of ours wraps; see each SAFETY"
)]
use super::{BackendError, socket::PacketSocket};
use otori_event::Timestamp;
use std::{
    io,
    mem::{offset_of, size_of},
    os::fd::AsRawFd,
    ptr::{self, NonNull},
    sync::atomic::{AtomicU32, Ordering},
};

/// Bytes of one block; the largest frame fits.
const BLOCK_BYTES: usize = 1 << 20;
/// Blocks of the ring.
const BLOCKS: usize = 32;
/// Bytes of all of them.
const RING_BYTES: usize = BLOCK_BYTES * BLOCKS;
/// The kernel wants a size of frames to check its sums; frames of version 3 have any length.
const FRAME_BYTES: usize = 2048;
/// A block that is not full is handed over after that time.
const BLOCK_TIMEOUT_MS: u32 = 4;
/// Length of a VLAN tag, for which room is kept before each frame.
const TAG: usize = 4;
/// Two addresses, behind which the tag stands.
const ADDRESSES: usize = 12;

/// A frame in the ring.
pub(super) struct Seen<'a> {
    /// when the kernel saw it
    pub(super) at: Timestamp,
    /// the frame, with its VLAN tag put back
    pub(super) frame: &'a [u8],
}

/// A ring on one interface, both directions.
pub(super) struct Ring {
    socket: PacketSocket,
    memory: NonNull<u8>,
    /// the block in work, and whether it is ours
    block: usize,
    is_ours: bool,
    /// frames of it that are left, and where the next one starts
    left: u32,
    next_at: usize,
}

// SAFETY: the memory is the ring's alone, and it is used through `&mut self` only.
unsafe impl Send for Ring {}

impl Ring {
    pub(super) fn open(interface: &str) -> Result<Ring, BackendError> {
        let (socket, index) = PacketSocket::unbound(interface)?;
        let set = |option, value: u32, what| {
            socket.set(libc::SOL_PACKET, option, &value).map_err(|error| BackendError::of(what, error))
        };
        set(
            libc::PACKET_VERSION,
            libc::tpacket_versions::TPACKET_V3 as u32,
            "asking for a ring of version 3",
        )?;
        set(libc::PACKET_RESERVE, TAG as u32, "keeping room for VLAN tags")?;
        let wanted = libc::tpacket_req3 {
            tp_block_size: BLOCK_BYTES as u32,
            tp_block_nr: BLOCKS as u32,
            tp_frame_size: FRAME_BYTES as u32,
            tp_frame_nr: (RING_BYTES / FRAME_BYTES) as u32,
            tp_retire_blk_tov: BLOCK_TIMEOUT_MS,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        let made = socket.set(libc::SOL_PACKET, libc::PACKET_RX_RING, &wanted);
        made.map_err(|error| BackendError::of("making a ring", error))?;
        let (access, fd) = (libc::PROT_READ | libc::PROT_WRITE, socket.descriptor().as_raw_fd());
        // SAFETY: a new mapping at a place of the kernel's choice, as long as the ring that was just made.
        let memory = unsafe { libc::mmap(ptr::null_mut(), RING_BYTES, access, libc::MAP_SHARED, fd, 0) };
        if memory == libc::MAP_FAILED {
            return Err(BackendError::of("mapping the ring", io::Error::last_os_error()));
        }
        let memory = NonNull::new(memory.cast())
            .ok_or(BackendError::Io { what: "mapping the ring", error: io::ErrorKind::OutOfMemory.into() })?;
        let ring = Ring { socket, memory, block: 0, is_ours: false, left: 0, next_at: 0 };
        ring.socket.listen(index)?;
        Ok(ring)
    }

    /// The next frame that waits.
    pub(super) fn next(&mut self) -> Option<Seen<'_>> {
        while self.left == 0 {
            self.give_back();
            self.take()?;
        }
        self.left -= 1;
        let at = self.next_at;
        let header: libc::tpacket3_hdr = self.read(at)?;
        self.next_at = at.saturating_add(header.tp_next_offset as usize);
        let stamp = i64::from(header.tp_sec) * 1_000_000_000 + i64::from(header.tp_nsec);
        let tag = (header.tp_status & libc::TP_STATUS_VLAN_VALID != 0).then(|| {
            let known = header.tp_status & libc::TP_STATUS_VLAN_TPID_VALID != 0;
            let kind = if known { header.hv1.tp_vlan_tpid } else { 0x8100 };
            (kind, header.hv1.tp_vlan_tci as u16)
        });
        let start = at.checked_add(usize::from(header.tp_mac))?;
        let frame = self.frame(start, header.tp_snaplen as usize, tag)?;
        Some(Seen { at: Timestamp(stamp), frame })
    }

    /// Frames that the kernel dropped because the ring was full, since the last call.
    pub(super) fn lost(&self) -> u64 {
        self.socket.lost()
    }

    /// Its descriptor, which is readable when a block waits.
    pub(super) const fn socket(&self) -> &PacketSocket {
        &self.socket
    }

    /// The word of the block in work that says whose it is.
    fn owner(&self) -> &AtomicU32 {
        let at = offset_of!(libc::tpacket_block_desc, hdr) + offset_of!(libc::tpacket_hdr_v1, block_status);
        // SAFETY: the place is inside the mapping, aligned to four bytes since blocks are pages, and alive as long as
        // `self`; both sides use it as an atomic word only.
        unsafe { AtomicU32::from_ptr(self.memory.as_ptr().add(self.block * BLOCK_BYTES + at).cast()) }
    }

    /// Takes the next block, if the kernel is done with it.
    fn take(&mut self) -> Option<()> {
        if self.owner().load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
            return None;
        }
        self.is_ours = true;
        let header: libc::tpacket_hdr_v1 = self.read(offset_of!(libc::tpacket_block_desc, hdr))?;
        (self.left, self.next_at) = (header.num_pkts, header.offset_to_first_pkt as usize);
        Some(())
    }

    /// Gives the block in work back to the kernel.
    fn give_back(&mut self) {
        if core::mem::take(&mut self.is_ours) {
            self.owner().store(libc::TP_STATUS_KERNEL, Ordering::Release);
            self.block = (self.block + 1) % BLOCKS;
        }
    }

    /// A header of the kernel at that offset of the block in work; a place outside ends the block.
    fn read<T: Copy>(&mut self, at: usize) -> Option<T> {
        if at.checked_add(size_of::<T>()).is_none_or(|end| end > BLOCK_BYTES) {
            self.left = 0;
            return None;
        }
        // SAFETY: inside of the mapped block by the check above, which is ours until it is given back; headers are plain
        // numbers, valid with any bytes, and need no alignment here.
        Some(unsafe { self.memory.as_ptr().add(self.block * BLOCK_BYTES + at).cast::<T>().read_unaligned() })
    }

    /// The frame of that offset and length; a tag goes back to its place behind the addresses, which move into the
    /// room that is kept before each frame.
    fn frame(&mut self, start: usize, length: usize, tag: Option<(u16, u16)>) -> Option<&[u8]> {
        let end = start.checked_add(length).filter(|end| *end <= BLOCK_BYTES)?;
        let tag = tag.filter(|_| length >= ADDRESSES && start >= TAG);
        let start = if tag.is_some() { start - TAG } else { start };
        // SAFETY: inside of the mapped block by the checks above, which is ours, as the borrow of `self` says, until the
        // next frame is asked for; the kernel does not write to a block that is ours.
        let frame = unsafe {
            let first = self.memory.as_ptr().add(self.block * BLOCK_BYTES + start);
            std::slice::from_raw_parts_mut(first, end - start)
        };
        if let Some((kind, tag)) = tag {
            frame.copy_within(TAG..TAG + ADDRESSES, 0);
            let ([a, b], [c, d]) = (kind.to_be_bytes(), tag.to_be_bytes());
            frame.get_mut(ADDRESSES..ADDRESSES + TAG)?.copy_from_slice(&[a, b, c, d]);
        }
        Some(frame)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping of `open`, of that length; nothing borrows from it any more.
        unsafe { libc::munmap(self.memory.as_ptr().cast(), RING_BYTES) };
    }
}

#[cfg(test)]
mod tests;
