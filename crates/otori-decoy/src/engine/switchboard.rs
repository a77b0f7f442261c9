//! Joins inbound lines with the servers that listen in a machine; key type [`Switchboard`]. Extends
//! [`super::machine::MachineGuest`]; the sockets are `otori_linux::net`'s host connections.
use super::line::{Line, Reach};
use super::seat::OUTPUT_MAX;
use otori_device::linux::Machine;
use otori_device::linux::errno::Errno;
use otori_device::linux::net::{HostConnection, Network, Sockets};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Bytes that are taken out of the guest at a time.
const PIECE: usize = 16 << 10;
/// Host number of a peer that has no address of its own in the guest's world.
const NEIGHBOUR: u32 = 100;

/// The host's ends of a machine's inbound connections.
#[derive(Default)]
pub(super) struct Switchboard {
    ends: BTreeMap<u64, HostConnection>,
}

impl Switchboard {
    /// Moves what can be moved; says whether anything was.
    pub(super) fn serve(&mut self, machine: &mut Machine, id: u64, line: &mut Line) -> bool {
        let sockets = machine.sockets();
        if line.reach == Reach::New && !line.gone {
            line.reach = match dial(sockets, line) {
                Ok(end) => {
                    self.ends.insert(id, end);
                    Reach::Open
                }
                Err(_) => Reach::Closed,
            };
        }
        let Some(&end) = self.ends.get(&id) else { return line.reach == Reach::Closed };
        if line.gone {
            self.ends.remove(&id);
            sockets.host_close(end);
            return true;
        }
        let sent = send(sockets, end, line);
        let received = receive(sockets, end, line);
        if line.reach == Reach::Closed {
            self.ends.remove(&id);
            sockets.host_close(end);
        }
        sent || received
    }
}

/// Connects to whoever listens on the line's port.
fn dial(sockets: &mut Sockets, line: &Line) -> Result<HostConnection, Errno> {
    let listener = sockets.listening_at(line.port).ok_or(Errno::ECONNREFUSED)?;
    let own = own_address(&sockets.network);
    let to = match listener.ip() {
        IpAddr::V4(address) if !address.is_unspecified() => address,
        _ => own,
    };
    let from = SocketAddr::new(IpAddr::V4(shown_peer(&sockets.network, line.from.ip())), line.from.port());
    sockets.host_connect(from, SocketAddr::new(IpAddr::V4(to), line.port))
}

/// The device's first address that is not loopback.
fn own_address(network: &Network) -> Ipv4Addr {
    let mut ethernet = network.interfaces.iter().filter(|interface| !interface.is_loopback());
    let found = ethernet.find(|interface| !interface.address.is_unspecified());
    found.map_or(Ipv4Addr::LOCALHOST, |interface| interface.address)
}

/// The peer as the guest's server sees it. One on the decoy's own host would look like the device itself, which
/// servers trust; it becomes a neighbour in the device's subnet.
fn shown_peer(network: &Network, peer: IpAddr) -> Ipv4Addr {
    match peer {
        IpAddr::V4(address) if !address.is_loopback() && !network.is_local(address) => address,
        _ => {
            let own = own_address(network);
            let mask = network.interfaces.iter().find(|interface| interface.address == own);
            let mask = mask.map_or(0, |interface| interface.netmask.to_bits());
            Ipv4Addr::from_bits((own.to_bits() & mask) | (NEIGHBOUR & !mask))
        }
    }
}

fn send(sockets: &mut Sockets, end: HostConnection, line: &mut Line) -> bool {
    let mut moved = false;
    if !line.input.is_empty() {
        match sockets.host_send(end, &line.input) {
            Ok(count) => {
                line.input.drain(..count.min(line.input.len()));
                moved = count > 0;
            }
            Err(Errno::EAGAIN) => {}
            // nobody reads any more; what comes back still counts
            Err(_) => line.input.clear(),
        }
    }
    if line.input_ended && line.input.is_empty() && line.reach == Reach::Open {
        sockets.host_finish(end);
        line.reach = Reach::Finished;
        moved = true;
    }
    moved
}

fn receive(sockets: &mut Sockets, end: HostConnection, line: &mut Line) -> bool {
    let mut moved = false;
    let mut piece = [0; PIECE];
    while line.output.len() < OUTPUT_MAX {
        match sockets.host_receive(end, &mut piece) {
            Ok(0) => {
                line.reach = Reach::Closed;
                return true;
            }
            Ok(count) => {
                line.output.extend_from_slice(piece.get(..count).unwrap_or_default());
                moved = true;
            }
            Err(Errno::EAGAIN) => break,
            Err(_) => {
                line.reach = Reach::Closed;
                return true;
            }
        }
    }
    moved
}
