//! What the rest of the product tells the hub about itself: readiness, queues, fronts.
//!
//! Key type: [`Status`]. The pipeline and the engines write it, `/readyz`, `/metrics` and the System page read it.
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

/// The most queues and fronts that are shown.
const ENTRIES_MAX: usize = 256;

/// Where the product is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// not all engines run yet
    Starting,
    /// decoys listen, events are stored
    Ready,
    /// it is about to end
    Draining,
}

impl Phase {
    /// The word in `/readyz`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Starting => "starting",
            Phase::Ready => "ok",
            Phase::Draining => "draining",
        }
    }
}

/// One queue as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// its name (`intake`, `lab`)
    pub name: String,
    /// entries that wait
    pub depth: u64,
    /// entries that fit
    pub capacity: u64,
}

/// One listening front of a decoy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Front {
    /// `telnet`, `http` …
    pub front: String,
    /// product that it belongs to
    pub product: String,
    /// where it listens
    pub address: String,
}

/// Shared between the pipeline and the hub.
#[derive(Debug, Default)]
pub struct Status {
    phase: AtomicU8,
    queues: Mutex<BTreeMap<String, (u64, u64)>>,
    fronts: Mutex<Vec<Front>>,
}

impl Status {
    /// Says where the product is in its life. A new one is starting.
    pub fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }
    /// Where the product is in its life.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Starting,
            1 => Phase::Ready,
            _ => Phase::Draining,
        }
    }
    /// Says how full a queue is.
    pub fn set_queue(&self, name: &str, depth: usize, capacity: usize) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get_mut(name) {
            *queue = (depth as u64, capacity as u64);
        } else if queues.len() < ENTRIES_MAX {
            queues.insert(name.to_owned(), (depth as u64, capacity as u64));
        }
    }
    /// Says that a front listens.
    pub fn add_front(&self, front: &str, product: &str, address: std::net::SocketAddr) {
        let mut fronts = self.fronts.lock().unwrap_or_else(PoisonError::into_inner);
        if fronts.len() < ENTRIES_MAX {
            fronts.push(Front { front: front.into(), product: product.into(), address: address.to_string() });
        }
    }
    /// All queues, by name.
    pub fn queues(&self) -> Vec<Queue> {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = |(name, (depth, capacity)): (&String, &(u64, u64))| Queue {
            name: name.clone(),
            depth: *depth,
            capacity: *capacity,
        };
        queues.iter().map(queue).collect()
    }
    /// All fronts, in the order in which they began to listen.
    pub fn fronts(&self) -> Vec<Front> {
        self.fronts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
