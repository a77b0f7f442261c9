//! Ends of connections: shutdown(2), close(2). Specification: tcp(7), unix(7), socket(7) SO_LINGER.
use super::segment::{ACK, FIN, RST};
use super::socket::{Domain, Peer, State};
use super::{Outside, SocketId, Sockets};
use crate::errno::Errno;
use alloc::vec::Vec;

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

/// How a socket goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// the peer reads what was sent, then the end
    Orderly,
    /// the peer hears of a reset
    Cut,
}

impl Sockets {
    /// Closes directions of a connection.
    pub fn shutdown(&mut self, id: SocketId, how: Shutdown, outside: &mut dyn Outside) -> Result<(), Errno> {
        let socket = self.socket_mut(id)?;
        let peer = match &socket.state {
            State::Connected(_) if socket.reset && socket.is_tcp() => return Err(Errno::ENOTCONN),
            State::Connected(peer) => *peer,
            State::Directed => Peer::Gone,
            State::Listening { .. } if how == Shutdown::Write => return Ok(()),
            State::Listening { .. } => {
                if socket.domain.is_inet() {
                    self.stop_listening(id, outside);
                } else {
                    (socket.deaf, socket.finished) = (true, socket.finished || how == Shutdown::Both);
                }
                return Ok(());
            }
            // a UNIX socket without a peer takes the word as well
            _ if socket.domain == Domain::Unix => Peer::Gone,
            _ => return Err(Errno::ENOTCONN),
        };
        let is_unix = socket.domain == Domain::Unix;
        socket.stir_in();
        socket.stir_out();
        if how != Shutdown::Write {
            socket.deaf = true;
            if let (Peer::Local(other), true) = (peer, is_unix)
                && let Ok(theirs) = self.socket_mut(other)
            {
                theirs.finished = true;
                theirs.stir_out();
            }
        }
        if how != Shutdown::Read {
            let socket = self.socket_mut(id)?;
            let first = !core::mem::replace(&mut socket.finished, true);
            match peer {
                Peer::Local(other) => {
                    if first {
                        self.show_end(id, FIN | ACK);
                    }
                    let is_served = self.is_served(other);
                    if let Ok(theirs) = self.socket_mut(other) {
                        theirs.ended = true;
                        theirs.stir_in();
                    }
                    if is_served {
                        self.socket_mut(id)?.ended = true;
                    }
                }
                Peer::Outside(connection) => {
                    self.show_end(id, FIN | ACK);
                    outside.tcp_finish(connection);
                }
                Peer::Gone => {}
            }
        }
        Ok(())
    }

    /// Shows taps the last segment of a side.
    fn show_end(&mut self, id: SocketId, flags: u8) {
        let Ok(socket) = self.socket(id) else { return };
        let (Some(from), Some(to)) = (socket.local_inet(), socket.remote_inet()) else { return };
        self.show_segment(from, to, flags, socket.sequence, 1, &[]);
    }

    /// Gives up a queue: who waits in it is reset.
    pub(super) fn stop_listening(&mut self, id: SocketId, outside: &mut dyn Outside) {
        let Ok(socket) = self.socket_mut(id) else { return };
        if let State::Listening { queue, .. } = core::mem::replace(&mut socket.state, State::Idle) {
            self.refuse(queue.into_iter().collect(), outside);
        }
    }

    fn refuse(&mut self, waiting: Vec<SocketId>, outside: &mut dyn Outside) {
        for id in waiting {
            self.end(id, End::Cut, outside);
        }
    }

    /// The peer of a connection that is cut off at once.
    pub(super) fn reset_peer(&mut self, id: SocketId, other: SocketId) {
        self.show_end(id, RST | ACK);
        let Ok(theirs) = self.socket_mut(other) else { return };
        if theirs.domain == Domain::Unix {
            (theirs.ended, theirs.finished) = (true, true);
            theirs.error = Some(Errno::ECONNRESET);
            theirs.stir_in();
            theirs.stir_out();
        } else {
            let error = if theirs.ended { Errno::EPIPE } else { Errno::ECONNRESET };
            theirs.break_off(error);
            self.counters.resets += 1;
        }
        if let Ok(theirs) = self.socket_mut(other) {
            theirs.state = State::Connected(Peer::Gone);
        }
    }

    /// Closes a socket: the peer sees the end of the stream, or a reset when bytes were left unread or the socket
    /// was not to linger.
    pub fn close(&mut self, id: SocketId, outside: &mut dyn Outside) {
        let Ok(socket) = self.socket(id) else { return };
        let unread = !socket.stream.is_empty() || (socket.is_connection() && !socket.datagrams.is_empty());
        let cut = unread || (socket.is_tcp() && socket.linger_seconds == Some(0));
        self.end(id, if cut { End::Cut } else { End::Orderly }, outside);
    }

    fn end(&mut self, id: SocketId, end: End, outside: &mut dyn Outside) {
        let Ok(socket) = self.socket(id) else { return };
        match socket.state.clone() {
            State::Connected(Peer::Local(other)) if self.is_served(other) => {
                self.remove(other);
            }
            State::Connected(Peer::Local(other)) if !self.is_linked(other, id) => {}
            State::Connected(Peer::Local(other)) if end == End::Cut => self.reset_peer(id, other),
            State::Connected(Peer::Local(other)) => {
                if !self.sockets.get(&id).is_some_and(|socket| socket.finished) {
                    self.show_end(id, FIN | ACK);
                }
                if let Ok(theirs) = self.socket_mut(other) {
                    // who has seen the end of a TCP stream hears nothing new
                    let news = theirs.domain == Domain::Unix || !theirs.ended;
                    if theirs.is_connection() {
                        theirs.ended = true;
                        theirs.finished |= theirs.domain == Domain::Unix;
                    }
                    theirs.state = State::Connected(Peer::Gone);
                    if news {
                        theirs.stir_in();
                        theirs.stir_out();
                    }
                }
            }
            State::Connected(Peer::Outside(connection)) | State::Connecting(connection) => {
                self.show_end(id, FIN | ACK);
                outside.tcp_close(connection);
            }
            State::Listening { queue, .. } => self.refuse(queue.into_iter().collect(), outside),
            _ => {}
        }
        self.remove(id);
    }

    /// Whether that socket's peer is this one.
    fn is_linked(&self, other: SocketId, id: SocketId) -> bool {
        self.socket(other).is_ok_and(|theirs| theirs.state == State::Connected(Peer::Local(id)))
    }
}
