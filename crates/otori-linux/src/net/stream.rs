//! Connections: TCP and UNIX streams. Specification: tcp(7), unix(7), connect(2), accept(2), shutdown(2).
use super::address::ipv4;
use super::socket::{Domain, Kind, Peer, STREAM_MAX, Socket, State};
use super::{Address, Connect, Outside, SocketId, Sockets};
use crate::errno::Errno;
use crate::poll::PollMask;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

/// Longest queue of connections that wait to be accepted (`somaxconn`).
const BACKLOG_MAX: usize = 128;

/// Which directions are closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// SHUT_RD
    Read,
    /// SHUT_WR
    Write,
    /// SHUT_RDWR
    Both,
}

/// What a receive gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// bytes that were put into the buffer
    pub count: usize,
    /// length of the whole datagram; equals `count` for streams
    pub whole: usize,
    /// who sent it; `None` for streams
    pub from: Option<Address>,
}

impl Received {
    fn stream(count: usize) -> Received {
        Received { count, whole: count, from: None }
    }
}

impl Sockets {
    /// Accepts connections from now on.
    pub fn listen(&mut self, id: SocketId, backlog: u32) -> Result<(), Errno> {
        let socket = self.socket(id)?;
        if !socket.is_connection() {
            return Err(Errno::EOPNOTSUPP);
        }
        match (&socket.state, &socket.local) {
            (State::Listening { .. }, _) => {}
            (State::Idle, Some(_)) => {}
            (State::Idle, None) if socket.domain == Domain::Inet => {
                let any = SocketAddr::new(IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED), 0);
                self.bind(id, Address::Inet(any))?;
            }
            _ => return Err(Errno::EINVAL),
        }
        let limit = (backlog as usize).clamp(1, BACKLOG_MAX);
        let socket = self.socket_mut(id)?;
        match &mut socket.state {
            State::Listening { backlog, .. } => *backlog = limit,
            state => *state = State::Listening { backlog: limit, queue: VecDeque::new() },
        }
        Ok(())
    }

    /// Takes the oldest connection that waits.
    pub fn accept(&mut self, id: SocketId) -> Result<(SocketId, Address), Errno> {
        let socket = self.socket_mut(id)?;
        if !socket.is_connection() {
            return Err(Errno::EOPNOTSUPP);
        }
        let State::Listening { queue, .. } = &mut socket.state else { return Err(Errno::EINVAL) };
        let accepted = queue.pop_front().ok_or(Errno::EAGAIN)?;
        let remote = self.socket(accepted)?.remote.clone().unwrap_or(Address::UnixUnnamed);
        Ok((accepted, remote))
    }

    /// Connects. `EINPROGRESS`: wait until [`Sockets::poll`] shows OUT, then ask [`Sockets::connect_result`].
    pub fn connect(&mut self, id: SocketId, to: Address, outside: &mut dyn Outside) -> Result<(), Errno> {
        let socket = self.socket(id)?;
        if !socket.is_connection() {
            return self.direct(id, to);
        }
        match socket.state {
            State::Idle => {}
            State::Connecting(_) => {
                return match self.connect_result(id, outside) {
                    Err(Errno::EINPROGRESS) => Err(Errno::EALREADY),
                    result => result,
                };
            }
            State::Connected(_) => return Err(Errno::EISCONN),
            State::Listening { .. } | State::Directed => return Err(Errno::EINVAL),
        }
        match (socket.domain, to) {
            (Domain::Inet, Address::Inet(to)) => self.connect_inet(id, to, outside),
            (Domain::Unix, to @ (Address::UnixAbstract(_) | Address::UnixPath { .. })) => {
                self.connect_unix(id, &to)
            }
            (_, Address::Unspecified) => Ok(()),
            _ => Err(Errno::EAFNOSUPPORT),
        }
    }

    /// How a connection attempt ended; `EINPROGRESS` while it has not.
    pub fn connect_result(&mut self, id: SocketId, outside: &mut dyn Outside) -> Result<(), Errno> {
        let socket = self.socket_mut(id)?;
        match socket.state {
            State::Connecting(connection) => match outside.tcp_state(connection) {
                Connect::Accepted => {
                    socket.state = State::Connected(Peer::Outside(connection));
                    Ok(())
                }
                Connect::Pending => Err(Errno::EINPROGRESS),
                Connect::Refused(error) => {
                    outside.tcp_close(connection);
                    socket.state = State::Idle;
                    socket.error = None;
                    Err(error)
                }
            },
            State::Connected(_) => Ok(()),
            _ => Err(socket.error.take().unwrap_or(Errno::ENOTCONN)),
        }
    }

    fn connect_inet(&mut self, id: SocketId, to: SocketAddr, outside: &mut dyn Outside) -> Result<(), Errno> {
        let mut target = ipv4(&to);
        if target.is_unspecified() {
            target = core::net::Ipv4Addr::LOCALHOST;
        }
        if target.is_multicast() || self.network.is_broadcast(target) {
            return Err(Errno::ENETUNREACH);
        }
        let to = SocketAddr::new(IpAddr::V4(target), to.port());
        let from = self.bind_towards(id, target)?;
        if self.network.is_local(target) {
            let listener = self.find_listener(to).ok_or(Errno::ECONNREFUSED)?;
            self.socket_mut(id)?.local = Some(Address::Inet(from));
            return self.join(id, listener, Address::Inet(from), Address::Inet(to));
        }
        let connection = self.new_connection();
        let answer = outside.tcp_connect(connection, from, to);
        let socket = self.socket_mut(id)?;
        socket.local = Some(Address::Inet(from));
        socket.remote = Some(Address::Inet(to));
        self.network.count(ipv4(&from), 60, 0);
        let socket = self.socket_mut(id)?;
        match answer {
            Connect::Accepted => {
                socket.state = State::Connected(Peer::Outside(connection));
                Ok(())
            }
            Connect::Pending => {
                socket.state = State::Connecting(connection);
                Err(Errno::EINPROGRESS)
            }
            Connect::Refused(error) => {
                socket.remote = None;
                Err(error)
            }
        }
    }

    fn connect_unix(&mut self, id: SocketId, to: &Address) -> Result<(), Errno> {
        let listener = self.find_unix(to).ok_or(Errno::ECONNREFUSED)?;
        let (mine, theirs) = (self.socket(id)?, self.socket(listener)?);
        if mine.kind != theirs.kind {
            // abstract names of each kind are a space of their own
            let file = matches!(to, Address::UnixPath { .. });
            return Err(if file { Errno::EPROTOTYPE } else { Errno::ECONNREFUSED });
        }
        let from = mine.local.clone().unwrap_or(Address::UnixUnnamed);
        self.join(id, listener, from, to.clone())
    }

    pub(super) fn find_listener(&self, to: SocketAddr) -> Option<SocketId> {
        let fits = |socket: &Socket| {
            socket.kind == Kind::Stream
                && matches!(socket.state, State::Listening { .. })
                && socket.local_inet().is_some_and(|local| {
                    local.port() == to.port() && (ipv4(&local).is_unspecified() || local.ip() == to.ip())
                })
        };
        self.sockets.iter().find(|(_, socket)| fits(socket)).map(|(id, _)| *id)
    }

    /// Joins a socket with a new one that waits at a listener.
    pub(super) fn join(
        &mut self,
        id: SocketId,
        listener: SocketId,
        from: Address,
        to: Address,
    ) -> Result<(), Errno> {
        let (domain, kind, client) = {
            let socket = self.socket(id)?;
            (socket.domain, socket.kind, socket.credentials)
        };
        let server = self.socket(listener)?;
        let credentials = server.credentials;
        match &server.state {
            State::Listening { backlog, queue } if queue.len() < *backlog => {}
            State::Listening { .. } if domain == Domain::Unix => return Err(Errno::EAGAIN),
            _ => return Err(Errno::ECONNREFUSED),
        }
        let mut accepted = Socket::new(domain, kind, server.protocol, credentials);
        accepted.state = State::Connected(Peer::Local(id));
        accepted.local = Some(to.clone());
        accepted.remote = Some(from);
        accepted.peer_credentials = client;
        accepted.reuse = server.reuse;
        accepted.service = self.services.contains_key(&listener).then_some(listener);
        accepted.host = accepted.service.is_some();
        let is_served = accepted.host;
        let accepted = self.insert(accepted)?;
        if is_served {
            // nobody accepts it: the service answers as bytes come
        } else if let State::Listening { queue, .. } = &mut self.socket_mut(listener)?.state {
            queue.push_back(accepted);
        }
        let socket = self.socket_mut(id)?;
        socket.state = State::Connected(Peer::Local(accepted));
        socket.remote = Some(to);
        socket.peer_credentials = credentials;
        Ok(())
    }

    /// Sends on a connection and says how many bytes were taken: `EPIPE` when nobody will read them (the kernel
    /// adds SIGPIPE), `EAGAIN` when none fit.
    pub fn send(&mut self, id: SocketId, bytes: &[u8], outside: &mut dyn Outside) -> Result<usize, Errno> {
        if !self.socket(id)?.is_connection() {
            return self.send_to(id, bytes, None, outside);
        }
        if let State::Connecting(_) = self.socket(id)?.state {
            self.connect_result(id, outside).map_err(|error| match error {
                Errno::EINPROGRESS => Errno::EAGAIN,
                error => error,
            })?;
        }
        let socket = self.socket_mut(id)?;
        if let Some(error) = socket.error.take() {
            return Err(error);
        }
        let State::Connected(peer) = socket.state else {
            return Err(if socket.domain == Domain::Inet { Errno::EPIPE } else { Errno::ENOTCONN });
        };
        if socket.finished {
            return Err(Errno::EPIPE);
        }
        let (kind, local) = (socket.kind, socket.local_inet());
        let count = match peer {
            Peer::Gone => return Err(Errno::EPIPE),
            Peer::Outside(connection) => outside.tcp_send(connection, bytes)?,
            Peer::Local(other) => {
                let from = socket.local.clone().unwrap_or(Address::UnixUnnamed);
                let theirs = self.socket_mut(other).map_err(|_| Errno::EPIPE)?;
                if theirs.deaf {
                    return Err(Errno::EPIPE);
                }
                if kind == Kind::Sequenced {
                    if !theirs.push_datagram(from, bytes) {
                        return Err(Errno::EAGAIN);
                    }
                    bytes.len()
                } else {
                    let room = STREAM_MAX.saturating_sub(theirs.stream.len());
                    if room == 0 && !bytes.is_empty() {
                        return Err(Errno::EAGAIN);
                    }
                    let count = room.min(bytes.len());
                    theirs.stream.extend(bytes.iter().take(count));
                    theirs.arrived += count as u64;
                    self.serve(other, id);
                    count
                }
            }
        };
        if let Some(local) = local {
            self.network.count(ipv4(&local), count as u64 + 40, 0);
        }
        Ok(count)
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
        if !socket.is_connection() || socket.kind == Kind::Sequenced {
            return self.receive_datagram(id, into, peek, outside);
        }
        let socket = self.socket_mut(id)?;
        match socket.state {
            State::Connected(_) | State::Connecting(_) => {}
            _ => return Err(socket.error.take().unwrap_or(Errno::ENOTCONN)),
        }
        if let State::Connecting(_) = socket.state {
            self.connect_result(id, outside).map_err(|error| match error {
                Errno::EINPROGRESS => Errno::EAGAIN,
                error => error,
            })?;
        }
        self.fill(id, into.len(), outside);
        let socket = self.socket_mut(id)?;
        if socket.stream.is_empty() && !into.is_empty() {
            if let Some(error) = socket.error.take() {
                return Err(error);
            }
            return if socket.ended || socket.deaf { Ok(Received::stream(0)) } else { Err(Errno::EAGAIN) };
        }
        let count = into.len().min(socket.stream.len());
        for (to, from) in into.iter_mut().zip(socket.stream.iter()) {
            *to = *from;
        }
        if peek == Peek::No {
            socket.stream.drain(..count);
            socket.taken += count as u64;
            if let State::Connected(Peer::Local(other)) = socket.state {
                self.serve(other, id);
            }
        }
        Ok(Received::stream(count))
    }

    /// Fetches bytes of the outside into the socket's own buffer.
    fn fill(&mut self, id: SocketId, wanted: usize, outside: &mut dyn Outside) {
        let Ok(socket) = self.socket_mut(id) else { return };
        let State::Connected(Peer::Outside(connection)) = socket.state else { return };
        let room =
            STREAM_MAX.saturating_sub(socket.stream.len()).min(wanted.saturating_sub(socket.stream.len()));
        if room == 0 || socket.ended {
            return;
        }
        let mut buffer = alloc::vec![0; room.min(16_384)];
        let received = match outside.tcp_receive(connection, &mut buffer) {
            Ok(0) => {
                socket.ended = true;
                0
            }
            Ok(count) => {
                socket.stream.extend(buffer.iter().take(count));
                count
            }
            Err(Errno::EAGAIN) => 0,
            Err(error) => {
                socket.ended = true;
                socket.error = Some(error);
                0
            }
        };
        if let (Some(local), true) = (socket.local_inet(), received > 0) {
            self.network.count(ipv4(&local), 0, received as u64 + 40);
        }
    }

    /// Closes directions of a connection.
    pub fn shutdown(&mut self, id: SocketId, how: Shutdown, outside: &mut dyn Outside) -> Result<(), Errno> {
        let socket = self.socket_mut(id)?;
        let peer = match &socket.state {
            State::Connected(peer) => *peer,
            State::Directed => Peer::Gone,
            State::Listening { .. } => {
                let State::Listening { queue, .. } = core::mem::replace(&mut socket.state, State::Idle)
                else {
                    return Err(Errno::ENOTCONN);
                };
                for waiting in queue {
                    self.close(waiting, outside);
                }
                return Ok(());
            }
            _ => return Err(Errno::ENOTCONN),
        };
        if how != Shutdown::Write {
            socket.deaf = true;
        }
        if how != Shutdown::Read {
            socket.finished = true;
            match peer {
                Peer::Local(other) => {
                    let is_served = self.is_served(other);
                    if let Ok(theirs) = self.socket_mut(other) {
                        theirs.ended = true;
                    }
                    if is_served {
                        self.socket_mut(id)?.ended = true;
                    }
                }
                Peer::Outside(connection) => outside.tcp_finish(connection),
                Peer::Gone => {}
            }
        }
        Ok(())
    }

    /// Closes a socket: the peer sees the end of the stream, or a reset when bytes were left unread.
    pub fn close(&mut self, id: SocketId, outside: &mut dyn Outside) {
        let Some(socket) = self.sockets.remove(&id) else { return };
        let unread = !socket.stream.is_empty();
        match socket.state {
            State::Connected(Peer::Local(other)) if self.is_served(other) => {
                self.sockets.remove(&other);
            }
            State::Connected(Peer::Local(other)) => {
                if let Ok(theirs) = self.socket_mut(other) {
                    theirs.ended = true;
                    if theirs.is_connection() {
                        theirs.state = State::Connected(Peer::Gone);
                        if unread {
                            theirs.error = Some(Errno::ECONNRESET);
                            theirs.stream.clear();
                        }
                    }
                }
            }
            State::Connected(Peer::Outside(connection)) | State::Connecting(connection) => {
                outside.tcp_close(connection);
            }
            State::Listening { queue, .. } => {
                let waiting: Vec<SocketId> = queue.into_iter().collect();
                for id in waiting {
                    if let Ok(socket) = self.socket_mut(id) {
                        socket.stream.push_back(0);
                    }
                    self.close(id, outside);
                }
            }
            _ => {}
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
            (_, Some(to)) => self.find_unix(to)?,
            _ => return None,
        };
        self.sockets.get(&receiver).map(|socket| (receiver, socket.arrived))
    }

    /// Bytes that can be read at once (`FIONREAD`).
    pub fn available(&mut self, id: SocketId, outside: &mut dyn Outside) -> usize {
        self.fill(id, 16_384, outside);
        self.sockets.get(&id).map_or(0, |socket| match socket.datagrams.front() {
            Some((_, bytes)) => bytes.len(),
            None => socket.stream.len(),
        })
    }

    pub(super) fn poll_stream(&mut self, id: SocketId, outside: &mut dyn Outside) -> PollMask {
        if let Ok(Socket { state: State::Connecting(_), .. }) = self.socket(id) {
            match self.connect_result(id, outside) {
                Err(Errno::EINPROGRESS) => return PollMask::NONE,
                Err(error) => {
                    if let Ok(socket) = self.socket_mut(id) {
                        socket.error = Some(error);
                    }
                }
                Ok(()) => {}
            }
        }
        let Ok(socket) = self.socket(id) else { return PollMask::NVAL };
        let failed = PollMask::NONE.with(PollMask::ERR, socket.error.is_some());
        match &socket.state {
            State::Listening { queue, .. } => failed.with(PollMask::IN, !queue.is_empty()),
            State::Connected(peer) => {
                let (arrives, room) = match peer {
                    Peer::Local(other) => {
                        let room = self.socket(*other).is_ok_and(|theirs| theirs.stream.len() < STREAM_MAX);
                        (false, room)
                    }
                    Peer::Outside(connection) => {
                        (outside.tcp_readable(*connection), outside.tcp_writable(*connection))
                    }
                    Peer::Gone => (true, true),
                };
                let waits = !socket.stream.is_empty() || !socket.datagrams.is_empty();
                let ended = socket.ended || socket.deaf;
                failed
                    .with(PollMask::IN, waits || ended || arrives || socket.error.is_some())
                    .with(PollMask::RDHUP, socket.ended)
                    .with(PollMask::OUT, room || socket.finished)
                    .with(PollMask::HUP, (socket.ended && socket.finished) || *peer == Peer::Gone)
            }
            _ => failed.with(PollMask::OUT | PollMask::HUP, true).with(PollMask::IN, socket.error.is_some()),
        }
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
