//! One compiled rule.
//!
//! Key type: [`Rule`]; its conditions on bytes are [`Group`]s of [`crate::step::Step`]s.
use crate::{
    address::AddressSet, classification::Meaning, country::Country, parse::option_values, port::PortSet,
    reputation::Reputed, step::Step, transform::Transform,
};
use otori_event::Timestamp;
use otori_wire::{FieldId, Progress, flow::Direction, proto::ProtocolId};
use std::sync::Arc;

/// What a match does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// let through and look no further
    Pass,
    /// drop
    Drop,
    /// drop and tell
    Reject,
    /// write down
    Alert,
}

/// Protocol of a rule's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleProtocol {
    /// `ip`, `pkthdr`: everything
    Any,
    /// IPv4 or IPv6 only
    IpVersion(u8),
    /// `tcp`
    Tcp,
    /// `tcp-pkt`: packets, not the stream
    TcpPacket,
    /// `tcp-stream`: the stream, not packets
    TcpStream,
    /// one IP protocol number
    Number(u8),
    /// `arp`: frames of that type, which carry no IP
    Frame(u16),
    /// an application protocol
    Application(ProtocolId),
}

/// The `flow` keyword.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowOptions {
    /// only that direction
    pub direction: Option<Direction>,
    /// the hand-shake is done, or must not be
    pub established: Option<bool>,
    /// only reassembled streams, or none
    pub stream: Option<bool>,
    /// only packets joined from fragments, or none of them
    pub fragment: Option<bool>,
    /// whether there is a flow, and in which state, does not matter
    pub stateless: bool,
}

/// What a group of steps looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// the packet's payload, or the stream
    Payload,
    /// a header of the packet
    Header(HeaderPart),
    /// any field of these; several when a keyword means one per direction or protocol
    Fields(Vec<FieldId>),
}

/// A header, or an address in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderPart {
    /// link layer
    Link,
    /// IPv4, options included
    Ipv4,
    /// IGMP
    Igmp,
    /// IPv6, extension headers included
    Ipv6,
    /// TCP, options included
    Tcp,
    /// UDP
    Udp,
    /// ICMP, its first bytes
    Icmp4,
    /// ICMPv6, its first bytes
    Icmp6,
    /// the sender's address
    Source,
    /// the receiver's address
    Destination,
}

/// Which of several fields of one name must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pick {
    /// one of them
    #[default]
    Any,
    /// each of them, and there is one
    All,
    /// the one of that place; negative places count from the end
    At(i32),
    /// one of them, or there is none
    AnyOrNone,
    /// each of them, and there may be none
    AllOrNone,
    /// of so many of them
    Times(Compare),
}

/// Steps on one buffer.
#[derive(Clone, Debug)]
pub struct Group {
    /// the buffer
    pub target: Target,
    /// keyword, for reports
    pub keyword: &'static str,
    /// changes made to the buffer first
    pub transforms: Vec<Transform>,
    /// which of several
    pub pick: Pick,
    /// all of them must hold, in order
    pub steps: Vec<Step>,
}

/// A comparison of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// equal
    Equal(u64),
    /// not equal
    NotEqual(u64),
    /// less
    Less(u64),
    /// greater
    Greater(u64),
    /// less or equal
    AtMost(u64),
    /// greater or equal
    AtLeast(u64),
    /// strictly between
    Between(u64, u64),
    /// outside that range
    NotBetween(u64, u64),
    /// these bits are set, and those are not
    Bits(u64, u64),
    /// that does not hold
    NotBits(u64, u64),
    /// one of these bits is set
    AnyBit(u64),
}

impl Compare {
    /// Whether `value` fits.
    pub const fn holds(self, value: u64) -> bool {
        match self {
            Compare::Equal(n) => value == n,
            Compare::NotEqual(n) => value != n,
            Compare::Less(n) => value < n,
            Compare::Greater(n) => value > n,
            Compare::AtMost(n) => value <= n,
            Compare::AtLeast(n) => value >= n,
            Compare::Between(low, high) => value > low && value < high,
            Compare::NotBetween(low, high) => value <= low || value >= high,
            Compare::Bits(set, clear) => value & set == set && value & clear == 0,
            Compare::NotBits(set, clear) => value & set != set || value & clear != 0,
            Compare::AnyBit(bits) => value & bits != 0,
        }
    }
    /// Reads `5`, `<5`, `>=5`, `!5`, `2<>9`, `2-9`.
    pub fn parse(text: &str) -> Result<Compare, String> {
        let text = text.trim();
        let number = |text: &str| {
            let text = text.trim();
            let value = match text.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).ok(),
                None => with_unit(text),
            };
            value.ok_or_else(|| format!("{text:?} is not a number"))
        };
        if let Some((low, high)) = text.split_once("<>").or_else(|| text.split_once('-')) {
            let (negated, low) = match low.strip_prefix('!') {
                Some(low) => (true, low),
                None => (false, low),
            };
            let (low, high) = (number(low)?, number(high)?);
            return match (low < high, negated) {
                (true, false) => Ok(Compare::Between(low, high)),
                (true, true) => Ok(Compare::NotBetween(low, high)),
                (false, _) => Err("the range is empty".into()),
            };
        }
        if let Some(bits) = text.strip_prefix('&') {
            return match bits.split_once('=') {
                Some((mask, value)) => {
                    let (negated, mask) = match mask.trim().strip_suffix('!') {
                        Some(mask) => (true, mask),
                        None => (false, mask),
                    };
                    let (mask, value) = (number(mask)?, number(value)?);
                    Ok(match negated {
                        true => Compare::NotBits(value, mask & !value),
                        false => Compare::Bits(value, mask & !value),
                    })
                }
                None => Ok(Compare::Bits(number(bits)?, 0)),
            };
        }
        type Form = (&'static str, fn(u64) -> Compare);
        let forms: [Form; 6] = [
            ("<=", Compare::AtMost),
            (">=", Compare::AtLeast),
            ("!", Compare::NotEqual),
            ("<", Compare::Less),
            (">", Compare::Greater),
            ("=", Compare::Equal),
        ];
        for (sign, form) in forms {
            if let Some(rest) = text.strip_prefix(sign) {
                return number(rest.trim_start_matches('=')).map(form);
            }
        }
        number(text).map(Compare::Equal)
    }
}

/// `5`, `5kb`, `1 MiB`.
fn with_unit(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.get(digits.len()..)?.to_ascii_lowercase().as_str() {
        "" => 1,
        "kb" | "kib" => 1 << 10,
        "mb" | "mib" => 1 << 20,
        "gb" | "gib" => 1 << 30,
        _ => return None,
    };
    digits.trim_end().parse::<u64>().ok()?.checked_mul(factor)
}

/// A condition on the packet's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// bytes of payload
    PayloadSize(Compare),
    /// ICMP type
    IcmpType(Compare),
    /// ICMP code
    IcmpCode(Compare),
    /// ICMP identifier
    IcmpId(u16),
    /// ICMP sequence
    IcmpSequence(u16),
    /// TCP flags: bits that must be, bits that are ignored, how
    TcpFlags {
        /// bits
        bits: u8,
        /// bits that do not count
        ignored: u8,
        /// comparison
        how: FlagTest,
    },
    /// TCP sequence number
    TcpSequence(Compare),
    /// TCP acknowledgement number
    TcpAcknowledgement(Compare),
    /// TCP window
    TcpWindow(Compare),
    /// IP time to live
    Ttl(Compare),
    /// IP identification
    IpId(u32),
    /// IP protocol
    IpProtocol(Compare),
    /// differentiated services field
    Tos(Compare),
    /// IPv4 options that must be there, as bits of their numbers; none: any
    IpOptions(u32),
    /// fragment offset in units of 8 bytes
    FragmentOffset(Compare),
    /// IPv4 flag bits, compared like TCP flags
    FragmentBits(u8, FlagTest),
    /// maximum segment size that TCP offers
    SegmentSize(Compare),
    /// window scale that TCP offers
    WindowScale(Compare),
    /// the largest packet that ICMPv6 says to be possible
    Mtu(Compare),
    /// IGMP type
    IgmpType(Compare),
    /// a call of ONC RPC: program, version, procedure
    RemoteCall([Option<u32>; 3]),
    /// the flow's application protocol, by name; or not that one
    Application(&'static str, bool),
    /// the first packet of a flow
    FlowStart,
    /// an event of the stream
    StreamEvent(String),
    /// an event of the application layer that belongs to no transaction
    FlowEvent(String),
    /// source and destination are the same
    SameIp,
    /// VLAN identifiers
    Vlan(Pick, Compare),
    /// number of VLAN layers
    VlanLayers(Compare),
    /// anomaly of the decoder
    DecodeEvent(String),
    /// bytes seen so far of the stream: both, server, client
    StreamSize(StreamSide, Compare),
    /// packets of the flow per direction; without one, of both together
    FlowPackets(Option<Which>, Compare),
    /// bytes of the flow per direction; without one, of both together
    FlowBytes(Option<Which>, Compare),
    /// seconds since the flow's first packet
    FlowAge(Compare),
    /// what is thought of the addresses
    Reputed(Reputed),
    /// their countries
    Country(Country),
    /// one direction carries very many bytes, or both do, or one of the two
    Elephant(Which),
}

impl Check {
    /// Addresses alone decide it.
    pub(crate) const fn is_about_addresses(&self) -> bool {
        matches!(self, Check::Reputed(_) | Check::Country(_))
    }
    /// It can be asked while a stream is looked at as well as of a packet.
    pub(crate) const fn goes_with_streams(&self) -> bool {
        matches!(
            self,
            Check::StreamSize(..)
                | Check::Application(..)
                | Check::FlowPackets(..)
                | Check::FlowBytes(..)
                | Check::FlowAge(_)
                | Check::Reputed(_)
                | Check::Country(_)
                | Check::Elephant(_)
        )
    }
}

/// Which directions of a flow are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// that one
    One(Direction),
    /// one of them
    Either,
    /// each
    Both,
}

/// How TCP flags are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagTest {
    /// exactly these
    Exactly,
    /// these and perhaps more
    All,
    /// one of these
    Any,
    /// none of these
    NotAll,
}

impl FlagTest {
    /// Whether `flags` compare with `bits`.
    pub const fn holds(self, flags: u8, bits: u8) -> bool {
        match self {
            FlagTest::Exactly => flags == bits,
            FlagTest::All => flags & bits == bits,
            FlagTest::Any => flags & bits != 0,
            FlagTest::NotAll => flags & bits != bits,
        }
    }
}

/// Whose bytes `stream_size` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamSide {
    /// from the client
    Client,
    /// from the server
    Server,
    /// each of them
    Both,
    /// one of them
    Either,
}

/// Whom a bit or a counter belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Track {
    /// the sender
    Source,
    /// the receiver
    Destination,
    /// both together
    Pair,
    /// the rule alone
    Rule,
    /// the flow
    Flow,
    /// the transaction
    Transaction,
}

/// A condition on, or change of, what was remembered.
#[derive(Clone, Debug)]
pub enum Memory {
    /// one of these bits is set on the flow
    BitIsSet(Vec<u32>),
    /// none of them is
    BitIsNotSet(Vec<u32>),
    /// sets it
    BitSet(u32),
    /// clears it
    BitUnset(u32),
    /// flips it
    BitToggle(u32),
    /// a number of the flow
    Number(u32, NumberTest),
    /// compares with another number of the flow
    NumberIs(u32, fn(u64) -> Compare, u32),
    /// is changed by another number of the flow
    NumberBy(u32, fn(u64, u64) -> u64, u32),
    /// the same on hosts and pairs
    HostIsSet(u32, Track),
    /// is not set
    HostIsNotSet(u32, Track),
    /// sets it, for so many seconds
    HostSet(u32, Track, u32),
    /// clears it
    HostUnset(u32, Track),
    /// sets it for so many seconds, or clears it when it is set
    HostToggle(u32, Track, u32),
}

/// A condition on, or change of, a flow's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberTest {
    /// it was given a value
    IsSet,
    /// it was not
    IsNotSet,
    /// compares
    Is(Compare),
    /// adds
    Add(u64),
    /// subtracts
    Subtract(u64),
    /// sets
    Set(u64),
}

impl Memory {
    /// It belongs to a transaction.
    pub const fn is_of_transaction(&self) -> bool {
        matches!(
            self,
            Memory::HostIsSet(_, Track::Transaction)
                | Memory::HostIsNotSet(_, Track::Transaction)
                | Memory::HostSet(_, Track::Transaction, _)
                | Memory::HostUnset(_, Track::Transaction)
                | Memory::HostToggle(_, Track::Transaction, _)
        )
    }
    /// It must hold before the rule matches; otherwise it is done because the rule matched.
    pub const fn is_condition(&self) -> bool {
        matches!(
            self,
            Memory::BitIsSet(_)
                | Memory::BitIsNotSet(_)
                | Memory::HostIsSet(..)
                | Memory::HostIsNotSet(..)
                | Memory::NumberIs(..)
                | Memory::Number(_, NumberTest::IsSet | NumberTest::IsNotSet | NumberTest::Is(_))
        )
    }
}

/// Packets that are logged behind an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// whose
    pub scope: TagScope,
    /// how many
    pub limit: TagLimit,
}

/// Whose packets a tag means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagScope {
    /// those of the flow
    Flow,
    /// those that the sender of the packet sends
    Source,
    /// those from and to its receiver
    Destination,
}

/// Until when; the packet with the alert counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagLimit {
    /// as long as the flow lives
    None,
    /// so many packets
    Packets(u32),
    /// so many bytes of frames
    Bytes(u32),
    /// for so long
    Seconds(u32),
}

/// `threshold`, `detection_filter` and the lines of a threshold file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// how
    pub kind: ThresholdKind,
    /// counted apart for
    pub track: Track,
    /// so many
    pub count: u32,
    /// in so many seconds
    pub seconds: u32,
    /// only the first packet of each such port counts
    pub unique: Option<Unique>,
}

/// What makes matches different for `unique_on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// the sender's port
    SourcePort,
    /// the receiver's port
    DestinationPort,
}

/// Kinds of threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThresholdKind {
    /// at most `count` alerts in the time
    Limit,
    /// an alert for every `count`-th match
    Every,
    /// one alert per time, once `count` is reached
    Both,
    /// no alert up to `count`, all beyond
    Filter,
    /// an alert at `count`, then at that number times `multiplier`, and so on
    Backoff {
        /// at least 2
        multiplier: u32,
    },
    /// beyond `count`, the rule does something else for so many seconds
    Rate {
        /// what
        action: Action,
        /// how long
        timeout_seconds: u32,
    },
}

/// What a match does to more than its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// the packet alone
    Packet,
    /// the whole flow
    Flow,
}

/// Lines of the log that a match of a `config` rule keeps back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quiet {
    /// the transaction
    Transaction,
    /// all transactions of the flow
    Transactions,
    /// the flow
    Flow,
}

/// When the rule is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// addresses alone decide: once per flow and direction
    Address,
    /// every packet
    Packet,
    /// the stream
    Stream,
    /// transactions of an application protocol
    Transaction,
}

/// One compiled rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// what a match does
    pub action: Action,
    /// protocol of the header
    pub protocol: RuleProtocol,
    /// senders
    pub source: AddressSet,
    /// their ports
    pub source_ports: PortSet,
    /// receivers
    pub destination: AddressSet,
    /// their ports
    pub destination_ports: PortSet,
    /// `<>`
    pub both_ways: bool,
    /// signature id
    pub sid: u32,
    /// generator id
    pub gid: u32,
    /// revision
    pub revision: u32,
    /// message
    pub message: String,
    /// short name of its class
    pub class: String,
    /// what a file says of the class
    pub class_meaning: Option<Arc<Meaning>>,
    /// 1 is most severe
    pub priority: Option<u8>,
    /// metadata, key and value, of a rule that was not read; what was read has its metadata in its text
    pub metadata: Vec<(String, String)>,
    /// `flow`
    pub flow: FlowOptions,
    /// conditions on headers
    pub checks: Vec<Check>,
    /// conditions on bytes
    pub groups: Vec<Group>,
    /// conditions on memory, and changes
    pub memory: Vec<Memory>,
    /// names of `app-layer-event`
    pub application_events: Vec<String>,
    /// threshold
    pub threshold: Option<Threshold>,
    /// no alert is written
    pub silent: bool,
    /// an alert is written although the rule passes
    pub outspoken: bool,
    /// the flow is left alone after a match
    pub bypass: bool,
    /// what is not logged because of a match (`config`)
    pub quiet: Option<Quiet>,
    /// packets behind its alerts that are logged
    pub tags: Vec<Tag>,
    /// a question of DNS that it rejects is answered with addresses of the guard's own
    pub sinkhole: bool,
    /// files that it matches are worth keeping
    pub stores_files: bool,
    /// one rule about both directions of a transaction (`=>`)
    pub transactional: bool,
    /// all its buffers are there in both directions, and it says none: it may match once in each
    pub each_way: bool,
    /// all its buffers are there in that direction only: it matches there
    pub way: Option<Direction>,
    /// how far a transaction must have come, per direction
    pub hook: Option<(Direction, Progress)>,
    /// place of the content that the prefilter searches: group, step
    pub fast: Option<(usize, usize)>,
    /// when it is looked at
    pub stage: Stage,
    /// also looked at in single packets (`depth` and `offset` in TCP)
    pub also_packets: bool,
    /// when the loop made it, for live rules
    pub made_at: Option<Timestamp>,
    /// the line it was read from
    pub text: String,
}

impl Rule {
    /// References, `kind,value`; read from the rule's text when an alert wants them.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        option_values(&self.text, "reference")
    }
    /// Metadata, key and value; the same.
    pub fn all_metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        let made = self.metadata.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let entries = option_values(&self.text, "metadata").flat_map(|value| value.split(','));
        let read = entries.map(str::trim).filter(|entry| !entry.is_empty()).map(|entry| {
            let (key, value) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
            (key, value.trim())
        });
        made.chain(read)
    }
    /// Order among rules that match together: those that set bits, then priority. The action comes first, in an
    /// order that the user may choose.
    pub fn rank(&self) -> (u8, u8) {
        let sets = self.memory.iter().any(|memory| !memory.is_condition());
        let asks = self.memory.iter().any(Memory::is_condition);
        let memory = match (sets, asks) {
            (true, false) => 0,
            (true, true) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        let of_class = self.class_meaning.as_ref().map(|meaning| meaning.severity);
        (memory, self.priority.or(of_class).unwrap_or(3))
    }
    /// What a match does: rules on packets concern the packet, all others the flow.
    pub fn scope(&self, in_stream: bool) -> Scope {
        match self.stage {
            Stage::Address | Stage::Transaction => Scope::Flow,
            Stage::Stream if in_stream => Scope::Flow,
            Stage::Packet if self.is_about_application() => Scope::Flow,
            // Who lets a service pass lets its answers pass.
            Stage::Packet if self.action == Action::Pass && self.is_bare() => Scope::Flow,
            Stage::Packet | Stage::Stream => Scope::Packet,
        }
    }
    /// Only addresses, ports and the transport are asked for.
    fn is_bare(&self) -> bool {
        let transport = matches!(self.protocol, RuleProtocol::Tcp | RuleProtocol::Number(_));
        transport
            && self.groups.is_empty()
            && self.checks.is_empty()
            && self.memory.is_empty()
            && self.flow == FlowOptions::default()
    }
    /// Nothing but the application protocol is asked for.
    pub fn is_about_application(&self) -> bool {
        let header_says = matches!(self.protocol, RuleProtocol::Application(_));
        let checks_say = |check: &Check| matches!(check, Check::Application(..) | Check::FlowEvent(_));
        self.groups.is_empty()
            && self.checks.iter().all(checks_say)
            && (header_says || !self.checks.is_empty())
    }
    /// Whether a field of that direction is among its conditions; `None` without fields.
    pub fn field_direction(&self, of: impl Fn(FieldId) -> Option<Direction>) -> Option<Direction> {
        self.groups.iter().find_map(|group| match &group.target {
            Target::Fields(ids) if ids.len() == 1 => ids.first().and_then(|id| of(*id)),
            _ => None,
        })
    }
}
