//! Route netlink: dumps of links, addresses and routes. Neighbour: interface.rs. Specification: netlink(7),
//! rtnetlink(7).
use super::interface::{Interface, LOOPBACK, Network};
use super::socket::Socket;
use super::{Address, SocketId, Sockets};
use crate::abi::Endian;
use crate::errno::Errno;
use alloc::vec::Vec;

const HEADER: usize = 16;
const GET_LINK: u16 = 18;
const GET_ADDRESS: u16 = 22;
const GET_ROUTE: u16 = 26;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const MULTI: u16 = 2;
const ACKNOWLEDGE: u16 = 4;

impl Sockets {
    /// Answers the requests of one send; the guest's byte order is told by the length field.
    pub(super) fn send_netlink(&mut self, id: SocketId, bytes: &[u8]) -> Result<usize, Errno> {
        let socket = self.socket(id)?;
        if socket.protocol != 0 {
            return Ok(bytes.len());
        }
        let port = match socket.local {
            Some(Address::Netlink(port, _)) => port,
            _ => socket.credentials.0,
        };
        let mut rest = bytes;
        while let Some(request) = Request::read(rest) {
            let answer = request.answer(&self.network, port);
            let socket: &mut Socket = self.socket_mut(id)?;
            if !answer.is_empty() && !socket.push_datagram(Address::Netlink(0, 0), &answer) {
                return Err(Errno::ENOBUFS);
            }
            rest = rest.get(request.length.next_multiple_of(4)..).unwrap_or_default();
        }
        Ok(bytes.len())
    }
}

struct Request {
    length: usize,
    kind: u16,
    flags: u16,
    sequence: u32,
    header: Vec<u8>,
    endian: Endian,
}

impl Request {
    fn read(bytes: &[u8]) -> Option<Request> {
        let header: &[u8] = bytes.get(..HEADER)?;
        let word = |at: usize| -> Option<[u8; 4]> { header.get(at..at + 4)?.try_into().ok() };
        let half = |at: usize| -> Option<[u8; 2]> { header.get(at..at + 2)?.try_into().ok() };
        let little = Endian::Little.read_u32(word(0)?) as usize;
        let endian = if (HEADER..=bytes.len()).contains(&little) { Endian::Little } else { Endian::Big };
        let length = endian.read_u32(word(0)?) as usize;
        if !(HEADER..=bytes.len()).contains(&length) {
            return None;
        }
        Some(Request {
            length,
            kind: endian.read_u16(half(4)?),
            flags: endian.read_u16(half(6)?),
            sequence: endian.read_u32(word(8)?),
            header: header.to_vec(),
            endian,
        })
    }

    fn answer(&self, network: &Network, port: u32) -> Vec<u8> {
        let mut all = Vec::new();
        match self.kind {
            GET_LINK => {
                for (index, interface) in network.interfaces.iter().enumerate() {
                    let body = self.link(index as u32 + 1, interface);
                    self.message(&mut all, 16, MULTI, port, &body);
                }
            }
            GET_ADDRESS => {
                for (index, interface) in network.interfaces.iter().enumerate() {
                    if !interface.address.is_unspecified() {
                        let body = self.address(index as u32 + 1, interface);
                        self.message(&mut all, 20, MULTI, port, &body);
                    }
                }
            }
            GET_ROUTE => {
                for route in &network.routes {
                    let index =
                        network.interfaces.iter().position(|interface| interface.name == route.interface);
                    let body = self.route(index.map_or(0, |index| index as u32 + 1), route);
                    self.message(&mut all, 24, MULTI, port, &body);
                }
            }
            _ => {
                // changes are refused as a kernel without that feature does
                let error = (-95_i32).cast_unsigned();
                if self.flags & (ACKNOWLEDGE | 1) != 0 {
                    let mut body = self.endian.u32(error).to_vec();
                    body.extend_from_slice(&self.header);
                    self.message(&mut all, ERROR, 0, port, &body);
                }
                return all;
            }
        }
        self.message(&mut all, DONE, MULTI, port, &[0; 4]);
        all
    }

    fn message(&self, all: &mut Vec<u8>, kind: u16, flags: u16, port: u32, body: &[u8]) {
        all.extend_from_slice(&self.endian.u32((HEADER + body.len()) as u32));
        all.extend_from_slice(&self.endian.u16(kind));
        all.extend_from_slice(&self.endian.u16(flags));
        all.extend_from_slice(&self.endian.u32(self.sequence));
        all.extend_from_slice(&self.endian.u32(port));
        all.extend_from_slice(body);
        all.resize(all.len().next_multiple_of(4), 0);
    }

    fn attribute(&self, body: &mut Vec<u8>, kind: u16, value: &[u8]) {
        body.extend_from_slice(&self.endian.u16((4 + value.len()) as u16));
        body.extend_from_slice(&self.endian.u16(kind));
        body.extend_from_slice(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }

    fn link(&self, index: u32, interface: &Interface) -> Vec<u8> {
        let kind: u16 = if interface.flags & LOOPBACK != 0 { 772 } else { 1 };
        let mut body = Vec::from([0, 0]);
        body.extend_from_slice(&self.endian.u16(kind));
        body.extend_from_slice(&self.endian.u32(index));
        // the kernel adds IFF_LOWER_UP for a carrier
        body.extend_from_slice(&self.endian.u32(u32::from(interface.flags) | 0x1_0000));
        body.extend_from_slice(&[0; 4]);
        self.attribute(&mut body, 3, &[interface.name.as_bytes(), &[0]].concat());
        self.attribute(&mut body, 1, &interface.mac);
        let broadcast = if interface.flags & LOOPBACK != 0 { [0; 6] } else { [0xff; 6] };
        self.attribute(&mut body, 2, &broadcast);
        self.attribute(&mut body, 4, &self.endian.u32(interface.mtu));
        self.attribute(&mut body, 13, &self.endian.u32(1_000));
        self.attribute(&mut body, 16, &[if interface.flags & LOOPBACK != 0 { 0 } else { 6 }]);
        body
    }

    fn address(&self, index: u32, interface: &Interface) -> Vec<u8> {
        let scope = if interface.flags & LOOPBACK != 0 { 254 } else { 0 };
        let mut body = Vec::from([2, interface.prefix(), 0x80, scope]);
        body.extend_from_slice(&self.endian.u32(index));
        self.attribute(&mut body, 1, &interface.address.octets());
        self.attribute(&mut body, 2, &interface.address.octets());
        if interface.flags & LOOPBACK == 0 {
            self.attribute(&mut body, 4, &interface.broadcast().octets());
        }
        self.attribute(&mut body, 3, &[interface.name.as_bytes(), &[0]].concat());
        body
    }

    fn route(&self, index: u32, route: &super::Route) -> Vec<u8> {
        let prefix = route.netmask.to_bits().leading_ones() as u8;
        let scope = if route.gateway.is_unspecified() { 253 } else { 0 };
        let mut body = Vec::from([2, prefix, 0, 0, 254, 3, scope, 1]);
        body.extend_from_slice(&[0; 4]);
        self.attribute(&mut body, 15, &self.endian.u32(254));
        if prefix > 0 {
            self.attribute(&mut body, 1, &route.destination.octets());
        }
        if !route.gateway.is_unspecified() {
            self.attribute(&mut body, 5, &route.gateway.octets());
        }
        self.attribute(&mut body, 4, &self.endian.u32(index));
        body
    }
}
