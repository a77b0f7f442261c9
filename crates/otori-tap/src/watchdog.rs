//! Two processes for one inline pair: the engine, and one that stands by for it.
//!
//! Key types: [`Standby`], [`Heart`] (the engine's side). Who stands by opens the two sockets, starts the engine with the
//! same sockets and waits for its beats. While none come, because the engine is being started, has died or hangs, it
//! sends frames on unjudged, or leaves them to wait, as configured. Each frame is received by one of the two, so none
//! goes twice, and what waits in the kernel when the engine dies is not lost. An engine that has died is started again.
//! When who stands by dies, the engine goes on alone or ends, so that what was configured holds then, too.
use crate::backend::{Backend, BackendError, Failure, Pair, open_pairs, wait_alone, wait_for_pairs};
use std::{
    io::{self, Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    process::{Child, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// Who stands by says so before it ends in order.
const END: u8 = b'e';
/// Beats within the time after which an engine counts as dead.
const BEATS: u32 = 8;
/// How long one look for beats, a signal or the engine's end may take.
const LOOK: Duration = Duration::from_millis(50);
/// An engine that hangs for so long is ended and started again.
const HUNG: Duration = Duration::from_secs(20);
/// Pauses before a dead engine is started again; the first one applies to an engine that has lived longer than the last.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// How long an engine may take to write down its last lines.
const STOP: Duration = Duration::from_secs(10);

/// The engine's side: says that it lives.
pub struct Heart {
    stream: UnixStream,
    every: Duration,
    last: Option<Instant>,
    failure: Failure,
}

/// What a beat has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// somebody stands by
    Heard,
    /// nobody does any more, and packets are to pass: go on alone
    Alone,
    /// the end
    End,
}

impl Heart {
    /// The stream that [`Standby`] gave the engine as its standard input; after `patience` without a beat it counts as dead.
    pub fn of_standard_input(patience: Duration, failure: Failure) -> io::Result<Heart> {
        Heart::new(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?), patience, failure)
    }
    pub(crate) fn new(stream: UnixStream, patience: Duration, failure: Failure) -> io::Result<Heart> {
        stream.set_nonblocking(true)?;
        Ok(Heart { stream, every: patience / BEATS, last: None, failure })
    }
    /// Called between packets.
    pub fn beat(&mut self) -> Beat {
        if self.last.is_some_and(|last| last.elapsed() < self.every) {
            return Beat::Heard;
        }
        self.last = Some(Instant::now());
        match self.stream.write_all(&[1]) {
            Ok(()) => Beat::Heard,
            // Beats that were not taken yet say the same.
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Beat::Heard
            }
            Err(_) if self.failure == Failure::Closed || self.is_end() => Beat::End,
            Err(_) => Beat::Alone,
        }
    }
    /// Who stood by has said that this is the end.
    fn is_end(&mut self) -> bool {
        let mut last = [0];
        matches!(self.stream.read(&mut last), Ok(1)) && last == [END]
    }
    /// The longest sleep between two beats.
    pub const fn rest(&self) -> Duration {
        self.every
    }
}

/// What who stands by tells.
#[derive(Debug)]
pub enum StandbyNotice {
    /// an engine was started, as that process
    Started(u32),
    /// the engine has ended
    Ended(ExitStatus),
    /// it could not be started
    NotStarted(io::Error),
    /// no beat came in time: frames are sent on unjudged, or wait
    Silent,
    /// it beats again; so many frames were sent on meanwhile
    Back {
        /// frames sent on unjudged
        unjudged: u64,
        /// how long
        silent: Duration,
    },
}

/// Starts an engine that has the sockets of these numbers, two a pair, and that standard input.
pub type Start<'a> = dyn FnMut(&[i32], Stdio) -> io::Result<Child> + 'a;

/// Stands by.
pub struct Standby {
    pairs: Vec<Pair>,
    failure: Failure,
    patience: Duration,
    beats: UnixStream,
    /// the engine's end, for each engine that is started
    heart: UnixStream,
    engine: Option<Child>,
    started_at: Instant,
    /// when the last beat came from this engine
    last_beat: Option<Instant>,
    /// some engine has beaten: another one will, too
    was_ready: bool,
    pause: Duration,
    /// when silence began, and what was sent on before
    silent: Option<(Instant, u64)>,
}

impl Standby {
    /// Opens `IF:IF` for so many threads. An engine counts as dead after `patience` without a beat.
    pub fn open(
        argument: &str,
        workers: usize,
        failure: Failure,
        patience: Duration,
    ) -> Result<Standby, BackendError> {
        let pairs = open_pairs(argument, workers)?;
        let (beats, heart) =
            UnixStream::pair().map_err(|error| BackendError::of("making a pair of sockets", error))?;
        beats.set_nonblocking(true).map_err(|error| BackendError::of("making a pair of sockets", error))?;
        Ok(Standby {
            pairs,
            failure,
            patience,
            beats,
            heart,
            engine: None,
            started_at: Instant::now(),
            last_beat: None,
            was_ready: false,
            pause: Duration::ZERO,
            silent: None,
        })
    }

    /// What an engine in this process beats with.
    #[cfg(test)]
    pub(crate) fn heart_for_test(&self) -> UnixStream {
        self.heart.try_clone().unwrap()
    }

    /// Stands by until `stop` is set, or until an engine ends that was never ready: its status says why.
    pub fn run(
        mut self,
        start: &mut Start<'_>,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(StandbyNotice),
    ) -> Result<Option<ExitStatus>, BackendError> {
        while !stop.load(Ordering::Relaxed) {
            if let Some(status) = self.take_end(tell) {
                if !self.was_ready {
                    return Ok(Some(status));
                }
                // Another engine would not get a packet either.
                let here = self.pairs.iter().try_for_each(Pair::check);
                here.map_err(|error| BackendError::of("standing by for an interface", error))?;
            }
            self.start(start, tell)?;
            self.look(tell)?;
        }
        Ok(self.end())
    }

    /// The engine's status, if it has ended.
    fn take_end(&mut self, tell: &mut dyn FnMut(StandbyNotice)) -> Option<ExitStatus> {
        let status = self.engine.as_mut()?.try_wait().ok().flatten()?;
        self.engine = None;
        self.last_beat = None;
        self.heard();
        tell(StandbyNotice::Ended(status));
        self.pause = if self.started_at.elapsed() > LAST_PAUSE {
            FIRST_PAUSE
        } else {
            (self.pause * 2).clamp(FIRST_PAUSE, LAST_PAUSE)
        };
        self.started_at = Instant::now();
        Some(status)
    }

    /// Starts an engine when there is none and its pause is over.
    fn start(
        &mut self,
        start: &mut Start<'_>,
        tell: &mut dyn FnMut(StandbyNotice),
    ) -> Result<(), BackendError> {
        if self.engine.is_some() || self.started_at.elapsed() < self.pause {
            return Ok(());
        }
        self.started_at = Instant::now();
        let numbers: io::Result<Vec<[i32; 2]>> = self.pairs.iter().map(Pair::hand_down).collect();
        let started = numbers.and_then(|numbers| {
            let heart: OwnedFd = self.heart.try_clone()?.into();
            start(&numbers.concat(), heart.into())
        });
        match started {
            Ok(child) => {
                tell(StandbyNotice::Started(child.id()));
                self.engine = Some(child);
                Ok(())
            }
            Err(error) if self.was_ready => {
                self.pause = LAST_PAUSE;
                tell(StandbyNotice::NotStarted(error));
                Ok(())
            }
            Err(error) => Err(BackendError::of("starting the engine", error)),
        }
    }

    /// Waits for beats for a moment; meanwhile frames pass, if none come and that is wanted.
    fn look(&mut self, tell: &mut dyn FnMut(StandbyNotice)) -> Result<(), BackendError> {
        let since = self.last_beat.map(|last| last.elapsed());
        match (since.filter(|since| *since < self.patience), self.failure) {
            (Some(since), _) => wait_alone(self.beats.as_fd(), LOOK.min(self.patience - since)),
            (None, failure) => {
                if self.silent.is_none() {
                    self.silent = Some((Instant::now(), self.forwarded()));
                    tell(StandbyNotice::Silent);
                }
                match failure {
                    Failure::Closed => wait_alone(self.beats.as_fd(), LOOK),
                    Failure::Open => {
                        let mut pass = |_: &crate::backend::Incoming<'_>| crate::Decision::Pass;
                        wait_for_pairs(&self.pairs, self.beats.as_fd(), LOOK)?;
                        for pair in &mut self.pairs {
                            pair.turn(Duration::ZERO, self.beats.as_fd(), &mut pass)?;
                        }
                    }
                }
                if since.is_some_and(|since| since > HUNG)
                    && let Some(engine) = &mut self.engine
                {
                    // Its end is told, and another one started, at the next look.
                    let _ = engine.kill();
                }
            }
        }
        self.take_beats(tell);
        Ok(())
    }

    /// Frames sent on unjudged so far.
    fn forwarded(&mut self) -> u64 {
        self.pairs.iter_mut().map(|pair| pair.counters().forwarded).sum()
    }

    /// Whether beats have come since the last call.
    fn heard(&mut self) -> bool {
        let mut sink = [0; 64];
        let mut beaten = false;
        while matches!(self.beats.read(&mut sink), Ok(1..)) {
            beaten = true;
        }
        beaten
    }

    fn take_beats(&mut self, tell: &mut dyn FnMut(StandbyNotice)) {
        // The last beats of one that has died are no sign of life.
        if !self.heard() || self.engine.as_mut().is_none_or(|engine| !matches!(engine.try_wait(), Ok(None))) {
            return;
        }
        self.last_beat = Some(Instant::now());
        self.was_ready = true;
        if let Some((since, before)) = self.silent.take() {
            let unjudged = self.forwarded() - before;
            tell(StandbyNotice::Back { unjudged, silent: since.elapsed() });
        }
    }

    /// Ends the engine: nobody takes its beats any more, and it ends by itself.
    fn end(self) -> Option<ExitStatus> {
        let Standby { mut beats, engine, .. } = self;
        // Nobody may be there to read it.
        let _ = beats.write_all(&[END]);
        drop(beats);
        let mut engine = engine?;
        let begun = Instant::now();
        while begun.elapsed() < STOP {
            if let Ok(Some(status)) = engine.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // It does not answer: its last lines are lost.
        let _ = engine.kill();
        engine.wait().ok()
    }
}

/// The sockets that [`Standby`] has opened, in the engine: a back-end for each two numbers.
pub fn inherited(numbers: &[i32]) -> Result<Vec<Box<dyn Backend>>, BackendError> {
    let (pairs, rest) = numbers.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(BackendError::Argument(
            "--engine wants two numbers a pair; it is for the guard's own use".into(),
        ));
    }
    let take = |numbers: &[i32; 2]| {
        let pair =
            Pair::inherited(*numbers).map_err(|error| BackendError::of("taking sockets over", error))?;
        Ok(Box::new(pair) as Box<dyn Backend>)
    };
    pairs.iter().map(take).collect()
}

/// `IF:IF` for so many threads, without a process that stands by.
pub fn pairs(argument: &str, workers: usize) -> Result<Vec<Box<dyn Backend>>, BackendError> {
    Ok(open_pairs(argument, workers)?.into_iter().map(|pair| Box::new(pair) as Box<dyn Backend>).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heart_beats_at_most_so_often_and_notices_that_nobody_listens() {
        let (mut beats, stream) = UnixStream::pair().unwrap();
        let mut heart = Heart::new(stream, Duration::from_secs(80), Failure::Closed).unwrap();
        assert_eq!([heart.beat(), heart.beat()], [Beat::Heard; 2]);
        let mut sink = [0; 8];
        assert_eq!(beats.read(&mut sink).unwrap(), 1, "once in ten seconds");
        drop(beats);
        heart.last = None;
        assert_eq!(heart.beat(), Beat::End);
    }

    #[test]
    fn where_packets_are_to_pass_an_engine_goes_on_alone_unless_it_is_told_to_end() {
        for (words, expect) in [(&[END][..], Beat::End), (b"", Beat::Alone)] {
            let (mut beats, stream) = UnixStream::pair().unwrap();
            let mut heart = Heart::new(stream, Duration::from_secs(80), Failure::Open).unwrap();
            // A beat that nobody has read lies there when who stands by ends.
            assert_eq!(heart.beat(), Beat::Heard);
            beats.write_all(words).unwrap();
            drop(beats);
            heart.last = None;
            assert_eq!(heart.beat(), expect);
        }
    }

    #[test]
    fn what_is_no_packet_socket_is_not_taken_over() {
        let missing = inherited(&[i32::MAX, i32::MAX]);
        assert!(missing.is_err());
        let (stream, _other) = UnixStream::pair().unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&stream);
        assert!(inherited(&[number, number]).is_err() && inherited(&[number]).is_err());
        stream.set_nonblocking(true).unwrap();
    }
}
