//! Joins wire and rules: a packet goes in, a decision comes out, with lines for the log and verdicts beside it.
//!
//! Key types: [`Engine`], [`Decision`], [`Settings`]. Neighbours: `flow` (one packet of one flow), `verdict`,
//! `stats`. No I/O and no clock here: the caller brings packets with their time and takes lines away.
mod expected;
mod flow;
mod outcome;
mod settings;
mod stats;
mod verdict;

#[cfg(test)]
mod tests;

pub use flow::Facts;
pub use settings::{Detail, Exception, Settings};

use crate::eve::{Eve, Place};
use flow::{FlowExtra, Work};
use otori_event::{Endpoint, RuleChange, Timestamp, Verdict};
use otori_rule::{Globals, LoadReport, RuleError, RuleSet, Tables, Variables, list::Lists, set::Scratch};
use otori_wire::{
    Defragmenter, Flow, FlowTable, LinkType, Packet, TunnelKind, decode, decode_inner, limits::TUNNEL_DEPTH,
};
use stats::Stats;
use std::collections::HashSet;

/// Verdicts that wait for the caller; further ones are only counted.
pub const VERDICTS_WAITING: usize = 4096;

/// What happens to the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// goes on
    Pass,
    /// goes nowhere
    Drop,
    /// goes nowhere, and both ends are told
    Reject,
}

/// Whether drops are real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// a copy is looked at: `drop` rules only alert
    Observe,
    /// in the way of the packets
    Inline,
}

/// What a rule change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// enforced from the next packet on
    Added(u32),
    /// no longer enforced
    Removed(Vec<u32>),
    /// it was so already
    Nothing,
}

/// Wire and rules together.
pub struct Engine {
    settings: Settings,
    rules: RuleSet,
    live: HashSet<u32>,
    flows: FlowTable<FlowExtra>,
    #[allow(clippy::vec_box, reason = "flows stay where the table put them")]
    ended: Vec<Box<Flow<FlowExtra>>>,
    defragmenter: Defragmenter,
    now: Timestamp,
    work: WorkState,
}

/// What outlives a packet and is not a flow's.
pub(crate) struct WorkState {
    globals: Globals,
    scratch: Scratch,
    eve: Eve,
    verdicts: Vec<Verdict>,
    stats: Stats,
    /// bytes that wait in all connections
    kept: usize,
    pieces: flow::Pieces,
    expected: expected::Expected,
    /// packets around the one that is looked at, outermost first
    carriers: Vec<Carrier>,
}

/// A packet that carries another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carrier {
    pub(crate) kind: TunnelKind,
    pub(crate) source: Endpoint,
    pub(crate) destination: Endpoint,
    pub(crate) protocol: u8,
    /// TEID, VNI, GRE key
    pub(crate) id: Option<u32>,
}

impl Engine {
    /// An engine without rules; headers of rules use these variables.
    pub fn new(settings: Settings, variables: Variables) -> Engine {
        let work = WorkState {
            globals: Globals::default(),
            scratch: Scratch::default(),
            eve: Eve::new(settings.eve, settings.detail.short_addresses, settings.capture.clone()),
            verdicts: Vec::new(),
            stats: Stats::default(),
            kept: 0,
            pieces: flow::Pieces::default(),
            expected: expected::Expected::default(),
            carriers: Vec::new(),
        };
        let mut rules = RuleSet::new(variables);
        rules.set_order(settings.order);
        Engine {
            rules,
            live: HashSet::new(),
            flows: FlowTable::new(settings.flows),
            ended: Vec::new(),
            defragmenter: Defragmenter::new(),
            now: Timestamp(0),
            settings,
            work,
        }
    }
    /// Takes a file of rules.
    pub fn load(&mut self, file: &str, text: &str) -> LoadReport {
        self.rules.load(file, text)
    }
    /// What rules share while they are read: how files are got, features.
    pub const fn tables(&mut self) -> &mut Tables {
        self.rules.tables()
    }
    /// Lists of hosts and URLs, to load and change them.
    pub const fn lists(&mut self) -> &mut Lists {
        self.rules.lists_mut()
    }
    /// Takes a threshold file; lines that cannot be read are told.
    pub fn load_thresholds(&mut self, file: &str, text: &str) -> Vec<RuleError> {
        self.work.globals.suppressions.load(file, text, self.rules.variables())
    }
    /// Rules that are enforced.
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }
    /// Changes the rules between two packets.
    pub fn apply(&mut self, change: RuleChange) -> Result<Changed, Box<RuleError>> {
        match change {
            // A server that comes back tells all its rules again.
            RuleChange::Add { rule }
                if self.live.contains(&rule.sid) && self.rules.has(rule.sid, &rule.text) =>
            {
                Ok(Changed::Nothing)
            }
            RuleChange::Add { rule } => {
                let sid = self.rules.add(&rule.text, Some(rule.made_at))?;
                self.live.insert(sid);
                Ok(Changed::Added(sid))
            }
            RuleChange::Remove { sid, .. } => {
                self.live.remove(&sid);
                let removed = self.rules.remove(sid);
                Ok(Changed::Removed(removed.then_some(sid).into_iter().collect()))
            }
            RuleChange::Keep { sids } => {
                let stay: HashSet<u32> = sids.into_iter().collect();
                let gone: Vec<u32> = self.live.difference(&stay).copied().collect();
                self.live.retain(|sid| stay.contains(sid));
                let removed = gone.into_iter().filter(|sid| self.rules.remove(*sid)).collect();
                Ok(Changed::Removed(removed))
            }
        }
    }
    /// Looks at a packet, and at those inside it. `number` is its place in a capture file from 1, or 0.
    pub fn packet(&mut self, at: Timestamp, link: LinkType, frame: &[u8], number: u64) -> Decision {
        self.now = self.now.max(at);
        let mut packet = decode(link, at, frame);
        self.work.stats.count(&packet);
        self.work.carriers.clear();
        self.any_packet(&mut packet, number)
    }

    fn any_packet(&mut self, packet: &mut Packet<'_>, number: u64) -> Decision {
        let fragment = packet.ip.as_ref().filter(|ip| ip.fragment.is_some()).map(|ip| ip.destination);
        let Some(receiver) = fragment else { return self.inside_out(packet, number) };
        let policy = self.settings.policy(receiver);
        match self.defragmenter.push(packet, policy) {
            Some(body) => {
                let mut whole = packet.with_body(&body);
                whole.joined = true;
                self.inside_out(&whole, number)
            }
            // Pieces may go on: without the last one, which gets the decision, they are nothing.
            None => self.flowless(packet, number),
        }
    }

    /// The packet that this one carries first, then this one.
    fn inside_out(&mut self, packet: &Packet<'_>, number: u64) -> Decision {
        let mut decision = Decision::Pass;
        if let (Some(inner), Some((source, destination))) = (&packet.inner, packet.endpoints())
            && packet.depth < TUNNEL_DEPTH
        {
            let protocol = packet.ip.as_ref().map_or(0, |ip| ip.protocol);
            let carrier = Carrier { kind: inner.kind, source, destination, protocol, id: inner.id };
            self.work.carriers.push(carrier);
            self.work.stats.tunnels += 1;
            decision = self.any_packet(&mut decode_inner(packet, inner), number);
            self.work.carriers.pop();
        }
        decision.max(self.whole_packet(packet, number))
    }

    fn whole_packet(&mut self, packet: &Packet<'_>, number: u64) -> Decision {
        let mut ended = core::mem::take(&mut self.ended);
        let placed = self.flows.place(packet, &mut ended);
        self.flows.sweep(self.now, &mut ended);
        let mut work = Work { rules: &self.rules, settings: &self.settings, state: &mut self.work, number };
        let decision = match placed.and_then(|(id, way)| Some((self.flows.get_mut(id)?, way))) {
            Some((flow, direction)) => work.flow_packet(flow, direction, packet),
            None => work.lone_packet(packet),
        };
        for mut flow in ended.drain(..) {
            work.end_flow(&mut flow, "timeout");
        }
        self.ended = ended;
        if decision != Decision::Pass {
            self.work.stats.dropped += 1;
        }
        decision
    }
    fn flowless(&mut self, packet: &Packet<'_>, number: u64) -> Decision {
        let mut work = Work { rules: &self.rules, settings: &self.settings, state: &mut self.work, number };
        work.lone_packet(packet)
    }

    /// The end: every flow is closed and written down, then the counters.
    pub fn finish(&mut self) {
        for mut flow in self.flows.drain() {
            let mut work =
                Work { rules: &self.rules, settings: &self.settings, state: &mut self.work, number: 0 };
            work.end_flow(&mut flow, "shutdown");
        }
        let stats = self.stats();
        self.work.eve.stats(self.now, stats);
    }
    /// Lines of the event log since the last call.
    pub fn take_lines(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.work.eve.lines)
    }
    /// Verdicts since the last call.
    pub fn take_verdicts(&mut self) -> Vec<Verdict> {
        core::mem::take(&mut self.work.verdicts)
    }
    /// Counters as EVE has them.
    pub fn stats(&self) -> serde_json::Value {
        self.work.stats.json(self.flows.opened(), self.flows.len(), self.rules.len())
    }
    /// Packets seen and packets dropped.
    pub const fn counts(&self) -> (u64, u64) {
        (self.work.stats.packets, self.work.stats.dropped)
    }
}

/// Where a packet without a flow belongs in the log.
fn lone_place<'a, 'p>(packet: &'a Packet<'p>, number: u64) -> Place<'a, 'p> {
    let nobody = Endpoint { ip: core::net::IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED), port: 0 };
    let (source, destination) = packet.endpoints().unwrap_or((nobody, nobody));
    Place {
        at: packet.at,
        packet: Some((packet, number)),
        flow_number: 0,
        source,
        destination,
        protocol: packet.ip.as_ref().map_or(0, |ip| ip.protocol),
        vlans: packet.vlans.ids(),
        application: None,
        carrier: None,
    }
}
