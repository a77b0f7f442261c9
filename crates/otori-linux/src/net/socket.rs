//! One socket; key types [`Socket`], [`State`]. Neighbours: stream.rs and datagram.rs move bytes.
use super::SocketId;
use super::address::{AF_INET, AF_NETLINK, AF_PACKET, AF_UNIX, Address};
use crate::abi::Numbering;
use crate::errno::Errno;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::net::SocketAddr;

/// Bytes that wait in one stream.
pub const STREAM_MAX: usize = 65_536;
/// Bytes that wait in one datagram queue.
pub const DATAGRAMS_MAX: usize = 131_072;
/// Largest datagram, bytes.
pub const DATAGRAM_MAX: usize = 65_507;

/// Address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// AF_UNIX
    Unix,
    /// AF_INET
    Inet,
    /// AF_NETLINK
    Netlink,
    /// AF_PACKET
    Packet,
}

impl Domain {
    /// The family with that number.
    pub fn from_number(number: u32) -> Option<Domain> {
        [Domain::Unix, Domain::Inet, Domain::Netlink, Domain::Packet]
            .into_iter()
            .find(|domain| u32::from(domain.number()) == number)
    }

    /// The number of the family.
    pub fn number(self) -> u16 {
        match self {
            Domain::Unix => AF_UNIX,
            Domain::Inet => AF_INET,
            Domain::Netlink => AF_NETLINK,
            Domain::Packet => AF_PACKET,
        }
    }
}

/// How a socket moves bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SOCK_STREAM
    Stream,
    /// SOCK_DGRAM
    Datagram,
    /// SOCK_RAW
    Raw,
    /// SOCK_SEQPACKET
    Sequenced,
}

impl Kind {
    /// The kind with that number, flags taken off. MIPS has streams and datagrams the other way round.
    pub fn from_number(number: u32, numbering: Numbering) -> Option<Kind> {
        [Kind::Stream, Kind::Datagram, Kind::Raw, Kind::Sequenced]
            .into_iter()
            .find(|kind| kind.number(numbering) == number)
    }

    /// The number of the kind.
    pub fn number(self, numbering: Numbering) -> u32 {
        match (self, numbering) {
            (Kind::Stream, Numbering::Generic) | (Kind::Datagram, Numbering::Mips) => 1,
            (Kind::Datagram, Numbering::Generic) | (Kind::Stream, Numbering::Mips) => 2,
            (Kind::Raw, _) => 3,
            (Kind::Sequenced, _) => 5,
        }
    }
}

/// The other side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// a socket of this machine
    Local(SocketId),
    /// a connection of the outside
    Outside(u32),
    /// a socket of this machine that was closed
    Gone,
}

/// What a connection-oriented socket is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// nothing yet
    Idle,
    /// accepts connections
    Listening {
        /// most connections that wait
        backlog: usize,
        /// connections that wait
        queue: VecDeque<SocketId>,
    },
    /// waits for the outside's answer
    Connecting(u32),
    /// connected, or a datagram socket with a default peer
    Connected(Peer),
    /// a datagram socket with a default address
    Directed,
}

/// One socket.
#[derive(Clone, Debug)]
pub struct Socket {
    pub(super) domain: Domain,
    pub(super) kind: Kind,
    pub(super) protocol: u16,
    pub(super) state: State,
    pub(super) local: Option<Address>,
    pub(super) remote: Option<Address>,
    /// bytes of a stream that wait to be read
    pub(super) stream: VecDeque<u8>,
    /// datagrams that wait to be read
    pub(super) datagrams: VecDeque<(Address, Vec<u8>)>,
    pub(super) datagram_bytes: usize,
    /// bytes or datagrams that were ever put in here by sockets of this machine, and that were taken out
    pub(super) arrived: u64,
    pub(super) taken: u64,
    /// the peer sends no more
    pub(super) ended: bool,
    /// this side sends no more
    pub(super) finished: bool,
    /// this side reads no more
    pub(super) deaf: bool,
    pub(super) error: Option<Errno>,
    pub(super) reuse: bool,
    pub(super) broadcast: bool,
    pub(super) header_included: bool,
    pub(super) receive_timeout_ns: Option<u64>,
    pub(super) send_timeout_ns: Option<u64>,
    pub(super) buffer_bytes: u32,
    pub(super) kept: BTreeMap<(u32, u32), u32>,
    pub(super) uid: u32,
    pub(super) credentials: (u32, u32, u32),
    pub(super) peer_credentials: (u32, u32, u32),
    /// belongs to the host's front, not to a guest process
    pub(super) host: bool,
    /// the host's end of a connection with a played service: that service's listening socket
    pub(super) service: Option<SocketId>,
}

impl Socket {
    pub(super) fn new(domain: Domain, kind: Kind, protocol: u16, credentials: (u32, u32, u32)) -> Socket {
        Socket {
            domain,
            kind,
            protocol,
            state: State::Idle,
            local: None,
            remote: None,
            stream: VecDeque::new(),
            datagrams: VecDeque::new(),
            datagram_bytes: 0,
            arrived: 0,
            taken: 0,
            ended: false,
            finished: false,
            deaf: false,
            error: None,
            reuse: false,
            broadcast: false,
            header_included: false,
            receive_timeout_ns: None,
            send_timeout_ns: None,
            buffer_bytes: 163_840,
            kept: BTreeMap::new(),
            uid: credentials.1,
            credentials,
            peer_credentials: (0, u32::MAX, u32::MAX),
            host: false,
            service: None,
        }
    }

    pub(super) fn is_connection(&self) -> bool {
        matches!(self.kind, Kind::Stream | Kind::Sequenced)
    }

    pub(super) fn local_inet(&self) -> Option<SocketAddr> {
        match &self.local {
            Some(Address::Inet(address)) => Some(*address),
            _ => None,
        }
    }

    pub(super) fn remote_inet(&self) -> Option<SocketAddr> {
        match &self.remote {
            Some(Address::Inet(address)) => Some(*address),
            _ => None,
        }
    }

    /// Queues a datagram; false when it does not fit.
    pub(super) fn push_datagram(&mut self, from: Address, bytes: &[u8]) -> bool {
        if self.deaf || self.datagram_bytes + bytes.len() + 64 > DATAGRAMS_MAX {
            return false;
        }
        self.datagram_bytes += bytes.len() + 64;
        self.arrived += 1;
        self.datagrams.push_back((from, bytes.to_vec()));
        true
    }
}
