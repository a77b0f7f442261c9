//! The running guard: packets from a back-end through the engine, rule changes between them.
//!
//! Key types: [`Guard`], [`Judge`] (who looks at packets), [`Control`] (its handle for other threads), [`Notice`] (what it
//! tells). Neighbour: [`crate::watchdog`].
use crate::{
    backend::{Backend, BackendError, Counters, Decide, Incoming, PACKETS_PER_TURN, wait_alone},
    engine::{Changed, Crew, Decision, Engine, FileChange, Workers},
    watchdog::{Beat, Heart},
};
use otori_event::{RuleChange, Timestamp, Verdict};
use otori_rule::RuleError;
use std::{
    io::{Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SendError, SyncSender, sync_channel},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Rule changes that may wait.
pub const CHANGES_WAITING: usize = 4096;
/// Rule changes taken between two turns of packets.
const CHANGES_PER_TURN: usize = 64;
/// How long an idle guard sleeps; a change or a packet wakes it at once.
const IDLE: Duration = Duration::from_millis(500);
/// How long it sleeps while workers look at packets and may have something to tell.
const BUSY: Duration = Duration::from_millis(5);
/// Turns after which what was gathered for workers is handed over, however many packets still come.
const TURNS_GATHERED: u32 = 16;

/// What the guard tells.
#[derive(Debug)]
pub enum Notice {
    /// whole lines of the event log
    Lines(Vec<u8>),
    /// it has decided
    Verdict(Timestamp, Box<Verdict>),
    /// it enforces a rule from now on
    Enforced(Timestamp, u32),
    /// it does not enforce some rules any more
    Removed(Vec<u32>),
    /// who stood by for it is gone, and it goes on
    Alone,
    /// it cannot enforce a rule
    Refused(Box<RuleError>),
}

/// A change of what is enforced.
#[derive(Debug)]
pub enum Change {
    /// as the server tells it
    Link(RuleChange),
    /// as a file of rules, or one that selects them, has it now
    File(Box<FileChange>),
}

impl From<RuleChange> for Change {
    fn from(change: RuleChange) -> Change {
        Change::Link(change)
    }
}

/// Changes a running guard from other threads.
#[derive(Clone)]
pub struct Control {
    changes: SyncSender<Change>,
    wake: Arc<UnixStream>,
    stop: Arc<AtomicBool>,
}

impl Control {
    /// Hands a change over; waits while too many are waiting. An error means that the guard has ended.
    pub fn apply(&self, change: impl Into<Change>) -> Result<(), SendError<Change>> {
        self.changes.send(change.into())?;
        self.wake();
        Ok(())
    }
    /// Ends the guard after the packet in work.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wake();
    }
    /// Setting it ends the guard within half a second: for signal handlers.
    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }
    fn wake(&self) {
        // A full pipe already wakes.
        let _ = (&*self.wake).write(&[1]);
    }
}

/// Who looks at the packets.
pub enum Judge {
    /// an engine, whose decisions the back-end obeys
    One(Box<Engine>),
    /// threads that share the flows and decide nothing
    Many(Box<Workers>),
    /// threads that have back-ends of their own
    Crew(Box<Crew>),
}

impl From<Engine> for Judge {
    fn from(engine: Engine) -> Judge {
        Judge::One(Box::new(engine))
    }
}

impl From<Workers> for Judge {
    fn from(workers: Workers) -> Judge {
        Judge::Many(Box::new(workers))
    }
}

impl From<Crew> for Judge {
    fn from(crew: Crew) -> Judge {
        Judge::Crew(Box::new(crew))
    }
}

impl Judge {
    fn packet(&mut self, incoming: &Incoming<'_>) -> Decision {
        let Incoming { at, link, frame } = *incoming;
        match self {
            Judge::One(engine) => engine.packet(at, link, frame, 0),
            Judge::Many(workers) => {
                workers.packet(at, link, frame, 0);
                Decision::Pass
            }
            Judge::Crew(_) => Decision::Pass,
        }
    }
    fn apply(&mut self, change: RuleChange) -> Result<Changed, Box<RuleError>> {
        match self {
            Judge::One(engine) => engine.apply(change),
            Judge::Many(workers) => workers.apply(change),
            Judge::Crew(crew) => crew.apply(change),
        }
    }
    fn replace(&mut self, change: &FileChange) -> Vec<RuleError> {
        match self {
            Judge::One(engine) => engine.replace(change),
            Judge::Many(workers) => workers.replace(change),
            Judge::Crew(crew) => crew.replace(change),
        }
    }
    fn flush(&mut self) {
        if let Judge::Many(workers) = self {
            workers.flush();
        }
    }
    fn is_busy(&mut self) -> bool {
        match self {
            Judge::One(_) | Judge::Crew(_) => false,
            Judge::Many(workers) => workers.is_busy(),
        }
    }
    /// No thread hangs.
    fn is_alive(&mut self) -> bool {
        match self {
            Judge::One(_) | Judge::Many(_) => true,
            Judge::Crew(crew) => crew.is_alive(),
        }
    }
    fn failed(&self) -> Result<(), BackendError> {
        match self {
            Judge::One(_) | Judge::Many(_) => Ok(()),
            Judge::Crew(crew) => crew.failed().map_or(Ok(()), Err),
        }
    }
    fn ask_stats(&mut self) {
        match self {
            Judge::One(_) => {}
            Judge::Many(workers) => workers.ask_stats(),
            Judge::Crew(crew) => crew.ask_stats(),
        }
    }
    fn write_stats(&mut self) {
        match self {
            Judge::One(engine) => engine.write_stats(now()),
            Judge::Many(workers) => workers.write_stats(now()),
            Judge::Crew(crew) => crew.write_stats(now()),
        }
    }
    fn counters(&self, backend: &mut dyn Backend) -> Counters {
        match self {
            Judge::One(_) | Judge::Many(_) => backend.counters(),
            Judge::Crew(crew) => crew.counters(),
        }
    }
    fn take(&mut self) -> (Vec<u8>, Vec<Verdict>) {
        match self {
            Judge::One(engine) => (engine.take_lines(), engine.take_verdicts()),
            Judge::Many(workers) => (workers.take_lines(), workers.take_verdicts()),
            Judge::Crew(crew) => (crew.take_lines(), crew.take_verdicts()),
        }
    }
    fn finish(self) -> (Vec<u8>, Vec<Verdict>) {
        match self {
            Judge::One(mut engine) => {
                engine.finish();
                (engine.take_lines(), engine.take_verdicts())
            }
            Judge::Many(workers) => workers.finish(),
            Judge::Crew(crew) => crew.finish(),
        }
    }
}

/// A guard, ready to run.
pub struct Guard {
    judge: Judge,
    backend: Box<dyn Backend>,
    changes: Receiver<Change>,
    wake: UnixStream,
    /// who may wake it may be gone; then nobody must, and a pipe without that end would wake it for ever
    waker: Arc<UnixStream>,
    stop: Arc<AtomicBool>,
    heart: Option<Heart>,
    counting: Option<Counting>,
}

/// When counters are written down while packets flow.
struct Counting {
    every: Duration,
    written: Instant,
    asked: Instant,
}

/// Threads leave their counters so often: those that are written are no older.
const ASKED_EVERY: Duration = Duration::from_secs(1);

impl Counting {
    fn look(&mut self, judge: &mut Judge) {
        if self.written.elapsed() >= self.every {
            self.written = Instant::now();
            judge.write_stats();
        }
        if self.asked.elapsed() >= ASKED_EVERY {
            self.asked = Instant::now();
            judge.ask_stats();
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Packets come to the threads of a crew, none here.
struct Elsewhere;

impl Backend for Elsewhere {
    fn turn(
        &mut self,
        wait: Duration,
        wake: BorrowedFd<'_>,
        _decide: &mut Decide<'_>,
    ) -> Result<usize, BackendError> {
        wait_alone(wake, wait);
        Ok(0)
    }
    fn counters(&mut self) -> Counters {
        Counters::default()
    }
}

/// A pipe to sleep at, and its other end.
fn waking() -> std::io::Result<(UnixStream, UnixStream)> {
    let (wake, waker) = UnixStream::pair()?;
    wake.set_nonblocking(true)?;
    waker.set_nonblocking(true)?;
    Ok((wake, waker))
}

impl Guard {
    /// Joins engine, or workers, and back-end.
    pub fn new(judge: impl Into<Judge>, mut backend: Box<dyn Backend>) -> std::io::Result<(Guard, Control)> {
        let (wake, waker) = waking()?;
        let judge = judge.into();
        if let Judge::One(engine) = &judge {
            backend.set_sinkhole(engine.sinkhole());
        }
        Ok(Guard::of(judge, backend, wake, waker))
    }
    /// An engine in several threads, each with one of these back-ends.
    pub fn crew(engine: Engine, mut backends: Vec<Box<dyn Backend>>) -> std::io::Result<(Guard, Control)> {
        let (wake, waker) = waking()?;
        backends.iter_mut().for_each(|backend| backend.set_sinkhole(engine.sinkhole()));
        let crew = engine.crew(backends, waker.try_clone()?)?;
        Ok(Guard::of(crew.into(), Box::new(Elsewhere), wake, waker))
    }
    fn of(judge: Judge, backend: Box<dyn Backend>, wake: UnixStream, waker: UnixStream) -> (Guard, Control) {
        let (sender, changes) = sync_channel(CHANGES_WAITING);
        let stop = Arc::new(AtomicBool::new(false));
        let waker = Arc::new(waker);
        let control = Control { changes: sender, wake: waker.clone(), stop: stop.clone() };
        (Guard { judge, backend, changes, wake, waker, stop, heart: None, counting: None }, control)
    }

    /// It tells the process that stands by for it that it lives, and ends when that one does.
    #[must_use]
    pub fn with_heart(self, heart: Heart) -> Guard {
        Guard { heart: Some(heart), ..self }
    }

    /// Counters are written to the event log so often, and at the end.
    #[must_use]
    pub fn with_stats(self, every: Duration) -> Guard {
        let now = Instant::now();
        Guard { counting: Some(Counting { every, written: now, asked: now }), ..self }
    }

    /// Runs until [`Control::stop`]. `tell` must be quick: packets wait for it.
    pub fn run(mut self, tell: &mut dyn FnMut(Notice)) -> Result<Counters, BackendError> {
        let mut ended = Ok(());
        let mut turns = 0;
        while !self.stop.load(Ordering::Relaxed) && ended.is_ok() && self.beat(tell) {
            let waiting = self.take_changes(tell);
            let rest = self.heart.as_ref().map_or(IDLE, |heart| IDLE.min(heart.rest()));
            let wait = match (waiting, self.judge.is_busy()) {
                (true, _) => Duration::ZERO,
                (false, true) => BUSY,
                (false, false) => rest,
            };
            let Guard { judge, backend, wake, .. } = &mut self;
            match backend.turn(wait, wake.as_fd(), &mut |incoming| judge.packet(incoming)) {
                Ok(count) => {
                    turns += 1;
                    if count < PACKETS_PER_TURN || turns >= TURNS_GATHERED {
                        turns = 0;
                        judge.flush();
                    }
                }
                Err(error) => ended = Err(error),
            }
            ended = ended.and(self.judge.failed());
            self.empty_wake();
            if let Some(counting) = &mut self.counting {
                counting.look(&mut self.judge);
            }
            let told = self.judge.take();
            tell_all(told, tell);
        }
        let Guard { judge, mut backend, waker, .. } = self;
        drop(waker);
        let (before, judge) = (judge.counters(&mut *backend), judge);
        tell_all(judge.finish(), tell);
        ended.map(|()| before)
    }

    /// `false` at the end.
    fn beat(&mut self, tell: &mut dyn FnMut(Notice)) -> bool {
        if !self.judge.is_alive() {
            return true;
        }
        match self.heart.as_mut().map(Heart::beat) {
            None | Some(Beat::Heard) => true,
            Some(Beat::End) => false,
            Some(Beat::Alone) => {
                self.heart = None;
                tell(Notice::Alone);
                true
            }
        }
    }

    /// Applies what waits, up to the bound; whether more waits.
    fn take_changes(&mut self, tell: &mut dyn FnMut(Notice)) -> bool {
        for _ in 0..CHANGES_PER_TURN {
            let Ok(change) = self.changes.try_recv() else { return false };
            let change = match change {
                Change::Link(change) => change,
                Change::File(change) => {
                    self.judge
                        .replace(&change)
                        .into_iter()
                        .for_each(|error| tell(Notice::Refused(error.into())));
                    continue;
                }
            };
            match self.judge.apply(change) {
                Ok(Changed::Added(sid)) => tell(Notice::Enforced(now(), sid)),
                Ok(Changed::Nothing) => {}
                Ok(Changed::Removed(sids)) => tell(Notice::Removed(sids)),
                Err(error) => tell(Notice::Refused(error)),
            }
        }
        true
    }
    fn empty_wake(&mut self) {
        let mut sink = [0; 256];
        while matches!(self.wake.read(&mut sink), Ok(count) if count == sink.len()) {}
    }
}

fn tell_all((lines, verdicts): (Vec<u8>, Vec<Verdict>), tell: &mut dyn FnMut(Notice)) {
    for verdict in verdicts {
        tell(Notice::Verdict(now(), Box::new(verdict)));
    }
    if !lines.is_empty() {
        tell(Notice::Lines(lines));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use otori_rule::Variables;
    use otori_wire::LinkType;

    /// Broken packets without end.
    struct Torrent;

    impl Backend for Torrent {
        fn turn(
            &mut self,
            _wait: Duration,
            _wake: BorrowedFd<'_>,
            decide: &mut Decide<'_>,
        ) -> Result<usize, BackendError> {
            decide(&Incoming { at: Timestamp(1), link: LinkType::Ip, frame: &[0x45; 12] });
            Ok(1)
        }
        fn counters(&mut self) -> Counters {
            Counters::default()
        }
    }

    #[test]
    fn counters_are_told_while_packets_flow_and_anomalies_are_limited() {
        let settings = Settings { anomaly_lines: Some(3), ..Settings::default() };
        let engine = Engine::new(settings, Variables::default());
        let (guard, control) = Guard::new(engine, Box::new(Torrent)).unwrap();
        let mut lines = Vec::new();
        let guard = guard.with_stats(Duration::from_millis(1));
        guard
            .run(&mut |notice| {
                let Notice::Lines(more) = notice else { return };
                lines.extend(more);
                if lines.len() > 20_000 {
                    control.stop();
                }
            })
            .unwrap();
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let lines: Vec<serde_json::Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
        let of = |kind: &'static str| lines.iter().filter(move |line| line["event_type"] == kind);
        assert_eq!(of("anomaly").count(), 3);
        let event = of("anomaly").next().unwrap()["anomaly"]["event"].as_str().unwrap();
        assert!(event.starts_with("decoder.ipv4."), "{event}");
        let last = &of("stats").next_back().unwrap()["stats"];
        let count = |group: &str, name: &str| last[group][name].as_u64().unwrap();
        assert!(of("stats").count() > 2);
        assert_eq!(count("decoder", "pkts"), count("guard", "anomalies_unwritten") + 3);
    }
}
