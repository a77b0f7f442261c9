//! Connections that another connection has announced, as FTP does its transfers.
//!
//! Key type: [`Expected`]. Bounded in number and in time.
use core::net::IpAddr;
use otori_event::Timestamp;
use otori_wire::proto::Expectation;
use std::collections::HashMap;

/// Announcements that wait.
const WAITING: usize = 4096;
/// An announcement that nobody came for is forgotten.
const PATIENCE_NS: i64 = 60_000_000_000;

/// Who opens the connection, who listens, and on which port.
type Key = (IpAddr, IpAddr, u16);

/// What is announced and has not come.
#[derive(Default)]
pub(super) struct Expected {
    waiting: HashMap<Key, (Timestamp, Expectation)>,
}

impl Expected {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
    /// Notes an announcement. Full: what is too old goes, and if nothing is, everything.
    pub(super) fn add(&mut self, now: Timestamp, from: IpAddr, to: IpAddr, what: Expectation) {
        if self.waiting.len() >= WAITING {
            self.waiting.retain(|_, (at, _)| now.since_ns(*at) <= PATIENCE_NS);
        }
        if self.waiting.len() >= WAITING {
            self.waiting.clear();
        }
        self.waiting.insert((from, to, what.port), (now, what));
    }
    /// Takes the announcement of a connection.
    pub(super) fn take(
        &mut self,
        now: Timestamp,
        from: IpAddr,
        to: IpAddr,
        port: u16,
    ) -> Option<Expectation> {
        let (at, what) = self.waiting.remove(&(from, to, port))?;
        (now.since_ns(at) <= PATIENCE_NS).then_some(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_is_taken_once_and_in_time() {
        let address = |last| IpAddr::from([192, 0, 2, last]);
        let what = |port| Expectation { port, ..Expectation::default() };
        let mut expected = Expected::default();
        expected.add(Timestamp(0), address(1), address(2), what(1025));
        assert!(expected.take(Timestamp(1), address(1), address(2), 1026).is_none());
        assert!(expected.take(Timestamp(1), address(1), address(2), 1025).is_some());
        assert!(expected.take(Timestamp(1), address(1), address(2), 1025).is_none());
        for port in 0..=WAITING as u16 {
            expected.add(Timestamp(0), address(1), address(2), what(port));
        }
        assert!(expected.waiting.len() <= WAITING);
        expected.add(Timestamp(0), address(1), address(2), what(9));
        assert!(expected.take(Timestamp(PATIENCE_NS + 1), address(1), address(2), 9).is_none());
    }
}
