//! The network in `/proc/net`, but for the tables of sockets, in the form of Linux 3.10 to 4.4. Neighbour:
//! socket_table.rs. Specification: proc_pid_net(5).
use super::socket_table::{rows, words};
use super::view::{ProcView, ProcessView};
use crate::net::{Interface, Ipv6, Network, Transport};
use crate::vfs::Vfs;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::net::{IpAddr, Ipv6Addr};

/// Flags of routes of IPv6: up, by a gateway; without a next hop, refused, to an own address.
const ROUTE_UP: u32 = 0x1;
const ROUTE_GATEWAY: u32 = 0x2;
const ROUTE_NO_HOP: u32 = 0x20_0000;
const ROUTE_REFUSED: u32 = 0x200;
const ROUTE_LOCAL: u32 = 0x8000_0000;

pub(super) fn route(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
    let mut text = format!("{head:<127}\n");
    let endian = view.sockets().endian();
    for route in &view.sockets().network.routes {
        let gateway = if route.gateway.is_unspecified() { 0 } else { 2 };
        let host = if route.netmask.is_broadcast() { 4 } else { 0 };
        let line = format!(
            "{}\t{}\t{}\t{:04X}\t0\t0\t{}\t{}\t0\t0\t0",
            route.interface,
            words(&route.destination.octets(), endian),
            words(&route.gateway.octets(), endian),
            1 | gateway | host,
            route.metric,
            words(&route.netmask.octets(), endian),
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

/// `net/vlan/config`
pub(super) fn vlans(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let network = &view.sockets().network;
    let mut text = format!("VLAN Dev name\t | VLAN ID\nName-Type: {}\n", network.vlan_names.text());
    for interface in &network.interfaces {
        let Some(vlan) = interface.vlan() else { continue };
        let below = network.numbered(vlan.parent).map_or("", |below| below.name.as_str());
        let _ = writeln!(text, "{:<15}| {}  | {below}", interface.name, vlan.id);
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
    use crate::net::Domain;
    let count =
        |transport, domain: Domain| rows(view, transport).iter().filter(|row| row.domain == domain).count();
    let six = view.sockets().network.ipv6() == Ipv6::Present;
    let mut text = String::from(
        "protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em\n",
    );
    let calls = |marks: &str| marks.chars().map(|mark| format!(" {mark} ")).collect::<String>();
    let (none, datagram) = ("nnnnnnnnnnnnnnnnnnn", "yyynynynnyyyyynyynn");
    let stream = "yyyyyyyyyyyyynyyyyy";
    for (name, size, sockets, maximum, known, marks) in [
        ("PACKET", 600, count(Transport::Packet, Domain::Packet), 0, true, none),
        ("PINGv6", 648, count(Transport::Icmp, Domain::Inet6), 0, six, datagram),
        ("RAWv6", 648, count(Transport::Raw, Domain::Inet6), 0, six, datagram),
        ("UDPv6", 648, count(Transport::Udp, Domain::Inet6), 0, six, datagram),
        ("TCPv6", 1_216, count(Transport::Tcp, Domain::Inet6), 224, six, stream),
        ("UNIX", 468, count(Transport::Unix, Domain::Unix), 0, true, none),
        ("PING", 520, count(Transport::Icmp, Domain::Inet), 0, true, datagram),
        ("RAW", 500, count(Transport::Raw, Domain::Inet), 0, true, datagram),
        ("UDP", 556, count(Transport::Udp, Domain::Inet), 0, true, datagram),
        ("TCP", 1_096, count(Transport::Tcp, Domain::Inet), 224, true, stream),
        ("NETLINK", 532, count(Transport::Netlink, Domain::Netlink) + 4, 0, true, none),
    ] {
        if known {
            let line = format!(
                "{name:<9} {size:4} {sockets:6}  {:6}   {}   {maximum:5}   no   kernel     {}",
                if maximum > 0 { 0 } else { -1 },
                if maximum > 0 { "no" } else { "NI" },
                calls(marks)
            );
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text.into_bytes()
}

pub(super) fn snmp(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let sockets = view.sockets();
    let counted = sockets.counters();
    let interfaces = &sockets.network.interfaces;
    let received: u64 = interfaces.iter().map(|interface| interface.received.1).sum();
    let sent: u64 = interfaces.iter().map(|interface| interface.sent.1).sum();
    let established = rows(view, Transport::Tcp).iter().filter(|row| matches!(row.state, 1 | 8)).count();
    let (icmp, replies) = (counted.icmp_received, counted.icmp_sent);
    let mut text = format!(
        "Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards \
         InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails \
         FragCreates\nIp: 2 64 {received} 0 0 0 0 0 {received} {sent} 0 0 0 0 0 0 0 0 0\n\
         Icmp: InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos \
         InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutDestUnreachs \
         OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps OutTimestampReps \
         OutAddrMasks OutAddrMaskReps\n\
         Icmp: {icmp} 0 0 0 0 0 0 0 0 {icmp} 0 0 0 0 {replies} 0 0 0 0 0 0 {replies} 0 0 0 0 0\n"
    );
    let _ = write!(
        text,
        "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs \
         OutSegs RetransSegs InErrs OutRsts InCsumErrors\nTcp: 1 200 120000 -1 {} {} {} {} {established} {received} \
         {sent} 0 0 {} 0\n",
        counted.active_opens,
        counted.passive_opens,
        counted.failed_opens,
        counted.resets,
        counted.failed_opens
    );
    let heads = "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors";
    let _ = write!(
        text,
        "Udp: {heads}\nUdp: {} {} 0 {} 0 0 0\nUdpLite: {heads}\nUdpLite: 0 0 0 0 0 0 0\n",
        counted.datagrams_received, counted.datagrams_lost, counted.datagrams_sent
    );
    text.into_bytes()
}

pub(super) fn snmp6(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let counted = view.sockets().counters();
    let mut text = String::new();
    for name in ["Ip6InReceives", "Ip6InHdrErrors", "Ip6InDelivers", "Ip6OutRequests", "Ip6OutNoRoutes"] {
        let _ = writeln!(text, "{name:<32}\t0");
    }
    for (name, value) in [
        ("Icmp6InMsgs", 0),
        ("Icmp6OutMsgs", 0),
        ("Udp6InDatagrams", counted.datagrams_received),
        ("Udp6NoPorts", counted.datagrams_lost),
        ("Udp6OutDatagrams", counted.datagrams_sent),
    ] {
        let _ = writeln!(text, "{name:<32}\t{value}");
    }
    text.into_bytes()
}

pub(super) fn netstat(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let interfaces = &view.sockets().network.interfaces;
    let received: u64 = interfaces.iter().map(|interface| interface.received.0).sum();
    let sent: u64 = interfaces.iter().map(|interface| interface.sent.0).sum();
    let names = "SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts PruneCalled RcvPruned OfoPruned \
                 OutOfWindowIcmps LockDroppedIcmps ArpFilter TW TWRecycled TWKilled DelayedACKs ListenOverflows \
                 ListenDrops TCPTimeouts TCPAbortOnData TCPAbortOnClose";
    let zeros = " 0".repeat(names.split_whitespace().count());
    format!(
        "TcpExt: {names}\nTcpExt:{zeros}\n\
         IpExt: InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets OutOctets\n\
         IpExt: 0 0 0 0 0 0 {received} {sent}\n"
    )
    .into_bytes()
}

pub(super) fn sockstat(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let count =
        |transport| rows(view, transport).iter().filter(|row| row.domain == crate::net::Domain::Inet).count();
    format!(
        "sockets: used {}\nTCP: inuse {} orphan 0 tw 0 alloc {} mem 0\nUDP: inuse {} mem 0\nUDPLITE: inuse 0\n\
         RAW: inuse {}\nFRAG: inuse 0 memory 0\n",
        view.sockets().len(),
        count(Transport::Tcp),
        rows(view, Transport::Tcp).len(),
        count(Transport::Udp),
        count(Transport::Raw)
    )
    .into_bytes()
}

pub(super) fn sockstat6(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let count = |transport| {
        rows(view, transport).iter().filter(|row| row.domain == crate::net::Domain::Inet6).count()
    };
    format!(
        "TCP6: inuse {}\nUDP6: inuse {}\nUDPLITE6: inuse 0\nRAW6: inuse {}\nFRAG6: inuse 0 memory 0\n",
        count(Transport::Tcp),
        count(Transport::Udp),
        count(Transport::Raw)
    )
    .into_bytes()
}

/// Interfaces with the kernel's numbers, aliases left out.
fn numbered(network: &Network) -> impl Iterator<Item = (u32, &Interface)> {
    let own = network.interfaces.iter().filter(|interface| !interface.is_alias());
    own.map(|interface| (interface.number, interface))
}

fn plain(address: Ipv6Addr) -> String {
    format!("{:032x}", address.to_bits())
}

pub(super) fn if_inet6(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let mut text = String::new();
    for (number, interface) in numbered(&view.sockets().network) {
        for own in &interface.addresses6 {
            let (shown, scope) = (plain(own.address), own.scope());
            let _ = writeln!(
                text,
                "{shown} {number:02x} {:02x} {scope:02x} 80 {:>8}",
                own.prefix, interface.name
            );
        }
    }
    text.into_bytes()
}

pub(super) fn ipv6_route(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let network = &view.sockets().network;
    let mut text = String::new();
    let mut put = |to: Ipv6Addr, prefix: u8, hop: Ipv6Addr, metric: u32, flags: u32, name: &str| {
        let (to, none, hop) = (plain(to), plain(Ipv6Addr::UNSPECIFIED), plain(hop));
        let users = u32::from(flags & ROUTE_LOCAL != 0) + 1;
        let _ = writeln!(
            text,
            "{to} {prefix:02x} {none} 00 {hop} {metric:08x} {users:08x} 00000000 {flags:08x} {name:>8}"
        );
    };
    let none = Ipv6Addr::UNSPECIFIED;
    for row in &network.routes6 {
        let gateway = if row.gateway.is_unspecified() { 0 } else { ROUTE_GATEWAY };
        put(row.destination, row.prefix, row.gateway, row.metric, ROUTE_UP | gateway, &row.interface);
    }
    put(none, 0, none, u32::MAX, ROUTE_NO_HOP | ROUTE_REFUSED, "lo");
    for (_, interface) in numbered(network) {
        for own in &interface.addresses6 {
            put(own.address, 128, none, 0, ROUTE_LOCAL | ROUTE_NO_HOP | ROUTE_UP, &interface.name);
        }
    }
    for (_, interface) in numbered(network).filter(|(_, interface)| !interface.is_loopback()) {
        if !interface.addresses6.is_empty() {
            let groups = Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0);
            put(groups, 8, none, 256, ROUTE_UP, &interface.name);
        }
    }
    put(none, 0, none, u32::MAX, ROUTE_NO_HOP | ROUTE_REFUSED, "lo");
    text.into_bytes()
}

pub(super) fn igmp(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let sockets = view.sockets();
    let mut text = String::from("Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n");
    for (number, interface) in numbered(&sockets.network) {
        let groups = sockets.groups(number);
        let four = |(group, users): &(IpAddr, usize)| match group {
            IpAddr::V4(four) => Some((*four, *users)),
            IpAddr::V6(_) => None,
        };
        let groups: Vec<_> = groups.iter().filter_map(four).collect();
        if groups.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{number}\t{:<10}: {:5} {:>7}", interface.name, groups.len(), "V3");
        for (group, users) in groups {
            let shown = words(&group.octets(), sockets.endian());
            let _ = writeln!(text, "\t\t\t\t{shown} {users:5} 0:00000000\t\t0");
        }
    }
    text.into_bytes()
}

pub(super) fn igmp6(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let sockets = view.sockets();
    let mut text = String::new();
    for (number, interface) in numbered(&sockets.network) {
        for (group, users) in sockets.groups(number) {
            let IpAddr::V6(six) = group else { continue };
            let flags = if six.segments().first() == Some(&0xff01) { 8 } else { 0xc };
            let _ =
                writeln!(text, "{number:<4} {:<15} {} {users:5} {flags:08X} 0", interface.name, plain(six));
        }
    }
    text.into_bytes()
}

pub(super) fn dev_mcast(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let sockets = view.sockets();
    let mut text = String::new();
    for (number, interface) in numbered(&sockets.network).filter(|(_, interface)| !interface.is_loopback()) {
        for (group, _) in sockets.groups(number) {
            let hardware = match group {
                IpAddr::V4(four) => {
                    let [_, b, c, d] = four.octets();
                    format!("01005e{:02x}{c:02x}{d:02x}", b & 0x7f)
                }
                IpAddr::V6(six) => format!("3333{:08x}", six.to_bits() as u32),
            };
            let _ = writeln!(text, "{number:<4} {:<15} {:<5} {:<5} {hardware}", interface.name, 1, 0);
        }
    }
    text.into_bytes()
}

pub(super) fn psched(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    b"000003e8 00000040 000f4240 3b9aca00\n".to_vec()
}

pub(super) fn ptype(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let mut text = String::from("Type Device      Function\n");
    for row in rows(view, Transport::Packet).iter().filter(|row| row.protocol != 0) {
        let device = view.sockets().network.numbered(row.interface).map_or("", |found| found.name.as_str());
        let kind = if row.protocol == 3 { String::from("ALL ") } else { format!("{:04x}", row.protocol) };
        let _ = writeln!(text, "{kind} {device:<8} packet_rcv");
    }
    text.push_str("0800          ip_rcv\n0806          arp_rcv\n");
    if view.sockets().network.ipv6() == Ipv6::Present {
        text.push_str("86dd          ipv6_rcv\n");
    }
    text.into_bytes()
}

pub(super) fn rt_cache(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let head = "Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\tTOS\tHHRef\tHHUptod\tSpecDst";
    format!("{head:<127}\n").into_bytes()
}

pub(super) fn wireless(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    b"Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n".to_vec()
}

/// Multicast source filters: none is set.
pub(super) fn mcfilter(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    b"Idx Device        MCA        SRC    INC    EXC\n".to_vec()
}

/// Packets that the processor took from the interfaces, and what it had to leave.
pub(super) fn softnet_stat(_: &Vfs, view: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    let received = |interface: &crate::net::Interface| interface.received.1;
    let packets: u64 = view.sockets().network.interfaces.iter().map(received).sum();
    let mut text = format!("{:08x}", packets as u32);
    (0..10).for_each(|_| text.push_str(" 00000000"));
    text.push('\n');
    text.into_bytes()
}
