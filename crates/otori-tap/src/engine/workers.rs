//! Several threads that each have some of the flows; rules are shared, and what rules remember across flows.
//!
//! Key types: [`Workers`], [`Spread`]. Packets between the same two addresses go to one worker, in their order, so that
//! both directions of a flow, fragments and announced connections stay together. Decisions are not given back: this is
//! for captures and mirrors; [`super::Crew`] is for packets that wait.
use super::{Changed, Decision, Engine, FileChange, Mode, apply, lane::Lane, told::Told};
use core::net::IpAddr;
use otori_event::{RuleChange, Timestamp, Verdict};
use otori_rule::{RuleError, RuleSet};
use otori_wire::{LinkType, decode, decode_inner, flow::FlowLimits, hash::Folding, limits::TUNNEL_DEPTH};
use std::{
    collections::HashSet,
    hash::BuildHasher,
    sync::{
        Arc, PoisonError, RwLock,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread::JoinHandle,
};

/// Packets that go to a worker together.
const BATCH_PACKETS: usize = 256;
/// Bytes of packets that go to a worker together.
const BATCH_BYTES: usize = 256 << 10;
/// Batches that wait for one worker; whoever brings more waits. Packets of one pair come in long runs: while one worker
/// has such a run, the others must find something behind it.
const BATCHES_WAITING: usize = 64;
/// Workers.
const WORKERS: usize = 64;
/// Groups of address pairs that are given to workers together.
const GROUPS: usize = 1 << 16;
const SECOND_NS: i64 = 1_000_000_000;
/// A group that nobody has.
const NOBODY: u8 = u8::MAX;

/// Which addresses decide about the worker of a packet that carries another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// those of the outermost packet: a tunnel stays with one worker
    #[default]
    Outer,
    /// those of the innermost one: a mirror's tunnel is spread, and each worker has a flow of its own for the tunnel
    Inner,
}

struct Item {
    at: Timestamp,
    link: LinkType,
    number: u64,
    end: usize,
}

/// Packets on their way to a worker.
#[derive(Default)]
struct Batch {
    worker: usize,
    items: Vec<Item>,
    bytes: Vec<u8>,
}

struct Worker {
    packets: SyncSender<Batch>,
    filling: Batch,
    /// packets that were sent and did not come back
    on_the_way: usize,
    /// packets that it ever got
    given: u64,
    thread: JoinHandle<Lane>,
}

/// Which worker has which pairs of addresses, in groups by their hash. A group is given away with its first packet, to
/// the worker that has least to do, and again when no flow of it can be left.
struct Groups {
    hash: Folding,
    workers: Vec<u8>,
    /// seconds of the latest packet
    latest_s: Vec<i64>,
    /// seconds after which every flow is over
    over_s: i64,
}

/// The workers of one engine.
pub struct Workers {
    rules: Arc<RwLock<RuleSet>>,
    live: HashSet<u32>,
    told: Arc<Told>,
    workers: Vec<Worker>,
    /// batches that were looked at
    looked_at: Receiver<Batch>,
    /// batches to be filled again
    empty: Vec<Batch>,
    spread: Spread,
    groups: Groups,
}

impl Groups {
    fn new(limits: &FlowLimits) -> Groups {
        let longest_ns =
            [limits.new_ns, limits.tcp_established_ns, limits.other_established_ns, limits.closed_ns];
        Groups {
            hash: Folding::default(),
            workers: vec![NOBODY; GROUPS],
            latest_s: vec![i64::MIN; GROUPS],
            over_s: longest_ns.into_iter().max().unwrap_or(0) / SECOND_NS + 2,
        }
    }
    /// The worker of a pair; `choose` gives one to a group that nobody has.
    fn worker_of(
        &mut self,
        at: Timestamp,
        (one, other): (IpAddr, IpAddr),
        choose: impl FnOnce() -> usize,
    ) -> usize {
        let group = self.hash.hash_one((one.min(other), one.max(other))) as usize % GROUPS;
        let now_s = at.0.div_euclid(SECOND_NS);
        let (Some(worker), Some(latest_s)) = (self.workers.get_mut(group), self.latest_s.get_mut(group))
        else {
            return 0;
        };
        if *worker == NOBODY || now_s.saturating_sub(*latest_s) > self.over_s {
            *worker = choose() as u8;
        }
        *latest_s = now_s.max(*latest_s);
        usize::from(*worker)
    }
}

impl Engine {
    /// Spreads an engine that has its rules and has seen no packet over so many threads.
    pub fn spread(self, workers: usize, spread: Spread) -> std::io::Result<Workers> {
        let groups = Groups::new(&self.lane.settings.flows);
        let (_, lanes, rules, live) =
            self.lanes(workers.clamp(1, WORKERS), |settings| settings.mode = Mode::Observe);
        let rules = Arc::new(RwLock::new(rules));
        let told = Arc::new(Told::default());
        let (give_back, looked_at) = channel();
        let workers = lanes.into_iter().enumerate().map(|(place, lane)| {
            let (packets, batches) = sync_channel(BATCHES_WAITING);
            let (rules, told, give_back) = (rules.clone(), told.clone(), give_back.clone());
            let thread = std::thread::Builder::new()
                .name(format!("worker {place}"))
                .spawn(move || work(lane, &rules, &batches, &give_back, &told))?;
            let filling = Batch { worker: place, ..Batch::default() };
            Ok(Worker { packets, filling, on_the_way: 0, given: 0, thread })
        });
        let workers = workers.collect::<std::io::Result<Vec<_>>>()?;
        Ok(Workers { rules, live, told, workers, looked_at, empty: Vec::new(), spread, groups })
    }
}

fn work(
    mut lane: Lane,
    rules: &RwLock<RuleSet>,
    batches: &Receiver<Batch>,
    give_back: &Sender<Batch>,
    told: &Told,
) -> Lane {
    while let Ok(batch) = batches.recv() {
        let rules = rules.read().unwrap_or_else(PoisonError::into_inner);
        let mut start = 0;
        for item in &batch.items {
            let frame = batch.bytes.get(start..item.end).unwrap_or(&[]);
            start = item.end;
            let _: Decision = lane.packet(&rules, (item.at, item.link, frame), item.number);
        }
        drop(rules);
        told.gather(&mut lane);
        // Nobody takes it back at the end.
        let _ = give_back.send(batch);
    }
    lane.finish(&rules.read().unwrap_or_else(PoisonError::into_inner));
    told.gather(&mut lane);
    lane
}

/// The addresses of IP right behind an untagged Ethernet header: what most frames are, found without decoding them.
fn plain_ends(link: LinkType, frame: &[u8]) -> Option<(IpAddr, IpAddr)> {
    if link != LinkType::Ethernet {
        return None;
    }
    let ip = frame.get(14..)?;
    match (frame.get(12..14)?, ip.first()? >> 4) {
        ([8, 0], 4) => {
            let address = |at: usize| ip.get(at..)?.first_chunk::<4>().map(|octets| IpAddr::from(*octets));
            Some((address(12)?, address(16)?))
        }
        ([0x86, 0xdd], 6) => {
            let address = |at: usize| ip.get(at..)?.first_chunk::<16>().map(|octets| IpAddr::from(*octets));
            Some((address(8)?, address(24)?))
        }
        _ => None,
    }
}

impl Workers {
    /// Hands a packet over; waits while its worker has too many.
    pub fn packet(&mut self, at: Timestamp, link: LinkType, frame: &[u8], number: u64) {
        let place = self.place_of(at, link, frame);
        let Some(worker) = self.workers.get_mut(place) else { return };
        worker.given += 1;
        let batch = &mut worker.filling;
        batch.bytes.extend_from_slice(frame);
        batch.items.push(Item { at, link, number, end: batch.bytes.len() });
        if batch.items.len() >= BATCH_PACKETS || batch.bytes.len() >= BATCH_BYTES {
            self.send(place);
        }
    }
    /// Hands over what was gathered: packets must not wait for others that may never come.
    pub fn flush(&mut self) {
        (0..self.workers.len()).for_each(|place| self.send(place));
    }
    /// Whether packets that were handed over may not have been looked at.
    pub fn is_busy(&mut self) -> bool {
        self.gather();
        self.workers.iter().any(|worker| worker.on_the_way > 0)
    }
    fn send(&mut self, place: usize) {
        self.gather();
        if self.workers.get(place).is_some_and(|worker| !worker.filling.items.is_empty()) {
            self.hand_over(place);
        }
    }
    fn hand_over(&mut self, place: usize) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        let next = Batch { worker: place, ..self.empty.pop().unwrap_or_default() };
        let full = core::mem::replace(&mut worker.filling, next);
        let count = full.items.len();
        // A worker that has ended takes nothing any more; its panic is told by `finish`.
        if worker.packets.send(full).is_ok() {
            worker.on_the_way += count;
        }
    }
    fn gather(&mut self) {
        while let Ok(mut batch) = self.looked_at.try_recv() {
            if let Some(worker) = self.workers.get_mut(batch.worker) {
                worker.on_the_way -= batch.items.len();
            }
            batch.items.clear();
            batch.bytes.clear();
            self.empty.push(batch);
        }
    }
    fn place_of(&mut self, at: Timestamp, link: LinkType, frame: &[u8]) -> usize {
        if self.workers.len() == 1 {
            return 0;
        }
        if self.spread == Spread::Outer
            && let Some(pair) = plain_ends(link, frame)
        {
            return self.place_of_pair(at, pair);
        }
        let outer = decode(link, at, frame);
        let mut ends = outer.endpoints();
        if self.spread == Spread::Inner {
            let mut packet = outer;
            for _ in 0..TUNNEL_DEPTH {
                let Some(inner) = packet.inner.take() else { break };
                packet = decode_inner(&packet, &inner);
                ends = packet.endpoints().or(ends);
            }
        }
        let Some((one, other)) = ends else { return 0 };
        self.place_of_pair(at, (one.ip, other.ip))
    }
    fn place_of_pair(&mut self, at: Timestamp, pair: (IpAddr, IpAddr)) -> usize {
        let Workers { workers, groups, .. } = self;
        groups.worker_of(at, pair, || {
            let least = |(_, worker): &(usize, &Worker)| (worker.on_the_way / BATCH_PACKETS, worker.given);
            workers.iter().enumerate().min_by_key(least).map_or(0, |(place, _)| place)
        })
    }
    /// Changes the rules between two batches of packets.
    pub fn apply(&mut self, change: RuleChange) -> Result<Changed, Box<RuleError>> {
        apply(&mut self.rules.write().unwrap_or_else(PoisonError::into_inner), &mut self.live, change)
    }
    /// Puts rules of a file in place of those with the same generator and sid, between two batches of packets.
    pub fn replace(&mut self, change: &FileChange) -> Vec<RuleError> {
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        rules.replace(change.key, &change.file, &change.rules)
    }
    /// Has the threads leave their counters, to be written later.
    pub fn ask_stats(&mut self) {
        self.told.ask();
        self.gather();
        for place in 0..self.workers.len() {
            // Who has packets comes by anyway; who has none is sent for.
            if self.workers.get(place).is_some_and(|worker| worker.on_the_way == 0) {
                self.hand_over(place);
            }
        }
    }
    /// Writes down the counters that were asked for last.
    pub fn write_stats(&self, at: Timestamp) {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner).len();
        self.told.write_stats(at, rules);
    }
    /// Lines of the event log since the last call.
    pub fn take_lines(&self) -> Vec<u8> {
        self.told.take_lines()
    }
    /// Verdicts since the last call.
    pub fn take_verdicts(&self) -> Vec<Verdict> {
        self.told.take_verdicts()
    }
    /// The end: what waits is looked at, every flow is closed and written down. Gives what was not taken yet.
    pub fn finish(self) -> (Vec<u8>, Vec<Verdict>) {
        let Workers { rules, told, workers, .. } = self;
        // All get their last packets before one is waited for.
        let threads: Vec<_> = workers
            .into_iter()
            .map(|Worker { packets, filling, thread, .. }| {
                let _ = packets.send(filling);
                thread
            })
            .collect();
        told.finish(threads, &rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use otori_rule::Variables;

    const RULES: &str = "alert udp any any -> any 53 (content:\"bad\"; sid:1;)\n\
        alert udp any any -> any 53 (content:\"bad\"; threshold:type limit, track by_rule, count 7, seconds 60; sid:2;)\n\
        alert udp any any -> any 53 (content:\"bad\"; xbits:set,seen,track ip_dst; noalert; sid:3;)\n\
        alert udp any any -> any 54 (xbits:isset,seen,track ip_dst; sid:4;)";

    fn datagram(client: u8, port: u16, payload: &[u8]) -> Vec<u8> {
        let total = (28 + payload.len()) as u16;
        let mut bytes = vec![0x45, 0];
        bytes.extend_from_slice(&total.to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, client, 198, 51, 100, client, 4, 0]);
        bytes.extend_from_slice(&port.to_be_bytes());
        bytes.extend_from_slice(&(total - 20).to_be_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(payload);
        bytes
    }
    #[test]
    fn plain_frames_have_the_ends_that_decoding_finds() {
        let mut six = vec![0x60, 0, 0, 0, 0, 8, 17, 64];
        six.extend_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        six.extend_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
        six.extend_from_slice(&[0, 53, 0, 53, 0, 8, 0, 0]);
        for (kind, packet) in [([8, 0], datagram(3, 53, b"x")), ([0x86, 0xdd], six)] {
            let frame = [&[2; 12][..], &kind, &packet].concat();
            let (one, other) = plain_ends(LinkType::Ethernet, &frame).unwrap();
            let decoded = decode(LinkType::Ethernet, Timestamp(0), &frame).endpoints().unwrap();
            assert_eq!((one, other), (decoded.0.ip, decoded.1.ip));
            assert!(plain_ends(LinkType::Ethernet, &frame[..30]).is_none());
        }
    }
    fn alerts(lines: &[u8]) -> Vec<(String, u64)> {
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let lines = lines.map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap());
        let mut all: Vec<_> = lines
            .filter(|line| line["event_type"] == "alert")
            .map(|line| (line["src_ip"].to_string(), line["alert"]["signature_id"].as_u64().unwrap()))
            .collect();
        all.sort();
        all
    }
    fn engine() -> Engine {
        let mut engine = Engine::new(Settings::default(), Variables::default());
        assert_eq!(engine.load("test", RULES).loaded, 4);
        engine
    }

    #[test]
    fn workers_tell_what_one_thread_tells() {
        let frames: Vec<_> = (0..=255)
            .flat_map(|client| {
                [(53, &b"bad"[..]), (53, b"good"), (54, b"x")].map(|(p, b)| datagram(client, p, b))
            })
            .collect();
        let mut one = engine();
        for (place, frame) in frames.iter().enumerate() {
            one.packet(Timestamp(place as i64), LinkType::Ip, frame, 0);
        }
        one.finish();
        let expect = alerts(&one.take_lines());
        assert_eq!(expect.len(), 256 + 7 + 256);
        for spread in [Spread::Outer, Spread::Inner] {
            let mut workers = engine().spread(3, spread).unwrap();
            for (place, frame) in frames.iter().enumerate() {
                workers.packet(Timestamp(place as i64), LinkType::Ip, frame, 0);
            }
            let (lines, verdicts) = workers.finish();
            let found = alerts(&lines);
            // Which seven of the limited ones are told depends on who comes first.
            let of = |sid, list: &[(String, u64)]| {
                list.iter().filter(|alert| alert.1 == sid).cloned().collect::<Vec<_>>()
            };
            assert_eq!((of(1, &found), of(4, &found)), (of(1, &expect), of(4, &expect)));
            assert_eq!(of(2, &found).len(), 7);
            assert_eq!(verdicts.len(), found.len());
            let stats = lines.windows(18).filter(|part| part == b"\"event_type\":\"stat").count();
            assert_eq!(stats, 1);
        }
    }

    #[test]
    fn counters_of_all_threads_are_written_while_they_work() {
        let mut workers = engine().spread(3, Spread::Outer).unwrap();
        for client in 0..90 {
            workers.packet(Timestamp(1), LinkType::Ip, &datagram(client, 53, b"bad"), 0);
        }
        workers.flush();
        while workers.is_busy() {
            std::thread::yield_now();
        }
        workers.take_lines();
        // No packet comes any more, and yet they are asked.
        workers.ask_stats();
        let written = (0..10_000).find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(1));
            workers.write_stats(Timestamp(5));
            let line: serde_json::Value = serde_json::from_slice(&workers.take_lines()).unwrap();
            (line["stats"]["decoder"]["udp"] == 90).then_some(line)
        });
        let line = written.unwrap();
        let stats = &line["stats"];
        assert_eq!(line["event_type"], "stats");
        assert_eq!((&stats["flow"]["active"], &stats["detect"]["rules"]), (&90.into(), &4.into()));
        workers.finish();
    }

    #[test]
    fn a_pair_stays_with_its_worker_until_its_flows_are_over() {
        let mut groups = Groups::new(&FlowLimits::default());
        let pair = |last: u8| (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, last]));
        let at = |seconds: i64| Timestamp(seconds * SECOND_NS);
        assert_eq!(groups.worker_of(at(0), pair(2), || 1), 1);
        let turned = (pair(2).1, pair(2).0);
        assert_eq!(groups.worker_of(at(600), turned, || 0), 1);
        assert_eq!(groups.worker_of(at(5), pair(2), || 0), 1, "the clock was set back");
        assert_eq!(groups.worker_of(at(1_200), pair(2), || 0), 1);
        assert_eq!(groups.worker_of(at(1_803), pair(2), || 0), 0);
    }

    #[test]
    fn pairs_are_spread_evenly_whatever_their_hashes() {
        let mut workers = engine().spread(4, Spread::Outer).unwrap();
        for client in 0..=255 {
            for _ in 0..4 {
                workers.packet(Timestamp(0), LinkType::Ip, &datagram(client, 80, b"x"), 0);
            }
        }
        // Groups of two pairs are few: 256 of 65,536.
        let given: Vec<u64> = workers.workers.iter().map(|worker| worker.given).collect();
        assert!(given.iter().all(|given| (248..=264).contains(given)), "{given:?}");
        workers.finish();
    }

    #[test]
    fn a_rule_added_while_packets_flow_is_enforced_by_all() {
        let mut workers = engine().spread(2, Spread::Outer).unwrap();
        let text = "alert udp any any -> any 55 (msg:\"new\"; sid:9;)".to_owned();
        let rule = otori_event::Rule {
            sid: 9,
            text,
            indicator_kind: otori_event::IndicatorKind::Address,
            indicator: "none".into(),
            expires_at: None,
            made_at: Timestamp(0),
        };
        assert_eq!(workers.apply(RuleChange::Add { rule }).unwrap(), Changed::Added(9));
        (0..=9).for_each(|client| {
            workers.packet(Timestamp(0), LinkType::Ip, &datagram(client, 55, b"x"), 0);
        });
        assert_eq!(alerts(&workers.finish().0).len(), 10);
    }
}
