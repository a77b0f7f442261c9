//! Policies that change while packets flow. Key type: [`PolicyBook`].
use super::Policies;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

struct Shared {
    /// counts changes, from 1
    version: AtomicU64,
    policies: Mutex<Arc<Policies>>,
}

/// The policies of a guard; clones are the same. Whoever asks them looks at one number for each packet and takes the new
/// ones when it has changed.
#[derive(Clone)]
pub struct PolicyBook {
    shared: Arc<Shared>,
}

impl PolicyBook {
    /// With these to begin with.
    pub fn new(policies: Policies) -> PolicyBook {
        let shared = Shared { version: AtomicU64::new(1), policies: Mutex::new(Arc::new(policies)) };
        PolicyBook { shared: Arc::new(shared) }
    }
    /// Others, from the next packet on; also flows that are open are asked about again.
    pub fn replace(&self, policies: Policies) {
        *self.shared.policies.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(policies);
        self.shared.version.fetch_add(1, Ordering::Release);
    }
    pub(crate) fn version(&self) -> u64 {
        self.shared.version.load(Ordering::Acquire)
    }
    pub(crate) fn current(&self) -> Arc<Policies> {
        self.shared.policies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
