//! One socket; key types [`Socket`], [`State`]. Neighbours: stream.rs and datagram.rs move bytes, queue.rs has what
//! waits in it.
use super::SocketId;
use super::address::{AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, Address};
use super::fault::Fault;
use super::filter::Filter;
use super::multicast::Membership;
use super::option::Stored;
use super::queue::Queue;
use crate::abi::Numbering;
use crate::errno::Errno;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

/// Bytes that wait in one stream.
pub const STREAM_MAX: usize = 65_536;
/// Largest datagram, bytes.
pub const DATAGRAM_MAX: usize = 65_507;

/// Address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// AF_UNIX
    Unix,
    /// AF_INET
    Inet,
    /// AF_INET6
    Inet6,
    /// AF_NETLINK
    Netlink,
    /// AF_PACKET
    Packet,
}

impl Domain {
    /// The family with that number.
    pub fn from_number(number: u32) -> Option<Domain> {
        [Domain::Unix, Domain::Inet, Domain::Inet6, Domain::Netlink, Domain::Packet]
            .into_iter()
            .find(|domain| u32::from(domain.number()) == number)
    }

    /// Whether its sockets have Internet addresses.
    pub fn is_inet(self) -> bool {
        matches!(self, Domain::Inet | Domain::Inet6)
    }

    /// The number of the family.
    pub fn number(self) -> u16 {
        match self {
            Domain::Unix => AF_UNIX,
            Domain::Inet => AF_INET,
            Domain::Inet6 => AF_INET6,
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

/// What a socket is doing.
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
    /// waits for room in the queue of a listener of this machine
    Knocking(SocketAddr),
    /// connected, or a datagram socket with a default peer
    Connected(Peer),
    /// a datagram socket with a default address
    Directed,
}

/// What connect(2) says next to a program that did not wait for the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// nothing is left to say
    Told,
    /// it worked
    Made,
    /// it did not
    Failed,
}

/// Bits of a choice that a program made; what is not here is in [`Socket::stored`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches(u32);

impl Switches {
    /// SO_REUSEADDR
    pub const REUSE_ADDRESS: Switches = Switches(1);
    /// SO_REUSEPORT
    pub const REUSE_PORT: Switches = Switches(1 << 1);
    /// SO_BROADCAST
    pub const BROADCAST: Switches = Switches(1 << 2);
    /// IP_HDRINCL
    pub const HEADER_INCLUDED: Switches = Switches(1 << 3);
    /// IPV6_V6ONLY
    pub const ONLY_6: Switches = Switches(1 << 4);
    /// SO_OOBINLINE
    pub const URGENT_INLINE: Switches = Switches(1 << 5);
    /// SO_PASSCRED
    pub const PASS_CREDENTIALS: Switches = Switches(1 << 6);
    /// IP_RECVERR and IPV6_RECVERR
    pub const TELL_FAULTS: Switches = Switches(1 << 7);
    /// IP_MULTICAST_LOOP and IPV6_MULTICAST_LOOP switched off
    pub const NO_LOOP: Switches = Switches(1 << 8);
    /// a filter stays for good
    pub const FILTER_LOCKED: Switches = Switches(1 << 9);
    /// packets of the machine itself are not given to it
    pub const IGNORE_OUTGOING: Switches = Switches(1 << 10);

    /// Whether all of those are on.
    pub fn has(self, other: Switches) -> bool {
        self.0 & other.0 == other.0
    }

    /// Switches on or off.
    pub fn set(&mut self, other: Switches, on: bool) {
        if on {
            self.0 |= other.0;
        } else {
            self.0 &= !other.0;
        }
    }
}

/// One socket.
#[derive(Clone, Debug)]
pub struct Socket {
    pub(super) domain: Domain,
    pub(super) kind: Kind,
    pub(super) protocol: u16,
    pub(super) state: State,
    pub(super) attempt: Attempt,
    pub(super) local: Option<Address>,
    pub(super) remote: Option<Address>,
    /// whether bind(2) chose the local port
    pub(super) bound: bool,
    /// bytes of a stream that wait to be read
    pub(super) stream: VecDeque<u8>,
    /// the byte that was sent out of band: where in the stream it stands, counted as `taken` is
    pub(super) urgent: Option<(u64, u8)>,
    /// datagrams that wait to be read
    pub(super) datagrams: Queue,
    /// what the network said of what was sent
    pub(super) faults: VecDeque<Fault>,
    /// bytes or datagrams that were ever put in here by sockets of this machine, and that were taken out
    pub(super) arrived: u64,
    pub(super) taken: u64,
    /// how often something came to be read, and room to write: what edge-triggered watches see
    pub(super) stirred: (u64, u64),
    /// next sequence number that this side sends (TCP), as taps see it
    pub(super) sequence: u32,
    /// the peer sends no more
    pub(super) ended: bool,
    /// this side sends no more
    pub(super) finished: bool,
    /// this side reads no more
    pub(super) deaf: bool,
    /// the connection was reset
    pub(super) reset: bool,
    pub(super) error: Option<Errno>,
    pub(super) switches: Switches,
    /// interface number that it is bound to; 0 for none
    pub(super) device: u32,
    pub(super) receive_timeout_ns: Option<u64>,
    pub(super) send_timeout_ns: Option<u64>,
    /// bytes of SO_SNDBUF and SO_RCVBUF
    pub(super) buffer_bytes: (u32, u32),
    /// SO_LINGER: seconds, when it is on
    pub(super) linger_seconds: Option<u32>,
    /// options that are kept and given back
    pub(super) stored: Stored,
    pub(super) memberships: Vec<Membership>,
    pub(super) filter: Option<Filter>,
    /// ICMP_FILTER: types that are not given, one bit each
    pub(super) icmp_filter: u32,
    /// ICMP6_FILTER: the same in 256 bits
    pub(super) icmp6_filter: [u32; 8],
    pub(super) uid: u32,
    pub(super) credentials: (u32, u32, u32),
    pub(super) peer_credentials: (u32, u32, u32),
    /// who wrote last what waits in the stream
    pub(super) writer: (u32, u32, u32),
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
            attempt: Attempt::Told,
            local: None,
            remote: None,
            bound: false,
            stream: VecDeque::new(),
            urgent: None,
            datagrams: Queue::default(),
            faults: VecDeque::new(),
            arrived: 0,
            taken: 0,
            stirred: (0, 0),
            sequence: 0,
            ended: false,
            finished: false,
            deaf: false,
            reset: false,
            error: None,
            switches: Switches::default(),
            device: 0,
            receive_timeout_ns: None,
            send_timeout_ns: None,
            buffer_bytes: (DEFAULT_BUFFER_BYTES, DEFAULT_BUFFER_BYTES),
            linger_seconds: None,
            stored: Stored::default(),
            memberships: Vec::new(),
            filter: None,
            icmp_filter: 0,
            icmp6_filter: [0; 8],
            uid: credentials.1,
            credentials,
            peer_credentials: (0, u32::MAX, u32::MAX),
            writer: credentials,
            host: false,
            service: None,
        }
    }

    pub(super) fn is_connection(&self) -> bool {
        matches!(self.kind, Kind::Stream | Kind::Sequenced)
    }

    pub(super) fn is_tcp(&self) -> bool {
        self.domain.is_inet() && self.kind == Kind::Stream
    }

    pub(super) fn is_udp(&self) -> bool {
        self.domain.is_inet() && self.kind == Kind::Datagram && !self.is_ping()
    }

    /// A socket of echo requests: SOCK_DGRAM with the protocol of ICMP or ICMPv6.
    pub(super) fn is_ping(&self) -> bool {
        self.kind == Kind::Datagram
            && matches!((self.domain, self.protocol), (Domain::Inet, 1) | (Domain::Inet6, 58))
    }

    pub(super) fn is_raw(&self) -> bool {
        self.domain.is_inet() && self.kind == Kind::Raw
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

    /// Whether packets of that address are for it: its own, or every one of its families.
    pub(super) fn takes_address(&self, to: IpAddr) -> bool {
        let both = self.domain == Domain::Inet6 && !self.switches.has(Switches::ONLY_6);
        match self.local_inet().map(|local| local.ip()) {
            Some(IpAddr::V6(own)) if own.is_unspecified() => to.is_ipv6() || both,
            Some(IpAddr::V4(own)) if own.is_unspecified() => to.is_ipv4(),
            Some(own) => own == to,
            None => (self.domain == Domain::Inet6) == to.is_ipv6() || both,
        }
    }

    /// Something came to be read.
    pub(super) fn stir_in(&mut self) {
        self.stirred.0 = self.stirred.0.wrapping_add(1);
    }

    /// Room came to be written to.
    pub(super) fn stir_out(&mut self) {
        self.stirred.1 = self.stirred.1.wrapping_add(1);
    }

    /// The network or the peer ended the connection at once.
    pub(super) fn break_off(&mut self, error: Errno) {
        self.error = Some(error);
        (self.reset, self.ended, self.finished) = (true, true, true);
        self.stir_in();
        self.stir_out();
    }
}

/// `net.core.rmem_default` and `wmem_default` of a small device.
pub const DEFAULT_BUFFER_BYTES: u32 = 163_840;
