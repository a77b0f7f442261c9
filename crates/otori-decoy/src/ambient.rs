//! Time and chance, handed in from outside so that tests need neither sleep nor luck.
//!
//! Key type: [`Ambient`]; its neighbours are every room of this crate that asks what time it is.
use otori_event::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Two clocks: one for people, one that never jumps.
pub trait Clock: Send + Sync {
    /// Wall-clock time, UTC.
    fn wall(&self) -> Timestamp;
    /// Nanoseconds since an arbitrary start; never goes back.
    fn monotonic_ns(&self) -> u64;
}

/// A source of numbers that a peer cannot foresee.
pub trait Random: Send + Sync {
    /// The next 64 bits.
    fn next_u64(&self) -> u64;
}

/// What a decoy takes from the world beside its sockets.
#[derive(Clone)]
pub struct Ambient {
    /// both clocks
    pub clock: Arc<dyn Clock>,
    /// seeds and session numbers
    pub random: Arc<dyn Random>,
}

impl Ambient {
    /// The machine's own clocks and random numbers.
    pub fn system() -> Self {
        Ambient { clock: Arc::new(SystemClock { start: Instant::now() }), random: Arc::new(SystemRandom) }
    }
}

/// The clocks of the machine that we run on.
pub struct SystemClock {
    start: Instant,
}

impl Clock for SystemClock {
    fn wall(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }
    fn monotonic_ns(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// The operating system's random numbers.
pub struct SystemRandom;

impl Random for SystemRandom {
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        // A kernel without random numbers is not worth a stop: the time still differs between sessions.
        if getrandom::fill(&mut bytes).is_err() {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            return now.as_nanos() as u64;
        }
        u64::from_le_bytes(bytes)
    }
}

/// A clock that stands still until it is told to move, and numbers that count up from a seed.
#[derive(Default)]
pub struct Fixed {
    wall_ns: AtomicI64,
    monotonic_ns: AtomicU64,
    counter: AtomicU64,
}

impl Fixed {
    /// Starts at `wall`, monotonic 0, with the given seed.
    pub fn new(wall: Timestamp, seed: u64) -> Arc<Self> {
        Arc::new(Fixed {
            wall_ns: AtomicI64::new(wall.0),
            monotonic_ns: AtomicU64::new(0),
            counter: AtomicU64::new(seed),
        })
    }
    /// Both clocks go on by `ns`.
    pub fn advance_ns(&self, ns: u64) {
        self.wall_ns.fetch_add(ns as i64, Ordering::SeqCst);
        self.monotonic_ns.fetch_add(ns, Ordering::SeqCst);
    }
    /// As what the fronts take.
    pub fn ambient(self: &Arc<Self>) -> Ambient {
        Ambient { clock: self.clone(), random: self.clone() }
    }
}

impl Clock for Fixed {
    fn wall(&self) -> Timestamp {
        Timestamp(self.wall_ns.load(Ordering::SeqCst))
    }
    fn monotonic_ns(&self) -> u64 {
        self.monotonic_ns.load(Ordering::SeqCst)
    }
}
impl Random for Fixed {
    fn next_u64(&self) -> u64 {
        // Splitmix: neighbouring seeds give unlike numbers.
        let mut z = self.counter.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
