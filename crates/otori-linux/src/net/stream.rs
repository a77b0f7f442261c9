//! Bytes of connections: TCP, UNIX streams and sequenced packets. Neighbours: connect.rs and listen.rs make the
//! connections, close.rs ends them, ready.rs says when to go on. Specification: tcp(7), unix(7), send(2), recv(2).
use super::queue::{Arrival, Datagram};
use super::segment::{ACK, PSH};
use super::socket::{Domain, Kind, Peer, STREAM_MAX, State, Switches};
use super::{Address, Outside, SocketId, Sockets};
use crate::errno::Errno;
use alloc::vec::Vec;

/// Bytes that are fetched from the outside at a time.
const FETCHED_MAX: usize = 16_384;

/// What a receive gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// bytes that were put into the buffer
    pub count: usize,
    /// length of the whole datagram; equals `count` for streams
    pub whole: usize,
    /// who sent it; `None` for streams
    pub from: Option<Address>,
    /// what came beside the bytes
    pub arrival: Arrival,
}

impl Received {
    pub(super) fn stream(count: usize) -> Received {
        Received { count, whole: count, from: None, arrival: Arrival::default() }
    }
}

/// Whether received bytes stay in the queue (`MSG_PEEK`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peek {
    /// they are taken
    No,
    /// they stay
    Yes,
}

impl Sockets {
    /// Sends on a connection and says how many bytes were taken: `EPIPE` when nobody will read them (the kernel
    /// adds SIGPIPE), `EAGAIN` when none fit.
    pub fn send(&mut self, id: SocketId, bytes: &[u8], outside: &mut dyn Outside) -> Result<usize, Errno> {
        if !self.socket(id)?.is_connection() {
            return self.send_to(id, bytes, None, outside);
        }
        self.finish_connect(id, outside)?;
        let socket = self.socket_mut(id)?;
        if socket.finished && socket.domain == Domain::Unix {
            return Err(Errno::EPIPE);
        }
        if let Some(error) = socket.error.take() {
            return Err(error);
        }
        let State::Connected(peer) = socket.state else {
            return Err(if socket.domain.is_inet() { Errno::EPIPE } else { Errno::ENOTCONN });
        };
        if socket.finished {
            return Err(Errno::EPIPE);
        }
        let kind = socket.kind;
        let count = match peer {
            Peer::Gone if socket.is_tcp() && !socket.host => {
                // the packet goes out, and a reset comes back
                let error = if socket.ended { Errno::EPIPE } else { Errno::ECONNRESET };
                socket.break_off(error);
                socket.state = State::Connected(Peer::Gone);
                self.counters.resets += 1;
                bytes.len()
            }
            Peer::Gone => return Err(Errno::EPIPE),
            Peer::Outside(connection) => outside.tcp_send(connection, bytes)?,
            Peer::Local(other) if kind == Kind::Sequenced => self.send_sequenced(id, other, bytes)?,
            Peer::Local(other) => self.send_local(id, other, bytes)?,
        };
        self.show_sent(id, bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn send_local(&mut self, id: SocketId, other: SocketId, bytes: &[u8]) -> Result<usize, Errno> {
        let writer = self.socket(id)?.credentials;
        let theirs = self.socket_mut(other).map_err(|_| Errno::EPIPE)?;
        if theirs.deaf && theirs.domain == Domain::Unix {
            return Err(Errno::EPIPE);
        }
        let room = STREAM_MAX.saturating_sub(theirs.stream.len());
        if room == 0 && !bytes.is_empty() {
            return Err(Errno::EAGAIN);
        }
        let count = room.min(bytes.len());
        theirs.stream.extend(bytes.iter().take(count));
        theirs.arrived += count as u64;
        theirs.writer = writer;
        theirs.stir_in();
        self.serve(other, id);
        Ok(count)
    }

    fn send_sequenced(&mut self, id: SocketId, other: SocketId, bytes: &[u8]) -> Result<usize, Errno> {
        let socket = self.socket(id)?;
        let most = socket.buffer_bytes.0 as usize;
        let arrival = Arrival { sender: Some(socket.credentials), ..Arrival::default() };
        let from = socket.local.clone().unwrap_or(Address::UnixUnnamed);
        if bytes.len() > most.saturating_sub(32) {
            return Err(Errno::EMSGSIZE);
        }
        let theirs = self.socket_mut(other).map_err(|_| Errno::EPIPE)?;
        if theirs.deaf {
            return Err(Errno::EPIPE);
        }
        let datagram = Datagram { from, bytes: bytes.to_vec(), arrival };
        if theirs.datagrams.push(datagram, usize::MAX) {
            theirs.arrived += 1;
            theirs.stir_in();
            Ok(bytes.len())
        } else {
            Err(Errno::EAGAIN)
        }
    }

    /// Counts what was sent, and shows it to taps.
    fn show_sent(&mut self, id: SocketId, bytes: &[u8]) {
        let Ok(socket) = self.socket_mut(id) else { return };
        let (Some(from), Some(to)) = (socket.local_inet(), socket.remote_inet()) else { return };
        let (sequence, state) = (socket.sequence, socket.state.clone());
        socket.sequence = sequence.wrapping_add(bytes.len() as u32);
        let interface = self.network.interface_of(from.ip());
        let local = self.network.is_local(to.ip());
        let size = bytes.len() as u64 + 40;
        self.network.count(if local { 1 } else { interface }, size, if local { size } else { 0 });
        let acknowledged = match state {
            State::Connected(Peer::Local(other)) => self.socket(other).map_or(1, |theirs| theirs.sequence),
            _ => 1,
        };
        self.show_segment(from, to, PSH | ACK, sequence, acknowledged, bytes);
    }

    /// Sends bytes whose last one is urgent (`MSG_OOB`).
    pub fn send_urgent(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        outside: &mut dyn Outside,
    ) -> Result<usize, Errno> {
        let socket = self.socket(id)?;
        let Some((last, rest)) = bytes.split_last() else { return Ok(0) };
        let peer = match socket.state {
            _ if !socket.is_tcp() => return Err(Errno::EOPNOTSUPP),
            State::Connected(Peer::Local(other)) => Some(other),
            _ => None,
        };
        let Some(other) = peer else { return self.send(id, bytes, outside) };
        let sent = if rest.is_empty() { 0 } else { self.send(id, rest, outside)? };
        if sent < rest.len() {
            return Ok(sent);
        }
        let theirs = self.socket_mut(other)?;
        theirs.urgent = Some((theirs.taken + theirs.stream.len() as u64, *last));
        if theirs.switches.has(Switches::URGENT_INLINE) {
            theirs.stream.push_back(*last);
            theirs.arrived += 1;
        }
        theirs.stir_in();
        Ok(bytes.len())
    }

    /// The urgent byte (`MSG_OOB`): `EINVAL` when there is none or it was read, or is read in line.
    pub fn receive_urgent(&mut self, id: SocketId, peek: Peek) -> Result<u8, Errno> {
        let socket = self.socket_mut(id)?;
        if !socket.is_tcp() {
            return Err(Errno::EOPNOTSUPP);
        }
        if !matches!(socket.state, State::Connected(_)) {
            return Err(Errno::ENOTCONN);
        }
        let inline = socket.switches.has(Switches::URGENT_INLINE);
        let (place, byte) = socket.urgent.filter(|_| !inline).ok_or(Errno::EINVAL)?;
        if byte_was_read(place) {
            return Err(Errno::EINVAL);
        }
        if peek == Peek::No {
            socket.urgent = Some((place | READ, byte));
        }
        Ok(byte)
    }

    /// Whether the next byte to be read is where the urgent one was sent (`SIOCATMARK`).
    pub fn is_at_mark(&self, id: SocketId) -> Result<bool, Errno> {
        let socket = self.socket(id)?;
        if !socket.is_tcp() {
            return Err(Errno::ENOTTY);
        }
        Ok(socket.urgent.is_some_and(|(place, _)| place & !READ == socket.taken))
    }

    /// Receives; `Ok` with 0 bytes is the end of a stream. `peek` leaves the bytes where they are.
    pub fn receive(
        &mut self,
        id: SocketId,
        into: &mut [u8],
        peek: Peek,
        outside: &mut dyn Outside,
    ) -> Result<Received, Errno> {
        let socket = self.socket(id)?;
        if !socket.is_connection() {
            return self.receive_datagram(id, into, peek, outside);
        }
        match (socket.domain, socket.kind, &socket.state) {
            (_, _, State::Connecting(_) | State::Knocking(_)) => self.finish_connect(id, outside)?,
            (_, Kind::Sequenced, State::Connected(_)) => {
                return self.receive_datagram(id, into, peek, outside);
            }
            (_, _, State::Connected(_)) => {}
            (Domain::Unix, Kind::Stream, _) => return Err(Errno::EINVAL),
            _ => return Err(self.socket_mut(id)?.error.take().unwrap_or(Errno::ENOTCONN)),
        }
        self.fill(id, into.len(), outside);
        let socket = self.socket_mut(id)?;
        if socket.stream.is_empty() && !into.is_empty() {
            let ended = socket.ended && !(socket.reset && socket.error == Some(Errno::ECONNRESET));
            if socket.is_tcp() && ended {
                return Ok(Received::stream(0));
            }
            if let Some(error) = socket.error.take() {
                return Err(error);
            }
            return if socket.ended || socket.deaf { Ok(Received::stream(0)) } else { Err(Errno::EAGAIN) };
        }
        let count = self.take(id, into, peek)?;
        let mut received = Received::stream(count);
        received.arrival.sender = Some(self.socket(id)?.writer);
        Ok(received)
    }

    /// Moves bytes of the stream into the buffer: not across the place of an urgent byte.
    fn take(&mut self, id: SocketId, into: &mut [u8], peek: Peek) -> Result<usize, Errno> {
        let socket = self.socket_mut(id)?;
        let mut count = into.len().min(socket.stream.len());
        if let Some((place, _)) = socket.urgent {
            let before = (place & !READ).saturating_sub(socket.taken);
            if before > 0 {
                count = count.min(usize::try_from(before).unwrap_or(usize::MAX));
            } else if peek == Peek::No && count > 0 {
                socket.urgent = None;
            }
        }
        let (first, second) = socket.stream.as_slices();
        for (to, from) in into.iter_mut().zip(first.iter().chain(second)).take(count) {
            *to = *from;
        }
        if peek == Peek::Yes {
            return Ok(count);
        }
        socket.stream.drain(..count);
        socket.taken += count as u64;
        if let State::Connected(Peer::Local(other)) = socket.state {
            if let Ok(theirs) = self.socket_mut(other) {
                theirs.stir_out();
            }
            self.serve(other, id);
        }
        Ok(count)
    }

    /// `EAGAIN` while a connection is still asked for.
    fn finish_connect(&mut self, id: SocketId, outside: &mut dyn Outside) -> Result<(), Errno> {
        match self.socket(id)?.state {
            State::Connecting(_) | State::Knocking(_) => {
                self.connect_result(id, outside).map_err(|error| match error {
                    Errno::EINPROGRESS => Errno::EAGAIN,
                    error => error,
                })
            }
            _ => Ok(()),
        }
    }

    /// Fetches bytes of the outside into the socket's own buffer.
    fn fill(&mut self, id: SocketId, wanted: usize, outside: &mut dyn Outside) {
        let Ok(socket) = self.socket_mut(id) else { return };
        let State::Connected(Peer::Outside(connection)) = socket.state else { return };
        let waiting = socket.stream.len();
        let room = STREAM_MAX.saturating_sub(waiting).min(wanted.saturating_sub(waiting));
        if room == 0 || socket.ended {
            return;
        }
        let mut buffer = alloc::vec![0; room.min(FETCHED_MAX)];
        let received = match outside.tcp_receive(connection, &mut buffer) {
            Ok(0) => {
                socket.ended = true;
                socket.stir_in();
                0
            }
            Ok(count) => {
                socket.stream.extend(buffer.iter().take(count));
                socket.stir_in();
                count
            }
            Err(Errno::EAGAIN) => 0,
            Err(error) => {
                socket.break_off(error);
                0
            }
        };
        let (local, remote, sequence) = (socket.local_inet(), socket.remote_inet(), socket.sequence);
        if let (Some(local), Some(remote), true) = (local, remote, received > 0) {
            let interface = self.network.interface_of(local.ip());
            self.network.count(interface, 0, received as u64 + 40);
            let bytes: Vec<u8> = buffer.into_iter().take(received).collect();
            self.show_segment(remote, local, PSH | ACK, 1, sequence, &bytes);
        }
    }

    /// Bytes or datagrams that were read so far: the place of the next one.
    pub fn taken(&self, id: SocketId) -> u64 {
        self.sockets.get(&id).map_or(0, |socket| socket.taken)
    }

    /// Which socket of the machine what is sent now will arrive at, and at which place; UNIX sockets only.
    pub fn unix_receiver(&self, id: SocketId, to: Option<&Address>) -> Option<(SocketId, u64)> {
        let socket = self.sockets.get(&id).filter(|socket| socket.domain == Domain::Unix)?;
        let receiver = match (&socket.state, to.or(socket.remote.as_ref())) {
            (State::Connected(Peer::Local(other)), _) if to.is_none() => *other,
            (_, Some(to)) => self.find_unix_of(to, Some(socket.kind))?,
            _ => return None,
        };
        self.sockets.get(&receiver).map(|socket| (receiver, socket.arrived))
    }

    /// Bytes that can be read at once (`FIONREAD`); `EINVAL` of a socket that listens.
    pub fn available(&mut self, id: SocketId, outside: &mut dyn Outside) -> Result<usize, Errno> {
        self.fill(id, FETCHED_MAX, outside);
        let socket = self.socket(id)?;
        if matches!(socket.state, State::Listening { .. }) {
            return Err(Errno::EINVAL);
        }
        Ok(match socket.datagrams.front() {
            Some(datagram) => datagram.bytes.len(),
            None => socket.stream.len(),
        })
    }

    /// Bytes that were sent and not read yet (`SIOCOUTQ`): on loopback what waits in the peer's buffer of a UNIX
    /// socket; what a TCP peer has acknowledged no longer counts.
    pub fn unsent(&self, id: SocketId) -> Result<usize, Errno> {
        let socket = self.socket(id)?;
        match socket.state {
            State::Listening { .. } => Err(Errno::EINVAL),
            State::Connected(Peer::Local(other)) if socket.domain == Domain::Unix => {
                Ok(self.socket(other).map_or(0, |theirs| theirs.stream.len() + theirs.datagrams.bytes()))
            }
            _ => Ok(0),
        }
    }
}

/// In the place of an urgent byte: the program has read it.
const READ: u64 = 1 << 63;

fn byte_was_read(place: u64) -> bool {
    place & READ != 0
}
