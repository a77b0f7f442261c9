//! How long a query may take, and how its caller stops it.
//!
//! Key type: [`QueryLimit`].
use crate::StoreError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The longest that a query of the dashboard takes.
pub const QUERY_TIME_MAX: Duration = Duration::from_secs(3);
/// The most events that one filtered search looks at before it answers with what it has.
pub const SCAN_EVENTS_MAX: u64 = 200_000;

/// A deadline and a switch; clones share the switch.
#[derive(Clone, Debug)]
pub struct QueryLimit {
    deadline: Instant,
    stopped: Arc<AtomicBool>,
}

impl QueryLimit {
    /// From now on, `time` at most.
    pub fn new(time: Duration) -> Self {
        QueryLimit { deadline: Instant::now() + time, stopped: Arc::new(AtomicBool::new(false)) }
    }
    /// Ends the query from another thread.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
    /// The query should end.
    pub fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || Instant::now() >= self.deadline
    }
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if self.is_over() { Err(StoreError::Stopped) } else { Ok(()) }
    }
}

impl Default for QueryLimit {
    fn default() -> Self {
        QueryLimit::new(QUERY_TIME_MAX)
    }
}
