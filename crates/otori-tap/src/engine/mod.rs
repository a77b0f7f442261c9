//! Joins wire and rules: a packet goes in, a decision comes out, with lines for the log and verdicts beside it.
//!
//! Key types: [`Engine`], [`Decision`], [`Settings`]. Neighbours: `flow` (one packet of one flow), `verdict`,
//! `stats`. No I/O and no clock here: the caller brings packets with their time and takes lines away.
mod asked;
mod bypass;
mod crew;
mod elephant;
mod expected;
mod flow;
mod lane;
mod naming;
mod outcome;
mod pieces;
mod policing;
mod settings;
mod stats;
mod tagged;
mod telling;
mod told;
mod verdict;
mod watching;
mod workers;

#[cfg(test)]
mod tests;

pub use crew::Crew;
pub use elephant::RateLimit;
pub use flow::Facts;
pub use settings::{Detail, Exception, Forwarded, Settings};
pub use workers::{Spread, Workers};

use crate::{
    device::Devices,
    eve::{Eve, Place},
    policy::PolicyBook,
    reject::Sinkhole,
};
use lane::Lane;
use otori_event::{Endpoint, RuleChange, Timestamp, Verdict};
use otori_rule::{
    Globals, LoadReport, RuleError, RuleSet, Tables, Variables,
    list::Lists,
    selection::{Selected, Selection},
    set::Scratch,
};
use otori_wire::{LinkType, Packet, TunnelKind, transaction::Spare};
use stats::Stats;
use std::{collections::HashSet, sync::Arc};

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
    /// a question of DNS that goes nowhere and is answered with [`Settings::sinkhole`]
    Sinkhole,
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

/// Rules of a file that have changed: all that have one generator and sid.
#[derive(Clone, Debug)]
pub struct FileChange {
    /// the file, for errors
    pub file: String,
    /// generator and sid
    pub key: (u32, u32),
    /// the rules that are there now, perhaps none
    pub rules: Vec<Selected>,
}

/// Wire and rules together.
pub struct Engine {
    rules: RuleSet,
    live: HashSet<u32>,
    lane: Lane,
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
    pieces: pieces::Pieces,
    /// buffers for what waits in a flow, used again
    #[allow(clippy::vec_box, reason = "they move between this list and flows as they are")]
    idle: Vec<Box<pieces::Pieces>>,
    expected: expected::Expected,
    /// transactions to be used again, lent to the flow that is looked at
    spare: Option<Box<Spare>>,
    /// packets around the one that is looked at, outermost first
    carriers: Vec<Carrier>,
    /// whose flows they are, if anybody wants to know
    devices: Option<Devices>,
    /// hosts whose packets are logged
    tagged: tagged::TaggedHosts,
    /// what devices conclude from what matched
    late: Vec<outcome::Found>,
    /// what devices may do, if anybody says so
    policing: Option<Box<policing::Police>>,
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
        let mut rules = RuleSet::new(variables);
        rules.set_order(settings.order);
        let lane = Lane::new(Arc::new(settings), Globals::default(), (0, 1));
        Engine { rules, live: HashSet::new(), lane }
    }
    /// Takes a file of rules.
    pub fn load(&mut self, file: &str, text: &str) -> LoadReport {
        self.rules.load(file, text)
    }
    /// Takes the rules of a file that are selected, as they are selected.
    pub fn load_selected(&mut self, file: &str, text: &str, selection: &Selection) -> LoadReport {
        self.rules.load_selected(file, text, selection)
    }
    /// Puts rules of a file in place of those with the same generator and sid, between two packets; what is refused is told.
    pub fn replace(&mut self, change: &FileChange) -> Vec<RuleError> {
        self.rules.replace(change.key, &change.file, &change.rules)
    }
    /// Forgets flows, counters and what was logged, but no rule, list or setting: the next packet is the first one.
    /// Devices and policies have to be set again.
    pub fn forget_packets(&mut self) {
        let mut globals = Globals::default();
        globals.suppressions = core::mem::take(&mut self.lane.work.globals.suppressions);
        self.lane = Lane::new(self.lane.settings.clone(), globals, (0, 1));
    }
    /// What rules share while they are read: how files are got, features.
    pub const fn tables(&mut self) -> &mut Tables {
        self.rules.tables()
    }
    /// Lists of hosts and URLs, to load and change them.
    pub const fn lists(&mut self) -> &mut Lists {
        self.rules.lists_mut()
    }
    /// Tells devices apart from now on, and writes whose flow it is.
    pub fn set_devices(&mut self, devices: Devices) {
        self.lane.work.devices = Some(devices);
    }
    /// Takes a threshold file; lines that cannot be read are told.
    pub fn load_thresholds(&mut self, file: &str, text: &str) -> Vec<RuleError> {
        self.lane.work.globals.suppressions.load(file, text, self.rules.variables())
    }
    /// Enforces what devices may do from now on.
    pub fn set_policies(&mut self, book: PolicyBook) {
        self.lane.work.policing = Some(Box::new(policing::Police::new(book)));
    }
    /// What questions of DNS are answered with, if a list or a policy says so.
    pub fn sinkhole(&self) -> Option<Sinkhole> {
        self.lane.settings.sinkhole
    }
    /// Rules that are enforced.
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }
    /// Changes the rules between two packets.
    pub fn apply(&mut self, change: RuleChange) -> Result<Changed, Box<RuleError>> {
        apply(&mut self.rules, &mut self.live, change)
    }
    /// Looks at a packet, and at those inside it. `number` is its place in a capture file from 1, or 0.
    pub fn packet(&mut self, at: Timestamp, link: LinkType, frame: &[u8], number: u64) -> Decision {
        self.lane.packet(&self.rules, (at, link, frame), number)
    }
    /// The end: every flow is closed and written down, then the counters.
    pub fn finish(&mut self) {
        self.lane.finish(&self.rules);
        self.lane.work.write_devices(self.lane.now);
        self.write_stats(self.lane.now);
    }
    /// Writes the counters down.
    pub fn write_stats(&mut self, at: Timestamp) {
        let stats = self.stats();
        self.lane.work.eve.stats(at, stats);
    }
    /// Lines of the event log since the last call.
    pub fn take_lines(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.lane.work.eve.lines)
    }
    /// Verdicts since the last call.
    pub fn take_verdicts(&mut self) -> Vec<Verdict> {
        core::mem::take(&mut self.lane.work.verdicts)
    }
    /// Counters as EVE has them.
    pub fn stats(&self) -> serde_json::Value {
        self.lane.work.stats.json(self.lane.flows.opened(), self.lane.flows.len(), self.rules.len())
    }
    /// Time of the latest packet.
    pub const fn now(&self) -> Timestamp {
        self.lane.now
    }
    /// Flows ever opened.
    pub const fn flows_opened(&self) -> u64 {
        self.lane.flows.opened()
    }
    /// Packets seen and packets dropped.
    pub const fn counts(&self) -> (u64, u64) {
        (self.lane.work.stats.packets, self.lane.work.stats.dropped)
    }
}

/// Changes rules, and notes which came while packets flow.
fn apply(
    rules: &mut RuleSet,
    live: &mut HashSet<u32>,
    change: RuleChange,
) -> Result<Changed, Box<RuleError>> {
    match change {
        // A server that comes back tells all its rules again.
        RuleChange::Add { rule } if live.contains(&rule.sid) && rules.has(rule.sid, &rule.text) => {
            Ok(Changed::Nothing)
        }
        RuleChange::Add { rule } => {
            let sid = rules.add(&rule.text, Some(rule.made_at))?;
            live.insert(sid);
            Ok(Changed::Added(sid))
        }
        RuleChange::Remove { sid, .. } => {
            live.remove(&sid);
            let removed = rules.remove(sid);
            Ok(Changed::Removed(removed.then_some(sid).into_iter().collect()))
        }
        RuleChange::Keep { sids } => {
            let stay: HashSet<u32> = sids.into_iter().collect();
            let gone: Vec<u32> = live.difference(&stay).copied().collect();
            live.retain(|sid| stay.contains(sid));
            let removed = gone.into_iter().filter(|sid| rules.remove(*sid)).collect();
            Ok(Changed::Removed(removed))
        }
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
