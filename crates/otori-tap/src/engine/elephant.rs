//! Flows that carry very many bytes within some seconds: `flow.elephant`, `flow.rate-tracking` of suricata.yaml.
//!
//! Key types: [`RateLimit`] (what very many is), [`Rates`] (what a flow carried of late, second by second). A flow is one, per
//! direction, as long as that holds.
use otori_event::Timestamp;
use otori_wire::Direction;

/// Seconds that are looked back at most.
const SECONDS: u32 = 60;

/// More than so many bytes within so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// bytes of packets in one direction
    pub bytes: u64,
    /// seconds, 1 to 60
    pub seconds: u32,
}

/// Bytes of each of the last seconds, per direction.
pub(super) struct Rates {
    /// the latest second
    now: i64,
    /// by second modulo their count
    bytes: [Box<[u64]>; 2],
    sums: [u64; 2],
}

impl Rates {
    pub(super) fn new(limit: RateLimit) -> Rates {
        let count = limit.seconds.clamp(1, SECONDS) as usize;
        Rates { now: 0, bytes: [(); 2].map(|()| vec![0; count].into()), sums: [0; 2] }
    }
    /// Counts a packet; the directions that carry too much now.
    pub(super) fn count(
        &mut self,
        at: Timestamp,
        direction: Direction,
        bytes: u64,
        limit: RateLimit,
    ) -> [bool; 2] {
        let second = at.as_ms() / 1000;
        let count = self.bytes[0].len() as i64;
        // Seconds between the last packet and this one had no bytes; time that goes back counts as now.
        let passed = (second - self.now).clamp(0, count);
        for place in (0..passed).map(|step| (second - step).rem_euclid(count) as usize) {
            for (bytes, sum) in self.bytes.iter_mut().zip(&mut self.sums) {
                *sum -= core::mem::take(&mut bytes[place]);
            }
        }
        self.now = self.now.max(second);
        let way = direction.index();
        self.bytes[way][self.now.rem_euclid(count) as usize] += bytes;
        self.sums[way] += bytes;
        self.sums.map(|sum| sum > limit.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_one_while_it_carries_much() {
        let limit = RateLimit { bytes: 1000, seconds: 3 };
        let mut rates = Rates::new(limit);
        let mut at =
            |second: i64, way, bytes| rates.count(Timestamp(second * 1_000_000_000), way, bytes, limit);
        assert_eq!(at(100, Direction::ToServer, 600), [false, false]);
        assert_eq!(at(101, Direction::ToServer, 600), [true, false]);
        assert_eq!(at(102, Direction::ToClient, 1001), [true, true]);
        assert_eq!(at(103, Direction::ToServer, 100), [false, true]);
        assert_eq!(at(90, Direction::ToServer, 400), [true, true]);
        assert_eq!(at(500, Direction::ToServer, 1), [false, false]);
    }
}
