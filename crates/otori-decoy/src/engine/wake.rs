//! A bell pull to a guest that does not exist yet: the gateway is made before its machine.
//!
//! Key type: [`WakeLine`]; [`super::Engine`] connects it to the guest's place in the queue.
use std::sync::{Arc, OnceLock};

type Ring = Box<dyn Fn() + Send + Sync>;

/// Rings a guest awake. Cloning shares; before it is connected it does nothing.
#[derive(Clone, Default)]
pub struct WakeLine {
    ring: Arc<OnceLock<Ring>>,
}

impl WakeLine {
    /// Says what ringing does; only the first call counts.
    pub fn connect(&self, ring: impl Fn() + Send + Sync + 'static) {
        // A second connection is a mistake of the caller's that changes nothing.
        let _ = self.ring.set(Box::new(ring));
    }
    /// Wakes the guest so that it looks at its sockets again.
    pub fn ring(&self) {
        if let Some(ring) = self.ring.get() {
            ring();
        }
    }
}
