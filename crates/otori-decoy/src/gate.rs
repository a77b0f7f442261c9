//! How many visits at a time: in all and from one address.
//!
//! Key type: [`Gate`]; a [`Pass`] is given back when it is dropped.
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Why a peer is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// the sum over all sources
    #[error("limit: sessions")]
    Sessions,
    /// this source
    #[error("limit: sessions per source")]
    PerSource,
}

#[derive(Default)]
struct Counts {
    total: usize,
    sources: BTreeMap<IpAddr, usize>,
    refused: u64,
}

/// Counts visits. Cloning shares.
#[derive(Clone)]
pub struct Gate {
    total_max: usize,
    source_max: usize,
    counts: Arc<Mutex<Counts>>,
}

/// The right to be here.
pub struct Pass {
    gate: Gate,
    source: IpAddr,
}

impl Gate {
    /// With the limits of the configuration.
    pub fn new(total_max: usize, source_max: usize) -> Self {
        Gate { total_max, source_max, counts: Arc::default() }
    }
    /// Asks for a place.
    pub fn enter(&self, source: IpAddr) -> Result<Pass, Full> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_source = counts.sources.get(&source).copied().unwrap_or(0);
        let full = match () {
            () if counts.total >= self.total_max => Some(Full::Sessions),
            () if of_source >= self.source_max => Some(Full::PerSource),
            () => None,
        };
        if let Some(full) = full {
            counts.refused += 1;
            return Err(full);
        }
        counts.total += 1;
        counts.sources.insert(source, of_source + 1);
        Ok(Pass { gate: self.clone(), source })
    }
    /// Visits at this moment.
    pub fn sessions(&self) -> usize {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).total
    }
    /// How many were turned away since the last call.
    pub fn take_refused(&self) -> u64 {
        std::mem::take(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner).refused)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut counts = self.gate.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total = counts.total.saturating_sub(1);
        match counts.sources.get_mut(&self.source) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                counts.sources.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_cannot_take_every_place() {
        let gate = Gate::new(3, 2);
        let (a, b) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = gate.enter(a).ok().unwrap();
        let _second = gate.enter(a).ok().unwrap();
        assert_eq!(gate.enter(a).err(), Some(Full::PerSource));
        let _third = gate.enter(b).ok().unwrap();
        assert_eq!(gate.enter(b).err(), Some(Full::Sessions));
        drop(first);
        assert!(gate.enter(b).is_ok());
        assert_eq!((gate.take_refused(), gate.take_refused()), (2, 0));
        assert_eq!(gate.sessions(), 2);
    }
}
