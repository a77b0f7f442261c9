//! Signature ids: the same rule of the same indicator keeps its number, across restarts and reactivation.
//!
//! Key type: [`Sids`]. The number is a hash of indicator and place with linear probing; what is live is taken
//! from the restored rules, so no further table has to be kept.
use otori_event::id::fnv1a;
use std::collections::BTreeSet;

/// First number of Otori's own range.
pub(crate) const SID_FIRST: u32 = 9_000_000;
/// Numbers in the range.
pub(crate) const SID_COUNT: u32 = 1_000_000;

/// The numbers in use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sids {
    used: BTreeSet<u32>,
}

impl Sids {
    /// A restored rule holds this number.
    pub(crate) fn take(&mut self, sid: u32) {
        self.used.insert(sid);
    }
    pub(crate) fn release(&mut self, sid: u32) {
        self.used.remove(&sid);
    }
    /// Numbers in use.
    pub(crate) fn len(&self) -> usize {
        self.used.len()
    }
    /// The number for `text`, a rule without number. `None` when the range is full.
    pub(crate) fn allocate(&mut self, text: &str) -> Option<u32> {
        if self.used.len() >= SID_COUNT as usize {
            return None;
        }
        let start = (fnv1a(text.as_bytes()) % u64::from(SID_COUNT)) as u32;
        let sid = (0..SID_COUNT)
            .map(|step| SID_FIRST + (start + step) % SID_COUNT)
            .find(|sid| !self.used.contains(sid))?;
        self.used.insert(sid);
        Some(sid)
    }
}
