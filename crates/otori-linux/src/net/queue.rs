//! Datagrams that wait to be read; key types [`Queue`], [`Datagram`]. Neighbour: datagram.rs fills and empties it.
use super::Address;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::IpAddr;

/// Bytes that wait in one queue, those that the kernel keeps beside each datagram included.
pub const DATAGRAMS_MAX: usize = 131_072;
/// What the kernel keeps beside each datagram, bytes.
pub const DATAGRAM_OVERHEAD: usize = 64;

/// What arrived beside the bytes of a datagram; control messages are made of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// destination address of the packet
    pub to: Option<IpAddr>,
    /// number of the interface that it came by
    pub interface: u32,
    /// time to live or hop limit
    pub hops: u8,
    /// type of service or traffic class
    pub service: u8,
    /// pid, uid and gid of the sender (UNIX)
    pub sender: Option<(u32, u32, u32)>,
    /// bytes before a filter cut it
    pub whole: usize,
}

/// One datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// who sent it
    pub from: Address,
    /// its bytes
    pub bytes: Vec<u8>,
    /// what arrived beside them
    pub arrival: Arrival,
}

/// The queue of a socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    waiting: VecDeque<Datagram>,
    bytes: usize,
    /// datagrams that did not fit
    dropped: u64,
}

impl Queue {
    /// Queues a datagram; false when it does not fit into `most` bytes.
    pub fn push(&mut self, datagram: Datagram, most: usize) -> bool {
        let cost = datagram.bytes.len() + DATAGRAM_OVERHEAD;
        if self.bytes + cost > most.min(DATAGRAMS_MAX) {
            self.dropped = self.dropped.saturating_add(1);
            return false;
        }
        self.bytes += cost;
        self.waiting.push_back(datagram);
        true
    }

    /// Takes the oldest.
    pub fn pop(&mut self) -> Option<Datagram> {
        let datagram = self.waiting.pop_front()?;
        self.bytes = self.bytes.saturating_sub(datagram.bytes.len() + DATAGRAM_OVERHEAD);
        Some(datagram)
    }

    /// The oldest, left where it is.
    pub fn front(&self) -> Option<&Datagram> {
        self.waiting.front()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes that wait, with what the kernel keeps beside them.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Datagrams that did not fit since the beginning.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}
