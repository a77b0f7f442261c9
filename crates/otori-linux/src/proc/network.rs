//! Files of `/proc/net`, in the form of Linux 3.10. Neighbour: net/show.rs gives the rows. Specification:
//! proc_pid_net(5).
use super::view::{ProcView, ProcessView};
use crate::net::{Kind, SocketRow, Transport};
use crate::vfs::Vfs;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

pub(super) fn nothing(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

fn rows(view: &dyn ProcView, transport: Transport) -> Vec<SocketRow> {
    view.sockets().rows().into_iter().filter(|row| row.transport == transport).collect()
}

/// An address as the kernel prints it: the bytes of memory as one little-endian number.
fn hexadecimal(address: SocketAddr) -> String {
    let octets = match address.ip() {
        IpAddr::V4(address) => address.octets(),
        IpAddr::V6(_) => [0; 4],
    };
    format!("{:08X}:{:04X}", u32::from_le_bytes(octets), address.port())
}

fn number(address: Ipv4Addr) -> u32 {
    u32::from_le_bytes(address.octets())
}

pub(super) fn tcp(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let head =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    let mut text = format!("{head:<149}\n");
    // Linux lists listeners first
    let (listening, connected): (Vec<_>, Vec<_>) =
        rows(view, Transport::Tcp).into_iter().partition(|row| row.listening);
    for (index, row) in listening.iter().chain(&connected).enumerate() {
        let tail = if row.listening { "100 0 0 10 0" } else { "20 4 1 10 -1" };
        let line = format!(
            "{index:4}: {} {} {:02X} 00000000:{:08X} 00:00000000 00000000 {:5} {:8} {} 1 {:08x} {tail}",
            hexadecimal(row.local),
            hexadecimal(row.remote),
            row.state,
            row.receive_queue,
            row.uid,
            0,
            row.inode,
            pointer(row.number),
        );
        let _ = writeln!(text, "{line:<149}");
    }
    text.into_bytes()
}

/// What stands where the kernel prints the address of its own structure.
fn pointer(number: u32) -> u32 {
    0x8290_0000_u32.wrapping_add(number.wrapping_mul(0x4c0))
}

fn datagrams(view: &dyn ProcView, transport: Transport) -> Vec<u8> {
    let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";
    let mut text = format!("{head:<127}\n");
    for row in rows(view, transport) {
        let (mut local, slot) = (row.local, u32::from(row.local.port()) % 256);
        if transport == Transport::Raw {
            local.set_port(row.protocol);
        }
        let line = format!(
            "{slot:5}: {} {} {:02X} 00000000:{:08X} 00:00000000 00000000 {:5} {:8} {} 2 {:08x} 0",
            hexadecimal(local),
            hexadecimal(row.remote),
            row.state,
            row.receive_queue,
            row.uid,
            0,
            row.inode,
            pointer(row.number),
        );
        let _ = writeln!(text, "{line:<127}");
    }
    text.into_bytes()
}

pub(super) fn udp(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    datagrams(view, Transport::Udp)
}

pub(super) fn raw(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    datagrams(view, Transport::Raw)
}

pub(super) fn tcp6(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    b"  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n".to_vec()
}

pub(super) fn udp6(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    b"  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n".to_vec()
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
    let _ = writeln!(
        text,
        "{:08x} 0   0      00000000 0        0        {:8} 2        0        2",
        0x8285_b400_u32, 0
    );
    for row in rows(view, Transport::Netlink) {
        let _ = writeln!(
            text,
            "{:08x} {:<3} {:<6} 00000000 {:<8} 0        {:8} 2        0        {}",
            pointer(row.number),
            row.protocol,
            row.number + 300,
            row.receive_queue,
            0,
            row.inode
        );
    }
    text.into_bytes()
}

pub(super) fn packet(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let mut text = String::from("sk       RefCnt Type Proto  Iface R Rmem   User   Inode\n");
    for row in rows(view, Transport::Packet) {
        let kind = if row.kind == Kind::Raw { 3 } else { 2 };
        let _ = writeln!(
            text,
            "{:08x} 3      {kind}    {:04x}   0     1 0      {:<6} {}",
            pointer(row.number),
            row.protocol,
            row.uid,
            row.inode
        );
    }
    text.into_bytes()
}

pub(super) fn route(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
    let mut text = format!("{head:<127}\n");
    for route in &view.sockets().network.routes {
        let gateway = if route.gateway.is_unspecified() { 0 } else { 2 };
        let host = if route.netmask.is_broadcast() { 4 } else { 0 };
        let line = format!(
            "{}\t{:08X}\t{:08X}\t{:04X}\t0\t0\t{}\t{:08X}\t0\t0\t0",
            route.interface,
            number(route.destination),
            number(route.gateway),
            1 | gateway | host,
            route.metric,
            number(route.netmask),
        );
        let _ = writeln!(text, "{line:<127}");
    }
    text.into_bytes()
}

pub(super) fn arp(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let mut text =
        String::from("IP address       HW type     Flags       HW address            Mask     Device\n");
    for (address, mac, interface) in &view.sockets().network.neighbours {
        let [a, b, c, d, e, f] = mac;
        let hardware = format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}");
        let shown = format!("{address}");
        let _ = writeln!(text, "{shown:<16} 0x1         0x2         {hardware}     *        {interface}");
    }
    text.into_bytes()
}

pub(super) fn dev(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let mut text = String::from(
        "Inter-|   Receive                                                |  Transmit\n \
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n",
    );
    for interface in
        view.sockets().network.interfaces.iter().filter(|interface| !interface.name.contains(':'))
    {
        let _ = writeln!(
            text,
            "{:>6}: {:7} {:7}    0    0    0     0          0         0 {:8} {:7}    0    0    0     0       0          0",
            interface.name, interface.received.0, interface.received.1, interface.sent.0, interface.sent.1
        );
    }
    text.into_bytes()
}

pub(super) fn protocols(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let count = |transport| rows(view, transport).len();
    let mut text = String::from(
        "protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em\n",
    );
    for (name, size, sockets, maximum) in [
        ("PACKET", 600, count(Transport::Packet), 0),
        ("UNIX", 468, count(Transport::Unix), 0),
        ("RAW", 500, count(Transport::Raw), 0),
        ("UDP", 556, count(Transport::Udp), 0),
        ("TCP", 1096, count(Transport::Tcp), 224),
        ("NETLINK", 532, count(Transport::Netlink) + 1, 0),
    ] {
        let _ = writeln!(
            text,
            "{name:<9} {size:4} {sockets:6}      -1   NI   {maximum:5}   no   kernel      n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n"
        );
    }
    text.into_bytes()
}

pub(super) fn snmp(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let interfaces = &view.sockets().network.interfaces;
    let received: u64 = interfaces.iter().map(|interface| interface.received.1).sum();
    let sent: u64 = interfaces.iter().map(|interface| interface.sent.1).sum();
    let established = rows(view, Transport::Tcp).iter().filter(|row| row.state == 1).count();
    format!(
        "Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards \
         InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails \
         FragCreates\nIp: 2 64 {received} 0 0 0 0 0 {received} {sent} 0 0 0 0 0 0 0 0 0\n\
         Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs \
         OutSegs RetransSegs InErrs OutRsts\nTcp: 1 200 120000 -1 0 0 0 0 {established} {received} {sent} 0 0 0\n\
         Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\nUdp: 0 0 0 0 0 0\n"
    )
    .into_bytes()
}

pub(super) fn sockstat(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let count = |transport| rows(view, transport).len();
    let all = view.sockets().rows().len();
    format!(
        "sockets: used {all}\nTCP: inuse {} orphan 0 tw 0 alloc {} mem 0\nUDP: inuse {} mem 0\nUDPLITE: inuse 0\n\
         RAW: inuse {}\nFRAG: inuse 0 memory 0\n",
        count(Transport::Tcp),
        count(Transport::Tcp),
        count(Transport::Udp),
        count(Transport::Raw)
    )
    .into_bytes()
}

pub(super) fn wireless(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    b"Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n".to_vec()
}
