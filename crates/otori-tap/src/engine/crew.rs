//! Several threads on the way of packets, each with its own back-end and its part of the flows.
//!
//! Key type: [`Crew`]. The back-ends share the packets so that those between the same two addresses come to the same one,
//! in their order; each thread receives, decides and sends on. Rules are shared, and what rules remember across flows.
//! Neighbour: [`super::workers`], for packets that somebody else brings.
use super::{Changed, Engine, FileChange, Mode, Settings, apply, lane::Lane, told::Told};
use crate::backend::{Backend, BackendError, Counters};
use otori_event::{RuleChange, Timestamp, Verdict};
use otori_rule::{RuleError, RuleSet};
use std::{
    collections::HashSet,
    io::Write,
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// How long a thread without packets sleeps.
const IDLE: Duration = Duration::from_millis(50);
/// A thread that has not come back for so long hangs.
const HANGS: Duration = Duration::from_millis(250);

/// What the threads share.
struct Shared {
    rules: RwLock<RuleSet>,
    told: Told,
    stop: AtomicBool,
    /// why the first of them ended that could not go on
    failed: Mutex<Option<BackendError>>,
    counters: Mutex<Counters>,
    /// wakes who takes what was told
    wake: UnixStream,
}

/// One thread, as it is watched.
struct Member {
    turns: Arc<AtomicU64>,
    seen: (u64, Instant),
    thread: JoinHandle<Lane>,
}

/// Threads that decide packets, and the rules that they ask.
pub struct Crew {
    shared: Arc<Shared>,
    live: HashSet<u32>,
    members: Vec<Member>,
}

impl Engine {
    /// One thread for each of these back-ends. `wake` is written to when there is something to take.
    pub fn crew(self, backends: Vec<Box<dyn Backend>>, wake: UnixStream) -> std::io::Result<Crew> {
        let (count, lanes, rules, live) = self.lanes(backends.len(), |settings| settings.mode = Mode::Inline);
        let shared = Arc::new(Shared {
            rules: RwLock::new(rules),
            told: Told::default(),
            stop: AtomicBool::new(false),
            failed: Mutex::new(None),
            counters: Mutex::new(Counters::default()),
            wake,
        });
        let start = |(place, (lane, backend)): (usize, (Lane, Box<dyn Backend>))| {
            let turns = Arc::new(AtomicU64::new(0));
            let (shared, ours) = (shared.clone(), turns.clone());
            let thread = std::thread::Builder::new()
                .name(format!("worker {place} of {count}"))
                .spawn(move || work(lane, backend, &shared, &ours))?;
            Ok(Member { turns, seen: (0, Instant::now()), thread })
        };
        let members = lanes.into_iter().zip(backends).enumerate().map(start);
        let members = members.collect::<std::io::Result<Vec<_>>>()?;
        Ok(Crew { shared, live, members })
    }

    /// Empty lanes for so many threads, and what they share.
    pub(super) fn lanes(
        self,
        count: usize,
        set: impl FnOnce(&mut Settings),
    ) -> (usize, Vec<Lane>, RuleSet, HashSet<u32>) {
        let Engine { rules, live, lane } = self;
        let police = lane.work.policing.as_ref();
        let mut settings = (*lane.settings).clone();
        set(&mut settings);
        settings.flows.flows = settings.flows.flows.div_ceil(count.max(1));
        let settings = Arc::new(settings);
        let lanes = (0..count).map(|place| {
            let mut one =
                Lane::new(settings.clone(), lane.work.globals.clone(), (place as u64, count as u64));
            one.work.devices = lane.work.devices.clone();
            one.work.policing = police.map(|police| Box::new(police.again()));
            one
        });
        let lanes = lanes.collect();
        (count, lanes, rules, live)
    }
}

fn work(mut lane: Lane, mut backend: Box<dyn Backend>, shared: &Shared, turns: &AtomicU64) -> Lane {
    // Nothing ever comes from it: it only keeps the pipe that a back-end waits for.
    let Ok((quiet, _other_end)) = UnixStream::pair() else { return lane };
    let mut before = Counters::default();
    while !shared.stop.load(Ordering::Relaxed) {
        turns.fetch_add(1, Ordering::Relaxed);
        // The rules are held from the first packet of a turn to its last one, and not while nothing comes.
        let mut held: Option<RwLockReadGuard<'_, RuleSet>> = None;
        let turn = backend.turn(IDLE, quiet.as_fd(), &mut |incoming| {
            let rules =
                held.get_or_insert_with(|| shared.rules.read().unwrap_or_else(PoisonError::into_inner));
            lane.packet(rules, (incoming.at, incoming.link, incoming.frame), 0)
        });
        drop(held);
        if shared.told.gather(&mut lane) {
            // A full pipe already wakes.
            let _ = (&shared.wake).write(&[1]);
        }
        if let Err(error) = turn {
            shared.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            let _ = (&shared.wake).write(&[1]);
            break;
        }
        let now = backend.counters();
        if now != before {
            shared.counters.lock().unwrap_or_else(PoisonError::into_inner).add(now, before);
            before = now;
        }
    }
    lane.finish(&shared.rules.read().unwrap_or_else(PoisonError::into_inner));
    shared.told.gather(&mut lane);
    lane
}

impl Crew {
    /// Changes the rules between two turns of each thread.
    pub fn apply(&mut self, change: RuleChange) -> Result<Changed, Box<RuleError>> {
        let mut rules = self.shared.rules.write().unwrap_or_else(PoisonError::into_inner);
        apply(&mut rules, &mut self.live, change)
    }
    /// Puts rules of a file in place of those with the same generator and sid.
    pub fn replace(&mut self, change: &FileChange) -> Vec<RuleError> {
        let mut rules = self.shared.rules.write().unwrap_or_else(PoisonError::into_inner);
        rules.replace(change.key, &change.file, &change.rules)
    }
    /// Every thread has come back of late: none hangs.
    pub fn is_alive(&mut self) -> bool {
        let now = Instant::now();
        self.members.iter_mut().all(|member| {
            let turns = member.turns.load(Ordering::Relaxed);
            if turns != member.seen.0 {
                member.seen = (turns, now);
            }
            member.seen.1.elapsed() < HANGS
        })
    }
    /// Why a thread could not go on, if one could not.
    pub fn failed(&self) -> Option<BackendError> {
        self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
    /// Counters of all back-ends.
    pub fn counters(&self) -> Counters {
        *self.shared.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Has the threads leave their counters, to be written later.
    pub fn ask_stats(&self) {
        self.shared.told.ask();
    }
    /// Writes down the counters that were asked for last.
    pub fn write_stats(&self, at: Timestamp) {
        let rules = self.shared.rules.read().unwrap_or_else(PoisonError::into_inner).len();
        self.shared.told.write_stats(at, rules);
    }
    /// Lines of the event log since the last call.
    pub fn take_lines(&self) -> Vec<u8> {
        self.shared.told.take_lines()
    }
    /// Verdicts since the last call.
    pub fn take_verdicts(&self) -> Vec<Verdict> {
        self.shared.told.take_verdicts()
    }
    /// The end: every flow is closed and written down. Gives what was not taken yet.
    pub fn finish(self) -> (Vec<u8>, Vec<Verdict>) {
        let Crew { shared, members, .. } = self;
        shared.stop.store(true, Ordering::Relaxed);
        let threads = members.into_iter().map(|member| member.thread).collect();
        shared.told.finish(threads, &shared.rules)
    }
}
