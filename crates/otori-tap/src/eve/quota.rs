//! How often an anomaly is written: a flood of broken packets is to fill neither the disk nor who reads the log.
//!
//! Key type: [`Quota`]. Time is that of packets. Counters in `stats` count all of them.
use otori_event::Timestamp;

const SECOND_NS: i64 = 1_000_000_000;

/// Lines of each kind in the second that runs.
#[derive(Default)]
pub(super) struct Quota {
    /// lines of one kind; `None`: all
    pub(super) per_second: Option<u32>,
    second: i64,
    /// names are static: there are never more than the parsers have
    written: Vec<(&'static str, u32)>,
}

impl Quota {
    /// Whether one more of that name is written.
    pub(super) fn takes(&mut self, at: Timestamp, name: &'static str) -> bool {
        let Some(most) = self.per_second else { return true };
        let second = at.0.div_euclid(SECOND_NS);
        if second != self.second {
            self.second = second;
            self.written.clear();
        }
        if let Some((_, count)) = self.written.iter_mut().find(|(known, _)| *known == name) {
            *count = count.saturating_add(1);
            return *count <= most;
        }
        self.written.push((name, 1));
        most > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_so_many_lines_in_a_second() {
        let mut quota = Quota { per_second: Some(2), ..Quota::default() };
        let mut take = |ms: i64, name| quota.takes(Timestamp(ms * 1_000_000), name);
        assert_eq!([take(0, "a"), take(1, "a"), take(2, "a"), take(3, "b")], [true, true, false, true]);
        assert_eq!([take(999, "a"), take(1_000, "a")], [false, true]);
        let mut all = Quota::default();
        assert!((0..1_000).all(|_| all.takes(Timestamp(0), "a")));
    }
}
