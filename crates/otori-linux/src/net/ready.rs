//! What sockets are ready for, bit by bit as Linux reports it. Key function: [`Sockets::poll`]. Neighbour: syscall/poll.rs
//! asks. Specification: poll(2), tcp(7), unix(7); `tcp_poll`, `unix_poll` and `datagram_poll` of Linux.
use super::queue::DATAGRAMS_MAX;
use super::socket::{Domain, Kind, Peer, STREAM_MAX, Socket, State};
use super::{Outside, SocketId, Sockets};
use crate::errno::Errno;
use crate::poll::PollMask;

impl Sockets {
    /// What a socket is ready for.
    pub fn poll(&mut self, id: SocketId, outside: &mut dyn Outside) -> PollMask {
        let Ok(socket) = self.socket(id) else { return PollMask::NVAL };
        match (socket.domain, socket.kind) {
            (Domain::Inet | Domain::Inet6, Kind::Stream) => self.poll_tcp(id, outside),
            (Domain::Unix, _) => self.poll_unix(id),
            _ => self.poll_datagram(id, outside),
        }
    }

    /// How often something came to be read and room to write: who watches for edges compares.
    pub fn stirred(&self, id: SocketId) -> (u64, u64) {
        self.sockets.get(&id).map_or((0, 0), |socket| socket.stirred)
    }

    fn poll_tcp(&mut self, id: SocketId, outside: &mut dyn Outside) -> PollMask {
        let asked = self.socket(id).map(|socket| socket.state.clone());
        if let Ok(State::Connecting(_) | State::Knocking(_)) = asked {
            match self.connect_result(id, outside) {
                Err(Errno::EINPROGRESS) => return PollMask::NONE,
                Err(error) => {
                    self.defer_connect(id, Err(error));
                }
                Ok(()) => {
                    if let Ok(socket) = self.socket_mut(id) {
                        socket.attempt = super::socket::Attempt::Made;
                    }
                }
            }
        }
        let Ok(socket) = self.socket(id) else { return PollMask::NVAL };
        let (received, sent) = (socket.ended || socket.deaf, socket.finished);
        let closed = socket.reset || matches!(socket.state, State::Idle);
        let (arrives, room) = match &socket.state {
            State::Listening { queue, .. } => return PollMask::NONE.with(PollMask::IN, !queue.is_empty()),
            State::Connected(Peer::Local(other)) => {
                (false, self.socket(*other).is_ok_and(|theirs| theirs.stream.len() < STREAM_MAX))
            }
            State::Connected(Peer::Outside(connection)) => {
                (outside.tcp_readable(*connection), outside.tcp_writable(*connection))
            }
            _ => (false, true),
        };
        let Ok(socket) = self.socket(id) else { return PollMask::NVAL };
        PollMask::NONE
            .with(PollMask::IN, received || arrives || is_readable(socket))
            .with(PollMask::RDHUP, received)
            .with(PollMask::OUT, room || sent)
            .with(PollMask::HUP, closed || (received && sent))
            .with(PollMask::PRI, socket.urgent.is_some_and(|(place, _)| place >> 63 == 0))
            .with(PollMask::ERR, socket.error.is_some())
    }

    fn poll_unix(&mut self, id: SocketId) -> PollMask {
        let Ok(socket) = self.socket(id) else { return PollMask::NVAL };
        let (received, sent) = (socket.ended || socket.deaf, socket.finished);
        let connection = socket.is_connection();
        let room = match &socket.state {
            State::Listening { queue, .. } => {
                return PollMask::NONE.with(PollMask::IN, !queue.is_empty());
            }
            State::Connected(Peer::Local(other)) => self.socket(*other).is_ok_and(|theirs| {
                if theirs.kind == Kind::Stream {
                    theirs.stream.len() < STREAM_MAX
                } else {
                    theirs.datagrams.bytes() < DATAGRAMS_MAX / 2
                }
            }),
            State::Directed => {
                let to = socket.remote.clone();
                let other = to.and_then(|to| self.find_unix_of(&to, Some(socket.kind)));
                let full = |other| {
                    self.socket(other).is_ok_and(|theirs| theirs.datagrams.bytes() >= DATAGRAMS_MAX / 2)
                };
                !other.is_some_and(full)
            }
            _ => true,
        };
        let unconnected = connection && matches!(socket.state, State::Idle);
        PollMask::NONE
            .with(PollMask::IN, received || !socket.stream.is_empty() || !socket.datagrams.is_empty())
            .with(PollMask::RDHUP, received)
            .with(PollMask::HUP, (received && sent) || unconnected)
            .with(PollMask::OUT | PollMask::WRBAND, room)
            .with(PollMask::ERR, socket.error.is_some())
    }

    fn poll_datagram(&mut self, id: SocketId, outside: &mut dyn Outside) -> PollMask {
        self.fetch_datagram(id, outside);
        let Ok(socket) = self.socket(id) else { return PollMask::NVAL };
        let failed = socket.error.is_some() || !socket.faults.is_empty();
        PollMask::OUT
            .with(PollMask::WRBAND, true)
            .with(PollMask::IN, !socket.datagrams.is_empty() || socket.deaf)
            .with(PollMask::RDHUP, socket.deaf)
            .with(PollMask::HUP, socket.deaf && socket.finished)
            .with(PollMask::ERR, failed)
    }
}

/// Whether a stream has as many bytes as the program asks for at least (SO_RCVLOWAT).
fn is_readable(socket: &Socket) -> bool {
    socket.stream.len() >= socket.stored.low_water().max(1)
}
