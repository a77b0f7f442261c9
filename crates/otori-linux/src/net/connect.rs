//! Asking for connections: connect(2) of TCP and UNIX streams. Neighbours: listen.rs accepts them, datagram.rs gives
//! datagram sockets their peer. Specification: tcp(7), unix(7).
use super::segment::{ACK, RST, SYN};
use super::socket::{Attempt, Domain, Kind, Peer, Socket, State};
use super::{Address, Connect, Outside, SocketId, Sockets};
use crate::errno::Errno;
use core::net::SocketAddr;

impl Sockets {
    /// Connects. `EINPROGRESS`: wait until [`Sockets::poll`] shows OUT, then ask [`Sockets::connect_result`].
    /// `EAGAIN`: the queue of a UNIX listener is full.
    pub fn connect(&mut self, id: SocketId, to: Address, outside: &mut dyn Outside) -> Result<(), Errno> {
        let socket = self.socket_mut(id)?;
        if !socket.is_connection() {
            return self.direct(id, to);
        }
        if socket.attempt != Attempt::Told && to != Address::Unspecified {
            let made = core::mem::replace(&mut socket.attempt, Attempt::Told) == Attempt::Made;
            return match made {
                true => Ok(()),
                false => {
                    socket.reset = false;
                    (socket.ended, socket.finished) = (false, false);
                    Err(socket.error.take().unwrap_or(Errno::ECONNABORTED))
                }
            };
        }
        match socket.state {
            _ if to == Address::Unspecified => return self.disconnect(id, outside),
            State::Connected(_) if socket.reset && socket.is_tcp() => self.forget_connection(id)?,
            State::Idle => {}
            State::Connecting(_) | State::Knocking(_) => {
                return match self.connect_result(id, outside) {
                    Err(Errno::EINPROGRESS) => Err(Errno::EALREADY),
                    result => result,
                };
            }
            State::Connected(_) => return Err(Errno::EISCONN),
            State::Listening { .. } if socket.domain.is_inet() => return Err(Errno::EISCONN),
            State::Listening { .. } | State::Directed => return Err(Errno::EINVAL),
        }
        match (self.socket(id)?.domain, to) {
            // the structure of IPv4 is too short for a stream of IPv6
            (Domain::Inet6, Address::Inet(SocketAddr::V4(_))) => Err(Errno::EINVAL),
            (Domain::Inet | Domain::Inet6, Address::Inet(to)) => self.connect_inet(id, to, outside),
            (Domain::Unix, to @ (Address::UnixAbstract(_) | Address::UnixPath { .. })) => {
                self.connect_unix(id, &to)
            }
            (Domain::Unix, _) => Err(Errno::EINVAL),
            _ => Err(Errno::EAFNOSUPPORT),
        }
    }

    /// connect(2) with `AF_UNSPEC`: a TCP socket is as new, a UNIX one cannot.
    fn disconnect(&mut self, id: SocketId, outside: &mut dyn Outside) -> Result<(), Errno> {
        let socket = self.socket(id)?;
        if !socket.is_tcp() {
            return Err(Errno::EINVAL);
        }
        match socket.state.clone() {
            State::Connecting(connection) | State::Connected(Peer::Outside(connection)) => {
                outside.tcp_close(connection);
            }
            State::Connected(Peer::Local(other)) => self.reset_peer(id, other),
            State::Listening { .. } => self.stop_listening(id, outside),
            _ => {}
        }
        self.forget_connection(id)
    }

    fn forget_connection(&mut self, id: SocketId) -> Result<(), Errno> {
        let socket = self.socket_mut(id)?;
        (socket.state, socket.remote, socket.attempt) = (State::Idle, None, Attempt::Told);
        (socket.ended, socket.finished, socket.deaf, socket.reset) = (false, false, false, false);
        (socket.error, socket.urgent) = (None, None);
        socket.stream.clear();
        if !socket.bound {
            socket.local = None;
        }
        Ok(())
    }

    /// A program that does not wait hears of a connection at the next call: what `connect` said is kept until then.
    pub fn defer_connect(&mut self, id: SocketId, result: Result<(), Errno>) -> Errno {
        let Ok(socket) = self.socket_mut(id) else { return Errno::EBADF };
        match result {
            Ok(()) => socket.attempt = Attempt::Made,
            Err(error) => {
                socket.attempt = Attempt::Failed;
                socket.break_off(error);
            }
        }
        Errno::EINPROGRESS
    }

    /// Whether connect(2) would begin something new.
    pub fn is_unconnected(&self, id: SocketId) -> bool {
        self.socket(id).is_ok_and(|socket| socket.state == State::Idle && socket.attempt == Attempt::Told)
    }

    /// Whether a connection waits for room in the queue of a listener of this machine.
    pub fn is_knocking(&self, id: SocketId) -> bool {
        self.socket(id).is_ok_and(|socket| matches!(socket.state, State::Knocking(_)))
    }

    /// How a connection attempt ended; `EINPROGRESS` while it has not.
    pub fn connect_result(&mut self, id: SocketId, outside: &mut dyn Outside) -> Result<(), Errno> {
        let socket = self.socket_mut(id)?;
        match socket.state {
            State::Connecting(connection) => match outside.tcp_state(connection) {
                Connect::Accepted => {
                    socket.state = State::Connected(Peer::Outside(connection));
                    socket.stir_out();
                    self.show_handshake(id);
                    Ok(())
                }
                Connect::Pending => Err(Errno::EINPROGRESS),
                Connect::Refused(error) => {
                    outside.tcp_close(connection);
                    socket.state = State::Idle;
                    socket.error = None;
                    self.counters.failed_opens += 1;
                    Err(error)
                }
            },
            State::Knocking(to) => {
                let result = self.knock(id, to);
                if result != Err(Errno::EINPROGRESS)
                    && let Ok(socket) = self.socket_mut(id)
                    && let State::Knocking(_) = socket.state
                {
                    socket.state = State::Idle;
                }
                result
            }
            State::Connected(_) => Ok(()),
            _ => Err(socket.error.take().unwrap_or(Errno::ENOTCONN)),
        }
    }

    fn connect_inet(&mut self, id: SocketId, to: SocketAddr, outside: &mut dyn Outside) -> Result<(), Errno> {
        let to = self.socket(id)?.reachable(to)?;
        if to.ip().is_multicast() || self.network.is_broadcast(to.ip()) {
            return Err(Errno::ENETUNREACH);
        }
        let (from, way) = self.bind_towards(id, to)?;
        self.counters.active_opens += 1;
        if self.network.is_local(to.ip()) {
            let socket = self.socket_mut(id)?;
            socket.local = Some(Address::Inet(from));
            return self.knock(id, to);
        }
        let connection = self.new_connection();
        self.network.count(way.interface, 60, 0);
        let socket = self.socket_mut(id)?;
        socket.local = Some(Address::Inet(from));
        socket.remote = Some(Address::Inet(to));
        self.show_segment(from, to, SYN, 0, 0, &[]);
        let answer = outside.tcp_connect(connection, from, to);
        let socket = self.socket_mut(id)?;
        match answer {
            Connect::Accepted => {
                socket.state = State::Connected(Peer::Outside(connection));
                self.show_handshake(id);
                Ok(())
            }
            Connect::Pending => {
                socket.state = State::Connecting(connection);
                Err(Errno::EINPROGRESS)
            }
            Connect::Refused(error) => {
                socket.remote = None;
                if !socket.bound {
                    socket.local = None;
                }
                self.counters.failed_opens += 1;
                if error == Errno::ECONNREFUSED {
                    self.show_segment(to, from, RST | ACK, 0, 1, &[]);
                }
                Err(error)
            }
        }
    }

    /// What taps see once the peer has answered.
    fn show_handshake(&mut self, id: SocketId) {
        let Ok(socket) = self.socket_mut(id) else { return };
        socket.sequence = 1;
        let (Some(from), Some(to)) = (socket.local_inet(), socket.remote_inet()) else { return };
        self.show_segment(to, from, SYN | ACK, 0, 1, &[]);
        self.show_segment(from, to, ACK, 1, 1, &[]);
    }

    /// Asks a listener of this machine; `EINPROGRESS` while its queue is full.
    fn knock(&mut self, id: SocketId, to: SocketAddr) -> Result<(), Errno> {
        let from = self.socket(id)?.local_inet().ok_or(Errno::ENOTCONN)?;
        let Some(listener) = self.find_listener(to, from.port()) else {
            self.counters.failed_opens += 1;
            self.show_segment(from, to, SYN, 0, 0, &[]);
            self.show_segment(to, from, RST | ACK, 0, 1, &[]);
            let socket = self.socket_mut(id)?;
            if !socket.bound {
                socket.local = None;
            }
            return Err(Errno::ECONNREFUSED);
        };
        match self.join(id, listener, Address::Inet(from), Address::Inet(to)) {
            Ok(()) => {
                self.network.count(1, 120, 120);
                self.counters.passive_opens += 1;
                self.show_segment(from, to, SYN, 0, 0, &[]);
                self.show_handshake(id);
                if let Ok(Socket { state: State::Connected(Peer::Local(other)), .. }) = self.socket(id) {
                    let other = *other;
                    self.socket_mut(other)?.sequence = 1;
                }
                Ok(())
            }
            Err(Errno::EAGAIN) => {
                let socket = self.socket_mut(id)?;
                socket.state = State::Knocking(to);
                socket.remote = Some(Address::Inet(to));
                Err(Errno::EINPROGRESS)
            }
            Err(error) => Err(error),
        }
    }

    fn connect_unix(&mut self, id: SocketId, to: &Address) -> Result<(), Errno> {
        let kind = self.socket(id)?.kind;
        let same_kind = self.find_unix_of(to, Some(kind));
        let listener = same_kind.or_else(|| self.find_unix(to)).ok_or(Errno::ECONNREFUSED)?;
        let theirs = self.socket(listener)?;
        if kind != theirs.kind {
            // abstract names of each kind are a space of their own
            let file = matches!(to, Address::UnixPath { .. });
            return Err(if file { Errno::EPROTOTYPE } else { Errno::ECONNREFUSED });
        }
        self.name_sender(id)?;
        let from = self.socket(id)?.local.clone().unwrap_or(Address::UnixUnnamed);
        self.join(id, listener, from, to.clone())
    }

    /// Joins a socket with a new one that waits at a listener; `EAGAIN` when its queue is full.
    pub(super) fn join(
        &mut self,
        id: SocketId,
        listener: SocketId,
        from: Address,
        to: Address,
    ) -> Result<(), Errno> {
        let client = self.socket(id)?.credentials;
        let server = self.socket(listener)?;
        let (kind, domain): (Kind, Domain) = (server.kind, server.domain);
        let credentials = server.peer_credentials;
        match &server.state {
            State::Listening { backlog, queue } if queue.len() < *backlog => {}
            State::Listening { .. } if server.host => return Err(Errno::ECONNREFUSED),
            State::Listening { .. } => return Err(Errno::EAGAIN),
            _ => return Err(Errno::ECONNREFUSED),
        }
        let mut accepted = Socket::new(domain, kind, server.protocol, server.credentials);
        accepted.state = State::Connected(Peer::Local(id));
        accepted.local = Some(to.clone());
        accepted.remote = Some(from);
        accepted.peer_credentials = client;
        accepted.inherit(server);
        accepted.service = self.services.contains_key(&listener).then_some(listener);
        accepted.host = accepted.service.is_some();
        let is_served = accepted.host;
        let accepted = self.insert(accepted)?;
        let waiting = self.socket_mut(listener)?;
        if is_served {
            // nobody accepts it: the service answers as bytes come
        } else if let State::Listening { queue, .. } = &mut waiting.state {
            queue.push_back(accepted);
            waiting.stir_in();
        }
        let socket = self.socket_mut(id)?;
        socket.state = State::Connected(Peer::Local(accepted));
        socket.remote = Some(to);
        socket.peer_credentials = credentials;
        socket.stir_out();
        Ok(())
    }
}

impl Socket {
    /// What an accepted socket has from its listener.
    fn inherit(&mut self, listener: &Socket) {
        self.switches = listener.switches;
        self.device = listener.device;
        self.buffer_bytes = listener.buffer_bytes;
        self.linger_seconds = listener.linger_seconds;
        self.receive_timeout_ns = listener.receive_timeout_ns;
        self.send_timeout_ns = listener.send_timeout_ns;
        if self.domain.is_inet() {
            self.stored = listener.stored.clone();
        }
    }
}
