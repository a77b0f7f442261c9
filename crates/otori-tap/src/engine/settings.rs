//! How an engine works.
//!
//! Key types: [`Settings`], [`Exception`]. Names and meaning are those of suricata.yaml where it has them.
use super::{Mode, elephant::RateLimit};
use crate::reject::Sinkhole;
use core::net::IpAddr;
use otori_rule::{address::AddressSet, set::ActionOrder};
use otori_wire::{
    Policy, Reassembly,
    flow::{FlowLimits, Midstream},
    proto::ProtocolId,
    transaction::Bodies,
};

/// What happens when the engine cannot see what it should (Suricata's exception policies).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exception {
    /// nothing
    #[default]
    Ignore,
    /// nothing, and the log says so
    Told,
    /// the flow is dropped
    DropFlow,
    /// the packet is dropped
    DropPacket,
    /// the flow is dropped and both ends are told
    Reject,
    /// the flow is not looked at
    PassFlow,
    /// the packet is not looked at
    PassPacket,
    /// the flow is not looked at and not logged
    Bypass,
}

impl Exception {
    /// By its name in suricata.yaml; `auto` drops in the way of packets and ignores beside it.
    pub fn by_name(name: &str, mode: Mode) -> Option<Exception> {
        Some(match name {
            "auto" if mode == Mode::Inline => Exception::DropFlow,
            "auto" => Exception::Ignore,
            "ignore" => Exception::Told,
            // Who is not in the way drops nothing.
            "drop-flow" | "drop-packet" | "reject" if mode == Mode::Observe => Exception::Ignore,
            "drop-flow" => Exception::DropFlow,
            "drop-packet" => Exception::DropPacket,
            "reject" => Exception::Reject,
            "pass-flow" => Exception::PassFlow,
            "pass-packet" => Exception::PassPacket,
            "bypass" => Exception::Bypass,
            _ => return None,
        })
    }
}

impl Exception {
    /// Its name in EVE, if it does anything.
    pub(super) const fn name(self) -> Option<&'static str> {
        Some(match self {
            Exception::Ignore => return None,
            Exception::Told => "ignore",
            Exception::DropFlow => "drop_flow",
            Exception::DropPacket => "drop_packet",
            Exception::Reject => "reject",
            Exception::PassFlow => "pass_flow",
            Exception::PassPacket => "pass_packet",
            Exception::Bypass => "bypass",
        })
    }
}

/// What alerts carry besides their facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// the packet, base64
    pub packet: bool,
    /// its payload, base64 and printable
    pub payload: bool,
    /// Ethernet addresses
    pub ethernet: bool,
    /// what a file's first bytes say it is
    pub magic: bool,
    /// MD5 of files
    pub md5: bool,
    /// SHA-1 of files
    pub sha1: bool,
    /// SHA-256 of files
    pub sha256: bool,
    /// references of the rule
    pub references: bool,
    /// IPv6 addresses are written short
    pub short_addresses: bool,
    /// whom a proxy has asked for (`xff`)
    pub forwarded: Option<Forwarded>,
}

/// Where an alert shows for whom a proxy asks (`xff` of suricata.yaml).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forwarded {
    /// in place of the proxy's address (`mode: overwrite`), or beside it (`extra-data`)
    pub overwrites: bool,
    /// the last address of the header counts (`deployment: reverse`), or the first one (`forward`)
    pub last: bool,
}

/// How an engine works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// the guard's name in verdicts
    pub name: String,
    /// whether drops are real
    pub mode: Mode,
    /// networks of the guarded devices
    pub home: AddressSet,
    /// how TCP streams are put in order
    pub reassembly: Reassembly,
    /// a TCP connection whose hand-shake was not seen
    pub midstream: Exception,
    /// on the way, segments that their receiver will not take are dropped
    pub drop_invalid: bool,
    /// packets with urgent bytes are dropped
    pub drop_urgent: bool,
    /// which hosts treat overlapping bytes how; the first that fits counts
    pub hosts: Vec<(AddressSet, Policy)>,
    /// order in which actions act
    pub order: ActionOrder,
    /// alerts written for one packet
    pub alerts_per_packet: usize,
    /// an alert about a packet tells of the only transaction that is open (`detect.guess-applayer-tx`)
    pub guess_transaction: bool,
    /// protocols that are named and not parsed
    pub named_only: Vec<ProtocolId>,
    /// bytes that are kept of bodies of HTTP
    pub bodies: Bodies,
    /// the flow table
    pub flows: FlowLimits,
    /// a flow of so many bytes that is encrypted, or of an unknown protocol, is only counted from then on
    pub bypass_bytes: Option<u64>,
    /// how many bytes in how many seconds are very many (`flow.rate-tracking`)
    pub elephant: Option<RateLimit>,
    /// an encrypted flow is only counted once its hand-shake was read (`encryption-handling: bypass`)
    pub bypass_encrypted: bool,
    /// rules look at the bytes of TLS and SSH behind the hand-shake too (`encryption-handling: full`)
    pub inspect_encrypted: bool,
    /// a flow is only counted once one direction is longer than what is put in order (`stream.bypass`)
    pub bypass_deep: bool,
    /// questions of DNS are answered so where a list or a policy says it
    pub sinkhole: Option<Sinkhole>,
    /// event lines are made
    pub eve: bool,
    /// lines of one kind of anomaly in a second; `None`: all
    pub anomaly_lines: Option<u32>,
    /// what alerts carry
    pub detail: Detail,
    /// name of the capture file, if lines say it
    pub capture: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            name: String::new(),
            mode: Mode::Observe,
            home: AddressSet::default(),
            reassembly: Reassembly { midstream: Midstream::Allow, ..Reassembly::default() },
            midstream: Exception::Ignore,
            drop_invalid: false,
            drop_urgent: false,
            hosts: Vec::new(),
            order: ActionOrder::default(),
            alerts_per_packet: 15,
            guess_transaction: false,
            named_only: Vec::new(),
            bodies: Bodies::default(),
            flows: FlowLimits::default(),
            bypass_bytes: None,
            elephant: None,
            bypass_encrypted: false,
            inspect_encrypted: false,
            bypass_deep: false,
            sinkhole: None,
            eve: true,
            anomaly_lines: None,
            detail: Detail::default(),
            capture: None,
        }
    }
}

impl Settings {
    /// How that host treats overlapping bytes.
    pub fn policy(&self, host: IpAddr) -> Policy {
        let found = self.hosts.iter().find(|(set, _)| set.has(host));
        found.map_or(Policy::default(), |(_, policy)| *policy)
    }
}
