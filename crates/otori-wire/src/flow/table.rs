//! The table of flows: bounded, with time-outs; a packet finds its flow by addresses, ports and VLAN.
//!
//! Key types: [`FlowTable`], [`Flow`]. `S` is whatever the engine keeps with a flow.
use super::{Direction, TcpSession, TcpState};
use crate::{
    conversation::Conversation,
    decode::{Packet, Transport, protocol, tcp_flag},
    hash::Folding,
    limits::{FLOW_SWEEP, FLOW_VICTIMS, FLOWS},
};
use otori_event::{Endpoint, Timestamp};
use std::collections::HashMap;

/// IP protocols whose packets make flows; 4 and 41 are IP in IP, 50 is ESP.
const FLOW_PROTOCOLS: &[u8] =
    &[protocol::TCP, protocol::UDP, protocol::ICMP, protocol::ICMPV6, protocol::SCTP, 4, 41, 50];

const SECOND_NS: i64 = 1_000_000_000;

/// Flows of one block of the table.
const BLOCK_FLOWS: usize = 64;

/// What makes packets one flow; the same for both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey {
    low: Endpoint,
    high: Endpoint,
    protocol: u8,
    vlans: crate::decode::Vlans,
    depth: u8,
}

impl core::hash::Hash for FlowKey {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        let octets = |ip| match ip {
            core::net::IpAddr::V4(ip) => u128::from(ip.to_bits()),
            core::net::IpAddr::V6(ip) => ip.to_bits(),
        };
        let (low, high) = (octets(self.low.ip), octets(self.high.ip));
        state.write_u128(low);
        state.write_u128(high);
        let ports = u64::from(self.low.port) << 48 | u64::from(self.high.port) << 32;
        state.write_u64(ports | u64::from(self.depth) << 8 | u64::from(self.protocol));
        self.vlans.ids().iter().for_each(|id| state.write_u16(*id));
    }
}

/// Names a flow in its table until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowId(u32);

/// EVE's flow states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowState {
    /// packets from one side, or a hand-shake that is not done
    New,
    /// packets from both sides
    Established,
    /// TCP has ended
    Closed,
}

impl FlowState {
    /// EVE's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            FlowState::New => "new",
            FlowState::Established => "established",
            FlowState::Closed => "closed",
        }
    }
}

/// How many flows, and for how long without a packet.
#[derive(Clone, Copy, Debug)]
pub struct FlowLimits {
    /// flows at a time
    pub flows: usize,
    /// a flow without an answer
    pub new_ns: i64,
    /// an established TCP connection
    pub tcp_established_ns: i64,
    /// other established flows
    pub other_established_ns: i64,
    /// an ended TCP connection
    pub closed_ns: i64,
}

impl Default for FlowLimits {
    fn default() -> Self {
        FlowLimits {
            flows: FLOWS,
            new_ns: 60 * SECOND_NS,
            tcp_established_ns: 600 * SECOND_NS,
            other_established_ns: 300 * SECOND_NS,
            closed_ns: 10 * SECOND_NS,
        }
    }
}

impl FlowLimits {
    fn shortest_ns(&self) -> i64 {
        let established = self.tcp_established_ns.min(self.other_established_ns);
        self.new_ns.min(self.closed_ns).min(established)
    }
}

/// One flow.
pub struct Flow<S> {
    /// its key
    pub key: FlowKey,
    /// number in order of appearance, from 1
    pub number: u64,
    /// who opened it
    pub client: Endpoint,
    /// the other side
    pub server: Endpoint,
    /// IP protocol
    pub protocol: u8,
    /// VLAN identifiers, outermost first
    pub vlans: crate::decode::Vlans,
    /// first packet
    pub started_at: Timestamp,
    /// latest packet
    pub last_at: Timestamp,
    /// packets per direction
    pub packets: [u64; 2],
    /// bytes of frames per direction
    pub bytes: [u64; 2],
    /// TCP's state
    pub tcp: Option<Box<TcpSession>>,
    /// application protocol
    pub conversation: Conversation,
    /// the engine's own
    pub extra: S,
}

impl<S> Flow<S> {
    /// Who was taken for the client because it was seen first is the server.
    pub fn turn(&mut self) {
        core::mem::swap(&mut self.client, &mut self.server);
        self.packets.swap(0, 1);
        self.bytes.swap(0, 1);
        if let Some(tcp) = &mut self.tcp {
            tcp.turn();
        }
    }
    /// Where it is.
    pub fn state(&self) -> FlowState {
        match &self.tcp {
            Some(tcp) => match tcp.state() {
                TcpState::None | TcpState::SynSent | TcpState::SynReceived => FlowState::New,
                TcpState::LastAck | TcpState::TimeWait | TcpState::Closed => FlowState::Closed,
                _ => FlowState::Established,
            },
            None if self.packets[0] > 0 && self.packets[1] > 0 => FlowState::Established,
            None => FlowState::New,
        }
    }
    /// What `flow:established` of a rule means.
    pub fn is_established(&self) -> bool {
        match &self.tcp {
            Some(tcp) => tcp.is_established(),
            None => self.packets[0] > 0 && self.packets[1] > 0,
        }
    }
    fn timeout_ns(&self, limits: &FlowLimits) -> i64 {
        match (self.state(), self.tcp.is_some()) {
            (FlowState::New, _) => limits.new_ns,
            (FlowState::Established, true) => limits.tcp_established_ns,
            (FlowState::Established, false) => limits.other_established_ns,
            (FlowState::Closed, _) => limits.closed_ns,
        }
    }
}

/// Flows by number of their slot, in blocks: a new flow asks for memory only when none is free in any of them, and none
/// ever moves while the table grows.
struct Slots<S> {
    blocks: Vec<Vec<Option<Flow<S>>>>,
    count: usize,
}

impl<S> Slots<S> {
    const fn len(&self) -> usize {
        self.count
    }
    fn get(&self, slot: usize) -> Option<&Flow<S>> {
        self.blocks.get(slot / BLOCK_FLOWS)?.get(slot % BLOCK_FLOWS)?.as_ref()
    }
    fn get_mut(&mut self, slot: usize) -> Option<&mut Flow<S>> {
        self.blocks.get_mut(slot / BLOCK_FLOWS)?.get_mut(slot % BLOCK_FLOWS)?.as_mut()
    }
    fn take(&mut self, slot: usize) -> Option<Flow<S>> {
        self.blocks.get_mut(slot / BLOCK_FLOWS)?.get_mut(slot % BLOCK_FLOWS)?.take()
    }
    /// Puts a flow into a slot that is free, or behind the last one.
    fn put(&mut self, slot: usize, flow: Flow<S>) {
        if self.blocks.len() <= slot / BLOCK_FLOWS {
            self.blocks.push(Vec::with_capacity(BLOCK_FLOWS));
        }
        let Some(block) = self.blocks.get_mut(slot / BLOCK_FLOWS) else { return };
        match block.get_mut(slot % BLOCK_FLOWS) {
            Some(free) => *free = Some(flow),
            None => {
                block.push(Some(flow));
                self.count += 1;
            }
        }
    }
    fn iter_mut(&mut self) -> impl Iterator<Item = &mut Flow<S>> {
        self.blocks.iter_mut().flatten().flatten()
    }
}

/// All flows.
pub struct FlowTable<S> {
    index: HashMap<FlowKey, u32, Folding>,
    slots: Slots<S>,
    /// no flow is over before that time: what the sweep looks at, one after the other
    not_before: Vec<i64>,
    free: Vec<u32>,
    hand: usize,
    opened: u64,
    /// numbers of flows: the first less one, and from each to the next
    numbers: (u64, u64),
    limits: FlowLimits,
}

impl<S: Default> FlowTable<S> {
    /// An empty table.
    pub fn new(limits: FlowLimits) -> Self {
        FlowTable {
            index: HashMap::default(),
            slots: Slots { blocks: Vec::new(), count: 0 },
            not_before: Vec::new(),
            free: Vec::new(),
            hand: 0,
            opened: 0,
            numbers: (0, 1),
            limits,
        }
    }
    /// One of several tables whose flows have different numbers.
    pub fn one_of(limits: FlowLimits, place: u64, tables: u64) -> Self {
        let tables = tables.max(1);
        FlowTable { numbers: (place % tables, tables), ..FlowTable::new(limits) }
    }
    /// Flows in it.
    pub fn len(&self) -> usize {
        self.index.len()
    }
    /// None in it.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }
    /// Flows ever opened.
    pub const fn opened(&self) -> u64 {
        self.opened
    }
    /// Finds or opens the packet's flow and counts the packet. Flows that end because of it go to `ended`.
    pub fn place(&mut self, packet: &Packet<'_>, ended: &mut Vec<Flow<S>>) -> Option<(FlowId, Direction)> {
        let (key, source, destination) = key_of(packet)?;
        if let Some(slot) = self.index.get(&key).copied() {
            if self.is_over(slot, packet) {
                self.end(slot, ended);
            } else {
                return self.count(slot, packet, source);
            }
        }
        if self.index.len() >= self.limits.flows.max(1) {
            self.evict(packet.at, ended);
        }
        let slot = self.open(packet, key, source, destination);
        self.count(slot, packet, source)
    }
    /// The flow of that name.
    pub fn get_mut(&mut self, id: FlowId) -> Option<&mut Flow<S>> {
        self.slots.get_mut(id.0 as usize)
    }
    /// Ends a few flows whose time is over; called once per packet.
    pub fn sweep(&mut self, now: Timestamp, ended: &mut Vec<Flow<S>>) {
        for _ in 0..FLOW_SWEEP.min(self.slots.len()) {
            self.hand = if self.hand + 1 < self.slots.len() { self.hand + 1 } else { 0 };
            if self.not_before.get(self.hand).is_none_or(|time| now.0 <= *time) {
                continue;
            }
            let over = match self.slots.get(self.hand) {
                Some(flow) => now.since_ns(flow.last_at) > flow.timeout_ns(&self.limits),
                _ => false,
            };
            if over {
                self.end(self.hand as u32, ended);
            }
        }
    }
    /// Ends every flow, oldest first: those that the iterator has given.
    pub fn drain(&mut self) -> impl Iterator<Item = Flow<S>> + use<S> {
        self.index.clear();
        self.free.clear();
        self.not_before.clear();
        let mut slots = core::mem::replace(&mut self.slots, Slots { blocks: Vec::new(), count: 0 });
        let mut order: Vec<_> =
            (0..slots.len()).filter_map(|slot| Some((slots.get(slot)?.number, slot))).collect();
        order.sort_unstable();
        order.into_iter().filter_map(move |(_, slot)| slots.take(slot))
    }
    /// All flows.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Flow<S>> {
        self.slots.iter_mut()
    }

    fn is_over(&self, slot: u32, packet: &Packet<'_>) -> bool {
        let Some(flow) = self.slots.get(slot as usize) else { return true };
        let idle_ns = packet.at.since_ns(flow.last_at);
        if idle_ns > flow.timeout_ns(&self.limits) {
            return true;
        }
        let opens = matches!(packet.transport, Transport::Tcp { flags, .. }
            if flags & (tcp_flag::SYN | tcp_flag::ACK | tcp_flag::RST) == tcp_flag::SYN);
        opens && flow.state() == FlowState::Closed
    }
    fn open(&mut self, packet: &Packet<'_>, key: FlowKey, source: Endpoint, destination: Endpoint) -> u32 {
        // The answer to a SYN that was not seen comes from the server.
        let answers = matches!(packet.transport, Transport::Tcp { flags, .. }
            if flags & (tcp_flag::SYN | tcp_flag::ACK) == tcp_flag::SYN | tcp_flag::ACK);
        let (client, server) = if answers { (destination, source) } else { (source, destination) };
        self.opened += 1;
        let is_tcp = matches!(packet.transport, Transport::Tcp { .. });
        let flow = Flow {
            key,
            number: self.numbers.0 + 1 + (self.opened - 1) * self.numbers.1,
            client,
            server,
            protocol: key.protocol,
            vlans: packet.vlans,
            started_at: packet.at,
            last_at: packet.at,
            packets: [0; 2],
            bytes: [0; 2],
            tcp: is_tcp.then(Box::default),
            conversation: Conversation::new(key.protocol, client.port, server.port),
            extra: S::default(),
        };
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.not_before.push(i64::MAX);
                self.slots.len() as u32
            }
        };
        self.slots.put(slot as usize, flow);
        self.index.insert(key, slot);
        slot
    }
    fn count(&mut self, slot: u32, packet: &Packet<'_>, source: Endpoint) -> Option<(FlowId, Direction)> {
        let flow = self.slots.get_mut(slot as usize)?;
        let direction = if flow.client == source && (flow.client != flow.server || flow.packets[0] == 0) {
            Direction::ToServer
        } else if flow.client == flow.server {
            loopback_direction(packet)
        } else {
            Direction::ToClient
        };
        flow.last_at = flow.last_at.max(packet.at);
        if let Some(time) = self.not_before.get_mut(slot as usize) {
            *time = flow.last_at.0.saturating_add(self.limits.shortest_ns());
        }
        flow.packets[direction.index()] += 1;
        flow.bytes[direction.index()] += packet.frame.len() as u64;
        Some((FlowId(slot), direction))
    }
    fn end(&mut self, slot: u32, ended: &mut Vec<Flow<S>>) {
        let Some(flow) = self.slots.take(slot as usize) else { return };
        self.index.remove(&flow.key);
        if let Some(time) = self.not_before.get_mut(slot as usize) {
            *time = i64::MAX;
        }
        self.free.push(slot);
        ended.push(flow);
    }
    /// Full: the flow among the next few that was silent longest goes, unanswered ones first.
    fn evict(&mut self, now: Timestamp, ended: &mut Vec<Flow<S>>) {
        let mut victim = None;
        for _ in 0..FLOW_VICTIMS.min(self.slots.len()) {
            self.hand = (self.hand + 1) % self.slots.len().max(1);
            let Some(flow) = self.slots.get(self.hand) else { continue };
            let rank = (flow.state() != FlowState::Established, now.since_ns(flow.last_at));
            if victim.is_none_or(|(best, _)| rank > best) {
                victim = Some((rank, self.hand as u32));
            }
        }
        if let Some((_, slot)) = victim {
            self.end(slot, ended);
        }
    }
}

/// Same address and port on both ends: only ICMP messages tell the direction.
fn loopback_direction(packet: &Packet<'_>) -> Direction {
    match packet.transport {
        Transport::Icmp { kind: 0 | 129, .. } => Direction::ToClient,
        _ => Direction::ToServer,
    }
}

fn key_of(packet: &Packet<'_>) -> Option<(FlowKey, Endpoint, Endpoint)> {
    let ip = packet.ip.as_ref()?;
    // Other protocols have no connections: each of their packets stands for itself.
    if ip.fragment.is_some() || !FLOW_PROTOCOLS.contains(&ip.protocol) {
        return None;
    }
    let (source_port, destination_port) = match packet.transport {
        Transport::Icmp { identifier, kind: 0 | 8 | 128 | 129, .. } => (identifier, identifier),
        other => other.ports(),
    };
    let source = Endpoint { ip: ip.source, port: source_port };
    let destination = Endpoint { ip: ip.destination, port: destination_port };
    let (low, high) = if (source.ip, source.port) <= (destination.ip, destination.port) {
        (source, destination)
    } else {
        (destination, source)
    };
    let protocol = if ip.protocol == protocol::ICMPV6 { protocol::ICMPV6 } else { ip.protocol };
    Some((FlowKey { low, high, protocol, vlans: packet.vlans, depth: packet.depth }, source, destination))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{LinkType, decode};

    fn udp(source: u8, destination: u8, port: u16) -> Vec<u8> {
        let mut bytes =
            vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, source, 192, 0, 2, destination];
        bytes.extend_from_slice(&port.to_be_bytes());
        bytes.extend_from_slice(&port.to_be_bytes());
        bytes.extend_from_slice(&[0, 8, 0, 0]);
        bytes
    }
    fn place(table: &mut FlowTable<()>, at: i64, bytes: &[u8]) -> (FlowId, Direction, usize) {
        let mut ended = Vec::new();
        let packet = decode(LinkType::Ip, Timestamp(at), bytes);
        let (id, direction) = table.place(&packet, &mut ended).unwrap();
        table.sweep(Timestamp(at), &mut ended);
        (id, direction, ended.len())
    }

    #[test]
    fn both_directions_are_one_flow_until_the_time_out() {
        let mut table = FlowTable::new(FlowLimits::default());
        let (id, direction, _) = place(&mut table, 0, &udp(1, 2, 9));
        assert_eq!(direction, Direction::ToServer);
        assert_eq!(place(&mut table, 1, &udp(2, 1, 9)), (id, Direction::ToClient, 0));
        let late = 400 * SECOND_NS;
        let (_, direction, ended) = place(&mut table, late, &udp(2, 1, 9));
        assert_eq!((direction, ended, table.len()), (Direction::ToServer, 1, 1));
    }

    #[test]
    fn flows_are_drained_in_the_order_of_their_numbers_and_slots_used_again() {
        let mut table = FlowTable::new(FlowLimits::default());
        let late = 400 * SECOND_NS;
        for round in 0..3 {
            (0..200).for_each(|port| {
                place(&mut table, round * late, &udp(1, 2, port));
            });
        }
        assert_eq!((table.len(), table.slots.len()), (200, 200));
        let numbers: Vec<u64> = table.drain().map(|flow| flow.number).collect();
        assert_eq!(numbers, (401..=600).collect::<Vec<u64>>());
        assert!(table.is_empty() && table.slots.len() == 0);
        assert_eq!(place(&mut table, 3 * late, &udp(1, 2, 9)).2, 0);
    }

    #[test]
    fn a_flood_of_flows_keeps_the_bound() {
        let mut table = FlowTable::new(FlowLimits { flows: 100, ..FlowLimits::default() });
        let mut ended = 0;
        for i in 0..10_000u32 {
            ended += place(&mut table, i64::from(i), &udp(1, 2, i as u16)).2;
        }
        assert_eq!((table.len(), ended), (100, 9_900));
    }
}
