//! The tables of sockets in `/proc/net`, in the form of Linux 3.10 to 4.4. Neighbours: net/show.rs gives the rows,
//! network.rs has the other files of `/proc/net`. Specification: proc_pid_net(5).
use super::view::{ProcView, ProcessView};
use crate::abi::Endian;
use crate::net::{Domain, Kind, SocketRow, Transport};
use crate::vfs::Vfs;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::net::{IpAddr, SocketAddr};

/// Columns that the kernel fills with blanks in the tables of IPv4.
const TCP_WIDTH: usize = 149;
const UDP_WIDTH: usize = 127;

pub(super) fn rows(view: &dyn ProcView, transport: Transport) -> Vec<SocketRow> {
    view.sockets().rows().into_iter().filter(|row| row.transport == transport).collect()
}

fn of(view: &dyn ProcView, transport: Transport, domain: Domain) -> Vec<SocketRow> {
    rows(view, transport).into_iter().filter(|row| row.domain == domain).collect()
}

/// Words of memory as the kernel prints them: each as a number of the machine's own order.
pub(super) fn words(octets: &[u8], endian: Endian) -> String {
    octets
        .chunks_exact(4)
        .map(|part| format!("{:08X}", endian.read_u32(part.try_into().unwrap_or_default())))
        .collect()
}

fn end(address: SocketAddr, endian: Endian) -> String {
    let shown = match address.ip() {
        IpAddr::V4(four) => words(&four.octets(), endian),
        IpAddr::V6(six) => words(&six.octets(), endian),
    };
    format!("{shown}:{:04X}", address.port())
}

/// What stands where the kernel prints the address of its own structure.
fn pointer(number: u32) -> u32 {
    0x8290_0000_u32.wrapping_add(number.wrapping_mul(0x4c0))
}

/// A line ends with blanks in the tables of IPv4, and without in those of IPv6.
fn put(text: &mut String, line: &str, domain: Domain, width: usize) {
    let _ = match domain {
        Domain::Inet => writeln!(text, "{line:<width$}"),
        _ => writeln!(text, "{line}"),
    };
}

fn heading(domain: Domain, tail: &str) -> String {
    match domain {
        Domain::Inet => format!(
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode{tail}"
        ),
        _ => format!(
            "  sl  local_address                         remote_address                        st tx_queue \
             rx_queue tr tm->when retrnsmt   uid  timeout inode{tail}"
        ),
    }
}

/// The columns from the addresses to the inode number.
fn columns(row: &SocketRow, endian: Endian) -> String {
    format!(
        "{} {} {:02X} 00000000:{:08X} 00:00000000 00000000 {:5} {:8} {}",
        end(row.local, endian),
        end(row.remote, endian),
        row.state,
        row.receive_queue,
        row.uid,
        0,
        row.inode,
    )
}

fn connections(view: &dyn ProcView, domain: Domain) -> Vec<u8> {
    let mut text = String::new();
    put(&mut text, &heading(domain, ""), domain, TCP_WIDTH);
    // Linux lists listeners first
    let (listening, connected): (Vec<_>, Vec<_>) =
        of(view, Transport::Tcp, domain).into_iter().partition(|row| row.listening);
    for (index, row) in listening.iter().chain(&connected).enumerate() {
        let tail = if row.listening { "100 0 0 10 0" } else { "20 4 1 10 -1" };
        let columns = columns(row, view.sockets().endian());
        let line = format!("{index:4}: {columns} 1 {:08x} {tail}", pointer(row.number));
        put(&mut text, &line, domain, TCP_WIDTH);
    }
    text.into_bytes()
}

fn datagrams(view: &dyn ProcView, transport: Transport, domain: Domain) -> Vec<u8> {
    let mut text = String::new();
    let width = if transport == Transport::Udp { UDP_WIDTH } else { 0 };
    put(&mut text, &heading(domain, " ref pointer drops"), domain, width);
    for mut row in of(view, transport, domain) {
        let slot = if transport == Transport::Raw { row.protocol } else { row.local.port() } % 256;
        if transport == Transport::Raw {
            row.local.set_port(row.protocol);
        }
        let columns = columns(&row, view.sockets().endian());
        let line = format!("{slot:5}: {columns} 2 {:08x} {}", pointer(row.number), row.dropped);
        put(&mut text, &line, domain, width);
    }
    text.into_bytes()
}

pub(super) fn tcp(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    connections(view, Domain::Inet)
}

pub(super) fn tcp6(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    connections(view, Domain::Inet6)
}

pub(super) fn udp(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    datagrams(view, Transport::Udp, Domain::Inet)
}

pub(super) fn udp6(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    datagrams(view, Transport::Udp, Domain::Inet6)
}

pub(super) fn raw(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    datagrams(view, Transport::Raw, Domain::Inet)
}

pub(super) fn raw6(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    datagrams(view, Transport::Raw, Domain::Inet6)
}

pub(super) fn icmp(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    datagrams(view, Transport::Icmp, Domain::Inet)
}

pub(super) fn icmp6(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    datagrams(view, Transport::Icmp, Domain::Inet6)
}

pub(super) fn unix(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let mut text = b"Num       RefCount Protocol Flags    Type St Inode Path\n".to_vec();
    for row in rows(view, Transport::Unix) {
        let kind = match row.kind {
            Kind::Stream => 1,
            Kind::Datagram => 2,
            Kind::Raw => 3,
            Kind::Sequenced => 5,
        };
        let flags = if row.listening { 0x1_0000 } else { 0 };
        let line = format!(
            "{:08x}: {:08X} 00000000 {flags:08X} {kind:04X} {:02X} {:5}",
            pointer(row.number),
            if row.state == 3 { 3 } else { 2 },
            row.state,
            row.inode,
        );
        text.extend_from_slice(line.as_bytes());
        if !row.name.is_empty() {
            text.push(b' ');
            text.extend(row.name.iter().map(|byte| if *byte == 0 { b'@' } else { *byte }));
        }
        text.push(b'\n');
    }
    text
}

pub(super) fn netlink(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let mut text =
        String::from("sk       Eth Pid    Groups   Rmem     Wmem     Dump     Locks     Drops     Inode\n");
    let mut put = |at: u32,
                   protocol: u16,
                   (port, groups): (u32, u32),
                   bytes: usize,
                   drops: u64,
                   inode: u64| {
        let _ = writeln!(
            text,
            "{at:08x} {protocol:<3} {port:<6} {groups:08x} {bytes:<8} 0        {:8} 2        {drops:<8} {inode:<8}",
            0
        );
    };
    for row in rows(view, Transport::Netlink) {
        let inode = row.inode;
        put(pointer(row.number), row.protocol, row.netlink, row.receive_queue, row.dropped, inode);
    }
    // the kernel's own ends
    for (protocol, place) in [(0, 0), (4, 1), (15, 2), (16, 3)] {
        put(0x8285_b400 + place * 0x200, protocol, (0, 0), 0, 0, u64::from(place) + 2);
    }
    text.into_bytes()
}

pub(super) fn packet(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let mut text = String::from("sk       RefCnt Type Proto  Iface R Rmem   User   Inode\n");
    for row in rows(view, Transport::Packet) {
        let kind = if row.kind == Kind::Raw { 3 } else { 2 };
        let _ = writeln!(
            text,
            "{:08x} 3      {kind:<4} {:04x}   {:<5} {} {:<6} {:<6} {:<6}",
            pointer(row.number),
            row.protocol,
            row.interface,
            u8::from(row.protocol != 0),
            row.receive_queue,
            row.uid,
            row.inode
        );
    }
    text.into_bytes()
}
