//! Socket options; key type [`SocketOption`]. Specification: socket(7), ip(7), tcp(7), `asm/socket.h`.
use super::socket::{Kind, Socket, State};
use super::{Domain, SocketId, Sockets};
use crate::abi::{Endian, Numbering};
use crate::errno::Errno;
use alloc::vec::Vec;

/// An option that is more than a stored number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketOption {
    /// SO_REUSEADDR
    ReuseAddress,
    /// SO_BROADCAST
    Broadcast,
    /// SO_TYPE
    Type,
    /// SO_ERROR
    Error,
    /// SO_RCVTIMEO
    ReceiveTimeout,
    /// SO_SNDTIMEO
    SendTimeout,
    /// SO_ACCEPTCONN
    Accepting,
    /// SO_DOMAIN
    Domain,
    /// SO_PROTOCOL
    Protocol,
    /// SO_PEERCRED
    PeerCredentials,
    /// SO_SNDBUF and SO_RCVBUF
    BufferSize,
    /// SO_LINGER
    Linger,
    /// SO_BINDTODEVICE
    BindToDevice,
    /// IP_HDRINCL
    HeaderIncluded,
    /// SO_KEEPALIVE, TCP_NODELAY, IP_TTL and others that change nothing here: kept and given back
    Plain(u32, u32),
}

const SOL_IP: u32 = 0;
const SOL_TCP: u32 = 6;
const SOL_UDP: u32 = 17;

/// Options of SOL_SOCKET with their numbers: generic, MIPS.
const SOCKET_LEVEL: &[(SocketOption, u32, u32)] = &[
    (SocketOption::ReuseAddress, 2, 0x4),
    (SocketOption::Type, 3, 0x1008),
    (SocketOption::Error, 4, 0x1007),
    (SocketOption::Broadcast, 6, 0x20),
    (SocketOption::BufferSize, 7, 0x1001),
    (SocketOption::BufferSize, 8, 0x1002),
    (SocketOption::BufferSize, 32, 31),
    (SocketOption::BufferSize, 33, 33),
    (SocketOption::Linger, 13, 0x80),
    (SocketOption::PeerCredentials, 17, 18),
    (SocketOption::ReceiveTimeout, 20, 0x1006),
    (SocketOption::SendTimeout, 21, 0x1005),
    (SocketOption::BindToDevice, 25, 25),
    (SocketOption::Accepting, 30, 0x1009),
    (SocketOption::Protocol, 38, 0x1028),
    (SocketOption::Domain, 39, 0x1029),
];

impl SocketOption {
    /// The option with those numbers; an unknown level is `ENOPROTOOPT`.
    pub fn from_number(level: u32, name: u32, numbering: Numbering) -> Result<SocketOption, Errno> {
        let socket_level = match numbering {
            Numbering::Generic => 1,
            Numbering::Mips => 0xffff,
        };
        if level == socket_level {
            let row = SOCKET_LEVEL.iter().find(|row| match numbering {
                Numbering::Generic => row.1 == name,
                Numbering::Mips => row.2 == name,
            });
            return Ok(row.map_or(SocketOption::Plain(level, name), |row| row.0));
        }
        match (level, name) {
            (SOL_IP, 3) => Ok(SocketOption::HeaderIncluded),
            (SOL_IP | SOL_TCP | SOL_UDP | 1 | 255 | 263 | 270, _) => Ok(SocketOption::Plain(level, name)),
            _ => Err(Errno::ENOPROTOOPT),
        }
    }
}

/// Most options that a socket keeps.
const KEPT_MAX: usize = 32;

impl Sockets {
    /// Sets an option from the guest's bytes.
    pub fn set_option(
        &mut self,
        id: SocketId,
        option: SocketOption,
        value: &[u8],
        endian: Endian,
    ) -> Result<(), Errno> {
        let socket = self.socket_mut(id)?;
        let word =
            |at: usize| -> Option<u32> { Some(endian.read_u32(value.get(at..at + 4)?.try_into().ok()?)) };
        match option {
            SocketOption::ReuseAddress => socket.reuse = word(0).ok_or(Errno::EINVAL)? != 0,
            SocketOption::Broadcast => socket.broadcast = word(0).ok_or(Errno::EINVAL)? != 0,
            SocketOption::HeaderIncluded => {
                let on = value.first().is_some_and(|_| value.iter().any(|byte| *byte != 0));
                socket.header_included = on;
            }
            SocketOption::ReceiveTimeout | SocketOption::SendTimeout => {
                let (seconds, micro) = (word(0).ok_or(Errno::EINVAL)?, word(4).ok_or(Errno::EINVAL)?);
                if micro >= 1_000_000 {
                    return Err(Errno::EDOM);
                }
                let nanoseconds = u64::from(seconds) * 1_000_000_000 + u64::from(micro) * 1_000;
                let timeout = (nanoseconds > 0).then_some(nanoseconds);
                if option == SocketOption::ReceiveTimeout {
                    socket.receive_timeout_ns = timeout;
                } else {
                    socket.send_timeout_ns = timeout;
                }
            }
            SocketOption::BufferSize => {
                // the kernel doubles what is asked for
                socket.buffer_bytes = word(0).ok_or(Errno::EINVAL)?.clamp(1_024, 163_840) * 2;
            }
            SocketOption::Linger => drop(word(4).ok_or(Errno::EINVAL)?),
            SocketOption::BindToDevice => {
                let name = value.split(|byte| *byte == 0).next().unwrap_or_default();
                let known = |interface: &super::Interface| interface.name.as_bytes() == name;
                if !name.is_empty() && !self.network.interfaces.iter().any(known) {
                    return Err(Errno::ENODEV);
                }
            }
            SocketOption::Type
            | SocketOption::Error
            | SocketOption::Accepting
            | SocketOption::Domain
            | SocketOption::Protocol
            | SocketOption::PeerCredentials => return Err(Errno::ENOPROTOOPT),
            SocketOption::Plain(level, name) => {
                let number = word(0).or_else(|| value.first().copied().map(u32::from)).unwrap_or(0);
                if socket.kept.len() < KEPT_MAX || socket.kept.contains_key(&(level, name)) {
                    socket.kept.insert((level, name), number);
                }
            }
        }
        Ok(())
    }

    /// The guest's bytes of an option. SO_ERROR takes the error away; the number is in the guest's numbering.
    pub fn option(
        &mut self,
        id: SocketId,
        option: SocketOption,
        numbering: Numbering,
        endian: Endian,
    ) -> Result<Vec<u8>, Errno> {
        let socket = self.socket_mut(id)?;
        let words: Vec<u32> = match option {
            SocketOption::ReuseAddress => Vec::from([u32::from(socket.reuse)]),
            SocketOption::Broadcast => Vec::from([u32::from(socket.broadcast)]),
            SocketOption::HeaderIncluded => Vec::from([u32::from(socket.header_included)]),
            SocketOption::Type => Vec::from([socket.kind.number(numbering)]),
            SocketOption::Error => {
                let error = socket.error.take();
                Vec::from([error.map_or(0, |error| u32::from(error.number(numbering)))])
            }
            SocketOption::ReceiveTimeout => timeval(socket.receive_timeout_ns),
            SocketOption::SendTimeout => timeval(socket.send_timeout_ns),
            SocketOption::BufferSize => Vec::from([socket.buffer_bytes]),
            SocketOption::Linger => Vec::from([0, 0]),
            SocketOption::BindToDevice => Vec::new(),
            SocketOption::Accepting => {
                Vec::from([u32::from(matches!(socket.state, State::Listening { .. }))])
            }
            SocketOption::Domain => Vec::from([u32::from(socket.domain.number())]),
            SocketOption::Protocol => Vec::from([protocol(socket)]),
            SocketOption::PeerCredentials => {
                let (pid, uid, gid) = socket.peer_credentials;
                Vec::from([pid, uid, gid])
            }
            SocketOption::Plain(level, name) => Vec::from([socket
                .kept
                .get(&(level, name))
                .copied()
                .unwrap_or(if (level, name) == (SOL_IP, 2) { 64 } else { 0 })]),
        };
        Ok(words.into_iter().flat_map(|word| endian.u32(word)).collect())
    }

    /// Whose bytes a UNIX socket reads, if it asked to be told (SO_PASSCRED): pid, uid, gid of the peer.
    pub fn credentials_to_give(&self, id: SocketId) -> Option<(u32, u32, u32)> {
        let socket = self.sockets.get(&id).filter(|socket| socket.domain == Domain::Unix)?;
        let asked = |&(level, name): &(u32, u32)| matches!((level, name), (1, 16) | (0xffff, 17));
        let on = socket.kept.iter().any(|(option, value)| asked(option) && *value != 0);
        (on && matches!(socket.state, State::Connected(_))).then_some(socket.peer_credentials)
    }

    /// How long a receive waits at most, nanoseconds.
    pub fn receive_timeout_ns(&self, id: SocketId) -> Option<u64> {
        self.sockets.get(&id)?.receive_timeout_ns
    }

    /// How long a send or connect waits at most, nanoseconds.
    pub fn send_timeout_ns(&self, id: SocketId) -> Option<u64> {
        self.sockets.get(&id)?.send_timeout_ns
    }
}

fn timeval(nanoseconds: Option<u64>) -> Vec<u32> {
    let value = nanoseconds.unwrap_or(0);
    Vec::from([(value / 1_000_000_000) as u32, (value / 1_000 % 1_000_000) as u32])
}

fn protocol(socket: &Socket) -> u32 {
    match (socket.domain, socket.kind) {
        (Domain::Inet, Kind::Stream) => 6,
        (Domain::Inet, Kind::Datagram) if socket.protocol == 0 => 17,
        _ => u32::from(socket.protocol),
    }
}
