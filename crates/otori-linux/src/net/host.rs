//! The host's own ends of the virtual network: a front that talks to a guest's daemon, and the sockets of
//! daemons that the host plays (telnetd), so that `/proc/net/tcp` shows them. Key type [`HostConnection`].
use super::close::Shutdown;
use super::socket::{Domain, Kind, Peer, Socket, State, Switches};
use super::stream::Peek;
use super::{Address, NoOutside, SocketId, Sockets};
use crate::errno::Errno;
use alloc::collections::VecDeque;
use core::net::SocketAddr;

/// The host's end of a connection with a process of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostConnection(SocketId);

/// Credentials of the daemons that the host plays: init's child, root.
const DAEMON: (u32, u32, u32) = (1, 0, 0);

impl Sockets {
    /// Connects from outside to a daemon of the machine: `ECONNREFUSED` when nobody listens.
    pub fn host_connect(&mut self, from: SocketAddr, to: SocketAddr) -> Result<HostConnection, Errno> {
        let listener = self.find_listener(to, from.port()).ok_or(Errno::ECONNREFUSED)?;
        let mut socket = Socket::new(Domain::Inet, Kind::Stream, 0, DAEMON);
        socket.host = true;
        let id = self.insert(socket)?;
        if let Err(error) = self.join(id, listener, Address::Inet(from), Address::Inet(to)) {
            self.remove(id);
            return Err(if error == Errno::EAGAIN { Errno::ECONNREFUSED } else { error });
        }
        Ok(HostConnection(id))
    }

    /// Sends to the guest; `EAGAIN` when its buffer is full, `EPIPE` when it closed.
    pub fn host_send(&mut self, connection: HostConnection, bytes: &[u8]) -> Result<usize, Errno> {
        self.send(connection.0, bytes, &mut NoOutside)
    }

    /// Receives from the guest; `Ok(0)` is the end, `EAGAIN` nothing yet.
    pub fn host_receive(&mut self, connection: HostConnection, into: &mut [u8]) -> Result<usize, Errno> {
        self.receive(connection.0, into, Peek::No, &mut NoOutside).map(|received| received.count)
    }

    /// The host sends no more bytes on that connection.
    pub fn host_finish(&mut self, connection: HostConnection) {
        // a guest that is gone already hears nothing more
        let _ = self.shutdown(connection.0, Shutdown::Write, &mut NoOutside);
    }

    /// Where a process of the machine accepts TCP connections on that port; the host's own sockets do not count.
    pub fn listening_at(&self, port: u16) -> Option<SocketAddr> {
        let accepts = |socket: &&Socket| {
            !socket.host && socket.is_tcp() && matches!(socket.state, State::Listening { .. })
        };
        let listening = self.sockets.values().filter(accepts).filter_map(Socket::local_inet);
        listening.into_iter().find(|local| local.port() == port)
    }

    /// Closes the host's end.
    pub fn host_close(&mut self, connection: HostConnection) {
        self.close(connection.0, &mut NoOutside);
    }

    /// Shows a listening socket of a daemon that the host plays; guests that connect to it are refused once the
    /// queue of one is full.
    pub fn host_listen(&mut self, at: SocketAddr) -> Result<SocketId, Errno> {
        let mut socket = Socket::new(Domain::Inet, Kind::Stream, 0, DAEMON);
        socket.host = true;
        socket.local = Some(Address::Inet(at));
        socket.state = State::Listening { backlog: 1, queue: VecDeque::new() };
        // as the daemons that it stands for do
        socket.switches.set(Switches::REUSE_ADDRESS, true);
        self.insert(socket)
    }

    /// Shows an established connection of such a daemon, as the one that the session came by.
    pub fn host_show(&mut self, local: SocketAddr, remote: SocketAddr) -> Result<SocketId, Errno> {
        let mut socket = Socket::new(Domain::Inet, Kind::Stream, 0, DAEMON);
        socket.host = true;
        socket.local = Some(Address::Inet(local));
        socket.remote = Some(Address::Inet(remote));
        socket.state = State::Connected(Peer::Gone);
        socket.switches.set(Switches::REUSE_ADDRESS, true);
        self.insert(socket)
    }
}
