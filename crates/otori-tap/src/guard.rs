//! The running guard: packets from a back-end through the engine, rule changes between them.
//!
//! Key types: [`Guard`], [`Control`] (its handle for other threads), [`Notice`] (what it tells).
use crate::{
    backend::{Backend, BackendError, Counters},
    engine::{Changed, Engine},
};
use otori_event::{RuleChange, Timestamp, Verdict};
use otori_rule::RuleError;
use std::{
    io::{Read, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SendError, SyncSender, sync_channel},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Rule changes that may wait.
pub const CHANGES_WAITING: usize = 4096;
/// Rule changes taken between two turns of packets.
const CHANGES_PER_TURN: usize = 64;
/// How long an idle guard sleeps; a change or a packet wakes it at once.
const IDLE: Duration = Duration::from_millis(500);

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
    /// it cannot enforce a rule
    Refused(Box<RuleError>),
}

/// Changes a running guard from other threads.
#[derive(Clone)]
pub struct Control {
    changes: SyncSender<RuleChange>,
    wake: Arc<UnixStream>,
    stop: Arc<AtomicBool>,
}

impl Control {
    /// Hands a change over; waits while too many are waiting. An error means that the guard has ended.
    pub fn apply(&self, change: RuleChange) -> Result<(), SendError<RuleChange>> {
        self.changes.send(change)?;
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

/// A guard, ready to run.
pub struct Guard {
    engine: Engine,
    backend: Box<dyn Backend>,
    changes: Receiver<RuleChange>,
    wake: UnixStream,
    stop: Arc<AtomicBool>,
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

impl Guard {
    /// Joins engine and back-end.
    pub fn new(engine: Engine, backend: Box<dyn Backend>) -> std::io::Result<(Guard, Control)> {
        let (sender, changes) = sync_channel(CHANGES_WAITING);
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let control = Control { changes: sender, wake: Arc::new(waker), stop: stop.clone() };
        Ok((Guard { engine, backend, changes, wake, stop }, control))
    }

    /// Runs until [`Control::stop`]. `tell` must be quick: packets wait for it.
    pub fn run(mut self, tell: &mut dyn FnMut(Notice)) -> Result<Counters, BackendError> {
        let mut ended = Ok(());
        while !self.stop.load(Ordering::Relaxed) && ended.is_ok() {
            let waiting = self.take_changes(tell);
            let wait = if waiting { Duration::ZERO } else { IDLE };
            let Guard { engine, backend, wake, .. } = &mut self;
            let mut decide = |incoming: &crate::backend::Incoming<'_>| {
                engine.packet(incoming.at, incoming.link, incoming.frame, 0)
            };
            ended = backend.turn(wait, wake.as_fd(), &mut decide);
            self.empty_wake();
            self.tell_all(tell);
        }
        self.engine.finish();
        self.tell_all(tell);
        ended.map(|()| self.backend.counters())
    }

    /// Applies what waits, up to the bound; whether more waits.
    fn take_changes(&mut self, tell: &mut dyn FnMut(Notice)) -> bool {
        for _ in 0..CHANGES_PER_TURN {
            let Ok(change) = self.changes.try_recv() else { return false };
            match self.engine.apply(change) {
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
    fn tell_all(&mut self, tell: &mut dyn FnMut(Notice)) {
        for verdict in self.engine.take_verdicts() {
            tell(Notice::Verdict(now(), Box::new(verdict)));
        }
        let lines = self.engine.take_lines();
        if !lines.is_empty() {
            tell(Notice::Lines(lines));
        }
    }
}
