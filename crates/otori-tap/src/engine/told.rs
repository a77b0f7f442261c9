//! What threads of one engine have to tell, until somebody takes it. Key type: [`Told`].
use super::{VERDICTS_WAITING, lane::Lane, stats::Stats};
use crate::eve::Eve;
use otori_event::{Timestamp, Verdict};
use otori_rule::RuleSet;
use std::{
    collections::BTreeMap,
    mem::take,
    sync::{
        Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

/// Bytes of lines that wait for whoever takes them; further ones are only counted.
const LINES_WAITING_BYTES: usize = 64 << 20;

/// Counters of a lane, flows that it ever opened, flows that are open.
type Counted = (Stats, u64, usize);

/// Lines, verdicts and counters of all threads.
#[derive(Default)]
pub(super) struct Told {
    waiting: Mutex<(Vec<u8>, Vec<Verdict>)>,
    /// by the lane's place, as they were when they were last asked for
    counted: Mutex<BTreeMap<u64, Counted>>,
    /// how often counters were asked for
    asked: AtomicU64,
}

impl Told {
    /// Every lane leaves its counters here when it comes by next.
    pub(super) fn ask(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }
    /// Writes down what lanes have left.
    pub(super) fn write_stats(&self, at: Timestamp, rules: usize) {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let stats = counted.values().fold(Stats::default(), |sum, (stats, ..)| sum.plus(stats));
        let opened = counted.values().map(|(_, opened, _)| opened).sum();
        let open = counted.values().map(|(.., open)| open).sum();
        drop(counted);
        let mut eve = Eve::new(true, false, None);
        eve.stats(at, stats.json(opened, open, rules));
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).0.append(&mut eve.lines);
    }
    /// Takes what a lane has to tell; whether there was anything.
    pub(super) fn gather(&self, lane: &mut Lane) -> bool {
        let asked = self.asked.load(Ordering::Relaxed);
        if lane.asked != asked {
            lane.asked = asked;
            let counted = (lane.work.stats.clone(), lane.flows.opened(), lane.flows.len());
            self.counted.lock().unwrap_or_else(PoisonError::into_inner).insert(lane.place, counted);
        }
        if lane.work.eve.lines.is_empty() && lane.work.verdicts.is_empty() {
            return false;
        }
        let mut told = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (all_lines, all_verdicts) = &mut *told;
        let lines = &mut lane.work.eve.lines;
        if all_lines.len() + lines.len() <= LINES_WAITING_BYTES {
            all_lines.append(lines);
        } else {
            lane.work.stats.lines_lost += lines.iter().filter(|byte| **byte == b'\n').count() as u64;
            lines.clear();
        }
        let room = VERDICTS_WAITING.saturating_sub(all_verdicts.len());
        lane.work.stats.verdicts_lost += lane.work.verdicts.len().saturating_sub(room) as u64;
        all_verdicts.extend(lane.work.verdicts.drain(..).take(room));
        true
    }
    /// Lines of the event log since the last call.
    pub(super) fn take_lines(&self) -> Vec<u8> {
        take(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner).0)
    }
    /// Verdicts since the last call.
    pub(super) fn take_verdicts(&self) -> Vec<Verdict> {
        take(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Waits for threads that are about to end, and gives what was not taken yet, with the counters of all.
    pub(super) fn finish(
        &self,
        threads: Vec<JoinHandle<Lane>>,
        rules: &RwLock<RuleSet>,
    ) -> (Vec<u8>, Vec<Verdict>) {
        let mut lanes = Vec::new();
        for thread in threads {
            match thread.join() {
                Ok(lane) => lanes.push(lane),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        let (mut lines, verdicts) = (self.take_lines(), self.take_verdicts());
        let stats = lanes.iter().fold(Stats::default(), |sum, lane| sum.plus(&lane.work.stats));
        let opened = lanes.iter().map(|lane| lane.flows.opened()).sum();
        let rules = rules.read().unwrap_or_else(PoisonError::into_inner).len();
        if let Some(lane) = lanes.iter_mut().max_by_key(|lane| lane.now) {
            lane.work.write_devices(lane.now);
            lane.work.eve.stats(lane.now, stats.json(opened, 0, rules));
            lines.append(&mut lane.work.eve.lines);
        }
        (lines, verdicts)
    }
}
