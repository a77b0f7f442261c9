//! Facts about input that breaks a protocol's rules; never errors.
//!
//! Key type: [`Anomalies`]. Names are those of Suricata's `decode-event` and `app-layer-event` keywords where one exists.
use crate::limits::ANOMALIES_PER_PACKET;

/// The first few anomalies of one packet, without allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anomalies {
    names: [&'static str; ANOMALIES_PER_PACKET],
    count: usize,
}

/// The names whose bits are set, in order.
pub(crate) fn names_of<const COUNT: usize>(
    names: [&'static str; COUNT],
    bits: u8,
) -> impl Iterator<Item = &'static str> {
    names.into_iter().enumerate().filter(move |(place, _)| bits & 1 << place != 0).map(|(_, name)| name)
}

impl Anomalies {
    /// None.
    pub const fn none() -> Self {
        Anomalies { names: [""; ANOMALIES_PER_PACKET], count: 0 }
    }
    /// Notes one; further ones than the bound are forgotten.
    pub fn note(&mut self, name: &'static str) {
        if let Some(place) = self.names.get_mut(self.count) {
            *place = name;
            self.count += 1;
        }
    }
    /// What was noted, in order.
    pub fn names(&self) -> &[&'static str] {
        self.names.get(..self.count).unwrap_or(&[])
    }
}
